/* bind_subquery.c: a query inside an expression.
 *
 * The node that stays in the expression reads a slot; who runs the query and fills the slot is the block's affair (B2 of bound.h).
 * It is run for each row of FROM, but above the grouping where HAVING, ORDER BY or the select list of a grouped block ask for it.
 * Whether a block is grouped is known only at its end: what its select list asks for is put down as asked above.
 *
 *   x IN (q), x = ANY (q)   SUBQUERY_IN       x NOT IN (q), x <> ALL (q)   NOT of SUBQUERY_IN
 *   x < ANY (q)             SUBQUERY_ANY      x < ALL (q)                  SUBQUERY_ALL
 */
#include "sql/bind_private.h"

/* ---- whose is it ---- */

static enum status register_subquery(struct binder *binder, struct bound_subquery *subquery) {
    struct scope *scope = binder->scope;
    struct bound_select *select = scope->select;
    if (select == NULL) {
        if (scope->insert == NULL) return STATUS_OK; /* bind_expression refuses it itself */
        *BIND_PUSH(binder->arena, &scope->insert->subqueries, &scope->insert->subquery_count) =
            subquery;
        return STATUS_OK;
    }
    bool is_above = scope->aggregate_depth == 0 &&
                    (scope->clause == CLAUSE_FIELDS || scope->clause == CLAUSE_HAVING ||
                     scope->clause == CLAUSE_ORDER);
    if (is_above) {
        *BIND_PUSH(binder->arena, &select->group_subqueries, &select->group_subquery_count) =
            subquery;
    } else {
        *BIND_PUSH(binder->arena, &select->row_subqueries, &select->row_subquery_count) = subquery;
    }
    return STATUS_OK;
}

static struct bound_subquery *subquery_new(struct binder *binder, enum bound_subquery_kind kind) {
    struct bound_subquery *subquery = arena_new(binder->arena, struct bound_subquery);
    subquery->kind = kind;
    return subquery;
}

static enum status bind_inner(struct binder *binder, const struct ast_expr *ast,
                              struct bound_subquery *subquery) {
    struct query_context context = {.owner = subquery, .outer = binder->scope};
    enum status status = bind_query(binder, ast->subquery.query, &context, &subquery->query);
    if (status != STATUS_OK) return status;
    subquery->column_count = subquery->query->column_count;
    return register_subquery(binder, subquery);
}

static struct expr *slot_node(struct binder *binder, const struct bound_subquery *subquery,
                              uint32_t slot) {
    struct expr *node = expr_new(binder->arena, EXPR_SLOT, 0);
    node->slot = slot;
    node->subquery = subquery;
    node->flags = EXPR_HAS_SUBQUERY | EXPR_NULLABLE;
    node->type = column_type_bigint(0);
    node->type.length = 1;
    node->coercibility = COERCE_NUMERIC;
    return node;
}

/* ---- as a value or a row ---- */

static struct expr *result_node(struct binder *binder, const struct bound_subquery *subquery,
                                uint32_t column) {
    const struct bound_item *item = &subquery->query->items[column];
    struct expr *node = slot_node(binder, subquery, subquery->slot + column);
    node->type = item->type;
    node->type.flags &= (uint8_t)~COLUMN_NOT_NULL;
    node->collation = item->type.collation;
    bool is_text = column_kind_is_string(item->type.kind);
    node->coercibility = item->expr != NULL ? item->expr->coercibility
                         : is_text          ? COERCE_IMPLICIT
                                            : COERCE_NUMERIC;
    return node;
}

static void reserve_slots(struct binder *binder, struct bound_subquery *subquery) {
    subquery->slot = binder->statement->slot_count;
    binder->statement->slot_count += subquery->column_count;
}

static enum status bind_value(struct binder *binder, const struct ast_expr *ast,
                              struct expr **out) {
    struct bound_subquery *subquery = subquery_new(binder, SUBQUERY_SCALAR);
    enum status status = bind_inner(binder, ast, subquery);
    if (status != STATUS_OK) return status;
    reserve_slots(binder, subquery);
    if (subquery->column_count == 1) {
        *out = result_node(binder, subquery, 0);
        return STATUS_OK;
    }
    subquery->kind = SUBQUERY_ROW;
    struct expr *row = expr_new(binder->arena, EXPR_ROW, subquery->column_count);
    for (uint32_t i = 0; i < row->arg_count; i++) row->args[i] = result_node(binder, subquery, i);
    expr_inherit(row);
    *out = row;
    return STATUS_OK;
}

static enum status bind_exists(struct binder *binder, const struct ast_expr *ast,
                               struct expr **out) {
    struct bound_subquery *subquery = subquery_new(binder, SUBQUERY_EXISTS);
    enum status status = bind_inner(binder, ast, subquery);
    if (status != STATUS_OK) return status;
    subquery->slot = bind_new_slot(binder);
    *out = slot_node(binder, subquery, subquery->slot);
    (*out)->flags &= (uint8_t)~EXPR_NULLABLE;
    return STATUS_OK;
}

