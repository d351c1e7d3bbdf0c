/* shard.c: the role of a replica: who it is by the configuration, and how a new primary takes over.
 *
 *            +--------------------------- configuration, later term ---------------------------+
 *            v                                                                                 |
 *   idle -> learner -> backup -> equalising -----> fencing ----------> finishing -> primary ---+
 *                                 TERM record       C as M, F raised    undecided prepares
 *                                 kept by all       (T9)                finished (X6)
 *                                 listed (R4)
 *
 *   (SH1) The term and version in force never fall (R2). A step down takes back everything that is not confirmed.
 *   (SH2) Requests that come while a new primary takes over wait; those that the take-over of others needs (INQUIRE,
 *         COMPLETE, time) are served as soon as they can be, so no two shards wait for each other.
 */
#include "storage/shard.h"

#include "storage/backup.h"
#include "storage/coordinator.h"
#include "storage/deadlock_report.h"
#include "storage/participant_private.h"
#include "storage/refusal.h"
#include "storage/system_shard.h"

#define FENCE_RETRY_US     20000
#define FRAGMENT_COUNT_MAX 4096
#define SCHEMA_WAITS_MAX   1024

static const struct machine_state states[] = {
    [SHARD_IDLE] = {"idle", TO(SHARD_LEARNER) | TO(SHARD_BACKUP) | TO(SHARD_EQUALISING)},
    [SHARD_LEARNER] = {"learner", TO(SHARD_IDLE) | TO(SHARD_BACKUP) | TO(SHARD_EQUALISING)},
    [SHARD_BACKUP] = {"backup", TO(SHARD_IDLE) | TO(SHARD_LEARNER) | TO(SHARD_EQUALISING)},
    [SHARD_EQUALISING] = {"equalising", TO(SHARD_FENCING) | TO(SHARD_IDLE)},
    [SHARD_FENCING] = {"fencing", TO(SHARD_FINISHING) | TO(SHARD_IDLE)},
    [SHARD_FINISHING] = {"finishing", TO(SHARD_PRIMARY) | TO(SHARD_IDLE)},
    [SHARD_PRIMARY] = {"primary", TO(SHARD_IDLE)},
};

static uint32_t shard_transaction_count(const struct shard *shard) {
    uint32_t count = shard->store->options.transaction_count;
    return count == 0 ? TXN_COUNT_MAX : count;
}

static void shard_open_rows(struct shard *shard) {
    struct store *store = shard->store;
    arena_open(&shard->rows_arena, store->options.source, 0);
    struct fragments_options options = {.memory = &store->memory,
                                        .arena = &shard->rows_arena,
                                        .writer_count = shard_transaction_count(shard),
                                        .fragment_count_max = FRAGMENT_COUNT_MAX};
    shard->fragments = fragments_open(&options);
    shard->writers = fragments_writers(shard->fragments);
    shard->locks = lock_table_open(&shard->rows_arena, &store->memory, options.writer_count);
    schema_open(&shard->schema, store->options.source, shard->fragments);
    outcomes_open(&shard->outcomes, store->options.source);
    CHECK(shard->writers->slot_count == options.writer_count);
}

static void shard_close_rows(struct shard *shard) {
    outcomes_close(&shard->outcomes);
    schema_close(&shard->schema);
    lock_table_close(shard->locks);
    fragments_close(shard->fragments);
    arena_close(&shard->rows_arena);
}

