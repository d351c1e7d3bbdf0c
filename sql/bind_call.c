/* bind_call.c: calls: f(a, b), aggregates, and what has a syntax of its own but is a function: TRIM, EXTRACT, + INTERVAL.
 *
 * A call is bound in this order: the function is found by its name (1305), its args are counted (1582) and bound, then it
 * resolves itself: sets its type and casts its args. An aggregate becomes a slot of its block; its args are bound in the block as
 * well, but no aggregate may be among them (1111).
 */
#include "sql/bind_private.h"

#include "row/temporal.h"
#include "sql/aggregate.h"

static_assert((int)AST_UNIT_YEAR_MONTH == (int)INTERVAL_YEAR_MONTH, "units are numbered alike");
static_assert((int)AST_UNIT_DAY == (int)INTERVAL_DAY, "units are numbered alike");

/* ---- scalar functions ---- */

static enum status tell_count(struct binder *binder, const struct function *function) {
    return diagnostics_error(binder->diagnostics, ER_WRONG_PARAMCOUNT_TO_NATIVE_FCT,
                             function_name(function));
}

static bool takes_count(const struct function *function, uint32_t count) {
    if (count < function->args_min) return false;
    return function->args_max == FUNCTION_ARGS_ANY || count <= function->args_max;
}

static void set_flags(struct expr *expr, const struct function *function) {
    if ((function->flags & FUNCTION_NOT_DETERMINISTIC) != 0) expr->flags |= EXPR_NOT_DETERMINISTIC;
    if ((function->flags & FUNCTION_WAITS) != 0) expr->flags |= EXPR_WAITS;
    expr_inherit(expr);
    bool is_constant = expr->arg_count == 0 && (expr->flags & EXPR_NOT_DETERMINISTIC) == 0;
    if (is_constant) expr->flags |= EXPR_STATEMENT_CONSTANT;
    if ((function->flags & FUNCTION_NEVER_NULL) != 0) expr->flags &= (uint8_t)~EXPR_NULLABLE;
    if ((function->flags & FUNCTION_ALWAYS_NULLABLE) != 0) expr->flags |= EXPR_NULLABLE;
}

/* RAND(n) has a state of its own. */
static void number_state(struct binder *binder, struct expr *expr) {
    bool is_rand = strcmp(expr->function->name, "RAND") == 0 && expr->arg_count > 0;
    if (is_rand) expr->operation = (uint16_t)binder->statement->rand_state_count++;
}

static enum status call_scalar(struct binder *binder, const struct function *function,
                               struct expr **args, uint32_t arg_count, struct expr **out) {
    if (!takes_count(function, arg_count)) return tell_count(binder, function);
    struct expr *expr = expr_new(binder->arena, EXPR_CALL, arg_count);
    if (arg_count > 0) memcpy(expr->args, args, arg_count * sizeof *args);
    expr->function = function;
    expr->eval = function->eval;
    set_flags(expr, function);
    number_state(binder, expr);
    struct function_call call = bind_call_of(binder, expr);
    *out = expr;
    return function->resolve(&call);
}

enum status bind_function(struct binder *binder, const char *name, struct expr **args,
                          uint32_t arg_count, struct expr **out) {
    const struct function *function = function_find(slice_of_text(name));
    if (function == NULL) return diagnostics_unsupported(binder->diagnostics, name);
    return call_scalar(binder, function, args, arg_count, out);
}

/* ---- aggregates ---- */

static enum status tell_misplaced(struct binder *binder) {
    return diagnostics_error(binder->diagnostics, ER_INVALID_GROUP_FUNC_USE);
}

/* ORDER BY 2 within GROUP_CONCAT is its second arg. */
static enum status bind_concat_key(struct binder *binder, struct ast_expr *ast,
                                   const struct bound_aggregate *aggregate, struct expr **out) {
    uint64_t number;
    if (!bind_ordinal(ast, &number)) return bind_exprs(binder, &ast, 1, out);
    if (number == 0 || number > aggregate->arg_count) {
        return diagnostics_error(binder->diagnostics, ER_BAD_FIELD_ERROR,
                                 arena_printf(binder->arena, "%llu", (unsigned long long)number),
                                 "order clause");
    }
    *out = aggregate->args[number - 1];
    return STATUS_OK;
}

