/* expr_eval.c: what is the value of an expression for one row?
 *
 * One function per kind of node; expr_new (expr.c) puts it into the node, so evaluation is a chain of indirect calls
 * without a switch. Calls of functions are in function*.c.
 *   (V1) Three-valued logic: conditions give VALUE_INT 1, 0 or NULL.
 *   (V2) Arithmetic errors follow sql_mode: division by zero is NULL, with a warning when ERROR_FOR_DIVISION_BY_ZERO is
 *        on, and an error when the statement writes in strict mode as well.
 */
#include "sql/expr_private.h"
#include "sql/timezone.h"

static const struct value value_true = {.kind = VALUE_INT, .i = 1};
static const struct value value_false = {.kind = VALUE_INT, .i = 0};

static struct value value_of_truth(int truth) {
    if (truth < 0) return value_null();
    return truth != 0 ? value_true : value_false;
}

enum status expr_truth(const struct expr *expr, struct eval_context *context, int *truth_out) {
    struct value value;
    enum status status = expr_eval(expr, context, &value);
    if (status != STATUS_OK) return status;
    *truth_out = value_truth(&value);
    return STATUS_OK;
}

static bool is_negated(const struct expr *expr) { return (expr->flags & EXPR_IS_NEGATED) != 0; }

static int truth_flip(const struct expr *expr, int truth) {
    return truth < 0 || !is_negated(expr) ? truth : !truth;
}

enum status expr_eval_constant(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    (void)context;
    *out = expr->value;
    return STATUS_OK;
}

enum status expr_eval_parameter(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    CHECK(expr->ordinal < context->parameter_count);
    *out = context->parameters[expr->ordinal];
    return STATUS_OK;
}

enum status expr_eval_slot(const struct expr *expr, struct eval_context *context,
                           struct value *out) {
    *out = context->slots[expr->slot];
    return STATUS_OK;
}

/* A stored TIMESTAMP is UTC; everybody above the slot sees the session's clock. A slot that has it already stays. */
enum status expr_eval_timestamp(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    *out = context->slots[expr->slot];
    if (out->kind == VALUE_TIMESTAMP) *out = timezone_to_local(context->zone, out);
    return STATUS_OK;
}

/* ---- logic ---- */

enum status expr_eval_and(const struct expr *expr, struct eval_context *context,
                          struct value *out) {
    int result = 1;
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        int truth;
        enum status status = expr_truth(expr->args[i], context, &truth);
        if (status != STATUS_OK) return status;
        if (truth == 0) {
            *out = value_false;
            return STATUS_OK;
        }
        if (truth < 0) result = -1;
    }
    *out = value_of_truth(result);
    return STATUS_OK;
}

enum status expr_eval_or(const struct expr *expr, struct eval_context *context, struct value *out) {
    int result = 0;
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        int truth;
        enum status status = expr_truth(expr->args[i], context, &truth);
        if (status != STATUS_OK) return status;
        if (truth > 0) {
            *out = value_true;
            return STATUS_OK;
        }
        if (truth < 0) result = -1;
    }
    *out = value_of_truth(result);
    return STATUS_OK;
}

enum status expr_eval_xor(const struct expr *expr, struct eval_context *context,
                          struct value *out) {
    int result = 0;
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        int truth;
        enum status status = expr_truth(expr->args[i], context, &truth);
        if (status != STATUS_OK) return status;
        if (truth < 0 || result < 0)
            result = -1;
        else
            result ^= truth;
    }
    *out = value_of_truth(result);
    return STATUS_OK;
}

enum status expr_eval_not(const struct expr *expr, struct eval_context *context,
                          struct value *out) {
    int truth;
    enum status status = expr_truth(expr->args[0], context, &truth);
    if (status == STATUS_OK) *out = value_of_truth(truth < 0 ? -1 : !truth);
    return status;
}

enum status expr_eval_is_null(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    struct value value;
    enum status status = expr_eval(expr->args[0], context, &value);
    if (status == STATUS_OK) *out = value_of_truth(truth_flip(expr, value_is_null(&value)));
    return status;
}

/* IS TRUE and IS FALSE: NULL is neither. */
enum status expr_eval_is_truth(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    int truth;
    enum status status = expr_truth(expr->args[0], context, &truth);
    if (status != STATUS_OK) return status;
    int is = truth == (expr->kind == EXPR_IS_TRUE ? 1 : 0);
    *out = value_of_truth(truth_flip(expr, is));
    return STATUS_OK;
}

/* ---- comparison ---- */

