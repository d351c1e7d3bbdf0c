/* sql/bound.h: a statement whose names are columns and whose expressions have types.
 *
 * The binder makes it from the tree of sql/ast.h; the planner reads it. Everything lives in one arena, which becomes
 * the plan's when the plan is cached. Nothing points back into the statement's text.
 *
 *   (B1) Only referenced columns have slots: bound_table.columns[c] is NULL for a column that nothing reads. Slots are
 *        numbered in one space per statement, subqueries included, so an inner query reads an outer row's slots.
 *   (B2) A subquery in an expression is an EXPR_SLOT node; its bound_subquery is in the list of the query block that must
 *        run it, with the outer slots it reads. Planning makes it a semi-join, anti-join, or apply.
 *   (B3) Expressions above the grouping read group keys and aggregates by their slots. A key that is a plain column
 *        keeps the column's slot, and so does a column that depends on the keys: it is an ANY_VALUE aggregate with that
 *        slot. So a subquery above the grouping reads outer columns as one below it does.
 *   (B4) An item that is a plain column (no TIMESTAMP) or slot has that slot; any other one of its own.
 *   (B5) ORDER BY of a query reads items: each expr is an EXPR_SLOT of an item, visible or hidden, of the one arm, or of
 *        bound_query.items when there are several arms. Items of the arms go to bound_query.items by place.
 */
#ifndef SQL_BOUND_H
#define SQL_BOUND_H

#include "cluster/cluster.h"
#include "sql/ast.h"
#include "sql/expr.h"

struct bound_query;
struct bound_select;

/* ---- tables ---- */

/* A table whose rows are made by the front end: information_schema, performance_schema. */
struct virtual_table {
    const struct table_definition *definition;
    /* Gives rows one after the other to `emit` until all are given or emit refuses; may suspend. */
    enum status (*rows)(const struct virtual_table *table, void *session,
                        enum status (*emit)(void *to, const struct value *values), void *to);
    /* Or one row a call, read once and not kept; END. NULL: `rows` gives them. */
    enum status (*next)(const struct virtual_table *table, void *session, struct value *values);
};

struct bound_column {
    const struct bound_table *table;
    uint32_t column; /* of the definition, or of the derived table's select list */
    uint32_t slot;
    struct column_type type;
};

enum bound_table_kind { BOUND_BASE, BOUND_VIRTUAL, BOUND_DERIVED, BOUND_CTE };

struct bound_cte {
    struct slice name;
    struct bound_query *query;
    uint8_t is_recursive;
    uint8_t is_open; /* while it is bound */
    uint32_t reference_count;
    const struct slice *column_names;
};

struct bound_table {
    enum bound_table_kind kind;
    uint32_t number; /* unique in the statement, from 0, in order of appearance */
    struct slice schema, name, alias;
    const struct table *base;                  /* BASE */
    const struct virtual_table *virtual_table; /* VIRTUAL */
    struct bound_query *query;                 /* DERIVED */
    struct bound_cte *cte;                     /* CTE */
    uint8_t is_lateral;
    uint8_t is_nullable;              /* on the inner side of an outer join */
    uint32_t column_count;            /* visible ones */
    const struct slice *column_names; /* DERIVED, CTE */
    struct bound_column **columns;    /* (B1) */
    enum lock_mode lock_mode;         /* FOR UPDATE, FOR SHARE, or of UPDATE and DELETE targets */
    enum wait_policy wait_policy;
    const struct ast_index_hints *hints;
};

struct slice bound_column_name(const struct bound_table *table, uint32_t column);

enum bound_from_kind { FROM_TABLE, FROM_JOIN };
enum bound_join_kind {
    BOUND_INNER,
    BOUND_LEFT,
    BOUND_STRAIGHT
}; /* RIGHT is turned round, CROSS is INNER */
struct bound_from {
    enum bound_from_kind kind;
    struct bound_table *table; /* TABLE */
    enum bound_join_kind join; /* JOIN */
    struct bound_from *left, *right;
    struct expr **conditions; /* conjuncts of ON and USING */
    uint32_t condition_count;
    uint32_t merged_start,
        merged_count;     /* columns that USING or NATURAL made one: of the scope's */
    uint8_t is_exchanged; /* a RIGHT JOIN, its sides exchanged */
};

