/* What real clients send from the first byte to the last, cut at every place: the server must do and answer the
 * same, wherever the network cuts. The capabilities and orders are those that CLIENTS.md's clients were seen with. */
#include "tests/protocol/peer.h"

struct conversation {
    const char *client;
    uint32_t capabilities;
    uint8_t collation_id;
    const char *plugin;                  /* the client's first guess */
    enum scramble_plugin account_plugin; /* the account's */
    enum { PATH_CACHED, PATH_RSA, PATH_NONE } path;
    const char *did;
};

#define CHANGED_LIBMARIADB                                                                         \
    (CAPABILITY_LONG_PASSWORD | CAPABILITY_LONG_FLAG | CAPABILITY_LOCAL_FILES |                    \
     CAPABILITY_PS_MULTI_RESULTS | CAPABILITY_CONNECT_ATTRS | CAPABILITY_LENENC_AUTH |             \
     CAPABILITY_SESSION_TRACK | CAPABILITY_MULTI_STATEMENTS | CAPABILITY_CONNECT_WITH_DB |         \
     1u << 29 | 1u << 31)
#define CHANGED_MYSQL2                                                                             \
    (CAPABILITY_LONG_PASSWORD | CAPABILITY_FOUND_ROWS | CAPABILITY_ODBC |                          \
     CAPABILITY_IGNORE_SPACE | CAPABILITY_LOCAL_FILES | CAPABILITY_SESSION_TRACK |                 \
     CAPABILITY_CONNECT_ATTRS | CAPABILITY_QUERY_ATTRIBUTES | CAPABILITY_LENENC_AUTH |             \
     CAPABILITY_CONNECT_WITH_DB)
#define CHANGED_MARIADB_NODE                                                                       \
    (CAPABILITY_FOUND_ROWS | CAPABILITY_IGNORE_SPACE | CAPABILITY_SESSION_TRACK |                  \
     CAPABILITY_DEPRECATE_EOF | CAPABILITY_LENENC_AUTH | CAPABILITY_CONNECT_ATTRS |                \
     CAPABILITY_CONNECT_WITH_DB)

#define ASKED "ask root; "
#define IN    "login root test; query select 1; command 14; close; "
static const struct conversation conversations[] = {
    {"libmariadb", CHANGED_LIBMARIADB, 45, "caching_sha2_password", SCRAMBLE_CACHING_SHA2,
     PATH_CACHED, ASKED IN},
    {"libmariadb, native account", CHANGED_LIBMARIADB, 45, "caching_sha2_password", SCRAMBLE_NATIVE,
     PATH_NONE, ASKED IN},
    {"PyMySQL",
     CAPABILITY_LONG_PASSWORD | CAPABILITY_LONG_FLAG | CAPABILITY_CONNECT_ATTRS |
         CAPABILITY_LENENC_AUTH | CAPABILITY_CONNECT_WITH_DB,
     45, "caching_sha2_password", SCRAMBLE_CACHING_SHA2, PATH_RSA,
     ASKED "key; decrypt; verify; " IN},
    {"mysql2", CHANGED_MYSQL2, 224, "caching_sha2_password", SCRAMBLE_CACHING_SHA2, PATH_RSA,
     ASKED "key; decrypt; verify; " IN},
    {"mariadb for Node", CHANGED_MARIADB_NODE, 224, "mysql_native_password", SCRAMBLE_CACHING_SHA2,
     PATH_CACHED, ASKED IN},
    {"mysqlnd",
     CAPABILITY_LONG_PASSWORD | CAPABILITY_LOCAL_FILES | CAPABILITY_CONNECT_ATTRS |
         CAPABILITY_CONNECT_WITH_DB,
     255, "mysql_native_password", SCRAMBLE_NATIVE, PATH_NONE, ASKED IN},
    {"go-sql-driver",
     CAPABILITY_LONG_PASSWORD | CAPABILITY_LONG_FLAG | CAPABILITY_LOCAL_FILES |
         CAPABILITY_CONNECT_WITH_DB,
     45, "caching_sha2_password", SCRAMBLE_NATIVE, PATH_NONE, ASKED IN},
    {"Connector/J",
     CAPABILITY_LONG_PASSWORD | CAPABILITY_LONG_FLAG | CAPABILITY_LENENC_AUTH |
         CAPABILITY_CONNECT_ATTRS | CAPABILITY_DEPRECATE_EOF | CAPABILITY_CONNECT_WITH_DB |
         CAPABILITY_SESSION_TRACK,
     255, "caching_sha2_password", SCRAMBLE_CACHING_SHA2, PATH_CACHED, ASKED IN},
};

static const char password[] = "se\xC3\xA9same";

static struct slice proof_for(enum scramble_plugin plugin, const uint8_t *random, uint8_t *memory) {
    if (plugin == SCRAMBLE_NATIVE) {
        prove_native(password, random, memory);
        return slice_of(memory, 20);
    }
    prove_sha2(password, random, memory);
    return slice_of(memory, 32);
}

