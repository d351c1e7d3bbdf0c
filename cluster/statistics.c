/* statistics.c: how large is a table, as far as is known without waiting?
 *
 * The first question about a table sends STATISTICS to its shards and knows nothing; later ones answer from the last
 * complete round and begin another when it is REFRESH_US old. Rows and bytes add up over shards. Distinct values of a key
 * do not: shards hold rows by hash, so each sees nearly all values of a key that has few, and its share of one that has
 * many. The sum is taken when a shard sees about as many values as rows, else the greatest.
 */
#include "cluster/cluster_private.h"

#define REFRESH_US 2000000

struct statistics_entry {
    uint32_t table_id;
    uint32_t index_count;
    bool is_known;
    uint64_t asked_us;
    uint32_t pending; /* shards that have not answered */
    struct table_statistics known, gathered;
    struct statistics_ask *asks;
    uint32_t ask_count;
};
struct statistics_ask {
    struct ask ask;
    struct arena ask_arena;
    struct statistics_entry *entry;
};

static struct statistics_entry *entry_of(struct cluster *cluster, const struct table *table) {
    uint32_t id = (uint32_t)table->definition->id;
    struct statistics_entry *entry = map_find(&cluster->statistics, id);
    if (entry != NULL) return entry;
    entry = arena_new(&cluster->cluster_arena, struct statistics_entry);
    entry->table_id = id;
    map_put(&cluster->statistics, id, entry);
    return entry;
}

static void entry_make_asks(struct cluster *cluster, struct statistics_entry *entry,
                            uint32_t count) {
    if (entry->ask_count == count) return;
    CHECK(entry->pending == 0);
    for (uint32_t i = 0; i < entry->ask_count; i++) arena_close(&entry->asks[i].ask_arena);
    entry->asks = arena_array(&cluster->cluster_arena, struct statistics_ask, count);
    memset(entry->asks, 0, count * sizeof *entry->asks);
    entry->ask_count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct statistics_ask *ask = &entry->asks[i];
        arena_open(&ask->ask_arena, cluster->options.source, 0);
        ask->entry = entry;
        ask->ask.owner = ASK_OF_STATISTICS;
        ask->ask.arena = &ask->ask_arena;
    }
}

static void entry_refresh(struct cluster *cluster, struct statistics_entry *entry,
                          const struct table *table) {
    const struct route_map *map = route_map_of(&cluster->route, table);
    entry_make_asks(cluster, entry, map->shard_count);
    entry->asked_us = cluster->now_us;
    entry->index_count = table->definition->index_count;
    entry->gathered = (struct table_statistics){0};
    for (uint32_t i = 0; i < map->shard_count; i++) {
        struct ask *ask = &entry->asks[i].ask;
        struct message *message = ask_shard(cluster, ask, MESSAGE_STATISTICS, map->shards[i]);
        message->statistics = (struct statistics){entry->table_id};
        if (ask->state == ASK_SENT) entry->pending++;
    }
}

static void entry_gather(struct statistics_entry *entry, const struct counted *counted) {
    struct table_statistics *all = &entry->gathered;
    all->rows += counted->rows;
    all->bytes += counted->bytes_used;
    struct reader reader = reader_of(counted->distinct);
    for (uint32_t i = 0; i < entry->index_count && reader_left(&reader) >= 8; i++) {
        uint64_t distinct = reader_u64(&reader);
        bool is_many = distinct > counted->rows / 2;
        all->distinct[i] = is_many ? all->distinct[i] + distinct : MAX(all->distinct[i], distinct);
    }
}

void statistics_on_answer(struct cluster *cluster, struct ask *ask) {
    (void)cluster;
    struct statistics_ask *own = CONTAINER_OF(ask, struct statistics_ask, ask);
    struct statistics_entry *entry = own->entry;
    CHECK(entry->pending > 0);
    if (ask->state == ASK_ANSWERED && ask->answer.header.kind == MESSAGE_COUNTED &&
        ask->answer.counted.status == STATUS_OK)
        entry_gather(entry, &ask->answer.counted);
    arena_reset(&own->ask_arena);
    if (--entry->pending > 0) return;
    entry->known = entry->gathered;
    entry->is_known = true;
}

const struct table_statistics *cluster_statistics(struct cluster *cluster,
                                                  const struct table *table) {
    if (cluster->route.configuration == NULL) return NULL;
    struct statistics_entry *entry = entry_of(cluster, table);
    bool is_old = entry->asked_us == 0 || cluster->now_us >= entry->asked_us + REFRESH_US;
    if (is_old && entry->pending == 0) entry_refresh(cluster, entry, table);
    return entry->is_known ? &entry->known : NULL;
}

void statistics_close(struct cluster *cluster) {
    uint64_t cursor = 0;
    for (struct statistics_entry *entry;
         (entry = map_next(&cluster->statistics, &cursor, NULL)) != NULL;)
        for (uint32_t i = 0; i < entry->ask_count; i++) arena_close(&entry->asks[i].ask_arena);
    map_close(&cluster->statistics);
}
