/* controller.c: one decision after the other, each in the store before anybody hears of it.
 *
 *   leasing -> loading -> leading <-> deciding         a lost or refused CHANGE: back to loading
 *      ^__________|___________|___________'            a lost lease: back to leasing
 *
 *   (CT1) One CHANGE is under way at a time. What happens meanwhile waits in lists, and is decided from the state that
 *         the store then holds.
 *   (CT2) Matters leave their list when the store has taken the decision; after UNKNOWN_OUTCOME everything is read
 *         again and they are decided again: every decision bears being taken twice (a nonce has its incarnation
 *         already, a replica is listed already).
 *   (CT3) Requests before the first load wait, too: nothing is refused because the store is slow.
 */
#include <inttypes.h>

#include "meta/controller_private.h"

#define LEASE_MS           10000
#define RETRY_US           100000
#define STALL_US           50000
#define FAILURE_MS_DEFAULT 200

enum controller_state { LEASING, LOADING, LEADING, DECIDING };
static const struct machine_state states[] = {
    [LEASING] = {"leasing", TO(LOADING)},
    [LOADING] = {"loading", TO(LEADING) | TO(LEASING)},
    [LEADING] = {"leading", TO(DECIDING) | TO(LEASING)},
    [DECIDING] = {"deciding", TO(LEADING) | TO(LOADING)},
};

static void controller_lease(struct controller *controller);

struct controller *controller_open(const struct controller_options *options, uint64_t now_us,
                                   struct effects *out) {
    struct arena arena;
    arena_open(&arena, options->source, 0);
    struct controller *controller = arena_new(&arena, struct controller);
    controller->options = *options;
    controller->options.node_name = arena_copy(&arena, options->node_name);
    controller->options.node_address = arena_copy(&arena, options->node_address);
    controller->members = arena_array(&arena, struct member, META_NODES_STORED_MAX);
    controller->controller_arena = arena;
    controller->out = out;
    controller->now_us = controller->expected_us = now_us;
    controller->failure_us =
        1000 * (uint64_t)(options->failure_ms != 0 ? options->failure_ms : FAILURE_MS_DEFAULT);
    controller->retry_at_us = controller->lease_at_us = controller->beat_at_us = UINT64_MAX;
    arena_open(&controller->load_arena, options->source, 0);
    state_open(&controller->state, options->source);
    list_open(&controller->inbox);
    list_open(&controller->free_matters);
    dictionary_open(controller);
    machine_open(&controller->machine, states, LEASING);
    controller_lease(controller);
    return controller;
}

void controller_close(struct controller *controller) {
    list_append(&controller->free_matters, &controller->inbox);
    dictionary_close(controller);
    LIST_EACH(link, &controller->free_matters)
    arena_close(&CONTAINER_OF(link, struct matter, link)->matter_arena);
    state_close(&controller->state);
    arena_close(&controller->load_arena);
    struct arena arena = controller->controller_arena;
    arena_close(&arena);
}

/* ---- sending ---- */

struct message *controller_message(struct controller *controller, enum message_kind kind,
                                   uint16_t to_node) {
    struct message *message = effects_message(controller->out, kind);
    message->header.from_node = controller->options.node;
    message->header.to_node = to_node;
    return message;
}

struct message *controller_message_to_shard(struct controller *controller, enum message_kind kind,
                                            const struct configuration_shard *shard) {
    struct message *message = controller_message(controller, kind, shard->primary);
    message->header.shard = shard->shard;
    message->header.to_incarnation = shard->primary_incarnation;
    message->header.term = shard->term;
    message->header.config_version = shard->version;
    return message;
}

void controller_push_configuration(struct controller *controller, uint16_t node) {
    struct message *message = controller_message(controller, MESSAGE_CONFIGURATION, node);
    const struct placement *placement = &controller->state.placement;
    message->configuration.revision = placement->revision;
    message->configuration.configuration = placement_encode(placement, controller->out->arena);
}

static void controller_push_all(struct controller *controller) {
    for (uint32_t i = 0; i < controller->member_count; i++)
        if (controller->members[i].is_registered)
            controller_push_configuration(controller, controller->members[i].node);
}

/* ---- the store ---- */

static void controller_store(struct controller *controller, struct store_op *op) {
    op->tag = ++controller->tag_last;
    effects_store(controller->out, op);
    if (op->kind == STORE_LEASE)
        controller->lease_tag = op->tag;
    else
        controller->operation_tag = op->tag;
}

