/* test_ordered_index.c: the tests of storage/ordered_index.c and ordered_node.c, against a sorted
 * array. */
#include <criterion/criterion.h>

#include "storage/ordered_index.h"
#include "tests/storage/test_region.h"

struct model_entry {
    uint8_t key[400];
    size_t size;
    uint32_t row;
};
struct model {
    struct model_entry *entries;
    uint32_t count;
};

static struct slice model_key(const struct model *model, uint32_t at) {
    return slice_of(model->entries[at].key, model->entries[at].size);
}

/* The first entry >= key. */
static uint32_t model_search(const struct model *model, struct slice key) {
    uint32_t low = 0, high = model->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (slice_compare(model_key(model, middle), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool model_holds(const struct model *model, uint32_t at, struct slice key) {
    return at < model->count && slice_equal(model_key(model, at), key);
}

static void model_insert(struct model *model, uint32_t at, struct slice key, uint32_t row) {
    memmove(&model->entries[at + 1], &model->entries[at],
            (model->count - at) * sizeof(struct model_entry));
    memcpy(model->entries[at].key, key.data, key.size);
    model->entries[at].size = key.size;
    model->entries[at].row = row;
    model->count++;
}

static void model_remove(struct model *model, uint32_t at) {
    model->count--;
    memmove(&model->entries[at], &model->entries[at + 1],
            (model->count - at) * sizeof(struct model_entry));
}

/* Keys of few letters and shared prefixes, of lengths around all the limits. */
static struct slice random_key(struct random *random, uint8_t *bytes) {
    static const uint16_t sizes[] = {0, 1, 2, 7, 8, 9, 12, 20, 95, 96, 97, 98, 150, 390};
    size_t size = sizes[random_below(random, ARRAY_COUNT(sizes))];
    memset(bytes, 'x', size);
    for (uint32_t i = 0; i < 3 && size > 0; i++)
        bytes[random_below(random, size)] = (uint8_t)random_below(random, 5) * 60;
    if (size > 3) store_le16(bytes + size - 2, (uint16_t)random_below(random, 300));
    return slice_of(bytes, size);
}

static void check_same(const struct ordered_index *index, const struct model *model,
                       struct arena *arena) {
    struct ordered_cursor cursor;
    uint32_t at = 0;
    for (bool more = ordered_seek_first(index, &cursor); more; more = ordered_next(&cursor), at++) {
        cr_assert(at < model->count);
        struct buffer key = buffer_of(arena);
        ordered_key(&cursor, &key);
        cr_assert(slice_equal(buffer_slice(&key), model_key(model, at)));
        cr_assert(ordered_key_equals(&cursor, model_key(model, at)));
        cr_assert_eq(ordered_row(&cursor), model->entries[at].row);
    }
    cr_assert_eq(at, model->count);
    arena_reset(arena);
    ordered_index_verify(index);
}

static bool is_prefix(struct slice prefix, struct slice key) {
    return key.size >= prefix.size &&
           (prefix.size == 0 || memcmp(prefix.data, key.data, prefix.size) == 0);
}

static void check_seek(const struct ordered_index *index, const struct model *model,
                       struct slice key, enum ordered_side side) {
    uint32_t at = model_search(model, key);
    if (side == ORDERED_AFTER && model_holds(model, at, key)) at++;
    while (side == ORDERED_AFTER_PREFIX && at < model->count &&
           is_prefix(key, model_key(model, at)))
        at++;
    struct ordered_point point = ordered_point_of(key, side);
    struct ordered_cursor cursor;
    bool right = ordered_seek_right(index, &point, &cursor);
    cr_assert_eq(right, at < model->count);
    if (right) cr_assert_eq(ordered_row(&cursor), model->entries[at].row);
    if (right) cr_assert(!ordered_is_left(&cursor, &point));
    bool left = ordered_seek_left(index, &point, &cursor);
    cr_assert_eq(left, at > 0);
    if (left) cr_assert_eq(ordered_row(&cursor), model->entries[at - 1].row);
    if (left) cr_assert(ordered_is_left(&cursor, &point));
    if (left) cr_assert_eq(ordered_previous(&cursor), at > 1);
}

static void random_work(uint64_t seed, uint32_t steps, size_t region_bytes) {
    struct region region;
    struct random random;
    struct ordered_index index;
    struct chunk_source chunks = region_chunks();
    struct arena arena;
    struct model model = {calloc(steps + 1, sizeof(struct model_entry)), 0};
    region_open(&region, region_bytes, 0);
    random_open(&random, seed);
    arena_open(&arena, &chunks, 0);
    ordered_index_open(&index, &region.memory);
    uint8_t bytes[400];
    for (uint32_t step = 0; step < steps; step++) {
        struct slice key = random_key(&random, bytes);
        uint32_t at = model_search(&model, key);
        bool holds = model_holds(&model, at, key), growing = step / 1500 % 2 == 0;
        if (random_chance(&random, growing ? 0.8 : 0.2)) {
            uint32_t row = holds ? model.entries[at].row : step + 1;
            enum status status = ordered_index_insert(&index, key, row, MEMORY_GROW);
            if (holds) cr_assert(status == STATUS_DUPLICATE || status == STATUS_FULL);
            if (!holds && status == STATUS_OK) model_insert(&model, at, key, row);
            if (!holds && status != STATUS_OK) cr_assert_eq(status, STATUS_FULL);
        } else {
            if (!holds && model.count > 0) {
                at = (uint32_t)random_below(&random, model.count);
                key = slice_of(memcpy(bytes, model.entries[at].key, 400), model.entries[at].size);
                holds = true;
            }
            cr_assert_eq(ordered_index_remove(&index, key), holds ? STATUS_OK : STATUS_NOT_FOUND);
            if (holds) model_remove(&model, at);
        }
        key = random_key(&random, bytes);
        check_seek(&index, &model, key, (enum ordered_side)random_below(&random, 3));
        if (step % 500 == 0) check_same(&index, &model, &arena);
    }
    check_same(&index, &model, &arena);
    while (model.count > 0) {
        uint32_t at = (uint32_t)random_below(&random, model.count);
        cr_assert_eq(ordered_index_remove(&index, model_key(&model, at)), STATUS_OK);
        model_remove(&model, at);
    }
    cr_assert(index.node_count <= 3, "merges gave the nodes back: %zu", (size_t)index.node_count);
    while (!ordered_index_empty(&index, 1)) {}
    cr_assert_eq(region.memory.used_bytes, 0);
    arena_close(&arena);
    free(model.entries);
    region_close(&region);
}

Test(ordered_index, agrees_with_a_sorted_array) {
    for (uint64_t seed = 1; seed <= 6; seed++) random_work(seed, 9000, 16 << 20);
}

Test(ordered_index, a_full_memory_leaves_a_good_tree) {
    for (uint64_t seed = 11; seed <= 14; seed++) random_work(seed, 6000, 20 * MEMORY_PAGE_BYTES);
}

Test(ordered_index, rising_keys_fill_leaves) {
    struct region region;
    struct ordered_index index;
    region_open(&region, 32 << 20, 0);
    ordered_index_open(&index, &region.memory);
    for (uint32_t i = 1; i <= 100000; i++) {
        uint8_t key[4];
        store_be32(key, i);
        cr_assert_eq(ordered_index_insert(&index, slice_of(key, 4), i, MEMORY_GROW), STATUS_OK);
    }
    ordered_index_verify(&index);
    cr_assert(index.node_count < 100000 / 62 * 11 / 10);
    while (!ordered_index_empty(&index, 100)) {}
    cr_assert_eq(region.memory.used_bytes, 0);
    region_close(&region);
}

Test(ordered_index, keys_beyond_the_limit_are_refused) {
    struct region region;
    struct ordered_index index;
    region_open(&region, 1 << 20, 0);
    ordered_index_open(&index, &region.memory);
    static uint8_t key[ORDERED_KEY_BYTES_MAX + 1];
    cr_assert_eq(ordered_index_insert(&index, slice_of(key, sizeof(key)), 1, MEMORY_GROW),
                 STATUS_TOO_LARGE);
    cr_assert_eq(ordered_index_insert(&index, slice_of(key, sizeof(key) - 1), 1, MEMORY_GROW),
                 STATUS_OK);
    cr_assert_eq(ordered_index_find(&index, slice_of(key, sizeof(key) - 1)), 1);
    region_close(&region);
}
