/* ddl_default.c: may the default expressions of a table stand as they are?
 *
 * An expression is kept as text and bound by each INSERT, so the columns that it names must stay, under these names.
 *
 *   a name that no column has        3766 when the table had it before this statement, else 1054
 *   an AUTO_INCREMENT column         3768: its value is known last
 *   a column behind, which has an    3767: columns get their defaults in their order
 *   expression as its default
 */
#include "sql/ddl.h"
#include "sql/parse.h"

struct default_check {
    struct ddl_table *table;
    const struct table_definition *old; /* or NULL */
    uint32_t column;                    /* whose default it is */
};

static enum status tell_unknown(const struct default_check *check, struct slice name) {
    const struct ddl_table *table = check->table;
    bool was_there = check->old != NULL && table_find_column(check->old, name) >= 0;
    if (was_there) {
        return diagnostics_error(table->diagnostics, ER_DEPENDENT_BY_DEFAULT_GENERATED_VALUE,
                                 ddl_text(table, name), ddl_text(table, check->old->name));
    }
    return diagnostics_error(table->diagnostics, ER_BAD_FIELD_ERROR, ddl_text(table, name),
                             "default value expression");
}

static enum status check_name(const struct default_check *check, struct slice name) {
    const struct ddl_table *table = check->table;
    const char *own = ddl_text(table, table->columns[check->column].name);
    int32_t place = ddl_table_find(table, name);
    if (place < 0) return tell_unknown(check, name);
    const struct column_definition *column = &table->columns[place];
    if ((column->options & COLUMN_AUTO_INCREMENT) != 0)
        return diagnostics_error(table->diagnostics, ER_DEFAULT_VAL_GENERATED_REF_AUTO_INC, own);
    bool is_later = (uint32_t)place >= check->column && column->default_kind == DEFAULT_EXPRESSION;
    if (!is_later) return STATUS_OK;
    return diagnostics_error(table->diagnostics, ER_DEFAULT_VAL_GENERATED_NON_PRIOR, own);
}

static enum status check_names(const struct default_check *check, const struct ast_expr *expr) {
    if (expr->kind == AST_EXPR_COLUMN) return check_name(check, expr->column.column);
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        enum status status = check_names(check, expr->args[i]);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

enum status ddl_defaults_check(struct ddl_table *table, const struct table_definition *old) {
    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct column_definition *column = &table->columns[i];
        if (column->default_kind != DEFAULT_EXPRESSION) continue;
        const struct default_check check = {table, old, i};
        struct parse_input input = {.text = column->default_text};
        struct parse_result result;
        enum status status = parse_expression(table->arena, &input, &result);
        if (status != STATUS_OK) continue; /* INSERT tells what is wrong with it */
        status = check_names(&check, result.expr);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}
