/* result.c: how do rows of sql/ become packets of protocol/?
 *
 *   columns -> definitions | row -> row packet, and a flush above 64 KB | end -> end of the set
 *
 *   (R1) The end of the definitions waits for the first row or the end: only then is it known
 *        whether a cursor was opened, whose rows are not sent.
 *   (R2) A row that the client does not take suspends the fiber (connection_drain).
 */
#include "server/result.h"

#include "row/collation.h"
#include "server/connection.h"

static struct result *result_of(struct result_sink *sink) {
    return CONTAINER_OF(sink, struct result, sink);
}

static uint16_t definition_flags(const struct result_column *column) {
    const struct column_type *type = &column->type;
    unsigned flags = column->flags;
    if (!column_type_is_nullable(type)) flags |= DEFINITION_NOT_NULL;
    if (column_type_is_unsigned(type)) flags |= DEFINITION_UNSIGNED;
    if (type->flags & COLUMN_ZEROFILL) flags |= DEFINITION_ZEROFILL;
    if (column_kind_is_blob(type->kind) || type->kind == COLUMN_JSON) flags |= DEFINITION_BLOB;
    if (type->kind == COLUMN_ENUM) flags |= DEFINITION_ENUM;
    if (type->kind == COLUMN_SET) flags |= DEFINITION_SET;
    if (type->kind == COLUMN_BIT) flags |= DEFINITION_UNSIGNED;
    if (type->kind == COLUMN_YEAR) flags |= DEFINITION_UNSIGNED | DEFINITION_ZEROFILL;
    if (type->kind == COLUMN_JSON ||
        (column_kind_is_temporal(type->kind) && type->kind != COLUMN_YEAR) ||
        (column_kind_is_string(type->kind) && !column_kind_is_text(type->kind)))
        flags |= DEFINITION_BINARY;
    return (uint16_t)flags;
}

struct reply_column result_definition(const struct result_column *column) {
    const struct column_type *type = &column->type;
    bool is_text =
        column_kind_is_text(type->kind) || type->kind == COLUMN_ENUM || type->kind == COLUMN_SET;
    uint8_t bytes_per_char = is_text ? collation_charset(type->collation)->bytes_per_char_max : 4;
    return (struct reply_column){
        .schema = column->schema,
        .table = column->table,
        .table_original = column->original_table,
        .name = column->name,
        .name_original = column->original_name,
        .length = column_type_display_length(type, bytes_per_char),
        .collation_id = is_text ? type->collation : COLLATION_BINARY,
        .flags = definition_flags(column),
        .type = (uint8_t)column_type_mysql(type),
        .decimals = column_type_decimals(type),
    };
}

static void result_on_columns(struct result_sink *sink, const struct result_column *columns,
                              uint32_t count) {
    struct result *result = result_of(sink);
    struct protocol *protocol = result->connection->protocol;
    result->types = arena_array(result->arena, struct column_type, count);
    result->column_count = count;
    for (uint32_t i = 0; i < count; i++) result->types[i] = columns[i].type;
    if (result->form == RESULT_FETCHED || result->form == RESULT_KEPT) return;
    if (result->form != RESULT_FIELD_LIST) {
        reply_columns_begin(protocol, count);
        result->has_open_columns = true;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct reply_column definition = result_definition(&columns[i]);
        if (result->form == RESULT_FIELD_LIST)
            reply_field(protocol, &definition, SLICE_EMPTY);
        else
            reply_column(protocol, &definition);
    }
}

static uint16_t result_flags(const struct result *result) {
    const struct session *session = result->connection->session;
    return session == NULL ? SERVER_AUTOCOMMIT : session_status_flags(session);
}

static void result_end_columns(struct result *result) { /* (R1) */
    if (!result->has_open_columns) return;
    reply_columns_end(result->connection->protocol, result_flags(result), 0);
    result->has_open_columns = false;
}

static enum status result_on_row(struct result_sink *sink, const struct value *values,
                                 uint32_t count) {
    struct result *result = result_of(sink);
    struct protocol *protocol = result->connection->protocol;
    if (result->form == RESULT_KEPT || result->form == RESULT_FIELD_LIST) return STATUS_OK;
    result_end_columns(result);
    enum row_format format = result->form == RESULT_TEXT ? ROW_TEXT : ROW_BINARY;
    reply_row(protocol, format, result->types, values, count);
    if (protocol_unsent_size(protocol) <= PROTOCOL_FLUSH_BYTES) return STATUS_OK;
    return connection_drain(result->connection); /* (R2) */
}

