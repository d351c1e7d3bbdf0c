/* Facts of AUTO_INCREMENT counters, named locks and table statistics. */
#include <criterion/criterion.h>

#include "tests/cluster/realm_tables.h"

static const struct realm_options twin = {
    .storage_nodes = 2, .replicas = 2, .shards_per_node = 1, .sql_nodes = 2};

static void create_plain(struct realm_fiber *fiber) {
    CHECK(realm_create_table(fiber, "t", REALM_PLAIN) == STATUS_OK);
}

static uint64_t draw(struct realm_fiber *fiber, enum sequence_kind kind, uint64_t count) {
    struct sequence_draw draw = {realm_table(fiber->cluster, "t"), kind, count};
    uint64_t first;
    CHECK(cluster_sequence_next(fiber->cluster, &fiber->waiter, &draw, &first) == STATUS_OK);
    return first;
}

static void draw_and_raise(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    for (uint64_t i = 1; i <= 100; i++) CHECK(draw(fiber, SEQUENCE_AUTO_INCREMENT, 1) == i);
    uint64_t first = draw(fiber, SEQUENCE_AUTO_INCREMENT, 10000);
    CHECK(first >= 101);
    CHECK(draw(fiber, SEQUENCE_ROW_ID, 5) == 1);
    CHECK(cluster_sequence_raise(fiber->cluster, &fiber->waiter, table, 50) == STATUS_OK);
    CHECK(draw(fiber, SEQUENCE_AUTO_INCREMENT, 1) >= first + 10000);
    CHECK(cluster_sequence_raise(fiber->cluster, &fiber->waiter, table, 70000) == STATUS_OK);
    CHECK(draw(fiber, SEQUENCE_AUTO_INCREMENT, 1) == 70001);
}

static void draw_above(struct realm_fiber *fiber) {
    CHECK(draw(fiber, SEQUENCE_AUTO_INCREMENT, 1) > 70001);
    CHECK(draw(fiber, SEQUENCE_ROW_ID, 1) > 5);
}

Test(sequence, values_are_consecutive_for_a_daemon_and_never_given_twice) {
    struct realm *realm = realm_open(&twin);
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    realm_call(realm, NODE_SQL_FIRST, draw_and_raise, NULL);
    realm_call(realm, NODE_SQL_FIRST + 1, draw_above, NULL);
    realm_kill(realm, NODE_STORAGE_FIRST); /* the system shard moves */
    realm_call(realm, NODE_SQL_FIRST + 1, draw_above, NULL);
    realm_close(realm);
}

static enum status named(struct realm_fiber *fiber, enum named_lock_kind kind, uint64_t owner,
                         uint64_t *holder_out) {
    struct named_lock_request request = {
        .kind = kind, .owner = owner, .wait_ms = 100, .name = SLICE_LITERAL("job")};
    return cluster_named_lock(fiber->cluster, &fiber->waiter, &request, holder_out);
}

static void lock_by_name(struct realm_fiber *fiber) {
    uint64_t holder;
    CHECK(named(fiber, NAMED_LOCK_GET, 7, &holder) == STATUS_OK);
    CHECK(named(fiber, NAMED_LOCK_GET, 8, &holder) == STATUS_LOCK_TIMEOUT);
    CHECK(named(fiber, NAMED_LOCK_IS_USED, 8, &holder) == STATUS_OK && holder == 7);
    CHECK(named(fiber, NAMED_LOCK_RELEASE, 8, &holder) == STATUS_DENIED);
    CHECK(named(fiber, NAMED_LOCK_RELEASE, 7, &holder) == STATUS_OK);
    CHECK(named(fiber, NAMED_LOCK_IS_FREE, 8, &holder) == STATUS_OK);
    CHECK(named(fiber, NAMED_LOCK_GET, 8, &holder) == STATUS_OK);
}

Test(sequence, a_named_lock_has_one_owner) {
    struct realm *realm = realm_open(&twin);
    realm_call(realm, NODE_SQL_FIRST, lock_by_name, NULL);
    realm_close(realm);
}

static void count_rows(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    for (int64_t i = 0; i < 600; i++)
        CHECK(realm_insert(fiber, txn, table, i, i % 10) == STATUS_OK);
    CHECK(realm_commit(txn) == STATUS_OK);
    CHECK(cluster_statistics(fiber->cluster, table) == NULL);
    fiber->waiter.deadline_us = fiber->waiter.now_us + 100000;
    CHECK(waiter_wait(&fiber->waiter, WAIT_DEADLINE) == WAIT_WOKEN);
    fiber->waiter.deadline_us = UINT64_MAX;
    const struct table_statistics *known = cluster_statistics(fiber->cluster, table);
    CHECK(known != NULL && known->rows == 600);
    CHECK(known->distinct[0] >= 500 && known->distinct[1] <= 40);
}

Test(sequence, statistics_count_rows_of_all_shards) {
    struct realm *realm = realm_open(&twin);
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    realm_call(realm, NODE_SQL_FIRST, count_rows, NULL);
    realm_close(realm);
}
