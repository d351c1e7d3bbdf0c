/* coordinator.c: finishing what a SQL daemon left behind, and answering those who ask.
 *
 *   orphan (of a transaction prepared here): | first shard asked | participants known: all asked | decided |
 *   asker (of any transaction): waits until what is appended here is confirmed (CO4)
 *   tombstone: appended where a prepare is missing, by whoever has a reason (CO2)
 *
 * What each participant says is a set of bits, for answers come twice, late and from any node that leads that shard.
 * The participants are in the first shard's record; who has not that record asks the first shard for them.
 */
#include "storage/coordinator.h"

#include "storage/participant_private.h"
#include "storage/replica.h"
#include "storage/store_private.h"

#define ORPHAN_COUNT_MAX  8192
#define ORPHAN_SHARDS_MAX 64
#define ASKER_COUNT_MAX   65536

struct orphan {
    struct transaction *txn;
    uint16_t shards[ORPHAN_SHARDS_MAX]; /* participants, rising; count 0: only the first is known */
    uint32_t shard_count;
    uint64_t prepared; /* bit set over shards: said to be prepared */
    uint64_t timestamp;
};

struct asker {
    struct list_link link;
    struct writer_id id;
    struct message_header header;
    uint8_t kind; /* INQUIRE or ASK_OUTCOME */
    uint16_t asking_shard;
};

struct tombstone {
    struct log_waiter waiter;
    struct list_link link;
    struct writer_id id;
};

struct coordinator {
    struct pool orphans, askers, tombstones;
    struct list waiting; /* askers */
    struct list placing; /* tombstones appended, not confirmed */
};

struct coordinator *coordinator_open(struct shard *shard) {
    struct coordinator *coordinator = arena_new(&shard->store->store_arena, struct coordinator);
    struct chunk_source *source = shard->store->options.source;
    pool_open(&coordinator->orphans, source, sizeof(struct orphan), ORPHAN_COUNT_MAX);
    pool_open(&coordinator->askers, source, sizeof(struct asker), ASKER_COUNT_MAX);
    pool_open(&coordinator->tombstones, source, sizeof(struct tombstone), ORPHAN_COUNT_MAX);
    list_open(&coordinator->waiting);
    list_open(&coordinator->placing);
    return coordinator;
}

void coordinator_close(struct coordinator *coordinator) {
    pool_abandon(&coordinator->orphans);
    pool_abandon(&coordinator->askers);
    pool_abandon(&coordinator->tombstones);
}

void coordinator_forget(struct shard *shard, struct transaction *txn) {
    if (txn->orphan == NULL) return;
    CHECK(txn->orphan->txn == txn);
    pool_give(&shard->coordinator->orphans, txn->orphan);
    txn->orphan = NULL;
}

void coordinator_step_down(struct shard *shard) {
    CHECK(shard_leads(shard));
    struct coordinator *coordinator = shard->coordinator;
    LIST_EACH(link, &coordinator->waiting) {
        list_remove(link);
        pool_give(&coordinator->askers, CONTAINER_OF(link, struct asker, link));
    }
    LIST_EACH(link, &coordinator->placing) {
        struct tombstone *tombstone = CONTAINER_OF(link, struct tombstone, link);
        if (list_holds(&tombstone->waiter.link)) list_remove(&tombstone->waiter.link);
        list_remove(link);
        pool_give(&coordinator->tombstones, tombstone);
    }
}

/* ---- asking ---- */

/* X4's reasons. */
static bool orphan_may_bury(const struct shard *shard, const struct transaction *txn) {
    CHECK(txn->machine.state == TXN_PREPARED);
    if (txn->is_daemon_gone) return true;
    return shard->store->now_us >= txn->prepared_us + COORDINATOR_ORPHAN_US;
}

static void orphan_inquire(struct shard *shard, const struct transaction *txn, uint16_t of_shard,
                           struct effects *out) {
    CHECK(of_shard != 0);
    uint16_t node = store_primary_of(shard->store, of_shard);
    if (node == 0) return; /* asked again when there is one */
    struct message *message = shard_message(shard, MESSAGE_INQUIRE, node, of_shard, out);
    message->inquire = (struct inquire){.incarnation = txn->id.incarnation,
                                        .txn_number = txn->id.txn_number,
                                        .asking_shard = shard->id,
                                        .place_tombstone = orphan_may_bury(shard, txn)};
}

