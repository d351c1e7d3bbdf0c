/* lock.c: who holds which row, who waits for it, and who is next.
 *
 *   bucket -> lock -> lock                 lock -> granted: request - request   (all S, or one X)
 *                                               -> waiting: request - request   (FIFO)
 *   owner  -> request - request            its granted ones, newest first
 *          -> waiting request              one at most
 *
 *   free -> WAITING -> GRANTED -> free     WAITING -> free: time-out, cancel
 *      \------------------^
 *
 * A lock exists while somebody holds it or waits for it. Locks and requests are cells of 32 bytes;
 * one that nobody contends for costs a bucket's line and two cells.
 *
 * An upgrade waits with a request of its own beside the granted S one; when it is granted, that
 * one becomes X. Upgrades stand before all others that wait, in the order of their coming. Of two
 * upgrades of one lock the second is a deadlock by definition, and is found as one.
 *
 * The buckets double when there are more locks than buckets: each acquire then moves two buckets of
 * the old array, so no acquire pays for all. Without memory for that, chains grow.
 *
 *   (Q1) A lock has a waiting request only when its first waiting one is not compatible with the
 *        granted ones.
 *   (Q2) Buckets of the old array below moved_count are empty.
 */
#include "storage/lock_private.h"

enum {
    BUCKETS_FIRST = 256,
    BUCKETS_MAX = 1 << 24,
    BUCKETS_MOVED_PER_ACQUIRE = 2,
    RELEASES_AHEAD = 8,
};
static_assert(BUCKETS_MAX * sizeof(uint32_t) <= MEMORY_CELL_BYTES_MAX, "the array is one cell");

/* ---- buckets ---- */

static uint32_t *bucket_in(const struct lock_table *table, const struct lock_buckets *buckets,
                           struct lock_name name) {
    CHECK(buckets->count > 0);
    uint32_t number = (uint32_t)(name.key_hash >> 32) + name.table_id * 0x9e3779b9u;
    uint32_t *array = memory_at(table->memory, buckets->cell);
    return &array[number & (buckets->count - 1)];
}

static uint32_t *bucket_of(const struct lock_table *table, struct lock_name name) {
    CHECK(table->moved_count <= table->old.count);
    if (table->old.count > 0) {
        uint32_t *bucket = bucket_in(table, &table->old, name);
        uint32_t *array = memory_at(table->memory, table->old.cell);
        if (bucket - array >= table->moved_count) return bucket; /* (Q2) */
    }
    return bucket_in(table, &table->buckets, name);
}

static struct lock_name lock_name_of(const struct lock *lock) {
    return (struct lock_name){lock->table_id, lock->key_hash};
}

static enum status buckets_take(struct lock_table *table, uint32_t count,
                                struct lock_buckets *buckets_out) {
    CHECK(count > 0 && (count & (count - 1)) == 0);
    buckets_out->count = count;
    enum status status =
        memory_take(table->memory, count * sizeof(uint32_t), MEMORY_GROW, &buckets_out->cell);
    if (status != STATUS_OK) return status;
    memset(memory_at(table->memory, buckets_out->cell), 0, count * sizeof(uint32_t));
    return STATUS_OK;
}

static void buckets_give(struct lock_table *table, struct lock_buckets *buckets) {
    if (buckets->count > 0)
        memory_give(table->memory, buckets->cell, buckets->count * sizeof(uint32_t));
    *buckets = (struct lock_buckets){0};
}

/* Moves one bucket of the old array. */
static void bucket_move(struct lock_table *table) {
    CHECK(table->moved_count < table->old.count);
    uint32_t *array = memory_at(table->memory, table->old.cell);
    uint32_t at = array[table->moved_count];
    array[table->moved_count++] = MEMORY_NONE;
    while (at != MEMORY_NONE) {
        struct lock *lock = lock_at(table, at);
        uint32_t next = lock->next, *bucket = bucket_in(table, &table->buckets, lock_name_of(lock));
        lock->next = *bucket;
        *bucket = at;
        at = next;
    }
    if (table->moved_count < table->old.count) return;
    buckets_give(table, &table->old);
    table->moved_count = 0;
}

