/* session.c: the life of a client's session, and the way of a text through it.
 *
 *   session_open -> (query | prepare | execute | use ..)* -> session_close        session_reset: anew, on the same connection
 *
 * Texts come in the client's character set and are converted to utf8mb4 once. A text that the plan cache knows how to
 * normalise is one query; any other is parsed, statement by statement, each with its own reply.
 */
#include "row/collation.h"
#include "sql/privilege.h"
#include "sql/session_private.h"

#define DIAGNOSTICS_BYTES_MAX MIB

/* ---- opening ---- */

static struct slice at_host(struct session *session, struct slice user, struct slice host) {
    struct buffer name = buffer_of(&session->arena);
    buffer_append(&name, user);
    buffer_append_byte(&name, '@');
    buffer_append(&name, host);
    return buffer_slice(&name);
}

void session_set_database(struct session *session, struct slice name) {
    struct value value = value_of_string(name, COLLATION_UTF8MB4_BIN);
    kept_value_set(&session->database, &session->arena, &value);
}

/* What a reset makes anew. */
static void state_open(struct session *session) {
    struct chunk_source *source = session->server->source;
    struct random *random = &session->server->random;
    slice_map_open(&session->user_variables, source, random_u64(random));
    slice_map_open(&session->prepared_names, source, random_u64(random));
    map_open(&session->prepared, source);
    random_open(&session->random, random_u64(random));
    session->capabilities = session->capabilities_at_open;
    session->last_insert_id = session->found_rows = session->insert_id_next = 0;
    session->row_count = 0;
    memset(session->tracked_state, '_', sizeof session->tracked_state);
    session->tracked_characteristics = 0;
    session->parameters = NULL;
    session->parameter_count = 0;
    kept_value_set(&session->database, &session->arena, &session->database_at_open.value);
    diagnostics_open(&session->diagnostics, &session->diagnostics_arenas[0], 64);
    session->previous = session->diagnostics;
    session->diagnostics_place = 0;
    settings_open(session, session->collation_at_open);
}

static void state_close(struct session *session) {
    transaction_roll_back(session);
    prepared_close_all(session);
    slice_map_close(&session->user_variables);
    slice_map_close(&session->prepared_names);
    map_close(&session->prepared);
}

static void copy_names(struct session *session, const struct session_options *options) {
    struct arena *arena = &session->arena;
    session->user = arena_copy(arena, options->user);
    session->host = arena_copy(arena, options->host);
    session->account_user = arena_copy(arena, options->account_user);
    session->account_host = arena_copy(arena, options->account_host);
    session->user_at_host = at_host(session, session->user, session->host);
    session->current_user = at_host(session, session->account_user, session->account_host);
    session->attributes = arena_copy(arena, options->attributes);
    struct value database = value_of_string(options->database, COLLATION_UTF8MB4_BIN);
    kept_value_set(&session->database_at_open, arena, &database);
}

struct session *session_open(struct sql_server *server, const struct session_options *options) {
    struct arena arena;
    arena_open(&arena, server->source, 0);
    struct session *session = arena_new(&arena, struct session);
    session->arena = arena;
    session->server = server;
    session->waiter = options->waiter;
    session->id = options->connection_id;
    session->capabilities_at_open = options->capabilities;
    session->collation_at_open = options->collation_id;
    session->tls_version = options->tls_version;
    session->tls_cipher = options->tls_cipher;
    session->since_wall_us = server->wall_us;
    arena_open(&session->state_arena, server->source, 0);
    arena_open(&session->statement_arena, server->source, server->statement_bytes_max);
    for (size_t i = 0; i < ARRAY_COUNT(session->diagnostics_arenas); i++)
        arena_open(&session->diagnostics_arenas[i], server->source, DIAGNOSTICS_BYTES_MAX);
    arena_open(&session->transaction.arena, server->source, 0);
    charset_sink_open(&session->charset_sink, session);
    copy_names(session, options);
    state_open(session);
    list_push_last(&server->sessions, &session->link);
    void *before = map_put(&server->sessions_by_id, session->id, session);
    CHECK(before == NULL);
    return session;
}

/* Without a fiber the daemon ends, and its incarnation with it. */
static void release_tables(struct session *session) {
    if (!session->has_table_locks || !fiber_is_live(session->waiter->fiber)) return;
    enum status status = table_lock_release(session);
    (void)status;
}

void session_close(struct session *session) {
    struct sql_server *server = session->server;
    named_lock_release_all(session);
    state_close(session);
    release_tables(session);
    if (session->entry != NULL) plan_cache_give(&server->plans, session->entry);
    if (session->schema != NULL) schema_release(session_cluster(session), session->schema);
    list_remove(&session->link);
    void *removed = map_remove(&server->sessions_by_id, session->id);
    CHECK(removed == session);
    arena_close(&session->transaction.arena);
    charset_sink_close(&session->charset_sink);
    for (size_t i = 0; i < ARRAY_COUNT(session->diagnostics_arenas); i++)
        arena_close(&session->diagnostics_arenas[i]);
    arena_close(&session->statement_arena);
    arena_close(&session->state_arena);
    struct arena arena = session->arena; /* the session is in it */
    arena_close(&arena);
}

void session_reset(struct session *session) {
    named_lock_release_all(session);
    state_close(session);
    release_tables(session);
    arena_reset(&session->state_arena);
    state_open(session);
}

/* ---- texts ---- */

static struct slice text_in_utf8(struct session *session, struct slice text) {
    uint8_t charset = session->settings.client_charset;
    struct slice converted;
    if (charset != CHARSET_LATIN1) return text; /* the others are utf8mb4's subsets, or bytes */
    enum status status =
        charset_convert(charset, CHARSET_UTF8MB4, text, &session->statement_arena, &converted);
    CHECK(status == STATUS_OK); /* utf8mb4 has them all */
    return converted;
}

