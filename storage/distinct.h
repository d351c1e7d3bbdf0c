/* storage/distinct.h: about how many distinct keys an index has, for the planner.
 */
#ifndef STORAGE_DISTINCT_H
#define STORAGE_DISTINCT_H

#include "base/check.h"

#define DISTINCT_KEPT 64

struct distinct {
    uint32_t count;                   /* of smallest */
    uint64_t smallest[DISTINCT_KEPT]; /* rising */
};

/* Notes the hash of a key that was added. */
void distinct_add(struct distinct *distinct, uint64_t hash);
/* Exact below DISTINCT_KEPT, else within about 12%; keys that were removed still count. */
uint64_t distinct_estimate(const struct distinct *distinct);

#endif
