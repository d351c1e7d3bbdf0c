/* proof.c: the queue of held answers, in the order of their rounds.
 *
 *   held in this turn (round 0) --turn end: round n begins--> round n --confirmed by all--> sent
 *
 *   (PF1) An answer held while round n is under way waits for round n + 1: the proof is asked for after the request
 *         arrived.
 *   (PF2) The fence known when a round begins is proven when it ends (T9).
 */
#include "storage/proof.h"

#include "storage/participant.h"
#include "storage/replica.h"
#include "storage/store_private.h"

#define PROOF_HELD_MAX 65536

struct proof_held {
    struct list_link link;
    uint64_t round; /* 0: not begun */
    struct arena held_arena;
    struct message *answer;
};

struct proof {
    struct chunk_source *source;
    struct pool pool;
    struct list held;         /* by rising round, those without one last */
    struct list transactions; /* the same, of struct transaction */
    uint64_t round_begun;     /* last one, and the fence known then */
    uint64_t round_fence;
    bool is_wanted;
};

struct proof *proof_open(struct shard *shard) {
    struct proof *proof = arena_new(&shard->store->store_arena, struct proof);
    proof->source = shard->store->options.source;
    pool_open(&proof->pool, proof->source, sizeof(struct proof_held), PROOF_HELD_MAX);
    list_open(&proof->held);
    list_open(&proof->transactions);
    return proof;
}

void proof_close(struct proof *proof) {
    LIST_EACH(link, &proof->held)
    arena_close(&CONTAINER_OF(link, struct proof_held, link)->held_arena);
    pool_abandon(&proof->pool);
}

bool proof_is_trivial(struct shard *shard) {
    CHECK(shard_leads(shard));
    if (store_has_fault(shard->store, FAULT_SERVE_UNCONFIRMED)) return true;
    if (!replica_is_alone(shard)) return false;
    shard->fence_proven = shard->fence_known;
    return true;
}

static void proof_want(struct shard *shard) {
    shard->proof->is_wanted = true;
    store_want_turn_end(shard->store);
}

void proof_hold(struct shard *shard, const struct message *answer, struct effects *out) {
    CHECK(shard_leads(shard));
    struct proof *proof = shard->proof;
    struct proof_held *held = pool_take(&proof->pool);
    (void)out;
    if (held == NULL) return; /* the asker's time-out is its answer */
    arena_open(&held->held_arena, proof->source, 0);
    held->answer = message_copy(&held->held_arena, answer);
    list_push_last(&proof->held, &held->link);
    proof_want(shard);
}

void proof_hold_transaction(struct shard *shard, struct transaction *txn, struct effects *out) {
    CHECK(txn->machine.state == TXN_PROVING);
    (void)out;
    txn->proof_round = 0;
    list_push_last(&shard->proof->transactions, &txn->work_link);
    proof_want(shard);
}

bool proof_wants_round(const struct shard *shard) { return shard->proof->is_wanted; }

void proof_on_round_begun(struct shard *shard, uint64_t round) {
    struct proof *proof = shard->proof;
    CHECK(round > proof->round_begun);
    proof->is_wanted = false;
    proof->round_begun = round;
    proof->round_fence = shard->fence_known; /* (PF2) */
    for (struct list_link *link = list_last(&proof->held); link != NULL;) {
        struct proof_held *held = CONTAINER_OF(link, struct proof_held, link);
        if (held->round != 0) break;
        held->round = round;
        link = link->previous == &proof->held.head ? NULL : link->previous;
    }
    LIST_EACH(link, &proof->transactions) {
        struct transaction *txn = CONTAINER_OF(link, struct transaction, work_link);
        if (txn->proof_round == 0) txn->proof_round = round;
    }
}

static void proof_send(struct proof *proof, struct proof_held *held, struct effects *out) {
    CHECK(list_holds(&held->link));
    struct message *copy = message_copy(out->arena, held->answer);
    *effects_message(out, (enum message_kind)copy->header.kind) = *copy;
    list_remove(&held->link);
    arena_close(&held->held_arena);
    pool_give(&proof->pool, held);
}

void proof_on_round(struct shard *shard, uint64_t round, struct effects *out) {
    CHECK(round > 0);
    struct proof *proof = shard->proof;
    if (round >= proof->round_begun)
        shard->fence_proven = MAX(shard->fence_proven, proof->round_fence);
    LIST_EACH(link, &proof->held) {
        struct proof_held *held = CONTAINER_OF(link, struct proof_held, link);
        if (held->round == 0 || held->round > round) break; /* (PF1) */
        proof_send(proof, held, out);
    }
    LIST_EACH(link, &proof->transactions) {
        struct transaction *txn = CONTAINER_OF(link, struct transaction, work_link);
        if (txn->proof_round == 0 || txn->proof_round > round) break;
        list_remove(link);
        participant_on_proven(shard, txn, out);
    }
}

void proof_step_down(struct shard *shard, struct effects *out) {
    struct proof *proof = shard->proof;
    LIST_EACH(link, &proof->held) {
        struct proof_held *held = CONTAINER_OF(link, struct proof_held, link);
        struct message request = {.header = held->answer->header};
        request.header.from_node = held->answer->header.to_node;
        request.header.to_node = held->answer->header.from_node;
        request.header.from_incarnation = held->answer->header.to_incarnation;
        request.header.to_incarnation = held->answer->header.from_incarnation;
        shard_refuse_kind(shard, &request, (enum message_kind)held->answer->header.kind,
                          STATUS_WRONG_PRIMARY, out);
        list_remove(&held->link);
        arena_close(&held->held_arena);
        pool_give(&proof->pool, held);
    }
    LIST_EACH(link, &proof->transactions) list_remove(link); /* the participants end them */
    *proof = (struct proof){
        .source = proof->source, .pool = proof->pool, .round_begun = proof->round_begun};
    list_open(&proof->held);
    list_open(&proof->transactions);
}
