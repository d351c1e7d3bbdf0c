/* sql/exec_private.h: what the operators share: their state, rows that are kept, pauses.
 */
#ifndef SQL_EXEC_PRIVATE_H
#define SQL_EXEC_PRIVATE_H

#include "sql/aggregate.h"
#include "sql/exec.h"

/* An operator of a plan in one execution. */
struct stage;

/* One run of one plan, or of one subquery's plan inside it. */
struct execution {
    struct exec_context *context;
    struct eval_context *eval;
    struct arena *arena;
    struct value *slots;
    struct stage **stages; /* by plan_node.number; NULL: not opened */
    uint64_t paused_us;    /* when the fiber was last resumed */
    uint32_t hold_count;   /* see exec_forget */
    uint32_t since_pause;  /* rows since exec_pause looked */
    uint64_t found_rows;   /* of SQL_CALC_FOUND_ROWS; UINT64_MAX: not counted */
    /* Where the arena of temporaries stood when it was reset last: most rows leave none. */
    const uint8_t *forgotten_at;
    size_t forgotten_bytes;
};

/* OK: a row is in the slots; END; or an error. */
typedef enum status stage_next(struct stage *stage, struct execution *execution);

struct stage {
    const struct plan_node *node;
    stage_next *next;
    /* Starts anew: outer slots have changed. */
    void (*rewind)(struct stage *stage, struct execution *execution);
    void (*close)(struct stage *stage, struct execution *execution); /* NULL: nothing to close */
    struct stage *input, *inner;
};

/* Opens the node and its inputs; state in execution->arena. Errors are in the diagnostics. */
MUST_USE enum status stage_open(struct execution *execution, const struct plan_node *node,
                                struct stage **out);
MUST_USE static inline enum status stage_step(struct stage *stage, struct execution *execution) {
    return stage->next(stage, execution);
}

/* One maker per kind; they fill next, rewind, close. */
struct stage *exec_scan_open(struct execution *execution, const struct plan_node *node);
struct stage *exec_once_open(struct execution *execution, const struct plan_node *node);
struct stage *exec_virtual_open(struct execution *execution, const struct plan_node *node);
struct stage *exec_derived_open(struct execution *execution, const struct plan_node *node);
struct stage *exec_work_open(struct execution *execution, const struct plan_node *node);
struct stage *exec_values_open(struct execution *execution, const struct plan_node *node);
struct stage *exec_lookup_open(struct execution *execution, const struct plan_node *node);
struct stage *exec_hash_open(struct execution *execution, const struct plan_node *node);
struct stage *exec_loop_open(struct execution *execution, const struct plan_node *node);
struct stage *exec_filter_open(struct execution *execution, const struct plan_node *node);
struct stage *exec_apply_open(struct execution *execution, const struct plan_node *node);
struct stage *exec_group_open(struct execution *execution, const struct plan_node *node);
struct stage *exec_project_open(struct execution *execution, const struct plan_node *node);
struct stage *exec_distinct_open(struct execution *execution, const struct plan_node *node);
struct stage *exec_sort_open(struct execution *execution, const struct plan_node *node);
struct stage *exec_limit_open(struct execution *execution, const struct plan_node *node);
struct stage *exec_set_open(struct execution *execution, const struct plan_node *node);

/* After every row of work: yields, looks at the budget and at KILL now and then (X2). */
MUST_USE enum status exec_pause_slow(struct execution *execution);
MUST_USE static inline enum status exec_pause(struct execution *execution) {
    if (++execution->since_pause < 64) return STATUS_OK;
    return exec_pause_slow(execution);
}
/* A status from cluster/ into the diagnostics; returns it. */
MUST_USE enum status exec_refused(struct execution *execution, enum status status);
/* All conditions true? */
MUST_USE enum status exec_conditions(struct execution *execution, struct expr **conditions,
                                     uint32_t count, bool *passes_out);
/* A LIMIT or OFFSET: a non-negative integer; NULL expr gives `absent`. */
MUST_USE enum status exec_count(struct execution *execution, const struct expr *expr,
                                uint64_t absent, uint64_t *count_out);

