/* sql/session_private.h: what the files of the session side share: the server, a session, a statement on its way.
 *
 *   session.c         life of a session             statement.c      which function does which statement
 *   query.c           text, plan, execution         plan_cache.c     plans that are kept
 *   prepared.c        prepared statements, cursors  transaction.c    BEGIN to COMMIT, what fails with what
 *   set.c             SET                           settings.c       what variables mean to a statement
 *   catalog.c         names for the binder          answer.c         the one place that replies
 *   privilege.c       who may do what               account.c        accounts as the dictionary keeps them
 *
 *   (S1) A handler returns OK or leaves an error in session->diagnostics; answer_send replies, once a statement. A handler
 *        that sent rows says so in answer.has_rows.
 *   (S2) statement_arena lives from a statement's begin to its reply; the diagnostics' arenas alternate, so that SHOW WARNINGS
 *        finds what the statement before left; state_arena until the session is reset.
 *   (S3) A statement holds one dictionary version from bind to end (schema); DDL gives it away.
 */
#ifndef SQL_SESSION_PRIVATE_H
#define SQL_SESSION_PRIVATE_H

#include "base/list.h"
#include "base/map.h"
#include "base/random.h"
#include "base/slice_map.h"
#include "sql/bind.h"
#include "sql/exec.h"
#include "sql/parse.h"
#include "sql/sql.h"
#include "sql/sql_mode.h"
#include "sql/timezone.h"
#include "sql/variable.h"

#define SQL_VERSION     "8.4.3-tessera-0.1"
#define SYSTEM_DATABASE SLICE_LITERAL("mysql")
/* Where SHOW .. WHERE finds the rows of its SHOW; no name that a client can make. */
#define SHOW_DATABASE SLICE_LITERAL("#show")
#define LOAD_DATABASE SLICE_LITERAL("#load")

/* Bits of the client's capabilities that the session asks for. */
enum client_capability {
    CLIENT_FOUND_ROWS = 1 << 1,
    CLIENT_LOCAL_FILES = 1 << 7,
    CLIENT_INTERACTIVE = 1 << 10,
    CLIENT_MULTI_STATEMENTS = 1 << 16,
    CLIENT_SESSION_TRACK = 1 << 23,
};

/* ---- plans that are kept (plan_cache.c) ---- */

struct plan_entry {
    struct arena arena; /* of all below, and of this */
    struct list_link link;
    struct slice key;
    uint32_t schema_version;
    uint32_t use_count; /* executions under way */
    uint8_t is_kept;
    const struct ast_statement *ast;
    struct bound_statement *bound;
    struct plan *plan;
};

struct plan_cache {
    struct chunk_source *source;
    struct slice_map entries;
    struct list by_use; /* most recent first */
    uint64_t bytes, bytes_max;
    uint64_t hits, misses;
};
void plan_cache_open(struct plan_cache *cache, struct chunk_source *source, uint64_t seed);
void plan_cache_close(struct plan_cache *cache);
/* Taken for an execution, or NULL; one of another schema version is dropped. */
struct plan_entry *plan_cache_take(struct plan_cache *cache, struct slice key,
                                   uint32_t schema_version);
struct plan_entry *plan_entry_new(struct plan_cache *cache);
void plan_cache_keep(struct plan_cache *cache, struct plan_entry *entry, struct slice key);
void plan_cache_give(struct plan_cache *cache, struct plan_entry *entry);

/* ---- the server ---- */

struct account;
struct account_list;
struct info_schema;

/* What sessions of the cluster have locked, as one version of the dictionary has it (table_lock.c). */
struct table_lock;
struct table_lock_list {
    struct arena arena;
    uint32_t version; /* 0: none was looked at */
    const struct table_lock *first;
};

struct sql_server {
    struct sql_server_options options;
    struct chunk_source *source;
    struct arena arena;
    uint64_t wall_us;
    struct sql_counters counters;
    struct random random;
    struct list sessions; /* in the order of their opening */
    struct map sessions_by_id;
    struct variable_store globals; /* what differs from the list's defaults */
    struct plan_cache plans;
    struct account_list *accounts;
    struct table_lock_list table_locks;
    struct info_schema *info;
    uint64_t statement_bytes_max;
    uint64_t counts[AST_UNSUPPORTED + 1]; /* statements by kind, for SHOW STATUS */
    uint32_t prepared_count;
};

/* ---- a session ---- */

