/* participant.c: the life of a transaction in one shard. See participant.h for its rules.
 *
 *   request --txn_enter--> active --COMMIT--> floor? -> committing ----confirmed----> stamping -> gone
 *                             |----PREPARE--> floor? -> preparing --> prepared --> completing --^
 *                             |---- wrote nowhere: proving -------------------------------------^
 *                             '---- ABORT, deadlock, closed connection --------------------------^
 *
 *   (PA1) A timestamp is computed in the step that appends its record (T7); from then on the writer is PREPARED to
 *         readers (T6).
 *   (PA2) L is raised before locks go (T3); stamping may take several steps, and readers see the outcome at once.
 *   (PA3) What ended here without a record is remembered as ended, so that a late request does not begin it anew (X10).
 */
#include "storage/coordinator.h"
#include "storage/deadlock_report.h"
#include "storage/participant_private.h"

#include "base/hash.h"

#define STAMP_ROWS_MAX STEP_ROWS_MAX

static const struct machine_state states[] = {
    [TXN_ACTIVE] = {"active", TO(TXN_FLOOR) | TO(TXN_PROVING) | TO(TXN_COMMITTING) |
                                  TO(TXN_PREPARING) | TO(TXN_PREPARED) | TO(TXN_STAMPING)},
    [TXN_FLOOR] = {"floor", TO(TXN_COMMITTING) | TO(TXN_PREPARING) | TO(TXN_STAMPING)},
    [TXN_PROVING] = {"proving", TO(TXN_STAMPING)},
    [TXN_COMMITTING] = {"committing", TO(TXN_STAMPING)},
    [TXN_PREPARING] = {"preparing", TO(TXN_PREPARED) | TO(TXN_STAMPING)},
    [TXN_PREPARED] = {"prepared", TO(TXN_COMPLETING) | TO(TXN_STAMPING)},
    [TXN_COMPLETING] = {"completing", TO(TXN_STAMPING) | TO(TXN_PREPARED)},
    [TXN_STAMPING] = {"stamping", 0},
};

struct participants *participants_open(struct shard *shard, uint32_t transaction_count_max) {
    struct store *store = shard->store;
    struct chunk_source *source = store->options.source;
    struct participants *participants = arena_new(&store->store_arena, struct participants);
    CHECK(transaction_count_max == shard->writers->slot_count);
    pool_open(&participants->pool, source, sizeof(struct transaction), 2 * transaction_count_max);
    map_open(&participants->by_hash, source);
    participants->by_slot =
        arena_array(&store->store_arena, struct transaction *, transaction_count_max);
    memset(participants->by_slot, 0, transaction_count_max * sizeof(struct transaction *));
    list_open(&participants->transactions);
    list_open(&participants->floor_asked);
    list_open(&participants->floor_next);
    list_open(&participants->log_room);
    list_open(&participants->stamping);
    request_queue_open(&participants->requests, source, 2 * transaction_count_max);
    deadline_open(&participants->finish_deadlines, source);
    return participants;
}

void participants_close(struct participants *participants) {
    LIST_EACH(link, &participants->transactions) {
        struct transaction *txn = CONTAINER_OF(link, struct transaction, link);
        arena_close(&txn->transaction_arena);
    }
    request_queue_close(&participants->requests);
    deadline_close(&participants->finish_deadlines);
    map_close(&participants->by_hash);
    pool_abandon(&participants->pool);
}

/* ---- finding, beginning, ending ---- */

static uint64_t txn_hash(struct writer_id id) { return hash_pair(id.incarnation, id.txn_number); }

struct transaction *participant_find(const struct shard *shard, struct writer_id id) {
    struct transaction *txn = map_find(&shard->participants->by_hash, txn_hash(id));
    while (txn != NULL &&
           (txn->id.incarnation != id.incarnation || txn->id.txn_number != id.txn_number))
        txn = txn->next_hash;
    return txn;
}

