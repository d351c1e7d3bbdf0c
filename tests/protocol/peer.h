/* tests/protocol/peer.h: a client's end of a connection, and a driver that answers every effect at once.
 *
 * What the client sends is plain bytes; what the server did is a text, one word or more an effect ("ask root;
 * login root test; query select 1; "), and the packets that came back are in `got`.
 */
#ifndef TESTS_PROTOCOL_PEER_H
#define TESTS_PROTOCOL_PEER_H

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/compress.h"
#include "base/digest.h"
#include "protocol/protocol.h"
#include "protocol/scramble.h"
#include "tests/base/chunks.h"

/* Bytes that grow. */
struct bytes {
    uint8_t *data;
    size_t size, capacity;
};

static inline void put(struct bytes *to, const void *data, size_t size) {
    if (to->size + size > to->capacity) {
        to->capacity = 2 * (to->size + size) + 64;
        to->data = realloc(to->data, to->capacity);
    }
    if (size > 0) memcpy(to->data + to->size, data, size);
    to->size += size;
}
static inline void put_int(struct bytes *to, uint64_t value, size_t size) { put(to, &value, size); }
static inline void put_text(struct bytes *to, const char *text) { put(to, text, strlen(text)); }
static inline void put_nul(struct bytes *to, const char *text) { put(to, text, strlen(text) + 1); }
static inline void put_sized(struct bytes *to, const char *text) {
    put_int(to, strlen(text), 1);
    put_text(to, text);
}
/* A packet around a payload, which is emptied. */
static inline void put_packet(struct bytes *to, uint8_t sequence, struct bytes *payload) {
    size_t at = 0;
    for (;;) {
        size_t size = MIN(payload->size - at, PACKET_PIECE_BYTES_MAX);
        put_int(to, size, 3);
        put_int(to, sequence++, 1);
        put(to, payload->data + at, size);
        at += size;
        if (size < PACKET_PIECE_BYTES_MAX) break;
    }
    payload->size = 0;
}
static inline void put_command(struct bytes *to, uint8_t command, const char *text) {
    struct bytes payload = {0};
    put_int(&payload, command, 1);
    put_text(&payload, text);
    put_packet(to, 0, &payload);
    free(payload.data);
}

struct peer {
    struct chunks chunks; /* first */
    struct protocol *protocol;
    struct compressor *compressor;
    struct bytes got;
    char log[4096];
    size_t log_size;
    size_t bytes_peak;         /* of memory that was out */
    struct credential account; /* of every user but "nobody" */
    uint8_t cache[SCRAMBLE_CACHE_BYTES];
    int is_closed;
    int is_tls_wanted;
    int keeps_command; /* the test answers commands itself */
    struct command command;
    struct bytes infile;
};

static const uint8_t greeting_random[PROTOCOL_NONCE_BYTES] = "abcdefghijklmnopqrst";
static const uint8_t switch_random[PROTOCOL_NONCE_BYTES] = "ABCDEFGHIJKLMNOPQRST";

static inline void peer_log_part(struct peer *peer, const char *before, struct slice part) {
    size_t room = sizeof peer->log - 1 - peer->log_size;
    size_t before_size = strlen(before), size = MIN(part.size, (size_t)200);
    if (before_size + size > room) return;
    memcpy(peer->log + peer->log_size, before, before_size);
    if (size > 0) memcpy(peer->log + peer->log_size + before_size, part.data, size);
    peer->log_size += before_size + size;
    peer->log[peer->log_size] = '\0';
}
static inline void peer_log(struct peer *peer, const char *word, struct slice a, struct slice b) {
    peer_log_part(peer, word, SLICE_EMPTY);
    peer_log_part(peer, a.size > 0 ? " " : "", a);
    peer_log_part(peer, b.size > 0 ? " " : "", b);
    peer_log_part(peer, "; ", SLICE_EMPTY);
}