/* What variables mean to statements; settings_load computes it after every change. */
struct settings {
    uint64_t sql_mode;
    uint32_t parse_mode, eval_mode, temporal_flags;
    uint16_t connection_collation;
    uint8_t client_charset, results_charset; /* enum charset_id; BINARY: as it is */
    uint8_t is_autocommit, isolation, is_read_only, completion;
    uint8_t safe_updates, notes, quote_names, require_primary_key;
    uint8_t division_scale, week_format;
    uint8_t cipher_mode, cipher_key_bytes; /* block_encryption_mode */
    uint8_t tracks_schema, tracks_state, tracks_transaction;
    uint32_t lock_wait_ms, max_execution_ms, conditions_max;
    uint32_t wait_timeout_s, interactive_timeout_s;
    uint32_t table_lock_wait_s; /* lock_wait_timeout */
    uint64_t keep_bytes;        /* tmp_table_size: of an operator, before it writes files */
    uint64_t select_limit, auto_increment_increment, auto_increment_offset;
    uint64_t group_concat_bytes_max, packet_bytes_max, cte_rounds_max;
    const struct time_zone *zone; /* NULL: UTC */
};

struct savepoint {
    struct savepoint *next; /* the one before */
    struct slice name;
    uint32_t number;
};

/* Whether and as what the transaction of a failed statement can begin anew. */
struct transaction_again {
    uint8_t is_possible; /* the statement was its first */
    uint8_t is_explicit; /* other statements follow */
    uint8_t isolation, access;
};

/* A table that the open transaction has written. */
struct written_table {
    struct written_table *next;
    struct slice database, table;
};

struct transaction {
    struct txn *txn;
    struct arena arena; /* of savepoints */
    struct savepoint *savepoints;
    struct written_table *written;
    uint64_t floor;
    uint64_t started_us;
    uint8_t is_explicit;   /* BEGIN, or autocommit is off and a table was used */
    uint8_t is_read_only;  /* of the one that is open */
    uint8_t is_autocommit; /* the open one ends with its statement */
    uint8_t is_begun;      /* by START TRANSACTION; else by a table's use */
    uint8_t has_read, has_written, has_sent_rows; /* for clients that track it (track.c) */
    uint32_t statement_count;
    /* SET TRANSACTION without SESSION: of the next one only. */
    uint8_t next_isolation, next_access; /* enum ast_isolation, enum ast_access */
    struct transaction_again again;      /* of the last statement that ended */
};

/* The reply of the statement under way. */
struct answer {
    uint64_t affected_rows, last_insert_id;
    struct slice info;
    uint8_t has_rows;
    uint16_t end_flags; /* cursors */
    struct session_track *tracks;
    uint32_t track_count, track_capacity;
    uint8_t is_state_tracked;
};

enum session_command { SESSION_SLEEPS, SESSION_QUERY, SESSION_PREPARE, SESSION_EXECUTE };

/* Between whoever makes rows and the client (charset_sink.c). */
struct charset_sink {
    struct result_sink sink;
    struct result_sink *client;
    struct session *session;
    struct arena row_arena;
    const struct result_column *columns;
    uint8_t converts;
};

enum track_transaction {
    TRACK_TRANSACTION_OFF,
    TRACK_TRANSACTION_STATE,
    TRACK_TRANSACTION_CHARACTERISTICS
};

struct session {
    struct sql_server *server;
    struct waiter *waiter;
    struct list_link link; /* of server->sessions */
    struct arena arena;
    struct arena state_arena, statement_arena;
    struct arena diagnostics_arenas[2]; /* of this statement's, and of the one's before */
    uint8_t diagnostics_place;

    uint64_t id;
    struct slice user, host, account_user, account_host;
    struct slice user_at_host, current_user; /* as USER() and CURRENT_USER() give them */
    struct slice attributes;
    const char *tls_version, *tls_cipher;
    uint32_t capabilities, capabilities_at_open;
    uint16_t collation_at_open;
    struct kept_value database, database_at_open; /* STRING; empty: none */

    struct variable_store variables;
    struct settings settings;
    struct slice_map user_variables; /* struct user_variable */
    struct map prepared;             /* by id */
    struct slice_map prepared_names; /* by name in lower case */
    uint32_t prepared_id_last;

    struct transaction transaction;
    struct schema *schema;    /* (S3) NULL between statements */
    struct exec_copy *copy;   /* while ALTER TABLE copies rows */
    struct plan_entry *entry; /* in use by the execution under way */
    uint32_t held_locks;      /* named locks */
    uint8_t has_table_locks, has_read_lock;

