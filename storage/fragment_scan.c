/* fragment_scan.c: rows in the order of an index, as a reader sees them.
 *
 * A scan keeps no place in the tree from call to call, only the key of the last entry that it has
 * passed: rows, and whole nodes, may come and go between calls.
 *
 *   from --> (entry > resume, or >= lower) ... entry ... (end of range) -->      forward
 *
 * Each entry leads to a row; the view decides which version of it is seen (version_find). The row
 * belongs into the result under this entry only if that version carries the entry's key. Where all
 * versions carry the same keys, which flags tell (row_keys_are_same), nothing need be compared.
 *
 *   (S1) A row is returned under exactly one entry of an index, whatever versions it has.
 *   (S2) A call looks at examine_max entries at most, passes none unseen, and `resume` names the
 *        last one done with. The entry of a row to wait for is not done with.
 */
#include "storage/fragment_private.h"

enum { FETCH_AHEAD = 8 };

struct scan_bounds {
    bool has_begin, has_end;
    struct ordered_point begin, end; /* by direction */
};

static struct ordered_point lower_point(const struct fragment_scan *scan) {
    bool is_open = (scan->range_flags & RANGE_LOWER_OPEN) != 0;
    CHECK((scan->range_flags & RANGE_LOWER_NONE) == 0);
    return ordered_point_of(scan->lower, is_open ? ORDERED_AFTER : ORDERED_BEFORE);
}

static struct ordered_point upper_point(const struct fragment_scan *scan) {
    CHECK((scan->range_flags & RANGE_UPPER_NONE) == 0);
    if ((scan->range_flags & RANGE_UPPER_OPEN) != 0)
        return ordered_point_of(scan->upper, ORDERED_BEFORE);
    if ((scan->range_flags & RANGE_UPPER_PREFIX) != 0)
        return ordered_point_of(scan->upper, ORDERED_AFTER_PREFIX);
    return ordered_point_of(scan->upper, ORDERED_AFTER);
}

static void scan_bounds_forward(const struct fragment_scan *scan, struct scan_bounds *bounds) {
    bounds->has_begin = true;
    CHECK(scan->direction == SCAN_FORWARD);
    if (scan->resume.size > 0)
        bounds->begin = ordered_point_of(scan->resume, ORDERED_AFTER);
    else if ((scan->range_flags & RANGE_LOWER_NONE) == 0)
        bounds->begin = lower_point(scan);
    else
        bounds->has_begin = false;
    bounds->has_end = (scan->range_flags & RANGE_UPPER_NONE) == 0;
    if (bounds->has_end) bounds->end = upper_point(scan);
}

static void scan_bounds_backward(const struct fragment_scan *scan, struct scan_bounds *bounds) {
    bounds->has_begin = true;
    CHECK(scan->direction == SCAN_BACKWARD);
    if (scan->resume.size > 0)
        bounds->begin = ordered_point_of(scan->resume, ORDERED_BEFORE);
    else if ((scan->range_flags & RANGE_UPPER_NONE) == 0)
        bounds->begin = upper_point(scan);
    else
        bounds->has_begin = false;
    bounds->has_end = (scan->range_flags & RANGE_LOWER_NONE) == 0;
    if (bounds->has_end) bounds->end = lower_point(scan);
}

static bool scan_seek(const struct fragment_scan *scan, const struct scan_bounds *bounds,
                      struct ordered_cursor *cursor) {
    CHECK(scan->index < scan->fragment->index_count);
    const struct ordered_index *tree = &scan->fragment->indexes[scan->index].tree;
    if (scan->direction == SCAN_FORWARD)
        return bounds->has_begin ? ordered_seek_right(tree, &bounds->begin, cursor)
                                 : ordered_seek_first(tree, cursor);
    return bounds->has_begin ? ordered_seek_left(tree, &bounds->begin, cursor)
                             : ordered_seek_last(tree, cursor);
}

static bool scan_is_inside(const struct fragment_scan *scan, const struct scan_bounds *bounds,
                           const struct ordered_cursor *cursor) {
    if (!bounds->has_end) return true;
    bool is_left = ordered_is_left(cursor, &bounds->end);
    return scan->direction == SCAN_FORWARD ? is_left : !is_left;
}

static bool scan_advance(const struct fragment_scan *scan, struct ordered_cursor *cursor) {
    if (scan->direction == SCAN_FORWARD) {
        ordered_fetch(cursor, FETCH_AHEAD);
        return ordered_next(cursor);
    }
    ordered_fetch(cursor, -FETCH_AHEAD);
    return ordered_previous(cursor);
}

