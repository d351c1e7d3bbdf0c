/* tests/storage/fake_disk.h: a disk that keeps the promises of wire/step.h, and none that is not made there.
 *
 *   - Operations are done in any order, whenever the seed says so.
 *   - A crash forgets operations that are not done, save that any sector of theirs may have been written; of
 *     the sectors that were not synced each is kept, is as it was at the last sync, or, one a write, garbage.
 *   - A published file is visible and whole, or (publishing was under way) perhaps. A removed one is gone or, until the
 *     crash is over, still there.
 *   - Rot: a synced sector changes, or cannot be read any more.
 */
#ifndef TESTS_STORAGE_FAKE_DISK_H
#define TESTS_STORAGE_FAKE_DISK_H

#include "base/random.h"
#include "wire/step.h"

#define FAKE_SECTOR_BYTES 512
#define FAKE_FILES_MAX    256
#define FAKE_OPS_MAX      256

struct fake_file {
    struct disk_file file;
    bool is_there;    /* in memory of the operating system */
    bool is_visible;  /* to LIST: logs at once, others when published */
    uint8_t *now;     /* what a read returns */
    uint8_t *durable; /* what was there at the last sync */
    uint8_t *synced;  /* a byte a sector: now is durable */
    uint8_t *rotten;  /* a byte a sector: reads fail */
    uint64_t now_bytes, durable_bytes, capacity;
};

struct fake_op {
    struct disk_op op;
    uint8_t *bytes; /* to see whether the machine leaves them alone (E3) */
};

struct fake_disk {
    struct random random;
    struct fake_file files[FAKE_FILES_MAX];
    struct fake_op ops[FAKE_OPS_MAX];
    uint32_t op_count;
    struct disk_listed listed[FAKE_FILES_MAX];
    uint64_t write_count, sync_count, lost_count, kept_count, torn_count;
    bool in_order; /* operations are done in the order in which they were asked for */
};

struct fake_disk *fake_disk_open(uint64_t seed);
void fake_disk_close(struct fake_disk *disk);
/* Queues the disk effects of a step. */
void fake_disk_take(struct fake_disk *disk, const struct effects *effects);
/* Carries out one queued operation and fills in its event (now_us aside), which is valid until the next call; false:
 * none is queued. Bytes read live in `arena`. */
bool fake_disk_next(struct fake_disk *disk, struct arena *arena, struct event *event_out);
/* Power is lost. */
void fake_disk_crash(struct fake_disk *disk);
/* The process is killed: what the operating system has stays, sector for sector; operations under way
 * happen or do not. */
void fake_disk_kill(struct fake_disk *disk);

/* The file, NULL when it is not visible. */
struct fake_file *fake_disk_file(struct fake_disk *disk, enum disk_file_kind kind, uint64_t number);
uint32_t fake_disk_count(const struct fake_disk *disk, enum disk_file_kind kind);
/* Changes a byte of the sector at `offset`, durably; unreadable: reads of it fail from now on. */
void fake_disk_rot(struct fake_file *file, uint64_t offset);
void fake_disk_make_unreadable(struct fake_file *file, uint64_t offset);

#endif
