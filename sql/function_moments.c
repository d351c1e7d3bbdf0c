/* function_moments.c: what date or time is this arg?
 *
 * Texts and numbers are read as MySQL reads them wherever a date is wanted:
 *
 *   DATE, DATETIME      itself                  TIME      that time today
 *   text                row/temporal.h; an offset '+05:30' behind it leads to the session's time zone
 *   number              20240131, 20240131235959, 240131; the fraction of a DECIMAL or DOUBLE is one of a second
 *
 *   (O1) What is no date is NULL with warning 1292, what has rubbish behind it counts, with the same warning.
 *   (O2) A date that is a value already was checked when it was made: its zero parts are refused in silence.
 */
#include "sql/function_private.h"

#include "sql/timezone.h"

/* ---- warnings (O1) ---- */

static struct slice shown(struct eval_context *context, const struct value *value) {
    if (value->kind == VALUE_STRING || value->kind == VALUE_JSON) return value_slice(value);
    return value_text(value, arena_alloc(context->arena, VALUE_TEXT_BYTES_MAX));
}

static void tell_no_date(struct eval_context *context, const struct value *value) {
    diagnostics_warn_text(context->diagnostics, ER_TRUNCATED_WRONG_VALUE,
                          "Incorrect datetime value: '%.128s'",
                          arena_text(context->arena, shown(context, value)));
}

static bool is_whole(int64_t packed) {
    struct date_time t = temporal_unpack(packed);
    return t.month != 0 && t.day != 0;
}

/* ---- reading ---- */

/* Whole seconds' digits and the microseconds of a number. False: too large for both. */
static bool split_number(const struct value *value, int64_t *number_out, uint32_t *us_out) {
    struct decimal decimal, whole, fraction;
    *us_out = 0;
    bool is_exact = value->kind == VALUE_INT || value->kind == VALUE_UINT ||
                    value->kind == VALUE_YEAR || value->kind == VALUE_BIT;
    if (is_exact) return value_to_int(value, number_out) == STATUS_OK;
    enum status status = value_to_decimal(value, &decimal);
    if (status != STATUS_OK && status != STATUS_TRUNCATED) return false;
    status = decimal_round(&decimal, 0, DECIMAL_TOWARD_ZERO, &whole);
    if (decimal_to_int(&whole, number_out) != STATUS_OK) return false;
    if (decimal_sub(&decimal, &whole, &fraction) != STATUS_OK) return false;
    struct decimal million = decimal_from_uint(US_PER_SECOND, 0);
    int64_t us = 0;
    status = decimal_mul(&fraction, &million, &fraction);
    if (status != STATUS_OK || decimal_to_int(&fraction, &us) != STATUS_OK) return false;
    *us_out = (uint32_t)MIN(us < 0 ? -us : us, US_PER_SECOND - 1);
    return true;
}

static uint32_t flags_of(const struct eval_context *context, enum function_date_need need) {
    uint32_t flags = context->temporal_flags & TEMPORAL_TRUNCATE_FRACTION;
    if (need != DATE_BY_MODE) return flags;
    return context->temporal_flags;
}

/* A text with an offset tells a moment of UTC. */
static enum status to_session_zone(const struct eval_context *context,
                                   const struct temporal_parsed *parsed, int64_t *packed_out) {
    *packed_out = parsed->packed;
    if (parsed->offset_minutes == TEMPORAL_OFFSET_NONE) return STATUS_OK;
    if (!is_whole(parsed->packed)) return STATUS_INVALID;
    int64_t utc_us =
        temporal_to_epoch_us(parsed->packed) - parsed->offset_minutes * 60 * US_PER_SECOND;
    return temporal_from_epoch_us(time_zone_from_utc(context->zone, utc_us), packed_out);
}

static enum status moment_of_text(struct eval_context *context, const struct value *value,
                                  uint32_t flags, struct function_moment *out) {
    struct temporal_parsed parsed;
    enum status status = temporal_parse_date_time(shown(context, value), FSP_MAX, flags, &parsed);
    if (status == STATUS_INVALID) return status;
    if (status == STATUS_TRUNCATED) {
        expr_tell_truncated(context, parsed.has_time ? "datetime" : "date", value);
    }
    out->has_time = parsed.has_time;
    out->fsp = parsed.fsp;
    return to_session_zone(context, &parsed, &out->packed);
}

