/* value_text.c: values as the texts that clients see.
 *
 * value_text serves result sets and string contexts of every kind that needs no type; ENUM and SET
 * names and ZEROFILL need the column's type (value_text_typed).
 */
#include "row/collation.h"
#include "row/temporal.h"
#include "row/value.h"

static_assert(DECIMAL_TEXT_BYTES_MAX <= VALUE_TEXT_BYTES_MAX, "decimals fit");
static_assert(TEMPORAL_TEXT_BYTES_MAX <= VALUE_TEXT_BYTES_MAX, "dates fit");

static size_t timestamp_to_text(const struct value *value, uint8_t *memory) {
    int64_t packed = 0;
    if (value->i != 0 && temporal_from_epoch_us(value->i, &packed) != STATUS_OK) packed = 0;
    return temporal_format_date_time(packed, value->scale, memory);
}

static size_t bits_to_bytes(const struct value *value, uint8_t *memory) {
    uint32_t size = MIN(value->size, 8);
    for (uint32_t i = 0; i < size; i++) memory[i] = (uint8_t)(value->u >> 8 * (size - 1 - i));
    return size;
}

static size_t year_to_text(const struct value *value, uint8_t *memory) {
    if (value->u != 0) return uint_to_text(value->u, memory);
    memcpy(memory, "0000", 4);
    return 4;
}

struct slice value_text(const struct value *value, uint8_t *memory) {
    switch ((enum value_kind)value->kind) {
    case VALUE_NULL: return SLICE_LITERAL("NULL");
    case VALUE_STRING:
    case VALUE_JSON: return value_slice(value);
    case VALUE_INT: return slice_of(memory, int_to_text(value->i, memory));
    case VALUE_UINT:
    case VALUE_ENUM:
    case VALUE_SET: return slice_of(memory, uint_to_text(value->u, memory));
    case VALUE_FLOAT: return slice_of(memory, float_to_text(value->d, value->scale, memory));
    case VALUE_DOUBLE: return slice_of(memory, double_to_text(value->d, value->scale, memory));
    case VALUE_DECIMAL: {
        struct decimal decimal = value_decimal(value);
        return slice_of(memory, decimal_to_text(&decimal, memory));
    }
    case VALUE_DATE: return slice_of(memory, temporal_format_date(value->i, memory));
    case VALUE_TIME: return slice_of(memory, temporal_format_time(value->i, value->scale, memory));
    case VALUE_DATETIME:
        return slice_of(memory, temporal_format_date_time(value->i, value->scale, memory));
    case VALUE_TIMESTAMP: return slice_of(memory, timestamp_to_text(value, memory));
    case VALUE_YEAR: return slice_of(memory, year_to_text(value, memory));
    case VALUE_BIT: return slice_of(memory, bits_to_bytes(value, memory));
    }
    UNREACHABLE();
}

static struct slice set_text(uint64_t bits, const struct column_type *type, struct arena *arena) {
    struct buffer names = buffer_of(arena);
    for (uint16_t i = 0; i < type->member_count; i++) {
        if ((bits >> i & 1) == 0) continue;
        if (names.size > 0) buffer_append_byte(&names, ',');
        buffer_append(&names, type->members[i]);
    }
    return buffer_slice(&names);
}

static struct slice zero_filled(struct slice digits, uint32_t width, struct arena *arena) {
    if (digits.size >= width) return digits;
    uint8_t *text = arena_alloc(arena, width);
    memset(text, '0', width - digits.size);
    memcpy(text + width - digits.size, digits.data, digits.size);
    return slice_of(text, width);
}

struct slice value_text_typed(const struct value *value, const struct column_type *type,
                              struct arena *arena) {
    if (value->kind == VALUE_STRING || value->kind == VALUE_JSON) return value_slice(value);
    if (value->kind == VALUE_ENUM) {
        if (value->u == 0 || value->u > type->member_count) return SLICE_LITERAL("");
        return type->members[value->u - 1];
    }
    if (value->kind == VALUE_SET) return set_text(value->u, type, arena);
    uint8_t *memory = arena_alloc(arena, VALUE_TEXT_BYTES_MAX);
    struct slice text = value_text(value, memory);
    bool fill = (type->flags & COLUMN_ZEROFILL) && value->kind != VALUE_NULL;
    return fill ? zero_filled(text, column_type_display_length(type, 1), arena) : text;
}

void value_print(const struct value *value, struct buffer *out) {
    uint8_t memory[VALUE_TEXT_BYTES_MAX];
    struct slice text = value_text(value, memory);
    bool quoted = value->kind == VALUE_STRING || value->kind == VALUE_JSON ||
                  (value->kind >= VALUE_DATE && value->kind <= VALUE_TIMESTAMP);
    if (value->kind == VALUE_BIT) {
        buffer_printf(out, "b'%llx'", (unsigned long long)value->u);
        return;
    }
    if (!quoted) {
        buffer_append(out, text);
        return;
    }
    buffer_append_byte(out, '\'');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte < 0x20 || byte == 0x7f) {
            buffer_printf(out, "\\x%02x", byte);
        } else {
            if (byte == '\'' || byte == '\\') buffer_append_byte(out, '\\');
            buffer_append_byte(out, byte);
        }
    }
    buffer_append_byte(out, '\'');
}
