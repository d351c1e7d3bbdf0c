/* storage/coordinator.h: anyone can finish an orphan (X4).
 *
 *   asking first -> asking all -> (completed here, and the others told)
 *
 *   (CO1) Begun for a prepared transaction when somebody has waited for it 5 ms (T8), its daemon is gone, 200 ms have
 *         passed, or this primary is new (X6).
 *   (CO2) A tombstone is asked for only when one of X4's reasons holds here; a missing prepare without one is asked
 *         for again later.
 *   (CO3) All prepared: commit at the maximum. One tombstone or abort: abort. One outcome heard: that.
 *   (CO4) `prepared` and outcomes are answered from confirmed records alone; who asks for an appended one waits.
 */
#ifndef STORAGE_COORDINATOR_H
#define STORAGE_COORDINATOR_H

#include "storage/participant.h"

#define COORDINATOR_ASK_US    5000   /* T8 */
#define COORDINATOR_ORPHAN_US 200000 /* X4 */
#define COORDINATOR_RETRY_US  50000

struct coordinator;

struct coordinator *coordinator_open(struct shard *shard);
void coordinator_close(struct coordinator *coordinator);
/* Begins to finish it, or asks again. */
void coordinator_finish(struct shard *shard, struct transaction *txn, struct effects *out);
void coordinator_on_inquire(struct shard *shard, const struct message *message,
                            struct effects *out);
void coordinator_on_inquired(struct shard *shard, const struct message *message,
                             struct effects *out);
void coordinator_on_ask_outcome(struct shard *shard, const struct message *message,
                                struct effects *out);
/* A tombstone is confirmed. */
void coordinator_on_confirmed(struct shard *shard, struct log_waiter *waiter, struct effects *out);
/* A transaction became prepared, or its outcome is confirmed: askers that waited are answered. */
void coordinator_on_prepared(struct shard *shard, const struct transaction *txn,
                             struct effects *out);
void coordinator_on_outcome(struct shard *shard, struct writer_id id, struct effects *out);
/* The transaction is over here: forget what was asked about it. */
void coordinator_forget(struct shard *shard, struct transaction *txn);
void coordinator_step_down(struct shard *shard);

#endif
