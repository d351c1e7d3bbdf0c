/* test_fragment_collect.c: the tests of storage/fragment_collect.c beyond those of
 * test_fragment.c's model. */
#include <criterion/criterion.h>

#include "tests/storage/test_table.h"

static void put(struct test_table *table, uint64_t position, uint32_t id, int32_t k) {
    uint32_t writer = test_writer(table, position);
    enum write_kind kind = k == TEST_NO_K ? WRITE_DELETE : WRITE_PUT;
    uint8_t note[100] = {0};
    cr_assert_eq(
        test_write(table, (struct test_write){writer, 1, kind, id, k, slice_of(note, 100)}),
        STATUS_OK);
    test_commit(table, writer, position, position);
}

static uint64_t versions_after(struct test_table *table, uint64_t below, const uint64_t *snapshots,
                               uint32_t count) {
    struct fragment_horizon horizon = {below, snapshots, count};
    while (!fragment_collect(table->fragments, &horizon, 1)) {}
    fragments_step_end(table->fragments);
    inspect_fragment_verify(table->fragment, &table->scratch);
    return inspect_garbage_of(table->fragments).version_count;
}

Test(fragment_collect, what_a_live_snapshot_sees_stays_until_it_ends) {
    struct test_table table;
    test_table_open(&table, 4 << 20, 2);
    for (uint64_t i = 1; i <= 10; i++) put(&table, i, 1, (int32_t)i);
    cr_assert_eq(versions_after(&table, 5, NULL, 0), 5, "those that something <= 5 superseded go");
    uint64_t live[] = {6, 8};
    cr_assert_eq(versions_after(&table, 10, live, 2), 2);
    put(&table, 11, 1, 11);
    cr_assert_eq(versions_after(&table, 11, live, 2), 2, "10 goes though 6 and 8 stay");
    cr_assert_eq(versions_after(&table, 11, live + 1, 1), 1);
    cr_assert_eq(versions_after(&table, 11, NULL, 0), 0);
    test_table_close(&table);
}

Test(fragment_collect, an_update_loop_keeps_memory_flat) {
    struct test_table table;
    test_table_open(&table, 4 << 20, 2);
    for (uint64_t i = 1; i <= 100; i++) put(&table, i, (uint32_t)i, 0);
    uint64_t used = 0;
    uint64_t live = 100; /* one long reader */
    for (uint64_t i = 101; i <= 5000; i++) {
        put(&table, i, (uint32_t)(i % 100), (int32_t)i);
        struct fragment_horizon horizon = {i, &live, 1};
        fragment_collect(table.fragments, &horizon, 10);
        fragments_step_end(table.fragments);
        if (i == 1000) used = table.region.memory.used_bytes;
    }
    cr_assert(table.region.memory.used_bytes <= used + used / 50);
    cr_assert_eq(versions_after(&table, 5000, &live, 1), 99,
                 "one for the reader, of each row it sees");
    cr_assert_eq(versions_after(&table, 5000, NULL, 0), 0);
    test_table_close(&table);
}

Test(fragment_collect, a_collected_update_moves_back_into_its_row) {
    struct test_table table;
    test_table_open(&table, 4 << 20, 2);
    put(&table, 1, 1, 1);
    uint64_t cells = table.region.memory.cell_count;
    for (uint64_t i = 2; i < 20; i++) {
        put(&table, i, 1, (int32_t)i);
        versions_after(&table, i, NULL, 0);
        cr_assert_eq(table.region.memory.cell_count, cells);
    }
    test_table_close(&table);
}

Test(fragment_collect, deleted_rows_go_with_their_entries) {
    struct test_table table;
    test_table_open(&table, 4 << 20, 3);
    for (uint64_t i = 1; i <= 50; i++) put(&table, i, (uint32_t)i, (int32_t)i);
    for (uint64_t i = 51; i <= 100; i++) put(&table, i, (uint32_t)i - 50, TEST_NO_K);
    uint64_t live = 60;
    cr_assert_eq(versions_after(&table, 100, &live, 1), 40);
    uint32_t again = test_writer(&table, 500); /* a pending version on a tombstone that waits */
    cr_assert_eq(
        test_write(&table, (struct test_write){again, 1, WRITE_INSERT, 30, 7, SLICE_EMPTY}),
        STATUS_OK);
    cr_assert_eq(versions_after(&table, 100, NULL, 0), 0);
    test_abort(&table, again);
    versions_after(&table, 100, NULL, 0);
    struct fragment_statistics statistics;
    fragment_statistics_of(table.fragment, &statistics);
    cr_assert_eq(statistics.row_count, 0);
    struct inspect_row *row = calloc(1, sizeof(*row));
    cr_assert_not(inspect_row_next(table.fragment, SLICE_EMPTY, row));
    free(row);
    test_table_close(&table);
}

Test(fragment_collect, many_snapshots_share_few_queues) {
    struct test_table table;
    uint64_t live[100];
    test_table_open(&table, 4 << 20, 2);
    for (uint64_t i = 1; i <= 101; i++) {
        put(&table, i, (uint32_t)i, 1);
        if (i <= 100) live[i - 1] = 200 + i;
    }
    for (uint64_t i = 1; i <= 100; i++) put(&table, 200 + i, (uint32_t)i, 2);
    for (uint64_t i = 1; i <= 100; i++) put(&table, 300 + i, (uint32_t)i, 3);
    versions_after(&table, 400, live, 100);
    for (uint32_t from = 0; from < 100; from++)
        cr_assert_geq(versions_after(&table, 400, live + from, 100 - from), 100 - from);
    cr_assert_eq(versions_after(&table, 400, NULL, 0), 0);
    test_table_close(&table);
}

Test(fragment_collect, entries_of_a_dropped_table_are_harmless) {
    struct test_table table;
    test_table_open(&table, 4 << 20, 2);
    for (uint64_t i = 1; i <= 50; i++) put(&table, i, (uint32_t)i % 10, (int32_t)i);
    while (!fragment_drop(table.fragment, 3)) {}
    cr_assert_eq(fragments_find(table.fragments, 77), NULL);
    cr_assert_eq(fragments_garbage_bytes(table.fragments), 0);
    cr_assert_eq(fragment_open(table.fragments, table.schema, &table.fragment), STATUS_OK);
    for (uint64_t i = 51; i <= 100; i++) put(&table, i, (uint32_t)i % 10, (int32_t)i);
    cr_assert_eq(versions_after(&table, 100, NULL, 0), 0);
    test_table_close(&table);
}
