/* machine_cluster.c: the handle of the cluster gets its chance. */
#include "server/machines.h"

static void step_cluster(void *machine, const struct event *event, struct effects *out) {
    cluster_step(machine, event, out);
}
static void describe_cluster(const void *machine, struct buffer *json) {
    cluster_describe(machine, json);
}

struct cluster *machines_open_cluster(struct daemon *daemon, const char *node_name, uint16_t node,
                                      struct driven **driven_out) {
    struct driven *driven = machines_add(daemon, &(struct machine_options){
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
