/* storage/storage.h: all that the rest of the tree may know about storage.
 *
 * A store is the machine of one storage thread: its shards, their one log stream, and, in store 0,
 * the node's agent (registration, configuration, liveness). Open it, then carry out its first
 * effects: they begin recovery (DISK_LIST). It registers with meta once recovered, serves once a
 * configuration says so.
 *
 * Drivers: a message for shard 0 goes to store 0, one for shard s to store (s - 1) mod store_count;
 * PEER, REGISTERED and CONFIGURATION go to every store. A deadline at or before now is the end of a
 * turn: it is stepped once the messages that are there have been delivered; then the log is flushed
 * and appends and confirm rounds leave (D2, T10).
 */
#ifndef STORAGE_STORAGE_H
#define STORAGE_STORAGE_H

#include "wire/configuration.h"
#include "wire/step.h"

struct store;

/* Faults planted for the simulator's checkers (CORE.md, last section); 0 in every real run. */
enum planted_fault {
    FAULT_NONE = 0,
    FAULT_SKIP_SYNC,         /* confirm before the sync is done */
    FAULT_SKIP_TERM_CHECK,   /* accept messages of an older term */
    FAULT_ANSWER_EARLY,      /* answer a commit before every replica confirmed */
    FAULT_SERVE_UNCONFIRMED, /* newest reads without proof of still being primary */
    FAULT_FORGET_OUTCOME,    /* forget outcomes before the mark passed */
    FAULT_RAISE_TO_COMMIT,   /* raise M to a commit timestamp (T3) */
    FAULT_COUNT
};

struct store_options {
    uint16_t node;                     /* this storage node's id */
    uint16_t meta_node;                /* where to register */
    uint32_t store_index, store_count; /* threads of the node */
    struct slice node_name, node_address;
    uint64_t registration_nonce; /* random, new at each start */
    uint8_t *memory;             /* rows and indexes: reserved by the caller, touched on use */
    size_t memory_bytes;
    struct chunk_source *source; /* for everything else; bounded tables are taken once, at open */
    uint32_t transaction_count;  /* at a time and shard; 0: default */
    uint32_t log_segment_bytes;  /* 0: default */
    uint32_t tail_bytes; /* of a shard's log, kept in memory for peers that were away; 0: default */
    uint32_t part_bytes; /* of a copy's part and of a checkpoint's block; 0: defaults */
    uint64_t checkpoint_log_bytes; /* log between two checkpoints, at least; 0: default */
    uint64_t seed;                 /* for hash seeds and jitter; chance is an argument */
    enum planted_fault fault;
};

/* Never fails: a lost disk is an effect (STOP). Everything lives in chunks of options->source. */
struct store *store_open(const struct store_options *options, uint64_t now_us, struct effects *out);
void store_step(struct store *store, const struct event *event, struct effects *out);
/* Gives all chunks back; a crash in the simulator is just that. */
void store_close(struct store *store);
/* The node's state as JSON object members, for status and metrics. */
void store_describe(const struct store *store, struct buffer *json);
/* Bytes of row memory in use, live versions included. */
uint64_t store_memory_used(const struct store *store);

#endif
