/* slice_map.c: a dense array of entries, and a table of small numbers that finds them.
 *
 *   entries: | key hash value | key hash value | removed | key hash value | room ...
 *   places:  | 0 | 2 | 0 | 4 | 1 | 0 | ...       entry index + 1, by linear probing from the hash
 *
 *   (N1) Between an entry's home and its place, going upwards and around, no place is free.
 *   (N2) entry_count <= 3/4 of place_count: the array has room for as many, and a probe ends.
 *   (N3) Only members have a place; a removed entry stays in the array, with value NULL, until a
 *        rebuild.
 *
 * When the array is full it is rebuilt without its removed entries, twice as large if at least
 * half of it are members; so a walk is in the order of insertion, and costs no more than a few
 * times the members.
 */
#include "base/slice_map.h"

#include "base/hash.h"

#define PLACES_MIN ((uint32_t)16)
#define PLACES_MAX ((uint32_t)1 << 31)

static uint32_t entries_max(uint32_t place_count) { return place_count / 4 * 3; }
static size_t places_bytes(uint32_t place_count) { return (size_t)place_count * sizeof(uint32_t); }
static size_t entries_bytes(uint32_t place_count) {
    return (size_t)entries_max(place_count) * sizeof(struct slice_map_entry);
}

void slice_map_open(struct slice_map *map, struct chunk_source *source, uint64_t seed) {
    CHECK(source != NULL);
    *map = (struct slice_map){.source = source, .seed = seed};
}

static void slice_map_give_tables(struct slice_map *map) {
    if (map->place_count == 0) return;
    map->source->give(map->source, map->entries, entries_bytes(map->place_count));
    map->source->give(map->source, map->places, places_bytes(map->place_count));
}

void slice_map_close(struct slice_map *map) {
    slice_map_give_tables(map);
    slice_map_open(map, map->source, map->seed);
}

/* The place of the key, or the free place where it would go. */
static uint32_t slice_map_probe(const struct slice_map *map, struct slice key, uint64_t hash) {
    uint32_t mask = map->place_count - 1;
    uint32_t at = (uint32_t)hash & mask;
    for (; map->places[at] != 0; at = (at + 1) & mask) {
        const struct slice_map_entry *entry = &map->entries[map->places[at] - 1];
        if (entry->hash == hash && slice_equal(entry->key, key)) break;
    }
    return at;
}

static void slice_map_add(struct slice_map *map, uint32_t place,
                          const struct slice_map_entry *entry) {
    CHECK(map->places[place] == 0);
    CHECK(map->entry_count < entries_max(map->place_count)); /* (N2) */
    map->entries[map->entry_count++] = *entry;
    map->places[place] = map->entry_count;
    map->count++;
}

static void slice_map_rebuild(struct slice_map *map) {
    struct slice_map old = *map;
    bool is_crowded = old.count >= entries_max(old.place_count) / 2;
    CHECK(!is_crowded || old.place_count < PLACES_MAX);
    uint32_t place_count = is_crowded ? 2 * old.place_count : old.place_count;
    map->place_count = MAX(place_count, PLACES_MIN);
    map->entries = map->source->take(map->source, entries_bytes(map->place_count));
    map->places = map->source->take(map->source, places_bytes(map->place_count));
    CHECK(map->entries != NULL && map->places != NULL);
    memset(map->places, 0, places_bytes(map->place_count));
    map->entry_count = map->count = 0;
    for (uint32_t i = 0; i < old.entry_count; i++) {
        const struct slice_map_entry *entry = &old.entries[i];
        if (entry->value != NULL)
            slice_map_add(map, slice_map_probe(map, entry->key, entry->hash), entry);
    }
    CHECK(map->count == old.count);
    slice_map_give_tables(&old);
}

void *slice_map_find(const struct slice_map *map, struct slice key) {
    if (map->count == 0) return NULL;
    uint32_t number = map->places[slice_map_probe(map, key, hash_bytes_seeded(key, map->seed))];
    return number == 0 ? NULL : map->entries[number - 1].value;
}

void *slice_map_put(struct slice_map *map, struct slice key, void *value) {
    CHECK(value != NULL);
    if (map->entry_count == entries_max(map->place_count)) slice_map_rebuild(map);
    struct slice_map_entry entry = {key, hash_bytes_seeded(key, map->seed), value};
    uint32_t place = slice_map_probe(map, key, entry.hash);
    if (map->places[place] == 0) {
        slice_map_add(map, place, &entry);
        return NULL;
    }
    struct slice_map_entry *there = &map->entries[map->places[place] - 1];
    void *before = there->value;
    *there = entry;
    return before;
}

/* Restores (N1) after the place at `gap` became free. */
static void slice_map_close_gap(struct slice_map *map, uint32_t gap) {
    uint32_t mask = map->place_count - 1;
    for (uint32_t at = (gap + 1) & mask; map->places[at] != 0; at = (at + 1) & mask) {
        uint32_t home = (uint32_t)map->entries[map->places[at] - 1].hash & mask;
        bool may_move = ((at - home) & mask) >= ((at - gap) & mask);
        if (!may_move) continue;
        map->places[gap] = map->places[at];
        map->places[at] = 0;
        gap = at;
    }
}

void *slice_map_remove(struct slice_map *map, struct slice key) {
    if (map->count == 0) return NULL;
    uint32_t place = slice_map_probe(map, key, hash_bytes_seeded(key, map->seed));
    if (map->places[place] == 0) return NULL;
    struct slice_map_entry *entry = &map->entries[map->places[place] - 1];
    void *removed = entry->value;
    CHECK(removed != NULL); /* (N3) */
    *entry = (struct slice_map_entry){.value = NULL};
    map->places[place] = 0;
    map->count--;
    slice_map_close_gap(map, place);
    return removed;
}

void *slice_map_next(const struct slice_map *map, uint32_t *cursor, struct slice *key_out) {
    while (*cursor < map->entry_count) {
        const struct slice_map_entry *entry = &map->entries[(*cursor)++];
        if (entry->value == NULL) continue;
        if (key_out != NULL) *key_out = entry->key;
        return entry->value;
    }
    return NULL;
}
