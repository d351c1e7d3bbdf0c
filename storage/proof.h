/* storage/proof.h: answers that may go only if this is still the primary (T10).
 *
 * An answer is made at once and held until a confirm round, begun after the request arrived, has come back from
 * every member of the required set. One round a turn serves all that were held in it.
 */
#ifndef STORAGE_PROOF_H
#define STORAGE_PROOF_H

#include "storage/shard.h"

struct transaction;
struct proof;

struct proof *proof_open(struct shard *shard);
void proof_close(struct proof *proof);
/* Whether answers may go now: this node alone is required (or FAULT_SERVE_UNCONFIRMED). */
bool proof_is_trivial(struct shard *shard);
/* Holds an answer for the next round; its slices are copied. */
void proof_hold(struct shard *shard, const struct message *answer, struct effects *out);
/* Holds the commit of a transaction that wrote nowhere (X6). */
void proof_hold_transaction(struct shard *shard, struct transaction *txn, struct effects *out);
/* Something waits for a round that has not begun. */
bool proof_wants_round(const struct shard *shard);
/* Round `round` begins now: F known now is proven when it ends (T9). */
void proof_on_round_begun(struct shard *shard, uint64_t round);
/* All rounds up to `round` are confirmed by the required set. */
void proof_on_round(struct shard *shard, uint64_t round, struct effects *out);
/* Not primary any more: what was held is refused. */
void proof_step_down(struct shard *shard, struct effects *out);

#endif
