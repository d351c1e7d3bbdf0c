/* storage/coordinator.h: anyone can finish an orphan (X4).
 *
 *   asking first -> asking all -> (completed here, and the others told)
 *
 *   (CO1) Begun for a prepared transaction when a waiter has waited 5 ms, its daemon is gone, 200 ms have passed, or
 *         this primary is new (X6).
 *   (CO2) A tombstone is asked for only when one of X4's reasons holds here; a missing prepare without one is asked
 *         for again later.
 *   (CO3) All prepared: commit at the maximum. One tombstone or abort: abort. One COMPLETE heard: that.
 */
#ifndef STORAGE_COORDINATOR_H
#define STORAGE_COORDINATOR_H

#include "storage/participant.h"

/* Begins to finish it, unless that has begun. */
void coordinator_finish(struct shard *shard, struct transaction *txn, struct effects *out);
void coordinator_on_inquire(struct shard *shard, const struct message *message, struct effects *out);
void coordinator_on_inquired(struct shard *shard, const struct message *message, struct effects *out);
void coordinator_on_ask_outcome(struct shard *shard, const struct message *message,
                                struct effects *out);
/* A tombstone or an outcome is confirmed: askers are answered. */
void coordinator_on_confirmed(struct shard *shard, struct log_waiter *waiter, struct effects *out);
/* The transaction is over: forget the orphan. */
void coordinator_forget(struct shard *shard, const struct transaction *txn);
void coordinator_on_deadline(struct shard *shard, struct effects *out);
uint64_t coordinator_deadline(const struct shard *shard);

#endif
