/* base/utf8.h: UTF-8 as MySQL's utf8mb4: U+0000 to U+10FFFF, no surrogates, shortest forms. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/bytes.h"

enum { UTF8_BYTES_MAX = 4, UTF8_CODE_MAX = 0x10ffff };

/* Long form of utf8_decode; in utf8.c. */
size_t utf8_decode_long(const uint8_t *at, const uint8_t *end, uint32_t *code_out);

/* The first character of the bytes at..end: returns its size, 1 to 4, or 0 when there is no valid
 * one. */
static inline size_t utf8_decode(const uint8_t *at, const uint8_t *end, uint32_t *code_out) {
    if (at < end && *at < 0x80) {
        *code_out = *at;
        return 1;
    }
    return utf8_decode_long(at, end, code_out);
}
/* Returns the size, 1 to 4. The code is a character: at most UTF8_CODE_MAX, no surrogate. */
size_t utf8_encode(uint32_t code, uint8_t out[static UTF8_BYTES_MAX]);

/* Bytes of the longest valid start; text.size when all of it is valid. */
size_t utf8_valid_size(struct slice text);
static inline bool utf8_is_valid(struct slice text) { return utf8_valid_size(text) == text.size; }
/* Characters of valid text. */
size_t utf8_length(struct slice text);
/* Bytes of the first `count` characters of valid text, text.size when it has fewer. */
size_t utf8_prefix_size(struct slice text, size_t count);

#endif