struct shard *shard_open(struct store *store, uint16_t id) {
    struct shard *shard = arena_new(&store->store_arena, struct shard);
    CHECK(id != 0);
    shard->store = store;
    shard->id = id;
    machine_open(&shard->role, states, SHARD_IDLE);
    machine_trace(&shard->role, store->trace, "shard", id);
    shard->log.terms = arena_array(&store->store_arena, struct shard_term, SHARD_TERMS_MAX);
    size_t tail_chunk_bytes = LOG_TAIL_CHUNK_BYTES;
    if (store->options.tail_bytes != 0) /* trimming comes near to what is to be kept */
        tail_chunk_bytes = MIN(tail_chunk_bytes, 256 + store->options.tail_bytes / 4);
    log_tail_open(&shard->log.tail, store->options.source, tail_chunk_bytes);
    list_open(&shard->log_waiters);
    list_open(&shard->role_waiters);
    list_open(&shard->schema_waiting);
    shard->edges_us = UINT64_MAX;
    shard_open_rows(shard);
    shard->participants = participants_open(shard, shard_transaction_count(shard));
    shard->replication = replication_open(shard);
    shard->proof = proof_open(shard);
    shard->coordinator = coordinator_open(shard);
    if (id == SHARD_SYSTEM) shard->system = system_shard_open(shard);
    shard_schema_open(shard, SCHEMA_WAITS_MAX);
    return shard;
}

static void shard_free_horizon(struct shard *shard) {
    struct chunk_source *source = shard->store->options.source;
    if (shard->horizon_capacity > 0)
        source->give(source, (void *)(uintptr_t)shard->horizon.snapshots,
                     shard->horizon_capacity * sizeof(uint64_t));
    shard->horizon_capacity = 0;
    shard->horizon = (struct fragment_horizon){0};
}

void shard_close(struct shard *shard) {
    CHECK(shard != NULL);
    shard_free_horizon(shard);
    log_tail_reset(&shard->log.tail, 0);
    pool_abandon(&shard->schema_waits);
    system_shard_close(shard->system);
    coordinator_close(shard->coordinator);
    proof_close(shard->proof);
    replication_close(shard->replication);
    participants_close(shard->participants);
    shard_close_rows(shard);
}

void shard_forget(struct shard *shard) {
    CHECK(!shard_leads(shard));
    CHECK(list_is_empty(&shard->log_waiters));
    participant_forget(shard);
    shard_close_rows(shard);
    shard_open_rows(shard);
    system_forget(shard);
    struct shard_log *log = &shard->log;
    log_tail_reset(&log->tail, 0);
    log->appended = log->fed = log->kept = log->synced = log->confirmed = log->applied = 0;
    log->reach = 0;
    log->term_count = 0;
    shard->history_from = 0;
    shard->is_collect_due = false;
}

/* ---- messages out ---- */

struct message *shard_message(struct shard *shard, enum message_kind kind, uint16_t to_node,
                              uint16_t to_shard, struct effects *out) {
    struct message *message = effects_message(out, kind);
    bool is_own = to_shard == shard->id;
    message->header.shard = to_shard;
    message->header.from_node = shard->store->options.node;
    message->header.to_node = to_node;
    message->header.from_incarnation = shard->store->agent.incarnation;
    message->header.term = is_own ? shard->term : 0;
    message->header.config_version = is_own ? shard->version : 0;
    message->header.shown = shard->decided_max;
    message->header.fence = shard->fence_known;
    CHECK(to_node != 0);
    return message;
}

struct message *shard_answer(struct shard *shard, const struct message *request,
                             enum message_kind kind, struct effects *out) {
    struct message *answer = effects_answer(out, request, kind);
    answer->header.from_node = shard->store->options.node;
    answer->header.from_incarnation = shard->store->agent.incarnation;
    answer->header.term = shard->term;
    answer->header.config_version = shard->version;
    answer->header.schema_version = shard->schema.version_max;
    answer->header.shown = shard->decided_max;
    answer->header.fence = shard->fence_known;
    return answer;
}

void shard_refuse_kind(struct shard *shard, const struct message *request,
                       enum message_kind answer_kind, enum status status, struct effects *out) {
    refusal_set(shard_answer(shard, request, answer_kind, out), status);
}

void shard_refuse(struct shard *shard, const struct message *request, enum status status,
                  struct effects *out) {
    enum message_kind kind = (enum message_kind)refusal_kind_of(request);
    if (kind != 0) shard_refuse_kind(shard, request, kind, status, out);
}

