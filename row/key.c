/* key.c: memcmp-ordered keys, ranges of them, and buckets.
 *
 * A part is written as its own order-preserving bytes; a descending part is written the same way
 * and then inverted in place, NULL mark included, so NULL sorts last there, as MySQL has it.
 *
 *   (K1) No part is a prefix of another value's: fixed widths agree, strings end by rule C2 of
 *        collation.c. So keys compare part by part, and a key of fewer parts is a prefix.
 *   (K2) Equal values have equal parts, and only they: keys stand for their values in hashes.
 */
#include "row/key.h"

#include "base/hash.h"
#include "row/collation.h"
#include "row/convert.h"
#include "row/row_private.h"

#define NULL_MARK     0x00
#define NOT_NULL_MARK 0x01
#define SIGN_BIT      (UINT64_C(1) << 63)

/* --- layouts --- */

static struct key_layout *layout_new(const struct row_layout *row, const struct key_part *parts,
                                     uint32_t count, struct arena *arena) {
    struct key_layout *layout = arena_new(arena, struct key_layout);
    layout->row = row;
    layout->part_count = count;
    layout->parts = parts;
    for (uint32_t i = 0; i < count; i++) {
        CHECK(parts[i].column < row->column_count);
        const struct row_column *column = &row->columns[parts[i].column];
        bool is_fixed = !column->is_nullable && column->read < READ_BINARY;
        if (!is_fixed) {
            layout->fixed_bytes = 0;
            return layout;
        }
        layout->fixed_bytes += column->width;
    }
    return layout;
}

struct key_layout *key_layout_of_parts(const struct row_layout *row, const struct key_part *parts,
                                       uint32_t count, struct arena *arena) {
    struct key_part *copy = arena_array(arena, struct key_part, count);
    if (count > 0) memcpy(copy, parts, count * sizeof(*copy));
    return layout_new(row, copy, count, arena);
}

static bool has_whole_column(const struct key_part *parts, uint32_t count, uint16_t column) {
    for (uint32_t i = 0; i < count; i++) {
        if (parts[i].column == column && parts[i].prefix_chars == 0) return true;
    }
    return false;
}

struct key_layout *key_layout_of_index(const struct table_definition *table, uint32_t index,
                                       const struct row_layout *row, enum key_extent extent,
                                       struct arena *arena) {
    CHECK(index < table->index_count);
    const struct index_definition *definition = &table->indexes[index];
    const struct index_definition *primary = table_primary(table);
    struct key_part *parts =
        arena_array(arena, struct key_part, definition->part_count + primary->part_count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < definition->part_count; i++) {
        const struct index_part *part = &definition->parts[i];
        parts[count++] = (struct key_part){part->column, part->flags, part->prefix_chars};
    }
    for (uint32_t i = 0; i < primary->part_count && extent == KEY_WITH_PRIMARY; i++) {
        const struct index_part *part = &primary->parts[i];
        if (has_whole_column(parts, count, part->column)) continue;
        parts[count++] = (struct key_part){part->column, 0, part->prefix_chars};
    }
    return layout_new(row, parts, count, arena);
}

struct key_layout *key_layout_of_partition(const struct table_definition *table,
                                           const struct row_layout *row, struct arena *arena) {
    struct key_layout *layout = key_layout_of_index(table, 0, row, KEY_INDEX_PARTS, arena);
    CHECK(table->partition_part_count >= 1 && table->partition_part_count <= layout->part_count);
    return layout_new(row, layout->parts, table->partition_part_count, arena);
}

/* --- parts --- */

static void put_integer(const struct row_column *column, uint64_t integer, uint8_t *at) {
    uint32_t width = column->width;
    if (row_read_is_signed(column->read)) integer ^= UINT64_C(1) << (8 * width - 1);
    uint8_t bytes[8];
    store_be64(bytes, integer << (64 - 8 * width));
    memcpy(at, bytes, width);
}

static void put_double(double number, uint8_t *at) {
    uint64_t bits;
    number += 0.0; /* -0 becomes 0 (K2) */
    memcpy(&bits, &number, sizeof(bits));
    store_be64(at, bits & SIGN_BIT ? ~bits : bits | SIGN_BIT);
}

static void put_float(float number, uint8_t *at) {
    uint32_t bits;
    number += 0.0f;
    memcpy(&bits, &number, sizeof(bits));
    store_be32(at, bits >> 31 ? ~bits : bits | UINT32_C(1) << 31);
}

