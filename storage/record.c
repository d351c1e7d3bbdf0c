/* record.c: how does a decision become bytes, and when are foreign bytes a decision?
 *
 * record: | u32 size | u32 crc32c of the rest | u8 kind | u8 format | u16 shard | u32 term | u64 position | body |
 *
 *   (C1) record_decode accepts exactly the bytes that record_encode gives: what decodes encodes to the same
 *        bytes again (the fuzzer's property). So a record is forwarded as it came, never encoded anew.
 *   (C2) Lists inside a body are verified as a whole before anybody iterates them; iteration CHECKs.
 *   (C3) Nothing outside the given bytes is read, whatever they say about sizes.
 * Codecs of bodies are made from the field lists of record.h; this file adds the header, the checksum and the
 * lists.
 */
#include "storage/record.h"

#include <inttypes.h>

#include "base/crc32c.h"

#define RECORD_CHECKED_FROM 8 /* what the checksum covers begins behind it */

#define RECORD_CODEC(number, NAME, name, FIELDS) MESSAGE_CODEC(record_##name, FIELDS)
RECORD_LIST(RECORD_CODEC)
#undef RECORD_CODEC

static_assert(RECORD_HEADER_BYTES == 4 + 4 + 1 + 1 + 2 + 4 + 8, "disk and wire format");

#define CASE_NAME(number, NAME, name, FIELDS)                                                      \
    case RECORD_##NAME: return #NAME;
const char *record_name(uint8_t kind) {
    switch ((enum record_kind)kind) { RECORD_LIST(CASE_NAME) }
    return "?";
}

#define CASE_SIZE(number, NAME, name, FIELDS)                                                      \
    case RECORD_##NAME: return record_##name##_size(&record->name);
static size_t record_body_size(const struct record *record) {
    switch ((enum record_kind)record->kind) { RECORD_LIST(CASE_SIZE) }
    UNREACHABLE();
}

#define CASE_ENCODE(number, NAME, name, FIELDS)                                                    \
    case RECORD_##NAME: record_##name##_encode(writer, &record->name); return;
static void record_body_encode(struct writer *writer, const struct record *record) {
    switch ((enum record_kind)record->kind) { RECORD_LIST(CASE_ENCODE) }
    UNREACHABLE();
}

/* False for a kind that this version does not know. */
#define CASE_DECODE(number, NAME, name, FIELDS)                                                    \
    case RECORD_##NAME: record_##name##_decode(reader, &record_out->name); return true;
static bool record_body_decode(struct reader *reader, struct record *record_out) {
    switch ((enum record_kind)record_out->kind) { RECORD_LIST(CASE_DECODE) }
    return false;
}

#define CASE_PRINT(number, NAME, name, FIELDS)                                                     \
    case RECORD_##NAME: record_##name##_print(buffer, &record->name); return;
static void record_body_print(struct buffer *buffer, const struct record *record) {
    switch ((enum record_kind)record->kind) { RECORD_LIST(CASE_PRINT) }
}

/* ---- verification ---- */

/* The next op, or false at the end and, with reader->failed, where the bytes are no op. */
static bool op_read(struct reader *reader, struct record_op *op_out) {
    if (reader_left(reader) == 0) return false;
    op_out->table_id = reader_u32(reader);
    op_out->kind = reader_u8(reader);
    op_out->key = reader_slice(reader);
    op_out->row = reader_slice(reader);
    if (op_out->kind != RECORD_OP_PUT && op_out->kind != RECORD_OP_DELETE) reader_fail(reader);
    if (op_out->kind == RECORD_OP_DELETE && op_out->row.size > 0) reader_fail(reader);
    return !reader->failed;
}

static bool ops_are_whole(struct slice ops, uint32_t op_count) {
    struct reader reader = reader_of(ops);
    struct record_op op;
    uint32_t count = 0;
    while (count <= op_count && op_read(&reader, &op)) count++;
    return !reader.failed && count == op_count;
}

static bool shards_rise(struct slice shards) {
    if (shards.size % sizeof(uint16_t) != 0) return false;
    for (size_t at = sizeof(uint16_t); at < shards.size; at += sizeof(uint16_t)) {
        if (load_le16(shards.data + at - sizeof(uint16_t)) >= load_le16(shards.data + at)) {
            return false;
        }
    }
    return true;
}

static bool numbers_rise(struct slice numbers) {
    if (numbers.size % sizeof(uint64_t) != 0) return false;
    for (size_t at = sizeof(uint64_t); at < numbers.size; at += sizeof(uint64_t)) {
        if (load_le64(numbers.data + at - sizeof(uint64_t)) >= load_le64(numbers.data + at)) {
            return false;
        }
    }
    return true;
}

/* (C2) What the field lists alone do not say. */
static bool record_is_sound(const struct record *record) {
    if (!record_is_local(record) && (record->term == 0 || record->position == 0)) return false;
    switch ((enum record_kind)record->kind) {
    case RECORD_COMMIT: return ops_are_whole(record->commit.ops, record->commit.op_count);
    case RECORD_PREPARE:
        return ops_are_whole(record->prepare.ops, record->prepare.op_count) &&
               shards_rise(record->prepare.participants);
    case RECORD_MARK: return numbers_rise(record->mark.exceptions);
    case RECORD_COMPLETE:
    case RECORD_TOMBSTONE:
    case RECORD_SCHEMA:
    case RECORD_ENDED:
    case RECORD_TERM:
    case RECORD_COUNTER:
    case RECORD_SEQUENCE:
    case RECORD_DURABILITY:
    case RECORD_REVISION:
    case RECORD_EMPTY:
    case RECORD_CONFIRMED:
    case RECORD_CUT:
    case RECORD_RESET:
    case RECORD_OPENED: return true;
    }
    return false;
}

