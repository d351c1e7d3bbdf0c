/* convert.c: values into columns.
 *
 * One function per family of column: integers, approximate numbers, decimals, strings, dates and
 * times, BIT, ENUM and SET. Each answers the value that MySQL stores in non-strict mode, and says
 * with its status what was wrong; whether that is an error or a warning is sql's to decide.
 */
#include "row/convert.h"

#include <float.h>
#include <math.h>

#include "row/collation.h"
#include "row/json.h"
#include "row/temporal.h"

#define DECIMAL_INLINE_PRECISION 18

/* What all of them take. */
struct conversion {
    const struct value *value;
    const struct column_type *type;
    const struct convert_options *options;
    struct arena *arena;
};

enum value_kind column_type_value_kind(const struct column_type *type) {
    if (column_kind_is_integer(type->kind)) {
        return column_type_is_unsigned(type) ? VALUE_UINT : VALUE_INT;
    }
    if (column_kind_is_string(type->kind)) return VALUE_STRING;
    switch (type->kind) {
    case COLUMN_FLOAT: return VALUE_FLOAT;
    case COLUMN_DOUBLE: return VALUE_DOUBLE;
    case COLUMN_DECIMAL: return VALUE_DECIMAL;
    case COLUMN_DATE: return VALUE_DATE;
    case COLUMN_TIME: return VALUE_TIME;
    case COLUMN_DATETIME: return VALUE_DATETIME;
    case COLUMN_TIMESTAMP: return VALUE_TIMESTAMP;
    case COLUMN_YEAR: return VALUE_YEAR;
    case COLUMN_BIT: return VALUE_BIT;
    case COLUMN_ENUM: return VALUE_ENUM;
    case COLUMN_SET: return VALUE_SET;
    case COLUMN_JSON: return VALUE_JSON;
    default: return VALUE_NULL;
    }
}

struct value column_type_zero(const struct column_type *type) {
    struct value zero = {.kind = (uint8_t)column_type_value_kind(type)};
    if (zero.kind == VALUE_STRING) zero.collation = type->collation;
    if (zero.kind == VALUE_JSON)
        return (struct value){.kind = VALUE_JSON, .size = 4, .bytes = (const uint8_t *)"null"};
    zero.scale = type->scale;
    if (zero.kind == VALUE_BIT) zero.size = (type->length + 7) / 8;
    if (zero.kind == VALUE_ENUM) zero.u = 1;
    if (type->kind == COLUMN_BINARY) {
        static const uint8_t zeros[CHAR_LENGTH_MAX];
        zero.bytes = zeros;
        zero.size = MIN(type->length, sizeof(zeros));
    }
    return zero;
}

/* --- numbers --- */

static enum status to_integer(const struct conversion *c, struct value *out) {
    if (column_type_is_unsigned(c->type)) {
        uint64_t u, max = column_type_int_max(c->type);
        enum status status = value_to_uint(c->value, &u);
        *out = value_of_uint(MIN(u, max));
        return u > max ? STATUS_OUT_OF_RANGE : status;
    }
    int64_t i, min = column_type_int_min(c->type), max = (int64_t)column_type_int_max(c->type);
    enum status status = value_to_int(c->value, &i);
    *out = value_of_int(MAX(MIN(i, max), min));
    return i > max || i < min ? STATUS_OUT_OF_RANGE : status;
}

static enum status to_double(const struct conversion *c, struct value *out) {
    double d, max = c->type->kind == COLUMN_FLOAT ? (double)FLT_MAX : DBL_MAX;
    enum status status = value_to_double(c->value, &d);
    if (isnan(d)) {
        d = 0;
        status = STATUS_INVALID;
    }
    if (c->type->scale < SCALE_NOT_FIXED) {
        double power = pow(10, c->type->scale), scaled = rint(d * power);
        if (isfinite(scaled)) d = scaled / power;
        if (c->type->length > c->type->scale) {
            max = pow(10, c->type->length - c->type->scale) - 1 / power;
        }
    }
    double clamped = MAX(MIN(d, max), column_type_is_unsigned(c->type) ? 0 : -max);
    if (clamped != d) status = STATUS_OUT_OF_RANGE;
    if (c->type->kind == COLUMN_FLOAT) clamped = (double)(float)clamped;
    *out = value_of_double(clamped);
    out->kind = c->type->kind == COLUMN_FLOAT ? VALUE_FLOAT : VALUE_DOUBLE;
    out->scale = c->type->scale;
    return status;
}

