/* shard_world.c: see shard_world.h. The meta here decides at once and never fails. */
#include "tests/storage/shard_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/storage/test_table.h"
#include "wire/meta.h"

#define MESSAGES_US_MAX 1000000

static void world_deliver(struct world *world, const struct message *message);

/* The table of test_table.h, complete enough to be encoded. */
static struct table_definition *world_definition(struct world *world) {
    struct table_definition *definition = test_definition(&world->arena, 2, INDEX_PUBLIC);
    definition->database = SLICE_LITERAL("test");
    definition->collation = COLLATION_BINARY;
    struct column_definition *columns = (struct column_definition *)(uintptr_t)definition->columns;
    for (uint32_t i = 0; i < definition->column_count; i++)
        columns[i].type.collation = COLLATION_BINARY;
    CHECK(table_check(definition) == STATUS_OK);
    return definition;
}

/* ---- queue ---- */

static struct world_message *world_message_new(struct world *world, const struct message *message) {
    struct world_message *item = calloc(1, sizeof *item);
    arena_open(&item->arena, &world->chunks, 0);
    item->message = message_copy(&item->arena, message);
    return item;
}

static void world_message_free(struct world_message *item) {
    arena_close(&item->arena);
    free(item);
}

static void world_post(struct world *world, const struct message *message) {
    if (world->drops != NULL && world->drops(world, message)) return;
    struct world_message *item = world_message_new(world, message);
    *world->last = item;
    world->last = &item->next;
}

void world_send(struct world *world, struct message *request) { world_post(world, request); }

/* ---- nodes ---- */

static struct world_node *world_node(struct world *world, uint16_t node) {
    uint32_t index = (uint32_t)node - WORLD_NODE_FIRST;
    return index < world->node_count ? &world->nodes[index] : NULL;
}

static void world_take_effects(struct world *world, struct world_node *node,
                               struct effects *effects) {
    fake_disk_take(node->disk, effects);
    for (uint32_t i = 0; i < effects->count; i++) {
        if (effects->list[i].kind == EFFECT_SEND) world_post(world, effects->list[i].message);
        if (effects->list[i].kind == EFFECT_STOP) node->stopped = effects->list[i].stop_reason;
    }
    node->deadline_us = effects->deadline_us;
}

static void world_step(struct world *world, struct world_node *node, struct event *event) {
    struct arena arena;
    struct effects effects;
    arena_open(&arena, &world->chunks, 0);
    effects_open(&effects, &arena);
    event->now_us = world->now_us;
    store_step(node->store, event, &effects);
    world_take_effects(world, node, &effects);
    arena_close(&arena);
}

void world_start(struct world *world, uint32_t node_index) {
    struct world_node *node = &world->nodes[node_index];
    CHECK(node->store == NULL);
    memset(node->memory, 0, WORLD_MEMORY);
    struct arena arena;
    struct effects effects;
    arena_open(&arena, &world->chunks, 0);
    effects_open(&effects, &arena);
    struct store_options options = {.node = (uint16_t)(WORLD_NODE_FIRST + node_index),
                                    .meta_node = WORLD_META,
                                    .store_count = 1,
                                    .node_name = SLICE_LITERAL("store"),
                                    .node_address = SLICE_LITERAL("here"),
                                    .registration_nonce = ++world->nonce,
                                    .memory = node->memory,
                                    .memory_bytes = WORLD_MEMORY,
                                    .source = &world->chunks,
                                    .log_segment_bytes = 1 << 20,
                                    .transaction_count = 64,
                                    .fault = world->fault};
    node->stopped = NULL;
    node->is_registered = false;
    node->store = store_open(&options, world->now_us, &effects);
    world_take_effects(world, node, &effects);
    arena_close(&arena);
}

struct world *world_open(uint32_t node_count, uint32_t shard_count) {
    return world_open_durable(node_count, shard_count, DURABILITY_SYNC);
}

