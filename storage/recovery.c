/* recovery.c: in which order is the disk read, and what is believed of it?
 *
 *   listing -> probing -> loading -> replaying -> searching -> finished
 *      |          |          |           |            |
 *      +----------+----------+           +------------+--> damaged -> finished (start over)
 *              v             |                                ^
 *           refusing         +--------------------------------+
 *
 *   (Y1) One read is under way at a time; a step handles one piece. Memory: a piece, an unpacked block.
 *   (Y2) Streams are of one store each, and stores divide the shards of a node. If the number of stores
 *        was another one when anything here was written, some shards are elsewhere: the store refuses.
 *   (Y3) The newest checkpoint that is whole is taken. One that proves damaged in the middle makes the recovery
 *        begin again without it; the log must then reach back to an older one, else the store is damaged.
 *   (Y4) Damage is never passed over: no state that is reported as done lacks anything that was synced.
 *   (Y5) D5's cut will go here: after the replay, what lies above the last stored cut is dropped by the sink.
 */
#include "storage/recovery_private.h"

#include <inttypes.h>

static const struct machine_state states[] = {
    [RECOVERY_LISTING] = {"listing", TO(RECOVERY_PROBING) | TO(RECOVERY_REFUSING)},
    [RECOVERY_PROBING] = {"probing", TO(RECOVERY_LOADING) | TO(RECOVERY_REFUSING)},
    [RECOVERY_LOADING] = {"loading", TO(RECOVERY_REPLAYING) | TO(RECOVERY_LOADING) |
                                         TO(RECOVERY_FINISHED) | TO(RECOVERY_REFUSING) |
                                         TO(RECOVERY_DAMAGED)},
    [RECOVERY_REPLAYING] = {"replaying", TO(RECOVERY_SEARCHING) | TO(RECOVERY_DAMAGED)},
    [RECOVERY_SEARCHING] = {"searching",
                            TO(RECOVERY_LOADING) | TO(RECOVERY_FINISHED) | TO(RECOVERY_DAMAGED)},
    [RECOVERY_FINISHED] = {"finished", 0},
    [RECOVERY_REFUSING] = {"refusing", 0},
    [RECOVERY_DAMAGED] = {"damaged", TO(RECOVERY_FINISHED)},
};

struct recovery *recovery_open(struct arena *arena, const struct recovery_options *options,
                               struct effects *out) {
    CHECK(options->redo != NULL && options->checkpoint != NULL && options->store_count > 0);
    CHECK(options->store < options->store_count);
    struct recovery *recovery = arena_new(arena, struct recovery);
    recovery->options = *options;
    recovery->arena = arena;
    recovery->compressor = compressor_open(options->source);
    arena_open(&recovery->block_arena, options->source, 0);
    machine_open(&recovery->machine, states, RECOVERY_LISTING);
    struct disk_op op = {.kind = DISK_LIST, .tag = disk_tag(DISK_TAG_RECOVERY, 0)};
    effects_disk(out, &op);
    return recovery;
}

void recovery_close(struct recovery *recovery) {
    CHECK(recovery->compressor != NULL);
    arena_close(&recovery->block_arena);
    compressor_close(recovery->compressor);
    recovery->compressor = NULL;
}

void recovery_read(struct recovery *recovery, struct effects *out) {
    struct recovery_place *place = &recovery->place;
    CHECK(place->file_index < recovery->file_count);
    CHECK(place->size > 0);
    struct disk_op op = {.kind = DISK_READ,
                         .tag = disk_tag(DISK_TAG_RECOVERY, 0),
                         .file = recovery->files[place->file_index].file,
                         .offset = place->offset,
                         .size = place->size};
    effects_disk(out, &op);
}

