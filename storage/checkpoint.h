/* storage/checkpoint.h: the state of a store's shards as items, in a file (D4) or on the way to a
 * learner (COPY).
 *
 * A checkpoint is fuzzy: it takes each row as it is when its scan comes by, with its position; the
 * log from start_lsn on brings all to the same moment. It holds confirmed rows only (R3). See
 * NOTES: Checkpoint and recovery. item: | u8 kind | varint size of the body | body | Items of a
 * shard stand between its ITEM_SHARD and its ITEM_SHARD_END; TABLE comes before the table's rows,
 * and TERM items in rising order. In COPY.items there are no HEAD, FLOOR and TAIL; SHARD is in the first
 * part, SHARD_END in the last.
 */
#ifndef STORAGE_CHECKPOINT_H
#define STORAGE_CHECKPOINT_H

#include "storage/redo.h"

/* HEAD, TAIL: written by checkpoint.c, first and last in a file. Replay begins at start_lsn and
 * must reach end_lsn. */
#define ITEM_HEAD_FIELDS(F)                                                                        \
    F(u8, format) F(u16, store) F(u16, store_count) F(u64, number) F(u64, start_lsn)
#define ITEM_TAIL_FIELDS(F) F(u64, end_lsn) F(u32, block_count)
/* FLOOR: written by checkpoint.c for every shard: its own part of the replay begins with the batch at
 * or behind `lsn`. reset_number, reset_follows: the last RESET note when the checkpoint began, and what
 * its batch follows (0: none); what that batch holds of the shard up to the note is not replayed. term,
 * position: of shard 0 alone, which has no SHARD: its last record. */
#define ITEM_FLOOR_FIELDS(F)                                                                       \
    F(u16, shard)                                                                                  \
    F(u64, lsn) F(u64, reset_number) F(u64, reset_follows) F(u32, term) F(u64, position)
/* SHARD: term and position: of the last record applied when the scan of the shard began. decided:
 * L. history: H (V1). */
#define ITEM_SHARD_FIELDS(F)                                                                       \
    F(u16, shard) F(u32, term) F(u64, position) F(u64, decided) F(u64, history) F(u8, durability)
/* SHARD_END: position: of the last record applied when the scan ended; no item is newer. */
#define ITEM_SHARD_END_FIELDS(F) F(u16, shard) F(u64, position)
/* TABLE: definition: row/table.h. */
#define ITEM_TABLE_FIELDS(F) F(u32, table_id) F(u32, version) F(bytes, definition)
/* ROW: the newest confirmed version, written by the record (term, position). Applied where newer
 * (D4). */
#define ITEM_ROW_FIELDS(F)                                                                         \
    F(u32, table_id) F(u32, term) F(u64, position) F(u64, timestamp) F(bytes, key) F(bytes, row)
/* PREPARED: an open prepared transaction: its whole PREPARE record. */
#define ITEM_PREPARED_FIELDS(F) F(bytes, record)
/* OUTCOME: one that X5 still keeps; timestamp 0: aborted, or a tombstone. position: of its record.
 */
#define ITEM_OUTCOME_FIELDS(F)                                                                     \
    F(u32, incarnation) F(u64, txn_number) F(u64, timestamp) F(u64, position)
#define ITEM_MARK_FIELDS(F)  F(u32, incarnation) F(u64, mark) F(bytes, exceptions)
#define ITEM_ENDED_FIELDS(F) F(u32, incarnation) F(u8, is_forgotten)
/* TERM: an entry of the term history: first_position is the TERM record's. */
#define ITEM_TERM_FIELDS(F)     F(u32, term) F(u64, first_position)
#define ITEM_COUNTER_FIELDS(F)  F(u64, reserved_below) F(u64, fence_count)
#define ITEM_SEQUENCE_FIELDS(F) F(u32, table_id) F(u64, next_value)
/* REVISION: as the record of that name; of shard 0, so outside of SHARD and SHARD_END. */
#define ITEM_REVISION_FIELDS(F) F(u64, revision) F(bytes, configuration)

/* (number, NAME, member of struct item, FIELDS). Numbers are for ever. */
#define ITEM_LIST(I)                                                                               \
    I(1, HEAD, head, ITEM_HEAD_FIELDS)                                                             \
    I(2, TAIL, tail, ITEM_TAIL_FIELDS)                                                             \
    I(3, SHARD, shard, ITEM_SHARD_FIELDS)                                                          \
    I(4, SHARD_END, shard_end, ITEM_SHARD_END_FIELDS)                                              \
    I(5, TABLE, table, ITEM_TABLE_FIELDS)                                                          \
    I(6, ROW, row, ITEM_ROW_FIELDS)                                                                \
    I(7, PREPARED, prepared, ITEM_PREPARED_FIELDS)                                                 \
    I(8, OUTCOME, outcome, ITEM_OUTCOME_FIELDS)                                                    \
    I(9, MARK, mark, ITEM_MARK_FIELDS)                                                             \
    I(10, ENDED, ended, ITEM_ENDED_FIELDS)                                                         \
    I(11, TERM, term, ITEM_TERM_FIELDS)                                                            \
    I(12, COUNTER, counter, ITEM_COUNTER_FIELDS)                                                   \
    I(13, SEQUENCE, sequence, ITEM_SEQUENCE_FIELDS)                                                \
    I(14, REVISION, revision, ITEM_REVISION_FIELDS)                                                \
    I(15, FLOOR, floor, ITEM_FLOOR_FIELDS)