static void buckets_grow(struct lock_table *table) {
    for (uint32_t i = 0; i < BUCKETS_MOVED_PER_ACQUIRE && table->old.count > 0; i++)
        bucket_move(table);
    bool is_due = table->lock_count > table->buckets.count;
    if (!is_due || table->old.count > 0 || table->buckets.count == BUCKETS_MAX) return;
    struct lock_buckets grown;
    if (buckets_take(table, 2 * table->buckets.count, &grown) != STATUS_OK) return;
    table->old = table->buckets;
    table->buckets = grown;
    CHECK(table->moved_count == 0);
}

/* ---- open and close ---- */

struct lock_table *lock_table_open(struct arena *arena, struct memory *memory,
                                   uint32_t owner_count) {
    CHECK(owner_count > 0 && owner_count < OWNER_NONE);
    struct lock_table *table = arena_new(arena, struct lock_table);
    *table = (struct lock_table){.memory = memory,
                                 .owner_count = owner_count,
                                 .grant_first = OWNER_NONE,
                                 .grant_last = OWNER_NONE};
    table->owners = arena_array(arena, struct lock_owner, owner_count);
    table->stack = arena_array(arena, uint32_t, owner_count);
    deadline_open(&table->deadlines, arena->source);
    enum status status = buckets_take(table, BUCKETS_FIRST, &table->buckets);
    CHECK(status == STATUS_OK); /* the store opens its shards while its memory is empty */
    return table;
}

void lock_table_close(struct lock_table *table) {
    for (uint32_t owner = 0; owner < table->owner_count; owner++) {
        bool done = lock_release_all(table, owner, UINT32_MAX);
        CHECK(done);
    }
    CHECK(table->lock_count == 0 && table->waiting_count == 0);
    deadline_close(&table->deadlines);
    buckets_give(table, &table->old);
    buckets_give(table, &table->buckets);
}

/* ---- locks and requests as cells ---- */

static uint32_t lock_find(const struct lock_table *table, struct lock_name name) {
    uint32_t at = *bucket_of(table, name);
    while (at != MEMORY_NONE) {
        const struct lock *lock = lock_at(table, at);
        if (lock->key_hash == name.key_hash && lock->table_id == name.table_id) return at;
        CHECK(lock->next != at);
        at = lock->next;
    }
    return MEMORY_NONE;
}

void lock_fetch(const struct lock_table *table, struct lock_name name) {
    __builtin_prefetch(bucket_of(table, name), 1);
}

void lock_fetch_first(const struct lock_table *table, struct lock_name name) {
    uint32_t first = *bucket_of(table, name);
    if (first != MEMORY_NONE) __builtin_prefetch(lock_at(table, first));
}

static enum status lock_make(struct lock_table *table, struct lock_name name, uint32_t *lock_out) {
    enum status status = memory_take(table->memory, sizeof(struct lock), MEMORY_UNDO, lock_out);
    if (status != STATUS_OK) return status;
    buckets_grow(table);
    uint32_t *bucket = bucket_of(table, name);
    *lock_at(table, *lock_out) =
        (struct lock){.key_hash = name.key_hash, .table_id = name.table_id, .next = *bucket};
    *bucket = *lock_out;
    table->lock_count++;
    CHECK(lock_find(table, name) == *lock_out);
    return STATUS_OK;
}

/* Nobody holds it, nobody waits for it. */
static void lock_forget(struct lock_table *table, uint32_t lock) {
    struct lock *going = lock_at(table, lock);
    CHECK(going->granted_count == 0 && going->waiting_first == MEMORY_NONE);
    uint32_t *link = bucket_of(table, lock_name_of(going));
    while (*link != lock) {
        CHECK(*link != MEMORY_NONE);
        link = &lock_at(table, *link)->next;
    }
    *link = going->next;
    table->lock_count--;
    memory_give(table->memory, lock, sizeof(struct lock));
}