/* ---- subqueries ---- */

enum bound_subquery_kind {
    SUBQUERY_SCALAR,
    SUBQUERY_ROW,
    SUBQUERY_EXISTS,
    SUBQUERY_IN,
    SUBQUERY_ANY,
    SUBQUERY_ALL
};
struct bound_subquery {
    enum bound_subquery_kind kind;
    struct bound_query *query;
    uint32_t slot; /* of the result: value or truth (1, 0, NULL); ROW: the first of column_count */
    enum program_op comparison; /* ANY, ALL */
    struct expr *
        *operands; /* IN, ANY, ALL: left side, one a column; comparable with inner_columns */
    struct expr **inner_columns; /* the query's select items cast for the comparison */
    struct expr **comparisons;   /* IN, ANY, ALL: operands[i] <comparison> inner_columns[i] */
    uint32_t column_count;
    uint16_t collation;
    uint8_t is_correlated;
    uint32_t *outer_slots; /* that the query reads of the blocks around it */
    uint32_t outer_slot_count;
};

/* ---- query blocks ---- */

struct bound_aggregate {
    const struct function *function; /* COUNT, SUM, ... in sql/function.h; COUNT(*): arg_count 0 */
    struct expr **args;
    uint32_t arg_count;
    uint8_t is_distinct;
    struct slice separator;
    struct bound_order *order; /* GROUP_CONCAT */
    uint32_t order_count;
    struct column_type type;
    uint32_t slot;
};

struct bound_order {
    struct expr *expr;
    uint8_t is_descending;
};

/* Numbered as the wire numbers them. */
enum bound_origin_flag {
    ORIGIN_NOT_NULL = 1,
    ORIGIN_PRIMARY_KEY = 2,
    ORIGIN_UNIQUE_KEY = 4,
    ORIGIN_MULTIPLE_KEY = 8,
    ORIGIN_AUTO_INCREMENT = 512,
    ORIGIN_TIMESTAMP = 1024,
    ORIGIN_NO_DEFAULT = 4096,
    ORIGIN_ON_UPDATE_NOW = 8192,
};

struct bound_item {
    struct expr *expr; /* NULL in bound_query.items of several arms */
    struct column_type type;
    uint8_t is_nullable;
    struct slice name; /* of the result column */
    uint32_t slot;     /* where the block leaves it */
    /* Origin of a plain column, for metadata; empty otherwise. */
    struct slice origin_schema, origin_table, origin_alias, origin_column;
    uint16_t origin_flags; /* enum bound_origin_flag */
};

struct bound_window {
    const struct function *function;
    struct expr **args;
    uint32_t arg_count;
    struct expr **partition;
    uint32_t partition_count;
    struct bound_order *order;
    uint32_t order_count;
    const struct ast_frame *frame;
    struct column_type type;
    uint32_t slot;
};

struct bound_select {
    struct bound_from *from;     /* NULL: no table, one row */
    struct bound_table **tables; /* all of `from`, left to right */
    uint32_t table_count;
    struct expr **where; /* conjuncts */
    uint32_t where_count;
    uint8_t is_grouped; /* GROUP BY or aggregates */
    uint8_t has_rollup;
    struct expr **group;   /* group keys */
    uint32_t *group_slots; /* where their values are above the grouping */
    uint32_t group_count;
    struct bound_aggregate *aggregates;
    uint32_t aggregate_count;
    struct expr **having; /* conjuncts */
    uint32_t having_count;
    struct bound_window *windows;
    uint32_t window_count;
    struct bound_item *items;
    uint32_t item_count; /* what the client sees; hidden ones for ORDER BY follow */
    uint32_t hidden_item_count;
    uint8_t is_distinct;
    uint32_t options; /* enum ast_select_option */
    /* Subqueries by where they are needed: for each row of `from` (WHERE, ON, select list of an ungrouped block, args
     * of aggregates), or above the grouping (HAVING, select list of a grouped block). */
    struct bound_subquery **row_subqueries, **group_subqueries;
    uint32_t row_subquery_count, group_subquery_count;
};

