/* table.c: looking things up in a table definition, making hidden columns and tables, and checking.
 *
 * table_check is the one place that says what a definition may be; whatever it lets pass is safe
 * for row layouts, key layouts and everything above them, wherever its bytes came from.
 */
#include "row/table.h"

#include "row/collation.h"
#include "row/convert.h"

#define ROW_ID_NAME SLICE_LITERAL("$row_id")

int32_t table_find_column(const struct table_definition *table, struct slice name) {
    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct column_definition *column = &table->columns[i];
        if (column->options & COLUMN_HIDDEN) continue;
        if (slice_equal_nocase(column->name, name)) return (int32_t)i;
    }
    for (uint32_t i = 0; i < table->column_count; i++) { /* letters beyond ASCII */
        const struct column_definition *column = &table->columns[i];
        if (column->options & COLUMN_HIDDEN) continue;
        if (collation_equal(COLLATION_UTF8MB3_GENERAL_CI, column->name, name)) return (int32_t)i;
    }
    return -1;
}

int32_t table_find_index(const struct table_definition *table, struct slice name) {
    for (uint32_t i = 0; i < table->index_count; i++) {
        if (slice_equal_nocase(table->indexes[i].name, name)) return (int32_t)i;
    }
    return -1;
}

static int32_t find_option(const struct table_definition *table, uint8_t option) {
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].options & option) return (int32_t)i;
    }
    return -1;
}

int32_t table_auto_increment_column(const struct table_definition *table) {
    return find_option(table, COLUMN_AUTO_INCREMENT);
}

int32_t table_row_id_column(const struct table_definition *table) {
    return find_option(table, COLUMN_HIDDEN);
}

uint32_t table_visible_column_count(const struct table_definition *table) {
    int32_t hidden = table_row_id_column(table);
    return hidden < 0 ? table->column_count : (uint32_t)hidden;
}

/* --- making --- */

void table_add_row_id(struct table_definition *table, struct arena *arena) {
    bool has_primary = table->index_count > 0 && table->indexes[0].kind == INDEX_PRIMARY;
    if (has_primary) return;
    uint16_t place = table->column_count;
    struct column_definition *columns =
        arena_array(arena, struct column_definition, place + UINT32_C(1));
    if (place > 0) memcpy(columns, table->columns, place * sizeof(*columns));
    columns[place] = (struct column_definition){
        .name = ROW_ID_NAME,
        .type = column_type_bigint(COLUMN_UNSIGNED | COLUMN_NOT_NULL),
        .options = COLUMN_HIDDEN,
    };
    struct index_definition *indexes =
        arena_array(arena, struct index_definition, table->index_count + UINT32_C(1));
    if (table->index_count > 0) {
        memcpy(indexes + 1, table->indexes, table->index_count * sizeof(*indexes));
    }
    struct index_part *part = arena_new(arena, struct index_part);
    part->column = place;
    uint32_t id = 0;
    for (uint32_t i = 0; i < table->index_count; i++) id = MAX(id, table->indexes[i].id + 1);
    indexes[0] = (struct index_definition){.name = SLICE_LITERAL("PRIMARY"),
                                           .id = id,
                                           .kind = INDEX_PRIMARY,
                                           .is_invisible = 1,
                                           .part_count = 1,
                                           .parts = part};
    table->columns = columns;
    table->column_count++;
    table->indexes = indexes;
    table->index_count++;
    table->partition_part_count = 1;
}

static bool is_listed(const uint16_t *columns, uint16_t count, uint16_t column) {
    for (uint16_t i = 0; i < count; i++) {
        if (columns[i] == column) return true;
    }
    return false;
}

/* The columns of the hidden table: the index's, then those of the base's primary key. */
static uint16_t unique_columns(const struct table_definition *table, uint32_t index,
                               uint16_t *columns) {
    const struct index_definition *lists[] = {&table->indexes[index], table_primary(table)};
    uint16_t count = 0;
    for (size_t list = 0; list < ARRAY_COUNT(lists); list++) {
        for (uint16_t i = 0; i < lists[list]->part_count; i++) {
            uint16_t column = lists[list]->parts[i].column;
            if (!is_listed(columns, count, column)) columns[count++] = column;
        }
    }
    return count;
}

