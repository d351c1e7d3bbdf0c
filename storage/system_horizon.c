/* system_horizon.c: which snapshots live, so that old versions may go (V1, SY4).
 *
 * X, below which all live snapshots are listed, is the least over the live SQL daemons of
 *     C                       when its report covers everything ever given to it (what comes later is above C)
 *     its complete_below      else: something given to it may not be in its list
 * A daemon that has not reported to this primary keeps X where it is.
 */
#include "storage/store_private.h"
#include "storage/system_private.h"

#define HORIZON_PUBLISH_US 20000

void system_horizon_close(struct system_shard *system) {
    struct system_horizon *horizon = &system->horizon;
    for (uint32_t i = 0; i < horizon->daemon_count; i++) {
        if (horizon->daemons[i].snapshots == NULL) continue;
        system->source->give(system->source, horizon->daemons[i].snapshots,
                             SYSTEM_SNAPSHOTS_MAX * sizeof(uint64_t));
    }
    horizon->daemon_count = 0;
}

void system_horizon_reset(struct system_shard *system) {
    system_horizon_close(system);
    system->horizon.published = 0;
    system->horizon.publish_us = UINT64_MAX;
    system->horizon.knows_daemons = false;
}

static struct system_daemon *daemon_find(struct system_horizon *horizon, uint32_t incarnation) {
    for (uint32_t i = 0; i < horizon->daemon_count; i++)
        if (horizon->daemons[i].incarnation == incarnation) return &horizon->daemons[i];
    return NULL;
}

static struct system_daemon *daemon_add(struct system_horizon *horizon, uint16_t node,
                                        uint32_t incarnation) {
    if (horizon->daemon_count == SYSTEM_DAEMONS_MAX) return NULL;
    struct system_daemon *daemon = &horizon->daemons[horizon->daemon_count++];
    *daemon = (struct system_daemon){.node = node, .incarnation = incarnation};
    return daemon;
}

static void daemon_remove(struct system_shard *system, uint32_t index) {
    struct system_horizon *horizon = &system->horizon;
    CHECK(index < horizon->daemon_count);
    if (horizon->daemons[index].snapshots != NULL)
        system->source->give(system->source, horizon->daemons[index].snapshots,
                             SYSTEM_SNAPSHOTS_MAX * sizeof(uint64_t));
    horizon->daemons[index] = horizon->daemons[--horizon->daemon_count];
}

void system_note_given(struct shard *shard, uint32_t incarnation, uint64_t snapshot) {
    struct system_horizon *horizon = &shard->system->horizon;
    struct system_daemon *daemon = daemon_find(horizon, incarnation);
    if (daemon == NULL) daemon = daemon_add(horizon, 0, incarnation);
    if (daemon == NULL) return; /* more daemons than there can be: X stays where it is */
    CHECK(snapshot > daemon->given_max || daemon->given_max == 0);
    daemon->given_max = snapshot;
}

static void horizon_want(struct shard *shard) {
    struct system_horizon *horizon = &shard->system->horizon;
    horizon->publish_us = MIN(horizon->publish_us, shard->store->now_us + HORIZON_PUBLISH_US);
}

/* A new replica, or one over a new connection, has missed what was published: an idle cluster would never say it again. */
static void horizon_want_again(struct shard *shard) {
    shard->system->horizon.published_count = UINT32_MAX;
    horizon_want(shard);
}

void system_on_peer_open(struct shard *shard) {
    if (shard->system != NULL && shard->system->is_serving) horizon_want_again(shard);
}

void system_on_live(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(shard->system != NULL);
    const struct live *live = &message->live;
    struct system_shard *system = shard->system;
    (void)out;
    uint32_t count = (uint32_t)(live->snapshots.size / 8);
    if (live->snapshots.size % 8 != 0 || count > SYSTEM_SNAPSHOTS_MAX) return; /* X waits for it */
    struct system_daemon *daemon = daemon_find(&system->horizon, live->incarnation);
    if (daemon == NULL)
        daemon = daemon_add(&system->horizon, message->header.from_node, live->incarnation);
    if (daemon == NULL) return;
    if (daemon->snapshots == NULL)
        daemon->snapshots =
            system->source->take(system->source, SYSTEM_SNAPSHOTS_MAX * sizeof(uint64_t));
    for (uint32_t i = 0; i < count; i++)
        daemon->snapshots[i] = load_le64(live->snapshots.data + 8 * i);
    daemon->snapshot_count = count;
    daemon->complete_below = live->complete_below;
    daemon->has_reported = true;
    horizon_want(shard);
}

