/* Who gets in, who does not, and what a stranger can learn or cost. */
#include "tests/protocol/peer.h"

static const char password[] = "secret";
#define FLAGS (CAPABILITY_LONG_PASSWORD | CAPABILITY_LENENC_AUTH)

static void send_login(struct peer *peer, const char *user, struct slice response) {
    struct bytes stream = {0};
    struct login_packet login = {.capabilities = CAPABILITIES_ALL_CLIENTS | FLAGS,
                                 .user = user,
                                 .plugin = "caching_sha2_password",
                                 .response = response};
    put_login(&stream, 1, &login);
    peer_send_all(peer, &stream);
    free(stream.data);
}

static void send_payload(struct peer *peer, uint8_t sequence, const void *data, size_t size) {
    struct bytes stream = {0}, payload = {0};
    put(&payload, data, size);
    put_packet(&stream, sequence, &payload);
    peer_send_all(peer, &stream);
    free(stream.data);
    free(payload.data);
}

/* The full path over plain TCP with `guess`. */
static struct peer *walk_full(const char *user, const char *guess) {
    struct peer *peer = peer_open();
    uint8_t proof[32], secret[64], nonce[PROTOCOL_NONCE_BYTES];
    peer_password(peer, SCRAMBLE_CACHING_SHA2, password);
    prove_sha2(guess, greeting_random, proof);
    send_login(peer, user, slice_of(proof, 32));
    send_payload(peer, 3, "\2", 1);
    scramble_nonce(greeting_random, nonce);
    memcpy(secret, guess, strlen(guess) + 1);
    scramble_unmask(secret, strlen(guess) + 1, nonce);
    send_payload(peer, 5, secret, strlen(guess) + 1);
    return peer;
}

Test(login, an_unknown_user_walks_the_same_exchange) {
    struct peer *known = walk_full("root", "wrong!"), *unknown = walk_full("nobody", "wrong!");
    cr_assert_str_eq(known->log, "ask root; key; decrypt; verify; close; ");
    cr_assert_str_eq(unknown->log, "ask nobody; key; decrypt; verify; close; ");
    size_t at_known = 0, at_unknown = 0;
    for (int i = 0; i < 2; i++) {
        cr_assert(slice_equal(got_packet(known, &at_known), got_packet(unknown, &at_unknown)));
    }
    cr_assert_eq(got_error(known, &at_known), 1045);
    cr_assert_eq(got_error(unknown, &at_unknown), 1045);
    peer_close(known);
    peer_close(unknown);
}

Test(login, the_right_password_of_an_unknown_user_is_wrong) {
    struct peer *peer = walk_full("nobody", password);
    cr_assert_str_eq(peer->log, "ask nobody; key; decrypt; verify; close; ");
    peer_close(peer);
}

Test(login, the_full_path_yields_the_cached_digest) {
    struct peer *peer = walk_full("root", password);
    cr_assert_str_eq(peer->log, "ask root; key; decrypt; verify; login root; ");
    size_t at = 0;
    cr_assert(slice_equal(got_packet(peer, &at), SLICE_LITERAL("\1\4")));
    cr_assert_eq(got_packet(peer, &at).data[0], 1);
    cr_assert_eq(got_packet(peer, &at).data[0], 0);
    peer_close(peer);
}

Test(login, the_fast_path_takes_one_packet) {
    struct peer *peer = peer_open();
    uint8_t proof[32];
    peer_password(peer, SCRAMBLE_CACHING_SHA2, password);
    peer_cache(peer, password);
    prove_sha2(password, greeting_random, proof);
    send_login(peer, "root", slice_of(proof, 32));
    cr_assert_str_eq(peer->log, "ask root; login root; ");
    size_t at = 0;
    cr_assert(slice_equal(got_packet(peer, &at), SLICE_LITERAL("\1\3")));
    peer_close(peer);
}

Test(login, a_wrong_proof_leads_to_the_full_path) {
    struct peer *peer = peer_open();
    uint8_t proof[32] = {0};
    peer_password(peer, SCRAMBLE_CACHING_SHA2, password);
    peer_cache(peer, password);
    send_login(peer, "root", slice_of(proof, 32));
    size_t at = 0;
    cr_assert(slice_equal(got_packet(peer, &at), SLICE_LITERAL("\1\4")));
    peer_close(peer);
}

/* What the effects say of the packet that follows a wanted full path. */
static void expect_full(enum transport transport, const void *payload, size_t size,
                        const char *did) {
    struct peer *peer = peer_open_on(transport);
    uint8_t proof[32];
    peer_password(peer, SCRAMBLE_CACHING_SHA2, password);
    prove_sha2(password, greeting_random, proof);
    send_login(peer, "root", slice_of(proof, 32));
    send_payload(peer, 3, payload, size);
    cr_assert_str_eq(peer->log, did, "%s", peer->log);
    peer_close(peer);
}

Test(login, a_password_in_clear_is_not_taken_from_a_plain_connection) {
    expect_full(TRANSPORT_PLAIN, password, sizeof password, "ask root; decrypt; close; ");
}

