/* backup.c: keeping and applying what the primary sends. See backup.h.
 *
 *   APPEND: does the record before the first one agree? -> cut what does not -> append -> (disk) -> CONFIRM
 *   what the APPEND reports confirmed, and what is known to agree, is applied
 */
#include "storage/backup.h"

#include "storage/participant.h"
#include "storage/store_private.h"

static void backup_confirm(struct shard *shard, enum status status, uint64_t position,
                           struct effects *out) {
    struct shard_following *following = &shard->following;
    CHECK(following->node != 0);
    struct message *message =
        shard_message(shard, MESSAGE_CONFIRM, following->node, shard->id, out);
    message->header.to_incarnation = following->incarnation;
    message->confirm = (struct confirm){.status = (uint8_t)status,
                                        .round = following->round,
                                        .position = position,
                                        .synced_position = MIN(shard->log.synced, position)};
    following->is_confirm_owed = false;
}

/* (B3) */
static uint64_t backup_kept(const struct shard *shard) {
    if (shard->following.is_hollow) return 0; /* (B4) */
    return MIN(shard->log.kept, shard->following.matched);
}

void backup_on_kept(struct shard *shard, struct effects *out) {
    CHECK(!shard_leads(shard));
    if (!shard->following.is_confirm_owed || shard->following.copy_stage == COPY_TAKING) return;
    if (shard->following.is_hollow) return;
    bool is_all = shard->log.kept >= shard->following.matched;
    uint64_t position = backup_kept(shard);
    if (position > shard->following.confirm_sent) {
        backup_confirm(shard, STATUS_OK, position, out);
        shard->following.confirm_sent = position;
        shard->following.is_confirm_owed = !is_all;
    }
}

/* Where the logs may agree when the record at `position` does not. */
static uint64_t backup_agree_at_most(const struct shard *shard, uint64_t position) {
    const struct shard_log *log = &shard->log;
    if (position > log->appended) return log->appended;
    uint64_t agreed = 0;
    for (uint32_t i = 0; i < log->term_count; i++)
        if (log->terms[i].first_position <= position) agreed = log->terms[i].first_position - 1;
    return MAX(agreed, log->confirmed); /* (B2) */
}

/* Appends the records that are not there; false: the bytes are no records. */
static bool backup_take_records(struct shard *shard, const struct append *append) {
    CHECK(append->first_position > 0);
    struct slice stream = append->records, bytes;
    struct record record;
    uint64_t position = append->first_position;
    for (uint32_t i = 0; i < append->record_count; i++, position++) {
        if (record_next(&stream, &bytes, &record) != STATUS_OK) return false;
        if (record.position != position || record.shard != shard->id || record_is_local(&record) ||
            record.term > shard->term)
            return false;
        if (position <= shard->log.appended) {
            if (shard_log_term(shard, position) == record.term) continue; /* it came before */
            if (position <= shard->log.confirmed) return false;           /* (B2) */
            shard_log_cut(shard, position - 1);
        }
        if (record.term < shard_log_term(shard, shard->log.appended)) return false;
        shard_log_append(shard, bytes);
    }
    return stream.size == 0;
}

/* A term that the configuration has not told us of yet is in force all the same (R2). */
static void backup_learn_term(struct shard *shard, const struct message *message,
                              struct effects *out) {
    CHECK(message->header.from_node != shard->store->options.node);
    shard_raise_term(shard, message->header.term, out);
    struct shard_following *following = &shard->following;
    if (following->node == message->header.from_node &&
        following->incarnation == message->header.from_incarnation &&
        following->term == message->header.term)
        return;
    following->node = message->header.from_node;
    following->incarnation = message->header.from_incarnation;
    following->term = message->header.term;
    following->matched = 0;
    following->round = 0;
    following->confirm_sent = 0;
}

/* A copy's rows are of one moment now: they may be kept. */
void backup_on_applied(struct shard *shard) {
    struct shard_following *following = &shard->following;
    if (following->copy_stage != COPY_FILLING || shard->log.applied < shard->log.reach) return;
    following->copy_stage = COPY_KEEPING;
    store_want_checkpoint(shard->store);
    following->copy_checkpoint = store_checkpoint_next(shard->store);
}

