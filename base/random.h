/* base/random.h: chance from a seed. Same seed, same calls, same numbers, on every machine.
 *
 * xoshiro256** behind splitmix64. Not for secrets: nonces and keys come as arguments from io/.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/check.h"

struct random {
    uint64_t state[4]; /* never all zero */
};

void random_open(struct random *random, uint64_t seed);
/* A generator of its own for a part, so that what one part draws does not move another's numbers.
 */
struct random random_split(struct random *random);

uint64_t random_u64(struct random *random);
/* 0 to bound - 1, unbiased; bound > 0. */
uint64_t random_below(struct random *random, uint64_t bound);
/* low to high, both included; low <= high. */
uint64_t random_range(struct random *random, uint64_t low, uint64_t high);
/* 0 to below 1, 53 bits. */
double random_unit(struct random *random);
/* True with the given probability, 0 to 1. One number is drawn whatever the probability is. */
bool random_chance(struct random *random, double probability);
void random_bytes(struct random *random, void *memory, size_t size);

#endif
