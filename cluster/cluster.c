/* cluster.c: the cluster handle as a machine: who am I, who is there, and whose answer is this?
 *
 *   unregistered --REGISTERED--> registered --CONFIGURATION, DICTIONARY--> ready
 *        ^-- my incarnation is among the ended ones: everything open is lost, begin anew --'
 *
 *   (CL1) REGISTER is repeated each second until it is answered, and whenever the connection to meta opens.
 *   (CL2) Fibers run between steps; what they send goes into the effects of cluster_bind. Answers that come in a
 *         step are copied and wake them (ask.c).
 *   (CL3) What changed (configuration, dictionary, a peer) wakes all fibers that wait for a change.
 */
#include "cluster/cluster_private.h"

#include <inttypes.h>

#include "cluster/ending.h"
#include "cluster/txn.h"

#define REGISTER_US 1000000

/* ---- open and close ---- */

static void cluster_register(struct cluster *cluster);

struct cluster *cluster_open(const struct cluster_options *options, uint64_t now_us,
                             struct effects *out) {
    struct arena arena;
    arena_open(&arena, options->source, 0);
    struct cluster *cluster = arena_new(&arena, struct cluster);
    cluster->options = *options;
    cluster->options.node_name = arena_copy(&arena, options->node_name);
    cluster->options.node_address = arena_copy(&arena, options->node_address);
    cluster->cluster_arena = arena;
    cluster->out = out;
    cluster->now_us = now_us;
    cluster->nonce = options->registration_nonce;
    cluster->retry_at_us = UINT64_MAX;
    random_open(&cluster->random, options->seed);
    route_open(&cluster->route, options->source);
    asks_open(&cluster->asks, options->source);
    schemas_open(&cluster->schemas, options->source);
    snapshots_open(&cluster->snapshots);
    marks_open(&cluster->marks);
    struct list *lists[] = {&cluster->open_calls,    &cluster->free_calls,   &cluster->open_scans,
                            &cluster->txns,          &cluster->free_txns,    &cluster->free_scans,
                            &cluster->free_parts,    &cluster->free_endings, &cluster->endings,
                            &cluster->change_waiters};
    for (size_t i = 0; i < ARRAY_COUNT(lists); i++) list_open(lists[i]);
    map_open(&cluster->sequences, options->source);
    map_open(&cluster->statistics, options->source);
    cluster_register(cluster);
    effects_deadline(out, cluster->register_at_us);
    return cluster;
}

void cluster_close(struct cluster *cluster) {
    list_append(&cluster->free_calls, &cluster->open_calls);
    LIST_EACH(link, &cluster->free_calls)
    arena_close(&CONTAINER_OF(link, struct call_arena, link)->arena);
    txns_close(cluster);
    scans_close(cluster);
    endings_close(cluster);
    statistics_close(cluster);
    map_close(&cluster->sequences);
    schemas_close(&cluster->schemas);
    asks_close(&cluster->asks);
    route_close(&cluster->route);
    struct arena arena = cluster->cluster_arena;
    arena_close(&arena);
}

struct call_arena *call_arena_take(struct cluster *cluster) {
    struct list_link *link = list_pop_first(&cluster->free_calls);
    struct call_arena *call;
    if (link != NULL) {
        call = CONTAINER_OF(link, struct call_arena, link);
    } else {
        call = arena_new(&cluster->cluster_arena, struct call_arena);
        arena_open(&call->arena, cluster->options.source, 0);
    }
    list_push_last(&cluster->open_calls, &call->link);
    return call;
}

void call_arena_give(struct cluster *cluster, struct call_arena *call) {
    arena_reset(&call->arena);
    list_remove(&call->link);
    list_push_first(&cluster->free_calls, &call->link);
}

/* ---- sending ---- */

struct message *cluster_message(struct cluster *cluster, enum message_kind kind, uint16_t to_node) {
    struct message *message = effects_message(cluster->out, kind);
    struct message_header *header = &message->header;
    header->from_node = cluster->options.node;
    header->from_incarnation = cluster->incarnation;
    header->to_node = to_node;
    header->shown = cluster->shown;
    cluster->request_count++;
    return message;
}

