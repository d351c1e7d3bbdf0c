/* store.c: the machine of one storage thread: its shards, their log, checkpoints, and the node's agent.
 *
 *   event -> agent | a shard | redo, checkpoint, recovery -> what moved on disk -> shards -> effects
 *
 *   (ST1) While messages of a turn come in, records are only collected. The deadline at `now` that they ask for is the
 *         end of the turn: shards finish their batches, the log is flushed, appends and rounds leave (D2).
 *   (ST2) Shards hear of the disk only when the written or synced place of the log has moved.
 *   (ST3) Whatever must end the process is noted in stop_reason by who finds it; the step ends with STOP.
 *   (ST4) A request that finds nobody (the disk is still being read, an earlier life of the node is meant, the shard
 *         is not heard of yet) is refused: who waits on an open connection would wait for ever.
 */
#include "storage/store_private.h"

#include "storage/backup.h"
#include "storage/participant.h"
#include "storage/recovery.h"
#include "storage/refusal.h"
#include "storage/replica.h"

#define MEMORY_RESERVE_PERCENT 10

struct checkpoint_scan {
    struct store *store;
    struct arena scan_arena;
    struct shard_items *items; /* of the shard at hand */
    uint32_t shard_index;
    bool is_head_done; /* the store's own items */
    bool is_open;
};

static struct recovery_sink store_recovery_sink(struct store *store);

struct store *store_open(const struct store_options *options, uint64_t now_us,
                         struct effects *out) {
    struct arena arena;
    CHECK(options->store_count > 0 && options->store_index < options->store_count);
    arena_open(&arena, options->source, 0);
    struct store *store = arena_new(&arena, struct store);
    store->options = *options;
    store->store_arena = arena;
    store->now_us = now_us;
    store->options.node_name = arena_copy(&store->store_arena, options->node_name);
    store->options.node_address = arena_copy(&store->store_arena, options->node_address);
    if (memory_open(&store->memory, options->memory, options->memory_bytes,
                    MEMORY_RESERVE_PERCENT) != STATUS_OK) {
        effects_stop(out, "too little memory for rows");
        store->stop_reason = "too little memory for rows";
        return store;
    }
    uint16_t index = (uint16_t)options->store_index, count = (uint16_t)options->store_count;
    struct redo_options redo = {.store = index,
                                .store_count = count,
                                .segment_bytes = options->log_segment_bytes,
                                .source = options->source,
                                .skip_sync = store_has_fault(store, FAULT_SKIP_SYNC)};
    store->redo = redo_open(&store->store_arena, &redo);
    struct checkpoint_options checkpoint = {index,
                                            count,
                                            store->redo,
                                            options->source,
                                            options->part_bytes,
                                            options->checkpoint_log_bytes};
    store->checkpoint = checkpoint_open(&store->store_arena, &checkpoint);
    store->checkpoint_scan = arena_new(&store->store_arena, struct checkpoint_scan);
    agent_open(&store->agent, store);
    if (redo_shard_add(store->redo, 0) != STATUS_OK) UNREACHABLE();
    struct recovery_options recovery = {
        index, count, store->redo, store->checkpoint, options->source, store_recovery_sink(store)};
    store->recovery = recovery_open(&store->store_arena, &recovery, out);
    return store;
}

static void checkpoint_scan_close(struct store *store) {
    if (!store->checkpoint_scan->is_open) return;
    arena_close(&store->checkpoint_scan->scan_arena);
    store->checkpoint_scan->is_open = false;
}

void store_close(struct store *store) {
    CHECK(store != NULL);
    struct arena arena = store->store_arena;
    if (store->redo != NULL) {
        checkpoint_scan_close(store);
        for (uint32_t i = 0; i < store->shard_count; i++) shard_close(store->shards[i]);
        if (store->recovery != NULL) recovery_close(store->recovery);
        checkpoint_close(store->checkpoint);
        redo_close(store->redo);
        agent_close(&store->agent);
        memory_close(&store->memory);
    }
    arena_close(&arena); /* the store itself lives there */
}

