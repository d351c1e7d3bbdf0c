/* bind_select.c: one query block, SELECT .. FROM .. WHERE .. GROUP BY .. HAVING, and the ORDER BY that belongs to it.
 *
 * In the order of binding, which is that of the scope's growth: FROM, WHERE, select list, GROUP BY, HAVING, ORDER BY. Then it is
 * known whether the block is grouped; if so, everything above the grouping is lifted (bind_group.c).
 *
 *   (Q1) ORDER BY reads items. An expression that is no item becomes a hidden one, behind those that the client sees.
 *   (Q2) A subquery of the select list belongs above the grouping, in a block without one to the rows.
 */
#include "sql/bind_private.h"

/* ---- items ---- */

/* Wire flags of a stored column. */
static uint16_t origin_flags(const struct table_definition *definition, uint32_t column) {
    const struct column_definition *c = &definition->columns[column];
    uint32_t flags = 0;
    if (!column_type_is_nullable(&c->type)) flags |= ORIGIN_NOT_NULL;
    if ((c->options & COLUMN_AUTO_INCREMENT) != 0) flags |= ORIGIN_AUTO_INCREMENT;
    if ((c->options & COLUMN_ON_UPDATE_NOW) != 0) flags |= ORIGIN_ON_UPDATE_NOW | ORIGIN_TIMESTAMP;
    if (c->default_kind == DEFAULT_NONE && (flags & ORIGIN_AUTO_INCREMENT) == 0) {
        flags |= ORIGIN_NO_DEFAULT;
    }
    for (uint32_t i = 0; i < definition->index_count; i++) {
        const struct index_definition *index = &definition->indexes[i];
        for (uint32_t p = 0; p < index->part_count; p++) {
            if (index->parts[p].column != column) continue;
            if (index->kind == INDEX_PRIMARY) {
                flags |= ORIGIN_PRIMARY_KEY;
            } else if (p == 0) {
                bool is_unique = index->kind == INDEX_UNIQUE && index->part_count == 1;
                flags |= is_unique ? ORIGIN_UNIQUE_KEY : ORIGIN_MULTIPLE_KEY;
            }
        }
    }
    return (uint16_t)flags;
}

static void item_origin(struct bound_item *item) {
    const struct bound_table *table = item->expr->table;
    item->origin_alias = table->alias;
    item->origin_column = bound_column_name(table, item->expr->column);
    if (table->kind == BOUND_BASE || table->kind == BOUND_VIRTUAL) {
        const struct table_definition *definition =
            table->kind == BOUND_BASE ? table->base->definition : table->virtual_table->definition;
        item->origin_schema = table->schema;
        item->origin_table = table->name;
        item->origin_flags = origin_flags(definition, item->expr->column);
        return;
    }
    const struct bound_query *query = table->kind == BOUND_CTE ? table->cte->query : table->query;
    const struct bound_item *inner = &query->items[item->expr->column];
    item->origin_schema = inner->origin_schema;
    item->origin_table = inner->origin_table;
    item->origin_flags = inner->origin_flags;
    if (inner->origin_column.size > 0) item->origin_column = inner->origin_column;
}

/* Type and slot of an item whose expr is final (B4 of bound.h). */
void bind_finish_item(struct binder *binder, struct bound_item *item) {
    const struct expr *expr = item->expr;
    bool is_slot = (expr->kind == EXPR_SLOT && expr->places != PLACES_CUT) ||
                   (expr->kind == EXPR_COLUMN && expr->type.kind != COLUMN_TIMESTAMP);
    item->type = expr->type;
    item->is_nullable = (expr->flags & EXPR_NULLABLE) != 0;
    item->slot = is_slot ? expr->slot : bind_new_slot(binder);
    if (expr->kind == EXPR_COLUMN) item_origin(item);
}

static struct bound_item *item_push(struct binder *binder, struct bound_select *select,
                                    uint32_t *count) {
    return BIND_PUSH(binder->arena, &select->items, count);
}

/* The literal 0x41 alone is a binary string. */
static struct expr *shown(struct binder *binder, struct expr *expr) {
    bool is_literal = expr->type.kind == COLUMN_BIT && expr->coercibility == COERCE_LITERAL;
    return is_literal ? coerce_text(binder->arena, expr, COLLATION_BINARY) : expr;
}

