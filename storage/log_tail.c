/* log_tail.c: a list of chunks, each with whole records one behind the other.
 *
 *   oldest -> | header | record | record | .. |  -> | header | .. |  <- newest
 *
 * A record is found by walking from the nearest cursor before it. Several readers go through the tail in order, each at its own
 * place (redo, applying, copies for peers), so there are a few cursors; one that nobody goes on from is used anew.
 */
#include "storage/log_tail.h"

#include "storage/record.h"

struct log_tail_chunk {
    struct log_tail_chunk *newer;
    uint64_t first;    /* position of its first record */
    uint32_t count;    /* records */
    size_t size, used; /* of bytes */
    uint8_t bytes[];
};

/* Cursors in the chunk, or above the position, are of no record any more. */
static void cursors_forget(struct log_tail *tail, const struct log_tail_chunk *chunk,
                           uint64_t position) {
    for (uint32_t i = 0; i < LOG_TAIL_CURSOR_COUNT; i++) {
        struct log_tail_cursor *cursor = &tail->cursors[i];
        if (cursor->chunk == chunk || cursor->position > position)
            *cursor = (struct log_tail_cursor){0};
    }
}

static void chunk_give(struct log_tail *tail, struct log_tail_chunk *chunk) {
    CHECK(tail->bytes >= chunk->used);
    tail->bytes -= chunk->used;
    cursors_forget(tail, chunk, UINT64_MAX);
    tail->source->give(tail->source, chunk, sizeof *chunk + chunk->size);
}

void log_tail_open(struct log_tail *tail, struct chunk_source *source, size_t chunk_bytes) {
    CHECK(source != NULL && chunk_bytes > sizeof(struct log_tail_chunk));
    *tail = (struct log_tail){.source = source, .chunk_bytes = chunk_bytes, .first = 1};
}

void log_tail_reset(struct log_tail *tail, uint64_t last) {
    while (tail->oldest != NULL) {
        struct log_tail_chunk *chunk = tail->oldest;
        tail->oldest = chunk->newer;
        chunk_give(tail, chunk);
    }
    CHECK(tail->bytes == 0);
    tail->newest = NULL;
    tail->first = last + 1;
    tail->last = last;
}

static struct log_tail_chunk *chunk_add(struct log_tail *tail, size_t record_bytes) {
    CHECK(record_bytes > 0);
    size_t size = MAX(tail->chunk_bytes - sizeof(struct log_tail_chunk), record_bytes);
    struct log_tail_chunk *chunk = tail->source->take(tail->source, sizeof *chunk + size);
    *chunk = (struct log_tail_chunk){.first = tail->last + 1, .size = size};
    if (tail->newest == NULL)
        tail->oldest = chunk;
    else
        tail->newest->newer = chunk;
    tail->newest = chunk;
    return chunk;
}

void log_tail_append(struct log_tail *tail, struct slice record) {
    CHECK(record.size >= RECORD_HEADER_BYTES);
    CHECK(load_le64(record.data + 16) == tail->last + 1); /* (LT1) */
    struct log_tail_chunk *chunk = tail->newest;
    if (chunk == NULL || chunk->size - chunk->used < record.size)
        chunk = chunk_add(tail, record.size);
    memcpy(chunk->bytes + chunk->used, record.data, record.size);
    chunk->used += record.size;
    chunk->count++;
    tail->bytes += record.size;
    tail->last++;
}

/* Offset of the record number `index` of the chunk; of its end when there are just as many. */
static size_t chunk_offset(const struct log_tail_chunk *chunk, uint64_t index) {
    CHECK(index <= chunk->count);
    size_t offset = 0;
    for (uint64_t i = 0; i < index; i++) offset += load_le32(chunk->bytes + offset);
    CHECK(offset <= chunk->used);
    return offset;
}

void log_tail_cut(struct log_tail *tail, uint64_t position) {
    CHECK(position + 1 >= tail->first);
    if (position >= tail->last) return;
    cursors_forget(tail, NULL, position);
    struct log_tail_chunk *chunk = tail->oldest, *kept = NULL;
    while (chunk != NULL && chunk->first <= position) {
        kept = chunk;
        chunk = chunk->newer;
    }
    while (chunk != NULL) {
        struct log_tail_chunk *newer = chunk->newer;
        chunk_give(tail, chunk);
        chunk = newer;
    }
    if (kept == NULL) {
        tail->oldest = tail->newest = NULL;
    } else {
        kept->newer = NULL;
        tail->newest = kept;
        size_t offset = chunk_offset(kept, position - kept->first + 1);
        tail->bytes -= kept->used - offset;
        kept->used = offset;
        kept->count = (uint32_t)(position - kept->first + 1);
    }
    tail->last = position;
}

void log_tail_trim(struct log_tail *tail, uint64_t position, size_t bytes_kept) {
    CHECK(position <= tail->last);
    while (tail->oldest != NULL) {
        struct log_tail_chunk *chunk = tail->oldest;
        if (chunk->first + chunk->count > position + 1) return;
        if (tail->bytes - chunk->used < bytes_kept) return;
        if (chunk == tail->newest && bytes_kept == 0 && chunk->used < chunk->size / 2) {
            return; /* goes on filling: no chunk is taken for each record of a quiet shard */
        }
        tail->oldest = chunk->newer;
        if (tail->newest == chunk) tail->newest = NULL;
        tail->first = chunk->first + chunk->count;
        chunk_give(tail, chunk);
    }
}

/* The nearest cursor at or before the position; when there is none, the one that was unused for longest, at the start. */
static struct log_tail_cursor *cursor_before(struct log_tail *tail, uint64_t position) {
    struct log_tail_cursor *best = NULL, *stale = &tail->cursors[0];
    for (uint32_t i = 0; i < LOG_TAIL_CURSOR_COUNT; i++) {
        struct log_tail_cursor *cursor = &tail->cursors[i];
        if (cursor->used_at < stale->used_at) stale = cursor;
        if (cursor->chunk == NULL || cursor->position > position) continue;
        if (best == NULL || cursor->position > best->position) best = cursor;
    }
    if (best != NULL) return best;
    *stale = (struct log_tail_cursor){.chunk = tail->oldest, .position = tail->oldest->first};
    return stale;
}

struct slice log_tail_record(struct log_tail *tail, uint64_t position) {
    CHECK(position >= tail->first && position <= tail->last);
    struct log_tail_cursor *cursor = cursor_before(tail, position);
    while (position >= cursor->chunk->first + cursor->chunk->count) {
        cursor->chunk = cursor->chunk->newer;
        cursor->position = cursor->chunk->first;
        cursor->offset = 0;
    }
    for (; cursor->position < position; cursor->position++)
        cursor->offset += load_le32(cursor->chunk->bytes + cursor->offset);
    cursor->used_at = ++tail->look_up_count;
    CHECK(cursor->offset < cursor->chunk->used);
    const uint8_t *at = cursor->chunk->bytes + cursor->offset;
    struct slice record = slice_of(at, load_le32(at));
    CHECK(load_le64(record.data + 16) == position);
    return record;
}

struct slice log_tail_copy(struct log_tail *tail, uint64_t from, size_t bytes_max,
                           struct arena *arena, uint32_t *count_out) {
    struct buffer records = buffer_of(arena);
    uint32_t count = 0;
    for (uint64_t position = from; position <= tail->last; position++) {
        struct slice record = log_tail_record(tail, position);
        if (count > 0 && records.size + record.size > bytes_max) break;
        buffer_append(&records, record);
        count++;
    }
    CHECK(count > 0);
    *count_out = count;
    return buffer_slice(&records);
}
