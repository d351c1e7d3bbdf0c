/* exec.c: how is a plan run, and what reaches the client?
 *
 *   stage_step(root) .. row in the slots --> items --> result_sink.row .. END
 *
 * Operators are opened top down, one state per plan node. The kinds are in a table, each in a file of its own.
 * Invariants (X1) to (X3) are in exec.h.
 */
#include "sql/exec_spill.h"

#include "sql/dml.h"
#include "sql/function.h"
#include "sql/spill.h"

#define PAUSE_US 1000

/* ---- operators ---- */

typedef struct stage *stage_maker(struct execution *execution, const struct plan_node *node);

static stage_maker *const makers[] = {
    [PLAN_ONCE] = exec_once_open,         [PLAN_NEVER] = exec_once_open,
    [PLAN_SCAN] = exec_scan_open,         [PLAN_VALUES] = exec_values_open,
    [PLAN_FILTER] = exec_filter_open,     [PLAN_APPLY] = exec_apply_open,
    [PLAN_GROUP] = exec_group_open,       [PLAN_PROJECT] = exec_project_open,
    [PLAN_DISTINCT] = exec_distinct_open, [PLAN_SORT] = exec_sort_open,
    [PLAN_DERIVED] = exec_derived_open,   [PLAN_WORK] = exec_work_open,
    [PLAN_VIRTUAL] = exec_virtual_open,   [PLAN_SET] = exec_set_open,
    [PLAN_LIMIT] = exec_limit_open,       [PLAN_LOOKUP] = exec_lookup_open,
    [PLAN_HASH] = exec_hash_open,         [PLAN_LOOP] = exec_loop_open,
};

enum status stage_open(struct execution *execution, const struct plan_node *node,
                       struct stage **out) {
    if (node->kind >= ARRAY_COUNT(makers) || makers[node->kind] == NULL) {
        return diagnostics_unsupported(execution->eval->diagnostics, "this kind of query");
    }
    struct stage *stage = makers[node->kind](execution, node);
    stage->node = node;
    execution->stages[node->number] = stage;
    enum status status = STATUS_OK;
    if (node->input != NULL) status = stage_open(execution, node->input, &stage->input);
    /* The inner side of a look-up join is read by the join itself. */
    bool opens_inner = node->inner != NULL && node->kind != PLAN_LOOKUP;
    if (status == STATUS_OK && opens_inner) {
        status = stage_open(execution, node->inner, &stage->inner);
    }
    *out = stage;
    return status;
}

/* (X3) */
static void stages_close(struct execution *execution) {
    for (uint32_t i = 0; i < execution->context->plan->node_count; i++) {
        struct stage *stage = execution->stages[i];
        if (stage != NULL && stage->close != NULL) stage->close(stage, execution);
    }
}

/* ---- help for operators ---- */

enum status exec_refused(struct execution *execution, enum status status) {
    return diagnostics_status(execution->eval->diagnostics, status);
}

static bool is_over_budget(const struct execution *execution);

enum status exec_pause_slow(struct execution *execution) {
    struct waiter *waiter = execution->context->waiter;
    execution->since_pause = 0;
    if (is_over_budget(execution)) {
        return diagnostics_error_text(execution->eval->diagnostics, ER_OUT_OF_SORTMEMORY,
                                      "The statement needs more memory than its budget");
    }
    if (waiter->cancel != CANCEL_NOT) return exec_refused(execution, STATUS_CANCELLED);
    /* The clock moves only when the fiber is resumed, so this yields once for each slice of rows. */
    if (waiter_wait(waiter, WAIT_YIELD) == WAIT_CANCELLED) {
        return exec_refused(execution, STATUS_CANCELLED);
    }
    execution->paused_us = waiter->now_us;
    return STATUS_OK;
}

enum status exec_conditions(struct execution *execution, struct expr **conditions, uint32_t count,
                            bool *passes_out) {
    *passes_out = true;
    for (uint32_t i = 0; i < count && *passes_out; i++) {
        int truth;
        enum status status = expr_truth(conditions[i], execution->eval, &truth);
        if (status != STATUS_OK) return status;
        *passes_out = truth > 0;
    }
    return STATUS_OK;
}

enum status exec_count(struct execution *execution, const struct expr *expr, uint64_t absent,
                       uint64_t *count_out) {
    *count_out = absent;
    if (expr == NULL) return STATUS_OK;
    struct value value;
    enum status status = expr_eval(expr, execution->eval, &value);
    if (status != STATUS_OK) return status;
    bool is_integer = value.kind == VALUE_UINT || (value.kind == VALUE_INT && value.i >= 0);
    if (!is_integer) {
        return diagnostics_error(execution->eval->diagnostics, ER_WRONG_ARGUMENTS, "LIMIT");
    }
    *count_out = value.u;
    return STATUS_OK;
}

/* ---- memory ---- */

struct exec_arena {
    struct arena arena;
    struct exec_arena *next;
};

static bool is_over_budget(const struct execution *execution) {
    const struct exec_arena *own = execution->context->arenas;
    while (own != NULL && !arena_over_budget(&own->arena)) own = own->next;
    return own != NULL || arena_over_budget(execution->arena);
}

struct arena *exec_arena_open(struct execution *execution) {
    struct exec_context *context = execution->context;
    struct exec_arena *own = arena_new(context->arena, struct exec_arena);
    arena_open(&own->arena, context->arena->source, context->arena->budget_bytes);
    own->next = context->arenas;
    context->arenas = own;
    return &own->arena;
}