static enum status request_make(struct lock_table *table, uint32_t lock,
                                const struct lock_request *wanted, uint32_t *request_out) {
    CHECK(wanted->mode == LOCK_SHARED || wanted->mode == LOCK_EXCLUSIVE);
    enum status status =
        memory_take(table->memory, sizeof(struct request), MEMORY_UNDO, request_out);
    if (status != STATUS_OK) return status;
    *request_at(table, *request_out) =
        (struct request){.lock = lock, .owner = wanted->owner, .mode = wanted->mode};
    return STATUS_OK;
}

static void granted_insert(struct lock_table *table, uint32_t request) {
    struct request *granted = request_at(table, request);
    struct lock *lock = lock_at(table, granted->lock);
    struct lock_owner *owner = owner_at(table, granted->owner);
    CHECK(lock->granted_count == 0 || granted->mode == LOCK_SHARED); /* (L1) */
    granted->previous = MEMORY_NONE;
    granted->next = lock->granted_first;
    if (granted->next != MEMORY_NONE) request_at(table, granted->next)->previous = request;
    lock->granted_first = request;
    lock->granted_count++;
    granted->owner_previous = MEMORY_NONE;
    granted->owner_next = owner->first;
    if (owner->first != MEMORY_NONE) request_at(table, owner->first)->owner_previous = request;
    owner->first = request;
    owner->count++;
}

static void granted_remove(struct lock_table *table, uint32_t request) {
    struct request *granted = request_at(table, request);
    struct lock *lock = lock_at(table, granted->lock);
    struct lock_owner *owner = owner_at(table, granted->owner);
    CHECK(lock->granted_count > 0 && owner->count > 0);
    if (granted->next != MEMORY_NONE)
        request_at(table, granted->next)->previous = granted->previous;
    if (granted->previous != MEMORY_NONE)
        request_at(table, granted->previous)->next = granted->next;
    else
        lock->granted_first = granted->next;
    lock->granted_count--;
    if (granted->owner_next != MEMORY_NONE)
        request_at(table, granted->owner_next)->owner_previous = granted->owner_previous;
    if (granted->owner_previous != MEMORY_NONE)
        request_at(table, granted->owner_previous)->owner_next = granted->owner_next;
    else
        owner->first = granted->owner_next;
    owner->count--;
    memory_give(table->memory, request, sizeof(struct request));
}

/* The owner's granted request; MEMORY_NONE. */
static uint32_t granted_find(const struct lock_table *table, uint32_t lock, uint32_t owner) {
    uint32_t at = lock_at(table, lock)->granted_first;
    while (at != MEMORY_NONE && request_at(table, at)->owner != owner) {
        CHECK(request_at(table, at)->lock == lock);
        at = request_at(table, at)->next;
    }
    return at;
}

/* ---- the queue of a lock ---- */

/* Upgrades go behind earlier upgrades, others to the end (L2). */
static void waiting_insert(struct lock_table *table, uint32_t request) {
    struct request *waiting = request_at(table, request);
    struct lock *lock = lock_at(table, waiting->lock);
    uint32_t before = lock->waiting_last;
    if (waiting->upgrades != MEMORY_NONE) {
        uint32_t at = lock->waiting_first;
        before = MEMORY_NONE;
        while (at != MEMORY_NONE && request_at(table, at)->upgrades != MEMORY_NONE) {
            before = at;
            at = request_at(table, at)->next;
        }
    }
    waiting->previous = before;
    waiting->next = before == MEMORY_NONE ? lock->waiting_first : request_at(table, before)->next;
    if (before == MEMORY_NONE)
        lock->waiting_first = request;
    else
        request_at(table, before)->next = request;
    if (waiting->next == MEMORY_NONE)
        lock->waiting_last = request;
    else
        request_at(table, waiting->next)->previous = request;
    CHECK(lock->waiting_first != MEMORY_NONE && lock->waiting_last != MEMORY_NONE);
}

static void waiting_remove(struct lock_table *table, uint32_t request) {
    const struct request *waiting = request_at(table, request);
    struct lock *lock = lock_at(table, waiting->lock);
    CHECK(lock->waiting_first != MEMORY_NONE);
    if (waiting->next != MEMORY_NONE)
        request_at(table, waiting->next)->previous = waiting->previous;
    else
        lock->waiting_last = waiting->previous;
    if (waiting->previous != MEMORY_NONE)
        request_at(table, waiting->previous)->next = waiting->next;
    else
        lock->waiting_first = waiting->next;
}

