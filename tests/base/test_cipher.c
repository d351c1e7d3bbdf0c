#include <criterion/criterion.h>
#include <stdio.h>

#include "base/cipher.h"

/* NIST SP 800-38A, AES-128, first block. */
static const uint8_t key[16] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                                0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
static const uint8_t iv[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const uint8_t plain[16] = {0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96,
                                  0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a};

static struct cipher cipher_of(enum cipher_mode mode) {
    return (struct cipher){.mode = mode, .key = slice_of(key, sizeof key), .iv = iv};
}

static void check(enum cipher_mode mode, const char *expected) {
    uint8_t out[32];
    char hex[33];
    struct cipher cipher = cipher_of(mode);
    cipher_encrypt(&cipher, slice_of(plain, sizeof plain), out);
    for (size_t i = 0; i < 16; i++) snprintf(hex + 2 * i, 3, "%02x", out[i]);
    cr_assert_str_eq(hex, expected);
}

Test(cipher, modes_give_the_standards_values) {
    check(CIPHER_ECB, "3ad77bb40d7a3660a89ecaf32466ef97");
    check(CIPHER_CBC, "7649abac8119b246cee98e9b12e9197d");
    check(CIPHER_CFB8, "3b79424c9c0dd436bace9e0ed4586a4f");
    check(CIPHER_CFB128, "3b3fd92eb72dad20333449f8e83cfb4a");
    check(CIPHER_OFB, "3b3fd92eb72dad20333449f8e83cfb4a");
}

Test(cipher, every_mode_and_size_comes_back) {
    for (enum cipher_mode mode = CIPHER_ECB; mode <= CIPHER_OFB; mode++) {
        for (size_t size = 0; size <= sizeof plain; size++) {
            uint8_t out[32], back[33];
            size_t back_size;
            struct cipher cipher = cipher_of(mode);
            cipher_encrypt(&cipher, slice_of(plain, size), out);
            enum status status =
                cipher_decrypt(&cipher, slice_of(out, cipher_size(mode, size)), back, &back_size);
            cr_assert_eq(status, STATUS_OK);
            cr_assert_eq(back_size, size);
            cr_assert_eq(memcmp(back, plain, size), 0);
        }
    }
}

Test(cipher, another_key_shows_in_the_padding) {
    uint8_t out[32], back[32], other[16] = {1};
    size_t size;
    struct cipher cipher = cipher_of(CIPHER_CBC);
    cipher_encrypt(&cipher, slice_of(plain, sizeof plain), out);
    cipher.key = slice_of(other, sizeof other);
    cr_assert_eq(cipher_decrypt(&cipher, slice_of(out, 32), back, &size), STATUS_CORRUPT);
    cr_assert_eq(cipher_decrypt(&cipher, slice_of(out, 31), back, &size), STATUS_CORRUPT);
}
