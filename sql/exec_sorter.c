/* exec_sorter.c: how are more rows sorted than memory holds, without holding up everybody else?
 *
 * Rows are packed as they come. Every PIECE_ROWS rows are sorted, which makes a run; a heap of runs gives the rows in order.
 * When memory is full, the runs are merged into one that is written to a file, and memory is empty again:
 *
 *   rows --> piece, piece, piece, ..          (memory)  --+
 *              \ full: merged \                            +--> heap of runs --> rows in order
 *               file run, file run, ..                   --+
 *                 \ too many: merged into one file run
 *
 *   (O1) The sort is stable: the tag of a row is its number in the input.
 *   (O2) Nothing takes longer than sorting one piece: merging pauses at each row.
 *   (O3) Text keys are replaced by their collation's sort keys, so comparing is memcmp.
 *   (O4) When few rows are wanted, twice as many are kept; then the worse half is forgotten, and rows that are behind the last
 *        one kept are not taken at all.
 *   (O5) Each row has the beginning of its first key beside it, as a number: most comparisons are of two numbers. It rises with the
 *        key, but not strictly: equal prefixes tell nothing.
 *   (O6) SORTER_FIRST: a table finds the rows in memory by the hash of their keys, so of equal ones only the first is taken. What a file
 *        repeats is passed over when runs are merged: the first of equal rows comes out first (O1).
 */
#include "sql/exec_sorter.h"

#include <stdlib.h>

#include "base/hash.h"
#include "row/collation.h"

#define PIECE_ROWS    4096
#define FILE_RUNS_MAX 64 /* readers have a block each: 4 MiB */
#define KEEP_FEW_MAX  8192
#define ROWS_FIRST    256
#define SEEN_FIRST    256

struct sorter_row {
    uint64_t prefix; /* (O5) */
    struct packed_row *row;
};

/* (O6) An open-addressed table; in the arena of the rows, and dies with them. */
struct sorter_seen {
    uint64_t *hashes;
    struct packed_row **rows; /* NULL: free */
    uint64_t capacity, count;
};

/* (O5) Kinds of first keys whose prefixes rise together. */
enum prefix_use { PREFIX_OPEN, PREFIX_TEXTS, PREFIX_INTEGERS, PREFIX_NONE };

/* Sorted rows. */
struct run {
    struct packed_row *head; /* next one; NULL: none is left */
    uint64_t at, end;        /* in memory: places in sorter.rows */
    struct spill *spill;     /* or the file */
    struct spill_reader reader;
};

struct run_list {
    struct run *items;
    uint32_t count, capacity;
};

struct sorter {
    struct execution *execution;
    struct sorter_spec spec;
    struct arena *arena, *other, *read_arena; /* rows; see forget_worse; blocks of readers */
    struct sorter_row *rows;
    enum prefix_use prefix_use;
    struct sorter_seen seen;
    struct arena *given_arena;
    uint64_t count, capacity, piece_start; /* rows[piece_start ..) are not sorted yet */
    uint64_t added, given;
    struct packed_row *last_kept; /* (O4) */
    struct run_list memory_runs, file_runs;
    struct run **heap;
    uint32_t heap_count;
    struct value *values; /* of a row that is added, keys as they are compared */
    struct buffer key_bytes;
    bool keeps_few; /* (O4) */
    bool is_finished;
};

struct sorter *sorter_open(struct execution *execution, const struct sorter_spec *spec) {
    struct sorter *sorter = arena_new(execution->arena, struct sorter);
    sorter->execution = execution;
    sorter->spec = *spec;
    sorter->arena = exec_arena_open(execution);
    sorter->values = arena_array(execution->arena, struct value, spec->value_count + 1);
    sorter->key_bytes = buffer_of(execution->arena);
    sorter->keeps_few = spec->keep <= KEEP_FEW_MAX;
    return sorter;
}

static void file_runs_close(struct sorter *sorter) {
    for (uint32_t i = 0; i < sorter->file_runs.count; i++) {
        spill_close(sorter->execution, sorter->file_runs.items[i].spill);
    }
    sorter->file_runs.count = 0;
}

