/* sql/access.h: which keys of an index can satisfy a list of conditions?
 *
 * At planning, access_of_index reads the conjuncts and finds for each leading part of the index a list of intervals
 * (a point is an interval of one value); at execution, access_positions evaluates their bounds and packs the sorted keys or
 * ranges that one request carries. Bounds are statement constants, or expressions over the slots of outer rows (batched
 * inner look-ups): then positions are made once for each outer row.
 *
 *   (A1) The positions cover every row that satisfies the conjuncts; those listed in `covered` need no filter any more.
 *   (A2) A bound that does not fit the column's type is moved to the nearest value that does, open or closed as the
 *        comparison demands, so that `int_column > 5.5` means > 5 and `= 5.5` means nothing.
 *   (A3) Positions are sorted by key, without repetition or overlap: no row comes twice.
 */
#ifndef SQL_ACCESS_H
#define SQL_ACCESS_H

#include "sql/bound.h"

#define ROWS_SUPPOSED        1000.0 /* of a table about which nothing is known */
#define ACCESS_INTERVALS_MAX 4096   /* of one part, at planning */
#define ACCESS_POSITIONS_MAX 65536  /* at execution: a longer product uses fewer parts */

enum access_interval_flag {
    ACCESS_LOW_OPEN = 1,
    ACCESS_HIGH_OPEN = 2,
    ACCESS_IS_NULL = 4,   /* the point NULL */
    ACCESS_NULL_SAFE = 8, /* <=>: NULL is a point as well */
    ACCESS_LIKE = 16,     /* low is a LIKE pattern */
};
struct access_interval {
    const struct expr *low, *high; /* NULL: no bound; the same expression twice: a point */
    uint8_t flags;
    uint16_t escape; /* LIKE */
};

struct access_part {
    struct access_interval *intervals; /* alternatives */
    uint32_t interval_count;
    uint8_t is_points; /* all of them */
};

enum access_kind {
    ACCESS_POINT, /* whole keys of the primary key or a unique index, all parts NOT NULL points */
    ACCESS_RANGE, /* some leading parts */
    ACCESS_FULL,  /* the whole index */
};
struct access_path {
    enum access_kind kind;
    const struct table *table;
    uint32_t index;      /* place in definition->indexes */
    uint32_t part_count; /* parts that have intervals; the last may hold ranges */
    struct access_part *parts;
    uint64_t covered; /* bits of conjuncts (the first 64) that the positions decide alone (A1) */
    uint32_t used_columns; /* equal leading parts, for costs */
    double rows;           /* estimate, for one set of positions */
    double
        weight; /* the same if the table had ROWS_SUPPOSED at least: a plan outlives small tables */
    uint64_t *slots; /* of outer rows that the bounds read, as expr_slots; slot_words words */
};

struct access_input {
    struct arena *arena;
    const struct bound_table *table;
    struct expr **conjuncts;
    uint32_t conjunct_count;
    /* Which slots have values before this table is read (outer tables): bounds may read these. */
    const uint64_t *known_slots;
    uint32_t slot_words;
    const struct table_statistics *statistics; /* or NULL */
};

/* Never fails: without usable conjuncts it is ACCESS_FULL. */
struct access_path *access_of_index(const struct access_input *input, uint32_t index);
/* The cheapest of all indexes that hints allow; a covering order may be asked for by the caller comparing paths. */
struct access_path *access_best(const struct access_input *input);

/* POINT: the key is `lower`. Else keys from lower to below upper. */
struct access_position {
    struct slice lower, upper;
    bool has_no_upper;
};
/* Sorted (A3). */
struct access_list {
    enum access_kind kind;
    struct access_position *items;
    uint32_t count; /* 0: nothing can satisfy the conditions */
};
struct access_positions {
    enum position_kind kind;
    uint32_t count;
    struct slice packed;
};
/* Evaluates the bounds in `context`: the positions for one row of slots. */
MUST_USE enum status access_find(const struct access_path *path, struct eval_context *context,
                                 struct arena *arena, struct access_list *out);
void access_pack(const struct access_list *list, struct arena *arena, struct access_positions *out);
/* Both. */
MUST_USE enum status access_positions(const struct access_path *path, struct eval_context *context,
                                      struct arena *arena, struct access_positions *out);

#endif