/* (S1) */
static bool scan_entry_is_of(const struct fragment_scan *scan, const struct ordered_cursor *cursor,
                             uint32_t row, const struct version *version) {
    const struct fragment *fragment = scan->fragment;
    if (scan->index == 0 || row_keys_are_same(fragment, row)) return true;
    struct buffer *key = &fragment->owner->key;
    key->size = 0;
    fragment_entry_key(fragment, scan->index, version_row(version), key);
    CHECK(key->size > 0);
    return ordered_key_equals(cursor, buffer_slice(key));
}

/* Whether a pending version of another writer is on top: then only its outcome will tell. */
static bool row_is_open(const struct fragment_scan *scan, uint32_t row) {
    const struct memory *memory = fragment_memory(scan->fragment);
    const struct version *newest = version_at(memory, row_at(memory, row)->newest);
    CHECK(scan->want == SCAN_CANDIDATES);
    return version_is_pending(newest) && version_writer(newest) != scan->view.writer;
}

static void batch_add(const struct fragment_scan *scan, struct fragment_batch *batch,
                      const struct ordered_cursor *cursor, const struct version_read *read) {
    const struct row_anchor *anchor = row_at(fragment_memory(scan->fragment), ordered_row(cursor));
    CHECK(batch->row_count < batch->row_capacity);
    struct fragment_row *row = &batch->rows[batch->row_count++];
    *row = (struct fragment_row){.key = row_key(anchor)};
    if (scan->want == SCAN_CANDIDATES) {
        struct buffer entry = buffer_of(batch->arena);
        ordered_key(cursor, &entry);
        row->entry = buffer_slice(&entry);
        return;
    }
    row->row = version_row(read->version);
    row->timestamp = read->timestamp;
    row->position = read->position;
}

/* One entry; false: its row is to be waited for. */
static bool scan_visit(const struct fragment_scan *scan, struct fragment_batch *batch,
                       const struct ordered_cursor *cursor) {
    const struct fragment *fragment = scan->fragment;
    uint32_t row = ordered_row(cursor);
    struct version_read read = {0};
    CHECK(row != MEMORY_NONE);
    if (scan->want == SCAN_CANDIDATES && row_is_open(scan, row)) {
        batch_add(scan, batch, cursor, &read);
        return true;
    }
    uint32_t newest = row_at(fragment_memory(fragment), row)->newest;
    switch (version_find(&fragment->owner->writers, newest, &scan->view, &read)) {
    case VERSION_ABSENT: return true;
    case VERSION_MUST_WAIT: batch->writer = read.writer; return false;
    case VERSION_VISIBLE:
        if (scan_entry_is_of(scan, cursor, row, read.version))
            batch_add(scan, batch, cursor, &read);
        return true;
    }
    UNREACHABLE();
}

/* Where the next call goes on: behind `last`, or where this one did. */
static void scan_set_resume(const struct fragment_scan *scan, struct fragment_batch *batch,
                            const struct ordered_cursor *last) {
    CHECK(batch->examined <= batch->examine_max);
    if (batch->examined == 0) {
        batch->resume = arena_copy(batch->arena, scan->resume);
        return;
    }
    struct buffer key = buffer_of(batch->arena);
    ordered_key(last, &key);
    batch->resume = buffer_slice(&key);
}

enum scan_result fragment_scan_next(const struct fragment_scan *scan,
                                    struct fragment_batch *batch) {
    CHECK(scan->fragment->state == FRAGMENT_OPEN);
    CHECK(batch->row_capacity > 0 && batch->examine_max > 0);
    batch->row_count = batch->examined = 0;
    batch->writer = WRITER_NONE;
    struct scan_bounds bounds;
    struct ordered_cursor cursor, last = {0};
    if (scan->direction == SCAN_FORWARD)
        scan_bounds_forward(scan, &bounds);
    else
        scan_bounds_backward(scan, &bounds);
    enum scan_result result = SCAN_END;
    bool more = scan_seek(scan, &bounds, &cursor);
    while (more && scan_is_inside(scan, &bounds, &cursor)) {
        bool is_full = batch->row_count == batch->row_capacity;
        if (is_full || batch->examined == batch->examine_max) {
            result = SCAN_MORE;
            break;
        }
        if (!scan_visit(scan, batch, &cursor)) {
            result = SCAN_MUST_WAIT;
            break;
        }
        batch->examined++;
        last = cursor;
        more = scan_advance(scan, &cursor);
    }
    scan_set_resume(scan, batch, &last);
    return result;
}