    /* The statement under way. */
    struct result_sink *sink;
    struct charset_sink charset_sink;
    struct diagnostics diagnostics, previous;
    struct answer answer;
    struct slice text;
    enum session_command command;
    uint64_t since_wall_us;
    int64_t now_us;
    const struct ast_show *show;            /* while SHOW makes its rows */
    const struct virtual_table *show_table; /* for its WHERE */
    const struct virtual_table *load_table; /* the file that LOAD DATA reads */
    struct slice info_database, info_table; /* no other one's rows are wanted; empty: all */
    uint8_t has_more_results;
    uint8_t nesting;                /* EXECUTE, EXPLAIN, SET's subqueries run statements inside */
    const struct value *parameters; /* of EXECUTE, for statements that are no queries */
    uint32_t parameter_count;

    /* What the next statement asks of the last one. */
    struct session_facts facts;
    uint64_t last_insert_id, found_rows, insert_id_next;
    int64_t row_count;
    struct random random;
    const struct account *account; /* of accounts_version; see privilege.c */
    uint32_t accounts_version;
    uint8_t must_close;
    char tracked_state[8]; /* what the client was last told (track.c) */
    size_t tracked_characteristics;
};

static inline struct slice session_database(const struct session *session) {
    return value_slice(&session->database.value);
}
static inline struct cluster *session_cluster(const struct session *session) {
    return session->server->options.cluster;
}
void session_set_database(struct session *session, struct slice name);

/* ---- answer.c ---- */

void answer_begin(struct session *session);
/* The reply to a handler's outcome (S1). */
void answer_send(struct session *session, enum status status);
void answer_track(struct session *session, uint8_t kind, struct slice name, struct slice value);
/* Rows of the server's own making. */
void answer_columns(struct session *session, const struct result_column *columns, uint32_t count);
MUST_USE enum status answer_row(struct session *session, const struct value *values,
                                uint32_t count);

/* ---- charset_sink.c ---- */

void charset_sink_open(struct charset_sink *sink, struct session *session);
void charset_sink_close(struct charset_sink *sink);
/* The sink of the statement under way, in front of the client's. */
struct result_sink *charset_sink_for(struct session *session, struct result_sink *client);
/* Rows of these columns will come although nobody calls columns: a cursor's. */
void charset_sink_expect(struct charset_sink *sink, const struct result_column *columns,
                         uint32_t count);
/* Columns as the client is told of them. */
const struct result_column *charset_sink_describe(const struct session *session,
                                                  const struct result_column *columns,
                                                  uint32_t count, struct arena *arena);
struct slice charset_sink_text(const struct session *session, uint8_t from, struct slice text,
                               struct arena *arena);

/* ---- track.c ---- */

void track_state(struct session *session);
/* Before a reply: what has become of the transaction. */
void track_transaction(struct session *session);

/* Keeps a result in an arena instead of sending it. */
struct recorder {
    struct result_sink sink;
    struct arena *arena;
    const struct result_column *columns;
    uint32_t column_count;
    struct value **rows;
    uint64_t row_count, row_capacity, row_max;
    uint8_t is_over; /* more rows than row_max came */
};
void recorder_open(struct recorder *recorder, struct arena *arena, uint64_t row_max);

/* ---- settings.c ---- */

struct value settings_global(const struct sql_server *server, enum variable variable);
/* As SELECT @@x reads it; those that are computed too. */
struct value settings_read(struct session *session, enum ast_scope scope, enum variable variable);
void settings_load(struct session *session);
void settings_open(struct session *session, uint16_t collation_id);
/* Checks what the list cannot (names of time zones, collations), keeps it and its effects. */
MUST_USE enum status settings_put(struct session *session, enum variable variable,
                                  const struct value *value);
MUST_USE enum status settings_put_global(struct session *session, enum variable variable,
                                         const struct value *value);
MUST_USE enum status settings_put_names(struct session *session, struct slice charset,
                                        struct slice collation);
MUST_USE enum status settings_put_charset(struct session *session, struct slice charset);
/* NULL zone: UTC. NOT_FOUND. */
MUST_USE enum status settings_zone(struct session *session, struct slice name, struct arena *arena,
                                   const struct time_zone **zone_out);

/* ---- query.c ---- */

