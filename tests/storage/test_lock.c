/* test_lock.c: the tests of storage/lock.c and wait_graph.c. */
#include <criterion/criterion.h>

#include "storage/lock.h"
#include "tests/storage/test_region.h"

enum { OWNER_COUNT = 12 };

struct locks {
    struct region region;
    struct chunk_source chunks;
    struct arena arena;
    struct lock_table *table;
};

static void locks_open(struct locks *locks) {
    region_open(&locks->region, 8 << 20, 0);
    locks->chunks = region_chunks();
    arena_open(&locks->arena, &locks->chunks, 0);
    locks->table = lock_table_open(&locks->arena, &locks->region.memory, OWNER_COUNT);
}

static void locks_close(struct locks *locks) {
    lock_table_close(locks->table);
    cr_assert_eq(locks->region.memory.used_bytes, 0);
    arena_close(&locks->arena);
    region_close(&locks->region);
}

static enum lock_outcome acquire_at(struct locks *locks, uint32_t owner, uint64_t key,
                                    enum lock_mode mode, uint64_t now_us) {
    struct lock_request request = {.name = {7, key << 32},
                                   .owner = owner,
                                   .mode = mode,
                                   .now_us = now_us,
                                   .deadline_us = now_us + 100,
                                   .cookie = 1000 + owner};
    return lock_acquire(locks->table, &request);
}

static enum lock_outcome acquire(struct locks *locks, uint32_t owner, uint64_t key,
                                 enum lock_mode mode) {
    return acquire_at(locks, owner, key, mode, 0);
}

static void release(struct locks *locks, uint32_t owner) {
    cr_assert(lock_release_all(locks->table, owner, UINT32_MAX));
}

/* The next grant's owner, -1 when there is none. */
static int granted(struct locks *locks) {
    struct lock_ended ended;
    if (!lock_grant_next(locks->table, &ended)) return -1;
    cr_assert_eq(ended.cookie, 1000 + ended.owner);
    return (int)ended.owner;
}

Test(lock, shared_ones_agree_and_exclusive_ones_wait) {
    struct locks locks;
    locks_open(&locks);
    cr_assert_eq(acquire(&locks, 0, 1, LOCK_SHARED), LOCK_GRANTED);
    cr_assert_eq(acquire(&locks, 1, 1, LOCK_SHARED), LOCK_GRANTED);
    cr_assert_eq(acquire(&locks, 2, 1, LOCK_EXCLUSIVE), LOCK_QUEUED);
    cr_assert_eq(acquire(&locks, 3, 1, LOCK_SHARED), LOCK_QUEUED, "it does not pass the X");
    cr_assert_eq(acquire(&locks, 3 + 1, 2, LOCK_EXCLUSIVE), LOCK_GRANTED, "another key");
    release(&locks, 0);
    cr_assert_eq(granted(&locks), -1);
    release(&locks, 1);
    cr_assert_eq(granted(&locks), 2);
    cr_assert_eq(granted(&locks), -1);
    cr_assert_eq(lock_held(locks.table, (struct lock_name){7, 1ull << 32}, 2), LOCK_EXCLUSIVE);
    release(&locks, 2);
    cr_assert_eq(granted(&locks), 3);
    locks_close(&locks);
}

Test(lock, asking_again_is_granted_and_an_upgrade_goes_first) {
    struct locks locks;
    locks_open(&locks);
    cr_assert_eq(acquire(&locks, 0, 1, LOCK_SHARED), LOCK_GRANTED);
    cr_assert_eq(acquire(&locks, 1, 1, LOCK_SHARED), LOCK_GRANTED);
    cr_assert_eq(acquire(&locks, 2, 1, LOCK_EXCLUSIVE), LOCK_QUEUED);
    cr_assert_eq(acquire(&locks, 0, 1, LOCK_SHARED), LOCK_GRANTED);
    cr_assert_eq(acquire(&locks, 0, 1, LOCK_EXCLUSIVE), LOCK_QUEUED);
    cr_assert_eq(acquire(&locks, 1, 1, LOCK_EXCLUSIVE), LOCK_DEADLOCK, "two upgrades");
    release(&locks, 1);
    cr_assert_eq(granted(&locks), 0);
    cr_assert_eq(acquire(&locks, 0, 1, LOCK_EXCLUSIVE), LOCK_GRANTED);
    release(&locks, 0);
    cr_assert_eq(granted(&locks), 2);
    cr_assert_eq(acquire(&locks, 2, 1, LOCK_SHARED), LOCK_GRANTED, "X holds S, too");
    cr_assert_eq(lock_held(locks.table, (struct lock_name){7, 1ull << 32}, 2), LOCK_EXCLUSIVE);
    locks_close(&locks);
}

