/* storage/replica_private.h: what replica.c and replica_join.c share. */
#ifndef STORAGE_REPLICA_PRIVATE_H
#define STORAGE_REPLICA_PRIVATE_H

#include "storage/replica.h"

struct replica_peer *replica_find(struct shard *shard, uint16_t node, uint32_t incarnation);
/* NULL: too many. */
struct replica_peer *replica_add(struct shard *shard, uint16_t node, uint32_t incarnation,
                                 enum replica_state state);
/* Pointers to peers are void afterwards. */
void replica_forget_gone(struct shard *shard);
/* Confirms of its are counted by meta: it is LISTED or REQUIRED. */
bool replica_may_leave(const struct replica_peer *peer);
/* A learner that has caught up becomes required and is proposed (R1). */
void replica_promote(struct shard *shard, struct replica_peer *peer, struct effects *out);
/* Whether its state has a proposal to be made now. */
bool replica_may_propose(const struct shard *shard, const struct replica_peer *peer);
/* Asks meta again what the peer's state asks for, if it is time. */
void replica_propose(struct shard *shard, struct replica_peer *peer, struct effects *out);
/* A listed or required one that will not confirm any more: still required until meta has unlisted it (R1). */
void replica_leave(struct shard *shard, struct replica_peer *peer, struct effects *out);
/* Sends parts of the copy as far as the window allows. */
void replica_copy_send(struct shard *shard, struct replica_peer *peer, struct effects *out);
void replica_copy_end(struct replica_peer *peer);

#endif
