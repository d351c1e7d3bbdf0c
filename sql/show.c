/* show.c: SHOW: columns of its own over the rows of virtual tables.
 *
 *   virtual table --its rows--> wanted database and table? --> SHOW's columns --> LIKE --> the client
 *                                                          \--> WHERE: a virtual table of its own, read by a query
 *
 * Each SHOW is a line of the list below: where its rows come from, which of the source's columns are shown under which
 * names, and which column LIKE is about. What is no list of rows is in show_other.c.
 */
#include "sql/show.h"

#include "row/collation.h"
#include "sql/info_schema.h"
#include "sql/privilege.h"
#include "sql/session_private.h"
#include "sql/show_private.h"

#define I "information_schema"
#define S "performance_schema"

static const struct show_column of_databases[] = {{"Database", 1}};
static const struct show_column of_tables[] = {{"Tables_in_", 2}};
static const struct show_column of_full_tables[] = {{"Tables_in_", 2}, {"Table_type", 3}};
static const struct show_column of_columns[] = {{"Field", 3}, {"Type", 15},   {"Null", 6},
                                                {"Key", 16},  {"Default", 5}, {"Extra", 17}};
static const struct show_column of_full_columns[] = {
    {"Field", 3},   {"Type", 15},  {"Collation", 14},  {"Null", 6},    {"Key", 16},
    {"Default", 5}, {"Extra", 17}, {"Privileges", 18}, {"Comment", 19}};
static const struct show_column of_indexes[] = {
    {"Table", 2},          {"Non_unique", 3}, {"Key_name", 5},    {"Seq_in_index", 6},
    {"Column_name", 7},    {"Collation", 8},  {"Cardinality", 9}, {"Sub_part", 10},
    {"Packed", 11},        {"Null", 12},      {"Index_type", 13}, {"Comment", 14},
    {"Index_comment", 15}, {"Visible", 16},   {"Expression", 17}};
static const struct show_column of_table_status[] = {{"Name", 2},
                                                     {"Engine", 4},
                                                     {"Version", 5},
                                                     {"Row_format", 6},
                                                     {"Rows", 7},
                                                     {"Avg_row_length", 8},
                                                     {"Data_length", 9},
                                                     {"Max_data_length", 10},
                                                     {"Index_length", 11},
                                                     {"Data_free", 12},
                                                     {"Auto_increment", 13},
                                                     {"Create_time", 14},
                                                     {"Update_time", 15},
                                                     {"Check_time", 16},
                                                     {"Collation", 17},
                                                     {"Checksum", 18},
                                                     {"Create_options", 19},
                                                     {"Comment", 20}};
static const struct show_column of_collations[] = {
    {"Collation", 0}, {"Charset", 1}, {"Id", 2},           {"Default", 3},
    {"Compiled", 4},  {"Sortlen", 5}, {"Pad_attribute", 6}};
static const struct show_column of_charsets[] = {
    {"Charset", 0}, {"Description", 2}, {"Default collation", 1}, {"Maxlen", 3}};
static const struct show_column of_engines[] = {{"Engine", 0},  {"Support", 1},
                                                {"Comment", 2}, {"Transactions", 3},
                                                {"XA", 4},      {"Savepoints", 5}};
static const struct show_column of_processlist[] = {{"Id", 0},    {"User", 1},    {"Host", 2},
                                                    {"db", 3},    {"Command", 4}, {"Time", 5},
                                                    {"State", 6}, {"Info", 7}};
static const struct show_column of_variables[] = {{"Variable_name", 0}, {"Value", 1}};
static const struct show_column of_plugins[] = {
    {"Name", 0}, {"Status", 2}, {"Type", 3}, {"Library", 5}, {"License", 9}};
