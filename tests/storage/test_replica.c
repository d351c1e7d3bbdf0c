/* test_replica.c: replication, fail-over, rejoining, by events. */
#include "tests/storage/shard_world.h"

#include "storage/backup.h"
#include "storage/inspect.h"
#include "storage/replica_private.h"

#include <criterion/criterion.h>

static enum status put_now(struct world *world, uint32_t id, int32_t k) {
    struct world_write write = {
        .shard = 1, .kind = WRITE_PUT, .id = id, .k = k, .mode = COMMIT_AFTER};
    return world_write(world, &write);
}

static struct world *world_with_table(uint32_t nodes) {
    struct world *world = world_open(nodes, 1);
    cr_assert_eq(world_primary(world, 1), 0);
    world_create_table(world);
    return world;
}

static uint64_t digest(struct world *world, uint32_t node) {
    struct shard *shard = world_shard(world, node, 1);
    struct table *table = schema_find(&shard->schema, WORLD_TABLE);
    cr_assert_not_null(table);
    return inspect_fragment_digest(table->fragment);
}

Test(replica, backups_apply_what_is_confirmed) {
    struct world *world = world_with_table(2);
    for (uint32_t id = 1; id <= 20; id++) cr_assert_eq(put_now(world, id, 5), STATUS_OK);
    world_run_for(world, 20000);
    cr_assert_eq(world_shard(world, 1, 1)->role.state, SHARD_BACKUP);
    cr_assert_eq(world_shard(world, 1, 1)->log.applied, world_shard(world, 0, 1)->log.applied);
    cr_assert_eq(digest(world, 0), digest(world, 1));
    cr_assert_eq(world_read(world, 1, 3, 0), 5);
    world_close(world);
}

Test(replica, a_backup_takes_over_with_everything_acknowledged) {
    struct world *world = world_with_table(2);
    for (uint32_t id = 1; id <= 20; id++) cr_assert_eq(put_now(world, id, 5), STATUS_OK);
    world_kill(world, 0);
    world_run_for(world, 2000000);
    cr_assert_eq(world_primary(world, 1), 1);
    for (uint32_t id = 1; id <= 20; id++) cr_assert_eq(world_read(world, 1, id, 0), 5);
    cr_assert_eq(put_now(world, 21, 6), STATUS_OK);
    cr_assert_eq(world->shards[0].replica_count, 1);
    world_close(world);
}

Test(replica, a_killed_replica_rejoins_and_is_listed_again) {
    struct world *world = world_with_table(2);
    for (uint32_t id = 1; id <= 20; id++) cr_assert_eq(put_now(world, id, 5), STATUS_OK);
    world_kill(world, 0);
    world_run_for(world, 2000000);
    for (uint32_t id = 10; id <= 30; id++) cr_assert_eq(put_now(world, id, 6), STATUS_OK);
    world_start(world, 0);
    world_run_for(world, 3000000);
    cr_assert_eq(world->shards[0].replica_count, 2);
    cr_assert_eq(world_shard(world, 0, 1)->role.state, SHARD_BACKUP);
    cr_assert_eq(put_now(world, 31, 7), STATUS_OK);
    world_run_for(world, 20000);
    cr_assert_eq(digest(world, 0), digest(world, 1));
    /* and leads again */
    world_kill(world, 1);
    world_run_for(world, 2000000);
    cr_assert_eq(world_primary(world, 1), 0);
    cr_assert_eq(world_read(world, 1, 31, 0), 7);
    cr_assert_eq(world_read(world, 1, 15, 0), 6);
    world_close(world);
}

static bool drops_copies(struct world *world, const struct message *message) {
    (void)world;
    return message->header.kind == MESSAGE_COPY;
}

static bool is_whole(struct world *world, uint32_t node) {
    struct inspect_shard replica;
    cr_assert(inspect_shard_at(world->nodes[node].store, 0, &world->arena, &replica));
    return replica.is_whole;
}