static enum status to_decimal(const struct conversion *c, struct value *out) {
    struct decimal decimal;
    enum status read = value_to_decimal(c->value, &decimal);
    if (column_type_is_unsigned(c->type) && decimal.negative) {
        *out = column_type_zero(c->type);
        return STATUS_OUT_OF_RANGE;
    }
    enum status fit = decimal_fit(&decimal, c->type->precision, c->type->scale, &decimal);
    *out = value_of_decimal(&decimal, c->arena);
    if (fit == STATUS_OUT_OF_RANGE || read == STATUS_OUT_OF_RANGE) return STATUS_OUT_OF_RANGE;
    return read; /* rounding is a note in MySQL, no error in any mode */
}

static enum status to_bit(const struct conversion *c, struct value *out) {
    uint64_t bits = 0, max = UINT64_MAX >> (64 - c->type->length);
    enum status status = STATUS_OK;
    if (c->value->kind == VALUE_STRING) { /* its bytes, big endian */
        struct slice bytes = value_slice(c->value);
        while (bytes.size > 0 && bytes.data[0] == 0)
            bytes = slice_of(bytes.data + 1, bytes.size - 1);
        if (bytes.size > 8) {
            bits = UINT64_MAX;
            status = STATUS_TOO_LARGE;
        } else {
            for (size_t i = 0; i < bytes.size; i++) bits = bits << 8 | bytes.data[i];
        }
    } else if (c->value->kind == VALUE_INT) {
        bits = c->value->u; /* the bits of -1 are all ones */
    } else {
        status = value_to_uint(c->value, &bits);
    }
    if (bits > max) {
        bits = max;
        status = STATUS_TOO_LARGE;
    }
    *out = (struct value){.kind = VALUE_BIT, .size = (c->type->length + 7) / 8, .u = bits};
    return status;
}

/* --- strings --- */

/* The value's text in the column's character set. */
static enum status text_of(const struct conversion *c, struct slice *out) {
    uint8_t to = collation_charset(c->type->collation)->id;
    if (c->value->kind == VALUE_STRING) {
        const struct charset *from = collation_charset(c->value->collation);
        if (from->id != CHARSET_BINARY || to == CHARSET_BINARY) {
            return charset_convert(from->id, to, value_slice(c->value), c->arena, out);
        }
        *out = value_slice(c->value); /* bytes become text up to the first that cannot */
        size_t valid = charset_check(to, *out);
        bool is_text = valid == out->size;
        out->size = valid;
        return is_text ? STATUS_OK : STATUS_INVALID;
    }
    uint8_t *memory = arena_alloc(c->arena, VALUE_TEXT_BYTES_MAX);
    *out = value_text(c->value, memory);
    return STATUS_OK;
}

static bool only_spaces(struct slice text) {
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != ' ') return false;
    }
    return true;
}

/* To the column's length; spaces may go in silence (a note in MySQL). */
static enum status cut_to_length(const struct column_type *type, struct slice *text) {
    uint8_t charset = collation_charset(type->collation)->id;
    size_t kept;
    if (column_kind_is_blob(type->kind)) {
        kept = MIN(text->size, column_type_bytes_max(type));
        if (kept < text->size) kept = charset_check(charset, slice_part(*text, 0, kept));
    } else {
        kept = charset_offset(charset, *text, type->length);
    }
    if (kept == text->size) return STATUS_OK;
    bool spaces =
        column_kind_is_text(type->kind) && only_spaces(slice_part(*text, kept, text->size));
    text->size = kept;
    return spaces ? STATUS_OK : STATUS_TOO_LARGE;
}

static struct slice padded_binary(struct slice bytes, uint32_t length, struct arena *arena) {
    if (bytes.size >= length) return bytes;
    uint8_t *padded = arena_alloc_zeroed(arena, length);
    if (bytes.size > 0) memcpy(padded, bytes.data, bytes.size);
    return slice_of(padded, length);
}

