/* Facts about the packed lists in requests, and about effects. */
#include <criterion/criterion.h>

#include "tests/base/chunks.h"
#include "wire/pack.h"
#include "wire/step.h"

static struct chunks chunks;
static struct arena arena;

static void open_arena(void) {
    chunks = chunks_open();
    arena_open(&arena, &chunks.source, 0);
}
static void close_arena(void) { arena_close(&arena); }
TestSuite(pack, .init = open_arena, .fini = close_arena);

Test(pack, points_ranges_and_ops_come_back_in_order) {
    struct buffer buffer = buffer_of(&arena);
    pack_point(&buffer, SLICE_LITERAL("k1"));
    pack_point(&buffer, SLICE_LITERAL(""));
    struct reader reader = reader_of(buffer_slice(&buffer));
    struct slice key;
    cr_assert(unpack_point(&reader, &key));
    cr_assert(slice_equal(key, SLICE_LITERAL("k1")));
    cr_assert(unpack_point(&reader, &key));
    cr_assert_eq(key.size, 0);
    cr_assert_not(unpack_point(&reader, &key));
    cr_assert_not(reader.failed);

    buffer = buffer_of(&arena);
    struct pack_range range = {RANGE_LOWER_OPEN, SLICE_LITERAL("a"), SLICE_LITERAL("b")}, back;
    pack_range(&buffer, &range);
    reader = reader_of(buffer_slice(&buffer));
    cr_assert(unpack_range(&reader, &back));
    cr_assert_eq(back.flags, RANGE_LOWER_OPEN);
    cr_assert(slice_equal(back.upper, SLICE_LITERAL("b")));

    buffer = buffer_of(&arena);
    struct pack_op op = {WRITE_INSERT, SLICE_LITERAL("key"), SLICE_LITERAL("row")}, op_back;
    pack_op(&buffer, &op);
    reader = reader_of(buffer_slice(&buffer));
    cr_assert(unpack_op(&reader, &op_back));
    cr_assert_eq(op_back.kind, WRITE_INSERT);
    cr_assert(slice_equal(op_back.row, SLICE_LITERAL("row")));
}

Test(pack, a_row_may_be_built_in_place) {
    struct buffer buffer = buffer_of(&arena);
    size_t opened_at = pack_row_open(&buffer, 3);
    buffer_append(&buffer, SLICE_LITERAL("abc"));
    pack_row_close(&buffer, opened_at);
    pack_row(&buffer, 4, SLICE_LITERAL("d"));
    struct reader reader = reader_of(buffer_slice(&buffer));
    struct pack_row row;
    cr_assert(unpack_row(&reader, &row));
    cr_assert_eq(row.ordinal, 3);
    cr_assert(slice_equal(row.bytes, SLICE_LITERAL("abc")));
    cr_assert(unpack_row(&reader, &row));
    cr_assert_eq(row.ordinal, 4);
    cr_assert_not(unpack_row(&reader, &row));
}

Test(pack, a_cut_list_fails_its_reader) {
    struct buffer buffer = buffer_of(&arena);
    struct pack_op op = {WRITE_PUT, SLICE_LITERAL("key"), SLICE_LITERAL("row")}, back;
    pack_op(&buffer, &op);
    struct reader reader = reader_of(slice_part(buffer_slice(&buffer), 0, buffer.size - 1));
    cr_assert_not(unpack_op(&reader, &back));
    cr_assert(reader.failed);
    buffer.data[0] = 77;
    reader = reader_of(buffer_slice(&buffer));
    cr_assert_not(unpack_op(&reader, &back));
    cr_assert(reader.failed);
}

Test(pack, effects_grow_and_keep_what_was_queued) {
    struct effects effects;
    effects_open(&effects, &arena);
    for (uint32_t i = 0; i < 100; i++) {
        effects_message(&effects, MESSAGE_BEAT)->header.request_id = i;
    }
    cr_assert_eq(effects.count, 100);
    for (uint32_t i = 0; i < 100; i++) cr_assert_eq(effects.list[i].message->header.request_id, i);
    effects_deadline(&effects, 50);
    effects_deadline(&effects, 70);
    cr_assert_eq(effects.deadline_us, 50);
    effects_clear(&effects);
    cr_assert_eq(effects.count, 0);
    cr_assert_eq(effects.deadline_us, UINT64_MAX);
}

Test(pack, an_answer_goes_back_to_who_asked) {
    struct effects effects;
    effects_open(&effects, &arena);
    struct message request = {.header = {.kind = MESSAGE_READ,
                                         .from_node = 9,
                                         .to_node = 2,
                                         .shard = 4,
                                         .from_incarnation = 5,
                                         .request_id = 17}};
    struct message *answer = effects_answer(&effects, &request, MESSAGE_ROWS);
    cr_assert_eq(answer->header.to_node, 9);
    cr_assert_eq(answer->header.from_node, 2);
    cr_assert_eq(answer->header.to_incarnation, 5);
    cr_assert_eq(answer->header.request_id, 17);
    cr_assert_eq(answer->header.shard, 4);
}
