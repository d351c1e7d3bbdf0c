/* shard_items.c: a shard as items, for a checkpoint's file or a learner (D4), and back.
 *
 *   SHARD | TERM* | MARK, ENDED, OUTCOME* | PREPARED* | COUNTER, SEQUENCE* | (TABLE ROW*)* | SHARD_END
 *
 * Everything but the rows is taken in the first call, so it is of one moment; the rows come some a call, each as it is
 * then, with its position. What happens meanwhile is in the log behind SHARD's position: replay brings all to one
 * moment, and a learner gets that log behind its copy.
 */
#include "storage/participant.h"
#include "storage/store_private.h"
#include "storage/system_shard.h"

#define ITEMS_BATCH_ROWS 64
#define ITEMS_ROW_BYTES  64 /* a small one */

enum items_stage { ITEMS_HEAD, ITEMS_TABLES, ITEMS_ROWS, ITEMS_DONE };

struct shard_items {
    struct shard *shard;
    enum items_stage stage;
    uint32_t table_id;    /* TABLES: the next one is >= it; ROWS: its rows */
    struct buffer resume; /* entry key behind which the rows go on */
};

struct shard_items *shard_items_begin(struct arena *arena, struct shard *shard) {
    struct shard_items *scan = arena_new(arena, struct shard_items);
    CHECK(shard != NULL);
    scan->shard = shard;
    scan->stage = ITEMS_HEAD;
    scan->resume = buffer_of(arena);
    return scan;
}

static void items_append_daemon(struct buffer *items, const struct outcome_daemon *daemon) {
    struct buffer exceptions = buffer_of(items->arena);
    for (uint32_t i = 0; i < daemon->exception_count; i++) {
        uint8_t number[8];
        store_le64(number, daemon->exceptions[i]);
        buffer_append(&exceptions, slice_of(number, sizeof number));
    }
    struct item mark = {.kind = ITEM_MARK,
                        .mark = {daemon->incarnation, daemon->mark, buffer_slice(&exceptions)}};
    item_append(items, &mark);
    if (daemon->state != OUTCOME_DAEMON_LIVE) {
        struct item ended = {
            .kind = ITEM_ENDED,
            .ended = {daemon->incarnation, daemon->state == OUTCOME_DAEMON_FORGOTTEN}};
        item_append(items, &ended);
    }
    for (const struct list_link *link = daemon->outcomes.head.next; link != &daemon->outcomes.head;
         link = link->next) {
        const struct outcome_entry *entry = CONTAINER_OF(link, struct outcome_entry, link);
        if (entry->kind == OUTCOME_KIND_ENDED) continue; /* (O3) */
        struct item outcome = {.kind = ITEM_OUTCOME,
                               .outcome = {entry->id.incarnation, entry->id.txn_number,
                                           entry->timestamp, entry->position}};
        item_append(items, &outcome);
    }
}

static void items_append_head(struct shard_items *scan, struct buffer *items) {
    CHECK(scan->stage == ITEMS_HEAD);
    struct shard *shard = scan->shard;
    const struct shard_log *log = &shard->log;
    struct item item = {.kind = ITEM_SHARD,
                        .shard = {.shard = shard->id,
                                  .term = shard_log_term(shard, log->applied),
                                  .position = log->applied,
                                  .decided = shard->decided_max,
                                  .history = shard->history_from,
                                  .durability = shard->configured.durability}};
    item_append(items, &item);
    for (uint32_t i = 0; i < log->term_count; i++) {
        if (log->terms[i].first_position > log->applied) break;
        struct item term = {.kind = ITEM_TERM,
                            .term = {log->terms[i].term, log->terms[i].first_position}};
        item_append(items, &term);
    }
    uint64_t cursor = 0;
    const struct outcome_daemon *daemon;
    while ((daemon = outcome_daemon_next(&shard->outcomes, &cursor)) != NULL)
        items_append_daemon(items, daemon);
    participant_items(shard, items);
    system_items(shard, items);
    scan->stage = ITEMS_TABLES;
    scan->table_id = 0;
}

static void items_append_table(struct shard_items *scan, struct buffer *items) {
    CHECK(scan->stage == ITEMS_TABLES);
    const struct table *table = schema_next(&scan->shard->schema, scan->table_id);
    if (table == NULL) {
        struct item end = {.kind = ITEM_SHARD_END,
                           .shard_end = {scan->shard->id, scan->shard->log.applied}};
        item_append(items, &end);
        scan->stage = ITEMS_DONE;
        return;
    }
    struct item item = {.kind = ITEM_TABLE,
                        .table = {table->table_id, table->version, table->definition_bytes}};
    item_append(items, &item);
    scan->table_id = table->table_id;
    scan->resume.size = 0;
    scan->stage = ITEMS_ROWS;
}

static void items_append_batch(struct shard_items *scan, const struct fragment_batch *batch,
                               struct buffer *items) {
    for (uint32_t i = 0; i < batch->row_count; i++) {
        const struct fragment_row *row = &batch->rows[i];
        struct item item = {.kind = ITEM_ROW,
                            .row = {.table_id = scan->table_id,
                                    .term = shard_log_term(scan->shard, row->position),
                                    .position = row->position,
                                    .timestamp = row->timestamp,
                                    .key = row->key,
                                    .row = row->row}};
        const struct shard_log *log = &scan->shard->log;
        CHECK(row->position <= MAX(log->applied, log->reach)); /* R3, (S6) */
        item_append(items, &item);
    }
}