/* The values of a program's parameters, encoded. */
MUST_USE enum status exec_parameters(struct execution *execution, struct expr **exprs,
                                     uint32_t count, struct slice *out);
/* Opens the plan's scan at these positions, of which there is at least one. What it needs until it is closed is in the arena. */
MUST_USE enum status exec_scan_start(struct execution *execution, const struct plan_scan *plan,
                                     const struct access_positions *positions, struct arena *arena,
                                     struct scan **scan_out);
/* A row of the scan's output layout into the slots. */
void exec_load_row(struct execution *execution, const struct plan_scan *plan, struct slice row);

/* Temporaries of a row that has been dealt with are not needed any more: called by whoever takes rows from an operator, at each row. Does
 * nothing while a row further out is still in the slots. */
static inline void exec_forget(struct execution *execution) {
    struct arena *arena = execution->eval->arena;
    bool is_unused =
        arena->at == execution->forgotten_at && arena->used_bytes == execution->forgotten_bytes;
    if (is_unused || execution->hold_count > 0 || arena == execution->arena) return;
    arena_reset(arena);
    execution->forgotten_at = arena->at;
    execution->forgotten_bytes = arena->used_bytes;
}

/* An arena that dies with the execution and may be reset before: for what is kept for a batch of rows. */
struct arena *exec_arena_open(struct execution *execution);
/* NULL in all slots of the node: an outer join found nothing. */
void exec_null_slots(struct execution *execution, const struct plan_node *node);

/* Runs a subquery, whose outer slots are filled, and fills the slots of its result. */
MUST_USE enum status exec_subquery(struct execution *execution,
                                   const struct bound_subquery *subquery, struct stage *root);

/* ---- byte strings that are kept once each ---- */

struct key_entry;
/* What its user notes of a key; zeroed when the key is new. */
struct key_note {
    uint64_t met;   /* bits */
    uint32_t place; /* a number */
};
struct key_set {
    struct arena *arena;
    struct key_entry **table;
    uint64_t table_size, count;
};
void key_set_open(struct key_set *set, struct arena *arena);
/* The bytes are copied. The note stays where it is. */
struct key_note *key_set_note(struct key_set *set, struct slice key);

/* ---- rows that are kept ---- */

/* Copies of some slots, one row after the other. */
struct row_store {
    struct arena *arena;
    const uint32_t *slots;
    uint32_t slot_count;
    struct value *values; /* count * slot_count */
    uint64_t count, capacity;
};
void row_store_open(struct row_store *store, struct arena *arena, const uint32_t *slots,
                    uint32_t slot_count);
/* Copies the slots, their bytes too. */
void row_store_add(struct row_store *store, const struct value *slots);
void row_store_load(const struct row_store *store, uint64_t row, struct value *slots);

/* The slots of an operator's input as the input left them. Whoever loads kept rows of its input into the slots puts them back
 * before the next step: the input may be in the middle of a row, whose other half it will not load again. */
struct slot_image {
    const uint32_t *slots;
    uint32_t slot_count;
    bool is_taken;
    struct value *values; /* shallow: what they point to is the input's */
};
void slot_image_open(struct slot_image *image, struct arena *arena, const struct plan_node *input);
void slot_image_take(struct slot_image *image, const struct value *slots);
/* Nothing is done when none was taken. */
void slot_image_restore(const struct slot_image *image, struct value *slots);

/* Key values of kept rows, found by equality. */
#define ROW_NONE UINT32_MAX
struct row_table {
    struct arena *arena;
    const uint16_t *collations; /* one a key value */
    uint32_t key_count;
    uint32_t count, capacity;
    struct value *keys; /* count * key_count */
    uint64_t *hashes;
    uint32_t *next, *buckets;
};
void row_table_open(struct row_table *table, struct arena *arena, const uint16_t *collations,
                    uint32_t key_count);
uint64_t row_table_hash(const struct row_table *table, const struct value *keys);
/* Rows with these key values: the first or ROW_NONE, and the one after a row. */
uint32_t row_table_first(const struct row_table *table, const struct value *keys);
uint32_t row_table_next(const struct row_table *table, uint32_t row);
/* The new row's number: how many there were. The keys are copied. */
uint32_t row_table_add(struct row_table *table, const struct value *keys);

#endif
