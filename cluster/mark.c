/* mark.c: from when on may shards forget how a transaction ended?
 *
 * MARK goes to every shard some time after a transaction was acknowledged everywhere, while there is anything new to
 * say. A lost one is made good by the next; after the last one shards may remember some outcomes longer, no harm.
 */
#include "cluster/mark.h"

#include "cluster/cluster_private.h"

#define REPORT_US 100000

void marks_open(struct marks *marks) {
    *marks = (struct marks){.next_number = 1, .report_at_us = UINT64_MAX};
    list_open(&marks->open);
}

uint64_t mark_begin(struct cluster *cluster, struct mark_link *link) {
    struct marks *marks = &cluster->marks;
    link->number = marks->next_number++;
    list_push_last(&marks->open, &link->link);
    marks->open_count++;
    return link->number;
}

void mark_move(struct mark_link *from, struct mark_link *to) {
    to->number = from->number;
    list_insert_after(&from->link, &to->link);
    list_remove(&from->link);
}

void mark_end(struct cluster *cluster, struct mark_link *link) {
    struct marks *marks = &cluster->marks;
    CHECK(marks->open_count > 0);
    list_remove(&link->link);
    marks->open_count--;
    if (marks->report_at_us != UINT64_MAX) return;
    marks->report_at_us = cluster->now_us + REPORT_US;
    effects_deadline(cluster->out, marks->report_at_us);
}

static void mark_report(struct cluster *cluster) {
    struct marks *marks = &cluster->marks;
    marks->report_at_us = UINT64_MAX;
    const struct cluster_configuration *configuration = cluster->route.configuration;
    if (configuration == NULL || cluster->incarnation == 0) return;
    struct buffer exceptions = buffer_of(cluster->out->arena);
    buffer_reserve(&exceptions, 8 * (size_t)marks->open_count + 8);
    LIST_EACH(link, &marks->open)
    pack_u64(&exceptions, CONTAINER_OF(link, struct mark_link, link)->number);
    for (uint32_t i = 0; i < configuration->shard_count; i++) {
        const struct route_shard *shard = &cluster->route.shards[i];
        if (!shard->is_reachable) continue;
        struct message *message = cluster_message_to_shard(cluster, MESSAGE_MARK, shard);
        message->mark =
            (struct mark){cluster->incarnation, marks->next_number, buffer_slice(&exceptions)};
    }
}

void mark_on_deadline(struct cluster *cluster) {
    if (cluster->marks.report_at_us <= cluster->now_us) mark_report(cluster);
}

void mark_on_configuration(struct cluster *cluster) {
    struct marks *marks = &cluster->marks;
    if (marks->next_number == 1 || marks->report_at_us != UINT64_MAX) return;
    marks->report_at_us = cluster->now_us + REPORT_US;
}
