/* value.c: order, equality and hash of values, their texts as numbers, their bytes in messages.
 *
 *   (V1) Numbers of different kinds compare by number. INT, UINT and DECIMAL exactly; with a FLOAT
 *        or DOUBLE as doubles. value_hash hashes the nearest double of any number, which is the
 *        same for all that compare equal.
 *   (V2) A decimal is inline when its coefficient is below 10^18, whatever made it.
 */
#include "row/value.h"

#include <math.h>

#include "base/hash.h"
#include "row/collation.h"
#include "row/json.h"
#include "row/temporal.h"

#define INLINE_DECIMAL_LIMIT INT64_C(1000000000000000000) /* 10^18 */
static_assert(VALUE_KIND_COUNT <= 256, "kind is a byte");

struct value value_of_decimal(const struct decimal *decimal, struct arena *arena) {
    struct value value = {.kind = VALUE_DECIMAL, .scale = decimal->scale};
    bool is_small = (decimal->limbs[1] | decimal->limbs[2] | decimal->limbs[3]) == 0 &&
                    decimal->limbs[0] < (uint64_t)INLINE_DECIMAL_LIMIT; /* (V2) */
    if (is_small) {
        value.i = decimal->negative ? -(int64_t)decimal->limbs[0] : (int64_t)decimal->limbs[0];
        return value;
    }
    struct decimal *copy = arena_alloc(arena, sizeof(*copy));
    *copy = *decimal;
    value.size = 1;
    value.decimal = copy;
    return value;
}

struct decimal value_decimal(const struct value *value) {
    CHECK(value->kind == VALUE_DECIMAL);
    return value->size == 0 ? decimal_from_int(value->i, value->scale) : *value->decimal;
}

bool value_is_number(const struct value *value) {
    return (value->kind >= VALUE_INT && value->kind <= VALUE_DECIMAL) ||
           value->kind == VALUE_YEAR || value->kind == VALUE_BIT;
}

struct value value_copy(const struct value *value, struct arena *arena) {
    struct value copy = *value;
    if (value->kind == VALUE_STRING || value->kind == VALUE_JSON) {
        copy.bytes = arena_copy(arena, value_slice(value)).data;
    } else if (value->kind == VALUE_DECIMAL && value->size != 0) {
        copy = value_of_decimal(value->decimal, arena);
    }
    return copy;
}

/* --- order --- */

enum number_class { NUMBER_NONE, NUMBER_INT, NUMBER_UINT, NUMBER_DECIMAL, NUMBER_DOUBLE };
static const uint8_t number_classes[VALUE_KIND_COUNT] = {
    [VALUE_INT] = NUMBER_INT,       [VALUE_UINT] = NUMBER_UINT,       [VALUE_FLOAT] = NUMBER_DOUBLE,
    [VALUE_DOUBLE] = NUMBER_DOUBLE, [VALUE_DECIMAL] = NUMBER_DECIMAL, [VALUE_YEAR] = NUMBER_UINT,
    [VALUE_BIT] = NUMBER_UINT,      [VALUE_ENUM] = NUMBER_UINT,       [VALUE_SET] = NUMBER_UINT,
};

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static double number_double(const struct value *value) {
    switch (number_classes[value->kind]) {
    case NUMBER_INT: return (double)value->i;
    case NUMBER_UINT: return (double)value->u;
    case NUMBER_DOUBLE: return value->d;
    case NUMBER_DECIMAL: {
        struct decimal decimal = value_decimal(value);
        return decimal_to_double(&decimal);
    }
    default: UNREACHABLE();
    }
}

static struct decimal number_decimal(const struct value *value) {
    switch (number_classes[value->kind]) {
    case NUMBER_INT: return decimal_from_int(value->i, 0);
    case NUMBER_UINT: return decimal_from_uint(value->u, 0);
    default: return value_decimal(value);
    }
}

