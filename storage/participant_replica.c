/* participant_replica.c: transactions when the role changes, by time, and as the log tells of them.
 *
 *   primary                               backup, recovery
 *   prepared: slot, pending versions,  <->  prepared: its record alone
 *             locks, record
 *
 * Stepping down takes back what is not confirmed: the rows hold what is applied, everything else is in the log's tail
 * and may be confirmed later by another primary, or cut. Taking over does the opposite for undecided prepares (X6).
 */
#include "storage/coordinator.h"
#include "storage/participant_private.h"

#define FLOOR_RETRY_US 100000

/* ---- by the log ---- */

enum status participant_apply_prepare(struct shard *shard, const struct record *record,
                                      struct slice bytes) {
    const struct record_prepare *prepare = &record->prepare;
    struct writer_id id = {prepare->incarnation, prepare->txn_number};
    CHECK(record->kind == RECORD_PREPARE);
    if (id.txn_number == 0) return STATUS_CORRUPT;
    if (outcome_is_over(&shard->outcomes, id) || participant_find(shard, id) != NULL)
        return STATUS_OK;
    const struct outcome_entry *outcome = outcome_find(&shard->outcomes, id);
    if (outcome != NULL && outcome->kind != OUTCOME_KIND_ENDED) return STATUS_OK;
    struct transaction *txn = txn_new(shard, id);
    if (txn == NULL) return STATUS_BUSY;
    txn->timestamp = prepare->timestamp;
    txn->floor = prepare->floor;
    txn->first_shard = prepare->first_shard;
    txn->position = record->position;
    txn->is_for_prepare = true;
    txn->prepared_us = shard->store->now_us;
    txn->prepare_record = arena_copy(&txn->transaction_arena, bytes);
    txn->participant_list = arena_copy(&txn->transaction_arena, prepare->participants);
    machine_move(&txn->machine, TXN_PREPARED);
    return STATUS_OK;
}

static void prepare_record_of(const struct transaction *txn, struct record *record_out) {
    enum status status = record_decode(txn->prepare_record, record_out);
    CHECK(status == STATUS_OK && record_out->kind == RECORD_PREPARE);
}

enum status participant_apply_complete(struct shard *shard, struct transaction *txn,
                                       uint64_t timestamp, uint64_t position) {
    CHECK(txn->slot == WRITER_NONE && txn->machine.state == TXN_PREPARED);
    if (timestamp != 0) {
        struct record record;
        prepare_record_of(txn, &record);
        enum status status = shard_apply_ops(shard, record.prepare.ops, timestamp, position);
        if (status != STATUS_OK) return status;
    }
    machine_move(&txn->machine, TXN_STAMPING);
    txn_free(shard, txn);
    return STATUS_OK;
}

void participant_items(const struct shard *shard, struct buffer *items) {
    LIST_EACH(link, &shard->participants->transactions) {
        const struct transaction *txn = CONTAINER_OF(link, struct transaction, link);
        if (txn->machine.state != TXN_PREPARED && txn->machine.state != TXN_COMPLETING) continue;
        CHECK(txn->prepare_record.size > 0);
        struct item item = {.kind = ITEM_PREPARED, .prepared = {txn->prepare_record}};
        item_append(items, &item);
    }
}

/* ---- roles ---- */

/* Takes versions, locks and slot away, all at once: nobody is served meanwhile. */
static void txn_drop_slot(struct shard *shard, struct transaction *txn) {
    CHECK(!list_holds(&txn->waiter.link));
    if (txn->slot == WRITER_NONE) return;
    struct writer_slot *writer = writer_at(shard->writers, txn->slot);
    if (writer->state == WRITER_COMMITTED) {
        while (!fragment_commit(shard->fragments, txn->slot, STEP_ROWS_MAX)) {}
    } else {
        if (writer->state != WRITER_ABORTED) writer_decide_abort(shard->writers, txn->slot);
        while (!fragment_undo(shard->fragments, txn->slot, 0, STEP_ROWS_MAX)) {}
    }
    while (!lock_release_all(shard->locks, txn->slot, STEP_ROWS_MAX)) {}
    writer_close(shard->writers, txn->slot);
    shard->participants->by_slot[txn->slot] = NULL;
    txn->slot = WRITER_NONE;
}

