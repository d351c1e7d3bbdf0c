/* exec_scan.c: rows of a base table into the slots.
 *
 *   positions (access_positions) --> scan_open --> scan_next: batch --> output columns --> slots --> filter
 *
 * The program of the scan has filtered and projected where the rows are; what it could not compute is tried here. A scan
 * without positions that could match sends nothing.
 */
#include "sql/exec_private.h"

#include "row/collation.h"

struct scan_stage {
    struct stage stage;
    struct scan *scan;
    struct scan_batch batch;
    struct arena *arena; /* of what one run needs; the execution's for the first one */
    uint32_t at;         /* next row of the batch */
    bool is_open, is_done;
};

/* The program's parameters, one after the other. */
static enum status parameters_append(struct execution *execution, struct expr **exprs,
                                     uint32_t count, struct buffer *encoded) {
    for (uint32_t i = 0; i < count; i++) {
        struct value value;
        enum status status = expr_eval(exprs[i], execution->eval, &value);
        if (status != STATUS_OK) return status;
        value_encode(&value, encoded);
    }
    return STATUS_OK;
}

enum status exec_parameters(struct execution *execution, struct expr **exprs, uint32_t count,
                            struct slice *out) {
    struct buffer encoded = buffer_of(execution->arena);
    enum status status = parameters_append(execution, exprs, count, &encoded);
    *out = buffer_slice(&encoded);
    return status;
}

/* (plan_scan.is_top) How many rows of each request are wanted, behind the other parameters. */
static enum status top_parameter(struct execution *execution, const struct plan_scan *scan,
                                 struct buffer *encoded) {
    uint64_t limit, offset;
    enum status status = exec_count(execution, scan->top_limit, UINT64_MAX, &limit);
    if (status == STATUS_OK) status = exec_count(execution, scan->top_offset, 0, &offset);
    if (status != STATUS_OK) return status;
    struct value count = value_of_uint(limit > UINT64_MAX - offset ? UINT64_MAX : limit + offset);
    value_encode(&count, encoded);
    return STATUS_OK;
}

/* LIMIT + OFFSET, when both are pushed; 0: none. */
static enum status pushed_limit(struct execution *execution, const struct plan_scan *scan,
                                uint32_t *limit_out) {
    uint64_t limit, offset;
    *limit_out = 0;
    if (scan->limit == NULL) return STATUS_OK;
    enum status status = exec_count(execution, scan->limit, UINT64_MAX, &limit);
    if (status == STATUS_OK) status = exec_count(execution, scan->offset_in_limit, 0, &offset);
    if (status != STATUS_OK) return status;
    if (limit < UINT32_MAX && offset < UINT32_MAX - limit) *limit_out = (uint32_t)(limit + offset);
    return STATUS_OK;
}

static uint8_t scan_flags(const struct plan_scan *plan) {
    return plan->is_descending ? READ_DESCENDING : 0;
}

enum status exec_scan_start(struct execution *execution, const struct plan_scan *plan,
                            const struct access_positions *positions, struct arena *arena,
                            struct scan **scan_out) {
    struct buffer parameters = buffer_of(arena);
    struct scan_spec spec = {.table = plan->bound->base,
                             .index = plan->path->index,
                             .position_kind = positions->kind,
                             .positions = positions->packed,
                             .position_count = positions->count,
                             .program = plan->program,
                             .lock_mode = plan->bound->lock_mode,
                             .wait_policy = plan->bound->wait_policy,
                             .flags = scan_flags(plan),
                             .order = plan->order,
                             .extent = SCAN_PART};
    if (plan->is_whole_statement && execution->context->statement_extent) {
        spec.extent = SCAN_WHOLE_STATEMENT;
    }
    enum status status =
        parameters_append(execution, plan->parameters, plan->parameter_count, &parameters);
    if (status == STATUS_OK && plan->is_top) status = top_parameter(execution, plan, &parameters);
    spec.parameters = buffer_slice(&parameters);
    if (status == STATUS_OK) status = pushed_limit(execution, plan, &spec.row_limit);
    if (status != STATUS_OK) return status;
    status = scan_open(execution->context->txn, &spec, arena, scan_out);
    return status == STATUS_OK ? STATUS_OK : exec_refused(execution, status);
}

static enum status scan_start(struct scan_stage *self, struct execution *execution) {
    const struct plan_scan *plan = self->stage.node->scan;
    struct access_positions positions;
    enum status status = access_positions(plan->path, execution->eval, self->arena, &positions);
    if (status != STATUS_OK) return status;
    self->is_done = positions.count == 0;
    if (self->is_done) return STATUS_OK;
    status = exec_scan_start(execution, plan, &positions, self->arena, &self->scan);
    self->is_open = status == STATUS_OK;
    return status;
}

static enum status scan_fetch(struct scan_stage *self, struct execution *execution) {
    enum status status = scan_next(self->scan, &self->batch);
    self->at = 0;
    if (status == STATUS_OK) return STATUS_OK;
    self->is_done = true;
    self->batch.count = 0;
    return status == STATUS_END ? STATUS_END : exec_refused(execution, status);
}

void exec_load_row(struct execution *execution, const struct plan_scan *plan, struct slice row) {
    for (uint32_t i = 0; i < plan->column_count; i++) {
        if (plan->columns[i] == NULL) continue;
        execution->slots[plan->columns[i]->slot] =
            row_value(plan->output, row, i, execution->eval->arena);
    }
    if (plan->row_slot != UINT32_MAX) {
        execution->slots[plan->row_slot] = value_of_string(row, COLLATION_BINARY);
    }
}

static enum status scan_stage_next(struct stage *stage, struct execution *execution) {
    struct scan_stage *self = (struct scan_stage *)stage;
    const struct plan_scan *plan = stage->node->scan;
    for (;;) {
        enum status status = STATUS_OK;
        if (!self->is_open && !self->is_done) status = scan_start(self, execution);
        if (status != STATUS_OK) return status;
        if (self->is_done && self->at >= self->batch.count) return STATUS_END;
        if (self->at >= self->batch.count) {
            status = scan_fetch(self, execution);
            if (status != STATUS_OK) return status;
        }
        exec_load_row(execution, plan, self->batch.rows[self->at++].bytes);
        bool passes;
        status = exec_conditions(execution, plan->filter, plan->filter_count, &passes);
        if (status != STATUS_OK || passes) return status;
        status = exec_pause(execution);
        if (status != STATUS_OK) return status;
    }
}

static void scan_stage_close(struct stage *stage, struct execution *execution) {
    (void)execution;
    struct scan_stage *self = (struct scan_stage *)stage;
    if (self->is_open) scan_close(self->scan);
    self->is_open = false;
}

static void scan_stage_rewind(struct stage *stage, struct execution *execution) {
    struct scan_stage *self = (struct scan_stage *)stage;
    scan_stage_close(stage, execution);
    if (self->arena == execution->arena)
        self->arena = exec_arena_open(execution);
    else
        arena_reset(self->arena);
    self->is_done = false;
    self->at = self->batch.count = 0;
}

struct stage *exec_scan_open(struct execution *execution, const struct plan_node *node) {
    (void)node;
    struct scan_stage *self = arena_new(execution->arena, struct scan_stage);
    self->stage.next = scan_stage_next;
    self->stage.rewind = scan_stage_rewind;
    self->stage.close = scan_stage_close;
    self->arena = execution->arena;
    return &self->stage;
}
