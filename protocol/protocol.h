/* protocol/protocol.h: the MySQL client protocol as a machine; all that the rest of the tree may
 * know of it.
 *
 * One struct protocol per connection. Its driver (server/connection.c) hands it the bytes that came
 * in and asks protocol_next until that says NOTHING; every other answer is an effect that the
 * driver carries out and then answers with the call named beside it. Replies gather in the
 * machine's output; the driver sends protocol_unsent and reports with protocol_sent. No socket,
 * clock, chance or thread is in here: TLS, RSA and the slow password hash are effects, nonces are
 * arguments.
 *
 *   protocol_receive(p, bytes);
 *   while (protocol_next(p, &effect), effect.kind != PROTOCOL_NOTHING) carry_out(&effect);
 *   send(protocol_unsent(p)); protocol_sent(p, sent);
 *
 * Memory comes from the chunk source given to protocol_open and goes back to it; an idle connection
 * keeps at most 8 KB besides the struct, a stranger gets 64 KB at most. Slices in effects are
 * borrowed, until the effect is answered (commands: until protocol_command_done).
 */
#ifndef PROTOCOL_PROTOCOL_H
#define PROTOCOL_PROTOCOL_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/compress.h"
#include "base/limits.h"
#include "base/status.h"
#include "row/mysql_error.h"
#include "row/type.h"
#include "row/value.h"

struct protocol;

/* ---- Constants of the wire ---- */

#define PROTOCOL_NONCE_BYTES ((size_t)20)
#define PROTOCOL_FLUSH_BYTES                                                                       \
    ((size_t)64 * 1024) /* more unsent than this: send before the next row */
#define PROTOCOL_PASSWORD_BYTES_MAX ((size_t)255)

/* Capability bits of the handshake. */
enum capability {
    CAPABILITY_LONG_PASSWORD = 1 << 0,
    CAPABILITY_FOUND_ROWS = 1 << 1,
    CAPABILITY_LONG_FLAG = 1 << 2,
    CAPABILITY_CONNECT_WITH_DB = 1 << 3,
    CAPABILITY_NO_SCHEMA = 1 << 4,
    CAPABILITY_COMPRESS = 1 << 5,
    CAPABILITY_ODBC = 1 << 6,
    CAPABILITY_LOCAL_FILES = 1 << 7,
    CAPABILITY_IGNORE_SPACE = 1 << 8,
    CAPABILITY_PROTOCOL_41 = 1 << 9,
    CAPABILITY_INTERACTIVE = 1 << 10,
    CAPABILITY_SSL = 1 << 11,
    CAPABILITY_IGNORE_SIGPIPE = 1 << 12,
    CAPABILITY_TRANSACTIONS = 1 << 13,
    CAPABILITY_RESERVED = 1 << 14,
    CAPABILITY_SECURE_CONNECTION = 1 << 15,
    CAPABILITY_MULTI_STATEMENTS = 1 << 16,
    CAPABILITY_MULTI_RESULTS = 1 << 17,
    CAPABILITY_PS_MULTI_RESULTS = 1 << 18,
    CAPABILITY_PLUGIN_AUTH = 1 << 19,
    CAPABILITY_CONNECT_ATTRS = 1 << 20,
    CAPABILITY_LENENC_AUTH = 1 << 21,
    CAPABILITY_EXPIRED_PASSWORDS = 1 << 22,
    CAPABILITY_SESSION_TRACK = 1 << 23,
    CAPABILITY_DEPRECATE_EOF = 1 << 24,
    CAPABILITY_OPTIONAL_METADATA = 1 << 25,
    CAPABILITY_ZSTD = 1 << 26,
    CAPABILITY_QUERY_ATTRIBUTES = 1 << 27,
};

/* Status flags of OK and EOF packets. MORE_RESULTS says that another reply to the same command
 * follows. */
enum server_status {
    SERVER_IN_TRANSACTION = 0x0001,
    SERVER_AUTOCOMMIT = 0x0002,
    SERVER_MORE_RESULTS = 0x0008,
    SERVER_NO_GOOD_INDEX = 0x0010,
    SERVER_NO_INDEX = 0x0020,
    SERVER_CURSOR_EXISTS = 0x0040,
    SERVER_LAST_ROW_SENT = 0x0080,
    SERVER_DB_DROPPED = 0x0100,
    SERVER_NO_BACKSLASH_ESCAPES = 0x0200,
    SERVER_METADATA_CHANGED = 0x0400,
    SERVER_QUERY_WAS_SLOW = 0x0800,
    SERVER_PS_OUT_PARAMETERS = 0x1000,
    SERVER_IN_READ_ONLY_TRANSACTION = 0x2000,
    SERVER_SESSION_STATE_CHANGED = 0x4000, /* set by reply_ok itself */
};

