/* ddl_index.c: a key of CREATE TABLE, ALTER TABLE or CREATE INDEX.
 *
 * Limits and errors are InnoDB's: 16 parts, 3,072 bytes, a prefix for TEXT and BLOB. A unique key becomes a hidden table and an
 * ordered index (NOTES: A unique index); that is below us.
 */
#include "sql/ddl.h"

#define INDEX_COMMENT_CHARS_MAX 1024

static const char *missing_of(const struct ast_key *key) {
    switch (key->kind) {
    case AST_KEY_FULLTEXT: return "FULLTEXT";
    case AST_KEY_SPATIAL: return "SPATIAL";
    case AST_KEY_FOREIGN: return "FOREIGN KEY";
    case AST_KEY_INDEX:
    case AST_KEY_PRIMARY:
    case AST_KEY_UNIQUE: break;
    }
    for (uint32_t i = 0; i < key->parts.count; i++)
        if (key->parts.items[i].expr != NULL) return "functional key parts";
    return NULL;
}

static bool name_is_taken(const struct ddl_table *table, struct slice name) {
    for (uint32_t i = 0; i < table->index_count; i++)
        if (slice_equal_nocase(table->indexes[i].name, name)) return true;
    return false;
}

/* The first part's column, then with _2, _3 ... until it is free. */
struct slice ddl_index_name(const struct ddl_table *table, struct slice wanted) {
    struct slice name = wanted;
    bool is_primary = slice_equal_nocase(wanted, SLICE_LITERAL("PRIMARY"));
    for (uint32_t n = 2; is_primary || name_is_taken(table, name); n++) {
        is_primary = false;
        struct buffer buffer = buffer_of(table->arena);
        buffer_append(&buffer, wanted);
        buffer_printf(&buffer, "_%u", (unsigned)n);
        name = buffer_slice(&buffer);
    }
    return name;
}

/* ---- parts ---- */

/* Bytes that the part takes in a key of MySQL's. */
static uint64_t part_bytes(const struct column_type *type, uint32_t prefix_chars) {
    if (prefix_chars == 0) return column_type_bytes_max(type);
    if (!column_kind_is_text(type->kind)) return prefix_chars;
    return (uint64_t)prefix_chars * collation_charset(type->collation)->bytes_per_char_max;
}

static enum status part_prefix(struct ddl_table *table, const struct column_definition *column,
                               uint32_t wanted, uint32_t *prefix_out) {
    const struct column_type *type = &column->type;
    bool is_blob = column_kind_is_blob(type->kind);
    *prefix_out = 0;
    if (type->kind == COLUMN_JSON)
        return diagnostics_error(table->diagnostics, ER_JSON_USED_AS_KEY,
                                 ddl_text(table, column->name));
    if (wanted == 0) {
        if (!is_blob) return STATUS_OK;
        return diagnostics_error(table->diagnostics, ER_BLOB_KEY_WITHOUT_LENGTH,
                                 ddl_text(table, column->name));
    }
    bool is_too_long = !is_blob && wanted > type->length;
    if (!column_kind_is_string(type->kind) || is_too_long)
        return diagnostics_error(table->diagnostics, ER_WRONG_SUB_KEY);
    if (is_blob || wanted < type->length) *prefix_out = wanted;
    return STATUS_OK;
}

static enum status part_make(struct ddl_table *table, const struct ast_key_part *ast,
                             struct index_part *out) {
    int32_t place = ddl_table_find(table, ast->column);
    if (place < 0)
        return diagnostics_error(table->diagnostics, ER_KEY_COLUMN_DOES_NOT_EXITS,
                                 ddl_text(table, ast->column));
    *out = (struct index_part){.column = (uint16_t)place,
                               .flags = ast->descending ? INDEX_PART_DESCENDING : 0};
    return part_prefix(table, &table->columns[place], ast->length, &out->prefix_chars);
}

static enum status parts_make(struct ddl_table *table, const struct ast_key *key,
                              struct index_part **out) {
    uint64_t bytes = 0;
    if (key->parts.count > KEY_PARTS_MAX)
        return diagnostics_error(table->diagnostics, ER_TOO_MANY_KEY_PARTS, KEY_PARTS_MAX);
    struct index_part *parts = arena_array(table->arena, struct index_part, key->parts.count);
    for (uint32_t i = 0; i < key->parts.count; i++) {
        enum status status = part_make(table, &key->parts.items[i], &parts[i]);
        if (status != STATUS_OK) return status;
        const struct column_definition *column = &table->columns[parts[i].column];
        for (uint32_t j = 0; j < i; j++)
            if (parts[j].column == parts[i].column)
                return diagnostics_error(table->diagnostics, ER_DUP_FIELDNAME,
                                         ddl_text(table, column->name));
        bytes += part_bytes(&column->type, parts[i].prefix_chars);
    }
    if (bytes > KEY_BYTES_MAX)
        return diagnostics_error(table->diagnostics, ER_TOO_LONG_KEY, KEY_BYTES_MAX);
    *out = parts;
    return STATUS_OK;
}

