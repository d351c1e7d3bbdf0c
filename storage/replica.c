/* replica.c: what the primary sends to its peers, and what their answers confirm. See replica.h.
 *
 * Appends of a turn leave together: one APPEND a peer, while the own disk writes the same records. A peer whose log
 * does not agree answers where it may; the primary goes back to there and sends again. New replicas join through
 * replica_join.c.
 */
#include "storage/replica.h"

#include "storage/proof.h"
#include "storage/replica_private.h"
#include "storage/store_private.h"

static const struct machine_state states[] = {
    [REPLICA_COPYING] = {"copying", TO(REPLICA_CATCHING) | TO(REPLICA_GONE)},
    [REPLICA_CATCHING] = {"catching", TO(REPLICA_REQUIRED) | TO(REPLICA_LISTED) |
                                          TO(REPLICA_COPYING) | TO(REPLICA_GONE)},
    [REPLICA_REQUIRED] = {"required", TO(REPLICA_LISTED) | TO(REPLICA_LEAVING)},
    [REPLICA_LISTED] = {"listed", TO(REPLICA_LEAVING) | TO(REPLICA_GONE)},
    [REPLICA_LEAVING] = {"leaving", TO(REPLICA_GONE) | TO(REPLICA_LISTED)},
    [REPLICA_GONE] = {"gone", 0},
};

struct replication *replication_open(struct shard *shard) {
    struct replication *replication = arena_new(&shard->store->store_arena, struct replication);
    CHECK(replication->peer_count == 0);
    return replication;
}

void replica_copy_end(struct replica_peer *peer) {
    if (peer->copy_arena == NULL) return;
    struct chunk_source *source = peer->copy_arena->source;
    arena_close(peer->copy_arena);
    source->give(source, peer->copy_arena, sizeof *peer->copy_arena);
    peer->copy_arena = NULL;
    peer->copy = NULL;
}

void replication_close(struct replication *replication) {
    for (uint32_t i = 0; i < replication->peer_count; i++) replica_copy_end(&replication->peers[i]);
    replication->peer_count = 0;
}

struct replica_peer *replica_find(struct shard *shard, uint16_t node, uint32_t incarnation) {
    CHECK(node != 0);
    struct replication *replication = shard->replication;
    for (uint32_t i = 0; i < replication->peer_count; i++) {
        struct replica_peer *peer = &replication->peers[i];
        if (peer->node == node && peer->incarnation == incarnation) return peer;
    }
    return NULL;
}

struct replica_peer *replica_add(struct shard *shard, uint16_t node, uint32_t incarnation,
                                 enum replica_state state) {
    struct replication *replication = shard->replication;
    CHECK(replica_find(shard, node, incarnation) == NULL);
    if (replication->peer_count == REPLICA_PEERS_MAX) return NULL;
    struct replica_peer *peer = &replication->peers[replication->peer_count++];
    *peer = (struct replica_peer){.node = node, .incarnation = incarnation};
    machine_open(&peer->machine, states, (uint8_t)state);
    machine_trace(&peer->machine, shard->store->trace, "replica", node);
    return peer;
}

void replica_forget_gone(struct shard *shard) {
    struct replication *replication = shard->replication;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < replication->peer_count; i++) {
        if (replication->peers[i].machine.state == REPLICA_GONE) {
            replica_copy_end(&replication->peers[i]);
            continue;
        }
        if (kept != i) replication->peers[kept] = replication->peers[i];
        kept++;
    }
    CHECK(kept <= replication->peer_count);
    replication->peer_count = kept;
}

/* (RP1) */
static bool replica_is_required(const struct replica_peer *peer) {
    return peer->machine.state == REPLICA_REQUIRED || peer->machine.state == REPLICA_LISTED ||
           peer->machine.state == REPLICA_LEAVING;
}

uint64_t replica_required(const struct shard *shard) {
    const struct replication *replication = shard->replication;
    uint64_t nodes = 0;
    for (uint32_t i = 0; i < replication->peer_count; i++) {
        const struct replica_peer *peer = &replication->peers[i];
        if (replica_is_required(peer)) nodes |= BIT(peer->node % 64);
    }
    return nodes;
}

bool replica_is_alone(const struct shard *shard) { return replica_required(shard) == 0; }

/* It has everything up to there. */
static uint64_t replica_has(const struct replica_peer *peer) {
    return MAX(peer->confirmed, peer->base);
}

uint64_t replica_tail_needed(const struct shard *shard) {
    const struct replication *replication = shard->replication;
    uint64_t needed = UINT64_MAX;
    for (uint32_t i = 0; i < replication->peer_count; i++) {
        const struct replica_peer *peer = &replication->peers[i];
        uint64_t from =
            peer->machine.state == REPLICA_COPYING ? peer->copy_position : replica_has(peer);
        if (peer->machine.state != REPLICA_GONE) needed = MIN(needed, from);
    }
    return needed;
}

/* ---- appending and confirming ---- */