Test(lock, nowait_and_skip_locked_are_refused_at_once) {
    struct locks locks;
    locks_open(&locks);
    cr_assert_eq(acquire(&locks, 0, 1, LOCK_EXCLUSIVE), LOCK_GRANTED);
    struct lock_request request = {.name = {7, 1ull << 32}, .owner = 1, .mode = LOCK_SHARED};
    request.policy = WAIT_NOWAIT;
    cr_assert_eq(lock_acquire(locks.table, &request), LOCK_REFUSED);
    request.policy = WAIT_SKIP_LOCKED;
    cr_assert_eq(lock_acquire(locks.table, &request), LOCK_REFUSED);
    request.name.table_id = 8;
    cr_assert_eq(lock_acquire(locks.table, &request), LOCK_GRANTED, "another table");
    locks_close(&locks);
}

Test(lock, waits_end_at_their_deadlines_in_order) {
    struct locks locks;
    struct lock_ended ended;
    locks_open(&locks);
    cr_assert_eq(lock_deadline_next(locks.table), UINT64_MAX);
    cr_assert_eq(acquire_at(&locks, 0, 1, LOCK_EXCLUSIVE, 0), LOCK_GRANTED);
    cr_assert_eq(acquire_at(&locks, 1, 1, LOCK_EXCLUSIVE, 50), LOCK_QUEUED);
    cr_assert_eq(acquire_at(&locks, 2, 1, LOCK_SHARED, 20), LOCK_QUEUED);
    cr_assert_eq(acquire_at(&locks, 3, 1, LOCK_SHARED, 60), LOCK_QUEUED);
    cr_assert_eq(lock_deadline_next(locks.table), 120);
    cr_assert_not(lock_expire_next(locks.table, 119, &ended));
    cr_assert(lock_expire_next(locks.table, 155, &ended));
    cr_assert_eq(ended.owner, 2);
    cr_assert(lock_expire_next(locks.table, 155, &ended));
    cr_assert_eq(ended.owner, 1);
    cr_assert_not(lock_expire_next(locks.table, 155, &ended));
    release(&locks, 0);
    cr_assert_eq(granted(&locks), 3);
    locks_close(&locks);
}

Test(lock, a_cancelled_wait_lets_those_behind_go_on) {
    struct locks locks;
    locks_open(&locks);
    cr_assert_eq(acquire(&locks, 0, 1, LOCK_SHARED), LOCK_GRANTED);
    cr_assert_eq(acquire(&locks, 1, 1, LOCK_EXCLUSIVE), LOCK_QUEUED);
    cr_assert_eq(acquire(&locks, 2, 1, LOCK_SHARED), LOCK_QUEUED);
    cr_assert(lock_cancel(locks.table, 1));
    cr_assert_not(lock_cancel(locks.table, 1));
    cr_assert_eq(granted(&locks), 2);
    cr_assert_eq(lock_count_of(locks.table, 1), 0);
    locks_close(&locks);
}

/* Simulator seed 7875: requests that came during a take-over run one after the other, before anybody takes grants. */
Test(lock, a_request_that_is_cancelled_after_its_grant_leaves_none_behind) {
    struct locks locks;
    locks_open(&locks);
    cr_assert_eq(acquire(&locks, 1, 1, LOCK_EXCLUSIVE), LOCK_GRANTED);
    cr_assert_eq(acquire(&locks, 3, 2, LOCK_EXCLUSIVE), LOCK_GRANTED);
    cr_assert_eq(acquire(&locks, 2, 1, LOCK_EXCLUSIVE), LOCK_QUEUED);
    release(&locks, 1);
    cr_assert(!lock_cancel(locks.table, 2));
    cr_assert_eq(acquire(&locks, 2, 2, LOCK_EXCLUSIVE), LOCK_QUEUED);
    cr_assert_eq(granted(&locks), -1);
    release(&locks, 3);
    cr_assert_eq(granted(&locks), 2);
    release(&locks, 2);
    locks_close(&locks);
}

Test(lock, a_lock_is_released_alone_and_then_the_rest) {
    struct locks locks;
    locks_open(&locks);
    for (uint64_t key = 0; key < 100; key++)
        cr_assert_eq(acquire(&locks, 0, key, LOCK_EXCLUSIVE), LOCK_GRANTED);
    cr_assert_eq(acquire(&locks, 1, 50, LOCK_EXCLUSIVE), LOCK_QUEUED);
    struct lock_name name = {7, 50ull << 32};
    cr_assert_eq(lock_release_one(locks.table, name, 0), STATUS_OK);
    cr_assert_eq(lock_release_one(locks.table, name, 0), STATUS_NOT_FOUND);
    cr_assert_eq(granted(&locks), 1);
    cr_assert_eq(lock_count_of(locks.table, 0), 99);
    cr_assert_not(lock_release_all(locks.table, 0, 98));
    cr_assert(lock_release_all(locks.table, 0, 98));
    cr_assert_eq(lock_count(locks.table), 1);
    locks_close(&locks);
}

