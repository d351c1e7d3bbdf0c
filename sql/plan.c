/* plan.c: from a bound statement to operators.
 *
 * A query block becomes, from the bottom:
 *
 *   FROM and joins (plan_join.c) > conditions > subqueries of rows > conditions on them > GROUP > subqueries of groups >
 *   HAVING > PROJECT > DISTINCT > SORT > LIMIT
 *
 * Conditions wait in a list until a node has all their slots. Sets of slots are bit sets of planner->slot_words words.
 */
#include "sql/plan_private.h"

#define PLAN_DEPTH_MAX 64

/* ---- sets of slots ---- */

uint64_t *slots_new(struct planner *planner) {
    return arena_alloc_zeroed(planner->arena, planner->slot_words * sizeof(uint64_t));
}

bool slots_contain(const struct planner *planner, const uint64_t *set, const uint64_t *part) {
    for (uint32_t i = 0; i < planner->slot_words; i++) {
        if ((part[i] & ~set[i]) != 0) return false;
    }
    return true;
}

bool slots_meet(const struct planner *planner, const uint64_t *a, const uint64_t *b) {
    for (uint32_t i = 0; i < planner->slot_words; i++) {
        if ((a[i] & b[i]) != 0) return true;
    }
    return false;
}

void slots_add(const struct planner *planner, uint64_t *set, const uint64_t *more) {
    for (uint32_t i = 0; i < planner->slot_words; i++) set[i] |= more[i];
}

static void slots_set(uint64_t *set, uint32_t slot) { set[slot / 64] |= (uint64_t)1 << slot % 64; }

void slots_of_table(const struct bound_table *table, uint64_t *set) {
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (table->columns[i] != NULL) slots_set(set, table->columns[i]->slot);
    }
}

uint32_t plan_row_slot(const struct planner *planner, const struct bound_table *table) {
    for (uint32_t i = 0; planner->modify != NULL && i < planner->modify->target_count; i++) {
        if (planner->modify->targets[i].table == table) return planner->row_slots + table->number;
    }
    return UINT32_MAX;
}

void slots_of_scan(const struct planner *planner, const struct bound_table *table, uint64_t *set) {
    slots_of_table(table, set);
    uint32_t row_slot = plan_row_slot(planner, table);
    if (row_slot != UINT32_MAX) slots_set(set, row_slot);
}

/* ---- nodes ---- */

struct plan_node *node_new(struct planner *planner, enum plan_kind kind, struct plan_node *input) {
    struct plan_node *node = arena_new(planner->arena, struct plan_node);
    node->kind = kind;
    node->input = input;
    node->number = planner->node_count++;
    if (input != NULL) {
        node->slots = input->slots;
        node->slot_count = input->slot_count;
        node->rows = input->rows;
        node->cost = input->cost;
    }
    return node;
}

void node_set_slots(struct planner *planner, struct plan_node *node, const uint64_t *set) {
    node->slot_count = 0;
    for (uint32_t i = 0; i < planner->slot_words; i++) {
        node->slot_count += (uint32_t)__builtin_popcountll(set[i]);
    }
    node->slots = arena_array(planner->arena, uint32_t, node->slot_count + 1);
    uint32_t at = 0;
    for (uint32_t slot = 0; slot < planner->slot_words * 64; slot++) {
        if ((set[slot / 64] >> slot % 64 & 1) != 0) node->slots[at++] = slot;
    }
}

uint64_t *node_slots(struct planner *planner, const struct plan_node *node) {
    uint64_t *set = slots_new(planner);
    for (uint32_t i = 0; i < node->slot_count; i++) slots_set(set, node->slots[i]);
    return set;
}

static void node_add_slot(struct planner *planner, struct plan_node *node, uint32_t slot) {
    uint64_t *set = node_slots(planner, node);
    slots_set(set, slot);
    node_set_slots(planner, node, set);
}

/* ---- conditions ---- */

