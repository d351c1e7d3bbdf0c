/* test_recovery.c: every record that was reported synced is there, no gap, nothing invented; damage is never
 * passed over. */
#include <criterion/criterion.h>

#include "storage/redo_private.h"
#include "tests/storage/log_world.h"

#define SEGMENT (32u * KIB)

static void recover_whole(struct world *world, uint64_t seed) {
    enum recovery_outcome outcome = world_recover(world);
    cr_assert_eq(outcome, RECOVERY_DONE, "seed %lu: %s", (unsigned long)seed,
                 recovery_reason(world->recovery));
    cr_assert(world_verify(world), "seed %lu: %s", (unsigned long)seed, world->failure);
}

static void run_turns(struct world *world, uint64_t seed, uint64_t turns) {
    while (turns-- > 0) world_turn(world);
    cr_assert_str_empty(world->failure, "seed %lu: %s", (unsigned long)seed, world->failure);
}

/* TESSERA_SEEDS asks for a longer run. */
static uint64_t seed_count(uint64_t usual) {
    const char *asked = getenv("TESSERA_SEEDS");
    return asked == NULL ? usual : strtoull(asked, NULL, 10);
}

Test(recovery, an_empty_disk_is_an_empty_log) {
    struct world *world = world_open(1, SEGMENT);
    recover_whole(world, 1);
    cr_assert_eq(recovery_totals(world->recovery).record_count, 0);
    cr_assert_eq(redo_appended_position(world->redo, WORLD_SHARD(0)), 0);
    world_close(world);
}

Test(recovery, what_was_synced_survives_every_crash, .timeout = 3600) {
    uint64_t crashes = 0, checkpoints = 0, cuts = 0, resets = 0, lost = 0, kept = 0, torn = 0,
             old = 0;
    for (uint64_t seed = 1; seed <= seed_count(150); seed++) {
        struct world *world = world_open(seed, seed % 3 == 0 ? 16 * KIB : SEGMENT);
        recover_whole(world, seed);
        for (int life = 0; life < 6; life++) {
            run_turns(world, seed, random_below(&world->random, 150));
            if (random_chance(&world->random, 0.3))
                world_kill(world);
            else
                world_crash(world);
            recover_whole(world, seed);
        }
        crashes += world->crash_count;
        checkpoints += world->checkpoint_count;
        cuts += world->cut_count;
        resets += world->reset_count;
        lost += world->disk->lost_count;
        kept += world->disk->kept_count;
        torn += world->disk->torn_count;
        old += world->old_recovered_count;
        world_close(world);
    }
    cr_assert(crashes > 800 && checkpoints > 200 && cuts > 200 && resets > 20);
    cr_assert(lost > 500 && kept > 500 && torn > 200);
    cr_log_info("%lu crashes, %lu checkpoints, %lu cuts (%lu of them lost), %lu copies",
                (unsigned long)crashes, (unsigned long)checkpoints, (unsigned long)cuts,
                (unsigned long)old, (unsigned long)resets);
}

Test(recovery, a_crash_during_recovery_changes_nothing) {
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct world *world = world_open(seed + 1000, SEGMENT);
        recover_whole(world, seed);
        run_turns(world, seed, 200);
        world_crash(world);
        for (int again = 0; again < 4; again++) {
            recover_whole(world, seed);
            uint64_t steps = random_below(&world->random, 4);
            while (steps-- > 0 && world_disk_step(world)) {}
            world_crash(world);
        }
        recover_whole(world, seed);
        world_close(world);
    }
}

Test(recovery, the_planted_fault_of_a_skipped_sync_is_found) {
    uint32_t found = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct world *world = world_open(seed, SEGMENT);
        world->skip_sync = true;
        cr_assert_eq(world_recover(world), RECOVERY_DONE);
        cr_assert(world_verify(world));
        for (int turn = 0; turn < 100; turn++) world_turn(world);
        world_crash(world);
        bool fine = world_recover(world) == RECOVERY_DONE && world_verify(world);
        found += !fine;
        world_close(world);
    }
    cr_assert_gt(found, 10);
}

/* All that was appended, for tests that stop the world before they damage the disk. */
static bool is_complete(struct world *world, const uint64_t *appended) {
    for (uint32_t i = 0; i < WORLD_SHARDS; i++) {
        if (redo_appended_position(world->redo, WORLD_SHARD(i)) != appended[i]) return false;
    }
    return true;
}

