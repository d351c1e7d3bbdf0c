/* show_other.c: SHOW of what is no list of the catalog: CREATE TABLE, WARNINGS, and what replication would fill.
 *
 * What asks for the state of a binary log or of replicas gives no rows, which is what MySQL without them gives: there is no
 * binary log here. */
#include "row/collation.h"
#include "sql/info_schema.h"
#include "sql/privilege.h"
#include "sql/session_private.h"
#include "sql/show.h"
#include "sql/show_private.h"

struct text_column {
    const char *name;
    uint8_t kind;
    uint32_t length;
};

static void send_columns(struct session *session, const struct text_column *list, uint32_t count) {
    struct result_column *columns =
        arena_array(&session->statement_arena, struct result_column, count);
    for (uint32_t i = 0; i < count; i++) {
        struct column_type type = column_type_bigint(COLUMN_UNSIGNED);
        if (list[i].kind == COLUMN_VARCHAR)
            type = column_type_varchar(list[i].length, COLLATION_UTF8MB3_GENERAL_CI);
        columns[i] = (struct result_column){.name = slice_of_text(list[i].name), .type = type};
    }
    answer_columns(session, columns, count);
}

static struct value text_value(struct slice text) {
    return value_of_string(text, COLLATION_UTF8MB3_GENERAL_CI);
}

/* ---- WARNINGS, ERRORS ---- */

static enum status limits_of(struct session *session, const struct ast_limit *limit,
                             uint64_t *offset_out, uint64_t *count_out) {
    struct value value;
    enum status status = STATUS_OK;
    *offset_out = 0;
    *count_out = UINT64_MAX;
    if (limit->offset != NULL) {
        status = query_eval(session, limit->offset, &value);
        if (status == STATUS_OK) *offset_out = value.u;
    }
    if (status == STATUS_OK && limit->count != NULL) {
        status = query_eval(session, limit->count, &value);
        if (status == STATUS_OK) *count_out = value.u;
    }
    return status;
}

static enum status show_conditions(struct session *session, const struct ast_show *show) {
    static const struct text_column columns[] = {
        {"Level", COLUMN_VARCHAR, 7}, {"Code", COLUMN_BIGINT, 0}, {"Message", COLUMN_VARCHAR, 512}};
    static const char *const levels[] = {
        [CONDITION_NOTE] = "Note", [CONDITION_WARNING] = "Warning", [CONDITION_ERROR] = "Error"};
    const struct diagnostics *diagnostics = &session->previous;
    uint64_t offset, count, seen = 0;
    enum status status = limits_of(session, &show->limit, &offset, &count);
    if (status != STATUS_OK) return status;
    send_columns(session, columns, ARRAY_COUNT(columns));
    for (uint32_t i = 0; i < diagnostics->count && status == STATUS_OK; i++) {
        const struct condition *condition = &diagnostics->conditions[i];
        if (show->kind == AST_SHOW_ERRORS && condition->level != CONDITION_ERROR) continue;
        if (seen++ < offset) continue;
        if (seen > offset && seen - offset > count) break;
        struct value row[] = {text_value(slice_of_text(levels[condition->level])),
                              value_of_uint(condition->number), text_value(condition->message)};
        status = answer_row(session, row, ARRAY_COUNT(row));
    }
    return status;
}

static enum status show_condition_count(struct session *session, const struct ast_show *show) {
    bool is_errors = show->kind == AST_SHOW_COUNT_ERRORS;
    const struct text_column column = {
        is_errors ? "@@session.error_count" : "@@session.warning_count", COLUMN_BIGINT, 0};
    struct value row =
        value_of_uint(is_errors ? session->previous.error_count : session->previous.warning_count);
    send_columns(session, &column, 1);
    return answer_row(session, &row, 1);
}

/* ---- CREATE ---- */

/* As a table that could be made: its columns have no defaults of their own. */
static struct table_definition virtual_definition(struct session *session,
                                                  const struct virtual_table *table) {
    struct table_definition definition = *table->definition;
    uint32_t count = definition.column_count;
    struct column_definition *columns =
        arena_array(&session->statement_arena, struct column_definition, count);
    for (uint32_t i = 0; i < count; i++) {
        columns[i] = definition.columns[i];
        bool is_nullable = column_type_is_nullable(&columns[i].type);
        columns[i].default_kind = is_nullable ? columns[i].default_kind : DEFAULT_NONE;
    }
    definition.columns = columns;
    if (definition.collation == 0) definition.collation = COLLATION_UTF8MB3_GENERAL_CI;
    return definition;
}