void recovery_damaged(struct recovery *recovery, const char *text) {
    CHECK(recovery->reason == NULL);
    if (recovery->place.file_index < recovery->file_count) {
        const struct disk_file *file = &recovery->files[recovery->place.file_index].file;
        const char *kind = file->kind == DISK_LOG ? "log" : "checkpoint";
        recovery->reason = arena_printf(
            recovery->arena,
            "%s (%s %" PRIu32 ".%" PRIu64 " near byte %" PRIu64 ", log end %" PRIu64 ")", text,
            kind, file->store, file->number, recovery->place.offset, recovery->end_lsn);
    } else {
        recovery->reason = text;
    }
    machine_move(&recovery->machine, RECOVERY_DAMAGED);
    CHECK(recovery->reason != NULL);
}

static bool is_own(const struct recovery *recovery, const struct disk_file *file) {
    if (file->kind != DISK_LOG && file->kind != DISK_CHECKPOINT) return false;
    return file->store == recovery->options.store;
}

void recovery_refuse(struct recovery *recovery) {
    CHECK(recovery->reason == NULL);
    recovery->reason = "another number of shard threads wrote this disk; start with that number";
    machine_move(&recovery->machine, RECOVERY_REFUSING);
}

/* ---- listing, probing ---- */

static bool probe_next(struct recovery *recovery, struct effects *out) {
    struct recovery_place *place = &recovery->place;
    while (place->file_index < recovery->file_count &&
           recovery->files[place->file_index].file.kind != DISK_LOG) {
        place->file_index++;
    }
    if (place->file_index == recovery->file_count) return false;
    place->offset = 0;
    place->size = BATCH_HEADER_BYTES;
    recovery_read(recovery, out);
    CHECK(place->file_index < recovery->file_count);
    return true;
}

static void on_listed(struct recovery *recovery, const struct disk_done *done,
                      struct effects *out) {
    CHECK(done->kind == DISK_LIST);
    recovery->files = arena_array(recovery->arena, struct found_file, done->listed_count + 1);
    for (uint32_t i = 0; i < done->listed_count; i++) {
        const struct disk_listed *listed = &done->listed[i];
        if (listed->file.kind != DISK_NODE && listed->file.store >= recovery->options.store_count) {
            recovery_refuse(recovery); /* (Y2) */
            return;
        }
        if (!is_own(recovery, &listed->file)) continue;
        recovery->files[recovery->file_count++] =
            (struct found_file){.file = listed->file, .bytes = listed->size};
    }
    recovery->place = (struct recovery_place){0};
    machine_move(&recovery->machine, RECOVERY_PROBING);
    if (!probe_next(recovery, out)) recovery_load(recovery, out);
    CHECK(recovery->machine.state != RECOVERY_LISTING);
}

/* Of two files that begin the same segment the one of the later epoch counts: the other was left behind by a cut. */
static void drop_double(struct recovery *recovery, struct found_file *file) {
    for (uint32_t i = 0; i < recovery->file_count; i++) {
        struct found_file *other = &recovery->files[i];
        if (other == file || other->first.lsn != file->first.lsn) continue;
        if (other->is_bad || other->file.kind != DISK_LOG) continue;
        CHECK(other->first.lsn > 0);
        struct found_file *older = other->first.epoch > file->first.epoch ? file : other;
        older->is_bad = true;
    }
}

static void on_probed(struct recovery *recovery, const struct disk_done *done,
                      struct effects *out) {
    struct found_file *file = &recovery->files[recovery->place.file_index];
    uint32_t segment_bytes = recovery->options.redo->map.segment_bytes;
    CHECK(file->file.kind == DISK_LOG);
    file->is_bad = true;
    if (done->status == STATUS_OK && done->bytes.size >= BATCH_HEADER_BYTES) {
        struct batch first;
        if (batch_read_header(done->bytes, &first) == STATUS_OK &&
            first.store == file->file.store && first.lsn % segment_bytes == 0 && first.lsn > 0) {
            if (first.store_count != recovery->options.store_count) {
                recovery_refuse(recovery); /* (Y2) */
                return;
            }
            file->first = first;
            file->is_bad = false;
            recovery->epoch_max = MAX(recovery->epoch_max, first.epoch);
            recovery->segment_max = MAX(recovery->segment_max, first.lsn / segment_bytes);
            drop_double(recovery, file);
        }
    }
    recovery->place.file_index++;
    if (!probe_next(recovery, out)) recovery_load(recovery, out);
}

