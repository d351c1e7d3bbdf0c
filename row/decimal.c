/* decimal.c: DECIMAL arithmetic on stack limbs.
 *
 * A coefficient has four limbs (10^65 < 2^216). Whatever is made on the way lives in a `wide` of
 * eight: the widest products are 65 + 65 digits, the widest shifted dividends 65 + 60, all below
 * 10^154 < 2^512. GMP's mpn layer does the limbs; it takes no memory at these sizes.
 *
 *   (D1) A wide is normalised: its top limb is not 0, and zero has size 0 (mpn asks for that).
 *   (D2) Every decimal given out is below 10^65, and zero is not negative. wide_finish is the one
 *        way out: it drops places when digits are too many, and refuses when there is no place
 *        left to drop.
 */
#include "row/decimal.h"

#include <gmp.h>
#include <math.h>
#include <stdlib.h>

#include "row/value.h"

static_assert(sizeof(mp_limb_t) == sizeof(uint64_t), "limbs are shared with GMP");

#define WIDE_LIMBS        8
#define POW10_LIMB_DIGITS 19 /* 10^19 < 2^64 */

enum sign { SIGN_PLUS, SIGN_MINUS };
#define SIGN_IF(is_negative) ((is_negative) ? SIGN_MINUS : SIGN_PLUS)

struct wide {
    mp_limb_t limbs[WIDE_LIMBS];
    mp_size_t size;
};

static const uint64_t pow10_table[POW10_LIMB_DIGITS + 1] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
    UINT64_C(10000000000000000000),
};

/* --- wides --- */

static void wide_normalise(struct wide *wide) {
    while (wide->size > 0 && wide->limbs[wide->size - 1] == 0) wide->size--;
}

static struct wide wide_of(const struct decimal *decimal) {
    struct wide wide = {.size = DECIMAL_LIMBS};
    memcpy(wide.limbs, decimal->limbs, sizeof(decimal->limbs));
    wide_normalise(&wide);
    return wide;
}

static void wide_mul_limb(struct wide *wide, uint64_t factor) {
    if (wide->size == 0) return;
    mp_limb_t carry = mpn_mul_1(wide->limbs, wide->limbs, wide->size, factor);
    if (carry == 0) return;
    CHECK(wide->size < WIDE_LIMBS);
    wide->limbs[wide->size++] = carry;
}

static void wide_add_limb(struct wide *wide, uint64_t term) {
    if (wide->size == 0) {
        wide->limbs[0] = term;
        wide->size = term != 0;
        return;
    }
    mp_limb_t carry = mpn_add_1(wide->limbs, wide->limbs, wide->size, term);
    if (carry == 0) return;
    CHECK(wide->size < WIDE_LIMBS);
    wide->limbs[wide->size++] = carry;
}

static void wide_scale_up(struct wide *wide, uint32_t digits) {
    for (; digits > POW10_LIMB_DIGITS; digits -= POW10_LIMB_DIGITS) {
        wide_mul_limb(wide, pow10_table[POW10_LIMB_DIGITS]);
    }
    wide_mul_limb(wide, pow10_table[digits]);
}

static struct wide wide_pow10(uint32_t digits) {
    struct wide power = {.limbs = {1}, .size = 1};
    wide_scale_up(&power, digits);
    return power;
}

static int wide_compare(const struct wide *a, const struct wide *b) {
    if (a->size != b->size) return a->size < b->size ? -1 : 1;
    return a->size == 0 ? 0 : mpn_cmp(a->limbs, b->limbs, a->size);
}

/* a / b, the remainder in *rest; b is not 0. */
static struct wide wide_divide(const struct wide *a, const struct wide *b, struct wide *rest) {
    struct wide quotient = {.size = 0};
    CHECK(b->size > 0);
    if (a->size < b->size) {
        *rest = *a;
        return quotient;
    }
    mpn_tdiv_qr(quotient.limbs, rest->limbs, 0, a->limbs, a->size, b->limbs, b->size);
    quotient.size = a->size - b->size + 1;
    rest->size = b->size;
    wide_normalise(&quotient);
    wide_normalise(rest);
    return quotient;
}

/* Is 2 * rest >= divisor? */
static bool wide_is_half(const struct wide *rest, const struct wide *divisor) {
    struct wide twice = *rest;
    wide_mul_limb(&twice, 2);
    return wide_compare(&twice, divisor) >= 0;
}

