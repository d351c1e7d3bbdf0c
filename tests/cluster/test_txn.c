/* Facts of transactions over several shards and nodes. */
#include <criterion/criterion.h>

#include "tests/cluster/realm_tables.h"

/* Two groups of one: no replication, two shards on two nodes. */
static const struct realm_options wide = {
    .storage_nodes = 2, .replicas = 1, .shards_per_node = 2, .sql_nodes = 2};
/* One group of two. */
static const struct realm_options twin = {
    .storage_nodes = 2, .replicas = 2, .shards_per_node = 1, .sql_nodes = 2};

static void create_plain(struct realm_fiber *fiber) {
    CHECK(realm_create_table(fiber, "t", REALM_PLAIN) == STATUS_OK);
}
static void create_unique(struct realm_fiber *fiber) {
    CHECK(realm_create_table(fiber, "t", REALM_UNIQUE) == STATUS_OK);
}

static void many_rows(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    for (int64_t i = 0; i < 500; i++)
        CHECK(realm_insert(fiber, txn, table, i, 1000 - i) == STATUS_OK);
    CHECK(realm_commit(txn) == STATUS_OK);
    int64_t value;
    for (int64_t i = 0; i < 500; i += 50) {
        CHECK(realm_get_now(fiber, table, i, &value) == STATUS_OK);
        CHECK(value == 1000 - i);
    }
}

static void scan_both(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    static struct realm_rows rows;
    for (uint32_t index = 0; index < 2; index++) {
        struct txn *txn = realm_begin(fiber, TXN_AUTOCOMMIT);
        CHECK(realm_scan(fiber, txn, table, index, &rows) == STATUS_OK);
        CHECK(realm_commit(txn) == STATUS_OK);
        CHECK(rows.count == 500);
        for (int64_t i = 0; i < 500; i++) CHECK(rows.ids[i] == (index == 0 ? i : 499 - i));
    }
}

Test(txn, a_commit_over_four_shards_is_seen_whole_and_scans_merge_in_index_order) {
    struct realm *realm = realm_open(&wide);
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    realm_call(realm, NODE_SQL_FIRST, many_rows, NULL);
    realm_call(realm, NODE_SQL_FIRST + 1, scan_both, NULL);
    realm_close(realm);
}

static void unique_facts(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    int64_t value;
    for (int64_t i = 0; i < 20; i++) CHECK(realm_insert_now(fiber, table, i, 100 + i) == STATUS_OK);
    CHECK(realm_insert_now(fiber, table, 50, 105) == STATUS_DUPLICATE);
    CHECK(realm_get_now(fiber, table, 50, &value) == STATUS_NOT_FOUND);
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    CHECK(realm_update(fiber, txn, table, 5, 500) == STATUS_OK);
    CHECK(realm_update(fiber, txn, table, 6, 107) == STATUS_DUPLICATE);
    CHECK(realm_insert(fiber, txn, table, 50, 105) == STATUS_OK);
    CHECK(realm_delete(fiber, txn, table, 7) == STATUS_OK);
    CHECK(realm_update(fiber, txn, table, 6, 107) == STATUS_OK);
    CHECK(realm_commit(txn) == STATUS_OK);
    CHECK(realm_get_now(fiber, table, 6, &value) == STATUS_OK);
    CHECK(value == 107);
    CHECK(realm_insert_now(fiber, table, 51, 106) == STATUS_OK);
}

Test(txn, a_unique_index_holds_over_shards) {
    struct realm *realm = realm_open(&wide);
    realm_call(realm, NODE_SQL_FIRST, create_unique, NULL);
    realm_call(realm, NODE_SQL_FIRST, unique_facts, NULL);
    realm_close(realm);
}

struct transfers {
    uint32_t done, aborted;
    int64_t first;
};

static void set_up_accounts(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    for (int64_t i = 0; i < 10; i++) CHECK(realm_insert_now(fiber, table, i, 100) == STATUS_OK);
}

static void transfer(struct realm_fiber *fiber) {
    struct transfers *transfers = fiber->argument;
    const struct table *table = realm_table(fiber->cluster, "t");
    for (int64_t round = 0; round < 40; round++) {
        int64_t from = (transfers->first + round) % 10, to = (from + 1 + round % 9) % 10;
        struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
        int64_t a, b;
        uint64_t floor;
        enum status status = realm_lock(fiber, txn, table, from, &a);
        if (status == STATUS_OK) status = realm_lock(fiber, txn, table, to, &b);
        if (status == STATUS_OK) status = realm_update(fiber, txn, table, from, a - 1);
        if (status == STATUS_OK) status = realm_update(fiber, txn, table, to, b + 1);
        if (status == STATUS_OK)
            status = realm_commit(txn);
        else
            txn_rollback(txn, &floor);
        CHECK(status == STATUS_OK || status == STATUS_DEADLOCK || status == STATUS_ABORTED ||
              status == STATUS_UNKNOWN_OUTCOME);
        if (status == STATUS_OK)
            transfers->done++;
        else
            transfers->aborted++;
    }
}

