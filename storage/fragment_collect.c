/* fragment_collect.c: which versions nobody can see any more, found without a search.
 *
 * A row with something superseded stands in a queue, in the order of commits:
 *
 *   queue:       row -> row -> row      looked at once X has passed the superseding timestamp
 *   parked[s]:   row -> row             something of the row is needed by the live snapshot s
 *
 * A version v below a newer one n (both committed, next to each other) is seen by the snapshots
 * from v's timestamp to just below n's. It goes when n's is at or below X and no live snapshot
 * lies between (V1). When snapshots are dropped from the set, what was parked for them goes to the
 * front of the queue. A tombstone that has become the only version goes with its row.
 *
 *   (G1) A row has at most one entry in the queue and one that is parked; flags in the anchor say
 *        which. A row with a flag is not removed, so no entry is stale. An entry that comes back
 *        from parking keeps its flag.
 *   (G2) Dropping a version between two others never changes who needs the one below: no live
 *        snapshot was there.
 *   (G3) There are few parked queues. When all are taken, a row waits for another live snapshot
 *        than its own: it goes later, never too early.
 *   (G4) A tombstone under a pending version stays; undo notes it again, commit notes the row
 *        anyway.
 */
#include "storage/fragment_private.h"

static struct garbage_entry *entry_at(const struct fragments *fragments, uint32_t entry) {
    CHECK(entry != MEMORY_NONE);
    return memory_at(fragments->memory, entry);
}

/* ---- queues ---- */

static void queue_push(struct fragments *fragments, struct garbage_queue *queue, uint32_t entry) {
    entry_at(fragments, entry)->next = MEMORY_NONE;
    if (queue->last != MEMORY_NONE)
        entry_at(fragments, queue->last)->next = entry;
    else
        queue->first = entry;
    queue->last = entry;
    CHECK(queue->first != MEMORY_NONE);
}

static uint32_t queue_pop(struct fragments *fragments, struct garbage_queue *queue) {
    uint32_t entry = queue->first;
    CHECK(entry != MEMORY_NONE);
    queue->first = entry_at(fragments, entry)->next;
    if (queue->first == MEMORY_NONE) queue->last = MEMORY_NONE;
    return entry;
}

/* All of `from` before all of `to`. */
static void queue_splice(struct fragments *fragments, struct garbage_queue *to,
                         struct garbage_queue *from) {
    CHECK(to != from);
    if (from->first == MEMORY_NONE) return;
    entry_at(fragments, from->last)->next = to->first;
    if (to->last == MEMORY_NONE) to->last = from->last;
    to->first = from->first;
    *from = (struct garbage_queue){0};
}

enum status garbage_take(struct fragments *fragments, enum memory_need need, uint32_t *entry_out) {
    CHECK(need == MEMORY_UNDO || need == MEMORY_GROW);
    return memory_take(fragments->memory, sizeof(struct garbage_entry), need, entry_out);
}

void garbage_give(struct fragments *fragments, uint32_t entry) {
    CHECK(entry != MEMORY_NONE);
    memory_give(fragments->memory, entry, sizeof(struct garbage_entry));
}

void garbage_note(struct fragment *fragment, uint32_t row, uint64_t timestamp, uint32_t entry) {
    struct fragments *fragments = fragment->owner;
    struct row_anchor *anchor = row_at(fragments->memory, row);
    CHECK(timestamp <= TIMESTAMP_MAX);
    if ((anchor->inline_units & ROW_QUEUED) != 0) {
        garbage_give(fragments, entry);
        return;
    }
    row_set_flag(anchor, ROW_QUEUED);
    *entry_at(fragments, entry) = (struct garbage_entry){.row = row,
                                                         .fragment_slot = (uint16_t)fragment->slot,
                                                         .timestamp = timestamp & TIMESTAMP_MAX};
    queue_push(fragments, &fragments->garbage.queue, entry);
    fragments->garbage.entry_count++;
    fragment->garbage_count++;
}

static void garbage_abandon_queue(struct fragments *fragments, struct garbage_queue *queue) {
    CHECK((queue->first == MEMORY_NONE) == (queue->last == MEMORY_NONE));
    while (queue->first != MEMORY_NONE) {
        garbage_give(fragments, queue_pop(fragments, queue));
        fragments->garbage.entry_count--;
    }
}

