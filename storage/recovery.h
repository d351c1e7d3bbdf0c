/* storage/recovery.h: what a store finds on its disk at start, brought back to its shards.
 *
 * LIST, then the newest whole checkpoint of the store's stream, then its log from the checkpoint's
 * start to the end. Then the redo is started behind it. A disk that another number of stores wrote is
 * REFUSED, and left alone: its shards lie in other streams (D1; see NOTES: The log of a store).
 *
 * What the sink gets, for each shard:
 *   - the items of the checkpoint, from SHARD to SHARD_END. They hold the shard as of SHARD's position,
 *     some rows as of later ones;
 *   - records, from the position behind SHARD's on without a gap. They wait in the shard's tail;
 *   - notes between them. CONFIRMED: records up to there may be applied to the rows, where newer (D4).
 *     CUT: drop the tail above the position. RESET: drop all of the shard, items too; it is whole again
 *     only by a full copy;
 *   - in the end CONFIRMED once more, at or above the positions of all items.
 * Nothing below what was confirmed before is cut.
 *
 * A torn tail is cut. A damaged middle is CORRUPT, never skipped (D3): the node rejoins from a peer.
 */
#ifndef STORAGE_RECOVERY_H
#define STORAGE_RECOVERY_H

#include "storage/checkpoint.h"
#include "storage/redo.h"

struct recovery_sink {
    void *context;
    /* Drop everything applied so far, of all shards: the checkpoint proved damaged, an older one is
     * tried, or the store starts over. */
    void (*forget)(void *context);
    /* HEAD, FLOOR and TAIL are not given. A status other than OK ends the recovery as CORRUPT. */
    enum status (*apply_item)(void *context, uint16_t shard, const struct item *item);
    /* bytes: the record's own, as APPEND wants them, empty for notes; borrowed. */
    enum status (*apply_record)(void *context, const struct record *record, struct slice bytes);
};

struct recovery_options {
    uint16_t store, store_count;
    struct redo *redo;             /* just opened; started when the recovery is done */
    struct checkpoint *checkpoint; /* just opened; learns numbers and sizes */
    struct chunk_source *source;
    struct recovery_sink sink; /* copied */
};

enum recovery_outcome {
    RECOVERY_RUNNING,
    RECOVERY_DONE,    /* the redo is started: append; last positions are redo_appended_position */
    RECOVERY_REFUSED, /* nothing is damaged, but this store must not touch it: recovery_reason */
    RECOVERY_CORRUPT, /* reason: recovery_reason; then only recovery_start_over goes on */
};

struct recovery;

/* Emits the LIST. */
struct recovery *recovery_open(struct arena *arena, const struct recovery_options *options,
                               struct effects *out);
void recovery_close(struct recovery *recovery);
/* EVENT_DISK_DONE with a tag of DISK_TAG_RECOVERY. A step reads at most one piece of 1 MiB (one batch
 * or block, if that is larger). */
enum recovery_outcome recovery_step(struct recovery *recovery, const struct event *event,
                                    struct effects *out);
/* After CORRUPT: the disk's content is given up, the log starts anew above all old lsns, and the
 * sink forgets. DONE comes as after a recovery of an empty disk; begin a checkpoint then: what was
 * there counts until it is published, so that a crash in between finds the damage again. */
void recovery_start_over(struct recovery *recovery, uint64_t now_us, struct effects *out);
/* What is damaged, with file and place; a text for the operator. */
const char *recovery_reason(const struct recovery *recovery);

struct recovery_totals {
    uint64_t item_count, record_count; /* given to the sink */
    uint64_t read_bytes, cut_bytes;    /* cut: at most, of a torn tail */
    uint32_t checkpoints_damaged;
};
struct recovery_totals recovery_totals(const struct recovery *recovery);

#endif
