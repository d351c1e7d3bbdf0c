/* test_shard.c: roles, take-overs, and a cluster under random faults whose acknowledged writes must all be there. */
#include "tests/storage/shard_world.h"

#include "storage/inspect.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(shard, a_message_of_an_older_term_is_refused) {
    struct world *world = world_open(2, 1);
    world_create_table(world);
    struct world_write write = {
        .shard = 1, .kind = WRITE_PUT, .id = 1, .k = 1, .mode = COMMIT_AFTER};
    struct message *late = world_write_message(world, &write);
    world_kill(world, 0);
    world_run_for(world, 2000000);
    late->header.to_node = world->shards[0].primary;
    late->header.to_incarnation = world->shards[0].primary_incarnation;
    cr_assert_eq(world_ask(world, late)->written.status, STATUS_OLD_TERM);
    cr_assert_eq(world_read(world, 1, 1, 0), WORLD_ABSENT);
    world_close(world);
}

Test(shard, requests_during_a_take_over_wait_for_its_end) {
    struct world *world = world_open(2, 1);
    world_create_table(world);
    world_kill(world, 0);
    struct world_write write = {
        .shard = 1, .kind = WRITE_PUT, .id = 1, .k = 1, .mode = COMMIT_AFTER};
    struct message *early = world_write_message(world, &write);
    world_send(world, early);
    world_run_for(world, 2000000);
    cr_assert_not_null(world_answer(world, early));
    cr_assert_eq(world_answer(world, early)->written.status, STATUS_OK);
    world_close(world);
}

Test(shard, counters_and_sequences_never_go_back) {
    struct world *world = world_open(2, 1);
    uint64_t snapshot = world_snapshot(world), next = 0;
    for (int round = 0; round < 3; round++) {
        struct message *draw = world_request(world, MESSAGE_SEQUENCE, 1);
        draw->sequence = (struct sequence){.table_id = 9, .count = 10};
        const struct message *drawn = world_ask(world, draw);
        cr_assert_eq(drawn->drawn.status, STATUS_OK);
        cr_assert_geq(drawn->drawn.first, next);
        next = drawn->drawn.first + 10;
        uint64_t later = world_snapshot(world);
        cr_assert_gt(later, snapshot);
        snapshot = later;
        uint32_t primary = (uint32_t)world_primary(world, 1);
        world_kill(world, primary);
        world_run_for(world, 1000000);
        world_start(world, primary);
        world_run_for(world, 3000000);
        cr_assert_eq(world->shards[0].replica_count, 2);
    }
    world_close(world);
}

/* ---- random faults ---- */

#define SOAK_IDS 40

/* What may be in a row: the last acknowledged value, or one of those tried after it. */
struct soak_row {
    int32_t acknowledged; /* 0: none */
    int32_t tried_from;   /* values from here to tried_to were sent since */
    int32_t tried_to;
    struct message *open; /* the last one sent and not answered */
};

struct soak {
    struct world *world;
    struct soak_row rows[SOAK_IDS];
    int32_t next_value;
    uint32_t acknowledged_count, fault_count;
};

static bool soak_drop(struct world *world, const struct message *message) {
    bool is_between_nodes =
        message->header.from_node >= WORLD_NODE_FIRST && message->header.from_node < WORLD_DAEMON &&
        message->header.to_node >= WORLD_NODE_FIRST && message->header.to_node < WORLD_DAEMON;
    return is_between_nodes && message->header.kind != MESSAGE_PEER &&
           random_chance(&world->random, 0.01);
}

static void soak_look(struct soak *soak, uint32_t id) {
    struct soak_row *row = &soak->rows[id];
    if (row->open == NULL) return;
    const struct message *answer = world_answer(soak->world, row->open);
    if (answer == NULL) return;
    if (answer->written.status == STATUS_OK) {
        row->acknowledged = row->tried_to;
        row->tried_from = row->tried_to + 1;
        soak->acknowledged_count++;
    }
    row->open = NULL;
}

static void soak_write(struct soak *soak) {
    struct world *world = soak->world;
    uint32_t id = (uint32_t)random_below(&world->random, SOAK_IDS);
    struct soak_row *row = &soak->rows[id];
    soak_look(soak, id);
    if (row->open != NULL) return; /* two of unknown order would leave too much open */
    row->tried_to = ++soak->next_value;
    if (row->tried_from == 0 || row->acknowledged == 0) row->tried_from = MAX(row->tried_from, 1);
    struct world_write write = {.shard = (uint16_t)(1 + id % world->shard_count),
                                .kind = WRITE_PUT,
                                .id = id,
                                .k = row->tried_to,
                                .mode = COMMIT_AFTER};
    row->open = world_write_message(world, &write);
    world_send(world, row->open);
}

