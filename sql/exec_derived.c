/* exec_derived.c: tables that are made while the statement runs: derived tables, CTEs, virtual tables.
 *
 *   DERIVED    the query's rows, kept; given row by row into the table's slots
 *   RECURSE    a recursive CTE: the seed's rows, then again and again the step over the rows of the round before, until
 *              a round gives none or LIMIT is reached; UNION (DISTINCT) drops rows that were met before
 *   WORK       inside of the step: the rows of the round before
 *   VIRTUAL    rows that the session makes, kept
 *
 *   (V1) Rows are made at the first step and once more only if something outside that they read may have changed (rewind of a
 *        correlated query).
 *   (V2) Rows that do not fit into memory are in a file, behind those that do. Not those of a recursive CTE, whose rounds read
 *        in the middle of them.
 */
#include "sql/exec_spill.h"

struct derived_stage {
    struct stage stage;
    struct stage *root, *step; /* of the query; of RECURSE's step */
    struct arena *arena, *file_arena;
    struct spill *spill; /* (V2) or NULL */
    struct spill_reader reader;
    struct row_store rows; /* columns of the query, by place */
    struct row_table seen;
    struct value *items;
    uint32_t *places;              /* 0, 1, ..: the store keeps `items` */
    uint64_t round_from, round_to; /* rows of the round before, for WORK */
    uint64_t rows_max, first;      /* RECURSE: LIMIT and OFFSET together, and OFFSET */
    uint64_t at;
    bool is_made;
};

/* ---- giving ---- */

static void give_row(const struct derived_stage *self, struct execution *execution,
                     const struct value *values) {
    const struct bound_table *table = self->stage.node->table;
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (table->columns[i] != NULL) execution->slots[table->columns[i]->slot] = values[i];
    }
}

/* ---- making ---- */

static bool row_is_new(struct derived_stage *self) {
    if (!self->stage.node->is_distinct) return true;
    if (row_table_first(&self->seen, self->items) != ROW_NONE) return false;
    row_table_add(&self->seen, self->items);
    return true;
}

/* (V2) */
static enum status row_to_file(struct derived_stage *self, struct execution *execution) {
    if (self->spill == NULL) {
        if (self->file_arena == NULL) self->file_arena = exec_arena_open(execution);
        enum status status = spill_open(execution, self->file_arena, &self->spill);
        if (status != STATUS_OK) return status;
    }
    const struct packed_row *row =
        row_pack(execution->eval->arena, self->items, self->rows.slot_count, 0);
    return spill_add(execution, self->spill, row);
}

static enum status keep_row(struct derived_stage *self, struct execution *execution) {
    if (!row_is_new(self)) return STATUS_OK;
    bool is_plain = self->stage.node->step == NULL && self->rows.count > 0;
    if (is_plain && exec_is_full(execution, self->arena)) return row_to_file(self, execution);
    row_store_add(&self->rows, self->items);
    return STATUS_OK;
}

