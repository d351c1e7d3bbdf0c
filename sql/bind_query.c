/* bind_query.c: a whole query: WITH, the arms of UNION, EXCEPT and INTERSECT, ORDER BY and LIMIT over them.
 *
 * A query of one plain block has that block's items and order. The arms of several agree on a type for each column: every arm's
 * item is cast to it, and the query has items of its own, without expressions, whose slots the union fills.
 *
 *   (U1) The names are the first arm's.
 *   (U2) ORDER BY of a union names its columns or their positions; other expressions are 1235.
 *   (U3) A recursive CTE's columns are those of its arms before the first that reads it; later arms are cast to them.
 */
#include "sql/bind_private.h"

/* ---- WITH ---- */

static enum status bind_cte(struct binder *binder, const struct ast_cte *ast, struct scope *outer,
                            struct bound_cte *cte) {
    struct query_context context = {.outer = outer, .cte = cte, .cte_columns = &ast->columns};
    enum status status = bind_query(binder, ast->query, &context, &cte->query);
    cte->is_open = 0;
    return status;
}

/* Names of a CTE's columns: the list after its name, or its items'. */
static enum status name_cte(struct binder *binder, const struct query_context *context,
                            const struct bound_query *query) {
    const struct ast_identifiers *list = context->cte_columns;
    struct slice *names = arena_array(binder->arena, struct slice, query->column_count);
    if (list->count > 0 && list->count != query->column_count) {
        return diagnostics_error(binder->diagnostics, ER_VIEW_WRONG_LIST);
    }
    for (uint32_t i = 0; i < query->column_count; i++) {
        names[i] = list->count > 0 ? bind_copy(binder, list->items[i]) : query->items[i].name;
    }
    context->cte->column_names = names;
    return STATUS_OK;
}

enum status bind_with(struct binder *binder, const struct ast_with *with, struct scope *outer,
                      struct cte_scope *scope) {
    *scope = (struct cte_scope){.outer = binder->ctes};
    if (with == NULL) return STATUS_OK;
    scope->ctes = arena_array(binder->arena, struct bound_cte *, with->count);
    binder->ctes = scope;
    for (uint32_t i = 0; i < with->count; i++) {
        struct bound_cte *cte = arena_new(binder->arena, struct bound_cte);
        for (uint32_t j = 0; j < i; j++) {
            if (!slice_equal_nocase(with->items[j].name, with->items[i].name)) continue;
            return diagnostics_error(binder->diagnostics, ER_NONUNIQ_TABLE,
                                     bind_text(binder, with->items[i].name));
        }
        cte->name = bind_copy(binder, with->items[i].name);
        cte->is_open = 1;
        scope->ctes[i] = cte;
        if (with->is_recursive) scope->count = i + 1; /* it may read itself */
        enum status status = bind_cte(binder, &with->items[i], outer, cte);
        if (status != STATUS_OK) return status;
        scope->count = i + 1;
    }
    return STATUS_OK;
}

/* ---- arms ---- */

struct arms {
    const struct ast_query *ast;
    const struct query_context *context;
    struct bound_query *query;
    const struct ast_orders
        *order; /* that belongs to the arm: it is the only one; NULL otherwise */
};

static uint32_t arm_columns(const struct bound_arm *arm, uint32_t row_width) {
    if (arm->select != NULL) return arm->select->item_count;
    return arm->query != NULL ? arm->query->column_count : row_width;
}

static enum status bind_rows(struct binder *binder, const struct ast_rows *rows,
                             const struct arms *arms, struct bound_arm *arm, uint32_t *width_out) {
    struct scope scope;
    scope_open(binder, &scope, arms->context->outer);
    scope.subquery = arms->context->owner;
    scope.query = arms->query;
    arm->rows = arena_array(binder->arena, struct expr **, rows->count);
    arm->row_count = rows->count;
    *width_out = rows->items[0].count;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < rows->count && status == STATUS_OK; i++) {
        if (rows->items[i].count != *width_out) {
            status =
                diagnostics_error(binder->diagnostics, ER_WRONG_VALUE_COUNT_ON_ROW, (long)i + 1);
            break;
        }
        arm->rows[i] = arena_array(binder->arena, struct expr *, *width_out);
        status = bind_exprs(binder, rows->items[i].items, *width_out, arm->rows[i]);
    }
    scope_close(binder, &scope);
    return status;
}

