/* test_outcome.c: outcomes stay until nobody can ask for them any more (X5). */
#include "storage/outcome.h"

#include "tests/storage/test_region.h"

#include <criterion/criterion.h>

static void put(struct outcomes *outcomes, uint64_t number, enum outcome_kind kind,
                uint64_t timestamp) {
    struct outcome_entry entry = {.id = {7, number}, .kind = kind, .timestamp = timestamp};
    cr_assert_eq(outcome_put(outcomes, &entry), STATUS_OK);
}

static const struct outcome_entry *find(const struct outcomes *outcomes, uint64_t number) {
    return outcome_find(outcomes, (struct writer_id){7, number});
}

static struct slice pack(uint8_t *bytes, const uint64_t *numbers, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) store_le64(bytes + 8 * i, numbers[i]);
    return slice_of(bytes, 8 * (size_t)count);
}

Test(outcome, a_mark_passes_all_but_its_exceptions) {
    struct chunk_source chunks = region_chunks();
    struct outcomes outcomes;
    outcomes_open(&outcomes, &chunks);
    for (uint64_t number = 1; number <= 2000; number++)
        put(&outcomes, number, OUTCOME_KIND_COMMITTED, number + 10);
    uint8_t bytes[16];
    uint64_t open[2] = {5, 900};
    cr_assert_eq(outcome_mark(&outcomes, 7, 1000, pack(bytes, open, 2)), STATUS_OK);
    cr_assert_eq(outcome_count(&outcomes), 1001 + 2);
    cr_assert_null(find(&outcomes, 4));
    cr_assert_eq(find(&outcomes, 5)->timestamp, 15);
    cr_assert_eq(find(&outcomes, 900)->timestamp, 910);
    cr_assert_eq(find(&outcomes, 1000)->timestamp, 1010);
    cr_assert(outcome_is_over(&outcomes, (struct writer_id){7, 4}));
    cr_assert_not(outcome_is_over(&outcomes, (struct writer_id){7, 5}));
    cr_assert_not(outcome_is_over(&outcomes, (struct writer_id){8, 4}));
    outcomes_close(&outcomes);
}

Test(outcome, a_lower_mark_changes_nothing_and_fewer_exceptions_are_news) {
    struct chunk_source chunks = region_chunks();
    struct outcomes outcomes;
    outcomes_open(&outcomes, &chunks);
    put(&outcomes, 3, OUTCOME_KIND_COMMITTED, 9);
    uint8_t bytes[16];
    uint64_t open[1] = {3};
    cr_assert_eq(outcome_mark(&outcomes, 7, 10, pack(bytes, open, 1)), STATUS_OK);
    cr_assert_not(outcome_mark_is_news(&outcomes, 7, 9, 0));
    cr_assert_not(outcome_mark_is_news(&outcomes, 7, 10, 1));
    cr_assert(outcome_mark_is_news(&outcomes, 7, 10, 0));
    cr_assert_eq(outcome_mark(&outcomes, 7, 5, SLICE_EMPTY), STATUS_OK);
    cr_assert_not_null(find(&outcomes, 3));
    cr_assert_eq(outcome_mark(&outcomes, 7, 10, SLICE_EMPTY), STATUS_OK);
    cr_assert_null(find(&outcomes, 3));
    outcomes_close(&outcomes);
}

Test(outcome, malformed_exceptions_are_refused) {
    struct chunk_source chunks = region_chunks();
    struct outcomes outcomes;
    outcomes_open(&outcomes, &chunks);
    uint8_t bytes[16];
    uint64_t above[1] = {10}, falling[2] = {5, 4};
    cr_assert_eq(outcome_mark(&outcomes, 7, 10, pack(bytes, above, 1)), STATUS_CORRUPT);
    cr_assert_eq(outcome_mark(&outcomes, 7, 10, pack(bytes, falling, 2)), STATUS_CORRUPT);
    cr_assert_eq(outcome_mark(&outcomes, 7, 10, slice_of(bytes, 7)), STATUS_CORRUPT);
    outcomes_close(&outcomes);
}

Test(outcome, an_ended_entry_gives_way_and_dies_with_the_term) {
    struct chunk_source chunks = region_chunks();
    struct outcomes outcomes;
    outcomes_open(&outcomes, &chunks);
    put(&outcomes, 1, OUTCOME_KIND_ENDED, 0);
    put(&outcomes, 2, OUTCOME_KIND_ENDED, 0);
    put(&outcomes, 1, OUTCOME_KIND_ABORTED, 0);
    put(&outcomes, 1, OUTCOME_KIND_ENDED, 0); /* a tombstone stays one */
    cr_assert_eq(find(&outcomes, 1)->kind, OUTCOME_KIND_ABORTED);
    outcome_forget_ended(&outcomes);
    cr_assert_null(find(&outcomes, 2));
    cr_assert_not_null(find(&outcomes, 1));
    outcomes_close(&outcomes);
}

Test(outcome, of_an_ended_daemon_commits_stay_until_meta_lists_it_no_more) {
    struct chunk_source chunks = region_chunks();
    struct outcomes outcomes;
    outcomes_open(&outcomes, &chunks);
    for (uint64_t number = 1; number <= 100; number++)
        put(&outcomes, number, OUTCOME_KIND_COMMITTED, 5);
    cr_assert(outcome_knows_daemon(&outcomes, 7));
    put(&outcomes, 101, OUTCOME_KIND_ABORTED, 0);
    outcome_end_daemon(&outcomes, 7);
    cr_assert_eq(outcome_count(&outcomes), 100);
    cr_assert(outcome_is_presumed_aborted(&outcomes, (struct writer_id){7, 101}));
    cr_assert_not(outcome_is_presumed_aborted(&outcomes, (struct writer_id){7, 100}));
    outcome_forget_daemon(&outcomes, 7);
    cr_assert_eq(outcome_count(&outcomes), 0);
    cr_assert_not(outcome_is_presumed_aborted(&outcomes, (struct writer_id){7, 101}));
    cr_assert(outcome_is_over(&outcomes, (struct writer_id){7, 1000}));
    cr_assert_not(outcome_knows_daemon(&outcomes, 7));
    outcomes_close(&outcomes);
}