/* A newest read of a row of which everything is known: the primary that the daemon believes in may be an old one. */
static void soak_read(struct soak *soak) {
    struct world *world = soak->world;
    uint32_t id = (uint32_t)random_below(&world->random, SOAK_IDS);
    struct soak_row *row = &soak->rows[id];
    soak_look(soak, id);
    if (row->open != NULL || row->tried_from <= row->tried_to) return;
    uint16_t shard = (uint16_t)(1 + id % world->shard_count);
    struct message *read = world_read_message(world, shard, id, 0);
    uint32_t index = (uint32_t)random_below(&world->random, world->node_count);
    if (random_chance(&world->random, 0.3)) { /* whoever believes to be primary may be asked */
        read->header.to_node = (uint16_t)(WORLD_NODE_FIRST + index);
        read->header.to_incarnation = world->nodes[index].incarnation;
        read->header.term = 0;
    }
    (void)world_ask(world, read);
    int32_t k = world_read_result(world, read);
    if (k == WORLD_NO_ANSWER || k == WORLD_REFUSED) return;
    int32_t right = row->acknowledged == 0 ? WORLD_ABSENT : row->acknowledged;
    cr_assert_eq(k, right, "row %u is read as %d, it is %d", id, k, right);
}

static uint32_t soak_down_count(const struct world *world) {
    uint32_t down = 0;
    for (uint32_t i = 0; i < world->node_count; i++)
        down += world->nodes[i].store == NULL || world->nodes[i].is_paused;
    return down;
}

static void soak_fault(struct soak *soak) {
    struct world *world = soak->world;
    uint32_t index = (uint32_t)random_below(&world->random, world->node_count);
    struct world_node *node = &world->nodes[index];
    soak->fault_count++;
    if (random_chance(&world->random, 0.25)) {
        world_depose(world, (uint16_t)(1 + random_below(&world->random, world->shard_count)));
        return;
    }
    if (node->store == NULL) {
        world_start(world, index);
    } else if (node->is_paused) {
        world_resume(world, index);
    } else if (soak_down_count(world) == 0) {
        switch (random_below(&world->random, 3)) {
        case 0: world_kill(world, index); break;
        case 1:
            if (world->durability == DURABILITY_SYNC)
                world_power_off(world, index);
            else
                world_kill(world, index);
            break;
        case 2: world_pause(world, index); break;
        }
    }
}

static void soak_check(struct soak *soak) {
    struct world *world = soak->world;
    world->drops = NULL;
    for (uint32_t i = 0; i < world->node_count; i++) {
        if (world->nodes[i].store == NULL) world_start(world, i);
        if (world->nodes[i].is_paused) world_resume(world, i);
    }
    world_run_for(world, 8000000);
    for (uint32_t id = 0; id < SOAK_IDS; id++) {
        struct soak_row *row = &soak->rows[id];
        soak_look(soak, id);
        uint16_t shard = (uint16_t)(1 + id % world->shard_count);
        int32_t k = world_read(world, shard, id, 0);
        cr_assert_neq(k, WORLD_NO_ANSWER, "no answer for row %u", id);
        bool is_tried = k >= row->tried_from && k <= row->tried_to && k > 0;
        bool is_right =
            k == (row->acknowledged == 0 ? WORLD_ABSENT : row->acknowledged) || is_tried;
        cr_assert(is_right, "row %u is %d, acknowledged %d, tried %d to %d", id, k,
                  row->acknowledged, row->tried_from, row->tried_to);
    }
}

static void soak_replicas_agree(struct world *world) {
    world_run_for(world, 100000);
    for (uint16_t s = 1; s <= world->shard_count; s++) {
        uint64_t digest = 0;
        cr_assert_eq(world->shards[s - 1].replica_count, world->node_count);
        for (uint32_t i = 0; i < world->node_count; i++) {
            struct shard *shard = world_shard(world, i, s);
            struct table *table = schema_find(&shard->schema, WORLD_TABLE);
            uint64_t other = inspect_fragment_digest(table->fragment);
            if (i > 0) cr_assert_eq(digest, other, "replicas of shard %u differ", s);
            digest = other;
            inspect_fragment_verify(table->fragment, &world->arena);
        }
    }
}

static void soak_seed(uint64_t seed, enum durability durability) {
    struct soak soak = {.world = world_open_durable(3, 2, durability)};
    struct world *world = soak.world;
    random_open(&world->random, seed);
    world_create_table(world);
    world->drops = soak_drop;
    for (uint32_t i = 0; i < 400; i++) {
        soak_write(&soak);
        if (random_chance(&world->random, 0.3)) soak_read(&soak);
        if (random_chance(&world->random, 0.04)) soak_fault(&soak);
        world_run_for(world, random_below(&world->random, 60000));
    }
    soak_check(&soak);
    soak_replicas_agree(world);
    cr_assert_gt(soak.acknowledged_count, 30, "seed %llu: %u", (unsigned long long)seed,
                 soak.acknowledged_count);
    world_close(world);
}

/* SOAK_FIRST and SOAK_LAST choose other seeds. */
static void soak_seeds(enum durability durability) {
    const char *first = getenv("SOAK_FIRST"), *last = getenv("SOAK_LAST");
    uint64_t from = first == NULL ? 1 : strtoull(first, NULL, 10);
    uint64_t to = last == NULL ? 15 : strtoull(last, NULL, 10);
    for (uint64_t seed = from; seed <= to; seed++) soak_seed(seed, durability);
}

Test(shard, nothing_acknowledged_is_lost_under_random_faults) { soak_seeds(DURABILITY_SYNC); }

Test(shard, replicated_mode_survives_killed_processes) { soak_seeds(DURABILITY_REPLICATED); }
