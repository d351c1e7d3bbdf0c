/* aggregate.c: what is the aggregate of these rows?
 *
 * Sums are exact where SQL's are: integers in 128 bits, decimals in 65 digits, doubles as they come. STD and VARIANCE follow Welford:
 * mean and sum of squared distances, both updated by each value, so that large values near each other do not cancel.
 *
 * DISTINCT keeps an entry for each combination of values that it saw, in a hash table with chains; GROUP_CONCAT keeps an entry
 * for each row, in a list, and sorts it at the end when it has an ORDER BY:
 *
 *   table -> entry -> entry        entry: | hash | next in chain | next in list | values: args, then order keys |
 *
 *   (G1) A table doubles when it holds as many entries as chains.
 */
#include "sql/aggregate.h"

#include <math.h>
#include <stdlib.h>

#include "row/temporal.h"
#include "sql/coerce.h"
#include "sql/expr_private.h"

struct aggregate_entry {
    uint64_t hash;
    struct aggregate_entry *next_in_chain, *next;
    struct value values[];
};

enum aggregate_kind aggregate_kind_of(const struct bound_aggregate *aggregate) {
    CHECK(aggregate->function->class == FUNCTION_AGGREGATE);
    return (enum aggregate_kind)aggregate->function->aggregate;
}

void aggregate_open(const struct bound_aggregate *aggregate, struct aggregate_state *state,
                    struct arena *arena) {
    *state = (struct aggregate_state){.arena = arena};
    state->decimal = decimal_from_int(0, 0);
    if (aggregate_kind_of(aggregate) == AGGREGATE_KIND_BIT_AND) state->bits = UINT64_MAX;
}

/* ---- entries ---- */

static uint32_t entry_width(const struct bound_aggregate *aggregate) {
    return aggregate->arg_count + aggregate->order_count;
}

static uint64_t hash_of(const struct bound_aggregate *aggregate, const struct value *values) {
    uint64_t hash = aggregate->arg_count;
    for (uint32_t i = 0; i < aggregate->arg_count; i++) {
        hash = value_is_null(&values[i]) ? hash * 31 + 7 : value_hash(&values[i], hash);
    }
    return hash;
}

static bool entry_equals(const struct bound_aggregate *aggregate,
                         const struct aggregate_entry *entry, const struct value *values) {
    for (uint32_t i = 0; i < aggregate->arg_count; i++) {
        uint16_t collation = aggregate->args[i]->collation;
        if (value_compare_total(&entry->values[i], &values[i], collation) != 0) return false;
    }
    return true;
}

/* (G1) */
static void table_grow(struct aggregate_state *state) {
    uint32_t count = MAX(16u, state->table_count * 2);
    struct aggregate_entry **table = arena_array(state->arena, struct aggregate_entry *, count);
    for (uint32_t i = 0; i < state->table_count; i++) {
        struct aggregate_entry *entry = state->table[i], *next;
        for (; entry != NULL; entry = next) {
            next = entry->next_in_chain;
            entry->next_in_chain = table[entry->hash & (count - 1)];
            table[entry->hash & (count - 1)] = entry;
        }
    }
    state->table = table;
    state->table_count = count;
}

static struct aggregate_entry *entry_add(const struct bound_aggregate *aggregate,
                                         struct aggregate_state *state,
                                         const struct value *values) {
    uint32_t width = entry_width(aggregate);
    struct aggregate_entry *entry =
        arena_alloc_zeroed(state->arena, sizeof *entry + width * sizeof(struct value));
    for (uint32_t i = 0; i < width; i++) entry->values[i] = value_copy(&values[i], state->arena);
    if (state->last == NULL)
        state->first = entry;
    else
        state->last->next = entry;
    state->last = entry;
    state->entry_count++;
    return entry;
}

/* Was this combination here before? Otherwise it is now. */
static bool is_repeated(const struct bound_aggregate *aggregate, struct aggregate_state *state,
                        const struct value *values) {
    if (state->entry_count >= state->table_count) table_grow(state);
    uint64_t hash = hash_of(aggregate, values);
    struct aggregate_entry **chain = &state->table[hash & (state->table_count - 1)];
    for (struct aggregate_entry *entry = *chain; entry != NULL; entry = entry->next_in_chain) {
        if (entry->hash == hash && entry_equals(aggregate, entry, values)) return true;
    }
    struct aggregate_entry *entry = entry_add(aggregate, state, values);
    entry->hash = hash;
    entry->next_in_chain = *chain;
    *chain = entry;
    return false;
}

