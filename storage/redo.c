/* redo.c: why does a record that was reported synced survive a crash?
 *
 * Two buffers: one fills, the other one is written as one batch (redo_batch.h). Lsns of the stream:
 *
 *     ...synced_lsn | written, not synced | being written | append_lsn: the filling batch will follow
 *
 *   lane:  recovering -> settling -> opening -> idle <-> writing
 *                                               idle <-> write-syncing
 *                                               idle <-> switching      the old segment is synced before the next begins
 *
 *   (R1) A batch is written once and in a place where no valid batch is. One write of a batch is under way at a time; in
 *        `replicated` a DISK_SYNC may run beside it ("behind"), and covers what was written when it began.
 *   (R2) Only the last segment holds bytes that are not durable: the lane switches when the old one is synced. So a
 *        sync of one file is enough, also after recovery.
 *   (R3) A position is reported synced when the sync that covers its batch is done: slots remember the positions at
 *        the time when the write or the sync began.
 *   (R4) A first batch (OPENED) is synced before the second of an epoch is written: see redo_batch.h (B2).
 *   (R5) CUT and RESET take the voided records out of the filling batch; so what they void lies before their batch.
 *   (R6) Space ahead is written with zeros in larger pieces, so that syncing a batch changes no file size. Zeros never
 *        reach a place where a batch is or is being written.
 */
#include "storage/redo_private.h"

#include <inttypes.h>

#define FILL_BYTES       ((size_t)64 * KIB) /* of a buffer at first; it grows on demand */
#define EXTEND_BYTES     MIB
#define NOTE_BYTES_MAX   (RECORD_HEADER_BYTES + 8)
#define FILL_SPARE_BYTES (REDO_SLOTS_MAX * NOTE_BYTES_MAX + BATCH_SECTOR_BYTES)

static_assert(BATCH_HEADER_BYTES < FILL_BYTES, "an empty buffer has its header");

static const struct machine_state lanes[] = {
    [LANE_RECOVERING] = {"recovering", TO(LANE_SETTLING) | TO(LANE_OPENING)},
    [LANE_SETTLING] = {"settling", TO(LANE_OPENING)},
    [LANE_OPENING] = {"opening", TO(LANE_IDLE)},
    [LANE_IDLE] = {"idle", TO(LANE_WRITING) | TO(LANE_WRITE_SYNCING) | TO(LANE_SWITCHING)},
    [LANE_WRITING] = {"writing", TO(LANE_IDLE)},
    [LANE_WRITE_SYNCING] = {"write-syncing", TO(LANE_IDLE)},
    [LANE_SWITCHING] = {"switching", TO(LANE_IDLE)},
};

/* ---- the filling batch ---- */

static void fill_clear(struct redo_fill *fill) {
    CHECK(fill->capacity >= BATCH_HEADER_BYTES);
    fill->size = BATCH_HEADER_BYTES;
    fill->record_count = 0;
    fill->must_sync = false;
}

static void fill_take(struct redo *redo, struct redo_fill *fill, size_t capacity) {
    struct chunk_source *source = redo->options.source;
    fill->bytes = source->take(source, capacity);
    fill->capacity = capacity;
    CHECK(fill->bytes != NULL);
}

static void fill_give(struct redo *redo, struct redo_fill *fill) {
    struct chunk_source *source = redo->options.source;
    CHECK(fill->bytes != NULL);
    source->give(source, fill->bytes, fill->capacity);
    fill->bytes = NULL;
}

/* Room for `more` bytes, the notes and the padding. */
static uint8_t *fill_reserve(struct redo *redo, size_t more) {
    struct redo_fill *fill = &redo->fills[redo->filling];
    size_t needed = fill->size + more + FILL_SPARE_BYTES;
    if (needed > fill->capacity) {
        struct redo_fill old = *fill;
        fill_take(redo, fill, MAX(needed, 2 * old.capacity));
        memcpy(fill->bytes, old.bytes, old.size);
        fill_give(redo, &old);
    }
    CHECK(fill->size + more + FILL_SPARE_BYTES <= fill->capacity);
    return fill->bytes + fill->size;
}

/* The batch is on its way home; a buffer that one large record made grow shrinks again. */
static void fill_done(struct redo *redo, struct redo_fill *fill) {
    if (fill->capacity > 2 * REDO_BUFFER_BYTES) {
        fill_give(redo, fill);
        fill_take(redo, fill, FILL_BYTES);
    }
    fill_clear(fill);
}

