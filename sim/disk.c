/* sim/disk.c: what does a disk remember after a crash?
 *
 * file: bytes (as the operating system shows them) and a list of writes that no sync has covered yet, each with
 * what was there before. Reads see everything written; a crash walks the unsynced writes and, write by write, keeps it,
 * takes it back, or keeps some of its 512-byte sectors (torn).
 *   (K1) A sync covers the writes that had been performed when it is performed; a write that is submitted but
 *        not yet performed at a crash never happened, or happened in part.
 *   (K2) A file of kind CHECKPOINT or NODE is listed once published; publishing is atomic and durable when done.
 *   (K3) A removed file is gone at once for LIST, and for a crash: gone or back, by chance, until the next sync.
 */
#include "sim/disk.h"

#include <stdlib.h>

#define SECTOR 512

struct unsynced {
    uint64_t offset, size;
    uint8_t *before; /* `size` bytes; what lay beyond the end of the file was zero */
    uint64_t file_size_before;
};

struct file {
    struct disk_file name;
    bool is_published, is_removed;
    uint8_t *bytes;
    uint64_t size, capacity;
    struct unsynced *unsynced;
    uint32_t unsynced_count, unsynced_capacity;
};

struct sim_disk {
    struct sim *sim;
    struct file **files;
    uint32_t count, capacity;
    uint8_t *read_bytes;
    struct disk_listed *listed;
    enum sim_room room;
};

struct sim_disk *sim_disk_open(struct sim *sim) {
    struct sim_disk *disk = calloc(1, sizeof *disk);
    CHECK(disk != NULL);
    disk->sim = sim;
    return disk;
}

static void file_forget_unsynced(struct file *file) {
    for (uint32_t i = 0; i < file->unsynced_count; i++) free(file->unsynced[i].before);
    file->unsynced_count = 0;
}

static void file_free(struct file *file) {
    file_forget_unsynced(file);
    free(file->unsynced);
    free(file->bytes);
    free(file);
}

void sim_disk_close(struct sim_disk *disk) {
    for (uint32_t i = 0; i < disk->count; i++) file_free(disk->files[i]);
    free(disk->files);
    free(disk->read_bytes);
    free(disk->listed);
    free(disk);
}

