/* charset.c: character sets: names, lengths, checking, conversion, upper and lower case.
 *
 * Five sets: binary, ascii, latin1 (cp1252), utf8mb3, utf8mb4. Everything goes through code points;
 * pairs whose bytes agree (ascii into anything, utf8mb3 into utf8mb4, all-ASCII texts) are passed
 * through.
 *
 * Well-formed UTF-8 by the Unicode standard's table: no overlong forms, no surrogates, nothing
 * above U+10FFFF; utf8mb3 has nothing above U+FFFF.
 */
#include <unicode/uchar.h>

#include "row/collation.h"
#include "row/collation_private.h"

static const struct charset charsets[CHARSET_COUNT] = {
    [CHARSET_BINARY] = {CHARSET_BINARY, 1, COLLATION_BINARY, COLLATION_BINARY, "binary",
                        "Binary pseudo charset"},
    [CHARSET_ASCII] = {CHARSET_ASCII, 1, COLLATION_ASCII_GENERAL_CI, COLLATION_ASCII_BIN, "ascii",
                       "US ASCII"},
    [CHARSET_LATIN1] = {CHARSET_LATIN1, 1, COLLATION_LATIN1_SWEDISH_CI, COLLATION_LATIN1_BIN,
                        "latin1", "cp1252 West European"},
    [CHARSET_UTF8MB3] = {CHARSET_UTF8MB3, 3, COLLATION_UTF8MB3_GENERAL_CI, COLLATION_UTF8MB3_BIN,
                         "utf8mb3", "UTF-8 Unicode"},
    [CHARSET_UTF8MB4] = {CHARSET_UTF8MB4, 4, COLLATION_UTF8MB4_0900_AI_CI, COLLATION_UTF8MB4_BIN,
                         "utf8mb4", "UTF-8 Unicode"},
};

const struct charset *charset_find(uint8_t id) { return id < CHARSET_COUNT ? &charsets[id] : NULL; }

const struct charset *charset_find_name(struct slice name) {
    if (slice_equal_nocase(name, SLICE_LITERAL("utf8"))) return &charsets[CHARSET_UTF8MB3];
    for (size_t i = 0; i < CHARSET_COUNT; i++) {
        if (slice_equal_nocase(name, slice_of_text(charsets[i].name))) return &charsets[i];
    }
    return NULL;
}

/* --- code points --- */

