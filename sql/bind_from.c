/* bind_from.c: FROM: which tables, joined how?
 *
 * The tables of a block stand in its scope in the order of the text, whatever the joins are; the tree of joins is beside them. A join
 * binds its left side, its right side, then its condition, with only the tables of both sides in scope:
 *
 *   scope.tables   | a | b | c | d |        FROM a, b LEFT JOIN (c JOIN d ON ..) ON ..
 *                          [---right---]    nullable
 *                      [------ON------]
 *
 *   (J1) A RIGHT JOIN is a LEFT JOIN with its sides exchanged.
 *   (J2) Columns joined by NATURAL or USING are one name, which reads the side that an outer join keeps.
 *   (J3) What a view reads is its definer's affair: only the view itself is asked for privileges.
 */
#include "sql/bind_private.h"
#include "sql/parse.h"

#define VIEW_DEPTH_MAX 16

/* ---- tables ---- */

static struct bound_table *table_new(struct binder *binder, enum bound_table_kind kind) {
    struct bound_table *table = arena_new(binder->arena, struct bound_table);
    table->kind = kind;
    table->number = binder->statement->table_count++;
    return table;
}

static void table_columns(struct binder *binder, struct bound_table *table, uint32_t count) {
    table->column_count = count;
    table->columns = arena_array(binder->arena, struct bound_column *, count);
}

static struct slice schema_of(const struct binder *binder, const struct ast_name *name) {
    return name->schema.size > 0 ? name->schema : binder->input->database;
}

static enum status tell_no_table(struct binder *binder, struct slice schema, struct slice name) {
    const struct bind_catalog *catalog = binder->input->catalog;
    if (catalog->has_schema != NULL && !catalog->has_schema(catalog, schema)) {
        return diagnostics_error(binder->diagnostics, ER_BAD_DB_ERROR, bind_text(binder, schema));
    }
    return diagnostics_error(binder->diagnostics, ER_NO_SUCH_TABLE, bind_text(binder, schema),
                             bind_text(binder, name));
}

enum status bind_named_table(struct binder *binder, const struct ast_name *name, struct slice alias,
                             struct bound_table **out) {
    const struct bind_catalog *catalog = binder->input->catalog;
    struct slice schema = schema_of(binder, name);
    const struct table *base = NULL;
    const struct virtual_table *virtual_table = NULL;
    if (schema.size == 0) return diagnostics_error(binder->diagnostics, ER_NO_DB_ERROR);
    enum status status = catalog->find_table(catalog, schema, name->object, &base, &virtual_table);
    if (status == STATUS_NOT_FOUND) return tell_no_table(binder, schema, name->object);
    if (status != STATUS_OK) return diagnostics_status(binder->diagnostics, status);
    struct bound_table *table = table_new(binder, base != NULL ? BOUND_BASE : BOUND_VIRTUAL);
    const struct table_definition *definition =
        base != NULL ? base->definition : virtual_table->definition;
    table->base = base;
    table->virtual_table = virtual_table;
    table->schema = bind_copy(binder, schema);
    table->name = bind_copy(binder, name->object);
    table->alias = alias.size > 0 ? bind_copy(binder, alias) : table->name;
    table_columns(binder, table, table_visible_column_count(definition));
    *out = table;
    return STATUS_OK;
}

/* ---- queries as tables ---- */

static enum status tell_column_list(struct binder *binder) {
    return diagnostics_error(binder->diagnostics, ER_VIEW_WRONG_LIST);
}

