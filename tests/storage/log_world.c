/* log_world.c: what must a log still hold after whatever happened? See log_world.h. */
#include "tests/storage/log_world.h"

#include <inttypes.h>
#include <stdio.h>

#include "storage/redo_private.h"

static void world_fail(struct world *world, const char *what, uint64_t a, uint64_t b) {
    if (world->failure[0] != 0) return;
    snprintf(world->failure, sizeof(world->failure), "%s (%" PRIu64 ", %" PRIu64 ")", what, a, b);
}

/* ---- histories ---- */

static uint64_t history_end(const struct world_history *history) {
    return history->base_position + history->count;
}

static void history_add(struct world_history *history, const struct world_record *record) {
    if (history->count == history->capacity) {
        history->capacity = MAX(64u, 2 * history->capacity);
        history->records = realloc(history->records, history->capacity * sizeof(*record));
    }
    history->records[history->count++] = *record;
}

static struct world_history history_copy(const struct world_history *history) {
    struct world_history copy = *history;
    copy.capacity = MAX(history->count, 1u);
    copy.records = malloc(copy.capacity * sizeof(*copy.records));
    if (history->count > 0)
        memcpy(copy.records, history->records, history->count * sizeof(*copy.records));
    return copy;
}

static uint32_t history_term(const struct world_history *history, uint64_t position) {
    if (position == history->base_position) return history->base_term;
    return history->records[position - history->base_position - 1].term;
}

static void row_apply(struct world_row *rows, const struct world_record *record,
                      uint64_t position) {
    struct world_row *row = &rows[record->key];
    if (row->position >= position) return; /* D4: position decides */
    *row = (struct world_row){position, record->value, record->size};
    if (record->deletes) *row = (struct world_row){0};
}

static void history_rows(const struct world_history *history, uint64_t position,
                         struct world_row *rows) {
    memcpy(rows, history->base_rows, sizeof(history->base_rows));
    for (uint64_t at = history->base_position + 1; at <= position; at++) {
        row_apply(rows, &history->records[at - history->base_position - 1], at);
    }
}

static bool record_same(const struct world_record *a, const struct world_record *b) {
    return a->term == b->term && a->key == b->key && a->deletes == b->deletes &&
           a->value == b->value && a->size == b->size;
}

/* ---- rows and records as bytes ---- */

static struct slice row_bytes(struct world *world, uint64_t value, uint32_t size) {
    uint8_t *bytes = arena_alloc(&world->turn_arena, size);
    for (uint32_t at = 0; at < size; at += 8) {
        memcpy(bytes + at, &value, MIN(8u, size - at));
        value = value * 6364136223846793005u + 1;
    }
    return slice_of(bytes, size);
}

static struct slice record_bytes(struct world *world, uint16_t shard, uint64_t position,
                                 const struct world_record *from) {
    struct buffer ops = buffer_of(&world->turn_arena), bytes = buffer_of(&world->turn_arena);
    struct record_op op = {.table_id = 7,
                           .kind = from->deletes ? RECORD_OP_DELETE : RECORD_OP_PUT,
                           .key = slice_of(&from->key, 1)};
    if (!from->deletes) op.row = row_bytes(world, from->value, from->size);
    record_op_append(&ops, &op);
    struct record record = {
        .kind = RECORD_COMMIT, .shard = shard, .term = from->term, .position = position};
    record.commit = (struct record_commit){.incarnation = 1,
                                           .txn_number = position,
                                           .timestamp = from->value,
                                           .op_count = 1,
                                           .ops = buffer_slice(&ops)};
    return record_append(&bytes, &record);
}

static struct world_record record_of(const struct record *record) {
    struct reader ops = reader_of(record->commit.ops);
    struct record_op op = {.table_id = 0};
    bool found = record_op_next(&ops, &op);
    CHECK(found && op.table_id == 7 && op.key.size == 1);
    return (struct world_record){.term = record->term,
                                 .key = op.key.data[0],
                                 .deletes = op.kind == RECORD_OP_DELETE,
                                 .value = record->commit.timestamp,
                                 .size = (uint32_t)op.row.size};
}