static inline void peer_drain(struct peer *peer) {
    for (;;) {
        struct slice unsent = protocol_unsent(peer->protocol);
        if (unsent.size == 0) return;
        size_t size =
            MIN(unsent.size, (size_t)70001); /* a socket that takes less than it is given */
        put(&peer->got, unsent.data, size);
        protocol_sent(peer->protocol, size);
    }
}

static inline struct peer *peer_open_as(uint32_t offered, uint32_t packet_bytes_max,
                                        enum transport transport) {
    struct peer *peer = calloc(1, sizeof *peer);
    peer->chunks = chunks_open();
    peer->compressor = compressor_open(&peer->chunks.source);
    struct protocol_options options = {
        .connection_id = 7,
        .offered = offered,
        .transport = transport,
        .collation_id = 255,
        .packet_bytes_max = packet_bytes_max,
        .server_version = SLICE_LITERAL("8.4.0-test"),
        .client_host = SLICE_LITERAL("10.0.0.1"),
        .compressor = peer->compressor,
    };
    memcpy(options.nonce_random, greeting_random, sizeof options.nonce_random);
    peer->protocol = protocol_open(&peer->chunks.source, &options);
    peer->account =
        (struct credential){.found = 1, .plugin = SLICE_LITERAL("caching_sha2_password")};
    memcpy(peer->account.nonce_random, switch_random, sizeof switch_random);
    peer_drain(peer);
    peer->got.size = 0;
    return peer;
}

static inline struct peer *peer_open_with(uint32_t offered, uint32_t packet_bytes_max) {
    return peer_open_as(offered, packet_bytes_max, TRANSPORT_PLAIN);
}
static inline struct peer *peer_open_on(enum transport transport) {
    return peer_open_as(CAPABILITY_SSL | CAPABILITY_LOCAL_FILES, 64 * MIB, transport);
}
static inline struct peer *peer_open(void) { return peer_open_on(TRANSPORT_PLAIN); }

static inline void peer_close(struct peer *peer) {
    protocol_close(peer->protocol);
    compressor_close(peer->compressor);
    cr_assert_eq(peer->chunks.out_bytes, 0);
    free(peer->got.data);
    free(peer->infile.data);
    free(peer);
}

/* A password for the account; with a cached digest when asked for. */
static inline void peer_password(struct peer *peer, enum scramble_plugin plugin,
                                 const char *password) {
    static uint8_t memory[SCRAMBLE_STORED_BYTES_MAX]; /* one account at a time */
    struct slice text = slice_of_text(password);
    peer->account.plugin = scramble_plugin_name(plugin);
    peer->account.stored = plugin == SCRAMBLE_NATIVE
                               ? scramble_make_native(text, memory)
                               : scramble_make_stored(text, greeting_random, memory);
}
static inline void peer_cache(struct peer *peer, const char *password) {
    scramble_cache_digest(slice_of_text(password), peer->cache);
    peer->account.cache_digest = slice_of(peer->cache, sizeof peer->cache);
}

static inline void peer_command(struct peer *peer, const struct command *command) {
    static const struct reply_ok ok = {.status = SERVER_AUTOCOMMIT};
    char word[32];
    snprintf(word, sizeof word, "command %d", (int)command->kind);
    if (command->kind == COMMAND_QUERY) {
        peer_log(peer, "query", command->query.text, SLICE_EMPTY);
    } else if (command->kind == COMMAND_INIT_DB || command->kind == COMMAND_STMT_PREPARE) {
        peer_log(peer, word, command->text, SLICE_EMPTY);
    } else {
        peer_log(peer, word, SLICE_EMPTY, SLICE_EMPTY);
    }
    peer->command = *command;
    if (peer->keeps_command) return;
    if (command->kind != COMMAND_STMT_CLOSE && command->kind != COMMAND_STMT_SEND_LONG_DATA) {
        reply_ok(peer->protocol, &ok);
    }
    protocol_command_done(peer->protocol);
}

