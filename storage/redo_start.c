/* redo_start.c: what does the log know of its own past after a restart?
 *
 * Recovery reads checkpoint and log and tells the redo what it finds; then the log goes on.
 *   (T1) The base of a shard is what its checkpoint holds. In the log its first record may be older,
 *        and a CUT of that time may go below the base; the sink hears of what is above it alone. In the
 *        end each shard is at least where its checkpoint was.
 *   (T2) A checkpoint names, for each shard, the batch with which its own part of the replay begins:
 *        there its positions go on from, or below, what the checkpoint holds. In earlier batches there
 *        may be records that a CUT or RESET voided before the checkpoint began. In the batch of the
 *        last RESET before it, all up to that note is skipped: the checkpoint has what replaced it.
 *   (T3) What was read may not be durable yet (only the process died): nothing is reported synced before the segment
 *        is synced and the opening batch with it.
 */
#include "storage/redo_private.h"

static enum status slot_add(struct redo *redo, uint16_t shard, struct redo_slot **slot_out) {
    CHECK(redo->lane.state == LANE_RECOVERING);
    if (redo_shard_add(redo, shard) != STATUS_OK) return STATUS_CORRUPT;
    *slot_out = redo_slot_of(redo, shard);
    CHECK(*slot_out != NULL);
    return STATUS_OK;
}

enum status redo_recovered_shard(struct redo *redo, uint16_t shard, uint32_t term,
                                 uint64_t position) {
    struct redo_slot *slot;
    enum status status = slot_add(redo, shard, &slot);
    if (status != STATUS_OK) return status;
    CHECK(slot->shard == shard);
    slot->term = term;
    slot->appended = slot->base = slot->reach = position;
    slot->base_term = term;
    slot->applied = 0;
    return STATUS_OK;
}

enum status redo_recovered_floor(struct redo *redo, const struct item_floor *floor) {
    struct redo_slot *slot;
    enum status status = slot_add(redo, floor->shard, &slot);
    if (status != STATUS_OK || floor->lsn == 0) return STATUS_CORRUPT;
    CHECK(slot->shard == floor->shard);
    slot->replay_lsn = floor->lsn;
    slot->floor_lsn = floor->reset_follows;
    slot->floor_number = floor->reset_number;
    slot->is_floor_ahead = floor->reset_number > 0;
    slot->appended = slot->base = slot->reach = floor->position;
    slot->term = slot->base_term = floor->term;
    redo->reset_number = MAX(redo->reset_number, floor->reset_number);
    return STATUS_OK;
}

enum status redo_recovered_reach(struct redo *redo, uint16_t shard, uint64_t position) {
    struct redo_slot *slot = redo_slot_of(redo, shard);
    CHECK(redo->lane.state == LANE_RECOVERING);
    if (slot == NULL || position < slot->reach) return STATUS_CORRUPT;
    CHECK(slot->applied <= slot->appended);
    slot->reach = position;
    return STATUS_OK;
}

void redo_recovered_batch(struct redo *redo, uint64_t lsn) {
    struct redo_mark *mark = redo_map_add_mark(&redo->map, lsn);
    if (mark == NULL) return;
    CHECK(mark->lsn == lsn);
    for (uint32_t i = 0; i < redo->slot_count; i++) {
        const struct redo_slot *slot = &redo->slots[i];
        CHECK(redo->lane.state == LANE_RECOVERING);
        mark->next_position[i] = slot->readable_from == 0 ? 0 : slot->appended + 1;
    }
}

static void slot_void(struct redo *redo, struct redo_slot *slot, uint64_t lsn, uint64_t valid) {
    uint32_t index = (uint32_t)(slot - redo->slots);
    CHECK(index < redo->slot_count);
    struct redo_cut cut = {.slot = index, .lsn = lsn, .position = valid}, forgotten;
    redo_map_add_cut(&redo->map, &cut, &forgotten);
    if (forgotten.lsn == 0) return;
    struct redo_slot *other = &redo->slots[forgotten.slot];
    other->readable_lsn = MAX(other->readable_lsn, forgotten.lsn);
}

/* (T1) A cut below the base voids, for the sink, what it has above the base. */
static enum status slot_on_cut(struct redo *redo, struct redo_slot *slot, uint64_t lsn,
                               struct record *note) {
    CHECK(note->kind == RECORD_CUT);
    if (note->position > slot->appended || note->position < slot->applied) return STATUS_CORRUPT;
    slot_void(redo, slot, lsn, note->position);
    if (slot->readable_from == 0) slot->readable_from = note->position + 1;
    slot->appended = note->position;
    slot->term = note->term;
    CHECK(slot->applied <= slot->appended);
    if (note->position < slot->base) {
        note->position = slot->base;
        note->term = slot->base_term;
    }
    return STATUS_OK;
}