static void controller_lease(struct controller *controller) {
    struct store_op op = {.kind = STORE_LEASE, .lease_ms = LEASE_MS};
    controller->lease_at_us = UINT64_MAX;
    controller_store(controller, &op);
}

static void controller_read(struct controller *controller) {
    struct store_op op = {.kind = STORE_READ};
    controller_store(controller, &op);
}

static void controller_load_again(struct controller *controller) {
    LIST_EACH(link, &controller->inbox)
    CONTAINER_OF(link, struct matter, link)->is_decided = false;
    machine_move(&controller->machine, LOADING);
    controller->retry_at_us = controller->now_us; /* reads in this step */
}

static void on_lease(struct controller *controller, const struct store_done *done) {
    if (done->tag != controller->lease_tag) return;
    bool is_leasing = controller->machine.state == LEASING;
    if (done->status != STATUS_OK) {
        if (!is_leasing && done->status == STATUS_INVALID && controller->machine.state != DECIDING)
            machine_move(&controller->machine, LEASING); /* somebody else leads */
        controller->lease_at_us = controller->now_us + RETRY_US;
        return;
    }
    controller->lease_at_us = controller->now_us + LEASE_MS * UINT64_C(1000) / 3;
    if (!is_leasing) return;
    machine_move(&controller->machine, LOADING);
    controller_read(controller);
}

static void on_loaded(struct controller *controller, const struct store_done *done) {
    if (done->status != STATUS_OK) {
        controller->retry_at_us = controller->now_us + RETRY_US;
        return;
    }
    state_close(&controller->state);
    state_open(&controller->state, controller->options.source);
    for (uint32_t i = 0; i < done->pair_count; i++) {
        if (state_apply(&controller->state, &done->pairs[i]) == STATUS_OK) continue;
        effects_stop(controller->out, "the configuration store holds what cannot be read");
        return;
    }
    machine_move(&controller->machine, LEADING);
    controller->is_decision_wanted = true;
    controller->placement_changed_us = controller->now_us;
    controller->is_unbalanced = placement_is_unbalanced(&controller->state.placement);
    members_on_load(controller);
    dictionary_on_load(controller);
    controller_push_all(controller);
}

/* ---- matters ---- */

struct matter *matter_take(struct controller *controller, const struct message *message) {
    struct list_link *link = list_pop_first(&controller->free_matters);
    struct matter *matter;
    if (link != NULL) {
        matter = CONTAINER_OF(link, struct matter, link);
    } else {
        matter = arena_new(&controller->controller_arena, struct matter);
        arena_open(&matter->matter_arena, controller->options.source, 0);
    }
    matter->message = message_copy(&matter->matter_arena, message);
    matter->is_decided = false;
    matter->status = STATUS_OK;
    return matter;
}

void matter_give(struct controller *controller, struct matter *matter) {
    if (list_holds(&matter->link)) list_remove(&matter->link);
    arena_reset(&matter->matter_arena);
    list_push_first(&controller->free_matters, &matter->link);
}

/* One matter a node and kind: a repetition replaces it. */
static void inbox_add(struct controller *controller, const struct message *message) {
    LIST_EACH(link, &controller->inbox) {
        struct matter *matter = CONTAINER_OF(link, struct matter, link);
        const struct message_header *header = &matter->message->header;
        bool is_same = header->kind == message->header.kind &&
                       header->from_node == message->header.from_node &&
                       header->shard == message->header.shard;
        if (is_same && !matter->is_decided && header->kind == MESSAGE_REGISTER)
            matter_give(controller, matter);
    }
    list_push_last(&controller->inbox, &matter_take(controller, message)->link);
    controller->is_decision_wanted = true;
}

/* ---- registration ---- */

static bool incarnation_is_ended(const struct placement *placement, uint32_t incarnation) {
    for (uint32_t i = 0; i < placement->ended_count; i++)
        if (placement->ended[i] == incarnation) return true;
    return false;
}

