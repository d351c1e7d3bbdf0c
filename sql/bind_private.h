/* sql/bind_private.h: what the bind_*.c files share: the binder, scopes of names, and who binds what.
 *
 * A scope is the tables that the names of one query block, INSERT or UPDATE may mean. Scopes are linked twice: `outer` is where a name
 * is looked for next, `parent` is the block around; they differ for derived tables, which do not see their neighbours.
 *   (S1) A column gets its slot when the first expression names it.
 *   (S2) A name found in another block's scope is an outer reference: every subquery between the two lists its slot.
 */
#ifndef SQL_BIND_PRIVATE_H
#define SQL_BIND_PRIVATE_H

#include "sql/bind.h"
#include "sql/coerce.h"
#include "sql/expr_private.h"
#include "sql/sql_mode.h"

#define BIND_NODES_A_TURN 2048

/* Where in the statement; for texts of errors and for what is allowed. */
enum clause {
    CLAUSE_FIELDS,
    CLAUSE_WHERE,
    CLAUSE_ON,
    CLAUSE_GROUP,
    CLAUSE_HAVING,
    CLAUSE_ORDER,
    CLAUSE_VALUES,
};

/* A column of the result of NATURAL or USING: one name for both sides. */
struct merged_column {
    struct slice name;
    struct bound_table *left,
        *right; /* left is the one that it reads; of an outer join the outer side */
    uint32_t left_column, right_column;
};

struct scope {
    struct scope *outer, *parent;
    struct bound_select *select;     /* NULL: no block (INSERT's values, a lone expression) */
    struct bound_subquery *subquery; /* whose query the block belongs to, or NULL */
    struct bound_query *query;
    struct bound_table **tables;
    uint32_t table_count;
    struct merged_column *merged;
    uint32_t merged_count;
    enum clause clause;
    uint32_t aggregate_depth;    /* inside the args of an aggregate */
    uint8_t allows_aggregates;   /* the clause does */
    uint8_t is_grouping_known;   /* the block's items are bound: names may mean them */
    struct bound_insert *insert; /* VALUES(c), row alias */
    const struct ast_insert *insert_ast;
    struct bound_table *hidden_target; /* INSERT's table: its columns mean the new row's */
};

/* WITH: names of common tables, innermost first. */
struct cte_scope {
    struct cte_scope *outer;
    struct bound_cte **ctes;
    uint32_t count;
};

struct binder {
    const struct bind_input *input;
    struct arena *arena;
    struct diagnostics *diagnostics;
    struct bound_statement *statement;
    struct scope *scope;
    struct cte_scope *ctes;
    uint32_t view_depth;
    uint32_t select_depth;  /* blocks that are being bound */
    uint8_t names_a_target; /* what is named is written, not read: no SELECT privilege */
    uint32_t node_count;    /* since the fiber gave way */
};

/* ---- bind.c ---- */

/* One more item at the end of an array in the arena that has room for the next power of two; zeroed. */
void *bind_push_bytes(struct arena *arena, void *items, uint32_t *count, size_t each);
#define BIND_PUSH(arena, items, count)                                                             \
    ((__typeof__(*(items)))bind_push_bytes((arena), (items), (count), sizeof **(items)))
uint32_t bind_new_slot(struct binder *binder);
/* After every node: gives way now and then. CANCELLED: so is the fiber, and the diagnostics say so. */
MUST_USE enum status bind_pause_slow(struct binder *binder);
MUST_USE static inline enum status bind_pause(struct binder *binder) {
    if (++binder->node_count < BIND_NODES_A_TURN) return STATUS_OK;
    return bind_pause_slow(binder);
}
struct slice bind_copy(struct binder *binder, struct slice text);
const char *bind_text(struct binder *binder, struct slice text);
const char *bind_clause_name(const struct binder *binder);
void bind_need(struct binder *binder, const struct bound_table *table, uint32_t privileges);
struct function_call bind_call_of(struct binder *binder, struct expr *expr);

/* ---- bind_expr.c: any expression; bind_literal.c, bind_operator.c, bind_call.c: parts of it ---- */

MUST_USE enum status bind_expr(struct binder *binder, const struct ast_expr *ast,
                               struct expr **out);
MUST_USE enum status bind_exprs(struct binder *binder, struct ast_expr *const *list, uint32_t count,
                                struct expr **out);
/* As a condition: splits ANDs into the list. */
MUST_USE enum status bind_condition(struct binder *binder, const struct ast_expr *ast,
                                    struct expr ***list, uint32_t *count);
MUST_USE enum status bind_scalar(struct binder *binder,
                                 const struct expr *expr); /* 1241 for rows */
MUST_USE enum status bind_literal_expr(struct binder *binder, const struct ast_expr *ast,
                                       struct expr **out);
MUST_USE enum status bind_parameter(struct binder *binder, uint32_t ordinal, struct expr **out);
MUST_USE enum status bind_operator(struct binder *binder, const struct ast_expr *ast,
                                   struct expr **out);
/* args are bound; makes the node. */
MUST_USE enum status bind_compare(struct binder *binder, enum program_op op, struct expr *left,
                                  struct expr *right, struct expr **out);
MUST_USE enum status bind_cast(struct binder *binder, const struct ast_expr *ast,
                               struct expr **out);
/* CONVERT(a USING x), BINARY a. */
MUST_USE enum status bind_convert(struct binder *binder, struct expr *arg, uint16_t collation,
                                  struct expr **out);
