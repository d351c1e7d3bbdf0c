/* type.c: what is to know of each column kind: names, limits, sizes, and how clients see it.
 *
 * One table by kind holds the constants; functions add what depends on length, precision and flags.
 */
#include "row/type.h"

#include "row/collation.h"

#define INT24_MIN (-8388608)
#define INT24_MAX 8388607

struct kind_facts {
    const char *name;
    uint8_t mysql_type;  /* enum mysql_type */
    uint8_t int_bits;    /* integer kinds */
    uint8_t display;     /* display length of signed integers and fixed kinds */
    uint32_t blob_bytes; /* TEXT and BLOB kinds: the most bytes */
};

static const struct kind_facts kinds[COLUMN_KIND_COUNT] = {
    [COLUMN_NULL] = {"null", MYSQL_TYPE_NULL, 0, 0, 0},
    [COLUMN_TINYINT] = {"tinyint", MYSQL_TYPE_TINY, 8, 4, 0},
    [COLUMN_SMALLINT] = {"smallint", MYSQL_TYPE_SHORT, 16, 6, 0},
    [COLUMN_MEDIUMINT] = {"mediumint", MYSQL_TYPE_INT24, 24, 9, 0},
    [COLUMN_INT] = {"int", MYSQL_TYPE_LONG, 32, 11, 0},
    [COLUMN_BIGINT] = {"bigint", MYSQL_TYPE_LONGLONG, 64, 20, 0},
    [COLUMN_FLOAT] = {"float", MYSQL_TYPE_FLOAT, 0, 12, 0},
    [COLUMN_DOUBLE] = {"double", MYSQL_TYPE_DOUBLE, 0, 22, 0},
    [COLUMN_DECIMAL] = {"decimal", MYSQL_TYPE_NEWDECIMAL, 0, 0, 0},
    [COLUMN_CHAR] = {"char", MYSQL_TYPE_STRING, 0, 0, 0},
    [COLUMN_VARCHAR] = {"varchar", MYSQL_TYPE_VAR_STRING, 0, 0, 0},
    [COLUMN_BINARY] = {"binary", MYSQL_TYPE_STRING, 0, 0, 0},
    [COLUMN_VARBINARY] = {"varbinary", MYSQL_TYPE_VAR_STRING, 0, 0, 0},
    [COLUMN_TINYTEXT] = {"tinytext", MYSQL_TYPE_BLOB, 0, 0, 255},
    [COLUMN_TEXT] = {"text", MYSQL_TYPE_BLOB, 0, 0, 65535},
    [COLUMN_MEDIUMTEXT] = {"mediumtext", MYSQL_TYPE_BLOB, 0, 0, 16777215},
    [COLUMN_LONGTEXT] = {"longtext", MYSQL_TYPE_BLOB, 0, 0, UINT32_MAX},
    [COLUMN_TINYBLOB] = {"tinyblob", MYSQL_TYPE_BLOB, 0, 0, 255},
    [COLUMN_BLOB] = {"blob", MYSQL_TYPE_BLOB, 0, 0, 65535},
    [COLUMN_MEDIUMBLOB] = {"mediumblob", MYSQL_TYPE_BLOB, 0, 0, 16777215},
    [COLUMN_LONGBLOB] = {"longblob", MYSQL_TYPE_BLOB, 0, 0, UINT32_MAX},
    [COLUMN_DATE] = {"date", MYSQL_TYPE_DATE, 0, 10, 0},
    [COLUMN_TIME] = {"time", MYSQL_TYPE_TIME, 0, 10, 0},
    [COLUMN_DATETIME] = {"datetime", MYSQL_TYPE_DATETIME, 0, 19, 0},
    [COLUMN_TIMESTAMP] = {"timestamp", MYSQL_TYPE_TIMESTAMP, 0, 19, 0},
    [COLUMN_YEAR] = {"year", MYSQL_TYPE_YEAR, 0, 4, 0},
    [COLUMN_BIT] = {"bit", MYSQL_TYPE_BIT, 0, 0, 0},
    [COLUMN_ENUM] = {"enum", MYSQL_TYPE_STRING, 0, 0, 0},
    [COLUMN_SET] = {"set", MYSQL_TYPE_STRING, 0, 0, 0},
    [COLUMN_JSON] = {"json", MYSQL_TYPE_JSON, 0, 0, UINT32_MAX},
};

