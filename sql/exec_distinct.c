/* exec_distinct.c: DISTINCT: the first of equal rows; equality is that of the columns' collations.
 */
#include "sql/exec_private.h"

struct distinct_stage {
    struct stage stage;
    struct row_table seen;
    struct value *items; /* of the row at hand */
    uint16_t *collations;
};

static enum status distinct_next(struct stage *stage, struct execution *execution) {
    struct distinct_stage *self = (struct distinct_stage *)stage;
    const struct plan_node *node = stage->node;
    enum status status;
    while ((status = stage_step(stage->input, execution)) == STATUS_OK) {
        for (uint32_t i = 0; i < node->project.count; i++) {
            self->items[i] = execution->slots[node->project.items[i].slot];
        }
        if (row_table_first(&self->seen, self->items) == ROW_NONE) {
            row_table_add(&self->seen, self->items);
            return STATUS_OK;
        }
        status = exec_pause(execution);
        if (status != STATUS_OK) return status;
    }
    return status;
}

static void distinct_rewind(struct stage *stage, struct execution *execution) {
    struct distinct_stage *self = (struct distinct_stage *)stage;
    row_table_open(&self->seen, execution->arena, self->collations, stage->node->project.count);
    stage->input->rewind(stage->input, execution);
}

struct stage *exec_distinct_open(struct execution *execution, const struct plan_node *node) {
    struct distinct_stage *self = arena_new(execution->arena, struct distinct_stage);
    uint32_t count = node->project.count;
    self->stage.next = distinct_next;
    self->stage.rewind = distinct_rewind;
    self->items = arena_array(execution->arena, struct value, count + 1);
    self->collations = arena_array(execution->arena, uint16_t, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        self->collations[i] = node->project.items[i].expr->type.collation;
    }
    row_table_open(&self->seen, execution->arena, self->collations, count);
    return &self->stage;
}
