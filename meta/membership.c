/* membership.c: which nodes are there, and when is one that is silent called dead?
 *
 *   connected --closed--> silent for failure_ms (storage) or SQL_GONE_US (SQL daemons) --> dead
 *   suspected by a peer --> our own BEAT unanswered for failure_ms (storage) or SQL_SILENT_US (SQL daemons) --> dead
 *   suspected and closed --> dead after BOTH_US
 *   proved dead (a watcher saw it) --> dead at once
 *
 *   (MB1) A closed connection alone proves nothing; being wrong costs aborted transactions, never data: terms fence.
 *   (MB2) A SQL daemon that is dead has its incarnation ended, for ever. A storage node that was called dead and is
 *         heard of again is live again, as a learner.
 *         Its transactions all end with it, so one that is only silent, busy with a long statement, gets more time; a
 *         killed one closes its connections.
 *   (MB3) Time that this controller itself did not run counts for nobody (members_forgive).
 */
#include "meta/controller_private.h"

#define SQL_GONE_US   500000
#define SQL_SILENT_US 3000000
#define BOTH_US       20000
#define BEAT_US       1000000
#define COME_BACK_US  2000000 /* after a start of this controller */
#define NEVER_US      UINT64_MAX

struct member *member_of(struct controller *controller, uint16_t node) {
    for (uint32_t i = 0; i < controller->member_count; i++)
        if (controller->members[i].node == node) return &controller->members[i];
    if (controller->member_count == META_NODES_STORED_MAX) return NULL;
    struct member *member = &controller->members[controller->member_count++];
    *member = (struct member){.node = node,
                              .closed_since_us = NEVER_US,
                              .suspect_since_us = NEVER_US,
                              .heard_us = controller->now_us};
    return member;
}

static const struct meta_node *node_of(const struct controller *controller, uint16_t node) {
    return placement_node(&controller->state.placement, node);
}

/* ---- news ---- */

void members_on_message(struct controller *controller, const struct message *message) {
    struct member *member = member_of(controller, message->header.from_node);
    if (member == NULL) return;
    member->heard_us = controller->now_us;
    member->suspect_since_us = NEVER_US;
    const struct meta_node *node = node_of(controller, member->node);
    bool is_same = node != NULL && node->incarnation != 0 &&
                   node->incarnation == message->header.from_incarnation;
    if (!is_same || node->is_live || node->role != ROLE_STORAGE) return;
    if (member->dead_incarnation == node->incarnation) return;
    member->is_back = true; /* (MB2) */
    controller->is_decision_wanted = true;
}

void members_on_peer(struct controller *controller, const struct peer *peer) {
    struct member *member = member_of(controller, peer->node);
    if (member == NULL) return;
    switch ((enum peer_state)peer->peer_state) {
    case PEER_OPEN:
        member->is_connected = true;
        member->closed_since_us = NEVER_US;
        member->heard_us = controller->now_us;
        controller->is_decision_wanted = true;
        return;
    case PEER_DEAD:
        if (peer->incarnation != 0) member->dead_incarnation = peer->incarnation;
        controller->is_decision_wanted = true;
        /* fall through */
    case PEER_CLOSED:
        member->is_connected = false;
        if (member->closed_since_us == NEVER_US) member->closed_since_us = controller->now_us;
        return;
    }
}

static void member_beat(struct controller *controller, struct member *member) {
    struct message *message = controller_message(controller, MESSAGE_BEAT, member->node);
    message->beat = (struct beat){controller->now_us, 0};
    member->beat_us = controller->now_us;
}

void members_on_suspect(struct controller *controller, const struct suspect *suspect) {
    struct member *member = member_of(controller, suspect->node);
    const struct meta_node *node = node_of(controller, suspect->node);
    if (member == NULL || node == NULL || node->incarnation != suspect->suspect_incarnation) return;
    controller->is_decision_wanted = true;
    if (suspect->proof) {
        member->dead_incarnation = suspect->suspect_incarnation;
        return;
    }
    if (member->suspect_since_us != NEVER_US) return;
    member->suspect_since_us = controller->now_us;
    member_beat(controller, member);
}

void members_on_load(struct controller *controller) {
    const struct placement *placement = &controller->state.placement;
    for (uint32_t i = 0; i < placement->node_count; i++) {
        const struct meta_node *node = &placement->nodes[i];
        struct member *member = member_of(controller, node->node);
        if (member == NULL || !node->is_live || member->is_connected) continue;
        if (node->node == controller->options.node) continue;
        if (member->closed_since_us == NEVER_US)
            member->closed_since_us = controller->now_us + COME_BACK_US;
    }
    if (controller->beat_at_us == NEVER_US) controller->beat_at_us = controller->now_us + BEAT_US;
}

void members_forgive(struct controller *controller) {
    for (uint32_t i = 0; i < controller->member_count; i++) {
        struct member *member = &controller->members[i];
        if (member->closed_since_us != NEVER_US)
            member->closed_since_us = MAX(member->closed_since_us, controller->now_us);
        if (member->suspect_since_us != NEVER_US) member->suspect_since_us = controller->now_us;
        member->heard_us = MAX(member->heard_us, member->beat_us);
    }
}