void garbage_abandon(struct fragments *fragments) {
    garbage_abandon_queue(fragments, &fragments->garbage.queue);
    for (uint32_t i = 0; i < GARBAGE_PARKED_MAX; i++)
        garbage_abandon_queue(fragments, &fragments->garbage.parked[i].queue);
    CHECK(fragments->garbage.entry_count == 0);
}

/* ---- who needs a version ---- */

/* The greatest live snapshot in [from, below); false when there is none. */
static bool horizon_find(const struct fragment_horizon *horizon, uint64_t from, uint64_t below,
                         uint64_t *snapshot_out) {
    uint32_t low = 0, high = horizon->snapshot_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (horizon->snapshots[middle] < below)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || horizon->snapshots[low - 1] < from) return false;
    CHECK(horizon->snapshots[low - 1] < below);
    *snapshot_out = horizon->snapshots[low - 1];
    return true;
}

/* What is left of a row, and what it waits for. */
struct leftover {
    bool is_gone; /* nothing is left */
    bool waits_for_horizon;
    uint64_t timestamp; /* then: the smallest that X has to reach */
    bool waits_for_snapshot;
    uint64_t snapshot;
};

static void leftover_wait_horizon(struct leftover *leftover, uint64_t timestamp) {
    CHECK(timestamp <= TIMESTAMP_MAX);
    if (!leftover->waits_for_horizon || timestamp < leftover->timestamp)
        leftover->timestamp = timestamp;
    leftover->waits_for_horizon = true;
}

/* Drops what may go below `newer`, a committed version. */
static void collect_below(struct fragment *fragment, uint32_t row, uint32_t newer,
                          const struct fragment_horizon *horizon, struct leftover *leftover) {
    struct memory *memory = fragment_memory(fragment);
    CHECK(!version_is_pending(version_at(memory, newer)));
    for (;;) {
        uint64_t until = version_timestamp(version_at(memory, newer)), snapshot;
        uint32_t at = version_older(version_at(memory, newer));
        if (at == MEMORY_NONE) return;
        const struct version *version = version_at(memory, at);
        if (until > horizon->complete_below) {
            leftover_wait_horizon(leftover, until);
            newer = at;
        } else if (horizon_find(horizon, version_timestamp(version), until, &snapshot)) {
            leftover->waits_for_snapshot = true;
            leftover->snapshot = snapshot;
            newer = at;
        } else {
            fragment->owner->garbage.bytes -= VERSION_HEADER_BYTES + (uint64_t)version->size;
            version_drop(fragment, row, newer, at);
        }
    }
}

/* Drops what may go of the row. */
static struct leftover collect_row(struct fragment *fragment, uint32_t row,
                                   const struct fragment_horizon *horizon) {
    struct memory *memory = fragment_memory(fragment);
    struct row_anchor *anchor = row_at(memory, row);
    struct leftover leftover = {0};
    uint32_t at = anchor->newest;
    CHECK(at != MEMORY_NONE);
    while (version_is_pending(version_at(memory, at))) {
        at = version_older(version_at(memory, at));
        CHECK(at != MEMORY_NONE); /* (G1): there is a committed one */
    }
    collect_below(fragment, row, at, horizon, &leftover);
    const struct version *newest = version_at(memory, at);
    bool is_alone = anchor->newest == at && version_older(newest) == MEMORY_NONE;
    if (!is_alone || !version_is_tombstone(newest)) return leftover;
    if (version_timestamp(newest) > horizon->complete_below) {
        leftover_wait_horizon(&leftover, version_timestamp(newest));
    } else if ((anchor->inline_units & (ROW_QUEUED | ROW_PARKED)) == 0) {
        version_drop(fragment, row, MEMORY_NONE, at);
        row_remove(fragment, row);
        leftover.is_gone = true;
    }
    return leftover;
}

/* ---- the queue's turn ---- */

static struct garbage_queue *parked_queue(struct fragments *fragments, uint64_t snapshot) {
    struct garbage_parked *parked = fragments->garbage.parked, *unused = NULL;
    for (uint32_t i = 0; i < GARBAGE_PARKED_MAX; i++) {
        if (parked[i].queue.first == MEMORY_NONE) {
            if (unused == NULL) unused = &parked[i];
        } else if (parked[i].snapshot == snapshot) {
            return &parked[i].queue;
        }
    }
    if (unused == NULL) return &parked[snapshot % GARBAGE_PARKED_MAX].queue; /* (G3) */
    unused->snapshot = snapshot;
    CHECK(unused->queue.last == MEMORY_NONE);
    return &unused->queue;
}

