/* utf8.c: decoding and counting, eight bytes at a time where they are plain.
 *
 *      0xxxxxxx                                  U+0000  to U+007F
 *      110xxxxx 10xxxxxx                         U+0080  to U+07FF
 *      1110xxxx 10xxxxxx 10xxxxxx                U+0800  to U+FFFF without D800 to DFFF
 *      11110xxx 10xxxxxx 10xxxxxx 10xxxxxx       U+10000 to U+10FFFF
 *
 * A character has one form: a longer one than needed is refused, because equal texts must be equal
 * bytes.
 */
#include "base/utf8.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)

static bool is_continuation(uint8_t byte) { return (byte & 0xc0) == 0x80; }

static bool is_character(uint32_t code) {
    return code <= UTF8_CODE_MAX && (code < 0xd800 || code > 0xdfff);
}

/* By the first byte: 2 to 4, or 0 when no long form starts so. */
static size_t long_size(uint8_t first) {
    if (first >= 0xc2 && first <= 0xdf) return 2;
    if (first >= 0xe0 && first <= 0xef) return 3;
    if (first >= 0xf0 && first <= 0xf4) return 4;
    return 0;
}

size_t utf8_decode_long(const uint8_t *at, const uint8_t *end, uint32_t *code_out) {
    static const uint32_t code_min[] = {[2] = 0x80, [3] = 0x800, [4] = 0x10000};
    if (at >= end) return 0;
    size_t size = long_size(*at);
    if (size == 0 || (size_t)(end - at) < size) return 0;
    uint32_t code = *at & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if (!is_continuation(at[i])) return 0;
        code = code << 6 | (at[i] & 0x3fu);
    }
    if (code < code_min[size] || !is_character(code)) return 0;
    *code_out = code;
    return size;
}

size_t utf8_encode(uint32_t code, uint8_t out[static UTF8_BYTES_MAX]) {
    CHECK(is_character(code));
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, code >>= 6) out[i] = (uint8_t)(0x80 | (code & 0x3f));
    out[0] = (uint8_t)(0xf00u >> size | code); /* as many high ones as bytes */
    return size;
}

size_t utf8_valid_size(struct slice text) {
    if (text.size == 0) return 0;
    const uint8_t *at = text.data, *end = at + text.size;
    uint32_t code;
    for (size_t size; at < end; at += size) {
        if (end - at >= 8 && (load_le64(at) & HIGH_BITS) == 0)
            size = 8;
        else
            size = utf8_decode(at, end, &code);
        if (size == 0) break;
    }
    return (size_t)(at - text.data);
}

/* Bytes of the word that start a character: all but 10xxxxxx. */
static size_t count_starts(uint64_t word) {
    uint64_t continuations = word & ~(word << 1) & HIGH_BITS;
    return 8 - (size_t)((continuations >> 7) * (HIGH_BITS >> 7) >> 56); /* the sum of all bytes */
}

size_t utf8_length(struct slice text) {
    size_t count = 0, at = 0;
    for (; text.size - at >= 8; at += 8) count += count_starts(load_le64(text.data + at));
    for (; at < text.size; at++) count += !is_continuation(text.data[at]);
    return count;
}

size_t utf8_prefix_size(struct slice text, size_t count) {
    if (count >= text.size) return text.size;
    size_t at = 0;
    for (; text.size - at >= 8; at += 8) {
        size_t starts = count_starts(load_le64(text.data + at));
        if (starts > count) break; /* the next character's start ends the prefix */
        count -= starts;
    }
    for (; at < text.size; at++) {
        if (is_continuation(text.data[at])) continue;
        if (count == 0) break;
        count--;
    }
    return at;
}
