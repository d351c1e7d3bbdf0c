/* row.c: rows as bytes: where each column is, and how it is written, read and checked.
 *
 *   | u16 count, top bit: wide | null bits | fixed part | ends | variable part |
 *     0                          2           f            e      v
 *
 *   f = 2 + bytes(null_before[count]), e = f + fixed_before[count], v = e + size of an end *
 *   variable_before[count]: three sums that the layout keeps for every count, so an old row that
 *   ends before columns added later is read by the same code.
 *
 *   (R1) One row, one encoding: trailing columns that equal their absent_value are left out, NULLs
 *        have zeroed bytes or empty ones, `wide` is set only when the variable part is above 65,535
 *        bytes.
 *   (R2) Leading columns that have no absent value, being NOT NULL, are always stored.
 *   (R3) row_value trusts its bytes: they come from row_encode or went through row_verify.
 */
#include "row/row.h"

#include "row/collation.h"
#include "row/convert.h"
#include "row/row_private.h"
#include "row/temporal.h"

#define ROW_WIDE             0x8000u
#define ROW_NARROW_BYTES_MAX 65535u
#define PROJECT_STACK_COUNT  64
#define YEAR_BASE            1900

static_assert(TABLE_COLUMN_COUNT_MAX < ROW_WIDE, "the header's count has 15 bits");

/* --- layouts --- */

static uint8_t integer_width(uint8_t kind) {
    switch (kind) {
    case COLUMN_TINYINT: return 1;
    case COLUMN_SMALLINT: return 2;
    case COLUMN_MEDIUMINT: return 3;
    case COLUMN_INT: return 4;
    default: return 8;
    }
}

static void column_reads(struct row_column *column, enum row_read read, uint32_t width) {
    column->read = (uint8_t)read;
    column->width = (uint8_t)width;
}

void row_column_of_type(struct row_column *column, const struct column_type *type) {
    bool has_fraction = type->scale > 0;
    *column = (struct row_column){.read = READ_NULL};
    column->type = *type;
    column->scale = type->scale;
    column->collation = type->collation;
    column->is_nullable = column_type_is_nullable(type);
    if (column_kind_is_integer(type->kind)) {
        enum row_read read = column_type_is_unsigned(type) ? READ_UINT : READ_INT;
        column_reads(column, read, integer_width(type->kind));
        return;
    }
    switch (type->kind) {
    case COLUMN_FLOAT: column_reads(column, READ_FLOAT, 4); return;
    case COLUMN_DOUBLE: column_reads(column, READ_DOUBLE, 8); return;
    case COLUMN_DECIMAL: {
        uint32_t width = decimal_bytes(type->precision);
        column_reads(column, width <= 8 ? READ_DECIMAL : READ_DECIMAL_LARGE, width);
        return;
    }
    case COLUMN_DATE: column_reads(column, READ_DATE, 3); return;
    case COLUMN_TIME:
        column_reads(column, has_fraction ? READ_TIME_US : READ_TIME_S, has_fraction ? 6 : 3);
        return;
    case COLUMN_DATETIME:
        column_reads(column, has_fraction ? READ_DATETIME_US : READ_DATETIME_S,
                     has_fraction ? 8 : 5);
        return;
    case COLUMN_TIMESTAMP:
        column_reads(column, has_fraction ? READ_TIMESTAMP_US : READ_TIMESTAMP_S,
                     has_fraction ? 8 : 4);
        return;
    case COLUMN_YEAR: column_reads(column, READ_YEAR, 1); return;
    case COLUMN_BIT: column_reads(column, READ_BIT, (type->length + 7) / 8); return;
    case COLUMN_ENUM: column_reads(column, READ_ENUM, type->member_count > 255 ? 2 : 1); return;
    case COLUMN_SET: column_reads(column, READ_SET, (type->member_count + 7u) / 8); return;
    case COLUMN_BINARY: column_reads(column, READ_BINARY, type->length); return;
    case COLUMN_JSON: column_reads(column, READ_JSON, 0); return;
    case COLUMN_NULL:
        column_reads(column, READ_NULL, 0);
        column->is_nullable = true;
        return;
    default: column_reads(column, READ_STRING, 0); return;
    }
}

