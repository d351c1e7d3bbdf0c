/* io/config_store.h: the configuration store on SQLite: read, change, watch, lease.
 *
 * One process has the database open; its thread answers through the loop. What is answered OK is on
 * disk (synchronous=FULL).
 */
#ifndef IO_CONFIG_STORE_H
#define IO_CONFIG_STORE_H

#include "base/arena.h"
#include "base/status.h"
#include "io/loop.h"
#include "io/mailbox.h"

struct config_store;

enum config_job_kind { CONFIG_READ, CONFIG_CHANGE, CONFIG_WATCH, CONFIG_LEASE };

struct config_pair {
    struct slice key, value; /* an empty value deletes */
    uint64_t revision; /* READ: of the last change. CHANGE: expected, 0: absent, UINT64_MAX: any */
};

/* The owner fills the first part; a WATCH job stays with the store until it closes, and done() is
 * called for every change at or after from_revision. Results live until done() returns. */
struct config_job {
    struct mail mail;
    void (*done)(struct config_job *job, const struct config_pair *pairs, uint32_t pair_count);
    enum config_job_kind kind;
    struct slice prefix;       /* READ, WATCH */
    struct config_pair *pairs; /* CHANGE: all or none */
    uint32_t pair_count;
    uint64_t from_revision; /* WATCH */
    uint32_t lease_ms;      /* LEASE */
    /* Results. INVALID: an expected revision did not match, nothing was changed. UNAVAILABLE: the
     * database refused, nothing was changed. */
    enum status status;
    uint64_t revision; /* of the store after it */
};

/* Makes the database when there is none. CORRUPT: that file is no database of ours; DENIED, FULL;
 * BUSY: another process has it. */
MUST_USE enum status config_store_open(struct loop *loop, const char *path,
                                       struct config_store **store_out);
/* Does what was submitted, then closes; done() is not called any more. */
void config_store_close(struct config_store *store);
void config_store_submit(struct config_store *store, struct config_job *job);

#endif