/* Simulator seed 9246: nobody may compare what such a one holds. */
Test(replica, a_learner_that_takes_a_copy_is_not_whole_until_it_has_all) {
    struct world *world = world_with_table(2);
    for (uint32_t id = 1; id <= 20; id++) cr_assert_eq(put_now(world, id, 5), STATUS_OK);
    world_kill(world, 1);
    world_run_for(world, 2000000);
    for (uint32_t id = 1; id <= 20; id++) cr_assert_eq(put_now(world, id, 6), STATUS_OK);
    struct shard *primary = world_shard(world, 0, 1);
    log_tail_reset(&primary->log.tail, primary->log.appended);
    world->drops = drops_copies;
    world_start(world, 1);
    world_run_for(world, 1000000);
    cr_assert(!is_whole(world, 1) && is_whole(world, 0));
    world->drops = NULL;
    world_run_for(world, 3000000);
    cr_assert(is_whole(world, 1));
    cr_assert_eq(digest(world, 0), digest(world, 1));
    world_close(world);
}

static bool drops_proposals(struct world *world, const struct message *message) {
    (void)world;
    return message->header.kind == MESSAGE_PROPOSE;
}

static uint64_t required_by_primary(struct world *world) {
    struct inspect_shard replica;
    struct store *store = world->nodes[world_primary(world, 1)].store;
    cr_assert(inspect_shard_at(store, 0, &world->arena, &replica) && replica.is_primary);
    return replica.required;
}

/* Its disk may be needed from then on (simulator seed 3829). */
Test(replica, a_learner_is_required_before_it_is_listed) {
    struct world *world = world_with_table(2);
    world_kill(world, 1);
    world_run_for(world, 2000000);
    cr_assert_eq(required_by_primary(world), 0);
    world->drops = drops_proposals;
    world_start(world, 1);
    world_run_for(world, 2000000);
    cr_assert_eq(world->shards[0].replica_count, 1);
    cr_assert_eq(required_by_primary(world), BIT(WORLD_NODE_FIRST + 1));
    world_close(world);
}

Test(replica, writes_wait_for_a_silent_backup_until_it_is_unlisted) {
    struct world *world = world_with_table(2);
    cr_assert_eq(put_now(world, 1, 5), STATUS_OK);
    world_pause(world, 1);
    struct world_write write = {
        .shard = 1, .kind = WRITE_PUT, .id = 2, .k = 6, .mode = COMMIT_AFTER};
    struct message *request = world_write_message(world, &write);
    cr_assert_null(world_ask(world, request));
    world_run_for(world, 200000);
    cr_assert_null(world_answer(world, request));
    world_run_for(world, 2000000);
    cr_assert_not_null(world_answer(world, request));
    cr_assert_eq(world_answer(world, request)->written.status, STATUS_OK);
    cr_assert_eq(world->shards[0].replica_count, 1);
    cr_assert_eq(world_read(world, 1, 2, 0), 6);
    world_resume(world, 1);
    world_run_for(world, 3000000);
    cr_assert_eq(world->shards[0].replica_count, 2);
    cr_assert_eq(digest(world, 0), digest(world, 1));
    world_close(world);
}

static bool drop_peer_events(struct world *world, const struct message *message) {
    (void)world;
    return message->header.kind == MESSAGE_PEER;
}

Test(replica, a_backup_that_meta_calls_dead_is_not_waited_for) {
    struct world *world = world_with_table(3);
    world->drops = drop_peer_events; /* meta's watcher alone saw its end */
    world_kill(world, 1);
    struct world_write write = {
        .shard = 1, .kind = WRITE_PUT, .id = 2, .k = 6, .mode = COMMIT_AFTER};
    struct message *request = world_write_message(world, &write);
    world_send(world, request);
    world_run_for(world, 20000);
    cr_assert_not_null(world_answer(world, request));
    cr_assert_eq(world_answer(world, request)->written.status, STATUS_OK);
    cr_assert_eq(world->shards[0].replica_count, 2);
    world_close(world);
}

/* The node with an empty disk and the other's log trimmed: only a copy helps. */
static void begin_copy(struct world *world) {
    world_kill(world, 1);
    fake_disk_close(world->nodes[1].disk);
    world->nodes[1].disk = fake_disk_open(99);
    world->nodes[1].disk->in_order = true;
    world_run_for(world, 2000000);
    struct shard *primary = world_shard(world, 0, 1);
    log_tail_reset(&primary->log.tail, primary->log.appended);
    world_start(world, 1);
}

