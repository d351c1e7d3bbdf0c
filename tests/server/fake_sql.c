/* fake_sql.c: see fake_sql.h. */
#include "tests/server/fake_sql.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/protocol.h"

struct sql_server {
    struct sql_counters counters;
    char salted[SCRAMBLE_STORED_BYTES_MAX], native[SCRAMBLE_STORED_BYTES_MAX];
    struct slice salted_text, native_text;
    struct sql_limits limits;
};

struct prepared_statement {
    uint32_t id;
};

struct session {
    struct sql_server *server;
    struct session_options options;
    struct prepared_statement prepared;
    struct arena arena;
    struct chunk_source *source;
    struct session *next;
    bool must_close;
};

struct sql_server *sql_server_open(const struct sql_server_options *options) {
    struct sql_server *server = calloc(1, sizeof *server);
    server->limits = (struct sql_limits){.connect_timeout_s = 10};
    if (options->variable_count == 1) /* max_connections */
        server->limits.connections_max =
            strtoul((const char *)options->variable_values[0].data, NULL, 10);
    static const uint8_t salt[SCRAMBLE_SALT_BYTES] = "abcdefghijklmnopqrst";
    server->salted_text = scramble_make_stored(SLICE_LITERAL("lovelace"), salt, server->salted);
    server->native_text = scramble_make_native(SLICE_LITERAL("lovelace"), server->native);
    return server;
}

void sql_server_close(struct sql_server *server) { free(server); }

struct sql_limits sql_server_limits(const struct sql_server *server) { return server->limits; }

void sql_server_set_clock(struct sql_server *server, uint64_t wall_us) {
    (void)server;
    CHECK(wall_us > 0);
}

enum status sql_server_bootstrap(struct sql_server *server, struct waiter *waiter) {
    (void)server;
    (void)waiter;
    return STATUS_OK;
}

struct sql_counters *sql_server_counters(struct sql_server *server) {
    return &server->counters;
}

enum status sql_account_find(struct sql_server *server, struct waiter *waiter, struct slice user,
                             struct slice host, struct sql_account *account_out) {
    (void)waiter;
    if (!slice_equal(host, SLICE_LITERAL("localhost"))) return STATUS_NOT_FOUND;
    *account_out = (struct sql_account){
        .user = user, .host_pattern = host, .plugin = SLICE_LITERAL("caching_sha2_password")};
    if (slice_equal(user, SLICE_LITERAL("root"))) return STATUS_OK;
    account_out->stored = server->salted_text;
    if (slice_equal(user, SLICE_LITERAL("ada"))) return STATUS_OK;
    account_out->plugin = SLICE_LITERAL("mysql_native_password");
    account_out->stored = server->native_text;
    return slice_equal(user, SLICE_LITERAL("ada_native")) ? STATUS_OK : STATUS_NOT_FOUND;
}

bool sql_server_is_open_to_all(const struct sql_server *server) {
    (void)server;
    return false;
}

struct session *session_open(struct sql_server *server, const struct session_options *options) {
    struct session *session = calloc(1, sizeof *session);
    session->server = server;
    session->options = *options;
    return session;
}

void session_close(struct session *session) { free(session); }

static void reply_fake_error(struct result_sink *sink, const char *message) {
    sink->error(sink, 1064, "42000", slice_of_text(message));
}

enum status session_use(struct session *session, struct slice database, struct result_sink *sink) {
    (void)session;
    if (slice_equal(database, SLICE_LITERAL("test"))) return STATUS_OK;
    sink->error(sink, 1049, "42000", SLICE_LITERAL("Unknown database"));
    return STATUS_NOT_FOUND;
}

void session_reset(struct session *session) { (void)session; }

static void reply_rows(struct result_sink *sink, uint32_t count) {
    struct result_column column = {.name = SLICE_LITERAL("1"), .type = column_type_bigint(0)};
    enum status status = STATUS_OK;
    sink->columns(sink, &column, 1);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        struct value value = value_of_int(i + 1);
        status = sink->row(sink, &value, 1);
    }
    sink->end(sink, &(struct result_end){.status = RESULT_AUTOCOMMIT});
}

static void reply_after_sleep(struct session *session, struct result_sink *sink) {
    struct waiter *waiter = session->options.waiter;
    waiter->deadline_us = waiter->now_us + 20000;
    uint64_t until_us = waiter->deadline_us;
    while (waiter->now_us < until_us)
        if (waiter_wait(waiter, WAIT_DEADLINE) == WAIT_CANCELLED) {
            sink->error(sink, 1317, "70100", SLICE_LITERAL("interrupted"));
            return;
        }
    waiter->deadline_us = UINT64_MAX;
    reply_rows(sink, 1);
}

void session_query(struct session *session, struct slice text, struct result_sink *sink) {
    session->server->counters.questions++;
    if (slice_equal(text, SLICE_LITERAL("SLEEP")))
        reply_after_sleep(session, sink);
    else if (slice_equal(text, SLICE_LITERAL("ROWS")))
        reply_rows(sink, 100000);
    else if (slice_equal_nocase(text, SLICE_LITERAL("SELECT 1")) ||
             slice_equal_nocase(text, SLICE_LITERAL("select @@version_comment limit 1")))
        reply_rows(sink, 1);
    else
        reply_fake_error(sink, "only SELECT 1, SLEEP and ROWS are known here");
}

enum status session_prepare(struct session *session, struct slice text, struct result_sink *sink,
                            struct prepared_describe *describe_out) {
    (void)text;
    (void)sink;
    session->prepared.id = 1;
    *describe_out = (struct prepared_describe){.statement_id = 1, .parameter_count = 1};
    return STATUS_OK;
}

struct prepared_statement *session_prepared(struct session *session, uint32_t statement_id) {
    return statement_id != 0 && statement_id == session->prepared.id ? &session->prepared : NULL;
}

void session_execute(struct session *session, struct prepared_statement *statement,
                     const struct value *values, enum cursor_kind cursor,
                     struct result_sink *sink) {
    (void)session;
    (void)statement;
    (void)values;
    (void)cursor;
    reply_rows(sink, 1);
}

void session_fetch(struct session *session, struct prepared_statement *statement,
                   uint32_t row_count, struct result_sink *sink) {
    (void)session;
    (void)statement;
    reply_rows(sink, row_count);
}

void session_statement_reset(struct session *session, struct prepared_statement *statement) {
    (void)session;
    (void)statement;
}

void session_statement_close(struct session *session, uint32_t statement_id) {
    CHECK(session->prepared.id == statement_id);
    session->prepared.id = 0;
}

void session_field_list(struct session *session, struct slice table, struct slice wildcard,
                        struct result_sink *sink) {
    (void)session;
    (void)table;
    (void)wildcard;
    reply_rows(sink, 0);
}

enum status session_kill(struct session *killer, uint64_t connection_id, enum kill_kind kind) {
    (void)killer;
    (void)connection_id;
    (void)kind;
    return STATUS_NOT_FOUND;
}

bool session_must_close(const struct session *session) { return session->must_close; }

uint16_t session_status_flags(const struct session *session) {
    (void)session;
    return RESULT_AUTOCOMMIT;
}

void session_set_multi_statements(struct session *session, uint32_t is_on) {
    (void)session;
    (void)is_on;
}

uint64_t session_packet_bytes_max(const struct session *session) {
    (void)session;
    return 64 * MIB;
}

uint32_t session_idle_timeout_s(const struct session *session) {
    (void)session;
    return 28800;
}
