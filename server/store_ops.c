/* store_ops.c: a machine's store operation becomes a job with its own copy of keys and values.
 *
 * There are few of them, so each is allocated; a watch lives as long as the store.
 */
#include "server/store_ops.h"

#include <stdlib.h>

#include "base/list.h"

struct store_ops {
    struct store_ops_options options;
    struct config_store *store;
    struct list watches; /* struct store_job of WATCH operations */
    struct list jobs;    /* the others that are under way */
};

struct store_job {
    struct config_job job;
    struct list_link link;
    struct store_ops *ops;
    uint64_t tag;
    enum store_op_kind kind;
    uint8_t *bytes; /* copies of keys and values */
};

static void store_job_free(struct store_job *job) {
    list_remove(&job->link);
    free(job->job.pairs);
    free(job->bytes);
    free(job);
}

static void store_ops_on_done(struct config_job *config_job, const struct config_pair *pairs,
                              uint32_t pair_count) {
    struct store_job *job = CONTAINER_OF(config_job, struct store_job, job);
    struct store_pair *found = calloc(pair_count + 1, sizeof *found);
    if (found == NULL) die("no memory for the configuration store's answer");
    for (uint32_t i = 0; i < pair_count; i++)
        found[i] = (struct store_pair){pairs[i].key, pairs[i].value, pairs[i].revision};
    struct store_done done = {.tag = job->tag,
                              .kind = job->kind,
                              .status = config_job->status,
                              .revision = config_job->revision,
                              .pairs = found,
                              .pair_count = pair_count};
    struct store_ops *ops = job->ops;
    if (job->kind != STORE_WATCH) store_job_free(job);
    ops->options.done(ops->options.context, &done);
    free(found);
}

enum status store_ops_open(const struct store_ops_options *options, struct store_ops **ops_out) {
    struct store_ops *ops = calloc(1, sizeof *ops);
    if (ops == NULL) die("no memory for the configuration store");
    ops->options = *options;
    list_open(&ops->watches);
    list_open(&ops->jobs);
    enum status status = config_store_open(options->loop, options->path, &ops->store);
    if (status == STATUS_OK)
        *ops_out = ops;
    else
        free(ops);
    return status;
}

void store_ops_close(struct store_ops *ops) {
    config_store_close(ops->store);
    LIST_EACH(link, &ops->watches) store_job_free(CONTAINER_OF(link, struct store_job, link));
    LIST_EACH(link, &ops->jobs) store_job_free(CONTAINER_OF(link, struct store_job, link));
    free(ops);
}

static size_t store_op_bytes(const struct store_op *op) {
    size_t size = op->prefix.size;
    for (uint32_t i = 0; i < op->pair_count; i++)
        size += op->pairs[i].key.size + op->pairs[i].value.size;
    return size;
}

static struct slice bytes_put(uint8_t **at, struct slice bytes) {
    struct slice copy = slice_of(*at, bytes.size);
    if (bytes.size > 0) memcpy(*at, bytes.data, bytes.size);
    *at += bytes.size;
    return copy;
}

static enum config_job_kind job_kind_of(enum store_op_kind kind) {
    switch (kind) {
    case STORE_READ: return CONFIG_READ;
    case STORE_CHANGE: return CONFIG_CHANGE;
    case STORE_WATCH: return CONFIG_WATCH;
    case STORE_LEASE: return CONFIG_LEASE;
    }
    UNREACHABLE();
}

void store_ops_submit(struct store_ops *ops, const struct store_op *op) {
    struct store_job *job = calloc(1, sizeof *job);
    if (job == NULL) die("no memory for a store operation");
    job->bytes = malloc(store_op_bytes(op) + 1);
    job->job.pairs = calloc(op->pair_count + 1, sizeof *job->job.pairs);
    if (job->bytes == NULL || job->job.pairs == NULL) die("no memory for a store operation");
    uint8_t *at = job->bytes;
    job->ops = ops;
    job->tag = op->tag;
    job->kind = op->kind;
    job->job.kind = job_kind_of(op->kind);
    job->job.done = store_ops_on_done;
    job->job.prefix = bytes_put(&at, op->prefix);
    job->job.from_revision = op->from_revision;
    job->job.lease_ms = op->lease_ms;
    job->job.pair_count = op->pair_count;
    for (uint32_t i = 0; i < op->pair_count; i++) {
        job->job.pairs[i].key = bytes_put(&at, op->pairs[i].key);
        job->job.pairs[i].value = bytes_put(&at, op->pairs[i].value);
        job->job.pairs[i].revision = op->pairs[i].revision;
    }
    list_push_last(op->kind == STORE_WATCH ? &ops->watches : &ops->jobs, &job->link);
    config_store_submit(ops->store, &job->job);
}
