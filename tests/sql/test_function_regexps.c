#include "tests/sql/bind_world.h"

#define EXPECT(cases) world_expect(cases, ARRAY_COUNT(cases))

Test(function_regexps, texts_match_as_their_collation_says) {
    static const struct eval_case cases[] = {
        {"'Michael!' regexp '.*'", "1"},
        {"'a' regexp 'A'", "1"},
        {"'a' regexp 'A' collate utf8mb4_bin", "0"},
        {"'a' rlike '^[a-d]'", "1"},
        {"'a' not regexp '^[a-d]'", "0"},
        {"NULL regexp 'a'", "NULL"},
        {"regexp_like('CamelCase', 'CAMELCASE')", "1"},
        {"regexp_like('CamelCase', 'CAMELCASE', 'c')", "0"},
        {"regexp_like('a\\nb', '^b$')", "0"},
        {"regexp_like('a\\nb', '^b$', 'm')", "1"},
        {"regexp_like('a\\nb', 'a.b')", "0"},
        {"regexp_like('a\\nb', 'a.b', 'n')", "1"},
        {"regexp_like('fo\\no', 'x|^fo')", "1"},
        {"regexp_like('ä', '^.$')", "1"},
        {"regexp_like('a', 'a', 'x')", "error 1210: Incorrect arguments to regexp_like"},
    };
    EXPECT(cases);
}

Test(function_regexps, places_are_counted_in_characters) {
    static const struct eval_case cases[] = {
        {"regexp_instr('dog cat dog', 'dog')", "1"},
        {"regexp_instr('dog cat dog', 'dog', 2)", "9"},
        {"regexp_instr('aa aaa aaaa', 'a{2}')", "1"},
        {"regexp_instr('aa aaa aaaa', 'a{4}')", "8"},
        {"regexp_instr('dog cat dog', 'dog', 1, 2)", "9"},
        {"regexp_instr('dog cat', 'cat', 1, 1, 1)", "8"},
        {"regexp_instr('äöü😀x', 'x')", "5"},
        {"regexp_instr('abc', 'x')", "0"},
        {"regexp_substr('abc def ghi', '[a-z]+')", "abc"},
        {"regexp_substr('abc def ghi', '[a-z]+', 1, 3)", "ghi"},
        {"regexp_substr('abc', 'x')", "NULL"},
        {"regexp_substr('äöü', '.', 2)", "ö"},
        {"regexp_instr('a', 'a', 3)",
         "error 3686: Index out of bounds in regular expression search."},
    };
    EXPECT(cases);
}

Test(function_regexps, matches_are_replaced) {
    static const struct eval_case cases[] = {
        {"regexp_replace('a b c', 'b', 'X')", "a X c"},
        {"regexp_replace('abc def ghi', '[a-z]+', 'X', 1, 3)", "abc def X"},
        {"regexp_replace('abc def ghi', '[a-z]+', 'X', 4)", "abc X X"},
        {"regexp_replace('abc', '(a)(b)', '$2$1')", "bac"},
        {"regexp_replace('aaaa', 'a', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb')",
         "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
         "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},
        {"regexp_replace('abc', 'x', 'y')", "abc"},
        {"regexp_replace('', 'x', 'y')", ""},
        {"regexp_replace('äöä', 'ä', 'ü')", "üöü"},
        {"regexp_replace(NULL, 'x', 'y')", "NULL"},
    };
    EXPECT(cases);
}

Test(function_regexps, wrong_patterns_are_errors) {
    static const struct eval_case cases[] = {
        {"'a' regexp '('", "error 3691: Mismatched parenthesis in regular expression."},
        {"'a' regexp '['",
         "error 3696: The regular expression contains an unclosed bracket expression."},
        {"'a' regexp '*'",
         "error 3688: Syntax error in regular expression on line 1, character 1."},
        {"'a' regexp ''", "error 3685: Illegal argument to a regular expression."},
        {"'a' regexp 'a{2,1}'",
         "error 3693: The maximum is less than the minumum in a {min,max} interval."},
    };
    EXPECT(cases);
}
