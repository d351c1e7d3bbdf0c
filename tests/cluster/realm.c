/* realm.c: see realm.h. */
#include "tests/cluster/realm.h"

#include <stdio.h>

struct realm_node *realm_node(struct realm *realm, uint16_t node) {
    for (uint32_t i = 0; i < realm->node_count; i++)
        if (realm->nodes[i].node == node) return &realm->nodes[i];
    return NULL;
}

/* ---- messages ---- */

static void realm_post(struct realm *realm, const struct message *message) {
    const struct realm_node *from = realm_node(realm, message->header.from_node);
    const struct realm_node *to = realm_node(realm, message->header.to_node);
    if (from == NULL || to == NULL || !from->is_up || !to->is_up) return;
    if (realm->drops != NULL && realm->drops(realm, message)) return;
    size_t size = message_size(message);
    struct realm_message *posted = malloc(sizeof *posted + size);
    *posted = (struct realm_message){.from = from->node,
                                     .to = to->node,
                                     .from_life = from->life,
                                     .to_life = to->life,
                                     .size = size};
    struct writer writer = writer_of(posted->frame, size);
    message_encode(&writer, message);
    CHECK(!writer.failed);
    *realm->last = posted;
    realm->last = &posted->next;
}

static void node_carry_out(struct realm *realm, struct realm_node *node) {
    struct effects *effects = &node->effects;
    for (uint32_t i = 0; i < effects->count; i++) {
        if (effects->list[i].kind == EFFECT_SEND) realm_post(realm, effects->list[i].message);
        if (effects->list[i].kind == EFFECT_STOP) node->stopped = effects->list[i].stop_reason;
    }
    if (node->kind == REALM_META) fake_store_take(&realm->store, effects);
    if (node->kind == REALM_STORE) fake_disk_take(node->disk, effects);
    node->deadline_us = MIN(node->deadline_us, effects->deadline_us);
    effects_clear(effects);
    arena_reset(&node->arena);
}

static void node_step(struct realm *realm, struct realm_node *node, struct event *event) {
    event->now_us = realm->now_us;
    if (!node->is_up || node->stopped != NULL) return;
    node->deadline_us = UINT64_MAX;
    switch (node->kind) {
    case REALM_META: controller_step(node->controller, event, &node->effects); break;
    case REALM_STORE: store_step(node->store, event, &node->effects); break;
    case REALM_SQL: cluster_step(node->cluster, event, &node->effects); break;
    }
    node_carry_out(realm, node);
}

static void node_step_message(struct realm *realm, struct realm_node *node,
                              const struct message *message) {
    struct event event = {.kind = EVENT_MESSAGE, .message = message};
    node_step(realm, node, &event);
}

static void node_tell_peer(struct realm *realm, struct realm_node *node, uint16_t other,
                           enum peer_state state) {
    struct message message = {.header = {.kind = MESSAGE_PEER,
                                         .wire_version = WIRE_VERSION,
                                         .from_node = other,
                                         .to_node = node->node}};
    message.peer = (struct peer){other, realm_node(realm, other)->incarnation, (uint8_t)state};
    node_step_message(realm, node, &message);
}

/* With REALM_TRACE in the environment: every message, on stderr. */
static void message_trace(struct realm *realm, const struct message *message) {
    struct arena arena;
    arena_open(&arena, &realm->chunks.source, 0);
    struct buffer line = buffer_of(&arena);
    message_print(&line, message);
    fprintf(stderr, "%8.3f %.*s\n", (double)realm->now_us / 1000, (int)line.size,
            (const char *)line.data);
    arena_close(&arena);
}

static bool realm_deliver(struct realm *realm) {
    struct realm_message *posted = realm->first;
    if (posted == NULL) return false;
    realm->first = posted->next;
    if (realm->first == NULL) realm->last = &realm->first;
    struct realm_node *to = realm_node(realm, posted->to), *from = realm_node(realm, posted->from);
    if (to->is_up && to->life == posted->to_life && from->life == posted->from_life) {
        struct message message;
        enum status status = message_decode(slice_of(posted->frame, posted->size), &message);
        CHECK(status == STATUS_OK);
        realm->message_count++;
        if (getenv("REALM_TRACE") != NULL) message_trace(realm, &message);
        if (message.header.kind == MESSAGE_REGISTERED && message.registered.status == STATUS_OK)
            to->incarnation = message.registered.incarnation;
        node_step_message(realm, to, &message);
    }
    free(posted);
    return true;
}