/* ---- shards ---- */

struct shard *store_shard(const struct store *store, uint16_t id) {
    for (uint32_t i = 0; i < store->shard_count; i++)
        if (store->shards[i]->id == id) return store->shards[i];
    return NULL;
}

struct shard *store_shard_take(struct store *store, uint16_t id) {
    CHECK(store->redo != NULL);
    struct shard *shard = store_shard(store, id);
    if (shard != NULL) return shard;
    if (id == 0 || store->shard_count == SHARDS_MAX) return NULL;
    if (redo_shard_add(store->redo, id) != STATUS_OK) return NULL;
    shard = shard_open(store, id);
    uint32_t at = store->shard_count++;
    for (; at > 0 && store->shards[at - 1]->id > id; at--)
        store->shards[at] = store->shards[at - 1];
    store->shards[at] = shard;
    return shard;
}

uint16_t store_primary_of(const struct store *store, uint16_t shard) {
    if (store->configuration == NULL) return 0;
    const struct configuration_shard *entry = configuration_shard_find(store->configuration, shard);
    return entry == NULL ? 0 : entry->primary;
}

bool store_has_other_shards(const struct store *store) {
    return store->configuration != NULL && store->configuration->shard_count > 1;
}

static bool store_is_in_charge(const struct store *store, uint16_t shard) {
    CHECK(shard != 0);
    return (shard - 1u) % store->options.store_count == store->options.store_index;
}

void store_on_configuration(struct store *store, const struct cluster_configuration *configuration,
                            struct effects *out) {
    const struct configuration_node *own =
        configuration_node_find(configuration, store->options.node);
    CHECK(own != NULL);
    store->configuration = configuration;
    for (uint32_t i = 0; i < configuration->shard_count; i++) {
        const struct configuration_shard *entry = &configuration->shards[i];
        if (entry->group != own->group || !store_is_in_charge(store, entry->shard)) continue;
        if (store_shard_take(store, entry->shard) == NULL) store->stop_reason = "too many shards";
    }
    for (uint32_t i = 0; i < store->shard_count; i++)
        shard_on_configuration(store->shards[i], configuration, out);
    store_want_turn_end(store);
}

void store_on_peer(struct store *store, const struct peer *peer, struct effects *out) {
    for (uint32_t i = 0; i < store->shard_count; i++) shard_on_peer(store->shards[i], peer, out);
}

/* ---- checkpoints ---- */

uint64_t store_checkpoint_count(const struct store *store) {
    return checkpoint_published_count(store->checkpoint);
}

uint64_t store_checkpoint_next(const struct store *store) {
    bool is_running = checkpoint_is_running(store->checkpoint);
    return checkpoint_published_count(store->checkpoint) + (is_running ? 2 : 1);
}

/* The store's own items, then one shard after the other. */
static enum status checkpoint_next(void *context, struct buffer *items, size_t bytes) {
    CHECK(((struct checkpoint_scan *)context)->is_open);
    struct checkpoint_scan *scan = context;
    struct store *store = scan->store;
    if (!scan->is_head_done) {
        struct item revision = {.kind = ITEM_REVISION,
                                .revision = {store->agent.revision, SLICE_EMPTY}};
        item_append(items, &revision);
        scan->is_head_done = true;
    }
    while (scan->shard_index < store->shard_count) {
        if (scan->items == NULL)
            scan->items = shard_items_begin(&scan->scan_arena, store->shards[scan->shard_index]);
        if (shard_items_next(scan->items, items, bytes) == STATUS_OK) return STATUS_OK;
        scan->items = NULL;
        scan->shard_index++;
        arena_reset(&scan->scan_arena);
    }
    return STATUS_END;
}