static void txn_step_down(struct shard *shard, struct transaction *txn) {
    CHECK(list_is_empty(&txn->queued));
    if (list_holds(&txn->waiter.link)) list_remove(&txn->waiter.link);
    if (list_holds(&txn->work_link)) list_remove(&txn->work_link);
    deadline_disarm(&shard->participants->finish_deadlines, &txn->finish_deadline);
    coordinator_forget(shard, txn);
    txn->suspended = NULL;
    txn->reply_kind = 0; /* the outcome is not known here: its daemon asks the new primary (X7) */
    txn_drop_slot(shard, txn);
    if (txn->machine.state == TXN_COMPLETING) {
        struct record record;
        prepare_record_of(txn, &record);
        txn->timestamp = record.prepare.timestamp;
        machine_move(&txn->machine, TXN_PREPARED);
    }
    if (txn->machine.state == TXN_PREPARED) return;
    if (txn->machine.state != TXN_STAMPING) machine_move(&txn->machine, TXN_STAMPING);
    txn_free(shard, txn);
}

void participant_step_down(struct shard *shard, struct effects *out) {
    struct participants *participants = shard->participants;
    LIST_EACH(link, &participants->requests.all) {
        struct request *request = CONTAINER_OF(link, struct request, all_link);
        shard_refuse(shard, request->message, STATUS_WRONG_PRIMARY, out);
        request_give(&participants->requests, request);
    }
    LIST_EACH(link, &participants->transactions)
    txn_step_down(shard, CONTAINER_OF(link, struct transaction, link));
    participants->floor_asked_us = 0;
    outcome_forget_ended(&shard->outcomes);
    CHECK(lock_count(shard->locks) == 0);
    CHECK(list_is_empty(&participants->stamping) && list_is_empty(&participants->floor_asked));
}

/* (X6) Versions and locks as the prepare had them; locks of rows that it only read are gone, so nothing is granted
 * before the outcome is known. */
static enum status txn_take_over(struct shard *shard, struct transaction *txn) {
    struct record record;
    prepare_record_of(txn, &record);
    enum status status = txn_give_slot(shard, txn);
    struct reader ops = reader_of(record.prepare.ops);
    struct record_op op;
    while (status == STATUS_OK && record_op_next(&ops, &op)) {
        struct table *table = schema_find(&shard->schema, op.table_id);
        if (table == NULL) continue;
        struct fragment_key key = fragment_key_of(op.key);
        struct lock_request lock = {.name = {op.table_id, key.hash},
                                    .owner = txn->slot,
                                    .mode = LOCK_EXCLUSIVE,
                                    .policy = WAIT_NOWAIT,
                                    .now_us = shard->store->now_us};
        if (lock_acquire(shard->locks, &lock) != LOCK_GRANTED) return STATUS_FULL;
        struct fragment_write write = {.key = key,
                                       .kind =
                                           op.kind == RECORD_OP_DELETE ? WRITE_DELETE : WRITE_PUT,
                                       .row = op.row,
                                       .writer = txn->slot,
                                       .statement = 1};
        status = fragment_write(table->fragment, &write);
    }
    if (status == STATUS_OK) writer_prepare(shard->writers, txn->slot, txn->timestamp);
    return status;
}

void participant_take_over(struct shard *shard) {
    LIST_EACH(link, &shard->participants->transactions) {
        struct transaction *txn = CONTAINER_OF(link, struct transaction, link);
        CHECK(txn->machine.state == TXN_PREPARED && txn->slot == WRITER_NONE);
        if (txn_take_over(shard, txn) != STATUS_OK) {
            shard->store->stop_reason = "no memory for an undecided transaction";
            return;
        }
        participant_finish_by(shard, txn, shard->store->now_us);
    }
}

void participant_forget(struct shard *shard) {
    CHECK(!shard_leads(shard));
    LIST_EACH(link, &shard->participants->transactions) {
        struct transaction *txn = CONTAINER_OF(link, struct transaction, link);
        CHECK(txn->machine.state == TXN_PREPARED && txn->slot == WRITER_NONE);
        machine_move(&txn->machine, TXN_STAMPING);
        txn_free(shard, txn);
    }
}

/* ---- daemons ---- */

bool participant_has_daemon(const struct shard *shard, uint32_t incarnation) {
    LIST_EACH(link, &shard->participants->transactions) {
        if (CONTAINER_OF(link, struct transaction, link)->id.incarnation == incarnation)
            return true;
    }
    return false;
}

void participant_on_daemon_gone(struct shard *shard, uint32_t incarnation, struct effects *out) {
    CHECK(incarnation != 0);
    if (!shard_leads(shard)) return;
    LIST_EACH(link, &shard->participants->transactions) {
        struct transaction *txn = CONTAINER_OF(link, struct transaction, link);
        if (txn->id.incarnation != incarnation) continue;
        txn->is_daemon_gone = true;
        if (txn->machine.state == TXN_ACTIVE || txn->machine.state == TXN_FLOOR ||
            txn->machine.state == TXN_PROVING) {
            txn->reply_kind = 0;
            participant_end(shard, txn, STATUS_ABORTED, out);
        } else if (txn->machine.state == TXN_PREPARED && txn->slot != WRITER_NONE) {
            /* X4; while this shard is equalising the outcome may lie in its log: see participant_take_over */
            participant_finish_by(shard, txn, shard->store->now_us);
        }
    }
}

