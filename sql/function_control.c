/* function_control.c: IF, IFNULL, NULLIF, COALESCE, ISNULL, INTERVAL: which arg is the answer?
 *
 * Those that choose become EXPR_CASE and EXPR_COALESCE nodes at resolving, so that they are evaluated, compared for equality and
 * printed as the operators are: a call node with such a name never exists behind the binder.
 */
#include "sql/coerce.h"
#include "sql/expr_private.h"

static void become(struct expr *expr, enum expr_kind kind, expr_eval_function *eval) {
    expr->kind = (uint8_t)kind;
    expr->eval = eval;
    expr->function = NULL;
}

static enum status resolve_coalesce(struct function_call *call) {
    struct expr *expr = call->expr;
    enum status status = coerce_common(call, expr->args, expr->arg_count);
    become(expr, EXPR_COALESCE, expr_eval_coalesce);
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        if ((expr->args[i]->flags & EXPR_NULLABLE) == 0) expr->flags &= (uint8_t)~EXPR_NULLABLE;
    }
    return status;
}

/* IF(a, b, c) is CASE WHEN a THEN b ELSE c END; the condition does not make it nullable. */
static enum status resolve_if(struct function_call *call) {
    struct expr *expr = call->expr;
    enum status status = coerce_common(call, expr->args + 1, 2);
    become(expr, EXPR_CASE, expr_eval_case);
    bool is_nullable = ((expr->args[1]->flags | expr->args[2]->flags) & EXPR_NULLABLE) != 0;
    if (!is_nullable) expr->flags &= (uint8_t)~EXPR_NULLABLE;
    return status;
}

/* NULLIF(a, b) is CASE WHEN a = b THEN NULL ELSE a END. */
static enum status resolve_nullif(struct function_call *call) {
    static const struct column_type null_type = {.kind = COLUMN_NULL,
                                                 .collation = COLLATION_BINARY};
    struct expr *expr = call->expr, *first = expr->args[0];
    struct expr *equal = expr_new(call->arena, EXPR_COMPARE, 2);
    equal->operation = PROGRAM_EQ;
    equal->args[0] = first;
    equal->args[1] = expr->args[1];
    struct function_call own = *call;
    own.expr = equal;
    enum status status = coerce_comparison(&own, 0, 2);
    expr_inherit(equal);
    equal->type = column_type_bigint(0);
    expr->type = first->type;
    expr->collation = first->collation;
    expr->coercibility = first->coercibility;
    become(expr, EXPR_CASE, expr_eval_case);
    expr->arg_count = 3;
    expr->args = arena_array(call->arena, struct expr *, 3);
    expr->args[0] = equal;
    expr->args[1] = expr_constant(call->arena, value_null(), &null_type);
    expr->args[2] = first;
    expr->flags |= EXPR_NULLABLE;
    return status;
}

static enum status resolve_isnull(struct function_call *call) {
    become(call->expr, EXPR_IS_NULL, expr_eval_is_null);
    return function_resolve_bool(call);
}

/* INTERVAL(n, a, b, ...): how many of a, b, ... are at most n. Numbers only. */
static enum status eval_interval(const struct expr *expr, struct eval_context *context,
                                 struct value *out) {
    struct value needle, item;
    double n, bound;
    enum status status = expr_eval(expr->args[0], context, &needle);
    if (status != STATUS_OK) return status;
    *out = value_of_int(-1);
    if (value_is_null(&needle)) return STATUS_OK;
    status = function_double(context, &needle, &n);
    uint32_t i = 1;
    for (; i < expr->arg_count && status == STATUS_OK; i++) {
        status = expr_eval(expr->args[i], context, &item);
        if (status != STATUS_OK) break;
        if (value_is_null(&item)) continue;
        status = function_double(context, &item, &bound);
        if (status == STATUS_OK && bound > n) break;
    }
    *out = value_of_int((int64_t)i - 1);
    return status;
}

/* NAME_CONST(name, value): the value; the binder takes the name for the column. */
static enum status resolve_name_const(struct function_call *call) {
    struct expr *expr = call->expr;
    bool is_constant = expr->args[0]->kind == EXPR_CONSTANT && expr->args[1]->kind == EXPR_CONSTANT;
    if (!is_constant) {
        return diagnostics_error(call->diagnostics, ER_WRONG_ARGUMENTS, "NAME_CONST");
    }
    struct expr value = *expr->args[1];
    *expr = value;
    return STATUS_OK;
}

/* ANY_VALUE(x) is x; that it need not depend on group keys is bind_group.c's affair. */
static enum status resolve_any_value(struct function_call *call) {
    struct expr *expr = call->expr, *arg = expr->args[0];
    expr->type = arg->type;
    expr->collation = arg->collation;
    expr->coercibility = arg->coercibility;
    return STATUS_OK;
}

static enum status eval_any_value(const struct expr *expr, struct eval_context *context,
                                  struct value *out) {
    return expr_eval(expr->args[0], context, out);
}

static const struct function functions[] = {
    {"ANY_VALUE", FUNCTION_SCALAR, 1, 1, FUNCTION_TAKES_NULL, resolve_any_value, eval_any_value, 0},
    {"COALESCE", FUNCTION_SCALAR, 1, FUNCTION_ARGS_ANY, FUNCTION_TAKES_NULL, resolve_coalesce, NULL,
     0},
    {"IF", FUNCTION_SCALAR, 3, 3, FUNCTION_TAKES_NULL, resolve_if, NULL, 0},
    {"IFNULL", FUNCTION_SCALAR, 2, 2, FUNCTION_TAKES_NULL, resolve_coalesce, NULL, 0},
    {"INTERVAL", FUNCTION_SCALAR, 2, FUNCTION_ARGS_ANY, FUNCTION_TAKES_NULL | FUNCTION_NEVER_NULL,
     function_resolve_int, eval_interval, 0},
    {"ISNULL", FUNCTION_SCALAR, 1, 1, FUNCTION_TAKES_NULL | FUNCTION_NEVER_NULL, resolve_isnull,
     NULL, 0},
    {"NAME_CONST", FUNCTION_SCALAR, 2, 2, FUNCTION_TAKES_NULL, resolve_name_const, NULL, 0},
    {"NULLIF", FUNCTION_SCALAR, 2, 2, FUNCTION_TAKES_NULL, resolve_nullif, NULL, 0},
};
const struct function_list function_control = {functions, ARRAY_COUNT(functions)};
