/* exec_group.c: GROUP BY and aggregates.
 *
 * All input is read; each row is added to the aggregates of its group, found by hash of the key values. Then the groups come out in
 * the order in which they were met, keys and results in their slots. When groups fill the memory, rows of other groups go to
 * files and are read again when the groups before have come out (exec_partition.c).
 *   (G1) Without keys there is one group, also when no row came.
 *   (G2) Keys are equal by their collations; NULL is a key like others.
 *   (G3) WITH ROLLUP: for each prefix of the keys a group with the other keys NULL; rows are added to all levels as they
 *        come, and the groups come out sorted, each prefix's own group behind the groups that it sums up. They must all be in
 *        memory for that: the statement's budget is their limit.
 */
#include <stdlib.h>

#include "sql/exec_spill.h"

struct group {
    struct group *next_in_bucket, *next;
    uint64_t hash;
    uint32_t level; /* keys in force: key_count, and fewer for rollup rows */
    struct value *keys;
    struct aggregate_state *states;
};

struct group_stage {
    struct stage stage;
    struct arena *arena; /* of the groups that are in memory */
    struct partitions parts;
    struct value *input_values; /* of a row that goes to a file */
    struct group **table;
    uint64_t table_size, count;
    struct group *first, *last, *at;
    struct value *keys; /* of the row at hand */
    bool is_read;
};

static uint64_t keys_hash(const struct plan_group *plan, const struct value *keys, uint32_t level) {
    uint64_t hash = level;
    for (uint32_t i = 0; i < level; i++) {
        struct value key = keys[i];
        if (key.kind == VALUE_STRING) key.collation = plan->keys[i]->type.collation;
        hash = value_hash(&key, hash);
    }
    return hash;
}

static bool keys_equal(const struct plan_group *plan, const struct group *group,
                       const struct value *keys, uint32_t level) {
    if (group->level != level) return false;
    for (uint32_t i = 0; i < level; i++) {
        uint16_t collation = plan->keys[i]->type.collation;
        if (value_compare_total(&group->keys[i], &keys[i], collation) != 0) return false;
    }
    return true;
}

static void table_grow(struct group_stage *self) {
    uint64_t size = MAX((uint64_t)64, self->table_size * 2);
    struct group **table = arena_alloc_zeroed(self->arena, size * sizeof(void *));
    for (struct group *group = self->first; group != NULL; group = group->next) {
        group->next_in_bucket = table[group->hash & (size - 1)];
        table[group->hash & (size - 1)] = group;
    }
    self->table = table;
    self->table_size = size;
}

static struct group *group_make(struct group_stage *self, uint64_t hash, uint32_t level) {
    const struct plan_group *plan = self->stage.node->group;
    struct group *group = arena_new(self->arena, struct group);
    group->hash = hash;
    group->level = level;
    group->keys = arena_array(self->arena, struct value, MAX(plan->key_count, 1u));
    for (uint32_t i = 0; i < plan->key_count; i++) {
        group->keys[i] = i < level ? value_copy(&self->keys[i], self->arena) : value_null();
    }
    group->states =
        arena_alloc_zeroed(self->arena, (plan->aggregate_count + 1) * sizeof *group->states);
    for (uint32_t i = 0; i < plan->aggregate_count; i++) {
        aggregate_open(&plan->aggregates[i], &group->states[i], self->arena);
    }
    if (self->last == NULL)
        self->first = group;
    else
        self->last->next = group;
    self->last = group;
    self->count++;
    return group;
}

/* May another group be made? */
static bool has_room(const struct group_stage *self, const struct execution *execution) {
    bool may_wait = !self->stage.node->group->has_rollup && partitions_may_add(&self->parts);
    return self->count == 0 || !may_wait || !exec_is_full(execution, self->arena);
}

/* NULL: the group is not there and memory is full. */
static struct group *group_find(struct group_stage *self, struct execution *execution,
                                uint64_t hash, uint32_t level) {
    const struct plan_group *plan = self->stage.node->group;
    if (self->table_size > 0) {
        struct group *group = self->table[hash & (self->table_size - 1)];
        for (; group != NULL; group = group->next_in_bucket) {
            if (group->hash == hash && keys_equal(plan, group, self->keys, level)) return group;
        }
    }
    if (!has_room(self, execution)) return NULL;
    if (self->count >= self->table_size) table_grow(self);
    struct group **bucket = &self->table[hash & (self->table_size - 1)];
    struct group *group = group_make(self, hash, level);
    group->next_in_bucket = *bucket;
    *bucket = group;
    return group;
}

/* The input row has a partial result of each aggregate. */
static void group_merge(struct group *group, const struct plan_group *plan,
                        struct execution *execution, uint32_t place) {
    const struct plan_partial *partial = &plan->partials[place];
    const struct value *count =
        partial->count_slot == UINT32_MAX ? NULL : &execution->slots[partial->count_slot];
    aggregate_merge(&plan->aggregates[place], &group->states[place],
                    &execution->slots[partial->slot], count);
}

