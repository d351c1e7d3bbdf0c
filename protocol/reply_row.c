/* reply_row.c: how do values become rows?
 *
 * text:   each value | size | its text |, NULL is the byte FB
 * binary: | 00 | null map (columns + 9) / 8, the first column is its bit 2 | values that are not NULL |
 *
 * Rows are most of what a server sends, so a value costs one check for room and one write: numbers are printed
 * where they stay, behind one byte for their size, which every number but the longest DOUBLE needs.
 *
 *   (W1) A column's type says how a value travels in binary, not the value's kind: the client reads by the column
 *        definition. Integers of another kind are converted; a date or time must be one.
 */
#include "protocol/connection.h"
#include "row/temporal.h"

#define NULL_MAP_SIZE(column_count) (((size_t)(column_count) + 9) / 8)
#define BINARY_TIME_BYTES_MAX       ((size_t)13)

void reply_text_begin(struct protocol *protocol) { packet_begin(&protocol->output); }

void reply_row_end(struct protocol *protocol) {
    packet_end(&protocol->output, &protocol->sequence);
}

/* ---- Text ---- */

static inline void text_null(struct output *output) { output_u8(output, LENENC_NULL); }

static inline void text_int(struct output *output, int64_t integer) {
    uint8_t *to = output_room(output, 1 + INTEGER_TEXT_BYTES_MAX);
    size_t size = int_to_text(integer, to + 1);
    to[0] = (uint8_t)size;
    output->size += 1 + size;
}

static inline void text_uint(struct output *output, uint64_t integer) {
    uint8_t *to = output_room(output, 1 + INTEGER_TEXT_BYTES_MAX);
    size_t size = uint_to_text(integer, to + 1);
    to[0] = (uint8_t)size;
    output->size += 1 + size;
}

void reply_text_null(struct protocol *protocol) { text_null(&protocol->output); }

void reply_text_slice(struct protocol *protocol, struct slice bytes) {
    output_lenenc_slice(&protocol->output, bytes);
}

void reply_text_int(struct protocol *protocol, int64_t integer) {
    text_int(&protocol->output, integer);
}

void reply_text_uint(struct protocol *protocol, uint64_t integer) {
    text_uint(&protocol->output, integer);
}

/* The text of a value that is printed: at most VALUE_TEXT_BYTES_MAX bytes. */
static void text_printed(struct output *output, const struct value *value) {
    uint8_t *to = output_room(output, LENENC_BYTES_MAX + VALUE_TEXT_BYTES_MAX);
    struct slice text = value_text(value, to + LENENC_BYTES_MAX);
    CHECK(text.size <= VALUE_TEXT_BYTES_MAX);
    to = lenenc_write(to, text.size);
    memmove(to, text.data, text.size);
    output_wrote(output, to + text.size);
}

/* Zeros in front, up to the column's display width. */
static void text_zerofill(struct output *output, const struct column_type *type,
                          const struct value *value) {
    uint8_t memory[VALUE_TEXT_BYTES_MAX], padded[UINT8_MAX];
    struct slice text = value_text(value, memory);
    size_t width = MIN(column_type_display_length(type, 1), sizeof padded);
    if (text.size >= width) {
        output_lenenc_slice(output, text);
        return;
    }
    memset(padded, '0', width - text.size);
    memcpy(padded + width - text.size, text.data, text.size);
    output_lenenc_slice(output, slice_of(padded, width));
}

/* The member's name; 0 is the error member, whose name is empty. */
static void text_enum(struct output *output, const struct column_type *type, uint64_t index) {
    struct slice name = SLICE_EMPTY;
    if (index > 0 && index <= type->member_count) name = type->members[index - 1];
    output_lenenc_slice(output, name);
}

