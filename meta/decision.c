/* decision.c: one compare-and-set under construction.
 *
 * All matters that are due are decided in one CHANGE: nodes and shards in a copy of the placement (the draft), each noted
 * as a pair when it changes; dictionary entries as pairs at once. The same key may be put twice: the later value wins,
 * because decision_put replaces. Nothing here touches the state: the pairs do, once the store has taken them (MS2).
 */
#include <inttypes.h>
#include <stdio.h>

#include "meta/state.h"

void decision_open(struct decision *decision, struct meta_state *state, struct arena *arena) {
    const struct placement *from = &state->placement;
    *decision = (struct decision){.state = state,
                                  .arena = arena,
                                  .draft = *from,
                                  .dictionary_version = state->dictionary.version,
                                  .next_table_id = state->dictionary.next_table_id};
    struct placement *draft = &decision->draft;
    draft->nodes = arena_array(arena, struct meta_node, META_NODES_STORED_MAX);
    draft->shards = arena_array(arena, struct configuration_shard, from->shard_capacity);
    draft->ended = arena_array(arena, uint32_t, META_ENDED_MAX);
    memcpy(draft->nodes, from->nodes, from->node_count * sizeof *from->nodes);
    memcpy(draft->shards, from->shards, from->shard_count * sizeof *from->shards);
    memcpy(draft->ended, from->ended, from->ended_count * sizeof *from->ended);
}

/* ---- the draft ---- */

struct meta_node *draft_node(struct decision *decision, uint16_t node) {
    return (struct meta_node *)(uintptr_t)placement_node(&decision->draft, node);
}

struct configuration_shard *draft_shard(struct decision *decision, uint16_t shard) {
    return (struct configuration_shard *)(uintptr_t)placement_shard(&decision->draft, shard);
}

struct meta_node *draft_add_node(struct decision *decision, uint16_t node) {
    struct placement *draft = &decision->draft;
    CHECK(draft->node_count < META_NODES_STORED_MAX && draft_node(decision, node) == NULL);
    uint32_t place = draft->node_count++;
    for (; place > 0 && draft->nodes[place - 1].node > node; place--)
        draft->nodes[place] = draft->nodes[place - 1];
    draft->nodes[place] = (struct meta_node){.node = node};
    return &draft->nodes[place];
}

void draft_add_shard(struct decision *decision, const struct configuration_shard *shard) {
    struct placement *draft = &decision->draft;
    CHECK(draft->shard_count < draft->shard_capacity);
    CHECK(draft->shard_count == 0 || draft->shards[draft->shard_count - 1].shard < shard->shard);
    draft->shards[draft->shard_count++] = *shard;
}

/* ---- pairs ---- */

static void decision_put(struct decision *decision, struct slice key, struct slice value) {
    struct store_pair pair = {key, value, UINT64_MAX};
    for (uint32_t i = 0; i < decision->pair_count; i++) {
        if (!slice_equal(decision->pairs[i].key, key)) continue;
        decision->pairs[i] = pair;
        return;
    }
    if (decision->pair_count == decision->pair_capacity) {
        uint32_t capacity = MAX(16u, 2 * decision->pair_capacity);
        struct store_pair *pairs = arena_array(decision->arena, struct store_pair, capacity);
        if (decision->pair_count > 0)
            memcpy(pairs, decision->pairs, decision->pair_count * sizeof *pairs);
        decision->pairs = pairs;
        decision->pair_capacity = capacity;
    }
    decision->pairs[decision->pair_count++] = pair;
}

static struct slice key_numbered(struct decision *decision, const char *format, uint64_t number) {
    char *text = arena_alloc(decision->arena, 32);
    int size = snprintf(text, 32, format, number);
    return slice_of(text, (size_t)size);
}

static struct slice key_named(struct decision *decision, const char *prefix, struct slice name) {
    struct buffer key = buffer_of(decision->arena);
    buffer_append(&key, slice_of_text(prefix));
    buffer_append(&key, name);
    return buffer_slice(&key);
}

static void put_u8(struct buffer *value, uint8_t number) { buffer_append_byte(value, number); }

static void put_text(struct buffer *value, struct slice text) {
    uint8_t head[10];
    struct writer writer = writer_of(head, sizeof head);
    writer_varint(&writer, text.size);
    buffer_append(value, writer_written(&writer));
    buffer_append(value, text);
}

