/* checkpoint.c: how does the state of all shards get into a file while they go on changing?
 *
 *   idle -> scanning -> settling -> finishing -> publishing -> idle
 *              |           |            |
 *              +-----------+------------+--> abandoning -> idle
 *
 *   scanning:   one block of items a step, two being written at most
 *   settling:   all items are taken; waits until the log is durable up to everything that they may contain
 *   finishing:  the block with TAIL is on its way
 *   publishing: sync, rename
 *
 *   (K1) start_lsn is taken before the first item: whatever is not in the items is in the log from there on.
 *   (K2) An item may be newer than the durable log; so the file is published only when the log has caught up, and
 *        end_lsn says how far a replay must get at least.
 *   (K3) Order of forgetting: published, then the log trimmed, to the start of the checkpoint before; then the ones
 *        before that removed. So a rotten newest checkpoint leaves an older one with all its log.
 *   (K4) The bytes of a block stay untouched until its write is done (wire/step.h, E3).
 */
#include "storage/checkpoint_private.h"
#include "storage/redo_private.h"

#include <inttypes.h>

#define KEPT_MAX    2    /* whole checkpoints on disk */
#define USELESS_MAX 2048 /* files to be removed with the next publishing */

enum checkpoint_state { IDLE, SCANNING, SETTLING, FINISHING, PUBLISHING, ABANDONING };

static const struct machine_state states[] = {
    [IDLE] = {"idle", TO(SCANNING)},
    [SCANNING] = {"scanning", TO(SETTLING) | TO(ABANDONING)},
    [SETTLING] = {"settling", TO(FINISHING) | TO(ABANDONING)},
    [FINISHING] = {"finishing", TO(PUBLISHING) | TO(ABANDONING)},
    [PUBLISHING] = {"publishing", TO(IDLE)},
    [ABANDONING] = {"abandoning", TO(IDLE)},
};

/* Tags: DISK_TAG_CHECKPOINT, kind << 32 | which. */
enum checkpoint_tag { TAG_BLOCK, TAG_PUBLISH, TAG_REMOVE };

enum block_place { BLOCK_INNER, BLOCK_LAST };

struct block_slot {
    uint8_t *bytes;
    size_t capacity;
    bool is_writing;
};
struct kept_checkpoint {
    uint64_t number, start_lsn;
};

struct checkpoint {
    struct checkpoint_options options;
    struct checkpoint_source source; /* of the running one */
    struct machine machine;          /* enum checkpoint_state */
    struct compressor *compressor;
    struct arena block_arena; /* dies with each block */
    struct buffer items;
    struct block_slot slots[CHECKPOINT_BLOCKS_MAX];
    uint64_t number; /* of the running one, or of the last */
    uint64_t start_lsn;
    uint64_t bytes; /* of the running file so far */
    uint32_t block_index;
    uint64_t next_us;                          /* when the next block may be made */
    uint64_t settle_positions[REDO_SLOTS_MAX]; /* by slot: to be synced before TAIL (K2) */
    uint64_t last_begin_lsn, last_bytes;
    uint64_t published_count;
    struct kept_checkpoint kept[KEPT_MAX]; /* newest first */
    uint32_t kept_count, useless_count;
    struct disk_file *useless;
};

struct checkpoint *checkpoint_open(struct arena *arena, const struct checkpoint_options *options) {
    CHECK(options->redo != NULL && options->source != NULL);
    struct checkpoint *checkpoint = arena_new(arena, struct checkpoint);
    checkpoint->options = *options;
    if (options->block_bytes == 0) checkpoint->options.block_bytes = CHECKPOINT_BLOCK_BYTES;
    if (options->log_bytes_min == 0) checkpoint->options.log_bytes_min = CHECKPOINT_LOG_BYTES_MIN;
    machine_open(&checkpoint->machine, states, IDLE);
    checkpoint->compressor = compressor_open(options->source);
    checkpoint->useless = arena_alloc(arena, USELESS_MAX * sizeof(struct disk_file));
    arena_open(&checkpoint->block_arena, options->source, 0);
    checkpoint->items = buffer_of(&checkpoint->block_arena);
    CHECK(checkpoint->compressor != NULL);
    return checkpoint;
}