static void sum_accounts(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    static struct realm_rows rows;
    struct txn *txn = realm_begin(fiber, TXN_AUTOCOMMIT);
    CHECK(realm_scan(fiber, txn, table, 0, &rows) == STATUS_OK);
    CHECK(realm_commit(txn) == STATUS_OK);
    int64_t sum = 0;
    for (uint32_t i = 0; i < rows.count; i++) sum += rows.values[i];
    CHECK(rows.count == 10);
    CHECK(sum == 1000);
}

Test(txn, concurrent_transfers_keep_the_sum_and_deadlocks_end) {
    struct realm *realm = realm_open(&wide);
    struct transfers transfers[4] = {{.first = 0}, {.first = 3}, {.first = 5}, {.first = 8}};
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    realm_call(realm, NODE_SQL_FIRST, set_up_accounts, NULL);
    for (uint32_t i = 0; i < 4; i++)
        realm_spawn(realm, (uint16_t)(NODE_SQL_FIRST + i % 2), transfer, &transfers[i]);
    realm_run_fibers(realm, 120000000);
    realm_call(realm, NODE_SQL_FIRST + 1, sum_accounts, NULL);
    for (uint32_t i = 0; i < 4; i++) cr_assert_gt(transfers[i].done, 10);
    realm_close(realm);
}

/* Either node dies in the middle of transfers, comes back and catches up; then the other one. */
static void fail_over_at(uint64_t messages, uint16_t victim) {
    struct realm *realm = realm_open(&twin);
    struct transfers transfers[2] = {{.first = 0}, {.first = 5}};
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    realm_call(realm, NODE_SQL_FIRST, set_up_accounts, NULL);
    for (uint32_t i = 0; i < 2; i++)
        realm_spawn(realm, (uint16_t)(NODE_SQL_FIRST + i), transfer, &transfers[i]);
    realm_run_messages(realm, messages);
    realm_kill(realm, victim);
    realm_run_fibers(realm, 120000000);
    realm_call(realm, NODE_SQL_FIRST + 1, sum_accounts, NULL);
    cr_assert_gt(transfers[0].done + transfers[1].done, 40);
    realm_start(realm, victim);
    realm_run_for(realm, 10000000);
    realm_kill(realm, (uint16_t)(2 * NODE_STORAGE_FIRST + 1 - victim));
    realm_call(realm, NODE_SQL_FIRST, sum_accounts, NULL);
    realm_close(realm);
}

Test(txn, a_fail_over_loses_nothing_that_was_acknowledged) {
    for (uint64_t messages = 100; messages < 800; messages += 97)
        fail_over_at(messages, (uint16_t)(NODE_STORAGE_FIRST + messages % 2));
}

static void hold_a_lock(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    int64_t value;
    CHECK(realm_lock(fiber, txn, table, 1, &value) == STATUS_OK);
    fiber->waiter.deadline_us = fiber->waiter.now_us + 400000;
    CHECK(waiter_wait(&fiber->waiter, WAIT_DEADLINE) == WAIT_WOKEN);
    CHECK(realm_commit(txn) == STATUS_OK);
    fiber->waiter.deadline_us = UINT64_MAX;
}

static void be_killed_in_a_lock_wait(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    int64_t value;
    CHECK(realm_insert(fiber, txn, table, 50, 500) == STATUS_OK);
    CHECK(realm_update(fiber, txn, table, 1, 111) == STATUS_CANCELLED);
    waiter_clear_cancel(&fiber->waiter);
    CHECK(!txn_is_over(txn));
    CHECK(realm_get(fiber, txn, table, 50, &value) == STATUS_OK);
    CHECK(realm_insert(fiber, txn, table, 51, 510) == STATUS_OK);
    CHECK(realm_commit(txn) == STATUS_OK);
    txn = realm_begin(fiber, TXN_AUTOCOMMIT);
    uint64_t floor;
    CHECK(realm_insert(fiber, txn, table, 1, 1) == STATUS_CANCELLED);
    txn_rollback(txn, &floor);
    waiter_clear_cancel(&fiber->waiter);
    CHECK(realm_get_now(fiber, table, 51, &value) == STATUS_OK);
}