/* ---- keys ---- */

static enum status primary_add(struct ddl_table *table, const struct ast_key *key,
                               struct index_part *parts) {
    if (table->primary.part_count > 0)
        return diagnostics_error(table->diagnostics, ER_MULTIPLE_PRI_KEY);
    for (uint32_t i = 0; i < key->parts.count; i++) {
        struct column_definition *column = &table->columns[parts[i].column];
        bool said_null = parts[i].column < 64 && (table->explicit_null >> parts[i].column & 1) != 0;
        bool is_null =
            column->default_kind == DEFAULT_VALUE && column_type_is_nullable(&column->type);
        if (said_null) return diagnostics_error(table->diagnostics, ER_PRIMARY_CANT_HAVE_NULL);
        if (is_null && value_is_null(&column->default_value)) column->default_kind = DEFAULT_NONE;
        column->type.flags |= COLUMN_NOT_NULL;
        if (parts[i].prefix_chars != 0)
            return diagnostics_unsupported(table->diagnostics, "a prefix in a PRIMARY KEY");
        if (parts[i].flags & INDEX_PART_DESCENDING)
            return diagnostics_unsupported(table->diagnostics, "DESC in a PRIMARY KEY");
    }
    table->primary = (struct index_definition){.name = SLICE_LITERAL("PRIMARY"),
                                               .kind = INDEX_PRIMARY,
                                               .part_count = (uint16_t)key->parts.count,
                                               .parts = parts,
                                               .comment = arena_copy(table->arena, key->comment)};
    return STATUS_OK;
}

static enum status index_name(struct ddl_table *table, const struct ast_key *key,
                              struct slice *name_out) {
    struct slice given = key->name.size > 0 ? key->name : key->constraint;
    if (given.size == 0) {
        *name_out = ddl_index_name(table, key->parts.items[0].column);
        return STATUS_OK;
    }
    if (slice_equal_nocase(given, SLICE_LITERAL("PRIMARY")))
        return diagnostics_error(table->diagnostics, ER_WRONG_NAME_FOR_INDEX,
                                 ddl_text(table, given));
    if (name_is_taken(table, given))
        return diagnostics_error(table->diagnostics, ER_DUP_KEYNAME, ddl_text(table, given));
    *name_out = given;
    return STATUS_OK;
}

static struct index_definition *index_push(struct ddl_table *table) {
    if (table->index_count == table->index_capacity) {
        uint32_t capacity = MAX(8u, 2 * table->index_capacity);
        struct index_definition *indexes =
            arena_array(table->arena, struct index_definition, capacity);
        if (table->index_count > 0)
            memcpy(indexes, table->indexes, table->index_count * sizeof *indexes);
        table->indexes = indexes;
        table->index_capacity = capacity;
    }
    return &table->indexes[table->index_count++];
}

enum status ddl_index_add(struct ddl_table *table, const struct ast_key *key) {
    struct index_part *parts = NULL;
    struct slice name;
    const char *missing = missing_of(key);
    if (missing != NULL) return diagnostics_unsupported(table->diagnostics, missing);
    enum status status = parts_make(table, key, &parts);
    if (status != STATUS_OK) return status;
    if (charset_length(CHARSET_UTF8MB4, key->comment) > INDEX_COMMENT_CHARS_MAX)
        return diagnostics_error(table->diagnostics, ER_TOO_LONG_INDEX_COMMENT,
                                 ddl_text(table, key->name),
                                 (unsigned long)INDEX_COMMENT_CHARS_MAX);
    if (key->kind == AST_KEY_PRIMARY) return primary_add(table, key, parts);
    if (table->index_count == INDEXES_MAX)
        return diagnostics_error(table->diagnostics, ER_TOO_MANY_KEYS, INDEXES_MAX);
    status = index_name(table, key, &name);
    if (status != STATUS_OK) return status;
    *index_push(table) = (struct index_definition){
        .name = arena_copy(table->arena, name),
        .kind = key->kind == AST_KEY_UNIQUE ? INDEX_UNIQUE : INDEX_ORDERED,
        .is_invisible = key->visible == AST_NO,
        .part_count = (uint16_t)key->parts.count,
        .parts = parts,
        .comment = arena_copy(table->arena, key->comment)};
    return STATUS_OK;
}