/* ---- the sink ---- */

static struct world_sunk *sunk_of(struct world *world, uint16_t shard) {
    CHECK(shard >= WORLD_SHARD(0) && shard < WORLD_SHARD(WORLD_SHARDS));
    return &world->sunk[shard - WORLD_SHARD(0)];
}

static void sunk_reset(struct world_sunk *sunk) {
    free(sunk->tail);
    *sunk = (struct world_sunk){.is_whole = false};
}

static void sink_forget(void *context) {
    struct world *world = context;
    for (uint32_t i = 0; i < WORLD_SHARDS; i++) sunk_reset(&world->sunk[i]);
    world->sunk_revision = 0;
}

static enum status sink_item(void *context, uint16_t shard, const struct item *item) {
    struct world *world = context;
    if (item->kind == ITEM_REVISION) {
        CHECK(shard == 0);
        world->sunk_revision = MAX(world->sunk_revision, item->revision.revision);
        return STATUS_OK;
    }
    struct world_sunk *sunk = sunk_of(world, shard);
    if (item->kind == ITEM_SHARD) {
        if (sunk->is_known) world_fail(world, "a shard comes twice", shard, 0);
        sunk->is_known = sunk->is_whole = true;
        sunk->tail_base = sunk->confirmed = item->shard.position;
        sunk->tail_term = item->shard.term;
    } else if (item->kind == ITEM_ROW) {
        struct world_row *row = &sunk->rows[item->row.key.data[0]];
        *row = (struct world_row){item->row.position, item->row.timestamp,
                                  (uint32_t)item->row.row.size};
        struct slice expected = row_bytes(world, item->row.timestamp, row->size);
        if (!slice_equal(expected, item->row.row)) world_fail(world, "a row's bytes", shard, 0);
    }
    return STATUS_OK;
}

/* Applies the tail up to `position`; applied records stay in the tail, to be compared. */
static void sunk_confirm(struct world_sunk *sunk, uint64_t position) {
    for (uint64_t at = sunk->confirmed + 1; at <= position; at++) {
        if (at <= sunk->tail_base) continue;
        row_apply(sunk->rows, &sunk->tail[at - sunk->tail_base - 1], at);
    }
    sunk->confirmed = MAX(sunk->confirmed, position);
}

static void sunk_add(struct world *world, struct world_sunk *sunk, const struct record *record) {
    if (record->position != sunk->tail_base + sunk->tail_count + 1) {
        world_fail(world, "a gap in the replay", record->position,
                   sunk->tail_base + sunk->tail_count);
        return;
    }
    if (sunk->tail_count == sunk->tail_capacity) {
        sunk->tail_capacity = MAX(64u, 2 * sunk->tail_capacity);
        sunk->tail = realloc(sunk->tail, sunk->tail_capacity * sizeof(*sunk->tail));
    }
    struct world_record added = record_of(record);
    sunk->tail[sunk->tail_count++] = added;
}

static enum status sink_record(void *context, const struct record *record, struct slice bytes) {
    struct world *world = context;
    if (record->shard == 0) {
        uint64_t revision = record->kind == RECORD_REVISION ? record->revision.revision : 0;
        world->sunk_revision = MAX(world->sunk_revision, revision);
        return STATUS_OK;
    }
    struct world_sunk *sunk = sunk_of(world, record->shard);
    uint64_t end = sunk->tail_base + sunk->tail_count;
    if (!sunk->is_known) sunk->is_known = sunk->is_whole = true;
    if (record->kind == RECORD_CONFIRMED) {
        if (record->position > end)
            world_fail(world, "confirmed and not there", record->position, end);
        else
            sunk_confirm(sunk, record->position);
    } else if (record->kind == RECORD_CUT) {
        if (record->position < sunk->confirmed || record->position > end) {
            world_fail(world, "a cut below what is confirmed", record->position, sunk->confirmed);
        } else {
            sunk->tail_count = record->position - sunk->tail_base;
        }
    } else if (record->kind == RECORD_RESET) {
        sunk_reset(sunk);
        sunk->is_known = true;
        sunk->tail_base = sunk->confirmed = record->position;
        sunk->tail_term = record->term;
    } else {
        struct record again;
        CHECK(record_decode(bytes, &again) == STATUS_OK && again.position == record->position);
        sunk_add(world, sunk, record);
    }
    return STATUS_OK;
}

