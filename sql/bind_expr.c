/* bind_expr.c: an expression of the tree as a typed one.
 *
 * One switch over all kinds; each kind's own work is in the file that bind.c's essay names. Truths are BIGINT of one digit. A node
 * is finished in three steps: its args are bound, they are coerced, its type and flags are set.
 */
#include "sql/bind_private.h"

enum status bind_scalar(struct binder *binder, const struct expr *expr) {
    if (expr->kind != EXPR_ROW) return STATUS_OK;
    return diagnostics_error(binder->diagnostics, ER_OPERAND_COLUMNS, 1);
}

enum status bind_exprs(struct binder *binder, struct ast_expr *const *list, uint32_t count,
                       struct expr **out) {
    for (uint32_t i = 0; i < count; i++) {
        enum status status = bind_expr(binder, list[i], &out[i]);
        if (status == STATUS_OK) status = bind_scalar(binder, out[i]);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

enum status bind_condition(struct binder *binder, const struct ast_expr *ast, struct expr ***list,
                           uint32_t *count) {
    struct expr *condition;
    if (ast == NULL) return STATUS_OK;
    enum status status = bind_expr(binder, ast, &condition);
    if (status == STATUS_OK) status = bind_scalar(binder, condition);
    if (status == STATUS_OK) expr_conjuncts(condition, binder->arena, list, count);
    return status;
}

/* ---- logic ---- */

static void set_truth(struct expr *expr) {
    expr->type = column_type_bigint(0);
    expr->type.length = 1;
    expr->coercibility = COERCE_NUMERIC;
    expr_inherit(expr);
}

static enum status bind_logic(struct binder *binder, const struct ast_expr *ast,
                              enum expr_kind kind, struct expr **out) {
    struct expr *expr = expr_new(binder->arena, kind, ast->arg_count);
    enum status status = bind_exprs(binder, ast->args, ast->arg_count, expr->args);
    if (status != STATUS_OK) return status;
    set_truth(expr);
    *out = expr;
    return STATUS_OK;
}

/* IS NULL, IS TRUE, IS FALSE, IS UNKNOWN: never NULL themselves. */
static enum status bind_test(struct binder *binder, const struct ast_expr *ast, enum expr_kind kind,
                             struct expr **out) {
    struct expr *expr = expr_new(binder->arena, kind, 1);
    enum status status = bind_exprs(binder, ast->args, 1, expr->args);
    if (status != STATUS_OK) return status;
    set_truth(expr);
    expr->flags &= (uint8_t)~EXPR_NULLABLE;
    if (ast->is_negated) expr->flags |= EXPR_IS_NEGATED;
    *out = expr;
    return STATUS_OK;
}

/* ---- variables ---- */

static struct column_type type_of_variable(struct binder *binder, struct slice name) {
    const struct bind_catalog *catalog = binder->input->catalog;
    struct column_type type = {.kind = COLUMN_LONGTEXT, .collation = COLLATION_DEFAULT};
    if (catalog == NULL || catalog->user_variable == NULL) return type;
    struct column_type found;
    return catalog->user_variable(catalog, name, &found) == STATUS_OK ? found : type;
}

static void set_variable(struct expr *expr, const struct column_type *type) {
    expr->type = *type;
    expr->type.flags &= (uint8_t)~COLUMN_NOT_NULL;
    expr->collation = type->collation;
    expr->coercibility = column_kind_is_string(type->kind) ? COERCE_IMPLICIT : COERCE_NUMERIC;
    expr->flags |= EXPR_NOT_DETERMINISTIC | EXPR_NULLABLE;
    expr_inherit(expr);
}

static enum status bind_user_variable(struct binder *binder, const struct ast_expr *ast,
                                      struct expr **out) {
    struct expr *expr = expr_new(binder->arena, EXPR_VARIABLE, 0);
    expr->name = bind_copy(binder, ast->variable.name);
    struct column_type type = type_of_variable(binder, expr->name);
    set_variable(expr, &type);
    binder->statement->is_deterministic = 0;
    *out = expr;
    return STATUS_OK;
}

/* @x := a; args are the variable and the value. */
static enum status bind_assign(struct binder *binder, const struct ast_expr *ast,
                               struct expr **out) {
    struct expr *expr = expr_new(binder->arena, EXPR_VARIABLE, 1);
    enum status status = bind_exprs(binder, &ast->args[1], 1, expr->args);
    if (status != STATUS_OK) return status;
    expr->name = bind_copy(binder, ast->args[0]->variable.name);
    struct column_type type = expr->args[0]->type;
    set_variable(expr, &type);
    binder->statement->is_deterministic = 0;
    *out = expr;
    return STATUS_OK;
}

static enum status bind_system_variable(struct binder *binder, const struct ast_expr *ast,
                                        struct expr **out) {
    const struct bind_catalog *catalog = binder->input->catalog;
    struct slice name = ast->variable.name;
    struct value value;
    struct column_type type;
    enum status status = STATUS_NOT_FOUND;
    if (catalog != NULL && catalog->system_variable != NULL && ast->variable.base.size == 0) {
        status = catalog->system_variable(catalog, ast->variable.scope, name, &value, &type);
    }
    if (status == STATUS_NOT_FOUND) {
        return diagnostics_error(binder->diagnostics, ER_UNKNOWN_SYSTEM_VARIABLE,
                                 (int)MIN(name.size, (size_t)64), bind_text(binder, name));
    }
    if (status != STATUS_OK) return status;
    struct expr *expr = expr_constant(binder->arena, value, &type);
    expr->coercibility = column_kind_is_string(type.kind) ? COERCE_SYSTEM : COERCE_NUMERIC;
    binder->statement->is_deterministic = 0;
    *out = expr;
    return STATUS_OK;
}

/* ---- VALUES(c), DEFAULT(c), DEFAULT ---- */

static enum status bind_values_of(struct binder *binder, const struct ast_expr *ast,
                                  struct expr **out) {
    const struct ast_expr *name = ast->args[0];
    struct scope *scope = binder->scope;
    while (scope != NULL && scope->insert == NULL) scope = scope->outer;
    if (scope == NULL) { /* outside of ON DUPLICATE KEY UPDATE it is NULL */
        static const struct column_type null_type = {.kind = COLUMN_NULL,
                                                     .collation = COLLATION_BINARY};
        *out = expr_constant(binder->arena, value_null(), &null_type);
        return STATUS_OK;
    }
    int32_t column = bound_find_column(scope->insert->table, name->column.column);
    if (column < 0) return bind_tell_unknown(binder, name);
    *out = bind_new_row_column(binder, scope, (uint32_t)column);
    return STATUS_OK;
}

/* In VALUES (..) a name means the new row's column; NULL: no column of a table. */
static const struct column_definition *
stored_column(const struct binder *binder, const struct ast_expr *name, const struct expr *column) {
    const struct bound_table *table = column->kind == EXPR_COLUMN ? column->table : NULL;
    int32_t place = (int32_t)column->column;
    if (table == NULL && name->kind == AST_EXPR_COLUMN && binder->scope->hidden_target != NULL) {
        table = binder->scope->hidden_target;
        place = bound_find_column(table, name->column.column);
    }
    bool is_stored = table != NULL && table->kind == BOUND_BASE && place >= 0;
    return is_stored ? &table->base->definition->columns[place] : NULL;
}

/* DEFAULT(c): the constant that the table's definition gives; times and expressions have none to show here. */
static enum status bind_default_of(struct binder *binder, const struct ast_expr *ast,
                                   struct expr **out) {
    struct expr *column;
    enum status status = bind_expr(binder, ast->args[0], &column);
    if (status != STATUS_OK) return status;
    const struct column_definition *definition = stored_column(binder, ast->args[0], column);
    if (definition == NULL)
        return diagnostics_error(binder->diagnostics, ER_WRONG_ARGUMENTS, "DEFAULT");
    if (definition->default_kind == DEFAULT_NONE) {
        return diagnostics_error(binder->diagnostics, ER_NO_DEFAULT_FOR_FIELD,
                                 bind_text(binder, definition->name));
    }
    if (definition->default_kind != DEFAULT_VALUE) {
        return diagnostics_unsupported(binder->diagnostics, "DEFAULT() of an expression");
    }
    *out = expr_constant(binder->arena, definition->default_value, &definition->type);
    (*out)->coercibility = column->coercibility;
    return STATUS_OK;
}

static enum status bind_default(struct binder *binder, struct expr **out) {
    if (binder->scope->clause != CLAUSE_VALUES) {
        return diagnostics_error_text(binder->diagnostics, ER_PARSE_ERROR,
                                      "DEFAULT is only allowed as a whole value");
    }
    *out = expr_new(binder->arena, EXPR_DEFAULT, 0);
    (*out)->flags = EXPR_NULLABLE;
    return STATUS_OK;
}

static enum status bind_row(struct binder *binder, const struct ast_expr *ast, struct expr **out) {
    struct expr *row = expr_new(binder->arena, EXPR_ROW, ast->arg_count);
    for (uint32_t i = 0; i < ast->arg_count; i++) {
        enum status status = bind_expr(binder, ast->args[i], &row->args[i]);
        if (status != STATUS_OK) return status;
    }
    expr_inherit(row);
    *out = row;
    return STATUS_OK;
}

/* ---- any ---- */

static enum status bind_leaf(struct binder *binder, const struct ast_expr *ast, struct expr **out) {
    switch ((enum ast_expr_kind)ast->kind) {
    case AST_EXPR_LITERAL: return bind_literal_expr(binder, ast, out);
    case AST_EXPR_COLUMN: return bind_column(binder, ast, out);
    case AST_EXPR_PARAMETER:
        return bind_parameter(binder, binder->input->literal_count + ast->parameter.ordinal, out);
    case AST_EXPR_USER_VARIABLE: return bind_user_variable(binder, ast, out);
    case AST_EXPR_SYSTEM_VARIABLE: return bind_system_variable(binder, ast, out);
    case AST_EXPR_DEFAULT: return bind_default(binder, out);
    case AST_EXPR_VALUES_OF: return bind_values_of(binder, ast, out);
    case AST_EXPR_DEFAULT_OF: return bind_default_of(binder, ast, out);
    default: return diagnostics_unsupported(binder->diagnostics, ast_expr_text(ast->kind));
    }
}

enum status bind_expr(struct binder *binder, const struct ast_expr *ast, struct expr **out) {
    enum status status = bind_pause(binder);
    if (status != STATUS_OK) return status;
    switch ((enum ast_expr_kind)ast->kind) {
    case AST_EXPR_OR: return bind_logic(binder, ast, EXPR_OR, out);
    case AST_EXPR_XOR: return bind_logic(binder, ast, EXPR_XOR, out);
    case AST_EXPR_AND: return bind_logic(binder, ast, EXPR_AND, out);
    case AST_EXPR_NOT: return bind_logic(binder, ast, EXPR_NOT, out);
    case AST_EXPR_IS_NULL:
    case AST_EXPR_IS_UNKNOWN: return bind_test(binder, ast, EXPR_IS_NULL, out);
    case AST_EXPR_IS_TRUE: return bind_test(binder, ast, EXPR_IS_TRUE, out);
    case AST_EXPR_IS_FALSE: return bind_test(binder, ast, EXPR_IS_FALSE, out);
    case AST_EXPR_ASSIGN: return bind_assign(binder, ast, out);
    case AST_EXPR_ROW: return bind_row(binder, ast, out);
    case AST_EXPR_QUANTIFIED:
    case AST_EXPR_IN_QUERY:
    case AST_EXPR_SUBQUERY:
    case AST_EXPR_EXISTS: return bind_subquery(binder, ast, out);
    case AST_EXPR_CAST: return bind_cast(binder, ast, out);
    case AST_EXPR_COLLATE: return bind_collate(binder, ast, out);
    case AST_EXPR_CALL: return bind_call(binder, ast, out);
    case AST_EXPR_LITERAL:
    case AST_EXPR_COLUMN:
    case AST_EXPR_PARAMETER:
    case AST_EXPR_USER_VARIABLE:
    case AST_EXPR_SYSTEM_VARIABLE:
    case AST_EXPR_DEFAULT:
    case AST_EXPR_VALUES_OF:
    case AST_EXPR_DEFAULT_OF: return bind_leaf(binder, ast, out);
    case AST_EXPR_ADD_INTERVAL:
    case AST_EXPR_SUBTRACT_INTERVAL:
    case AST_EXPR_CONVERT_USING:
    case AST_EXPR_EXTRACT:
    case AST_EXPR_TRIM:
    case AST_EXPR_POSITION:
    case AST_EXPR_CHAR_USING:
    case AST_EXPR_TIMESTAMP_ADD:
    case AST_EXPR_TIMESTAMP_DIFF:
    case AST_EXPR_GET_FORMAT:
    case AST_EXPR_WEIGHT_STRING:
    case AST_EXPR_JSON_EXTRACT:
    case AST_EXPR_JSON_UNQUOTE:
    case AST_EXPR_CONCAT:
    case AST_EXPR_REGEXP:
    case AST_EXPR_SOUNDS_LIKE: return bind_call_syntax(binder, ast, out);
    case AST_EXPR_STAR:
    case AST_EXPR_MATCH:
    case AST_EXPR_MEMBER_OF:
    case AST_EXPR_JSON_VALUE:
        return diagnostics_unsupported(binder->diagnostics, ast_expr_text(ast->kind));
    default: return bind_operator(binder, ast, out);
    }
}
