#include "row/key.h"
#include "tests/row/tables.h"

static struct slice key_of(const struct key_layout *layout, const struct value *values,
                           uint32_t count, struct arena *arena) {
    struct buffer out = buffer_of(arena);
    cr_assert_eq(key_of_values(layout, values, count, &out), STATUS_OK);
    return buffer_slice(&out);
}

Test(key, the_order_of_keys_is_the_order_of_values, .timeout = 200) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct random random;
    random_open(&random, 21);
    for (int round = 0; round < 3000; round++) {
        struct column_type types[EVERY_TYPE_COUNT_MAX];
        uint32_t count = every_type(types, 0, arena);
        for (uint32_t i = 0; i < count; i++) {
            bool descending = random_below(&random, 2) == 0;
            struct value a = random_value(&random, &types[i], arena);
            struct value b = random_value(&random, &types[i], arena);
            struct row_layout *row = row_layout_of_types(&types[i], 1, arena);
            struct key_part part = {0, descending ? INDEX_PART_DESCENDING : 0, 0};
            struct key_layout *layout = key_layout_of_parts(row, &part, 1, arena);
            int expected = sign_of(value_compare_total(&a, &b, types[i].collation));
            struct slice x = key_of(layout, &a, 1, arena), y = key_of(layout, &b, 1, arena);
            int got = sign_of(slice_compare(x, y));
            cr_assert_eq(descending ? -got : got, expected, "%s: %s, %s",
                         column_kind_name(types[i].kind), value_show(&a, arena),
                         value_show(&b, arena));
            struct buffer of_row = buffer_of(arena), bytes = buffer_of(arena);
            struct slice encoded;
            cr_assert_eq(row_encode(row, &a, &bytes, &encoded), STATUS_OK);
            key_of_row(layout, encoded, &of_row);
            cr_assert(slice_equal(buffer_slice(&of_row), x));
        }
        arena_reset(arena);
    }
    fixture_close(&fixture);
}

Test(key, parts_compare_one_after_the_other, .timeout = 100) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct random random;
    random_open(&random, 22);
    struct column_type types[EVERY_TYPE_COUNT_MAX];
    struct arena *types_arena = arena;
    uint32_t count = every_type(types, 0, types_arena);
    for (int round = 0; round < 20000; round++) {
        struct column_type three[3];
        struct key_part parts[3];
        struct value a[3], b[3];
        int expected = 0;
        struct fixture inner;
        struct arena *scratch = fixture_open(&inner);
        for (uint16_t i = 0; i < 3; i++) {
            three[i] = types[random_below(&random, count)];
            parts[i] = (struct key_part){i, (uint16_t)random_below(&random, 2), 0};
            a[i] = random_value(&random, &three[i], scratch);
            b[i] = random_below(&random, 2) ? a[i] : random_value(&random, &three[i], scratch);
            int order = value_compare_total(&a[i], &b[i], three[i].collation);
            if (expected == 0) expected = parts[i].flags ? -sign_of(order) : sign_of(order);
        }
        struct row_layout *row = row_layout_of_types(three, 3, scratch);
        struct key_layout *layout = key_layout_of_parts(row, parts, 3, scratch);
        struct slice x = key_of(layout, a, 3, scratch), y = key_of(layout, b, 3, scratch);
        cr_assert_eq(sign_of(slice_compare(x, y)), expected);
        if (expected == 0) {
            cr_assert_eq(key_hash(x), key_hash(y));
            cr_assert_eq(key_bucket(x), key_bucket(y));
        }
        struct slice prefix = key_of(layout, a, 2, scratch);
        cr_assert(slice_equal(slice_part(x, 0, prefix.size), prefix));
        fixture_close(&inner);
    }
    fixture_close(&fixture);
}

static bool in_range(const struct key_range *range, struct slice key) {
    return slice_compare(key, range->lower) >= 0 &&
           (range->upper.size == 0 || slice_compare(key, range->upper) < 0);
}

static bool in_bounds(const struct key_bounds *bounds, const struct value *v, uint16_t collation) {
    if (value_is_null(v)) {
        return bounds->low_kind == KEY_BOUND_OPEN && bounds->high_kind == KEY_BOUND_OPEN;
    }
    int low = value_compare_total(v, &bounds->low, collation);
    int high = value_compare_total(v, &bounds->high, collation);
    bool low_ok = bounds->low_kind == KEY_BOUND_OPEN || low > 0 ||
                  (low == 0 && bounds->low_kind == KEY_BOUND_INCLUSIVE);
    bool high_ok = bounds->high_kind == KEY_BOUND_OPEN || high < 0 ||
                   (high == 0 && bounds->high_kind == KEY_BOUND_INCLUSIVE);
    return low_ok && high_ok;
}

