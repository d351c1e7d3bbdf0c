/* ddl_database.c: CREATE, ALTER and DROP DATABASE.
 *
 * The dictionary keeps a database's options as bytes: | u8 format | u16 collation |. Anything else reads as the defaults.
 */
#include "sql/ddl.h"
#include "sql/privilege.h"
#include "sql/show.h"

#define DATABASE_FORMAT 1

static struct slice options_encode(struct session *session, uint16_t collation) {
    uint8_t *bytes = arena_alloc(&session->statement_arena, 3);
    bytes[0] = DATABASE_FORMAT;
    store_le16(bytes + 1, collation);
    return slice_of(bytes, 3);
}

uint16_t show_database_collation(struct session *session, struct slice database) {
    struct slice bytes;
    if (catalog_is_virtual(database)) return COLLATION_UTF8MB3_GENERAL_CI;
    if (!schema_object(session->schema, database, SLICE_EMPTY, &bytes)) return COLLATION_DEFAULT;
    if (bytes.size != 3 || bytes.data[0] != DATABASE_FORMAT) return COLLATION_DEFAULT;
    uint16_t collation = load_le16(bytes.data + 1);
    return collation_find(collation) != NULL ? collation : COLLATION_DEFAULT;
}

static enum status option_charset(struct session *session, struct slice name,
                                  uint16_t *collation_io) {
    if (name.size == 0 || slice_equal_nocase(name, SLICE_LITERAL("DEFAULT"))) return STATUS_OK;
    const struct charset *charset = charset_find_name(name);
    if (charset == NULL)
        return diagnostics_error(&session->diagnostics, ER_UNKNOWN_CHARACTER_SET,
                                 arena_text(&session->statement_arena, name));
    if (collation_charset(*collation_io)->id != charset->id)
        *collation_io = charset->collation_default;
    return STATUS_OK;
}

static enum status option_collate(struct session *session, struct slice name,
                                  uint16_t *collation_io) {
    const char *text = arena_text(&session->statement_arena, name);
    if (name.size == 0 || slice_equal_nocase(name, SLICE_LITERAL("DEFAULT"))) return STATUS_OK;
    const struct collation *collation = collation_find_name(name);
    if (collation == NULL)
        return diagnostics_error(&session->diagnostics, ER_UNKNOWN_COLLATION, text);
    *collation_io = collation->id;
    return STATUS_OK;
}

/* CHARSET and COLLATE of a list of options; 0 is the database's in use. */
enum status ddl_database_collation(struct session *session, const struct ast_options *options,
                                   uint16_t *collation_io) {
    enum status status = STATUS_OK;
    const struct ast_option *charset = NULL, *collate = NULL;
    if (*collation_io == 0)
        *collation_io = show_database_collation(session, session_database(session));
    for (uint32_t i = 0; i < options->count; i++) {
        if (options->items[i].kind == AST_OPTION_CHARSET) charset = &options->items[i];
        if (options->items[i].kind == AST_OPTION_COLLATE) collate = &options->items[i];
    }
    if (charset != NULL) status = option_charset(session, charset->value, collation_io);
    if (status != STATUS_OK || collate == NULL) return status;
    uint16_t before = *collation_io;
    status = option_collate(session, collate->value, collation_io);
    bool is_mixed = status == STATUS_OK && charset != NULL &&
                    collation_charset(before)->id != collation_charset(*collation_io)->id;
    if (is_mixed)
        return diagnostics_error(&session->diagnostics, ER_COLLATION_CHARSET_MISMATCH,
                                 collation_find(*collation_io)->name,
                                 collation_charset(before)->name);
    return status;
}

static enum status check_options(struct session *session, const struct ast_options *options) {
    for (uint32_t i = 0; i < options->count; i++) {
        const struct ast_option *option = &options->items[i];
        bool is_off = slice_equal_nocase(option->value, SLICE_LITERAL("N")) ||
                      slice_equal(option->value, SLICE_LITERAL("0")) ||
                      slice_equal_nocase(option->value, SLICE_LITERAL("DEFAULT"));
        bool is_known = option->kind == AST_OPTION_CHARSET || option->kind == AST_OPTION_COLLATE;
        if (!is_known && !is_off)
            return diagnostics_unsupported(&session->diagnostics, "this database option");
    }
    return STATUS_OK;
}

