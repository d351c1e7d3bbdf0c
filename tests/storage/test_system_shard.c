/* test_system_shard.c: time, sequences, the horizon and named locks, by events. */
#include "tests/storage/shard_world.h"

#include "storage/inspect.h"

#include <criterion/criterion.h>

static const struct drawn *draw(struct world *world, uint32_t table, uint64_t count,
                                uint64_t at_least) {
    struct message *message = world_request(world, MESSAGE_SEQUENCE, SHARD_SYSTEM);
    message->sequence = (struct sequence){table, count, at_least};
    const struct message *answer = world_ask(world, message);
    cr_assert(answer != NULL && answer->drawn.status == STATUS_OK);
    return &answer->drawn;
}

Test(system_shard, values_of_a_sequence_are_given_once) {
    struct world *world = world_open(1, 1);
    cr_assert_eq(draw(world, 3, 1, 0)->first, 1);
    cr_assert_eq(draw(world, 3, 10, 0)->first, 2);
    cr_assert_eq(draw(world, 3, 1, 0)->first, 12);
    cr_assert_eq(draw(world, 4, 1, 0)->first, 1);
    cr_assert_eq(draw(world, 3, 0, 1000)->count, 0); /* an explicit value raises it (X11) */
    cr_assert_eq(draw(world, 3, 1, 0)->first, 1000);
    world_power_off(world, 0);
    world_start(world, 0);
    world_run_for(world, 200000);
    cr_assert_gt(draw(world, 3, 1, 0)->first, 1000);
    world_close(world);
}

Test(system_shard, snapshots_rise_over_restarts) {
    struct world *world = world_open(1, 2);
    uint64_t last = 0;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5; i++) {
            uint64_t snapshot = world_snapshot(world);
            cr_assert_gt(snapshot, last);
            last = snapshot;
        }
        world_power_off(world, 0);
        world_start(world, 0);
        world_run_for(world, 200000);
    }
    world_close(world);
}

static void live(struct world *world, uint64_t complete_below, uint64_t snapshot) {
    struct message *message = world_request(world, MESSAGE_LIVE, SHARD_SYSTEM);
    uint8_t *bytes = arena_alloc(&world->arena, 8);
    store_le64(bytes, snapshot);
    message->live =
        (struct live){WORLD_INCARNATION, complete_below, slice_of(bytes, snapshot == 0 ? 0 : 8)};
    world_send(world, message);
    world_run_for(world, 100000);
}

Test(system_shard, versions_stay_for_a_live_snapshot_and_go_with_it) {
    struct world *world = world_open(1, 1);
    world_create_table(world);
    struct world_write write = {
        .shard = 1, .kind = WRITE_PUT, .id = 1, .k = 0, .mode = COMMIT_AFTER};
    cr_assert_eq(world_write(world, &write), STATUS_OK);
    uint64_t snapshot = world_snapshot(world);
    for (write.k = 1; write.k <= 50; write.k++) cr_assert_eq(world_write(world, &write), STATUS_OK);
    live(world, snapshot + 1, snapshot);
    cr_assert_eq(world_read(world, 1, 1, snapshot), 0);
    struct fragments *fragments = world_shard(world, 0, 1)->fragments;
    cr_assert_eq(inspect_garbage_of(fragments).version_count, 1);
    live(world, snapshot + 1, 0);
    cr_assert_eq(inspect_garbage_of(fragments).version_count, 0);
    cr_assert_eq(world_read(world, 1, 1, snapshot),
                 WORLD_REFUSED); /* OLD_SNAPSHOT, never a wrong row */
    cr_assert_eq(world_read(world, 1, 1, 0), 50);
    world_close(world);
}