struct table_definition *table_of_unique_index(const struct table_definition *table, uint32_t index,
                                               struct arena *arena,
                                               const uint16_t **base_columns_out) {
    CHECK(index < table->index_count && table->indexes[index].kind == INDEX_UNIQUE);
    const struct index_definition *unique = &table->indexes[index];
    uint16_t *base =
        arena_array(arena, uint16_t, unique->part_count + table_primary(table)->part_count);
    uint16_t count = unique_columns(table, index, base);
    struct column_definition *columns = arena_array(arena, struct column_definition, count);
    for (uint16_t i = 0; i < count; i++) {
        const struct column_definition *from = &table->columns[base[i]];
        columns[i] = (struct column_definition){.name = from->name, .type = from->type};
        columns[i].type.flags |= COLUMN_NOT_NULL; /* a key with a NULL has no entry */
    }
    struct index_part *parts = arena_array(arena, struct index_part, unique->part_count);
    for (uint16_t i = 0; i < unique->part_count; i++) {
        parts[i] = unique->parts[i];
        for (uint16_t j = 0; j < count; j++) {
            if (base[j] == unique->parts[i].column) parts[i].column = j;
        }
    }
    struct index_definition *primary = arena_new(arena, struct index_definition);
    *primary = (struct index_definition){.name = SLICE_LITERAL("PRIMARY"),
                                         .kind = INDEX_PRIMARY,
                                         .part_count = unique->part_count,
                                         .parts = parts};
    *base_columns_out = base;
    struct table_definition *hidden = arena_new(arena, struct table_definition);
    *hidden = (struct table_definition){
        .id = unique->hidden_table_id,
        .schema_version = table->schema_version,
        .bucket_map_version = table->bucket_map_version,
        .base_table_id = table->id,
        .database = table->database,
        .name = slice_of_text(
            arena_printf(arena, "$unique_%llu_%u", (unsigned long long)table->id, unique->id)),
        .options = TABLE_HIDDEN,
        .collation = table->collation,
        .collation_weights_version = table->collation_weights_version,
        .column_count = count,
        .index_count = 1,
        .partition_part_count = unique->part_count,
        .columns = columns,
        .indexes = primary,
    };
    return hidden;
}

/* --- checking --- */

static bool name_legal(struct slice name) {
    if (name.size == 0 || name.size > IDENTIFIER_BYTES_MAX) return false;
    return charset_check(CHARSET_UTF8MB4, name) == name.size &&
           charset_length(CHARSET_UTF8MB4, name) <= IDENTIFIER_CHARS_MAX;
}

static bool text_legal(struct slice text) {
    return charset_check(CHARSET_UTF8MB4, text) == text.size;
}

/* A default or absent value: NULL in a NOT NULL column only means "none". */
static bool column_value_legal(const struct column_definition *column, const struct value *value) {
    return value->kind == VALUE_NULL || value_fits(value, &column->type);
}

static bool column_legal(const struct table_definition *table, uint32_t place) {
    const struct column_definition *column = &table->columns[place];
    bool is_last = place + 1 == table->column_count;
    if (!name_legal(column->name) || !text_legal(column->comment) ||
        !text_legal(column->default_text)) {
        return false;
    }
    if (column_type_check(&column->type) != STATUS_OK || column->type.kind == COLUMN_NULL) {
        return false;
    }
    if ((column->options & COLUMN_HIDDEN) && !is_last) return false;
    if ((column->options & COLUMN_AUTO_INCREMENT) && !column_kind_is_numeric(column->type.kind)) {
        return false;
    }
    return column->default_kind <= DEFAULT_EXPRESSION &&
           column_value_legal(column, &column->default_value) &&
           column_value_legal(column, &column->absent_value);
}

static bool part_legal(const struct table_definition *table, const struct index_part *part,
                       uint8_t index_kind) {
    if (part->column >= table->column_count) return false;
    const struct column_type *type = &table->columns[part->column].type;
    if ((part->flags & ~INDEX_PART_DESCENDING) != 0) return false;
    if (part->prefix_chars != 0 && !column_kind_is_string(type->kind)) return false;
    if (part->prefix_chars > INDEX_KEY_BYTES_MAX) return false;
    if (type->kind == COLUMN_JSON) return false;
    return index_kind != INDEX_PRIMARY || !column_type_is_nullable(type);
}

static bool index_legal(const struct table_definition *table, uint32_t place) {
    const struct index_definition *index = &table->indexes[place];
    bool is_primary = index->kind == INDEX_PRIMARY;
    if (is_primary != (place == 0) || index->kind > INDEX_ORDERED) return false;
    if (index->state > INDEX_BACKFILL || !name_legal(index->name)) return false;
    if (index->part_count == 0 || index->part_count > INDEX_PART_COUNT_MAX) return false;
    for (uint16_t i = 0; i < index->part_count; i++) {
        if (!part_legal(table, &index->parts[i], index->kind)) return false;
    }
    return text_legal(index->comment);
}

enum status table_check(const struct table_definition *table) {
    bool counts_legal = table->column_count >= 1 && table->column_count <= COLUMNS_MAX + 1 &&
                        table->index_count >= 1 && table->index_count <= TABLE_INDEX_COUNT_MAX;
    if (!counts_legal || !name_legal(table->name) || !name_legal(table->database)) {
        return STATUS_INVALID;
    }
    if (!text_legal(table->comment) || collation_find(table->collation) == NULL) {
        return STATUS_INVALID;
    }
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (!column_legal(table, i)) return STATUS_INVALID;
    }
    for (uint32_t i = 0; i < table->index_count; i++) {
        if (!index_legal(table, i)) return STATUS_INVALID;
    }
    bool partition_legal = table->partition_part_count >= 1 &&
                           table->partition_part_count <= table->indexes[0].part_count;
    return partition_legal ? STATUS_OK : STATUS_INVALID;
}
