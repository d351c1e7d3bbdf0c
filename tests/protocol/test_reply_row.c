/* Values of every kind, in both formats, to the byte. */
#include "row/collation.h"
#include "row/temporal.h"
#include "tests/protocol/peer.h"

static void expect_row(enum row_format format, const struct column_type *types,
                       const struct value *values, uint32_t count, struct slice wanted) {
    struct peer *peer = peer_open();
    peer_login(peer, 0);
    reply_row(peer->protocol, format, types, values, count);
    peer_drain(peer);
    size_t at = 0;
    struct slice got = got_packet(peer, &at);
    cr_assert_eq(got.size, wanted.size, "%zu bytes", got.size);
    cr_assert(slice_equal(got, wanted));
    peer_close(peer);
}
#define EXPECT(format, types, values, literal)                                                     \
    expect_row((format), (types), (values), ARRAY_COUNT(values), SLICE_LITERAL(literal))

static struct column_type type_of(enum column_kind kind) {
    return (struct column_type){.kind = (uint8_t)kind, .scale = SCALE_NOT_FIXED};
}

Test(reply_row, integers_and_texts) {
    const struct column_type types[] = {type_of(COLUMN_TINYINT),   type_of(COLUMN_SMALLINT),
                                        type_of(COLUMN_INT),       type_of(COLUMN_BIGINT),
                                        type_of(COLUMN_VARCHAR),   type_of(COLUMN_INT),
                                        type_of(COLUMN_MEDIUMINT), type_of(COLUMN_YEAR)};
    const struct value values[] = {
        value_of_int(-1),
        value_of_uint(65535),
        value_of_int(INT32_MIN),
        value_of_uint(UINT64_MAX),
        value_of_string(SLICE_LITERAL("text"), COLLATION_DEFAULT),
        value_null(),
        value_of_int(7),
        {.kind = VALUE_YEAR, .u = 2024},
    };
    EXPECT(ROW_TEXT, types, values,
           "\2-1\5"
           "65535\x0B-2147483648\x14"
           "18446744073709551615\4text\xFB\1"
           "7\4"
           "2024");
    EXPECT(ROW_BINARY, types, values,
           "\0\x80\0\xFF\xFF\xFF\0\0\0\x80\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\4text\7\0\0\0\xE8\7");
}

Test(reply_row, fractions_and_decimals) {
    struct column_type types[] = {type_of(COLUMN_DOUBLE), type_of(COLUMN_FLOAT),
                                  type_of(COLUMN_DECIMAL)};
    const struct value values[] = {
        value_of_double(1.5),
        {.kind = VALUE_FLOAT, .scale = SCALE_NOT_FIXED, .d = 0.25},
        {.kind = VALUE_DECIMAL, .scale = 2, .i = -12345},
    };
    EXPECT(ROW_TEXT, types, values,
           "\3"
           "1.5\4"
           "0.25\7-123.45");
    EXPECT(ROW_BINARY, types, values, "\0\0\0\0\0\0\0\0\xF8\x3F\0\0\x80\x3E\7-123.45");
}

Test(reply_row, dates_and_times_are_as_short_as_they_can) {
    struct date_time t = {.year = 2024, .month = 2, .day = 29};
    int64_t day = temporal_pack(&t);
    t.hour = 1, t.minute = 2, t.second = 3;
    int64_t second = temporal_pack(&t);
    t.microsecond = 4;
    int64_t microsecond = temporal_pack(&t);
    const struct column_type types[] = {type_of(COLUMN_DATE),      type_of(COLUMN_DATETIME),
                                        type_of(COLUMN_TIMESTAMP), type_of(COLUMN_DATETIME),
                                        type_of(COLUMN_TIME),      type_of(COLUMN_TIME),
                                        type_of(COLUMN_TIME)};
    const struct value values[] = {
        value_of_temporal(VALUE_DATE, day, 0),
        value_of_temporal(VALUE_DATETIME, second, 0),
        value_of_temporal(VALUE_DATETIME, microsecond, 6),
        value_of_temporal(VALUE_DATETIME, 0, 0),
        value_of_temporal(VALUE_TIME, 0, 0),
        value_of_temporal(VALUE_TIME, -(INT64_C(25) * 3600) * US_PER_SECOND, 0),
        value_of_temporal(VALUE_TIME, 1000001, 6),
    };
    EXPECT(ROW_BINARY, types, values,
           "\0\0\0"
           "\4\xE8\7\2\x1D"
           "\7\xE8\7\2\x1D\1\2\3"
           "\x0B\xE8\7\2\x1D\1\2\3\4\0\0\0"
           "\0"
           "\0"
           "\x08\1\1\0\0\0\1\0\0"
           "\x0C\0\0\0\0\0\0\0\1\1\0\0\0");
    EXPECT(ROW_TEXT, types, values,
           "\x0A"
           "2024-02-29"
           "\x13"
           "2024-02-29 01:02:03"
           "\x1A"
           "2024-02-29 01:02:03.000004"
           "\x13"
           "0000-00-00 00:00:00"
           "\x08"
           "00:00:00"
           "\x09-25:00:00"
           "\x0F"
           "00:00:01.000001");
}

