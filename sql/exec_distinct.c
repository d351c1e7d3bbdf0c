/* exec_distinct.c: DISTINCT: the first of equal rows; equality is that of the columns' collations.
 *
 * Rows are passed on as they come. When those that were seen fill the memory, others go to files, and what of them is new is
 * told when the input is at its end (exec_partition.c).
 */
#include "sql/exec_spill.h"

struct distinct_stage {
    struct stage stage;
    struct arena *arena; /* of what was seen */
    struct row_table seen;
    struct partitions parts;
    struct value *items; /* of the row at hand */
    uint16_t *collations;
};

/* The next row of the input, or of the file that is read. */
static enum status row_take(struct distinct_stage *self, struct execution *execution) {
    const struct plan_node *node = self->stage.node;
    bool is_input = self->parts.reading == NULL;
    struct packed_row *row = NULL;
    enum status status = is_input ? stage_step(self->stage.input, execution)
                                  : partitions_read(&self->parts, execution, &row);
    for (uint32_t i = 0; status == STATUS_OK && i < node->project.count; i++) {
        struct value *slot = &execution->slots[node->project.items[i].slot];
        if (!is_input) *slot = row->values[i];
        self->items[i] = *slot;
    }
    return status;
}

static enum status row_put_off(struct distinct_stage *self, struct execution *execution) {
    const struct packed_row *row =
        row_pack(execution->eval->arena, self->items, self->stage.node->project.count,
                 row_table_hash(&self->seen, self->items));
    return partitions_add(&self->parts, execution, row);
}

static bool has_room(const struct distinct_stage *self, const struct execution *execution) {
    return self->seen.count == 0 || !partitions_may_add(&self->parts) ||
           !exec_is_full(execution, self->arena);
}

static void forget_seen(struct distinct_stage *self) {
    arena_reset(self->arena);
    row_table_open(&self->seen, self->arena, self->collations, self->stage.node->project.count);
}

static enum status distinct_next(struct stage *stage, struct execution *execution) {
    struct distinct_stage *self = (struct distinct_stage *)stage;
    for (;;) {
        enum status status = row_take(self, execution);
        if (status == STATUS_END) {
            status = partitions_next(&self->parts, execution);
            if (status != STATUS_OK) return status;
            forget_seen(self);
            continue;
        }
        if (status != STATUS_OK) return status;
        if (row_table_first(&self->seen, self->items) == ROW_NONE) {
            if (has_room(self, execution)) {
                row_table_add(&self->seen, self->items);
                return STATUS_OK;
            }
            status = row_put_off(self, execution);
        }
        if (status == STATUS_OK) status = exec_pause(execution);
        if (status != STATUS_OK) return status;
        exec_forget(execution);
    }
}

static void distinct_rewind(struct stage *stage, struct execution *execution) {
    struct distinct_stage *self = (struct distinct_stage *)stage;
    forget_seen(self);
    partitions_reset(&self->parts, execution);
    stage->input->rewind(stage->input, execution);
}

struct stage *exec_distinct_open(struct execution *execution, const struct plan_node *node) {
    struct distinct_stage *self = arena_new(execution->arena, struct distinct_stage);
    uint32_t count = node->project.count;
    self->stage.next = distinct_next;
    self->stage.rewind = distinct_rewind;
    self->stage.node = node;
    self->arena = exec_arena_open(execution);
    self->items = arena_array(execution->arena, struct value, count + 1);
    self->collations = arena_array(execution->arena, uint16_t, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        self->collations[i] = node->project.items[i].expr->type.collation;
    }
    forget_seen(self);
    return &self->stage;
}