void checkpoint_close(struct checkpoint *checkpoint) {
    CHECK(checkpoint->compressor != NULL);
    struct chunk_source *source = checkpoint->options.source;
    for (uint32_t i = 0; i < CHECKPOINT_BLOCKS_MAX; i++) {
        struct block_slot *slot = &checkpoint->slots[i];
        if (slot->bytes != NULL) source->give(source, slot->bytes, slot->capacity);
        slot->bytes = NULL;
    }
    arena_close(&checkpoint->block_arena);
    compressor_close(checkpoint->compressor);
    checkpoint->compressor = NULL;
}

static struct disk_file checkpoint_file(const struct checkpoint *checkpoint, uint64_t number) {
    CHECK(number > 0);
    return (struct disk_file){
        .kind = DISK_CHECKPOINT, .store = checkpoint->options.store, .number = number};
}

static uint64_t checkpoint_tag(enum checkpoint_tag kind, uint32_t which) {
    return disk_tag(DISK_TAG_CHECKPOINT, (uint64_t)kind << 32 | which);
}

/* ---- when ---- */

static uint64_t log_bytes_due(const struct checkpoint *checkpoint) {
    uint64_t least =
        MIN(checkpoint->options.log_bytes_min, checkpoint->options.redo->options.segment_bytes);
    CHECK(least > 0);
    return MAX(least, checkpoint->last_bytes / 2);
}

static uint64_t log_bytes_since(const struct checkpoint *checkpoint) {
    uint64_t lsn = redo_appended_lsn(checkpoint->options.redo);
    CHECK(lsn >= checkpoint->last_begin_lsn);
    return lsn - checkpoint->last_begin_lsn;
}

bool checkpoint_is_running(const struct checkpoint *checkpoint) {
    return checkpoint->machine.state != IDLE;
}

bool checkpoint_is_due(const struct checkpoint *checkpoint) {
    if (checkpoint_is_running(checkpoint)) return false;
    return log_bytes_since(checkpoint) >= log_bytes_due(checkpoint);
}

static struct block_slot *free_slot(struct checkpoint *checkpoint) {
    for (uint32_t i = 0; i < CHECKPOINT_BLOCKS_MAX; i++) {
        if (!checkpoint->slots[i].is_writing) return &checkpoint->slots[i];
    }
    return NULL;
}

static bool is_any_writing(const struct checkpoint *checkpoint) {
    for (uint32_t i = 0; i < CHECKPOINT_BLOCKS_MAX; i++) {
        if (checkpoint->slots[i].is_writing) return true;
    }
    return false;
}

/* (K2) The log is durable up to all that the items may contain. */
static bool is_settled(const struct checkpoint *checkpoint) {
    const struct redo *redo = checkpoint->options.redo;
    CHECK(checkpoint->machine.state == SETTLING);
    if (redo->lane.state == LANE_SETTLING || redo->lane.state == LANE_OPENING) return false;
    for (uint32_t i = 0; i < redo->slot_count; i++) {
        const struct redo_slot *slot = &redo->slots[i];
        if (slot->synced < checkpoint->settle_positions[i]) return false;
        bool is_note_open = slot->floor_lsn > 0 && slot->floor_lsn >= redo->synced_lsn;
        if (is_note_open) return false; /* the one that FLOOR names */
    }
    return true;
}

uint64_t checkpoint_deadline_us(const struct checkpoint *checkpoint) {
    bool has_slot = false;
    for (uint32_t i = 0; i < CHECKPOINT_BLOCKS_MAX; i++) {
        has_slot = has_slot || !checkpoint->slots[i].is_writing;
    }
    if (!has_slot) return UINT64_MAX;
    if (checkpoint->machine.state == SETTLING && is_settled(checkpoint)) return 0;
    return checkpoint->machine.state == SCANNING ? checkpoint->next_us : UINT64_MAX;
}

/* ---- making it ---- */

