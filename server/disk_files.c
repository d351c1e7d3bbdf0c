/* disk_files.c: what a machine's numbered files are called on disk.
 *
 *     DISK_LOG         log-<store>-<number>            number with 20 digits, so that names sort
 *     DISK_CHECKPOINT  checkpoint-<store>-<number>     written as <name>.new until PUBLISH
 *     DISK_NODE        node-<store>-<number>           likewise
 *
 * An operation becomes one job of io/disk.h, which carries the tag back.
 */
#include "server/disk_files.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"

struct disk_files {
    struct disk_files_options options;
    struct disk *disk;
    struct list idle; /* struct file_job that are not under way */
};

struct file_job {
    struct disk_job job;
    struct list_link link;
    struct disk_files *files;
    struct disk_op op;
};

static const char *const kind_names[] = {
    [DISK_LOG] = "log", [DISK_CHECKPOINT] = "checkpoint", [DISK_NODE] = "node"};

void disk_file_name(const struct disk_file *file, char name_out[DISK_NAME_BYTES_MAX]) {
    CHECK(file->kind >= DISK_LOG && file->kind <= DISK_NODE);
    snprintf(name_out, DISK_NAME_BYTES_MAX, "%s-%u-%020lu", kind_names[file->kind], file->store,
             (unsigned long)file->number);
}

enum status disk_file_parse(const char *name, struct disk_file *file_out) {
    for (int kind = DISK_LOG; kind <= DISK_NODE; kind++) {
        char canonical[DISK_NAME_BYTES_MAX], *end;
        size_t size = strlen(kind_names[kind]);
        if (strncmp(name, kind_names[kind], size) != 0 || name[size] != '-') continue;
        file_out->kind = (enum disk_file_kind)kind;
        file_out->store = (uint32_t)strtoul(name + size + 1, &end, 10);
        if (*end != '-') continue;
        file_out->number = strtoul(end + 1, &end, 10);
        disk_file_name(file_out, canonical);
        if (strcmp(canonical, name) == 0) return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
}

static int listed_compare(const void *a, const void *b) {
    const struct disk_file *x = &((const struct disk_listed *)a)->file;
    const struct disk_file *y = &((const struct disk_listed *)b)->file;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    if (x->store != y->store) return x->store < y->store ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static void done_list(struct disk_files *files, const struct disk_job *job,
                      struct disk_done *done) {
    struct disk_listed *listed =
        arena_array(files->options.arena, struct disk_listed, job->entry_count);
    for (uint32_t i = 0; i < job->entry_count; i++) {
        struct disk_listed *place = &listed[done->listed_count];
        if (disk_file_parse(job->entries[i].name, &place->file) != STATUS_OK) continue;
        place->size = job->entries[i].size;
        done->listed_count++;
    }
    if (done->listed_count > 0) qsort(listed, done->listed_count, sizeof *listed, listed_compare);
    done->listed = listed;
}

static void disk_files_on_done(struct disk_job *job) {
    struct file_job *file_job = CONTAINER_OF(job, struct file_job, job);
    struct disk_files *files = file_job->files;
    struct disk_done done = {
        .tag = file_job->op.tag,
        .kind = file_job->op.kind,
        .status = job->status,
        .bytes = slice_of(job->read_bytes, job->size_read),
    };
    if (job->kind == DISK_JOB_LIST) done_list(files, job, &done);
    files->options.done(files->options.context, &done);
    free(job->read_bytes);
    free(job->entries);
    list_push_last(&files->idle, &file_job->link);
}

struct disk_files *disk_files_open(const struct disk_files_options *options) {
    struct disk_files *files = calloc(1, sizeof *files);
    if (files == NULL) die("no memory for a disk");
    files->options = *options;
    list_open(&files->idle);
    files->disk = disk_open(options->loop, options->directory, options->life);
    return files;
}

void disk_files_close(struct disk_files *files) {
    disk_close(files->disk);
    for (struct list_link *link; (link = list_pop_first(&files->idle)) != NULL;)
        free(CONTAINER_OF(link, struct file_job, link));
    free(files);
}

static struct file_job *file_job_take(struct disk_files *files) {
    struct list_link *link = list_pop_first(&files->idle);
    struct file_job *job =
        link == NULL ? malloc(sizeof *job) : CONTAINER_OF(link, struct file_job, link);
    if (job == NULL) die("no memory for a disk operation");
    *job = (struct file_job){.files = files};
    return job;
}

static enum disk_job_kind job_kind_of(enum disk_op_kind kind) {
    switch (kind) {
    case DISK_LIST: return DISK_JOB_LIST;
    case DISK_READ: return DISK_JOB_READ;
    case DISK_WRITE: return DISK_JOB_WRITE;
    case DISK_WRITE_SYNC: return DISK_JOB_WRITE_SYNC;
    case DISK_SYNC: return DISK_JOB_SYNC;
    case DISK_PUBLISH: return DISK_JOB_PUBLISH;
    case DISK_REMOVE: return DISK_JOB_REMOVE;
    }
    UNREACHABLE();
}

static bool op_is_before_publish(const struct disk_op *op) {
    if (op->file.kind == DISK_LOG) return false;
    return op->kind == DISK_WRITE || op->kind == DISK_WRITE_SYNC || op->kind == DISK_SYNC;
}

void disk_files_submit(struct disk_files *files, const struct disk_op *op) {
    struct file_job *file_job = file_job_take(files);
    file_job->op = *op;
    struct disk_job *job = &file_job->job;
    job->done = disk_files_on_done;
    job->kind = job_kind_of(op->kind);
    job->offset = op->offset;
    job->size = op->size;
    job->bytes = op->bytes;
    if (op->kind != DISK_LIST) {
        disk_file_name(&op->file, job->name);
        size_t size = strlen(job->name);
        if (op_is_before_publish(op)) snprintf(job->name + size, sizeof job->name - size, ".new");
    }
    disk_submit(files->disk, job);
}