static bool is_blank(struct slice text, size_t from) {
    for (size_t i = from; i < text.size; i++) {
        uint8_t byte = text.data[i];
        bool is_space = byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == ';' || byte == 0;
        if (!is_space) return false;
    }
    return true;
}

static uint32_t line_of(struct slice text, size_t offset) {
    uint32_t line = 1;
    for (size_t i = 0; i < offset; i++) line += text.data[i] == '\n';
    return line;
}

static enum status refuse_more(struct session *session, struct slice text, size_t offset) {
    while (offset < text.size && text.data[offset] == ' ') offset++;
    struct slice rest = slice_part(text, offset, text.size);
    return diagnostics_error(
        &session->diagnostics, ER_PARSE_ERROR,
        "You have an error in your SQL syntax; check the manual that corresponds to your MySQL "
        "server version for the right syntax to use",
        arena_text(&session->statement_arena, rest), (int)line_of(text, offset));
}

/* The statement at *offset; moves it behind. */
static enum status run_next(struct session *session, struct slice text, size_t *offset) {
    struct parse_input input = {.text = text,
                                .offset = *offset,
                                .mode = session->settings.parse_mode | PARSE_NO_PARAMETERS,
                                .waiter = session->waiter};
    struct parse_result result;
    enum status status = parse_statement(&session->statement_arena, &input, &result);
    *offset = text.size;
    if (status != STATUS_OK) return query_parse_error(session, status, &result.error);
    *offset = result.next_offset;
    bool has_more = !is_blank(text, result.next_offset);
    if (has_more && (session->capabilities & CLIENT_MULTI_STATEMENTS) == 0)
        return refuse_more(session, text, result.next_offset);
    session->has_more_results = has_more;
    if (!has_more) *offset = text.size;
    return statement_dispatch(session, result.statement);
}

void session_query(struct session *session, struct slice original, struct result_sink *sink) {
    struct result_sink *outer = session->sink;
    size_t offset = 0;
    while (original.size > 0 && original.data[original.size - 1] == 0) original.size--;
    session->sink = charset_sink_for(session, sink);
    do {
        statement_begin(session, original, SESSION_QUERY);
        struct slice text = text_in_utf8(session, original);
        enum status status;
        session->has_more_results = 0;
        bool is_done = offset == 0 && query_run_text(session, text, &status);
        if (is_done)
            offset = text.size;
        else
            status = run_next(session, text, &offset);
        if (status != STATUS_OK) {
            session->has_more_results = 0;
            offset = text.size;
        }
        answer_send(session, status);
        bool is_over = offset >= text.size;
        statement_end(session);
        if (is_over) break;
    } while (!session->must_close);
    session->sink = outer;
}

enum status session_use(struct session *session, struct slice database, struct result_sink *sink) {
    struct ast_use use = {.database = database};
    const struct ast_statement statement = {.kind = AST_USE, .use = &use};
    session->sink = charset_sink_for(session, sink);
    statement_begin(session, SLICE_EMPTY, SESSION_QUERY);
    use.database = text_in_utf8(session, database);
    enum status status = use_run(session, &statement);
    if (status != STATUS_OK) answer_send(session, status);
    statement_end(session);
    session->sink = NULL;
    return status;
}

/* ---- facts ---- */

enum status session_kill(struct session *killer, uint64_t connection_id, enum kill_kind kind) {
    struct session *victim = map_find(&killer->server->sessions_by_id, connection_id);
    if (victim == NULL) return STATUS_NOT_FOUND;
    bool is_own = slice_equal(victim->account_user, killer->account_user) &&
                  slice_equal(victim->account_host, killer->account_host);
    bool holds = killer->schema == NULL;
    if (holds) killer->schema = schema_hold(session_cluster(killer));
    bool may = is_own ||
               (privilege_global(killer) & (PRIVILEGE(SUPER) | PRIVILEGE(CONNECTION_ADMIN))) != 0;
    if (holds) {
        schema_release(session_cluster(killer), killer->schema);
        killer->schema = NULL;
    }
    if (!may) return STATUS_DENIED;
    if (kind == KILL_CONNECTION) {
        victim->must_close = 1;
        waiter_cancel(victim->waiter, CANCEL_CONNECTION);
    } else if (victim->command != SESSION_SLEEPS) {
        waiter_cancel(victim->waiter, CANCEL_QUERY);
    }
    return STATUS_OK;
}

bool session_must_close(const struct session *session) { return session->must_close != 0; }

uint16_t session_status_flags(const struct session *session) {
    uint16_t flags = transaction_flags(session);
    if (session->settings.sql_mode & SQL_MODE_NO_BACKSLASH_ESCAPES)
        flags |= RESULT_NO_BACKSLASH_ESCAPES;
    if (session->has_more_results) flags |= RESULT_MORE_RESULTS;
    return flags;
}

void session_set_multi_statements(struct session *session, uint32_t is_on) {
    if (is_on)
        session->capabilities |= CLIENT_MULTI_STATEMENTS;
    else
        session->capabilities &= ~(uint32_t)CLIENT_MULTI_STATEMENTS;
}

uint64_t session_packet_bytes_max(const struct session *session) {
    return session->settings.packet_bytes_max;
}

uint32_t session_idle_timeout_s(const struct session *session) {
    bool is_interactive = (session->capabilities & CLIENT_INTERACTIVE) != 0;
    return is_interactive ? session->settings.interactive_timeout_s
                          : session->settings.wait_timeout_s;
}
