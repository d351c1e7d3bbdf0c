/* command.c: one command of a client, on its fiber: from the packet to calls of sql/ and back.
 *
 * A prepared statement has a record here besides its session's: what the client bound (types are
 * sent once) and long data that came in pieces. It dies with the statement.
 */
#include <stdio.h>
#include <stdlib.h>

#include "row/collation.h"
#include "server/connection.h"

struct long_data {
    uint8_t *bytes;
    size_t size, capacity;
};

struct statement {
    struct parameter_binding binding;
    struct long_data *long_data; /* of each parameter */
    uint8_t *long_flags;         /* binding.long_data */
    struct column_type *cursor_types;
};

static void reply_plain_ok(struct connection *connection) {
    reply_ok(connection->protocol,
             &(struct reply_ok){.status = session_status_flags(connection->session)});
}

static void reply_text_error(struct connection *connection, enum mysql_error error,
                             const char *text) {
    reply_error(connection->protocol, error, slice_of_text(text));
}

static void reply_unsupported(struct connection *connection, const char *what) {
    char message[MYSQL_ERROR_TEXT_MAX];
    reply_error(connection->protocol, ER_NOT_SUPPORTED_YET,
                mysql_error_print(ER_NOT_SUPPORTED_YET, message, sizeof message, what));
}

/* ---- prepared statements ---- */

static void statement_drop_long_data(struct statement *statement) {
    for (uint32_t i = 0; i < statement->binding.count; i++) {
        free(statement->long_data[i].bytes);
        statement->long_data[i] = (struct long_data){0};
        statement->long_flags[i] = 0;
    }
}

static void statement_free(struct statement *statement) {
    if (statement == NULL) return;
    statement_drop_long_data(statement);
    free(statement->binding.types);
    free(statement->long_data);
    free(statement->long_flags);
    free(statement->cursor_types);
    free(statement);
}

void command_forget_statements(struct connection *connection) {
    uint64_t cursor = 0;
    struct statement *statement;
    while ((statement = map_next(&connection->statements, &cursor, NULL)) != NULL)
        statement_free(statement);
    map_close(&connection->statements);
}

static struct statement *statement_new(uint32_t parameter_count) {
    struct statement *statement = calloc(1, sizeof *statement);
    if (statement == NULL) die("no memory for a prepared statement");
    statement->binding.count = parameter_count;
    statement->binding.types = calloc(parameter_count + 1, sizeof *statement->binding.types);
    statement->long_data = calloc(parameter_count + 1, sizeof *statement->long_data);
    statement->long_flags = calloc(parameter_count + 1, 1);
    if (statement->binding.types == NULL || statement->long_data == NULL ||
        statement->long_flags == NULL)
        die("no memory for a prepared statement");
    statement->binding.long_data = statement->long_flags;
    return statement;
}

static void reply_description(struct connection *connection,
                              const struct prepared_describe *describe) {
    struct protocol *protocol = connection->protocol;
    uint16_t flags = session_status_flags(connection->session);
    const struct reply_column parameter = {.name = SLICE_LITERAL("?"),
                                           .collation_id = COLLATION_BINARY,
                                           .flags = DEFINITION_BINARY,
                                           .type = MYSQL_TYPE_VAR_STRING};
    reply_prepared(protocol,
                   &(struct reply_prepared){.statement_id = describe->statement_id,
                                            .column_count = (uint16_t)describe->column_count,
                                            .parameter_count = (uint16_t)describe->parameter_count,
                                            .warning_count = describe->warning_count});
    for (uint32_t i = 0; i < describe->parameter_count; i++) reply_column(protocol, &parameter);
    if (describe->parameter_count > 0) reply_prepared_list_end(protocol, flags);
    for (uint32_t i = 0; i < describe->column_count; i++) {
        struct reply_column column = result_definition(&describe->columns[i]);
        reply_column(protocol, &column);
    }
    if (describe->column_count > 0) reply_prepared_list_end(protocol, flags);
}

