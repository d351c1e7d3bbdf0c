#include <unicode/ucol.h>

#include "tests/row/fixture.h"

static const uint16_t ids[] = {8,  11,  33,  45,  46,  47,  63,  65,
                               83, 192, 224, 246, 255, 278, 305, 309};

static struct slice S(const char *text) {
    return slice_of_text(text);
}

static int
order(uint16_t id, const char *a, const char *b) {
    return sign_of(collation_compare(id, S(a), S(b)));
}

static struct slice key(uint16_t id, struct slice text, struct arena *arena) {
    struct buffer out = buffer_of(arena);
    collation_sort_key(id, text, &out);
    return buffer_slice(&out);
}

Test(collation, names_and_ids_are_mysqls) {
    cr_assert_eq(collation_find_name(S("UTF8MB4_0900_AI_CI"))->id, 255);
    cr_assert_eq(collation_find_name(S("utf8_bin"))->id, 83);
    cr_assert_eq(collation_find_name(S("utf8_general_ci"))->id, 33);
    cr_assert_null(collation_find_name(S("klingon_ci")));
    cr_assert_null(collation_find(9999));
    cr_assert_eq(charset_find_name(S("utf8"))->id, CHARSET_UTF8MB3);
    for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
        const struct collation *c = collation_at(i);
        cr_assert_eq(c->id, ids[i]);
        cr_assert_eq(collation_find(ids[i]), c);
        struct slice set = S(collation_charset(ids[i])->name);
        cr_assert(slice_equal(set, slice_part(S(c->name), 0, set.size)), "%s", c->name);
    }
    cr_assert_null(collation_at(ARRAY_COUNT(ids)));
}

Test(collation, the_default_ignores_case_and_accents_but_not_spaces) {
    cr_assert_eq(order(255, "abc", "ABC"), 0);
    cr_assert_eq(order(255, "resume", "r\u00e9sum\u00e9"), 0);
    cr_assert_eq(order(255, "stra\u00dfe", "STRASSE"), 0);
    cr_assert_eq(order(255, "a", "a "), -1);
    cr_assert_eq(order(255, "a", "b"), -1);
    cr_assert_eq(order(255, "", "a"), -1);
    cr_assert_eq(order(255, "a\u0301", "a"), 0);
    cr_assert_eq(order(255, "\U0001F600", "\U0001F601"), -1);
    cr_assert_eq(order(255, "1", "a"), -1);
    cr_assert_eq(order(255, "\uac00", "\u1100\u1161"), 0);
}

Test(collation, levels_tell_accents_and_case) {
    cr_assert_eq(order(305, "a", "A"), 0);
    cr_assert_eq(order(305, "a", "\u00e1"), -1);
    cr_assert_eq(order(278, "a", "A"), -1);
    cr_assert_eq(order(278, "A", "\u00e1"), -1);
    cr_assert_eq(order(278, "\u00e1", "b"), -1);
}

Test(collation, pad_space_strings_go_on_with_spaces) {
    for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
        bool pad = collation_find(ids[i])->pad_space;
        cr_assert_eq(order(ids[i], "a", "a  ") == 0, pad, "%u", ids[i]);
        if (!pad) continue;
        cr_assert_eq(order(ids[i], "a", "a\t"), 1, "%u", ids[i]);
        cr_assert_eq(order(ids[i], "a", "a!"), -1, "%u", ids[i]);
        cr_assert_eq(order(ids[i], "a  x", "a x"), -1, "%u", ids[i]);
    }
}

Test(collation, older_collations_have_their_own_orders) {
    cr_assert_eq(order(45, "stra\u00dfe", "strase"), 0);
    cr_assert_eq(order(45, "\u00c4", "a"), 0);
    cr_assert_eq(order(45, "\u00c6", "a"), 1);
    cr_assert_eq(order(45, "\U0001F600", "\U0001F601"), 0);
    cr_assert_eq(order(224, "\u00df", "ss"), 0);
    cr_assert_eq(order(8, "\xe5", "z"), 1);
    cr_assert_eq(order(8, "\xe9", "E"), 0);
    cr_assert_eq(order(46, "a", "A"), 1);
    cr_assert_eq(order(11, "a", "A"), 0);
}

/* --- properties --- */

static size_t random_char(struct random *random, uint8_t charset, uint8_t *at) {
    static const char *const some[] = {" ", " ", "a", "A", "b", "\t", "!", "z", "0", "\x01"};
    static const char *const wide[] = {"\u00e9", "\u00c9", "\u00df", "\u0301", "\uac01",
                                       "\u4e00", "\u00a0", "\u3000", "\u0416", "\ufb01"};
    uint64_t pick = random_below(random, 14);
    bool is_utf8 = charset == CHARSET_UTF8MB3 || charset == CHARSET_UTF8MB4;
    const char *text = some[pick % 10];
    if (pick >= 11 && is_utf8) text = wide[random_below(random, 10)];
    if (pick == 10 && charset == CHARSET_UTF8MB4) text = "\U0001F600";
    if (pick >= 10 && charset == CHARSET_LATIN1) {
        *at = (uint8_t)random_range(random, 0x80, 0xff);
        return 1;
    }
    if (pick >= 10 && charset == CHARSET_BINARY) {
        *at = (uint8_t)random_below(random, 4) * 85;
        return 1;
    }
    memcpy(at, text, strlen(text));
    return strlen(text);
}

static struct slice random_text(struct random *random, uint8_t charset, struct arena *arena) {
    uint8_t bytes[64];
    size_t size = 0;
    uint64_t chars = random_below(random, 8);
    for (uint64_t i = 0; i < chars; i++) size += random_char(random, charset, bytes + size);
    return arena_copy(arena, slice_of(bytes, size));
}

