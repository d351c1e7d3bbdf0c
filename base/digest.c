/* digest.c: libcrypto's digests and block cipher.
 *
 * We use its low-level functions, whose contexts live on our stack: the newer interface (EVP)
 * allocates and looks up the algorithm by name for each call, several times the cost of a short
 * digest. libcrypto calls them deprecated but keeps them; should they go, this file is the only
 * place to change.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/digest.h"

#include <openssl/aes.h>
#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

/* The same three calls for each algorithm. */
#define DIGEST_DEFINE(function, CONTEXT, INIT, UPDATE, FINAL)                                      \
    void function(const struct slice *parts, size_t part_count, uint8_t *out) {                    \
        CONTEXT context;                                                                           \
        INIT(&context);                                                                            \
        for (size_t i = 0; i < part_count; i++) UPDATE(&context, parts[i].data, parts[i].size);    \
        FINAL(out, &context);                                                                      \
    }

DIGEST_DEFINE(digest_md5, MD5_CTX, MD5_Init, MD5_Update, MD5_Final)
DIGEST_DEFINE(digest_sha1, SHA_CTX, SHA1_Init, SHA1_Update, SHA1_Final)
DIGEST_DEFINE(digest_sha224, SHA256_CTX, SHA224_Init, SHA224_Update, SHA224_Final)
DIGEST_DEFINE(digest_sha256, SHA256_CTX, SHA256_Init, SHA256_Update, SHA256_Final)
DIGEST_DEFINE(digest_sha384, SHA512_CTX, SHA384_Init, SHA384_Update, SHA384_Final)
DIGEST_DEFINE(digest_sha512, SHA512_CTX, SHA512_Init, SHA512_Update, SHA512_Final)

static_assert(DIGEST_MD5_BYTES == MD5_DIGEST_LENGTH, "sizes are libcrypto's");
static_assert(DIGEST_SHA1_BYTES == SHA_DIGEST_LENGTH, "sizes are libcrypto's");
static_assert(DIGEST_SHA256_BYTES == SHA256_DIGEST_LENGTH, "sizes are libcrypto's");
static_assert(DIGEST_SHA512_BYTES == SHA512_DIGEST_LENGTH, "sizes are libcrypto's");
static_assert(AES_BLOCK_BYTES == AES_BLOCK_SIZE, "sizes are libcrypto's");

/* HMAC(key, m) = H(key ^ outer, H(key ^ inner, m)), the key filled up to a block with zeros. */
void digest_hmac_sha256(struct slice key, struct slice bytes, uint8_t *out) {
    uint8_t block[SHA256_CBLOCK] = {0}, inner[DIGEST_SHA256_BYTES];
    if (key.size > sizeof(block))
        digest_sha256(&key, 1, block);
    else if (key.size > 0)
        memcpy(block, key.data, key.size);
    for (size_t i = 0; i < sizeof(block); i++) block[i] ^= 0x36;
    digest_sha256((struct slice[]){slice_of(block, sizeof(block)), bytes}, 2, inner);
    for (size_t i = 0; i < sizeof(block); i++) block[i] ^= 0x36 ^ 0x5c;
    digest_sha256((struct slice[]){slice_of(block, sizeof(block)), slice_of(inner, sizeof(inner))},
                  2, out);
    OPENSSL_cleanse(block, sizeof(block));
}

bool digest_equal(struct slice a, struct slice b) {
    if (a.size != b.size) return false;
    return a.size == 0 || CRYPTO_memcmp(a.data, b.data, a.size) == 0;
}

static int key_bits(struct slice key) {
    CHECK(key.size == 16 || key.size == 24 || key.size == 32);
    return (int)key.size * 8;
}

void aes_ecb_encrypt(struct slice key, struct slice bytes, uint8_t *out) {
    AES_KEY schedule;
    int failed = AES_set_encrypt_key(key.data, key_bits(key), &schedule);
    CHECK(failed == 0);
    size_t whole = bytes.size - bytes.size % AES_BLOCK_BYTES, rest = bytes.size - whole;
    uint8_t last[AES_BLOCK_BYTES];
    memset(last, (int)(AES_BLOCK_BYTES - rest), sizeof(last));
    if (rest > 0) memcpy(last, bytes.data + whole, rest);
    for (size_t at = 0; at < whole; at += AES_BLOCK_BYTES)
        AES_encrypt(bytes.data + at, out + at, &schedule);
    AES_encrypt(last, out + whole, &schedule);
    OPENSSL_cleanse(&schedule, sizeof(schedule));
}

/* Bytes of padding at the end of the last block, 0 when it is no padding. */
static size_t padding_size(const uint8_t *block) {
    uint8_t size = block[AES_BLOCK_BYTES - 1];
    if (size == 0 || size > AES_BLOCK_BYTES) return 0;
    for (size_t i = AES_BLOCK_BYTES - size; i < AES_BLOCK_BYTES; i++)
        if (block[i] != size) return 0;
    return size;
}

enum status aes_ecb_decrypt(struct slice key, struct slice bytes, uint8_t *out, size_t *size_out) {
    if (bytes.size == 0 || bytes.size % AES_BLOCK_BYTES != 0) return STATUS_CORRUPT;
    AES_KEY schedule;
    int failed = AES_set_decrypt_key(key.data, key_bits(key), &schedule);
    CHECK(failed == 0);
    for (size_t at = 0; at < bytes.size; at += AES_BLOCK_BYTES)
        AES_decrypt(bytes.data + at, out + at, &schedule);
    OPENSSL_cleanse(&schedule, sizeof(schedule));
    size_t padding = padding_size(out + bytes.size - AES_BLOCK_BYTES);
    if (padding == 0) return STATUS_CORRUPT;
    *size_out = bytes.size - padding;
    return STATUS_OK;
}
