/* sim/town.c: the processes of a cluster as machines of the invented world.
 *
 * A SQL daemon here is a cluster handle and its clients: each client is a fiber that runs workload_client (sim/workload.c) over
 * cluster.h, just as a session does. After every step of the handle the ready fibers run; what they ask goes into the same effects.
 *   (W1) A crash forgets fibers as it forgets all memory of the process; their unfinished business stays FATE_TRYING in the history.
 */
#include "sim/town.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/workload.h"

struct town_node {
    struct town *town;
    uint16_t node;
    uint32_t index; /* of its kind */
    uint32_t lives;
    char name[16];
};

struct town {
    struct town_options options;
    struct sim *sim;
    struct history history;
    struct sql_history sql_history;
    struct checker checker;
    struct town_node meta, stores[TOWN_STORES_MAX], fronts[TOWN_FRONTS_MAX];
    enum workload_phase phases[TOWN_FRONTS_MAX];
    bool is_audited;
};

static uint64_t life_seed(struct town_node *node) {
    return node->town->options.seed * 1000003 + node->node * 1009u + ++node->lives;
}

/* ---- meta and storage ---- */

static void *meta_open(void *context, struct chunk_source *source, uint64_t now_us,
                       struct effects *out) {
    struct town_node *node = context;
    const struct town_options *town = &node->town->options;
    struct controller_options options = {.node = node->node,
                                         .node_name = slice_of_text(node->name),
                                         .node_address = slice_of_text(node->name),
                                         .registration_nonce = life_seed(node),
                                         .source = source,
                                         .seed = town->seed + 1,
                                         .storage_node_count = town->store_count,
                                         .replica_count = town->replica_count,
                                         .shards_per_node = town->shards_per_node,
                                         .durability = town->durability};
    return controller_open(&options, now_us, out);
}

static void meta_step(void *machine, const struct event *event, struct effects *out) {
    controller_step(machine, event, out);
}

#define STORE_MEMORY_BYTES ((size_t)8 << 20)
#define STORE_MEMORY_ALIGN ((size_t)64 << 10)

/* Rows want whole pages; what is cut off at both ends is never used. */
static uint8_t *row_memory(struct chunk_source *source) {
    uint8_t *bytes = source->take(source, STORE_MEMORY_BYTES + STORE_MEMORY_ALIGN);
    return bytes + (STORE_MEMORY_ALIGN - (uintptr_t)bytes % STORE_MEMORY_ALIGN);
}

static void *store_machine_open(void *context, struct chunk_source *source, uint64_t now_us,
                                struct effects *out) {
    struct town_node *node = context;
    struct store_options options = {.node = node->node,
                                    .meta_node = NODE_META_FIRST,
                                    .store_count = 1,
                                    .node_name = slice_of_text(node->name),
                                    .node_address = slice_of_text(node->name),
                                    .registration_nonce = life_seed(node),
                                    .memory = row_memory(source),
                                    .memory_bytes = STORE_MEMORY_BYTES,
                                    .source = source,
                                    .transaction_count = 64,
                                    .log_segment_bytes = 256 << 10,
                                    .tail_bytes = node->town->options.tail_bytes,
                                    .part_bytes = node->town->options.part_bytes,
                                    .checkpoint_log_bytes =
                                        node->town->options.checkpoint_log_bytes,
                                    .seed = node->town->options.seed + node->node,
                                    .fault = node->town->options.fault};
    return store_open(&options, now_us, out);
}

static void store_machine_step(void *machine, const struct event *event, struct effects *out) {
    store_step(machine, event, out);
}

/* ---- SQL daemons ---- */

#define WALL_US ((uint64_t)1700000000000000) /* when a simulation begins, by the sessions' clocks */

struct front {
    struct town_node *node;
    struct cluster *cluster;
    struct wait_queue queue;
    struct workload_client clients[TOWN_CLIENTS_MAX];
    uint32_t client_count;
    struct sql_server *server; /* NULL: no client speaks SQL */
    struct sql_client sql_clients[TOWN_CLIENTS_MAX];
    uint32_t sql_client_count;
    bool is_open; /* for sessions */
};

