/* shard_service.c: what a shard does beside transactions: schema changes, marks, statistics, the horizon, collection.
 *
 * A schema change is asked for by meta, enters through the log (V3) and is answered once it is confirmed; a backfill
 * when this replica has finished its own. Meta asks again after a fail-over: what is in force already is answered OK.
 */
#include "storage/participant_private.h"

#define COLLECT_ROWS_MAX 256
#define WORK_ROWS_MAX    (STEP_ROWS_MAX / 2)

struct schema_wait {
    struct list_link link; /* in schema_waiting */
    struct log_waiter waiter;
    struct message_header header;
    uint32_t table_id;
    bool is_backfill;
};

void shard_schema_open(struct shard *shard, uint32_t count_max) {
    pool_open(&shard->schema_waits, shard->store->options.source, sizeof(struct schema_wait),
              count_max);
    CHECK(list_is_empty(&shard->schema_waiting));
}

static void schema_answer(struct shard *shard, const struct message_header *header,
                          enum status status, struct effects *out) {
    struct message request = {.header = *header};
    struct message *answer = shard_answer(shard, &request, MESSAGE_DONE, out);
    answer->done.status = (uint8_t)status;
}

void shard_on_schema(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(shard_is_primary(shard));
    const struct put_schema *schema = &message->put_schema;
    struct record record = {.kind = RECORD_SCHEMA,
                            .schema = {schema->schema_change, schema->table_id, schema->version,
                                       schema->index_id, schema->definition}};
    enum status status = schema_check(&shard->schema, &record.schema, out->arena);
    struct schema_wait *wait = status == STATUS_OK ? pool_take(&shard->schema_waits) : NULL;
    if (status == STATUS_OK && wait == NULL) status = STATUS_BUSY;
    if (status != STATUS_OK) {
        schema_answer(shard, &message->header, status == STATUS_END ? STATUS_OK : status, out);
        return;
    }
    wait->header = message->header;
    wait->table_id = schema->table_id;
    wait->is_backfill = schema->schema_change == SCHEMA_BACKFILL;
    replica_append(shard, &record, out);
    list_push_last(&shard->schema_waiting, &wait->link);
    shard_wait_for_log(shard, &wait->waiter, WAITER_SCHEMA);
}

static void schema_wait_end(struct shard *shard, struct schema_wait *wait, enum status status,
                            struct effects *out) {
    CHECK(list_holds(&wait->link));
    schema_answer(shard, &wait->header, status, out);
    list_remove(&wait->link);
    pool_give(&shard->schema_waits, wait);
}

void shard_on_schema_confirmed(struct shard *shard, struct log_waiter *waiter,
                               struct effects *out) {
    struct schema_wait *wait = CONTAINER_OF(waiter, struct schema_wait, waiter);
    CHECK(!list_holds(&waiter->link));
    store_want_turn_end(shard->store);
    if (!wait->is_backfill) schema_wait_end(shard, wait, STATUS_OK, out);
}

void shard_schema_step_down(struct shard *shard, struct effects *out) {
    LIST_EACH(link, &shard->schema_waiting) {
        struct schema_wait *wait = CONTAINER_OF(link, struct schema_wait, link);
        if (list_holds(&wait->waiter.link)) list_remove(&wait->waiter.link);
        schema_wait_end(shard, wait, STATUS_WRONG_PRIMARY, out);
    }
}

/* Backfills that are done, or stuck (SC5). */
static void schema_waits_check(struct shard *shard, struct effects *out) {
    LIST_EACH(link, &shard->schema_waiting) {
        struct schema_wait *wait = CONTAINER_OF(link, struct schema_wait, link);
        const struct table *table = schema_find(&shard->schema, wait->table_id);
        bool is_open = list_holds(&wait->waiter.link);
        if (is_open) continue;
        if (table == NULL || table->backfill_index_id == 0)
            schema_wait_end(shard, wait, STATUS_OK, out);
        else if (table->is_backfill_stuck)
            schema_wait_end(shard, wait, STATUS_FULL, out);
    }
}

void shard_work(struct shard *shard, struct effects *out) {
    if (shard->schema.work_count > 0 && schema_work(&shard->schema, WORK_ROWS_MAX))
        store_want_turn_end(shard->store);
    if (!list_is_empty(&shard->schema_waiting)) schema_waits_check(shard, out);
    /* A learner's copy brings rows out of order: tombstones stay until it has ended. */
    bool may_collect =
        shard->horizon.complete_below > 0 && shard->following.copy_stage != COPY_TAKING;
    if (!shard->is_collect_due || !may_collect) return;
    if (fragment_collect(shard->fragments, &shard->horizon, COLLECT_ROWS_MAX))
        shard->is_collect_due = false;
    else
        store_want_turn_end(shard->store);
}