struct message *cluster_message_to_shard(struct cluster *cluster, enum message_kind kind,
                                         const struct route_shard *shard) {
    struct message *message = cluster_message(cluster, kind, shard->node);
    struct message_header *header = &message->header;
    header->shard = shard->shard;
    header->to_incarnation = shard->incarnation;
    header->term = shard->term;
    header->config_version = shard->version;
    return message;
}

void cluster_retry_by(struct cluster *cluster, uint64_t at_us) {
    cluster->retry_at_us = MIN(cluster->retry_at_us, at_us);
    effects_deadline(cluster->out, at_us);
}

static void cluster_register(struct cluster *cluster) {
    struct message *message =
        cluster_message(cluster, MESSAGE_REGISTER, cluster->options.meta_node);
    const struct cluster_configuration *configuration = cluster->route.configuration;
    message->register_node = (struct register_node){
        .node = cluster->options.node,
        .role = ROLE_SQL,
        .nonce = cluster->nonce,
        .name = cluster->options.node_name,
        .address = cluster->options.node_address,
        .seen_revision = configuration == NULL ? 0 : configuration->revision,
    };
    cluster->register_at_us = cluster->now_us + REGISTER_US;
}

void cluster_report_schema(struct cluster *cluster) {
    struct schemas *schemas = &cluster->schemas;
    uint32_t version = schemas->newest == NULL ? 0 : schemas->newest->version;
    uint32_t in_use = schemas_in_use(schemas);
    if (version == schemas->reported_version && in_use == schemas->reported_in_use) return;
    if (cluster->incarnation == 0 || !cluster->is_meta_open) return;
    struct message *message = cluster_message(cluster, MESSAGE_LEARNED, cluster->options.meta_node);
    message->learned = (struct learned){cluster->options.node, version, in_use};
    schemas->reported_version = version;
    schemas->reported_in_use = in_use;
}

/* ---- waiting for a change ---- */

struct change_waiter {
    struct list_link link;
    struct waiter *waiter;
};

void cluster_changed(struct cluster *cluster) { /* (CL3) */
    LIST_EACH(link, &cluster->change_waiters) {
        struct change_waiter *waiting = CONTAINER_OF(link, struct change_waiter, link);
        list_remove(link);
        waiter_wake(waiting->waiter);
    }
}

enum status cluster_wait_change(struct cluster *cluster, struct waiter *waiter,
                                uint64_t deadline_us) {
    struct change_waiter waiting = {.waiter = waiter};
    list_push_last(&cluster->change_waiters, &waiting.link);
    uint64_t deadline_before = waiter->deadline_us;
    waiter->deadline_us = MIN(deadline_before, deadline_us);
    enum wait_result result = waiter_wait(waiter, WAIT_CLUSTER);
    waiter->deadline_us = deadline_before;
    if (list_holds(&waiting.link)) list_remove(&waiting.link);
    return result == WAIT_CANCELLED ? STATUS_CANCELLED : STATUS_OK;
}

bool cluster_is_ready(const struct cluster *cluster) {
    return cluster->incarnation != 0 && cluster->schemas.newest != NULL &&
           route_is_complete(&cluster->route);
}

enum status cluster_wait_ready(struct cluster *cluster, struct waiter *waiter,
                               uint64_t timeout_us) {
    uint64_t deadline_us = waiter->now_us + timeout_us;
    while (!cluster_is_ready(cluster)) {
        if (waiter->now_us >= deadline_us) return STATUS_UNAVAILABLE;
        if (cluster_wait_change(cluster, waiter, deadline_us) != STATUS_OK) return STATUS_CANCELLED;
    }
    return STATUS_OK;
}

/* ---- events ---- */

static void on_ask_ended(struct cluster *cluster, struct ask *ask) {
    switch ((enum ask_owner)ask->owner) {
    case ASK_OF_FIBER: waiter_wake(ask->waiter); return;
    case ASK_OF_ENDING: ending_on_answer(ask); return;
    case ASK_OF_SNAPSHOT: snapshot_on_answer(cluster); return;
    case ASK_OF_STATISTICS: statistics_on_answer(cluster, ask); return;
    }
    UNREACHABLE();
}

static void on_answer(struct cluster *cluster, const struct message *message) {
    struct ask *ask = ask_on_answer(cluster, message);
    if (ask == NULL) return; /* late */
    cluster->shown = MAX(cluster->shown, message->header.shown);
    on_ask_ended(cluster, ask);
}

