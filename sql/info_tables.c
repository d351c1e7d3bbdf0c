/* info_tables.c: databases, tables, columns and indexes as rows: what the dictionary holds.
 *
 * Rows come for what the session has some privilege on, database by database, table by table. Virtual tables are listed with
 * their databases.
 */
#include "row/collation.h"
#include "sql/info_schema.h"
#include "sql/privilege.h"
#include "sql/session_private.h"
#include "sql/show.h"

#define CATALOG "def"

/* ---- walking ---- */

typedef enum status on_database(struct info_row *row, struct slice database);
typedef enum status on_table(struct info_row *row, const struct table_definition *definition,
                             const struct table *base);

static enum status each_database(struct info_row *row, on_database *visit) {
    struct session *session = row->session;
    struct schema_cursor cursor = {0};
    struct slice name;
    enum status status = visit(row, SLICE_LITERAL("information_schema"));
    while (status == STATUS_OK && schema_next_database(session->schema, &cursor, &name)) {
        if (privilege_any_in_database(session, name)) status = visit(row, name);
    }
    return status;
}

static bool is_wanted(const struct session *session, struct slice database) {
    return session->info_database.size == 0 || slice_equal(session->info_database, database);
}

static bool may_see(struct session *session, const struct table_definition *definition) {
    bool is_other = session->info_table.size > 0 &&
                    !slice_equal(session->info_table, definition->name) &&
                    !catalog_is_virtual(definition->database);
    if (is_other || !is_wanted(session, definition->database)) return false;
    if (catalog_is_virtual(definition->database)) return true;
    return privilege_table(session, definition->database, definition->name) != 0;
}

static enum status each_virtual(struct info_row *row, struct slice database, on_table *visit) {
    const struct virtual_table *table;
    enum status status = STATUS_OK;
    for (uint32_t i = 0;
         status == STATUS_OK && (table = info_schema_at(row->session->server->info, i)) != NULL;
         i++) {
        bool is_here = slice_equal_nocase(table->definition->database, database);
        if (is_here && may_see(row->session, table->definition))
            status = visit(row, table->definition, NULL);
    }
    return status;
}

static enum status each_view(struct info_row *row, struct slice database, on_table *visit) {
    struct session *session = row->session;
    struct schema_cursor cursor = {0};
    struct slice key, bytes;
    enum status status = STATUS_OK;
    while (status == STATUS_OK &&
           schema_next_object(session->schema, database, &cursor, &key, &bytes)) {
        struct slice prefix = VIEW_PREFIX;
        bool is_view =
            key.size > prefix.size && slice_equal(slice_part(key, 0, prefix.size), prefix);
        if (!is_view) continue;
        struct slice name = slice_part(key, prefix.size, key.size);
        struct table_definition seen = {.database = database, .name = name};
        if (may_see(session, &seen))
            status = visit(row, view_definition(session, database, name), NULL);
    }
    return status;
}

static enum status each_table(struct info_row *row, on_table *visit) {
    struct session *session = row->session;
    struct schema_cursor databases = {0};
    struct slice name;
    enum status status = each_virtual(row, SLICE_LITERAL("information_schema"), visit);
    while (status == STATUS_OK && schema_next_database(session->schema, &databases, &name)) {
        struct schema_cursor cursor = {0};
        const struct table *table;
        if (!is_wanted(session, name)) continue;
        while (status == STATUS_OK &&
               (table = schema_next_table(session->schema, name, &cursor)) != NULL) {
            if (may_see(session, table->definition)) status = visit(row, table->definition, table);
        }
        if (status == STATUS_OK) status = each_view(row, name, visit);
        if (status == STATUS_OK) status = each_virtual(row, name, visit);
    }
    return status;
}

/* ---- SCHEMATA ---- */

static enum status row_of_database(struct info_row *row, struct slice database) {
    uint16_t collation = show_database_collation(row->session, database);
    info_literal(row, CATALOG);
    info_text(row, database);
    info_literal(row, collation_charset(collation)->name);
    info_literal(row, collation_find(collation)->name);
    info_null(row);
    info_literal(row, "NO");
    return info_emit(row);
}

