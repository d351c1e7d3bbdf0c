/* ddl_table.c: CREATE TABLE: from the tree to a definition that meta makes public.
 *
 *   columns -> keys of columns -> keys of the list -> options -> the whole is checked -> meta
 *
 * What MySQL would accept and we cannot do answers 1235. Options that tune what does not exist here (ROW_FORMAT, STATS_.., MAX_ROWS)
 * are accepted: any value of theirs is true; docs/MYSQL.md lists them.
 */
#include "sql/ddl.h"
#include "sql/privilege.h"

#define TABLE_COMMENT_CHARS_MAX 2048

const char *ddl_text(const struct ddl_table *table, struct slice text) {
    return arena_text(table->arena, text);
}

void ddl_table_open(struct ddl_table *table, struct session *session, struct slice database,
                    struct slice name) {
    *table = (struct ddl_table){.session = session,
                                .arena = &session->statement_arena,
                                .diagnostics = &session->diagnostics};
    table->definition.database = arena_copy(table->arena, database);
    table->definition.name = arena_copy(table->arena, name);
    table->definition.collation_weights_version = COLLATION_WEIGHTS_VERSION;
    table->definition.created_epoch_s = (uint64_t)session->server->wall_us / 1000000;
}

void ddl_table_of(struct ddl_table *table, struct session *session,
                  const struct table_definition *definition) {
    uint32_t columns = table_visible_column_count(definition);
    uint32_t indexes = definition->index_count - 1u;
    *table = (struct ddl_table){.session = session,
                                .arena = &session->statement_arena,
                                .diagnostics = &session->diagnostics,
                                .definition = *definition};
    table->columns = arena_array(table->arena, struct column_definition, columns + 1);
    table->indexes = arena_array(table->arena, struct index_definition, indexes + 1);
    memcpy(table->columns, definition->columns, columns * sizeof *table->columns);
    if (indexes > 0)
        memcpy(table->indexes, definition->indexes + 1, indexes * sizeof *table->indexes);
    table->column_count = table->column_capacity = columns;
    table->index_count = table->index_capacity = indexes;
    if (table_row_id_column(definition) < 0) table->primary = definition->indexes[0];
}

int32_t ddl_table_find(const struct ddl_table *table, struct slice column) {
    for (uint32_t i = 0; i < table->column_count; i++)
        if (slice_equal_nocase(table->columns[i].name, column)) return (int32_t)i;
    return -1;
}

/* ---- options ---- */

static bool is_engine_of(struct slice name, const char *const *engines, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (slice_equal_nocase(name, slice_of_text(engines[i]))) return true;
    return false;
}

/* MyISAM and MEMORY are engines that every MySQL has, so applications ask for them in any sql_mode: they get this one and
 * warning 1266. Other engines are substituted as sql_mode says. */
static enum status option_engine(struct ddl_table *table, struct slice name) {
    static const char *const accepted[] = {"InnoDB", "ndbcluster", "NDB", "Tessera"};
    static const char *const replaced[] = {"MyISAM", "MEMORY", "HEAP"};
    if (is_engine_of(name, accepted, ARRAY_COUNT(accepted))) return STATUS_OK;
    const char *text = ddl_text(table, name);
    bool is_known = is_engine_of(name, replaced, ARRAY_COUNT(replaced));
    if (!is_known && (table->session->settings.sql_mode & SQL_MODE_NO_ENGINE_SUBSTITUTION) != 0)
        return diagnostics_error(table->diagnostics, ER_UNKNOWN_STORAGE_ENGINE, text);
    if (!is_known)
        diagnostics_warn(table->diagnostics, CONDITION_WARNING, ER_UNKNOWN_STORAGE_ENGINE, text);
    diagnostics_warn(table->diagnostics, CONDITION_WARNING, ER_WARN_USING_OTHER_HANDLER, "InnoDB",
                     ddl_text(table, table->definition.name));
    return STATUS_OK;
}

static enum status option_collation(struct ddl_table *table, const struct ast_option *option) {
    struct ast_options one = {.items = (struct ast_option *)option, .count = 1};
    return ddl_database_collation(table->session, &one, &table->definition.collation);
}