/* false: the table has no more rows. Rows are not small: a part that is nearly full takes few. */
static bool items_append_rows(struct shard_items *scan, struct buffer *items, size_t room) {
    const struct table *table = schema_find(&scan->shard->schema, scan->table_id);
    if (table == NULL) return false; /* dropped meanwhile */
    struct fragment_row rows[ITEMS_BATCH_ROWS];
    struct fragment_scan rows_scan = {
        .fragment = table->fragment,
        .direction = SCAN_FORWARD,
        .want = SCAN_VISIBLE,
        .range_flags = RANGE_LOWER_NONE | RANGE_UPPER_NONE,
        .view = {SNAPSHOT_DECIDED, WRITER_NONE, UINT32_MAX},
        .resume = buffer_slice(&scan->resume),
    };
    struct fragment_batch batch = {.rows = rows,
                                   .row_capacity =
                                       (uint32_t)MIN(room / ITEMS_ROW_BYTES + 1, ITEMS_BATCH_ROWS),
                                   .examine_max = STEP_ROWS_MAX / 4,
                                   .arena = items->arena};
    enum scan_result result = fragment_scan_next(&rows_scan, &batch);
    CHECK(result != SCAN_MUST_WAIT);
    items_append_batch(scan, &batch, items);
    scan->resume.size = 0;
    buffer_append(&scan->resume, batch.resume);
    return result == SCAN_MORE;
}

enum status shard_items_next(struct shard_items *scan, struct buffer *items, size_t bytes) {
    uint32_t batches = 0;
    while (items->size < bytes && batches++ < STEP_ROWS_MAX / ITEMS_BATCH_ROWS) {
        switch (scan->stage) {
        case ITEMS_HEAD: items_append_head(scan, items); break;
        case ITEMS_TABLES: items_append_table(scan, items); break;
        case ITEMS_ROWS:
            if (items_append_rows(scan, items, bytes - items->size)) break;
            scan->stage = ITEMS_TABLES;
            scan->table_id++;
            break;
        case ITEMS_DONE: return STATUS_END;
        }
    }
    return scan->stage == ITEMS_DONE ? STATUS_END : STATUS_OK;
}

/* ---- back ---- */

static enum status apply_row_item(struct shard *shard, const struct item_row *row) {
    CHECK(shard->role.state < SHARD_EQUALISING);
    struct table *table = schema_find(&shard->schema, row->table_id);
    if (table == NULL) return STATUS_CORRUPT;
    struct fragment_image image = {.key = fragment_key_of(row->key),
                                   .row = row->row,
                                   .timestamp = row->timestamp,
                                   .position = row->position};
    shard_raise_decided(shard, row->timestamp);
    shard->log.reach = MAX(shard->log.reach, row->position);
    shard->history_from =
        MAX(shard->history_from, row->timestamp); /* older versions are not here */
    return fragment_apply(table->fragment, &image);
}

static enum status apply_shard_item(struct shard *shard, const struct item_shard *item) {
    if (item->shard != shard->id || item->durability > DURABILITY_REPLICATED) return STATUS_CORRUPT;
    shard_raise_decided(shard, item->decided);
    shard->history_from = MAX(shard->history_from, MAX(item->history, item->decided));
    struct shard_log *log = &shard->log;
    CHECK(log->appended == log->applied);
    log->appended = log->fed = log->confirmed = log->applied = item->position;
    log->kept = log->synced = item->position;
    log_tail_reset(&log->tail, item->position);
    return STATUS_OK;
}

enum status shard_apply_item(struct shard *shard, const struct item *item) {
    switch ((enum item_kind)item->kind) {
    case ITEM_SHARD: return apply_shard_item(shard, &item->shard);
    case ITEM_SHARD_END: return STATUS_OK;
    case ITEM_TABLE:
        return schema_restore(&shard->schema, item->table.table_id, item->table.version,
                              item->table.definition);
    case ITEM_ROW: return apply_row_item(shard, &item->row);
    case ITEM_PREPARED: {
        struct record record;
        enum status status = record_decode(item->prepared.record, &record);
        if (status != STATUS_OK || record.kind != RECORD_PREPARE) return STATUS_CORRUPT;
        return participant_apply_prepare(shard, &record, item->prepared.record);
    }
    case ITEM_OUTCOME: {
        struct outcome_entry outcome = {
            .id = {item->outcome.incarnation, item->outcome.txn_number},
            .kind = item->outcome.timestamp == 0 ? OUTCOME_KIND_ABORTED : OUTCOME_KIND_COMMITTED,
            .timestamp = item->outcome.timestamp,
            .position = item->outcome.position};
        return outcome_put(&shard->outcomes, &outcome);
    }
    case ITEM_MARK:
        return outcome_mark(&shard->outcomes, item->mark.incarnation, item->mark.mark,
                            item->mark.exceptions);
    case ITEM_ENDED:
        outcome_end_daemon(&shard->outcomes, item->ended.incarnation);
        if (item->ended.is_forgotten)
            outcome_forget_daemon(&shard->outcomes, item->ended.incarnation);
        return STATUS_OK;
    case ITEM_TERM:
        shard_log_begin_term(shard, item->term.term, item->term.first_position);
        return STATUS_OK;
    case ITEM_COUNTER:
        system_apply_counter(shard, item->counter.reserved_below, item->counter.fence_count);
        return STATUS_OK;
    case ITEM_SEQUENCE:
        system_apply_sequence(shard, item->sequence.table_id, item->sequence.next_value);
        return STATUS_OK;
    case ITEM_HEAD:
    case ITEM_FLOOR:
    case ITEM_TAIL:
    case ITEM_REVISION: return STATUS_CORRUPT; /* of shard 0, or not of a shard */
    }
    return STATUS_CORRUPT;
}