static struct row_layout *layout_new(uint32_t count, struct arena *arena,
                                     struct row_column **columns_out) {
    CHECK(count <= TABLE_COLUMN_COUNT_MAX);
    struct row_layout *layout = arena_new(arena, struct row_layout);
    *columns_out = arena_alloc_zeroed(arena, (count + 1) * sizeof(struct row_column));
    layout->column_count = count;
    layout->columns = *columns_out;
    return layout;
}

/* The sums before each column, once all are known. */
static void layout_finish(struct row_layout *layout, struct row_column *columns) {
    struct row_column *column = columns;
    for (uint32_t i = 0; i < layout->column_count; i++, column++) {
        bool is_variable = row_read_is_variable(column->read);
        column[1].null_before = (uint16_t)(column->null_before + column->is_nullable);
        column[1].variable_before = (uint16_t)(column->variable_before + is_variable);
        column[1].fixed_before = column->fixed_before + (is_variable ? 0u : column->width);
        bool must_store = !column->is_nullable && column->absent_value.kind == VALUE_NULL;
        if (must_store) layout->stored_count_min = i + 1; /* (R2) */
    }
    layout->null_count = column->null_before;
    layout->variable_count = column->variable_before;
    layout->fixed_bytes = column->fixed_before;
}

struct row_layout *row_layout_of_table(const struct table_definition *table, struct arena *arena) {
    struct row_column *columns;
    struct row_layout *layout = layout_new(table->column_count, arena, &columns);
    for (uint32_t i = 0; i < table->column_count; i++) {
        row_column_of_type(&columns[i], &table->columns[i].type);
        columns[i].absent_value = value_copy(&table->columns[i].absent_value, arena);
    }
    layout_finish(layout, columns);
    return layout;
}

struct row_layout *row_layout_of_types(const struct column_type *types, uint32_t count,
                                       struct arena *arena) {
    struct row_column *columns;
    struct row_layout *layout = layout_new(count, arena, &columns);
    for (uint32_t i = 0; i < count; i++) row_column_of_type(&columns[i], &types[i]);
    layout_finish(layout, columns);
    return layout;
}

struct row_layout *row_layout_project(const struct row_layout *layout, const uint16_t *columns,
                                      uint32_t count, struct arena *arena) {
    struct row_column *projected;
    struct row_layout *result = layout_new(count, arena, &projected);
    for (uint32_t i = 0; i < count; i++) {
        CHECK(columns[i] < layout->column_count);
        row_column_of_type(&projected[i], &layout->columns[columns[i]].type);
    }
    layout_finish(result, projected);
    return result;
}

/* --- stored integers --- */

uint64_t row_stored_integer(const struct row_column *column, const struct value *value) {
    switch ((enum row_read)column->read) {
    case READ_TIME_S:
    case READ_TIMESTAMP_S: return (uint64_t)(value->i / US_PER_SECOND);
    case READ_DATE: return value->u >> 41;
    case READ_DATETIME_S: return value->u >> 24;
    case READ_YEAR: return value->u == 0 ? 0 : value->u - YEAR_BASE;
    case READ_INT:
    case READ_DECIMAL:
    case READ_TIME_US:
    case READ_UINT:
    case READ_DATETIME_US:
    case READ_TIMESTAMP_US:
    case READ_BIT:
    case READ_ENUM:
    case READ_SET: return value->u;
    case READ_NULL:
    case READ_FLOAT:
    case READ_DOUBLE:
    case READ_DECIMAL_LARGE:
    case READ_BINARY:
    case READ_STRING:
    case READ_JSON: break;
    }
    UNREACHABLE();
}

static int64_t sign_extended(uint64_t integer, uint32_t width) {
    uint32_t shift = 64 - 8 * width;
    return (int64_t)(integer << shift) >> shift;
}

