#include <math.h>

#include "row/arithmetic.h"
#include "tests/row/fixture.h"

struct sum {
    enum status status;
    const char *text;
    uint8_t kind;
};

static struct sum operate(enum arithmetic_op op, struct value a, struct value b,
                          struct arena *arena) {
    struct value out = value_null();
    enum status status = value_arithmetic(op, &a, &b, arena, &out);
    return (struct sum){status, value_show(&out, arena), out.kind};
}

#define EXPECT(op, a, b, expected_status, expected_kind, expected_text)                            \
    do {                                                                                           \
        struct sum sum = operate(ARITHMETIC_##op, (a), (b), arena);                                \
        cr_expect_eq(sum.status, (expected_status), "%s", expected_text);                          \
        cr_expect_eq(sum.kind, (expected_kind), "%s", expected_text);                              \
        cr_expect_str_eq(sum.text, (expected_text));                                               \
    } while (0)

static struct value I(int64_t i) { return value_of_int(i); } static struct value U(uint64_t u) {
    return value_of_uint(u);
} static struct value D(double d) {
    return value_of_double(d);
} static struct value T(const char *text) {
    return text_value(text, 255);
} static struct value X(const char *text, struct arena *arena) {
    struct decimal d = decimal_of(text);
    return value_of_decimal(&d, arena);
}

Test(arithmetic, integers_overflow_as_mysql_says) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    EXPECT(ADD, I(1), I(2), STATUS_OK, VALUE_INT, "3");
    EXPECT(ADD, I(INT64_MAX), I(1), STATUS_OUT_OF_RANGE, VALUE_NULL, "NULL");
    EXPECT(ADD, I(INT64_MAX), U(1), STATUS_OK, VALUE_UINT, "9223372036854775808");
    EXPECT(SUB, U(1), I(2), STATUS_OUT_OF_RANGE, VALUE_NULL, "NULL");
    EXPECT(SUB, U(5), I(2), STATUS_OK, VALUE_UINT, "3");
    EXPECT(ADD, U(5), I(-2), STATUS_OK, VALUE_UINT, "3");
    EXPECT(MUL, I(-3), I(4), STATUS_OK, VALUE_INT, "-12");
    EXPECT(MUL, U(UINT64_MAX), U(UINT64_MAX), STATUS_OUT_OF_RANGE, VALUE_NULL, "NULL");
    EXPECT(MUL, I(INT64_MIN), I(-1), STATUS_OUT_OF_RANGE, VALUE_NULL, "NULL");
    EXPECT(INT_DIV, I(7), I(-2), STATUS_OK, VALUE_INT, "-3");
    EXPECT(INT_DIV, I(INT64_MIN), I(-1), STATUS_OUT_OF_RANGE, VALUE_NULL, "NULL");
    EXPECT(MOD, I(-7), I(3), STATUS_OK, VALUE_INT, "-1");
    EXPECT(MOD, I(INT64_MIN), I(-1), STATUS_OK, VALUE_INT, "0");
    EXPECT(MOD, I(7), I(0), STATUS_DIVISION_BY_ZERO, VALUE_NULL, "NULL");
    fixture_close(&fixture);
}

Test(arithmetic, division_gives_decimals_or_doubles) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    EXPECT(DIV, I(1), I(3), STATUS_OK, VALUE_DECIMAL, "0.333333333");
    EXPECT(DIV, X("10.50", arena), I(2), STATUS_OK, VALUE_DECIMAL, "5.250000000");
    EXPECT(DIV, D(1), I(4), STATUS_OK, VALUE_DOUBLE, "0.25");
    EXPECT(DIV, I(1), I(0), STATUS_DIVISION_BY_ZERO, VALUE_NULL, "NULL");
    EXPECT(DIV, D(1), D(0), STATUS_DIVISION_BY_ZERO, VALUE_NULL, "NULL");
    EXPECT(INT_DIV, X("7.9", arena), X("0.5", arena), STATUS_OK, VALUE_INT, "15");
    EXPECT(INT_DIV, D(-7.5), I(2), STATUS_OK, VALUE_INT, "-3");
    EXPECT(INT_DIV, D(1e30), I(1), STATUS_OUT_OF_RANGE, VALUE_NULL, "NULL");
    fixture_close(&fixture);
}

