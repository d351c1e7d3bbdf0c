/* row/key.h: keys whose memcmp order is the index's order.
 *
 * A key is the concatenation of its parts; no part is a prefix of another value's part, so a
 * shorter list of parts is a prefix of all keys that begin with those values, and ranges are byte
 * ranges.
 *
 *   part = [nullable column: 00 NULL | 01] value       (all bytes inverted when descending)
 *   integers, DATE, TIME ..., DECIMAL: the row's fixed width, big endian, sign bit flipped
 *   FLOAT, DOUBLE: IEEE bits, inverted when negative, else the sign bit flipped; -0 becomes 0
 *   strings: collation_sort_key of the value or of its first prefix_chars characters
 *
 * Keys are hashed for buckets and for the hash index, so equal values have equal keys: collations
 * count.
 */
#ifndef ROW_KEY_H
#define ROW_KEY_H

#include "row/row.h"

struct key_part {
    uint16_t column; /* of the layout */
    uint16_t flags;  /* enum index_part_flag */
    uint32_t prefix_chars;
};
/* How the keys of one index are made from rows of one layout; computed once, then only read. */
struct key_layout {
    const struct row_layout *row;
    uint32_t part_count;
    uint32_t fixed_bytes; /* key size when every part is NOT NULL and of fixed width, else 0 */
    const struct key_part *parts;
};

/* Of an index of the table; `row` is the table's layout. INDEX_ORDERED entries end with the primary
 * key's parts that are not in the index, so that every entry is unique: with_primary asks for
 * those. */
enum key_extent { KEY_INDEX_PARTS, KEY_WITH_PRIMARY };
struct key_layout *key_layout_of_index(const struct table_definition *table, uint32_t index,
                                       const struct row_layout *row, enum key_extent extent,
                                       struct arena *arena);
/* Of any columns, ascending or descending: sort keys, group keys. */
struct key_layout *key_layout_of_parts(const struct row_layout *row, const struct key_part *parts,
                                       uint32_t count, struct arena *arena);

/* Appends the key of a verified row. */
void key_of_row(const struct key_layout *layout, struct slice row, struct buffer *out);
/* Appends the key of the first `count` parts; values[i] is for part i and must fit the part's
 * column (value_fits) or be NULL: INVALID otherwise (sql converts, and turns a comparison with a
 * value outside the type's range into an empty or open range). */
MUST_USE enum status key_of_values(const struct key_layout *layout, const struct value *values,
                                   uint32_t count, struct buffer *out);
/* Does the row hold a NULL in a part (then a unique index has no entry for it)? */
bool key_row_has_null(const struct key_layout *layout, struct slice row);

/* One value by its type, outside any index: group and sort keys of expressions. NULL sorts first.
 */
MUST_USE enum status key_append_value(const struct column_type *type, const struct value *value,
                                      uint16_t part_flags, struct buffer *out);

/* --- ranges --- */

enum key_bound { KEY_BOUND_INCLUSIVE, KEY_BOUND_EXCLUSIVE, KEY_BOUND_OPEN };
struct key_range {
    struct slice lower; /* keys >= lower ... */
    struct slice upper; /* ... and < upper; empty: no upper end */
};
/* The smallest byte string greater than every string that starts with `prefix`: empty when there is
 * none. */
struct slice key_successor(struct slice prefix, struct arena *arena);
/* All keys that start with these parts (equality on a prefix of the index). */
struct key_range key_range_prefix(struct slice prefix, struct arena *arena);
/* The equal parts that a range begins with: their key (key_of_values) and how many they are. */
struct key_equal {
    struct slice key;
    uint32_t count;
};
/* `equal` is the key of `equal_count` equal parts; the next part lies between low and high (by the
 * order of the value: a descending part swaps them inside). A bound's value is ignored when it is
 * OPEN; with both OPEN, it is the prefix range. NULLs of the next part are left out unless `low` is
 * OPEN and high too. */
struct key_bounds {
    struct value low, high;
    uint8_t low_kind, high_kind; /* enum key_bound */
};
MUST_USE enum status key_range_between(const struct key_layout *layout,
                                       const struct key_equal *equal,
                                       const struct key_bounds *bounds, struct arena *arena,
                                       struct key_range *out);
/* The next part is a string that starts with `prefix` (LIKE 'abc%'); a superset for some
 * collations: the filter stays. */
MUST_USE enum status key_range_like(const struct key_layout *layout, const struct key_equal *equal,
                                    struct slice prefix, struct arena *arena,
                                    struct key_range *out);

/* --- buckets --- */

/* The key of the partition columns: the first partition_part_count parts of the primary key. */
struct key_layout *key_layout_of_partition(const struct table_definition *table,
                                           const struct row_layout *row, struct arena *arena);
/* 0 to BUCKET_COUNT - 1. */
uint32_t key_bucket(struct slice partition_key);
/* For hash indexes; its low bits and key_bucket are independent enough to be used together. */
uint64_t key_hash(struct slice key);

#endif
