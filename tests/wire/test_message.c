/* Facts about messages as bytes. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "tests/base/chunks.h"
#include "wire/message.h"

static struct chunks chunks;
static struct arena arena;

static void open_arena(void) {
    chunks = chunks_open();
    arena_open(&arena, &chunks.source, 0);
}
static void close_arena(void) { arena_close(&arena); }
TestSuite(message, .init = open_arena, .fini = close_arena);

static struct slice encoded(const struct message *message) {
    size_t size = message_size(message);
    struct writer writer = writer_of(arena_alloc(&arena, size), size);
    message_encode(&writer, message);
    cr_assert_eq(writer_written(&writer).size, size);
    return writer_written(&writer);
}

static struct message sample(void) {
    return (struct message){.header = {.kind = MESSAGE_READ,
                                       .wire_version = WIRE_VERSION,
                                       .from_node = 7,
                                       .to_node = 3,
                                       .shard = 2,
                                       .term = 5,
                                       .request_id = 99,
                                       .shown = 1234},
                            .read = {.incarnation = 4,
                                     .txn_number = 1ull << 40,
                                     .table_id = 9,
                                     .positions = SLICE_LITERAL("some keys"),
                                     .program = SLICE_LITERAL("bytes")}};
}

Test(message, what_is_encoded_decodes_to_the_same) {
    struct message message = sample(), back;
    struct slice frame = encoded(&message);
    cr_assert_eq(message_decode(frame, &back), STATUS_OK);
    cr_assert_eq(back.header.request_id, 99);
    cr_assert_eq(back.header.shown, 1234);
    cr_assert_eq(back.read.txn_number, 1ull << 40);
    cr_assert(slice_equal(back.read.positions, SLICE_LITERAL("some keys")));
    cr_assert(slice_equal(encoded(&back), frame));
}

Test(message, every_kind_encodes_and_decodes_when_empty) {
    for (uint32_t kind = 0; kind < 256; kind++) {
        if (strcmp(message_name((uint8_t)kind), "?") == 0) continue;
        struct message message = {.header = {.kind = (uint8_t)kind, .wire_version = WIRE_VERSION}};
        struct message back;
        cr_assert_eq(message_decode(encoded(&message), &back), STATUS_OK, "kind %u", kind);
    }
}

Test(message, a_frame_size_is_known_from_four_bytes_on) {
    struct message message = sample();
    struct slice frame = encoded(&message);
    size_t size = 1;
    cr_assert_eq(message_frame(slice_part(frame, 0, 3), &size), STATUS_OK);
    cr_assert_eq(size, 0);
    cr_assert_eq(message_frame(slice_part(frame, 0, 4), &size), STATUS_OK);
    cr_assert_eq(size, frame.size);
}

Test(message, an_absurd_frame_size_is_refused) {
    uint8_t huge[4], tiny[4];
    store_le32(huge, UINT32_MAX);
    store_le32(tiny, 8);
    size_t size;
    cr_assert_eq(message_frame(slice_of(huge, 4), &size), STATUS_TOO_LARGE);
    cr_assert_eq(message_frame(slice_of(tiny, 4), &size), STATUS_CORRUPT);
}

Test(message, no_single_flipped_bit_is_accepted) {
    struct message message = sample(), back;
    struct slice frame = encoded(&message);
    for (size_t bit = 0; bit < frame.size * 8; bit++) {
        uint8_t *copy = (uint8_t *)arena_copy(&arena, frame).data;
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_assert_neq(message_decode(slice_of(copy, frame.size), &back), STATUS_OK, "bit %zu", bit);
    }
}

Test(message, a_cut_or_lengthened_body_is_refused) {
    struct message message = sample(), back;
    struct slice frame = encoded(&message);
    cr_assert_eq(message_decode(slice_part(frame, 0, frame.size - 1), &back), STATUS_CORRUPT);
}

Test(message, a_copy_owns_its_bytes) {
    uint8_t text[] = "will change";
    struct message message = sample();
    message.read.positions = slice_of(text, sizeof text - 1);
    struct message *copy = message_copy(&arena, &message);
    memset(text, 'x', sizeof text - 1);
    cr_assert(slice_equal(copy->read.positions, SLICE_LITERAL("will change")));
    cr_assert_eq(copy->header.request_id, 99);
}

Test(message, it_prints_as_one_line_with_names) {
    struct message message = sample();
    struct buffer buffer = buffer_of(&arena);
    message_print(&buffer, &message);
    buffer_append_byte(&buffer, 0);
    cr_assert_not_null(strstr((char *)buffer.data, "READ 7 -> 3 shard 2"));
    cr_assert_not_null(strstr((char *)buffer.data, "table_id=9"));
    cr_assert_null(strchr((char *)buffer.data, '\n'));
}
