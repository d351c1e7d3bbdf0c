/* ddl_alter.c: ALTER TABLE, CREATE INDEX, DROP INDEX.
 *
 *   the definition that is --(each action of the list)--> the one that is wanted --> meta, online --> RENAME TO, if asked
 *
 * Rows stay as they are: meta refuses what would need them rewritten (UNSUPPORTED, told as 1235). A new column comes last, and old
 * rows read as its default of now (absent_value), which never changes later. See NOTES: Schema changes.
 */
#include "row/convert.h"
#include "row/temporal.h"
#include "sql/ddl.h"
#include "sql/privilege.h"

struct alter {
    struct ddl_table table;
    const struct table *old;
    const struct ast_name *rename_to; /* NULL: it keeps its name */
    bool is_changed;
};

static enum status unsupported(struct alter *alter, const char *what) {
    return diagnostics_unsupported(alter->table.diagnostics, what);
}

static enum status no_such(struct alter *alter, struct slice name) {
    return diagnostics_error(alter->table.diagnostics, ER_CANT_DROP_FIELD_OR_KEY,
                             ddl_text(&alter->table, name));
}

static enum status no_column(struct alter *alter, struct slice name) {
    return diagnostics_error(alter->table.diagnostics, ER_BAD_FIELD_ERROR,
                             ddl_text(&alter->table, name),
                             ddl_text(&alter->table, alter->table.definition.name));
}

/* ---- columns ---- */

/* What rows that were there before the column read as. */
static enum status fill_absent(struct alter *alter, struct column_definition *column) {
    struct session *session = alter->table.session;
    switch ((enum default_kind)column->default_kind) {
    case DEFAULT_VALUE: column->absent_value = column->default_value; return STATUS_OK;
    case DEFAULT_NONE: column->absent_value = column_type_zero(&column->type); return STATUS_OK;
    case DEFAULT_EXPRESSION: return unsupported(alter, "ADD COLUMN with an expression as DEFAULT");
    case DEFAULT_NOW: break;
    }
    int64_t packed;
    int64_t local = time_zone_from_utc(session->settings.zone, session->now_us);
    if (column->type.kind == COLUMN_TIMESTAMP) {
        int64_t unit = 1000000;
        for (uint32_t i = 0; i < column->type.scale; i++) unit /= 10;
        column->absent_value = value_of_temporal(
            VALUE_TIMESTAMP, session->now_us - session->now_us % unit, column->type.scale);
        return STATUS_OK;
    }
    enum status status = temporal_from_epoch_us(local, &packed);
    CHECK(status == STATUS_OK);
    status =
        temporal_round_date_time(packed, column->type.scale, TEMPORAL_TRUNCATE_FRACTION, &packed);
    CHECK(status == STATUS_OK);
    column->absent_value = value_of_temporal(VALUE_DATETIME, packed, column->type.scale);
    return STATUS_OK;
}

static bool is_last_place(const struct alter *alter, const struct ast_alter *action) {
    const struct ddl_table *table = &alter->table;
    if (action->is_first) return false;
    if (action->after.size == 0) return true;
    return ddl_table_find(table, action->after) == (int32_t)table->column_count - 1;
}

static enum status add_column(struct alter *alter, const struct ast_alter *action) {
    struct ddl_table *table = &alter->table;
    if (!is_last_place(alter, action)) return unsupported(alter, "ADD COLUMN .. FIRST or AFTER");
    if (table->primary.part_count == 0)
        return unsupported(alter, "ADD COLUMN to a table without a primary key");
    if (action->column->is_auto_increment)
        return unsupported(alter, "ADD COLUMN .. AUTO_INCREMENT");
    enum status status = ddl_column_add(table, action->column);
    if (status == STATUS_OK) status = fill_absent(alter, &table->columns[table->column_count - 1]);
    if (status == STATUS_OK) status = ddl_column_keys(table, action->column);
    return status;
}

static bool keeps_place(const struct alter *alter, const struct ast_alter *action, int32_t place) {
    if (action->is_first) return place == 0;
    if (action->after.size == 0) return true;
    return ddl_table_find(&alter->table, action->after) == place - 1;
}

