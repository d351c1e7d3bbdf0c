/* credential.c: who is this client, and may he in?
 *
 * The protocol machine asks one question after the other; each is answered here, on the
 * connection's fiber. What takes long (a salted hash, RSA) is done by the worker.
 *
 *   (I1) A request to the worker owns copies of all it needs. A connection that dies meanwhile lets
 *        go of it, and it frees itself when it comes back.
 *   (I2) An account that does not exist is given a credential as well, with found = 0: the exchange
 *        is the same, the refusal comes at its end.
 *   (I3) The fast-path cache maps "user NUL host pattern" to the digest that a full exchange gave
 *        and the stored hash it was checked against; another stored hash makes it void.
 *   (I4) Over TCP from this host an account at "localhost" counts, as if the address had been
 *        resolved.
 */
#include <openssl/crypto.h>
#include <stdlib.h>

#include "server/connection.h"

enum { CACHE_DIGEST_BYTES = 32, CACHE_COUNT_MAX = 10000, SECRET_BYTES_MAX = 512 };

/* ---- the worker ---- */

struct worker_request {
    struct worker_job job;
    struct waiter *waiter; /* NULL: nobody waits any more (I1) */
    const struct rsa_pair *rsa;
    uint8_t secret[SECRET_BYTES_MAX], stored[SCRAMBLE_STORED_BYTES_MAX];
    size_t secret_size, stored_size;
    enum status status;
    bool is_done;
};

static void request_free(struct worker_request *request) {
    OPENSSL_cleanse(request->secret, sizeof request->secret);
    free(request);
}

static void request_on_done(struct worker_job *job) {
    struct worker_request *request = CONTAINER_OF(job, struct worker_request, job);
    request->is_done = true;
    if (request->waiter == NULL)
        request_free(request);
    else
        waiter_wake(request->waiter);
}

static void request_run_decryption(struct worker_job *job) {
    struct worker_request *request = CONTAINER_OF(job, struct worker_request, job);
    request->status = rsa_decrypt(request->rsa, slice_of(request->secret, request->secret_size),
                                  request->secret, sizeof request->secret, &request->secret_size);
}

static void request_run_verification(struct worker_job *job) {
    struct worker_request *request = CONTAINER_OF(job, struct worker_request, job);
    request->status = scramble_verify_stored(slice_of(request->secret, request->secret_size),
                                             slice_of(request->stored, request->stored_size));
}

static struct worker_request *request_open(struct connection *connection, struct slice secret) {
    struct worker_request *request = calloc(1, sizeof *request);
    if (request == NULL) die("no memory for a login");
    request->job.done = request_on_done;
    request->waiter = &connection->waiter;
    request->rsa = connection->front->rsa;
    request->secret_size = MIN(secret.size, sizeof request->secret);
    if (request->secret_size > 0) memcpy(request->secret, secret.data, request->secret_size);
    return request;
}

/* OK: it is done. CANCELLED: the request is not ours any more. */
static enum status request_await(struct connection *connection, struct worker_request *request) {
    worker_submit(connection->front->worker, &request->job);
    while (!request->is_done) {
        if (waiter_wait(&connection->waiter, WAIT_WORKER) == WAIT_WOKEN) continue;
        if (request->is_done) break;
        request->waiter = NULL; /* (I1) */
        return STATUS_CANCELLED;
    }
    return STATUS_OK;
}

void credential_decrypt(struct connection *connection, struct slice encrypted) {
    struct worker_request *request = request_open(connection, encrypted);
    request->job.run = request_run_decryption;
    if (encrypted.size > sizeof request->secret || request->rsa == NULL) {
        protocol_give_decrypted(connection->protocol, STATUS_DENIED, SLICE_EMPTY);
        request_free(request);
        return;
    }
    if (request_await(connection, request) != STATUS_OK) return;
    protocol_give_decrypted(connection->protocol, request->status,
                            slice_of(request->secret, request->secret_size));
    request_free(request);
}

void credential_verify(struct connection *connection, const struct verification *verification) {
    struct worker_request *request = request_open(connection, verification->password);
    request->job.run = request_run_verification;
    request->stored_size = MIN(verification->stored.size, sizeof request->stored);
    if (request->stored_size > 0)
        memcpy(request->stored, verification->stored.data, request->stored_size);
    if (request_await(connection, request) != STATUS_OK) return;
    protocol_give_verdict(connection->protocol, request->status);
    request_free(request);
}