/* Whether the granted ones leave room for the request, whatever waits. */
static bool granted_admit(const struct lock_table *table, const struct request *request) {
    const struct lock *lock = lock_at(table, request->lock);
    if (lock->granted_count == 0) return true;
    if (request->upgrades != MEMORY_NONE) return lock->granted_count == 1;
    const struct request *holder = request_at(table, lock->granted_first);
    CHECK(holder->lock == request->lock);
    return request->mode == LOCK_SHARED && holder->mode == LOCK_SHARED;
}

/* ---- waits that begin and end ---- */

static void wait_begin(struct lock_table *table, uint32_t request,
                       const struct lock_request *wanted) {
    struct lock_owner *owner = owner_at(table, wanted->owner);
    CHECK(owner->waiting == MEMORY_NONE && !owner->has_grant); /* (L3) */
    waiting_insert(table, request);
    owner->waiting = request;
    owner->wait_id = ++table->wait_id_last;
    owner->since_us = wanted->now_us;
    owner->cookie = wanted->cookie;
    table->waiting_count++;
    deadline_arm(&table->deadlines, &owner->deadline, wanted->deadline_us);
}

/* The request leaves the queue; it stays a cell. */
static void wait_end(struct lock_table *table, uint32_t request) {
    struct lock_owner *owner = owner_at(table, request_at(table, request)->owner);
    CHECK(owner->waiting == request);
    CHECK(table->waiting_count > 0);
    waiting_remove(table, request);
    deadline_disarm(&table->deadlines, &owner->deadline);
    owner->waiting = MEMORY_NONE;
    table->waiting_count--;
}

static void grants_push(struct lock_table *table, uint32_t number) {
    struct lock_owner *owner = owner_at(table, number);
    CHECK(!owner->has_grant);
    owner->has_grant = true;
    owner->grant_next = OWNER_NONE;
    owner->grant_previous = table->grant_last;
    if (table->grant_last != OWNER_NONE)
        owner_at(table, table->grant_last)->grant_next = number;
    else
        table->grant_first = number;
    table->grant_last = number;
}

static void grants_remove(struct lock_table *table, uint32_t number) {
    struct lock_owner *owner = owner_at(table, number);
    CHECK(owner->has_grant);
    if (owner->grant_next != OWNER_NONE)
        owner_at(table, owner->grant_next)->grant_previous = owner->grant_previous;
    else
        table->grant_last = owner->grant_previous;
    if (owner->grant_previous != OWNER_NONE)
        owner_at(table, owner->grant_previous)->grant_next = owner->grant_next;
    else
        table->grant_first = owner->grant_next;
    owner->has_grant = false;
}

/* The waiting request becomes a granted one, or makes the one that it upgrades X. */
static void wait_grant(struct lock_table *table, uint32_t request) {
    struct request *waiting = request_at(table, request);
    uint32_t owner = waiting->owner;
    wait_end(table, request);
    if (waiting->upgrades != MEMORY_NONE) {
        struct request *granted = request_at(table, waiting->upgrades);
        CHECK(granted->owner == owner && granted->mode == LOCK_SHARED);
        granted->mode = LOCK_EXCLUSIVE;
        memory_give(table->memory, request, sizeof(struct request));
    } else {
        granted_insert(table, request);
    }
    grants_push(table, owner);
}

/* Somebody left: those who are next and fit go in (Q1); an empty lock goes. */
static void lock_advance(struct lock_table *table, uint32_t lock) {
    struct lock *here = lock_at(table, lock);
    CHECK(here->granted_count == 0 || here->granted_first != MEMORY_NONE);
    while (here->waiting_first != MEMORY_NONE) {
        if (!granted_admit(table, request_at(table, here->waiting_first))) return;
        wait_grant(table, here->waiting_first);
    }
    if (here->granted_count == 0) lock_forget(table, lock);
}

/* ---- acquire ---- */

