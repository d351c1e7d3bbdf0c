/* redo_reader.c: how does a returning replica get the part of the log that it missed?
 *
 * A reader goes through the batches of the log from the mark before its first position, picks its shard's records and
 * hands them out in order. It reads what is written, so the operating system mostly has it in memory.
 *   (D1) Every batch below written_lsn is whole; anything else is a lost disk, CORRUPT.
 *   (D2) Records voided by a later cut are passed over; a cut below what was given already ends the reader.
 *   (D3) While a reader is open the log is not trimmed above its place.
 */
#include "storage/redo_private.h"

enum status redo_reader_open(struct redo *redo, uint16_t shard, uint64_t from_position,
                             uint32_t *reader_out) {
    const struct redo_slot *slot = redo_slot_of(redo, shard);
    CHECK(from_position > 0);
    CHECK(redo->lane.state != LANE_RECOVERING);
    if (slot == NULL || from_position < slot->readable_from) return STATUS_NOT_FOUND;
    uint32_t index = (uint32_t)(slot - redo->slots);
    uint64_t lsn = redo->append_lsn; /* nothing is written yet that it could want */
    if (from_position <= slot->writing) lsn = redo_map_find(&redo->map, index, from_position);
    if (lsn < slot->readable_lsn || lsn == UINT64_MAX) return STATUS_NOT_FOUND;
    for (uint32_t i = 0; i < REDO_READERS_MAX; i++) {
        struct redo_reader *reader = &redo->readers[i];
        if (reader->is_open || reader->is_reading) continue;
        *reader =
            (struct redo_reader){.from = from_position, .lsn = lsn, .slot = index, .is_open = true};
        *reader_out = i;
        return STATUS_OK;
    }
    return STATUS_BUSY;
}

void redo_reader_close(struct redo *redo, uint32_t reader) {
    CHECK(reader < REDO_READERS_MAX);
    CHECK(redo->readers[reader].is_open);
    redo->readers[reader].is_open = false;
    redo->readers[reader].is_piece_ready = false;
}

uint64_t redo_reader_lsn(const struct redo *redo) {
    uint64_t lsn = UINT64_MAX;
    for (uint32_t i = 0; i < REDO_READERS_MAX; i++) {
        const struct redo_reader *reader = &redo->readers[i];
        CHECK(!reader->is_open || reader->lsn > 0);
        if (reader->is_open || reader->is_reading) lsn = MIN(lsn, reader->lsn);
    }
    return lsn;
}

void redo_reader_on_cut(struct redo *redo, uint32_t slot, uint64_t position) {
    CHECK(slot < redo->slot_count);
    for (uint32_t i = 0; i < REDO_READERS_MAX; i++) {
        struct redo_reader *reader = &redo->readers[i];
        CHECK(reader->is_open || !reader->is_piece_ready);
        if (reader->slot == slot && reader->from > position + 1) reader->is_lost = true; /* (D2) */
    }
}

static void reader_give(struct redo *redo, struct redo_reader *reader, enum status status) {
    CHECK(!reader->is_piece_ready);
    CHECK(reader->slot < redo->slot_count);
    reader->piece.shard = redo->slots[reader->slot].shard;
    reader->piece.status = status;
    reader->is_piece_ready = true;
}

/* The end of the readable part of the segment at the reader's place, which it moves to the next segment first
 * when this one is used up; 0: nothing more. */
static uint64_t reader_limit(const struct redo *redo, struct redo_reader *reader) {
    const struct redo_segment *segment = redo_map_segment(&redo->map, reader->lsn);
    const struct redo_segment *last = redo_map_last(&redo->map);
    if (segment == NULL || last == NULL) return 0;
    if (segment != last && reader->lsn >= segment->end) {
        segment++;
        reader->lsn = segment->number * redo->map.segment_bytes;
    }
    uint64_t limit = MIN(segment->end, redo->written_lsn);
    CHECK(segment->number <= last->number);
    return reader->lsn < limit ? limit : 0;
}

