/* test_fragment_scan.c: the tests of storage/fragment_scan.c beyond those of test_fragment.c's
 * model. */
#include <criterion/criterion.h>

#include "tests/storage/test_table.h"

enum { ROOM = 16 };

static enum scan_result scan(struct test_table *table, struct fragment_scan *scan,
                             struct fragment_batch *batch, struct fragment_row *room) {
    scan->fragment = table->fragment;
    batch->rows = room;
    batch->row_capacity = ROOM;
    if (batch->examine_max == 0) batch->examine_max = 1000;
    batch->arena = &table->scratch;
    return fragment_scan_next(scan, batch);
}

static void put(struct test_table *table, uint64_t position, uint32_t id, int32_t k) {
    uint32_t writer = test_writer(table, position);
    cr_assert_eq(test_write(table, (struct test_write){writer, 1, WRITE_PUT, id, k, SLICE_EMPTY}),
                 STATUS_OK);
    test_commit(table, writer, position, position);
}

/* Bytes of an index key prefix: k is so. */
static struct slice k_prefix(struct test_table *table, int32_t k) {
    struct value value = value_of_int(k);
    struct buffer out = buffer_of(&table->scratch);
    enum status status = key_of_values(table->schema->entries[TEST_INDEX_K], &value, 1, &out);
    cr_assert_eq(status, STATUS_OK);
    return buffer_slice(&out);
}

Test(fragment_scan, a_prefix_range_has_all_rows_of_the_value) {
    struct test_table table;
    struct fragment_row room[ROOM];
    struct fragment_batch batch = {0};
    test_table_open(&table, 4 << 20, 2);
    for (uint32_t id = 1; id <= 12; id++) put(&table, id, id, (int32_t)id % 3);
    struct slice one = k_prefix(&table, 1);
    struct fragment_scan equal = {.index = TEST_INDEX_K,
                                  .range_flags = RANGE_UPPER_PREFIX,
                                  .lower = one,
                                  .upper = one,
                                  .view = version_view_newest()};
    cr_assert_eq(scan(&table, &equal, &batch, room), SCAN_END);
    cr_assert_eq(batch.row_count, 4);
    for (uint32_t i = 0; i < 4; i++) cr_assert_eq(load_be32(room[i].key.data), 1 + 3 * i);
    equal.direction = SCAN_BACKWARD;
    cr_assert_eq(scan(&table, &equal, &batch, room), SCAN_END);
    for (uint32_t i = 0; i < 4; i++) cr_assert_eq(load_be32(room[i].key.data), 10 - 3 * i);
    test_table_close(&table);
}

Test(fragment_scan, an_old_entry_leads_only_the_snapshot_that_has_it) {
    struct test_table table;
    struct fragment_row room[ROOM];
    struct fragment_batch batch = {0};
    test_table_open(&table, 4 << 20, 2);
    put(&table, 1, 5, 100);
    put(&table, 2, 5, 200);
    put(&table, 3, 5, 100);
    struct fragment_scan all = {.index = TEST_INDEX_K,
                                .range_flags = RANGE_LOWER_NONE | RANGE_UPPER_NONE};
    for (uint64_t snapshot = 0; snapshot <= 3; snapshot++) {
        all.view = version_view_snapshot(snapshot);
        cr_assert_eq(scan(&table, &all, &batch, room), SCAN_END);
        cr_assert_eq(batch.row_count, snapshot > 0);
        if (snapshot == 0) continue;
        cr_assert_eq(test_k(&table, room[0].row), snapshot == 2 ? 200 : 100);
        cr_assert_eq(room[0].position, snapshot);
    }
    test_table_close(&table);
}