/* ---- nodes ---- */

static void node_open(struct realm *realm, struct realm_node *node) {
    const struct realm_options *options = &realm->options;
    char name[32];
    snprintf(name, sizeof name, "node%u", node->node);
    arena_open(&node->arena, &node->chunks.source, 0);
    effects_open(&node->effects, &node->arena);
    node->is_up = true;
    node->life++;
    node->stopped = NULL;
    node->incarnation = 0;
    node->deadline_us = UINT64_MAX;
    struct controller_options meta = {.node = node->node,
                                      .node_name = slice_of_text(name),
                                      .node_address = slice_of_text(name),
                                      .registration_nonce = ++realm->nonce,
                                      .source = &node->chunks.source,
                                      .storage_node_count = (uint16_t)options->storage_nodes,
                                      .replica_count = (uint16_t)options->replicas,
                                      .shards_per_node = (uint16_t)options->shards_per_node,
                                      .durability = options->durability};
    struct store_options store = {.node = node->node,
                                  .meta_node = NODE_META_FIRST,
                                  .store_count = 1,
                                  .node_name = slice_of_text(name),
                                  .node_address = slice_of_text(name),
                                  .registration_nonce = ++realm->nonce,
                                  .memory = node->memory,
                                  .memory_bytes = REALM_MEMORY,
                                  .source = &node->chunks.source,
                                  .log_segment_bytes = 1u << 20,
                                  .seed = node->node};
    struct cluster_options sql = {.node = node->node,
                                  .meta_node = NODE_META_FIRST,
                                  .node_name = slice_of_text(name),
                                  .node_address = slice_of_text(name),
                                  .registration_nonce = ++realm->nonce,
                                  .source = &node->chunks.source,
                                  .seed = realm->nonce};
    switch (node->kind) {
    case REALM_META:
        node->controller = controller_open(&meta, realm->now_us, &node->effects);
        break;
    case REALM_STORE:
        memset(node->memory, 0, REALM_MEMORY);
        node->store = store_open(&store, realm->now_us, &node->effects);
        break;
    case REALM_SQL: node->cluster = cluster_open(&sql, realm->now_us, &node->effects); break;
    }
    node_carry_out(realm, node);
}

void realm_start(struct realm *realm, uint16_t number) {
    struct realm_node *node = realm_node(realm, number);
    CHECK(!node->is_up);
    node_open(realm, node);
    for (uint32_t i = 0; i < realm->node_count; i++) {
        struct realm_node *other = &realm->nodes[i];
        if (other == node || !other->is_up) continue;
        node_tell_peer(realm, other, node->node, PEER_OPEN);
        node_tell_peer(realm, node, other->node, PEER_OPEN);
    }
}

static void node_forget(struct realm_node *node) {
    if (node->controller != NULL) controller_close(node->controller);
    if (node->store != NULL) store_close(node->store);
    if (node->cluster != NULL) cluster_close(node->cluster);
    arena_close(&node->arena);
    node->controller = NULL;
    node->store = NULL;
    node->cluster = NULL;
    node->is_up = false;
    CHECK(node->chunks.out_bytes == 0); /* nothing leaks */
}

void realm_kill(struct realm *realm, uint16_t number) {
    struct realm_node *node = realm_node(realm, number);
    CHECK(node->is_up);
    node_forget(node);
    node->life++;
    if (node->kind == REALM_META) fake_store_forget(&realm->store);
    if (node->kind == REALM_STORE) fake_disk_kill(node->disk);
    for (uint32_t i = 0; i < realm->node_count; i++)
        if (realm->nodes[i].is_up) node_tell_peer(realm, &realm->nodes[i], number, PEER_CLOSED);
}

void realm_reconnect(struct realm *realm, uint16_t one, uint16_t other) {
    struct realm_node *a = realm_node(realm, one), *b = realm_node(realm, other);
    CHECK(a->is_up && b->is_up);
    for (struct realm_message *posted = realm->first; posted != NULL; posted = posted->next)
        if ((posted->from == one && posted->to == other) ||
            (posted->from == other && posted->to == one))
            posted->to_life = 0; /* of nobody */
    node_tell_peer(realm, a, other, PEER_CLOSED);
    node_tell_peer(realm, b, one, PEER_CLOSED);
    node_tell_peer(realm, a, other, PEER_OPEN);
    node_tell_peer(realm, b, one, PEER_OPEN);
}

