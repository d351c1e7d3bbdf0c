/* cluster/scan.h: a scan inside cluster/: its parts, one a shard. */
#ifndef CLUSTER_SCAN_H
#define CLUSTER_SCAN_H

#include "cluster/txn.h"

enum part_state {
    PART_IDLE,  /* to be asked, at the next call */
    PART_ASKED, /* a READ is on its way */
    PART_FULL,  /* rows are there */
    PART_DONE,
};

struct scan_part {
    struct list_link link; /* in cluster->free_parts */
    struct scan *scan;
    struct ask ask;
    struct arena part_arena; /* what the last answer said; keeps a chunk over its lives */
    enum part_state state;
    uint16_t shard;
    bool has_more;
    struct slice positions;
    uint32_t position_count;
    const uint32_t *ordinals; /* of its positions in the spec; NULL: the same */
    struct slice resume;      /* in part_arena */
    struct reader rows;       /* FULL: those not taken yet */
    uint32_t row_count;
    bool has_head;
    struct scan_row head; /* ordered scans: the next row */
    struct slice head_key;
    uint64_t since_us; /* of repetitions; 0: none */
};

/* How the shards' rows become one stream. */
enum scan_merge {
    MERGE_NOT,        /* as they come */
    MERGE_BY_ORDINAL, /* points of the primary key */
    MERGE_BY_KEY,     /* rows bring their index keys (READ_WITH_KEYS) */
};

struct scan {
    struct list_link link; /* in cluster->free_scans */
    struct txn *txn;
    struct scan_spec spec;
    struct arena *arena; /* the statement's */
    enum scan_merge merge;
    bool is_newest; /* T8 */
    struct scan_part **parts;
    struct scan_part *parts_inline[4];
    uint32_t part_count;
    uint32_t rows_given;
    enum status failed;    /* OK: not */
    struct scan_row *rows; /* of the batch */
    uint32_t row_capacity;
    struct arena scan_arena; /* keeps a chunk over its lives */
};

/* Positions and the shards that they concern; in an arena. */
struct scan_split {
    uint16_t shard;
    struct slice positions;
    uint32_t position_count;
    const uint32_t *ordinals;
};
/* What is to be split: a table's index, and positions on it. */
struct split_spec {
    const struct table *table;
    uint32_t index;
    enum position_kind position_kind;
    struct slice positions;
    uint32_t position_count;
};
/* At least one; those without positions are left out. `one` serves when it is one. */
const struct scan_split *scan_split(struct cluster *cluster, const struct split_spec *spec,
                                    struct arena *arena, struct scan_split *one,
                                    uint32_t *count_out);

/* Refusals that mean that the plan is old. */
MUST_USE enum status scan_plan_status(const struct cluster *cluster, const struct table *table,
                                      enum status status);

#endif
