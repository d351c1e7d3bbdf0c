#include "row/json.h"
#include "tests/row/fixture.h"

static const char *normal(const char *text, struct arena *arena) {
    struct json json;
    struct json_fault fault = {0};
    enum status status = json_parse(slice_of_text(text), arena, &json, &fault);
    if (status == STATUS_INVALID) return arena_printf(arena, "%zu: %s", fault.at, fault.text);
    if (status != STATUS_OK) return status_name(status);
    struct value value = json_value(&json, arena);
    return arena_text(arena, value_slice(&value));
}

#define EXPECT(text, expected) cr_expect_str_eq(normal((text), arena), (expected))

Test(json, members_stand_by_length_and_bytes_and_the_last_of_a_name_counts) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    EXPECT(" { \"bb\" : 1 , \"a\":[ ],\"b\":{},\"bb\":2 } ", "{\"a\": [], \"b\": {}, \"bb\": 2}");
    EXPECT("[true,false,null]", "[true, false, null]");
    fixture_close(&fixture);
}

Test(json, numbers_are_integers_or_doubles) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    EXPECT("-9223372036854775808", "-9223372036854775808");
    EXPECT("18446744073709551615", "18446744073709551615");
    EXPECT("1.0", "1.0");
    EXPECT("1e2", "100.0");
    EXPECT("01", "1: The document root must not be followed by other values.");
    EXPECT("1.", "2: Miss fraction part in number.");
    EXPECT("1e999", "0: Number too big to be stored in double.");
    EXPECT("-", "1: Invalid value.");
    fixture_close(&fixture);
}

Test(json, escapes_are_read_and_only_what_must_be_is_escaped) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    EXPECT("\"\\u00e9\\/\\ud83d\\ude00\\u0001\\n\"", "\"\u00e9/\U0001F600\\u0001\\n\"");
    EXPECT("\"\\ud83d\"", "3: The surrogate pair in string is invalid.");
    EXPECT("\"a", "0: Missing a closing quotation mark in string.");
    EXPECT("\"\xff\"", "1: Invalid encoding in string.");
    EXPECT("\"\\x\"", "2: Invalid escape character in string.");
    fixture_close(&fixture);
}

Test(json, faults_have_a_place_and_depth_has_an_end) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    EXPECT("", "0: The document is empty.");
    EXPECT("[1 2]", "3: Missing a comma or ] after an array element.");
    EXPECT("{\"a\" 1}", "5: Missing a colon after a name of object member.");
    EXPECT("{\"a\":1,}", "7: Missing a name for object member.");
    EXPECT("nul", "0: Invalid value.");
    char deep[2 * (JSON_DEPTH_MAX + 1) + 1] = {0};
    memset(deep, '[', JSON_DEPTH_MAX + 1);
    memset(deep + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    EXPECT(deep, status_name(STATUS_TOO_LARGE));
    deep[2 * JSON_DEPTH_MAX + 1] = '\0';
    cr_expect_eq(normal(deep + 1, arena)[0], '[');
    fixture_close(&fixture);
}

Test(json, texts_order_by_class_and_equal_numbers_hash_equally) {
    static const char *const ascending[] = {"null", "-1", "1.5",   "12",  "\"a\"",
                                            "{}",   "[]", "false", "true"};
    for (size_t i = 0; i + 1 < ARRAY_COUNT(ascending); i++) {
        struct slice a = slice_of_text(ascending[i]), b = slice_of_text(ascending[i + 1]);
        cr_expect_lt(json_text_compare(a, b), 0, "%s", ascending[i]);
        cr_expect_gt(json_text_compare(b, a), 0, "%s", ascending[i]);
    }
    struct slice one = SLICE_LITERAL("1"), same = SLICE_LITERAL("1.0");
    cr_expect_eq(json_text_compare(one, same), 0);
    cr_expect_eq(json_text_hash(one, 7), json_text_hash(same, 7));
}