static struct world *settled(uint64_t seed, uint64_t *appended) {
    struct world *world = world_open(seed, SEGMENT);
    recover_whole(world, seed);
    run_turns(world, seed, 60);
    for (uint32_t i = 0; i < WORLD_SHARDS; i++) world_append(world, i, 300);
    world_settle(world);
    for (uint32_t i = 0; i < WORLD_SHARDS; i++) appended[i] = world_appended(world, i);
    cr_assert_str_empty(world->failure, "seed %lu: %s", (unsigned long)seed, world->failure);
    return world;
}

Test(recovery, rot_in_the_log_is_reported_or_harmless, .timeout = 3600) {
    uint32_t reported = 0, harmless = 0;
    for (uint64_t seed = 1; seed <= seed_count(200); seed++) {
        uint64_t appended[WORLD_SHARDS];
        struct world *world = settled(seed, appended);
        world_kill(world);
        struct fake_file *file = NULL;
        for (uint32_t tries = 0; file == NULL && tries < 1000; tries++) {
            file = fake_disk_file(world->disk, DISK_LOG, random_range(&world->random, 1, 8));
        }
        cr_assert_not_null(file);
        uint64_t offset = random_below(&world->random, file->now_bytes);
        if (random_chance(&world->random, 0.5))
            fake_disk_rot(file, offset);
        else
            fake_disk_make_unreadable(file, offset);
        enum recovery_outcome outcome = world_recover(world);
        if (outcome == RECOVERY_CORRUPT) {
            cr_assert(strlen(recovery_reason(world->recovery)) > 0);
            reported++;
        } else {
            cr_assert(is_complete(world, appended), "seed %lu: a record is lost in silence",
                      (unsigned long)seed);
            cr_assert(world_verify(world), "seed %lu: %s", (unsigned long)seed, world->failure);
            harmless++;
        }
        world_close(world);
    }
    cr_assert(reported > 20 && harmless > 20, "%u %u", reported, harmless);
}

Test(recovery, a_rotten_checkpoint_gives_way_to_the_one_before) {
    for (uint64_t seed = 1; seed <= 30; seed++) {
        uint64_t appended[WORLD_SHARDS];
        struct world *world = settled(seed + 5000, appended);
        world_checkpoint(world);
        for (int i = 0; i < 60; i++) { /* some segments, which the older checkpoint needs */
            world_append(world, 0, 2000);
            world_flush(world);
            while (world_disk_step(world)) {}
        }
        world_settle(world);
        world_checkpoint(world);
        world_settle(world);
        for (uint32_t i = 0; i < WORLD_SHARDS; i++) appended[i] = world_appended(world, i);
        world_kill(world);
        uint64_t newest = 0;
        for (uint64_t number = 1; number < 100; number++) {
            if (fake_disk_file(world->disk, DISK_CHECKPOINT, number) != NULL) newest = number;
        }
        struct fake_file *file = fake_disk_file(world->disk, DISK_CHECKPOINT, newest);
        fake_disk_rot(file, random_below(&world->random, file->now_bytes));
        recover_whole(world, seed);
        cr_assert(is_complete(world, appended));
        cr_assert_eq(recovery_totals(world->recovery).checkpoints_damaged, 1);
        world_close(world);
    }
}

Test(recovery, without_a_whole_checkpoint_nothing_is_believed) {
    uint64_t appended[WORLD_SHARDS];
    struct world *world = settled(77, appended);
    world_checkpoint(world);
    world_settle(world);
    world_kill(world);
    for (uint64_t number = 1; number < 100; number++) {
        struct fake_file *file = fake_disk_file(world->disk, DISK_CHECKPOINT, number);
        if (file != NULL) fake_disk_rot(file, 40);
    }
    cr_assert_eq(world_recover(world), RECOVERY_CORRUPT);
    world_close(world);
}

static void damage(struct world *world) {
    for (uint64_t number = 1; number < 100; number++) {
        struct fake_file *file = fake_disk_file(world->disk, DISK_LOG, number);
        for (uint64_t at = 0; file != NULL && at < file->now_bytes; at += 2048) {
            fake_disk_rot(file, at + 100);
        }
    }
}

static void start_over(struct world *world) {
    cr_assert_eq(world_recover(world), RECOVERY_CORRUPT);
    effects_open(&world->out, &world->turn_arena);
    recovery_start_over(world->recovery, world->now_us, &world->out);
    fake_disk_take(world->disk, &world->out);
    struct event event = {.now_us = world->now_us, .kind = EVENT_DEADLINE};
    cr_assert_eq(recovery_step(world->recovery, &event, &world->out), RECOVERY_DONE);
    for (uint32_t i = 0; i < WORLD_SHARDS; i++) {
        cr_assert_eq(redo_shard_add(world->redo, WORLD_SHARD(i)), STATUS_OK);
        world->shards[i].history.count = world->shards[i].history.base_position = 0;
        memset(world->shards[i].history.base_rows, 0, sizeof(world->shards[i].history.base_rows));
        memset(world->shards[i].rows, 0, sizeof(world->shards[i].rows));
        world->shards[i].applied = world->shards[i].synced = 0;
        world->shards[i].is_whole = true;
    }
    cr_assert_eq(redo_shard_add(world->redo, 0), STATUS_OK);
    world->revision = world->revision_position = world->revision_synced = 0;
}