Test(key, ranges_hold_what_their_bounds_say, .timeout = 200) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct random random;
    random_open(&random, 23);
    struct column_type types[EVERY_TYPE_COUNT_MAX];
    uint32_t count = every_type(types, 0, arena);
    for (int round = 0; round < 30000; round++) {
        struct fixture inner;
        struct arena *scratch = fixture_open(&inner);
        struct column_type two[2] = {types[random_below(&random, count)],
                                     types[random_below(&random, count)]};
        if (random_below(&random, 2) == 0) two[1].flags |= COLUMN_NOT_NULL;
        struct row_layout *row = row_layout_of_types(two, 2, scratch);
        struct key_part parts[2] = {{0, (uint16_t)random_below(&random, 2), 0},
                                    {1, (uint16_t)random_below(&random, 2), 0}};
        struct key_layout *layout = key_layout_of_parts(row, parts, 2, scratch);
        struct value first = random_value(&random, &two[0], scratch);
        struct key_bounds bounds = {
            random_value(&random, &two[1], scratch), random_value(&random, &two[1], scratch),
            (uint8_t)random_below(&random, 3), (uint8_t)random_below(&random, 3)};
        bool null_low = value_is_null(&bounds.low), null_high = value_is_null(&bounds.high);
        if (null_low) bounds.low_kind = KEY_BOUND_OPEN;
        if (null_high) bounds.high_kind = KEY_BOUND_OPEN;
        struct key_equal equal = {key_of(layout, &first, 1, scratch), 1};
        struct key_range range;
        cr_assert_eq(key_range_between(layout, &equal, &bounds, scratch, &range), STATUS_OK);
        for (int i = 0; i < 5; i++) {
            struct value key[2] = {first, random_value(&random, &two[1], scratch)};
            if (i == 0 && !null_low) key[1] = bounds.low;
            if (i == 1 && !null_high) key[1] = bounds.high;
            if (i == 2) key[0] = random_value(&random, &two[0], scratch);
            bool expected = value_compare_total(&key[0], &first, two[0].collation) == 0 &&
                            in_bounds(&bounds, &key[1], two[1].collation);
            bool got = in_range(&range, key_of(layout, key, 2, scratch));
            cr_assert_eq(got, expected, "%s", column_kind_name(two[1].kind));
        }
        fixture_close(&inner);
    }
    fixture_close(&fixture);
}

Test(key, a_range_above_the_greatest_key_is_empty) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct column_type type = {.kind = COLUMN_INT,
                               .flags = COLUMN_UNSIGNED | COLUMN_NOT_NULL,
                               .collation = COLLATION_BINARY};
    struct row_layout *row = row_layout_of_types(&type, 1, arena);
    struct key_part part = {0, 0, 0};
    struct key_layout *layout = key_layout_of_parts(row, &part, 1, arena);
    cr_assert_eq(layout->fixed_bytes, 4);
    struct key_bounds bounds = {.low = value_of_uint(UINT32_MAX),
                                .low_kind = KEY_BOUND_EXCLUSIVE,
                                .high_kind = KEY_BOUND_OPEN};
    struct key_equal equal = {SLICE_EMPTY, 0};
    struct key_range range;
    cr_assert_eq(key_range_between(layout, &equal, &bounds, arena, &range), STATUS_OK);
    struct value max = value_of_uint(UINT32_MAX), zero = value_of_uint(0);
    cr_assert(!in_range(&range, key_of(layout, &max, 1, arena)));
    cr_assert(!in_range(&range, key_of(layout, &zero, 1, arena)));
    fixture_close(&fixture);
}

Test(key, an_index_key_ends_with_the_primary_key) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct table_definition *table = table_sample(arena);
    struct row_layout *row = row_layout_of_table(table, arena);
    struct key_layout *entry = key_layout_of_index(table, 1, row, KEY_WITH_PRIMARY, arena);
    cr_assert_eq(entry->part_count, 3);
    cr_assert_eq(entry->parts[2].column, 0);
    cr_assert_eq(key_layout_of_index(table, 1, row, KEY_INDEX_PARTS, arena)->part_count, 2);
    struct value a[3] = {text_value("abcdeX", 255), value_of_int(1), value_of_uint(5)};
    struct value b[3] = {text_value("ABCDEY", 255), value_of_int(1), value_of_uint(5)};
    cr_assert(slice_equal(key_of(entry, a, 3, arena), key_of(entry, b, 3, arena)),
              "five characters count");
    struct key_layout *partition = key_layout_of_partition(table, row, arena);
    cr_assert_eq(partition->part_count, 1);
    fixture_close(&fixture);
}

Test(key, like_ranges_hold_all_that_match, .timeout = 100) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct random random;
    random_open(&random, 24);
    struct column_type types[EVERY_TYPE_COUNT_MAX];
    uint32_t count = every_type(types, 0, arena);
    for (int round = 0; round < 20000; round++) {
        struct fixture inner;
        struct arena *scratch = fixture_open(&inner);
        struct column_type type = types[random_below(&random, count)];
        if (!column_kind_is_text(type.kind)) {
            fixture_close(&inner);
            continue;
        }
        struct row_layout *row = row_layout_of_types(&type, 1, scratch);
        struct key_part part = {0, (uint16_t)random_below(&random, 2),
                                (uint32_t)random_below(&random, 3)};
        struct key_layout *layout = key_layout_of_parts(row, &part, 1, scratch);
        struct value start = random_value(&random, &type, scratch);
        struct value more = random_value(&random, &type, scratch);
        if (value_is_null(&start) || value_is_null(&more)) {
            fixture_close(&inner);
            continue;
        }
        struct buffer joined = buffer_of(scratch);
        buffer_append(&joined, value_slice(&start));
        buffer_append(&joined, value_slice(&more));
        struct value whole = value_of_string(buffer_slice(&joined), type.collation);
        struct key_equal equal = {SLICE_EMPTY, 0};
        struct key_range range;
        enum status status = key_range_like(layout, &equal, value_slice(&start), scratch, &range);
        cr_assert_eq(status, STATUS_OK);
        cr_assert(in_range(&range, key_of(layout, &whole, 1, scratch)));
        fixture_close(&inner);
    }
    fixture_close(&fixture);
}

Test(key, buckets_are_spread_evenly) {
    uint32_t counts[16] = {0};
    for (uint32_t i = 0; i < 160000; i++) {
        uint8_t key[4];
        store_be32(key, i);
        uint32_t bucket = key_bucket(slice_of(key, sizeof(key)));
        cr_assert(bucket < BUCKET_COUNT);
        counts[bucket / 240]++;
    }
    for (int i = 0; i < 16; i++) cr_assert(counts[i] > 9500 && counts[i] < 10500);
}
