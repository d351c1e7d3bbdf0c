/* function_shifts.c: ADDTIME to TIMESTAMPDIFF: moments moved by intervals, and what lies between two.
 *
 * The result's type follows the date that is moved:
 *
 *   DATE      by days and more DATE, by hours and less DATETIME
 *   TIME      by hours and less TIME, by days and more DATETIME (today's)
 *   DATETIME  DATETIME
 *   others    text: a date alone when it was one and is moved by days and more
 *
 *   (J1) A result outside of its type's range is NULL with warning 1441; so is nothing that is NULL already.
 */
#include "sql/function_private.h"

#define DATE_TIME_CHARS_MAX 26

/* ---- moving by an interval ---- */

/* DATE_ADD(date, amount, unit); ADDDATE(date, days) has no unit. */
static enum interval_unit unit_of(const struct expr *expr) {
    return expr->arg_count < 3 ? INTERVAL_DAY : (enum interval_unit)expr->args[2]->value.i;
}

static bool unit_has_fraction(enum interval_unit unit) {
    return unit == INTERVAL_MICROSECOND || unit == INTERVAL_SECOND_MICROSECOND ||
           unit == INTERVAL_MINUTE_MICROSECOND || unit == INTERVAL_HOUR_MICROSECOND ||
           unit == INTERVAL_DAY_MICROSECOND;
}

static uint8_t fsp_of_interval(enum interval_unit unit, const struct expr *amount) {
    if (unit_has_fraction(unit)) return FSP_MAX;
    if (unit != INTERVAL_SECOND) return 0;
    return function_fsp_of(amount);
}

/* Hours and less: what a TIME can be moved by. */
static bool unit_is_of_time(enum interval_unit unit) {
    return unit <= INTERVAL_HOUR ||
           (unit >= INTERVAL_SECOND_MICROSECOND && unit <= INTERVAL_HOUR_MINUTE);
}

static enum status resolve_shift(struct function_call *call) {
    const struct expr *expr = call->expr;
    enum interval_unit unit = unit_of(expr);
    uint8_t fsp = MAX(fsp_of_interval(unit, expr->args[1]), function_fsp_of(expr->args[0]));
    switch (expr->args[0]->type.kind) {
    case COLUMN_DATE:
        if (!interval_unit_has_time(unit))
            function_type_temporal(call, COLUMN_DATE, 0);
        else
            function_type_temporal(call, COLUMN_DATETIME, fsp);
        return STATUS_OK;
    case COLUMN_TIME:
        function_type_temporal(call, unit_is_of_time(unit) ? COLUMN_TIME : COLUMN_DATETIME, fsp);
        return STATUS_OK;
    case COLUMN_DATETIME:
    case COLUMN_TIMESTAMP: function_type_temporal(call, COLUMN_DATETIME, fsp); return STATUS_OK;
    default: function_type_ascii(call, DATE_TIME_CHARS_MAX); return STATUS_OK;
    }
}

/* (J1) */
static enum status tell_overflow(struct eval_context *context, const char *what) {
    diagnostics_warn(context->diagnostics, CONDITION_WARNING, ER_DATETIME_FUNCTION_OVERFLOW, what);
    return STATUS_OK;
}

static enum status shift_time(const struct expr *expr, struct eval_context *context,
                              const struct interval *interval, struct value *out) {
    int64_t us, moved;
    bool is_null;
    enum status status = function_read_time(expr->args[0], context, &us, &is_null);
    if (status != STATUS_OK || is_null) return status;
    bool is_over = __builtin_add_overflow(us, interval->us, &moved) || moved > TIME_US_MAX ||
                   moved < -TIME_US_MAX;
    if (is_over) return tell_overflow(context, "time");
    *out = function_time_result(expr, context, moved);
    return STATUS_OK;
}

/* A date-time as text: without a time when none was given or made, without a fraction of 0. */
static struct value text_of_moment(const struct expr *expr, struct eval_context *context,
                                   const struct function_moment *moment) {
    uint8_t *memory = arena_alloc(context->arena, TEMPORAL_TEXT_BYTES_MAX);
    struct date_time t = temporal_unpack(moment->packed);
    size_t size =
        moment->has_time
            ? temporal_format_date_time(moment->packed, t.microsecond != 0 ? FSP_MAX : 0, memory)
            : temporal_format_date(moment->packed, memory);
    return function_text_result(expr, slice_of(memory, size));
}

static struct value moment_result(const struct expr *expr, struct eval_context *context,
                                  const struct function_moment *moment) {
    if (column_kind_is_string(expr->type.kind)) return text_of_moment(expr, context, moment);
    return function_date_time_result(expr, moment->packed);
}