static bool store_has_copy_under_way(const struct store *store) {
    for (uint32_t i = 0; i < store->shard_count; i++) {
        enum copy_stage stage = store->shards[i]->following.copy_stage;
        if (stage == COPY_TAKING || stage == COPY_FILLING) return true;
    }
    return false;
}

static void store_drive_checkpoint(struct store *store, const struct event *event,
                                   struct effects *out) {
    uint64_t published = checkpoint_published_count(store->checkpoint);
    checkpoint_step(store->checkpoint, event, out);
    if (checkpoint_published_count(store->checkpoint) > published)
        for (uint32_t i = 0; i < store->shard_count; i++)
            backup_on_checkpoint(store->shards[i], out);
    if (checkpoint_is_running(store->checkpoint)) return;
    checkpoint_scan_close(store);
    bool is_due = checkpoint_is_due(store->checkpoint) || store->is_checkpoint_wanted;
    if (!is_due || store_has_copy_under_way(store)) return;
    store->is_checkpoint_wanted = false;
    struct checkpoint_scan *scan = store->checkpoint_scan;
    *scan = (struct checkpoint_scan){.store = store, .is_open = true};
    arena_open(&scan->scan_arena, store->options.source, 0);
    struct checkpoint_source source = {scan, checkpoint_next};
    checkpoint_begin(store->checkpoint, &source, store->now_us, out);
}

void store_abandon_checkpoint(struct store *store, struct effects *out) {
    if (checkpoint_is_running(store->checkpoint)) checkpoint_abandon(store->checkpoint, out);
    checkpoint_scan_close(store);
}

/* ---- recovery ---- */

static void sink_forget(void *context) {
    struct store *store = context;
    for (uint32_t i = 0; i < store->shard_count; i++) shard_forget(store->shards[i]);
}

static enum status sink_apply_item(void *context, uint16_t shard_id, const struct item *item) {
    CHECK(!((struct store *)context)->is_recovered);
    struct store *store = context;
    if (item->kind == ITEM_REVISION) {
        agent_recover_revision(store, item->revision.revision);
        return STATUS_OK;
    }
    struct shard *shard = store_shard_take(store, shard_id);
    return shard == NULL ? STATUS_CORRUPT : shard_apply_item(shard, item);
}

static enum status sink_apply_record(void *context, const struct record *record,
                                     struct slice bytes) {
    CHECK(!((struct store *)context)->is_recovered);
    struct store *store = context;
    if (record->shard == 0) {
        if (record->kind == RECORD_REVISION)
            agent_recover_revision(store, record->revision.revision);
        return STATUS_OK;
    }
    struct shard *shard = store_shard_take(store, record->shard);
    return shard == NULL ? STATUS_CORRUPT : shard_log_recover(shard, record, bytes);
}

static struct recovery_sink store_recovery_sink(struct store *store) {
    return (struct recovery_sink){store, sink_forget, sink_apply_item, sink_apply_record};
}

static void store_recovered(struct store *store, struct effects *out) {
    recovery_close(store->recovery);
    store->recovery = NULL;
    store->is_recovered = true;
    for (uint32_t i = 0; i < store->shard_count; i++) {
        struct shard *shard = store->shards[i];
        CHECK(shard->log.appended == redo_appended_position(store->redo, shard->id));
        redo_applied(store->redo, shard->id, shard->log.applied);
    }
    store->written_lsn = redo_written_lsn(store->redo);
    store->synced_lsn = redo_synced_lsn(store->redo);
    agent_begin(store, out);
}

static void store_recover(struct store *store, const struct event *event, struct effects *out) {
    CHECK(store->recovery != NULL);
    switch (recovery_step(store->recovery, event, out)) {
    case RECOVERY_RUNNING: return;
    case RECOVERY_DONE: store_recovered(store, out); return;
    case RECOVERY_REFUSED:
    case RECOVERY_CORRUPT: store->stop_reason = recovery_reason(store->recovery); return; /* D3 */
    }
    UNREACHABLE();
}

