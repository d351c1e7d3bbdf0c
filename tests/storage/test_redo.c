/* test_redo.c: the log while it lives; what it promises across crashes is in test_recovery.c. */
#include <criterion/criterion.h>

#include "storage/redo_private.h"
#include "tests/storage/log_world.h"

#define SEGMENT (64u * KIB)

static struct world *fresh(uint64_t seed) {
    struct world *world = world_open(seed, SEGMENT);
    world->disk->in_order = true;
    cr_assert_eq(world_recover(world), RECOVERY_DONE);
    cr_assert(world_verify(world), "%s", world->failure);
    world_settle(world);
    return world;
}

Test(redo, a_record_is_synced_only_when_its_write_is_done) {
    struct world *world = fresh(1);
    cr_assert(world_append(world, 0, 100));
    cr_assert_eq(redo_appended_position(world->redo, WORLD_SHARD(0)), 1);
    world_flush(world);
    cr_assert_eq(redo_synced_position(world->redo, WORLD_SHARD(0)), 0);
    while (world_disk_step(world)) {}
    cr_assert_eq(redo_synced_position(world->redo, WORLD_SHARD(0)), 1);
    cr_assert_eq(redo_kept_position(world->redo, WORLD_SHARD(0)), 1);
    world_close(world);
}

Test(redo, replicated_is_kept_when_written_and_synced_within_ten_milliseconds) {
    struct world *world = fresh(2);
    redo_set_durability(world->redo, WORLD_SHARD(1), DURABILITY_REPLICATED);
    uint64_t syncs = world->disk->sync_count;
    world_append(world, 1, 100);
    world_flush(world);
    while (world_disk_step(world)) {}
    cr_assert_eq(world->disk->sync_count, syncs);
    cr_assert_eq(redo_kept_position(world->redo, WORLD_SHARD(1)), 1);
    cr_assert_eq(redo_synced_position(world->redo, WORLD_SHARD(1)), 0);
    cr_assert_leq(redo_deadline_us(world->redo), world->now_us + REDO_SYNC_US);
    world_settle(world);
    cr_assert_eq(redo_synced_position(world->redo, WORLD_SHARD(1)), 1);
    world_close(world);
}

Test(redo, while_a_batch_is_written_the_next_one_fills) {
    struct world *world = fresh(3);
    world_append(world, 0, 100);
    world_flush(world);
    uint32_t under_way = world->disk->op_count;
    for (int i = 0; i < 5; i++) cr_assert(world_append(world, 0, 100));
    world_flush(world);
    cr_assert_eq(world->disk->op_count, under_way, "one batch is written at a time");
    uint64_t writes = world->disk->write_count;
    while (world_disk_step(world)) {}
    cr_assert_eq(redo_synced_position(world->redo, WORLD_SHARD(0)), 6);
    cr_assert_leq(world->disk->write_count - writes, 3, "five records are one batch");
    world_close(world);
}

Test(redo, a_full_buffer_says_busy_and_has_room_again) {
    struct world *world = fresh(4);
    world_append(world, 0, 8000);
    world_flush(world);
    int count = 0;
    while (world_append(world, 0, 3000)) count++;
    cr_assert_gt(count, 3);
    cr_assert_not(redo_has_room(world->redo));
    while (world_disk_step(world)) {}
    cr_assert(redo_has_room(world->redo));
    cr_assert_eq(redo_synced_position(world->redo, WORLD_SHARD(0)), (uint64_t)count + 1);
    world_close(world);
}

Test(redo, a_record_of_half_a_segment_fits_and_a_larger_one_is_refused) {
    struct world *world = fresh(5);
    cr_assert_eq(redo_record_bytes_max(world->redo), SEGMENT / 2);
    cr_assert(world_append(world, 0, SEGMENT / 2 - 200));
    cr_assert(world_append(world, 0, 100) == false);
    uint8_t *bytes = calloc(1, SEGMENT);
    store_le32(bytes, SEGMENT / 2 + 1);
    enum status status = redo_append(world->redo, slice_of(bytes, SEGMENT / 2 + 1));
    cr_assert_eq(status, STATUS_TOO_LARGE);
    free(bytes);
    world_settle(world);
    world_close(world);
}

