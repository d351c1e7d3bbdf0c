/* system_shard.c: time and sequences. See system_shard.h.
 *
 *   C:  | handed out | C .. may be handed out .. reserved_below (confirmed) | reserve_asked (appended)
 *
 * The next range is asked for when half of one is left, so nobody waits for the log in normal times.
 */
#include "storage/system_shard.h"

#include "storage/participant_private.h"
#include "storage/system_private.h"

#define COUNTER_RANGE      ((uint64_t)1 << 20)
#define SEQUENCE_RANGE_MIN 64
#define SYSTEM_WAITS_MAX   65536

struct system_shard *system_shard_open(struct shard *shard) {
    struct system_shard *system = arena_new(&shard->store->store_arena, struct system_shard);
    struct chunk_source *source = system->source = shard->store->options.source;
    CHECK(shard->id == SHARD_SYSTEM);
    system->counter = system->reserved_below = system->reserve_asked = 1;
    pool_open(&system->counter_waits, source, sizeof(struct counter_wait), SYSTEM_WAITS_MAX);
    pool_open(&system->sequences, source, sizeof(struct number_sequence), SYSTEM_WAITS_MAX);
    pool_open(&system->draws, source, sizeof(struct sequence_draw), SYSTEM_WAITS_MAX);
    list_open(&system->counter_waiting);
    list_open(&system->drawing);
    map_open(&system->by_table, source);
    named_locks_open(&system->named, source);
    return system;
}

void system_shard_close(struct system_shard *system) {
    if (system == NULL) return;
    system_horizon_close(system);
    system_deadlock_close(system);
    named_locks_close(&system->named);
    map_close(&system->by_table);
    pool_abandon(&system->counter_waits);
    pool_abandon(&system->sequences);
    pool_abandon(&system->draws);
}

/* ---- by the log ---- */

void system_apply_counter(struct shard *shard, uint64_t reserved_below, uint64_t fence_count) {
    struct system_shard *system = shard->system;
    if (system == NULL) return;
    system->reserved_below = MAX(system->reserved_below, reserved_below);
    system->reserve_asked = MAX(system->reserve_asked, system->reserved_below);
    system->fence_count = MAX(system->fence_count, fence_count);
}

static struct number_sequence *sequence_of(struct system_shard *system, uint32_t table_id) {
    CHECK(system->source != NULL);
    struct number_sequence *sequence = map_find(&system->by_table, table_id);
    if (sequence != NULL) return sequence;
    sequence = pool_take(&system->sequences);
    if (sequence == NULL) return NULL;
    *sequence =
        (struct number_sequence){.table_id = table_id, .next = 1, .limit = 1, .appended = 1};
    map_put(&system->by_table, table_id, sequence);
    return sequence;
}

void system_apply_sequence(struct shard *shard, uint32_t table_id, uint64_t next_value) {
    if (shard->system == NULL) return;
    struct number_sequence *sequence = sequence_of(shard->system, table_id);
    if (sequence == NULL) {
        shard->store->stop_reason = "too many sequences";
        return;
    }
    sequence->limit = MAX(sequence->limit, next_value);
    sequence->appended = MAX(sequence->appended, sequence->limit);
    if (!system_is_serving(shard)) sequence->next = sequence->limit; /* (SY3) */
}

void system_items(const struct shard *shard, struct buffer *items) {
    const struct system_shard *system = shard->system;
    if (system == NULL) return;
    struct item counter = {.kind = ITEM_COUNTER,
                           .counter = {system->reserved_below, system->fence_count}};
    item_append(items, &counter);
    uint64_t cursor = 0;
    const struct number_sequence *sequence;
    while ((sequence = map_next(&system->by_table, &cursor, NULL)) != NULL) {
        struct item item = {.kind = ITEM_SEQUENCE,
                            .sequence = {sequence->table_id, sequence->limit}};
        item_append(items, &item);
    }
}