void redo_reader_next(struct redo *redo, uint32_t index, struct effects *out) {
    CHECK(index < REDO_READERS_MAX);
    struct redo_reader *reader = &redo->readers[index];
    CHECK(reader->is_open && !reader->is_reading && !reader->is_piece_ready);
    reader->piece = (struct redo_piece){.shard = 0};
    uint64_t limit = reader->is_lost ? 0 : reader_limit(redo, reader);
    if (limit == 0) {
        reader_give(redo, reader, reader->is_lost ? STATUS_NOT_FOUND : STATUS_END);
        return;
    }
    const struct redo_segment *segment = redo_map_segment(&redo->map, reader->lsn);
    uint64_t size = MIN(MAX(reader->bytes_wanted, REDO_READ_BYTES), limit - reader->lsn);
    struct disk_op op = {.kind = DISK_READ,
                         .tag = redo_tag(REDO_TAG_READ, index),
                         .file = redo_file(redo, segment->file_number),
                         .offset = reader->lsn - segment->number * redo->map.segment_bytes,
                         .size = size};
    reader->is_reading = true;
    effects_disk(out, &op);
}

/* Picks the reader's records of one whole batch. */
static enum status reader_pick(struct redo *redo, struct redo_reader *reader,
                               const struct batch *batch, struct slice payload,
                               struct buffer *records) {
    uint16_t shard = redo->slots[reader->slot].shard;
    struct slice rest = payload, bytes;
    CHECK(batch->payload_bytes == payload.size);
    while (rest.size > 0) {
        uint64_t lsn = batch->lsn + BATCH_HEADER_BYTES + (payload.size - rest.size);
        struct record record;
        if (record_next(&rest, &bytes, &record) != STATUS_OK) return STATUS_CORRUPT; /* (D1) */
        if (record.shard != shard || record_is_local(&record)) continue;
        if (record.position < reader->from) continue;
        if (redo_map_is_void(&redo->map, reader->slot, lsn, record.position)) continue;
        if (record.position > reader->from) return STATUS_NOT_FOUND;
        if (reader->piece.first_position == 0) reader->piece.first_position = record.position;
        buffer_append(records, bytes);
        reader->piece.record_count++;
        reader->from++;
    }
    return STATUS_OK;
}

/* All batches that are whole in `bytes`. */
static enum status reader_parse(struct redo *redo, struct redo_reader *reader, struct slice bytes,
                                struct buffer *records) {
    CHECK(records->size == 0);
    while (bytes.size >= BATCH_HEADER_BYTES) {
        struct batch batch;
        enum status status = batch_read_header(bytes, &batch);
        if (status != STATUS_OK || batch.lsn != reader->lsn) return STATUS_CORRUPT;
        if (batch_bytes(&batch) > redo->map.segment_bytes) return STATUS_CORRUPT;
        reader->bytes_wanted = batch_bytes(&batch);
        if (bytes.size < reader->bytes_wanted) return STATUS_OK;
        if (!batch_is_whole(&batch, bytes)) return STATUS_CORRUPT;
        struct slice payload = slice_part(bytes, BATCH_HEADER_BYTES, batch.payload_bytes);
        status = reader_pick(redo, reader, &batch, payload, records);
        if (status != STATUS_OK) return status;
        reader->lsn = batch_end(&batch);
        bytes = slice_part(bytes, reader->bytes_wanted, bytes.size - reader->bytes_wanted);
        reader->bytes_wanted = 0;
    }
    CHECK(reader->lsn <= redo->written_lsn);
    return STATUS_OK;
}

void redo_reader_on_read(struct redo *redo, uint32_t index, const struct disk_done *done,
                         struct effects *out) {
    CHECK(index < REDO_READERS_MAX);
    struct redo_reader *reader = &redo->readers[index];
    CHECK(reader->is_reading);
    reader->is_reading = false;
    if (!reader->is_open) return; /* closed meanwhile */
    struct buffer records = buffer_of(out->arena);
    enum status status = reader->is_lost ? STATUS_NOT_FOUND : STATUS_OK;
    if (status == STATUS_OK &&
        (done->status != STATUS_OK || done->bytes.size < BATCH_HEADER_BYTES)) {
        status = STATUS_CORRUPT;
    }
    if (status == STATUS_OK) status = reader_parse(redo, reader, done->bytes, &records);
    if (status != STATUS_OK) reader->piece = (struct redo_piece){.shard = 0};
    if (status == STATUS_OK) reader->piece.records = buffer_slice(&records);
    reader_give(redo, reader, status);
}

bool redo_reader_take(struct redo *redo, uint32_t index, struct redo_piece *piece_out) {
    CHECK(index < REDO_READERS_MAX);
    struct redo_reader *reader = &redo->readers[index];
    CHECK(reader->is_open);
    if (!reader->is_piece_ready) return false;
    *piece_out = reader->piece;
    reader->is_piece_ready = false;
    return true;
}
