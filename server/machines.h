/* server/machines.h: the machines of a process: storage, meta, the cluster handle. */
#ifndef SERVER_MACHINES_H
#define SERVER_MACHINES_H

#include "cluster/cluster.h"
#include "meta/meta.h"
#include "server/daemon.h"
#include "storage/storage.h"

struct meta_options {
    uint64_t storage_count, replicas, durability;
    const char *node_name;
    uint16_t node;
};
/* Each opens its machine under the daemon's driver, with its files in `directory` (made when it is
 * not there), and ends the process with a message when that cannot be. */
struct controller *machines_open_meta(struct daemon *daemon, const char *directory,
                                      const struct meta_options *options);
struct store *machines_open_store(struct daemon *daemon, const char *directory,
                                  const char *node_name, uint16_t node);
struct cluster *machines_open_cluster(struct daemon *daemon, const char *node_name, uint16_t node,
                                      struct driven **driven_out);

/* For the three above. */
void machines_make_directory(const char *directory);
struct driven *machines_add(struct daemon *daemon, const struct machine_options *options);

/* A store's node is listed as in-sync in every shard of its group. */
bool machines_store_serves(const struct daemon *daemon, uint16_t node);

#endif
