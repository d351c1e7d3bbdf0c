/* participant_commit.c: COMMIT, PREPARE and COMPLETE: a record is appended, and what it says is done when it is confirmed.
 *
 *   COMMIT   active -> floor? -> committing --confirmed--> decided
 *   PREPARE  active -> floor? -> preparing --confirmed--> prepared
 *   COMPLETE                     prepared -> completing --confirmed--> decided
 *
 * The rules (PA1) and (PA2) are in participant.c.
 *
 *   (PC1) While redo is full (a record waits in the log's tail) a commit waits with what it wrote, in the state of those that wait
 *         for a floor: it has no timestamp yet and is ended by whatever ends an active one. Its floor may grow old (T4).
 */
#include "storage/coordinator.h"
#include "storage/participant_private.h"
#include "storage/system_shard.h"

/* ---- the record ---- */

/* What it wrote, as ops of a record; TOO_LARGE for one record. */
static enum status txn_ops(struct shard *shard, const struct transaction *txn, struct buffer *ops,
                           uint32_t *count_out) {
    CHECK(txn->slot != WRITER_NONE);
    struct fragment_written_cursor cursor = {0};
    struct fragment_written written;
    size_t bytes_max = redo_record_bytes_max(shard->store->redo) - 4 * KIB;
    *count_out = 0;
    while (fragment_written_next(shard->fragments, txn->slot, &cursor, &written)) {
        struct record_op op = {.table_id = written.table_id,
                               .kind = written.is_delete ? RECORD_OP_DELETE : RECORD_OP_PUT,
                               .key = written.key,
                               .row = written.row};
        if (ops->size + record_op_size(&op) > bytes_max) return STATUS_TOO_LARGE;
        record_op_append(ops, &op);
        (*count_out)++;
    }
    return STATUS_OK;
}

/* T3, computed in the step that appends (T7). */
static uint64_t txn_draw_timestamp(struct shard *shard, const struct transaction *txn) {
    uint64_t timestamp =
        MAX(MAX(shard->snapshot_max + 1, shard->decided_max), MAX(txn->floor, (uint64_t)1));
    CHECK(timestamp > shard->snapshot_max && timestamp <= TIMESTAMP_MAX);
    return timestamp;
}

static enum log_waiter_kind txn_append(struct shard *shard, struct transaction *txn,
                                       struct slice ops, uint32_t op_count, struct effects *out) {
    CHECK(writer_at(shard->writers, txn->slot)->state == WRITER_PREPARED);
    struct record record = {.kind = RECORD_COMMIT};
    record.commit =
        (struct record_commit){txn->id.incarnation,       txn->id.txn_number, txn->timestamp,
                               shard->schema.version_max, op_count,           ops};
    if (txn->is_for_prepare) {
        record.kind = RECORD_PREPARE;
        record.prepare = (struct record_prepare){.incarnation = txn->id.incarnation,
                                                 .txn_number = txn->id.txn_number,
                                                 .timestamp = txn->timestamp,
                                                 .floor = txn->floor,
                                                 .first_shard = txn->first_shard,
                                                 .schema_version = shard->schema.version_max,
                                                 .participants = txn->participant_list,
                                                 .op_count = op_count,
                                                 .ops = ops};
    }
    txn->position = replica_append(shard, &record, out);
    if (!txn->is_for_prepare) return WAITER_COMMIT;
    struct slice bytes = log_tail_record(&shard->log.tail, txn->position);
    txn->prepare_record = arena_copy(&txn->transaction_arena, bytes);
    return WAITER_PREPARE;
}

/* (PC1) */
static void txn_wait_for_room(struct shard *shard, struct transaction *txn) {
    if (txn->machine.state == TXN_ACTIVE) machine_move(&txn->machine, TXN_FLOOR);
    CHECK(!list_holds(&txn->work_link));
    list_push_last(&shard->participants->log_room, &txn->work_link);
}

