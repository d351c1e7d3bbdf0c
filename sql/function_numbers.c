/* function_numbers.c: ABS to TRUNCATE: functions of numbers.
 *
 * Result types follow the manual, chapter "Mathematical Functions": ABS, CEIL, FLOOR, ROUND, TRUNCATE, MOD, GREATEST and LEAST
 * keep exact numbers exact; everything from analysis is DOUBLE.
 *   (M1) A DOUBLE result that is not finite is error 1690; a domain error (SQRT(-1), LOG(0)) is NULL, with warning 3020
 *        for logarithms.
 */
#include <math.h>

#include "base/random.h"
#include "sql/coerce.h"

/* ---- types ---- */

static enum status resolve_double(struct function_call *call) {
    call->expr->type = column_type_double();
    call->expr->coercibility = COERCE_NUMERIC;
    return STATUS_OK;
}

static enum status resolve_bigint(struct function_call *call) {
    call->expr->type = column_type_bigint(0);
    call->expr->coercibility = COERCE_NUMERIC;
    return STATUS_OK;
}

/* Integers stay BIGINT, DECIMAL stays itself, all else is DOUBLE. */
static enum status resolve_like_arg(struct function_call *call) {
    struct expr *expr = call->expr;
    const struct column_type *type = &expr->args[0]->type;
    expr->coercibility = COERCE_NUMERIC;
    bool is_integer =
        column_kind_is_integer(type->kind) || type->kind == COLUMN_BIT || type->kind == COLUMN_YEAR;
    if (is_integer)
        expr->type = column_type_bigint(type->flags & COLUMN_UNSIGNED);
    else if (type->kind == COLUMN_DECIMAL)
        expr->type = *type;
    else
        expr->type = column_type_double();
    return STATUS_OK;
}

/* CEIL and FLOOR: a DECIMAL of up to 18 digits becomes BIGINT. */
static enum status resolve_whole(struct function_call *call) {
    enum status status = resolve_like_arg(call);
    struct column_type *type = &call->expr->type;
    if (status != STATUS_OK || type->kind != COLUMN_DECIMAL) return status;
    call->expr->args[0] = expr_all_places(call->arena, call->expr->args[0]);
    uint8_t digits = (uint8_t)(type->precision - type->scale);
    *type = digits <= 18 ? column_type_bigint(0) : column_type_decimal((uint8_t)(digits + 1), 0);
    return STATUS_OK;
}

/* ROUND and TRUNCATE: the places are known when they are a constant. A DOUBLE shows as many. */
static enum status resolve_round(struct function_call *call) {
    enum status status = resolve_like_arg(call);
    struct expr *expr = call->expr;
    bool is_double = expr->type.kind == COLUMN_DOUBLE;
    if (status != STATUS_OK || (expr->type.kind != COLUMN_DECIMAL && !is_double)) return status;
    int64_t places = 0;
    if (expr->arg_count == 2) {
        if (expr->args[1]->kind != EXPR_CONSTANT) return STATUS_OK;
        const struct value *constant = &expr->args[1]->value;
        if (value_is_null(constant) || value_to_int(constant, &places) == STATUS_INVALID) {
            return STATUS_OK;
        }
    }
    if (is_double) {
        expr->type.scale = (uint8_t)MIN(MAX(places, (int64_t)0), (int64_t)SCALE_NOT_FIXED);
        return STATUS_OK;
    }
    expr->args[0] = expr_all_places(call->arena, expr->args[0]);
    uint8_t digits = (uint8_t)(expr->type.precision - expr->type.scale);
    uint8_t scale = (uint8_t)MAX((int64_t)0, MIN(places, (int64_t)DECIMAL_SCALE_MAX));
    expr->type =
        column_type_decimal((uint8_t)MIN(digits + 1 + scale, DECIMAL_PRECISION_MAX), scale);
    return STATUS_OK;
}

/* ---- doubles ---- */

/* (M1) */
static enum status double_result(const struct expr *expr, struct eval_context *context,
                                 double number, struct value *out) {
    if (!isfinite(number)) {
        struct buffer text = buffer_of(context->arena);
        expr_print(expr, &text);
        return diagnostics_error(context->diagnostics, ER_DATA_OUT_OF_RANGE, "DOUBLE",
                                 arena_text(context->arena, buffer_slice(&text)));
    }
    *out = value_of_double(number);
    return STATUS_OK;
}

