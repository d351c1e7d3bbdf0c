/* fake_disk.c: what may a disk do to us, by seed? See fake_disk.h. */
#include "tests/storage/fake_disk.h"

#include <stdlib.h>

struct fake_disk *fake_disk_open(uint64_t seed) {
    struct fake_disk *disk = calloc(1, sizeof(*disk));
    CHECK(disk != NULL);
    random_open(&disk->random, seed);
    return disk;
}

static void file_forget(struct fake_file *file) {
    free(file->now);
    free(file->durable);
    free(file->synced);
    free(file->rotten);
    *file = (struct fake_file){.is_there = false};
}

static void op_forget(struct fake_disk *disk, uint32_t index) {
    CHECK(index < disk->op_count);
    free(disk->ops[index].bytes);
    disk->op_count--;
    memmove(&disk->ops[index], &disk->ops[index + 1],
            (disk->op_count - index) * sizeof(disk->ops[0]));
}

void fake_disk_close(struct fake_disk *disk) {
    for (uint32_t i = 0; i < FAKE_FILES_MAX; i++) file_forget(&disk->files[i]);
    while (disk->op_count > 0) op_forget(disk, 0);
    free(disk);
}

/* ---- files ---- */

static bool is_same(const struct disk_file *a, const struct disk_file *b) {
    return a->kind == b->kind && a->store == b->store && a->number == b->number;
}

static struct fake_file *file_find(struct fake_disk *disk, const struct disk_file *name) {
    for (uint32_t i = 0; i < FAKE_FILES_MAX; i++) {
        struct fake_file *file = &disk->files[i];
        if (file->is_there && is_same(&file->file, name)) return file;
    }
    return NULL;
}

static struct fake_file *file_make(struct fake_disk *disk, const struct disk_file *name) {
    for (uint32_t i = 0; i < FAKE_FILES_MAX; i++) {
        struct fake_file *file = &disk->files[i];
        if (file->is_there) continue;
        *file = (struct fake_file){
            .file = *name, .is_there = true, .is_visible = name->kind == DISK_LOG};
        return file;
    }
    UNREACHABLE();
}

static void *grown(void *memory, uint64_t old_bytes, uint64_t new_bytes, int fill) {
    uint8_t *bytes = realloc(memory, new_bytes);
    CHECK(bytes != NULL);
    memset(bytes + old_bytes, fill, new_bytes - old_bytes);
    return bytes;
}

static void file_fit(struct fake_file *file, uint64_t bytes) {
    uint64_t capacity = (bytes + FAKE_SECTOR_BYTES - 1) / FAKE_SECTOR_BYTES * FAKE_SECTOR_BYTES;
    if (capacity <= file->capacity) return;
    uint64_t sectors = file->capacity / FAKE_SECTOR_BYTES, more = capacity / FAKE_SECTOR_BYTES;
    file->now = grown(file->now, file->capacity, capacity, 0);
    file->durable = grown(file->durable, file->capacity, capacity, 0);
    file->synced = grown(file->synced, sectors, more, 1);
    file->rotten = grown(file->rotten, sectors, more, 0);
    file->capacity = capacity;
}

static void file_write(struct fake_file *file, uint64_t offset, struct slice bytes) {
    file_fit(file, offset + bytes.size);
    memcpy(file->now + offset, bytes.data, bytes.size);
    file->now_bytes = MAX(file->now_bytes, offset + bytes.size);
    for (uint64_t at = offset / FAKE_SECTOR_BYTES; at * FAKE_SECTOR_BYTES < offset + bytes.size;
         at++) {
        file->synced[at] = 0;
        file->rotten[at] = 0;
    }
}

static void file_sync(struct fake_file *file) {
    if (file->capacity == 0) return;
    memcpy(file->durable, file->now, file->capacity);
    memset(file->synced, 1, file->capacity / FAKE_SECTOR_BYTES);
    file->durable_bytes = file->now_bytes;
}

/* ---- operations ---- */

