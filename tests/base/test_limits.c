#include <criterion/criterion.h>

#include "base/limits.h"

Test(limits, numbers_that_are_stored_or_travel_stay) {
    cr_assert_eq(BUCKET_COUNT, 3840);
    cr_assert_eq(PACKET_PIECE_BYTES_MAX, 0xffffff);
    cr_assert_eq(PACKET_BYTES_MAX, 1073741824);
    cr_assert_eq(VALUE_BYTES_MAX, UINT32_MAX);
}
