/* agent.c: how a storage node becomes and stays part of the cluster. See agent.h. */
#include "storage/agent.h"

#include "storage/store_private.h"

enum agent_state { AGENT_RECOVERING, AGENT_REGISTERING, AGENT_SERVING };

static const struct machine_state states[] = {
    [AGENT_RECOVERING] = {"recovering", TO(AGENT_REGISTERING)},
    [AGENT_REGISTERING] = {"registering", TO(AGENT_SERVING)},
    [AGENT_SERVING] = {"serving", 0},
};

void agent_open(struct agent *agent, struct store *store) {
    machine_open(&agent->machine, states, AGENT_RECOVERING);
    machine_trace(&agent->machine, store->trace, "agent", store->options.node);
    arena_open(&agent->arenas[0], store->options.source, 0);
    arena_open(&agent->arenas[1], store->options.source, 0);
    agent->register_us = agent->beat_us = UINT64_MAX;
    CHECK(agent->incarnation == 0);
}

void agent_close(struct agent *agent) {
    arena_close(&agent->arenas[0]);
    arena_close(&agent->arenas[1]);
}

static bool agent_speaks(const struct store *store) { return store->options.store_index == 0; }

static struct message *agent_message(struct store *store, enum message_kind kind, uint16_t to_node,
                                     struct effects *out) {
    struct message *message = effects_message(out, kind);
    message->header.from_node = store->options.node;
    message->header.from_incarnation = store->agent.incarnation;
    message->header.to_node = to_node;
    CHECK(message->header.shard == 0);
    return message;
}

/* ---- registration ---- */

/* What the logs hold: packed u16 shard, u32 term, u64 position. A hollow replica holds nothing. */
static struct slice agent_describe_logs(const struct store *store, struct arena *arena) {
    struct buffer logs = buffer_of(arena);
    for (uint32_t i = 0; i < store->shard_count; i++) {
        const struct shard *shard = store->shards[i];
        bool is_hollow = shard->following.is_hollow;
        uint8_t entry[14];
        store_le16(entry, shard->id);
        store_le32(entry + 2, is_hollow ? 0 : shard_log_term(shard, shard->log.appended));
        store_le64(entry + 6, is_hollow ? 0 : shard->log.appended);
        buffer_append(&logs, slice_of(entry, sizeof entry));
    }
    CHECK(logs.size == 14 * (size_t)store->shard_count);
    return buffer_slice(&logs);
}

static void agent_register(struct store *store, struct effects *out) {
    CHECK(store->is_recovered);
    struct agent *agent = &store->agent;
    agent->register_us = store->now_us + AGENT_REGISTER_US;
    if (!agent_speaks(store)) return;
    struct message *message = agent_message(store, MESSAGE_REGISTER, store->options.meta_node, out);
    message->register_node =
        (struct register_node){.node = store->options.node,
                               .role = ROLE_STORAGE,
                               .nonce = store->options.registration_nonce,
                               .name = store->options.node_name,
                               .address = store->options.node_address,
                               .seen_revision = agent->revision,
                               .stores = agent_describe_logs(store, out->arena)};
}

void agent_begin(struct store *store, struct effects *out) {
    CHECK(store->is_recovered && store->recovery == NULL);
    machine_move(&store->agent.machine, AGENT_REGISTERING);
    agent_register(store, out);
}

void agent_recover_revision(struct store *store, uint64_t revision) {
    CHECK(store->agent.machine.state == AGENT_RECOVERING);
    store->agent.revision = MAX(store->agent.revision, revision);
}

static void agent_on_registered(struct store *store, const struct message *message,
                                struct effects *out) {
    CHECK(message->header.kind == MESSAGE_REGISTERED);
    struct agent *agent = &store->agent;
    const struct registered *registered = &message->registered;
    if (registered->nonce != store->options.registration_nonce) return;
    if (registered->status != STATUS_OK) {
        if (registered->status == STATUS_OLD_TERM || registered->status == STATUS_DENIED)
            effects_stop(out, "meta refuses this node"); /* R6: its store is older than this node */
        return;
    }
    if (agent->machine.state != AGENT_REGISTERING) return;
    agent->incarnation = registered->incarnation;
    agent->revision = 0; /* the next one is taken, whatever was served before the restart */
    agent->register_us = UINT64_MAX;
    agent->beat_us = store->now_us;
    machine_move(&agent->machine, AGENT_SERVING);
}

