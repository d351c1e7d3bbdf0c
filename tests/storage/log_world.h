/* tests/storage/log_world.h: a log, its checkpoints and recoveries on a fake disk, beside a model that knows what must be
 * there.
 *
 * Shards have a few keys; a record puts or deletes one. The model keeps the history of each shard; after a crash what
 * was recovered must be a prefix of it (or of what it was before a cut whose note got lost) that holds every record that was
 * reported synced, and the rows must be those of the prefix.
 */
#ifndef TESTS_STORAGE_LOG_WORLD_H
#define TESTS_STORAGE_LOG_WORLD_H

#include "storage/recovery.h"
#include "tests/base/chunks.h"
#include "tests/storage/fake_disk.h"

#define WORLD_SHARDS    3
#define WORLD_KEYS      24
#define WORLD_OLD_MAX   64
#define WORLD_ROW_MAX   6000
#define WORLD_SHARD(at) ((uint16_t)(10 + (at)))

struct world_row {
    uint64_t position, value; /* position 0: there is none */
    uint32_t size;            /* of the row's bytes, the value repeated */
};
struct world_record {
    uint32_t term;
    uint8_t key;
    bool deletes;
    uint64_t value;
    uint32_t size;
};
/* Rows as of base_position, then records[0] at base_position + 1, ... */
struct world_history {
    uint64_t base_position;
    uint32_t base_term;
    struct world_row base_rows[WORLD_KEYS];
    struct world_record *records;
    uint64_t count, capacity;
};
/* What a shard was before a cut or reset that is not durable yet. */
struct world_old {
    struct world_history history;
    uint64_t synced, floor_lsn;
    bool is_whole;
};
struct world_shard {
    struct world_history history;
    struct world_row rows[WORLD_KEYS]; /* at `applied` */
    uint64_t applied, synced;
    uint32_t term;
    bool is_whole;        /* a checkpoint holds what a reset replaced */
    uint64_t whole_after; /* number of the checkpoint begun after the reset; 0: none */
    struct world_old old[WORLD_OLD_MAX];
    uint32_t old_count;
};
/* What the sink got. */
struct world_sunk {
    bool is_known, is_whole;
    uint64_t confirmed;
    struct world_row rows[WORLD_KEYS];
    struct world_record *tail; /* behind tail_base */
    uint64_t tail_base, tail_count, tail_capacity;
    uint32_t tail_term; /* of the record at tail_base */
};

struct world {
    struct random random;
    struct chunks chunks;
    struct arena node_arena, turn_arena;
    struct effects out;
    struct fake_disk *disk;
    struct redo *redo;
    struct checkpoint *checkpoint;
    struct recovery *recovery;
    struct world_shard shards[WORLD_SHARDS];
    struct world_sunk sunk[WORLD_SHARDS];
    uint64_t now_us, value_next;
    uint32_t segment_bytes;
    uint16_t store, store_count; /* 0 of 1 unless set before a recovery */
    bool skip_sync;
    /* the scan of a checkpoint */
    uint32_t scan_shard, scan_key;
    bool is_scan_in_shard;
    uint64_t scan_number, scans_begun;
    /* the store itself: shard 0 */
    uint64_t revision, revision_position, revision_synced, sunk_revision;
    bool is_revision_scanned;
    /* a reader */
    bool is_reading, is_read_asked;
    uint32_t reader, reader_shard;
    uint64_t reader_from;
    bool may_reader_be_lost;
    /* counts, so that a run in which nothing happened does not pass */
    uint64_t append_count, checkpoint_count, cut_count, reset_count, read_count, crash_count;
    uint64_t old_recovered_count;
    char failure[256]; /* "": none */
};

struct world *world_open(uint64_t seed, uint32_t segment_bytes);
void world_close(struct world *world);
/* Opens log, checkpoint and recovery on the disk as it is, and runs the recovery to its end. */
enum recovery_outcome world_recover(struct world *world);
/* Compares what was recovered with the model; then the model goes on from there. False: failure says why. */
bool world_verify(struct world *world);
/* One turn: appends, cuts, checkpoints, disk events, as chance says. */
void world_turn(struct world *world);
/* Lets the disk finish, without appends, until nothing is wanted any more. */
void world_settle(struct world *world);
/* Forgets the machines: a crash of power or of the process. */
void world_crash(struct world *world);
void world_kill(struct world *world);
/* A checkpoint from begin to end. */
void world_checkpoint(struct world *world);
/* Appends one record to the shard; false: the log is full. */
bool world_append(struct world *world, uint32_t shard, uint32_t row_bytes);
uint64_t world_appended(const struct world *world, uint32_t shard);
/* Steps the machines with what the disk has done; false: nothing was under way. */
bool world_disk_step(struct world *world);
void world_flush(struct world *world);

#endif