void sorter_reset(struct sorter *sorter, uint64_t keep) {
    file_runs_close(sorter);
    arena_reset(sorter->arena);
    if (sorter->other != NULL) arena_reset(sorter->other);
    if (sorter->read_arena != NULL) arena_reset(sorter->read_arena);
    sorter->seen = (struct sorter_seen){0};
    sorter->prefix_use = PREFIX_OPEN;
    sorter->spec.keep = keep;
    sorter->keeps_few = keep <= KEEP_FEW_MAX;
    sorter->count = sorter->piece_start = sorter->added = sorter->given = 0;
    sorter->memory_runs.count = sorter->heap_count = 0;
    sorter->last_kept = NULL;
    sorter->is_finished = false;
}

/* ---- comparing ---- */

static int keys_compare(const struct sorter *sorter, const struct value *a, const struct value *b) {
    for (uint32_t i = 0; i < sorter->spec.key_count; i++) {
        int order = value_compare_total(&a[i], &b[i], COLLATION_BINARY); /* (O3) */
        if (order != 0) return sorter->spec.keys[i].is_descending ? -order : order;
    }
    return 0;
}

static int rows_compare(const struct sorter *sorter, const struct packed_row *a,
                        const struct packed_row *b) {
    int order = keys_compare(sorter, a->values, b->values);
    return order != 0 ? order : (a->tag > b->tag) - (a->tag < b->tag); /* (O1) */
}

/* qsort_r's shape. */
static int places_compare(const void *a, const void *b, void *context) {
    const struct sorter_row *left = a, *right = b;
    if (left->prefix != right->prefix) return left->prefix < right->prefix ? -1 : 1; /* (O5) */
    return rows_compare(context, left->row, right->row);
}

/* ---- prefixes (O5) ---- */

static uint64_t prefix_of_text(const struct value *key) {
    uint8_t bytes[8] = {0};
    if (key->size >= 8) return load_be64(key->bytes);
    if (key->size > 0) memcpy(bytes, key->bytes, key->size);
    return load_be64(bytes);
}

/* Signed and unsigned on one line, which is 65 bits long: without the last bit. */
static uint64_t prefix_of_integer(const struct value *key) {
    const uint64_t half = UINT64_C(1) << 63;
    if (key->kind == VALUE_INT && key->i < 0) return (key->u ^ half) >> 1;
    return (half >> 1) + (key->u >> 1);
}

static enum prefix_use prefix_use_of(const struct value *key) {
    if (key->kind == VALUE_STRING) return PREFIX_TEXTS;
    return key->kind == VALUE_INT || key->kind == VALUE_UINT ? PREFIX_INTEGERS : PREFIX_NONE;
}

/* Of the keys in sorter->values. NULL is below everything. */
static uint64_t prefix_make(struct sorter *sorter) {
    const struct value *key = &sorter->values[0];
    if (sorter->spec.key_count == 0 || sorter->prefix_use == PREFIX_NONE) return 0;
    uint64_t prefix = 0;
    if (key->kind != VALUE_NULL) {
        enum prefix_use use = prefix_use_of(key);
        if (sorter->prefix_use == PREFIX_OPEN) sorter->prefix_use = use;
        if (sorter->prefix_use != use) { /* they do not rise together: none is of use */
            for (uint64_t i = 0; i < sorter->count; i++) sorter->rows[i].prefix = 0;
            sorter->prefix_use = PREFIX_NONE;
        }
        if (sorter->prefix_use == PREFIX_NONE) return 0;
        prefix = use == PREFIX_TEXTS ? prefix_of_text(key) : prefix_of_integer(key);
    }
    return sorter->spec.keys[0].is_descending ? ~prefix : prefix;
}

/* ---- rows that are there (O6) ---- */

static uint64_t keys_hash(const struct sorter *sorter, const struct value *keys) {
    uint64_t hash = 0;
    for (uint32_t i = 0; i < sorter->spec.key_count; i++) {
        bool is_bytes = keys[i].kind == VALUE_STRING; /* (O3) */
        hash = is_bytes ? hash_bytes_seeded(slice_of(keys[i].bytes, keys[i].size), hash)
                        : value_hash(&keys[i], hash);
    }
    return hash;
}

/* The place of the row with these keys, or the free one for it. */
static uint64_t seen_find(const struct sorter *sorter, uint64_t hash, const struct value *keys) {
    const struct sorter_seen *seen = &sorter->seen;
    uint64_t at = hash & (seen->capacity - 1);
    while (seen->rows[at] != NULL) {
        bool is_it =
            seen->hashes[at] == hash && keys_compare(sorter, seen->rows[at]->values, keys) == 0;
        if (is_it) break;
        at = (at + 1) & (seen->capacity - 1);
    }
    return at;
}