static void orphan_take_participants(struct orphan *orphan, struct slice packed) {
    CHECK(orphan->txn != NULL);
    if (orphan->shard_count != 0 || packed.size == 0) return;
    uint32_t count = (uint32_t)(packed.size / 2);
    if (packed.size % 2 != 0 || count > ORPHAN_SHARDS_MAX) return;
    for (uint32_t i = 0; i < count; i++) orphan->shards[i] = load_le16(packed.data + 2 * i);
    orphan->shard_count = count;
}

static void orphan_note_prepared(struct orphan *orphan, uint16_t shard_id, uint64_t timestamp) {
    CHECK(orphan->shard_count <= ORPHAN_SHARDS_MAX);
    for (uint32_t i = 0; i < orphan->shard_count; i++)
        if (orphan->shards[i] == shard_id) orphan->prepared |= BIT(i);
    orphan->timestamp = MAX(orphan->timestamp, timestamp);
}

/* (CO3): decided, and the others hear it; they would find it themselves. */
static void orphan_decide(struct shard *shard, struct transaction *txn, uint64_t timestamp,
                          struct effects *out) {
    CHECK(txn->orphan != NULL && txn->machine.state == TXN_PREPARED);
    struct orphan orphan = *txn->orphan;
    for (uint32_t i = 0; i < orphan.shard_count; i++) {
        uint16_t node = store_primary_of(shard->store, orphan.shards[i]);
        if (orphan.shards[i] == shard->id || node == 0) continue;
        struct message *message =
            shard_message(shard, MESSAGE_COMPLETE, node, orphan.shards[i], out);
        message->complete = (struct complete){txn->id.incarnation, txn->id.txn_number, timestamp};
    }
    participant_complete(shard, txn, timestamp, out);
}

static void orphan_check(struct shard *shard, struct transaction *txn, struct effects *out) {
    CHECK(txn->orphan != NULL);
    struct orphan *orphan = txn->orphan;
    if (orphan->shard_count == 0) return;
    uint64_t all = orphan->shard_count == 64 ? UINT64_MAX : BIT(orphan->shard_count) - 1;
    if (orphan->prepared == all) orphan_decide(shard, txn, orphan->timestamp, out);
}

void coordinator_finish(struct shard *shard, struct transaction *txn, struct effects *out) {
    CHECK(txn->machine.state == TXN_PREPARED && txn->slot != WRITER_NONE);
    CHECK(shard->role.state >= SHARD_FENCING);
    if (txn->orphan == NULL) {
        txn->orphan = pool_take(&shard->coordinator->orphans);
        if (txn->orphan == NULL) return;
        txn->orphan->txn = txn;
        orphan_take_participants(txn->orphan, txn->participant_list);
    }
    participant_finish_by(shard, txn, shard->store->now_us + COORDINATOR_RETRY_US);
    struct orphan *orphan = txn->orphan;
    if (orphan->shard_count == 0) {
        orphan_inquire(shard, txn, txn->first_shard, out);
        return;
    }
    orphan_note_prepared(orphan, shard->id, txn->timestamp);
    for (uint32_t i = 0; i < orphan->shard_count; i++)
        if ((orphan->prepared & BIT(i)) == 0) orphan_inquire(shard, txn, orphan->shards[i], out);
    orphan_check(shard, txn, out);
}

void coordinator_on_inquired(struct shard *shard, const struct message *message,
                             struct effects *out) {
    CHECK(shard_leads(shard));
    const struct inquired *inquired = &message->inquired;
    struct writer_id id = {inquired->incarnation, inquired->txn_number};
    struct transaction *txn = participant_find(shard, id);
    if (txn == NULL || txn->machine.state != TXN_PREPARED || txn->orphan == NULL) return;
    switch (inquired->state) {
    case OUTCOME_COMMITTED:
        if (inquired->timestamp >= txn->timestamp)
            orphan_decide(shard, txn, inquired->timestamp, out);
        return;
    case OUTCOME_ABORTED: orphan_decide(shard, txn, 0, out); return;
    case OUTCOME_PREPARED:
        if (txn->orphan->shard_count == 0) {
            orphan_take_participants(txn->orphan, inquired->participants);
            orphan_note_prepared(txn->orphan, inquired->answering_shard, inquired->timestamp);
            if (txn->orphan->shard_count != 0) coordinator_finish(shard, txn, out);
            return;
        }
        orphan_note_prepared(txn->orphan, inquired->answering_shard, inquired->timestamp);
        orphan_check(shard, txn, out);
        return;
    }
    /* unknown or still active there: asked again in time (CO2) */
}

/* ---- answering ---- */

struct verdict {
    enum outcome_state state;
    bool must_wait; /* appended, not confirmed (CO4) */
    uint64_t timestamp;
    struct slice participants;
};