static enum status bind_concat_order(struct binder *binder, const struct ast_call *details,
                                     struct bound_aggregate *aggregate) {
    aggregate->separator = SLICE_LITERAL(",");
    if (details == NULL) return STATUS_OK;
    if (details->has_separator) aggregate->separator = bind_copy(binder, details->separator);
    aggregate->order_count = details->order.count;
    aggregate->order = arena_array(binder->arena, struct bound_order, details->order.count);
    for (uint32_t i = 0; i < details->order.count; i++) {
        enum status status = bind_concat_key(binder, details->order.items[i].expr, aggregate,
                                             &aggregate->order[i].expr);
        if (status != STATUS_OK) return status;
        aggregate->order[i].is_descending = details->order.items[i].descending;
    }
    return STATUS_OK;
}

static enum status bind_aggregate_args(struct binder *binder, const struct ast_expr *ast,
                                       struct bound_aggregate *aggregate) {
    bool is_star = ast->arg_count == 1 && ast->args[0]->kind == AST_EXPR_STAR;
    aggregate->arg_count = is_star ? 0 : ast->arg_count;
    aggregate->args = arena_array(binder->arena, struct expr *, aggregate->arg_count);
    binder->scope->aggregate_depth++;
    enum status status = bind_exprs(binder, ast->args, aggregate->arg_count, aggregate->args);
    if (status == STATUS_OK) status = bind_concat_order(binder, ast->call.details, aggregate);
    binder->scope->aggregate_depth--;
    return status;
}

/* Bits: the expression reads columns of this block (1), of blocks around it (2). */
static uint32_t whose_columns(const struct scope *scope, const struct expr *expr) {
    uint32_t whose = 0;
    if (expr->kind == EXPR_COLUMN) {
        for (uint32_t i = 0; i < scope->table_count; i++) {
            if (scope->tables[i] == expr->table) return 1;
        }
        return 2;
    }
    for (uint32_t i = 0; i < expr->arg_count; i++) whose |= whose_columns(scope, expr->args[i]);
    return whose;
}

/* SUM(x) of an outer block's x alone would be that block's aggregate. */
static enum status check_own(struct binder *binder, const struct bound_aggregate *aggregate) {
    uint32_t whose = 0;
    for (uint32_t i = 0; i < aggregate->arg_count; i++) {
        whose |= whose_columns(binder->scope, aggregate->args[i]);
    }
    if (whose != 2) return STATUS_OK;
    return diagnostics_unsupported(binder->diagnostics, "an outer query's aggregate in a subquery");
}

static enum status resolve_aggregate(struct binder *binder, struct bound_aggregate *aggregate,
                                     struct expr **out) {
    struct expr *node = expr_new(binder->arena, EXPR_CALL, aggregate->arg_count);
    if (aggregate->arg_count > 0) {
        memcpy(node->args, aggregate->args, aggregate->arg_count * sizeof *node->args);
    }
    node->function = aggregate->function;
    struct function_call call = bind_call_of(binder, node);
    enum status status = aggregate->function->resolve(&call);
    if (status != STATUS_OK) return status;
    aggregate->args = node->args;
    aggregate->type = node->type;
    struct bound_aggregate *added = bind_add_aggregate(binder, binder->scope, aggregate);
    struct expr *slot = expr_new(binder->arena, EXPR_SLOT, 0);
    bool never_null = (aggregate->function->flags & FUNCTION_NEVER_NULL) != 0;
    slot->slot = added->slot;
    slot->type = node->type;
    slot->collation = node->collation;
    slot->coercibility = node->coercibility;
    slot->flags = EXPR_HAS_AGGREGATE | (never_null ? 0 : EXPR_NULLABLE);
    if (node->places == PLACES_CUT) expr_cut_places(slot);
    *out = slot;
    return STATUS_OK;
}

