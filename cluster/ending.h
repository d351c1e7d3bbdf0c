/* cluster/ending.h: how transactions end, whatever happens to the fiber that asked for it.
 *
 *   committing -----------------> (gone)      one shard, or nothing written: COMMIT
 *       |  lost                      ^
 *   preparing --> completing --------|        PREPARE to all; all PREPARED: committed (X3)
 *       |  refused, lost             |
 *   resolving --> completing, aborting        ASK_OUTCOME until it is certain (X7)
 *   aborting ------------------------|        ABORT or COMPLETE 0, until all have acknowledged (X5)
 *
 *   (EN1) It lives until every participant has acknowledged; only then its number passes the mark.
 *   (EN2) The fiber hears the outcome once, at the moment it is certain, and may leave before. A commit that is only
 *         slow is waited for; how long the outcome has been in doubt is what patience is measured by.
 *   (EN3) A participant that is lost or refuses is asked again after a new configuration or RETRY_US.
 */
#ifndef CLUSTER_ENDING_H
#define CLUSTER_ENDING_H

#include "base/machine.h"
#include "cluster/txn.h"

/* On the fiber's stack. */
/*   awaited --> in doubt --> certain
 *      |            |-----> lost
 *      |--> certain, lost                          */
enum result_state {
    RESULT_AWAITED,
    RESULT_IN_DOUBT, /* something was lost or refused, since doubt_since_us */
    RESULT_CERTAIN,
    RESULT_LOST, /* it will never be certain here */
};

struct ending_result {
    struct waiter *waiter;
    enum result_state state;
    uint64_t doubt_since_us;
    uint64_t timestamp; /* 0: certainly not committed */
    enum status reason; /* why not, when a participant said more than ABORTED; else OK */
};

struct ending_shard {
    struct ask ask;
    struct ending *ending;
    uint16_t shard;
    uint32_t request_count;
    uint32_t refusal_count;
    bool was_prepare_sent, is_prepared, is_acknowledged;
    uint64_t timestamp; /* of its prepare */
};

struct ending {
    struct list_link link; /* in cluster->endings or free_endings */
    struct machine machine;
    struct cluster *cluster;
    struct mark_link mark;
    uint32_t incarnation;
    uint64_t floor, timestamp;
    uint16_t first_shard;
    bool has_written;
    struct ending_shard *shards;
    uint32_t shard_count;
    struct ending_result *result; /* NULL: nobody waits (EN2) */
    struct arena ending_arena;
};

/* Each takes over the transaction's number and shards. `result` may be NULL. */
void ending_commit(struct txn *txn, struct ending_result *result);
void ending_resolve(struct txn *txn, struct ending_result *result);
void ending_abort(struct txn *txn);

/* The fiber does not wait any longer (EN2). */
void endings_leave(struct cluster *cluster, struct ending_result *result);
/* An ask of an ending was answered or lost. */
void ending_on_answer(struct ask *ask);
void endings_on_deadline(struct cluster *cluster);
/* A new incarnation: the shards finish what is left of the old one. */
void endings_forget(struct cluster *cluster);

#endif