static void fill_add_note(struct redo_fill *fill, const struct record *note) {
    CHECK(record_is_local(note));
    struct writer writer = writer_of(fill->bytes + fill->size, fill->capacity - fill->size);
    record_encode(&writer, note);
    size_t size = writer_written(&writer).size;
    CHECK(size <= NOTE_BYTES_MAX);
    fill->size += size;
}

/* CONFIRMED for every shard that has applied more than was noted. */
static void fill_add_confirmed(struct redo *redo, struct redo_fill *fill) {
    for (uint32_t i = 0; i < redo->slot_count; i++) {
        struct redo_slot *slot = &redo->slots[i];
        CHECK(slot->noted <= slot->applied);
        if (slot->noted == slot->applied) continue;
        struct record note = {.kind = RECORD_CONFIRMED,
                              .shard = slot->shard,
                              .term = slot->term,
                              .position = slot->applied};
        fill_add_note(fill, &note);
        slot->noted = slot->applied;
    }
}

/* (R5) Takes the shard's records above `position`, and cuts to there, out again. */
static void fill_drop(struct redo_fill *fill, uint16_t shard, uint64_t position) {
    size_t from = BATCH_HEADER_BYTES, to = BATCH_HEADER_BYTES;
    while (from < fill->size) {
        struct slice rest = slice_of(fill->bytes + from, fill->size - from), bytes;
        struct record record;
        enum status status = record_next(&rest, &bytes, &record);
        CHECK(status == STATUS_OK);
        bool voids = !record_is_local(&record) || record.kind == RECORD_CUT;
        bool dropped = voids && record.shard == shard && record.position > position;
        if (!dropped) {
            memmove(fill->bytes + to, fill->bytes + from, bytes.size);
            to += bytes.size;
        } else {
            fill->record_count--;
        }
        from += bytes.size;
    }
    CHECK(from == fill->size);
    fill->size = to;
}

/* ---- open, shards ---- */

struct redo *redo_open(struct arena *arena, const struct redo_options *options) {
    struct redo *redo = arena_new(arena, struct redo);
    redo->options = *options;
    if (options->segment_bytes == 0) redo->options.segment_bytes = REDO_SEGMENT_BYTES;
    uint32_t segment_bytes = redo->options.segment_bytes;
    CHECK(segment_bytes >= REDO_SEGMENT_BYTES_MIN && segment_bytes % 4096 == 0);
    CHECK(segment_bytes / 4 + redo_record_bytes_max(redo) + BATCH_HEADER_BYTES + FILL_SPARE_BYTES <=
          segment_bytes);
    redo_map_open(&redo->map, arena, segment_bytes);
    machine_open(&redo->lane, lanes, LANE_RECOVERING);
    for (int i = 0; i < 2; i++) {
        fill_take(redo, &redo->fills[i], FILL_BYTES);
        fill_clear(&redo->fills[i]);
    }
    redo->extend_bytes = MIN(EXTEND_BYTES, segment_bytes / 4);
    redo->zeros = options->source->take(options->source, redo->extend_bytes);
    memset(redo->zeros, 0, redo->extend_bytes);
    return redo;
}

void redo_close(struct redo *redo) {
    CHECK(redo->zeros != NULL);
    for (int i = 0; i < 2; i++) fill_give(redo, &redo->fills[i]);
    redo->options.source->give(redo->options.source, redo->zeros, redo->extend_bytes);
    redo->zeros = NULL;
}

struct redo_slot *redo_slot_of(const struct redo *redo, uint16_t shard) {
    CHECK(redo->slot_count <= REDO_SLOTS_MAX);
    for (uint32_t i = 0; i < redo->slot_count; i++) {
        if (redo->slots[i].shard == shard) return (struct redo_slot *)&redo->slots[i];
    }
    return NULL;
}

struct disk_file redo_file(const struct redo *redo, uint64_t file_number) {
    CHECK(file_number > 0);
    return (struct disk_file){
        .kind = DISK_LOG, .store = redo->options.store, .number = file_number};
}

enum status redo_shard_add(struct redo *redo, uint16_t shard) {
    if (redo_slot_of(redo, shard) != NULL) return STATUS_OK;
    if (redo->slot_count == REDO_SLOTS_MAX) return STATUS_BUSY;
    struct redo_slot *slot = &redo->slots[redo->slot_count++];
    *slot = (struct redo_slot){.shard = shard, .durability = DURABILITY_SYNC};
    if (redo->lane.state != LANE_RECOVERING) slot->readable_from = 1;
    CHECK(redo_slot_of(redo, shard) == slot);
    return STATUS_OK;
}