/* The order of two values that are not NULL, in the expression's collation. */
static enum status order_of(const struct expr *expr, struct eval_context *context,
                            const struct value *a, const struct value *b, int *order_out) {
    struct value left = *a;
    if (left.kind == VALUE_STRING) left.collation = expr->collation;
    if (value_compare(&left, b, order_out) == STATUS_OK) return STATUS_OK;
    return diagnostics_error_text(context->diagnostics, ER_WRONG_ARGUMENTS,
                                  "Incorrect arguments to comparison");
}

static int order_satisfies(enum program_op op, int order) {
    switch (op) {
    case PROGRAM_EQ:
    case PROGRAM_NULL_SAFE_EQ: return order == 0;
    case PROGRAM_NE: return order != 0;
    case PROGRAM_LT: return order < 0;
    case PROGRAM_LE: return order <= 0;
    case PROGRAM_GT: return order > 0;
    case PROGRAM_GE: return order >= 0;
    default: break;
    }
    UNREACHABLE();
}

enum status expr_eval_compare(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    struct value a, b;
    enum status status = expr_eval(expr->args[0], context, &a);
    if (status == STATUS_OK) status = expr_eval(expr->args[1], context, &b);
    if (status != STATUS_OK) return status;
    if (value_is_null(&a) || value_is_null(&b)) {
        bool is_safe = expr->operation == PROGRAM_NULL_SAFE_EQ;
        int both = value_is_null(&a) && value_is_null(&b);
        *out = value_of_truth(is_safe ? both : -1);
        return STATUS_OK;
    }
    int order;
    status = order_of(expr, context, &a, &b, &order);
    if (status == STATUS_OK) *out = value_of_truth(order_satisfies(expr->operation, order));
    return status;
}

enum status expr_eval_in(const struct expr *expr, struct eval_context *context, struct value *out) {
    struct value needle, item;
    enum status status = expr_eval(expr->args[0], context, &needle);
    if (status != STATUS_OK) return status;
    int found = value_is_null(&needle) ? -1 : 0;
    for (uint32_t i = 1; i < expr->arg_count && found == 0; i++) {
        status = expr_eval(expr->args[i], context, &item);
        if (status != STATUS_OK) return status;
        if (value_is_null(&item)) continue;
        int order;
        status = order_of(expr, context, &needle, &item, &order);
        if (status != STATUS_OK) return status;
        found = order == 0;
    }
    if (found == 0 && (expr->flags & EXPR_NULLABLE) != 0) {
        for (uint32_t i = 1; i < expr->arg_count && found == 0; i++) {
            status = expr_eval(expr->args[i], context, &item);
            if (status != STATUS_OK) return status;
            if (value_is_null(&item)) found = -1;
        }
    }
    *out = value_of_truth(truth_flip(expr, found));
    return STATUS_OK;
}

/* One side of BETWEEN: 1, 0, -1 unknown. */
static enum status side_of(const struct expr *expr, struct eval_context *context,
                           const struct value *value, uint32_t bound, int *truth_out) {
    struct value limit;
    enum status status = expr_eval(expr->args[bound], context, &limit);
    if (status != STATUS_OK) return status;
    *truth_out = -1;
    if (value_is_null(&limit)) return STATUS_OK;
    int order;
    status = order_of(expr, context, value, &limit, &order);
    if (status == STATUS_OK) *truth_out = bound == 1 ? order >= 0 : order <= 0;
    return status;
}

enum status expr_eval_between(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    struct value value;
    enum status status = expr_eval(expr->args[0], context, &value);
    if (status != STATUS_OK) return status;
    if (value_is_null(&value)) {
        *out = value_null();
        return STATUS_OK;
    }
    int low, high;
    status = side_of(expr, context, &value, 1, &low);
    if (status == STATUS_OK) status = side_of(expr, context, &value, 2, &high);
    if (status != STATUS_OK) return status;
    int truth = low == 0 || high == 0 ? 0 : low < 0 || high < 0 ? -1 : 1;
    *out = value_of_truth(truth_flip(expr, truth));
    return STATUS_OK;
}

enum status expr_eval_like(const struct expr *expr, struct eval_context *context,
                           struct value *out) {
    struct value text, pattern;
    enum status status = expr_eval(expr->args[0], context, &text);
    if (status == STATUS_OK) status = expr_eval(expr->args[1], context, &pattern);
    if (status != STATUS_OK) return status;
    bool is_null = value_is_null(&text) || value_is_null(&pattern);
    int truth = is_null ? -1
                        : collation_like(expr->collation, value_slice(&text), value_slice(&pattern),
                                         expr->operation);
    *out = value_of_truth(truth_flip(expr, truth));
    return STATUS_OK;
}

/* ---- numbers ---- */

