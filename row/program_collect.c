/* program_collect.c: rows that are kept: groups with their aggregates, and the first n in an order.
 *
 * Groups are in a hash table by their key bytes (memcmp keys, so collations decide what is one
 * group), and in a list in order of their first row. Ordered rows are in an array that is a heap
 * with the greatest key on top once a limit is reached: a row that does not beat the top costs one
 * key.
 *
 *   (L1) What is collected is copied into the run's arena: the scratch arena may be reset between
 *        rows.
 *   (L2) A kept row's memory is used again by the row that replaces it, if it is large enough; an
 *        aggregate's string likewise. So a long scan with a small limit takes little memory.
 *   (L3) A partial result is the output row itself: counts, sums, least and greatest merge by
 *        columns.
 */
#include "base/hash.h"
#include "row/program_private.h"

#define SLOT_COUNT_FIRST 64
#define ROW_COUNT_FIRST  64

struct accumulator {
    uint64_t count;     /* values that were not NULL; of COUNT: the count */
    struct value value; /* MIN, MAX, FIRST, bits */
    uint32_t capacity;  /* bytes that value.bytes may grow to (L2) */
    int64_t small; /* SUM: integers and inline decimals of scale `scale` since the last flush */
    uint8_t scale;
    double approximate;
    struct decimal exact;
};

struct group {
    struct group *next_in_slot, *next;
    uint64_t hash;
    struct slice key;
    struct value *keys;
    struct accumulator *accumulators;
};

struct kept_row {
    uint8_t *data; /* key, then row */
    uint32_t key_size, row_size, capacity;
};

struct collected {
    struct group **slots;
    uint32_t slot_count, group_count;
    struct group *first, **last;
    struct kept_row **rows;
    uint64_t row_count, row_capacity;
    uint64_t next; /* of program_next */
    bool is_heap;
    struct buffer scratch_key, scratch_row; /* in the run's arena, used again for each row */
};

static struct collected *collected_of(struct program_run *run) {
    if (run->collected != NULL) return run->collected;
    struct collected *c = arena_new(run->arena, struct collected);
    c->scratch_key = buffer_of(run->arena);
    c->scratch_row = buffer_of(run->arena);
    c->last = &c->first;
    run->collected = c;
    return c;
}

/* --- groups --- */

static void slots_grow(struct collected *c, struct arena *arena) {
    uint32_t count = c->slot_count == 0 ? SLOT_COUNT_FIRST : c->slot_count * 4;
    struct group **slots = arena_alloc_zeroed(arena, count * sizeof(struct group *));
    for (struct group *group = c->first; group != NULL; group = group->next) {
        struct group **slot = &slots[group->hash & (count - 1)];
        group->next_in_slot = *slot;
        *slot = group;
    }
    c->slots = slots;
    c->slot_count = count;
}

static struct group *group_new(struct program_run *run, struct slice key, uint64_t hash) {
    struct collected *c = run->collected;
    const struct program *program = run->program;
    if (c->group_count >= c->slot_count) slots_grow(c, run->arena);
    struct group *group = arena_new(run->arena, struct group);
    group->hash = hash;
    group->key = arena_copy(run->arena, key);
    group->keys = arena_array(run->arena, struct value, program->group_count);
    for (uint32_t i = 0; i < program->group_count; i++) {
        group->keys[i] = value_copy(&run->output_values[i], run->arena); /* (L1) */
    }
    group->accumulators =
        arena_alloc_zeroed(run->arena, program->aggregate_count * sizeof(struct accumulator));
    struct group **slot = &c->slots[hash & (c->slot_count - 1)];
    group->next_in_slot = *slot;
    *slot = group;
    *c->last = group;
    c->last = &group->next;
    c->group_count++;
    return group;
}