static void text_set(struct output *output, const struct column_type *type, uint64_t members) {
    size_t size = 0;
    for (uint16_t i = 0; i < type->member_count; i++) {
        if ((members >> i & 1) != 0) size += (size > 0) + type->members[i].size;
    }
    uint8_t *to = lenenc_write(output_room(output, LENENC_BYTES_MAX + size), size);
    const uint8_t *start = to;
    for (uint16_t i = 0; i < type->member_count; i++) {
        if ((members >> i & 1) == 0) continue;
        if (to > start) *to++ = ',';
        if (type->members[i].size > 0) memcpy(to, type->members[i].data, type->members[i].size);
        to += type->members[i].size;
    }
    output_wrote(output, to);
}

/* What travels as a text in both formats. */
static void text_value(struct output *output, const struct column_type *type,
                       const struct value *value) {
    if (__builtin_expect((type->flags & COLUMN_ZEROFILL) != 0, 0) && !value_is_null(value)) {
        text_zerofill(output, type, value);
        return;
    }
    switch ((enum value_kind)value->kind) {
    case VALUE_NULL: text_null(output); return;
    case VALUE_INT: text_int(output, value->i); return;
    case VALUE_UINT: text_uint(output, value->u); return;
    case VALUE_STRING:
    case VALUE_JSON: output_lenenc_slice(output, slice_of(value->bytes, value->size)); return;
    case VALUE_ENUM: text_enum(output, type, value->u); return;
    case VALUE_SET: text_set(output, type, value->u); return;
    case VALUE_FLOAT:
    case VALUE_DOUBLE:
    case VALUE_DECIMAL:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME:
    case VALUE_TIMESTAMP:
    case VALUE_YEAR:
    case VALUE_BIT: text_printed(output, value); return;
    }
    UNREACHABLE();
}

void reply_text_value(struct protocol *protocol, const struct column_type *type,
                      const struct value *value) {
    text_value(&protocol->output, type, value);
}

/* ---- Binary ---- */

static void binary_begin(struct output *output, uint32_t column_count) {
    packet_begin(output);
    output_u8(output, 0x00);
    output->null_map_at = output->size;
    output->column_index = 0;
    size_t size = NULL_MAP_SIZE(column_count);
    memset(output_room(output, size), 0, size);
    output->size += size;
}

void reply_binary_begin(struct protocol *protocol, uint32_t column_count) {
    binary_begin(&protocol->output, column_count);
}

static void binary_integer(struct output *output, const struct value *value, size_t width) {
    uint64_t bits = value->u;
    if (value->kind != VALUE_INT && value->kind != VALUE_UINT && value->kind != VALUE_YEAR) {
        int64_t integer;
        enum status status = value_to_int(value, &integer); /* (W1) the nearest one stands */
        (void)status;
        bits = (uint64_t)integer;
    }
    memcpy(output_room(output, sizeof bits), &bits, sizeof bits);
    output->size += width;
}

static double number_of(const struct value *value) {
    if (value->kind == VALUE_DOUBLE || value->kind == VALUE_FLOAT) return value->d;
    double number;
    enum status status = value_to_double(value, &number);
    (void)status;
    return number;
}

static void binary_float(struct output *output, const struct value *value) {
    float number = (float)number_of(value);
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    output_u32(output, bits);
}

static void binary_double(struct output *output, const struct value *value) {
    double number = number_of(value);
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    output_u64(output, bits);
}

/* As short as the parts that are not zero allow: 0, 4, 7 or 11 bytes behind the size. */
static void binary_date_time(struct output *output, const struct value *value) {
    CHECK(value->kind == VALUE_DATE || value->kind == VALUE_DATETIME); /* (W1) */
    struct date_time t = temporal_unpack(value->i);
    uint8_t size = 0;
    if (value->i != 0) size = 4;
    if ((t.hour | t.minute | t.second) != 0) size = 7;
    if (t.microsecond != 0) size = 11;
    uint8_t *to = output_room(output, BINARY_TIME_BYTES_MAX);
    to[0] = size;
    store_le16(to + 1, (uint16_t)t.year);
    to[3] = (uint8_t)t.month;
    to[4] = (uint8_t)t.day;
    to[5] = (uint8_t)t.hour;
    to[6] = (uint8_t)t.minute;
    to[7] = (uint8_t)t.second;
    store_le32(to + 8, t.microsecond);
    output->size += (size_t)1 + size;
}