void redo_set_durability(struct redo *redo, uint16_t shard, enum durability durability) {
    struct redo_slot *slot = redo_slot_of(redo, shard);
    CHECK(slot != NULL);
    CHECK(durability == DURABILITY_SYNC || durability == DURABILITY_REPLICATED);
    slot->durability = (uint8_t)durability;
}

/* ---- appending ---- */

static size_t fill_limit(const struct redo *redo) {
    CHECK(redo->options.segment_bytes > 0);
    return MIN(REDO_BUFFER_BYTES, redo->options.segment_bytes / 4);
}

size_t redo_record_bytes_max(const struct redo *redo) {
    CHECK(redo->options.segment_bytes > 0);
    return MIN(RECORD_BYTES_MAX, redo->options.segment_bytes / 2);
}

bool redo_has_room(const struct redo *redo) {
    CHECK(redo->lane.state != LANE_RECOVERING);
    return redo->fills[redo->filling].size < fill_limit(redo);
}

enum status redo_append(struct redo *redo, struct slice record) {
    CHECK(record.size >= RECORD_HEADER_BYTES && record_frame(record) == record.size);
    if (record.size > redo_record_bytes_max(redo)) return STATUS_TOO_LARGE;
    if (!redo_has_room(redo)) return STATUS_BUSY;
    struct reader header = reader_of(slice_part(record, 8, RECORD_HEADER_BYTES - 8));
    uint8_t kind = reader_u8(&header), format = reader_u8(&header);
    struct redo_slot *slot = redo_slot_of(redo, reader_u16(&header));
    uint32_t term = reader_u32(&header);
    uint64_t position = reader_u64(&header);
    CHECK(kind < RECORD_LOCAL_FIRST && format == RECORD_FORMAT);
    CHECK(slot != NULL);
    CHECK(position == slot->appended + 1);
    CHECK(term >= slot->term);
    uint8_t *to = fill_reserve(redo, record.size);
    struct redo_fill *fill = &redo->fills[redo->filling];
    memcpy(to, record.data, record.size);
    fill->size += record.size;
    fill->record_count++;
    if (slot->durability == DURABILITY_SYNC || kind == RECORD_COUNTER) fill->must_sync = true;
    slot->appended = position;
    slot->term = term;
    if (slot->shard == 0) slot->applied = position; /* nobody confirms the store's own */
    return STATUS_OK;
}

void redo_applied(struct redo *redo, uint16_t shard, uint64_t position) {
    struct redo_slot *slot = redo_slot_of(redo, shard);
    CHECK(slot != NULL);
    CHECK(position <= slot->appended);
    slot->applied = MAX(slot->applied, position);
}

static void slot_limit(struct redo_slot *slot, uint32_t term, uint64_t position) {
    slot->appended = position;
    slot->term = term;
    slot->writing = MIN(slot->writing, position);
    slot->written = MIN(slot->written, position);
    slot->syncing = MIN(slot->syncing, position);
    slot->synced = MIN(slot->synced, position);
    CHECK(slot->synced <= slot->appended);
}

/* Records of the slot above `position` that lie before the batch at or behind append_lsn are void. */
static void slot_add_cut(struct redo *redo, struct redo_slot *slot, uint64_t position) {
    uint32_t index = (uint32_t)(slot - redo->slots);
    CHECK(index < redo->slot_count);
    struct redo_cut cut = {.slot = index, .lsn = redo->append_lsn, .position = position}, forgotten;
    redo_map_add_cut(&redo->map, &cut, &forgotten);
    if (forgotten.lsn != 0) {
        struct redo_slot *other = &redo->slots[forgotten.slot];
        other->readable_lsn = MAX(other->readable_lsn, forgotten.lsn);
    }
    redo_reader_on_cut(redo, index, position);
}

/* What the filling batch will follow. While the log settles, the opening batch comes first. */
static uint64_t fill_follows(const struct redo *redo) {
    const struct redo_segment *segment = redo_map_last(&redo->map);
    if (redo->lane.state != LANE_SETTLING) return redo->append_lsn;
    CHECK(segment != NULL);
    uint64_t end = (segment->number + 1) * redo->map.segment_bytes;
    CHECK(redo->append_lsn <= end);
    bool fits = redo->append_lsn + BATCH_SECTOR_BYTES <= end;
    return (fits ? redo->append_lsn : end) + BATCH_SECTOR_BYTES;
}