struct world *world_open_durable(uint32_t node_count, uint32_t shard_count,
                                 enum durability durability) {
    struct world *world = calloc(1, sizeof *world);
    world->chunks = region_chunks();
    arena_open(&world->arena, &world->chunks, 0);
    random_open(&world->random, 7);
    world->now_us = 1000000;
    world->durability = durability;
    world->is_loud = getenv("WORLD_LOUD") != NULL;
    world->node_count = node_count;
    world->shard_count = shard_count;
    world->last = &world->first;
    struct table_definition *definition = world_definition(world);
    world->row = row_layout_of_table(definition, &world->arena);
    world->primary = key_layout_of_index(definition, 0, world->row, KEY_INDEX_PARTS, &world->arena);
    for (uint32_t i = 0; i < node_count; i++) {
        world->nodes[i].disk = fake_disk_open(i + 1);
        world->nodes[i].disk->in_order = true;
        world->nodes[i].memory = aligned_alloc(MEMORY_PAGE_BYTES, WORLD_MEMORY);
        world_start(world, i);
    }
    world_run(world);
    return world;
}

void world_close(struct world *world) {
    while (world->first != NULL) {
        struct world_message *item = world->first;
        world->first = item->next;
        world_message_free(item);
    }
    while (world->answers != NULL) {
        struct world_message *item = world->answers;
        world->answers = item->next;
        world_message_free(item);
    }
    for (uint32_t i = 0; i < world->node_count; i++) {
        if (world->nodes[i].store != NULL) store_close(world->nodes[i].store);
        fake_disk_close(world->nodes[i].disk);
        free(world->nodes[i].memory);
    }
    arena_close(&world->arena);
    free(world);
}

/* ---- running ---- */

static bool world_run_message(struct world *world) {
    struct world_message *item = world->first;
    if (item == NULL) return false;
    world->first = item->next;
    if (world->first == NULL) world->last = &world->first;
    item->next = NULL;
    world->delivered_count++;
    if (world->is_loud) {
        struct buffer line = buffer_of(&item->arena);
        message_print(&line, item->message);
        fprintf(stderr, "%llu %.*s\n", (unsigned long long)world->now_us, (int)MIN(line.size, 200u),
                (const char *)line.data);
    }
    if (item->message->header.to_node == WORLD_DAEMON) {
        item->next = world->answers;
        world->answers = item;
        return true;
    }
    struct world_node *node = world_node(world, item->message->header.to_node);
    if (node != NULL && node->is_paused) { /* the kernel keeps them */
        *node->held_last = item;
        node->held_last = &item->next;
        return true;
    }
    world_deliver(world, item->message);
    world_message_free(item);
    return true;
}

void world_pause(struct world *world, uint32_t node_index) {
    struct world_node *node = &world->nodes[node_index];
    node->is_paused = true;
    node->held_last = &node->held;
}

void world_resume(struct world *world, uint32_t node_index) {
    struct world_node *node = &world->nodes[node_index];
    node->is_paused = false;
    if (node->held == NULL) return;
    *node->held_last = world->first;
    if (world->first == NULL) world->last = node->held_last;
    world->first = node->held;
    node->held = NULL;
}

static bool world_run_nodes(struct world *world) {
    for (uint32_t i = 0; i < world->node_count; i++) {
        struct world_node *node = &world->nodes[i];
        if (node->store == NULL || node->stopped != NULL || node->is_paused) continue;
        if (node->deadline_us <= world->now_us) {
            struct event event = {.kind = EVENT_DEADLINE};
            node->deadline_us = UINT64_MAX;
            world_step(world, node, &event);
            return true;
        }
        struct arena arena;
        struct event event;
        arena_open(&arena, &world->chunks, 0);
        bool is_done = fake_disk_next(node->disk, &arena, &event);
        if (is_done) world_step(world, node, &event);
        arena_close(&arena);
        if (is_done) return true;
    }
    return false;
}

static uint64_t world_next_deadline(const struct world *world) {
    uint64_t next = UINT64_MAX;
    for (uint32_t i = 0; i < world->node_count; i++) {
        const struct world_node *node = &world->nodes[i];
        if (node->store != NULL && node->stopped == NULL && !node->is_paused)
            next = MIN(next, node->deadline_us);
    }
    return next;
}

/* One step; false: nothing happens before `end_us`. */
static bool world_advance(struct world *world, uint64_t end_us) {
    if (world_run_message(world) || world_run_nodes(world)) return true;
    uint64_t next = world_next_deadline(world);
    if (next > end_us) return false;
    CHECK(next > world->now_us);
    world->now_us = next;
    return true;
}

void world_run_for(struct world *world, uint64_t us) {
    uint64_t end_us = world->now_us + us;
    for (uint64_t steps = 0; world_advance(world, end_us); steps++) CHECK(steps < 1000000);
    world->now_us = end_us;
}

