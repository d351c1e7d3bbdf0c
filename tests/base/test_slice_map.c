#include <criterion/criterion.h>
#include <stdio.h>

#include "base/random.h"
#include "base/slice_map.h"
#include "tests/base/chunks.h"

enum { KEYS = 512 };

static char names[KEYS][16];

static struct slice name_of(uint64_t number) {
    snprintf(names[number], sizeof(names[number]), "name_%u", (unsigned)number);
    return slice_of_text(names[number]);
}

Test(slice_map, it_agrees_with_an_array_after_any_puts_and_removals) {
    struct chunks chunks = chunks_open();
    struct slice_map map;
    slice_map_open(&map, &chunks.source, 42);
    static int marks[8];
    void *expected[KEYS] = {NULL};
    uint32_t count = 0;
    struct random random;
    random_open(&random, 2);
    for (int step = 0; step < 100000; step++) {
        uint64_t key = random_below(&random, KEYS);
        if (random_chance(&random, step < 50000 ? 0.6 : 0.4)) {
            void *value = &marks[random_below(&random, 8)];
            cr_assert_eq(slice_map_put(&map, name_of(key), value), expected[key]);
            count += expected[key] == NULL;
            expected[key] = value;
        } else {
            cr_assert_eq(slice_map_remove(&map, name_of(key)), expected[key]);
            count -= expected[key] != NULL;
            expected[key] = NULL;
        }
        uint64_t other = random_below(&random, KEYS);
        cr_assert_eq(slice_map_find(&map, name_of(other)), expected[other]);
        cr_assert_eq(map.count, count);
    }
    cr_assert_leq(map.place_count, 4 * KEYS);
    slice_map_close(&map);
    cr_assert_eq(chunks.out_bytes, 0);
}

Test(slice_map, a_walk_follows_insertion_whatever_the_seed) {
    struct chunks chunks = chunks_open();
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct slice_map map;
        slice_map_open(&map, &chunks.source, seed);
        for (uint64_t i = 0; i < 200; i++) slice_map_put(&map, name_of(199 - i), names[199 - i]);
        for (uint64_t i = 0; i < 200; i += 2) slice_map_remove(&map, name_of(i));
        uint32_t cursor = 0;
        struct slice key;
        for (uint64_t i = 0; i < 100; i++) {
            cr_assert_eq(slice_map_next(&map, &cursor, &key), names[199 - 2 * i]);
            cr_assert(slice_equal(key, name_of(199 - 2 * i)));
        }
        cr_assert_null(slice_map_next(&map, &cursor, &key));
        slice_map_close(&map);
    }
}

Test(slice_map, the_empty_key_is_a_key) {
    struct chunks chunks = chunks_open();
    struct slice_map map;
    slice_map_open(&map, &chunks.source, 0);
    cr_assert_null(slice_map_find(&map, SLICE_EMPTY));
    slice_map_put(&map, SLICE_EMPTY, &map);
    cr_assert_eq(slice_map_find(&map, SLICE_LITERAL("")), &map);
    cr_assert_null(slice_map_find(&map, SLICE_LITERAL("\0")));
    slice_map_close(&map);
}