static const struct kind_facts *facts_of(uint8_t kind) {
    CHECK(kind < COLUMN_KIND_COUNT);
    return &kinds[kind];
}

const char *column_kind_name(uint8_t kind) { return facts_of(kind)->name; }

struct column_type column_type_bigint(uint8_t flags) {
    return (struct column_type){
        .kind = COLUMN_BIGINT, .flags = flags, .collation = COLLATION_BINARY};
}
struct column_type column_type_double(void) {
    return (struct column_type){
        .kind = COLUMN_DOUBLE, .scale = SCALE_NOT_FIXED, .collation = COLLATION_BINARY};
}
/* 15 digits that a double keeps, a sign and a point. */
#define REAL_LENGTH_MORE 17
struct column_type column_type_real(uint32_t scale) {
    struct column_type type = column_type_double();
    if (scale >= SCALE_NOT_FIXED) return type;
    type.scale = (uint8_t)scale;
    type.length = REAL_LENGTH_MORE + scale;
    return type;
}
struct column_type column_type_decimal(uint8_t precision, uint8_t scale) {
    return (struct column_type){.kind = COLUMN_DECIMAL,
                                .precision = precision,
                                .scale = scale,
                                .collation = COLLATION_BINARY};
}
struct column_type column_type_varchar(uint32_t length_chars, uint16_t collation) {
    uint8_t kind = collation == COLLATION_BINARY ? COLUMN_VARBINARY : COLUMN_VARCHAR;
    return (struct column_type){.kind = kind, .length = length_chars, .collation = collation};
}

/* --- limits --- */

static bool length_legal(const struct column_type *type) {
    switch ((enum column_kind)type->kind) {
    case COLUMN_CHAR:
    case COLUMN_BINARY: return type->length <= CHAR_LENGTH_MAX;
    case COLUMN_BIT: return type->length >= 1 && type->length <= BIT_LENGTH_MAX;
    case COLUMN_VARCHAR:
    case COLUMN_VARBINARY:
        return type->length <= (1u << 24); /* expressions are wider than columns */
    case COLUMN_DECIMAL:
        return type->precision >= 1 && type->precision <= DECIMAL_PRECISION_MAX &&
               type->scale <= DECIMAL_SCALE_MAX && type->scale <= type->precision;
    case COLUMN_FLOAT:
    case COLUMN_DOUBLE: return type->scale <= SCALE_NOT_FIXED;
    case COLUMN_TIME:
    case COLUMN_DATETIME:
    case COLUMN_TIMESTAMP: return type->scale <= FSP_MAX;
    case COLUMN_NULL:
    case COLUMN_TINYINT:
    case COLUMN_SMALLINT:
    case COLUMN_MEDIUMINT:
    case COLUMN_INT:
    case COLUMN_BIGINT:
    case COLUMN_TINYTEXT:
    case COLUMN_TEXT:
    case COLUMN_MEDIUMTEXT:
    case COLUMN_LONGTEXT:
    case COLUMN_TINYBLOB:
    case COLUMN_BLOB:
    case COLUMN_MEDIUMBLOB:
    case COLUMN_LONGBLOB:
    case COLUMN_DATE:
    case COLUMN_YEAR:
    case COLUMN_JSON: return true;
    case COLUMN_ENUM: return type->member_count >= 1;
    case COLUMN_SET: return type->member_count >= 1 && type->member_count <= SET_MEMBER_COUNT_MAX;
    }
    return false;
}

enum status column_type_check(const struct column_type *type) {
    uint8_t flags_known = COLUMN_UNSIGNED | COLUMN_ZEROFILL | COLUMN_NOT_NULL;
    if (type->kind >= COLUMN_KIND_COUNT || (type->flags & ~flags_known) != 0) {
        return STATUS_INVALID;
    }
    bool has_members = type->kind == COLUMN_ENUM || type->kind == COLUMN_SET;
    if (!has_members && type->member_count != 0) return STATUS_INVALID;
    const struct collation *collation = collation_find(type->collation);
    if (collation == NULL) return STATUS_INVALID;
    bool is_binary = collation->charset == CHARSET_BINARY;
    if (column_kind_is_string(type->kind) && column_kind_is_text(type->kind) == is_binary) {
        return STATUS_INVALID;
    }
    return length_legal(type) ? STATUS_OK : STATUS_INVALID;
}

