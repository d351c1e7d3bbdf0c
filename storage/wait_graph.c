/* wait_graph.c: who waits for whom, to find deadlocks inside a shard and to tell of them outside.
 *
 * An owner waits for one lock at most, and there for the holders and for those before it in the
 * queue. Those before it wait for the same holders, and for nothing else. So whatever a waiter
 * waits for, directly or over others, it reaches by going from lock to holders and from holder to
 * the lock that it waits for:
 *
 *   requester -> lock -> holder -> lock that it waits for -> holder -> ... -> requester?
 *
 *   (W1) A wait never begins if it closes a cycle, so there is none before, and a cycle found now
 *        goes over the requester; ending it ends the cycle.
 *   (W2) A search looks at VISITS_MAX holders at most. Beyond that it says "cycle": the requester
 *        gets a retriable error where a wait might have been right, and the shard stays
 *        responsive.
 *   (W3) Edges for the cross-shard detector: to the nearest predecessor in the queue that is not
 *        compatible, or, without one, to the holders that are not compatible. All that a waiter
 *        waits for is reachable over such edges, and a long queue gives one edge a waiter.
 */
#include "storage/lock_private.h"

enum { VISITS_MAX = 65536 };

/* ---- the local check ---- */

struct search {
    uint32_t depth; /* owners on the stack, waiting ones whose lock is to be looked at */
    uint32_t visits;
    uint32_t mark;
};

/* Looks at the holders of one lock; true when the requester is among them. */
static bool search_holders(struct lock_table *table, uint32_t lock, uint32_t requester,
                           struct search *search) {
    uint32_t at = lock_at(table, lock)->granted_first;
    for (; at != MEMORY_NONE; at = request_at(table, at)->next) {
        uint32_t number = request_at(table, at)->owner;
        if (number == requester) return true;
        if (++search->visits > VISITS_MAX) return true; /* (W2) */
        struct lock_owner *owner = owner_at(table, number);
        if (owner->mark == search->mark || owner->waiting == MEMORY_NONE) continue;
        owner->mark = search->mark;
        CHECK(search->depth < table->owner_count);
        table->stack[search->depth++] = number;
    }
    return false;
}

static uint32_t mark_next(struct lock_table *table) {
    if (table->mark_last == UINT32_MAX) {
        for (uint32_t i = 0; i < table->owner_count; i++) table->owners[i].mark = 0;
        table->mark_last = 0;
    }
    CHECK(table->mark_last < UINT32_MAX);
    return ++table->mark_last;
}

bool wait_graph_has_cycle(struct lock_table *table, uint32_t lock, uint32_t requester) {
    struct search search = {.mark = mark_next(table)};
    CHECK(owner_at(table, requester)->waiting == MEMORY_NONE);
    /* at the first lock the requester may be a holder itself: it upgrades */
    uint32_t at = lock_at(table, lock)->granted_first;
    for (; at != MEMORY_NONE; at = request_at(table, at)->next) {
        uint32_t number = request_at(table, at)->owner;
        struct lock_owner *owner = owner_at(table, number);
        if (number == requester || owner->waiting == MEMORY_NONE) continue;
        owner->mark = search.mark;
        table->stack[search.depth++] = number;
    }
    while (search.depth > 0) {
        const struct lock_owner *owner = owner_at(table, table->stack[--search.depth]);
        CHECK(owner->waiting != MEMORY_NONE);
        uint32_t next = request_at(table, owner->waiting)->lock;
        if (search_holders(table, next, requester, &search)) return true;
    }
    return false;
}

/* ---- edges for the detector (W3) ---- */

static bool modes_conflict(uint32_t a, uint32_t b) {
    CHECK(a != LOCK_NONE && b != LOCK_NONE);
    return a == LOCK_EXCLUSIVE || b == LOCK_EXCLUSIVE;
}

static const struct request *conflicting_predecessor(const struct lock_table *table,
                                                     const struct request *waiting) {
    uint32_t at = waiting->previous;
    CHECK(waiting->mode != LOCK_NONE);
    for (; at != MEMORY_NONE; at = request_at(table, at)->previous)
        if (modes_conflict(request_at(table, at)->mode, waiting->mode))
            return request_at(table, at);
    return NULL;
}

struct edge_list {
    struct lock_edge *edges;
    uint32_t count, max;
    uint32_t wanted; /* edges that this waiter has, whether they fitted or not */
};

static void edge_add(struct edge_list *list, uint32_t waiter, uint32_t holder, uint64_t wait_id) {
    CHECK(waiter != holder);
    CHECK(list->count <= list->max);
    list->wanted++;
    if (list->count < list->max)
        list->edges[list->count++] = (struct lock_edge){waiter, holder, wait_id};
}

static void waiter_edges(const struct lock_table *table, uint32_t number, struct edge_list *list) {
    const struct lock_owner *owner = owner_at(table, number);
    const struct request *waiting = request_at(table, owner->waiting);
    CHECK(waiting->owner == number);
    list->wanted = 0;
    const struct request *before = conflicting_predecessor(table, waiting);
    if (before != NULL) {
        edge_add(list, number, before->owner, owner->wait_id);
        return;
    }
    uint32_t at = lock_at(table, waiting->lock)->granted_first;
    for (; at != MEMORY_NONE; at = request_at(table, at)->next) {
        const struct request *holder = request_at(table, at);
        if (holder->owner == number || !modes_conflict(holder->mode, waiting->mode)) continue;
        edge_add(list, number, holder->owner, owner->wait_id);
    }
}

uint32_t lock_edges(const struct lock_table *table, uint64_t since_us, uint32_t *waiter_from,
                    struct lock_edge *edges, uint32_t edge_max) {
    CHECK(edge_max > 0);
    struct edge_list list = {.edges = edges, .max = edge_max};
    for (; *waiter_from < table->owner_count && table->waiting_count > 0; (*waiter_from)++) {
        const struct lock_owner *owner = owner_at(table, *waiter_from);
        if (owner->waiting == MEMORY_NONE || owner->since_us > since_us) continue;
        uint32_t count = list.count;
        waiter_edges(table, *waiter_from, &list);
        bool fits = list.wanted <= edge_max - count;
        if (fits) continue;
        if (count > 0) return count; /* it comes first next time */
        (*waiter_from)++;
        return list.count;
    }
    *waiter_from = table->owner_count;
    CHECK(list.count <= edge_max);
    return list.count;
}