enum status ddl_table_option(struct ddl_table *table, const struct ast_option *option) {
    struct table_definition *definition = &table->definition;
    switch (option->kind) {
    case AST_OPTION_ENGINE: return option_engine(table, option->value);
    case AST_OPTION_AUTO_INCREMENT: definition->auto_increment = option->number; return STATUS_OK;
    case AST_OPTION_CHARSET:
    case AST_OPTION_COLLATE: return option_collation(table, option);
    case AST_OPTION_COMMENT:
        if (charset_length(CHARSET_UTF8MB4, option->value) > TABLE_COMMENT_CHARS_MAX)
            return diagnostics_error(table->diagnostics, ER_TOO_LONG_TABLE_COMMENT,
                                     ddl_text(table, definition->name),
                                     (unsigned long)TABLE_COMMENT_CHARS_MAX);
        definition->comment = arena_copy(table->arena, option->value);
        return STATUS_OK;
    case AST_OPTION_ROW_FORMAT:
    case AST_OPTION_MAX_ROWS:
    case AST_OPTION_MIN_ROWS:
    case AST_OPTION_AVG_ROW_LENGTH:
    case AST_OPTION_CHECKSUM:
    case AST_OPTION_DELAY_KEY_WRITE:
    case AST_OPTION_KEY_BLOCK_SIZE:
    case AST_OPTION_PACK_KEYS:
    case AST_OPTION_STATS_AUTO_RECALC:
    case AST_OPTION_STATS_PERSISTENT:
    case AST_OPTION_STATS_SAMPLE_PAGES: return STATUS_OK;
    case AST_OPTION_COMPRESSION:
    case AST_OPTION_CONNECTION:
    case AST_OPTION_DATA_DIRECTORY:
    case AST_OPTION_INDEX_DIRECTORY:
    case AST_OPTION_ENCRYPTION:
    case AST_OPTION_INSERT_METHOD:
    case AST_OPTION_PASSWORD:
    case AST_OPTION_TABLESPACE:
    case AST_OPTION_STORAGE:
    case AST_OPTION_UNION:
    case AST_OPTION_ENGINE_ATTRIBUTE:
    case AST_OPTION_SECONDARY_ENGINE:
    case AST_OPTION_SECONDARY_ENGINE_ATTRIBUTE:
    case AST_OPTION_AUTOEXTEND_SIZE:
    case AST_OPTION_START_TRANSACTION:
    case AST_OPTION_READ_ONLY:
    case AST_OPTION_NODEGROUP:
        return diagnostics_unsupported(table->diagnostics, "this table option");
    }
    UNREACHABLE();
}

/* ---- the whole ---- */

static bool leads_a_key(const struct ddl_table *table, uint32_t column) {
    if (table->primary.part_count > 0 && table->primary.parts[0].column == column) return true;
    for (uint32_t i = 0; i < table->index_count; i++)
        if (table->indexes[i].parts[0].column == column) return true;
    return false;
}

static enum status check_auto_increment(struct ddl_table *table) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < table->column_count; i++) {
        if ((table->columns[i].options & COLUMN_AUTO_INCREMENT) == 0) continue;
        if (++count > 1 || !leads_a_key(table, i))
            return diagnostics_error(table->diagnostics, ER_WRONG_AUTO_KEY);
    }
    return STATUS_OK;
}

/* Place among the keys: unique ones without NULL, unique ones, others. */
static int key_rank(const struct ddl_table *table, const struct index_definition *index) {
    if (index->kind != INDEX_UNIQUE) return 2;
    for (uint32_t i = 0; i < index->part_count; i++)
        if (column_type_is_nullable(&table->columns[index->parts[i].column].type)) return 1;
    return 0;
}

/* In MySQL's order, stable within a rank; a key that exists keeps its id wherever it stands. */
static struct index_definition *sorted_indexes(const struct ddl_table *table) {
    struct index_definition *sorted =
        arena_array(table->arena, struct index_definition, table->index_count + 1);
    uint32_t at = 1;
    for (int rank = 0; rank <= 2; rank++)
        for (uint32_t i = 0; i < table->index_count; i++)
            if (key_rank(table, &table->indexes[i]) == rank) sorted[at++] = table->indexes[i];
    CHECK(at == table->index_count + 1);
    return sorted;
}

