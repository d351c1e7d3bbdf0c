#include "sql/function.h"

#include "tests/sql/bind_world.h"

Test(function, lists_are_ascending_and_no_name_is_in_two) {
    const struct function_list *list;
    for (size_t i = 0; (list = function_list_at(i)) != NULL; i++) {
        for (uint32_t f = 0; f < list->count; f++) {
            const char *name = list->functions[f].name;
            if (f > 0) cr_expect(strcmp(list->functions[f - 1].name, name) < 0, "%s", name);
            cr_expect_eq(function_find(slice_of_text(name)), &list->functions[f], "%s", name);
            cr_expect_not_null(list->functions[f].resolve, "%s", name);
        }
    }
}

Test(function, names_are_found_without_regard_to_case) {
    cr_expect_not_null(function_find(SLICE_LITERAL("coalesce")));
    cr_expect_not_null(function_find(SLICE_LITERAL("Count")));
    cr_expect_null(function_find(SLICE_LITERAL("coalesc")));
    cr_expect_null(function_find(SLICE_LITERAL("coalescee")));
    cr_expect_null(function_find(SLICE_LITERAL("")));
}
