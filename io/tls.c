/* tls.c: OpenSSL between two memory buffers, and a certificate for who has none.
 *
 *     socket -> recv -> tls_feed -> [ in BIO | SSL | out BIO ] -> tls_unsent -> send -> socket
 *                                      tls_read  tls_write
 *
 * The files are those MySQL's clients know: ca.pem can be handed to who wants to verify us. Keys
 * are P-256: making them takes a millisecond, so the start does not wait.
 */
#include "io/tls.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/entropy.h"
#include "io/file.h"

struct tls_context {
    SSL_CTX *ssl;
};

struct tls {
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
};

enum { CERTIFICATE_DAYS = 3650 };

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

static void identity_free(struct identity *identity) {
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
    *identity = (struct identity){0};
}

static void certificate_add(X509 *certificate, X509 *issuer, int kind, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    if (extension != NULL) X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

static void certificate_name(X509 *certificate, const char *name) {
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
}

/* Signed by `issuer`, or by itself when that is NULL: then it is an authority. */
static enum status identity_make(const char *name, const struct identity *issuer,
                                 struct identity *identity_out) {
    struct identity made = {EVP_EC_gen("P-256"), X509_new()};
    if (made.key == NULL || made.certificate == NULL) goto fail;
    X509_set_version(made.certificate, X509_VERSION_3);
    uint64_t serial = entropy_u64() >> 1;
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(made.certificate), -24L * 3600);
    X509_gmtime_adj(X509_getm_notAfter(made.certificate), CERTIFICATE_DAYS * 24L * 3600);
    X509_set_pubkey(made.certificate, made.key);
    certificate_name(made.certificate, name);
    const struct identity *signer = issuer == NULL ? &made : issuer;
    X509_set_issuer_name(made.certificate, X509_get_subject_name(signer->certificate));
    certificate_add(made.certificate, signer->certificate, NID_basic_constraints,
                    issuer == NULL ? "critical,CA:TRUE" : "critical,CA:FALSE");
    certificate_add(made.certificate, signer->certificate, NID_subject_key_identifier, "hash");
    if (issuer != NULL)
        certificate_add(made.certificate, signer->certificate, NID_subject_alt_name,
                        "DNS:localhost,IP:127.0.0.1,IP:::1");
    if (X509_sign(made.certificate, signer->key, EVP_sha256()) == 0) goto fail;
    *identity_out = made;
    return STATUS_OK;
fail:
    identity_free(&made);
    return STATUS_INVALID;
}

enum pem_part { PEM_CERTIFICATE, PEM_KEY };

static enum status identity_write(const struct identity *identity, enum pem_part part,
                                  const char *directory, const char *name) {
    char path[PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, name) >= sizeof path)
        return STATUS_INVALID;
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL) die("no memory for a certificate");
    int written = part == PEM_KEY
                      ? PEM_write_bio_PrivateKey(bio, identity->key, NULL, NULL, 0, NULL, NULL)
                      : PEM_write_bio_X509(bio, identity->certificate);
    char *text;
    long size = BIO_get_mem_data(bio, &text);
    enum status status =
        written == 1 ? file_write(path, slice_of(text, (size_t)size)) : STATUS_INVALID;
    BIO_free(bio);
    return status;
}

/* An authority and a certificate signed by it; the authority's key is written too, so that others
 * can be signed. */
static enum status certificates_make(const char *directory) {
    struct identity authority = {0}, server = {0};
    enum status status = identity_make("Tessera generated CA", NULL, &authority);
    if (status != STATUS_OK) goto fail;
    status = identity_make("Tessera generated server certificate", &authority, &server);
    if (status != STATUS_OK) goto fail;
    status = identity_write(&authority, PEM_CERTIFICATE, directory, "ca.pem");
    if (status != STATUS_OK) goto fail;
    status = identity_write(&authority, PEM_KEY, directory, "ca-key.pem");
    if (status != STATUS_OK) goto fail;
    status = identity_write(&server, PEM_KEY, directory, "server-key.pem");
    if (status != STATUS_OK) goto fail;
    status = identity_write(&server, PEM_CERTIFICATE, directory, "server-cert.pem");
fail:
    identity_free(&authority);
    identity_free(&server);
    return status;
}

