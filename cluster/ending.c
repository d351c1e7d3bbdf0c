/* ending.c: from the last statement to the moment when nobody needs to remember the transaction.
 *
 * The picture is in ending.h. Each participant is asked one thing at a time; what it is asked next follows from the
 * ending's state and from what is known of the participant:
 *
 *   committing   COMMIT
 *   preparing    PREPARE; one that is refused or lost moves the ending to resolving
 *   resolving    ASK_OUTCOME, with leave to place a tombstone, of those not known to be prepared
 *   completing   COMPLETE with the timestamp
 *   aborting     ABORT where no PREPARE was sent, else COMPLETE with timestamp 0; if refused, the other one
 *
 * A refusal of COMMIT or PREPARE is no abort (X7): the shard may have appended the record before it lost its term. Only
 * an outcome on record, or that of a transaction that wrote nowhere, is certain.
 */
#include "cluster/ending.h"

#include "cluster/cluster_private.h"

#define RETRY_US 20000

enum ending_state {
    ENDING_COMMITTING,
    ENDING_PREPARING,
    ENDING_RESOLVING,
    ENDING_COMPLETING,
    ENDING_ABORTING,
};
static const struct machine_state states[] = {
    [ENDING_COMMITTING] = {"committing", TO(ENDING_RESOLVING) | TO(ENDING_ABORTING)},
    [ENDING_PREPARING] = {"preparing", TO(ENDING_RESOLVING) | TO(ENDING_COMPLETING)},
    [ENDING_RESOLVING] = {"resolving", TO(ENDING_COMPLETING) | TO(ENDING_ABORTING)},
    [ENDING_COMPLETING] = {"completing", 0},
    [ENDING_ABORTING] = {"aborting", 0},
};

/* ---- life ---- */

static struct ending *ending_open(struct txn *txn, enum ending_state first,
                                  struct ending_result *result) {
    struct cluster *cluster = txn->cluster;
    struct list_link *link = list_pop_first(&cluster->free_endings);
    struct ending *ending;
    if (link != NULL) {
        ending = CONTAINER_OF(link, struct ending, link);
    } else {
        ending = arena_new(&cluster->cluster_arena, struct ending);
        arena_open(&ending->ending_arena, cluster->options.source, 0);
    }
    struct arena arena = ending->ending_arena;
    *ending = (struct ending){.cluster = cluster,
                              .incarnation = txn->incarnation,
                              .floor = txn->floor,
                              .shard_count = txn->shard_count,
                              .result = result,
                              .ending_arena = arena};
    machine_open(&ending->machine, states, (uint8_t)first);
    ending->shards = arena_array(&ending->ending_arena, struct ending_shard, txn->shard_count);
    memset(ending->shards, 0, txn->shard_count * sizeof *ending->shards);
    for (uint32_t i = 0; i < txn->shard_count; i++) {
        struct ending_shard *shard = &ending->shards[i];
        shard->ending = ending;
        shard->shard = txn->shards[i].shard;
        shard->request_count = txn->shards[i].request_count;
        shard->ask.owner = ASK_OF_ENDING;
        if (!txn->shards[i].has_written) continue;
        if (!ending->has_written) ending->first_shard = shard->shard;
        ending->has_written = true;
    }
    mark_move(&txn->mark, &ending->mark);
    txn->shard_count = 0;
    list_push_last(&cluster->endings, &ending->link);
    return ending;
}

/* What the waiting fiber sees moves here; it is woken, since each state has a patience of its own. */
static void result_move(struct ending_result *result, enum result_state to) {
    CHECK(result->state < RESULT_CERTAIN && result->state < to);
    result->state = to;
    waiter_wake(result->waiter);
}

static void ending_tell(struct ending *ending, uint64_t timestamp) {
    struct cluster *cluster = ending->cluster;
    if (timestamp != 0) {
        cluster->commit_count++;
        cluster->shown = MAX(cluster->shown, timestamp);
    }
    struct ending_result *result = ending->result;
    ending->result = NULL;
    if (result == NULL) return;
    result->timestamp = timestamp;
    result_move(result, RESULT_CERTAIN);
}

