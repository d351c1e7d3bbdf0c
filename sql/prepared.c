/* prepared.c: prepared statements of both kinds: the protocol's, by number, and PREPARE's, by name; and read cursors.
 *
 *   prepare: parse, normalise, describe      execute: lifted literals + the client's values --> query_run (plan cache)
 *
 *   (PR1) A query keeps its key and the literals lifted from its text, so it shares plans with the same text sent plainly.
 *   (PR2) A cursor is the whole result, kept in the statement's cursor arena until it is read, closed or executed anew.
 */
#include "row/collation.h"
#include "sql/privilege.h"
#include "sql/session_private.h"

struct prepared_statement {
    struct arena arena; /* of all below, and of this */
    struct slice name;  /* of PREPARE, lower case */
    uint32_t id;        /* of the protocol */
    struct slice text;
    const struct ast_statement *ast;
    struct query query; /* (PR1); without the client's values */
    struct arena cursor_arena;
    struct recorder cursor;
    uint64_t cursor_at;
    uint8_t has_cursor, is_executing, is_doomed;
};

/* ---- memory ---- */

static void prepared_free(struct prepared_statement *prepared) {
    arena_close(&prepared->cursor_arena);
    struct arena arena = prepared->arena;
    arena_close(&arena);
}

static void prepared_close(struct session *session, struct prepared_statement *prepared) {
    session->server->prepared_count--;
    if (prepared->is_executing)
        prepared->is_doomed = 1; /* EXECUTE of something that deallocates it */
    else
        prepared_free(prepared);
}

void prepared_close_all(struct session *session) {
    uint64_t at = 0;
    uint32_t cursor = 0;
    struct prepared_statement *prepared;
    /* One that was executing when its fiber was forgotten is closed like the others. */
    while ((prepared = map_next(&session->prepared, &at, NULL)) != NULL) {
        prepared->is_executing = 0;
        prepared_close(session, prepared);
    }
    while ((prepared = slice_map_next(&session->prepared_names, &cursor, NULL)) != NULL) {
        prepared->is_executing = 0;
        prepared_close(session, prepared);
    }
}

struct prepared_statement *session_prepared(struct session *session, uint32_t statement_id) {
    return map_find(&session->prepared, statement_id);
}

/* ---- prepare ---- */

static enum status prepared_normalise(struct session *session,
                                      struct prepared_statement *prepared) {
    struct query query;
    prepared->query = (struct query){.text = prepared->text,
                                     .ast = prepared->ast,
                                     .parse_mode = session->settings.parse_mode,
                                     .parameter_count = prepared->ast->parameter_count};
    if (!query_normalise(session, prepared->text, &prepared->arena, &query)) return STATUS_OK;
    query.parameter_count = prepared->ast->parameter_count;
    prepared->query = query;
    return STATUS_OK;
}

static enum status prepared_parse(struct session *session, struct prepared_statement *prepared) {
    struct parse_input input = {
        .text = prepared->text, .mode = session->settings.parse_mode, .waiter = session->waiter};
    struct parse_result result;
    enum status status = parse_statement(&prepared->arena, &input, &result);
    if (status != STATUS_OK) return query_parse_error(session, status, &result.error);
    prepared->ast = result.statement;
    bool is_one = true;
    for (size_t i = result.next_offset; i < prepared->text.size; i++) {
        uint8_t byte = prepared->text.data[i];
        is_one &= byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == 0;
    }
    if (!is_one || !statement_is_preparable(prepared->ast->kind))
        return diagnostics_error(&session->diagnostics, ER_UNSUPPORTED_PS);
    if (statement_is_query(prepared->ast->kind)) return prepared_normalise(session, prepared);
    return STATUS_OK;
}

static enum status prepared_new(struct session *session, struct slice text,
                                struct prepared_statement **out) {
    struct arena arena;
    struct value limit = settings_global(session->server, VARIABLE_max_prepared_stmt_count);
    if (session->server->prepared_count >= limit.u)
        return diagnostics_error(&session->diagnostics, ER_MAX_PREPARED_STMT_COUNT_REACHED,
                                 (unsigned long)limit.u);
    arena_open(&arena, session->server->source, 0);
    struct prepared_statement *prepared = arena_new(&arena, struct prepared_statement);
    prepared->arena = arena;
    prepared->text = arena_copy(&prepared->arena, text);
    arena_open(&prepared->cursor_arena, session->server->source,
               session->server->statement_bytes_max);
    enum status status = prepared_parse(session, prepared);
    if (status != STATUS_OK) {
        prepared_free(prepared);
        return status;
    }
    session->server->prepared_count++;
    *out = prepared;
    return STATUS_OK;
}

