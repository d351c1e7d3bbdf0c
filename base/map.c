/* map.c: open addressing with linear probing.
 *
 *   slots: | key value | free | key value | key value | free | ...
 *
 *   (M1) Between a member's home (its hash mod slot_count) and its slot, going upwards and around,
 *        no slot is free.
 *   (M2) At most 3/4 of the slots are in use, so that a probe ends.
 *
 * A removal closes its gap: it moves back every following member that (M1) allows to move, up to
 * the next free slot. So there are no tombstones, and the table is as if the removed key had never
 * been put, up to the order within a run.
 */
#include "base/map.h"

#include "base/hash.h"

enum { MAP_SLOTS_MIN = 16 };

void map_open(struct map *map, struct chunk_source *source) {
    CHECK(source != NULL);
    *map = (struct map){.source = source};
}

static size_t map_bytes(uint64_t slot_count) { return slot_count * sizeof(struct map_slot); }

void map_close(struct map *map) {
    if (map->slots != NULL) map->source->give(map->source, map->slots, map_bytes(map->slot_count));
    map_open(map, map->source);
}

/* The slot of the key, or the free slot where it would go. */
static uint64_t map_probe(const struct map *map, uint64_t key) {
    CHECK(map->count < map->slot_count); /* (M2) */
    uint64_t mask = map->slot_count - 1;
    uint64_t at = hash_u64(key) & mask;
    while (map->slots[at].value != NULL && map->slots[at].key != key) at = (at + 1) & mask;
    return at;
}

static void map_resize(struct map *map, uint64_t slot_count) {
    struct map old = *map;
    CHECK(slot_count <= SIZE_MAX / sizeof(struct map_slot) / 2);
    map->slots = map->source->take(map->source, map_bytes(slot_count));
    CHECK(map->slots != NULL);
    memset(map->slots, 0, map_bytes(slot_count));
    map->slot_count = slot_count;
    for (uint64_t i = 0; i < old.slot_count; i++)
        if (old.slots[i].value != NULL) map->slots[map_probe(map, old.slots[i].key)] = old.slots[i];
    if (old.slots != NULL) map->source->give(map->source, old.slots, map_bytes(old.slot_count));
}

void map_reserve(struct map *map, uint64_t count) {
    CHECK(count <= UINT64_MAX / 8);
    uint64_t slot_count = MAX(map->slot_count, (uint64_t)MAP_SLOTS_MIN);
    while (count > slot_count / 4 * 3) slot_count *= 2; /* (M2) */
    if (slot_count != map->slot_count) map_resize(map, slot_count);
}

void *map_find(const struct map *map, uint64_t key) {
    if (map->count == 0) return NULL;
    return map->slots[map_probe(map, key)].value;
}

void *map_put(struct map *map, uint64_t key, void *value) {
    CHECK(value != NULL);
    map_reserve(map, map->count + 1);
    struct map_slot *slot = &map->slots[map_probe(map, key)];
    void *before = slot->value;
    if (before == NULL) map->count++;
    *slot = (struct map_slot){key, value};
    return before;
}

/* Restores (M1) after the slot at `gap` became free. */
static void map_close_gap(struct map *map, uint64_t gap) {
    uint64_t mask = map->slot_count - 1;
    for (uint64_t at = (gap + 1) & mask; map->slots[at].value != NULL; at = (at + 1) & mask) {
        uint64_t home = hash_u64(map->slots[at].key) & mask;
        bool may_move = ((at - home) & mask) >= ((at - gap) & mask);
        if (!may_move) continue;
        map->slots[gap] = map->slots[at];
        map->slots[at].value = NULL;
        gap = at;
    }
}

void *map_remove(struct map *map, uint64_t key) {
    if (map->count == 0) return NULL;
    uint64_t at = map_probe(map, key);
    void *removed = map->slots[at].value;
    if (removed == NULL) return NULL;
    map->slots[at].value = NULL;
    map->count--;
    map_close_gap(map, at);
    return removed;
}

void *map_next(const struct map *map, uint64_t *cursor, uint64_t *key_out) {
    while (*cursor < map->slot_count) {
        const struct map_slot *slot = &map->slots[(*cursor)++];
        if (slot->value == NULL) continue;
        if (key_out != NULL) *key_out = slot->key;
        return slot->value;
    }
    return NULL;
}
