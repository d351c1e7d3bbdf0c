/* split.c: which shards does a list of points or ranges concern?
 *
 * A point of the primary key has one bucket, as long as the partition key can be told from the key's bytes: when it is
 * the whole key or a prefix of fixed width. Everything else concerns every shard of the table's map: entries of other
 * indexes lie with their rows, wherever these are.
 */
#include "cluster/cluster_private.h"
#include "cluster/scan.h"

/* Bytes of the partition key at the start of a primary key: 0: cannot be told, SIZE_MAX: all. */
static size_t partition_prefix(const struct table *table) {
    const struct table_definition *definition = table->definition;
    if (definition->partition_part_count == definition->indexes[0].part_count) return SIZE_MAX;
    return table->partition_key->fixed_bytes;
}

static struct slice partition_of(struct slice key, size_t prefix) {
    return prefix >= key.size ? key : slice_part(key, 0, prefix);
}

static const struct scan_split *split_everywhere(const struct route_map *map,
                                                 const struct split_spec *spec, struct arena *arena,
                                                 struct scan_split *one) {
    struct scan_split *splits =
        map->shard_count == 1 ? one : arena_array(arena, struct scan_split, map->shard_count);
    for (uint32_t i = 0; i < map->shard_count; i++)
        splits[i] =
            (struct scan_split){map->shards[i], spec->positions, spec->position_count, NULL};
    return splits;
}

/* The place of each point's shard, and how many points and bytes each place has. */
struct split_count {
    uint32_t points;
    size_t bytes;
};

static const struct scan_split *split_fill(const struct route_map *map,
                                           const struct split_spec *spec, const uint16_t *places,
                                           struct split_count *counts, struct arena *arena) {
    uint32_t *split_at = arena_array(arena, uint32_t, map->shard_count);
    uint32_t split_count = 0;
    for (uint32_t i = 0; i < map->shard_count; i++)
        if (counts[i].points > 0) split_at[i] = split_count++;
    struct scan_split *splits = arena_array(arena, struct scan_split, split_count);
    struct buffer *buffers = arena_array(arena, struct buffer, split_count);
    uint32_t **ordinals = arena_array(arena, uint32_t *, split_count);
    for (uint32_t i = 0; i < map->shard_count; i++) {
        if (counts[i].points == 0) continue;
        uint32_t at = split_at[i];
        buffers[at] = buffer_of(arena);
        buffer_reserve(&buffers[at], counts[i].bytes);
        ordinals[at] = arena_array(arena, uint32_t, counts[i].points);
        splits[at] = (struct scan_split){.shard = map->shards[i]};
    }
    struct reader reader = reader_of(spec->positions);
    struct slice key;
    for (uint32_t i = 0; unpack_point(&reader, &key); i++) {
        uint32_t at = split_at[places[i]];
        pack_point(&buffers[at], key);
        ordinals[at][splits[at].position_count++] = i;
    }
    for (uint32_t i = 0; i < split_count; i++) {
        splits[i].positions = buffer_slice(&buffers[i]);
        splits[i].ordinals = ordinals[i];
    }
    return splits;
}

static const struct scan_split *split_points(const struct route_map *map,
                                             const struct split_spec *spec, struct arena *arena,
                                             uint32_t *count_out) {
    size_t prefix = partition_prefix(spec->table);
    uint16_t *places = arena_array(arena, uint16_t, spec->position_count);
    struct split_count *counts = arena_array(arena, struct split_count, map->shard_count);
    memset(counts, 0, map->shard_count * sizeof *counts);
    struct reader reader = reader_of(spec->positions);
    struct slice key;
    uint32_t used = 0, count = 0;
    while (unpack_point(&reader, &key)) {
        CHECK(count < spec->position_count);
        uint32_t place = route_place(map, partition_of(key, prefix));
        if (counts[place].points++ == 0) used++;
        counts[place].bytes += varint_size(key.size) + key.size;
        places[count++] = (uint16_t)place;
    }
    CHECK(!reader.failed && count == spec->position_count);
    *count_out = used;
    return split_fill(map, spec, places, counts, arena);
}

const struct scan_split *scan_split(struct cluster *cluster, const struct split_spec *spec,
                                    struct arena *arena, struct scan_split *one,
                                    uint32_t *count_out) {
    const struct route_map *map = route_map_of(&cluster->route, spec->table);
    bool is_hashed = spec->position_kind == POSITION_POINTS && spec->index == 0 &&
                     partition_prefix(spec->table) != 0;
    if (map->shard_count == 1 || !is_hashed) {
        *count_out = map->shard_count;
        return split_everywhere(map, spec, arena, one);
    }
    if (spec->position_count != 1) return split_points(map, spec, arena, count_out);
    struct reader reader = reader_of(spec->positions);
    struct slice key = SLICE_EMPTY;
    CHECK(unpack_point(&reader, &key));
    uint32_t place = route_place(map, partition_of(key, partition_prefix(spec->table)));
    *one = (struct scan_split){map->shards[place], spec->positions, 1, NULL};
    *count_out = 1;
    return one;
}
