/* participant_scan.c: points and ranges in order, rows locked before they are looked at.
 *
 *   plain:    fragment_read / SCAN_VISIBLE               -> filter -> accept
 *   locking:  lock the key -> fragment_read (newest, own) -> still that entry? -> filter -> accept
 *
 * A point of the primary key goes by the hash index and is locked even when there is no row. A point of another
 * index is the range of the entries that begin with it. A locking scan takes candidates, in entry order, so that each
 * row comes once although its entry may change under it.
 */
#include "storage/participant_scan.h"

#include "wire/pack.h"

#define SCAN_BATCH_ROWS 64

enum status position_scan_program(struct position_scan *scan, struct slice program_bytes,
                                  struct slice parameters, const struct program **program_out) {
    CHECK(scan->table != NULL && scan->program_run == NULL);
    struct run *run = scan->run;
    enum status status =
        table_program_open(&run->shard->schema, scan->table, program_bytes, program_out);
    if (status != STATUS_OK || *program_out == NULL) return status;
    uint32_t count = program_param_count(*program_out), read_count = 0;
    struct value *values = arena_array(run->out->arena, struct value, count + 1);
    struct reader reader = reader_of(parameters);
    while (read_count < count && reader_left(&reader) > 0 && !reader.failed)
        values[read_count++] = value_decode(&reader, run->out->arena);
    if (reader.failed) return STATUS_CORRUPT;
    scan->has_filter = program_has_filter(*program_out);
    return program_start(*program_out, values, read_count, run->out->arena, &scan->program_run);
}

/* The point or range number `position` is behind the reader afterwards. */
static bool positions_skip(struct position_scan *scan, uint32_t count) {
    struct slice point;
    struct pack_range range;
    for (uint32_t i = 0; i < count; i++) {
        bool there = scan->position_kind == POSITION_POINTS ? unpack_point(&scan->reader, &point)
                                                            : unpack_range(&scan->reader, &range);
        if (!there) return false;
    }
    return true;
}

enum status position_scan_open(struct position_scan *scan, struct slice resume) {
    CHECK(scan->accept != NULL);
    scan->entry = buffer_of(scan->run->out->arena);
    scan->reader = reader_of(scan->positions);
    scan->position = 0;
    if (scan->position_kind > POSITION_RANGES) return STATUS_INVALID;
    if (resume.size == 0) return STATUS_OK;
    if (resume.size < 4) return STATUS_CORRUPT;
    scan->position = load_le32(resume.data);
    if (resume.size > 4) buffer_append(&scan->entry, slice_part(resume, 4, resume.size));
    return positions_skip(scan, scan->position) ? STATUS_OK : STATUS_CORRUPT;
}

struct slice position_scan_resume(const struct position_scan *scan) {
    struct buffer resume = buffer_of(scan->run->out->arena);
    uint8_t position[4];
    store_le32(position, scan->position);
    buffer_append(&resume, slice_of(position, sizeof position));
    if (scan->entry.size > 0) buffer_append(&resume, buffer_slice(&scan->entry));
    CHECK(resume.size == 4 + scan->entry.size);
    return buffer_slice(&resume);
}

static enum scan_stop scan_fail(struct position_scan *scan, enum status status) {
    CHECK(status != STATUS_OK);
    scan->status = status;
    return SCAN_STOP_FAILED;
}

static enum scan_stop scan_wait_outcome(struct position_scan *scan, uint32_t writer) {
    CHECK(writer != WRITER_NONE);
    scan->waits_for = writer;
    return SCAN_STOP_OUTCOME;
}

/* The next row goes beyond what one step may do. */
static bool scan_is_spent(struct position_scan *scan) {
    scan->examined++;
    uint32_t *left = &scan->run->shard->participants->work_left;
    if (*left > 0) {
        (*left)--;
        return false;
    }
    return scan->has_progress;
}

/* A row that is visible, and locked if it has to be. */
static enum scan_stop scan_judge(struct position_scan *scan, struct slice key, struct slice row,
                                 bool *kept_out) {
    CHECK(key.size > 0);
    *kept_out = true;
    if (scan->has_filter) {
        enum status status = program_accepts(scan->program_run, row, kept_out);
        if (status != STATUS_OK) return scan_fail(scan, status);
        if (!*kept_out) return SCAN_STOP_NONE;
    }
    enum scan_stop stop = scan->accept(scan, key, row);
    if (stop != SCAN_STOP_NONE) return stop;
    scan->accepted++;
    return scan->row_limit != 0 && scan->accepted == scan->row_limit ? SCAN_STOP_LIMIT
                                                                     : SCAN_STOP_NONE;
}