/* MODIFY and CHANGE: meta says whether stored rows read the same under the new type. */
static enum status change_column(struct alter *alter, const struct ast_alter *action) {
    struct ddl_table *table = &alter->table;
    struct slice name =
        action->kind == AST_ALTER_CHANGE_COLUMN ? action->name : action->column->name;
    int32_t place = ddl_table_find(table, name);
    struct column_definition made;
    if (place < 0) return no_column(alter, name);
    if (!keeps_place(alter, action, place)) return unsupported(alter, "moving a column");
    int32_t other = ddl_table_find(table, action->column->name);
    if (other >= 0 && other != place)
        return diagnostics_error(table->diagnostics, ER_DUP_FIELDNAME,
                                 ddl_text(table, action->column->name));
    enum status status = ddl_column_make(table, action->column, &made);
    if (status != STATUS_OK) return status;
    made.absent_value = table->columns[place].absent_value;
    for (uint32_t i = 0; i < table->primary.part_count; i++)
        if (table->primary.parts[i].column == place && column_type_is_nullable(&made.type)) {
            made.type.flags |= COLUMN_NOT_NULL;
            if (made.default_kind == DEFAULT_VALUE && value_is_null(&made.default_value))
                made.default_kind = DEFAULT_NONE;
        }
    table->columns[place] = made;
    return ddl_column_keys(table, action->column);
}

static enum status rename_column(struct alter *alter, const struct ast_alter *action) {
    struct ddl_table *table = &alter->table;
    int32_t place = ddl_table_find(table, action->name);
    int32_t other = ddl_table_find(table, action->new_name);
    if (place < 0) return no_column(alter, action->name);
    if (other >= 0 && other != place)
        return diagnostics_error(table->diagnostics, ER_DUP_FIELDNAME,
                                 ddl_text(table, action->new_name));
    table->columns[place].name = action->new_name;
    return STATUS_OK;
}

static enum status change_default(struct alter *alter, const struct ast_alter *action) {
    struct ddl_table *table = &alter->table;
    int32_t place = ddl_table_find(table, action->name);
    if (place < 0) return no_column(alter, action->name);
    struct column_definition *column = &table->columns[place];
    if (action->kind == AST_ALTER_SET_DEFAULT)
        return ddl_column_default(table, action->default_value, column);
    column->default_kind = DEFAULT_NONE;
    column->default_value = value_null();
    return STATUS_OK;
}

static enum status show_column(struct alter *alter, const struct ast_alter *action) {
    int32_t place = ddl_table_find(&alter->table, action->name);
    if (place < 0) return no_column(alter, action->name);
    struct column_definition *column = &alter->table.columns[place];
    column->options &= (uint8_t)~COLUMN_INVISIBLE;
    if (action->flag == AST_NO) column->options |= COLUMN_INVISIBLE;
    return STATUS_OK;
}

/* ---- keys ---- */

static int32_t find_index(const struct alter *alter, struct slice name) {
    const struct ddl_table *table = &alter->table;
    for (uint32_t i = 0; i < table->index_count; i++)
        if (slice_equal_nocase(table->indexes[i].name, name)) return (int32_t)i;
    return -1;
}

static enum status drop_index(struct alter *alter, struct slice name) {
    struct ddl_table *table = &alter->table;
    int32_t place = find_index(alter, name);
    if (slice_equal_nocase(name, SLICE_LITERAL("PRIMARY")))
        return table->primary.part_count > 0 ? unsupported(alter, "DROP PRIMARY KEY")
                                             : no_such(alter, name);
    if (place < 0) return no_such(alter, name);
    for (uint32_t i = (uint32_t)place + 1; i < table->index_count; i++)
        table->indexes[i - 1] = table->indexes[i];
    table->index_count--;
    return STATUS_OK;
}

static enum status add_index(struct alter *alter, const struct ast_key *key) {
    struct ddl_table *table = &alter->table;
    bool is_primary = key->kind == AST_KEY_PRIMARY;
    if (is_primary && table->primary.part_count == 0) return unsupported(alter, "ADD PRIMARY KEY");
    return ddl_index_add(table, key);
}

static enum status change_index(struct alter *alter, const struct ast_alter *action) {
    struct ddl_table *table = &alter->table;
    int32_t place = find_index(alter, action->name);
    if (place < 0)
        return diagnostics_error(table->diagnostics, ER_KEY_DOES_NOT_EXITS,
                                 ddl_text(table, action->name),
                                 ddl_text(table, table->definition.name));
    if (action->kind == AST_ALTER_KEY_VISIBLE) {
        table->indexes[place].is_invisible = action->flag == AST_NO;
        return STATUS_OK;
    }
    int32_t other = find_index(alter, action->new_name);
    if (other >= 0 && other != place)
        return diagnostics_error(table->diagnostics, ER_DUP_KEYNAME,
                                 ddl_text(table, action->new_name));
    table->indexes[place].name = action->new_name;
    return STATUS_OK;
}

