/* bind_scope.c: what does a name mean?
 *
 * A column's name is looked for among the tables of its own block, then of the blocks around it, inside out; the first block that
 * has it decides, and there it must be unique. Columns that NATURAL or USING joined are one name. Which tables a name may
 * mean at all is a matter of when it is bound: a scope grows while FROM is bound, from left to right.
 *
 *   clause       an unqualified name means
 *   GROUP BY     a column of the tables, else an alias of the select list
 *   HAVING       an alias, else a column that is in the select list or a group key
 *   ORDER BY     an alias when it stands alone (bind_select.c), else a column, else an alias
 *   others       a column
 *   a subquery   a column of each block around, inside out, else an alias of that block's select list as far as it is bound:
 *                WHERE and ON see none, the select list those to the left
 *
 * Rules (S1) and (S2) are in bind_private.h.
 */
#include "sql/bind_private.h"

void scope_open(struct binder *binder, struct scope *scope, struct scope *outer) {
    *scope = (struct scope){.outer = outer, .parent = binder->scope, .clause = CLAUSE_FIELDS};
    binder->scope = scope;
}

void scope_close(struct binder *binder, struct scope *scope) {
    CHECK(binder->scope == scope);
    binder->scope = scope->parent;
}

int32_t bound_find_column(const struct bound_table *table, struct slice name) {
    if (table->kind == BOUND_BASE) return table_find_column(table->base->definition, name);
    if (table->kind == BOUND_VIRTUAL) {
        return table_find_column(table->virtual_table->definition, name);
    }
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (slice_equal_nocase(table->column_names[i], name)) return (int32_t)i;
    }
    return -1;
}

bool bind_table_is(const struct bound_table *table, struct slice schema, struct slice name) {
    bool (*equal)(struct slice, struct slice) = slice_equal;
    if (table->kind == BOUND_VIRTUAL) equal = slice_equal_nocase; /* information_schema */
    if (schema.size > 0 && !equal(table->schema, schema)) return false;
    return equal(table->alias, name);
}

struct bound_table *scope_find_table(const struct scope *scope, struct slice schema,
                                     struct slice name) {
    for (uint32_t i = 0; i < scope->table_count; i++) {
        if (bind_table_is(scope->tables[i], schema, name)) return scope->tables[i];
    }
    return NULL;
}

/* ---- the node of a column ---- */

static struct column_type type_of_column(const struct bound_table *table, uint32_t column) {
    switch (table->kind) {
    case BOUND_BASE: return table->base->definition->columns[column].type;
    case BOUND_VIRTUAL: return table->virtual_table->definition->columns[column].type;
    case BOUND_DERIVED: break;
    case BOUND_CTE: break;
    }
    const struct bound_query *query = table->kind == BOUND_CTE ? table->cte->query : table->query;
    struct column_type type = query->items[column].type;
    if (query->items[column].is_nullable)
        type.flags &= (uint8_t)~COLUMN_NOT_NULL;
    else
        type.flags |= COLUMN_NOT_NULL;
    return type;
}

struct expr *bind_column_of(struct binder *binder, struct bound_table *table, uint32_t column) {
    CHECK(column < table->column_count);
    struct bound_column *bound = table->columns[column];
    if (bound == NULL) { /* (S1) */
        bound = arena_new(binder->arena, struct bound_column);
        *bound = (struct bound_column){.table = table,
                                       .column = column,
                                       .slot = bind_new_slot(binder),
                                       .type = type_of_column(table, column)};
        table->columns[column] = bound;
    }
    struct expr *expr = expr_new(binder->arena, EXPR_COLUMN, 0);
    expr->type = bound->type;
    expr->slot = bound->slot;
    expr->table = table;
    expr->column = column;
    expr->collation = bound->type.collation;
    bool is_nullable = column_type_is_nullable(&bound->type) || table->is_nullable;
    expr->flags = is_nullable ? EXPR_NULLABLE : 0;
    bool is_text = column_kind_is_string(bound->type.kind) || bound->type.kind == COLUMN_ENUM ||
                   bound->type.kind == COLUMN_SET || bound->type.kind == COLUMN_JSON;
    expr->coercibility = is_text ? COERCE_IMPLICIT : COERCE_NUMERIC;
    if (bound->type.kind == COLUMN_TIMESTAMP && table->kind == BOUND_BASE) {
        expr->eval = expr_eval_timestamp;
    }
    return expr;
}

/* ---- outer references (S2) ---- */

static void list_slot(struct binder *binder, uint32_t **slots, uint32_t *count, uint32_t slot) {
    for (uint32_t i = 0; i < *count; i++) {
        if ((*slots)[i] == slot) return;
    }
    *BIND_PUSH(binder->arena, slots, count) = slot;
}

