/* storage/redo_batch.h: how records lie in the files of a log: batches, whole or not there.
 *
 * A segment file holds batches one behind the other, each beginning at a multiple of 512 bytes:
 * batch: | header, 64 bytes | records, one behind the other | zeros up to the next multiple of
 * 512 | The lsn of a batch is segment number x segment bytes + its place in the file. Segment
 * numbers only rise; a file is used again for a later segment, so its name says nothing and old
 * batches lie behind new ones.
 *   (B1) A batch never shares a 512-byte sector with another, so writing one cannot tear an
 *        earlier one.
 *   (B2) A batch is in its place only if its own lsn says so, and its epoch is not lower than
 *        that of the batch before it. Epochs count the starts of the store; the first batch of an
 *        epoch is synced before a second one is written. So what an earlier life left behind the
 *        end is never taken for the log.
 *   (B3) follows is the lsn where the batch before it ended: its own lsn, or, in the first batch
 *        of a segment, where the segment before it was left.
 *   (B4) synced_lsn: everything below was durable when this batch was written. A bad place below
 *        the synced_lsn of any later batch is damage; at or above all of them it is the torn
 *        tail.
 */
#ifndef STORAGE_REDO_BATCH_H
#define STORAGE_REDO_BATCH_H

#include "base/bytes.h"
#include "base/status.h"

#define BATCH_HEADER_BYTES 64
#define BATCH_SECTOR_BYTES 512

struct batch {
    uint64_t lsn;           /* (B2) */
    uint64_t follows;       /* (B3) */
    uint64_t synced_lsn;    /* (B4) */
    uint32_t epoch;         /* (B2) */
    uint32_t payload_bytes; /* of records */
    uint32_t record_count;
    uint16_t store, store_count;
};

static inline uint64_t batch_align(uint64_t bytes) {
    return (bytes + BATCH_SECTOR_BYTES - 1) / BATCH_SECTOR_BYTES * BATCH_SECTOR_BYTES;
}
/* On disk, header and zeros included. */
static inline uint64_t batch_bytes(const struct batch *batch) {
    return batch_align(BATCH_HEADER_BYTES + (uint64_t)batch->payload_bytes);
}
static inline uint64_t batch_end(const struct batch *batch) {
    return batch->lsn + batch_bytes(batch);
}

/* Writes the header in front of the records, which are in place behind it. bytes: batch_bytes of memory. */
void batch_seal(const struct batch *batch, uint8_t *bytes);
/* The header alone (foreign bytes, BATCH_HEADER_BYTES at least): CORRUPT when it is none. */
MUST_USE enum status batch_read_header(struct slice bytes, struct batch *batch_out);
/* Whether the records behind that header are whole; bytes: at least header and records. */
bool batch_is_whole(const struct batch *batch, struct slice bytes);

#endif
