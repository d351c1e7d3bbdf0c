/* test_record.c: records as bytes, and what is refused. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "storage/record.h"
#include "tests/base/chunks.h"

static struct chunks chunks;
static struct arena arena;

static void setup(void) {
    chunks = chunks_open();
    arena_open(&arena, &chunks.source, 0);
}
static void teardown(void) { arena_close(&arena); }

static struct slice random_slice(struct random *random, size_t max) {
    size_t size = random_below(random, max + 1);
    uint8_t *bytes = arena_alloc(&arena, size + 1);
    random_bytes(random, bytes, size);
    return slice_of(bytes, size);
}

static uint32_t add_ops(struct random *random, struct buffer *ops) {
    uint32_t count = (uint32_t)random_below(random, 5);
    for (uint32_t i = 0; i < count; i++) {
        bool deletes = random_chance(random, 0.3);
        struct record_op op = {.table_id = (uint32_t)random_u64(random),
                               .kind = deletes ? RECORD_OP_DELETE : RECORD_OP_PUT,
                               .key = random_slice(random, 40),
                               .row = deletes ? SLICE_EMPTY : random_slice(random, 300)};
        record_op_append(ops, &op);
    }
    return count;
}

static const uint8_t kinds[] = {
    RECORD_COMMIT,     RECORD_PREPARE,  RECORD_COMPLETE, RECORD_TOMBSTONE, RECORD_SCHEMA,
    RECORD_MARK,       RECORD_ENDED,    RECORD_TERM,     RECORD_COUNTER,   RECORD_SEQUENCE,
    RECORD_DURABILITY, RECORD_REVISION, RECORD_EMPTY,    RECORD_CONFIRMED, RECORD_CUT,
    RECORD_RESET,      RECORD_OPENED};

static struct record random_record(struct random *random, uint8_t kind) {
    static const uint8_t shards[] = {1, 0, 2, 0, 9, 0},
                         numbers[] = {3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    struct record record = {.kind = kind,
                            .shard = (uint16_t)random_u64(random),
                            .term = (uint32_t)random_range(random, 1, UINT32_MAX),
                            .position = random_range(random, 1, UINT64_MAX)};
    struct buffer ops = buffer_of(&arena);
    if (kind == RECORD_COMMIT) {
        record.commit = (struct record_commit){.txn_number = random_u64(random), .timestamp = 5};
        record.commit.op_count = add_ops(random, &ops);
        record.commit.ops = buffer_slice(&ops);
    } else if (kind == RECORD_PREPARE) {
        record.prepare = (struct record_prepare){.floor = 4, .first_shard = 3};
        record.prepare.participants = slice_of(shards, sizeof(shards));
        record.prepare.op_count = add_ops(random, &ops);
        record.prepare.ops = buffer_slice(&ops);
    } else if (kind == RECORD_SCHEMA) {
        record.schema = (struct record_schema){
            .schema_change = 1, .version = 4, .definition = random_slice(random, 500)};
    } else if (kind == RECORD_MARK) {
        record.mark =
            (struct record_mark){.mark = 9, .exceptions = slice_of(numbers, sizeof(numbers))};
    } else if (kind == RECORD_REVISION) {
        record.revision =
            (struct record_revision){.revision = 8, .configuration = random_slice(random, 100)};
    }
    return record;
}

Test(record, every_kind_comes_back_as_it_was, .init = setup, .fini = teardown) {
    struct random random;
    random_open(&random, 1);
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
            struct record record = random_record(&random, kinds[i]), back;
            struct buffer bytes = buffer_of(&arena), again = buffer_of(&arena);
            struct slice written = record_append(&bytes, &record);
            cr_assert_eq(written.size, record_size(&record));
            cr_assert_eq(record_frame(written), written.size);
            cr_assert_eq(record_decode(written, &back), STATUS_OK, "%s", record_name(kinds[i]));
            cr_assert(back.kind == record.kind && back.shard == record.shard &&
                      back.term == record.term && back.position == record.position);
            cr_assert(slice_equal(written, record_append(&again, &back)));
        }
        arena_reset(&arena);
    }
}

Test(record, a_stream_is_taken_apart_record_by_record, .init = setup, .fini = teardown) {
    struct random random;
    random_open(&random, 2);
    struct buffer stream = buffer_of(&arena);
    for (uint64_t at = 0; at < 100; at++) {
        struct record record = random_record(&random, kinds[at % ARRAY_COUNT(kinds)]);
        record.position = at + 1;
        record_append(&stream, &record);
    }
    struct slice rest = buffer_slice(&stream), bytes;
    struct record record;
    size_t size = 0;
    for (uint64_t at = 0; at < 100; at++) {
        cr_assert_eq(record_next(&rest, &bytes, &record), STATUS_OK);
        cr_assert_eq(record.position, at + 1);
        size += bytes.size;
    }
    cr_assert_eq(record_next(&rest, &bytes, &record), STATUS_END);
    cr_assert_eq(size, stream.size);
}

Test(record, any_changed_or_missing_byte_is_refused, .init = setup, .fini = teardown) {
    struct random random;
    random_open(&random, 3);
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        struct record record = random_record(&random, kinds[i]), back;
        struct buffer bytes = buffer_of(&arena);
        struct slice written = record_append(&bytes, &record);
        for (size_t at = 0; at < written.size; at++) {
            bytes.data[at] ^= 0x11;
            cr_assert_eq(record_decode(written, &back), STATUS_CORRUPT);
            bytes.data[at] ^= 0x11;
            cr_assert_eq(record_decode(slice_part(written, 0, at), &back), STATUS_CORRUPT);
        }
        cr_assert_eq(record_decode(written, &back), STATUS_OK);
    }
}

Test(record, ops_are_iterated_in_order, .init = setup, .fini = teardown) {
    struct buffer ops = buffer_of(&arena), bytes = buffer_of(&arena);
    struct record_op put = {1, RECORD_OP_PUT, SLICE_LITERAL("key"), SLICE_LITERAL("row")};
    struct record_op gone = {2, RECORD_OP_DELETE, SLICE_LITERAL("other"), SLICE_EMPTY};
    record_op_append(&ops, &put);
    record_op_append(&ops, &gone);
    struct record record = {.kind = RECORD_COMMIT, .shard = 1, .term = 1, .position = 1}, back;
    record.commit = (struct record_commit){.op_count = 2, .ops = buffer_slice(&ops)};
    cr_assert_eq(record_decode(record_append(&bytes, &record), &back), STATUS_OK);
    struct reader reader = reader_of(back.commit.ops);
    struct record_op op;
    cr_assert(record_op_next(&reader, &op));
    cr_assert(op.table_id == 1 && slice_equal(op.row, put.row));
    cr_assert(record_op_next(&reader, &op));
    cr_assert(op.kind == RECORD_OP_DELETE && slice_equal(op.key, gone.key));
    cr_assert_not(record_op_next(&reader, &op));
}

Test(record, it_prints_its_kind_and_place, .init = setup, .fini = teardown) {
    struct record record = {.kind = RECORD_ENDED, .shard = 2, .term = 5, .position = 17};
    record.ended.incarnation = 40;
    struct buffer text = buffer_of(&arena);
    record_print(&text, &record);
    buffer_append_byte(&text, 0);
    cr_assert_str_eq((const char *)text.data, "ENDED shard 2 term 5 position 17: incarnation=40 is_forgotten=0");
    cr_assert_str_eq(record_name(200), "?");
}
