/* sql/aggregate.h: COUNT, SUM and the others: which there are, and computing them row by row.
 *
 * The executor keeps one state for each aggregate and group, adds each row of the group, asks for the result once. Shards compute
 * some of them themselves (row/program.h); those come by aggregate_merge.
 *   (A1) What a state keeps lives in the arena given to aggregate_open; evaluating an arg uses the context's.
 *   (A2) NULL args are passed over, but by COUNT(*) and the JSON ones; no row at all gives NULL, COUNT 0, BIT_AND all ones.
 */
#ifndef SQL_AGGREGATE_H
#define SQL_AGGREGATE_H

#include "sql/bound.h"

enum aggregate_kind {
    AGGREGATE_KIND_COUNT, /* arg_count 0: COUNT(*) */
    AGGREGATE_KIND_SUM,
    AGGREGATE_KIND_AVG,
    AGGREGATE_KIND_MIN,
    AGGREGATE_KIND_MAX,
    AGGREGATE_KIND_BIT_AND,
    AGGREGATE_KIND_BIT_OR,
    AGGREGATE_KIND_BIT_XOR,
    AGGREGATE_KIND_ANY_VALUE, /* the first row's; also put in by the binder for columns beside group keys */
    AGGREGATE_KIND_GROUP_CONCAT,
    AGGREGATE_KIND_STD_POP,
    AGGREGATE_KIND_STD_SAMP,
    AGGREGATE_KIND_VAR_POP,
    AGGREGATE_KIND_VAR_SAMP,
};
enum aggregate_kind aggregate_kind_of(const struct bound_aggregate *aggregate);

struct aggregate_entry;

/* Zeroed memory and aggregate_open make one. */
struct aggregate_state {
    struct arena *arena;
    uint64_t count; /* values so far, or rows of COUNT(*) */
    uint64_t bits;
    __int128 whole;         /* SUM and AVG of integers */
    struct decimal decimal; /* of decimals */
    double sum, squares;    /* of doubles; STD: mean and sum of squared distances */
    struct value value;     /* MIN, MAX, ANY_VALUE */
    struct aggregate_entry **table, *first, *last; /* DISTINCT, GROUP_CONCAT */
    uint32_t table_count, entry_count;
};

void aggregate_open(const struct bound_aggregate *aggregate, struct aggregate_state *state,
                    struct arena *arena);
/* The row is in context->slots. */
MUST_USE enum status aggregate_add(const struct bound_aggregate *aggregate,
                                   struct aggregate_state *state, struct eval_context *context);
/* A partial result that row/program.h made of some rows: COUNT, SUM, MIN, MAX or the first; `count` of the values for AVG, else
 * NULL. */
void aggregate_merge(const struct bound_aggregate *aggregate, struct aggregate_state *state,
                     const struct value *partial, const struct value *count);
MUST_USE enum status aggregate_result(const struct bound_aggregate *aggregate,
                                      struct aggregate_state *state, struct eval_context *context,
                                      struct value *out);
/* The function that puts ANY_VALUE in. */
const struct function *aggregate_any_value(void);

#endif
