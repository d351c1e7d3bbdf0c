/* storage/redo.h: the log of one store: records in, written and synced positions out.
 *
 * One stream for all shards of a store (D1), cut into segment files of one size. An lsn is a place
 * in the stream, in bytes; it only rises. See NOTES: The log of a store.
 *
 * Life: redo_open, then a recovery (recovery.h) reads what is there and starts it, then
 *     redo_append ...             while the turn goes on: copied into a buffer, no effect yet
 *     redo_flush                  when nothing else is ready, or at the end of the turn: one write
 * at most redo_step                   with each event; afterwards written and synced positions may
 * have risen While one batch is written the next one fills (D2); redo_step flushes it by itself
 * when the write is done.
 *
 * Durability is per shard: a batch that holds a record of a shard in DURABILITY_SYNC is written and
 * synced in one operation; another is only written, and synced within REDO_SYNC_US. COUNTER records
 * are always synced (T1).
 *
 * "Durable" includes the file's name: the driver syncs the directory when a write creates a file.
 */
#ifndef STORAGE_REDO_H
#define STORAGE_REDO_H

#include "storage/record.h"
#include "wire/configuration.h"
#include "wire/step.h"

/* The upper byte of a disk operation's tag says whose it is; the store hands the done event there.
 */
enum disk_tag_owner { DISK_TAG_REDO = 1, DISK_TAG_CHECKPOINT = 2, DISK_TAG_RECOVERY = 3 };
static inline uint8_t disk_tag_owner(uint64_t tag) { return (uint8_t)(tag >> 56); }
static inline uint64_t disk_tag(enum disk_tag_owner owner, uint64_t number) {
    return (uint64_t)owner << 56 | number;
}

#define REDO_SEGMENT_BYTES     (64 * MIB) /* default */
#define REDO_SEGMENT_BYTES_MIN (16 * KIB)
#define REDO_BUFFER_BYTES      (4 * MIB) /* fill level from which on redo_append says BUSY */
#define REDO_SYNC_US           10000 /* replicated: what is written is synced within this time */
#define REDO_QUIET_US          10000 /* then an idle log notes what is confirmed and synced */
#define REDO_SHARDS_MAX        (SHARDS_MAX + 1) /* shard 0, the store itself, among them */
#define REDO_READERS_MAX       REPLICAS_MAX
#define REDO_READ_BYTES        MIB /* of one read of the disk */

struct redo;

struct redo_options {
    uint16_t store, store_count;
    uint32_t segment_bytes;      /* 0: REDO_SEGMENT_BYTES; a multiple of 4096 */
    struct chunk_source *source; /* buffers */
    bool skip_sync; /* planted fault: report synced what is only written (FAULT_SKIP_SYNC) */
};

/* Lives in `arena`, buffers in chunks of the source. Nothing may be appended until a recovery has
 * started it. */
struct redo *redo_open(struct arena *arena, const struct redo_options *options);
/* Gives the chunks back; the disk is left as it is. */
void redo_close(struct redo *redo);

/* ---- appending ---- */

/* Makes the shard known with DURABILITY_SYNC and position 0; a known one is left as it is. BUSY:
 * too many. */
MUST_USE enum status redo_shard_add(struct redo *redo, uint16_t shard);
void redo_set_durability(struct redo *redo, uint16_t shard, enum durability durability);

/* Largest record that fits (half a segment, RECORD_BYTES_MAX at most). Whoever builds a transaction
 * stops it before. */
size_t redo_record_bytes_max(const struct redo *redo);
/* Whether redo_append takes a record now. Ask it before a timestamp is drawn; a buffer that is not
 * full takes one more record of any legal size, so one question serves one record. */
bool redo_has_room(const struct redo *redo);
/* Copies one whole record (its header names a known shard, position = redo_appended_position + 1,
 * the term no lower than the last; CHECKed: foreign bytes went through record_decode before). BUSY:
 * not taken, ask again when something was written. TOO_LARGE: above redo_record_bytes_max. */
MUST_USE enum status redo_append(struct redo *redo, struct slice record);

/* Records of the shard up to `position` are confirmed by the required set and applied to the rows
 * here (R3). Noted with the next batch; recovery applies no others by itself, and a checkpoint's
 * replay begins above them. A lower position than told before is ignored. */
