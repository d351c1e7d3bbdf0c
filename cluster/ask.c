/* ask.c: which request does an answer belong to?
 *
 *   request id: | count, 44 bits | slot, 20 bits |
 *
 * Slots are an array of pointers to asks that live with who asks: in a scan's part, in an ending, on a
 * fiber's stack. A look-up is two loads and a comparison (K1).
 */
#include "cluster/ask.h"

#include "cluster/cluster_private.h"

#define SLOT_BITS      20
#define SLOT_COUNT_MAX (1u << SLOT_BITS)

void asks_open(struct asks *asks, struct chunk_source *source) {
    *asks = (struct asks){.source = source};
}

static size_t slots_bytes(uint32_t count) {
    return count * (sizeof(struct ask *) + sizeof(uint32_t));
}

void asks_close(struct asks *asks) {
    if (asks->slot_count > 0)
        asks->source->give(asks->source, asks->slots, slots_bytes(asks->slot_count));
    *asks = (struct asks){.source = asks->source};
}

static void asks_grow(struct asks *asks) {
    uint32_t count = MAX(64u, 2 * asks->slot_count);
    CHECK(count <= SLOT_COUNT_MAX);
    struct ask **slots = asks->source->take(asks->source, slots_bytes(count));
    uint32_t *free_slots = (uint32_t *)(slots + count);
    memset(slots, 0, count * sizeof *slots);
    if (asks->slot_count > 0) {
        memcpy(slots, asks->slots, asks->slot_count * sizeof *slots);
        asks->source->give(asks->source, asks->slots, slots_bytes(asks->slot_count));
    }
    CHECK(asks->free_count == 0);
    for (uint32_t i = count; i > asks->slot_count; i--) free_slots[asks->free_count++] = i - 1;
    asks->slots = slots;
    asks->free_slots = free_slots;
    asks->slot_count = count;
}

static void ask_take_slot(struct asks *asks, struct ask *ask) {
    CHECK(ask->state != ASK_SENT);
    if (asks->free_count == 0) asks_grow(asks);
    uint32_t slot = asks->free_slots[--asks->free_count];
    CHECK(asks->slots[slot] == NULL);
    asks->slots[slot] = ask;
    ask->id = ++asks->sequence << SLOT_BITS | slot;
}

static void ask_give_slot(struct asks *asks, const struct ask *ask) {
    uint32_t slot = (uint32_t)ask->id & (SLOT_COUNT_MAX - 1);
    CHECK(slot < asks->slot_count && asks->slots[slot] == ask);
    asks->slots[slot] = NULL;
    asks->free_slots[asks->free_count++] = slot;
}

static enum message_kind answer_of(enum message_kind kind) {
    switch ((int)kind) {
    case MESSAGE_READ: return MESSAGE_ROWS;
    case MESSAGE_WRITE:
    case MESSAGE_CHANGE: return MESSAGE_WRITTEN;
    case MESSAGE_PREPARE: return MESSAGE_PREPARED;
    case MESSAGE_ASK_OUTCOME: return MESSAGE_OUTCOME;
    case MESSAGE_SNAPSHOT: return MESSAGE_GIVEN;
    case MESSAGE_SEQUENCE: return MESSAGE_DRAWN;
    case MESSAGE_STATISTICS: return MESSAGE_COUNTED;
    case MESSAGE_DDL: return MESSAGE_DDL_DONE;
    }
    return MESSAGE_DONE;
}

struct message *ask_shard(struct cluster *cluster, struct ask *ask, enum message_kind kind,
                          uint16_t shard) {
    const struct route_shard *route = route_shard_find(&cluster->route, shard);
    ask->answer_kind = (uint8_t)answer_of(kind);
    ask->shard = shard;
    if (route == NULL || !route->is_reachable || cluster->incarnation == 0) {
        CHECK(ask->state != ASK_SENT);
        ask->state = ASK_LOST;
        ask->node = 0;
        ask->term = route == NULL ? 0 : route->term;
        return arena_new(cluster->out->arena, struct message);
    }
    ask_take_slot(&cluster->asks, ask);
    ask->state = ASK_SENT;
    ask->node = route->node;
    ask->term = route->term;
    struct message *message = cluster_message_to_shard(cluster, kind, route);
    message->header.request_id = ask->id;
    return message;
}