void conditions_add(struct planner *planner, struct conditions *conditions, struct expr *expr) {
    if (conditions->count == conditions->capacity) {
        uint32_t capacity = MAX(8u, conditions->capacity * 2);
        struct condition_pending *items =
            arena_array(planner->arena, struct condition_pending, capacity);
        if (conditions->count > 0) {
            memcpy(items, conditions->items, conditions->count * sizeof *items);
        }
        conditions->items = items;
        conditions->capacity = capacity;
    }
    struct condition_pending *item = &conditions->items[conditions->count++];
    *item = (struct condition_pending){.expr = expr, .slots = slots_new(planner)};
    expr_slots(expr, item->slots);
}

void conditions_take(struct planner *planner, struct conditions *conditions, const uint64_t *have,
                     struct expr ***list_out, uint32_t *count_out) {
    struct expr **list = arena_array(planner->arena, struct expr *, conditions->count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < conditions->count; i++) {
        struct condition_pending *item = &conditions->items[i];
        if (item->is_used || !slots_contain(planner, have, item->slots)) continue;
        item->is_used = true;
        list[count++] = item->expr;
    }
    *list_out = list;
    *count_out = count;
}

struct plan_node *filter_above(struct planner *planner, struct plan_node *node,
                               struct conditions *conditions, const uint64_t *known) {
    uint64_t *have = node_slots(planner, node);
    slots_add(planner, have, known);
    struct expr **list;
    uint32_t count;
    conditions_take(planner, conditions, have, &list, &count);
    if (count == 0) return node;
    struct plan_node *filter = node_new(planner, PLAN_FILTER, node);
    filter->filter.conditions = list;
    filter->filter.condition_count = count;
    filter->rows = MAX(1.0, node->rows / 3);
    return filter;
}

/* ---- tables ---- */

static enum status plan_base(struct planner *planner, struct bound_table *table,
                             struct conditions *conditions, const uint64_t *known,
                             struct plan_node **out) {
    struct plan_node *node = node_new(planner, PLAN_SCAN, NULL);
    uint64_t *own = slots_new(planner);
    slots_of_scan(planner, table, own);
    node_set_slots(planner, node, own);
    uint64_t *have = node_slots(planner, node);
    slots_add(planner, have, known);
    struct scan_want want = {
        .table = table, .known = known, .row_slot = plan_row_slot(planner, table)};
    conditions_take(planner, conditions, have, &want.conjuncts, &want.conjunct_count);
    enum status status = plan_scan_make(planner, &want, &node->scan);
    if (status != STATUS_OK) return status;
    node->rows = node->cost = node->scan->path->rows;
    *out = node;
    return STATUS_OK;
}

enum status plan_table(struct planner *planner, struct bound_table *table,
                       struct conditions *conditions, const uint64_t *known,
                       struct plan_node **out) {
    if (table->kind == BOUND_BASE) return plan_base(planner, table, conditions, known, out);
    enum status status = STATUS_OK;
    if (table->kind == BOUND_VIRTUAL) {
        struct plan_node *node = node_new(planner, PLAN_VIRTUAL, NULL);
        node->table = table;
        uint64_t *slots = slots_new(planner);
        slots_of_table(table, slots);
        node_set_slots(planner, node, slots);
        node->rows = node->cost = 100;
        *out = node;
    } else {
        status = plan_derived(planner, table, known, out);
    }
    if (status == STATUS_OK) *out = filter_above(planner, *out, conditions, known);
    return status;
}

/* ---- query blocks ---- */

static uint32_t subquery_slot_count(const struct bound_subquery *subquery) {
    return subquery->kind == SUBQUERY_ROW ? subquery->column_count : 1;
}

static enum status plan_subqueries(struct planner *planner, struct bound_subquery **subqueries,
                                   uint32_t count, const uint64_t *known, struct plan_node **node) {
    if (count == 0) return STATUS_OK;
    struct plan_node *apply = node_new(planner, PLAN_APPLY, *node);
    apply->apply.items = arena_array(planner->arena, struct plan_apply, count);
    apply->apply.count = count;
    uint64_t *have = node_slots(planner, *node);
    slots_add(planner, have, known);
    for (uint32_t i = 0; i < count; i++) {
        struct plan_apply *item = &apply->apply.items[i];
        item->subquery = subqueries[i];
        enum status status = plan_query_make(planner, subqueries[i]->query, have, &item->plan);
        if (status != STATUS_OK) return status;
        for (uint32_t k = 0; k < subquery_slot_count(subqueries[i]); k++) {
            node_add_slot(planner, apply, subqueries[i]->slot + k);
        }
    }
    *node = apply;
    return STATUS_OK;
}

