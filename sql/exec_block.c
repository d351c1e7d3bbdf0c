/* exec_block.c: how are two inputs joined neither of which fits into memory?
 *
 * The inner rows are in a file. Outer rows fill a block in memory, in a hash table by their keys when there are keys; then
 * all inner rows pass by, each finds its outer rows in the block; then the next block.
 *
 *   outer --> block (memory) <-- each inner row <-- file
 *               \ at the end of the file: LEFT: outer rows that found nothing, inner slots NULL
 *
 *   (B1) A block has at least one row, so it ends however little memory there is.
 *   (B2) Outer rows with NULL keys are in the table, too: no inner row has NULL keys, so none finds them.
 *   (B3) Values of both sides live outside of the rows' temporaries, so these may be forgotten between matches.
 *   (B4) The outer input finds its slots as it left them, however many blocks its rows fill.
 */
#include "sql/exec_block.h"

enum block_step {
    BLOCK_FILL,    /* outer rows into the block */
    BLOCK_INNER,   /* the next inner row */
    BLOCK_MATCHES, /* its outer rows */
    BLOCK_ALONE,   /* outer rows without match */
    BLOCK_END,
};

struct block_join {
    const struct plan_node *node;
    enum block_step step;
    struct arena *write_arena, *read_arena, *block_arena;
    struct spill *spill; /* inner rows */
    struct spill_reader reader;
    struct row_store outer;
    struct slot_image left; /* (B4) */
    struct row_table table; /* HASH: row n is row n of `outer` */
    uint8_t *matched;       /* LEFT, one an outer row */
    struct value *keys, *inner_values;
    uint32_t match; /* next outer row to try, ROW_NONE: none */
    uint64_t alone;
    bool is_outer_over;
};

static bool is_hash(const struct block_join *join) { return join->node->kind == PLAN_HASH; }

enum status block_join_open(struct execution *execution, const struct plan_node *node,
                            struct block_join **out) {
    struct block_join *join = arena_new(execution->arena, struct block_join);
    join->node = node;
    join->write_arena = exec_arena_open(execution);
    join->read_arena = exec_arena_open(execution);
    join->block_arena = exec_arena_open(execution);
    join->keys = arena_array(execution->arena, struct value, node->join->key_count + 1);
    join->inner_values = arena_array(execution->arena, struct value, node->inner->slot_count + 1);
    slot_image_open(&join->left, execution->arena, node->input);
    *out = join;
    return spill_open(execution, join->write_arena, &join->spill);
}

void block_join_close(struct block_join *join, struct execution *execution) {
    spill_close(execution, join->spill);
    arena_close(join->write_arena);
    arena_close(join->read_arena);
    arena_close(join->block_arena);
}

enum status block_join_keep(struct block_join *join, struct execution *execution) {
    const struct plan_node *inner = join->node->inner;
    for (uint32_t i = 0; i < inner->slot_count; i++) {
        join->inner_values[i] = execution->slots[inner->slots[i]];
    }
    const struct packed_row *row =
        row_pack(execution->eval->arena, join->inner_values, inner->slot_count, 0);
    return spill_add(execution, join->spill, row);
}

enum status block_join_begin(struct block_join *join, struct execution *execution) {
    enum status status = spill_flush(execution, join->spill);
    arena_reset(join->write_arena);
    join->step = BLOCK_FILL;
    return status;
}

/* ---- the block ---- */

static enum status block_add(struct block_join *join, struct execution *execution) {
    const struct plan_join *plan = join->node->join;
    row_store_add(&join->outer, execution->slots);
    if (!is_hash(join)) return STATUS_OK;
    bool is_whole; /* (B2) */
    enum status status =
        exec_join_keys(execution, plan->outer_keys, plan->key_count, join->keys, &is_whole);
    if (status == STATUS_OK) row_table_add(&join->table, join->keys);
    return status;
}