/* ---- compared with rows ---- */

static struct expr *inner_node(struct binder *binder, const struct bound_query *query,
                               uint32_t column) {
    const struct bound_item *item = &query->items[column];
    struct expr *node = expr_new(binder->arena, EXPR_SLOT, 0);
    node->slot = item->slot;
    node->type = item->type;
    node->collation = item->type.collation;
    node->flags = item->is_nullable ? EXPR_NULLABLE : 0;
    bool is_text = column_kind_is_string(item->type.kind);
    node->coercibility = is_text ? COERCE_IMPLICIT : COERCE_NUMERIC;
    return node;
}

/* One comparison for each column; its casts decide how operand and inner column compare. */
static enum status bind_pairs(struct binder *binder, struct bound_subquery *subquery,
                              const struct expr *left) {
    uint32_t count = subquery->column_count;
    uint32_t given = left->kind == EXPR_ROW ? left->arg_count : 1;
    if (given != count)
        return diagnostics_error(binder->diagnostics, ER_OPERAND_COLUMNS, (int)given);
    subquery->operands = arena_array(binder->arena, struct expr *, count);
    subquery->inner_columns = arena_array(binder->arena, struct expr *, count);
    subquery->comparisons = arena_array(binder->arena, struct expr *, count);
    for (uint32_t i = 0; i < count; i++) {
        struct expr *operand = left->kind == EXPR_ROW ? left->args[i] : (struct expr *)left;
        struct expr *inner = inner_node(binder, subquery->query, i), *pair;
        enum status status = bind_compare(binder, subquery->comparison, operand, inner, &pair);
        if (status != STATUS_OK) return status;
        subquery->comparisons[i] = pair;
        subquery->operands[i] = pair->args[0];
        subquery->inner_columns[i] = pair->args[1];
        subquery->collation = pair->collation;
    }
    return STATUS_OK;
}

static enum status bind_compared(struct binder *binder, const struct ast_expr *ast,
                                 struct bound_subquery *subquery, struct expr **out) {
    struct expr *left;
    enum status status = bind_expr(binder, ast->args[0], &left);
    if (status == STATUS_OK) status = bind_inner(binder, ast, subquery);
    if (status == STATUS_OK) status = bind_pairs(binder, subquery, left);
    if (status != STATUS_OK) return status;
    subquery->slot = bind_new_slot(binder);
    *out = slot_node(binder, subquery, subquery->slot);
    return STATUS_OK;
}

static struct expr *negation_of(struct binder *binder, struct expr *condition) {
    struct expr *negation = expr_new(binder->arena, EXPR_NOT, 1);
    negation->args[0] = condition;
    negation->type = condition->type;
    negation->coercibility = COERCE_NUMERIC;
    expr_inherit(negation);
    return negation;
}

static enum status bind_quantified(struct binder *binder, const struct ast_expr *ast,
                                   struct expr **out) {
    enum program_op op = bind_comparison_op(ast->subquery.comparison);
    bool is_any = ast->subquery.quantifier == AST_ANY;
    bool is_in = op == PROGRAM_EQ && is_any, is_not_in = op == PROGRAM_NE && !is_any;
    struct bound_subquery *subquery = subquery_new(binder, is_in || is_not_in ? SUBQUERY_IN
                                                           : is_any           ? SUBQUERY_ANY
                                                                              : SUBQUERY_ALL);
    subquery->comparison = is_not_in ? PROGRAM_EQ : op;
    enum status status = bind_compared(binder, ast, subquery, out);
    if (status == STATUS_OK && is_not_in) *out = negation_of(binder, *out);
    return status;
}

static enum status bind_in_query(struct binder *binder, const struct ast_expr *ast,
                                 struct expr **out) {
    struct bound_subquery *subquery = subquery_new(binder, SUBQUERY_IN);
    subquery->comparison = PROGRAM_EQ;
    enum status status = bind_compared(binder, ast, subquery, out);
    if (status == STATUS_OK && ast->is_negated) *out = negation_of(binder, *out);
    return status;
}

enum status bind_subquery(struct binder *binder, const struct ast_expr *ast, struct expr **out) {
    switch ((enum ast_expr_kind)ast->kind) {
    case AST_EXPR_SUBQUERY: return bind_value(binder, ast, out);
    case AST_EXPR_EXISTS: return bind_exists(binder, ast, out);
    case AST_EXPR_IN_QUERY: return bind_in_query(binder, ast, out);
    case AST_EXPR_QUANTIFIED: return bind_quantified(binder, ast, out);
    default: break;
    }
    UNREACHABLE();
}
