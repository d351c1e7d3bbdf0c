/* sql/plan_private.h: what the plan_*.c files share: sets of slots, conditions that wait for their slots, nodes.
 */
#ifndef SQL_PLAN_PRIVATE_H
#define SQL_PLAN_PRIVATE_H

#include "sql/plan.h"

struct planner {
    const struct plan_input *input;
    struct arena *arena;
    uint32_t slot_words;
    uint32_t node_count, scan_count;
    uint32_t depth;
    struct cte_open *ctes; /* recursive ones whose step is being planned */
    /* UPDATE, DELETE: target tables' rows are kept whole, that of table n in slot row_slots + n; UINT32_MAX otherwise. */
    uint32_t row_slots;
    const struct bound_modify *modify;
    uint32_t slot_count; /* so far; at most slot_words * 64 */
};
/* Slots that planning itself may add; a plan that needs more pushes less. */
#define PLAN_SLOTS_MORE 64

struct cte_open {
    const struct bound_cte *cte;
    const struct plan_node *node;
    struct cte_open *outer;
};

/* A conjunct that is tried in the first place that has all its slots. */
struct condition_pending {
    struct expr *expr;
    uint64_t *slots;
    bool is_used;
};
struct conditions {
    struct condition_pending *items;
    uint32_t count, capacity;
};

uint64_t *slots_new(struct planner *planner);
bool slots_contain(const struct planner *planner, const uint64_t *set, const uint64_t *part);
bool slots_meet(const struct planner *planner, const uint64_t *a, const uint64_t *b);
void slots_add(const struct planner *planner, uint64_t *set, const uint64_t *more);
void slots_of_table(const struct bound_table *table, uint64_t *set);

struct plan_node *node_new(struct planner *planner, enum plan_kind kind, struct plan_node *input);
/* Sets node->slots to the set's slots. */
void node_set_slots(struct planner *planner, struct plan_node *node, const uint64_t *set);
uint64_t *node_slots(struct planner *planner, const struct plan_node *node);

void conditions_add(struct planner *planner, struct conditions *conditions, struct expr *expr);
/* The unused conditions whose slots are all in `have`, marked used. */
void conditions_take(struct planner *planner, struct conditions *conditions, const uint64_t *have,
                     struct expr ***list_out, uint32_t *count_out);
/* A FILTER above the node for those conditions; the node itself when there are none. */
struct plan_node *filter_above(struct planner *planner, struct plan_node *node,
                               struct conditions *conditions, const uint64_t *known);

MUST_USE enum status plan_query_make(struct planner *planner, const struct bound_query *bound,
                                     const uint64_t *outer_slots, struct plan_query **out);

/* FROM with the conditions that can be tried in it. `known`: slots of outer query blocks. */
MUST_USE enum status plan_from(struct planner *planner, const struct bound_from *from,
                               struct conditions *conditions, const uint64_t *known,
                               struct plan_node **out);
/* One table; takes from `conditions` what it can decide. */
MUST_USE enum status plan_table(struct planner *planner, struct bound_table *table,
                                struct conditions *conditions, const uint64_t *known,
                                struct plan_node **out);

/* FROM, WHERE and the subqueries of both: rows before any grouping. */
MUST_USE enum status plan_rows(struct planner *planner, const struct bound_select *select,
                               const uint64_t *known, struct plan_node **out);
struct plan_node *plan_order_and_limit(struct planner *planner, struct plan_node *root,
                                       const struct bound_query *query,
                                       const struct bound_select *select);
/* Slot for the table's row bytes, UINT32_MAX when nobody writes it. */
uint32_t plan_row_slot(const struct planner *planner, const struct bound_table *table);
/* The table's columns and its row slot. */
void slots_of_scan(const struct planner *planner, const struct bound_table *table, uint64_t *set);

/* Derived tables and CTEs (plan_derived.c). */
MUST_USE enum status plan_derived(struct planner *planner, struct bound_table *table,
                                  const uint64_t *known, struct plan_node **out);

/* UPDATE and DELETE (plan_modify.c). */
MUST_USE enum status plan_modify(struct planner *planner, const struct bound_modify *bound,
                                 struct plan_modify **out);

/* ---- plan_scan.c ---- */

struct scan_want {
    struct bound_table *table;
    struct expr **conjuncts; /* about this table alone, and known slots */
    uint32_t conjunct_count;
    const uint64_t *known; /* slots that bounds may read */
    uint32_t row_slot;     /* for the row's bytes; UINT32_MAX: not wanted */
};
/* Path and program; what cannot be pushed is in scan->filter. */
MUST_USE enum status plan_scan_make(struct planner *planner, const struct scan_want *want,
                                    struct plan_scan **out);
/* The same with a path that was chosen already. */
MUST_USE enum status plan_scan_with(struct planner *planner, const struct scan_want *want,
                                    struct access_path *path, struct plan_scan **out);
struct access_path *plan_path_best(struct planner *planner, const struct scan_want *want);
/* Can the condition be tried where the table's rows are? */
bool plan_is_pushable(struct planner *planner, const struct bound_table *table, struct expr *expr);
/* The planner's own slot for a value of a scan; NULL when there are no more. */
struct bound_column *plan_slot_new(struct planner *planner, const struct bound_table *table,
                                   const struct column_type *type);
/* What a scan's program computes beyond filter and outputs. */
struct scan_push {
    const struct plan_group *group;   /* or NULL */
    const struct bound_order *orders; /* top-n: with the columns of the table that they are */
    const uint32_t *order_columns;
    uint32_t order_count;
};
/* Makes the scan's program again, with this in it. UNSUPPORTED: it cannot be pushed, and the scan is as before. */
MUST_USE enum status plan_scan_push(struct planner *planner, struct plan_scan *scan,
                                    const struct scan_push *push);

/* ---- plan_push.c ---- */

/* GROUP over a scan alone: the scan groups, if it can. */
void plan_push_group(struct planner *planner, struct plan_node *grouped);
/* SORT with a limit over a scan alone: the scan gives the first rows of each shard. */
void plan_push_top(struct planner *planner, struct plan_node *sort,
                   const struct bound_select *select);
/* The base column that an order expression is: itself, or a select item that is one. NULL: none. */
const struct expr *plan_order_column(const struct bound_select *select, const struct expr *expr);

/* Begins the program's filter with these conditions, all pushable. */
void plan_emit_filter(struct expr_program *program, struct expr **pushed, uint32_t count);

#endif
