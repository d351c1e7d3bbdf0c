/* storage/deadlock_report.h: a shard's side of the detector (X10): what waits here, and ending a victim. */
#ifndef STORAGE_DEADLOCK_REPORT_H
#define STORAGE_DEADLOCK_REPORT_H

#include "storage/shard.h"

#define DEADLOCK_REPORT_US 20000 /* age of a wait from which on the detector hears of it */

/* Sends the edges of waits older than 20 ms to the system shard, an empty list once when there are none left. Call it
 * when shard->edges_us has come. */
void deadlock_report(struct shard *shard, struct effects *out);
/* Ends the waiter if it still waits with that wait id. */
void deadlock_on_victim(struct shard *shard, const struct message *message, struct effects *out);

#endif