void credential_give_public_key(struct connection *connection) {
    while (connection->front->rsa == NULL)
        if (waiter_wait(&connection->waiter, WAIT_WORKER) == WAIT_CANCELLED) return;
    protocol_give_public_key(connection->protocol, rsa_public_key(connection->front->rsa));
}

/* ---- the fast-path cache (I3) ---- */

struct cached_password {
    uint8_t digest[CACHE_DIGEST_BYTES];
    size_t stored_size, key_size;
    uint8_t stored[SCRAMBLE_STORED_BYTES_MAX];
    uint8_t key[]; /* user NUL host pattern */
};

static struct slice cache_key(const struct connection *connection, uint8_t *memory, size_t size) {
    const struct sql_account *account = &connection->account;
    size_t key_size = account->user.size + 1 + account->host_pattern.size;
    if (key_size > size) return SLICE_EMPTY;
    if (account->user.size > 0) memcpy(memory, account->user.data, account->user.size);
    memory[account->user.size] = 0;
    if (account->host_pattern.size > 0)
        memcpy(memory + account->user.size + 1, account->host_pattern.data,
               account->host_pattern.size);
    return slice_of(memory, key_size);
}

static struct slice cache_find(struct connection *connection) {
    uint8_t memory[512];
    struct slice key = cache_key(connection, memory, sizeof memory);
    const struct cached_password *cached = slice_map_find(&connection->front->passwords, key);
    if (key.size == 0 || cached == NULL) return SLICE_EMPTY;
    if (!slice_equal(connection->account.stored, slice_of(cached->stored, cached->stored_size)))
        return SLICE_EMPTY;
    return slice_of(cached->digest, sizeof cached->digest);
}

static void cache_put(struct connection *connection, struct slice digest) {
    uint8_t memory[512];
    struct slice_map *passwords = &connection->front->passwords;
    struct slice key = cache_key(connection, memory, sizeof memory);
    struct slice stored = connection->account.stored;
    if (key.size == 0 || digest.size != CACHE_DIGEST_BYTES) return;
    if (stored.size > SCRAMBLE_STORED_BYTES_MAX) return;
    if (passwords->count >= CACHE_COUNT_MAX) credential_forget_all(connection->front);
    struct cached_password *cached = calloc(1, sizeof *cached + key.size);
    if (cached == NULL) die("no memory for a login");
    memcpy(cached->digest, digest.data, digest.size);
    memcpy(cached->key, key.data, key.size);
    cached->key_size = key.size;
    cached->stored_size = stored.size;
    if (stored.size > 0) memcpy(cached->stored, stored.data, stored.size);
    free(slice_map_put(passwords, slice_of(cached->key, key.size), cached));
}

void credential_forget_all(struct front *front) {
    uint32_t cursor = 0;
    struct cached_password *cached;
    while ((cached = slice_map_next(&front->passwords, &cursor, NULL)) != NULL) {
        OPENSSL_cleanse(cached->digest, sizeof cached->digest);
        free(cached);
    }
    slice_map_close(&front->passwords);
}

/* ---- accounts ---- */

static enum status account_find(struct connection *connection, struct slice user,
                                struct sql_account *account_out) {
    struct sql_server *server = connection->front->server;
    enum status status = sql_account_find(server, &connection->waiter, user,
                                          connection_host(connection), account_out);
    if (status != STATUS_NOT_FOUND || !connection->peer.is_local || connection->peer.port == 0)
        return status;
    return sql_account_find(server, &connection->waiter, user, SLICE_LITERAL("localhost"),
                            account_out); /* (I4) */
}

static struct slice bytes_keep(uint8_t **at, struct slice bytes) {
    struct slice kept = slice_of(*at, bytes.size);
    if (bytes.size > 0) memcpy(*at, bytes.data, bytes.size);
    *at += bytes.size;
    return kept;
}

/* The account outlives the step that found it: the session and the cache refer to it. */
static void account_keep(struct connection *connection, const struct sql_account *account) {
    size_t size = account->user.size + account->host_pattern.size + account->plugin.size +
                  account->stored.size;
    uint8_t *bytes = malloc(size + 1), *at = bytes;
    if (bytes == NULL) die("no memory for a login");
    connection->account = *account;
    connection->account.user = bytes_keep(&at, account->user);
    connection->account.host_pattern = bytes_keep(&at, account->host_pattern);
    connection->account.plugin = bytes_keep(&at, account->plugin);
    connection->account.stored = bytes_keep(&at, account->stored);
    free(connection->login_bytes);
    connection->login_bytes = bytes;
}

