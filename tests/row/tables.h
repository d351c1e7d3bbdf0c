/* tests/row/tables.h: tables for tests: a small sample, and one with a column of every kind, with
 * random rows.
 */
#ifndef TESTS_ROW_TABLES_H
#define TESTS_ROW_TABLES_H

#include "row/convert.h"
#include "row/table.h"
#include "tests/row/fixture.h"

static inline struct column_definition column_named(const char *name, struct column_type type) {
    return (struct column_definition){.name = slice_of_text(name), .type = type};
}

/* id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, k INT, name VARCHAR(20), prié DECIMAL(10,2) UNIQUE */
static inline struct table_definition *table_sample(struct arena *arena) {
    struct column_definition *columns = arena_array(arena, struct column_definition, 4);
    struct column_type type = {.kind = COLUMN_INT,
                               .flags = COLUMN_UNSIGNED | COLUMN_NOT_NULL,
                               .collation = COLLATION_BINARY};
    columns[0] = column_named("id", type);
    columns[0].options = COLUMN_AUTO_INCREMENT;
    type.flags = 0;
    columns[1] = column_named("k", type);
    columns[1].default_kind = DEFAULT_VALUE;
    columns[1].default_value = value_of_int(7);
    columns[2] = column_named("name", column_type_varchar(20, COLLATION_DEFAULT));
    columns[3] = column_named("pri\u00e9", column_type_decimal(10, 2));
    struct index_part *parts = arena_array(arena, struct index_part, 4);
    parts[0] = (struct index_part){.column = 0};
    parts[1] = (struct index_part){.column = 2, .prefix_chars = 5};
    parts[2] = (struct index_part){.column = 1, .flags = INDEX_PART_DESCENDING};
    parts[3] = (struct index_part){.column = 3};
    struct index_definition *indexes = arena_array(arena, struct index_definition, 3);
    indexes[0] = (struct index_definition){
        .name = SLICE_LITERAL("PRIMARY"), .kind = INDEX_PRIMARY, .part_count = 1, .parts = parts};
    indexes[1] = (struct index_definition){.name = SLICE_LITERAL("k_name"),
                                           .id = 1,
                                           .kind = INDEX_ORDERED,
                                           .part_count = 2,
                                           .parts = parts + 1};
    indexes[2] = (struct index_definition){.name = SLICE_LITERAL("u"),
                                           .id = 2,
                                           .kind = INDEX_UNIQUE,
                                           .part_count = 1,
                                           .parts = parts + 3,
                                           .hidden_table_id = 77};
    struct table_definition *table = arena_new(arena, struct table_definition);
    *table = (struct table_definition){.id = 12,
                                       .schema_version = 3,
                                       .database = SLICE_LITERAL("test"),
                                       .name = SLICE_LITERAL("sample"),
                                       .comment = SLICE_LITERAL("a comment"),
                                       .collation = COLLATION_DEFAULT,
                                       .collation_weights_version = COLLATION_WEIGHTS_VERSION,
                                       .column_count = 4,
                                       .index_count = 3,
                                       .partition_part_count = 1,
                                       .columns = columns,
                                       .indexes = indexes};
    return table;
}

/* Types of every kind, some twice with other parameters; `flags` for all. */
static inline uint32_t every_type(struct column_type *types, uint8_t flags, struct arena *arena) {
    struct slice *members = arena_array(arena, struct slice, 3);
    members[0] = SLICE_LITERAL("red");
    members[1] = SLICE_LITERAL("green");
    members[2] = SLICE_LITERAL("blue");
    uint32_t count = 0;
    for (uint8_t kind = COLUMN_TINYINT; kind <= COLUMN_SET; kind++) {
        struct column_type type = {
            .kind = kind, .flags = flags, .collation = COLLATION_BINARY, .length = 10};
        if (column_kind_is_text(kind)) type.collation = COLLATION_DEFAULT;
        if (kind == COLUMN_FLOAT || kind == COLUMN_DOUBLE) type.scale = SCALE_NOT_FIXED;
        if (kind == COLUMN_DECIMAL) {
            type.precision = 10;
            type.scale = 3;
        }
        if (kind == COLUMN_ENUM || kind == COLUMN_SET) {
            type.member_count = 3;
            type.members = members;
        }
        types[count++] = type;
        if (column_kind_is_integer(kind)) {
            type.flags |= COLUMN_UNSIGNED;
            types[count++] = type;
        }
        if (kind == COLUMN_DECIMAL) type.precision = 40;
        if (kind == COLUMN_TIME || kind == COLUMN_DATETIME || kind == COLUMN_TIMESTAMP) {
            type.scale = 4;
        }
        if (kind == COLUMN_VARCHAR) type.collation = COLLATION_UTF8MB4_GENERAL_CI;
        if (kind == COLUMN_CHAR) type.collation = COLLATION_LATIN1_SWEDISH_CI;
        if (kind == COLUMN_TEXT) type.collation = COLLATION_UTF8MB4_0900_AS_CS;
        if (kind == COLUMN_DECIMAL || kind == COLUMN_VARCHAR || kind == COLUMN_CHAR ||
            kind == COLUMN_TEXT || type.scale == 4) {
            types[count++] = type;
        }
    }
    return count;
}
#define EVERY_TYPE_COUNT_MAX 64

/* A value that fits the type; NULL now and then when it may be. */
static inline struct value random_value(struct random *random, const struct column_type *type,
                                        struct arena *arena) {
    static const struct convert_options options;
    struct value from = value_of_int((int64_t)random_below(random, 7) - 3), out;
    if (column_type_is_nullable(type) && random_below(random, 5) == 0) return value_null();
    uint64_t pick = random_below(random, 3);
    if (column_kind_is_string(type->kind)) {
        static const char letters[] = "aAb z\t\x01";
        uint8_t text[8];
        size_t size = random_below(random, 8);
        for (size_t i = 0; i < size; i++) text[i] = (uint8_t)letters[random_below(random, 7)];
        from = value_of_string(arena_copy(arena, slice_of(text, size)), type->collation);
    } else if (type->kind >= COLUMN_DATE && type->kind <= COLUMN_TIMESTAMP && pick > 0) {
        int64_t us = (int64_t)random_below(random, UINT64_C(2000000000000000)), packed = 0;
        cr_assert_eq(temporal_from_epoch_us(us, &packed), STATUS_OK);
        from = value_of_temporal(VALUE_DATETIME, packed, 6);
        if (type->kind == COLUMN_TIME) {
            from = value_of_temporal(VALUE_TIME, us % TIME_US_MAX * (pick == 1 ? 1 : -1), 6);
        }
    } else if (pick == 0) {
        from = value_of_int((int64_t)random_u64(random));
    } else if (pick == 1 && type->kind <= COLUMN_DECIMAL) {
        from = value_of_double((random_unit(random) - 0.5) * 1000);
    }
    enum status status = value_convert(&from, type, &options, arena, &out);
    cr_assert_neq(status, STATUS_UNSUPPORTED);
    cr_assert(value_fits(&out, type), "%s", column_kind_name(type->kind));
    return out;
}

#endif
