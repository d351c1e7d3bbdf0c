/* ddl_alter.c: ALTER TABLE, CREATE INDEX, DROP INDEX.
 *
 *   the definition that is --(each action of the list)--> the one that is wanted --+--> meta, online -----------------+--> RENAME TO
 *                                                                                  '--> meta, frozen --> rows copied --'
 *
 * Where rows can stay as they are they do: a new column comes last, and old rows read as its default of now (absent_value), which
 * never changes later. All else is ALTER by copy (See NOTES). Meta has the last word on whether rows can stay: UNSUPPORTED.
 *   (AL1) Actions are taken in MySQL's order, not in the text's: what goes, columns, keys, the rest.
 *   (AL2) A new unique key may fail on the rows. Alone it is made online; with other changes, which would stay, all is one copy. A
 *         key that failed online is tried by copy, which meets the row and can tell its value.
 *   (AL3) A definition that changed under us (OLD_SCHEMA) is looked at again from the start.
 */
#include "row/convert.h"
#include "row/temporal.h"
#include "sql/ddl.h"
#include "sql/privilege.h"

static enum status unsupported(struct ddl_alter *alter, const char *what) {
    return diagnostics_unsupported(alter->table.diagnostics, what);
}

static enum status no_such(struct ddl_alter *alter, struct slice name) {
    return diagnostics_error(alter->table.diagnostics, ER_CANT_DROP_FIELD_OR_KEY,
                             ddl_text(&alter->table, name));
}

static enum status no_column(struct ddl_alter *alter, struct slice name) {
    return diagnostics_error(alter->table.diagnostics, ER_BAD_FIELD_ERROR,
                             ddl_text(&alter->table, name),
                             ddl_text(&alter->table, alter->table.definition.name));
}

/* ---- columns ---- */

/* What rows that were there before the column read as. */
static void fill_absent(struct ddl_alter *alter, struct column_definition *column) {
    struct session *session = alter->table.session;
    switch ((enum default_kind)column->default_kind) {
    case DEFAULT_VALUE: column->absent_value = column->default_value; return;
    case DEFAULT_NONE: column->absent_value = column_type_zero(&column->type); return;
    case DEFAULT_EXPRESSION: UNREACHABLE(); /* by copy */
    case DEFAULT_NOW: break;
    }
    int64_t packed;
    int64_t local = time_zone_from_utc(session->settings.zone, session->now_us);
    if (column->type.kind == COLUMN_TIMESTAMP) {
        int64_t unit = 1000000;
        for (uint32_t i = 0; i < column->type.scale; i++) unit /= 10;
        column->absent_value = value_of_temporal(
            VALUE_TIMESTAMP, session->now_us - session->now_us % unit, column->type.scale);
        return;
    }
    enum status status = temporal_from_epoch_us(local, &packed);
    CHECK(status == STATUS_OK);
    status =
        temporal_round_date_time(packed, column->type.scale, TEMPORAL_TRUNCATE_FRACTION, &packed);
    CHECK(status == STATUS_OK);
    column->absent_value = value_of_temporal(VALUE_DATETIME, packed, column->type.scale);
}

/* Where FIRST and AFTER put a column that stands at `place`. */
static enum status wanted_place(struct ddl_alter *alter, const struct ast_alter *action,
                                uint32_t place, uint32_t *to_out) {
    *to_out = action->is_first ? 0 : place;
    if (action->is_first || action->after.size == 0) return STATUS_OK;
    int32_t after = ddl_table_find(&alter->table, action->after);
    if (after < 0 || (uint32_t)after == place) return no_column(alter, action->after);
    *to_out = (uint32_t)after < place ? (uint32_t)after + 1 : (uint32_t)after;
    return STATUS_OK;
}

static enum status add_column(struct ddl_alter *alter, const struct ast_alter *action) {
    struct ddl_table *table = &alter->table;
    uint32_t place = table->column_count, to;
    enum status status = ddl_column_add(table, action->column);
    if (status == STATUS_OK) status = wanted_place(alter, action, place, &to);
    if (status != STATUS_OK) return status;
    struct column_definition *column = &table->columns[place];
    bool is_counter = (column->options & COLUMN_AUTO_INCREMENT) != 0;
    bool is_instant = to == place && !is_counter && column->default_kind != DEFAULT_EXPRESSION &&
                      table_row_id_column(alter->old) < 0;
    alter->sources[place] = -1;
    if (is_instant)
        fill_absent(alter, column);
    else
        alter->needs_copy = true;
    ddl_place_move(alter, place, to);
    return STATUS_OK;
}

