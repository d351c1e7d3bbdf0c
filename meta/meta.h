/* meta/meta.h: the controller: who is in the cluster, who leads each shard, what tables there are.
 *
 * A machine over a configuration store (wire/step.h: read, change, watch, lease). It decides
 * nothing that is not in the store first: a decision is one compare-and-set, and what it tells
 * anybody is what the store holds. A lost answer of the store (UNKNOWN_OUTCOME) is a normal event:
 * it reads again. Rows and transactions never pass through it.
 */
#ifndef META_META_H
#define META_META_H

#include "wire/configuration.h"
#include "wire/step.h"

struct controller;

struct controller_options {
    uint16_t node; /* of this metad */
    struct slice node_name, node_address;
    uint64_t registration_nonce;
    struct chunk_source *source;
    uint64_t seed;
    /* The first start forms the cluster from these; later ones take what the store holds. */
    uint16_t storage_node_count; /* 1 to NODES_MAX */
    uint16_t replica_count;      /* 1 to REPLICAS_MAX; divides storage_node_count */
    uint16_t shards_per_node;    /* store threads of a storage node x shards each; 1 or more */
    enum durability durability;
    /* Failure decisions: a node that has neither a connection nor beats for this long is dead. 0:
     * default. */
    uint32_t failure_ms;
};

/* Node numbers: meta nodes 1 to 7, storage nodes from 11, SQL daemons from 201, tools from 901. */
#define NODE_META_FIRST    1
#define NODE_STORAGE_FIRST 11
#define NODE_SQL_FIRST     201
#define NODE_TOOL_FIRST    901

struct controller *controller_open(const struct controller_options *options, uint64_t now_us,
                                   struct effects *out);
void controller_step(struct controller *controller, const struct event *event, struct effects *out);
void controller_close(struct controller *controller);
/* JSON object members: nodes, shards, what is in progress. */
void controller_describe(const struct controller *controller, struct buffer *json);

#endif