/* The names are the list's, or the select items'; none may stand twice. */
static enum status name_columns(struct binder *binder, struct bound_table *table,
                                const struct bound_query *query,
                                const struct ast_identifiers *list) {
    struct slice *names = arena_array(binder->arena, struct slice, query->column_count);
    if (list->count > 0 && list->count != query->column_count) return tell_column_list(binder);
    for (uint32_t i = 0; i < query->column_count; i++) {
        names[i] = list->count > 0 ? bind_copy(binder, list->items[i]) : query->items[i].name;
        for (uint32_t j = 0; j < i; j++) {
            if (!slice_equal_nocase(names[i], names[j])) continue;
            return diagnostics_error(binder->diagnostics, ER_DUP_FIELDNAME,
                                     bind_text(binder, names[i]));
        }
    }
    table->column_names = names;
    table_columns(binder, table, query->column_count);
    return STATUS_OK;
}

static enum status bind_derived(struct binder *binder, const struct ast_table_ref *ref,
                                struct bound_table **out) {
    if (ref->alias.size == 0) {
        return diagnostics_error(binder->diagnostics, ER_DERIVED_MUST_HAVE_ALIAS);
    }
    struct bound_table *table = table_new(binder, BOUND_DERIVED);
    struct scope *own = binder->scope;
    struct query_context context = {.outer = ref->is_lateral ? own : own->outer};
    table->alias = bind_copy(binder, ref->alias);
    table->is_lateral = ref->is_lateral;
    enum status status = bind_query(binder, ref->query, &context, &table->query);
    *out = table;
    return status == STATUS_OK ? name_columns(binder, table, table->query, &ref->alias_columns)
                               : status;
}

static struct bound_cte *find_cte(const struct binder *binder, const struct ast_name *name) {
    if (name->schema.size > 0) return NULL;
    for (struct cte_scope *scope = binder->ctes; scope != NULL; scope = scope->outer) {
        for (uint32_t i = scope->count; i-- > 0;) {
            if (slice_equal_nocase(scope->ctes[i]->name, name->object)) return scope->ctes[i];
        }
    }
    return NULL;
}

static enum status bind_cte_table(struct binder *binder, const struct ast_table_ref *ref,
                                  struct bound_cte *cte, struct bound_table **out) {
    struct bound_table *table = table_new(binder, BOUND_CTE);
    table->cte = cte;
    table->name = cte->name;
    table->alias = ref->alias.size > 0 ? bind_copy(binder, ref->alias) : cte->name;
    table->column_names = cte->column_names;
    if (cte->is_open) { /* the CTE reads itself */
        if (cte->column_names == NULL) {
            return diagnostics_error(binder->diagnostics,
                                     ER_CTE_RECURSIVE_REQUIRES_NONRECURSIVE_FIRST,
                                     bind_text(binder, cte->name));
        }
        cte->is_recursive = 1;
    }
    cte->reference_count++;
    table_columns(binder, table, cte->query->column_count);
    *out = table;
    return STATUS_OK;
}

/* (J3) */
static enum status bind_view(struct binder *binder, const struct ast_table_ref *ref,
                             const struct bind_view *view, struct bound_table **out) {
    struct parse_input input = {.text = view->text};
    struct parse_result result;
    if (binder->view_depth >= VIEW_DEPTH_MAX) {
        return diagnostics_unsupported(binder->diagnostics, "views nested so deeply");
    }
    struct bound_table *table = table_new(binder, BOUND_BASE);
    table->schema = bind_copy(binder, schema_of(binder, &ref->name));
    table->name = bind_copy(binder, ref->name.object);
    table->alias = ref->alias.size > 0 ? bind_copy(binder, ref->alias) : table->name;
    bind_need(binder, table, NEED_SELECT);
    table->kind = BOUND_DERIVED;
    enum status status = parse_statement(binder->arena, &input, &result);
    if (status != STATUS_OK || result.statement->kind != AST_SELECT) {
        return diagnostics_error(binder->diagnostics, ER_VIEW_INVALID,
                                 bind_text(binder, table->schema), bind_text(binder, table->name));
    }
    static const struct ast_identifiers no_names;
    struct query_context context = {0};
    struct cte_scope *ctes = binder->ctes;
    const struct bind_input *outer = binder->input;
    struct bind_input own = *outer;
    own.database = view->database;
    binder->input = &own;
    binder->ctes = NULL;
    binder->view_depth++;
    status = bind_query(binder, result.statement->query, &context, &table->query);
    binder->view_depth--;
    binder->input = outer;
    binder->ctes = ctes;
    *out = table;
    return status == STATUS_OK ? name_columns(binder, table, table->query, &no_names) : status;
}