/* ---- opening ---- */

struct world *world_open(uint64_t seed, uint32_t segment_bytes) {
    struct world *world = calloc(1, sizeof(*world));
    random_open(&world->random, seed);
    world->chunks = chunks_open();
    world->disk = fake_disk_open(seed * 31 + 7);
    world->segment_bytes = segment_bytes;
    world->now_us = 1000000;
    world->value_next = 1;
    world->store_count = 1;
    arena_open(&world->turn_arena, &world->chunks.source, 0);
    for (uint32_t i = 0; i < WORLD_SHARDS; i++) {
        world->shards[i].is_whole = true;
        world->shards[i].term = 1;
    }
    return world;
}

static void world_forget(struct world *world) {
    if (world->redo == NULL) return;
    recovery_close(world->recovery);
    checkpoint_close(world->checkpoint);
    redo_close(world->redo);
    arena_close(&world->node_arena);
    arena_reset(&world->turn_arena);
    world->redo = NULL;
    world->is_reading = false;
}

void world_close(struct world *world) {
    world_forget(world);
    sink_forget(world);
    for (uint32_t i = 0; i < WORLD_SHARDS; i++) {
        struct world_shard *shard = &world->shards[i];
        free(shard->history.records);
        for (uint32_t old = 0; old < shard->old_count; old++) free(shard->old[old].history.records);
    }
    arena_close(&world->turn_arena);
    fake_disk_close(world->disk);
    CHECK(world->chunks.out_bytes == 0);
    free(world);
}

void world_crash(struct world *world) {
    world_forget(world);
    fake_disk_crash(world->disk);
    world->crash_count++;
}

void world_kill(struct world *world) {
    world_forget(world);
    fake_disk_kill(world->disk);
    world->crash_count++;
}

static void turn_begin(struct world *world) {
    arena_reset(&world->turn_arena);
    effects_open(&world->out, &world->turn_arena);
}

static void turn_end(struct world *world) { fake_disk_take(world->disk, &world->out); }

enum recovery_outcome world_recover(struct world *world) {
    sink_forget(world);
    arena_open(&world->node_arena, &world->chunks.source, 0);
    struct redo_options redo = {.store = world->store,
                                .store_count = world->store_count,
                                .segment_bytes = world->segment_bytes,
                                .source = &world->chunks.source,
                                .skip_sync = world->skip_sync};
    world->redo = redo_open(&world->node_arena, &redo);
    struct checkpoint_options checkpoint = {.store = world->store,
                                            .store_count = world->store_count,
                                            .redo = world->redo,
                                            .source = &world->chunks.source};
    world->checkpoint = checkpoint_open(&world->node_arena, &checkpoint);
    struct recovery_options options = {.store = world->store,
                                       .store_count = world->store_count,
                                       .redo = world->redo,
                                       .checkpoint = world->checkpoint,
                                       .source = &world->chunks.source,
                                       .sink = {world, sink_forget, sink_item, sink_record}};
    turn_begin(world);
    world->recovery = recovery_open(&world->node_arena, &options, &world->out);
    turn_end(world);
    enum recovery_outcome outcome = RECOVERY_RUNNING;
    while (outcome == RECOVERY_RUNNING) {
        turn_begin(world);
        struct event event = {.now_us = ++world->now_us};
        bool done = fake_disk_next(world->disk, &world->turn_arena, &event);
        CHECK(done);
        outcome = recovery_step(world->recovery, &event, &world->out);
        turn_end(world);
    }
    return outcome;
}

/* ---- comparing ---- */