static enum status moment_of_number(const struct value *value, uint32_t flags,
                                    struct function_moment *out) {
    int64_t number;
    uint32_t us;
    if (!split_number(value, &number, &us)) return STATUS_INVALID;
    enum status status = temporal_from_number(number, flags, &out->packed);
    if (status != STATUS_OK) return status;
    struct date_time t = temporal_unpack(out->packed);
    out->has_time = number > 99991231 || us != 0;
    out->fsp = us != 0 ? FSP_MAX : 0;
    t.microsecond = us;
    out->packed = temporal_pack(&t);
    return STATUS_OK;
}

static enum status moment_of_today(const struct eval_context *context, int64_t us,
                                   int64_t *packed_out) {
    int64_t now = time_zone_from_utc(context->zone, context->now_epoch_us);
    int64_t today = now - ((now % US_PER_DAY) + US_PER_DAY) % US_PER_DAY;
    return temporal_from_epoch_us(today + us, packed_out);
}

static enum status moment_of(struct eval_context *context, const struct value *value,
                             enum function_date_need need, struct function_moment *out) {
    uint32_t flags = flags_of(context, need);
    *out = (struct function_moment){.has_time = true, .fsp = value->scale};
    switch ((enum value_kind)value->kind) {
    case VALUE_DATE:
        out->has_time = false;
        out->packed = value->i;
        return STATUS_OK;
    case VALUE_DATETIME: out->packed = value->i; return STATUS_OK;
    case VALUE_TIMESTAMP: out->packed = timezone_to_local(context->zone, value).i; return STATUS_OK;
    case VALUE_TIME: return moment_of_today(context, value->i, &out->packed);
    case VALUE_STRING:
    case VALUE_JSON:
    case VALUE_ENUM:
    case VALUE_SET: return moment_of_text(context, value, flags, out);
    default: return moment_of_number(value, flags, out);
    }
}

enum status function_read_moment(const struct expr *arg, struct eval_context *context,
                                 enum function_date_need need, struct function_moment *out,
                                 bool *is_null_out) {
    struct value value;
    enum status status = expr_eval(arg, context, &value);
    if (status != STATUS_OK) return status;
    *is_null_out = value_is_null(&value);
    if (*is_null_out) return STATUS_OK;
    bool is_value = value.kind >= VALUE_DATE && value.kind <= VALUE_TIMESTAMP;
    status = moment_of(context, &value, need, out);
    bool is_refused = status != STATUS_OK || (need == DATE_WHOLE && !is_whole(out->packed));
    if (is_refused && !is_value) tell_no_date(context, &value); /* (O2) */
    *is_null_out = is_refused;
    return STATUS_OK;
}

/* ---- times ---- */

static int64_t time_of_packed(int64_t packed) {
    struct date_time t = temporal_unpack(packed);
    return (((int64_t)t.hour * 60 + t.minute) * 60 + t.second) * US_PER_SECOND + t.microsecond;
}

static enum status time_of_number(const struct value *value, int64_t *us_out) {
    int64_t number;
    uint32_t us;
    if (!split_number(value, &number, &us)) return STATUS_INVALID;
    enum status status = temporal_time_from_number(number, us_out);
    bool is_negative = number < 0 || (value->kind != VALUE_INT && value_truth(value) != 0 &&
                                      number == 0 && value->kind == VALUE_DOUBLE && value->d < 0);
    if (status == STATUS_OK) *us_out += is_negative ? -(int64_t)us : us;
    return status;
}

static enum status time_of(struct eval_context *context, const struct value *value,
                           int64_t *us_out) {
    switch ((enum value_kind)value->kind) {
    case VALUE_TIME: *us_out = value->i; return STATUS_OK;
    case VALUE_DATE: *us_out = 0; return STATUS_OK;
    case VALUE_DATETIME: *us_out = time_of_packed(value->i); return STATUS_OK;
    case VALUE_TIMESTAMP:
        *us_out = time_of_packed(timezone_to_local(context->zone, value).i);
        return STATUS_OK;
    case VALUE_STRING:
    case VALUE_JSON:
    case VALUE_ENUM:
    case VALUE_SET:
        return temporal_parse_time(shown(context, value), FSP_MAX, flags_of(context, DATE_AS_IT_IS),
                                   us_out);
    default: return time_of_number(value, us_out);
    }
}

static void settle_time(struct eval_context *context, const struct value *value, enum status status,
                        bool *is_null_out) {
    *is_null_out = status == STATUS_INVALID;
    if (status != STATUS_OK) expr_tell_truncated(context, "time", value);
}

enum status function_read_time(const struct expr *arg, struct eval_context *context,
                               int64_t *us_out, bool *is_null_out) {
    struct value value;
    enum status status = expr_eval(arg, context, &value);
    if (status != STATUS_OK) return status;
    *is_null_out = value_is_null(&value);
    if (!*is_null_out) settle_time(context, &value, time_of(context, &value, us_out), is_null_out);
    return STATUS_OK;
}

