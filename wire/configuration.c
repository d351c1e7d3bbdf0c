/* configuration.c: the bytes of a cluster configuration.
 *
 *   | format u8 | revision u64 | durability u8 | replicas u8 |
 *   | node count u16 | shard count u16 | map count u16 | ended count u32 |
 *   | nodes | shards | maps | ended |
 *   map: | version u32 | runs u16 | (bucket count u16, shard u16) .. |   mostly long runs
 *
 *   (F1) Decoding checks what readers rely on: order and uniqueness of ids (C2), listed replicas
 *        within bounds, maps that cover every bucket once, ended incarnations rising.
 */
#include "wire/configuration.h"

#define CONFIGURATION_FORMAT    1
#define CONFIGURATION_ENDED_MAX 1000000u

static uint16_t map_run(const struct configuration_map *map, uint32_t from) {
    uint32_t to = from + 1;
    while (to < BUCKET_COUNT && map->shard_of_bucket[to] == map->shard_of_bucket[from]) to++;
    return (uint16_t)(to - from);
}

static uint16_t map_run_count(const struct configuration_map *map) {
    uint16_t runs = 0;
    for (uint32_t at = 0; at < BUCKET_COUNT; at += map_run(map, at)) runs++;
    return runs;
}

static size_t node_size(const struct configuration_node *node) {
    return 2 + 1 + 1 + 4 + 2 + varint_size(node->name.size) + node->name.size +
           varint_size(node->address.size) + node->address.size;
}

static size_t shard_size(const struct configuration_shard *shard) {
    return 2 + 2 + 4 + 4 + 2 + 4 + 1 + 1 + (size_t)6 * shard->replica_count;
}

size_t configuration_encoded_size(const struct cluster_configuration *c) {
    size_t size = 1 + 8 + 1 + 1 + 2 + 2 + 2 + 4 + (size_t)4 * c->ended_count;
    for (uint32_t i = 0; i < c->node_count; i++) size += node_size(&c->nodes[i]);
    for (uint32_t i = 0; i < c->shard_count; i++) size += shard_size(&c->shards[i]);
    for (uint32_t i = 0; i < c->map_count; i++) size += 6 + (size_t)4 * map_run_count(&c->maps[i]);
    return size;
}

static void node_write(struct writer *writer, const struct configuration_node *node) {
    writer_u16(writer, node->node);
    writer_u8(writer, node->role);
    writer_u8(writer, node->is_live);
    writer_u32(writer, node->incarnation);
    writer_u16(writer, node->group);
    writer_slice(writer, node->name);
    writer_slice(writer, node->address);
}

static void shard_write(struct writer *writer, const struct configuration_shard *shard) {
    CHECK(shard->replica_count <= REPLICAS_MAX);
    writer_u16(writer, shard->shard);
    writer_u16(writer, shard->group);
    writer_u32(writer, shard->term);
    writer_u32(writer, shard->version);
    writer_u16(writer, shard->primary);
    writer_u32(writer, shard->primary_incarnation);
    writer_u8(writer, shard->durability);
    writer_u8(writer, shard->replica_count);
    for (uint32_t i = 0; i < shard->replica_count; i++) {
        writer_u16(writer, shard->replicas[i].node);
        writer_u32(writer, shard->replicas[i].incarnation);
    }
}

static void map_write(struct writer *writer, const struct configuration_map *map) {
    writer_u32(writer, map->map_version);
    writer_u16(writer, map_run_count(map));
    for (uint32_t at = 0; at < BUCKET_COUNT; at += map_run(map, at)) {
        writer_u16(writer, map_run(map, at));
        writer_u16(writer, map->shard_of_bucket[at]);
    }
}

void configuration_write(struct writer *writer, const struct cluster_configuration *c) {
    writer_u8(writer, CONFIGURATION_FORMAT);
    writer_u64(writer, c->revision);
    writer_u8(writer, c->durability);
    writer_u8(writer, c->replicas_wanted);
    writer_u16(writer, (uint16_t)c->node_count);
    writer_u16(writer, (uint16_t)c->shard_count);
    writer_u16(writer, (uint16_t)c->map_count);
    writer_u32(writer, c->ended_count);
    for (uint32_t i = 0; i < c->node_count; i++) node_write(writer, &c->nodes[i]);
    for (uint32_t i = 0; i < c->shard_count; i++) shard_write(writer, &c->shards[i]);
    for (uint32_t i = 0; i < c->map_count; i++) map_write(writer, &c->maps[i]);
    for (uint32_t i = 0; i < c->ended_count; i++) writer_u32(writer, c->ended[i]);
}

static void node_read(struct reader *reader, struct arena *arena, struct configuration_node *node) {
    node->node = reader_u16(reader);
    node->role = reader_u8(reader);
    node->is_live = reader_u8(reader);
    node->incarnation = reader_u32(reader);
    node->group = reader_u16(reader);
    node->name = arena_copy(arena, reader_slice(reader));
    node->address = arena_copy(arena, reader_slice(reader));
    if (node->role < ROLE_META || node->role > ROLE_TOOL || node->is_live > 1) reader_fail(reader);
}

