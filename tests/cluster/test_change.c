/* Facts of statements that fail half way: refused by one shard of several, timed out, killed at any moment. */
#include <criterion/criterion.h>

#include "tests/cluster/realm_tables.h"

#define ROW_COUNT 24

/* Two groups of one: four shards on two nodes. */
static const struct realm_options wide = {
    .storage_nodes = 2, .replicas = 1, .shards_per_node = 2, .sql_nodes = 2};

static void set_up(struct realm_fiber *fiber) {
    CHECK(realm_create_table(fiber, "t", REALM_PLAIN) == STATUS_OK);
    const struct table *table = realm_table(fiber->cluster, "t");
    for (int64_t i = 0; i < ROW_COUNT; i++)
        CHECK(realm_insert_now(fiber, table, i, 100) == STATUS_OK);
}

static struct realm *realm_with_rows(void) {
    struct realm *realm = realm_open(&wide);
    realm_call(realm, NODE_SQL_FIRST, set_up, NULL);
    return realm;
}

/* What all rows are, and how many; the rows at or above `from` are not looked at. */
static void expect_rows(struct realm_fiber *fiber, int64_t from, int64_t value, uint32_t count) {
    static struct realm_rows rows;
    struct txn *txn = realm_begin(fiber, TXN_AUTOCOMMIT);
    CHECK(realm_scan(fiber, txn, realm_table(fiber->cluster, "t"), 0, &rows) == STATUS_OK);
    CHECK(realm_commit(txn) == STATUS_OK);
    CHECK(rows.count == count);
    for (uint32_t i = 0; i < rows.count; i++) CHECK(rows.ids[i] >= from || rows.values[i] == value);
}

/* It is whole after the failure: its rows are there, it may go on and commit. */
static void go_on(struct realm_fiber *fiber, struct txn *txn) {
    const struct table *table = realm_table(fiber->cluster, "t");
    int64_t value;
    CHECK(!txn_is_over(txn));
    CHECK(realm_get(fiber, txn, table, 500, &value) == STATUS_OK);
    CHECK(realm_get(fiber, txn, table, 2, &value) == STATUS_OK);
    CHECK(value == 100);
    CHECK(realm_insert(fiber, txn, table, 501, 1) == STATUS_OK);
    CHECK(realm_commit(txn) == STATUS_OK);
}

/* ---- refused ---- */

static void be_refused(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    for (int64_t id = 0; id < ROW_COUNT; id += 5) { /* in one shard or another */
        struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
        CHECK(realm_insert(fiber, txn, table, 500, 1) == STATUS_OK);
        CHECK(realm_update(fiber, txn, table, id, INT64_MAX) == STATUS_OK);
        CHECK(realm_change_all(fiber, txn, table, 7) == STATUS_OUT_OF_RANGE);
        CHECK(realm_update(fiber, txn, table, id, 100) == STATUS_OK);
        go_on(fiber, txn);
        txn = realm_begin(fiber, TXN_EXPLICIT);
        CHECK(realm_delete(fiber, txn, table, 500) == STATUS_OK);
        CHECK(realm_delete(fiber, txn, table, 501) == STATUS_OK);
        CHECK(realm_commit(txn) == STATUS_OK);
        expect_rows(fiber, ROW_COUNT, 100, ROW_COUNT);
    }
    struct txn *txn = realm_begin(fiber, TXN_AUTOCOMMIT);
    uint64_t floor;
    CHECK(realm_change_all(fiber, txn, table, INT64_MAX) == STATUS_OUT_OF_RANGE);
    txn_rollback(txn, &floor);
    expect_rows(fiber, ROW_COUNT, 100, ROW_COUNT);
}

Test(change, a_change_that_one_shard_refuses_undoes_its_statement_alone) {
    struct realm *realm = realm_with_rows();
    realm_call(realm, NODE_SQL_FIRST, be_refused, NULL);
    realm_close(realm);
}

/* ---- lock time-outs ---- */

static void hold_row_5(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    uint64_t hold_us = *(const uint64_t *)fiber->argument;
    int64_t value;
    CHECK(realm_lock(fiber, txn, table, 5, &value) == STATUS_OK);
    fiber->waiter.deadline_us = fiber->waiter.now_us + hold_us;
    CHECK(waiter_wait(&fiber->waiter, WAIT_DEADLINE) == WAIT_WOKEN);
    fiber->waiter.deadline_us = UINT64_MAX;
    CHECK(realm_commit(txn) == STATUS_OK);
}

static void wait_too_long(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    int64_t value;
    CHECK(realm_insert(fiber, txn, table, 500, 1) == STATUS_OK);
    txn_set_lock_wait(txn, 100);
    CHECK(realm_change_all(fiber, txn, table, 7) == STATUS_LOCK_TIMEOUT);
    CHECK(realm_update(fiber, txn, table, 5, 7) == STATUS_LOCK_TIMEOUT);
    CHECK(realm_delete(fiber, txn, table, 5) == STATUS_LOCK_TIMEOUT);
    CHECK(realm_lock(fiber, txn, table, 5, &value) == STATUS_LOCK_TIMEOUT);
    CHECK(realm_insert(fiber, txn, table, 5, 7) == STATUS_LOCK_TIMEOUT);
    go_on(fiber, txn);
    expect_rows(fiber, ROW_COUNT, 100, ROW_COUNT + 2);
}