static bool node_is_expected(const struct placement *placement, const struct register_node *node) {
    uint32_t storage_last = NODE_STORAGE_FIRST + placement->storage_nodes;
    switch ((enum node_role)node->role) {
    case ROLE_STORAGE: return node->node >= NODE_STORAGE_FIRST && node->node < storage_last;
    case ROLE_SQL: return node->node >= NODE_SQL_FIRST && node->node < NODE_TOOL_FIRST;
    case ROLE_META: return node->node >= NODE_META_FIRST && node->node < NODE_STORAGE_FIRST;
    case ROLE_TOOL: return false;
    }
    return false;
}

/* A nonce gets one incarnation (CT2); another nonce ends the incarnation before. */
static enum status registration_decide(struct decision *decision,
                                       const struct register_node *request) {
    struct placement *draft = &decision->draft;
    if (!node_is_expected(draft, request)) return STATUS_DENIED;
    if (request->seen_revision > draft->revision) return STATUS_INVALID; /* R6 */
    struct meta_node *node = draft_node(decision, request->node);
    if (node != NULL && node->nonce == request->nonce && node->incarnation != 0) {
        if (incarnation_is_ended(draft, node->incarnation)) return STATUS_UNAVAILABLE;
        if (node->is_live) return STATUS_OK;
        node->is_live = true;
        decision_put_node(decision, node);
        return STATUS_OK;
    }
    if (node == NULL && draft->node_count == META_NODES_STORED_MAX) return STATUS_FULL;
    if (node == NULL) node = draft_add_node(decision, request->node);
    if (node->role == ROLE_SQL && node->incarnation != 0)
        decision_end_incarnation(decision, node->incarnation);
    bool is_storage = request->role == ROLE_STORAGE;
    int group_size = MAX(draft->replicas_wanted, 1);
    uint16_t group = 0;
    if (is_storage) group = (uint16_t)(1 + (request->node - NODE_STORAGE_FIRST) / group_size);
    *node = (struct meta_node){
        .node = request->node,
        .role = request->role,
        .is_live = true,
        .incarnation = ++draft->incarnation_last,
        .group = group,
        .nonce = request->nonce,
        .name = request->name,
        .address = request->address,
    };
    decision_put_node(decision, node);
    return STATUS_OK;
}

/* What its logs hold: for elections (R5). */
static void member_note_stores(struct controller *controller, struct member *member,
                               struct slice packed) {
    if (member->stores == NULL)
        member->stores =
            arena_array(&controller->controller_arena, struct member_store, SHARDS_MAX);
    struct reader reader = reader_of(packed);
    member->store_count = 0;
    while (reader_left(&reader) >= 14 && member->store_count < SHARDS_MAX) {
        struct member_store *store = &member->stores[member->store_count++];
        store->shard = reader_u16(&reader);
        store->term = reader_u32(&reader);
        store->position = reader_u64(&reader);
    }
}

static void registration_answer(struct controller *controller, const struct matter *matter) {
    const struct register_node *request = &matter->message->register_node;
    const struct placement *placement = &controller->state.placement;
    const struct meta_node *node = placement_node(placement, request->node);
    struct message *answer = controller_message(controller, MESSAGE_REGISTERED, request->node);
    answer->header.request_id = matter->message->header.request_id;
    bool is_current = node != NULL && node->nonce == request->nonce;
    answer->registered = (struct registered){
        .status = (uint8_t)matter->status,
        .nonce = request->nonce,
        .node = request->node,
        .incarnation = is_current ? node->incarnation : 0,
        .revision = placement->revision,
    };
    struct member *member = member_of(controller, request->node);
    if (member == NULL || matter->status == STATUS_DENIED) return;
    if (is_current && !member->is_registered)
        controller->is_decision_wanted = true; /* it may lead */
    member->is_registered = is_current;
    controller_push_configuration(controller, request->node);
    if (matter->status == STATUS_OK && request->role == ROLE_SQL)
        dictionary_push_whole(controller, request->node);
}

/* ---- deciding ---- */

/* Before the decision: elections look at what the node has. */
static void registration_note(struct controller *controller, const struct register_node *request) {
    struct member *member = member_of(controller, request->node);
    if (member == NULL) return;
    const struct meta_node *node = placement_node(&controller->state.placement, request->node);
    if (node != NULL && node->nonce == request->nonce && member->is_registered) return;
    member->is_registered = false;
    member->seen_revision = request->seen_revision;
    member->suspect_since_us = UINT64_MAX;
    member->learned_version = member->in_use_version = 0;
    if (request->role == ROLE_STORAGE) member_note_stores(controller, member, request->stores);
}

