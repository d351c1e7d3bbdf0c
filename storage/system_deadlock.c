/* system_deadlock.c: deadlocks over shards (X10, SY5), and what each shard reports for it.
 *
 *   shard: waits older than 20 ms -> EDGES, its whole list, while there are any
 *   here:  all lists together are a graph of transactions; from each new waiter the paths are followed; one that
 *          comes back to its begin is a cycle: VICTIM to the shard where the youngest of it waits
 *
 * Lists age: an edge may be gone when the victim is told, so the shard compares the wait id; a cycle that was not
 * one then does not cost a transaction that is not waiting any more.
 */
#include "storage/coordinator.h"
#include "storage/deadlock_report.h"
#include "storage/participant_private.h"
#include "storage/system_private.h"

#define EDGE_BYTES         32
#define EDGES_REPORT_MAX   1024
#define DEADLOCK_DEPTH_MAX 256

void system_deadlock_close(struct system_shard *system) {
    if (system->deadlock.edges == NULL) return;
    system->source->give(system->source, system->deadlock.edges,
                         SYSTEM_EDGES_MAX * sizeof(struct wait_edge));
    system->deadlock.edges = NULL;
}

static bool id_equal(struct writer_id a, struct writer_id b) {
    return a.incarnation == b.incarnation && a.txn_number == b.txn_number;
}

/* Follows holders of holders, depth first; true: `begin` waits for itself. path_out[]: edges of the cycle. */
static bool deadlock_follow(const struct system_deadlock *deadlock, struct writer_id begin,
                            uint32_t *path, uint32_t *path_count_out) {
    uint32_t depth = 0, next[DEADLOCK_DEPTH_MAX] = {0};
    struct writer_id at[DEADLOCK_DEPTH_MAX];
    uint32_t work = 0;
    at[0] = begin;
    while (work++ < SYSTEM_EDGES_MAX) {
        uint32_t i = next[depth];
        while (i < deadlock->edge_count && !id_equal(deadlock->edges[i].waiter, at[depth])) i++;
        if (i >= deadlock->edge_count) {
            if (depth == 0) return false;
            depth--;
            continue;
        }
        next[depth] = i + 1;
        path[depth] = i;
        if (id_equal(deadlock->edges[i].holder, begin)) {
            *path_count_out = depth + 1;
            return true;
        }
        if (depth + 1 == DEADLOCK_DEPTH_MAX) continue;
        depth++;
        at[depth] = deadlock->edges[i].holder;
        next[depth] = 0;
    }
    return false;
}

static void deadlock_end(struct shard *shard, struct system_deadlock *deadlock,
                         const uint32_t *path, uint32_t path_count, struct effects *out) {
    uint32_t victim = path[0];
    for (uint32_t i = 1; i < path_count; i++)
        if (deadlock->edges[path[i]].waiter.txn_number > deadlock->edges[victim].waiter.txn_number)
            victim = path[i];
    struct wait_edge edge = deadlock->edges[victim];
    uint16_t node = store_primary_of(shard->store, edge.shard);
    if (node != 0) {
        struct message *message = shard_message(shard, MESSAGE_VICTIM, node, edge.shard, out);
        message->victim =
            (struct victim){edge.waiter.incarnation, edge.waiter.txn_number, edge.wait_id};
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < deadlock->edge_count; i++)
        if (!id_equal(deadlock->edges[i].waiter, edge.waiter))
            deadlock->edges[kept++] = deadlock->edges[i];
    CHECK(kept < deadlock->edge_count);
    deadlock->edge_count = kept;
}

static void deadlock_replace(struct system_deadlock *deadlock, const struct edges *edges) {
    CHECK(deadlock->edges != NULL);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < deadlock->edge_count; i++)
        if (deadlock->edges[i].shard != edges->from_shard)
            deadlock->edges[kept++] = deadlock->edges[i];
    struct reader reader = reader_of(edges->edges);
    for (uint32_t i = 0; i < edges->edge_count && kept < SYSTEM_EDGES_MAX; i++) {
        struct wait_edge edge = {.shard = edges->from_shard};
        edge.wait_id = reader_u64(&reader);
        edge.waiter.incarnation = reader_u32(&reader);
        edge.waiter.txn_number = reader_u64(&reader);
        edge.holder.incarnation = reader_u32(&reader);
        edge.holder.txn_number = reader_u64(&reader);
        if (reader.failed) break;
        deadlock->edges[kept++] = edge;
    }
    deadlock->edge_count = kept;
}