/* One statement to run through bind, plan and execution. */
struct query {
    struct slice text; /* of the statement */
    struct slice key;  /* the plan cache's, without parameters' types; empty: not kept */
    const struct ast_statement *ast; /* NULL: parse `text` with `parse_mode` */
    uint32_t parse_mode;
    const struct value *parameters;
    uint32_t literal_count, parameter_count;
    enum ast_explain_format explain; /* DEFAULT: it is run */
    uint8_t is_explained;
    uint8_t is_own; /* of the server: limits that clients set are not for it */
};
MUST_USE enum status query_run(struct session *session, const struct query *query);
/* Through the plan cache; false: it is not of that kind, nothing was done. */
bool query_run_text(struct session *session, struct slice text, enum status *status_out);
/* Normalises: key and literals in the arena; false: not to be kept. */
bool query_normalise(struct session *session, struct slice text, struct arena *arena,
                     struct query *query_out);
/* Result columns of a statement that is not run. */
MUST_USE enum status query_describe(struct session *session, const struct query *query,
                                    const struct result_column **columns_out, uint32_t *count_out);
/* A statement of the server's own, its rows into the recorder. */
MUST_USE enum status query_record(struct session *session, struct slice text,
                                  struct recorder *recorder);
void query_context(struct session *session, struct arena *arena, struct eval_context *context);
MUST_USE enum status query_eval(struct session *session, const struct ast_expr *ast,
                                struct value *value_out);
/* Of parse_statement's status. */
MUST_USE enum status query_parse_error(struct session *session, enum status status,
                                       const struct parse_error *error);

/* ---- into.c ---- */

/* SELECT .. INTO @a, @b under way. */
struct into {
    struct result_sink sink;
    struct session *session;
    const struct ast_into *targets;
    const struct result_column *columns;
    uint64_t row_count;
};
MUST_USE enum status into_check(struct session *session, const struct bound_query *query);
/* The sink that a query's rows go to. */
struct result_sink *into_open(struct into *into, struct session *session,
                              const struct ast_into *targets);
/* After an execution that went well. */
void into_end(const struct into *into, struct exec_result *result);

/* ---- time_limit.c ---- */

/* MAX_EXECUTION_TIME(n) among the hints; false: it is not. */
bool time_limit_of_hints(struct slice hints, uint64_t *limit_ms_out);
void time_limit_begin(struct session *session, const struct ast_statement *statement);
/* What the client is told: TIMEOUT (3024) when the limit ended it. */
MUST_USE enum status time_limit_end(struct session *session, enum status status);

/* ---- catalog.c ---- */

struct catalog {
    struct bind_catalog base;
    struct session *session;
    uint8_t is_constant; /* a variable's value became part of the plan: not to be kept */
};
/* A view, as kept under VIEW_PREFIX and its name (ddl_view.c). */
#define VIEW_PREFIX SLICE_LITERAL("view/")
struct view {
    struct slice definer;   /* `user`@`host` */
    struct slice database;  /* of names without one; may be empty */
    struct slice algorithm; /* as written; empty: none */
    struct slice text;      /* a query */
    uint8_t is_invoker;     /* SQL SECURITY INVOKER */
};
/* Slices are the dictionary version's. */
bool view_find(struct session *session, struct slice database, struct slice name,
               struct view *view_out);
struct slice view_show_create(struct session *session, const struct view *view, struct slice name);
/* Its columns, as of a table; in the statement's arena. */
const struct table_definition *view_definition(struct session *session, struct slice database,
                                               struct slice name);
void catalog_open(struct catalog *catalog, struct session *session);
/* The database that a name means, or 1046. */
MUST_USE enum status catalog_database(struct session *session, struct slice schema,
                                      struct slice *database_out);
/* 1146 when there is none. */
MUST_USE enum status catalog_table(struct session *session, const struct ast_name *name,
                                   const struct table **table_out);
/* The next value of the table's AUTO_INCREMENT counter, at most its column's largest. May suspend. */
uint64_t catalog_counter(struct session *session, const struct table *table);
bool catalog_is_virtual(struct slice database);
/* The object that a view is; its bytes are view.c's. */
bool catalog_view(struct session *session, struct slice database, struct slice name,
                  struct slice *bytes_out);

/* ---- statement.c ---- */

/* Runs one parsed statement and replies. */
void statement_run(struct session *session, const struct ast_statement *statement);
MUST_USE enum status statement_dispatch(struct session *session,
                                        const struct ast_statement *statement);
typedef enum status statement_handler(struct session *session,
                                      const struct ast_statement *statement);
