/* state.c: from the store's pairs to structs.
 *
 * The keys and values are in state.h. Names in keys are raw bytes: they are compared, never parsed, save the numbers
 * behind "node/", "shard/", "map/", "table/" and "drop/". Whatever does not read back is CORRUPT, and the controller
 * leaves: it would decide from half a state.
 */
#include "meta/state.h"


#define CLUSTER_FORMAT     1
#define SHARDS_AT_ONCE_MAX 1024

static void placement_open(struct placement *placement, struct arena *arena) {
    *placement = (struct placement){.shard_capacity = SHARDS_AT_ONCE_MAX};
    placement->nodes = arena_array(arena, struct meta_node, META_NODES_STORED_MAX);
    placement->shards = arena_array(arena, struct configuration_shard, SHARDS_AT_ONCE_MAX);
    placement->ended = arena_array(arena, uint32_t, META_ENDED_MAX);
}

void state_open(struct meta_state *state, struct chunk_source *source) {
    *state = (struct meta_state){.source = source};
    arena_open(&state->state_arena, source, 0);
    placement_open(&state->placement, &state->state_arena);
    struct meta_dictionary *dictionary = &state->dictionary;
    dictionary->version = 1;
    dictionary->next_table_id = 1;
    slice_map_open(&dictionary->databases, source, 0);
    slice_map_open(&dictionary->objects, source, 0);
    map_open(&dictionary->tables, source);
    map_open(&dictionary->drops, source);
}

void state_close(struct meta_state *state) {
    struct meta_dictionary *dictionary = &state->dictionary;
    uint64_t cursor = 0;
    for (struct meta_table *table;
         (table = map_next(&dictionary->tables, &cursor, NULL)) != NULL;) {
        struct arena arena = table->table_arena; /* it lives in it */
        arena_close(&arena);
    }
    map_close(&dictionary->tables);
    map_close(&dictionary->drops);
    slice_map_close(&dictionary->databases);
    slice_map_close(&dictionary->objects);
    arena_close(&state->state_arena);
}

/* ---- one pair ---- */

static enum status read_end(const struct reader *reader) {
    return reader->failed || reader_left(reader) != 0 ? STATUS_CORRUPT : STATUS_OK;
}

static enum status apply_cluster(struct meta_state *state, struct reader *reader) {
    struct placement *placement = &state->placement;
    if (reader_u8(reader) != CLUSTER_FORMAT) return STATUS_CORRUPT;
    placement->is_formed = true;
    placement->durability = reader_u8(reader);
    placement->replicas_wanted = reader_u8(reader);
    placement->storage_nodes = reader_u16(reader);
    placement->shards_per_node = reader_u16(reader);
    placement->incarnation_last = reader_u32(reader);
    placement->revision = reader_u64(reader);
    return read_end(reader);
}

static struct meta_node *node_place(struct placement *placement, uint16_t node) {
    uint32_t place = placement->node_count;
    for (uint32_t i = 0; i < placement->node_count; i++) {
        if (placement->nodes[i].node == node) return &placement->nodes[i];
        if (placement->nodes[i].node > node) {
            place = i;
            break;
        }
    }
    if (placement->node_count == META_NODES_STORED_MAX) return NULL;
    memmove(&placement->nodes[place + 1], &placement->nodes[place],
            (placement->node_count - place) * sizeof *placement->nodes);
    placement->node_count++;
    placement->nodes[place] = (struct meta_node){.node = node};
    return &placement->nodes[place];
}

static void keep_text(struct meta_state *state, struct slice *kept, struct slice text) {
    if (!slice_equal(*kept, text)) *kept = arena_copy(&state->state_arena, text);
}

static enum status apply_node(struct meta_state *state, uint64_t number, struct reader *reader) {
    struct meta_node *node = node_place(&state->placement, (uint16_t)number);
    if (node == NULL || number > UINT16_MAX) return STATUS_CORRUPT;
    node->role = reader_u8(reader);
    node->is_live = reader_u8(reader) != 0;
    node->incarnation = reader_u32(reader);
    node->group = reader_u16(reader);
    node->nonce = reader_u64(reader);
    keep_text(state, &node->name, reader_slice(reader));
    keep_text(state, &node->address, reader_slice(reader));
    return read_end(reader);
}

static struct configuration_shard *shard_place(struct placement *placement, uint16_t shard) {
    uint32_t place = placement->shard_count;
    for (uint32_t i = 0; i < placement->shard_count; i++) {
        if (placement->shards[i].shard == shard) return &placement->shards[i];
        if (placement->shards[i].shard > shard) {
            place = i;
            break;
        }
    }
    if (placement->shard_count == placement->shard_capacity) return NULL;
    memmove(&placement->shards[place + 1], &placement->shards[place],
            (placement->shard_count - place) * sizeof *placement->shards);
    placement->shard_count++;
    placement->shards[place] = (struct configuration_shard){.shard = shard};
    return &placement->shards[place];
}