/* The sessions' side of a daemon. */
static void front_open_sql(struct front *front, const struct workload_options *common) {
    struct town_node *node = front->node;
    front->sql_client_count = node->town->options.sql_client_count;
    if (front->sql_client_count == 0) return;
    struct sql_server_options options = {.cluster = front->cluster,
                                         .source = common->source,
                                         .node = node->node,
                                         .version_comment = SLICE_LITERAL("sim"),
                                         .seed = common->seed};
    front->server = sql_server_open(&options);
    for (uint32_t i = 0; i < front->sql_client_count; i++) {
        struct sql_client_options client = {.common = *common,
                                            .server = front->server,
                                            .history = &node->town->sql_history,
                                            .is_open = &front->is_open,
                                            .connection_id = i + 1};
        client.common.seed = common->seed * 37 + i;
        client.common.makes_tables = node->index == 0 && i == 0;
        client.common.audits = node->index == 0 && i == 0;
        sql_client_open(&front->sql_clients[i], &client);
    }
}

static void *front_open(void *context, struct chunk_source *source, uint64_t now_us,
                        struct effects *out) {
    struct town_node *node = context;
    struct front *front = source->take(source, sizeof *front);
    *front = (struct front){.node = node};
    uint64_t seed = life_seed(node);
    struct cluster_options options = {.node = node->node,
                                      .meta_node = NODE_META_FIRST,
                                      .node_name = slice_of_text(node->name),
                                      .node_address = slice_of_text(node->name),
                                      .registration_nonce = seed,
                                      .source = source,
                                      .seed = seed};
    front->cluster = cluster_open(&options, now_us, out);
    wait_queue_open(&front->queue);
    front->client_count = node->town->options.client_count;
    struct workload_options client = {.cluster = front->cluster,
                                      .queue = &front->queue,
                                      .source = source,
                                      .history = &node->town->history,
                                      .phase = &node->town->phases[node->index],
                                      .is_audited = &node->town->is_audited,
                                      .first_rows = node->town->options.first_rows};
    for (uint32_t i = 0; i < front->client_count; i++) {
        client.seed = seed * 31 + i;
        client.makes_tables = node->index == 0 && i == 0;
        client.audits = i == 0;
        workload_open(&front->clients[i], &client);
    }
    front_open_sql(front, &client);
    return front;
}

static void front_step(void *machine, const struct event *event, struct effects *out) {
    cluster_step(((struct front *)machine)->cluster, event, out);
}

/* Of all clients, those that speak SQL last. */
static struct waiter *front_waiter(struct front *front, uint32_t place) {
    if (place < front->client_count) return &front->clients[place].waiter;
    return &front->sql_clients[place - front->client_count].waiter;
}

/* Runs fibers until none is ready: what one does may make another ready. */
static void front_after(void *machine, uint64_t now_us, struct effects *out) {
    struct front *front = machine;
    cluster_bind(front->cluster, out, now_us);
    if (front->server != NULL) sql_server_set_clock(front->server, WALL_US + now_us);
    uint32_t count = front->client_count + front->sql_client_count;
    for (uint32_t i = 0; i < count; i++) {
        struct waiter *waiter = front_waiter(front, i);
        if (waiter_wake_at_us(waiter) > now_us) continue;
        waiter->deadline_us = UINT64_MAX;
        waiter_wake(waiter);
    }
    while (wait_queue_run(&front->queue, now_us) > 0) {}
    for (uint32_t i = 0; i < count; i++)
        effects_deadline(out, waiter_wake_at_us(front_waiter(front, i)));
}

/* (W1) */
static void front_forget(void *machine) {
    struct front *front = machine;
    for (uint32_t i = 0; i < front->client_count; i++) workload_forget(&front->clients[i]);
    for (uint32_t i = 0; i < front->sql_client_count; i++)
        sql_client_forget(&front->sql_clients[i]);
}

/* ---- the town ---- */

static const struct sim_machine meta_machine = {.open = meta_open, .step = meta_step};
static const struct sim_machine store_machine = {.open = store_machine_open,
                                                 .step = store_machine_step};
static const struct sim_machine front_machine = {
    .open = front_open, .step = front_step, .after = front_after, .forget = front_forget};

static void node_name(struct town_node *node, struct town *town, const char *kind, uint32_t index) {
    node->town = town;
    node->index = index;
    snprintf(node->name, sizeof node->name, "%s%u", kind, index + 1);
}

