/* storage/participant_private.h: what the participant's files share: one request being run. */
#ifndef STORAGE_PARTICIPANT_PRIVATE_H
#define STORAGE_PARTICIPANT_PRIVATE_H

#include "storage/participant.h"
#include "storage/proof.h"
#include "storage/replica.h"
#include "storage/store_private.h"

#define TXN_COUNT_MAX 8192 /* of a shard, at a time */

/* One request, run for the first time (request NULL) or again. */
struct run {
    struct shard *shard;
    const struct message *message;
    struct request *request;
    struct effects *out;
    struct transaction *txn; /* its own, once entered */
};

/* What a handler says: done (answered, or its answer waits elsewhere), or what it waits for. */
enum run_result {
    RUN_DONE,
    RUN_WAIT_LOCK,        /* txn's lock request is queued */
    RUN_WAIT_OUTCOME,     /* of the transaction in `waits_for` */
    RUN_WAIT_TRANSACTION, /* (P3) */
};
struct run_end {
    enum run_result result;
    uint32_t waits_for; /* slot */
};
static inline struct run_end run_done(void) { return (struct run_end){RUN_DONE, WRITER_NONE}; }

struct run_end participant_read(struct run *run);
struct run_end participant_write(struct run *run);
struct run_end participant_change(struct run *run);
struct run_end participant_on_commit(struct run *run);
struct run_end participant_on_prepare(struct run *run);
struct run_end participant_on_complete(struct run *run);

/* What the fields that all counted requests begin with say. */
struct txn_request {
    struct writer_id id;
    uint32_t request_number, statement_number;
};
/* Finds or begins the transaction of a counted request and counts it (P2); when it runs again: its transaction as it
 * was. OK; ABORTED, WRONG_ORDER, BUSY: refuse. END: an earlier request of it waits, wait behind that (P3). */
MUST_USE enum status txn_enter(struct run *run, const struct txn_request *request);
/* First request of this statement (P6); UINT32_MAX: it made none yet. */
uint32_t txn_statement_first(const struct transaction *txn, uint32_t statement_number);
/* Notes that it writes to the table (V3). */
void txn_note_table(struct transaction *txn, struct table *table);
/* Undoes what this request has written so far. */
void txn_undo_request(struct shard *shard, struct transaction *txn, uint32_t request_number);
/* One-shard commit of its writes; the answer to run->message goes when it survives. */
void participant_commit(struct run *run, uint64_t floor);
/* A refused request of an autocommit transaction takes it along. */
void txn_drop_if_autocommit(struct run *run);
/* Without a slot. NULL: too many. */
struct transaction *txn_new(struct shard *shard, struct writer_id id);
MUST_USE enum status txn_give_slot(struct shard *shard, struct transaction *txn);
/* Nobody waits for it, its slot has no versions and no locks. */
void txn_free(struct shard *shard, struct transaction *txn);
/* The answer that it owes, if any. */
void txn_reply(struct shard *shard, struct transaction *txn, enum status status,
               struct effects *out);
void txn_note_outcome(struct shard *shard, const struct transaction *txn, enum outcome_kind kind,
                      uint64_t timestamp);
/* Decided: no reader waits for it any more; what is left is done over some steps (PA2). */
void txn_stamp_begin(struct shard *shard, struct transaction *txn);
/* A lock on a row for this transaction, as the request says. */
struct txn_lock {
    struct lock_name name;
    enum lock_mode mode;
    uint8_t wait_policy;
    uint32_t wait_ms;
};
enum lock_outcome txn_lock(struct run *run, const struct txn_lock *lock);

/* An answer under construction; sent by participant_answer. */
void participant_answer_open(const struct shard *shard, const struct message *request,
                             enum message_kind kind, struct message *answer_out);
void participant_answer_done(struct run *run, struct writer_id id, enum status status,
                             uint64_t timestamp);
/* Sends it now, or, with a proof, after the next confirm round (T10). */
enum answer_proof { ANSWER_NOW, ANSWER_PROVEN };
void participant_answer(struct shard *shard, const struct message *answer, enum answer_proof proof,
                        struct effects *out);

#endif