static void inbox_decide(struct controller *controller, struct decision *decision,
                         enum message_kind kind) {
    LIST_EACH(link, &controller->inbox) {
        struct matter *matter = CONTAINER_OF(link, struct matter, link);
        if (matter->message->header.kind != kind) continue;
        matter->is_decided = true;
        if (kind == MESSAGE_REGISTER) {
            registration_note(controller, &matter->message->register_node);
            matter->status = registration_decide(decision, &matter->message->register_node);
        } else {
            matter->status = placement_propose(controller, decision, matter->message);
        }
    }
}

static void proposal_answer(struct controller *controller, const struct matter *matter) {
    const struct message *request = matter->message;
    struct message *answer =
        controller_message(controller, MESSAGE_DECIDED, request->header.from_node);
    answer->header.shard = request->header.shard;
    answer->header.request_id = request->header.request_id;
    answer->header.to_incarnation = request->header.from_incarnation;
    const struct configuration_shard *shard =
        placement_shard(&controller->state.placement, request->header.shard);
    if (shard != NULL) {
        answer->header.term = shard->term;
        answer->header.config_version = shard->version;
    }
    answer->decided = (struct decided){(uint8_t)matter->status, request->propose.proposal_kind,
                                       request->propose.node, request->propose.node_incarnation};
}

static void inbox_answer(struct controller *controller) {
    LIST_EACH(link, &controller->inbox) {
        struct matter *matter = CONTAINER_OF(link, struct matter, link);
        if (!matter->is_decided) continue;
        if (matter->message->header.kind == MESSAGE_REGISTER)
            registration_answer(controller, matter);
        else
            proposal_answer(controller, matter);
        matter_give(controller, matter);
    }
}

static void maps_form(struct decision *decision) {
    struct placement *draft = &decision->draft;
    uint32_t shard_count = (uint32_t)draft->storage_nodes * draft->shards_per_node;
    uint16_t *shards = arena_array(decision->arena, uint16_t, BUCKET_COUNT);
    uint16_t *system = arena_array(decision->arena, uint16_t, BUCKET_COUNT);
    for (uint32_t i = 0; i < BUCKET_COUNT; i++) {
        shards[i] = (uint16_t)(1 + i * shard_count / BUCKET_COUNT);
        system[i] = SHARD_SYSTEM;
    }
    draft->maps[MAP_DEFAULT] = (struct configuration_map){1, shards};
    draft->maps[MAP_SYSTEM] = (struct configuration_map){1, system};
    decision_put_map(decision, MAP_DEFAULT);
    decision_put_map(decision, MAP_SYSTEM);
}

/* The first start: what the options say becomes the cluster. */
static void cluster_form(struct controller *controller, struct decision *decision) {
    const struct controller_options *options = &controller->options;
    struct placement *draft = &decision->draft;
    draft->is_formed = true;
    draft->durability = (uint8_t)options->durability;
    draft->replicas_wanted = (uint8_t)MAX(options->replica_count, 1);
    draft->storage_nodes = (uint16_t)MAX(options->storage_node_count, 1);
    draft->shards_per_node = (uint16_t)MAX(options->shards_per_node, 1);
    CHECK(draft->storage_nodes % draft->replicas_wanted == 0);
    uint32_t group_shards = (uint32_t)draft->replicas_wanted * draft->shards_per_node;
    uint32_t shard_count = (uint32_t)draft->storage_nodes * draft->shards_per_node;
    CHECK(group_shards <= SHARDS_MAX && shard_count <= draft->shard_capacity);
    for (uint32_t i = 0; i < shard_count; i++) {
        struct configuration_shard shard = {.shard = (uint16_t)(i + 1),
                                            .group = (uint16_t)(i / group_shards + 1),
                                            .durability = draft->durability};
        draft_add_shard(decision, &shard);
        decision_put_shard(decision, &shard);
    }
    maps_form(decision);
}

/* This controller is a node, too; its nonce makes a new incarnation of it. */
static void controller_register(struct controller *controller, struct decision *decision) {
    const struct controller_options *options = &controller->options;
    struct register_node request = {.node = options->node,
                                    .role = ROLE_META,
                                    .nonce = options->registration_nonce,
                                    .name = options->node_name,
                                    .address = options->node_address};
    enum status status = registration_decide(decision, &request);
    CHECK(status != STATUS_DENIED);
}