/* The args as doubles; *is_null_out: the result is NULL already. */
static enum status double_args(const struct expr *expr, struct eval_context *context,
                               double *numbers, bool *is_null_out) {
    struct value args[2];
    CHECK(expr->arg_count <= ARRAY_COUNT(args));
    enum status status = function_args(expr, context, args, is_null_out);
    for (uint32_t i = 0; i < expr->arg_count && status == STATUS_OK && !*is_null_out; i++) {
        status = function_double(context, &args[i], &numbers[i]);
    }
    return status;
}

/* One function of libm for one function of SQL; whatever it makes of bad input is NULL or (M1). */
#define DOUBLE_FUNCTION(name, expression, is_defined)                                              \
    static enum status eval_##name(const struct expr *expr, struct eval_context *context,          \
                                   struct value *out) {                                            \
        double numbers[2];                                                                         \
        bool is_null;                                                                              \
        *out = value_null();                                                                       \
        enum status status = double_args(expr, context, numbers, &is_null);                        \
        if (status != STATUS_OK || is_null) return status;                                         \
        double x = numbers[0];                                                                     \
        if (!(is_defined)) return STATUS_OK;                                                       \
        return double_result(expr, context, (expression), out);                                    \
    }

DOUBLE_FUNCTION(sqrt, sqrt(x), x >= 0)
DOUBLE_FUNCTION(exp, exp(x), true)
DOUBLE_FUNCTION(sin, sin(x), true)
DOUBLE_FUNCTION(cos, cos(x), true)
DOUBLE_FUNCTION(tan, tan(x), true)
DOUBLE_FUNCTION(cot, 1 / tan(x), true)
DOUBLE_FUNCTION(asin, asin(x), x >= -1 && x <= 1)
DOUBLE_FUNCTION(acos, acos(x), x >= -1 && x <= 1)
DOUBLE_FUNCTION(atan, expr->arg_count == 2 ? atan2(x, numbers[1]) : atan(x), true)
DOUBLE_FUNCTION(degrees, x *(180 / M_PI), true)
DOUBLE_FUNCTION(radians, x *(M_PI / 180), true)
DOUBLE_FUNCTION(pow, pow(x, numbers[1]), true)

static enum status eval_pi(const struct expr *expr, struct eval_context *context,
                           struct value *out) {
    (void)expr;
    (void)context;
    *out = value_of_double(M_PI);
    out->scale = 6; /* what MySQL shows of it */
    return STATUS_OK;
}

static enum status no_logarithm(struct eval_context *context) {
    diagnostics_warn(context->diagnostics, CONDITION_WARNING, ER_INVALID_ARGUMENT_FOR_LOGARITHM);
    return STATUS_OK;
}

/* LN, LOG2, LOG10, LOG(x), LOG(base, x). */
static enum status logarithm(const struct expr *expr, struct eval_context *context, double base,
                             struct value *out) {
    double numbers[2];
    bool is_null;
    *out = value_null();
    enum status status = double_args(expr, context, numbers, &is_null);
    if (status != STATUS_OK || is_null) return status;
    double x = numbers[expr->arg_count - 1];
    if (expr->arg_count == 2) base = numbers[0];
    if (x <= 0 || base <= 0 || base == 1) return no_logarithm(context);
    double result = base == M_E  ? log(x)
                    : base == 2  ? log2(x)
                    : base == 10 ? log10(x)
                                 : log(x) / log(base);
    return double_result(expr, context, result, out);
}

static enum status eval_ln(const struct expr *expr, struct eval_context *context,
                           struct value *out) {
    return logarithm(expr, context, M_E, out);
}
static enum status eval_log2(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    return logarithm(expr, context, 2, out);
}
static enum status eval_log10(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    return logarithm(expr, context, 10, out);
}

/* ---- numbers that keep their kind ---- */

