/* message.c: how does a message become bytes, and how do foreign bytes become a message?
 *
 *   frame: | u32 size of all | u32 crc32c of the rest | header, 64 bytes | body |
 *
 *   (M1) Decoding never reads outside the frame and accepts exactly the bytes that encoding gives: a
 *        message that decodes encodes to the same bytes again (the fuzzer's property).
 *   (M2) Slices of a decoded message borrow from the frame.
 *
 * Codecs are made from the field lists; this file adds the union over all kinds.
 */
#include "wire/message.h"

#include <inttypes.h>

#include "base/crc32c.h"

static_assert(MESSAGE_FRAME_BYTES == 8, "wire format");

void message_print_number(struct buffer *buffer, const char *name, uint64_t value) {
    buffer_printf(buffer, " %s=%" PRIu64, name, value);
}

void message_print_bytes(struct buffer *buffer, const char *name, struct slice value) {
    static const size_t shown_max = 16;
    buffer_printf(buffer, " %s=%zu:", name, value.size);
    for (size_t i = 0; i < MIN(value.size, shown_max); i++)
        buffer_printf(buffer, "%02x", value.data[i]);
    if (value.size > shown_max) buffer_printf(buffer, "..");
}

MESSAGE_CODEC(message_header, HEADER_FIELDS)
#define MESSAGE_CODEC_OF(number, NAME, name, FIELDS) MESSAGE_CODEC(name, FIELDS)
MESSAGE_LIST(MESSAGE_CODEC_OF)
#undef MESSAGE_CODEC_OF

#define CASE_NAME(number, NAME, name, FIELDS)                                                      \
    case MESSAGE_##NAME: return #NAME;
const char *message_name(uint8_t kind) {
    switch ((enum message_kind)kind) { MESSAGE_LIST(CASE_NAME) }
    return "?";
}

#define CASE_SIZE(number, NAME, name, FIELDS)                                                      \
    case MESSAGE_##NAME: return name##_size(&message->name);
static size_t message_body_size(const struct message *message) {
    switch ((enum message_kind)message->header.kind) { MESSAGE_LIST(CASE_SIZE) }
    UNREACHABLE();
}

#define CASE_ENCODE(number, NAME, name, FIELDS)                                                    \
    case MESSAGE_##NAME: name##_encode(writer, &message->name); return;
static void message_body_encode(struct writer *writer, const struct message *message) {
    switch ((enum message_kind)message->header.kind) { MESSAGE_LIST(CASE_ENCODE) }
    UNREACHABLE();
}

/* False for a kind that this version does not know. */
#define CASE_DECODE(number, NAME, name, FIELDS)                                                    \
    case MESSAGE_##NAME: name##_decode(reader, &message_out->name); return true;
static bool message_body_decode(struct reader *reader, struct message *message_out) {
    switch ((enum message_kind)message_out->header.kind) { MESSAGE_LIST(CASE_DECODE) }
    return false;
}

#define CASE_PRINT(number, NAME, name, FIELDS)                                                     \
    case MESSAGE_##NAME: name##_print(buffer, &message->name); return;
static void message_body_print(struct buffer *buffer, const struct message *message) {
    switch ((enum message_kind)message->header.kind) { MESSAGE_LIST(CASE_PRINT) }
}

size_t message_size(const struct message *message) {
    return MESSAGE_FRAME_BYTES + MESSAGE_HEADER_BYTES + message_body_size(message);
}

void message_encode(struct writer *writer, const struct message *message) {
    size_t size = message_size(message);
    CHECK(size <= MESSAGE_BYTES_MAX);
    uint8_t *frame = writer_take(writer, size);
    CHECK(frame != NULL);
    struct writer body = writer_of(frame + MESSAGE_FRAME_BYTES, size - MESSAGE_FRAME_BYTES);
    message_header_encode(&body, &message->header);
    CHECK(writer_written(&body).size == MESSAGE_HEADER_BYTES);
    message_body_encode(&body, message);
    CHECK(!body.failed && body.at == body.end);
    store_le32(frame, (uint32_t)size);
    store_le32(frame + 4, crc32c(0, writer_written(&body)));
}

enum status message_frame(struct slice stream, size_t *size_out) {
    *size_out = 0;
    if (stream.size < 4) return STATUS_OK;
    size_t size = load_le32(stream.data);
    if (size < MESSAGE_FRAME_BYTES + MESSAGE_HEADER_BYTES) return STATUS_CORRUPT;
    if (size > MESSAGE_BYTES_MAX) return STATUS_TOO_LARGE;
    *size_out = size;
    return STATUS_OK;
}

enum status message_decode(struct slice frame, struct message *message_out) {
    size_t size;
    enum status status = message_frame(frame, &size);
    if (status != STATUS_OK) return status;
    if (size != frame.size) return STATUS_CORRUPT;
    struct slice body = slice_part(frame, MESSAGE_FRAME_BYTES, frame.size);
    if (crc32c(0, body) != load_le32(frame.data + 4)) return STATUS_CORRUPT;
    struct reader reader = reader_of(body);
    message_header_decode(&reader, &message_out->header);
    if (message_out->header.wire_version != WIRE_VERSION) return STATUS_CORRUPT;
    if (!message_body_decode(&reader, message_out)) return STATUS_CORRUPT;
    if (reader.failed || reader_left(&reader) != 0) return STATUS_CORRUPT;
    return STATUS_OK;
}

void message_print(struct buffer *buffer, const struct message *message) {
    const struct message_header *header = &message->header;
    buffer_printf(buffer, "%s %u -> %u shard %u term %u.%u id %" PRIu64 ":",
                  message_name(header->kind), header->from_node, header->to_node, header->shard,
                  header->term, header->config_version, header->request_id);
    message_body_print(buffer, message);
}

/* Slices are found without knowing the kind's fields by encoding and decoding: copies are rare. */
struct message *message_copy(struct arena *arena, const struct message *message) {
    size_t size = message_body_size(message);
    struct writer writer = writer_of(arena_alloc(arena, size), size);
    message_body_encode(&writer, message);
    CHECK(!writer.failed);
    struct message *copy = arena_new(arena, struct message);
    copy->header = message->header;
    struct reader reader = reader_of(writer_written(&writer));
    CHECK(message_body_decode(&reader, copy));
    CHECK(!reader.failed && reader_left(&reader) == 0);
    return copy;
}