static bool incarnation_is_live(const struct cluster_configuration *configuration,
                                uint32_t incarnation) {
    for (uint32_t i = 0; i < configuration->node_count; i++) {
        const struct configuration_node *node = &configuration->nodes[i];
        if (node->incarnation == incarnation) return node->is_live;
    }
    return false;
}

void system_on_configuration(struct shard *shard, const struct cluster_configuration *configuration,
                             struct effects *out) {
    struct system_shard *system = shard->system;
    if (system == NULL) return;
    struct system_horizon *horizon = &system->horizon;
    for (uint32_t i = horizon->daemon_count; i > 0; i--) {
        uint32_t incarnation = horizon->daemons[i - 1].incarnation;
        if (!incarnation_is_live(configuration, incarnation)) {
            daemon_remove(system, i - 1);
            named_lock_forget(shard, incarnation, out);
        }
    }
    for (uint32_t i = 0; i < configuration->node_count; i++) {
        const struct configuration_node *node = &configuration->nodes[i];
        if (node->role != ROLE_SQL || !node->is_live || node->incarnation == 0) continue;
        if (daemon_find(horizon, node->incarnation) == NULL)
            (void)daemon_add(horizon, node->node, node->incarnation);
    }
    horizon->knows_daemons = true;
    if (system->is_serving) horizon_want_again(shard);
}

static uint64_t horizon_complete_below(const struct shard *shard) {
    const struct system_shard *system = shard->system;
    uint64_t complete = system->counter;
    for (uint32_t i = 0; i < system->horizon.daemon_count; i++) {
        const struct system_daemon *daemon = &system->horizon.daemons[i];
        if (!daemon->has_reported) return 0;
        if (daemon->complete_below <= daemon->given_max)
            complete = MIN(complete, daemon->complete_below);
    }
    return complete;
}

static void snapshots_sort(uint64_t *snapshots, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) { /* lists come sorted: nearly a merge */
        uint64_t value = snapshots[i];
        uint32_t at = i;
        for (; at > 0 && snapshots[at - 1] > value; at--) snapshots[at] = snapshots[at - 1];
        snapshots[at] = value;
    }
}

/* All live ones below X, rising, once each, packed. */
static struct slice horizon_snapshots(const struct system_horizon *horizon, uint64_t below,
                                      struct arena *arena) {
    uint32_t count = 0, kept = 0;
    for (uint32_t i = 0; i < horizon->daemon_count; i++)
        count += horizon->daemons[i].snapshot_count;
    uint64_t *all = arena_array(arena, uint64_t, count + 1);
    count = 0;
    for (uint32_t i = 0; i < horizon->daemon_count; i++)
        for (uint32_t j = 0; j < horizon->daemons[i].snapshot_count; j++)
            if (horizon->daemons[i].snapshots[j] < below)
                all[count++] = horizon->daemons[i].snapshots[j];
    snapshots_sort(all, count);
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 || all[kept - 1] != all[i]) all[kept++] = all[i];
    return slice_of(all, kept * sizeof(uint64_t));
}

void system_horizon_publish(struct shard *shard, struct effects *out) {
    CHECK(shard->system != NULL && shard->system->is_serving);
    struct system_horizon *horizon = &shard->system->horizon;
    const struct cluster_configuration *configuration = shard->store->configuration;
    horizon->publish_us = UINT64_MAX;
    if (!horizon->knows_daemons || configuration == NULL) return;
    uint64_t complete = horizon_complete_below(shard);
    if (complete < horizon->published || complete == 0) return;
    struct slice snapshots = horizon_snapshots(horizon, complete, out->arena);
    uint32_t count = (uint32_t)(snapshots.size / sizeof(uint64_t));
    /* Below the same X the set only shrinks: what comes later is given at or above C. */
    if (complete == horizon->published && count >= horizon->published_count) return;
    horizon->published = complete;
    horizon->published_count = count;
    for (uint32_t i = 0; i < configuration->shard_count; i++) {
        const struct configuration_shard *entry = &configuration->shards[i];
        for (uint32_t j = 0; j < entry->replica_count; j++) {
            struct message *message =
                shard_message(shard, MESSAGE_HORIZON, entry->replicas[j].node, entry->shard, out);
            message->horizon = (struct horizon){complete, snapshots};
        }
    }
}