/* ---- adding ---- */

static void add_number(const struct bound_aggregate *aggregate, struct aggregate_state *state,
                       const struct value *value) {
    uint8_t kind = aggregate->args[0]->type.kind;
    if (aggregate->type.kind == COLUMN_DOUBLE) {
        double d;
        if (value_to_double(value, &d) != STATUS_UNSUPPORTED) state->sum += d;
    } else if (column_kind_is_integer(kind)) {
        state->whole += value->kind == VALUE_UINT ? (__int128)value->u : (__int128)value->i;
    } else {
        struct decimal d;
        enum status status = value_to_decimal(value, &d);
        if (status != STATUS_UNSUPPORTED)
            status = decimal_add(&state->decimal, &d, &state->decimal);
        CHECK(status == STATUS_OK || status == STATUS_OUT_OF_RANGE || status == STATUS_TRUNCATED);
    }
}

static void add_spread(struct aggregate_state *state, const struct value *value) {
    double d;
    if (value_to_double(value, &d) == STATUS_UNSUPPORTED) return;
    double distance = d - state->sum;
    state->sum += distance / (double)state->count;
    state->squares += distance * (d - state->sum);
}

static void add_extreme(const struct bound_aggregate *aggregate, struct aggregate_state *state,
                        const struct value *value) {
    bool is_first = state->count == 1;
    int order =
        is_first ? 0 : value_compare_total(value, &state->value, aggregate->args[0]->collation);
    bool is_min = aggregate_kind_of(aggregate) == AGGREGATE_KIND_MIN;
    if (is_first || (is_min ? order < 0 : order > 0)) {
        state->value = value_copy(value, state->arena);
    }
}

static void add_bits(const struct bound_aggregate *aggregate, struct aggregate_state *state,
                     const struct value *value) {
    uint64_t bits = value->u;
    if (value->kind != VALUE_UINT && value->kind != VALUE_BIT) {
        int64_t i;
        enum status status = value_to_int(value, &i);
        if (status == STATUS_OUT_OF_RANGE && i > 0) status = value_to_uint(value, &bits);
        if (status != STATUS_OUT_OF_RANGE) bits = (uint64_t)i;
    }
    switch (aggregate_kind_of(aggregate)) {
    case AGGREGATE_KIND_BIT_AND: state->bits &= bits; return;
    case AGGREGATE_KIND_BIT_OR: state->bits |= bits; return;
    default: state->bits ^= bits; return;
    }
}

static void add_values(const struct bound_aggregate *aggregate, struct aggregate_state *state,
                       const struct value *values) {
    state->count++;
    switch (aggregate_kind_of(aggregate)) {
    case AGGREGATE_KIND_COUNT: return;
    case AGGREGATE_KIND_SUM:
    case AGGREGATE_KIND_AVG: add_number(aggregate, state, &values[0]); return;
    case AGGREGATE_KIND_MIN:
    case AGGREGATE_KIND_MAX: add_extreme(aggregate, state, &values[0]); return;
    case AGGREGATE_KIND_BIT_AND:
    case AGGREGATE_KIND_BIT_OR:
    case AGGREGATE_KIND_BIT_XOR: add_bits(aggregate, state, &values[0]); return;
    case AGGREGATE_KIND_ANY_VALUE:
        if (state->count == 1) state->value = value_copy(&values[0], state->arena);
        return;
    case AGGREGATE_KIND_GROUP_CONCAT:
        if (!aggregate->is_distinct) entry_add(aggregate, state, values);
        return;
    case AGGREGATE_KIND_STD_POP:
    case AGGREGATE_KIND_STD_SAMP:
    case AGGREGATE_KIND_VAR_POP:
    case AGGREGATE_KIND_VAR_SAMP: add_spread(state, &values[0]); return;
    }
}

enum status aggregate_add(const struct bound_aggregate *aggregate, struct aggregate_state *state,
                          struct eval_context *context) {
    uint32_t width = entry_width(aggregate);
    bool is_any = aggregate_kind_of(aggregate) == AGGREGATE_KIND_ANY_VALUE;
    struct value single, *values = &single;
    if (is_any && state->count > 0) return STATUS_OK;
    if (width > 1) values = arena_array(context->arena, struct value, width);
    for (uint32_t i = 0; i < width; i++) {
        const struct expr *expr = i < aggregate->arg_count
                                      ? aggregate->args[i]
                                      : aggregate->order[i - aggregate->arg_count].expr;
        enum status status = expr_eval(expr, context, &values[i]);
        if (status != STATUS_OK) return status;
        if (i < aggregate->arg_count && value_is_null(&values[i]) && !is_any) return STATUS_OK;
    }
    if (aggregate->is_distinct && is_repeated(aggregate, state, values)) return STATUS_OK;
    add_values(aggregate, state, values);
    return STATUS_OK;
}