static void ending_free(struct ending *ending) {
    struct cluster *cluster = ending->cluster;
    CHECK(ending->result == NULL);
    for (uint32_t i = 0; i < ending->shard_count; i++) ask_forget(cluster, &ending->shards[i].ask);
    mark_end(cluster, &ending->mark);
    list_remove(&ending->link);
    arena_reset(&ending->ending_arena);
    list_push_first(&cluster->free_endings, &ending->link);
}

void endings_close(struct cluster *cluster) {
    list_append(&cluster->free_endings, &cluster->endings);
    LIST_EACH(link, &cluster->free_endings)
    arena_close(&CONTAINER_OF(link, struct ending, link)->ending_arena);
}

void endings_leave(struct cluster *cluster, struct ending_result *result) {
    LIST_EACH(link, &cluster->endings) {
        struct ending *ending = CONTAINER_OF(link, struct ending, link);
        if (ending->result == result) ending->result = NULL;
    }
}

/* ---- asking ---- */

/* u16 shard numbers, rising; for the first shard only (X3). */
static struct slice ending_participants(const struct ending *ending) {
    struct buffer packed = buffer_of(ending->cluster->out->arena);
    uint32_t last = 0;
    for (uint32_t i = 0; i < ending->shard_count; i++) {
        uint32_t next = UINT32_MAX;
        for (uint32_t j = 0; j < ending->shard_count; j++)
            if (ending->shards[j].shard > last) next = MIN(next, ending->shards[j].shard);
        pack_u16(&packed, (uint16_t)next);
        last = next;
    }
    return buffer_slice(&packed);
}

static void shard_ask_prepare(struct ending_shard *shard) {
    struct ending *ending = shard->ending;
    struct message *message =
        ask_shard(ending->cluster, &shard->ask, MESSAGE_PREPARE, shard->shard);
    bool is_first = shard->shard == ending->first_shard;
    message->prepare = (struct prepare){
        .incarnation = ending->incarnation,
        .txn_number = ending->mark.number,
        .request_count = shard->request_count,
        .floor = ending->floor,
        .first_shard = ending->first_shard,
        .participants = is_first ? ending_participants(ending) : SLICE_EMPTY,
    };
    shard->was_prepare_sent = true;
}

static void shard_ask_end(struct ending_shard *shard, uint64_t timestamp) {
    struct ending *ending = shard->ending;
    bool is_prepared = shard->was_prepare_sent != (shard->refusal_count % 2 == 1);
    if (timestamp != 0 || is_prepared) {
        struct message *message =
            ask_shard(ending->cluster, &shard->ask, MESSAGE_COMPLETE, shard->shard);
        message->complete = (struct complete){ending->incarnation, ending->mark.number, timestamp};
    } else {
        struct message *message =
            ask_shard(ending->cluster, &shard->ask, MESSAGE_ABORT, shard->shard);
        message->abort = (struct abort){ending->incarnation, ending->mark.number};
    }
}

static void shard_ask_commit(struct ending_shard *shard) {
    struct ending *ending = shard->ending;
    struct message *message = ask_shard(ending->cluster, &shard->ask, MESSAGE_COMMIT, shard->shard);
    message->commit = (struct commit){ending->incarnation, ending->mark.number,
                                      shard->request_count, ending->floor};
}

static void shard_ask_outcome(struct ending_shard *shard) {
    struct ending *ending = shard->ending;
    struct message *message =
        ask_shard(ending->cluster, &shard->ask, MESSAGE_ASK_OUTCOME, shard->shard);
    message->ask_outcome =
        (struct ask_outcome){ending->incarnation, ending->mark.number, ending->first_shard, 1};
}