/* Everything the client sends: the nonces are known, so it can be written down at once. */
static struct bytes stream_of(const struct conversation *conversation) {
    struct bytes stream = {0}, payload = {0};
    uint8_t memory[32], sequence = 1;
    const uint8_t *random = greeting_random;
    enum scramble_plugin first = scramble_plugin_of(slice_of_text(conversation->plugin));
    struct login_packet login = {
        .capabilities = CAPABILITIES_ALL_CLIENTS | conversation->capabilities,
        .collation_id = conversation->collation_id,
        .user = "root",
        .database = "test",
        .plugin = conversation->plugin,
        .attribute = "_client_name",
        .response = proof_for(first, random, memory),
    };
    put_login(&stream, sequence, &login);
    sequence += 2;
    if (first != conversation->account_plugin) {
        random = switch_random;
        struct slice proof = proof_for(conversation->account_plugin, random, memory);
        put(&payload, proof.data, proof.size);
        put_packet(&stream, sequence, &payload);
        sequence += 2;
    }
    if (conversation->path == PATH_RSA) {
        uint8_t nonce[PROTOCOL_NONCE_BYTES];
        put_int(&payload, 2, 1);
        put_packet(&stream, sequence, &payload);
        put(&payload, password, sizeof password);
        scramble_nonce(random, nonce);
        scramble_unmask(payload.data, payload.size, nonce);
        put_packet(&stream, (uint8_t)(sequence + 2), &payload);
    }
    bool has_attributes = (conversation->capabilities & CAPABILITY_QUERY_ATTRIBUTES) != 0;
    put_command(&stream, COMMAND_QUERY, has_attributes ? "" : "select 1");
    if (has_attributes) { /* no attributes, one set of them */
        put(&stream, "\0\1select 1", 10);
        stream.data[stream.size - 15] = 11;
    }
    put_command(&stream, COMMAND_PING, "");
    put_command(&stream, COMMAND_QUIT, "");
    free(payload.data);
    return stream;
}

static struct peer *peer_for(const struct conversation *conversation) {
    struct peer *peer = peer_open();
    peer_password(peer, conversation->account_plugin, password);
    if (conversation->path == PATH_CACHED) peer_cache(peer, password);
    return peer;
}

/* Sends the stream in two parts, or byte by byte when `cut` is SIZE_MAX. */
static struct peer *converse(const struct conversation *conversation, struct bytes *stream,
                             size_t cut) {
    struct peer *peer = peer_for(conversation);
    if (cut == SIZE_MAX) {
        for (size_t i = 0; i < stream->size; i++) peer_send(peer, stream->data + i, 1);
    } else {
        peer_send(peer, stream->data, cut);
        peer_send(peer, stream->data + cut, stream->size - cut);
    }
    return peer;
}

Test(conversation, every_client_gets_in_and_is_answered) {
    for (size_t i = 0; i < ARRAY_COUNT(conversations); i++) {
        struct bytes stream = stream_of(&conversations[i]);
        struct peer *peer = converse(&conversations[i], &stream, 0);
        cr_assert_str_eq(peer->log, conversations[i].did, "%s: %s", conversations[i].client,
                         peer->log);
        peer_close(peer);
        free(stream.data);
    }
}

Test(conversation, where_the_network_cuts_makes_no_difference) {
    for (size_t i = 0; i < ARRAY_COUNT(conversations); i++) {
        if (conversations[i].path == PATH_RSA) continue; /* 5,000 rounds each time: below */
        struct bytes stream = stream_of(&conversations[i]);
        struct peer *whole = converse(&conversations[i], &stream, 0);
        for (size_t cut = 1; cut < stream.size; cut++) {
            struct peer *peer = converse(&conversations[i], &stream, cut);
            cr_assert_str_eq(peer->log, whole->log, "%s, cut at %zu", conversations[i].client, cut);
            cr_assert(slice_equal(slice_of(peer->got.data, peer->got.size),
                                  slice_of(whole->got.data, whole->got.size)));
            peer_close(peer);
        }
        peer_close(whole);
        free(stream.data);
    }
}

Test(conversation, bytes_may_come_one_by_one) {
    for (size_t i = 0; i < ARRAY_COUNT(conversations); i++) {
        struct bytes stream = stream_of(&conversations[i]);
        struct peer *peer = converse(&conversations[i], &stream, SIZE_MAX);
        cr_assert_str_eq(peer->log, conversations[i].did, "%s: %s", conversations[i].client,
                         peer->log);
        peer_close(peer);
        free(stream.data);
    }
}

Test(conversation, a_stream_that_ends_anywhere_does_no_harm) {
    for (size_t i = 0; i < ARRAY_COUNT(conversations); i++) {
        if (conversations[i].path == PATH_RSA) continue;
        struct bytes stream = stream_of(&conversations[i]);
        for (size_t cut = 0; cut < stream.size; cut++) {
            struct peer *peer = peer_for(&conversations[i]);
            peer_send(peer, stream.data, cut);
            peer_close(peer);
        }
        free(stream.data);
    }
}

Test(conversation, any_changed_byte_is_borne) {
    struct bytes stream = stream_of(&conversations[0]);
    for (size_t at = 0; at < stream.size; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct peer *peer = peer_for(&conversations[0]);
            stream.data[at] ^= (uint8_t)(1 << bit);
            peer_send(peer, stream.data, stream.size);
            stream.data[at] ^= (uint8_t)(1 << bit);
            peer_close(peer);
        }
    }
    free(stream.data);
}