void shard_on_statistics(struct shard *shard, const struct message *message, struct effects *out) {
    const struct table *table = schema_find(&shard->schema, message->statistics.table_id);
    if (table == NULL) {
        shard_refuse(shard, message, STATUS_NOT_FOUND, out);
        return;
    }
    struct fragment_statistics statistics;
    fragment_statistics_of(table->fragment, &statistics);
    CHECK(statistics.index_count <= TABLE_INDEX_COUNT_MAX);
    struct buffer distinct = buffer_of(out->arena);
    for (uint32_t i = 0; i < statistics.index_count; i++) {
        uint8_t count[8];
        store_le64(count, statistics.distinct[i]);
        buffer_append(&distinct, slice_of(count, sizeof count));
    }
    struct message *answer = shard_answer(shard, message, MESSAGE_COUNTED, out);
    answer->counted = (struct counted){.status = STATUS_OK,
                                       .table_id = table->table_id,
                                       .rows = statistics.row_count,
                                       .bytes_used = statistics.used_bytes,
                                       .distinct = buffer_slice(&distinct)};
}

void shard_on_horizon(struct shard *shard, const struct message *message) {
    const struct horizon *horizon = &message->horizon;
    struct chunk_source *source = shard->store->options.source;
    uint32_t count = (uint32_t)(horizon->snapshots.size / 8);
    if (horizon->snapshots.size % 8 != 0) return;
    if (horizon->complete_below < shard->horizon.complete_below) return; /* late */
    if (horizon->complete_below > TIMESTAMP_MAX) return;
    uint64_t *snapshots = (uint64_t *)(uintptr_t)shard->horizon.snapshots;
    if (count > shard->horizon_capacity) {
        if (shard->horizon_capacity > 0)
            source->give(source, snapshots, shard->horizon_capacity * sizeof(uint64_t));
        shard->horizon_capacity = MAX(2 * count, 64u);
        snapshots = source->take(source, shard->horizon_capacity * sizeof(uint64_t));
    }
    for (uint32_t i = 0; i < count; i++) snapshots[i] = load_le64(horizon->snapshots.data + 8 * i);
    shard->horizon = (struct fragment_horizon){horizon->complete_below, snapshots, count};
    shard->is_collect_due = true;
    store_want_turn_end(shard->store);
}

void shard_on_mark(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(shard_is_primary(shard));
    const struct mark *mark = &message->mark;
    struct record record = {.kind = RECORD_MARK,
                            .mark = {mark->incarnation, mark->mark, mark->exceptions}};
    if (mark->exceptions.size % 8 != 0 || mark->exceptions.size > MIB) return;
    participant_on_mark(shard, mark, out);
    uint32_t exception_count = (uint32_t)(mark->exceptions.size / 8);
    if (!outcome_mark_is_news(&shard->outcomes, mark->incarnation, mark->mark, exception_count))
        return;
    replica_append(shard, &record, out); /* replicas forget alike */
}

static bool configuration_has_ended(const struct cluster_configuration *configuration,
                                    uint32_t incarnation) {
    uint32_t low = 0, high = configuration->ended_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (configuration->ended[middle] < incarnation)
            low = middle + 1;
        else
            high = middle;
    }
    return low < configuration->ended_count && configuration->ended[low] == incarnation;
}

bool shard_daemon_is_ended(const struct shard *shard, uint32_t incarnation) {
    const struct cluster_configuration *configuration = shard->store->configuration;
    return configuration != NULL && configuration_has_ended(configuration, incarnation);
}

void shard_end_incarnations(struct shard *shard, const struct cluster_configuration *configuration,
                            struct effects *out) {
    if (!shard_is_primary(shard)) return;
    for (uint32_t i = 0; i < configuration->ended_count; i++) {
        uint32_t incarnation = configuration->ended[i];
        bool is_open = participant_has_daemon(shard, incarnation);
        if (!is_open && !outcome_knows_daemon(&shard->outcomes, incarnation)) continue;
        participant_on_daemon_gone(shard, incarnation, out);
        if (is_open) continue; /* its orphans first (X5) */
        struct record record = {.kind = RECORD_ENDED, .ended = {incarnation, 0}};
        replica_append(shard, &record, out);
    }
    uint64_t cursor = 0; /* (O4) */
    const struct outcome_daemon *daemon;
    while ((daemon = outcome_daemon_next(&shard->outcomes, &cursor)) != NULL) {
        if (daemon->state != OUTCOME_DAEMON_ENDED) continue;
        if (configuration_has_ended(configuration, daemon->incarnation)) continue;
        struct record record = {.kind = RECORD_ENDED, .ended = {daemon->incarnation, 1}};
        replica_append(shard, &record, out);
    }
}