struct transaction *txn_new(struct shard *shard, struct writer_id id) {
    struct participants *participants = shard->participants;
    struct transaction *txn = pool_take(&participants->pool);
    if (txn == NULL) return NULL;
    machine_open(&txn->machine, states, TXN_ACTIVE);
    machine_trace(&txn->machine, shard->store->trace, "transaction", id.txn_number);
    txn->id = id;
    txn->slot = WRITER_NONE;
    txn->statements = txn->statements_inline;
    txn->statement_capacity = ARRAY_COUNT(txn->statements_inline);
    txn->tables = txn->tables_inline;
    txn->table_capacity = ARRAY_COUNT(txn->tables_inline);
    list_open(&txn->queued);
    list_open(&txn->waiters);
    arena_open(&txn->transaction_arena, shard->store->options.source, 0);
    list_push_last(&participants->transactions, &txn->link);
    if (id.txn_number != 0) {
        CHECK(participant_find(shard, id) == NULL);
        txn->next_hash = map_find(&participants->by_hash, txn_hash(id));
        map_put(&participants->by_hash, txn_hash(id), txn);
    }
    return txn;
}

static void txn_unhash(struct participants *participants, struct transaction *txn) {
    if (txn->id.txn_number == 0) return;
    uint64_t hash = txn_hash(txn->id);
    struct transaction *at = map_find(&participants->by_hash, hash);
    CHECK(at != NULL);
    if (at != txn) {
        while (at->next_hash != txn) at = at->next_hash;
        at->next_hash = txn->next_hash;
    } else if (txn->next_hash == NULL) {
        map_remove(&participants->by_hash, hash);
    } else {
        map_put(&participants->by_hash, hash, txn->next_hash);
    }
}

enum status txn_give_slot(struct shard *shard, struct transaction *txn) {
    enum status status = writer_open(shard->writers, txn->id, &txn->slot);
    if (status != STATUS_OK) {
        txn->slot = WRITER_NONE;
        return status;
    }
    CHECK(shard->participants->by_slot[txn->slot] == NULL);
    shard->participants->by_slot[txn->slot] = txn;
    return STATUS_OK;
}

void txn_free(struct shard *shard, struct transaction *txn) {
    struct participants *participants = shard->participants;
    CHECK(list_is_empty(&txn->waiters) && list_is_empty(&txn->queued));
    CHECK(txn->suspended == NULL && !list_holds(&txn->waiter.link));
    if (txn->slot != WRITER_NONE) {
        writer_close(shard->writers, txn->slot);
        participants->by_slot[txn->slot] = NULL;
    }
    for (uint32_t i = 0; i < txn->table_count; i++) {
        struct table *table = schema_find(&shard->schema, txn->tables[i]);
        if (table != NULL && table->use_count > 0) table->use_count--;
    }
    coordinator_forget(shard, txn);
    deadline_disarm(&participants->finish_deadlines, &txn->finish_deadline);
    txn_unhash(participants, txn);
    list_remove(&txn->link);
    arena_close(&txn->transaction_arena);
    pool_give(&participants->pool, txn);
}

/* Everybody who waited for its outcome runs again; so do its own late requests, to be refused. */
static void txn_wake_waiters(struct shard *shard, struct transaction *txn) {
    struct request_queue *requests = &shard->participants->requests;
    list_append(&txn->waiters, &txn->queued);
    LIST_EACH(link, &txn->waiters)
    request_make_ready(requests, CONTAINER_OF(link, struct request, link));
}

/* Some of the work after the decision (PA2); true: the transaction is gone. */
static bool txn_stamp(struct shard *shard, struct transaction *txn) {
    CHECK(txn->machine.state == TXN_STAMPING);
    if (txn->slot != WRITER_NONE) {
        const struct writer_slot *writer = writer_at(shard->writers, txn->slot);
        bool done = writer->state == WRITER_COMMITTED
                        ? fragment_commit(shard->fragments, txn->slot, STAMP_ROWS_MAX)
                        : fragment_undo(shard->fragments, txn->slot, 0, STAMP_ROWS_MAX);
        if (!done || !lock_release_all(shard->locks, txn->slot, STAMP_ROWS_MAX)) return false;
        shard->is_collect_due = true;
    }
    txn_free(shard, txn);
    return true;
}

