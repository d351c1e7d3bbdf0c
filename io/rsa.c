/* rsa.c: one key pair, kept in two files as MySQL's servers do. */
#include "io/rsa.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/file.h"

struct rsa_pair {
    EVP_PKEY *key;
    BIO *public_text;
};

enum { RSA_BITS = 2048, RSA_FILE_BYTES_MAX = 65536 };

static EVP_PKEY *rsa_load(const char *path) {
    struct slice text;
    if (file_read(path, RSA_FILE_BYTES_MAX, &text) != STATUS_OK) return NULL;
    BIO *bio = BIO_new_mem_buf(text.data, (int)text.size);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    ERR_clear_error();
    free((void *)(uintptr_t)text.data);
    return key;
}

static enum status rsa_store(EVP_PKEY *key, const char *path) {
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL) die("no memory for a key");
    enum status status = STATUS_INVALID;
    if (PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1) {
        char *text;
        long size = BIO_get_mem_data(bio, &text);
        status = file_write(path, slice_of(text, (size_t)size));
    }
    BIO_free(bio);
    return status;
}

enum status rsa_pair_open(const char *directory, struct rsa_pair **pair_out) {
    char private_path[PATH_MAX], public_path[PATH_MAX];
    if ((size_t)snprintf(private_path, sizeof private_path, "%s/private_key.pem", directory) >=
            sizeof private_path ||
        (size_t)snprintf(public_path, sizeof public_path, "%s/public_key.pem", directory) >=
            sizeof public_path)
        return STATUS_INVALID;
    EVP_PKEY *key = rsa_load(private_path);
    bool is_new = key == NULL;
    if (is_new) key = EVP_RSA_gen(RSA_BITS);
    BIO *text = BIO_new(BIO_s_mem());
    if (key == NULL || text == NULL || PEM_write_bio_PUBKEY(text, key) != 1) goto fail;
    struct rsa_pair *pair = malloc(sizeof *pair);
    if (pair == NULL) die("no memory for a key");
    *pair = (struct rsa_pair){.key = key, .public_text = text};
    /* A pair that could not be kept serves until the process ends. */
    if (is_new && (rsa_store(key, private_path) != STATUS_OK ||
                   file_write(public_path, rsa_public_key(pair)) != STATUS_OK))
        say("the RSA pair could not be written to %s", directory);
    *pair_out = pair;
    return STATUS_OK;
fail:
    EVP_PKEY_free(key);
    BIO_free(text);
    ERR_clear_error();
    return STATUS_INVALID;
}

void rsa_pair_close(struct rsa_pair *pair) {
    EVP_PKEY_free(pair->key);
    BIO_free(pair->public_text);
    free(pair);
}

struct slice rsa_public_key(const struct rsa_pair *pair) {
    char *text;
    long size = BIO_get_mem_data(pair->public_text, &text);
    return slice_of(text, (size_t)size);
}

enum status rsa_decrypt(const struct rsa_pair *pair, struct slice encrypted, void *memory,
                        size_t size, size_t *size_out) {
    uint8_t decrypted[RSA_BITS / 8];
    size_t decrypted_size = sizeof decrypted;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pair->key, NULL);
    bool is_right = context != NULL && EVP_PKEY_decrypt_init(context) == 1 &&
                    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
                    encrypted.size == RSA_BITS / 8 &&
                    EVP_PKEY_decrypt(context, decrypted, &decrypted_size, encrypted.data,
                                     encrypted.size) == 1 &&
                    decrypted_size <= size;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    if (is_right) {
        memcpy(memory, decrypted, decrypted_size);
        *size_out = decrypted_size;
    }
    OPENSSL_cleanse(decrypted, sizeof decrypted);
    return is_right ? STATUS_OK : STATUS_DENIED;
}