/* All rows of a query are kept. */
static enum status keep_rows(struct derived_stage *self, struct execution *execution,
                             struct stage *root, const struct plan_query *query) {
    enum status status = STATUS_END;
    while (self->rows.count < self->rows_max &&
           (status = stage_step(root, execution)) == STATUS_OK) {
        for (uint32_t i = 0; i < query->item_count; i++) {
            self->items[i] = execution->slots[query->items[i].slot];
        }
        status = keep_row(self, execution);
        exec_forget(execution);
        if (status == STATUS_OK) status = exec_pause(execution);
        if (status != STATUS_OK) return status;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status count_rows(struct derived_stage *self, struct execution *execution) {
    const struct plan_node *node = self->stage.node;
    uint64_t limit = UINT64_MAX;
    enum status status = exec_count(execution, node->step_limit, UINT64_MAX, &limit);
    if (status == STATUS_OK) status = exec_count(execution, node->step_offset, 0, &self->first);
    self->rows_max = limit > UINT64_MAX - self->first ? UINT64_MAX : limit + self->first;
    return status;
}

static enum status open_or_rewind(struct execution *execution, const struct plan_query *query,
                                  struct stage **stage) {
    if (*stage == NULL) return stage_open(execution, query->root, stage);
    (*stage)->rewind(*stage, execution);
    return STATUS_OK;
}

static enum status make_rounds(struct derived_stage *self, struct execution *execution) {
    const struct plan_node *node = self->stage.node;
    for (uint32_t round = 0;; round++) {
        self->round_from = self->round_to;
        self->round_to = self->rows.count;
        bool is_done = self->round_from == self->round_to || self->rows.count >= self->rows_max;
        if (is_done) return STATUS_OK;
        if (round >= execution->context->cte_rounds_max) {
            return diagnostics_error(execution->eval->diagnostics, ER_CTE_MAX_RECURSION_DEPTH,
                                     round + 1);
        }
        enum status status = open_or_rewind(execution, node->step, &self->step);
        if (status == STATUS_OK) status = keep_rows(self, execution, self->step, node->step);
        if (status != STATUS_OK) return status;
    }
}

static enum status derived_make(struct derived_stage *self, struct execution *execution) {
    const struct plan_node *node = self->stage.node;
    uint32_t count = node->query->item_count;
    arena_reset(self->arena);
    if (self->spill != NULL) spill_close(execution, self->spill);
    self->spill = NULL;
    row_store_open(&self->rows, self->arena, self->places, count);
    row_table_open(&self->seen, self->arena, node->collations, count);
    self->at = self->round_from = self->round_to = 0;
    enum status status = count_rows(self, execution);
    if (status == STATUS_OK) status = open_or_rewind(execution, node->query, &self->root);
    if (status == STATUS_OK) status = keep_rows(self, execution, self->root, node->query);
    if (status == STATUS_OK && node->step != NULL) status = make_rounds(self, execution);
    if (status == STATUS_OK && self->spill != NULL) status = spill_flush(execution, self->spill);
    self->is_made = status == STATUS_OK;
    self->at = self->first;
    return status;
}

/* The next row of the file, behind those in memory. */
static enum status file_next(struct derived_stage *self, struct execution *execution) {
    if (self->at == self->rows.count) {
        arena_reset(self->file_arena);
        spill_reader_open(&self->reader, self->spill, self->file_arena);
    }
    self->at++;
    struct packed_row *row;
    enum status status = spill_read(execution, &self->reader, &row);
    if (status == STATUS_OK) give_row(self, execution, row->values);
    return status;
}

static enum status derived_next(struct stage *stage, struct execution *execution) {
    struct derived_stage *self = (struct derived_stage *)stage;
    enum status status = self->is_made ? STATUS_OK : derived_make(self, execution);
    if (status != STATUS_OK) return status;
    if (self->at >= self->rows.count) {
        return self->spill == NULL ? STATUS_END : file_next(self, execution);
    }
    give_row(self, execution, self->rows.values + self->at++ * self->rows.slot_count);
    return STATUS_OK;
}

/* (V1) */
static void derived_rewind(struct stage *stage, struct execution *execution) {
    (void)execution;
    struct derived_stage *self = (struct derived_stage *)stage;
    self->at = self->first;
    if (stage->node->is_correlated) self->is_made = false;
}

struct stage *exec_derived_open(struct execution *execution, const struct plan_node *node) {
    struct derived_stage *self = arena_new(execution->arena, struct derived_stage);
    uint32_t count = node->query->item_count;
    self->stage.next = derived_next;
    self->stage.rewind = derived_rewind;
    self->arena = exec_arena_open(execution);
    self->items = arena_array(execution->arena, struct value, count + 1);
    self->places = arena_array(execution->arena, uint32_t, count + 1);
    for (uint32_t i = 0; i < count; i++) self->places[i] = i;
    return &self->stage;
}

/* ---- the rows of the round before ---- */

struct work_stage {
    struct stage stage;
    uint64_t at;
    bool is_started;
};

static enum status work_next(struct stage *stage, struct execution *execution) {
    struct work_stage *self = (struct work_stage *)stage;
    const struct derived_stage *owner =
        (const struct derived_stage *)execution->stages[stage->node->owner->number];
    if (!self->is_started) self->at = owner->round_from;
    self->is_started = true;
    if (self->at == owner->round_to) return STATUS_END;
    const struct bound_table *table = stage->node->table;
    const struct value *values = owner->rows.values + self->at++ * owner->rows.slot_count;
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (table->columns[i] != NULL) execution->slots[table->columns[i]->slot] = values[i];
    }
    return STATUS_OK;
}

static void work_rewind(struct stage *stage, struct execution *execution) {
    (void)execution;
    ((struct work_stage *)stage)->is_started = false;
}

struct stage *exec_work_open(struct execution *execution, const struct plan_node *node) {
    (void)node;
    struct work_stage *self = arena_new(execution->arena, struct work_stage);
    self->stage.next = work_next;
    self->stage.rewind = work_rewind;
    return &self->stage;
}

/* ---- virtual tables ---- */

struct virtual_stage {
    struct stage stage;
    struct row_store rows; /* of the referenced columns */
    struct value *row;     /* of a table that is read once */
    uint64_t at;
    bool is_made;
};

struct virtual_target {
    struct virtual_stage *stage;
    struct execution *execution;
};

static enum status virtual_emit(void *to, const struct value *values) {
    struct virtual_target *target = to;
    const struct bound_table *table = target->stage->stage.node->table;
    struct execution *execution = target->execution;
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (table->columns[i] != NULL) execution->slots[table->columns[i]->slot] = values[i];
    }
    row_store_add(&target->stage->rows, execution->slots);
    return exec_pause(execution);
}