struct message *ask_meta(struct cluster *cluster, struct ask *ask, enum message_kind kind) {
    ask->answer_kind = (uint8_t)answer_of(kind);
    ask->shard = 0;
    ask->node = cluster->options.meta_node;
    if (!cluster->is_meta_open || cluster->incarnation == 0) {
        CHECK(ask->state != ASK_SENT);
        ask->state = ASK_LOST;
        return arena_new(cluster->out->arena, struct message);
    }
    ask_take_slot(&cluster->asks, ask);
    ask->state = ASK_SENT;
    struct message *message = cluster_message(cluster, kind, ask->node);
    message->header.request_id = ask->id;
    return message;
}

void ask_forget(struct cluster *cluster, struct ask *ask) {
    if (ask->state == ASK_SENT) ask_give_slot(&cluster->asks, ask);
    ask->state = ASK_IDLE;
}

/* (K2) */
static void ask_keep(struct ask *ask, const struct message *message) {
    ask->answer = *message;
    struct arena *arena = ask->arena;
    struct slice none = SLICE_EMPTY;
    switch (message->header.kind) {
    case MESSAGE_ROWS:
        ask->answer.rows.rows = arena == NULL ? none : arena_copy(arena, message->rows.rows);
        ask->answer.rows.resume = arena == NULL ? none : arena_copy(arena, message->rows.resume);
        return;
    case MESSAGE_WRITTEN:
        ask->answer.written.resume =
            arena == NULL ? none : arena_copy(arena, message->written.resume);
        return;
    case MESSAGE_COUNTED:
        ask->answer.counted.distinct =
            arena == NULL ? none : arena_copy(arena, message->counted.distinct);
        return;
    case MESSAGE_OUTCOME: ask->answer.outcome.participants = none; return;
    }
}

struct ask *ask_on_answer(struct cluster *cluster, const struct message *message) {
    struct asks *asks = &cluster->asks;
    uint32_t slot = (uint32_t)message->header.request_id & (SLOT_COUNT_MAX - 1);
    if (slot >= asks->slot_count) return NULL;
    struct ask *ask = asks->slots[slot];
    if (ask == NULL || ask->id != message->header.request_id) return NULL;
    uint8_t kind = message->header.kind;
    if (kind != ask->answer_kind && kind != MESSAGE_DONE) return NULL;
    ask_give_slot(asks, ask);
    ask_keep(ask, message);
    ask->state = ASK_ANSWERED;
    return ask;
}

static struct ask *ask_lose(struct asks *asks, struct ask *ask) {
    ask_give_slot(asks, ask);
    ask->state = ASK_LOST;
    return ask;
}

struct ask *ask_next_lost(struct cluster *cluster, uint16_t node, uint32_t *cursor) {
    struct asks *asks = &cluster->asks;
    while (*cursor < asks->slot_count) {
        struct ask *ask = asks->slots[(*cursor)++];
        if (ask != NULL && ask->node == node) return ask_lose(asks, ask);
    }
    return NULL;
}

struct ask *ask_next_outdated(struct cluster *cluster, uint32_t *cursor) {
    struct asks *asks = &cluster->asks;
    while (*cursor < asks->slot_count) {
        struct ask *ask = asks->slots[(*cursor)++];
        if (ask == NULL || ask->shard == 0) continue; /* meta has no term */
        const struct route_shard *route = route_shard_find(&cluster->route, ask->shard);
        if (route == NULL || route->term != ask->term) return ask_lose(asks, ask);
    }
    return NULL;
}

enum status ask_wait(struct cluster *cluster, struct ask *ask) {
    while (ask->state == ASK_SENT) {
        if (waiter_wait(ask->waiter, WAIT_CLUSTER) == WAIT_CANCELLED) {
            ask_forget(cluster, ask);
            return STATUS_CANCELLED;
        }
    }
    return ask->state == ASK_ANSWERED ? STATUS_OK : STATUS_UNAVAILABLE;
}

enum status ask_status(const struct ask *ask) {
    CHECK(ask->state == ASK_ANSWERED);
    const struct message *answer = &ask->answer;
    switch (answer->header.kind) {
    case MESSAGE_ROWS: return (enum status)answer->rows.status;
    case MESSAGE_WRITTEN: return (enum status)answer->written.status;
    case MESSAGE_PREPARED: return (enum status)answer->prepared.status;
    case MESSAGE_DONE: return (enum status)answer->done.status;
    case MESSAGE_GIVEN: return (enum status)answer->given.status;
    case MESSAGE_DRAWN: return (enum status)answer->drawn.status;
    case MESSAGE_COUNTED: return (enum status)answer->counted.status;
    case MESSAGE_DDL_DONE: return (enum status)answer->ddl_done.status;
    }
    return STATUS_OK;
}