/* Strings and temporal values become what the result type says; numbers stay. */
static enum status number_arg(const struct expr *expr, struct eval_context *context,
                              struct value *arg) {
    if (value_is_number(arg) || expr->type.kind != COLUMN_DOUBLE) return STATUS_OK;
    double number;
    enum status status = function_double(context, arg, &number);
    if (status == STATUS_OK) *arg = value_of_double(number);
    return status;
}

static enum status out_of_range(const struct expr *expr, struct eval_context *context) {
    struct buffer text = buffer_of(context->arena);
    expr_print(expr, &text);
    const char *type = expr->type.kind == COLUMN_DOUBLE    ? "DOUBLE"
                       : expr->type.kind == COLUMN_DECIMAL ? "DECIMAL"
                                                           : "BIGINT";
    return diagnostics_error(context->diagnostics, ER_DATA_OUT_OF_RANGE, type,
                             arena_text(context->arena, buffer_slice(&text)));
}

static enum status eval_abs(const struct expr *expr, struct eval_context *context,
                            struct value *out) {
    bool is_null;
    enum status status = function_args(expr, context, out, &is_null);
    if (status != STATUS_OK || is_null) {
        *out = value_null();
        return status;
    }
    status = number_arg(expr, context, out);
    if (status != STATUS_OK) return status;
    struct value zero = value_of_int(0);
    int order = 0;
    if (value_compare(out, &zero, &order) != STATUS_OK || order >= 0) return STATUS_OK;
    struct value negated;
    if (out->kind == VALUE_INT && out->i == INT64_MIN) return out_of_range(expr, context);
    status = value_negate(out, context->arena, &negated);
    *out = negated;
    return status == STATUS_OK ? STATUS_OK : out_of_range(expr, context);
}

static enum status eval_sign(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    double number[2];
    bool is_null;
    *out = value_null();
    enum status status = double_args(expr, context, number, &is_null);
    if (status == STATUS_OK && !is_null) *out = value_of_int((number[0] > 0) - (number[0] < 0));
    return status;
}

enum direction { DOWN = -1, UP = 1 };

/* Toward zero, then one step on when that went the wrong way. */
static enum status exact_whole(const struct value *arg, struct eval_context *context,
                               enum direction direction, struct value *out) {
    enum status status = value_round(arg, 0, DECIMAL_TOWARD_ZERO, context->arena, out);
    int order = 0;
    if (status == STATUS_OK) status = value_compare(arg, out, &order);
    if (status != STATUS_OK || order * (int)direction <= 0) return status;
    struct value step = value_of_int(direction);
    return value_arithmetic(ARITHMETIC_ADD, out, &step, context->arena, out);
}

static enum status whole(const struct expr *expr, struct eval_context *context,
                         enum direction direction, struct value *out) {
    bool is_null;
    struct value arg;
    *out = value_null();
    enum status status = function_args(expr, context, &arg, &is_null);
    if (status != STATUS_OK || is_null) return status;
    status = number_arg(expr, context, &arg);
    if (status != STATUS_OK) return status;
    if (arg.kind == VALUE_DOUBLE || arg.kind == VALUE_FLOAT) {
        *out = value_of_double(direction == UP ? ceil(arg.d) : floor(arg.d));
        return STATUS_OK;
    }
    if (exact_whole(&arg, context, direction, out) != STATUS_OK) return out_of_range(expr, context);
    int64_t integer;
    bool fits = column_kind_is_integer(expr->type.kind) && out->kind == VALUE_DECIMAL &&
                value_to_int(out, &integer) == STATUS_OK;
    if (fits) *out = value_of_int(integer);
    return STATUS_OK;
}

static enum status eval_ceil(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    return whole(expr, context, UP, out);
}
static enum status eval_floor(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    return whole(expr, context, DOWN, out);
}

static enum status rounded(const struct expr *expr, struct eval_context *context,
                           enum decimal_rounding rounding, struct value *out) {
    struct value args[2];
    bool is_null;
    *out = value_null();
    enum status status = function_args(expr, context, args, &is_null);
    if (status != STATUS_OK || is_null) return status;
    int64_t places = 0;
    if (expr->arg_count == 2) status = function_int(context, &args[1], &places);
    if (status == STATUS_OK) status = number_arg(expr, context, &args[0]);
    if (status != STATUS_OK) return status;
    status = value_round(&args[0], places, rounding, context->arena, out);
    if (status == STATUS_OK && out->kind == VALUE_DOUBLE) out->scale = expr->type.scale;
    return status == STATUS_OK ? STATUS_OK : out_of_range(expr, context);
}