/* ---- merging ---- */

/* The sum of at most 2^63 integers: its coefficient fits. */
static __int128 wide_of_decimal(const struct decimal *decimal) {
    unsigned __int128 size = (unsigned __int128)decimal->limbs[1] << 64 | decimal->limbs[0];
    return decimal->negative ? -(__int128)size : (__int128)size;
}

static void merge_sum(const struct bound_aggregate *aggregate, struct aggregate_state *state,
                      const struct value *sum) {
    if (aggregate->type.kind == COLUMN_DOUBLE) {
        state->sum += sum->d;
        return;
    }
    struct decimal decimal = value_decimal(sum);
    if (column_kind_is_integer(aggregate->args[0]->type.kind)) {
        state->whole += wide_of_decimal(&decimal);
        return;
    }
    enum status status = decimal_add(&state->decimal, &decimal, &state->decimal);
    CHECK(status == STATUS_OK || status == STATUS_OUT_OF_RANGE || status == STATUS_TRUNCATED);
}

void aggregate_merge(const struct bound_aggregate *aggregate, struct aggregate_state *state,
                     const struct value *partial, const struct value *count) {
    if (value_is_null(partial)) return;
    enum aggregate_kind kind = aggregate_kind_of(aggregate);
    if (kind == AGGREGATE_KIND_COUNT) {
        state->count += partial->u;
        return;
    }
    state->count += count == NULL ? 1 : count->u;
    if (kind == AGGREGATE_KIND_SUM || kind == AGGREGATE_KIND_AVG) {
        merge_sum(aggregate, state, partial);
    } else if (kind == AGGREGATE_KIND_ANY_VALUE) {
        if (state->count == 1) state->value = value_copy(partial, state->arena);
    } else {
        add_extreme(aggregate, state, partial);
    }
}

/* ---- results ---- */

static struct decimal decimal_of_wide(__int128 wide) {
    unsigned __int128 size = wide < 0 ? -(unsigned __int128)wide : (unsigned __int128)wide;
    struct decimal decimal = decimal_from_int(0, 0);
    decimal.limbs[0] = (uint64_t)size;
    decimal.limbs[1] = (uint64_t)(size >> 64);
    decimal.negative = wide < 0;
    return decimal;
}

static struct value sum_result(const struct bound_aggregate *aggregate,
                               const struct aggregate_state *state) {
    bool is_average = aggregate_kind_of(aggregate) == AGGREGATE_KIND_AVG;
    if (state->count == 0) return value_null();
    if (aggregate->type.kind == COLUMN_DOUBLE) {
        struct value sum =
            value_of_double(is_average ? state->sum / (double)state->count : state->sum);
        sum.scale = aggregate->type.scale;
        return sum;
    }
    struct decimal sum = state->decimal;
    if (column_kind_is_integer(aggregate->args[0]->type.kind)) sum = decimal_of_wide(state->whole);
    enum status status;
    if (is_average) {
        struct decimal count = decimal_from_uint(state->count, 0);
        status = decimal_div(&sum, &count, DECIMAL_DIV_INCREMENT, &sum);
        CHECK(status == STATUS_OK || status == STATUS_TRUNCATED || status == STATUS_OUT_OF_RANGE);
    }
    bool is_cut_later = is_average || aggregate->args[0]->places == PLACES_ALL;
    if (is_cut_later && sum.scale >= aggregate->type.scale) {
        return value_of_decimal(&sum, state->arena);
    }
    status = decimal_round(&sum, aggregate->type.scale, DECIMAL_HALF_AWAY, &sum);
    CHECK(status == STATUS_OK || status == STATUS_TRUNCATED || status == STATUS_OUT_OF_RANGE);
    return value_of_decimal(&sum, state->arena);
}

