/* machines.c: the pure machines get their directories, their memory and their chance. */
#include "server/machines.h"

#include <stdio.h>
#include <stdlib.h>

static void step_store(void *machine, const struct event *event, struct effects *out) {
    store_step(machine, event, out);
}
static void describe_store(const void *machine, struct buffer *json) {
    store_describe(machine, json);
}
static void step_controller(void *machine, const struct event *event, struct effects *out) {
    controller_step(machine, event, out);
}
static void describe_controller(const void *machine, struct buffer *json) {
    controller_describe(machine, json);
}
static void step_cluster(void *machine, const struct event *event, struct effects *out) {
    cluster_step(machine, event, out);
}
static void describe_cluster(const void *machine, struct buffer *json) {
    cluster_describe(machine, json);
}

static void directory_must_be(const char *directory) {
    enum status status = directory_make(directory);
    if (status != STATUS_OK)
        die("cannot make the directory %s: %s", directory, status_text(status));
}

static struct driven *machine_add(struct daemon *daemon, const struct machine_options *options) {
    struct driven *driven;
    enum status status = driver_add(daemon->driver, options, &driven);
    if (status != STATUS_OK) die("cannot open %s: %s", options->store_path, status_text(status));
    return driven;
}

struct controller *machines_open_meta(struct daemon *daemon, const char *directory,
                                      const struct meta_options *options) {
    char path[4096 + 16];
    directory_must_be(directory);
    snprintf(path, sizeof path, "%s/meta.sqlite", directory);
    struct driven *driven = machine_add(daemon, &(struct machine_options){
                                                    .node = options->node,
                                                    .name = "meta",
                                                    .step = step_controller,
                                                    .describe = describe_controller,
                                                    .store_path = path,
                                                });
    const struct controller_options controller_options = {
        .node = options->node,
        .node_name = slice_of_text(options->node_name),
        .node_address = daemon_address(daemon),
        .registration_nonce = entropy_u64(),
        .source = &daemon->heap.source,
        .seed = entropy_u64(),
        .storage_node_count = (uint16_t)options->storage_count,
        .replica_count = (uint16_t)options->replicas,
        .shards_per_node = 1,
        .durability = (enum durability)options->durability,
    };
    struct controller *controller =
        controller_open(&controller_options, clock_monotonic_us(), driven_effects(driven));
    driven_start(driven, controller);
    return controller;
}

struct store *machines_open_store(struct daemon *daemon, const char *directory,
                                  const char *node_name, uint16_t node) {
    directory_must_be(directory);
    struct driven *driven = machine_add(daemon, &(struct machine_options){
                                                    .node = node,
                                                    .name = "store",
                                                    .step = step_store,
                                                    .describe = describe_store,
                                                    .disk_directory = directory,
                                                });
    const struct store_options store_options = {
        .node = node,
        .meta_node = NODE_META_FIRST,
        .store_index = 0,
        .store_count = 1,
        .node_name = slice_of_text(node_name),
        .node_address = daemon_address(daemon),
        .registration_nonce = entropy_u64(),
        .memory = memory_reserve(daemon->options.memory_bytes),
        .memory_bytes = daemon->options.memory_bytes,
        .source = &daemon->heap.source,
        .seed = entropy_u64(),
    };
    struct store *store = store_open(&store_options, clock_monotonic_us(), driven_effects(driven));
    driven_start(driven, store);
    return store;
}

struct cluster *machines_open_cluster(struct daemon *daemon, const char *node_name, uint16_t node,
                                      struct driven **driven_out) {
    struct driven *driven = machine_add(daemon, &(struct machine_options){
                                                    .node = node,
                                                    .name = "cluster",
                                                    .step = step_cluster,
                                                    .describe = describe_cluster,
                                                });
    const struct cluster_options cluster_options = {
        .node = node,
        .meta_node = NODE_META_FIRST,
        .node_name = slice_of_text(node_name),
        .node_address = daemon_address(daemon),
        .registration_nonce = entropy_u64(),
        .source = &daemon->heap.source,
        .seed = entropy_u64(),
    };
    struct cluster *cluster =
        cluster_open(&cluster_options, clock_monotonic_us(), driven_effects(driven));
    driven_start(driven, cluster);
    *driven_out = driven;
    return cluster;
}

bool machines_store_serves(const struct daemon *daemon, uint16_t node) {
    const struct cluster_configuration *configuration = driver_configuration(daemon->driver);
    if (configuration == NULL) return false;
    const struct configuration_node *self = configuration_node_find(configuration, node);
    if (self == NULL || self->group == 0 || !self->is_live) return false;
    uint32_t listed = 0;
    for (uint32_t i = 0; i < configuration->shard_count; i++) {
        const struct configuration_shard *shard = &configuration->shards[i];
        if (shard->group != self->group) continue;
        const struct configuration_replica *replica = configuration_replica_find(shard, node);
        if (replica == NULL || replica->incarnation != self->incarnation) return false;
        listed++;
    }
    return listed > 0;
}
