/* dml_copy.c: how do the rows of a table get into its successor, when one transaction is too small for them?
 *
 *   read by one snapshot --> piece | piece | piece      each piece is a transaction of its own
 *
 * Nobody sees the new table before all is there, so what is left of a copy that fails is dropped with it. A piece whose transaction is
 * certainly undone (deadlock, fail-over) is written again; one of unknown outcome ends the copy.
 */
#include "sql/dml_copy.h"

#define PIECE_ATTEMPTS_MAX 20

static enum status piece_write(struct dml_batch *batch, struct exec_copy *copy) {
    struct write_spec spec = {.table = batch->table,
                              .writes = batch->writes,
                              .count = batch->count,
                              .extent = WRITE_PART};
    txn_begin_statement(copy->txn);
    enum status status = txn_write(copy->txn, &spec, batch->arena);
    if (status != STATUS_DUPLICATE) return status;
    return dml_duplicate_error(batch->execution, txn_error(copy->txn), copy->shown_table);
}

static enum status piece_try(struct dml_batch *batch, struct exec_copy *copy) {
    const struct exec_context *context = batch->execution->context;
    struct txn_options options = {.isolation = ISOLATION_REPEATABLE_READ,
                                  .kind = TXN_EXPLICIT,
                                  .lock_wait_ms = copy->lock_wait_ms,
                                  .session_floor = copy->floor};
    copy->txn = txn_open(context->cluster, context->waiter, &options);
    enum status status = piece_write(batch, copy);
    if (status == STATUS_OK)
        status = txn_commit(copy->txn, &copy->floor);
    else
        txn_rollback(copy->txn, &copy->floor);
    copy->txn = NULL;
    return status;
}

enum status dml_copy_flush(struct dml_batch *batch, struct exec_copy *copy) {
    enum status status = STATUS_OK;
    if (batch->count == 0) return STATUS_OK;
    for (uint32_t i = 0; i < PIECE_ATTEMPTS_MAX; i++) {
        status = piece_try(batch, copy);
        if (status != STATUS_ABORTED && status != STATUS_DEADLOCK) break;
    }
    if (status != STATUS_OK) return exec_refused(batch->execution, status);
    copy->row_count += batch->count;
    batch->written += batch->count;
    batch->first_row += batch->count;
    batch->count = 0;
    batch->bytes = 0;
    arena_reset(batch->arena);
    return STATUS_OK;
}