/* RSA is the identity here: the client sends the masked password. */
static inline void peer_effect(struct peer *peer, const struct protocol_effect *effect) {
    static const struct reply_ok ok = {.status = SERVER_AUTOCOMMIT};
    struct protocol *protocol = peer->protocol;
    struct slice user = effect->login.user;
    switch (effect->kind) {
    case PROTOCOL_NOTHING: return;
    case PROTOCOL_START_TLS:
        peer_log(peer, "tls", effect->tls_bytes, SLICE_EMPTY);
        if (peer->is_tls_wanted) protocol_tls_started(protocol);
        return;
    case PROTOCOL_NEED_CREDENTIAL: {
        peer_log(peer, "ask", user, SLICE_EMPTY);
        struct credential account = peer->account;
        if (slice_equal(user, SLICE_LITERAL("nobody"))) account.found = 0;
        protocol_give_credential(protocol, &account);
        return;
    }
    case PROTOCOL_NEED_PUBLIC_KEY:
        peer_log(peer, "key", SLICE_EMPTY, SLICE_EMPTY);
        protocol_give_public_key(protocol, SLICE_LITERAL("-----BEGIN PUBLIC KEY-----"));
        return;
    case PROTOCOL_NEED_DECRYPTION:
        peer_log(peer, "decrypt", SLICE_EMPTY, SLICE_EMPTY);
        protocol_give_decrypted(protocol, STATUS_OK, effect->encrypted);
        return;
    case PROTOCOL_NEED_VERIFICATION:
        peer_log(peer, "verify", SLICE_EMPTY, SLICE_EMPTY);
        protocol_give_verdict(protocol, scramble_verify_stored(effect->verification.password,
                                                               effect->verification.stored));
        return;
    case PROTOCOL_LOGIN:
        peer_log(peer, "login", user, effect->login.database);
        protocol_accept(protocol, &ok);
        return;
    case PROTOCOL_COMMAND: peer_command(peer, &effect->command); return;
    case PROTOCOL_INFILE_DATA:
        put(&peer->infile, effect->infile.data, effect->infile.size);
        if (effect->infile.size == 0)
            peer_log(peer, "file", slice_of(peer->infile.data, peer->infile.size), SLICE_EMPTY);
        return;
    case PROTOCOL_CLOSE:
        peer_log(peer, "close", SLICE_EMPTY, SLICE_EMPTY);
        peer->is_closed = 1;
        return;
    }
}

static inline void peer_run(struct peer *peer) {
    struct protocol_effect effect;
    do {
        protocol_next(peer->protocol, &effect);
        peer_effect(peer, &effect);
        peer->bytes_peak = MAX(peer->bytes_peak, peer->chunks.out_bytes);
        peer_drain(peer);
    } while (effect.kind != PROTOCOL_NOTHING);
}

static inline void peer_send(struct peer *peer, const void *data, size_t size) {
    uint8_t *copy = malloc(size + 1); /* exactly sized, so that a read behind it is seen */
    memcpy(copy, data, size);
    protocol_receive(peer->protocol, slice_of(copy, size));
    free(copy);
    peer_run(peer);
}
static inline void peer_send_all(struct peer *peer, struct bytes *bytes) {
    peer_send(peer, bytes->data, bytes->size);
    bytes->size = 0;
}

/* The next packet that came, without its header; an assertion fails when there is none. */
static inline struct slice got_packet(struct peer *peer, size_t *at) {
    cr_assert_leq(*at + 4, peer->got.size);
    size_t size = load_le24(peer->got.data + *at);
    cr_assert_leq(*at + 4 + size, peer->got.size);
    struct slice payload = slice_of(peer->got.data + *at + 4, size);
    *at += 4 + size;
    return payload;
}
static inline uint16_t got_error(struct peer *peer, size_t *at) {
    struct slice payload = got_packet(peer, at);
    cr_assert_eq(payload.data[0], 0xFF);
    return load_le16(payload.data + 1);
}