Test(lock, a_cycle_of_any_length_is_refused_to_the_last) {
    struct locks locks;
    locks_open(&locks);
    for (uint32_t i = 0; i < OWNER_COUNT; i++)
        cr_assert_eq(acquire(&locks, i, i, LOCK_EXCLUSIVE), LOCK_GRANTED);
    for (uint32_t i = 0; i + 1 < OWNER_COUNT; i++)
        cr_assert_eq(acquire(&locks, i, i + 1, LOCK_EXCLUSIVE), LOCK_QUEUED);
    cr_assert_eq(acquire(&locks, OWNER_COUNT - 1, 0, LOCK_SHARED), LOCK_DEADLOCK);
    locks_close(&locks);
}

Test(lock, a_cycle_over_a_queued_request_is_found) {
    struct locks locks;
    locks_open(&locks);
    cr_assert_eq(acquire(&locks, 0, 1, LOCK_SHARED), LOCK_GRANTED);
    cr_assert_eq(acquire(&locks, 2, 2, LOCK_EXCLUSIVE), LOCK_GRANTED);
    cr_assert_eq(acquire(&locks, 1, 1, LOCK_EXCLUSIVE), LOCK_QUEUED);
    cr_assert_eq(acquire(&locks, 0, 2, LOCK_SHARED), LOCK_QUEUED);
    /* 2 would wait behind 1, which waits for 0, which waits for 2 */
    cr_assert_eq(acquire(&locks, 2, 1, LOCK_SHARED), LOCK_DEADLOCK);
    locks_close(&locks);
}

Test(lock, edges_of_old_waits_lead_to_the_holders) {
    struct locks locks;
    struct lock_edge edges[8];
    locks_open(&locks);
    cr_assert_eq(acquire_at(&locks, 0, 1, LOCK_SHARED, 0), LOCK_GRANTED);
    cr_assert_eq(acquire_at(&locks, 1, 1, LOCK_SHARED, 0), LOCK_GRANTED);
    cr_assert_eq(acquire_at(&locks, 2, 1, LOCK_EXCLUSIVE, 10), LOCK_QUEUED);
    cr_assert_eq(acquire_at(&locks, 3, 1, LOCK_EXCLUSIVE, 20), LOCK_QUEUED);
    cr_assert_eq(acquire_at(&locks, 4, 1, LOCK_SHARED, 90), LOCK_QUEUED);
    uint32_t from = 0;
    cr_assert_eq(lock_edges(locks.table, 50, &from, edges, 8), 3);
    cr_assert_eq(from, OWNER_COUNT);
    cr_assert(edges[0].waiter == 2 && edges[1].waiter == 2 && edges[2].waiter == 3);
    cr_assert_eq(edges[0].holder + edges[1].holder, 1);
    cr_assert_eq(edges[2].holder, 2, "the one before it in the queue");
    uint64_t wait_id;
    cr_assert(lock_is_waiting(locks.table, 2, &wait_id));
    cr_assert_eq(wait_id, edges[0].wait_id);
    from = 0;
    cr_assert_eq(lock_edges(locks.table, 90, &from, edges, 2), 2);
    cr_assert_eq(lock_edges(locks.table, 90, &from, edges, 2), 2);
    cr_assert(edges[1].waiter == 4 && edges[1].holder == 3);
    cr_assert_eq(lock_edges(locks.table, 90, &from, edges, 2), 0);
    locks_close(&locks);
}

/* ---- random work against rules that a naive look at all requests can check ---- */

enum { KEY_COUNT = 6 };

struct model {
    enum lock_mode held[OWNER_COUNT][KEY_COUNT];
    int waits_for[OWNER_COUNT]; /* key, -1 */
    enum lock_mode wanted[OWNER_COUNT];
    uint64_t since[OWNER_COUNT];
};

static bool model_conflicts(const struct model *model, uint32_t owner, int key,
                            enum lock_mode mode) {
    for (uint32_t i = 0; i < OWNER_COUNT; i++) {
        if (i == owner || model->held[i][key] == LOCK_NONE) continue;
        if (mode == LOCK_EXCLUSIVE || model->held[i][key] == LOCK_EXCLUSIVE) return true;
    }
    return false;
}

/* Whether `from` waits, over any chain of holders and queues, for `target`. */
static bool model_reaches(const struct model *model, uint32_t from, uint32_t target,
                          uint32_t depth) {
    int key = model->waits_for[from];
    if (key < 0 || depth > OWNER_COUNT) return false;
    for (uint32_t i = 0; i < OWNER_COUNT; i++) {
        if (i == from || model->held[i][key] == LOCK_NONE) continue;
        if (i == target || model_reaches(model, i, target, depth + 1)) return true;
    }
    return false;
}