/* The group of the key values that are in run->output_values. */
static enum status group_find(struct program_run *run, struct group **out) {
    struct collected *c = collected_of(run);
    const struct program *program = run->program;
    c->scratch_key.size = 0;
    for (uint32_t i = 0; i < program->group_count; i++) {
        struct column_type type = *program_type(program, program->outputs[i].type);
        enum status status = key_append_value(&type, &run->output_values[i], 0, &c->scratch_key);
        if (status != STATUS_OK) return status;
    }
    struct slice key = buffer_slice(&c->scratch_key);
    uint64_t hash = hash_bytes(key);
    if (c->slot_count > 0) {
        struct group *group = c->slots[hash & (c->slot_count - 1)];
        for (; group != NULL; group = group->next_in_slot) {
            if (group->hash == hash && slice_equal(group->key, key)) {
                *out = group;
                return STATUS_OK;
            }
        }
    }
    *out = group_new(run, key, hash);
    return STATUS_OK;
}

/* --- aggregates --- */

/* (L2) */
static void accumulator_keep(struct accumulator *a, const struct value *value,
                             struct arena *arena) {
    bool has_bytes = value->kind == VALUE_STRING || value->kind == VALUE_JSON;
    if (!has_bytes || a->value.kind != value->kind || value->size > a->capacity) {
        a->value = value_copy(value, arena);
        a->capacity = has_bytes ? value->size : 0;
        return;
    }
    uint8_t *memory = (uint8_t *)(uintptr_t)a->value.bytes; /* our own copy */
    if (value->size > 0) memcpy(memory, value->bytes, value->size);
    a->value = *value;
    a->value.bytes = memory;
}

/* Adds `small` to the exact sum. */
static enum status sum_flush(struct accumulator *a) {
    struct decimal small = decimal_from_int(a->small, a->scale);
    a->small = 0;
    enum status status = decimal_add(&a->exact, &small, &a->exact);
    return status == STATUS_TRUNCATED ? STATUS_OK : status;
}

static enum status sum_exact(struct program_run *run, struct accumulator *a,
                             const struct value *value) {
    bool is_small = value->kind == VALUE_INT || (value->kind == VALUE_DECIMAL && value->size == 0);
    uint8_t scale = value->kind == VALUE_INT ? 0 : value->scale;
    if (is_small && (a->small == 0 || scale == a->scale)) {
        a->scale = scale;
        int64_t sum;
        if (!__builtin_add_overflow(a->small, value->i, &sum)) {
            a->small = sum;
            return STATUS_OK;
        }
    }
    struct decimal decimal;
    program_warn(run, value_to_decimal(value, &decimal));
    enum status status = sum_flush(a);
    if (status == STATUS_OK) status = decimal_add(&a->exact, &decimal, &a->exact);
    return status == STATUS_TRUNCATED ? STATUS_OK : status;
}

static enum status accumulate_sum(struct program_run *run, const struct column_type *type,
                                  struct accumulator *a, const struct value *value) {
    a->count++;
    if (type->kind == COLUMN_DECIMAL) return sum_exact(run, a, value);
    double number;
    program_warn(run, value_to_double(value, &number));
    a->approximate += number;
    return STATUS_OK;
}

static enum status accumulate_bits(enum aggregate_function function, struct accumulator *a,
                                   const struct value *value) {
    static const enum arithmetic_op ops[AGGREGATE_FUNCTION_COUNT] = {
        [AGGREGATE_BIT_AND] = ARITHMETIC_BIT_AND,
        [AGGREGATE_BIT_OR] = ARITHMETIC_BIT_OR,
        [AGGREGATE_BIT_XOR] = ARITHMETIC_BIT_XOR,
    };
    struct value so_far = a->count > 0 ? a->value : value_of_uint(0);
    if (a->count == 0 && function == AGGREGATE_BIT_AND) so_far.u = UINT64_MAX;
    a->count++;
    enum status status = value_arithmetic(ops[function], &so_far, value, NULL, &a->value);
    return status == STATUS_OUT_OF_RANGE ? status : STATUS_OK;
}