Test(recovery, starting_over_counts_once_its_checkpoint_is_published) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint64_t appended[WORLD_SHARDS];
        struct world *world = settled(seed + 9000, appended);
        world_kill(world);
        damage(world);
        start_over(world);
        for (int i = 0; i < 10; i++) world_append(world, 0, 200);
        world_settle(world);
        world_crash(world); /* before the checkpoint: the damage is found again */
        start_over(world);
        world_checkpoint(world);
        for (int i = 0; i < 10; i++) world_append(world, 0, 200);
        world_settle(world);
        world_crash(world);
        recover_whole(world, seed);
        cr_assert_eq(redo_appended_position(world->redo, WORLD_SHARD(0)), 10);
        run_turns(world, seed, 100);
        world_crash(world);
        recover_whole(world, seed);
        world_close(world);
    }
}

Test(recovery, a_truncated_log_file_in_the_middle_is_damage) {
    uint64_t appended[WORLD_SHARDS];
    struct world *world = settled(31, appended);
    world_kill(world);
    uint32_t count = fake_disk_count(world->disk, DISK_LOG);
    cr_assert_gt(count, 2);
    struct fake_file *file = fake_disk_file(world->disk, DISK_LOG, count - 1);
    cr_assert_not_null(file);
    file->now_bytes /= 2;
    cr_assert_eq(world_recover(world), RECOVERY_CORRUPT);
    world_close(world);
}

/* A batch that was never synced is lost, the ones behind it are kept; the first batch of the next life fits exactly
 * in the gap. */
Test(recovery, what_an_earlier_life_left_behind_the_end_stays_dead) {
    struct world *world = world_open(5, SEGMENT);
    world->disk->in_order = true;
    recover_whole(world, 5);
    world_settle(world);
    redo_set_durability(world->redo, WORLD_SHARD(0), DURABILITY_REPLICATED);
    uint64_t lsn = redo_appended_lsn(world->redo);
    for (int i = 0; i < 4; i++) {
        world_append(world, 0, 100);
        world_flush(world);
        while (world_disk_step(world)) {}
    }
    cr_assert_eq(redo_synced_position(world->redo, WORLD_SHARD(0)), 0);
    cr_assert_eq(redo_appended_lsn(world->redo), lsn + 4 * BATCH_SECTOR_BYTES);
    world_kill(world);
    struct fake_file *file = fake_disk_file(world->disk, DISK_LOG, 1);
    memset(file->now + lsn % SEGMENT, 0, BATCH_SECTOR_BYTES);
    for (int life = 0; life < 3; life++) {
        recover_whole(world, 5);
        cr_assert_eq(redo_appended_position(world->redo, WORLD_SHARD(0)), 0);
        while (world_disk_step(world)) {}
        world_kill(world);
    }
    world_close(world);
}

static uint32_t files_of(const struct world *world, uint32_t store) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < FAKE_FILES_MAX; i++) {
        const struct fake_file *file = &world->disk->files[i];
        count += file->is_there && file->is_visible && file->file.store == store;
    }
    return count;
}

Test(recovery, a_disk_of_another_number_of_stores_is_refused_and_left_alone) {
    for (uint16_t before = 1; before <= 3; before++) {
        struct world *world = world_open(before, SEGMENT);
        world->store_count = before;
        recover_whole(world, before);
        run_turns(world, before, 100);
        world_settle(world);
        world_checkpoint(world);
        world_settle(world);
        world_kill(world);
        world->store_count = before == 1 ? 2 : 1;
        cr_assert_eq(world_recover(world), RECOVERY_REFUSED);
        world_kill(world);
        world->store_count = before;
        recover_whole(world, before);
        world_close(world);
    }
}

Test(recovery, streams_of_other_stores_are_left_alone) {
    struct world *world = world_open(3, SEGMENT);
    world->store = 1;
    world->store_count = 2;
    recover_whole(world, 3);
    run_turns(world, 3, 50);
    world_settle(world);
    uint32_t count = files_of(world, 1);
    world_kill(world);
    world->store = 0;
    cr_assert_eq(world_recover(world), RECOVERY_DONE);
    cr_assert_eq(recovery_totals(world->recovery).record_count, 0);
    cr_assert_eq(files_of(world, 1), count);
    world_close(world);
}