/* TABLE t is SELECT * FROM t. */
static struct ast_select *select_of_table(struct binder *binder, const struct ast_name *name) {
    struct ast_select *select = arena_new(binder->arena, struct ast_select);
    struct ast_table_ref *ref = arena_new(binder->arena, struct ast_table_ref);
    ref->kind = AST_TABLE_NAMED;
    ref->name = *name;
    select->items.items = arena_new(binder->arena, struct ast_select_item);
    select->items.count = 1;
    select->from.items = arena_array(binder->arena, struct ast_table_ref *, 1);
    select->from.items[0] = ref;
    select->from.count = 1;
    return select;
}

static enum status bind_arm_select(struct binder *binder, const struct arms *arms,
                                   const struct ast_select *ast, struct bound_arm *arm) {
    struct select_context context = {.ast = ast,
                                     .order = arms->order,
                                     .locks = &arms->ast->locks,
                                     .query = arms->query,
                                     .at = arms->context};
    if (ast->into != NULL) arms->query->into = ast->into;
    return bind_select(binder, &context, &arm->select);
}

static enum status bind_arm(struct binder *binder, const struct arms *arms,
                            const struct ast_body *body, struct bound_arm *arm) {
    struct query_context inner = {.owner = arms->context->owner, .outer = arms->context->outer};
    uint32_t width = 0;
    enum status status = STATUS_OK;
    switch (body->kind) {
    case AST_BODY_SELECT: status = bind_arm_select(binder, arms, body->select, arm); break;
    case AST_BODY_TABLE:
        status = bind_arm_select(binder, arms, select_of_table(binder, body->table), arm);
        break;
    case AST_BODY_VALUES: status = bind_rows(binder, body->rows, arms, arm, &width); break;
    case AST_BODY_QUERY:
        status = bind_query(binder, body->query, &inner, &arm->query);
        if (status == STATUS_OK && arm->query->is_correlated) arms->query->is_correlated = 1;
        break;
    case AST_BODY_SET: {
        struct ast_query *query = arena_new(binder->arena, struct ast_query);
        query->body = (struct ast_body *)body;
        status = bind_query(binder, query, &inner, &arm->query);
        break;
    }
    }
    if (status != STATUS_OK) return status;
    uint32_t columns = arm_columns(arm, width);
    if (arms->query->column_count == 0) arms->query->column_count = columns;
    if (columns == arms->query->column_count) return STATUS_OK;
    return diagnostics_error(binder->diagnostics, ER_WRONG_NUMBER_OF_COLUMNS_IN_SELECT);
}

/* ---- columns that several arms share ---- */

/* The column of an arm as an expression; of VALUES the first row's. */
static struct expr *arm_column(struct binder *binder, const struct bound_arm *arm,
                               uint32_t column) {
    if (arm->select != NULL) return arm->select->items[column].expr;
    if (arm->rows != NULL) return arm->rows[0][column];
    const struct bound_item *item = &arm->query->items[column];
    struct expr *slot = expr_new(binder->arena, EXPR_SLOT, 0);
    slot->slot = item->slot;
    slot->type = item->type;
    slot->collation = item->type.collation;
    slot->flags = item->is_nullable ? EXPR_NULLABLE : 0;
    slot->coercibility = column_kind_is_string(item->type.kind) ? COERCE_IMPLICIT : COERCE_NUMERIC;
    return slot;
}

static void cast_query_column(struct binder *binder, struct bound_query *query, uint32_t column,
                              const struct column_type *type);

static void cast_arm_column(struct binder *binder, struct bound_arm *arm, uint32_t column,
                            const struct column_type *type) {
    if (arm->query != NULL) {
        cast_query_column(binder, arm->query, column, type);
    } else if (arm->select != NULL) {
        struct bound_item *item = &arm->select->items[column];
        struct expr *cast = coerce_cast(binder->arena, item->expr, type);
        if (cast == item->expr) return;
        item->expr = cast;
        item->type = *type;
        item->slot = bind_new_slot(binder);
    } else {
        for (uint32_t i = 0; i < arm->row_count; i++) {
            arm->rows[i][column] = coerce_cast(binder->arena, arm->rows[i][column], type);
        }
    }
}

static void cast_query_column(struct binder *binder, struct bound_query *query, uint32_t column,
                              const struct column_type *type) {
    for (uint32_t i = 0; i < query->arm_count; i++) {
        cast_arm_column(binder, &query->arms[i], column, type);
    }
    struct bound_item *item = &query->items[column];
    uint8_t is_nullable = item->is_nullable;
    item->type = *type;
    bool is_plain = query->arm_count == 1 && query->arms[0].select != NULL;
    if (is_plain) *item = query->arms[0].select->items[column];
    item->is_nullable = is_nullable;
}

