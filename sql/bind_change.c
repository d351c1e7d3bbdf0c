/* bind_change.c: INSERT, REPLACE, UPDATE, DELETE: which rows of which tables get which values?
 *
 * Values stay of the type that they were bound with: what becomes of them in their column (and who is told) is the executor's
 * business, by row/convert.h.
 *
 *   (C1) In VALUES (..) a column's name means the row that is being made; in ON DUPLICATE KEY UPDATE the row that is there, and the
 *        new one through VALUES(c) or the row's alias. The tables of INSERT .. SELECT are named there too, unless rows of
 *        theirs are grouped, made distinct or united.
 *   (C2) Default expressions and generated columns are bound here, as if they stood in VALUES.
 *   (C4) A run of packed rows is bound as one row is: its literals' types are nobody's business but their columns'.
 *   (C3) The assignments of one table stay in the order of the text: later ones see what earlier ones set.
 */
#include "sql/bind_private.h"
#include "sql/packed_rows.h"
#include "sql/parse.h"

/* ---- targets ---- */

static enum status tell_not_updatable(struct binder *binder, const struct bound_table *table,
                                      const char *what) {
    return diagnostics_error(binder->diagnostics, ER_NON_UPDATABLE_TABLE,
                             bind_text(binder, table->alias), what);
}

static bool is_generated(const struct bound_table *table, uint32_t column) {
    uint8_t options = table->base->definition->columns[column].options;
    return (options & (COLUMN_GENERATED_STORED | COLUMN_GENERATED_VIRTUAL)) != 0;
}

/* A generated column takes DEFAULT only. */
static enum status check_generated(struct binder *binder, const struct bound_table *table,
                                   uint32_t column, const struct expr *value) {
    if (!is_generated(table, column) || value->kind == EXPR_DEFAULT) return STATUS_OK;
    return diagnostics_error(binder->diagnostics, ER_NON_DEFAULT_VALUE_FOR_GENERATED_COLUMN,
                             bind_text(binder, bound_column_name(table, column)),
                             bind_text(binder, table->name));
}

static enum status bind_value(struct binder *binder, const struct ast_expr *ast,
                              struct expr **out) {
    enum clause clause = binder->scope->clause;
    binder->scope->clause = CLAUSE_VALUES;
    enum status status = bind_expr(binder, ast, out);
    binder->scope->clause = clause;
    if (status != STATUS_OK) return status;
    *out = expr_all_places(binder->arena, *out);
    return bind_scalar(binder, *out);
}

/* ---- INSERT: which columns ---- */

static enum status find_target(struct binder *binder, const struct bound_table *table,
                               const struct ast_expr *name, uint32_t *column_out) {
    bool is_other = name->column.table.size > 0 &&
                    !bind_table_is(table, name->column.schema, name->column.table);
    int32_t column = is_other ? -1 : bound_find_column(table, name->column.column);
    if (column < 0) return bind_tell_unknown(binder, name);
    *column_out = (uint32_t)column;
    return STATUS_OK;
}

static enum status list_columns(struct binder *binder, const struct ast_insert *ast,
                                struct bound_insert *insert) {
    insert->columns = arena_array(binder->arena, uint32_t, ast->columns.count);
    for (uint32_t i = 0; i < ast->columns.count; i++) {
        enum status status =
            find_target(binder, insert->table, ast->columns.items[i], &insert->columns[i]);
        if (status != STATUS_OK) return status;
        for (uint32_t j = 0; j < i; j++) {
            if (insert->columns[j] != insert->columns[i]) continue;
            return diagnostics_error(
                binder->diagnostics, ER_FIELD_SPECIFIED_TWICE,
                bind_text(binder, bound_column_name(insert->table, insert->columns[i])));
        }
        insert->column_count = i + 1;
    }
    return STATUS_OK;
}

/* Without a list: all that SELECT * shows. `VALUES ()` gives none of them a value. */
static void all_columns(struct binder *binder, struct bound_insert *insert) {
    const struct bound_table *table = insert->table;
    insert->columns = arena_array(binder->arena, uint32_t, table->column_count);
    for (uint32_t c = 0; c < table->column_count; c++) {
        bool is_invisible = (table->base->definition->columns[c].options & COLUMN_INVISIBLE) != 0;
        if (!is_invisible) insert->columns[insert->column_count++] = c;
    }
}

