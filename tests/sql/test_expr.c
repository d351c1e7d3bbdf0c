#include "tests/sql/bind_world.h"

#define EXPECT(cases) world_expect(cases, ARRAY_COUNT(cases))

Test(expr, arithmetic_keeps_exact_numbers_exact) {
    static const struct eval_case cases[] = {
        {"1 + 2", "3"},
        {"1 + 2 + 3 + 4", "10"},
        {"10 - 3 - 2", "5"},
        {"2 * 3.50", "7.00"},
        {"1 / 3", "0.3333"},
        {"1.0 / 3", "0.33333"},
        {"7 div 2", "3"},
        {"-7 div 2", "-3"},
        {"7 % 3", "1"},
        {"-7 mod 3", "-1"},
        {"5.5 % 2", "1.5"},
        {"1e0 / 3", "0.3333333333333333"},
        {"0.1 + 0.2", "0.3"},
        {"'3abc' + 1", "4"},
        {"1 + NULL", "NULL"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"18446744073709551615", "18446744073709551615"},
        {"5 & 3", "1"},
        {"5 | 3", "7"},
        {"5 ^ 3", "6"},
        {"1 << 4", "16"},
        {"~0", "18446744073709551615"},
        {"0x41 + 0", "65"},
        {"0x41", "A"},
        {"b'1000010'", "B"},
        {"1/0", "NULL"},
        {"1 div 0", "NULL"},
        {"9223372036854775807 + 1",
         "error 1690: BIGINT value is out of range in '(9223372036854775807 + 1)'"},
        {"cast(1 as unsigned) - 2",
         "error 1690: BIGINT UNSIGNED value is out of range in '(1 - 2)'"},
    };
    EXPECT(cases);
}

Test(expr, logic_has_three_values) {
    static const struct eval_case cases[] = {
        {"1 AND 0", "0"},          {"1 AND NULL", "NULL"}, {"0 AND NULL", "0"},
        {"1 OR NULL", "1"},        {"0 OR NULL", "NULL"},  {"1 XOR 1", "0"},
        {"NULL XOR 1", "NULL"},    {"NOT 0", "1"},         {"NOT NULL", "NULL"},
        {"NULL IS NULL", "1"},     {"1 IS NOT NULL", "1"}, {"NULL IS TRUE", "0"},
        {"2 IS TRUE", "1"},        {"0 IS FALSE", "1"},    {"NULL IS UNKNOWN", "1"},
        {"NULL IS NOT TRUE", "1"}, {"'abc' AND 1", "0"},   {"'1x' AND 1", "1"},
    };
    EXPECT(cases);
}

Test(expr, comparisons_find_a_common_type) {
    static const struct eval_case cases[] = {
        {"1 = 1.0", "1"},
        {"'1' = 1", "1"},
        {"'1.0' = 1", "1"},
        {"'a' = 'A'", "1"},
        {"'a' = 'A' COLLATE utf8mb4_bin", "0"},
        {"'a' < 'b'", "1"},
        {"NULL = NULL", "NULL"},
        {"NULL <=> NULL", "1"},
        {"1 <=> NULL", "0"},
        {"18446744073709551615 > -1", "1"},
        {"0x41 = 'A'", "1"},
        {"0x41 = 65", "1"},
        {"DATE'2024-01-02' = '2024-1-2'", "1"},
        {"DATE'2024-01-02' < '2024-01-03 00:00:01'", "1"},
        {"DATE'2024-01-02' = 20240102", "1"},
        {"TIMESTAMP'2024-01-02 00:00:00' = DATE'2024-01-02'", "1"},
        {"DATE'2024-01-02' = 'rubbish'", "error 1525: Incorrect DATE value: 'rubbish'"},
        {"TIME'10:00:00' = '10:00'", "1"},
        {"(1, 2) = (1, 2)", "1"},
        {"(1, 2) = (1, 3)", "0"},
        {"(1, NULL) = (2, 3)", "0"},
        {"(1, NULL) = (1, 3)", "NULL"},
        {"(1, 2) < (1, 3)", "1"},
        {"(2, 1) <= (1, 9)", "0"},
        {"(1, 2) <=> (1, 2)", "1"},
        {"(1, 2) = (1, 2, 3)", "error 1241: Operand should contain 2 column(s)"},
        {"(1, 2) + 1", "error 1241: Operand should contain 1 column(s)"},
    };
    EXPECT(cases);
}

Test(expr, in_between_like) {
    static const struct eval_case cases[] = {
        {"1 IN (1, 2)", "1"},
        {"3 IN (1, 2)", "0"},
        {"3 IN (1, NULL)", "NULL"},
        {"3 NOT IN (1, 2)", "1"},
        {"1 IN ('1', 2)", "1"},
        {"'a' IN ('A', 'b')", "1"},
        {"(1, 2) IN ((3, 4), (1, 2))", "1"},
        {"2 BETWEEN 1 AND 3", "1"},
        {"2 NOT BETWEEN 1 AND 3", "0"},
        {"2 BETWEEN NULL AND 1", "0"},
        {"2 BETWEEN NULL AND 3", "NULL"},
        {"'b' BETWEEN 'a' AND 'c'", "1"},
        {"'abc' LIKE 'a%'", "1"},
        {"'abc' LIKE 'A_C'", "1"},
        {"'a%c' LIKE 'a\\%c'", "1"},
        {"'abc' LIKE 'a\\%c'", "0"},
        {"'a%c' LIKE 'a|%c' ESCAPE '|'", "1"},
        {"'abc' NOT LIKE 'b%'", "1"},
        {"NULL LIKE 'a'", "NULL"},
        {"123 LIKE '1%'", "1"},
    };
    EXPECT(cases);
}

