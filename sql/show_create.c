/* show_create.c: a table's definition back as MySQL writes it, to the byte: dumps are restored from it, and SQLAlchemy reads it
 * with regular expressions.
 *
 *   CREATE TABLE `t` (
 *     `a` int NOT NULL AUTO_INCREMENT,
 *     `b` varchar(10) COLLATE utf8mb4_bin DEFAULT 'x',
 *     PRIMARY KEY (`a`),
 *     KEY `b` (`b`(4))
 *   ) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci
 *
 * The rules of what is left out: a collation equal to the table's; a character set equal to the table's; DEFAULT NULL of TEXT,
 * BLOB and JSON; USING BTREE, always.
 */
#include "row/collation.h"
#include "row/temporal.h"
#include "sql/ast_print.h"
#include "sql/privilege.h"
#include "sql/session_private.h"
#include "sql/show.h"

static void append(struct buffer *out, const char *text) {
    buffer_append(out, slice_of_text(text));
}

/* MySQL doubles quotes and escapes what a literal cannot hold. */
static void append_string(struct buffer *out, struct slice text) {
    buffer_append_byte(out, '\'');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        switch (byte) {
        case '\'': append(out, "''"); break;
        case '\\': append(out, "\\\\"); break;
        case '\n': append(out, "\\n"); break;
        case '\r': append(out, "\\r"); break;
        case 0: append(out, "\\0"); break;
        default: buffer_append_byte(out, byte);
        }
    }
    buffer_append_byte(out, '\'');
}

void show_identifier(const struct session *session, struct buffer *out, struct slice name) {
    if (!session->settings.quote_names) {
        buffer_append(out, name);
        return;
    }
    uint8_t quote = session->settings.sql_mode & SQL_MODE_ANSI_QUOTES ? '"' : '`';
    buffer_append_byte(out, quote);
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == quote) buffer_append_byte(out, quote);
        buffer_append_byte(out, name.data[i]);
    }
    buffer_append_byte(out, quote);
}

/* ---- pieces about a column ---- */

struct slice show_now(const struct column_type *type, struct arena *arena) {
    if (type->scale == 0) return SLICE_LITERAL("CURRENT_TIMESTAMP");
    return slice_of_text(arena_printf(arena, "CURRENT_TIMESTAMP(%u)", (unsigned)type->scale));
}

static struct slice value_as_text(const struct column_definition *column, struct arena *arena) {
    if (column->type.kind == COLUMN_BIT) {
        struct buffer bits = buffer_of(arena);
        append(&bits, "b'");
        uint64_t number = column->default_value.u;
        uint32_t digits = number == 0 ? 1 : 64 - (uint32_t)__builtin_clzll(number);
        while (digits-- > 0) buffer_append_byte(&bits, number >> digits & 1 ? '1' : '0');
        buffer_append_byte(&bits, '\'');
        return buffer_slice(&bits);
    }
    return value_text_typed(&column->default_value, &column->type, arena);
}

struct value show_column_default(const struct column_definition *column, struct arena *arena) {
    uint16_t collation = COLLATION_UTF8MB3_GENERAL_CI;
    switch ((enum default_kind)column->default_kind) {
    case DEFAULT_NONE: return value_null();
    case DEFAULT_VALUE:
        if (value_is_null(&column->default_value)) return value_null();
        return value_of_string(value_as_text(column, arena), collation);
    case DEFAULT_NOW: return value_of_string(show_now(&column->type, arena), collation);
    case DEFAULT_EXPRESSION: return value_of_string(column->default_text, collation);
    }
    UNREACHABLE();
}

static bool leads(const struct index_definition *index, uint32_t column) {
    return index->parts[0].column == column;
}

const char *show_column_key(const struct table_definition *definition, uint32_t column) {
    if (definition->index_count == 0) return "";
    const struct index_definition *primary = &definition->indexes[0];
    for (uint32_t i = 0; i < primary->part_count; i++)
        if (primary->parts[i].column == column) return "PRI";
    const char *found = "";
    for (uint32_t i = 1; i < definition->index_count; i++) {
        const struct index_definition *index = &definition->indexes[i];
        if (index->state != INDEX_PUBLIC || !leads(index, column)) continue;
        if (index->kind == INDEX_UNIQUE && index->part_count == 1) return "UNI";
        found = "MUL";
    }
    return found;
}

