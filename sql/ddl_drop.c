/* ddl_drop.c: DROP TABLE, TRUNCATE, RENAME TABLE.
 *
 * Each table is one change of the dictionary. A DROP of several first looks whether all are there, as MySQL 8 does, so it fails
 * before the first goes; only a failure of meta in between can leave some.
 */
#include "sql/ddl.h"
#include "sql/privilege.h"

static enum status drop_send(struct session *session, enum ddl_kind kind, struct slice database,
                             struct slice name) {
    struct ddl_change change = {.kind = kind,
                                .database = arena_copy(&session->statement_arena, database),
                                .name = arena_copy(&session->statement_arena, name)};
    return ddl_send(session, &change);
}

static void append_name(struct buffer *names, struct slice database, struct slice name) {
    if (names->size > 0) buffer_append_byte(names, ',');
    buffer_append(names, database);
    buffer_append_byte(names, '.');
    buffer_append(names, name);
}

/* 1051 with all that are missing; a note with IF EXISTS. */
static enum status tell_missing(struct session *session, const struct ast_drop *drop,
                                struct buffer *missing) {
    if (missing->size == 0) return STATUS_OK;
    const char *names = arena_text(&session->statement_arena, buffer_slice(missing));
    if (!drop->if_exists)
        return diagnostics_error(&session->diagnostics, ER_BAD_TABLE_ERROR, names);
    diagnostics_warn(&session->diagnostics, CONDITION_NOTE, ER_BAD_TABLE_ERROR, names);
    return STATUS_OK;
}

enum status ddl_drop_table_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_drop *drop = statement->drop;
    struct buffer missing = buffer_of(&session->statement_arena);
    struct slice database;
    if (drop->is_temporary)
        return diagnostics_unsupported(&session->diagnostics, "DROP TEMPORARY TABLE");
    for (uint32_t i = 0; i < drop->names.count; i++) {
        const struct ast_name *name = &drop->names.items[i];
        enum status status = ddl_name(session, name, PRIVILEGE(DROP), &database);
        if (status != STATUS_OK) return status;
        if (schema_table(session->schema, database, name->object) == NULL)
            append_name(&missing, database, name->object);
    }
    enum status status = tell_missing(session, drop, &missing);
    for (uint32_t i = 0; i < drop->names.count && status == STATUS_OK; i++) {
        const struct ast_name *name = &drop->names.items[i];
        status = catalog_database(session, name->schema, &database);
        if (status != STATUS_OK) break;
        if (schema_table(session->schema, database, name->object) == NULL) continue;
        status = drop_send(session, DDL_DROP_TABLE, database, name->object);
        if (status == STATUS_NOT_FOUND) status = STATUS_OK; /* another daemon was faster */
        if (status != STATUS_OK) return ddl_refused(session, status);
    }
    return status;
}

enum status ddl_truncate_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_name *name = &statement->drop->names.items[0];
    const struct table *table;
    struct slice database;
    enum status status = ddl_name(session, name, PRIVILEGE(DROP), &database);
    if (status == STATUS_OK) status = catalog_table(session, name, &table);
    if (status != STATUS_OK) return status;
    status = drop_send(session, DDL_TRUNCATE_TABLE, database, name->object);
    return status == STATUS_OK ? STATUS_OK : ddl_refused(session, status);
}

/* ---- RENAME ---- */

static enum status rename_one(struct session *session, const struct ast_name *from,
                              const struct ast_name *to) {
    struct arena *arena = &session->statement_arena;
    struct slice database, new_database;
    const struct table *table;
    enum status status = ddl_name(session, from, PRIVILEGE(ALTER) | PRIVILEGE(DROP), &database);
    if (status == STATUS_OK) status = catalog_table(session, from, &table);
    if (status == STATUS_OK)
        status = ddl_name(session, to, PRIVILEGE(CREATE) | PRIVILEGE(INSERT), &new_database);
    if (status != STATUS_OK) return status;
    if (!schema_has_database(session->schema, new_database))
        return diagnostics_error(&session->diagnostics, ER_BAD_DB_ERROR,
                                 arena_text(arena, new_database));
    struct ddl_change change = {.kind = DDL_RENAME_TABLE,
                                .database = arena_copy(arena, database),
                                .name = from->object,
                                .new_database = arena_copy(arena, new_database),
                                .new_name = to->object};
    status = ddl_send(session, &change);
    if (status == STATUS_DUPLICATE)
        return diagnostics_error(&session->diagnostics, ER_TABLE_EXISTS_ERROR,
                                 arena_text(arena, to->object));
    return status == STATUS_OK ? STATUS_OK : ddl_refused(session, status);
}

/* MySQL renames all or none; one after the other from the left is what we can, so several are one only when they cannot
 * fail half way: each must be free when its turn comes. */
enum status ddl_rename_table_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_rename *rename = statement->rename;
    uint32_t done = 0;
    enum status status = STATUS_OK;
    for (; done < rename->from.count && status == STATUS_OK; done += status == STATUS_OK)
        status = rename_one(session, &rename->from.items[done], &rename->to.items[done]);
    if (status == STATUS_OK) return STATUS_OK;
    while (done > 0) { /* back to where it was; the error stays the first one */
        done--;
        enum status back = rename_one(session, &rename->to.items[done], &rename->from.items[done]);
        if (back != STATUS_OK) break;
    }
    return status;
}