static bool prefix_matches(const struct world_sunk *sunk, const struct world_history *history,
                           uint64_t synced, uint64_t appended) {
    if (appended > history_end(history) || appended < synced) return false;
    if (sunk->confirmed < history->base_position || sunk->confirmed > appended) return false;
    for (uint64_t at = MAX(sunk->tail_base, history->base_position) + 1; at <= appended; at++) {
        const struct world_record *expected = &history->records[at - history->base_position - 1];
        if (!record_same(expected, &sunk->tail[at - sunk->tail_base - 1])) return false;
    }
    struct world_row rows[WORLD_KEYS];
    history_rows(history, sunk->confirmed, rows);
    return memcmp(rows, sunk->rows, sizeof(rows)) == 0;
}

/* The model goes on from what was recovered, a prefix of its history. What it was before a cut stays
 * possible until something is synced: a kill may be followed by a loss of power. */
static void shard_go_on(struct world *world, struct world_shard *shard,
                        const struct world_sunk *sunk, uint64_t appended) {
    shard->history.count = appended - shard->history.base_position;
    shard->applied = sunk->confirmed;
    shard->synced = 0;
    memcpy(shard->rows, sunk->rows, sizeof(shard->rows));
    shard->term = history_term(&shard->history, appended) + 1; /* another primary, perhaps */
    shard->is_whole = sunk->is_whole;
    shard->whole_after = 0;
    CHECK(world->redo != NULL);
}

/* An empty shard: nothing was ever durable, or a full copy got lost. */
static void shard_begin_again(struct world_shard *shard, uint64_t position, uint32_t term) {
    shard->history.count = 0;
    shard->history.base_position = position;
    shard->history.base_term = term;
    memset(shard->history.base_rows, 0, sizeof(shard->history.base_rows));
    memset(shard->rows, 0, sizeof(shard->rows));
    shard->applied = position;
    shard->synced = 0;
    shard->term = term + 1;
    shard->is_whole = false;
    shard->whole_after = 0;
}

static void verify_shard(struct world *world, uint32_t index) {
    struct world_shard *shard = &world->shards[index];
    struct world_sunk *sunk = &world->sunk[index];
    uint64_t appended = redo_appended_position(world->redo, WORLD_SHARD(index));
    if (!sunk->is_known) sunk->is_whole = true; /* never seen: empty */
    uint64_t confirmed = redo_applied_position(world->redo, WORLD_SHARD(index));
    if (confirmed != sunk->confirmed)
        world_fail(world, "not confirmed", confirmed, sunk->confirmed);
    if (appended != sunk->tail_base + sunk->tail_count) {
        world_fail(world, "sink and log disagree", appended, sunk->tail_base + sunk->tail_count);
    }
    if (!sunk->is_whole) {
        if (shard->is_whole) world_fail(world, "a whole shard is lost", index, appended);
        shard_begin_again(shard, appended, redo_appended_term(world->redo, WORLD_SHARD(index)));
        return;
    }
    if (prefix_matches(sunk, &shard->history, shard->synced, appended)) {
        shard_go_on(world, shard, sunk, appended);
        return;
    }
    for (uint32_t i = shard->old_count; i > 0; i--) {
        struct world_old *old = &shard->old[i - 1];
        if (!old->is_whole || !prefix_matches(sunk, &old->history, old->synced, appended)) continue;
        world->old_recovered_count++;
        struct world_history history = history_copy(&old->history);
        free(shard->history.records);
        shard->history = history;
        shard_go_on(world, shard, sunk, appended);
        return;
    }
    world_fail(world, "recovered is no prefix with all that was synced", appended, shard->synced);
}

uint64_t world_appended(const struct world *world, uint32_t shard) {
    return history_end(&world->shards[shard].history);
}

