/* placement.c: which replica leads a shard, and which are in sync?
 *
 *   (PL1) A new primary comes from the last listed set (R4): one that is live with its listed incarnation and connected.
 *         While one is live that is not connected, a verdict on it is waited for: it may be the only one with all
 *         that was acknowledged. The dead ones leave the set in the same decision; a set of one is `sync` (R7).
 *   (PL2) A whole group restarts (R5): in `sync` any listed member that came back with its log may lead; in
 *         `replicated` all of them must be back, and the highest (term, position) leads. It is listed alone: the others
 *         catch up and are listed by R1.
 *   (PL3) A shard that never had a primary begins with all nodes of its group, once they all are there.
 *   (PL4) Listing and unlisting is the primary's proposal, checked against the (term, version) that it knew (R2). Meta
 *         unlists only the dead ones of a set that loses its primary.
 *   (PL5) When things have been quiet, primaries move back to nodes that lead fewer shards: one a decision.
 */
#include "meta/controller_private.h"

#define BALANCE_US 3000000

/* ---- who is live ---- */

static bool replica_is_live(const struct placement *placement, uint16_t node,
                            uint32_t incarnation) {
    const struct meta_node *found = placement_node(placement, node);
    return found != NULL && found->is_live && found->incarnation == incarnation &&
           found->incarnation != 0;
}

static uint32_t primary_count(const struct placement *placement, uint16_t node) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < placement->shard_count; i++)
        if (placement->shards[i].primary == node) count++;
    return count;
}

static void shard_elect(struct decision *decision, struct configuration_shard *shard, uint16_t node,
                        uint32_t incarnation) {
    shard->term++;
    shard->version++;
    shard->primary = node;
    shard->primary_incarnation = incarnation;
    decision_put_shard(decision, shard);
}

/* ---- a shard's first primary (PL3) ---- */

static void shard_form(struct decision *decision, struct configuration_shard *shard) {
    struct placement *draft = &decision->draft;
    uint32_t replicas = draft->replicas_wanted;
    uint16_t first = (uint16_t)(NODE_STORAGE_FIRST + (shard->group - 1) * replicas);
    shard->replica_count = 0;
    for (uint16_t node = first; node < first + replicas; node++) {
        const struct meta_node *found = placement_node(draft, node);
        if (found == NULL || !found->is_live) {
            shard->replica_count = 0;
            return;
        }
        shard->replicas[shard->replica_count++] =
            (struct configuration_replica){node, found->incarnation};
    }
    const struct configuration_replica *primary =
        &shard->replicas[(uint32_t)(shard->shard - 1) % replicas];
    if (replicas == 1) shard->durability = DURABILITY_SYNC;
    shard_elect(decision, shard, primary->node, primary->incarnation);
}

/* ---- fail-over (PL1) ---- */

static bool node_is_present(struct controller *controller, uint16_t node) {
    const struct member *member = member_of(controller, node);
    return member != NULL && member->is_registered && member->closed_since_us == UINT64_MAX;
}

/* The live listed replica whose node leads the fewest shards; NULL: none is there. *is_any_live_out: one is live,
 * there or not. */
static const struct configuration_replica *shard_candidate(struct controller *controller,
                                                           const struct decision *decision,
                                                           const struct configuration_shard *shard,
                                                           bool *is_any_live_out) {
    const struct configuration_replica *best = NULL;
    *is_any_live_out = false;
    for (uint32_t i = 0; i < shard->replica_count; i++) {
        const struct configuration_replica *replica = &shard->replicas[i];
        if (!replica_is_live(&decision->draft, replica->node, replica->incarnation)) continue;
        *is_any_live_out = true;
        if (!node_is_present(controller, replica->node)) continue;
        if (best == NULL || primary_count(&decision->draft, replica->node) <
                                primary_count(&decision->draft, best->node))
            best = replica;
    }
    return best;
}

