/* cluster/txn.h: a transaction inside cluster/: what it touched and where.
 *
 *   (TX1) shards[] holds the shards where it has locking or writing requests, each with the term of
 *         the first (X1) and how many they are (X2). Plain reads leave no entry.
 *   (TX2) `number` is drawn by the first such request; 0 before.
 *   (TX3) A statement's requests carry its first internal number, its write batches rising ones, so
 *         that a failing batch is undone alone and a failing statement whole (X9).
 */
#ifndef CLUSTER_TXN_H
#define CLUSTER_TXN_H

#include "cluster/ask.h"
#include "cluster/cluster.h"
#include "cluster/mark.h"
#include "cluster/route.h"
#include "cluster/snapshot.h"

enum txn_life {
    TXN_LIFE_OPEN,
    TXN_LIFE_COMMITTED, /* with its only request */
    TXN_LIFE_GONE,      /* certainly not committed, its shards are told */
    TXN_LIFE_UNKNOWN,   /* its only request may or may not have committed it */
};

struct txn_shard {
    uint16_t shard;
    uint32_t term;
    uint32_t request_count;
    uint32_t write_statement; /* internal number of its last write */
    bool has_written;
    bool is_answered; /* one of its requests was accepted here */
    bool is_waiting;  /* one was left unanswered by a killed statement: the next undo ends it */
};

struct txn {
    struct list_link link;      /* in cluster->txns or free_txns */
    struct list_link live_link; /* in snapshots->live while snapshot != 0 */
    struct cluster *cluster;
    struct waiter *waiter;
    struct txn_options options;
    enum txn_life life;
    uint32_t incarnation;  /* of the daemon when it began */
    struct mark_link mark; /* (TX2) */
    uint64_t snapshot, fence;
    uint32_t snapshot_schema; /* newest dictionary version when the snapshot was asked for */
    uint64_t floor;           /* a C asked for since it began; 0: none (T4) */
    struct ticket ticket;
    uint32_t statement, statement_first; /* (TX3) */
    bool has_batch;                      /* of this statement: the first has its number */
    struct txn_shard *shards;            /* (TX1) */
    uint32_t shard_count, shard_capacity;
    struct txn_shard shards_inline[4];
    struct txn_error error;
    struct arena txn_arena; /* keeps a chunk over its lives */
};

/* NULL: it has none there. */
struct txn_shard *txn_shard_find(struct txn *txn, uint16_t shard);
/* The entry for a next locking or writing request, its number counted already. ABORTED when the term
 * is another one than before. */
MUST_USE enum status txn_shard_touch(struct txn *txn, uint16_t shard, struct txn_shard **out);
/* Takes S unless it has one: (fiber). */
MUST_USE enum status txn_need_snapshot(struct txn *txn);
/* A request was refused or lost. OK: repeat it, a new configuration may be there. Else the status
 * for sql/; whatever ends the transaction has ended it. `since_us` starts at 0 and bounds the
 * repetitions. */
struct txn_refusal {
    const struct ask *ask;
    enum status status; /* of the answer; UNAVAILABLE: lost */
    bool is_counted;    /* a locking or writing request; CANCELLED: it may still wait there */
};
MUST_USE enum status txn_on_refusal(struct txn *txn, const struct txn_refusal *refusal,
                                    uint64_t *since_us);
/* Ends it in all its shards: nothing was or will be committed. */
void txn_abandon(struct txn *txn);
/* The write that carried COMMIT_AFTER is lost or refused for its term: (fiber) what became of it? OK:
 * committed. ABORTED: certainly not. UNKNOWN_OUTCOME. CANCELLED. */
MUST_USE enum status txn_resolve_autocommit(struct txn *txn, uint16_t shard);
/* (fiber) The same for one whose fiber was cancelled while it waited: it is ended, unless it has
 * committed: OK. CANCELLED: it has not. UNKNOWN_OUTCOME. */
MUST_USE enum status txn_cancel_autocommit(struct txn *txn, uint16_t shard);
/* A killed statement leaves requests behind in this shard. */
void txn_note_waiting(struct txn *txn, uint16_t shard);
/* The write that carried COMMIT_AFTER was answered OK. */
void txn_committed_with_write(struct txn *txn);
/* Notes the timestamps that an answer shows (T4). */
void txn_note_shown(struct txn *txn, const struct message *answer);
/* Rows of a table that is being copied are read, not locked or written: OLD_SCHEMA until its successor is there. */
MUST_USE static inline enum status txn_check_writable(const struct table *table) {
    bool is_frozen = (table->definition->options & TABLE_FROZEN) != 0;
    return is_frozen ? STATUS_OLD_SCHEMA : STATUS_OK;
}
/* The internal number of the statement's next write batch (TX3). */
uint32_t txn_next_batch(struct txn *txn);
/* Undoes the batch that has this statement number, without waiting. */
void txn_undo_from(struct txn *txn, uint32_t statement);
void txn_set_error(struct txn *txn, const struct txn_error *error);
static inline bool txn_is_autocommit(const struct txn *txn) {
    return txn->options.kind == TXN_AUTOCOMMIT;
}

#endif
