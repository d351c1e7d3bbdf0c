/* admin.c: statements about the server rather than about data: EXPLAIN, FLUSH, ANALYZE and kin.
 *
 *   (AD1) FLUSH of what has no cache or log here does what it promises already: privileges are always those of the
 *         dictionary, tables are never cached apart from it.
 */
#include "row/collation.h"
#include "sql/privilege.h"
#include "sql/session_private.h"

/* ---- EXPLAIN ---- */

static enum status explain_format(struct session *session, const struct ast_explain *explain,
                                  enum ast_explain_format *format_out) {
    *format_out = explain->format;
    if (explain->format_name.size > 0) {
        bool is_tree = slice_equal_nocase(explain->format_name, SLICE_LITERAL("TREE"));
        bool is_json = slice_equal_nocase(explain->format_name, SLICE_LITERAL("JSON"));
        bool is_table = slice_equal_nocase(explain->format_name, SLICE_LITERAL("TRADITIONAL")) ||
                        slice_equal_nocase(explain->format_name, SLICE_LITERAL("DEFAULT"));
        if (!is_tree && !is_json && !is_table)
            return diagnostics_error(&session->diagnostics, ER_UNKNOWN_EXPLAIN_FORMAT,
                                     arena_text(&session->statement_arena, explain->format_name));
        *format_out = is_tree   ? AST_EXPLAIN_TREE
                      : is_json ? AST_EXPLAIN_JSON
                                : AST_EXPLAIN_TRADITIONAL;
    }
    if (*format_out == AST_EXPLAIN_JSON)
        return diagnostics_unsupported(&session->diagnostics, "EXPLAIN FORMAT=JSON");
    return STATUS_OK;
}

enum status explain_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_explain *explain = statement->explain;
    struct query query = {.is_explained = 1, .parse_mode = session->settings.parse_mode};
    if (explain->statement == NULL)
        return diagnostics_unsupported(&session->diagnostics, "EXPLAIN FOR CONNECTION");
    if (explain->is_analyze)
        return diagnostics_unsupported(&session->diagnostics, "EXPLAIN ANALYZE");
    if (explain->into.size > 0 || explain->schema.size > 0)
        return diagnostics_unsupported(&session->diagnostics, "EXPLAIN INTO and FOR SCHEMA");
    enum status status = explain_format(session, explain, &query.explain);
    if (status != STATUS_OK) return status;
    query.text = explain->statement->source;
    query.ast = explain->statement;
    query.parameters = session->parameters;
    query.parameter_count = session->parameter_count;
    return query_run(session, &query);
}

/* ---- FLUSH, RESET ---- */

static enum status flush_word(struct session *session, struct slice word) {
    static const char *const accepted[] = {
        "PRIVILEGES", "STATUS",      "HOSTS",  "LOGS",  "ERROR LOGS",     "GENERAL LOGS",
        "SLOW LOGS",  "ENGINE LOGS", "TABLES", "TABLE", "USER_RESOURCES", "OPTIMIZER_COSTS"};
    for (size_t i = 0; i < ARRAY_COUNT(accepted); i++)
        if (slice_equal_nocase(word, slice_of_text(accepted[i]))) return STATUS_OK; /* (AD1) */
    return diagnostics_unsupported(&session->diagnostics,
                                   arena_printf(&session->statement_arena, "FLUSH %s",
                                                arena_text(&session->statement_arena, word)));
}

enum status flush_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_flush *flush = statement->flush;
    if (statement->kind == AST_RESET)
        return diagnostics_unsupported(&session->diagnostics, "RESET");
    enum status status = privilege_check_global(
        session, PRIVILEGE(RELOAD) | PRIVILEGE(FLUSH_TABLES) | PRIVILEGE(FLUSH_PRIVILEGES) |
                     PRIVILEGE(FLUSH_STATUS) | PRIVILEGE(FLUSH_OPTIMIZER_COSTS) |
                     PRIVILEGE(FLUSH_USER_RESOURCES));
    if (status != STATUS_OK) return status;
    if (flush->for_export || (flush->with_read_lock && flush->tables.count > 0))
        return diagnostics_unsupported(&session->diagnostics,
                                       "FLUSH TABLES of single tables WITH READ LOCK");
    if (flush->with_read_lock) return table_lock_all_read(session);
    for (uint32_t i = 0; i < flush->what.count && status == STATUS_OK; i++)
        status = flush_word(session, flush->what.items[i]);
    session->server->counters.flushes++;
    return status;
}

/* ---- ANALYZE, CHECK, OPTIMIZE, REPAIR, CHECKSUM ---- */

static struct value text_value(const char *text) {
    return value_of_string(slice_of_text(text), COLLATION_UTF8MB3_GENERAL_CI);
}