/* Columns and errors of names, as far as they show before execution. */
static enum status prepared_describe(struct session *session, struct prepared_statement *prepared,
                                     struct prepared_describe *describe) {
    describe->parameter_count = prepared->ast->parameter_count;
    if (!statement_is_query(prepared->ast->kind)) return STATUS_OK;
    const struct query query = {.text = prepared->text,
                                .ast = prepared->ast,
                                .parameter_count = prepared->ast->parameter_count};
    enum status status =
        query_describe(session, &query, &describe->columns, &describe->column_count);
    if (status == STATUS_OK)
        describe->columns = charset_sink_describe(
            session, describe->columns, describe->column_count, &session->statement_arena);
    return status;
}

enum status session_prepare(struct session *session, struct slice text, struct result_sink *sink,
                            struct prepared_describe *describe_out) {
    struct prepared_statement *prepared;
    session->sink = charset_sink_for(session, sink);
    /* What the description says must live until the caller has sent it: the arena is reset by the next statement. */
    arena_reset(&session->statement_arena);
    statement_begin(session, text, SESSION_PREPARE);
    *describe_out = (struct prepared_describe){0};
    enum status status = prepared_new(session, text, &prepared);
    if (status == STATUS_OK) {
        status = prepared_describe(session, prepared, describe_out);
        if (status != STATUS_OK) prepared_close(session, prepared);
    }
    if (status == STATUS_OK) {
        prepared->id = ++session->prepared_id_last;
        void *before = map_put(&session->prepared, prepared->id, prepared);
        CHECK(before == NULL);
        describe_out->statement_id = prepared->id;
        describe_out->warning_count = (uint16_t)session->diagnostics.warning_count;
    } else {
        answer_send(session, status);
    }
    statement_end_keeping(session);
    session->sink = NULL;
    return status;
}

/* ---- execute ---- */

/* Lifted literals first, then the client's values, texts in a character set that the binder knows as ours. */
static const struct value *values_of(struct session *session,
                                     const struct prepared_statement *prepared,
                                     const struct value *given) {
    uint32_t literals = prepared->query.literal_count, count = prepared->ast->parameter_count;
    struct arena *arena = &session->statement_arena;
    struct value *values = arena_array(arena, struct value, literals + count);
    if (literals > 0) memcpy(values, prepared->query.parameters, literals * sizeof *values);
    for (uint32_t i = 0; i < count; i++) {
        struct value *value = &values[literals + i];
        *value = given[i];
        if (value->kind != VALUE_STRING || value->collation == COLLATION_BINARY) continue;
        uint8_t charset = collation_charset(value->collation)->id;
        uint16_t collation = session->settings.connection_collation;
        struct slice text = value_slice(value);
        if (charset == CHARSET_LATIN1 &&
            charset_convert(charset, CHARSET_UTF8MB4, text, arena, &text) != STATUS_OK)
            continue;
        *value = value_of_string(text, collation);
    }
    return values;
}

static enum status prepared_run(struct session *session, struct prepared_statement *prepared,
                                const struct value *given) {
    const struct value *values = values_of(session, prepared, given);
    enum status status;
    prepared->is_executing = 1;
    if (statement_is_query(prepared->ast->kind)) {
        struct query query = prepared->query;
        query.parameters = values;
        session->server->counts[prepared->ast->kind]++;
        status = query_run(session, &query);
    } else {
        session->parameters = values;
        session->parameter_count = prepared->ast->parameter_count;
        status = statement_dispatch(session, prepared->ast);
        session->parameters = NULL;
        session->parameter_count = 0;
    }
    prepared->is_executing = 0;
    if (prepared->is_doomed) prepared_free(prepared);
    return status;
}

static void cursor_close(struct prepared_statement *prepared) {
    if (!prepared->has_cursor) return;
    prepared->has_cursor = 0;
    arena_reset(&prepared->cursor_arena);
}

/* (PR2) */
static enum status cursor_run(struct session *session, struct prepared_statement *prepared,
                              const struct value *values) {
    struct result_sink *sink = session->sink;
    recorder_open(&prepared->cursor, &prepared->cursor_arena, UINT64_MAX);
    session->sink = &prepared->cursor.sink;
    enum status status = prepared_run(session, prepared, values);
    session->sink = sink;
    if (status != STATUS_OK || !session->answer.has_rows) return status;
    prepared->has_cursor = 1;
    prepared->cursor_at = 0;
    session->answer.end_flags = RESULT_CURSOR_EXISTS;
    sink->columns(sink, prepared->cursor.columns, prepared->cursor.column_count);
    return STATUS_OK;
}

void session_execute(struct session *session, struct prepared_statement *prepared,
                     const struct value *values, enum cursor_kind cursor,
                     struct result_sink *sink) {
    session->sink = charset_sink_for(session, sink);
    statement_begin(session, prepared->text, SESSION_EXECUTE);
    cursor_close(prepared);
    bool may_have_cursor = cursor == CURSOR_READ && prepared->ast->kind == AST_SELECT;
    enum status status = may_have_cursor ? cursor_run(session, prepared, values)
                                         : prepared_run(session, prepared, values);
    answer_send(session, status);
    statement_end(session);
    session->sink = NULL;
}