/* The floor is there: timestamp and record. */
static void txn_log(struct shard *shard, struct transaction *txn, struct effects *out) {
    CHECK(txn->slot != WRITER_NONE && txn->suspended == NULL);
    if (shard->log.fed < shard->log.appended) {
        txn_wait_for_room(shard, txn);
        return;
    }
    struct buffer ops = buffer_of(out->arena);
    uint32_t op_count;
    enum status status = txn_ops(shard, txn, &ops, &op_count);
    if (status != STATUS_OK) {
        txn_reply(shard, txn, status, out);
        participant_end(shard, txn, STATUS_ABORTED, out);
        return;
    }
    txn->timestamp = txn_draw_timestamp(shard, txn);
    writer_prepare(shard->writers, txn->slot, txn->timestamp); /* (PA1) */
    enum log_waiter_kind kind = txn_append(shard, txn, buffer_slice(&ops), op_count, out);
    machine_move(&txn->machine, txn->is_for_prepare ? TXN_PREPARING : TXN_COMMITTING);
    shard_wait_for_log(shard, &txn->waiter, kind);
}

void participant_log_waiting(struct shard *shard, struct effects *out) {
    struct list *waiting = &shard->participants->log_room;
    while (!list_is_empty(waiting) && shard->log.fed == shard->log.appended) {
        struct transaction *txn =
            CONTAINER_OF(list_pop_first(waiting), struct transaction, work_link);
        CHECK(txn->machine.state == TXN_FLOOR);
        txn_log(shard, txn, out);
    }
}

/* Floor and record of a commit or prepare (T4). */
static void txn_log_with_floor(struct shard *shard, struct transaction *txn, uint64_t floor,
                               struct effects *out) {
    CHECK(txn->machine.state == TXN_ACTIVE);
    txn->floor = MAX(floor, txn->reply.shown);
    if (floor != 0 || (txn->is_for_prepare && txn->first_shard != shard->id)) {
        txn_log(shard, txn, out);
    } else if (shard->system != NULL) {
        txn->floor = MAX(txn->floor, system_counter(shard));
        txn_log(shard, txn, out);
    } else {
        machine_move(&txn->machine, TXN_FLOOR);
        list_push_last(&shard->participants->floor_next, &txn->work_link);
        store_want_turn_end(shard->store);
    }
}

void participant_on_floor(struct shard *shard, uint64_t counter, struct effects *out) {
    struct participants *participants = shard->participants;
    participants->floor_asked_us = 0;
    LIST_EACH(link, &participants->floor_asked) {
        struct transaction *txn = CONTAINER_OF(link, struct transaction, work_link);
        CHECK(txn->machine.state == TXN_FLOOR);
        list_remove(&txn->work_link);
        txn->floor = MAX(txn->floor, counter);
        txn_log(shard, txn, out);
    }
    if (!list_is_empty(&participants->floor_next)) store_want_turn_end(shard->store);
}

/* ---- requests ---- */

/* Wrote nowhere in this shard and in no other: that term and locks hold needs proof (X6). */
static void txn_prove(struct shard *shard, struct transaction *txn, struct effects *out) {
    CHECK(writer_at(shard->writers, txn->slot)->write_count == 0);
    machine_move(&txn->machine, TXN_PROVING);
    if (proof_is_trivial(shard))
        participant_on_proven(shard, txn, out);
    else
        proof_hold_transaction(shard, txn, out);
}

void participant_on_proven(struct shard *shard, struct transaction *txn, struct effects *out) {
    CHECK(txn->machine.state == TXN_PROVING);
    txn_reply(shard, txn, STATUS_OK, out);
    txn_note_outcome(shard, txn, OUTCOME_KIND_ENDED, 0);
    writer_decide_abort(shard->writers, txn->slot); /* nothing to stamp */
    txn_stamp_begin(shard, txn);
}

void participant_commit(struct run *run, uint64_t floor) {
    struct transaction *txn = run->txn;
    CHECK(txn->machine.state == TXN_ACTIVE);
    txn->reply = run->message->header;
    txn->is_for_prepare = false;
    if (writer_at(run->shard->writers, txn->slot)->write_count == 0)
        txn_prove(run->shard, txn, run->out);
    else
        txn_log_with_floor(run->shard, txn, floor, run->out);
}

/* Of a transaction that is not open here, or over: what its COMMIT or PREPARE is told. */
static enum status txn_absent_status(const struct shard *shard, struct writer_id id,
                                     uint64_t *timestamp_out) {
    *timestamp_out = 0;
    if (outcome_is_over(&shard->outcomes, id)) return STATUS_WRONG_ORDER;
    const struct outcome_entry *outcome = outcome_find(&shard->outcomes, id);
    if (outcome == NULL)
        return STATUS_ABORTED; /* nothing of it is here, and its requests are refused */
    *timestamp_out = outcome->timestamp;
    return outcome->kind == OUTCOME_KIND_COMMITTED ? STATUS_OK : STATUS_ABORTED;
}

