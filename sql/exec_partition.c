/* exec_partition.c: what if the distinct keys of a grouping do not fit into memory?
 *
 * Keys that were met while there was room stay; rows with other keys go to one of 16 files by their key's hash, whatever
 * the order in which they come. A file holds all rows of its keys. When the input is at its end, each file is an input like
 * the first one, a level deeper: other bits of the hash split it again.
 *
 *   input --> known keys: in memory
 *         \-> others: file 0 .. 15, by hash bits of level 0 --> each later: known keys, or files by bits of level 1 ..
 *
 *   (P1) Only one level is written at a time: blocks of writers are needed until their input is at its end.
 *   (P2) The deepest parts are begun first, so at most 16 files a level are open.
 */
#include "sql/exec_spill.h"

bool partitions_may_add(const struct partitions *parts) {
    return parts->level < PARTITION_LEVEL_MAX;
}

/* Hashes of values may differ in few bits: they are spread first. */
static uint32_t part_of(uint64_t hash, uint32_t level) {
    uint64_t spread = (hash ^ hash >> 29) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(spread >> (60 - 4 * level)) & (PARTITION_COUNT - 1);
}

enum status partitions_add(struct partitions *parts, struct execution *execution,
                           const struct packed_row *row) {
    CHECK(partitions_may_add(parts));
    if (parts->write_arena == NULL) {
        parts->write_arena = exec_arena_open(execution);
        parts->read_arena = exec_arena_open(execution);
    }
    struct spill **spill = &parts->open[part_of(row->tag, parts->level)];
    if (*spill == NULL) {
        enum status status = spill_open(execution, parts->write_arena, spill);
        if (status != STATUS_OK) return status;
    }
    return spill_add(execution, *spill, row);
}

/* (P2) */
static void part_wait(struct partitions *parts, struct execution *execution, struct spill *spill) {
    struct partition *part = parts->free;
    if (part != NULL)
        parts->free = part->next;
    else
        part = arena_new(execution->arena, struct partition);
    *part = (struct partition){spill, parts->level + 1, parts->waiting};
    parts->waiting = part;
}

enum status partitions_next(struct partitions *parts, struct execution *execution) {
    if (parts->write_arena == NULL) return STATUS_END;
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        if (parts->open[i] == NULL) continue;
        enum status status = spill_flush(execution, parts->open[i]);
        if (status != STATUS_OK) return status;
        part_wait(parts, execution, parts->open[i]);
        parts->open[i] = NULL;
    }
    if (parts->reading != NULL) spill_close(execution, parts->reading);
    parts->reading = NULL;
    arena_reset(parts->write_arena); /* (P1) */
    arena_reset(parts->read_arena);
    struct partition *part = parts->waiting;
    if (part == NULL) return STATUS_END;
    parts->waiting = part->next;
    parts->level = part->level;
    parts->reading = part->spill;
    part->next = parts->free;
    parts->free = part;
    spill_reader_open(&parts->reader, parts->reading, parts->read_arena);
    return STATUS_OK;
}

void partitions_reset(struct partitions *parts, struct execution *execution) {
    if (parts->write_arena == NULL) return;
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        if (parts->open[i] != NULL) spill_close(execution, parts->open[i]);
        parts->open[i] = NULL;
    }
    if (parts->reading != NULL) spill_close(execution, parts->reading);
    parts->reading = NULL;
    parts->level = 0;
    for (struct partition *part; (part = parts->waiting) != NULL;) {
        parts->waiting = part->next;
        spill_close(execution, part->spill);
        part->next = parts->free;
        parts->free = part;
    }
}
