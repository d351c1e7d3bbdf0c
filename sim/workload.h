/* sim/workload.h: clients that write, read and remember what they were told.
 */
#ifndef SIM_WORKLOAD_H
#define SIM_WORKLOAD_H

#include "base/random.h"
#include "cluster/cluster.h"
#include "sim/history.h"

enum workload_phase {
    WORKLOAD_BUSY,
    WORKLOAD_WATCH, /* each client reads one counter, again and again */
    WORKLOAD_QUIET,
    WORKLOAD_AUDIT,
};

struct workload_options {
    struct cluster *cluster;
    struct wait_queue *queue;
    struct chunk_source *source;
    struct history *history;
    const enum workload_phase *phase; /* of this daemon's clients */
    bool *is_audited;                 /* set once the audit has read everything */
    uint64_t seed;
    uint32_t first_rows; /* ledger rows that are there from the start, about */
    bool makes_tables, audits;
};

struct workload_client {
    struct workload_options options;
    struct fiber fiber;
    struct waiter waiter;
    struct random random;
    struct arena arena; /* of one transaction */
    uint64_t floor;     /* of the session (T4) */
    void *stack;
    bool is_busy; /* between begin and the answer to its end */
    bool is_rich; /* accounts and counters have been made */
};

void workload_open(struct workload_client *client, const struct workload_options *options);
/* The fiber will not run again. */
void workload_forget(struct workload_client *client);

#endif
