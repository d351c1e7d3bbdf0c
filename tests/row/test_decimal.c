#include <gmp.h>

#include "tests/row/fixture.h"

#define ROUNDS 20000

static void check(const char *expected, enum status status, const struct decimal *result,
                  enum status expected_status) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    cr_expect_str_eq(decimal_show(result, arena), expected);
    cr_expect_eq(status, expected_status, "%s: %s", expected, status_name(status));
    fixture_close(&fixture);
}

Test(decimal, texts_come_back_as_they_went_in) {
    static const char *const texts[] = {
        "0",
        "1",
        "-1",
        "0.00",
        "1.50",
        "-0.001",
        "10",
        "100.001",
        "99999999999999999999999999999999999999999999999999999999999999999",
        "0.000000000000000000000000000001",
        "-12345678901234567890.12345678901234567890"};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct decimal d = decimal_of(texts[i]);
        check(texts[i], STATUS_OK, &d, STATUS_OK);
    }
}

Test(decimal, odd_spellings_are_read_as_mysql_reads_them) {
    static const struct {
        const char *text, *number;
        enum status status;
    } cases[] = {
        {"  12 ", "12", STATUS_OK},
        {"+.5", "0.5", STATUS_OK},
        {"5.", "5", STATUS_OK},
        {"1e3", "1000", STATUS_OK},
        {"1.5e-3", "0.0015", STATUS_OK},
        {"12x", "12", STATUS_TRUNCATED},
        {"1e", "1", STATUS_TRUNCATED},
        {"-0", "0", STATUS_OK},
        {"", "0", STATUS_INVALID},
        {"abc", "0", STATUS_INVALID},
        {"000123", "123", STATUS_OK},
        {"0.0000", "0.0000", STATUS_OK},
        {"1e-40", "0.000000000000000000000000000000", STATUS_TRUNCATED},
        {"1e65", "99999999999999999999999999999999999999999999999999999999999999999",
         STATUS_OUT_OF_RANGE},
        {"0.00000000000000000000000000000055", "0.000000000000000000000000000001",
         STATUS_TRUNCATED},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct decimal d;
        enum status status = decimal_from_text(slice_of_text(cases[i].text), &d);
        check(cases[i].number, status, &d, cases[i].status);
    }
}

Test(decimal, arithmetic_keeps_mysqls_scales) {
    struct decimal a = decimal_of("10.50"), b = decimal_of("3"), r;
    enum status status = decimal_add(&a, &b, &r);
    check("13.50", status, &r, STATUS_OK);
    status = decimal_sub(&b, &a, &r);
    check("-7.50", status, &r, STATUS_OK);
    status = decimal_mul(&a, &a, &r);
    check("110.2500", status, &r, STATUS_OK);
    status = decimal_div(&a, &b, DECIMAL_DIV_INCREMENT, &r);
    check("3.500000000", status, &r, STATUS_OK);
    a = decimal_of("1");
    status = decimal_div(&a, &b, DECIMAL_DIV_INCREMENT, &r);
    check("0.333333333", status, &r, STATUS_OK);
    a = decimal_of("-10.5");
    status = decimal_mod(&a, &b, &r);
    check("-1.5", status, &r, STATUS_OK);
    b = decimal_of("0.00");
    cr_assert_eq(decimal_div(&a, &b, 4, &r), STATUS_DIVISION_BY_ZERO);
    cr_assert_eq(decimal_mod(&a, &b, &r), STATUS_DIVISION_BY_ZERO);
}

Test(decimal, too_many_digits_are_out_of_range_unless_places_can_go) {
    struct decimal nines =
        decimal_of("99999999999999999999999999999999999999999999999999999999999999999");
    struct decimal one = decimal_of("1"), small = decimal_of("0.4"), r;
    cr_assert_eq(decimal_add(&nines, &one, &r), STATUS_OUT_OF_RANGE);
    cr_assert_eq(decimal_mul(&nines, &nines, &r), STATUS_OUT_OF_RANGE);
    enum status status = decimal_add(&nines, &small, &r);
    cr_assert_eq(status, STATUS_TRUNCATED);
    cr_assert_eq(decimal_compare(&r, &nines), 0);
}