static void plan_grouping(struct planner *planner, const struct bound_select *select,
                          struct plan_node **node) {
    if (!select->is_grouped) return;
    struct plan_group *group = arena_new(planner->arena, struct plan_group);
    *group = (struct plan_group){.keys = select->group,
                                 .key_slots = select->group_slots,
                                 .key_count = select->group_count,
                                 .aggregates = select->aggregates,
                                 .aggregate_count = select->aggregate_count,
                                 .has_rollup = select->has_rollup};
    struct plan_node *grouped = node_new(planner, PLAN_GROUP, *node);
    grouped->group = group;
    uint64_t *slots = slots_new(planner);
    for (uint32_t i = 0; i < group->key_count; i++) slots_set(slots, group->key_slots[i]);
    for (uint32_t i = 0; i < group->aggregate_count; i++)
        slots_set(slots, group->aggregates[i].slot);
    node_set_slots(planner, grouped, slots);
    grouped->rows = group->key_count == 0 ? 1 : MAX(1.0, (*node)->rows / 10);
    plan_push_group(planner, grouped);
    *node = grouped;
}

static void plan_items(struct planner *planner, const struct bound_select *select,
                       struct plan_node **node) {
    struct plan_node *project = node_new(planner, PLAN_PROJECT, *node);
    project->project.items = select->items;
    project->project.count = select->item_count + select->hidden_item_count;
    uint64_t *slots = node_slots(planner, *node);
    for (uint32_t i = 0; i < project->project.count; i++) slots_set(slots, select->items[i].slot);
    node_set_slots(planner, project, slots);
    *node = project;
    if (!select->is_distinct) return;
    struct plan_node *distinct = node_new(planner, PLAN_DISTINCT, *node);
    distinct->project.items = select->items;
    distinct->project.count = select->item_count;
    uint64_t *kept = slots_new(planner); /* what only orders is the first row's of those equal */
    for (uint32_t i = 0; i < project->project.count; i++) slots_set(kept, select->items[i].slot);
    node_set_slots(planner, distinct, kept);
    *node = distinct;
}

enum status plan_rows(struct planner *planner, const struct bound_select *select,
                      const uint64_t *known, struct plan_node **out) {
    struct conditions where = {0};
    for (uint32_t i = 0; i < select->where_count; i++) {
        conditions_add(planner, &where, select->where[i]);
    }
    struct plan_node *node = NULL;
    enum status status = STATUS_OK;
    if (select->from == NULL) {
        node = node_new(planner, PLAN_ONCE, NULL);
        node->rows = 1;
    } else {
        status = plan_from(planner, select->from, &where, known, &node);
    }
    if (status != STATUS_OK) return status;
    status =
        plan_subqueries(planner, select->row_subqueries, select->row_subquery_count, known, &node);
    if (status != STATUS_OK) return status;
    node = filter_above(planner, node, &where, known);
    for (uint32_t i = 0; i < where.count; i++) CHECK(where.items[i].is_used);
    *out = node;
    return STATUS_OK;
}

static enum status plan_select(struct planner *planner, const struct bound_select *select,
                               const uint64_t *known, struct plan_node **out) {
    struct plan_node *node;
    enum status status = plan_rows(planner, select, known, &node);
    if (status != STATUS_OK) return status;
    plan_grouping(planner, select, &node);
    status = plan_subqueries(planner, select->group_subqueries, select->group_subquery_count, known,
                             &node);
    if (status != STATUS_OK) return status;
    if (select->having_count > 0) {
        struct plan_node *having = node_new(planner, PLAN_FILTER, node);
        having->filter.conditions = select->having;
        having->filter.condition_count = select->having_count;
        node = having;
    }
    if (select->window_count > 0) {
        return diagnostics_unsupported(planner->input->diagnostics, "window functions");
    }
    plan_items(planner, select, &node);
    *out = node;
    return STATUS_OK;
}