/* ---- the end ---- */

static uint64_t log_file_number_max(const struct recovery *recovery) {
    uint64_t number = 0;
    for (uint32_t i = 0; i < recovery->file_count; i++) {
        const struct disk_file *file = &recovery->files[i].file;
        CHECK(file->number > 0);
        if (file->kind == DISK_LOG) number = MAX(number, file->number);
    }
    return number;
}

/* A segment ends where the first batch of the next one follows. */
static void set_segment_ends(struct recovery *recovery) {
    struct redo_map *map = &recovery->options.redo->map;
    for (uint32_t i = 0; i < recovery->file_count; i++) {
        const struct found_file *file = &recovery->files[i];
        if (file->is_bad || file->first.lsn == 0) continue;
        struct redo_segment *before = redo_map_segment(map, file->first.follows - 1);
        if (before == NULL || redo_map_segment(map, file->first.lsn) == NULL) continue;
        CHECK(before->number * map->segment_bytes < file->first.lsn);
        if (before->number + 1 == file->first.lsn / map->segment_bytes) {
            before->end = file->first.follows;
        }
    }
    CHECK(map->segment_count <= recovery->file_count);
}

/* Segments up to the end of the log go on living; every other file is useless once a checkpoint is published. */
static void hand_over_files(struct recovery *recovery) {
    struct redo_map *map = &recovery->options.redo->map;
    uint64_t last = recovery->end_lsn == 0 ? 0 : (recovery->end_lsn - 1) / map->segment_bytes;
    map->file_number_next = log_file_number_max(recovery) + 1;
    for (uint32_t i = 0; i < recovery->file_count; i++) {
        const struct found_file *file = &recovery->files[i];
        struct redo_segment segment = {.number = file->first.lsn / map->segment_bytes,
                                       .file_number = file->file.number,
                                       .file_bytes = file->bytes,
                                       .end = file->first.lsn + map->segment_bytes};
        bool lives = file->file.kind == DISK_LOG && !file->is_bad && segment.number <= last &&
                     file->bytes <= map->segment_bytes;
        if (i == recovery->last_file) segment.end = recovery->end_lsn;
        if (lives && redo_map_adopt_segment(map, &segment)) continue;
        bool is_taken =
            file->file.kind == DISK_CHECKPOINT && file->file.number == recovery->head.number;
        if (!is_taken) checkpoint_adopt_useless(recovery->options.checkpoint, file->file);
    }
    set_segment_ends(recovery);
    CHECK(map->file_number_next > log_file_number_max(recovery));
}

static void finish(struct recovery *recovery, struct effects *out) {
    struct redo *redo = recovery->options.redo;
    CHECK(recovery->reason == NULL);
    if (recovery->head.number > 0) {
        uint64_t bytes = recovery->files[recovery->checkpoint_file].bytes;
        checkpoint_adopt(recovery->options.checkpoint, &recovery->head, bytes);
    } else {
        checkpoint_adopt_log(recovery->options.checkpoint, redo->map.segment_bytes);
    }
    hand_over_files(recovery);
    uint64_t lsn = recovery->end_lsn > 0 ? recovery->end_lsn : redo->map.segment_bytes;
    machine_move(&recovery->machine, RECOVERY_FINISHED);
    redo_start(redo, lsn, recovery->epoch_max + 1, out);
    CHECK(redo->epoch > recovery->epoch);
}

/* What the items hold is confirmed, so the log is, up to there. */
static enum status confirm_items(struct recovery *recovery) {
    const struct recovery_sink *sink = &recovery->options.sink;
    struct redo *redo = recovery->options.redo;
    for (uint32_t i = 0; i < redo->slot_count; i++) {
        struct record note;
        if (!redo_recovered_confirmed(redo, i, &note)) continue;
        enum status status = sink->apply_record(sink->context, &note, SLICE_EMPTY);
        if (status != STATUS_OK) return status;
        CHECK(note.position <= redo_appended_position(redo, note.shard));
    }
    return STATUS_OK;
}