static void put_large_decimal(const struct decimal *decimal, uint32_t width, uint8_t *at) {
    uint8_t bytes[DECIMAL_LIMBS * 8];
    decimal_store(decimal, bytes, width);
    for (uint32_t i = 0; i < width; i++) at[i] = bytes[width - 1 - i];
    at[0] ^= 0x80;
}

static void put_fixed(const struct row_column *column, const struct value *value,
                      struct buffer *out) {
    buffer_reserve(out, column->width);
    uint8_t *at = out->data + out->size;
    if (row_read_is_integer(column->read)) {
        put_integer(column, row_stored_integer(column, value), at);
    } else if (column->read == READ_DOUBLE) {
        put_double(value->d, at);
    } else if (column->read == READ_FLOAT) {
        put_float((float)value->d, at);
    } else {
        struct decimal decimal = value_decimal(value);
        put_large_decimal(&decimal, column->width, at);
    }
    out->size += column->width;
}

static struct slice string_prefix(const struct value *value, uint16_t collation,
                                  uint32_t prefix_chars) {
    struct slice text = slice_of(value->bytes, value->size);
    if (prefix_chars == 0) return text;
    uint8_t charset = collation_charset(collation)->id;
    return slice_part(text, 0, charset_offset(charset, text, prefix_chars));
}

static void invert(struct buffer *out, size_t from) {
    for (size_t i = from; i < out->size; i++) out->data[i] = (uint8_t)~out->data[i];
}

static void append_part(const struct row_column *column, const struct key_part *part,
                        const struct value *value, struct buffer *out) {
    size_t start = out->size;
    bool is_null = value->kind == VALUE_NULL;
    if (column->is_nullable) buffer_append_byte(out, is_null ? NULL_MARK : NOT_NULL_MARK);
    if (!is_null) {
        if (column->read < READ_BINARY) {
            put_fixed(column, value, out);
        } else {
            uint16_t collation = column->read == READ_JSON ? COLLATION_BINARY : column->collation;
            collation_sort_key(collation, string_prefix(value, collation, part->prefix_chars), out);
        }
    }
    if (part->flags & INDEX_PART_DESCENDING) invert(out, start);
}

void key_of_row(const struct key_layout *layout, struct slice row, struct buffer *out) {
    for (uint32_t i = 0; i < layout->part_count; i++) {
        const struct key_part *part = &layout->parts[i];
        struct value value = row_value(layout->row, row, part->column, out->arena);
        append_part(&layout->row->columns[part->column], part, &value, out);
    }
}

/* NULL may stand for a NOT NULL column's value nowhere: there is no mark for it. */
static bool part_value_legal(const struct row_column *column, const struct value *value) {
    if (value->kind == VALUE_NULL) return column->is_nullable;
    if (column->read == READ_NULL) return false;
    if (column->read == READ_BINARY || column->read == READ_STRING) {
        return value->kind == VALUE_STRING; /* longer than the column is legal in a bound */
    }
    return value_fits(value, &column->type);
}

enum status key_of_values(const struct key_layout *layout, const struct value *values,
                          uint32_t count, struct buffer *out) {
    CHECK(count <= layout->part_count);
    for (uint32_t i = 0; i < count; i++) {
        const struct key_part *part = &layout->parts[i];
        const struct row_column *column = &layout->row->columns[part->column];
        if (!part_value_legal(column, &values[i])) return STATUS_INVALID;
        append_part(column, part, &values[i], out);
    }
    return STATUS_OK;
}

bool key_row_has_null(const struct key_layout *layout, struct slice row) {
    for (uint32_t i = 0; i < layout->part_count; i++) {
        if (row_is_null(layout->row, row, layout->parts[i].column)) return true;
    }
    return false;
}

enum status key_append_value(const struct column_type *type, const struct value *value,
                             uint16_t part_flags, struct buffer *out) {
    struct row_column column;
    struct key_part part = {0, part_flags, 0};
    row_column_of_type(&column, type);
    if (!part_value_legal(&column, value)) return STATUS_INVALID;
    append_part(&column, &part, value, out);
    return STATUS_OK;
}

/* --- ranges --- */

struct slice key_successor(struct slice prefix, struct arena *arena) {
    size_t size = prefix.size;
    while (size > 0 && prefix.data[size - 1] == 0xff) size--;
    if (size == 0) return SLICE_EMPTY;
    uint8_t *successor = arena_alloc(arena, size);
    memcpy(successor, prefix.data, size);
    successor[size - 1]++;
    return slice_of(successor, size);
}

struct key_range key_range_prefix(struct slice prefix, struct arena *arena) {
    return (struct key_range){.lower = prefix, .upper = key_successor(prefix, arena)};
}