Test(fragment_scan, a_locking_scan_gets_rows_that_another_is_changing) {
    struct test_table table;
    struct fragment_row room[ROOM];
    struct fragment_batch batch = {0};
    test_table_open(&table, 4 << 20, 2);
    put(&table, 1, 1, 10);
    put(&table, 2, 2, 20);
    put(&table, 3, 3, 30);
    uint32_t other = test_writer(&table, 9);
    cr_assert_eq(
        test_write(&table, (struct test_write){other, 1, WRITE_UPDATE, 2, 21, SLICE_EMPTY}),
        STATUS_OK);
    cr_assert_eq(
        test_write(&table, (struct test_write){other, 1, WRITE_INSERT, 4, 22, SLICE_EMPTY}),
        STATUS_OK);
    cr_assert_eq(test_write(&table, (struct test_write){other, 1, WRITE_DELETE, 3, 0, SLICE_EMPTY}),
                 STATUS_OK);
    struct fragment_scan candidates = {.index = TEST_INDEX_K,
                                       .want = SCAN_CANDIDATES,
                                       .range_flags = RANGE_LOWER_NONE | RANGE_UPPER_NONE,
                                       .view = version_view_newest()};
    cr_assert_eq(scan(&table, &candidates, &batch, room), SCAN_END);
    static const uint32_t ids[] = {1, 2, 2, 4, 3}; /* 2 under its old and its new k */
    cr_assert_eq(batch.row_count, ARRAY_COUNT(ids));
    for (uint32_t i = 0; i < ARRAY_COUNT(ids); i++)
        cr_assert_eq(load_be32(room[i].key.data), ids[i]);
    test_commit(&table, other, 5, 5);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < ARRAY_COUNT(ids); i++) { /* as the shard does with the lock */
        struct fragment_key key = fragment_key_of(room[i].key);
        struct version_view view = version_view_newest();
        struct version_read read;
        if (fragment_read(table.fragment, &key, &view, &read) != VERSION_VISIBLE) continue;
        kept += fragment_entry_matches(table.fragment, TEST_INDEX_K, version_row(read.version),
                                       room[i].entry, &table.scratch);
    }
    cr_assert_eq(kept, 3, "1, 2 once, 4");
    test_table_close(&table);
}

Test(fragment_scan, a_statement_does_not_meet_its_own_work) {
    struct test_table table;
    struct fragment_row room[ROOM];
    struct fragment_batch batch = {0};
    test_table_open(&table, 4 << 20, 2);
    put(&table, 1, 1, 10);
    uint32_t writer = test_writer(&table, 9);
    cr_assert_eq(
        test_write(&table, (struct test_write){writer, 3, WRITE_UPDATE, 1, 11, SLICE_EMPTY}),
        STATUS_OK);
    struct fragment_scan all = {.index = TEST_INDEX_K,
                                .range_flags = RANGE_LOWER_NONE | RANGE_UPPER_NONE,
                                .view = {SNAPSHOT_NEWEST, writer, 3}};
    cr_assert_eq(scan(&table, &all, &batch, room), SCAN_END);
    cr_assert_eq(batch.row_count, 1);
    cr_assert_eq(test_k(&table, room[0].row), 10);
    all.view.statement_below = 4;
    cr_assert_eq(scan(&table, &all, &batch, room), SCAN_END);
    cr_assert_eq(batch.row_count, 1);
    cr_assert_eq(test_k(&table, room[0].row), 11);
    test_abort(&table, writer);
    test_table_close(&table);
}

Test(fragment_scan, the_budget_counts_entries_that_give_no_row) {
    struct test_table table;
    struct fragment_row room[ROOM];
    struct fragment_batch batch = {.examine_max = 4};
    test_table_open(&table, 4 << 20, 2);
    for (uint32_t id = 1; id <= 10; id++) put(&table, id, id, 0);
    struct fragment_scan all = {.range_flags = RANGE_LOWER_NONE | RANGE_UPPER_NONE,
                                .view = version_view_snapshot(0)};
    cr_assert_eq(scan(&table, &all, &batch, room), SCAN_MORE);
    cr_assert(batch.row_count == 0 && batch.examined == 4);
    all.resume = batch.resume;
    cr_assert_eq(scan(&table, &all, &batch, room), SCAN_MORE);
    all.resume = batch.resume;
    cr_assert_eq(scan(&table, &all, &batch, room), SCAN_END);
    cr_assert_eq(batch.examined, 2);
    test_table_close(&table);
}