/* There is no such lock yet. */
static enum lock_outcome acquire_new(struct lock_table *table, const struct lock_request *wanted) {
    uint32_t lock, request;
    if (lock_make(table, wanted->name, &lock) != STATUS_OK) return LOCK_FULL;
    if (request_make(table, lock, wanted, &request) != STATUS_OK) {
        lock_forget(table, lock);
        return LOCK_FULL;
    }
    granted_insert(table, request);
    CHECK(lock_at(table, lock)->granted_count == 1);
    return LOCK_GRANTED;
}

/* It cannot be granted now. */
static enum lock_outcome acquire_wait(struct lock_table *table, uint32_t lock, uint32_t upgrades,
                                      const struct lock_request *wanted) {
    uint32_t request;
    if (wanted->policy != WAIT_TIMEOUT) return LOCK_REFUSED;
    CHECK(wanted->deadline_us >= wanted->now_us);
    if (wait_graph_has_cycle(table, lock, wanted->owner)) return LOCK_DEADLOCK; /* (L4) */
    if (request_make(table, lock, wanted, &request) != STATUS_OK) return LOCK_FULL;
    request_at(table, request)->upgrades = upgrades;
    wait_begin(table, request, wanted);
    return LOCK_QUEUED;
}

static enum lock_outcome acquire_upgrade(struct lock_table *table, uint32_t lock, uint32_t held,
                                         const struct lock_request *wanted) {
    struct request *granted = request_at(table, held);
    CHECK(granted->owner == wanted->owner);
    if (granted->mode == LOCK_EXCLUSIVE || wanted->mode == LOCK_SHARED) return LOCK_GRANTED;
    if (lock_at(table, lock)->granted_count > 1) return acquire_wait(table, lock, held, wanted);
    granted->mode = LOCK_EXCLUSIVE;
    return LOCK_GRANTED;
}

enum lock_outcome lock_acquire(struct lock_table *table, const struct lock_request *wanted) {
    CHECK(wanted->mode == LOCK_SHARED || wanted->mode == LOCK_EXCLUSIVE);
    CHECK(owner_at(table, wanted->owner)->waiting == MEMORY_NONE); /* (L3) */
    uint32_t lock = lock_find(table, wanted->name), request;
    if (lock == MEMORY_NONE) return acquire_new(table, wanted);
    uint32_t held = granted_find(table, lock, wanted->owner);
    if (held != MEMORY_NONE) return acquire_upgrade(table, lock, held, wanted);
    struct request probe = {.lock = lock, .owner = wanted->owner, .mode = wanted->mode};
    bool is_next = lock_at(table, lock)->waiting_first == MEMORY_NONE; /* (L2) */
    if (!is_next || !granted_admit(table, &probe))
        return acquire_wait(table, lock, MEMORY_NONE, wanted);
    if (request_make(table, lock, wanted, &request) != STATUS_OK) return LOCK_FULL;
    granted_insert(table, request);
    return LOCK_GRANTED;
}

enum lock_mode lock_held(const struct lock_table *table, struct lock_name name, uint32_t owner) {
    CHECK(owner < table->owner_count);
    uint32_t lock = lock_find(table, name);
    if (lock == MEMORY_NONE) return LOCK_NONE;
    uint32_t held = granted_find(table, lock, owner);
    if (held == MEMORY_NONE) return LOCK_NONE;
    CHECK(request_at(table, held)->mode != LOCK_NONE);
    return (enum lock_mode)request_at(table, held)->mode;
}

/* ---- release ---- */

static void release_granted(struct lock_table *table, uint32_t request) {
    uint32_t lock = request_at(table, request)->lock;
    CHECK(lock != MEMORY_NONE);
    granted_remove(table, request);
    lock_advance(table, lock);
}

enum status lock_release_one(struct lock_table *table, struct lock_name name, uint32_t owner) {
    uint32_t lock = lock_find(table, name), held = MEMORY_NONE;
    if (lock != MEMORY_NONE) held = granted_find(table, lock, owner);
    if (held == MEMORY_NONE) return STATUS_NOT_FOUND;
    uint32_t waiting = owner_at(table, owner)->waiting;
    CHECK(waiting == MEMORY_NONE || request_at(table, waiting)->lock != lock);
    CHECK(request_at(table, held)->owner == owner);
    release_granted(table, held);
    return STATUS_OK;
}

