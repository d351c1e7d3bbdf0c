/* text.c: the number formats of MySQL's text protocol.
 *
 * Doubles: MySQL prints the shortest digits that read back as the same double, without an exponent
 * when the decimal point lies 14 places before to 15 digits behind the first digit (X1). We ask the
 * C library for 15, 16 and 17 correctly rounded digits and take the first that reads back; a whole
 * number below 10^15 needs no search. (At some powers of two a shorter neighbour of the rounded
 * digits would read back as well; we print one digit more there.)
 *
 *      digits d1 d2 .. dn, exponent e:   value = d1.d2..dn * 10^e
 *      (X1) plain form:  -15 <= e <= 14, else d1[.d2..dn]e[-]E without zeros in front of E
 */
#include "base/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { PLAIN_EXPONENT_MIN = -15, PLAIN_EXPONENT_MAX = 14 };

static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324"
                                  "25262728293031323334353637383940414243444546474849"
                                  "50515253545556575859606162636465666768697071727374"
                                  "75767778798081828384858687888990919293949596979899";

size_t text_format_u64(char out[static TEXT_U64_BYTES_MAX], uint64_t value) {
    char digits[TEXT_U64_BYTES_MAX];
    size_t at = sizeof(digits);
    for (; value >= 100; value /= 100) {
        at -= 2;
        memcpy(digits + at, digit_pairs + 2 * (value % 100), 2);
    }
    if (value >= 10) {
        at -= 2;
        memcpy(digits + at, digit_pairs + 2 * value, 2);
    } else {
        digits[--at] = (char)('0' + value);
    }
    memcpy(out, digits + at, sizeof(digits) - at);
    return sizeof(digits) - at;
}

size_t text_format_i64(char out[static TEXT_I64_BYTES_MAX], int64_t value) {
    char digits[TEXT_U64_BYTES_MAX];
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
    size_t sign = value < 0, length = text_format_u64(digits, magnitude);
    out[0] = '-';
    memcpy(out + sign, digits, length);
    return sign + length;
}

void text_format_digits(char *out, unsigned width, uint64_t value) {
    for (unsigned i = width; i > 0; value /= 10) out[--i] = (char)('0' + value % 10);
    CHECK(value == 0);
}

/* A finite number above zero in decimal. */
struct decimal_digits {
    char digits[20]; /* no zeros at the end */
    int count;
    int exponent; /* of the first digit */
};

/* `count` digits, correctly rounded; then without zeros at the end. */
static void digits_round(struct decimal_digits *out, double value, int count) {
    char text[40]; /* d.ddddde-xxx */
    CHECK(count >= 1 && count <= 17);
    snprintf(text, sizeof(text), "%.*e", count - 1, value);
    const char *mark = strchr(text, 'e');
    CHECK(mark != NULL);
    out->exponent = atoi(mark + 1);
    out->count = 0;
    for (const char *at = text; at < mark; at++)
        if (*at >= '0' && *at <= '9') out->digits[out->count++] = *at;
    while (out->count > 1 && out->digits[out->count - 1] == '0') out->count--;
}

static double digits_value(const struct decimal_digits *digits) {
    char text[40];
    snprintf(text, sizeof(text), "%.*se%d", digits->count, digits->digits,
             digits->exponent - (digits->count - 1));
    return strtod(text, NULL);
}

static void digits_shortest(struct decimal_digits *out, double value) {
    int count = value < DBL_MIN ? 1 : DBL_DIG; /* a subnormal has few digits */
    for (; count <= 17; count++) {
        digits_round(out, value, count);
        if (digits_value(out) == value) return;
    }
    UNREACHABLE(); /* 17 digits always read back */
}

static void put_zeros(struct writer *out, int count) {
    for (; count > 0; count--) writer_u8(out, '0');
}

static void put_plain(struct writer *out, const struct decimal_digits *digits) {
    int whole = digits->exponent + 1; /* digits before the point */
    if (whole <= 0) {
        writer_bytes(out, SLICE_LITERAL("0."));
        put_zeros(out, -whole);
        writer_bytes(out, slice_of(digits->digits, (size_t)digits->count));
        return;
    }
    int leading = MIN(whole, digits->count);
    writer_bytes(out, slice_of(digits->digits, (size_t)leading));
    put_zeros(out, whole - leading);
    if (digits->count == leading) return;
    writer_u8(out, '.');
    writer_bytes(out, slice_of(digits->digits + leading, (size_t)(digits->count - leading)));
}