/* ---- order and limit ---- */

static bool part_is_single(const struct access_path *path, uint32_t part) {
    return part < path->part_count && path->parts[part].is_points &&
           path->parts[part].interval_count == 1;
}

/* An index's entries end with the primary key. */
static const struct index_part *entry_part(const struct table_definition *definition,
                                           const struct index_definition *index, uint32_t part) {
    if (part < index->part_count) return &index->parts[part];
    const struct index_definition *primary = &definition->indexes[0];
    bool is_behind = index != primary && part - index->part_count < primary->part_count;
    return is_behind ? &primary->parts[part - index->part_count] : NULL;
}

/* Is the index's order the one asked for? Parts that are one point may be left out. */
static bool path_gives_order(const struct access_path *path, const struct bound_query *query,
                             const struct bound_select *select) {
    const struct index_definition *index = &path->table->definition->indexes[path->index];
    uint32_t part = 0;
    for (uint32_t i = 0; i < query->order_count; i++) {
        const struct expr *column = plan_order_column(select, query->order[i].expr);
        if (column == NULL || query->order[i].is_descending != query->order[0].is_descending)
            return false;
        while (part < index->part_count && index->parts[part].column != column->column &&
               part_is_single(path, part)) {
            part++;
        }
        const struct index_part *next = entry_part(path->table->definition, index, part);
        bool is_next = next != NULL && next->column == column->column && next->flags == 0 &&
                       next->prefix_chars == 0;
        if (!is_next) return false;
        part++;
    }
    return true;
}

/* The scan that alone decides the order of the block's rows, or NULL. */
static struct plan_scan *ordering_scan(struct plan_node *root, const struct bound_select *select) {
    if (select == NULL || select->is_grouped || select->table_count != 1) return NULL;
    struct plan_node *node = root;
    while (node->kind == PLAN_PROJECT || node->kind == PLAN_FILTER || node->kind == PLAN_APPLY ||
           node->kind == PLAN_DISTINCT) {
        node = node->input;
    }
    return node->kind == PLAN_SCAN ? node->scan : NULL;
}

/* With a limit and nothing better than a full scan, an index in the right order reads the least. */
static void prefer_ordered_index(struct planner *planner, struct plan_scan *scan,
                                 const struct bound_query *query,
                                 const struct bound_select *select) {
    if (scan->path->kind != ACCESS_FULL || query->limit == NULL) return;
    const struct table_definition *definition = scan->bound->base->definition;
    for (uint32_t i = 0; i < definition->index_count; i++) {
        if (definition->indexes[i].state != INDEX_PUBLIC) continue;
        struct access_path *path = arena_new(planner->arena, struct access_path);
        *path = *scan->path;
        path->index = i;
        if (!path_gives_order(path, query, select)) continue;
        scan->path = path;
        return;
    }
}

static bool order_by_index(struct planner *planner, struct plan_node *root,
                           const struct bound_query *query, const struct bound_select *select) {
    struct plan_scan *scan = ordering_scan(root, select);
    if (scan == NULL) return false;
    prefer_ordered_index(planner, scan, query, select);
    bool is_one_row = scan->path->kind == ACCESS_POINT && scan->path->rows <= 1 &&
                      part_is_single(scan->path, 0) && scan->path->part_count == 1;
    if (is_one_row) return true;
    if (scan->path->kind == ACCESS_POINT || !path_gives_order(scan->path, query, select))
        return false;
    scan->order = SCAN_INDEX_ORDER;
    scan->is_descending = query->order[0].is_descending;
    return true;
}

static void push_limit(struct plan_node *root, const struct bound_query *query,
                       const struct bound_select *select) {
    struct plan_scan *scan = ordering_scan(root, select);
    const struct plan_node *below = root->kind == PLAN_PROJECT ? root->input : root;
    bool is_plain = scan != NULL && !select->is_distinct && scan->filter_count == 0 &&
                    below->kind == PLAN_SCAN && (select->options & AST_SELECT_CALC_FOUND_ROWS) == 0;
    if (!is_plain) return;
    scan->limit = query->limit;
    scan->offset_in_limit = query->offset;
}

