/* parameter.c: which values came with a command?
 *
 * COM_STMT_EXECUTE: | [count] | null map (count + 7) / 8 | types follow 1 | [types] | values |
 *             types: of each | type 1 | flags 1, 0x80: unsigned | [name] |
 * COM_QUERY:        | null map | 1 | types with names | values |      the count came before
 *
 * The count is there when the client has query attributes and sets CURSOR_COUNT_AVAILABLE; it counts the
 * placeholders first and then the attributes, and then names come with the types.
 * Types are sent once, with the first execution or when they change; the statement's owner keeps them.
 *
 *   (M1) Every size is foreign: all reads go through a struct reader, and counts are bounded before memory is
 *        taken for them.
 *   (M2) A date or time whose fields no packed value can hold is refused here; whether such a day exists is the
 *        binder's question.
 */
#include "protocol/connection.h"
#include "row/collation.h"
#include "row/temporal.h"

#define UNSIGNED_BIT     0x8000
#define TYPE_BOOL        244 /* travels as a TINY */
#define TYPE_GEOMETRY    255
#define TIME_DAYS_MAX    34 /* of 838 hours */
#define NULL_MAP_SIZE(n) (((size_t)(n) + 7) / 8)

/* ---- One value ---- */

static bool type_is_known(uint8_t type) {
    switch (type) {
    case MYSQL_TYPE_NEWDATE: return false;
    case TYPE_BOOL: return true;
    case TYPE_GEOMETRY: return false;
    default: return type <= MYSQL_TYPE_BIT || type >= MYSQL_TYPE_JSON;
    }
}

/* An integer of `width` bytes. */
static struct value read_integer(struct reader *reader, const struct parameter *parameter,
                                 unsigned width) {
    uint64_t bits = 0;
    struct slice bytes = reader_take(reader, width);
    if (bytes.size > 0) memcpy(&bits, bytes.data, bytes.size);
    if (parameter->is_unsigned) return value_of_uint(bits);
    unsigned shift = 64 - 8 * width;
    return value_of_int((int64_t)(bits << shift) >> shift);
}

static struct value read_float(struct reader *reader) {
    uint32_t bits = reader_u32(reader);
    float number;
    memcpy(&number, &bits, sizeof number);
    return (struct value){.kind = VALUE_FLOAT, .scale = SCALE_NOT_FIXED, .d = (double)number};
}

static struct value read_double(struct reader *reader) {
    uint64_t bits = reader_u64(reader);
    double number;
    memcpy(&number, &bits, sizeof number);
    return value_of_double(number);
}

/* Year, month, day; then the time of day; then microseconds: 0, 4, 7 or 11 bytes. */
static struct value read_date_time(struct reader *reader, enum value_kind kind) {
    struct date_time t = {0};
    size_t size = reader_u8(reader);
    if (size != 0 && size != 4 && size != 7 && size != 11) reader_fail(reader);
    if (size >= 4) {
        t.year = reader_u16(reader);
        t.month = reader_u8(reader);
        t.day = reader_u8(reader);
    }
    if (size >= 7) {
        t.hour = reader_u8(reader);
        t.minute = reader_u8(reader);
        t.second = reader_u8(reader);
    }
    if (size == 11) t.microsecond = reader_u32(reader);
    bool fits = t.year <= 9999 && t.month <= 12 && t.day <= 31 && t.hour < 24 && t.minute < 60 &&
                t.second < 60 && t.microsecond < US_PER_SECOND; /* (M2) */
    if (!fits) reader_fail(reader);
    if (reader->failed) return value_null();
    int64_t packed = temporal_pack(&t);
    if (kind == VALUE_DATE) return value_of_temporal(kind, temporal_date_of(packed), 0);
    return value_of_temporal(kind, packed, t.microsecond != 0 ? FSP_MAX : 0);
}

/* Sign, days, the time of day; then microseconds: 0, 8 or 12 bytes. */
static struct value read_time(struct reader *reader) {
    size_t size = reader_u8(reader);
    uint32_t days = 0, us = 0;
    uint8_t is_negative = 0, hour = 0, minute = 0, second = 0;
    if (size != 0 && size != 8 && size != 12) reader_fail(reader);
    if (size >= 8) {
        is_negative = reader_u8(reader);
        days = reader_u32(reader);
        hour = reader_u8(reader);
        minute = reader_u8(reader);
        second = reader_u8(reader);
    }
    if (size == 12) us = reader_u32(reader);
    bool fits = days <= TIME_DAYS_MAX && hour < 24 && minute < 60 && second < 60 &&
                us < US_PER_SECOND; /* (M2) */
    if (!fits) reader_fail(reader);
    if (reader->failed) return value_null();
    int64_t seconds = (int64_t)days * 86400 + hour * 3600 + minute * 60 + second;
    int64_t time = MIN(seconds * US_PER_SECOND + us, TIME_US_MAX);
    return value_of_temporal(VALUE_TIME, is_negative ? -time : time, us != 0 ? FSP_MAX : 0);
}