/* Takes digits off the end. True when one of them was not 0. */
static bool wide_scale_down(struct wide *wide, uint32_t digits, enum decimal_rounding rounding) {
    if (digits == 0 || wide->size == 0) return false;
    struct wide power = wide_pow10(digits), rest = {.size = 0};
    *wide = wide_divide(wide, &power, &rest);
    if (rounding == DECIMAL_HALF_AWAY && wide_is_half(&rest, &power)) wide_add_limb(wide, 1);
    return rest.size > 0;
}

static uint32_t wide_digits(const struct wide *wide) {
    if (wide->size == 0) return 1;
    uint32_t bits =
        (uint32_t)wide->size * 64 - (uint32_t)__builtin_clzl(wide->limbs[wide->size - 1]);
    uint32_t digits =
        (bits - 1) * 30103 / 100000; /* a number of `bits` bits has that many or more */
    struct wide power = wide_pow10(digits);
    while (wide_compare(wide, &power) >= 0) {
        wide_mul_limb(&power, 10);
        digits++;
    }
    return MAX(digits, 1);
}

static struct decimal decimal_nines(uint8_t precision, uint8_t scale, enum sign sign) {
    struct wide wide = wide_pow10(precision);
    mpn_sub_1(wide.limbs, wide.limbs, wide.size, 1);
    struct decimal nines = {.scale = scale, .negative = sign == SIGN_MINUS};
    memcpy(nines.limbs, wide.limbs, sizeof(nines.limbs));
    return nines;
}

static bool wide_fits(const struct wide *wide, uint32_t digits) {
    if (wide->size == 0) return true;
    uint32_t bits =
        (uint32_t)wide->size * 64 - (uint32_t)__builtin_clzl(wide->limbs[wide->size - 1]);
    if (bits * 30103 / 100000 + 1 <= digits) return true; /* surely */
    struct wide power = wide_pow10(digits);
    return wide_compare(wide, &power) < 0;
}

/* (D2) */
static enum status wide_finish(struct wide *wide, uint32_t scale, enum sign sign,
                               struct decimal *out) {
    enum status status = STATUS_OK;
    while (!wide_fits(wide, DECIMAL_PRECISION_MAX)) {
        uint32_t excess = wide_digits(wide) - DECIMAL_PRECISION_MAX;
        if (excess > scale) {
            *out = decimal_nines(DECIMAL_PRECISION_MAX, 0, sign);
            return STATUS_OUT_OF_RANGE;
        }
        if (wide_scale_down(wide, excess, DECIMAL_HALF_AWAY)) status = STATUS_TRUNCATED;
        scale -= excess;
    }
    CHECK(wide->size <= DECIMAL_LIMBS && scale <= DECIMAL_SCALE_MAX);
    *out =
        (struct decimal){.scale = (uint8_t)scale, .negative = sign == SIGN_MINUS && wide->size > 0};
    memcpy(out->limbs, wide->limbs, (size_t)wide->size * sizeof(uint64_t));
    return status;
}

/* --- making --- */

struct decimal decimal_from_uint(uint64_t integer, uint8_t scale) {
    return (struct decimal){.limbs = {integer}, .scale = scale};
}

struct decimal decimal_from_int(int64_t integer, uint8_t scale) {
    uint64_t magnitude = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
    return (struct decimal){.limbs = {magnitude}, .scale = scale, .negative = integer < 0};
}

enum status decimal_from_double(double number, struct decimal *out) {
    uint8_t text[VALUE_TEXT_BYTES_MAX];
    if (isnan(number)) {
        *out = decimal_from_uint(0, 0);
        return STATUS_INVALID;
    }
    if (fabs(number) >= 1e66) {
        *out = decimal_nines(DECIMAL_PRECISION_MAX, 0, SIGN_IF(number < 0));
        return STATUS_OUT_OF_RANGE;
    }
    size_t size = double_to_text(number, SCALE_NOT_FIXED, text);
    enum status status = decimal_from_text(slice_of(text, size), out);
    return status == STATUS_TRUNCATED ? STATUS_OK : status;
}