void system_forget(struct shard *shard) {
    struct system_shard *system = shard->system;
    if (system == NULL) return;
    CHECK(!system->is_serving);
    system->counter = system->reserved_below = system->reserve_asked = 1;
    uint64_t cursor = 0;
    struct number_sequence *sequence;
    while ((sequence = map_next(&system->by_table, &cursor, NULL)) != NULL)
        pool_give(&system->sequences, sequence);
    map_close(&system->by_table);
}

/* ---- the counter ---- */

uint64_t system_counter(const struct shard *shard) {
    CHECK(shard->system != NULL && shard->system->is_serving);
    return shard->system->counter;
}

bool system_is_serving(const struct shard *shard) { return shard->system->is_serving; }

static uint64_t system_fence(const struct shard *shard) {
    return (uint64_t)shard->term << 32 | shard->system->fence_count;
}

static void system_reserve(struct shard *shard, struct effects *out) {
    CHECK(shard_leads(shard));
    struct system_shard *system = shard->system;
    if (list_holds(&system->counter_waiter.link)) return; /* one at a time */
    system->reserve_asked = system->counter + COUNTER_RANGE;
    struct record record = {.kind = RECORD_COUNTER,
                            .counter = {system->reserve_asked, system->fence_count}};
    replica_append(shard, &record, out);
    shard_wait_for_log(shard, &system->counter_waiter, WAITER_COUNTER);
}

void system_take_over(struct shard *shard, struct effects *out) {
    struct system_shard *system = shard->system;
    CHECK(!system->is_serving);
    system->counter = MAX(MAX(system->reserved_below, shard->decided_max + 1),
                          MAX(shard->snapshot_max + 1, (uint64_t)1));
    system->fence_count = 0;
    system_horizon_reset(system);
    system_reserve(shard, out);
}

void system_step_down(struct shard *shard, struct effects *out) {
    struct system_shard *system = shard->system;
    if (system == NULL) return;
    system->is_serving = false;
    if (list_holds(&system->counter_waiter.link)) list_remove(&system->counter_waiter.link);
    LIST_EACH(link, &system->counter_waiting) {
        struct counter_wait *wait = CONTAINER_OF(link, struct counter_wait, link);
        shard_refuse(shard, &wait->message, STATUS_WRONG_PRIMARY, out);
        list_remove(link);
        pool_give(&system->counter_waits, wait);
    }
    LIST_EACH(link, &system->drawing) {
        struct sequence_draw *draw = CONTAINER_OF(link, struct sequence_draw, link);
        struct message request = {.header = draw->header};
        shard_refuse_kind(shard, &request, MESSAGE_DRAWN, STATUS_WRONG_PRIMARY, out);
        if (list_holds(&draw->waiter.link)) list_remove(&draw->waiter.link);
        list_remove(link);
        pool_give(&system->draws, draw);
    }
    uint64_t cursor = 0;
    struct number_sequence *sequence;
    while ((sequence = map_next(&system->by_table, &cursor, NULL)) != NULL)
        sequence->next = sequence->appended = sequence->limit;
    named_lock_forget(shard, 0, out);
    system_horizon_reset(system);
    system->deadlock.edge_count = 0;
}

static void system_on_snapshot(struct shard *shard, const struct message *message,
                               struct effects *out) {
    CHECK(shard->system->is_serving);
    struct system_shard *system = shard->system;
    struct message answer;
    participant_answer_open(shard, message, MESSAGE_GIVEN, &answer);
    uint64_t snapshot = system->counter++; /* T1 */
    answer.given = (struct given){STATUS_OK, snapshot, system_fence(shard)};
    answer.header.fence = system_fence(shard);
    answer.header.shown = MAX(answer.header.shown, snapshot);
    system_note_given(shard, message->snapshot.incarnation, snapshot);
    participant_answer(shard, &answer, ANSWER_PROVEN, out);
}

