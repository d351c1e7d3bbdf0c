#include <criterion/criterion.h>

#include "row/mysql_error.h"

#define E(name, number, sqlstate, text) {number, #name, sqlstate},
static const struct {
    unsigned number;
    const char *name, *sqlstate;
} list[] = {
#include "row/mysql_error.def"
};
#undef E

Test(mysql_error, the_list_ascends_and_every_entry_is_found) {
    for (size_t i = 0; i < ARRAY_COUNT(list); i++) {
        if (i > 0) cr_assert_lt(list[i - 1].number, list[i].number, "%s", list[i].name);
        cr_assert_str_eq(mysql_error_name(list[i].number), list[i].name);
        cr_assert_str_eq(mysql_error_sqlstate(list[i].number), list[i].sqlstate);
        cr_assert_eq(strlen(list[i].sqlstate), 5);
    }
}

Test(mysql_error, a_number_outside_the_list_is_a_general_error) {
    cr_assert_str_eq(mysql_error_sqlstate(9999), "HY000");
    cr_assert_str_eq(mysql_error_format(9999), "Unknown error");
    cr_assert_str_eq(mysql_error_sqlstate(1), "HY000");
}

Test(mysql_error, messages_are_printed_and_cut_between_characters) {
    char memory[64], small[40];
    struct slice text = mysql_error_print(ER_DUP_FIELDNAME, memory, sizeof memory, "a");
    cr_assert(slice_equal(text, SLICE_LITERAL("Duplicate column name 'a'")));
    text = mysql_error_print(ER_DUP_FIELDNAME, small, 26, "ab\xC3\xA9");
    cr_assert(slice_equal(text, SLICE_LITERAL("Duplicate column name 'ab")));
    text = mysql_error_print(ER_DUP_FIELDNAME, small, 27, "ab\xC3\xA9");
    cr_assert(slice_equal(text, SLICE_LITERAL("Duplicate column name 'ab")));
    text = mysql_error_print(ER_DUP_FIELDNAME, small, 28, "ab\xC3\xA9");
    cr_assert(slice_equal(text, SLICE_LITERAL("Duplicate column name 'ab\xC3\xA9")));
}
