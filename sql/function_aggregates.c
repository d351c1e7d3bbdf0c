/* function_aggregates.c: which aggregates and window functions there are, and of what type they are. Computing: aggregate.c. */
#include "sql/aggregate.h"
#include "sql/coerce.h"
#include "sql/expr_private.h"

/* MySQL adds so many digits to a sum. */
#define SUM_DIGITS_MORE 22

static enum status resolve_count(struct function_call *call) { return function_resolve_int(call); }

static enum status resolve_sum(struct function_call *call) {
    struct expr *expr = call->expr;
    struct column_type type = coerce_number_type(expr->args[0]);
    expr->coercibility = COERCE_NUMERIC;
    if (type.kind == COLUMN_DOUBLE || type.kind == COLUMN_FLOAT) {
        expr->type = column_type_real(type.scale);
        return STATUS_OK;
    }
    expr->args[0] = expr_all_places(call->arena, expr->args[0]);
    uint32_t digits =
        type.kind == COLUMN_DECIMAL ? type.precision : column_type_display_length(&type, 1);
    uint8_t scale = type.kind == COLUMN_DECIMAL ? type.scale : 0;
    digits = MIN(digits + SUM_DIGITS_MORE, (uint32_t)DECIMAL_PRECISION_MAX);
    expr->type = column_type_decimal((uint8_t)digits, scale);
    if (expr->args[0]->places == PLACES_ALL) expr->places = PLACES_CUT;
    return STATUS_OK;
}

static enum status resolve_avg(struct function_call *call) {
    enum status status = resolve_sum(call);
    struct column_type *type = &call->expr->type;
    if (type->kind != COLUMN_DECIMAL) {
        *type = column_type_real(type->scale + (uint32_t)DECIMAL_DIV_INCREMENT);
        return status;
    }
    uint32_t whole = type->precision - SUM_DIGITS_MORE - type->scale;
    uint32_t scale = MIN(type->scale + (uint32_t)DECIMAL_DIV_INCREMENT, DECIMAL_SCALE_MAX);
    if (type->precision == DECIMAL_PRECISION_MAX) whole = DECIMAL_PRECISION_MAX - scale;
    *type = column_type_decimal((uint8_t)MIN(whole + scale, (uint32_t)DECIMAL_PRECISION_MAX),
                                (uint8_t)scale);
    call->expr->places = PLACES_CUT;
    return status;
}

static enum status resolve_like_arg(struct function_call *call) {
    struct expr *expr = call->expr, *arg = expr->args[0];
    expr->type = arg->type;
    expr->type.flags &= (uint8_t)~COLUMN_NOT_NULL;
    expr->collation = arg->collation;
    expr->coercibility = arg->coercibility;
    return STATUS_OK;
}

/* Members of ENUM and SET compare by their names here. */
static enum status resolve_extreme(struct function_call *call) {
    struct expr **arg = &call->expr->args[0];
    if ((*arg)->type.member_count > 0) *arg = coerce_text(call->arena, *arg, (*arg)->collation);
    return resolve_like_arg(call);
}

static enum status resolve_bits(struct function_call *call) {
    call->expr->type = column_type_bigint(COLUMN_UNSIGNED);
    call->expr->coercibility = COERCE_NUMERIC;
    return STATUS_OK;
}

/* All args are texts of one collation; the length is a variable's affair. */
static enum status resolve_concat(struct function_call *call) {
    enum status status = coerce_texts(call, 0, call->expr->arg_count);
    struct column_type type = {.kind = COLUMN_LONGTEXT, .collation = call->expr->collation};
    if (type.collation == COLLATION_BINARY) type.kind = COLUMN_LONGBLOB;
    call->expr->type = type;
    for (uint32_t i = 0; i < call->expr->arg_count; i++) {
        struct expr *arg = call->expr->args[i];
        struct column_type text = coerce_text_type(coerce_text_length(arg), type.collation);
        if (!coerce_is_text(arg)) call->expr->args[i] = coerce_cast(call->arena, arg, &text);
    }
    return status;
}