static void shard_unlist_dead(const struct decision *decision, struct configuration_shard *shard) {
    uint8_t kept = 0;
    for (uint32_t i = 0; i < shard->replica_count; i++) {
        struct configuration_replica replica = shard->replicas[i];
        if (replica_is_live(&decision->draft, replica.node, replica.incarnation))
            shard->replicas[kept++] = replica;
    }
    shard->replica_count = kept;
    if (kept == 1) shard->durability = DURABILITY_SYNC;
}

/* ---- restart of all listed members (PL2) ---- */

static const struct member_store *member_store_find(const struct member *member, uint16_t shard) {
    for (uint32_t i = 0; member != NULL && i < member->store_count; i++)
        if (member->stores[i].shard == shard) return &member->stores[i];
    return NULL;
}

static bool store_is_higher(const struct member_store *a, const struct member_store *b) {
    return a->term != b->term ? a->term > b->term : a->position > b->position;
}

/* Nothing was ever written anywhere: logs may be missing. */
static bool cluster_is_virgin(const struct decision *decision) {
    return decision->state->dictionary.next_table_id == 1;
}

static void shard_restart(struct controller *controller, struct decision *decision,
                          struct configuration_shard *shard) {
    const struct placement *draft = &decision->draft;
    const struct meta_node *best = NULL;
    const struct member_store *best_store = NULL;
    uint32_t back = 0;
    static const struct member_store nothing;
    for (uint32_t i = 0; i < shard->replica_count; i++) {
        const struct meta_node *node = placement_node(draft, shard->replicas[i].node);
        if (node == NULL || !node->is_live || node->incarnation == shard->replicas[i].incarnation)
            continue; /* not back yet */
        const struct member *member = member_of(controller, node->node);
        const struct member_store *store = member_store_find(member, shard->shard);
        if (store == NULL && cluster_is_virgin(decision)) store = &nothing;
        if (store == NULL) continue; /* came back without its log */
        back++;
        if (best != NULL && !store_is_higher(store, best_store)) continue;
        best = node;
        best_store = store;
    }
    bool needs_all = shard->durability == DURABILITY_REPLICATED && shard->replica_count > 1;
    if (best == NULL || (needs_all && back < shard->replica_count)) return;
    shard->replicas[0] = (struct configuration_replica){best->node, best->incarnation};
    shard->replica_count = 1;
    shard->durability = DURABILITY_SYNC;
    shard_elect(decision, shard, best->node, best->incarnation);
}

/* ---- all shards ---- */

static void shard_decide(struct controller *controller, struct decision *decision,
                         struct configuration_shard *shard) {
    if (shard->term == 0) {
        shard_form(decision, shard);
        return;
    }
    if (replica_is_live(&decision->draft, shard->primary, shard->primary_incarnation)) return;
    bool is_any_live;
    const struct configuration_replica *candidate =
        shard_candidate(controller, decision, shard, &is_any_live);
    if (candidate == NULL) {
        if (!is_any_live) shard_restart(controller, decision, shard);
        return;
    }
    struct configuration_replica chosen = *candidate;
    shard_unlist_dead(decision, shard);
    shard_elect(decision, shard, chosen.node, chosen.incarnation);
}

/* (PL5) The listed live replica to which the shard had better move; NULL: it stays. */
static const struct configuration_replica *shard_better(const struct decision *decision,
                                                        const struct configuration_shard *shard) {
    const struct placement *draft = &decision->draft;
    for (uint32_t i = 0; i < shard->replica_count; i++) {
        const struct configuration_replica *replica = &shard->replicas[i];
        if (replica->node == shard->primary) continue;
        if (!replica_is_live(draft, replica->node, replica->incarnation)) continue;
        if (primary_count(draft, shard->primary) >= primary_count(draft, replica->node) + 2)
            return replica;
    }
    return NULL;
}

static void placement_balance(struct decision *decision) {
    struct placement *draft = &decision->draft;
    for (uint32_t i = 0; i < draft->shard_count; i++) {
        struct configuration_shard *shard = &draft->shards[i];
        const struct configuration_replica *better = shard_better(decision, shard);
        if (better == NULL) continue;
        shard_elect(decision, shard, better->node, better->incarnation);
        return;
    }
}

