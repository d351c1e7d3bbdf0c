#include "row/table.h"
#include "tests/row/fixture.h"
#include "tests/row/tables.h"

Test(table, columns_and_indexes_are_found_without_regard_to_case) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct table_definition *table = table_sample(arena);
    cr_assert_eq(table_find_column(table, SLICE_LITERAL("ID")), 0);
    cr_assert_eq(table_find_column(table, SLICE_LITERAL("PRI\u00c9")), 3);
    cr_assert_eq(table_find_column(table, SLICE_LITERAL("nothing")), -1);
    cr_assert_eq(table_find_index(table, SLICE_LITERAL("K_NAME")), 1);
    cr_assert_eq(table_auto_increment_column(table), 0);
    cr_assert_eq(table_row_id_column(table), -1);
    cr_assert_eq(table_visible_column_count(table), table->column_count);
    fixture_close(&fixture);
}

Test(table, a_table_without_a_primary_key_gets_a_hidden_one) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct table_definition *table = table_sample(arena);
    table->indexes++;
    table->index_count--;
    table_add_row_id(table, arena);
    cr_assert_eq(table_check(table), STATUS_OK);
    int32_t hidden = table_row_id_column(table);
    cr_assert_eq(hidden, table->column_count - 1);
    cr_assert_eq(table_visible_column_count(table), (uint32_t)hidden);
    cr_assert_eq(table_find_column(table, SLICE_LITERAL("$row_id")), -1);
    cr_assert_eq(table_primary(table)->parts[0].column, hidden);
    uint16_t count = table->column_count;
    table_add_row_id(table, arena);
    cr_assert_eq(table->column_count, count);
    fixture_close(&fixture);
}

Test(table, a_unique_index_has_a_hidden_table_of_its_own) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct table_definition *table = table_sample(arena);
    const uint16_t *base;
    struct table_definition *hidden = table_of_unique_index(table, 2, arena, &base);
    cr_assert_eq(table_check(hidden), STATUS_OK);
    cr_assert_eq(hidden->id, 77);
    cr_assert_eq(hidden->base_table_id, table->id);
    cr_assert_eq(hidden->column_count, 2);
    cr_assert_eq(base[0], 3);
    cr_assert_eq(base[1], 0);
    cr_assert_eq(hidden->partition_part_count, 1);
    fixture_close(&fixture);
}

Test(table, definitions_come_back_from_bytes) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct table_definition *table = table_sample(arena), *back;
    cr_assert_eq(table_check(table), STATUS_OK);
    struct buffer out = buffer_of(arena), again = buffer_of(arena);
    table_encode(table, &out);
    cr_assert_eq(table_decode(buffer_slice(&out), arena, &back), STATUS_OK);
    table_encode(back, &again);
    cr_assert(slice_equal(buffer_slice(&out), buffer_slice(&again)));
    cr_assert_eq(back->column_count, table->column_count);
    cr_assert(slice_equal(back->columns[3].name, SLICE_LITERAL("pri\u00e9")));
    fixture_close(&fixture);
}

Test(table, damaged_bytes_are_refused_or_a_legal_definition, .timeout = 100) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct buffer out = buffer_of(arena);
    table_encode(table_sample(arena), &out);
    struct slice bytes = slice_of_text(arena_text(arena, SLICE_EMPTY));
    uint8_t *copy = malloc(out.size);
    bytes = slice_of(copy, out.size);
    memcpy(copy, out.data, out.size);
    arena_reset(arena);
    for (size_t size = 0; size < bytes.size; size++) {
        struct table_definition *back;
        uint8_t *cut = malloc(size + 1);
        memcpy(cut, copy, size);
        cr_assert_eq(table_decode(slice_of(cut, size), arena, &back), STATUS_CORRUPT);
        free(cut);
        arena_reset(arena);
    }
    struct random random;
    random_open(&random, 4);
    for (int round = 0; round < 20000; round++) {
        struct table_definition *back;
        size_t at = random_below(&random, bytes.size);
        uint8_t old = copy[at];
        copy[at] = (uint8_t)random_u64(&random);
        if (table_decode(bytes, arena, &back) == STATUS_OK) {
            cr_assert_eq(table_check(back), STATUS_OK);
            row_layout_of_table(back, arena);
        }
        copy[at] = old;
        arena_reset(arena);
    }
    free(copy);
    fixture_close(&fixture);
}
