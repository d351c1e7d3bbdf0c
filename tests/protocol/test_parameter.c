/* Values of all types as clients send them, and what is refused. */
#include "row/collation.h"
#include "row/temporal.h"
#include "tests/protocol/peer.h"

struct bench {
    struct peer *peer;
    struct arena arena;
    struct parameter_binding binding;
    uint16_t types[16];
    uint8_t long_data[16];
    struct parameter_list list;
};

static struct bench *bench_open(uint32_t capabilities, uint32_t count) {
    struct bench *bench = calloc(1, sizeof *bench);
    bench->peer = peer_open();
    peer_login(bench->peer, capabilities);
    bench->peer->keeps_command = 1;
    arena_open(&bench->arena, &bench->peer->chunks.source, 0);
    bench->binding = (struct parameter_binding){
        .count = count, .types = bench->types, .collation = COLLATION_UTF8MB4_0900_AI_CI};
    return bench;
}
static void bench_close(struct bench *bench) {
    arena_close(&bench->arena);
    peer_close(bench->peer);
    free(bench);
}

/* Sends COM_STMT_EXECUTE and decodes it; the bytes behind id, flags and iterations. */
static enum status execute(struct bench *bench, uint8_t flags, const void *bytes, size_t size) {
    struct bytes stream = {0}, payload = {0};
    put_int(&payload, COMMAND_STMT_EXECUTE, 1);
    put_int(&payload, 77, 4);
    put_int(&payload, flags, 1);
    put_int(&payload, 1, 4);
    put(&payload, bytes, size);
    put_packet(&stream, 0, &payload);
    peer_send_all(bench->peer, &stream);
    struct command *command = &bench->peer->command;
    cr_assert_eq(command->kind, COMMAND_STMT_EXECUTE);
    cr_assert_eq(command->execute.statement_id, 77);
    cr_assert_eq(command->execute.flags, flags);
    enum status status = protocol_decode_execute(bench->peer->protocol, command, &bench->binding,
                                                 &bench->arena, &bench->list);
    protocol_command_done(bench->peer->protocol);
    free(stream.data);
    free(payload.data);
    return status;
}
#define EXECUTE(bench, flags, literal) execute((bench), (flags), (literal), sizeof(literal) - 1)

Test(parameter, integers_have_their_width_and_sign) {
    struct bench *bench = bench_open(0, 6);
    cr_assert_eq(EXECUTE(bench, 0,
                         "\0\1"
                         "\1\0\1\x80\2\0\3\x80\x08\0\x0D\0"
                         "\xFF\xFF\xFE\xFF\xFD\xFF\xFF\xFF\xFC\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xE8\7"),
                 STATUS_OK);
    const struct parameter *p = bench->list.items;
    cr_assert_eq(bench->list.count, 6);
    cr_assert(p[0].value.kind == VALUE_INT && p[0].value.i == -1);
    cr_assert(p[1].value.kind == VALUE_UINT && p[1].value.u == 255);
    cr_assert(p[2].value.kind == VALUE_INT && p[2].value.i == -2);
    cr_assert(p[3].value.kind == VALUE_UINT && p[3].value.u == 4294967293u);
    cr_assert(p[4].value.kind == VALUE_INT && p[4].value.i == -4);
    cr_assert(p[5].value.kind == VALUE_INT && p[5].value.i == 2024);
    bench_close(bench);
}

Test(parameter, types_are_remembered_from_one_execution_to_the_next) {
    struct bench *bench = bench_open(0, 1);
    cr_assert_eq(EXECUTE(bench, 0, "\0\0\7"), STATUS_INVALID);
    cr_assert_eq(EXECUTE(bench, 0, "\0\1\1\x80\7"), STATUS_OK);
    cr_assert_eq(EXECUTE(bench, 0, "\0\0\xFE"), STATUS_OK);
    cr_assert(bench->list.items[0].value.kind == VALUE_UINT);
    cr_assert_eq(bench->list.items[0].value.u, 254);
    bench_close(bench);
}

