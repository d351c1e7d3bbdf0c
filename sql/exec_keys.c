/* exec_keys.c: what is known of this byte string? A hash table with chains, all in one arena.
 */
#include "base/hash.h"
#include "sql/exec_private.h"

#define TABLE_SIZE_FIRST 64

struct key_entry {
    struct key_entry *next;
    uint64_t hash;
    struct slice key;
    struct key_note note;
};

void key_set_open(struct key_set *set, struct arena *arena) {
    *set = (struct key_set){.arena = arena};
}

static void key_set_grow(struct key_set *set) {
    uint64_t size = MAX((uint64_t)TABLE_SIZE_FIRST, set->table_size * 2);
    struct key_entry **table = arena_alloc_zeroed(set->arena, size * sizeof *table);
    for (uint64_t i = 0; i < set->table_size; i++) {
        for (struct key_entry *entry = set->table[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            entry->next = table[entry->hash & (size - 1)];
            table[entry->hash & (size - 1)] = entry;
        }
    }
    set->table = table;
    set->table_size = size;
}

struct key_note *key_set_note(struct key_set *set, struct slice key) {
    if (set->count >= set->table_size) key_set_grow(set);
    uint64_t hash = hash_bytes(key);
    struct key_entry **bucket = &set->table[hash & (set->table_size - 1)];
    for (struct key_entry *entry = *bucket; entry != NULL; entry = entry->next) {
        if (entry->hash == hash && slice_equal(entry->key, key)) return &entry->note;
    }
    struct key_entry *entry = arena_new(set->arena, struct key_entry);
    *entry = (struct key_entry){.next = *bucket, .hash = hash, .key = arena_copy(set->arena, key)};
    *bucket = entry;
    set->count++;
    return &entry->note;
}