static enum status bind_item(struct binder *binder, const struct ast_select_item *ast,
                             struct bound_select *select) {
    struct expr *expr;
    enum status status = bind_expr(binder, ast->expr, &expr);
    if (status == STATUS_OK) status = bind_scalar(binder, expr);
    if (status != STATUS_OK) return status;
    struct bound_item *item = item_push(binder, select, &select->item_count);
    item->expr = shown(binder, expr);
    item->name = bind_copy(binder, ast_select_item_name(ast));
    return STATUS_OK;
}

/* ---- * ---- */

static void star_column(struct binder *binder, struct bound_select *select,
                        struct bound_table *table, uint32_t column) {
    struct bound_item *item = item_push(binder, select, &select->item_count);
    item->expr = bind_column_of(binder, table, column);
    item->name = bound_column_name(table, column);
    bind_need(binder, table, NEED_SELECT);
}

static bool is_shown(const struct bound_table *table, uint32_t column) {
    if (table->kind == BOUND_DERIVED || table->kind == BOUND_CTE) return true;
    const struct table_definition *definition =
        table->kind == BOUND_BASE ? table->base->definition : table->virtual_table->definition;
    return (definition->columns[column].options & (COLUMN_INVISIBLE | COLUMN_HIDDEN)) == 0;
}

/* What * stands for, in order. */
struct star {
    struct star_column {
        struct bound_table *table;
        uint32_t column;
    } * columns;
    uint32_t count;
};

enum merge_side { NOT_MERGED, MERGED_LEFT, MERGED_RIGHT };

/* Is the column one that this join made one with a column of its other side? */
static enum merge_side merge_side_of(const struct scope *scope, const struct bound_from *join,
                                     const struct star_column *column) {
    for (uint32_t i = 0; i < join->merged_count; i++) {
        const struct merged_column *m = &scope->merged[join->merged_start + i];
        if (m->left == column->table && m->left_column == column->column) return MERGED_LEFT;
        if (m->right == column->table && m->right_column == column->column) return MERGED_RIGHT;
    }
    return NOT_MERGED;
}

static void star_take(struct binder *binder, const struct bound_from *join, const struct star *side,
                      enum merge_side which, struct star *star) {
    for (uint32_t i = 0; i < side->count; i++) {
        if (merge_side_of(binder->scope, join, &side->columns[i]) != which) continue;
        *BIND_PUSH(binder->arena, &star->columns, &star->count) = side->columns[i];
    }
}

static void star_of_from(struct binder *binder, const struct bound_from *from, struct star *star);

/* What was merged comes first, once; an exchanged join (J1) without merged columns shows its sides as they were written. */
static void star_of_join(struct binder *binder, const struct bound_from *join, struct star *star) {
    struct star left = {0}, right = {0};
    star_of_from(binder, join->left, &left);
    star_of_from(binder, join->right, &right);
    bool is_as_written = join->is_exchanged && join->merged_count == 0;
    star_take(binder, join, &left, MERGED_LEFT, star);
    if (is_as_written) star_take(binder, join, &right, NOT_MERGED, star);
    star_take(binder, join, &left, NOT_MERGED, star);
    if (!is_as_written) star_take(binder, join, &right, NOT_MERGED, star);
}

static void star_of_table(struct binder *binder, struct bound_table *table, struct star *star) {
    for (uint32_t c = 0; c < table->column_count; c++) {
        if (!is_shown(table, c)) continue;
        *BIND_PUSH(binder->arena, &star->columns, &star->count) = (struct star_column){table, c};
    }
}

static void star_of_from(struct binder *binder, const struct bound_from *from, struct star *star) {
    if (from->kind == FROM_JOIN)
        star_of_join(binder, from, star);
    else
        star_of_table(binder, from->table, star);
}

