/* cluster/route.h: which shard holds a key, and where its primary is.
 *
 *   (RT1) A configuration replaces the one before it whole, and only a higher revision does.
 *   (RT2) Nothing in here is kept across a wait: the next step may replace it.
 */
#ifndef CLUSTER_ROUTE_H
#define CLUSTER_ROUTE_H

#include "base/map.h"
#include "cluster/cluster.h"

struct route_shard {
    uint16_t shard;
    uint16_t node; /* 0: no primary now */
    uint32_t incarnation;
    uint32_t term, version;
    bool is_reachable; /* there is a primary, and a connection to it */
};

/* A bucket map with its shards counted: place is an index into shards. */
struct route_map {
    uint32_t version;
    uint32_t shard_count;
    const uint16_t *shards;          /* rising */
    const uint16_t *place_of_bucket; /* BUCKET_COUNT */
};

struct route {
    struct cluster_configuration *configuration; /* NULL before the first */
    struct arena arenas[2];                      /* take turns (RT1) */
    uint32_t arena_used;
    struct route_shard *shards; /* as configuration->shards */
    struct route_map *maps;
    struct map open; /* nodes with an open connection; a message to another one is lost */
};

void route_open(struct route *route, struct chunk_source *source);
void route_close(struct route *route);

/* OLD_MAP: not newer than what is in force. CORRUPT. */
MUST_USE enum status route_take(struct route *route, struct slice bytes, uint64_t revision);
void route_on_peer(struct route *route, uint16_t node, enum peer_state state);

/* NULL: no such shard. */
const struct route_shard *route_shard_find(const struct route *route, uint16_t shard);
/* Whether every shard has a primary. */
bool route_is_complete(const struct route *route);
const struct route_map *route_map_of(const struct route *route, const struct table *table);
static inline uint32_t route_place(const struct route_map *map, struct slice partition_key) {
    return map->shard_count == 1 ? 0 : map->place_of_bucket[key_bucket(partition_key)];
}

#endif
