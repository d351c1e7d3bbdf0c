/* Facts of schema changes: steps, deaths in the middle, lost answers. */
#include <criterion/criterion.h>

#include "tests/cluster/realm_tables.h"

static const struct realm_options wide = {
    .storage_nodes = 2, .replicas = 1, .shards_per_node = 1, .sql_nodes = 2};

static void create_plain(struct realm_fiber *fiber) {
    CHECK(realm_create_table(fiber, "t", REALM_PLAIN) == STATUS_OK);
}

static void create_again(struct realm_fiber *fiber) {
    CHECK(realm_create_table(fiber, "t", REALM_PLAIN) == STATUS_DUPLICATE);
}

static bool has_table(struct realm *realm, uint16_t node, const char *name) {
    struct cluster *cluster = realm_node(realm, node)->cluster;
    struct schema *schema = schema_hold(cluster);
    bool is_there = schema_table(schema, REALM_DATABASE, slice_of_text(name)) != NULL;
    schema_release(cluster, schema);
    return is_there;
}

Test(ddl, a_table_is_known_everywhere_when_its_create_returns) {
    struct realm *realm = realm_open(&wide);
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    cr_assert(has_table(realm, NODE_SQL_FIRST, "t"));
    cr_assert(has_table(realm, NODE_SQL_FIRST + 1, "t"));
    realm_call(realm, NODE_SQL_FIRST + 1, create_again, NULL);
    realm_close(realm);
}

static void create_database(struct realm_fiber *fiber) {
    const char *name = fiber->argument;
    struct ddl_change change = {.kind = DDL_CREATE_DATABASE, .database = slice_of_text(name)};
    CHECK(cluster_ddl(fiber->cluster, &fiber->waiter, &change) == STATUS_OK);
}

/* The first push to the second daemon. */
static bool lose_a_push(struct realm *realm, const struct message *message) {
    bool *is_lost = realm->drops_argument;
    if (*is_lost || message->header.kind != MESSAGE_DICTIONARY) return false;
    *is_lost = message->header.to_node == NODE_SQL_FIRST + 1;
    return *is_lost;
}

/* Simulator seed 3084: it said its old version after each push that followed, which meta took for a late report. */
Test(ddl, a_daemon_that_missed_a_push_gets_the_whole_dictionary) {
    struct realm *realm = realm_open(&wide);
    bool is_lost = false;
    realm->drops_argument = &is_lost;
    realm->drops = lose_a_push;
    realm_spawn(realm, NODE_SQL_FIRST, create_database, (void *)(uintptr_t) "one");
    realm_spawn(realm, NODE_SQL_FIRST, create_database, (void *)(uintptr_t) "two");
    realm_run_fibers(realm, 2000000);
    cr_assert(is_lost);
    struct cluster *cluster = realm_node(realm, NODE_SQL_FIRST + 1)->cluster;
    struct schema *schema = schema_hold(cluster);
    cr_assert(schema_has_database(schema, SLICE_LITERAL("one")));
    cr_assert(schema_has_database(schema, SLICE_LITERAL("two")));
    schema_release(cluster, schema);
    realm_close(realm);
}

static enum status ddl_simple(struct realm_fiber *fiber, enum ddl_kind kind, const char *name,
                              const char *new_name) {
    struct ddl_change change = {.kind = kind,
                                .database = REALM_DATABASE,
                                .name = slice_of_text(name),
                                .new_database = REALM_DATABASE,
                                .new_name = slice_of_text(new_name)};
    return cluster_ddl(fiber->cluster, &fiber->waiter, &change);
}