static enum status bind_star(struct binder *binder, const struct ast_select_item *ast,
                             struct bound_select *select) {
    const struct scope *scope = binder->scope;
    bool is_of_table = ast->table.size > 0, is_found = false;
    if (scope->table_count == 0 && !is_of_table) {
        return diagnostics_error(binder->diagnostics, ER_NO_TABLES_USED);
    }
    struct star star = {0};
    if (!is_of_table) star_of_from(binder, select->from, &star);
    for (uint32_t i = 0; i < scope->table_count && is_of_table; i++) {
        if (!bind_table_is(scope->tables[i], ast->schema, ast->table)) continue;
        is_found = true;
        star_of_table(binder, scope->tables[i], &star);
    }
    for (uint32_t i = 0; i < star.count; i++) {
        star_column(binder, select, star.columns[i].table, star.columns[i].column);
    }
    if (!is_of_table) return STATUS_OK;
    if (is_found) return STATUS_OK;
    return diagnostics_error(binder->diagnostics, ER_UNKNOWN_TABLE, bind_text(binder, ast->table),
                             "field list");
}

static enum status bind_items(struct binder *binder, const struct ast_select *ast,
                              struct bound_select *select) {
    binder->scope->clause = CLAUSE_FIELDS;
    binder->scope->allows_aggregates = 1;
    for (uint32_t i = 0; i < ast->items.count; i++) {
        const struct ast_select_item *item = &ast->items.items[i];
        enum status status =
            item->expr == NULL ? bind_star(binder, item, select) : bind_item(binder, item, select);
        if (status != STATUS_OK) return status;
    }
    binder->scope->is_grouping_known = 1;
    return STATUS_OK;
}

/* ---- GROUP BY ---- */

bool bind_ordinal(const struct ast_expr *ast, uint64_t *number_out) {
    bool is_number = ast->kind == AST_EXPR_LITERAL && ast->literal.kind == AST_LITERAL_INTEGER;
    *number_out = is_number ? ast->literal.integer : 0;
    return is_number;
}

static enum status tell_ordinal(struct binder *binder, uint64_t number) {
    return diagnostics_error(binder->diagnostics, ER_BAD_FIELD_ERROR,
                             arena_printf(binder->arena, "%llu", (unsigned long long)number),
                             bind_clause_name(binder));
}

static enum status bind_key(struct binder *binder, const struct ast_expr *ast,
                            struct bound_select *select, struct expr **out) {
    uint64_t number;
    if (bind_ordinal(ast, &number)) {
        if (number == 0 || number > select->item_count) return tell_ordinal(binder, number);
        *out = select->items[number - 1].expr;
        if (((*out)->flags & EXPR_HAS_AGGREGATE) != 0) {
            return diagnostics_error(binder->diagnostics, ER_WRONG_GROUP_FIELD,
                                     bind_text(binder, select->items[number - 1].name));
        }
        return STATUS_OK;
    }
    enum status status = bind_expr(binder, ast, out);
    return status == STATUS_OK ? bind_scalar(binder, *out) : status;
}

/* A key is computed below the grouping, and so are its subqueries, which the select list put above (bind_subquery.c). */
static void move_key_subqueries(struct binder *binder, struct bound_select *select,
                                const struct expr *key) {
    for (uint32_t i = 0; i < key->arg_count; i++) {
        move_key_subqueries(binder, select, key->args[i]);
    }
    const struct bound_subquery *subquery = key->kind == EXPR_SLOT ? key->subquery : NULL;
    if (subquery == NULL) return;
    for (uint32_t i = 0; subquery->operands != NULL && i < subquery->column_count; i++) {
        move_key_subqueries(binder, select, subquery->operands[i]);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < select->group_subquery_count; i++) {
        struct bound_subquery *above = select->group_subqueries[i];
        if (above == subquery) {
            *BIND_PUSH(binder->arena, &select->row_subqueries, &select->row_subquery_count) = above;
        } else {
            select->group_subqueries[kept++] = above;
        }
    }
    select->group_subquery_count = kept;
}

