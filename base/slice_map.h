/* base/slice_map.h: from byte strings (names, statement texts) to pointers, in order of insertion.
 *
 * Keys are borrowed: they normally lie in the object that the value points to, and must stay as
 * long as the member does. The seed keeps strangers, who choose the keys of some maps, from
 * preparing collisions; it does not change the order of a walk. At most 2^30 members.
 */
#ifndef BASE_SLICE_MAP_H
#define BASE_SLICE_MAP_H

#include "base/arena.h"

struct slice_map_entry {
    struct slice key;
    uint64_t hash;
    void *value; /* NULL: removed */
};

struct slice_map {
    struct chunk_source *source;
    struct slice_map_entry *entries; /* in order of insertion, with removed ones among them */
    uint32_t *places;                /* hash table of entry index + 1; 0: free */
    uint64_t seed;
    uint32_t entry_count; /* used of entries, with removed ones */
    uint32_t place_count; /* a power of two, or 0; entries has room for 3/4 of it */
    uint32_t count;       /* members */
};

void slice_map_open(struct slice_map *map, struct chunk_source *source, uint64_t seed);
/* Gives the tables back; keys and values belong to others. The map is open and empty afterwards. */
void slice_map_close(struct slice_map *map);

/* NULL when the key is not there. */
void *slice_map_find(const struct slice_map *map, struct slice key);
/* Returns the value that was there before, or NULL. A key that was there keeps its place in the
 * order, but is borrowed from the new `key` from now on. `value` is not NULL. */
void *slice_map_put(struct slice_map *map, struct slice key, void *value);
/* Returns the value that is no longer there, or NULL. */
void *slice_map_remove(struct slice_map *map, struct slice key);

/* Walks in the order of insertion: start with *cursor = 0; NULL at the end. key_out may be NULL.
 * During a walk members may be removed, but not put. */
void *slice_map_next(const struct slice_map *map, uint32_t *cursor, struct slice *key_out);

#endif
