/* storage/replica.h: the primary's side of replication: appends, confirms, the required set (R1 to R3).
 *
 *   append -> redo (own disk) and, at the turn's end, one APPEND a peer (D2)
 *   CONFIRM from each -> confirmed = the least position kept over the required set -> shard_on_confirmed
 *
 *   peer:  joining -> catching up -> required -> listed        a learner becomes in sync (R1)
 *          listed -> leaving -> (gone)                          it stays required until meta has unlisted it
 *
 *   (RP1) The required set is: this node, every listed replica, and a learner from the moment before it is proposed
 *         until meta's answer says it is not listed. Unknown answers keep it required.
 *   (RP2) Records above a peer's confirmed position are kept in the tail; one that falls behind it starts over by COPY.
 *   (RP3) A confirm round is a number; a peer's CONFIRM names the last round whose request it has seen (T10).
 */
#ifndef STORAGE_REPLICA_H
#define STORAGE_REPLICA_H

#include "storage/log_tail.h"
#include "storage/shard.h"

enum peer_state_of_replica {
    REPLICA_ABSENT,   /* not connected or never joined in this term */
    REPLICA_COPYING,  /* gets a copy of the rows; records since its start are kept for it */
    REPLICA_CATCHING, /* gets the log; not required */
    REPLICA_REQUIRED, /* required, proposed to be listed */
    REPLICA_LISTED,
    REPLICA_LEAVING,  /* listed, does not answer: proposed to be unlisted */
};

struct replica_peer {
    struct machine machine; /* enum peer_state_of_replica */
    uint16_t node;
    uint32_t incarnation;
    uint64_t sent;      /* last position sent */
    uint64_t confirmed; /* last position kept there */
    uint64_t synced;
    uint64_t round_sent, round_confirmed; /* (RP3) */
    uint64_t unanswered_since_us;         /* 0: nothing is outstanding */
    bool matched;       /* its log was seen to agree with ours at `sent` */
};

struct replication {
    struct replica_peer peers[REPLICAS_MAX];
    uint32_t peer_count;
    struct log_tail tail;
    uint64_t round;        /* last round begun */
    uint64_t round_proven; /* last round confirmed by the required set */
    bool is_append_pending; /* the turn's end has something to send */
};

struct replication *replication_open(struct shard *shard);

/* Gives the record the next position, to this disk and to the peers at the turn's end. Returns the position. */
uint64_t replica_append(struct shard *shard, struct slice record, struct effects *out);
void replica_on_confirm(struct shard *shard, const struct message *message, struct effects *out);
void replica_on_join(struct shard *shard, const struct message *message, struct effects *out);
void replica_on_decided(struct shard *shard, const struct message *message, struct effects *out);
/* The shard's configuration changed, or this primary's term began. */
void replica_on_configuration(struct shard *shard, struct effects *out);
/* Own disk keeps more, or the required set shrank: what is confirmed now? */
void replica_advance(struct shard *shard, struct effects *out);
/* Sends what was appended in this turn, and the round that proofs wait for. */
void replica_turn_end(struct shard *shard, struct effects *out);
/* Peers that do not answer are proposed to be unlisted. */
void replica_on_deadline(struct shard *shard, struct effects *out);
uint64_t replica_deadline(const struct shard *shard);
/* Nobody but this node is required: proofs and confirms need no message. */
bool replica_is_alone(const struct shard *shard);

#endif