/* One more value that is not NULL. */
static enum status accumulate(struct program_run *run, const struct program_aggregate *item,
                              struct accumulator *a, const struct value *value) {
    const struct column_type *type = program_type(run->program, item->type);
    switch ((enum aggregate_function)item->function) {
    case AGGREGATE_COUNT_ROWS:
    case AGGREGATE_COUNT: a->count++; return STATUS_OK;
    case AGGREGATE_SUM: return accumulate_sum(run, type, a, value);
    case AGGREGATE_MIN:
    case AGGREGATE_MAX: {
        struct value fitting;
        enum status status = program_value_as(run, type, value, &fitting);
        if (status == STATUS_UNSUPPORTED) return status;
        if (a->count++ > 0) {
            int order = value_compare_total(&fitting, &a->value, type->collation);
            bool better = item->function == AGGREGATE_MIN ? order < 0 : order > 0;
            if (!better) return STATUS_OK;
        }
        accumulator_keep(a, &fitting, run->arena);
        return STATUS_OK;
    }
    case AGGREGATE_FIRST:
        if (a->count++ == 0) {
            struct value fitting;
            enum status status = program_value_as(run, type, value, &fitting);
            if (status == STATUS_UNSUPPORTED) return status;
            accumulator_keep(a, &fitting, run->arena);
        }
        return STATUS_OK;
    case AGGREGATE_BIT_AND:
    case AGGREGATE_BIT_OR:
    case AGGREGATE_BIT_XOR:
        return accumulate_bits((enum aggregate_function)item->function, a, value);
    }
    UNREACHABLE();
}

static enum status collect_group(struct program_run *run, struct slice row) {
    const struct program *program = run->program;
    enum status status = program_run_section(run, SECTION_OUTPUT, row);
    for (uint32_t i = 0; i < program->group_count && status == STATUS_OK; i++) {
        struct value place;
        const struct value *value = program_operand_value(run, program->outputs[i].operand, &place);
        status = program_value_as(run, program_type(program, program->outputs[i].type), value,
                                  &run->output_values[i]);
        if (status != STATUS_UNSUPPORTED) {
            program_warn(run, status);
            status = STATUS_OK;
        }
    }
    struct group *group = NULL;
    if (status == STATUS_OK) status = group_find(run, &group);
    for (uint32_t i = 0; i < program->aggregate_count && status == STATUS_OK; i++) {
        const struct program_aggregate *item = &program->aggregates[i];
        struct value place = value_of_int(1);
        const struct value *value = &place;
        if (item->operand != OPERAND_NONE) {
            value = program_operand_value(run, item->operand, &place);
        }
        if (value->kind == VALUE_NULL) continue;
        status = accumulate(run, item, &group->accumulators[i], value);
    }
    return status;
}

/* A column of a partial result goes into the accumulator (L3). */
static enum status merge_value(struct program_run *run, const struct program_aggregate *item,
                               struct accumulator *a, const struct value *value) {
    bool is_count = item->function == AGGREGATE_COUNT || item->function == AGGREGATE_COUNT_ROWS;
    if (value->kind == VALUE_NULL) return STATUS_OK;
    if (!is_count) return accumulate(run, item, a, value);
    uint64_t count = value->u; /* BIGINT, signed or not: never negative */
    if (value->kind == VALUE_INT && value->i < 0) return STATUS_CORRUPT;
    a->count += count;
    return STATUS_OK;
}

static enum status merge_group(struct program_run *run, struct slice row) {
    const struct program *program = run->program;
    for (uint32_t i = 0; i < program->group_count; i++) {
        run->output_values[i] = row_value(program->output, row, i, run->scratch);
    }
    struct group *group = NULL;
    enum status status = group_find(run, &group);
    for (uint32_t i = 0; i < program->aggregate_count && status == STATUS_OK; i++) {
        struct value value =
            row_value(program->output, row, program->group_count + i, run->scratch);
        status = merge_value(run, &program->aggregates[i], &group->accumulators[i], &value);
    }
    return status;
}