/* cp1252's 0x80 to 0x9f; the five holes stay the C1 controls that they would be in ISO 8859-1. */
static const uint16_t cp1252_high[32] = {
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

uint32_t latin1_to_code_point(uint8_t byte) {
    return byte >= 0x80 && byte < 0xa0 ? cp1252_high[byte - 0x80] : byte;
}

/* False when latin1 has no such character. */
static bool latin1_of_code_point(uint32_t code_point, uint8_t *out) {
    *out = (uint8_t)code_point;
    if (code_point < 0x80 || (code_point >= 0xa0 && code_point < 0x100)) return true;
    for (uint32_t i = 0; i < ARRAY_COUNT(cp1252_high); i++) {
        *out = (uint8_t)(0x80 + i);
        if (cp1252_high[i] == code_point) return true;
    }
    return false;
}

/* --- lengths and checks --- */

size_t charset_length(uint8_t charset, struct slice text) {
    if (!charset_is_utf8(charset)) return text.size;
    size_t length = 0;
    const uint8_t *at = text.data, *end = text.data + text.size;
    while (at < end) {
        uint32_t size;
        code_point_at(at, end, &size);
        at += size;
        length++;
    }
    return length;
}

size_t charset_offset(uint8_t charset, struct slice text, size_t chars) {
    if (chars >= text.size) return text.size;
    if (!charset_is_utf8(charset)) return chars;
    const uint8_t *at = text.data, *end = text.data + text.size;
    while (chars > 0 && at < end) {
        uint32_t size;
        code_point_at(at, end, &size);
        at += size;
        chars--;
    }
    return (size_t)(at - text.data);
}

/* Bytes at the front below 0x80. */
static size_t ascii_size(struct slice text) {
    size_t at = 0;
    while (at + 8 <= text.size && (load_le64(text.data + at) & UINT64_C(0x8080808080808080)) == 0) {
        at += 8;
    }
    while (at < text.size && text.data[at] < 0x80) at++;
    return at;
}

size_t charset_check(uint8_t charset, struct slice text) {
    if (charset == CHARSET_BINARY || charset == CHARSET_LATIN1) return text.size;
    size_t at = ascii_size(text);
    if (charset == CHARSET_ASCII) return at;
    while (at < text.size) {
        uint32_t size;
        code_point_at(text.data + at, text.data + text.size, &size);
        bool stray = size == 1 && text.data[at] >= 0x80;
        if (stray || (size == 4 && charset == CHARSET_UTF8MB3)) return at;
        at += size;
    }
    return at;
}

/* --- conversion --- */

static uint32_t char_decode(uint8_t charset, const uint8_t *at, const uint8_t *end,
                            uint32_t *size_out) {
    if (charset_is_utf8(charset)) return code_point_at(at, end, size_out);
    *size_out = 1;
    if (charset == CHARSET_ASCII) return *at < 0x80 ? *at : CODE_POINT_STRAY;
    return latin1_to_code_point(*at);
}

/* Appends the character; false when the set does not have it. */
static bool char_encode(uint8_t charset, uint32_t code_point, struct buffer *out) {
    uint8_t bytes[UTF8_BYTES_MAX];
    uint32_t code_point_max = charset == CHARSET_UTF8MB4   ? 0x10ffff
                              : charset == CHARSET_UTF8MB3 ? 0xffff
                                                           : 0x7f;
    if (code_point <= code_point_max) {
        buffer_append(out, slice_of(bytes, utf8_encode(code_point, bytes)));
        return true;
    }
    if (charset != CHARSET_LATIN1 || !latin1_of_code_point(code_point, bytes)) return false;
    buffer_append_byte(out, bytes[0]);
    return true;
}

enum status charset_convert(uint8_t from, uint8_t to, struct slice text, struct arena *arena,
                            struct slice *out) {
    *out = text;
    if (from == to || to == CHARSET_BINARY || ascii_size(text) == text.size) return STATUS_OK;
    if (from == CHARSET_BINARY) from = to; /* bytes are taken as text of the target */
    if (charset_check(from, text) == text.size &&
        (from == to || (from == CHARSET_UTF8MB3 && to == CHARSET_UTF8MB4))) {
        return STATUS_OK;
    }
    struct buffer buffer = buffer_of(arena);
    enum status status = STATUS_OK;
    const uint8_t *at = text.data, *end = text.data + text.size;
    while (at < end) {
        uint32_t size;
        uint32_t code_point = char_decode(from, at, end, &size);
        bool stray = size == 1 && *at >= 0x80 && code_point == CODE_POINT_STRAY;
        if (stray) {
            status = STATUS_INVALID;
            buffer_append_byte(&buffer, '?');
        } else if (!char_encode(to, code_point, &buffer)) {
            if (status == STATUS_OK) status = STATUS_TRUNCATED;
            buffer_append_byte(&buffer, '?');
        }
        at += size;
    }
    *out = buffer_slice(&buffer);
    return status;
}

/* --- case --- */

static bool ascii_has_case(struct slice text, enum letter_case to) {
    uint8_t first = to == LETTER_UPPER ? 'a' : 'A';
    for (size_t i = 0; i < text.size; i++) {
        if ((uint8_t)(text.data[i] - first) < 26) return true;
    }
    return false;
}

static struct slice ascii_change_case(struct slice text, enum letter_case to, struct arena *arena) {
    if (!ascii_has_case(text, to)) return text;
    uint8_t first = to == LETTER_UPPER ? 'a' : 'A';
    uint8_t *changed = arena_alloc(arena, text.size);
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        changed[i] = (uint8_t)(byte - first) < 26 ? byte ^ 0x20 : byte;
    }
    return slice_of(changed, text.size);
}

struct slice collation_change_case(uint16_t id, struct slice text, enum letter_case to,
                                   struct arena *arena) {
    uint8_t charset = collation_charset(id)->id;
    if (charset == CHARSET_BINARY) return text;
    if (ascii_size(text) == text.size) return ascii_change_case(text, to, arena);
    struct buffer buffer = buffer_of(arena);
    buffer_reserve(&buffer, text.size);
    const uint8_t *at = text.data, *end = text.data + text.size;
    while (at < end) {
        uint32_t size;
        uint32_t code_point = char_decode(charset, at, end, &size);
        uint32_t changed = (uint32_t)(to == LETTER_UPPER ? u_toupper((UChar32)code_point)
                                                         : u_tolower((UChar32)code_point));
        bool stray = size == 1 && *at >= 0x80 && code_point == CODE_POINT_STRAY;
        if (stray || changed == code_point || !char_encode(charset, changed, &buffer)) {
            buffer_append(&buffer, slice_of(at, size));
        }
        at += size;
    }
    return buffer_slice(&buffer);
}
