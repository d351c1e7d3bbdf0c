/* function_zones.c: CONVERT_TZ, FROM_UNIXTIME, UNIX_TIMESTAMP: local clocks and seconds since 1970.
 *
 * Seconds since 1970 go up to the end of 3001-01-18 UTC, as in MySQL since 8.0.28. A zone is named by its offset, or by the name that
 * the session finds (context->find_zone); SYSTEM is the machine's.
 */
#include "sql/function_private.h"

#include "sql/timezone.h"

#define UNIX_SECONDS_MAX INT64_C(32536771199)

/* ---- from and to seconds ---- */

static enum status resolve_from_unix(struct function_call *call) {
    struct expr **args = call->expr->args;
    if (call->expr->arg_count == 1) {
        function_type_temporal(call, COLUMN_DATETIME, function_fsp_of(args[0]));
        return STATUS_OK;
    }
    args[1] = coerce_text(call->arena, args[1], call->connection_collation);
    function_type_ascii(call,
                        MIN((uint64_t)coerce_text_length(args[1]) * 11, (uint64_t)UINT32_MAX / 4));
    return STATUS_OK;
}

/* A date-time's microseconds since 1970; negative or too large: false. */
static enum status micros_of(struct eval_context *context, const struct value *seconds,
                             int64_t *us_out) {
    struct decimal decimal, million = decimal_from_uint(US_PER_SECOND, 0);
    enum status status = function_decimal(context, seconds, &decimal);
    *us_out = -1;
    if (status != STATUS_OK || decimal.negative) return status;
    if (decimal_mul(&decimal, &million, &decimal) == STATUS_OUT_OF_RANGE) return STATUS_OK;
    if (decimal_to_int(&decimal, us_out) == STATUS_OUT_OF_RANGE) *us_out = -1;
    if (*us_out / US_PER_SECOND > UNIX_SECONDS_MAX) *us_out = -1;
    return STATUS_OK;
}

static enum status eval_from_unix(const struct expr *expr, struct eval_context *context,
                                  struct value *out) {
    struct function_input in;
    struct function_moment moment = {.has_time = true};
    int64_t us;
    enum status status = function_read(expr, context, "vt", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    status = micros_of(context, &in.args[0].value, &us);
    if (status != STATUS_OK || us < 0) return status;
    int64_t local = time_zone_from_utc(context->zone, us);
    if (temporal_from_epoch_us(local, &moment.packed) != STATUS_OK) return STATUS_OK;
    if (expr->arg_count == 1) {
        *out = function_date_time_result(expr, moment.packed);
        return STATUS_OK;
    }
    struct buffer text = buffer_of(context->arena);
    if (in.args[1].text.size == 0) return STATUS_OK;
    if (function_format_moment(&moment, in.args[1].text, &text)) {
        *out = function_text_result(expr, buffer_slice(&text));
    }
    return STATUS_OK;
}

static enum status resolve_unix(struct function_call *call) {
    const struct expr *expr = call->expr;
    uint8_t fsp = expr->arg_count == 0 ? 0 : function_fsp_of(expr->args[0]);
    if (fsp == 0)
        function_type_int(call, 11);
    else
        call->expr->type = column_type_decimal((uint8_t)(11 + fsp), fsp);
    call->expr->coercibility = COERCE_NUMERIC;
    return STATUS_OK;
}

/* As a number with the places of the result's type. */
static struct value seconds_of(const struct expr *expr, struct eval_context *context, int64_t us) {
    uint8_t places = expr->type.kind == COLUMN_DECIMAL ? expr->type.scale : 0;
    if (places == 0) return value_of_int(us / US_PER_SECOND);
    struct decimal decimal = decimal_from_int(us, FSP_MAX);
    enum status status = decimal_round(&decimal, places, DECIMAL_TOWARD_ZERO, &decimal);
    CHECK(status == STATUS_OK || status == STATUS_TRUNCATED);
    return value_of_decimal(&decimal, context->arena);
}

/* 0 outside of the range. */
static enum status eval_unix(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    struct function_moment moment;
    bool is_null;
    if (expr->arg_count == 0) {
        *out = value_of_int(context->now_epoch_us / US_PER_SECOND);
        return STATUS_OK;
    }
    *out = value_null();
    enum status status =
        function_read_moment(expr->args[0], context, DATE_AS_IT_IS, &moment, &is_null);
    if (status != STATUS_OK || is_null) return status;
    struct date_time t = temporal_unpack(moment.packed);
    int64_t us = 0;
    if (t.month != 0 && t.day != 0) {
        us = time_zone_to_utc(context->zone, temporal_to_epoch_us(moment.packed));
    }
    if (us < 0 || us / US_PER_SECOND > UNIX_SECONDS_MAX) us = 0;
    *out = seconds_of(expr, context, us);
    return STATUS_OK;
}

/* ---- between zones ---- */

static enum status resolve_convert(struct function_call *call) {
    function_type_temporal(call, COLUMN_DATETIME, function_fsp_of(call->expr->args[0]));
    return STATUS_OK;
}

/* False: there is no such zone. */
static bool find_zone(struct eval_context *context, struct slice name,
                      const struct time_zone **out) {
    *out = NULL;
    bool is_offset = name.size > 0 && (name.data[0] == '+' || name.data[0] == '-');
    if (is_offset) return time_zone_of_offset(name, context->arena, out) == STATUS_OK;
    if (slice_equal_nocase(name, SLICE_LITERAL("UTC"))) return true;
    if (context->find_zone == NULL) return false;
    return context->find_zone(context->session, name, context->arena, out) == STATUS_OK;
}

/* A moment outside of TIMESTAMP's range stays as it is. */
static enum status eval_convert(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    struct function_moment moment;
    const struct time_zone *zones[2];
    bool is_null;
    *out = value_null();
    enum status status =
        function_read_moment(expr->args[0], context, DATE_WHOLE, &moment, &is_null);
    for (uint32_t i = 0; i < 2 && status == STATUS_OK && !is_null; i++) {
        struct slice name;
        status = function_read_text(expr->args[i + 1], context, &name, &is_null);
        if (status == STATUS_OK && !is_null) is_null = !find_zone(context, name, &zones[i]);
    }
    if (status != STATUS_OK || is_null) return status;
    int64_t us = time_zone_to_utc(zones[0], temporal_to_epoch_us(moment.packed));
    int64_t packed = moment.packed;
    if (us >= 0 && us / US_PER_SECOND <= UNIX_SECONDS_MAX) {
        status = temporal_from_epoch_us(time_zone_from_utc(zones[1], us), &packed);
        CHECK(status == STATUS_OK);
    }
    *out = function_date_time_result(expr, packed);
    return STATUS_OK;
}

#define NULLABLE FUNCTION_ALWAYS_NULLABLE

static const struct function functions[] = {
    {"CONVERT_TZ", FUNCTION_SCALAR, 3, 3, NULLABLE, resolve_convert, eval_convert, 0},
    {"FROM_UNIXTIME", FUNCTION_SCALAR, 1, 2, NULLABLE, resolve_from_unix, eval_from_unix, 0},
    {"UNIX_TIMESTAMP", FUNCTION_SCALAR, 0, 1, 0, resolve_unix, eval_unix, 0},
};
const struct function_list function_zones = {functions, ARRAY_COUNT(functions)};