static void model_take_grants(struct model *model, struct locks *locks) {
    for (int owner = granted(locks); owner >= 0; owner = granted(locks)) {
        int key = model->waits_for[owner];
        cr_assert(key >= 0);
        cr_assert_not(model_conflicts(model, (uint32_t)owner, key, model->wanted[owner]));
        model->held[owner][key] = model->wanted[owner];
        model->waits_for[owner] = -1;
    }
}

/* Nobody waits who could go on: the first in each queue is in conflict. */
static void model_check(const struct model *model, struct locks *locks) {
    for (int key = 0; key < KEY_COUNT; key++) {
        bool has_blocked = false, has_waiter = false;
        for (uint32_t i = 0; i < OWNER_COUNT; i++) {
            enum lock_mode mode =
                lock_held(locks->table, (struct lock_name){7, (uint64_t)key << 32}, i);
            cr_assert_eq(mode, model->held[i][key]);
            if (model->waits_for[i] != key) continue;
            has_waiter = true;
            has_blocked |= model_conflicts(model, i, key, model->wanted[i]);
        }
        cr_assert(!has_waiter || has_blocked);
    }
    for (uint32_t i = 0; i < OWNER_COUNT; i++) cr_assert_not(model_reaches(model, i, i, 0));
}

static void model_acquire(struct model *model, struct locks *locks, struct random *random,
                          uint64_t now_us) {
    uint32_t owner = (uint32_t)random_below(random, OWNER_COUNT);
    int key = (int)random_below(random, KEY_COUNT);
    enum lock_mode mode = random_chance(random, 0.5) ? LOCK_SHARED : LOCK_EXCLUSIVE;
    if (model->waits_for[owner] >= 0) return;
    bool conflicts = model_conflicts(model, owner, key, mode);
    bool holds = model->held[owner][key] >= mode;
    switch (acquire_at(locks, owner, (uint64_t)key, mode, now_us)) {
    case LOCK_GRANTED:
        cr_assert(!conflicts || holds);
        model->held[owner][key] = MAX(model->held[owner][key], mode);
        return;
    case LOCK_QUEUED:
        cr_assert_not(holds);
        model->waits_for[owner] = key;
        model->wanted[owner] = mode;
        return;
    case LOCK_DEADLOCK:
        model->waits_for[owner] = key;
        cr_assert(model_reaches(model, owner, owner, 0), "there is a cycle");
        model->waits_for[owner] = -1;
        return;
    case LOCK_REFUSED:
    case LOCK_FULL: cr_assert_fail("nobody asked for that");
    }
}

Test(lock, random_work_keeps_the_rules) {
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct locks locks;
        struct random random;
        struct model model = {0};
        locks_open(&locks);
        random_open(&random, seed);
        for (uint32_t i = 0; i < OWNER_COUNT; i++) model.waits_for[i] = -1;
        for (uint64_t step = 0; step < 5000; step++) {
            double dice = random_unit(&random);
            uint32_t owner = (uint32_t)random_below(&random, OWNER_COUNT);
            struct lock_ended ended;
            if (dice < 0.7) {
                model_acquire(&model, &locks, &random, step);
            } else if (dice < 0.9) {
                release(&locks, owner);
                memset(model.held[owner], 0, sizeof(model.held[owner]));
                model.waits_for[owner] = -1;
            } else if (dice < 0.95) {
                cr_assert_eq(lock_cancel(locks.table, owner), model.waits_for[owner] >= 0);
                model.waits_for[owner] = -1;
            } else if (lock_expire_next(locks.table, step, &ended)) {
                cr_assert(model.waits_for[ended.owner] >= 0);
                model.waits_for[ended.owner] = -1;
            }
            model_take_grants(&model, &locks);
            model_check(&model, &locks);
        }
        locks_close(&locks);
    }
}

Test(lock, the_table_grows_with_its_locks) {
    struct locks locks;
    locks_open(&locks);
    enum { COUNT = 50000 };
    for (uint64_t key = 0; key < COUNT; key++)
        cr_assert_eq(acquire(&locks, (uint32_t)(key % 2), key * 0x9e3779b9u, LOCK_EXCLUSIVE),
                     LOCK_GRANTED);
    for (uint64_t key = 0; key < COUNT; key++) {
        struct lock_name name = {7, key * 0x9e3779b9u << 32};
        cr_assert_eq(lock_held(locks.table, name, (uint32_t)(key % 2)), LOCK_EXCLUSIVE);
        cr_assert_eq(lock_held(locks.table, name, 2), LOCK_NONE);
    }
    cr_assert_eq(lock_count(locks.table), COUNT);
    locks_close(&locks);
}