static enum status group_add(struct group *group, const struct plan_group *plan,
                             struct execution *execution) {
    for (uint32_t i = 0; i < plan->aggregate_count; i++) {
        if (plan->partials != NULL) {
            group_merge(group, plan, execution, i);
            continue;
        }
        enum status status =
            aggregate_add(&plan->aggregates[i], &group->states[i], execution->eval);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

/* The row's group has to wait. */
static enum status row_put_off(struct group_stage *self, struct execution *execution,
                               uint64_t hash) {
    const struct plan_node *input = self->stage.node->input;
    for (uint32_t i = 0; i < input->slot_count; i++) {
        self->input_values[i] = execution->slots[input->slots[i]];
    }
    const struct packed_row *row =
        row_pack(execution->eval->arena, self->input_values, input->slot_count, hash);
    return partitions_add(&self->parts, execution, row);
}

/* The next row of the input, or of the file that is read. */
static enum status row_take(struct group_stage *self, struct execution *execution) {
    if (self->parts.reading == NULL) return stage_step(self->stage.input, execution);
    const struct plan_node *input = self->stage.node->input;
    struct packed_row *row;
    enum status status = partitions_read(&self->parts, execution, &row);
    for (uint32_t i = 0; status == STATUS_OK && i < input->slot_count; i++) {
        execution->slots[input->slots[i]] = row->values[i];
    }
    return status;
}

static enum status group_add_row(struct group_stage *self, struct execution *execution) {
    const struct plan_group *plan = self->stage.node->group;
    for (uint32_t i = 0; i < plan->key_count; i++) {
        enum status status = expr_eval(plan->keys[i], execution->eval, &self->keys[i]);
        if (status != STATUS_OK) return status;
    }
    uint32_t lowest = plan->has_rollup ? 0 : plan->key_count;
    for (uint32_t level = plan->key_count + 1; level-- > lowest;) { /* (G3) */
        uint64_t hash = keys_hash(plan, self->keys, level);
        struct group *group = group_find(self, execution, hash, level);
        if (group == NULL) return row_put_off(self, execution, hash);
        enum status status = group_add(group, plan, execution);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

/* By keys; where a key is rolled up, after all its values. */
static int rollup_order(const void *a, const void *b, void *context) {
    const struct plan_group *plan = context;
    const struct group *left = *(struct group *const *)a, *right = *(struct group *const *)b;
    for (uint32_t i = 0; i < plan->key_count; i++) {
        bool is_left_rolled = i >= left->level, is_right_rolled = i >= right->level;
        if (is_left_rolled != is_right_rolled) return is_left_rolled ? 1 : -1;
        if (is_left_rolled) return 0;
        uint16_t collation = plan->keys[i]->type.collation;
        int order = value_compare_total(&left->keys[i], &right->keys[i], collation);
        if (order != 0) return order;
    }
    return 0;
}

/* (G3) */
static void rollup_sort(struct group_stage *self) {
    struct group **groups = arena_array(self->arena, struct group *, self->count + 1);
    uint64_t count = 0;
    for (struct group *group = self->first; group != NULL; group = group->next) {
        groups[count++] = group;
    }
    qsort_r(groups, count, sizeof *groups, rollup_order, (void *)self->stage.node->group);
    groups[count] = NULL;
    for (uint64_t i = 0; i < count; i++) groups[i]->next = groups[i + 1];
    self->first = groups[0];
}

static enum status group_read(struct group_stage *self, struct execution *execution) {
    const struct plan_group *plan = self->stage.node->group;
    enum status status;
    while ((status = row_take(self, execution)) == STATUS_OK) {
        status = group_add_row(self, execution);
        exec_forget(execution);
        if (status == STATUS_OK) status = exec_pause(execution);
        if (status != STATUS_OK) return status;
    }
    if (status != STATUS_END) return status;
    if (self->count == 0 && plan->key_count == 0) { /* (G1) */
        struct group *group = group_find(self, execution, keys_hash(plan, NULL, 0), 0);
        CHECK(group != NULL);
    }
    if (plan->has_rollup) rollup_sort(self);
    self->at = self->first;
    self->is_read = true;
    return STATUS_OK;
}

static void groups_forget(struct group_stage *self) {
    arena_reset(self->arena);
    self->table = NULL;
    self->table_size = self->count = 0;
    self->first = self->last = self->at = NULL;
    self->is_read = false;
}

/* The groups in memory have come out: those that had to wait. */
static enum status next_part(struct group_stage *self, struct execution *execution) {
    enum status status = partitions_next(&self->parts, execution);
    if (status != STATUS_OK) return status;
    groups_forget(self);
    return group_read(self, execution);
}

static enum status group_next(struct stage *stage, struct execution *execution) {
    struct group_stage *self = (struct group_stage *)stage;
    const struct plan_group *plan = stage->node->group;
    enum status status = self->is_read ? STATUS_OK : group_read(self, execution);
    if (status == STATUS_OK && self->at == NULL) status = next_part(self, execution);
    if (status != STATUS_OK) return status;
    struct group *group = self->at;
    CHECK(group != NULL);
    self->at = group->next;
    for (uint32_t i = 0; i < plan->key_count; i++) {
        execution->slots[plan->key_slots[i]] = group->keys[i];
    }
    for (uint32_t i = 0; i < plan->aggregate_count && status == STATUS_OK; i++) {
        status = aggregate_result(&plan->aggregates[i], &group->states[i], execution->eval,
                                  &execution->slots[plan->aggregates[i].slot]);
    }
    return status;
}

static void group_rewind(struct stage *stage, struct execution *execution) {
    struct group_stage *self = (struct group_stage *)stage;
    groups_forget(self);
    partitions_reset(&self->parts, execution);
    stage->input->rewind(stage->input, execution);
}

struct stage *exec_group_open(struct execution *execution, const struct plan_node *node) {
    struct group_stage *self = arena_new(execution->arena, struct group_stage);
    self->stage.next = group_next;
    self->stage.rewind = group_rewind;
    self->arena = exec_arena_open(execution);
    self->keys = arena_array(execution->arena, struct value, MAX(node->group->key_count, 1u));
    self->input_values = arena_array(execution->arena, struct value, node->input->slot_count + 1);
    return &self->stage;
}
