/* machine_store.c: a store gets its directory, its memory and its chance. */
#include "server/machines.h"

static void step_store(void *machine, const struct event *event, struct effects *out) {
    store_step(machine, event, out);
}
static void describe_store(const void *machine, struct buffer *json) {
    store_describe(machine, json);
}

struct store *machines_open_store(struct daemon *daemon, const char *directory,
                                  const char *node_name, uint16_t node) {
    machines_make_directory(directory);
    struct driven *driven = machines_add(daemon, &(struct machine_options){
                                                     .node = node,
                                                     .name = "store",
                                                     .step = step_store,
                                                     .describe = describe_store,
                                                     .disk_directory = directory,
                                                 });
    size_t memory_bytes =
        daemon->options.memory_bytes / MEMORY_ALIGNMENT_BYTES * MEMORY_ALIGNMENT_BYTES;
    const struct store_options store_options = {
        .node = node,
        .meta_node = NODE_META_FIRST,
        .store_index = 0,
        .store_count = 1,
        .node_name = slice_of_text(node_name),
        .node_address = daemon_address(daemon),
        .registration_nonce = entropy_u64(),
        .memory = memory_reserve(memory_bytes),
        .memory_bytes = memory_bytes,
        .source = &daemon->heap.source,
        .seed = entropy_u64(),
    };
    struct store *store = store_open(&store_options, clock_monotonic_us(), driven_effects(driven));
    driven_start(driven, store);
    return store;
}
