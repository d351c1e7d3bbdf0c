/* machines.c: what opening a machine in a process takes, whichever it is. */
#include "server/machines.h"

void machines_make_directory(const char *directory) {
    enum status status = directory_make(directory);
    if (status != STATUS_OK)
        die("cannot make the directory %s: %s", directory, status_text(status));
}

struct driven *machines_add(struct daemon *daemon, const struct machine_options *options) {
    struct driven *driven;
    enum status status = driver_add(daemon->driver, options, &driven);
    if (status != STATUS_OK) die("cannot open %s: %s", options->store_path, status_text(status));
    return driven;
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
