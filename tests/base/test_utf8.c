#include <criterion/criterion.h>

#include "base/random.h"
#include "base/utf8.h"

Test(utf8, every_character_comes_back_and_nothing_else_is_one) {
    uint8_t bytes[UTF8_BYTES_MAX];
    for (uint32_t code = 0; code <= UTF8_CODE_MAX; code++) {
        if (code == 0xd800) code = 0xe000;
        size_t size = utf8_encode(code, bytes);
        uint32_t back = UINT32_MAX;
        CHECK(utf8_decode(bytes, bytes + size, &back) == size);
        CHECK(back == code);
        CHECK(utf8_decode(bytes, bytes + size - 1, &back) == 0);
        CHECK(utf8_length(slice_of(bytes, size)) == 1);
    }
}

Test(utf8, invalid_bytes_are_found_where_they_are) {
    static const char *const invalid[] = {
        "\x80",
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xc3",
        "\xe2\x82",
        "\xc3(",
    };
    for (size_t i = 0; i < ARRAY_COUNT(invalid); i++) {
        uint8_t text[32] = "twelve bytes";
        size_t size = strlen(invalid[i]);
        memcpy(text + 12, invalid[i], size);
        cr_assert_eq(utf8_valid_size(slice_of(text, 12 + size)), 12);
        cr_assert(!utf8_is_valid(slice_of(text, 12 + size)));
    }
    cr_assert(utf8_is_valid(SLICE_EMPTY));
    cr_assert(utf8_is_valid(
        SLICE_LITERAL("a\0b \xf0\x9f\x98\x80 \xc3\xa4\xc3\xb6 \xe2\x82\xac.........")));
}

Test(utf8, characters_are_counted_and_cut_where_decoding_says) {
    uint8_t text[400];
    struct random random;
    random_open(&random, 4);
    for (int round = 0; round < 300; round++) {
        static const uint32_t kinds[] = {'a', 0xe4, 0x20ac, 0x1f600};
        size_t size = 0, starts[101], count = random_below(&random, 100);
        for (size_t i = 0; i < count; i++) {
            starts[i] = size;
            size += utf8_encode(kinds[random_below(&random, round % 4 + 1)], text + size);
        }
        starts[count] = size;
        struct slice slice = slice_of(text, size);
        cr_assert(utf8_is_valid(slice));
        cr_assert_eq(utf8_length(slice), count);
        for (size_t i = 0; i <= count; i++) cr_assert_eq(utf8_prefix_size(slice, i), starts[i]);
        cr_assert_eq(utf8_prefix_size(slice, count + 1), size);
        cr_assert_eq(utf8_prefix_size(slice, SIZE_MAX), size);
    }
}