/* ---- actions ---- */

static enum status convert_charset(struct alter *alter, const struct ast_alter *action) {
    struct ast_option options[2] = {{.kind = AST_OPTION_CHARSET, .value = action->charset},
                                    {.kind = AST_OPTION_COLLATE, .value = action->collation}};
    struct ast_options list = {.items = options, .count = action->collation.size > 0 ? 2 : 1};
    uint16_t collation = alter->table.definition.collation;
    enum status status = ddl_database_collation(alter->table.session, &list, &collation);
    if (status != STATUS_OK) return status;
    for (uint32_t i = 0; i < alter->table.column_count; i++) {
        const struct column_type *type = &alter->table.columns[i].type;
        bool is_text = column_kind_is_text(type->kind) || type->kind == COLUMN_ENUM ||
                       type->kind == COLUMN_SET;
        if (is_text && type->collation != collation)
            return unsupported(alter, "CONVERT TO CHARACTER SET of columns with data");
    }
    alter->table.definition.collation = collation;
    return STATUS_OK;
}

static enum status alter_apply(struct alter *alter, const struct ast_alter *action) {
    switch (action->kind) {
    case AST_ALTER_ADD_COLUMN: return add_column(alter, action);
    case AST_ALTER_MODIFY_COLUMN:
    case AST_ALTER_CHANGE_COLUMN: return change_column(alter, action);
    case AST_ALTER_RENAME_COLUMN: return rename_column(alter, action);
    case AST_ALTER_SET_DEFAULT:
    case AST_ALTER_DROP_DEFAULT: return change_default(alter, action);
    case AST_ALTER_SET_VISIBLE: return show_column(alter, action);
    case AST_ALTER_ADD_KEY: return add_index(alter, action->key);
    case AST_ALTER_DROP_KEY: return drop_index(alter, action->name);
    case AST_ALTER_DROP_PRIMARY: return drop_index(alter, SLICE_LITERAL("PRIMARY"));
    case AST_ALTER_RENAME_KEY:
    case AST_ALTER_KEY_VISIBLE: return change_index(alter, action);
    case AST_ALTER_RENAME_TABLE: alter->rename_to = &action->table; return STATUS_OK;
    case AST_ALTER_OPTION: return ddl_table_option(&alter->table, &action->option);
    case AST_ALTER_CONVERT_CHARSET: return convert_charset(alter, action);
    case AST_ALTER_FORCE: /* nothing is out of order that a rebuild would put right */
    case AST_ALTER_ENABLE_KEYS:
    case AST_ALTER_DISABLE_KEYS: return STATUS_OK; /* as InnoDB: dumps write it around their rows */
    case AST_ALTER_DROP_COLUMN: return unsupported(alter, "DROP COLUMN");
    case AST_ALTER_DROP_FOREIGN:
    case AST_ALTER_DROP_CHECK:
    case AST_ALTER_DROP_CONSTRAINT:
        return diagnostics_error(alter->table.diagnostics, ER_CONSTRAINT_NOT_FOUND,
                                 ddl_text(&alter->table, action->name));
    case AST_ALTER_ADD_CHECK:
    case AST_ALTER_CHECK_ENFORCED: return unsupported(alter, "CHECK");
    case AST_ALTER_ORDER_BY: return unsupported(alter, "ALTER TABLE .. ORDER BY");
    case AST_ALTER_DISCARD_TABLESPACE:
    case AST_ALTER_IMPORT_TABLESPACE: return unsupported(alter, "tablespaces");
    case AST_ALTER_PARTITION_BY:
    case AST_ALTER_REMOVE_PARTITIONING:
    case AST_ALTER_ADD_PARTITIONS:
    case AST_ALTER_DROP_PARTITIONS:
    case AST_ALTER_TRUNCATE_PARTITIONS:
    case AST_ALTER_COALESCE_PARTITION:
    case AST_ALTER_REORGANIZE_PARTITIONS:
    case AST_ALTER_EXCHANGE_PARTITION:
    case AST_ALTER_MAINTAIN_PARTITIONS: return unsupported(alter, "partitions by name");
    }
    UNREACHABLE();
}

/* ---- the statement ---- */