/* The value of a stored integer; the inverse of row_stored_integer. */
static struct value integer_value(const struct row_column *column, uint64_t integer) {
    struct value value = {.scale = column->scale, .u = integer};
    switch ((enum row_read)column->read) {
    case READ_INT:
    case READ_UINT:
        value.kind = column->read == READ_INT ? VALUE_INT : VALUE_UINT;
        value.scale = 0;
        return value;
    case READ_DECIMAL: value.kind = VALUE_DECIMAL; return value;
    case READ_TIME_S:
        value.i *= US_PER_SECOND;
        value.kind = VALUE_TIME;
        return value;
    case READ_TIME_US: value.kind = VALUE_TIME; return value;
    case READ_DATE:
        value.u <<= 41;
        value.kind = VALUE_DATE;
        return value;
    case READ_DATETIME_S:
        value.u <<= 24;
        value.kind = VALUE_DATETIME;
        return value;
    case READ_DATETIME_US: value.kind = VALUE_DATETIME; return value;
    case READ_TIMESTAMP_S:
        value.i *= US_PER_SECOND;
        value.kind = VALUE_TIMESTAMP;
        return value;
    case READ_TIMESTAMP_US: value.kind = VALUE_TIMESTAMP; return value;
    case READ_YEAR:
        value.u = integer == 0 ? 0 : integer + YEAR_BASE;
        value.kind = VALUE_YEAR;
        return value;
    case READ_BIT:
        value.size = column->width;
        value.kind = VALUE_BIT;
        return value;
    case READ_ENUM: value.kind = VALUE_ENUM; return value;
    case READ_SET: value.kind = VALUE_SET; return value;
    case READ_NULL:
    case READ_FLOAT:
    case READ_DOUBLE:
    case READ_DECIMAL_LARGE:
    case READ_BINARY:
    case READ_STRING:
    case READ_JSON: break;
    }
    UNREACHABLE();
}

/* The value of a fixed-width column at its place. */
static struct value fixed_value(const struct row_column *column, const uint8_t *at,
                                struct arena *arena) {
    if (row_read_is_integer(column->read)) {
        uint64_t integer = row_load_uint(at, column->width);
        bool is_signed = row_read_is_signed(column->read);
        if (is_signed) integer = (uint64_t)sign_extended(integer, column->width);
        return integer_value(column, integer);
    }
    struct value value = {.scale = column->scale};
    switch (column->read) {
    case READ_FLOAT: {
        float single;
        memcpy(&single, at, sizeof(single));
        value.kind = VALUE_FLOAT;
        value.d = (double)single;
        return value;
    }
    case READ_DOUBLE:
        value.kind = VALUE_DOUBLE;
        memcpy(&value.d, at, sizeof(value.d));
        return value;
    case READ_DECIMAL_LARGE: {
        struct decimal decimal;
        enum status status = decimal_load(at, column->width, column->scale, &decimal);
        CHECK(status == STATUS_OK); /* (R3) */
        return value_of_decimal(&decimal, arena);
    }
    case READ_BINARY: return value_of_string(slice_of(at, column->width), column->collation);
    case READ_NULL: return value_null();
    default: UNREACHABLE();
    }
}

static void store_fixed(const struct row_column *column, const struct value *value, uint8_t *at) {
    if (row_read_is_integer(column->read)) {
        uint64_t integer = row_stored_integer(column, value);
        memcpy(at, &integer, column->width);
        return;
    }
    switch (column->read) {
    case READ_FLOAT: {
        float single = (float)value->d;
        memcpy(at, &single, sizeof(single));
        return;
    }
    case READ_DOUBLE: memcpy(at, &value->d, sizeof(value->d)); return;
    case READ_DECIMAL_LARGE: {
        struct decimal decimal = value_decimal(value);
        decimal_store(&decimal, at, column->width);
        return;
    }
    case READ_BINARY: {
        size_t size = MIN(value->size, column->width);
        if (size > 0) memcpy(at, value->bytes, size);
        return;
    }
    default: UNREACHABLE();
    }
}

/* --- places in a row --- */

struct row_parts {
    uint32_t count;
    bool wide;
    const uint8_t *nulls, *fixed, *ends, *variable;
};

static inline uint32_t null_bytes(uint32_t null_count) { return (null_count + 7) / 8; }

