/* replica_join.c: how a replica comes into the required set and leaves it (R1, R4, R7).
 *
 *   JOIN --common point in the tail--> catching: APPENDs from there
 *        --else----------------------> copying: COPY parts, then APPENDs from the copy's position
 *   caught up -> required -> PROPOSE LIST ---configuration lists it---> listed
 *   silent, or dead to meta -> leaving  -> PROPOSE UNLIST --configuration does not--> gone
 *
 * Writes go on all the time: a copy reads rows some a turn, and what is written meanwhile is in the log behind it.
 * A lost part ends the copy: the learner asks again.
 */
#include "storage/replica_private.h"
#include "storage/store_private.h"

#define COPY_PART_BYTES ((size_t)128 << 10)
#define COPY_WINDOW     4 /* parts under way */

/* ---- the configuration decides who is listed ---- */

static bool configuration_lists(const struct shard *shard, const struct replica_peer *peer) {
    const struct configuration_replica *replica =
        configuration_replica_find(&shard->configured, peer->node);
    return replica != NULL && replica->incarnation == peer->incarnation;
}

static void replica_add_listed(struct shard *shard) {
    for (uint32_t i = 0; i < shard->configured.replica_count; i++) {
        const struct configuration_replica *replica = &shard->configured.replicas[i];
        if (replica->node == shard->store->options.node) continue;
        if (replica_find(shard, replica->node, replica->incarnation) != NULL) continue;
        struct replica_peer *peer =
            replica_add(shard, replica->node, replica->incarnation, REPLICA_LISTED);
        CHECK(peer != NULL);
        peer->sent = shard->log.appended;  /* it says where it agrees */
        peer->base = shard->log.confirmed; /* what is confirmed is kept by every listed one (R1) */
    }
}

void replica_take_over(struct shard *shard) {
    CHECK(shard->role.state == SHARD_EQUALISING);
    replication_close(shard->replication);
    *shard->replication = (struct replication){.round = shard->replication->round,
                                               .round_proven = shard->replication->round};
    replica_add_listed(shard);
    store_want_turn_end(shard->store);
}

void replica_step_down(struct shard *shard) {
    replication_close(shard->replication);
    CHECK(shard->replication->peer_count == 0);
}

void replica_on_configuration(struct shard *shard, struct effects *out) {
    CHECK(shard_leads(shard));
    struct replication *replication = shard->replication;
    for (uint32_t i = 0; i < replication->peer_count; i++) {
        struct replica_peer *peer = &replication->peers[i];
        bool is_listed = configuration_lists(shard, peer);
        switch ((enum replica_state)peer->machine.state) {
        case REPLICA_REQUIRED:
        case REPLICA_CATCHING:
            if (is_listed) machine_move(&peer->machine, REPLICA_LISTED);
            break;
        case REPLICA_LISTED:
            if (!is_listed) machine_move(&peer->machine, REPLICA_GONE);
            break;
        case REPLICA_LEAVING: /* a LIST of ours that is still under way names an older version (RP4) */
            if (!is_listed) machine_move(&peer->machine, REPLICA_GONE);
            break;
        case REPLICA_COPYING:
        case REPLICA_GONE: break;
        }
    }
    replica_forget_gone(shard);
    replica_add_listed(shard);
    shard_set_durability(shard);
    replication->sync_position = 0;
    for (uint32_t i = 0; i < replication->peer_count; i++) { /* based on the new version (RP4) */
        replication->peers[i].proposed_us = 0;
        replica_propose(shard, &replication->peers[i], out);
    }
    replica_advance(shard, out);
    store_want_turn_end(shard->store);
}

/* ---- proposals ---- */

static void replica_send_proposal(struct shard *shard, const struct replica_peer *peer,
                                  enum proposal_kind kind, struct effects *out) {
    CHECK(shard_leads(shard) && peer->node != shard->store->options.node);
    struct store *store = shard->store;
    struct message *message =
        shard_message(shard, MESSAGE_PROPOSE, store->options.meta_node, shard->id, out);
    message->propose = (struct propose){(uint8_t)kind, peer->node, peer->incarnation};
}

/* R7: before the last backup is unlisted the log is synced and says so. true: it is. */
static bool replica_is_ready_alone(struct shard *shard, const struct replica_peer *leaving,
                                   struct effects *out) {
    CHECK(leaving->machine.state == REPLICA_LEAVING);
    struct replication *replication = shard->replication;
    if (shard->configured.durability == DURABILITY_SYNC || shard->configured.replica_count > 2)
        return true;
    if (replication->sync_position == 0) {
        struct record record = {.kind = RECORD_DURABILITY, .durability = {DURABILITY_SYNC}};
        replication->sync_position = replica_append(shard, &record, out);
        redo_set_durability(shard->store->redo, shard->id, DURABILITY_SYNC);
        redo_want_sync(shard->store->redo);
    }
    if (shard->log.synced >= replication->sync_position)
        replica_send_proposal(shard, leaving, PROPOSAL_SYNC, out);
    return false; /* the next configuration says that it is in force */
}

