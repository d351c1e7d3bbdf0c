#include "tests/row/fixture.h"

static bool like(uint16_t id, const char *text, const char *pattern) {
    return collation_like(id, slice_of_text(text), slice_of_text(pattern), '\\');
}

Test(like, wildcards_match_as_they_should) {
    cr_assert(like(255, "abc", "abc"));
    cr_assert(like(255, "abc", "ABC"));
    cr_assert(!like(46, "abc", "ABC"));
    cr_assert(like(255, "abc", "a%"));
    cr_assert(like(255, "abc", "%c"));
    cr_assert(like(255, "abc", "%b%"));
    cr_assert(like(255, "abc", "a_c"));
    cr_assert(!like(255, "abc", "a_"));
    cr_assert(like(255, "", "%"));
    cr_assert(!like(255, "", "_"));
    cr_assert(like(255, "", ""));
    cr_assert(!like(255, "a", ""));
    cr_assert(like(255, "aaab", "%a%b"));
    cr_assert(like(255, "mississippi", "m%iss%ip%i"));
    cr_assert(!like(255, "mississippi", "m%issx%ip%i"));
}

Test(like, one_character_may_have_many_bytes) {
    cr_assert(like(255, "\u00e9", "_"));
    cr_assert(like(255, "\U0001F600", "_"));
    cr_assert(!like(63, "\u00e9", "_"));
    cr_assert(like(255, "\u00e9t\u00e9", "ete"));
    cr_assert(!like(305, "\u00e9t\u00e9", "ete"));
}

Test(like, escaped_wildcards_are_literals) {
    cr_assert(like(255, "10%", "10\\%"));
    cr_assert(!like(255, "100", "10\\%"));
    cr_assert(like(255, "a_b", "a\\_b"));
    cr_assert(!like(255, "axb", "a\\_b"));
    cr_assert(like(255, "a\\", "a\\"));
    struct slice text = SLICE_LITERAL("a|%"), pattern = SLICE_LITERAL("a||%");
    cr_assert(collation_like(255, text, pattern, '|'));
    cr_assert(!collation_like(255, SLICE_LITERAL("a\\%"), SLICE_LITERAL("b\\%"), 0));
    cr_assert(collation_like(255, SLICE_LITERAL("a\\xyz"), SLICE_LITERAL("a\\%"), 0));
}

Test(like, trailing_spaces_count_even_under_pad_space) {
    cr_assert(!like(45, "a ", "a"));
    cr_assert(like(45, "a ", "a%"));
}

Test(like, the_literal_prefix_is_unescaped) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct slice prefix = collation_like_prefix(255, SLICE_LITERAL("a\\%b\u00e9_c%"), '\\', arena);
    cr_assert(slice_equal(prefix, SLICE_LITERAL("a%b\u00e9")));
    prefix = collation_like_prefix(255, SLICE_LITERAL("%c"), '\\', arena);
    cr_assert_eq(prefix.size, 0);
    fixture_close(&fixture);
}

Test(like, a_hostile_pattern_takes_bounded_time, .timeout = 5) {
    char text[4001], pattern[4001];
    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < sizeof(pattern); i++) pattern[i] = i % 2 == 0 ? '%' : 'a';
    text[4000] = pattern[4000] = 'b';
    cr_assert(collation_like(46, slice_of(text, 4001), slice_of(pattern, 4001), 0));
    text[4000] = 'c';
    cr_assert(!collation_like(46, slice_of(text, 4001), slice_of(pattern, 4001), 0));
}
