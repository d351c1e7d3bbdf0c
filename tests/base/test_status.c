#include <criterion/criterion.h>

#include "base/status.h"

Test(status, every_number_has_a_name_even_a_foreign_one) {
    cr_assert_str_eq(status_name(STATUS_OK), "OK");
    cr_assert_str_eq(status_name(STATUS_END), "END");
    cr_assert_str_eq(status_name((enum status)9999), "UNKNOWN");
    cr_assert_not_null(status_text((enum status) - 1));
}

Test(status, released_numbers_stay) {
    cr_assert_eq(STATUS_CORRUPT, 1);
    cr_assert_eq(STATUS_DEADLOCK, 11);
    cr_assert_eq(STATUS_UNSUPPORTED, 22);
}