enum status ddl_table_finish(struct ddl_table *table, struct table_definition **definition_out) {
    if (table->column_count == 0)
        return diagnostics_error(table->diagnostics, ER_TABLE_MUST_HAVE_COLUMNS);
    enum status status = check_auto_increment(table);
    if (status == STATUS_OK) status = ddl_defaults_check(table, NULL);
    if (status != STATUS_OK) return status;
    struct table_definition *definition = arena_new(table->arena, struct table_definition);
    struct index_definition *indexes = sorted_indexes(table);
    bool has_primary = table->primary.part_count > 0;
    if (!has_primary && table->session->settings.require_primary_key)
        return diagnostics_error_text(
            table->diagnostics, ER_REQUIRES_PRIMARY_KEY,
            "Unable to create or change a table without a primary key, when the system variable "
            "'sql_require_primary_key' is set");
    *definition = table->definition;
    definition->columns = table->columns;
    definition->column_count = (uint16_t)table->column_count;
    indexes[0] = table->primary;
    definition->indexes = has_primary ? indexes : indexes + 1;
    definition->index_count = (uint16_t)(table->index_count + (has_primary ? 1u : 0u));
    if (has_primary)
        definition->partition_part_count = table->primary.part_count;
    else
        table_add_row_id(definition, table->arena);
    if (table_check(definition) != STATUS_OK)
        return diagnostics_unsupported(table->diagnostics, "a table definition like this");
    *definition_out = definition;
    return STATUS_OK;
}

/* ---- sending ---- */

enum status ddl_name(struct session *session, const struct ast_name *name, uint64_t privileges,
                     struct slice *database_out) {
    enum status status = catalog_database(session, name->schema, database_out);
    if (status != STATUS_OK) return status;
    if (catalog_is_virtual(*database_out))
        return privilege_check_database(session, PRIVILEGES_ALL, *database_out);
    return privilege_check_table(session, privileges, *database_out, name->object);
}

enum status ddl_refused(struct session *session, enum status status) {
    if (status == STATUS_UNAVAILABLE)
        return diagnostics_error_text(
            &session->diagnostics, ER_LOCK_WAIT_TIMEOUT,
            "The dictionary cannot be changed at the moment; try restarting transaction");
    if (status == STATUS_UNSUPPORTED)
        return diagnostics_unsupported(&session->diagnostics, "this change of a table with rows");
    return diagnostics_status(&session->diagnostics, status);
}

enum status ddl_send(struct session *session, struct ddl_change *change) {
    change->based_on = schema_version(session->schema);
    change->held = session->schema;
    session->schema = NULL;
    enum status status = cluster_ddl(session_cluster(session), session->waiter, change);
    session->schema = schema_hold(session_cluster(session));
    return status;
}

/* ---- CREATE TABLE ---- */

static const char *missing_of(const struct ast_create_table *create) {
    if (create->is_temporary) return "CREATE TEMPORARY TABLE";
    if (create->partitioning != NULL) return "PARTITION BY";
    if (create->elements.checks.count > 0) return "CHECK";
    return NULL;
}

static enum status add_elements(struct ddl_table *table, const struct ast_create_table *create) {
    const struct ast_table_elements *elements = &create->elements;
    enum status status = STATUS_OK;
    if (create->query != NULL) status = ddl_select_columns(table, create);
    for (uint32_t i = 0; i < elements->columns.count && status == STATUS_OK; i++)
        if (create->query == NULL) status = ddl_column_add(table, elements->columns.items[i]);
    for (uint32_t i = 0; i < elements->columns.count && status == STATUS_OK; i++)
        status = ddl_column_keys(table, elements->columns.items[i]);
    for (uint32_t i = 0; i < elements->keys.count && status == STATUS_OK; i++)
        status = ddl_index_add(table, elements->keys.items[i]);
    return status;
}

