/* sql/plan.h: how a bound statement is computed: a tree of operators, made once, executed many times.
 *
 * A plan is immutable and shared by all executions (plan cache): an execution (sql/exec.h) has its own slots, operators'
 * state and arena. Everything in a plan lives in the plan's arena.
 *
 *   (L1) Operators hand rows on in the statement's slots: after `next` returned a row, the slots that the node defines have
 *        that row's values. A node names the slots that it defines in `slots`; what keeps rows (sort, hash, group,
 *        look-up join) copies just those.
 *   (L2) Conditions are tried as low as possible: pushed to the fragments where they can be computed there, else in the
 *        first node that has all their slots.
 *   (L3) Estimates (rows, cost) only choose; nothing depends on them for correctness.
 */
#ifndef SQL_PLAN_H
#define SQL_PLAN_H

#include "sql/access.h"
#include "sql/bound.h"

enum plan_kind {
    PLAN_ONCE,    /* one row without columns: SELECT 1 */
    PLAN_NEVER,   /* no row: WHERE FALSE, LIMIT 0 */
    PLAN_SCAN,    /* rows of a base table */
    PLAN_VIRTUAL, /* rows of a virtual table */
    PLAN_DERIVED, /* rows of a query, kept and given: derived tables, CTEs; with `step` recursive */
    PLAN_WORK,    /* in the step of a recursive CTE: rows of the round before */
    PLAN_VALUES,  /* VALUES ROW(..), .. */
    PLAN_LOOKUP,  /* join: for a batch of outer rows, the inner rows by key in one request */
    PLAN_HASH,    /* join: inner rows kept in a hash table by the equal columns */
    PLAN_LOOP,    /* join: inner rows kept, all compared */
    PLAN_FILTER,
    PLAN_APPLY,   /* fills the slots of subqueries for each row */
    PLAN_GROUP,   /* aggregates; input in any order */
    PLAN_PROJECT, /* computes items into their slots */
    PLAN_DISTINCT,
    PLAN_SORT, /* with limit: keeps the first only */
    PLAN_LIMIT,
    PLAN_SET, /* UNION, EXCEPT, INTERSECT */
    PLAN_WINDOW,
};

/* What is read of one base table, and how. */
struct plan_scan {
    const struct bound_table *bound;
    struct access_path *path;
    struct slice program;     /* pushed filter and outputs; empty: whole rows */
    struct expr **parameters; /* of the program, evaluated at the start of an execution */
    uint32_t parameter_count;
    const struct row_layout *output; /* of the rows that come back */
    struct bound_column **columns;   /* column i of the output fills the slot of columns[i] */
    uint32_t column_count;
    struct expr **filter; /* conjuncts that are tried here, row by row */
    uint32_t filter_count;
    enum scan_order order;
    uint8_t is_descending;
    struct expr *limit;           /* pushed, with the offset in it; or NULL */
    struct expr *offset_in_limit; /* added to it; or NULL */
    uint8_t is_whole_statement;   /* SCAN_WHOLE_STATEMENT */
    /* UPDATE, DELETE: the row's bytes go into this slot, so that whatever keeps rows keeps them too; UINT32_MAX: not. */
    uint32_t row_slot;
    struct expr **pushed; /* conjuncts that the program tries */
    uint32_t pushed_count;
    /* Aggregates pushed: the program groups; output columns are group keys, then partial aggregates. */
    uint8_t is_grouped;
    /* Top-n pushed: the program gives the first rows of each request's; how many, limit and offset together, is its last
     * parameter. */
    uint8_t is_top;
    struct expr *top_limit, *top_offset;
};

/* Where a scan with pushed aggregates leaves the partial results of one aggregate. */
struct plan_partial {
    uint32_t slot;
    uint32_t count_slot; /* AVG; UINT32_MAX: there is none */
};

struct plan_join {
    enum bound_join_kind kind; /* INNER or LEFT; semi and anti below */
    uint8_t is_semi, is_anti;  /* EXISTS, IN: the first match decides; no inner slots */
    uint8_t is_null_aware;     /* NOT IN: a NULL makes the answer unknown */
    struct expr **outer_keys, **inner_keys; /* HASH: equal pairs of one type */
    uint16_t *key_collations;
    uint32_t key_count;
    struct expr **conditions; /* the rest of ON, over both sides */
    uint32_t condition_count;
    uint32_t result_slot; /* semi joins whose truth is wanted as a value; UINT32_MAX: as a filter */
};

