/* exec_simple.c: operators that keep no rows: ONCE, NEVER, VALUES, FILTER, PROJECT, LIMIT.
 */
#include "sql/exec_private.h"

/* ---- ONCE and NEVER: one row, no row ---- */

struct once_operator {
    struct operator operator;
    uint32_t left;
};

static enum status once_next(struct operator* operator, struct execution * execution) {
    (void)execution;
    struct once_operator *self = (struct once_operator *)operator;
    if (self->left == 0) return STATUS_END;
    self->left--;
    return STATUS_OK;
}

static void once_rewind(struct operator* operator, struct execution * execution) {
    (void)execution;
    struct once_operator *self = (struct once_operator *)operator;
    self->left = operator->node->kind == PLAN_ONCE;
}

struct operator* exec_once_open(struct execution *execution, const struct plan_node *node) {
    struct once_operator *self = arena_new(execution->arena, struct once_operator);
    self->operator.next = once_next;
    self->operator.rewind = once_rewind;
    self->left = node->kind == PLAN_ONCE;
    return &self->operator;
}

/* ---- VALUES ROW(..), ROW(..) ---- */

struct values_operator {
    struct operator operator;
    uint32_t at;
};

static enum status values_next(struct operator* operator, struct execution * execution) {
    struct values_operator *self = (struct values_operator *)operator;
    const struct plan_node *node = operator->node;
    if (self->at == node->values.row_count) return STATUS_END;
    struct expr **row = node->values.rows[self->at++];
    for (uint32_t i = 0; i < node->slot_count; i++) {
        enum status status = expr_eval(row[i], execution->eval, &execution->slots[node->slots[i]]);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

static void values_rewind(struct operator* operator, struct execution * execution) {
    (void)execution;
    ((struct values_operator *)operator)->at = 0;
}

struct operator* exec_values_open(struct execution *execution, const struct plan_node *node) {
    (void)node;
    struct values_operator *self = arena_new(execution->arena, struct values_operator);
    self->operator.next = values_next;
    self->operator.rewind = values_rewind;
    return &self->operator;
}

/* ---- one input ---- */

static void input_rewind(struct operator* operator, struct execution * execution) {
    operator->input->rewind(operator->input, execution);
}

static struct operator* passing_open(struct execution *execution, operator_next *next) {
    struct operator* operator= arena_new(execution->arena, struct operator);
    operator->next = next;
    operator->rewind = input_rewind;
    return operator;
}

static enum status filter_next(struct operator* operator, struct execution * execution) {
    const struct plan_node *node = operator->node;
    enum status status;
    while ((status = operator_step(operator->input, execution)) == STATUS_OK) {
        bool passes;
        status = exec_conditions(execution, node->filter.conditions, node->filter.condition_count,
                                 &passes);
        if (status != STATUS_OK || passes) return status;
        status = exec_pause(execution);
        if (status != STATUS_OK) return status;
    }
    return status;
}

struct operator* exec_filter_open(struct execution *execution, const struct plan_node *node) {
    (void)node;
    return passing_open(execution, filter_next);
}

static enum status project_next(struct operator* operator, struct execution * execution) {
    const struct plan_node *node = operator->node;
    enum status status = operator_step(operator->input, execution);
    for (uint32_t i = 0; i < node->project.count && status == STATUS_OK; i++) {
        const struct bound_item *item = &node->project.items[i];
        status = expr_eval(item->expr, execution->eval, &execution->slots[item->slot]);
    }
    return status;
}

struct operator* exec_project_open(struct execution *execution, const struct plan_node *node) {
    (void)node;
    return passing_open(execution, project_next);
}

/* ---- LIMIT ---- */

struct limit_operator {
    struct operator operator;
    uint64_t limit, offset, given, seen;
    bool is_started;
};

static enum status limit_start(struct limit_operator *self, struct execution *execution) {
    const struct plan_node *node = self->operator.node;
    enum status status = exec_count(execution, node->limit.limit, UINT64_MAX, &self->limit);
    if (status == STATUS_OK) status = exec_count(execution, node->limit.offset, 0, &self->offset);
    self->is_started = true;
    while (status == STATUS_OK && self->seen < self->offset && self->limit > 0) {
        status = operator_step(self->operator.input, execution);
        if (status == STATUS_OK) self->seen++;
        if (status == STATUS_OK) status = exec_pause(execution);
    }
    return status;
}

/* SQL_CALC_FOUND_ROWS: the rest is read and counted. */
static enum status limit_count_all(struct limit_operator *self, struct execution *execution) {
    enum status status;
    while ((status = operator_step(self->operator.input, execution)) == STATUS_OK) {
        self->seen++;
        status = exec_pause(execution);
        if (status != STATUS_OK) return status;
    }
    if (status == STATUS_END) execution->found_rows = self->seen;
    return status;
}

static enum status limit_next(struct operator* operator, struct execution * execution) {
    struct limit_operator *self = (struct limit_operator *)operator;
    enum status status = self->is_started ? STATUS_OK : limit_start(self, execution);
    bool is_full = status == STATUS_OK && self->given == self->limit;
    if (is_full && operator->node->limit.counts_all) return limit_count_all(self, execution);
    if (is_full) return STATUS_END;
    if (status == STATUS_OK) status = operator_step(operator->input, execution);
    if (status == STATUS_OK) {
        self->given++;
        self->seen++;
    }
    if (status == STATUS_END && operator->node->limit.counts_all)
        execution->found_rows = self->seen;
    return status;
}

static void limit_rewind(struct operator* operator, struct execution * execution) {
    struct limit_operator *self = (struct limit_operator *)operator;
    self->is_started = false;
    self->given = self->seen = 0;
    input_rewind(operator, execution);
}

struct operator* exec_limit_open(struct execution *execution, const struct plan_node *node) {
    (void)node;
    struct limit_operator *self = arena_new(execution->arena, struct limit_operator);
    self->operator.next = limit_next;
    self->operator.rewind = limit_rewind;
    return &self->operator;
}
