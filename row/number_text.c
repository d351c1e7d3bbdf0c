/* number_text.c: numbers and their texts, as MySQL prints and reads them.
 *
 * A double prints as the shortest text that reads back as the same double. The C library converts exactly
 * in both directions, so the shortest is found by asking for 15, 16 and 17 digits; nearly all
 * numbers that people store are done at once by the path for small integers.
 *
 *   plain form   0.000000000000001 to 999999999999999.9 (the point at most 15 digits from the first)
 *   e form       1e15, 1.5e-16: no plus sign, no leading zero in the exponent
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "row/value.h"

#define DOUBLE_DIGITS_MAX 17
#define PLAIN_POINT_MAX   15 /* the point's place in the plain form */
#define PLAIN_POINT_MIN   (-14)

static const char digit_pairs[] = "00010203040506070809"
                                  "10111213141516171819"
                                  "20212223242526272829"
                                  "30313233343536373839"
                                  "40414243444546474849"
                                  "50515253545556575859"
                                  "60616263646566676869"
                                  "70717273747576777879"
                                  "80818283848586878889"
                                  "90919293949596979899";

size_t uint_to_text(uint64_t integer, uint8_t *memory) {
    uint8_t text[INTEGER_TEXT_BYTES_MAX];
    uint8_t *at = text + sizeof(text);
    while (integer >= 100) {
        at -= 2;
        memcpy(at, &digit_pairs[integer % 100 * 2], 2);
        integer /= 100;
    }
    if (integer >= 10) {
        at -= 2;
        memcpy(at, &digit_pairs[integer * 2], 2);
    } else {
        *--at = (uint8_t)('0' + integer);
    }
    size_t size = (size_t)(text + sizeof(text) - at);
    memcpy(memory, at, size);
    return size;
}

size_t int_to_text(int64_t integer, uint8_t *memory) {
    if (integer >= 0) return uint_to_text((uint64_t)integer, memory);
    *memory = '-';
    return 1 + uint_to_text(0 - (uint64_t)integer, memory + 1);
}

/* --- doubles to text --- */

/* The significant digits of a positive number, without trailing zeros. */
struct digits {
    char text[DOUBLE_DIGITS_MAX + 1];
    int count;
    int point; /* the number is 0.text * 10^point */
};

/* Rounds to `count` digits. */
static void digits_of(double number, int count, struct digits *out) {
    char text[40];
    int size = snprintf(text, sizeof(text), "%.*e", count - 1, number); /* d.ddde+xx */
    CHECK(size > 0 && size < (int)sizeof(text));
    out->text[0] = text[0];
    if (count > 1) memcpy(out->text + 1, text + 2, (size_t)count - 1);
    out->point = (int)strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
    while (count > 1 && out->text[count - 1] == '0') count--;
    out->text[count] = '\0';
    out->count = count;
}

static bool digits_read_back(double number, int count) {
    char text[40];
    snprintf(text, sizeof(text), "%.*e", count - 1, number);
    return strtod(text, NULL) == number;
}

static void digits_shortest(double number, struct digits *out) {
    int count = number < DBL_MIN ? 1 : DBL_DIG; /* denormals hold few digits */
    while (count < DOUBLE_DIGITS_MAX && !digits_read_back(number, count)) count++;
    digits_of(number, count, out);
}

static uint8_t *put_zeros(uint8_t *at, int count) {
    memset(at, '0', (size_t)count);
    return at + count;
}
static uint8_t *put_text(uint8_t *at, const char *text, int count) {
    memcpy(at, text, (size_t)count);
    return at + count;
}

static uint8_t *put_plain(uint8_t *at, const struct digits *digits) {
    int whole = MIN(MAX(digits->point, 0), digits->count);
    if (digits->point <= 0) *at++ = '0';
    at = put_text(at, digits->text, whole);
    if (digits->point > digits->count) return put_zeros(at, digits->point - digits->count);
    if (whole == digits->count) return at;
    *at++ = '.';
    if (digits->point < 0) at = put_zeros(at, -digits->point);
    return put_text(at, digits->text + whole, digits->count - whole);
}

static uint8_t *put_exponent_form(uint8_t *at, const struct digits *digits) {
    *at++ = (uint8_t)digits->text[0];
    if (digits->count > 1) {
        *at++ = '.';
        at = put_text(at, digits->text + 1, digits->count - 1);
    }
    *at++ = 'e';
    return at + int_to_text(digits->point - 1, at);
}

static size_t put_digits(uint8_t *memory, const struct digits *digits, double number) {
    uint8_t *at = memory;
    if (number < 0) *at++ = '-';
    bool is_plain = digits->point >= PLAIN_POINT_MIN && digits->point <= PLAIN_POINT_MAX;
    at = is_plain ? put_plain(at, digits) : put_exponent_form(at, digits);
    return (size_t)(at - memory);
}

static size_t fixed_to_text(double number, uint8_t scale, uint8_t *memory) {
    char text[VALUE_TEXT_BYTES_MAX];
    int size = snprintf(text, sizeof(text), "%.*f", MIN(scale, DECIMAL_SCALE_MAX), number);
    CHECK(size > 0 && size < VALUE_TEXT_BYTES_MAX);
    memcpy(memory, text, (size_t)size);
    return (size_t)size;
}