/* A required peer is not listed before it has all that was acknowledged without it: a new primary comes from the listed
 * ones (RP5). */
bool replica_may_propose(const struct shard *shard, const struct replica_peer *peer) {
    if (peer->machine.state == REPLICA_LEAVING) return true;
    return peer->machine.state == REPLICA_REQUIRED && peer->confirmed >= shard->log.confirmed;
}

void replica_propose(struct shard *shard, struct replica_peer *peer, struct effects *out) {
    uint64_t now_us = shard->store->now_us;
    bool is_required = peer->machine.state == REPLICA_REQUIRED;
    if (!replica_may_propose(shard, peer)) return;
    if (peer->proposed_us != 0 && now_us < peer->proposed_us + REPLICA_PROPOSE_US) return;
    peer->proposed_us = MAX(now_us, (uint64_t)1);
    if (!is_required && !replica_is_ready_alone(shard, peer, out)) return;
    replica_send_proposal(shard, peer, is_required ? PROPOSAL_LIST : PROPOSAL_UNLIST, out);
}

void replica_promote(struct shard *shard, struct replica_peer *peer, struct effects *out) {
    CHECK(peer->confirmed <= shard->log.appended);
    if (peer->machine.state != REPLICA_CATCHING || !shard_is_primary(shard)) return;
    if (peer->confirmed < peer->base) return; /* its copy is not kept yet */
    if (peer->confirmed + REPLICA_LAG_MAX < shard->log.appended) return;
    if (configuration_lists(shard, peer)) return;
    machine_move(&peer->machine, REPLICA_REQUIRED); /* from before it is proposed (RP1) */
    peer->proposed_us = 0;
    peer->round_sent = peer->round_confirmed; /* a round under way wants its confirm, too (RP3) */
    store_want_turn_end(shard->store);
    replica_propose(shard, peer, out);
}

/* ---- leaving ---- */

bool replica_may_leave(const struct replica_peer *peer) {
    return peer->machine.state == REPLICA_LISTED || peer->machine.state == REPLICA_REQUIRED;
}

void replica_leave(struct shard *shard, struct replica_peer *peer, struct effects *out) {
    CHECK(shard_leads(shard) && replica_may_leave(peer));
    machine_move(&peer->machine, REPLICA_LEAVING);
    peer->proposed_us = 0;
    replica_propose(shard, peer, out);
}

static bool node_has_ended(const struct cluster_configuration *configuration,
                           const struct replica_peer *peer) {
    const struct configuration_node *node = configuration_node_find(configuration, peer->node);
    if (node == NULL || node->incarnation < peer->incarnation) return false;
    return node->incarnation > peer->incarnation || !node->is_live;
}

void replica_on_nodes(struct shard *shard, const struct cluster_configuration *configuration,
                      struct effects *out) {
    struct replication *replication = shard->replication;
    CHECK(shard_leads(shard));
    for (uint32_t i = 0; i < replication->peer_count; i++) {
        struct replica_peer *peer = &replication->peers[i];
        if (replica_may_leave(peer) && node_has_ended(configuration, peer))
            replica_leave(shard, peer, out);
    }
}

/* ---- joining ---- */

static struct slice shard_term_history(const struct shard *shard, struct arena *arena) {
    struct buffer history = buffer_of(arena);
    for (uint32_t i = 0; i < shard->log.term_count; i++) {
        uint8_t entry[12];
        store_le32(entry, shard->log.terms[i].term);
        store_le64(entry + 4, shard->log.terms[i].first_position);
        buffer_append(&history, slice_of(entry, sizeof entry));
    }
    CHECK(history.size == 12 * (size_t)shard->log.term_count);
    return buffer_slice(&history);
}

static void replica_copy_begin(struct shard *shard, struct replica_peer *peer) {
    CHECK(peer->machine.state == REPLICA_COPYING);
    struct chunk_source *source = shard->store->options.source;
    replica_copy_end(peer);
    peer->copy_arena = source->take(source, sizeof *peer->copy_arena);
    arena_open(peer->copy_arena, source, 0);
    peer->copy = shard_items_begin(peer->copy_arena, shard);
    peer->copy_position = shard->log.applied;
    peer->copy_part = peer->copied_part = 0;
    peer->copy_ended = false;
    store_want_turn_end(shard->store);
}

/* An earlier incarnation of the node is no more. */
static void replica_leave_older(struct shard *shard, uint16_t node, uint32_t incarnation,
                                struct effects *out) {
    struct replication *replication = shard->replication;
    for (uint32_t i = 0; i < replication->peer_count; i++) {
        struct replica_peer *peer = &replication->peers[i];
        if (peer->node != node || peer->incarnation >= incarnation) continue;
        peer->is_closed = true;
        if (peer->machine.state == REPLICA_COPYING || peer->machine.state == REPLICA_CATCHING) {
            machine_move(&peer->machine, REPLICA_GONE);
        } else if (replica_may_leave(peer)) {
            replica_leave(shard, peer, out);
        }
    }
}