static enum status slot_on_reset(struct redo *redo, struct redo_slot *slot,
                                 const struct redo_place *place, const struct record *note) {
    CHECK(note->kind == RECORD_RESET);
    redo->reset_number = MAX(redo->reset_number, note->reset.number);
    bool is_floor = slot->is_floor_ahead && note->reset.number == slot->floor_number;
    slot_void(redo, slot, place->lsn, 0);
    slot->floor_lsn = place->follows;
    slot->floor_number = note->reset.number;
    slot->appended = slot->applied = note->position;
    slot->term = note->term;
    slot->readable_from = note->position + 1;
    slot->is_floor_ahead = false;
    CHECK(slot->applied <= slot->appended);
    if (is_floor) return STATUS_END; /* (T2): the checkpoint has what the copy brought */
    slot->base = note->position;
    slot->base_term = note->term;
    slot->reach = 0;
    return STATUS_OK;
}

static enum status slot_on_record(struct redo_slot *slot, const struct record *record) {
    CHECK(!record_is_local(record));
    CHECK(record->position > 0);
    if (slot->readable_from == 0) { /* (T1) */
        if (record->position > slot->appended + 1) return STATUS_CORRUPT;
        slot->readable_from = record->position;
    } else if (record->position != slot->appended + 1 || record->term < slot->term) {
        return STATUS_CORRUPT;
    }
    slot->appended = record->position;
    slot->term = record->term;
    return record->position <= slot->base ? STATUS_END : STATUS_OK;
}

static enum status slot_on_confirmed(struct redo_slot *slot, const struct record *note) {
    CHECK(note->kind == RECORD_CONFIRMED);
    CHECK(note->shard == slot->shard);
    if (note->position > MAX(slot->appended, slot->reach)) return STATUS_CORRUPT;
    slot->applied = MAX(slot->applied, note->position);
    return note->position <= slot->base ? STATUS_END : STATUS_OK;
}

enum status redo_recovered_record(struct redo *redo, const struct redo_place *place,
                                  struct record *record) {
    CHECK(place->follows <= place->lsn);
    if (record->kind == RECORD_OPENED) return STATUS_END;
    struct redo_slot *slot;
    enum status status = slot_add(redo, record->shard, &slot);
    if (status != STATUS_OK) return status;
    if (place->batch_lsn < slot->replay_lsn) return STATUS_END; /* (T2) */
    if (slot->is_floor_ahead && place->follows == slot->floor_lsn) {
        bool is_floor = record->kind == RECORD_RESET && record->reset.number == slot->floor_number;
        if (!is_floor) return STATUS_END;
    }
    if (record->kind == RECORD_CONFIRMED) return slot_on_confirmed(slot, record);
    if (record->kind == RECORD_CUT) return slot_on_cut(redo, slot, place->lsn, record);
    if (record->kind == RECORD_RESET) return slot_on_reset(redo, slot, place, record);
    return slot_on_record(slot, record);
}

bool redo_recovered_confirmed(struct redo *redo, uint32_t index, struct record *note_out) {
    CHECK(redo->lane.state == LANE_RECOVERING);
    CHECK(index < redo->slot_count);
    const struct redo_slot *slot = &redo->slots[index];
    if (slot->reach <= slot->applied) return false;
    *note_out = (struct record){.kind = RECORD_CONFIRMED,
                                .shard = slot->shard,
                                .term = slot->term,
                                .position = slot->reach};
    return slot->reach > slot->base;
}

bool redo_recovered_is_whole(const struct redo *redo) {
    CHECK(redo->lane.state == LANE_RECOVERING);
    for (uint32_t i = 0; i < redo->slot_count; i++) {
        const struct redo_slot *slot = &redo->slots[i];
        if (slot->appended < MAX(slot->applied, slot->reach)) return false; /* (T1) */
    }
    return true;
}

void redo_recovered_forget(struct redo *redo) {
    CHECK(redo->lane.state == LANE_RECOVERING);
    memset(redo->slots, 0, sizeof(redo->slots));
    redo->slot_count = 0;
    redo->reset_number = 0;
    redo->map.mark_count = redo->map.cut_count = 0;
    CHECK(redo->fills[redo->filling].record_count == 0);
}

void redo_start(struct redo *redo, uint64_t lsn, uint32_t epoch, struct effects *out) {
    CHECK(redo->lane.state == LANE_RECOVERING);
    CHECK(lsn >= redo->map.segment_bytes && lsn % BATCH_SECTOR_BYTES == 0 && epoch > 0);
    redo->epoch = epoch;
    redo->append_lsn = redo->writing_lsn = redo->written_lsn = lsn;
    for (uint32_t i = 0; i < redo->slot_count; i++) {
        struct redo_slot *slot = &redo->slots[i];
        CHECK(MAX(slot->applied, slot->reach) <= slot->appended);
        slot->applied = MAX(slot->applied, slot->reach);
        if (slot->readable_from == 0) slot->readable_from = slot->appended + 1;
        slot->writing = slot->written = slot->appended;
        slot->syncing = slot->synced = slot->noted = 0; /* (T3) */
    }
    redo_settle(redo, out);
}
