/* route.c: what a configuration says, in the form that requests need.
 *
 * Two arenas take turns: a new configuration is read into the one that the last but one lived in. So a pointer
 * into the old one is good until the step that follows the next (RT2 forbids even that).
 */
#include "cluster/route.h"

void route_open(struct route *route, struct chunk_source *source) {
    *route = (struct route){0};
    arena_open(&route->arenas[0], source, 0);
    arena_open(&route->arenas[1], source, 0);
    map_open(&route->open, source);
}

void route_close(struct route *route) {
    arena_close(&route->arenas[0]);
    arena_close(&route->arenas[1]);
    map_close(&route->open);
}

static bool node_is_live(const struct cluster_configuration *configuration, uint16_t node) {
    const struct configuration_node *found = configuration_node_find(configuration, node);
    return found != NULL && found->is_live;
}

static void route_fill_shards(struct route *route, struct arena *arena) {
    const struct cluster_configuration *configuration = route->configuration;
    route->shards = arena_array(arena, struct route_shard, configuration->shard_count);
    for (uint32_t i = 0; i < configuration->shard_count; i++) {
        const struct configuration_shard *shard = &configuration->shards[i];
        bool is_open = map_find(&route->open, shard->primary) != NULL;
        bool is_live = shard->primary != 0 && node_is_live(configuration, shard->primary);
        route->shards[i] = (struct route_shard){.shard = shard->shard,
                                                .node = shard->primary,
                                                .incarnation = shard->primary_incarnation,
                                                .term = shard->term,
                                                .version = shard->version,
                                                .is_reachable = is_live && is_open};
    }
}

static void route_fill_map(struct route_map *out, const struct configuration_map *map,
                           struct arena *arena) {
    uint16_t *place_of_shard = arena_array(arena, uint16_t, SHARDS_TOTAL_MAX + 1);
    uint16_t *places = arena_array(arena, uint16_t, BUCKET_COUNT);
    uint16_t *shards = arena_array(arena, uint16_t, BUCKET_COUNT);
    uint16_t count = 0;
    memset(place_of_shard, 0, (SHARDS_TOTAL_MAX + 1) * sizeof *place_of_shard);
    for (uint32_t i = 0; i < BUCKET_COUNT; i++)
        if (map->shard_of_bucket[i] <= SHARDS_TOTAL_MAX)
            place_of_shard[map->shard_of_bucket[i]] = 1;
    for (uint16_t shard = 0; shard <= SHARDS_TOTAL_MAX; shard++) {
        if (place_of_shard[shard] == 0) continue;
        place_of_shard[shard] = count;
        shards[count++] = shard;
    }
    for (uint32_t i = 0; i < BUCKET_COUNT; i++)
        places[i] = place_of_shard[MIN(map->shard_of_bucket[i], SHARDS_TOTAL_MAX)];
    *out = (struct route_map){map->map_version, count, shards, places};
}

static bool configuration_is_usable(const struct cluster_configuration *configuration) {
    if (configuration->map_count <= MAP_SYSTEM) return false;
    for (uint32_t i = 0; i < configuration->map_count; i++)
        for (uint32_t bucket = 0; bucket < BUCKET_COUNT; bucket++)
            if (configuration_shard_find(configuration,
                                         configuration->maps[i].shard_of_bucket[bucket]) == NULL)
                return false;
    return true;
}

enum status route_take(struct route *route, struct slice bytes, uint64_t revision) {
    if (route->configuration != NULL && revision <= route->configuration->revision)
        return STATUS_OLD_MAP;
    uint32_t other = 1 - route->arena_used;
    struct arena *arena = &route->arenas[other];
    arena_reset(arena);
    struct cluster_configuration *configuration;
    enum status status = configuration_read(bytes, arena, &configuration);
    if (status != STATUS_OK) return status;
    if (!configuration_is_usable(configuration)) return STATUS_CORRUPT;
    route->arena_used = other;
    route->configuration = configuration;
    route_fill_shards(route, arena);
    route->maps = arena_array(arena, struct route_map, configuration->map_count);
    for (uint32_t i = 0; i < configuration->map_count; i++)
        route_fill_map(&route->maps[i], &configuration->maps[i], arena);
    return STATUS_OK;
}

void route_on_peer(struct route *route, uint16_t node, enum peer_state state) {
    if (state == PEER_OPEN)
        map_put(&route->open, node, route);
    else
        map_remove(&route->open, node);
    if (route->configuration == NULL) return;
    for (uint32_t i = 0; i < route->configuration->shard_count; i++)
        if (route->shards[i].node == node && node_is_live(route->configuration, node))
            route->shards[i].is_reachable = state == PEER_OPEN;
}

const struct route_shard *route_shard_find(const struct route *route, uint16_t shard) {
    if (route->configuration == NULL) return NULL;
    uint32_t count = route->configuration->shard_count;
    if (shard >= 1 && shard <= count && route->shards[shard - 1].shard == shard)
        return &route->shards[shard - 1];
    for (uint32_t i = 0; i < count; i++)
        if (route->shards[i].shard == shard) return &route->shards[i];
    return NULL;
}

bool route_is_complete(const struct route *route) {
    if (route->configuration == NULL || route->configuration->shard_count == 0) return false;
    for (uint32_t i = 0; i < route->configuration->shard_count; i++)
        if (route->shards[i].node == 0) return false;
    return true;
}

const struct route_map *route_map_of(const struct route *route, const struct table *table) {
    CHECK(route->configuration != NULL && table->map_number < route->configuration->map_count);
    return &route->maps[table->map_number];
}
