/* exec_sort.c: ORDER BY: rows in order.
 *
 * SORT gives all its input to a sorter (exec_sorter.c), each row as the values of the order expressions and then the slots that
 * the node defines. With a limit the sorter keeps the limit + offset first rows only. DISTINCT of columns that are all ordered by is
 * done by the sorter.
 */
#include "sql/exec_sorter.h"

struct sort_stage {
    struct stage stage;
    struct sorter *sorter;
    struct value *values; /* keys, then slots */
    bool is_read;
};

static enum status sort_add(struct sort_stage *self, struct execution *execution) {
    const struct plan_node *node = self->stage.node;
    uint32_t key_count = node->sort.order_count;
    for (uint32_t i = 0; i < key_count; i++) {
        enum status status = expr_eval(node->sort.order[i].expr, execution->eval, &self->values[i]);
        if (status != STATUS_OK) return status;
    }
    for (uint32_t i = 0; i < node->slot_count; i++) {
        self->values[key_count + i] = execution->slots[node->slots[i]];
    }
    return sorter_add(self->sorter, self->values);
}

/* How many rows are wanted. */
static enum status rows_wanted(const struct plan_node *node, struct execution *execution,
                               uint64_t *keep_out) {
    uint64_t limit, offset;
    enum status status = exec_count(execution, node->sort.limit, UINT64_MAX, &limit);
    if (status == STATUS_OK) status = exec_count(execution, node->sort.offset, 0, &offset);
    if (status != STATUS_OK) return status;
    *keep_out = limit > UINT64_MAX - offset ? UINT64_MAX : limit + offset;
    return STATUS_OK;
}

static void sorter_begin(struct sort_stage *self, struct execution *execution, uint64_t keep) {
    const struct plan_node *node = self->stage.node;
    if (self->sorter != NULL) {
        sorter_reset(self->sorter, keep);
        return;
    }
    uint32_t count = node->sort.order_count;
    struct sort_key *keys = arena_array(execution->arena, struct sort_key, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        const struct bound_order *order = &node->sort.order[i];
        keys[i] = (struct sort_key){order->expr->type.collation, order->is_descending};
    }
    struct sorter_spec spec = {keys, count, count + node->slot_count, keep,
                               node->sort.is_distinct ? SORTER_FIRST : SORTER_ALL};
    self->values = arena_array(execution->arena, struct value, spec.value_count + 1);
    self->sorter = sorter_open(execution, &spec);
}

static enum status sort_read(struct sort_stage *self, struct execution *execution) {
    uint64_t keep;
    enum status status = rows_wanted(self->stage.node, execution, &keep);
    if (status != STATUS_OK) return status;
    sorter_begin(self, execution, keep);
    while ((status = stage_step(self->stage.input, execution)) == STATUS_OK) {
        status = sort_add(self, execution);
        if (status == STATUS_OK) status = exec_pause(execution);
        if (status != STATUS_OK) return status;
        exec_forget(execution);
    }
    if (status != STATUS_END) return status;
    self->is_read = true;
    return sorter_finish(self->sorter);
}

static enum status sort_next(struct stage *stage, struct execution *execution) {
    struct sort_stage *self = (struct sort_stage *)stage;
    const struct plan_node *node = stage->node;
    enum status status = self->is_read ? STATUS_OK : sort_read(self, execution);
    const struct value *values;
    if (status == STATUS_OK) status = sorter_next(self->sorter, &values);
    for (uint32_t i = 0; status == STATUS_OK && i < node->slot_count; i++) {
        execution->slots[node->slots[i]] = values[node->sort.order_count + i];
    }
    return status;
}

static void sort_rewind(struct stage *stage, struct execution *execution) {
    struct sort_stage *self = (struct sort_stage *)stage;
    self->is_read = false;
    stage->input->rewind(stage->input, execution);
}

struct stage *exec_sort_open(struct execution *execution, const struct plan_node *node) {
    (void)node;
    struct sort_stage *self = arena_new(execution->arena, struct sort_stage);
    self->stage.next = sort_next;
    self->stage.rewind = sort_rewind;
    return &self->stage;
}
