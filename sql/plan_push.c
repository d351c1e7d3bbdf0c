/* plan_push.c: which aggregates and which ORDER BY .. LIMIT are computed where the rows are?
 *
 *   GROUP > SCAN           each request gives its groups with partial aggregates; GROUP merges those that have equal keys
 *   SORT .. LIMIT > SCAN   each request gives the first limit + offset rows of its own; SORT orders them and cuts
 *
 *   (P1) Only over a scan whose conditions are all pushed or decided by its keys, and which locks nothing.
 *   (P2) Keys, arguments and order expressions are plain columns: whatever may fail or warn stays in the front end.
 *   (P3) A partial result is exact where SQL's result is: sums of integers and decimals have 65 digits, AVG is a sum and a count.
 */
#include "sql/aggregate.h"
#include "sql/plan_private.h"

/* (P1) */
static bool scan_may_push(const struct planner *planner, const struct plan_node *node) {
    if (node->kind != PLAN_SCAN || planner->input->keeps_aggregates) return false;
    const struct plan_scan *scan = node->scan;
    return planner->modify == NULL && scan->filter_count == 0 && scan->row_slot == UINT32_MAX &&
           scan->limit == NULL && scan->bound->lock_mode == LOCK_NONE && !scan->is_grouped &&
           !scan->is_top;
}

/* (P2) */
static bool is_column_of(const struct expr *expr, const struct plan_scan *scan) {
    return expr->kind == EXPR_COLUMN && expr->table == scan->bound &&
           expr->type.kind != COLUMN_JSON;
}

static bool is_summed_exactly(const struct column_type *type) {
    return column_kind_is_integer(type->kind) || type->kind == COLUMN_DECIMAL ||
           type->kind == COLUMN_DOUBLE || type->kind == COLUMN_FLOAT;
}

/* Their order is that of their numbers where the rows are, that of their texts in SQL. */
static bool is_named(const struct column_type *type) {
    return type->kind == COLUMN_ENUM || type->kind == COLUMN_SET;
}

static bool aggregate_may_push(const struct bound_aggregate *aggregate,
                               const struct plan_scan *scan) {
    if (aggregate->is_distinct || aggregate->arg_count > 1) return false;
    enum aggregate_kind kind = aggregate_kind_of(aggregate);
    if (aggregate->arg_count == 0) return kind == AGGREGATE_KIND_COUNT;
    const struct expr *arg = aggregate->args[0];
    if (!is_column_of(arg, scan)) return false;
    switch (kind) {
    case AGGREGATE_KIND_COUNT: return true;
    case AGGREGATE_KIND_ANY_VALUE: return arg->type.kind != COLUMN_TIMESTAMP;
    case AGGREGATE_KIND_SUM:
    case AGGREGATE_KIND_AVG: return is_summed_exactly(&arg->type);
    case AGGREGATE_KIND_MIN:
    case AGGREGATE_KIND_MAX: /* rows hold UTC: a TIMESTAMP that is shown is local */
        return !is_named(&arg->type) && arg->type.kind != COLUMN_TIMESTAMP;
    case AGGREGATE_KIND_BIT_AND:
    case AGGREGATE_KIND_BIT_OR:
    case AGGREGATE_KIND_BIT_XOR:
    case AGGREGATE_KIND_GROUP_CONCAT:
    case AGGREGATE_KIND_STD_POP:
    case AGGREGATE_KIND_STD_SAMP:
    case AGGREGATE_KIND_VAR_POP:
    case AGGREGATE_KIND_VAR_SAMP: return false;
    }
    UNREACHABLE();
}

static bool group_may_push(const struct plan_group *group, const struct plan_scan *scan) {
    if (group->has_rollup) return false;
    for (uint32_t i = 0; i < group->key_count; i++) {
        if (!is_column_of(group->keys[i], scan)) return false;
    }
    for (uint32_t i = 0; i < group->aggregate_count; i++) {
        if (!aggregate_may_push(&group->aggregates[i], scan)) return false;
    }
    return group->key_count + group->aggregate_count > 0;
}

void plan_push_group(struct planner *planner, struct plan_node *grouped) {
    struct plan_node *node = grouped->input;
    struct plan_group *group = grouped->group;
    if (!scan_may_push(planner, node) || !group_may_push(group, node->scan)) return;
    group->partials = arena_array(planner->arena, struct plan_partial, group->aggregate_count + 1);
    const struct scan_push push = {.group = group};
    if (plan_scan_push(planner, node->scan, &push) != STATUS_OK) {
        group->partials = NULL;
        return;
    }
    node->scan->is_grouped = 1;
    node->slot_count = node->scan->column_count;
    node->slots = arena_array(planner->arena, uint32_t, node->slot_count + 1);
    for (uint32_t i = 0; i < node->slot_count; i++) node->slots[i] = node->scan->columns[i]->slot;
}

/* ---- top-n ---- */

const struct expr *plan_order_column(const struct bound_select *select, const struct expr *expr) {
    if (expr->kind == EXPR_COLUMN) return expr;
    for (uint32_t i = 0; i < select->item_count + select->hidden_item_count; i++) {
        bool is_item = expr->kind == EXPR_SLOT && select->items[i].slot == expr->slot;
        if (is_item && select->items[i].expr->kind == EXPR_COLUMN) return select->items[i].expr;
    }
    return NULL;
}

void plan_push_top(struct planner *planner, struct plan_node *sort,
                   const struct bound_select *select) {
    struct plan_node *node = sort->input;
    while (node->kind == PLAN_PROJECT) node = node->input;
    if (sort->sort.limit == NULL || select == NULL || !scan_may_push(planner, node)) return;
    uint32_t *columns = arena_array(planner->arena, uint32_t, sort->sort.order_count + 1);
    for (uint32_t i = 0; i < sort->sort.order_count; i++) {
        const struct expr *column = plan_order_column(select, sort->sort.order[i].expr);
        bool is_pushable = column != NULL && is_column_of(column, node->scan) &&
                           column->type.kind != COLUMN_TIMESTAMP;
        if (!is_pushable) return;
        columns[i] = column->column;
    }
    const struct scan_push push = {.orders = sort->sort.order,
                                   .order_columns = columns,
                                   .order_count = sort->sort.order_count};
    if (plan_scan_push(planner, node->scan, &push) != STATUS_OK) return;
    node->scan->is_top = 1;
    node->scan->top_limit = sort->sort.limit;
    node->scan->top_offset = sort->sort.offset;
}