static enum status eval_round(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    return rounded(expr, context, DECIMAL_HALF_AWAY, out);
}
static enum status eval_truncate(const struct expr *expr, struct eval_context *context,
                                 struct value *out) {
    return rounded(expr, context, DECIMAL_TOWARD_ZERO, out);
}

/* ---- bits, chance, checksums ---- */

static enum status eval_bit_count(const struct expr *expr, struct eval_context *context,
                                  struct value *out) {
    struct value arg;
    bool is_null;
    *out = value_null();
    enum status status = function_args(expr, context, &arg, &is_null);
    if (status != STATUS_OK || is_null) return status;
    int64_t bits;
    if (arg.kind == VALUE_UINT || arg.kind == VALUE_BIT)
        bits = (int64_t)arg.u;
    else
        status = function_int(context, &arg, &bits);
    if (status == STATUS_OK) *out = value_of_int(__builtin_popcountll((uint64_t)bits));
    return status;
}

/* RAND(n): a sequence of its own that starts anew with n at each execution; RAND(): the session's. */
static enum status eval_rand(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    if (expr->arg_count == 0) {
        *out = value_of_double(random_unit(context->random));
        return STATUS_OK;
    }
    struct value arg;
    bool is_null;
    int64_t seed = 0;
    enum status status = function_args(expr, context, &arg, &is_null);
    if (status == STATUS_OK && !is_null) status = function_int(context, &arg, &seed);
    if (status != STATUS_OK) return status;
    /* The generator that the manual shows: two 30-bit numbers. */
    static const uint64_t modulus = 0x3FFFFFFF;
    uint64_t *state = &context->rand_states[2 * expr->operation];
    bool is_first = state[0] == 0 && state[1] == 0;
    bool is_varying = (expr->args[0]->flags & EXPR_STATEMENT_CONSTANT) == 0;
    if (is_first || is_varying) {
        uint32_t start = (uint32_t)seed;
        state[0] = ((uint64_t)(uint32_t)(start * 0x10001u + 55555555u)) % modulus;
        state[1] = ((uint64_t)(uint32_t)(start * 0x10000001u)) % modulus;
    }
    state[0] = (state[0] * 3 + state[1]) % modulus;
    state[1] = (state[0] + state[1] + 33) % modulus;
    *out = value_of_double((double)state[0] / (double)modulus);
    return STATUS_OK;
}

/* ---- the largest and the smallest ---- */

static enum status extreme(const struct expr *expr, struct eval_context *context, int wanted,
                           struct value *out) {
    *out = value_null();
    struct value best = value_null();
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        struct value arg;
        enum status status = expr_eval(expr->args[i], context, &arg);
        if (status != STATUS_OK || value_is_null(&arg)) return status;
        int order = wanted;
        if (i > 0) order = value_compare_total(&arg, &best, expr->collation);
        if (i == 0 || order * wanted > 0) best = arg;
    }
    *out = best;
    return STATUS_OK;
}

static enum status eval_greatest(const struct expr *expr, struct eval_context *context,
                                 struct value *out) {
    return extreme(expr, context, 1, out);
}
static enum status eval_least(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    return extreme(expr, context, -1, out);
}

/* ---- the list ---- */

