/* dml_modify.c: UPDATE and DELETE: by the fragments themselves, or rows read, changed and written back.
 *
 *   pushed:  txn_change(positions, program)
 *   else:    source rows with their bytes --> assignments --> row bytes --> one dml_batch a target
 *
 *   (U1) A pushed change is only for strict mode. When some value does not fit, the statement is run again the other way, which
 *        finds the row and the value that the error names.
 *   (U2) Rows are read before any is written when a changed row could be met again (plan_modify.moves_rows).
 *   (U3) A join may give a target row several times: it is changed once, by the first.
 *        A table that is there under two names has one batch: what the second one sets goes into the row that the first wrote.
 *   (U4) A row whose bytes stay the same is matched, not changed, and not written.
 */
#include "sql/dml.h"

#define CLIENT_FOUND_ROWS 2

struct modification {
    struct execution *execution;
    const struct plan_modify *plan;
    uint32_t
        *homes; /* by target: the first target of the same table, whose batch and keys it uses */
    struct dml_batch *batches; /* by home */
    struct key_set *keys;      /* by home, of primary keys (U3); NULL with one table */
    uint64_t matched, changed;
    enum dml_null on_null;
};

/* ---- one row ---- */

static enum status assign(struct execution *execution, struct dml_update *update,
                          const struct bound_assignment *assignment) {
    const struct column_definition *column =
        &update->table->base->definition->columns[assignment->column];
    struct value *own = &update->values[assignment->column];
    enum status status;
    if (assignment->value->kind == EXPR_DEFAULT) {
        status = dml_default(execution, column, NULL, own);
    } else {
        struct value value;
        status = expr_eval(assignment->value, execution->eval, &value);
        if (status == STATUS_OK) {
            status = dml_convert(execution, column, update->on_null, &value, own);
        }
    }
    /* Later assignments see this one, as in MySQL. */
    const struct bound_column *bound = assignment->column < update->table->column_count
                                           ? update->table->columns[assignment->column]
                                           : NULL;
    if (status == STATUS_OK && bound != NULL) execution->slots[bound->slot] = *own;
    return status;
}

static bool is_assigned(const struct dml_update *update, uint32_t column) {
    for (uint32_t i = 0; i < update->assignment_count; i++) {
        if (update->assignments[i].column == column) return true;
    }
    return false;
}

/* ON UPDATE CURRENT_TIMESTAMP, once something else has changed. */
static bool touch_times(struct execution *execution, struct dml_update *update) {
    const struct table_definition *table = update->table->base->definition;
    bool is_touched = false;
    for (uint32_t i = 0; i < table->column_count; i++) {
        bool is_due = (table->columns[i].options & COLUMN_ON_UPDATE_NOW) != 0;
        if (!is_due || is_assigned(update, i)) continue;
        update->values[i] = dml_now(execution, &table->columns[i]);
        is_touched = true;
    }
    return is_touched;
}

static enum status encode(struct execution *execution, struct dml_update *update) {
    const struct row_layout *layout = update->table->base->layout;
    struct buffer bytes = buffer_of(execution->arena);
    buffer_reserve(&bytes, row_size_max(layout, update->values));
    enum status status = row_encode(layout, update->values, &bytes, &update->row);
    return status == STATUS_OK ? STATUS_OK : exec_refused(execution, status);
}

enum status dml_update_row(struct execution *execution, struct dml_update *update) {
    for (uint32_t i = 0; i < update->assignment_count; i++) {
        enum status status = assign(execution, update, &update->assignments[i]);
        if (status != STATUS_OK) return status;
    }
    enum status status = encode(execution, update);
    if (status != STATUS_OK) return status;
    update->is_changed = !slice_equal(update->row, update->old_row); /* (U4) */
    if (update->is_changed && touch_times(execution, update)) status = encode(execution, update);
    return status;
}

/* (U3): bit t: target t had the row; place: of its write in the batch, from 1. */
static struct key_note *note_of(struct modification *modification, uint32_t target,
                                struct slice row) {
    const struct table *table = modification->plan->bound->targets[target].table->base;
    struct buffer key = buffer_of(modification->execution->arena);
    key_of_row(table->index_keys[0], row, &key);
    return key_set_note(&modification->keys[modification->homes[target]], buffer_slice(&key));
}

/* `row` is what the assignments start from. END: they change nothing. */
static enum status update_target(struct modification *modification, uint32_t target,
                                 struct slice row, struct slice *row_out) {
    struct execution *execution = modification->execution;
    const struct bound_target *to = &modification->plan->bound->targets[target];
    const struct row_layout *layout = to->table->base->layout;
    struct dml_update update = {.table = to->table,
                                .assignments = to->assignments,
                                .assignment_count = to->assignment_count,
                                .old_row = row,
                                .on_null = modification->on_null};
    update.values = arena_array(execution->arena, struct value, layout->column_count);
    row_values(layout, row, execution->eval->arena, update.values);
    enum status status = dml_update_row(execution, &update);
    *row_out = update.row;
    return status == STATUS_OK && !update.is_changed ? STATUS_END : status;
}