/* ---- Proofs, from the client's side ---- */

static inline void prove_sha2(const char *password, const uint8_t *random, uint8_t *proof) {
    uint8_t nonce[PROTOCOL_NONCE_BYTES], once[32], twice[32];
    scramble_nonce(random, nonce);
    struct slice text = slice_of_text(password), one = slice_of(once, 32);
    digest_sha256(&text, 1, once);
    digest_sha256(&one, 1, twice);
    struct slice parts[] = {slice_of(twice, 32), slice_of(nonce, sizeof nonce)};
    digest_sha256(parts, 2, proof);
    for (size_t i = 0; i < 32; i++) proof[i] ^= once[i];
}
static inline void prove_native(const char *password, const uint8_t *random, uint8_t *proof) {
    uint8_t nonce[PROTOCOL_NONCE_BYTES], once[20], twice[20];
    scramble_nonce(random, nonce);
    struct slice text = slice_of_text(password), one = slice_of(once, 20);
    digest_sha1(&text, 1, once);
    digest_sha1(&one, 1, twice);
    struct slice parts[] = {slice_of(nonce, sizeof nonce), slice_of(twice, 20)};
    digest_sha1(parts, 2, proof);
    for (size_t i = 0; i < 20; i++) proof[i] ^= once[i];
}

/* ---- Login packets ---- */

#define CAPABILITIES_ALL_CLIENTS                                                                   \
    (CAPABILITY_PROTOCOL_41 | CAPABILITY_SECURE_CONNECTION | CAPABILITY_PLUGIN_AUTH |              \
     CAPABILITY_TRANSACTIONS | CAPABILITY_MULTI_RESULTS)

struct login_packet {
    uint32_t capabilities;
    uint8_t collation_id;
    const char *user, *database, *plugin, *attribute; /* attribute: name=, one value "x" */
    struct slice response;
};

static inline void put_login(struct bytes *to, uint8_t sequence, const struct login_packet *login) {
    struct bytes p = {0};
    uint32_t capabilities = login->capabilities;
    put_int(&p, capabilities, 4);
    put_int(&p, 1 << 24, 4);
    put_int(&p, login->collation_id, 1);
    for (int i = 0; i < 23; i++) put_int(&p, 0, 1);
    put_nul(&p, login->user);
    bool is_sized = (capabilities & (CAPABILITY_LENENC_AUTH | CAPABILITY_SECURE_CONNECTION)) != 0;
    if (is_sized) put_int(&p, login->response.size, 1);
    put(&p, login->response.data, login->response.size);
    if (!is_sized) put_int(&p, 0, 1);
    if (capabilities & CAPABILITY_CONNECT_WITH_DB) put_nul(&p, login->database);
    if (capabilities & CAPABILITY_PLUGIN_AUTH) put_nul(&p, login->plugin);
    if (capabilities & CAPABILITY_CONNECT_ATTRS) {
        put_int(&p, strlen(login->attribute) + 3, 1);
        put_sized(&p, login->attribute);
        put_sized(&p, "x");
    }
    if (capabilities & CAPABILITY_ZSTD) put_int(&p, 5, 1);
    put_packet(to, sequence, &p);
    free(p.data);
}

/* Logs in as root without a password; `got` is empty afterwards. */
static inline void peer_login(struct peer *peer, uint32_t capabilities) {
    struct bytes stream = {0};
    struct login_packet login = {.capabilities = CAPABILITIES_ALL_CLIENTS | capabilities,
                                 .collation_id = 255,
                                 .user = "root",
                                 .database = "test",
                                 .plugin = "caching_sha2_password",
                                 .attribute = "_os"};
    put_login(&stream, 1, &login);
    peer_send_all(peer, &stream);
    free(stream.data);
    cr_assert_not(peer->is_closed, "%s", peer->log);
    peer->got.size = 0;
    peer->log_size = 0;
    peer->log[0] = '\0';
}

#endif
