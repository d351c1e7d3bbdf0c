/* storage/replica.h: the primary's side of replication: appends, confirms, the required set (R1 to R3).
 *
 *   append -> redo (own disk) and, at the turn's end, one APPEND a peer (D2)
 *   CONFIRM from each -> confirmed = the least position kept over the required set -> shard_on_confirmed
 *
 *   peer:  copying -> catching -> required -> listed -> leaving -> (gone)
 *
 *   (RP1) The required set is this node and every peer that is required, listed or leaving. A learner is required
 *         from before it is proposed until meta's configuration, raised by our own proposal, does not list it:
 *         an unknown answer keeps it required (R1).
 *   (RP2) Records that a peer has not confirmed are kept in the tail; one that falls behind it starts over.
 *   (RP3) A confirm round is a number; a peer's CONFIRM names the last round whose APPEND it has seen (T10).
 *   (RP4) Every proposal names the configuration version that it is based on; meta refuses another (R2).
 *   (RP5) A peer is proposed to be listed when it is required and has confirmed all that is confirmed: from then on
 *         nothing is acknowledged that it does not keep, and nothing was before.
 */
#ifndef STORAGE_REPLICA_H
#define STORAGE_REPLICA_H

#include "storage/record.h"
#include "storage/shard.h"

#define REPLICA_PEERS_MAX      (2 * REPLICAS_MAX)  /* old and new incarnations of all nodes */
#define REPLICA_APPEND_BYTES   ((size_t)1 << 20)   /* of one APPEND, about */
#define REPLICA_FLIGHT_RECORDS 32768               /* sent and not confirmed, to one peer */
#define REPLICA_TAIL_BYTES_MAX ((size_t)256 << 20) /* kept for a peer that catches up */
#define REPLICA_TELL_US        5000 /* confirmed positions travel with appends, or after this time */
#define REPLICA_RESEND_US      100000 /* without an answer */
#define REPLICA_LEAVE_US       500000 /* without an answer: asks meta to unlist it */
#define REPLICA_PROPOSE_US     200000 /* between two proposals of the same */
#define REPLICA_LAG_MAX        64     /* records behind: near enough to be required */

enum replica_state {
    REPLICA_COPYING,  /* gets a copy of the rows; the log behind it is kept */
    REPLICA_CATCHING, /* gets the log; not required */
    REPLICA_REQUIRED, /* required, proposed to be listed */
    REPLICA_LISTED,
    REPLICA_LEAVING, /* proposed to be unlisted, still required */
    REPLICA_GONE,
};

struct shard_items;

struct replica_peer {
    uint64_t
        join_id; /* request_id of the JOIN that it is served for: one that comes twice is served once (B5) */
    struct machine machine; /* enum replica_state */
    uint16_t node;
    uint32_t incarnation;
    uint64_t sent; /* last position sent; its log agrees with ours up to there, or will say so */
    uint64_t confirmed; /* last position kept there */
    uint64_t base; /* it has everything up to here, kept or not: where it joined, or its copy */
    uint64_t told; /* last confirmed position that it was told of */
    uint64_t round_sent, round_confirmed; /* (RP3) */
    uint64_t asked_us; /* of the oldest message without an answer; 0: none is outstanding */
    uint64_t resent_us;
    uint64_t proposed_us; /* 0: not proposed in this state */
    bool is_matched;      /* it has confirmed in this term that the logs agree at `sent` or below */
    bool is_closed;       /* the connection is closed, or the process dead */
    /* COPYING */
    struct arena *copy_arena;
    struct shard_items *copy;
    uint64_t copy_position, copy_part, copied_part;
    bool copy_ended;
};

struct replication {
    struct replica_peer peers[REPLICA_PEERS_MAX];
    uint32_t peer_count;
    uint64_t round;        /* last round begun */
    uint64_t round_proven; /* last round confirmed by the required set */
    uint64_t tell_us;      /* when peers are told what is confirmed; 0: they know */
    uint64_t
        sync_position; /* R7: this must be synced before the last backup is unlisted; 0: not begun */
};

struct replication *replication_open(struct shard *shard);
void replication_close(struct replication *replication);

/* Completes the record (shard, term, position), gives it to this disk, and to the peers at the turn's end. Returns its
 * position. The record is no larger than redo_record_bytes_max. */
uint64_t replica_append(struct shard *shard, struct record *record, struct effects *out);
void replica_on_confirm(struct shard *shard, const struct message *message, struct effects *out);
void replica_on_join(struct shard *shard, const struct message *message, struct effects *out);
void replica_on_copied(struct shard *shard, const struct message *message, struct effects *out);
/* This primary's term begins: peers are what the configuration lists. */
void replica_take_over(struct shard *shard);
void replica_step_down(struct shard *shard);
/* The shard's configuration changed within the term. */
void replica_on_configuration(struct shard *shard, struct effects *out);
/* Who is dead, says meta, need not be silent for long. */
void replica_on_nodes(struct shard *shard, const struct cluster_configuration *configuration,
                      struct effects *out);
void replica_on_peer(struct shard *shard, const struct peer *peer, struct effects *out);
/* Own disk keeps more, a peer confirmed, or the required set shrank: what is confirmed now? */
void replica_advance(struct shard *shard, struct effects *out);
/* Sends what was appended in this turn, and the round that proofs wait for. */
void replica_turn_end(struct shard *shard, struct effects *out);
void replica_on_deadline(struct shard *shard, struct effects *out);
uint64_t replica_deadline(const struct shard *shard);
/* Records above this position are kept in the tail for a peer; UINT64_MAX: for nobody. */
uint64_t replica_tail_needed(const struct shard *shard);
/* The other nodes of the required set: bit n % 64 for node n. */
uint64_t replica_required(const struct shard *shard);
/* Nobody but this node is required: proofs and confirms need no message. */
bool replica_is_alone(const struct shard *shard);

#endif