static enum status apply_shard(struct meta_state *state, uint64_t number, struct reader *reader) {
    struct configuration_shard *shard = shard_place(&state->placement, (uint16_t)number);
    if (shard == NULL || number > UINT16_MAX) return STATUS_CORRUPT;
    shard->group = reader_u16(reader);
    shard->term = reader_u32(reader);
    shard->version = reader_u32(reader);
    shard->primary = reader_u16(reader);
    shard->primary_incarnation = reader_u32(reader);
    shard->durability = reader_u8(reader);
    shard->replica_count = reader_u8(reader);
    if (shard->replica_count > REPLICAS_MAX) return STATUS_CORRUPT;
    for (uint32_t i = 0; i < shard->replica_count; i++) {
        shard->replicas[i].node = reader_u16(reader);
        shard->replicas[i].incarnation = reader_u32(reader);
    }
    return read_end(reader);
}

static enum status apply_map(struct meta_state *state, uint64_t number, struct reader *reader) {
    if (number >= META_MAPS) return STATUS_CORRUPT;
    struct configuration_map *map = &state->placement.maps[number];
    uint16_t *shards = arena_array(&state->state_arena, uint16_t, BUCKET_COUNT);
    uint32_t filled = 0;
    map->map_version = reader_u32(reader);
    for (uint32_t runs = reader_u16(reader); runs > 0; runs--) {
        uint32_t count = reader_u16(reader);
        uint16_t shard = reader_u16(reader);
        if (count > BUCKET_COUNT - filled) return STATUS_CORRUPT;
        for (; count > 0; count--) shards[filled++] = shard;
    }
    map->shard_of_bucket = shards;
    return filled == BUCKET_COUNT ? read_end(reader) : STATUS_CORRUPT;
}

static enum status apply_ended(struct meta_state *state, struct reader *reader) {
    struct placement *placement = &state->placement;
    placement->ended_count = 0;
    while (reader_left(reader) > 0 && placement->ended_count < META_ENDED_MAX)
        placement->ended[placement->ended_count++] = reader_u32(reader);
    return read_end(reader);
}

static enum status apply_database(struct meta_state *state, struct slice name,
                                  struct reader *reader) {
    struct slice_map *databases = &state->dictionary.databases;
    if (reader_left(reader) == 0) {
        slice_map_remove(databases, name);
        return STATUS_OK;
    }
    struct meta_database *database = arena_new(&state->state_arena, struct meta_database);
    database->version = reader_u32(reader);
    database->bytes = arena_copy(&state->state_arena, reader_take(reader, reader_left(reader)));
    database->name = arena_copy(&state->state_arena, name);
    slice_map_put(databases, database->name, database);
    return read_end(reader);
}

static enum status apply_object(struct meta_state *state, struct slice key, struct reader *reader) {
    struct slice_map *objects = &state->dictionary.objects;
    if (reader_left(reader) == 0) {
        slice_map_remove(objects, key);
        return STATUS_OK;
    }
    struct meta_object *object = arena_new(&state->state_arena, struct meta_object);
    object->version = reader_u32(reader);
    object->bytes = arena_copy(&state->state_arena, reader_take(reader, reader_left(reader)));
    object->key = arena_copy(&state->state_arena, key);
    slice_map_put(objects, object->key, object);
    return read_end(reader);
}

static enum status apply_table(struct meta_state *state, uint64_t id, struct reader *reader) {
    struct map *tables = &state->dictionary.tables;
    struct meta_table *old = map_remove(tables, id);
    if (old != NULL) {
        struct arena arena = old->table_arena; /* it lives in it */
        arena_close(&arena);
    }
    if (reader_left(reader) == 0) return STATUS_OK;
    struct arena arena;
    arena_open(&arena, state->source, 0);
    struct meta_table *table = arena_new(&arena, struct meta_table);
    table->id = (uint32_t)id;
    table->version = reader_u32(reader);
    table->next_index_id = reader_u32(reader);
    table->definition_bytes = arena_copy(&arena, reader_take(reader, reader_left(reader)));
    enum status status = table_decode(table->definition_bytes, &arena, &table->definition);
    if (status == STATUS_OK) status = read_end(reader);
    if (status != STATUS_OK) {
        arena_close(&arena);
        return STATUS_CORRUPT;
    }
    table->table_arena = arena;
    map_put(tables, id, table);
    return STATUS_OK;
}

static enum status apply_drop(struct meta_state *state, uint64_t id, struct reader *reader) {
    if (reader_left(reader) == 0) {
        map_remove(&state->dictionary.drops, id);
        return STATUS_OK;
    }
    struct meta_drop *drop = arena_new(&state->state_arena, struct meta_drop);
    drop->table_id = (uint32_t)id;
    drop->version = reader_u32(reader);
    while (reader_left(reader) > 0 && drop->hidden_count < TABLE_INDEX_COUNT_MAX)
        drop->hidden[drop->hidden_count++] = reader_u32(reader);
    map_put(&state->dictionary.drops, id, drop);
    return read_end(reader);
}