Test(redo, an_idle_log_falls_silent) {
    struct world *world = fresh(6);
    for (int i = 0; i < 20; i++) world_append(world, (uint32_t)i % WORLD_SHARDS, 100);
    world_settle(world);
    uint64_t writes = world->disk->write_count;
    cr_assert_eq(redo_deadline_us(world->redo), UINT64_MAX);
    world->now_us += 10000000;
    world_settle(world);
    cr_assert_eq(world->disk->write_count, writes);
    world_close(world);
}

Test(redo, a_wanted_sync_covers_what_is_only_written) {
    struct world *world = fresh(7);
    redo_set_durability(world->redo, WORLD_SHARD(1), DURABILITY_REPLICATED);
    world_append(world, 1, 100);
    world_flush(world);
    while (world_disk_step(world)) {}
    redo_want_sync(world->redo);
    world_flush(world);
    while (world_disk_step(world)) {}
    cr_assert_eq(redo_synced_position(world->redo, WORLD_SHARD(1)), 1);
    world_close(world);
}

Test(redo, checkpoints_let_segments_be_used_again) {
    struct world *world = fresh(8);
    for (int round = 0; round < 12; round++) {
        for (int i = 0; i < 60; i++) {
            world_append(world, 0, 2000);
            redo_applied(world->redo, WORLD_SHARD(0), 0);
            world_flush(world);
            while (world_disk_step(world)) {}
        }
        uint64_t kept = redo_kept_position(world->redo, WORLD_SHARD(0));
        redo_applied(world->redo, WORLD_SHARD(0), kept);
        world->shards[0].applied = kept; /* rows do not matter here */
        world_checkpoint(world);
    }
    world_settle(world);
    cr_assert_leq(fake_disk_count(world->disk, DISK_LOG), 12);
    cr_assert_eq(fake_disk_count(world->disk, DISK_CHECKPOINT), 2);
    cr_assert_leq(world->redo->map.free_count, REDO_FREE_FILES_MAX);
    world_close(world);
}

Test(redo, a_position_that_was_trimmed_cannot_be_read_back) {
    struct world *world = fresh(9);
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 60; i++) {
            world_append(world, 0, 2000);
            world_flush(world);
            while (world_disk_step(world)) {}
        }
        uint64_t kept = redo_kept_position(world->redo, WORLD_SHARD(0));
        redo_applied(world->redo, WORLD_SHARD(0), kept);
        world->shards[0].applied = kept;
        world_checkpoint(world);
    }
    uint32_t reader;
    cr_assert_eq(redo_reader_open(world->redo, WORLD_SHARD(0), 1, &reader), STATUS_NOT_FOUND);
    cr_assert_eq(redo_reader_open(world->redo, WORLD_SHARD(0), 239, &reader), STATUS_OK);
    cr_assert_eq(redo_reader_open(world->redo, 99, 1, &reader), STATUS_NOT_FOUND);
    world_close(world);
}

/* Appends, cuts, copies, checkpoints and readers without a crash: positions and readers are right. */
Test(redo, readers_find_every_record_in_order) {
    uint64_t reads = 0;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct world *world = world_open(seed, 32 * KIB);
        cr_assert_eq(world_recover(world), RECOVERY_DONE);
        cr_assert(world_verify(world), "%s", world->failure);
        for (int turn = 0; turn < 400; turn++) world_turn(world);
        world_settle(world);
        cr_assert_str_empty(world->failure, "seed %lu: %s", (unsigned long)seed, world->failure);
        reads += world->read_count;
        world_close(world);
    }
    cr_assert_gt(reads, 2000);
}
