/* storage/store_private.h: a store from inside: what its shards share. */
#ifndef STORAGE_STORE_PRIVATE_H
#define STORAGE_STORE_PRIVATE_H

#include "storage/agent.h"
#include "storage/shard.h"
#include "storage/storage.h"

struct redo;
struct checkpoint;
struct recovery;

struct store {
    struct store_options options;
    struct arena store_arena; /* dies with the store */
    struct memory memory;
    struct redo *redo;
    struct agent agent;
    struct trace *trace;
    struct shard *shards[SHARDS_MAX]; /* by rising id */
    uint32_t shard_count;
    uint64_t now_us;         /* of the step that runs */
    bool is_turn_end_wanted; /* step again when all messages of this turn are delivered */
    bool is_recovered;
    bool is_stopped;
};

struct shard *store_shard(const struct store *store, uint16_t id);
/* Asks for shard_turn_end of all shards once the turn's messages are delivered. */
static inline void store_want_turn_end(struct store *store) { store->is_turn_end_wanted = true; }
static inline bool store_has_fault(const struct store *store, enum planted_fault fault) {
    return store->options.fault == fault;
}

#endif