/* FETCH and FENCE: the answer goes to the asking shard. */
static void system_on_fence(struct shard *shard, const struct message *message,
                            struct effects *out) {
    CHECK(shard->system->is_serving);
    struct system_shard *system = shard->system;
    bool is_fence = message->header.kind == MESSAGE_FENCE;
    if (is_fence) system->fence_count++;
    struct message answer;
    participant_answer_open(shard, message, MESSAGE_FENCED, &answer);
    answer.header.shard = is_fence ? message->fence.from_shard : message->fetch.from_shard;
    answer.header.term = 0; /* of another shard */
    /* A fence's C becomes M, so it is raised like for a snapshot; a floor may equal C. */
    uint64_t counter = is_fence ? system->counter++ : system->counter;
    answer.fenced = (struct fenced){STATUS_OK, counter, system_fence(shard)};
    shard->fence_known = MAX(shard->fence_known, system_fence(shard));
    participant_answer(shard, &answer, ANSWER_PROVEN, out);
}

static void system_give_time(struct shard *shard, const struct message *message,
                             struct effects *out) {
    CHECK(shard->system->counter + 1 < shard->system->reserved_below);
    if (message->header.kind == MESSAGE_SNAPSHOT)
        system_on_snapshot(shard, message, out);
    else
        system_on_fence(shard, message, out);
}

static void system_on_time(struct shard *shard, const struct message *message,
                           struct effects *out) {
    CHECK(shard->system != NULL);
    struct system_shard *system = shard->system;
    bool has_range = system->is_serving && system->counter + 1 < system->reserved_below;
    if (system->is_serving && system->counter + COUNTER_RANGE / 2 > system->reserved_below)
        system_reserve(shard, out);
    if (has_range) {
        system_give_time(shard, message, out);
        return;
    }
    struct counter_wait *wait = pool_take(&system->counter_waits);
    if (wait == NULL) {
        shard_refuse(shard, message, STATUS_BUSY, out);
        return;
    }
    wait->message = *message; /* SNAPSHOT, FETCH and FENCE have no slices */
    list_push_last(&system->counter_waiting, &wait->link);
}

static void system_on_range(struct shard *shard, struct effects *out) {
    CHECK(!list_holds(&shard->system->counter_waiter.link));
    struct system_shard *system = shard->system;
    bool begins = !system->is_serving;
    system->is_serving = true;
    if (begins) { /* T9, for itself */
        shard->snapshot_max = MAX(shard->snapshot_max, system->counter);
        system->counter = shard->snapshot_max + 1;
        shard->fence_known = MAX(shard->fence_known, system_fence(shard));
        system_on_configuration(shard, shard->store->configuration, out);
    }
    while (system->counter + 1 < system->reserved_below) {
        struct list_link *link = list_pop_first(&system->counter_waiting);
        if (link == NULL) break;
        struct counter_wait *wait = CONTAINER_OF(link, struct counter_wait, link);
        struct message message = wait->message;
        pool_give(&system->counter_waits, wait);
        system_give_time(shard, &message, out);
    }
    if (begins) shard_on_time_served(shard, out);
}

/* ---- sequences ---- */

static void sequence_answer(struct shard *shard, const struct message_header *header,
                            uint64_t first, uint64_t count, struct effects *out) {
    struct message request = {.header = *header};
    struct message answer;
    participant_answer_open(shard, &request, MESSAGE_DRAWN, &answer);
    answer.drawn = (struct drawn){STATUS_OK, first, count};
    participant_answer(shard, &answer, ANSWER_NOW, out);
}