static void note_outer(struct binder *binder, const struct scope *found, uint32_t slot) {
    for (struct scope *scope = binder->scope; scope != found; scope = scope->parent) {
        CHECK(scope != NULL);
        struct bound_subquery *subquery = scope->subquery;
        struct bound_query *query = scope->query;
        if (query != NULL) {
            query->is_correlated = 1;
            list_slot(binder, &query->outer_slots, &query->outer_slot_count, slot);
        }
        if (subquery != NULL) {
            subquery->is_correlated = 1;
            list_slot(binder, &subquery->outer_slots, &subquery->outer_slot_count, slot);
        }
    }
}

/* ---- looking up ---- */

struct lookup {
    struct slice schema, table, column;
    struct bound_table *found;
    uint32_t found_column;
    uint32_t count;
};

/* Is the table's column the right side of a merged one, which stands behind the left side's? */
static bool is_merged_away(const struct scope *scope, const struct bound_table *table,
                           uint32_t column) {
    for (uint32_t i = 0; i < scope->merged_count; i++) {
        const struct merged_column *merged = &scope->merged[i];
        if (merged->right == table && merged->right_column == column) return true;
    }
    return false;
}

static void lookup_in(const struct scope *scope, struct lookup *lookup) {
    bool is_qualified = lookup->table.size > 0;
    for (uint32_t i = 0; i < scope->table_count; i++) {
        struct bound_table *table = scope->tables[i];
        if (is_qualified && !bind_table_is(table, lookup->schema, lookup->table)) continue;
        int32_t column = bound_find_column(table, lookup->column);
        if (column < 0) continue;
        if (!is_qualified && is_merged_away(scope, table, (uint32_t)column)) continue;
        if (lookup->count++ > 0) continue;
        lookup->found = table;
        lookup->found_column = (uint32_t)column;
    }
}

const char *bind_column_text(struct binder *binder, const struct ast_expr *ast) {
    struct buffer text = buffer_of(binder->arena);
    if (ast->column.schema.size > 0) {
        buffer_append(&text, ast->column.schema);
        buffer_append_byte(&text, '.');
    }
    if (ast->column.table.size > 0) {
        buffer_append(&text, ast->column.table);
        buffer_append_byte(&text, '.');
    }
    buffer_append(&text, ast->column.column);
    return bind_text(binder, buffer_slice(&text));
}

enum status bind_tell_unknown(struct binder *binder, const struct ast_expr *ast) {
    return diagnostics_error(binder->diagnostics, ER_BAD_FIELD_ERROR, bind_column_text(binder, ast),
                             bind_clause_name(binder));
}

static enum status tell_ambiguous(struct binder *binder, const struct ast_expr *ast) {
    return diagnostics_error(binder->diagnostics, ER_NON_UNIQ_ERROR, bind_column_text(binder, ast),
                             bind_clause_name(binder));
}

/* ---- aliases of the select list ---- */

/* NULL: none. The first one counts; two that differ are ambiguous (count_out 2). */
static struct expr *find_named_item(const struct scope *scope, struct slice name,
                                    uint32_t *count_out) {
    struct expr *found = NULL;
    *count_out = 0;
    for (uint32_t i = 0; i < scope->select->item_count; i++) {
        const struct bound_item *item = &scope->select->items[i];
        if (!slice_equal_nocase(item->name, name)) continue;
        if (found != NULL && expr_equal(found, item->expr)) continue;
        if (found == NULL) found = item->expr;
        (*count_out)++;
    }
    return found;
}

static struct expr *find_alias(const struct scope *scope, struct slice name, uint32_t *count_out) {
    *count_out = 0;
    if (scope->select == NULL || !scope->is_grouping_known) return NULL;
    return find_named_item(scope, name, count_out);
}

static enum status bind_alias(struct binder *binder, const struct ast_expr *ast, bool *is_found,
                              struct expr **out) {
    uint32_t count;
    struct expr *alias = find_alias(binder->scope, ast->column.column, &count);
    *is_found = alias != NULL;
    if (alias == NULL) return STATUS_OK;
    if (count > 1) return tell_ambiguous(binder, ast);
    bool is_misplaced =
        binder->scope->clause == CLAUSE_GROUP && (alias->flags & EXPR_HAS_AGGREGATE) != 0;
    if (is_misplaced) {
        return diagnostics_error(binder->diagnostics, ER_WRONG_GROUP_FIELD,
                                 bind_column_text(binder, ast));
    }
    *out = alias;
    return STATUS_OK;
}