static void controller_decide(struct controller *controller) {
    if (controller->machine.state != LEADING || !controller->is_decision_wanted) return;
    controller->is_decision_wanted = false;
    struct decision *decision = &controller->decision;
    arena_reset(&controller->load_arena);
    decision_open(decision, &controller->state, &controller->load_arena);
    if (!decision->draft.is_formed) cluster_form(controller, decision);
    controller_register(controller, decision);
    inbox_decide(controller, decision, MESSAGE_REGISTER);
    members_decide(controller, decision);
    placement_decide(controller, decision);
    inbox_decide(controller, decision, MESSAGE_PROPOSE);
    dictionary_decide(controller, decision);
    if (!decision_finish(decision)) {
        inbox_answer(controller);
        return;
    }
    struct store_op op = {
        .kind = STORE_CHANGE, .pairs = decision->pairs, .pair_count = decision->pair_count};
    machine_move(&controller->machine, DECIDING);
    controller_store(controller, &op);
}

static void on_changed(struct controller *controller, const struct store_done *done) {
    struct decision *decision = &controller->decision;
    if (done->status != STATUS_OK) { /* nothing, something, or somebody else's: read (CT2) */
        controller_load_again(controller);
        if (done->status == STATUS_UNAVAILABLE)
            controller->retry_at_us = controller->now_us + RETRY_US;
        return;
    }
    news_tell(controller, decision);
    if (decision->is_dictionary_changed) dictionary_push(controller, decision);
    for (uint32_t i = 0; i < decision->pair_count; i++) {
        struct store_pair pair = decision->pairs[i];
        pair.revision = done->revision;
        enum status status = state_apply(&controller->state, &pair);
        CHECK(status == STATUS_OK); /* we wrote it */
    }
    machine_move(&controller->machine, LEADING);
    controller->is_decision_wanted = true;
    if (decision->is_placement_changed) {
        controller->placement_changed_us = controller->now_us;
        controller->is_unbalanced = placement_is_unbalanced(&controller->state.placement);
        controller_push_all(controller);
    }
    inbox_answer(controller);
    if (decision->is_dictionary_changed) dictionary_on_decided(controller);
}

/* ---- events ---- */

static void on_store_done(struct controller *controller, const struct store_done *done) {
    if (done->kind == STORE_LEASE) {
        on_lease(controller, done);
        return;
    }
    if (done->tag != controller->operation_tag) return;
    controller->operation_tag = 0;
    if (done->kind == STORE_READ && controller->machine.state == LOADING)
        on_loaded(controller, done);
    if (done->kind == STORE_CHANGE && controller->machine.state == DECIDING)
        on_changed(controller, done);
}

static void on_learned(struct controller *controller, const struct message *message) {
    const struct learned *learned = &message->learned;
    struct member *member = member_of(controller, learned->node);
    const struct meta_node *node = placement_node(&controller->state.placement, learned->node);
    if (member == NULL || node == NULL || node->incarnation != message->header.from_incarnation)
        return;
    if (learned->version == 0) member->learned_version = member->in_use_version = 0;
    /* Both only rise: a lower one is an older report that came late. */
    member->learned_version = MAX(member->learned_version, learned->version);
    member->in_use_version = MAX(member->in_use_version, learned->in_use);
    uint32_t version = controller->state.dictionary.version;
    if (learned->version < version && member->is_registered && learned->version == 0)
        dictionary_push_whole(controller, learned->node);
    controller->is_decision_wanted = true;
}

static void on_status_ask(struct controller *controller, const struct message *message) {
    struct message *answer = effects_answer(controller->out, message, MESSAGE_STATUS_TELL);
    struct buffer json = buffer_of(controller->out->arena);
    buffer_append_byte(&json, '{');
    controller_describe(controller, &json);
    buffer_append_byte(&json, '}');
    answer->status_tell = (struct status_tell){message->status_ask.nonce, buffer_slice(&json)};
}

static void on_beat(struct controller *controller, const struct message *message) {
    if (message->beat.answer) return;
    struct message *beat = controller_message(controller, MESSAGE_BEAT, message->header.from_node);
    beat->beat = (struct beat){message->beat.sequence, 1};
}