/* The aggregate's value as its column holds it. */
static enum status accumulator_result(struct program_run *run, const struct program_aggregate *item,
                                      struct accumulator *a, struct value *out) {
    const struct column_type *type = program_type(run->program, item->type);
    switch ((enum aggregate_function)item->function) {
    case AGGREGATE_COUNT_ROWS:
    case AGGREGATE_COUNT: *out = value_of_uint(a->count); return STATUS_OK;
    case AGGREGATE_BIT_AND:
    case AGGREGATE_BIT_OR:
    case AGGREGATE_BIT_XOR: {
        uint64_t neutral = item->function == AGGREGATE_BIT_AND ? UINT64_MAX : 0;
        *out = a->count > 0 ? a->value : value_of_uint(neutral);
        return STATUS_OK;
    }
    case AGGREGATE_SUM: {
        *out = value_null();
        if (a->count == 0) return STATUS_OK;
        if (type->kind != COLUMN_DECIMAL) {
            *out = value_of_double(a->approximate);
            return STATUS_OK;
        }
        struct decimal fitting;
        enum status status = sum_flush(a);
        if (status == STATUS_OK) {
            status = decimal_fit(&a->exact, type->precision, type->scale, &fitting);
        }
        if (status != STATUS_OK && status != STATUS_TRUNCATED) return status;
        *out = value_of_decimal(&fitting, run->arena);
        return STATUS_OK;
    }
    case AGGREGATE_MIN:
    case AGGREGATE_MAX:
    case AGGREGATE_FIRST: *out = a->count > 0 ? a->value : value_null(); return STATUS_OK;
    }
    UNREACHABLE();
}

/* --- ordered rows --- */

static struct slice kept_key(const struct kept_row *row) {
    return slice_of(row->data, row->key_size);
}

static void kept_fill(struct kept_row *kept, struct slice key, struct slice row,
                      struct arena *arena) {
    size_t size = key.size + row.size;
    CHECK(size <= UINT32_MAX);
    if (size > kept->capacity) { /* (L2) */
        kept->capacity = (uint32_t)size;
        kept->data = arena_alloc(arena, size);
    }
    if (key.size > 0) memcpy(kept->data, key.data, key.size);
    memcpy(kept->data + key.size, row.data, row.size);
    kept->key_size = (uint32_t)key.size;
    kept->row_size = (uint32_t)row.size;
}

static void heap_sink(struct kept_row **rows, uint64_t count, uint64_t at) {
    for (;;) {
        uint64_t child = at * 2 + 1;
        if (child >= count) return;
        bool right = child + 1 < count &&
                     slice_compare(kept_key(rows[child + 1]), kept_key(rows[child])) > 0;
        child += right;
        if (slice_compare(kept_key(rows[child]), kept_key(rows[at])) <= 0) return;
        struct kept_row *moved = rows[at];
        rows[at] = rows[child];
        rows[child] = moved;
        at = child;
    }
}

static void heap_make(struct collected *c) {
    for (uint64_t i = c->row_count / 2; i > 0; i--) heap_sink(c->rows, c->row_count, i - 1);
    c->is_heap = true;
}

static void rows_grow(struct collected *c, struct arena *arena) {
    uint64_t capacity = c->row_capacity == 0 ? ROW_COUNT_FIRST : c->row_capacity * 2;
    struct kept_row **rows = arena_array(arena, struct kept_row *, capacity);
    if (c->row_count > 0) memcpy(rows, c->rows, c->row_count * sizeof(*rows));
    c->rows = rows;
    c->row_capacity = capacity;
}

static void keep_row(struct program_run *run, struct slice row, uint64_t limit) {
    struct collected *c = collected_of(run);
    if (limit == 0) return;
    c->scratch_key.size = 0;
    if (run->program->order != NULL) key_of_row(run->program->order, row, &c->scratch_key);
    struct slice key = buffer_slice(&c->scratch_key);
    if (c->row_count < limit) {
        if (c->row_count == c->row_capacity) rows_grow(c, run->arena);
        struct kept_row *kept = arena_new(run->arena, struct kept_row);
        kept_fill(kept, key, row, run->arena);
        c->rows[c->row_count++] = kept;
        return;
    }
    if (!c->is_heap) heap_make(c);
    if (slice_compare(key, kept_key(c->rows[0])) >= 0) return;
    kept_fill(c->rows[0], key, row, run->arena);
    heap_sink(c->rows, c->row_count, 0);
}