static void add_head(struct checkpoint *checkpoint) {
    const struct redo *redo = checkpoint->options.redo;
    struct item head = {.kind = ITEM_HEAD};
    head.head = (struct item_head){.format = 1,
                                   .store = checkpoint->options.store,
                                   .store_count = checkpoint->options.store_count,
                                   .number = checkpoint->number,
                                   .start_lsn = checkpoint->start_lsn};
    CHECK(checkpoint->items.size == 0);
    item_append(&checkpoint->items, &head);
    for (uint32_t i = 0; i < redo->slot_count; i++) {
        const struct redo_slot *slot = &redo->slots[i];
        struct item floor = {.kind = ITEM_FLOOR};
        floor.floor = (struct item_floor){.shard = slot->shard,
                                          .lsn = redo_slot_replay_lsn(redo, slot),
                                          .reset_number = slot->floor_number,
                                          .reset_follows = slot->floor_lsn};
        if (slot->shard == 0) {
            floor.floor.term = slot->term;
            floor.floor.position = slot->appended;
        }
        CHECK(floor.floor.lsn >= checkpoint->start_lsn);
        item_append(&checkpoint->items, &floor);
    }
}

void checkpoint_begin(struct checkpoint *checkpoint, const struct checkpoint_source *source,
                      uint64_t now_us, struct effects *out) {
    CHECK(!checkpoint_is_running(checkpoint));
    CHECK(source->next != NULL);
    machine_move(&checkpoint->machine, SCANNING);
    checkpoint->source = *source;
    checkpoint->number++;
    checkpoint->start_lsn = redo_replay_lsn(checkpoint->options.redo); /* (K1) */
    checkpoint->last_begin_lsn = redo_appended_lsn(checkpoint->options.redo);
    checkpoint->bytes = 0;
    checkpoint->block_index = 0;
    checkpoint->next_us = now_us;
    arena_reset(&checkpoint->block_arena);
    checkpoint->items = buffer_of(&checkpoint->block_arena);
    add_head(checkpoint);
    effects_deadline(out, checkpoint_deadline_us(checkpoint));
}

static void slot_fit(struct checkpoint *checkpoint, struct block_slot *slot, size_t size) {
    struct chunk_source *source = checkpoint->options.source;
    CHECK(!slot->is_writing);
    if (slot->capacity >= size && slot->capacity <= MAX(2 * size, MIB)) return;
    if (slot->bytes != NULL) source->give(source, slot->bytes, slot->capacity);
    slot->bytes = source->take(source, size);
    slot->capacity = size;
    CHECK(slot->bytes != NULL);
}

/* Writes the collected items as one block. */
static void write_block(struct checkpoint *checkpoint, enum block_place place,
                        struct effects *out) {
    struct block_slot *slot = free_slot(checkpoint);
    CHECK(slot != NULL);
    slot_fit(checkpoint, slot, block_bytes_max(checkpoint->items.size));
    struct block block = {.number = checkpoint->number,
                          .index = checkpoint->block_index++,
                          .is_last = place == BLOCK_LAST};
    size_t size =
        block_seal(&block, checkpoint->compressor, buffer_slice(&checkpoint->items), slot->bytes);
    CHECK(size <= slot->capacity);
    struct disk_op op = {.kind = DISK_WRITE,
                         .tag = checkpoint_tag(TAG_BLOCK, (uint32_t)(slot - checkpoint->slots)),
                         .file = checkpoint_file(checkpoint, checkpoint->number),
                         .offset = checkpoint->bytes,
                         .bytes = slice_of(slot->bytes, size)};
    effects_disk(out, &op);
    slot->is_writing = true;
    checkpoint->bytes += size;
    arena_reset(&checkpoint->block_arena);
    checkpoint->items = buffer_of(&checkpoint->block_arena);
}

/* (K2) What the rows hold now must be durable in the log before the file counts. */
static void settle(struct checkpoint *checkpoint, uint64_t now_us, struct effects *out) {
    struct redo *redo = checkpoint->options.redo;
    for (uint32_t i = 0; i < redo->slot_count; i++) {
        checkpoint->settle_positions[i] = redo->slots[i].applied;
        CHECK(redo->slots[i].applied <= redo->slots[i].appended);
    }
    for (uint32_t i = redo->slot_count; i < REDO_SLOTS_MAX; i++)
        checkpoint->settle_positions[i] = 0;
    machine_move(&checkpoint->machine, SETTLING);
    redo_want_sync(redo);
    redo_flush(redo, now_us, out);
}

