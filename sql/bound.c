/* bound.c: names of bound columns, for messages and EXPLAIN. */
#include "sql/bound.h"

#include "sql/expr_private.h"

struct slice bound_column_name(const struct bound_table *table, uint32_t column) {
    CHECK(column < table->column_count);
    switch (table->kind) {
    case BOUND_BASE: return table->base->definition->columns[column].name;
    case BOUND_VIRTUAL: return table->virtual_table->definition->columns[column].name;
    case BOUND_DERIVED:
    case BOUND_CTE: return table->column_names[column];
    }
    UNREACHABLE();
}

static void print_quoted(struct slice name, struct buffer *out) {
    buffer_append_byte(out, '`');
    buffer_append(out, name);
    buffer_append_byte(out, '`');
}

/* `schema`.`alias`.`column`; a slot that is no column is <n>. */
void expr_print_column(const struct expr *expr, struct buffer *out) {
    const struct bound_table *table = expr->kind == EXPR_COLUMN ? expr->table : NULL;
    if (table == NULL) {
        buffer_printf(out, expr->subquery != NULL ? "<subquery %u>" : "<%u>", (unsigned)expr->slot);
        return;
    }
    if (table->schema.size > 0) {
        print_quoted(table->schema, out);
        buffer_append_byte(out, '.');
    }
    print_quoted(table->alias, out);
    buffer_append_byte(out, '.');
    print_quoted(bound_column_name(table, expr->column), out);
}
