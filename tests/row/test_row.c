#include "row/row.h"
#include "tests/row/tables.h"

static bool same(const struct value *a, const struct value *b) {
    return a->kind == b->kind && value_compare_total(a, b, COLLATION_BINARY) == 0 &&
           (a->kind == VALUE_NULL || a->scale == b->scale);
}

static struct slice encode(const struct row_layout *layout, const struct value *values,
                           struct arena *arena) {
    struct buffer out = buffer_of(arena);
    struct slice row;
    cr_assert_eq(row_encode(layout, values, &out, &row), STATUS_OK);
    return row;
}

Test(row, values_of_every_kind_come_back, .timeout = 100) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct random random;
    random_open(&random, 11);
    for (int round = 0; round < 4000; round++) {
        struct column_type types[EVERY_TYPE_COUNT_MAX];
        uint32_t count = every_type(types, round % 2 == 0 ? COLUMN_NOT_NULL : 0, arena);
        struct row_layout *layout = row_layout_of_types(types, count, arena);
        struct value values[EVERY_TYPE_COUNT_MAX], back[EVERY_TYPE_COUNT_MAX];
        for (uint32_t i = 0; i < count; i++) values[i] = random_value(&random, &types[i], arena);
        struct slice row = encode(layout, values, arena);
        cr_assert(row.size <= row_size_max(layout, values));
        cr_assert_eq(row_verify(layout, row), STATUS_OK);
        row_values(layout, row, arena, back);
        for (uint32_t i = 0; i < count; i++) {
            struct value one = row_value(layout, row, i, arena);
            cr_assert(same(&values[i], &back[i]), "%s", column_kind_name(types[i].kind));
            cr_assert(same(&values[i], &one));
            cr_assert_eq(row_is_null(layout, row, i), value_is_null(&values[i]));
        }
        struct slice again = encode(layout, back, arena);
        cr_assert(slice_equal(row, again), "one row has one encoding");
        arena_reset(arena);
    }
    fixture_close(&fixture);
}

Test(row, a_sysbench_row_is_its_values_and_six_bytes) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct column_type types[4] = {
        {.kind = COLUMN_INT, .flags = COLUMN_NOT_NULL, .collation = COLLATION_BINARY},
        {.kind = COLUMN_INT, .flags = COLUMN_NOT_NULL, .collation = COLLATION_BINARY},
        {.kind = COLUMN_CHAR, .flags = COLUMN_NOT_NULL, .length = 120, .collation = 255},
        {.kind = COLUMN_CHAR, .flags = COLUMN_NOT_NULL, .length = 60, .collation = 255}};
    struct row_layout *layout = row_layout_of_types(types, 4, arena);
    char text[120];
    memset(text, 'x', sizeof(text));
    struct value values[4] = {value_of_int(1), value_of_int(2),
                              value_of_string(slice_of(text, 119), 255),
                              value_of_string(slice_of(text, 59), 255)};
    cr_assert_eq(encode(layout, values, arena).size, 2 + 4 + 4 + 2 * 2 + 119 + 59);
    fixture_close(&fixture);
}

Test(row, columns_added_later_read_as_their_default) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct table_definition *table = table_sample(arena);
    struct row_layout *before = row_layout_of_table(table, arena);
    struct value values[6] = {value_of_uint(1), value_of_int(-5), text_value("ann", 255),
                              value_null()};
    struct slice old = encode(before, values, arena);
    struct column_definition *columns = arena_array(arena, struct column_definition, 6);
    memcpy(columns, table->columns, 4 * sizeof(*columns));
    struct column_type type = column_type_bigint(COLUMN_NOT_NULL);
    columns[4] = column_named("added", type);
    columns[4].absent_value = value_of_int(42);
    columns[5] = column_named("note", column_type_varchar(10, 255));
    columns[5].absent_value = text_value("none", 255);
    table->columns = columns;
    table->column_count = 6;
    struct row_layout *after = row_layout_of_table(table, arena);
    cr_assert_eq(row_verify(after, old), STATUS_OK);
    struct value back[6];
    row_values(after, old, arena, back);
    cr_assert_eq(back[1].i, -5);
    cr_assert(slice_equal(value_slice(&back[2]), SLICE_LITERAL("ann")));
    cr_assert(value_is_null(&back[3]));
    cr_assert_eq(back[4].i, 42);
    cr_assert(slice_equal(value_slice(&back[5]), SLICE_LITERAL("none")));
    struct slice stored;
    cr_assert(!row_stored_bytes(after, old, 5, &stored));
    cr_assert(slice_equal(encode(after, back, arena), slice_of(old.data, old.size)),
              "defaults at the end are not stored");
    back[5] = value_null();
    struct slice full = encode(after, back, arena);
    cr_assert(full.size > old.size);
    cr_assert(row_is_null(after, full, 5));
    fixture_close(&fixture);
}

