/* plan_cache.c: which plans are kept, and how long?
 *
 * Text and prepared statements share it: the key holds the normalised text, database, modes, collation and the kinds of the
 * parameters' values (query.c); the schema version is compared. An entry lives while it is in the map or an
 * execution uses it. The least recently used go when the cache is above its bytes.
 *
 *   map (kept) --- take ---> use_count > 0 --- give ---> back
 *        \--- evicted or of an old schema: out of the map, freed by the last give
 */
#include "sql/session_private.h"

#define PLAN_BYTES_MAX (16 * MIB)

void plan_cache_open(struct plan_cache *cache, struct chunk_source *source, uint64_t seed) {
    *cache = (struct plan_cache){.source = source, .bytes_max = PLAN_BYTES_MAX};
    slice_map_open(&cache->entries, source, seed);
    list_open(&cache->by_use);
}

static void entry_free(struct plan_entry *entry) {
    struct arena arena = entry->arena; /* the entry is in it */
    arena_close(&arena);
}

static void entry_drop(struct plan_cache *cache, struct plan_entry *entry) {
    CHECK(entry->is_kept);
    void *dropped = slice_map_remove(&cache->entries, entry->key);
    CHECK(dropped == entry);
    list_remove(&entry->link);
    cache->bytes -= entry->arena.used_bytes;
    entry->is_kept = 0;
    if (entry->use_count == 0) entry_free(entry);
}

void plan_cache_close(struct plan_cache *cache) {
    LIST_EACH(link, &cache->by_use) {
        struct plan_entry *entry = CONTAINER_OF(link, struct plan_entry, link);
        entry->use_count = 0;
        entry_drop(cache, entry);
    }
    slice_map_close(&cache->entries);
}

struct plan_entry *plan_cache_take(struct plan_cache *cache, struct slice key,
                                   uint32_t schema_version) {
    struct plan_entry *entry = slice_map_find(&cache->entries, key);
    if (entry != NULL && entry->schema_version != schema_version) {
        entry_drop(cache, entry);
        entry = NULL;
    }
    if (entry == NULL) {
        cache->misses++;
        return NULL;
    }
    cache->hits++;
    entry->use_count++;
    if (list_first(&cache->by_use) != &entry->link) {
        list_remove(&entry->link);
        list_push_first(&cache->by_use, &entry->link);
    }
    return entry;
}

struct plan_entry *plan_entry_new(struct plan_cache *cache) {
    struct arena arena;
    arena_open(&arena, cache->source, 0);
    struct plan_entry *entry = arena_new(&arena, struct plan_entry);
    entry->arena = arena;
    entry->use_count = 1;
    return entry;
}

void plan_cache_keep(struct plan_cache *cache, struct plan_entry *entry, struct slice key) {
    CHECK(!entry->is_kept && entry->use_count == 1);
    if (slice_map_find(&cache->entries, key) != NULL) return; /* another session was faster */
    entry->key = arena_copy(&entry->arena, key);
    void *before = slice_map_put(&cache->entries, entry->key, entry);
    CHECK(before == NULL);
    entry->is_kept = 1;
    list_push_first(&cache->by_use, &entry->link);
    cache->bytes += entry->arena.used_bytes;
    while (cache->bytes > cache->bytes_max && list_last(&cache->by_use) != &entry->link) {
        entry_drop(cache, CONTAINER_OF(list_last(&cache->by_use), struct plan_entry, link));
    }
}

void plan_cache_give(struct plan_cache *cache, struct plan_entry *entry) {
    (void)cache;
    CHECK(entry->use_count > 0);
    if (--entry->use_count == 0 && !entry->is_kept) entry_free(entry);
}