/* (U1) Without an expression, with a slot of its own. */
static void own_item(struct binder *binder, const struct bound_query *query, uint32_t column,
                     struct bound_item *item) {
    const struct bound_arm *first = &query->arms[0];
    item->slot = bind_new_slot(binder);
    if (first->select != NULL)
        item->name = first->select->items[column].name;
    else if (first->query != NULL)
        item->name = first->query->items[column].name;
    else
        item->name = slice_of_text(arena_printf(binder->arena, "column_%u", (unsigned)column));
}

/* One type for the column over the first `arm_count` arms. */
static enum status unite_column(struct binder *binder, struct bound_query *query, uint32_t column,
                                uint32_t arm_count) {
    uint32_t count = 0, most = 0;
    for (uint32_t i = 0; i < arm_count; i++) most += MAX(query->arms[i].row_count, 1u);
    struct expr *node = expr_new(binder->arena, EXPR_ROW, most);
    for (uint32_t i = 0; i < arm_count; i++) {
        const struct bound_arm *arm = &query->arms[i];
        if (arm->rows == NULL) node->args[count++] = arm_column(binder, arm, column);
        for (uint32_t r = 0; r < arm->row_count; r++) node->args[count++] = arm->rows[r][column];
    }
    expr_inherit(node);
    struct bound_item *item = &query->items[column];
    item->is_nullable = (node->flags & EXPR_NULLABLE) != 0;
    struct function_call call = bind_call_of(binder, node);
    enum status status = coerce_common(&call, node->args, count);
    if (status != STATUS_OK) return status;
    item->type = node->type;
    for (uint32_t i = 0; i < arm_count; i++) {
        cast_arm_column(binder, &query->arms[i], column, &item->type);
    }
    return STATUS_OK;
}