static enum status create_definition(struct ddl_table *table,
                                     const struct ast_create_table *create) {
    const char *missing = missing_of(create);
    if (missing != NULL) return diagnostics_unsupported(table->diagnostics, missing);
    const struct ast_options none = {0};
    enum status status =
        ddl_database_collation(table->session, &none, &table->definition.collation);
    for (uint32_t i = 0; i < create->options.count && status == STATUS_OK; i++)
        status = ddl_table_option(table, &create->options.items[i]);
    return status == STATUS_OK ? add_elements(table, create) : status;
}

/* LIKE: the same columns and keys under new ids. */
static enum status copy_definition(struct ddl_table *table, const struct ast_create_table *create) {
    const struct table *like;
    struct slice database = table->definition.database, name = table->definition.name;
    enum status status = catalog_table(table->session, &create->like, &like);
    if (status != STATUS_OK) return status;
    status = privilege_check_table(table->session, PRIVILEGE(SELECT), like->definition->database,
                                   like->definition->name);
    if (status != STATUS_OK) return status;
    ddl_table_of(table, table->session, like->definition);
    table->definition.database = database;
    table->definition.name = name;
    table->definition.id = table->definition.schema_version = 0;
    table->definition.auto_increment = table->definition.born_version = 0;
    table->definition.options = 0;
    for (uint32_t i = 0; i < table->column_count; i++)
        table->columns[i].absent_value = value_null();
    for (uint32_t i = 0; i < table->index_count; i++)
        table->indexes[i].id = 0, table->indexes[i].hidden_table_id = 0;
    return STATUS_OK;
}

static enum status table_exists(struct session *session, const struct ast_create_table *create) {
    const char *name = arena_text(&session->statement_arena, create->table.object);
    if (!create->if_not_exists)
        return diagnostics_error(&session->diagnostics, ER_TABLE_EXISTS_ERROR, name);
    diagnostics_warn(&session->diagnostics, CONDITION_NOTE, ER_TABLE_EXISTS_ERROR, name);
    return STATUS_OK;
}

static enum status check_table_name(struct session *session, struct slice name) {
    const char *text = arena_text(&session->statement_arena, name);
    if (name.size == 0 || name.data[name.size - 1] == ' ')
        return diagnostics_error(&session->diagnostics, ER_WRONG_TABLE_NAME, text);
    if (charset_length(CHARSET_UTF8MB4, name) > IDENTIFIER_CHARS_MAX)
        return diagnostics_error(&session->diagnostics, ER_TOO_LONG_IDENT, text);
    return STATUS_OK;
}

enum status ddl_create_table_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_create_table *create = statement->create_table;
    struct ddl_table table;
    struct table_definition *definition;
    struct slice database, ignored;
    uint64_t privileges = PRIVILEGE(CREATE) | (create->query != NULL ? PRIVILEGE(INSERT) : 0);
    enum status status = ddl_name(session, &create->table, privileges, &database);
    if (status == STATUS_OK) status = check_table_name(session, create->table.object);
    if (status != STATUS_OK) return status;
    if (!schema_has_database(session->schema, database))
        return diagnostics_error(&session->diagnostics, ER_BAD_DB_ERROR,
                                 arena_text(&session->statement_arena, database));
    bool is_there = schema_table(session->schema, database, create->table.object) != NULL ||
                    catalog_view(session, database, create->table.object, &ignored);
    if (is_there) return table_exists(session, create);
    ddl_table_open(&table, session, database, create->table.object);
    status = create->is_like ? copy_definition(&table, create) : create_definition(&table, create);
    if (status == STATUS_OK) status = ddl_table_finish(&table, &definition);
    if (status != STATUS_OK) return status;
    struct ddl_change change = {.kind = DDL_CREATE_TABLE,
                                .database = definition->database,
                                .name = definition->name,
                                .definition = definition};
    status = ddl_send(session, &change);
    if (status == STATUS_DUPLICATE) return table_exists(session, create);
    if (status != STATUS_OK) return ddl_refused(session, status);
    return create->query == NULL ? STATUS_OK : ddl_select_rows(&table, create);
}
