/* snapshot.c: when is a transaction's S drawn, and how does the system shard learn that it is over?
 *
 *   SNAPSHOT  one on its way; its answer is the S of all tickets that were asked with it
 *   LIVE      distinct snapshots of open transactions, some time after one was given, until nothing changes any
 *             more; at once to a new system primary (V1), and over a new connection, since the last may be lost
 *
 * Snapshots are given in rising order, so the list of transactions that read at one is sorted as it grows.
 */
#include "cluster/snapshot.h"

#include "cluster/cluster_private.h"
#include "cluster/txn.h"

#define REPORT_US 50000
#define RETRY_US  5000

void snapshots_open(struct snapshots *snapshots) {
    *snapshots = (struct snapshots){.report_at_us = UINT64_MAX};
    list_open(&snapshots->waiting);
    list_open(&snapshots->asked);
    list_open(&snapshots->live);
    snapshots->ask.owner = ASK_OF_SNAPSHOT;
}

/* ---- asking ---- */

static void snapshot_again(struct cluster *cluster) {
    struct snapshots *snapshots = &cluster->snapshots;
    list_append(&snapshots->asked, &snapshots->waiting); /* the older ones first */
    if (list_is_empty(&snapshots->asked)) return;
    LIST_EACH(link, &snapshots->asked)
    CONTAINER_OF(link, struct ticket, link)->state = TICKET_WAITING;
    list_append(&snapshots->waiting, &snapshots->asked);
    snapshots->retry_at_us = cluster->now_us + RETRY_US;
    cluster_retry_by(cluster, snapshots->retry_at_us);
}

static void snapshot_send(struct cluster *cluster) {
    struct snapshots *snapshots = &cluster->snapshots;
    CHECK(snapshots->ask.state != ASK_SENT && list_is_empty(&snapshots->asked));
    if (cluster->now_us < snapshots->retry_at_us) return;
    uint32_t count = 0;
    LIST_EACH(link, &snapshots->waiting) {
        CONTAINER_OF(link, struct ticket, link)->state = TICKET_ASKED;
        count++;
    }
    if (count == 0) return;
    struct message *message = ask_shard(cluster, &snapshots->ask, MESSAGE_SNAPSHOT, SHARD_SYSTEM);
    message->snapshot = (struct snapshot){cluster->incarnation, count};
    list_append(&snapshots->asked, &snapshots->waiting);
    snapshots->unsent = snapshots->ask.state == ASK_SENT ? message : NULL;
    if (snapshots->ask.state == ASK_LOST) snapshot_again(cluster);
}

void snapshot_request(struct cluster *cluster, struct ticket *ticket) {
    struct snapshots *snapshots = &cluster->snapshots;
    CHECK(!list_holds(&ticket->link));
    if (snapshots->unsent != NULL) { /* (SN1) */
        snapshots->unsent->snapshot.count++;
        ticket->state = TICKET_ASKED;
        list_push_last(&snapshots->asked, &ticket->link);
        return;
    }
    ticket->state = TICKET_WAITING;
    list_push_last(&snapshots->waiting, &ticket->link);
    if (snapshots->ask.state != ASK_SENT) snapshot_send(cluster);
}

void snapshot_cancel(struct ticket *ticket) {
    if (list_holds(&ticket->link)) list_remove(&ticket->link);
    ticket->state = TICKET_IDLE;
}

static void ticket_give(struct cluster *cluster, struct ticket *ticket, const struct given *given) {
    struct txn *txn = ticket->txn;
    list_remove(&ticket->link);
    ticket->state = TICKET_GIVEN;
    txn->floor = MAX(txn->floor, given->snapshot);
    if (ticket->use == TICKET_FOR_FLOOR) return;
    CHECK(txn->snapshot == 0);
    txn->snapshot = given->snapshot;
    txn->fence = given->fence;
    list_push_last(&cluster->snapshots.live, &txn->live_link);
    waiter_wake(txn->waiter);
}

