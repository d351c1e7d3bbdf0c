/* storage/store_private.h: a store from inside: what its shards share. */
/* storage/store_private.h: a store from inside: what its shards share. */
#ifndef STORAGE_STORE_PRIVATE_H
#define STORAGE_STORE_PRIVATE_H

#include "storage/agent.h"
#include "storage/shard.h"
#include "storage/storage.h"

struct redo;
struct checkpoint;
struct recovery;
struct checkpoint_scan;

struct store {
    struct store_options options;
    struct arena store_arena; /* dies with the store */
    struct memory memory;
    struct redo *redo;
    struct agent agent;
    const struct cluster_configuration *configuration; /* the agent's; NULL: none yet */
    uint64_t written_lsn, synced_lsn; /* of the last look: shards are told when they have moved */
    struct checkpoint_scan *checkpoint_scan;
    struct trace *trace;
    struct shard *shards[SHARDS_MAX]; /* by rising id */
    uint32_t shard_count;
    uint64_t now_us;         /* of the step that runs */
    bool is_turn_end_wanted; /* step again when all messages of this turn are delivered */
    bool is_recovered;
    bool is_checkpoint_wanted;
    struct checkpoint *checkpoint;
    struct recovery *recovery; /* until it is done */
    const char *stop_reason;   /* not NULL: this step ends with STOP */
};

/* The shard of that id, opened if it is not there. NULL: too many. */
struct shard *store_shard_take(struct store *store, uint16_t id);
/* Whether the cluster has shards beside this store's only one. */
bool store_has_other_shards(const struct store *store);
/* A configuration is in force: shards open, and take their roles. */
void store_on_configuration(struct store *store, const struct cluster_configuration *configuration,
                            struct effects *out);
void store_on_peer(struct store *store, const struct peer *peer, struct effects *out);
/* Node of a shard's primary by the configuration known; 0: none. */
uint16_t store_primary_of(const struct store *store, uint16_t shard);
/* NULL: not one of this store. */
struct shard *store_shard(const struct store *store, uint16_t id);
/* A checkpoint that begins after this call, due or not (B4). */
static inline void store_want_checkpoint(struct store *store) {
    store->is_checkpoint_wanted = true;
    store->is_turn_end_wanted = true;
}
/* The rows of a shard are replaced: what was written of a checkpoint is void. */
void store_abandon_checkpoint(struct store *store, struct effects *out);
/* Published so far; the count from which on one that begins now is among them. */
uint64_t store_checkpoint_count(const struct store *store);
uint64_t store_checkpoint_next(const struct store *store);
/* Asks for shard_turn_end of all shards once the turn's messages are delivered. */
static inline void store_want_turn_end(struct store *store) { store->is_turn_end_wanted = true; }
static inline bool store_has_fault(const struct store *store, enum planted_fault fault) {
    return store->options.fault == fault;
}

#endif