static enum status to_string(const struct conversion *c, struct value *out) {
    struct slice text;
    enum status read = text_of(c, &text);
    enum status cut = cut_to_length(c->type, &text);
    if (c->type->kind == COLUMN_CHAR) {
        while (text.size > 0 && text.data[text.size - 1] == ' ') text.size--;
    }
    if (c->type->kind == COLUMN_BINARY) text = padded_binary(text, c->type->length, c->arena);
    *out = value_of_string(text, c->type->collation);
    return read != STATUS_OK ? read : cut;
}

static struct slice trim_spaces_behind(struct slice text) {
    while (text.size > 0 && text.data[text.size - 1] == ' ') text.size--;
    return text;
}

/* 0: no such member. */
static uint32_t member_of(const struct column_type *type, struct slice name) {
    for (uint16_t i = 0; i < type->member_count; i++) {
        if (collation_equal(type->collation, type->members[i], name)) return i + UINT32_C(1);
    }
    return 0;
}

static enum status enum_of_number(const struct conversion *c, struct value *out) {
    uint64_t index;
    enum status status = value_to_uint(c->value, &index);
    bool legal = status == STATUS_OK && index >= 1 && index <= c->type->member_count;
    *out = (struct value){.kind = VALUE_ENUM, .u = legal ? index : 0};
    return legal ? STATUS_OK : STATUS_TRUNCATED;
}

static enum status to_enum(const struct conversion *c, struct value *out) {
    struct slice text;
    if (c->value->kind == VALUE_ENUM || value_is_number(c->value)) return enum_of_number(c, out);
    enum status status = text_of(c, &text);
    uint32_t member = member_of(c->type, trim_spaces_behind(text));
    if (member != 0) {
        *out = (struct value){.kind = VALUE_ENUM, .u = member};
        return status;
    }
    struct value index = value_of_string(text, c->type->collation);
    struct conversion as_number = *c;
    as_number.value = &index;
    return enum_of_number(&as_number, out);
}

static enum status set_of_text(const struct column_type *type, struct slice text, uint64_t *out) {
    enum status status = STATUS_OK;
    *out = 0;
    while (text.size > 0) {
        const uint8_t *comma = memchr(text.data, ',', text.size);
        size_t size = comma == NULL ? text.size : (size_t)(comma - text.data);
        uint32_t member = member_of(type, trim_spaces_behind(slice_part(text, 0, size)));
        if (member == 0) {
            status = STATUS_TRUNCATED;
        } else {
            *out |= UINT64_C(1) << (member - 1);
        }
        text = slice_part(text, MIN(size + 1, text.size), text.size);
    }
    return status;
}

static enum status to_set(const struct conversion *c, struct value *out) {
    uint64_t bits, known = UINT64_MAX >> (64 - c->type->member_count);
    enum status status;
    if (c->value->kind == VALUE_SET || value_is_number(c->value)) {
        status = value_to_uint(c->value, &bits);
        if (bits & ~known) status = STATUS_TRUNCATED;
        bits &= known;
    } else {
        struct slice text;
        status = text_of(c, &text);
        enum status members = set_of_text(c->type, text, &bits);
        if (status == STATUS_OK) status = members;
    }
    *out = (struct value){.kind = VALUE_SET, .u = bits};
    return status;
}

/* --- dates and times --- */

/* A number's integer part and microseconds; doubles and decimals have both. */
static enum status split_number(const struct value *value, int64_t *whole_out, int64_t *us_out) {
    struct decimal decimal, whole, fraction;
    enum status status = value_to_decimal(value, &decimal);
    *us_out = 0;
    *whole_out = 0;
    if (status == STATUS_OUT_OF_RANGE || status == STATUS_INVALID) return STATUS_INVALID;
    status = decimal_round(&decimal, 0, DECIMAL_TOWARD_ZERO, &whole);
    if (status != STATUS_OK && status != STATUS_TRUNCATED) return STATUS_INVALID;
    if (decimal_to_int(&whole, whole_out) == STATUS_OUT_OF_RANGE) return STATUS_INVALID;
    status = decimal_sub(&decimal, &whole, &fraction);
    if (status != STATUS_OK) return STATUS_INVALID;
    status = decimal_round(&fraction, FSP_MAX, DECIMAL_TOWARD_ZERO, &fraction);
    CHECK(status == STATUS_OK || status == STATUS_TRUNCATED);
    *us_out = (int64_t)fraction.limbs[0];
    return STATUS_OK;
}

