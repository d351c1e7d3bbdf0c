#include "sql/lexer.h"

#include "sql/grammar.h"
#include "tests/sql/parse_text.h"

/* The kinds of all tokens of a text, ended by END_OF_INPUT or ILLEGAL. */
static void expect_kinds(const char *text, uint32_t mode, const int *kinds) {
    struct lexer lexer = lexer_of(slice_of_text(text), 0, mode);
    for (int i = 0;; i++) {
        struct token token = lexer_next(&lexer);
        cr_expect_eq(token.kind, kinds[i], "token %d of %s is %d, not %d", i, text, token.kind,
                     kinds[i]);
        bool is_last = token.kind == TOKEN_END_OF_INPUT || token.kind == TOKEN_ILLEGAL;
        if (is_last || token.kind != kinds[i]) return;
    }
}

#define KINDS(...) ((const int[]){__VA_ARGS__, TOKEN_END_OF_INPUT})

static void expect_value(const char *text, uint32_t mode, const char *expected) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    struct lexer lexer = lexer_of(slice_of_text(text), 0, mode);
    struct token token = lexer_next(&lexer);
    struct slice value = token_text(&arena, &token, mode);
    cr_expect(slice_equal(value, slice_of_text(expected)), "%s gives %.*s", text, (int)value.size,
              (const char *)value.data);
    arena_close(&arena);
}

Test(lexer, names_may_begin_with_digits_and_hold_dollars_and_any_letter) {
    expect_kinds("a1 _x $y 1a 1e 0xg caf\xc3\xa9 b$c", 0,
                 KINDS(TOKEN_IDENT, TOKEN_IDENT, TOKEN_IDENT, TOKEN_IDENT, TOKEN_IDENT, TOKEN_IDENT,
                       TOKEN_IDENT, TOKEN_IDENT));
    expect_kinds("t.1a", 0, KINDS(TOKEN_IDENT, TOKEN_DOT, TOKEN_IDENT));
    expect_kinds("select.from", 0, KINDS(TOKEN_IDENT, TOKEN_DOT, TOKEN_IDENT));
}

Test(lexer, numbers_have_a_kind_by_their_form) {
    expect_kinds("1 18446744073709551615 18446744073709551616 007", 0,
                 KINDS(TOKEN_INTEGER_NUMBER, TOKEN_INTEGER_NUMBER, TOKEN_DECIMAL_NUMBER,
                       TOKEN_INTEGER_NUMBER));
    expect_kinds("1.5 .5 1. 1e5 1.5E-3 .5e+1", 0,
                 KINDS(TOKEN_DECIMAL_NUMBER, TOKEN_DECIMAL_NUMBER, TOKEN_DECIMAL_NUMBER,
                       TOKEN_FLOAT_NUMBER, TOKEN_FLOAT_NUMBER, TOKEN_FLOAT_NUMBER));
    expect_kinds("0x1F x'1f' X'' 0b01 b'01'", 0,
                 KINDS(TOKEN_HEX_STRING, TOKEN_HEX_STRING, TOKEN_HEX_STRING, TOKEN_BIT_STRING,
                       TOKEN_BIT_STRING));
    expect_kinds("x'123'", 0, (const int[]){TOKEN_ILLEGAL});
    expect_kinds("b'2'", 0, (const int[]){TOKEN_ILLEGAL});
}

Test(lexer, strings_undo_their_escapes) {
    expect_value("'abc'", 0, "abc");
    expect_value("'it''s'", 0, "it's");
    expect_value("'a\\nb\\t\\\\\\'\\\"'", 0, "a\nb\t\\'\"");
    expect_value("'\\%\\_\\x'", 0, "\\%\\_x");
    expect_value("\"a'b\"\"c\"", 0, "a'b\"c");
    expect_value("'a'  'b' \"c\"", 0, "abc");
    expect_value("N'abc'", 0, "abc");
    expect_value("''", 0, "");
    expect_value("'a\\nb'", PARSE_NO_BACKSLASH_ESCAPES, "a\\nb");
    expect_value("`a``b\\`", 0, "a`b\\");
    expect_value("@`x y`", 0, "x y");
    expect_value("@'it''s'", 0, "it's");
    expect_value("@a.b$c", 0, "a.b$c");
}

