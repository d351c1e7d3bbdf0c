/* charset_sink.c: results in the character set that the client asked for (character_set_results).
 *
 *   operators --columns, rows, messages--> charset_sink --converted--> the client's sink
 *
 * Rows carry texts in their columns' character sets, names and messages are utf8. What has no counterpart is '?'. With NULL
 * or binary, everything goes as it is. A result none of whose columns needs work passes as it came.
 */
#include "row/collation.h"
#include "sql/session_private.h"

static struct charset_sink *sink_of(struct result_sink *sink) {
    return CONTAINER_OF(sink, struct charset_sink, sink);
}

static uint8_t results_charset(const struct session *session) {
    return session->settings.results_charset;
}

/* Are texts of `from` the same bytes in `to`, whatever they hold? */
static bool is_same(uint8_t from, uint8_t to) {
    if (from == to || from == CHARSET_BINARY || to == CHARSET_BINARY || from == CHARSET_ASCII)
        return true;
    return from == CHARSET_UTF8MB3 && to == CHARSET_UTF8MB4;
}

struct slice charset_sink_text(const struct session *session, uint8_t from, struct slice text,
                               struct arena *arena) {
    struct slice out;
    uint8_t to = results_charset(session);
    if (is_same(from, to)) return text;
    enum status status = charset_convert(from, to, text, arena, &out);
    (void)status; /* '?' is what the client gets to see */
    return out;
}

static bool is_text_column(const struct column_type *type) {
    return column_kind_is_text(type->kind) || type->kind == COLUMN_ENUM || type->kind == COLUMN_SET;
}

const struct result_column *charset_sink_describe(const struct session *session,
                                                  const struct result_column *columns,
                                                  uint32_t count, struct arena *arena) {
    uint8_t to = results_charset(session);
    if (to == CHARSET_BINARY) return columns;
    uint16_t collation = charset_find(to)->collation_default;
    struct result_column *copies = arena_array(arena, struct result_column, count);
    for (uint32_t i = 0; i < count; i++) {
        struct slice *const names[] = {&copies[i].schema, &copies[i].table,
                                       &copies[i].original_table, &copies[i].name,
                                       &copies[i].original_name};
        copies[i] = columns[i];
        for (size_t n = 0; n < ARRAY_COUNT(names); n++)
            *names[n] = charset_sink_text(session, CHARSET_UTF8MB4, *names[n], arena);
        bool is_text = is_text_column(&columns[i].type) &&
                       collation_charset(columns[i].type.collation)->id != CHARSET_BINARY;
        if (is_text) copies[i].type.collation = collation;
    }
    return copies;
}

void charset_sink_expect(struct charset_sink *self, const struct result_column *columns,
                         uint32_t count) {
    self->columns = columns;
    self->converts = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct column_type *type = &columns[i].type;
        bool is_text = is_text_column(type) || type->kind == COLUMN_JSON;
        uint8_t from = type->kind == COLUMN_JSON ? (uint8_t)CHARSET_UTF8MB4
                                                 : collation_charset(type->collation)->id;
        self->converts |= is_text && !is_same(from, results_charset(self->session));
    }
}

static void sink_columns(struct result_sink *sink, const struct result_column *columns,
                         uint32_t count) {
    struct charset_sink *self = sink_of(sink);
    struct arena *arena = &self->session->statement_arena;
    charset_sink_expect(self, columns, count);
    columns = charset_sink_describe(self->session, columns, count, arena);
    self->client->columns(self->client, columns, count);
}

static struct value converted(struct charset_sink *self, const struct value *value,
                              uint32_t column) {
    const struct column_type *type = &self->columns[column].type;
    struct arena *arena = &self->row_arena;
    switch ((int)value->kind) {
    case VALUE_STRING: {
        uint8_t from = collation_charset(value->collation)->id;
        struct slice text = charset_sink_text(self->session, from, value_slice(value), arena);
        return value_of_string(text, value->collation);
    }
    case VALUE_JSON: {
        struct slice text =
            charset_sink_text(self->session, CHARSET_UTF8MB4, value_slice(value), arena);
        struct value out = *value;
        out.bytes = text.data;
        out.size = (uint32_t)text.size;
        return out;
    }
    case VALUE_ENUM:
    case VALUE_SET: {
        struct slice text = value_text_typed(value, type, arena);
        uint8_t from = collation_charset(type->collation)->id;
        return value_of_string(charset_sink_text(self->session, from, text, arena),
                               type->collation);
    }
    }
    return *value;
}

static enum status sink_row(struct result_sink *sink, const struct value *values, uint32_t count) {
    struct charset_sink *self = sink_of(sink);
    if (!self->converts) return self->client->row(self->client, values, count);
    if (self->row_arena.used_bytes > 0) arena_reset(&self->row_arena);
    struct value *row = arena_array(&self->row_arena, struct value, count);
    for (uint32_t i = 0; i < count; i++) row[i] = converted(self, &values[i], i);
    return self->client->row(self->client, row, count);
}

static void sink_end(struct result_sink *sink, const struct result_end *end) {
    struct charset_sink *self = sink_of(sink);
    self->client->end(self->client, end);
}

static void sink_ok(struct result_sink *sink, const struct result_ok *ok) {
    struct charset_sink *self = sink_of(sink);
    self->client->ok(self->client, ok);
}

static void sink_error(struct result_sink *sink, uint16_t number, const char *sqlstate,
                       struct slice message) {
    struct charset_sink *self = sink_of(sink);
    struct arena *arena = &self->session->statement_arena;
    message = charset_sink_text(self->session, CHARSET_UTF8MB4, message, arena);
    self->client->error(self->client, number, sqlstate, message);
}

static enum status sink_infile_open(struct result_sink *sink, struct slice file_name) {
    struct charset_sink *self = sink_of(sink);
    return self->client->infile_open(self->client, file_name);
}

static enum status sink_infile_read(struct result_sink *sink, struct slice *piece_out) {
    struct charset_sink *self = sink_of(sink);
    return self->client->infile_read(self->client, piece_out);
}

void charset_sink_open(struct charset_sink *self, struct session *session) {
    *self = (struct charset_sink){.sink = {.columns = sink_columns,
                                           .row = sink_row,
                                           .end = sink_end,
                                           .ok = sink_ok,
                                           .error = sink_error,
                                           .infile_open = sink_infile_open,
                                           .infile_read = sink_infile_read},
                                  .session = session};
    arena_open(&self->row_arena, session->server->source, 0);
}

void charset_sink_close(struct charset_sink *self) { arena_close(&self->row_arena); }

struct result_sink *charset_sink_for(struct session *session, struct result_sink *client) {
    struct charset_sink *self = &session->charset_sink;
    if (client == &self->sink) return client;
    self->client = client;
    return &self->sink;
}
