/* shard_log.c: a replica's log: appended, kept, confirmed, applied, in this order (S1).
 *
 *   tail:  | applied | confirmed | kept ... | appended |
 *            forgotten  waits for   may still be cut (R4)
 *            in time    its turn
 *
 * A record goes to redo at once; while redo has no room it waits in the tail, so an append never fails. On a primary
 * the waiter of a position does what its record says; positions without one are applied as a backup applies them.
 */
#include "storage/coordinator.h"
#include "storage/participant.h"
#include "storage/replica.h"
#include "storage/store_private.h"
#include "storage/system_shard.h"

#define TAIL_BYTES_KEPT   ((size_t)8 << 20)   /* for peers that were away for a moment */
#define APPLY_RECORDS_MAX 256                 /* a step */
#define APPLY_BYTES_MAX   ((size_t)256 << 10) /* a step; one record may be longer */

void shard_log_begin_term(struct shard *shard, uint32_t term, uint64_t first_position) {
    struct shard_log *log = &shard->log;
    if (log->term_count > 0 && log->terms[log->term_count - 1].term >= term) return;
    if (log->term_count == SHARD_TERMS_MAX) {
        memmove(log->terms, log->terms + 1, (SHARD_TERMS_MAX - 1) * sizeof *log->terms);
        log->term_count--;
    }
    CHECK(term > 0);
    log->terms[log->term_count++] = (struct shard_term){term, first_position};
}

uint32_t shard_log_term(const struct shard *shard, uint64_t position) {
    const struct shard_log *log = &shard->log;
    for (uint32_t i = log->term_count; i > 0; i--)
        if (log->terms[i - 1].first_position <= position) return log->terms[i - 1].term;
    return 0;
}

void shard_log_feed(struct shard *shard) {
    struct shard_log *log = &shard->log;
    CHECK(log->fed <= log->appended);
    while (log->fed < log->appended && redo_has_room(shard->store->redo)) {
        enum status status =
            redo_append(shard->store->redo, log_tail_record(&log->tail, log->fed + 1));
        CHECK(status == STATUS_OK); /* there was room, and the size was checked when it was built */
        log->fed++;
        store_want_turn_end(shard->store);
    }
}

void shard_log_append(struct shard *shard, struct slice record) {
    struct shard_log *log = &shard->log;
    uint32_t term = load_le32(record.data + 12);
    log_tail_append(&log->tail, record);
    log->appended++;
    CHECK(log->tail.last == log->appended);
    shard_log_begin_term(shard, term, log->appended);
    if (log->fed + 1 == log->appended && redo_has_room(shard->store->redo)) {
        enum status status = redo_append(shard->store->redo, record);
        CHECK(status == STATUS_OK);
        log->fed++;
    }
    store_want_turn_end(shard->store);
}

void shard_log_cut(struct shard *shard, uint64_t position) {
    struct shard_log *log = &shard->log;
    CHECK(position >= log->confirmed && position >= log->applied); /* R3 */
    if (position >= log->appended) return;
    log_tail_cut(&log->tail, position);
    log->appended = position;
    while (log->term_count > 0 && log->terms[log->term_count - 1].first_position > position)
        log->term_count--;
    if (log->fed > position) {
        enum status status =
            redo_cut(shard->store->redo, shard->id, shard_log_term(shard, position), position);
        if (status != STATUS_OK) shard->store->stop_reason = "the log has no room for a cut";
        log->fed = position;
    }
    log->kept = MIN(log->kept, position);
    log->synced = MIN(log->synced, position);
    shard->following.matched = MIN(shard->following.matched, position);
}

uint64_t shard_log_common(const struct shard *shard, struct slice term_history,
                          uint64_t last_position) {
    const struct shard_log *log = &shard->log;
    CHECK(term_history.size % 12 == 0);
    uint64_t common = 0;
    size_t count = term_history.size / 12;
    for (size_t i = 0; i < count; i++) {
        uint32_t term = load_le32(term_history.data + 12 * i);
        uint64_t first = load_le64(term_history.data + 12 * i + 4);
        uint64_t last =
            i + 1 < count ? load_le64(term_history.data + 12 * (i + 1) + 4) - 1 : last_position;
        for (uint32_t j = 0; j < log->term_count; j++) {
            if (log->terms[j].term != term || log->terms[j].first_position != first) continue;
            uint64_t ours =
                j + 1 < log->term_count ? log->terms[j + 1].first_position - 1 : log->appended;
            common = MAX(common, MIN(last, ours));
        }
    }
    CHECK(common <= log->appended);
    return common;
}

/* ---- confirmed positions ---- */

void shard_wait_for_log(struct shard *shard, struct log_waiter *waiter, enum log_waiter_kind kind) {
    waiter->position = shard->log.appended;
    waiter->kind = kind;
    CHECK(waiter->position > shard->log.confirmed || shard->log.confirmed == 0);
    list_push_last(&shard->log_waiters, &waiter->link);
}

static struct log_waiter *log_waiter_at(struct shard *shard, uint64_t position) {
    struct list_link *link = list_first(&shard->log_waiters);
    if (link == NULL) return NULL;
    struct log_waiter *waiter = CONTAINER_OF(link, struct log_waiter, link);
    CHECK(waiter->position >= position); /* (S3) */
    return waiter->position == position ? waiter : NULL;
}

static bool waiter_is_of_transaction(const struct log_waiter *waiter) {
    return waiter->kind == WAITER_COMMIT || waiter->kind == WAITER_PREPARE ||
           waiter->kind == WAITER_COMPLETE;
}