/* Flags of a column definition. */
enum definition_flag {
    DEFINITION_NOT_NULL = 1,
    DEFINITION_PRIMARY_KEY = 2,
    DEFINITION_UNIQUE_KEY = 4,
    DEFINITION_MULTIPLE_KEY = 8,
    DEFINITION_BLOB = 16,
    DEFINITION_UNSIGNED = 32,
    DEFINITION_ZEROFILL = 64,
    DEFINITION_BINARY = 128,
    DEFINITION_ENUM = 256,
    DEFINITION_AUTO_INCREMENT = 512,
    DEFINITION_TIMESTAMP = 1024,
    DEFINITION_SET = 2048,
    DEFINITION_NO_DEFAULT = 4096,
    DEFINITION_ON_UPDATE_NOW = 8192,
    DEFINITION_NUMBER = 32768,
};

enum command_kind {
    COMMAND_QUIT = 1,
    COMMAND_INIT_DB = 2,
    COMMAND_QUERY = 3,
    COMMAND_FIELD_LIST = 4,
    COMMAND_REFRESH = 7,
    COMMAND_SHUTDOWN = 8,
    COMMAND_STATISTICS = 9,
    COMMAND_PROCESS_INFO = 10,
    COMMAND_PROCESS_KILL = 12,
    COMMAND_DEBUG = 13,
    COMMAND_PING = 14,
    COMMAND_CHANGE_USER = 17,
    COMMAND_STMT_PREPARE = 22,
    COMMAND_STMT_EXECUTE = 23,
    COMMAND_STMT_SEND_LONG_DATA = 24,
    COMMAND_STMT_CLOSE = 25,
    COMMAND_STMT_RESET = 26,
    COMMAND_SET_OPTION = 27,
    COMMAND_STMT_FETCH = 28,
    COMMAND_RESET_CONNECTION = 31,
};

/* ---- Life of a connection ---- */

enum transport {
    TRANSPORT_PLAIN, /* TCP: a password in clear is never taken from it */
    TRANSPORT_LOOPBACK, /* TCP within this machine: libmariadb sends passwords in clear over it, others ask for
                           our RSA key; both get in */
    TRANSPORT_SECURE, /* a unix socket, or TLS that somebody else ended */
};

struct protocol_options {
    uint64_t connection_id; /* its low 32 bits travel */
    uint32_t offered; /* capabilities beyond the fixed set: SSL, LOCAL_FILES, COMPRESS, ZSTD */
    enum transport transport;
    uint16_t collation_id;         /* of the greeting, 255: utf8mb4_0900_ai_ci */
    uint32_t packet_bytes_max;     /* max_allowed_packet */
    struct slice server_version;   /* borrowed while the connection lives */
    struct slice client_host;      /* in messages: an address or "localhost"; borrowed likewise */
    struct compressor *compressor; /* the thread's; needed when COMPRESS or ZSTD is offered */
    uint8_t nonce_random[PROTOCOL_NONCE_BYTES]; /* unguessable bytes */
};

/* Takes its memory from `source` and writes the greeting into the output. */
struct protocol *protocol_open(struct chunk_source *source, const struct protocol_options *options);
/* Wipes secrets and gives everything back. Also right in the midst of anything. */
void protocol_close(struct protocol *protocol);
/* Instead of protocol_open when the server is full: the whole ERR packet (1040 and its like),
 * written into `memory` (512 bytes suffice). */
struct slice protocol_refusal(enum mysql_error error, const char *message, void *memory,
                              size_t size);

/* Copies the bytes. Never refuses: too much from a stranger makes protocol_next say CLOSE. */
void protocol_receive(struct protocol *protocol, struct slice bytes);
/* False: bytes would only pile up, leave them in the socket until the running command is done. */
bool protocol_wants_bytes(const struct protocol *protocol);

/* ---- Effects ---- */