/* The note itself; the shard's next record comes behind it. */
static enum status redo_add_void(struct redo *redo, const struct record *note) {
    CHECK(note->kind == RECORD_CUT || note->kind == RECORD_RESET);
    struct redo_fill *fill = &redo->fills[redo->filling];
    if (fill->size + NOTE_BYTES_MAX + FILL_SPARE_BYTES > redo->options.segment_bytes)
        return STATUS_BUSY;
    struct redo_slot *slot = redo_slot_of(redo, note->shard);
    uint64_t valid = note->kind == RECORD_CUT ? note->position : 0;
    fill_drop(fill, note->shard, valid);
    fill_reserve(redo, NOTE_BYTES_MAX);
    fill_add_note(fill, note);
    fill->record_count++;
    if (slot->durability == DURABILITY_SYNC) fill->must_sync = true;
    slot_add_cut(redo, slot, valid);
    return STATUS_OK;
}

enum status redo_cut(struct redo *redo, uint16_t shard, uint32_t term, uint64_t position) {
    struct redo_slot *slot = redo_slot_of(redo, shard);
    CHECK(slot != NULL);
    CHECK(position <= slot->appended && position >= slot->applied);
    if (position == slot->appended) return STATUS_OK;
    struct record note = {.kind = RECORD_CUT, .shard = shard, .term = term, .position = position};
    enum status status = redo_add_void(redo, &note);
    if (status != STATUS_OK) return status;
    slot_limit(slot, term, position);
    return STATUS_OK;
}

enum status redo_reset(struct redo *redo, uint16_t shard, uint32_t term, uint64_t position) {
    struct redo_slot *slot = redo_slot_of(redo, shard);
    CHECK(slot != NULL);
    struct record note = {.kind = RECORD_RESET, .shard = shard, .term = term, .position = position};
    note.reset.number = redo->reset_number + 1;
    enum status status = redo_add_void(redo, &note);
    if (status != STATUS_OK) return status;
    slot->floor_lsn = fill_follows(redo);
    slot->floor_number = ++redo->reset_number;
    slot_limit(slot, term, 0);
    slot->appended = slot->writing = slot->written = slot->syncing = slot->synced = position;
    slot->applied = slot->noted = position;
    slot->readable_from = position + 1;
    CHECK(slot->applied <= slot->appended);
    return STATUS_OK;
}

/* ---- writing ---- */

static bool redo_is_writing(const struct redo *redo) { return redo->lane.state != LANE_IDLE; }

/* Records that are written and not durable. */
static bool redo_is_unsynced(const struct redo *redo) {
    return MIN(redo->record_lsn, redo->written_lsn) > redo->synced_lsn;
}

static bool redo_has_note(const struct redo *redo) {
    if (redo->record_lsn > redo->told_lsn && redo->synced_lsn >= redo->record_lsn) return true;
    for (uint32_t i = 0; i < redo->slot_count; i++) {
        if (redo->slots[i].noted < redo->slots[i].applied) return true;
    }
    return false;
}

static void redo_sync(struct redo *redo, enum redo_tag tag, struct effects *out) {
    struct redo_segment *segment = redo_map_last(&redo->map);
    CHECK(segment != NULL);
    struct disk_op op = {
        .kind = DISK_SYNC, .tag = redo_tag(tag, 0), .file = redo_file(redo, segment->file_number)};
    effects_disk(out, &op);
}

static void redo_sync_behind(struct redo *redo, struct effects *out) {
    CHECK(redo->syncing_lsn == 0 && redo->written_lsn > redo->synced_lsn);
    redo->syncing_lsn = redo->written_lsn;
    redo->syncing_us = redo->now_us;
    for (uint32_t i = 0; i < redo->slot_count; i++) redo->slots[i].syncing = redo->slots[i].written;
    redo_sync(redo, REDO_TAG_BEHIND, out);
}

