/* plan_join.c: in which order are tables joined, and how?
 *
 * Inner joins are flattened to a list of units (a table, or an outer join as a whole); the order is greedy: begin with the
 * unit of fewest rows, then always take the one that costs least to add. A unit that has an index on join columns is looked
 * up in batches; else equal columns make a hash join; else all is compared. STRAIGHT_JOIN keeps the order of the text.
 *   (J1) A condition of WHERE is never tried below the nullable side of an outer join; a condition of its ON never above.
 */
#include "sql/plan_private.h"

#define UNITS_MAX 61

struct unit {
    const struct bound_from *from;
    uint64_t *slots;
    bool is_placed;
};

struct join_order {
    struct unit units[UNITS_MAX];
    uint32_t count;
    bool is_straight;
};

static void slots_of_from(const struct bound_from *from, uint64_t *set) {
    if (from->kind == FROM_TABLE) {
        slots_of_table(from->table, set);
        return;
    }
    slots_of_from(from->left, set);
    slots_of_from(from->right, set);
}

static enum status units_collect(struct planner *planner, const struct bound_from *from,
                                 struct conditions *conditions, struct join_order *order) {
    bool is_inner = from->kind == FROM_JOIN && from->join != BOUND_LEFT;
    if (!is_inner) {
        if (order->count == UNITS_MAX) {
            return diagnostics_error(planner->input->diagnostics, ER_TOO_MANY_TABLES, UNITS_MAX);
        }
        struct unit *unit = &order->units[order->count++];
        *unit = (struct unit){.from = from, .slots = slots_new(planner)};
        slots_of_from(from, unit->slots);
        return STATUS_OK;
    }
    if (from->join == BOUND_STRAIGHT) order->is_straight = true;
    for (uint32_t i = 0; i < from->condition_count; i++) {
        conditions_add(planner, conditions, from->conditions[i]);
    }
    enum status status = units_collect(planner, from->left, conditions, order);
    return status == STATUS_OK ? units_collect(planner, from->right, conditions, order) : status;
}

/* ---- one table as the inner side ---- */

/* Conditions that read this table and nothing but it and `known`; not marked used. */
static void conjuncts_about(struct planner *planner, const struct conditions *conditions,
                            const struct bound_table *table, const uint64_t *known,
                            struct scan_want *want) {
    uint64_t *own = slots_new(planner);
    slots_of_table(table, own);
    uint64_t *have = slots_new(planner);
    slots_add(planner, have, own);
    slots_add(planner, have, known);
    want->conjuncts = arena_array(planner->arena, struct expr *, conditions->count + 1);
    for (uint32_t i = 0; i < conditions->count; i++) {
        const struct condition_pending *item = &conditions->items[i];
        bool is_about = !item->is_used && slots_meet(planner, item->slots, own) &&
                        slots_contain(planner, have, item->slots);
        if (is_about) want->conjuncts[want->conjunct_count++] = item->expr;
    }
}

static struct access_path *lookup_path(struct planner *planner, const struct conditions *conditions,
                                       struct bound_table *table, const uint64_t *known) {
    struct scan_want want = {
        .table = table, .known = known, .row_slot = plan_row_slot(planner, table)};
    conjuncts_about(planner, conditions, table, known, &want);
    return plan_path_best(planner, &want);
}

/* Does the path read what the outer rows bring? Else it is a scan of its own. */
static bool path_follows(const struct planner *planner, const struct access_path *path,
                         const uint64_t *outer) {
    return path->kind != ACCESS_FULL && slots_meet(planner, path->slots, outer);
}

static struct plan_join *join_new(struct planner *planner, enum bound_join_kind kind) {
    struct plan_join *join = arena_new(planner->arena, struct plan_join);
    join->kind = kind;
    join->result_slot = UINT32_MAX;
    return join;
}

static void join_finish(struct planner *planner, struct plan_node *node, struct plan_node *inner) {
    uint64_t *slots = node_slots(planner, node->input);
    slots_add(planner, slots, node_slots(planner, inner));
    node->inner = inner;
    node_set_slots(planner, node, slots);
}

static struct plan_node *inner_scan_node(struct planner *planner, struct plan_scan *scan) {
    struct plan_node *node = node_new(planner, PLAN_SCAN, NULL);
    uint64_t *slots = slots_new(planner);
    slots_of_scan(planner, scan->bound, slots);
    node_set_slots(planner, node, slots);
    node->scan = scan;
    node->rows = scan->path->rows;
    return node;
}

