#include <criterion/criterion.h>

#include "base/crc32c.h"
#include "base/random.h"

/* RFC 3720, appendix B.4, and the usual check value. */
Test(crc32c, known_values_come_out) {
    uint8_t bytes[32] = {0};
    cr_assert_eq(crc32c(0, slice_of(bytes, 32)), 0x8a9136aa);
    memset(bytes, 0xff, 32);
    cr_assert_eq(crc32c(0, slice_of(bytes, 32)), 0x62a8ab43);
    for (int i = 0; i < 32; i++) bytes[i] = (uint8_t)i;
    cr_assert_eq(crc32c(0, slice_of(bytes, 32)), 0x46dd794e);
    cr_assert_eq(crc32c(0, SLICE_LITERAL("123456789")), 0xe3069283);
    cr_assert_eq(crc32c(0, SLICE_EMPTY), 0);
}

/* One bit at a time. */
static uint32_t crc32c_slowly(struct slice bytes) {
    uint32_t state = UINT32_MAX;
    for (size_t i = 0; i < bytes.size; i++) {
        state ^= bytes.data[i];
        for (int bit = 0; bit < 8; bit++) state = state >> 1 ^ ((state & 1) != 0 ? 0x82f63b78 : 0);
    }
    return ~state;
}

Test(crc32c, every_length_and_every_cut_give_the_same) {
    static uint8_t bytes[3000];
    struct random random;
    random_open(&random, 1);
    random_bytes(&random, bytes, sizeof(bytes));
    for (size_t size = 0; size < sizeof(bytes); size += size < 300 ? 1 : 97) {
        struct slice all = slice_of(bytes + size % 8, size - MIN(size, 8));
        uint32_t expected = crc32c_slowly(all);
        cr_assert_eq(crc32c(0, all), expected);
        size_t cut = random_below(&random, all.size + 1);
        uint32_t first = crc32c(0, slice_part(all, 0, cut));
        cr_assert_eq(crc32c(first, slice_part(all, cut, all.size)), expected);
    }
}