static void rename_truncate_drop(struct realm_fiber *fiber) {
    int64_t value;
    CHECK(realm_insert_now(fiber, realm_table(fiber->cluster, "t"), 1, 10) == STATUS_OK);
    CHECK(ddl_simple(fiber, DDL_RENAME_TABLE, "t", "u") == STATUS_OK);
    CHECK(ddl_simple(fiber, DDL_RENAME_TABLE, "t", "u") == STATUS_NOT_FOUND);
    CHECK(realm_get_now(fiber, realm_table(fiber->cluster, "u"), 1, &value) == STATUS_OK);
    CHECK(ddl_simple(fiber, DDL_TRUNCATE_TABLE, "u", "") == STATUS_OK);
    CHECK(realm_get_now(fiber, realm_table(fiber->cluster, "u"), 1, &value) == STATUS_NOT_FOUND);
    CHECK(realm_insert_now(fiber, realm_table(fiber->cluster, "u"), 1, 11) == STATUS_OK);
    CHECK(ddl_simple(fiber, DDL_DROP_TABLE, "u", "") == STATUS_OK);
    CHECK(ddl_simple(fiber, DDL_DROP_TABLE, "u", "") == STATUS_NOT_FOUND);
    CHECK(ddl_simple(fiber, DDL_DROP_DATABASE, "", "") == STATUS_OK);
}

Test(ddl, rename_truncate_and_drop_do_what_they_say) {
    struct realm *realm = realm_open(&wide);
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    realm_call(realm, NODE_SQL_FIRST + 1, rename_truncate_drop, NULL);
    realm_run_for(realm, 1000000);
    cr_assert_eq(fake_store_value(&realm->store, "drop/0000000001").size, 0);
    cr_assert_eq(fake_store_value(&realm->store, "job").size, 0);
    realm_close(realm);
}

static void insert_rows(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    for (int64_t i = 0; i < 700; i++)
        CHECK(realm_insert(fiber, txn, table, i, 1000 + i) == STATUS_OK);
    CHECK(realm_commit(txn) == STATUS_OK);
}

static void add_unique(struct realm_fiber *fiber) {
    enum status *status_out = fiber->argument;
    *status_out = realm_add_index(fiber, "t", "u_value", REALM_UNIQUE);
}

static void expect_unique(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    CHECK(table->definition->index_count == 3);
    CHECK(table->definition->indexes[2].state == INDEX_PUBLIC);
    CHECK(realm_insert_now(fiber, table, 5000, 1003) == STATUS_DUPLICATE);
    CHECK(realm_insert_now(fiber, table, 5000, 9000) == STATUS_OK);
    static struct realm_rows rows;
    struct txn *txn = realm_begin(fiber, TXN_AUTOCOMMIT);
    CHECK(realm_scan(fiber, txn, table, 2, &rows) == STATUS_OK);
    CHECK(realm_commit(txn) == STATUS_OK);
    CHECK(rows.count == 701 && rows.ids[700] == 5000);
}

static void write_meanwhile(struct realm_fiber *fiber) {
    for (int64_t i = 0; i < 100; i++) {
        struct schema *schema = schema_hold(fiber->cluster);
        const struct table *table = schema_table(schema, REALM_DATABASE, SLICE_LITERAL("t"));
        struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
        enum status status = realm_delete(fiber, txn, table, i);
        if (status == STATUS_OK) status = realm_insert(fiber, txn, table, i, 1000 + i);
        uint64_t floor;
        if (status == STATUS_OK)
            status = realm_commit(txn);
        else
            txn_rollback(txn, &floor);
        CHECK(status == STATUS_OK || status == STATUS_OLD_SCHEMA || status == STATUS_DEADLOCK ||
              status == STATUS_ABORTED);
        schema_release(fiber->cluster, schema);
    }
}

Test(ddl, a_unique_index_on_a_filled_table_has_every_row_while_others_write) {
    struct realm *realm = realm_open(&wide);
    enum status status = STATUS_BUSY;
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    realm_call(realm, NODE_SQL_FIRST, insert_rows, NULL);
    realm_spawn(realm, NODE_SQL_FIRST, add_unique, &status);
    realm_spawn(realm, NODE_SQL_FIRST + 1, write_meanwhile, NULL);
    realm_run_fibers(realm, 60000000);
    cr_assert_eq(status, STATUS_OK, "%s", status_name(status));
    realm_call(realm, NODE_SQL_FIRST + 1, expect_unique, NULL);
    realm_close(realm);
}