/* Above a sort only the items are read. */
static void sort_keep_items(struct planner *planner, struct plan_node *sort,
                            const struct bound_query *query) {
    uint64_t *slots = slots_new(planner);
    for (uint32_t i = 0; i < query->column_count; i++) slots_set(slots, query->items[i].slot);
    node_set_slots(planner, sort, slots);
}

static bool order_has_item(const struct bound_query *query, const struct bound_item *item) {
    for (uint32_t i = 0; i < query->order_count; i++) {
        const struct expr *expr = query->order[i].expr;
        bool is_it = expr->kind == EXPR_SLOT && expr->slot == item->slot &&
                     expr->type.collation == item->expr->type.collation;
        if (is_it) return true;
    }
    return false;
}

/* Rows that are equal for DISTINCT are equal for the sort, and the other way round: then the sort does both. */
static bool sort_tells_distinct(const struct plan_node *root, const struct bound_query *query) {
    if (root->kind != PLAN_DISTINCT || query->order_count != root->project.count) return false;
    for (uint32_t i = 0; i < root->project.count; i++) {
        if (!order_has_item(query, &root->project.items[i])) return false;
    }
    return true;
}

static struct plan_node *sort_make(struct planner *planner, struct plan_node *root,
                                   const struct bound_query *query,
                                   const struct bound_select *select) {
    bool is_distinct = sort_tells_distinct(root, query);
    bool counts_all = select != NULL && (select->options & AST_SELECT_CALC_FOUND_ROWS) != 0;
    struct plan_node *sort = node_new(planner, PLAN_SORT, is_distinct ? root->input : root);
    sort->sort.order = query->order;
    sort->sort.order_count = query->order_count;
    sort->sort.is_distinct = is_distinct;
    if (planner->modify == NULL) sort_keep_items(planner, sort, query);
    if (counts_all) return sort;
    sort->sort.limit = query->limit;
    sort->sort.offset = query->offset;
    if (!is_distinct) plan_push_top(planner, sort, select);
    return sort;
}

struct plan_node *plan_order_and_limit(struct planner *planner, struct plan_node *root,
                                       const struct bound_query *query,
                                       const struct bound_select *select) {
    bool counts_all = select != NULL && (select->options & AST_SELECT_CALC_FOUND_ROWS) != 0;
    bool sorts = query->order_count > 0 && !order_by_index(planner, root, query, select);
    if (query->limit != NULL && !sorts) push_limit(root, query, select);
    if (sorts) root = sort_make(planner, root, query, select);
    if (query->limit == NULL && query->offset == NULL && !counts_all) return root;
    struct plan_node *limit = node_new(planner, PLAN_LIMIT, root);
    limit->limit.limit = query->limit;
    limit->limit.offset = query->offset;
    limit->limit.counts_all = counts_all;
    return limit;
}

/* ---- queries ---- */

static enum status plan_arm(struct planner *planner, const struct bound_arm *arm,
                            const uint64_t *known, const struct bound_query *query,
                            struct plan_query **out) {
    if (arm->query != NULL) return plan_query_make(planner, arm->query, known, out);
    struct plan_query *plan = arena_new(planner->arena, struct plan_query);
    *out = plan;
    plan->item_count = query->column_count;
    if (arm->select != NULL) {
        plan->items = arm->select->items;
        return plan_select(planner, arm->select, known, &plan->root);
    }
    plan->items = query->items;
    plan->root = node_new(planner, PLAN_VALUES, NULL);
    plan->root->values.rows = arm->rows;
    plan->root->values.row_count = arm->row_count;
    plan->root->rows = arm->row_count;
    plan->root->slots = arena_array(planner->arena, uint32_t, query->column_count + 1);
    plan->root->slot_count = query->column_count;
    for (uint32_t i = 0; i < query->column_count; i++) plan->root->slots[i] = query->items[i].slot;
    return STATUS_OK;
}