static const struct session_change *changes_of(const struct result *result,
                                               const struct session_track *track_list,
                                               uint32_t count) {
    struct session_change *changes = arena_array(result->arena, struct session_change, count);
    for (uint32_t i = 0; i < count; i++)
        changes[i] = (struct session_change){(enum session_change_kind)track_list[i].kind,
                                             track_list[i].name, track_list[i].value};
    return changes;
}

static void result_on_end(struct result_sink *sink, const struct result_end *end) {
    struct result *result = result_of(sink);
    struct protocol *protocol = result->connection->protocol;
    result->reply_count++;
    if (result->form == RESULT_KEPT) return;
    if (result->has_open_columns && (end->status & RESULT_CURSOR_EXISTS)) {
        reply_columns_end(protocol, end->status, end->warning_count);
        result->has_open_columns = false;
        return;
    }
    result_end_columns(result);
    reply_rows_end_tracked(protocol,
                           &(struct reply_ok){.status = end->status,
                                              .warning_count = end->warning_count,
                                              .changes = changes_of(result, end->tracks,
                                                                    end->track_count),
                                              .change_count = end->track_count});
}

static void result_on_ok(struct result_sink *sink, const struct result_ok *ok) {
    struct result *result = result_of(sink);
    result->reply_count++;
    if (result->form == RESULT_KEPT) return;
    const struct session_change *changes = changes_of(result, ok->tracks, ok->track_count);
    reply_ok(result->connection->protocol, &(struct reply_ok){.affected_rows = ok->affected_rows,
                                                              .last_insert_id = ok->last_insert_id,
                                                              .status = ok->status,
                                                              .warning_count = ok->warning_count,
                                                              .info = ok->info,
                                                              .changes = changes,
                                                              .change_count = ok->track_count});
}

static void result_on_error(struct result_sink *sink, uint16_t number, const char *sqlstate,
                            struct slice message) {
    struct result *result = result_of(sink);
    result->reply_count++;
    result->has_open_columns = false;
    if (result->form == RESULT_KEPT) {
        result->error_number = number;
        result->error_message = arena_copy(result->arena, message);
        return;
    }
    reply_error_state(result->connection->protocol, number, sqlstate, message);
}

static enum status result_infile_open(struct result_sink *sink, struct slice file_name) {
    struct result *result = result_of(sink);
    struct protocol *protocol = result->connection->protocol;
    if (result->form != RESULT_TEXT || !(protocol_capabilities(protocol) & CAPABILITY_LOCAL_FILES))
        return STATUS_UNSUPPORTED;
    reply_infile_request(protocol, file_name);
    connection_flush(result->connection);
    return STATUS_OK;
}

static enum status result_infile_read(struct result_sink *sink, struct slice *piece_out) {
    struct connection *connection = result_of(sink)->connection;
    for (;;) {
        struct protocol_effect effect;
        protocol_next(connection->protocol, &effect);
        if (effect.kind == PROTOCOL_INFILE_DATA) {
            *piece_out = effect.infile;
            return STATUS_OK;
        }
        if (effect.kind != PROTOCOL_NOTHING) {
            connection->effect = effect; /* CLOSE: the command's end finds it */
            return STATUS_CANCELLED;
        }
        if (connection_await(connection) != STATUS_OK) return STATUS_CANCELLED;
    }
}

void result_open(struct result *result, struct connection *connection) {
    *result = (struct result){
        .connection = connection,
        .sink = {.columns = result_on_columns,
                 .row = result_on_row,
                 .end = result_on_end,
                 .ok = result_on_ok,
                 .error = result_on_error,
                 .infile_open = result_infile_open,
                 .infile_read = result_infile_read},
    };
}

void result_begin(struct result *result, enum result_form form, struct arena *arena) {
    result->form = form;
    result->arena = arena;
    result->types = NULL;
    result->column_count = 0;
    result->has_open_columns = false;
    result->reply_count = 0;
    result->error_number = 0;
}