void world_run_messages(struct world *world, uint64_t count) {
    uint64_t end_us = world->now_us + MESSAGES_US_MAX, until = world->delivered_count + count;
    while (world->delivered_count < until && world_advance(world, end_us)) {}
}

void world_run(struct world *world) { world_run_for(world, 15000); }

struct shard *world_shard(struct world *world, uint32_t node_index, uint16_t shard) {
    struct world_node *node = &world->nodes[node_index];
    return node->store == NULL ? NULL : store_shard(node->store, shard);
}

int world_primary(struct world *world, uint16_t shard_id) {
    for (uint32_t i = 0; i < world->node_count; i++) {
        struct shard *shard = world_shard(world, i, shard_id);
        if (shard != NULL && shard_is_primary(shard) &&
            world->shards[shard_id - 1].primary == WORLD_NODE_FIRST + i)
            return (int)i;
    }
    return -1;
}

/* ---- meta ---- */

static struct slice world_configuration(struct world *world, struct arena *arena) {
    struct configuration_node nodes[WORLD_NODES_MAX + 2] = {
        {.node = WORLD_META, .role = ROLE_META, .is_live = 1, .incarnation = 1}};
    uint32_t count = 1;
    for (uint32_t i = 0; i < world->node_count; i++) {
        const struct world_node *node = &world->nodes[i];
        nodes[count++] = (struct configuration_node){.node = (uint16_t)(WORLD_NODE_FIRST + i),
                                                     .role = ROLE_STORAGE,
                                                     .is_live = node->store != NULL,
                                                     .incarnation = node->incarnation,
                                                     .group = 1,
                                                     .name = SLICE_LITERAL("store"),
                                                     .address = SLICE_LITERAL("here")};
    }
    nodes[count++] = (struct configuration_node){.node = WORLD_DAEMON,
                                                 .role = ROLE_SQL,
                                                 .is_live = !world->daemon_is_ended,
                                                 .incarnation = WORLD_INCARNATION,
                                                 .name = SLICE_LITERAL("sql1"),
                                                 .address = SLICE_LITERAL("here")};
    uint16_t *buckets = arena_array(arena, uint16_t, BUCKET_COUNT);
    for (uint32_t i = 0; i < BUCKET_COUNT; i++) buckets[i] = (uint16_t)(1 + i % world->shard_count);
    struct configuration_map map = {1, buckets};
    uint32_t ended = WORLD_INCARNATION;
    struct cluster_configuration configuration = {.revision = world->revision,
                                                  .durability = (uint8_t)world->durability,
                                                  .replicas_wanted = (uint8_t)world->node_count,
                                                  .node_count = count,
                                                  .shard_count = world->shard_count,
                                                  .map_count = 1,
                                                  .ended_count = world->daemon_is_ended,
                                                  .nodes = nodes,
                                                  .shards = world->shards,
                                                  .maps = &map,
                                                  .ended = &ended};
    size_t size = configuration_encoded_size(&configuration);
    struct writer writer = writer_of(arena_alloc(arena, size), size);
    configuration_write(&writer, &configuration);
    CHECK(!writer.failed);
    return writer_written(&writer);
}

static void world_tell_all(struct world *world) {
    struct arena arena;
    arena_open(&arena, &world->chunks, 0);
    world->revision++;
    struct slice bytes = world_configuration(world, &arena);
    for (uint32_t i = 0; i < world->node_count; i++) {
        if (world->nodes[i].store == NULL) continue;
        struct message message = {.header = {.kind = MESSAGE_CONFIGURATION,
                                             .wire_version = WIRE_VERSION,
                                             .from_node = WORLD_META,
                                             .to_node = (uint16_t)(WORLD_NODE_FIRST + i)},
                                  .configuration = {world->revision, bytes}};
        world_post(world, &message);
    }
    arena_close(&arena);
}

static void world_form(struct world *world) {
    for (uint32_t s = 0; s < world->shard_count; s++) {
        struct configuration_shard *shard = &world->shards[s];
        uint32_t first = s % world->node_count;
        *shard =
            (struct configuration_shard){.shard = (uint16_t)(s + 1),
                                         .group = 1,
                                         .term = 1,
                                         .version = 1,
                                         .primary = (uint16_t)(WORLD_NODE_FIRST + first),
                                         .primary_incarnation = world->nodes[first].incarnation,
                                         .durability = (uint8_t)world->durability,
                                         .replica_count = (uint8_t)world->node_count};
        for (uint32_t i = 0; i < world->node_count; i++)
            shard->replicas[i] = (struct configuration_replica){(uint16_t)(WORLD_NODE_FIRST + i),
                                                                world->nodes[i].incarnation};
    }
    world->is_formed = true;
}