static void maintain_columns(struct session *session) {
    static const char *const names[] = {"Table", "Op", "Msg_type", "Msg_text"};
    static const uint32_t lengths[] = {128, 10, 10, 1024};
    struct result_column *columns =
        arena_array(&session->statement_arena, struct result_column, ARRAY_COUNT(names));
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        columns[i] = (struct result_column){
            .name = slice_of_text(names[i]),
            .type = column_type_varchar(lengths[i], COLLATION_UTF8MB3_GENERAL_CI)};
    answer_columns(session, columns, ARRAY_COUNT(names));
}

struct maintenance {
    const char *op;
    bool checks; /* reads the whole table */
};

static void put_quoted(struct buffer *out, struct slice name) {
    buffer_append_byte(out, '`');
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '`') buffer_append_byte(out, '`');
        buffer_append_byte(out, name.data[i]);
    }
    buffer_append_byte(out, '`');
}

/* Rows of the table as an index has them. */
static enum status count_rows(struct session *session, const struct table_definition *table,
                              uint32_t index, uint64_t *count_out) {
    struct arena *arena = &session->statement_arena;
    struct buffer text = buffer_of(arena);
    struct recorder recorder;
    buffer_append(&text, SLICE_LITERAL("SELECT COUNT(*) FROM "));
    put_quoted(&text, table->database);
    buffer_append_byte(&text, '.');
    put_quoted(&text, table->name);
    if (index > 0) {
        buffer_append(&text, SLICE_LITERAL(" FORCE INDEX ("));
        put_quoted(&text, table->indexes[index].name);
        buffer_append_byte(&text, ')');
    }
    recorder_open(&recorder, arena, 1);
    enum status status = query_record(session, buffer_slice(&text), &recorder);
    if (status == STATUS_OK) *count_out = recorder.rows[0][0].u;
    return status;
}

/* Every fragment is read through the primary key and through each index: all must hold as many rows. */
static enum status check_table(struct session *session, const struct table *table,
                               const char **damage_out) {
    const struct table_definition *definition = table->definition;
    uint64_t rows = 0, found = 0;
    enum status status = count_rows(session, definition, 0, &rows);
    for (uint32_t i = 1; i < definition->index_count && status == STATUS_OK; i++) {
        status = count_rows(session, definition, i, &found);
        if (status == STATUS_OK && found != rows)
            *damage_out =
                arena_printf(&session->statement_arena, "index %s has %llu rows, the table %llu",
                             arena_text(&session->statement_arena, definition->indexes[i].name),
                             (unsigned long long)found, (unsigned long long)rows);
    }
    return status;
}

static enum status maintain_row(struct session *session, const struct maintenance *what,
                                const struct ast_name *name) {
    struct slice database;
    struct arena *arena = &session->statement_arena;
    enum status status = catalog_database(session, name->schema, &database);
    if (status != STATUS_OK) return status;
    const char *table =
        arena_printf(arena, "%s.%s", arena_text(arena, database), arena_text(arena, name->object));
    const struct table *found = schema_table(session->schema, database, name->object);
    struct value row[] = {text_value(table), text_value(what->op), text_value("status"),
                          text_value("OK")};
    if (found == NULL) {
        row[2] = text_value("Error");
        row[3] = text_value(arena_printf(arena, "Table '%s' doesn't exist", table));
    } else if (what->checks) {
        const char *damage = NULL;
        status = check_table(session, found, &damage);
        if (status != STATUS_OK) return status;
        if (damage != NULL) row[2] = text_value("error");
        if (damage != NULL) row[3] = text_value(damage);
    }
    return answer_row(session, row, ARRAY_COUNT(row));
}

/* Statistics are always kept and space is given back by itself, so for ANALYZE and OPTIMIZE there is nothing to be done, and
 * what is told is true. */
enum status maintain_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_maintain *maintain = statement->maintain;
    const struct maintenance what = {.op = statement->kind == AST_ANALYZE_TABLE    ? "analyze"
                                           : statement->kind == AST_OPTIMIZE_TABLE ? "optimize"
                                           : statement->kind == AST_CHECK_TABLE    ? "check"
                                                                                   : NULL,
                                     .checks = statement->kind == AST_CHECK_TABLE};
    if (what.op == NULL || maintain->update_histogram || maintain->drop_histogram)
        return diagnostics_unsupported(&session->diagnostics, ast_statement_name(statement));
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < maintain->tables.count && status == STATUS_OK; i++) {
        struct slice database;
        const struct ast_name *name = &maintain->tables.items[i];
        status = catalog_database(session, name->schema, &database);
        if (status == STATUS_OK)
            status = privilege_check_table(session, PRIVILEGE(SELECT) | PRIVILEGE(INSERT), database,
                                           name->object);
    }
    if (status != STATUS_OK) return status;
    maintain_columns(session);
    for (uint32_t i = 0; i < maintain->tables.count && status == STATUS_OK; i++)
        status = maintain_row(session, &what, &maintain->tables.items[i]);
    return status;
}
