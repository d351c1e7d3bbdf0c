/* row/collation.h: character sets and collations: order, equality, hash, sort keys, LIKE, case.
 *
 * Ids and names are MySQL's, because clients send and read them. Text is stored in its column's
 * character set, always well-formed (charset_check at the border); these functions still bear any
 * bytes.
 *
 * Orders (docs/MYSQL.md lists the same):
 *   utf8mb4_0900_*        DUCET 13 (MySQL: 9), no contractions; NO PAD
 *   utf8mb4_unicode_ci    DUCET 13's primary weights (MySQL: 4.0); PAD SPACE
 *   utf8mb4_unicode_520_ci the same (MySQL: 5.2)
 *   *_general_ci          upper-case base letter of each character, Unicode 3.2; PAD SPACE
 *   latin1_swedish_ci     MySQL's table; PAD SPACE
 *   *_bin                 code points; PAD SPACE but for utf8mb4_0900_bin
 *   binary                bytes; NO PAD
 */
#ifndef ROW_COLLATION_H
#define ROW_COLLATION_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"

enum collation_id {
    COLLATION_NONE = 0,
    COLLATION_LATIN1_SWEDISH_CI = 8,
    COLLATION_ASCII_GENERAL_CI = 11,
    COLLATION_UTF8MB3_GENERAL_CI = 33,
    COLLATION_UTF8MB4_GENERAL_CI = 45,
    COLLATION_UTF8MB4_BIN = 46,
    COLLATION_LATIN1_BIN = 47,
    COLLATION_BINARY = 63,
    COLLATION_ASCII_BIN = 65,
    COLLATION_UTF8MB3_BIN = 83,
    COLLATION_UTF8MB3_UNICODE_CI = 192,
    COLLATION_UTF8MB4_UNICODE_CI = 224,
    COLLATION_UTF8MB4_UNICODE_520_CI = 246,
    COLLATION_UTF8MB4_0900_AI_CI = 255,
    COLLATION_UTF8MB4_0900_AS_CS = 278,
    COLLATION_UTF8MB4_0900_AS_CI = 305,
    COLLATION_UTF8MB4_0900_BIN = 309,
};
#define COLLATION_DEFAULT COLLATION_UTF8MB4_0900_AI_CI
/* Version of the weights behind sort keys; the dictionary records it. */
#define COLLATION_WEIGHTS_VERSION 13

enum charset_id {
    CHARSET_BINARY,
    CHARSET_ASCII,
    CHARSET_LATIN1, /* MySQL's latin1 is cp1252 with its five holes kept */
    CHARSET_UTF8MB3,
    CHARSET_UTF8MB4,
};
#define CHARSET_COUNT 5

enum collation_order { /* how weights are made */
                       COLLATION_ORDER_BYTES,
                       COLLATION_ORDER_TABLE8, /* one byte, one weight */
                       COLLATION_ORDER_GENERAL,
                       COLLATION_ORDER_DUCET,
};

struct collation {
    uint16_t id;
    uint8_t charset; /* enum charset_id */
    uint8_t order;   /* enum collation_order */
    uint8_t levels;  /* DUCET: 1, 2 or 3 */
    bool pad_space;  /* trailing spaces do not count */
    bool is_default; /* of its character set */
    bool is_binary;  /* *_bin and binary: case and accents count */
    const char *name;
    const uint8_t *table8; /* 256 weights, or NULL */
};
struct charset {
    uint8_t id;
    uint8_t bytes_per_char_max;
    uint16_t collation_default;
    uint16_t collation_binary;
    const char *name, *description;
};

/* NULL when the id or name is not known here (MySQL 1273, 1115). Names without regard to case;
 * "utf8" is utf8mb3. */
const struct collation *collation_find(uint32_t id);
const struct collation *collation_find_name(struct slice name);
/* For SHOW COLLATION: the n-th, NULL past the last. */
const struct collation *collation_at(size_t index);
const struct charset *charset_find(uint8_t id);
const struct charset *charset_find_name(struct slice name);
/* Of a collation id that is known. */
const struct charset *collation_charset(uint16_t id);

/* --- order; ids must be known ones (collation_find), any bytes do --- */

int collation_compare(uint16_t id, struct slice a, struct slice b);
bool collation_equal(uint16_t id, struct slice a, struct slice b);
/* Equal strings hash equally. */
uint64_t collation_hash(uint16_t id, struct slice text, uint64_t seed);
/* Appends a key whose memcmp order is the collation's order, also when more bytes follow both keys
 * (no key is a prefix of another). Equal strings have equal keys. */
void collation_sort_key(uint16_t id, struct slice text, struct buffer *out);
/* Appends bytes that start the key of every string that starts with `prefix` (for LIKE 'abc%'; keys
 * of other strings may start with them too). */
void collation_prefix_key(uint16_t id, struct slice prefix, struct buffer *out);

/* `escape` is a code point or 0 for none. */
bool collation_like(uint16_t id, struct slice text, struct slice pattern, uint32_t escape);
/* The literal prefix before the first wildcard, unescaped into the arena. */
struct slice collation_like_prefix(uint16_t id, struct slice pattern, uint32_t escape,
                                   struct arena *arena);

/* --- characters --- */

enum letter_case { LETTER_UPPER, LETTER_LOWER };
/* In the arena (or the text itself when nothing changes). Full Unicode mapping through ICU, root
 * locale; binary strings stay. */
struct slice collation_change_case(uint16_t id, struct slice text, enum letter_case to,
                                   struct arena *arena);
/* Characters of the text; each stray byte counts as one. */
size_t charset_length(uint8_t charset, struct slice text);
/* Bytes of the first `chars` characters (all when there are fewer). */
size_t charset_offset(uint8_t charset, struct slice text, size_t chars);
/* Bytes at the front that are well-formed; text.size when all are. */
size_t charset_check(uint8_t charset, struct slice text);
/* From one character set into another: the text itself when the bytes are the same in both.
 * TRUNCATED when a character had no counterpart and became '?'. INVALID, with '?' too, for
 * ill-formed bytes. */
MUST_USE enum status charset_convert(uint8_t from, uint8_t to, struct slice text,
                                     struct arena *arena, struct slice *out);

#endif