struct town *town_open(const struct town_options *options) {
    CHECK(options->store_count >= 1 && options->store_count <= TOWN_STORES_MAX);
    CHECK(options->front_count <= TOWN_FRONTS_MAX && options->client_count <= TOWN_CLIENTS_MAX);
    struct town *town = calloc(1, sizeof *town);
    CHECK(town != NULL);
    town->options = *options;
    town->sim = sim_open(options->seed, &options->faults);
    town->checker.history = &town->history;
    town->sql_history.history = &town->history;
    sim_observe(town->sim, checker_observe, &town->checker);
    node_name(&town->meta, town, "meta", 0);
    town->meta.node = NODE_META_FIRST;
    sim_add_node(town->sim, NODE_META_FIRST, 0, &meta_machine, &town->meta);
    for (uint32_t i = 0; i < options->store_count; i++) {
        node_name(&town->stores[i], town, "store", i);
        town->stores[i].node = (uint16_t)(NODE_STORAGE_FIRST + i);
        sim_add_node(town->sim, town->stores[i].node, town_process_of_store(town, i),
                     &store_machine, &town->stores[i]);
    }
    for (uint32_t i = 0; i < options->front_count; i++) {
        node_name(&town->fronts[i], town, "sql", i);
        town->fronts[i].node = (uint16_t)(NODE_SQL_FIRST + i);
        sim_add_node(town->sim, town->fronts[i].node, town_process_of_front(town, i),
                     &front_machine, &town->fronts[i]);
    }
    return town;
}

void town_close(struct town *town) {
    for (uint32_t process = 0; process < town_process_count(town); process++) {
        if (sim_state(town->sim, process) == SIM_PAUSED) sim_resume(town->sim, process);
        if (sim_state(town->sim, process) == SIM_UP) sim_crash(town->sim, process);
    }
    sim_close(town->sim);
    free(town);
}

struct sim *town_sim(struct town *town) {
    return town->sim;
}
const struct sql_history *town_sql_history(const struct town *town) { return &town->sql_history; }
struct history *town_history(struct town *town) {
    return &town->history;
}
const struct checker *town_checker(const struct town *town) { return &town->checker; }

enum inspect_copy town_copy_of(const struct town *town, uint32_t store) {
    const struct store *machine = sim_machine_of(town->sim, town->stores[store].node);
    return machine == NULL ? INSPECT_NONE : inspect_copy_of(machine);
}

const struct town_options *town_options(const struct town *town) { return &town->options; }
uint32_t town_process_count(const struct town *town) {
    return 1u + town->options.store_count + town->options.front_count;
}
uint32_t town_process_of_store(const struct town *town, uint32_t store) {
    (void)town;
    return 1 + store;
}
uint32_t town_process_of_front(const struct town *town, uint32_t front) {
    return 1u + town->options.store_count + front;
}

void town_start(struct town *town) {
    for (uint32_t process = 0; process < town_process_count(town); process++) {
        sim_start(town->sim, process);
    }
}

static void town_set_phase(struct town *town, enum workload_phase phase) {
    for (uint32_t i = 0; i < TOWN_FRONTS_MAX; i++) town->phases[i] = phase;
}

void town_watch(struct town *town, uint32_t front) { town->phases[front] = WORKLOAD_WATCH; }
void town_work(struct town *town, uint32_t front) { town->phases[front] = WORKLOAD_BUSY; }
void town_quiet(struct town *town) { town_set_phase(town, WORKLOAD_QUIET); }
void town_audit(struct town *town) { town_set_phase(town, WORKLOAD_AUDIT); }
bool town_is_audited(const struct town *town) {
    bool is_sql_audited = town->options.sql_client_count == 0 || town->sql_history.is_audited;
    return town->is_audited && is_sql_audited;
}

bool town_is_idle(const struct town *town) {
    for (uint32_t i = 0; i < town->options.front_count; i++) {
        const struct front *front = sim_machine_of(town->sim, town->fronts[i].node);
        for (uint32_t k = 0; front != NULL && k < front->client_count; k++) {
            if (front->clients[k].is_busy) return false;
        }
        for (uint32_t k = 0; front != NULL && k < front->sql_client_count; k++) {
            if (front->sql_clients[k].is_busy) return false;
        }
    }
    return true;
}

/* ---- looking in ---- */

static void *print_take(struct chunk_source *source, size_t size) {
    (void)source;
    void *bytes = malloc(size);
    CHECK(bytes != NULL);
    return bytes;
}

static void print_give(struct chunk_source *source, void *bytes, size_t size) {
    (void)source;
    (void)size;
    free(bytes);
}

static void describe_node(const struct town *town, const struct town_node *node,
                          struct buffer *text) {
    void *machine = sim_machine_of(town->sim, node->node);
    buffer_printf(text, "%s: ", node->name);
    if (machine == NULL)
        buffer_printf(text, "down");
    else if (node == &town->meta)
        controller_describe(machine, text);
    else if (node >= town->fronts && node < town->fronts + TOWN_FRONTS_MAX)
        cluster_describe(((struct front *)machine)->cluster, text);
    else
        store_describe(machine, text);
    buffer_printf(text, "\n");
}