/* (B1) */
static enum status block_fill(struct block_join *join, struct execution *execution,
                              struct stage *outer) {
    const struct plan_node *node = join->node;
    arena_reset(join->block_arena);
    row_store_open(&join->outer, join->block_arena, node->input->slots, node->input->slot_count);
    row_table_open(&join->table, join->block_arena, node->join->key_collations,
                   node->join->key_count);
    enum status status = STATUS_OK;
    slot_image_restore(&join->left, execution->slots);
    while (!join->is_outer_over &&
           (join->outer.count == 0 || !exec_is_full(execution, join->block_arena))) {
        status = stage_step(outer, execution);
        if (status == STATUS_END) join->is_outer_over = true;
        if (status == STATUS_OK) status = block_add(join, execution);
        if (status == STATUS_OK) status = exec_pause(execution);
        if (status != STATUS_OK) break;
        exec_forget(execution);
    }
    if (status != STATUS_OK && status != STATUS_END) return status;
    slot_image_take(&join->left, execution->slots);
    join->matched = arena_alloc_zeroed(join->block_arena, join->outer.count + 1);
    arena_reset(join->read_arena);
    spill_reader_open(&join->reader, join->spill, join->read_arena);
    join->step = join->outer.count > 0 ? BLOCK_INNER : BLOCK_END;
    return STATUS_OK;
}

/* ---- matches ---- */

static enum status inner_take(struct block_join *join, struct execution *execution) {
    const struct plan_node *inner = join->node->inner;
    const struct plan_join *plan = join->node->join;
    struct packed_row *row;
    enum status status = spill_read(execution, &join->reader, &row);
    if (status == STATUS_END) {
        join->step = BLOCK_ALONE;
        join->alone = 0;
        return STATUS_OK;
    }
    if (status != STATUS_OK) return status;
    for (uint32_t i = 0; i < inner->slot_count; i++) {
        execution->slots[inner->slots[i]] = row->values[i];
    }
    join->match = 0;
    join->step = BLOCK_MATCHES;
    if (!is_hash(join)) return STATUS_OK;
    bool is_whole;
    status = exec_join_keys(execution, plan->inner_keys, plan->key_count, join->keys, &is_whole);
    if (status == STATUS_OK) join->match = row_table_first(&join->table, join->keys);
    return status;
}

/* END: the inner row at hand has no further match. */
static enum status match_next(struct block_join *join, struct execution *execution) {
    const struct plan_join *plan = join->node->join;
    while (join->match != ROW_NONE && join->match < join->outer.count) {
        uint32_t row = join->match;
        row_store_load(&join->outer, row, execution->slots);
        join->match = is_hash(join) ? row_table_next(&join->table, row) : row + 1;
        bool passes;
        enum status status =
            exec_conditions(execution, plan->conditions, plan->condition_count, &passes);
        if (status == STATUS_OK && !passes) status = exec_pause(execution);
        if (status != STATUS_OK) return status;
        if (!passes) continue;
        join->matched[row] = 1;
        return STATUS_OK;
    }
    join->step = BLOCK_INNER;
    exec_forget(execution); /* (B3) */
    enum status status = exec_pause(execution);
    return status == STATUS_OK ? STATUS_END : status;
}

/* END: the block is done. */
static enum status alone_next(struct block_join *join, struct execution *execution) {
    while (join->node->join->kind == BOUND_LEFT && join->alone < join->outer.count) {
        uint64_t row = join->alone++;
        if (join->matched[row]) continue;
        row_store_load(&join->outer, row, execution->slots);
        exec_null_slots(execution, join->node->inner);
        return STATUS_OK;
    }
    join->step = join->is_outer_over ? BLOCK_END : BLOCK_FILL;
    return STATUS_END;
}

enum status block_join_next(struct block_join *join, struct execution *execution,
                            struct stage *outer) {
    for (;;) {
        enum status status = STATUS_END;
        switch (join->step) {
        case BLOCK_FILL:
            status = block_fill(join, execution, outer);
            if (status != STATUS_OK) return status;
            break;
        case BLOCK_INNER:
            status = inner_take(join, execution);
            if (status != STATUS_OK) return status;
            break;
        case BLOCK_MATCHES:
            status = match_next(join, execution);
            if (status != STATUS_END) return status;
            break;
        case BLOCK_ALONE:
            status = alone_next(join, execution);
            if (status != STATUS_END) return status;
            break;
        case BLOCK_END: return STATUS_END;
        }
    }
}
