#include "row/convert.h"
#include "tests/row/tables.h"

struct result {
    enum status status;
    const char *text;
    struct value value;
};

static struct result convert(struct value from, const struct column_type *type,
                             struct arena *arena) {
    struct result r;
    struct convert_options options = {.now_epoch_us = INT64_C(1700000000000000)};
    r.status = value_convert(&from, type, &options, arena, &r.value);
    r.text = value_show(&r.value, arena);
    cr_expect(value_fits(&r.value, type) || r.value.kind == VALUE_NULL, "%s does not fit %s",
              r.text, column_kind_name(type->kind));
    return r;
}

#define EXPECT(from, type, expected_status, expected_text)                                         \
    do {                                                                                           \
        struct column_type t = (type);                                                             \
        struct result r = convert((from), &t, arena);                                              \
        cr_expect_eq(r.status, (expected_status), "%s: %s", expected_text, status_name(r.status)); \
        cr_expect_str_eq(r.text, (expected_text));                                                 \
    } while (0)

static struct column_type of(uint8_t kind, uint8_t flags, uint32_t length) {
    struct column_type type = {
        .kind = kind, .flags = flags, .length = length, .collation = COLLATION_BINARY};
    if (column_kind_is_text(kind)) type.collation = COLLATION_DEFAULT;
    if (kind == COLUMN_FLOAT || kind == COLUMN_DOUBLE) type.scale = SCALE_NOT_FIXED;
    return type;
}
static struct column_type scaled(uint8_t kind, uint8_t precision, uint8_t scale) {
    return (struct column_type){
        .kind = kind, .precision = precision, .scale = scale, .collation = COLLATION_BINARY};
}
static struct value T(const char *text) {
    return text_value(text, COLLATION_DEFAULT);
}

Test(convert, integers_are_clamped_to_their_column) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    EXPECT(value_of_int(127), of(COLUMN_TINYINT, 0, 0), STATUS_OK, "127");
    EXPECT(value_of_int(128), of(COLUMN_TINYINT, 0, 0), STATUS_OUT_OF_RANGE, "127");
    EXPECT(value_of_int(-129), of(COLUMN_TINYINT, 0, 0), STATUS_OUT_OF_RANGE, "-128");
    EXPECT(value_of_int(-1), of(COLUMN_INT, COLUMN_UNSIGNED, 0), STATUS_OUT_OF_RANGE, "0");
    EXPECT(value_of_uint(UINT64_MAX), of(COLUMN_BIGINT, COLUMN_UNSIGNED, 0), STATUS_OK,
           "18446744073709551615");
    EXPECT(value_of_uint(UINT64_MAX), of(COLUMN_BIGINT, 0, 0), STATUS_OUT_OF_RANGE,
           "9223372036854775807");
    EXPECT(T("42"), of(COLUMN_INT, 0, 0), STATUS_OK, "42");
    EXPECT(T("42abc"), of(COLUMN_INT, 0, 0), STATUS_TRUNCATED, "42");
    EXPECT(T("abc"), of(COLUMN_INT, 0, 0), STATUS_INVALID, "0");
    EXPECT(T("8388608"), of(COLUMN_MEDIUMINT, 0, 0), STATUS_OUT_OF_RANGE, "8388607");
    EXPECT(value_of_double(1.5), of(COLUMN_INT, 0, 0), STATUS_OK, "2");
    EXPECT(value_null(), of(COLUMN_INT, 0, 0), STATUS_OK, "NULL");
    fixture_close(&fixture);
}

