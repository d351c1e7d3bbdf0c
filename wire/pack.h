/* wire/pack.h: the packed lists inside the `bytes` fields of requests and answers (see
 * wire/request.h).
 *
 * Packing appends to a buffer in an arena; unpacking iterates without copying. An iterator over
 * foreign bytes ends with false both at the end and at a damage: ask `reader.failed` afterwards.
 */
#ifndef WIRE_PACK_H
#define WIRE_PACK_H

#include "wire/request.h"

struct pack_range {
    uint8_t flags; /* enum range_flags */
    struct slice lower, upper;
};
struct pack_op {
    enum write_kind kind;
    struct slice key, row; /* no row with WRITE_DELETE */
};
struct pack_row {
    uint32_t ordinal; /* of the point or range that found it */
    struct slice bytes;
};

void pack_point(struct buffer *buffer, struct slice key);
void pack_range(struct buffer *buffer, const struct pack_range *range);
void pack_op(struct buffer *buffer, const struct pack_op *op);

/* A row in two moves, so that it is built in place: open reserves its head, close patches the size
 * in. Nothing else may be appended to the buffer outside of the row in between. */
size_t pack_row_open(struct buffer *buffer, uint32_t ordinal);
void pack_row_close(struct buffer *buffer, size_t opened_at);
static inline void pack_row(struct buffer *buffer, uint32_t ordinal, struct slice bytes) {
    buffer_reserve(buffer, 8 + bytes.size);
    uint8_t *at = buffer->data + buffer->size;
    store_le32(at, ordinal);
    store_le32(at + 4, (uint32_t)bytes.size);
    if (bytes.size > 0) memcpy(at + 8, bytes.data, bytes.size);
    buffer->size += 8 + bytes.size;
}

bool unpack_point(struct reader *reader, struct slice *key_out);
bool unpack_range(struct reader *reader, struct pack_range *range_out);
/* A kind that is none fails the reader. */
bool unpack_op(struct reader *reader, struct pack_op *op_out);
static inline bool unpack_row(struct reader *reader, struct pack_row *row_out) {
    if (reader_left(reader) == 0) return false;
    row_out->ordinal = reader_u32(reader);
    uint32_t size = reader_u32(reader);
    row_out->bytes = reader_take(reader, size);
    return !reader->failed;
}

/* Lists of numbers: little endian, no head. */
void pack_u16(struct buffer *buffer, uint16_t value);
void pack_u32(struct buffer *buffer, uint32_t value);
void pack_u64(struct buffer *buffer, uint64_t value);

#endif