/* MODIFY and CHANGE: meta says whether stored rows read the same under the new type. */
static enum status change_column(struct ddl_alter *alter, const struct ast_alter *action) {
    struct ddl_table *table = &alter->table;
    struct slice name =
        action->kind == AST_ALTER_CHANGE_COLUMN ? action->name : action->column->name;
    int32_t place = ddl_table_find(table, name);
    struct column_definition made;
    uint32_t to;
    if (place < 0) return no_column(alter, name);
    int32_t other = ddl_table_find(table, action->column->name);
    if (other >= 0 && other != place)
        return diagnostics_error(table->diagnostics, ER_DUP_FIELDNAME,
                                 ddl_text(table, action->column->name));
    enum status status = wanted_place(alter, action, (uint32_t)place, &to);
    if (status == STATUS_OK) status = ddl_column_make(table, action->column, &made);
    if (status != STATUS_OK) return status;
    made.absent_value = table->columns[place].absent_value;
    for (uint32_t i = 0; i < table->primary.part_count; i++)
        if (table->primary.parts[i].column == place && column_type_is_nullable(&made.type)) {
            made.type.flags |= COLUMN_NOT_NULL;
            if (made.default_kind == DEFAULT_VALUE && value_is_null(&made.default_value))
                made.default_kind = DEFAULT_NONE;
        }
    bool is_counter = (made.options & COLUMN_AUTO_INCREMENT) != 0;
    bool was_counter = (table->columns[place].options & COLUMN_AUTO_INCREMENT) != 0;
    if (is_counter && !was_counter) alter->needs_copy = true; /* it begins above what is there */
    table->columns[place] = made;
    if (to == (uint32_t)place) return STATUS_OK;
    alter->needs_copy = true;
    ddl_place_move(alter, (uint32_t)place, to);
    return STATUS_OK;
}

static enum status drop_column(struct ddl_alter *alter, const struct ast_alter *action) {
    struct ddl_table *table = &alter->table;
    int32_t place = ddl_table_find(table, action->name);
    if (place < 0) return no_such(alter, action->name);
    alter->needs_copy = true;
    ddl_place_drop(alter, (uint32_t)place);
    return STATUS_OK;
}

