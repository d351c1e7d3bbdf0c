/* row/row.h: a row as bytes.
 *
 *   | u16 columns, top bit: wide | null bits | fixed part | ends | variable part |
 *
 * columns: how many leading columns of the layout are stored; the others hold their absent_value,
 * so that ADD COLUMN touches no row. null bits: one per stored nullable column. Fixed part: the
 * fixed-width columns in order, NULLs zeroed. ends: per variable-width column where its bytes end,
 * from the start of the variable part, u16 or (wide) u32. The place of column i depends on the
 * counts of columns before it only, and on the header's count: row_value is O(1).
 *
 * Fixed widths (little endian): integers 1, 2, 3, 4, 8; FLOAT 4; DOUBLE 8; DECIMAL decimal_bytes;
 * DATE 3; TIME 3, DATETIME 5, TIMESTAMP 4 (8 each, TIME 6, with fractions); YEAR 1; BIT and SET by
 * their bits; ENUM 1 or 2; BINARY its length. CHAR (without trailing spaces), VARCHAR, VARBINARY,
 * TEXT, BLOB and JSON are variable. Bytes are equal when the rows are: the same values and layout
 * always encode alike.
 */
#ifndef ROW_ROW_H
#define ROW_ROW_H

#include "row/table.h"

#define ROW_HEADER_BYTES 2
/* Larger rows are TOO_LARGE: LONGTEXT streams are storage's, in pieces. */
#define ROW_BYTES_MAX ((size_t)1 << 30)

struct row_column {
    uint8_t read;  /* enum row_read of row.c: how the stored bytes become a value */
    uint8_t width; /* bytes in the fixed part; 0: variable (BINARY's is in type.length) */
    uint8_t is_nullable;
    uint8_t scale;
    uint16_t collation;
    uint16_t null_before;     /* nullable columns before this one */
    uint16_t variable_before; /* variable columns before this one */
    uint32_t fixed_before;    /* bytes of the fixed part before this one */
    struct column_type type;
    struct value absent_value;
};
/* Computed once from a table or a list of types, then only read. */
struct row_layout {
    uint32_t column_count;
    uint32_t fixed_bytes;      /* of a row that stores all columns */
    uint32_t stored_count_min; /* leading columns that every row stores */
    uint16_t null_count;       /* nullable columns */
    uint16_t variable_count;
    const struct row_column *columns; /* column_count + 1: the last holds the sums */
};

struct row_layout *row_layout_of_table(const struct table_definition *table, struct arena *arena);
/* A row of an expression list, a projection or a partial aggregate; no absent values. The types are
 * copied, member names borrowed. */
struct row_layout *row_layout_of_types(const struct column_type *types, uint32_t count,
                                       struct arena *arena);
/* A row of some columns of another layout. */
struct row_layout *row_layout_project(const struct row_layout *layout, const uint16_t *columns,
                                      uint32_t count, struct arena *arena);

/* --- writing --- */

/* Bytes that row_encode will need at most for these values: exact but for the trailing columns. */
size_t row_size_max(const struct row_layout *layout, const struct value *values);
/* values[column_count] must fit their columns (value_fits): INVALID otherwise, also for NULL in a
 * NOT NULL column. TOO_LARGE above ROW_BYTES_MAX. Appends to `out` and leaves the row's bytes in
 * *row_out. */
MUST_USE enum status row_encode(const struct row_layout *layout, const struct value *values,
                                struct buffer *out, struct slice *row_out);
/* The same columns of `row`, in the layout that row_layout_project made of them; `row` is verified.
 */
void row_project(const struct row_layout *layout, struct slice row, const uint16_t *columns,
                 const struct row_layout *projected, struct buffer *out);

/* --- reading: the row must be one that row_encode made or row_verify passed --- */

/* CORRUPT for bytes that are no row of the layout: lengths, values of every column, character sets'
 * well-formedness not included (any reader bears any bytes). */
MUST_USE enum status row_verify(const struct row_layout *layout, struct slice row);
/* Strings borrow from the row; a DECIMAL above 18 digits is put into the arena. */
struct value row_value(const struct row_layout *layout, struct slice row, uint32_t column,
                       struct arena *arena);
bool row_is_null(const struct row_layout *layout, struct slice row, uint32_t column);
/* Reads all columns into values[column_count]. */
void row_values(const struct row_layout *layout, struct slice row, struct arena *arena,
                struct value *values);
/* The bytes of a column as stored, for copying and for comparing whether an update changed it.
 * Empty for NULL; absent columns give false. */
bool row_stored_bytes(const struct row_layout *layout, struct slice row, uint32_t column,
                      struct slice *out);
/* "(1, 'a', NULL)" for traces. */
void row_print(const struct row_layout *layout, struct slice row, struct buffer *out);

#endif