static bool world_lists(const struct world *world, const struct configuration_shard *shard,
                        uint32_t index) {
    const struct configuration_replica *replica =
        configuration_replica_find(shard, (uint16_t)(WORLD_NODE_FIRST + index));
    return replica != NULL && replica->incarnation == world->nodes[index].incarnation;
}

/* Shards whose primary is gone get another listed one; with none left, the last one in its new life. */
static void world_repair(struct world *world) {
    for (uint32_t s = 0; s < world->shard_count; s++) {
        struct configuration_shard *shard = &world->shards[s];
        struct world_node *primary = world_node(world, shard->primary);
        if (primary != NULL && primary->store != NULL &&
            primary->incarnation == shard->primary_incarnation)
            continue;
        bool is_lost = true; /* every listed one has begun a new life: R5, in sync */
        for (uint32_t i = 0; i < world->node_count; i++)
            is_lost = is_lost && world->nodes[i].is_registered && !world_lists(world, shard, i);
        if (is_lost && shard->replica_count > 1) {
            shard->replicas[0] = shard->replicas[s % shard->replica_count];
            shard->replica_count = 1;
        }
        for (uint32_t i = 0; i < world->node_count; i++) {
            struct world_node *node = &world->nodes[i];
            bool is_sole =
                shard->replica_count == 1 && shard->replicas[0].node == WORLD_NODE_FIRST + i;
            if (node->store == NULL || node->incarnation == 0) continue;
            if (!world_lists(world, shard, i) && !is_sole) continue;
            if (is_sole) shard->replicas[0].incarnation = node->incarnation;
            shard->primary = (uint16_t)(WORLD_NODE_FIRST + i);
            shard->primary_incarnation = node->incarnation;
            shard->term++;
            shard->version = 1;
            break;
        }
    }
}

static void world_on_register(struct world *world, const struct message *message) {
    struct world_node *node = world_node(world, message->register_node.node);
    node->incarnation = ++world->next_incarnation;
    struct message registered = {.header = {.kind = MESSAGE_REGISTERED,
                                            .wire_version = WIRE_VERSION,
                                            .from_node = WORLD_META,
                                            .to_node = message->register_node.node},
                                 .registered = {.status = STATUS_OK,
                                                .nonce = message->register_node.nonce,
                                                .node = message->register_node.node,
                                                .incarnation = node->incarnation,
                                                .revision = world->revision}};
    world_post(world, &registered);
    bool all = true;
    for (uint32_t i = 0; i < world->node_count; i++) all = all && world->nodes[i].incarnation != 0;
    node->is_registered = true;
    if (all && !world->is_formed) world_form(world);
    if (world->is_formed) world_repair(world);
    if (world->is_formed) world_tell_all(world);
}

static void world_on_propose(struct world *world, const struct message *message) {
    struct configuration_shard *shard = &world->shards[message->header.shard - 1];
    const struct propose *propose = &message->propose;
    if (message->header.term != shard->term || message->header.config_version != shard->version)
        return;
    uint32_t kept = 0;
    switch ((enum proposal_kind)propose->proposal_kind) {
    case PROPOSAL_LIST:
        for (; kept < shard->replica_count && shard->replicas[kept].node < propose->node;) kept++;
        if (kept < shard->replica_count && shard->replicas[kept].node == propose->node) {
            shard->replicas[kept].incarnation = propose->node_incarnation; /* a new life */
            break;
        }
        CHECK(shard->replica_count < REPLICAS_MAX);
        memmove(&shard->replicas[kept + 1], &shard->replicas[kept],
                (shard->replica_count - kept) * sizeof shard->replicas[0]);
        shard->replicas[kept] =
            (struct configuration_replica){propose->node, propose->node_incarnation};
        shard->replica_count++;
        if (shard->replica_count > 1) shard->durability = (uint8_t)world->durability;
        break;
    case PROPOSAL_UNLIST:
        for (uint32_t i = 0; i < shard->replica_count; i++)
            if (shard->replicas[i].node != propose->node ||
                shard->replicas[i].incarnation != propose->node_incarnation)
                shard->replicas[kept++] = shard->replicas[i];
        shard->replica_count = (uint8_t)kept;
        break;
    case PROPOSAL_SYNC: shard->durability = DURABILITY_SYNC; break;
    }
    shard->version++;
    world_tell_all(world);
}