static bool tombstone_is_placing(const struct shard *shard, struct writer_id id) {
    LIST_EACH(link, &shard->coordinator->placing) {
        const struct tombstone *tombstone = CONTAINER_OF(link, struct tombstone, link);
        if (tombstone->id.incarnation == id.incarnation &&
            tombstone->id.txn_number == id.txn_number)
            return true;
    }
    return false;
}

static struct verdict verdict_of_transaction(const struct transaction *txn) {
    struct verdict verdict = {.state = OUTCOME_ACTIVE};
    switch ((enum transaction_state)txn->machine.state) {
    case TXN_ACTIVE:
    case TXN_FLOOR:
    case TXN_PROVING: return verdict;
    case TXN_COMMITTING:
    case TXN_PREPARING:
    case TXN_COMPLETING: verdict.must_wait = true; return verdict;
    case TXN_PREPARED:
        verdict = (struct verdict){OUTCOME_PREPARED, false, txn->timestamp, txn->participant_list};
        return verdict;
    case TXN_STAMPING: return verdict; /* its outcome is noted: see verdict_of */
    }
    UNREACHABLE();
}

static struct verdict verdict_of(const struct shard *shard, struct writer_id id) {
    CHECK(id.txn_number != 0);
    const struct outcome_entry *outcome = outcome_find(&shard->outcomes, id);
    if (outcome != NULL && outcome->kind != OUTCOME_KIND_ENDED)
        return (struct verdict){.state = outcome->kind == OUTCOME_KIND_COMMITTED ? OUTCOME_COMMITTED
                                                                                 : OUTCOME_ABORTED,
                                .timestamp = outcome->timestamp};
    if (tombstone_is_placing(shard, id)) return (struct verdict){.must_wait = true};
    const struct transaction *txn = participant_find(shard, id);
    if (txn != NULL) return verdict_of_transaction(txn);
    return (struct verdict){.state = OUTCOME_UNKNOWN};
}

static void verdict_send(struct shard *shard, const struct message *request,
                         const struct verdict *verdict, struct effects *out) {
    CHECK(!verdict->must_wait);
    if (request->header.kind == MESSAGE_INQUIRE) {
        struct message *answer = shard_message(shard, MESSAGE_INQUIRED, request->header.from_node,
                                               request->inquire.asking_shard, out);
        answer->inquired =
            (struct inquired){.incarnation = request->inquire.incarnation,
                              .txn_number = request->inquire.txn_number,
                              .answering_shard = shard->id,
                              .state = (uint8_t)verdict->state,
                              .timestamp = verdict->timestamp,
                              .participants = arena_copy(out->arena, verdict->participants)};
        return;
    }
    struct message *answer = shard_answer(shard, request, MESSAGE_OUTCOME, out);
    answer->outcome =
        (struct outcome){.incarnation = request->ask_outcome.incarnation,
                         .txn_number = request->ask_outcome.txn_number,
                         .state = (uint8_t)verdict->state,
                         .timestamp = verdict->timestamp,
                         .participants = arena_copy(out->arena, verdict->participants)};
}

static void asker_wait(struct shard *shard, const struct message *message, struct writer_id id) {
    CHECK(id.txn_number != 0);
    struct asker *asker = pool_take(&shard->coordinator->askers);
    if (asker == NULL) return; /* it asks again */
    asker->id = id;
    asker->kind = message->header.kind;
    asker->header = message->header;
    asker->asking_shard =
        message->header.kind == MESSAGE_INQUIRE ? message->inquire.asking_shard : 0;
    list_push_last(&shard->coordinator->waiting, &asker->link);
}

/* Ends an unprepared transaction and blocks its prepare for ever; the asker waits for the record. */
static void tombstone_place(struct shard *shard, struct writer_id id, struct effects *out) {
    CHECK(shard_leads(shard) && id.txn_number != 0);
    struct transaction *txn = participant_find(shard, id);
    /* One that is being undone has ended already; its outcome is noted as such. */
    bool is_open = txn != NULL && txn->machine.state != TXN_STAMPING;
    if (is_open) participant_end(shard, txn, STATUS_ABORTED, out);
    struct outcome_entry ended = {.id = id, .kind = OUTCOME_KIND_ENDED};
    if (outcome_find(&shard->outcomes, id) == NULL &&
        outcome_put(&shard->outcomes, &ended) != STATUS_OK)
        return; /* nothing may begin behind the tombstone; without that it is not placed */
    struct tombstone *tombstone = pool_take(&shard->coordinator->tombstones);
    if (tombstone == NULL) return;
    struct record record = {.kind = RECORD_TOMBSTONE, .tombstone = {id.incarnation, id.txn_number}};
    replica_append(shard, &record, out);
    tombstone->id = id;
    list_push_last(&shard->coordinator->placing, &tombstone->link);
    shard_wait_for_log(shard, &tombstone->waiter, WAITER_TOMBSTONE);
}