/* (R6) */
static void redo_extend(struct redo *redo, struct redo_segment *segment, struct effects *out) {
    uint64_t start = segment->number * redo->map.segment_bytes;
    uint64_t used = redo->append_lsn - start;
    CHECK(used <= redo->map.segment_bytes);
    if (redo->extending_to != 0 || segment->file_bytes == redo->map.segment_bytes) return;
    if (segment->file_bytes - used > redo->extend_bytes / 2) return;
    uint64_t size = MIN(redo->extend_bytes, redo->map.segment_bytes - segment->file_bytes);
    redo->extending_to = segment->file_bytes + size;
    redo->extending_number = segment->number;
    struct disk_op op = {.kind = DISK_WRITE,
                         .tag = redo_tag(REDO_TAG_EXTEND, 0),
                         .file = redo_file(redo, segment->file_number),
                         .offset = segment->file_bytes,
                         .bytes = slice_of(redo->zeros, size)};
    effects_disk(out, &op);
}

/* The segment in which a batch of `bytes` goes behind append_lsn, its lsn set; NULL: something is waited for. */
static struct redo_segment *redo_place_batch(struct redo *redo, uint64_t bytes, uint64_t *lsn_out,
                                             struct effects *out) {
    uint32_t segment_bytes = redo->map.segment_bytes;
    struct redo_segment *segment = redo_map_last(&redo->map);
    CHECK(bytes <= segment_bytes);
    *lsn_out = redo->append_lsn;
    if (segment != NULL && redo->append_lsn + bytes <= (segment->number + 1) * segment_bytes) {
        uint64_t end = redo->append_lsn + bytes - segment->number * segment_bytes;
        bool overlaps = redo->extending_to != 0 && redo->extending_number == segment->number &&
                        end > segment->file_bytes;
        return overlaps ? NULL : segment; /* (R6) */
    }
    if (segment != NULL && redo->written_lsn > redo->synced_lsn) { /* (R2) */
        if (redo->syncing_lsn != 0) return NULL;
        redo_sync(redo, REDO_TAG_SYNC, out);
        machine_move(&redo->lane, LANE_SWITCHING);
        return NULL;
    }
    if (redo_map_is_full(&redo->map)) return NULL;
    uint64_t number = redo->append_lsn / segment_bytes;
    if (segment != NULL) number = MAX(number, segment->number + 1);
    segment = redo_map_add_segment(&redo->map, number);
    *lsn_out = number * segment_bytes;
    CHECK(*lsn_out >= redo->append_lsn);
    return segment;
}

static void redo_mark(struct redo *redo, uint64_t lsn) {
    struct redo_mark *mark = redo_map_add_mark(&redo->map, lsn);
    if (mark == NULL) return;
    CHECK(mark->lsn == lsn);
    for (uint32_t i = 0; i < redo->slot_count; i++) {
        mark->next_position[i] = redo->slots[i].writing + 1;
    }
}

/* Writes the records of `fill` as the batch at `lsn`; the caller moves the lane. */
static void redo_write_batch(struct redo *redo, struct redo_fill *fill, uint64_t lsn,
                             enum disk_op_kind kind, struct effects *out) {
    struct redo_segment *segment = redo_map_segment(&redo->map, lsn);
    CHECK(segment != NULL && segment == redo_map_last(&redo->map));
    struct batch batch = {.lsn = lsn,
                          .follows = redo->append_lsn,
                          .synced_lsn = redo->synced_lsn,
                          .epoch = redo->epoch,
                          .payload_bytes = (uint32_t)(fill->size - BATCH_HEADER_BYTES),
                          .record_count = fill->record_count,
                          .store = redo->options.store,
                          .store_count = redo->options.store_count};
    CHECK(batch_bytes(&batch) <= fill->capacity);
    batch_seal(&batch, fill->bytes);
    if (!redo_is_unsynced(redo)) redo->unsynced_us = redo->now_us;
    redo->write_us = redo->now_us;
    redo->told_lsn = redo->synced_lsn;
    redo->append_lsn = redo->writing_lsn = segment->end = batch_end(&batch);
    if (fill->record_count > 0) redo->record_lsn = redo->append_lsn;
    uint64_t offset = lsn - segment->number * redo->map.segment_bytes;
    segment->file_bytes = MAX(segment->file_bytes, offset + batch_bytes(&batch));
    struct disk_op op = {.kind = kind,
                         .tag = redo_tag(REDO_TAG_WRITE, 0),
                         .file = redo_file(redo, segment->file_number),
                         .offset = offset,
                         .bytes = slice_of(fill->bytes, batch_bytes(&batch))};
    effects_disk(out, &op);
    redo_extend(redo, segment, out);
}

