/* command.c: what does the client want?
 *
 * The first byte of a packet says which command it is; the rest is read here, borrowed from the packet. What
 * needs the prepared statement to be understood (COM_STMT_EXECUTE's values) stays bytes: parameter.c reads
 * them once the statement is found.
 *
 * Commands that MySQL 8.4 refuses, such as COM_SLEEP or COM_CREATE_DB, and the binlog commands are unknown here.
 */
#include "protocol/connection.h"

static void read_query(const struct protocol *protocol, struct reader *reader,
                       struct command_query *query) {
    if (protocol_has(protocol, CAPABILITY_QUERY_ATTRIBUTES)) {
        uint64_t count = reader_lenenc(reader);
        uint64_t set_count = reader_lenenc(reader);
        if (set_count != 1 || count > STATEMENT_PARAMETERS_MAX) reader_fail(reader);
        const uint8_t *start = reader->at;
        parameters_skip(reader, count);
        if (reader->failed) return;
        query->attribute_count = (uint32_t)count;
        query->attribute_bytes = slice_of(start, (size_t)(reader->at - start));
    }
    query->text = reader_take(reader, reader_left(reader));
}

static void read_execute(struct reader *reader, struct command *command) {
    command->execute.statement_id = reader_u32(reader);
    command->execute.flags = reader_u8(reader);
    (void)reader_u32(reader); /* iterations: always 1 */
    command->execute.bytes = reader_take(reader, reader_left(reader));
}

static void read_field_list(struct reader *reader, struct command *command) {
    command->field_list.table = reader_text_nul(reader);
    command->field_list.wildcard = reader_take(reader, reader_left(reader));
}

static void read_long_data(struct reader *reader, struct command *command) {
    command->long_data.statement_id = reader_u32(reader);
    command->long_data.parameter_index = reader_u16(reader);
    command->long_data.bytes = reader_take(reader, reader_left(reader));
}

static void read_fetch(struct reader *reader, struct command *command) {
    command->fetch.statement_id = reader_u32(reader);
    command->fetch.row_count = reader_u32(reader);
}

/* False: no such command. */
static bool read_command(const struct protocol *protocol, struct reader *reader,
                         struct command *command) {
    switch (command->kind) {
    case COMMAND_QUERY: read_query(protocol, reader, &command->query); return true;
    case COMMAND_INIT_DB:
    case COMMAND_STMT_PREPARE:
        command->text = reader_take(reader, reader_left(reader));
        return true;
    case COMMAND_STMT_EXECUTE: read_execute(reader, command); return true;
    case COMMAND_STMT_SEND_LONG_DATA: read_long_data(reader, command); return true;
    case COMMAND_STMT_CLOSE:
    case COMMAND_STMT_RESET: command->statement_id = reader_u32(reader); return true;
    case COMMAND_STMT_FETCH: read_fetch(reader, command); return true;
    case COMMAND_FIELD_LIST: read_field_list(reader, command); return true;
    case COMMAND_SET_OPTION: command->option = reader_u16(reader); return true;
    case COMMAND_PROCESS_KILL: command->connection_id = reader_u32(reader); return true;
    case COMMAND_REFRESH: command->subcommand = reader_u8(reader); return true;
    case COMMAND_SHUTDOWN: /* its byte is optional */
        command->subcommand = reader_left(reader) > 0 ? reader_u8(reader) : 0;
        return true;
    case COMMAND_QUIT:
    case COMMAND_STATISTICS:
    case COMMAND_PROCESS_INFO:
    case COMMAND_DEBUG:
    case COMMAND_PING:
    case COMMAND_CHANGE_USER:
    case COMMAND_RESET_CONNECTION: return true;
    }
    return false;
}

enum status command_decode(struct protocol *protocol, struct slice payload) {
    struct reader reader = reader_of(payload);
    if (payload.size == 0) return STATUS_UNSUPPORTED;
    struct command *command = &protocol->command;
    *command = (struct command){.kind = (enum command_kind)reader_u8(&reader)};
    if (!read_command(protocol, &reader, command)) return STATUS_UNSUPPORTED;
    return reader.failed ? STATUS_CORRUPT : STATUS_OK;
}
