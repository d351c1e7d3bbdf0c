/* test_tls.c: a server made here and OpenSSL's client talk through memory. */
#include <criterion/criterion.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/io.h"

struct world {
    char directory[64];
    struct tls_context *context;
    struct tls *server;
    SSL_CTX *client_context;
    SSL *client;
    BIO *in, *out; /* of the client */
};

static void world_open(struct world *world, int version) {
    char path[96];
    snprintf(world->directory, sizeof world->directory, "/tmp/tessera-tls-XXXXXX");
    cr_assert_not_null(mkdtemp(world->directory));
    cr_assert_eq(tls_context_open(world->directory, &world->context), STATUS_OK);
    world->server = tls_open(world->context);
    world->client_context = SSL_CTX_new(TLS_client_method());
    snprintf(path, sizeof path, "%s/ca.pem", world->directory);
    cr_assert_eq(SSL_CTX_load_verify_locations(world->client_context, path, NULL), 1);
    SSL_CTX_set_verify(world->client_context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_max_proto_version(world->client_context, version);
    world->client = SSL_new(world->client_context);
    SSL_set1_host(world->client, "localhost");
    world->in = BIO_new(BIO_s_mem());
    world->out = BIO_new(BIO_s_mem());
    SSL_set_bio(world->client, world->in, world->out);
    SSL_set_connect_state(world->client);
}

static void world_close(struct world *world) {
    char command[128];
    SSL_free(world->client);
    SSL_CTX_free(world->client_context);
    tls_close(world->server);
    tls_context_close(world->context);
    snprintf(command, sizeof command, "rm -r %s", world->directory);
    cr_assert_eq(system(command), 0);
}

/* Bytes of both directions, as a network would carry them. */
static enum status carry(struct world *world) {
    char bytes[20000];
    enum status status = STATUS_OK;
    int size = BIO_read(world->out, bytes, sizeof bytes);
    if (size > 0) status = tls_feed(world->server, slice_of(bytes, (size_t)size));
    struct slice unsent = tls_unsent(world->server);
    if (unsent.size > 0) BIO_write(world->in, unsent.data, (int)unsent.size);
    tls_sent(world->server, unsent.size);
    return status;
}

static void talk(int version, const char *expected) {
    struct world world;
    char bytes[100];
    size_t size = 0;
    world_open(&world, version);
    for (int i = 0;
         i < 10 && (!SSL_is_init_finished(world.client) || !tls_is_established(world.server));
         i++) {
        SSL_do_handshake(world.client);
        cr_assert_eq(carry(&world), STATUS_OK);
    }
    cr_assert(tls_is_established(world.server));
    cr_assert_str_eq(tls_version(world.server), expected);
    cr_assert_eq(SSL_get_verify_result(world.client), X509_V_OK);
    SSL_write(world.client, "question", 8);
    cr_assert_eq(carry(&world), STATUS_OK);
    cr_assert_eq(tls_read(world.server, bytes, sizeof bytes, &size), STATUS_OK);
    cr_assert(slice_equal(slice_of(bytes, size), SLICE_LITERAL("question")));
    cr_assert_eq(tls_read(world.server, bytes, sizeof bytes, &size), STATUS_BUSY);
    tls_write(world.server, SLICE_LITERAL("answer"));
    cr_assert_eq(carry(&world), STATUS_OK);
    cr_assert_eq(SSL_read(world.client, bytes, sizeof bytes), 6);
    world_close(&world);
}

Test(tls, version_13_carries_bytes_both_ways) { talk(TLS1_3_VERSION, "TLSv1.3"); }
Test(tls, version_12_carries_bytes_both_ways) { talk(TLS1_2_VERSION, "TLSv1.2"); }

Test(tls, version_11_is_refused) {
    struct world world;
    enum status status = STATUS_OK;
    world_open(&world, TLS1_1_VERSION);
    SSL_set_security_level(world.client, 0);
    for (int i = 0; i < 4 && status == STATUS_OK; i++) {
        SSL_do_handshake(world.client);
        status = carry(&world);
    }
    cr_assert_not(tls_is_established(world.server));
    world_close(&world);
}

Test(tls, garbage_ends_it) {
    struct world world;
    world_open(&world, TLS1_3_VERSION);
    cr_assert_eq(tls_feed(world.server, SLICE_LITERAL("GET / HTTP/1.1\r\n\r\n")), STATUS_CORRUPT);
    world_close(&world);
}

Test(tls, certificates_are_made_once) {
    struct world world;
    struct tls_context *again;
    char path[96];
    struct slice first, second;
    world_open(&world, TLS1_3_VERSION);
    snprintf(path, sizeof path, "%s/server-cert.pem", world.directory);
    cr_assert_eq(file_read(path, 65536, &first), STATUS_OK);
    cr_assert_eq(tls_context_open(world.directory, &again), STATUS_OK);
    cr_assert_eq(file_read(path, 65536, &second), STATUS_OK);
    cr_assert(slice_equal(first, second));
    free((void *)(uintptr_t)first.data);
    free((void *)(uintptr_t)second.data);
    tls_context_close(again);
    world_close(&world);
}