Test(arithmetic, the_wider_kind_wins) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    EXPECT(ADD, X("1.10", arena), I(1), STATUS_OK, VALUE_DECIMAL, "2.10");
    EXPECT(ADD, X("1.10", arena), X("1.10", arena), STATUS_OK, VALUE_DECIMAL, "2.20");
    EXPECT(ADD, X("1.1", arena), D(1), STATUS_OK, VALUE_DOUBLE, "2.1");
    EXPECT(ADD, T("1.5"), I(1), STATUS_OK, VALUE_DOUBLE, "2.5");
    EXPECT(ADD, T("1x"), I(1), STATUS_TRUNCATED, VALUE_DOUBLE, "2");
    EXPECT(ADD, value_null(), I(1), STATUS_OK, VALUE_NULL, "NULL");
    EXPECT(MUL, D(1e300), D(1e300), STATUS_OUT_OF_RANGE, VALUE_NULL, "NULL");
    EXPECT(ADD, value_of_temporal(VALUE_DATE, date_time_of("2024-01-31"), 0), I(1), STATUS_OK,
           VALUE_INT, "20240132");
    EXPECT(ADD, X("999999999999999999", arena), X("1", arena), STATUS_OK, VALUE_DECIMAL,
           "1000000000000000000");
    fixture_close(&fixture);
}

Test(arithmetic, bits_are_of_64) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    EXPECT(BIT_AND, I(-1), I(5), STATUS_OK, VALUE_UINT, "5");
    EXPECT(BIT_OR, I(4), U(1), STATUS_OK, VALUE_UINT, "5");
    EXPECT(BIT_XOR, I(7), I(2), STATUS_OK, VALUE_UINT, "5");
    EXPECT(SHIFT_LEFT, I(1), I(63), STATUS_OK, VALUE_UINT, "9223372036854775808");
    EXPECT(SHIFT_LEFT, I(1), I(64), STATUS_OK, VALUE_UINT, "0");
    EXPECT(SHIFT_RIGHT, I(-1), I(60), STATUS_OK, VALUE_UINT, "15");
    struct value zero = I(0), out;
    cr_assert_eq(value_bit_not(&zero, &out), STATUS_OK);
    cr_assert_eq(out.u, UINT64_MAX);
    fixture_close(&fixture);
}

Test(arithmetic, negation_and_rounding_keep_kinds) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct value v = I(INT64_MIN), out;
    cr_assert_eq(value_negate(&v, arena, &out), STATUS_OUT_OF_RANGE);
    v = X("1.5", arena);
    cr_assert_eq(value_negate(&v, arena, &out), STATUS_OK);
    cr_assert_str_eq(value_show(&out, arena), "-1.5");
    v = I(1250);
    cr_assert_eq(value_round(&v, -2, DECIMAL_HALF_AWAY, arena, &out), STATUS_OK);
    cr_assert(out.kind == VALUE_INT && out.i == 1300);
    v = X("2.345", arena);
    cr_assert_eq(value_round(&v, 2, DECIMAL_HALF_AWAY, arena, &out), STATUS_OK);
    cr_assert_str_eq(value_show(&out, arena), "2.35");
    v = D(2.5);
    cr_assert_eq(value_round(&v, 0, DECIMAL_HALF_AWAY, arena, &out), STATUS_OK);
    cr_assert_eq(out.d, 2.0);
    v = D(1.999);
    cr_assert_eq(value_round(&v, 1, DECIMAL_TOWARD_ZERO, arena, &out), STATUS_OK);
    cr_assert_eq(out.d, 1.9);
    v = D(1e308);
    cr_assert_eq(value_round(&v, INT64_MAX, DECIMAL_HALF_AWAY, arena, &out), STATUS_OK);
    cr_assert_eq(out.d, 1e308);
    fixture_close(&fixture);
}
