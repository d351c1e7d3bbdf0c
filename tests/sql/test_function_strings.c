#include "tests/sql/bind_world.h"

#define EXPECT(cases) world_expect(cases, ARRAY_COUNT(cases))

Test(function_strings, texts_are_joined) {
    static const struct eval_case cases[] = {
        {"concat('My', 'S', 'QL')", "MySQL"},
        {"concat('My', NULL, 'QL')", "NULL"},
        {"concat(14.3)", "14.3"},
        {"concat(1, 'a', 2.50)", "1a2.50"},
        {"concat(date'2024-02-29', ' ', time'10:11:12')", "2024-02-29 10:11:12"},
        {"concat_ws(',', 'First name', 'Second name', 'Last Name')",
         "First name,Second name,Last Name"},
        {"concat_ws(',', 'First name', NULL, 'Last Name')", "First name,Last Name"},
        {"concat_ws(NULL, 'a', 'b')", "NULL"},
        {"concat_ws(',', '', 'a')", ",a"},
        {"elt(1, 'Aa', 'Bb', 'Cc', 'Dd')", "Aa"},
        {"elt(4, 'Aa', 'Bb', 'Cc', 'Dd')", "Dd"},
        {"elt(5, 'Aa', 'Bb')", "NULL"},
        {"elt(0, 'Aa', 'Bb')", "NULL"},
        {"make_set(1, 'a', 'b', 'c')", "a"},
        {"make_set(1 | 4, 'hello', 'nice', 'world')", "hello,world"},
        {"make_set(1 | 4, 'hello', 'nice', NULL, 'world')", "hello"},
        {"make_set(0, 'a', 'b', 'c')", ""},
        {"export_set(5, 'Y', 'N', ',', 4)", "Y,N,Y,N"},
        {"export_set(6, '1', '0', ',', 10)", "0,1,1,0,0,0,0,0,0,0"},
        {"length(export_set(0, 'a', 'b'))", "127"},
    };
    EXPECT(cases);
}

Test(function_strings, parts_count_in_characters) {
    static const struct eval_case cases[] = {
        {"left('foobarbar', 5)", "fooba"},
        {"left('äöü', 2)", "äö"},
        {"left('abc', -1)", ""},
        {"left('abc', NULL)", "NULL"},
        {"right('foobarbar', 4)", "rbar"},
        {"right('äöü', 2)", "öü"},
        {"right('ab', 5)", "ab"},
        {"substring('Quadratically', 5)", "ratically"},
        {"substring('foobarbar' FROM 4)", "barbar"},
        {"substring('Quadratically', 5, 6)", "ratica"},
        {"substring('Sakila', -3)", "ila"},
        {"substring('Sakila', -5, 3)", "aki"},
        {"substring('Sakila' FROM -4 FOR 2)", "ki"},
        {"substring('Sakila', 0)", ""},
        {"substring('Sakila', 7)", ""},
        {"substring('Sakila', -7)", ""},
        {"substring('Sakila', 2, -1)", ""},
        {"mid('abcdef', 2, 3)", "bcd"},
        {"substr('日本語', 2, 1)", "本"},
        {"insert('Quadratic', 3, 4, 'What')", "QuWhattic"},
        {"insert('Quadratic', -1, 4, 'What')", "Quadratic"},
        {"insert('Quadratic', 3, 100, 'What')", "QuWhat"},
        {"insert('äöü', 2, 1, 'x')", "äxü"},
        {"insert('abc', 2, 0, 'x')", "axbc"},
    };
    EXPECT(cases);
}

Test(function_strings, trimming_takes_whole_texts_off) {
    static const struct eval_case cases[] = {
        {"trim('  bar   ')", "bar"},
        {"trim(LEADING 'x' FROM 'xxxbarxxx')", "barxxx"},
        {"trim(BOTH 'x' FROM 'xxxbarxxx')", "bar"},
        {"trim(TRAILING 'xyz' FROM 'barxxyz')", "barx"},
        {"ltrim('  barbar')", "barbar"},
        {"rtrim('barbar   ')", "barbar"},
        {"trim('x' FROM 'xxaxx')", "a"},
        {"trim('ä' FROM 'ääöä')", "ö"},
        {"trim(NULL FROM 'a')", "NULL"},
        {"trim('' FROM ' a ')", " a "},
        {"trim('X' FROM 'xax')", "xax"},
    };
    EXPECT(cases);
}

