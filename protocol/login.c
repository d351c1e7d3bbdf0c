/* login.c: who is it?
 *
 *                                   credential                wrong or no cached digest
 *   (login packet) --> ASKING --------------------> (response) -----------------------> FULL
 *                        |   another plugin            ^   |                           |  |  |
 *                        +----------> SWITCHED --------+   | proof is right        02  |  |  | in clear
 *                                     (new response)       |                           v  |  |
 *                                                          |   SECRET <-- (our key) - KEY |  |
 *                                                          |     | encrypted              |  |
 *                                                          v     v             encrypted  |  v
 *                                                        PROVED  DECRYPTION <-------------+  VERIFICATION
 *                                                          ^     | decrypted                 ^  |
 *                                                          |     +---------------------------+  |
 *                                                          +---------------- right -------------+
 *
 *   (L1) An unknown user and a known one with a password see the same packets, and a worker computes the same
 *        digest for both (scramble_decoy). Only a right password tells them apart.
 *   (L2) A password in clear is taken from a secure transport or from this machine only.
 *   (L3) A response is valid for the nonce that went out last. COM_CHANGE_USER always switches, because clients
 *        answer it with whatever nonce they saw last.
 *   (L4) The exchange is wiped when it ends, however it ends.
 */
#include "protocol/connection.h"

enum login_state { ASKING, SWITCHED, FULL, KEY, SECRET, DECRYPTION, VERIFICATION, PROVED };

static const struct machine_state states[] = {
    [ASKING] = {"asking", TO(SWITCHED) | TO(FULL) | TO(PROVED)},
    [SWITCHED] = {"switched", TO(FULL) | TO(PROVED)},
    [FULL] = {"full", TO(KEY) | TO(DECRYPTION) | TO(VERIFICATION)},
    [KEY] = {"key", TO(SECRET)},
    [SECRET] = {"secret", TO(DECRYPTION)},
    [DECRYPTION] = {"decryption", TO(VERIFICATION)},
    [VERIFICATION] = {"verification", TO(PROVED)},
    [PROVED] = {"proved", 0},
};

/* Second byte behind 01 in caching_sha2_password's packets, and what a client asks for the key with. */
enum { FAST_PATH_DONE = 3, FULL_PATH_WANTED = 4, KEY_WANTED = 2 };

void login_open(struct protocol *protocol, enum login_cause cause) {
    CHECK(protocol->exchange == NULL);
    struct exchange *exchange =
        protocol->source->take(protocol->source, sizeof *protocol->exchange);
    memset(exchange, 0, sizeof *exchange);
    machine_open(&exchange->machine, states, ASKING);
    exchange->login.cause = cause;
    memcpy(exchange->nonce, protocol->nonce, sizeof exchange->nonce);
    protocol->exchange = exchange;
}

void login_close(struct protocol *protocol) {
    if (protocol->exchange == NULL) return;
    explicit_bzero(protocol->exchange, sizeof *protocol->exchange); /* (L4) */
    protocol->source->give(protocol->source, protocol->exchange, sizeof *protocol->exchange);
    protocol->exchange = NULL;
}

void login_begin(struct protocol *protocol) {
    CHECK(protocol->exchange->machine.state == ASKING);
    protocol->due = PROTOCOL_NEED_CREDENTIAL;
}

bool login_is_proved(const struct protocol *protocol) {
    return protocol->exchange->machine.state == PROVED;
}

static void login_move(struct protocol *protocol, enum login_state to) {
    machine_move(&protocol->exchange->machine, (uint8_t)to);
}

static void text_of(struct slice bytes, char *text, size_t size) {
    size_t kept = MIN(bytes.size, size - 1);
    if (kept > 0) memcpy(text, bytes.data, kept);
    text[kept] = '\0';
}

static void login_deny(struct protocol *protocol) {
    const struct exchange *exchange = protocol->exchange;
    char user[128], host[256], message[MYSQL_ERROR_TEXT_MAX];
    text_of(exchange->login.user, user, sizeof user);
    text_of(protocol->options.client_host, host, sizeof host);
    enum mysql_error error = exchange->login.cause == LOGIN_CONNECT
                                 ? ER_ACCESS_DENIED_ERROR
                                 : ER_ACCESS_DENIED_CHANGE_USER_ERROR;
    struct slice text = mysql_error_print(error, message, sizeof message, user, host,
                                          exchange->password_used ? "YES" : "NO");
    connection_fail(protocol, error, text);
}

static void login_prove(struct protocol *protocol) {
    struct exchange *exchange = protocol->exchange;
    CHECK(exchange->found);
    login_move(protocol, PROVED);
    explicit_bzero(exchange->secret, sizeof exchange->secret);
    protocol->due = PROTOCOL_LOGIN;
}