void backup_on_append(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(message->header.kind == MESSAGE_APPEND);
    const struct append *append = &message->append;
    struct shard_following *following = &shard->following;
    if (shard_term_is_old(shard, message->header.term)) { /* (B1) */
        struct message *refusal = shard_answer(shard, message, MESSAGE_CONFIRM, out);
        refusal->confirm.status = STATUS_OLD_TERM;
        refusal->confirm.round = append->round;
        return;
    }
    if (append->first_position == 0 || shard->role.state == SHARD_IDLE) return;
    backup_learn_term(shard, message, out);
    if (shard_leads(shard) || following->copy_stage == COPY_TAKING) return;
    following->round = MAX(following->round, append->round);
    following->heard_us = shard->store->now_us;
    uint64_t previous = append->first_position - 1;
    bool agrees = previous <= shard->log.appended &&
                  (previous == 0 || shard_log_term(shard, previous) == append->previous_term);
    if (!agrees) {
        backup_confirm(shard, STATUS_CORRUPT, backup_agree_at_most(shard, previous), out);
        return;
    }
    if (!backup_take_records(shard, append)) return;
    uint64_t last = previous + append->record_count;
    following->matched = MIN(MAX(following->matched, last), shard->log.appended);
    shard_on_confirmed(shard, MIN(append->confirmed_position, following->matched), out);
    backup_on_applied(shard);
    uint64_t kept = backup_kept(shard);
    bool is_answered_now = append->record_count == 0 || kept >= last || following->is_hollow;
    if (is_answered_now) { /* a hollow one says that it is there (B4) */
        backup_confirm(shard, STATUS_OK, kept, out);
        following->confirm_sent = MAX(following->confirm_sent, kept);
        following->is_confirm_owed = kept < following->matched;
    } else {
        following->is_confirm_owed = true;
    }
}

void backup_on_prove(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(message->header.kind == MESSAGE_PROVE);
    struct message *proven = shard_answer(shard, message, MESSAGE_PROVEN, out);
    bool knows_later = shard->term > message->header.term;
    proven->proven = (struct proven){.status = knows_later ? STATUS_OLD_TERM : STATUS_OK,
                                     .round = message->prove.round};
}

/* ---- joining ---- */

void backup_join(struct shard *shard, struct effects *out) {
    struct shard_following *following = &shard->following;
    uint16_t primary = shard->configured.primary;
    following->join_sent_us = MAX(shard->store->now_us, (uint64_t)1);
    if (primary == 0 || primary == shard->store->options.node) return;
    struct message *message = shard_message(shard, MESSAGE_JOIN, primary, shard->id, out);
    struct buffer history = buffer_of(out->arena);
    message->join.last_position = JOIN_NOTHING;
    if (!following->is_hollow) {
        message->join.last_position = shard->log.appended;
        for (uint32_t i = 0; i < shard->log.term_count; i++) {
            uint8_t entry[12];
            store_le32(entry, shard->log.terms[i].term);
            store_le64(entry + 4, shard->log.terms[i].first_position);
            buffer_append(&history, slice_of(entry, sizeof entry));
        }
    }
    CHECK(history.size % 12 == 0);
    message->header.request_id = following->join_sent_us; /* (B5) */
    message->join.term_history = buffer_slice(&history);
}

void backup_on_joined(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(message->header.kind == MESSAGE_JOINED);
    const struct joined *joined = &message->joined;
    struct shard_following *following = &shard->following;
    if (shard->role.state != SHARD_LEARNER || message->header.term < shard->term) return;
    if (joined->status != STATUS_OK) return;
    uint64_t request_id = message->header.request_id;
    if (request_id != following->join_sent_us || request_id == following->joined_us)
        return; /* (B5) */
    following->joined_us = request_id;
    backup_learn_term(shard, message, out);
    following->heard_us = shard->store->now_us;
    if (joined->copy) {
        following->copy_stage = COPY_TAKING;
        following->is_hollow = true;
        following->matched = 0;
        following->copy_part = 0;
        return;
    }
    if (joined->cut_position < following->matched) return; /* (B5) */
    if (joined->cut_position < shard->log.confirmed || joined->cut_position > shard->log.appended) {
        following->is_hollow = true; /* what it has applied never was: start over with a copy */
        following->join_sent_us = 0;
        return;
    }
    shard_log_cut(shard, joined->cut_position);
    following->copy_stage = COPY_NONE;
    following->matched = joined->cut_position;
}

