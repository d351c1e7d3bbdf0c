/* catalog.c: what does a name mean? The dictionary version that the statement holds, the virtual tables, the variables.
 *
 *   information_schema, performance_schema   no such databases in the dictionary: virtual tables only, any letter case
 *   mysql                                    a database of the dictionary whose tables are virtual ones
 *   all others                               the dictionary, by byte
 */
#include "sql/info_schema.h"
#include "sql/session_private.h"

bool catalog_is_virtual(struct slice database) {
    return slice_equal_nocase(database, SLICE_LITERAL("information_schema")) ||
           slice_equal_nocase(database, SLICE_LITERAL("performance_schema"));
}

static struct catalog *catalog_of(const struct bind_catalog *base) {
    return CONTAINER_OF((struct bind_catalog *)base, struct catalog, base);
}

static enum status find_table(const struct bind_catalog *base, struct slice schema,
                              struct slice name, const struct table **base_out,
                              const struct virtual_table **virtual_out) {
    struct session *session = catalog_of(base)->session;
    *base_out = NULL;
    bool is_show = session->show_table != NULL && slice_equal(schema, SHOW_DATABASE);
    bool is_load = session->load_table != NULL && slice_equal(schema, LOAD_DATABASE);
    *virtual_out = is_show ? session->show_table : is_load ? session->load_table : NULL;
    if (*virtual_out != NULL) return STATUS_OK;
    *virtual_out = info_schema_find(session->server->info, schema, name);
    if (*virtual_out != NULL) return STATUS_OK;
    *base_out = schema_table(session->schema, schema, name);
    return *base_out != NULL ? STATUS_OK : STATUS_NOT_FOUND;
}

bool catalog_view(struct session *session, struct slice database, struct slice name,
                  struct slice *bytes_out) {
    struct buffer key = buffer_of(&session->statement_arena);
    buffer_append(&key, VIEW_PREFIX);
    buffer_append(&key, name);
    return schema_object(session->schema, database, buffer_slice(&key), bytes_out);
}

static enum status find_view(const struct bind_catalog *base, struct slice schema,
                             struct slice name, struct bind_view *view_out) {
    struct session *session = catalog_of(base)->session;
    struct view view;
    if (!view_find(session, schema, name, &view)) return STATUS_NOT_FOUND;
    *view_out = (struct bind_view){view.text, view.database};
    return STATUS_OK;
}

static bool has_schema(const struct bind_catalog *base, struct slice schema) {
    struct session *session = catalog_of(base)->session;
    if (session->show_table != NULL && slice_equal(schema, SHOW_DATABASE)) return true;
    if (session->load_table != NULL && slice_equal(schema, LOAD_DATABASE)) return true;
    return catalog_is_virtual(schema) || schema_has_database(session->schema, schema);
}

static enum status system_variable(const struct bind_catalog *base, enum ast_scope scope,
                                   struct slice name, struct value *value_out,
                                   struct column_type *type_out) {
    struct catalog *catalog = catalog_of(base);
    struct session *session = catalog->session;
    enum variable variable = variable_find(name);
    catalog->is_constant = 1;
    if (variable == VARIABLE_COUNT) return STATUS_NOT_FOUND;
    const struct variable_info *info = variable_info(variable);
    bool is_session = scope == AST_SCOPE_SESSION || scope == AST_SCOPE_LOCAL;
    if (is_session && (info->scope & VARIABLE_SESSION) == 0)
        return diagnostics_error(&session->diagnostics, ER_INCORRECT_GLOBAL_LOCAL_VAR, info->name,
                                 "GLOBAL");
    if (scope == AST_SCOPE_GLOBAL && (info->scope & VARIABLE_GLOBAL) == 0)
        return diagnostics_error(&session->diagnostics, ER_INCORRECT_GLOBAL_LOCAL_VAR, info->name,
                                 "SESSION");
    *value_out = settings_read(session, scope, variable);
    *type_out = variable_column_type(variable);
    return STATUS_OK;
}

void catalog_open(struct catalog *catalog, struct session *session) {
    *catalog = (struct catalog){.base = {.find_table = find_table,
                                         .find_view = find_view,
                                         .has_schema = has_schema,
                                         .system_variable = system_variable,
                                         .user_variable = user_variable_type},
                                .session = session};
}

enum status catalog_database(struct session *session, struct slice schema,
                             struct slice *database_out) {
    *database_out = schema.size > 0 ? schema : session_database(session);
    if (database_out->size > 0) return STATUS_OK;
    return diagnostics_error(&session->diagnostics, ER_NO_DB_ERROR);
}

enum status catalog_table(struct session *session, const struct ast_name *name,
                          const struct table **table_out) {
    struct slice database;
    struct arena *arena = &session->statement_arena;
    enum status status = catalog_database(session, name->schema, &database);
    if (status != STATUS_OK) return status;
    *table_out = schema_table(session->schema, database, name->object);
    if (*table_out != NULL) return STATUS_OK;
    return diagnostics_error(&session->diagnostics, ER_NO_SUCH_TABLE, arena_text(arena, database),
                             arena_text(arena, name->object));
}

uint64_t catalog_counter(struct session *session, const struct table *table) {
    int32_t column = table_auto_increment_column(table->definition);
    uint64_t next;
    CHECK(column >= 0);
    /* a cluster that does not answer: what the definition says */
    enum status status =
        cluster_sequence_peek(session_cluster(session), session->waiter, table, &next);
    if (status != STATUS_OK) next = MAX(table->definition->auto_increment, (uint64_t)1);
    const struct column_type *type = &table->definition->columns[column].type;
    return column_kind_is_integer(type->kind) ? MIN(next, column_type_int_max(type)) : next;
}
