/* test_rsa.c: what a client encrypts with our public key is decrypted here. */
#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/io.h"

/* As a client does: OAEP under the key of the PEM text. */
static size_t encrypt(struct slice pem, const char *text, uint8_t out[256]) {
    size_t size = 256;
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    cr_assert_eq(EVP_PKEY_encrypt_init(context), 1);
    cr_assert_eq(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING), 1);
    cr_assert_eq(EVP_PKEY_encrypt(context, out, &size, (const unsigned char *)text, strlen(text)),
                 1);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    BIO_free(bio);
    return size;
}

Test(rsa, a_pair_is_made_once_and_decrypts_what_clients_encrypt) {
    char directory[] = "/tmp/tessera-rsa-XXXXXX", command[64];
    struct rsa_pair *pair, *again;
    uint8_t encrypted[256], decrypted[256];
    size_t size = 0;
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(rsa_pair_open(directory, &pair), STATUS_OK);
    cr_assert_eq(rsa_pair_open(directory, &again), STATUS_OK);
    cr_assert(slice_equal(rsa_public_key(pair), rsa_public_key(again)));
    size_t encrypted_size = encrypt(rsa_public_key(pair), "lovelace", encrypted);
    cr_assert_eq(
        rsa_decrypt(again, slice_of(encrypted, encrypted_size), decrypted, sizeof decrypted, &size),
        STATUS_OK);
    cr_assert(slice_equal(slice_of(decrypted, size), SLICE_LITERAL("lovelace")));
    encrypted[0] ^= 1;
    cr_assert_eq(
        rsa_decrypt(pair, slice_of(encrypted, encrypted_size), decrypted, sizeof decrypted, &size),
        STATUS_DENIED);
    cr_assert_eq(rsa_decrypt(pair, SLICE_LITERAL("short"), decrypted, sizeof decrypted, &size),
                 STATUS_DENIED);
    rsa_pair_close(pair);
    rsa_pair_close(again);
    snprintf(command, sizeof command, "rm -r %s", directory);
    cr_assert_eq(system(command), 0);
}