enum status info_schemata(struct info_row *row) { return each_database(row, row_of_database); }

/* ---- TABLES ---- */

static void put_sizes(struct info_row *row, const struct table *base) {
    const struct table_statistics *statistics =
        base == NULL ? NULL : cluster_statistics(session_cluster(row->session), base);
    uint64_t rows = statistics == NULL ? 0 : statistics->rows;
    uint64_t bytes = statistics == NULL ? 0 : statistics->bytes;
    info_uint(row, rows);
    info_uint(row, rows == 0 ? 0 : bytes / rows);
    info_uint(row, bytes);
    info_uint(row, 0);
    info_uint(row, 0);
    info_uint(row, 0);
}

static enum status row_of_view(struct info_row *row, const struct table_definition *definition) {
    info_literal(row, CATALOG);
    info_text(row, definition->database);
    info_text(row, definition->name);
    info_literal(row, "VIEW");
    info_nulls(row, row->count - 5);
    info_text(row, definition->comment);
    return info_emit(row);
}

static enum status row_of_table(struct info_row *row, const struct table_definition *definition,
                                const struct table *base) {
    bool is_virtual = base == NULL;
    if (definition->options & TABLE_VIEW) return row_of_view(row, definition);
    info_literal(row, CATALOG);
    info_text(row, definition->database);
    info_text(row, definition->name);
    info_literal(row, is_virtual ? "SYSTEM VIEW" : "BASE TABLE");
    if (is_virtual)
        info_null(row);
    else
        info_literal(row, "InnoDB");
    info_int(row, 10);
    if (is_virtual)
        info_null(row);
    else
        info_literal(row, "Dynamic");
    put_sizes(row, base);
    if (is_virtual || table_auto_increment_column(definition) < 0)
        info_null(row);
    else
        info_uint(row, catalog_counter(row->session, base));
    info_time(row, definition->created_epoch_s * 1000000);
    info_nulls(row, 2);
    if (is_virtual)
        info_null(row);
    else
        info_literal(row, collation_find(definition->collation)->name);
    info_null(row);
    info_literal(row, "");
    info_text(row, definition->comment);
    return info_emit(row);
}

enum status info_tables(struct info_row *row) { return each_table(row, row_of_table); }

/* ---- VIEWS ---- */

static enum status row_of_views(struct info_row *row, const struct table_definition *definition,
                                const struct table *base) {
    struct view view;
    (void)base;
    if ((definition->options & TABLE_VIEW) == 0) return STATUS_OK;
    if (!view_find(row->session, definition->database, definition->name, &view)) return STATUS_OK;
    info_literal(row, CATALOG);
    info_text(row, definition->database);
    info_text(row, definition->name);
    info_text(row, view.text);
    info_literal(row, "NONE");
    info_literal(row, "NO");
    info_text(row, view.definer);
    info_literal(row, view.is_invoker ? "INVOKER" : "DEFINER");
    info_literal(row, "utf8mb4");
    info_literal(row, "utf8mb4_0900_ai_ci");
    return info_emit(row);
}

enum status info_views(struct info_row *row) { return each_table(row, row_of_views); }

/* ---- COLUMNS ---- */

static void put_lengths(struct info_row *row, const struct column_type *type) {
    bool is_listed = type->kind == COLUMN_ENUM || type->kind == COLUMN_SET;
    if (!column_kind_is_string(type->kind) && !is_listed) {
        info_nulls(row, 2);
        return;
    }
    uint64_t octets = column_type_bytes_max(type), chars = octets;
    uint32_t bytes_per_char = collation_charset(type->collation)->bytes_per_char_max;
    if (is_listed) {
        chars = show_members_length(type);
        octets = chars * bytes_per_char;
    } else if (type->kind == COLUMN_CHAR || type->kind == COLUMN_VARCHAR) {
        chars = type->length;
    }
    info_uint(row, chars);
    info_uint(row, octets);
}