/* ---- configuration ---- */

static struct agent_peer *agent_peer_find(struct agent *agent, uint16_t node) {
    for (uint32_t i = 0; i < agent->peer_count; i++)
        if (agent->peers[i].node == node) return &agent->peers[i];
    return NULL;
}

/* (A4) Meta and the other nodes of the group. */
static void agent_take_peers(struct store *store) {
    CHECK(store->agent.configuration != NULL);
    struct agent *agent = &store->agent;
    const struct cluster_configuration *configuration = agent->configuration;
    const struct configuration_node *own =
        configuration_node_find(configuration, store->options.node);
    struct agent_peer peers[AGENT_PEERS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < configuration->node_count && count < AGENT_PEERS_MAX; i++) {
        const struct configuration_node *node = &configuration->nodes[i];
        if (node->node == store->options.node || node->incarnation == 0) continue;
        bool is_near =
            node->role == ROLE_STORAGE && own != NULL && node->group == own->group && node->is_live;
        if (!is_near) continue;
        const struct agent_peer *known = agent_peer_find(agent, node->node);
        peers[count] = (struct agent_peer){node->node, node->incarnation, store->now_us, 0};
        if (known != NULL && known->incarnation == node->incarnation) peers[count] = *known;
        count++;
    }
    memcpy(agent->peers, peers, count * sizeof *peers);
    agent->peer_count = count;
}

/* (A2): logged, KNOWN when it is on disk. */
static void agent_log_revision(struct store *store, struct slice bytes, struct effects *out) {
    struct agent *agent = &store->agent;
    if (!agent_speaks(store) || !redo_has_room(store->redo)) return;
    struct record record = {.kind = RECORD_REVISION,
                            .shard = 0,
                            .term = 1,
                            .position = redo_appended_position(store->redo, 0) + 1,
                            .revision = {agent->revision, bytes}};
    struct buffer buffer = buffer_of(out->arena);
    if (record_size(&record) > redo_record_bytes_max(store->redo))
        record.revision.configuration = SLICE_EMPTY;
    enum status status = redo_append(store->redo, record_append(&buffer, &record));
    if (status != STATUS_OK) return;
    agent->known_position = record.position;
    redo_applied(store->redo, 0, record.position);
    store_want_turn_end(store);
}

void agent_on_synced(struct store *store, struct effects *out) {
    CHECK(store->is_recovered);
    struct agent *agent = &store->agent;
    if (agent->known_position == 0) return;
    if (redo_synced_position(store->redo, 0) < agent->known_position) return;
    agent->known_position = 0;
    struct message *message = agent_message(store, MESSAGE_KNOWN, store->options.meta_node, out);
    message->known = (struct known){store->options.node, agent->revision};
}

static void agent_on_configuration(struct store *store, const struct message *message,
                                   struct effects *out) {
    CHECK(message->header.kind == MESSAGE_CONFIGURATION);
    struct agent *agent = &store->agent;
    if (agent->machine.state != AGENT_SERVING)
        return; /* meta sends it again to a registered node */
    if (message->configuration.revision <= agent->revision) return;
    struct arena *arena = &agent->arenas[1 - agent->arena_used];
    struct cluster_configuration *configuration = NULL;
    arena_reset(arena);
    if (configuration_read(message->configuration.configuration, arena, &configuration) !=
        STATUS_OK)
        return;
    const struct configuration_node *own =
        configuration_node_find(configuration, store->options.node);
    if (own != NULL && own->incarnation > agent->incarnation) {
        store->stop_reason = "a later incarnation of this node is registered"; /* (A3) */
        return;
    }
    if (own == NULL || own->incarnation < agent->incarnation)
        return; /* from before we registered */
    agent->configuration = configuration;
    agent->arena_used = 1 - agent->arena_used;
    agent->revision = message->configuration.revision;
    agent_log_revision(store, message->configuration.configuration, out);
    agent_take_peers(store);
    store_on_configuration(store, configuration, out);
}

/* ---- peers ---- */

enum suspicion { SUSPECT_SILENT = 0, SUSPECT_PROVED = 1 };

