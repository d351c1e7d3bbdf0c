/* storage/system_shard.h: what only the system shard does: time, sequences, live snapshots, deadlocks over shards,
 * named locks.
 *
 *   (SY1) C rises with every snapshot handed out (T1). Ranges of C are reserved in the log, always synced; a new
 *         system primary starts above the range and above every timestamp on disk.
 *   (SY2) F = (term << 32 | count) (T9): a new term's exceeds all earlier ones without being logged. S and F are read
 *         in one step; handing out C waits for proof (T10).
 *   (SY3) A sequence's values come from ranges reserved in the log: no value is given twice, some are never given.
 *   (SY4) X of the horizon is published only after every live SQL daemon has reported to this primary; what was given
 *         to a daemon and is not covered by its report bounds it (V1).
 *   (SY5) The graph of waits is the sum of the shards' last lists; a cycle's youngest waiter is the victim, and its
 *         shard confirms that it still waits with that wait id (X10).
 *   (SY6) Named locks die with their daemon, and with this primary.
 */
#ifndef STORAGE_SYSTEM_SHARD_H
#define STORAGE_SYSTEM_SHARD_H

#include "storage/shard.h"

struct system_shard *system_shard_open(struct shard *shard);
void system_shard_close(struct system_shard *system);

/* SNAPSHOT, FETCH, FENCE, SEQUENCE, LIVE, EDGES, NAMED_LOCK: admitted ones. */
void system_on_message(struct shard *shard, const struct message *message, struct effects *out);
void system_on_confirmed(struct shard *shard, struct log_waiter *waiter, struct effects *out);
/* Records of counter and sequence ranges, on every replica; nothing on other shards. */
void system_apply_counter(struct shard *shard, uint64_t reserved_below, uint64_t fence_count);
void system_apply_sequence(struct shard *shard, uint32_t table_id, uint64_t next_value);
/* COUNTER and SEQUENCE items, as applied (D4). */
void system_items(const struct shard *shard, struct buffer *items);
/* Forgets what records brought: another checkpoint follows. */
void system_forget(struct shard *shard);
/* This replica became primary: C and F begin anew above everything (SY1, SY2). */
void system_take_over(struct shard *shard, struct effects *out);
bool system_is_serving(const struct shard *shard);
void system_step_down(struct shard *shard, struct effects *out);
/* SQL daemons came or went. */
void system_on_configuration(struct shard *shard, const struct cluster_configuration *configuration,
                             struct effects *out);
void system_on_peer_open(struct shard *shard);
void system_on_daemon_gone(struct shard *shard, uint32_t incarnation, struct effects *out);
void system_on_deadline(struct shard *shard, struct effects *out);
uint64_t system_deadline(const struct shard *shard);
/* C now, as the floor of a commit in the system shard itself (T4). */
uint64_t system_counter(const struct shard *shard);

#endif
