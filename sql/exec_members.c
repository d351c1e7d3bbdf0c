/* exec_members.c: is this value one of those that the subquery gave?
 *
 * The subquery runs once. Rows without NULL are in a hash table by the values that are compared, the others in a list:
 *
 *   IN:  operands without NULL:  a row of the table whose comparison is true: 1
 *                                else some row of the list unknown:           NULL
 *        operands with NULL:     all rows are compared: 0 only when each differs in another column, or there is none
 *   ANY, ALL with another comparison: all rows are compared
 *
 *   (M1) What the table finds is compared again: hashing only leaves out what cannot be equal.
 */
#include "sql/exec_members.h"

struct member_set {
    const struct bound_subquery *subquery;
    struct arena *arena;
    struct row_table table; /* row n is row n of `whole` */
    struct row_store whole, with_null;
    struct value *keys; /* of the row at hand */
};

enum status exec_row_truth(struct execution *execution, const struct bound_subquery *subquery,
                           int *truth_out) {
    *truth_out = 1;
    for (uint32_t i = 0; i < subquery->column_count && *truth_out != 0; i++) {
        int truth;
        enum status status = expr_truth(subquery->comparisons[i], execution->eval, &truth);
        if (status != STATUS_OK) return status;
        if (truth != 1) *truth_out = truth;
    }
    return STATUS_OK;
}

/* Values of one side; *has_null_out: one of them is NULL. */
static enum status side_eval(struct member_set *set, struct execution *execution,
                             struct expr **side, bool *has_null_out) {
    *has_null_out = false;
    for (uint32_t i = 0; i < set->subquery->column_count; i++) {
        enum status status = expr_eval(side[i], execution->eval, &set->keys[i]);
        if (status != STATUS_OK) return status;
        if (value_is_null(&set->keys[i])) *has_null_out = true;
    }
    return STATUS_OK;
}

/* ---- making ---- */

static struct member_set *set_open(struct execution *execution,
                                   const struct bound_subquery *subquery) {
    struct member_set *set = arena_new(execution->arena, struct member_set);
    uint32_t count = subquery->column_count;
    set->subquery = subquery;
    set->arena = exec_arena_open(execution);
    set->keys = arena_array(execution->arena, struct value, count + 1);
    uint32_t *slots = arena_array(execution->arena, uint32_t, count + 1);
    uint16_t *collations = arena_array(execution->arena, uint16_t, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        slots[i] = subquery->query->items[i].slot;
        collations[i] = subquery->comparisons[i]->collation;
    }
    row_table_open(&set->table, set->arena, collations, count);
    row_store_open(&set->whole, set->arena, slots, count);
    row_store_open(&set->with_null, set->arena, slots, count);
    return set;
}

static enum status set_add(struct member_set *set, struct execution *execution) {
    bool has_null;
    enum status status = side_eval(set, execution, set->subquery->inner_columns, &has_null);
    if (status != STATUS_OK) return status;
    if (has_null) {
        row_store_add(&set->with_null, execution->slots);
    } else {
        row_table_add(&set->table, set->keys);
        row_store_add(&set->whole, execution->slots);
    }
    return exec_pause(execution);
}

enum status member_set_make(struct execution *execution, const struct bound_subquery *subquery,
                            struct stage *root, struct member_set **out) {
    struct member_set *set = set_open(execution, subquery);
    enum status status;
    while ((status = stage_step(root, execution)) == STATUS_OK) {
        status = set_add(set, execution);
        if (status != STATUS_OK) return status;
        exec_forget(execution);
    }
    *out = set;
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- asking ---- */

/* Compares rows until one decides. */
static enum status compare_all(const struct member_set *set, struct execution *execution,
                               const struct row_store *rows, int *truth_out) {
    int decisive = set->subquery->kind == SUBQUERY_ALL ? 0 : 1;
    for (uint64_t i = 0; i < rows->count && *truth_out != decisive; i++) {
        row_store_load(rows, i, execution->slots);
        int truth;
        enum status status = exec_row_truth(execution, set->subquery, &truth);
        if (status == STATUS_OK) status = exec_pause(execution);
        if (status != STATUS_OK) return status;
        if (truth == decisive || truth < 0) *truth_out = truth;
    }
    return STATUS_OK;
}

/* (M1) */
static enum status find(struct member_set *set, struct execution *execution, int *truth_out) {
    uint32_t row = row_table_first(&set->table, set->keys);
    for (; row != ROW_NONE && *truth_out != 1; row = row_table_next(&set->table, row)) {
        row_store_load(&set->whole, row, execution->slots);
        enum status status = exec_row_truth(execution, set->subquery, truth_out);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

enum status member_set_truth(struct member_set *set, struct execution *execution, int *truth_out) {
    bool is_in = set->subquery->kind == SUBQUERY_IN, has_null = true;
    *truth_out = set->subquery->kind == SUBQUERY_ALL ? 1 : 0;
    enum status status = STATUS_OK;
    if (is_in) status = side_eval(set, execution, set->subquery->operands, &has_null);
    if (status != STATUS_OK) return status;
    status = is_in && !has_null ? find(set, execution, truth_out)
                                : compare_all(set, execution, &set->whole, truth_out);
    return status == STATUS_OK ? compare_all(set, execution, &set->with_null, truth_out) : status;
}