static void agent_suspect(struct store *store, struct agent_peer *peer, enum suspicion suspicion,
                          struct effects *out) {
    CHECK(peer->node != store->options.node);
    peer->suspected_us = MAX(store->now_us, (uint64_t)1);
    struct message *message = agent_message(store, MESSAGE_SUSPECT, store->options.meta_node, out);
    message->suspect = (struct suspect){peer->node, peer->incarnation, (uint8_t)suspicion};
}

static void agent_on_peer(struct store *store, const struct message *message, struct effects *out) {
    const struct peer *event = &message->peer;
    struct agent *agent = &store->agent;
    bool is_meta_open = event->peer_state == PEER_OPEN && event->node == store->options.meta_node;
    if (is_meta_open && agent->machine.state != AGENT_RECOVERING)
        agent_register(store, out); /* (A1) */
    struct agent_peer *peer = agent_peer_find(agent, event->node);
    bool is_it =
        peer != NULL && (event->incarnation == 0 || event->incarnation == peer->incarnation);
    if (is_it && event->peer_state == PEER_DEAD && agent_speaks(store))
        agent_suspect(store, peer, SUSPECT_PROVED, out);
    store_on_peer(store, event, out);
}

static void agent_on_beat(struct store *store, const struct message *message, struct effects *out) {
    CHECK(message->header.kind == MESSAGE_BEAT);
    struct agent_peer *peer = agent_peer_find(&store->agent, message->header.from_node);
    if (peer != NULL && message->header.from_incarnation == peer->incarnation) {
        peer->heard_us = store->now_us;
        peer->suspected_us = 0;
    }
    if (message->beat.answer) return;
    struct message *answer = agent_message(store, MESSAGE_BEAT, message->header.from_node, out);
    answer->beat = (struct beat){message->beat.sequence, 1};
}

static void agent_beat(struct store *store, struct effects *out) {
    CHECK(store->agent.incarnation != 0);
    struct agent *agent = &store->agent;
    agent->beat_us = store->now_us + AGENT_BEAT_US;
    agent->beat_sequence++;
    struct message *message = agent_message(store, MESSAGE_BEAT, store->options.meta_node, out);
    message->beat.sequence = agent->beat_sequence;
    for (uint32_t i = 0; i < agent->peer_count; i++) {
        struct agent_peer *peer = &agent->peers[i];
        message = agent_message(store, MESSAGE_BEAT, peer->node, out);
        message->beat.sequence = agent->beat_sequence;
        bool is_late = store->now_us >= peer->heard_us + AGENT_SUSPECT_US &&
                       store->now_us >= peer->suspected_us + AGENT_SUSPECT_US;
        if (is_late) agent_suspect(store, peer, SUSPECT_SILENT, out);
    }
}

/* ---- dispatch ---- */

void agent_on_message(struct store *store, const struct message *message, struct effects *out) {
    CHECK(message->header.shard == 0);
    switch (message->header.kind) {
    case MESSAGE_REGISTERED: agent_on_registered(store, message, out); return;
    case MESSAGE_CONFIGURATION: agent_on_configuration(store, message, out); return;
    case MESSAGE_PEER: agent_on_peer(store, message, out); return;
    case MESSAGE_BEAT: agent_on_beat(store, message, out); return;
    case MESSAGE_STATUS_ASK: {
        struct buffer json = buffer_of(out->arena);
        store_describe(store, &json);
        struct message *answer = effects_answer(out, message, MESSAGE_STATUS_TELL);
        answer->status_tell = (struct status_tell){message->status_ask.nonce, buffer_slice(&json)};
        return;
    }
    default: return; /* nothing that a storage node is asked */
    }
}

void agent_on_deadline(struct store *store, struct effects *out) {
    CHECK(store->is_recovered);
    struct agent *agent = &store->agent;
    if (agent->machine.state == AGENT_REGISTERING && store->now_us >= agent->register_us)
        agent_register(store, out);
    if (agent->machine.state == AGENT_SERVING && agent_speaks(store) &&
        store->now_us >= agent->beat_us)
        agent_beat(store, out);
}

uint64_t agent_deadline(const struct store *store) {
    const struct agent *agent = &store->agent;
    if (!agent_speaks(store)) return UINT64_MAX;
    switch ((enum agent_state)agent->machine.state) {
    case AGENT_RECOVERING: return UINT64_MAX;
    case AGENT_REGISTERING: return agent->register_us;
    case AGENT_SERVING: return agent->beat_us;
    }
    UNREACHABLE();
}
