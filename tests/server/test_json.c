/* test_json.c: a cursor over JSON text. */
#include <criterion/criterion.h>

#include "server/json.h"

static const struct slice text =
    SLICE_LITERAL("\"peers\":2,\"state\":\"serving\",\"shards\":[{\"shard\":1,\"in_sync\":[11,12]},"
                  "{\"shard\":2,\"in_sync\":[]}],\"odd\":\"a\\\"],}b\",\"last\":7");

Test(json, members_are_found_by_name) {
    cr_expect_eq(json_number(json_member(text, "peers")), 2);
    cr_expect(slice_equal(json_member(text, "state"), SLICE_LITERAL("serving")));
    cr_expect_eq(json_number(json_member(text, "last")), 7);
    cr_expect_eq(json_member(text, "shard").size, 0);
}

Test(json, elements_come_one_after_the_other) {
    struct slice element, rest = json_inside(json_member(text, "shards"));
    cr_assert(json_next(&rest, &element));
    cr_expect_eq(json_number(json_member(element, "shard")), 1);
    struct slice inner = json_inside(json_member(element, "in_sync")), number;
    cr_assert(json_next(&inner, &number));
    cr_expect_eq(json_number(number), 11);
    cr_assert(json_next(&inner, &number));
    cr_expect_eq(json_number(number), 12);
    cr_expect_not(json_next(&inner, &number));
    cr_assert(json_next(&rest, &element));
    cr_expect_eq(json_number(json_member(element, "shard")), 2);
    cr_expect_not(json_next(&rest, &element));
}

Test(json, broken_texts_give_nothing) {
    static const char *const texts[] = {"",       "{",         "[",   "\"", "\"a",
                                        "\"a\":", "\"a\":[1,", "}}}", ",,"};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct slice broken = slice_of_text(texts[i]), element;
        cr_expect_eq(json_member(broken, "b").size, 0, "%s", texts[i]);
        for (int k = 0; k < 10 && json_next(&broken, &element); k++)
            ;
    }
}