/* ---- steps ---- */

/* (ST4) */
static void store_refuse(const struct message *message, struct effects *out) {
    uint8_t kind = refusal_kind_of(message);
    if (kind == 0 || message->header.from_node == 0) return;
    refusal_set(effects_answer(out, message, (enum message_kind)kind), STATUS_WRONG_PRIMARY);
}

static void store_on_message(struct store *store, const struct message *message,
                             struct effects *out) {
    bool is_ours = message->header.to_incarnation == 0 || store->agent.incarnation == 0 ||
                   message->header.to_incarnation == store->agent.incarnation;
    if (!is_ours) {
        store_refuse(message, out);
        return;
    }
    if (message->header.shard == 0) {
        agent_on_message(store, message, out);
        return;
    }
    struct shard *shard = store_shard(store, message->header.shard);
    if (shard == NULL || message->header.from_node == 0) {
        store_refuse(message, out);
        return;
    }
    shard_on_message(shard, message, out);
    if (shard_leads(shard)) participant_run(shard, out);
}

/* (ST2) */
static void store_on_log_moved(struct store *store, struct effects *out) {
    CHECK(redo_written_lsn(store->redo) >= store->written_lsn);
    uint64_t written = redo_written_lsn(store->redo), synced = redo_synced_lsn(store->redo);
    if (written == store->written_lsn && synced == store->synced_lsn) return;
    store->written_lsn = written;
    store->synced_lsn = synced;
    for (uint32_t i = 0; i < store->shard_count; i++) {
        struct shard *shard = store->shards[i];
        shard_log_feed(shard);
        shard_on_kept(shard, redo_kept_position(store->redo, shard->id),
                      redo_synced_position(store->redo, shard->id), out);
        if (shard_leads(shard)) participant_run(shard, out);
    }
    agent_on_synced(store, out);
}

static void store_on_disk_done(struct store *store, const struct event *event,
                               struct effects *out) {
    switch ((enum disk_tag_owner)disk_tag_owner(event->disk_done.tag)) {
    case DISK_TAG_REDO: redo_step(store->redo, event, out); return;
    case DISK_TAG_CHECKPOINT: store_drive_checkpoint(store, event, out); return;
    case DISK_TAG_RECOVERY: return; /* recovery is over: an answer that nobody waits for */
    }
}

/* (ST1) */
static void store_on_deadline(struct store *store, const struct event *event, struct effects *out) {
    bool is_turn_end = store->is_turn_end_wanted;
    store->is_turn_end_wanted = false;
    agent_on_deadline(store, out);
    for (uint32_t i = 0; i < store->shard_count; i++) {
        struct shard *shard = store->shards[i];
        if (store->now_us >= shard_deadline(shard)) shard_on_deadline(shard, out);
        if (is_turn_end) shard_turn_end(shard, out);
    }
    redo_step(store->redo, event, out);
    store_drive_checkpoint(store, event, out);
    redo_flush(store->redo, store->now_us, out);
}

static void store_set_deadline(struct store *store, struct effects *out) {
    if (store->is_turn_end_wanted) effects_deadline(out, store->now_us);
    effects_deadline(out, agent_deadline(store));
    effects_deadline(out, redo_deadline_us(store->redo));
    effects_deadline(out, checkpoint_deadline_us(store->checkpoint));
    for (uint32_t i = 0; i < store->shard_count; i++)
        effects_deadline(out, shard_deadline(store->shards[i]));
}

static void store_step_recovered(struct store *store, const struct event *event,
                                 struct effects *out) {
    CHECK(store->recovery == NULL);
    switch (event->kind) {
    case EVENT_MESSAGE: store_on_message(store, event->message, out); break;
    case EVENT_DISK_DONE: store_on_disk_done(store, event, out); break;
    case EVENT_DEADLINE: store_on_deadline(store, event, out); break;
    case EVENT_STORE_DONE: UNREACHABLE(); /* storage asks nothing of the configuration store */
    }
    store_on_log_moved(store, out);
    for (uint32_t i = 0; i < store->shard_count; i++)
        fragments_step_end(store->shards[i]->fragments);
    store_set_deadline(store, out);
}