enum protocol_effect_kind {
    PROTOCOL_NOTHING,           /* more bytes, or an answer to an earlier effect, must come first */
    PROTOCOL_START_TLS,         /* -> protocol_tls_started */
    PROTOCOL_NEED_CREDENTIAL,   /* -> protocol_give_credential */
    PROTOCOL_NEED_PUBLIC_KEY,   /* -> protocol_give_public_key */
    PROTOCOL_NEED_DECRYPTION,   /* RSA-OAEP, for a worker -> protocol_give_decrypted */
    PROTOCOL_NEED_VERIFICATION, /* scramble_verify_stored, for a worker -> protocol_give_verdict */
    PROTOCOL_LOGIN,       /* who it is has been proved -> protocol_accept or protocol_refuse */
    PROTOCOL_COMMAND,     /* replies, then -> protocol_command_done */
    PROTOCOL_INFILE_DATA, /* a piece of the file asked for by reply_infile_request */
    PROTOCOL_CLOSE,       /* send what is unsent, then close */
};

/* Name and value pairs as the client sent them; read them with attributes_next. */
struct attributes {
    struct slice bytes;
};
/* The next pair, or false at the end. The bytes were checked when they came in. */
bool attributes_next(struct attributes *attributes, struct slice *name_out,
                     struct slice *value_out);

enum login_cause { LOGIN_CONNECT, LOGIN_CHANGE_USER };

/* Who wants in. On CHANGE_USER the session starts anew. */
struct login {
    enum login_cause cause;
    struct slice user, database; /* database may be empty */
    struct attributes attributes;
    uint16_t collation_id;
    /* After a full exchange: put into the shared fast-path cache under (user, host). Empty
     * otherwise. */
    struct slice cache_digest;
};

/* What a worker needs for scramble_verify_stored; copy it, the connection may die meanwhile. */
struct verification {
    struct slice password, stored;
};

struct command_query {
    struct slice text;
    /* Query attributes, still encoded; see protocol_decode_attributes. */
    struct slice attribute_bytes;
    uint32_t attribute_count;
};

/* Bits of execute.flags. */
enum cursor_flag {
    CURSOR_READ_ONLY = 1,
    CURSOR_FOR_UPDATE = 2,
    CURSOR_SCROLLABLE = 4,
    CURSOR_COUNT_AVAILABLE = 8, /* about the packet, not the cursor */
};

struct command {
    enum command_kind kind;
    union {
        struct slice text; /* INIT_DB, STMT_PREPARE */
        struct command_query query;
        struct {
            struct slice table, wildcard;
        } field_list;
        struct {
            uint32_t statement_id;
            uint8_t flags;
            struct slice bytes; /* for protocol_decode_execute */
        } execute;
        struct {
            uint32_t statement_id;
            uint16_t parameter_index;
            struct slice bytes;
        } long_data; /* has no reply, not even an error */
        struct {
            uint32_t statement_id, row_count;
        } fetch;
        uint32_t statement_id;  /* STMT_CLOSE (no reply), STMT_RESET */
        uint32_t connection_id; /* PROCESS_KILL */
        uint16_t option;        /* SET_OPTION: 0 multi statements on, 1 off */
        uint8_t subcommand;     /* REFRESH, SHUTDOWN */
    };
};

struct protocol_effect {
    enum protocol_effect_kind kind;
    union {
        struct slice tls_bytes; /* START_TLS: already received, the first that TLS must read */
        struct login login;     /* NEED_CREDENTIAL, LOGIN */
        struct slice encrypted; /* NEED_DECRYPTION */
        struct verification verification; /* NEED_VERIFICATION */
        struct command command;           /* COMMAND */
        struct slice infile;              /* INFILE_DATA: empty ends the file */
    };
};

void protocol_next(struct protocol *protocol, struct protocol_effect *effect_out);

/* ---- Answers to effects ---- */

/* What is stored of an account. `found` 0: an unknown user walks the same exchange and is refused
 * at its end. */
struct credential {
    uint8_t found;
    struct slice plugin; /* mysql_native_password or caching_sha2_password; another one: refused */
    struct slice stored; /* authentication string, empty: no password */
    struct slice cache_digest;                  /* 32 bytes of the fast-path cache, or empty */
    uint8_t nonce_random[PROTOCOL_NONCE_BYTES]; /* fresh, for an auth switch */
};