void txn_stamp_begin(struct shard *shard, struct transaction *txn) {
    CHECK(txn->suspended == NULL);
    machine_move(&txn->machine, TXN_STAMPING);
    txn_wake_waiters(shard, txn);
    if (txn_stamp(shard, txn)) return;
    list_push_last(&shard->participants->stamping, &txn->work_link);
    store_want_turn_end(shard->store);
}

void txn_note_outcome(struct shard *shard, const struct transaction *txn, enum outcome_kind kind,
                      uint64_t timestamp) {
    CHECK(kind != OUTCOME_KIND_COMMITTED || timestamp > 0);
    if (txn->id.txn_number == 0 || outcome_is_over(&shard->outcomes, txn->id)) return;
    if (store_has_fault(shard->store, FAULT_FORGET_OUTCOME)) return;
    struct outcome_entry outcome = {
        .id = txn->id, .kind = kind, .timestamp = timestamp, .position = shard->log.applied};
    if (outcome_put(&shard->outcomes, &outcome) != STATUS_OK)
        shard->store->stop_reason = "the table of outcomes is full";
}

/* Requests of the transaction that wait, answered with a refusal. */
static void txn_refuse_requests(struct shard *shard, struct transaction *txn, enum status status,
                                struct effects *out) {
    struct request_queue *requests = &shard->participants->requests;
    if (txn->suspended != NULL) {
        struct request *request = txn->suspended;
        txn->suspended = NULL;
        lock_cancel(shard->locks, txn->slot);
        shard_refuse(shard, request->message, status, out);
        request_give(requests, request);
    }
    LIST_EACH(link, &txn->queued) {
        struct request *request = CONTAINER_OF(link, struct request, link);
        shard_refuse(shard, request->message, STATUS_ABORTED, out);
        request_give(requests, request);
    }
}

void participant_end(struct shard *shard, struct transaction *txn, enum status status,
                     struct effects *out) {
    CHECK(txn->machine.state == TXN_ACTIVE || txn->machine.state == TXN_FLOOR ||
          txn->machine.state == TXN_PROVING);
    txn_refuse_requests(shard, txn, status, out);
    if (list_holds(&txn->work_link)) list_remove(&txn->work_link);
    if (txn->reply_kind != 0) {
        struct message request = {.header = txn->reply};
        shard_refuse(shard, &request, status, out);
    }
    txn_note_outcome(shard, txn, OUTCOME_KIND_ENDED, 0); /* (PA3) */
    writer_decide_abort(shard->writers, txn->slot);
    shard->participants->abort_count++;
    txn_stamp_begin(shard, txn);
    store_want_turn_end(shard->store); /* whoever gets its locks runs then, if not before */
}

/* ---- requests of a transaction ---- */

static void txn_note_statement(struct transaction *txn, const struct txn_request *request) {
    CHECK(txn->statement_count <= txn->statement_capacity);
    if (txn->statement_count > 0 &&
        txn->statements[txn->statement_count - 1].statement_number >= request->statement_number)
        return;
    if (txn->statement_count == txn->statement_capacity) {
        uint32_t capacity = 2 * txn->statement_capacity;
        struct txn_statement *statements =
            arena_array(&txn->transaction_arena, struct txn_statement, capacity);
        memcpy(statements, txn->statements, txn->statement_count * sizeof *statements);
        txn->statements = statements;
        txn->statement_capacity = capacity;
    }
    txn->statements[txn->statement_count++] =
        (struct txn_statement){request->statement_number, request->request_number};
}