/* ---- taking over ---- */

static void shard_step_down(struct shard *shard, struct effects *out) {
    CHECK(shard_leads(shard));
    LIST_EACH(link, &shard->role_waiters) list_remove(link); /* refused with all others */
    proof_step_down(shard, out);
    coordinator_step_down(shard);
    system_step_down(shard, out);
    participant_step_down(shard, out);
    shard_schema_step_down(shard, out);
    replica_step_down(shard);
    if (list_holds(&shard->term_waiter.link)) list_remove(&shard->term_waiter.link);
    CHECK(list_is_empty(&shard->log_waiters)); /* everybody took his own out */
    shard->term_position = 0;
    shard->fence_asked_us = 0;
    shard->edges_us = UINT64_MAX;
    machine_move(&shard->role, SHARD_IDLE);
}

static void shard_take_over(struct shard *shard, struct effects *out) {
    CHECK(!shard_leads(shard) && list_is_empty(&shard->log_waiters));
    machine_move(&shard->role, SHARD_EQUALISING);
    shard->role_since_us = shard->store->now_us;
    shard->following = (struct shard_following){0};
    replica_take_over(shard);
    struct record record = {
        .kind = RECORD_TERM,
        .term_begin = {shard->store->options.node, shard->store->agent.incarnation, 0, 0}};
    shard->term_position = replica_append(shard, &record, out);
    shard_wait_for_log(shard, &shard->term_waiter, WAITER_TERM);
    replica_on_configuration(shard, out);
}

static void shard_ask_fence(struct shard *shard, struct effects *out) {
    CHECK(shard->role.state == SHARD_FENCING && shard->system == NULL);
    uint64_t now_us = shard->store->now_us;
    shard->fence_asked_us = MAX(now_us, (uint64_t)1);
    uint16_t node = store_primary_of(shard->store, SHARD_SYSTEM);
    if (node == 0) return;
    struct message *message = shard_message(shard, MESSAGE_FENCE, node, SHARD_SYSTEM, out);
    message->header.request_id = 1; /* odd: see shard_on_fenced */
    message->fence.from_shard = shard->id;
}

void shard_on_term_confirmed(struct shard *shard, struct effects *out) {
    CHECK(shard->role.state == SHARD_EQUALISING);
    CHECK(shard->log.applied >= shard->term_position);
    machine_move(&shard->role, SHARD_FENCING);
    participant_take_over(shard);
    if (shard->system != NULL)
        system_take_over(shard, out);
    else
        shard_ask_fence(shard, out);
}

static void shard_begin_finishing(struct shard *shard, struct effects *out) {
    machine_move(&shard->role, SHARD_FINISHING);
    shard_finish_check(shard, out);
}

void shard_on_time_served(struct shard *shard, struct effects *out) {
    CHECK(shard->system != NULL);
    if (shard->role.state == SHARD_FENCING) shard_begin_finishing(shard, out);
}

void shard_on_fenced(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(message->header.kind == MESSAGE_FENCED);
    const struct fenced *fenced = &message->fenced;
    if (fenced->status != STATUS_OK || !shard_leads(shard)) return;
    if (fenced->counter > TIMESTAMP_MAX) return;
    bool is_fence = message->header.request_id % 2 == 1;
    if (is_fence && shard->role.state == SHARD_FENCING) { /* T9 */
        shard->snapshot_max = MAX(shard->snapshot_max, fenced->counter);
        shard->fence_known = MAX(shard->fence_known, fenced->fence);
        shard->fence_asked_us = 0;
        shard_begin_finishing(shard, out);
    } else if (!is_fence && shard->participants->floor_asked_us != 0 &&
               message->header.request_id == shard->participants->floor_ask_id) {
        participant_on_floor(shard, fenced->counter, out);
    }
}

static void shard_on_request(struct shard *shard, const struct message *message,
                             struct effects *out);