static int compare_numbers(const struct value *a, const struct value *b) {
    uint8_t x = number_classes[a->kind], y = number_classes[b->kind];
    if (x == NUMBER_DOUBLE || y == NUMBER_DOUBLE) {
        double v = number_double(a), w = number_double(b);
        return ORDER(v, w);
    }
    if (x == NUMBER_DECIMAL || y == NUMBER_DECIMAL) {
        if (x == y && a->size == 0 && b->size == 0 && a->scale == b->scale) {
            return ORDER(a->i, b->i);
        }
        struct decimal v = number_decimal(a), w = number_decimal(b);
        return decimal_compare(&v, &w);
    }
    if (x == y) return x == NUMBER_INT ? ORDER(a->i, b->i) : ORDER(a->u, b->u);
    if (x == NUMBER_INT) return a->i < 0 ? -1 : ORDER((uint64_t)a->i, b->u);
    return b->i < 0 ? 1 : ORDER(a->u, (uint64_t)b->i);
}

static bool is_calendar(uint8_t kind) { return kind == VALUE_DATE || kind == VALUE_DATETIME; }

enum status value_compare_under(const struct value *a, const struct value *b, uint16_t collation,
                                int *order_out) {
    CHECK(a->kind != VALUE_NULL && b->kind != VALUE_NULL);
    CHECK(a->kind < VALUE_KIND_COUNT && b->kind < VALUE_KIND_COUNT);
    if (number_classes[a->kind] != NUMBER_NONE && number_classes[b->kind] != NUMBER_NONE) {
        *order_out = compare_numbers(a, b);
        return STATUS_OK;
    }
    if (a->kind != b->kind && !(is_calendar(a->kind) && is_calendar(b->kind))) {
        *order_out = ORDER(a->kind, b->kind);
        return STATUS_INVALID;
    }
    if (a->kind == VALUE_STRING) {
        *order_out = collation_compare(collation, value_slice(a), value_slice(b));
    } else if (a->kind == VALUE_JSON) {
        *order_out = json_text_compare(value_slice(a), value_slice(b));
    } else {
        *order_out = ORDER(a->i, b->i);
    }
    return STATUS_OK;
}

enum status value_compare(const struct value *a, const struct value *b, int *order_out) {
    uint16_t collation = collation_find(a->collation) != NULL ? a->collation : COLLATION_BINARY;
    return value_compare_under(a, b, collation, order_out);
}

int value_compare_total(const struct value *a, const struct value *b, uint16_t collation) {
    if (a->kind == VALUE_NULL || b->kind == VALUE_NULL) {
        return (a->kind != VALUE_NULL) - (b->kind != VALUE_NULL);
    }
    int order;
    enum status status = value_compare_under(a, b, collation, &order);
    return status == STATUS_OK || order != 0 ? order : ORDER(a->kind, b->kind);
}

uint64_t value_hash(const struct value *value, uint64_t seed) {
    if (value->kind == VALUE_NULL) return hash_pair(seed, 0);
    if (value->kind == VALUE_STRING) {
        bool known = collation_find(value->collation) != NULL;
        return collation_hash(known ? value->collation : COLLATION_BINARY, value_slice(value),
                              seed);
    }
    if (value->kind == VALUE_JSON) return json_text_hash(value_slice(value), seed);
    if (number_classes[value->kind] == NUMBER_NONE) return hash_pair(seed, value->u);
    double number = number_double(value) + 0.0; /* -0 becomes 0 */
    uint64_t bits;
    memcpy(&bits, &number, sizeof(bits));
    return hash_pair(seed, bits); /* (V1) */
}

/* The text that a STRING or JSON counts as in numeric contexts. */
static struct slice number_slice(const struct value *value) {
    struct slice text = value_slice(value);
    return value->kind == VALUE_JSON ? json_number_text(text) : text;
}

int value_truth(const struct value *value) {
    switch ((enum value_kind)value->kind) {
    case VALUE_NULL: return -1;
    case VALUE_FLOAT:
    case VALUE_DOUBLE: return value->d != 0;
    case VALUE_DECIMAL:
        if (value->size != 0) return !decimal_is_zero(value->decimal);
        return value->i != 0;
    case VALUE_STRING:
    case VALUE_JSON: {
        double number;
        enum status status = text_to_double(number_slice(value), &number);
        return status != STATUS_INVALID && number != 0;
    }
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME:
    case VALUE_TIMESTAMP:
    case VALUE_YEAR:
    case VALUE_BIT:
    case VALUE_ENUM:
    case VALUE_SET: return value->i != 0;
    }
    UNREACHABLE();
}

