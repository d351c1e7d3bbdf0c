/* storage/shard.h: one shard of a store: what all its parts share.
 *
 * A shard is one ordered log with one primary. Its parts, each in a file of its own, hang in struct shard; every
 * part is handed the shard and reaches the others through their headers:
 *
 *     requests -> participant --append--> replica --bytes--> redo (own disk), peers
 *                     ^                      |
 *                     +---- confirmed -------+      position by position, in order: log_waiter
 *
 *   roles:   idle -> learner -> backup -> equalising -> fencing -> finishing -> primary
 *            (any -> idle when a configuration does not name this node; shard.c has the table)
 *
 *   (S1) Positions of a shard count its records without gaps over all terms. applied <= confirmed <= kept <=
 *        appended: rows hold applied ones, every required replica keeps confirmed ones, this disk kept ones.
 *   (S2) Only a primary appends by itself; a backup appends what its primary sent. Both apply in order.
 *   (S3) Whatever waits for a position is a log_waiter in the shard's queue, in rising order of position.
 *   (S4) M (snapshot_max) is raised by readers alone, L (decided_max) by decisions alone (T2, T3).
 *   (S5) Requests are answered in the primary role; while a new primary takes over they wait (X6).
 */
#ifndef STORAGE_SHARD_H
#define STORAGE_SHARD_H

#include "base/deadline.h"
#include "base/list.h"
#include "base/machine.h"
#include "base/map.h"
#include "base/pool.h"
#include "storage/lock.h"
#include "storage/outcome.h"
#include "storage/schema.h"
#include "storage/version.h"
#include "wire/configuration.h"
#include "wire/step.h"

struct store;
struct participants;
struct replication;
struct backup;
struct proof;
struct coordinator;
struct system_shard;

/* The order is that of a life; what a message may do depends on comparisons like role >= SHARD_PRIMARY. */
enum shard_role {
    SHARD_IDLE,       /* no configuration names this replica */
    SHARD_LEARNER,    /* catches up; not listed */
    SHARD_BACKUP,     /* listed */
    SHARD_EQUALISING, /* new primary: its term record must be kept by every listed replica (R4) */
    SHARD_FENCING,    /* fetches a fresh C as M and raises F (T9) */
    SHARD_FINISHING,  /* finishes the undecided prepares of its log (X6) */
    SHARD_PRIMARY,
};

/* What happens when a position is confirmed (S3). */
enum log_waiter_kind {
    WAITER_COMMIT,    /* of a transaction: one-shard commit */
    WAITER_PREPARE,   /* of a transaction */
    WAITER_COMPLETE,  /* of a transaction: its outcome is on record */
    WAITER_TOMBSTONE, /* of an outcome */
    WAITER_SCHEMA,    /* of a schema change */
    WAITER_TERM,      /* the record that begins this primary's term */
    WAITER_COUNTER,   /* a range of the snapshot counter is reserved */
    WAITER_SEQUENCE,  /* a range of a sequence is reserved */
    WAITER_NONE,      /* marks, confirmations of durability: nobody waits */
};
struct log_waiter {
    struct list_link link; /* in shard->log_waiters */
    uint64_t position;
    enum log_waiter_kind kind;
};

/* Term history: the last position of each term in this replica's log (R4). */
struct term_end {
    uint32_t term;
    uint64_t last_position;
};

/* The shard's log as this replica has it. */
struct shard_log {
    uint64_t appended;  /* last position in memory and handed to redo */
    uint64_t kept;      /* last position that this disk keeps as the durability asks */
    uint64_t synced;    /* last position that is on this disk for sure */
    uint64_t confirmed; /* last position known to be kept by every required replica */
    uint64_t applied;   /* last position that the rows hold */
    uint32_t last_term; /* of the record at `appended`; 0: none */
    struct term_end *terms; /* rising; the last one is (last_term, appended) */
    uint32_t term_count, term_capacity;
};

struct shard {
    struct store *store;
    struct machine role; /* enum shard_role */
    uint16_t id;
    uint32_t term, version;                /* of the configuration in force; refuses older ones (R2) */
    struct configuration_shard configured; /* a copy of it */
    uint64_t snapshot_max;                 /* M */
    uint64_t decided_max;                  /* L */
    uint64_t history_from;                 /* H: below it versions may be missing */
    uint64_t horizon;                      /* X of V1: complete_below of the last HORIZON */
    struct shard_log log;
    struct list log_waiters; /* (S3) */
    struct shard_schema schema;
    struct writers writers;
    struct lock_table *locks;
    struct outcomes outcomes;
    struct participants *participants;
    struct replication *replication;
    struct backup *backup;
    struct proof *proof;
    struct coordinator *coordinator;
    struct system_shard *system; /* NULL unless this is the system shard */
};

/* A shard with an empty log, before recovery fills it. */
struct shard *shard_open(struct store *store, uint16_t id);
void shard_close(struct shard *shard);

/* A message for this shard. */
void shard_on_message(struct shard *shard, const struct message *message, struct effects *out);
/* A configuration that names, or no longer names, this replica (R2). */
void shard_on_configuration(struct shard *shard, const struct cluster_configuration *configuration,
                            struct effects *out);
/* A connection opened or closed, or a process is proved dead. */
void shard_on_peer(struct shard *shard, const struct peer *peer, struct effects *out);
/* The end of a turn: everything that was batched goes out (D2, T10). */
void shard_turn_end(struct shard *shard, struct effects *out);
/* This disk keeps the log up to `kept`; `synced` of it for sure. */
void shard_on_kept(struct shard *shard, uint64_t kept, uint64_t synced, struct effects *out);

/* Queues `waiter` for the position that was appended last (S3). */
void shard_wait_for_log(struct shard *shard, struct log_waiter *waiter, enum log_waiter_kind kind);
/* Every required replica keeps the log up to `position`: waiters up to there go on. */
void shard_on_confirmed(struct shard *shard, uint64_t position, struct effects *out);

static inline bool shard_is_primary(const struct shard *shard) {
    return shard->role.state == SHARD_PRIMARY;
}
/* Whether this node is the primary by configuration, serving or still taking over. */
static inline bool shard_leads(const struct shard *shard) {
    return shard->role.state >= SHARD_EQUALISING;
}
static inline void shard_raise_decided(struct shard *shard, uint64_t timestamp) {
    shard->decided_max = MAX(shard->decided_max, timestamp);
}

/* A message from this shard to another shard's primary, or to a node: header filled but for request_id. */
struct message *shard_message(struct shard *shard, enum message_kind kind, uint16_t to_node,
                              uint16_t to_shard, struct effects *out);
/* The answer to a request, with L as the timestamp shown (T4), term, version and fence. */
struct message *shard_answer(struct shard *shard, const struct message *request,
                             enum message_kind kind, struct effects *out);

#endif