static enum status virtual_next(struct stage *stage, struct execution *execution) {
    struct virtual_stage *self = (struct virtual_stage *)stage;
    const struct plan_node *node = stage->node;
    if (!self->is_made) {
        const struct virtual_table *table = node->table->virtual_table;
        struct virtual_target target = {self, execution};
        row_store_open(&self->rows, execution->arena, node->slots, node->slot_count);
        enum status status = table->rows(table, execution->eval->session, virtual_emit, &target);
        if (status != STATUS_OK) return exec_refused(execution, status);
        self->is_made = true;
    }
    if (self->at == self->rows.count) return STATUS_END;
    row_store_load(&self->rows, self->at++, execution->slots);
    return STATUS_OK;
}

/* Rows that are read once go on as they come. */
static enum status stream_next(struct stage *stage, struct execution *execution) {
    const struct bound_table *bound = stage->node->table;
    const struct virtual_table *table = bound->virtual_table;
    struct virtual_stage *self = (struct virtual_stage *)stage;
    if (self->row == NULL)
        self->row = arena_array(execution->arena, struct value, bound->column_count);
    enum status status = table->next(table, execution->eval->session, self->row);
    if (status == STATUS_END) return status;
    if (status != STATUS_OK) return exec_refused(execution, status);
    for (uint32_t i = 0; i < bound->column_count; i++) {
        if (bound->columns[i] != NULL) execution->slots[bound->columns[i]->slot] = self->row[i];
    }
    return STATUS_OK;
}

static void virtual_rewind(struct stage *stage, struct execution *execution) {
    (void)execution;
    ((struct virtual_stage *)stage)->at = 0;
}

struct stage *exec_virtual_open(struct execution *execution, const struct plan_node *node) {
    struct virtual_stage *self = arena_new(execution->arena, struct virtual_stage);
    bool is_stream = node->table->virtual_table->next != NULL;
    self->stage.next = is_stream ? stream_next : virtual_next;
    self->stage.rewind = virtual_rewind;
    return &self->stage;
}
