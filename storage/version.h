/* storage/version.h: the versions of a row, who may see which, and the table of writers.
 *
 * A row is an anchor (key, handle of the newest version) that never moves while the row exists;
 * indexes point at anchors. Versions hang from it, newest first. See version.c for the layout.
 *
 *   (V1) Committed versions of a row fall in log position from newest to oldest (T5); timestamps
 *        never rise.
 *   (V2) Pending versions are all of one writer (it holds the row's X lock) and above all
 *        committed ones; their statement numbers fall from newest to oldest, at most one per
 *        statement.
 *   (V3) A version's bytes never change once written. A slice of them is good until the step
 *        ends, or until fragment_collect, fragment_undo or fragment_commit runs, whichever is
 *        first.
 *   (V4) A reader that meets pending versions asks the writer: its own are visible to it; ACTIVE
 *        and ABORTED are passed over; PREPARED is waited for when its timestamp is at or below
 *        the snapshot, or when there is no snapshot (T7, T8); COMMITTED counts as committed at
 *        the writer's timestamp.
 */
#ifndef STORAGE_VERSION_H
#define STORAGE_VERSION_H

#include "storage/memory.h"

#define TIMESTAMP_BITS 46
#define TIMESTAMP_MAX                                                                              \
    (((uint64_t)1 << TIMESTAMP_BITS) - 1)      /* timestamps are values of the counter C */
#define POSITION_MAX (((uint64_t)1 << 46) - 1) /* log positions */

#define WRITER_NONE UINT32_MAX /* no slot */

/* A transaction's name: (incarnation of its SQL daemon, its number there). */
struct writer_id {
    uint32_t incarnation;
    uint64_t txn_number;
};

enum writer_state {
    WRITER_FREE,
    WRITER_ACTIVE,
    WRITER_PREPARED,  /* its record is appended (T6, T7): timestamp is its own */
    WRITER_COMMITTED, /* decided: timestamp and position are final, versions are being stamped */
    WRITER_ABORTED,   /* decided: versions are being removed */
};

/* One write of a writer, for commit and undo: the row got a pending version in this statement. */
struct writer_entry {
    uint32_t fragment_slot;
    uint32_t row; /* handle of the anchor */
    uint32_t statement;
    uint32_t garbage; /* entry for the garbage queue, MEMORY_NONE: none will be needed */
};

struct writer_slot {
    enum writer_state state;
    struct writer_id id;
    uint64_t timestamp;   /* PREPARED: own one (T3); COMMITTED: the commit's */
    uint64_t position;    /* COMMITTED: of the commit's or the decision's record */
    uint64_t write_count; /* writes noted and not yet stamped or undone */
    uint32_t chunk_first; /* handles of the oldest and the newest chunk of entries */
    uint32_t chunk_last;
    uint32_t taken_count; /* COMMITTED: entries of the oldest chunk that are done */
    uint32_t next_free;
};

/* The transactions of one shard that may write. The shard moves the states; slot numbers are also
 * the owners of locks (storage/lock.h). */
struct writers {
    struct memory *memory;
    struct writer_slot *slots;
    uint32_t slot_count; /* all */
    uint32_t used_count;
    uint32_t free_first; /* WRITER_NONE: none */
};

/* Slots live in `arena`. */
void writers_open(struct writers *writers, struct memory *memory, struct arena *arena,
                  uint32_t slot_count);
/* An ACTIVE slot; BUSY when all are taken. The lowest free numbers are not preferred, but the order
 * is that of the calls. */
MUST_USE enum status writer_open(struct writers *writers, struct writer_id id, uint32_t *slot_out);
/* CHECKs that the writer has no pending version left: after fragment_commit or fragment_undo said
 * so. */
void writer_close(struct writers *writers, uint32_t slot);
static inline struct writer_slot *writer_at(const struct writers *writers, uint32_t slot) {
    CHECK(slot < writers->slot_count);
    return &writers->slots[slot];
}
/* ACTIVE -> PREPARED; timestamp as T3 says. Also right for a one-shard commit from append on (T6).
 */
void writer_prepare(struct writers *writers, uint32_t slot, uint64_t timestamp);
/* ACTIVE or PREPARED -> COMMITTED: from now on every reader sees its versions at that timestamp. */
void writer_decide_commit(struct writers *writers, uint32_t slot, uint64_t timestamp,
                          uint64_t position);
/* ACTIVE or PREPARED -> ABORTED: from now on no reader sees its versions. */
void writer_decide_abort(struct writers *writers, uint32_t slot);
/* Notes a write; FULL leaves nothing behind. */
MUST_USE enum status writer_note(struct writers *writers, uint32_t slot, struct writer_entry entry);
/* Removes the newest entry into entry_out; NOT_FOUND when there is none. */
MUST_USE enum status writer_unnote(struct writers *writers, uint32_t slot,
                                   struct writer_entry *entry_out);
