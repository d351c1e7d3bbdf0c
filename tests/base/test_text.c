#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/text.h"

static const char *text_of_double(double value) {
    static char text[TEXT_DOUBLE_BYTES_MAX + 1];
    text[text_format_double(text, value)] = '\0';
    return text;
}

static const char *text_of_float(float value) {
    static char text[TEXT_DOUBLE_BYTES_MAX + 1];
    text[text_format_float(text, value)] = '\0';
    return text;
}

Test(text, integers_are_written_as_printf_writes_them) {
    struct random random;
    random_open(&random, 1);
    char expected[32], out[32];
    for (int i = 0; i < 100000; i++) {
        uint64_t value = random_u64(&random) >> random_below(&random, 64);
        snprintf(expected, sizeof(expected), "%lu", value);
        out[text_format_u64(out, value)] = '\0';
        cr_assert_str_eq(out, expected);
        snprintf(expected, sizeof(expected), "%ld", (int64_t)value);
        out[text_format_i64(out, (int64_t)value)] = '\0';
        cr_assert_str_eq(out, expected);
    }
    out[text_format_i64(out, INT64_MIN)] = '\0';
    cr_assert_str_eq(out, "-9223372036854775808");
    text_format_digits(out, 6, 42);
    cr_assert_arr_eq(out, "000042", 6);
}

Test(text, doubles_are_written_as_mysql_writes_them) {
    cr_assert_str_eq(text_of_double(0), "0");
    cr_assert_str_eq(text_of_double(-0.0), "-0");
    cr_assert_str_eq(text_of_double(0.1), "0.1");
    cr_assert_str_eq(text_of_double(-123.456), "-123.456");
    cr_assert_str_eq(text_of_double(1e14), "100000000000000");
    cr_assert_str_eq(text_of_double(1e15), "1e15");
    cr_assert_str_eq(text_of_double(123456789012345678.0), "1.2345678901234568e17");
    cr_assert_str_eq(text_of_double(1e-15), "0.000000000000001");
    cr_assert_str_eq(text_of_double(1e-16), "1e-16");
    cr_assert_str_eq(text_of_double(1.5e-16), "1.5e-16");
    cr_assert_str_eq(text_of_double(0.1 + 0.2), "0.30000000000000004");
    cr_assert_str_eq(text_of_double(1.0 / 3), "0.3333333333333333");
    cr_assert_str_eq(text_of_double(DBL_MAX), "1.7976931348623157e308");
    cr_assert_str_eq(text_of_double(-DBL_MIN), "-2.2250738585072014e-308");
    cr_assert_str_eq(text_of_double(5e-324), "5e-324");
}

Test(text, floats_are_written_with_six_digits) {
    cr_assert_str_eq(text_of_float(0), "0");
    cr_assert_str_eq(text_of_float(0.1f), "0.1");
    cr_assert_str_eq(text_of_float(1.23456789f), "1.23457");
    cr_assert_str_eq(text_of_float(16777216.0f), "16777200");
    cr_assert_str_eq(text_of_float(-FLT_MAX), "-3.40282e38");
}

Test(text, every_double_reads_back) {
    struct random random;
    random_open(&random, 2);
    for (int i = 0; i < 50000; i++) {
        uint64_t bits = random_u64(&random);
        double value, back;
        memcpy(&value, &bits, sizeof(value));
        if (i % 2 == 0) value = (double)(int64_t)random_below(&random, 1000000) / 1000;
        if (!isfinite(value)) continue;
        const char *text = text_of_double(value);
        cr_assert_eq(text_parse_double(slice_of_text(text), &back), STATUS_OK);
        cr_assert_eq(memcmp(&value, &back, sizeof(value)), 0, "%s", text);
    }
}

static enum status parse_i64(const char *text, int64_t *value) {
    return text_parse_i64(slice_of_text(text), value);
}

Test(text, integers_are_read_to_their_bounds) {
    int64_t value;
    cr_assert_eq(parse_i64("-9223372036854775808", &value), STATUS_OK);
    cr_assert_eq(value, INT64_MIN);
    cr_assert_eq(parse_i64("+9223372036854775807", &value), STATUS_OK);
    cr_assert_eq(value, INT64_MAX);
    cr_assert_eq(parse_i64("9223372036854775808", &value), STATUS_OUT_OF_RANGE);
    cr_assert_eq(value, INT64_MAX);
    cr_assert_eq(parse_i64("-99999999999999999999999999", &value), STATUS_OUT_OF_RANGE);
    cr_assert_eq(value, INT64_MIN);
    uint64_t large;
    cr_assert_eq(text_parse_u64(SLICE_LITERAL("18446744073709551615"), &large), STATUS_OK);
    cr_assert_eq(large, UINT64_MAX);
    cr_assert_eq(text_parse_u64(SLICE_LITERAL("18446744073709551616"), &large),
                 STATUS_OUT_OF_RANGE);
    cr_assert_eq(text_parse_u64(SLICE_LITERAL("000"), &large), STATUS_OK);
}

Test(text, what_is_no_integer_is_invalid) {
    static const char *const texts[] = {
        "", "-", "+", "--1", " 1", "1 ", "1.0", "0x1", "99999999999999999999999x"};
    int64_t value;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        cr_assert_eq(parse_i64(texts[i], &value), STATUS_INVALID);
}

Test(text, what_is_no_double_is_invalid) {
    static const char *const texts[] = {"",    ".",   "-",     "e1", ".e1",   "1e", "1e+",
                                        "inf", "nan", "0x1p3", "1 ", "1.2.3", "1f"};
    double value;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        cr_assert_eq(text_parse_double(slice_of_text(texts[i]), &value), STATUS_INVALID);
    cr_assert_eq(text_parse_double(SLICE_LITERAL("+1.e-2"), &value), STATUS_OK);
    cr_assert_eq(value, 0.01);
    cr_assert_eq(text_parse_double(SLICE_LITERAL("-.5E1"), &value), STATUS_OK);
    cr_assert_eq(value, -5);
    cr_assert_eq(text_parse_double(SLICE_LITERAL("-1e999"), &value), STATUS_OUT_OF_RANGE);
    cr_assert_eq(value, -DBL_MAX);
    cr_assert_eq(text_parse_double(SLICE_LITERAL("1e-999"), &value), STATUS_OK);
    cr_assert_eq(value, 0);
}