static void on_message(struct controller *controller, const struct message *message) {
    if (message->header.kind != MESSAGE_PEER) members_on_message(controller, message);
    switch (message->header.kind) {
    case MESSAGE_PEER:
        members_on_peer(controller, &message->peer);
        dictionary_on_peer(controller, &message->peer);
        return;
    case MESSAGE_REGISTER:
    case MESSAGE_PROPOSE: inbox_add(controller, message); return;
    case MESSAGE_SUSPECT: members_on_suspect(controller, &message->suspect); return;
    case MESSAGE_DDL: dictionary_on_ddl(controller, message); return;
    case MESSAGE_LEARNED: on_learned(controller, message); return;
    case MESSAGE_DONE: dictionary_on_done(controller, message); return;
    case MESSAGE_BEAT: on_beat(controller, message); return;
    case MESSAGE_STATUS_ASK: on_status_ask(controller, message); return;
    }
}

static void on_deadline(struct controller *controller) {
    if (controller->lease_at_us <= controller->now_us) controller_lease(controller);
    if (controller->retry_at_us <= controller->now_us) {
        controller->retry_at_us = UINT64_MAX;
        if (controller->machine.state == LOADING && controller->operation_tag == 0)
            controller_read(controller);
    }
    members_on_deadline(controller);
    if (placement_deadline(controller) <= controller->now_us) controller->is_decision_wanted = true;
}

static void controller_set_deadline(struct controller *controller) {
    uint64_t at_us = MIN(controller->lease_at_us, controller->retry_at_us);
    at_us = MIN(at_us, members_deadline(controller));
    if (controller->machine.state == LEADING) { /* else the store's answer is waited for first */
        at_us = MIN(at_us, placement_deadline(controller));
        at_us = MIN(at_us, dictionary_deadline(controller));
        if (controller->is_decision_wanted) at_us = controller->now_us;
    }
    controller->expected_us = at_us;
    effects_deadline(controller->out, at_us);
}

void controller_step(struct controller *controller, const struct event *event,
                     struct effects *out) {
    controller->out = out;
    controller->now_us = event->now_us;
    bool is_late =
        controller->expected_us != UINT64_MAX && event->now_us > controller->expected_us + STALL_US;
    if (is_late) members_forgive(controller);
    switch (event->kind) {
    case EVENT_DEADLINE: break;
    case EVENT_MESSAGE: on_message(controller, event->message); break;
    case EVENT_STORE_DONE: on_store_done(controller, &event->store_done); break;
    case EVENT_DISK_DONE: UNREACHABLE(); /* it has no disk */
    }
    on_deadline(controller);
    if (controller->machine.state == LEADING) dictionary_work(controller);
    controller_decide(controller);
    controller_set_deadline(controller);
}

void controller_describe(const struct controller *controller, struct buffer *json) {
    const struct placement *placement = &controller->state.placement;
    buffer_printf(json, "\"role\":\"meta\",\"state\":\"%s\",\"revision\":%" PRIu64 ",\"nodes\":[",
                  machine_state_name(&controller->machine), placement->revision);
    for (uint32_t i = 0; i < placement->node_count; i++) {
        const struct meta_node *node = &placement->nodes[i];
        buffer_printf(json,
                      "%s{\"node\":%u,\"name\":\"%.*s\",\"role\":%u,\"live\":%s,"
                      "\"incarnation\":%" PRIu32 "}",
                      i == 0 ? "" : ",", node->node, (int)node->name.size,
                      (const char *)node->name.data, node->role, node->is_live ? "true" : "false",
                      node->incarnation);
    }
    buffer_printf(json, "],\"shards\":[");
    for (uint32_t i = 0; i < placement->shard_count; i++) {
        const struct configuration_shard *shard = &placement->shards[i];
        buffer_printf(json,
                      "%s{\"shard\":%u,\"term\":%" PRIu32 ",\"version\":%" PRIu32
                      ",\"primary\":%u,\"durability\":\"%s\",\"in_sync\":[",
                      i == 0 ? "" : ",", shard->shard, shard->term, shard->version, shard->primary,
                      shard->durability == DURABILITY_SYNC ? "sync" : "replicated");
        for (uint32_t r = 0; r < shard->replica_count; r++)
            buffer_printf(json, "%s%u", r == 0 ? "" : ",", shard->replicas[r].node);
        buffer_printf(json, "]}");
    }
    buffer_printf(json, "],");
    dictionary_describe(controller, json);
}