Test(convert, approximate_and_exact_numbers) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct column_type fixed = {
        .kind = COLUMN_DOUBLE, .scale = 2, .length = 5, .collation = COLLATION_BINARY};
    EXPECT(value_of_double(1.239), fixed, STATUS_OK, "1.24");
    EXPECT(value_of_double(1234.5), fixed, STATUS_OUT_OF_RANGE, "999.99");
    EXPECT(value_of_double(1e300), of(COLUMN_FLOAT, 0, 0), STATUS_OUT_OF_RANGE, "3.40282e38");
    EXPECT(value_of_int(-1), of(COLUMN_DOUBLE, COLUMN_UNSIGNED, 0), STATUS_OUT_OF_RANGE, "0");
    EXPECT(T("1.239"), scaled(COLUMN_DECIMAL, 5, 2), STATUS_OK, "1.24");
    EXPECT(T("1.2x"), scaled(COLUMN_DECIMAL, 5, 2), STATUS_TRUNCATED, "1.20");
    EXPECT(value_of_int(100000), scaled(COLUMN_DECIMAL, 5, 2), STATUS_OUT_OF_RANGE, "999.99");
    EXPECT(value_of_double(0.1), scaled(COLUMN_DECIMAL, 40, 20), STATUS_OK,
           "0.10000000000000000000");
    fixture_close(&fixture);
}

Test(convert, strings_are_cut_at_characters) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    EXPECT(T("abc"), of(COLUMN_VARCHAR, 0, 3), STATUS_OK, "abc");
    EXPECT(T("a\u00e9\u00e9d"), of(COLUMN_VARCHAR, 0, 3), STATUS_TOO_LARGE, "a\u00e9\u00e9");
    EXPECT(T("abc   "), of(COLUMN_VARCHAR, 0, 4), STATUS_OK, "abc ");
    EXPECT(T("abc   "), of(COLUMN_CHAR, 0, 10), STATUS_OK, "abc");
    EXPECT(value_of_int(42), of(COLUMN_VARCHAR, 0, 10), STATUS_OK, "42");
    EXPECT(text_value("\xe9", COLLATION_LATIN1_SWEDISH_CI), of(COLUMN_VARCHAR, 0, 3), STATUS_OK,
           "\u00e9");
    EXPECT(text_value("a\xff", COLLATION_BINARY), of(COLUMN_VARCHAR, 0, 3), STATUS_INVALID, "a");
    struct column_type binary = of(COLUMN_BINARY, 0, 4);
    struct result r = convert(T("ab"), &binary, arena);
    cr_assert(r.value.size == 4 && memcmp(r.value.bytes, "ab\0\0", 4) == 0);
    char long_text[300];
    memset(long_text, 'x', sizeof(long_text));
    memcpy(long_text + 254, "\u00e9", 2);
    long_text[299] = '\0';
    struct column_type tiny = of(COLUMN_TINYTEXT, 0, 0);
    r = convert(T(long_text), &tiny, arena);
    cr_assert(r.status == STATUS_TOO_LARGE && r.value.size == 254);
    fixture_close(&fixture);
}

Test(convert, dates_and_times) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    EXPECT(T("2024-01-31 10:00:00"), scaled(COLUMN_DATE, 0, 0), STATUS_OK, "2024-01-31");
    EXPECT(T("nonsense"), scaled(COLUMN_DATE, 0, 0), STATUS_INVALID, "0000-00-00");
    EXPECT(T("2024-01-31 10:00:00.5678"), scaled(COLUMN_DATETIME, 0, 2), STATUS_OK,
           "2024-01-31 10:00:00.57");
    EXPECT(value_of_int(20240131), scaled(COLUMN_DATETIME, 0, 0), STATUS_OK, "2024-01-31 00:00:00");
    EXPECT(value_of_double(20240131101112.5), scaled(COLUMN_DATETIME, 0, 1), STATUS_OK,
           "2024-01-31 10:11:12.5");
    EXPECT(T("2024-01-31 10:00:00"), scaled(COLUMN_TIMESTAMP, 0, 0), STATUS_OK,
           "2024-01-31 10:00:00");
    EXPECT(T("2039-01-01"), scaled(COLUMN_TIMESTAMP, 0, 0), STATUS_OUT_OF_RANGE,
           "0000-00-00 00:00:00");
    EXPECT(T("-10:11:12.6"), scaled(COLUMN_TIME, 0, 0), STATUS_OK, "-10:11:13");
    EXPECT(value_of_int(101112), scaled(COLUMN_TIME, 0, 0), STATUS_OK, "10:11:12");
    EXPECT(value_of_temporal(VALUE_TIME, 3600000000, 0), scaled(COLUMN_DATETIME, 0, 0), STATUS_OK,
           "2023-11-14 01:00:00");
    EXPECT(T("24"), scaled(COLUMN_YEAR, 0, 0), STATUS_OK, "2024");
    EXPECT(T("0"), scaled(COLUMN_YEAR, 0, 0), STATUS_OK, "2000");
    EXPECT(T("0000"), scaled(COLUMN_YEAR, 0, 0), STATUS_OK, "0000");
    EXPECT(value_of_int(1900), scaled(COLUMN_YEAR, 0, 0), STATUS_OUT_OF_RANGE, "0000");
    fixture_close(&fixture);
}

