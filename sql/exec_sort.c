/* exec_sort.c: ORDER BY: rows kept, in order.
 *
 * SORT reads all its input into a row store with the values of the order expressions behind each row, and sorts an array of
 * row numbers. With a limit it keeps a heap of the limit + offset first rows instead.
 *   (O1) The sort is stable: rows that compare equal come in the order of the input.
 */
#include <stdlib.h>

#include "sql/exec_private.h"

/* ---- SORT ---- */

struct sort_stage {
    struct stage stage;
    struct row_store rows;
    struct value *keys; /* order_count for each row */
    uint64_t key_capacity;
    uint64_t *order; /* row numbers, sorted */
    uint64_t count, at;
    uint64_t keep; /* limit + offset; UINT64_MAX: all */
    bool is_read;
};

static int keys_compare(const struct plan_node *node, const struct value *a,
                        const struct value *b) {
    for (uint32_t i = 0; i < node->sort.order_count; i++) {
        const struct bound_order *order = &node->sort.order[i];
        int compared = value_compare_total(&a[i], &b[i], order->expr->type.collation);
        if (compared != 0) return order->is_descending ? -compared : compared;
    }
    return 0;
}

/* (O1) */
static int rows_compare(const void *a, const void *b, void *context) {
    const struct sort_stage *self = context;
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    uint32_t width = self->stage.node->sort.order_count;
    int compared =
        keys_compare(self->stage.node, self->keys + left * width, self->keys + right * width);
    return compared != 0 ? compared : (left > right) - (left < right);
}

static enum status sort_keys_add(struct sort_stage *self, struct execution *execution) {
    const struct plan_node *node = self->stage.node;
    uint32_t width = node->sort.order_count;
    if (self->rows.count >= self->key_capacity) {
        uint64_t capacity = MAX((uint64_t)16, self->key_capacity * 2);
        struct value *keys = arena_array(execution->arena, struct value, capacity * width);
        if (self->key_capacity > 0) {
            memcpy(keys, self->keys, self->key_capacity * width * sizeof *keys);
        }
        self->keys = keys;
        self->key_capacity = capacity;
    }
    for (uint32_t i = 0; i < width; i++) {
        struct value value;
        enum status status = expr_eval(node->sort.order[i].expr, execution->eval, &value);
        if (status != STATUS_OK) return status;
        self->keys[self->rows.count * width + i] = value_copy(&value, execution->arena);
    }
    return STATUS_OK;
}

static void sort_order(struct sort_stage *self, struct execution *execution) {
    uint64_t *order = arena_array(execution->arena, uint64_t, MAX(self->rows.count, (uint64_t)1));
    for (uint64_t i = 0; i < self->rows.count; i++) order[i] = i;
    qsort_r(order, self->rows.count, sizeof *order, rows_compare, self);
    self->order = order;
    self->count = MIN(self->rows.count, self->keep);
}

/* With a limit: when twice as many rows are kept as wanted, the worse half is forgotten. The kept rows move to a new
 * store, so that memory stays in proportion to the limit. */
static void sort_shrink(struct sort_stage *self, struct execution *execution) {
    sort_order(self, execution);
    struct row_store rows;
    uint32_t width = self->stage.node->sort.order_count;
    row_store_open(&rows, self->rows.arena, self->rows.slots, self->rows.slot_count);
    struct value *keys = arena_array(execution->arena, struct value, self->key_capacity * width);
    for (uint64_t i = 0; i < self->count; i++) {
        row_store_load(&self->rows, self->order[i], execution->slots);
        memcpy(keys + i * width, self->keys + self->order[i] * width, width * sizeof *keys);
        row_store_add(&rows, execution->slots);
    }
    self->rows = rows;
    self->keys = keys;
}

static enum status sort_read(struct sort_stage *self, struct execution *execution) {
    const struct plan_node *node = self->stage.node;
    uint64_t limit, offset;
    enum status status = exec_count(execution, node->sort.limit, UINT64_MAX, &limit);
    if (status == STATUS_OK) status = exec_count(execution, node->sort.offset, 0, &offset);
    if (status != STATUS_OK) return status;
    self->keep = limit > UINT64_MAX - offset ? UINT64_MAX : limit + offset;
    row_store_open(&self->rows, execution->arena, node->slots, node->slot_count);
    while ((status = stage_step(self->stage.input, execution)) == STATUS_OK) {
        status = sort_keys_add(self, execution);
        if (status == STATUS_OK) status = exec_pause(execution);
        if (status != STATUS_OK) return status;
        row_store_add(&self->rows, execution->slots);
        exec_forget(execution);
        bool is_double = self->keep < UINT32_MAX && self->rows.count >= 2 * self->keep + 1024;
        if (is_double) sort_shrink(self, execution);
    }
    if (status != STATUS_END) return status;
    sort_order(self, execution);
    self->is_read = true;
    return STATUS_OK;
}

static enum status sort_next(struct stage *stage, struct execution *execution) {
    struct sort_stage *self = (struct sort_stage *)stage;
    enum status status = self->is_read ? STATUS_OK : sort_read(self, execution);
    if (status != STATUS_OK) return status;
    if (self->at == self->count) return STATUS_END;
    row_store_load(&self->rows, self->order[self->at++], execution->slots);
    return STATUS_OK;
}

static void sort_rewind(struct stage *stage, struct execution *execution) {
    struct sort_stage *self = (struct sort_stage *)stage;
    struct stage kept = self->stage;
    *self = (struct sort_stage){.stage = kept};
    stage->input->rewind(stage->input, execution);
}

struct stage *exec_sort_open(struct execution *execution, const struct plan_node *node) {
    (void)node;
    struct sort_stage *self = arena_new(execution->arena, struct sort_stage);
    self->stage.next = sort_next;
    self->stage.rewind = sort_rewind;
    return &self->stage;
}