static enum status plan_set(struct planner *planner, const struct bound_query *query,
                            const uint64_t *known, struct plan_node **out) {
    struct plan_node *node = node_new(planner, PLAN_SET, NULL);
    node->set.arms = arena_array(planner->arena, struct plan_set_arm, query->arm_count);
    node->set.arm_count = query->arm_count;
    node->set.items = query->items;
    node->set.item_count = query->column_count;
    for (uint32_t i = 0; i < query->arm_count; i++) {
        struct plan_set_arm *arm = &node->set.arms[i];
        *arm = (struct plan_set_arm){.op = query->arms[i].op, .is_all = query->arms[i].is_all};
        enum status status = plan_arm(planner, &query->arms[i], known, query, &arm->plan);
        if (status != STATUS_OK) return status;
        node->rows += arm->plan->root->rows;
    }
    uint64_t *slots = slots_new(planner);
    for (uint32_t i = 0; i < query->column_count; i++) slots_set(slots, query->items[i].slot);
    node_set_slots(planner, node, slots);
    *out = node;
    return STATUS_OK;
}

enum status plan_query_make(struct planner *planner, const struct bound_query *query,
                            const uint64_t *outer_slots, struct plan_query **out) {
    if (++planner->depth > PLAN_DEPTH_MAX) {
        return diagnostics_unsupported(planner->input->diagnostics, "queries nested this deep");
    }
    const uint64_t *known = outer_slots != NULL ? outer_slots : slots_new(planner);
    const struct bound_select *select = query->arm_count == 1 ? query->arms[0].select : NULL;
    struct plan_query *plan;
    enum status status;
    if (query->arm_count == 1) {
        status = plan_arm(planner, &query->arms[0], known, query, &plan);
    } else {
        plan = arena_new(planner->arena, struct plan_query);
        status = plan_set(planner, query, known, &plan->root);
    }
    planner->depth--;
    if (status != STATUS_OK) return status;
    plan->bound = query;
    plan->items = query->items;
    plan->item_count = query->column_count;
    plan->root = plan_order_and_limit(planner, plan->root, query, select);
    *out = plan;
    return STATUS_OK;
}

/* ---- statements ---- */

static void mark_whole_statement(const struct planner *planner, struct plan_node *node) {
    if (planner->scan_count != 1) return;
    while (node != NULL && node->kind != PLAN_SCAN) node = node->input;
    if (node != NULL) node->scan->is_whole_statement = 1;
}

static enum status plan_insert(struct planner *planner, const struct bound_insert *insert,
                               struct plan *plan) {
    if (insert->query != NULL) {
        enum status status = plan_query_make(planner, insert->query, NULL, &plan->query);
        if (status != STATUS_OK) return status;
    }
    plan->subquery_plans =
        arena_array(planner->arena, struct plan_query *, insert->subquery_count + 1);
    for (uint32_t i = 0; i < insert->subquery_count; i++) {
        enum status status =
            plan_query_make(planner, insert->subqueries[i]->query, NULL, &plan->subquery_plans[i]);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

enum status plan_statement(const struct plan_input *input, struct plan **plan_out) {
    const struct bound_statement *bound = input->bound;
    uint32_t slot_count = bound->slot_count + bound->table_count;
    struct planner planner = {.input = input,
                              .arena = input->arena,
                              .slot_words = (slot_count + PLAN_SLOTS_MORE) / 64 + 1,
                              .slot_count = slot_count,
                              .row_slots = bound->slot_count};
    struct plan *plan = arena_new(input->arena, struct plan);
    plan->bound = bound;
    plan->kind = bound->kind;
    enum status status = STATUS_INVALID;
    switch (bound->kind) {
    case BOUND_QUERY:
        status = plan_query_make(&planner, bound->query, NULL, &plan->query);
        if (status == STATUS_OK) mark_whole_statement(&planner, plan->query->root);
        break;
    case BOUND_INSERT: status = plan_insert(&planner, bound->insert, plan); break;
    case BOUND_MODIFY:
        planner.modify = bound->modify;
        status = plan_modify(&planner, bound->modify, &plan->modify);
        break;
    }
    plan->node_count = planner.node_count;
    plan->slot_count = planner.slot_count;
    *plan_out = plan;
    return status;
}
