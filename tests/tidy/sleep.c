/* as tests/io/test_loop.c: sleep */
#include <criterion/criterion.h>
#include <unistd.h>

#include "io/loop.h"
Test(loop, it_sleeps) {
    sleep(1);
    cr_assert(open("x", 0) > 0);
}