/* What the log reports is what a crash must not take. */
static void note_synced(struct world *world) {
    uint64_t synced_lsn = redo_synced_lsn(world->redo);
    world->revision_synced = MAX(world->revision_synced, redo_synced_position(world->redo, 0));
    for (uint32_t i = 0; i < WORLD_SHARDS; i++) {
        struct world_shard *shard = &world->shards[i];
        uint64_t synced = redo_synced_position(world->redo, WORLD_SHARD(i));
        if (synced > world_appended(world, i))
            world_fail(world, "synced what is not there", i, synced);
        if (shard->is_whole) shard->synced = MAX(shard->synced, synced);
        uint32_t kept = 0;
        for (uint32_t at = 0; at < shard->old_count; at++) {
            if (shard->old[at].floor_lsn < synced_lsn) {
                free(shard->old[at].history.records);
            } else {
                shard->old[kept++] = shard->old[at];
            }
        }
        shard->old_count = kept;
    }
}

bool world_verify(struct world *world) {
    for (uint32_t i = 0; i < WORLD_SHARDS && world->failure[0] == 0; i++) verify_shard(world, i);
    uint64_t position = redo_appended_position(world->redo, 0);
    if (position < world->revision_synced || world->sunk_revision > world->revision ||
        world->sunk_revision < world->revision - (world->revision_position - position)) {
        world_fail(world, "the store's own records", position, world->revision_synced);
    }
    world->revision = world->sunk_revision;
    world->revision_synced = 0;
    world->revision_position = position;
    enum status added = redo_shard_add(world->redo, 0);
    CHECK(added == STATUS_OK);
    for (uint32_t i = 0; i < WORLD_SHARDS && world->failure[0] == 0; i++) {
        enum status status = redo_shard_add(world->redo, WORLD_SHARD(i));
        CHECK(status == STATUS_OK);
    }
    if (world->failure[0] == 0) note_synced(world); /* nothing yet, if the log is honest */
    return world->failure[0] == 0;
}

/* ---- appending ---- */

bool world_append(struct world *world, uint32_t index, uint32_t row_size) {
    struct world_shard *shard = &world->shards[index];
    if (!redo_has_room(world->redo)) return false;
    struct world_record record = {.term = shard->term,
                                  .key = (uint8_t)random_below(&world->random, WORLD_KEYS),
                                  .deletes = random_chance(&world->random, 0.2),
                                  .value = world->value_next++,
                                  .size = row_size};
    if (record.deletes) record.size = 0;
    uint64_t position = world_appended(world, index) + 1;
    struct slice bytes = record_bytes(world, WORLD_SHARD(index), position, &record);
    enum status status = redo_append(world->redo, bytes);
    CHECK(status == STATUS_OK);
    history_add(&shard->history, &record);
    world->append_count++;
    return true;
}

static void shard_apply(struct world *world, uint32_t index, uint64_t position) {
    struct world_shard *shard = &world->shards[index];
    for (uint64_t at = shard->applied + 1; at <= position; at++) {
        row_apply(shard->rows, &shard->history.records[at - shard->history.base_position - 1], at);
    }
    shard->applied = MAX(shard->applied, position);
    redo_applied(world->redo, WORLD_SHARD(index), shard->applied);
}

static void shard_keep_old(struct world *world, struct world_shard *shard) {
    CHECK(shard->old_count < WORLD_OLD_MAX);
    uint64_t floor_lsn =
        redo_appended_lsn(world->redo); /* the note comes behind it, and behind OPENED */
    if (world->redo->lane.state == LANE_SETTLING) floor_lsn += BATCH_SECTOR_BYTES;
    shard->old[shard->old_count++] = (struct world_old){.history = history_copy(&shard->history),
                                                        .synced = shard->synced,
                                                        .floor_lsn = floor_lsn,
                                                        .is_whole = shard->is_whole};
}

static void shard_cut(struct world *world, uint32_t index) {
    struct world_shard *shard = &world->shards[index];
    uint64_t end = world_appended(world, index);
    if (shard->applied == end || shard->old_count == WORLD_OLD_MAX) return;
    uint64_t position = random_range(&world->random, shard->applied, end - 1);
    uint32_t term = history_term(&shard->history, position);
    shard_keep_old(world, shard);
    if (redo_cut(world->redo, WORLD_SHARD(index), term, position) != STATUS_OK) {
        free(shard->old[--shard->old_count].history.records);
        return;
    }
    shard->history.count = position - shard->history.base_position;
    shard->synced = MIN(shard->synced, position);
    shard->term++;
    world->cut_count++;
    if (world->reader_shard == index) world->may_reader_be_lost = true;
}