enum bound_arm_operator { ARM_FIRST, ARM_UNION, ARM_EXCEPT, ARM_INTERSECT };
struct bound_arm {
    enum bound_arm_operator op;
    uint8_t is_all;
    struct bound_select *select; /* one of these three */
    struct bound_query *query;
    struct expr ***rows; /* VALUES ROW(..): row_count lists of column_count */
    uint32_t row_count;
};

struct bound_query {
    struct bound_arm *arms; /* one: a plain block */
    uint32_t arm_count;
    uint32_t column_count;
    struct bound_item *
        items; /* names and types of the result; with one plain arm the block's own. With several, types are common
                               * ones, and so are those of the arms' items (they are cast) */
    struct bound_order *order;
    uint32_t order_count;
    struct expr *limit, *offset; /* statement constants or NULL */
    struct bound_cte **ctes;
    uint32_t cte_count;
    const struct ast_into *into;
    uint8_t is_correlated;
    uint32_t *
        outer_slots; /* that it reads of the blocks around (LATERAL; a subquery's are in its own list, too) */
    uint32_t outer_slot_count;
};

/* ---- changes ---- */

/* What one column of a row to be written gets. */
struct bound_assignment {
    uint32_t column;    /* of the definition */
    struct expr *value; /* EXPR_DEFAULT: the column's default */
};

struct bound_insert {
    struct bound_table *table;
    uint8_t is_replace, is_ignore;
    uint32_t *columns; /* which column each value goes to */
    uint32_t column_count;
    struct expr ***rows; /* VALUES and SET: the rows that are not packed, in their order */
    uint32_t row_count;  /* all */
    /* Rows of literals, each run with its place among all rows. They are the tree's, so a plan with them is never kept. */
    const struct ast_packed_runs *packed;
    struct bound_query *query; /* INSERT .. SELECT */
    /* Columns that get no value: their default, or 1364 in strict mode. Expression defaults are bound here, by column;
     * NULL elsewhere. */
    struct expr **default_expressions;
    /* VALUES(c), the row alias, and names in VALUES (..) read new_row_slot + c; UINT32_MAX: nothing does. */
    uint32_t new_row_slot;
    struct bound_assignment *on_duplicate;
    uint32_t on_duplicate_count;
    uint8_t names_source; /* on_duplicate reads columns of the query's tables */
    struct bound_subquery **subqueries;
    uint32_t subquery_count;
};

struct bound_target {
    struct bound_table *table;
    struct bound_assignment *assignments; /* UPDATE */
    uint32_t assignment_count;
};

/* UPDATE and DELETE; more than one table in `from` is the multi-table form. */
struct bound_modify {
    uint8_t is_delete, is_ignore;
    struct bound_select *source; /* from, where, subqueries; no items */
    struct bound_target *targets;
    uint32_t target_count;
    struct bound_cte **ctes;
    uint32_t cte_count;
    struct bound_order *order;
    uint32_t order_count;
    struct expr *limit;
};

/* ---- the statement ---- */

/* For sql/privilege: what the statement needs. */
struct bound_access {
    struct slice schema, table;
    uint32_t
        privileges; /* enum privilege bits: SELECT, INSERT, UPDATE, DELETE, ... (sql/privilege.h) */
};
enum bound_privilege {
    NEED_SELECT = 1,
    NEED_INSERT = 2,
    NEED_UPDATE = 4,
    NEED_DELETE = 8,
};

enum bound_kind { BOUND_QUERY, BOUND_INSERT, BOUND_MODIFY };
struct bound_statement {
    enum bound_kind kind;
    union {
        struct bound_query *query;
        struct bound_insert *insert;
        struct bound_modify *modify;
    };
    uint32_t slot_count, table_count;
    uint32_t parameter_count; /* lifted literals first, then ? */
    struct column_type
        *parameter_types; /* what the binder made of each; KIND NULL: whatever comes */
    struct bound_access *accesses;
    uint32_t access_count;
    uint8_t
        is_deterministic; /* no user variables assigned, no RAND ...: the plan may be cached in any case */
    uint32_t rand_state_count;
};

#endif