/* Writes what is in the filling buffer, or begins to wait for what that needs. */
static void redo_write(struct redo *redo, struct effects *out) {
    CHECK(redo->lane.state == LANE_IDLE);
    struct redo_fill *fill = &redo->fills[redo->filling];
    fill_reserve(redo, 0);
    size_t most = fill->size + REDO_SLOTS_MAX * NOTE_BYTES_MAX;
    uint64_t lsn;
    if (redo_place_batch(redo, batch_align(most), &lsn, out) == NULL) return;
    redo_mark(redo, lsn); /* slots still have the positions before this batch */
    fill_add_confirmed(redo, fill);
    for (uint32_t i = 0; i < redo->slot_count; i++)
        redo->slots[i].writing = redo->slots[i].appended;
    bool syncs = (fill->must_sync || redo->is_sync_wanted) && !redo->options.skip_sync;
    machine_move(&redo->lane, syncs ? LANE_WRITE_SYNCING : LANE_WRITING);
    redo->is_sync_wanted = false;
    redo->filling = 1 - redo->filling;
    CHECK(redo->fills[redo->filling].record_count == 0);
    redo_write_batch(redo, fill, lsn, syncs ? DISK_WRITE_SYNC : DISK_WRITE, out);
}

static void redo_flush_now(struct redo *redo, struct effects *out) {
    if (redo_is_writing(redo)) return; /* its done event flushes (D2) */
    if (redo->fills[redo->filling].record_count > 0) {
        redo_write(redo, out);
    } else if (redo->is_sync_wanted) {
        CHECK(redo->written_lsn >= redo->synced_lsn);
        if (redo->syncing_lsn != 0) return;
        redo->is_sync_wanted = false;
        if (redo->written_lsn > redo->synced_lsn) redo_sync_behind(redo, out);
    }
}

void redo_flush(struct redo *redo, uint64_t now_us, struct effects *out) {
    CHECK(now_us >= redo->now_us);
    redo->now_us = now_us;
    redo_flush_now(redo, out);
    effects_deadline(out, redo_deadline_us(redo));
}

void redo_want_sync(struct redo *redo) {
    CHECK(redo->lane.state != LANE_RECOVERING);
    redo->is_sync_wanted = true;
}

/* ---- done events ---- */

static void redo_on_written(struct redo *redo) {
    CHECK(redo->lane.state == LANE_WRITING || redo->lane.state == LANE_WRITE_SYNCING ||
          redo->lane.state == LANE_OPENING);
    bool synced = redo->lane.state != LANE_WRITING;
    redo->written_lsn = redo->writing_lsn;
    if (synced) redo->synced_lsn = redo->written_lsn;
    for (uint32_t i = 0; i < redo->slot_count; i++) {
        struct redo_slot *slot = &redo->slots[i];
        CHECK(slot->writing <= slot->appended);
        slot->written = MAX(slot->written, slot->writing);
        if (synced || redo->options.skip_sync) slot->synced = slot->written; /* (R3) */
    }
    fill_done(redo, &redo->fills[1 - redo->filling]);
    machine_move(&redo->lane, LANE_IDLE);
}

static void redo_on_synced_behind(struct redo *redo) {
    CHECK(redo->syncing_lsn != 0 && redo->syncing_lsn <= redo->written_lsn);
    redo->synced_lsn = MAX(redo->synced_lsn, redo->syncing_lsn);
    for (uint32_t i = 0; i < redo->slot_count; i++) {
        struct redo_slot *slot = &redo->slots[i];
        slot->synced = MAX(slot->synced, slot->syncing); /* (R3) */
        CHECK(slot->synced <= slot->written);
    }
    redo->syncing_lsn = 0;
    redo->unsynced_us = redo->syncing_us;
}

/* (R4) In a buffer of its own: the filling one may have records already. */
static void redo_write_opening(struct redo *redo, struct effects *out) {
    uint64_t lsn;
    struct redo_fill *fill = &redo->fills[1 - redo->filling];
    struct redo_segment *segment = redo_place_batch(redo, BATCH_SECTOR_BYTES, &lsn, out);
    CHECK(segment != NULL);
    CHECK(fill->size == BATCH_HEADER_BYTES);
    struct record note = {.kind = RECORD_OPENED};
    fill_add_note(fill, &note);
    fill->record_count = 1;
    redo_mark(redo, lsn);
    machine_move(&redo->lane, LANE_OPENING);
    redo_write_batch(redo, fill, lsn, DISK_WRITE_SYNC, out);
}

