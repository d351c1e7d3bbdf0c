#include <criterion/criterion.h>
#include <string.h>

#include "base/random.h"

/* Reference: the published xoshiro256** from the state 1, 2, 3, 4. */
Test(random, it_is_xoshiro256_starstar) {
    struct random random = {{1, 2, 3, 4}};
    cr_assert_eq(random_u64(&random), 11520);
    cr_assert_eq(random_u64(&random), 0);
    cr_assert_eq(random_u64(&random), 1509978240);
    cr_assert_eq(random_u64(&random), 1215971899390074240);
}

Test(random, one_seed_is_one_sequence) {
    struct random a, b, c;
    random_open(&a, 7);
    random_open(&b, 7);
    random_open(&c, 8);
    for (int i = 0; i < 100; i++) cr_assert_eq(random_u64(&a), random_u64(&b));
    cr_assert_neq(random_u64(&a), random_u64(&c));
    struct random part = random_split(&a), other = random_split(&b);
    cr_assert_neq(random_u64(&part), random_u64(&a));
    cr_assert_neq(part.state[0], other.state[0]);
}

Test(random, numbers_stay_in_their_bounds_and_reach_them) {
    struct random random;
    random_open(&random, 1);
    int seen[10] = {0};
    for (int i = 0; i < 10000; i++) seen[random_below(&random, 10)]++;
    for (int i = 0; i < 10; i++) cr_assert(seen[i] > 850 && seen[i] < 1150);
    for (int i = 0; i < 1000; i++) {
        uint64_t drawn = random_range(&random, 5, 7);
        cr_assert(drawn >= 5 && drawn <= 7);
        double unit = random_unit(&random);
        cr_assert(unit >= 0 && unit < 1);
        cr_assert(random_chance(&random, 1));
        cr_assert(!random_chance(&random, 0));
    }
    cr_assert_eq(random_range(&random, 9, 9), 9);
    random_range(&random, 0, UINT64_MAX);
    random_below(&random, (1ull << 63) + 1);
}

Test(random, bytes_fill_exactly_their_memory) {
    struct random random;
    random_open(&random, 1);
    uint8_t memory[32];
    memset(memory, 0, sizeof(memory));
    random_bytes(&random, memory, 13);
    for (int i = 13; i < 32; i++) cr_assert_eq(memory[i], 0);
    random_bytes(&random, memory, 0);
}
