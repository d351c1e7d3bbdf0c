#include "tests/row/fixture.h"

static int order(struct value a, struct value b) {
    int result;
    cr_assert_eq(value_compare(&a, &b, &result), STATUS_OK);
    return sign_of(result);
}

static struct value decimal_value(const char *text, struct arena *arena) {
    struct decimal d = decimal_of(text);
    return value_of_decimal(&d, arena);
}

Test(value, numbers_compare_by_number_across_kinds) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    cr_assert_eq(order(value_of_int(-1), value_of_uint(UINT64_MAX)), -1);
    cr_assert_eq(order(value_of_uint(UINT64_MAX), value_of_int(INT64_MAX)), 1);
    cr_assert_eq(order(value_of_int(1), value_of_double(1.5)), -1);
    cr_assert_eq(order(decimal_value("1.0", arena), value_of_int(1)), 0);
    cr_assert_eq(order(decimal_value("1.50", arena), value_of_double(1.5)), 0);
    cr_assert_eq(order(decimal_value("18446744073709551615.5", arena), value_of_uint(UINT64_MAX)),
                 1);
    cr_assert_eq(order(decimal_value("9007199254740993", arena), value_of_int(9007199254740992)),
                 1);
    fixture_close(&fixture);
}

Test(value, equal_numbers_hash_equally) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct value ones[] = {value_of_int(1), value_of_uint(1), value_of_double(1),
                           decimal_value("1.000", arena)};
    for (size_t i = 1; i < ARRAY_COUNT(ones); i++) {
        cr_assert_eq(value_hash(&ones[0], 3), value_hash(&ones[i], 3));
    }
    struct value zero = value_of_double(0), minus_zero = value_of_double(-0.0);
    cr_assert_eq(value_hash(&zero, 3), value_hash(&minus_zero, 3));
    struct value upper = text_value("ABC", 255), lower = text_value("abc", 255);
    cr_assert_eq(value_hash(&upper, 3), value_hash(&lower, 3));
    fixture_close(&fixture);
}

Test(value, kinds_that_do_not_compare_are_refused_but_ordered) {
    struct value text = text_value("1", 255), number = value_of_int(1), null = value_null();
    int result;
    cr_assert_eq(value_compare(&text, &number, &result), STATUS_INVALID);
    cr_assert_eq(value_compare_total(&null, &number, 255), -1);
    cr_assert_eq(value_compare_total(&null, &null, 255), 0);
    cr_assert(value_compare_total(&text, &number, 255) > 0);
}

Test(value, truth_is_mysqls) {
    struct value null = value_null(), zero = text_value("0", 255), word = text_value("abc", 255);
    struct value two = text_value("2x", 255), tenth = value_of_double(0.1);
    cr_assert_eq(value_truth(&null), -1);
    cr_assert_eq(value_truth(&zero), 0);
    cr_assert_eq(value_truth(&word), 0);
    cr_assert_eq(value_truth(&two), 1);
    cr_assert_eq(value_truth(&tenth), 1);
}

Test(value, temporal_values_are_numbers_in_numeric_contexts) {
    struct value v = value_of_temporal(VALUE_DATETIME, date_time_of("2024-01-31 23:59:58.5"), 1);
    int64_t i;
    double d;
    cr_assert_eq(value_to_int(&v, &i), STATUS_OK);
    cr_assert_eq(i, INT64_C(20240131235959));
    cr_assert_eq(value_to_double(&v, &d), STATUS_OK);
    cr_assert_eq(d, 20240131235958.5);
    v = value_of_temporal(VALUE_TIME, -1500000, 1);
    cr_assert_eq(value_to_double(&v, &d), STATUS_OK);
    cr_assert_eq(d, -1.5);
    v = value_of_temporal(VALUE_DATE, date_time_of("2024-01-31"), 0);
    cr_assert_eq(value_to_int(&v, &i), STATUS_OK);
    cr_assert_eq(i, 20240131);
}

Test(value, doubles_round_to_the_even_integer) {
    struct value v = value_of_double(2.5);
    int64_t i;
    uint64_t u;
    cr_assert_eq(value_to_int(&v, &i), STATUS_OK);
    cr_assert_eq(i, 2);
    v = value_of_double(1e30);
    cr_assert_eq(value_to_int(&v, &i), STATUS_OUT_OF_RANGE);
    cr_assert_eq(i, INT64_MAX);
    cr_assert_eq(value_to_uint(&v, &u), STATUS_OUT_OF_RANGE);
    cr_assert_eq(u, UINT64_MAX);
}