/* ---- to bytes ---- */

size_t record_size(const struct record *record) {
    return RECORD_HEADER_BYTES + record_body_size(record);
}

void record_encode(struct writer *writer, const struct record *record) {
    size_t size = record_size(record);
    CHECK(size <= RECORD_BYTES_MAX);
    CHECK(record_is_sound(record)); /* (C1) */
    uint8_t *start = writer->at;
    writer_u32(writer, (uint32_t)size);
    writer_u32(writer, 0);
    writer_u8(writer, record->kind);
    writer_u8(writer, RECORD_FORMAT);
    writer_u16(writer, record->shard);
    writer_u32(writer, record->term);
    writer_u64(writer, record->position);
    record_body_encode(writer, record);
    CHECK(!writer->failed);
    CHECK((size_t)(writer->at - start) == size);
    struct slice checked = slice_of(start + RECORD_CHECKED_FROM, size - RECORD_CHECKED_FROM);
    store_le32(start + 4, crc32c(0, checked));
}

struct slice record_append(struct buffer *buffer, const struct record *record) {
    size_t size = record_size(record);
    CHECK(size <= RECORD_BYTES_MAX);
    buffer_reserve(buffer, size);
    struct writer writer = writer_of(buffer->data + buffer->size, size);
    record_encode(&writer, record);
    buffer->size += size;
    return writer_written(&writer);
}

/* ---- from bytes ---- */

size_t record_frame(struct slice stream) {
    if (stream.size < sizeof(uint32_t)) return 0;
    uint32_t size = load_le32(stream.data);
    return size >= RECORD_HEADER_BYTES && size <= RECORD_BYTES_MAX ? size : 0;
}

enum status record_decode(struct slice bytes, struct record *record_out) {
    CHECK(record_out != NULL);
    size_t size = record_frame(bytes);
    if (size == 0 || size != bytes.size) return STATUS_CORRUPT;
    struct reader reader = reader_of(bytes);
    reader_u32(&reader);
    uint32_t checksum = reader_u32(&reader);
    if (checksum != crc32c(0, slice_part(bytes, RECORD_CHECKED_FROM, size))) return STATUS_CORRUPT;
    memset(record_out, 0, sizeof(*record_out));
    record_out->kind = reader_u8(&reader);
    uint8_t format = reader_u8(&reader);
    record_out->shard = reader_u16(&reader);
    record_out->term = reader_u32(&reader);
    record_out->position = reader_u64(&reader);
    CHECK(!reader.failed); /* record_frame: the header is there */
    if (format != RECORD_FORMAT || !record_body_decode(&reader, record_out)) return STATUS_CORRUPT;
    if (reader.failed || reader_left(&reader) != 0) return STATUS_CORRUPT;
    return record_is_sound(record_out) ? STATUS_OK : STATUS_CORRUPT;
}

enum status record_next(struct slice *stream, struct slice *bytes_out, struct record *record_out) {
    CHECK(stream != NULL);
    if (stream->size == 0) return STATUS_END;
    size_t size = record_frame(*stream);
    if (size == 0 || size > stream->size) return STATUS_CORRUPT; /* (C3) */
    struct slice bytes = slice_part(*stream, 0, size);
    enum status status = record_decode(bytes, record_out);
    if (status != STATUS_OK) return status;
    if (bytes_out != NULL) *bytes_out = bytes;
    *stream = slice_part(*stream, size, stream->size - size);
    return STATUS_OK;
}

void record_print(struct buffer *buffer, const struct record *record) {
    CHECK(buffer != NULL && record != NULL);
    buffer_printf(buffer, "%s shard %u term %" PRIu32 " position %" PRIu64 ":",
                  record_name(record->kind), record->shard, record->term, record->position);
    record_body_print(buffer, record);
}

/* ---- ops ---- */

size_t record_op_size(const struct record_op *op) {
    return sizeof(uint32_t) + 1 + message_size_bytes(op->key) + message_size_bytes(op->row);
}

void record_op_append(struct buffer *ops, const struct record_op *op) {
    CHECK(op->kind == RECORD_OP_PUT || op->kind == RECORD_OP_DELETE);
    CHECK(op->kind == RECORD_OP_PUT || op->row.size == 0);
    size_t size = record_op_size(op);
    buffer_reserve(ops, size);
    struct writer writer = writer_of(ops->data + ops->size, size);
    writer_u32(&writer, op->table_id);
    writer_u8(&writer, op->kind);
    writer_slice(&writer, op->key);
    writer_slice(&writer, op->row);
    CHECK(!writer.failed);
    CHECK(writer.at == writer.end);
    ops->size += size;
}

bool record_op_next(struct reader *ops, struct record_op *op_out) {
    CHECK(op_out != NULL);
    bool found = op_read(ops, op_out);
    CHECK(!ops->failed); /* (C2) */
    return found;
}