static enum status bind_aggregate(struct binder *binder, const struct ast_expr *ast,
                                  const struct function *function, struct expr **out) {
    struct scope *scope = binder->scope;
    const struct ast_call *details = ast->call.details;
    if (details != NULL && details->window != NULL) {
        return diagnostics_unsupported(binder->diagnostics, "window functions");
    }
    bool is_legal =
        scope->select != NULL && scope->allows_aggregates && scope->aggregate_depth == 0;
    if (!is_legal) return tell_misplaced(binder);
    struct bound_aggregate aggregate = {.function = function};
    aggregate.is_distinct = details != NULL && details->is_distinct;
    bool is_count = function->aggregate == AGGREGATE_KIND_COUNT;
    if (!takes_count(function, ast->arg_count)) return tell_count(binder, function);
    if (is_count && ast->arg_count > 1 && !aggregate.is_distinct)
        return tell_count(binder, function);
    enum status status = bind_aggregate_args(binder, ast, &aggregate);
    if (status == STATUS_OK && !is_count && aggregate.arg_count == 0) {
        return tell_count(binder, function);
    }
    if (status == STATUS_OK) status = check_own(binder, &aggregate);
    return status == STATUS_OK ? resolve_aggregate(binder, &aggregate, out) : status;
}

/* ---- by name ---- */

static enum status tell_no_function(struct binder *binder, const struct ast_expr *ast) {
    struct slice schema = ast->call.schema.size > 0 ? ast->call.schema : binder->input->database;
    if (schema.size == 0) return diagnostics_error(binder->diagnostics, ER_NO_DB_ERROR);
    const char *name = arena_printf(binder->arena, "%s.%s", bind_text(binder, schema),
                                    bind_text(binder, ast->call.name));
    return diagnostics_error(binder->diagnostics, ER_SP_DOES_NOT_EXIST, "FUNCTION", name);
}

enum status bind_call(struct binder *binder, const struct ast_expr *ast, struct expr **out) {
    const struct function *function =
        ast->call.schema.size > 0 ? NULL : function_find(ast->call.name);
    if (function == NULL) return tell_no_function(binder, ast);
    switch ((enum function_class)function->class) {
    case FUNCTION_AGGREGATE: return bind_aggregate(binder, ast, function, out);
    case FUNCTION_WINDOW: return diagnostics_unsupported(binder->diagnostics, "window functions");
    case FUNCTION_SCALAR: break;
    }
    const struct ast_call *details = ast->call.details;
    if (details != NULL && details->window != NULL) {
        return diagnostics_error(binder->diagnostics, ER_WINDOW_INVALID_WINDOW_FUNC_USE,
                                 function_name(function));
    }
    struct expr **args = arena_array(binder->arena, struct expr *, ast->arg_count);
    enum status status = bind_exprs(binder, ast->args, ast->arg_count, args);
    return status == STATUS_OK ? call_scalar(binder, function, args, ast->arg_count, out) : status;
}

/* ---- syntax of their own ---- */

static struct expr *negated_if(struct binder *binder, const struct ast_expr *ast,
                               struct expr *condition) {
    if (!ast->is_negated) return condition;
    struct expr *negation = expr_new(binder->arena, EXPR_NOT, 1);
    negation->args[0] = condition;
    negation->type = condition->type;
    negation->coercibility = COERCE_NUMERIC;
    expr_inherit(negation);
    return negation;
}

static enum status charset_of(struct binder *binder, struct slice name, uint16_t *collation_out) {
    const struct charset *charset = charset_find_name(name);
    if (charset == NULL) {
        return diagnostics_error(binder->diagnostics, ER_UNKNOWN_CHARACTER_SET,
                                 bind_text(binder, name));
    }
    *collation_out = charset->collation_default;
    return STATUS_OK;
}

/* CONVERT(a USING x), CHAR(.. USING x). */
static enum status bind_using(struct binder *binder, const struct ast_expr *ast, struct expr **args,
                              struct expr **out) {
    uint16_t collation = 0;
    struct expr *arg = args[0];
    enum status status = charset_of(binder, ast->name, &collation);
    if (status == STATUS_OK && ast->kind == AST_EXPR_CHAR_USING) {
        status = bind_function(binder, "CHAR", args, ast->arg_count, &arg);
    }
    return status == STATUS_OK ? bind_convert(binder, arg, collation, out) : status;
}

