/* test_config_store.c: the four operations on a real SQLite database. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/io.h"

struct asked {
    struct config_job job;
    int done_count;
    uint32_t pair_count;
    uint64_t last_revision;
    char last_value[64];
};

struct world {
    char directory[64], path[96];
    struct loop *loop;
    struct config_store *store;
};

static void world_open(struct world *world) {
    snprintf(world->directory, sizeof world->directory, "/tmp/tessera-config-XXXXXX");
    cr_assert_not_null(mkdtemp(world->directory));
    snprintf(world->path, sizeof world->path, "%s/meta.sqlite", world->directory);
    world->loop = loop_open();
    cr_assert_eq(config_store_open(world->loop, world->path, &world->store), STATUS_OK);
}

static void world_close(struct world *world) {
    char command[128];
    config_store_close(world->store);
    loop_close(world->loop);
    snprintf(command, sizeof command, "rm -r %s", world->directory);
    cr_assert_eq(system(command), 0);
}

static void on_done(struct config_job *job, const struct config_pair *pairs, uint32_t pair_count) {
    struct asked *asked = CONTAINER_OF(job, struct asked, job);
    asked->done_count++;
    asked->pair_count = pair_count;
    if (pair_count == 0) return;
    const struct config_pair *last = &pairs[pair_count - 1];
    asked->last_revision = last->revision;
    snprintf(asked->last_value, sizeof asked->last_value, "%.*s", (int)last->value.size,
             (const char *)last->value.data);
}

static enum status ask(struct world *world, struct asked *asked) {
    asked->job.done = on_done;
    config_store_submit(world->store, &asked->job);
    while (asked->done_count == 0) loop_turn(world->loop, UINT64_MAX);
    return asked->job.status;
}

static enum status change(struct world *world, const char *key, const char *value,
                          uint64_t expected) {
    struct config_pair pair = {slice_of_text(key), slice_of_text(value), expected};
    struct asked asked = {.job = {.kind = CONFIG_CHANGE, .pairs = &pair, .pair_count = 1}};
    return ask(world, &asked);
}

static struct asked read_prefix(struct world *world, const char *prefix) {
    struct asked asked = {.job = {.kind = CONFIG_READ, .prefix = slice_of_text(prefix)}};
    cr_assert_eq(ask(world, &asked), STATUS_OK);
    return asked;
}

Test(config_store, a_change_is_read_back_with_its_revision) {
    struct world world;
    world_open(&world);
    cr_assert_eq(change(&world, "node/1", "one", 0), STATUS_OK);
    cr_assert_eq(change(&world, "node/2", "two", 0), STATUS_OK);
    cr_assert_eq(change(&world, "shard/1", "three", 0), STATUS_OK);
    struct asked asked = read_prefix(&world, "node/");
    cr_assert_eq(asked.pair_count, 2);
    cr_assert_str_eq(asked.last_value, "two");
    cr_assert_eq(asked.last_revision, 2);
    cr_assert_eq(asked.job.revision, 3);
    world_close(&world);
}

Test(config_store, an_unexpected_revision_changes_nothing) {
    struct world world;
    world_open(&world);
    cr_assert_eq(change(&world, "a", "1", 0), STATUS_OK);
    cr_assert_eq(change(&world, "a", "2", 0), STATUS_INVALID);
    cr_assert_eq(change(&world, "a", "2", 7), STATUS_INVALID);
    cr_assert_str_eq(read_prefix(&world, "a").last_value, "1");
    cr_assert_eq(change(&world, "a", "2", 1), STATUS_OK);
    cr_assert_eq(change(&world, "a", "3", UINT64_MAX), STATUS_OK);
    cr_assert_str_eq(read_prefix(&world, "a").last_value, "3");
    world_close(&world);
}

Test(config_store, several_pairs_change_together_or_not_at_all) {
    struct world world;
    world_open(&world);
    cr_assert_eq(change(&world, "b", "old", 0), STATUS_OK);
    struct config_pair pairs[] = {{SLICE_LITERAL("a"), SLICE_LITERAL("new"), 0},
                                  {SLICE_LITERAL("b"), SLICE_LITERAL("new"), 0}};
    struct asked asked = {.job = {.kind = CONFIG_CHANGE, .pairs = pairs, .pair_count = 2}};
    cr_assert_eq(ask(&world, &asked), STATUS_INVALID);
    cr_assert_eq(read_prefix(&world, "a").pair_count, 0);
    world_close(&world);
}

Test(config_store, a_removed_pair_is_absent) {
    struct world world;
    world_open(&world);
    cr_assert_eq(change(&world, "a", "1", 0), STATUS_OK);
    cr_assert_eq(change(&world, "a", "", 1), STATUS_OK);
    cr_assert_eq(read_prefix(&world, "a").pair_count, 0);
    cr_assert_eq(change(&world, "a", "2", 0), STATUS_OK);
    world_close(&world);
}

Test(config_store, a_watch_hears_of_every_change_under_its_prefix) {
    struct world world;
    world_open(&world);
    cr_assert_eq(change(&world, "a/1", "before", 0), STATUS_OK);
    struct asked watch = {
        .job = {.kind = CONFIG_WATCH, .done = on_done, .prefix = SLICE_LITERAL("a/")}};
    config_store_submit(world.store, &watch.job);
    cr_assert_eq(change(&world, "b/1", "elsewhere", 0), STATUS_OK);
    cr_assert_eq(change(&world, "a/1", "after", 1), STATUS_OK);
    while (watch.done_count < 2) loop_turn(world.loop, UINT64_MAX);
    cr_assert_eq(watch.done_count, 2);
    cr_assert_str_eq(watch.last_value, "after");
    cr_assert_eq(watch.last_revision, 3);
    world_close(&world);
}

Test(config_store, what_was_changed_is_there_after_a_restart) {
    struct world world;
    world_open(&world);
    cr_assert_eq(change(&world, "a", "1", 0), STATUS_OK);
    config_store_close(world.store);
    cr_assert_eq(config_store_open(world.loop, world.path, &world.store), STATUS_OK);
    cr_assert_str_eq(read_prefix(&world, "a").last_value, "1");
    cr_assert_eq(read_prefix(&world, "a").job.revision, 1);
    world_close(&world);
}

Test(config_store, a_file_that_is_no_database_is_refused) {
    struct world world;
    struct config_store *store;
    char path[128];
    world_open(&world);
    snprintf(path, sizeof path, "%s/text", world.directory);
    cr_assert_eq(file_write(path, SLICE_LITERAL("this is not a database, it is a longer text")),
                 STATUS_OK);
    cr_assert_eq(config_store_open(world.loop, path, &store), STATUS_CORRUPT);
    cr_assert_eq(config_store_open(world.loop, world.path, &store), STATUS_BUSY);
    world_close(&world);
}
