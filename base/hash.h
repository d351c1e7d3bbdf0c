/* base/hash.h: the one hash of keys, XXH3 with 64 bits.
 *
 * Its values are stored and travel (a row's bucket is derived from it), so it never changes. Not
 * for secrets; where strangers choose the keys of a table in memory, hash_bytes_seeded with a
 * random seed.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/bytes.h"

#define XXH_INLINE_ALL
#define XXH_NO_STREAM
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <xxhash.h>
#pragma GCC diagnostic pop

static inline uint64_t hash_bytes(struct slice bytes) {
    return XXH3_64bits(bytes.data, bytes.size);
}
static inline uint64_t hash_bytes_seeded(struct slice bytes, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes.data, bytes.size, seed);
}
/* Of the 8 bytes, little endian. */
static inline uint64_t hash_u64(uint64_t value) { return XXH3_64bits(&value, sizeof(value)); }
/* One hash of two, where order matters. */
static inline uint64_t hash_pair(uint64_t first, uint64_t second) {
    uint64_t both[2] = {first, second};
    return XXH3_64bits(both, sizeof(both));
}

#endif
