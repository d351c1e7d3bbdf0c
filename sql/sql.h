/* sql/sql.h: the SQL front end as the rest of the tree sees it: sessions that execute statements on
 * fibers.
 *
 * One struct sql_server per SQL daemon thread: global variables, plan cache, accounts, process
 * list. One struct session per client. Every call marked (fiber) runs on the fiber of the session's
 * waiter and may suspend; the others return at once. Rows and statuses go into a result sink as
 * they arise; a sink that is full suspends by itself (waiter_wait(WAIT_CLIENT)) before it returns.
 *
 * NOW, RAND, UUID get their time and chance from sql_clock and the session's seed: nothing here
 * reads a clock.
 */
#ifndef SQL_SQL_H
#define SQL_SQL_H

#include "base/wait.h"
#include "cluster/cluster.h"
#include "row/mysql_error.h"
#include "row/value.h"
#include "sql/spill.h"

struct sql_server;
struct session;

/* ---- the server ---- */

struct sql_server_options {
    struct cluster *cluster;
    struct chunk_source *source;
    uint16_t node;
    struct slice version_comment;
    uint64_t seed;
    uint64_t statement_bytes_max; /* memory budget of one statement; 0: default */
    /* Variables that server/ knows: port, socket, datadir, hostname, ssl, ... as name and text
     * pairs. */
    const struct slice *variable_names, *variable_values;
    uint32_t variable_count;
    /* The TZif file of a zone, in the arena; NOT_FOUND. NULL: only offsets and UTC are known. */
    enum status (*zone_bytes)(void *context, struct slice name, struct arena *arena,
                              struct slice *bytes_out);
    void *zone_context;
    /* What is stored for a password under an authentication plugin, in the arena; it takes some milliseconds of work.
     * NULL: accounts have no passwords. */
    enum status (*password_make)(void *context, struct slice plugin, struct slice password,
                                 struct arena *arena, struct slice *stored_out);
    void *password_context;
    struct spill_files *spill_files; /* NULL: what does not fit into a statement's memory fails */
};
struct sql_server *sql_server_open(const struct sql_server_options *options);
void sql_server_close(struct sql_server *server);
/* Wall clock of the statements that start now, microseconds since 1970 UTC; the driver sets it each
 * turn. */
void sql_server_set_clock(struct sql_server *server, uint64_t wall_us);
/* (fiber) Creates mysql.user and the root account if the cluster has none yet, reads accounts. */
MUST_USE enum status sql_server_bootstrap(struct sql_server *server, struct waiter *waiter);

/* What COM_STATISTICS and SHOW STATUS count; server/ adds its own (bytes, connections). */
struct sql_counters {
    uint64_t questions, slow_queries, opens, flushes, bytes_received, bytes_sent;
    uint64_t connections, aborted_connects, aborted_clients, max_used_connections;
    uint32_t threads_connected, threads_running;
    uint64_t started_wall_us;
};
struct sql_counters *sql_server_counters(struct sql_server *server);

/* What server/ itself has to keep to, as SET GLOBAL left it. */
struct sql_limits {
    uint64_t connections_max;   /* max_connections: one more gets error 1040 */
    uint64_t connect_timeout_s; /* until the login is over */
};
struct sql_limits sql_server_limits(const struct sql_server *server);

/* ---- accounts (logins) ---- */

/* What the protocol needs to verify a login. Borrowed until the next step. */
struct sql_account {
    struct slice user, host_pattern; /* the row of mysql.user that matched */
    struct slice plugin, stored;     /* authentication plugin and string */
    uint8_t is_locked, needs_tls, password_expired;
};
/* (fiber) The most specific account for user at host (address text, or "localhost"). NOT_FOUND. */
MUST_USE enum status sql_account_find(struct sql_server *server, struct waiter *waiter,
                                      struct slice user, struct slice host,
                                      struct sql_account *account_out);
/* No account at all has a password yet: only loopback and the unix socket are served. */
bool sql_server_is_open_to_all(const struct sql_server *server);

/* ---- the result sink (implemented by server/ over protocol/, by sim/ and tests by a recorder)
 * ---- */

struct result_column {
    struct slice schema, table, original_table, name, original_name;
    struct column_type type; /* wire type, length, decimals, flags follow from it */
    uint16_t flags;          /* NOT_NULL, PRIMARY_KEY .. as protocol's enum column_flag */
};
enum result_status { /* bits; numbers are those of the wire (SERVER_*) */
                     RESULT_IN_TRANSACTION = 0x0001,
                     RESULT_AUTOCOMMIT = 0x0002,
                     RESULT_MORE_RESULTS = 0x0008,
                     RESULT_CURSOR_EXISTS = 0x0040,
                     RESULT_LAST_ROW_SENT = 0x0080,
                     RESULT_NO_BACKSLASH_ESCAPES = 0x0200,
                     RESULT_IN_READ_ONLY_TRANSACTION = 0x2000,
};
struct session_track {
    uint8_t kind; /* 0 system variable, 1 schema, 2 state change, 4 characteristics, 5 transaction
                     state */
    struct slice name, value;
};
struct result_ok {
    uint64_t affected_rows, last_insert_id;
    uint16_t status, warning_count;
    struct slice info; /* "Rows matched: 1  Changed: 1  Warnings: 0" */
    const struct session_track *tracks;
    uint32_t track_count;
};
struct result_end {
    uint16_t status, warning_count;
    const struct session_track *tracks; /* only clients with DEPRECATE_EOF hear of them */
    uint32_t track_count;
};

