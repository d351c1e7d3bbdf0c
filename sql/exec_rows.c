/* exec_rows.c: rows that operators keep, and how they are found again by equal values.
 *
 *   row_store   copies of some slots, one row after the other
 *   row_table   for each row some key values, found by hash; row n of the table is row n of a store beside it
 *
 * Values are equal when they compare equal in the key's collation: 1 and 1.0, 'a' and 'A' in a _ci collation.
 */
#include "row/collation.h"
#include "sql/exec_private.h"

#define ROWS_FIRST 16

/* ---- stores ---- */

void row_store_open(struct row_store *store, struct arena *arena, const uint32_t *slots,
                    uint32_t slot_count) {
    *store = (struct row_store){.arena = arena, .slots = slots, .slot_count = slot_count};
}

void row_store_add(struct row_store *store, const struct value *slots) {
    if (store->count == store->capacity) {
        uint64_t capacity = MAX((uint64_t)ROWS_FIRST, store->capacity * 2);
        struct value *values =
            arena_array(store->arena, struct value, capacity * MAX(store->slot_count, 1u));
        size_t used = (size_t)store->count * store->slot_count * sizeof *values;
        if (used > 0) memcpy(values, store->values, used);
        store->values = values;
        store->capacity = capacity;
    }
    struct value *row = store->values + store->count++ * store->slot_count;
    for (uint32_t i = 0; i < store->slot_count; i++) {
        row[i] = value_copy(&slots[store->slots[i]], store->arena);
    }
}

void row_store_load(const struct row_store *store, uint64_t row, struct value *slots) {
    CHECK(row < store->count);
    const struct value *values = store->values + row * store->slot_count;
    for (uint32_t i = 0; i < store->slot_count; i++) slots[store->slots[i]] = values[i];
}

void slot_image_open(struct slot_image *image, struct arena *arena, const struct plan_node *input) {
    *image = (struct slot_image){.slots = input->slots, .slot_count = input->slot_count};
    image->values = arena_array(arena, struct value, input->slot_count + 1);
}

void slot_image_take(struct slot_image *image, const struct value *slots) {
    for (uint32_t i = 0; i < image->slot_count; i++) image->values[i] = slots[image->slots[i]];
    image->is_taken = true;
}

void slot_image_restore(const struct slot_image *image, struct value *slots) {
    if (!image->is_taken) return;
    for (uint32_t i = 0; i < image->slot_count; i++) slots[image->slots[i]] = image->values[i];
}

/* ---- tables ---- */

void row_table_open(struct row_table *table, struct arena *arena, const uint16_t *collations,
                    uint32_t key_count) {
    *table = (struct row_table){.arena = arena, .collations = collations, .key_count = key_count};
}

uint64_t row_table_hash(const struct row_table *table, const struct value *keys) {
    uint64_t hash = 0;
    for (uint32_t i = 0; i < table->key_count; i++) {
        struct value key = keys[i];
        if (key.kind == VALUE_STRING) key.collation = table->collations[i];
        hash = value_hash(&key, hash);
    }
    return hash;
}

static bool keys_equal(const struct row_table *table, uint32_t row, const struct value *keys) {
    const struct value *own = table->keys + (size_t)row * table->key_count;
    for (uint32_t i = 0; i < table->key_count; i++) {
        if (value_compare_total(&own[i], &keys[i], table->collations[i]) != 0) return false;
    }
    return true;
}

static void table_grow(struct row_table *table) {
    uint32_t capacity = MAX((uint32_t)ROWS_FIRST, table->capacity * 2);
    uint64_t *hashes = arena_array(table->arena, uint64_t, capacity);
    uint32_t *next = arena_array(table->arena, uint32_t, capacity);
    struct value *keys =
        arena_array(table->arena, struct value, (size_t)capacity * MAX(table->key_count, 1u));
    if (table->count > 0) {
        memcpy(hashes, table->hashes, table->count * sizeof *hashes);
        memcpy(keys, table->keys, (size_t)table->count * table->key_count * sizeof *keys);
    }
    table->buckets = arena_array(table->arena, uint32_t, capacity);
    for (uint32_t i = 0; i < capacity; i++) table->buckets[i] = ROW_NONE;
    for (uint32_t row = 0; row < table->count; row++) {
        uint32_t *bucket = &table->buckets[hashes[row] & (capacity - 1)];
        next[row] = *bucket;
        *bucket = row;
    }
    table->hashes = hashes;
    table->next = next;
    table->keys = keys;
    table->capacity = capacity;
}

static uint32_t chain_match(const struct row_table *table, uint32_t row, uint64_t hash,
                            const struct value *keys) {
    while (row != ROW_NONE && (table->hashes[row] != hash || !keys_equal(table, row, keys))) {
        row = table->next[row];
    }
    return row;
}

uint32_t row_table_first(const struct row_table *table, const struct value *keys) {
    if (table->count == 0) return ROW_NONE;
    uint64_t hash = row_table_hash(table, keys);
    return chain_match(table, table->buckets[hash & (table->capacity - 1)], hash, keys);
}

uint32_t row_table_next(const struct row_table *table, uint32_t row) {
    const struct value *keys = table->keys + (size_t)row * table->key_count;
    return chain_match(table, table->next[row], table->hashes[row], keys);
}

uint32_t row_table_add(struct row_table *table, const struct value *keys) {
    CHECK(table->count < ROW_NONE - 1);
    if (table->count == table->capacity) table_grow(table);
    uint32_t row = table->count++;
    table->hashes[row] = row_table_hash(table, keys);
    for (uint32_t i = 0; i < table->key_count; i++) {
        table->keys[(size_t)row * table->key_count + i] = value_copy(&keys[i], table->arena);
    }
    uint32_t *link = &table->buckets[table->hashes[row] & (table->capacity - 1)];
    table->next[row] = *link;
    *link = row;
    return row;
}
