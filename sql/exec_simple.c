/* exec_simple.c: operators that keep no rows: ONCE, NEVER, VALUES, FILTER, PROJECT, LIMIT.
 */
#include "sql/exec_private.h"

/* ---- ONCE and NEVER: one row, no row ---- */

struct once_stage {
    struct stage stage;
    uint32_t left;
};

static enum status once_next(struct stage *stage, struct execution *execution) {
    (void)execution;
    struct once_stage *self = (struct once_stage *)stage;
    if (self->left == 0) return STATUS_END;
    self->left--;
    return STATUS_OK;
}

static void once_rewind(struct stage *stage, struct execution *execution) {
    (void)execution;
    struct once_stage *self = (struct once_stage *)stage;
    self->left = stage->node->kind == PLAN_ONCE;
}

struct stage *exec_once_open(struct execution *execution, const struct plan_node *node) {
    struct once_stage *self = arena_new(execution->arena, struct once_stage);
    self->stage.next = once_next;
    self->stage.rewind = once_rewind;
    self->left = node->kind == PLAN_ONCE;
    return &self->stage;
}

/* ---- VALUES ROW(..), ROW(..) ---- */

struct values_stage {
    struct stage stage;
    uint32_t at;
};

static enum status values_next(struct stage *stage, struct execution *execution) {
    struct values_stage *self = (struct values_stage *)stage;
    const struct plan_node *node = stage->node;
    if (self->at == node->values.row_count) return STATUS_END;
    struct expr **row = node->values.rows[self->at++];
    for (uint32_t i = 0; i < node->slot_count; i++) {
        enum status status = expr_eval(row[i], execution->eval, &execution->slots[node->slots[i]]);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

static void values_rewind(struct stage *stage, struct execution *execution) {
    (void)execution;
    ((struct values_stage *)stage)->at = 0;
}

struct stage *exec_values_open(struct execution *execution, const struct plan_node *node) {
    (void)node;
    struct values_stage *self = arena_new(execution->arena, struct values_stage);
    self->stage.next = values_next;
    self->stage.rewind = values_rewind;
    return &self->stage;
}

/* ---- one input ---- */

static void input_rewind(struct stage *stage, struct execution *execution) {
    stage->input->rewind(stage->input, execution);
}

static struct stage *passing_open(struct execution *execution, stage_next *next) {
    struct stage *stage = arena_new(execution->arena, struct stage);
    stage->next = next;
    stage->rewind = input_rewind;
    return stage;
}

static enum status filter_next(struct stage *stage, struct execution *execution) {
    const struct plan_node *node = stage->node;
    enum status status;
    while ((status = stage_step(stage->input, execution)) == STATUS_OK) {
        bool passes;
        status = exec_conditions(execution, node->filter.conditions, node->filter.condition_count,
                                 &passes);
        if (status != STATUS_OK || passes) return status;
        status = exec_pause(execution);
        if (status != STATUS_OK) return status;
    }
    return status;
}

struct stage *exec_filter_open(struct execution *execution, const struct plan_node *node) {
    (void)node;
    return passing_open(execution, filter_next);
}

static enum status project_next(struct stage *stage, struct execution *execution) {
    const struct plan_node *node = stage->node;
    enum status status = stage_step(stage->input, execution);
    for (uint32_t i = 0; i < node->project.count && status == STATUS_OK; i++) {
        const struct bound_item *item = &node->project.items[i];
        status = expr_eval(item->expr, execution->eval, &execution->slots[item->slot]);
    }
    return status;
}

struct stage *exec_project_open(struct execution *execution, const struct plan_node *node) {
    (void)node;
    return passing_open(execution, project_next);
}

/* ---- LIMIT ---- */

struct limit_stage {
    struct stage stage;
    uint64_t limit, offset, given, seen;
    bool is_started;
};

static enum status limit_start(struct limit_stage *self, struct execution *execution) {
    const struct plan_node *node = self->stage.node;
    enum status status = exec_count(execution, node->limit.limit, UINT64_MAX, &self->limit);
    if (status == STATUS_OK) status = exec_count(execution, node->limit.offset, 0, &self->offset);
    self->is_started = true;
    while (status == STATUS_OK && self->seen < self->offset && self->limit > 0) {
        status = stage_step(self->stage.input, execution);
        if (status == STATUS_OK) self->seen++;
        if (status == STATUS_OK) status = exec_pause(execution);
    }
    return status;
}

/* SQL_CALC_FOUND_ROWS: the rest is read and counted. */
static enum status limit_count_all(struct limit_stage *self, struct execution *execution) {
    enum status status;
    while ((status = stage_step(self->stage.input, execution)) == STATUS_OK) {
        self->seen++;
        status = exec_pause(execution);
        if (status != STATUS_OK) return status;
    }
    if (status == STATUS_END) execution->found_rows = self->seen;
    return status;
}

static enum status limit_next(struct stage *stage, struct execution *execution) {
    struct limit_stage *self = (struct limit_stage *)stage;
    enum status status = self->is_started ? STATUS_OK : limit_start(self, execution);
    bool is_full = status == STATUS_OK && self->given == self->limit;
    if (is_full && stage->node->limit.counts_all) return limit_count_all(self, execution);
    if (is_full) return STATUS_END;
    if (status == STATUS_OK) status = stage_step(stage->input, execution);
    if (status == STATUS_OK) {
        self->given++;
        self->seen++;
    }
    if (status == STATUS_END && stage->node->limit.counts_all) execution->found_rows = self->seen;
    return status;
}

static void limit_rewind(struct stage *stage, struct execution *execution) {
    struct limit_stage *self = (struct limit_stage *)stage;
    self->is_started = false;
    self->given = self->seen = 0;
    input_rewind(stage, execution);
}

struct stage *exec_limit_open(struct execution *execution, const struct plan_node *node) {
    (void)node;
    struct limit_stage *self = arena_new(execution->arena, struct limit_stage);
    self->stage.next = limit_next;
    self->stage.rewind = limit_rewind;
    return &self->stage;
}