Test(system_shard, nothing_is_collected_before_every_daemon_has_reported) {
    struct world *world = world_open(1, 1);
    world_create_table(world);
    struct world_write write = {
        .shard = 1, .kind = WRITE_PUT, .id = 1, .k = 0, .mode = COMMIT_AFTER};
    for (write.k = 1; write.k <= 20; write.k++) cr_assert_eq(world_write(world, &write), STATUS_OK);
    world_run_for(world, 500000);
    cr_assert_eq(world_shard(world, 0, 1)->horizon.complete_below, 0);
    live(world, 1, 0);
    cr_assert_gt(world_shard(world, 0, 1)->horizon.complete_below, 0);
    world_close(world);
}

static uint64_t horizon_of(struct world *world, uint32_t node) {
    return world_shard(world, node, 1)->horizon.complete_below;
}

Test(system_shard, a_replica_listed_after_the_last_change_hears_the_horizon) {
    struct world *world = world_open(2, 1);
    world_kill(world, 1);
    world_run_for(world, 2000000);
    live(world, world_snapshot(world) + 1, 0);
    world_start(world, 1);
    world_run_for(world, 3000000);
    cr_assert_eq(world->shards[0].replica_count, 2);
    cr_assert_gt(horizon_of(world, 0), 0);
    cr_assert_eq(horizon_of(world, 1), horizon_of(world, 0));
    world_close(world);
}

static bool drops_horizon(struct world *world, const struct message *message) {
    return message->header.kind == MESSAGE_HORIZON &&
           message->header.to_node != world->shards[0].primary;
}

Test(system_shard, what_was_published_is_said_again_over_a_new_connection) {
    struct world *world = world_open(2, 1);
    world->drops = drops_horizon;
    live(world, world_snapshot(world) + 1, 0);
    cr_assert_eq(horizon_of(world, 1), 0);
    world->drops = NULL;
    world_run_for(world, 1000000);
    cr_assert_eq(horizon_of(world, 1), 0);
    world_connect(world, 1);
    world_run_for(world, 100000);
    cr_assert_gt(horizon_of(world, 1), 0);
    world_close(world);
}

static enum status named(struct world *world, enum named_lock_kind kind, uint64_t owner,
                         uint32_t wait_ms) {
    struct message *message = world_request(world, MESSAGE_NAMED_LOCK, SHARD_SYSTEM);
    message->named_lock = (struct named_lock){WORLD_INCARNATION, owner, (uint8_t)kind, wait_ms,
                                              SLICE_LITERAL("lock")};
    const struct message *answer = world_ask(world, message);
    return answer == NULL ? STATUS_TIMEOUT : (enum status)answer->done.status;
}

Test(system_shard, a_named_lock_is_held_counted_and_handed_on) {
    struct world *world = world_open(1, 1);
    cr_assert_eq(named(world, NAMED_LOCK_GET, 1, 0), STATUS_OK);
    cr_assert_eq(named(world, NAMED_LOCK_GET, 1, 0), STATUS_OK);
    cr_assert_eq(named(world, NAMED_LOCK_GET, 2, 0), STATUS_LOCK_TIMEOUT);
    cr_assert_eq(named(world, NAMED_LOCK_RELEASE, 2, 0), STATUS_DENIED);
    cr_assert_eq(named(world, NAMED_LOCK_GET, 2, 1000), STATUS_TIMEOUT); /* waits */
    cr_assert_eq(named(world, NAMED_LOCK_RELEASE, 1, 0), STATUS_OK);
    cr_assert_eq(named(world, NAMED_LOCK_IS_FREE, 3, 0), STATUS_BUSY);
    cr_assert_eq(named(world, NAMED_LOCK_RELEASE_ALL, 1, 0), STATUS_OK);
    cr_assert_eq(named(world, NAMED_LOCK_RELEASE, 2, 0), STATUS_OK); /* it was handed on */
    cr_assert_eq(named(world, NAMED_LOCK_RELEASE, 2, 0), STATUS_NOT_FOUND);
    cr_assert_eq(named(world, NAMED_LOCK_IS_FREE, 3, 0), STATUS_OK);
    world_close(world);
}

