/* row/decimal.h: exact decimal numbers, 65 digits, 30 of them behind the point.
 *
 * The number is (negative ? -1 : 1) * coefficient / 10^scale, the coefficient 256 bits, below 10^65
 * in every decimal that leaves this module. Zero is never negative. Two decimals of one number may
 * differ in scale (1.0, 1.00): scale is what is printed.
 *
 * Statuses: OUT_OF_RANGE when the result has more than 65 digits (MySQL 1690), TRUNCATED when
 * digits were rounded off (the result stands), DIVISION_BY_ZERO (the result is NULL for the
 * caller), INVALID when a text holds no number at all (the result is 0).
 */
#ifndef ROW_DECIMAL_H
#define ROW_DECIMAL_H

#include "row/type.h"

#define DECIMAL_LIMBS 4

struct decimal {
    uint64_t limbs[DECIMAL_LIMBS]; /* least first */
    uint8_t scale;
    bool negative;
};

/* '-', '0', '.', 65 digits, rounded up. */
#define DECIMAL_TEXT_BYTES_MAX 72
/* Digits that division adds to the dividend's scale (MySQL's div_precision_increment). */
#define DECIMAL_DIV_INCREMENT 4

enum decimal_rounding {
    DECIMAL_HALF_AWAY, /* 0.5 becomes 1, -0.5 becomes -1 */
    DECIMAL_TOWARD_ZERO,
};

struct decimal decimal_from_int(int64_t integer, uint8_t scale);
struct decimal decimal_from_uint(uint64_t integer, uint8_t scale);
/* The shortest decimal text of the double, rounded to 30 places; OUT_OF_RANGE gives 65 nines. */
MUST_USE enum status decimal_from_double(double number, struct decimal *out);
/* A MySQL number: spaces, sign, digits, point, exponent. TRUNCATED when something else follows,
 * or more than 30 places are given; OUT_OF_RANGE gives 65 nines. */
MUST_USE enum status decimal_from_text(struct slice text, struct decimal *out);

/* Writes DECIMAL_TEXT_BYTES_MAX bytes at most, always with `scale` places; no NUL. */
size_t decimal_to_text(const struct decimal *decimal, uint8_t *memory);
double decimal_to_double(const struct decimal *decimal);
/* Rounded half away from zero; OUT_OF_RANGE clamps. */
MUST_USE enum status decimal_to_int(const struct decimal *decimal, int64_t *out);
MUST_USE enum status decimal_to_uint(const struct decimal *decimal, uint64_t *out);

bool decimal_is_zero(const struct decimal *decimal);
/* Significant digits of the coefficient, 1 for zero. */
uint32_t decimal_digits(const struct decimal *decimal);
/* By number: 1.0 equals 1.00. <0, 0, >0. */
int decimal_compare(const struct decimal *a, const struct decimal *b);
struct decimal decimal_negate(const struct decimal *decimal);

/* Scale of sums: the larger; of products: the sum, 30 at most (rounded); of remainders: the larger, sign of a; of
 * quotients, which are cut: a's scale and `increment` and what is left of the last nine places that MySQL computes at
 * once, 30 at most. `out` may be an argument. */
MUST_USE enum status decimal_add(const struct decimal *a, const struct decimal *b,
                                 struct decimal *out);
MUST_USE enum status decimal_sub(const struct decimal *a, const struct decimal *b,
                                 struct decimal *out);
MUST_USE enum status decimal_mul(const struct decimal *a, const struct decimal *b,
                                 struct decimal *out);
MUST_USE enum status decimal_div(const struct decimal *a, const struct decimal *b,
                                 uint32_t increment, struct decimal *out);
MUST_USE enum status decimal_mod(const struct decimal *a, const struct decimal *b,
                                 struct decimal *out);

/* To `places` behind the point (negative: before it, as ROUND(x, -2)); the result's scale is
 * places, or 0. TRUNCATED when a digit other than 0 went away. OUT_OF_RANGE above 65 digits. */
MUST_USE enum status decimal_round(const struct decimal *decimal, int32_t places,
                                   enum decimal_rounding rounding, struct decimal *out);
/* Into a column of (precision, scale): rounded (TRUNCATED) or clamped to nines (OUT_OF_RANGE). */
MUST_USE enum status decimal_fit(const struct decimal *decimal, uint8_t precision, uint8_t scale,
                                 struct decimal *out);

/* --- fixed bytes of a column DECIMAL(precision, scale): two's complement, little endian --- */

/* 1 to 28 bytes; at most 8 up to precision 18. */
uint32_t decimal_bytes(uint8_t precision);
/* The decimal's scale must be the column's, and it must fit (decimal_fit). */
void decimal_store(const struct decimal *decimal, uint8_t *memory, uint32_t size);
/* Any bytes give a decimal of at most 65 digits: CORRUPT otherwise. */
MUST_USE enum status decimal_load(const uint8_t *memory, uint32_t size, uint8_t scale,
                                  struct decimal *out);

#endif
