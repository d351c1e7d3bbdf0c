/* exec_lookup.c: a join whose inner rows are looked up by keys that the outer rows give, many outer rows to a request.
 *
 *   outer rows --> store --> positions of each --> sorted, equal ones once --> scan
 *                                                                               |
 *   row <-- conditions <-- outer rows that asked for the position <-- inner row +
 *
 *   (L1) Batches grow from BATCH_FIRST to BATCH_MAX rows, so that a LIMIT does not read much in vain.
 *   (L2) Only a path of single points is batched: its positions are equal or apart. Others are asked for one outer row at a
 *        time, since ranges of two rows may overlap.
 *   (L3) LEFT: rows of the batch without match come at its end, inner slots NULL.
 *   (L4) The input finds its slots as it left them: its next row may share half of them with its last one.
 */
#include <stdlib.h>

#include "row/collation.h"
#include "sql/exec_private.h"

#define BATCH_FIRST 16
#define BATCH_MAX   512

/* What one outer row asks for; sorted by key. */
struct wanted {
    struct access_position position;
    uint32_t outer; /* row of the store */
};

struct lookup_stage {
    struct stage stage;
    struct arena *batch_arena;
    struct row_store outers;
    struct slot_image left; /* (L4) */
    bool *has_matched;      /* by outer row */
    struct wanted *wanted;
    uint32_t wanted_count;
    uint32_t *firsts; /* by ordinal: place in wanted; one more at the end */
    uint32_t batch_size;
    struct scan *scan;
    struct scan_batch inner;
    uint32_t inner_at;
    uint32_t pair_at, pair_end; /* places in wanted that the inner row is still to be joined with */
    uint32_t unmatched_at;      /* (L3) */
    bool is_open, is_input_done, has_batch, is_held;
};

/* ---- a batch of outer rows ---- */

/* (L2) */
static bool path_is_batched(const struct access_path *path) {
    for (uint32_t i = 0; i < path->part_count; i++) {
        if (!path->parts[i].is_points || path->parts[i].interval_count != 1) return false;
    }
    return true;
}

static enum status read_outers(struct lookup_stage *self, struct execution *execution) {
    const struct plan_node *input = self->stage.node->input;
    arena_reset(self->batch_arena);
    row_store_open(&self->outers, self->batch_arena, input->slots, input->slot_count);
    slot_image_restore(&self->left, execution->slots);
    while (self->outers.count < self->batch_size && !self->is_input_done) {
        enum status status = stage_step(self->stage.input, execution);
        if (status == STATUS_END) {
            self->is_input_done = true;
            break;
        }
        if (status == STATUS_OK) row_store_add(&self->outers, execution->slots);
        exec_forget(execution);
        if (status == STATUS_OK) status = exec_pause(execution);
        if (status != STATUS_OK) return status;
    }
    slot_image_take(&self->left, execution->slots);
    self->has_matched = arena_alloc_zeroed(self->batch_arena, self->outers.count + 1);
    return self->outers.count > 0 ? STATUS_OK : STATUS_END;
}

static int wanted_order(const void *a, const void *b) {
    const struct wanted *left = a, *right = b;
    int order = slice_compare(left->position.lower, right->position.lower);
    return order != 0 ? order : (left->outer > right->outer) - (left->outer < right->outer);
}

/* Positions of all outer rows, in `wanted`. */
static enum status collect_wanted(struct lookup_stage *self, struct execution *execution) {
    const struct access_path *path = self->stage.node->inner->scan->path;
    bool is_batched = path_is_batched(path);
    self->wanted_count = 0;
    for (uint32_t row = 0; row < self->outers.count; row++) {
        row_store_load(&self->outers, row, execution->slots);
        struct access_list list;
        enum status status = access_find(path, execution->eval, self->batch_arena, &list);
        if (status != STATUS_OK) return status;
        if (row == 0) {
            uint64_t room = is_batched ? self->outers.count : list.count;
            self->wanted = arena_array(self->batch_arena, struct wanted, room + 1);
        }
        CHECK(!is_batched || list.count <= 1);
        for (uint32_t i = 0; i < list.count; i++) {
            self->wanted[self->wanted_count++] = (struct wanted){list.items[i], row};
        }
        exec_forget(execution);
    }
    qsort(self->wanted, self->wanted_count, sizeof *self->wanted, wanted_order);
    return STATUS_OK;
}

/* Equal positions are asked for once; firsts[ordinal] leads back to those who want it. */
static struct access_list unique_positions(struct lookup_stage *self) {
    struct access_list list = {.kind = self->stage.node->inner->scan->path->kind};
    list.items = arena_array(self->batch_arena, struct access_position, self->wanted_count + 1);
    self->firsts = arena_array(self->batch_arena, uint32_t, self->wanted_count + 1);
    for (uint32_t i = 0; i < self->wanted_count; i++) {
        const struct access_position *position = &self->wanted[i].position;
        bool is_new =
            list.count == 0 || !slice_equal(list.items[list.count - 1].lower, position->lower);
        if (!is_new) continue;
        self->firsts[list.count] = i;
        list.items[list.count++] = *position;
    }
    self->firsts[list.count] = self->wanted_count;
    return list;
}