static void log_waiter_notify(struct shard *shard, struct log_waiter *waiter, struct effects *out) {
    CHECK(!list_holds(&waiter->link));
    switch (waiter->kind) {
    case WAITER_COMMIT:
    case WAITER_PREPARE:
    case WAITER_COMPLETE: participant_on_confirmed(shard, waiter, out); return;
    case WAITER_TOMBSTONE: coordinator_on_confirmed(shard, waiter, out); return;
    case WAITER_SCHEMA: shard_on_schema_confirmed(shard, waiter, out); return;
    case WAITER_TERM: shard_on_term_confirmed(shard, out); return;
    case WAITER_COUNTER:
    case WAITER_SEQUENCE: system_on_confirmed(shard, waiter, out); return;
    }
    UNREACHABLE();
}

/* The record at the next position, by its waiter or by its bytes. */
static bool shard_log_apply_next(struct shard *shard, struct effects *out) {
    CHECK(shard->log.applied < shard->log.confirmed);
    struct shard_log *log = &shard->log;
    uint64_t position = log->applied + 1;
    struct log_waiter *waiter = log_waiter_at(shard, position);
    if (waiter == NULL || !waiter_is_of_transaction(waiter)) {
        struct record record;
        struct slice bytes = log_tail_record(&log->tail, position);
        if (record_decode(bytes, &record) != STATUS_OK ||
            shard_apply_record(shard, &record, bytes) != STATUS_OK) {
            shard->store->stop_reason = "a record of the log cannot be applied";
            return false;
        }
    }
    log->applied = position;
    if (waiter != NULL) {
        list_remove(&waiter->link);
        log_waiter_notify(shard, waiter, out);
    }
    return true;
}

static size_t tail_bytes(const struct shard *shard) {
    uint32_t bytes = shard->store->options.tail_bytes;
    return bytes == 0 ? TAIL_BYTES_KEPT : bytes;
}

bool shard_log_apply(struct shard *shard, struct effects *out) {
    struct shard_log *log = &shard->log;
    CHECK(log->applied <= log->confirmed && log->confirmed <= log->appended);
    /* What a copy brings comes first; see backup_on_copy. */
    if (shard->following.copy_stage == COPY_TAKING) return true;
    uint64_t until =
        MIN(log->confirmed, log->fed); /* what rows hold is in redo, for a checkpoint */
    size_t bytes = 0;
    for (uint32_t i = 0; i < APPLY_RECORDS_MAX && log->applied < until; i++) {
        bytes += log_tail_record(&log->tail, log->applied + 1).size;
        if (bytes > APPLY_BYTES_MAX && i > 0) break;
        if (!shard_log_apply_next(shard, out)) return true;
    }
    redo_applied(shard->store->redo, shard->id, log->applied);
    uint64_t needed = replica_tail_needed(shard);
    log_tail_trim(&log->tail, MIN(log->applied, needed),
                  shard->configured.replica_count > 1 || needed < log->applied ? tail_bytes(shard)
                                                                               : 0);
    if (log->applied == until) return true;
    store_want_turn_end(shard->store);
    return false;
}

/* ---- recovery: the log is there already ---- */

static enum status shard_log_recover_confirmed(struct shard *shard, uint64_t position) {
    struct shard_log *log = &shard->log;
    log->confirmed = MAX(log->confirmed, MIN(position, log->appended));
    while (log->applied < log->confirmed) {
        struct record record;
        struct slice bytes = log_tail_record(&log->tail, log->applied + 1);
        enum status status = record_decode(bytes, &record);
        if (status == STATUS_OK) status = shard_apply_record(shard, &record, bytes);
        if (status != STATUS_OK) return status;
        log->applied++;
    }
    log_tail_trim(&log->tail, log->applied, tail_bytes(shard));
    return STATUS_OK;
}

static void shard_log_recover_reset(struct shard *shard, uint64_t position) {
    shard_forget(shard);
    struct shard_log *log = &shard->log;
    log->appended = log->fed = log->kept = log->synced = position;
    log->confirmed = log->applied = position;
    log_tail_reset(&log->tail, position);
    shard->following.is_hollow = true; /* until a checkpoint behind the copy says otherwise */
    CHECK(log->tail.last == log->appended);
}

enum status shard_log_recover(struct shard *shard, const struct record *record,
                              struct slice bytes) {
    CHECK(!shard_leads(shard) && list_is_empty(&shard->log_waiters));
    struct shard_log *log = &shard->log;
    switch ((enum record_kind)record->kind) {
    case RECORD_CONFIRMED: return shard_log_recover_confirmed(shard, record->position);
    case RECORD_CUT:
        if (record->position >= log->appended) return STATUS_OK;
        if (record->position < log->applied) return STATUS_CORRUPT;
        log->confirmed = MIN(log->confirmed, record->position);
        log->fed = record->position; /* redo knows */
        shard_log_cut(shard, record->position);
        log->fed = log->appended;
        return STATUS_OK;
    case RECORD_RESET: shard_log_recover_reset(shard, record->position); return STATUS_OK;
    case RECORD_OPENED: return STATUS_OK;
    default: break;
    }
    if (record->position <= log->appended) return STATUS_OK; /* the checkpoint has it */
    if (record->position != log->appended + 1) return STATUS_CORRUPT;
    log_tail_append(&log->tail, bytes);
    log->appended = log->fed = log->kept = log->synced = record->position;
    shard_log_begin_term(shard, record->term, record->position);
    return STATUS_OK;
}

void shard_on_confirmed(struct shard *shard, uint64_t position, struct effects *out) {
    struct shard_log *log = &shard->log;
    CHECK(position <= log->appended);
    if (position <= log->confirmed) return;
    log->confirmed = position;
    (void)shard_log_apply(shard, out);
}