static enum status rename_column(struct ddl_alter *alter, const struct ast_alter *action) {
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

static enum status change_default(struct ddl_alter *alter, const struct ast_alter *action) {
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

static enum status show_column(struct ddl_alter *alter, const struct ast_alter *action) {
    int32_t place = ddl_table_find(&alter->table, action->name);
    if (place < 0) return no_column(alter, action->name);
    struct column_definition *column = &alter->table.columns[place];
    column->options &= (uint8_t)~COLUMN_INVISIBLE;
    if (action->flag == AST_NO) column->options |= COLUMN_INVISIBLE;
    return STATUS_OK;
}

/* ---- keys ---- */

static int32_t find_index(const struct ddl_alter *alter, struct slice name) {
    const struct ddl_table *table = &alter->table;
    for (uint32_t i = 0; i < table->index_count; i++)
        if (slice_equal_nocase(table->indexes[i].name, name)) return (int32_t)i;
    return -1;
}

static enum status drop_primary(struct ddl_alter *alter) {
    if (alter->table.primary.part_count == 0) return no_such(alter, SLICE_LITERAL("PRIMARY"));
    alter->table.primary = (struct index_definition){0};
    alter->needs_copy = true;
    return STATUS_OK;
}

static enum status drop_index(struct ddl_alter *alter, struct slice name) {
    struct ddl_table *table = &alter->table;
    int32_t place = find_index(alter, name);
    if (slice_equal_nocase(name, SLICE_LITERAL("PRIMARY"))) return drop_primary(alter);
    if (place < 0) return no_such(alter, name);
    for (uint32_t i = (uint32_t)place + 1; i < table->index_count; i++)
        table->indexes[i - 1] = table->indexes[i];
    table->index_count--;
    return STATUS_OK;
}

static enum status add_index(struct ddl_alter *alter, const struct ast_key *key) {
    if (key->kind == AST_KEY_PRIMARY) alter->needs_copy = true;
    return ddl_index_add(&alter->table, key);
}

static enum status change_index(struct ddl_alter *alter, const struct ast_alter *action) {
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

static enum status convert_charset(struct ddl_alter *alter, const struct ast_alter *action) {
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
        if (is_text && type->collation != COLLATION_BINARY)
            alter->table.columns[i].type.collation = collation;
    }
    alter->table.definition.collation = collation;
    return STATUS_OK;
}

/* Rows have the order of the primary key, and none without one. */
static enum status ignore_order(struct ddl_alter *alter) {
    diagnostics_warn_text(alter->table.diagnostics, ER_UNKNOWN_ERROR,
                          "ORDER BY ignored as there is a user-defined clustered index in the "
                          "table '%s'",
                          ddl_text(&alter->table, alter->table.definition.name));
    return STATUS_OK;
}

static enum status alter_apply(struct ddl_alter *alter, const struct ast_alter *action) {
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
    case AST_ALTER_DROP_COLUMN: return drop_column(alter, action);
    case AST_ALTER_DROP_FOREIGN:
    case AST_ALTER_DROP_CHECK:
    case AST_ALTER_DROP_CONSTRAINT:
        return diagnostics_error(alter->table.diagnostics, ER_CONSTRAINT_NOT_FOUND,
                                 ddl_text(&alter->table, action->name));
    case AST_ALTER_ADD_CHECK:
    case AST_ALTER_CHECK_ENFORCED: return unsupported(alter, "CHECK");
    case AST_ALTER_ORDER_BY: return ignore_order(alter);
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

enum alter_way { WAY_DEFAULT, WAY_INSTANT, WAY_INPLACE, WAY_COPY };

/* ALGORITHM and LOCK, as asked for. */
struct alter_wish {
    enum alter_way way;
    bool wants_writers; /* LOCK = NONE */
};

static int32_t word_of(struct slice word, const char *const *words, uint32_t count) {
    if (word.size == 0) return 0;
    for (uint32_t i = 0; i < count; i++)
        if (slice_equal_nocase(word, slice_of_text(words[i]))) return (int32_t)i;
    return -1;
}

static enum status wish_of(struct session *session, struct slice algorithm, struct slice lock,
                           struct alter_wish *wish_out) {
    static const char *const ways[] = {"DEFAULT", "INSTANT", "INPLACE", "COPY"};
    static const char *const locks[] = {"DEFAULT", "NONE", "SHARED", "EXCLUSIVE"};
    int32_t way = word_of(algorithm, ways, ARRAY_COUNT(ways));
    int32_t kept = word_of(lock, locks, ARRAY_COUNT(locks));
    const char *text = arena_text(&session->statement_arena, way < 0 ? algorithm : lock);
    if (way < 0) return diagnostics_error(&session->diagnostics, ER_UNKNOWN_ALTER_ALGORITHM, text);
    if (kept < 0) return diagnostics_error(&session->diagnostics, ER_UNKNOWN_ALTER_LOCK, text);
    *wish_out = (struct alter_wish){(enum alter_way)way, kept == 1};
    if (way != WAY_COPY || kept != 1) return STATUS_OK;
    return diagnostics_error(&session->diagnostics, ER_ALTER_OPERATION_NOT_SUPPORTED_REASON,
                             "LOCK=NONE", "COPY algorithm requires a lock", "LOCK=SHARED");
}

/* Rows have to be copied: what was asked for may exclude that. */
static enum status check_copy(struct session *session, const struct alter_wish *wish) {
    bool is_refused = wish->way == WAY_INSTANT || wish->way == WAY_INPLACE;
    if (is_refused)
        return diagnostics_error(
            &session->diagnostics, ER_ALTER_OPERATION_NOT_SUPPORTED,
            wish->way == WAY_INSTANT ? "ALGORITHM=INSTANT" : "ALGORITHM=INPLACE", "ALGORITHM=COPY");
    if (!wish->wants_writers) return STATUS_OK;
    return diagnostics_error(&session->diagnostics, ER_ALTER_OPERATION_NOT_SUPPORTED, "LOCK=NONE",
                             "LOCK=SHARED");
}

static enum status alter_open(struct ddl_alter *alter, struct session *session,
                              const struct ast_name *name, uint64_t privileges) {
    struct slice database;
    const struct table *old;
    *alter = (struct ddl_alter){0};
    enum status status = ddl_name(session, name, privileges, &database);
    if (status == STATUS_OK) status = catalog_table(session, name, &old);
    if (status != STATUS_OK) return status;
    struct buffer bytes = buffer_of(&session->statement_arena);
    struct table_definition *copy;
    table_encode(old->definition, &bytes);
    status = table_decode(buffer_slice(&bytes), &session->statement_arena, &copy);
    CHECK(status == STATUS_OK);
    alter->old = copy;
    ddl_table_of(&alter->table, session, copy);
    return STATUS_OK;
}

/* Two definitions with the same bytes need no change. */
static bool is_same(const struct ddl_alter *alter, const struct table_definition *wanted) {
    struct buffer old = buffer_of(alter->table.arena), made = buffer_of(alter->table.arena);
    table_encode(alter->old, &old);
    table_encode(wanted, &made);
    return slice_equal(buffer_slice(&old), buffer_slice(&made));
}

/* (AL2) A new unique key, and not it alone. */
static bool mixes_unique(const struct ddl_alter *alter, const struct table_definition *wanted) {
    struct table_definition rest = *wanted;
    struct index_definition *kept =
        arena_array(alter->table.arena, struct index_definition, wanted->index_count);
    bool has_unique = false;
    rest.index_count = 0;
    for (uint32_t i = 0; i < wanted->index_count; i++) {
        const struct index_definition *index = &wanted->indexes[i];
        bool is_new = i > 0 && index->id == 0;
        has_unique |= is_new && index->kind == INDEX_UNIQUE;
        if (!is_new) kept[rest.index_count++] = *index;
    }
    rest.indexes = kept;
    return has_unique && !is_same(alter, &rest);
}

static struct ddl_change change_of(const struct ddl_alter *alter, enum ddl_kind kind,
                                   const struct table_definition *definition) {
    return (struct ddl_change){.kind = kind,
                               .database = arena_copy(alter->table.arena, definition->database),
                               .name = arena_copy(alter->table.arena, definition->name),
                               .definition = definition};
}

/* What an answer of meta's means to the client. */
static enum status alter_refused(struct session *session, const struct ddl_change *change,
                                 enum status status) {
    if (status == STATUS_OK || status == STATUS_OLD_SCHEMA) return status;
    if (status == STATUS_NOT_FOUND)
        return diagnostics_error(&session->diagnostics, ER_NO_SUCH_TABLE,
                                 arena_text(&session->statement_arena, change->database),
                                 arena_text(&session->statement_arena, change->name));
    return ddl_refused(session, status);
}

static enum status alter_by_copy(struct ddl_alter *alter, struct table_definition *definition) {
    struct session *session = alter->table.session;
    struct ddl_copying copying;
    struct column_definition *columns = (struct column_definition *)(uintptr_t)definition->columns;
    for (uint32_t i = 0; i < definition->column_count; i++) columns[i].absent_value = value_null();
    struct ddl_change change = change_of(alter, DDL_REBUILD_TABLE, definition);
    change.copying = &copying;
    enum status status = ddl_send(session, &change);
    if (status != STATUS_BUSY) return alter_refused(session, &change, status);
    status = ddl_copy_rows(alter, copying.copy_id, &session->answer.affected_rows);
    enum status switched =
        cluster_ddl_copied(session_cluster(session), session->waiter, &copying, status);
    statement_renew_schema(session);
    return status != STATUS_OK ? status : alter_refused(session, &change, switched);
}

static enum status alter_send(struct ddl_alter *alter, const struct alter_wish *wish) {
    struct session *session = alter->table.session;
    struct table_definition *definition;
    enum status status = ddl_defaults_check(&alter->table, alter->old);
    if (status == STATUS_OK) status = ddl_table_finish(&alter->table, &definition);
    if (status != STATUS_OK) return status;
    if (is_same(alter, definition)) return STATUS_OK;
    bool is_copy = alter->needs_copy || wish->way == WAY_COPY || mixes_unique(alter, definition);
    if (!is_copy) {
        struct ddl_change change = change_of(alter, DDL_ALTER_TABLE, definition);
        status = ddl_send(session, &change);
        bool is_copied = status == STATUS_UNSUPPORTED || status == STATUS_DUPLICATE; /* (AL2) */
        if (!is_copied) return alter_refused(session, &change, status);
    }
    status = status == STATUS_DUPLICATE ? STATUS_OK : check_copy(session, wish);
    return status == STATUS_OK ? alter_by_copy(alter, definition) : status;
}

/* The new name must be free before anything is changed: the change and the renaming are two. */
static enum status check_new_name(const struct ddl_alter *alter) {
    struct session *session = alter->table.session;
    struct slice database;
    if (alter->rename_to == NULL) return STATUS_OK;
    enum status status = catalog_database(session, alter->rename_to->schema, &database);
    if (status != STATUS_OK) return status;
    const struct table *other = schema_table(session->schema, database, alter->rename_to->object);
    if (other == NULL || other->definition->id == alter->old->id) return STATUS_OK;
    return diagnostics_error(&session->diagnostics, ER_TABLE_EXISTS_ERROR,
                             ddl_text(&alter->table, alter->rename_to->object));
}

static enum status alter_rename(struct ddl_alter *alter, const struct ast_name *from) {
    struct session *session = alter->table.session;
    struct ast_rename rename = {.from = {.items = (struct ast_name *)from, .count = 1},
                                .to = {.items = (struct ast_name *)alter->rename_to, .count = 1}};
    const struct ast_statement statement = {.kind = AST_RENAME_TABLE, .rename = &rename};
    struct slice database;
    enum status status = catalog_database(session, alter->rename_to->schema, &database);
    if (status != STATUS_OK) return status;
    bool is_same_name = slice_equal(database, alter->table.definition.database) &&
                        slice_equal(alter->rename_to->object, alter->table.definition.name);
    return is_same_name ? STATUS_OK : ddl_rename_table_run(session, &statement);
}

/* (AL1) */
static uint32_t pass_of(const struct ast_alter *action) {
    switch ((int)action->kind) {
    case AST_ALTER_DROP_COLUMN:
    case AST_ALTER_DROP_KEY:
    case AST_ALTER_DROP_PRIMARY:
    case AST_ALTER_RENAME_KEY: return 0;
    case AST_ALTER_ADD_COLUMN:
    case AST_ALTER_MODIFY_COLUMN:
    case AST_ALTER_CHANGE_COLUMN:
    case AST_ALTER_RENAME_COLUMN: return 1;
    case AST_ALTER_ADD_KEY: return 3;
    }
    return 2;
}

static enum status alter_actions(struct ddl_alter *alter, const struct ast_alters *actions) {
    enum status status = STATUS_OK;
    for (uint32_t pass = 0; pass < 4; pass++)
        for (uint32_t i = 0; i < actions->count && status == STATUS_OK; i++) {
            const struct ast_alter *action = &actions->items[i];
            if (pass_of(action) == pass) status = alter_apply(alter, action);
            bool has_keys = action->kind == AST_ALTER_ADD_COLUMN ||
                            action->kind == AST_ALTER_MODIFY_COLUMN ||
                            action->kind == AST_ALTER_CHANGE_COLUMN;
            if (status != STATUS_OK || pass != 3 || !has_keys) continue;
            if (action->column->is_primary) alter->needs_copy = true;
            status = ddl_column_keys(&alter->table, action->column);
        }
    if (status == STATUS_OK && alter->table.column_count == 0)
        return diagnostics_error(alter->table.diagnostics, ER_CANT_REMOVE_ALL_FIELDS);
    return status;
}

static enum status alter_try(struct session *session, const struct ast_alter_table *ast) {
    struct ddl_alter alter;
    struct alter_wish wish = {0};
    enum status status = wish_of(session, ast->algorithm, ast->lock, &wish);
    if (status == STATUS_OK) status = alter_open(&alter, session, &ast->table, PRIVILEGE(ALTER));
    if (status != STATUS_OK) return status;
    ddl_place_open(&alter, ast->actions.count);
    status = alter_actions(&alter, &ast->actions);
    if (status == STATUS_OK) status = check_new_name(&alter);
    if (status == STATUS_OK) status = alter_send(&alter, &wish);
    if (status == STATUS_OK && alter.rename_to != NULL) status = alter_rename(&alter, &ast->table);
    return status;
}

/* (AL3) */
#define ATTEMPTS_MAX 100

static enum status alter_run(struct session *session, const struct ast_alter_table *ast) {
    enum status status = STATUS_OLD_SCHEMA;
    for (uint32_t i = 0; i < ATTEMPTS_MAX && status == STATUS_OLD_SCHEMA; i++)
        status = alter_try(session, ast);
    if (status == STATUS_OLD_SCHEMA) return ddl_refused(session, status);
    if (status != STATUS_OK) return status;
    session->answer.info = slice_of_text(arena_printf(
        &session->statement_arena, "Records: %llu  Duplicates: 0  Warnings: %u",
        (unsigned long long)session->answer.affected_rows, session->diagnostics.warning_count));
    return STATUS_OK;
}

enum status ddl_alter_table_run(struct session *session, const struct ast_statement *statement) {
    return alter_run(session, statement->alter_table);
}

enum status ddl_create_index_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_create_index *ast = statement->create_index;
    struct ast_alter add = {.kind = AST_ALTER_ADD_KEY, .key = ast->key};
    const struct ast_alter_table alter = {.table = ast->table,
                                          .actions = {.items = &add, .count = 1},
                                          .algorithm = ast->algorithm,
                                          .lock = ast->lock};
    return alter_run(session, &alter);
}

enum status ddl_drop_index_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_drop_index *ast = statement->drop_index;
    struct ast_alter drop = {.kind = AST_ALTER_DROP_KEY, .name = ast->name};
    const struct ast_alter_table alter = {.table = ast->table,
                                          .actions = {.items = &drop, .count = 1},
                                          .algorithm = ast->algorithm,
                                          .lock = ast->lock};
    return alter_run(session, &alter);
}