struct slice show_column_extra(const struct column_definition *column, struct arena *arena) {
    struct buffer out = buffer_of(arena);
    if (column->options & COLUMN_AUTO_INCREMENT) append(&out, "auto_increment");
    bool is_generated =
        column->default_kind == DEFAULT_NOW || column->default_kind == DEFAULT_EXPRESSION;
    if (column->options & COLUMN_GENERATED_STORED)
        append(&out, "STORED GENERATED");
    else if (column->options & COLUMN_GENERATED_VIRTUAL)
        append(&out, "VIRTUAL GENERATED");
    else if (is_generated)
        append(&out, "DEFAULT_GENERATED");
    if (column->options & COLUMN_ON_UPDATE_NOW) {
        if (out.size > 0) buffer_append_byte(&out, ' ');
        append(&out, "on update ");
        buffer_append(&out, show_now(&column->type, arena));
    }
    if (column->options & COLUMN_INVISIBLE) {
        if (out.size > 0) buffer_append_byte(&out, ' ');
        append(&out, "INVISIBLE");
    }
    return buffer_slice(&out);
}

struct slice show_column_privileges(struct session *session,
                                    const struct table_definition *definition,
                                    struct arena *arena) {
    static const struct {
        uint64_t bit;
        const char *text;
    } names[] = {{PRIVILEGE(SELECT), "select"},
                 {PRIVILEGE(INSERT), "insert"},
                 {PRIVILEGE(UPDATE), "update"},
                 {PRIVILEGE(REFERENCES), "references"}};
    uint64_t held = catalog_is_virtual(definition->database)
                        ? PRIVILEGE(SELECT)
                        : privilege_table(session, definition->database, definition->name);
    struct buffer out = buffer_of(arena);
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if ((held & names[i].bit) == 0) continue;
        if (out.size > 0) buffer_append_byte(&out, ',');
        append(&out, names[i].text);
    }
    return buffer_slice(&out);
}

uint32_t show_members_length(const struct column_type *type) {
    uint32_t longest = 0, sum = 0;
    uint8_t charset = collation_charset(type->collation)->id;
    for (uint32_t i = 0; i < type->member_count; i++) {
        uint32_t length = (uint32_t)charset_length(charset, type->members[i]);
        longest = MAX(longest, length);
        sum += length + (i > 0 ? 1u : 0u);
    }
    return type->kind == COLUMN_ENUM ? longest : sum;
}

/* ---- SHOW CREATE TABLE ---- */

static void put_collation(struct buffer *out, const struct table_definition *definition,
                          const struct column_type *type) {
    bool is_text =
        column_kind_is_text(type->kind) || type->kind == COLUMN_ENUM || type->kind == COLUMN_SET;
    if (!is_text) return;
    const struct charset *charset = collation_charset(type->collation);
    bool is_same_charset = charset == collation_charset(definition->collation);
    if (!is_same_charset) buffer_printf(out, " CHARACTER SET %s", charset->name);
    /* A collation that the character set does not imply is named. */
    bool is_implied = is_same_charset ? type->collation == definition->collation
                                      : type->collation == charset->collation_default;
    bool is_utf8mb4_default = !is_same_charset && charset->id == CHARSET_UTF8MB4;
    if (!is_implied || is_utf8mb4_default)
        buffer_printf(out, " COLLATE %s", collation_find(type->collation)->name);
}

static void put_default(struct buffer *out, const struct column_definition *column,
                        struct arena *arena) {
    bool is_long = column_kind_is_blob(column->type.kind) || column->type.kind == COLUMN_JSON;
    switch ((enum default_kind)column->default_kind) {
    case DEFAULT_NONE: return;
    case DEFAULT_NOW:
        append(out, " DEFAULT ");
        buffer_append(out, show_now(&column->type, arena));
        return;
    case DEFAULT_EXPRESSION:
        append(out, " DEFAULT (");
        buffer_append(out, column->default_text);
        append(out, ")");
        return;
    case DEFAULT_VALUE: break;
    }
    if (value_is_null(&column->default_value)) {
        if (!is_long) append(out, " DEFAULT NULL");
        return;
    }
    append(out, " DEFAULT ");
    struct slice text = value_as_text(column, arena);
    if (column->type.kind == COLUMN_BIT)
        buffer_append(out, text);
    else
        append_string(out, text);
}

