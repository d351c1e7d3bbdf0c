/* sql/coerce.h: what types and collations operands get when they meet.
 *
 * Everything works on bound expressions and may wrap them in quiet casts; nothing is evaluated. A call's `expr` is the node
 * that the operands are args of: its name stands in error texts, its collation and coercibility are set.
 *
 *   (C1) The collation of the operand that is bound closest to data wins: an explicit COLLATE before a column before a
 *        literal (enum coercibility). What cannot be decided is 1267.
 *   (C2) Numbers of all kinds compare with each other as they are; only what is no number is cast.
 *   (C3) A side that is the same for all rows is cast rather than a column, so that indexes stay usable.
 */
#ifndef SQL_COERCE_H
#define SQL_COERCE_H

#include "sql/function.h"

/* `arg` as `type`: quietly, without cutting texts; `arg` itself when its values are of that kind already. */
struct expr *coerce_cast(struct arena *arena, struct expr *arg, const struct column_type *type);
/* The same, telling of rubbish (CAST_WARNING); as an error where it is a constant beside a column of that kind, which is 0
 * otherwise (CAST_COMPARED). */
struct expr *coerce_cast_telling(struct arena *arena, struct expr *arg,
                                 const struct column_type *type, uint32_t kind_beside);
/* `arg` as text of the collation's character set, in that collation. */
struct expr *coerce_text(struct arena *arena, struct expr *arg, uint16_t collation);

/* Derives one collation of the args from .. from + count - 1 (C1), casts those that are no text or of another character set, and
 * sets the node's collation and coercibility; its type's collation too. Error 1267 and kin. */
MUST_USE enum status coerce_texts(struct function_call *call, uint32_t from, uint32_t count);
/* The same for a comparison, which needs a decided collation: COERCE_NONE is an error as well. */
MUST_USE enum status coerce_texts_to_compare(struct function_call *call, uint32_t from,
                                             uint32_t count);

/* Makes all args comparable with args[0] .. (=, <, IN, BETWEEN, CASE x, NULLIF, GREATEST ...). */
MUST_USE enum status coerce_comparison(struct function_call *call, uint32_t from, uint32_t count);
/* Are the args all numbers, or all texts, or all dates (NULL aside)? */
bool coerce_is_uniform(struct expr *const *args, uint32_t count);
/* Casts the args to one type, that of IF, CASE, COALESCE, UNION; it becomes the node's, with collation and coercibility. They are
 * the node's own args or some of them. */
MUST_USE enum status coerce_common(struct function_call *call, struct expr **args, uint32_t count);

/* The same of all args, as a function's resolve: COALESCE, GREATEST, LEAST. */
MUST_USE enum status coerce_function_common(struct function_call *call);

/* The numeric type that the expression counts as in arithmetic: strings are DOUBLE, temporal values BIGINT or DECIMAL. */
struct column_type coerce_number_type(const struct expr *arg);
/* Characters that the expression's text has at most. */
uint32_t coerce_text_length(const struct expr *arg);
/* VARCHAR or the TEXT kind that holds so many characters; VARBINARY or BLOB under COLLATION_BINARY. */
struct column_type coerce_text_type(uint64_t length_chars, uint16_t collation);
bool coerce_is_text(const struct expr *arg); /* its values are VALUE_STRING */
/* The name for texts like 1267's: '=', 'concat'. */
const char *coerce_operation(const struct expr *expr);

#endif
