/* storage/log_tail.h: the newest records of a shard's log, in memory.
 *
 * What is not applied yet must be here (it may be cut or applied), what a peer lacks may be.
 *   (LT1) Records first .. last without gaps, as bytes of storage/record.h; chunks hold whole records.
 *   (LT2) Slices of records are good until the tail is trimmed or cut past them.
 */
#ifndef STORAGE_LOG_TAIL_H
#define STORAGE_LOG_TAIL_H

#include "base/arena.h"

#define LOG_TAIL_CHUNK_BYTES  ((size_t)64 << 10)
#define LOG_TAIL_CURSOR_COUNT 6 /* redo, applying, three peers, and one that asks here and there */

struct log_tail_chunk;

/* A record that was asked for. */
struct log_tail_cursor {
    struct log_tail_chunk *chunk; /* NULL: of none */
    uint64_t position;
    size_t offset;
    uint64_t used_at; /* look_up_count then */
};

struct log_tail {
    struct chunk_source *source;
    struct log_tail_chunk *oldest, *newest;
    uint64_t first, last; /* positions; first == last + 1: empty */
    size_t bytes, chunk_bytes;
    struct log_tail_cursor cursors[LOG_TAIL_CURSOR_COUNT];
    uint64_t look_up_count;
};

/* Empty; the first record is 1. chunk_bytes: of a chunk with all that it holds, the unit of trimming. */
void log_tail_open(struct log_tail *tail, struct chunk_source *source, size_t chunk_bytes);
/* Empties it; the next record is `last` + 1. */
void log_tail_reset(struct log_tail *tail, uint64_t last);
void log_tail_append(struct log_tail *tail, struct slice record);
/* Forgets the records above `position`. */
void log_tail_cut(struct log_tail *tail, uint64_t position);
/* May forget records up to `position`, whole chunks, while more than `bytes_kept` stay. */
void log_tail_trim(struct log_tail *tail, uint64_t position, size_t bytes_kept);

/* The record at a position that is there. */
struct slice log_tail_record(struct log_tail *tail, uint64_t position);
/* Records from `from` on, at least one and at most about bytes_max, copied into the arena one behind the other. */
struct slice log_tail_copy(struct log_tail *tail, uint64_t from, size_t bytes_max,
                           struct arena *arena, uint32_t *count_out);

#endif
