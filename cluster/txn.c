/* txn.c: what does a transaction do between its statements, and what when a request of it is refused?
 *
 *   open --commit--> (ending.c: COMMIT, or PREPARE and COMPLETE) --> freed
 *     |--only request carried the commit--> committed | unknown
 *     '--refused for good, deadlock, cancelled in a request that left something behind--> gone
 *
 * What a refusal means (txn_on_refusal):
 *
 *   plain read, nothing held in that shard    ask the new primary
 *   first request to that shard               nothing is held there: ask the new primary; if it is the
 *                                             transaction's only shard, under a new number (X8)
 *   anything else                             the locks are gone with the term: ABORTED (X1)
 */
#include "cluster/txn.h"

#include "cluster/cluster_private.h"
#include "cluster/ending.h"

#define REPEAT_US        20000
#define DOUBT_TIMEOUT_US 10000000 /* then the connection is closed (X7) */
#define TXN_NAME_US      1000000  /* a new incarnation is there after some milliseconds */

/* ---- opening and freeing ---- */

static struct txn *txn_new(struct cluster *cluster) {
    struct list_link *link = list_pop_first(&cluster->free_txns);
    if (link != NULL) return CONTAINER_OF(link, struct txn, link);
    struct txn *txn = arena_new(&cluster->cluster_arena, struct txn);
    arena_open(&txn->txn_arena, cluster->options.source, 0);
    return txn;
}

struct txn *txn_open(struct cluster *cluster, struct waiter *waiter,
                     const struct txn_options *options) {
    struct txn *txn = txn_new(cluster);
    struct arena arena = txn->txn_arena;
    *txn = (struct txn){.cluster = cluster,
                        .waiter = waiter,
                        .options = *options,
                        .incarnation = cluster->incarnation,
                        .shard_capacity = ARRAY_COUNT(txn->shards_inline),
                        .txn_arena = arena};
    txn->shards = txn->shards_inline;
    txn->ticket.txn = txn;
    cluster->shown = MAX(cluster->shown, options->session_floor);
    list_push_last(&cluster->txns, &txn->link);
    return txn;
}

static void txn_free(struct txn *txn, uint64_t *session_floor_out) {
    struct cluster *cluster = txn->cluster;
    CHECK(!list_holds(&txn->mark.link));
    snapshot_cancel(&txn->ticket);
    snapshot_drop(cluster, txn);
    *session_floor_out = cluster->shown;
    list_remove(&txn->link);
    if (txn->shards != txn->shards_inline) arena_reset(&txn->txn_arena);
    list_push_first(&cluster->free_txns, &txn->link);
}

void txns_close(struct cluster *cluster) {
    list_append(&cluster->free_txns, &cluster->txns);
    LIST_EACH(link, &cluster->free_txns)
    arena_close(&CONTAINER_OF(link, struct txn, link)->txn_arena);
}

/* ---- shards ---- */

struct txn_shard *txn_shard_find(struct txn *txn, uint16_t shard) {
    for (uint32_t i = 0; i < txn->shard_count; i++)
        if (txn->shards[i].shard == shard) return &txn->shards[i];
    return NULL;
}

static struct txn_shard *txn_shard_add(struct txn *txn, uint16_t shard, uint32_t term) {
    if (txn->shard_count == txn->shard_capacity) {
        uint32_t capacity = 4 * txn->shard_capacity;
        struct txn_shard *shards = arena_array(&txn->txn_arena, struct txn_shard, capacity);
        memcpy(shards, txn->shards, txn->shard_count * sizeof *shards);
        txn->shards = shards;
        txn->shard_capacity = capacity;
    }
    struct txn_shard *entry = &txn->shards[txn->shard_count++];
    *entry = (struct txn_shard){.shard = shard, .term = term};
    return entry;
}

static void txn_shard_remove(struct txn *txn, struct txn_shard *entry) {
    *entry = txn->shards[--txn->shard_count];
}