/* Merges two sorted runs of rows[] into `to`. */
static void merge_runs(struct kept_row **rows, struct kept_row **to, uint64_t middle,
                       uint64_t end) {
    uint64_t left = 0, right = middle;
    for (uint64_t i = 0; i < end; i++) {
        bool take_left =
            right == end ||
            (left < middle && slice_compare(kept_key(rows[left]), kept_key(rows[right])) <= 0);
        to[i] = take_left ? rows[left++] : rows[right++];
    }
}

/* Bottom up, stable. */
static void rows_sort(struct collected *c, struct arena *arena) {
    struct kept_row **from = c->rows, **to = arena_array(arena, struct kept_row *, c->row_count);
    for (uint64_t width = 1; width < c->row_count; width *= 2) {
        for (uint64_t start = 0; start < c->row_count; start += 2 * width) {
            uint64_t left = MIN(width, c->row_count - start);
            uint64_t all = MIN(2 * width, c->row_count - start);
            merge_runs(from + start, to + start, left, all);
        }
        struct kept_row **sorted = to;
        to = from;
        from = sorted;
    }
    c->rows = from;
}

/* --- the whole --- */

enum status program_collect(struct program_run *run, struct slice row) {
    CHECK(program_is_collected(run->program));
    if (program_has_groups(run->program)) return collect_group(run, row);
    struct collected *c = collected_of(run);
    struct slice output;
    c->scratch_row.size = 0;
    enum status status = program_output(run, row, &c->scratch_row, &output);
    if (status == STATUS_OK) keep_row(run, output, run->limit);
    return status;
}

enum status program_merge(struct program_run *run, struct slice output_row) {
    CHECK(program_is_collected(run->program));
    enum status status = row_verify(run->program->output, output_row);
    if (status != STATUS_OK) return status;
    if (program_has_groups(run->program)) return merge_group(run, output_row);
    keep_row(run, output_row, run->limit);
    return STATUS_OK;
}

static enum status keep_group(struct program_run *run, struct group *group, uint64_t limit) {
    const struct program *program = run->program;
    struct value *values = run->output_values;
    for (uint32_t i = 0; i < program->group_count; i++) values[i] = group->keys[i];
    for (uint32_t i = 0; i < program->aggregate_count; i++) {
        enum status status =
            accumulator_result(run, &program->aggregates[i], &group->accumulators[i],
                               &values[program->group_count + i]);
        if (status != STATUS_OK) return status;
    }
    struct slice row;
    run->collected->scratch_row.size = 0;
    enum status status = row_encode(program->output, values, &run->collected->scratch_row, &row);
    if (status == STATUS_OK) keep_row(run, row, limit);
    return status;
}

enum status program_finish(struct program_run *run, enum program_finish_kind kind) {
    struct collected *c = collected_of(run);
    const struct program *program = run->program;
    bool has_groups = program_has_groups(program);
    uint64_t limit = kind == FINISH_FINAL ? run->limit : UINT64_MAX;
    if (has_groups && program->group_count == 0 && c->first == NULL) {
        struct group *all = NULL; /* aggregates of nothing */
        enum status status = group_find(run, &all);
        if (status != STATUS_OK) return status;
    }
    for (struct group *group = c->first; group != NULL && has_groups; group = group->next) {
        bool full = program->order == NULL && c->row_count == limit;
        if (full) break;
        enum status status = keep_group(run, group, limit);
        if (status != STATUS_OK) return status;
    }
    c->next = 0;
    if (program->order != NULL && (kind == FINISH_FINAL || !has_groups)) rows_sort(c, run->arena);
    return STATUS_OK;
}

enum status program_next(struct program_run *run, struct slice *row_out) {
    struct collected *c = collected_of(run);
    *row_out = SLICE_EMPTY;
    if (c->next == c->row_count) return STATUS_END;
    const struct kept_row *kept = c->rows[c->next++];
    *row_out = slice_of(kept->data + kept->key_size, kept->row_size);
    return STATUS_OK;
}