/* The hints, in the plan's memory; their indexes must exist (1176). */
static enum status bind_hints(struct binder *binder, const struct ast_index_hints *ast,
                              struct bound_table *table) {
    struct ast_index_hints *hints = arena_new(binder->arena, struct ast_index_hints);
    if (ast->count == 0 || table->kind != BOUND_BASE) return STATUS_OK;
    *hints = *ast;
    hints->items = arena_array(binder->arena, struct ast_index_hint, ast->count);
    for (uint32_t i = 0; i < ast->count; i++) {
        struct ast_index_hint *hint = &hints->items[i];
        *hint = ast->items[i];
        hint->indexes.items = arena_array(binder->arena, struct slice, hint->indexes.count);
        for (uint32_t n = 0; n < hint->indexes.count; n++) {
            struct slice name = ast->items[i].indexes.items[n];
            hint->indexes.items[n] = bind_copy(binder, name);
            if (table_find_index(table->base->definition, name) >= 0) continue;
            return diagnostics_error(binder->diagnostics, ER_KEY_DOES_NOT_EXITS,
                                     bind_text(binder, name), bind_text(binder, table->alias));
        }
    }
    table->hints = hints;
    return STATUS_OK;
}

static enum status bind_named(struct binder *binder, const struct ast_table_ref *ref,
                              struct bound_table **out) {
    const struct bind_catalog *catalog = binder->input->catalog;
    struct bound_cte *cte = find_cte(binder, &ref->name);
    struct slice schema = schema_of(binder, &ref->name);
    struct bind_view view;
    if (ref->partitions.count > 0) {
        return diagnostics_unsupported(binder->diagnostics, "PARTITION");
    }
    if (cte != NULL) return bind_cte_table(binder, ref, cte, out);
    bool is_view = schema.size > 0 && catalog->find_view != NULL &&
                   catalog->find_view(catalog, schema, ref->name.object, &view) == STATUS_OK;
    if (is_view) return bind_view(binder, ref, &view, out);
    enum status status = bind_named_table(binder, &ref->name, ref->alias, out);
    if (status != STATUS_OK) return status;
    if (!binder->names_a_target) bind_need(binder, *out, NEED_SELECT);
    return bind_hints(binder, &ref->hints, *out);
}

/* ---- into the scope ---- */

static enum status scope_add(struct binder *binder, struct bound_table *table) {
    struct scope *scope = binder->scope;
    for (uint32_t i = 0; i < scope->table_count; i++) {
        const struct bound_table *other = scope->tables[i];
        bool is_same =
            slice_equal(other->alias, table->alias) && slice_equal(other->schema, table->schema);
        if (!is_same) continue;
        return diagnostics_error(binder->diagnostics, ER_NONUNIQ_TABLE,
                                 bind_text(binder, table->alias));
    }
    if (scope->table_count >= JOIN_TABLES_MAX) {
        return diagnostics_error(binder->diagnostics, ER_TOO_MANY_TABLES, JOIN_TABLES_MAX);
    }
    *BIND_PUSH(binder->arena, &scope->tables, &scope->table_count) = table;
    return STATUS_OK;
}

static enum status bind_ref(struct binder *binder, const struct ast_table_ref *ref,
                            struct bound_from **out);