/* Any value as a packed date-time, at most 6 places of fraction. */
static enum status date_time_of(const struct conversion *c, int64_t *packed_out) {
    uint32_t flags = c->options->temporal_flags;
    *packed_out = 0;
    switch (c->value->kind) {
    case VALUE_DATE:
    case VALUE_DATETIME:
        *packed_out = c->value->i;
        return temporal_date_legal(c->value->i, flags) ? STATUS_OK : STATUS_INVALID;
    case VALUE_TIMESTAMP:
        return c->value->i == 0 ? STATUS_OK : temporal_from_epoch_us(c->value->i, packed_out);
    case VALUE_TIME: { /* on today's date */
        int64_t today;
        enum status status = temporal_from_epoch_us(c->options->now_epoch_us, &today);
        struct interval time = {0, 0, c->value->i};
        if (status == STATUS_OK) {
            status = temporal_add_interval(temporal_date_of(today), &time, packed_out);
        }
        return status;
    }
    case VALUE_STRING: {
        struct temporal_parsed parsed;
        enum status status =
            temporal_parse_date_time(value_slice(c->value), FSP_MAX, flags, &parsed);
        *packed_out = parsed.packed;
        if (parsed.offset_minutes == TEMPORAL_OFFSET_NONE) return status;
        struct interval offset = {0, 0, -(int64_t)parsed.offset_minutes * 60 * US_PER_SECOND};
        enum status moved = temporal_add_interval(parsed.packed, &offset, packed_out);
        return moved == STATUS_OK ? status : STATUS_INVALID;
    }
    default: {
        int64_t number, us;
        enum status status = split_number(c->value, &number, &us);
        if (status == STATUS_OK) status = temporal_from_number(number, flags, packed_out);
        if (status == STATUS_OK) *packed_out += us;
        return status;
    }
    }
}

static enum status to_date(const struct conversion *c, struct value *out) {
    int64_t packed;
    enum status status = date_time_of(c, &packed);
    if (status != STATUS_OK && status != STATUS_TRUNCATED) packed = 0;
    *out = value_of_temporal(VALUE_DATE, temporal_date_of(packed), 0);
    return status; /* a time part goes in silence (a note in MySQL) */
}

static enum status to_date_time(const struct conversion *c, struct value *out) {
    int64_t packed;
    enum status status = date_time_of(c, &packed);
    if (status == STATUS_OK || status == STATUS_TRUNCATED) {
        enum status rounded =
            temporal_round_date_time(packed, c->type->scale, c->options->temporal_flags, &packed);
        if (rounded != STATUS_OK) status = rounded;
    }
    if (status != STATUS_OK && status != STATUS_TRUNCATED) packed = 0;
    *out = value_of_temporal(VALUE_DATETIME, packed, c->type->scale);
    return status;
}

static enum status to_timestamp(const struct conversion *c, struct value *out) {
    *out = value_of_temporal(VALUE_TIMESTAMP, 0, c->type->scale);
    struct value date_time;
    enum status status = to_date_time(c, &date_time);
    if ((status != STATUS_OK && status != STATUS_TRUNCATED) || date_time.i == 0) return status;
    struct date_time t = temporal_unpack(date_time.i);
    if (t.month == 0 || t.day == 0) return STATUS_INVALID;
    int64_t us = temporal_to_epoch_us(date_time.i);
    if (us < TIMESTAMP_US_MIN || us > TIMESTAMP_US_MAX) return STATUS_OUT_OF_RANGE;
    out->i = us;
    return status;
}

static enum status to_time(const struct conversion *c, struct value *out) {
    int64_t us = 0, number, fraction;
    enum status status = STATUS_OK;
    uint32_t flags = c->options->temporal_flags;
    struct date_time t;
    switch (c->value->kind) {
    case VALUE_TIME: us = c->value->i; break;
    case VALUE_DATE: break;
    case VALUE_DATETIME:
        t = temporal_unpack(c->value->i);
        us = (((int64_t)t.hour * 60 + t.minute) * 60 + t.second) * US_PER_SECOND + t.microsecond;
        break;
    case VALUE_TIMESTAMP: us = c->value->i % US_PER_DAY; break;
    case VALUE_STRING:
        status = temporal_parse_time(value_slice(c->value), FSP_MAX, flags, &us);
        break;
    default:
        status = split_number(c->value, &number, &fraction);
        if (status == STATUS_OK) status = temporal_time_from_number(number, &us);
        if (status == STATUS_OK) us += number < 0 ? -fraction : fraction;
    }
    *out = value_of_temporal(VALUE_TIME, temporal_round_time(us, c->type->scale, flags),
                             c->type->scale);
    return status;
}

