/* exec_set.c: UNION, EXCEPT, INTERSECT.
 *
 * UNION ALL alone passes the arms' rows on, one arm after the other. Anything else counts how often each row is there, arm by
 * arm (a and b: counts before and in the arm):
 *
 *                ALL            DISTINCT
 *   UNION        a + b          1
 *   EXCEPT       max(a - b, 0)  a > 0 and b = 0
 *   INTERSECT    min(a, b)      a > 0 and b > 0
 */
#include "sql/exec_private.h"

struct counted_row {
    uint64_t count, in_arm;
};

struct set_stage {
    struct stage stage;
    struct stage **arms; /* opened when their turn comes */
    uint32_t arm_at;
    bool is_counted, is_made;
    struct value *items;
    uint16_t *collations;
    struct row_table rows;
    struct counted_row *counts;
    uint32_t count_capacity;
    uint32_t row_at;
    uint64_t given; /* of the row at row_at */
};

static enum status arm_step(struct set_stage *self, struct execution *execution, uint32_t arm) {
    const struct plan_query *query = self->stage.node->set.arms[arm].plan;
    if (self->arms[arm] == NULL) {
        enum status status = stage_open(execution, query->root, &self->arms[arm]);
        if (status != STATUS_OK) return status;
    }
    enum status status = stage_step(self->arms[arm], execution);
    for (uint32_t i = 0; status == STATUS_OK && i < query->item_count; i++) {
        self->items[i] = execution->slots[query->items[i].slot];
    }
    return status;
}

static void fill_slots(const struct set_stage *self, struct execution *execution,
                       const struct value *items) {
    const struct plan_node *node = self->stage.node;
    for (uint32_t i = 0; i < node->set.item_count; i++) {
        execution->slots[node->set.items[i].slot] = items[i];
    }
}

/* ---- counting ---- */

static void count_row(struct set_stage *self, struct execution *execution) {
    uint32_t row = row_table_first(&self->rows, self->items);
    if (row == ROW_NONE) {
        row = row_table_add(&self->rows, self->items);
        if (row >= self->count_capacity) {
            uint32_t capacity = MAX(16u, self->count_capacity * 2);
            struct counted_row *counts =
                arena_alloc_zeroed(execution->arena, capacity * sizeof *counts);
            if (row > 0) memcpy(counts, self->counts, row * sizeof *counts);
            self->counts = counts;
            self->count_capacity = capacity;
        }
    }
    self->counts[row].in_arm++;
}

static uint64_t combine(const struct plan_set_arm *arm, uint64_t before, uint64_t in_arm) {
    switch (arm->op) {
    case ARM_FIRST: return in_arm;
    case ARM_UNION: return arm->is_all ? before + in_arm : before + in_arm > 0;
    case ARM_EXCEPT:
        if (!arm->is_all) return before > 0 && in_arm == 0;
        return before > in_arm ? before - in_arm : 0;
    case ARM_INTERSECT: return arm->is_all ? MIN(before, in_arm) : before > 0 && in_arm > 0;
    }
    UNREACHABLE();
}

static enum status count_arms(struct set_stage *self, struct execution *execution) {
    const struct plan_node *node = self->stage.node;
    row_table_open(&self->rows, execution->arena, self->collations, node->set.item_count);
    self->count_capacity = 0;
    for (uint32_t arm = 0; arm < node->set.arm_count; arm++) {
        enum status status;
        while ((status = arm_step(self, execution, arm)) == STATUS_OK) {
            count_row(self, execution);
            exec_forget(execution);
            status = exec_pause(execution);
            if (status != STATUS_OK) return status;
        }
        if (status != STATUS_END) return status;
        for (uint32_t row = 0; row < self->rows.count; row++) {
            struct counted_row *counted = &self->counts[row];
            counted->count = combine(&node->set.arms[arm], counted->count, counted->in_arm);
            counted->in_arm = 0;
        }
    }
    self->is_made = true;
    self->row_at = 0;
    self->given = 0;
    return STATUS_OK;
}

static enum status counted_next(struct set_stage *self, struct execution *execution) {
    enum status status = self->is_made ? STATUS_OK : count_arms(self, execution);
    if (status != STATUS_OK) return status;
    while (self->row_at < self->rows.count && self->given == self->counts[self->row_at].count) {
        self->row_at++;
        self->given = 0;
    }
    if (self->row_at == self->rows.count) return STATUS_END;
    self->given++;
    fill_slots(self, execution,
               self->rows.keys + (size_t)self->row_at * self->stage.node->set.item_count);
    return STATUS_OK;
}

/* ---- UNION ALL ---- */

static enum status passing_next(struct set_stage *self, struct execution *execution) {
    while (self->arm_at < self->stage.node->set.arm_count) {
        enum status status = arm_step(self, execution, self->arm_at);
        if (status == STATUS_OK) fill_slots(self, execution, self->items);
        if (status != STATUS_END) return status;
        self->arm_at++;
    }
    return STATUS_END;
}

static enum status set_next(struct stage *stage, struct execution *execution) {
    struct set_stage *self = (struct set_stage *)stage;
    return self->is_counted ? counted_next(self, execution) : passing_next(self, execution);
}

static void set_rewind(struct stage *stage, struct execution *execution) {
    struct set_stage *self = (struct set_stage *)stage;
    self->is_made = false;
    self->arm_at = 0;
    for (uint32_t i = 0; i < stage->node->set.arm_count; i++) {
        if (self->arms[i] != NULL) self->arms[i]->rewind(self->arms[i], execution);
    }
}

struct stage *exec_set_open(struct execution *execution, const struct plan_node *node) {
    struct set_stage *self = arena_new(execution->arena, struct set_stage);
    uint32_t count = node->set.item_count;
    self->stage.next = set_next;
    self->stage.rewind = set_rewind;
    self->arms = arena_alloc_zeroed(execution->arena, node->set.arm_count * sizeof *self->arms);
    self->items = arena_array(execution->arena, struct value, count + 1);
    self->collations = arena_array(execution->arena, uint16_t, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        self->collations[i] = node->set.items[i].type.collation;
    }
    for (uint32_t i = 1; i < node->set.arm_count; i++) {
        const struct plan_set_arm *arm = &node->set.arms[i];
        if (arm->op != ARM_UNION || !arm->is_all) self->is_counted = true;
    }
    return &self->stage;
}