static const struct show_column of_triggers[] = {{"Trigger", 2},
                                                 {"Event", 3},
                                                 {"Table", 6},
                                                 {"Statement", 9},
                                                 {"Timing", 11},
                                                 {"Created", 16},
                                                 {"sql_mode", 17},
                                                 {"Definer", 18},
                                                 {"character_set_client", 19},
                                                 {"collation_connection", 20},
                                                 {"Database Collation", 21}};
static const struct show_column of_events[] = {{"Db", 1},
                                               {"Name", 2},
                                               {"Definer", 3},
                                               {"Time zone", 4},
                                               {"Type", 7},
                                               {"Execute at", 8},
                                               {"Interval value", 9},
                                               {"Interval field", 10},
                                               {"Starts", 12},
                                               {"Ends", 13},
                                               {"Status", 14},
                                               {"Originator", 20},
                                               {"character_set_client", 21},
                                               {"collation_connection", 22},
                                               {"Database Collation", 23}};
static const struct show_column of_routines[] = {{"Db", 2},
                                                 {"Name", 3},
                                                 {"Type", 4},
                                                 {"Language", 16},
                                                 {"Definer", 27},
                                                 {"Modified", 24},
                                                 {"Created", 23},
                                                 {"Security_type", 22},
                                                 {"Comment", 26},
                                                 {"character_set_client", 28},
                                                 {"collation_connection", 29},
                                                 {"Database Collation", 30}};

#define COLUMNS(list) list, ARRAY_COUNT(list)
static const struct show_list lists[] = {
    {AST_SHOW_DATABASES, 0, I, "SCHEMATA", COLUMNS(of_databases), 0},
    {AST_SHOW_TABLES, 0, I, "TABLES", COLUMNS(of_tables), SHOW_IN_DATABASE | SHOW_NAMES_DATABASE},
    {AST_SHOW_TABLES, SHOW_FULL, I, "TABLES", COLUMNS(of_full_tables),
     SHOW_IN_DATABASE | SHOW_NAMES_DATABASE},
    {AST_SHOW_COLUMNS, 0, I, "COLUMNS", COLUMNS(of_columns), SHOW_IN_TABLE},
    {AST_SHOW_COLUMNS, SHOW_FULL, I, "COLUMNS", COLUMNS(of_full_columns), SHOW_IN_TABLE},
    {AST_SHOW_INDEX, 0, I, "STATISTICS", COLUMNS(of_indexes), SHOW_IN_TABLE},
    {AST_SHOW_TABLE_STATUS, 0, I, "TABLES", COLUMNS(of_table_status), SHOW_IN_DATABASE},
    {AST_SHOW_COLLATION, 0, I, "COLLATIONS", COLUMNS(of_collations), 0},
    {AST_SHOW_CHARSET, 0, I, "CHARACTER_SETS", COLUMNS(of_charsets), 0},
    {AST_SHOW_ENGINES, 0, I, "ENGINES", COLUMNS(of_engines), 0},
    {AST_SHOW_PROCESSLIST, 0, I, "PROCESSLIST", COLUMNS(of_processlist), 0},
    {AST_SHOW_VARIABLES, 0, S, "session_variables", COLUMNS(of_variables), 0},
    {AST_SHOW_VARIABLES, SHOW_GLOBAL, S, "global_variables", COLUMNS(of_variables), 0},
    {AST_SHOW_STATUS, 0, S, "session_status", COLUMNS(of_variables), 0},
    {AST_SHOW_STATUS, SHOW_GLOBAL, S, "global_status", COLUMNS(of_variables), 0},
    {AST_SHOW_PLUGINS, 0, I, "PLUGINS", COLUMNS(of_plugins), 0},
    {AST_SHOW_TRIGGERS, 0, I, "TRIGGERS", COLUMNS(of_triggers), SHOW_IN_DATABASE},
    {AST_SHOW_EVENTS, 0, I, "EVENTS", COLUMNS(of_events), SHOW_IN_DATABASE},
    {AST_SHOW_PROCEDURE_STATUS, 0, I, "ROUTINES", COLUMNS(of_routines), 0},
    {AST_SHOW_FUNCTION_STATUS, 0, I, "ROUTINES", COLUMNS(of_routines), 0},
};