size_t double_to_text(double number, uint8_t scale, uint8_t *memory) {
    if (!isfinite(number)) number = isnan(number) ? 0 : copysign(DBL_MAX, number);
    if (scale < SCALE_NOT_FIXED) return fixed_to_text(number, scale, memory);
    if (number == 0) { /* as MySQL: -0 keeps its sign */
        memcpy(memory, "-0", 2);
        if (signbit(number)) return 2;
        memory[0] = '0';
        return 1;
    }
    if (fabs(number) < 1e15 && number == (double)(int64_t)number) {
        return int_to_text((int64_t)number, memory);
    }
    struct digits digits;
    digits_shortest(fabs(number), &digits);
    return put_digits(memory, &digits, number);
}

size_t float_to_text(double number, uint8_t scale, uint8_t *memory) {
    if (!isfinite(number)) number = isnan(number) ? 0 : copysign(FLT_MAX, number);
    if (scale < SCALE_NOT_FIXED) return fixed_to_text(number, scale, memory);
    if (number == 0) return double_to_text(number, scale, memory);
    struct digits digits;
    digits_of(fabs(number), FLT_DIG, &digits);
    return put_digits(memory, &digits, number);
}

/* --- texts to numbers --- */

static bool is_space(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }
static bool is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

/* Where the longest number at the start of the text ends; from points behind the spaces. */
static const uint8_t *number_end(const uint8_t *at, const uint8_t *end) {
    if (at < end && (*at == '-' || *at == '+')) at++;
    const uint8_t *digits = at;
    while (at < end && is_digit(*at)) at++;
    size_t count = (size_t)(at - digits);
    if (at < end && *at == '.') {
        at++;
        while (at < end && is_digit(*at)) at++;
        count = (size_t)(at - digits) - 1;
    }
    if (count == 0) return digits;
    if (at < end && (*at == 'e' || *at == 'E')) {
        const uint8_t *exponent = at + 1;
        if (exponent < end && (*exponent == '-' || *exponent == '+')) exponent++;
        if (exponent < end && is_digit(*exponent)) {
            while (exponent < end && is_digit(*exponent)) exponent++;
            at = exponent;
        }
    }
    return at;
}

static bool has_digit(const uint8_t *at, const uint8_t *end) {
    while (at < end && !is_digit(*at)) at++;
    return at < end;
}

/* strtod wants a NUL; digits beyond the 800th cannot change a double. */
static double double_of(const uint8_t *at, const uint8_t *end) {
    char text[1024];
    size_t size = (size_t)(end - at);
    if (size < sizeof(text)) {
        memcpy(text, at, size);
        text[size] = '\0';
        return strtod(text, NULL);
    }
    /* Too long for the stack: the first digits, then the exponent that the left-out ones stand for. */
    const uint8_t *mark = at;
    while (mark < end && *mark != 'e' && *mark != 'E') mark++;
    const uint8_t *point = memchr(at, '.', (size_t)(mark - at));
    size_t kept = MIN(800, (size_t)(mark - at));
    memcpy(text, at, kept);
    int64_t left_out = 0;
    if (point == NULL) {
        left_out = mark - (at + kept);
    } else if (point >= at + kept) {
        left_out = point - (at + kept);
    }
    char exponent[32] = "";
    if (mark < end) {
        size_t exponent_size = MIN((size_t)(end - mark - 1), sizeof(exponent) - 1);
        memcpy(exponent, mark + 1, exponent_size);
    }
    snprintf(text + kept, sizeof(text) - kept, "e%lld",
             (long long)left_out + strtoll(exponent, NULL, 10));
    return strtod(text, NULL);
}

enum status text_to_double(struct slice text, double *out) {
    const uint8_t *at = text.data, *end = text.data + text.size;
    *out = 0;
    while (at < end && is_space(*at)) at++;
    const uint8_t *stop = number_end(at, end);
    if (!has_digit(at, stop)) return STATUS_INVALID;
    double number = double_of(at, stop);
    if (!isfinite(number)) {
        *out = copysign(DBL_MAX, number);
        return STATUS_OUT_OF_RANGE;
    }
    *out = number;
    while (stop < end && is_space(*stop)) stop++;
    return stop == end ? STATUS_OK : STATUS_TRUNCATED;
}

/* The plain case, "123": true when the whole text was that and fits. */
static bool text_plain_uint(const uint8_t *at, const uint8_t *end, uint64_t *out) {
    uint64_t integer = 0;
    if (at == end || end - at > 18) return false;
    for (; at < end; at++) {
        if (!is_digit(*at)) return false;
        integer = integer * 10 + (uint64_t)(*at - '0');
    }
    *out = integer;
    return true;
}

enum status text_to_int(struct slice text, int64_t *out) {
    const uint8_t *end = text.data + text.size;
    uint64_t magnitude;
    bool negative = text.size > 0 && text.data[0] == '-';
    if (text_plain_uint(text.data + negative, end, &magnitude)) {
        *out = negative ? -(int64_t)magnitude : (int64_t)magnitude;
        return STATUS_OK;
    }
    struct decimal decimal;
    enum status read = decimal_from_text(text, &decimal);
    enum status rounded = decimal_to_int(&decimal, out);
    if (rounded == STATUS_OUT_OF_RANGE || read == STATUS_OUT_OF_RANGE) return STATUS_OUT_OF_RANGE;
    return read;
}

enum status text_to_uint(struct slice text, uint64_t *out) {
    if (text_plain_uint(text.data, text.data + text.size, out)) return STATUS_OK;
    struct decimal decimal;
    enum status read = decimal_from_text(text, &decimal);
    enum status rounded = decimal_to_uint(&decimal, out);
    if (rounded == STATUS_OUT_OF_RANGE || read == STATUS_OUT_OF_RANGE) return STATUS_OUT_OF_RANGE;
    return read;
}
