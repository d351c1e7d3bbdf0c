/* ddl_view.c: CREATE, ALTER and DROP VIEW, and what is kept of a view.
 *
 * A view is an object of the dictionary, "view/NAME": its query as text in our own spelling, and the database that names
 * without one meant. Whoever reads it binds the text like a derived table (bind_from.c). `*` is kept as written, so a
 * view shows columns that its tables get later; MySQL keeps the list of the first day.
 */
#include "sql/ast_print.h"
#include "sql/ddl.h"
#include "sql/privilege.h"

#define VIEW_FORMAT 1

/* ---- as bytes ---- */

static struct slice view_encode(const struct view *view, struct arena *arena) {
    size_t size =
        64 + view->definer.size + view->database.size + view->algorithm.size + view->text.size;
    struct writer writer = writer_of(arena_alloc(arena, size), size);
    writer_u8(&writer, VIEW_FORMAT);
    writer_u8(&writer, view->is_invoker);
    writer_slice(&writer, view->definer);
    writer_slice(&writer, view->database);
    writer_slice(&writer, view->algorithm);
    writer_slice(&writer, view->text);
    CHECK(!writer.failed);
    return writer_written(&writer);
}

bool view_find(struct session *session, struct slice database, struct slice name,
               struct view *view_out) {
    struct slice bytes;
    if (!catalog_view(session, database, name, &bytes)) return false;
    struct reader reader = reader_of(bytes);
    uint8_t format = reader_u8(&reader);
    *view_out = (struct view){.is_invoker = reader_u8(&reader)};
    view_out->definer = reader_slice(&reader);
    view_out->database = reader_slice(&reader);
    view_out->algorithm = reader_slice(&reader);
    view_out->text = reader_slice(&reader);
    return format == VIEW_FORMAT && !reader.failed;
}

static struct slice view_key(struct session *session, struct slice name) {
    struct buffer key = buffer_of(&session->statement_arena);
    buffer_append(&key, VIEW_PREFIX);
    buffer_append(&key, name);
    return buffer_slice(&key);
}

static void append_account(struct buffer *out, const struct ast_create_view *ast,
                           const struct session *session) {
    bool is_given = ast->has_definer && !ast->definer.is_current;
    struct slice host = is_given ? ast->definer.host : session->account_host;
    ast_print_identifier(out, is_given ? ast->definer.user : session->account_user);
    buffer_append_byte(out, '@');
    ast_print_identifier(out, host.size > 0 ? host : SLICE_LITERAL("%"));
}

/* ---- CREATE and ALTER ---- */

/* A list of names is a derived table around the query. */
static struct slice view_text(struct session *session, const struct ast_create_view *ast) {
    struct buffer text = buffer_of(&session->statement_arena);
    if (ast->columns.count == 0) {
        ast_print_query(&text, ast->query);
        return buffer_slice(&text);
    }
    buffer_append(&text, SLICE_LITERAL("select * from ("));
    ast_print_query(&text, ast->query);
    buffer_append(&text, SLICE_LITERAL(") as "));
    ast_print_identifier(&text, ast->name.object);
    for (uint32_t i = 0; i < ast->columns.count; i++) {
        buffer_append(&text, i == 0 ? SLICE_LITERAL(" (") : SLICE_LITERAL(", "));
        ast_print_identifier(&text, ast->columns.items[i]);
    }
    buffer_append_byte(&text, ')');
    return buffer_slice(&text);
}

/* The query must be one now: names, privileges, different column names. */
static enum status check_query(struct session *session, struct slice text) {
    const struct query query = {.text = text};
    const struct result_column *columns;
    uint32_t count;
    enum status status = query_describe(session, &query, &columns, &count);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        for (uint32_t j = 0; j < i; j++)
            if (slice_equal_nocase(columns[i].name, columns[j].name))
                return diagnostics_error(&session->diagnostics, ER_DUP_FIELDNAME,
                                         arena_text(&session->statement_arena, columns[i].name));
    return status;
}

static enum status not_a_view(struct session *session, struct slice database, struct slice name) {
    struct arena *arena = &session->statement_arena;
    return diagnostics_error(&session->diagnostics, ER_WRONG_OBJECT, arena_text(arena, database),
                             arena_text(arena, name), "VIEW");
}

/* What has the name already. */
static enum status check_name(struct session *session, const struct ast_statement *statement,
                              struct slice database) {
    const struct ast_create_view *ast = statement->create_view;
    struct arena *arena = &session->statement_arena;
    struct view old;
    bool is_alter = statement->kind == AST_ALTER_VIEW;
    bool is_table = schema_table(session->schema, database, ast->name.object) != NULL;
    bool is_view = view_find(session, database, ast->name.object, &old);
    if (is_table && (is_alter || ast->or_replace))
        return not_a_view(session, database, ast->name.object);
    if ((is_table || is_view) && !is_alter && !ast->or_replace)
        return diagnostics_error(&session->diagnostics, ER_TABLE_EXISTS_ERROR,
                                 arena_text(arena, ast->name.object));
    if (is_alter && !is_view)
        return diagnostics_error(&session->diagnostics, ER_NO_SUCH_TABLE,
                                 arena_text(arena, database), arena_text(arena, ast->name.object));
    if (schema_has_database(session->schema, database)) return STATUS_OK;
    return diagnostics_error(&session->diagnostics, ER_BAD_DB_ERROR, arena_text(arena, database));
}

