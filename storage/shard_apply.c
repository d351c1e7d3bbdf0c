/* shard_apply.c: what a record of the log does to a replica that did not make it.
 *
 * Backups, recovery and a new primary apply alike, record by record, confirmed ones only (R3). An undecided
 * prepare is kept as its bytes until its outcome comes; then its row changes are applied at the outcome's
 * position, as the primary stamps them (T5).
 */
#include "storage/participant.h"
#include "storage/store_private.h"
#include "storage/system_shard.h"

enum status shard_apply_ops(struct shard *shard, struct slice ops, uint64_t timestamp,
                            uint64_t position) {
    CHECK(timestamp > 0 && position > 0);
    struct reader reader = reader_of(ops);
    struct record_op op;
    while (record_op_next(&reader, &op)) {
        struct table *table = schema_find(&shard->schema, op.table_id);
        if (table == NULL) continue; /* dropped at a later position of this log */
        struct fragment_image image = {
            .key = fragment_key_of(op.key),
            .row = op.row,
            .is_delete = op.kind == RECORD_OP_DELETE,
            .timestamp = timestamp,
            .position = position,
        };
        enum status status = fragment_apply(table->fragment, &image);
        if (status != STATUS_OK) return status;
    }
    shard_raise_decided(shard, timestamp);
    return STATUS_OK;
}

static enum status apply_outcome(struct shard *shard, struct writer_id id, uint64_t timestamp,
                                 uint64_t position) {
    if (id.txn_number == 0 || outcome_is_over(&shard->outcomes, id)) return STATUS_OK;
    struct outcome_entry outcome = {
        .id = id,
        .kind = timestamp == 0 ? OUTCOME_KIND_ABORTED : OUTCOME_KIND_COMMITTED,
        .timestamp = timestamp,
        .position = position,
    };
    return outcome_put(&shard->outcomes, &outcome);
}

static enum status apply_commit(struct shard *shard, const struct record *record) {
    CHECK(record->kind == RECORD_COMMIT);
    const struct record_commit *commit = &record->commit;
    enum status status = shard_apply_ops(shard, commit->ops, commit->timestamp, record->position);
    if (status != STATUS_OK) return status;
    struct writer_id id = {commit->incarnation, commit->txn_number};
    return apply_outcome(shard, id, commit->timestamp, record->position);
}

static enum status apply_complete(struct shard *shard, const struct record *record) {
    CHECK(record->kind == RECORD_COMPLETE);
    const struct record_complete *complete = &record->complete;
    struct writer_id id = {complete->incarnation, complete->txn_number};
    struct transaction *txn = participant_find(shard, id);
    if (txn != NULL) {
        enum status status =
            participant_apply_complete(shard, txn, complete->timestamp, record->position);
        if (status != STATUS_OK) return status;
    }
    return apply_outcome(shard, id, complete->timestamp, record->position);
}

static enum status apply_term(struct shard *shard, const struct record *record) {
    CHECK(record->kind == RECORD_TERM);
    shard_log_begin_term(shard, record->term, record->position);
    shard->fence_known = MAX(shard->fence_known, record->term_begin.fence);
    return STATUS_OK;
}

enum status shard_apply_record(struct shard *shard, const struct record *record,
                               struct slice bytes) {
    CHECK(record->shard == shard->id);
    switch ((enum record_kind)record->kind) {
    case RECORD_COMMIT: return apply_commit(shard, record);
    case RECORD_PREPARE: return participant_apply_prepare(shard, record, bytes);
    case RECORD_COMPLETE: return apply_complete(shard, record);
    case RECORD_TOMBSTONE:
        return apply_outcome(
            shard, (struct writer_id){record->tombstone.incarnation, record->tombstone.txn_number},
            0, record->position);
    case RECORD_SCHEMA:
        store_want_turn_end(shard->store); /* rows to free or to index, on an idle backup too */
        return schema_apply(&shard->schema, &record->schema);
    case RECORD_MARK:
        return outcome_mark(&shard->outcomes, record->mark.incarnation, record->mark.mark,
                            record->mark.exceptions);
    case RECORD_ENDED:
        if (record->ended.is_forgotten)
            outcome_forget_daemon(&shard->outcomes, record->ended.incarnation);
        else
            outcome_end_daemon(&shard->outcomes, record->ended.incarnation);
        return STATUS_OK;
    case RECORD_TERM: return apply_term(shard, record);
    case RECORD_COUNTER:
        system_apply_counter(shard, record->counter.reserved_below, record->counter.fence_count);
        return STATUS_OK;
    case RECORD_SEQUENCE:
        system_apply_sequence(shard, record->sequence.table_id, record->sequence.next_value);
        return STATUS_OK;
    case RECORD_DURABILITY:
        redo_set_durability(shard->store->redo, shard->id,
                            (enum durability)record->durability.durability);
        return STATUS_OK;
    case RECORD_EMPTY: return STATUS_OK;
    case RECORD_REVISION: /* of shard 0 */
    case RECORD_CONFIRMED:
    case RECORD_CUT:
    case RECORD_RESET:
    case RECORD_OPENED: return STATUS_CORRUPT; /* local notes never come this way */
    }
    return STATUS_CORRUPT;
}