static void send_more_data(struct protocol *protocol, struct slice data) {
    packet_begin(&protocol->output);
    output_u8(&protocol->output, 1);
    output_bytes(&protocol->output, data);
    packet_end(&protocol->output, &protocol->sequence);
}

static void send_more_byte(struct protocol *protocol, uint8_t byte) {
    send_more_data(protocol, slice_of(&byte, 1));
}

static void send_switch(struct protocol *protocol) {
    struct exchange *exchange = protocol->exchange;
    struct output *output = &protocol->output;
    packet_begin(output);
    output_u8(output, 0xFE);
    output_text_nul(output, scramble_plugin_name(exchange->account_plugin));
    output_text_nul(output, slice_of(exchange->nonce, sizeof exchange->nonce));
    packet_end(output, &protocol->sequence);
}

/* ---- The response to a nonce ---- */

static void on_native_response(struct protocol *protocol, struct slice response) {
    struct exchange *exchange = protocol->exchange;
    struct slice stored = slice_of(exchange->stored, exchange->stored_size);
    bool is_right = response.size == 0 ? stored.size == 0
                                       : scramble_check_native(response, exchange->nonce, stored);
    if (is_right && exchange->found) {
        login_prove(protocol);
    } else {
        login_deny(protocol);
    }
}

static void on_sha2_response(struct protocol *protocol, struct slice response) {
    struct exchange *exchange = protocol->exchange;
    if (response.size != SCRAMBLE_RESPONSE_BYTES) {
        bool is_empty = response.size == 0 && exchange->stored_size == 0 && exchange->found;
        if (is_empty) {
            login_prove(protocol);
        } else {
            login_deny(protocol);
        }
        return;
    }
    bool is_cached = exchange->cache_digest_size == SCRAMBLE_CACHE_BYTES;
    bool is_right = is_cached && exchange->found && exchange->stored_size > 0 &&
                    scramble_check_cached(response, exchange->nonce, exchange->cache_digest);
    if (is_right) {
        send_more_byte(protocol, FAST_PATH_DONE);
        login_prove(protocol);
    } else {
        send_more_byte(protocol, FULL_PATH_WANTED);
        login_move(protocol, FULL);
    }
}

static void on_response(struct protocol *protocol, struct slice response) {
    /* An empty password is sent as nothing at all or as its NUL. */
    if (response.size == 1 && response.data[0] == 0) response = SLICE_EMPTY;
    protocol->exchange->password_used = response.size > 0;
    if (protocol->exchange->account_plugin == SCRAMBLE_NATIVE) {
        on_native_response(protocol, response);
    } else {
        on_sha2_response(protocol, response);
    }
}

/* ---- The credential ---- */

/* Keeps what the exchange needs of it; false: an account that nobody can prove. */
static bool credential_keep(struct exchange *exchange, const struct credential *credential) {
    exchange->found = credential->found;
    exchange->account_plugin = SCRAMBLE_CACHING_SHA2;
    struct slice stored = scramble_decoy(); /* (L1) */
    if (credential->found) {
        exchange->account_plugin = scramble_plugin_of(credential->plugin);
        stored = credential->stored;
        if (credential->cache_digest.size == SCRAMBLE_CACHE_BYTES) {
            memcpy(exchange->cache_digest, credential->cache_digest.data, SCRAMBLE_CACHE_BYTES);
            exchange->cache_digest_size = SCRAMBLE_CACHE_BYTES;
        }
    }
    if (exchange->account_plugin == SCRAMBLE_UNKNOWN) return false;
    if (stored.size > sizeof exchange->stored) return false;
    if (stored.size > 0) memcpy(exchange->stored, stored.data, stored.size);
    exchange->stored_size = (uint16_t)stored.size;
    return true;
}

static void login_switch(struct protocol *protocol, const struct credential *credential) {
    scramble_nonce(credential->nonce_random, protocol->exchange->nonce); /* (L3) */
    send_switch(protocol);
    login_move(protocol, SWITCHED);
}

void protocol_give_credential(struct protocol *protocol, const struct credential *credential) {
    struct exchange *exchange = protocol->exchange;
    if (exchange == NULL) return;
    CHECK(exchange->machine.state == ASKING);
    if (!credential_keep(exchange, credential)) {
        login_deny(protocol);
        return;
    }
    bool has_plugins = protocol_has(protocol, CAPABILITY_PLUGIN_AUTH);
    enum scramble_plugin client_plugin =
        has_plugins ? scramble_plugin_of(exchange->plugin) : SCRAMBLE_NATIVE;
    bool is_change = exchange->login.cause == LOGIN_CHANGE_USER;
    if (has_plugins && (is_change || client_plugin != exchange->account_plugin)) {
        login_switch(protocol, credential);
    } else if (client_plugin != exchange->account_plugin) {
        connection_fail(protocol, ER_NOT_SUPPORTED_AUTH_MODE, SLICE_EMPTY);
    } else {
        on_response(protocol, exchange->response);
    }
}