uint32_t txn_statement_first(const struct transaction *txn, uint32_t statement_number) {
    for (uint32_t i = 0; i < txn->statement_count; i++)
        if (txn->statements[i].statement_number >= statement_number)
            return txn->statements[i].first_request;
    return UINT32_MAX;
}

static enum status txn_begin(struct run *run, struct writer_id id) {
    CHECK(run->txn == NULL);
    struct shard *shard = run->shard;
    struct transaction *txn = txn_new(shard, id);
    if (txn == NULL) return STATUS_BUSY;
    if (txn_give_slot(shard, txn) != STATUS_OK) {
        txn_free(shard, txn);
        return STATUS_BUSY;
    }
    txn->daemon_node = run->message->header.from_node;
    run->txn = txn;
    return STATUS_OK;
}

/* Of a transaction that is not open here: may this request begin it? */
static enum status txn_enter_unknown(struct run *run, const struct txn_request *request) {
    CHECK(run->txn == NULL);
    struct shard *shard = run->shard;
    if (outcome_is_over(&shard->outcomes, request->id)) return STATUS_WRONG_ORDER;
    if (shard_daemon_is_ended(shard, request->id.incarnation)) return STATUS_WRONG_ORDER; /* (O4) */
    const struct outcome_entry *outcome = outcome_find(&shard->outcomes, request->id);
    if (outcome != NULL)
        return outcome->kind == OUTCOME_KIND_COMMITTED ? STATUS_WRONG_ORDER : STATUS_ABORTED;
    if (request->request_number != 1) return STATUS_ABORTED; /* what it did before is lost */
    return txn_begin(run, request->id);
}

enum status txn_enter(struct run *run, const struct txn_request *request) {
    struct shard *shard = run->shard;
    if (run->request != NULL && run->request->writer_slot != WRITER_NONE) {
        run->txn = shard->participants->by_slot[run->request->writer_slot];
        CHECK(run->txn != NULL && run->txn->machine.state == TXN_ACTIVE);
        return STATUS_OK;
    }
    if (request->id.txn_number == 0) {
        enum status begun = txn_begin(run, request->id);
        if (begun != STATUS_OK) return begun;
        run->txn->request_count = 1;
        txn_note_statement(run->txn,
                           &(struct txn_request){request->id, 1, request->statement_number});
        return STATUS_OK;
    }
    run->txn = participant_find(shard, request->id);
    if (run->txn == NULL) {
        enum status status = txn_enter_unknown(run, request);
        if (status != STATUS_OK) return status;
    }
    if (run->txn->machine.state != TXN_ACTIVE) return STATUS_WRONG_ORDER;
    if (run->txn->suspended != NULL) return STATUS_END; /* (P3) */
    if (request->request_number != run->txn->request_count + 1) return STATUS_WRONG_ORDER;
    run->txn->request_count++;
    txn_note_statement(run->txn, request);
    return STATUS_OK;
}

void txn_note_table(struct transaction *txn, struct table *table) {
    CHECK(txn->table_count <= txn->table_capacity);
    for (uint32_t i = 0; i < txn->table_count; i++)
        if (txn->tables[i] == table->table_id) return;
    if (txn->table_count == txn->table_capacity) {
        uint32_t capacity = 2 * txn->table_capacity;
        uint32_t *tables = arena_array(&txn->transaction_arena, uint32_t, capacity);
        memcpy(tables, txn->tables, txn->table_count * sizeof *tables);
        txn->tables = tables;
        txn->table_capacity = capacity;
    }
    txn->tables[txn->table_count++] = table->table_id;
    table->use_count++;
}

void txn_undo_request(struct shard *shard, struct transaction *txn, uint32_t request_number) {
    CHECK(txn->machine.state == TXN_ACTIVE);
    while (!fragment_undo(shard->fragments, txn->slot, request_number, STEP_ROWS_MAX)) {}
}