static enum status to_year(const struct conversion *c, struct value *out) {
    uint64_t year = 0;
    enum status status;
    int64_t number = 0;
    if (c->value->kind >= VALUE_DATE && c->value->kind <= VALUE_TIMESTAMP) {
        int64_t packed;
        status = date_time_of(c, &packed);
        if (status == STATUS_OK) {
            status = temporal_year_of(temporal_unpack(packed).year, YEAR_OF_NUMBER, &year);
        }
    } else {
        status = value_to_int(c->value, &number);
        bool is_text = c->value->kind == VALUE_STRING;
        bool four_zeros = is_text && number == 0 && c->value->size >= 4;
        if (status == STATUS_OK || status == STATUS_TRUNCATED) {
            enum status legal = temporal_year_of(
                number, is_text && !four_zeros ? YEAR_OF_TEXT : YEAR_OF_NUMBER, &year);
            if (legal != STATUS_OK) status = legal;
        }
    }
    *out = (struct value){.kind = VALUE_YEAR, .u = year};
    return status;
}

/* --- JSON --- */

/* A text is a document's; numbers and other values are one by themselves. */
static enum status to_json(const struct conversion *c, struct value *out) {
    *out = *c->value;
    if (c->value->kind == VALUE_JSON) return STATUS_OK;
    *out = column_type_zero(c->type);
    struct json json;
    if (c->value->kind == VALUE_STRING) {
        uint8_t from = collation_charset(c->value->collation)->id;
        if (from == CHARSET_BINARY) return STATUS_INVALID;
        struct slice text;
        struct json_fault fault;
        enum status status =
            charset_convert(from, CHARSET_UTF8MB4, value_slice(c->value), c->arena, &text);
        if (status == STATUS_OK) status = json_parse(text, c->arena, &json, &fault);
        if (status == STATUS_OK) *out = json_value(&json, c->arena);
        return status == STATUS_OK ? STATUS_OK : STATUS_INVALID;
    }
    json = json_of_value(c->value, c->arena);
    *out = json_value(&json, c->arena);
    return STATUS_OK;
}

/* --- the whole --- */

enum status value_convert(const struct value *value, const struct column_type *type,
                          const struct convert_options *options, struct arena *arena,
                          struct value *out) {
    static const struct convert_options no_options;
    struct conversion c = {value, type, options == NULL ? &no_options : options, arena};
    if (value->kind == VALUE_NULL || type->kind == COLUMN_NULL) {
        *out = value_null();
        return STATUS_OK;
    }
    if (column_kind_is_integer(type->kind)) return to_integer(&c, out);
    if (column_kind_is_string(type->kind)) return to_string(&c, out);
    switch (type->kind) {
    case COLUMN_FLOAT:
    case COLUMN_DOUBLE: return to_double(&c, out);
    case COLUMN_DECIMAL: return to_decimal(&c, out);
    case COLUMN_DATE: return to_date(&c, out);
    case COLUMN_TIME: return to_time(&c, out);
    case COLUMN_DATETIME: return to_date_time(&c, out);
    case COLUMN_TIMESTAMP: return to_timestamp(&c, out);
    case COLUMN_YEAR: return to_year(&c, out);
    case COLUMN_BIT: return to_bit(&c, out);
    case COLUMN_ENUM: return to_enum(&c, out);
    case COLUMN_SET: return to_set(&c, out);
    case COLUMN_JSON: return to_json(&c, out);
    default: return STATUS_UNSUPPORTED;
    }
}

/* --- is it one already? --- */

static bool integer_fits(const struct value *value, const struct column_type *type) {
    if (value->kind == VALUE_UINT) return value->u <= column_type_int_max(type);
    if (value->kind != VALUE_INT) return false;
    if (value->i < 0) return value->i >= column_type_int_min(type);
    return (uint64_t)value->i <= column_type_int_max(type);
}