void store_step(struct store *store, const struct event *event, struct effects *out) {
    CHECK(event->now_us >= store->now_us);
    store->now_us = event->now_us;
    if (store->stop_reason != NULL) return; /* it has said so */
    if (store->is_recovered) {
        store_step_recovered(store, event, out);
    } else if (event->kind == EVENT_MESSAGE) {
        store_refuse(event->message, out);
    } else {
        redo_step(store->redo, event, out);
        store_recover(store, event, out);
        if (store->is_recovered) store_set_deadline(store, out);
    }
    if (store->stop_reason != NULL) effects_stop(out, store->stop_reason);
}

/* ---- looking in ---- */

uint64_t store_memory_used(const struct store *store) { return store->memory.used_bytes; }

static void shard_describe(const struct shard *shard, struct buffer *json) {
    const struct shard_log *log = &shard->log;
    buffer_printf(json,
                  "{\"id\":%u,\"role\":\"%s\",\"term\":%u,\"version\":%u,\"primary\":%u,"
                  "\"appended\":%llu,\"kept\":%llu,\"synced\":%llu,\"confirmed\":%llu,"
                  "\"applied\":%llu,\"snapshot_max\":%llu,\"decided_max\":%llu,\"horizon\":%llu,",
                  shard->id, machine_state_name(&shard->role), shard->term, shard->version,
                  shard->configured.primary, (unsigned long long)log->appended,
                  (unsigned long long)log->kept, (unsigned long long)log->synced,
                  (unsigned long long)log->confirmed, (unsigned long long)log->applied,
                  (unsigned long long)shard->snapshot_max, (unsigned long long)shard->decided_max,
                  (unsigned long long)shard->horizon.complete_below);
    buffer_printf(json,
                  "\"transactions\":%llu,\"commits\":%llu,\"aborts\":%llu,\"waits\":%llu,"
                  "\"locks\":%llu,\"outcomes\":%llu,\"garbage_bytes\":%llu,\"in_sync\":[",
                  (unsigned long long)shard->participants->pool.count,
                  (unsigned long long)shard->participants->commit_count,
                  (unsigned long long)shard->participants->abort_count,
                  (unsigned long long)shard->participants->wait_count,
                  (unsigned long long)lock_count(shard->locks),
                  (unsigned long long)outcome_count(&shard->outcomes),
                  (unsigned long long)fragments_garbage_bytes(shard->fragments));
    for (uint32_t i = 0; i < shard->configured.replica_count; i++)
        buffer_printf(json, "%s%u", i > 0 ? "," : "", shard->configured.replicas[i].node);
    buffer_printf(json, "]}");
}

void store_describe(const struct store *store, struct buffer *json) {
    CHECK(json != NULL);
    buffer_printf(json,
                  "\"store\":%u,\"node\":%u,\"incarnation\":%u,\"state\":\"%s\","
                  "\"revision\":%llu,\"memory_used\":%llu,\"memory_bytes\":%llu,",
                  store->options.store_index, store->options.node, store->agent.incarnation,
                  machine_state_name(&store->agent.machine),
                  (unsigned long long)store->agent.revision,
                  (unsigned long long)store->memory.used_bytes,
                  (unsigned long long)store->options.memory_bytes);
    redo_describe(store->redo, json);
    buffer_printf(json, ",");
    checkpoint_describe(store->checkpoint, json);
    buffer_printf(json, ",\"shards\":[");
    for (uint32_t i = 0; i < store->shard_count; i++) {
        if (i > 0) buffer_printf(json, ",");
        shard_describe(store->shards[i], json);
    }
    buffer_printf(json, "]");
}
