/* sql/exec_spill.h: rows in one piece of memory each, and temporary files of them.
 *
 *   (T1) An operator keeps up to exec_context.keep_bytes in memory; then it writes rows to temporary files, if the session has
 *        any. The memory of the execution's own arenas is what counts.
 *   (T2) Files die with the execution (exec_abandon), or before, by spill_close.
 */
#ifndef SQL_EXEC_SPILL_H
#define SQL_EXEC_SPILL_H

#include "sql/exec_private.h"

/* ---- packed rows ---- */

/* Header, values, then the bytes of strings and large decimals in the order of the values, each from a multiple of 16. */
struct packed_row {
    uint32_t size; /* of all; a multiple of 16 */
    uint32_t value_count;
    uint64_t tag; /* the owner's: input number, hash */
    struct value values[];
};
static_assert(sizeof(struct packed_row) == 16, "values are aligned in blocks of rows");

struct packed_row *row_pack(struct arena *arena, const struct value *values, uint32_t count,
                            uint64_t tag);
struct packed_row *row_pack_copy(struct arena *arena, const struct packed_row *row);

/* ---- files ---- */

struct spill {
    struct spill_file *file; /* NULL: closed */
    struct spill *next;      /* of the execution */
    uint64_t size;           /* bytes in the file */
    uint64_t row_count;
    uint8_t *block; /* not written yet */
    size_t used;
};

/* Is the arena beyond what an operator may keep, and is there somewhere to put it? (T1) */
bool exec_is_full(const struct execution *execution, const struct arena *arena);
/* The block lives in `arena` and is not needed after spill_flush. */
MUST_USE enum status spill_open(struct execution *execution, struct arena *arena,
                                struct spill **out);
MUST_USE enum status spill_add(struct execution *execution, struct spill *spill,
                               const struct packed_row *row);
/* Everything is in the file: it may be read. */
MUST_USE enum status spill_flush(struct execution *execution, struct spill *spill);
void spill_close(struct execution *execution, struct spill *spill);

struct spill_reader {
    struct spill *spill;
    struct arena *arena;
    uint64_t at, end; /* of the file; not loaded yet */
    uint8_t *block;
    size_t capacity, from, to; /* of the block */
};
/* All rows of the file. The block lives in the arena. */
void spill_reader_open(struct spill_reader *reader, struct spill *spill, struct arena *arena);
/* END behind the last one. The row lives until the next call. */
MUST_USE enum status spill_read(struct execution *execution, struct spill_reader *reader,
                                struct packed_row **row_out);

/* ---- rows of which some are in files, by the hash of a key ---- */

#define PARTITION_COUNT     16
#define PARTITION_LEVEL_MAX 6 /* beyond it everything is kept: 16^6 parts are enough */

/* A file whose rows are still to be dealt with. */
struct partition {
    struct spill *spill;
    uint32_t level;
    struct partition *next;
};
/* What does not fit into memory, split by hash, part by part; parts that do not fit are split again. */
struct partitions {
    struct arena *write_arena, *read_arena; /* blocks of the files; reset for each part */
    struct spill *open[PARTITION_COUNT];    /* of the part at hand */
    struct partition *waiting;
    struct partition *free;
    struct spill_reader reader;
    struct spill *reading; /* or NULL: rows come from the operator's input */
    uint32_t level;        /* of what is read */
};
/* Zeroed memory is one. */
/* May rows of what is read now go to files? */
bool partitions_may_add(const struct partitions *parts);
MUST_USE enum status partitions_add(struct partitions *parts, struct execution *execution,
                                    const struct packed_row *row);
/* What was read is at its end: begins with the next part. END: there is none. */
MUST_USE enum status partitions_next(struct partitions *parts, struct execution *execution);
MUST_USE static inline enum status partitions_read(struct partitions *parts,
                                                   struct execution *execution,
                                                   struct packed_row **row_out) {
    return spill_read(execution, &parts->reader, row_out);
}
/* Forgets all. */
void partitions_reset(struct partitions *parts, struct execution *execution);

#endif