/* As KILL QUERY does it. */
Test(txn, a_statement_killed_in_a_lock_wait_leaves_its_transaction_whole) {
    static const struct realm_options *all[] = {&wide, &twin};
    for (uint32_t i = 0; i < ARRAY_COUNT(all); i++) {
        struct realm *realm = realm_open(all[i]);
        realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
        realm_call(realm, NODE_SQL_FIRST, set_up_accounts, NULL);
        realm_spawn(realm, NODE_SQL_FIRST, hold_a_lock, NULL);
        realm_run_for(realm, 50000);
        struct realm_fiber *victim =
            realm_spawn(realm, NODE_SQL_FIRST, be_killed_in_a_lock_wait, NULL);
        realm_run_for(realm, 50000);
        waiter_cancel(&victim->waiter, CANCEL_QUERY);
        realm_run_for(realm, 50000);
        waiter_cancel(&victim->waiter, CANCEL_QUERY);
        realm_run_fibers(realm, 10000000);
        realm_close(realm);
    }
}

struct many_inserts {
    int64_t next;
    uint32_t done;
};

/* Eight rows over both shards in one statement; a key is used once. */
static void insert_many(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    struct many_inserts *inserts = fiber->argument;
    for (uint32_t round = 0; round < 40; round++) {
        struct row_write writes[8];
        for (uint32_t i = 0; i < 8; i++)
            writes[i] = (struct row_write){.kind = ROW_INSERT,
                                           .row = realm_row(fiber, table, inserts->next++, 1)};
        struct write_spec spec = {.table = table,
                                  .writes = writes,
                                  .count = ARRAY_COUNT(writes),
                                  .extent = WRITE_WHOLE_STATEMENT};
        struct txn *txn = realm_begin(fiber, TXN_AUTOCOMMIT);
        uint64_t floor;
        txn_begin_statement(txn);
        enum status status = txn_write(txn, &spec, &fiber->arena);
        CHECK(status != STATUS_DUPLICATE);
        if (status != STATUS_OK)
            txn_rollback(txn, &floor);
        else if (realm_commit(txn) == STATUS_OK)
            inserts->done++;
        arena_reset(&fiber->arena);
    }
}

/* One shard's part was done, the other one's refused: what is there is undone before all is sent again. */
Test(txn, a_write_over_shards_that_a_fail_over_interrupts_does_not_meet_itself) {
    for (uint64_t messages = 30; messages < 330; messages += 7) {
        struct realm *realm = realm_open(&twin);
        struct many_inserts inserts = {.next = 1};
        realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
        realm_spawn(realm, NODE_SQL_FIRST, insert_many, &inserts);
        realm_run_messages(realm, messages);
        realm_kill(realm, (uint16_t)(NODE_STORAGE_FIRST + messages % 2));
        realm_run_fibers(realm, 120000000);
        cr_assert_gt(inserts.done, 30);
        realm_close(realm);
    }
}

/* ---- whose locks go while nothing else happens ---- */

static void hold_until_closed(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    uint64_t floor, holder;
    int64_t value;
    const struct named_lock_request request = {
        .kind = NAMED_LOCK_GET, .owner = 1, .name = SLICE_LITERAL("name")};
    CHECK(realm_lock(fiber, txn, table, 1, &value) == STATUS_OK);
    CHECK(cluster_named_lock(fiber->cluster, &fiber->waiter, &request, &holder) == STATUS_OK);
    fiber->waiter.deadline_us = fiber->waiter.now_us + 5000000;
    CHECK(waiter_wait(&fiber->waiter, WAIT_DEADLINE) == WAIT_WOKEN);
    fiber->waiter.deadline_us = UINT64_MAX;
    txn_rollback(txn, &floor);
}

static void wait_for_row(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    txn_set_lock_wait(txn, 4000);
    CHECK(realm_update(fiber, txn, table, 1, 7) == STATUS_OK);
    CHECK(realm_commit(txn) == STATUS_OK);
}

static void wait_for_name(struct realm_fiber *fiber) {
    uint64_t holder;
    const struct named_lock_request request = {
        .kind = NAMED_LOCK_GET, .owner = 2, .wait_ms = 4000, .name = SLICE_LITERAL("name")};
    CHECK(cluster_named_lock(fiber->cluster, &fiber->waiter, &request, &holder) == STATUS_OK);
}

