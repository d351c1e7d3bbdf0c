/* Facts about storage/schema.c. */
#include <criterion/criterion.h>

#include "storage/schema.h"
#include "tests/storage/test_table.h"

/* Simulator seeds 106, 110: DROP INDEX beside readers. */
Test(schema, an_index_on_its_way_out_is_read_by_what_was_planned_before_alone) {
    struct region region;
    struct chunk_source chunks = region_chunks();
    struct arena arena;
    region_open(&region, 1 << 20, 5);
    arena_open(&arena, &chunks, 0);
    struct table table = {.version = 7, .previous = 6};
    uint32_t ordinal;
    table.layout = fragment_schema_make(test_definition(&arena, 3, INDEX_WRITE_ONLY), &arena);
    cr_assert_eq(table_index_ordinal(&table, 7, 2, &ordinal), STATUS_OK);
    cr_assert_eq(ordinal, 1);
    cr_assert_eq(table_index_ordinal(&table, 6, 3, &ordinal), STATUS_OK);
    cr_assert_eq(ordinal, 2);
    cr_assert_eq(table_index_ordinal(&table, 7, 3, &ordinal), STATUS_INVALID);
    cr_assert_eq(table_index_ordinal(&table, 8, 3, &ordinal), STATUS_INVALID);
    table.layout = fragment_schema_make(test_definition(&arena, 3, INDEX_DELETE_ONLY), &arena);
    cr_assert_eq(table_index_ordinal(&table, 6, 3, &ordinal), STATUS_INVALID);
    arena_close(&arena);
    region_close(&region);
}