enum status ddl_create_view_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_create_view *ast = statement->create_view;
    struct arena *arena = &session->statement_arena;
    bool replaces = ast->or_replace || statement->kind == AST_ALTER_VIEW;
    uint64_t privileges = PRIVILEGE(CREATE_VIEW) | (replaces ? PRIVILEGE(DROP) : 0);
    struct slice database;
    enum status status = ddl_name(session, &ast->name, privileges, &database);
    if (status == STATUS_OK && ast->check != AST_VIEW_CHECK_NONE)
        status = diagnostics_unsupported(&session->diagnostics, "WITH CHECK OPTION");
    if (status == STATUS_OK) status = check_name(session, statement, database);
    if (status != STATUS_OK) return status;
    struct buffer definer = buffer_of(arena);
    append_account(&definer, ast, session);
    struct view view = {.definer = buffer_slice(&definer),
                        .database = session_database(session),
                        .algorithm = ast->algorithm,
                        .text = view_text(session, ast),
                        .is_invoker = ast->is_invoker};
    status = check_query(session, view.text);
    if (status != STATUS_OK) return status;
    struct ddl_change change = {.kind = DDL_PUT_OBJECT,
                                .database = arena_copy(arena, database),
                                .name = view_key(session, ast->name.object),
                                .object = view_encode(&view, arena)};
    status = ddl_send(session, &change);
    return status == STATUS_OK ? STATUS_OK : ddl_refused(session, status);
}

/* ---- DROP ---- */

static enum status drop_one(struct session *session, const struct ast_name *name,
                            struct buffer *missing) {
    struct slice database;
    struct view view;
    enum status status = ddl_name(session, name, PRIVILEGE(DROP), &database);
    if (status != STATUS_OK) return status;
    if (schema_table(session->schema, database, name->object) != NULL)
        return not_a_view(session, database, name->object);
    struct ddl_change change = {.kind = DDL_DROP_OBJECT,
                                .database = arena_copy(&session->statement_arena, database),
                                .name = view_key(session, name->object)};
    status = view_find(session, database, name->object, &view) ? ddl_send(session, &change)
                                                               : STATUS_NOT_FOUND;
    if (status == STATUS_NOT_FOUND) {
        if (missing->size > 0) buffer_append_byte(missing, ',');
        buffer_append(missing, change.database);
        buffer_append_byte(missing, '.');
        buffer_append(missing, name->object);
        return STATUS_OK;
    }
    return status == STATUS_OK ? STATUS_OK : ddl_refused(session, status);
}

enum status ddl_drop_view_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_drop *drop = statement->drop;
    struct buffer missing = buffer_of(&session->statement_arena);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < drop->names.count && status == STATUS_OK; i++)
        status = drop_one(session, &drop->names.items[i], &missing);
    if (status != STATUS_OK || missing.size == 0) return status;
    const char *names = arena_text(&session->statement_arena, buffer_slice(&missing));
    if (!drop->if_exists)
        return diagnostics_error(&session->diagnostics, ER_BAD_TABLE_ERROR, names);
    diagnostics_warn(&session->diagnostics, CONDITION_NOTE, ER_BAD_TABLE_ERROR, names);
    return STATUS_OK;
}

/* ---- as others see it ---- */

struct slice view_show_create(struct session *session, const struct view *view, struct slice name) {
    struct buffer text = buffer_of(&session->statement_arena);
    buffer_append(&text, SLICE_LITERAL("CREATE ALGORITHM="));
    buffer_append(&text, view->algorithm.size > 0 ? view->algorithm : SLICE_LITERAL("UNDEFINED"));
    buffer_append(&text, SLICE_LITERAL(" DEFINER="));
    buffer_append(&text, view->definer);
    buffer_append(&text, view->is_invoker ? SLICE_LITERAL(" SQL SECURITY INVOKER VIEW ")
                                          : SLICE_LITERAL(" SQL SECURITY DEFINER VIEW "));
    ast_print_identifier(&text, name);
    buffer_append(&text, SLICE_LITERAL(" AS "));
    buffer_append(&text, view->text);
    return buffer_slice(&text);
}

/* A view that does not work any more has no columns; nobody is told here. */
const struct table_definition *view_definition(struct session *session, struct slice database,
                                               struct slice name) {
    struct arena *arena = &session->statement_arena;
    struct table_definition *definition = arena_new(arena, struct table_definition);
    struct buffer text = buffer_of(arena);
    struct diagnostics kept = session->diagnostics;
    const struct result_column *columns = NULL;
    uint32_t count = 0;
    buffer_append(&text, SLICE_LITERAL("select * from "));
    ast_print_identifier(&text, database);
    buffer_append_byte(&text, '.');
    ast_print_identifier(&text, name);
    const struct query query = {.text = buffer_slice(&text)};
    if (query_describe(session, &query, &columns, &count) != STATUS_OK) count = 0;
    session->diagnostics = kept;
    struct column_definition *made = arena_array(arena, struct column_definition, count + 1);
    for (uint32_t i = 0; i < count; i++)
        made[i] = (struct column_definition){.name = columns[i].name,
                                             .type = columns[i].type,
                                             .default_kind = DEFAULT_VALUE,
                                             .default_value = value_null(),
                                             .absent_value = value_null()};
    *definition = (struct table_definition){.database = arena_copy(arena, database),
                                            .name = arena_copy(arena, name),
                                            .comment = SLICE_LITERAL("VIEW"),
                                            .options = TABLE_VIEW,
                                            .column_count = (uint16_t)count,
                                            .columns = made};
    return definition;
}