static enum status bind_group(struct binder *binder, const struct ast_select *ast,
                              struct bound_select *select) {
    uint32_t count = ast->group_by.count;
    binder->scope->clause = CLAUSE_GROUP;
    binder->scope->allows_aggregates = 0;
    select->has_rollup = ast->has_rollup;
    select->group = arena_array(binder->arena, struct expr *, count);
    select->group_slots = arena_array(binder->arena, uint32_t, count);
    for (uint32_t i = 0; i < count; i++) {
        struct expr *key;
        enum status status = bind_key(binder, ast->group_by.items[i].expr, select, &key);
        if (status != STATUS_OK) return status;
        move_key_subqueries(binder, select, key);
        bool is_column = key->kind == EXPR_COLUMN;
        select->group[i] = key;
        select->group_slots[i] = is_column ? key->slot : bind_new_slot(binder);
        if (is_column && key->eval != expr_eval_slot) { /* the slot keeps what the row holds */
            struct expr *raw = arena_new(binder->arena, struct expr);
            *raw = *key;
            raw->eval = expr_eval_slot;
            select->group[i] = raw;
        }
        select->group_count = i + 1;
    }
    return STATUS_OK;
}

/* ---- ORDER BY (Q1) ---- */

/* An alias, or a position, of the select list: which item? -1: neither. */
static enum status order_item(struct binder *binder, const struct ast_expr *ast,
                              const struct bound_select *select, int32_t *item_out) {
    uint64_t number;
    *item_out = -1;
    if (bind_ordinal(ast, &number)) {
        if (number == 0 || number > select->item_count) return tell_ordinal(binder, number);
        *item_out = (int32_t)number - 1;
        return STATUS_OK;
    }
    bool is_name = ast->kind == AST_EXPR_COLUMN && ast->column.table.size == 0;
    for (uint32_t i = 0; i < select->item_count && is_name; i++) {
        if (!slice_equal_nocase(select->items[i].name, ast->column.column)) continue;
        if (*item_out < 0) {
            *item_out = (int32_t)i;
        } else if (!expr_equal(select->items[*item_out].expr, select->items[i].expr)) {
            return diagnostics_error(binder->diagnostics, ER_NON_UNIQ_ERROR,
                                     bind_column_text(binder, ast), bind_clause_name(binder));
        }
    }
    return STATUS_OK;
}

static int32_t find_item(const struct bound_select *select, const struct expr *expr) {
    for (uint32_t i = 0; i < select->item_count + select->hidden_item_count; i++) {
        if (expr_equal(select->items[i].expr, expr)) return (int32_t)i;
    }
    return -1;
}

static bool is_item_slot(const struct bound_select *select, uint32_t slot) {
    for (uint32_t i = 0; i < select->item_count; i++) {
        const struct expr *item = select->items[i].expr;
        if (item->kind == EXPR_COLUMN && item->slot == slot) return true;
    }
    return false;
}

/* Do the select items tell the value of `expr`, which may be made of them? */
static bool follows_from_items(const struct bound_select *select, const struct expr *expr) {
    if (find_item(select, expr) >= 0) return true;
    if (expr->kind == EXPR_COLUMN) return false;
    if (expr->kind == EXPR_SLOT && expr->subquery == NULL) return false;
    const struct bound_subquery *subquery = expr->kind == EXPR_SLOT ? expr->subquery : NULL;
    for (uint32_t i = 0; subquery != NULL && i < subquery->outer_slot_count; i++) {
        if (!is_item_slot(select, subquery->outer_slots[i])) return false;
    }
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        if (!follows_from_items(select, expr->args[i])) return false;
    }
    return true;
}

static enum status tell_not_distinct(struct binder *binder, uint32_t number,
                                     const struct ast_expr *ast) {
    return diagnostics_error_text(
        binder->diagnostics, ER_FIELD_IN_ORDER_NOT_SELECT,
        "Expression #%u of ORDER BY clause is not in SELECT list, references column '%s' which is "
        "not in SELECT list; this is incompatible with DISTINCT",
        (unsigned)number, bind_text(binder, ast->source));
}