Test(reply_row, members_bits_and_zerofill) {
    static const struct slice members[] = {SLICE_LITERAL("red"), SLICE_LITERAL("green"),
                                           SLICE_LITERAL("blue")};
    struct column_type types[] = {type_of(COLUMN_ENUM), type_of(COLUMN_ENUM), type_of(COLUMN_SET),
                                  type_of(COLUMN_SET),  type_of(COLUMN_BIT),  type_of(COLUMN_INT)};
    for (int i = 0; i < 4; i++) types[i].members = members, types[i].member_count = 3;
    types[4].length = 9;
    types[5].flags = COLUMN_ZEROFILL | COLUMN_UNSIGNED;
    types[5].length = 5;
    const struct value values[] = {
        {.kind = VALUE_ENUM, .u = 2},
        {.kind = VALUE_ENUM, .u = 0},
        {.kind = VALUE_SET, .u = 5},
        {.kind = VALUE_SET, .u = 0},
        {.kind = VALUE_BIT, .size = 2, .u = 0x101},
        value_of_uint(42),
    };
    EXPECT(ROW_TEXT, types, values,
           "\5green\0\x08red,blue\0\2\1\1\5"
           "00042");
}

Test(reply_row, null_maps_grow_with_the_columns) {
    for (uint32_t count = 1; count < 40; count++) {
        struct column_type types[40];
        struct value values[40];
        uint8_t wanted[8] = {0};
        for (uint32_t i = 0; i < count; i++) {
            types[i] = type_of(COLUMN_INT);
            values[i] = value_null();
            wanted[1 + (i + 2) / 8] |= (uint8_t)(1 << ((i + 2) % 8));
        }
        expect_row(ROW_BINARY, types, values, count, slice_of(wanted, 1 + (count + 9) / 8));
    }
}

Test(reply_row, a_row_above_16_mib_is_split) {
    struct peer *peer = peer_open();
    peer_login(peer, 0);
    size_t size = 17 * MIB;
    uint8_t *text = malloc(size);
    memset(text, 'z', size);
    reply_text_begin(peer->protocol);
    reply_text_slice(peer->protocol, slice_of(text, size));
    reply_row_end(peer->protocol);
    peer_drain(peer);
    size_t at = 0;
    struct slice first = got_packet(peer, &at);
    cr_assert_eq(first.size, PACKET_PIECE_BYTES_MAX);
    cr_assert_eq(first.data[0], 0xFE);
    cr_assert_eq(load_le64(first.data + 1), size);
    cr_assert_eq(got_packet(peer, &at).size, size + 9 - PACKET_PIECE_BYTES_MAX);
    cr_assert_eq(at, peer->got.size);
    free(text);
    peer_close(peer);
}

Test(reply_row, value_by_value_gives_the_same_row) {
    const struct column_type types[] = {type_of(COLUMN_BIGINT), type_of(COLUMN_VARCHAR),
                                        type_of(COLUMN_BIGINT)};
    const struct value values[] = {
        value_of_int(5), value_of_string(SLICE_LITERAL("a"), COLLATION_DEFAULT), value_null()};
    struct peer *peer = peer_open();
    peer_login(peer, 0);
    reply_text_begin(peer->protocol);
    reply_text_int(peer->protocol, 5);
    reply_text_slice(peer->protocol, SLICE_LITERAL("a"));
    reply_text_null(peer->protocol);
    reply_row_end(peer->protocol);
    reply_row(peer->protocol, ROW_TEXT, types, values, 3);
    reply_binary_begin(peer->protocol, 3);
    for (int i = 0; i < 3; i++) reply_binary_value(peer->protocol, &types[i], &values[i]);
    reply_row_end(peer->protocol);
    reply_row(peer->protocol, ROW_BINARY, types, values, 3);
    peer_drain(peer);
    size_t at = 0;
    cr_assert(slice_equal(got_packet(peer, &at), got_packet(peer, &at)));
    cr_assert(slice_equal(got_packet(peer, &at), got_packet(peer, &at)));
    peer_close(peer);
}