enum status tls_context_open(const char *directory, struct tls_context **context_out) {
    char certificate[PATH_MAX], key[PATH_MAX];
    if ((size_t)snprintf(certificate, sizeof certificate, "%s/server-cert.pem", directory) >=
            sizeof certificate ||
        (size_t)snprintf(key, sizeof key, "%s/server-key.pem", directory) >= sizeof key)
        return STATUS_INVALID;
    if (!file_exists(certificate)) {
        enum status status = certificates_make(directory);
        if (status != STATUS_OK) return status;
    }
    SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());
    if (ssl == NULL) die("OpenSSL does not start");
    SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ssl, 0);
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
    if (SSL_CTX_use_certificate_chain_file(ssl, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ssl) != 1) {
        SSL_CTX_free(ssl);
        ERR_clear_error();
        return STATUS_INVALID;
    }
    struct tls_context *context = malloc(sizeof *context);
    if (context == NULL) die("no memory for TLS");
    context->ssl = ssl;
    *context_out = context;
    return STATUS_OK;
}

void tls_context_close(struct tls_context *context) {
    SSL_CTX_free(context->ssl);
    free(context);
}

struct tls *tls_open(struct tls_context *context) {
    struct tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL) die("no memory for TLS");
    tls->ssl = SSL_new(context->ssl);
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    if (tls->ssl == NULL || tls->in == NULL || tls->out == NULL) die("no memory for TLS");
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    SSL_set_accept_state(tls->ssl);
    return tls;
}

void tls_close(struct tls *tls) {
    SSL_free(tls->ssl);
    free(tls);
}

/* Errors are looked at right away, so that none of this connection is found by another. */
static enum status tls_outcome(struct tls *tls, int result) {
    int error = SSL_get_error(tls->ssl, result);
    ERR_clear_error();
    switch (error) {
    case SSL_ERROR_NONE: return STATUS_OK;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return STATUS_BUSY;
    case SSL_ERROR_ZERO_RETURN: return STATUS_END;
    }
    return STATUS_CORRUPT;
}

enum status tls_feed(struct tls *tls, struct slice received) {
    CHECK(received.size <= INT_MAX);
    if (received.size > 0 &&
        BIO_write(tls->in, received.data, (int)received.size) != (int)received.size)
        die("no memory for TLS");
    if (SSL_is_init_finished(tls->ssl)) return STATUS_OK;
    enum status status = tls_outcome(tls, SSL_do_handshake(tls->ssl));
    return status == STATUS_BUSY ? STATUS_OK : status == STATUS_END ? STATUS_CORRUPT : status;
}

enum status tls_read(struct tls *tls, void *memory, size_t size, size_t *size_out) {
    if (!SSL_is_init_finished(tls->ssl)) return STATUS_BUSY;
    int got = SSL_read(tls->ssl, memory, (int)MIN(size, (size_t)INT_MAX));
    if (got <= 0) return tls_outcome(tls, got);
    *size_out = (size_t)got;
    return STATUS_OK;
}

void tls_write(struct tls *tls, struct slice bytes) {
    while (bytes.size > 0) {
        int written = SSL_write(tls->ssl, bytes.data, (int)MIN(bytes.size, (size_t)INT_MAX));
        if (written <= 0) { /* a memory BIO takes everything: the session itself is broken */
            ERR_clear_error();
            return;
        }
        bytes = slice_part(bytes, (size_t)written, bytes.size);
    }
}

struct slice tls_unsent(struct tls *tls) {
    char *data;
    long size = BIO_get_mem_data(tls->out, &data);
    return slice_of(data, (size_t)size);
}

void tls_sent(struct tls *tls, size_t size) {
    uint8_t thrown_away[16384];
    while (size > 0) {
        int got = BIO_read(tls->out, thrown_away, (int)MIN(size, sizeof thrown_away));
        CHECK(got > 0);
        size -= (size_t)got;
    }
}

bool tls_is_established(const struct tls *tls) { return SSL_is_init_finished(tls->ssl); }
const char *tls_version(const struct tls *tls) { return SSL_get_version(tls->ssl); }
const char *tls_cipher(const struct tls *tls) { return SSL_get_cipher_name(tls->ssl); }