/* Does the kind run through query_run? */
bool statement_is_query(enum ast_kind kind);
bool statement_is_preparable(enum ast_kind kind);
void statement_begin(struct session *session, struct slice text, enum session_command command);
void statement_end(struct session *session);
/* The same, but what was made for the reply stays until the next statement. */
void statement_end_keeping(struct session *session);
bool statement_keeps_diagnostics(const struct ast_statement *statement);
/* Holds the dictionary's newest version instead of the one at hand. */
void statement_renew_schema(struct session *session);

statement_handler set_run, set_password_run, set_transaction_run, show_run, use_run, describe_run,
    explain_run, kill_run, flush_run, maintain_run, lock_tables_run, unlock_tables_run, begin_run,
    end_run, savepoint_run, prepare_run, execute_run, deallocate_run, do_run, ddl_create_table_run,
    ddl_alter_table_run, ddl_drop_table_run, ddl_create_view_run, ddl_drop_view_run,
    ddl_create_view_run, ddl_drop_view_run, ddl_rename_table_run, ddl_truncate_run,
    ddl_create_index_run, ddl_drop_index_run, ddl_database_run, user_run, rename_user_run,
    grant_run, view_create_run, view_drop_run, load_run, help_run;

/* ---- transaction.c ---- */

enum transaction_use { TRANSACTION_READS, TRANSACTION_WRITES };
/* A statement that reads or writes tables begins. */
MUST_USE enum status transaction_begin_statement(struct session *session, enum transaction_use use);
/* Its end: commits what ends with it, undoes what failed; the status that the client is told. */
MUST_USE enum status transaction_end_statement(struct session *session, enum status status);
/* May the statement that failed so be run again from its start, unseen? */
bool transaction_may_repeat(const struct session *session, enum status status);
/* It will be: what was ended with it begins anew. */
void transaction_repeat(struct session *session);
/* Is the transaction that is open, or would be, READ ONLY? */
bool transaction_reads_only(const struct session *session);
/* DDL and kin: what is open is committed first. */
MUST_USE enum status transaction_commit_implicitly(struct session *session);
void transaction_roll_back(struct session *session);
uint16_t transaction_flags(const struct session *session);
/* Several statements that are one to the client: all of them are undone when one fails. */
struct transaction_span {
    uint8_t is_own; /* the transaction ends with it */
    uint8_t has_savepoint;
    uint32_t savepoint;
};
MUST_USE enum status transaction_span_begin(struct session *session, struct transaction_span *span);
MUST_USE enum status transaction_span_end(struct session *session,
                                          const struct transaction_span *span, enum status status);

/* ---- user_variable.c ---- */

MUST_USE enum status user_variable_get(void *session, struct slice name, struct value *out);
MUST_USE enum status user_variable_set(void *session, struct slice name, const struct value *value);
MUST_USE enum status user_variable_type(const struct bind_catalog *catalog, struct slice name,
                                        struct column_type *type_out);

/* ---- prepared.c ---- */

void prepared_close_all(struct session *session);

/* ---- table_lock.c ---- */

enum table_lock_mode { TABLE_LOCK_READ = 1, TABLE_LOCK_WRITE = 2, TABLE_LOCK_ALL_READ = 3 };
/* A table that a statement wants to read or write, or to lock so. */
struct table_access {
    struct slice database, table; /* empty with ALL_READ */
    enum table_lock_mode mode;
    uint8_t stage_min; /* locks below it are not in the way */
};
/* Waits for other sessions' locks; 1099, 1100 and 1223 by the session's own, 1205 after lock_wait_timeout. OLD_SCHEMA
 * without an error: it has waited, and the statement holds another version now. */
MUST_USE enum status table_lock_pass(struct session *session, const struct table_access *access);
MUST_USE enum status table_lock_pass_accesses(struct session *session,
                                              const struct bound_statement *bound);
MUST_USE enum status table_lock_pass_ddl(struct session *session,
                                         const struct ast_statement *statement);
/* Before the COMMIT of what the transaction has written. */
MUST_USE enum status table_lock_pass_commit(struct session *session);
void table_lock_note_written(struct session *session, const struct bound_statement *bound);
/* FLUSH TABLES WITH READ LOCK. */
MUST_USE enum status table_lock_all_read(struct session *session);
/* (fiber) */
MUST_USE enum status table_lock_release(struct session *session);

/* ---- named_lock.c ---- */

/* As whom the session holds named locks. */
uint64_t named_lock_owner(const struct session *session);

MUST_USE enum status named_lock_call(void *session, const struct waiting_call *call,
                                     struct value *out);
void named_lock_release_all(struct session *session);

#endif