const struct show_list *show_list_of(const struct ast_show *show) {
    const struct show_list *found = NULL;
    uint32_t wanted = 0;
    if (show->is_full && show->kind != AST_SHOW_PROCESSLIST) wanted = SHOW_FULL;
    if (show->scope == AST_SCOPE_GLOBAL) wanted = SHOW_GLOBAL;
    for (size_t i = 0; i < ARRAY_COUNT(lists); i++) {
        if (lists[i].kind != show->kind) continue;
        if (lists[i].variant == 0 && found == NULL) found = &lists[i];
        if (lists[i].variant == wanted) found = &lists[i];
    }
    return found;
}

/* ---- rows ---- */

/* From the source's row to SHOW's. */
struct projection {
    struct session *session;
    const struct show_list *list;
    const struct virtual_table *source;
    struct value *values;
    enum status (*emit)(void *to, const struct value *values);
    void *to;
};

static bool is_like(const struct ast_show *show, const struct value *value) {
    uint8_t memory[VALUE_TEXT_BYTES_MAX];
    if (!show->has_like) return true;
    if (value_is_null(value)) return false;
    struct slice text =
        value->kind == VALUE_STRING ? value_slice(value) : value_text(value, memory);
    return collation_like(COLLATION_UTF8MB3_GENERAL_CI, text, show->like, '\\');
}

static bool is_wanted(const struct projection *projection, const struct value *values) {
    const struct session *session = projection->session;
    uint32_t flags = projection->list->flags;
    uint32_t schema = projection->list->kind == AST_SHOW_TRIGGERS ? 5 : 1;
    bool is_placed = (flags & (SHOW_IN_DATABASE | SHOW_IN_TABLE)) != 0;
    if (is_placed && !slice_equal_nocase(value_slice(&values[schema]), session->info_database))
        return false;
    if ((flags & SHOW_IN_TABLE) == 0) return true;
    struct slice name = value_slice(&values[2]);
    return catalog_is_virtual(session->info_database)
               ? slice_equal_nocase(name, session->info_table)
               : slice_equal(name, session->info_table);
}

/* SHOW PROCESSLIST without FULL shows the first 100 characters. */
static void cut_info(const struct ast_show *show, struct value *value) {
    bool cuts = show->kind == AST_SHOW_PROCESSLIST && !show->is_full;
    if (cuts && value->kind == VALUE_STRING)
        value->size = (uint32_t)charset_offset(CHARSET_UTF8MB4, value_slice(value), 100);
}

static enum status projection_emit(void *context, const struct value *values) {
    struct projection *projection = context;
    const struct show_list *list = projection->list;
    const struct ast_show *show = projection->session->show;
    if (!is_wanted(projection, values)) return STATUS_OK;
    for (uint32_t i = 0; i < list->column_count; i++)
        projection->values[i] = values[list->columns[i].source];
    cut_info(show, &projection->values[list->column_count - 1]);
    if (!is_like(show, &projection->values[0])) return STATUS_OK;
    return projection->emit(projection->to, projection->values);
}

static enum status projection_rows(struct projection *projection) {
    struct session *session = projection->session;
    const struct show_list *list = projection->list;
    projection->source = info_schema_find(
        session->server->info, slice_of_text(list->source_database), slice_of_text(list->source));
    CHECK(projection->source != NULL);
    projection->values = arena_array(&session->statement_arena, struct value, list->column_count);
    return projection->source->rows(projection->source, session, projection_emit, projection);
}

/* ---- columns ---- */