static enum status named_of(struct world *world, enum named_lock_kind kind, uint64_t owner,
                            const char *name) {
    struct message *message = world_request(world, MESSAGE_NAMED_LOCK, SHARD_SYSTEM);
    message->named_lock =
        (struct named_lock){WORLD_INCARNATION, owner, (uint8_t)kind, 100000, slice_of_text(name)};
    const struct message *answer = world_ask(world, message);
    return answer == NULL ? STATUS_TIMEOUT : (enum status)answer->done.status;
}

Test(system_shard, who_would_wait_for_itself_over_named_locks_is_refused) {
    static const char *const names[] = {"a", "b", "c"};
    struct world *world = world_open(1, 1);
    for (uint64_t i = 0; i < 3; i++)
        cr_assert_eq(named_of(world, NAMED_LOCK_GET, i, names[i]), STATUS_OK);
    cr_assert_eq(named_of(world, NAMED_LOCK_GET, 0, "b"), STATUS_TIMEOUT); /* waits */
    cr_assert_eq(named_of(world, NAMED_LOCK_GET, 1, "c"), STATUS_TIMEOUT);
    cr_assert_eq(named_of(world, NAMED_LOCK_GET, 2, "a"), STATUS_DEADLOCK);
    cr_assert_eq(named_of(world, NAMED_LOCK_GET, 2, "b"), STATUS_DEADLOCK);
    cr_assert_eq(named_of(world, NAMED_LOCK_RELEASE, 2, "c"), STATUS_OK);  /* to 1 */
    cr_assert_eq(named_of(world, NAMED_LOCK_GET, 2, "a"), STATUS_TIMEOUT); /* no circle now */
    cr_assert_eq(named_of(world, NAMED_LOCK_RELEASE, 1, "c"), STATUS_OK);
    world_close(world);
}

Test(system_shard, a_get_lock_that_is_given_up_leaves_nothing) {
    struct world *world = world_open(1, 1);
    cr_assert_eq(named(world, NAMED_LOCK_GET, 1, 0), STATUS_OK);
    cr_assert_eq(named(world, NAMED_LOCK_GET, 2, 100000), STATUS_TIMEOUT);
    cr_assert_eq(named(world, NAMED_LOCK_CANCEL, 2, 0), STATUS_OK);
    cr_assert_eq(named(world, NAMED_LOCK_RELEASE, 1, 0), STATUS_OK);
    cr_assert_eq(named(world, NAMED_LOCK_IS_FREE, 3, 0), STATUS_OK); /* the waiter is gone */
    cr_assert_eq(named(world, NAMED_LOCK_GET, 1, 0), STATUS_OK);
    cr_assert_eq(named(world, NAMED_LOCK_GET, 1, 0), STATUS_OK);
    cr_assert_eq(named(world, NAMED_LOCK_CANCEL, 1, 0), STATUS_OK); /* granted, not heard of */
    cr_assert_eq(named(world, NAMED_LOCK_CANCEL, 2, 0), STATUS_OK); /* refused, not heard of */
    cr_assert_eq(named(world, NAMED_LOCK_IS_FREE, 3, 0), STATUS_BUSY);
    cr_assert_eq(named(world, NAMED_LOCK_RELEASE, 1, 0), STATUS_OK);
    cr_assert_eq(named(world, NAMED_LOCK_IS_FREE, 3, 0), STATUS_OK);
    world_close(world);
}

Test(system_shard, other_shards_get_their_floor_from_it) {
    struct world *world = world_open(1, 2);
    world_create_table(world);
    uint64_t snapshot = 0;
    for (int i = 0; i < 10; i++) snapshot = world_snapshot(world);
    struct world_write write = {
        .shard = 2, .kind = WRITE_PUT, .id = 2, .k = 5, .mode = COMMIT_AFTER};
    struct message *message = world_write_message(world, &write);
    const struct message *answer = world_ask(world, message);
    cr_assert_eq(answer->written.status, STATUS_OK);
    cr_assert_gt(answer->written.timestamp, snapshot); /* T4: above all that was given before it */
    world_close(world);
}
