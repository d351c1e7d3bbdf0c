#include "tests/sql/bind_world.h"

#define EXPECT(cases) world_expect(cases, ARRAY_COUNT(cases))

Test(function_searches, places_are_counted_in_characters_from_one) {
    static const struct eval_case cases[] = {
        {"instr('foobarbar', 'bar')", "4"},     {"instr('xbar', 'foobar')", "0"},
        {"instr('äöbar', 'BAR')", "3"},         {"instr('abc', 'C' COLLATE utf8mb4_bin)", "0"},
        {"locate('bar', 'foobarbar')", "4"},    {"locate('xbar', 'foobar')", "0"},
        {"locate('bar', 'foobarbar', 5)", "7"}, {"locate('', 'abc')", "1"},
        {"locate('', 'abc', 4)", "4"},          {"locate('', 'abc', 5)", "0"},
        {"locate('a', 'abc', 0)", "0"},         {"position('b' IN 'abc')", "2"},
        {"locate(NULL, 'abc')", "NULL"},        {"instr('ÄÖ', 'ö')", "2"},
    };
    EXPECT(cases);
}

Test(function_searches, lists_are_searched_by_index) {
    static const struct eval_case cases[] = {
        {"find_in_set('b', 'a,b,c,d')", "2"},
        {"find_in_set('D', 'a,b,c,d')", "4"},
        {"find_in_set('x', 'a,b')", "0"},
        {"find_in_set('', 'a,,b')", "2"},
        {"find_in_set('', '')", "0"},
        {"find_in_set('a,b', 'a,b')", "0"},
        {"find_in_set(NULL, 'a')", "NULL"},
        {"field('Bb', 'Aa', 'Bb', 'Cc', 'Dd', 'Ff')", "2"},
        {"field('Gg', 'Aa', 'Bb', 'Cc', 'Dd', 'Ff')", "0"},
        {"field(NULL, NULL, 'a')", "0"},
        {"field(2, 1, 2, 3)", "2"},
        {"field('2', 1, 2.0, 3)", "2"},
        {"field('b', 'a', NULL, 'B')", "3"},
    };
    EXPECT(cases);
}

Test(function_searches, texts_compare_under_their_collation) {
    static const struct eval_case cases[] = {
        {"strcmp('text', 'text2')", "-1"},
        {"strcmp('text2', 'text')", "1"},
        {"strcmp('text', 'text')", "0"},
        {"strcmp('a', 'A')", "0"},
        {"strcmp('a' COLLATE utf8mb4_bin, 'A')", "1"},
        {"strcmp(1, NULL)", "NULL"},
    };
    EXPECT(cases);
}

Test(function_searches, a_text_is_cut_at_the_nth_delimiter) {
    static const struct eval_case cases[] = {
        {"substring_index('www.mysql.com', '.', 2)", "www.mysql"},
        {"substring_index('www.mysql.com', '.', -2)", "mysql.com"},
        {"substring_index('www.mysql.com', '.', 0)", ""},
        {"substring_index('www.mysql.com', '.', 9)", "www.mysql.com"},
        {"substring_index('www.mysql.com', '.', -9)", "www.mysql.com"},
        {"substring_index('www.mysql.com', '', 1)", ""},
        {"substring_index('aXbxc', 'x', 1)", "aXb"},
        {"substring_index('äöäöä', 'ö', -1)", "ä"},
        {"substring_index('a--b--c', '--', -1)", "c"},
    };
    EXPECT(cases);
}
