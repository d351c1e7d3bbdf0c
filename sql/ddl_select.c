/* ddl_select.c: CREATE TABLE .. SELECT: what columns does a query make, and how do its rows get there?
 *
 * The columns: those of the list that the query does not have, then the query's, a column of the list giving its definition where the
 * names are equal. Types are those of the result's metadata; a plain column keeps its default.
 *
 * The rows: INSERT .. SELECT of the same query, one transaction, after the table is public. If it fails the table is dropped
 * again; who looks in between sees an empty table.
 */
#include "sql/ast_print.h"
#include "sql/ddl.h"

static struct query query_of(struct ddl_table *table, const struct ast_create_table *create,
                             struct buffer *text) {
    ast_print_query(text, create->query);
    return (struct query){.text = buffer_slice(text),
                          .parameters = table->session->parameters,
                          .parameter_count = table->session->parameter_count};
}

/* ---- columns ---- */

/* What an expression gives, as a column that can store it. */
static struct column_type stored_type(const struct result_column *column) {
    struct column_type type = column->type;
    bool is_bytes = type.kind == COLUMN_VARBINARY || type.kind == COLUMN_BINARY;
    bool is_text = type.kind == COLUMN_VARCHAR || type.kind == COLUMN_CHAR;
    if (type.kind == COLUMN_NULL)
        type = (struct column_type){.kind = COLUMN_BINARY, .collation = COLLATION_BINARY};
    if ((is_text || is_bytes) && column_type_bytes_max(&type) > VARCHAR_LENGTH_MAX) {
        type.kind = is_text ? COLUMN_LONGTEXT : COLUMN_LONGBLOB;
        type.length = 0;
    }
    if (type.kind == COLUMN_CHAR && type.length > CHAR_LENGTH_MAX) type.kind = COLUMN_VARCHAR;
    if (type.kind == COLUMN_BINARY && type.length > CHAR_LENGTH_MAX) type.kind = COLUMN_VARBINARY;
    type.flags &= (uint8_t)~COLUMN_NOT_NULL;
    if (column->flags & ORIGIN_NOT_NULL) type.flags |= COLUMN_NOT_NULL;
    return type;
}

/* Of a NOT NULL expression: its type's zero; long values and times have none. */
static void give_zero(struct column_definition *column) {
    bool has_zero = !column_kind_is_blob(column->type.kind) && column->type.kind != COLUMN_JSON &&
                    !column_kind_is_temporal(column->type.kind);
    column->default_kind = has_zero ? DEFAULT_VALUE : DEFAULT_NONE;
    if (has_zero) column->default_value = column_type_zero(&column->type);
}

static void give_default(struct ddl_table *table, const struct result_column *from,
                         struct column_definition *column) {
    struct schema *schema = table->session->schema;
    const struct table *origin = from->original_table.size == 0
                                     ? NULL
                                     : schema_table(schema, from->schema, from->original_table);
    int32_t place =
        origin == NULL ? -1 : table_find_column(origin->definition, from->original_name);
    bool is_nullable = column_type_is_nullable(&column->type);
    column->default_kind = is_nullable ? DEFAULT_VALUE : DEFAULT_NONE;
    column->default_value = value_null();
    if (place < 0) {
        if (!is_nullable) give_zero(column);
        return;
    }
    const struct column_definition *old = &origin->definition->columns[place];
    bool is_null = old->default_kind == DEFAULT_VALUE && value_is_null(&old->default_value);
    if (is_null && !is_nullable) return;
    if (old->options & COLUMN_AUTO_INCREMENT) {
        give_zero(column);
        return;
    }
    column->default_kind = old->default_kind;
    column->default_value = value_copy(&old->default_value, table->arena);
    column->default_text = arena_copy(table->arena, old->default_text);
    column->options |= old->options & COLUMN_ON_UPDATE_NOW;
    column->comment = arena_copy(table->arena, old->comment);
}

static enum status add_selected(struct ddl_table *table, const struct result_column *from) {
    struct column_definition column = {.name = arena_copy(table->arena, from->name),
                                       .type = stored_type(from),
                                       .absent_value = value_null()};
    if (column.type.member_count > 0) {
        struct slice *members = arena_array(table->arena, struct slice, column.type.member_count);
        for (uint32_t i = 0; i < column.type.member_count; i++)
            members[i] = arena_copy(table->arena, column.type.members[i]);
        column.type.members = members;
    }
    give_default(table, from, &column);
    return ddl_column_push(table, &column);
}

static const struct ast_column *given_column(const struct ast_create_table *create,
                                             struct slice name) {
    for (uint32_t i = 0; i < create->elements.columns.count; i++)
        if (slice_equal_nocase(create->elements.columns.items[i]->name, name))
            return create->elements.columns.items[i];
    return NULL;
}

static bool is_selected(const struct result_column *columns, uint32_t count, struct slice name) {
    for (uint32_t i = 0; i < count; i++)
        if (slice_equal_nocase(columns[i].name, name)) return true;
    return false;
}

enum status ddl_select_columns(struct ddl_table *table, const struct ast_create_table *create) {
    struct buffer text = buffer_of(table->arena);
    const struct query query = query_of(table, create, &text);
    const struct result_column *columns;
    uint32_t count;
    enum status status = query_describe(table->session, &query, &columns, &count);
    if (status != STATUS_OK) return status;
    const struct ast_columns *given = &create->elements.columns;
    for (uint32_t i = 0; i < given->count && status == STATUS_OK; i++)
        if (!is_selected(columns, count, given->items[i]->name))
            status = ddl_column_add(table, given->items[i]);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct ast_column *own = given_column(create, columns[i].name);
        status = own != NULL ? ddl_column_add(table, own) : add_selected(table, &columns[i]);
    }
    table->selected_count = count;
    return status;
}

/* ---- rows ---- */

static void insert_text(const struct ddl_table *table, const struct ast_create_table *create,
                        struct buffer *text) {
    const char *verb = create->duplicate == AST_DUPLICATE_REPLACE  ? "REPLACE INTO "
                       : create->duplicate == AST_DUPLICATE_IGNORE ? "INSERT IGNORE INTO "
                                                                   : "INSERT INTO ";
    buffer_append(text, slice_of_text(verb));
    ast_print_identifier(text, table->definition.database);
    buffer_append_byte(text, '.');
    ast_print_identifier(text, table->definition.name);
    buffer_append(text, SLICE_LITERAL(" ("));
    for (uint32_t i = table->column_count - table->selected_count; i < table->column_count; i++) {
        if (i > table->column_count - table->selected_count)
            buffer_append(text, SLICE_LITERAL(", "));
        ast_print_identifier(text, table->columns[i].name);
    }
    buffer_append(text, SLICE_LITERAL(") "));
}

/* The first error stays, whatever becomes of this. */
static void take_back(struct ddl_table *table) {
    struct ddl_change change = {.kind = DDL_DROP_TABLE,
                                .database = table->definition.database,
                                .name = table->definition.name};
    (void)!ddl_send(table->session, &change);
}

enum status ddl_select_rows(struct ddl_table *table, const struct ast_create_table *create) {
    struct session *session = table->session;
    struct buffer text = buffer_of(table->arena);
    insert_text(table, create, &text);
    const struct query query = query_of(table, create, &text);
    session->nesting++;
    enum status status = query_run(session, &query);
    if (status == STATUS_OK)
        status = transaction_commit_implicitly(session);
    else
        transaction_roll_back(session);
    session->nesting--;
    if (status != STATUS_OK) take_back(table);
    return status;
}