/* What this participant is to be asked in this state; nothing while it owes an answer or none is needed. */
static void shard_ask(struct ending_shard *shard) {
    struct ending *ending = shard->ending;
    if (shard->ask.state == ASK_SENT || shard->is_acknowledged) return;
    switch ((enum ending_state)ending->machine.state) {
    case ENDING_COMMITTING: shard_ask_commit(shard); break;
    case ENDING_PREPARING:
        if (shard->is_prepared) return;
        shard_ask_prepare(shard);
        break;
    case ENDING_RESOLVING: shard_ask_outcome(shard); break;
    case ENDING_COMPLETING: shard_ask_end(shard, ending->timestamp); break;
    case ENDING_ABORTING: shard_ask_end(shard, 0); break;
    }
    if (shard->ask.state == ASK_LOST)
        cluster_retry_by(ending->cluster, ending->cluster->now_us + RETRY_US);
}

static void ending_ask_all(struct ending *ending) {
    for (uint32_t i = 0; i < ending->shard_count; i++) shard_ask(&ending->shards[i]);
}

static void ending_doubt(struct ending *ending) {
    struct ending_result *result = ending->result;
    if (result == NULL || result->state == RESULT_IN_DOUBT) return;
    result->doubt_since_us = ending->cluster->now_us;
    result_move(result, RESULT_IN_DOUBT);
}

/* A question of the state before is not waited for. */
static void ending_move(struct ending *ending, enum ending_state to) {
    machine_move(&ending->machine, (uint8_t)to);
    if (to == ENDING_RESOLVING) ending_doubt(ending);
    for (uint32_t i = 0; i < ending->shard_count; i++)
        ask_forget(ending->cluster, &ending->shards[i].ask);
    ending_ask_all(ending);
}

/* Nobody was told anything yet: lost at the first try. */
static void ending_check_lost(struct ending *ending) {
    bool is_commit = ending->machine.state == ENDING_COMMITTING;
    if (!is_commit && ending->machine.state != ENDING_PREPARING) return;
    for (uint32_t i = 0; i < ending->shard_count; i++) {
        if (ending->shards[i].ask.state != ASK_LOST) continue;
        if (is_commit && !ending->has_written) {
            ending_tell(ending, 0);
            ending_move(ending, ENDING_ABORTING);
        } else {
            ending_move(ending, ENDING_RESOLVING);
        }
        return;
    }
}

/* ---- answers ---- */

static bool ending_all(const struct ending *ending, size_t flag_offset) {
    for (uint32_t i = 0; i < ending->shard_count; i++)
        if (!*((const bool *)&ending->shards[i] + flag_offset)) return false;
    return true;
}
#define ENDING_ALL(ending, flag) ending_all(ending, offsetof(struct ending_shard, flag))

static void ending_committed(struct ending *ending, uint64_t timestamp) {
    CHECK(timestamp != 0);
    ending->timestamp = timestamp;
    ending_tell(ending, timestamp);
    ending_move(ending, ENDING_COMPLETING);
    if (ENDING_ALL(ending, is_acknowledged)) ending_free(ending);
}

static void ending_aborted(struct ending *ending) {
    ending_tell(ending, 0);
    ending->cluster->abort_count++;
    ending_move(ending, ENDING_ABORTING);
    if (ENDING_ALL(ending, is_acknowledged)) ending_free(ending);
}

/* The maximum over the participants (T3). */
static uint64_t ending_maximum(const struct ending *ending) {
    uint64_t maximum = 0;
    for (uint32_t i = 0; i < ending->shard_count; i++)
        maximum = MAX(maximum, ending->shards[i].timestamp);
    return maximum;
}

static bool shard_said_ok(const struct ending_shard *shard) {
    const struct ask *ask = &shard->ask;
    return ask->state == ASK_ANSWERED && ask->answer.header.kind == ask->answer_kind &&
           ask_status(ask) == STATUS_OK;
}

/* A transaction that is too large for its log stays so. */
static void ending_note_reason(struct ending *ending, const struct ending_shard *shard) {
    bool is_answered = shard->ask.state == ASK_ANSWERED;
    if (ending->result == NULL || !is_answered || ask_status(&shard->ask) != STATUS_TOO_LARGE)
        return;
    ending->result->reason = STATUS_TOO_LARGE;
}