Test(function_strings, padding_and_repeating) {
    static const struct eval_case cases[] = {
        {"lpad('hi', 4, '+-')", "+-hi"},
        {"lpad('hi', 1, '+')", "h"},
        {"lpad('hi', 7, 'abc')", "abcabhi"},
        {"rpad('hi', 5, '?')", "hi???"},
        {"rpad('hi', 1, '?')", "h"},
        {"rpad('hi', -1, '?')", "NULL"},
        {"lpad('ä', 3, 'öü')", "öüä"},
        {"repeat('MySQL', 3)", "MySQLMySQLMySQL"},
        {"repeat('a', 0)", ""},
        {"repeat('a', -1)", ""},
        {"repeat('a', 1000000000)", "NULL"},
        {"repeat('a', 9223372036854775807)", "NULL"},
        {"lpad('a', 1000000000, 'b')", "NULL"},
        {"length(space(6))", "6"},
        {"space(-1)", ""},
    };
    EXPECT(cases);
}

Test(function_strings, what_is_too_long_is_null_with_a_warning) {
    struct bind_world world;
    bind_world_open(&world);
    cr_assert_str_eq(world_eval(&world, "repeat('abc', 100000000)"), "NULL");
    cr_assert_eq(world.diagnostics.warning_count, 1);
    cr_assert_eq(world.diagnostics.conditions[0].number, 1301);
    const char *text = arena_text(&world.arena, world.diagnostics.conditions[0].message);
    cr_assert_str_eq(
        text, "Result of repeat() was larger than max_allowed_packet (67108864) - truncated");
    bind_world_close(&world);
}

Test(function_strings, letters_and_order_change) {
    static const struct eval_case cases[] = {
        {"lower('QUADRATICALLY')", "quadratically"},
        {"lcase('ÄÖÜ')", "äöü"},
        {"upper('Hej')", "HEJ"},
        {"ucase('straße')", "STRAßE"},
        {"upper(_binary'abc')", "abc"},
        {"reverse('abc')", "cba"},
        {"reverse('aäb')", "bäa"},
        {"reverse('')", ""},
        {"replace('www.mysql.com', 'w', 'Ww')", "WwWwWw.mysql.com"},
        {"replace('aAaA', 'A', 'b')", "abab"},
        {"replace('abc', '', 'x')", "abc"},
        {"replace('äbä', 'ä', '')", "b"},
        {"replace('abc', NULL, 'x')", "NULL"},
        {"quote('Don\\'t!')", "'Don\\'t!'"},
        {"quote(NULL)", "NULL"},
        {"quote('a\\\\b')", "'a\\\\b'"},
    };
    EXPECT(cases);
}

Test(function_strings, types_and_collations_follow_the_args) {
    struct bind_world world;
    bind_world_open(&world);
    cr_expect_str_eq(world_type_of(&world, "concat('ab', 'cde')"), "varchar(5)");
    cr_expect_str_eq(world_type_of(&world, "concat('ab', 12)"), "varchar(4)");
    cr_expect_str_eq(world_type_of(&world, "left('abcdef', 2)"), "varchar(2)");
    cr_expect_str_eq(world_type_of(&world, "repeat('ab', 3)"), "varchar(6)");
    cr_expect_str_eq(world_type_of(&world, "repeat('ab', 1 + 3)"), "longtext");
    cr_expect_str_eq(world_type_of(&world, "concat(x'41', 'b')"), "varbinary(2)");
    cr_expect_str_eq(world_eval(&world, "charset(concat(_latin1'a', 'b'))"), "utf8mb4");
    cr_expect_str_eq(world_eval(&world, "collation(upper('a' COLLATE utf8mb4_bin))"),
                     "utf8mb4_bin");
    cr_expect_str_eq(world_eval(&world, "charset(concat(_latin1'a', 1))"), "latin1");
    bind_world_close(&world);
}
