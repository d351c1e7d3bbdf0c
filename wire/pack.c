/* pack.c: how are lists packed into one field of a message?
 *
 * point: | varint size | key |      range: | flags | varint size | lower | varint size | upper |
 * op: | kind | varint size | key | varint size | row |      row: | u32 ordinal | u32 size | bytes |
 * Sizes are small and rows are the bulk: rows have fixed heads so that their size can be patched
 * in.
 */
#include "wire/pack.h"

static void pack_slice(struct buffer *buffer, struct slice slice) {
    size_t size = varint_size(slice.size) + slice.size;
    buffer_reserve(buffer, size);
    struct writer writer = writer_of(buffer->data + buffer->size, size);
    writer_slice(&writer, slice);
    CHECK(!writer.failed && writer.at == writer.end);
    buffer->size += size;
}

void pack_point(struct buffer *buffer, struct slice key) { pack_slice(buffer, key); }

void pack_range(struct buffer *buffer, const struct pack_range *range) {
    buffer_append_byte(buffer, range->flags);
    pack_slice(buffer, range->lower);
    pack_slice(buffer, range->upper);
}

void pack_op(struct buffer *buffer, const struct pack_op *op) {
    CHECK(op->kind != WRITE_DELETE || op->row.size == 0);
    buffer_append_byte(buffer, (uint8_t)op->kind);
    pack_slice(buffer, op->key);
    pack_slice(buffer, op->row);
}

size_t pack_row_open(struct buffer *buffer, uint32_t ordinal) {
    size_t opened_at = buffer->size;
    pack_u32(buffer, ordinal);
    pack_u32(buffer, 0);
    return opened_at;
}

void pack_row_close(struct buffer *buffer, size_t opened_at) {
    CHECK(buffer->size >= opened_at + 8);
    store_le32(buffer->data + opened_at + 4, (uint32_t)(buffer->size - opened_at - 8));
}

bool unpack_point(struct reader *reader, struct slice *key_out) {
    if (reader_left(reader) == 0) return false;
    *key_out = reader_slice(reader);
    return !reader->failed;
}

bool unpack_range(struct reader *reader, struct pack_range *range_out) {
    if (reader_left(reader) == 0) return false;
    range_out->flags = reader_u8(reader);
    range_out->lower = reader_slice(reader);
    range_out->upper = reader_slice(reader);
    return !reader->failed;
}

bool unpack_op(struct reader *reader, struct pack_op *op_out) {
    if (reader_left(reader) == 0) return false;
    uint8_t kind = reader_u8(reader);
    if (kind < WRITE_INSERT || kind > WRITE_PUT) reader_fail(reader);
    op_out->kind = (enum write_kind)kind;
    op_out->key = reader_slice(reader);
    op_out->row = reader_slice(reader);
    return !reader->failed;
}

void pack_u16(struct buffer *buffer, uint16_t value) {
    buffer_append(buffer, slice_of(&value, sizeof value));
}
void pack_u32(struct buffer *buffer, uint32_t value) {
    buffer_append(buffer, slice_of(&value, sizeof value));
}
void pack_u64(struct buffer *buffer, uint64_t value) {
    buffer_append(buffer, slice_of(&value, sizeof value));
}