/* (V2) */
static enum status tell_arithmetic(const struct expr *expr, struct eval_context *context,
                                   enum status status) {
    if (status == STATUS_OK || status == STATUS_TRUNCATED || status == STATUS_INVALID) {
        return STATUS_OK;
    }
    if (status == STATUS_DIVISION_BY_ZERO) return expr_tell_division(context);
    CHECK(status == STATUS_OUT_OF_RANGE);
    struct buffer text = buffer_of(context->arena);
    expr_print(expr, &text);
    const char *type = expr->type.kind == COLUMN_DECIMAL      ? "DECIMAL"
                       : expr->type.kind == COLUMN_DOUBLE     ? "DOUBLE"
                       : column_type_is_unsigned(&expr->type) ? "BIGINT UNSIGNED"
                                                              : "BIGINT";
    return diagnostics_error(context->diagnostics, ER_DATA_OUT_OF_RANGE, type,
                             arena_text(context->arena, buffer_slice(&text)));
}

enum status expr_tell_division(struct eval_context *context) {
    if ((context->mode & EVAL_ERROR_FOR_DIVISION_BY_ZERO) == 0) return STATUS_OK;
    bool is_error = (context->mode & EVAL_STRICT) != 0 && (context->mode & EVAL_IGNORE) == 0;
    if (is_error) return diagnostics_error(context->diagnostics, ER_DIVISION_BY_ZERO);
    diagnostics_warn(context->diagnostics, CONDITION_WARNING, ER_DIVISION_BY_ZERO);
    return STATUS_OK;
}

/* A DOUBLE prints the places of the expression's type. */
static void fix_places(const struct expr *expr, struct value *result) {
    bool is_real = expr->type.kind == COLUMN_DOUBLE && result->kind == VALUE_DOUBLE;
    if (is_real) result->scale = expr->type.scale;
}

/* From left to right; a chain of + or * is one node. */
enum status expr_eval_arithmetic(const struct expr *expr, struct eval_context *context,
                                 struct value *out) {
    struct value result, next;
    enum status status = expr_eval(expr->args[0], context, &result);
    for (uint32_t i = 1; i < expr->arg_count && status == STATUS_OK; i++) {
        status = expr_eval(expr->args[i], context, &next);
        if (status != STATUS_OK) break;
        struct value left = result;
        status = value_arithmetic((enum arithmetic_op)expr->operation, &left, &next, context->arena,
                                  &result);
        if (status != STATUS_OK) status = tell_arithmetic(expr, context, status);
    }
    if (status != STATUS_OK) return status;
    fix_places(expr, &result);
    *out = result;
    return STATUS_OK;
}

enum status expr_eval_negate(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    struct value a;
    enum status status = expr_eval(expr->args[0], context, &a);
    if (status != STATUS_OK) return status;
    status = tell_arithmetic(expr, context, value_negate(&a, context->arena, out));
    fix_places(expr, out);
    return status;
}

enum status expr_eval_bit_not(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    struct value a;
    enum status status = expr_eval(expr->args[0], context, &a);
    if (status != STATUS_OK) return status;
    return tell_arithmetic(expr, context, value_bit_not(&a, out));
}

/* ---- choice ---- */

enum status expr_eval_case(const struct expr *expr, struct eval_context *context,
                           struct value *out) {
    for (uint32_t i = 0; i + 1 < expr->arg_count; i += 2) {
        int truth;
        enum status status = expr_truth(expr->args[i], context, &truth);
        if (status != STATUS_OK) return status;
        if (truth > 0) return expr_eval(expr->args[i + 1], context, out);
    }
    if (expr->arg_count % 2 == 1) return expr_eval(expr->args[expr->arg_count - 1], context, out);
    *out = value_null();
    return STATUS_OK;
}

enum status expr_eval_coalesce(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    *out = value_null();
    for (uint32_t i = 0; i < expr->arg_count && value_is_null(out); i++) {
        enum status status = expr_eval(expr->args[i], context, out);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

/* Its type is that of binding; another statement may have set it to something else since. */
static enum status variable_as(const struct expr *expr, struct eval_context *context,
                               struct value *value) {
    bool is_as_bound =
        value_is_null(value) || value->kind == (uint8_t)column_type_value_kind(&expr->type);
    if (is_as_bound) return STATUS_OK;
    struct expr source = {.kind = EXPR_CONSTANT, .eval = expr_eval_constant, .value = *value};
    source.type = expr->type;
    struct expr *arg = &source;
    struct expr cast = {.kind = EXPR_CAST, .arg_count = 1, .args = &arg, .type = expr->type};
    return expr_eval_cast(&cast, context, value);
}

enum status expr_eval_variable(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    enum status status;
    if (expr->arg_count == 0) {
        status = context->get_variable(context->session, expr->name, out);
        return status == STATUS_OK ? variable_as(expr, context, out) : status;
    }
    status = expr_eval(expr->args[0], context, out);
    if (status != STATUS_OK) return status;
    return context->set_variable(context->session, expr->name, out);
}