struct run_end participant_on_commit(struct run *run) {
    CHECK(run->txn == NULL);
    const struct commit *commit = &run->message->commit;
    struct writer_id id = {commit->incarnation, commit->txn_number};
    uint64_t timestamp;
    run->txn = participant_find(run->shard, id);
    if (run->txn == NULL) {
        enum status status = txn_absent_status(run->shard, id, &timestamp);
        participant_answer_done(run, id, status, timestamp);
        return run_done();
    }
    if (run->txn->suspended != NULL && run->txn->machine.state == TXN_ACTIVE)
        return (struct run_end){RUN_WAIT_TRANSACTION, run->txn->slot};
    if (run->txn->machine.state != TXN_ACTIVE || run->txn->request_count != commit->request_count) {
        participant_answer_done(run, id, STATUS_WRONG_ORDER, 0);
        return run_done();
    }
    run->txn->reply_kind = MESSAGE_DONE;
    participant_commit(run, commit->floor);
    return run_done();
}

static void answer_prepared(struct run *run, enum status status, uint64_t timestamp) {
    struct message answer;
    participant_answer_open(run->shard, run->message, MESSAGE_PREPARED, &answer);
    answer.prepared =
        (struct prepared){(uint8_t)status, run->message->prepare.txn_number, timestamp};
    answer.header.shown = MAX(answer.header.shown, timestamp);
    participant_answer(run->shard, &answer, ANSWER_NOW, run->out);
}

struct run_end participant_on_prepare(struct run *run) {
    CHECK(run->txn == NULL);
    const struct prepare *prepare = &run->message->prepare;
    struct writer_id id = {prepare->incarnation, prepare->txn_number};
    uint64_t timestamp;
    struct transaction *txn = run->txn = participant_find(run->shard, id);
    if (txn == NULL) {
        enum status status = txn_absent_status(run->shard, id, &timestamp);
        answer_prepared(run, status, timestamp);
        return run_done();
    }
    if (txn->suspended != NULL && txn->machine.state == TXN_ACTIVE)
        return (struct run_end){RUN_WAIT_TRANSACTION, txn->slot};
    if (txn->machine.state == TXN_PREPARED) { /* asked again */
        answer_prepared(run, STATUS_OK, txn->timestamp);
        return run_done();
    }
    if (txn->machine.state != TXN_ACTIVE || txn->request_count != prepare->request_count ||
        prepare->participants.size % 2 != 0) {
        answer_prepared(run, STATUS_WRONG_ORDER, 0);
        return run_done();
    }
    txn->reply = run->message->header;
    txn->reply_kind = MESSAGE_PREPARED;
    txn->is_for_prepare = true;
    txn->first_shard = prepare->first_shard;
    txn->participant_list = arena_copy(&txn->transaction_arena, prepare->participants);
    txn_log_with_floor(run->shard, txn, prepare->floor, run->out);
    return run_done();
}

void participant_complete(struct shard *shard, struct transaction *txn, uint64_t timestamp,
                          struct effects *out) {
    CHECK(txn->machine.state == TXN_PREPARED);
    CHECK(timestamp == 0 || timestamp >= txn->timestamp); /* the maximum (T3) */
    struct record record = {.kind = RECORD_COMPLETE};
    record.complete = (struct record_complete){txn->id.incarnation, txn->id.txn_number, timestamp};
    replica_append(shard, &record, out);
    txn->timestamp = timestamp;
    deadline_disarm(&shard->participants->finish_deadlines, &txn->finish_deadline);
    coordinator_forget(shard, txn);
    machine_move(&txn->machine, TXN_COMPLETING);
    shard_wait_for_log(shard, &txn->waiter, WAITER_COMPLETE);
}