/* The order of calls for one statement: ok | error | columns, row*, (end | error). Slices are
 * borrowed for the call. */
struct result_sink {
    void (*columns)(struct result_sink *sink, const struct result_column *columns, uint32_t count);
    /* TIMESTAMP values arrive already in the session's zone as DATETIME. May suspend. */
    MUST_USE enum status (*row)(struct result_sink *sink, const struct value *values,
                                uint32_t count);
    void (*end)(struct result_sink *sink, const struct result_end *end);
    void (*ok)(struct result_sink *sink, const struct result_ok *ok);
    void (*error)(struct result_sink *sink, uint16_t number, const char *sqlstate,
                  struct slice message);
    /* LOCAL INFILE: asks the client for the file, then gives pieces until an empty one. UNSUPPORTED
     * when refused. */
    MUST_USE enum status (*infile_open)(struct result_sink *sink, struct slice file_name);
    MUST_USE enum status (*infile_read)(struct result_sink *sink, struct slice *piece_out);
};

/* ---- sessions ---- */

struct session_options {
    struct waiter *waiter;
    uint64_t connection_id;
    struct slice user, host; /* as the client gave / came from */
    struct slice account_user, account_host;
    struct slice database; /* may be empty */
    uint32_t capabilities; /* FOUND_ROWS, MULTI_STATEMENTS, LOCAL_FILES, IGNORE_SPACE, ... (bits of
                              the wire) */
    uint16_t collation_id;
    const char *tls_version, *tls_cipher; /* NULL without TLS */
    struct slice attributes;              /* name and value pairs, length-encoded as they came */
};
struct session *session_open(struct sql_server *server, const struct session_options *options);
/* (fiber, or after its fiber is gone) Rolls back, drops locks and temporary state. */
void session_close(struct session *session);
/* (fiber) USE; checks existence and privilege. The error is in session_error_*. */
MUST_USE enum status session_use(struct session *session, struct slice database,
                                 struct result_sink *sink);
/* (fiber) COM_RESET_CONNECTION and COM_CHANGE_USER: everything but the connection starts anew. */
void session_reset(struct session *session);

/* (fiber) Executes the text, one or several statements when MULTI_STATEMENTS is on; one reply each.
 */
void session_query(struct session *session, struct slice text, struct result_sink *sink);

/* Prepared statements. */
struct prepared_statement;
struct prepared_describe {
    uint32_t statement_id;
    uint32_t parameter_count, column_count;
    const struct result_column *columns; /* as far as known before execution */
    uint16_t warning_count;
};
/* (fiber) OK and the description, or an error in the sink. */
MUST_USE enum status session_prepare(struct session *session, struct slice text,
                                     struct result_sink *sink,
                                     struct prepared_describe *describe_out);
/* NULL when there is none: 1243. */
struct prepared_statement *session_prepared(struct session *session, uint32_t statement_id);
enum cursor_kind { CURSOR_NONE, CURSOR_READ };
/* (fiber) values: one a parameter, as the client typed them. With CURSOR_READ the rows stay here
 * for session_fetch. */
void session_execute(struct session *session, struct prepared_statement *statement,
                     const struct value *values, enum cursor_kind cursor, struct result_sink *sink);
void session_fetch(struct session *session, struct prepared_statement *statement,
                   uint32_t row_count, struct result_sink *sink);
/* Closes the cursor, forgets long data. */
void session_statement_reset(struct session *session, struct prepared_statement *statement);
void session_statement_close(struct session *session, uint32_t statement_id);

/* (fiber) COM_FIELD_LIST: columns of a table like the pattern. */
void session_field_list(struct session *session, struct slice table, struct slice wildcard,
                        struct result_sink *sink);
/* KILL and COM_PROCESS_KILL from any session: cancels the other's statement or connection. */
enum kill_kind { KILL_QUERY, KILL_CONNECTION };
MUST_USE enum status session_kill(struct session *killer, uint64_t connection_id,
                                  enum kill_kind kind);
/* True once KILL CONNECTION, UNKNOWN_OUTCOME or a fatal error asks the driver to close it. */
bool session_must_close(const struct session *session);
/* Flags for OK packets that the driver itself sends (login, ping). */
uint16_t session_status_flags(const struct session *session);
void session_set_multi_statements(struct session *session, uint32_t is_on);
uint64_t session_packet_bytes_max(const struct session *session);
/* Seconds of inactivity after which the driver closes it (wait_timeout, interactive_timeout). */
uint32_t session_idle_timeout_s(const struct session *session);

#endif