/* *joined: the outer side, then the join. The batch's answers are matched to outer rows by position; so a condition on outer slots that the keys do not decide, and all
 * others about both sides, are the join's. */
static enum status join_lookup(struct planner *planner, struct bound_table *table,
                               struct conditions *conditions, const uint64_t *known,
                               struct plan_node **joined) {
    struct plan_node *outer = *joined;
    struct plan_node *node = node_new(planner, PLAN_LOOKUP, outer);
    node->join = join_new(planner, BOUND_INNER);
    uint64_t *have = node_slots(planner, outer);
    slots_add(planner, have, known);
    struct scan_want all = {.table = table, .known = have};
    conjuncts_about(planner, conditions, table, have, &all);
    struct access_path *path = plan_path_best(planner, &all);
    /* The scan gets only what needs no outer row; covered bits are of the other list, so they are cleared: a condition is
     * tried again rather than forgotten. */
    struct scan_want own = {
        .table = table, .known = known, .row_slot = plan_row_slot(planner, table)};
    conjuncts_about(planner, conditions, table, known, &own);
    path->covered = 0;
    struct plan_scan *scan;
    enum status status = plan_scan_with(planner, &own, path, &scan);
    if (status != STATUS_OK) return status;
    node->rows = outer->rows * path->rows;
    node->cost = outer->cost + node->rows + 1;
    struct plan_node *inner = inner_scan_node(planner, scan);
    join_finish(planner, node, inner);
    uint64_t *both = node_slots(planner, node);
    slots_add(planner, both, known);
    uint64_t *inner_have = node_slots(planner, inner);
    slots_add(planner, inner_have, known);
    struct expr **pushed;
    uint32_t pushed_count;
    conditions_take(planner, conditions, inner_have, &pushed, &pushed_count);
    conditions_take(planner, conditions, both, &node->join->conditions,
                    &node->join->condition_count);
    *joined = node;
    return STATUS_OK;
}

/* Takes from the join's conditions the pairs `outer expression = inner expression`. */
static void join_keys(struct planner *planner, struct plan_join *join, const uint64_t *outer,
                      const uint64_t *inner) {
    join->outer_keys = arena_array(planner->arena, struct expr *, join->condition_count + 1);
    join->inner_keys = arena_array(planner->arena, struct expr *, join->condition_count + 1);
    join->key_collations = arena_array(planner->arena, uint16_t, join->condition_count + 1);
    for (uint32_t i = 0; i < join->condition_count; i++) {
        struct expr *condition = join->conditions[i];
        if (condition->kind != EXPR_COMPARE || condition->operation != PROGRAM_EQ) continue;
        uint64_t *left = slots_new(planner), *right = slots_new(planner);
        expr_slots(condition->args[0], left);
        expr_slots(condition->args[1], right);
        bool is_straight =
            slots_contain(planner, outer, left) && slots_contain(planner, inner, right);
        bool is_turned =
            slots_contain(planner, outer, right) && slots_contain(planner, inner, left);
        if (!is_straight && !is_turned) continue;
        join->key_collations[join->key_count] = condition->collation;
        join->outer_keys[join->key_count] = condition->args[is_straight ? 0 : 1];
        join->inner_keys[join->key_count++] = condition->args[is_straight ? 1 : 0];
    }
}

/* HASH or LOOP over an inner side that is planned on its own. All conditions stay: a hash match is tried again, which decides about
 * collations and kinds. */
static struct plan_node *join_kept(struct planner *planner, struct plan_node *outer,
                                   struct plan_node *inner, struct plan_join *join) {
    struct plan_node *node = node_new(planner, PLAN_LOOP, outer);
    node->join = join;
    join_finish(planner, node, inner);
    join_keys(planner, join, node_slots(planner, outer), node_slots(planner, inner));
    if (join->key_count > 0) node->kind = PLAN_HASH;
    node->rows = join->key_count > 0 ? MAX(outer->rows, inner->rows) : outer->rows * inner->rows;
    node->cost = outer->cost + inner->cost + node->rows;
    return node;
}

/* ---- outer joins ---- */

static void on_conditions(struct planner *planner, const struct bound_from *from,
                          struct conditions *conditions) {
    for (uint32_t i = 0; i < from->condition_count; i++) {
        conditions_add(planner, conditions, from->conditions[i]);
    }
}

