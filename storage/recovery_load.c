/* recovery_load.c: how does a checkpoint become rows again?
 *
 *   (L1) Blocks come in order, each whole, of this checkpoint; the first begins with HEAD, the last ends with TAIL.
 *        Anything else makes the file bad (Y3). Published files are whole, so it is rot, or a block lost by the disk.
 *   (L2) Items go to the sink as their block is verified: a file that proves bad later is forgotten whole.
 *   (L3) Without any checkpoint the log must begin at its very first lsn.
 */
#include "storage/recovery_private.h"

static void replay_from(struct recovery *recovery, uint64_t lsn, struct effects *out) {
    CHECK(lsn > 0);
    recovery->lsn = recovery->end_lsn = lsn;
    recovery->is_first = true;
    recovery->epoch = 0;
    recovery->last_file = UINT32_MAX;
    machine_move(&recovery->machine, RECOVERY_REPLAYING);
    recovery_replay(recovery, out);
}

/* (L3) */
static void without_checkpoint(struct recovery *recovery, uint32_t bad_count, struct effects *out) {
    recovery->checkpoint_file = recovery->file_count;
    recovery->place.file_index = recovery->file_count;
    if (bad_count > 0) {
        recovery_damaged(recovery, "no checkpoint is whole");
        return;
    }
    for (uint32_t i = 0; i < recovery->file_count; i++) {
        const struct found_file *file = &recovery->files[i];
        CHECK(file->file.kind == DISK_LOG);
        replay_from(recovery, recovery->options.redo->map.segment_bytes, out);
        return;
    }
    recovery->end_lsn = 0; /* an empty disk */
    recovery->last_file = UINT32_MAX;
    recovery_log_done(recovery, out);
}

static void load_read(struct recovery *recovery, struct effects *out) {
    CHECK(recovery->machine.state == RECOVERY_LOADING);
    recovery->place.size = MAX(recovery->bytes_wanted, RECOVERY_READ_BYTES);
    CHECK(recovery->place.file_index == recovery->checkpoint_file);
    recovery_read(recovery, out);
}

void recovery_load(struct recovery *recovery, struct effects *out) {
    uint32_t best = recovery->file_count;
    uint32_t bad_count = 0;
    machine_move(&recovery->machine, RECOVERY_LOADING);
    for (uint32_t i = 0; i < recovery->file_count; i++) {
        const struct found_file *file = &recovery->files[i];
        CHECK(file->file.number > 0);
        if (file->file.kind != DISK_CHECKPOINT) continue;
        bad_count += file->is_bad;
        if (file->is_bad) continue;
        if (best == recovery->file_count || recovery->files[best].file.number < file->file.number) {
            best = i;
        }
    }
    recovery->head = (struct item_head){0};
    recovery->tail = (struct item_tail){0};
    recovery->block_index = 0;
    recovery->bytes_wanted = 0;
    recovery->is_in_shard = false;
    recovery->end_lsn = 0;
    if (best == recovery->file_count) {
        without_checkpoint(recovery, bad_count, out);
        return;
    }
    recovery->checkpoint_file = best;
    recovery->place = (struct recovery_place){.file_index = best};
    load_read(recovery, out);
}

static void load_failed(struct recovery *recovery, struct effects *out) {
    CHECK(recovery->machine.state == RECOVERY_LOADING);
    CHECK(!recovery->files[recovery->checkpoint_file].is_bad);
    recovery->files[recovery->checkpoint_file].is_bad = true;
    recovery->place.file_index = recovery->checkpoint_file;
    recovery_restart(recovery, out);
}

static enum status begin_shard(struct recovery *recovery, const struct item_shard *shard) {
    struct redo *redo = recovery->options.redo;
    if (recovery->is_in_shard) return STATUS_CORRUPT;
    recovery->is_in_shard = true;
    recovery->shard = shard->shard;
    CHECK(redo->lane.state == LANE_RECOVERING);
    return redo_recovered_shard(redo, shard->shard, shard->term, shard->position);
}

static enum status end_shard(struct recovery *recovery, const struct item_shard_end *end) {
    if (!recovery->is_in_shard || recovery->shard != end->shard) return STATUS_CORRUPT;
    recovery->is_in_shard = false;
    return redo_recovered_reach(recovery->options.redo, end->shard, end->position);
}

static enum status take_head(struct recovery *recovery, const struct item_head *head) {
    const struct disk_file *file = &recovery->files[recovery->checkpoint_file].file;
    CHECK(file->kind == DISK_CHECKPOINT);
    bool fits = head->format == 1 && head->number == file->number && head->store == file->store &&
                head->start_lsn > 0 && recovery->head.number == 0;
    if (!fits) return STATUS_CORRUPT;
    recovery->head = *head;
    return STATUS_OK;
}