static void scan(struct checkpoint *checkpoint, uint64_t now_us, struct effects *out) {
    CHECK(checkpoint->machine.state == SCANNING);
    size_t size = checkpoint->items.size;
    enum status status = checkpoint->source.next(checkpoint->source.context, &checkpoint->items,
                                                 checkpoint->options.block_bytes);
    CHECK(status == STATUS_OK || status == STATUS_END);
    CHECK(checkpoint->items.size >= size);
    bool hurries = log_bytes_since(checkpoint) > 2 * log_bytes_due(checkpoint);
    bool is_full = checkpoint->items.size >= checkpoint->options.block_bytes / 2;
    if (is_full) write_block(checkpoint, BLOCK_INNER, out);
    checkpoint->next_us = now_us + (is_full && !hurries ? CHECKPOINT_PAUSE_US : 0);
    if (status == STATUS_END) settle(checkpoint, now_us, out);
}

static void finish(struct checkpoint *checkpoint, struct effects *out) {
    struct item tail = {.kind = ITEM_TAIL};
    tail.tail = (struct item_tail){.end_lsn = redo_synced_lsn(checkpoint->options.redo),
                                   .block_count = checkpoint->block_index + 1};
    CHECK(tail.tail.end_lsn > 0);
    item_append(&checkpoint->items, &tail);
    write_block(checkpoint, BLOCK_LAST, out);
    machine_move(&checkpoint->machine, FINISHING);
}

static void publish(struct checkpoint *checkpoint, struct effects *out) {
    CHECK(!is_any_writing(checkpoint));
    struct disk_op op = {.kind = DISK_PUBLISH,
                         .tag = checkpoint_tag(TAG_PUBLISH, 0),
                         .file = checkpoint_file(checkpoint, checkpoint->number)};
    effects_disk(out, &op);
    machine_move(&checkpoint->machine, PUBLISHING);
}

static void remove_file(struct disk_file file, struct effects *out) {
    CHECK(file.number > 0);
    struct disk_op op = {.kind = DISK_REMOVE, .tag = checkpoint_tag(TAG_REMOVE, 0), .file = file};
    effects_disk(out, &op);
}

static void add_kept(struct checkpoint *checkpoint, struct kept_checkpoint kept) {
    CHECK(checkpoint->kept_count < KEPT_MAX);
    CHECK(checkpoint->kept_count == 0 || checkpoint->kept[0].number < kept.number);
    memmove(checkpoint->kept + 1, checkpoint->kept, checkpoint->kept_count * sizeof(kept));
    checkpoint->kept[0] = kept;
    checkpoint->kept_count++;
}

/* (K3) */
static void on_published(struct checkpoint *checkpoint, struct effects *out) {
    CHECK(checkpoint->machine.state == PUBLISHING);
    struct kept_checkpoint kept = {checkpoint->number, checkpoint->start_lsn};
    uint64_t trim_lsn = checkpoint->kept_count > 0 ? checkpoint->kept[0].start_lsn : kept.start_lsn;
    redo_trim(checkpoint->options.redo, trim_lsn, out);
    if (checkpoint->kept_count == KEPT_MAX) {
        uint64_t oldest = checkpoint->kept[--checkpoint->kept_count].number;
        remove_file(checkpoint_file(checkpoint, oldest), out);
    }
    add_kept(checkpoint, kept);
    for (uint32_t i = 0; i < checkpoint->useless_count; i++) {
        remove_file(checkpoint->useless[i], out);
    }
    checkpoint->useless_count = 0;
    checkpoint->last_bytes = checkpoint->bytes;
    checkpoint->published_count++;
    machine_move(&checkpoint->machine, IDLE);
    CHECK(checkpoint->kept_count > 0);
}

/* ---- ending it ---- */

static void abandon(struct checkpoint *checkpoint, struct effects *out) {
    CHECK(checkpoint->machine.state == ABANDONING);
    if (is_any_writing(checkpoint)) return;
    if (checkpoint->bytes > 0) remove_file(checkpoint_file(checkpoint, checkpoint->number), out);
    machine_move(&checkpoint->machine, IDLE);
    CHECK(!checkpoint_is_running(checkpoint));
}

void checkpoint_abandon(struct checkpoint *checkpoint, struct effects *out) {
    switch ((enum checkpoint_state)checkpoint->machine.state) {
    case SCANNING:
    case SETTLING:
    case FINISHING:
        machine_move(&checkpoint->machine, ABANDONING);
        abandon(checkpoint, out);
        return;
    case IDLE:
    case PUBLISHING: /* it is whole, and a replay comes to what was the reason */
    case ABANDONING: return;
    }
    UNREACHABLE();
}

