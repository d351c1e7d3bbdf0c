/* storage/backup.h: the other side of replication: a replica keeps what its primary sends and applies what the
 * primary reports confirmed (R3); also how recovery and a new primary apply records.
 *
 *   (B1) An APPEND of an older (term, version) is refused with OLD_TERM (R2). One whose previous record is not ours
 *        is answered CORRUPT with the last position that may agree; the primary goes back.
 *   (B2) A record above `confirmed` may be cut; one at or below never.
 *   (B3) Positions are confirmed when this disk keeps them; a round without records is confirmed at once.
 */
#ifndef STORAGE_BACKUP_H
#define STORAGE_BACKUP_H

#include "storage/shard.h"

void backup_on_append(struct shard *shard, const struct message *message, struct effects *out);
void backup_on_joined(struct shard *shard, const struct message *message, struct effects *out);
void backup_on_copy(struct shard *shard, const struct message *message, struct effects *out);
/* Own disk keeps more: the primary hears of it. */
void backup_on_kept(struct shard *shard, struct effects *out);
/* A learner asks its primary for the log: at start, and when the primary changed. */
void backup_join(struct shard *shard, struct effects *out);
/* Applies what is confirmed and not yet applied; at most the step's work. true: all is. */
bool backup_apply_confirmed(struct shard *shard, struct effects *out);
/* One record of the log onto the rows, outcomes, schema, counters. */
MUST_USE enum status backup_apply(struct shard *shard, uint64_t position, struct slice record);

#endif
