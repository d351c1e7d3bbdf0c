/* exec_apply.c: subqueries in expressions: what is the slot's value for the row at hand?
 *
 * A subquery that reads nothing of the row is run once. One that does is run again when a slot that it reads has changed since
 * the last row.
 *
 *   scalar, row   the one row's values; none: NULL; two: error 1242
 *   EXISTS        is there a row?
 *   IN, ANY       some row's comparison true: 1; else some unknown: NULL; else 0
 *   ALL           some row's comparison false: 0; else some unknown: NULL; else 1
 */
#include "row/collation.h"
#include "sql/exec_private.h"

struct applied {
    struct stage *root;
    struct value *outer; /* values of the outer slots that the result stands for */
    bool is_known;
};

struct apply_stage {
    struct stage stage;
    struct applied *items;
};

/* ---- one run ---- */

static uint32_t width_of(const struct bound_subquery *subquery) {
    return subquery->kind == SUBQUERY_ROW ? subquery->column_count : 1;
}

static void result_fill(struct execution *execution, const struct bound_subquery *subquery,
                        struct value value) {
    for (uint32_t i = 0; i < width_of(subquery); i++) execution->slots[subquery->slot + i] = value;
}

static enum status run_scalar(struct execution *execution, const struct bound_subquery *subquery,
                              struct stage *root) {
    enum status status = stage_step(root, execution);
    if (status == STATUS_END) {
        result_fill(execution, subquery, value_null());
        return STATUS_OK;
    }
    if (status != STATUS_OK) return status;
    const struct bound_item *items = subquery->query->items;
    for (uint32_t i = 0; i < width_of(subquery); i++) {
        execution->slots[subquery->slot + i] =
            value_copy(&execution->slots[items[i].slot], execution->arena);
    }
    status = stage_step(root, execution);
    if (status == STATUS_OK) {
        return diagnostics_error(execution->eval->diagnostics, ER_SUBQUERY_NO_1_ROW);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status run_exists(struct execution *execution, const struct bound_subquery *subquery,
                              struct stage *root) {
    enum status status = stage_step(root, execution);
    if (status != STATUS_OK && status != STATUS_END) return status;
    result_fill(execution, subquery, value_of_int(status == STATUS_OK));
    return STATUS_OK;
}

/* All columns' comparisons joined by AND: 1, 0, -1 unknown. */
static enum status row_truth(struct execution *execution, const struct bound_subquery *subquery,
                             int *truth_out) {
    *truth_out = 1;
    for (uint32_t i = 0; i < subquery->column_count && *truth_out != 0; i++) {
        int truth;
        enum status status = expr_truth(subquery->comparisons[i], execution->eval, &truth);
        if (status != STATUS_OK) return status;
        if (truth != 1) *truth_out = truth;
    }
    return STATUS_OK;
}

static enum status run_compared(struct execution *execution, const struct bound_subquery *subquery,
                                struct stage *root) {
    int decisive = subquery->kind == SUBQUERY_ALL ? 0 : 1;
    bool is_unknown = false;
    enum status status;
    while ((status = stage_step(root, execution)) == STATUS_OK) {
        int truth;
        status = row_truth(execution, subquery, &truth);
        if (status == STATUS_OK) status = exec_pause(execution);
        if (status != STATUS_OK) return status;
        if (truth == decisive) {
            result_fill(execution, subquery, value_of_int(decisive));
            return STATUS_OK;
        }
        if (truth < 0) is_unknown = true;
    }
    if (status != STATUS_END) return status;
    result_fill(execution, subquery, is_unknown ? value_null() : value_of_int(1 - decisive));
    return STATUS_OK;
}

enum status exec_subquery(struct execution *execution, const struct bound_subquery *subquery,
                          struct stage *root) {
    execution->hold_count++;
    enum status status = STATUS_INVALID;
    switch (subquery->kind) {
    case SUBQUERY_SCALAR:
    case SUBQUERY_ROW: status = run_scalar(execution, subquery, root); break;
    case SUBQUERY_EXISTS: status = run_exists(execution, subquery, root); break;
    case SUBQUERY_IN:
    case SUBQUERY_ANY:
    case SUBQUERY_ALL: status = run_compared(execution, subquery, root); break;
    }
    execution->hold_count--;
    return status;
}

/* ---- the operator ---- */

/* A result is kept while the values that it was computed from stay the same. Operands of IN and kin may read anything, so
 * theirs is not kept. */
static bool is_current(const struct applied *applied, const struct bound_subquery *subquery,
                       const struct value *slots) {
    if (!applied->is_known || subquery->operands != NULL) return false;
    for (uint32_t i = 0; i < subquery->outer_slot_count; i++) {
        const struct value *now = &slots[subquery->outer_slots[i]];
        if (now->kind != applied->outer[i].kind || now->collation != applied->outer[i].collation ||
            value_compare_total(now, &applied->outer[i], COLLATION_BINARY) != 0) {
            return false;
        }
    }
    return true;
}

static enum status apply_one(struct execution *execution, const struct plan_apply *plan,
                             struct applied *applied) {
    const struct bound_subquery *subquery = plan->subquery;
    if (is_current(applied, subquery, execution->slots)) return STATUS_OK;
    if (applied->root == NULL) {
        enum status status = stage_open(execution, plan->plan->root, &applied->root);
        if (status != STATUS_OK) return status;
    } else {
        applied->root->rewind(applied->root, execution);
    }
    for (uint32_t i = 0; i < subquery->outer_slot_count; i++) {
        applied->outer[i] =
            value_copy(&execution->slots[subquery->outer_slots[i]], execution->arena);
    }
    enum status status = exec_subquery(execution, subquery, applied->root);
    applied->is_known = status == STATUS_OK;
    return status;
}

static enum status apply_next(struct stage *stage, struct execution *execution) {
    struct apply_stage *self = (struct apply_stage *)stage;
    enum status status = stage_step(stage->input, execution);
    for (uint32_t i = 0; i < stage->node->apply.count && status == STATUS_OK; i++) {
        status = apply_one(execution, &stage->node->apply.items[i], &self->items[i]);
    }
    return status;
}

static void apply_rewind(struct stage *stage, struct execution *execution) {
    struct apply_stage *self = (struct apply_stage *)stage;
    for (uint32_t i = 0; i < stage->node->apply.count; i++) self->items[i].is_known = false;
    stage->input->rewind(stage->input, execution);
}

struct stage *exec_apply_open(struct execution *execution, const struct plan_node *node) {
    struct apply_stage *self = arena_new(execution->arena, struct apply_stage);
    self->stage.next = apply_next;
    self->stage.rewind = apply_rewind;
    self->items = arena_alloc_zeroed(execution->arena, node->apply.count * sizeof *self->items);
    for (uint32_t i = 0; i < node->apply.count; i++) {
        uint32_t count = node->apply.items[i].subquery->outer_slot_count;
        self->items[i].outer = arena_array(execution->arena, struct value, MAX(count, 1u));
    }
    return &self->stage;
}
