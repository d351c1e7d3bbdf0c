/* machine_meta.c: the controller gets its store and its chance. */
#include <stdio.h>

#include "server/machines.h"

static void step_controller(void *machine, const struct event *event, struct effects *out) {
    controller_step(machine, event, out);
}
static void describe_controller(const void *machine, struct buffer *json) {
    controller_describe(machine, json);
}

struct controller *machines_open_meta(struct daemon *daemon, const char *directory,
                                      const struct meta_options *options) {
    char path[4096 + 16];
    machines_make_directory(directory);
    snprintf(path, sizeof path, "%s/meta.sqlite", directory);
    struct driven *driven = machines_add(daemon, &(struct machine_options){
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
