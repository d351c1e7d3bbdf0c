/* row/value.h: one typed value, 16 bytes.
 *
 * What rows, keys, expressions and parameters are made of. Bytes of strings and large decimals are
 * borrowed from a row, an arena or a packet; the value dies with them.
 *
 *   kind       holds
 *   INT        i        every signed integer
 *   UINT       u        every unsigned integer; comparisons with INT are by number
 *   FLOAT      d        a float widened; prints six digits
 *   DOUBLE     d        scale: places to print, or SCALE_NOT_FIXED
 *   DECIMAL    i        size 0: coefficient, the number is i / 10^scale, |i| < 10^18
 *              decimal  size 1: points to one with the same scale
 *   STRING     bytes    `size` bytes in the character set of `collation`; COLLATION_BINARY: binary
 *   DATE       i        temporal_pack of the date at 00:00:00
 *   DATETIME   i        temporal_pack; scale: fsp. DATE and DATETIME compare by i
 *   TIMESTAMP  i        microseconds since 1970 UTC, 0 is the zero timestamp; scale: fsp. sql turns
 *                       it into a DATETIME of the session's time zone before anybody sees it
 *   TIME       i        signed microseconds; scale: fsp
 *   YEAR       u        0 or 1901 to 2155
 *   BIT        u        the bits; size: bytes to show
 *   ENUM       u        index from 1, 0 is the error member ''; its text needs the type
 *   SET        u        bit mask of members; its text needs the type
 *   JSON       bytes    `size` bytes of normalised text, utf8mb4
 */
#ifndef ROW_VALUE_H
#define ROW_VALUE_H

#include "row/decimal.h"
#include "row/type.h"

/* Stored in keys of hidden columns, parameters and messages: the numbers never change. */
enum value_kind {
    VALUE_NULL = 0,
    VALUE_INT = 1,
    VALUE_UINT = 2,
    VALUE_FLOAT = 3,
    VALUE_DOUBLE = 4,
    VALUE_DECIMAL = 5,
    VALUE_STRING = 6,
    VALUE_DATE = 7,
    VALUE_TIME = 8,
    VALUE_DATETIME = 9,
    VALUE_TIMESTAMP = 10,
    VALUE_YEAR = 11,
    VALUE_BIT = 12,
    VALUE_ENUM = 13,
    VALUE_SET = 14,
    VALUE_JSON = 15,
};
#define VALUE_KIND_COUNT 16

struct value {
    uint8_t kind; /* enum value_kind */
    uint8_t scale;
    uint16_t collation;
    uint32_t size;
    union {
        int64_t i;
        uint64_t u;
        double d;
        const uint8_t *bytes;
        const struct decimal *decimal;
    };
};
static_assert(sizeof(struct value) == 16, "two registers");

#define VALUE_NULL_INIT ((struct value){.kind = VALUE_NULL})

static inline struct value value_null(void) { return (struct value){.kind = VALUE_NULL}; }
static inline struct value value_of_int(int64_t i) {
    return (struct value){.kind = VALUE_INT, .i = i};
}
static inline struct value value_of_uint(uint64_t u) {
    return (struct value){.kind = VALUE_UINT, .u = u};
}
static inline struct value value_of_double(double d) {
    return (struct value){.kind = VALUE_DOUBLE, .scale = SCALE_NOT_FIXED, .d = d};
}
/* Borrows the bytes; CHECKs that they are below 4 GiB. */
static inline struct value value_of_string(struct slice text, uint16_t collation) {
    CHECK(text.size <= UINT32_MAX);
    return (struct value){.kind = VALUE_STRING,
                          .collation = collation,
                          .size = (uint32_t)text.size,
                          .bytes = text.data};
}
/* Inline when it fits into 18 digits, otherwise a copy in the arena. */
struct value value_of_decimal(const struct decimal *decimal, struct arena *arena);
/* DATE, TIME, DATETIME, TIMESTAMP, with fsp for all but DATE. */
static inline struct value value_of_temporal(enum value_kind kind, int64_t i, uint8_t fsp) {
    return (struct value){.kind = (uint8_t)kind, .scale = fsp, .i = i};
}

