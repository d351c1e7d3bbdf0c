/* sql/dml_copy.h: INSERT .. SELECT in pieces, for ALTER TABLE: what a statement cannot keep in one transaction.
 */
#ifndef SQL_DML_COPY_H
#define SQL_DML_COPY_H

#include "sql/dml.h"

/* Of one copy; the execution reads in the session's transaction and writes in these. */
struct exec_copy {
    struct txn *txn; /* of the piece under way; NULL: none */
    uint32_t lock_wait_ms;
    uint64_t floor;           /* in: the session's; out: raised */
    uint64_t row_count;       /* committed */
    uint8_t keeps_zero;       /* 0 asks for no AUTO_INCREMENT value */
    struct slice shown_table; /* for messages: the name that the new table will have */
};

/* Writes and commits what is in the batch. 1062 and other errors are in the diagnostics; earlier pieces stay. */
MUST_USE enum status dml_copy_flush(struct dml_batch *batch, struct exec_copy *copy);

#endif