static void insert_twin(struct realm_fiber *fiber) {
    CHECK(realm_insert_now(fiber, realm_table(fiber->cluster, "t"), 900, 1005) == STATUS_OK);
}

static void expect_no_index(struct realm_fiber *fiber) {
    const struct table *table = realm_table(fiber->cluster, "t");
    CHECK(table->definition->index_count == 2);
    CHECK(realm_insert_now(fiber, table, 901, 1005) == STATUS_OK);
}

Test(ddl, a_unique_index_on_equal_values_is_refused_and_leaves_nothing) {
    struct realm *realm = realm_open(&wide);
    enum status status = STATUS_BUSY;
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    realm_call(realm, NODE_SQL_FIRST, insert_rows, NULL);
    realm_call(realm, NODE_SQL_FIRST, insert_twin, NULL);
    realm_call(realm, NODE_SQL_FIRST, add_unique, &status);
    cr_assert_eq(status, STATUS_DUPLICATE, "%s", status_name(status));
    realm_call(realm, NODE_SQL_FIRST + 1, expect_no_index, NULL);
    realm_close(realm);
}

static void add_ordered(struct realm_fiber *fiber) {
    CHECK(realm_add_index(fiber, "t", "more", REALM_PLAIN) == STATUS_OK);
    const struct table *table = realm_table(fiber->cluster, "t");
    CHECK(table->definition->index_count == 3);
    static struct realm_rows rows;
    struct txn *txn = realm_begin(fiber, TXN_AUTOCOMMIT);
    CHECK(realm_scan(fiber, txn, table, 2, &rows) == STATUS_OK);
    CHECK(realm_commit(txn) == STATUS_OK);
    CHECK(rows.count == 700);
}

Test(ddl, an_ordered_index_on_a_filled_table_has_every_row) {
    struct realm *realm = realm_open(&wide);
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    realm_call(realm, NODE_SQL_FIRST, insert_rows, NULL);
    realm_call(realm, NODE_SQL_FIRST + 1, add_ordered, NULL);
    realm_close(realm);
}

Test(ddl, lost_answers_of_the_store_repeat_nothing) {
    for (uint32_t skip = 0; skip < 4; skip++) {
        struct realm *realm = realm_open(&wide);
        enum status status = STATUS_BUSY;
        realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
        realm_call(realm, NODE_SQL_FIRST, insert_rows, NULL);
        realm->store.loss = skip % 2 == 0 ? LOSE_ANSWER : LOSE_CHANGE;
        realm->store.lose_count = 1 + skip;
        realm_call(realm, NODE_SQL_FIRST, add_unique, &status);
        cr_assert_eq(status, STATUS_OK, "%s", status_name(status));
        cr_assert_eq(realm->store.lost_count, 1 + skip);
        realm_call(realm, NODE_SQL_FIRST + 1, expect_unique, NULL);
        realm_close(realm);
    }
}

/* A change is under way; its controller ends and comes back; the change is done. */
static void change_without_controller(struct realm *realm, void (*change)(struct realm_fiber *),
                                      uint64_t messages) {
    enum status status = STATUS_BUSY;
    realm_spawn(realm, NODE_SQL_FIRST, change, &status);
    realm_run_messages(realm, messages);
    realm_kill(realm, NODE_META_FIRST);
    realm_run_for(realm, 300000);
    realm_start(realm, NODE_META_FIRST);
    realm_run_fibers(realm, 60000000);
    cr_assert_eq(status, STATUS_OK, "%s after %d", status_name(status), (int)messages);
}

Test(ddl, a_change_survives_its_controller_at_any_message) {
    for (uint64_t messages = 1; messages < 90; messages += 8) {
        struct realm *realm = realm_open(&wide);
        realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
        realm_call(realm, NODE_SQL_FIRST, insert_rows, NULL);
        change_without_controller(realm, add_unique, messages);
        realm_call(realm, NODE_SQL_FIRST + 1, expect_unique, NULL);
        realm_close(realm);
    }
}