static struct slice column_name(struct session *session, const struct show_list *list,
                                uint32_t place) {
    struct arena *arena = &session->statement_arena;
    const struct ast_show *show = session->show;
    if (place != 0 || (list->flags & SHOW_NAMES_DATABASE) == 0)
        return slice_of_text(list->columns[place].name);
    struct buffer name = buffer_of(arena);
    buffer_append(&name, slice_of_text(list->columns[0].name));
    buffer_append(&name, session->info_database);
    if (show->has_like) {
        buffer_append(&name, SLICE_LITERAL(" ("));
        buffer_append(&name, show->like);
        buffer_append_byte(&name, ')');
    }
    return buffer_slice(&name);
}

static struct table_definition *definition_of(struct session *session,
                                              const struct show_list *list) {
    struct arena *arena = &session->statement_arena;
    const struct table_definition *source =
        info_schema_find(session->server->info, slice_of_text(list->source_database),
                         slice_of_text(list->source))
            ->definition;
    struct table_definition *definition = arena_new(arena, struct table_definition);
    struct column_definition *columns =
        arena_array(arena, struct column_definition, list->column_count);
    for (uint32_t i = 0; i < list->column_count; i++) {
        columns[i] = source->columns[list->columns[i].source];
        columns[i].name = column_name(session, list, i);
    }
    *definition = *source;
    definition->database = SHOW_DATABASE;
    definition->name = SLICE_LITERAL("rows");
    definition->columns = columns;
    definition->column_count = (uint16_t)list->column_count;
    return definition;
}

struct result_column show_result_column(const struct table_definition *definition, uint32_t place) {
    const struct column_definition *column = &definition->columns[place];
    return (struct result_column){.schema = definition->database,
                                  .table = definition->name,
                                  .original_table = definition->name,
                                  .name = column->name,
                                  .original_name = column->name,
                                  .type = column->type};
}

static enum status send_row(void *context, const struct value *values) {
    struct projection *projection = context;
    return answer_row(projection->session, values, projection->list->column_count);
}

static enum status run_plain(struct session *session, const struct show_list *list) {
    struct projection projection = {.session = session, .list = list, .emit = send_row};
    struct table_definition *definition = definition_of(session, list);
    struct result_column *columns =
        arena_array(&session->statement_arena, struct result_column, list->column_count);
    definition->database = slice_of_text(list->source_database);
    definition->name = slice_of_text(list->source);
    projection.to = &projection;
    for (uint32_t i = 0; i < list->column_count; i++)
        columns[i] = show_result_column(definition, i);
    answer_columns(session, columns, list->column_count);
    return projection_rows(&projection);
}

/* ---- WHERE ---- */

struct show_virtual {
    struct virtual_table base;
    const struct show_list *list;
};

static enum status virtual_rows(const struct virtual_table *base, void *context,
                                enum status (*emit)(void *to, const struct value *values),
                                void *to) {
    const struct show_virtual *table =
        CONTAINER_OF((struct virtual_table *)base, struct show_virtual, base);
    struct projection projection = {
        .session = context, .list = table->list, .emit = emit, .to = to};
    return projection_rows(&projection);
}

static enum status run_where(struct session *session, const struct show_list *list) {
    struct show_virtual table = {.list = list};
    struct buffer text = buffer_of(&session->statement_arena);
    table.base.definition = definition_of(session, list);
    table.base.rows = virtual_rows;
    buffer_append(&text, SLICE_LITERAL("SELECT * FROM `#show`.`rows` WHERE "));
    buffer_append(&text, session->show->where->source);
    const struct query query = {.text = buffer_slice(&text),
                                .parse_mode = session->settings.parse_mode};
    session->show_table = &table.base;
    enum status status = query_run(session, &query);
    session->show_table = NULL;
    return status;
}

/* ---- SHOW ---- */

