#include "tests/row/fixture.h"

static struct slice S(const char *text) {
    return slice_of_text(text);
}

Test(charset, lengths_and_offsets_count_characters) {
    struct slice text = S("a\u00e9\U0001F600b");
    cr_assert_eq(charset_length(CHARSET_UTF8MB4, text), 4);
    cr_assert_eq(charset_length(CHARSET_BINARY, text), 8);
    cr_assert_eq(charset_offset(CHARSET_UTF8MB4, text, 2), 3);
    cr_assert_eq(charset_offset(CHARSET_UTF8MB4, text, 9), 8);
    cr_assert_eq(charset_offset(CHARSET_LATIN1, text, 2), 2);
}

Test(charset, ill_formed_bytes_are_found) {
    cr_assert_eq(charset_check(CHARSET_UTF8MB4, S("abc\u00e9\U0001F600")), 9);
    cr_assert_eq(charset_check(CHARSET_UTF8MB3, S("abc\u00e9\U0001F600")), 5);
    cr_assert_eq(charset_check(CHARSET_UTF8MB4, S("abcdefghi\xff")), 9);
    cr_assert_eq(charset_check(CHARSET_UTF8MB4, S("\xc0\x80")), 0);
    cr_assert_eq(charset_check(CHARSET_UTF8MB4, S("a\xed\xa0\x80")), 1);
    cr_assert_eq(charset_check(CHARSET_UTF8MB4, S("a\xf4\x90\x80\x80")), 1);
    cr_assert_eq(charset_check(CHARSET_ASCII, S("ab\xe9")), 2);
    cr_assert_eq(charset_check(CHARSET_LATIN1, S("ab\xe9")), 3);
}

Test(charset, latin1_is_cp1252) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct slice out;
    cr_assert_eq(charset_convert(CHARSET_LATIN1, CHARSET_UTF8MB4, S("\x80\xe9"), arena, &out),
                 STATUS_OK);
    cr_assert(slice_equal(out, S("\u20ac\u00e9")));
    cr_assert_eq(charset_convert(CHARSET_UTF8MB4, CHARSET_LATIN1, out, arena, &out), STATUS_OK);
    cr_assert(slice_equal(out, S("\x80\xe9")));
    cr_assert_eq(charset_convert(CHARSET_UTF8MB4, CHARSET_LATIN1, S("a\u4e00"), arena, &out),
                 STATUS_TRUNCATED);
    cr_assert(slice_equal(out, S("a?")));
    cr_assert_eq(charset_convert(CHARSET_UTF8MB4, CHARSET_UTF8MB3, S("\U0001F600"), arena, &out),
                 STATUS_TRUNCATED);
    cr_assert_eq(charset_convert(CHARSET_UTF8MB3, CHARSET_LATIN1, S("a\xff"), arena, &out),
                 STATUS_INVALID);
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint8_t one = (uint8_t)byte;
        struct slice there, back;
        enum status status =
            charset_convert(CHARSET_LATIN1, CHARSET_UTF8MB4, slice_of(&one, 1), arena, &there);
        cr_assert_eq(status, STATUS_OK);
        status = charset_convert(CHARSET_UTF8MB4, CHARSET_LATIN1, there, arena, &back);
        cr_assert_eq(status, STATUS_OK);
        cr_assert(back.size == 1 && back.data[0] == one);
    }
    fixture_close(&fixture);
}

Test(charset, case_changes_by_character) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct slice out = collation_change_case(255, S("a\u00e9\u00dfZ"), LETTER_UPPER, arena);
    cr_assert(slice_equal(out, S("A\u00c9\u00dfZ")));
    out = collation_change_case(255, S("ABC"), LETTER_LOWER, arena);
    cr_assert(slice_equal(out, S("abc")));
    struct slice same = S("123");
    cr_assert_eq(collation_change_case(255, same, LETTER_LOWER, arena).data, same.data);
    out = collation_change_case(63, S("abc"), LETTER_UPPER, arena);
    cr_assert(slice_equal(out, S("abc")));
    out = collation_change_case(8, S("\xe9"), LETTER_UPPER, arena);
    cr_assert(slice_equal(out, S("\xc9")));
    fixture_close(&fixture);
}