Test(replica, a_replica_with_an_empty_disk_gets_a_copy) {
    struct world *world = world_with_table(2);
    for (uint32_t id = 1; id <= 300; id++) cr_assert_eq(put_now(world, id, 5), STATUS_OK);
    begin_copy(world);
    for (uint32_t id = 100; id <= 110; id++) cr_assert_eq(put_now(world, id, 8), STATUS_OK);
    world_run_for(world, 4000000);
    cr_assert_eq(world->shards[0].replica_count, 2);
    world_run_for(world, 20000);
    cr_assert_eq(digest(world, 0), digest(world, 1));
    world_kill(world, 0);
    world_run_for(world, 2000000);
    cr_assert_eq(world_read(world, 1, 105, 0), 8);
    cr_assert_eq(world_read(world, 1, 299, 0), 5);
    world_close(world);
}

static enum status delete_now(struct world *world, uint32_t id) {
    struct world_write write = {.shard = 1, .kind = WRITE_DELETE, .id = id, .mode = COMMIT_AFTER};
    return world_write(world, &write);
}

static bool keep_join(struct world *world, const struct message *message) {
    struct message **kept = world->drops_argument;
    if (message->header.kind == MESSAGE_JOIN && *kept == NULL)
        *kept = message_copy(&world->arena, message);
    return false;
}

/* Simulator seed 452: a second copy was begun, and its parts were put behind those of the first. */
Test(replica, a_join_that_comes_twice_changes_nothing_in_the_copy) {
    for (uint64_t messages = 1; messages < 30; messages++) {
        struct world *world = world_with_table(2);
        struct message *join = NULL;
        world->nodes[0].store->options.part_bytes = 256;
        for (uint32_t id = 1; id <= 100; id++) cr_assert_eq(put_now(world, id, 5), STATUS_OK);
        world->drops_argument = &join;
        world->drops = keep_join;
        begin_copy(world);
        while (join == NULL) world_run_messages(world, 1);
        world_run_messages(world, messages);
        world_pause(world, 1);
        for (uint32_t id = 1; id <= 20; id++) cr_assert_eq(delete_now(world, id), STATUS_OK);
        world_send(world, join);
        world_resume(world, 1);
        world_run_for(world, 4000000);
        cr_assert_eq(world->shards[0].replica_count, 2);
        cr_assert_eq(digest(world, 0), digest(world, 1), "again after %lu messages",
                     (unsigned long)messages);
        world_close(world);
    }
}

Test(replica, all_nodes_lose_power_and_nothing_acknowledged_is_lost) {
    struct world *world = world_with_table(3);
    for (uint32_t id = 1; id <= 20; id++) cr_assert_eq(put_now(world, id, 5), STATUS_OK);
    for (uint32_t i = 0; i < 3; i++) {
        fake_disk_crash(world->nodes[i].disk);
        store_close(world->nodes[i].store);
        world->nodes[i].store = NULL;
    }
    for (uint32_t i = 0; i < 3; i++) world_start(world, i);
    world_run_for(world, 4000000);
    int primary = world_primary(world, 1);
    cr_assert_geq(primary, 0);
    for (uint32_t id = 1; id <= 20; id++) cr_assert_eq(world_read(world, 1, id, 0), 5);
    cr_assert_eq(put_now(world, 21, 6), STATUS_OK);
    world_close(world);
}

static bool drop_confirms(struct world *world, const struct message *message) {
    (void)world;
    return message->header.kind == MESSAGE_CONFIRM;
}

Test(replica, a_newest_read_is_not_answered_without_proof) {
    struct world *world = world_with_table(2);
    cr_assert_eq(put_now(world, 1, 5), STATUS_OK);
    world_run_for(world, 50000);
    world->drops = drop_confirms;
    struct message *read = world_read_message(world, 1, 1, 0);
    cr_assert_null(world_ask(world, read));
    world->drops = NULL;
    world_run_for(world, 300000);
    cr_assert_eq(world_read_result(world, read), 5);
    world_close(world);
}

static bool drop_half(struct world *world, const struct message *message) {
    bool is_between =
        message->header.kind == MESSAGE_APPEND || message->header.kind == MESSAGE_CONFIRM;
    return is_between && random_chance(&world->random, 0.3);
}