void shard_finish_check(struct shard *shard, struct effects *out) {
    if (shard->role.state != SHARD_FINISHING) return;
    if (!list_is_empty(&shard->participants->transactions)) return;
    machine_move(&shard->role, SHARD_PRIMARY);
    struct request_queue *requests = &shard->participants->requests;
    struct list_link *link;
    while ((link = list_pop_first(&shard->role_waiters)) != NULL) {
        struct request *request = CONTAINER_OF(link, struct request, link);
        shard_on_request(shard, request->message, out);
        request_give(requests, request);
    }
    shard->is_collect_due = true;
    shard_end_incarnations(shard, shard->store->configuration, out);
    store_want_turn_end(shard->store);
}

/* ---- configuration ---- */

void shard_raise_term(struct shard *shard, uint32_t term, struct effects *out) {
    if (term <= shard->term) return;
    if (shard_leads(shard)) {
        shard_step_down(shard, out);
        machine_move(&shard->role, SHARD_LEARNER); /* the configuration says what it is */
    }
    shard->term = term;
    shard->version = 0;
}

static bool configuration_is_newer(const struct shard *shard,
                                   const struct configuration_shard *entry) {
    CHECK(entry->shard == shard->id);
    if (entry->term != shard->term) return entry->term > shard->term;
    return entry->version > shard->version || shard->configured.term != shard->term;
}

static void shard_follow(struct shard *shard, enum shard_role role, struct effects *out) {
    CHECK(role < SHARD_EQUALISING);
    if (shard_leads(shard)) shard_step_down(shard, out);
    if (shard->role.state == role) return;
    machine_move(&shard->role, (uint8_t)role);
    shard->following.join_sent_us = 0;
}

void shard_set_durability(struct shard *shard) {
    enum durability durability = shard->configured.replica_count <= 1
                                     ? DURABILITY_SYNC
                                     : (enum durability)shard->configured.durability;
    CHECK(durability == DURABILITY_SYNC || durability == DURABILITY_REPLICATED);
    redo_set_durability(shard->store->redo, shard->id, durability);
    if (durability == DURABILITY_SYNC) redo_want_sync(shard->store->redo);
}

void shard_on_configuration(struct shard *shard, const struct cluster_configuration *configuration,
                            struct effects *out) {
    CHECK(shard->store->agent.incarnation != 0);
    const struct store *store = shard->store;
    const struct configuration_shard *entry = configuration_shard_find(configuration, shard->id);
    const struct configuration_node *node =
        configuration_node_find(configuration, store->options.node);
    if (entry == NULL || node == NULL) {
        shard_follow(shard, SHARD_IDLE, out);
        return;
    }
    bool is_newer = configuration_is_newer(shard, entry);
    bool is_new_term = is_newer && (entry->term > shard->term || !shard_leads(shard));
    if (is_newer) {
        shard->configured = *entry;
        shard->term = entry->term;
        shard->version = entry->version;
        shard_set_durability(shard);
    }
    uint32_t own = store->agent.incarnation;
    bool leads = shard->configured.primary == store->options.node &&
                 shard->configured.primary_incarnation == own &&
                 shard->configured.term == shard->term;
    const struct configuration_replica *listed =
        configuration_replica_find(&shard->configured, store->options.node);
    if (leads && is_new_term) {
        if (shard_leads(shard)) shard_step_down(shard, out);
        shard_take_over(shard, out);
    } else if (leads && is_newer) {
        replica_on_configuration(shard, out);
    } else if (!leads && listed != NULL && listed->incarnation == own) {
        shard_follow(shard, SHARD_BACKUP, out);
    } else if (!leads) {
        shard_follow(shard, node->group == entry->group ? SHARD_LEARNER : SHARD_IDLE, out);
    }
    if (shard_leads(shard)) {
        replica_on_nodes(shard, configuration, out);
        system_on_configuration(shard, configuration, out);
    }
    shard_end_incarnations(shard, configuration, out);
}

/* ---- messages in ---- */

