/* schema_run.c: SCHEMA messages to all shards that hold a table, until each has taken them all.
 *
 *   shard: item 0 -> item 1 -> .. -> item_count       each step when the shard's primary answered OK
 *
 * A shard answers OK for what is in force already, so everything may be sent again: after a fail-over, when a connection
 * opens anew (what was on the old one is lost), after AGAIN_US of silence, or from the start by a new controller.
 */
#include "meta/controller_private.h"

#define BUSY_US  5000
#define AGAIN_US 3000000

void run_open(struct schema_run *run, struct chunk_source *source) {
    *run = (struct schema_run){0};
    arena_open(&run->run_arena, source, 0);
}

void run_close(struct schema_run *run) { arena_close(&run->run_arena); }

void run_begin(struct controller *controller, struct schema_run *run, uint32_t map_number) {
    const struct placement *placement = &controller->state.placement;
    const struct configuration_map *map = &placement->maps[map_number];
    arena_reset(&run->run_arena);
    run->item_count = run->shard_count = 0;
    run->failed = STATUS_OK;
    run->is_active = true;
    run->shards = arena_array(&run->run_arena, struct run_shard, placement->shard_count);
    for (uint32_t i = 0; i < placement->shard_count; i++) {
        uint16_t shard = placement->shards[i].shard;
        bool is_used = false;
        for (uint32_t b = 0; b < BUCKET_COUNT && !is_used; b++)
            is_used = map->shard_of_bucket[b] == shard;
        if (is_used) run->shards[run->shard_count++] = (struct run_shard){.shard = shard};
    }
}

void run_add(struct schema_run *run, const struct schema_item *item) {
    CHECK(run->item_count < RUN_ITEMS_MAX);
    struct schema_item *kept = &run->items[run->item_count++];
    *kept = *item;
    kept->definition = arena_copy(&run->run_arena, item->definition);
}

bool run_is_done(const struct schema_run *run) {
    if (!run->is_active || run->failed != STATUS_OK) return false;
    for (uint32_t i = 0; i < run->shard_count; i++)
        if (run->shards[i].item < run->item_count) return false;
    return true;
}

static void run_send(struct controller *controller, struct schema_run *run,
                     struct run_shard *shard) {
    const struct configuration_shard *configured =
        placement_shard(&controller->state.placement, shard->shard);
    shard->again_us = controller->now_us + BUSY_US;
    if (configured == NULL || configured->primary == 0) return;
    const struct schema_item *item = &run->items[shard->item];
    struct message *message = controller_message_to_shard(controller, MESSAGE_SCHEMA, configured);
    shard->request_id = ++controller->changes.request_sequence;
    shard->again_us = controller->now_us + AGAIN_US;
    shard->term = configured->term;
    message->header.request_id = shard->request_id;
    message->header.schema_version = item->version;
    message->put_schema = (struct put_schema){
        .schema_change = item->change,
        .table_id = item->table_id,
        .version = item->version,
        .index_id = item->index_id,
        .definition = arena_copy(controller->out->arena, item->definition),
    };
}

void run_work(struct controller *controller, struct schema_run *run) {
    if (!run->is_active || run->failed != STATUS_OK) return;
    for (uint32_t i = 0; i < run->shard_count; i++) {
        struct run_shard *shard = &run->shards[i];
        if (shard->item == run->item_count) continue;
        const struct configuration_shard *configured =
            placement_shard(&controller->state.placement, shard->shard);
        bool is_new_term = configured != NULL && configured->term != shard->term;
        if (shard->again_us <= controller->now_us || is_new_term) run_send(controller, run, shard);
    }
}

void run_on_open(struct controller *controller, struct schema_run *run, uint16_t node) {
    if (!run->is_active || run->failed != STATUS_OK) return;
    for (uint32_t i = 0; i < run->shard_count; i++) {
        const struct configuration_shard *configured =
            placement_shard(&controller->state.placement, run->shards[i].shard);
        if (configured != NULL && configured->primary == node)
            run->shards[i].again_us = controller->now_us;
    }
}

uint64_t run_deadline(const struct schema_run *run) {
    uint64_t at_us = UINT64_MAX;
    if (!run->is_active || run->failed != STATUS_OK) return at_us;
    for (uint32_t i = 0; i < run->shard_count; i++)
        if (run->shards[i].item < run->item_count) at_us = MIN(at_us, run->shards[i].again_us);
    return at_us;
}

static bool status_is_final(enum status status) {
    return status == STATUS_DUPLICATE || status == STATUS_NOT_FOUND || status == STATUS_INVALID ||
           status == STATUS_CORRUPT || status == STATUS_FULL || status == STATUS_TOO_LARGE ||
           status == STATUS_UNSUPPORTED;
}

bool run_on_done(struct controller *controller, struct schema_run *run,
                 const struct message *message) {
    uint64_t request_id = message->header.request_id;
    if (!run->is_active || request_id == 0) return false;
    for (uint32_t i = 0; i < run->shard_count; i++) {
        struct run_shard *shard = &run->shards[i];
        if (shard->request_id != request_id) continue;
        enum status status = (enum status)message->done.status;
        shard->request_id = 0;
        shard->again_us = controller->now_us;
        if (status == STATUS_OK || status == STATUS_END)
            shard->item++;
        else if (status_is_final(status))
            run->failed = status;
        else
            shard->again_us = controller->now_us + BUSY_US;
        controller->is_decision_wanted = true;
        return true;
    }
    return false;
}