static void on_prepare(struct connection *connection, struct slice text) {
    struct prepared_describe describe = {0};
    struct result *result = &connection->result;
    if (session_prepare(connection->session, text, &result->sink, &describe) != STATUS_OK) return;
    struct statement *statement = statement_new(describe.parameter_count);
    statement_free(map_put(&connection->statements, describe.statement_id, statement));
    reply_description(connection, &describe);
}

static void reply_unknown_statement(struct connection *connection, uint32_t id, const char *who) {
    char message[MYSQL_ERROR_TEXT_MAX], number[16];
    int size = snprintf(number, sizeof number, "%u", id);
    reply_error(
        connection->protocol, ER_UNKNOWN_STMT_HANDLER,
        mysql_error_print(ER_UNKNOWN_STMT_HANDLER, message, sizeof message, size, number, who));
}

/* Values of a command, long data among them; NULL: an error was sent. */
static struct value *execute_values(struct connection *connection, struct statement *statement,
                                    const struct command *command, struct arena *arena) {
    struct parameter_list list;
    statement->binding.collation = connection->collation_id;
    enum status status =
        protocol_decode_execute(connection->protocol, command, &statement->binding, arena, &list);
    if (status == STATUS_CORRUPT) {
        reply_text_error(connection, ER_MALFORMED_PACKET, mysql_error_format(ER_MALFORMED_PACKET));
        return NULL;
    }
    if (status != STATUS_OK) {
        reply_text_error(connection, ER_WRONG_ARGUMENTS,
                         "Incorrect arguments to mysqld_stmt_execute");
        return NULL;
    }
    struct value *values = arena_array(arena, struct value, statement->binding.count);
    for (uint32_t i = 0; i < statement->binding.count; i++) {
        const struct long_data *data = &statement->long_data[i];
        values[i] = list.items[i].value;
        if (list.items[i].is_long_data)
            values[i] =
                value_of_string(slice_of(data->bytes, data->size), connection->collation_id);
    }
    return values;
}

static void cursor_keep_types(struct statement *statement, const struct result *result) {
    size_t size = result->column_count * sizeof *result->types;
    free(statement->cursor_types);
    statement->cursor_types = malloc(size + 1);
    if (statement->cursor_types == NULL) die("no memory for a cursor");
    if (size > 0) memcpy(statement->cursor_types, result->types, size);
}

static void on_execute(struct connection *connection, struct task *task,
                       const struct command *command) {
    uint32_t id = command->execute.statement_id;
    struct result *result = &connection->result;
    struct statement *statement = map_find(&connection->statements, id);
    struct prepared_statement *prepared = session_prepared(connection->session, id);
    if (statement == NULL || prepared == NULL) {
        reply_unknown_statement(connection, id, "mysqld_stmt_execute");
        return;
    }
    if (command->execute.flags & (CURSOR_FOR_UPDATE | CURSOR_SCROLLABLE)) {
        reply_unsupported(connection, "cursors that are scrollable or for update");
        return;
    }
    struct value *values = execute_values(connection, statement, command, &task->arena);
    if (values == NULL) return;
    bool has_cursor = (command->execute.flags & CURSOR_READ_ONLY) != 0;
    result_begin(result, RESULT_BINARY, &task->arena);
    session_execute(connection->session, prepared, values, has_cursor ? CURSOR_READ : CURSOR_NONE,
                    &result->sink);
    /* The statement may be gone: DEALLOCATE, or a reset of the session. */
    statement = map_find(&connection->statements, id);
    if (statement == NULL) return;
    if (has_cursor) cursor_keep_types(statement, result);
    statement_drop_long_data(statement);
}

static void on_fetch(struct connection *connection, struct task *task,
                     const struct command *command) {
    uint32_t id = command->fetch.statement_id;
    struct result *result = &connection->result;
    struct statement *statement = map_find(&connection->statements, id);
    struct prepared_statement *prepared = session_prepared(connection->session, id);
    if (statement == NULL || prepared == NULL) {
        reply_unknown_statement(connection, id, "mysqld_stmt_fetch");
        return;
    }
    result_begin(result, RESULT_FETCHED, &task->arena);
    result->types = statement->cursor_types;
    session_fetch(connection->session, prepared, command->fetch.row_count, &result->sink);
}