/* The request behind this one in its owner's list; starts to fetch what the release of this one will touch. */
static uint32_t release_fetch(const struct lock_table *table, uint32_t request) {
    if (request == MEMORY_NONE) return MEMORY_NONE;
    const struct request *granted = request_at(table, request);
    lock_fetch(table, lock_name_of(lock_at(table, granted->lock)));
    return granted->owner_next;
}

bool lock_release_all(struct lock_table *table, uint32_t number, uint32_t budget) {
    struct lock_owner *owner = owner_at(table, number);
    CHECK(budget > 0);
    lock_cancel(table, number);
    uint32_t ahead = owner->first; /* further back in the list than what is released, so it stays */
    for (uint32_t i = 0; i < RELEASES_AHEAD; i++) ahead = release_fetch(table, ahead);
    for (; owner->first != MEMORY_NONE && budget > 0; budget--) {
        ahead = release_fetch(table, ahead);
        release_granted(table, owner->first);
    }
    CHECK((owner->first == MEMORY_NONE) == (owner->count == 0));
    return owner->first == MEMORY_NONE;
}

bool lock_cancel(struct lock_table *table, uint32_t number) {
    struct lock_owner *owner = owner_at(table, number);
    uint32_t request = owner->waiting;
    if (owner->has_grant) grants_remove(table, number); /* whom it was for is not there any more */
    if (request == MEMORY_NONE) return false;
    uint32_t lock = request_at(table, request)->lock;
    CHECK(request_at(table, request)->owner == number);
    wait_end(table, request);
    memory_give(table->memory, request, sizeof(struct request));
    lock_advance(table, lock);
    return true;
}

/* ---- what the shard asks for ---- */

static struct lock_ended lock_ended_of(const struct lock_table *table, uint32_t number) {
    const struct lock_owner *owner = owner_at(table, number);
    CHECK(owner->wait_id > 0);
    return (struct lock_ended){number, owner->cookie, owner->wait_id};
}

bool lock_grant_next(struct lock_table *table, struct lock_ended *grant_out) {
    uint32_t number = table->grant_first;
    if (number == OWNER_NONE) return false;
    grants_remove(table, number);
    CHECK(owner_at(table, number)->waiting == MEMORY_NONE);
    *grant_out = lock_ended_of(table, number);
    return true;
}

uint64_t lock_deadline_next(const struct lock_table *table) {
    CHECK(table->deadlines.count == table->waiting_count);
    return deadline_earliest_us(&table->deadlines);
}

bool lock_expire_next(struct lock_table *table, uint64_t now_us, struct lock_ended *expired_out) {
    struct deadline *deadline = deadline_pop(&table->deadlines, now_us);
    if (deadline == NULL) return false;
    const struct lock_owner *owner = CONTAINER_OF(deadline, struct lock_owner, deadline);
    uint32_t number = request_at(table, owner->waiting)->owner;
    CHECK(owner_at(table, number) == owner);
    *expired_out = lock_ended_of(table, number);
    bool was_waiting = lock_cancel(table, number);
    CHECK(was_waiting);
    return true;
}

bool lock_is_waiting(const struct lock_table *table, uint32_t number, uint64_t *wait_id_out) {
    const struct lock_owner *owner = owner_at(table, number);
    *wait_id_out = owner->wait_id;
    CHECK(owner->waiting == MEMORY_NONE || owner->wait_id > 0);
    return owner->waiting != MEMORY_NONE;
}

uint64_t lock_count_of(const struct lock_table *table, uint32_t number) {
    const struct lock_owner *owner = owner_at(table, number);
    CHECK((owner->count == 0) == (owner->first == MEMORY_NONE));
    return owner->count + (owner->waiting != MEMORY_NONE ? 1u : 0u);
}

uint64_t lock_count(const struct lock_table *table) { return table->lock_count; }

uint32_t lock_wait_count(const struct lock_table *table) { return table->waiting_count; }