static struct value read_string(struct reader *reader, uint16_t collation) {
    struct slice text = reader_lenenc_slice(reader);
    if (text.size > UINT32_MAX) reader_fail(reader);
    return reader->failed ? value_null() : value_of_string(text, collation);
}

/* Digits; what is no number stays a text, and the statement judges it. */
static struct value read_decimal(struct reader *reader, uint16_t collation, struct arena *arena) {
    struct slice text = reader_lenenc_slice(reader);
    struct decimal decimal;
    if (reader->failed || text.size > UINT32_MAX) return value_null();
    if (decimal_from_text(text, &decimal) != STATUS_OK) return value_of_string(text, collation);
    return value_of_decimal(&decimal, arena);
}

/* How values are read: what one execution has in common. */
struct parameter_reader {
    struct reader *reader;
    struct arena *arena;
    uint16_t collation;
};

static struct value read_value(struct parameter_reader *from, const struct parameter *parameter) {
    struct reader *reader = from->reader;
    switch ((enum mysql_type)parameter->type) {
    case MYSQL_TYPE_NULL: return value_null();
    case MYSQL_TYPE_TINY: return read_integer(reader, parameter, 1);
    case MYSQL_TYPE_YEAR:
    case MYSQL_TYPE_SHORT: return read_integer(reader, parameter, 2);
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG: return read_integer(reader, parameter, 4);
    case MYSQL_TYPE_LONGLONG: return read_integer(reader, parameter, 8);
    case MYSQL_TYPE_FLOAT: return read_float(reader);
    case MYSQL_TYPE_DOUBLE: return read_double(reader);
    case MYSQL_TYPE_DATE: return read_date_time(reader, VALUE_DATE);
    case MYSQL_TYPE_TIMESTAMP:
    case MYSQL_TYPE_DATETIME: return read_date_time(reader, VALUE_DATETIME);
    case MYSQL_TYPE_TIME: return read_time(reader);
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL: return read_decimal(reader, from->collation, from->arena);
    case MYSQL_TYPE_BIT:
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BLOB: return read_string(reader, COLLATION_BINARY);
    case MYSQL_TYPE_NEWDATE:
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_JSON:
    case MYSQL_TYPE_ENUM:
    case MYSQL_TYPE_SET:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_STRING: return read_string(reader, from->collation);
    }
    CHECK(parameter->type == TYPE_BOOL);
    return read_integer(reader, parameter, 1);
}

/* Passes over one value; false for an unknown type. */
static bool skip_value(struct reader *reader, uint8_t type) {
    static const uint8_t sizes[] = {
        [MYSQL_TYPE_TINY] = 1,  [MYSQL_TYPE_SHORT] = 2,  [MYSQL_TYPE_LONG] = 4,
        [MYSQL_TYPE_FLOAT] = 4, [MYSQL_TYPE_DOUBLE] = 8, [MYSQL_TYPE_LONGLONG] = 8,
        [MYSQL_TYPE_INT24] = 4, [MYSQL_TYPE_YEAR] = 2,   [MYSQL_TYPE_NULL] = 0,
    };
    if (!type_is_known(type)) return false;
    if (type == MYSQL_TYPE_NULL) return true;
    if (type == TYPE_BOOL) {
        (void)reader_u8(reader);
    } else if (type < ARRAY_COUNT(sizes) && sizes[type] != 0) {
        (void)reader_take(reader, sizes[type]);
    } else { /* dates and times too: their size is one byte below 251 */
        (void)reader_lenenc_slice(reader);
    }
    return true;
}

/* ---- Query attributes ---- */

static bool bit_is_set(struct slice map, size_t index) {
    return (map.data[index / 8] >> (index % 8) & 1) != 0;
}

void parameters_skip(struct reader *reader, uint64_t count) {
    if (count == 0 || reader->failed) return;
    struct slice nulls = reader_take(reader, NULL_MAP_SIZE(count));
    if (reader_u8(reader) != 1) reader_fail(reader);
    struct reader types = *reader;
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        (void)reader_u16(reader);
        (void)reader_lenenc_slice(reader);
    }
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        uint8_t type = reader_u8(&types);
        (void)reader_u8(&types);
        (void)reader_lenenc_slice(&types);
        if (!bit_is_set(nulls, i) && !skip_value(reader, type)) reader_fail(reader);
    }
}

/* ---- Lists ---- */

enum names { NAMES_ABSENT, NAMES_SENT };