static enum status show_view(struct session *session, const struct ast_show *show) {
    static const struct text_column columns[] = {{"View", COLUMN_VARCHAR, 64},
                                                 {"Create View", COLUMN_VARCHAR, 1024},
                                                 {"character_set_client", COLUMN_VARCHAR, 32},
                                                 {"collation_connection", COLUMN_VARCHAR, 32}};
    struct slice database, name = show->name.object;
    struct view view;
    enum status status = catalog_database(session, show->name.schema, &database);
    if (status == STATUS_OK)
        status = privilege_check_table(session, PRIVILEGE(SELECT) | PRIVILEGE(SHOW_VIEW), database,
                                       name);
    if (status != STATUS_OK) return status;
    if (!view_find(session, database, name, &view)) {
        const struct table *table;
        status = catalog_table(session, &show->name, &table);
        if (status != STATUS_OK) return status;
        return diagnostics_error(&session->diagnostics, ER_WRONG_OBJECT,
                                 arena_text(&session->statement_arena, database),
                                 arena_text(&session->statement_arena, name), "VIEW");
    }
    struct value row[] = {text_value(name), text_value(view_show_create(session, &view, name)),
                          text_value(SLICE_LITERAL("utf8mb4")),
                          text_value(SLICE_LITERAL("utf8mb4_0900_ai_ci"))};
    send_columns(session, columns, ARRAY_COUNT(columns));
    return answer_row(session, row, ARRAY_COUNT(row));
}

static enum status show_table(struct session *session, const struct ast_show *show) {
    static const struct text_column columns[] = {{"Table", COLUMN_VARCHAR, 64},
                                                 {"Create Table", COLUMN_VARCHAR, 1024}};
    const struct table *table = NULL;
    struct slice database;
    struct view view;
    enum status status = catalog_database(session, show->name.schema, &database);
    if (status != STATUS_OK) return status;
    if (view_find(session, database, show->name.object, &view)) return show_view(session, show);
    const struct virtual_table *virtual_table =
        info_schema_find(session->server->info, database, show->name.object);
    if (virtual_table == NULL) {
        status = catalog_table(session, &show->name, &table);
        if (status == STATUS_OK && privilege_table(session, database, show->name.object) == 0)
            status = privilege_check_table(session, PRIVILEGE(SELECT), database, show->name.object);
        if (status != STATUS_OK) return status;
    }
    struct table_definition definition =
        virtual_table != NULL ? virtual_definition(session, virtual_table) : *table->definition;
    struct value row[] = {text_value(definition.name),
                          text_value(show_create_table(session, &definition, table))};
    send_columns(session, columns, ARRAY_COUNT(columns));
    return answer_row(session, row, ARRAY_COUNT(row));
}

static enum status show_database(struct session *session, const struct ast_show *show) {
    static const struct text_column columns[] = {{"Database", COLUMN_VARCHAR, 64},
                                                 {"Create Database", COLUMN_VARCHAR, 1024}};
    struct slice name = show->name.object;
    if (!catalog_is_virtual(name) && !schema_has_database(session->schema, name))
        return diagnostics_error(&session->diagnostics, ER_BAD_DB_ERROR,
                                 arena_text(&session->statement_arena, name));
    if (!privilege_any_in_database(session, name))
        return privilege_check_database(session, PRIVILEGES_ALL, name);
    struct value row[] = {
        text_value(name),
        text_value(show_create_database(session, name,
                                        show->if_not_exists ? SHOW_IF_NOT_EXISTS : SHOW_PLAIN))};
    send_columns(session, columns, ARRAY_COUNT(columns));
    return answer_row(session, row, ARRAY_COUNT(row));
}

/* ---- what there is none of ---- */

static enum status show_nothing(struct session *session, const struct text_column *columns,
                                uint32_t count, uint64_t privileges) {
    enum status status = privilege_check_global(session, privileges);
    if (status == STATUS_OK) send_columns(session, columns, count);
    return status;
}

static enum status show_log_status(struct session *session) {
    static const struct text_column columns[] = {{"File", COLUMN_VARCHAR, 255},
                                                 {"Position", COLUMN_BIGINT, 0},
                                                 {"Binlog_Do_DB", COLUMN_VARCHAR, 255},
                                                 {"Binlog_Ignore_DB", COLUMN_VARCHAR, 255},
                                                 {"Executed_Gtid_Set", COLUMN_VARCHAR, 255}};
    return show_nothing(session, columns, ARRAY_COUNT(columns),
                        PRIVILEGE(REPLICATION_CLIENT) | PRIVILEGE(SUPER));
}