void exec_abandon(struct exec_context *context) {
    for (struct exec_arena *own = context->arenas; own != NULL; own = own->next) {
        arena_close(&own->arena);
    }
    context->arenas = NULL;
    for (struct spill *spill = context->spills; spill != NULL; spill = spill->next) {
        if (spill->file != NULL) context->spill_files->close(context->spill_files, spill->file);
        spill->file = NULL;
    }
    context->spills = NULL;
    if (context->eval->regexps != NULL) regexps_close(context->eval->regexps);
    context->eval->regexps = NULL;
}

/* ---- queries ---- */

static struct result_column column_of(const struct bound_item *item) {
    struct result_column column = {.schema = item->origin_schema,
                                   .table = item->origin_alias,
                                   .original_table = item->origin_table,
                                   .name = item->name,
                                   .original_name = item->origin_column,
                                   .type = item->type,
                                   .flags = item->origin_flags};
    if (!item->is_nullable) column.flags |= ORIGIN_NOT_NULL;
    return column;
}

void exec_describe(const struct plan *plan, struct arena *arena,
                   const struct result_column **columns_out, uint32_t *count_out) {
    *columns_out = NULL;
    *count_out = 0;
    if (plan->kind != BOUND_QUERY) return;
    const struct plan_query *query = plan->query;
    struct result_column *columns = arena_array(arena, struct result_column, query->item_count);
    for (uint32_t i = 0; i < query->item_count; i++) columns[i] = column_of(&query->items[i]);
    *columns_out = columns;
    *count_out = query->item_count;
}

static enum status send_row(struct execution *execution, const struct plan_query *query,
                            struct value *values) {
    for (uint32_t i = 0; i < query->item_count; i++) {
        values[i] = execution->slots[query->items[i].slot];
    }
    struct result_sink *sink = execution->context->sink;
    enum status status = sink->row(sink, values, query->item_count);
    return status == STATUS_OK ? STATUS_OK : exec_refused(execution, status);
}

/* sql_select_limit, of queries without a LIMIT of their own. */
static uint64_t row_limit(const struct execution *execution, const struct plan_query *query) {
    return query->bound->limit != NULL ? UINT64_MAX : execution->context->row_limit;
}

static enum status send_rows(struct execution *execution, struct stage *root,
                             const struct plan_query *query, struct exec_result *result) {
    struct value *values = arena_array(execution->arena, struct value, MAX(query->item_count, 1u));
    enum status status = STATUS_END;
    uint64_t most = row_limit(execution, query);
    while (result->rows_sent < most && (status = stage_step(root, execution)) == STATUS_OK) {
        status = send_row(execution, query, values);
        if (status != STATUS_OK) return status;
        result->rows_sent++;
        exec_forget(execution);
        status = exec_pause(execution);
        if (status != STATUS_OK) return status;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* The first row is computed before the columns are sent, so that most errors come alone. */
static enum status exec_query(struct execution *execution, struct exec_result *result) {
    const struct plan_query *query = execution->context->plan->query;
    struct stage *root;
    enum status status = stage_open(execution, query->root, &root);
    if (status != STATUS_OK) return status;
    bool is_empty = row_limit(execution, query) == 0;
    enum status first = is_empty ? STATUS_END : stage_step(root, execution);
    if (first != STATUS_OK && first != STATUS_END) return first;
    const struct result_column *columns;
    uint32_t count;
    exec_describe(execution->context->plan, execution->arena, &columns, &count);
    struct result_sink *sink = execution->context->sink;
    sink->columns(sink, columns, count);
    result->has_rows = 1;
    if (first == STATUS_OK) {
        struct value *values = arena_array(execution->arena, struct value, MAX(count, 1u));
        status = send_row(execution, query, values);
        result->rows_sent = 1;
        if (status == STATUS_OK) status = send_rows(execution, root, query, result);
    }
    bool is_counted = execution->found_rows != UINT64_MAX;
    result->found_rows = is_counted ? execution->found_rows : result->rows_sent;
    return status;
}

enum status exec_statement(struct exec_context *context, struct exec_result *result_out) {
    const struct plan *plan = context->plan;
    struct execution execution = {.context = context,
                                  .eval = context->eval,
                                  .arena = context->arena,
                                  .paused_us = context->waiter->now_us,
                                  .found_rows = UINT64_MAX};
    *result_out = (struct exec_result){0};
    execution.slots =
        arena_alloc_zeroed(context->arena, (plan->slot_count + 1) * sizeof(struct value));
    execution.stages =
        arena_alloc_zeroed(context->arena, (plan->node_count + 1) * sizeof(struct stage *));
    context->eval->slots = execution.slots;
    context->eval->regexps = regexps_open(context->arena);
    struct arena *given = context->eval->arena;
    if (given == context->arena) context->eval->arena = exec_arena_open(&execution);
    enum status status = STATUS_INVALID;
    switch (plan->kind) {
    case BOUND_QUERY: status = exec_query(&execution, result_out); break;
    case BOUND_INSERT: status = dml_insert(&execution, result_out); break;
    case BOUND_MODIFY: status = dml_modify(&execution, result_out); break;
    }
    stages_close(&execution);
    context->eval->arena = given;
    exec_abandon(context);
    return status;
}
