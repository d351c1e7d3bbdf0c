/* random.c: the generator of the simulator, of tests and of SQL's seeded RAND.
 *
 * xoshiro256** (Blackman and Vigna, 2018): 256 bits of state, period 2^256 - 1, about 1 ns a
 * number. The seed goes through splitmix64, whose four outputs are never all zero and differ widely
 * for seeds 1, 2, 3.., which is how seeds are chosen. Bounded numbers by Lemire's multiplication,
 * without bias.
 */
#include "base/random.h"

#include <string.h>

static uint64_t rotate_left(uint64_t value, unsigned bits) {
    return value << bits | value >> (64 - bits);
}

static uint64_t splitmix_next(uint64_t *state) {
    uint64_t mixed = *state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

void random_open(struct random *random, uint64_t seed) {
    for (unsigned i = 0; i < ARRAY_COUNT(random->state); i++)
        random->state[i] = splitmix_next(&seed);
}

struct random random_split(struct random *random) {
    struct random part;
    random_open(&part, random_u64(random));
    return part;
}

uint64_t random_u64(struct random *random) {
    uint64_t *s = random->state;
    CHECK((s[0] | s[1] | s[2] | s[3]) != 0);
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t random_below(struct random *random, uint64_t bound) {
    CHECK(bound > 0);
    unsigned __int128 product = (unsigned __int128)random_u64(random) * bound;
    if ((uint64_t)product < bound) {
        uint64_t rejected =
            -bound % bound; /* 2^64 mod bound: as many low halves come once too often */
        while ((uint64_t)product < rejected)
            product = (unsigned __int128)random_u64(random) * bound;
    }
    return (uint64_t)(product >> 64);
}

uint64_t random_range(struct random *random, uint64_t low, uint64_t high) {
    CHECK(low <= high);
    uint64_t width = high - low + 1;
    return width == 0 ? random_u64(random) : low + random_below(random, width);
}

double random_unit(struct random *random) { return (double)(random_u64(random) >> 11) * 0x1p-53; }

bool random_chance(struct random *random, double probability) {
    return random_unit(random) < probability;
}

void random_bytes(struct random *random, void *memory, size_t size) {
    uint8_t *at = memory;
    while (size > 0) {
        uint64_t drawn = random_u64(random);
        size_t part = MIN(size, sizeof(drawn));
        memcpy(at, &drawn, part);
        at += part;
        size -= part;
    }
}
