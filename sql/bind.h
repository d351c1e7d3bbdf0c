/* sql/bind.h: from the parser's tree to the bound statement: names, types, collations.
 */
#ifndef SQL_BIND_H
#define SQL_BIND_H

#include "sql/bound.h"

struct bind_view {
    struct slice text;     /* of its query */
    struct slice database; /* of names without one */
};

/* Where names are looked up; sql/session implements it over the dictionary, tests over a list. */
struct bind_catalog {
    /* One of the two is set on OK. NOT_FOUND. */
    enum status (*find_table)(const struct bind_catalog *catalog, struct slice schema,
                              struct slice name, const struct table **base_out,
                              const struct virtual_table **virtual_out);
    /* A view's query, or NOT_FOUND. */
    enum status (*find_view)(const struct bind_catalog *catalog, struct slice schema,
                             struct slice name, struct bind_view *view_out);
    bool (*has_schema)(const struct bind_catalog *catalog, struct slice schema);
    /* @@x: its value now and its type (a statement constant, so the plan is not to be cached). NOT_FOUND: 1193; or another status
     * with an error in the diagnostics. */
    enum status (*system_variable)(const struct bind_catalog *catalog, enum ast_scope scope,
                                   struct slice name, struct value *value_out,
                                   struct column_type *type_out);
    /* Of which type @x is now; NOT_FOUND: it is not set. May be NULL. */
    enum status (*user_variable)(const struct bind_catalog *catalog, struct slice name,
                                 struct column_type *type_out);
};

struct bind_input {
    struct arena *arena; /* of the bound statement */
    const struct bind_catalog *catalog;
    struct diagnostics *diagnostics;
    struct slice database; /* default; may be empty */
    uint32_t sql_mode;     /* enum sql_mode of sql/sql_mode.h */
    uint16_t connection_collation;
    /* Types of lifted literals and ? as this execution has them: part of the plan cache's key. */
    const struct value *parameters;          /* NULL while preparing: types are guessed from use */
    uint32_t literal_count, parameter_count; /* lifted literals come first */
    /* Of the caller's fiber, which gives way now and then; NULL: bound in one go. Meanwhile all stays that the binder looks at: the
     * dictionary's version is held by the statement, the tree and the arena are the caller's, and no cache knows of the plan yet. */
    struct waiter *waiter;
};

/* SELECT and kin, INSERT, REPLACE, UPDATE, DELETE, VALUES, TABLE, DO. Errors are in the diagnostics. */
MUST_USE enum status bind_statement(const struct bind_input *input,
                                    const struct ast_statement *statement,
                                    struct bound_statement **bound_out);
/* SELECT a, b .. without tables, as a query: for DO, and for SET and CALL whose expressions hold subqueries. */
MUST_USE enum status bind_list(const struct bind_input *input, const struct ast_exprs *exprs,
                               struct bound_statement **bound_out);
/* An expression alone (SET @x = .., DEFAULT (..), LIMIT ?, KILL expr); no tables in scope. */
MUST_USE enum status bind_expression(const struct bind_input *input, const struct ast_expr *ast,
                                     struct expr **expr_out);
/* The value of a literal: digits or the string's bytes in `text`, borrowed. For lifted ones: what the parameter is. */
struct value bind_literal_value(enum ast_literal_kind kind, uint64_t integer, struct slice text,
                                uint16_t collation, struct arena *arena);
/* A column type as CREATE TABLE or CAST writes it. */
MUST_USE enum status bind_type(const struct ast_type *ast, uint16_t default_collation,
                               struct arena *arena, struct diagnostics *diagnostics,
                               struct column_type *type_out);

/* The same with the column's name in errors. */
MUST_USE enum status bind_column_type(const struct ast_column *column, uint16_t default_collation,
                                      struct arena *arena, struct diagnostics *diagnostics,
                                      struct column_type *type_out);

#endif