enum program_op bind_comparison_op(enum ast_expr_kind kind);
/* bind_type.c: the type after AS in CAST. */
MUST_USE enum status bind_cast_type(const struct ast_type *ast, uint16_t default_collation,
                                    struct arena *arena, struct diagnostics *diagnostics,
                                    struct column_type *type_out);
MUST_USE enum status bind_collate(struct binder *binder, const struct ast_expr *ast,
                                  struct expr **out);
MUST_USE enum status bind_call(struct binder *binder, const struct ast_expr *ast,
                               struct expr **out);
/* A function by name with args that are bound. */
MUST_USE enum status bind_function(struct binder *binder, const char *name, struct expr **args,
                                   uint32_t arg_count, struct expr **out);
MUST_USE enum status bind_call_syntax(struct binder *binder, const struct ast_expr *ast,
                                      struct expr **out);
struct expr *bind_constant_int(struct binder *binder, int64_t number);
struct expr *bind_constant_text(struct binder *binder, const char *text);

/* ---- bind_scope.c: names ---- */

void scope_open(struct binder *binder, struct scope *scope, struct scope *outer);
void scope_close(struct binder *binder, struct scope *scope);
/* The column of the table as an expression; gives it its slot (S1). */
struct expr *bind_column_of(struct binder *binder, struct bound_table *table, uint32_t column);
MUST_USE enum status bind_column(struct binder *binder, const struct ast_expr *ast,
                                 struct expr **out);
/* VALUES(c): the new row's column, of the scope's INSERT. */
struct expr *bind_new_row_column(struct binder *binder, struct scope *scope, uint32_t column);
/* By name among the table's visible columns; -1: none. */
int32_t bound_find_column(const struct bound_table *table, struct slice name);
/* 1054 with the name as it was written. */
MUST_USE enum status bind_tell_unknown(struct binder *binder, const struct ast_expr *ast);
/* The name as written: a.b.c */
const char *bind_column_text(struct binder *binder, const struct ast_expr *ast);
/* Do the schema and table of a qualified name mean this table? */
bool bind_table_is(const struct bound_table *table, struct slice schema, struct slice name);
/* NULL: none. */
struct bound_table *scope_find_table(const struct scope *scope, struct slice schema,
                                     struct slice name);

/* ---- bind_from.c ---- */

MUST_USE enum status bind_from(struct binder *binder, const struct ast_table_refs *refs,
                               struct bound_from **out);
MUST_USE enum status bind_named_table(struct binder *binder, const struct ast_name *name,
                                      struct slice alias, struct bound_table **out);

/* ---- bind_query.c, bind_select.c, bind_group.c, bind_subquery.c ---- */

/* Where a query stands. */
struct query_context {
    struct bound_subquery *owner; /* whose query it is, or NULL */
    struct scope *outer;          /* whose names it sees, or NULL */
    struct bound_cte *cte;        /* that it defines, or NULL */
    const struct ast_identifiers *cte_columns;
};
MUST_USE enum status bind_query(struct binder *binder, const struct ast_query *ast,
                                const struct query_context *context, struct bound_query **out);
MUST_USE enum status bind_limit(struct binder *binder, const struct ast_expr *ast,
                                struct expr **out);
/* WITH before UPDATE and DELETE, too: opens the scope, which the caller closes by binder->ctes = scope->outer. */
MUST_USE enum status bind_with(struct binder *binder, const struct ast_with *with,
                               struct scope *outer, struct cte_scope *scope);
struct select_context {
    const struct ast_select *ast;
    const struct ast_orders *order; /* that applies to this block alone, or NULL */
    const struct ast_locks *locks;
    struct bound_query *query; /* gets the order */
    const struct query_context *at;
};
MUST_USE enum status bind_select(struct binder *binder, const struct select_context *context,
                                 struct bound_select **out);
/* ORDER BY of UPDATE and DELETE, and anything else that is ordered by expressions of the scope. */
MUST_USE enum status bind_order(struct binder *binder, const struct ast_orders *ast,
                                struct bound_order **order_out, uint32_t *count_out);
/* Is it a position, ORDER BY 2? Then its number, from 1. */
bool bind_ordinal(const struct ast_expr *ast, uint64_t *number_out);
void bind_finish_item(struct binder *binder, struct bound_item *item);
/* Above the grouping: replaces group keys by their slots and checks the rest. `number`: of the expression in its list, from 1. */
MUST_USE enum status bind_lift(struct binder *binder, struct bound_select *select,
                               struct expr **expr, const char *list, uint32_t number);
/* A group key's value above the grouping. */
struct expr *bind_key_slot(struct binder *binder, const struct bound_select *select, uint32_t key);
struct bound_aggregate *bind_add_aggregate(struct binder *binder, struct scope *scope,
                                           const struct bound_aggregate *aggregate);

/* ---- bind_change.c ---- */

MUST_USE enum status bind_insert(struct binder *binder, const struct ast_insert *ast);
MUST_USE enum status bind_update(struct binder *binder, const struct ast_update *ast);
MUST_USE enum status bind_delete(struct binder *binder, const struct ast_delete *ast);
/* DO a, b: a query without tables whose rows nobody sees. */
MUST_USE enum status bind_do(struct binder *binder, const struct ast_exprs *exprs);

/* Takes an ast that is ANY, IN, EXISTS or a query in parentheses. */
MUST_USE enum status bind_subquery(struct binder *binder, const struct ast_expr *ast,
                                   struct expr **out);

#endif
