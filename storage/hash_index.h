/* storage/hash_index.h: from the hash of a primary key to the row's handle.
 *
 * Entries are (tag, row handle); the key itself is in the row's anchor. The caller gives the hash:
 * hash_bytes of the key's bytes, always.
 */
#ifndef STORAGE_HASH_INDEX_H
#define STORAGE_HASH_INDEX_H

#include "storage/version.h"

struct hash_index {
    struct memory *memory;
    uint64_t entry_count;
    uint32_t group_count; /* in use: 2^level <= group_count < 2^(level + 1) */
    uint32_t level;
    uint32_t overflow_count; /* overflow groups, for statistics */
    uint32_t segment_count;  /* allocated */
    uint32_t root;           /* handle: array of handles of directory pages */
    uint32_t root_capacity;
};

/* FULL: nothing was taken. */
MUST_USE enum status hash_index_open(struct hash_index *index, struct memory *memory);
/* Frees up to `budget` segments, entries and all; true when nothing is left. */
MUST_USE bool hash_index_close(struct hash_index *index, uint32_t budget);

/* The row with that key, MEMORY_NONE when there is none. */
uint32_t hash_index_find(const struct hash_index *index, struct slice key, uint64_t hash);
/* Starts to fetch the lines that hash_index_find will read. */
void hash_index_fetch(const struct hash_index *index, uint64_t hash);
/* The key must not be there. FULL: nothing has changed. */
MUST_USE enum status hash_index_insert(struct hash_index *index, uint64_t hash, uint32_t row);
/* The entry must be there. Needs no memory. */
void hash_index_remove(struct hash_index *index, uint64_t hash, uint32_t row);

/* For an index that goes: takes out one row, any; MEMORY_NONE when none is left. After the first
 * call nothing but this and hash_index_close may be called. */
uint32_t hash_index_take(struct hash_index *index);
/* Of segments, directory and overflow groups. */
uint64_t hash_index_bytes(const struct hash_index *index);

/* The rows of group `group` (0 to group_count - 1) for checkers: up to row_max handles, count
 * returned. */
uint32_t hash_index_rows(const struct hash_index *index, uint32_t group, uint32_t *rows,
                         uint32_t row_max);

#endif
