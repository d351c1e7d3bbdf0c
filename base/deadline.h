/* base/deadline.h: many deadlines, and which comes first.
 *
 * A deadline lives inside what it belongs to and knows its place, so arming again and disarming
 * cost O(log n) without a search. Equal times come in the order of arming.
 */
#ifndef BASE_DEADLINE_H
#define BASE_DEADLINE_H

#include "base/arena.h"

#define DEADLINE_NEVER UINT64_MAX

/* All zero: not armed. Must not move or die while it is armed. */
struct deadline {
    uint64_t at_us;
    uint64_t order; /* number of its arming */
    uint32_t place; /* in the heap, from 1; 0: not armed */
};

struct deadline_heap {
    struct chunk_source *source;
    struct deadline **entries; /* [0] is unused */
    uint32_t count, capacity;
    uint64_t order_next;
};

void deadline_open(struct deadline_heap *heap, struct chunk_source *source);
/* Forgets armed deadlines without touching them: their owners may be gone. */
void deadline_close(struct deadline_heap *heap);

static inline bool deadline_is_armed(const struct deadline *deadline) {
    return deadline->place != 0;
}
/* Sets it, whether it is armed already or not. */
void deadline_arm(struct deadline_heap *heap, struct deadline *deadline, uint64_t at_us);
/* Nothing when it is not armed. */
void deadline_disarm(struct deadline_heap *heap, struct deadline *deadline);
/* The time of the earliest one, DEADLINE_NEVER when none is armed. */
static inline uint64_t deadline_earliest_us(const struct deadline_heap *heap) {
    return heap->count == 0 ? DEADLINE_NEVER : heap->entries[1]->at_us;
}
/* Disarms and returns the earliest one if its time is now_us or before, else NULL. */
struct deadline *deadline_pop(struct deadline_heap *heap, uint64_t now_us);

#endif