static void on_long_data(struct connection *connection, const struct command *command) {
    struct statement *statement =
        map_find(&connection->statements, command->long_data.statement_id);
    uint16_t index = command->long_data.parameter_index;
    if (statement == NULL || index >= statement->binding.count) return; /* no reply, ever */
    struct long_data *data = &statement->long_data[index];
    struct slice piece = command->long_data.bytes;
    if (data->size + piece.size > session_packet_bytes_max(connection->session)) return;
    if (data->capacity - data->size < piece.size) {
        data->capacity = MAX(2 * data->capacity, data->size + piece.size);
        data->bytes = realloc(data->bytes, data->capacity);
        if (data->bytes == NULL) die("no memory for long data");
    }
    if (piece.size > 0) memcpy(data->bytes + data->size, piece.data, piece.size);
    data->size += piece.size;
    statement->long_flags[index] = 1;
}

static void on_statement_reset(struct connection *connection, uint32_t id) {
    struct statement *statement = map_find(&connection->statements, id);
    struct prepared_statement *prepared = session_prepared(connection->session, id);
    if (statement == NULL || prepared == NULL) {
        reply_unknown_statement(connection, id, "mysqld_stmt_reset");
        return;
    }
    statement_drop_long_data(statement);
    session_statement_reset(connection->session, prepared);
    reply_plain_ok(connection);
}

static void on_statement_close(struct connection *connection, uint32_t id) {
    statement_free(map_remove(&connection->statements, id));
    if (session_prepared(connection->session, id) != NULL)
        session_statement_close(connection->session, id);
}

/* ---- the others ---- */

static void on_init_db(struct connection *connection, struct slice database) {
    struct result *result = &connection->result;
    enum status status = session_use(connection->session, database, &result->sink);
    if (status == STATUS_OK && result->reply_count == 0) reply_plain_ok(connection);
}

static void on_kill(struct connection *connection, uint32_t id) {
    char message[MYSQL_ERROR_TEXT_MAX];
    switch ((int)session_kill(connection->session, id, KILL_CONNECTION)) {
    case STATUS_OK: reply_plain_ok(connection); return;
    case STATUS_DENIED:
        reply_error(
            connection->protocol, ER_KILL_DENIED_ERROR,
            mysql_error_print(ER_KILL_DENIED_ERROR, message, sizeof message, (unsigned long)id));
        return;
    }
    reply_error(connection->protocol, ER_NO_SUCH_THREAD,
                mysql_error_print(ER_NO_SUCH_THREAD, message, sizeof message, (unsigned long)id));
}

static void on_statistics(struct connection *connection) {
    const struct front *front = connection->front;
    const struct sql_counters *counters = front->counters;
    uint64_t up_us = clock_wall_us() - counters->started_wall_us;
    reply_statistics(connection->protocol,
                     &(struct server_statistics){.uptime_seconds = up_us / 1000000,
                                                 .questions = counters->questions,
                                                 .slow_queries = counters->slow_queries,
                                                 .opens = counters->opens,
                                                 .flushes = counters->flushes,
                                                 .threads = front->connection_count});
}

static void on_set_option(struct connection *connection, uint16_t option) {
    if (option > 1) {
        reply_text_error(connection, ER_UNKNOWN_COM_ERROR,
                         mysql_error_format(ER_UNKNOWN_COM_ERROR));
        return;
    }
    protocol_set_multi_statements(connection->protocol,
                                  option == 0 ? MULTI_STATEMENTS_ON : MULTI_STATEMENTS_OFF);
    session_set_multi_statements(connection->session, option == 0);
    reply_rows_end(connection->protocol, session_status_flags(connection->session), 0);
}