static void put_column(struct session *session, struct buffer *out,
                       const struct table_definition *definition, uint32_t place) {
    const struct column_definition *column = &definition->columns[place];
    struct arena *arena = &session->statement_arena;
    append(out, place == 0 ? "  " : ",\n  ");
    show_identifier(session, out, column->name);
    append(out, " ");
    column_type_print(&column->type, out);
    put_collation(out, definition, &column->type);
    if (!column_type_is_nullable(&column->type))
        append(out, " NOT NULL");
    else if (column->type.kind == COLUMN_TIMESTAMP)
        append(out, " NULL");
    if (column->options & COLUMN_AUTO_INCREMENT)
        append(out, " AUTO_INCREMENT");
    else
        put_default(out, column, arena);
    if (column->options & COLUMN_ON_UPDATE_NOW) {
        append(out, " ON UPDATE ");
        buffer_append(out, show_now(&column->type, arena));
    }
    if (column->options & COLUMN_INVISIBLE) append(out, " /*!80023 INVISIBLE */");
    if (column->comment.size > 0) {
        append(out, " COMMENT ");
        append_string(out, column->comment);
    }
}

static void put_parts(struct session *session, struct buffer *out,
                      const struct table_definition *definition,
                      const struct index_definition *index) {
    append(out, " (");
    for (uint32_t i = 0; i < index->part_count; i++) {
        const struct index_part *part = &index->parts[i];
        if (i > 0) append(out, ",");
        show_identifier(session, out, definition->columns[part->column].name);
        if (part->prefix_chars > 0) buffer_printf(out, "(%u)", (unsigned)part->prefix_chars);
        if (part->flags & INDEX_PART_DESCENDING) append(out, " DESC");
    }
    append(out, ")");
}

static void put_index(struct session *session, struct buffer *out,
                      const struct table_definition *definition,
                      const struct index_definition *index) {
    append(out, ",\n  ");
    if (index->kind == INDEX_PRIMARY) {
        append(out, "PRIMARY KEY");
    } else {
        append(out, index->kind == INDEX_UNIQUE ? "UNIQUE KEY " : "KEY ");
        show_identifier(session, out, index->name);
    }
    put_parts(session, out, definition, index);
    if (index->comment.size > 0) {
        append(out, " COMMENT ");
        append_string(out, index->comment);
    }
    if (index->is_invisible) append(out, " /*!80000 INVISIBLE */");
}

/* `next`: the counter's value, which is told when it is not the first. */
static void put_options(struct buffer *out, const struct table_definition *definition,
                        uint64_t next) {
    const struct collation *collation = collation_find(definition->collation);
    const struct charset *charset = collation_charset(definition->collation);
    append(out, "\n) ENGINE=InnoDB");
    if (next > 1) buffer_printf(out, " AUTO_INCREMENT=%llu", (unsigned long long)next);
    buffer_printf(out, " DEFAULT CHARSET=%s", charset->name);
    if (!collation->is_default || charset->id == CHARSET_UTF8MB4)
        buffer_printf(out, " COLLATE=%s", collation->name);
    if (definition->comment.size == 0) return;
    append(out, " COMMENT=");
    append_string(out, definition->comment);
}

struct slice show_create_table(struct session *session, const struct table_definition *definition,
                               const struct table *base) {
    struct buffer out = buffer_of(&session->statement_arena);
    append(&out, "CREATE TABLE ");
    show_identifier(session, &out, definition->name);
    append(&out, " (\n");
    uint32_t columns = table_visible_column_count(definition);
    for (uint32_t i = 0; i < columns; i++) put_column(session, &out, definition, i);
    bool has_row_id = table_row_id_column(definition) >= 0;
    for (uint32_t i = has_row_id ? 1 : 0; i < definition->index_count; i++) {
        if (definition->indexes[i].state == INDEX_PUBLIC)
            put_index(session, &out, definition, &definition->indexes[i]);
    }
    bool has_counter = base != NULL && table_auto_increment_column(definition) >= 0;
    put_options(&out, definition, has_counter ? catalog_counter(session, base) : 0);
    return buffer_slice(&out);
}

struct slice show_create_database(struct session *session, struct slice name, enum show_form form) {
    struct buffer out = buffer_of(&session->statement_arena);
    uint16_t collation = show_database_collation(session, name);
    const struct charset *charset = collation_charset(collation);
    append(&out, "CREATE DATABASE ");
    if (form == SHOW_IF_NOT_EXISTS) append(&out, "/*!32312 IF NOT EXISTS*/ ");
    show_identifier(session, &out, name);
    buffer_printf(&out, " /*!40100 DEFAULT CHARACTER SET %s", charset->name);
    if (!collation_find(collation)->is_default || charset->id == CHARSET_UTF8MB4)
        buffer_printf(&out, " COLLATE %s", collation_find(collation)->name);
    append(&out, " */ /*!80016 DEFAULT ENCRYPTION='N' */");
    return buffer_slice(&out);
}