static bool verdict_is_missing(const struct verdict *verdict) {
    return !verdict->must_wait &&
           (verdict->state == OUTCOME_UNKNOWN || verdict->state == OUTCOME_ACTIVE);
}

/* May an absent prepare be blocked for ever (CO2)? */
enum burial { BURY_NOT, BURY_ABSENT };
static enum burial burial_of(uint8_t place_tombstone) {
    return place_tombstone != 0 ? BURY_ABSENT : BURY_NOT;
}

static void coordinator_answer(struct shard *shard, const struct message *message,
                               struct writer_id id, enum burial burial, struct effects *out) {
    CHECK(id.txn_number != 0);
    struct verdict verdict = verdict_of(shard, id);
    bool is_unknown = !verdict.must_wait && verdict.state == OUTCOME_UNKNOWN;
    if (is_unknown && outcome_is_over(&shard->outcomes, id)) {
        if (!outcome_is_presumed_aborted(&shard->outcomes, id)) return; /* X5: nobody can ask it */
        verdict.state = OUTCOME_ABORTED;                                /* (O4) */
    }
    if (verdict_is_missing(&verdict) && burial == BURY_ABSENT) {
        tombstone_place(shard, id, out);
        verdict.must_wait = true;
    }
    if (verdict.must_wait)
        asker_wait(shard, message, id);
    else
        verdict_send(shard, message, &verdict, out);
}

void coordinator_on_inquire(struct shard *shard, const struct message *message,
                            struct effects *out) {
    CHECK(message->header.kind == MESSAGE_INQUIRE);
    const struct inquire *inquire = &message->inquire;
    struct writer_id id = {inquire->incarnation, inquire->txn_number};
    if (id.txn_number == 0 || shard->role.state < SHARD_FENCING) return;
    coordinator_answer(shard, message, id, burial_of(inquire->place_tombstone), out);
}

void coordinator_on_ask_outcome(struct shard *shard, const struct message *message,
                                struct effects *out) {
    CHECK(message->header.kind == MESSAGE_ASK_OUTCOME);
    const struct ask_outcome *ask = &message->ask_outcome;
    struct writer_id id = {ask->incarnation, ask->txn_number};
    if (id.txn_number == 0) return;
    coordinator_answer(shard, message, id, burial_of(ask->place_tombstone), out);
}

/* What is known of `id` now is confirmed: those who waited for it. */
static void askers_answer(struct shard *shard, struct writer_id id, struct effects *out) {
    CHECK(id.txn_number != 0);
    struct coordinator *coordinator = shard->coordinator;
    LIST_EACH(link, &coordinator->waiting) {
        struct asker *asker = CONTAINER_OF(link, struct asker, link);
        if (asker->id.incarnation != id.incarnation || asker->id.txn_number != id.txn_number)
            continue;
        struct verdict verdict = verdict_of(shard, id);
        if (verdict.must_wait) return;
        struct message request = {.header = asker->header};
        if (asker->kind == MESSAGE_INQUIRE)
            request.inquire = (struct inquire){.incarnation = id.incarnation,
                                               .txn_number = id.txn_number,
                                               .asking_shard = asker->asking_shard};
        else
            request.ask_outcome =
                (struct ask_outcome){.incarnation = id.incarnation, .txn_number = id.txn_number};
        verdict_send(shard, &request, &verdict, out);
        list_remove(link);
        pool_give(&coordinator->askers, asker);
    }
}

void coordinator_on_confirmed(struct shard *shard, struct log_waiter *waiter, struct effects *out) {
    struct tombstone *tombstone = CONTAINER_OF(waiter, struct tombstone, waiter);
    CHECK(waiter->kind == WAITER_TOMBSTONE);
    struct writer_id id = tombstone->id;
    list_remove(&tombstone->link);
    pool_give(&shard->coordinator->tombstones, tombstone);
    askers_answer(shard, id, out);
}

void coordinator_on_prepared(struct shard *shard, const struct transaction *txn,
                             struct effects *out) {
    CHECK(txn->machine.state == TXN_PREPARED);
    askers_answer(shard, txn->id, out);
}

void coordinator_on_outcome(struct shard *shard, struct writer_id id, struct effects *out) {
    if (list_is_empty(&shard->coordinator->waiting)) return;
    askers_answer(shard, id, out);
}
