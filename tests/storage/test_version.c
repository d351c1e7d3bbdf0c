/* test_version.c: the tests of storage/version.c. */
#include <criterion/criterion.h>

#include "tests/storage/test_table.h"

Test(version, a_header_keeps_all_its_fields) {
    union {
        struct version version;
        uint8_t bytes[32];
    } cell = {0};
    struct version *version = &cell.version;
    version_set_older(version, 0xfedcba98);
    version_set_pending(version, 0xfffffffe, 0xabcdef01);
    version_set_flag(version, VERSION_TOMBSTONE);
    cr_assert_eq(version_writer(version), 0xfffffffe);
    cr_assert_eq(version_statement(version), 0xabcdef01);
    cr_assert_eq(version_older(version), 0xfedcba98);
    version_set_committed(version, TIMESTAMP_MAX, POSITION_MAX - 5);
    cr_assert_eq(version_timestamp(version), TIMESTAMP_MAX);
    cr_assert_eq(version_position(version), POSITION_MAX - 5);
    cr_assert_eq(version_older(version), 0xfedcba98);
    cr_assert(version_is_tombstone(version) && !version_is_pending(version));
    version_set_older(version, 1);
    version_set_flag(version, VERSION_SAME_KEYS);
    version_clear_flag(version, VERSION_TOMBSTONE);
    cr_assert_eq(version_flags_of(version), VERSION_SAME_KEYS);
    cr_assert_eq(version_position(version), POSITION_MAX - 5);
}

Test(version, readers_pass_over_active_writers_and_wait_for_prepared_ones) {
    struct test_table table;
    struct version_read read;
    test_table_open(&table, 4 << 20, 2);
    struct writers *writers = fragments_writers(table.fragments);
    uint32_t first = test_writer(&table, 1);
    cr_assert_eq(
        test_write(&table, (struct test_write){first, 1, WRITE_INSERT, 5, 50, SLICE_EMPTY}),
        STATUS_OK);
    test_commit(&table, first, 10, 1);
    uint32_t second = test_writer(&table, 2);
    cr_assert_eq(
        test_write(&table, (struct test_write){second, 1, WRITE_UPDATE, 5, 51, SLICE_EMPTY}),
        STATUS_OK);
    cr_assert_eq(test_read(&table, 5, version_view_newest(), &read), VERSION_VISIBLE);
    cr_assert_eq(test_k(&table, version_row(read.version)), 50);
    cr_assert_eq(test_read(&table, 5, version_view_snapshot(9), &read), VERSION_ABSENT);
    writer_prepare(writers, second, 20);
    cr_assert_eq(test_read(&table, 5, version_view_newest(), &read), VERSION_MUST_WAIT);
    cr_assert_eq(read.writer, second);
    cr_assert_eq(test_read(&table, 5, version_view_snapshot(20), &read), VERSION_MUST_WAIT);
    cr_assert_eq(test_read(&table, 5, version_view_snapshot(19), &read), VERSION_VISIBLE);
    struct version_view decided = {SNAPSHOT_DECIDED, WRITER_NONE, UINT32_MAX};
    cr_assert_eq(test_read(&table, 5, decided, &read), VERSION_VISIBLE);
    cr_assert_eq(read.timestamp, 10);
    test_commit(&table, second, 25, 2);
    cr_assert_eq(test_read(&table, 5, version_view_snapshot(24), &read), VERSION_VISIBLE);
    cr_assert_eq(read.timestamp, 10);
    cr_assert_eq(test_read(&table, 5, version_view_snapshot(25), &read), VERSION_VISIBLE);
    cr_assert_eq(read.timestamp, 25);
    cr_assert_eq(read.position, 2);
    test_table_close(&table);
}

Test(version, a_decided_commit_is_seen_before_all_its_rows_are_stamped) {
    struct test_table table;
    struct version_read read;
    test_table_open(&table, 4 << 20, 2);
    uint32_t writer = test_writer(&table, 1);
    for (uint32_t id = 0; id < 300; id++)
        cr_assert_eq(test_write(&table, (struct test_write){writer, 1 + id / 100, WRITE_PUT,
                                                            id % 200, (int32_t)id, SLICE_EMPTY}),
                     STATUS_OK);
    writer_decide_commit(fragments_writers(table.fragments), writer, 30, 4);
    for (bool done = false; !done;) {
        for (uint32_t id = 0; id < 200; id += 7) {
            cr_assert_eq(test_read(&table, id, version_view_snapshot(30), &read), VERSION_VISIBLE);
            cr_assert_eq(test_k(&table, version_row(read.version)),
                         (int32_t)(id < 100 ? id + 200 : id));
            cr_assert(read.timestamp == 30 && read.position == 4);
            cr_assert_eq(test_read(&table, id, version_view_snapshot(29), &read), VERSION_ABSENT);
        }
        done = fragment_commit(table.fragments, writer, 20);
        inspect_fragment_verify(table.fragment, &table.scratch);
    }
    writer_close(fragments_writers(table.fragments), writer);
    test_table_close(&table);
}

Test(version, a_slot_that_is_closed_serves_again) {
    struct test_table table;
    test_table_open(&table, 4 << 20, 2);
    struct writers *writers = fragments_writers(table.fragments);
    uint32_t slot, slots[64];
    for (uint32_t i = 0; i < 64; i++)
        cr_assert_eq(writer_open(writers, (struct writer_id){1, i}, &slots[i]), STATUS_OK);
    cr_assert_eq(writer_open(writers, (struct writer_id){1, 64}, &slot), STATUS_BUSY);
    writer_close(writers, slots[17]);
    cr_assert_eq(writer_open(writers, (struct writer_id){1, 65}, &slot), STATUS_OK);
    cr_assert_eq(slot, slots[17]);
    test_table_close(&table);
}