/* --- as numbers --- */

/* The microseconds of a temporal value, with its sign. */
static int64_t temporal_fraction(const struct value *value) {
    switch (value->kind) {
    case VALUE_TIME: return value->i % US_PER_SECOND;
    case VALUE_DATETIME: return value->i & 0xffffff;
    case VALUE_TIMESTAMP: return value->i % US_PER_SECOND;
    default: return 0;
    }
}

static int64_t temporal_whole(const struct value *value) {
    switch (value->kind) {
    case VALUE_DATE: return temporal_date_number(value->i);
    case VALUE_TIME: return temporal_time_number(value->i);
    case VALUE_DATETIME: return temporal_date_time_number(value->i);
    case VALUE_TIMESTAMP: {
        int64_t packed = 0;
        enum status status = value->i == 0 ? STATUS_OK : temporal_from_epoch_us(value->i, &packed);
        return status == STATUS_OK ? temporal_date_time_number(packed) : 0;
    }
    default: UNREACHABLE();
    }
}

/* 20240131235959.500 with the value's fsp. */
static struct decimal temporal_decimal(const struct value *value) {
    struct decimal whole = decimal_from_int(temporal_whole(value), 0), sum;
    struct decimal fraction = decimal_from_int(temporal_fraction(value), FSP_MAX);
    enum status status = decimal_add(&whole, &fraction, &sum);
    CHECK(status == STATUS_OK);
    status = decimal_round(&sum, value->scale, DECIMAL_TOWARD_ZERO, &sum);
    CHECK(status == STATUS_OK || status == STATUS_TRUNCATED);
    return sum;
}

static bool is_temporal(const struct value *value) {
    return value->kind >= VALUE_DATE && value->kind <= VALUE_TIMESTAMP;
}

enum status value_to_decimal(const struct value *value, struct decimal *out) {
    CHECK(value->kind != VALUE_NULL);
    if (is_temporal(value)) {
        *out = temporal_decimal(value);
        return STATUS_OK;
    }
    if (value->kind == VALUE_STRING || value->kind == VALUE_JSON) {
        return decimal_from_text(number_slice(value), out);
    }
    if (number_classes[value->kind] == NUMBER_DOUBLE) return decimal_from_double(value->d, out);
    *out = number_decimal(value);
    return STATUS_OK;
}

enum status value_to_double(const struct value *value, double *out) {
    CHECK(value->kind != VALUE_NULL);
    if (is_temporal(value)) {
        struct decimal decimal = temporal_decimal(value);
        *out = decimal_to_double(&decimal);
        return STATUS_OK;
    }
    if (value->kind == VALUE_STRING || value->kind == VALUE_JSON) {
        return text_to_double(number_slice(value), out);
    }
    *out = number_double(value);
    return STATUS_OK;
}

static enum status double_to_int(double number, int64_t *out) {
    double rounded = rint(number);
    *out = 0;
    if (isnan(number)) return STATUS_INVALID;
    if (rounded >= 0x1p63 || rounded < -0x1p63) {
        *out = rounded < 0 ? INT64_MIN : INT64_MAX;
        return STATUS_OUT_OF_RANGE;
    }
    *out = (int64_t)rounded;
    return STATUS_OK;
}

static enum status double_to_uint(double number, uint64_t *out) {
    double rounded = rint(number);
    *out = 0;
    if (isnan(number)) return STATUS_INVALID;
    if (rounded < 0) return STATUS_OUT_OF_RANGE;
    if (rounded >= 0x1p64) {
        *out = UINT64_MAX;
        return STATUS_OUT_OF_RANGE;
    }
    *out = (uint64_t)rounded;
    return STATUS_OK;
}

/* A rounded fraction is no warning in numeric contexts. */
static enum status rounded_is_ok(enum status status) {
    return status == STATUS_TRUNCATED ? STATUS_OK : status;
}