static enum status bind_table(struct binder *binder, const struct ast_table_ref *ref,
                              struct bound_from **out) {
    struct bound_table *table = NULL;
    enum status status;
    switch (ref->kind) {
    case AST_TABLE_NAMED: status = bind_named(binder, ref, &table); break;
    case AST_TABLE_DERIVED: status = bind_derived(binder, ref, &table); break;
    default: return diagnostics_unsupported(binder->diagnostics, "JSON_TABLE");
    }
    if (status == STATUS_OK) status = scope_add(binder, table);
    if (status != STATUS_OK) return status;
    struct bound_from *from = arena_new(binder->arena, struct bound_from);
    from->kind = FROM_TABLE;
    from->table = table;
    *out = from;
    return STATUS_OK;
}

/* ---- joins ---- */

/* Places in scope.tables: left side [start, middle), right side [middle, end). */
struct join_span {
    uint32_t start, middle, end;
};

static void mark_nullable(struct scope *scope, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++) scope->tables[i]->is_nullable = 1;
}

/* A column of USING on one side: unique there. */
struct side {
    uint32_t from, to;
    struct bound_table *table;
    uint32_t column;
};

static bool is_right_of_merge(const struct scope *scope, const struct bound_table *table,
                              uint32_t column) {
    for (uint32_t i = 0; i < scope->merged_count; i++) {
        const struct merged_column *merged = &scope->merged[i];
        if (merged->right == table && merged->right_column == column) return true;
    }
    return false;
}

static uint32_t side_find(const struct scope *scope, struct side *side, struct slice name) {
    uint32_t count = 0;
    for (uint32_t i = side->from; i < side->to; i++) {
        int32_t column = bound_find_column(scope->tables[i], name);
        if (column < 0 || is_right_of_merge(scope, scope->tables[i], (uint32_t)column)) continue;
        if (count++ > 0) continue;
        side->table = scope->tables[i];
        side->column = (uint32_t)column;
    }
    return count;
}

static enum status tell_using(struct binder *binder, struct slice name, enum mysql_error number) {
    return diagnostics_error(binder->diagnostics, number, bind_text(binder, name), "from clause");
}

/* (J2): left.name = right.name, and the two become one name. */
static enum status merge_column(struct binder *binder, const struct join_span *span,
                                struct slice name, const struct ast_table_ref *ref,
                                struct bound_from *from) {
    struct scope *scope = binder->scope;
    struct side left = {.from = span->start, .to = span->middle};
    struct side right = {.from = span->middle, .to = span->end};
    uint32_t left_count = side_find(scope, &left, name);
    uint32_t right_count = side_find(scope, &right, name);
    if (left_count == 0 || right_count == 0) return tell_using(binder, name, ER_BAD_FIELD_ERROR);
    if (left_count > 1 || right_count > 1) return tell_using(binder, name, ER_NON_UNIQ_ERROR);
    struct expr *equal;
    enum status status =
        bind_compare(binder, PROGRAM_EQ, bind_column_of(binder, left.table, left.column),
                     bind_column_of(binder, right.table, right.column), &equal);
    if (status != STATUS_OK) return status;
    *BIND_PUSH(binder->arena, &from->conditions, &from->condition_count) = equal;
    bool is_right = ref->join == AST_JOIN_RIGHT;
    struct merged_column *merged = BIND_PUSH(binder->arena, &scope->merged, &scope->merged_count);
    *merged = (struct merged_column){.name = bind_copy(binder, name),
                                     .left = is_right ? right.table : left.table,
                                     .right = is_right ? left.table : right.table,
                                     .left_column = is_right ? right.column : left.column,
                                     .right_column = is_right ? left.column : right.column};
    return STATUS_OK;
}

/* NATURAL: all names that both sides have, in the left side's order. */
static enum status merge_natural(struct binder *binder, const struct join_span *span,
                                 const struct ast_table_ref *ref, struct bound_from *from) {
    struct scope *scope = binder->scope;
    uint32_t merged_before = scope->merged_count;
    for (uint32_t i = span->start; i < span->middle; i++) {
        struct bound_table *table = scope->tables[i];
        for (uint32_t c = 0; c < table->column_count; c++) {
            struct slice name = bound_column_name(table, c);
            struct side right = {.from = span->middle, .to = span->end};
            bool is_done = false;
            for (uint32_t m = merged_before; m < scope->merged_count; m++) {
                is_done = is_done || slice_equal_nocase(scope->merged[m].name, name);
            }
            if (is_done || is_right_of_merge(scope, table, c)) continue;
            if (side_find(scope, &right, name) == 0) continue;
            enum status status = merge_column(binder, span, name, ref, from);
            if (status != STATUS_OK) return status;
        }
    }
    return STATUS_OK;
}