static uint32_t saturated(uint64_t number) { return (uint32_t)MIN(number, UINT32_MAX); }

static uint64_t members_chars(const struct column_type *type) {
    uint64_t longest = 0, sum = 0;
    uint8_t charset = collation_charset(type->collation)->id;
    for (uint16_t i = 0; i < type->member_count; i++) {
        size_t chars = charset_length(charset, type->members[i]);
        longest = MAX(longest, chars);
        sum += chars + (i > 0);
    }
    return type->kind == COLUMN_ENUM ? longest : sum;
}

uint32_t column_type_bytes_max(const struct column_type *type) {
    uint32_t bytes_per_char = collation_charset(type->collation)->bytes_per_char_max;
    if (facts_of(type->kind)->blob_bytes != 0) return facts_of(type->kind)->blob_bytes;
    if (column_kind_is_text(type->kind)) return saturated((uint64_t)type->length * bytes_per_char);
    if (column_kind_is_string(type->kind)) return type->length;
    if (type->kind == COLUMN_BIT) return (type->length + 7) / 8;
    return column_type_display_length(type, bytes_per_char);
}

int64_t column_type_int_min(const struct column_type *type) {
    if (column_type_is_unsigned(type)) return 0;
    uint8_t bits = facts_of(type->kind)->int_bits;
    CHECK(bits > 0);
    return (int64_t)(~UINT64_C(0) << (bits - 1));
}

uint64_t column_type_int_max(const struct column_type *type) {
    uint8_t bits = facts_of(type->kind)->int_bits;
    CHECK(bits > 0);
    return UINT64_MAX >> (64 - bits + !column_type_is_unsigned(type));
}

/* --- as clients see it --- */

enum mysql_type column_type_mysql(const struct column_type *type) {
    return (enum mysql_type)facts_of(type->kind)->mysql_type;
}

uint32_t column_type_display_length(const struct column_type *type, uint32_t bytes_per_char) {
    const struct kind_facts *facts = facts_of(type->kind);
    bool is_unsigned = column_type_is_unsigned(type);
    if (column_kind_is_integer(type->kind)) {
        if (type->length > 0) return type->length;
        bool has_sign_place = !is_unsigned || type->kind == COLUMN_BIGINT;
        return facts->display - !has_sign_place;
    }
    if (facts->blob_bytes != 0) {
        bool is_text = column_kind_is_text(type->kind);
        return saturated((uint64_t)facts->blob_bytes * (is_text ? bytes_per_char : 1));
    }
    switch (type->kind) {
    case COLUMN_DECIMAL: return (uint32_t)type->precision + (type->scale > 0) + !is_unsigned;
    case COLUMN_FLOAT:
    case COLUMN_DOUBLE: return type->length > 0 ? type->length : facts->display;
    case COLUMN_TIME:
    case COLUMN_DATETIME:
    case COLUMN_TIMESTAMP:
        return facts->display + (type->scale > 0 ? type->scale + UINT32_C(1) : 0);
    case COLUMN_BIT:
    case COLUMN_BINARY:
    case COLUMN_VARBINARY: return type->length;
    case COLUMN_CHAR:
    case COLUMN_VARCHAR: return saturated((uint64_t)type->length * bytes_per_char);
    case COLUMN_ENUM:
    case COLUMN_SET: return saturated(members_chars(type) * bytes_per_char);
    default: return facts->display;
    }
}

uint8_t column_type_decimals(const struct column_type *type) {
    switch (type->kind) {
    case COLUMN_DECIMAL:
    case COLUMN_FLOAT:
    case COLUMN_DOUBLE:
    case COLUMN_TIME:
    case COLUMN_DATETIME:
    case COLUMN_TIMESTAMP: return type->scale;
    default: return 0;
    }
}

/* 'it''s' */
static void print_quoted(struct slice text, struct buffer *out) {
    buffer_append_byte(out, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'') buffer_append_byte(out, '\'');
        buffer_append_byte(out, text.data[i]);
    }
    buffer_append_byte(out, '\'');
}