struct run_end participant_on_complete(struct run *run) {
    CHECK(run->txn == NULL);
    const struct complete *complete = &run->message->complete;
    struct writer_id id = {complete->incarnation, complete->txn_number};
    struct transaction *txn = run->txn = participant_find(run->shard, id);
    uint64_t timestamp;
    if (txn == NULL) {
        (void)txn_absent_status(run->shard, id, &timestamp);
        participant_answer_done(run, id, STATUS_OK,
                                timestamp); /* known, or forgotten because all know it */
        return run_done();
    }
    bool is_prepared = txn->machine.state == TXN_PREPARED;
    if (txn->machine.state != TXN_COMPLETING && !is_prepared) {
        participant_answer_done(run, id, STATUS_WRONG_ORDER, 0);
        return run_done();
    }
    if (is_prepared && complete->timestamp != 0 && complete->timestamp < txn->timestamp) {
        participant_answer_done(run, id, STATUS_INVALID, 0);
        return run_done();
    }
    if (run->message->header.request_id != 0) {
        txn->reply = run->message->header;
        txn->reply_kind = MESSAGE_DONE;
    }
    if (is_prepared) participant_complete(run->shard, txn, complete->timestamp, run->out);
    return run_done();
}

/* ---- confirmed ---- */

static void on_commit_confirmed(struct shard *shard, struct transaction *txn, struct effects *out) {
    CHECK(txn->machine.state == TXN_COMMITTING && txn->timestamp > 0);
    uint64_t position = txn->waiter.position;
    shard_raise_decided(shard, txn->timestamp); /* (PA2) */
    if (store_has_fault(shard->store, FAULT_RAISE_TO_COMMIT))
        shard->snapshot_max = MAX(shard->snapshot_max, txn->timestamp);
    writer_decide_commit(shard->writers, txn->slot, txn->timestamp, position);
    txn_note_outcome(shard, txn, OUTCOME_KIND_COMMITTED, txn->timestamp);
    txn_reply(shard, txn, STATUS_OK, out);
    shard->participants->commit_count++;
    struct writer_id id = txn->id;
    txn_stamp_begin(shard, txn);
    coordinator_on_outcome(shard, id, out);
}

static void on_prepare_confirmed(struct shard *shard, struct transaction *txn,
                                 struct effects *out) {
    CHECK(txn->machine.state == TXN_PREPARING && txn->prepare_record.size > 0);
    machine_move(&txn->machine, TXN_PREPARED);
    txn->prepared_us = shard->store->now_us;
    txn_reply(shard, txn, STATUS_OK, out);
    participant_finish_by(shard, txn, txn->prepared_us + COORDINATOR_ORPHAN_US);
    coordinator_on_prepared(shard, txn, out);
}

static void on_complete_confirmed(struct shard *shard, struct transaction *txn,
                                  struct effects *out) {
    CHECK(txn->machine.state == TXN_COMPLETING && txn->slot != WRITER_NONE);
    uint64_t position = txn->waiter.position;
    if (txn->timestamp != 0) {
        shard_raise_decided(shard, txn->timestamp);
        writer_decide_commit(shard->writers, txn->slot, txn->timestamp, position);
        shard->participants->commit_count++;
    } else {
        writer_decide_abort(shard->writers, txn->slot);
        shard->participants->abort_count++;
    }
    txn_note_outcome(shard, txn,
                     txn->timestamp != 0 ? OUTCOME_KIND_COMMITTED : OUTCOME_KIND_ABORTED,
                     txn->timestamp);
    txn_reply(shard, txn, STATUS_OK, out);
    struct writer_id id = txn->id;
    txn_stamp_begin(shard, txn);
    coordinator_on_outcome(shard, id, out);
    shard_finish_check(shard, out);
}

void participant_on_confirmed(struct shard *shard, struct log_waiter *waiter, struct effects *out) {
    struct transaction *txn = CONTAINER_OF(waiter, struct transaction, waiter);
    CHECK(!list_holds(&waiter->link));
    switch (waiter->kind) {
    case WAITER_COMMIT: on_commit_confirmed(shard, txn, out); return;
    case WAITER_PREPARE: on_prepare_confirmed(shard, txn, out); return;
    case WAITER_COMPLETE: on_complete_confirmed(shard, txn, out); return;
    case WAITER_TOMBSTONE:
    case WAITER_SCHEMA:
    case WAITER_TERM:
    case WAITER_COUNTER:
    case WAITER_SEQUENCE: break;
    }
    UNREACHABLE();
}