static void shard_read(struct reader *reader, struct configuration_shard *shard) {
    shard->shard = reader_u16(reader);
    shard->group = reader_u16(reader);
    shard->term = reader_u32(reader);
    shard->version = reader_u32(reader);
    shard->primary = reader_u16(reader);
    shard->primary_incarnation = reader_u32(reader);
    shard->durability = reader_u8(reader);
    shard->replica_count = reader_u8(reader);
    if (shard->durability > DURABILITY_REPLICATED || shard->replica_count > REPLICAS_MAX) {
        reader_fail(reader);
        shard->replica_count = 0;
    }
    for (uint32_t i = 0; i < shard->replica_count; i++) {
        shard->replicas[i].node = reader_u16(reader);
        shard->replicas[i].incarnation = reader_u32(reader);
    }
}

static void map_read(struct reader *reader, struct arena *arena, struct configuration_map *map) {
    map->map_version = reader_u32(reader);
    uint16_t *shards = arena_array(arena, uint16_t, BUCKET_COUNT);
    uint32_t filled = 0;
    for (uint32_t runs = reader_u16(reader); runs > 0 && !reader->failed; runs--) {
        uint32_t count = reader_u16(reader);
        uint16_t shard = reader_u16(reader);
        if (count == 0 || count > BUCKET_COUNT - filled) reader_fail(reader);
        for (; !reader->failed && count > 0; count--) shards[filled++] = shard;
    }
    if (filled != BUCKET_COUNT) reader_fail(reader);
    map->shard_of_bucket = shards;
}

/* Counts are bounded by what the bytes can hold before anything is allocated for them. */
static void counts_read(struct reader *reader, struct cluster_configuration *c) {
    c->node_count = reader_u16(reader);
    c->shard_count = reader_u16(reader);
    c->map_count = reader_u16(reader);
    c->ended_count = reader_u32(reader);
    size_t least = (size_t)c->node_count * 12 + (size_t)c->shard_count * 24 +
                   (size_t)c->map_count * 10 + (size_t)c->ended_count * 4;
    if (c->ended_count > CONFIGURATION_ENDED_MAX || c->map_count > 64 ||
        least > reader_left(reader)) {
        reader_fail(reader);
    }
}

/* (F1) */
static bool configuration_is_ordered(const struct cluster_configuration *c) {
    for (uint32_t i = 0; i < c->node_count; i++) {
        if (c->nodes[i].node <= (i == 0 ? 0 : c->nodes[i - 1].node)) return false;
    }
    for (uint32_t i = 0; i < c->shard_count; i++) {
        if (c->shards[i].shard <= (i == 0 ? 0 : c->shards[i - 1].shard)) return false;
    }
    for (uint32_t i = 1; i < c->ended_count; i++) {
        if (c->ended[i] <= c->ended[i - 1]) return false;
    }
    return true;
}

static void lists_read(struct reader *reader, struct arena *arena,
                       struct cluster_configuration *c) {
    c->nodes = arena_array(arena, struct configuration_node, c->node_count);
    c->shards = arena_array(arena, struct configuration_shard, c->shard_count);
    c->maps = arena_array(arena, struct configuration_map, c->map_count);
    c->ended = arena_array(arena, uint32_t, c->ended_count);
    for (uint32_t i = 0; i < c->node_count; i++) node_read(reader, arena, &c->nodes[i]);
    for (uint32_t i = 0; i < c->shard_count; i++) shard_read(reader, &c->shards[i]);
    for (uint32_t i = 0; i < c->map_count; i++) map_read(reader, arena, &c->maps[i]);
    for (uint32_t i = 0; i < c->ended_count; i++) c->ended[i] = reader_u32(reader);
}

enum status configuration_read(struct slice bytes, struct arena *arena,
                               struct cluster_configuration **configuration_out) {
    struct reader reader = reader_of(bytes);
    struct cluster_configuration *c = arena_new(arena, struct cluster_configuration);
    if (reader_u8(&reader) != CONFIGURATION_FORMAT) return STATUS_CORRUPT;
    c->revision = reader_u64(&reader);
    c->durability = reader_u8(&reader);
    c->replicas_wanted = reader_u8(&reader);
    counts_read(&reader, c);
    if (reader.failed) return STATUS_CORRUPT;
    lists_read(&reader, arena, c);
    if (reader.failed || reader_left(&reader) != 0) return STATUS_CORRUPT;
    if (c->durability > DURABILITY_REPLICATED || !configuration_is_ordered(c))
        return STATUS_CORRUPT;
    *configuration_out = c;
    return STATUS_OK;
}

const struct configuration_node *configuration_node_find(const struct cluster_configuration *c,
                                                         uint16_t node) {
    for (uint32_t i = 0; i < c->node_count; i++) {
        if (c->nodes[i].node == node) return &c->nodes[i];
    }
    return NULL;
}

const struct configuration_shard *configuration_shard_find(const struct cluster_configuration *c,
                                                           uint16_t shard) {
    uint32_t low = 0, high = c->shard_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (c->shards[middle].shard == shard) return &c->shards[middle];
        if (c->shards[middle].shard < shard)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct configuration_replica *
configuration_replica_find(const struct configuration_shard *shard, uint16_t node) {
    CHECK(shard->replica_count <= REPLICAS_MAX);
    for (uint32_t i = 0; i < shard->replica_count; i++) {
        if (shard->replicas[i].node == node) return &shard->replicas[i];
    }
    return NULL;
}