/* Between two incarnations there is no name for a transaction: one that has asked for nothing yet waits for the next. */
static enum status txn_await_name(struct txn *txn) {
    struct cluster *cluster = txn->cluster;
    uint64_t deadline_us = txn->waiter->now_us + TXN_NAME_US;
    while (cluster->incarnation == 0 && txn->shard_count == 0) {
        if (txn->waiter->now_us >= deadline_us) return STATUS_UNAVAILABLE;
        enum status status = cluster_wait_change(cluster, txn->waiter, deadline_us);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

enum status txn_shard_touch(struct txn *txn, uint16_t shard, struct txn_shard **out) {
    struct cluster *cluster = txn->cluster;
    enum status status = txn_await_name(txn);
    if (status != STATUS_OK) return status;
    const struct route_shard *route = route_shard_find(&cluster->route, shard);
    if (route == NULL) return STATUS_UNAVAILABLE;
    if (txn->life != TXN_LIFE_OPEN) return STATUS_ABORTED;
    struct txn_shard *entry = txn_shard_find(txn, shard);
    if (txn->incarnation != cluster->incarnation && txn->shard_count == 0)
        txn->incarnation = cluster->incarnation;
    bool is_lost = entry != NULL && entry->term != route->term; /* X1 */
    if (is_lost || txn->incarnation != cluster->incarnation) {
        txn_abandon(txn);
        return STATUS_ABORTED;
    }
    if (entry == NULL) entry = txn_shard_add(txn, shard, route->term);
    if (txn->mark.number == 0) mark_begin(cluster, &txn->mark);
    if (!txn_is_autocommit(txn) && txn->floor == 0 && txn->ticket.state == TICKET_IDLE) {
        txn->ticket.use = TICKET_FOR_FLOOR; /* T4 */
        snapshot_request(cluster, &txn->ticket);
    }
    entry->request_count++;
    *out = entry;
    return STATUS_OK;
}

void txn_note_shown(struct txn *txn, const struct message *answer) {
    txn->cluster->shown = MAX(txn->cluster->shown, answer->header.shown);
}

void txn_set_error(struct txn *txn, const struct txn_error *error) { txn->error = *error; }
const struct txn_error *txn_error(const struct txn *txn) { return &txn->error; }

/* ---- snapshots ---- */

enum status txn_need_snapshot(struct txn *txn) {
    struct cluster *cluster = txn->cluster;
    if (txn->snapshot != 0) return STATUS_OK;
    snapshot_cancel(&txn->ticket); /* one for the floor may be older than this statement */
    txn->ticket.use = TICKET_FOR_SNAPSHOT;
    txn->snapshot_schema = cluster->schemas.newest == NULL ? 0 : cluster->schemas.newest->version;
    snapshot_request(cluster, &txn->ticket);
    uint64_t deadline_before = txn->waiter->deadline_us;
    uint64_t deadline_us = cluster->now_us + REQUEST_TIMEOUT_US;
    txn->waiter->deadline_us = MIN(deadline_before, deadline_us);
    enum status status = STATUS_OK;
    while (txn->snapshot == 0 && status == STATUS_OK) {
        if (cluster->now_us >= deadline_us)
            status = STATUS_UNAVAILABLE;
        else if (waiter_wait(txn->waiter, WAIT_CLUSTER) == WAIT_CANCELLED)
            status = STATUS_CANCELLED;
    }
    txn->waiter->deadline_us = deadline_before;
    if (status != STATUS_OK) snapshot_cancel(&txn->ticket);
    return txn->snapshot != 0 ? STATUS_OK : status;
}

enum status txn_take_snapshot(struct txn *txn) { return txn_need_snapshot(txn); }

/* ---- statements ---- */

void txn_begin_statement(struct txn *txn) {
    txn->statement_first = ++txn->statement;
    txn->has_batch = false;
    txn->error = (struct txn_error){0};
    if (txn->options.isolation <= ISOLATION_READ_COMMITTED) snapshot_drop(txn->cluster, txn);
}

void txn_set_lock_wait(struct txn *txn, uint32_t lock_wait_ms) {
    txn->options.lock_wait_ms = lock_wait_ms;
}

uint32_t txn_next_batch(struct txn *txn) {
    bool is_first = !txn->has_batch;
    txn->has_batch = true;
    return is_first ? txn->statement_first : ++txn->statement;
}

/* Answers are not waited for: the next request to the shard comes behind it, and a lost one shows in
 * the count that COMMIT and PREPARE carry (X2). */
void txn_undo_from(struct txn *txn, uint32_t statement) {
    if (txn->life != TXN_LIFE_OPEN) return;
    for (uint32_t i = 0; i < txn->shard_count; i++) {
        struct txn_shard *entry = &txn->shards[i];
        bool has_to = entry->has_written && entry->write_statement >= statement;
        if (!has_to && !entry->is_waiting) continue;
        entry->is_waiting = false;
        entry->request_count++;
        const struct route_shard *route = route_shard_find(&txn->cluster->route, entry->shard);
        if (route == NULL || !route->is_reachable || route->term != entry->term) continue;
        struct message *message = cluster_message_to_shard(txn->cluster, MESSAGE_ROLL_BACK, route);
        message->roll_back =
            (struct roll_back){txn->incarnation, txn->mark.number, entry->request_count, statement};
    }
}

enum status txn_fail_statement(struct txn *txn) {
    txn_undo_from(txn, txn->statement_first);
    return txn->life == TXN_LIFE_GONE ? STATUS_ABORTED : STATUS_OK;
}

bool txn_is_over(const struct txn *txn) {
    return txn->life == TXN_LIFE_GONE || txn->life == TXN_LIFE_UNKNOWN;
}

bool txn_has_written(const struct txn *txn) {
    if (txn->life == TXN_LIFE_COMMITTED) return true;
    for (uint32_t i = 0; i < txn->shard_count; i++)
        if (txn->shards[i].has_written) return true;
    return false;
}

uint32_t txn_savepoint(struct txn *txn) { return txn->statement + 1; }

enum status txn_rollback_to(struct txn *txn, uint32_t savepoint) {
    if (txn->life != TXN_LIFE_OPEN) return STATUS_ABORTED;
    CHECK(savepoint >= 1 && savepoint <= txn->statement + 1);
    txn_undo_from(txn, savepoint);
    return STATUS_OK;
}

/* ---- refusals ---- */

void txn_abandon(struct txn *txn) {
    if (txn->life != TXN_LIFE_OPEN) return;
    if (txn->shard_count > 0) ending_abort(txn);
    CHECK(!list_holds(&txn->mark.link) && txn->shard_count == 0);
    txn->life = TXN_LIFE_GONE;
    txn->cluster->abort_count++;
}

/* The request found no primary that would take it: wait for news, for a while. */
static enum status txn_repeat_later(struct txn *txn, uint64_t *since_us) {
    struct cluster *cluster = txn->cluster;
    if (*since_us == 0) *since_us = cluster->now_us;
    if (cluster->now_us >= *since_us + REQUEST_TIMEOUT_US) return STATUS_UNAVAILABLE;
    return cluster_wait_change(cluster, txn->waiter, cluster->now_us + REPEAT_US);
}

static enum status txn_repeat_counted(struct txn *txn, uint16_t shard, uint64_t *since_us) {
    struct txn_shard *entry = txn_shard_find(txn, shard);
    if (entry != NULL && (entry->is_answered || entry->request_count > 1)) {
        txn_abandon(txn);
        return STATUS_ABORTED;
    }
    if (txn->shard_count == 1) { /* X8: under a new number, whatever became of the old one */
        ending_abort(txn);
        txn->mark.number = 0;
    } else if (entry != NULL) {
        txn_shard_remove(txn, entry);
    }
    enum status status = txn_repeat_later(txn, since_us);
    if (status == STATUS_UNAVAILABLE && txn->shard_count > 0) {
        txn_abandon(txn);
        return STATUS_ABORTED;
    }
    return status;
}

enum status txn_on_refusal(struct txn *txn, const struct txn_refusal *refusal, uint64_t *since_us) {
    uint16_t shard = refusal->ask->shard;
    switch (refusal->status) {
    case STATUS_DEADLOCK:
    case STATUS_ABORTED:
    case STATUS_WRONG_ORDER:
        txn_abandon(txn);
        return refusal->status == STATUS_DEADLOCK ? STATUS_DEADLOCK : STATUS_ABORTED;
    case STATUS_OLD_TERM:
    case STATUS_WRONG_PRIMARY:
    case STATUS_OLD_MAP:
    case STATUS_BUSY:
    case STATUS_UNAVAILABLE: break;
    case STATUS_CANCELLED:
        if (refusal->is_counted) txn_note_waiting(txn, shard);
        return STATUS_CANCELLED;
    default: return refusal->status;
    }
    if (refusal->is_counted) return txn_repeat_counted(txn, shard, since_us);
    if (txn_shard_find(txn, shard) == NULL) return txn_repeat_later(txn, since_us);
    txn_abandon(txn);
    return STATUS_ABORTED;
}

void txn_note_waiting(struct txn *txn, uint16_t shard) {
    struct txn_shard *entry = txn_shard_find(txn, shard);
    if (entry != NULL) entry->is_waiting = true;
}

/* ---- the end ---- */

static uint64_t doubt_deadline_us(const struct ending_result *result) {
    if (result->state != RESULT_IN_DOUBT) return UINT64_MAX;
    return result->doubt_since_us + DOUBT_TIMEOUT_US;
}

/* A killed statement does not stop its commit half way; a closed connection leaves it to ending.c. */
static enum status txn_await(struct txn *txn, struct ending_result *result) {
    struct waiter *waiter = txn->waiter;
    struct cluster *cluster = txn->cluster;
    enum cancel_cause cause = waiter->cancel;
    if (cause == CANCEL_QUERY || cause == CANCEL_TIMEOUT) waiter_clear_cancel(waiter);
    uint64_t deadline_before = waiter->deadline_us;
    while (result->state < RESULT_CERTAIN) {
        waiter->deadline_us = doubt_deadline_us(result);
        if (cluster->now_us >= waiter->deadline_us) break;
        if (waiter_wait(waiter, WAIT_CLUSTER) == WAIT_WOKEN) continue;
        cause = waiter->cancel;
        if (cause == CANCEL_CONNECTION || cause == CANCEL_SHUTDOWN) break;
        waiter_clear_cancel(waiter);
    }
    waiter->deadline_us = deadline_before;
    if (cause != CANCEL_NOT && waiter->cancel == CANCEL_NOT) waiter_cancel(waiter, cause);
    if (result->state != RESULT_CERTAIN) {
        endings_leave(cluster, result);
        return STATUS_UNKNOWN_OUTCOME;
    }
    if (result->timestamp != 0) return STATUS_OK;
    return result->reason != STATUS_OK ? result->reason : STATUS_ABORTED;
}

enum status txn_resolve_autocommit(struct txn *txn, uint16_t shard) {
    struct ending_result result = {.waiter = txn->waiter};
    CHECK(txn->shard_count == 1 && txn->shards[0].shard == shard);
    ending_resolve(txn, &result);
    enum status status = txn_await(txn, &result);
    if (status == STATUS_OK) txn->life = TXN_LIFE_COMMITTED;
    if (status == STATUS_UNKNOWN_OUTCOME) txn->life = TXN_LIFE_UNKNOWN;
    return status;
}

enum status txn_cancel_autocommit(struct txn *txn, uint16_t shard) {
    const struct route_shard *route = route_shard_find(&txn->cluster->route, shard);
    if (route != NULL && route->is_reachable) {
        struct message *message = cluster_message_to_shard(txn->cluster, MESSAGE_ABORT, route);
        message->abort = (struct abort){txn->incarnation, txn->mark.number};
    }
    enum status status = txn_resolve_autocommit(txn, shard);
    if (status != STATUS_ABORTED) return status;
    txn->life = TXN_LIFE_GONE;
    return STATUS_CANCELLED;
}

void txn_committed_with_write(struct txn *txn) {
    CHECK(txn->shard_count == 1 && txn->life == TXN_LIFE_OPEN);
    mark_end(txn->cluster, &txn->mark);
    txn->shard_count = 0;
    txn->life = TXN_LIFE_COMMITTED;
    txn->cluster->commit_count++;
}

enum status txn_commit(struct txn *txn, uint64_t *session_floor_out) {
    enum status status = STATUS_OK;
    if (txn->life == TXN_LIFE_GONE) status = STATUS_ABORTED;
    if (txn->life == TXN_LIFE_UNKNOWN) status = STATUS_UNKNOWN_OUTCOME;
    if (txn->life == TXN_LIFE_OPEN && txn->shard_count > 0) {
        struct ending_result result = {.waiter = txn->waiter};
        if (txn->incarnation != txn->cluster->incarnation) {
            txn_abandon(txn);
            status = STATUS_ABORTED;
        } else {
            ending_commit(txn, &result);
            status = txn_await(txn, &result);
        }
    }
    txn_free(txn, session_floor_out);
    return status;
}

void txn_rollback(struct txn *txn, uint64_t *session_floor_out) {
    txn_abandon(txn);
    txn_free(txn, session_floor_out);
}