/* A full copy, all at once: rows of which the log says nothing. */
static void shard_reset(struct world *world, uint32_t index) {
    struct world_shard *shard = &world->shards[index];
    if (shard->old_count == WORLD_OLD_MAX) return;
    uint64_t position = shard->applied + random_below(&world->random, 100);
    shard_keep_old(world, shard);
    if (redo_reset(world->redo, WORLD_SHARD(index), shard->term, position) != STATUS_OK) {
        free(shard->old[--shard->old_count].history.records);
        return;
    }
    shard->history.count = 0;
    shard->history.base_position = position;
    shard->history.base_term = shard->term;
    for (uint32_t key = 0; key < WORLD_KEYS; key++) {
        bool is_there = position > 0 && random_chance(&world->random, 0.5);
        shard->history.base_rows[key] = (struct world_row){0};
        if (!is_there) continue;
        shard->history.base_rows[key] =
            (struct world_row){random_range(&world->random, 1, position), world->value_next++, 16};
    }
    memcpy(shard->rows, shard->history.base_rows, sizeof(shard->rows));
    shard->applied = position;
    shard->synced = 0;
    shard->is_whole = false;
    shard->whole_after = world->scans_begun + 1;
    world->reset_count++;
    if (world->reader_shard == index) world->may_reader_be_lost = true;
    checkpoint_abandon(world->checkpoint, &world->out);
}

/* ---- checkpoints ---- */

static void scan_row(struct world *world, struct buffer *items) {
    const struct world_row *row = &world->shards[world->scan_shard].rows[world->scan_key];
    uint8_t key = (uint8_t)world->scan_key++;
    if (row->position == 0) return;
    struct item item = {.kind = ITEM_ROW};
    item.row = (struct item_row){.table_id = 7,
                                 .term = 1,
                                 .position = row->position,
                                 .timestamp = row->value,
                                 .key = slice_of(&key, 1),
                                 .row = row_bytes(world, row->value, row->size)};
    item_append(items, &item);
}

static enum status scan_next(void *context, struct buffer *items, size_t bytes) {
    struct world *world = context;
    CHECK(bytes > 0);
    if (world->scan_shard == WORLD_SHARDS) return STATUS_END;
    if (!world->is_revision_scanned) {
        struct item item = {.kind = ITEM_REVISION};
        item.revision.revision = world->revision;
        item_append(items, &item);
        world->is_revision_scanned = true;
    }
    const struct world_shard *shard = &world->shards[world->scan_shard];
    uint16_t id = WORLD_SHARD(world->scan_shard);
    if (!shard->is_whole && shard->whole_after == 0) { /* its copy has not begun */
        world->scan_shard++;
        return STATUS_OK;
    }
    if (!world->is_scan_in_shard) {
        struct item item = {.kind = ITEM_SHARD};
        item.shard = (struct item_shard){.shard = id,
                                         .position = shard->applied,
                                         .term = history_term(&shard->history, shard->applied)};
        item_append(items, &item);
        world->is_scan_in_shard = true;
        world->scan_key = 0;
        return STATUS_OK;
    }
    uint64_t rows = random_range(&world->random, 1, 6);
    while (rows-- > 0 && world->scan_key < WORLD_KEYS) scan_row(world, items);
    if (world->scan_key < WORLD_KEYS) return STATUS_OK;
    struct item end = {.kind = ITEM_SHARD_END};
    end.shard_end = (struct item_shard_end){.shard = id, .position = shard->applied};
    item_append(items, &end);
    world->is_scan_in_shard = false;
    world->scan_shard++;
    return STATUS_OK;
}