/* Item numbers for the order; -1: a constant, which orders nothing. */
static enum status bind_order_items(struct binder *binder, const struct ast_orders *ast,
                                    struct bound_select *select, int32_t *items) {
    binder->scope->clause = CLAUSE_ORDER;
    binder->scope->allows_aggregates = 1;
    for (uint32_t i = 0; i < ast->count; i++) {
        const struct ast_expr *by = ast->items[i].expr;
        enum status status = order_item(binder, by, select, &items[i]);
        if (status != STATUS_OK) return status;
        if (items[i] >= 0) continue;
        struct expr *expr;
        status = bind_expr(binder, by, &expr);
        if (status == STATUS_OK) status = bind_scalar(binder, expr);
        if (status != STATUS_OK) return status;
        if (expr->kind == EXPR_CONSTANT) continue;
        items[i] = find_item(select, expr);
        if (items[i] >= 0) continue;
        bool is_checked =
            select->is_distinct && (binder->input->sql_mode & SQL_MODE_ONLY_FULL_GROUP_BY) != 0;
        if (is_checked && !follows_from_items(select, expr))
            return tell_not_distinct(binder, i + 1, by);
        uint32_t count = select->item_count + select->hidden_item_count;
        items[i] = (int32_t)count;
        item_push(binder, select, &count)->expr = expr;
        select->hidden_item_count++;
    }
    return STATUS_OK;
}

static struct expr *item_slot(struct binder *binder, const struct bound_item *item) {
    struct expr *slot = expr_new(binder->arena, EXPR_SLOT, 0);
    slot->slot = item->slot;
    slot->type = item->type;
    slot->flags = item->is_nullable ? EXPR_NULLABLE : 0;
    slot->collation = item->expr->collation;
    slot->coercibility = item->expr->coercibility;
    return slot;
}

static void finish_order(struct binder *binder, const struct ast_orders *ast,
                         const struct bound_select *select, const int32_t *items,
                         struct bound_query *query) {
    query->order = arena_array(binder->arena, struct bound_order, ast->count);
    for (uint32_t i = 0; i < ast->count; i++) {
        if (items[i] < 0) continue;
        struct bound_order *order = &query->order[query->order_count++];
        order->expr = item_slot(binder, &select->items[items[i]]);
        order->is_descending = ast->items[i].descending;
    }
}

enum status bind_order(struct binder *binder, const struct ast_orders *ast,
                       struct bound_order **order_out, uint32_t *count_out) {
    binder->scope->clause = CLAUSE_ORDER;
    *order_out = arena_array(binder->arena, struct bound_order, ast->count);
    *count_out = ast->count;
    for (uint32_t i = 0; i < ast->count; i++) {
        enum status status = bind_exprs(binder, &ast->items[i].expr, 1, &(*order_out)[i].expr);
        if (status != STATUS_OK) return status;
        (*order_out)[i].is_descending = ast->items[i].descending;
    }
    return STATUS_OK;
}

/* ---- locks ---- */

static void lock_table(struct bound_table *table, const struct ast_lock *lock) {
    table->lock_mode = lock->strength == AST_LOCK_UPDATE ? LOCK_EXCLUSIVE : LOCK_SHARED;
    table->wait_policy = lock->wait == AST_LOCK_NOWAIT        ? WAIT_NOWAIT
                         : lock->wait == AST_LOCK_SKIP_LOCKED ? WAIT_SKIP_LOCKED
                                                              : WAIT_TIMEOUT;
}

static enum status bind_lock(struct binder *binder, const struct ast_lock *lock) {
    struct scope *scope = binder->scope;
    uint32_t privileges =
        lock->strength == AST_LOCK_UPDATE ? NEED_SELECT | NEED_UPDATE : NEED_SELECT;
    for (uint32_t i = 0; i < scope->table_count && lock->tables.count == 0; i++) {
        lock_table(scope->tables[i], lock);
        bind_need(binder, scope->tables[i], privileges);
    }
    for (uint32_t i = 0; i < lock->tables.count; i++) {
        const struct ast_name *name = &lock->tables.items[i];
        struct bound_table *table = scope_find_table(scope, name->schema, name->object);
        if (table == NULL) {
            return diagnostics_error(binder->diagnostics, ER_UNKNOWN_TABLE,
                                     bind_text(binder, name->object), "locking clause");
        }
        lock_table(table, lock);
        bind_need(binder, table, privileges);
    }
    return STATUS_OK;
}

/* ---- the block ---- */

