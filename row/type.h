/* row/type.h: the types of columns and expressions, as MySQL names and shows them.
 *
 * A column_type says how a value is stored (row/row.h), ordered (row/key.h), converted
 * (row/convert.h) and announced to clients. It is a plain value; only the member names of ENUM and
 * SET are borrowed, from the table definition or the statement.
 */
#ifndef ROW_TYPE_H
#define ROW_TYPE_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"

/* The numbers are stored in the dictionary: they never change. */
enum column_kind {
    COLUMN_NULL = 0, /* the type of the literal NULL; no stored column has it */
    COLUMN_TINYINT = 1,
    COLUMN_SMALLINT = 2,
    COLUMN_MEDIUMINT = 3,
    COLUMN_INT = 4,
    COLUMN_BIGINT = 5,
    COLUMN_FLOAT = 6,
    COLUMN_DOUBLE = 7,
    COLUMN_DECIMAL = 8,
    COLUMN_CHAR = 9,
    COLUMN_VARCHAR = 10,
    COLUMN_BINARY = 11,
    COLUMN_VARBINARY = 12,
    COLUMN_TINYTEXT = 13,
    COLUMN_TEXT = 14,
    COLUMN_MEDIUMTEXT = 15,
    COLUMN_LONGTEXT = 16,
    COLUMN_TINYBLOB = 17,
    COLUMN_BLOB = 18,
    COLUMN_MEDIUMBLOB = 19,
    COLUMN_LONGBLOB = 20,
    COLUMN_DATE = 21,
    COLUMN_TIME = 22,
    COLUMN_DATETIME = 23,
    COLUMN_TIMESTAMP = 24,
    COLUMN_YEAR = 25,
    COLUMN_BIT = 26,
    COLUMN_ENUM = 27,
    COLUMN_SET = 28,
    COLUMN_JSON = 29,
};
#define COLUMN_KIND_COUNT 30

enum column_flag {
    COLUMN_UNSIGNED = 1,
    COLUMN_ZEROFILL = 2, /* implies COLUMN_UNSIGNED */
    COLUMN_NOT_NULL = 4,
};

#define DECIMAL_PRECISION_MAX 65
#define FSP_MAX               6   /* digits of a second's fraction */
#define SCALE_NOT_FIXED       31  /* FLOAT, DOUBLE without (M,D): print the shortest text */
#define CHAR_LENGTH_MAX       255 /* characters or bytes */
#define VARCHAR_LENGTH_MAX    65535
#define ENUM_MEMBER_COUNT_MAX 65535
#define SET_MEMBER_COUNT_MAX  64
#define BIT_LENGTH_MAX        64

struct column_type {
    uint8_t kind;       /* enum column_kind */
    uint8_t flags;      /* enum column_flag */
    uint8_t precision;  /* DECIMAL: digits in all, 1 to 65 */
    uint8_t scale;      /* DECIMAL: digits behind the point, 0 to 30; temporal kinds: fsp, 0 to 6;
                           FLOAT, DOUBLE: digits behind the point or SCALE_NOT_FIXED */
    uint16_t collation; /* id (row/collation.h); COLLATION_BINARY for all that is not text */
    uint16_t member_count;       /* ENUM, SET */
    uint32_t length;             /* characters (text), bytes (binary strings), bits (BIT), display
                                    width (integers, FLOAT, DOUBLE; 0: none given) */
    const struct slice *members; /* ENUM, SET: names, borrowed */
};

static inline bool column_kind_is_integer(uint8_t kind) {
    return kind >= COLUMN_TINYINT && kind <= COLUMN_BIGINT;
}
static inline bool column_kind_is_numeric(uint8_t kind) {
    return kind >= COLUMN_TINYINT && kind <= COLUMN_DECIMAL;
}
/* CHAR to LONGBLOB: values are VALUE_STRING. */
static inline bool column_kind_is_string(uint8_t kind) {
    return kind >= COLUMN_CHAR && kind <= COLUMN_LONGBLOB;
}
/* Strings with a character set; the other strings have COLLATION_BINARY. */
static inline bool column_kind_is_text(uint8_t kind) {
    return kind == COLUMN_CHAR || kind == COLUMN_VARCHAR ||
           (kind >= COLUMN_TINYTEXT && kind <= COLUMN_LONGTEXT);
}
/* TINYTEXT to LONGBLOB: what MySQL flags as BLOB and refuses in a key without a prefix length. */
static inline bool column_kind_is_blob(uint8_t kind) {
    return kind >= COLUMN_TINYTEXT && kind <= COLUMN_LONGBLOB;
}
static inline bool column_kind_is_temporal(uint8_t kind) {
    return kind >= COLUMN_DATE && kind <= COLUMN_YEAR;
}
static inline bool column_type_is_unsigned(const struct column_type *type) {
    return (type->flags & (COLUMN_UNSIGNED | COLUMN_ZEROFILL)) != 0;
}
static inline bool column_type_is_nullable(const struct column_type *type) {
    return (type->flags & COLUMN_NOT_NULL) == 0;
}

