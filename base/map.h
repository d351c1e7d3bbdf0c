/* base/map.h: from 64-bit numbers to pointers.
 *
 * A lookup touches one or two cache lines. The order of a walk depends on the keys and the calls
 * alone, never on an address. Growing doubles the table at once: for tables of 10^5 members, not of
 * rows.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"

struct map_slot {
    uint64_t key;
    void *value; /* NULL: the slot is free */
};

struct map {
    struct chunk_source *source;
    struct map_slot *slots; /* NULL before the first put */
    uint64_t slot_count;    /* a power of two, or 0 */
    uint64_t count;         /* members */
};

void map_open(struct map *map, struct chunk_source *source);
/* Gives the table back; the values belong to others. The map is open and empty afterwards. */
void map_close(struct map *map);

/* NULL when the key is not there. */
void *map_find(const struct map *map, uint64_t key);
/* Returns the value that was there before, or NULL. `value` is not NULL. */
void *map_put(struct map *map, uint64_t key, void *value);
/* Returns the value that is no longer there, or NULL. */
void *map_remove(struct map *map, uint64_t key);
/* Room for `count` members, so that puts up to there never take memory. */
void map_reserve(struct map *map, uint64_t count);

/* Walks the map: start with *cursor = 0; returns the next value, or NULL at the end. key_out may be
 * NULL. The map must not change during a walk, except that the member visited last may get another
 * value. */
void *map_next(const struct map *map, uint64_t *cursor, uint64_t *key_out);

#endif
