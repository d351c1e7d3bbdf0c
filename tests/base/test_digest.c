#include <criterion/criterion.h>
#include <stdio.h>

#include "base/digest.h"

static const char *hex(const uint8_t *bytes, size_t size) {
    static char text[129];
    for (size_t i = 0; i < size; i++) snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return text;
}

Test(digest, known_values_come_out_however_the_bytes_are_parted) {
    struct slice parts[] = {SLICE_LITERAL("a"), SLICE_EMPTY, SLICE_LITERAL("bc")};
    uint8_t out[64];
    digest_md5(parts, 3, out);
    cr_assert_str_eq(hex(out, DIGEST_MD5_BYTES), "900150983cd24fb0d6963f7d28e17f72");
    digest_sha1(parts, 3, out);
    cr_assert_str_eq(hex(out, DIGEST_SHA1_BYTES), "a9993e364706816aba3e25717850c26c9cd0d89d");
    digest_sha224(parts, 3, out);
    cr_assert_str_eq(hex(out, DIGEST_SHA224_BYTES),
                     "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
    digest_sha256(parts, 3, out);
    cr_assert_str_eq(hex(out, DIGEST_SHA256_BYTES),
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_sha384(parts, 3, out);
    cr_assert_str_eq(hex(out, DIGEST_SHA384_BYTES),
                     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                     "8086072ba1e7cc2358baeca134c825a7");
    digest_sha512(parts, 3, out);
    cr_assert_str_eq(hex(out, DIGEST_SHA512_BYTES),
                     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

/* RFC 4231, cases 2 and 6. */
Test(digest, hmac_takes_short_and_long_keys) {
    uint8_t out[DIGEST_SHA256_BYTES], key[131];
    digest_hmac_sha256(SLICE_LITERAL("Jefe"), SLICE_LITERAL("what do ya want for nothing?"), out);
    cr_assert_str_eq(hex(out, sizeof(out)),
                     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    digest_hmac_sha256(slice_of(key, sizeof(key)),
                       SLICE_LITERAL("Test Using Larger Than Block-Size Key - Hash Key First"),
                       out);
    cr_assert_str_eq(hex(out, sizeof(out)),
                     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

Test(digest, secrets_are_compared_whole) {
    cr_assert(digest_equal(SLICE_LITERAL("secret"), SLICE_LITERAL("secret")));
    cr_assert(!digest_equal(SLICE_LITERAL("secret"), SLICE_LITERAL("secreT")));
    cr_assert(!digest_equal(SLICE_LITERAL("secret"), SLICE_LITERAL("secre")));
    cr_assert(digest_equal(SLICE_EMPTY, SLICE_EMPTY));
}

/* FIPS 197, appendix C.1: the first block of what is padded. */
Test(aes, a_known_block_comes_out) {
    uint8_t key[16], plain[16], out[32];
    for (int i = 0; i < 16; i++) {
        key[i] = (uint8_t)i;
        plain[i] = (uint8_t)(i * 0x11);
    }
    aes_ecb_encrypt(slice_of(key, 16), slice_of(plain, 16), out);
    cr_assert_str_eq(hex(out, 16), "69c4e0d86a7b0430d8cdb78070b4c55a");
}

Test(aes, every_size_and_key_comes_back_even_in_place) {
    uint8_t key[32] = {1, 2, 3}, plain[100], memory[112];
    for (size_t i = 0; i < sizeof(plain); i++) plain[i] = (uint8_t)(i * 7);
    for (size_t key_size = 16; key_size <= 32; key_size += 8) {
        for (size_t size = 0; size <= sizeof(plain); size++) {
            struct slice k = slice_of(key, key_size);
            size_t padded = aes_padded_size(size), back;
            memcpy(memory, plain, size);
            aes_ecb_encrypt(k, slice_of(memory, size), memory);
            cr_assert_eq(aes_ecb_decrypt(k, slice_of(memory, padded), memory, &back), STATUS_OK);
            cr_assert_eq(back, size);
            cr_assert(slice_equal(slice_of(memory, size), slice_of(plain, size)));
        }
    }
}

Test(aes, bytes_that_are_not_whole_blocks_or_wrongly_padded_are_refused) {
    uint8_t key[16] = {0}, bytes[32] = {0}, out[32];
    size_t size;
    struct slice k = slice_of(key, 16);
    cr_assert_eq(aes_ecb_decrypt(k, SLICE_EMPTY, out, &size), STATUS_CORRUPT);
    cr_assert_eq(aes_ecb_decrypt(k, slice_of(bytes, 17), out, &size), STATUS_CORRUPT);
    cr_assert_eq(aes_ecb_decrypt(k, slice_of(bytes, 32), out, &size), STATUS_CORRUPT);
}
