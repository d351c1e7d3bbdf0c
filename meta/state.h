/* meta/state.h: what the configuration store holds, as structs and as keys and values.
 *
 *   key                 value (little endian, texts with a varint size)
 *   cluster             u8 format, u8 durability, u8 replicas wanted, u16 storage nodes, u16 shards
 *                       a node, u32 last incarnation, u64 revision
 *   node/00011          u8 role, u8 live, u32 incarnation, u16 group, u64 nonce, name, address
 *   shard/00001         u16 group, u32 term, u32 version, u16 primary, u32 its incarnation,
 *                       u8 durability, u8 count, (u16 node, u32 incarnation) ..
 *   map/00000           u32 version, u16 runs, (u16 buckets, u16 shard) ..
 *   ended               u32 incarnation ..
 *   dictionary          u32 version, u32 next table id
 *   database/NAME       u32 version, bytes
 *   table/0000000017    u32 version, u32 next index id, definition (row/table.h)
 *   object/DB\0NAME     u32 version, bytes
 *   job                 the schema change under way (meta/job.c)
 *   drop/0000000017     u32 version from which on nobody sees the table; u32 its hidden tables ..
 *   done                the last changes that ended: u64 nonce, u8 status, u32 version, u32 table
 *
 *   (MS1) `cluster` is compared in every change of nodes, shards, maps or ended ones, `dictionary`
 *         in every change of the rest: so two controllers never both decide from the same state.
 *   (MS2) Memory changes only by pairs that the store has taken: state_apply reads what was loaded
 *         and what was written alike.
 */
#ifndef META_STATE_H
#define META_STATE_H

#include "base/map.h"
#include "base/slice_map.h"
#include "meta/meta.h"
#include "row/table.h"
#include "wire/pack.h"

#define META_NODES_STORED_MAX 512
#define META_ENDED_MAX        4096
#define META_DONE_MAX         32
#define META_MAPS             2

struct meta_node {
    uint16_t node;
    uint8_t role;
    bool is_live;
    uint32_t incarnation;
    uint16_t group;
    uint64_t nonce; /* of its registration */
    struct slice name, address;
};

/* Everything that goes into a CONFIGURATION. */
struct placement {
    bool is_formed;
    uint8_t durability, replicas_wanted;
    uint16_t storage_nodes, shards_per_node;
    uint32_t incarnation_last;
    uint64_t revision;
    uint32_t node_count, shard_count, ended_count;
    struct meta_node *nodes;            /* rising; room for META_NODES_STORED_MAX */
    struct configuration_shard *shards; /* rising; room for shard_capacity */
    uint32_t shard_capacity;
    uint32_t *ended; /* rising; room for META_ENDED_MAX */
    struct configuration_map maps[META_MAPS];
};

struct meta_database {
    struct slice name, bytes;
    uint32_t version;
};
struct meta_table {
    uint32_t id, version, next_index_id;
    struct slice definition_bytes;
    struct table_definition *definition;
    struct arena table_arena;
};
struct meta_object {
    struct slice key; /* database, 0, name */
    struct slice bytes;
    uint32_t version;
};
struct meta_drop {
    uint32_t table_id;
    uint32_t version;
    uint32_t hidden[TABLE_INDEX_COUNT_MAX];
    uint32_t hidden_count;
};
struct meta_done {
    uint64_t nonce;
    uint8_t status;
    uint32_t version, table_id;
};

struct meta_dictionary {
    uint32_t version, next_table_id;
    struct slice_map databases; /* name -> struct meta_database */
    struct map tables;          /* id -> struct meta_table */
    struct slice_map objects;   /* key -> struct meta_object */
    struct map drops;           /* table id -> struct meta_drop */
    struct slice job;           /* empty: none */
    struct meta_done done[META_DONE_MAX];
    uint32_t done_count;
};

struct meta_state {
    struct chunk_source *source;
    struct arena state_arena; /* dies when everything is read again */
    struct placement placement;
    struct meta_dictionary dictionary;
    uint64_t cluster_revision, dictionary_revision; /* of the keys that are compared (MS1) */
};

void state_open(struct meta_state *state, struct chunk_source *source);
void state_close(struct meta_state *state);
/* A pair as the store has it; an empty value: it is gone (MS2). CORRUPT. */
MUST_USE enum status state_apply(struct meta_state *state, const struct store_pair *pair);

/* A decision under construction: pairs, and the placement as it will be. */
struct decision {
    struct meta_state *state;
    struct arena *arena;
    struct placement draft;
    bool is_placement_changed, is_dictionary_changed;
    uint32_t dictionary_version, next_table_id; /* as they will be */
    struct store_pair *pairs;
    uint32_t pair_count, pair_capacity;
};
void decision_open(struct decision *decision, struct meta_state *state, struct arena *arena);
/* Changes in the draft, by id; NULL: there is none. The caller notes what it changed. */
struct meta_node *draft_node(struct decision *decision, uint16_t node);
struct configuration_shard *draft_shard(struct decision *decision, uint16_t shard);
/* A new node or shard; room is CHECKed. */
struct meta_node *draft_add_node(struct decision *decision, uint16_t node);
void draft_add_shard(struct decision *decision, const struct configuration_shard *shard);
void decision_put_node(struct decision *decision, const struct meta_node *node);
void decision_put_shard(struct decision *decision, const struct configuration_shard *shard);
void decision_put_map(struct decision *decision, uint32_t number);
void decision_end_incarnation(struct decision *decision, uint32_t incarnation);
/* Dictionary entries; they count on dictionary_version having been raised by decision_next_version. */
uint32_t decision_next_version(struct decision *decision);
uint32_t decision_next_table_id(struct decision *decision);
void decision_put_database(struct decision *decision, struct slice name, struct slice bytes);
void decision_drop_database(struct decision *decision, struct slice name);
void decision_put_table(struct decision *decision, uint32_t id, uint32_t next_index_id,
                        struct slice definition);
void decision_drop_table(struct decision *decision, const struct meta_table *table);
void decision_put_object(struct decision *decision, struct slice key, struct slice bytes);
void decision_drop_object(struct decision *decision, struct slice key);
void decision_put_job(struct decision *decision, struct slice job);
/* A table, and the hidden ones with it, to be dropped once nobody uses a version below this one. */
void decision_put_drop(struct decision *decision, uint32_t table_id, const uint32_t *hidden,
                       uint32_t hidden_count);
void decision_end_drop(struct decision *decision, uint32_t table_id);
void decision_put_done(struct decision *decision, const struct meta_done *done);
/* The pairs that are compared come last: call it once, before sending. false: nothing to decide. */
bool decision_finish(struct decision *decision);
struct slice object_key(struct arena *arena, struct slice database, struct slice name);

/* The configuration that the placement says; in the arena. */
struct slice placement_encode(const struct placement *placement, struct arena *arena);
const struct meta_node *placement_node(const struct placement *placement, uint16_t node);
const struct configuration_shard *placement_shard(const struct placement *placement,
                                                  uint16_t shard);
const struct meta_table *dictionary_table(const struct meta_dictionary *dictionary,
                                          struct slice database, struct slice name);

#endif