static bool mark_passes(const struct mark *mark, uint64_t txn_number) {
    if (txn_number == 0 || txn_number >= mark->mark) return false;
    for (size_t i = 0; i + 8 <= mark->exceptions.size; i += 8)
        if (load_le64(mark->exceptions.data + i) == txn_number) return false;
    return true;
}

void participant_on_mark(struct shard *shard, const struct mark *mark, struct effects *out) {
    CHECK(shard_is_primary(shard));
    LIST_EACH(link, &shard->participants->transactions) {
        struct transaction *txn = CONTAINER_OF(link, struct transaction, link);
        if (txn->id.incarnation != mark->incarnation || txn->machine.state != TXN_ACTIVE) continue;
        if (!mark_passes(mark, txn->id.txn_number)) continue;
        txn->reply_kind = 0;
        participant_end(shard, txn, STATUS_ABORTED, out);
    }
}

/* ---- time ---- */

void participant_finish_by(struct shard *shard, struct transaction *txn, uint64_t at_us) {
    CHECK(txn->machine.state == TXN_PREPARED);
    struct deadline *deadline = &txn->finish_deadline;
    if (deadline_is_armed(deadline) && deadline->at_us <= at_us) return;
    deadline_arm(&shard->participants->finish_deadlines, deadline, at_us);
}

static void participant_expire_locks(struct shard *shard, struct effects *out) {
    struct participants *participants = shard->participants;
    struct lock_ended ended;
    while (lock_expire_next(shard->locks, shard->store->now_us, &ended)) {
        struct transaction *txn = participants->by_slot[ended.owner];
        CHECK(txn != NULL);
        store_want_turn_end(shard->store); /* those behind it may pass */
        struct request *request = txn->suspended;
        if (request == NULL || request->wait != REQUEST_LOCK) continue;
        txn->suspended = NULL;
        shard_refuse(shard, request->message, STATUS_LOCK_TIMEOUT, out);
        request_give(&participants->requests, request);
        if (txn->id.txn_number == 0) {
            participant_end(shard, txn, STATUS_ABORTED, out);
            continue;
        }
        struct list_link *link = list_first(&txn->queued);
        if (link != NULL)
            request_make_ready(&participants->requests, CONTAINER_OF(link, struct request, link));
    }
}

void participant_on_deadline(struct shard *shard, struct effects *out) {
    struct participants *participants = shard->participants;
    uint64_t now_us = shard->store->now_us;
    participant_expire_locks(shard, out);
    struct deadline *deadline;
    while ((deadline = deadline_pop(&participants->finish_deadlines, now_us)) != NULL) {
        struct transaction *txn = CONTAINER_OF(deadline, struct transaction, finish_deadline);
        if (txn->machine.state == TXN_PREPARED && shard_leads(shard))
            coordinator_finish(shard, txn, out);
    }
    if (participants->floor_asked_us != 0 &&
        now_us >= participants->floor_asked_us + FLOOR_RETRY_US) {
        participants->floor_asked_us = 0; /* lost, or the system shard has moved */
        store_want_turn_end(shard->store);
    }
}

uint64_t participant_deadline(const struct shard *shard) {
    const struct participants *participants = shard->participants;
    uint64_t earliest = MIN(lock_deadline_next(shard->locks),
                            deadline_earliest_us(&participants->finish_deadlines));
    if (participants->floor_asked_us != 0)
        earliest = MIN(earliest, participants->floor_asked_us + FLOOR_RETRY_US);
    return earliest;
}

void participant_turn_end(struct shard *shard, struct effects *out) {
    struct participants *participants = shard->participants;
    if (participants->floor_asked_us != 0) return; /* one at a time: the rest waits for the next */
    list_append(&participants->floor_asked, &participants->floor_next);
    if (list_is_empty(&participants->floor_asked)) return;
    CHECK(shard->id != SHARD_SYSTEM);
    uint16_t node = store_primary_of(shard->store, SHARD_SYSTEM);
    participants->floor_asked_us = MAX(shard->store->now_us, (uint64_t)1);
    participants->floor_ask_id += 2; /* even; odd ones are fences, see shard_on_fenced */
    if (node == 0) return;
    struct message *fetch = shard_message(shard, MESSAGE_FETCH, node, SHARD_SYSTEM, out);
    fetch->header.request_id = participants->floor_ask_id;
    fetch->fetch.from_shard = shard->id;
}