Test(convert, members_and_bits) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct slice members[] = {SLICE_LITERAL("red"), SLICE_LITERAL("green"), SLICE_LITERAL("7")};
    struct column_type type = {
        .kind = COLUMN_ENUM, .collation = 255, .member_count = 3, .members = members};
    EXPECT(T("GREEN"), type, STATUS_OK, "2");
    EXPECT(T("7"), type, STATUS_OK, "3");
    EXPECT(T("1"), type, STATUS_OK, "1");
    EXPECT(T("purple"), type, STATUS_TRUNCATED, "0");
    EXPECT(value_of_int(4), type, STATUS_TRUNCATED, "0");
    type.kind = COLUMN_SET;
    EXPECT(T("red,7"), type, STATUS_OK, "5");
    EXPECT(T("red,no"), type, STATUS_TRUNCATED, "1");
    EXPECT(T(""), type, STATUS_OK, "0");
    EXPECT(value_of_int(15), type, STATUS_TRUNCATED, "7");
    struct column_type bit = of(COLUMN_BIT, 0, 9);
    struct result r = convert(value_of_int(511), &bit, arena);
    cr_assert(r.status == STATUS_OK && r.value.u == 511 && r.value.size == 2);
    r = convert(value_of_int(512), &bit, arena);
    cr_assert(r.status == STATUS_TOO_LARGE && r.value.u == 511);
    r = convert(text_value("A", COLLATION_BINARY), &bit, arena);
    cr_assert_eq(r.value.u, 'A');
    fixture_close(&fixture);
}

Test(convert, the_zero_of_every_type_fits_it) {
    struct slice members[] = {SLICE_LITERAL("x")};
    for (uint8_t kind = COLUMN_TINYINT; kind <= COLUMN_SET; kind++) {
        struct column_type type = of(kind, COLUMN_NOT_NULL, 5);
        if (kind == COLUMN_DECIMAL) type.precision = 5;
        if (kind == COLUMN_ENUM || kind == COLUMN_SET) {
            type.member_count = 1;
            type.members = members;
        }
        cr_assert_eq(column_type_check(&type), STATUS_OK, "%s", column_kind_name(kind));
        struct value zero = column_type_zero(&type);
        cr_assert(value_fits(&zero, &type), "%s", column_kind_name(kind));
    }
}

Test(convert, any_text_becomes_a_value_that_fits_every_type, .timeout = 100) {
    static const char bytes[] = "0123456789012345678901234567890-:. T+eE,/\xff\xe9";
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct random random;
    random_open(&random, 41);
    for (int round = 0; round < 20000; round++) {
        struct column_type types[EVERY_TYPE_COUNT_MAX];
        uint32_t count = every_type(types, 0, arena);
        uint8_t text[40];
        size_t size = random_below(&random, 30);
        for (size_t i = 0; i < size; i++) {
            text[i] = (uint8_t)bytes[random_below(&random, sizeof(bytes) - 1)];
        }
        uint16_t collation = random_below(&random, 2) ? COLLATION_DEFAULT : COLLATION_BINARY;
        struct value from = value_of_string(arena_copy(arena, slice_of(text, size)), collation);
        uint32_t i = (uint32_t)random_below(&random, count);
        struct value out;
        struct convert_options options = {.temporal_flags = (uint32_t)random_below(&random, 16)};
        enum status status = value_convert(&from, &types[i], &options, arena, &out);
        cr_assert_neq(status, STATUS_UNSUPPORTED);
        cr_assert(value_fits(&out, &types[i]), "%s", column_kind_name(types[i].kind));
        if (round % 64 == 0) arena_reset(arena);
    }
    fixture_close(&fixture);
}
