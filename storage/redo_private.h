/* storage/redo_private.h: the log from inside, for redo*.c and recovery.c. */
/* storage/redo_private.h: the log from inside, for redo*.c and recovery.c. */
#ifndef STORAGE_REDO_PRIVATE_H
#define STORAGE_REDO_PRIVATE_H

#include "base/machine.h"
#include "storage/checkpoint.h"
#include "storage/redo.h"
#include "storage/redo_batch.h"
#include "storage/redo_map.h"

static_assert(REDO_SHARDS_MAX == REDO_SLOTS_MAX, "a slot for each shard");

/* What writes at the end of the log do; redo.c has the table. */
enum redo_lane {
    LANE_RECOVERING, /* recovery reads; nothing is written */
    LANE_SETTLING,   /* what recovery found is being synced */
    LANE_OPENING,    /* the first batch of this epoch is being written and synced */
    LANE_IDLE,
    LANE_WRITING,
    LANE_WRITE_SYNCING,
    LANE_SWITCHING, /* the segment is being synced, before the next one begins */
};

/* Positions of one shard: applied <= appended; synced <= written <= appended. */
struct redo_slot {
    uint16_t shard;
    uint8_t durability; /* enum durability */
    uint32_t term;      /* of the record at `appended` */
    uint64_t appended, writing, written, syncing, synced;
    uint64_t applied, noted; /* noted: as the last CONFIRMED note says */
    uint64_t readable_from;  /* first position that the log holds */
    uint64_t readable_lsn;   /* below it cuts are not known any more */
    uint64_t floor_lsn;      /* end of the batch before the one with its last RESET; 0: none */
    uint64_t floor_number;   /* of that note */
    uint64_t base;           /* recovery: SHARD's position in the checkpoint, or that of a RESET */
    uint32_t base_term;
    uint64_t reach;      /* recovery: the checkpoint holds all up to here */
    uint64_t replay_lsn; /* recovery: what comes in earlier batches does not count */
    bool is_floor_ahead; /* recovery: what comes before that note does not count */
};

/* A batch that fills or is being written: header space, then records. */
struct redo_fill {
    uint8_t *bytes;
    size_t capacity, size; /* size: header space included */
    uint32_t record_count; /* CUT and RESET are counted, CONFIRMED not */
    bool must_sync;
};

struct redo_reader {
    struct redo_piece piece; /* meant for redo_reader_take when is_piece_ready */
    uint64_t from;           /* next position to give */
    uint64_t lsn;            /* next batch to read */
    uint64_t bytes_wanted;   /* of the next read: one whole batch at least */
    uint32_t slot;
    bool is_open, is_reading, is_piece_ready, is_lost;
};

struct redo {
    struct redo_options options;
    struct redo_map map;
    struct machine lane; /* enum redo_lane */
    struct redo_slot slots[REDO_SLOTS_MAX];
    uint32_t slot_count;
    struct redo_fill fills[2];
    uint32_t filling; /* index in fills; the other one is being written */
    uint32_t epoch;
    uint64_t now_us;
    uint64_t append_lsn;  /* where the next batch begins, if its segment has room */
    uint64_t writing_lsn; /* end of the batch that is being written */
    uint64_t written_lsn; /* everything below is with the operating system */
    uint64_t synced_lsn;  /* everything below is durable */
    uint64_t syncing_lsn; /* 0: no DISK_SYNC of this segment is under way */
    uint64_t told_lsn;    /* synced_lsn of the last batch's header */
    uint64_t record_lsn;  /* end of the last batch with records */
    uint64_t trim_lsn;
    uint64_t reset_number;     /* of the last RESET */
    uint64_t write_us;         /* when the last batch was written */
    uint64_t unsynced_us;      /* when the oldest unsynced batch was written */
    uint64_t syncing_us;       /* when the DISK_SYNC under way began */
    uint64_t extending_to;     /* 0: no zeros are being written; else the file's size behind them */
    uint64_t extending_number; /* segment of it */
    uint8_t *zeros;            /* extend_bytes of them */
    uint32_t extend_bytes;
    bool is_sync_wanted;
    struct redo_reader readers[REDO_READERS_MAX];
};

/* Numbers of tags: DISK_TAG_REDO, kind << 32 | which. */
enum redo_tag {
    REDO_TAG_WRITE,
    REDO_TAG_SYNC,   /* of the lane: settling, switching */
    REDO_TAG_BEHIND, /* a DISK_SYNC beside the writes */
    REDO_TAG_EXTEND,
    REDO_TAG_REMOVE,
    REDO_TAG_READ, /* which: the reader */
};
static inline uint64_t redo_tag(enum redo_tag kind, uint32_t which) {
    return disk_tag(DISK_TAG_REDO, (uint64_t)kind << 32 | which);
}

/* NULL when the shard is not known. */
struct redo_slot *redo_slot_of(const struct redo *redo, uint16_t shard);
struct disk_file redo_file(const struct redo *redo, uint64_t file_number);
/* Where a replay of this slot would begin, if it began a checkpoint now. */
uint64_t redo_slot_replay_lsn(const struct redo *redo, const struct redo_slot *slot);
/* A reader's part of redo_step. */
void redo_reader_on_read(struct redo *redo, uint32_t reader, const struct disk_done *done,
                         struct effects *out);
/* The lowest lsn that an open reader needs, UINT64_MAX without readers. */
uint64_t redo_reader_lsn(const struct redo *redo);
/* Positions of the slot above `position` are void: readers that may have given them are lost. */
void redo_reader_on_cut(struct redo *redo, uint32_t slot, uint64_t position);

/* The first operations of a started log: the last segment is synced, then the opening batch written. */
void redo_settle(struct redo *redo, struct effects *out);

/* ---- for recovery, in LANE_RECOVERING ---- */

/* The batch at `lsn` of this store's own stream is about to be replayed: marked where it is due. */
void redo_recovered_batch(struct redo *redo, uint64_t lsn);
/* Where a record is: its own lsn, that of its batch, and what the batch follows. */
struct redo_place {
    uint64_t lsn, batch_lsn, follows;
};
/* A record or note of the log: positions, terms and cuts follow it. END: the checkpoint includes it.
 * CORRUPT: a gap, or a shard too many. A CUT below the checkpoint's position becomes one to there. */
MUST_USE enum status redo_recovered_record(struct redo *redo, const struct redo_place *place,
                                           struct record *record);
/* The last CONFIRMED of a slot; false: none is due. */
bool redo_recovered_confirmed(struct redo *redo, uint32_t slot, struct record *note_out);
/* A shard as a checkpoint has it: everything up to `position` is applied. */
MUST_USE enum status redo_recovered_shard(struct redo *redo, uint16_t shard, uint32_t term,
                                          uint64_t position);
/* Its checkpoint has items up to `position`; the log must reach it. */
MUST_USE enum status redo_recovered_reach(struct redo *redo, uint16_t shard, uint64_t position);
/* Where the shard's part of the replay begins. */
MUST_USE enum status redo_recovered_floor(struct redo *redo, const struct item_floor *floor);
/* Whether the log reached what the checkpoint has of every shard. */
bool redo_recovered_is_whole(const struct redo *redo);
/* Forgets what recovery told of shards, marks and cuts. */
void redo_recovered_forget(struct redo *redo);
/* The log goes on at `lsn` in `epoch`: the segment of `lsn`, if the map has it, is the last one, and synced first. */
void redo_start(struct redo *redo, uint64_t lsn, uint32_t epoch, struct effects *out);

#endif
