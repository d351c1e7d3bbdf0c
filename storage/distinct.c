/* distinct.c: counting distinct keys by the smallest of their hashes.
 *
 * Hashes of distinct keys are spread evenly over 64 bits. When the k-th smallest of them is at the
 * fraction f of the range, about (k - 1) / f distinct ones were seen. An add looks at the largest
 * kept hash and mostly is done. Keys that are removed are not forgotten; the caller bounds the
 * estimate by the number of rows.
 *
 *   (E1) smallest[] rises strictly: a hash is kept once.
 */
#include "storage/distinct.h"

#include <string.h>

void distinct_add(struct distinct *distinct, uint64_t hash) {
    uint32_t count = distinct->count;
    CHECK(count <= DISTINCT_KEPT);
    if (count == DISTINCT_KEPT && hash >= distinct->smallest[count - 1]) return;
    uint32_t at = count;
    while (at > 0 && distinct->smallest[at - 1] > hash) at--;
    if (at > 0 && distinct->smallest[at - 1] == hash) return; /* (E1) */
    if (count < DISTINCT_KEPT) count = ++distinct->count;
    memmove(&distinct->smallest[at + 1], &distinct->smallest[at],
            (count - 1 - at) * sizeof(distinct->smallest[0]));
    distinct->smallest[at] = hash;
    CHECK(at == 0 || distinct->smallest[at - 1] < hash);
}

uint64_t distinct_estimate(const struct distinct *distinct) {
    CHECK(distinct->count <= DISTINCT_KEPT);
    if (distinct->count < DISTINCT_KEPT) return distinct->count;
    uint64_t last = distinct->smallest[DISTINCT_KEPT - 1];
    CHECK(last >= DISTINCT_KEPT - 1);
    return (uint64_t)(((unsigned __int128)(DISTINCT_KEPT - 1) << 64) / last);
}