static void system_on_sequence(struct shard *shard, const struct message *message,
                               struct effects *out) {
    CHECK(shard->system != NULL);
    struct system_shard *system = shard->system;
    uint64_t count = message->sequence.count;
    struct number_sequence *sequence = sequence_of(system, message->sequence.table_id);
    struct sequence_draw *draw = sequence == NULL ? NULL : pool_take(&system->draws);
    if (draw == NULL) {
        shard_refuse(shard, message, STATUS_BUSY, out);
        return;
    }
    uint64_t first = MAX(sequence->next, message->sequence.at_least);
    count = MIN(count, UINT64_MAX - first); /* what is left; none: the counter is used up */
    sequence->next = first + count;
    *draw = (struct sequence_draw){
        .header = message->header, .table_id = sequence->table_id, .first = first, .count = count};
    if (sequence->next <= sequence->limit) {
        sequence_answer(shard, &draw->header, first, count, out);
        pool_give(&system->draws, draw);
        return;
    }
    list_push_last(&system->drawing, &draw->link);
    if (sequence->next <= sequence->appended) return;
    uint64_t spare = MAX(count, (uint64_t)SEQUENCE_RANGE_MIN);
    sequence->appended = sequence->next > UINT64_MAX - spare ? UINT64_MAX : sequence->next + spare;
    if (count == 0) sequence->appended = sequence->next; /* raised only: no range is wanted yet */
    struct record record = {.kind = RECORD_SEQUENCE,
                            .sequence = {sequence->table_id, sequence->appended}};
    replica_append(shard, &record, out);
    shard_wait_for_log(shard, &draw->waiter, WAITER_SEQUENCE);
}

static void system_on_sequence_confirmed(struct shard *shard, struct effects *out) {
    struct system_shard *system = shard->system;
    LIST_EACH(link, &system->drawing) {
        struct sequence_draw *draw = CONTAINER_OF(link, struct sequence_draw, link);
        const struct number_sequence *sequence = map_find(&system->by_table, draw->table_id);
        CHECK(sequence != NULL);
        if (draw->first + draw->count > sequence->limit) continue;
        CHECK(!list_holds(&draw->waiter.link));
        sequence_answer(shard, &draw->header, draw->first, draw->count, out);
        list_remove(link);
        pool_give(&system->draws, draw);
    }
}

/* ---- dispatch ---- */

void system_on_confirmed(struct shard *shard, struct log_waiter *waiter, struct effects *out) {
    CHECK(shard->system != NULL);
    if (waiter->kind == WAITER_COUNTER)
        system_on_range(shard, out);
    else
        system_on_sequence_confirmed(shard, out);
}

void system_on_message(struct shard *shard, const struct message *message, struct effects *out) {
    if (shard->system == NULL) {
        shard_refuse(shard, message, STATUS_WRONG_PRIMARY, out);
        return;
    }
    switch (message->header.kind) {
    case MESSAGE_SNAPSHOT:
    case MESSAGE_FETCH:
    case MESSAGE_FENCE: system_on_time(shard, message, out); return;
    case MESSAGE_SEQUENCE: system_on_sequence(shard, message, out); return;
    case MESSAGE_LIVE: system_on_live(shard, message, out); return;
    case MESSAGE_EDGES: system_on_edges(shard, message, out); return;
    case MESSAGE_NAMED_LOCK: system_on_named_lock(shard, message, out); return;
    }
    UNREACHABLE();
}

void system_on_daemon_gone(struct shard *shard, uint32_t incarnation, struct effects *out) {
    if (shard->system == NULL) return;
    CHECK(incarnation != 0);
    named_lock_forget(shard, incarnation, out);
}

void system_on_deadline(struct shard *shard, struct effects *out) {
    if (shard->system == NULL || !shard->system->is_serving) return;
    named_lock_on_deadline(shard, out);
    if (shard->store->now_us >= shard->system->horizon.publish_us)
        system_horizon_publish(shard, out);
}

uint64_t system_deadline(const struct shard *shard) {
    if (shard->system == NULL || !shard->system->is_serving) return UINT64_MAX;
    return MIN(shard->system->horizon.publish_us,
               deadline_earliest_us(&shard->system->named.deadlines));
}