Test(expr, choices_have_one_type) {
    static const struct eval_case cases[] = {
        {"CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END", "b"},
        {"CASE WHEN 0 THEN 1 ELSE 2.50 END", "2.50"},
        {"CASE WHEN 1 THEN 1 ELSE 2.50 END", "1.00"},
        {"CASE WHEN 0 THEN 1 END", "NULL"},
        {"IF(1, 'x', 2)", "x"},
        {"IF(0, 'x', 2)", "2"},
        {"IFNULL(NULL, 5)", "5"},
        {"NULLIF(1, 1)", "NULL"},
        {"NULLIF(1, 2)", "1"},
        {"COALESCE(NULL, NULL, 3)", "3"},
        {"COALESCE(NULL, 'a')", "a"},
        {"ISNULL(NULL)", "1"},
        {"INTERVAL(23, 1, 15, 17, 30, 44, 200)", "3"},
        {"INTERVAL(NULL, 1)", "-1"},
        {"NAME_CONST('a', 14)", "14"},
        {"ANY_VALUE(3)", "3"},
    };
    EXPECT(cases);
}

Test(expr, casts_change_what_does_not_fit) {
    static const struct eval_case cases[] = {
        {"CAST('12abc' AS SIGNED)", "12"},
        {"CAST(-1 AS UNSIGNED)", "18446744073709551615"},
        {"CAST(18446744073709551615 AS SIGNED)", "-1"},
        {"CAST(1.5 AS SIGNED)", "2"},
        {"CAST('1.55' AS DECIMAL(4,1))", "1.6"},
        {"CAST(1234.5 AS DECIMAL(4,2))", "99.99"},
        {"CAST(12 AS CHAR)", "12"},
        {"CAST('abcdef' AS CHAR(3))", "abc"},
        {"HEX_OF", "error 1054: Unknown column 'HEX_OF' in 'field list'"},
        {"CAST('2024-01-02' AS DATE)", "2024-01-02"},
        {"CAST('2024-01-02 03:04:05.678' AS DATETIME(2))", "2024-01-02 03:04:05.68"},
        {"CAST('nope' AS DATE)", "NULL"},
        {"CAST('10:11:12' AS TIME)", "10:11:12"},
        {"CAST(20240102 AS DATE)", "2024-01-02"},
        {"CAST('1e3' AS DOUBLE)", "1000"},
        {"CONVERT('abc' USING latin1)", "abc"},
        {"BINARY 'abc'", "abc"},
        {"CONVERT('5', UNSIGNED)", "5"},
        {"DATE'2024-02-30'", "error 1525: Incorrect DATE value: '2024-02-30'"},
        {"TIMESTAMP'2024-02-28 10:00:00.25'", "2024-02-28 10:00:00.25"},
    };
    EXPECT(cases);
}

Test(expr, facts_of_the_session) {
    static const struct eval_case cases[] = {
        {"DATABASE()", "test"},
        {"USER()", "root@localhost"},
        {"CURRENT_USER()", "root@%"},
        {"VERSION()", "8.4.3-tessera"},
        {"CONNECTION_ID()", "7"},
        {"LAST_INSERT_ID()", "11"},
        {"LAST_INSERT_ID(5)", "5"},
        {"ROW_COUNT()", "-1"},
        {"CHARSET('a')", "utf8mb4"},
        {"COLLATION('a')", "utf8mb4_0900_ai_ci"},
        {"COLLATION(_latin1'a')", "latin1_swedish_ci"},
        {"COERCIBILITY('a')", "4"},
        {"COERCIBILITY('a' COLLATE utf8mb4_bin)", "0"},
        {"COERCIBILITY(1)", "5"},
        {"COERCIBILITY(NULL)", "6"},
        {"COERCIBILITY(USER())", "3"},
        {"@@max_allowed_packet", "67108864"},
        {"@@no_such", "error 1193: Unknown system variable 'no_such'"},
        {"no_such(1)", "error 1305: FUNCTION test.no_such does not exist"},
        {"isnull(1, 2)",
         "error 1582: Incorrect parameter count in the call to native function 'ISNULL'"},
    };
    EXPECT(cases);
}

Test(expr, types_follow_from_operands) {
    static const struct eval_case cases[] = {
        {"1 + 1", "bigint"},
        {"1 + 1.5", "decimal(3,1)"},
        {"1 / 3", "decimal(5,4)"},
        {"1e0 + 1", "double"},
        {"CAST(1 AS UNSIGNED) + 1", "bigint unsigned"},
        {"'abc'", "varchar(3)"},
        {"IF(1, 'abc', 12345)", "varchar(5)"},
        {"1 = 1", "bigint"},
        {"COALESCE(1, 2.5)", "decimal(2,1)"},
        {"SUM(k) FROM t", "decimal(33,0)"},
        {"AVG(k) FROM t", "decimal(15,4)"},
        {"SUM(ratio) FROM u", "double"},
        {"MAX(price) FROM u", "decimal(10,2)"},
        {"COUNT(*) FROM t", "bigint"},
        {"id FROM u", "bigint unsigned"},
    };
    struct bind_world world;
    bind_world_open(&world);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *got = world_type_of(&world, cases[i].expression);
        cr_expect_str_eq(got, cases[i].expected, "%s is %s, not %s", cases[i].expression, got,
                         cases[i].expected);
    }
    bind_world_close(&world);
}