#define ITEM_ENUM(number, NAME, name, FIELDS) ITEM_##NAME = (number),
enum item_kind { ITEM_LIST(ITEM_ENUM) };
#undef ITEM_ENUM
MESSAGE_STRUCT(item_head, ITEM_HEAD_FIELDS)
MESSAGE_STRUCT(item_tail, ITEM_TAIL_FIELDS)
MESSAGE_STRUCT(item_shard, ITEM_SHARD_FIELDS)
MESSAGE_STRUCT(item_shard_end, ITEM_SHARD_END_FIELDS)
MESSAGE_STRUCT(item_table, ITEM_TABLE_FIELDS)
MESSAGE_STRUCT(item_row, ITEM_ROW_FIELDS)
MESSAGE_STRUCT(item_prepared, ITEM_PREPARED_FIELDS)
MESSAGE_STRUCT(item_outcome, ITEM_OUTCOME_FIELDS)
MESSAGE_STRUCT(item_mark, ITEM_MARK_FIELDS)
MESSAGE_STRUCT(item_ended, ITEM_ENDED_FIELDS)
MESSAGE_STRUCT(item_term, ITEM_TERM_FIELDS)
MESSAGE_STRUCT(item_counter, ITEM_COUNTER_FIELDS)
MESSAGE_STRUCT(item_sequence, ITEM_SEQUENCE_FIELDS)
MESSAGE_STRUCT(item_revision, ITEM_REVISION_FIELDS)
MESSAGE_STRUCT(item_floor, ITEM_FLOOR_FIELDS)

#define ITEM_UNION(number, NAME, name, FIELDS) struct item_##name name;
struct item {
    uint8_t kind; /* enum item_kind */
    union {
        ITEM_LIST(ITEM_UNION)
    };
};
#undef ITEM_UNION

void item_append(struct buffer *items, const struct item *item);
/* Takes the first item off `items`: OK, END when there is none left, CORRUPT (foreign bytes).
 * Slices borrow. */
MUST_USE enum status item_next(struct slice *items, struct item *item_out);

/* ---- making a checkpoint ---- */

#define CHECKPOINT_BLOCK_BYTES (64 * KIB) /* of items, before compression */
#define CHECKPOINT_BLOCKS_MAX  2          /* being written at the same time */
#define CHECKPOINT_PAUSE_US    1000       /* between two blocks, unless the log grows too fast */
#define CHECKPOINT_LOG_BYTES_MIN                                                                   \
    (64 * MIB) /* of log since the last one began; one segment if that is smaller */

/* What to put in. The scan that `next` goes on with was begun by whoever calls checkpoint_begin. */
struct checkpoint_source {
    void *context;
    /* Appends whole items: stops once `items` holds `bytes` or STEP_ROWS_MAX rows were looked at.
     * OK: more will come (it may have appended nothing); END: these were the last. */
    enum status (*next)(void *context, struct buffer *items, size_t bytes);
};

struct checkpoint;

struct checkpoint_options {
    uint16_t store, store_count;
    struct redo *redo;           /* outlives the checkpoint machine */
    struct chunk_source *source; /* blocks */
    uint32_t block_bytes;        /* 0: CHECKPOINT_BLOCK_BYTES */
    uint64_t log_bytes_min;      /* 0: CHECKPOINT_LOG_BYTES_MIN */
};
/* Numbers and sizes of what is on disk come from recovery. */
struct checkpoint *checkpoint_open(struct arena *arena, const struct checkpoint_options *options);
void checkpoint_close(struct checkpoint *checkpoint);

/* Whether the log has grown enough since the last one began, and none is under way. */
bool checkpoint_is_due(const struct checkpoint *checkpoint);
bool checkpoint_is_running(const struct checkpoint *checkpoint);
/* Begins now, due or not; CHECKs that none is running. `source` is copied. At its end the log is
 * synced, the file published, the log trimmed to the start of the checkpoint before it, older
 * checkpoints removed. */
void checkpoint_begin(struct checkpoint *checkpoint, const struct checkpoint_source *source,
                      uint64_t now_us, struct effects *out);
/* Gives up one that is running: after redo_reset, or when the shard set changes. What is written of
 * it is removed. */
void checkpoint_abandon(struct checkpoint *checkpoint, struct effects *out);
/* EVENT_DISK_DONE with a tag of DISK_TAG_CHECKPOINT, and every EVENT_DEADLINE; one block a step at
 * most. */
void checkpoint_step(struct checkpoint *checkpoint, const struct event *event, struct effects *out);
/* When checkpoint_step wants to be called at the latest, UINT64_MAX: not at all. */
uint64_t checkpoint_deadline_us(const struct checkpoint *checkpoint);
/* How many were published since open: rises by one when checkpoint_step has seen one become
 * durable. */
uint64_t checkpoint_published_count(const struct checkpoint *checkpoint);
void checkpoint_describe(const struct checkpoint *checkpoint, struct buffer *json);

#endif