bool shard_term_is_old(const struct shard *shard, uint32_t term) {
    return term < shard->term && !store_has_fault(shard->store, FAULT_SKIP_TERM_CHECK);
}

enum status shard_admit(const struct shard *shard, const struct message *message) {
    if (!shard_leads(shard)) return STATUS_WRONG_PRIMARY;
    uint32_t term = message->header.term;
    if (term > shard->term) return STATUS_WRONG_PRIMARY; /* a later one is in force elsewhere */
    return term != 0 && shard_term_is_old(shard, term) ? STATUS_OLD_TERM : STATUS_OK;
}

/* (SH2) */
static bool shard_serves(const struct shard *shard, uint8_t kind) {
    if (shard_is_primary(shard)) return true;
    switch (kind) {
    case MESSAGE_COMPLETE:
    case MESSAGE_INQUIRE:
    case MESSAGE_ASK_OUTCOME: return shard->role.state >= SHARD_FENCING;
    case MESSAGE_SNAPSHOT:
    case MESSAGE_FETCH:
    case MESSAGE_FENCE: return shard->role.state >= SHARD_FINISHING;
    default: return false;
    }
}

static void shard_wait_for_role(struct shard *shard, const struct message *message,
                                struct effects *out) {
    CHECK(shard_leads(shard) && !shard_is_primary(shard));
    struct request *request = request_take(&shard->participants->requests, message);
    if (request == NULL)
        shard_refuse(shard, message, STATUS_BUSY, out);
    else
        request_wait_in(&shard->role_waiters, request, REQUEST_ROLE);
}

static void shard_on_request(struct shard *shard, const struct message *message,
                             struct effects *out) {
    CHECK(message->header.shard == shard->id);
    enum status status = shard_admit(shard, message);
    if (status != STATUS_OK) {
        shard_refuse(shard, message, status, out);
        return;
    }
    if (!shard_serves(shard, message->header.kind)) {
        shard_wait_for_role(shard, message, out);
        return;
    }
    switch (message->header.kind) {
    case MESSAGE_READ:
    case MESSAGE_WRITE:
    case MESSAGE_CHANGE:
    case MESSAGE_ROLL_BACK:
    case MESSAGE_COMMIT:
    case MESSAGE_PREPARE:
    case MESSAGE_COMPLETE:
    case MESSAGE_ABORT: participant_on_request(shard, message, out); return;
    case MESSAGE_ASK_OUTCOME: coordinator_on_ask_outcome(shard, message, out); return;
    case MESSAGE_INQUIRE: coordinator_on_inquire(shard, message, out); return;
    case MESSAGE_SNAPSHOT:
    case MESSAGE_SEQUENCE:
    case MESSAGE_LIVE:
    case MESSAGE_EDGES:
    case MESSAGE_NAMED_LOCK:
    case MESSAGE_FETCH:
    case MESSAGE_FENCE: system_on_message(shard, message, out); return;
    case MESSAGE_MARK: shard_on_mark(shard, message, out); return;
    case MESSAGE_STATISTICS: shard_on_statistics(shard, message, out); return;
    case MESSAGE_SCHEMA: shard_on_schema(shard, message, out); return;
    }
    UNREACHABLE();
}