/* ON sees the tables of its join, and the blocks around. */
static enum status bind_on(struct binder *binder, const struct join_span *span,
                           const struct ast_expr *on, struct bound_from *from) {
    struct scope *scope = binder->scope, whole = *scope;
    scope->tables += span->start;
    scope->table_count = span->end - span->start;
    scope->clause = CLAUSE_ON;
    enum status status = bind_condition(binder, on, &from->conditions, &from->condition_count);
    scope->tables = whole.tables;
    scope->table_count = whole.table_count;
    scope->clause = whole.clause;
    return status;
}

static enum status bind_join_condition(struct binder *binder, const struct ast_table_ref *ref,
                                       const struct join_span *span, struct bound_from *from) {
    if (ref->is_natural) return merge_natural(binder, span, ref, from);
    for (uint32_t i = 0; i < ref->using_columns.count; i++) {
        enum status status = merge_column(binder, span, ref->using_columns.items[i], ref, from);
        if (status != STATUS_OK) return status;
    }
    return ref->on != NULL ? bind_on(binder, span, ref->on, from) : STATUS_OK;
}

static enum status bind_join(struct binder *binder, const struct ast_table_ref *ref,
                             struct bound_from **out) {
    struct scope *scope = binder->scope;
    struct bound_from *from = arena_new(binder->arena, struct bound_from);
    struct join_span span = {.start = scope->table_count};
    from->kind = FROM_JOIN;
    from->join = ref->join == AST_JOIN_STRAIGHT ? BOUND_STRAIGHT : BOUND_INNER;
    enum status status = bind_ref(binder, ref->left, &from->left);
    span.middle = scope->table_count;
    if (status == STATUS_OK) status = bind_ref(binder, ref->right, &from->right);
    if (status != STATUS_OK) return status;
    span.end = scope->table_count;
    from->merged_start = scope->merged_count;
    status = bind_join_condition(binder, ref, &span, from);
    from->merged_count = scope->merged_count - from->merged_start;
    if (ref->join == AST_JOIN_LEFT) mark_nullable(scope, span.middle, span.end);
    if (ref->join == AST_JOIN_RIGHT) mark_nullable(scope, span.start, span.middle);
    if (ref->join == AST_JOIN_LEFT || ref->join == AST_JOIN_RIGHT) from->join = BOUND_LEFT;
    if (ref->join == AST_JOIN_RIGHT) { /* (J1) */
        from->is_exchanged = 1;
        struct bound_from *left = from->left;
        from->left = from->right;
        from->right = left;
    }
    *out = from;
    return status;
}

static enum status bind_ref(struct binder *binder, const struct ast_table_ref *ref,
                            struct bound_from **out) {
    if (ref->kind == AST_TABLE_JOIN) return bind_join(binder, ref, out);
    return bind_table(binder, ref, out);
}

enum status bind_from(struct binder *binder, const struct ast_table_refs *refs,
                      struct bound_from **out) {
    *out = NULL;
    for (uint32_t i = 0; i < refs->count; i++) {
        struct bound_from *next;
        enum status status = bind_ref(binder, refs->items[i], &next);
        if (status != STATUS_OK) return status;
        if (*out == NULL) {
            *out = next;
            continue;
        }
        struct bound_from *join = arena_new(binder->arena, struct bound_from);
        join->kind = FROM_JOIN;
        join->join = BOUND_INNER;
        join->left = *out;
        join->right = next;
        *out = join;
    }
    return STATUS_OK;
}