/* ---- locked rows ---- */

static enum scan_stop scan_lock(struct position_scan *scan, const struct lock_name *name,
                                bool *skip_out) {
    CHECK(scan->lock_mode != LOCK_NONE);
    struct txn_lock lock = {*name, scan->lock_mode, scan->wait_policy, scan->lock_wait_ms};
    *skip_out = false;
    switch (txn_lock(scan->run, &lock)) {
    case LOCK_GRANTED: return SCAN_STOP_NONE;
    case LOCK_QUEUED:
        if (!scan->has_progress || scan->is_whole) return SCAN_STOP_LOCK;
        lock_cancel(scan->run->shard->locks,
                    scan->run->txn->slot); /* (P4): the next request waits */
        return SCAN_STOP_FULL;
    case LOCK_REFUSED:
        if (scan->wait_policy != WAIT_SKIP_LOCKED) return scan_fail(scan, STATUS_LOCK_NOWAIT);
        *skip_out = true;
        return SCAN_STOP_NONE;
    case LOCK_DEADLOCK: return scan_fail(scan, STATUS_DEADLOCK);
    case LOCK_FULL: return scan_fail(scan, STATUS_FULL);
    }
    UNREACHABLE();
}

static void scan_unlock(struct position_scan *scan, const struct lock_name *name) {
    enum status status = lock_release_one(scan->run->shard->locks, *name, scan->run->txn->slot);
    CHECK(status == STATUS_OK || status == STATUS_NOT_FOUND);
}

/* One key: locked, read, kept if it is still what the scan came for. `entry` is empty for points. */
static enum scan_stop scan_locked_key(struct position_scan *scan, struct slice key_bytes,
                                      struct slice entry) {
    CHECK(key_bytes.size > 0);
    struct shard *shard = scan->run->shard;
    struct fragment_key key = fragment_key_of(key_bytes);
    struct lock_name name = {scan->table->table_id, key.hash};
    uint32_t slot = scan->run->txn->slot;
    bool was_held = lock_held(shard->locks, name, slot) != LOCK_NONE;
    bool skip;
    enum scan_stop stop = scan_lock(scan, &name, &skip);
    if (stop != SCAN_STOP_NONE || skip) return stop;
    struct version_read read;
    bool kept = false;
    switch (fragment_read(scan->table->fragment, &key, &scan->view, &read)) {
    case VERSION_MUST_WAIT: return scan_wait_outcome(scan, read.writer);
    case VERSION_ABSENT: break;
    case VERSION_VISIBLE:
        if (entry.size > 0 &&
            !fragment_entry_matches(scan->table->fragment, scan->ordinal, version_row(read.version),
                                    entry, scan->run->out->arena))
            break;
        stop = scan_judge(scan, key.bytes, version_row(read.version), &kept);
        break;
    }
    bool may_release = (scan->flags & READ_RELEASE_FILTERED) != 0;
    if (!kept && may_release && !was_held) scan_unlock(scan, &name);
    return stop;
}

/* ---- points of the primary key ---- */

static enum scan_stop scan_point(struct position_scan *scan, struct slice key_bytes) {
    CHECK(scan->ordinal == 0);
    if (scan->lock_mode != LOCK_NONE) return scan_locked_key(scan, key_bytes, SLICE_EMPTY);
    struct fragment_key key = fragment_key_of(key_bytes);
    struct version_read read;
    bool kept;
    switch (fragment_read(scan->table->fragment, &key, &scan->view, &read)) {
    case VERSION_MUST_WAIT: return scan_wait_outcome(scan, read.writer);
    case VERSION_ABSENT: return SCAN_STOP_NONE;
    case VERSION_VISIBLE: return scan_judge(scan, key.bytes, version_row(read.version), &kept);
    }
    UNREACHABLE();
}

static enum scan_stop scan_points(struct position_scan *scan) {
    struct slice key;
    while (true) {
        struct reader before = scan->reader;
        if (!unpack_point(&scan->reader, &key)) break;
        if (key.size == 0 || key.size > KEY_ENCODED_BYTES_MAX)
            return scan_fail(scan, STATUS_INVALID);
        enum scan_stop stop = scan_is_spent(scan) ? SCAN_STOP_FULL : scan_point(scan, key);
        if (stop != SCAN_STOP_NONE) {
            scan->reader = before;
            return stop;
        }
        scan->position++;
        scan->has_progress = true;
    }
    if (scan->reader.failed) return scan_fail(scan, STATUS_CORRUPT);
    return SCAN_STOP_END;
}

/* ---- ranges ---- */