static void scan_begin(struct world *world) {
    struct checkpoint_source source = {world, scan_next};
    world->scan_shard = 0;
    world->is_revision_scanned = false;
    world->is_scan_in_shard = false;
    world->scans_begun++;
    world->scan_number = checkpoint_published_count(world->checkpoint);
    checkpoint_begin(world->checkpoint, &source, world->now_us, &world->out);
}

static void scan_published(struct world *world) {
    if (checkpoint_published_count(world->checkpoint) == world->scan_number) return;
    world->scan_number = checkpoint_published_count(world->checkpoint);
    world->checkpoint_count++;
    for (uint32_t i = 0; i < WORLD_SHARDS; i++) {
        struct world_shard *shard = &world->shards[i];
        if (!shard->is_whole && shard->whole_after != 0 &&
            shard->whole_after <= world->scans_begun) {
            shard->is_whole = true;
            for (uint32_t old = 0; old < shard->old_count; old++) {
                bool is_same_copy =
                    shard->old[old].history.base_position == shard->history.base_position;
                shard->old[old].is_whole |= is_same_copy;
            }
        }
    }
}

/* ---- reading back ---- */

static void reader_begin(struct world *world) {
    uint32_t index = (uint32_t)random_below(&world->random, WORLD_SHARDS);
    uint64_t end = world_appended(world, index);
    uint64_t back = random_below(&world->random, 200);
    uint64_t from = end - MIN(end, back) + 1;
    if (redo_reader_open(world->redo, WORLD_SHARD(index), from, &world->reader) != STATUS_OK)
        return;
    world->is_reading = true;
    world->is_read_asked = world->may_reader_be_lost = false;
    world->reader_shard = index;
    world->reader_from = from;
}

static void reader_compare(struct world *world, const struct redo_piece *piece) {
    const struct world_history *history = &world->shards[world->reader_shard].history;
    struct slice rest = piece->records;
    struct record record;
    uint32_t count = 0;
    if (piece->record_count > 0 && piece->first_position != world->reader_from) {
        world_fail(world, "a reader's position", piece->first_position, world->reader_from);
    }
    while (record_next(&rest, NULL, &record) == STATUS_OK && world->failure[0] == 0) {
        if (record.position != world->reader_from || record.position > history_end(history) ||
            record.position <= history->base_position) {
            if (!world->may_reader_be_lost) world_fail(world, "a reader reads", record.position, 0);
            return;
        }
        struct world_record got = record_of(&record);
        uint64_t at = record.position - history->base_position - 1;
        if (!record_same(&got, &history->records[at]) && !world->may_reader_be_lost) {
            world_fail(world, "a reader reads another record", record.position, 0);
        }
        world->reader_from++;
        world->read_count++;
        count++;
    }
    if (count != piece->record_count)
        world_fail(world, "a piece's count", count, piece->record_count);
}

static void reader_step(struct world *world) {
    struct redo_piece piece;
    if (!world->is_read_asked) {
        world->is_read_asked = true;
        redo_reader_next(world->redo, world->reader, &world->out);
    }
    if (!redo_reader_take(world->redo, world->reader, &piece)) return;
    world->is_read_asked = false;
    if (piece.status == STATUS_OK) reader_compare(world, &piece);
    if (piece.status == STATUS_CORRUPT) world_fail(world, "a reader finds damage", 0, 0);
    if (piece.status == STATUS_NOT_FOUND && !world->may_reader_be_lost) {
        world_fail(world, "a reader is lost", world->reader_from, 0);
    }
    if (piece.status != STATUS_OK) {
        redo_reader_close(world->redo, world->reader);
        world->is_reading = false;
    }
}

/* ---- turns ---- */

static void world_event(struct world *world, const struct event *event) {
    redo_step(world->redo, event, &world->out);
    checkpoint_step(world->checkpoint, event, &world->out);
    scan_published(world);
    note_synced(world);
    if (world->is_reading) reader_step(world);
}

bool world_disk_step(struct world *world) {
    turn_begin(world);
    struct event event = {.now_us = world->now_us};
    bool done = fake_disk_next(world->disk, &world->turn_arena, &event);
    if (done) world_event(world, &event);
    turn_end(world);
    return done;
}