static void world_deliver(struct world *world, const struct message *message) {
    uint16_t to = message->header.to_node;
    if (to == WORLD_META) {
        if (message->header.kind == MESSAGE_REGISTER) world_on_register(world, message);
        if (message->header.kind == MESSAGE_PROPOSE) world_on_propose(world, message);
        return;
    }
    struct world_node *node = world_node(world, to);
    if (node == NULL || node->store == NULL || node->stopped != NULL || node->is_paused) return;
    struct event event = {.kind = EVENT_MESSAGE, .message = message};
    world_step(world, node, &event);
}

void world_depose(struct world *world, uint16_t shard_id) {
    struct configuration_shard *shard = &world->shards[shard_id - 1];
    for (uint32_t i = 0; i < world->node_count; i++) {
        uint32_t index = (i + (uint32_t)world->now_us) % world->node_count;
        struct world_node *node = &world->nodes[index];
        bool is_other = shard->primary != WORLD_NODE_FIRST + index;
        if (!is_other || node->store == NULL || !world_lists(world, shard, index)) continue;
        shard->primary = (uint16_t)(WORLD_NODE_FIRST + index);
        shard->primary_incarnation = node->incarnation;
        shard->term++;
        shard->version++;
        world_tell_all(world);
        return;
    }
}

/* All others that run hear it of the node. */
static void world_tell_peer(struct world *world, uint32_t node_index, enum peer_state state) {
    for (uint32_t i = 0; i < world->node_count; i++) {
        if (i == node_index || world->nodes[i].store == NULL) continue;
        struct message message = {.header = {.kind = MESSAGE_PEER,
                                             .wire_version = WIRE_VERSION,
                                             .to_node = (uint16_t)(WORLD_NODE_FIRST + i)},
                                  .peer = {(uint16_t)(WORLD_NODE_FIRST + node_index),
                                           world->nodes[node_index].incarnation, (uint8_t)state}};
        world_post(world, &message);
    }
}

void world_connect(struct world *world, uint32_t node_index) {
    world_tell_peer(world, node_index, PEER_OPEN);
}

static void world_gone(struct world *world, uint32_t node_index) {
    struct world_node *node = &world->nodes[node_index];
    store_close(node->store);
    node->store = NULL;
    node->deadline_us = UINT64_MAX;
    world_tell_peer(world, node_index, PEER_DEAD);
    world_repair(world);
    world_tell_all(world);
}

void world_kill(struct world *world, uint32_t node_index) {
    fake_disk_kill(world->nodes[node_index].disk);
    world_gone(world, node_index);
}

void world_power_off(struct world *world, uint32_t node_index) {
    fake_disk_crash(world->nodes[node_index].disk);
    world_gone(world, node_index);
}

/* ---- the daemon ---- */

struct message *world_request(struct world *world, enum message_kind kind, uint16_t shard) {
    struct message *message = arena_new(&world->arena, struct message);
    const struct configuration_shard *entry = &world->shards[shard - 1];
    message->header = (struct message_header){.kind = (uint8_t)kind,
                                              .wire_version = WIRE_VERSION,
                                              .shard = shard,
                                              .from_node = WORLD_DAEMON,
                                              .to_node = entry->primary,
                                              .from_incarnation = WORLD_INCARNATION,
                                              .to_incarnation = entry->primary_incarnation,
                                              .term = entry->term,
                                              .request_id = ++world->request_id};
    return message;
}

const struct message *world_answer(struct world *world, const struct message *request) {
    for (const struct world_message *item = world->answers; item != NULL; item = item->next)
        if (item->message->header.request_id == request->header.request_id) return item->message;
    return NULL;
}

const struct message *world_ask(struct world *world, struct message *request) {
    world_send(world, request);
    world_run(world);
    return world_answer(world, request);
}

void world_create_table(struct world *world) {
    struct table_definition *definition = world_definition(world);
    struct buffer bytes = buffer_of(&world->arena);
    table_encode(definition, &bytes);
    for (uint16_t shard = 1; shard <= world->shard_count; shard++) {
        struct message *message = world_request(world, MESSAGE_SCHEMA, shard);
        message->put_schema = (struct put_schema){.schema_change = SCHEMA_CREATE,
                                                  .table_id = WORLD_TABLE,
                                                  .version = 1,
                                                  .definition = buffer_slice(&bytes)};
        const struct message *answer = world_ask(world, message);
        CHECK(answer != NULL && answer->done.status == STATUS_OK);
    }
}