void credential_give(struct connection *connection, const struct login *login) {
    struct sql_account account = {0};
    struct credential credential = {0};
    enum status status = account_find(connection, login->user, &account);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        protocol_end(connection->protocol, ER_SERVER_SHUTDOWN, SLICE_EMPTY);
        return;
    }
    account_keep(connection, &account);
    credential.found = status == STATUS_OK; /* (I2) */
    credential.plugin = connection->account.plugin;
    credential.stored = connection->account.stored;
    if (credential.found) credential.cache_digest = cache_find(connection);
    entropy_fill(credential.nonce_random, sizeof credential.nonce_random);
    protocol_give_credential(connection->protocol, &credential);
}

/* ---- the session begins ---- */

static void login_refuse(struct connection *connection, const struct login *login,
                         enum mysql_error error) {
    char message[MYSQL_ERROR_TEXT_MAX], user[IDENTIFIER_BYTES_MAX + 1];
    size_t size = MIN(login->user.size, sizeof user - 1);
    if (size > 0) memcpy(user, login->user.data, size);
    user[size] = '\0';
    connection->front->counters->aborted_connects++;
    protocol_refuse(
        connection->protocol, error,
        mysql_error_print(error, message, sizeof message, user, connection->peer.host, "YES"));
}

static void login_close_session(struct connection *connection) {
    if (connection->session == NULL) return;
    command_forget_statements(connection);
    session_close(connection->session);
    connection->session = NULL;
}

static void login_open_session(struct connection *connection, const struct login *login) {
    const struct tls *tls = connection->tls;
    bool is_local_address = connection->peer.is_local;
    struct session_options options = {
        .waiter = &connection->waiter,
        .connection_id = connection->id,
        .user = login->user,
        .host = is_local_address ? SLICE_LITERAL("localhost") : connection_host(connection),
        .account_user = connection->account.user,
        .account_host = connection->account.host_pattern,
        .capabilities = protocol_capabilities(connection->protocol),
        .collation_id = login->collation_id,
        .tls_version = tls == NULL ? NULL : tls_version(tls),
        .tls_cipher = tls == NULL ? NULL : tls_cipher(tls),
        .attributes = login->attributes.bytes,
    };
    connection->session = session_open(connection->front->server, &options);
    connection->collation_id = login->collation_id;
    protocol_set_packet_bytes_max(
        connection->protocol,
        (uint32_t)MIN(session_packet_bytes_max(connection->session), PACKET_BYTES_MAX));
}

/* The database of the login, or the refusal that USE would give. */
static bool login_use(struct connection *connection, struct slice database) {
    struct result *result = &connection->result;
    struct arena arena;
    if (database.size == 0) return true;
    arena_open(&arena, connection->front->options.source, 0);
    result_begin(result, RESULT_KEPT, &arena);
    enum status status = session_use(connection->session, database, &result->sink);
    if (status != STATUS_OK) {
        uint16_t number = result->error_number == 0 ? ER_BAD_DB_ERROR : result->error_number;
        login_close_session(connection);
        protocol_refuse(connection->protocol, (enum mysql_error)number, result->error_message);
    }
    arena_close(&arena);
    return status == STATUS_OK;
}

void credential_log_in(struct connection *connection, const struct login *login) {
    const struct sql_account *account = &connection->account;
    login_close_session(connection);
    if (account->is_locked) {
        login_refuse(connection, login, ER_ACCOUNT_HAS_BEEN_LOCKED);
        return;
    }
    if (account->needs_tls && connection->tls == NULL && connection->peer.port != 0) {
        login_refuse(connection, login, ER_ACCESS_DENIED_ERROR);
        return;
    }
    if (login->cache_digest.size > 0) cache_put(connection, login->cache_digest);
    login_open_session(connection, login);
    if (!login_use(connection, login->database)) return;
    protocol_accept(connection->protocol,
                    &(struct reply_ok){.status = session_status_flags(connection->session)});
}

/* ---- new passwords, for CREATE USER ---- */

enum status credential_make_password(void *context, struct slice plugin, struct slice password,
                                     struct arena *arena, struct slice *stored_out) {
    (void)context;
    uint8_t salt[SCRAMBLE_SALT_BYTES], *memory = arena_alloc(arena, SCRAMBLE_STORED_BYTES_MAX);
    entropy_fill(salt, sizeof salt);
    bool is_native = slice_equal(plugin, SLICE_LITERAL("mysql_native_password"));
    *stored_out = is_native ? scramble_make_native(password, memory)
                            : scramble_make_stored(password, salt, memory);
    return STATUS_OK;
}
