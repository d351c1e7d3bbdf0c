/* storage/recovery_private.h: a recovery from inside: files found, the checkpoint being loaded, the log being
 * replayed. */
#ifndef STORAGE_RECOVERY_PRIVATE_H
#define STORAGE_RECOVERY_PRIVATE_H

#include "storage/checkpoint_private.h"
#include "storage/recovery.h"
#include "storage/redo_private.h"

#define RECOVERY_READ_BYTES MIB

enum recovery_state {
    RECOVERY_LISTING,
    RECOVERY_PROBING,   /* the first header of every log file */
    RECOVERY_LOADING,   /* a checkpoint */
    RECOVERY_REPLAYING, /* the log, batch by batch */
    RECOVERY_SEARCHING, /* behind its end: is this a torn tail, or damage? */
    RECOVERY_FINISHED,
    RECOVERY_REFUSING,
    RECOVERY_DAMAGED,
};

struct found_file {
    struct disk_file file;
    uint64_t bytes;
    struct batch first; /* log: the header at its start; first.lsn 0: none */
    bool is_bad;        /* checkpoint: damaged; log: not part of the log */
};

/* A part of a file that may prove damage, or the file being read. */
struct recovery_place {
    uint32_t file_index;
    uint64_t offset;
    uint64_t size; /* of the read under way */
};

struct recovery {
    struct recovery_options options;
    struct machine machine; /* enum recovery_state */
    struct arena *arena;
    struct arena block_arena; /* dies with each block */
    struct compressor *compressor;
    struct found_file *files; /* sorted by kind, store, number */
    uint32_t file_count;
    struct recovery_place place;
    uint64_t bytes_wanted; /* of the next read: one block or batch at least */
    /* the checkpoint */
    uint32_t checkpoint_file; /* index; file_count: there is none */
    uint32_t block_index;
    struct item_head head; /* number 0: none yet */
    struct item_tail tail; /* end_lsn 0: none yet */
    uint16_t shard;        /* whose items come now */
    bool is_in_shard;
    /* the log */
    uint64_t lsn;       /* next batch */
    uint64_t end_lsn;   /* behind the last whole batch: what the next one follows */
    uint32_t last_file; /* index of the segment of the last whole batch */
    bool is_first;      /* no batch was replayed yet */
    bool is_at_end;     /* the piece read last was the last one of its file */
    uint32_t epoch, epoch_max;
    uint64_t segment_max; /* largest segment number seen */
    uint32_t search_file; /* index */
    const char *reason;
    struct recovery_totals totals;
};

void recovery_read(struct recovery *recovery, struct effects *out);
/* `text` with the file at `place`. */
void recovery_damaged(struct recovery *recovery, const char *text);
void recovery_refuse(struct recovery *recovery);

/* recovery_load.c: begins with the newest checkpoint that is not known to be bad; goes on to the log. */
void recovery_load(struct recovery *recovery, struct effects *out);
void recovery_on_block(struct recovery *recovery, const struct disk_done *done,
                       struct effects *out);
/* recovery_replay.c */
void recovery_replay(struct recovery *recovery, struct effects *out);
void recovery_on_batch(struct recovery *recovery, const struct disk_done *done,
                       struct effects *out);
void recovery_on_searched(struct recovery *recovery, const struct disk_done *done,
                          struct effects *out);
/* recovery.c: the log is read. */
void recovery_log_done(struct recovery *recovery, struct effects *out);
/* A checkpoint proved damaged when parts of it were applied: forget, and begin again without it. */
void recovery_restart(struct recovery *recovery, struct effects *out);

#endif
