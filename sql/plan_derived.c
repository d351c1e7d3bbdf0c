/* plan_derived.c: derived tables and CTEs.
 *
 * Each reference to a CTE plans its query anew. A recursive CTE is a union whose arms from some place on name the CTE itself: the
 * arms before are the seed, those after the step; in the step, the name means the rows of the round before.
 */
#include "sql/plan_private.h"

static bool query_names(const struct bound_query *query, const struct bound_cte *cte);

static bool select_names(const struct bound_select *select, const struct bound_cte *cte) {
    for (uint32_t i = 0; i < select->table_count; i++) {
        const struct bound_table *table = select->tables[i];
        if (table->kind == BOUND_CTE && table->cte == cte) return true;
        if (table->kind == BOUND_DERIVED && query_names(table->query, cte)) return true;
    }
    return false;
}

static bool query_names(const struct bound_query *query, const struct bound_cte *cte) {
    for (uint32_t i = 0; i < query->arm_count; i++) {
        const struct bound_arm *arm = &query->arms[i];
        if (arm->select != NULL && select_names(arm->select, cte)) return true;
        if (arm->query != NULL && query_names(arm->query, cte)) return true;
    }
    return false;
}

static bool arm_names(const struct bound_arm *arm, const struct bound_cte *cte) {
    if (arm->select != NULL) return select_names(arm->select, cte);
    return arm->query != NULL && query_names(arm->query, cte);
}

/* Some of a query's arms as a query. */
static struct bound_query *query_of_arms(struct planner *planner, const struct bound_query *whole,
                                         uint32_t from, uint32_t count) {
    struct bound_query *query = arena_new(planner->arena, struct bound_query);
    *query = (struct bound_query){.column_count = whole->column_count, .items = whole->items};
    query->arms = arena_array(planner->arena, struct bound_arm, count);
    memcpy(query->arms, whole->arms + from, count * sizeof *query->arms);
    query->arms[0].op = ARM_FIRST;
    query->arm_count = count;
    if (count == 1 && query->arms[0].select != NULL) query->items = query->arms[0].select->items;
    if (count == 1 && query->arms[0].query != NULL) query->items = query->arms[0].query->items;
    return query;
}

static enum status plan_recursive(struct planner *planner, const struct bound_cte *cte,
                                  const uint64_t *known, struct plan_node *node) {
    const struct bound_query *query = cte->query;
    uint32_t seeds = 0;
    while (seeds < query->arm_count && !arm_names(&query->arms[seeds], cte)) seeds++;
    if (seeds == query->arm_count) return plan_query_make(planner, query, known, &node->query);
    if (seeds == 0 || query->order_count > 0) {
        return diagnostics_unsupported(planner->input->diagnostics,
                                       "this form of a recursive common table expression");
    }
    node->is_distinct = !query->arms[seeds].is_all;
    node->step_limit = query->limit;
    node->step_offset = query->offset;
    struct bound_query *seed = query_of_arms(planner, query, 0, seeds);
    struct bound_query *step = query_of_arms(planner, query, seeds, query->arm_count - seeds);
    enum status status = plan_query_make(planner, seed, known, &node->query);
    if (status != STATUS_OK) return status;
    struct cte_open open = {.cte = cte, .node = node, .outer = planner->ctes};
    planner->ctes = &open;
    status = plan_query_make(planner, step, known, &node->step);
    planner->ctes = open.outer;
    return status;
}

static const struct plan_node *open_cte(const struct planner *planner,
                                        const struct bound_cte *cte) {
    for (const struct cte_open *open = planner->ctes; open != NULL; open = open->outer) {
        if (open->cte == cte) return open->node;
    }
    return NULL;
}

static void column_collations(struct planner *planner, const struct bound_query *query,
                              struct plan_node *node) {
    uint16_t *collations = arena_array(planner->arena, uint16_t, query->column_count + 1);
    for (uint32_t i = 0; i < query->column_count; i++) {
        collations[i] = query->items[i].type.collation;
    }
    node->collations = collations;
}

enum status plan_derived(struct planner *planner, struct bound_table *table, const uint64_t *known,
                         struct plan_node **out) {
    if (table->is_lateral) {
        return diagnostics_unsupported(planner->input->diagnostics, "LATERAL");
    }
    bool is_cte = table->kind == BOUND_CTE;
    const struct plan_node *owner = is_cte ? open_cte(planner, table->cte) : NULL;
    struct plan_node *node = node_new(planner, owner != NULL ? PLAN_WORK : PLAN_DERIVED, NULL);
    *out = node;
    node->table = table;
    uint64_t *slots = slots_new(planner);
    slots_of_table(table, slots);
    node_set_slots(planner, node, slots);
    if (owner != NULL) {
        node->owner = owner;
        node->rows = node->cost = 100;
        return STATUS_OK;
    }
    const struct bound_query *query = is_cte ? table->cte->query : table->query;
    column_collations(planner, query, node);
    node->is_correlated = query->is_correlated;
    enum status status = is_cte && table->cte->is_recursive
                             ? plan_recursive(planner, table->cte, known, node)
                             : plan_query_make(planner, query, known, &node->query);
    if (status != STATUS_OK) return status;
    node->rows = node->query->root->rows;
    node->cost = node->query->root->cost + node->rows;
    return STATUS_OK;
}