static void realm_add(struct realm *realm, uint16_t number, enum realm_kind kind) {
    struct realm_node *node = &realm->nodes[realm->node_count++];
    *node = (struct realm_node){.node = number, .kind = kind, .chunks = chunks_open()};
    if (kind != REALM_STORE) return;
    node->memory = aligned_alloc(1u << 21, REALM_MEMORY);
    node->disk = fake_disk_open(number);
}

/* ---- running ---- */

static void fibers_run(struct realm *realm) {
    for (uint32_t i = 0; i < realm->node_count; i++) {
        struct realm_node *node = &realm->nodes[i];
        if (node->kind == REALM_SQL && node->is_up)
            cluster_bind(node->cluster, &node->effects, realm->now_us);
    }
    wait_queue_run(&realm->queue, realm->now_us);
    for (uint32_t i = 0; i < realm->node_count; i++)
        if (realm->nodes[i].kind == REALM_SQL && realm->nodes[i].is_up)
            node_carry_out(realm, &realm->nodes[i]);
}

static bool realm_do_something(struct realm *realm) {
    if (!wait_queue_is_empty(&realm->queue)) {
        fibers_run(realm);
        return true;
    }
    if (realm_deliver(realm)) return true;
    struct event event;
    struct realm_node *meta = realm_node(realm, NODE_META_FIRST);
    if (meta->is_up && fake_store_next(&realm->store, &event)) {
        node_step(realm, meta, &event);
        return true;
    }
    for (uint32_t i = 0; i < realm->node_count; i++) {
        struct realm_node *node = &realm->nodes[i];
        if (node->kind != REALM_STORE || !node->is_up) continue;
        struct arena arena;
        arena_open(&arena, &realm->chunks.source, 0);
        bool is_done = fake_disk_next(node->disk, &arena, &event);
        if (is_done) node_step(realm, node, &event);
        arena_close(&arena);
        if (is_done) return true;
    }
    return false;
}

static uint64_t realm_next_deadline(const struct realm *realm) {
    uint64_t at_us = UINT64_MAX;
    for (uint32_t i = 0; i < realm->node_count; i++)
        if (realm->nodes[i].is_up && realm->nodes[i].stopped == NULL)
            at_us = MIN(at_us, realm->nodes[i].deadline_us);
    for (uint32_t i = 0; i < realm->fiber_count; i++)
        if (!realm->fibers[i].is_done) at_us = MIN(at_us, realm->fibers[i].waiter.deadline_us);
    return at_us;
}

/* Time moves to the next deadline, at most to until_us; false: it is there. */
static bool realm_pass_time(struct realm *realm, uint64_t until_us) {
    uint64_t at_us = MAX(realm_next_deadline(realm), realm->now_us);
    if (at_us > until_us) {
        realm->now_us = until_us;
        return false;
    }
    realm->now_us = at_us;
    for (uint32_t i = 0; i < realm->fiber_count; i++)
        if (!realm->fibers[i].is_done && realm->fibers[i].waiter.deadline_us <= at_us)
            waiter_wake(&realm->fibers[i].waiter);
    for (uint32_t i = 0; i < realm->node_count; i++) {
        struct realm_node *node = &realm->nodes[i];
        struct event event = {.kind = EVENT_DEADLINE};
        if (node->is_up && node->deadline_us <= at_us) node_step(realm, node, &event);
    }
    return true;
}

void realm_run_for(struct realm *realm, uint64_t us) {
    uint64_t until_us = realm->now_us + us;
    while (realm->now_us < until_us)
        if (!realm_do_something(realm) && !realm_pass_time(realm, until_us)) return;
}

void realm_run_messages(struct realm *realm, uint64_t count) {
    uint64_t until = realm->message_count + count;
    while (realm->message_count < until)
        if (!realm_do_something(realm)) realm_pass_time(realm, UINT64_MAX);
}

static bool fibers_are_done(const struct realm *realm) {
    for (uint32_t i = 0; i < realm->fiber_count; i++)
        if (!realm->fibers[i].is_done) return false;
    return true;
}