static void put_numeric(struct info_row *row, const struct column_type *type) {
    static const uint8_t digits[][2] = {[COLUMN_TINYINT] = {3, 3},
                                        [COLUMN_SMALLINT] = {5, 5},
                                        [COLUMN_MEDIUMINT] = {7, 7},
                                        [COLUMN_INT] = {10, 10},
                                        [COLUMN_BIGINT] = {19, 20}};
    if (column_kind_is_integer(type->kind)) {
        info_uint(row, digits[type->kind][column_type_is_unsigned(type)]);
        info_uint(row, 0);
    } else if (type->kind == COLUMN_DECIMAL) {
        info_uint(row, type->precision);
        info_uint(row, type->scale);
    } else if (type->kind == COLUMN_FLOAT || type->kind == COLUMN_DOUBLE) {
        info_uint(row, type->kind == COLUMN_FLOAT ? 12 : 22);
        if (type->scale == SCALE_NOT_FIXED)
            info_null(row);
        else
            info_uint(row, type->scale);
    } else if (type->kind == COLUMN_BIT) {
        info_uint(row, type->length);
        info_null(row);
    } else {
        info_nulls(row, 2);
    }
    bool has_fraction = column_kind_is_temporal(type->kind) && type->kind != COLUMN_DATE &&
                        type->kind != COLUMN_YEAR;
    if (has_fraction)
        info_uint(row, type->scale);
    else
        info_null(row);
}

static void put_collation(struct info_row *row, const struct column_type *type) {
    bool is_text =
        column_kind_is_text(type->kind) || type->kind == COLUMN_ENUM || type->kind == COLUMN_SET;
    if (!is_text) {
        info_nulls(row, 2);
        return;
    }
    info_literal(row, collation_charset(type->collation)->name);
    info_literal(row, collation_find(type->collation)->name);
}

static enum status row_of_column(struct info_row *row, const struct table_definition *definition,
                                 uint32_t place) {
    const struct column_definition *column = &definition->columns[place];
    info_literal(row, CATALOG);
    info_text(row, definition->database);
    info_text(row, definition->name);
    info_text(row, column->name);
    info_uint(row, place + 1);
    struct value text = show_column_default(column, row->arena);
    info_value(row, &text);
    info_literal(row, column_type_is_nullable(&column->type) ? "YES" : "NO");
    info_literal(row, column_kind_name(column->type.kind));
    put_lengths(row, &column->type);
    put_numeric(row, &column->type);
    put_collation(row, &column->type);
    struct buffer type = buffer_of(row->arena);
    column_type_print(&column->type, &type);
    info_text(row, buffer_slice(&type));
    info_literal(row, show_column_key(definition, place));
    info_text(row, show_column_extra(column, row->arena));
    info_text(row, show_column_privileges(row->session, definition, row->arena));
    info_text(row, column->comment);
    bool is_generated =
        (column->options & (COLUMN_GENERATED_STORED | COLUMN_GENERATED_VIRTUAL)) != 0;
    info_text(row, is_generated ? column->default_text : SLICE_EMPTY);
    info_null(row);
    return info_emit(row);
}

static enum status rows_of_columns(struct info_row *row, const struct table_definition *definition,
                                   const struct table *base) {
    uint32_t count =
        base == NULL ? definition->column_count : table_visible_column_count(definition);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        status = row_of_column(row, definition, i);
    return status;
}

enum status info_columns(struct info_row *row) { return each_table(row, rows_of_columns); }

/* ---- STATISTICS ---- */

static void put_part(struct info_row *row, const struct table_definition *definition,
                     const struct index_definition *index, uint32_t part) {
    const struct index_part *piece = &index->parts[part];
    const struct column_definition *column = &definition->columns[piece->column];
    info_uint(row, part + 1);
    info_text(row, column->name);
    info_literal(row, piece->flags & INDEX_PART_DESCENDING ? "D" : "A");
}