/* What HAVING and ORDER BY read of a group key that is no column; NULL: it is none. */
static struct expr *slot_of_key(struct binder *binder, const struct scope *found,
                                const struct expr *item) {
    const struct bound_select *select = found->select;
    bool is_above = (found->clause == CLAUSE_HAVING || found->clause == CLAUSE_ORDER) &&
                    found->aggregate_depth == 0;
    for (uint32_t i = 0; i < select->group_count && is_above; i++) {
        bool is_key = select->group[i]->kind != EXPR_COLUMN && expr_equal(select->group[i], item);
        if (is_key) return bind_key_slot(binder, select, i);
    }
    return NULL;
}

/* The item once more, for a block inside: grouping replaces parts of the item itself. */
static struct expr *copy_for_inner(struct binder *binder, const struct scope *found,
                                   const struct expr *item) {
    struct expr *key = slot_of_key(binder, found, item);
    if (key != NULL) {
        note_outer(binder, found, key->slot);
        return key;
    }
    struct expr *copy = expr_new(binder->arena, item->kind, item->arg_count);
    struct expr **args = copy->args;
    *copy = *item;
    copy->args = args;
    if (item->kind == EXPR_COLUMN || item->kind == EXPR_SLOT) {
        note_outer(binder, found, item->slot);
    }
    for (uint32_t i = 0; i < item->arg_count; i++) {
        copy->args[i] = copy_for_inner(binder, found, item->args[i]);
    }
    return copy;
}

/* An alias of a block around. NOT_FOUND: it has none of that name. */
static enum status bind_outer_alias(struct binder *binder, const struct ast_expr *ast,
                                    const struct scope *scope, struct expr **out) {
    uint32_t count;
    if (scope->select == NULL) return STATUS_NOT_FOUND;
    const struct expr *item = find_named_item(scope, ast->column.column, &count);
    if (item == NULL) return STATUS_NOT_FOUND;
    if (count > 1) return tell_ambiguous(binder, ast);
    if ((item->flags & EXPR_HAS_AGGREGATE) != 0) {
        return diagnostics_error(binder->diagnostics, ER_ILLEGAL_REFERENCE,
                                 bind_column_text(binder, ast), "reference to group function");
    }
    if ((item->flags & (EXPR_HAS_SUBQUERY | EXPR_NOT_DETERMINISTIC)) != 0) {
        return diagnostics_unsupported(binder->diagnostics,
                                       "a subquery that names an alias of a subquery");
    }
    *out = copy_for_inner(binder, scope, item);
    return STATUS_OK;
}

/* HAVING names what a group has: columns of the select list and group keys. */
static bool is_in_result(const struct scope *scope, const struct expr *column) {
    const struct bound_select *select = scope->select;
    for (uint32_t i = 0; i < select->item_count; i++) {
        const struct expr *item = select->items[i].expr;
        if (item->kind == EXPR_COLUMN && item->slot == column->slot) return true;
    }
    for (uint32_t i = 0; i < select->group_count; i++) {
        const struct expr *key = select->group[i];
        if (key->kind == EXPR_COLUMN && key->slot == column->slot) return true;
    }
    return false;
}

/* HAVING prefers the group's key to a select item that hides it under its name. */
static struct expr *find_key(const struct scope *scope, struct slice name) {
    const struct bound_select *select = scope->select;
    for (uint32_t i = 0; select != NULL && i < select->group_count; i++) {
        struct expr *key = select->group[i];
        bool is_named = key->kind == EXPR_COLUMN &&
                        slice_equal_nocase(bound_column_name(key->table, key->column), name);
        if (is_named) return key;
    }
    return NULL;
}

/* ---- the new row of INSERT ---- */

struct expr *bind_new_row_column(struct binder *binder, struct scope *scope, uint32_t column) {
    struct bound_insert *insert = scope->insert;
    struct bound_table *table = insert->table;
    if (insert->new_row_slot == UINT32_MAX) {
        insert->new_row_slot = binder->statement->slot_count;
        binder->statement->slot_count += table->column_count;
    }
    struct expr *expr = expr_new(binder->arena, EXPR_VALUES, 0);
    expr->type = type_of_column(table, column);
    expr->slot = insert->new_row_slot + column;
    expr->column = column;
    expr->flags = EXPR_NULLABLE;
    expr->collation = expr->type.collation;
    expr->coercibility = column_kind_is_string(expr->type.kind) ? COERCE_IMPLICIT : COERCE_NUMERIC;
    if (expr->type.kind == COLUMN_TIMESTAMP) expr->eval = expr_eval_timestamp;
    return expr;
}