uint64_t replica_append(struct shard *shard, struct record *record, struct effects *out) {
    CHECK(shard_leads(shard));
    CHECK(!record_is_local(record));
    record->shard = shard->id;
    record->term = shard->term;
    record->position = shard->log.appended + 1;
    struct buffer bytes = buffer_of(out->arena);
    shard_log_append(shard, record_append(&bytes, record));
    CHECK(shard->log.appended == record->position);
    return record->position;
}

void replica_advance(struct shard *shard, struct effects *out) {
    CHECK(shard_leads(shard));
    struct replication *replication = shard->replication;
    uint64_t position = shard->log.kept, round = UINT64_MAX;
    for (uint32_t i = 0; i < replication->peer_count; i++) {
        const struct replica_peer *peer = &replication->peers[i];
        if (!replica_is_required(peer)) continue;
        if (!store_has_fault(shard->store, FAULT_ANSWER_EARLY))
            position = MIN(position, peer->confirmed);
        round = MIN(round, peer->round_confirmed);
    }
    /* A position of an earlier term alone proves nothing: it is confirmed with the TERM record (R4). */
    bool is_term_kept = shard->term_position != 0 && position >= shard->term_position;
    if (is_term_kept && position > shard->log.confirmed) {
        shard_on_confirmed(shard, position, out);
        if (replication->peer_count > 0 && replication->tell_us == 0)
            replication->tell_us = shard->store->now_us + REPLICA_TELL_US;
    }
    round = MIN(round, replication->round);
    if (round > replication->round_proven && shard_leads(shard)) {
        replication->round_proven = round;
        proof_on_round(shard, round, out);
    }
}

static void replica_went_back(struct shard *shard, struct replica_peer *peer, uint64_t position) {
    CHECK(shard_leads(shard));
    peer->is_matched = false;
    peer->sent = MIN(position, shard->log.appended);
    if (peer->sent + 1 < shard->log.tail.first) { /* (RP2) */
        bool is_required = replica_is_required(peer);
        if (peer->machine.state != REPLICA_LEAVING)
            machine_move(&peer->machine, is_required ? REPLICA_LEAVING : REPLICA_GONE);
        peer->proposed_us = 0;
    }
    store_want_turn_end(shard->store);
}

void replica_on_confirm(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(message->header.kind == MESSAGE_CONFIRM);
    const struct confirm *confirm = &message->confirm;
    struct replica_peer *peer =
        replica_find(shard, message->header.from_node, message->header.from_incarnation);
    if (peer == NULL || !shard_leads(shard) || message->header.term != shard->term) return;
    if (peer->machine.state == REPLICA_GONE || peer->machine.state == REPLICA_COPYING) return;
    if (confirm->status == STATUS_CORRUPT) {
        peer->asked_us = 0;
        replica_went_back(shard, peer, confirm->position);
        return;
    }
    if (confirm->status != STATUS_OK || confirm->position > shard->log.appended) return;
    peer->is_matched = true;
    peer->is_closed = false;
    peer->confirmed = MAX(peer->confirmed, confirm->position);
    peer->sent = MAX(peer->sent, peer->confirmed);
    peer->round_confirmed = MAX(peer->round_confirmed, confirm->round);
    bool all_answered = peer->confirmed >= peer->sent && peer->round_confirmed >= peer->round_sent;
    bool is_hollow = peer->machine.state == REPLICA_CATCHING && peer->confirmed < peer->base;
    peer->asked_us =
        all_answered || is_hollow ? 0 : shard->store->now_us; /* that one calls later */
    if (peer->sent < shard->log.appended) store_want_turn_end(shard->store);
    replica_promote(shard, peer, out);
    if (peer->machine.state == REPLICA_REQUIRED) replica_propose(shard, peer, out);
    replica_advance(shard, out);
}

/* ---- the turn's end ---- */

static void replica_send(struct shard *shard, struct replica_peer *peer, struct effects *out) {
    struct replication *replication = shard->replication;
    struct shard_log *log = &shard->log;
    CHECK(peer->sent + 1 >= log->tail.first);
    struct message *message = shard_message(shard, MESSAGE_APPEND, peer->node, shard->id, out);
    message->header.to_incarnation = peer->incarnation;
    struct append *append = &message->append;
    *append = (struct append){.round = replication->round,
                              .first_position = peer->sent + 1,
                              .previous_term = shard_log_term(shard, peer->sent),
                              .confirmed_position = log->confirmed};
    if (peer->sent < log->appended && (peer->is_matched || peer->sent == replica_has(peer))) {
        append->records = log_tail_copy(&log->tail, peer->sent + 1, REPLICA_APPEND_BYTES,
                                        out->arena, &append->record_count);
        peer->sent += append->record_count;
    }
    peer->told = log->confirmed;
    peer->round_sent = replication->round;
    if (peer->asked_us == 0) peer->asked_us = shard->store->now_us;
    if (peer->sent < log->appended) store_want_turn_end(shard->store);
}