/* `note` is NULL with one table. */
static enum status write_target(struct modification *modification, uint32_t target,
                                struct slice old_row, struct key_note *note) {
    struct dml_batch *batch = &modification->batches[modification->homes[target]];
    bool is_delete = modification->plan->bound->is_delete != 0;
    bool is_written = note != NULL && note->place > 0;
    if (is_delete && is_written) return STATUS_OK;
    /* the batch keeps all its writes: a join's UPDATE reads everything first (U2) */
    struct row_write *earlier = is_written ? &batch->writes[note->place - 1] : NULL;
    struct row_write write = {.kind = is_delete ? ROW_DELETE : ROW_UPDATE};
    write.old_row = arena_copy(modification->execution->arena, old_row);
    if (!is_delete) {
        struct slice from = earlier != NULL ? earlier->row : write.old_row;
        enum status status = update_target(modification, target, from, &write.row);
        if (status != STATUS_OK) return status == STATUS_END ? STATUS_OK : status;
    }
    modification->changed++;
    if (earlier != NULL) {
        earlier->row = write.row;
        return STATUS_OK;
    }
    dml_batch_add(batch, &write);
    if (note != NULL) note->place = batch->count;
    return STATUS_OK;
}

static enum status modify_target(struct modification *modification, uint32_t target) {
    struct execution *execution = modification->execution;
    const struct value *bytes = &execution->slots[modification->plan->row_slots[target]];
    /* The inner side of an outer join found nothing. */
    if (value_is_null(bytes)) return STATUS_OK;
    struct slice old_row = value_slice(bytes);
    struct key_note *note = NULL;
    if (modification->keys != NULL) {
        note = note_of(modification, target, old_row);
        if ((note->met & UINT64_C(1) << target) != 0) return STATUS_OK;
        note->met |= UINT64_C(1) << target;
    }
    modification->matched++;
    execution->eval->diagnostics->row_number = (uint32_t)modification->matched;
    return write_target(modification, target, old_row, note);
}

/* ---- all rows ---- */

static enum status flush_target(struct modification *modification, uint32_t target) {
    struct dml_batch *batch = &modification->batches[target];
    uint64_t ignored = batch->ignored;
    enum status status = dml_batch_flush(batch, WRITE_PART);
    modification->changed -= batch->ignored - ignored;
    return status;
}

