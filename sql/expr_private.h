/* sql/expr_private.h: what the expr_*.c and function*.c files share: making nodes, and the evaluation of each kind.
 */
#ifndef SQL_EXPR_PRIVATE_H
#define SQL_EXPR_PRIVATE_H

#include "row/collation.h"
#include "sql/expr.h"

expr_eval_function expr_eval_constant, expr_eval_parameter, expr_eval_slot, expr_eval_and,
    expr_eval_or, expr_eval_xor, expr_eval_not, expr_eval_is_null, expr_eval_is_truth,
    expr_eval_compare, expr_eval_in, expr_eval_between, expr_eval_like, expr_eval_arithmetic,
    expr_eval_negate, expr_eval_bit_not, expr_eval_cast, expr_eval_case, expr_eval_coalesce,
    expr_eval_variable, expr_eval_timestamp;

/* A zeroed node of the kind with room for its args and its eval function set (NULL for ROW, DEFAULT, CALL: the maker
 * of a CALL sets function->eval). Flags of args are not looked at: see expr_inherit. */
struct expr *expr_new(struct arena *arena, enum expr_kind kind, uint32_t arg_count);
/* Sets the flags that follow from the args: NULLABLE when one is, STATEMENT_CONSTANT when all are, ... */
void expr_inherit(struct expr *expr);
struct expr *expr_constant(struct arena *arena, struct value value, const struct column_type *type);
/* The node, or the constant it is when its args are constants and computing it raises nothing. */
struct expr *expr_fold(struct arena *arena, struct expr *expr);
void expr_print_column(const struct expr *expr, struct buffer *out);
/* Warning 1292 "Truncated incorrect <what> value: '<value>'". */
void expr_tell_truncated(struct eval_context *context, const char *what, const struct value *value);
/* Warning or error 1365 as sql_mode says. */
MUST_USE enum status expr_tell_division(struct eval_context *context);

#endif