/* The columns of INSERT's row: `VALUES (1, a + 1)`, `AS new (x, y)`. -1: it does not mean one. */
static int32_t new_row_find(const struct scope *scope, const struct lookup *lookup) {
    const struct ast_insert *ast = scope->insert_ast;
    const struct bound_table *table = scope->insert->table;
    bool is_alias = ast->row_alias.size > 0 && slice_equal(ast->row_alias, lookup->table);
    if (scope->hidden_target != NULL) { /* in VALUES (..) */
        bool is_meant = lookup->table.size == 0 ||
                        bind_table_is(scope->hidden_target, lookup->schema, lookup->table);
        return is_meant ? bound_find_column(table, lookup->column) : -1;
    }
    if (ast->column_aliases.count == 0) {
        return is_alias ? bound_find_column(table, lookup->column) : -1;
    }
    if (!is_alias && lookup->table.size > 0) return -1;
    for (uint32_t i = 0; i < ast->column_aliases.count && i < scope->insert->column_count; i++) {
        if (slice_equal_nocase(ast->column_aliases.items[i], lookup->column)) {
            return (int32_t)scope->insert->columns[i];
        }
    }
    return -1;
}

/* ---- a name ---- */

/* GROUP BY takes the one that the select list shows under its name. */
static enum status found_several(struct binder *binder, const struct ast_expr *ast,
                                 const struct scope *scope, const struct lookup *lookup,
                                 struct expr **out) {
    bool may_be_item = scope == binder->scope && scope->clause == CLAUSE_GROUP;
    uint32_t count = 0;
    struct expr *item =
        may_be_item && lookup->table.size == 0 ? find_alias(scope, lookup->column, &count) : NULL;
    if (count != 1 || item->kind != EXPR_COLUMN) return tell_ambiguous(binder, ast);
    *out = item;
    return STATUS_OK;
}

static enum status found_column(struct binder *binder, const struct ast_expr *ast,
                                struct scope *scope, const struct lookup *lookup,
                                struct expr **out) {
    if (lookup->count > 1) return found_several(binder, ast, scope, lookup, out);
    struct expr *expr = bind_column_of(binder, lookup->found, lookup->found_column);
    note_outer(binder, scope, expr->slot);
    if (!binder->names_a_target) bind_need(binder, lookup->found, NEED_SELECT);
    bool is_checked = scope->clause == CLAUSE_HAVING && scope->aggregate_depth == 0 &&
                      scope == binder->scope && !is_in_result(scope, expr);
    if (is_checked) return bind_tell_unknown(binder, ast);
    *out = expr;
    return STATUS_OK;
}

static enum status lookup_scope(struct binder *binder, const struct ast_expr *ast,
                                struct scope *scope, struct lookup *lookup, struct expr **out) {
    if (scope->insert != NULL) {
        int32_t column = new_row_find(scope, lookup);
        if (column >= 0) {
            *out = bind_new_row_column(binder, scope, (uint32_t)column);
            note_outer(binder, scope, (*out)->slot);
            return STATUS_OK;
        }
    }
    lookup_in(scope, lookup);
    bool is_of_source =
        scope->insert != NULL && lookup->count > 0 && lookup->found != scope->insert->table;
    if (is_of_source) scope->insert->names_source = 1;
    return lookup->count == 0 ? STATUS_NOT_FOUND : found_column(binder, ast, scope, lookup, out);
}

enum status bind_column(struct binder *binder, const struct ast_expr *ast, struct expr **out) {
    struct scope *own = binder->scope;
    struct lookup lookup = {
        .schema = ast->column.schema, .table = ast->column.table, .column = ast->column.column};
    bool is_plain = lookup.table.size == 0, is_alias = false;
    bool prefers_alias = own->clause == CLAUSE_HAVING && own->aggregate_depth == 0;
    enum status status;
    if (is_plain && prefers_alias) {
        *out = find_key(own, lookup.column);
        if (*out != NULL) return STATUS_OK;
        status = bind_alias(binder, ast, &is_alias, out);
        if (is_alias || status != STATUS_OK) return status;
    }
    status = lookup_scope(binder, ast, own, &lookup, out);
    if (status != STATUS_NOT_FOUND) return status;
    if (is_plain) {
        status = bind_alias(binder, ast, &is_alias, out);
        if (is_alias || status != STATUS_OK) return status;
    }
    for (struct scope *scope = own->outer; scope != NULL; scope = scope->outer) {
        status = lookup_scope(binder, ast, scope, &lookup, out);
        if (status == STATUS_NOT_FOUND && is_plain) {
            status = bind_outer_alias(binder, ast, scope, out);
        }
        if (status != STATUS_NOT_FOUND) return status;
    }
    return bind_tell_unknown(binder, ast);
}