/* Does the peer need a message now? */
static bool replica_is_due(const struct shard *shard, const struct replica_peer *peer) {
    CHECK(peer->sent <= shard->log.appended);
    const struct replication *replication = shard->replication;
    if (peer->machine.state == REPLICA_GONE || peer->machine.state == REPLICA_COPYING) return false;
    if (peer->sent + 1 < shard->log.tail.first || peer->is_closed) return false;
    if (replica_is_required(peer) && peer->round_sent < replication->round) return true;
    bool may_fly = peer->sent < replica_has(peer) + REPLICA_FLIGHT_RECORDS;
    if (!peer->is_matched) return peer->asked_us == 0;
    return peer->sent < shard->log.appended && may_fly;
}

void replica_turn_end(struct shard *shard, struct effects *out) {
    struct replication *replication = shard->replication;
    CHECK(shard_leads(shard));
    if (proof_wants_round(shard)) {
        replication->round++;
        proof_on_round_begun(shard, replication->round);
    }
    for (uint32_t i = 0; i < replication->peer_count; i++) {
        struct replica_peer *peer = &replication->peers[i];
        if (peer->machine.state == REPLICA_COPYING) replica_copy_send(shard, peer, out);
        if (replica_is_due(shard, peer)) replica_send(shard, peer, out);
    }
    replica_advance(shard, out); /* alone: rounds end at once */
}

/* ---- time, connections ---- */

static void replica_peer_deadline(struct shard *shard, struct replica_peer *peer,
                                  struct effects *out) {
    CHECK(peer->node != shard->store->options.node);
    uint64_t now_us = shard->store->now_us;
    bool is_late = peer->asked_us != 0 && now_us >= peer->asked_us + REPLICA_LEAVE_US;
    if (is_late && replica_may_leave(peer)) {
        replica_leave(shard, peer, out);
    } else if (is_late && !replica_is_required(peer)) {
        machine_move(&peer->machine, REPLICA_GONE);
        return;
    }
    bool may_resend = peer->asked_us != 0 && now_us >= peer->asked_us + REPLICA_RESEND_US &&
                      now_us >= peer->resent_us + REPLICA_RESEND_US;
    bool is_copying =
        peer->machine.state == REPLICA_COPYING; /* a lost part: the learner asks again */
    if (may_resend) peer->resent_us = now_us;
    if (may_resend && !is_copying && replica_has(peer) + 1 >= shard->log.tail.first) {
        peer->sent = MAX(replica_has(peer), shard->log.tail.first - 1);
        peer->round_sent = 0;
        if (!peer->is_closed) replica_send(shard, peer, out);
    }
    replica_propose(shard, peer, out);
}

void replica_on_deadline(struct shard *shard, struct effects *out) {
    struct replication *replication = shard->replication;
    uint64_t now_us = shard->store->now_us;
    if (!shard_leads(shard)) return;
    for (uint32_t i = 0; i < replication->peer_count; i++)
        replica_peer_deadline(shard, &replication->peers[i], out);
    replica_forget_gone(shard);
    if (replication->tell_us == 0 || now_us < replication->tell_us) return;
    replication->tell_us = 0;
    for (uint32_t i = 0; i < replication->peer_count; i++) {
        struct replica_peer *peer = &replication->peers[i];
        if (peer->machine.state == REPLICA_COPYING || peer->is_closed) continue;
        if (peer->told < shard->log.confirmed && peer->sent + 1 >= shard->log.tail.first)
            replica_send(shard, peer, out);
    }
}

uint64_t replica_deadline(const struct shard *shard) {
    const struct replication *replication = shard->replication;
    if (!shard_leads(shard)) return UINT64_MAX;
    uint64_t earliest = replication->tell_us == 0 ? UINT64_MAX : replication->tell_us;
    for (uint32_t i = 0; i < replication->peer_count; i++) {
        const struct replica_peer *peer = &replication->peers[i];
        if (peer->asked_us != 0)
            earliest = MIN(earliest, MAX(peer->asked_us, peer->resent_us) + REPLICA_RESEND_US);
        bool proposes = replica_may_propose(shard, peer);
        if (proposes) earliest = MIN(earliest, peer->proposed_us + REPLICA_PROPOSE_US);
    }
    return earliest;
}

void replica_on_peer(struct shard *shard, const struct peer *peer_event, struct effects *out) {
    struct replication *replication = shard->replication;
    if (!shard_leads(shard)) return;
    for (uint32_t i = 0; i < replication->peer_count; i++) {
        struct replica_peer *peer = &replication->peers[i];
        if (peer->node != peer_event->node) continue;
        if (peer_event->peer_state == PEER_OPEN) {
            peer->is_closed = false;
            peer->asked_us = 0; /* what was under way is lost */
            peer->sent = MAX(replica_has(peer), shard->log.tail.first - 1);
            peer->round_sent = 0;
            store_want_turn_end(shard->store);
            continue;
        }
        bool is_it = peer_event->incarnation == 0 || peer_event->incarnation == peer->incarnation;
        if (!is_it) continue;
        peer->is_closed = true;
        if (peer->asked_us == 0) peer->asked_us = shard->store->now_us;
        if (peer_event->peer_state == PEER_DEAD && replica_may_leave(peer))
            replica_leave(shard, peer, out);
    }
}
