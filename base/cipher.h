/* base/cipher.h: AES in the modes of MySQL's block_encryption_mode, by libcrypto, without an allocation.
 */
#ifndef BASE_CIPHER_H
#define BASE_CIPHER_H

#include "base/digest.h"

enum cipher_mode { CIPHER_ECB, CIPHER_CBC, CIPHER_CFB1, CIPHER_CFB8, CIPHER_CFB128, CIPHER_OFB };

struct cipher {
    enum cipher_mode mode;
    struct slice key;  /* 16, 24 or 32 bytes */
    const uint8_t *iv; /* AES_BLOCK_BYTES bytes; ECB has none */
};

/* ECB and CBC work in whole blocks with PKCS #7 padding; the others byte by byte. */
static inline size_t cipher_size(enum cipher_mode mode, size_t size) {
    return mode <= CIPHER_CBC ? aes_padded_size(size) : size;
}
/* `out` has cipher_size(mode, bytes.size) bytes and is not bytes.data. */
void cipher_encrypt(const struct cipher *cipher, struct slice bytes, uint8_t *out);
/* `out` has bytes.size bytes and is not bytes.data. CORRUPT: not whole blocks, or wrong padding. */
MUST_USE enum status cipher_decrypt(const struct cipher *cipher, struct slice bytes, uint8_t *out,
                                    size_t *size_out);

#endif