bool placement_is_unbalanced(const struct placement *placement) {
    struct decision probe = {.draft = *placement};
    for (uint32_t i = 0; i < placement->shard_count; i++)
        if (shard_better(&probe, &placement->shards[i]) != NULL) return true;
    return false;
}

/* The system shard is the first in the list: it goes first. */
void placement_decide(struct controller *controller, struct decision *decision) {
    struct placement *draft = &decision->draft;
    for (uint32_t i = 0; i < draft->shard_count; i++)
        shard_decide(controller, decision, &draft->shards[i]);
    bool is_quiet = controller->now_us >= controller->placement_changed_us + BALANCE_US;
    if (is_quiet && !decision->is_placement_changed) placement_balance(decision);
}

uint64_t placement_deadline(const struct controller *controller) {
    return controller->is_unbalanced ? controller->placement_changed_us + BALANCE_US : UINT64_MAX;
}

/* ---- proposals (PL4) ---- */

static enum status propose_list(struct decision *decision, struct configuration_shard *shard,
                                const struct propose *propose) {
    const struct meta_node *node = placement_node(&decision->draft, propose->node);
    bool is_member = node != NULL && node->is_live && node->group == shard->group &&
                     node->incarnation == propose->node_incarnation;
    if (!is_member) return STATUS_INVALID;
    struct configuration_replica *place = NULL;
    for (uint32_t i = 0; i < shard->replica_count; i++)
        if (shard->replicas[i].node == propose->node) place = &shard->replicas[i];
    if (place != NULL && place->incarnation == propose->node_incarnation) return STATUS_OK;
    if (place == NULL) {
        if (shard->replica_count == REPLICAS_MAX) return STATUS_FULL;
        place = &shard->replicas[shard->replica_count++];
    }
    *place = (struct configuration_replica){propose->node, propose->node_incarnation};
    shard->version++;
    if (shard->replica_count > 1) shard->durability = decision->draft.durability;
    decision_put_shard(decision, shard);
    return STATUS_OK;
}

static enum status propose_unlist(struct decision *decision, struct configuration_shard *shard,
                                  const struct propose *propose) {
    if (propose->node == shard->primary) return STATUS_INVALID;
    for (uint32_t i = 0; i < shard->replica_count; i++) {
        const struct configuration_replica *replica = &shard->replicas[i];
        if (replica->node != propose->node || replica->incarnation != propose->node_incarnation)
            continue;
        bool is_last = shard->replica_count == 2;
        if (is_last && shard->durability != DURABILITY_SYNC) return STATUS_INVALID; /* R7 */
        shard->replicas[i] = shard->replicas[--shard->replica_count];
        shard->version++;
        decision_put_shard(decision, shard);
        return STATUS_OK;
    }
    /* Not listed, and from now on no LIST proposal that is still under way can list it: the primary stops
     * requiring it once it sees the new version (R1). */
    shard->version++;
    decision_put_shard(decision, shard);
    return STATUS_OK;
}

enum status placement_propose(struct controller *controller, struct decision *decision,
                              const struct message *message) {
    (void)controller;
    const struct propose *propose = &message->propose;
    struct configuration_shard *shard = draft_shard(decision, message->header.shard);
    if (shard == NULL) return STATUS_NOT_FOUND;
    bool is_primary = shard->primary == message->header.from_node &&
                      shard->primary_incarnation == message->header.from_incarnation;
    if (!is_primary) return STATUS_WRONG_PRIMARY;
    if (shard->term != message->header.term || shard->version != message->header.config_version)
        return STATUS_OLD_TERM; /* R2 */
    switch ((enum proposal_kind)propose->proposal_kind) {
    case PROPOSAL_LIST: return propose_list(decision, shard, propose);
    case PROPOSAL_UNLIST: return propose_unlist(decision, shard, propose);
    case PROPOSAL_SYNC:
        if (shard->durability == DURABILITY_SYNC) return STATUS_OK;
        shard->durability = DURABILITY_SYNC;
        shard->version++;
        decision_put_shard(decision, shard);
        return STATUS_OK;
    }
    return STATUS_INVALID;
}
