/* into.c: SELECT .. INTO @a, @b: the row goes into user variables instead of to the client.
 *
 * A sink between the operators and nobody: the first row is assigned as it comes, a second one is error 1172, and none at
 * all is warning 1329, which leaves the variables as they are. INTO OUTFILE and DUMPFILE would write files of this host,
 * which is refused as MySQL refuses it where secure_file_priv is NULL.
 */
#include "sql/session_private.h"

static struct into *into_of(struct result_sink *sink) {
    return CONTAINER_OF(sink, struct into, sink);
}

enum status into_check(struct session *session, const struct bound_query *query) {
    const struct ast_into *into = query->into;
    struct diagnostics *diagnostics = &session->diagnostics;
    if (into == NULL) return STATUS_OK;
    if (into->kind != AST_INTO_VARIABLES)
        return diagnostics_error(diagnostics, ER_OPTION_PREVENTS_STATEMENT, "--secure-file-priv");
    if (into->variables.count != query->column_count)
        return diagnostics_error(diagnostics, ER_WRONG_NUMBER_OF_COLUMNS_IN_SELECT);
    for (uint32_t i = 0; i < into->variables.count; i++) {
        const struct ast_expr *target = into->variables.items[i];
        if (target->kind == AST_EXPR_USER_VARIABLE) continue;
        return diagnostics_error(diagnostics, ER_SP_UNDECLARED_VAR,
                                 arena_text(&session->statement_arena, target->column.column));
    }
    return STATUS_OK;
}

static void into_columns(struct result_sink *sink, const struct result_column *columns,
                         uint32_t count) {
    struct into *into = into_of(sink);
    CHECK(count == into->targets->variables.count);
    into->columns = columns;
}

/* What only the column's type can print is its text. */
static struct value into_value(struct into *into, const struct value *value, uint32_t column) {
    bool is_named = value->kind == VALUE_ENUM || value->kind == VALUE_SET;
    if (!is_named) return *value;
    const struct column_type *type = &into->columns[column].type;
    struct slice text = value_text_typed(value, type, &into->session->statement_arena);
    return value_of_string(text, type->collation);
}

static enum status into_row(struct result_sink *sink, const struct value *values, uint32_t count) {
    struct into *into = into_of(sink);
    if (into->row_count++ > 0)
        return diagnostics_error(&into->session->diagnostics, ER_TOO_MANY_ROWS);
    for (uint32_t i = 0; i < count; i++) {
        struct value value = into_value(into, &values[i], i);
        struct slice name = into->targets->variables.items[i]->variable.name;
        enum status status = user_variable_set(into->session, name, &value);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

struct result_sink *into_open(struct into *into, struct session *session,
                              const struct ast_into *targets) {
    struct recorder refuser; /* whose refusals of all else are ours */
    recorder_open(&refuser, &session->statement_arena, 0);
    *into = (struct into){.sink = refuser.sink, .session = session, .targets = targets};
    into->sink.columns = into_columns;
    into->sink.row = into_row;
    return &into->sink;
}

void into_end(const struct into *into, struct exec_result *result) {
    result->has_rows = 0;
    result->affected_rows = into->row_count;
    if (into->row_count == 0)
        diagnostics_warn(&into->session->diagnostics, CONDITION_WARNING, ER_SP_FETCH_NO_DATA);
}
