/* reply.c: how is a command answered, but for its rows?
 *
 * OK:   | 00 or FE | affected rows | last insert id | status 2 | warnings 2 | [info] | [session changes] |
 * ERR:  | FF | number 2 | '#' SQLSTATE 5 | message |
 * EOF:  | FE | warnings 2 | status 2 |
 * rows: | column count |, a column definition each, EOF, rows, EOF
 *
 * A client with DEPRECATE_EOF gets no EOF behind the column definitions and an OK that starts with FE behind the
 * rows. A cursor's reply ends behind the definitions, with whatever ends rows for that client.
 */
#include "protocol/connection.h"

#include <stdio.h>

static void packet_finish(struct protocol *protocol) {
    packet_end(&protocol->output, &protocol->sequence);
}

/* ---- OK ---- */

/* One change: | kind | size of the rest | the rest |; its size, which is asked before it is written. */
static size_t change_size(const struct session_change *change) {
    if (change->kind == CHANGE_STATE) return change->value.size; /* a byte without a size */
    size_t size = lenenc_size(change->value.size) + change->value.size;
    if (change->kind == CHANGE_SYSTEM_VARIABLE) {
        size += lenenc_size(change->name.size) + change->name.size;
    }
    if (change->kind == CHANGE_GTIDS) size += 1;
    return size;
}

static void change_write(struct output *output, const struct session_change *change) {
    output_u8(output, (uint8_t)change->kind);
    output_lenenc(output, change_size(change));
    if (change->kind == CHANGE_STATE) {
        output_bytes(output, change->value);
        return;
    }
    if (change->kind == CHANGE_SYSTEM_VARIABLE) output_lenenc_slice(output, change->name);
    if (change->kind == CHANGE_GTIDS) output_u8(output, 0); /* encoding: text */
    output_lenenc_slice(output, change->value);
}

static void changes_write(struct output *output, const struct reply_ok *ok) {
    size_t size = 0;
    for (size_t i = 0; i < ok->change_count; i++) {
        size_t one = change_size(&ok->changes[i]);
        size += 1 + lenenc_size(one) + one;
    }
    output_lenenc(output, size);
    for (size_t i = 0; i < ok->change_count; i++) change_write(output, &ok->changes[i]);
}

static void ok_write(struct protocol *protocol, uint8_t first, const struct reply_ok *ok) {
    struct output *output = &protocol->output;
    bool is_tracked = protocol_has(protocol, CAPABILITY_SESSION_TRACK) && ok->change_count > 0;
    uint16_t status = (uint16_t)(ok->status & ~SERVER_SESSION_STATE_CHANGED);
    packet_begin(output);
    output_u8(output, first);
    output_lenenc(output, ok->affected_rows);
    output_lenenc(output, ok->last_insert_id);
    output_u16(output, is_tracked ? (uint16_t)(status | SERVER_SESSION_STATE_CHANGED) : status);
    output_u16(output, ok->warning_count);
    if (ok->info.size > 0 || is_tracked) output_lenenc_slice(output, ok->info);
    if (is_tracked) changes_write(output, ok);
    packet_finish(protocol);
}

void reply_ok(struct protocol *protocol, const struct reply_ok *ok) {
    ok_write(protocol, 0x00, ok);
}

/* ---- ERR ---- */

static void error_write(struct output *output, uint16_t number, const char *sqlstate,
                        struct slice message) {
    output_u8(output, 0xFF);
    output_u16(output, number);
    if (sqlstate != NULL) {
        output_u8(output, '#');
        output_bytes(output, slice_of(sqlstate, 5));
    }
    output_bytes(output, slice_part(message, 0, MYSQL_ERROR_TEXT_MAX - 1));
}

void reply_error_state(struct protocol *protocol, uint16_t number, const char *sqlstate,
                       struct slice message) {
    CHECK(number != 0);
    CHECK(strlen(sqlstate) == 5);
    packet_abandon(&protocol->output);
    packet_begin(&protocol->output);
    /* Who has not said yet that it knows SQLSTATEs gets none. */
    bool has_state = protocol_has(protocol, CAPABILITY_PROTOCOL_41);
    error_write(&protocol->output, number, has_state ? sqlstate : NULL, message);
    packet_finish(protocol);
}

void reply_error(struct protocol *protocol, enum mysql_error error, struct slice message) {
    reply_error_state(protocol, (uint16_t)error, mysql_error_sqlstate(error), message);
}

struct slice protocol_refusal(enum mysql_error error, const char *message, void *memory,
                              size_t size) {
    struct writer writer = writer_of(memory, size);
    struct slice text = slice_of_text(message);
    uint8_t *header = writer_take(&writer, PACKET_HEADER_BYTES);
    CHECK(header != NULL && text.size < PACKET_PIECE_BYTES_MAX - 3);
    store_le24(header, (uint32_t)(3 + text.size));
    header[3] = 0;
    writer_u8(&writer, 0xFF);
    writer_u16(&writer, (uint16_t)error);
    writer_bytes(&writer, text);
    CHECK(!writer.failed);
    return writer_written(&writer);
}

