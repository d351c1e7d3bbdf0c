/* dml_settle.c: a row with the key is there already: REPLACE deletes it, ON DUPLICATE KEY UPDATE changes it.
 *
 *   duplicate in index i --> the old row, read by the new row's key in i, locked --> settled --> next write
 *
 *   (S1) The old row may be gone when it is read (deleted meanwhile): the insert is tried again.
 *   (S2) A new row may meet several old ones, one an index: REPLACE goes on until the insert succeeds.
 *   (S3) ON DUPLICATE KEY UPDATE changes the first one met; if that meets another, it is error 1062.
 */
#include "row/collation.h"
#include "sql/dml_insert.h"

enum dml_duplicate insertion_on_duplicate(const struct bound_insert *plan) {
    if (plan->is_replace || plan->on_duplicate_count > 0) return DUPLICATE_SETTLE;
    return plan->is_ignore ? DUPLICATE_IGNORE : DUPLICATE_ERROR;
}

/* NOT_FOUND: (S1). The row's bytes are in the execution's arena. */
static enum status read_old_row(struct insertion *insertion, struct slice row, uint32_t index,
                                struct slice *old_out) {
    struct execution *execution = insertion->execution;
    struct buffer key = buffer_of(execution->arena), positions = buffer_of(execution->arena);
    key_of_row(insertion->table->index_keys[index], row, &key);
    scan_add_point(&positions, buffer_slice(&key));
    struct scan_spec spec = {.table = insertion->table,
                             .index = index,
                             .position_kind = POSITION_POINTS,
                             .positions = buffer_slice(&positions),
                             .position_count = 1,
                             .lock_mode = LOCK_EXCLUSIVE};
    struct scan *scan;
    enum status status = scan_open(execution->context->txn, &spec, execution->arena, &scan);
    if (status != STATUS_OK) return exec_refused(execution, status);
    struct scan_batch batch;
    status = scan_next(scan, &batch);
    if (status == STATUS_OK) *old_out = arena_copy(execution->arena, batch.rows[0].bytes);
    scan_close(scan);
    if (status == STATUS_END) return STATUS_NOT_FOUND;
    return status == STATUS_OK ? STATUS_OK : exec_refused(execution, status);
}

/* ---- REPLACE ---- */

static enum status replace_old(struct insertion *insertion, const struct row_write *write,
                               uint32_t index) {
    struct execution *execution = insertion->execution;
    struct slice old_row;
    enum status status = read_old_row(insertion, write->row, index, &old_row);
    if (status == STATUS_NOT_FOUND) return STATUS_OK;
    if (status != STATUS_OK) return status;
    if (slice_equal(old_row, write->row)) return STATUS_END;
    struct row_write gone = {.kind = ROW_DELETE, .old_row = old_row};
    status = dml_write_one(execution, insertion->table, &gone);
    CHECK(status != STATUS_DUPLICATE);
    if (status == STATUS_OK) insertion->deleted++;
    return status;
}

/* (S2). The same row again is left as it is and counts once. */
static enum status replace(struct insertion *insertion, const struct row_write *write,
                           uint32_t index) {
    for (;;) {
        enum status status = replace_old(insertion, write, index);
        if (status != STATUS_OK && status != STATUS_END) return status;
        if (status == STATUS_OK) {
            status = dml_write_one(insertion->execution, insertion->table, write);
            if (status == STATUS_DUPLICATE) {
                index = txn_error(insertion->execution->context->txn)->index;
                continue;
            }
            if (status != STATUS_OK) return status;
        }
        insertion->replaced++;
        return STATUS_OK;
    }
}

/* ---- ON DUPLICATE KEY UPDATE ---- */

static void load_old_row(struct insertion *insertion, struct slice old_row, struct value *values) {
    struct execution *execution = insertion->execution;
    const struct bound_table *table = insertion->plan->table;
    row_values(insertion->table->layout, old_row, execution->arena, values);
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (table->columns[i] != NULL) execution->slots[table->columns[i]->slot] = values[i];
    }
}

static void load_new_row(struct insertion *insertion, struct slice row) {
    struct execution *execution = insertion->execution;
    if (insertion->plan->new_row_slot == UINT32_MAX) return;
    for (uint32_t i = 0; i < insertion->plan->table->column_count; i++) {
        execution->slots[insertion->plan->new_row_slot + i] =
            row_value(insertion->table->layout, row, i, execution->arena);
    }
}

static enum status update_old(struct insertion *insertion, struct slice old_row) {
    struct execution *execution = insertion->execution;
    struct dml_update update = {.table = insertion->plan->table,
                                .assignments = insertion->plan->on_duplicate,
                                .assignment_count = insertion->plan->on_duplicate_count,
                                .old_row = old_row,
                                .values = arena_array(execution->arena, struct value,
                                                      insertion->table->layout->column_count)};
    load_old_row(insertion, old_row, update.values);
    enum status status = dml_update_row(execution, &update);
    if (status != STATUS_OK) return status;
    insertion->touched++;
    uint64_t number;
    int32_t counter = insertion->counter_column;
    if (counter >= 0 && value_to_uint(&update.values[counter], &number) == STATUS_OK) {
        insertion->last_counter = number;
    }
    if (!update.is_changed) return STATUS_OK;
    insertion->updated++;
    struct row_write write = {.kind = ROW_UPDATE, .row = update.row, .old_row = old_row};
    status = dml_write_one(execution, insertion->table, &write);
    if (status != STATUS_DUPLICATE) return status;
    if (!insertion->plan->is_ignore) { /* (S3) */
        return dml_duplicate_error(execution, txn_error(execution->context->txn), SLICE_EMPTY);
    }
    insertion->updated--;
    return STATUS_OK;
}

static enum status update(struct insertion *insertion, const struct row_write *write,
                          uint32_t index) {
    struct execution *execution = insertion->execution;
    for (;;) {
        struct slice old_row;
        enum status status = read_old_row(insertion, write->row, index, &old_row);
        if (status == STATUS_OK) {
            load_new_row(insertion, write->row);
            return update_old(insertion, old_row);
        }
        if (status != STATUS_NOT_FOUND) return status;
        status = dml_write_one(execution, insertion->table, write);
        if (status == STATUS_OK) insertion->replaced++;
        if (status != STATUS_DUPLICATE) return status;
        index = txn_error(execution->context->txn)->index;
    }
}

enum status insertion_settle(struct dml_batch *batch, uint32_t at, uint32_t index) {
    struct insertion *insertion = batch->context;
    const struct row_write *write = &batch->writes[at];
    return insertion->plan->is_replace ? replace(insertion, write, index)
                                       : update(insertion, write, index);
}

enum status insertion_subqueries(struct insertion *insertion) {
    struct execution *execution = insertion->execution;
    for (uint32_t i = 0; i < insertion->plan->subquery_count; i++) {
        const struct bound_subquery *subquery = insertion->plan->subqueries[i];
        if (subquery->is_correlated) {
            return diagnostics_unsupported(execution->eval->diagnostics,
                                           "a subquery over the row that is inserted");
        }
        struct stage *root;
        enum status status =
            stage_open(execution, execution->context->plan->subquery_plans[i]->root, &root);
        if (status == STATUS_OK) status = exec_subquery(execution, subquery, root);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}