void realm_run_fibers(struct realm *realm, uint64_t limit_us) {
    uint64_t until_us = realm->now_us + limit_us;
    while (!fibers_are_done(realm)) {
        bool goes_on = realm_do_something(realm) || realm_pass_time(realm, until_us);
        CHECK(goes_on); /* the fibers are not done in time */
    }
    for (uint32_t i = 0; i < realm->fiber_count; i++) {
        arena_close(&realm->fibers[i].arena);
        free(realm->fibers[i].stack);
    }
    realm->fiber_count = 0;
}

void realm_abandon_fibers(struct realm *realm) {
    for (uint32_t i = 0; i < realm->fiber_count; i++) {
        struct realm_fiber *fiber = &realm->fibers[i];
        waiter_close(&fiber->waiter);
        if (fiber_is_live(&fiber->fiber)) fiber_abandon(&fiber->fiber);
        arena_close(&fiber->arena);
        free(fiber->stack);
    }
    realm->fiber_count = 0;
}

static void fiber_entry(struct fiber *fiber, void *argument) {
    (void)fiber;
    struct realm_fiber *own = argument;
    own->run(own);
    own->is_done = true;
}

struct realm_fiber *realm_spawn(struct realm *realm, uint16_t sql_node,
                                void (*run)(struct realm_fiber *fiber), void *argument) {
    CHECK(realm->fiber_count < REALM_FIBERS_MAX);
    struct realm_fiber *fiber = &realm->fibers[realm->fiber_count++];
    *fiber = (struct realm_fiber){.run = run,
                                  .realm = realm,
                                  .cluster = realm_node(realm, sql_node)->cluster,
                                  .argument = argument,
                                  .stack = malloc(FIBER_STACK_BYTES)};
    arena_open(&fiber->arena, &realm->chunks.source, 0);
    fiber_open(&fiber->fiber, fiber->stack, FIBER_STACK_BYTES, fiber_entry, fiber);
    waiter_open(&fiber->waiter, &realm->queue, &fiber->fiber);
    waiter_wake(&fiber->waiter);
    return fiber;
}

void realm_call(struct realm *realm, uint16_t sql_node, void (*run)(struct realm_fiber *fiber),
                void *argument) {
    realm_spawn(realm, sql_node, run, argument);
    realm_run_fibers(realm, 60000000);
}

static void fiber_wait_ready(struct realm_fiber *fiber) {
    enum status status = cluster_wait_ready(fiber->cluster, &fiber->waiter, 20000000);
    CHECK(status == STATUS_OK);
}

struct realm *realm_open(const struct realm_options *options) {
    struct realm *realm = calloc(1, sizeof *realm);
    realm->options = *options;
    realm->chunks = chunks_open();
    realm->now_us = 1000000;
    realm->last = &realm->first;
    fake_store_open(&realm->store);
    wait_queue_open(&realm->queue);
    realm_add(realm, NODE_META_FIRST, REALM_META);
    for (uint32_t i = 0; i < options->storage_nodes; i++)
        realm_add(realm, (uint16_t)(NODE_STORAGE_FIRST + i), REALM_STORE);
    for (uint32_t i = 0; i < options->sql_nodes; i++)
        realm_add(realm, (uint16_t)(NODE_SQL_FIRST + i), REALM_SQL);
    for (uint32_t i = 0; i < realm->node_count; i++) realm_start(realm, realm->nodes[i].node);
    for (uint32_t i = 0; i < options->sql_nodes; i++)
        realm_spawn(realm, (uint16_t)(NODE_SQL_FIRST + i), fiber_wait_ready, NULL);
    realm_run_fibers(realm, 30000000);
    return realm;
}

void realm_close(struct realm *realm) {
    for (uint32_t i = 0; i < realm->node_count; i++) {
        struct realm_node *node = &realm->nodes[i];
        if (node->is_up) node_forget(node);
        if (node->disk != NULL) fake_disk_close(node->disk);
        free(node->memory);
    }
    while (realm->first != NULL) {
        struct realm_message *next = realm->first->next;
        free(realm->first);
        realm->first = next;
    }
    fake_store_close(&realm->store);
    CHECK(realm->chunks.out_bytes == 0);
    free(realm);
}
