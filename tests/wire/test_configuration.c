/* Facts about the configuration as bytes. */
#include <criterion/criterion.h>

#include "tests/base/chunks.h"
#include "wire/configuration.h"

static struct chunks chunks;
static struct arena arena;

static void open_arena(void) {
    chunks = chunks_open();
    arena_open(&arena, &chunks.source, 0);
}
static void close_arena(void) { arena_close(&arena); }
TestSuite(configuration, .init = open_arena, .fini = close_arena);

static struct cluster_configuration *sample(void) {
    struct cluster_configuration *c = arena_new(&arena, struct cluster_configuration);
    c->revision = 42;
    c->replicas_wanted = 2;
    c->node_count = 2;
    c->nodes = arena_array(&arena, struct configuration_node, 2);
    c->nodes[0] = (struct configuration_node){
        .node = 1, .role = ROLE_META, .is_live = 1, .name = SLICE_LITERAL("meta1")};
    c->nodes[1] = (struct configuration_node){.node = 5,
                                              .role = ROLE_STORAGE,
                                              .incarnation = 9,
                                              .group = 1,
                                              .name = SLICE_LITERAL("store1"),
                                              .address = SLICE_LITERAL("unix:x")};
    c->shard_count = 2;
    c->shards = arena_array(&arena, struct configuration_shard, 2);
    c->shards[0] = (struct configuration_shard){.shard = 1,
                                                .group = 1,
                                                .term = 3,
                                                .version = 4,
                                                .primary = 5,
                                                .replica_count = 1,
                                                .replicas = {{5, 9}}};
    c->shards[1] = (struct configuration_shard){.shard = 4, .group = 1};
    c->map_count = 1;
    c->maps = arena_array(&arena, struct configuration_map, 1);
    uint16_t *buckets = arena_array(&arena, uint16_t, BUCKET_COUNT);
    for (uint32_t i = 0; i < BUCKET_COUNT; i++) buckets[i] = i % 7 == 0 ? 4 : 1;
    c->maps[0] = (struct configuration_map){.map_version = 6, .shard_of_bucket = buckets};
    c->ended_count = 2;
    c->ended = arena_array(&arena, uint32_t, 2);
    c->ended[0] = 3;
    c->ended[1] = 8;
    return c;
}

static struct slice written(const struct cluster_configuration *c) {
    size_t size = configuration_encoded_size(c);
    struct writer writer = writer_of(arena_alloc(&arena, size), size);
    configuration_write(&writer, c);
    cr_assert_not(writer.failed);
    cr_assert_eq(writer.at, writer.end);
    return writer_written(&writer);
}

Test(configuration, what_is_written_reads_back) {
    struct slice bytes = written(sample());
    struct cluster_configuration *back;
    cr_assert_eq(configuration_read(bytes, &arena, &back), STATUS_OK);
    cr_assert_eq(back->revision, 42);
    cr_assert_eq(configuration_shard_find(back, 4)->shard, 4);
    cr_assert_null(configuration_shard_find(back, 3));
    cr_assert_eq(configuration_replica_find(&back->shards[0], 5)->incarnation, 9);
    cr_assert_null(configuration_replica_find(&back->shards[0], 6));
    cr_assert(slice_equal(configuration_node_find(back, 5)->address, SLICE_LITERAL("unix:x")));
    cr_assert_eq(back->maps[0].shard_of_bucket[7], 4);
    cr_assert_eq(back->maps[0].shard_of_bucket[8], 1);
    cr_assert(slice_equal(written(back), bytes));
}

Test(configuration, every_shorter_text_is_refused) {
    struct slice bytes = written(sample());
    struct cluster_configuration *back;
    for (size_t size = 0; size < bytes.size; size++) {
        cr_assert_eq(configuration_read(slice_part(bytes, 0, size), &arena, &back), STATUS_CORRUPT);
    }
}

Test(configuration, shards_out_of_order_are_refused) {
    struct cluster_configuration *c = sample(), *back;
    c->shards[1].shard = 1;
    cr_assert_eq(configuration_read(written(c), &arena, &back), STATUS_CORRUPT);
}

Test(configuration, ended_incarnations_out_of_order_are_refused) {
    struct cluster_configuration *c = sample(), *back;
    c->ended[0] = 8;
    cr_assert_eq(configuration_read(written(c), &arena, &back), STATUS_CORRUPT);
}