/* The last segment is durable as a whole: settling, switching. */
static void redo_on_synced(struct redo *redo, struct effects *out) {
    redo->synced_lsn = redo->written_lsn;
    CHECK(redo->syncing_lsn == 0);
    if (redo->lane.state == LANE_SETTLING) {
        redo_write_opening(redo, out);
        return;
    }
    for (uint32_t i = 0; i < redo->slot_count; i++) redo->slots[i].synced = redo->slots[i].written;
    machine_move(&redo->lane, LANE_IDLE);
}

void redo_settle(struct redo *redo, struct effects *out) {
    const struct redo_segment *segment = redo_map_last(&redo->map);
    CHECK(redo->lane.state == LANE_RECOVERING);
    CHECK(redo->append_lsn == redo->written_lsn);
    bool unsynced = segment != NULL &&
                    redo->append_lsn > segment->number * redo->map.segment_bytes &&
                    redo->append_lsn <= (segment->number + 1) * redo->map.segment_bytes;
    if (!unsynced) { /* the log begins */
        redo->synced_lsn = redo->append_lsn;
        redo_write_opening(redo, out);
        return;
    }
    redo_sync(redo, REDO_TAG_SYNC, out);
    machine_move(&redo->lane, LANE_SETTLING);
}

static void redo_on_extended(struct redo *redo) {
    CHECK(redo->extending_to != 0);
    struct redo_segment *segment =
        redo_map_segment(&redo->map, redo->extending_number * redo->map.segment_bytes);
    if (segment != NULL) {
        CHECK(segment->file_bytes <= redo->extending_to);
        segment->file_bytes = redo->extending_to;
    }
    redo->extending_to = 0;
}

static void redo_on_done(struct redo *redo, const struct disk_done *done, struct effects *out) {
    CHECK(disk_tag_owner(done->tag) == DISK_TAG_REDO);
    switch ((enum redo_tag)(done->tag >> 32 & 0xff)) {
    case REDO_TAG_WRITE: redo_on_written(redo); break;
    case REDO_TAG_SYNC: redo_on_synced(redo, out); break;
    case REDO_TAG_BEHIND: redo_on_synced_behind(redo); break;
    case REDO_TAG_EXTEND: redo_on_extended(redo); break;
    case REDO_TAG_REMOVE: break;
    case REDO_TAG_READ: redo_reader_on_read(redo, (uint32_t)done->tag, done, out); break;
    }
}

/* ---- time ---- */

static uint64_t redo_sync_due_us(const struct redo *redo) {
    bool can = redo->lane.state == LANE_IDLE || redo->lane.state == LANE_WRITING;
    if (!can || redo->syncing_lsn != 0 || !redo_is_unsynced(redo)) return UINT64_MAX;
    CHECK(redo->unsynced_us <= redo->now_us);
    return redo->unsynced_us + REDO_SYNC_US;
}

static uint64_t redo_quiet_due_us(const struct redo *redo) {
    if (redo->lane.state != LANE_IDLE || redo->extending_to != 0) return UINT64_MAX;
    if (redo->syncing_lsn != 0 || redo_map_is_full(&redo->map)) return UINT64_MAX;
    if (redo->fills[redo->filling].record_count > 0 || !redo_has_note(redo)) return UINT64_MAX;
    CHECK(redo->write_us <= redo->now_us);
    return redo->write_us + REDO_QUIET_US;
}

uint64_t redo_deadline_us(const struct redo *redo) {
    CHECK(redo != NULL);
    return MIN(redo_sync_due_us(redo), redo_quiet_due_us(redo));
}

void redo_step(struct redo *redo, const struct event *event, struct effects *out) {
    CHECK(event->now_us >= redo->now_us);
    redo->now_us = event->now_us;
    if (event->kind == EVENT_DISK_DONE && disk_tag_owner(event->disk_done.tag) == DISK_TAG_REDO) {
        redo_on_done(redo, &event->disk_done, out);
        if (redo->lane.state == LANE_IDLE) redo_flush_now(redo, out);
    }
    if (redo_sync_due_us(redo) <= redo->now_us) redo_sync_behind(redo, out);
    if (redo_quiet_due_us(redo) <= redo->now_us) redo_write(redo, out);
    effects_deadline(out, redo_deadline_us(redo));
}