static void seen_put(struct sorter *sorter, uint64_t hash, struct packed_row *row) {
    struct sorter_seen *seen = &sorter->seen;
    uint64_t at = seen_find(sorter, hash, row->values);
    CHECK(seen->rows[at] == NULL);
    seen->hashes[at] = hash;
    seen->rows[at] = row;
    seen->count++;
}

/* Room for one more row, at most half full. */
static void seen_reserve(struct sorter *sorter) {
    struct sorter_seen old = sorter->seen;
    if (old.count * 2 < old.capacity) return;
    uint64_t capacity = MAX((uint64_t)SEEN_FIRST, old.capacity * 2);
    sorter->seen = (struct sorter_seen){
        .hashes = arena_array(sorter->arena, uint64_t, capacity),
        .rows = arena_array(sorter->arena, struct packed_row *, capacity),
        .capacity = capacity,
    };
    for (uint64_t i = 0; i < old.capacity; i++) {
        if (old.rows[i] != NULL) seen_put(sorter, old.hashes[i], old.rows[i]);
    }
}

/* After the kept rows moved. */
static void seen_remake(struct sorter *sorter) {
    sorter->seen = (struct sorter_seen){0};
    for (uint64_t i = 0; i < sorter->count; i++) {
        struct packed_row *row = sorter->rows[i].row;
        seen_reserve(sorter);
        seen_put(sorter, keys_hash(sorter, row->values), row);
    }
}

/* ---- runs ---- */

static struct run *run_add(struct sorter *sorter, struct run_list *list) {
    if (list->count == list->capacity) {
        uint32_t capacity = MAX(16u, list->capacity * 2);
        struct run *items = arena_array(sorter->execution->arena, struct run, capacity);
        if (list->count > 0) memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    struct run *run = &list->items[list->count++];
    *run = (struct run){0};
    return run;
}

/* (O2) */
static void piece_sort(struct sorter *sorter) {
    uint64_t count = sorter->count - sorter->piece_start;
    if (count == 0) return;
    qsort_r(sorter->rows + sorter->piece_start, count, sizeof *sorter->rows, places_compare,
            sorter);
    struct run *run = run_add(sorter, &sorter->memory_runs);
    run->at = sorter->piece_start;
    run->end = sorter->count;
    sorter->piece_start = sorter->count;
}

static enum status run_step(struct sorter *sorter, struct run *run) {
    run->head = NULL;
    if (run->spill == NULL) {
        if (run->at < run->end) run->head = sorter->rows[run->at++].row;
        return STATUS_OK;
    }
    enum status status = spill_read(sorter->execution, &run->reader, &run->head);
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- the heap ---- */

static void heap_sink(struct sorter *sorter, uint32_t at) {
    struct run **heap = sorter->heap;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= sorter->heap_count) return;
        bool is_right = child + 1 < sorter->heap_count &&
                        rows_compare(sorter, heap[child + 1]->head, heap[child]->head) < 0;
        if (is_right) child++;
        if (rows_compare(sorter, heap[at]->head, heap[child]->head) <= 0) return;
        struct run *moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
        at = child;
    }
}

static enum status heap_add(struct sorter *sorter, struct run_list *list) {
    for (uint32_t i = 0; i < list->count; i++) {
        struct run *run = &list->items[i];
        if (run->spill != NULL) spill_reader_open(&run->reader, run->spill, sorter->read_arena);
        enum status status = run_step(sorter, run);
        if (status != STATUS_OK) return status;
        if (run->head != NULL) sorter->heap[sorter->heap_count++] = run;
    }
    return STATUS_OK;
}

static enum status heap_make(struct sorter *sorter, struct run_list *memory,
                             struct run_list *files) {
    uint32_t count = (memory == NULL ? 0 : memory->count) + (files == NULL ? 0 : files->count);
    sorter->heap = arena_array(sorter->execution->arena, struct run *, count + 1);
    sorter->heap_count = 0;
    if (files != NULL && files->count > 0) {
        if (sorter->read_arena == NULL) sorter->read_arena = exec_arena_open(sorter->execution);
        arena_reset(sorter->read_arena);
    }
    enum status status = memory == NULL ? STATUS_OK : heap_add(sorter, memory);
    if (status == STATUS_OK && files != NULL) status = heap_add(sorter, files);
    for (uint32_t i = sorter->heap_count / 2; i > 0; i--) heap_sink(sorter, i - 1);
    return status;
}