static inline struct row_parts row_open(const struct row_layout *layout, const uint8_t *data) {
    struct row_parts parts;
    uint32_t header = load_le16(data);
    parts.count = header & (ROW_WIDE - 1);
    parts.wide = (header & ROW_WIDE) != 0;
    const struct row_column *sums = &layout->columns[parts.count];
    parts.nulls = data + ROW_HEADER_BYTES;
    parts.fixed = parts.nulls + null_bytes(sums->null_before);
    parts.ends = parts.fixed + sums->fixed_before;
    parts.variable = parts.ends + ((size_t)sums->variable_before << (parts.wide ? 2 : 1));
    return parts;
}

static inline uint32_t row_end(const struct row_parts *parts, uint32_t index) {
    return parts->wide ? load_le32(parts->ends + 4 * (size_t)index)
                       : load_le16(parts->ends + 2 * (size_t)index);
}

static inline struct slice variable_bytes(const struct row_parts *parts, uint32_t index) {
    uint32_t from = index == 0 ? 0 : row_end(parts, index - 1);
    return slice_of(parts->variable + from, row_end(parts, index) - from);
}

static inline bool null_bit(const struct row_column *column, const uint8_t *nulls) {
    return column->is_nullable &&
           (nulls[column->null_before / 8] >> column->null_before % 8 & 1) != 0;
}

/* --- reading --- */

static struct value parts_value(const struct row_layout *layout, const struct row_parts *parts,
                                uint32_t index, struct arena *arena) {
    const struct row_column *column = &layout->columns[index];
    if (index >= parts->count) return column->absent_value;
    if (null_bit(column, parts->nulls)) return value_null();
    if (column->read == READ_INT && column->width == 4) { /* the commonest, inline */
        return value_of_int((int32_t)load_le32(parts->fixed + column->fixed_before));
    }
    if (!row_read_is_variable(column->read)) {
        return fixed_value(column, parts->fixed + column->fixed_before, arena);
    }
    struct slice bytes = variable_bytes(parts, column->variable_before);
    return (struct value){.kind = column->read == READ_STRING ? VALUE_STRING : VALUE_JSON,
                          .collation = column->collation,
                          .size = (uint32_t)bytes.size,
                          .bytes = bytes.data};
}

struct value row_value(const struct row_layout *layout, struct slice row, uint32_t column,
                       struct arena *arena) {
    CHECK(column < layout->column_count);
    struct row_parts parts = row_open(layout, row.data);
    return parts_value(layout, &parts, column, arena);
}

bool row_is_null(const struct row_layout *layout, struct slice row, uint32_t column) {
    CHECK(column < layout->column_count);
    struct row_parts parts = row_open(layout, row.data);
    if (column >= parts.count) return layout->columns[column].absent_value.kind == VALUE_NULL;
    return null_bit(&layout->columns[column], parts.nulls);
}

void row_values(const struct row_layout *layout, struct slice row, struct arena *arena,
                struct value *values) {
    struct row_parts parts = row_open(layout, row.data);
    for (uint32_t i = 0; i < layout->column_count; i++) {
        values[i] = parts_value(layout, &parts, i, arena);
    }
}

bool row_stored_bytes(const struct row_layout *layout, struct slice row, uint32_t index,
                      struct slice *out) {
    CHECK(index < layout->column_count);
    const struct row_column *column = &layout->columns[index];
    struct row_parts parts = row_open(layout, row.data);
    *out = SLICE_EMPTY;
    if (index >= parts.count) return false;
    if (null_bit(column, parts.nulls)) return true;
    if (row_read_is_variable(column->read)) {
        *out = variable_bytes(&parts, column->variable_before);
    } else {
        *out = slice_of(parts.fixed + column->fixed_before, column->width);
    }
    return true;
}

/* --- checking foreign bytes --- */

