#include <criterion/criterion.h>
#include <signal.h>

#include "base/check.h"

Test(check, a_fact_that_holds_costs_nothing) {
    CHECK(1 + 1 == 2);
    cr_assert_eq(MIN(3, 4), 3);
    cr_assert_eq(MAX(3, 4), 4);
}

Test(check, a_broken_invariant_aborts, .signal = SIGABRT) { CHECK(1 + 1 == 3); }

struct holder {
    int before, member;
};

Test(check, the_container_of_a_member_is_found) {
    struct holder holder = {0};
    cr_assert_eq(CONTAINER_OF(&holder.member, struct holder, member), &holder);
}