static enum status take_item(struct recovery *recovery, const struct item *item) {
    const struct recovery_sink *sink = &recovery->options.sink;
    if (item->kind == ITEM_HEAD) return take_head(recovery, &item->head);
    if (recovery->head.number == 0 || recovery->tail.end_lsn != 0) return STATUS_CORRUPT; /* (L1) */
    CHECK(item->kind != 0);
    enum status status = STATUS_OK;
    switch ((enum item_kind)item->kind) {
    case ITEM_TAIL:
        recovery->tail = item->tail;
        return recovery->is_in_shard || item->tail.end_lsn == 0 ? STATUS_CORRUPT : STATUS_OK;
    case ITEM_FLOOR: return redo_recovered_floor(recovery->options.redo, &item->floor);
    case ITEM_SHARD: status = begin_shard(recovery, &item->shard); break;
    case ITEM_SHARD_END: status = end_shard(recovery, &item->shard_end); break;
    case ITEM_HEAD:
    case ITEM_TABLE:
    case ITEM_ROW:
    case ITEM_PREPARED:
    case ITEM_OUTCOME:
    case ITEM_MARK:
    case ITEM_ENDED:
    case ITEM_TERM:
    case ITEM_COUNTER:
    case ITEM_SEQUENCE: status = recovery->is_in_shard ? STATUS_OK : STATUS_CORRUPT; break;
    case ITEM_REVISION: status = recovery->is_in_shard ? STATUS_CORRUPT : STATUS_OK; break;
    }
    if (status != STATUS_OK) return status;
    recovery->totals.item_count++;
    uint16_t shard = item->kind == ITEM_REVISION ? 0 : recovery->shard;
    return sink->apply_item(sink->context, shard, item);
}

/* (L2) */
static enum status take_block(struct recovery *recovery, const struct block *block,
                              struct slice bytes) {
    struct slice items;
    struct item item;
    CHECK(block->index == recovery->block_index);
    arena_reset(&recovery->block_arena);
    enum status status =
        block_unpack(block, bytes, recovery->compressor, &recovery->block_arena, &items);
    while (status == STATUS_OK) {
        status = item_next(&items, &item);
        if (status == STATUS_END) break;
        if (status == STATUS_OK) status = take_item(recovery, &item);
    }
    if (status != STATUS_END) return STATUS_CORRUPT;
    recovery->block_index++;
    bool has_tail = recovery->tail.end_lsn != 0;
    if (has_tail != (block->is_last == 1)) return STATUS_CORRUPT;
    if (has_tail && recovery->tail.block_count != recovery->block_index) return STATUS_CORRUPT;
    CHECK(recovery->head.number != 0 || recovery->block_index > 0);
    return STATUS_OK;
}

/* Blocks that are whole in `bytes`; END: more must be read. */
static enum status take_blocks(struct recovery *recovery, struct slice bytes) {
    while (recovery->tail.end_lsn == 0) {
        struct block block;
        recovery->bytes_wanted = BLOCK_HEADER_BYTES;
        if (bytes.size < BLOCK_HEADER_BYTES) return STATUS_END;
        if (block_read_header(bytes, &block) != STATUS_OK) return STATUS_CORRUPT;
        const struct disk_file *file = &recovery->files[recovery->checkpoint_file].file;
        if (block.number != file->number || block.index != recovery->block_index) {
            return STATUS_CORRUPT;
        }
        recovery->bytes_wanted = BLOCK_HEADER_BYTES + (uint64_t)block.stored_bytes;
        if (bytes.size < recovery->bytes_wanted) return STATUS_END;
        if (!block_is_whole(&block, bytes)) return STATUS_CORRUPT;
        enum status status = take_block(recovery, &block, bytes);
        if (status != STATUS_OK) return status;
        CHECK(recovery->bytes_wanted > BLOCK_HEADER_BYTES);
        recovery->place.offset += recovery->bytes_wanted;
        bytes = slice_part(bytes, recovery->bytes_wanted, bytes.size - recovery->bytes_wanted);
    }
    return STATUS_OK;
}

void recovery_on_block(struct recovery *recovery, const struct disk_done *done,
                       struct effects *out) {
    CHECK(recovery->place.file_index == recovery->checkpoint_file);
    if (done->status != STATUS_OK) {
        load_failed(recovery, out);
        return;
    }
    bool at_end = done->bytes.size < recovery->place.size;
    enum status status = take_blocks(recovery, done->bytes);
    if (recovery->head.number > 0 && recovery->head.store_count != recovery->options.store_count) {
        recovery_refuse(recovery);
    } else if (status == STATUS_CORRUPT || (status == STATUS_END && at_end)) {
        load_failed(recovery, out); /* (L1) */
    } else if (status == STATUS_END) {
        load_read(recovery, out);
    } else {
        CHECK(recovery->tail.end_lsn > 0);
        replay_from(recovery, recovery->head.start_lsn, out);
    }
}
