/* meta_world.c: see meta_world.h. */
#include "tests/meta/meta_world.h"

#include "wire/pack.h"

static void world_take_message(struct meta_world *world, const struct message *message) {
    const struct message *copy = message_copy(&world->kept, message);
    uint8_t kind = copy->header.kind;
    world->last[kind] = *copy;
    world->sent_count[kind]++;
    if (kind != MESSAGE_CONFIGURATION) return;
    struct cluster_configuration *configuration;
    enum status status =
        configuration_read(copy->configuration.configuration, &world->kept, &configuration);
    CHECK(status == STATUS_OK);
    world->configuration = configuration;
}

static void world_carry_out(struct meta_world *world) {
    for (uint32_t i = 0; i < world->effects.count; i++) {
        const struct effect *effect = &world->effects.list[i];
        if (effect->kind == EFFECT_SEND) world_take_message(world, effect->message);
        if (effect->kind != EFFECT_NOTE) continue;
        buffer_append(&world->notes, effect->note);
        buffer_append_byte(&world->notes, '\n');
    }
    fake_store_take(&world->store, &world->effects);
    world->deadline_us = world->effects.deadline_us;
    effects_clear(&world->effects);
    arena_reset(&world->arena);
}

static void world_step(struct meta_world *world, struct event *event) {
    event->now_us = world->now_us;
    controller_step(world->controller, event, &world->effects);
    world_carry_out(world);
}

static void world_settle(struct meta_world *world) {
    struct event event;
    while (fake_store_next(&world->store, &event)) world_step(world, &event);
}

static void controller_begin(struct meta_world *world) {
    world->state_chunks = chunks_open();
    world->options.source = &world->state_chunks.source;
    world->options.registration_nonce++;
    world->controller = controller_open(&world->options, world->now_us, &world->effects);
    world_carry_out(world);
    world_settle(world);
}

bool meta_world_has_noted(const struct meta_world *world, const char *text) {
    struct slice notes = buffer_slice(&world->notes), line = slice_of_text(text);
    return memmem(notes.data, notes.size, line.data, line.size) != NULL;
}

void meta_world_open(struct meta_world *world, uint16_t storage_nodes, uint16_t replicas,
                     enum durability durability) {
    *world = (struct meta_world){.chunks = chunks_open(), .now_us = 1000000};
    arena_open(&world->arena, &world->chunks.source, 0);
    arena_open(&world->kept, &world->chunks.source, 0);
    world->notes = buffer_of(&world->kept);
    effects_open(&world->effects, &world->arena);
    fake_store_open(&world->store);
    world->options = (struct controller_options){.node = NODE_META_FIRST,
                                                 .node_name = SLICE_LITERAL("meta1"),
                                                 .storage_node_count = storage_nodes,
                                                 .replica_count = replicas,
                                                 .shards_per_node = 1,
                                                 .durability = durability};
    controller_begin(world);
}

static void controller_end(struct meta_world *world) {
    controller_close(world->controller);
    CHECK(world->state_chunks.out_bytes == 0);
    fake_store_forget(&world->store);
}

void meta_world_close(struct meta_world *world) {
    controller_end(world);
    fake_store_close(&world->store);
    arena_close(&world->arena);
    arena_close(&world->kept);
}

void meta_world_restart(struct meta_world *world) {
    controller_end(world);
    controller_begin(world);
}

void meta_world_send(struct meta_world *world, const struct message *message) {
    struct event event = {.kind = EVENT_MESSAGE, .message = message};
    world_step(world, &event);
    world_settle(world);
}

void meta_world_pass(struct meta_world *world, uint64_t us) {
    uint64_t until_us = world->now_us + us;
    while (world->deadline_us <= until_us) {
        world->now_us = MAX(world->now_us, world->deadline_us);
        struct event event = {.kind = EVENT_DEADLINE};
        world_step(world, &event);
        world_settle(world);
    }
    world->now_us = until_us;
}

void meta_world_live(struct meta_world *world, uint64_t us, uint16_t node, uint16_t other) {
    const uint16_t nodes[] = {node, other};
    for (uint64_t passed = 0; passed < us; passed += 100000) {
        meta_world_pass(world, 100000);
        for (uint32_t i = 0; i < ARRAY_COUNT(nodes); i++) {
            if (nodes[i] == 0) continue;
            struct message beat = {.header = {.kind = MESSAGE_BEAT, .from_node = nodes[i]}};
            beat.beat.answer = 1;
            meta_world_send(world, &beat);
        }
    }
}

void meta_world_peer(struct meta_world *world, uint16_t node, enum peer_state state) {
    struct message message = {.header = {.kind = MESSAGE_PEER, .from_node = node}};
    message.peer = (struct peer){node, meta_world_incarnation(world, node), (uint8_t)state};
    meta_world_send(world, &message);
}

uint32_t meta_world_register(struct meta_world *world, uint16_t node, uint64_t nonce,
                             uint64_t position) {
    meta_world_peer(world, node, PEER_OPEN);
    struct buffer stores = buffer_of(&world->kept);
    if (position > 0) {
        pack_u16(&stores, 1);
        pack_u32(&stores, 1);
        pack_u64(&stores, position);
    }
    struct buffer name = buffer_of(&world->arena);
    buffer_printf(&name, "n%u", node);
    bool is_sql = node >= NODE_SQL_FIRST;
    struct message message = {.header = {.kind = MESSAGE_REGISTER, .from_node = node}};
    message.register_node = (struct register_node){.node = node,
                                                   .role = is_sql ? ROLE_SQL : ROLE_STORAGE,
                                                   .nonce = nonce,
                                                   .name = buffer_slice(&name),
                                                   .address = SLICE_LITERAL("a"),
                                                   .stores = buffer_slice(&stores)};
    world->last[MESSAGE_REGISTERED].registered.incarnation = 0;
    meta_world_send(world, &message);
    const struct registered *answer = &world->last[MESSAGE_REGISTERED].registered;
    return answer->nonce == nonce && answer->status == STATUS_OK ? answer->incarnation : 0;
}

uint8_t meta_world_propose(struct meta_world *world, enum proposal_kind kind, uint16_t node,
                           uint32_t incarnation) {
    const struct configuration_shard *shard = meta_world_shard(world, 1);
    struct message message = {.header = {.kind = MESSAGE_PROPOSE,
                                         .shard = 1,
                                         .from_node = shard->primary,
                                         .from_incarnation = shard->primary_incarnation,
                                         .term = shard->term,
                                         .config_version = shard->version}};
    message.propose = (struct propose){(uint8_t)kind, node, incarnation};
    meta_world_send(world, &message);
    return world->last[MESSAGE_DECIDED].decided.status;
}

void meta_world_suspect(struct meta_world *world, uint16_t from, uint16_t node, uint8_t proof) {
    struct message message = {.header = {.kind = MESSAGE_SUSPECT, .from_node = from}};
    message.suspect = (struct suspect){node, meta_world_incarnation(world, node), proof};
    meta_world_send(world, &message);
}

const struct configuration_shard *meta_world_shard(struct meta_world *world, uint16_t shard) {
    return configuration_shard_find(world->configuration, shard);
}

uint32_t meta_world_incarnation(struct meta_world *world, uint16_t node) {
    if (world->configuration == NULL) return 0;
    const struct configuration_node *found = configuration_node_find(world->configuration, node);
    return found == NULL ? 0 : found->incarnation;
}

bool meta_world_is_live(struct meta_world *world, uint16_t node) {
    const struct configuration_node *found = configuration_node_find(world->configuration, node);
    return found != NULL && found->is_live;
}