static enum status create(struct session *session, const struct ast_database *ast) {
    uint16_t collation = COLLATION_DEFAULT;
    const char *name = arena_text(&session->statement_arena, ast->name);
    if (ast->name.data[ast->name.size - 1] == ' ')
        return diagnostics_error(&session->diagnostics, ER_WRONG_DB_NAME, name);
    enum status status = ddl_database_collation(session, &ast->options, &collation);
    if (status != STATUS_OK) return status;
    struct ddl_change change = {.kind = DDL_CREATE_DATABASE,
                                .database = ast->name,
                                .object = options_encode(session, collation)};
    status = schema_has_database(session->schema, ast->name) ? STATUS_DUPLICATE
                                                             : ddl_send(session, &change);
    if (status == STATUS_DUPLICATE && ast->if_exists) {
        diagnostics_warn(&session->diagnostics, CONDITION_NOTE, ER_DB_CREATE_EXISTS, name);
        session->answer.affected_rows = 1;
        return STATUS_OK;
    }
    if (status == STATUS_DUPLICATE)
        return diagnostics_error(&session->diagnostics, ER_DB_CREATE_EXISTS, name);
    session->answer.affected_rows = 1;
    return status == STATUS_OK ? STATUS_OK : ddl_refused(session, status);
}

static enum status alter(struct session *session, struct slice name,
                         const struct ast_options *options) {
    uint16_t collation = show_database_collation(session, name);
    if (!schema_has_database(session->schema, name))
        return diagnostics_error(&session->diagnostics, ER_BAD_DB_ERROR,
                                 arena_text(&session->statement_arena, name));
    enum status status = ddl_database_collation(session, options, &collation);
    if (status != STATUS_OK) return status;
    struct ddl_change change = {
        .kind = DDL_PUT_OBJECT, .database = name, .object = options_encode(session, collation)};
    status = ddl_send(session, &change);
    session->answer.affected_rows = 1;
    return status == STATUS_OK ? STATUS_OK : ddl_refused(session, status);
}

static enum status drop(struct session *session, const struct ast_database *ast) {
    struct schema_cursor cursor = {0};
    uint64_t tables = 0;
    const char *name = arena_text(&session->statement_arena, ast->name);
    while (schema_next_table(session->schema, ast->name, &cursor) != NULL) tables++;
    struct ddl_change change = {.kind = DDL_DROP_DATABASE, .database = ast->name};
    if (slice_equal(ast->name, SYSTEM_DATABASE))
        return diagnostics_error_text(&session->diagnostics, ER_DBACCESS_DENIED_ERROR,
                                      "Access to system schema 'mysql' is rejected.");
    enum status status = schema_has_database(session->schema, ast->name)
                             ? ddl_send(session, &change)
                             : STATUS_NOT_FOUND;
    if (status == STATUS_NOT_FOUND && ast->if_exists) {
        diagnostics_warn(&session->diagnostics, CONDITION_NOTE, ER_DB_DROP_EXISTS, name);
        return STATUS_OK;
    }
    if (status == STATUS_NOT_FOUND)
        return diagnostics_error(&session->diagnostics, ER_DB_DROP_EXISTS, name);
    if (status != STATUS_OK) return ddl_refused(session, status);
    session->answer.affected_rows = tables;
    if (slice_equal(session_database(session), ast->name))
        session_set_database(session, SLICE_EMPTY);
    return STATUS_OK;
}

enum status ddl_database_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_database *ast = statement->database;
    struct slice name;
    enum status status = catalog_database(session, ast->name, &name);
    if (status != STATUS_OK) return status;
    uint64_t needed = statement->kind == AST_CREATE_DATABASE  ? PRIVILEGE(CREATE)
                      : statement->kind == AST_ALTER_DATABASE ? PRIVILEGE(ALTER)
                                                              : PRIVILEGE(DROP);
    status = privilege_check_database(session, needed, name);
    if (status == STATUS_OK) status = check_options(session, &ast->options);
    if (status != STATUS_OK) return status;
    if (statement->kind == AST_CREATE_DATABASE) return create(session, ast);
    if (statement->kind == AST_DROP_DATABASE) return drop(session, ast);
    return alter(session, arena_copy(&session->statement_arena, name), &ast->options);
}
