/* ast_print_query.c: queries and row changes back as SQL text. */
#include "sql/ast_print.h"
#include "sql/packed_rows.h"

static void put(struct buffer *out, const char *text) { buffer_append(out, slice_of_text(text)); }

static void print_name(struct buffer *out, const struct ast_name *name) {
    if (name->schema.size > 0) {
        ast_print_identifier(out, name->schema);
        put(out, ".");
    }
    ast_print_identifier(out, name->object);
}

static void print_identifiers(struct buffer *out, const struct ast_identifiers *names,
                              const char *open) {
    if (names->count == 0) return;
    put(out, open);
    for (uint32_t i = 0; i < names->count; i++) {
        if (i > 0) put(out, ",");
        ast_print_identifier(out, names->items[i]);
    }
    put(out, ")");
}

static void print_names(struct buffer *out, const struct ast_names *names) {
    for (uint32_t i = 0; i < names->count; i++) {
        if (i > 0) put(out, ",");
        print_name(out, &names->items[i]);
    }
}

static void print_exprs(struct buffer *out, const struct ast_exprs *exprs) {
    for (uint32_t i = 0; i < exprs->count; i++) {
        if (i > 0) put(out, ",");
        ast_print_expr(out, exprs->items[i]);
    }
}

static void print_hints(struct buffer *out, struct slice hints) {
    if (hints.size == 0) return;
    put(out, " /*+");
    buffer_append(out, hints);
    put(out, "*/");
}

static void print_alias(struct buffer *out, struct slice alias) {
    if (alias.size == 0) return;
    put(out, " as ");
    ast_print_identifier(out, alias);
}

/* ---- Tables ---- */

static void print_index_hints(struct buffer *out, const struct ast_index_hints *hints) {
    static const char *const actions[] = {" use index", " force index", " ignore index"};
    static const char *const scopes[] = {"", " for join", " for order by", " for group by"};
    for (uint32_t i = 0; i < hints->count; i++) {
        const struct ast_index_hint *hint = &hints->items[i];
        put(out, actions[hint->action]);
        put(out, scopes[hint->scope]);
        if (hint->indexes.count == 0) put(out, " ()");
        print_identifiers(out, &hint->indexes, " (");
    }
}

static void print_json_columns(struct buffer *out, const struct ast_json_columns *columns);

static void print_json_column(struct buffer *out, const struct ast_json_column *column) {
    if (column->kind == AST_JSON_NESTED) {
        put(out, "nested path ");
        ast_print_string(out, column->path);
        print_json_columns(out, &column->nested);
        return;
    }
    ast_print_identifier(out, column->name);
    if (column->kind == AST_JSON_ORDINALITY) {
        put(out, " for ordinality");
        return;
    }
    put(out, " ");
    ast_print_type(out, column->type);
    put(out, column->kind == AST_JSON_EXISTS_PATH ? " exists path " : " path ");
    ast_print_string(out, column->path);
    ast_print_json_on(out, &column->on);
}

static void print_json_columns(struct buffer *out, const struct ast_json_columns *columns) {
    put(out, " columns (");
    for (uint32_t i = 0; i < columns->count; i++) {
        if (i > 0) put(out, ",");
        print_json_column(out, columns->items[i]);
    }
    put(out, ")");
}

static void print_table(struct buffer *out, const struct ast_table_ref *ref);

static void print_join(struct buffer *out, const struct ast_table_ref *ref) {
    static const char *const words[] = {" join ", " cross join ", " straight_join ", " left join ",
                                        " right join "};
    put(out, "(");
    print_table(out, ref->left);
    if (ref->is_natural) put(out, " natural");
    put(out, words[ref->join]);
    print_table(out, ref->right);
    if (ref->on != NULL) {
        put(out, " on ");
        ast_print_expr(out, ref->on);
    }
    print_identifiers(out, &ref->using_columns, " using (");
    put(out, ")");
}