Test(ddl, a_change_whose_daemon_dies_ends_and_others_go_on) {
    for (uint64_t messages = 1; messages < 90; messages += 8) {
        struct realm *realm = realm_open(&wide);
        enum status status = STATUS_BUSY;
        realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
        realm_call(realm, NODE_SQL_FIRST, insert_rows, NULL);
        realm_spawn(realm, NODE_SQL_FIRST, add_unique, &status);
        realm_run_messages(realm, messages);
        realm_abandon_fibers(realm);
        realm_kill(realm, NODE_SQL_FIRST);
        realm_run_for(realm, 3000000);
        realm_start(realm, NODE_SQL_FIRST);
        realm_run_for(realm, 1000000);
        cr_assert_eq(fake_store_value(&realm->store, "job").size, 0);
        enum status again = STATUS_BUSY;
        const struct table *table =
            realm_table(realm_node(realm, NODE_SQL_FIRST + 1)->cluster, "t");
        if (table->definition->index_count == 2) {
            realm_call(realm, NODE_SQL_FIRST + 1, add_unique, &again);
            cr_assert_eq(again, STATUS_OK, "%s after %d", status_name(again), (int)messages);
        }
        realm_call(realm, NODE_SQL_FIRST, expect_unique, NULL);
        realm_close(realm);
    }
}

/* ---- a change that copies rows ---- */

static enum status copy_rows(struct realm_fiber *fiber, const struct ddl_copying *copying) {
    static struct realm_rows rows;
    struct schema *schema = schema_hold(fiber->cluster);
    const struct table *old = schema_table(schema, REALM_DATABASE, SLICE_LITERAL("t"));
    const struct table *copy = schema_table_by_id(schema, copying->copy_id);
    CHECK(old != NULL && copy != NULL);
    struct txn *txn = realm_begin(fiber, TXN_EXPLICIT);
    enum status status = realm_scan(fiber, txn, old, 0, &rows);
    if (status == STATUS_OK) status = realm_insert(fiber, txn, old, 7777, 1);
    cr_assert_eq(status, STATUS_OLD_SCHEMA, "%s", status_name(status));
    status = STATUS_OK;
    for (uint32_t i = 0; i < rows.count && status == STATUS_OK; i++)
        status = realm_insert(fiber, txn, copy, rows.ids[i], rows.values[i]);
    uint64_t floor;
    if (status == STATUS_OK)
        status = realm_commit(txn);
    else
        txn_rollback(txn, &floor);
    schema_release(fiber->cluster, schema);
    return status;
}

/* The same definition again; an outcome other than OK is told instead of copying. */
static enum status rebuild(struct realm_fiber *fiber, enum status outcome) {
    struct schema *schema = schema_hold(fiber->cluster);
    struct ddl_copying copying;
    struct ddl_change change = {
        .kind = DDL_REBUILD_TABLE,
        .database = REALM_DATABASE,
        .name = SLICE_LITERAL("t"),
        .definition = schema_table(schema, REALM_DATABASE, SLICE_LITERAL("t"))->definition,
        .based_on = schema_version(schema),
        .copying = &copying,
        .held = schema};
    enum status status = cluster_ddl(fiber->cluster, &fiber->waiter, &change);
    if (status != STATUS_BUSY) return status;
    if (outcome == STATUS_OK) outcome = copy_rows(fiber, &copying);
    return cluster_ddl_copied(fiber->cluster, &fiber->waiter, &copying, outcome);
}

static void rebuild_well(struct realm_fiber *fiber) {
    enum status *status_out = fiber->argument;
    *status_out = rebuild(fiber, STATUS_OK);
}

static void rebuild_badly(struct realm_fiber *fiber) {
    enum status *status_out = fiber->argument;
    *status_out = rebuild(fiber, STATUS_TRUNCATED);
}

