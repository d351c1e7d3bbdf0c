/* cluster/cluster_private.h: the cluster handle from inside. */
#ifndef CLUSTER_CLUSTER_PRIVATE_H
#define CLUSTER_CLUSTER_PRIVATE_H

#include "base/random.h"
#include "cluster/ask.h"
#include "cluster/cluster.h"
#include "cluster/mark.h"
#include "cluster/route.h"
#include "cluster/schema.h"
#include "cluster/snapshot.h"

#define REQUEST_TIMEOUT_US 10000000 /* a request that finds no primary for so long is UNAVAILABLE */

struct cluster {
    struct cluster_options options; /* texts in cluster_arena */
    struct arena cluster_arena;     /* dies with the handle */
    struct effects *out;            /* of this step or turn */
    uint64_t now_us;
    struct random random;
    uint32_t incarnation; /* 0: not registered */
    uint64_t nonce;       /* of the registration */
    bool is_meta_open;
    uint64_t register_at_us, retry_at_us;
    uint64_t shown; /* largest timestamp that any answer showed (T4) */
    struct route route;
    struct asks asks;
    struct schemas schemas;
    struct snapshots snapshots;
    struct marks marks;
    struct list txns; /* all open */
    struct list free_txns, free_scans, free_parts, free_endings;
    struct list open_scans, open_calls, free_calls;
    struct list endings;
    struct list change_waiters; /* fibers that wait for a new configuration, dictionary or peer */
    struct map sequences;       /* counter's name -> struct counter */
    struct map statistics;      /* table id -> struct statistics_entry */
    uint64_t commit_count, abort_count, request_count;
};

/* A message with everything of the header that is known here. */
struct message *cluster_message(struct cluster *cluster, enum message_kind kind, uint16_t to_node);
struct message *cluster_message_to_shard(struct cluster *cluster, enum message_kind kind,
                                         const struct route_shard *shard);
/* Step me again by then: something could not be sent. */
void cluster_retry_by(struct cluster *cluster, uint64_t at_us);
/* (fiber) Until something changed or `deadline_us`: OK, CANCELLED. */
MUST_USE enum status cluster_wait_change(struct cluster *cluster, struct waiter *waiter,
                                         uint64_t deadline_us);
/* Wakes all who wait for a change. */
void cluster_changed(struct cluster *cluster);
/* LEARNED, when the newest version or the oldest one in use rose (SV3). */
void cluster_report_schema(struct cluster *cluster);

/* An arena for a call on a fiber that may be forgotten in its middle: the handle knows it. */
struct call_arena {
    struct list_link link; /* in open_calls or free_calls */
    struct arena arena;
};
struct call_arena *call_arena_take(struct cluster *cluster);
void call_arena_give(struct cluster *cluster, struct call_arena *call);

/* (fiber) Gives every row its entry in a new unique index; DUPLICATE: two rows have one key. */
MUST_USE enum status fill_index(struct cluster *cluster, struct waiter *waiter,
                                const struct table *table, uint32_t index);

/* Everything that these files keep is given back. */
void txns_close(struct cluster *cluster);
void scans_close(struct cluster *cluster);
void endings_close(struct cluster *cluster);
void statistics_close(struct cluster *cluster);

/* An ask of the statistics' cache was answered or lost. */
void statistics_on_answer(struct cluster *cluster, struct ask *ask);
/* A new incarnation draws new ranges. */
void sequences_forget(struct cluster *cluster);

#endif