/* X10: metad or not; and nobody else has to stir the shard. */
Test(txn, locks_of_a_closed_connection_come_at_once_to_who_waits) {
    struct realm *realm = realm_open(&wide);
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    realm_call(realm, NODE_SQL_FIRST, set_up_accounts, NULL);
    realm_spawn(realm, NODE_SQL_FIRST + 1, hold_until_closed, NULL);
    realm_run_for(realm, 100000);
    struct realm_fiber *row = realm_spawn(realm, NODE_SQL_FIRST, wait_for_row, NULL);
    struct realm_fiber *name = realm_spawn(realm, NODE_SQL_FIRST, wait_for_name, NULL);
    realm_run_for(realm, 100000);
    realm_kill(realm, NODE_META_FIRST);
    cr_assert(!row->is_done && !name->is_done);
    for (uint16_t i = 0; i < wide.storage_nodes; i++)
        realm_reconnect(realm, NODE_SQL_FIRST + 1, (uint16_t)(NODE_STORAGE_FIRST + i));
    realm_run_for(realm, 100000);
    cr_assert(row->is_done);
    cr_assert(name->is_done);
    realm_run_fibers(realm, 10000000);
    realm_close(realm);
}

struct row_reader {
    enum lock_mode mode;
    uint32_t lock_wait_ms, hold_ms;
    enum status expected;
    bool is_there;
};

static void lock_as_told(struct realm_fiber *fiber) {
    struct row_reader *reader = fiber->argument;
    struct txn_options options = {.isolation = ISOLATION_SERIALIZABLE,
                                  .lock_wait_ms = reader->lock_wait_ms};
    struct txn *txn = txn_open(fiber->cluster, &fiber->waiter, &options);
    const struct table *table = realm_table(fiber->cluster, "t");
    uint64_t floor;
    int64_t value;
    enum status status = reader->mode == LOCK_SHARED ? realm_get(fiber, txn, table, 1, &value)
                                                     : realm_lock(fiber, txn, table, 1, &value);
    CHECK(status == reader->expected);
    reader->is_there = true;
    fiber->waiter.deadline_us = fiber->waiter.now_us + reader->hold_ms * 1000;
    CHECK(waiter_wait(&fiber->waiter, WAIT_DEADLINE) == WAIT_WOKEN);
    fiber->waiter.deadline_us = UINT64_MAX;
    txn_rollback(txn, &floor);
}

Test(txn, a_waiter_that_times_out_lets_those_behind_it_pass) {
    struct realm *realm = realm_open(&wide);
    struct row_reader readers[] = {{LOCK_SHARED, 1000, 5000, STATUS_OK, false},
                                   {LOCK_EXCLUSIVE, 300, 1, STATUS_LOCK_TIMEOUT, false},
                                   {LOCK_SHARED, 4000, 1, STATUS_OK, false}};
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    realm_call(realm, NODE_SQL_FIRST, set_up_accounts, NULL);
    for (uint32_t i = 0; i < ARRAY_COUNT(readers); i++) {
        realm_spawn(realm, NODE_SQL_FIRST, lock_as_told, &readers[i]);
        realm_run_for(realm, 20000);
    }
    cr_assert(readers[0].is_there && !readers[1].is_there && !readers[2].is_there);
    realm_run_for(realm, 400000);
    cr_assert(readers[1].is_there);
    cr_assert(readers[2].is_there);
    realm_run_fibers(realm, 10000000);
    realm_close(realm);
}

/* One shard: its log takes records of half a segment. */
static const struct realm_options single = {
    .storage_nodes = 1, .replicas = 1, .shards_per_node = 1, .sql_nodes = 1};

static void write_too_much(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    enum { BATCH = 1000 };
    static struct row_write writes[BATCH];
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    for (int64_t first = 0; first < 20 * BATCH; first += BATCH) {
        for (uint32_t i = 0; i < BATCH; i++)
            writes[i] = (struct row_write){.kind = ROW_INSERT,
                                           .row = realm_row(fiber, table, first + i, 1)};
        struct write_spec spec = {.table = table, .writes = writes, .count = BATCH};
        txn_begin_statement(txn);
        CHECK(txn_write(txn, &spec, &fiber->arena) == STATUS_OK);
        arena_reset(&fiber->arena);
    }
    CHECK(realm_commit(txn) == STATUS_TOO_LARGE);
    int64_t value;
    CHECK(realm_get_now(fiber, table, 7, &value) == STATUS_NOT_FOUND);
    CHECK(realm_insert_now(fiber, table, 7, 7) == STATUS_OK);
}

Test(txn, one_that_is_larger_than_a_record_says_so_and_leaves_nothing) {
    struct realm *realm = realm_open(&single);
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    realm_call(realm, NODE_SQL_FIRST, write_too_much, NULL);
    realm_close(realm);
}