static void expect_rows(struct realm_fiber *fiber) {
    static struct realm_rows rows;
    const struct table *table = realm_table(fiber->cluster, "t");
    struct txn *txn = realm_begin(fiber, TXN_AUTOCOMMIT);
    CHECK(realm_scan(fiber, txn, table, 0, &rows) == STATUS_OK);
    CHECK(realm_commit(txn) == STATUS_OK);
    cr_assert_eq(rows.count, 700, "%u rows", rows.count);
    CHECK(realm_insert_now(fiber, table, 5000, 9000) == STATUS_OK);
    CHECK((table->definition->options & TABLE_FROZEN) == 0);
}

static struct realm *realm_with_rows(void) {
    struct realm *realm = realm_open(&wide);
    realm_call(realm, NODE_SQL_FIRST, create_plain, NULL);
    realm_call(realm, NODE_SQL_FIRST, insert_rows, NULL);
    return realm;
}

static uint64_t table_id(struct realm *realm) {
    return realm_table(realm_node(realm, NODE_SQL_FIRST + 1)->cluster, "t")->definition->id;
}

Test(ddl, a_rebuilt_table_has_every_row_while_others_write) {
    struct realm *realm = realm_with_rows();
    uint64_t before = table_id(realm);
    enum status status = STATUS_BUSY;
    realm_spawn(realm, NODE_SQL_FIRST, rebuild_well, &status);
    realm_spawn(realm, NODE_SQL_FIRST + 1, write_meanwhile, NULL);
    realm_run_fibers(realm, 60000000);
    cr_assert_eq(status, STATUS_OK, "%s", status_name(status));
    cr_assert_neq(table_id(realm), before);
    realm_call(realm, NODE_SQL_FIRST + 1, expect_rows, NULL);
    realm_run_for(realm, 1000000);
    cr_assert_eq(fake_store_value(&realm->store, "drop/0000000001").size, 0);
    realm_close(realm);
}

Test(ddl, a_copy_that_fails_leaves_the_table_as_it_was) {
    struct realm *realm = realm_with_rows();
    uint64_t before = table_id(realm);
    enum status status = STATUS_BUSY;
    realm_call(realm, NODE_SQL_FIRST, rebuild_badly, &status);
    cr_assert_eq(status, STATUS_CANCELLED, "%s", status_name(status));
    cr_assert_eq(table_id(realm), before);
    realm_call(realm, NODE_SQL_FIRST + 1, expect_rows, NULL);
    realm_run_for(realm, 1000000);
    cr_assert_eq(fake_store_value(&realm->store, "table/0000000002").size, 0);
    cr_assert_eq(fake_store_value(&realm->store, "drop/0000000002").size, 0);
    realm_close(realm);
}

Test(ddl, a_rebuild_survives_its_controller_at_any_message) {
    for (uint64_t messages = 1; messages < 110; messages += 9) {
        struct realm *realm = realm_with_rows();
        change_without_controller(realm, rebuild_well, messages);
        realm_call(realm, NODE_SQL_FIRST + 1, expect_rows, NULL);
        realm_close(realm);
    }
}

Test(ddl, a_rebuild_whose_daemon_dies_is_taken_back_or_done) {
    for (uint64_t messages = 1; messages < 400; messages += 21) {
        struct realm *realm = realm_with_rows();
        enum status status = STATUS_BUSY;
        realm_spawn(realm, NODE_SQL_FIRST, rebuild_well, &status);
        realm_run_messages(realm, messages);
        realm_abandon_fibers(realm);
        realm_kill(realm, NODE_SQL_FIRST);
        realm_run_for(realm, 3000000);
        realm_start(realm, NODE_SQL_FIRST);
        realm_run_for(realm, 1000000);
        cr_assert_eq(fake_store_value(&realm->store, "job").size, 0, "after %d", (int)messages);
        realm_call(realm, NODE_SQL_FIRST + 1, expect_rows, NULL);
        realm_close(realm);
    }
}
