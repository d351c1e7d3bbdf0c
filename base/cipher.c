/* cipher.c: AES chained in the ways that MySQL knows.
 *
 * ECB is digest.c's. CBC pads the last block; the feedback modes are streams: what they give is as long as what they take,
 * and decrypting runs the cipher forwards, too. See digest.c for why the low-level functions.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/cipher.h"

#include <openssl/aes.h>
#include <openssl/crypto.h>

struct stream {
    AES_KEY schedule;
    uint8_t iv[AES_BLOCK_BYTES];
};

static void stream_open(struct stream *stream, const struct cipher *cipher, int direction) {
    int bits = (int)cipher->key.size * 8;
    CHECK(bits == 128 || bits == 192 || bits == 256);
    bool runs_backwards = cipher->mode == CIPHER_CBC && direction == AES_DECRYPT;
    int failed = runs_backwards ? AES_set_decrypt_key(cipher->key.data, bits, &stream->schedule)
                                : AES_set_encrypt_key(cipher->key.data, bits, &stream->schedule);
    CHECK(failed == 0);
    memcpy(stream->iv, cipher->iv, AES_BLOCK_BYTES);
}

static void stream_run(struct stream *stream, enum cipher_mode mode, struct slice bytes,
                       uint8_t *out, int direction) {
    const AES_KEY *key = &stream->schedule;
    uint8_t *iv = stream->iv;
    int place = 0;
    switch (mode) {
    case CIPHER_ECB: break;
    case CIPHER_CBC: AES_cbc_encrypt(bytes.data, out, bytes.size, key, iv, direction); return;
    case CIPHER_CFB1: /* counts bits */
        AES_cfb1_encrypt(bytes.data, out, bytes.size * 8, key, iv, &place, direction);
        return;
    case CIPHER_CFB8:
        AES_cfb8_encrypt(bytes.data, out, bytes.size, key, iv, &place, direction);
        return;
    case CIPHER_CFB128:
        AES_cfb128_encrypt(bytes.data, out, bytes.size, key, iv, &place, direction);
        return;
    case CIPHER_OFB: AES_ofb128_encrypt(bytes.data, out, bytes.size, key, iv, &place); return;
    }
    UNREACHABLE();
}

void cipher_encrypt(const struct cipher *cipher, struct slice bytes, uint8_t *out) {
    if (cipher->mode == CIPHER_ECB) {
        aes_ecb_encrypt(cipher->key, bytes, out);
        return;
    }
    struct stream stream;
    stream_open(&stream, cipher, AES_ENCRYPT);
    size_t rest = cipher->mode == CIPHER_CBC ? bytes.size % AES_BLOCK_BYTES : 0;
    size_t whole = bytes.size - rest;
    if (whole > 0) stream_run(&stream, cipher->mode, slice_part(bytes, 0, whole), out, AES_ENCRYPT);
    if (cipher->mode == CIPHER_CBC) {
        uint8_t last[AES_BLOCK_BYTES];
        memset(last, (int)(AES_BLOCK_BYTES - rest), sizeof last);
        if (rest > 0) memcpy(last, bytes.data + whole, rest);
        stream_run(&stream, cipher->mode, slice_of(last, sizeof last), out + whole, AES_ENCRYPT);
    }
    OPENSSL_cleanse(&stream, sizeof stream);
}

/* The size without PKCS #7 padding; CORRUPT when there is none. */
static enum status padding_strip(const uint8_t *bytes, size_t *size) {
    uint8_t padding = bytes[*size - 1];
    if (padding == 0 || padding > AES_BLOCK_BYTES) return STATUS_CORRUPT;
    for (size_t i = *size - padding; i < *size; i++)
        if (bytes[i] != padding) return STATUS_CORRUPT;
    *size -= padding;
    return STATUS_OK;
}

enum status cipher_decrypt(const struct cipher *cipher, struct slice bytes, uint8_t *out,
                           size_t *size_out) {
    if (cipher->mode == CIPHER_ECB) return aes_ecb_decrypt(cipher->key, bytes, out, size_out);
    bool is_block = cipher->mode == CIPHER_CBC;
    if (is_block && (bytes.size == 0 || bytes.size % AES_BLOCK_BYTES != 0)) return STATUS_CORRUPT;
    struct stream stream;
    stream_open(&stream, cipher, AES_DECRYPT);
    if (bytes.size > 0) stream_run(&stream, cipher->mode, bytes, out, AES_DECRYPT);
    OPENSSL_cleanse(&stream, sizeof stream);
    *size_out = bytes.size;
    return is_block ? padding_strip(out, size_out) : STATUS_OK;
}
