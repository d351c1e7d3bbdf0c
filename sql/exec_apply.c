/* exec_apply.c: subqueries in expressions: what is the slot's value for the row at hand?
 *
 * A subquery that reads nothing of the row is run once; of IN, ANY and ALL its rows are kept (exec_members.c). One that does is
 * run again when a slot that it reads has changed since the last row.
 *
 *   (P1) While a subquery runs, temporaries go to an arena of its own, so that they may be forgotten although the outer row's
 *        must stay.
 *
 *   scalar, row   the one row's values; none: NULL; two: error 1242
 *   EXISTS        is there a row?
 *   IN, ANY       some row's comparison true: 1; else some unknown: NULL; else 0
 *   ALL           some row's comparison false: 0; else some unknown: NULL; else 1
 */
#include "row/collation.h"
#include "sql/exec_members.h"

struct applied {
    struct stage *root;
    struct value *outer;        /* values of the outer slots that the result stands for */
    struct arena *arena;        /* of those values and the result */
    struct member_set *members; /* or NULL */
    bool is_known;
};

struct apply_stage {
    struct stage stage;
    struct applied *items;
    struct arena *temporaries; /* (P1) */
};

/* ---- one run ---- */

static uint32_t width_of(const struct bound_subquery *subquery) {
    return subquery->kind == SUBQUERY_ROW ? subquery->column_count : 1;
}

static void result_fill(struct execution *execution, const struct bound_subquery *subquery,
                        struct value value) {
    for (uint32_t i = 0; i < width_of(subquery); i++) execution->slots[subquery->slot + i] = value;
}

/* The values are copied into the arena. */
static enum status run_scalar(struct execution *execution, const struct bound_subquery *subquery,
                              struct stage *root, struct arena *arena) {
    enum status status = stage_step(root, execution);
    if (status == STATUS_END) {
        result_fill(execution, subquery, value_null());
        return STATUS_OK;
    }
    if (status != STATUS_OK) return status;
    const struct bound_item *items = subquery->query->items;
    for (uint32_t i = 0; i < width_of(subquery); i++) {
        execution->slots[subquery->slot + i] = value_copy(&execution->slots[items[i].slot], arena);
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

static enum status run_compared(struct execution *execution, const struct bound_subquery *subquery,
                                struct stage *root) {
    int decisive = subquery->kind == SUBQUERY_ALL ? 0 : 1;
    bool is_unknown = false;
    enum status status;
    while ((status = stage_step(root, execution)) == STATUS_OK) {
        int truth;
        status = exec_row_truth(execution, subquery, &truth);
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

static enum status run(struct execution *execution, const struct bound_subquery *subquery,
                       struct stage *root, struct arena *arena) {
    switch (subquery->kind) {
    case SUBQUERY_SCALAR:
    case SUBQUERY_ROW: return run_scalar(execution, subquery, root, arena);
    case SUBQUERY_EXISTS: return run_exists(execution, subquery, root);
    case SUBQUERY_IN:
    case SUBQUERY_ANY:
    case SUBQUERY_ALL: return run_compared(execution, subquery, root);
    }
    UNREACHABLE();
}

enum status exec_subquery(struct execution *execution, const struct bound_subquery *subquery,
                          struct stage *root) {
    execution->hold_count++;
    enum status status = run(execution, subquery, root, execution->arena);
    execution->hold_count--;
    return status;
}

/* ---- the operator ---- */

/* Are the subquery's rows kept? */
static bool is_kept(const struct bound_subquery *subquery) {
    return subquery->operands != NULL && !subquery->is_correlated;
}

/* A result is kept while the values that it was computed from stay the same. Operands of IN and kin may read anything, so
 * theirs is not kept. */
static bool is_current(const struct applied *applied, const struct bound_subquery *subquery,
                       const struct value *slots) {
    if (applied->members != NULL) return true;
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

/* (P1) */
struct held {
    struct arena *arena;
    uint32_t hold_count;
};

static struct held subquery_begin(struct apply_stage *self, struct execution *execution) {
    struct held held = {execution->eval->arena, execution->hold_count};
    if (self->temporaries == NULL) self->temporaries = exec_arena_open(execution);
    arena_reset(self->temporaries);
    execution->eval->arena = self->temporaries;
    execution->hold_count = 0;
    return held;
}

static void subquery_end(struct execution *execution, const struct held *held) {
    execution->eval->arena = held->arena;
    execution->hold_count = held->hold_count;
}

static enum status root_begin(struct execution *execution, const struct plan_apply *plan,
                              struct applied *applied) {
    if (applied->root == NULL) return stage_open(execution, plan->plan->root, &applied->root);
    applied->root->rewind(applied->root, execution);
    return STATUS_OK;
}

static enum status apply_run(struct apply_stage *self, struct execution *execution,
                             const struct plan_apply *plan, struct applied *applied) {
    const struct bound_subquery *subquery = plan->subquery;
    struct held held = subquery_begin(self, execution);
    enum status status = root_begin(execution, plan, applied);
    if (status == STATUS_OK && is_kept(subquery)) {
        status = member_set_make(execution, subquery, applied->root, &applied->members);
    } else if (status == STATUS_OK) {
        if (applied->arena == NULL) applied->arena = exec_arena_open(execution);
        arena_reset(applied->arena);
        for (uint32_t i = 0; i < subquery->outer_slot_count; i++) {
            applied->outer[i] =
                value_copy(&execution->slots[subquery->outer_slots[i]], applied->arena);
        }
        status = run(execution, subquery, applied->root, applied->arena);
    }
    applied->is_known = status == STATUS_OK;
    subquery_end(execution, &held);
    return status;
}

static enum status apply_one(struct apply_stage *self, struct execution *execution,
                             const struct plan_apply *plan, struct applied *applied) {
    const struct bound_subquery *subquery = plan->subquery;
    enum status status = STATUS_OK;
    if (!is_current(applied, subquery, execution->slots)) {
        status = apply_run(self, execution, plan, applied);
    }
    if (status != STATUS_OK || applied->members == NULL) return status;
    int truth;
    status = member_set_truth(applied->members, execution, &truth);
    result_fill(execution, subquery, truth < 0 ? value_null() : value_of_int(truth));
    return status;
}

static enum status apply_next(struct stage *stage, struct execution *execution) {
    struct apply_stage *self = (struct apply_stage *)stage;
    enum status status = stage_step(stage->input, execution);
    for (uint32_t i = 0; i < stage->node->apply.count && status == STATUS_OK; i++) {
        status = apply_one(self, execution, &stage->node->apply.items[i], &self->items[i]);
    }
    return status;
}

static void apply_rewind(struct stage *stage, struct execution *execution) {
    struct apply_stage *self = (struct apply_stage *)stage;
    for (uint32_t i = 0; i < stage->node->apply.count; i++) {
        bool reads_outer = stage->node->apply.items[i].subquery->outer_slot_count > 0;
        if (reads_outer) self->items[i].is_known = false;
    }
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