static enum status read_types(struct reader *reader, struct parameter_list *list,
                              enum names names) {
    for (uint32_t i = 0; i < list->count && !reader->failed; i++) {
        struct parameter *parameter = &list->items[i];
        parameter->type = reader_u8(reader);
        parameter->is_unsigned = (reader_u8(reader) & 0x80) != 0;
        if (names == NAMES_SENT) parameter->name = reader_lenenc_slice(reader);
        if (!reader->failed && !type_is_known(parameter->type)) return STATUS_INVALID;
    }
    return reader->failed ? STATUS_CORRUPT : STATUS_OK;
}

static enum status read_values(struct parameter_reader *from, struct slice nulls,
                               struct parameter_list *list) {
    for (uint32_t i = 0; i < list->count && !from->reader->failed; i++) {
        struct parameter *parameter = &list->items[i];
        parameter->value = value_null();
        if (parameter->is_long_data || bit_is_set(nulls, i)) continue;
        parameter->value = read_value(from, parameter);
    }
    return from->reader->failed ? STATUS_CORRUPT : STATUS_OK;
}

enum status protocol_decode_attributes(const struct command_query *query, uint16_t collation,
                                       struct arena *arena, struct parameter_list *list_out) {
    struct reader reader = reader_of(query->attribute_bytes);
    struct parameter_reader from = {&reader, arena, collation};
    *list_out = (struct parameter_list){.count = query->attribute_count};
    if (query->attribute_count == 0) return STATUS_OK;
    CHECK(query->attribute_count <= STATEMENT_PARAMETERS_MAX); /* (M1) */
    list_out->items = arena_array(arena, struct parameter, list_out->count);
    memset(list_out->items, 0, list_out->count * sizeof *list_out->items);
    struct slice nulls = reader_take(&reader, NULL_MAP_SIZE(list_out->count));
    if (reader_u8(&reader) != 1) return STATUS_CORRUPT;
    enum status status = read_types(&reader, list_out, NAMES_SENT);
    if (status != STATUS_OK) return status;
    return read_values(&from, nulls, list_out);
}

/* Does the packet say how many values it has? */
static bool execute_has_count(const struct protocol *protocol, const struct command *command) {
    return protocol_has(protocol, CAPABILITY_QUERY_ATTRIBUTES) &&
           (command->execute.flags & CURSOR_COUNT_AVAILABLE) != 0;
}

/* The statement learns the types, or lends those it knows. */
static enum status exchange_types(struct reader *reader, struct parameter_binding *binding,
                                  struct parameter_list *list, enum names names) {
    if (reader_u8(reader) == 1) {
        enum status status = read_types(reader, list, names);
        if (status != STATUS_OK) return status;
        for (uint32_t i = 0; i < binding->count; i++) {
            uint16_t sign = list->items[i].is_unsigned ? UNSIGNED_BIT : 0;
            binding->types[i] = (uint16_t)(list->items[i].type | sign);
        }
        binding->has_types = 1;
        return STATUS_OK;
    }
    if (reader->failed) return STATUS_CORRUPT;
    if (!binding->has_types || list->count > binding->count) return STATUS_INVALID;
    for (uint32_t i = 0; i < binding->count; i++) {
        list->items[i].type = (uint8_t)binding->types[i];
        list->items[i].is_unsigned = (binding->types[i] & UNSIGNED_BIT) != 0;
    }
    return STATUS_OK;
}

enum status protocol_decode_execute(const struct protocol *protocol, const struct command *command,
                                    struct parameter_binding *binding, struct arena *arena,
                                    struct parameter_list *list_out) {
    CHECK(command->kind == COMMAND_STMT_EXECUTE);
    CHECK(binding->count <= STATEMENT_PARAMETERS_MAX);
    struct reader reader = reader_of(command->execute.bytes);
    struct parameter_reader from = {&reader, arena, binding->collation};
    bool has_count = execute_has_count(protocol, command);
    uint64_t count = binding->count;
    if (has_count && (count > 0 || reader_left(&reader) > 0)) count = reader_lenenc(&reader);
    *list_out = (struct parameter_list){0};
    if (reader.failed || count < binding->count) return STATUS_CORRUPT;
    if (count > STATEMENT_PARAMETERS_MAX) return STATUS_CORRUPT; /* (M1) */
    if (count == 0) return STATUS_OK;
    struct slice nulls = reader_take(&reader, NULL_MAP_SIZE(count));
    if (reader.failed) return STATUS_CORRUPT;
    list_out->count = (uint32_t)count;
    list_out->items = arena_array(arena, struct parameter, count);
    memset(list_out->items, 0, count * sizeof *list_out->items);
    enum status status =
        exchange_types(&reader, binding, list_out, has_count ? NAMES_SENT : NAMES_ABSENT);
    if (status != STATUS_OK) return status;
    for (uint32_t i = 0; binding->long_data != NULL && i < binding->count; i++) {
        list_out->items[i].is_long_data = binding->long_data[i] != 0;
    }
    return read_values(&from, nulls, list_out);
}
