/* recovery_replay.c: where does the log end, and is that end a torn tail or damage?
 *
 * Batches are followed from the start of the checkpoint, segment by segment. Where the next one is not whole the log
 * ends, unless a segment begins that follows just there.
 *
 *   (W1) A batch counts when it is at its lsn, whole, of this store, follows the one before it, and is of no earlier
 *        epoch (redo_batch.h, B2, B3).
 *   (W2) The end is damage when something proves that more was durable: TAIL of the checkpoint, or the header of any
 *        batch behind the end that says so (B4). The search for it looks at every sector behind the end in the last
 *        segment and in later ones, and in files that no segment is known for.
 *   (W3) Otherwise what was written behind the end was never synced, so never reported, and is cut.
 *   (W4) An unreadable sector is like a batch that is not whole; the search goes around it.
 */
#include "storage/recovery_private.h"

/* The log file whose first batch is at the begin of segment `number`; file_count: none. */
static uint32_t find_segment(const struct recovery *recovery, uint64_t number) {
    uint32_t segment_bytes = recovery->options.redo->map.segment_bytes;
    CHECK(segment_bytes > 0);
    for (uint32_t i = 0; i < recovery->file_count; i++) {
        const struct found_file *file = &recovery->files[i];
        if (file->file.kind != DISK_LOG) continue;
        if (!file->is_bad && file->first.lsn == number * segment_bytes) return i;
    }
    return recovery->file_count;
}

/* ---- searching ---- */

static bool search_file_counts(const struct recovery *recovery, uint32_t index) {
    const struct found_file *file = &recovery->files[index];
    CHECK(index < recovery->file_count);
    if (file->file.kind != DISK_LOG) return false;
    if (file->is_bad || index == recovery->last_file) return true;
    return file->first.lsn + recovery->options.redo->map.segment_bytes > recovery->end_lsn;
}

static void search_read(struct recovery *recovery, struct effects *out) {
    while (recovery->search_file < recovery->file_count &&
           !search_file_counts(recovery, recovery->search_file)) {
        recovery->search_file++;
    }
    if (recovery->search_file == recovery->file_count) {
        recovery_log_done(recovery, out); /* (W3) */
        return;
    }
    uint32_t segment_bytes = recovery->options.redo->map.segment_bytes;
    if (recovery->place.file_index != recovery->search_file) {
        const struct found_file *file = &recovery->files[recovery->search_file];
        uint64_t offset = 0;
        bool holds_end = !file->is_bad && recovery->end_lsn > file->first.lsn &&
                         recovery->end_lsn < file->first.lsn + segment_bytes;
        if (holds_end) offset = recovery->end_lsn - file->first.lsn;
        CHECK(offset % BATCH_SECTOR_BYTES == 0);
        recovery->place = (struct recovery_place){
            .file_index = recovery->search_file, .offset = offset, .size = RECOVERY_READ_BYTES};
    }
    CHECK(recovery->place.size > 0);
    recovery_read(recovery, out);
}

static void search(struct recovery *recovery, struct effects *out) {
    CHECK(recovery->machine.state == RECOVERY_REPLAYING);
    if (recovery->tail.end_lsn > recovery->end_lsn) { /* (W2) */
        recovery_damaged(recovery, "the log ends before its checkpoint does");
        return;
    }
    machine_move(&recovery->machine, RECOVERY_SEARCHING);
    recovery->search_file = 0;
    recovery->place.file_index = recovery->file_count;
    search_read(recovery, out);
}

/* Whether a sector of `bytes` holds a header that proves damage (W2). */
static bool is_proof(struct recovery *recovery, struct slice bytes) {
    for (size_t at = 0; at + BATCH_HEADER_BYTES <= bytes.size; at += BATCH_SECTOR_BYTES) {
        struct batch batch;
        if (batch_read_header(slice_part(bytes, at, bytes.size), &batch) != STATUS_OK) continue;
        if (batch.store != recovery->options.store) continue;
        CHECK(batch.lsn % BATCH_SECTOR_BYTES == 0);
        recovery->epoch_max = MAX(recovery->epoch_max, batch.epoch);
        if (batch.synced_lsn > recovery->end_lsn) return true;
        if (batch.lsn >= recovery->end_lsn) recovery->totals.cut_bytes += batch_bytes(&batch);
    }
    return false;
}

