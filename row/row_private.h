/* row/row_private.h: what row.c and key.c share: how the fixed part's bytes become values.
 *
 * Most kinds are stored as one integer of `width` bytes, little endian; a key has the same integer
 * big endian with its sign bit flipped.
 */
#ifndef ROW_ROW_PRIVATE_H
#define ROW_ROW_PRIVATE_H

#include "row/row.h"

enum row_read {
    READ_NULL,
    /* integers of `width` bytes, signed */
    READ_INT,
    READ_DECIMAL, /* precision 18 at most */
    READ_TIME_S,  /* seconds */
    READ_TIME_US,
    /* integers of `width` bytes, unsigned */
    READ_UINT,
    READ_DATE,       /* temporal_pack >> 41 */
    READ_DATETIME_S, /* temporal_pack >> 24 */
    READ_DATETIME_US,
    READ_TIMESTAMP_S, /* seconds */
    READ_TIMESTAMP_US,
    READ_YEAR, /* less 1900, 0 for 0 */
    READ_BIT,
    READ_ENUM,
    READ_SET,
    /* other forms */
    READ_FLOAT,
    READ_DOUBLE,
    READ_DECIMAL_LARGE,
    READ_BINARY,
    /* in the variable part */
    READ_STRING,
    READ_JSON,
};

static inline bool row_read_is_signed(uint8_t read) {
    return read >= READ_INT && read <= READ_TIME_US;
}
static inline bool row_read_is_integer(uint8_t read) {
    return read >= READ_INT && read <= READ_SET;
}
static inline bool row_read_is_variable(uint8_t read) { return read >= READ_STRING; }

static inline uint64_t row_load_uint(const uint8_t *p, uint32_t width) {
    switch (width) {
    case 1: return *p;
    case 2: return load_le16(p);
    case 3: return load_le24(p);
    case 4: return load_le32(p);
    case 5: return load_le32(p) | (uint64_t)p[4] << 32;
    case 6: return load_le32(p) | (uint64_t)load_le16(p + 4) << 32;
    case 7: return load_le32(p) | (uint64_t)load_le24(p + 4) << 32;
    case 8: return load_le64(p);
    }
    UNREACHABLE();
}

/* Sets all but the sums and the absent value. */
void row_column_of_type(struct row_column *column, const struct column_type *type);
/* The integer that the column stores for the value, which fits it. */
uint64_t row_stored_integer(const struct row_column *column, const struct value *value);
/* Two values that fit the column are stored alike. */
bool row_stored_alike(const struct row_column *column, const struct value *a,
                      const struct value *b);

#endif
