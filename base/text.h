/* base/text.h: numbers to decimal text and back, as MySQL writes and reads them.
 *
 * Formatting writes no NUL and returns the length. Parsing takes the whole slice as one number: no
 * spaces, nothing behind; what SQL tolerates around a number is sql/'s business.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/bytes.h"
#include "base/status.h"

enum {
    TEXT_U64_BYTES_MAX = 20,
    TEXT_I64_BYTES_MAX = 20,
    TEXT_DOUBLE_BYTES_MAX = 40,          /* of text_format_double and text_format_float */
    TEXT_PARSED_DOUBLE_BYTES_MAX = 1100, /* longer than the longest exact double */
};

size_t text_format_u64(char out[static TEXT_U64_BYTES_MAX], uint64_t value);
size_t text_format_i64(char out[static TEXT_I64_BYTES_MAX], int64_t value);
/* Exactly `width` digits, with leading zeros; the value fits. For dates and times. */
void text_format_digits(char *out, unsigned width, uint64_t value);

/* The shortest text that reads back as the same number: 0.1, 100000000000000, 1e15, 1.5e-16, -0.
 * The value is finite. */
size_t text_format_double(char out[static TEXT_DOUBLE_BYTES_MAX], double value);
/* As MySQL shows FLOAT: 6 digits at most, otherwise as above. The value is finite. */
size_t text_format_float(char out[static TEXT_DOUBLE_BYTES_MAX], float value);

/* Digits, for i64 after an optional + or -. STATUS_INVALID: something else. STATUS_OUT_OF_RANGE:
 * digits, but too many; *value_out is the nearest value then. */
MUST_USE enum status text_parse_u64(struct slice text, uint64_t *value_out);
MUST_USE enum status text_parse_i64(struct slice text, int64_t *value_out);
/* [+-] digits [. digits] [e [+-] digits], with a digit before or after the point. Too small is 0.
 * STATUS_INVALID: something else. STATUS_OUT_OF_RANGE: no finite double; *value_out is the nearest
 * one. STATUS_TOO_LARGE: above TEXT_PARSED_DOUBLE_BYTES_MAX. */
MUST_USE enum status text_parse_double(struct slice text, double *value_out);

#endif
