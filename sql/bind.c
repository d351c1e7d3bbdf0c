/* bind.c: a parsed statement as a bound one: where each kind of statement begins, and what all of the binder uses.
 *
 *   bind_change.c    INSERT, REPLACE, UPDATE, DELETE
 *   bind_query.c     WITH, unions, LIMIT           bind_select.c   one query block
 *   bind_from.c      tables, joins                 bind_group.c    what may stand above a grouping
 *   bind_subquery.c  subqueries in expressions     bind_scope.c    what a name means
 *   bind_expr.c      expressions                   bind_literal.c  literals, parameters
 *   bind_operator.c  operators                     bind_call.c     functions, aggregates
 *   bind_type.c      types that are written        coerce.c        types that follow
 *
 * A failure is in the diagnostics as soon as it is found; every function gives up at the first.
 */
#include "sql/bind_private.h"

void *bind_push_bytes(struct arena *arena, void *items, uint32_t *count, size_t each) {
    void *list;
    memcpy(&list, items, sizeof list);
    bool is_full = *count == 0 || (*count >= 4 && (*count & (*count - 1)) == 0);
    if (is_full) {
        size_t capacity = MAX(4u, *count * 2);
        void *larger = arena_array_bytes(arena, capacity, each);
        if (*count > 0) memcpy(larger, list, *count * each);
        memcpy(items, &larger, sizeof larger);
        list = larger;
    }
    return (uint8_t *)list + (*count)++ * each;
}

enum status bind_pause_slow(struct binder *binder) {
    struct waiter *waiter = binder->input->waiter;
    binder->node_count = 0;
    if (waiter == NULL || waiter_wait(waiter, WAIT_YIELD) == WAIT_WOKEN) return STATUS_OK;
    return diagnostics_status(binder->diagnostics, STATUS_CANCELLED);
}

uint32_t bind_new_slot(struct binder *binder) { return binder->statement->slot_count++; }

struct slice bind_copy(struct binder *binder, struct slice text) {
    return arena_copy(binder->arena, text);
}

const char *bind_text(struct binder *binder, struct slice text) {
    return arena_text(binder->arena, text);
}

const char *bind_clause_name(const struct binder *binder) {
    static const char *const names[] = {
        [CLAUSE_FIELDS] = "field list",    [CLAUSE_WHERE] = "where clause",
        [CLAUSE_ON] = "on clause",         [CLAUSE_GROUP] = "group statement",
        [CLAUSE_HAVING] = "having clause", [CLAUSE_ORDER] = "order clause",
        [CLAUSE_VALUES] = "field list",
    };
    return names[binder->scope->clause];
}

void bind_need(struct binder *binder, const struct bound_table *table, uint32_t privileges) {
    struct bound_statement *statement = binder->statement;
    bool is_stored = table->kind == BOUND_BASE || table->kind == BOUND_VIRTUAL;
    if (!is_stored || binder->view_depth > 0) return;
    for (uint32_t i = 0; i < statement->access_count; i++) {
        struct bound_access *access = &statement->accesses[i];
        if (slice_equal(access->schema, table->schema) && slice_equal(access->table, table->name)) {
            access->privileges |= privileges;
            return;
        }
    }
    struct bound_access *access =
        BIND_PUSH(binder->arena, &statement->accesses, &statement->access_count);
    *access = (struct bound_access){table->schema, table->name, privileges};
}

struct function_call bind_call_of(struct binder *binder, struct expr *expr) {
    return (struct function_call){.expr = expr,
                                  .arena = binder->arena,
                                  .diagnostics = binder->diagnostics,
                                  .connection_collation = binder->input->connection_collation,
                                  .sql_mode = binder->input->sql_mode};
}

/* ---- statements ---- */

static void binder_open(struct binder *binder, const struct bind_input *input) {
    struct bound_statement *statement = arena_new(input->arena, struct bound_statement);
    *binder = (struct binder){.input = input,
                              .arena = input->arena,
                              .diagnostics = input->diagnostics,
                              .statement = statement};
    statement->is_deterministic = 1;
    statement->parameter_count = input->literal_count + input->parameter_count;
    statement->parameter_types =
        arena_array(input->arena, struct column_type, statement->parameter_count);
    for (uint32_t i = 0; i < statement->parameter_count; i++) {
        statement->parameter_types[i].collation = COLLATION_BINARY;
    }
}

static enum status bind_top_query(struct binder *binder, const struct ast_query *ast) {
    binder->statement->kind = BOUND_QUERY;
    struct query_context context = {0};
    return bind_query(binder, ast, &context, &binder->statement->query);
}

enum status bind_statement(const struct bind_input *input, const struct ast_statement *statement,
                           struct bound_statement **bound_out) {
    struct binder binder;
    binder_open(&binder, input);
    *bound_out = binder.statement;
    switch (statement->kind) {
    case AST_SELECT: return bind_top_query(&binder, statement->query);
    case AST_INSERT:
    case AST_REPLACE: return bind_insert(&binder, statement->insert);
    case AST_UPDATE: return bind_update(&binder, statement->update);
    case AST_DELETE: return bind_delete(&binder, statement->delete);
    case AST_DO: return bind_do(&binder, &statement->call->args);
    default: return diagnostics_unsupported(input->diagnostics, ast_statement_name(statement));
    }
}

enum status bind_list(const struct bind_input *input, const struct ast_exprs *exprs,
                      struct bound_statement **bound_out) {
    struct binder binder;
    binder_open(&binder, input);
    *bound_out = binder.statement;
    return bind_do(&binder, exprs);
}

enum status bind_expression(const struct bind_input *input, const struct ast_expr *ast,
                            struct expr **expr_out) {
    struct binder binder;
    struct scope scope;
    binder_open(&binder, input);
    scope_open(&binder, &scope, NULL);
    enum status status = bind_expr(&binder, ast, expr_out);
    if (status == STATUS_OK) status = bind_scalar(&binder, *expr_out);
    bool needs_statement = status == STATUS_OK && ((*expr_out)->flags & EXPR_HAS_SUBQUERY) != 0;
    if (needs_statement) return diagnostics_unsupported(input->diagnostics, "a subquery here");
    return status;
}
