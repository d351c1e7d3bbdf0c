/* number_text.c: numbers and their texts, as MySQL prints them and reads them out of strings.
 *
 * base/text.h does the digits. Here is what SQL adds: doubles with a fixed count of places, and
 * strings that only begin with a number, whose rest is a warning and not a refusal.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "row/value.h"

static_assert(INTEGER_TEXT_BYTES_MAX >= TEXT_I64_BYTES_MAX, "integers fit");
static_assert(VALUE_TEXT_BYTES_MAX >= TEXT_DOUBLE_BYTES_MAX, "doubles fit");

size_t uint_to_text(uint64_t integer, uint8_t *memory) {
    return text_format_u64((char *)memory, integer);
}
size_t int_to_text(int64_t integer, uint8_t *memory) {
    return text_format_i64((char *)memory, integer);
}

/* --- doubles to text --- */

/* Places behind the point that the shortest text of the number has; 0 for whole ones. */
static int places_of(double number) {
    char text[40];
    for (int places = 0; places < DBL_DECIMAL_DIG; places++) {
        int size = snprintf(text, sizeof(text), "%.*e", places, number);
        double back;
        if (text_parse_double(slice_of(text, (size_t)size), &back) != STATUS_OK) break;
        if (back == number) return MAX(0, places - (int)floor(log10(fabs(number))));
    }
    return DECIMAL_SCALE_MAX;
}

/* Zeros follow the digits that the number is known by, not those of its binary fraction. */
static size_t fixed_to_text(double number, uint8_t scale, uint8_t *memory) {
    char text[VALUE_TEXT_BYTES_MAX];
    int wanted = MIN(scale, DECIMAL_SCALE_MAX);
    int places = number == 0 || wanted <= DBL_DIG ? wanted : MIN(places_of(number), wanted);
    int size = snprintf(text, sizeof(text), "%.*f", places, number);
    CHECK(size > 0 && size + wanted - places + 1 < VALUE_TEXT_BYTES_MAX);
    if (places < wanted && places == 0) text[size++] = '.';
    for (; places < wanted; places++) text[size++] = '0';
    memcpy(memory, text, (size_t)size);
    return (size_t)size;
}

static double made_finite(double number, double max) {
    if (isnan(number)) return 0;
    return MAX(MIN(number, max), -max);
}

size_t double_to_text(double number, uint8_t scale, uint8_t *memory) {
    number = made_finite(number, DBL_MAX);
    if (scale < SCALE_NOT_FIXED) return fixed_to_text(number, scale, memory);
    return text_format_double((char *)memory, number);
}

size_t float_to_text(double number, uint8_t scale, uint8_t *memory) {
    number = made_finite(number, (double)FLT_MAX);
    if (scale < SCALE_NOT_FIXED) return fixed_to_text(number, scale, memory);
    return text_format_float((char *)memory, (float)number);
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

#define DIGITS_KEPT 800 /* digits beyond these cannot change a double */

/* A number of more than a thousand digits: the first ones, and the exponent that the rest stands
 * for. */
static enum status long_double_of(const uint8_t *at, const uint8_t *end, double *out) {
    char text[DIGITS_KEPT + 64];
    const uint8_t *mark = at;
    while (mark < end && *mark != 'e' && *mark != 'E') mark++;
    const uint8_t *point = memchr(at, '.', (size_t)(mark - at));
    size_t kept = MIN(DIGITS_KEPT, (size_t)(mark - at));
    memcpy(text, at, kept);
    const uint8_t *whole_end = point == NULL ? mark : point;
    int64_t left_out = whole_end > at + kept ? whole_end - (at + kept) : 0;
    int64_t exponent = 0;
    if (mark < end) {
        struct slice digits = slice_of(mark + 1, MIN((size_t)(end - mark - 1), 12));
        if (text_to_int(digits, &exponent) != STATUS_OK) exponent = 0;
    }
    int size =
        snprintf(text + kept, sizeof(text) - kept, "e%lld", (long long)(left_out + exponent));
    return text_parse_double(slice_of(text, kept + (size_t)size), out);
}

enum status text_to_double(struct slice text, double *out) {
    const uint8_t *at = text.data, *end = text.data + text.size;
    *out = 0;
    while (at < end && is_space(*at)) at++;
    const uint8_t *stop = number_end(at, end);
    if (!has_digit(at, stop)) return STATUS_INVALID;
    enum status status = text_parse_double(slice_of(at, (size_t)(stop - at)), out);
    if (status == STATUS_TOO_LARGE) status = long_double_of(at, stop, out);
    if (status != STATUS_OK) return status;
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