void txn_drop_if_autocommit(struct run *run) {
    if (run->txn == NULL || run->txn->id.txn_number != 0) return;
    CHECK(run->txn->suspended == NULL);
    participant_end(run->shard, run->txn, STATUS_ABORTED, run->out);
    run->txn = NULL;
}

enum lock_outcome txn_lock(struct run *run, const struct txn_lock *lock) {
    CHECK(run->txn != NULL && lock->mode != LOCK_NONE);
    struct shard *shard = run->shard;
    uint32_t wait_ms = lock->wait_ms == 0 ? 50000 : lock->wait_ms; /* MySQL's default */
    struct lock_request request = {
        .name = lock->name,
        .owner = run->txn->slot,
        .mode = lock->mode,
        .policy = (enum wait_policy)lock->wait_policy,
        .now_us = shard->store->now_us,
        .deadline_us = shard->store->now_us + (uint64_t)wait_ms * 1000,
        .cookie = run->txn->slot,
    };
    return lock_acquire(shard->locks, &request);
}

/* ---- answers ---- */

void participant_answer_open(const struct shard *shard, const struct message *request,
                             enum message_kind kind, struct message *answer_out) {
    CHECK(kind != 0);
    *answer_out = (struct message){.header = {
                                       .kind = (uint8_t)kind,
                                       .wire_version = WIRE_VERSION,
                                       .shard = request->header.shard,
                                       .from_node = request->header.to_node,
                                       .to_node = request->header.from_node,
                                       .from_incarnation = request->header.to_incarnation,
                                       .to_incarnation = request->header.from_incarnation,
                                       .term = shard->term,
                                       .config_version = shard->version,
                                       .map_version = request->header.map_version,
                                       .schema_version = shard->schema.version_max,
                                       .request_id = request->header.request_id,
                                       .shown = shard->decided_max,
                                       .fence = shard->fence_known,
                                   }};
}

void participant_answer(struct shard *shard, const struct message *answer, enum answer_proof proof,
                        struct effects *out) {
    CHECK(answer->header.to_node != 0);
    if (proof == ANSWER_PROVEN && !proof_is_trivial(shard)) {
        proof_hold(shard, answer, out);
        return;
    }
    *effects_message(out, (enum message_kind)answer->header.kind) = *answer;
}

/* The answer that a transaction owes (reply). */
void txn_reply(struct shard *shard, struct transaction *txn, enum status status,
               struct effects *out) {
    if (txn->reply_kind == 0) return;
    struct message request = {.header = txn->reply};
    struct message answer;
    participant_answer_open(shard, &request, (enum message_kind)txn->reply_kind, &answer);
    answer.header.shown = MAX(answer.header.shown, txn->timestamp);
    switch (txn->reply_kind) {
    case MESSAGE_WRITTEN:
        answer.written = txn->reply_written;
        answer.written.status = (uint8_t)status;
        answer.written.timestamp = txn->timestamp;
        break;
    case MESSAGE_PREPARED:
        answer.prepared = (struct prepared){(uint8_t)status, txn->id.txn_number, txn->timestamp};
        break;
    default:
        answer.done = (struct done){.status = (uint8_t)status,
                                    .txn_number = txn->id.txn_number,
                                    .timestamp = txn->timestamp};
    }
    txn->reply_kind = 0;
    participant_answer(shard, &answer, ANSWER_NOW, out);
}

void participant_answer_done(struct run *run, struct writer_id id, enum status status,
                             uint64_t timestamp) {
    struct message answer;
    participant_answer_open(run->shard, run->message, MESSAGE_DONE, &answer);
    answer.done = (struct done){
        .status = (uint8_t)status, .txn_number = id.txn_number, .timestamp = timestamp};
    answer.header.shown = MAX(answer.header.shown, timestamp);
    participant_answer(run->shard, &answer, ANSWER_NOW, run->out);
}

/* ---- ended without a commit ---- */