static int name_compare(const struct disk_file *a, const struct disk_file *b) {
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    if (a->store != b->store) return a->store < b->store ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* The place of the name in the sorted list of files. */
static uint32_t file_place(const struct sim_disk *disk, const struct disk_file *name) {
    uint32_t place = 0;
    while (place < disk->count && name_compare(&disk->files[place]->name, name) < 0) place++;
    return place;
}

static struct file *file_find(const struct sim_disk *disk, const struct disk_file *name) {
    uint32_t place = file_place(disk, name);
    if (place == disk->count || name_compare(&disk->files[place]->name, name) != 0) return NULL;
    return disk->files[place]->is_removed ? NULL : disk->files[place];
}

static void file_drop(struct sim_disk *disk, uint32_t place) {
    file_free(disk->files[place]);
    disk->count--;
    memmove(disk->files + place, disk->files + place + 1,
            (disk->count - place) * sizeof *disk->files);
}

static struct file *file_create(struct sim_disk *disk, const struct disk_file *name) {
    uint32_t place = file_place(disk, name);
    if (place < disk->count && name_compare(&disk->files[place]->name, name) == 0) {
        file_drop(disk, place); /* removed, and now made anew */
    }
    if (disk->count == disk->capacity) {
        disk->capacity = MAX(8u, disk->capacity * 2);
        disk->files = realloc(disk->files, disk->capacity * sizeof *disk->files);
        CHECK(disk->files != NULL);
    }
    memmove(disk->files + place + 1, disk->files + place,
            (disk->count - place) * sizeof *disk->files);
    struct file *file = calloc(1, sizeof *file);
    CHECK(file != NULL);
    file->name = *name;
    file->is_published = name->kind == DISK_LOG;
    disk->files[place] = file;
    disk->count++;
    return file;
}

static void file_reserve(struct file *file, uint64_t size) {
    if (size <= file->capacity) return;
    uint64_t capacity = MAX(size, file->capacity * 2);
    file->bytes = realloc(file->bytes, capacity);
    CHECK(file->bytes != NULL);
    memset(file->bytes + file->capacity, 0, capacity - file->capacity);
    file->capacity = capacity;
}

static void file_write(struct file *file, uint64_t offset, struct slice bytes) {
    if (file->unsynced_count == file->unsynced_capacity) {
        file->unsynced_capacity = MAX(8u, file->unsynced_capacity * 2);
        file->unsynced = realloc(file->unsynced, file->unsynced_capacity * sizeof *file->unsynced);
        CHECK(file->unsynced != NULL);
    }
    file_reserve(file, offset + bytes.size);
    struct unsynced *unsynced = &file->unsynced[file->unsynced_count++];
    *unsynced =
        (struct unsynced){offset, bytes.size, malloc(MAX(bytes.size, (size_t)1)), file->size};
    CHECK(unsynced->before != NULL);
    if (bytes.size > 0) memcpy(unsynced->before, file->bytes + offset, bytes.size);
    if (bytes.size > 0) memcpy(file->bytes + offset, bytes.data, bytes.size);
    file->size = MAX(file->size, offset + bytes.size);
}

/* ---- operations ---- */

struct payload {
    struct disk_op op;
    uint64_t byte_count;
    uint8_t bytes[]; /* of a write */
};

void sim_disk_submit(struct sim_disk *disk, uint16_t node, uint32_t life,
                     const struct disk_op *op) {
    struct payload *payload = malloc(sizeof *payload + op->bytes.size);
    CHECK(payload != NULL);
    payload->op = *op;
    payload->byte_count = op->bytes.size;
    if (op->bytes.size > 0) memcpy(payload->bytes, op->bytes.data, op->bytes.size);
    const struct sim_faults *faults = sim_faults(disk->sim);
    uint64_t takes_us =
        random_range(sim_random(disk->sim), faults->disk_us_min, faults->disk_us_max);
    if (sim_chance(disk->sim, faults->slow_disk_chance)) takes_us += 30000;
    sim_push(disk->sim, (struct sim_event){.at_us = sim_now(disk->sim) + takes_us,
                                           .kind = SIM_DISK,
                                           .node = node,
                                           .life = life,
                                           .payload = payload,
                                           .payload_size = sizeof *payload + op->bytes.size});
}

static void perform_list(struct sim_disk *disk, struct disk_done *done) {
    free(disk->listed);
    disk->listed = calloc(MAX(disk->count, 1u), sizeof *disk->listed);
    CHECK(disk->listed != NULL);
    for (uint32_t i = 0; i < disk->count; i++) {
        const struct file *file = disk->files[i];
        if (!file->is_published || file->is_removed) continue;
        disk->listed[done->listed_count++] = (struct disk_listed){file->name, file->size};
    }
    done->listed = disk->listed;
}

static void perform_read(struct sim_disk *disk, const struct disk_op *op, struct disk_done *done) {
    const struct file *file = file_find(disk, &op->file);
    if (file == NULL) {
        done->status = STATUS_NOT_FOUND;
        return;
    }
    uint64_t from = MIN(op->offset, file->size), size = MIN(op->size, file->size - from);
    free(disk->read_bytes);
    disk->read_bytes = malloc(MAX(size, 1u));
    CHECK(disk->read_bytes != NULL);
    if (size > 0) memcpy(disk->read_bytes, file->bytes + from, size);
    done->bytes = slice_of(disk->read_bytes, size);
}

static void perform_sync(struct sim_disk *disk, struct file *file) {
    sim_counts_mutable(disk->sim)->disk_syncs++;
    file_forget_unsynced(file);
}

static bool perform_write(struct sim_disk *disk, const struct payload *payload) {
    struct file *file = file_find(disk, &payload->op.file);
    uint64_t end = payload->op.offset + payload->byte_count;
    if (disk->room == SIM_FULL && (file == NULL || end > file->size)) return false;
    if (file == NULL) file = file_create(disk, &payload->op.file);
    file_write(file, payload->op.offset, slice_of(payload->bytes, payload->byte_count));
    sim_counts_mutable(disk->sim)->disk_writes++;
    if (payload->op.kind == DISK_WRITE_SYNC) perform_sync(disk, file);
    return true;
}

bool sim_disk_perform(struct sim_disk *disk, const void *data, struct disk_done *done_out) {
    const struct payload *payload = data;
    const struct disk_op *op = &payload->op;
    *done_out = (struct disk_done){.tag = op->tag, .kind = op->kind, .status = STATUS_OK};
    struct file *file = file_find(disk, &op->file);
    switch (op->kind) {
    case DISK_LIST: perform_list(disk, done_out); return true;
    case DISK_READ: perform_read(disk, op, done_out); return true;
    case DISK_WRITE:
    case DISK_WRITE_SYNC: return perform_write(disk, payload);
    case DISK_SYNC:
        if (file != NULL) perform_sync(disk, file);
        return true;
    case DISK_PUBLISH:
        CHECK(file != NULL);
        perform_sync(disk, file);
        file->is_published = true;
        sim_counts_mutable(disk->sim)->checkpoints += file->name.kind == DISK_CHECKPOINT;
        return true;
    case DISK_REMOVE:
        if (file != NULL) file->is_removed = true;
        return true;
    }
    UNREACHABLE();
}

/* ---- crashes ---- */

static void unsynced_take_back(struct file *file, const struct unsynced *unsynced, uint64_t from,
                               uint64_t size) {
    if (size > 0) memcpy(file->bytes + unsynced->offset + from, unsynced->before + from, size);
}

static void unsynced_tear(struct sim_disk *disk, struct file *file,
                          const struct unsynced *unsynced) {
    sim_counts_mutable(disk->sim)->writes_torn++;
    for (uint64_t from = 0; from < unsynced->size;) {
        uint64_t size = MIN(SECTOR - (unsynced->offset + from) % SECTOR, unsynced->size - from);
        if (random_chance(sim_random(disk->sim), 0.5))
            unsynced_take_back(file, unsynced, from, size);
        from += size;
    }
}

/* Newest first, so that what is taken back is what really was there before. */
static void file_crash(struct sim_disk *disk, struct file *file) {
    for (uint32_t i = file->unsynced_count; i > 0; i--) {
        const struct unsynced *unsynced = &file->unsynced[i - 1];
        if (sim_chance(disk->sim, sim_faults(disk->sim)->torn_chance)) {
            unsynced_tear(disk, file, unsynced);
        } else if (random_chance(sim_random(disk->sim), 0.5)) {
            sim_counts_mutable(disk->sim)->writes_lost++;
            unsynced_take_back(file, unsynced, 0, unsynced->size);
            uint64_t end = unsynced->offset + unsynced->size;
            if (file->size == end) file->size = MIN(end, unsynced->file_size_before);
        }
    }
    file_forget_unsynced(file);
}

void sim_disk_crash(struct sim_disk *disk) {
    for (uint32_t i = disk->count; i > 0; i--) {
        struct file *file = disk->files[i - 1];
        bool is_back = file->is_removed && random_chance(sim_random(disk->sim), 0.5);
        if (is_back) file->is_removed = false;
        if (!file->is_published || file->is_removed)
            file_drop(disk, i - 1);
        else
            file_crash(disk, file);
    }
}

void sim_disk_set_room(struct sim_disk *disk, enum sim_room room) { disk->room = room; }

void sim_disk_wipe(struct sim_disk *disk) {
    for (uint32_t i = 0; i < disk->count; i++) file_free(disk->files[i]);
    disk->count = 0;
}

bool sim_disk_rot(struct sim_disk *disk) {
    if (disk->count == 0) return false;
    struct file *file = disk->files[random_below(sim_random(disk->sim), disk->count)];
    if (file->size == 0) return false;
    uint64_t at = random_below(sim_random(disk->sim), file->size);
    file->bytes[at] ^= (uint8_t)(1u << random_below(sim_random(disk->sim), 8));
    return true;
}
