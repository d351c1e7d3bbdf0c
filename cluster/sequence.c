/* sequence.c: where do AUTO_INCREMENT values and hidden row ids come from?
 *
 * The system shard gives out ranges (SEQUENCE), this handle keeps one a counter and hands its values out one after the
 * other. A range is larger the more ranges were drawn, up to RANGE_MAX. What is left of it at a restart is a gap.
 *   (SQ1) One fiber draws for a counter at a time; the others wait for its range.
 *   (SQ2) An explicit value above the range ends it, so that the next value is greater (X11).
 *        The last value of all, 2^64 - 1, is never given out: a counter that is there is used up.
 *   (SQ3) A counter's name in SEQUENCE is the table's id, for row ids with the top bit set.
 */
#include "cluster/cluster_private.h"

#define RANGE_MIN     16
#define RANGE_MAX     4096
#define ROW_ID_BIT    0x80000000u
#define RETRY_US      20000
#define SEQUENCE_LAST UINT64_MAX

struct counter {
    uint64_t next, end; /* next == end: none left */
    uint64_t range_size;
    bool is_drawing; /* (SQ1) */
};

static uint32_t sequence_name(const struct table *table, enum sequence_kind kind) {
    uint32_t id = (uint32_t)table->definition->id;
    CHECK((id & ROW_ID_BIT) == 0);
    return kind == SEQUENCE_ROW_ID ? id | ROW_ID_BIT : id; /* (SQ3) */
}

static struct counter *counter_of(struct cluster *cluster, uint32_t name) {
    struct counter *counter = map_find(&cluster->sequences, name);
    if (counter != NULL) return counter;
    counter = arena_new(&cluster->cluster_arena, struct counter);
    counter->range_size = RANGE_MIN;
    map_put(&cluster->sequences, name, counter);
    return counter;
}

void sequences_forget(struct cluster *cluster) {
    uint64_t cursor = 0;
    for (struct counter *counter; (counter = map_next(&cluster->sequences, &cursor, NULL)) != NULL;)
        counter->next = counter->end = 0;
}

/* One SEQUENCE, repeated until a system shard answers. */
struct sequence_request {
    uint32_t name;
    uint64_t count, at_least;
};
static enum status sequence_ask(struct cluster *cluster, struct waiter *waiter,
                                const struct sequence_request *request, struct drawn *drawn_out) {
    uint64_t until_us = cluster->now_us + REQUEST_TIMEOUT_US;
    while (true) {
        struct ask ask = {.owner = ASK_OF_FIBER, .waiter = waiter};
        struct message *message = ask_shard(cluster, &ask, MESSAGE_SEQUENCE, SHARD_SYSTEM);
        message->sequence = (struct sequence){request->name, request->count, request->at_least};
        enum status status = ask_wait(cluster, &ask);
        if (status == STATUS_OK) status = ask_status(&ask);
        if (status == STATUS_OK && ask.answer.header.kind == MESSAGE_DRAWN) {
            *drawn_out = ask.answer.drawn;
            return STATUS_OK;
        }
        bool is_final = status == STATUS_CANCELLED || status == STATUS_OUT_OF_RANGE ||
                        status == STATUS_FULL || status == STATUS_INVALID;
        if (is_final) return status;
        if (cluster->now_us >= until_us) return STATUS_UNAVAILABLE;
        status = cluster_wait_change(cluster, waiter, cluster->now_us + RETRY_US);
        if (status != STATUS_OK) return status;
    }
}

static enum status counter_draw(struct cluster *cluster, struct waiter *waiter,
                                struct counter *counter, const struct sequence_request *request) {
    struct drawn drawn = {0};
    counter->is_drawing = true;
    enum status status = sequence_ask(cluster, waiter, request, &drawn);
    counter->is_drawing = false;
    if (status == STATUS_OK && drawn.count > 0) {
        counter->next = drawn.first;
        counter->end = drawn.first + MIN(drawn.count, SEQUENCE_LAST - drawn.first);
        counter->range_size = MIN(2 * counter->range_size, (uint64_t)RANGE_MAX);
    }
    cluster_changed(cluster);
    return status;
}

enum status cluster_sequence_next(struct cluster *cluster, struct waiter *waiter,
                                  const struct sequence_draw *draw, uint64_t *first_out) {
    uint32_t name = sequence_name(draw->table, draw->kind);
    struct counter *counter = counter_of(cluster, name);
    uint64_t at_least =
        draw->kind == SEQUENCE_ROW_ID ? 1 : MAX(draw->table->definition->auto_increment, 1u);
    /* ALTER TABLE .. AUTO_INCREMENT may ask for more than the range's rest */
    if (counter->next < at_least) counter->next = MIN(at_least, counter->end);
    while (counter->end - counter->next < draw->count) {
        enum status status;
        if (counter->is_drawing) {
            status = cluster_wait_change(cluster, waiter, cluster->now_us + REQUEST_TIMEOUT_US);
        } else {
            struct sequence_request request = {name, MAX(draw->count, counter->range_size),
                                               at_least};
            status = counter_draw(cluster, waiter, counter, &request);
            if (status == STATUS_OK && counter->end - counter->next < draw->count)
                return STATUS_OUT_OF_RANGE;
        }
        if (status != STATUS_OK) return status;
    }
    *first_out = counter->next;
    counter->next += draw->count;
    return STATUS_OK;
}

enum status cluster_sequence_raise(struct cluster *cluster, struct waiter *waiter,
                                   const struct table *table, uint64_t used) {
    uint32_t name = sequence_name(table, SEQUENCE_AUTO_INCREMENT);
    struct counter *counter = counter_of(cluster, name);
    bool has_range = counter->next < counter->end;
    if (has_range && used < counter->next) return STATUS_OK;
    if (has_range && used < counter->end) {
        counter->next = used + 1;
        return STATUS_OK;
    }
    counter->next = counter->end = 0; /* (SQ2) */
    struct drawn drawn;
    struct sequence_request request = {name, 0, used == SEQUENCE_LAST ? used : used + 1};
    return sequence_ask(cluster, waiter, &request, &drawn);
}

enum status cluster_sequence_peek(struct cluster *cluster, struct waiter *waiter,
                                  const struct table *table, uint64_t *next_out) {
    uint32_t name = sequence_name(table, SEQUENCE_AUTO_INCREMENT);
    const struct counter *counter = map_find(&cluster->sequences, name);
    uint64_t at_least = MAX(table->definition->auto_increment, 1u);
    struct drawn drawn = {0};
    enum status status = STATUS_OK;
    if (counter != NULL && counter->next < counter->end) {
        drawn.first = counter->next;
    } else {
        struct sequence_request request = {.name = name};
        status = sequence_ask(cluster, waiter, &request, &drawn);
    }
    *next_out = MAX(drawn.first, at_least);
    return status;
}