Test(parameter, numbers_texts_and_bytes_become_their_values) {
    struct bench *bench = bench_open(0, 5);
    cr_assert_eq(EXECUTE(bench, 0,
                         "\0\1"
                         "\4\0\5\0\xFD\0\xFC\0\xF6\0"
                         "\0\0\xC0\x3F"
                         "\0\0\0\0\0\0\4\xC0"
                         "\2hi\3\0\1\2\5-1.50"),
                 STATUS_OK);
    const struct parameter *p = bench->list.items;
    cr_assert(p[0].value.kind == VALUE_FLOAT && p[0].value.d > 1.49 && p[0].value.d < 1.51);
    cr_assert(p[1].value.kind == VALUE_DOUBLE && p[1].value.d < -2.49 && p[1].value.d > -2.51);
    cr_assert(slice_equal(value_slice(&p[2].value), SLICE_LITERAL("hi")));
    cr_assert_eq(p[2].value.collation, COLLATION_UTF8MB4_0900_AI_CI);
    cr_assert(slice_equal(value_slice(&p[3].value), SLICE_LITERAL("\0\1\2")));
    cr_assert_eq(p[3].value.collation, COLLATION_BINARY);
    cr_assert(p[4].value.kind == VALUE_DECIMAL && p[4].value.i == -150 && p[4].value.scale == 2);
    bench_close(bench);
}

Test(parameter, dates_and_times_come_in_all_their_lengths) {
    struct bench *bench = bench_open(0, 6);
    cr_assert_eq(EXECUTE(bench, 0,
                         "\0\1"
                         "\x0A\0\x0C\0\x0C\0\7\0\x0B\0\x0B\0"
                         "\4\xE8\7\2\x1D"
                         "\0"
                         "\7\xE8\7\2\x1D\x17\x3B\x3A"
                         "\x0B\xE8\7\2\x1D\x17\x3B\x3A\x3F\x42\x0F\0"
                         "\x08\1\2\0\0\0\3\4\5"
                         "\x0C\0\0\0\0\0\0\0\1\1\0\0\0"),
                 STATUS_OK);
    const struct parameter *p = bench->list.items;
    struct date_time day = {.year = 2024, .month = 2, .day = 29};
    cr_assert(p[0].value.kind == VALUE_DATE && p[0].value.i == temporal_pack(&day));
    cr_assert(p[1].value.kind == VALUE_DATETIME && p[1].value.i == 0);
    day.hour = 23, day.minute = 59, day.second = 58;
    cr_assert(p[2].value.kind == VALUE_DATETIME && p[2].value.i == temporal_pack(&day));
    day.microsecond = 999999;
    cr_assert(p[3].value.kind == VALUE_DATETIME && p[3].value.i == temporal_pack(&day));
    cr_assert(p[4].value.kind == VALUE_TIME);
    cr_assert_eq(p[4].value.i, -(INT64_C(2) * 86400 + 3 * 3600 + 4 * 60 + 5) * US_PER_SECOND);
    cr_assert(p[5].value.kind == VALUE_TIME && p[5].value.i == 1000001);
    bench_close(bench);
}

Test(parameter, nulls_and_long_data_take_no_bytes) {
    struct bench *bench = bench_open(0, 3);
    bench->long_data[1] = 1;
    bench->binding.long_data = bench->long_data;
    cr_assert_eq(EXECUTE(bench, 0, "\1\1\3\0\xFC\0\1\0\x09"), STATUS_OK);
    cr_assert(value_is_null(&bench->list.items[0].value));
    cr_assert_eq(bench->list.items[1].is_long_data, 1);
    cr_assert_eq(bench->list.items[2].value.i, 9);
    bench_close(bench);
}

Test(parameter, attributes_follow_the_placeholders) {
    struct bench *bench = bench_open(CAPABILITY_QUERY_ATTRIBUTES, 1);
    cr_assert_eq(EXECUTE(bench, CURSOR_COUNT_AVAILABLE,
                         "\2\0\1"
                         "\1\0\0\xFE\0\3tag"
                         "\5\2ok"),
                 STATUS_OK);
    cr_assert_eq(bench->list.count, 2);
    cr_assert_eq(bench->list.items[0].value.i, 5);
    cr_assert(slice_equal(bench->list.items[1].name, SLICE_LITERAL("tag")));
    cr_assert(slice_equal(value_slice(&bench->list.items[1].value), SLICE_LITERAL("ok")));
    /* mysql2 says that a count follows and sends none when there is nothing to bind. */
    bench->binding.count = 0;
    cr_assert_eq(EXECUTE(bench, CURSOR_COUNT_AVAILABLE, ""), STATUS_OK);
    cr_assert_eq(bench->list.count, 0);
    bench_close(bench);
}