static enum status shift_date(const struct expr *expr, struct eval_context *context,
                              const struct interval *interval, struct value *out) {
    struct function_moment moment;
    bool is_null;
    enum status status =
        function_read_moment(expr->args[0], context, DATE_WHOLE, &moment, &is_null);
    if (status != STATUS_OK || is_null) return status;
    if (temporal_add_interval(moment.packed, interval, &moment.packed) != STATUS_OK) {
        return tell_overflow(context, "datetime");
    }
    moment.has_time = moment.has_time || interval_unit_has_time(unit_of(expr));
    *out = moment_result(expr, context, &moment);
    return STATUS_OK;
}

enum shift_sign { SHIFT_FORWARD, SHIFT_BACK };

static enum status shift(const struct expr *expr, struct eval_context *context,
                         enum shift_sign sign, struct value *out) {
    struct value amount;
    struct interval interval;
    *out = value_null();
    enum status status = expr_eval(expr->args[1], context, &amount);
    if (status != STATUS_OK) return status;
    if (interval_of(unit_of(expr), &amount, &interval) != STATUS_OK) return STATUS_OK;
    if (sign == SHIFT_BACK) interval = interval_negate(interval);
    if (expr->type.kind == COLUMN_TIME) return shift_time(expr, context, &interval, out);
    return shift_date(expr, context, &interval, out);
}

static enum status eval_date_add(const struct expr *expr, struct eval_context *context,
                                 struct value *out) {
    return shift(expr, context, SHIFT_FORWARD, out);
}
static enum status eval_date_sub(const struct expr *expr, struct eval_context *context,
                                 struct value *out) {
    return shift(expr, context, SHIFT_BACK, out);
}

/* TIMESTAMPADD(unit, amount, date) is DATE_ADD(date, amount, unit). */
static enum status resolve_timestamp_add(struct function_call *call) {
    struct expr *expr = call->expr, *unit = expr->args[0];
    expr->args[0] = expr->args[2];
    expr->args[2] = unit;
    expr->function = function_find(SLICE_LITERAL("DATE_ADD"));
    return resolve_shift(call);
}

/* ---- adding times ---- */

static enum status resolve_add_time(struct function_call *call) {
    const struct expr *expr = call->expr;
    uint8_t fsp = MAX(function_fsp_of(expr->args[0]), function_fsp_of(expr->args[1]));
    switch (expr->args[0]->type.kind) {
    case COLUMN_TIME: function_type_temporal(call, COLUMN_TIME, fsp); return STATUS_OK;
    case COLUMN_DATE:
    case COLUMN_DATETIME:
    case COLUMN_TIMESTAMP: function_type_temporal(call, COLUMN_DATETIME, fsp); return STATUS_OK;
    default: function_type_ascii(call, DATE_TIME_CHARS_MAX); return STATUS_OK;
    }
}

static struct value text_of_time(const struct expr *expr, struct eval_context *context,
                                 int64_t us) {
    if (us > TIME_US_MAX || us < -TIME_US_MAX) us = us < 0 ? -TIME_US_MAX : TIME_US_MAX;
    uint8_t *memory = arena_alloc(context->arena, TEMPORAL_TEXT_BYTES_MAX);
    uint8_t fsp = us % US_PER_SECOND != 0 ? FSP_MAX : 0;
    return function_text_result(expr, slice_of(memory, temporal_format_time(us, fsp, memory)));
}

/* The second arg is a time: a date-time is NULL. */
static enum status add_time(const struct expr *expr, struct eval_context *context,
                            enum shift_sign sign, struct value *out) {
    struct function_moment moment, added;
    bool is_null;
    *out = value_null();
    enum status status = function_read_either(expr->args[0], context, &moment, &is_null);
    if (status != STATUS_OK || is_null) return status;
    status = function_read_either(expr->args[1], context, &added, &is_null);
    if (status != STATUS_OK || is_null || !added.is_time) return status;
    struct interval interval = {0, 0, sign == SHIFT_BACK ? -added.us : added.us};
    if (moment.is_time) {
        int64_t us = moment.us + interval.us;
        bool is_text = column_kind_is_string(expr->type.kind);
        *out = is_text ? text_of_time(expr, context, us) : function_time_result(expr, context, us);
        return STATUS_OK;
    }
    moment.has_time = true;
    if (temporal_add_interval(moment.packed, &interval, &moment.packed) != STATUS_OK) {
        return tell_overflow(context, "datetime");
    }
    *out = moment_result(expr, context, &moment);
    return STATUS_OK;
}

