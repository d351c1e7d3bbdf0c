/* exec_join.c: joins whose inner side is kept: HASH by equal columns, LOOP over all.
 *
 *   first step: inner rows --> store (and table by their keys)
 *   then:       outer row --> its matches, one a step --> the rest of the conditions --> row
 *
 *   (J1) The inner side is read before the first outer row, so nothing of this join is in the slots while it runs.
 *   (J2) While an outer row has matches left its values must stay: exec_forget is held off.
 *   (J3) LEFT: an outer row without match comes once, inner slots NULL.
 *   (J4) Inner rows that do not fit into memory go to a file, all of them, and exec_block.c joins.
 */
#include "sql/exec_block.h"

struct kept_join_stage {
    struct stage stage;
    struct arena *arena; /* of the inner rows */
    struct row_store rows;
    struct row_table table;   /* HASH */
    struct block_join *block; /* (J4); or NULL */
    uint16_t *collations;
    struct value *keys; /* of the row at hand */
    uint32_t match;     /* next one to try */
    bool is_read, has_outer, has_matched;
};

enum status exec_join_keys(struct execution *execution, struct expr **exprs, uint32_t count,
                           struct value *keys, bool *is_whole_out) {
    *is_whole_out = true;
    for (uint32_t i = 0; i < count; i++) {
        enum status status = expr_eval(exprs[i], execution->eval, &keys[i]);
        if (status != STATUS_OK) return status;
        if (value_is_null(&keys[i])) *is_whole_out = false;
    }
    return STATUS_OK;
}

/* (J4) */
static enum status inner_to_file(struct kept_join_stage *self, struct execution *execution) {
    enum status status = block_join_open(execution, self->stage.node, &self->block);
    for (uint64_t i = 0; i < self->rows.count && status == STATUS_OK; i++) {
        row_store_load(&self->rows, i, execution->slots);
        status = block_join_keep(self->block, execution);
        if (status == STATUS_OK) status = exec_pause(execution);
        exec_forget(execution);
    }
    self->rows.count = 0;
    arena_reset(self->arena);
    return status;
}

/* The inner row in the slots. */
static enum status keep_inner(struct kept_join_stage *self, struct execution *execution) {
    const struct plan_node *node = self->stage.node;
    const struct plan_join *join = node->join;
    bool is_whole = true;
    if (node->kind == PLAN_HASH) {
        enum status status =
            exec_join_keys(execution, join->inner_keys, join->key_count, self->keys, &is_whole);
        if (status != STATUS_OK) return status;
    }
    if (!is_whole) return STATUS_OK;
    if (self->block != NULL) return block_join_keep(self->block, execution);
    if (node->kind == PLAN_HASH) row_table_add(&self->table, self->keys);
    row_store_add(&self->rows, execution->slots);
    bool is_full = exec_is_full(execution, self->arena);
    return is_full ? inner_to_file(self, execution) : STATUS_OK;
}

/* (J1) */
static enum status read_inner(struct kept_join_stage *self, struct execution *execution) {
    const struct plan_node *node = self->stage.node;
    struct stage *inner = self->stage.inner;
    row_store_open(&self->rows, self->arena, node->inner->slots, node->inner->slot_count);
    row_table_open(&self->table, self->arena, self->collations, node->join->key_count);
    enum status status;
    while ((status = stage_step(inner, execution)) == STATUS_OK) {
        status = keep_inner(self, execution);
        exec_forget(execution);
        if (status == STATUS_OK) status = exec_pause(execution);
        if (status != STATUS_OK) return status;
    }
    if (status == STATUS_END) status = STATUS_OK;
    if (status == STATUS_OK && self->block != NULL) {
        status = block_join_begin(self->block, execution);
    }
    self->is_read = true;
    return status;
}

static void let_outer_go(struct kept_join_stage *self, struct execution *execution) {
    if (self->has_outer) execution->hold_count--;
    self->has_outer = false;
}

