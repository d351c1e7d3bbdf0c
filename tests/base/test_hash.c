#include <criterion/criterion.h>

#include "base/hash.h"

/* Buckets are stored by these values: a library that computes others must not be linked. */
Test(hash, values_are_those_of_xxh3) {
    cr_assert_eq(hash_bytes(SLICE_EMPTY), 0x2d06800538d394c2);
    cr_assert_eq(hash_u64(0), hash_bytes(SLICE_LITERAL("\0\0\0\0\0\0\0\0")));
    cr_assert_neq(hash_pair(1, 2), hash_pair(2, 1));
    cr_assert_neq(hash_bytes_seeded(SLICE_LITERAL("k"), 1),
                  hash_bytes_seeded(SLICE_LITERAL("k"), 2));
}