/* How many values the list's first row has; 0 without a list. */
static uint32_t first_row_count(const struct ast_insert *ast) {
    if (ast->packed.count > 0 && ast->packed.items[0].first_row == 0)
        return ast->packed.items[0].literal_count;
    return ast->rows.count > 0 ? ast->rows.items[0].count : 0;
}

static enum status bind_columns(struct binder *binder, const struct ast_insert *ast,
                                struct bound_insert *insert) {
    if (ast->has_columns || ast->columns.count > 0) {
        enum status status = list_columns(binder, ast, insert);
        if (status != STATUS_OK) return status;
        if (insert->column_count == 0 && first_row_count(ast) > 0)
            all_columns(binder, insert); /* () VALUES (1, 2) */
        return STATUS_OK;
    }
    bool is_empty_row = ast->query == NULL && ast->rows.count > 0 && ast->packed.count == 0;
    for (uint32_t i = 0; i < ast->rows.count; i++) {
        is_empty_row = is_empty_row && ast->rows.items[i].count == 0;
    }
    if (!is_empty_row) all_columns(binder, insert);
    return STATUS_OK;
}

/* ---- INSERT: values ---- */

static enum status tell_value_count(struct binder *binder, uint32_t row) {
    return diagnostics_error(binder->diagnostics, ER_WRONG_VALUE_COUNT_ON_ROW, (long)row);
}