static void on_peer(struct cluster *cluster, const struct peer *peer) {
    enum peer_state state = (enum peer_state)peer->peer_state;
    bool is_meta = peer->node == cluster->options.meta_node;
    route_on_peer(&cluster->route, peer->node, state);
    if (state == PEER_OPEN) {
        if (is_meta) {
            cluster->is_meta_open = true;
            cluster->schemas.reported_version = 0; /* said again: the last may be lost */
            cluster_register(cluster);
        }
        mark_on_configuration(cluster);
        snapshot_on_open(cluster, peer->node);
    } else {
        if (is_meta) cluster->is_meta_open = false;
        uint32_t cursor = 0;
        for (struct ask *ask; (ask = ask_next_lost(cluster, peer->node, &cursor)) != NULL;)
            on_ask_ended(cluster, ask);
    }
    snapshot_on_configuration(cluster);
    endings_on_deadline(cluster);
    cluster_changed(cluster);
}

static void on_registered(struct cluster *cluster, const struct registered *registered) {
    if (registered->nonce != cluster->nonce) return;
    if (registered->status != STATUS_OK) {
        if (registered->status != STATUS_UNAVAILABLE)
            effects_stop(cluster->out, "meta refuses the registration of this node");
        return;
    }
    if (cluster->incarnation == 0) cluster->incarnation = registered->incarnation;
    cluster->register_at_us = UINT64_MAX;
    cluster_report_schema(cluster);
    snapshot_on_configuration(cluster);
    cluster_changed(cluster);
}

/* Meta gave us up: shards finish or drop what was open. A new life. */
static void cluster_begin_anew(struct cluster *cluster) {
    cluster->incarnation = 0;
    cluster->nonce = random_u64(&cluster->random);
    uint32_t cursor = 0;
    const struct cluster_configuration *configuration = cluster->route.configuration;
    for (uint32_t i = 0; i < configuration->node_count; i++, cursor = 0) {
        uint16_t node = configuration->nodes[i].node;
        for (struct ask *ask; (ask = ask_next_lost(cluster, node, &cursor)) != NULL;)
            if (ask->owner == ASK_OF_FIBER) waiter_wake(ask->waiter);
    }
    endings_forget(cluster);
    snapshot_forget(cluster);
    sequences_forget(cluster);
    cluster->schemas.reported_version = 0;
    cluster_register(cluster);
}

/* (K3) */
static void cluster_lose_outdated(struct cluster *cluster) {
    uint32_t cursor = 0;
    for (struct ask *ask; (ask = ask_next_outdated(cluster, &cursor)) != NULL;)
        on_ask_ended(cluster, ask);
}

static void on_configuration(struct cluster *cluster, const struct message *message) {
    const struct configuration *pushed = &message->configuration;
    if (route_take(&cluster->route, pushed->configuration, pushed->revision) != STATUS_OK) return;
    struct message *known = cluster_message(cluster, MESSAGE_KNOWN, cluster->options.meta_node);
    known->known = (struct known){cluster->options.node, pushed->revision};
    if (cluster->incarnation != 0 && cluster_incarnation_is_over(cluster, cluster->incarnation)) {
        cluster_begin_anew(cluster);
    } else {
        cluster_lose_outdated(cluster);
        snapshot_on_configuration(cluster);
        mark_on_configuration(cluster);
        endings_on_deadline(cluster);
    }
    cluster_changed(cluster);
}

/* A push is missing, or was overtaken: meta answers a report of version 0 with the whole dictionary. */
static void cluster_ask_for_whole(struct cluster *cluster) {
    if (cluster->incarnation == 0 || !cluster->is_meta_open) return;
    struct message *message = cluster_message(cluster, MESSAGE_LEARNED, cluster->options.meta_node);
    message->learned =
        (struct learned){cluster->options.node, 0, schemas_in_use(&cluster->schemas)};
}

static void on_dictionary(struct cluster *cluster, const struct dictionary *dictionary) {
    enum status status = schemas_take(&cluster->schemas, dictionary);
    cluster->schemas.reported_version = 0; /* each push is answered */
    if (status == STATUS_OLD_SCHEMA)
        cluster_ask_for_whole(cluster);
    else
        cluster_report_schema(cluster);
    if (status == STATUS_OK) cluster_changed(cluster);
}