/* Types of expressions and of result columns that the server itself makes. */
struct column_type column_type_bigint(uint8_t flags);
struct column_type column_type_double(void);
/* DOUBLE of an expression that prints so many places, or SCALE_NOT_FIXED and above. */
struct column_type column_type_real(uint32_t scale);
struct column_type column_type_decimal(uint8_t precision, uint8_t scale);
struct column_type column_type_varchar(uint32_t length_chars, uint16_t collation);

/* Checks kind, flags, precision, scale, length, collation and members against their limits: INVALID
 * for what no column can be. For types that came from foreign bytes and from the grammar. */
MUST_USE enum status column_type_check(const struct column_type *type);
/* Bytes that a value of the type may have at most: MySQL's octet length. UINT32_MAX for LONGTEXT.
 */
uint32_t column_type_bytes_max(const struct column_type *type);
/* Least and greatest integer of an integer kind. */
int64_t column_type_int_min(const struct column_type *type);
uint64_t column_type_int_max(const struct column_type *type);

/* --- as clients see it --- */

/* Type codes of the MySQL protocol. */
enum mysql_type {
    MYSQL_TYPE_DECIMAL = 0, /* never sent by servers since 5.0 */
    MYSQL_TYPE_TINY = 1,
    MYSQL_TYPE_SHORT = 2,
    MYSQL_TYPE_LONG = 3,
    MYSQL_TYPE_FLOAT = 4,
    MYSQL_TYPE_DOUBLE = 5,
    MYSQL_TYPE_NULL = 6,
    MYSQL_TYPE_TIMESTAMP = 7,
    MYSQL_TYPE_LONGLONG = 8,
    MYSQL_TYPE_INT24 = 9,
    MYSQL_TYPE_DATE = 10,
    MYSQL_TYPE_TIME = 11,
    MYSQL_TYPE_DATETIME = 12,
    MYSQL_TYPE_YEAR = 13,
    MYSQL_TYPE_NEWDATE = 14, /* never sent */
    MYSQL_TYPE_VARCHAR = 15, /* accepted in parameters, never sent */
    MYSQL_TYPE_BIT = 16,
    MYSQL_TYPE_JSON = 245,
    MYSQL_TYPE_NEWDECIMAL = 246,
    MYSQL_TYPE_ENUM = 247, /* columns say STRING with the ENUM flag */
    MYSQL_TYPE_SET = 248,
    MYSQL_TYPE_TINY_BLOB = 249,
    MYSQL_TYPE_MEDIUM_BLOB = 250,
    MYSQL_TYPE_LONG_BLOB = 251,
    MYSQL_TYPE_BLOB = 252,
    MYSQL_TYPE_VAR_STRING = 253,
    MYSQL_TYPE_STRING = 254,
};

/* Code of a result column's definition packet; all TEXT and BLOB kinds say BLOB, as MySQL does. */
enum mysql_type column_type_mysql(const struct column_type *type);
/* The length field of a column definition, in bytes of a character set of `bytes_per_char` at most
 * (4 for utf8mb4): text counts characters times that, everything else its display width. */
uint32_t column_type_display_length(const struct column_type *type, uint32_t bytes_per_char);
/* The decimals field of a column definition: scale, fsp, 31 for FLOAT and DOUBLE. */
uint8_t column_type_decimals(const struct column_type *type);
/* As SHOW CREATE TABLE and information_schema print it: "int unsigned", "varchar(20)",
 * "enum('a','b')"; without character set, NULL and default. */
void column_type_print(const struct column_type *type, struct buffer *out);
/* DATA_TYPE of information_schema: "int", "varchar"; never NULL. */
const char *column_kind_name(uint8_t kind);

/* --- codec, for the dictionary and for programs --- */

void column_type_encode(const struct column_type *type, struct buffer *out);
/* What fails column_type_check fails the reader. Member names are copied into the arena. */
void column_type_decode(struct reader *reader, struct arena *arena, struct column_type *out);

#endif
