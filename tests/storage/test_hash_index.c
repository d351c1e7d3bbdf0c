/* test_hash_index.c: the tests of storage/hash_index.c. */
#include <criterion/criterion.h>

#include "base/hash.h"
#include "storage/hash_index.h"
#include "tests/storage/test_region.h"

static uint32_t row_make(struct memory *memory, uint64_t number) {
    uint32_t handle;
    enum status status = memory_take(memory, sizeof(struct row_anchor) + 8, MEMORY_GROW, &handle);
    cr_assert_eq(status, STATUS_OK);
    struct row_anchor *row = row_at(memory, handle);
    *row = (struct row_anchor){.key_size = 8};
    store_be64(row->key, number);
    return handle;
}

static uint32_t find(const struct hash_index *index, uint64_t number) {
    uint8_t key[8];
    store_be64(key, number);
    return hash_index_find(index, slice_of(key, 8), hash_bytes(slice_of(key, 8)));
}

static uint64_t hash_of_row(const struct memory *memory, uint32_t row) {
    return hash_bytes(row_key(row_at(memory, row)));
}

Test(hash_index, finds_what_was_inserted_and_nothing_else) {
    struct region region;
    struct hash_index index;
    enum { COUNT = 100000 };
    region_open(&region, 64 << 20, 0);
    cr_assert_eq(hash_index_open(&index, &region.memory), STATUS_OK);
    uint32_t *rows = calloc(COUNT, sizeof(*rows));
    for (uint32_t i = 0; i < COUNT; i++) {
        rows[i] = row_make(&region.memory, i);
        cr_assert_eq(find(&index, i), MEMORY_NONE);
        cr_assert_eq(hash_index_insert(&index, hash_of_row(&region.memory, rows[i]), rows[i]),
                     STATUS_OK);
    }
    for (uint32_t i = 0; i < COUNT; i++) cr_assert_eq(find(&index, i), rows[i]);
    for (uint32_t i = COUNT; i < 2 * COUNT; i++) cr_assert_eq(find(&index, i), MEMORY_NONE);
    cr_assert(index.overflow_count < index.group_count / 5);
    for (uint32_t i = 0; i < COUNT; i += 2)
        hash_index_remove(&index, hash_of_row(&region.memory, rows[i]), rows[i]);
    for (uint32_t i = 0; i < COUNT; i++)
        cr_assert_eq(find(&index, i), i % 2 == 0 ? MEMORY_NONE : rows[i]);
    cr_assert_eq(index.entry_count, COUNT / 2);
    for (uint32_t i = 0; i < COUNT; i++)
        memory_give(&region.memory, rows[i], sizeof(struct row_anchor) + 8);
    while (!hash_index_close(&index, 3)) {}
    cr_assert_eq(region.memory.used_bytes, 0);
    free(rows);
    region_close(&region);
}

Test(hash_index, grows_on_when_memory_is_short) {
    struct region region;
    struct hash_index index;
    region_open(&region, 16 * MEMORY_PAGE_BYTES, 0);
    cr_assert_eq(hash_index_open(&index, &region.memory), STATUS_OK);
    uint32_t rows[32768], count = 0, handle;
    while (memory_take(&region.memory, 16, MEMORY_GROW, &handle) == STATUS_OK) {
        struct row_anchor *row = row_at(&region.memory, handle);
        *row = (struct row_anchor){.key_size = 8};
        store_be64(row->key, count);
        if (hash_index_insert(&index, hash_of_row(&region.memory, handle), handle) != STATUS_OK)
            break;
        cr_assert(count < ARRAY_COUNT(rows));
        rows[count++] = handle;
    }
    cr_assert(count > 5000);
    for (uint32_t i = 0; i < count; i++) cr_assert_eq(find(&index, i), rows[i]);
    region_close(&region);
}

Test(hash_index, keys_with_equal_hashes_are_told_apart) {
    struct region region;
    struct hash_index index;
    region_open(&region, 1 << 20, 0);
    cr_assert_eq(hash_index_open(&index, &region.memory), STATUS_OK);
    uint32_t rows[100];
    for (uint32_t i = 0; i < 100; i++) {
        rows[i] = row_make(&region.memory, i);
        cr_assert_eq(hash_index_insert(&index, 42, rows[i]), STATUS_OK);
    }
    for (uint32_t i = 0; i < 100; i++) {
        cr_assert_eq(hash_index_find(&index, row_key(row_at(&region.memory, rows[i])), 42),
                     rows[i]);
        hash_index_remove(&index, 42, rows[i]);
    }
    cr_assert_eq(index.overflow_count, 0);
    region_close(&region);
}
