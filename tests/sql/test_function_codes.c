#include "tests/sql/bind_world.h"

#define EXPECT(cases) world_expect(cases, ARRAY_COUNT(cases))

Test(function_codes, lengths_of_bytes_and_characters_differ) {
    static const struct eval_case cases[] = {
        {"length('text')", "4"},
        {"length('ä')", "2"},
        {"char_length('ä')", "1"},
        {"character_length('日本')", "2"},
        {"octet_length('日本')", "6"},
        {"bit_length('text')", "32"},
        {"length(123)", "3"},
        {"length(1.50)", "4"},
        {"length(NULL)", "NULL"},
        {"ascii('2')", "50"},
        {"ascii(2)", "50"},
        {"ascii('dx')", "100"},
        {"ascii('')", "0"},
        {"ord('2')", "50"},
        {"ord('ä')", "50084"},
        {"length(convert('ä' using latin1))", "1"},
    };
    EXPECT(cases);
}

Test(function_codes, codes_become_bytes) {
    static const struct eval_case cases[] = {
        {"char(77,121,83,81,'76')", "MySQL"}, {"char(77,77.3,'77.3')", "MMM"},
        {"char(77,NULL,77)", "MM"},           {"hex(char(1,0))", "0100"},
        {"hex(char(256))", "0100"},           {"hex(char(0x65 USING utf8mb4))", "65"},
        {"hex(char(65536))", "010000"},       {"charset(char(65))", "binary"},
    };
    EXPECT(cases);
}

Test(function_codes, hex_and_base64_go_both_ways) {
    static const struct eval_case cases[] = {
        {"hex(255)", "FF"},
        {"hex('abc')", "616263"},
        {"hex(-1)", "FFFFFFFFFFFFFFFF"},
        {"hex(15.7)", "10"},
        {"hex(x'0a0b')", "0A0B"},
        {"hex('ä')", "C3A4"},
        {"hex(18446744073709551615)", "FFFFFFFFFFFFFFFF"},
        {"hex(date'2024-01-02')", "323032342D30312D3032"},
        {"unhex('4D7953514C')", "MySQL"},
        {"x'4D7953514C'", "MySQL"},
        {"unhex(hex('string'))", "string"},
        {"hex(unhex('1267'))", "1267"},
        {"hex(unhex('123'))", "0123"},
        {"unhex('GG')", "NULL"},
        {"to_base64('abc')", "YWJj"},
        {"to_base64('a')", "YQ=="},
        {"to_base64('')", ""},
        {"from_base64(to_base64('abcd'))", "abcd"},
        {"from_base64('YQ==')", "a"},
        {"from_base64('YW Jj\\n')", "abc"},
        {"from_base64('Y')", "NULL"},
        {"from_base64('YQ==YQ==')", "NULL"},
        {"from_base64('====')", "NULL"},
        {"to_base64(repeat('a', 60))",
         "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh\n"
         "YWFh"},
    };
    EXPECT(cases);
}

Test(function_codes, numbers_change_their_base) {
    static const struct eval_case cases[] = {
        {"conv('a', 16, 2)", "1010"},
        {"conv('6E', 18, 8)", "172"},
        {"conv(-17, 10, -18)", "-H"},
        {"conv(10 + '10' + '10' + X'0a', 10, 10)", "40"},
        {"conv(1, 1, 10)", "NULL"},
        {"conv(1, 10, 37)", "NULL"},
        {"conv('', 10, 2)", "NULL"},
        {"conv(-1, 10, 16)", "FFFFFFFFFFFFFFFF"},
        {"conv('99999999999999999999', 10, 10)", "18446744073709551615"},
        {"conv('z', 36, 10)", "35"},
        {"conv(NULL, 10, 2)", "NULL"},
        {"bin(12)", "1100"},
        {"bin(12.9)", "1100"},
        {"oct(12)", "14"},
        {"bin(-1)", "1111111111111111111111111111111111111111111111111111111111111111"},
    };
    EXPECT(cases);
}

Test(function_codes, numbers_are_grouped_for_people) {
    static const struct eval_case cases[] = {
        {"format(12332.123456, 4)", "12,332.1235"},
        {"format(12332.1, 4)", "12,332.1000"},
        {"format(12332.2, 0)", "12,332"},
        {"format(12332.2, 2, 'de_DE')", "12.332,20"},
        {"format(-1234567.891, 2)", "-1,234,567.89"},
        {"format(999.995, 2)", "1,000.00"},
        {"format(123, 0)", "123"},
        {"format(1e3, 1)", "1,000.0"},
        {"format('1234.5', 1)", "1,234.5"},
        {"format(NULL, 1)", "NULL"},
        {"format(1, NULL)", "NULL"},
        {"format(1234.5, -3)", "1,235"},
        {"format(1234.5, 1, 'xx_XX')", "1,234.5"},
    };
    EXPECT(cases);
}

Test(function_codes, what_sounds_alike_is_coded_alike) {
    static const struct eval_case cases[] = {
        {"soundex('Hello')", "H400"},
        {"soundex('Quadratically')", "Q36324"},
        {"soundex('')", ""},
        {"soundex('x')", "X000"},
        {"'Hello' sounds like 'Helo'", "1"},
        {"hex(weight_string(_binary'ab'))", "6162"},
    };
    EXPECT(cases);
}

Test(function_codes, wrong_digits_are_a_warning) {
    struct bind_world world;
    bind_world_open(&world);
    cr_assert_str_eq(world_eval(&world, "unhex('xy')"), "NULL");
    cr_assert_eq(world.diagnostics.conditions[0].number, 1411);
    const char *text = arena_text(&world.arena, world.diagnostics.conditions[0].message);
    cr_assert_str_eq(text, "Incorrect string value: 'xy' for function unhex");
    bind_world_close(&world);
}