void session_fetch(struct session *session, struct prepared_statement *prepared, uint32_t row_count,
                   struct result_sink *sink) {
    session->sink = charset_sink_for(session, sink);
    statement_begin(session, prepared->text, SESSION_EXECUTE);
    enum status status = STATUS_OK;
    struct recorder *cursor = &prepared->cursor;
    if (!prepared->has_cursor) {
        status = diagnostics_error(&session->diagnostics, ER_STMT_HAS_NO_OPEN_CURSOR,
                                   (unsigned long)prepared->id);
    } else {
        session->answer.has_rows = 1;
        charset_sink_expect(&session->charset_sink, cursor->columns, cursor->column_count);
        for (uint32_t i = 0; i < row_count && status == STATUS_OK; i++) {
            if (prepared->cursor_at == cursor->row_count) break;
            status = answer_row(session, cursor->rows[prepared->cursor_at++], cursor->column_count);
        }
        bool is_over = prepared->cursor_at == cursor->row_count;
        session->answer.end_flags = is_over ? RESULT_LAST_ROW_SENT : RESULT_CURSOR_EXISTS;
    }
    answer_send(session, status);
    statement_end(session);
    session->sink = NULL;
}

void session_statement_reset(struct session *session, struct prepared_statement *prepared) {
    (void)session;
    cursor_close(prepared);
}

void session_statement_close(struct session *session, uint32_t statement_id) {
    struct prepared_statement *prepared = map_remove(&session->prepared, statement_id);
    if (prepared != NULL) prepared_close(session, prepared);
}

/* ---- PREPARE, EXECUTE, DEALLOCATE ---- */

static struct slice name_key(struct arena *arena, struct slice name) {
    return collation_change_case(COLLATION_UTF8MB4_GENERAL_CI, name, LETTER_LOWER, arena);
}

static enum status prepare_text(struct session *session, const struct ast_prepare *prepare,
                                struct slice *text_out) {
    *text_out = prepare->text;
    if (!prepare->from_variable) return STATUS_OK;
    struct value value;
    uint8_t memory[VALUE_TEXT_BYTES_MAX];
    enum status status = user_variable_get(session, prepare->text, &value);
    if (status != STATUS_OK) return status;
    *text_out = value_is_null(&value) ? SLICE_LITERAL("NULL")
                : value.kind == VALUE_STRING
                    ? value_slice(&value)
                    : arena_copy(&session->statement_arena, value_text(&value, memory));
    return STATUS_OK;
}

enum status prepare_run(struct session *session, const struct ast_statement *statement) {
    struct slice key = name_key(&session->statement_arena, statement->prepare->name), text;
    struct prepared_statement *before = slice_map_remove(&session->prepared_names, key), *prepared;
    if (before != NULL) prepared_close(session, before);
    enum status status = prepare_text(session, statement->prepare, &text);
    if (status != STATUS_OK) return status;
    status = prepared_new(session, text, &prepared);
    if (status != STATUS_OK) return status;
    struct prepared_describe describe = {0};
    status = prepared_describe(session, prepared, &describe);
    if (status != STATUS_OK) {
        prepared_close(session, prepared);
        return status;
    }
    prepared->name = arena_copy(&prepared->arena, key);
    void *old = slice_map_put(&session->prepared_names, prepared->name, prepared);
    CHECK(old == NULL);
    session->answer.info = SLICE_LITERAL("Statement prepared");
    return STATUS_OK;
}

static enum status unknown_name(struct session *session, struct slice name, const char *who) {
    return diagnostics_error(&session->diagnostics, ER_UNKNOWN_STMT_HANDLER, (int)name.size,
                             (const char *)name.data, who);
}

enum status execute_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_prepare *execute = statement->prepare;
    struct arena *arena = &session->statement_arena;
    struct prepared_statement *prepared =
        slice_map_find(&session->prepared_names, name_key(arena, execute->name));
    if (prepared == NULL) return unknown_name(session, execute->name, "EXECUTE");
    if (execute->variables.count != prepared->ast->parameter_count)
        return diagnostics_error(&session->diagnostics, ER_WRONG_ARGUMENTS, "EXECUTE");
    struct value *values = arena_array(arena, struct value, execute->variables.count);
    for (uint32_t i = 0; i < execute->variables.count; i++) {
        struct value value;
        enum status status = user_variable_get(session, execute->variables.items[i], &value);
        if (status != STATUS_OK) return status;
        values[i] = value_copy(&value, arena); /* the statement may set it */
    }
    session->nesting++;
    enum status status = prepared_run(session, prepared, values);
    session->nesting--;
    return status;
}

enum status deallocate_run(struct session *session, const struct ast_statement *statement) {
    struct slice name = statement->prepare->name;
    struct prepared_statement *prepared =
        slice_map_remove(&session->prepared_names, name_key(&session->statement_arena, name));
    if (prepared == NULL) return unknown_name(session, name, "DEALLOCATE PREPARE");
    prepared_close(session, prepared);
    return STATUS_OK;
}