static struct value spread_result(const struct bound_aggregate *aggregate,
                                  const struct aggregate_state *state) {
    enum aggregate_kind kind = aggregate_kind_of(aggregate);
    bool is_sample = kind == AGGREGATE_KIND_STD_SAMP || kind == AGGREGATE_KIND_VAR_SAMP;
    bool is_std = kind == AGGREGATE_KIND_STD_SAMP || kind == AGGREGATE_KIND_STD_POP;
    if (state->count <= (is_sample ? 1u : 0u)) return value_null();
    double variance = state->squares / (double)(state->count - is_sample);
    return value_of_double(is_std ? sqrt(variance) : variance);
}

/* qsort_r's shape. */
static int entry_order(const void *a, const void *b, void *of) {
    const struct bound_aggregate *aggregate = of;
    const struct aggregate_entry *const *left = a, *const *right = b;
    for (uint32_t i = 0; i < aggregate->order_count; i++) {
        const struct bound_order *by = &aggregate->order[i];
        uint32_t at = aggregate->arg_count + i;
        int order =
            value_compare_total(&(*left)->values[at], &(*right)->values[at], by->expr->collation);
        if (order != 0) return by->is_descending ? -order : order;
    }
    return 0;
}

static void concat_sort(const struct bound_aggregate *aggregate, struct aggregate_state *state) {
    struct aggregate_entry **list =
        arena_array(state->arena, struct aggregate_entry *, state->entry_count);
    uint32_t count = 0;
    for (struct aggregate_entry *e = state->first; e != NULL; e = e->next) list[count++] = e;
    CHECK(count == state->entry_count);
    qsort_r(list, count, sizeof(struct aggregate_entry *), entry_order, (void *)aggregate);
    for (uint32_t i = 0; i < count; i++) list[i]->next = i + 1 < count ? list[i + 1] : NULL;
    state->first = list[0];
}

/* Cut at group_concat_max_len, at a whole character, with warning 1260. */
static struct slice concat_cut(const struct bound_aggregate *aggregate, struct buffer *text,
                               uint32_t row, struct eval_context *context) {
    uint8_t charset = collation_charset(aggregate->type.collation)->id;
    struct slice whole = buffer_slice(text);
    if (whole.size <= context->group_concat_bytes_max) return whole;
    whole.size = context->group_concat_bytes_max;
    diagnostics_warn(context->diagnostics, CONDITION_WARNING, ER_CUT_VALUE_GROUP_CONCAT,
                     (unsigned)row, "GROUP_CONCAT(");
    return slice_part(whole, 0, charset_check(charset, whole));
}

static struct value concat_result(const struct bound_aggregate *aggregate,
                                  struct aggregate_state *state, struct eval_context *context) {
    if (state->entry_count == 0) return value_null();
    if (aggregate->order_count > 0) concat_sort(aggregate, state);
    struct buffer text = buffer_of(state->arena);
    uint32_t row = 0;
    for (struct aggregate_entry *entry = state->first; entry != NULL; entry = entry->next) {
        if (row++ > 0) buffer_append(&text, aggregate->separator);
        for (uint32_t i = 0; i < aggregate->arg_count; i++) {
            buffer_append(&text, value_slice(&entry->values[i]));
        }
        if (text.size > context->group_concat_bytes_max) break;
    }
    return value_of_string(concat_cut(aggregate, &text, row, context), aggregate->type.collation);
}

enum status aggregate_result(const struct bound_aggregate *aggregate, struct aggregate_state *state,
                             struct eval_context *context, struct value *out) {
    switch (aggregate_kind_of(aggregate)) {
    case AGGREGATE_KIND_COUNT: *out = value_of_int((int64_t)state->count); break;
    case AGGREGATE_KIND_SUM:
    case AGGREGATE_KIND_AVG: *out = sum_result(aggregate, state); break;
    case AGGREGATE_KIND_MIN:
    case AGGREGATE_KIND_MAX:
    case AGGREGATE_KIND_ANY_VALUE: *out = state->value; break;
    case AGGREGATE_KIND_BIT_AND:
    case AGGREGATE_KIND_BIT_OR:
    case AGGREGATE_KIND_BIT_XOR: *out = value_of_uint(state->bits); break;
    case AGGREGATE_KIND_GROUP_CONCAT: *out = concat_result(aggregate, state, context); break;
    case AGGREGATE_KIND_STD_POP:
    case AGGREGATE_KIND_STD_SAMP:
    case AGGREGATE_KIND_VAR_POP:
    case AGGREGATE_KIND_VAR_SAMP: *out = spread_result(aggregate, state); break;
    }
    return STATUS_OK;
}