/* ---- Result sets ---- */

static void eof_write(struct protocol *protocol, uint16_t status, uint16_t warning_count) {
    struct output *output = &protocol->output;
    packet_begin(output);
    output_u8(output, 0xFE);
    output_u16(output, warning_count);
    output_u16(output, status);
    packet_finish(protocol);
}

void reply_rows_end_tracked(struct protocol *protocol, const struct reply_ok *ok) {
    if (protocol_has(protocol, CAPABILITY_DEPRECATE_EOF))
        ok_write(protocol, 0xFE, ok);
    else
        eof_write(protocol, ok->status, ok->warning_count);
}

void reply_rows_end(struct protocol *protocol, uint16_t status, uint16_t warning_count) {
    reply_rows_end_tracked(protocol,
                           &(struct reply_ok){.status = status, .warning_count = warning_count});
}

void reply_columns_begin(struct protocol *protocol, uint32_t column_count) {
    CHECK(column_count > 0);
    packet_begin(&protocol->output);
    output_lenenc(&protocol->output, column_count);
    packet_finish(protocol);
}

static void column_write(struct output *output, const struct reply_column *column) {
    output_lenenc_slice(output, SLICE_LITERAL("def"));
    output_lenenc_slice(output, column->schema);
    output_lenenc_slice(output, column->table);
    output_lenenc_slice(output, column->table_original);
    output_lenenc_slice(output, column->name);
    output_lenenc_slice(output, column->name_original);
    output_u8(output, 12); /* bytes of what follows */
    output_u16(output, column->collation_id);
    output_u32(output, column->length);
    output_u8(output, column->type);
    output_u16(output, column->flags);
    output_u8(output, column->decimals);
    output_u16(output, 0);
}

void reply_column(struct protocol *protocol, const struct reply_column *column) {
    packet_begin(&protocol->output);
    column_write(&protocol->output, column);
    packet_finish(protocol);
}

void reply_columns_end(struct protocol *protocol, uint16_t status, uint16_t warning_count) {
    if ((status & SERVER_CURSOR_EXISTS) != 0) {
        reply_rows_end(protocol, status, warning_count);
    } else if (!protocol_has(protocol, CAPABILITY_DEPRECATE_EOF)) {
        eof_write(protocol, status, warning_count);
    }
}

void reply_field(struct protocol *protocol, const struct reply_column *column,
                 struct slice default_value) {
    packet_begin(&protocol->output);
    column_write(&protocol->output, column);
    if (default_value.data == NULL) {
        output_u8(&protocol->output, LENENC_NULL);
    } else {
        output_lenenc_slice(&protocol->output, default_value);
    }
    packet_finish(protocol);
}

void reply_prepared(struct protocol *protocol, const struct reply_prepared *prepared) {
    struct output *output = &protocol->output;
    packet_begin(output);
    output_u8(output, 0x00);
    output_u32(output, prepared->statement_id);
    output_u16(output, prepared->column_count);
    output_u16(output, prepared->parameter_count);
    output_u8(output, 0);
    output_u16(output, prepared->warning_count);
    packet_finish(protocol);
}

void reply_prepared_list_end(struct protocol *protocol, uint16_t status) {
    if (!protocol_has(protocol, CAPABILITY_DEPRECATE_EOF)) eof_write(protocol, status, 0);
}

/* ---- The rest ---- */

void reply_statistics(struct protocol *protocol, const struct server_statistics *statistics) {
    char text[320];
    uint64_t seconds = MAX(statistics->uptime_seconds, 1);
    uint64_t thousandths = statistics->questions * 1000 / seconds;
    int size = snprintf(
        text, sizeof text,
        "Uptime: %llu  Threads: %u  Questions: %llu  Slow queries: %llu  "
        "Opens: %llu  Flush tables: %llu  Open tables: %u  "
        "Queries per second avg: %llu.%03llu",
        (unsigned long long)statistics->uptime_seconds, statistics->threads,
        (unsigned long long)statistics->questions, (unsigned long long)statistics->slow_queries,
        (unsigned long long)statistics->opens, (unsigned long long)statistics->flushes,
        statistics->open_tables, (unsigned long long)(thousandths / 1000),
        (unsigned long long)(thousandths % 1000));
    CHECK(size > 0 && (size_t)size < sizeof text);
    packet_begin(&protocol->output);
    output_bytes(&protocol->output, slice_of(text, (size_t)size));
    packet_finish(protocol);
}