static enum status check_table(struct session *session) {
    struct slice database = session->info_database, name = session->info_table;
    struct view view;
    bool is_there = info_schema_find(session->server->info, database, name) != NULL ||
                    schema_table(session->schema, database, name) != NULL ||
                    view_find(session, database, name, &view);
    struct arena *arena = &session->statement_arena;
    if (!is_there)
        return diagnostics_error(&session->diagnostics, ER_NO_SUCH_TABLE,
                                 arena_text(arena, database), arena_text(arena, name));
    if (catalog_is_virtual(database) || privilege_table(session, database, name) != 0)
        return STATUS_OK;
    return privilege_check_table(session, PRIVILEGE(SELECT), database, name);
}

static enum status check_place(struct session *session, const struct show_list *list) {
    const struct ast_show *show = session->show;
    struct slice named = show->name.schema.size > 0 ? show->name.schema : show->schema;
    if (show->schema.size > 0) named = show->schema;
    if ((list->flags & (SHOW_IN_DATABASE | SHOW_IN_TABLE)) == 0) return STATUS_OK;
    enum status status = catalog_database(session, named, &session->info_database);
    if (status != STATUS_OK) return status;
    struct slice database = session->info_database;
    if (!catalog_is_virtual(database) && !schema_has_database(session->schema, database))
        return diagnostics_error(&session->diagnostics, ER_BAD_DB_ERROR,
                                 arena_text(&session->statement_arena, database));
    if ((list->flags & SHOW_IN_TABLE) == 0) {
        if (privilege_any_in_database(session, database)) return STATUS_OK;
        return privilege_check_database(session, PRIVILEGES_ALL, database);
    }
    session->info_table = show->name.object;
    return check_table(session);
}

enum status show_list_run(struct session *session, const struct ast_show *show,
                          const struct show_list *list) {
    session->show = show;
    enum status status = check_place(session, list);
    if (status == STATUS_OK)
        status = show->where != NULL ? run_where(session, list) : run_plain(session, list);
    session->show = NULL;
    session->info_database = session->info_table = SLICE_EMPTY;
    return status;
}

enum status describe_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_describe *describe = statement->describe;
    const struct ast_show show = {.kind = AST_SHOW_COLUMNS,
                                  .is_full = describe->is_full,
                                  .name = describe->table,
                                  .has_like = describe->has_like,
                                  .like = describe->like};
    return show_list_run(session, &show, show_list_of(&show));
}

/* ---- COM_FIELD_LIST ---- */

void session_field_list(struct session *session, struct slice table, struct slice wildcard,
                        struct result_sink *sink) {
    session->sink = charset_sink_for(session, sink);
    statement_begin(session, table, SESSION_QUERY);
    const struct ast_name name = {.object = table};
    const struct table *base;
    const struct virtual_table *virtual_table =
        info_schema_find(session->server->info, session_database(session), table);
    const struct table_definition *definition =
        virtual_table != NULL ? virtual_table->definition : NULL;
    enum status status = STATUS_OK;
    struct view view;
    if (definition == NULL && view_find(session, session_database(session), table, &view))
        definition = view_definition(session, session_database(session), table);
    if (definition == NULL) {
        status = catalog_table(session, &name, &base);
        if (status == STATUS_OK) definition = base->definition;
    }
    if (status == STATUS_OK)
        status = privilege_check_table(session, PRIVILEGE(SELECT), definition->database, table);
    if (status == STATUS_OK) {
        uint32_t all = definition->index_count > 0 ? table_visible_column_count(definition)
                                                   : definition->column_count;
        uint32_t count = 0;
        struct result_column *columns =
            arena_array(&session->statement_arena, struct result_column, all);
        for (uint32_t i = 0; i < all; i++) {
            struct slice column = definition->columns[i].name;
            bool is_wanted = wildcard.size == 0 ||
                             collation_like(COLLATION_UTF8MB3_GENERAL_CI, column, wildcard, '\\');
            if (is_wanted) columns[count++] = show_result_column(definition, i);
        }
        answer_columns(session, columns, count);
    }
    answer_send(session, status);
    statement_end(session);
    session->sink = NULL;
}