void shard_on_message(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(message->header.shard == shard->id);
    switch (message->header.kind) {
    case MESSAGE_APPEND: backup_on_append(shard, message, out); return;
    case MESSAGE_CONFIRM: replica_on_confirm(shard, message, out); return;
    case MESSAGE_PROVE: backup_on_prove(shard, message, out); return;
    case MESSAGE_JOIN: replica_on_join(shard, message, out); return;
    case MESSAGE_JOINED: backup_on_joined(shard, message, out); return;
    case MESSAGE_COPY: backup_on_copy(shard, message, out); return;
    case MESSAGE_COPIED: replica_on_copied(shard, message, out); return;
    case MESSAGE_INQUIRED:
        if (shard_leads(shard)) coordinator_on_inquired(shard, message, out);
        return;
    case MESSAGE_VICTIM: deadlock_on_victim(shard, message, out); return;
    case MESSAGE_HORIZON: shard_on_horizon(shard, message); return;
    case MESSAGE_FENCED: shard_on_fenced(shard, message, out); return;
    case MESSAGE_READ:
    case MESSAGE_WRITE:
    case MESSAGE_CHANGE:
    case MESSAGE_ROLL_BACK:
    case MESSAGE_COMMIT:
    case MESSAGE_PREPARE:
    case MESSAGE_COMPLETE:
    case MESSAGE_ABORT:
    case MESSAGE_ASK_OUTCOME:
    case MESSAGE_INQUIRE:
    case MESSAGE_SNAPSHOT:
    case MESSAGE_SEQUENCE:
    case MESSAGE_LIVE:
    case MESSAGE_EDGES:
    case MESSAGE_NAMED_LOCK:
    case MESSAGE_FETCH:
    case MESSAGE_FENCE:
    case MESSAGE_MARK:
    case MESSAGE_STATISTICS:
    case MESSAGE_SCHEMA: shard_on_request(shard, message, out); return;
    default: return; /* nothing that a shard is asked */
    }
}

/* ---- the turn ---- */

void shard_turn_end(struct shard *shard, struct effects *out) {
    shard_log_feed(shard);
    if (!shard_log_apply(shard, out)) store_want_turn_end(shard->store);
    backup_on_applied(shard);
    if (shard_leads(shard)) {
        participant_run(shard, out);
        participant_turn_end(shard, out);
        shard_finish_check(shard, out);
    }
    shard_work(shard, out);
    if (shard_leads(shard)) replica_turn_end(shard, out);
}

void shard_on_kept(struct shard *shard, uint64_t kept, uint64_t synced, struct effects *out) {
    CHECK(synced <= kept || shard->configured.durability == DURABILITY_REPLICATED);
    struct shard_log *log = &shard->log;
    log->kept = MAX(log->kept, MIN(kept, log->fed));
    log->synced = MAX(log->synced, MIN(synced, log->fed));
    if (shard_leads(shard))
        replica_advance(shard, out);
    else if (shard->role.state != SHARD_IDLE)
        backup_on_kept(shard, out);
}

void shard_on_peer(struct shard *shard, const struct peer *peer, struct effects *out) {
    CHECK(peer->peer_state >= PEER_OPEN && peer->peer_state <= PEER_DEAD);
    replica_on_peer(shard, peer, out);
    if (peer->peer_state == PEER_OPEN) system_on_peer_open(shard);
    if (peer->peer_state == PEER_OPEN || peer->incarnation == 0) return;
    participant_on_daemon_gone(shard, peer->incarnation, out);
    system_on_daemon_gone(shard, peer->incarnation, out);
}

uint64_t shard_deadline(const struct shard *shard) {
    uint64_t earliest = MIN(backup_deadline(shard), replica_deadline(shard));
    if (!shard_leads(shard)) return earliest;
    earliest = MIN(earliest, MIN(participant_deadline(shard), system_deadline(shard)));
    if (shard->fence_asked_us != 0)
        earliest = MIN(earliest, shard->fence_asked_us + FENCE_RETRY_US);
    return MIN(earliest, shard->edges_us);
}

void shard_on_deadline(struct shard *shard, struct effects *out) {
    uint64_t now_us = shard->store->now_us;
    backup_on_deadline(shard, out);
    if (!shard_leads(shard)) return;
    replica_on_deadline(shard, out);
    participant_on_deadline(shard, out);
    system_on_deadline(shard, out);
    if (shard->role.state == SHARD_FENCING && shard->fence_asked_us != 0 &&
        now_us >= shard->fence_asked_us + FENCE_RETRY_US)
        shard_ask_fence(shard, out);
    if (now_us >= shard->edges_us) deadlock_report(shard, out);
}
