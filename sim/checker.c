/* checker.c: do the messages of a step keep the rules of terms? See checker.h.
 *
 * A node's own word counts: the term in the header of what it sends for a shard. Only storage nodes' answers and appends are
 * looked at; SQL daemons repeat what they were told, and may be late.
 */
#include "sim/checker.h"

static uint32_t *terms_of(struct checker *checker, const struct message_header *header) {
    for (uint32_t i = 0; i < checker->node_count; i++) {
        if (checker->nodes[i].node != header->from_node) continue;
        if (checker->nodes[i].incarnation == header->from_incarnation)
            return checker->nodes[i].terms;
        memset(&checker->nodes[i], 0, sizeof checker->nodes[i]); /* a new life may know less */
        checker->nodes[i].node = header->from_node;
        checker->nodes[i].incarnation = header->from_incarnation;
        return checker->nodes[i].terms;
    }
    CHECK(checker->node_count < CHECKER_NODES_MAX);
    uint32_t place = checker->node_count++;
    checker->nodes[place].node = header->from_node;
    checker->nodes[place].incarnation = header->from_incarnation;
    return checker->nodes[place].terms;
}

/* Did it do what the message asked for? */
static bool is_served(const struct message *answer) {
    switch (answer->header.kind) {
    case MESSAGE_CONFIRM: return answer->confirm.status == STATUS_OK;
    case MESSAGE_ROWS: return answer->rows.status == STATUS_OK;
    case MESSAGE_WRITTEN: return answer->written.status == STATUS_OK;
    case MESSAGE_PREPARED: return answer->prepared.status == STATUS_OK;
    default: return false;
    }
}

static bool is_answer_to(const struct message *answer, const struct message *message) {
    bool is_append = message->header.kind == MESSAGE_APPEND;
    if (is_append != (answer->header.kind == MESSAGE_CONFIRM)) return false;
    if (is_append && answer->confirm.round != message->append.round) return false;
    return answer->header.to_node == message->header.from_node &&
           answer->header.shard == message->header.shard &&
           answer->header.request_id == message->header.request_id;
}

/* (C1) */
static void check_answer(struct checker *checker, const struct message *message,
                         const struct message *answer, uint32_t term) {
    if (message == NULL || message->header.term == 0 || message->header.term >= term) return;
    if (!is_answer_to(answer, message) || !is_served(answer)) return;
    history_violation(checker->history, "node %u served shard %u for term %u, having seen term %u",
                      answer->header.from_node, answer->header.shard, message->header.term, term);
}

/* (C2) */
static void check_leader(struct checker *checker, const struct message_header *header) {
    if (header->shard >= CHECKER_SHARDS_MAX || header->term >= CHECKER_TERMS_MAX) return;
    uint16_t *node = &checker->leaders[header->shard][header->term].node;
    uint32_t *incarnation = &checker->leaders[header->shard][header->term].incarnation;
    if (*incarnation == 0) {
        *node = header->from_node;
        *incarnation = header->from_incarnation;
        checker->failovers += header->term > 1;
    }
    if (*node == header->from_node && *incarnation == header->from_incarnation) return;
    history_violation(checker->history, "nodes %u and %u lead shard %u in term %u", *node,
                      header->from_node, header->shard, header->term);
}

static void count_message(struct checker *checker, const struct message *sent) {
    if (sent->header.kind == MESSAGE_PREPARED && sent->prepared.status == STATUS_OK) {
        checker->prepared++;
        checker->prepared_to = sent->header.to_node;
    }
    if (sent->header.kind != MESSAGE_COPY) return;
    checker->copies += sent->copy.part_number == 1;
    checker->copy_parts++;
}

void checker_observe(void *context, uint16_t node, const struct message *message,
                     const struct effects *effects) {
    struct checker *checker = context;
    if (node < NODE_STORAGE_FIRST || node >= NODE_SQL_FIRST) return;
    for (uint32_t i = 0; i < effects->count; i++) {
        if (effects->list[i].kind != EFFECT_SEND) continue;
        const struct message *sent = effects->list[i].message;
        const struct message_header *header = &sent->header;
        count_message(checker, sent);
        bool is_of_shard = header->shard != 0 && header->shard < CHECKER_SHARDS_MAX;
        if (!is_of_shard || header->from_incarnation == 0) continue;
        bool is_own = header->kind == MESSAGE_APPEND || header->kind == MESSAGE_CONFIRM ||
                      header->kind == MESSAGE_ROWS || header->kind == MESSAGE_WRITTEN ||
                      header->kind == MESSAGE_PREPARED;
        if (!is_own) continue;
        uint32_t *term = &terms_of(checker, header)[header->shard];
        check_answer(checker, message, sent, MAX(*term, header->term));
        *term = MAX(*term, header->term);
        if (header->kind == MESSAGE_APPEND) check_leader(checker, header);
    }
}