static void all_kinds(struct value *values, struct arena *arena) {
    values[0] = value_null();
    values[1] = value_of_int(INT64_MIN);
    values[2] = value_of_uint(UINT64_MAX);
    values[3] = (struct value){.kind = VALUE_FLOAT, .scale = SCALE_NOT_FIXED, .d = 1.5};
    values[4] = value_of_double(-2.25);
    values[5] = decimal_value("-123.45", arena);
    values[6] = text_value("a'b\n", 255);
    values[7] = value_of_temporal(VALUE_DATE, date_time_of("2024-01-31"), 0);
    values[8] = value_of_temporal(VALUE_TIME, -3661000000, 0);
    values[9] = value_of_temporal(VALUE_DATETIME, date_time_of("2024-01-31 01:02:03.45"), 2);
    values[10] = value_of_temporal(VALUE_TIMESTAMP, INT64_C(1700000000000000), 0);
    values[11] = (struct value){.kind = VALUE_YEAR, .u = 2024};
    values[12] = (struct value){.kind = VALUE_BIT, .size = 2, .u = 0x4142};
    values[13] = (struct value){.kind = VALUE_ENUM, .u = 3};
    values[14] = (struct value){.kind = VALUE_SET, .u = 5};
    values[15] = (struct value){.kind = VALUE_JSON, .size = 2, .bytes = (const uint8_t *)"{}"};
    values[16] = decimal_value("-99999999999999999999999999999.999999", arena);
}

Test(value, every_kind_has_its_text) {
    static const char *const texts[] = {"NULL",
                                        "-9223372036854775808",
                                        "18446744073709551615",
                                        "1.5",
                                        "-2.25",
                                        "-123.45",
                                        "a'b\n",
                                        "2024-01-31",
                                        "-01:01:01",
                                        "2024-01-31 01:02:03.45",
                                        "2023-11-14 22:13:20",
                                        "2024",
                                        "AB",
                                        "3",
                                        "5",
                                        "{}",
                                        "-99999999999999999999999999999.999999"};
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct value values[17];
    all_kinds(values, arena);
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        cr_expect_str_eq(value_show(&values[i], arena), texts[i]);
    }
    fixture_close(&fixture);
}

Test(value, encoded_values_come_back) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct value values[17];
    all_kinds(values, arena);
    struct buffer out = buffer_of(arena);
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) value_encode(&values[i], &out);
    struct reader reader = reader_of(buffer_slice(&out));
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        struct value back = value_decode(&reader, arena);
        cr_assert(!reader.failed, "%zu", i);
        cr_assert_eq(back.kind, values[i].kind);
        cr_assert_eq(back.scale, values[i].scale);
        cr_assert_eq(value_compare_total(&back, &values[i], COLLATION_BINARY), 0);
    }
    cr_assert_eq(reader_left(&reader), 0);
    for (size_t size = 0; size < out.size; size++) { /* every cut is refused or shorter */
        reader = reader_of(slice_of(arena_copy(arena, slice_of(out.data, size)).data, size));
        for (size_t i = 0; i < ARRAY_COUNT(values); i++) value_decode(&reader, arena);
        cr_assert(reader.failed);
    }
    fixture_close(&fixture);
}

Test(value, members_of_enums_and_sets_have_names) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct slice members[] = {SLICE_LITERAL("red"), SLICE_LITERAL("green"), SLICE_LITERAL("blue")};
    struct column_type type = {
        .kind = COLUMN_ENUM, .collation = 255, .member_count = 3, .members = members};
    struct value v = {.kind = VALUE_ENUM, .u = 2};
    cr_assert(slice_equal(value_text_typed(&v, &type, arena), SLICE_LITERAL("green")));
    v = (struct value){.kind = VALUE_SET, .u = 5};
    type.kind = COLUMN_SET;
    cr_assert(slice_equal(value_text_typed(&v, &type, arena), SLICE_LITERAL("red,blue")));
    type = (struct column_type){.kind = COLUMN_INT,
                                .flags = COLUMN_UNSIGNED | COLUMN_ZEROFILL,
                                .length = 5,
                                .collation = COLLATION_BINARY};
    v = value_of_uint(42);
    cr_assert(slice_equal(value_text_typed(&v, &type, arena), SLICE_LITERAL("00042")));
    fixture_close(&fixture);
}
