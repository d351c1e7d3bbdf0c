/* ddl_column.c: a column of CREATE or ALTER TABLE: type, NULL, default, attributes.
 *
 * A literal default is converted to the column's type now, so that a wrong one is error 1067 here and never at INSERT; an
 * expression is kept as text and bound by each INSERT.
 */
#include "row/convert.h"
#include "row/temporal.h"
#include "sql/ast_print.h"
#include "sql/ddl.h"

static enum status refuse_default(struct ddl_table *table, const struct column_definition *column) {
    return diagnostics_error(table->diagnostics, ER_INVALID_DEFAULT, ddl_text(table, column->name));
}

/* NOW() and CURRENT_TIMESTAMP, with or without digits, outside of parentheses. */
static bool is_now(const struct ast_expr *ast) {
    if (ast->kind != AST_EXPR_CALL || ast->is_parenthesised || ast->call.schema.size > 0)
        return false;
    static const char *const names[] = {"NOW", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (slice_equal_nocase(ast->call.name, slice_of_text(names[i]))) return true;
    return false;
}

static uint64_t now_digits(const struct ast_expr *ast) {
    if (ast->arg_count == 0 || ast->args[0]->kind != AST_EXPR_LITERAL) return 0;
    return ast->args[0]->literal.integer;
}

static bool takes_now(const struct column_definition *column, const struct ast_expr *ast) {
    bool has_time = column->type.kind == COLUMN_DATETIME || column->type.kind == COLUMN_TIMESTAMP;
    return has_time && now_digits(ast) == column->type.scale;
}

static bool is_literal(const struct ast_expr *ast) {
    bool is_signed = ast->kind == AST_EXPR_NEGATE && ast->arg_count == 1;
    const struct ast_expr *inner = is_signed ? ast->args[0] : ast;
    return inner->kind == AST_EXPR_LITERAL && !ast->is_parenthesised;
}

static enum status literal_value(struct ddl_table *table, const struct value *given,
                                 struct column_definition *column) {
    struct session *session = table->session;
    const struct convert_options options = {.temporal_flags = session->settings.temporal_flags,
                                            .now_epoch_us = session->now_us};
    struct column_type type = column->type;
    struct value source = *given, converted;
    if (type.kind == COLUMN_TIMESTAMP) type.kind = COLUMN_DATETIME;
    enum status status = value_convert(&source, &type, &options, table->arena, &converted);
    if (status != STATUS_OK) return refuse_default(table, column);
    if (column->type.kind == COLUMN_TIMESTAMP) {
        source = converted;
        status = timezone_to_timestamp(session->settings.zone, &source, &converted);
        if (status != STATUS_OK) return refuse_default(table, column);
    }
    column->default_value = value_copy(&converted, table->arena);
    return STATUS_OK;
}

enum status ddl_column_default(struct ddl_table *table, const struct ast_expr *ast,
                               struct column_definition *column) {
    if (is_now(ast)) {
        column->default_kind = DEFAULT_NOW;
        return takes_now(column, ast) ? STATUS_OK : refuse_default(table, column);
    }
    if (!is_literal(ast)) {
        struct buffer text = buffer_of(table->arena);
        ast_print_expr(&text, ast);
        column->default_kind = DEFAULT_EXPRESSION;
        column->default_text = buffer_slice(&text);
        return STATUS_OK;
    }
    struct value value;
    enum status status = query_eval(table->session, ast, &value);
    if (status != STATUS_OK) return status;
    column->default_kind = DEFAULT_VALUE;
    column->default_value = value_null();
    if (value_is_null(&value))
        return column_type_is_nullable(&column->type) ? STATUS_OK : refuse_default(table, column);
    bool is_long = column_kind_is_blob(column->type.kind) || column->type.kind == COLUMN_JSON;
    if (is_long)
        return diagnostics_error(table->diagnostics, ER_BLOB_CANT_HAVE_DEFAULT,
                                 ddl_text(table, column->name));
    return literal_value(table, &value, column);
}

/* ---- what is not there yet ---- */

static const char *missing_of(const struct ast_column *ast) {
    if (ast->generated != AST_NOT_GENERATED) return "generated columns";
    if (ast->checks.count > 0) return "CHECK";
    if (ast->has_srid) return "SRID";
    if (ast->format.size > 0 && !slice_equal_nocase(ast->format, SLICE_LITERAL("DEFAULT")))
        return "COLUMN_FORMAT";
    if (ast->storage.size > 0 && !slice_equal_nocase(ast->storage, SLICE_LITERAL("DEFAULT")) &&
        !slice_equal_nocase(ast->storage, SLICE_LITERAL("MEMORY")))
        return "STORAGE";
    return NULL;
}

static enum status check_name(struct ddl_table *table, struct slice name) {
    bool is_wrong = name.size == 0 || name.data[name.size - 1] == ' ';
    if (is_wrong)
        return diagnostics_error(table->diagnostics, ER_WRONG_COLUMN_NAME, ddl_text(table, name));
    if (charset_length(CHARSET_UTF8MB4, name) > IDENTIFIER_CHARS_MAX)
        return diagnostics_error(table->diagnostics, ER_TOO_LONG_IDENT, ddl_text(table, name));
    return STATUS_OK;
}

static enum status set_attributes(struct ddl_table *table, const struct ast_column *ast,
                                  struct column_definition *out) {
    bool is_serial = ast->type->kind == AST_TYPE_SERIAL;
    bool is_number = column_kind_is_integer(out->type.kind) || out->type.kind == COLUMN_FLOAT ||
                     out->type.kind == COLUMN_DOUBLE;
    if (ast->is_auto_increment || is_serial) {
        if (!is_number)
            return diagnostics_error(table->diagnostics, ER_WRONG_FIELD_SPEC,
                                     ddl_text(table, ast->name));
        if (ast->default_value != NULL) return refuse_default(table, out);
        if (!column_kind_is_integer(out->type.kind))
            return diagnostics_unsupported(table->diagnostics, "AUTO_INCREMENT of FLOAT or DOUBLE");
        out->options |= COLUMN_AUTO_INCREMENT;
        out->type.flags |= COLUMN_NOT_NULL;
        out->default_kind = DEFAULT_NONE;
    }
    if (ast->on_update != NULL) {
        if (!takes_now(out, ast->on_update))
            return diagnostics_error(table->diagnostics, ER_INVALID_ON_UPDATE,
                                     ddl_text(table, ast->name));
        out->options |= COLUMN_ON_UPDATE_NOW;
    }
    if (ast->visible == AST_NO) out->options |= COLUMN_INVISIBLE;
    if (charset_length(CHARSET_UTF8MB4, ast->comment) > 1024)
        return diagnostics_error(table->diagnostics, ER_TOO_LONG_FIELD_COMMENT,
                                 ddl_text(table, ast->name), 1024ul);
    out->comment = arena_copy(table->arena, ast->comment);
    return STATUS_OK;
}

enum status ddl_column_make(struct ddl_table *table, const struct ast_column *ast,
                            struct column_definition *out) {
    const char *missing = missing_of(ast);
    if (missing != NULL) return diagnostics_unsupported(table->diagnostics, missing);
    enum status status = check_name(table, ast->name);
    if (status != STATUS_OK) return status;
    *out = (struct column_definition){.name = arena_copy(table->arena, ast->name),
                                      .default_kind = DEFAULT_VALUE,
                                      .default_value = value_null(),
                                      .absent_value = value_null()};
    status = bind_column_type(ast, table->definition.collation, table->arena, table->diagnostics,
                              &out->type);
    if (status != STATUS_OK) return status;
    if (ast->null == AST_NULL_REFUSED || ast->is_primary) out->type.flags |= COLUMN_NOT_NULL;
    if (ast->null == AST_NULL_ALLOWED && ast->is_primary)
        return diagnostics_error(table->diagnostics, ER_PRIMARY_CANT_HAVE_NULL);
    if (!column_type_is_nullable(&out->type)) out->default_kind = DEFAULT_NONE;
    if (ast->default_value != NULL) {
        status = ddl_column_default(table, ast->default_value, out);
        if (status != STATUS_OK) return status;
    }
    return set_attributes(table, ast, out);
}

enum status ddl_column_push(struct ddl_table *table, const struct column_definition *column) {
    if (table->column_count == COLUMNS_MAX)
        return diagnostics_error(table->diagnostics, ER_TOO_MANY_FIELDS);
    if (ddl_table_find(table, column->name) >= 0)
        return diagnostics_error(table->diagnostics, ER_DUP_FIELDNAME,
                                 ddl_text(table, column->name));
    if (table->column_count == table->column_capacity) {
        uint32_t capacity = MAX(16u, 2 * table->column_capacity);
        struct column_definition *columns =
            arena_array(table->arena, struct column_definition, capacity);
        if (table->column_count > 0)
            memcpy(columns, table->columns, table->column_count * sizeof *columns);
        table->columns = columns;
        table->column_capacity = capacity;
    }
    table->columns[table->column_count++] = *column;
    return STATUS_OK;
}

enum status ddl_column_add(struct ddl_table *table, const struct ast_column *ast) {
    struct column_definition made;
    enum status status = ddl_column_make(table, ast, &made);
    if (status == STATUS_OK) status = ddl_column_push(table, &made);
    if (status != STATUS_OK) return status;
    uint32_t place = table->column_count - 1;
    if (ast->null == AST_NULL_ALLOWED && place < 64) table->explicit_null |= (uint64_t)1 << place;
    return STATUS_OK;
}

enum status ddl_column_keys(struct ddl_table *table, const struct ast_column *ast) {
    struct ast_key_part part = {.column = ast->name};
    struct ast_key key = {.parts = {.items = &part, .count = 1}};
    enum status status = STATUS_OK;
    bool is_unique = ast->is_unique || ast->type->kind == AST_TYPE_SERIAL;
    if (ast->is_primary) {
        key.kind = AST_KEY_PRIMARY;
        status = ddl_index_add(table, &key);
    }
    if (status == STATUS_OK && is_unique) {
        key.kind = AST_KEY_UNIQUE;
        status = ddl_index_add(table, &key);
    }
    return status;
}