static void on_commit_answer(struct ending *ending, struct ending_shard *shard) {
    if (!shard_said_ok(shard)) {
        ending_note_reason(ending, shard);
        if (ending->has_written)
            ending_move(ending, ENDING_RESOLVING);
        else
            ending_aborted(ending); /* X6: nothing was written, locks are not certain */
        return;
    }
    shard->is_acknowledged = true;
    shard->timestamp = shard->ask.answer.done.timestamp;
    if (!ENDING_ALL(ending, is_acknowledged)) return;
    ending_tell(ending, MAX(ending_maximum(ending), (uint64_t)1));
    ending_free(ending);
}

static void on_prepared(struct ending *ending, struct ending_shard *shard) {
    if (!shard_said_ok(shard)) {
        ending_note_reason(ending, shard);
        ending_move(ending, ENDING_RESOLVING);
        return;
    }
    shard->is_prepared = true;
    shard->timestamp = shard->ask.answer.prepared.timestamp;
    if (ENDING_ALL(ending, is_prepared)) ending_committed(ending, ending_maximum(ending));
}

static void on_outcome(struct ending *ending, struct ending_shard *shard) {
    const struct outcome *outcome = &shard->ask.answer.outcome;
    bool is_outcome =
        shard->ask.state == ASK_ANSWERED && shard->ask.answer.header.kind == MESSAGE_OUTCOME;
    if (is_outcome && outcome->state == OUTCOME_COMMITTED) {
        shard->is_acknowledged = true;
        ending_committed(ending, MAX(outcome->timestamp, (uint64_t)1));
    } else if (is_outcome && outcome->state == OUTCOME_ABORTED) {
        shard->is_acknowledged = true;
        ending_aborted(ending);
    } else {
        cluster_retry_by(ending->cluster, ending->cluster->now_us + RETRY_US);
    }
}

static void on_end_answer(struct ending *ending, struct ending_shard *shard) {
    if (shard_said_ok(shard)) {
        shard->is_acknowledged = true;
        if (ENDING_ALL(ending, is_acknowledged)) ending_free(ending);
        return;
    }
    if (shard->ask.state == ASK_ANSWERED && ask_status(&shard->ask) == STATUS_WRONG_ORDER)
        shard->refusal_count++;
    cluster_retry_by(ending->cluster, ending->cluster->now_us + RETRY_US);
}

void ending_on_answer(struct ask *ask) {
    struct ending_shard *shard = CONTAINER_OF(ask, struct ending_shard, ask);
    struct ending *ending = shard->ending;
    switch ((enum ending_state)ending->machine.state) {
    case ENDING_COMMITTING: on_commit_answer(ending, shard); return;
    case ENDING_PREPARING: on_prepared(ending, shard); return;
    case ENDING_RESOLVING: on_outcome(ending, shard); return;
    case ENDING_COMPLETING:
    case ENDING_ABORTING: on_end_answer(ending, shard); return;
    }
    UNREACHABLE();
}

void endings_on_deadline(struct cluster *cluster) {
    LIST_EACH(link, &cluster->endings) ending_ask_all(CONTAINER_OF(link, struct ending, link));
}

void endings_forget(struct cluster *cluster) {
    LIST_EACH(link, &cluster->endings) {
        struct ending *ending = CONTAINER_OF(link, struct ending, link);
        struct ending_result *result = ending->result;
        ending->result = NULL;
        if (result != NULL) result_move(result, RESULT_LOST);
        ending_free(ending);
    }
}

/* ---- beginnings ---- */

void ending_commit(struct txn *txn, struct ending_result *result) {
    bool has_written = txn_has_written(txn);
    bool is_one = txn->shard_count == 1 || !has_written;
    struct ending *ending = ending_open(txn, is_one ? ENDING_COMMITTING : ENDING_PREPARING, result);
    ending_ask_all(ending);
    ending_check_lost(ending);
}

void ending_resolve(struct txn *txn, struct ending_result *result) {
    struct ending *ending = ending_open(txn, ENDING_RESOLVING, result);
    ending->has_written = true;
    ending->first_shard = ending->shards[0].shard;
    ending_doubt(ending);
    ending_ask_all(ending);
}

void ending_abort(struct txn *txn) {
    struct ending *ending = ending_open(txn, ENDING_ABORTING, NULL);
    ending_ask_all(ending);
}