/* As a whole number a time has whole seconds: 12:59:59.9 is 130000. */
static struct decimal temporal_rounded(const struct value *value) {
    struct value whole = *value;
    if (value->kind == VALUE_TIME) whole.i = temporal_round_time(value->i, 0, 0);
    if (value->kind == VALUE_DATETIME) {
        int64_t packed;
        bool is_legal = temporal_round_date_time(value->i, 0, 0, &packed) == STATUS_OK;
        if (is_legal) whole.i = packed;
    }
    return temporal_decimal(&whole);
}

enum status value_to_int(const struct value *value, int64_t *out) {
    CHECK(value->kind != VALUE_NULL);
    if (value->kind == VALUE_STRING || value->kind == VALUE_JSON) {
        return text_to_int(number_slice(value), out);
    }
    if (is_temporal(value)) {
        struct decimal decimal = temporal_rounded(value);
        return rounded_is_ok(decimal_to_int(&decimal, out));
    }
    switch (number_classes[value->kind]) {
    case NUMBER_INT: *out = value->i; return STATUS_OK;
    case NUMBER_UINT:
        *out = (int64_t)MIN(value->u, (uint64_t)INT64_MAX);
        return value->u > INT64_MAX ? STATUS_OUT_OF_RANGE : STATUS_OK;
    case NUMBER_DOUBLE: return double_to_int(value->d, out);
    default: {
        struct decimal decimal = value_decimal(value);
        return rounded_is_ok(decimal_to_int(&decimal, out));
    }
    }
}

enum status value_to_uint(const struct value *value, uint64_t *out) {
    CHECK(value->kind != VALUE_NULL);
    if (value->kind == VALUE_STRING || value->kind == VALUE_JSON) {
        return text_to_uint(number_slice(value), out);
    }
    if (is_temporal(value)) {
        struct decimal decimal = temporal_rounded(value);
        return rounded_is_ok(decimal_to_uint(&decimal, out));
    }
    switch (number_classes[value->kind]) {
    case NUMBER_INT:
        *out = value->i < 0 ? 0 : (uint64_t)value->i;
        return value->i < 0 ? STATUS_OUT_OF_RANGE : STATUS_OK;
    case NUMBER_UINT: *out = value->u; return STATUS_OK;
    case NUMBER_DOUBLE: return double_to_uint(value->d, out);
    default: {
        struct decimal decimal = value_decimal(value);
        return rounded_is_ok(decimal_to_uint(&decimal, out));
    }
    }
}

/* --- codec --- */

/* kind u8 | scale u8 | by kind: nothing, u64, 32 bytes of a large decimal, or collation u16 and
 * bytes. A decimal's sign and form are in the high bits of its scale byte. */
#define CODE_DECIMAL_SPARE    0x20
#define CODE_DECIMAL_LARGE    0x40
#define CODE_DECIMAL_NEGATIVE 0x80

static void encode_u64(struct buffer *out, uint64_t number) {
    uint8_t bytes[8];
    store_le64(bytes, number);
    buffer_append(out, slice_of(bytes, sizeof(bytes)));
}

static void encode_bytes(const struct value *value, struct buffer *out) {
    uint8_t head[6];
    store_le16(head, value->collation);
    store_le32(head + 2, value->size);
    buffer_append(out, slice_of(head, sizeof(head)));
    buffer_append(out, value_slice(value));
}

static bool kind_has_scale(uint8_t kind) {
    return (kind >= VALUE_FLOAT && kind <= VALUE_DECIMAL) ||
           (kind >= VALUE_TIME && kind <= VALUE_TIMESTAMP);
}

void value_encode(const struct value *value, struct buffer *out) {
    uint8_t head[2] = {value->kind, kind_has_scale(value->kind) ? value->scale : 0};
    bool is_large = value->kind == VALUE_DECIMAL && value->size != 0;
    if (is_large) {
        head[1] |= CODE_DECIMAL_LARGE;
        if (value->decimal->negative) head[1] |= CODE_DECIMAL_NEGATIVE;
    }
    buffer_append(out, slice_of(head, sizeof(head)));
    if (value->kind == VALUE_NULL) return;
    if (value->kind == VALUE_STRING || value->kind == VALUE_JSON) {
        encode_bytes(value, out);
    } else if (is_large) {
        for (size_t i = 0; i < DECIMAL_LIMBS; i++) encode_u64(out, value->decimal->limbs[i]);
    } else {
        if (value->kind == VALUE_BIT) buffer_append_byte(out, (uint8_t)value->size);
        encode_u64(out, value->u);
    }
}

