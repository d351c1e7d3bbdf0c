/* deadline.c: a binary heap of pointers to deadlines.
 *
 *   entries: | - | 1 | 2 | 3 | 4 | 5 | ...     children of place p: 2p and 2p + 1
 *
 *   (H1) No deadline comes before its parent, in the order of (at_us, order).
 *   (H2) entries[d->place] == d for every armed deadline.
 */
#include "base/deadline.h"

enum { DEADLINES_MIN = 64 };

void deadline_open(struct deadline_heap *heap, struct chunk_source *source) {
    CHECK(source != NULL);
    *heap = (struct deadline_heap){.source = source};
}

static size_t entries_bytes(uint32_t capacity) {
    return (size_t)capacity * sizeof(struct deadline *);
}

void deadline_close(struct deadline_heap *heap) {
    if (heap->entries != NULL)
        heap->source->give(heap->source, heap->entries, entries_bytes(heap->capacity));
    deadline_open(heap, heap->source);
}

static void deadline_grow(struct deadline_heap *heap) {
    CHECK(heap->capacity <= UINT32_MAX / 2);
    uint32_t capacity = MAX(2 * heap->capacity, (uint32_t)DEADLINES_MIN);
    struct deadline **entries = heap->source->take(heap->source, entries_bytes(capacity));
    CHECK(entries != NULL);
    entries[0] = NULL;
    if (heap->entries != NULL) {
        memcpy(entries, heap->entries, entries_bytes(heap->count + 1));
        heap->source->give(heap->source, heap->entries, entries_bytes(heap->capacity));
    }
    heap->entries = entries;
    heap->capacity = capacity;
}

static bool is_before(const struct deadline *a, const struct deadline *b) {
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void deadline_set(struct deadline_heap *heap, uint32_t place, struct deadline *deadline) {
    heap->entries[place] = deadline;
    deadline->place = place; /* (H2) */
}

/* Puts the deadline at `place` or above it, where (H1) holds upwards. */
static void deadline_rise(struct deadline_heap *heap, uint32_t place, struct deadline *deadline) {
    for (; place > 1 && is_before(deadline, heap->entries[place / 2]); place /= 2)
        deadline_set(heap, place, heap->entries[place / 2]);
    deadline_set(heap, place, deadline);
}

/* Puts the deadline at `place` or below it, where (H1) holds downwards. */
static void deadline_sink(struct deadline_heap *heap, uint32_t place, struct deadline *deadline) {
    for (uint32_t child; (child = 2 * place) <= heap->count; place = child) {
        if (child < heap->count && is_before(heap->entries[child + 1], heap->entries[child]))
            child++;
        if (!is_before(heap->entries[child], deadline)) break;
        deadline_set(heap, place, heap->entries[child]);
    }
    deadline_set(heap, place, deadline);
}

/* Puts the deadline near `place`, wherever (H1) wants it. */
static void deadline_settle(struct deadline_heap *heap, uint32_t place, struct deadline *deadline) {
    if (place > 1 && is_before(deadline, heap->entries[place / 2]))
        deadline_rise(heap, place, deadline);
    else
        deadline_sink(heap, place, deadline);
}

void deadline_arm(struct deadline_heap *heap, struct deadline *deadline, uint64_t at_us) {
    deadline->at_us = at_us;
    deadline->order = heap->order_next++;
    if (deadline_is_armed(deadline)) {
        CHECK(heap->entries[deadline->place] == deadline); /* (H2) */
        deadline_settle(heap, deadline->place, deadline);
        return;
    }
    if (heap->count + 1 >= heap->capacity) deadline_grow(heap);
    heap->count++;
    deadline_rise(heap, heap->count, deadline);
}

void deadline_disarm(struct deadline_heap *heap, struct deadline *deadline) {
    if (!deadline_is_armed(deadline)) return;
    uint32_t place = deadline->place;
    CHECK(place <= heap->count && heap->entries[place] == deadline); /* (H2) */
    deadline->place = 0;
    struct deadline *last = heap->entries[heap->count--];
    if (last != deadline) deadline_settle(heap, place, last);
}

struct deadline *deadline_pop(struct deadline_heap *heap, uint64_t now_us) {
    if (heap->count == 0 || heap->entries[1]->at_us > now_us) return NULL;
    struct deadline *first = heap->entries[1];
    deadline_disarm(heap, first);
    return first;
}
