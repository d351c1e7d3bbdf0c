/* Facts of snapshots, and of what the system shard hears of them. */
#include <criterion/criterion.h>

#include "tests/cluster/realm_tables.h"

static const struct realm_options small = {
    .storage_nodes = 1, .replicas = 1, .shards_per_node = 2, .sql_nodes = 1};

static void read_once(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    static struct realm_rows rows;
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    CHECK(realm_scan(fiber, txn, table, 0, &rows) == STATUS_OK);
    CHECK(realm_commit(txn) == STATUS_OK);
}

static void set_up(struct realm_fiber *fiber) {
    CHECK(realm_create_table(fiber, "t", REALM_PLAIN) == STATUS_OK);
    CHECK(realm_insert_now(fiber, realm_table(fiber->cluster, "t"), 1, 1) == STATUS_OK);
}

struct reports {
    uint32_t count;
    bool are_lost;
};

static bool note_live(struct realm *realm, const struct message *message) {
    struct reports *reports = realm->drops_argument;
    if (message->header.kind != MESSAGE_LIVE) return false;
    reports->count++;
    return reports->are_lost;
}

/* An old one would hold back what may be forgotten, for as long as nobody here reads. */
Test(snapshot, a_report_that_is_lost_with_its_connection_is_sent_again) {
    struct realm *realm = realm_open(&small);
    struct reports reports = {.are_lost = true};
    realm_call(realm, NODE_SQL_FIRST, set_up, NULL);
    realm_run_for(realm, 1000000);
    realm->drops_argument = &reports;
    realm->drops = note_live;
    realm_call(realm, NODE_SQL_FIRST, read_once, NULL);
    realm_run_for(realm, 1000000);
    cr_assert_gt(reports.count, 0);
    reports = (struct reports){0};
    realm_run_for(realm, 1000000);
    cr_assert_eq(reports.count, 0); /* nothing is new */
    realm_reconnect(realm, NODE_SQL_FIRST, NODE_STORAGE_FIRST);
    realm_run_for(realm, 1000000);
    cr_assert_eq(reports.count, 1);
    realm_call(realm, NODE_SQL_FIRST, read_once, NULL); /* and all goes on */
    realm_close(realm);
}

static void hold(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    uint64_t floor;
    int64_t value;
    CHECK(realm_lock(fiber, txn, table, 1, &value) == STATUS_OK);
    CHECK(realm_insert(fiber, txn, table, 2, 2) == STATUS_OK);
    fiber->waiter.deadline_us = fiber->waiter.now_us + 500000;
    CHECK(waiter_wait(&fiber->waiter, WAIT_DEADLINE) == WAIT_WOKEN);
    fiber->waiter.deadline_us = UINT64_MAX;
    enum status status = realm_lock(fiber, txn, table, 1, &value);
    CHECK(status == STATUS_ABORTED);
    CHECK(txn_is_over(txn));
    txn_rollback(txn, &floor);
    CHECK(realm_get_now(fiber, table, 2, &value) == STATUS_NOT_FOUND);
}

/* X10: the shard cannot know whether the daemon lives; the daemon must not think that its locks are there. */
Test(snapshot, a_transaction_whose_connection_was_closed_is_told_so) {
    struct realm *realm = realm_open(&small);
    realm_call(realm, NODE_SQL_FIRST, set_up, NULL);
    realm_spawn(realm, NODE_SQL_FIRST, hold, NULL);
    realm_run_for(realm, 100000);
    realm_reconnect(realm, NODE_SQL_FIRST, NODE_STORAGE_FIRST);
    realm_run_fibers(realm, 10000000);
    realm_close(realm);
}