/* ---- The full path ---- */

/* The password is in `secret`, with its NUL. */
static void login_verify(struct protocol *protocol) {
    struct exchange *exchange = protocol->exchange;
    size_t size = exchange->secret_size;
    if (size < 2 || size - 1 > PROTOCOL_PASSWORD_BYTES_MAX || exchange->secret[size - 1] != 0) {
        login_deny(protocol);
        return;
    }
    exchange->secret_size = (uint16_t)(size - 1);
    if (exchange->stored_size ==
        0) { /* no password: the one that came is wrong, after the same work */
        struct slice decoy = scramble_decoy();
        memcpy(exchange->stored, decoy.data, decoy.size);
        exchange->stored_size = (uint16_t)decoy.size;
        exchange->found = 0;
    }
    login_move(protocol, VERIFICATION);
    protocol->due = PROTOCOL_NEED_VERIFICATION;
}

static bool secret_keep(struct exchange *exchange, struct slice bytes) {
    if (bytes.size == 0 || bytes.size > sizeof exchange->secret) return false;
    memcpy(exchange->secret, bytes.data, bytes.size);
    exchange->secret_size = (uint16_t)bytes.size;
    return true;
}

/* Is the payload of the full path a password in clear? Encrypted ones do not end with a NUL that is their first, but
 * for one in hundreds. */
static bool is_clear(const struct protocol *protocol, struct slice payload) {
    if (protocol->transport == TRANSPORT_SECURE) return true;
    if (protocol->transport == TRANSPORT_PLAIN) return false; /* (L2) */
    return payload.size > 0 &&
           memchr(payload.data, 0, payload.size) == payload.data + payload.size - 1;
}

static void on_full(struct protocol *protocol, struct slice payload) {
    if (payload.size == 1 && payload.data[0] == KEY_WANTED) {
        login_move(protocol, KEY);
        protocol->due = PROTOCOL_NEED_PUBLIC_KEY;
    } else if (!secret_keep(protocol->exchange, payload)) {
        login_deny(protocol);
    } else if (is_clear(protocol, payload)) {
        login_verify(protocol);
    } else { /* by a client that has our key in a file */
        login_move(protocol, DECRYPTION);
        protocol->due = PROTOCOL_NEED_DECRYPTION;
    }
}

void protocol_give_public_key(struct protocol *protocol, struct slice pem) {
    if (protocol->exchange == NULL) return;
    CHECK(protocol->exchange->machine.state == KEY);
    if (pem.size == 0) {
        login_deny(protocol);
        return;
    }
    send_more_data(protocol, pem);
    login_move(protocol, SECRET);
}

static void on_secret(struct protocol *protocol, struct slice payload) {
    if (!secret_keep(protocol->exchange, payload)) {
        login_deny(protocol);
        return;
    }
    login_move(protocol, DECRYPTION);
    protocol->due = PROTOCOL_NEED_DECRYPTION;
}

void protocol_give_decrypted(struct protocol *protocol, enum status status, struct slice bytes) {
    struct exchange *exchange = protocol->exchange;
    if (exchange == NULL) return;
    CHECK(exchange->machine.state == DECRYPTION);
    if (status != STATUS_OK || !secret_keep(exchange, bytes)) {
        login_deny(protocol);
        return;
    }
    scramble_unmask(exchange->secret, exchange->secret_size, exchange->nonce);
    login_verify(protocol);
}

void protocol_give_verdict(struct protocol *protocol, enum status status) {
    struct exchange *exchange = protocol->exchange;
    if (exchange == NULL) return;
    CHECK(exchange->machine.state == VERIFICATION);
    if (status != STATUS_OK || !exchange->found) {
        login_deny(protocol);
        return;
    }
    scramble_cache_digest(slice_of(exchange->secret, exchange->secret_size),
                          exchange->cache_digest);
    exchange->login.cache_digest = slice_of(exchange->cache_digest, SCRAMBLE_CACHE_BYTES);
    login_prove(protocol);
}

/* ---- Packets ---- */

bool login_wants_packet(const struct protocol *protocol) {
    switch ((enum login_state)protocol->exchange->machine.state) {
    case SWITCHED:
    case FULL:
    case SECRET: return true;
    case ASKING:
    case KEY:
    case DECRYPTION:
    case VERIFICATION:
    case PROVED: return false;
    }
    UNREACHABLE();
}

void login_packet(struct protocol *protocol, struct slice payload) {
    switch ((enum login_state)protocol->exchange->machine.state) {
    case SWITCHED: on_response(protocol, payload); return;
    case FULL: on_full(protocol, payload); return;
    case SECRET: on_secret(protocol, payload); return;
    case ASKING:
    case KEY:
    case DECRYPTION:
    case VERIFICATION:
    case PROVED: break;
    }
    UNREACHABLE();
}