/* A number's text, cut into its parts; digits are text[digits ..], the point not counted. */
struct decimal_scan {
    const uint8_t *digits, *end; /* from the first digit or point to behind the last */
    int64_t point;               /* how many digits stand before the point, exponent included */
    int64_t count;               /* digits in all */
    bool negative, rubbish_follows;
};

static const uint8_t *scan_exponent(const uint8_t *at, const uint8_t *end, int64_t *exponent_out) {
    const uint8_t *start = at;
    *exponent_out = 0;
    if (at == end || (*at != 'e' && *at != 'E')) return start;
    at++;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (at == end || *at < '0' || *at > '9') return start;
    int64_t exponent = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        if (exponent < 1000000) exponent = exponent * 10 + (*at - '0');
    }
    *exponent_out = negative ? -exponent : exponent;
    return at;
}

static bool is_space(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

/* False when there is no digit at all. */
static bool decimal_scan(struct slice text, struct decimal_scan *scan) {
    const uint8_t *at = text.data, *end = text.data + text.size;
    while (at < end && is_space(*at)) at++;
    scan->negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    scan->digits = at;
    scan->count = 0;
    scan->point = -1;
    for (; at < end; at++) {
        if (*at == '.' && scan->point < 0) {
            scan->point = scan->count;
        } else if (*at >= '0' && *at <= '9') {
            scan->count++;
        } else {
            break;
        }
    }
    if (scan->count == 0) return false;
    if (scan->point < 0) scan->point = scan->count;
    scan->end = at;
    int64_t exponent;
    at = scan_exponent(at, end, &exponent);
    scan->point += exponent;
    while (at < end && is_space(*at)) at++;
    scan->rubbish_follows = at < end;
    return true;
}

/* The next digit of the scan, the point skipped; 0 past the end. */
static uint32_t scan_next_digit(const uint8_t **at, const uint8_t *end) {
    if (*at < end && **at == '.') (*at)++;
    if (*at >= end) return 0;
    return (uint32_t)(*(*at)++ - '0');
}

/* Reads `digits` digits into the wide. */
static void scan_digits(const uint8_t **at, const uint8_t *end, int64_t digits, struct wide *wide) {
    uint64_t chunk = 0;
    uint32_t chunk_digits = 0;
    for (; digits > 0; digits--) {
        chunk = chunk * 10 + scan_next_digit(at, end);
        if (++chunk_digits == POW10_LIMB_DIGITS - 1 || digits == 1) {
            wide_mul_limb(wide, pow10_table[chunk_digits]);
            wide_add_limb(wide, chunk);
            chunk = 0;
            chunk_digits = 0;
        }
    }
}

enum status decimal_from_text(struct slice text, struct decimal *out) {
    struct decimal_scan scan;
    *out = decimal_from_uint(0, 0);
    if (!decimal_scan(text, &scan)) return STATUS_INVALID;
    const uint8_t *at = scan.digits;
    while (at < scan.end && (*at == '0' || *at == '.')) { /* leading zeros have no weight */
        if (*at == '0') {
            scan.count--;
            scan.point--;
        }
        at++;
    }
    if (scan.count == 0) { /* zero keeps its places: 0.00 */
        int64_t places = MAX(-scan.point, 0);
        *out = decimal_from_uint(0, (uint8_t)MIN(places, DECIMAL_SCALE_MAX));
        return scan.rubbish_follows ? STATUS_TRUNCATED : STATUS_OK;
    }
    if (scan.point > DECIMAL_PRECISION_MAX) {
        *out = decimal_nines(DECIMAL_PRECISION_MAX, 0, SIGN_IF(scan.negative));
        return STATUS_OUT_OF_RANGE;
    }
    int64_t places = MAX(scan.count - scan.point, 0);
    int64_t places_kept = MIN(places, DECIMAL_SCALE_MAX);
    int64_t digits = scan.point + places_kept; /* negative: below the last place */
    struct wide wide = {.size = 0};
    if (digits >= 0) {
        scan_digits(&at, scan.end, digits, &wide);
        if (scan_next_digit(&at, scan.end) >= 5) wide_add_limb(&wide, 1);
    }
    enum status status = wide_finish(&wide, (uint32_t)places_kept, SIGN_IF(scan.negative), out);
    if (status == STATUS_OUT_OF_RANGE) return status;
    return scan.rubbish_follows || places > places_kept ? STATUS_TRUNCATED : status;
}

/* --- asking --- */

bool decimal_is_zero(const struct decimal *decimal) {
    return (decimal->limbs[0] | decimal->limbs[1] | decimal->limbs[2] | decimal->limbs[3]) == 0;
}

uint32_t decimal_digits(const struct decimal *decimal) {
    struct wide wide = wide_of(decimal);
    return wide_digits(&wide);
}

/* The coefficient's digits without leading zeros ("0" for 0). */
static size_t coefficient_to_text(const struct decimal *decimal, uint8_t *memory) {
    struct wide wide = wide_of(decimal);
    if (wide.size <= 1) return uint_to_text(decimal->limbs[0], memory);
    uint8_t digits[DECIMAL_TEXT_BYTES_MAX + 16];
    size_t count = mpn_get_str(digits, 10, wide.limbs, wide.size);
    size_t zeros = 0;
    while (zeros + 1 < count && digits[zeros] == 0) zeros++;
    for (size_t i = zeros; i < count; i++) memory[i - zeros] = (uint8_t)('0' + digits[i]);
    return count - zeros;
}

size_t decimal_to_text(const struct decimal *decimal, uint8_t *memory) {
    uint8_t digits[DECIMAL_TEXT_BYTES_MAX + 16];
    size_t count = coefficient_to_text(decimal, digits);
    uint8_t *at = memory;
    if (decimal->negative) *at++ = '-';
    size_t whole = count > decimal->scale ? count - decimal->scale : 0;
    if (whole == 0) *at++ = '0';
    memcpy(at, digits, whole);
    at += whole;
    if (decimal->scale == 0) return (size_t)(at - memory);
    *at++ = '.';
    size_t zeros = decimal->scale - (count - whole);
    memset(at, '0', zeros);
    memcpy(at + zeros, digits + whole, count - whole);
    return (size_t)(at - memory) + decimal->scale;
}

double decimal_to_double(const struct decimal *decimal) {
    static const double pow10_exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                         1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                         1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    bool is_small = (decimal->limbs[1] | decimal->limbs[2] | decimal->limbs[3]) == 0 &&
                    decimal->limbs[0] <= UINT64_C(1) << 53;
    if (is_small && decimal->scale < ARRAY_COUNT(pow10_exact)) { /* one rounding: exact */
        double magnitude = (double)decimal->limbs[0] / pow10_exact[decimal->scale];
        return decimal->negative ? -magnitude : magnitude;
    }
    char text[DECIMAL_TEXT_BYTES_MAX + 1];
    text[decimal_to_text(decimal, (uint8_t *)text)] = '\0';
    return strtod(text, NULL);
}

enum status decimal_to_uint(const struct decimal *decimal, uint64_t *out) {
    struct wide wide = wide_of(decimal);
    bool lost = wide_scale_down(&wide, decimal->scale, DECIMAL_HALF_AWAY);
    if (decimal->negative && wide.size > 0) {
        *out = 0;
        return STATUS_OUT_OF_RANGE;
    }
    if (wide.size > 1) {
        *out = UINT64_MAX;
        return STATUS_OUT_OF_RANGE;
    }
    *out = wide.size == 0 ? 0 : wide.limbs[0];
    return lost ? STATUS_TRUNCATED : STATUS_OK;
}

enum status decimal_to_int(const struct decimal *decimal, int64_t *out) {
    struct wide wide = wide_of(decimal);
    bool lost = wide_scale_down(&wide, decimal->scale, DECIMAL_HALF_AWAY);
    uint64_t magnitude = wide.size == 0 ? 0 : wide.limbs[0];
    uint64_t limit = (uint64_t)INT64_MAX + decimal->negative;
    if (wide.size > 1 || magnitude > limit) {
        *out = decimal->negative ? INT64_MIN : INT64_MAX;
        return STATUS_OUT_OF_RANGE;
    }
    *out = (int64_t)(decimal->negative ? 0 - magnitude : magnitude);
    return lost ? STATUS_TRUNCATED : STATUS_OK;
}

int decimal_compare(const struct decimal *a, const struct decimal *b) {
    if (a->negative != b->negative) return a->negative ? -1 : 1;
    struct wide x = wide_of(a), y = wide_of(b);
    if (a->scale < b->scale) wide_scale_up(&x, (uint32_t)(b->scale - a->scale));
    if (b->scale < a->scale) wide_scale_up(&y, (uint32_t)(a->scale - b->scale));
    int order = wide_compare(&x, &y);
    return a->negative ? -order : order;
}

/* --- arithmetic --- */

struct decimal decimal_negate(const struct decimal *decimal) {
    struct decimal negated = *decimal;
    negated.negative = !decimal->negative && !decimal_is_zero(decimal);
    return negated;
}

/* The larger minus the smaller magnitude; true when `a` was the smaller. */
static bool wide_difference(const struct wide *a, const struct wide *b, struct wide *out) {
    bool swapped = wide_compare(a, b) < 0;
    const struct wide *large = swapped ? b : a, *small = swapped ? a : b;
    *out = *large;
    if (small->size > 0) {
        mp_limb_t borrow =
            mpn_sub(out->limbs, large->limbs, large->size, small->limbs, small->size);
        CHECK(borrow == 0);
    }
    wide_normalise(out);
    return swapped;
}

static void wide_sum(const struct wide *a, const struct wide *b, struct wide *out) {
    const struct wide *large = a->size >= b->size ? a : b, *small = large == a ? b : a;
    struct wide sum = *large;
    if (small->size > 0) {
        mp_limb_t carry = mpn_add(sum.limbs, large->limbs, large->size, small->limbs, small->size);
        if (carry != 0) {
            CHECK(sum.size < WIDE_LIMBS);
            sum.limbs[sum.size++] = carry;
        }
    }
    *out = sum;
}

enum status decimal_add(const struct decimal *a, const struct decimal *b, struct decimal *out) {
    struct wide x = wide_of(a), y = wide_of(b), sum;
    uint8_t scale = MAX(a->scale, b->scale);
    wide_scale_up(&x, (uint32_t)(scale - a->scale));
    wide_scale_up(&y, (uint32_t)(scale - b->scale));
    if (a->negative == b->negative) {
        wide_sum(&x, &y, &sum);
        return wide_finish(&sum, scale, SIGN_IF(a->negative), out);
    }
    bool swapped = wide_difference(&x, &y, &sum);
    return wide_finish(&sum, scale, SIGN_IF(a->negative != swapped), out);
}

enum status decimal_sub(const struct decimal *a, const struct decimal *b, struct decimal *out) {
    struct decimal negated = decimal_negate(b);
    return decimal_add(a, &negated, out);
}

enum status decimal_mul(const struct decimal *a, const struct decimal *b, struct decimal *out) {
    struct wide x = wide_of(a), y = wide_of(b), product = {.size = 0};
    enum sign sign = SIGN_IF(a->negative != b->negative);
    if (x.size > 0 && y.size > 0) {
        const struct wide *large = x.size >= y.size ? &x : &y, *small = large == &x ? &y : &x;
        mpn_mul(product.limbs, large->limbs, large->size, small->limbs, small->size);
        product.size = x.size + y.size;
        wide_normalise(&product);
    }
    uint32_t scale = (uint32_t)a->scale + b->scale;
    if (scale > DECIMAL_SCALE_MAX) {
        wide_scale_down(&product, scale - DECIMAL_SCALE_MAX, DECIMAL_HALF_AWAY);
        scale = DECIMAL_SCALE_MAX;
    }
    return wide_finish(&product, scale, sign, out);
}

/* MySQL counts places in words of nine digits, and gives the quotient all places of its last word. */
static uint32_t whole_words(uint32_t places) { return (places + 8) / 9 * 9; }

static uint32_t quotient_scale(uint32_t a, uint32_t b, uint32_t increment) {
    uint32_t words = whole_words(a) + whole_words(b), spare = words - a - b;
    uint32_t places = whole_words(words + (increment > spare ? increment - spare : 0));
    return MIN(places, (uint32_t)DECIMAL_SCALE_MAX);
}

enum status decimal_div(const struct decimal *a, const struct decimal *b, uint32_t increment,
                        struct decimal *out) {
    struct wide x = wide_of(a), y = wide_of(b), rest;
    if (y.size == 0) return STATUS_DIVISION_BY_ZERO;
    uint32_t scale = quotient_scale(a->scale, b->scale, increment);
    enum sign sign = SIGN_IF(a->negative != b->negative);
    /* x / 10^sa / (y / 10^sb) = q / 10^scale, so q = x * 10^(scale + sb - sa) / y */
    CHECK(scale >= a->scale);
    wide_scale_up(&x, scale + b->scale - a->scale);
    struct wide quotient = wide_divide(&x, &y, &rest);
    return wide_finish(&quotient, scale, sign, out);
}

enum status decimal_mod(const struct decimal *a, const struct decimal *b, struct decimal *out) {
    struct wide x = wide_of(a), y = wide_of(b), rest;
    if (y.size == 0) return STATUS_DIVISION_BY_ZERO;
    uint8_t scale = MAX(a->scale, b->scale);
    enum sign sign = SIGN_IF(a->negative);
    wide_scale_up(&x, (uint32_t)(scale - a->scale));
    wide_scale_up(&y, (uint32_t)(scale - b->scale));
    wide_divide(&x, &y, &rest);
    return wide_finish(&rest, scale, sign, out);
}

/* --- rounding --- */

enum status decimal_round(const struct decimal *decimal, int32_t places,
                          enum decimal_rounding rounding, struct decimal *out) {
    struct wide wide = wide_of(decimal);
    enum sign sign = SIGN_IF(decimal->negative);
    int32_t scale = decimal->scale;
    places = MAX(MIN(places, DECIMAL_SCALE_MAX), -DECIMAL_PRECISION_MAX - 1);
    if (places >= scale) {
        wide_scale_up(&wide, (uint32_t)(places - scale));
        return wide_finish(&wide, (uint32_t)places, sign, out);
    }
    bool lost = wide_scale_down(&wide, (uint32_t)(scale - places), rounding);
    if (places < 0) wide_scale_up(&wide, (uint32_t)-places);
    enum status status = wide_finish(&wide, (uint32_t)MAX(places, 0), sign, out);
    return status == STATUS_OK && lost ? STATUS_TRUNCATED : status;
}

enum status decimal_fit(const struct decimal *decimal, uint8_t precision, uint8_t scale,
                        struct decimal *out) {
    struct wide wide = wide_of(decimal);
    enum sign sign = SIGN_IF(decimal->negative);
    bool lost = false;
    if (scale >= decimal->scale) {
        wide_scale_up(&wide, (uint32_t)(scale - decimal->scale));
    } else {
        lost = wide_scale_down(&wide, (uint32_t)(decimal->scale - scale), DECIMAL_HALF_AWAY);
    }
    if (!wide_fits(&wide, precision)) {
        *out = decimal_nines(precision, scale, sign);
        return STATUS_OUT_OF_RANGE;
    }
    enum status status = wide_finish(&wide, scale, sign, out);
    CHECK(status == STATUS_OK && out->scale == scale);
    return lost ? STATUS_TRUNCATED : STATUS_OK;
}

/* --- bytes of columns --- */

uint32_t decimal_bytes(uint8_t precision) {
    uint32_t bits = (uint32_t)precision * 33220 / 10000 + 2; /* with the sign's */
    return (bits + 7) / 8;
}

static void limbs_negate(uint64_t *limbs) {
    uint64_t carry = 1;
    for (size_t i = 0; i < DECIMAL_LIMBS; i++) {
        limbs[i] = ~limbs[i] + carry;
        carry = carry != 0 && limbs[i] == 0;
    }
}

void decimal_store(const struct decimal *decimal, uint8_t *memory, uint32_t size) {
    uint64_t limbs[DECIMAL_LIMBS];
    CHECK(size <= sizeof(limbs));
    memcpy(limbs, decimal->limbs, sizeof(limbs));
    if (decimal->negative) limbs_negate(limbs);
    memcpy(memory, limbs, size);
}

enum status decimal_load(const uint8_t *memory, uint32_t size, uint8_t scale, struct decimal *out) {
    CHECK(size > 0 && size <= sizeof(out->limbs));
    bool negative = (memory[size - 1] & 0x80) != 0;
    memset(out->limbs, negative ? 0xff : 0, sizeof(out->limbs));
    memcpy(out->limbs, memory, size);
    out->scale = scale;
    out->negative = negative;
    if (negative) limbs_negate(out->limbs);
    struct wide wide = wide_of(out);
    return wide_fits(&wide, DECIMAL_PRECISION_MAX) ? STATUS_OK : STATUS_CORRUPT;
}