static enum status apply_done(struct meta_state *state, struct reader *reader) {
    struct meta_dictionary *dictionary = &state->dictionary;
    dictionary->done_count = 0;
    while (reader_left(reader) > 0 && dictionary->done_count < META_DONE_MAX) {
        struct meta_done *done = &dictionary->done[dictionary->done_count++];
        done->nonce = reader_u64(reader);
        done->status = reader_u8(reader);
        done->version = reader_u32(reader);
        done->table_id = reader_u32(reader);
    }
    return read_end(reader);
}

static bool key_after(struct slice key, const char *prefix, struct slice *rest_out) {
    size_t size = strlen(prefix);
    if (key.size < size || memcmp(key.data, prefix, size) != 0) return false;
    *rest_out = slice_part(key, size, key.size);
    return true;
}

static uint64_t key_number(struct slice digits) {
    uint64_t number = 0;
    for (size_t i = 0; i < MIN(digits.size, (size_t)18); i++)
        number = 10 * number + (uint64_t)(digits.data[i] - '0');
    return number;
}

enum status state_apply(struct meta_state *state, const struct store_pair *pair) {
    struct reader reader = reader_of(pair->value);
    struct meta_dictionary *dictionary = &state->dictionary;
    struct slice rest;
    if (slice_equal(pair->key, SLICE_LITERAL("cluster"))) {
        state->cluster_revision = pair->revision;
        return apply_cluster(state, &reader);
    }
    if (slice_equal(pair->key, SLICE_LITERAL("dictionary"))) {
        state->dictionary_revision = pair->revision;
        dictionary->version = reader_u32(&reader);
        dictionary->next_table_id = reader_u32(&reader);
        return read_end(&reader);
    }
    if (slice_equal(pair->key, SLICE_LITERAL("job"))) {
        dictionary->job = arena_copy(&state->state_arena, pair->value);
        return STATUS_OK;
    }
    if (slice_equal(pair->key, SLICE_LITERAL("ended"))) return apply_ended(state, &reader);
    if (slice_equal(pair->key, SLICE_LITERAL("done"))) return apply_done(state, &reader);
    if (key_after(pair->key, "node/", &rest)) return apply_node(state, key_number(rest), &reader);
    if (key_after(pair->key, "shard/", &rest)) return apply_shard(state, key_number(rest), &reader);
    if (key_after(pair->key, "map/", &rest)) return apply_map(state, key_number(rest), &reader);
    if (key_after(pair->key, "database/", &rest)) return apply_database(state, rest, &reader);
    if (key_after(pair->key, "table/", &rest)) return apply_table(state, key_number(rest), &reader);
    if (key_after(pair->key, "object/", &rest)) return apply_object(state, rest, &reader);
    if (key_after(pair->key, "drop/", &rest)) return apply_drop(state, key_number(rest), &reader);
    return STATUS_OK; /* of a later version */
}

/* ---- look-ups ---- */

const struct meta_node *placement_node(const struct placement *placement, uint16_t node) {
    for (uint32_t i = 0; i < placement->node_count; i++)
        if (placement->nodes[i].node == node) return &placement->nodes[i];
    return NULL;
}

const struct configuration_shard *placement_shard(const struct placement *placement,
                                                  uint16_t shard) {
    for (uint32_t i = 0; i < placement->shard_count; i++)
        if (placement->shards[i].shard == shard) return &placement->shards[i];
    return NULL;
}

const struct meta_table *dictionary_table(const struct meta_dictionary *dictionary,
                                          struct slice database, struct slice name) {
    uint64_t cursor = 0;
    for (const struct meta_table *table;
         (table = map_next(&dictionary->tables, &cursor, NULL)) != NULL;)
        if (slice_equal(table->definition->name, name) &&
            slice_equal(table->definition->database, database))
            return table;
    return NULL;
}

struct slice placement_encode(const struct placement *placement, struct arena *arena) {
    struct cluster_configuration configuration = {
        .revision = placement->revision,
        .durability = placement->durability,
        .replicas_wanted = placement->replicas_wanted,
        .node_count = placement->node_count,
        .shard_count = placement->shard_count,
        .map_count = META_MAPS,
        .ended_count = placement->ended_count,
        .nodes = arena_array(arena, struct configuration_node, placement->node_count),
        .shards = placement->shards,
        .maps = (struct configuration_map *)(uintptr_t)placement->maps,
        .ended = placement->ended,
    };
    for (uint32_t i = 0; i < placement->node_count; i++) {
        const struct meta_node *node = &placement->nodes[i];
        configuration.nodes[i] =
            (struct configuration_node){node->node,  node->role, node->is_live, node->incarnation,
                                        node->group, node->name, node->address};
    }
    size_t size = configuration_encoded_size(&configuration);
    struct writer writer = writer_of(arena_alloc(arena, size), size);
    configuration_write(&writer, &configuration);
    CHECK(!writer.failed);
    return writer_written(&writer);
}