struct plan_group {
    struct expr **keys;
    uint32_t *key_slots;
    uint32_t key_count;
    const struct bound_aggregate *aggregates;
    uint32_t aggregate_count;
    uint8_t has_rollup;
    const struct plan_partial
        *partials; /* one an aggregate, of a PLAN_SCAN that is_grouped; or NULL */
};

struct plan_apply {
    struct bound_subquery *subquery;
    struct plan_query *plan;
};

struct plan_set_arm {
    enum bound_arm_operator op;
    uint8_t is_all;
    struct plan_query *plan;
};

struct plan_node {
    enum plan_kind kind;
    struct plan_node *input, *inner; /* inner: right side of joins */
    uint32_t *slots;                 /* (L1) that the node and its inputs define */
    uint32_t slot_count;
    double rows, cost; /* (L3) */
    union {
        struct plan_scan *scan;          /* SCAN, and the inner side of LOOKUP */
        const struct bound_table *table; /* VIRTUAL, DERIVED */
        struct plan_join *join;
        struct {
            struct expr **conditions;
            uint32_t condition_count;
        } filter;
        struct {
            struct plan_apply *items;
            uint32_t count;
        } apply;
        struct plan_group *group;
        struct {
            const struct bound_item *items;
            uint32_t count;
        } project;
        struct {
            const struct bound_order *order;
            uint32_t order_count;
            struct expr *limit, *offset; /* top-n: NULL keeps all */
            uint8_t is_distinct; /* of rows that are equal in all of `order`, only the first */
        } sort;
        struct {
            struct expr *limit, *offset;
            uint8_t counts_all; /* SQL_CALC_FOUND_ROWS */
        } limit;
        struct {
            struct plan_set_arm *arms;
            uint32_t arm_count;
            const struct bound_item *items;
            uint32_t item_count;
        } set;
        struct {
            struct expr ***rows;
            uint32_t row_count;
        } values;
        struct {
            const struct bound_window *items;
            uint32_t count;
        } window;
    };
    /* DERIVED: the query; of a recursive CTE the seed, and what is repeated over the rows of the round before. */
    struct plan_query *query, *step;
    const uint16_t *collations;    /* DERIVED: by column, for DISTINCT */
    struct expr *step_limit, *step_offset; /* DERIVED with step: rows that are made and given; NULL: all */
    uint8_t is_distinct;           /* DERIVED with step: UNION DISTINCT */
    uint8_t is_correlated;         /* DERIVED: reads slots of other tables or blocks */
    const struct plan_node *owner; /* WORK: the DERIVED */
    uint32_t number;               /* place of the operator's state in an execution */
};

/* A query: its operators and what it returns. */
struct plan_query {
    struct plan_node *root;
    const struct bound_item *items;
    uint32_t item_count;
    const struct bound_query *bound;
};

/* INSERT, UPDATE, DELETE (sql/dml.h reads the bound statement for the rest). */
struct plan_modify {
    const struct bound_modify *bound;
    struct plan_node *source; /* rows to change, each target's bytes in row_slots[target] */
    uint32_t *row_slots;
    uint8_t
        moves_rows; /* a changed row could be met again by the source: all are read before any is written */
    struct plan_change *change; /* the whole statement as one request to the fragments; or NULL */
};

/* UPDATE and DELETE where the rows are (txn_change). Only for statements in strict mode without IGNORE: warnings are
 * made where the rows are read. */
struct plan_change {
    struct access_path *path;
    struct slice program;
    struct expr **parameters;
    uint32_t parameter_count;
    struct expr *limit; /* or NULL */
};

struct plan {
    const struct bound_statement *bound;
    enum bound_kind kind;
    struct plan_query *query; /* QUERY; also INSERT .. SELECT's */
    struct plan_modify *modify;
    struct plan_query **subquery_plans; /* of INSERT's expressions */
    uint32_t node_count, slot_count; /* more than the bound statement's: see plan_scan.row_slot */
};

struct plan_input {
    struct arena *arena; /* the plan's; the bound statement lives there too */
    struct diagnostics *diagnostics;
    const struct bound_statement *bound;
    /* Row counts for costs; may answer NULL. */
    const struct table_statistics *(*statistics)(void *context, const struct table *table);
    void *statistics_context;
    uint8_t keeps_aggregates; /* no aggregates and no top-n are pushed: for tests */
};
/* Errors (1235 for what no operator does yet) are in the diagnostics. */
MUST_USE enum status plan_statement(const struct plan_input *input, struct plan **plan_out);

#endif