/* The newest entry without removing it; NULL when there is none. */
const struct writer_entry *writer_newest(const struct writers *writers, uint32_t slot);
/* ---- a row: anchor and versions ---- */

enum version_flags {
    VERSION_PENDING = 1,   /* names writer and statement instead of timestamp and position */
    VERSION_TOMBSTONE = 2, /* the row is deleted here; no bytes */
    VERSION_SAME_KEYS = 4, /* all secondary index keys equal those of the next older version */
};

/* 128 bits of header; bits by flags:
 *   committed: timestamp 46 | position 46 | older 32 | flags 4
 *   pending:   writer 32, statement 32    | older 32 | flags 4 */
struct version {
    uint64_t low, high;
    uint32_t size; /* of the bytes behind */
    uint8_t bytes[];
};
#define VERSION_HEADER_BYTES 20
static_assert(offsetof(struct version, bytes) == VERSION_HEADER_BYTES, "bytes follow the size");

struct row_anchor {
    uint32_t newest;       /* handle of the newest version; may lie inside this cell */
    uint16_t key_size;     /* primary key bytes behind this struct */
    uint16_t inline_units; /* of 16 bytes: room for a version inside this cell; 0: none */
    uint8_t key[];
};
static_assert(sizeof(struct row_anchor) == 8,
              "a row of an int key and its version header take 36 bytes");

static inline uint32_t version_flags_of(const struct version *v) {
    return (uint32_t)(v->high >> 60);
}
static inline bool version_is_pending(const struct version *v) {
    return (v->high >> 60 & VERSION_PENDING) != 0;
}
static inline bool version_is_tombstone(const struct version *v) {
    return (v->high >> 60 & VERSION_TOMBSTONE) != 0;
}
static inline uint32_t version_older(const struct version *v) { return (uint32_t)(v->high >> 28); }
/* Of a committed version. */
uint64_t version_timestamp(const struct version *version);
uint64_t version_position(const struct version *version);
/* Of a pending version. */
uint32_t version_writer(const struct version *version);
uint32_t version_statement(const struct version *version);
static inline struct slice version_row(const struct version *v) {
    return (struct slice){v->bytes, v->size};
}

void version_set_committed(struct version *version, uint64_t timestamp, uint64_t position);
void version_set_pending(struct version *version, uint32_t writer, uint32_t statement);
void version_set_older(struct version *version, uint32_t older);
void version_set_flag(struct version *version, enum version_flags flag);
void version_clear_flag(struct version *version, enum version_flags flag);

static inline struct row_anchor *row_at(const struct memory *memory, uint32_t row) {
    return memory_at(memory, row);
}
static inline struct version *version_at(const struct memory *memory, uint32_t version) {
    return memory_at(memory, version);
}
static inline struct slice row_key(const struct row_anchor *row) {
    return (struct slice){row->key, row->key_size};
}

/* ---- who sees what ---- */

#define SNAPSHOT_NEWEST UINT64_MAX /* no snapshot: the newest committed version */
/* The newest decided version; prepared ones are passed over: for checkpoints and copies (R3),
 * never for readers. */
#define SNAPSHOT_DECIDED (UINT64_MAX - 1)

struct version_view {
    uint64_t snapshot; /* or SNAPSHOT_NEWEST */
    uint32_t writer;   /* whose pending versions are visible, WRITER_NONE: nobody's */
    uint32_t
        statement_below; /* of those, only versions of statements below this (UINT32_MAX: all): a
                            statement that scans what it changes does not meet its own work */
};

static inline struct version_view version_view_newest(void) {
    return (struct version_view){SNAPSHOT_NEWEST, WRITER_NONE, UINT32_MAX};
}
static inline struct version_view version_view_snapshot(uint64_t snapshot) {
    return (struct version_view){snapshot, WRITER_NONE, UINT32_MAX};
}

enum version_found {
    VERSION_VISIBLE,
    VERSION_ABSENT,    /* no row, or a tombstone is visible */
    VERSION_MUST_WAIT, /* for the outcome of `writer` (V4) */
};

struct version_read {
    const struct version
        *version; /* VISIBLE; also the tombstone of ABSENT, NULL when there is none */
    uint64_t timestamp, position; /* of it; 0 when it is the reader's own pending one */
    uint32_t writer;              /* MUST_WAIT: the slot to wait for */
};

/* What `view` sees of the chain that begins at `newest`. */
MUST_USE enum version_found version_find(const struct writers *writers, uint32_t newest,
                                         const struct version_view *view,
                                         struct version_read *read_out);

#endif