Test(change, a_lock_time_out_undoes_its_statement_alone) {
    struct realm *realm = realm_with_rows();
    uint64_t hold_us = 2000000;
    realm_spawn(realm, NODE_SQL_FIRST + 1, hold_row_5, &hold_us);
    realm_run_for(realm, 50000);
    realm_spawn(realm, NODE_SQL_FIRST, wait_too_long, NULL);
    realm_run_fibers(realm, 10000000);
    realm_close(realm);
}

/* ---- killed ---- */

struct killed_change {
    enum txn_kind kind;
    bool is_past, was_killed;
};

static void be_killed(struct realm_fiber *fiber) {
    struct killed_change *victim = fiber->argument;
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn *txn = realm_begin(fiber, victim->kind);
    uint64_t floor;
    bool is_explicit = victim->kind == TXN_EXPLICIT;
    if (is_explicit) CHECK(realm_insert(fiber, txn, table, 500, 1) == STATUS_OK);
    enum status status = realm_change_all(fiber, txn, table, 7);
    victim->is_past = true;
    waiter_clear_cancel(&fiber->waiter);
    victim->was_killed = status == STATUS_CANCELLED;
    CHECK(status == STATUS_CANCELLED || status == STATUS_OK);
    if (is_explicit && victim->was_killed)
        go_on(fiber, txn);
    else if (victim->was_killed)
        txn_rollback(txn, &floor);
    else
        CHECK(realm_commit(txn) == STATUS_OK);
    uint32_t more = is_explicit ? 1 + victim->was_killed : 0;
    expect_rows(fiber, ROW_COUNT, victim->was_killed ? 100 : 107, ROW_COUNT + more);
}

/* The statement is the one that is struck: its transaction's insert takes fewer messages than `from`. */
static void kill_at_every_message(enum txn_kind kind, uint64_t from, uint64_t hold_us) {
    uint32_t killed_count = 0, done_count = 0;
    for (uint64_t messages = from; done_count < 2; messages++) {
        struct realm *realm = realm_with_rows();
        struct killed_change victim = {.kind = kind};
        if (hold_us > 0) {
            realm_spawn(realm, NODE_SQL_FIRST + 1, hold_row_5, &hold_us);
            realm_run_for(realm, 10000);
        }
        struct realm_fiber *fiber = realm_spawn(realm, NODE_SQL_FIRST, be_killed, &victim);
        realm_run_messages(realm, messages);
        if (!victim.is_past) waiter_cancel(&fiber->waiter, CANCEL_QUERY);
        realm_run_fibers(realm, 10000000);
        killed_count += victim.was_killed;
        done_count += !victim.was_killed;
        realm_close(realm);
    }
    cr_assert_gt(killed_count, 2);
}

Test(change, a_statement_killed_at_any_message_leaves_its_transaction_whole) {
    kill_at_every_message(TXN_EXPLICIT, 8, 0);
    kill_at_every_message(TXN_EXPLICIT, 8, 30000);
}

Test(change, an_autocommit_statement_killed_at_any_message_is_done_whole_or_not_at_all) {
    kill_at_every_message(TXN_AUTOCOMMIT, 1, 0);
    kill_at_every_message(TXN_AUTOCOMMIT, 1, 30000);
}

/* ---- SERIALIZABLE ---- */

struct doctor {
    int64_t id, other;
    enum status status;
};

/* Leaves when the other one is there. */
static void leave(struct realm_fiber *fiber) {
    struct doctor *doctor = fiber->argument;
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn_options options = {.isolation = ISOLATION_SERIALIZABLE, .lock_wait_ms = 1000};
    struct txn *txn = txn_open(fiber->cluster, &fiber->waiter, &options);
    int64_t own = 0, others = 0;
    uint64_t floor;
    enum status status = realm_get(fiber, txn, table, doctor->id, &own);
    if (status == STATUS_OK) status = realm_get(fiber, txn, table, doctor->other, &others);
    if (status == STATUS_OK && others > 0) status = realm_update(fiber, txn, table, doctor->id, 0);
    if (status == STATUS_OK)
        status = realm_commit(txn);
    else
        txn_rollback(txn, &floor);
    CHECK(status == STATUS_OK || status == STATUS_DEADLOCK);
    doctor->status = status;
}

Test(change, what_a_serializable_transaction_has_read_does_not_change_before_it_ends) {
    struct realm *realm = realm_with_rows();
    struct doctor doctors[2] = {{.id = 3, .other = 4}, {.id = 4, .other = 3}};
    for (uint32_t i = 0; i < 2; i++)
        realm_spawn(realm, (uint16_t)(NODE_SQL_FIRST + i), leave, &doctors[i]);
    realm_run_fibers(realm, 10000000);
    cr_assert((doctors[0].status == STATUS_OK) != (doctors[1].status == STATUS_OK));
    realm_close(realm);
}