static enum status lift_all(struct binder *binder, struct bound_select *select) {
    uint32_t visible = select->item_count;
    for (uint32_t i = 0; i < visible + select->hidden_item_count; i++) {
        bool is_visible = i < visible;
        enum status status = bind_lift(binder, select, &select->items[i].expr,
                                       is_visible ? "SELECT list" : "ORDER BY clause",
                                       is_visible ? i + 1 : i - visible + 1);
        if (status != STATUS_OK) return status;
    }
    for (uint32_t i = 0; i < select->having_count; i++) {
        enum status status = bind_lift(binder, select, &select->having[i], "HAVING clause", i + 1);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

/* (Q2) */
static void move_subqueries(struct binder *binder, struct bound_select *select) {
    for (uint32_t i = 0; i < select->group_subquery_count; i++) {
        *BIND_PUSH(binder->arena, &select->row_subqueries, &select->row_subquery_count) =
            select->group_subqueries[i];
    }
    select->group_subquery_count = 0;
}

static enum status bind_clauses(struct binder *binder, const struct ast_select *ast,
                                struct bound_select *select) {
    struct scope *scope = binder->scope;
    enum status status = bind_from(binder, &ast->from, &select->from);
    select->tables = scope->tables;
    select->table_count = scope->table_count;
    scope->clause = CLAUSE_WHERE;
    if (status == STATUS_OK) {
        status = bind_condition(binder, ast->where, &select->where, &select->where_count);
    }
    if (status == STATUS_OK) status = bind_items(binder, ast, select);
    if (status == STATUS_OK) status = bind_group(binder, ast, select);
    scope->clause = CLAUSE_HAVING;
    scope->allows_aggregates = 1;
    if (status == STATUS_OK) {
        status = bind_condition(binder, ast->having, &select->having, &select->having_count);
    }
    if (status == STATUS_OK && ast->windows.count > 0) {
        return diagnostics_unsupported(binder->diagnostics, "window functions");
    }
    return status;
}

static enum status finish_block(struct binder *binder, struct bound_select *select) {
    select->is_grouped = select->group_count > 0 || select->aggregate_count > 0;
    if (select->is_grouped) {
        enum status status = lift_all(binder, select);
        if (status != STATUS_OK) return status;
    } else {
        move_subqueries(binder, select);
    }
    for (uint32_t i = 0; i < select->item_count + select->hidden_item_count; i++) {
        bind_finish_item(binder, &select->items[i]);
    }
    return STATUS_OK;
}

static enum status bind_block(struct binder *binder, const struct select_context *context,
                              struct bound_select *select) {
    static const struct ast_orders no_orders;
    const struct ast_orders *orders = context->order != NULL ? context->order : &no_orders;
    int32_t *order_items = arena_array(binder->arena, int32_t, orders->count);
    enum status status = bind_clauses(binder, context->ast, select);
    if (status == STATUS_OK) status = bind_order_items(binder, orders, select, order_items);
    for (uint32_t i = 0; context->locks != NULL && i < context->locks->count; i++) {
        if (status == STATUS_OK) status = bind_lock(binder, &context->locks->items[i]);
    }
    if (status == STATUS_OK) status = finish_block(binder, select);
    if (status != STATUS_OK || context->order == NULL) return status;
    finish_order(binder, orders, select, order_items, context->query);
    return STATUS_OK;
}

/* MySQL's limit; the fiber's stack has room for it. */
#define SELECT_DEPTH_MAX 63

enum status bind_select(struct binder *binder, const struct select_context *context,
                        struct bound_select **out) {
    struct scope scope;
    if (binder->select_depth >= SELECT_DEPTH_MAX) {
        return diagnostics_error(binder->diagnostics, ER_TOO_HIGH_LEVEL_OF_NESTING_FOR_SELECT);
    }
    binder->select_depth++;
    struct bound_select *select = arena_new(binder->arena, struct bound_select);
    scope_open(binder, &scope, context->at->outer);
    scope.select = select;
    scope.subquery = context->at->owner;
    scope.query = context->query;
    select->options = context->ast->options;
    select->is_distinct = (context->ast->options & AST_SELECT_DISTINCT) != 0;
    enum status status = bind_block(binder, context, select);
    scope_close(binder, &scope);
    binder->select_depth--;
    *out = select;
    return status;
}