void fake_disk_take(struct fake_disk *disk, const struct effects *effects) {
    for (uint32_t i = 0; i < effects->count; i++) {
        if (effects->list[i].kind != EFFECT_DISK) continue;
        CHECK(disk->op_count < FAKE_OPS_MAX);
        struct fake_op *op = &disk->ops[disk->op_count++];
        *op = (struct fake_op){.op = effects->list[i].disk_op};
        if (op->op.bytes.size > 0) {
            op->bytes = malloc(op->op.bytes.size);
            memcpy(op->bytes, op->op.bytes.data, op->op.bytes.size);
        }
    }
}

static void op_write(struct fake_disk *disk, const struct fake_op *op) {
    struct slice kept = slice_of(op->bytes, op->op.bytes.size);
    CHECK(slice_equal(kept, op->op.bytes)); /* (E3) */
    struct fake_file *file = file_find(disk, &op->op.file);
    if (file == NULL) file = file_make(disk, &op->op.file);
    disk->write_count++;
    file_write(file, op->op.offset, kept);
}

static void op_read(struct fake_disk *disk, const struct disk_op *op, struct arena *arena,
                    struct disk_done *done) {
    struct fake_file *file = file_find(disk, &op->file);
    if (file == NULL) {
        done->status = STATUS_NOT_FOUND;
        return;
    }
    uint64_t end = MIN(op->offset + op->size, file->now_bytes);
    if (op->offset >= end) return;
    for (uint64_t at = op->offset / FAKE_SECTOR_BYTES; at * FAKE_SECTOR_BYTES < end; at++) {
        if (file->rotten[at]) done->status = STATUS_CORRUPT;
    }
    if (done->status != STATUS_OK) return;
    done->bytes = arena_copy(arena, slice_of(file->now + op->offset, end - op->offset));
}

static int listed_compare(const void *a, const void *b) {
    const struct disk_file *x = &((const struct disk_listed *)a)->file;
    const struct disk_file *y = &((const struct disk_listed *)b)->file;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    if (x->store != y->store) return x->store < y->store ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static void op_list(struct fake_disk *disk, struct disk_done *done) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < FAKE_FILES_MAX; i++) {
        const struct fake_file *file = &disk->files[i];
        if (!file->is_there || !file->is_visible) continue;
        disk->listed[count++] = (struct disk_listed){file->file, file->now_bytes};
    }
    qsort(disk->listed, count, sizeof(disk->listed[0]), listed_compare);
    done->listed = disk->listed;
    done->listed_count = count;
}

static void op_sync(struct fake_disk *disk, const struct disk_op *op) {
    struct fake_file *file = file_find(disk, &op->file);
    CHECK(file != NULL);
    disk->sync_count++;
    file_sync(file);
    if (op->kind == DISK_PUBLISH) file->is_visible = true;
}

static void op_carry_out(struct fake_disk *disk, const struct fake_op *op, struct arena *arena,
                         struct disk_done *done) {
    struct fake_file *file;
    switch (op->op.kind) {
    case DISK_LIST: op_list(disk, done); break;
    case DISK_READ: op_read(disk, &op->op, arena, done); break;
    case DISK_WRITE: op_write(disk, op); break;
    case DISK_WRITE_SYNC:
        op_write(disk, op);
        op_sync(disk, &op->op);
        break;
    case DISK_SYNC:
    case DISK_PUBLISH: op_sync(disk, &op->op); break;
    case DISK_REMOVE:
        file = file_find(disk, &op->op.file);
        if (file != NULL) file_forget(file);
        break;
    }
}

bool fake_disk_next(struct fake_disk *disk, struct arena *arena, struct event *event_out) {
    if (disk->op_count == 0) return false;
    uint32_t at = disk->in_order ? 0 : (uint32_t)random_below(&disk->random, disk->op_count);
    struct fake_op *op = &disk->ops[at];
    event_out->kind = EVENT_DISK_DONE;
    event_out->disk_done = (struct disk_done){.tag = op->op.tag, .kind = op->op.kind};
    op_carry_out(disk, op, arena, &event_out->disk_done);
    op_forget(disk, at);
    return true;
}

/* ---- faults ---- */