static void put_scientific(struct writer *out, const struct decimal_digits *digits) {
    writer_u8(out, (uint8_t)digits->digits[0]);
    if (digits->count > 1) writer_u8(out, '.');
    writer_bytes(out, slice_of(digits->digits + 1, (size_t)(digits->count - 1)));
    writer_u8(out, 'e');
    char exponent[TEXT_I64_BYTES_MAX];
    writer_bytes(out, slice_of(exponent, text_format_i64(exponent, digits->exponent)));
}

static size_t put_digits(char *out, const struct decimal_digits *digits, double signed_value) {
    struct writer writer = writer_of(out, TEXT_DOUBLE_BYTES_MAX);
    if (signbit(signed_value)) writer_u8(&writer, '-');
    bool is_plain =
        digits->exponent >= PLAIN_EXPONENT_MIN && digits->exponent <= PLAIN_EXPONENT_MAX; /* (X1) */
    if (is_plain)
        put_plain(&writer, digits);
    else
        put_scientific(&writer, digits);
    CHECK(!writer.failed);
    return writer_written(&writer).size;
}

size_t text_format_double(char out[static TEXT_DOUBLE_BYTES_MAX], double value) {
    CHECK(isfinite(value));
    double magnitude = fabs(value);
    if (magnitude < 1e15 && magnitude == (double)(int64_t)magnitude) {
        out[0] = '-';
        size_t sign = signbit(value) != 0;
        return sign + text_format_u64(out + sign, (uint64_t)magnitude);
    }
    struct decimal_digits digits;
    digits_shortest(&digits, magnitude);
    return put_digits(out, &digits, value);
}

size_t text_format_float(char out[static TEXT_DOUBLE_BYTES_MAX], float value) {
    CHECK(isfinite(value));
    struct decimal_digits digits;
    digits_round(&digits, fabs((double)value), FLT_DIG);
    return put_digits(out, &digits, (double)value);
}

enum status text_parse_u64(struct slice text, uint64_t *value_out) {
    if (text.size == 0) return STATUS_INVALID;
    uint64_t value = 0;
    bool overflows = false;
    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = (unsigned)text.data[i] - '0';
        if (digit > 9) return STATUS_INVALID;
        overflows |= __builtin_mul_overflow(value, 10, &value);
        overflows |= __builtin_add_overflow(value, digit, &value);
    }
    *value_out = overflows ? UINT64_MAX : value;
    return overflows ? STATUS_OUT_OF_RANGE : STATUS_OK;
}

enum status text_parse_i64(struct slice text, int64_t *value_out) {
    bool is_negative = text.size > 0 && text.data[0] == '-';
    bool is_signed = is_negative || (text.size > 0 && text.data[0] == '+');
    uint64_t magnitude = 0, limit = (uint64_t)INT64_MAX + is_negative;
    enum status status = text_parse_u64(slice_part(text, is_signed, text.size), &magnitude);
    if (status == STATUS_INVALID) return status;
    if (magnitude > limit) {
        magnitude = limit;
        status = STATUS_OUT_OF_RANGE;
    }
    *value_out = (int64_t)(is_negative ? -magnitude : magnitude);
    return status;
}

static size_t skip_digits(struct slice text, size_t at) {
    while (at < text.size && text.data[at] >= '0' && text.data[at] <= '9') at++;
    return at;
}

static size_t skip_sign(struct slice text, size_t at) {
    return at < text.size && (text.data[at] == '+' || text.data[at] == '-') ? at + 1 : at;
}

/* strtod would take hexadecimal, "inf" and "nan", too. */
static bool is_double(struct slice text) {
    size_t start = skip_sign(text, 0), at = skip_digits(text, start), digit_count = at - start;
    if (at < text.size && text.data[at] == '.') {
        size_t fraction = at + 1;
        at = skip_digits(text, fraction);
        digit_count += at - fraction;
    }
    if (digit_count == 0) return false;
    if (at < text.size && (text.data[at] | 0x20) == 'e') {
        size_t exponent = skip_sign(text, at + 1);
        at = skip_digits(text, exponent);
        if (at == exponent) return false;
    }
    return at == text.size;
}

enum status text_parse_double(struct slice text, double *value_out) {
    if (text.size > TEXT_PARSED_DOUBLE_BYTES_MAX) return STATUS_TOO_LARGE;
    if (!is_double(text)) return STATUS_INVALID;
    char copy[TEXT_PARSED_DOUBLE_BYTES_MAX + 1];
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    double value = strtod(copy, NULL);
    *value_out = isinf(value) ? copysign(DBL_MAX, value) : value;
    return isinf(value) ? STATUS_OUT_OF_RANGE : STATUS_OK;
}