static inline bool value_is_null(const struct value *value) { return value->kind == VALUE_NULL; }
/* STRING and JSON: the bytes. */
static inline struct slice value_slice(const struct value *value) {
    CHECK(value->kind == VALUE_STRING || value->kind == VALUE_JSON);
    return (struct slice){value->bytes, value->size};
}
/* Of a VALUE_DECIMAL. */
struct decimal value_decimal(const struct value *value);
/* INT, UINT, FLOAT, DOUBLE, DECIMAL, YEAR, BIT: kinds that are numbers by themselves. */
bool value_is_number(const struct value *value);
/* A copy whose bytes live in the arena. */
struct value value_copy(const struct value *value, struct arena *arena);

/* --- order --- */

/* <0, 0, >0 in *order_out. Neither may be NULL. Numbers compare by number across kinds (exactly
 * between INT, UINT and DECIMAL; as doubles when a FLOAT or DOUBLE takes part); DATE with DATETIME;
 * any other pair must be of one kind, else INVALID: sql casts first. Strings use the collation of
 * `a`. */
MUST_USE enum status value_compare(const struct value *a, const struct value *b, int *order_out);
/* The same under another collation than a's; it must be known. */
MUST_USE enum status value_compare_under(const struct value *a, const struct value *b,
                                         uint16_t collation, int *order_out);
/* The same with NULL below everything and the given collation for strings; kinds that do not
 * compare are ordered by kind. A total order, for sorting. */
int value_compare_total(const struct value *a, const struct value *b, uint16_t collation);
/* Equal values by value_compare hash equally (strings by their collation; all numbers by number).
 */
uint64_t value_hash(const struct value *value, uint64_t seed);
/* As a condition: 1 true, 0 false, -1 NULL. Strings count by their number, as in MySQL. */
int value_truth(const struct value *value);

/* --- text --- */

/* Enough for all kinds but STRING and JSON. */
#define VALUE_TEXT_BYTES_MAX 384

/* The text that MySQL shows: for STRING and JSON the value's own bytes, otherwise ASCII in `memory`
 * (VALUE_TEXT_BYTES_MAX bytes; no NUL). NULL, and ENUM and SET as numbers (see value_text_typed).
 * BIT gives its raw bytes. TIMESTAMP prints UTC. */
struct slice value_text(const struct value *value, uint8_t *memory);
/* With the column's type: names of ENUM and SET members (SET may need the arena), ZEROFILL. */
struct slice value_text_typed(const struct value *value, const struct column_type *type,
                              struct arena *arena);
/* For traces and EXPLAIN: quoted strings, NULL. */
void value_print(const struct value *value, struct buffer *out);

/* Room for any int64 or uint64. */
#define INTEGER_TEXT_BYTES_MAX 24
/* Decimal digits of the number at `memory`; the count of bytes written. */
size_t int_to_text(int64_t integer, uint8_t *memory);
size_t uint_to_text(uint64_t integer, uint8_t *memory);
/* As MySQL prints DOUBLE: the shortest text that reads back, plain from 1e-15 to below 1e15, else
 * with e; `scale` places when it is not SCALE_NOT_FIXED. VALUE_TEXT_BYTES_MAX bytes at most. */
size_t double_to_text(double number, uint8_t scale, uint8_t *memory);
/* FLOAT: six significant digits. */
size_t float_to_text(double number, uint8_t scale, uint8_t *memory);

/* MySQL's numbers in texts: leading spaces, the longest number, then the rest. Statuses: TRUNCATED
 * when something but spaces follows, INVALID when there is no number (0), OUT_OF_RANGE (clamped).
 */
MUST_USE enum status text_to_double(struct slice text, double *out);
/* A fraction or exponent is read too and rounded half away from zero. */
MUST_USE enum status text_to_int(struct slice text, int64_t *out);
MUST_USE enum status text_to_uint(struct slice text, uint64_t *out);

/* --- numbers out of any kind, as MySQL's numeric contexts take them --- */

/* Strings by text_to_*; temporal values as 20240131235959.5; ENUM and SET by index. The value must
 * not be NULL. Statuses as text_to_*; the result always stands. */
MUST_USE enum status value_to_double(const struct value *value, double *out);
MUST_USE enum status value_to_int(const struct value *value, int64_t *out);
MUST_USE enum status value_to_uint(const struct value *value, uint64_t *out);
MUST_USE enum status value_to_decimal(const struct value *value, struct decimal *out);

/* --- codec, for messages, parameters and the dictionary --- */

/* kind, then what the kind holds; decoding borrows the bytes of strings from the reader's range and
 * puts large decimals into the arena. A bad encoding fails the reader and gives NULL. */
void value_encode(const struct value *value, struct buffer *out);
struct value value_decode(struct reader *reader, struct arena *arena);

#endif