static enum status modify_row(struct modification *modification) {
    const struct plan_modify *plan = modification->plan;
    for (uint32_t i = 0; i < plan->bound->target_count; i++) {
        enum status status = modify_target(modification, i);
        bool is_due = !plan->moves_rows && dml_batch_is_full(&modification->batches[i]);
        if (status == STATUS_OK && is_due) status = flush_target(modification, i);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

static uint32_t home_of(const struct bound_modify *bound, uint32_t target) {
    uint64_t id = bound->targets[target].table->base->definition->id;
    uint32_t home = 0;
    while (bound->targets[home].table->base->definition->id != id) home++;
    return home;
}

static void modification_open(struct modification *modification, struct execution *execution) {
    const struct plan_modify *plan = execution->context->plan->modify;
    const struct bound_modify *bound = plan->bound;
    uint32_t count = bound->target_count;
    *modification = (struct modification){
        .execution = execution, .plan = plan, .on_null = dml_null_of(execution, 2)};
    CHECK(count <= 64);
    modification->homes = arena_array(execution->arena, uint32_t, count);
    modification->batches = arena_array(execution->arena, struct dml_batch, count);
    for (uint32_t i = 0; i < count; i++) {
        modification->homes[i] = home_of(bound, i);
        dml_batch_open(&modification->batches[i], execution, bound->targets[i].table->base);
        if (bound->is_ignore) modification->batches[i].on_duplicate = DUPLICATE_IGNORE;
    }
    if (bound->source->table_count == 1) return;
    modification->keys = arena_array(execution->arena, struct key_set, count);
    for (uint32_t i = 0; i < count; i++) {
        key_set_open(&modification->keys[i], execution->arena);
    }
}

static enum status modify_rows(struct modification *modification) {
    struct execution *execution = modification->execution;
    struct stage *root;
    enum status status = stage_open(execution, modification->plan->source, &root);
    while (status == STATUS_OK && (status = stage_step(root, execution)) == STATUS_OK) {
        status = modify_row(modification);
        if (status == STATUS_OK) status = exec_pause(execution);
        exec_forget(execution);
    }
    if (status != STATUS_END) return status;
    status = STATUS_OK;
    for (uint32_t i = 0; i < modification->plan->bound->target_count && status == STATUS_OK; i++) {
        status = flush_target(modification, i);
    }
    return status;
}

/* ---- the pushed change ---- */

static enum status change_spec_fill(struct execution *execution, const struct plan_change *plan,
                                    struct change_spec *spec) {
    struct access_positions positions;
    enum status status =
        access_positions(plan->path, execution->eval, execution->arena, &positions);
    if (status != STATUS_OK) return status;
    uint64_t limit;
    status = exec_count(execution, plan->limit, UINT64_MAX, &limit);
    if (status != STATUS_OK) return status;
    if (positions.count == 0 || limit == 0) return STATUS_END;
    bool is_delete = execution->context->plan->modify->bound->is_delete;
    *spec = (struct change_spec){.table = plan->path->table,
                                 .index = plan->path->index,
                                 .kind = is_delete ? CHANGE_DELETE : CHANGE_UPDATE,
                                 .position_kind = positions.kind,
                                 .positions = positions.packed,
                                 .position_count = positions.count,
                                 .program = plan->program,
                                 .extent = execution->context->is_autocommit ? WRITE_WHOLE_STATEMENT
                                                                             : WRITE_PART,
                                 .row_limit = limit < UINT32_MAX ? (uint32_t)limit : 0};
    return exec_parameters(execution, plan->parameters, plan->parameter_count, &spec->parameters);
}

/* Was it about some value, so that (U1) holds? */
static bool is_about_value(enum status status) {
    return status == STATUS_OUT_OF_RANGE || status == STATUS_TOO_LARGE ||
           status == STATUS_INVALID || status == STATUS_TRUNCATED ||
           status == STATUS_DIVISION_BY_ZERO || status == STATUS_UNSUPPORTED;
}

/* (U1), unless the refusal has taken the transaction with it: then the column is all that is known. */
static enum status value_refused(struct modification *modification, enum status status) {
    struct execution *execution = modification->execution;
    struct txn *txn = execution->context->txn;
    if (!txn_is_over(txn)) return STATUS_UNSUPPORTED;
    const struct table_definition *table =
        modification->plan->bound->targets[0].table->base->definition;
    uint32_t column = txn_error(txn)->column;
    if (column >= table->column_count) return exec_refused(execution, status);
    return dml_refused_value(execution, &table->columns[column], status);
}

/* UNSUPPORTED: not this way. */
static enum status modify_pushed(struct modification *modification) {
    struct execution *execution = modification->execution;
    const struct plan_change *plan = modification->plan->change;
    bool is_strict =
        (execution->eval->mode & EVAL_STRICT) != 0 || modification->plan->bound->is_delete;
    if (plan == NULL || !is_strict) return STATUS_UNSUPPORTED;
    struct change_spec spec;
    enum status status = change_spec_fill(execution, plan, &spec);
    if (status != STATUS_OK) return status == STATUS_END ? STATUS_OK : status;
    struct change_result changed;
    status = txn_change(execution->context->txn, &spec, execution->arena, &changed);
    if (is_about_value(status)) return value_refused(modification, status);
    if (status != STATUS_OK) return exec_refused(execution, status);
    modification->matched = changed.matched;
    modification->changed = changed.changed;
    return STATUS_OK;
}

/* ---- the statement ---- */

static void modification_result(const struct modification *modification,
                                struct exec_result *result) {
    struct execution *execution = modification->execution;
    if (modification->plan->bound->is_delete) {
        result->affected_rows = modification->changed;
        return;
    }
    bool counts_found = (execution->context->capabilities & CLIENT_FOUND_ROWS) != 0;
    result->affected_rows = counts_found ? modification->matched : modification->changed;
    result->info = slice_of_text(arena_printf(
        execution->arena, "Rows matched: %llu  Changed: %llu  Warnings: %u",
        (unsigned long long)modification->matched, (unsigned long long)modification->changed,
        (unsigned)execution->eval->diagnostics->warning_count));
}

/* Does some target's whole table have to be read? */
static bool reads_all_of(const struct plan_node *node, const struct bound_modify *bound) {
    if (node == NULL) return false;
    if (node->kind == PLAN_SCAN && node->scan->path->kind == ACCESS_FULL) {
        for (uint32_t i = 0; i < bound->target_count; i++)
            if (bound->targets[i].table == node->scan->bound) return true;
    }
    return reads_all_of(node->input, bound) || reads_all_of(node->inner, bound);
}

/* sql_safe_updates: a key or a LIMIT has to keep a slip from changing everything. */
static enum status check_safe(const struct execution *execution) {
    const struct plan_modify *plan = execution->context->plan->modify;
    if (execution->context->safe_updates == 0 || plan->bound->limit != NULL) return STATUS_OK;
    bool is_unsafe = plan->change != NULL ? plan->change->path->kind == ACCESS_FULL
                                          : reads_all_of(plan->source, plan->bound);
    if (!is_unsafe) return STATUS_OK;
    return diagnostics_error(execution->eval->diagnostics, ER_UPDATE_WITHOUT_KEY_IN_SAFE_MODE, "");
}

enum status dml_modify(struct execution *execution, struct exec_result *result) {
    struct modification modification;
    enum status safe = check_safe(execution);
    if (safe != STATUS_OK) return safe;
    if (execution->context->plan->modify->bound->is_ignore) execution->eval->mode |= EVAL_IGNORE;
    modification_open(&modification, execution);
    enum status status = modify_pushed(&modification);
    if (status == STATUS_UNSUPPORTED) status = modify_rows(&modification);
    if (status == STATUS_OK) modification_result(&modification, result);
    return status;
}
