/* sql/exec_members.h: the rows of a subquery that reads nothing of the outer row, kept for IN, ANY and ALL.
 */
#ifndef SQL_EXEC_MEMBERS_H
#define SQL_EXEC_MEMBERS_H

#include "sql/exec_private.h"

struct member_set;
/* Runs the subquery to its end. The set lives as long as the execution. */
MUST_USE enum status member_set_make(struct execution *execution,
                                     const struct bound_subquery *subquery, struct stage *root,
                                     struct member_set **out);
/* The truth for the operands of the row in the slots: 1, 0, -1 unknown. */
MUST_USE enum status member_set_truth(struct member_set *set, struct execution *execution,
                                      int *truth_out);
/* All columns' comparisons joined by AND, for the inner row in the slots. */
MUST_USE enum status exec_row_truth(struct execution *execution,
                                    const struct bound_subquery *subquery, int *truth_out);

#endif