/* Operations under way happen in part, sector by sector. */
static void ops_tear(struct fake_disk *disk) {
    for (uint32_t i = 0; i < disk->op_count; i++) {
        const struct fake_op *op = &disk->ops[i];
        if (op->op.kind != DISK_WRITE && op->op.kind != DISK_WRITE_SYNC) continue;
        struct fake_file *file = file_find(disk, &op->op.file);
        if (file == NULL) file = file_make(disk, &op->op.file);
        double chance = random_chance(&disk->random, 0.3) ? 1.0 : random_unit(&disk->random);
        for (uint64_t at = 0; at < op->op.bytes.size; at += FAKE_SECTOR_BYTES) {
            if (!random_chance(&disk->random, chance)) continue;
            uint64_t size = MIN((uint64_t)FAKE_SECTOR_BYTES, op->op.bytes.size - at);
            file_write(file, op->op.offset + at, slice_of(op->bytes + at, size));
            disk->torn_count++;
        }
    }
}

static void ops_finish(struct fake_disk *disk) {
    for (uint32_t i = 0; i < disk->op_count; i++) {
        const struct fake_op *op = &disk->ops[i];
        struct fake_file *file = file_find(disk, &op->op.file);
        if (file == NULL || !random_chance(&disk->random, 0.5)) continue;
        if (op->op.kind == DISK_REMOVE) file_forget(file);
        if (op->op.kind == DISK_PUBLISH) op_sync(disk, &op->op);
    }
    while (disk->op_count > 0) op_forget(disk, 0);
}

static void files_unpublished_go(struct fake_disk *disk) {
    for (uint32_t i = 0; i < FAKE_FILES_MAX; i++) {
        struct fake_file *file = &disk->files[i];
        /* Its bytes may stay under the temporary name; a later writer of that number finds them. */
        if (file->is_there && !file->is_visible && random_chance(&disk->random, 0.5)) {
            file_forget(file);
        }
    }
}

/* Each sector that was not synced is as it is, as it was, or rubbish. */
static void file_crash(struct fake_disk *disk, struct fake_file *file) {
    double keep = random_unit(&disk->random);
    uint64_t sectors = file->capacity / FAKE_SECTOR_BYTES;
    for (uint64_t at = 0; at < sectors; at++) {
        if (file->synced[at]) continue;
        uint8_t *now = file->now + at * FAKE_SECTOR_BYTES;
        const uint8_t *durable = file->durable + at * FAKE_SECTOR_BYTES;
        if (random_chance(&disk->random, keep)) {
            disk->kept_count++;
        } else if (random_chance(&disk->random, 0.05)) {
            random_bytes(&disk->random, now, FAKE_SECTOR_BYTES);
            disk->torn_count++;
        } else {
            memcpy(now, durable, FAKE_SECTOR_BYTES);
            disk->lost_count++;
        }
    }
    if (random_chance(&disk->random, 0.5)) file->now_bytes = MAX(file->durable_bytes, 0u);
    for (uint64_t at = file->now_bytes; at < file->capacity; at++) file->now[at] = 0;
    file_sync(file);
}

void fake_disk_crash(struct fake_disk *disk) {
    ops_tear(disk);
    ops_finish(disk);
    files_unpublished_go(disk);
    for (uint32_t i = 0; i < FAKE_FILES_MAX; i++) {
        if (disk->files[i].is_there) file_crash(disk, &disk->files[i]);
    }
}

void fake_disk_kill(struct fake_disk *disk) {
    ops_tear(disk);
    ops_finish(disk);
    files_unpublished_go(disk);
}

struct fake_file *fake_disk_file(struct fake_disk *disk, enum disk_file_kind kind,
                                 uint64_t number) {
    struct disk_file name = {.kind = kind, .number = number};
    struct fake_file *file = file_find(disk, &name);
    return file != NULL && file->is_visible ? file : NULL;
}

uint32_t fake_disk_count(const struct fake_disk *disk, enum disk_file_kind kind) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < FAKE_FILES_MAX; i++) {
        const struct fake_file *file = &disk->files[i];
        count += file->is_there && file->is_visible && file->file.kind == kind;
    }
    return count;
}

void fake_disk_rot(struct fake_file *file, uint64_t offset) {
    CHECK(offset < file->now_bytes);
    file->now[offset] ^= 0x20;
    file->durable[offset] = file->now[offset];
}

void fake_disk_make_unreadable(struct fake_file *file, uint64_t offset) {
    CHECK(offset < file->now_bytes);
    file->rotten[offset / FAKE_SECTOR_BYTES] = 1;
}
