/* storage/fragment.h: the rows of one table in one shard, with their hash index and ordered
 * indexes.
 *
 * The shard's state machine decides (locks, timestamps, log); what is here stores and finds.
 * Nothing waits, nothing is sent. All calls belong to one thread; memory is that of the store
 * (storage/memory.h).
 *
 *   write:    lock_acquire -> fragment_write (pending version) ... writer_prepare -> append,
 * confirmed -> writer_decide_commit -> fragment_commit until done -> lock_release_all ->
 * writer_close undo:     fragment_undo(statement) | writer_decide_abort -> fragment_undo(0) until
 * done -> as above replica, recovery, checkpoint load, learner:  fragment_apply garbage:
 * fragment_collect, some work each step
 *
 *   (F1) An index entry exists for every (index, key) that some version of a row carries, pending
 *        ones included, and for no other; so an index scan finds what a table scan finds, at
 *        every readable snapshot (V2). An entry may lead to a row whose visible version carries
 *        another key: scans skip it.
 *   (F2) A row has at most one place in the garbage queue, so a queued row handle is never stale.
 *   (F3) Slices of rows and keys are borrowed: see (V3) of storage/version.h.
 *   (F4) Trees are read by key from step to step; no position is kept.
 */
#ifndef STORAGE_FRAGMENT_H
#define STORAGE_FRAGMENT_H

#include "row/key.h"
#include "storage/version.h"
#include "wire/request.h" /* enum write_kind, enum range_flags */

struct fragment;
struct fragments;

/* ---- the fragments of one shard ---- */

struct fragments_options {
    struct memory *memory;       /* of the store; outlives the shard's fragments */
    struct arena *arena;         /* tables of fixed size live here, as long as the shard */
    uint32_t writer_count;       /* transactions at a time */
    uint32_t fragment_count_max; /* tables at a time, hidden ones included */
};
struct fragments *fragments_open(const struct fragments_options *options);
/* Gives all memory back at once: a crash, or a shard that leaves the node. */
void fragments_close(struct fragments *fragments);
/* The shard's table of writers. */
struct writers *fragments_writers(struct fragments *fragments);
/* At the end of each step: what was retired in it is free from now on. */
void fragments_step_end(struct fragments *fragments);
/* By table id, NULL when there is none. */
struct fragment *fragments_find(const struct fragments *fragments, uint32_t table_id);
/* In rising table id, from the first whose id is >= table_id; NULL at the end. */
struct fragment *fragments_next(const struct fragments *fragments, uint32_t table_id);
/* Bytes of superseded versions that wait for fragment_collect. */
uint64_t fragments_garbage_bytes(const struct fragments *fragments);

/* ---- schema ---- */

/* Layouts computed once from a definition; only read afterwards, and shared by all that work with
 * the table. */
struct fragment_schema {
    const struct table_definition *definition;
    const struct row_layout *row;
    const struct key_layout *primary;        /* the primary key alone */
    const struct key_layout *const *parts;   /* by ordinal in definition->indexes: its key parts */
    const struct key_layout *const *entries; /* the same with the primary key behind it */
};
/* In `arena`, which outlives all use; `definition` is borrowed for as long. */
struct fragment_schema *fragment_schema_make(const struct table_definition *definition,
                                             struct arena *arena);

/* An empty fragment of that table. BUSY: fragment_count_max are open; FULL; DUPLICATE: the table
 * has one. */
MUST_USE enum status fragment_open(struct fragments *fragments,
                                   const struct fragment_schema *schema,
                                   struct fragment **fragment_out);
/* Frees up to `budget` rows; true when the fragment is gone (also from fragments_find). No
 * transaction uses it, and no writer has an entry for it. */
MUST_USE bool fragment_drop(struct fragment *fragment, uint32_t budget);
/* From now on by this definition: indexes are matched by index id, new ones begin empty. FULL:
 * nothing changed. Indexes that are gone must have been emptied by fragment_empty_index. */
MUST_USE enum status fragment_set_schema(struct fragment *fragment,
                                         const struct fragment_schema *schema);
const struct fragment_schema *fragment_schema_of(const struct fragment *fragment);
/* CREATE INDEX on rows that are there: puts the entries of all versions of up to `budget` rows,
 * from behind the primary key `resume->data` on, and leaves there the last one's. The index is
 * WRITE_ONLY or BACKFILL. END: all rows have been seen; OK: go on; FULL: go on when there is
 * memory, or empty the index. */
MUST_USE enum status fragment_backfill(struct fragment *fragment, uint32_t index, uint32_t budget,
                                       struct buffer *resume);
/* DROP INDEX: frees up to `budget` nodes of the tree; true when it is empty. The index takes no
 * entries any more once this was called. */
MUST_USE bool fragment_empty_index(struct fragment *fragment, uint32_t index, uint32_t budget);

/* ---- one row ---- */

/* The primary key's bytes and their hash: hash_bytes (base/hash.h), which the caller has from the
 * bucket. */
struct fragment_key {
    struct slice bytes;
    uint64_t hash;
};
static inline struct fragment_key fragment_key_of(struct slice bytes) {
    return (struct fragment_key){bytes, key_hash(bytes)};
}

/* What `view` sees under the key; read_out as for version_find. */
MUST_USE enum version_found fragment_read(const struct fragment *fragment,
                                          const struct fragment_key *key,
                                          const struct version_view *view,
                                          struct version_read *read_out);
/* For a list of keys: asks the processor to fetch what fragment_read will need. Call it a few keys
 * ahead. */
void fragment_read_ahead(const struct fragment *fragment, const struct fragment_key *key);

