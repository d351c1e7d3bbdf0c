/* sim/sql_client.h: clients that speak SQL through sessions (sql/sql.h), and what must hold for what they see.
 *
 *   goods   id AUTO_INCREMENT, code UNIQUE, kind with an index, amount; indexes and columns come and go under load
 *   bank    a fixed sum of money that transfers move about
 *
 * A code belongs to the client that has drawn it; nobody else inserts, renames or deletes its row, so its owner always knows
 * whether it is there, however many others change its kind and amount.
 *   (Q1) A code that was acknowledged is there, under the id that was told; one that is certainly absent is not; by primary
 *        key, by unique key and at the end by a scan.
 *   (Q2) A second row with a code that is there is refused.
 *   (Q3) In one snapshot every index gives the same rows as the table (V2).
 *   (Q4) Every snapshot of the bank has the same sum.
 *   (Q5) No two rows have been told the same LAST_INSERT_ID.
 *   (Q6) A column added later has its default in every row.
 */
#ifndef SIM_SQL_CLIENT_H
#define SIM_SQL_CLIENT_H

#include "sim/workload.h"
#include "sql/sql.h"

#define SQL_CODES_MAX 8000
#define SQL_OWN_MAX   32
#define SQL_NUMBERS   6 /* columns of an answer that are looked at */

struct sql_code {
    uint8_t fate; /* enum fate */
    bool is_seen; /* by the audit */
    int64_t id;   /* 0: not told */
};

struct sql_history {
    struct history *history; /* where violations go */
    struct sql_code codes[SQL_CODES_MAX];
    uint32_t code_count;
    uint64_t statements, errors, changes, comparisons; /* changes: of the schema */
    bool is_audited;
};

struct sql_client_options {
    struct workload_options common;
    struct sql_server *server;
    struct sql_history *history;
    bool *is_open; /* accounts have been read: sessions may begin; of the daemon */
    uint64_t connection_id;
};

struct sql_client {
    struct sql_client_options options;
    struct fiber fiber;
    struct waiter waiter;
    struct random random;
    struct arena arena; /* of one statement's text */
    struct session *session;
    void *stack;
    bool is_busy, has_tables;
    uint32_t own[SQL_OWN_MAX], own_count; /* codes */
};

void sql_client_open(struct sql_client *client, const struct sql_client_options *options);
/* The fiber will not run again. */
void sql_client_forget(struct sql_client *client);

#endif
