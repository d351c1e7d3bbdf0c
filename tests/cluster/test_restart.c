/* Facts of a pool whose processes die, all or some, and come back. */
#include <criterion/criterion.h>

#include "tests/cluster/realm_tables.h"

static const struct realm_options twin = {
    .storage_nodes = 2, .replicas = 2, .shards_per_node = 1, .sql_nodes = 2};
static const struct realm_options twin_replicated = {.storage_nodes = 2,
                                                     .replicas = 2,
                                                     .shards_per_node = 1,
                                                     .sql_nodes = 2,
                                                     .durability = DURABILITY_REPLICATED};
static const struct realm_options single = {
    .storage_nodes = 1, .replicas = 1, .shards_per_node = 1, .sql_nodes = 1};

static void create_and_fill(struct realm_fiber *fiber) {
    CHECK(realm_create_table(fiber, "t", REALM_UNIQUE) == STATUS_OK);
    const struct table *table = realm_table(fiber->cluster, "t");
    for (int64_t i = 0; i < 50; i++) CHECK(realm_insert_now(fiber, table, i, 100 + i) == STATUS_OK);
}

static void wait_ready(struct realm_fiber *fiber) {
    CHECK(cluster_wait_ready(fiber->cluster, &fiber->waiter, 20000000) == STATUS_OK);
}

static void expect_rows(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    static struct realm_rows rows;
    struct txn *txn = realm_begin(fiber, TXN_AUTOCOMMIT);
    CHECK(realm_scan(fiber, txn, table, 1, &rows) == STATUS_OK);
    CHECK(realm_commit(txn) == STATUS_OK);
    CHECK(rows.count == 50);
    for (int64_t i = 0; i < 50; i++) CHECK(rows.ids[i] == i);
}

static void restart_all(const struct realm_options *options) {
    struct realm *realm = realm_open(options);
    realm_call(realm, NODE_SQL_FIRST, create_and_fill, NULL);
    for (uint32_t i = 0; i < realm->node_count; i++) realm_kill(realm, realm->nodes[i].node);
    realm_run_for(realm, 100000);
    for (uint32_t i = 0; i < realm->node_count; i++) realm_start(realm, realm->nodes[i].node);
    realm_call(realm, NODE_SQL_FIRST, wait_ready, NULL);
    realm_call(realm, NODE_SQL_FIRST, expect_rows, NULL);
    realm_run_for(realm, 5000000); /* everybody is in sync again */
    if (options->storage_nodes > 1) realm_kill(realm, NODE_STORAGE_FIRST);
    realm_call(realm, NODE_SQL_FIRST, expect_rows, NULL);
    realm_close(realm);
}

Test(restart, a_single_node_comes_back_with_its_rows) { restart_all(&single); }
Test(restart, a_synced_pair_comes_back_with_its_rows) { restart_all(&twin); }
Test(restart, a_replicated_pair_comes_back_with_its_rows) { restart_all(&twin_replicated); }

static void lock_a_row(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    CHECK(realm_update(fiber, txn, table, 7, 7000) == STATUS_OK);
    while (waiter_wait(&fiber->waiter, WAIT_DEADLINE) == WAIT_WOKEN) {}
}

static void update_the_row(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    CHECK(realm_update(fiber, txn, table, 7, 107) == STATUS_OK);
    CHECK(realm_commit(txn) == STATUS_OK);
}

Test(restart, the_locks_of_a_dead_daemon_are_gone_within_a_second) {
    struct realm *realm = realm_open(&twin);
    realm_call(realm, NODE_SQL_FIRST, create_and_fill, NULL);
    realm_spawn(realm, NODE_SQL_FIRST + 1, lock_a_row, NULL);
    realm_run_for(realm, 100000);
    realm_abandon_fibers(realm);
    realm_kill(realm, NODE_SQL_FIRST + 1);
    realm_run_for(realm, 1000000);
    realm_call(realm, NODE_SQL_FIRST, update_the_row, NULL);
    realm_call(realm, NODE_SQL_FIRST, expect_rows, NULL);
    realm_close(realm);
}

static void insert_without_meta(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    CHECK(realm_insert_now(fiber, table, 1000, 5000) == STATUS_OK);
    struct ddl_change change = {.kind = DDL_CREATE_DATABASE, .database = SLICE_LITERAL("other")};
    CHECK(cluster_ddl(fiber->cluster, &fiber->waiter, &change) == STATUS_UNAVAILABLE);
}

Test(restart, without_meta_transactions_go_on_and_schema_changes_say_so) {
    struct realm *realm = realm_open(&twin);
    realm_call(realm, NODE_SQL_FIRST, create_and_fill, NULL);
    realm_kill(realm, NODE_META_FIRST);
    realm_call(realm, NODE_SQL_FIRST, insert_without_meta, NULL);
    realm_close(realm);
}

static void insert_once(struct realm_fiber *fiber) {
    uint32_t *outcomes = fiber->argument;
    const struct table *table = realm_table(fiber->cluster, "t");
    for (int64_t id = 2000; id < 2200; id++) {
        enum status status = realm_insert_now(fiber, table, id, id);
        CHECK(status == STATUS_OK || status == STATUS_ABORTED || status == STATUS_UNKNOWN_OUTCOME);
        outcomes[id - 2000] = (uint32_t)status;
    }
}

