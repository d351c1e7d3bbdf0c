/* base/digest.h: cryptographic digests and AES, by libcrypto, without an allocation.
 *
 * A digest is of several slices, one after the other, because protocols digest concatenations.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/bytes.h"
#include "base/status.h"

enum {
    DIGEST_MD5_BYTES = 16,
    DIGEST_SHA1_BYTES = 20,
    DIGEST_SHA224_BYTES = 28,
    DIGEST_SHA256_BYTES = 32,
    DIGEST_SHA384_BYTES = 48,
    DIGEST_SHA512_BYTES = 64,
};

/* `out` has the digest's number of bytes and may lie in a part. */
void digest_md5(const struct slice *parts, size_t part_count, uint8_t *out);
void digest_sha1(const struct slice *parts, size_t part_count, uint8_t *out);
void digest_sha224(const struct slice *parts, size_t part_count, uint8_t *out);
void digest_sha256(const struct slice *parts, size_t part_count, uint8_t *out);
void digest_sha384(const struct slice *parts, size_t part_count, uint8_t *out);
void digest_sha512(const struct slice *parts, size_t part_count, uint8_t *out);
/* HMAC-SHA-256 (RFC 2104). */
void digest_hmac_sha256(struct slice key, struct slice bytes, uint8_t *out);

/* Equality in a time that depends on the sizes alone, for secrets. */
bool digest_equal(struct slice a, struct slice b);

enum { AES_BLOCK_BYTES = 16 };

/* Size of what aes_ecb_encrypt makes of `size` bytes: up to the next whole block, always padded. */
static inline size_t aes_padded_size(size_t size) {
    return (size / AES_BLOCK_BYTES + 1) * AES_BLOCK_BYTES;
}
/* AES in ECB mode with PKCS #7 padding: what MySQL's AES_ENCRYPT does by default. key.size is 16,
 * 24 or
 * 32. `out` has aes_padded_size(bytes.size) bytes and may be bytes.data. */
void aes_ecb_encrypt(struct slice key, struct slice bytes, uint8_t *out);
/* `out` has bytes.size bytes and may be bytes.data; *size_out is the size without the padding.
 * STATUS_CORRUPT: not whole blocks, or the padding is wrong (another key, other bytes). */
MUST_USE enum status aes_ecb_decrypt(struct slice key, struct slice bytes, uint8_t *out,
                                     size_t *size_out);

#endif