/* Lengths and ends; the parts are good to read afterwards. */
static bool row_shape_legal(const struct row_layout *layout, struct slice row,
                            struct row_parts *parts) {
    if (row.size < ROW_HEADER_BYTES || row.size > ROW_BYTES_MAX) return false;
    uint32_t header = load_le16(row.data), count = header & (ROW_WIDE - 1);
    if (count > layout->column_count || count < layout->stored_count_min) return false;
    const struct row_column *sums = &layout->columns[count];
    size_t end_bytes = header & ROW_WIDE ? 4 : 2;
    size_t head = ROW_HEADER_BYTES + null_bytes(sums->null_before) + (size_t)sums->fixed_before +
                  end_bytes * sums->variable_before;
    if (row.size < head) return false;
    *parts = row_open(layout, row.data);
    size_t variable_size = row.size - head;
    if (parts->wide != (variable_size > ROW_NARROW_BYTES_MAX)) return false; /* (R1) */
    uint32_t before = 0;
    for (uint32_t i = 0; i < sums->variable_before; i++) {
        uint32_t end = row_end(parts, i);
        if (end < before || end > variable_size) return false;
        before = end;
    }
    if (before != variable_size) return false;
    uint32_t spare = sums->null_before % 8;
    return spare == 0 || parts->nulls[sums->null_before / 8] >> spare == 0;
}

static bool row_null_legal(const struct row_column *column, const struct row_parts *parts) {
    if (row_read_is_variable(column->read)) {
        return variable_bytes(parts, column->variable_before).size == 0;
    }
    const uint8_t *at = parts->fixed + column->fixed_before;
    for (uint32_t i = 0; i < column->width; i++) {
        if (at[i] != 0) return false;
    }
    return true;
}

enum status row_verify(const struct row_layout *layout, struct slice row) {
    struct row_parts parts;
    if (!row_shape_legal(layout, row, &parts)) return STATUS_CORRUPT;
    for (uint32_t i = 0; i < parts.count; i++) {
        const struct row_column *column = &layout->columns[i];
        if (null_bit(column, parts.nulls)) {
            if (!row_null_legal(column, &parts)) return STATUS_CORRUPT;
            continue;
        }
        if (column->read == READ_NULL) return STATUS_CORRUPT;
        if (column->read == READ_DECIMAL_LARGE) {
            struct decimal decimal;
            enum status status = decimal_load(parts.fixed + column->fixed_before, column->width,
                                              column->scale, &decimal);
            if (status != STATUS_OK || decimal_digits(&decimal) > column->type.precision) {
                return STATUS_CORRUPT;
            }
            continue;
        }
        struct value value = parts_value(layout, &parts, i, NULL);
        if (!value_fits(&value, &column->type)) return STATUS_CORRUPT;
    }
    return STATUS_OK;
}

/* --- writing --- */

bool row_stored_alike(const struct row_column *column, const struct value *a,
                      const struct value *b) {
    if (a->kind == VALUE_NULL || b->kind == VALUE_NULL) return a->kind == b->kind;
    if (column->read >= READ_BINARY) {
        return slice_equal(slice_of(a->bytes, a->size), slice_of(b->bytes, b->size));
    }
    if (row_read_is_integer(column->read)) {
        return row_stored_integer(column, a) == row_stored_integer(column, b);
    }
    if (column->read == READ_DECIMAL_LARGE) {
        struct decimal x = value_decimal(a), y = value_decimal(b);
        return decimal_compare(&x, &y) == 0;
    }
    return a->u == b->u;
}

size_t row_size_max(const struct row_layout *layout, const struct value *values) {
    size_t size = ROW_HEADER_BYTES + null_bytes(layout->null_count) + (size_t)layout->fixed_bytes;
    size_t variable = 0;
    for (uint32_t i = 0; i < layout->column_count && layout->variable_count > 0; i++) {
        bool counts = row_read_is_variable(layout->columns[i].read) && values[i].kind != VALUE_NULL;
        if (counts) variable += values[i].size;
    }
    size_t end_bytes = variable > ROW_NARROW_BYTES_MAX ? 4 : 2;
    return size + end_bytes * layout->variable_count + variable;
}

/* (R1): how many columns are stored. */
static uint32_t stored_count(const struct row_layout *layout, const struct value *values) {
    uint32_t count = layout->column_count;
    while (count > layout->stored_count_min) {
        const struct row_column *column = &layout->columns[count - 1];
        if (!row_stored_alike(column, &values[count - 1], &column->absent_value)) break;
        count--;
    }
    return count;
}