Test(parameter, malformed_packets_are_refused) {
    static const struct {
        const char *bytes;
        size_t size;
        enum status status;
    } cases[] = {
        {"", 0, STATUS_CORRUPT},
        {"\0", 1, STATUS_CORRUPT},
        {"\0\1", 2, STATUS_CORRUPT},
        {"\0\1\3", 3, STATUS_CORRUPT},
        {"\0\1\3\0", 4, STATUS_CORRUPT},
        {"\0\1\3\0\1\2\3", 7, STATUS_CORRUPT},
        {"\0\1\xFE\0\5four", 9, STATUS_CORRUPT},
        {"\0\1\xFE\0\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 13, STATUS_CORRUPT},
        {"\0\1\xFE\0\xFB", 5, STATUS_CORRUPT},
        {"\0\1\x64\0\1", 5, STATUS_INVALID},
        {"\0\1\xFF\0\1", 5, STATUS_INVALID},
        {"\0\1\x0A\0\5\xE8\7\2\x1D\0", 10, STATUS_CORRUPT},
        {"\0\1\x0A\0\4\xE8\7\x0D\x1D", 9, STATUS_CORRUPT},
        {"\0\1\x0A\0\4\xFF\xFF\1\1", 9, STATUS_CORRUPT},
        {"\0\1\x0B\0\x08\0\x23\0\0\0\0\0\0", 13, STATUS_CORRUPT},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct bench *bench = bench_open(0, 1);
        cr_assert_eq(execute(bench, 0, cases[i].bytes, cases[i].size), cases[i].status, "case %zu",
                     i);
        bench_close(bench);
    }
}

Test(parameter, a_count_below_the_placeholders_or_absurd_is_refused) {
    struct bench *bench = bench_open(CAPABILITY_QUERY_ATTRIBUTES, 2);
    cr_assert_eq(EXECUTE(bench, CURSOR_COUNT_AVAILABLE, "\1\0\1\1\0\0\5"), STATUS_CORRUPT);
    cr_assert_eq(EXECUTE(bench, CURSOR_COUNT_AVAILABLE, "\xFE\0\0\0\0\0\0\0\1"), STATUS_CORRUPT);
    bench_close(bench);
}

Test(parameter, a_query_carries_attributes) {
    struct bench *bench = bench_open(CAPABILITY_QUERY_ATTRIBUTES, 0);
    static const char packet[] = "\x1D\0\0\0\3\2\1\2\1\xFE\0\1a\3\0\1n\1x select @a, 'b'";
    struct peer *peer = bench->peer;
    struct bytes stream = {0};
    put(&stream, packet, sizeof packet - 1);
    stream.data[0] = (uint8_t)(sizeof packet - 5);
    peer_send_all(peer, &stream);
    cr_assert_str_eq(peer->log, "query  select @a, 'b'; ");
    cr_assert_eq(protocol_decode_attributes(&peer->command.query, COLLATION_BINARY, &bench->arena,
                                            &bench->list),
                 STATUS_OK);
    cr_assert_eq(bench->list.count, 2);
    cr_assert(slice_equal(bench->list.items[0].name, SLICE_LITERAL("a")));
    cr_assert(slice_equal(value_slice(&bench->list.items[0].value), SLICE_LITERAL("x")));
    cr_assert(value_is_null(&bench->list.items[1].value));
    protocol_command_done(peer->protocol);
    /* A count without the types behind it is malformed. */
    put_command(&stream, COMMAND_QUERY, "\5\1select");
    peer_send_all(peer, &stream);
    size_t at = 0;
    cr_assert_eq(got_error(peer, &at), 1835);
    bench_close(bench);
    free(stream.data);
}
