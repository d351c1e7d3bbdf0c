/* storage/proof.h: answers that may go only if this is still the primary (T10).
 *
 * An answer is made at once and held until a confirm round, begun after the request arrived, has come back from
 * every member of the required set. One round a turn serves all that were held in it.
 */
#ifndef STORAGE_PROOF_H
#define STORAGE_PROOF_H

#include "storage/shard.h"

/* Whether answers may go now: this node alone is required (or FAULT_SERVE_UNCONFIRMED). */
bool proof_is_trivial(const struct shard *shard);
/* Holds an answer for the next round; its slices are copied. `fence`: T9's F known when the answer was made. */
void proof_hold(struct shard *shard, const struct message *answer, struct effects *out);
/* Holds the commit of a transaction that wrote nowhere (X6). */
struct transaction;
void proof_hold_transaction(struct shard *shard, struct transaction *txn, struct effects *out);
/* A round with this number or a later one is wanted at the turn's end. */
bool proof_wants_round(const struct shard *shard);
/* All rounds up to `round` are confirmed by the required set. */
void proof_on_round(struct shard *shard, uint64_t round, struct effects *out);
/* Not primary any more: what was held is refused. */
void proof_step_down(struct shard *shard, struct effects *out);

#endif
