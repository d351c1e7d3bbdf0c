/* sql_pool.c: meta, store and cluster as processes of sim/; the fiber runs after each step of the cluster's. */
#include "tests/sql/sql_pool.h"

#include <stdio.h>
#include <stdlib.h>

#include "meta/meta.h"
#include "sim/sim.h"
#include "storage/storage.h"
#include "tests/base/chunks.h"

#define STORE_MEMORY_BYTES ((size_t)64 << 20)
#define STORE_MEMORY_ALIGN ((size_t)2 << 20)
#define PATIENCE_US        ((uint64_t)600 * 1000000)

struct sql_pool {
    struct sim *sim;
    struct chunks chunks;
    struct wait_queue queue;
    struct waiter waiter;
    struct fiber fiber;
    void *stack, *memory;
    struct cluster *cluster;
    void (*function)(void *argument);
    bool is_running;
};

static const struct sim_faults quiet = {
    .delay_us_min = 20, .delay_us_max = 60, .disk_us_min = 50, .disk_us_max = 200};

/* ---- machines ---- */

static void *open_meta(void *context, struct chunk_source *source, uint64_t now_us,
                       struct effects *out) {
    (void)context;
    const struct controller_options options = {.node = NODE_META_FIRST,
                                               .node_name = SLICE_LITERAL("meta1"),
                                               .node_address = SLICE_LITERAL("sim:1"),
                                               .registration_nonce = 1,
                                               .source = source,
                                               .seed = 1,
                                               .storage_node_count = 1,
                                               .replica_count = 1,
                                               .shards_per_node = 2,
                                               .durability = DURABILITY_SYNC};
    return controller_open(&options, now_us, out);
}

static void *open_store(void *context, struct chunk_source *source, uint64_t now_us,
                        struct effects *out) {
    const struct sql_pool *pool = context;
    const struct store_options options = {.node = NODE_STORAGE_FIRST,
                                          .meta_node = NODE_META_FIRST,
                                          .store_count = 1,
                                          .node_name = SLICE_LITERAL("store1"),
                                          .node_address = SLICE_LITERAL("sim:11"),
                                          .registration_nonce = 2,
                                          .memory = pool->memory,
                                          .memory_bytes = STORE_MEMORY_BYTES,
                                          .source = source,
                                          .seed = 2};
    return store_open(&options, now_us, out);
}

static void *open_cluster(void *context, struct chunk_source *source, uint64_t now_us,
                          struct effects *out) {
    struct sql_pool *pool = context;
    const struct cluster_options options = {.node = NODE_SQL_FIRST,
                                            .meta_node = NODE_META_FIRST,
                                            .node_name = SLICE_LITERAL("sql1"),
                                            .node_address = SLICE_LITERAL("sim:201"),
                                            .registration_nonce = 3,
                                            .source = source,
                                            .seed = 3};
    pool->cluster = cluster_open(&options, now_us, out);
    return pool;
}

static void step_meta(void *machine, const struct event *event, struct effects *out) {
    controller_step(machine, event, out);
}
static void step_store(void *machine, const struct event *event, struct effects *out) {
    store_step(machine, event, out);
}
static void step_cluster(void *machine, const struct event *event, struct effects *out) {
    cluster_step(((struct sql_pool *)machine)->cluster, event, out);
}

/* ---- the fiber ---- */

/* A fiber that yields is resumed in the same moment: nobody else waits for its turn. */
static void after_cluster(void *machine, uint64_t now_us, struct effects *out) {
    struct sql_pool *pool = machine;
    if (!pool->is_running) return;
    cluster_bind(pool->cluster, out, now_us);
    if (waiter_wake_at_us(&pool->waiter) <= now_us) waiter_wake(&pool->waiter);
    while (!wait_queue_is_empty(&pool->queue) && fiber_is_live(&pool->fiber)) {
        wait_queue_run(&pool->queue, now_us);
    }
    uint64_t wake_at_us = waiter_wake_at_us(&pool->waiter);
    if (wake_at_us != UINT64_MAX) effects_deadline(out, wake_at_us);
}

static void fiber_entry(struct fiber *fiber, void *argument) {
    struct sql_pool *pool = CONTAINER_OF(fiber, struct sql_pool, fiber);
    pool->function(argument);
}

void sql_pool_run(struct sql_pool *pool, void (*function)(void *argument), void *argument) {
    CHECK(!pool->is_running);
    pool->function = function;
    pool->is_running = true;
    fiber_open(&pool->fiber, pool->stack, FIBER_STACK_BYTES, fiber_entry, argument);
    waiter_open(&pool->waiter, &pool->queue, &pool->fiber);
    waiter_wake(&pool->waiter);
    uint64_t until_us = sim_now(pool->sim) + PATIENCE_US;
    while (fiber_is_live(&pool->fiber)) {
        bool has_happened = sim_step(pool->sim, until_us);
        CHECK(has_happened);
        CHECK(sim_state(pool->sim, 1) == SIM_UP);
    }
    waiter_close(&pool->waiter);
    pool->is_running = false;
}

/* ---- life ---- */

static void wait_ready(void *argument) {
    struct sql_pool *pool = argument;
    CHECK(cluster_wait_ready(pool->cluster, &pool->waiter, PATIENCE_US / 2) == STATUS_OK);
}

struct sql_pool *sql_pool_open(uint64_t seed) {
    struct sql_pool *pool = calloc(1, sizeof *pool);
    CHECK(pool != NULL);
    pool->chunks = chunks_open();
    pool->stack = aligned_alloc(4096, FIBER_STACK_BYTES);
    pool->memory = aligned_alloc(STORE_MEMORY_ALIGN, STORE_MEMORY_BYTES);
    CHECK(pool->stack != NULL && pool->memory != NULL);
    memset(pool->memory, 0, STORE_MEMORY_BYTES);
    wait_queue_open(&pool->queue);
    pool->sim = sim_open(seed, &quiet);
    if (getenv("POOL_TRACE") != NULL) sim_print_events(pool->sim);
    const struct sim_machine meta = {.open = open_meta, .step = step_meta},
                             store = {.open = open_store, .step = step_store},
                             cluster = {.open = open_cluster,
                                        .step = step_cluster,
                                        .after = after_cluster};
    sim_add_node(pool->sim, NODE_META_FIRST, 0, &meta, pool);
    sim_add_node(pool->sim, NODE_STORAGE_FIRST, 1, &store, pool);
    sim_add_node(pool->sim, NODE_SQL_FIRST, 2, &cluster, pool);
    for (uint32_t process = 0; process < 3; process++) sim_start(pool->sim, process);
    sql_pool_run(pool, wait_ready, pool);
    return pool;
}

void sql_pool_close(struct sql_pool *pool) {
    sim_close(pool->sim);
    CHECK(pool->chunks.out_bytes == 0);
    free(pool->stack);
    free(pool->memory);
    free(pool);
}

struct cluster *sql_pool_cluster(struct sql_pool *pool) {
    return pool->cluster;
}
struct waiter *sql_pool_waiter(struct sql_pool *pool) {
    return &pool->waiter;
}
struct chunk_source *sql_pool_source(struct sql_pool *pool) {
    return &pool->chunks.source;
}
uint64_t sql_pool_now_us(const struct sql_pool *pool) { return sim_now(pool->sim); }