void protocol_tls_started(struct protocol *protocol);
void protocol_give_credential(struct protocol *protocol, const struct credential *credential);
/* The PEM text; empty: there is none, the login fails. */
void protocol_give_public_key(struct protocol *protocol, struct slice pem);
/* STATUS_OK and the decrypted bytes (wiped by the caller), anything else: the login fails. */
void protocol_give_decrypted(struct protocol *protocol, enum status status, struct slice bytes);
/* STATUS_OK: the password is right. STATUS_DENIED or anything else: it is not. */
void protocol_give_verdict(struct protocol *protocol, enum status status);
/* The session exists: OK to the client; compression, if agreed, begins behind it. */
struct reply_ok;
void protocol_accept(struct protocol *protocol, const struct reply_ok *ok);
/* ERR to the client, then CLOSE. */
void protocol_refuse(struct protocol *protocol, enum mysql_error error, struct slice message);
/* The last reply to the running command is written; its slices die. */
void protocol_command_done(struct protocol *protocol);
/* Ends the connection in any state, after an ERR when `error` is not 0 (KILL, shutdown, time-out).
 */
void protocol_end(struct protocol *protocol, enum mysql_error error, struct slice message);

/* ---- What was agreed ---- */

uint32_t protocol_capabilities(const struct protocol *protocol);
/* "TLS" and the like are the driver's; this is the compression's name for Compression_algorithm. */
const char *protocol_compression_name(const struct protocol *protocol);
void protocol_set_packet_bytes_max(struct protocol *protocol, uint32_t bytes);
/* COM_SET_OPTION; executed by the driver with this call. */
enum multi_statements { MULTI_STATEMENTS_OFF, MULTI_STATEMENTS_ON };
void protocol_set_multi_statements(struct protocol *protocol, enum multi_statements choice);

/* ---- Parameters ---- */

struct parameter {
    struct value value; /* VALUE_NULL where long data came: the caller has it */
    struct slice name;  /* empty for a placeholder */
    uint8_t type;       /* enum mysql_type as sent */
    uint8_t is_unsigned, is_long_data;
};

struct parameter_list {
    struct parameter *items; /* placeholders first, then query attributes */
    uint32_t count;
};

/* What a prepared statement remembers from one COM_STMT_EXECUTE to the next; the statement's owner
 * keeps it. */
struct parameter_binding {
    uint32_t count;           /* of placeholders */
    uint8_t has_types;        /* the client has sent types before */
    uint16_t *types;          /* count of them: enum mysql_type | 0x8000 for unsigned */
    const uint8_t *long_data; /* count of them, not 0 where long data came; may be NULL */
    uint16_t collation;       /* of texts that come as values: collation_connection */
};

/* Of a COMMAND_STMT_EXECUTE. STATUS_CORRUPT: malformed (1835); STATUS_INVALID: no types bound yet,
 * or an unknown type (1210). List and items live in `arena`, their bytes in the command. */
MUST_USE enum status protocol_decode_execute(const struct protocol *protocol,
                                             const struct command *command,
                                             struct parameter_binding *binding, struct arena *arena,
                                             struct parameter_list *list_out);
/* Of a COMMAND_QUERY; STATUS_CORRUPT and STATUS_INVALID as above. Their texts have `collation`. */
MUST_USE enum status protocol_decode_attributes(const struct command_query *query,
                                                uint16_t collation, struct arena *arena,
                                                struct parameter_list *list_out);

/* ---- Replies ---- */

enum session_change_kind {
    CHANGE_SYSTEM_VARIABLE = 0,
    CHANGE_SCHEMA = 1,
    CHANGE_STATE = 2, /* value "1" */
    CHANGE_GTIDS = 3,
    CHANGE_TRANSACTION_CHARACTERISTICS = 4,
    CHANGE_TRANSACTION_STATE = 5,
};

struct session_change {
    enum session_change_kind kind;
    struct slice name; /* of a system variable */
    struct slice value;
};

struct reply_ok {
    uint64_t affected_rows, last_insert_id;
    uint16_t status; /* enum server_status */
    uint16_t warning_count;
    struct slice info;                    /* "Rows matched: ..." */
    const struct session_change *changes; /* sent to clients that asked for session tracking */
    size_t change_count;
};

void reply_ok(struct protocol *protocol, const struct reply_ok *ok);
/* Takes back an unfinished row; whole rows before it stand. */
void reply_error(struct protocol *protocol, enum mysql_error error, struct slice message);
/* The same with a SQLSTATE of its own (SIGNAL). */
void reply_error_state(struct protocol *protocol, uint16_t number, const char *sqlstate,
                       struct slice message);

/* A column definition. */
struct reply_column {
    struct slice schema, table, table_original, name, name_original;
    uint32_t length; /* bytes of the longest value's text */
    uint16_t collation_id;
    uint16_t flags; /* enum definition_flag */
    uint8_t type;   /* enum mysql_type */
    uint8_t decimals;
};