struct slice world_key(struct world *world, uint32_t id) {
    struct value value = {.kind = VALUE_UINT, .u = id};
    struct buffer out = buffer_of(&world->arena);
    enum status status = key_of_values(world->primary, &value, 1, &out);
    CHECK(status == STATUS_OK);
    return buffer_slice(&out);
}

struct slice world_row(struct world *world, uint32_t id, int32_t k) {
    struct value values[3] = {{.kind = VALUE_UINT, .u = id},
                              {.kind = VALUE_INT, .i = k},
                              {.kind = VALUE_STRING,
                               .collation = COLLATION_BINARY,
                               .size = 4,
                               .bytes = (const uint8_t *)"note"}};
    struct buffer out = buffer_of(&world->arena);
    struct slice row;
    enum status status = row_encode(world->row, values, &out, &row);
    CHECK(status == STATUS_OK);
    return row;
}

struct message *world_write_message(struct world *world, const struct world_write *write) {
    struct message *message = world_request(world, MESSAGE_WRITE, write->shard);
    struct buffer ops = buffer_of(&world->arena);
    struct pack_op op = {.kind = write->kind, .key = world_key(world, write->id)};
    if (write->kind != WRITE_DELETE) op.row = world_row(world, write->id, write->k);
    pack_op(&ops, &op);
    message->header.schema_version = 1;
    message->write = (struct write){.incarnation = WORLD_INCARNATION,
                                    .txn_number = write->txn,
                                    .request_number = write->request,
                                    .statement_number = write->statement,
                                    .floor = write->floor,
                                    .table_id = WORLD_TABLE,
                                    .lock_wait_ms = 1000,
                                    .commit_mode = (uint8_t)write->mode,
                                    .op_count = 1,
                                    .ops = buffer_slice(&ops)};
    return message;
}

enum status world_write(struct world *world, const struct world_write *write) {
    const struct message *answer = world_ask(world, world_write_message(world, write));
    return answer == NULL ? STATUS_TIMEOUT : (enum status)answer->written.status;
}

struct message *world_read_message(struct world *world, uint16_t shard, uint32_t id,
                                   uint64_t snapshot) {
    struct message *message = world_request(world, MESSAGE_READ, shard);
    struct buffer points = buffer_of(&world->arena);
    pack_point(&points, world_key(world, id));
    message->header.schema_version = 1;
    message->read = (struct read){.incarnation = WORLD_INCARNATION,
                                  .snapshot = snapshot,
                                  .table_id = WORLD_TABLE,
                                  .positions = buffer_slice(&points)};
    return message;
}

int32_t world_read_result(struct world *world, const struct message *request) {
    const struct message *answer = world_answer(world, request);
    if (answer == NULL) return WORLD_NO_ANSWER;
    if (answer->rows.status != STATUS_OK) return WORLD_REFUSED;
    if (answer->rows.row_count == 0) return WORLD_ABSENT;
    struct reader reader = reader_of(answer->rows.rows);
    struct pack_row row;
    CHECK(unpack_row(&reader, &row));
    CHECK(row_verify(world->row, row.bytes) == STATUS_OK);
    return (int32_t)row_value(world->row, row.bytes, 1, &world->arena).i;
}

int32_t world_read(struct world *world, uint16_t shard, uint32_t id, uint64_t snapshot) {
    struct message *request = world_read_message(world, shard, id, snapshot);
    (void)world_ask(world, request);
    return world_read_result(world, request);
}

enum status world_commit(struct world *world, uint16_t shard, uint64_t txn, uint32_t requests) {
    struct message *message = world_request(world, MESSAGE_COMMIT, shard);
    message->commit = (struct commit){WORLD_INCARNATION, txn, requests, 1};
    const struct message *answer = world_ask(world, message);
    return answer == NULL ? STATUS_TIMEOUT : (enum status)answer->done.status;
}

uint64_t world_snapshot(struct world *world) {
    struct message *message = world_request(world, MESSAGE_SNAPSHOT, SHARD_SYSTEM);
    message->snapshot = (struct snapshot){WORLD_INCARNATION, 1};
    const struct message *answer = world_ask(world, message);
    CHECK(answer != NULL && answer->given.status == STATUS_OK);
    return answer->given.snapshot;
}