static void entry_finish(struct fragments *fragments, struct fragment *fragment, uint32_t entry) {
    CHECK(fragments->garbage.entry_count > 0 && fragment->garbage_count > 0);
    garbage_give(fragments, entry);
    fragments->garbage.entry_count--;
    fragment->garbage_count--;
    bool is_last = fragment->garbage_count == 0 && fragment->state == FRAGMENT_GHOST;
    if (is_last) fragment->state = FRAGMENT_FREE;
}

/* The row is still there and waits: the entry does, too, unless another one does already. */
static void entry_requeue(struct fragments *fragments, struct fragment *fragment, uint32_t handle,
                          const struct leftover *leftover) {
    struct garbage_entry *entry = entry_at(fragments, handle);
    struct row_anchor *anchor = row_at(fragments->memory, entry->row);
    uint32_t flag = leftover->waits_for_horizon ? ROW_QUEUED : ROW_PARKED;
    CHECK(leftover->waits_for_horizon || leftover->waits_for_snapshot);
    if ((anchor->inline_units & flag) != 0) {
        entry_finish(fragments, fragment, handle);
        return;
    }
    row_set_flag(anchor, flag);
    entry->is_parked = flag == ROW_PARKED;
    if (leftover->waits_for_horizon) {
        entry->timestamp = leftover->timestamp & TIMESTAMP_MAX;
        queue_push(fragments, &fragments->garbage.queue, handle);
    } else {
        entry->timestamp = 0; /* when it comes back, X is no obstacle */
        queue_push(fragments, parked_queue(fragments, leftover->snapshot), handle);
    }
}

static void collect_entry(struct fragments *fragments, uint32_t handle,
                          const struct fragment_horizon *horizon) {
    const struct garbage_entry *entry = entry_at(fragments, handle);
    struct fragment *fragment = &fragments->slots[entry->fragment_slot];
    CHECK(fragment->state != FRAGMENT_FREE);
    if (fragment->state != FRAGMENT_OPEN) {
        entry_finish(fragments, fragment, handle);
        return;
    }
    uint32_t row = entry->row;
    struct row_anchor *anchor = row_at(fragments->memory, row);
    uint32_t flag = entry->is_parked ? ROW_PARKED : ROW_QUEUED;
    CHECK((anchor->inline_units & flag) != 0); /* (G1) */
    row_clear_flag(anchor, flag);
    struct leftover leftover = collect_row(fragment, row, horizon);
    if (!leftover.is_gone) row_settle(fragment, row);
    if (leftover.waits_for_horizon || leftover.waits_for_snapshot)
        entry_requeue(fragments, fragment, handle, &leftover);
    else
        entry_finish(fragments, fragment, handle);
}

static bool horizon_holds(const struct fragment_horizon *horizon, uint64_t snapshot) {
    uint64_t found;
    CHECK(snapshot <= TIMESTAMP_MAX);
    return horizon_find(horizon, snapshot, snapshot + 1, &found);
}

/* What was parked for snapshots that have ended is looked at first. */
static void unpark(struct fragments *fragments, const struct fragment_horizon *horizon) {
    struct garbage *garbage = &fragments->garbage;
    for (uint32_t i = 0; i < GARBAGE_PARKED_MAX; i++) {
        struct garbage_parked *parked = &garbage->parked[i];
        if (parked->queue.first == MEMORY_NONE) continue;
        CHECK(parked->queue.last != MEMORY_NONE);
        if (horizon_holds(horizon, parked->snapshot)) continue;
        queue_splice(fragments, &garbage->queue, &parked->queue);
    }
}

bool fragment_collect(struct fragments *fragments, const struct fragment_horizon *horizon,
                      uint32_t budget) {
    CHECK(budget > 0);
    CHECK(horizon->complete_below <= TIMESTAMP_MAX);
    struct garbage_queue *queue = &fragments->garbage.queue;
    fragments_step_end(fragments);
    if (fragments->garbage.entry_count == 0) return true;
    unpark(fragments, horizon);
    for (; queue->first != MEMORY_NONE; budget--) {
        if (entry_at(fragments, queue->first)->timestamp > horizon->complete_below) return true;
        if (budget == 0) return false;
        collect_entry(fragments, queue_pop(fragments, queue), horizon);
    }
    return true;
}
