/* log_tail.c: a list of chunks, each with whole records one behind the other.
 *
 *   oldest -> | header | record | record | .. |  -> | header | .. |  <- newest
 *
 * A record is found by walking its chunk, from the last place that was asked for when that is before it: copies
 * and applies go in order.
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

static void chunk_give(struct log_tail *tail, struct log_tail_chunk *chunk) {
    CHECK(tail->bytes >= chunk->used);
    tail->bytes -= chunk->used;
    tail->cursor_chunk = NULL;
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
    tail->cursor_chunk = NULL;
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

/* Moves the cursor to a record that is there. */
static void tail_seek(struct log_tail *tail, uint64_t position) {
    CHECK(position >= tail->first && position <= tail->last);
    if (tail->cursor_chunk == NULL || tail->cursor_position > position) {
        tail->cursor_chunk = tail->oldest;
        tail->cursor_position = tail->oldest->first;
        tail->cursor_offset = 0;
    }
    while (position >= tail->cursor_chunk->first + tail->cursor_chunk->count) {
        tail->cursor_chunk = tail->cursor_chunk->newer;
        tail->cursor_position = tail->cursor_chunk->first;
        tail->cursor_offset = 0;
    }
    while (tail->cursor_position < position) {
        tail->cursor_offset += load_le32(tail->cursor_chunk->bytes + tail->cursor_offset);
        tail->cursor_position++;
    }
    CHECK(tail->cursor_offset < tail->cursor_chunk->used);
}

struct slice log_tail_record(struct log_tail *tail, uint64_t position) {
    tail_seek(tail, position);
    const uint8_t *at = tail->cursor_chunk->bytes + tail->cursor_offset;
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