void recovery_log_done(struct recovery *recovery, struct effects *out) {
    struct redo *redo = recovery->options.redo;
    if (!redo_recovered_is_whole(redo)) {
        recovery_damaged(recovery, "the log ends before what its checkpoint holds");
        return;
    }
    if (confirm_items(recovery) != STATUS_OK) {
        recovery_damaged(recovery, "a record of the log cannot be applied");
        return;
    }
    finish(recovery, out);
}

void recovery_restart(struct recovery *recovery, struct effects *out) {
    CHECK(recovery->place.file_index < recovery->file_count);
    CHECK(recovery->files[recovery->place.file_index].is_bad);
    recovery->totals.checkpoints_damaged++;
    recovery->options.sink.forget(recovery->options.sink.context);
    redo_recovered_forget(recovery->options.redo);
    recovery_load(recovery, out);
}

void recovery_start_over(struct recovery *recovery, uint64_t now_us, struct effects *out) {
    struct redo *redo = recovery->options.redo;
    CHECK(recovery->machine.state == RECOVERY_DAMAGED);
    CHECK(now_us >= redo->now_us);
    recovery->options.sink.forget(recovery->options.sink.context);
    redo_recovered_forget(redo);
    redo->map.file_number_next = log_file_number_max(recovery) + 1;
    for (uint32_t i = 0; i < recovery->file_count; i++) {
        checkpoint_adopt_useless(recovery->options.checkpoint, recovery->files[i].file);
    }
    /* Files without a readable header may hold segments above the largest that is known. */
    uint64_t number = recovery->segment_max + recovery->file_count + 2;
    checkpoint_adopt_log(recovery->options.checkpoint, number * redo->map.segment_bytes);
    machine_move(&recovery->machine, RECOVERY_FINISHED);
    redo_start(redo, number * redo->map.segment_bytes, recovery->epoch_max + 1, out);
}

/* ---- steps ---- */

static enum recovery_outcome outcome(const struct recovery *recovery) {
    CHECK(recovery->machine.state <= RECOVERY_DAMAGED);
    if (recovery->machine.state == RECOVERY_FINISHED) return RECOVERY_DONE;
    if (recovery->machine.state == RECOVERY_REFUSING) return RECOVERY_REFUSED;
    return recovery->machine.state == RECOVERY_DAMAGED ? RECOVERY_CORRUPT : RECOVERY_RUNNING;
}

enum recovery_outcome recovery_step(struct recovery *recovery, const struct event *event,
                                    struct effects *out) {
    CHECK(recovery->compressor != NULL);
    if (event->kind != EVENT_DISK_DONE) return outcome(recovery);
    const struct disk_done *done = &event->disk_done;
    if (disk_tag_owner(done->tag) != DISK_TAG_RECOVERY) return outcome(recovery);
    CHECK(done->kind == DISK_LIST || done->kind == DISK_READ);
    recovery->totals.read_bytes += done->bytes.size;
    switch ((enum recovery_state)recovery->machine.state) {
    case RECOVERY_LISTING: on_listed(recovery, done, out); break;
    case RECOVERY_PROBING: on_probed(recovery, done, out); break;
    case RECOVERY_LOADING: recovery_on_block(recovery, done, out); break;
    case RECOVERY_REPLAYING: recovery_on_batch(recovery, done, out); break;
    case RECOVERY_SEARCHING: recovery_on_searched(recovery, done, out); break;
    case RECOVERY_FINISHED:
    case RECOVERY_REFUSING:
    case RECOVERY_DAMAGED: break;
    }
    return outcome(recovery);
}

const char *recovery_reason(const struct recovery *recovery) {
    return recovery->reason == NULL ? "" : recovery->reason;
}

struct recovery_totals recovery_totals(const struct recovery *recovery) {
    CHECK(recovery != NULL);
    return recovery->totals;
}
