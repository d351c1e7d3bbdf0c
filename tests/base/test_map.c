#include <criterion/criterion.h>

#include "base/map.h"
#include "base/random.h"
#include "tests/base/chunks.h"

enum { KEYS = 512 };

/* Every key is compared with an array that is obviously right. */
Test(map, it_agrees_with_an_array_after_any_puts_and_removals) {
    struct chunks chunks = chunks_open();
    struct map map;
    map_open(&map, &chunks.source);
    static int marks[8];
    void *expected[KEYS] = {NULL};
    uint64_t count = 0;
    struct random random;
    random_open(&random, 1);
    for (int step = 0; step < 100000; step++) {
        uint64_t key = random_below(&random, KEYS);
        if (random_chance(&random, step < 50000 ? 0.6 : 0.4)) {
            void *value = &marks[random_below(&random, 8)];
            cr_assert_eq(map_put(&map, key << 32, value), expected[key]);
            count += expected[key] == NULL;
            expected[key] = value;
        } else {
            cr_assert_eq(map_remove(&map, key << 32), expected[key]);
            count -= expected[key] != NULL;
            expected[key] = NULL;
        }
        uint64_t other = random_below(&random, KEYS);
        cr_assert_eq(map_find(&map, other << 32), expected[other]);
        cr_assert_eq(map.count, count);
    }
    map_close(&map);
    cr_assert_eq(chunks.out_bytes, 0);
}

Test(map, a_walk_visits_each_member_once_in_an_order_free_of_addresses) {
    struct chunks chunks = chunks_open();
    struct map first, second;
    map_open(&first, &chunks.source);
    map_open(&second, &chunks.source);
    static int low[1000], high[1000];
    for (uint64_t key = 0; key < 1000; key++) {
        map_put(&first, key, &low[key]);
        map_put(&second, key, &high[999 - key]);
    }
    uint64_t first_at = 0, second_at = 0, first_key, second_key, count = 0;
    while (map_next(&first, &first_at, &first_key) != NULL) {
        cr_assert_not_null(map_next(&second, &second_at, &second_key));
        cr_assert_eq(first_key, second_key);
        count++;
    }
    cr_assert_eq(count, 1000);
    cr_assert_null(map_next(&second, &second_at, NULL));
    map_close(&first);
    map_close(&second);
}

Test(map, an_empty_map_owns_nothing_and_finds_nothing) {
    struct chunks chunks = chunks_open();
    struct map map;
    map_open(&map, &chunks.source);
    uint64_t cursor = 0;
    cr_assert_null(map_find(&map, 0));
    cr_assert_null(map_remove(&map, 0));
    cr_assert_null(map_next(&map, &cursor, NULL));
    cr_assert_eq(chunks.take_count, 0);
    map_close(&map);
}

Test(map, after_a_reservation_puts_take_no_memory) {
    struct chunks chunks = chunks_open();
    struct map map;
    map_open(&map, &chunks.source);
    map_reserve(&map, 1000);
    for (uint64_t key = 0; key < 1000; key++) map_put(&map, key, &map);
    cr_assert_eq(chunks.take_count, 1);
    map_close(&map);
}
