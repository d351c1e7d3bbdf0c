/* storage/ordered_index.h: a B+tree from entry keys to row handles, in memcmp order.
 *
 * An entry key is the index's key parts and then the primary key (row/key.h, KEY_WITH_PRIMARY), so
 * entries are unique and one leads to one row for ever. A cursor is good until the tree changes;
 * from step to step one goes on by key.
 */
#ifndef STORAGE_ORDERED_INDEX_H
#define STORAGE_ORDERED_INDEX_H

#include "base/limits.h"
#include "storage/memory.h"

#define ORDERED_KEY_BYTES_MAX (2 * KEY_ENCODED_BYTES_MAX) /* of the index and of the primary key */
#define ORDERED_LEVEL_MAX     16

struct ordered_index {
    struct memory *memory;
    uint32_t root; /* handle of a node; MEMORY_NONE: no node yet */
    uint32_t level_count;
    uint64_t entry_count;
    uint64_t node_count;
    uint64_t long_key_bytes; /* of keys kept outside nodes, leaves and separators */
};

/* A place between entries. */
enum ordered_side {
    ORDERED_BEFORE,       /* right before `key`, whether it is there or not */
    ORDERED_AFTER,        /* right after `key` and before its extensions */
    ORDERED_AFTER_PREFIX, /* after all entries that begin with `key` */
};
struct ordered_point {
    struct slice key;
    enum ordered_side side;
    uint64_t head_low,
        head_high; /* first 8 bytes of it, big endian, filled with 0 and as `side` needs */
};
struct ordered_point ordered_point_of(struct slice key, enum ordered_side side);

struct ordered_cursor {
    const struct ordered_index *index;
    uint32_t leaf;
    uint32_t at;
};

/* No memory is taken before the first insert. */
void ordered_index_open(struct ordered_index *index, struct memory *memory);
/* Frees up to `budget` nodes; true when nothing is left. Once begun, nothing else may be called
 * until then. */
MUST_USE bool ordered_index_empty(struct ordered_index *index, uint32_t budget);

static inline uint64_t ordered_index_bytes(const struct ordered_index *index) {
    return index->node_count * 1024 + index->long_key_bytes;
}
/* DUPLICATE: it is there already. FULL, TOO_LARGE: no entry was added. */
MUST_USE enum status ordered_index_insert(struct ordered_index *index, struct slice key,
                                          uint32_t row, enum memory_need need);
/* NOT_FOUND when it is not there. Needs no memory. */
MUST_USE enum status ordered_index_remove(struct ordered_index *index, struct slice key);
/* The row under exactly this key; MEMORY_NONE. */
uint32_t ordered_index_find(const struct ordered_index *index, struct slice key);

/* The first entry right of the point, or the last one left of it; false when there is none. */
bool ordered_seek_right(const struct ordered_index *index, const struct ordered_point *point,
                        struct ordered_cursor *cursor_out);
bool ordered_seek_left(const struct ordered_index *index, const struct ordered_point *point,
                       struct ordered_cursor *cursor_out);
/* The first or the last entry of all. */
bool ordered_seek_first(const struct ordered_index *index, struct ordered_cursor *cursor_out);
bool ordered_seek_last(const struct ordered_index *index, struct ordered_cursor *cursor_out);
/* Moves to the neighbour; false at the end, and the cursor is no longer good. */
bool ordered_next(struct ordered_cursor *cursor);
bool ordered_previous(struct ordered_cursor *cursor);

uint32_t ordered_row(const struct ordered_cursor *cursor);
bool ordered_is_left(const struct ordered_cursor *cursor, const struct ordered_point *point);
/* Appends the entry's key. */
void ordered_key(const struct ordered_cursor *cursor, struct buffer *out);
/* Whether the entry's key is `key`. */
bool ordered_key_equals(const struct ordered_cursor *cursor, struct slice key);
/* Starts to fetch the row of the entry `ahead` places on in this leaf, if there is one. */
void ordered_fetch(const struct ordered_cursor *cursor, int32_t ahead);

/* CHECKs every node: order, levels, links, space. For tests and the simulator. */
void ordered_index_verify(const struct ordered_index *index);

#endif