static void binary_time(struct output *output, const struct value *value) {
    CHECK(value->kind == VALUE_TIME); /* (W1) */
    uint64_t us = (uint64_t)(value->i < 0 ? -value->i : value->i);
    uint64_t seconds = us / US_PER_SECOND;
    uint8_t size = us == 0 ? 0 : us % US_PER_SECOND == 0 ? 8 : 12;
    uint8_t *to = output_room(output, BINARY_TIME_BYTES_MAX);
    to[0] = size;
    to[1] = value->i < 0;
    store_le32(to + 2, (uint32_t)(seconds / 86400));
    to[6] = (uint8_t)(seconds / 3600 % 24);
    to[7] = (uint8_t)(seconds / 60 % 60);
    to[8] = (uint8_t)(seconds % 60);
    store_le32(to + 9, (uint32_t)(us % US_PER_SECOND));
    output->size += (size_t)1 + size;
}

static void binary_present(struct output *output, const struct column_type *type,
                           const struct value *value) {
    switch ((enum column_kind)type->kind) {
    case COLUMN_TINYINT: binary_integer(output, value, 1); return;
    case COLUMN_SMALLINT:
    case COLUMN_YEAR: binary_integer(output, value, 2); return;
    case COLUMN_MEDIUMINT:
    case COLUMN_INT: binary_integer(output, value, 4); return;
    case COLUMN_BIGINT: binary_integer(output, value, 8); return;
    case COLUMN_FLOAT: binary_float(output, value); return;
    case COLUMN_DOUBLE: binary_double(output, value); return;
    case COLUMN_DATE:
    case COLUMN_DATETIME:
    case COLUMN_TIMESTAMP: binary_date_time(output, value); return;
    case COLUMN_TIME: binary_time(output, value); return;
    case COLUMN_NULL:
    case COLUMN_DECIMAL:
    case COLUMN_CHAR:
    case COLUMN_VARCHAR:
    case COLUMN_BINARY:
    case COLUMN_VARBINARY:
    case COLUMN_TINYTEXT:
    case COLUMN_TEXT:
    case COLUMN_MEDIUMTEXT:
    case COLUMN_LONGTEXT:
    case COLUMN_TINYBLOB:
    case COLUMN_BLOB:
    case COLUMN_MEDIUMBLOB:
    case COLUMN_LONGBLOB:
    case COLUMN_BIT:
    case COLUMN_ENUM:
    case COLUMN_SET:
    case COLUMN_JSON: text_value(output, type, value); return;
    }
    UNREACHABLE();
}

static void binary_value(struct output *output, const struct column_type *type,
                         const struct value *value) {
    size_t bit = output->column_index++ + 2;
    if (value_is_null(value)) {
        output->data[output->null_map_at + bit / 8] |= (uint8_t)(1 << (bit % 8));
    } else {
        binary_present(output, type, value);
    }
}

void reply_binary_value(struct protocol *protocol, const struct column_type *type,
                        const struct value *value) {
    binary_value(&protocol->output, type, value);
}

/* ---- Whole rows ---- */

void reply_row(struct protocol *protocol, enum row_format format, const struct column_type *types,
               const struct value *values, uint32_t count) {
    struct output *output = &protocol->output;
    if (format == ROW_TEXT) {
        packet_begin(output);
        for (uint32_t i = 0; i < count; i++) text_value(output, &types[i], &values[i]);
    } else {
        binary_begin(output, count);
        for (uint32_t i = 0; i < count; i++) binary_value(output, &types[i], &values[i]);
    }
    packet_end(output, &protocol->sequence);
}