static void print_members(const struct column_type *type, struct buffer *out) {
    buffer_append_byte(out, '(');
    for (uint16_t i = 0; i < type->member_count; i++) {
        if (i > 0) buffer_append_byte(out, ',');
        print_quoted(type->members[i], out);
    }
    buffer_append_byte(out, ')');
}

static void print_number_flags(const struct column_type *type, struct buffer *out) {
    if (column_type_is_unsigned(type)) buffer_printf(out, " unsigned");
    if (type->flags & COLUMN_ZEROFILL) buffer_printf(out, " zerofill");
}

void column_type_print(const struct column_type *type, struct buffer *out) {
    buffer_printf(out, "%s", column_kind_name(type->kind));
    switch (type->kind) {
    case COLUMN_TINYINT:
    case COLUMN_SMALLINT:
    case COLUMN_MEDIUMINT:
    case COLUMN_INT:
    case COLUMN_BIGINT: {
        bool is_bool =
            type->kind == COLUMN_TINYINT && type->length == 1 && !column_type_is_unsigned(type);
        if (is_bool || (type->flags & COLUMN_ZEROFILL)) {
            buffer_printf(out, "(%u)", column_type_display_length(type, 1));
        }
        print_number_flags(type, out);
        return;
    }
    case COLUMN_FLOAT:
    case COLUMN_DOUBLE:
        if (type->scale < SCALE_NOT_FIXED) buffer_printf(out, "(%u,%u)", type->length, type->scale);
        print_number_flags(type, out);
        return;
    case COLUMN_DECIMAL:
        buffer_printf(out, "(%u,%u)", type->precision, type->scale);
        print_number_flags(type, out);
        return;
    case COLUMN_CHAR:
    case COLUMN_VARCHAR:
    case COLUMN_BINARY:
    case COLUMN_VARBINARY:
    case COLUMN_BIT: buffer_printf(out, "(%u)", type->length); return;
    case COLUMN_TIME:
    case COLUMN_DATETIME:
    case COLUMN_TIMESTAMP:
        if (type->scale > 0) buffer_printf(out, "(%u)", type->scale);
        return;
    case COLUMN_ENUM:
    case COLUMN_SET: print_members(type, out); return;
    default: return;
    }
}

/* --- codec: seven numbers, then the members --- */

static void put_number(struct buffer *out, uint64_t number) {
    uint8_t memory[10];
    struct writer writer = writer_of(memory, sizeof(memory));
    writer_varint(&writer, number);
    CHECK(!writer.failed);
    buffer_append(out, writer_written(&writer));
}

void column_type_encode(const struct column_type *type, struct buffer *out) {
    uint8_t head[] = {type->kind, type->flags, type->precision, type->scale};
    buffer_append(out, slice_of(head, sizeof(head)));
    put_number(out, type->collation);
    put_number(out, type->length);
    put_number(out, type->member_count);
    for (uint16_t i = 0; i < type->member_count; i++) {
        put_number(out, type->members[i].size);
        buffer_append(out, type->members[i]);
    }
}

void column_type_decode(struct reader *reader, struct arena *arena, struct column_type *out) {
    *out = (struct column_type){.kind = reader_u8(reader),
                                .flags = reader_u8(reader),
                                .precision = reader_u8(reader),
                                .scale = reader_u8(reader)};
    uint64_t collation = reader_varint(reader), length = reader_varint(reader);
    uint64_t member_count = reader_varint(reader);
    bool bounded = collation <= UINT16_MAX && length <= UINT32_MAX &&
                   member_count <= ENUM_MEMBER_COUNT_MAX && member_count <= reader_left(reader);
    if (reader->failed || !bounded) {
        reader_fail(reader);
        return;
    }
    out->collation = (uint16_t)collation;
    out->length = (uint32_t)length;
    out->member_count = (uint16_t)member_count;
    struct slice *members = arena_array(arena, struct slice, member_count);
    for (uint16_t i = 0; i < out->member_count; i++) {
        members[i] = arena_copy(arena, reader_slice(reader));
    }
    out->members = members;
    if (reader->failed || column_type_check(out) != STATUS_OK) reader_fail(reader);
}