static void on_done(struct checkpoint *checkpoint, const struct disk_done *done,
                    struct effects *out) {
    CHECK(disk_tag_owner(done->tag) == DISK_TAG_CHECKPOINT);
    switch ((enum checkpoint_tag)(done->tag >> 32 & 0xff)) {
    case TAG_BLOCK: {
        uint32_t which = (uint32_t)done->tag;
        CHECK(which < CHECKPOINT_BLOCKS_MAX && checkpoint->slots[which].is_writing);
        checkpoint->slots[which].is_writing = false;
        break;
    }
    case TAG_PUBLISH: on_published(checkpoint, out); break;
    case TAG_REMOVE: break;
    }
}

void checkpoint_step(struct checkpoint *checkpoint, const struct event *event,
                     struct effects *out) {
    CHECK(checkpoint->compressor != NULL);
    if (event->kind == EVENT_DISK_DONE &&
        disk_tag_owner(event->disk_done.tag) == DISK_TAG_CHECKPOINT) {
        on_done(checkpoint, &event->disk_done, out);
    }
    if (checkpoint->machine.state == SCANNING && free_slot(checkpoint) != NULL &&
        checkpoint->next_us <= event->now_us) {
        scan(checkpoint, event->now_us, out);
    }
    if (checkpoint->machine.state == SETTLING && free_slot(checkpoint) != NULL &&
        is_settled(checkpoint)) {
        finish(checkpoint, out);
    }
    if (checkpoint->machine.state == FINISHING && !is_any_writing(checkpoint)) {
        publish(checkpoint, out);
    }
    if (checkpoint->machine.state == ABANDONING) abandon(checkpoint, out);
    effects_deadline(out, checkpoint_deadline_us(checkpoint));
}

uint64_t checkpoint_published_count(const struct checkpoint *checkpoint) {
    return checkpoint->published_count;
}

/* ---- what recovery found ---- */

void checkpoint_adopt(struct checkpoint *checkpoint, const struct item_head *head, uint64_t bytes) {
    CHECK(!checkpoint_is_running(checkpoint));
    CHECK(checkpoint->kept_count == 0 && head->number > 0);
    add_kept(checkpoint, (struct kept_checkpoint){head->number, head->start_lsn});
    checkpoint->number = MAX(checkpoint->number, head->number);
    checkpoint->last_begin_lsn = head->start_lsn;
    checkpoint->last_bytes = bytes;
}

void checkpoint_adopt_useless(struct checkpoint *checkpoint, struct disk_file file) {
    CHECK(!checkpoint_is_running(checkpoint));
    bool is_ours = file.kind == DISK_CHECKPOINT && file.store == checkpoint->options.store;
    if (is_ours) checkpoint->number = MAX(checkpoint->number, file.number);
    CHECK(checkpoint->useless_count <= USELESS_MAX);
    if (checkpoint->useless_count < USELESS_MAX) {
        checkpoint->useless[checkpoint->useless_count++] = file;
    }
}

void checkpoint_adopt_log(struct checkpoint *checkpoint, uint64_t lsn) {
    CHECK(!checkpoint_is_running(checkpoint));
    CHECK(lsn > 0);
    checkpoint->last_begin_lsn = lsn;
}

void checkpoint_forget(struct checkpoint *checkpoint) {
    CHECK(!checkpoint_is_running(checkpoint));
    for (uint32_t i = 0; i < checkpoint->kept_count; i++) {
        checkpoint_adopt_useless(checkpoint,
                                 checkpoint_file(checkpoint, checkpoint->kept[i].number));
    }
    checkpoint->kept_count = 0;
    checkpoint->last_bytes = 0;
    CHECK(checkpoint->useless_count <= USELESS_MAX);
}

void checkpoint_describe(const struct checkpoint *checkpoint, struct buffer *json) {
    CHECK(json != NULL);
    buffer_printf(json,
                  "\"checkpoint_state\":\"%s\",\"checkpoint_number\":%" PRIu64
                  ",\"checkpoint_bytes\":%" PRIu64 ",\"checkpoints_published\":%" PRIu64,
                  machine_state_name(&checkpoint->machine), checkpoint->number, checkpoint->bytes,
                  checkpoint->published_count);
}