static void expect_outcomes(struct realm_fiber *fiber) {
    const uint32_t *outcomes = fiber->argument;
    const struct table *table = realm_table(fiber->cluster, "t");
    int64_t value;
    for (int64_t id = 2000; id < 2200; id++) {
        enum status status = realm_get_now(fiber, table, id, &value);
        if (outcomes[id - 2000] == STATUS_OK) CHECK(status == STATUS_OK);
        if (outcomes[id - 2000] == STATUS_ABORTED) CHECK(status == STATUS_NOT_FOUND);
    }
}

/* Single-row inserts over both nodes' deaths, at any message. */
Test(restart, an_acknowledged_insert_is_there_and_an_aborted_one_is_not) {
    for (uint64_t messages = 50; messages < 1200; messages += 61) {
        struct realm *realm = realm_open(messages % 2 == 0 ? &twin : &twin_replicated);
        uint32_t outcomes[200];
        realm_call(realm, NODE_SQL_FIRST, create_and_fill, NULL);
        realm_spawn(realm, NODE_SQL_FIRST, insert_once, outcomes);
        realm_run_messages(realm, messages);
        realm_kill(realm, (uint16_t)(NODE_STORAGE_FIRST + messages % 2));
        realm_run_fibers(realm, 120000000);
        realm_call(realm, NODE_SQL_FIRST + 1, expect_outcomes, outcomes);
        realm_close(realm);
    }
}

static bool is_silenced(struct realm *realm, const struct message *message) {
    uint16_t node = *(const uint16_t *)realm->drops_argument;
    return message->header.from_node == node || message->header.to_node == node;
}

static void insert_without_long_gaps(struct realm_fiber *fiber) {
    uint32_t *outcomes = fiber->argument;
    const struct table *table = realm_table(fiber->cluster, "t");
    for (int64_t id = 2000; id < 2200; id++) {
        uint64_t since_us = fiber->waiter.now_us;
        outcomes[id - 2000] = (uint32_t)realm_insert_now(fiber, table, id, id);
        CHECK(fiber->waiter.now_us < since_us + 1000000);
    }
}

/* It neither answers nor is disconnected, as a paused process. */
Test(restart, a_silent_node_stops_nobody_for_a_second) {
    for (uint64_t messages = 50; messages < 800; messages += 61) {
        struct realm *realm = realm_open(messages % 2 == 0 ? &twin : &twin_replicated);
        uint16_t silent = (uint16_t)(NODE_STORAGE_FIRST + messages / 61 % 2);
        uint32_t outcomes[200];
        realm_call(realm, NODE_SQL_FIRST, create_and_fill, NULL);
        realm_spawn(realm, NODE_SQL_FIRST, insert_without_long_gaps, outcomes);
        realm_run_messages(realm, messages);
        realm->drops_argument = &silent;
        realm->drops = is_silenced;
        realm_run_fibers(realm, 120000000);
        realm_run_for(realm, 3000000);
        realm->drops = NULL;
        realm_call(realm, NODE_SQL_FIRST, expect_outcomes, outcomes);
        realm_run_for(realm, 5000000); /* in sync again */
        realm_kill(realm, (uint16_t)(2 * NODE_STORAGE_FIRST + 1 - silent));
        realm_call(realm, NODE_SQL_FIRST + 1, expect_outcomes, outcomes);
        realm_close(realm);
    }
}

/* What a daemon that is being given up and named anew says. */
struct naming {
    enum { NAMING_SILENT, NAMING_NAMELESS, NAMING_DONE } stage;
    uint32_t nameless_count; /* requests of a transaction without an incarnation */
};

static bool hold_back_name(struct realm *realm, const struct message *message) {
    struct naming *naming = realm->drops_argument;
    if (message->header.from_node != NODE_SQL_FIRST) return false;
    bool is_write = message->header.kind == MESSAGE_WRITE;
    bool asks = message->header.kind == MESSAGE_ASK_OUTCOME;
    if ((is_write && message->write.incarnation == 0) ||
        (asks && message->ask_outcome.incarnation == 0))
        naming->nameless_count++;
    if (naming->stage == NAMING_SILENT) return true;
    return naming->stage == NAMING_NAMELESS && message->header.kind == MESSAGE_REGISTER;
}

static void insert_one(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    int64_t value;
    CHECK(realm_insert_now(fiber, table, 1000, 5000) == STATUS_OK);
    CHECK(realm_get_now(fiber, table, 1000, &value) == STATUS_OK && value == 5000);
}

/* Simulator seed 293: its outcome was asked for under incarnation 0, and a copy of that ended who took it. */
Test(restart, a_transaction_that_begins_between_two_incarnations_waits_for_its_name) {
    struct realm *realm = realm_open(&twin);
    struct naming naming = {.stage = NAMING_SILENT};
    struct cluster *cluster = realm_node(realm, NODE_SQL_FIRST)->cluster;
    realm_call(realm, NODE_SQL_FIRST, create_and_fill, NULL);
    realm->drops_argument = &naming;
    realm->drops = hold_back_name;
    realm_run_for(realm, 6000000);
    cr_assert_eq(cluster_incarnation(cluster), 0);
    naming.stage = NAMING_NAMELESS;
    realm_spawn(realm, NODE_SQL_FIRST, insert_one, NULL);
    realm_run_for(realm, 200000);
    naming.stage = NAMING_DONE;
    realm_reconnect(realm, NODE_SQL_FIRST, NODE_META_FIRST); /* registers at once */
    realm_run_fibers(realm, 2000000);
    cr_assert_neq(cluster_incarnation(cluster), 0);
    cr_assert_eq(naming.nameless_count, 0);
    realm_close(realm);
}
