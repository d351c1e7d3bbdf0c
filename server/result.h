/* server/result.h: the result sink of a client: what sql/ says becomes packets. */
#ifndef SERVER_RESULT_H
#define SERVER_RESULT_H

#include "protocol/protocol.h"
#include "sql/sql.h"

struct connection;

enum result_form {
    RESULT_TEXT,       /* COM_QUERY */
    RESULT_BINARY,     /* COM_STMT_EXECUTE */
    RESULT_FETCHED,    /* COM_STMT_FETCH: rows alone */
    RESULT_FIELD_LIST, /* COM_FIELD_LIST: definitions alone */
    RESULT_KEPT,       /* nothing is sent: an error is kept */
};

struct result {
    struct result_sink sink;
    struct connection *connection;
    enum result_form form;
    struct arena *arena; /* of the running command */
    struct column_type *types;
    uint32_t column_count;
    bool has_open_columns; /* their end is not written yet */
    uint32_t reply_count;  /* ok, error, end: how many since result_begin */
    uint16_t error_number; /* RESULT_KEPT; 0: none */
    struct slice error_message;
};

void result_open(struct result *result, struct connection *connection);
void result_begin(struct result *result, enum result_form form, struct arena *arena);
/* The definition that clients see. */
struct reply_column result_definition(const struct result_column *column);

#endif