static void print_table(struct buffer *out, const struct ast_table_ref *ref) {
    switch (ref->kind) {
    case AST_TABLE_NAMED:
        print_name(out, &ref->name);
        print_identifiers(out, &ref->partitions, " partition (");
        print_alias(out, ref->alias);
        print_index_hints(out, &ref->hints);
        return;
    case AST_TABLE_DERIVED:
        put(out, ref->is_lateral ? "lateral (" : "(");
        ast_print_query(out, ref->query);
        put(out, ")");
        print_alias(out, ref->alias);
        print_identifiers(out, &ref->alias_columns, " (");
        return;
    case AST_TABLE_JOIN: print_join(out, ref); return;
    case AST_TABLE_JSON:
        put(out, "json_table(");
        ast_print_expr(out, ref->json);
        put(out, ",");
        ast_print_string(out, ref->json_path);
        print_json_columns(out, &ref->json_columns);
        put(out, ")");
        print_alias(out, ref->alias);
        return;
    }
}

static void print_tables(struct buffer *out, const struct ast_table_refs *tables) {
    for (uint32_t i = 0; i < tables->count; i++) {
        if (i > 0) put(out, ",");
        print_table(out, tables->items[i]);
    }
}

/* ---- Bodies ---- */

static void print_select_options(struct buffer *out, uint32_t options) {
    static const struct {
        uint32_t option;
        const char *text;
    } texts[] = {
        {AST_SELECT_ALL, " all"},
        {AST_SELECT_DISTINCT, " distinct"},
        {AST_SELECT_HIGH_PRIORITY, " high_priority"},
        {AST_SELECT_STRAIGHT_JOIN, " straight_join"},
        {AST_SELECT_SMALL_RESULT, " sql_small_result"},
        {AST_SELECT_BIG_RESULT, " sql_big_result"},
        {AST_SELECT_BUFFER_RESULT, " sql_buffer_result"},
        {AST_SELECT_NO_CACHE, " sql_no_cache"},
        {AST_SELECT_CALC_FOUND_ROWS, " sql_calc_found_rows"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        if (options & texts[i].option) put(out, texts[i].text);
    }
}

static void print_item(struct buffer *out, const struct ast_select_item *item) {
    if (item->expr != NULL) {
        ast_print_expr(out, item->expr);
        if (item->has_alias) {
            put(out, " as ");
            if (item->alias.size > 0) ast_print_identifier(out, item->alias);
            if (item->alias.size == 0) put(out, "''");
        }
        return;
    }
    if (item->schema.size > 0) {
        ast_print_identifier(out, item->schema);
        put(out, ".");
    }
    if (item->table.size > 0) {
        ast_print_identifier(out, item->table);
        put(out, ".");
    }
    put(out, "*");
}

static void print_clause(struct buffer *out, const char *word, const struct ast_expr *expr) {
    if (expr == NULL) return;
    put(out, word);
    ast_print_expr(out, expr);
}

static void print_select(struct buffer *out, const struct ast_select *select) {
    put(out, "select");
    print_hints(out, select->hints);
    print_select_options(out, select->options);
    for (uint32_t i = 0; i < select->items.count; i++) {
        put(out, i == 0 ? " " : ",");
        print_item(out, &select->items.items[i]);
    }
    if (select->from.count > 0) put(out, " from ");
    print_tables(out, &select->from);
    /* MySQL takes WHERE without FROM, but only from itself. */
    if (select->from.count == 0 && select->where != NULL) put(out, " from dual");
    print_clause(out, " where ", select->where);
    ast_print_orders(out, &select->group_by, " group by ");
    if (select->has_rollup) put(out, " with rollup");
    print_clause(out, " having ", select->having);
    for (uint32_t i = 0; i < select->windows.count; i++) {
        put(out, i == 0 ? " window " : ",");
        ast_print_identifier(out, select->windows.items[i]->name);
        put(out, " as ");
        ast_print_window(out, select->windows.items[i]);
    }
}

static void print_rows(struct buffer *out, const struct ast_rows *rows, const char *word) {
    for (uint32_t i = 0; i < rows->count; i++) {
        if (i > 0) put(out, ",");
        put(out, word);
        put(out, "(");
        print_exprs(out, &rows->items[i]);
        put(out, ")");
    }
}

static void print_body(struct buffer *out, const struct ast_body *body);

static void print_set(struct buffer *out, const struct ast_body *body) {
    static const char *const words[] = {"", " union ", " except ", " intersect "};
    for (uint32_t i = 0; i < body->set.arm_count; i++) {
        const struct ast_set_arm *arm = &body->set.arms[i];
        put(out, words[arm->op]);
        if (arm->is_all) put(out, "all ");
        print_body(out, arm->body);
    }
}

static void print_body(struct buffer *out, const struct ast_body *body) {
    switch (body->kind) {
    case AST_BODY_SELECT: print_select(out, body->select); return;
    case AST_BODY_VALUES:
        put(out, "values ");
        print_rows(out, body->rows, "row");
        return;
    case AST_BODY_TABLE:
        put(out, "table ");
        print_name(out, body->table);
        return;
    case AST_BODY_QUERY:
        put(out, "(");
        ast_print_query(out, body->query);
        put(out, ")");
        return;
    case AST_BODY_SET: print_set(out, body); return;
    }
}

/* ---- Queries ---- */

static void print_with(struct buffer *out, const struct ast_with *with) {
    if (with == NULL) return;
    put(out, with->is_recursive ? "with recursive " : "with ");
    for (uint32_t i = 0; i < with->count; i++) {
        if (i > 0) put(out, ",");
        ast_print_identifier(out, with->items[i].name);
        print_identifiers(out, &with->items[i].columns, " (");
        put(out, " as (");
        ast_print_query(out, with->items[i].query);
        put(out, ")");
    }
    put(out, " ");
}

static void print_limit(struct buffer *out, const struct ast_limit *limit) {
    print_clause(out, " limit ", limit->count);
    print_clause(out, " offset ", limit->offset);
}

static void print_locks(struct buffer *out, const struct ast_locks *locks) {
    static const char *const waits[] = {"", " nowait", " skip locked"};
    for (uint32_t i = 0; i < locks->count; i++) {
        const struct ast_lock *lock = &locks->items[i];
        put(out, lock->strength == AST_LOCK_UPDATE ? " for update" : " for share");
        if (lock->tables.count > 0) put(out, " of ");
        print_names(out, &lock->tables);
        put(out, waits[lock->wait]);
    }
}

static void print_part(struct buffer *out, const char *word, struct slice text) {
    put(out, word);
    ast_print_string(out, text);
}

static void print_file_format(struct buffer *out, const struct ast_file_format *format) {
    if (format->charset.size > 0) {
        put(out, " character set ");
        ast_print_identifier(out, format->charset);
    }
    if (format->has_field_end || format->has_enclosed || format->has_escape) put(out, " fields");
    if (format->has_field_end) print_part(out, " terminated by ", format->field_end);
    if (format->is_optionally_enclosed) put(out, " optionally");
    if (format->has_enclosed) print_part(out, " enclosed by ", format->enclosed);
    if (format->has_escape) print_part(out, " escaped by ", format->escape);
    if (format->has_line_start || format->has_line_end) put(out, " lines");
    if (format->has_line_start) print_part(out, " starting by ", format->line_start);
    if (format->has_line_end) print_part(out, " terminated by ", format->line_end);
}

static void print_into(struct buffer *out, const struct ast_into *into) {
    switch (into->kind) {
    case AST_INTO_OUTFILE:
        print_part(out, " into outfile ", into->path);
        print_file_format(out, &into->format);
        return;
    case AST_INTO_DUMPFILE: print_part(out, " into dumpfile ", into->path); return;
    case AST_INTO_VARIABLES:
        put(out, " into ");
        print_exprs(out, &into->variables);
        return;
    }
}

void ast_print_query(struct buffer *out, const struct ast_query *query) {
    print_with(out, query->with);
    print_body(out, query->body);
    ast_print_orders(out, &query->order, " order by ");
    print_limit(out, &query->limit);
    if (query->into != NULL) print_into(out, query->into);
    print_locks(out, &query->locks);
}

/* ---- Row changes ---- */

static void print_priority(struct buffer *out, enum ast_priority priority) {
    static const char *const words[] = {"", " low_priority", " high_priority", " delayed"};
    put(out, words[priority]);
}

static void print_assignments(struct buffer *out, const struct ast_assignments *set,
                              const char *word) {
    for (uint32_t i = 0; i < set->count; i++) {
        put(out, i == 0 ? word : ",");
        ast_print_expr(out, set->items[i].target);
        put(out, " = ");
        ast_print_expr(out, set->items[i].value);
    }
}

static void print_packed_literal(struct buffer *out, const struct ast_packed_literal *literal) {
    if (literal->kind == AST_PACKED_DEFAULT) {
        put(out, "default");
        return;
    }
    struct ast_expr node = {.kind = AST_EXPR_LITERAL};
    node.literal.kind = (enum ast_literal_kind)literal->kind;
    node.literal.text = slice_of(literal->text, literal->size);
    if (literal->is_negative) put(out, "(-");
    ast_print_expr(out, &node);
    if (literal->is_negative) put(out, ")");
}

static void print_packed_run(struct buffer *out, const struct ast_packed_run *run) {
    for (uint32_t i = 0; i < run->row_count * run->literal_count; i++) {
        put(out, i % run->literal_count > 0 ? "," : i > 0 ? "),(" : "(");
        print_packed_literal(out, &run->literals[i]);
    }
    put(out, ")");
}

static void print_insert_rows(struct buffer *out, const struct ast_insert *insert) {
    uint32_t listed = 0, run = 0, row = 0;
    for (uint32_t count = packed_rows_count(insert); row < count;) {
        if (row > 0) put(out, ",");
        if (run < insert->packed.count && insert->packed.items[run].first_row == row) {
            print_packed_run(out, &insert->packed.items[run]);
            row += insert->packed.items[run++].row_count;
        } else {
            put(out, "(");
            print_exprs(out, &insert->rows.items[listed++]);
            put(out, ")");
            row++;
        }
    }
}

static void print_insert(struct buffer *out, const struct ast_insert *insert) {
    put(out, insert->is_replace ? "replace" : "insert");
    print_hints(out, insert->hints);
    print_priority(out, insert->priority);
    put(out, insert->is_ignore ? " ignore into " : " into ");
    print_name(out, &insert->table);
    print_identifiers(out, &insert->partitions, " partition (");
    if (insert->has_columns) {
        put(out, " (");
        print_exprs(out, &insert->columns);
        put(out, ")");
    }
    put(out, insert->query == NULL ? " values " : " ");
    print_insert_rows(out, insert);
    if (insert->query != NULL) ast_print_query(out, insert->query);
    print_alias(out, insert->row_alias);
    print_identifiers(out, &insert->column_aliases, " (");
    print_assignments(out, &insert->on_duplicate, " on duplicate key update ");
}

static void print_update(struct buffer *out, const struct ast_update *update) {
    print_with(out, update->with);
    put(out, "update");
    print_hints(out, update->hints);
    print_priority(out, update->priority);
    put(out, update->is_ignore ? " ignore " : " ");
    print_tables(out, &update->tables);
    print_assignments(out, &update->set, " set ");
    print_clause(out, " where ", update->where);
    ast_print_orders(out, &update->order, " order by ");
    print_limit(out, &update->limit);
}

static void print_delete(struct buffer *out, const struct ast_delete *delete) {
    print_with(out, delete->with);
    put(out, "delete");
    print_hints(out, delete->hints);
    print_priority(out, delete->priority);
    if (delete->is_quick) put(out, " quick");
    if (delete->is_ignore) put(out, " ignore");
    put(out, " from ");
    if (delete->is_multi) {
        print_names(out, &delete->targets);
        put(out, " using ");
        print_tables(out, &delete->tables);
    } else {
        const struct ast_table_ref *table = delete->tables.items[0];
        print_name(out, &table->name);
        print_alias(out, table->alias);
        print_identifiers(out, &table->partitions, " partition (");
    }
    print_clause(out, " where ", delete->where);
    ast_print_orders(out, &delete->order, " order by ");
    print_limit(out, &delete->limit);
}

void ast_print_statement(struct buffer *out, const struct ast_statement *statement) {
    switch (statement->kind) {
    case AST_SELECT: ast_print_query(out, statement->query); return;
    case AST_INSERT:
    case AST_REPLACE: print_insert(out, statement->insert); return;
    case AST_UPDATE: print_update(out, statement->update); return;
    case AST_DELETE: print_delete(out, statement->delete); return;
    default: buffer_append(out, statement->source); return;
    }
}
