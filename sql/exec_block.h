/* sql/exec_block.h: a join whose inner side does not fit into memory.
 */
#ifndef SQL_EXEC_BLOCK_H
#define SQL_EXEC_BLOCK_H

#include "sql/exec_spill.h"

struct block_join;
MUST_USE enum status block_join_open(struct execution *execution, const struct plan_node *node,
                                     struct block_join **out);
/* The inner row in the slots goes to the file; of HASH only those without NULL keys. */
MUST_USE enum status block_join_keep(struct block_join *join, struct execution *execution);
/* All inner rows are there. */
MUST_USE enum status block_join_begin(struct block_join *join, struct execution *execution);
/* The next joined row is in the slots. */
MUST_USE enum status block_join_next(struct block_join *join, struct execution *execution,
                                     struct stage *outer);
void block_join_close(struct block_join *join, struct execution *execution);

/* Evaluates keys; false: some key is NULL, which equals nothing. */
MUST_USE enum status exec_join_keys(struct execution *execution, struct expr **exprs,
                                    uint32_t count, struct value *keys, bool *is_whole_out);

#endif