void decision_put_node(struct decision *decision, const struct meta_node *node) {
    struct buffer value = buffer_of(decision->arena);
    put_u8(&value, node->role);
    put_u8(&value, node->is_live);
    pack_u32(&value, node->incarnation);
    pack_u16(&value, node->group);
    pack_u64(&value, node->nonce);
    put_text(&value, node->name);
    put_text(&value, node->address);
    decision_put(decision, key_numbered(decision, "node/%05" PRIu64, node->node),
                 buffer_slice(&value));
    decision->is_placement_changed = true;
}

void decision_put_shard(struct decision *decision, const struct configuration_shard *shard) {
    struct buffer value = buffer_of(decision->arena);
    pack_u16(&value, shard->group);
    pack_u32(&value, shard->term);
    pack_u32(&value, shard->version);
    pack_u16(&value, shard->primary);
    pack_u32(&value, shard->primary_incarnation);
    put_u8(&value, shard->durability);
    put_u8(&value, shard->replica_count);
    for (uint32_t i = 0; i < shard->replica_count; i++) {
        pack_u16(&value, shard->replicas[i].node);
        pack_u32(&value, shard->replicas[i].incarnation);
    }
    decision_put(decision, key_numbered(decision, "shard/%05" PRIu64, shard->shard),
                 buffer_slice(&value));
    decision->is_placement_changed = true;
}

void decision_put_map(struct decision *decision, uint32_t number) {
    const struct configuration_map *map = &decision->draft.maps[number];
    struct buffer value = buffer_of(decision->arena), runs = buffer_of(decision->arena);
    uint16_t run_count = 0;
    for (uint32_t at = 0; at < BUCKET_COUNT; run_count++) {
        uint32_t to = at + 1;
        while (to < BUCKET_COUNT && map->shard_of_bucket[to] == map->shard_of_bucket[at]) to++;
        pack_u16(&runs, (uint16_t)(to - at));
        pack_u16(&runs, map->shard_of_bucket[at]);
        at = to;
    }
    pack_u32(&value, map->map_version);
    pack_u16(&value, run_count);
    buffer_append(&value, buffer_slice(&runs));
    decision_put(decision, key_numbered(decision, "map/%05" PRIu64, number), buffer_slice(&value));
    decision->is_placement_changed = true;
}

/* The oldest ones are forgotten when there are too many: no shard remembers anything of them. */
void decision_end_incarnation(struct decision *decision, uint32_t incarnation) {
    struct placement *draft = &decision->draft;
    uint32_t place = draft->ended_count;
    for (; place > 0 && draft->ended[place - 1] >= incarnation; place--)
        if (draft->ended[place - 1] == incarnation) return;
    if (draft->ended_count == META_ENDED_MAX) {
        memmove(draft->ended, draft->ended + 1, (META_ENDED_MAX - 1) * sizeof *draft->ended);
        draft->ended_count--;
        if (place > 0) place--;
    }
    memmove(draft->ended + place + 1, draft->ended + place,
            (draft->ended_count - place) * sizeof *draft->ended);
    draft->ended[place] = incarnation;
    draft->ended_count++;
    struct buffer value = buffer_of(decision->arena);
    for (uint32_t i = 0; i < draft->ended_count; i++) pack_u32(&value, draft->ended[i]);
    decision_put(decision, SLICE_LITERAL("ended"), buffer_slice(&value));
    decision->is_placement_changed = true;
}

/* ---- dictionary ---- */

uint32_t decision_next_version(struct decision *decision) {
    decision->is_dictionary_changed = true;
    return ++decision->dictionary_version;
}

uint32_t decision_next_table_id(struct decision *decision) {
    decision->is_dictionary_changed = true;
    return decision->next_table_id++;
}

static struct slice versioned(struct decision *decision, struct slice bytes) {
    struct buffer value = buffer_of(decision->arena);
    pack_u32(&value, decision->dictionary_version);
    buffer_append(&value, bytes);
    decision->is_dictionary_changed = true;
    return buffer_slice(&value);
}

void decision_put_database(struct decision *decision, struct slice name, struct slice bytes) {
    decision_put(decision, key_named(decision, "database/", name), versioned(decision, bytes));
}

void decision_drop_database(struct decision *decision, struct slice name) {
    decision_put(decision, key_named(decision, "database/", name), SLICE_EMPTY);
    decision->is_dictionary_changed = true;
}

void decision_put_table(struct decision *decision, uint32_t id, uint32_t next_index_id,
                        struct slice definition) {
    struct buffer value = buffer_of(decision->arena);
    pack_u32(&value, decision->dictionary_version);
    pack_u32(&value, next_index_id);
    buffer_append(&value, definition);
    decision_put(decision, key_numbered(decision, "table/%010" PRIu64, id), buffer_slice(&value));
    decision->is_dictionary_changed = true;
}