void redo_applied(struct redo *redo, uint16_t shard, uint64_t position);
/* R4: records above `position` are void; the next one appended is position + 1. `term` is that of
 * the record at `position`. CHECKs that nothing applied is cut. Goes on when redo_append does not; BUSY: the filling
 * batch is as large as a segment. */
MUST_USE enum status redo_cut(struct redo *redo, uint16_t shard, uint32_t term, uint64_t position);
/* A full copy as of (term, position) replaces all that the log holds of the shard. The shard's log
 * is of use only once a checkpoint that began after the copy's end is published: do not confirm
 * anything before. A checkpoint under way is abandoned by the caller. BUSY as redo_cut. */
MUST_USE enum status redo_reset(struct redo *redo, uint16_t shard, uint32_t term,
                                uint64_t position);

/* ---- writing ---- */

/* Emits the write of what has been appended, unless one is under way. Call it once a turn. */
void redo_flush(struct redo *redo, uint64_t now_us, struct effects *out);
/* All that is appended now shall be synced, whatever the durability (R7, T1): with the next flush.
 */
void redo_want_sync(struct redo *redo);
/* EVENT_DISK_DONE with a tag of DISK_TAG_REDO, and every EVENT_DEADLINE. Sets the deadline in
 * `out`. */
void redo_step(struct redo *redo, const struct event *event, struct effects *out);

/* When redo_step wants to be called at the latest, UINT64_MAX: not at all. A store asks in every step,
 * for the latest deadline replaces the earlier one (wire/step.h, E4). */
uint64_t redo_deadline_us(const struct redo *redo);

/* Positions of the last record that was appended; handed to the operating system; made durable.
 * Unknown shard: 0. */
uint64_t redo_appended_position(const struct redo *redo, uint16_t shard);
uint32_t redo_appended_term(const struct redo *redo, uint16_t shard);
uint64_t redo_written_position(const struct redo *redo, uint16_t shard);
uint64_t redo_synced_position(const struct redo *redo, uint16_t shard);
/* What the shard's durability asks for: synced or written. */
uint64_t redo_kept_position(const struct redo *redo, uint16_t shard);
uint64_t redo_applied_position(const struct redo *redo, uint16_t shard);
/* Of the whole stream: where the next batch begins; up to where all is written, synced. They change
 * exactly when positions do, so a store asks its shards only when they have moved. */
uint64_t redo_appended_lsn(const struct redo *redo);
uint64_t redo_written_lsn(const struct redo *redo);
uint64_t redo_synced_lsn(const struct redo *redo);

/* ---- trimming ---- */

/* A replay from here on finds every record that is not applied yet: the start of a checkpoint that
 * begins now. */
uint64_t redo_replay_lsn(const struct redo *redo);
/* Records below `lsn` are not needed by any checkpoint that recovery may use. Segments wholly below
 * it, and not being read by a reader, are used again or removed. */
void redo_trim(struct redo *redo, uint64_t lsn, struct effects *out);

/* ---- reading back: a replica's gap that is still in the log (R4) ---- */

/* Begins to read the shard's records from `from_position` on, up to what is written at each time.
 * NOT_FOUND: not in the log any more (a full copy is needed). BUSY: REDO_READERS_MAX are open.
 * Readers keep their part of the log. */
MUST_USE enum status redo_reader_open(struct redo *redo, uint16_t shard, uint64_t from_position,
                                      uint32_t *reader_out);
void redo_reader_close(struct redo *redo, uint32_t reader);
/* Asks for the next piece, about REDO_READ_BYTES of disk; at most one at a time for each reader. */
void redo_reader_next(struct redo *redo, uint32_t reader, struct effects *out);

struct redo_piece {
    uint16_t shard;
    enum status
        status; /* OK; END: all that is written has been given, ask again later; CORRUPT: the disk
                   lost it (D3); NOT_FOUND: a reset came in between; the reader is to be closed */
    uint64_t first_position; /* 0: no records in this piece, ask for the next */
    uint32_t record_count;
    struct slice
        records; /* as APPEND wants them; in the effects' arena of the step that brought them */
};
/* True when the step just made ended a redo_reader_next of this reader; then piece_out is filled,
 * once. */
bool redo_reader_take(struct redo *redo, uint32_t reader, struct redo_piece *piece_out);

/* The log's state as JSON object members. */
void redo_describe(const struct redo *redo, struct buffer *json);

#endif