Test(lexer, unfinished_things_are_illegal) {
    static const char *const texts[] = {
        "'abc", "'abc\\'", "\"x", "`x",         "``", "/* x", "/*! x",  "x'1",       "@",
        "@@",   "@'x",     "N'x", "/*!99999 x", "\\", ":",    "@@a.`b", "/*!50000 '"};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct lexer lexer = lexer_of(slice_of_text(texts[i]), 0, 0);
        struct token token = {0};
        do {
            token = lexer_next(&lexer);
        } while (token.kind != TOKEN_ILLEGAL && token.kind != TOKEN_END_OF_INPUT);
        cr_expect_eq(token.kind, TOKEN_ILLEGAL, "%s", texts[i]);
    }
}

Test(lexer, comments_are_nothing_and_executable_ones_are_text) {
    expect_kinds("/* a */ 1 -- b\n2 # c\n3 --", 0,
                 KINDS(TOKEN_INTEGER_NUMBER, TOKEN_INTEGER_NUMBER, TOKEN_INTEGER_NUMBER));
    expect_kinds("1--1", 0,
                 KINDS(TOKEN_INTEGER_NUMBER, TOKEN_MINUS, TOKEN_MINUS, TOKEN_INTEGER_NUMBER));
    expect_kinds("/*!50000 1*/ /*!80401 2*/ /*!080400 3*/ /*! 4*/ /*M! 5*/ /*M!100000 6 */", 0,
                 KINDS(TOKEN_INTEGER_NUMBER, TOKEN_INTEGER_NUMBER, TOKEN_INTEGER_NUMBER));
    expect_kinds("/*!99999 /* x */ y */ 1", 0, KINDS(TOKEN_INTEGER_NUMBER));
    expect_kinds(
        "2*/*!1*/3", 0,
        KINDS(TOKEN_INTEGER_NUMBER, TOKEN_STAR, TOKEN_INTEGER_NUMBER, TOKEN_INTEGER_NUMBER));
}

Test(lexer, hints_are_tokens_only_behind_their_word) {
    expect_kinds("SELECT /*+ x */ 1 /*+ y */", 0,
                 KINDS(TOKEN_SELECT, TOKEN_HINT, TOKEN_INTEGER_NUMBER));
}

Test(lexer, operators_take_as_many_bytes_as_they_can) {
    expect_kinds("<=> <= <> << < >= >> > != ! := -> ->> - || | && & ~ ^ %", 0,
                 KINDS(TOKEN_NULL_SAFE_EQ, TOKEN_LE, TOKEN_NE, TOKEN_SHIFT_LEFT, TOKEN_LT, TOKEN_GE,
                       TOKEN_SHIFT_RIGHT, TOKEN_GT, TOKEN_NE, TOKEN_BANG, TOKEN_ASSIGN, TOKEN_ARROW,
                       TOKEN_ARROW_TEXT, TOKEN_MINUS, TOKEN_OR, TOKEN_PIPE, TOKEN_AND,
                       TOKEN_AMPERSAND, TOKEN_TILDE, TOKEN_CARET, TOKEN_PERCENT));
}

Test(lexer, modes_change_quotes_pipes_not_and_calls) {
    expect_kinds("\"a\"", PARSE_ANSI_QUOTES, KINDS(TOKEN_IDENT));
    expect_kinds("a || b", PARSE_PIPES_AS_CONCAT, KINDS(TOKEN_IDENT, TOKEN_CONCAT, TOKEN_IDENT));
    expect_kinds("NOT", PARSE_HIGH_NOT_PRECEDENCE, KINDS(TOKEN_NOT_HIGH));
    expect_kinds("trim (", 0, KINDS(TOKEN_IDENT, TOKEN_LP));
    expect_kinds("trim (", PARSE_IGNORE_SPACE, KINDS(TOKEN_TRIM, TOKEN_LP));
}

Test(lexer, introducers_are_known_charsets) {
    expect_kinds("_utf8mb4'x' _latin1 0x41 _nothing", 0,
                 KINDS(TOKEN_INTRODUCER, TOKEN_TEXT_STRING, TOKEN_INTRODUCER, TOKEN_HEX_STRING,
                       TOKEN_IDENT));
}

Test(lexer, hex_and_bit_strings_are_filled_from_the_right) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    static const struct {
        const char *text, *bytes;
    } cases[] = {
        {"0x123", "\x01\x23"}, {"x'00fF'", "\0\xff"}, {"b'100000001'", "\x01\x01"}, {"x''", ""}};
    static const size_t sizes[] = {2, 2, 2, 0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct lexer lexer = lexer_of(slice_of_text(cases[i].text), 0, 0);
        struct token token = lexer_next(&lexer);
        cr_expect(slice_equal(token_bytes(&arena, &token), slice_of(cases[i].bytes, sizes[i])));
    }
    arena_close(&arena);
}