/* ---- what is where ---- */

uint64_t redo_appended_position(const struct redo *redo, uint16_t shard) {
    const struct redo_slot *slot = redo_slot_of(redo, shard);
    return slot == NULL ? 0 : slot->appended;
}
uint32_t redo_appended_term(const struct redo *redo, uint16_t shard) {
    const struct redo_slot *slot = redo_slot_of(redo, shard);
    return slot == NULL ? 0 : slot->term;
}
uint64_t redo_written_position(const struct redo *redo, uint16_t shard) {
    const struct redo_slot *slot = redo_slot_of(redo, shard);
    return slot == NULL ? 0 : slot->written;
}
uint64_t redo_synced_position(const struct redo *redo, uint16_t shard) {
    const struct redo_slot *slot = redo_slot_of(redo, shard);
    return slot == NULL ? 0 : slot->synced;
}
uint64_t redo_kept_position(const struct redo *redo, uint16_t shard) {
    const struct redo_slot *slot = redo_slot_of(redo, shard);
    if (slot == NULL) return 0;
    CHECK(slot->synced <= slot->written && slot->written <= slot->appended);
    return slot->durability == DURABILITY_SYNC ? slot->synced : slot->written;
}
uint64_t redo_applied_position(const struct redo *redo, uint16_t shard) {
    const struct redo_slot *slot = redo_slot_of(redo, shard);
    return slot == NULL ? 0 : slot->applied;
}
uint64_t redo_appended_lsn(const struct redo *redo) { return redo->append_lsn; }
uint64_t redo_written_lsn(const struct redo *redo) { return redo->written_lsn; }
uint64_t redo_synced_lsn(const struct redo *redo) { return redo->synced_lsn; }

uint64_t redo_slot_replay_lsn(const struct redo *redo, const struct redo_slot *slot) {
    uint32_t index = (uint32_t)(slot - redo->slots);
    CHECK(index < redo->slot_count);
    CHECK(slot->applied <= slot->appended);
    if (slot->applied == slot->appended) return redo->append_lsn;
    uint64_t lsn = redo_map_find(&redo->map, index, slot->applied + 1);
    return MIN(redo->append_lsn, MAX(lsn, slot->floor_lsn));
}

uint64_t redo_replay_lsn(const struct redo *redo) {
    uint64_t lsn = redo->append_lsn;
    CHECK(redo->lane.state != LANE_RECOVERING);
    for (uint32_t i = 0; i < redo->slot_count; i++) {
        lsn = MIN(lsn, redo_slot_replay_lsn(redo, &redo->slots[i]));
    }
    return lsn;
}

/* ---- trimming ---- */

void redo_trim(struct redo *redo, uint64_t lsn, struct effects *out) {
    CHECK(redo->lane.state != LANE_RECOVERING);
    CHECK(lsn <= redo->append_lsn);
    redo->trim_lsn = MAX(redo->trim_lsn, lsn);
    uint64_t limit = MIN(redo->trim_lsn, redo_reader_lsn(redo));
    struct redo_segment dropped;
    while (redo_map_drop_segment(&redo->map, limit, &dropped)) {
        bool extends = redo->extending_to != 0 && redo->extending_number == dropped.number;
        if (!extends && redo_map_keep_file(&redo->map, &dropped)) continue;
        struct disk_op op = {.kind = DISK_REMOVE,
                             .tag = redo_tag(REDO_TAG_REMOVE, 0),
                             .file = redo_file(redo, dropped.file_number)};
        effects_disk(out, &op);
    }
    if (redo->map.segment_count == 0) return;
    redo_map_forget_below(&redo->map);
    for (uint32_t i = 0; i < redo->slot_count && redo->map.mark_count > 0; i++) {
        uint64_t first = redo->map.marks[0].next_position[i];
        redo->slots[i].readable_from = MAX(redo->slots[i].readable_from, first);
    }
}

void redo_describe(const struct redo *redo, struct buffer *json) {
    CHECK(json != NULL);
    buffer_printf(json,
                  "\"log_lane\":\"%s\",\"log_epoch\":%" PRIu32 ",\"log_appended\":%" PRIu64
                  ",\"log_synced\":%" PRIu64 ",\"log_segments\":%" PRIu32,
                  machine_state_name(&redo->lane), redo->epoch, redo->append_lsn, redo->synced_lsn,
                  redo->map.segment_count);
}