static enum status eval_add_time(const struct expr *expr, struct eval_context *context,
                                 struct value *out) {
    return add_time(expr, context, SHIFT_FORWARD, out);
}
static enum status eval_sub_time(const struct expr *expr, struct eval_context *context,
                                 struct value *out) {
    return add_time(expr, context, SHIFT_BACK, out);
}

/* ---- what lies between ---- */

static enum status resolve_difference(struct function_call *call) {
    function_type_int(call, 21);
    return STATUS_OK;
}

static int64_t day_number_of(int64_t packed) {
    struct date_time t = temporal_unpack(packed);
    return temporal_day_number(t.year, t.month, t.day);
}

/* Two args from `from` on as whole dates. */
static enum status two_moments(const struct expr *expr, struct eval_context *context, uint32_t from,
                               struct function_moment *moments, bool *is_null_out) {
    *is_null_out = false;
    for (uint32_t i = 0; i < 2 && !*is_null_out; i++) {
        enum status status = function_read_moment(expr->args[from + i], context, DATE_WHOLE,
                                                  &moments[i], is_null_out);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

static enum status eval_date_diff(const struct expr *expr, struct eval_context *context,
                                  struct value *out) {
    struct function_moment moments[2];
    bool is_null;
    *out = value_null();
    enum status status = two_moments(expr, context, 0, moments, &is_null);
    if (status != STATUS_OK || is_null) return status;
    *out = value_of_int(day_number_of(moments[0].packed) - day_number_of(moments[1].packed));
    return STATUS_OK;
}

static enum status eval_timestamp_diff(const struct expr *expr, struct eval_context *context,
                                       struct value *out) {
    struct function_moment moments[2];
    bool is_null;
    *out = value_null();
    enum status status = two_moments(expr, context, 1, moments, &is_null);
    if (status != STATUS_OK || is_null) return status;
    enum interval_unit unit = (enum interval_unit)expr->args[0]->value.i;
    *out = value_of_int(temporal_difference(unit, moments[0].packed, moments[1].packed));
    return STATUS_OK;
}

static enum status resolve_time_diff(struct function_call *call) {
    const struct expr *expr = call->expr;
    uint8_t fsp = MAX(function_fsp_of(expr->args[0]), function_fsp_of(expr->args[1]));
    function_type_temporal(call, COLUMN_TIME, fsp);
    return STATUS_OK;
}

/* Of two times or two date-times; of one of each NULL. */
static enum status eval_time_diff(const struct expr *expr, struct eval_context *context,
                                  struct value *out) {
    struct function_moment a, b;
    bool is_null;
    *out = value_null();
    enum status status = function_read_either(expr->args[0], context, &a, &is_null);
    if (status != STATUS_OK || is_null) return status;
    status = function_read_either(expr->args[1], context, &b, &is_null);
    if (status != STATUS_OK || is_null || a.is_time != b.is_time) return status;
    int64_t us =
        a.is_time ? a.us - b.us
                  : (day_number_of(a.packed) - day_number_of(b.packed)) * US_PER_DAY + a.us - b.us;
    *out = function_time_result(expr, context, us);
    return STATUS_OK;
}

#define NULLABLE FUNCTION_ALWAYS_NULLABLE

static const struct function functions[] = {
    {"ADDDATE", FUNCTION_SCALAR, 2, 3, NULLABLE, resolve_shift, eval_date_add, 0},
    {"ADDTIME", FUNCTION_SCALAR, 2, 2, NULLABLE, resolve_add_time, eval_add_time, 0},
    {"DATEDIFF", FUNCTION_SCALAR, 2, 2, NULLABLE, resolve_difference, eval_date_diff, 0},
    {"DATE_ADD", FUNCTION_SCALAR, 3, 3, NULLABLE, resolve_shift, eval_date_add, 0},
    {"DATE_SUB", FUNCTION_SCALAR, 3, 3, NULLABLE, resolve_shift, eval_date_sub, 0},
    {"SUBDATE", FUNCTION_SCALAR, 2, 3, NULLABLE, resolve_shift, eval_date_sub, 0},
    {"SUBTIME", FUNCTION_SCALAR, 2, 2, NULLABLE, resolve_add_time, eval_sub_time, 0},
    {"TIMEDIFF", FUNCTION_SCALAR, 2, 2, NULLABLE, resolve_time_diff, eval_time_diff, 0},
    {"TIMESTAMPADD", FUNCTION_SCALAR, 3, 3, NULLABLE, resolve_timestamp_add, eval_date_add, 0},
    {"TIMESTAMPDIFF", FUNCTION_SCALAR, 3, 3, NULLABLE, resolve_difference, eval_timestamp_diff, 0},
};
const struct function_list function_shifts = {functions, ARRAY_COUNT(functions)};
