/* row/collation_private.h: what collation.c, like.c and charset.c share: generated weights,
 * decoding. */
#ifndef ROW_COLLATION_PRIVATE_H
#define ROW_COLLATION_PRIVATE_H

#include "base/utf8.h"
#include "row/collation.h"

/* --- made by collation_tables.py --- */

#define DUCET_NONE      UINT32_MAX
#define DUCET_EXPANSION 0x40000000u /* | place in ducet_expansions << 6 | count */
extern const uint16_t ducet_index[0x1100];
extern const uint32_t ducet_pages[][256];
extern const uint32_t ducet_expansions[];
extern const uint16_t ducet_ascii[128]; /* primary weights; 0: ignorable */
extern const uint16_t general_index[0x100];
extern const uint16_t general_pages[][256];

/* Collation elements of one code point that has no single element in the table; at most this many.
 */
#define DUCET_ELEMENT_COUNT_MAX 64

/* An element is primary << 14 | secondary << 5 | tertiary. */
static inline uint32_t element_weight(uint32_t element, uint32_t level) {
    if (level == 1) return element >> 14;
    return level == 2 ? element >> 5 & 0x1ff : element & 0x1f;
}
/* The table's entry: an element, or DUCET_NONE, or an expansion. */
static inline uint32_t ducet_entry(uint32_t code_point) {
    return ducet_pages[ducet_index[code_point >> 8]][code_point & 0xff];
}
/* All elements of a code point: into `made` (4 places) or in the table; their count. */
uint32_t ducet_elements(uint32_t code_point, uint32_t *made, const uint32_t **elements_out);

static inline uint32_t general_weight(uint32_t code_point) {
    if (code_point > 0xffff) return 0xfffd;
    return (code_point + general_pages[general_index[code_point >> 8]][code_point & 0xff]) & 0xffff;
}

/* --- decoding --- */

#define CODE_POINT_STRAY 0xfffdu /* what an ill-formed byte counts as */

/* The code point at `at` (at < end), *size_out bytes long; an ill-formed byte gives
 * CODE_POINT_STRAY and 1. */
static inline uint32_t code_point_at(const uint8_t *at, const uint8_t *end, uint32_t *size_out) {
    uint32_t code;
    size_t size = utf8_decode(at, end, &code);
    *size_out = size == 0 ? 1 : (uint32_t)size;
    return size == 0 ? CODE_POINT_STRAY : code;
}

/* latin1 and ascii bytes are code points of cp1252; binary ones are themselves. */
uint32_t latin1_to_code_point(uint8_t byte);

static inline bool charset_is_utf8(uint8_t charset) {
    return charset == CHARSET_UTF8MB3 || charset == CHARSET_UTF8MB4;
}

#endif