static enum status bind_trim(struct binder *binder, const struct ast_expr *ast, struct expr **args,
                             struct expr **out) {
    static const char *const names[] = {
        [AST_TRIM_BOTH] = "TRIM", [AST_TRIM_LEADING] = "LTRIM", [AST_TRIM_TRAILING] = "RTRIM"};
    return bind_function(binder, names[ast->trim], args, ast->arg_count, out);
}

/* a SOUNDS LIKE b: SOUNDEX(a) = SOUNDEX(b). */
static enum status bind_sounds_like(struct binder *binder, struct expr **args, struct expr **out) {
    struct expr *left, *right;
    enum status status = bind_function(binder, "SOUNDEX", &args[0], 1, &left);
    if (status == STATUS_OK) status = bind_function(binder, "SOUNDEX", &args[1], 1, &right);
    return status == STATUS_OK ? bind_compare(binder, PROGRAM_EQ, left, right, out) : status;
}

static enum status bind_unquote(struct binder *binder, struct expr **args, struct expr **out) {
    struct expr *json;
    enum status status = bind_function(binder, "JSON_EXTRACT", args, 2, &json);
    return status == STATUS_OK ? bind_function(binder, "JSON_UNQUOTE", &json, 1, out) : status;
}

/* With the unit behind the args or before them. */
static enum status bind_with_unit(struct binder *binder, const struct ast_expr *ast,
                                  struct expr **args, struct expr **out) {
    struct expr *unit = bind_constant_int(binder, ast->unit), *all[3] = {unit, args[0], NULL};
    switch ((enum ast_expr_kind)ast->kind) {
    case AST_EXPR_EXTRACT: return bind_function(binder, "EXTRACT", all, 2, out);
    case AST_EXPR_TIMESTAMP_ADD:
        all[2] = args[1];
        return bind_function(binder, "TIMESTAMPADD", all, 3, out);
    case AST_EXPR_TIMESTAMP_DIFF:
        all[2] = args[1];
        return bind_function(binder, "TIMESTAMPDIFF", all, 3, out);
    default: break;
    }
    bool adds = ast->kind == AST_EXPR_ADD_INTERVAL;
    struct expr *date[3] = {args[0], args[1], unit};
    return bind_function(binder, adds ? "DATE_ADD" : "DATE_SUB", date, 3, out);
}

enum status bind_call_syntax(struct binder *binder, const struct ast_expr *ast, struct expr **out) {
    struct expr **args = arena_array(binder->arena, struct expr *, ast->arg_count + 1);
    enum status status = bind_exprs(binder, ast->args, ast->arg_count, args);
    if (status != STATUS_OK) return status;
    switch ((enum ast_expr_kind)ast->kind) {
    case AST_EXPR_ADD_INTERVAL:
    case AST_EXPR_SUBTRACT_INTERVAL:
    case AST_EXPR_EXTRACT:
    case AST_EXPR_TIMESTAMP_ADD:
    case AST_EXPR_TIMESTAMP_DIFF: return bind_with_unit(binder, ast, args, out);
    case AST_EXPR_CONVERT_USING:
    case AST_EXPR_CHAR_USING: return bind_using(binder, ast, args, out);
    case AST_EXPR_TRIM: return bind_trim(binder, ast, args, out);
    case AST_EXPR_POSITION: return bind_function(binder, "LOCATE", args, 2, out);
    case AST_EXPR_GET_FORMAT:
        args[1] = args[0];
        args[0] = bind_constant_text(binder, bind_text(binder, ast->name));
        return bind_function(binder, "GET_FORMAT", args, 2, out);
    case AST_EXPR_WEIGHT_STRING: return bind_function(binder, "WEIGHT_STRING", args, 1, out);
    case AST_EXPR_JSON_EXTRACT: return bind_function(binder, "JSON_EXTRACT", args, 2, out);
    case AST_EXPR_JSON_UNQUOTE: return bind_unquote(binder, args, out);
    case AST_EXPR_CONCAT: return bind_function(binder, "CONCAT", args, ast->arg_count, out);
    case AST_EXPR_REGEXP:
        status = bind_function(binder, "REGEXP_LIKE", args, 2, out);
        if (status == STATUS_OK) *out = negated_if(binder, ast, *out);
        return status;
    case AST_EXPR_SOUNDS_LIKE: return bind_sounds_like(binder, args, out);
    default: break;
    }
    UNREACHABLE();
}