void decision_drop_table(struct decision *decision, const struct meta_table *table) {
    decision_put(decision, key_numbered(decision, "table/%010" PRIu64, table->id), SLICE_EMPTY);
    struct buffer value = buffer_of(decision->arena);
    pack_u32(&value, decision->dictionary_version);
    for (uint32_t i = 1; i < table->definition->index_count; i++)
        if (table->definition->indexes[i].kind == INDEX_UNIQUE)
            pack_u32(&value, (uint32_t)table->definition->indexes[i].hidden_table_id);
    decision_put(decision, key_numbered(decision, "drop/%010" PRIu64, table->id),
                 buffer_slice(&value));
    decision->is_dictionary_changed = true;
}

void decision_put_object(struct decision *decision, struct slice key, struct slice bytes) {
    decision_put(decision, key_named(decision, "object/", key), versioned(decision, bytes));
}

void decision_drop_object(struct decision *decision, struct slice key) {
    decision_put(decision, key_named(decision, "object/", key), SLICE_EMPTY);
    decision->is_dictionary_changed = true;
}

void decision_put_job(struct decision *decision, struct slice job) {
    decision_put(decision, SLICE_LITERAL("job"), job);
    decision->is_dictionary_changed = true;
}

void decision_put_drop(struct decision *decision, uint32_t table_id, const uint32_t *hidden,
                       uint32_t hidden_count) {
    struct buffer value = buffer_of(decision->arena);
    pack_u32(&value, decision->dictionary_version);
    for (uint32_t i = 0; i < hidden_count; i++) pack_u32(&value, hidden[i]);
    decision_put(decision, key_numbered(decision, "drop/%010" PRIu64, table_id),
                 buffer_slice(&value));
    decision->is_dictionary_changed = true;
}

void decision_end_drop(struct decision *decision, uint32_t table_id) {
    decision_put(decision, key_numbered(decision, "drop/%010" PRIu64, table_id), SLICE_EMPTY);
    decision->is_dictionary_changed = true;
}

void decision_put_done(struct decision *decision, const struct meta_done *done) {
    const struct meta_dictionary *dictionary = &decision->state->dictionary;
    struct buffer value = buffer_of(decision->arena);
    uint32_t skip = dictionary->done_count == META_DONE_MAX ? 1 : 0;
    for (uint32_t i = skip; i <= dictionary->done_count; i++) {
        const struct meta_done *at = i == dictionary->done_count ? done : &dictionary->done[i];
        pack_u64(&value, at->nonce);
        put_u8(&value, at->status);
        pack_u32(&value, at->version);
        pack_u32(&value, at->table_id);
    }
    decision_put(decision, SLICE_LITERAL("done"), buffer_slice(&value));
    decision->is_dictionary_changed = true;
}

struct slice object_key(struct arena *arena, struct slice database, struct slice name) {
    struct buffer key = buffer_of(arena);
    buffer_append(&key, database);
    buffer_append_byte(&key, 0);
    buffer_append(&key, name);
    return buffer_slice(&key);
}

/* ---- the end ---- */

static void put_cluster(struct decision *decision) {
    struct placement *draft = &decision->draft;
    struct buffer value = buffer_of(decision->arena);
    draft->revision++;
    put_u8(&value, 1);
    put_u8(&value, draft->durability);
    put_u8(&value, draft->replicas_wanted);
    pack_u16(&value, draft->storage_nodes);
    pack_u16(&value, draft->shards_per_node);
    pack_u32(&value, draft->incarnation_last);
    pack_u64(&value, draft->revision);
    decision_put(decision, SLICE_LITERAL("cluster"), buffer_slice(&value));
    decision->pairs[decision->pair_count - 1].revision = decision->state->cluster_revision;
}

static void put_dictionary(struct decision *decision) {
    struct buffer value = buffer_of(decision->arena);
    pack_u32(&value, decision->dictionary_version);
    pack_u32(&value, decision->next_table_id);
    decision_put(decision, SLICE_LITERAL("dictionary"), buffer_slice(&value));
    decision->pairs[decision->pair_count - 1].revision = decision->state->dictionary_revision;
}

bool decision_finish(struct decision *decision) {
    if (decision->is_placement_changed) put_cluster(decision);
    if (decision->is_dictionary_changed) put_dictionary(decision);
    return decision->pair_count > 0;
}