static void put_end(uint8_t *ends, uint32_t index, size_t end, uint32_t end_bytes) {
    if (end_bytes == 4) {
        store_le32(ends + 4 * (size_t)index, (uint32_t)end);
    } else {
        store_le16(ends + 2 * (size_t)index, (uint16_t)end);
    }
}

/* The values fit; `count` of them are stored. */
static struct slice encode_fitting(const struct row_layout *layout, const struct value *values,
                                   uint32_t count, struct buffer *out) {
    const struct row_column *sums = &layout->columns[count];
    size_t size_max = row_size_max(layout, values);
    buffer_reserve(out, size_max);
    uint8_t *data = out->data + out->size;
    size_t variable_max = size_max; /* decides nothing but an upper bound */
    bool wide = false;
    if (variable_max > ROW_NARROW_BYTES_MAX) {
        size_t variable = 0;
        for (uint32_t i = 0; i < count; i++) {
            bool counts =
                row_read_is_variable(layout->columns[i].read) && values[i].kind != VALUE_NULL;
            if (counts) variable += values[i].size;
        }
        wide = variable > ROW_NARROW_BYTES_MAX;
    }
    store_le16(data, (uint16_t)(count | (wide ? ROW_WIDE : 0)));
    uint32_t end_bytes = wide ? 4 : 2;
    uint8_t *nulls = data + ROW_HEADER_BYTES;
    uint8_t *fixed = nulls + null_bytes(sums->null_before);
    uint8_t *ends = fixed + sums->fixed_before;
    uint8_t *variable = ends + (size_t)sums->variable_before * end_bytes, *at = variable;
    memset(nulls, 0, (size_t)(fixed - nulls));
    for (uint32_t i = 0; i < count; i++) {
        const struct row_column *column = &layout->columns[i];
        bool is_null = values[i].kind == VALUE_NULL;
        if (is_null) nulls[column->null_before / 8] |= (uint8_t)(1u << column->null_before % 8);
        if (!row_read_is_variable(column->read)) {
            if (is_null)
                memset(fixed + column->fixed_before, 0, column->width);
            else
                store_fixed(column, &values[i], fixed + column->fixed_before);
            continue;
        }
        if (!is_null && values[i].size > 0) {
            memcpy(at, values[i].bytes, values[i].size);
            at += values[i].size;
        }
        put_end(ends, column->variable_before, (size_t)(at - variable), end_bytes);
    }
    size_t size = (size_t)(at - data);
    CHECK(size <= size_max);
    out->size += size;
    return slice_of(data, size);
}

enum status row_encode(const struct row_layout *layout, const struct value *values,
                       struct buffer *out, struct slice *row_out) {
    for (uint32_t i = 0; i < layout->column_count; i++) {
        const struct row_column *column = &layout->columns[i];
        bool fits = column->read == READ_NULL ? values[i].kind == VALUE_NULL
                                              : value_fits(&values[i], &column->type);
        if (!fits) return STATUS_INVALID;
    }
    if (row_size_max(layout, values) > ROW_BYTES_MAX) return STATUS_TOO_LARGE;
    *row_out = encode_fitting(layout, values, stored_count(layout, values), out);
    return STATUS_OK;
}

void row_project(const struct row_layout *layout, struct slice row, const uint16_t *columns,
                 const struct row_layout *projected, struct buffer *out) {
    struct value few[PROJECT_STACK_COUNT], *values = few;
    uint32_t count = projected->column_count;
    if (count > PROJECT_STACK_COUNT) values = arena_array(out->arena, struct value, count);
    struct row_parts parts = row_open(layout, row.data);
    for (uint32_t i = 0; i < count; i++) {
        CHECK(columns[i] < layout->column_count);
        values[i] = parts_value(layout, &parts, columns[i], out->arena);
    }
    encode_fitting(projected, values, stored_count(projected, values), out);
}

void row_print(const struct row_layout *layout, struct slice row, struct buffer *out) {
    buffer_append_byte(out, '(');
    for (uint32_t i = 0; i < layout->column_count; i++) {
        struct value value = row_value(layout, row, i, out->arena);
        if (i > 0) buffer_append(out, SLICE_LITERAL(", "));
        value_print(&value, out);
    }
    buffer_append_byte(out, ')');
}