static struct run_end on_abort(struct run *run) {
    const struct abort *abort = &run->message->abort;
    struct writer_id id = {abort->incarnation, abort->txn_number};
    struct transaction *txn = participant_find(run->shard, id);
    enum status status = STATUS_OK;
    if (id.incarnation == 0) {
        status = STATUS_INVALID; /* nobody's */
    } else if (txn == NULL) {
        struct outcome_entry ended = {.id = id, .kind = OUTCOME_KIND_ENDED}; /* (PA3) */
        if (!outcome_is_over(&run->shard->outcomes, id) && id.txn_number != 0 &&
            outcome_find(&run->shard->outcomes, id) == NULL)
            status = outcome_put(&run->shard->outcomes, &ended);
    } else if (txn->machine.state == TXN_ACTIVE || txn->machine.state == TXN_FLOOR) {
        participant_end(run->shard, txn, STATUS_ABORTED, run->out);
    } else {
        status = STATUS_WRONG_ORDER; /* once prepared, only the outcome ends it (X7) */
    }
    participant_answer_done(run, id, status, 0);
    return run_done();
}

static struct run_end on_roll_back(struct run *run) {
    CHECK(run->txn == NULL);
    const struct roll_back *roll_back = &run->message->roll_back;
    struct txn_request request = {{roll_back->incarnation, roll_back->txn_number},
                                  roll_back->request_number,
                                  roll_back->statement_number};
    run->txn = participant_find(run->shard, request.id);
    enum status status = run->txn == NULL ? STATUS_ABORTED : STATUS_OK;
    struct transaction *txn = run->txn;
    if (txn != NULL && txn->machine.state == TXN_ACTIVE && txn->suspended != NULL &&
        request.request_number > txn->request_count) {
        txn_refuse_requests(run->shard, txn, STATUS_CANCELLED, run->out); /* a killed statement's */
        txn->request_count = request.request_number - 1; /* with those that waited behind it */
    }
    if (txn != NULL &&
        (txn->machine.state != TXN_ACTIVE || request.request_number != txn->request_count + 1))
        status = STATUS_WRONG_ORDER;
    if (status == STATUS_OK) {
        txn->request_count++;
        uint32_t kept = 0;
        while (kept < txn->statement_count &&
               txn->statements[kept].statement_number < request.statement_number)
            kept++;
        if (kept < txn->statement_count) {
            txn_undo_request(run->shard, txn, txn->statements[kept].first_request);
            txn->statement_count = kept;
        }
    }
    participant_answer_done(run, request.id, status, 0);
    return run_done();
}

/* ---- running requests ---- */

static struct run_end run_dispatch(struct run *run) {
    CHECK(shard_leads(run->shard));
    switch (run->message->header.kind) {
    case MESSAGE_READ: return participant_read(run);
    case MESSAGE_WRITE: return participant_write(run);
    case MESSAGE_CHANGE: return participant_change(run);
    case MESSAGE_ROLL_BACK: return on_roll_back(run);
    case MESSAGE_COMMIT: return participant_on_commit(run);
    case MESSAGE_PREPARE: return participant_on_prepare(run);
    case MESSAGE_COMPLETE: return participant_on_complete(run);
    case MESSAGE_ABORT: return on_abort(run);
    }
    UNREACHABLE();
}