Test(login, within_the_machine_passwords_come_in_clear_or_encrypted) {
    uint8_t secret[sizeof password], nonce[PROTOCOL_NONCE_BYTES];
    scramble_nonce(greeting_random, nonce);
    memcpy(secret, password, sizeof secret);
    scramble_unmask(secret, sizeof secret, nonce);
    expect_full(TRANSPORT_LOOPBACK, password, sizeof password, "ask root; verify; login root; ");
    expect_full(TRANSPORT_LOOPBACK, secret, sizeof secret,
                "ask root; decrypt; verify; login root; ");
    expect_full(TRANSPORT_LOOPBACK, "\2", 1, "ask root; key; ");
    expect_full(TRANSPORT_PLAIN, secret, sizeof secret, "ask root; decrypt; verify; login root; ");
    expect_full(TRANSPORT_SECURE, password, sizeof password, "ask root; verify; login root; ");
    expect_full(TRANSPORT_SECURE, password, sizeof password - 1, "ask root; close; ");
}

Test(login, over_tls_the_password_comes_in_clear) {
    struct peer *peer = peer_open();
    uint8_t proof[32];
    struct bytes stream = {0}, payload = {0};
    peer_password(peer, SCRAMBLE_CACHING_SHA2, password);
    peer->is_tls_wanted = 1;
    put_int(&payload, CAPABILITIES_ALL_CLIENTS | FLAGS | CAPABILITY_SSL, 4);
    for (int i = 0; i < 28; i++) put_int(&payload, 0, 1);
    put_packet(&stream, 1, &payload);
    put_text(&stream, "hello"); /* the first bytes of TLS arrive with the request */
    peer_send_all(peer, &stream);
    cr_assert_str_eq(peer->log, "tls hello; ");
    prove_sha2(password, greeting_random, proof);
    struct login_packet login = {.capabilities = CAPABILITIES_ALL_CLIENTS | FLAGS | CAPABILITY_SSL,
                                 .user = "root",
                                 .plugin = "caching_sha2_password",
                                 .response = slice_of(proof, 32)};
    put_login(&stream, 2, &login);
    peer_send_all(peer, &stream);
    send_payload(peer, 4, password, sizeof password);
    cr_assert_str_eq(peer->log, "tls hello; ask root; verify; login root; ");
    peer_close(peer);
    free(stream.data);
    free(payload.data);
}

Test(login, an_empty_password_opens_only_an_account_without_one) {
    struct peer *open = peer_open(), *locked = peer_open(), *nobody = peer_open();
    peer_password(locked, SCRAMBLE_CACHING_SHA2, password);
    send_login(open, "root", SLICE_EMPTY);
    send_login(locked, "root", SLICE_EMPTY);
    send_login(nobody, "nobody", SLICE_LITERAL("\0"));
    cr_assert_str_eq(open->log, "ask root; login root; ");
    cr_assert_str_eq(locked->log, "ask root; close; ");
    cr_assert_str_eq(nobody->log, "ask nobody; close; ");
    size_t at = 0;
    struct slice error = got_packet(locked, &at);
    static const char text[] =
        "#28000Access denied for user 'root'@'10.0.0.1' (using password: NO)";
    cr_assert(slice_equal(slice_part(error, 3, error.size), SLICE_LITERAL(text)));
    peer_close(open);
    peer_close(locked);
    peer_close(nobody);
}

Test(login, a_password_for_an_account_without_one_is_refused_after_the_same_work) {
    struct peer *peer = peer_open();
    uint8_t proof[32], secret[8], nonce[PROTOCOL_NONCE_BYTES];
    prove_sha2(password, greeting_random, proof);
    send_login(peer, "root", slice_of(proof, 32));
    send_payload(peer, 3, "\2", 1);
    scramble_nonce(greeting_random, nonce);
    memcpy(secret, password, sizeof password);
    scramble_unmask(secret, sizeof password, nonce);
    send_payload(peer, 5, secret, sizeof password);
    cr_assert_str_eq(peer->log, "ask root; key; decrypt; verify; close; ");
    peer_close(peer);
}

Test(login, change_user_switches_and_starts_anew) {
    struct peer *peer = peer_open();
    uint8_t proof[32];
    struct bytes payload = {0};
    peer_login(peer, FLAGS);
    peer_password(peer, SCRAMBLE_CACHING_SHA2, password);
    peer_cache(peer, password);
    put_int(&payload, COMMAND_CHANGE_USER, 1);
    put_nul(&payload, "eve");
    put_sized(&payload, "stale proof of another nonce");
    put_nul(&payload, "shop");
    put_int(&payload, 45, 2);
    put_nul(&payload, "caching_sha2_password");
    send_payload(peer, 0, payload.data, payload.size);
    size_t at = 0;
    struct slice change = got_packet(peer, &at);
    cr_assert_eq(change.data[0], 0xFE);
    cr_assert_str_eq((const char *)change.data + 1, "caching_sha2_password");
    prove_sha2(password, switch_random, proof);
    send_payload(peer, 2, proof, 32);
    cr_assert_str_eq(peer->log, "ask eve; login eve shop; ");
    payload.size = 0;
    put_command(&payload, COMMAND_QUERY, "select 1");
    peer_send_all(peer, &payload);
    cr_assert_str_eq(peer->log, "ask eve; login eve shop; query select 1; ");
    peer_close(peer);
    free(payload.data);
}