static enum status show_replica_status(struct session *session) {
    static const struct text_column columns[] = {{"Replica_IO_State", COLUMN_VARCHAR, 255},
                                                 {"Source_Host", COLUMN_VARCHAR, 255},
                                                 {"Source_User", COLUMN_VARCHAR, 255},
                                                 {"Source_Port", COLUMN_BIGINT, 0},
                                                 {"Channel_Name", COLUMN_VARCHAR, 64}};
    return show_nothing(session, columns, ARRAY_COUNT(columns),
                        PRIVILEGE(REPLICATION_CLIENT) | PRIVILEGE(SUPER));
}

static enum status show_replicas(struct session *session) {
    static const struct text_column columns[] = {{"Server_Id", COLUMN_BIGINT, 0},
                                                 {"Host", COLUMN_VARCHAR, 255},
                                                 {"Port", COLUMN_BIGINT, 0},
                                                 {"Source_Id", COLUMN_BIGINT, 0},
                                                 {"Replica_UUID", COLUMN_VARCHAR, 64}};
    return show_nothing(session, columns, ARRAY_COUNT(columns), PRIVILEGE(REPLICATION_SLAVE));
}

static enum status show_open_tables(struct session *session) {
    static const struct text_column columns[] = {{"Database", COLUMN_VARCHAR, 64},
                                                 {"Table", COLUMN_VARCHAR, 64},
                                                 {"In_use", COLUMN_BIGINT, 0},
                                                 {"Name_locked", COLUMN_BIGINT, 0}};
    send_columns(session, columns, ARRAY_COUNT(columns));
    return STATUS_OK;
}

static enum status show_profiles(struct session *session) {
    static const struct text_column columns[] = {{"Query_ID", COLUMN_BIGINT, 0},
                                                 {"Duration", COLUMN_VARCHAR, 32},
                                                 {"Query", COLUMN_VARCHAR, 300}};
    send_columns(session, columns, ARRAY_COUNT(columns));
    return STATUS_OK;
}

static enum status show_privileges(struct session *session) {
    static const struct text_column columns[] = {{"Privilege", COLUMN_VARCHAR, 40},
                                                 {"Context", COLUMN_VARCHAR, 40},
                                                 {"Comment", COLUMN_VARCHAR, 80}};
    enum status status = STATUS_OK;
    send_columns(session, columns, ARRAY_COUNT(columns));
    for (uint32_t i = 0; i < PRIVILEGE_COUNT && status == STATUS_OK; i++) {
        const struct privilege_info *info = privilege_info((enum privilege_place)i);
        const char *context = info->levels & PRIVILEGE_TABLE      ? "Databases,Tables"
                              : info->levels & PRIVILEGE_DATABASE ? "Databases"
                                                                  : "Server Admin";
        struct value row[] = {text_value(slice_of_text(info->text)),
                              text_value(slice_of_text(context)), text_value(SLICE_EMPTY)};
        status = answer_row(session, row, ARRAY_COUNT(row));
    }
    return status;
}

enum status show_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_show *show = statement->show;
    const struct show_list *list = show_list_of(show);
    if (list != NULL) return show_list_run(session, show, list);
    switch ((int)show->kind) {
    case AST_SHOW_WARNINGS:
    case AST_SHOW_ERRORS: return show_conditions(session, show);
    case AST_SHOW_COUNT_WARNINGS:
    case AST_SHOW_COUNT_ERRORS: return show_condition_count(session, show);
    case AST_SHOW_CREATE_TABLE: return show_table(session, show);
    case AST_SHOW_CREATE_VIEW: return show_view(session, show);
    case AST_SHOW_CREATE_DATABASE: return show_database(session, show);
    case AST_SHOW_GRANTS: return grant_show(session, show);
    case AST_SHOW_CREATE_USER: return grant_show_create_user(session, show);
    case AST_SHOW_MASTER_STATUS:
    case AST_SHOW_BINARY_LOG_STATUS: return show_log_status(session);
    case AST_SHOW_REPLICA_STATUS:
    case AST_SHOW_ALL_REPLICAS_STATUS: return show_replica_status(session);
    case AST_SHOW_REPLICAS: return show_replicas(session);
    case AST_SHOW_OPEN_TABLES: return show_open_tables(session);
    case AST_SHOW_PROFILES: return show_profiles(session);
    case AST_SHOW_PRIVILEGES: return show_privileges(session);
    case AST_SHOW_BINARY_LOGS:
        return diagnostics_error_text(&session->diagnostics, ER_FEATURE_DISABLED,
                                      "You are not using binary logging");
    }
    return diagnostics_unsupported(
        &session->diagnostics,
        arena_printf(&session->statement_arena, "SHOW %s", ast_show_name(show->kind)));
}
