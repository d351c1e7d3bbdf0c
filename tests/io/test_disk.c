/* test_disk.c: jobs of the disk thread on a directory of their own. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/io.h"

struct world {
    char directory[64];
    struct loop *loop;
    struct disk *disk;
    struct disk_job job;
    int done_count;
};

static void on_done(struct disk_job *job) { CONTAINER_OF(job, struct world, job)->done_count++; }

static void world_open(struct world *world) {
    *world = (struct world){0};
    snprintf(world->directory, sizeof world->directory, "/tmp/tessera-disk-XXXXXX");
    cr_assert_not_null(mkdtemp(world->directory));
    world->loop = loop_open();
    world->disk = disk_open(world->loop, world->directory, NULL);
}

static void world_close(struct world *world) {
    char command[128];
    disk_close(world->disk);
    loop_close(world->loop);
    snprintf(command, sizeof command, "rm -r %s", world->directory);
    cr_assert_eq(system(command), 0);
}

/* Does one job and returns it. */
static struct disk_job *run(struct world *world, enum disk_job_kind kind, const char *name,
                            const char *text) {
    int before = world->done_count;
    free(world->job.read_bytes);
    free(world->job.entries);
    world->job =
        (struct disk_job){.done = on_done, .kind = kind, .size = 100, .bytes = slice_of_text(text)};
    snprintf(world->job.name, sizeof world->job.name, "%s", name);
    disk_submit(world->disk, &world->job);
    while (world->done_count == before) loop_turn(world->loop, UINT64_MAX);
    return &world->job;
}

Test(disk, what_was_written_is_read_back) {
    struct world world;
    world_open(&world);
    cr_assert_eq(run(&world, DISK_JOB_WRITE_SYNC, "a", "hello")->status, STATUS_OK);
    struct disk_job *job = run(&world, DISK_JOB_READ, "a", "");
    cr_assert_eq(job->status, STATUS_OK);
    cr_assert(slice_equal(slice_of(job->read_bytes, job->size_read), SLICE_LITERAL("hello")));
    free(job->read_bytes);
    job->read_bytes = NULL;
    world_close(&world);
}

Test(disk, a_missing_file_is_not_found) {
    struct world world;
    world_open(&world);
    cr_assert_eq(run(&world, DISK_JOB_READ, "a", "")->status, STATUS_NOT_FOUND);
    cr_assert_eq(run(&world, DISK_JOB_SYNC, "a", "")->status, STATUS_NOT_FOUND);
    cr_assert_eq(run(&world, DISK_JOB_PUBLISH, "a", "")->status, STATUS_NOT_FOUND);
    cr_assert_eq(run(&world, DISK_JOB_REMOVE, "a", "")->status, STATUS_OK);
    world_close(&world);
}

Test(disk, a_file_is_listed_once_it_is_published) {
    struct world world;
    world_open(&world);
    run(&world, DISK_JOB_WRITE, "c.new", "12345");
    cr_assert_eq(run(&world, DISK_JOB_LIST, "", "")->entry_count, 0);
    cr_assert_eq(run(&world, DISK_JOB_PUBLISH, "c", "")->status, STATUS_OK);
    struct disk_job *job = run(&world, DISK_JOB_LIST, "", "");
    cr_assert_eq(job->entry_count, 1);
    cr_assert_str_eq(job->entries[0].name, "c");
    cr_assert_eq(job->entries[0].size, 5);
    cr_assert_eq(run(&world, DISK_JOB_REMOVE, "c", "")->status, STATUS_OK);
    cr_assert_eq(run(&world, DISK_JOB_LIST, "", "")->entry_count, 0);
    world_close(&world);
}

Test(disk, more_files_than_are_kept_open_keep_their_bytes) {
    struct world world;
    char name[8];
    world_open(&world);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "f%d", i);
        run(&world, DISK_JOB_WRITE, name, name);
    }
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "f%d", i);
        struct disk_job *job = run(&world, DISK_JOB_READ, name, "");
        cr_assert(slice_equal(slice_of(job->read_bytes, job->size_read), slice_of_text(name)));
    }
    free(world.job.read_bytes);
    world.job.read_bytes = NULL;
    world_close(&world);
}

struct batch_job {
    struct disk_job job;
    int *count;
};

static void on_batch_done(struct disk_job *job) {
    ++*CONTAINER_OF(job, struct batch_job, job)->count;
}

Test(disk, jobs_that_come_together_are_all_answered) {
    struct world world;
    static struct batch_job jobs[200];
    int count = 0;
    world_open(&world);
    for (int i = 0; i < 200; i++) {
        jobs[i].count = &count;
        jobs[i].job = (struct disk_job){.done = on_batch_done,
                                        .kind = i % 3 == 0 ? DISK_JOB_WRITE_SYNC : DISK_JOB_WRITE,
                                        .offset = (uint64_t)i,
                                        .bytes = SLICE_LITERAL("x")};
        snprintf(jobs[i].job.name, sizeof jobs[i].job.name, "log%d", i % 2);
        disk_submit(world.disk, &jobs[i].job);
    }
    while (count < 200) loop_turn(world.loop, UINT64_MAX);
    cr_assert_eq(run(&world, DISK_JOB_READ, "log1", "")->size_read, 100);
    free(world.job.read_bytes);
    world.job.read_bytes = NULL;
    world_close(&world);
}
