/* Facts of the cluster handle in a pool of one storage node: what embedded does. */
#include <criterion/criterion.h>

#include "tests/cluster/realm_tables.h"

static const struct realm_options single = {
    .storage_nodes = 1, .replicas = 1, .shards_per_node = 1, .sql_nodes = 1};

static void create_plain(struct realm_fiber *fiber) {
    enum status status = realm_create_table(fiber, "t", REALM_PLAIN);
    CHECK(status == STATUS_OK);
}

Test(cluster, a_pool_of_one_becomes_ready) {
    struct realm *realm = realm_open(&single);
    cr_assert(cluster_is_ready(realm_node(realm, NODE_SQL_FIRST)->cluster));
    realm_close(realm);
}

Test(cluster, a_created_table_is_there) {
    struct realm *realm = realm_open(&single);
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    const struct table *table = realm_table(realm_node(realm, NODE_SQL_FIRST)->cluster, "t");
    cr_assert_eq(table->definition->column_count, 2);
    realm_close(realm);
}

static void insert_and_get(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    int64_t value = 0;
    CHECK(realm_insert_now(fiber, table, 1, 10) == STATUS_OK);
    CHECK(realm_get_now(fiber, table, 1, &value) == STATUS_OK);
    CHECK(value == 10);
    CHECK(realm_get_now(fiber, table, 2, &value) == STATUS_NOT_FOUND);
    CHECK(realm_insert_now(fiber, table, 1, 11) == STATUS_DUPLICATE);
}

Test(cluster, an_inserted_row_is_read) {
    struct realm *realm = realm_open(&single);
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    realm_call(realm, NODE_SQL_FIRST, insert_and_get, NULL);
    realm_close(realm);
}

static void explicit_transaction(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    int64_t value = 0;
    CHECK(realm_insert(fiber, txn, table, 1, 10) == STATUS_OK);
    CHECK(realm_get(fiber, txn, table, 1, &value) == STATUS_OK);
    CHECK(value == 10);
    CHECK(realm_insert(fiber, txn, table, 1, 20) == STATUS_DUPLICATE);
    CHECK(realm_insert(fiber, txn, table, 2, 20) == STATUS_OK);
    CHECK(realm_update(fiber, txn, table, 2, 21) == STATUS_OK);
    CHECK(realm_get_now(fiber, table, 1, &value) == STATUS_NOT_FOUND);
    CHECK(realm_commit(txn) == STATUS_OK);
    CHECK(realm_get_now(fiber, table, 2, &value) == STATUS_OK);
    CHECK(value == 21);
    txn = realm_begin(fiber, TXN_EXPLICIT);
    CHECK(realm_delete(fiber, txn, table, 2) == STATUS_OK);
    uint64_t floor;
    txn_rollback(txn, &floor);
    CHECK(realm_get_now(fiber, table, 2, &value) == STATUS_OK);
}

Test(cluster, a_transaction_sees_its_rows_and_others_do_not_until_it_commits) {
    struct realm *realm = realm_open(&single);
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    realm_call(realm, NODE_SQL_FIRST, explicit_transaction, NULL);
    realm_close(realm);
}

static void scan_in_order(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    for (int64_t i = 0; i < 2000; i++)
        CHECK(realm_insert(fiber, txn, table, i, 2000 - i) == STATUS_OK);
    CHECK(realm_commit(txn) == STATUS_OK);
    static struct realm_rows rows;
    for (uint32_t index = 0; index < 2; index++) {
        txn = realm_begin(fiber, TXN_AUTOCOMMIT);
        CHECK(realm_scan(fiber, txn, table, index, &rows) == STATUS_OK);
        CHECK(realm_commit(txn) == STATUS_OK);
        CHECK(rows.count == 2000);
        for (uint32_t i = 0; i < 2000; i++)
            CHECK((index == 0 ? rows.ids[i] : rows.values[i]) == (int64_t)(i + index));
    }
}

Test(cluster, a_long_scan_gives_every_row_once_in_index_order) {
    struct realm *realm = realm_open(&single);
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    realm_call(realm, NODE_SQL_FIRST, scan_in_order, NULL);
    realm_close(realm);
}