/* ---- the copy ---- */

/* (B4) The first part begins with the shard's head: everything before it goes. */
static enum status backup_copy_begin(struct shard *shard, const struct item *item,
                                     struct effects *out) {
    CHECK(shard->following.copy_stage == COPY_TAKING);
    if (item->kind != ITEM_SHARD || item->shard.shard != shard->id) return STATUS_CORRUPT;
    store_abandon_checkpoint(shard->store, out);
    shard_forget(shard);
    return redo_reset(shard->store->redo, shard->id, item->shard.term, item->shard.position);
}

static enum status backup_take_items(struct shard *shard, const struct copy *copy,
                                     struct effects *out) {
    CHECK(shard->role.state == SHARD_LEARNER);
    struct slice stream = copy->items;
    struct item item;
    enum status status = STATUS_OK;
    bool is_first = copy->part_number == 1;
    while (status == STATUS_OK) {
        status = item_next(&stream, &item);
        if (status != STATUS_OK) break;
        if (is_first) status = backup_copy_begin(shard, &item, out);
        is_first = false;
        if (status == STATUS_OK) status = shard_apply_item(shard, &item);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

void backup_on_copy(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(message->header.kind == MESSAGE_COPY);
    const struct copy *copy = &message->copy;
    struct shard_following *following = &shard->following;
    if (shard->role.state != SHARD_LEARNER || following->copy_stage != COPY_TAKING) return;
    if (message->header.term != shard->term) return;
    if (message->header.request_id != following->joined_us) return; /* (B5): of an earlier copy */
    following->heard_us = shard->store->now_us;
    struct message *copied = shard_answer(shard, message, MESSAGE_COPIED, out);
    copied->copied.part_number = MIN(copy->part_number, following->copy_part);
    if (copy->part_number != following->copy_part + 1) return; /* repeated, or one is missing */
    enum status status = backup_take_items(shard, copy, out);
    copied->copied.status = (uint8_t)status;
    copied->copied.part_number = copy->part_number;
    if (status != STATUS_OK) {
        following->copy_stage = COPY_NONE;
        following->join_sent_us = 0; /* asks again */
        return;
    }
    following->copy_part = copy->part_number;
    if (!copy->last) return;
    following->copy_stage = COPY_FILLING;
    following->matched = shard->log.appended;
    following->is_confirm_owed = true;
    backup_on_applied(shard);
}

/* ---- time ---- */

void backup_on_checkpoint(struct shard *shard, struct effects *out) {
    struct shard_following *following = &shard->following;
    if (following->copy_stage != COPY_KEEPING) return;
    if (store_checkpoint_count(shard->store) < following->copy_checkpoint) return;
    following->is_hollow = false; /* (B4) */
    following->copy_stage = COPY_NONE;
    following->heard_us = shard->store->now_us;
    following->is_confirm_owed = true;
    if (following->node != 0 && !shard_leads(shard)) backup_on_kept(shard, out);
}

/* When it asks to join (again). A whole copy is not asked for again while its checkpoint is made, however silent an idle
 * primary is: the next copy would begin that checkpoint anew, and so on for ever. */
static uint64_t backup_join_at(const struct shard *shard) {
    const struct shard_following *following = &shard->following;
    if (shard->role.state != SHARD_LEARNER) return UINT64_MAX;
    if (following->join_sent_us == 0) return 0;
    if (following->copy_stage == COPY_KEEPING) return UINT64_MAX;
    return MAX(following->join_sent_us, following->heard_us) + BACKUP_JOIN_US;
}

void backup_on_deadline(struct shard *shard, struct effects *out) {
    CHECK(shard->store->is_recovered);
    if (shard->store->now_us >= backup_join_at(shard)) backup_join(shard, out);
}

uint64_t backup_deadline(const struct shard *shard) {
    uint64_t at_us = backup_join_at(shard);
    return at_us == UINT64_MAX ? at_us : MAX(at_us, shard->store->now_us);
}
