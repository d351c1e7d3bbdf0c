/* cluster/ask.h: one request on its way, and the answer it gets.
 *
 *   idle -> sent -> answered | lost -> (sent again) ..
 *
 *   (K1) An answer finds its ask by request id: a slot number and a count that never repeats, so a
 *        late answer to something forgotten finds nothing.
 *   (K2) What an answer says is copied when it comes, its slices into the ask's arena; a message is
 *        gone when the step ends.
 *   (K3) An ask is lost when the connection to its node closes, or when the shard has got another
 *        term: its node may be silent for long (paused, cut off) without being disconnected. Nobody
 *        knows whether it was done.
 *   (K4) An ask that was sent must not move or die before it is answered, lost or forgotten.
 */
#ifndef CLUSTER_ASK_H
#define CLUSTER_ASK_H

#include "base/wait.h"
#include "wire/step.h"

struct cluster;

enum ask_state { ASK_IDLE, ASK_SENT, ASK_ANSWERED, ASK_LOST };
/* Whom the end of an ask concerns; cluster.c hands it on. */
enum ask_owner { ASK_OF_FIBER, ASK_OF_ENDING, ASK_OF_SNAPSHOT, ASK_OF_STATISTICS };

struct ask {
    uint64_t id;
    uint8_t state; /* enum ask_state */
    uint8_t owner; /* enum ask_owner */
    uint8_t answer_kind;
    uint16_t node, shard;  /* shard 0: the node itself */
    uint32_t term;         /* that the request was sent with */
    struct waiter *waiter; /* ASK_OF_FIBER */
    struct arena *arena;   /* of the answer's slices; NULL: none are kept */
    struct message answer;
};

struct asks {
    struct chunk_source *source;
    struct ask **slots; /* NULL: free */
    uint32_t *free_slots;
    uint32_t slot_count, free_count;
    uint64_t sequence;
};

void asks_open(struct asks *asks, struct chunk_source *source);
void asks_close(struct asks *asks);

/* The message of a new request to the shard's primary, its header filled. Without a reachable
 * primary the ask is lost at once, and what is returned goes nowhere. */
struct message *ask_shard(struct cluster *cluster, struct ask *ask, enum message_kind kind,
                          uint16_t shard);
/* To the meta node. */
struct message *ask_meta(struct cluster *cluster, struct ask *ask, enum message_kind kind);
/* Answers to it are ignored from now on. */
void ask_forget(struct cluster *cluster, struct ask *ask);

/* The ask that this message answers, with the answer in it; NULL when it is no answer to anything. */
struct ask *ask_on_answer(struct cluster *cluster, const struct message *message);
/* The next ask, from *cursor on, that was sent to `node` and is lost now; NULL at the end (K3). */
struct ask *ask_next_lost(struct cluster *cluster, uint16_t node, uint32_t *cursor);
/* The same for asks of a term that is not their shard's any more. */
struct ask *ask_next_outdated(struct cluster *cluster, uint32_t *cursor);

/* (fiber) OK: answered. UNAVAILABLE: lost. CANCELLED: and forgotten. */
MUST_USE enum status ask_wait(struct cluster *cluster, struct ask *ask);
/* What the answer's status field says. */
MUST_USE enum status ask_status(const struct ask *ask);

#endif