Test(login, a_failed_change_user_closes) {
    struct peer *peer = peer_open();
    peer_login(peer, FLAGS);
    static const char packet[] = "\21nobody\0\0\0\0\0caching_sha2_password";
    send_payload(peer, 0, packet, sizeof packet);
    send_payload(peer, 2, "", 0);
    cr_assert_str_eq(peer->log, "ask nobody; close; ");
    size_t at = 0;
    (void)got_packet(peer, &at);
    cr_assert_eq(got_error(peer, &at), ER_ACCESS_DENIED_CHANGE_USER_ERROR);
    peer_close(peer);
}

Test(login, a_header_of_16_mib_before_login_closes) {
    struct peer *peer = peer_open();
    peer_send(peer, "\xFF\xFF\xFF\1", 4);
    cr_assert_str_eq(peer->log, "close; ");
    size_t at = 0;
    cr_assert_eq(got_error(peer, &at), 1153);
    peer_close(peer);
}

Test(login, a_stranger_costs_at_most_64_kb) {
    struct peer *peer = peer_open();
    size_t before = peer->chunks.out_bytes; /* the compressor and the connection */
    uint8_t chunk[1000] = {0};
    struct bytes stream = {0};
    chunk[0] = 0xFF, chunk[1] = 0x3F, chunk[3] = 1; /* a packet of almost 16 KB */
    for (int i = 0; i < 100 && !peer->is_closed; i++) peer_send(peer, chunk, sizeof chunk);
    cr_assert(peer->is_closed);
    cr_assert_leq(peer->bytes_peak - before + 2048, PRELOGIN_BYTES_MAX);
    peer_close(peer);
    free(stream.data);
}

Test(login, a_stranger_who_sends_ahead_is_cut_off) {
    struct peer *peer = peer_open();
    uint8_t *chunk = calloc(1, 30000);
    peer_send(peer, chunk, 30000);
    cr_assert(peer->is_closed);
    free(chunk);
    peer_close(peer);
}

Test(login, malformed_login_packets_are_a_bad_handshake) {
    static const char *const packets[] = {"", "x", "\1\2\3\4\5"};
    for (size_t i = 0; i < ARRAY_COUNT(packets); i++) {
        struct peer *peer = peer_open();
        send_payload(peer, 1, packets[i], strlen(packets[i]));
        size_t at = 0;
        uint16_t error = got_error(peer, &at);
        cr_assert(error == ER_HANDSHAKE_ERROR || error == ER_NOT_SUPPORTED_AUTH_MODE);
        cr_assert(peer->is_closed);
        peer_close(peer);
    }
}

Test(login, answers_that_come_after_the_end_do_nothing) {
    struct peer *peer = peer_open();
    struct protocol_effect effect;
    struct bytes stream = {0};
    struct login_packet login = {.capabilities = CAPABILITIES_ALL_CLIENTS | FLAGS,
                                 .user = "root",
                                 .plugin = "caching_sha2_password"};
    put_login(&stream, 1, &login);
    protocol_receive(peer->protocol, slice_of(stream.data, stream.size));
    protocol_next(peer->protocol, &effect);
    cr_assert_eq(effect.kind, PROTOCOL_NEED_CREDENTIAL);
    protocol_end(peer->protocol, ER_NET_READ_INTERRUPTED, SLICE_EMPTY);
    protocol_give_credential(peer->protocol, &peer->account);
    protocol_give_verdict(peer->protocol, STATUS_OK);
    protocol_give_public_key(peer->protocol, SLICE_EMPTY);
    protocol_give_decrypted(peer->protocol, STATUS_OK, SLICE_EMPTY);
    protocol_next(peer->protocol, &effect);
    cr_assert_eq(effect.kind, PROTOCOL_CLOSE);
    protocol_next(peer->protocol, &effect);
    cr_assert_eq(effect.kind, PROTOCOL_NOTHING);
    peer_close(peer);
    free(stream.data);
}

Test(login, a_client_without_plugins_can_only_prove_a_native_password) {
    struct bytes stream = {0};
    uint8_t proof[20];
    struct login_packet login = {
        .capabilities = CAPABILITY_PROTOCOL_41 | CAPABILITY_SECURE_CONNECTION, .user = "root"};
    for (int i = 0; i < 2; i++) {
        struct peer *peer = peer_open();
        peer_password(peer, i == 0 ? SCRAMBLE_NATIVE : SCRAMBLE_CACHING_SHA2, password);
        prove_native(password, greeting_random, proof);
        login.response = slice_of(proof, 20);
        put_login(&stream, 1, &login);
        peer_send_all(peer, &stream);
        cr_assert_str_eq(peer->log, i == 0 ? "ask root; login root; " : "ask root; close; ");
        peer_close(peer);
    }
    free(stream.data);
}
