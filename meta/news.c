/* news.c: what has the controller decided about nodes and shards, in words for who runs the cluster?
 *
 * A decision is told when the store has taken it, before it is applied: then the placement before and the decision's
 * draft lie side by side. Each change is one NOTE, which a daemon writes to its log with the time.
 */
#include "meta/controller_private.h"

struct news {
    struct controller *controller;
    const struct placement *before, *after;
};

static struct buffer news_begin(const struct news *news) {
    return buffer_of(news->controller->out->arena);
}
static void news_end(const struct news *news, const struct buffer *text) {
    effects_note(news->controller->out, buffer_slice(text));
}

static void append_node(const struct news *news, uint16_t number, struct buffer *text) {
    const struct meta_node *node = placement_node(news->after, number);
    if (node == NULL || node->name.size == 0)
        buffer_printf(text, "node %u", number);
    else
        buffer_append(text, node->name);
}

static void tell_node(const struct news *news, const struct meta_node *node) {
    const struct meta_node *before = placement_node(news->before, node->node);
    bool is_new = before == NULL || before->incarnation != node->incarnation;
    if (!is_new && before->is_live == node->is_live) return;
    struct buffer text = news_begin(news);
    append_node(news, node->node, &text);
    if (is_new)
        buffer_printf(&text, " begins its incarnation %u", node->incarnation);
    else if (node->is_live)
        buffer_printf(&text, " is heard of again");
    else
        buffer_printf(&text, " is dead: %s", member_evidence(news->controller, node));
    news_end(news, &text);
}

static bool is_same_shard(const struct configuration_shard *a,
                          const struct configuration_shard *b) {
    if (a->term != b->term || a->primary != b->primary || a->durability != b->durability)
        return false;
    if (a->replica_count != b->replica_count) return false;
    for (uint32_t i = 0; i < a->replica_count; i++)
        if (a->replicas[i].node != b->replicas[i].node) return false;
    return true;
}

static void tell_shard(const struct news *news, const struct configuration_shard *shard) {
    const struct configuration_shard *before = placement_shard(news->before, shard->shard);
    if (before != NULL && is_same_shard(before, shard)) return;
    struct buffer text = news_begin(news);
    buffer_printf(&text, "shard %u, term %u: ", shard->shard, shard->term);
    if (shard->primary == 0)
        buffer_printf(&text, "no primary");
    else
        append_node(news, shard->primary, &text);
    if (shard->replica_count > 0) buffer_printf(&text, "; in sync:");
    for (uint32_t i = 0; i < shard->replica_count; i++) {
        buffer_append_byte(&text, ' ');
        append_node(news, shard->replicas[i].node, &text);
    }
    news_end(news, &text);
}

void news_tell(struct controller *controller, const struct decision *decision) {
    if (!decision->is_placement_changed) return;
    const struct news news = {controller, &controller->state.placement, &decision->draft};
    for (uint32_t i = 0; i < news.after->node_count; i++) tell_node(&news, &news.after->nodes[i]);
    for (uint32_t i = 0; i < news.after->shard_count; i++)
        tell_shard(&news, &news.after->shards[i]);
}