/* Every way is online and without a copy; a caller that insists on another one is told. */
static enum status check_way(struct session *session, struct slice algorithm) {
    bool is_copy = slice_equal_nocase(algorithm, SLICE_LITERAL("COPY"));
    return is_copy ? diagnostics_unsupported(&session->diagnostics, "ALGORITHM=COPY") : STATUS_OK;
}

static enum status alter_open(struct alter *alter, struct session *session,
                              const struct ast_name *name, uint64_t privileges) {
    struct slice database;
    *alter = (struct alter){0};
    enum status status = ddl_name(session, name, privileges, &database);
    if (status == STATUS_OK) status = catalog_table(session, name, &alter->old);
    if (status == STATUS_OK) ddl_table_of(&alter->table, session, alter->old->definition);
    return status;
}

/* Two definitions with the same bytes need no change. */
static bool is_same(const struct alter *alter, const struct table_definition *wanted) {
    struct buffer old = buffer_of(alter->table.arena), made = buffer_of(alter->table.arena);
    table_encode(alter->old->definition, &old);
    table_encode(wanted, &made);
    return slice_equal(buffer_slice(&old), buffer_slice(&made));
}

static enum status alter_send(struct alter *alter) {
    struct session *session = alter->table.session;
    struct table_definition *definition;
    enum status status = ddl_table_finish(&alter->table, &definition);
    if (status != STATUS_OK) return status;
    if (is_same(alter, definition)) return STATUS_OK;
    struct ddl_change change = {.kind = DDL_ALTER_TABLE,
                                .database = arena_copy(alter->table.arena, definition->database),
                                .name = arena_copy(alter->table.arena, definition->name),
                                .definition = definition};
    status = ddl_send(session, &change);
    if (status == STATUS_DUPLICATE)
        return diagnostics_error_text(&session->diagnostics, ER_DUP_ENTRY,
                                      "Duplicate entry for a new unique key of table '%.*s'",
                                      (int)change.name.size, (const char *)change.name.data);
    return status == STATUS_OK ? STATUS_OK : ddl_refused(session, status);
}

static enum status alter_rename(struct alter *alter, const struct ast_name *from) {
    struct session *session = alter->table.session;
    struct ast_rename rename = {.from = {.items = (struct ast_name *)from, .count = 1},
                                .to = {.items = (struct ast_name *)alter->rename_to, .count = 1}};
    const struct ast_statement statement = {.kind = AST_RENAME_TABLE, .rename = &rename};
    return ddl_rename_table_run(session, &statement);
}

enum status ddl_alter_table_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_alter_table *ast = statement->alter_table;
    struct alter alter;
    enum status status = alter_open(&alter, session, &ast->table, PRIVILEGE(ALTER));
    if (status == STATUS_OK) status = check_way(session, ast->algorithm);
    for (uint32_t i = 0; i < ast->actions.count && status == STATUS_OK; i++)
        status = alter_apply(&alter, &ast->actions.items[i]);
    if (status == STATUS_OK) status = alter_send(&alter);
    if (status == STATUS_OK && alter.rename_to != NULL) status = alter_rename(&alter, &ast->table);
    if (status == STATUS_OK)
        session->answer.info = SLICE_LITERAL("Records: 0  Duplicates: 0  Warnings: 0");
    return status;
}

enum status ddl_create_index_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_create_index *ast = statement->create_index;
    struct alter alter;
    enum status status = alter_open(&alter, session, &ast->table, PRIVILEGE(INDEX));
    if (status == STATUS_OK) status = check_way(session, ast->algorithm);
    if (status == STATUS_OK) status = add_index(&alter, ast->key);
    if (status == STATUS_OK) status = alter_send(&alter);
    if (status == STATUS_OK)
        session->answer.info = SLICE_LITERAL("Records: 0  Duplicates: 0  Warnings: 0");
    return status;
}

enum status ddl_drop_index_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_drop_index *ast = statement->drop_index;
    struct alter alter;
    enum status status = alter_open(&alter, session, &ast->table, PRIVILEGE(INDEX));
    if (status == STATUS_OK) status = check_way(session, ast->algorithm);
    if (status == STATUS_OK) status = drop_index(&alter, ast->name);
    if (status == STATUS_OK) status = alter_send(&alter);
    if (status == STATUS_OK)
        session->answer.info = SLICE_LITERAL("Records: 0  Duplicates: 0  Warnings: 0");
    return status;
}