/* Behind the row at hand. */
static void scan_pass(struct position_scan *scan, const struct fragment_row *row) {
    CHECK(row->key.size > 0);
    scan->entry.size = 0;
    if (row->entry.size > 0)
        buffer_append(&scan->entry, row->entry);
    else
        fragment_entry_key(scan->table->fragment, scan->ordinal, row->row, &scan->entry);
    scan->has_progress = true;
}

static enum scan_stop scan_batch_rows(struct position_scan *scan,
                                      const struct fragment_batch *batch) {
    for (uint32_t i = 0; i < batch->row_count; i++) {
        const struct fragment_row *row = &batch->rows[i];
        bool kept;
        enum scan_stop stop = scan->lock_mode == LOCK_NONE
                                  ? scan_judge(scan, row->key, row->row, &kept)
                                  : scan_locked_key(scan, row->key, row->entry);
        if (stop != SCAN_STOP_NONE) {
            /* stopped before the row: go on behind the one before it */
            if (i > 0) scan_pass(scan, &batch->rows[i - 1]);
            return stop;
        }
        scan->has_progress = true;
    }
    scan->entry.size = 0;
    buffer_append(&scan->entry, batch->resume);
    return SCAN_STOP_NONE;
}

static uint32_t scan_batch_size(const struct position_scan *scan) {
    if (scan->row_limit == 0 || scan->has_filter) return SCAN_BATCH_ROWS;
    return MIN((uint32_t)SCAN_BATCH_ROWS, scan->row_limit - scan->accepted);
}

/* Some rows of the range; *done_out: it has no more. */
static enum scan_stop scan_range_some(struct position_scan *scan, const struct pack_range *range,
                                      bool *done_out) {
    struct fragment_row rows[SCAN_BATCH_ROWS];
    uint32_t *left = &scan->run->shard->participants->work_left;
    struct fragment_scan fragment_scan = {
        .fragment = scan->table->fragment,
        .index = scan->ordinal,
        .direction = scan->flags & READ_DESCENDING ? SCAN_BACKWARD : SCAN_FORWARD,
        .want = scan->lock_mode == LOCK_NONE ? SCAN_VISIBLE : SCAN_CANDIDATES,
        .range_flags = range->flags,
        .lower = range->lower,
        .upper = range->upper,
        .view = scan->view,
        .resume = buffer_slice(&scan->entry),
    };
    struct fragment_batch batch = {.rows = rows,
                                   .row_capacity = MAX(1u, scan_batch_size(scan)),
                                   .examine_max = MAX(*left, 1u),
                                   .arena = scan->run->out->arena};
    enum scan_result result = fragment_scan_next(&fragment_scan, &batch);
    CHECK(batch.row_count <= batch.row_capacity);
    *left -= MIN(*left, batch.examined);
    scan->examined += batch.examined;
    enum scan_stop stop = scan_batch_rows(scan, &batch);
    if (stop != SCAN_STOP_NONE) return stop;
    *done_out = result == SCAN_END;
    if (result != SCAN_MUST_WAIT) scan->has_progress = true;
    return result == SCAN_MUST_WAIT ? scan_wait_outcome(scan, batch.writer) : SCAN_STOP_NONE;
}

/* A point of an index is the range of entries that begin with it. */
static bool scan_next_range(struct position_scan *scan, struct pack_range *range_out) {
    if (scan->position_kind == POSITION_RANGES) return unpack_range(&scan->reader, range_out);
    struct slice point;
    if (!unpack_point(&scan->reader, &point)) return false;
    *range_out = (struct pack_range){RANGE_UPPER_PREFIX, point, point};
    return true;
}

static enum scan_stop scan_ranges(struct position_scan *scan) {
    CHECK(scan->table->fragment != NULL);
    struct pack_range range;
    while (scan_next_range(scan, &range)) {
        bool done = false;
        while (!done) {
            bool is_spent = scan->run->shard->participants->work_left == 0;
            if (is_spent && scan->has_progress) return SCAN_STOP_FULL;
            enum scan_stop stop = scan_range_some(scan, &range, &done);
            if (stop != SCAN_STOP_NONE) return stop;
        }
        scan->position++;
        scan->entry.size = 0;
        scan->has_progress = true;
    }
    if (scan->reader.failed) return scan_fail(scan, STATUS_CORRUPT);
    return SCAN_STOP_END;
}

enum scan_stop position_scan_run(struct position_scan *scan) {
    CHECK(scan->lock_mode == LOCK_NONE || scan->run->txn != NULL);
    bool is_hashed = scan->position_kind == POSITION_POINTS && scan->ordinal == 0;
    return is_hashed ? scan_points(scan) : scan_ranges(scan);
}