void recovery_on_searched(struct recovery *recovery, const struct disk_done *done,
                          struct effects *out) {
    struct recovery_place *place = &recovery->place;
    CHECK(place->file_index == recovery->search_file);
    if (done->status == STATUS_CORRUPT && place->size > BATCH_SECTOR_BYTES) { /* (W4) */
        place->size = BATCH_SECTOR_BYTES;
        recovery_read(recovery, out);
        return;
    }
    if (done->status == STATUS_OK && is_proof(recovery, done->bytes)) {
        recovery_damaged(recovery, "a later part of the log proves that a part of it is damaged");
        return;
    }
    uint64_t file_bytes = recovery->files[place->file_index].bytes;
    place->offset += place->size;
    if (place->offset % RECOVERY_READ_BYTES == 0) place->size = RECOVERY_READ_BYTES;
    CHECK(place->offset % BATCH_SECTOR_BYTES == 0);
    if (place->offset >= file_bytes) recovery->search_file++;
    search_read(recovery, out);
}

/* ---- replaying ---- */

static void replay_read(struct recovery *recovery, struct effects *out) {
    CHECK(recovery->machine.state == RECOVERY_REPLAYING);
    CHECK(recovery->place.file_index < recovery->file_count);
    uint64_t offset = recovery->lsn - recovery->files[recovery->place.file_index].first.lsn;
    uint64_t left = recovery->options.redo->map.segment_bytes - offset;
    recovery->place.offset = offset;
    recovery->place.size = MIN(left, MAX(recovery->bytes_wanted, RECOVERY_READ_BYTES));
    recovery_read(recovery, out);
}

/* No whole batch is at recovery->lsn: a segment that follows the last one, or the end. */
static void replay_gap(struct recovery *recovery, struct effects *out) {
    uint32_t segment_bytes = recovery->options.redo->map.segment_bytes;
    uint64_t number = recovery->end_lsn / segment_bytes;
    bool at_border = recovery->end_lsn % segment_bytes == 0;
    uint32_t next = find_segment(recovery, at_border ? number : number + 1);
    CHECK(recovery->lsn >= recovery->end_lsn);
    if (next == recovery->file_count || recovery->files[next].first.lsn <= recovery->lsn ||
        recovery->files[next].first.follows != recovery->end_lsn) {
        search(recovery, out);
        return;
    }
    recovery->place.file_index = next;
    recovery->lsn = recovery->files[next].first.lsn;
    recovery->bytes_wanted = 0;
    replay_read(recovery, out);
}

void recovery_replay(struct recovery *recovery, struct effects *out) {
    uint32_t segment_bytes = recovery->options.redo->map.segment_bytes;
    uint64_t number = recovery->lsn / segment_bytes;
    uint32_t file = find_segment(recovery, number);
    CHECK(recovery->is_first);
    recovery->bytes_wanted = 0;
    if (file < recovery->file_count) {
        recovery->last_file = recovery->place.file_index = file;
        replay_read(recovery, out);
        return;
    }
    bool is_begin = recovery->head.number == 0; /* an opening batch that never got durable */
    bool at_border = recovery->lsn % segment_bytes == 0;
    if (!is_begin && at_border) recovery->last_file = find_segment(recovery, number - 1);
    recovery->place.file_index = recovery->file_count;
    if (!is_begin && (!at_border || recovery->last_file == recovery->file_count)) {
        recovery_damaged(recovery, "the log does not reach back to the checkpoint");
        return;
    }
    search(recovery, out);
}

static enum status replay_records(struct recovery *recovery, const struct batch *batch,
                                  struct slice payload) {
    const struct recovery_sink *sink = &recovery->options.sink;
    struct slice rest = payload, bytes;
    CHECK(payload.size == batch->payload_bytes);
    while (rest.size > 0) {
        struct redo_place place = {.batch_lsn = batch->lsn, .follows = batch->follows};
        place.lsn = batch->lsn + BATCH_HEADER_BYTES + (payload.size - rest.size);
        struct record record;
        enum status status = record_next(&rest, &bytes, &record);
        if (status == STATUS_OK) {
            status = redo_recovered_record(recovery->options.redo, &place, &record);
        }
        if (status == STATUS_END) continue;
        if (status != STATUS_OK) return STATUS_CORRUPT;
        recovery->totals.record_count++;
        if (record_is_local(&record)) bytes = SLICE_EMPTY;
        status = sink->apply_record(sink->context, &record, bytes);
        if (status != STATUS_OK) return STATUS_CORRUPT;
    }
    CHECK(rest.size == 0);
    return STATUS_OK;
}