struct fragment_write {
    struct fragment_key key;
    enum write_kind kind;
    struct slice row;   /* none for DELETE; copied */
    uint32_t writer;    /* ACTIVE; holds the X lock of the key */
    uint32_t statement; /* never below an earlier one of this writer that was not undone */
};
/* Puts a pending version on the row. DUPLICATE, NOT_FOUND: as the kind says, by the newest version,
 * own ones included. FULL, TOO_LARGE. After a refusal nothing has changed. */
MUST_USE enum status fragment_write(struct fragment *fragment, const struct fragment_write *write);

/* What a writer has written, for its log record: one item a row, the newest version of it, in the
 * order of last writes. Rows that were not there before and are deleted again are left out. */
struct fragment_written {
    const struct fragment *fragment;
    uint32_t table_id;
    struct slice key;
    struct slice row; /* empty when is_delete */
    bool is_delete;
};
struct fragment_written_cursor {
    uint32_t chunk, index; /* zeroed: at the begin */
};
/* false at the end. The writer is ACTIVE or PREPARED. */
bool fragment_written_next(const struct fragments *fragments, uint32_t writer,
                           struct fragment_written_cursor *cursor,
                           struct fragment_written *written_out);

/* Stamps versions of a COMMITTED writer, up to `budget` writes a call; true: all done, the slot may
 * be closed. Readers see the commit at once, done or not (V4). */
MUST_USE bool fragment_commit(struct fragments *fragments, uint32_t writer, uint32_t budget);
/* Removes the versions of statements >= `statement`, newest first, up to `budget` writes a call;
 * true: done. Roll back of a statement (X9) for an ACTIVE writer; 0 after writer_decide_abort. */
MUST_USE bool fragment_undo(struct fragments *fragments, uint32_t writer, uint32_t statement,
                            uint32_t budget);

/* ---- committed state from elsewhere: replicas, recovery, checkpoint load, learners ---- */

struct fragment_image {
    struct fragment_key key;
    struct slice row; /* copied; ignored when is_delete */
    bool is_delete;
    uint64_t timestamp, position;
};
/* Puts a committed version on the row; it is ignored when the row's newest committed one has the
 * same or a later position (D4). May use the reserve. While images come out of order (a learner's
 * copy beside the log) the shard does not collect, so that a tombstone is still there when an older
 * image follows it. FULL, TOO_LARGE. */
MUST_USE enum status fragment_apply(struct fragment *fragment, const struct fragment_image *image);

/* ---- garbage ---- */

struct fragment_horizon {
    uint64_t complete_below;   /* X of V1: the set has every live snapshot at or below it */
    const uint64_t *snapshots; /* rising */
    uint32_t snapshot_count;
};
/* Drops superseded versions and tombstones that V1 allows, with the index entries that nothing
 * needs any more. Looks at up to `budget` rows; true: nothing more to do before the horizon moves.
 */
bool fragment_collect(struct fragments *fragments, const struct fragment_horizon *horizon,
                      uint32_t budget);

/* ---- scans ---- */

enum scan_direction { SCAN_FORWARD, SCAN_BACKWARD };
enum scan_want {
    SCAN_VISIBLE,    /* rows that the view sees */
    SCAN_CANDIDATES, /* rows that a locking scan must lock before it knows: also those with a
                        pending version of another writer. Lock the key, fragment_read with a newest
                        view, then keep it if fragment_entry_matches: so each row comes exactly once
                      */
};
struct fragment_scan {
    const struct fragment *fragment;
    uint32_t index; /* ordinal; 0: in order of the primary key */
    enum scan_direction direction;
    enum scan_want want;
    uint32_t range_flags; /* enum range_flags; byte order of whole entry keys */
    struct slice lower, upper;
    struct version_view view;
    struct slice resume; /* entry key behind which to go on; empty: from the begin */
};
struct fragment_row {
    struct slice key;             /* primary key */
    struct slice row;             /* VISIBLE: its bytes */
    struct slice entry;           /* CANDIDATES: entry key, in the batch's arena */
    uint64_t timestamp, position; /* VISIBLE: 0 for the reader's own pending version */
};
struct fragment_batch {
    struct fragment_row *rows; /* room given by the caller */
    uint32_t row_capacity;     /* at least 1 */
    uint32_t examine_max;      /* entries to look at in this call, at least 1 */
    struct arena *arena;       /* for resume and entry */
    uint32_t row_count;        /* out */
    uint32_t examined;         /* out: entries looked at */
    struct slice resume;       /* out: entry key of the last entry passed or returned */
    uint32_t writer;           /* out: MUST_WAIT for it, then go on from resume */
};
enum scan_result { SCAN_MORE, SCAN_END, SCAN_MUST_WAIT };
/* Rows come with any result. */
MUST_USE enum scan_result fragment_scan_next(const struct fragment_scan *scan,
                                             struct fragment_batch *batch);
/* Appends the entry key of a row of that index, for a resume key in the middle of a batch. */
void fragment_entry_key(const struct fragment *fragment, uint32_t index, struct slice row,
                        struct buffer *out);
/* Whether the row's bytes carry this entry key; `scratch` is used and given up to the caller. */
bool fragment_entry_matches(const struct fragment *fragment, uint32_t index, struct slice row,
                            struct slice entry, struct arena *scratch);

/* ---- statistics ---- */

struct fragment_statistics {
    uint64_t row_count;  /* rows whose newest version is no tombstone, pending ones included */
    uint64_t used_bytes; /* rows, versions and indexes */
    uint32_t index_count;
    uint64_t distinct[TABLE_INDEX_COUNT_MAX]; /* by ordinal: approximate count of distinct keys (all
                                                 parts) */
};
void fragment_statistics_of(const struct fragment *fragment,
                            struct fragment_statistics *statistics_out);

#endif