/* (J1): the right side sees the conditions of ON alone; those about it alone are pushed into it. */
static enum status plan_left_join(struct planner *planner, const struct bound_from *from,
                                  struct conditions *where, const uint64_t *known,
                                  struct plan_node **out) {
    struct plan_node *outer;
    enum status status = plan_from(planner, from->left, where, known, &outer);
    if (status != STATUS_OK) return status;
    struct conditions on = {0};
    on_conditions(planner, from, &on);
    uint64_t *have = node_slots(planner, outer);
    slots_add(planner, have, known);
    bool is_table = from->right->kind == FROM_TABLE && from->right->table->kind == BOUND_BASE;
    struct access_path *path =
        is_table ? lookup_path(planner, &on, from->right->table, have) : NULL;
    if (path != NULL && path_follows(planner, path, node_slots(planner, outer))) {
        *out = outer;
        status = join_lookup(planner, from->right->table, &on, known, out);
        if (status == STATUS_OK) (*out)->join->kind = BOUND_LEFT;
        if (status == STATUS_OK) (*out)->rows = MAX((*out)->rows, outer->rows);
    } else {
        struct plan_node *inner;
        status = plan_from(planner, from->right, &on, known, &inner);
        if (status != STATUS_OK) return status;
        struct plan_join *join = join_new(planner, BOUND_LEFT);
        slots_add(planner, have, node_slots(planner, inner));
        conditions_take(planner, &on, have, &join->conditions, &join->condition_count);
        *out = join_kept(planner, outer, inner, join);
    }
    return status;
}

static enum status plan_unit(struct planner *planner, const struct unit *unit,
                             struct conditions *conditions, const uint64_t *known,
                             struct plan_node **out) {
    if (unit->from->kind == FROM_TABLE) {
        return plan_table(planner, unit->from->table, conditions, known, out);
    }
    return plan_left_join(planner, unit->from, conditions, known, out);
}

/* ---- the greedy order ---- */

static double unit_rows(struct planner *planner, const struct unit *unit,
                        const struct conditions *conditions, const uint64_t *known) {
    if (unit->from->kind == FROM_TABLE && unit->from->table->kind == BOUND_BASE) {
        return lookup_path(planner, conditions, unit->from->table, known)->rows;
    }
    return 1000;
}

static struct unit *unit_next(struct planner *planner, struct join_order *order,
                              const struct conditions *conditions, const uint64_t *known) {
    struct unit *best = NULL;
    double best_rows = 0;
    for (uint32_t i = 0; i < order->count; i++) {
        struct unit *unit = &order->units[i];
        if (unit->is_placed) continue;
        if (order->is_straight) return unit;
        double rows = unit_rows(planner, unit, conditions, known);
        if (best == NULL || rows < best_rows) {
            best = unit;
            best_rows = rows;
        }
    }
    return best;
}

static enum status join_unit(struct planner *planner, struct unit *unit,
                             struct conditions *conditions, const uint64_t *known,
                             struct plan_node **joined) {
    struct plan_node *outer = *joined;
    uint64_t *have = node_slots(planner, outer);
    slots_add(planner, have, known);
    const struct bound_from *from = unit->from;
    if (from->kind == FROM_TABLE && from->table->kind == BOUND_BASE) {
        struct access_path *path = lookup_path(planner, conditions, from->table, have);
        if (path_follows(planner, path, node_slots(planner, outer))) {
            return join_lookup(planner, from->table, conditions, known, joined);
        }
    }
    struct plan_node *inner;
    enum status status = plan_unit(planner, unit, conditions, known, &inner);
    if (status != STATUS_OK) return status;
    struct plan_join *join = join_new(planner, BOUND_INNER);
    slots_add(planner, have, node_slots(planner, inner));
    conditions_take(planner, conditions, have, &join->conditions, &join->condition_count);
    *joined = join_kept(planner, outer, inner, join);
    return STATUS_OK;
}

enum status plan_from(struct planner *planner, const struct bound_from *from,
                      struct conditions *conditions, const uint64_t *known,
                      struct plan_node **out) {
    struct join_order order = {0};
    enum status status = units_collect(planner, from, conditions, &order);
    if (status != STATUS_OK) return status;
    struct plan_node *node = NULL;
    for (uint32_t placed = 0; placed < order.count; placed++) {
        uint64_t *have = slots_new(planner);
        slots_add(planner, have, known);
        if (node != NULL) slots_add(planner, have, node_slots(planner, node));
        struct unit *unit = unit_next(planner, &order, conditions, have);
        unit->is_placed = true;
        status = node == NULL ? plan_unit(planner, unit, conditions, known, &node)
                              : join_unit(planner, unit, conditions, known, &node);
        if (status != STATUS_OK) return status;
        node = filter_above(planner, node, conditions, known);
    }
    *out = node;
    return STATUS_OK;
}