/* 12 digits, or numbers with - or / between them. */
static bool looks_like_date(struct slice text) {
    size_t at = 0, start;
    while (at < text.size && text.data[at] == ' ') at++;
    start = at;
    while (at < text.size && text.data[at] >= '0' && text.data[at] <= '9') at++;
    size_t digits = at - start;
    if (digits >= 12) return true;
    return digits > 0 && at < text.size && (text.data[at] == '-' || text.data[at] == '/');
}

static bool is_date_like(const struct value *value) {
    switch ((enum value_kind)value->kind) {
    case VALUE_DATE:
    case VALUE_DATETIME:
    case VALUE_TIMESTAMP: return true;
    case VALUE_STRING: return looks_like_date(value_slice(value));
    default: return false;
    }
}

enum status function_read_either(const struct expr *arg, struct eval_context *context,
                                 struct function_moment *out, bool *is_null_out) {
    struct value value;
    enum status status = expr_eval(arg, context, &value);
    if (status != STATUS_OK) return status;
    *is_null_out = value_is_null(&value);
    if (*is_null_out) return STATUS_OK;
    if (is_date_like(&value) && moment_of(context, &value, DATE_AS_IT_IS, out) == STATUS_OK) {
        out->us = time_of_packed(out->packed);
        return STATUS_OK;
    }
    *out = (struct function_moment){.has_time = true, .is_time = true};
    settle_time(context, &value, time_of(context, &value, &out->us), is_null_out);
    return STATUS_OK;
}

/* ---- types and results ---- */

static uint8_t fsp_of_text(struct slice text) {
    struct temporal_parsed parsed;
    enum status status = temporal_parse_date_time(text, FSP_MAX, 0, &parsed);
    if (looks_like_date(text) && status == STATUS_OK) return parsed.fsp;
    const uint8_t *point = text.size == 0 ? NULL : memrchr(text.data, '.', text.size);
    if (point == NULL) return 0;
    return (uint8_t)MIN(text.size - (size_t)(point - text.data) - 1, (size_t)FSP_MAX);
}

uint8_t function_fsp_of(const struct expr *arg) {
    const struct column_type *type = &arg->type;
    bool is_constant_text = arg->kind == EXPR_CONSTANT && arg->value.kind == VALUE_STRING;
    if (is_constant_text) return fsp_of_text(value_slice(&arg->value));
    if (column_kind_is_integer(type->kind) || type->kind == COLUMN_NULL) return 0;
    switch (type->kind) {
    case COLUMN_DATE:
    case COLUMN_YEAR:
    case COLUMN_BIT: return 0;
    case COLUMN_TIME:
    case COLUMN_DATETIME:
    case COLUMN_TIMESTAMP:
    case COLUMN_DECIMAL: return (uint8_t)MIN(type->scale, FSP_MAX);
    default: return FSP_MAX;
    }
}

void function_type_temporal(struct function_call *call, enum column_kind kind, uint8_t fsp) {
    call->expr->type =
        (struct column_type){.kind = (uint8_t)kind, .scale = fsp, .collation = COLLATION_BINARY};
    call->expr->coercibility = COERCE_NUMERIC;
}

struct value function_date_time_result(const struct expr *expr, int64_t packed) {
    uint8_t fsp = expr->type.scale;
    if (expr->type.kind == COLUMN_DATE) {
        return value_of_temporal(VALUE_DATE, temporal_date_of(packed), 0);
    }
    enum status status = temporal_round_date_time(packed, fsp, TEMPORAL_TRUNCATE_FRACTION, &packed);
    CHECK(status == STATUS_OK || status == STATUS_TRUNCATED);
    return value_of_temporal(VALUE_DATETIME, packed, fsp);
}

struct value function_time_result(const struct expr *expr, struct eval_context *context,
                                  int64_t us) {
    uint8_t fsp = expr->type.scale;
    if (us > TIME_US_MAX || us < -TIME_US_MAX) {
        struct value told =
            value_of_temporal(VALUE_TIME, us, us % US_PER_SECOND != 0 ? FSP_MAX : 0);
        expr_tell_truncated(context, "time", &told);
        us = us < 0 ? -TIME_US_MAX : TIME_US_MAX;
    }
    us = temporal_round_time(us, fsp, TEMPORAL_TRUNCATE_FRACTION);
    return value_of_temporal(VALUE_TIME, us, fsp);
}