static enum status unite(struct binder *binder, struct bound_query *query, uint32_t arm_count) {
    bool is_plain = query->arm_count == 1 && query->arms[0].select != NULL;
    if (is_plain) {
        query->items = query->arms[0].select->items;
        return STATUS_OK;
    }
    query->items = arena_array(binder->arena, struct bound_item, query->column_count);
    for (uint32_t i = 0; i < query->column_count; i++) {
        own_item(binder, query, i, &query->items[i]);
        enum status status = unite_column(binder, query, i, arm_count);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

/* (U3): before an arm is bound that may read the CTE. */
static enum status open_recursion(struct binder *binder, const struct arms *arms,
                                  uint32_t arm_count) {
    if (arms->context->cte == NULL || arm_count == 0) return STATUS_OK;
    if (arms->context->cte->is_recursive) return STATUS_OK;
    enum status status = unite(binder, arms->query, arm_count);
    if (status != STATUS_OK) return status;
    for (uint32_t i = 0; i < arms->query->column_count; i++) arms->query->items[i].is_nullable = 1;
    arms->context->cte->query = arms->query;
    return name_cte(binder, arms->context, arms->query);
}

static enum status bind_set(struct binder *binder, const struct arms *arms) {
    const struct ast_body *body = arms->ast->body;
    struct bound_query *query = arms->query;
    query->arm_count = body->set.arm_count;
    query->arms = arena_array(binder->arena, struct bound_arm, query->arm_count);
    for (uint32_t i = 0; i < query->arm_count; i++) {
        static const enum bound_arm_operator ops[] = {
            [AST_SET_FIRST] = ARM_FIRST,
            [AST_SET_UNION] = ARM_UNION,
            [AST_SET_EXCEPT] = ARM_EXCEPT,
            [AST_SET_INTERSECT] = ARM_INTERSECT,
        };
        const struct ast_set_arm *arm = &body->set.arms[i];
        enum status status = open_recursion(binder, arms, i);
        if (status != STATUS_OK) return status;
        query->arms[i].op = ops[arm->op];
        query->arms[i].is_all = arm->is_all;
        status = bind_arm(binder, arms, arm->body, &query->arms[i]);
        if (status != STATUS_OK) return status;
    }
    bool is_recursive = arms->context->cte != NULL && arms->context->cte->is_recursive;
    if (!is_recursive) return unite(binder, query, query->arm_count);
    for (uint32_t i = 0; i < query->column_count; i++) {
        cast_query_column(binder, query, i, &query->items[i].type);
    }
    return STATUS_OK;
}

static enum status bind_body(struct binder *binder, const struct arms *arms) {
    struct bound_query *query = arms->query;
    if (arms->ast->body->kind == AST_BODY_SET) return bind_set(binder, arms);
    struct arms only = *arms;
    only.order = &arms->ast->order;
    query->arm_count = 1;
    query->arms = arena_new(binder->arena, struct bound_arm);
    enum status status = bind_arm(binder, &only, arms->ast->body, &query->arms[0]);
    return status == STATUS_OK ? unite(binder, query, 1) : status;
}

/* ---- ORDER BY and LIMIT ---- */

/* (U2) */
static enum status bind_union_order(struct binder *binder, const struct ast_orders *ast,
                                    struct bound_query *query) {
    query->order = arena_array(binder->arena, struct bound_order, ast->count);
    for (uint32_t i = 0; i < ast->count; i++) {
        const struct ast_expr *by = ast->items[i].expr;
        uint64_t number;
        uint32_t column = UINT32_MAX;
        if (bind_ordinal(by, &number)) {
            column =
                number >= 1 && number <= query->column_count ? (uint32_t)number - 1 : UINT32_MAX;
        } else if (by->kind == AST_EXPR_COLUMN && by->column.table.size == 0) {
            for (uint32_t c = 0; c < query->column_count && column == UINT32_MAX; c++) {
                if (slice_equal_nocase(query->items[c].name, by->column.column)) column = c;
            }
        } else {
            return diagnostics_unsupported(binder->diagnostics,
                                           "ORDER BY of an expression over a UNION");
        }
        if (column == UINT32_MAX) {
            return diagnostics_error(binder->diagnostics, ER_BAD_FIELD_ERROR,
                                     bind_text(binder, by->source), "order clause");
        }
        struct expr *slot = expr_new(binder->arena, EXPR_SLOT, 0);
        slot->slot = query->items[column].slot;
        slot->type = query->items[column].type;
        slot->collation = slot->type.collation;
        slot->flags = EXPR_NULLABLE;
        query->order[i] = (struct bound_order){slot, ast->items[i].descending};
        query->order_count = i + 1;
    }
    return STATUS_OK;
}

enum status bind_limit(struct binder *binder, const struct ast_expr *ast, struct expr **out) {
    *out = NULL;
    if (ast == NULL) return STATUS_OK;
    bool is_legal = ast->kind == AST_EXPR_LITERAL || ast->kind == AST_EXPR_PARAMETER;
    if (!is_legal) return bind_tell_unknown(binder, ast);
    return bind_expr(binder, ast, out);
}

static enum status bind_tail(struct binder *binder, const struct arms *arms) {
    const struct ast_query *ast = arms->ast;
    struct bound_query *query = arms->query;
    struct scope scope;
    bool is_plain = query->arm_count == 1 && query->arms[0].select != NULL;
    enum status status = STATUS_OK;
    if (!is_plain) status = bind_union_order(binder, &ast->order, query);
    scope_open(binder, &scope, NULL);
    if (status == STATUS_OK) status = bind_limit(binder, ast->limit.count, &query->limit);
    if (status == STATUS_OK) status = bind_limit(binder, ast->limit.offset, &query->offset);
    scope_close(binder, &scope);
    if (ast->into != NULL) query->into = ast->into;
    return status;
}

/* The CTE of a plain query, which cannot read itself, gets its names at the end. */
static enum status close_cte(struct binder *binder, const struct query_context *context,
                             const struct bound_query *query) {
    if (context->cte == NULL) return STATUS_OK;
    return name_cte(binder, context, query);
}

enum status bind_query(struct binder *binder, const struct ast_query *ast,
                       const struct query_context *context, struct bound_query **out) {
    struct bound_query *query = arena_new(binder->arena, struct bound_query);
    struct arms arms = {.ast = ast, .context = context, .query = query};
    struct cte_scope ctes;
    *out = query;
    enum status status = bind_with(binder, ast->with, context->outer, &ctes);
    query->ctes = ctes.ctes;
    query->cte_count = ctes.count;
    if (status == STATUS_OK) status = bind_body(binder, &arms);
    if (status == STATUS_OK) status = bind_tail(binder, &arms);
    if (status == STATUS_OK) status = close_cte(binder, context, query);
    binder->ctes = ctes.outer;
    return status;
}