static void on_beat(struct cluster *cluster, const struct message *message) {
    if (message->beat.answer) return;
    struct message *beat = cluster_message(cluster, MESSAGE_BEAT, message->header.from_node);
    beat->beat = (struct beat){message->beat.sequence, 1};
}

static void on_status_ask(struct cluster *cluster, const struct message *message) {
    struct message *answer = effects_answer(cluster->out, message, MESSAGE_STATUS_TELL);
    struct buffer json = buffer_of(cluster->out->arena);
    buffer_append_byte(&json, '{');
    cluster_describe(cluster, &json);
    buffer_append_byte(&json, '}');
    answer->status_tell = (struct status_tell){message->status_ask.nonce, buffer_slice(&json)};
}

static void on_message(struct cluster *cluster, const struct message *message) {
    switch (message->header.kind) {
    case MESSAGE_PEER: on_peer(cluster, &message->peer); return;
    case MESSAGE_REGISTERED: on_registered(cluster, &message->registered); return;
    case MESSAGE_CONFIGURATION: on_configuration(cluster, message); return;
    case MESSAGE_DICTIONARY: on_dictionary(cluster, &message->dictionary); return;
    case MESSAGE_BEAT: on_beat(cluster, message); return;
    case MESSAGE_STATUS_ASK: on_status_ask(cluster, message); return;
    }
    if (message->header.to_incarnation == cluster->incarnation) on_answer(cluster, message);
}

static void on_deadline(struct cluster *cluster) {
    if (cluster->register_at_us <= cluster->now_us) cluster_register(cluster);
    if (cluster->retry_at_us <= cluster->now_us) {
        cluster->retry_at_us = UINT64_MAX;
        endings_on_deadline(cluster);
    }
    snapshot_on_deadline(cluster);
    mark_on_deadline(cluster);
}

static void cluster_set_deadline(struct cluster *cluster) {
    uint64_t at_us = MIN(cluster->register_at_us, cluster->retry_at_us);
    at_us = MIN(at_us, MIN(cluster->snapshots.report_at_us, cluster->marks.report_at_us));
    effects_deadline(cluster->out, at_us);
}

void cluster_step(struct cluster *cluster, const struct event *event, struct effects *out) {
    cluster_bind(cluster, out, event->now_us);
    switch (event->kind) {
    case EVENT_DEADLINE: break;
    case EVENT_MESSAGE: on_message(cluster, event->message); break;
    case EVENT_DISK_DONE:
    case EVENT_STORE_DONE: UNREACHABLE(); /* it asks for neither */
    }
    on_deadline(cluster);
    cluster_set_deadline(cluster);
}

void cluster_bind(struct cluster *cluster, struct effects *out, uint64_t now_us) {
    cluster->out = out;
    cluster->now_us = now_us;
    snapshot_on_turn(cluster);
    cluster_set_deadline(cluster);
}

const struct cluster_configuration *cluster_configuration(const struct cluster *cluster) {
    return cluster->route.configuration;
}

uint32_t cluster_incarnation(const struct cluster *cluster) { return cluster->incarnation; }

bool cluster_incarnation_is_over(const struct cluster *cluster, uint32_t incarnation) {
    const struct cluster_configuration *configuration = cluster_configuration(cluster);
    for (uint32_t i = 0; configuration != NULL && i < configuration->ended_count; i++)
        if (configuration->ended[i] == incarnation) return true;
    return false;
}

void cluster_describe(const struct cluster *cluster, struct buffer *json) {
    const struct cluster_configuration *configuration = cluster->route.configuration;
    buffer_printf(json,
                  "\"role\":\"sql\",\"node\":%u,\"incarnation\":%" PRIu32 ",\"ready\":%s,"
                  "\"revision\":%" PRIu64 ",\"schema_version\":%" PRIu32 ","
                  "\"open_transactions\":%" PRIu64 ",\"commits\":%" PRIu64 ",\"aborts\":%" PRIu64
                  ",\"requests\":%" PRIu64,
                  cluster->options.node, cluster->incarnation,
                  cluster_is_ready(cluster) ? "true" : "false",
                  configuration == NULL ? 0 : configuration->revision,
                  cluster->schemas.newest == NULL ? 0 : cluster->schemas.newest->version,
                  cluster->marks.open_count, cluster->commit_count, cluster->abort_count,
                  cluster->request_count);
}