Test(collation, keys_and_hashes_agree_with_compare, .timeout = 200) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct random random;
    random_open(&random, 7);
    for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
        uint8_t charset = collation_charset(ids[i])->id;
        for (int round = 0; round < 20000; round++) {
            struct slice a = random_text(&random, charset, arena);
            struct slice b = random_text(&random, charset, arena);
            if (round % 3 == 0) { /* a common start */
                struct buffer joined = buffer_of(arena);
                buffer_append(&joined, a);
                buffer_append(&joined, b);
                b = buffer_slice(&joined);
            }
            int compared = sign_of(collation_compare(ids[i], a, b));
            struct slice x = key(ids[i], a, arena), y = key(ids[i], b, arena);
            cr_assert_eq(sign_of(slice_compare(x, y)), compared, "collation %u", ids[i]);
            cr_assert_eq(sign_of(collation_compare(ids[i], b, a)), -compared);
            if (compared == 0) {
                cr_assert_eq(collation_hash(ids[i], a, 9), collation_hash(ids[i], b, 9));
            } else {
                size_t common = MIN(x.size, y.size);
                cr_assert_neq(memcmp(x.data, y.data, common), 0, "no key is a prefix");
            }
            arena_reset(arena);
        }
    }
    fixture_close(&fixture);
}

Test(collation, prefix_keys_start_the_keys_of_longer_texts) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct random random;
    random_open(&random, 8);
    for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
        uint8_t charset = collation_charset(ids[i])->id;
        for (int round = 0; round < 3000; round++) {
            struct slice prefix = random_text(&random, charset, arena);
            struct buffer whole = buffer_of(arena), start = buffer_of(arena);
            buffer_append(&whole, prefix);
            buffer_append(&whole, random_text(&random, charset, arena));
            collation_prefix_key(ids[i], prefix, &start);
            struct slice k = key(ids[i], buffer_slice(&whole), arena);
            cr_assert(k.size >= start.size);
            cr_assert(start.size == 0 || memcmp(k.data, start.data, start.size) == 0);
            arena_reset(arena);
        }
    }
    fixture_close(&fixture);
}

/* Texts longer than what is taken at once have the weights of their characters, one after the other. */
Test(collation, long_ascii_texts_have_the_keys_of_their_pieces) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct random random;
    random_open(&random, 10);
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[40];
        size_t size = random_below(&random, sizeof(bytes) + 1);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(random_below(&random, 20) == 0 ? random_below(&random, 128)
                                                                : random_range(&random, 32, 126));
        struct buffer whole = buffer_of(arena), pieces = buffer_of(arena);
        collation_prefix_key(255, slice_of(bytes, size), &whole);
        for (size_t i = 0; i < size; i++)
            collation_prefix_key(255, slice_of(bytes + i, 1), &pieces);
        cr_assert(slice_equal(buffer_slice(&whole), buffer_slice(&pieces)));
        arena_reset(arena);
    }
    fixture_close(&fixture);
}

Test(collation, any_bytes_are_borne, .timeout = 100) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    struct random random;
    random_open(&random, 9);
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[2][24];
        random_bytes(&random, bytes, sizeof(bytes));
        struct slice a = slice_of(bytes[0], random_below(&random, 24));
        struct slice b = slice_of(bytes[1], random_below(&random, 24));
        for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
            int compared = sign_of(collation_compare(ids[i], a, b));
            int keys = sign_of(slice_compare(key(ids[i], a, arena), key(ids[i], b, arena)));
            cr_assert_eq(compared, keys);
            collation_like(ids[i], a, b, '\\');
            collation_change_case(ids[i], a, LETTER_UPPER, arena);
        }
        arena_reset(arena);
    }
    fixture_close(&fixture);
}

/* --- against ICU, whose root collation is CLDR's tailoring: letters and digits agree --- */

static int icu_order(UCollator *collator, struct slice a, struct slice b) {
    UErrorCode error = U_ZERO_ERROR;
    UCollationResult result = ucol_strcollUTF8(collator, (const char *)a.data, (int32_t)a.size,
                                               (const char *)b.data, (int32_t)b.size, &error);
    return result == UCOL_LESS ? -1 : result == UCOL_GREATER;
}

Test(collation, letters_are_ordered_as_icu_orders_them, .timeout = 100) {
    UErrorCode error = U_ZERO_ERROR;
    UCollator *collator = ucol_open("", &error);
    cr_assert(U_SUCCESS(error));
    ucol_setAttribute(collator, UCOL_STRENGTH, UCOL_PRIMARY, &error);
    static const char *const letters[] = {
        "a", "B", "c",      "D",      "\u00e9", "\u00d1", "\u00df", "\u0107", "\u0142", "z",
        "5", "9", "\u03b1", "\u03a9", "\u0434", "\u042f", "\u05d0", "\u0628", "\u3042", "\uac00"};
    struct random random;
    random_open(&random, 10);
    for (int round = 0; round < 20000; round++) {
        char text[2][64] = {"", ""};
        for (int side = 0; side < 2; side++) {
            uint64_t count = random_range(&random, 1, 6);
            for (uint64_t i = 0; i < count; i++) {
                strcat(text[side], letters[random_below(&random, ARRAY_COUNT(letters))]);
            }
        }
        cr_assert_eq(order(255, text[0], text[1]), icu_order(collator, S(text[0]), S(text[1])),
                     "%s %s", text[0], text[1]);
    }
    ucol_close(collator);
}
