/* storage/backup.h: the other side of replication: a replica keeps what its primary sends and applies what the
 * primary reports confirmed (R3).
 *
 *   (B1) An APPEND of an older (term, version) is refused with OLD_TERM (R2). One whose previous record is not ours
 *        is answered CORRUPT with the last position that may agree; the primary goes back.
 *   (B2) A record at or below `confirmed` is never cut; one above may be, by a primary of a later term.
 *   (B3) Positions are confirmed when this disk keeps them, and no further than the log is known to agree with the
 *        primary's; a round without records is confirmed at once.
 *   (B4) A copy replaces everything; it counts only once its rows are of one moment and a checkpoint that began then
 *        is published (enum copy_stage).
 *   (B5) Only the latest JOIN's answer counts, once; and it never cuts what came from the same primary since, which may
 *        be confirmed already.
 */
#ifndef STORAGE_BACKUP_H
#define STORAGE_BACKUP_H

#include "storage/shard.h"

#define BACKUP_JOIN_US 300000 /* a learner that hears nothing asks again */

void backup_on_append(struct shard *shard, const struct message *message, struct effects *out);
void backup_on_prove(struct shard *shard, const struct message *message, struct effects *out);
void backup_on_joined(struct shard *shard, const struct message *message, struct effects *out);
void backup_on_copy(struct shard *shard, const struct message *message, struct effects *out);
/* More of the log is in the rows. */
void backup_on_applied(struct shard *shard);
/* Own disk keeps more: the primary hears of it. */
void backup_on_kept(struct shard *shard, struct effects *out);
/* A checkpoint was published: a copy may be whole now (B4). */
void backup_on_checkpoint(struct shard *shard, struct effects *out);
/* A learner asks its primary for the log: at start, when the primary changed, and again in time. */
void backup_join(struct shard *shard, struct effects *out);
void backup_on_deadline(struct shard *shard, struct effects *out);
uint64_t backup_deadline(const struct shard *shard);

#endif