/* (W1) but for being whole. */
static bool batch_fits(const struct recovery *recovery, const struct batch *batch) {
    uint32_t segment_bytes = recovery->options.redo->map.segment_bytes;
    CHECK(segment_bytes > 0);
    if (batch->lsn != recovery->lsn || batch->store != recovery->options.store) return false;
    if (batch->epoch < recovery->epoch) return false;
    if (!recovery->is_first && batch->follows != recovery->end_lsn) return false;
    return batch->lsn % segment_bytes + batch_bytes(batch) <= segment_bytes;
}

static enum status replay_batch(struct recovery *recovery, const struct batch *batch,
                                struct slice bytes) {
    struct redo *redo = recovery->options.redo;
    recovery->is_first = false;
    redo_recovered_batch(redo, batch->lsn);
    struct slice payload = slice_part(bytes, BATCH_HEADER_BYTES, batch->payload_bytes);
    enum status status = replay_records(recovery, batch, payload);
    recovery->epoch = batch->epoch;
    recovery->epoch_max = MAX(recovery->epoch_max, batch->epoch);
    recovery->last_file = recovery->place.file_index;
    recovery->lsn = recovery->end_lsn = batch_end(batch);
    CHECK(recovery->end_lsn > batch->lsn);
    return status;
}

/* Batches that are whole in `bytes`. OK: go on reading at recovery->lsn; END: there is no whole batch at it. */
static enum status replay_batches(struct recovery *recovery, struct slice bytes) {
    CHECK(recovery->lsn >= recovery->end_lsn);
    while (bytes.size >= BATCH_HEADER_BYTES) {
        struct batch batch;
        if (batch_read_header(bytes, &batch) != STATUS_OK) return STATUS_END;
        if (!batch_fits(recovery, &batch)) return STATUS_END;
        recovery->bytes_wanted = batch_bytes(&batch);
        if (bytes.size < recovery->bytes_wanted)
            return recovery->is_at_end ? STATUS_END : STATUS_OK;
        if (!batch_is_whole(&batch, bytes)) return STATUS_END;
        if (replay_batch(recovery, &batch, bytes) != STATUS_OK) return STATUS_CORRUPT;
        bytes = slice_part(bytes, recovery->bytes_wanted, bytes.size - recovery->bytes_wanted);
        recovery->bytes_wanted = 0;
    }
    CHECK(bytes.size < BATCH_HEADER_BYTES);
    return recovery->is_at_end ? STATUS_END : STATUS_OK;
}

/* An unreadable sector is in the piece: less of it, down to one header or the batch that is known to be there. */
static bool replay_read_less(struct recovery *recovery, struct effects *out) {
    struct recovery_place *place = &recovery->place;
    uint64_t least = MAX(recovery->bytes_wanted, BATCH_SECTOR_BYTES);
    CHECK(place->size > 0);
    if (place->size <= least) return false;
    uint64_t half = place->size / 2 / BATCH_SECTOR_BYTES * BATCH_SECTOR_BYTES;
    place->size = MAX(half, least);
    recovery_read(recovery, out);
    return true;
}

void recovery_on_batch(struct recovery *recovery, const struct disk_done *done,
                       struct effects *out) {
    CHECK(recovery->place.file_index < recovery->file_count);
    if (done->status == STATUS_CORRUPT && replay_read_less(recovery, out)) return; /* (W4) */
    if (done->status != STATUS_OK) {
        replay_gap(recovery, out);
        return;
    }
    uint64_t segment_bytes = recovery->options.redo->map.segment_bytes;
    uint64_t file_end = recovery->place.offset + recovery->place.size;
    recovery->is_at_end = done->bytes.size < recovery->place.size || file_end == segment_bytes;
    uint64_t lsn = recovery->lsn, wanted = recovery->bytes_wanted;
    enum status status = replay_batches(recovery, done->bytes);
    bool is_stuck = recovery->lsn == lsn && recovery->bytes_wanted <= wanted;
    if (status == STATUS_CORRUPT) {
        recovery_damaged(recovery, "the log holds records that do not follow each other");
    } else if (status == STATUS_END || is_stuck) {
        replay_gap(recovery, out);
    } else {
        CHECK(recovery->lsn > lsn || recovery->bytes_wanted > wanted);
        replay_read(recovery, out);
    }
}