#define GARBAGE_BYTES_MAX ((uint64_t)16 << 10) /* V1: at rest no snapshot needs them */

/* Two whole replicas that have applied the same are the same; a primary at rest holds nothing. */
static void check_replica(struct town *town, const struct inspect_shard *replica,
                          struct inspect_shard *seen) {
    if (!replica->is_whole) return;
    bool holds = replica->transaction_count > 0 || replica->lock_count > 0;
    if (replica->is_primary && holds) {
        history_violation(&town->history, "rest: shard %u has %lu transactions and %lu locks",
                          replica->shard, (unsigned long)replica->transaction_count,
                          (unsigned long)replica->lock_count);
    }
    if (replica->garbage_bytes > GARBAGE_BYTES_MAX) {
        history_violation(&town->history, "rest: shard %u keeps %lu bytes of old versions",
                          replica->shard, (unsigned long)replica->garbage_bytes);
    }
    if (replica->schema_work_count > 0) {
        history_violation(&town->history, "rest: shard %u has %u dropped tables or backfills left",
                          replica->shard, replica->schema_work_count);
    }
    if (seen->shard == 0) *seen = *replica;
    if (seen->applied == replica->applied && seen->digest != replica->digest) {
        history_violation(&town->history, "rest: replicas of shard %u differ at position %lu",
                          replica->shard, (unsigned long)replica->applied);
    }
}

/* Shards as bits: all that are held, and those whose primary goes on without the node. */
struct led {
    uint16_t without_node;
    uint64_t held, led;
    /* The latest that anybody knows: a primary of an earlier one is none. */
    uint32_t terms[SHARDS_MAX + 1];
};

static void collect_led(struct led *led, const struct store *store, struct arena *arena) {
    struct inspect_shard replica;
    for (uint32_t place = 0; inspect_shard_at(store, place, arena, &replica); place++) {
        uint64_t bit = BIT(replica.shard);
        bool is_required = (replica.required >> (led->without_node % 64) & 1) != 0;
        led->held |= bit;
        if (replica.term > led->terms[replica.shard]) {
            led->terms[replica.shard] = replica.term;
            led->led &= ~bit;
        }
        if (replica.term == led->terms[replica.shard] && replica.is_primary && !is_required)
            led->led |= bit;
    }
}

bool town_can_spare(const struct town *town, uint32_t store) {
    struct chunk_source source = {print_take, print_give};
    struct arena arena;
    arena_open(&arena, &source, 0);
    struct led led = {.without_node = town->stores[store].node};
    bool are_all_up = true;
    for (uint32_t i = 0; i < town->options.store_count; i++) {
        if (i == store) continue;
        const struct store *machine = sim_machine_of(town->sim, town->stores[i].node);
        bool is_up = sim_state(town->sim, town_process_of_store(town, i)) == SIM_UP;
        are_all_up = are_all_up && is_up && machine != NULL;
        if (are_all_up) collect_led(&led, machine, &arena);
    }
    arena_close(&arena);
    return are_all_up && led.held != 0 && led.led == led.held;
}

void town_check_rest(struct town *town) {
    struct chunk_source source = {print_take, print_give};
    struct arena arena;
    arena_open(&arena, &source, 0);
    struct inspect_shard seen[SHARDS_MAX + 1] = {0};
    for (uint32_t i = 0; i < town->options.store_count; i++) {
        const struct store *store = sim_machine_of(town->sim, town->stores[i].node);
        struct inspect_shard replica;
        for (uint32_t place = 0; store != NULL && inspect_shard_at(store, place, &arena, &replica);
             place++) {
            CHECK(replica.shard <= SHARDS_MAX);
            check_replica(town, &replica, &seen[replica.shard]);
        }
    }
    arena_close(&arena);
}

void town_print(const struct town *town) {
    struct chunk_source source = {print_take, print_give};
    struct arena arena;
    arena_open(&arena, &source, 0);
    struct buffer text = buffer_of(&arena);
    describe_node(town, &town->meta, &text);
    for (uint32_t i = 0; i < town->options.store_count; i++)
        describe_node(town, &town->stores[i], &text);
    for (uint32_t i = 0; i < town->options.front_count; i++)
        describe_node(town, &town->fronts[i], &text);
    fwrite(text.data, 1, text.size, stderr);
    arena_close(&arena);
}

void history_violation(struct history *history, const char *format, ...) {
    if (history->violation[0] != 0) return;
    va_list args;
    va_start(args, format);
    vsnprintf(history->violation, sizeof history->violation, format, args);
    va_end(args);
}