static enum status heap_advance(struct sorter *sorter) {
    struct run *top = sorter->heap[0];
    enum status status = run_step(sorter, top);
    if (status != STATUS_OK) return status;
    if (top->head == NULL) sorter->heap[0] = sorter->heap[--sorter->heap_count];
    heap_sink(sorter, 0);
    return STATUS_OK;
}

/* The least row has been dealt with, and with it those in other runs that repeat it (O6). */
static enum status heap_step(struct sorter *sorter) {
    bool may_repeat = sorter->spec.repeats == SORTER_FIRST && sorter->file_runs.count > 0;
    if (!may_repeat) return heap_advance(sorter);
    if (sorter->given_arena == NULL) sorter->given_arena = exec_arena_open(sorter->execution);
    arena_reset(sorter->given_arena);
    const struct packed_row *given = row_pack_copy(sorter->given_arena, sorter->heap[0]->head);
    enum status status;
    do {
        status = heap_advance(sorter);
    } while (status == STATUS_OK && sorter->heap_count > 0 &&
             keys_compare(sorter, sorter->heap[0]->head->values, given->values) == 0);
    return status;
}

/* ---- files ---- */

/* What the heap gives, as a new file. */
static enum status heap_write(struct sorter *sorter, struct spill **out) {
    struct execution *execution = sorter->execution;
    struct arena *arena = exec_arena_open(execution);
    enum status status = spill_open(execution, arena, out);
    uint64_t wanted = sorter->spec.keep;
    while (status == STATUS_OK && sorter->heap_count > 0 && wanted-- > 0) {
        status = spill_add(execution, *out, sorter->heap[0]->head);
        if (status == STATUS_OK) status = heap_step(sorter);
        if (status == STATUS_OK) status = exec_pause(execution);
    }
    if (status == STATUS_OK) status = spill_flush(execution, *out);
    arena_close(arena);
    return status;
}

static enum status files_merge(struct sorter *sorter) {
    struct spill *spill;
    enum status status = heap_make(sorter, NULL, &sorter->file_runs);
    if (status == STATUS_OK) status = heap_write(sorter, &spill);
    if (status != STATUS_OK) return status;
    file_runs_close(sorter);
    run_add(sorter, &sorter->file_runs)->spill = spill;
    return STATUS_OK;
}

static enum status memory_write(struct sorter *sorter) {
    piece_sort(sorter);
    struct spill *spill;
    enum status status = heap_make(sorter, &sorter->memory_runs, NULL);
    if (status == STATUS_OK) status = heap_write(sorter, &spill);
    if (status != STATUS_OK) return status;
    run_add(sorter, &sorter->file_runs)->spill = spill;
    sorter->memory_runs.count = 0;
    sorter->count = sorter->piece_start = 0;
    sorter->seen = (struct sorter_seen){0};
    arena_reset(sorter->arena);
    return sorter->file_runs.count < FILE_RUNS_MAX ? STATUS_OK : files_merge(sorter);
}

/* ---- few rows ---- */

/* (O4) Kept rows move to another arena, so that memory stays in proportion to what is wanted. */
static void forget_worse(struct sorter *sorter) {
    if (sorter->other == NULL) sorter->other = exec_arena_open(sorter->execution);
    qsort_r(sorter->rows, sorter->count, sizeof *sorter->rows, places_compare, sorter);
    sorter->count = MIN(sorter->count, sorter->spec.keep);
    for (uint64_t i = 0; i < sorter->count; i++) {
        sorter->rows[i].row = row_pack_copy(sorter->other, sorter->rows[i].row);
    }
    arena_reset(sorter->arena);
    struct arena *emptied = sorter->arena;
    sorter->arena = sorter->other;
    sorter->other = emptied;
    sorter->last_kept = sorter->count > 0 ? sorter->rows[sorter->count - 1].row : NULL;
    if (sorter->spec.repeats == SORTER_FIRST) seen_remake(sorter);
}