static bool decimal_fits(const struct value *value, const struct column_type *type) {
    static const int64_t limits[DECIMAL_INLINE_PRECISION + 1] = {
        INT64_C(1),
        INT64_C(10),
        INT64_C(100),
        INT64_C(1000),
        INT64_C(10000),
        INT64_C(100000),
        INT64_C(1000000),
        INT64_C(10000000),
        INT64_C(100000000),
        INT64_C(1000000000),
        INT64_C(10000000000),
        INT64_C(100000000000),
        INT64_C(1000000000000),
        INT64_C(10000000000000),
        INT64_C(100000000000000),
        INT64_C(1000000000000000),
        INT64_C(10000000000000000),
        INT64_C(100000000000000000),
        INT64_C(1000000000000000000),
    };
    if (value->kind != VALUE_DECIMAL || value->scale != type->scale) return false;
    if (value->size == 0) {
        if (type->precision > DECIMAL_INLINE_PRECISION) return true;
        return value->i < limits[type->precision] && value->i > -limits[type->precision];
    }
    return type->precision > DECIMAL_INLINE_PRECISION &&
           decimal_digits(value->decimal) <= type->precision;
}

/* Are the bytes what they would be in the column's character set? */
static bool charset_fits(const struct value *value, uint8_t charset) {
    uint8_t given = collation_charset(value->collation)->id;
    if (given == charset || charset == CHARSET_BINARY) return true;
    if (given == CHARSET_UTF8MB3 && charset == CHARSET_UTF8MB4) return true;
    return charset_check(CHARSET_ASCII, value_slice(value)) == value->size;
}

static bool string_fits(const struct value *value, const struct column_type *type) {
    if (value->kind != VALUE_STRING) return false;
    if (type->kind == COLUMN_BINARY) return value->size == type->length;
    uint8_t charset = collation_charset(type->collation)->id;
    if (!charset_fits(value, charset)) return false;
    if (column_kind_is_blob(type->kind)) return value->size <= column_type_bytes_max(type);
    bool has_space = value->size > 0 && value->bytes[value->size - 1] == ' ';
    if (type->kind == COLUMN_CHAR && has_space) return false; /* CHAR stores none behind */
    if (value->size <= type->length) return true;
    return charset_length(charset, value_slice(value)) <= type->length;
}

bool value_fits(const struct value *value, const struct column_type *type) {
    if (value->kind == VALUE_NULL) return column_type_is_nullable(type);
    if (column_kind_is_integer(type->kind)) return integer_fits(value, type);
    if (column_kind_is_string(type->kind)) return string_fits(value, type);
    if (type->kind == COLUMN_DECIMAL) return decimal_fits(value, type);
    if (value->kind != column_type_value_kind(type)) return false;
    switch (type->kind) {
    case COLUMN_FLOAT:
        return isfinite(value->d) && fabs(value->d) <= (double)FLT_MAX &&
               (double)(float)value->d == value->d;
    case COLUMN_DOUBLE: return isfinite(value->d);
    case COLUMN_DATE:
        return temporal_packed_valid(value->i) && temporal_date_of(value->i) == value->i;
    case COLUMN_DATETIME: {
        int64_t cut = 0;
        enum status status =
            temporal_round_date_time(value->i, type->scale, TEMPORAL_TRUNCATE_FRACTION, &cut);
        return status == STATUS_OK && temporal_packed_valid(value->i) && cut == value->i;
    }
    case COLUMN_TIME:
        return value->i <= TIME_US_MAX && value->i >= -TIME_US_MAX &&
               temporal_round_time(value->i, type->scale, TEMPORAL_TRUNCATE_FRACTION) == value->i;
    case COLUMN_TIMESTAMP:
        return value->i >= 0 && value->i <= TIMESTAMP_US_MAX &&
               temporal_round_time(value->i % US_PER_SECOND, type->scale,
                                   TEMPORAL_TRUNCATE_FRACTION) == value->i % US_PER_SECOND;
    case COLUMN_YEAR: return value->u == 0 || (value->u >= 1901 && value->u <= 2155);
    case COLUMN_BIT: return value->u <= UINT64_MAX >> (64 - type->length);
    case COLUMN_ENUM: return value->u <= type->member_count;
    case COLUMN_SET: return value->u <= UINT64_MAX >> (64 - type->member_count);
    default: return true; /* JSON */
    }
}