Test(replica, lost_appends_and_confirms_are_made_up_for) {
    struct world *world = world_with_table(3);
    world->drops = drop_half;
    for (uint32_t id = 1; id <= 30; id++) {
        struct world_write write = {
            .shard = 1, .kind = WRITE_PUT, .id = id, .k = 5, .mode = COMMIT_AFTER};
        struct message *request = world_write_message(world, &write);
        world_send(world, request);
        world_run_for(world, 400000);
    }
    world->drops = NULL;
    world_run_for(world, 3000000);
    for (uint32_t id = 1; id <= 30; id++) cr_assert_eq(world_read(world, 1, id, 0), 5);
    cr_assert_eq(world->shards[0].replica_count, 3);
    cr_assert_eq(digest(world, 0), digest(world, 1));
    cr_assert_eq(digest(world, 0), digest(world, 2));
    world_close(world);
}

/* The earlier life of a replica is required until the next one is listed. */
static bool drop_ends(struct world *world, const struct message *message) {
    (void)world;
    return message->header.kind == MESSAGE_PEER ||
           (message->header.kind == MESSAGE_PROPOSE &&
            message->propose.proposal_kind == PROPOSAL_UNLIST);
}

/* Simulator seed 3101: the round under way when a learner became required was never confirmed by it. */
Test(replica, a_read_while_a_replica_rejoins_is_answered_whenever_it_comes) {
    for (uint64_t messages = 0; messages < 40; messages++) {
        struct world *world = world_with_table(2);
        cr_assert_eq(put_now(world, 1, 5), STATUS_OK);
        world->drops = drop_ends;
        world_kill(world, 1);
        world_start(world, 1);
        world_run_messages(world, messages);
        struct message *read = world_read_message(world, 1, 1, 0);
        world_send(world, read);
        world_run_for(world, REPLICA_RESEND_US + REPLICA_PROPOSE_US);
        cr_assert_eq(world_read_result(world, read), 5, "a read after %lu messages",
                     (unsigned long)messages);
        cr_assert_eq(world->shards[0].replica_count, 2);
        world_close(world);
    }
}

static enum status drop_table(struct world *world) {
    struct message *message = world_request(world, MESSAGE_SCHEMA, 1);
    message->put_schema =
        (struct put_schema){.schema_change = SCHEMA_DROP, .table_id = WORLD_TABLE, .version = 2};
    const struct message *answer = world_ask(world, message);
    return answer == NULL ? STATUS_TIMEOUT : (enum status)answer->done.status;
}

/* Simulator seed 3448: a backup that heard no more kept the rows of the table for ever. */
Test(replica, rows_of_a_dropped_table_are_freed_on_idle_backups_too) {
    struct world *world = world_with_table(3);
    for (uint32_t id = 1; id <= 20; id++) cr_assert_eq(put_now(world, id, 5), STATUS_OK);
    cr_assert_eq(drop_table(world), STATUS_OK);
    world_run_for(world, 50000);
    for (uint32_t node = 0; node < 3; node++) {
        const struct shard *shard = world_shard(world, node, 1);
        cr_assert_null(fragments_find(shard->fragments, WORLD_TABLE), "node %u", node);
        cr_assert_eq(shard->schema.work_count, 0);
    }
    world_close(world);
}

/* A primary that has nothing to say is silent for longer than a checkpoint takes. */
Test(replica, a_copy_is_not_asked_for_again_while_its_checkpoint_is_made) {
    struct world *world = world_with_table(2);
    struct shard learner = *world_shard(world, 1, 1);
    learner.role.state = SHARD_LEARNER;
    learner.following.join_sent_us = 1;
    learner.following.copy_stage = COPY_KEEPING;
    cr_assert_eq(backup_deadline(&learner), UINT64_MAX);
    learner.following.copy_stage = COPY_NONE;
    cr_assert_neq(backup_deadline(&learner), UINT64_MAX);
    world_close(world);
}

Test(replica, nobody_is_proposed_who_lacks_something_acknowledged) {
    struct world *world = world_with_table(2);
    const struct shard *primary = world_shard(world, 0, 1);
    cr_assert_gt(primary->log.confirmed, 0);
    struct replica_peer peer = primary->replication->peers[0];
    peer.machine.state = REPLICA_REQUIRED;
    peer.confirmed = primary->log.confirmed - 1;
    cr_assert(!replica_may_propose(primary, &peer));
    peer.confirmed = primary->log.confirmed;
    cr_assert(replica_may_propose(primary, &peer));
    world_close(world);
}