static enum status row_of_part(struct info_row *row, const struct table *base, uint32_t place,
                               uint32_t part) {
    const struct table_definition *definition = base->definition;
    const struct index_definition *index = &definition->indexes[place];
    const struct table_statistics *statistics =
        cluster_statistics(session_cluster(row->session), base);
    const struct column_definition *column = &definition->columns[index->parts[part].column];
    info_literal(row, CATALOG);
    info_text(row, definition->database);
    info_text(row, definition->name);
    info_int(row, index->kind == INDEX_ORDERED);
    info_text(row, definition->database);
    info_text(row, index->name);
    put_part(row, definition, index, part);
    info_uint(row, statistics == NULL ? 0 : statistics->distinct[place]);
    if (index->parts[part].prefix_chars == 0)
        info_null(row);
    else
        info_uint(row, index->parts[part].prefix_chars);
    info_null(row);
    info_literal(row, column_type_is_nullable(&column->type) ? "YES" : "");
    info_literal(row, "BTREE");
    info_literal(row, "");
    info_text(row, index->comment);
    info_literal(row, index->is_invisible ? "NO" : "YES");
    info_null(row);
    return info_emit(row);
}

static enum status rows_of_indexes(struct info_row *row, const struct table_definition *definition,
                                   const struct table *base) {
    if (base == NULL) return STATUS_OK;
    bool has_row_id = table_row_id_column(definition) >= 0;
    enum status status = STATUS_OK;
    for (uint32_t i = has_row_id ? 1 : 0; i < definition->index_count; i++) {
        if (definition->indexes[i].state != INDEX_PUBLIC) continue;
        for (uint32_t p = 0; p < definition->indexes[i].part_count && status == STATUS_OK; p++)
            status = row_of_part(row, base, i, p);
    }
    return status;
}

enum status info_statistics(struct info_row *row) { return each_table(row, rows_of_indexes); }

/* ---- constraints ---- */

static bool is_constraint(const struct table_definition *definition, uint32_t place) {
    const struct index_definition *index = &definition->indexes[place];
    if (index->state != INDEX_PUBLIC || index->kind == INDEX_ORDERED) return false;
    return index->kind == INDEX_UNIQUE || table_row_id_column(definition) < 0;
}

static enum status rows_of_usage(struct info_row *row, const struct table_definition *definition,
                                 const struct table *base) {
    enum status status = STATUS_OK;
    if (base == NULL) return STATUS_OK;
    for (uint32_t i = 0; i < definition->index_count; i++) {
        const struct index_definition *index = &definition->indexes[i];
        if (!is_constraint(definition, i)) continue;
        for (uint32_t p = 0; p < index->part_count && status == STATUS_OK; p++) {
            info_literal(row, CATALOG);
            info_text(row, definition->database);
            info_text(row, index->name);
            info_literal(row, CATALOG);
            info_text(row, definition->database);
            info_text(row, definition->name);
            info_text(row, definition->columns[index->parts[p].column].name);
            info_uint(row, p + 1);
            info_nulls(row, 4);
            status = info_emit(row);
        }
    }
    return status;
}

enum status info_key_column_usage(struct info_row *row) { return each_table(row, rows_of_usage); }

static enum status rows_of_constraints(struct info_row *row,
                                       const struct table_definition *definition,
                                       const struct table *base) {
    enum status status = STATUS_OK;
    if (base == NULL) return STATUS_OK;
    for (uint32_t i = 0; i < definition->index_count && status == STATUS_OK; i++) {
        if (!is_constraint(definition, i)) continue;
        info_literal(row, CATALOG);
        info_text(row, definition->database);
        info_text(row, definition->indexes[i].name);
        info_text(row, definition->database);
        info_text(row, definition->name);
        info_literal(row, i == 0 ? "PRIMARY KEY" : "UNIQUE");
        info_literal(row, "YES");
        status = info_emit(row);
    }
    return status;
}

enum status info_table_constraints(struct info_row *row) {
    return each_table(row, rows_of_constraints);
}

/* ---- PARTITIONS: one row a table, since none is partitioned by name ---- */

static enum status row_of_partition(struct info_row *row, const struct table_definition *definition,
                                    const struct table *base) {
    if (base == NULL) return STATUS_OK;
    info_literal(row, CATALOG);
    info_text(row, definition->database);
    info_text(row, definition->name);
    info_nulls(row, 9);
    put_sizes(row, base);
    info_time(row, definition->created_epoch_s * 1000000);
    info_nulls(row, 3);
    info_literal(row, "");
    info_nulls(row, 2);
    return info_emit(row);
}

enum status info_partitions(struct info_row *row) { return each_table(row, row_of_partition); }