static enum status start_batch(struct lookup_stage *self, struct execution *execution) {
    const struct plan_scan *plan = self->stage.node->inner->scan;
    enum status status = read_outers(self, execution);
    if (status != STATUS_OK) return status;
    status = collect_wanted(self, execution);
    if (status != STATUS_OK) return status;
    self->has_batch = true;
    self->inner = (struct scan_batch){0};
    self->inner_at = self->pair_at = self->pair_end = self->unmatched_at = 0;
    self->batch_size = path_is_batched(plan->path) ? MIN(self->batch_size * 2, BATCH_MAX) : 1;
    if (self->wanted_count == 0) return STATUS_OK;
    struct access_list list = unique_positions(self);
    struct access_positions positions;
    access_pack(&list, self->batch_arena, &positions);
    status = exec_scan_start(execution, plan, &positions, self->batch_arena, &self->scan);
    self->is_open = status == STATUS_OK;
    return status;
}

static void close_scan(struct lookup_stage *self) {
    if (self->is_open) scan_close(self->scan);
    self->is_open = false;
}

/* While an inner row has pairs left its values must stay: exec_forget is held off. */
static void hold(struct lookup_stage *self, struct execution *execution) {
    if (!self->is_held) execution->hold_count++;
    self->is_held = true;
}
static void let_go(struct lookup_stage *self, struct execution *execution) {
    if (self->is_held) execution->hold_count--;
    self->is_held = false;
}

/* ---- pairs ---- */

/* The next inner row into the slots. END: the batch has no more. */
static enum status next_inner(struct lookup_stage *self, struct execution *execution) {
    const struct plan_scan *plan = self->stage.node->inner->scan;
    while (self->is_open) {
        if (self->inner_at == self->inner.count) {
            enum status status = scan_next(self->scan, &self->inner);
            self->inner_at = 0;
            if (status == STATUS_END) {
                close_scan(self);
                break;
            }
            if (status != STATUS_OK) return exec_refused(execution, status);
        }
        const struct scan_row *row = &self->inner.rows[self->inner_at++];
        exec_load_row(execution, plan, row->bytes);
        bool passes;
        enum status status = exec_conditions(execution, plan->filter, plan->filter_count, &passes);
        if (status == STATUS_OK) status = exec_pause(execution);
        if (status != STATUS_OK) return status;
        if (!passes) continue;
        self->pair_at = self->firsts[row->ordinal];
        self->pair_end = self->firsts[row->ordinal + 1];
        return STATUS_OK;
    }
    return STATUS_END;
}

static enum status next_pair(struct lookup_stage *self, struct execution *execution) {
    const struct plan_join *join = self->stage.node->join;
    for (;;) {
        while (self->pair_at < self->pair_end) {
            uint32_t outer = self->wanted[self->pair_at++].outer;
            row_store_load(&self->outers, outer, execution->slots);
            bool passes;
            enum status status =
                exec_conditions(execution, join->conditions, join->condition_count, &passes);
            if (status != STATUS_OK) return status;
            if (!passes) continue;
            self->has_matched[outer] = true;
            if (self->pair_at < self->pair_end) hold(self, execution);
            return STATUS_OK;
        }
        let_go(self, execution);
        enum status status = next_inner(self, execution);
        if (status != STATUS_OK) return status;
    }
}

/* (L3) */
static enum status next_unmatched(struct lookup_stage *self, struct execution *execution) {
    if (self->stage.node->join->kind != BOUND_LEFT) return STATUS_END;
    while (self->unmatched_at < self->outers.count && self->has_matched[self->unmatched_at]) {
        self->unmatched_at++;
    }
    if (self->unmatched_at == self->outers.count) return STATUS_END;
    row_store_load(&self->outers, self->unmatched_at++, execution->slots);
    exec_null_slots(execution, self->stage.node->inner);
    return STATUS_OK;
}

static enum status lookup_next(struct stage *stage, struct execution *execution) {
    struct lookup_stage *self = (struct lookup_stage *)stage;
    for (;;) {
        if (!self->has_batch) {
            enum status status = start_batch(self, execution);
            if (status != STATUS_OK) return status;
        }
        enum status status = next_pair(self, execution);
        if (status == STATUS_END) status = next_unmatched(self, execution);
        if (status != STATUS_END) return status;
        self->has_batch = false;
    }
}

static void lookup_close(struct stage *stage, struct execution *execution) {
    (void)execution;
    close_scan((struct lookup_stage *)stage);
}

static void lookup_rewind(struct stage *stage, struct execution *execution) {
    struct lookup_stage *self = (struct lookup_stage *)stage;
    close_scan(self);
    let_go(self, execution);
    self->has_batch = self->is_input_done = self->left.is_taken = false;
    stage->input->rewind(stage->input, execution);
}

struct stage *exec_lookup_open(struct execution *execution, const struct plan_node *node) {
    struct lookup_stage *self = arena_new(execution->arena, struct lookup_stage);
    self->stage.next = lookup_next;
    self->stage.rewind = lookup_rewind;
    self->stage.close = lookup_close;
    self->batch_arena = exec_arena_open(execution);
    slot_image_open(&self->left, execution->arena, node->input);
    self->batch_size = path_is_batched(node->inner->scan->path) ? BATCH_FIRST : 1;
    return &self->stage;
}
