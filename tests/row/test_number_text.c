#include <float.h>
#include <math.h>

#include "tests/row/fixture.h"

static const char *double_show(double number, uint8_t scale) {
    static char text[VALUE_TEXT_BYTES_MAX + 1];
    text[double_to_text(number, scale, (uint8_t *)text)] = '\0';
    return text;
}
static const char *float_show(double number) {
    static char text[VALUE_TEXT_BYTES_MAX + 1];
    text[float_to_text(number, SCALE_NOT_FIXED, (uint8_t *)text)] = '\0';
    return text;
}

Test(number_text, doubles_print_as_mysql_prints_them) {
    cr_assert_str_eq(double_show(0, SCALE_NOT_FIXED), "0");
    cr_assert_str_eq(double_show(1.5, SCALE_NOT_FIXED), "1.5");
    cr_assert_str_eq(double_show(0.1, SCALE_NOT_FIXED), "0.1");
    cr_assert_str_eq(double_show(1e14, SCALE_NOT_FIXED), "100000000000000");
    cr_assert_str_eq(double_show(1e15, SCALE_NOT_FIXED), "1e15");
    cr_assert_str_eq(double_show(-1.2345678901234568e17, SCALE_NOT_FIXED),
                     "-1.2345678901234568e17");
    cr_assert_str_eq(double_show(1e-5, SCALE_NOT_FIXED), "0.00001");
    cr_assert_str_eq(double_show(1.0 / 3, SCALE_NOT_FIXED), "0.3333333333333333");
    cr_assert_str_eq(double_show(DBL_MAX, SCALE_NOT_FIXED), "1.7976931348623157e308");
    cr_assert_str_eq(double_show(5e-324, SCALE_NOT_FIXED), "5e-324");
    cr_assert_str_eq(double_show(1.005, 2), "1.00");
    cr_assert_str_eq(double_show(2, 3), "2.000");
    cr_assert_str_eq(float_show((double)1.23456789f), "1.23457");
    cr_assert_str_eq(float_show((double)1e10f), "10000000000");
}

Test(number_text, the_greatest_fixed_double_fits_the_memory) {
    uint8_t memory[VALUE_TEXT_BYTES_MAX];
    size_t size = double_to_text(-DBL_MAX, 30, memory);
    cr_assert_eq(size, 1 + 309 + 1 + 30);
}

Test(number_text, numbers_at_the_start_of_texts_are_read) {
    static const struct {
        const char *text;
        double number;
        enum status status;
    } cases[] = {
        {"12.5", 12.5, STATUS_OK},
        {" 12.5 ", 12.5, STATUS_OK},
        {"12.5abc", 12.5, STATUS_TRUNCATED},
        {"abc", 0, STATUS_INVALID},
        {"", 0, STATUS_INVALID},
        {"-.5e1x", -5, STATUS_TRUNCATED},
        {"1e400", DBL_MAX, STATUS_OUT_OF_RANGE},
        {"-1e400", -DBL_MAX, STATUS_OUT_OF_RANGE},
        {"1e", 1, STATUS_TRUNCATED},
        {".", 0, STATUS_INVALID},
        {"1e-400", 0, STATUS_OK},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        double number;
        enum status status = text_to_double(slice_of_text(cases[i].text), &number);
        cr_expect_eq(status, cases[i].status, "%s", cases[i].text);
        cr_expect_eq(number, cases[i].number, "%s", cases[i].text);
    }
}

Test(number_text, very_long_numbers_are_read) {
    static char text[5000];
    memset(text, '1', sizeof(text));
    text[100] = '.';
    double number;
    cr_assert_eq(text_to_double(slice_of(text, sizeof(text)), &number), STATUS_OK);
    cr_assert(number > 1.1e99 && number < 1.2e99);
    text[100] = '1';
    memcpy(text + 2000, "e-1990", 6);
    cr_assert_eq(text_to_double(slice_of(text, 2006), &number), STATUS_OK);
    cr_assert(number > 1.1e9 && number < 1.2e9);
}

Test(number_text, integers_are_rounded_and_clamped) {
    int64_t i;
    uint64_t u;
    cr_assert_eq(text_to_int(SLICE_LITERAL("-42"), &i), STATUS_OK);
    cr_assert_eq(i, -42);
    cr_assert_eq(text_to_int(SLICE_LITERAL("1.5"), &i), STATUS_OK);
    cr_assert_eq(i, 2);
    cr_assert_eq(text_to_int(SLICE_LITERAL("1e3"), &i), STATUS_OK);
    cr_assert_eq(i, 1000);
    cr_assert_eq(text_to_int(SLICE_LITERAL("12a"), &i), STATUS_TRUNCATED);
    cr_assert_eq(text_to_int(SLICE_LITERAL("-9223372036854775809"), &i), STATUS_OUT_OF_RANGE);
    cr_assert_eq(i, INT64_MIN);
    cr_assert_eq(text_to_int(SLICE_LITERAL("-9223372036854775808"), &i), STATUS_OK);
    cr_assert_eq(text_to_uint(SLICE_LITERAL("18446744073709551615"), &u), STATUS_OK);
    cr_assert_eq(u, UINT64_MAX);
    cr_assert_eq(text_to_uint(SLICE_LITERAL("-1"), &u), STATUS_OUT_OF_RANGE);
    cr_assert_eq(u, 0);
}
