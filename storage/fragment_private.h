/* storage/fragment_private.h: what fragment*.c and inspect.c share.
 */
#ifndef STORAGE_FRAGMENT_PRIVATE_H
#define STORAGE_FRAGMENT_PRIVATE_H

#include "storage/distinct.h"
#include "storage/fragment.h"
#include "storage/hash_index.h"
#include "storage/lock.h"
#include "storage/ordered_index.h"
#include "storage/version_private.h"

enum { GARBAGE_PARKED_MAX = 64 };

/* ---- the place of a version inside its row's cell ---- */

enum {
    ROW_INLINE_UNITS_MASK = 0x1fff, /* of row_anchor.inline_units */
    ROW_INLINE_USED = 0x2000,       /* a version is there */
    ROW_QUEUED = 0x4000,            /* the row has an entry in the garbage queue */
    ROW_PARKED = 0x8000,            /* the row has an entry that waits for a snapshot to end */
};

static inline uint32_t row_anchor_units(uint32_t key_size) {
    return memory_units(sizeof(struct row_anchor) + key_size);
}
static inline uint32_t row_inline_version(const struct row_anchor *anchor, uint32_t row) {
    return row + row_anchor_units(anchor->key_size);
}
static inline uint32_t row_inline_bytes(const struct row_anchor *anchor) {
    return (anchor->inline_units & ROW_INLINE_UNITS_MASK) * MEMORY_UNIT_BYTES;
}
static inline size_t row_cell_bytes(const struct row_anchor *anchor) {
    return (size_t)row_anchor_units(anchor->key_size) * MEMORY_UNIT_BYTES +
           row_inline_bytes(anchor);
}
static inline void row_set_flag(struct row_anchor *anchor, uint32_t flag) {
    anchor->inline_units = (uint16_t)(anchor->inline_units | flag);
}
static inline void row_clear_flag(struct row_anchor *anchor, uint32_t flag) {
    anchor->inline_units = (uint16_t)(anchor->inline_units & ~flag);
}

/* ---- garbage ---- */

/* A cell of its own, taken when the write is made, so that a commit never lacks memory. */
struct garbage_entry {
    uint32_t next;
    uint32_t row;
    uint64_t fragment_slot : 16;
    uint64_t is_parked : 1;  /* which flag of the row it stands for */
    uint64_t timestamp : 46; /* of what supersedes: nothing to do before X has passed it */
};
static_assert(sizeof(struct garbage_entry) == MEMORY_UNIT_BYTES, "the smallest cell");

struct garbage_queue {
    uint32_t first, last;
};
struct garbage_parked {
    uint64_t snapshot; /* for which its rows wait */
    struct garbage_queue queue;
};
struct garbage {
    struct garbage_queue queue;
    struct garbage_parked parked[GARBAGE_PARKED_MAX];
    uint64_t entry_count;
    uint64_t bytes; /* of superseded versions */
};

/* ---- fragments ---- */

struct fragment_index {
    uint32_t id;      /* of its definition */
    bool is_emptying; /* takes no entries any more */
    struct ordered_index tree;
    struct distinct distinct;
    struct lock_range_set ranges;
};

enum fragment_state {
    FRAGMENT_FREE,
    FRAGMENT_OPEN,
    FRAGMENT_DROPPING,
    FRAGMENT_GHOST, /* dropped; garbage entries still name its slot */
};

struct fragment {
    struct fragments *owner;
    const struct fragment_schema *schema;
    enum fragment_state state;
    uint32_t slot;
    uint32_t table_id;
    uint32_t index_count;
    uint32_t indexes_cell;          /* handle of `indexes` */
    struct fragment_index *indexes; /* by ordinal of the definition */
    struct hash_index hash;
    uint64_t row_count;     /* newest version is no tombstone */
    uint64_t row_bytes;     /* cells of rows and versions */
    uint64_t garbage_count; /* entries that name this slot */
};

struct fragment_place {
    uint32_t table_id;
    uint32_t slot;
};

struct fragments {
    struct memory *memory;
    struct writers writers;
    struct fragment *slots;
    uint32_t slot_count;
    struct fragment_place *places; /* open ones by rising table id */
    uint32_t place_count;
    struct garbage garbage;
    uint32_t retired_first;       /* cells to give back at the end of the step */
    struct buffer key, other_key; /* scratch of fragment_index.c; keep their capacity */
};

static inline struct memory *fragment_memory(const struct fragment *fragment) {
    return fragment->owner->memory;
}

/* fragment_row.c: rows and versions as cells */

/* A row without a version, in the hash index and the primary ordered index. `size` bytes of a row
 * get room inside its cell if they are not too many. FULL, TOO_LARGE: nothing is left. */
MUST_USE enum status row_make(struct fragment *fragment, const struct fragment_key *key,
                              size_t size, enum memory_need need, uint32_t *row_out);
/* Takes a row without versions out of both indexes and retires it. */
void row_remove(struct fragment *fragment, uint32_t row);
struct version_make {
    struct slice bytes;
    bool is_tombstone;
    enum memory_need need;
};
/* A committed version of timestamp and position 0 that is not in the chain yet. */
MUST_USE enum status version_make(struct fragment *fragment, uint32_t row,
                                  const struct version_make *make, uint32_t *version_out);
/* Retires a version that is in no chain. */
void version_free(struct fragment *fragment, uint32_t row, uint32_t version);
/* Takes `version`, which is right below `newer` (MEMORY_NONE: the newest), out of the chain, with
 * the index entries that only it needs. */
void version_drop(struct fragment *fragment, uint32_t row, uint32_t newer, uint32_t version);
/* The newest version moves into the row's cell when it is committed and there is room. */
void row_settle(struct fragment *fragment, uint32_t row);
/* Counts the row by its newest version: call it around each change of the newest version. */
int32_t row_live(const struct fragment *fragment, uint32_t row);
/* The one way of giving back what a reader could hold: at the end of the step. */
void fragment_retire(struct fragment *fragment, uint32_t handle, size_t size);

/* fragment_index.c: entries of the secondary indexes */

/* Puts the entries of a version that will be right above `older` (MEMORY_NONE: nothing) and sets
 * VERSION_SAME_KEYS. FULL, TOO_LARGE: no entry was added. */
MUST_USE enum status fragment_index_link(struct fragment *fragment, uint32_t row, uint32_t version,
                                         uint32_t older, enum memory_need need);
/* The version is in the chain, below `newer` (MEMORY_NONE: newest), and leaves it: removes the
 * entries that no other version of the row needs. */
void fragment_index_unlink(struct fragment *fragment, uint32_t row, uint32_t newer,
                           uint32_t version);
/* Whether all versions of the row carry the same secondary keys, as far as flags tell. */
bool row_keys_are_same(const struct fragment *fragment, uint32_t row);

/* fragment_collect.c */

/* A cell for garbage_note. FULL. */
MUST_USE enum status garbage_take(struct fragments *fragments, enum memory_need need,
                                  uint32_t *entry_out);
void garbage_give(struct fragments *fragments, uint32_t entry);
/* The row has something to collect once X reaches `timestamp`; the entry is used or given back. */
void garbage_note(struct fragment *fragment, uint32_t row, uint64_t timestamp, uint32_t entry);
/* Gives back all entries of all queues. */
void garbage_abandon(struct fragments *fragments);

#endif