Test(row, long_values_take_wide_ends) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct column_type types[2] = {{.kind = COLUMN_MEDIUMTEXT, .collation = 255},
                                   {.kind = COLUMN_TEXT, .collation = 255}};
    struct row_layout *layout = row_layout_of_types(types, 2, arena);
    uint8_t *text = arena_alloc(arena, 70000);
    memset(text, 'q', 70000);
    for (size_t size = 65530; size < 65540; size++) {
        struct value values[2] = {value_of_string(slice_of(text, size), 255),
                                  text_value("end", 255)};
        struct slice row = encode(layout, values, arena);
        cr_assert_eq(row_verify(layout, row), STATUS_OK);
        struct value first = row_value(layout, row, 0, arena);
        struct value second = row_value(layout, row, 1, arena);
        cr_assert_eq(first.size, size);
        cr_assert(slice_equal(value_slice(&second), SLICE_LITERAL("end")));
    }
    fixture_close(&fixture);
}

Test(row, values_that_do_not_fit_are_refused) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct row_layout *layout = row_layout_of_table(table_sample(arena), arena);
    struct value values[4] = {value_null(), value_null(), value_null(), value_null()};
    struct buffer out = buffer_of(arena);
    struct slice row;
    cr_assert_eq(row_encode(layout, values, &out, &row), STATUS_INVALID);
    values[0] = value_of_uint(UINT64_C(1) << 32);
    cr_assert_eq(row_encode(layout, values, &out, &row), STATUS_INVALID);
    values[0] = value_of_uint(1);
    values[2] = text_value("123456789012345678901", 255);
    cr_assert_eq(row_encode(layout, values, &out, &row), STATUS_INVALID);
    values[2] = value_of_int(1);
    cr_assert_eq(row_encode(layout, values, &out, &row), STATUS_INVALID);
    values[2] = value_null();
    cr_assert_eq(row_encode(layout, values, &out, &row), STATUS_OK);
    cr_assert_eq(row.size, 2 + 1 * 0 + 4);
    fixture_close(&fixture);
}

Test(row, projections_are_rows_of_their_own, .timeout = 100) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct random random;
    random_open(&random, 12);
    for (int round = 0; round < 2000; round++) {
        struct column_type types[EVERY_TYPE_COUNT_MAX];
        uint32_t count = every_type(types, 0, arena);
        struct row_layout *layout = row_layout_of_types(types, count, arena);
        struct value values[EVERY_TYPE_COUNT_MAX];
        for (uint32_t i = 0; i < count; i++) values[i] = random_value(&random, &types[i], arena);
        struct slice row = encode(layout, values, arena);
        uint16_t columns[5];
        for (int i = 0; i < 5; i++) columns[i] = (uint16_t)random_below(&random, count);
        struct row_layout *projected = row_layout_project(layout, columns, 5, arena);
        struct buffer out = buffer_of(arena);
        row_project(layout, row, columns, projected, &out);
        cr_assert_eq(row_verify(projected, buffer_slice(&out)), STATUS_OK);
        for (uint32_t i = 0; i < 5; i++) {
            struct value value = row_value(projected, buffer_slice(&out), i, arena);
            cr_assert(same(&value, &values[columns[i]]));
        }
        arena_reset(arena);
    }
    fixture_close(&fixture);
}

Test(row, damaged_rows_are_refused_or_readable, .timeout = 200) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct random random;
    random_open(&random, 13);
    for (int round = 0; round < 20000; round++) {
        struct column_type types[EVERY_TYPE_COUNT_MAX];
        uint32_t count = every_type(types, round % 2 == 0 ? COLUMN_NOT_NULL : 0, arena);
        struct row_layout *layout = row_layout_of_types(types, count, arena);
        struct value values[EVERY_TYPE_COUNT_MAX];
        for (uint32_t i = 0; i < count; i++) values[i] = random_value(&random, &types[i], arena);
        struct slice row = encode(layout, values, arena);
        size_t size = row.size;
        uint8_t *copy = malloc(size);
        memcpy(copy, row.data, size);
        for (int i = 0; i < 3; i++)
            copy[random_below(&random, size)] = (uint8_t)random_u64(&random);
        if (random_below(&random, 3) == 0) size = random_below(&random, size);
        struct slice damaged = slice_of(copy, size);
        if (row_verify(layout, damaged) == STATUS_OK) {
            row_values(layout, damaged, arena, values);
            struct buffer out = buffer_of(arena);
            cr_assert_eq(row_encode(layout, values, &out, &row), STATUS_OK);
        }
        free(copy);
        arena_reset(arena);
    }
    fixture_close(&fixture);
}

Test(row, rows_print) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct row_layout *layout = row_layout_of_table(table_sample(arena), arena);
    struct value values[4] = {value_of_uint(1), value_null(), text_value("it's", 255),
                              value_null()};
    struct buffer out = buffer_of(arena);
    row_print(layout, encode(layout, values, arena), &out);
    cr_assert_str_eq(arena_text(arena, buffer_slice(&out)), "(1, NULL, 'it\\'s', NULL)");
    fixture_close(&fixture);
}
