/* wire/configuration.h: what every node knows of the cluster: nodes, groups, shards, bucket maps.
 *
 * Immutable once decoded, replaced whole by a later revision. Written by meta alone.
 *   (C1) A shard's configuration is numbered (term, version); a new primary raises the term, any
 *        other change the version. Listed replicas are (node, incarnation): a restarted node is
 *        not listed until it has caught up.
 *   (C2) shards[] is sorted by id, nodes[] by node; ids start at 1. Shard 1 is the system shard.
 *   (C3) A bucket map gives each of BUCKET_COUNT buckets a shard. Map 0 is the default of all
 *        tables; tables of mysql.* use map 1, all of whose buckets are in the system shard.
 */
#ifndef WIRE_CONFIGURATION_H
#define WIRE_CONFIGURATION_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"
#include "wire/member.h"

#define SHARD_SYSTEM 1
#define MAP_DEFAULT  0
#define MAP_SYSTEM   1

enum durability { DURABILITY_SYNC = 0, DURABILITY_REPLICATED = 1 };

struct configuration_node {
    uint16_t node;
    uint8_t role;         /* enum node_role */
    uint8_t is_live;      /* meta believes that this incarnation runs */
    uint32_t incarnation; /* 0: never registered */
    uint16_t group;       /* storage: its node group, from 1; else 0 */
    struct slice name;    /* store1, sql1, meta1 */
    struct slice address; /* unix:/path or host:port, for peers */
};

struct configuration_replica {
    uint16_t node;
    uint32_t incarnation;
};

struct configuration_shard {
    uint16_t shard, group;
    uint32_t term, version;
    uint16_t primary; /* node; 0: none now */
    uint32_t primary_incarnation;
    uint8_t durability;    /* in force now (R7); enum durability */
    uint8_t replica_count; /* in-sync set, the primary among them */
    struct configuration_replica replicas[REPLICAS_MAX];
};

struct configuration_map {
    uint32_t map_version;
    const uint16_t *shard_of_bucket; /* BUCKET_COUNT entries */
};

struct cluster_configuration {
    uint64_t revision;
    uint8_t durability;      /* asked for by the operator */
    uint8_t replicas_wanted; /* per group */
    uint32_t node_count, shard_count, map_count, ended_count;
    struct configuration_node *nodes;
    struct configuration_shard *shards;
    struct configuration_map *maps; /* by map number (C3) */
    uint32_t *ended;                /* incarnations that are over, rising */
};

size_t configuration_encoded_size(const struct cluster_configuration *configuration);
void configuration_write(struct writer *writer, const struct cluster_configuration *configuration);
/* All of configuration_out lives in `arena`, the texts too. CORRUPT when a count, an id or the
 * order is off. */
MUST_USE enum status configuration_read(struct slice bytes, struct arena *arena,
                                        struct cluster_configuration **configuration_out);
/* NULL when there is none. */
const struct configuration_node *
configuration_node_find(const struct cluster_configuration *configuration, uint16_t node);
const struct configuration_shard *
configuration_shard_find(const struct cluster_configuration *configuration, uint16_t shard);
/* The in-sync entry of `node`, whatever its incarnation; NULL when it is not listed. */
const struct configuration_replica *
configuration_replica_find(const struct configuration_shard *shard, uint16_t node);

#endif