static void on_reset(struct connection *connection) {
    command_forget_statements(connection);
    session_reset(connection->session);
    reply_plain_ok(connection);
}

/* What mysqladmin asks for: one bit each. */
static void on_refresh(struct connection *connection, uint8_t bits) {
    static const struct {
        uint8_t bit;
        const char *text;
    } statements[] = {{1, "FLUSH PRIVILEGES"},
                      {2, "FLUSH LOGS"},
                      {4, "FLUSH TABLES"},
                      {8, "FLUSH HOSTS"},
                      {16, "FLUSH STATUS"}};
    struct result *result = &connection->result;
    uint8_t unknown = bits & (uint8_t)~32; /* there is no cache of threads */
    for (size_t i = 0; i < ARRAY_COUNT(statements); i++) unknown &= (uint8_t)~statements[i].bit;
    if (unknown != 0) {
        reply_unsupported(connection, "COM_REFRESH with this option");
        return;
    }
    result->form = RESULT_KEPT; /* one reply for all of them */
    for (size_t i = 0; i < ARRAY_COUNT(statements) && result->error_number == 0; i++)
        if (bits & statements[i].bit)
            session_query(connection->session, slice_of_text(statements[i].text), &result->sink);
    if (result->error_number == 0)
        reply_plain_ok(connection);
    else
        reply_error(connection->protocol, (enum mysql_error)result->error_number,
                    result->error_message);
}

static void command_dispatch(struct connection *connection, struct task *task,
                             const struct command *command) {
    struct result_sink *sink = &connection->result.sink;
    switch (command->kind) {
    case COMMAND_QUERY: session_query(connection->session, command->query.text, sink); return;
    case COMMAND_INIT_DB: on_init_db(connection, command->text); return;
    case COMMAND_FIELD_LIST:
        connection->result.form = RESULT_FIELD_LIST;
        session_field_list(connection->session, command->field_list.table,
                           command->field_list.wildcard, sink);
        return;
    case COMMAND_REFRESH: on_refresh(connection, command->subcommand); return;
    case COMMAND_STATISTICS: on_statistics(connection); return;
    case COMMAND_PROCESS_INFO:
        session_query(connection->session, SLICE_LITERAL("SHOW PROCESSLIST"), sink);
        return;
    case COMMAND_PROCESS_KILL: on_kill(connection, command->connection_id); return;
    case COMMAND_PING: reply_plain_ok(connection); return;
    case COMMAND_STMT_PREPARE: on_prepare(connection, command->text); return;
    case COMMAND_STMT_EXECUTE: on_execute(connection, task, command); return;
    case COMMAND_STMT_SEND_LONG_DATA: on_long_data(connection, command); return;
    case COMMAND_STMT_CLOSE: on_statement_close(connection, command->statement_id); return;
    case COMMAND_STMT_RESET: on_statement_reset(connection, command->statement_id); return;
    case COMMAND_STMT_FETCH: on_fetch(connection, task, command); return;
    case COMMAND_SET_OPTION: on_set_option(connection, command->option); return;
    case COMMAND_RESET_CONNECTION: on_reset(connection); return;
    case COMMAND_SHUTDOWN: reply_unsupported(connection, "COM_SHUTDOWN"); return;
    case COMMAND_DEBUG: reply_unsupported(connection, "COM_DEBUG"); return;
    case COMMAND_QUIT:
    case COMMAND_CHANGE_USER: break; /* protocol/ keeps them to itself */
    }
    UNREACHABLE();
}

void command_execute(struct connection *connection, struct task *task,
                     const struct command *command) {
    struct front *front = connection->front;
    front->counters->threads_running++;
    result_begin(&connection->result, RESULT_TEXT, &task->arena);
    command_dispatch(connection, task, command);
    front->counters->threads_running--;
    if (session_must_close(connection->session))
        protocol_end(connection->protocol, ER_NONE, SLICE_EMPTY);
    else
        protocol_command_done(connection->protocol);
}