static void world_poke(struct world *world) {
    turn_begin(world);
    struct event event = {.now_us = world->now_us, .kind = EVENT_DEADLINE};
    world_event(world, &event);
    turn_end(world);
}

static void deadline_step(struct world *world) {
    uint64_t deadline =
        MIN(redo_deadline_us(world->redo), checkpoint_deadline_us(world->checkpoint));
    if (deadline <= world->now_us) world_poke(world);
}

void world_flush(struct world *world) {
    turn_begin(world);
    redo_flush(world->redo, world->now_us, &world->out);
    turn_end(world);
}

static void shard_turn(struct world *world, uint32_t index) {
    struct random *random = &world->random;
    if (!world->shards[index].is_whole && world->shards[index].whole_after == 0) {
        shard_reset(world, index);
    }
    uint64_t appends = random_chance(random, 0.5) ? random_below(random, 6) : 0;
    while (appends-- > 0) {
        uint32_t size =
            (uint32_t)random_below(random, random_chance(random, 0.02) ? WORLD_ROW_MAX : 200);
        world_append(world, index, size);
    }
    uint64_t kept = redo_kept_position(world->redo, WORLD_SHARD(index));
    if (kept > world->shards[index].applied && random_chance(random, 0.3)) {
        shard_apply(world, index, random_range(random, world->shards[index].applied, kept));
    }
    if (random_chance(random, 0.01)) shard_cut(world, index);
    if (random_chance(random, 0.001)) shard_reset(world, index);
    if (random_chance(random, 0.01)) {
        enum durability durability =
            random_chance(random, 0.5) ? DURABILITY_SYNC : DURABILITY_REPLICATED;
        redo_set_durability(world->redo, WORLD_SHARD(index), durability);
    }
}

/* A record of the store itself. */
static void revision_append(struct world *world) {
    if (!redo_has_room(world->redo)) return;
    struct record record = {
        .kind = RECORD_REVISION, .term = 1, .position = redo_appended_position(world->redo, 0) + 1};
    record.revision.revision = ++world->revision;
    struct buffer bytes = buffer_of(&world->turn_arena);
    enum status status = redo_append(world->redo, record_append(&bytes, &record));
    CHECK(status == STATUS_OK);
    world->revision_position = record.position;
}

void world_turn(struct world *world) {
    struct random *random = &world->random;
    world->now_us += random_below(random, random_chance(random, 0.05) ? 30000 : 1000);
    turn_begin(world);
    for (uint32_t i = 0; i < WORLD_SHARDS; i++) shard_turn(world, i);
    if (random_chance(random, 0.1)) revision_append(world);
    bool is_reset_open = false;
    for (uint32_t i = 0; i < WORLD_SHARDS; i++) is_reset_open |= !world->shards[i].is_whole;
    bool begins =
        checkpoint_is_due(world->checkpoint) || is_reset_open || random_chance(random, 0.002);
    if (begins && !checkpoint_is_running(world->checkpoint)) scan_begin(world);
    if (!world->is_reading && random_chance(random, 0.05)) reader_begin(world);
    if (random_chance(random, 0.02)) redo_want_sync(world->redo);
    redo_flush(world->redo, world->now_us, &world->out);
    turn_end(world);
    uint64_t steps = random_below(random, 5);
    while (steps-- > 0 && world_disk_step(world)) {}
    deadline_step(world);
}

void world_settle(struct world *world) {
    for (uint32_t idle = 0; idle < 3;) {
        world->now_us += 20000;
        world_poke(world);
        world_flush(world);
        idle = world_disk_step(world) ? 0 : idle + 1;
        if (world->is_reading || checkpoint_is_running(world->checkpoint)) idle = 0;
    }
}

void world_checkpoint(struct world *world) {
    CHECK(!checkpoint_is_running(world->checkpoint));
    turn_begin(world);
    scan_begin(world);
    turn_end(world);
    while (checkpoint_is_running(world->checkpoint)) {
        world->now_us += 1000;
        deadline_step(world);
        world_disk_step(world);
    }
}