#define AGGREGATE(name, min, max, resolve, kind)                                                   \
    { name, FUNCTION_AGGREGATE, min, max, FUNCTION_ALWAYS_NULLABLE, resolve, NULL, kind }

static const struct function aggregates[] = {
    AGGREGATE("AVG", 1, 1, resolve_avg, AGGREGATE_KIND_AVG),
    AGGREGATE("BIT_AND", 1, 1, resolve_bits, AGGREGATE_KIND_BIT_AND),
    AGGREGATE("BIT_OR", 1, 1, resolve_bits, AGGREGATE_KIND_BIT_OR),
    AGGREGATE("BIT_XOR", 1, 1, resolve_bits, AGGREGATE_KIND_BIT_XOR),
    {"COUNT", FUNCTION_AGGREGATE, 0, FUNCTION_ARGS_ANY, FUNCTION_NEVER_NULL, resolve_count, NULL,
     AGGREGATE_KIND_COUNT},
    AGGREGATE("GROUP_CONCAT", 1, FUNCTION_ARGS_ANY, resolve_concat, AGGREGATE_KIND_GROUP_CONCAT),
    AGGREGATE("MAX", 1, 1, resolve_extreme, AGGREGATE_KIND_MAX),
    AGGREGATE("MIN", 1, 1, resolve_extreme, AGGREGATE_KIND_MIN),
    AGGREGATE("STD", 1, 1, function_resolve_double, AGGREGATE_KIND_STD_POP),
    AGGREGATE("STDDEV", 1, 1, function_resolve_double, AGGREGATE_KIND_STD_POP),
    AGGREGATE("STDDEV_POP", 1, 1, function_resolve_double, AGGREGATE_KIND_STD_POP),
    AGGREGATE("STDDEV_SAMP", 1, 1, function_resolve_double, AGGREGATE_KIND_STD_SAMP),
    AGGREGATE("SUM", 1, 1, resolve_sum, AGGREGATE_KIND_SUM),
    AGGREGATE("VARIANCE", 1, 1, function_resolve_double, AGGREGATE_KIND_VAR_POP),
    AGGREGATE("VAR_POP", 1, 1, function_resolve_double, AGGREGATE_KIND_VAR_POP),
    AGGREGATE("VAR_SAMP", 1, 1, function_resolve_double, AGGREGATE_KIND_VAR_SAMP),
};
const struct function_list function_aggregates = {aggregates, ARRAY_COUNT(aggregates)};

/* Has no name in the list: SQL's ANY_VALUE is a scalar function that lets a column pass (bind_group.c). */
static const struct function any_value =
    AGGREGATE("ANY_VALUE", 1, 1, resolve_like_arg, AGGREGATE_KIND_ANY_VALUE);
const struct function *aggregate_any_value(void) { return &any_value; }

/* Window functions have no accumulators: the binder answers 1235, but knows their names and types. */
#define WINDOW(name, min, max, resolve)                                                            \
    { name, FUNCTION_WINDOW, min, max, FUNCTION_ALWAYS_NULLABLE, resolve, NULL, 0 }

static const struct function windows[] = {
    WINDOW("CUME_DIST", 0, 0, function_resolve_double),
    WINDOW("DENSE_RANK", 0, 0, resolve_bits),
    WINDOW("FIRST_VALUE", 1, 1, resolve_like_arg),
    WINDOW("LAG", 1, 3, resolve_like_arg),
    WINDOW("LAST_VALUE", 1, 1, resolve_like_arg),
    WINDOW("LEAD", 1, 3, resolve_like_arg),
    WINDOW("NTH_VALUE", 2, 2, resolve_like_arg),
    WINDOW("NTILE", 1, 1, resolve_bits),
    WINDOW("PERCENT_RANK", 0, 0, function_resolve_double),
    WINDOW("RANK", 0, 0, resolve_bits),
    WINDOW("ROW_NUMBER", 0, 0, resolve_bits),
};
const struct function_list function_windows = {windows, ARRAY_COUNT(windows)};