static enum status next_outer(struct kept_join_stage *self, struct execution *execution) {
    const struct plan_join *join = self->stage.node->join;
    enum status status = stage_step(self->stage.input, execution);
    if (status != STATUS_OK) return status;
    self->has_outer = true;
    self->has_matched = false;
    execution->hold_count++;
    self->match = self->rows.count > 0 ? 0 : ROW_NONE;
    if (self->stage.node->kind != PLAN_HASH) return STATUS_OK;
    bool is_whole;
    status = exec_join_keys(execution, join->outer_keys, join->key_count, self->keys, &is_whole);
    if (status != STATUS_OK) return status;
    self->match = is_whole ? row_table_first(&self->table, self->keys) : ROW_NONE;
    return STATUS_OK;
}

static void advance(struct kept_join_stage *self) {
    if (self->stage.node->kind == PLAN_HASH) {
        self->match = row_table_next(&self->table, self->match);
    } else {
        self->match = self->match + 1 < self->rows.count ? self->match + 1 : ROW_NONE;
    }
}

void exec_null_slots(struct execution *execution, const struct plan_node *node) {
    for (uint32_t i = 0; i < node->slot_count; i++) {
        execution->slots[node->slots[i]] = value_null();
    }
}

/* The outer row's next match. END: there is none left. */
static enum status next_match(struct kept_join_stage *self, struct execution *execution) {
    const struct plan_join *join = self->stage.node->join;
    while (self->match != ROW_NONE) {
        row_store_load(&self->rows, self->match, execution->slots);
        advance(self);
        bool passes;
        enum status status =
            exec_conditions(execution, join->conditions, join->condition_count, &passes);
        if (status == STATUS_OK && !passes) status = exec_pause(execution);
        if (status != STATUS_OK) return status;
        if (!passes) continue;
        self->has_matched = true;
        return STATUS_OK;
    }
    return STATUS_END;
}

static enum status kept_join_next(struct stage *stage, struct execution *execution) {
    struct kept_join_stage *self = (struct kept_join_stage *)stage;
    if (!self->is_read) {
        enum status status = read_inner(self, execution);
        if (status != STATUS_OK) return status;
    }
    if (self->block != NULL) return block_join_next(self->block, execution, stage->input);
    for (;;) {
        if (!self->has_outer) {
            enum status status = next_outer(self, execution);
            if (status != STATUS_OK) return status;
        }
        enum status status = next_match(self, execution);
        if (status != STATUS_END) return status;
        let_outer_go(self, execution);
        if (!self->has_matched && stage->node->join->kind == BOUND_LEFT) { /* (J3) */
            exec_null_slots(execution, stage->node->inner);
            return STATUS_OK;
        }
        status = exec_pause(execution);
        if (status != STATUS_OK) return status;
    }
}

static void kept_join_rewind(struct stage *stage, struct execution *execution) {
    struct kept_join_stage *self = (struct kept_join_stage *)stage;
    let_outer_go(self, execution);
    if (self->block != NULL) block_join_close(self->block, execution);
    self->block = NULL;
    arena_reset(self->arena);
    self->is_read = false;
    stage->input->rewind(stage->input, execution);
    stage->inner->rewind(stage->inner, execution);
}

struct stage *exec_hash_open(struct execution *execution, const struct plan_node *node) {
    struct kept_join_stage *self = arena_new(execution->arena, struct kept_join_stage);
    uint32_t count = node->join->key_count;
    self->stage.next = kept_join_next;
    self->stage.rewind = kept_join_rewind;
    self->arena = exec_arena_open(execution);
    self->keys = arena_array(execution->arena, struct value, count + 1);
    self->collations = arena_array(execution->arena, uint16_t, count + 1);
    for (uint32_t i = 0; i < count; i++) self->collations[i] = node->join->key_collations[i];
    return &self->stage;
}

struct stage *exec_loop_open(struct execution *execution, const struct plan_node *node) {
    return exec_hash_open(execution, node);
}