static struct value decode_decimal(struct reader *reader, uint8_t scale, struct arena *arena) {
    struct decimal decimal = {.scale = scale & 0x1f,
                              .negative = (scale & CODE_DECIMAL_NEGATIVE) != 0};
    uint8_t bytes[DECIMAL_LIMBS * 8];
    for (size_t i = 0; i < DECIMAL_LIMBS; i++) {
        decimal.limbs[i] = reader_u64(reader);
        store_le64(bytes + 8 * i, decimal.limbs[i]);
    }
    struct decimal checked;
    bool fits = (bytes[sizeof(bytes) - 1] & 0x80) == 0 &&
                decimal_load(bytes, sizeof(bytes), decimal.scale, &checked) == STATUS_OK;
    bool scale_legal = decimal.scale <= DECIMAL_SCALE_MAX && (scale & CODE_DECIMAL_SPARE) == 0;
    struct value value = value_null();
    if (fits && scale_legal) value = value_of_decimal(&decimal, arena);
    if (value.size == 0) { /* none, or one that has a shorter form */
        reader_fail(reader);
        return value_null();
    }
    return value;
}

static bool decoded_legal(const struct value *value) {
    switch ((enum value_kind)value->kind) {
    case VALUE_DATE:
        return temporal_packed_valid(value->i) && temporal_date_of(value->i) == value->i &&
               value->scale == 0;
    case VALUE_DATETIME: return temporal_packed_valid(value->i) && value->scale <= FSP_MAX;
    case VALUE_TIME:
        return value->i >= -TIME_US_MAX && value->i <= TIME_US_MAX && value->scale <= FSP_MAX;
    case VALUE_TIMESTAMP:
        return value->i >= 0 && value->i <= TIMESTAMP_US_MAX && value->scale <= FSP_MAX;
    case VALUE_YEAR: return value->u == 0 || (value->u >= 1901 && value->u <= 2155);
    case VALUE_DECIMAL:
        return value->i > -INLINE_DECIMAL_LIMIT && value->i < INLINE_DECIMAL_LIMIT &&
               value->scale <= DECIMAL_SCALE_MAX;
    case VALUE_FLOAT:
    case VALUE_DOUBLE: return isfinite(value->d) && value->scale <= SCALE_NOT_FIXED;
    case VALUE_BIT: return value->size <= 8;
    case VALUE_NULL:
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_STRING:
    case VALUE_ENUM:
    case VALUE_SET:
    case VALUE_JSON: return true;
    }
    return false;
}

struct value value_decode(struct reader *reader, struct arena *arena) {
    struct value value = {.kind = reader_u8(reader), .scale = reader_u8(reader)};
    if (value.kind >= VALUE_KIND_COUNT || (value.scale != 0 && !kind_has_scale(value.kind))) {
        reader_fail(reader);
    }
    if (reader->failed || value.kind == VALUE_NULL) return value_null();
    if (value.kind == VALUE_STRING || value.kind == VALUE_JSON) {
        value.collation = reader_u16(reader);
        struct slice bytes = reader_take(reader, reader_u32(reader));
        value.size = (uint32_t)bytes.size;
        value.bytes = bytes.data;
        bool known = value.kind == VALUE_JSON || collation_find(value.collation) != NULL;
        if (!known) reader_fail(reader);
    } else if (value.kind == VALUE_DECIMAL && (value.scale & CODE_DECIMAL_LARGE)) {
        return decode_decimal(reader, value.scale, arena);
    } else {
        if (value.kind == VALUE_BIT) value.size = reader_u8(reader);
        value.u = reader_u64(reader);
        if (!decoded_legal(&value)) reader_fail(reader);
    }
    return reader->failed ? value_null() : value;
}