void replica_on_join(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(message->header.kind == MESSAGE_JOIN);
    const struct join *join = &message->join;
    uint16_t node = message->header.from_node;
    uint32_t incarnation = message->header.from_incarnation;
    if (!shard_is_primary(shard) || join->term_history.size % 12 != 0) return;
    replica_leave_older(shard, node, incarnation, out);
    replica_forget_gone(shard);
    struct replica_peer *peer = replica_find(shard, node, incarnation);
    if (peer != NULL && peer->machine.state != REPLICA_COPYING &&
        peer->machine.state != REPLICA_CATCHING)
        return; /* listed, or about to be: it gets APPENDs */
    if (peer == NULL) peer = replica_add(shard, node, incarnation, REPLICA_CATCHING);
    if (peer == NULL) return;
    if (peer->join_id != 0 && peer->join_id == message->header.request_id)
        return; /* parts of two copies do not fit together (simulator seed 452) */
    peer->join_id = message->header.request_id;
    uint64_t common = shard_log_common(shard, join->term_history, join->last_position);
    bool needs_copy = common + 1 < shard->log.tail.first || join->last_position == JOIN_NOTHING;
    peer->sent = peer->base = needs_copy ? shard->log.applied : common;
    peer->confirmed = 0; /* until it says so: a copy is not kept yet */
    peer->asked_us = 0;
    peer->told = 0;
    shard->replication->tell_us = shard->store->now_us + REPLICA_TELL_US;
    peer->is_matched = true;
    peer->is_closed = false;
    if (needs_copy && peer->machine.state == REPLICA_CATCHING)
        machine_move(&peer->machine, REPLICA_COPYING);
    else if (!needs_copy && peer->machine.state == REPLICA_COPYING)
        machine_move(&peer->machine, REPLICA_CATCHING);
    struct message *joined = shard_answer(shard, message, MESSAGE_JOINED, out);
    joined->joined = (struct joined){.status = STATUS_OK,
                                     .cut_position = needs_copy ? shard->log.applied : common,
                                     .copy = needs_copy,
                                     .term_history = shard_term_history(shard, out->arena)};
    if (needs_copy)
        replica_copy_begin(shard, peer);
    else
        replica_copy_end(peer);
    store_want_turn_end(shard->store);
}

/* ---- the copy ---- */

static size_t copy_part_bytes(const struct shard *shard) {
    uint32_t bytes = shard->store->options.part_bytes;
    return bytes == 0 ? COPY_PART_BYTES : bytes;
}

void replica_copy_send(struct shard *shard, struct replica_peer *peer, struct effects *out) {
    CHECK(peer->copy != NULL);
    if (shard->log.tail.bytes > REPLICA_TAIL_BYTES_MAX) { /* (RP2): it is too slow */
        machine_move(&peer->machine, REPLICA_GONE);
        return;
    }
    if (peer->copy_ended || peer->copy_part >= peer->copied_part + COPY_WINDOW) return;
    struct buffer items = buffer_of(out->arena);
    enum status status = shard_items_next(peer->copy, &items, copy_part_bytes(shard));
    CHECK(status == STATUS_OK || status == STATUS_END);
    peer->copy_ended = status == STATUS_END;
    struct message *message = shard_message(shard, MESSAGE_COPY, peer->node, shard->id, out);
    message->header.to_incarnation = peer->incarnation;
    message->header.request_id = peer->join_id;
    message->copy = (struct copy){.part_number = ++peer->copy_part,
                                  .as_of_position = peer->copy_position,
                                  .last = peer->copy_ended,
                                  .items = buffer_slice(&items)};
    if (peer->asked_us == 0) peer->asked_us = shard->store->now_us;
    if (!peer->copy_ended) store_want_turn_end(shard->store);
}

void replica_on_copied(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(message->header.kind == MESSAGE_COPIED);
    (void)out;
    struct replica_peer *peer =
        replica_find(shard, message->header.from_node, message->header.from_incarnation);
    if (peer == NULL || peer->machine.state != REPLICA_COPYING) return;
    if (message->header.request_id != peer->join_id) return; /* of an earlier copy */
    if (message->copied.status != STATUS_OK) {
        machine_move(&peer->machine, REPLICA_GONE); /* it asks again */
        replica_forget_gone(shard);
        return;
    }
    peer->copied_part = MAX(peer->copied_part, message->copied.part_number);
    peer->asked_us = peer->copied_part < peer->copy_part ? shard->store->now_us : 0;
    store_want_turn_end(shard->store);
    if (!peer->copy_ended || peer->copied_part < peer->copy_part) return;
    peer->sent = peer->base = peer->copy_position;
    replica_copy_end(peer);
    machine_move(&peer->machine, REPLICA_CATCHING);
}