/* It waits: from now on as a copy in the queue of what it waits for (Q1). */
static void run_suspend(struct run *run, const struct run_end *end) {
    struct participants *participants = run->shard->participants;
    struct request *request = run->request;
    if (request == NULL) request = request_take(&participants->requests, run->message);
    if (request == NULL) {
        if (run->txn != NULL) participant_end(run->shard, run->txn, STATUS_ABORTED, run->out);
        shard_refuse(run->shard, run->message, STATUS_BUSY, run->out);
        return;
    }
    participants->wait_count++;
    if (run->txn != NULL && end->result != RUN_WAIT_TRANSACTION) {
        run->txn->suspended = request;
        request->writer_slot = run->txn->slot;
    }
    struct transaction *other;
    switch (end->result) {
    case RUN_WAIT_LOCK:
        request->wait = REQUEST_LOCK;
        if (run->shard->edges_us == UINT64_MAX) /* X10 */
            run->shard->edges_us = run->shard->store->now_us + DEADLOCK_REPORT_US;
        return;
    case RUN_WAIT_OUTCOME:
        other = participants->by_slot[end->waits_for];
        CHECK(other != NULL && other != run->txn);
        request_wait_in(&other->waiters, request, REQUEST_OUTCOME);
        if (other->machine.state == TXN_PREPARED)
            participant_finish_by(run->shard, other,
                                  run->shard->store->now_us + COORDINATOR_ASK_US);
        return;
    case RUN_WAIT_TRANSACTION:
        other = participants->by_slot[end->waits_for];
        request->queued_slot = other->slot;
        request_wait_in(&other->queued, request, REQUEST_TRANSACTION);
        return;
    case RUN_DONE: break;
    }
    UNREACHABLE();
}

/* The requests behind one that is done run now (P3). */
static void run_release_queued(struct shard *shard, struct transaction *txn) {
    struct list_link *link = list_first(&txn->queued);
    if (link != NULL)
        request_make_ready(&shard->participants->requests,
                           CONTAINER_OF(link, struct request, link));
}

static void run_request(struct shard *shard, const struct message *message, struct request *request,
                        struct effects *out) {
    CHECK(request == NULL || request->wait == REQUEST_RUNNING);
    struct run run = {.shard = shard, .message = message, .request = request, .out = out};
    uint32_t slot = request == NULL ? WRITER_NONE : request->writer_slot;
    if (slot != WRITER_NONE) shard->participants->by_slot[slot]->suspended = NULL;
    struct run_end end = run_dispatch(&run);
    if (end.result != RUN_DONE) {
        run_suspend(&run, &end);
        return;
    }
    if (request == NULL) return;
    if (slot == WRITER_NONE) slot = request->queued_slot;
    request_give(&shard->participants->requests, request);
    struct transaction *txn = slot == WRITER_NONE ? NULL : shard->participants->by_slot[slot];
    if (txn != NULL) run_release_queued(shard, txn);
}

void participant_on_request(struct shard *shard, const struct message *message,
                            struct effects *out) {
    CHECK(shard_leads(shard));
    shard->participants->work_left = STEP_ROWS_MAX;
    run_request(shard, message, NULL, out);
}

static void participant_take_grants(struct shard *shard) {
    struct lock_ended grant;
    while (lock_grant_next(shard->locks, &grant)) {
        struct transaction *txn = shard->participants->by_slot[grant.owner];
        if (txn == NULL || txn->suspended == NULL || txn->suspended->wait != REQUEST_LOCK) continue;
        request_make_ready(&shard->participants->requests, txn->suspended);
    }
}

void participant_run(struct shard *shard, struct effects *out) {
    CHECK(shard_leads(shard));
    struct participants *participants = shard->participants;
    participants->work_left = STEP_ROWS_MAX;
    LIST_EACH(link, &participants->stamping) {
        struct transaction *txn = CONTAINER_OF(link, struct transaction, work_link);
        list_remove(&txn->work_link);
        if (txn_stamp(shard, txn)) continue;
        list_push_last(&participants->stamping, &txn->work_link);
        break; /* one unfinished is enough work for a step */
    }
    participant_take_grants(shard);
    for (uint32_t runs = 0; runs < 64 && participants->work_left > 0; runs++) {
        struct request *request = request_next_ready(&participants->requests);
        if (request == NULL) break;
        run_request(shard, request->message, request, out);
        participant_take_grants(shard);
    }
    participant_log_waiting(shard, out);
    if (!list_is_empty(&participants->requests.ready) || !list_is_empty(&participants->stamping))
        store_want_turn_end(shard->store);
}