Test(decimal, rounding_goes_half_away_from_zero) {
    static const struct {
        const char *from;
        int places;
        const char *rounded, *cut;
    } cases[] = {
        {"2.5", 0, "3", "2"},           {"-2.5", 0, "-3", "-2"},      {"2.45", 1, "2.5", "2.4"},
        {"1234.5", -2, "1200", "1200"}, {"1250", -2, "1300", "1200"}, {"0.5", 3, "0.500", "0.500"},
        {"49", -2, "0", "0"},           {"50", -2, "100", "0"},       {"9.99", 1, "10.0", "9.9"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct decimal d = decimal_of(cases[i].from), r;
        enum status status = decimal_round(&d, cases[i].places, DECIMAL_HALF_AWAY, &r);
        check(cases[i].rounded, STATUS_OK, &r, STATUS_OK);
        status = decimal_round(&d, cases[i].places, DECIMAL_TOWARD_ZERO, &r);
        check(cases[i].cut, STATUS_OK, &r, STATUS_OK);
        cr_assert(status == STATUS_OK || status == STATUS_TRUNCATED);
    }
}

Test(decimal, a_column_rounds_or_clamps_to_nines) {
    struct decimal d = decimal_of("123.456"), r;
    enum status status = decimal_fit(&d, 5, 2, &r);
    check("123.46", status, &r, STATUS_TRUNCATED);
    status = decimal_fit(&d, 4, 2, &r);
    check("99.99", status, &r, STATUS_OUT_OF_RANGE);
    d = decimal_of("-99.999");
    status = decimal_fit(&d, 4, 2, &r);
    check("-99.99", status, &r, STATUS_OUT_OF_RANGE);
    status = decimal_fit(&d, 10, 4, &r);
    check("-99.9990", status, &r, STATUS_OK);
}

Test(decimal, integers_are_clamped_at_their_ends) {
    struct decimal d = decimal_of("9223372036854775807.4");
    int64_t i;
    uint64_t u;
    cr_assert_eq(decimal_to_int(&d, &i), STATUS_TRUNCATED);
    cr_assert_eq(i, INT64_MAX);
    d = decimal_of("9223372036854775807.5");
    cr_assert_eq(decimal_to_int(&d, &i), STATUS_OUT_OF_RANGE);
    d = decimal_of("-9223372036854775808");
    cr_assert_eq(decimal_to_int(&d, &i), STATUS_OK);
    cr_assert_eq(i, INT64_MIN);
    d = decimal_of("18446744073709551615");
    cr_assert_eq(decimal_to_uint(&d, &u), STATUS_OK);
    cr_assert_eq(u, UINT64_MAX);
    d = decimal_of("-1");
    cr_assert_eq(decimal_to_uint(&d, &u), STATUS_OUT_OF_RANGE);
}

/* --- against GMP's integers --- */

static void random_decimal(struct random *random, struct decimal *out, mpz_t z) {
    char text[80];
    uint32_t digits = (uint32_t)random_range(random, 1, 40);
    for (uint32_t i = 0; i < digits; i++) text[i] = (char)('0' + random_below(random, 10));
    text[digits] = '\0';
    mpz_set_str(z, text, 10);
    *out = decimal_of(text);
    out->scale = (uint8_t)random_below(random, 13);
    if (random_below(random, 2) == 0 && mpz_sgn(z) != 0) {
        out->negative = true;
        mpz_neg(z, z);
    }
}

static void to_mpz(const struct decimal *d, mpz_t z) {
    mpz_import(z, DECIMAL_LIMBS, -1, 8, 0, 0, d->limbs);
    if (d->negative) mpz_neg(z, z);
}

static void scale_up(mpz_t z, uint32_t digits) {
    mpz_t power;
    mpz_init(power);
    mpz_ui_pow_ui(power, 10, digits);
    mpz_mul(z, z, power);
    mpz_clear(power);
}

Test(decimal, sums_and_products_agree_with_gmp, .timeout = 100) {
    struct random random;
    mpz_t x, y, z, got;
    mpz_inits(x, y, z, got, NULL);
    random_open(&random, 1);
    for (int i = 0; i < ROUNDS; i++) {
        struct decimal a, b, r;
        random_decimal(&random, &a, x);
        random_decimal(&random, &b, y);
        uint8_t scale = MAX(a.scale, b.scale);
        mpz_mul(z, x, y);
        enum status status = decimal_mul(&a, &b, &r);
        if (status == STATUS_OK && r.scale == a.scale + b.scale) {
            to_mpz(&r, got);
            cr_assert_eq(mpz_cmp(z, got), 0);
        } else {
            cr_assert(mpz_sizeinbase(z, 10) > 64, "product fits but was %s", status_name(status));
        }
        scale_up(x, scale - a.scale);
        scale_up(y, scale - b.scale);
        cr_assert_eq(sign_of(mpz_cmp(x, y)), decimal_compare(&a, &b));
        mpz_add(z, x, y);
        cr_assert_eq(decimal_add(&a, &b, &r), STATUS_OK);
        to_mpz(&r, got);
        cr_assert(mpz_cmp(z, got) == 0 && r.scale == scale);
        mpz_sub(z, x, y);
        cr_assert_eq(decimal_sub(&a, &b, &r), STATUS_OK);
        to_mpz(&r, got);
        cr_assert(mpz_cmp(z, got) == 0);
        if (mpz_sgn(y) == 0) continue;
        mpz_tdiv_r(z, x, y);
        cr_assert_eq(decimal_mod(&a, &b, &r), STATUS_OK);
        to_mpz(&r, got);
        cr_assert(mpz_cmp(z, got) == 0);
    }
    mpz_clears(x, y, z, got, NULL);
}

Test(decimal, quotients_agree_with_gmp, .timeout = 100) {
    struct random random;
    mpz_t x, y, z, got;
    mpz_inits(x, y, z, got, NULL);
    random_open(&random, 2);
    for (int i = 0; i < ROUNDS; i++) {
        struct decimal a, b, r;
        random_decimal(&random, &a, x);
        random_decimal(&random, &b, y);
        if (mpz_sgn(y) == 0) continue;
        enum status status = decimal_div(&a, &b, 4, &r);
        if (status != STATUS_OK) continue;
        cr_assert_geq(r.scale, MIN(a.scale + 4, DECIMAL_SCALE_MAX));
        /* x * 10^(scale - sa + sb) / y, cut */
        scale_up(x, (uint32_t)(r.scale - a.scale + b.scale));
        mpz_tdiv_q(z, x, y);
        to_mpz(&r, got);
        cr_assert_eq(mpz_cmp(z, got), 0);
    }
    mpz_clears(x, y, z, got, NULL);
}

Test(decimal, stored_bytes_come_back_for_every_precision) {
    struct random random;
    random_open(&random, 3);
    for (uint8_t precision = 1; precision <= DECIMAL_PRECISION_MAX; precision++) {
        for (int round = 0; round < 50; round++) {
            char text[80];
            uint32_t digits = (uint32_t)random_range(&random, 1, precision);
            for (uint32_t i = 0; i < digits; i++)
                text[i] = round == 0 ? '9' : (char)('0' + random_below(&random, 10));
            text[digits] = '\0';
            struct decimal d = decimal_of(text), back;
            if (random_below(&random, 2) == 0) d = decimal_negate(&d);
            uint8_t memory[32];
            uint32_t size = decimal_bytes(precision);
            decimal_store(&d, memory, size);
            cr_assert_eq(decimal_load(memory, size, 0, &back), STATUS_OK);
            cr_assert_eq(memcmp(back.limbs, d.limbs, sizeof(d.limbs)), 0);
            cr_assert_eq(back.negative, d.negative);
        }
    }
    cr_assert_eq(decimal_bytes(18), 8);
    cr_assert_eq(decimal_bytes(65), 28);
    uint8_t ones[28];
    memset(ones, 0x7f, sizeof(ones));
    struct decimal d;
    cr_assert_eq(decimal_load(ones, sizeof(ones), 0, &d), STATUS_CORRUPT);
}

Test(decimal, doubles_and_decimals_meet) {
    struct decimal d;
    enum status status = decimal_from_double(0.1, &d);
    check("0.1", status, &d, STATUS_OK);
    status = decimal_from_double(-1234567.875, &d);
    check("-1234567.875", status, &d, STATUS_OK);
    status = decimal_from_double(1e20, &d);
    check("100000000000000000000", status, &d, STATUS_OK);
    cr_assert_eq(decimal_from_double(1e70, &d), STATUS_OUT_OF_RANGE);
    d = decimal_of("123456789.123456789");
    cr_assert_eq(decimal_to_double(&d), 123456789.123456789);
    d = decimal_of("0.1");
    cr_assert_eq(decimal_to_double(&d), 0.1);
    cr_assert_eq(decimal_digits(&d), 1);
    d = decimal_of("10000000000000000000000");
    cr_assert_eq(decimal_digits(&d), 23);
    cr_assert_eq(decimal_to_double(&d), 1e22);
}