/* The next part of a range, and what a bound's bytes begin with. */
struct range_part {
    const struct row_column *column;
    const struct key_part *part;
    const struct key_equal *equal;
    struct arena *arena;
};

/* One end of the range: before all keys of the value, or after them. */
enum range_place { BEFORE_VALUE, AFTER_VALUE };
static enum status range_end(const struct range_part *range, const struct value *value,
                             enum range_place place, struct slice *out) {
    struct buffer key = buffer_of(range->arena);
    buffer_append(&key, range->equal->key);
    if (value->kind == VALUE_NULL || !part_value_legal(range->column, value)) {
        return STATUS_INVALID;
    }
    append_part(range->column, range->part, value, &key);
    *out = buffer_slice(&key);
    if (place == AFTER_VALUE) *out = key_successor(*out, range->arena);
    return STATUS_OK;
}

/* The equal parts and one more byte: beyond (ascending) or before (descending) NULLs. */
static struct slice beside_nulls(const struct range_part *range) {
    bool descending = (range->part->flags & INDEX_PART_DESCENDING) != 0;
    struct buffer key = buffer_of(range->arena);
    buffer_append(&key, range->equal->key);
    buffer_append_byte(&key, descending ? (uint8_t)~NULL_MARK : NOT_NULL_MARK);
    return buffer_slice(&key);
}

enum status key_range_between(const struct key_layout *layout, const struct key_equal *equal,
                              const struct key_bounds *bounds, struct arena *arena,
                              struct key_range *out) {
    CHECK(equal->count < layout->part_count);
    *out = key_range_prefix(equal->key, arena);
    bool low_open = bounds->low_kind == KEY_BOUND_OPEN;
    bool high_open = bounds->high_kind == KEY_BOUND_OPEN;
    if (low_open && high_open) return STATUS_OK;
    const struct key_part *part = &layout->parts[equal->count];
    const struct row_column *column = &layout->row->columns[part->column];
    struct range_part range = {column, part, equal, arena};
    bool descending = (part->flags & INDEX_PART_DESCENDING) != 0;
    /* A cut value also stands for longer ones: its own key can never be left out. */
    bool is_cut = part->prefix_chars != 0;
    bool low_inclusive = bounds->low_kind == KEY_BOUND_INCLUSIVE || is_cut;
    bool high_inclusive = bounds->high_kind == KEY_BOUND_INCLUSIVE || is_cut;
    enum status status = STATUS_OK;
    if (column->is_nullable) *(descending ? &out->upper : &out->lower) = beside_nulls(&range);
    if (!low_open) {
        enum range_place place = descending == low_inclusive ? AFTER_VALUE : BEFORE_VALUE;
        status = range_end(&range, &bounds->low, place, descending ? &out->upper : &out->lower);
    }
    if (!high_open && status == STATUS_OK) {
        enum range_place place = descending != high_inclusive ? AFTER_VALUE : BEFORE_VALUE;
        status = range_end(&range, &bounds->high, place, descending ? &out->lower : &out->upper);
    }
    bool has_lower = descending ? !high_open : !low_open;
    if (status == STATUS_OK && has_lower && out->lower.size == 0) {
        out->lower = out->upper = SLICE_LITERAL("\xff"); /* above the greatest key: nothing */
    }
    return status;
}

enum status key_range_like(const struct key_layout *layout, const struct key_equal *equal,
                           struct slice prefix, struct arena *arena, struct key_range *out) {
    CHECK(equal->count < layout->part_count);
    const struct key_part *part = &layout->parts[equal->count];
    const struct row_column *column = &layout->row->columns[part->column];
    if (column->read != READ_STRING && column->read != READ_BINARY) return STATUS_INVALID;
    struct buffer key = buffer_of(arena);
    buffer_append(&key, equal->key);
    size_t start = key.size;
    if (column->is_nullable) buffer_append_byte(&key, NOT_NULL_MARK);
    struct value text = value_of_string(prefix, column->collation);
    collation_prefix_key(column->collation,
                         string_prefix(&text, column->collation, part->prefix_chars), &key);
    if (part->flags & INDEX_PART_DESCENDING) invert(&key, start);
    *out = key_range_prefix(buffer_slice(&key), arena);
    return STATUS_OK;
}

/* --- buckets --- */

uint64_t key_hash(struct slice key) { return hash_bytes(key); }

/* By the high half; hash indexes use the low bits. */
uint32_t key_bucket(struct slice partition_key) {
    return (uint32_t)((hash_bytes(partition_key) >> 32) * BUCKET_COUNT >> 32);
}