static const struct function functions[] = {
    {.name = "ABS", .args_min = 1, .args_max = 1, .resolve = resolve_like_arg, .eval = eval_abs},
    {.name = "ACOS",
     .args_min = 1,
     .args_max = 1,
     .flags = FUNCTION_ALWAYS_NULLABLE,
     .resolve = resolve_double,
     .eval = eval_acos},
    {.name = "ASIN",
     .args_min = 1,
     .args_max = 1,
     .flags = FUNCTION_ALWAYS_NULLABLE,
     .resolve = resolve_double,
     .eval = eval_asin},
    {.name = "ATAN", .args_min = 1, .args_max = 2, .resolve = resolve_double, .eval = eval_atan},
    {.name = "ATAN2", .args_min = 1, .args_max = 2, .resolve = resolve_double, .eval = eval_atan},
    {.name = "BIT_COUNT",
     .args_min = 1,
     .args_max = 1,
     .resolve = resolve_bigint,
     .eval = eval_bit_count},
    {.name = "CEIL", .args_min = 1, .args_max = 1, .resolve = resolve_whole, .eval = eval_ceil},
    {.name = "CEILING", .args_min = 1, .args_max = 1, .resolve = resolve_whole, .eval = eval_ceil},
    {.name = "COS", .args_min = 1, .args_max = 1, .resolve = resolve_double, .eval = eval_cos},
    {.name = "COT", .args_min = 1, .args_max = 1, .resolve = resolve_double, .eval = eval_cot},
    {.name = "DEGREES",
     .args_min = 1,
     .args_max = 1,
     .resolve = resolve_double,
     .eval = eval_degrees},
    {.name = "EXP", .args_min = 1, .args_max = 1, .resolve = resolve_double, .eval = eval_exp},
    {.name = "FLOOR", .args_min = 1, .args_max = 1, .resolve = resolve_whole, .eval = eval_floor},
    {.name = "GREATEST",
     .args_min = 2,
     .args_max = FUNCTION_ARGS_ANY,
     .flags = FUNCTION_TAKES_NULL,
     .resolve = coerce_function_common,
     .eval = eval_greatest},
    {.name = "LEAST",
     .args_min = 2,
     .args_max = FUNCTION_ARGS_ANY,
     .flags = FUNCTION_TAKES_NULL,
     .resolve = coerce_function_common,
     .eval = eval_least},
    {.name = "LN",
     .args_min = 1,
     .args_max = 1,
     .flags = FUNCTION_ALWAYS_NULLABLE,
     .resolve = resolve_double,
     .eval = eval_ln},
    {.name = "LOG",
     .args_min = 1,
     .args_max = 2,
     .flags = FUNCTION_ALWAYS_NULLABLE,
     .resolve = resolve_double,
     .eval = eval_ln},
    {.name = "LOG10",
     .args_min = 1,
     .args_max = 1,
     .flags = FUNCTION_ALWAYS_NULLABLE,
     .resolve = resolve_double,
     .eval = eval_log10},
    {.name = "LOG2",
     .args_min = 1,
     .args_max = 1,
     .flags = FUNCTION_ALWAYS_NULLABLE,
     .resolve = resolve_double,
     .eval = eval_log2},
    {.name = "PI", .resolve = resolve_double, .eval = eval_pi, .flags = FUNCTION_NEVER_NULL},
    {.name = "POW", .args_min = 2, .args_max = 2, .resolve = resolve_double, .eval = eval_pow},
    {.name = "POWER", .args_min = 2, .args_max = 2, .resolve = resolve_double, .eval = eval_pow},
    {.name = "RADIANS",
     .args_min = 1,
     .args_max = 1,
     .resolve = resolve_double,
     .eval = eval_radians},
    {.name = "RAND",
     .args_max = 1,
     .flags = FUNCTION_NOT_DETERMINISTIC | FUNCTION_TAKES_NULL,
     .resolve = resolve_double,
     .eval = eval_rand},
    {.name = "ROUND", .args_min = 1, .args_max = 2, .resolve = resolve_round, .eval = eval_round},
    {.name = "SIGN", .args_min = 1, .args_max = 1, .resolve = resolve_bigint, .eval = eval_sign},
    {.name = "SIN", .args_min = 1, .args_max = 1, .resolve = resolve_double, .eval = eval_sin},
    {.name = "SQRT",
     .args_min = 1,
     .args_max = 1,
     .flags = FUNCTION_ALWAYS_NULLABLE,
     .resolve = resolve_double,
     .eval = eval_sqrt},
    {.name = "TAN", .args_min = 1, .args_max = 1, .resolve = resolve_double, .eval = eval_tan},
    {.name = "TRUNCATE",
     .args_min = 2,
     .args_max = 2,
     .resolve = resolve_round,
     .eval = eval_truncate},
};

const struct function_list function_numbers = {functions, ARRAY_COUNT(functions)};