static enum status bind_row(struct binder *binder, const struct ast_exprs *ast, uint32_t row,
                            struct bound_insert *insert, struct expr ***out) {
    if (ast->count != insert->column_count) return tell_value_count(binder, row + 1);
    struct expr **values = *out = arena_array(binder->arena, struct expr *, ast->count);
    for (uint32_t i = 0; i < ast->count; i++) {
        enum status status = bind_value(binder, ast->items[i], &values[i]);
        if (status != STATUS_OK) return status;
        status = check_generated(binder, insert->table, insert->columns[i], values[i]);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

static enum status check_packed_generated(struct binder *binder, const struct bound_insert *insert,
                                          const struct ast_packed_run *run) {
    bool has_generated = false;
    for (uint32_t i = 0; i < insert->column_count; i++)
        has_generated |= is_generated(insert->table, insert->columns[i]);
    if (!has_generated) return STATUS_OK;
    for (uint32_t i = 0; i < run->row_count * run->literal_count; i++) {
        const struct expr value = {
            .kind = run->literals[i].kind == AST_PACKED_DEFAULT ? EXPR_DEFAULT : EXPR_CONSTANT};
        uint32_t column = insert->columns[i % run->literal_count];
        enum status status = check_generated(binder, insert->table, column, &value);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

/* (C4) */
static enum status bind_packed_run(struct binder *binder, const struct ast_packed_run *run,
                                   const struct bound_insert *insert) {
    if (run->literal_count != insert->column_count)
        return tell_value_count(binder, run->first_row + 1);
    return check_packed_generated(binder, insert, run);
}

static enum status bind_values(struct binder *binder, const struct ast_insert *ast,
                               struct bound_insert *insert) {
    uint32_t listed = 0, run = 0;
    insert->row_count = packed_rows_count(ast);
    insert->packed = &ast->packed;
    insert->rows = arena_array(binder->arena, struct expr **, ast->rows.count);
    binder->scope->hidden_target = insert->table; /* (C1) */
    enum status status = STATUS_OK;
    for (uint32_t row = 0; row < insert->row_count && status == STATUS_OK;) {
        const struct ast_packed_run *next =
            run < ast->packed.count ? &ast->packed.items[run] : NULL;
        if (next != NULL && next->first_row == row) {
            status = bind_packed_run(binder, next, insert);
            row += next->row_count;
            run++;
        } else {
            status = bind_row(binder, &ast->rows.items[listed], row, insert, &insert->rows[listed]);
            row++;
            listed++;
        }
    }
    binder->scope->hidden_target = NULL;
    return status;
}

static enum status bind_source(struct binder *binder, const struct ast_insert *ast,
                               struct bound_insert *insert) {
    struct query_context context = {0};
    enum status status = bind_query(binder, ast->query, &context, &insert->query);
    if (status != STATUS_OK) return status;
    if (insert->query->column_count == insert->column_count) return STATUS_OK;
    return tell_value_count(binder, 1);
}

/* (C2) */
static enum status bind_text_default(struct binder *binder, struct slice text, struct expr **out) {
    struct parse_input input = {.text = text};
    struct parse_result result;
    enum status status = parse_expression(binder->arena, &input, &result);
    if (status != STATUS_OK) {
        return diagnostics_error_text(binder->diagnostics, ER_PARSE_ERROR, "%s", result.error.text);
    }
    return bind_value(binder, result.expr, out);
}

/* The value that a column is set to. DEFAULT is the column's expression when it has one. */
static enum status bind_assigned(struct binder *binder, const struct bound_table *table,
                                 uint32_t column, const struct ast_expr *ast, struct expr **out) {
    enum status status = bind_value(binder, ast, out);
    if (status != STATUS_OK || (*out)->kind != EXPR_DEFAULT) return status;
    const struct column_definition *definition = &table->base->definition->columns[column];
    if (definition->default_kind != DEFAULT_EXPRESSION) return STATUS_OK;
    return bind_text_default(binder, definition->default_text, out);
}

static enum status bind_defaults(struct binder *binder, struct bound_insert *insert) {
    const struct bound_table *table = insert->table;
    const struct table_definition *definition = table->base->definition;
    insert->default_expressions = arena_array(binder->arena, struct expr *, table->column_count);
    binder->scope->hidden_target = insert->table;
    enum status status = STATUS_OK;
    for (uint32_t c = 0; c < table->column_count && status == STATUS_OK; c++) {
        const struct column_definition *column = &definition->columns[c];
        bool has_text = column->default_kind == DEFAULT_EXPRESSION || is_generated(table, c);
        if (!has_text) continue;
        status = bind_text_default(binder, column->default_text, &insert->default_expressions[c]);
    }
    binder->scope->hidden_target = NULL;
    return status;
}

static enum status bind_on_duplicate(struct binder *binder, const struct ast_insert *ast,
                                     struct bound_insert *insert) {
    uint32_t count = ast->on_duplicate.count;
    insert->on_duplicate = arena_array(binder->arena, struct bound_assignment, count);
    insert->on_duplicate_count = count;
    if (count > 0) bind_need(binder, insert->table, NEED_UPDATE);
    for (uint32_t i = 0; i < count; i++) {
        const struct ast_assignment *assignment = &ast->on_duplicate.items[i];
        struct bound_assignment *bound = &insert->on_duplicate[i];
        enum status status = find_target(binder, insert->table, assignment->target, &bound->column);
        if (status == STATUS_OK) {
            status = bind_assigned(binder, insert->table, bound->column, assignment->value,
                                   &bound->value);
        }
        if (status == STATUS_OK) {
            status = check_generated(binder, insert->table, bound->column, bound->value);
        }
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

/* (C1) */
static void open_source(struct binder *binder, const struct bound_query *query) {
    struct scope *scope = binder->scope;
    if (query == NULL || query->arm_count != 1 || query->arms[0].select == NULL) return;
    const struct bound_select *select = query->arms[0].select;
    if (select->is_grouped || select->is_distinct) return;
    for (uint32_t i = 0; i < select->table_count; i++) {
        *BIND_PUSH(binder->arena, &scope->tables, &scope->table_count) = select->tables[i];
    }
}

static bool is_view(const struct binder *binder, const struct ast_name *name) {
    const struct bind_catalog *catalog = binder->input->catalog;
    struct slice schema = name->schema.size > 0 ? name->schema : binder->input->database;
    struct bind_view view;
    return schema.size > 0 && catalog->find_view != NULL &&
           catalog->find_view(catalog, schema, name->object, &view) == STATUS_OK;
}

static enum status bind_insert_parts(struct binder *binder, const struct ast_insert *ast,
                                     struct bound_insert *insert) {
    struct scope *scope = binder->scope;
    enum status status = bind_columns(binder, ast, insert);
    if (status == STATUS_OK) {
        status = ast->query != NULL ? bind_source(binder, ast, insert)
                                    : bind_values(binder, ast, insert);
    }
    if (status == STATUS_OK) status = bind_defaults(binder, insert);
    *BIND_PUSH(binder->arena, &scope->tables, &scope->table_count) = insert->table;
    if (status == STATUS_OK) open_source(binder, insert->query);
    if (status == STATUS_OK) status = bind_on_duplicate(binder, ast, insert);
    return status;
}

enum status bind_insert(struct binder *binder, const struct ast_insert *ast) {
    struct bound_insert *insert = arena_new(binder->arena, struct bound_insert);
    struct scope scope;
    binder->statement->kind = BOUND_INSERT;
    binder->statement->insert = insert;
    insert->is_replace = ast->is_replace;
    insert->is_ignore = ast->is_ignore;
    insert->new_row_slot = UINT32_MAX;
    if (ast->partitions.count > 0) return diagnostics_unsupported(binder->diagnostics, "PARTITION");
    if (is_view(binder, &ast->table))
        return diagnostics_error(binder->diagnostics, ER_NON_INSERTABLE_TABLE,
                                 bind_text(binder, ast->table.object),
                                 ast->is_replace ? "REPLACE" : "INSERT");
    enum status status = bind_named_table(binder, &ast->table, SLICE_EMPTY, &insert->table);
    if (status != STATUS_OK) return status;
    if (insert->table->kind != BOUND_BASE) {
        return tell_not_updatable(binder, insert->table, ast->is_replace ? "REPLACE" : "INSERT");
    }
    insert->table->lock_mode = LOCK_EXCLUSIVE;
    bind_need(binder, insert->table, NEED_INSERT | (ast->is_replace ? NEED_DELETE : 0));
    scope_open(binder, &scope, NULL);
    scope.insert = insert;
    scope.insert_ast = ast;
    status = bind_insert_parts(binder, ast, insert);
    scope_close(binder, &scope);
    return status;
}

/* ---- UPDATE and DELETE ---- */

static struct bound_target *target_of(struct binder *binder, struct bound_modify *modify,
                                      struct bound_table *table) {
    for (uint32_t i = 0; i < modify->target_count; i++) {
        if (modify->targets[i].table == table) return &modify->targets[i];
    }
    struct bound_target *target = BIND_PUSH(binder->arena, &modify->targets, &modify->target_count);
    target->table = table;
    table->lock_mode = LOCK_EXCLUSIVE;
    return target;
}

static enum status check_target(struct binder *binder, const struct bound_table *table,
                                const char *what) {
    return table->kind == BOUND_BASE ? STATUS_OK : tell_not_updatable(binder, table, what);
}

/* The column that is set; found as any name is, so it may be ambiguous. */
static enum status bind_assignment(struct binder *binder, const struct ast_assignment *ast,
                                   struct bound_modify *modify) {
    struct expr *column, *value;
    binder->names_a_target = 1;
    enum status status = bind_column(binder, ast->target, &column);
    binder->names_a_target = 0;
    if (status != STATUS_OK) return status;
    struct bound_table *table = (struct bound_table *)column->table;
    status = check_target(binder, table, "UPDATE");
    if (status == STATUS_OK) {
        status = bind_assigned(binder, table, column->column, ast->value, &value);
    }
    if (status == STATUS_OK) status = check_generated(binder, table, column->column, value);
    if (status != STATUS_OK) return status;
    bind_need(binder, table, NEED_UPDATE);
    struct bound_target *target = target_of(binder, modify, table);
    struct bound_assignment *assignment =
        BIND_PUSH(binder->arena, &target->assignments, &target->assignment_count);
    *assignment = (struct bound_assignment){column->column, value};
    return STATUS_OK;
}

/* The parts that both have. */
struct modify_parts {
    const struct ast_table_refs *tables;
    const struct ast_expr *where;
    const struct ast_orders *order;
    const struct ast_limit *limit;
    const char *what;
};

static enum status bind_modify_from(struct binder *binder, const struct modify_parts *parts,
                                    struct bound_modify *modify) {
    struct bound_select *source = modify->source;
    struct scope *scope = binder->scope;
    binder->names_a_target =
        parts->tables->count == 1; /* which tables are read shows by their columns */
    enum status status = bind_from(binder, parts->tables, &source->from);
    binder->names_a_target = 0;
    source->tables = scope->tables;
    source->table_count = scope->table_count;
    return status;
}

static enum status bind_modify_rest(struct binder *binder, const struct modify_parts *parts,
                                    struct bound_modify *modify) {
    struct bound_select *source = modify->source;
    bool is_multi = source->table_count > 1;
    if (is_multi && parts->order->count > 0) {
        return diagnostics_error(binder->diagnostics, ER_WRONG_USAGE, parts->what, "ORDER BY");
    }
    if (is_multi && parts->limit->count != NULL) {
        return diagnostics_error(binder->diagnostics, ER_WRONG_USAGE, parts->what, "LIMIT");
    }
    binder->scope->clause = CLAUSE_WHERE;
    enum status status = bind_condition(binder, parts->where, &source->where, &source->where_count);
    if (status == STATUS_OK) {
        status = bind_order(binder, parts->order, &modify->order, &modify->order_count);
    }
    return status == STATUS_OK ? bind_limit(binder, parts->limit->count, &modify->limit) : status;
}

/* Subqueries of SET stand with those of the rows: there is no grouping. */
static void finish_modify(struct binder *binder, struct bound_select *source) {
    for (uint32_t i = 0; i < source->group_subquery_count; i++) {
        *BIND_PUSH(binder->arena, &source->row_subqueries, &source->row_subquery_count) =
            source->group_subqueries[i];
    }
    source->group_subquery_count = 0;
}

static struct bound_modify *modify_open(struct binder *binder, struct scope *scope) {
    struct bound_modify *modify = arena_new(binder->arena, struct bound_modify);
    modify->source = arena_new(binder->arena, struct bound_select);
    scope_open(binder, scope, NULL);
    scope->select = modify->source;
    binder->statement->kind = BOUND_MODIFY;
    binder->statement->modify = modify;
    return modify;
}

static bool sets_primary_key(const struct bound_target *target) {
    const struct index_definition *primary = table_primary(target->table->base->definition);
    for (uint32_t i = 0; i < target->assignment_count; i++) {
        for (uint32_t p = 0; p < primary->part_count; p++) {
            if (primary->parts[p].column == target->assignments[i].column) return true;
        }
    }
    return false;
}

/* A table that is there under two names, both set: neither may move its rows. */
static enum status check_twice(struct binder *binder, const struct bound_modify *modify) {
    for (uint32_t i = 0; i < modify->target_count; i++) {
        const struct bound_target *a = &modify->targets[i];
        for (uint32_t j = i + 1; j < modify->target_count; j++) {
            const struct bound_target *b = &modify->targets[j];
            bool is_same = a->table->base->definition->id == b->table->base->definition->id;
            if (!is_same || (!sets_primary_key(a) && !sets_primary_key(b))) continue;
            bool is_later = a->table->number > b->table->number;
            return diagnostics_error(binder->diagnostics, ER_MULTI_UPDATE_KEY_CONFLICT,
                                     bind_text(binder, (is_later ? b : a)->table->alias),
                                     bind_text(binder, (is_later ? a : b)->table->alias));
        }
    }
    return STATUS_OK;
}

enum status bind_update(struct binder *binder, const struct ast_update *ast) {
    struct scope scope;
    struct cte_scope ctes;
    struct modify_parts parts = {&ast->tables, ast->where, &ast->order, &ast->limit, "UPDATE"};
    enum status status = bind_with(binder, ast->with, NULL, &ctes);
    struct bound_modify *modify = modify_open(binder, &scope);
    modify->is_ignore = ast->is_ignore;
    modify->ctes = ctes.ctes;
    modify->cte_count = ctes.count;
    if (status == STATUS_OK) status = bind_modify_from(binder, &parts, modify);
    for (uint32_t i = 0; i < ast->set.count && status == STATUS_OK; i++) {
        scope.clause = CLAUSE_FIELDS;
        status = bind_assignment(binder, &ast->set.items[i], modify);
    }
    if (status == STATUS_OK) status = check_twice(binder, modify);
    if (status == STATUS_OK) status = bind_modify_rest(binder, &parts, modify);
    finish_modify(binder, modify->source);
    scope_close(binder, &scope);
    binder->ctes = ctes.outer;
    return status;
}

static enum status delete_target(struct binder *binder, struct bound_modify *modify,
                                 struct bound_table *table) {
    enum status status = check_target(binder, table, "DELETE");
    if (status != STATUS_OK) return status;
    bind_need(binder, table, NEED_DELETE);
    target_of(binder, modify, table);
    return STATUS_OK;
}

static enum status bind_delete_targets(struct binder *binder, const struct ast_delete *ast,
                                       struct bound_modify *modify) {
    struct scope *scope = binder->scope;
    if (!ast->is_multi) return delete_target(binder, modify, scope->tables[0]);
    for (uint32_t i = 0; i < ast->targets.count; i++) {
        const struct ast_name *name = &ast->targets.items[i];
        struct bound_table *table = scope_find_table(scope, name->schema, name->object);
        if (table == NULL) {
            return diagnostics_error(binder->diagnostics, ER_UNKNOWN_TABLE,
                                     bind_text(binder, name->object), "MULTI DELETE");
        }
        enum status status = delete_target(binder, modify, table);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

enum status bind_delete(struct binder *binder, const struct ast_delete *ast) {
    struct scope scope;
    struct cte_scope ctes;
    struct modify_parts parts = {&ast->tables, ast->where, &ast->order, &ast->limit, "DELETE"};
    enum status status = bind_with(binder, ast->with, NULL, &ctes);
    struct bound_modify *modify = modify_open(binder, &scope);
    modify->is_delete = 1;
    modify->is_ignore = ast->is_ignore;
    modify->ctes = ctes.ctes;
    modify->cte_count = ctes.count;
    if (status == STATUS_OK) status = bind_modify_from(binder, &parts, modify);
    if (status == STATUS_OK) status = bind_delete_targets(binder, ast, modify);
    if (status == STATUS_OK) status = bind_modify_rest(binder, &parts, modify);
    finish_modify(binder, modify->source);
    scope_close(binder, &scope);
    binder->ctes = ctes.outer;
    return status;
}

/* ---- DO ---- */

static enum status bind_do_items(struct binder *binder, const struct ast_exprs *exprs,
                                 struct bound_select *select) {
    for (uint32_t i = 0; i < exprs->count; i++) {
        struct bound_item *item = BIND_PUSH(binder->arena, &select->items, &select->item_count);
        enum status status = bind_exprs(binder, &exprs->items[i], 1, &item->expr);
        if (status != STATUS_OK) return status;
        item = &select->items[i];
        item->name = bind_copy(binder, exprs->items[i]->source);
        bind_finish_item(binder, item);
    }
    return STATUS_OK;
}

enum status bind_do(struct binder *binder, const struct ast_exprs *exprs) {
    struct bound_query *query = arena_new(binder->arena, struct bound_query);
    struct bound_select *select = arena_new(binder->arena, struct bound_select);
    struct scope scope;
    binder->statement->kind = BOUND_QUERY;
    binder->statement->query = query;
    query->arm_count = 1;
    query->arms = arena_new(binder->arena, struct bound_arm);
    query->arms[0].select = select;
    scope_open(binder, &scope, NULL);
    scope.select = select;
    enum status status = bind_do_items(binder, exprs, select);
    scope_close(binder, &scope);
    finish_modify(binder, select);
    query->items = select->items;
    query->column_count = select->item_count;
    return status;
}