/* ---- verdicts ---- */

/* When this live node is dead, if nothing is heard before: NEVER_US: not at all. */
static uint64_t member_dead_at(const struct controller *controller, const struct member *member,
                               const struct meta_node *node) {
    if (node->node == controller->options.node || !node->is_live) return NEVER_US;
    if (member->dead_incarnation == node->incarnation) return 0;
    bool is_suspect = member->suspect_since_us != NEVER_US;
    bool is_closed = member->closed_since_us != NEVER_US;
    bool is_sql = node->role == ROLE_SQL;
    uint64_t closed_us = is_sql ? SQL_GONE_US : controller->failure_us;
    uint64_t silent_us = is_sql ? SQL_SILENT_US : controller->failure_us;
    uint64_t at_us = NEVER_US;
    if (is_closed) at_us = member->closed_since_us + closed_us;
    if (is_suspect) at_us = MIN(at_us, member->suspect_since_us + silent_us);
    if (is_suspect && is_closed)
        at_us = MIN(at_us, MAX(member->suspect_since_us, member->closed_since_us) + BOTH_US);
    return at_us;
}

const char *member_evidence(struct controller *controller, const struct meta_node *node) {
    const struct member *member = member_of(controller, node->node);
    if (member == NULL) return "it is not known";
    if (member->dead_incarnation == node->incarnation) return "its process has ended";
    bool is_suspect = member->suspect_since_us != NEVER_US;
    if (member->closed_since_us == NEVER_US) return "it does not answer";
    return is_suspect ? "its connection is closed, and a peer suspects it"
                      : "its connection is closed";
}

void members_decide(struct controller *controller, struct decision *decision) {
    for (uint32_t i = 0; i < controller->member_count; i++) {
        struct member *member = &controller->members[i];
        struct meta_node *node = draft_node(decision, member->node);
        if (node == NULL) continue;
        const struct meta_node *stored = node_of(controller, member->node);
        bool is_new = stored == NULL || stored->incarnation != node->incarnation;
        if (is_new) continue; /* registered in this decision */
        if (member->is_back && !node->is_live) {
            node->is_live = true;
            decision_put_node(decision, node);
        }
        member->is_back = false;
        if (member_dead_at(controller, member, node) > controller->now_us) continue;
        node->is_live = false;
        decision_put_node(decision, node);
        if (node->role == ROLE_SQL) decision_end_incarnation(decision, node->incarnation);
    }
}

static void members_beat_all(struct controller *controller) {
    controller->beat_at_us = controller->now_us + BEAT_US;
    for (uint32_t i = 0; i < controller->member_count; i++) {
        struct member *member = &controller->members[i];
        const struct meta_node *node = node_of(controller, member->node);
        if (node == NULL || !node->is_live || !member->is_connected) continue;
        if (node->node == controller->options.node) continue;
        bool is_silent = member->beat_us != 0 && member->heard_us < member->beat_us;
        if (is_silent && member->suspect_since_us == NEVER_US)
            member->suspect_since_us = controller->now_us;
        member_beat(controller, member);
    }
}

void members_on_deadline(struct controller *controller) {
    if (controller->beat_at_us <= controller->now_us) members_beat_all(controller);
    for (uint32_t i = 0; i < controller->member_count; i++) {
        const struct member *member = &controller->members[i];
        const struct meta_node *node = node_of(controller, member->node);
        if (node != NULL && member_dead_at(controller, member, node) <= controller->now_us)
            controller->is_decision_wanted = true;
    }
}

uint64_t members_deadline(const struct controller *controller) {
    uint64_t at_us = controller->beat_at_us;
    for (uint32_t i = 0; i < controller->member_count; i++) {
        const struct member *member = &controller->members[i];
        const struct meta_node *node = node_of(controller, member->node);
        if (node == NULL) continue;
        uint64_t dead_us = member_dead_at(controller, member, node);
        if (dead_us > controller->now_us) at_us = MIN(at_us, dead_us);
    }
    return at_us;
}

/* ---- the dictionary's questions ---- */

static bool members_all_sql(struct controller *controller, uint32_t version, size_t offset) {
    const struct placement *placement = &controller->state.placement;
    for (uint32_t i = 0; i < placement->node_count; i++) {
        const struct meta_node *node = &placement->nodes[i];
        if (node->role != ROLE_SQL || !node->is_live) continue;
        const struct member *member = member_of(controller, node->node);
        if (member == NULL || !member->is_registered) return false;
        uint32_t has;
        memcpy(&has, (const uint8_t *)member + offset, sizeof has);
        if (has < version) return false;
    }
    return true;
}

bool members_have_learned(struct controller *controller, uint32_t version) {
    return members_all_sql(controller, version, offsetof(struct member, learned_version));
}

bool members_have_left(struct controller *controller, uint32_t version) {
    return members_all_sql(controller, version, offsetof(struct member, in_use_version));
}