void system_on_edges(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(shard->system != NULL);
    struct system_deadlock *deadlock = &shard->system->deadlock;
    struct chunk_source *source = shard->system->source;
    if (deadlock->edges == NULL)
        deadlock->edges = source->take(source, SYSTEM_EDGES_MAX * sizeof(struct wait_edge));
    deadlock_replace(deadlock, &message->edges);
    uint32_t path[DEADLOCK_DEPTH_MAX], path_count = 0;
    for (uint32_t i = 0; i < deadlock->edge_count;) {
        if (deadlock->edges[i].shard == message->edges.from_shard &&
            deadlock_follow(deadlock, deadlock->edges[i].waiter, path, &path_count)) {
            deadlock_end(shard, deadlock, path, path_count, out);
            i = 0; /* the list has moved */
            continue;
        }
        i++;
    }
}

/* ---- the reporting side, on every shard ---- */

/* The name of a writer; one without a number gets one that is unique among shards. */
static struct writer_id edge_name(const struct shard *shard, uint32_t slot) {
    const struct transaction *txn = shard->participants->by_slot[slot];
    CHECK(txn != NULL);
    if (txn->id.txn_number != 0) return txn->id;
    return (struct writer_id){0, (uint64_t)shard->id << 32 | slot};
}

static void edge_append(const struct shard *shard, const struct lock_edge *edge,
                        struct writer *writer) {
    struct writer_id waiter = edge_name(shard, edge->waiter);
    struct writer_id holder = edge_name(shard, edge->holder);
    writer_u64(writer, edge->wait_id);
    writer_u32(writer, waiter.incarnation);
    writer_u64(writer, waiter.txn_number);
    writer_u32(writer, holder.incarnation);
    writer_u64(writer, holder.txn_number);
}

/* Somebody waits for a prepared transaction longer than T8 allows: ask for its outcome. */
static void edge_ask_holder(struct shard *shard, uint32_t slot) {
    struct transaction *holder = shard->participants->by_slot[slot];
    if (holder->machine.state == TXN_PREPARED)
        participant_finish_by(shard, holder, shard->store->now_us);
}

static void edges_send(struct shard *shard, const struct lock_edge *edges, uint32_t count,
                       struct effects *out) {
    CHECK(count <= EDGES_REPORT_MAX);
    uint16_t node = store_primary_of(shard->store, SHARD_SYSTEM);
    if (node == 0) return;
    void *memory = arena_alloc(out->arena, (size_t)count * EDGE_BYTES + 1);
    struct writer writer = writer_of(memory, (size_t)count * EDGE_BYTES);
    for (uint32_t i = 0; i < count; i++) edge_append(shard, &edges[i], &writer);
    CHECK(!writer.failed);
    struct message *message = shard_message(shard, MESSAGE_EDGES, node, SHARD_SYSTEM, out);
    message->edges = (struct edges){shard->id, count, writer_written(&writer)};
}

void deadlock_report(struct shard *shard, struct effects *out) {
    CHECK(shard->edges_us != UINT64_MAX);
    if (!shard_is_primary(shard)) return;
    uint64_t now_us = shard->store->now_us;
    uint64_t since_us = now_us >= DEADLOCK_REPORT_US ? now_us - DEADLOCK_REPORT_US : 0;
    uint32_t from = 0;
    struct lock_edge *edges = arena_array(out->arena, struct lock_edge, EDGES_REPORT_MAX);
    uint32_t count = lock_edges(shard->locks, since_us, &from, edges, EDGES_REPORT_MAX);
    for (uint32_t i = 0; i < count; i++) edge_ask_holder(shard, edges[i].holder);
    if ((count > 0 || shard->edges_reported) && store_has_other_shards(shard->store))
        edges_send(shard, edges, count, out);
    shard->edges_reported = count > 0;
    shard->edges_us = lock_wait_count(shard->locks) > 0 || shard->edges_reported
                          ? now_us + DEADLOCK_REPORT_US
                          : UINT64_MAX;
}

void deadlock_on_victim(struct shard *shard, const struct message *message, struct effects *out) {
    CHECK(message->header.kind == MESSAGE_VICTIM);
    const struct victim *victim = &message->victim;
    struct writer_id id = {victim->incarnation, victim->txn_number};
    uint32_t slot = (uint32_t)victim->txn_number;
    struct transaction *txn;
    if (victim->incarnation != 0)
        txn = participant_find(shard, id);
    else
        txn = slot < shard->writers->slot_count ? shard->participants->by_slot[slot] : NULL;
    if (txn == NULL || txn->slot == WRITER_NONE || txn->machine.state != TXN_ACTIVE) return;
    uint64_t wait_id;
    if (!lock_is_waiting(shard->locks, txn->slot, &wait_id) || wait_id != victim->wait_id) return;
    participant_end(shard, txn, STATUS_DEADLOCK, out);
}