void snapshot_on_answer(struct cluster *cluster) {
    struct snapshots *snapshots = &cluster->snapshots;
    const struct ask *ask = &snapshots->ask;
    snapshots->unsent = NULL;
    bool is_good = ask->state == ASK_ANSWERED && ask->answer.header.kind == MESSAGE_GIVEN &&
                   ask->answer.given.status == STATUS_OK &&
                   ask->answer.header.term >= snapshots->reported_term && /* (SN3) */
                   ask->answer.given.snapshot >= snapshots->last_given;
    if (!is_good) {
        snapshot_again(cluster);
        return;
    }
    const struct given *given = &ask->answer.given;
    snapshots->last_given = given->snapshot;
    LIST_EACH(link, &snapshots->asked)
    ticket_give(cluster, CONTAINER_OF(link, struct ticket, link), given);
    if (snapshots->report_at_us == UINT64_MAX)
        snapshots->report_at_us = cluster->now_us + REPORT_US;
    snapshot_send(cluster);
}

void snapshot_on_turn(struct cluster *cluster) { cluster->snapshots.unsent = NULL; }

void snapshot_forget(struct cluster *cluster) {
    ask_forget(cluster, &cluster->snapshots.ask);
    cluster->snapshots.unsent = NULL;
    cluster->snapshots.reported_term = 0;
    snapshot_again(cluster);
}

/* ---- reporting ---- */

void snapshot_drop(struct cluster *cluster, struct txn *txn) {
    if (txn->snapshot == 0) return;
    txn->snapshot = 0;
    list_remove(&txn->live_link);
    struct snapshots *snapshots = &cluster->snapshots;
    if (snapshots->report_at_us != UINT64_MAX) return;
    snapshots->report_at_us = cluster->now_us + REPORT_US;
    effects_deadline(cluster->out, snapshots->report_at_us);
}

static void snapshot_report(struct cluster *cluster) {
    struct snapshots *snapshots = &cluster->snapshots;
    const struct route_shard *system = route_shard_find(&cluster->route, SHARD_SYSTEM);
    snapshots->report_at_us = cluster->now_us + REPORT_US;
    if (system == NULL || !system->is_reachable || cluster->incarnation == 0) {
        snapshots->report_at_us = cluster->now_us + REPORT_US;
        return;
    }
    struct buffer packed = buffer_of(cluster->out->arena);
    uint64_t last = 0, count = 0, first = 0;
    LIST_EACH(link, &snapshots->live) {
        const struct txn *txn = CONTAINER_OF(link, struct txn, live_link);
        if (txn->snapshot == last) continue;
        last = txn->snapshot;
        if (count++ == 0) first = last;
        pack_u64(&packed, last);
    }
    bool is_new = snapshots->is_report_lost || system->term != snapshots->reported_term ||
                  snapshots->reported_below != snapshots->last_given + 1 ||
                  snapshots->reported_count != count || snapshots->reported_first != first;
    if (!is_new) {
        snapshots->report_at_us = UINT64_MAX;
        return;
    }
    struct message *message = cluster_message_to_shard(cluster, MESSAGE_LIVE, system);
    message->live =
        (struct live){cluster->incarnation, snapshots->last_given + 1, buffer_slice(&packed)};
    snapshots->is_report_lost = false;
    snapshots->reported_term = system->term;
    snapshots->reported_below = snapshots->last_given + 1;
    snapshots->reported_count = count;
    snapshots->reported_first = first;
}

void snapshot_on_configuration(struct cluster *cluster) {
    const struct route_shard *system = route_shard_find(&cluster->route, SHARD_SYSTEM);
    bool is_due = system != NULL && (system->term != cluster->snapshots.reported_term ||
                                     cluster->snapshots.is_report_lost);
    if (is_due) snapshot_report(cluster);
    cluster->snapshots.retry_at_us = 0;
    if (cluster->snapshots.ask.state != ASK_SENT) snapshot_send(cluster);
}

void snapshot_on_open(struct cluster *cluster, uint16_t node) {
    const struct route_shard *system = route_shard_find(&cluster->route, SHARD_SYSTEM);
    if (system == NULL || system->node == node) cluster->snapshots.is_report_lost = true;
}

void snapshot_on_deadline(struct cluster *cluster) {
    struct snapshots *snapshots = &cluster->snapshots;
    if (snapshots->report_at_us <= cluster->now_us) snapshot_report(cluster);
    if (snapshots->ask.state != ASK_SENT) snapshot_send(cluster);
}