/* Is the row whose keys are in sorter->values behind all that are wanted? It is later than they (O1). */
static bool is_too_late(const struct sorter *sorter) {
    if (sorter->spec.keep == 0) return true;
    if (sorter->last_kept == NULL) return false;
    for (uint32_t i = 0; i < sorter->spec.key_count; i++) {
        int order = value_compare_total(&sorter->values[i], &sorter->last_kept->values[i],
                                        COLLATION_BINARY);
        if (order != 0) return sorter->spec.keys[i].is_descending ? order < 0 : order > 0;
    }
    return true;
}

/* ---- adding ---- */

/* (O3) */
static void keys_prepare(struct sorter *sorter, const struct value *values) {
    struct buffer *bytes = &sorter->key_bytes;
    bytes->size = 0;
    size_t need = 0;
    memcpy(sorter->values, values, sorter->spec.value_count * sizeof *values);
    for (uint32_t i = 0; i < sorter->spec.key_count; i++) {
        uint16_t collation = sorter->spec.keys[i].collation;
        if (values[i].kind != VALUE_STRING || collation == COLLATION_BINARY) continue;
        size_t from = bytes->size;
        collation_sort_key(collation, value_slice(&values[i]), bytes);
        need = bytes->size - from;
        sorter->values[i].size = (uint32_t)need; /* the place is set below: the buffer may move */
        sorter->values[i].u = from;
    }
    for (uint32_t i = 0; i < sorter->spec.key_count; i++) {
        bool is_text =
            values[i].kind == VALUE_STRING && sorter->spec.keys[i].collation != COLLATION_BINARY;
        if (is_text) sorter->values[i].bytes = bytes->data + sorter->values[i].u;
    }
}

static void rows_grow(struct sorter *sorter) {
    uint64_t capacity = MAX((uint64_t)ROWS_FIRST, sorter->capacity * 2);
    struct sorter_row *rows = arena_array(sorter->execution->arena, struct sorter_row, capacity);
    if (sorter->count > 0) memcpy(rows, sorter->rows, sorter->count * sizeof *rows);
    sorter->rows = rows;
    sorter->capacity = capacity;
}

/* What follows from one row more in memory. */
static enum status rows_settle(struct sorter *sorter) {
    bool is_full = exec_is_full(sorter->execution, sorter->arena);
    if (is_full && sorter->keeps_few) { /* a few, but large ones */
        sorter->keeps_few = false;
        sorter->last_kept = NULL;
    }
    if (is_full) return memory_write(sorter);
    uint64_t unsorted = sorter->count - sorter->piece_start;
    if (sorter->keeps_few) {
        if (unsorted >= 2 * sorter->spec.keep + 1024) forget_worse(sorter);
    } else if (unsorted == PIECE_ROWS) {
        piece_sort(sorter);
    }
    return STATUS_OK;
}

enum status sorter_add(struct sorter *sorter, const struct value *values) {
    CHECK(!sorter->is_finished);
    uint64_t tag = sorter->added++, hash = 0;
    keys_prepare(sorter, values);
    if (is_too_late(sorter)) return STATUS_OK;
    bool is_first_only = sorter->spec.repeats == SORTER_FIRST;
    if (is_first_only) {
        hash = keys_hash(sorter, sorter->values);
        seen_reserve(sorter);
        if (sorter->seen.rows[seen_find(sorter, hash, sorter->values)] != NULL) return STATUS_OK;
    }
    if (sorter->count == sorter->capacity) rows_grow(sorter);
    uint64_t prefix = prefix_make(sorter);
    struct packed_row *row = row_pack(sorter->arena, sorter->values, sorter->spec.value_count, tag);
    sorter->rows[sorter->count++] = (struct sorter_row){prefix, row};
    if (is_first_only) seen_put(sorter, hash, row);
    return rows_settle(sorter);
}

/* ---- giving ---- */

enum status sorter_finish(struct sorter *sorter) {
    CHECK(!sorter->is_finished);
    sorter->is_finished = true;
    piece_sort(sorter);
    return heap_make(sorter, &sorter->memory_runs, &sorter->file_runs);
}

enum status sorter_next(struct sorter *sorter, const struct value **values_out) {
    CHECK(sorter->is_finished);
    if (sorter->given == sorter->spec.keep) return STATUS_END;
    if (sorter->given > 0 && sorter->heap_count > 0) {
        enum status status = heap_step(sorter); /* the row before it lived until now */
        if (status != STATUS_OK) return status;
    }
    if (sorter->heap_count == 0) return STATUS_END;
    sorter->given++;
    *values_out = sorter->heap[0]->head->values;
    return STATUS_OK;
}
