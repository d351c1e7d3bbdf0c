#include "row/type.h"
#include "tests/row/tables.h"

static const char *print(struct column_type type, struct arena *arena) {
    struct buffer out = buffer_of(arena);
    column_type_print(&type, &out);
    return arena_text(arena, buffer_slice(&out));
}

Test(type, names_are_those_of_show_create_table) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct slice members[] = {SLICE_LITERAL("a"), SLICE_LITERAL("it's")};
    cr_assert_str_eq(print((struct column_type){.kind = COLUMN_INT}, arena), "int");
    cr_assert_str_eq(print((struct column_type){.kind = COLUMN_TINYINT, .length = 1}, arena),
                     "tinyint(1)");
    cr_assert_str_eq(
        print((struct column_type){.kind = COLUMN_BIGINT, .flags = COLUMN_UNSIGNED}, arena),
        "bigint unsigned");
    cr_assert_str_eq(print((struct column_type){.kind = COLUMN_INT,
                                                .flags = COLUMN_UNSIGNED | COLUMN_ZEROFILL,
                                                .length = 5},
                           arena),
                     "int(5) unsigned zerofill");
    cr_assert_str_eq(print(column_type_decimal(10, 2), arena), "decimal(10,2)");
    cr_assert_str_eq(print(column_type_double(), arena), "double");
    cr_assert_str_eq(print(column_type_varchar(20, 255), arena), "varchar(20)");
    cr_assert_str_eq(print(column_type_varchar(20, COLLATION_BINARY), arena), "varbinary(20)");
    cr_assert_str_eq(print((struct column_type){.kind = COLUMN_DATETIME, .scale = 3}, arena),
                     "datetime(3)");
    cr_assert_str_eq(print((struct column_type){.kind = COLUMN_ENUM,
                                                .collation = 255,
                                                .member_count = 2,
                                                .members = members},
                           arena),
                     "enum('a','it''s')");
    fixture_close(&fixture);
}

Test(type, clients_see_mysqls_codes_and_lengths) {
    struct column_type type = {.kind = COLUMN_INT, .collation = COLLATION_BINARY};
    cr_assert_eq(column_type_mysql(&type), MYSQL_TYPE_LONG);
    cr_assert_eq(column_type_display_length(&type, 4), 11);
    type.flags = COLUMN_UNSIGNED;
    cr_assert_eq(column_type_display_length(&type, 4), 10);
    type.kind = COLUMN_BIGINT;
    cr_assert_eq(column_type_display_length(&type, 4), 20);
    type = column_type_varchar(20, 255);
    cr_assert_eq(column_type_mysql(&type), MYSQL_TYPE_VAR_STRING);
    cr_assert_eq(column_type_display_length(&type, 4), 80);
    cr_assert_eq(column_type_bytes_max(&type), 80);
    type = column_type_decimal(10, 2);
    cr_assert_eq(column_type_display_length(&type, 4), 12);
    cr_assert_eq(column_type_decimals(&type), 2);
    type = (struct column_type){.kind = COLUMN_DATETIME, .scale = 6, .collation = 63};
    cr_assert_eq(column_type_display_length(&type, 4), 26);
    type = (struct column_type){.kind = COLUMN_TEXT, .collation = 255};
    cr_assert_eq(column_type_mysql(&type), MYSQL_TYPE_BLOB);
    cr_assert_eq(column_type_display_length(&type, 4), 262140);
    type.kind = COLUMN_LONGTEXT;
    cr_assert_eq(column_type_display_length(&type, 4), UINT32_MAX);
}

Test(type, integer_limits_follow_width_and_sign) {
    struct column_type type = {.kind = COLUMN_TINYINT};
    cr_assert_eq(column_type_int_min(&type), -128);
    cr_assert_eq(column_type_int_max(&type), 127);
    type.kind = COLUMN_MEDIUMINT;
    type.flags = COLUMN_UNSIGNED;
    cr_assert_eq(column_type_int_min(&type), 0);
    cr_assert_eq(column_type_int_max(&type), 16777215);
    type = (struct column_type){.kind = COLUMN_BIGINT};
    cr_assert_eq(column_type_int_min(&type), INT64_MIN);
    cr_assert_eq(column_type_int_max(&type), INT64_MAX);
    type.flags = COLUMN_UNSIGNED;
    cr_assert_eq(column_type_int_max(&type), UINT64_MAX);
}

Test(type, impossible_types_are_refused) {
    struct column_type type = column_type_decimal(10, 11);
    cr_assert_eq(column_type_check(&type), STATUS_INVALID);
    type = column_type_decimal(66, 2);
    cr_assert_eq(column_type_check(&type), STATUS_INVALID);
    type = (struct column_type){.kind = COLUMN_BIT, .length = 65, .collation = 63};
    cr_assert_eq(column_type_check(&type), STATUS_INVALID);
    type = (struct column_type){.kind = COLUMN_VARCHAR, .length = 5, .collation = 63};
    cr_assert_eq(column_type_check(&type), STATUS_INVALID);
    type.collation = 9999;
    cr_assert_eq(column_type_check(&type), STATUS_INVALID);
    type = (struct column_type){.kind = 99, .collation = 63};
    cr_assert_eq(column_type_check(&type), STATUS_INVALID);
}

Test(type, every_type_comes_back_from_bytes) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct column_type types[EVERY_TYPE_COUNT_MAX];
    uint32_t count = every_type(types, 0, arena);
    struct buffer out = buffer_of(arena);
    for (uint32_t i = 0; i < count; i++) column_type_encode(&types[i], &out);
    struct reader reader = reader_of(buffer_slice(&out));
    for (uint32_t i = 0; i < count; i++) {
        struct column_type back;
        column_type_decode(&reader, arena, &back);
        cr_assert(!reader.failed);
        cr_assert_str_eq(print(back, arena), print(types[i], arena));
        cr_assert_eq(back.collation, types[i].collation);
    }
    cr_assert_eq(reader_left(&reader), 0);
    fixture_close(&fixture);
}
