/* function_clocks.c: NOW to UTC_TIMESTAMP: what time is it?
 *
 * All of a statement's rows see the same NOW: the context's now_epoch_us, the moment at which the statement began. SYSDATE is the
 * moment of the last resume. The digits behind the asked-for ones are cut off, never rounded up into the future.
 */
#include "sql/function_private.h"

#include "sql/timezone.h"

static enum status resolve_clock(struct function_call *call, enum column_kind kind) {
    struct expr *expr = call->expr;
    int64_t fsp = 0;
    bool is_known = expr->arg_count == 0 || function_constant_int(expr->args[0], &fsp);
    if (!is_known || fsp < 0 || fsp > FSP_MAX) {
        return diagnostics_error(call->diagnostics, ER_TOO_BIG_PRECISION, (int)fsp,
                                 function_name_lower(expr, call->arena), (unsigned long)FSP_MAX);
    }
    function_type_temporal(call, kind, (uint8_t)fsp);
    return STATUS_OK;
}

static enum status resolve_now(struct function_call *call) {
    return resolve_clock(call, COLUMN_DATETIME);
}
static enum status resolve_time(struct function_call *call) {
    return resolve_clock(call, COLUMN_TIME);
}
static enum status resolve_date(struct function_call *call) {
    return resolve_clock(call, COLUMN_DATE);
}

static enum status clock_value(const struct expr *expr, struct eval_context *context,
                               int64_t local_us, struct value *out) {
    int64_t packed;
    enum status status = temporal_from_epoch_us(local_us, &packed);
    CHECK(status == STATUS_OK); /* the machine's clock is within year 9999 */
    if (expr->type.kind == COLUMN_TIME)
        *out = function_time_result(expr, context, local_us % US_PER_DAY);
    else
        *out = function_date_time_result(expr, packed);
    return STATUS_OK;
}

static enum status eval_local(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    return clock_value(expr, context, time_zone_from_utc(context->zone, context->now_epoch_us),
                       out);
}

static enum status eval_utc(const struct expr *expr, struct eval_context *context,
                            struct value *out) {
    return clock_value(expr, context, context->now_epoch_us, out);
}

static enum status eval_sysdate(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    return clock_value(expr, context, time_zone_from_utc(context->zone, eval_clock_us(context)),
                       out);
}

#define FACT FUNCTION_NEVER_NULL

static const struct function functions[] = {
    {"CURDATE", FUNCTION_SCALAR, 0, 0, FACT, resolve_date, eval_local, 0},
    {"CURRENT_DATE", FUNCTION_SCALAR, 0, 0, FACT, resolve_date, eval_local, 0},
    {"CURRENT_TIME", FUNCTION_SCALAR, 0, 1, FACT, resolve_time, eval_local, 0},
    {"CURRENT_TIMESTAMP", FUNCTION_SCALAR, 0, 1, FACT, resolve_now, eval_local, 0},
    {"CURTIME", FUNCTION_SCALAR, 0, 1, FACT, resolve_time, eval_local, 0},
    {"LOCALTIME", FUNCTION_SCALAR, 0, 1, FACT, resolve_now, eval_local, 0},
    {"LOCALTIMESTAMP", FUNCTION_SCALAR, 0, 1, FACT, resolve_now, eval_local, 0},
    {"NOW", FUNCTION_SCALAR, 0, 1, FACT, resolve_now, eval_local, 0},
    {"SYSDATE", FUNCTION_SCALAR, 0, 1, FACT | FUNCTION_NOT_DETERMINISTIC, resolve_now, eval_sysdate,
     0},
    {"UTC_DATE", FUNCTION_SCALAR, 0, 0, FACT, resolve_date, eval_utc, 0},
    {"UTC_TIME", FUNCTION_SCALAR, 0, 1, FACT, resolve_time, eval_utc, 0},
    {"UTC_TIMESTAMP", FUNCTION_SCALAR, 0, 1, FACT, resolve_now, eval_utc, 0},
};
const struct function_list function_clocks = {functions, ARRAY_COUNT(functions)};