/* A result set: begin, a reply_column each, end, rows, reply_rows_end. With SERVER_CURSOR_EXISTS in
 * `status` reply_columns_end ends the whole reply: rows come by COM_STMT_FETCH. */
void reply_columns_begin(struct protocol *protocol, uint32_t column_count);
void reply_column(struct protocol *protocol, const struct reply_column *column);
void reply_columns_end(struct protocol *protocol, uint16_t status, uint16_t warning_count);
void reply_rows_end(struct protocol *protocol, uint16_t status, uint16_t warning_count);
/* The same with what session tracking has to tell, where the client takes an OK there. */
void reply_rows_end_tracked(struct protocol *protocol, const struct reply_ok *ok);
/* COM_FIELD_LIST: one for each column, then reply_rows_end. */
void reply_field(struct protocol *protocol, const struct reply_column *column,
                 struct slice default_value);

/* COM_STMT_PREPARE: this, then parameters, reply_prepared_list_end if there were any, then the same
 * with columns. */
struct reply_prepared {
    uint32_t statement_id;
    uint16_t column_count, parameter_count, warning_count;
};
void reply_prepared(struct protocol *protocol, const struct reply_prepared *prepared);
void reply_prepared_list_end(struct protocol *protocol, uint16_t status);

enum row_format { ROW_TEXT, ROW_BINARY };

/* One row. `types` are those of the columns: they give binary widths, members of ENUM and SET,
 * ZEROFILL. After a row the driver may flush. Nothing is allocated unless the output must grow. */
void reply_row(struct protocol *protocol, enum row_format format, const struct column_type *types,
               const struct value *values, uint32_t count);

/* The same value by value, for rows that go straight from their bytes into the output: begin, one
 * value a column, end. */
void reply_text_begin(struct protocol *protocol);
void reply_text_null(struct protocol *protocol);
void reply_text_slice(struct protocol *protocol, struct slice bytes);
void reply_text_int(struct protocol *protocol, int64_t integer);
void reply_text_uint(struct protocol *protocol, uint64_t integer);
void reply_text_value(struct protocol *protocol, const struct column_type *type,
                      const struct value *value);
void reply_binary_begin(struct protocol *protocol, uint32_t column_count);
void reply_binary_value(struct protocol *protocol, const struct column_type *type,
                        const struct value *value);
void reply_row_end(struct protocol *protocol);

/* LOCAL INFILE: asks for the file; INFILE_DATA effects follow, the empty one is the last; then
 * reply. Only for clients whose capabilities have LOCAL_FILES. */
void reply_infile_request(struct protocol *protocol, struct slice file_name);

struct server_statistics {
    uint64_t uptime_seconds, questions, slow_queries, opens, flushes;
    uint32_t threads, open_tables;
};
/* COM_STATISTICS. */
void reply_statistics(struct protocol *protocol, const struct server_statistics *statistics);

/* ---- Output ---- */

/* Whole packets that wait for the socket, compressed if that was agreed; valid until the next call.
 */
struct slice protocol_unsent(struct protocol *protocol);
/* Bytes written but not yet sent, before compression: above PROTOCOL_FLUSH_BYTES is the time to
 * send. */
size_t protocol_unsent_size(const struct protocol *protocol);
void protocol_sent(struct protocol *protocol, size_t size);

/* ---- Passwords (scramble.c); pure, also for CREATE USER and for workers ---- */

#define SCRAMBLE_STORED_BYTES_MAX ((size_t)80)
#define SCRAMBLE_SALT_BYTES       ((size_t)20)

/* caching_sha2_password: is `stored` ($A$005$, 20 bytes of salt, 43 of hash) made from `password`?
 * About 1 ms of CPU. STATUS_OK, STATUS_DENIED, or STATUS_CORRUPT when `stored` is not of that form.
 */
MUST_USE enum status scramble_verify_stored(struct slice password, struct slice stored);
/* The stored form for a new password; `salt_random`: SCRAMBLE_SALT_BYTES unguessable bytes. The
 * result is in `memory` (SCRAMBLE_STORED_BYTES_MAX); an empty password gives an empty one. */
struct slice scramble_make_stored(struct slice password, const uint8_t *salt_random, void *memory);
/* The same for mysql_native_password: "*" and 40 hex digits. */
struct slice scramble_make_native(struct slice password, void *memory);

#endif
