/* sql/ast_statement.h: the statements other than queries and row changes, and the node above all.
 *
 * Included by sql/ast.h, which holds the rules (T1) to (T4); never by itself.
 */
#ifndef SQL_AST_STATEMENT_H
#define SQL_AST_STATEMENT_H

#include "sql/ast.h"

/* kind, type and name of the struct in `union` of ast_statement, text for error 1235 and the logs.
 * Kinds whose member is `none` have nothing but their kind. */
#define AST_STATEMENT_LIST(S)                                                                      \
    S(EMPTY, none, "empty statement") /* nothing but executable comments that expand to nothing */ \
    S(SELECT, query, "SELECT")        /* and VALUES, TABLE */                                      \
    S(INSERT, insert, "INSERT")                                                                    \
    S(REPLACE, insert, "REPLACE")                                                                  \
    S(UPDATE, update, "UPDATE")                                                                    \
    S(DELETE, delete, "DELETE")                                                                    \
    S(LOAD, load, "LOAD DATA")                                                                     \
    S(CREATE_TABLE, create_table, "CREATE TABLE")                                                  \
    S(ALTER_TABLE, alter_table, "ALTER TABLE")                                                     \
    S(DROP_TABLE, drop, "DROP TABLE")                                                              \
    S(RENAME_TABLE, rename, "RENAME TABLE")                                                        \
    S(TRUNCATE, drop, "TRUNCATE TABLE")                                                            \
    S(CREATE_INDEX, create_index, "CREATE INDEX")                                                  \
    S(DROP_INDEX, drop_index, "DROP INDEX")                                                        \
    S(CREATE_VIEW, create_view, "CREATE VIEW")                                                     \
    S(ALTER_VIEW, create_view, "ALTER VIEW")                                                       \
    S(DROP_VIEW, drop, "DROP VIEW")                                                                \
    S(CREATE_DATABASE, database, "CREATE DATABASE")                                                \
    S(ALTER_DATABASE, database, "ALTER DATABASE")                                                  \
    S(DROP_DATABASE, database, "DROP DATABASE")                                                    \
    S(CREATE_USER, user, "CREATE USER")                                                            \
    S(ALTER_USER, user, "ALTER USER")                                                              \
    S(DROP_USER, user, "DROP USER")                                                                \
    S(RENAME_USER, rename_user, "RENAME USER")                                                     \
    S(CREATE_ROLE, user, "CREATE ROLE")                                                            \
    S(DROP_ROLE, user, "DROP ROLE")                                                                \
    S(GRANT, grant, "GRANT")                                                                       \
    S(REVOKE, grant, "REVOKE")                                                                     \
    S(SET, set, "SET")                                                                             \
    S(SET_PASSWORD, set_password, "SET PASSWORD")                                                  \
    S(SET_ROLE, set_role, "SET ROLE")                                                              \
    S(SET_DEFAULT_ROLE, set_role, "SET DEFAULT ROLE")                                              \
    S(SET_TRANSACTION, set_transaction, "SET TRANSACTION")                                         \
    S(SHOW, show, "SHOW")                                                                          \
    S(USE, use, "USE")                                                                             \
    S(DESCRIBE, describe, "DESCRIBE") /* of a table */                                             \
    S(EXPLAIN, explain, "EXPLAIN")    /* of a statement or a connection */                         \
    S(KILL, kill, "KILL")                                                                          \
    S(FLUSH, flush, "FLUSH")                                                                       \
    S(RESET, flush, "RESET")                                                                       \
    S(ANALYZE_TABLE, maintain, "ANALYZE TABLE")                                                    \
    S(CHECK_TABLE, maintain, "CHECK TABLE")                                                        \
    S(OPTIMIZE_TABLE, maintain, "OPTIMIZE TABLE")                                                  \
    S(REPAIR_TABLE, maintain, "REPAIR TABLE")                                                      \
    S(CHECKSUM_TABLE, maintain, "CHECKSUM TABLE")                                                  \
    S(LOCK_TABLES, lock_tables, "LOCK TABLES")                                                     \
    S(UNLOCK_TABLES, none, "UNLOCK TABLES")                                                        \
    S(LOCK_INSTANCE, none, "LOCK INSTANCE FOR BACKUP")                                             \
    S(UNLOCK_INSTANCE, none, "UNLOCK INSTANCE")                                                    \
    S(BEGIN, begin, "START TRANSACTION")                                                           \
    S(COMMIT, end, "COMMIT")                                                                       \
    S(ROLLBACK, end, "ROLLBACK")                                                                   \
    S(SAVEPOINT, savepoint, "SAVEPOINT")                                                           \
    S(RELEASE_SAVEPOINT, savepoint, "RELEASE SAVEPOINT")                                           \
    S(ROLLBACK_TO, savepoint, "ROLLBACK TO SAVEPOINT")                                             \
    S(XA, xa, "XA")                                                                                \
    S(PREPARE, prepare, "PREPARE")                                                                 \
    S(EXECUTE, prepare, "EXECUTE")                                                                 \
    S(DEALLOCATE, prepare, "DEALLOCATE PREPARE")                                                   \
    S(DO, call, "DO")                                                                              \
    S(CALL, call, "CALL")                                                                          \
    S(HANDLER, unsupported, "HANDLER")                                                             \
    S(HELP, help, "HELP")                                                                          \
    S(SHUTDOWN, none, "SHUTDOWN")                                                                  \
    S(RESTART, none, "RESTART")                                                                    \
    S(UNSUPPORTED, unsupported, "unsupported statement") /* see `name` there */

#define AST_STATEMENT_ENUM(name, member, text) AST_##name,
enum ast_kind { AST_STATEMENT_LIST(AST_STATEMENT_ENUM) };
#undef AST_STATEMENT_ENUM

/* ---- Tables ---- */

enum ast_key_kind {
    AST_KEY_INDEX,
    AST_KEY_PRIMARY,
    AST_KEY_UNIQUE,
    AST_KEY_FULLTEXT,
    AST_KEY_SPATIAL,
    AST_KEY_FOREIGN
};
enum ast_key_method { AST_KEY_METHOD_UNSET, AST_KEY_BTREE, AST_KEY_HASH, AST_KEY_RTREE };
enum ast_reference_action {
    AST_ACTION_UNSET,
    AST_ACTION_RESTRICT,
    AST_ACTION_CASCADE,
    AST_ACTION_SET_NULL,
    AST_ACTION_NO_ACTION,
    AST_ACTION_SET_DEFAULT
};
enum ast_match {
    AST_REFERENCE_MATCH_UNSET,
    AST_REFERENCE_MATCH_FULL,
    AST_REFERENCE_MATCH_PARTIAL,
    AST_REFERENCE_MATCH_SIMPLE
};
/* Of INVISIBLE, NOT ENFORCED and others that may be left out. */
enum ast_tristate { AST_UNSET, AST_YES, AST_NO };

struct ast_key_part {
    struct slice column;
    uint32_t length;       /* of a prefix; 0: whole */
    struct ast_expr *expr; /* functional part: column is empty */
    bool descending;
};

struct ast_key_parts {
    struct ast_key_part *items;
    uint32_t count, capacity;
};

struct ast_reference {
    struct ast_name table;
    struct ast_identifiers columns;
    enum ast_match match;
    enum ast_reference_action on_delete, on_update;
};

struct ast_key {
    enum ast_key_kind kind;
    struct slice name, constraint; /* either may be empty */
    enum ast_key_method method;
    struct ast_key_parts parts;
    struct ast_reference *reference; /* FOREIGN */
    struct slice comment, parser;
    enum ast_tristate visible;
    uint64_t block_size;
};

struct ast_check {
    struct slice name;
    struct ast_expr *expr;
    enum ast_tristate enforced;
};

enum ast_column_null { AST_NULL_UNSET, AST_NULL_ALLOWED, AST_NULL_REFUSED };
enum ast_generated { AST_NOT_GENERATED, AST_GENERATED_VIRTUAL, AST_GENERATED_STORED };

struct ast_checks {
    struct ast_check *items;
    uint32_t count, capacity;
};

struct ast_column {
    struct slice name;
    struct ast_type *type;
    enum ast_column_null null;
    bool is_auto_increment, is_primary, is_unique, is_key;
    struct ast_expr *default_value; /* literal, NOW(n) call, or a parenthesised expression */
    struct ast_expr *on_update;     /* NOW(n) call */
    enum ast_generated generated;
    struct ast_expr *generated_expr;
    enum ast_tristate visible;
    bool has_comment;
    struct slice comment, format, storage; /* COLUMN_FORMAT, STORAGE as written */
    struct slice collation;                /* COLLATE among the attributes */
    struct ast_checks checks;
    struct ast_reference *reference; /* parsed, and ignored by MySQL too */
    bool has_srid;
    uint64_t srid;
    struct slice
        source; /* of the generated or default expression: SHOW CREATE TABLE prints the tree */
};

struct ast_columns {
    struct ast_column **items;
    uint32_t count, capacity;
};

struct ast_keys {
    struct ast_key **items;
    uint32_t count, capacity;
};

/* ENGINE, AUTO_INCREMENT, DEFAULT CHARSET ...: name in upper case, one spelling for each option. */
enum ast_option_kind {
    AST_OPTION_ENGINE,
    AST_OPTION_AUTO_INCREMENT,
    AST_OPTION_CHARSET,
    AST_OPTION_COLLATE,
    AST_OPTION_COMMENT,
    AST_OPTION_ROW_FORMAT,
    AST_OPTION_MAX_ROWS,
    AST_OPTION_MIN_ROWS,
    AST_OPTION_AVG_ROW_LENGTH,
    AST_OPTION_CHECKSUM,
    AST_OPTION_COMPRESSION,
    AST_OPTION_CONNECTION,
    AST_OPTION_DATA_DIRECTORY,
    AST_OPTION_INDEX_DIRECTORY,
    AST_OPTION_DELAY_KEY_WRITE,
    AST_OPTION_ENCRYPTION,
    AST_OPTION_INSERT_METHOD,
    AST_OPTION_KEY_BLOCK_SIZE,
    AST_OPTION_PACK_KEYS,
    AST_OPTION_PASSWORD,
    AST_OPTION_STATS_AUTO_RECALC,
    AST_OPTION_STATS_PERSISTENT,
    AST_OPTION_STATS_SAMPLE_PAGES,
    AST_OPTION_TABLESPACE,
    AST_OPTION_STORAGE,
    AST_OPTION_UNION,
    AST_OPTION_ENGINE_ATTRIBUTE,
    AST_OPTION_SECONDARY_ENGINE,
    AST_OPTION_SECONDARY_ENGINE_ATTRIBUTE,
    AST_OPTION_AUTOEXTEND_SIZE,
    AST_OPTION_START_TRANSACTION,
    AST_OPTION_READ_ONLY,
    AST_OPTION_NODEGROUP,
};

struct ast_option {
    enum ast_option_kind kind;
    struct slice value;      /* word or string; digits of a number too */
    uint64_t number;         /* when the value is a number; DEFAULT gives an empty value */
    struct ast_names tables; /* UNION */
};

struct ast_options {
    struct ast_option *items;
    uint32_t count, capacity;
};

enum ast_partition_kind {
    AST_PARTITION_HASH,
    AST_PARTITION_KEY,
    AST_PARTITION_RANGE,
    AST_PARTITION_LIST
};

struct ast_partition;
struct ast_partitions {
    struct ast_partition **items;
    uint32_t count, capacity;
};

struct ast_partition {
    struct slice name;
    bool has_less_than, has_in;
    struct ast_rows values; /* LESS THAN: one row; IN: one row a value. MAXVALUE is an item NULL */
    struct ast_options options;
    struct ast_partitions subpartitions;
};

struct ast_partition_method {
    enum ast_partition_kind kind;
    bool is_linear, is_columns; /* RANGE COLUMNS, LIST COLUMNS; KEY always */
    struct ast_expr *expr;
    struct ast_identifiers columns;
    uint64_t algorithm; /* KEY ALGORITHM = n; 0: none */
    uint64_t count;     /* PARTITIONS n; 0: none */
};

struct ast_partitioning {
    struct ast_partition_method method;
    struct ast_partition_method *sub; /* SUBPARTITION BY, or NULL */
    struct ast_partitions partitions;
};

struct ast_table_elements {
    struct ast_columns columns;
    struct ast_keys keys;
    struct ast_checks checks;
};

enum ast_duplicate { AST_DUPLICATE_UNSET, AST_DUPLICATE_IGNORE, AST_DUPLICATE_REPLACE };

struct ast_create_table {
    bool is_temporary, if_not_exists;
    struct ast_name table;
    bool is_like;
    struct ast_name like;
    struct ast_table_elements elements;
    struct ast_options options;
    struct ast_partitioning *partitioning;
    enum ast_duplicate duplicate;
    struct ast_query *query; /* AS SELECT, or NULL */
};

enum ast_alter_kind {
    AST_ALTER_ADD_COLUMN,
    AST_ALTER_MODIFY_COLUMN,
    AST_ALTER_CHANGE_COLUMN,
    AST_ALTER_DROP_COLUMN,
    AST_ALTER_RENAME_COLUMN,
    AST_ALTER_SET_DEFAULT,
    AST_ALTER_DROP_DEFAULT,
    AST_ALTER_SET_VISIBLE,
    AST_ALTER_ADD_KEY,
    AST_ALTER_DROP_KEY,
    AST_ALTER_DROP_PRIMARY,
    AST_ALTER_DROP_FOREIGN,
    AST_ALTER_RENAME_KEY,
    AST_ALTER_KEY_VISIBLE,
    AST_ALTER_ADD_CHECK,
    AST_ALTER_DROP_CHECK,
    AST_ALTER_DROP_CONSTRAINT,
    AST_ALTER_CHECK_ENFORCED,
    AST_ALTER_RENAME_TABLE,
    AST_ALTER_OPTION,
    AST_ALTER_CONVERT_CHARSET,
    AST_ALTER_ORDER_BY,
    AST_ALTER_FORCE,
    AST_ALTER_ENABLE_KEYS,
    AST_ALTER_DISABLE_KEYS,
    AST_ALTER_DISCARD_TABLESPACE,
    AST_ALTER_IMPORT_TABLESPACE,
    AST_ALTER_PARTITION_BY,
    AST_ALTER_REMOVE_PARTITIONING,
    AST_ALTER_ADD_PARTITIONS,
    AST_ALTER_DROP_PARTITIONS,
    AST_ALTER_TRUNCATE_PARTITIONS,
    AST_ALTER_COALESCE_PARTITION,
    AST_ALTER_REORGANIZE_PARTITIONS,
    AST_ALTER_EXCHANGE_PARTITION,
    AST_ALTER_MAINTAIN_PARTITIONS,
};

struct ast_alter {
    enum ast_alter_kind kind;
    struct slice name;         /* column, key, constraint or partition it is about */
    struct slice new_name;     /* of the RENAME kinds; for CHANGE see column->name */
    struct ast_column *column; /* ADD, MODIFY, CHANGE */
    bool is_first;
    struct slice after;
    struct ast_key *key;
    struct ast_check *check;
    struct ast_expr *default_value;
    enum ast_tristate flag; /* visible, enforced, WITH VALIDATION */
    struct ast_name table;  /* RENAME TO, EXCHANGE WITH TABLE */
    struct ast_option option;
    struct slice charset, collation; /* CONVERT TO; an empty charset is DEFAULT */
    struct ast_orders order;
    struct ast_partitioning *partitioning;
    struct ast_partitions partitions;
    struct ast_identifiers names; /* of partitions; empty: ALL */
    uint64_t number;              /* ADD PARTITION PARTITIONS n, COALESCE PARTITION n */
    struct slice word;            /* MAINTAIN: ANALYZE, CHECK, OPTIMIZE, REBUILD, REPAIR ... */
};

struct ast_alters {
    struct ast_alter *items;
    uint32_t count, capacity;
};

struct ast_alter_table {
    struct ast_name table;
    struct ast_alters actions;    /* in the order of the text; ADD (a, b) gives two */
    struct slice algorithm, lock; /* ALGORITHM =, LOCK =, as written */
    enum ast_tristate validation;
};

enum ast_drop_behaviour { AST_DROP_UNSET, AST_DROP_RESTRICT, AST_DROP_CASCADE };

/* DROP TABLE, DROP VIEW, TRUNCATE (one name). */
struct ast_drop {
    bool is_temporary, if_exists;
    struct ast_names names;
    enum ast_drop_behaviour behaviour;
};

struct ast_rename {
    struct ast_names from, to; /* of the same count */
};

struct ast_create_index {
    struct ast_key *key;
    struct ast_name table;
    struct slice algorithm, lock;
};

struct ast_drop_index {
    struct slice name; /* PRIMARY in backticks: the primary key */
    struct ast_name table;
    struct slice algorithm, lock;
};

/* Account as user@host; an empty host means '%', is_current means CURRENT_USER. */
struct ast_account {
    struct slice user, host;
    bool has_host, is_current;
};

struct ast_accounts {
    struct ast_account *items;
    uint32_t count, capacity;
};

enum ast_view_check { AST_VIEW_CHECK_NONE, AST_VIEW_CHECK_CASCADED, AST_VIEW_CHECK_LOCAL };

struct ast_create_view {
    bool or_replace, is_invoker;
    struct slice algorithm; /* UNDEFINED, MERGE, TEMPTABLE, or empty */
    bool has_definer;
    struct ast_account definer;
    struct ast_name name;
    struct ast_identifiers columns;
    struct ast_query *query;
    enum ast_view_check check;
};

struct ast_database {
    bool if_exists;             /* or IF NOT EXISTS */
    struct slice name;          /* ALTER DATABASE without a name: empty */
    struct ast_options options; /* CHARSET, COLLATE, ENCRYPTION, READ_ONLY */
};

/* ---- Accounts ---- */

enum ast_password_kind {
    AST_PASSWORD_NONE,
    AST_PASSWORD_TEXT,
    AST_PASSWORD_HASH,
    AST_PASSWORD_RANDOM
};

struct ast_user_spec {
    struct ast_account account;
    struct slice plugin;
    enum ast_password_kind password_kind;
    struct slice password; /* text or hash */
    bool has_replaced;     /* REPLACE 'current' */
    struct slice replaced;
    bool retain_current, discard_old;
};

struct ast_user_specs {
    struct ast_user_spec *items;
    uint32_t count, capacity;
};

enum ast_user_option_kind {
    AST_USER_REQUIRE_NONE,
    AST_USER_REQUIRE_SSL,
    AST_USER_REQUIRE_X509,
    AST_USER_REQUIRE_CIPHER,
    AST_USER_REQUIRE_ISSUER,
    AST_USER_REQUIRE_SUBJECT,
    AST_USER_MAX_QUERIES,
    AST_USER_MAX_UPDATES,
    AST_USER_MAX_CONNECTIONS,
    AST_USER_MAX_USER_CONNECTIONS,
    AST_USER_PASSWORD_EXPIRE,
    AST_USER_PASSWORD_EXPIRE_DEFAULT,
    AST_USER_PASSWORD_EXPIRE_NEVER,
    AST_USER_PASSWORD_EXPIRE_DAYS,
    AST_USER_PASSWORD_HISTORY,
    AST_USER_PASSWORD_REUSE,
    AST_USER_PASSWORD_REQUIRE_CURRENT,
    AST_USER_FAILED_LOGINS,
    AST_USER_LOCK_DAYS,
    AST_USER_ACCOUNT_LOCK,
    AST_USER_ACCOUNT_UNLOCK,
    AST_USER_COMMENT,
    AST_USER_ATTRIBUTE,
};

struct ast_user_option {
    enum ast_user_option_kind kind;
    uint64_t number;
    bool is_default; /* PASSWORD HISTORY DEFAULT and the like */
    struct slice text;
};

struct ast_user_options {
    struct ast_user_option *items;
    uint32_t count, capacity;
};

/* CREATE, ALTER and DROP USER, CREATE and DROP ROLE. */
struct ast_user {
    bool if_exists; /* or IF NOT EXISTS */
    struct ast_user_specs users;
    struct ast_accounts default_roles; /* ALTER USER .. DEFAULT ROLE too */
    bool default_role_all, default_role_none;
    struct ast_user_options options;
};

struct ast_rename_user {
    struct ast_accounts from, to;
};

struct ast_privilege {
    struct slice name;    /* upper case, one space: "CREATE VIEW"; a role has an account instead */
    struct slice written; /* the same as the text has it: of one word, a role's name */
    struct ast_account role;
    bool is_role;
    struct ast_identifiers columns;
};

struct ast_privileges {
    struct ast_privilege *items;
    uint32_t count, capacity;
};

enum ast_grant_level {
    AST_GRANT_GLOBAL,
    AST_GRANT_DATABASE,
    AST_GRANT_TABLE,
    AST_GRANT_FUNCTION,
    AST_GRANT_PROCEDURE,
    AST_GRANT_ROLE,
    AST_GRANT_PROXY
};

struct ast_grant {
    bool if_exists, ignore_unknown_user; /* REVOKE */
    bool is_all;                         /* ALL [PRIVILEGES] */
    struct ast_privileges privileges;
    enum ast_grant_level level;
    bool current_database;  /* ON *: the database in use */
    struct ast_name object; /* DATABASE: only schema (a pattern) */
    struct ast_account proxy;
    struct ast_accounts accounts; /* TO or FROM */
    bool everything;              /* REVOKE ALL PRIVILEGES, GRANT OPTION FROM .. */
    bool with_grant;              /* WITH GRANT OPTION, or ADMIN OPTION for roles */
};

enum ast_role_choice {
    AST_ROLES_DEFAULT,
    AST_ROLES_NONE,
    AST_ROLES_ALL,
    AST_ROLES_ALL_EXCEPT,
    AST_ROLES_LISTED
};

struct ast_set_role {
    enum ast_role_choice choice;
    struct ast_accounts roles;
    struct ast_accounts accounts; /* SET DEFAULT ROLE .. TO */
};

struct ast_set_password {
    bool has_account;
    struct ast_account account;
    bool is_random;
    struct slice password;
    bool has_replaced;
    struct slice replaced;
    bool retain_current;
};

/* ---- Session ---- */

enum ast_set_kind { AST_SET_SYSTEM, AST_SET_USER, AST_SET_NAMES, AST_SET_CHARSET };

struct ast_setting {
    enum ast_set_kind kind;
    enum ast_scope scope;    /* of a system variable */
    struct slice base, name; /* @@base.name */
    struct ast_expr *value;  /* NULL: DEFAULT. A bare word (ON, utf8mb4) is a string literal */
    struct slice charset;    /* NAMES, CHARACTER SET; empty: DEFAULT */
    struct slice collation;  /* NAMES .. COLLATE */
};

struct ast_set {
    struct ast_setting *items;
    uint32_t count, capacity;
};

enum ast_isolation {
    AST_ISOLATION_UNSET,
    AST_READ_UNCOMMITTED,
    AST_READ_COMMITTED,
    AST_REPEATABLE_READ,
    AST_SERIALIZABLE
};
enum ast_access { AST_ACCESS_UNSET, AST_READ_WRITE, AST_READ_ONLY };

struct ast_set_transaction {
    enum ast_scope scope; /* NONE: the next transaction */
    enum ast_isolation isolation;
    enum ast_access access;
};

#define AST_SHOW_LIST(S)                                                                           \
    S(DATABASES, "DATABASES")                                                                      \
    S(TABLES, "TABLES")                                                                            \
    S(COLUMNS, "COLUMNS")                                                                          \
    S(INDEX, "INDEX")                                                                              \
    S(TABLE_STATUS, "TABLE STATUS") S(OPEN_TABLES, "OPEN TABLES") S(TRIGGERS, "TRIGGERS") S(       \
        EVENTS, "EVENTS") S(STATUS, "STATUS") S(VARIABLES, "VARIABLES") S(WARNINGS, "WARNINGS")    \
        S(ERRORS, "ERRORS") S(COUNT_WARNINGS, "COUNT(*) WARNINGS") S(                              \
            COUNT_ERRORS, "COUNT(*) ERRORS") S(PROCESSLIST, "PROCESSLIST") S(ENGINES, "ENGINES")   \
            S(ENGINE, "ENGINE") S(COLLATION, "COLLATION") S(CHARSET, "CHARACTER SET") S(           \
                GRANTS, "GRANTS") S(PRIVILEGES, "PRIVILEGES") S(PLUGINS, "PLUGINS")                \
                S(CREATE_TABLE, "CREATE TABLE") S(CREATE_VIEW, "CREATE VIEW") S(                   \
                    CREATE_DATABASE, "CREATE DATABASE") S(CREATE_PROCEDURE, "CREATE PROCEDURE")    \
                    S(CREATE_FUNCTION, "CREATE FUNCTION") S(CREATE_TRIGGER, "CREATE TRIGGER")      \
                        S(CREATE_EVENT, "CREATE EVENT") S(CREATE_USER, "CREATE USER") S(           \
                            BINARY_LOGS, "BINARY LOGS") S(BINARY_LOG_STATUS, "BINARY LOG STATUS")  \
                            S(MASTER_STATUS, "MASTER STATUS") S(BINLOG_EVENTS, "BINLOG EVENTS")    \
                                S(RELAYLOG_EVENTS, "RELAYLOG EVENTS") S(REPLICAS, "REPLICAS")      \
                                    S(REPLICA_STATUS, "REPLICA STATUS")                            \
                                        S(ALL_REPLICAS_STATUS, "ALL SLAVES STATUS")                \
                                            S(PROCEDURE_STATUS, "PROCEDURE STATUS")                \
                                                S(FUNCTION_STATUS, "FUNCTION STATUS")              \
                                                    S(PROCEDURE_CODE, "PROCEDURE CODE")            \
                                                        S(FUNCTION_CODE, "FUNCTION CODE")          \
                                                            S(PROFILE, "PROFILE")                  \
                                                                S(PROFILES, "PROFILES")            \
                                                                    S(PARSE_TREE, "PARSE_TREE")

#define AST_SHOW_ENUM(name, text) AST_SHOW_##name,
enum ast_show_kind { AST_SHOW_LIST(AST_SHOW_ENUM) };
#undef AST_SHOW_ENUM

struct ast_show {
    enum ast_show_kind kind;
    bool is_full, is_extended;
    bool if_not_exists;   /* SHOW CREATE DATABASE IF NOT EXISTS */
    bool is_old_word;     /* SLAVE, MASTER, SLAVES instead of the 8.4 words */
    enum ast_scope scope; /* STATUS, VARIABLES */
    struct ast_name name; /* table, view, routine; the database of SHOW CREATE DATABASE in object */
    struct slice schema;  /* FROM or IN db */
    bool has_like;
    struct slice like;
    struct ast_expr *where;
    struct ast_limit limit; /* WARNINGS, ERRORS, BINLOG EVENTS */
    bool has_account;       /* GRANTS FOR, CREATE USER */
    struct ast_account account;
    struct ast_accounts roles; /* GRANTS .. USING */
    struct slice word; /* ENGINE: name; STATUS, MUTEX or LOGS in `channel`; log name; channel */
    struct slice channel;
    uint64_t number;                 /* PROFILE FOR QUERY n, BINLOG EVENTS FROM n */
    struct ast_statement *statement; /* PARSE_TREE */
};

struct ast_use {
    struct slice database;
};

struct ast_describe {
    struct ast_name table;
    bool has_like; /* DESCRIBE t 'pattern' or DESCRIBE t column */
    struct slice like;
    bool is_full, is_extended; /* EXPLAIN EXTENDED is refused in 8.4; kept for SHOW's sake */
};

enum ast_explain_format {
    AST_EXPLAIN_DEFAULT,
    AST_EXPLAIN_TRADITIONAL,
    AST_EXPLAIN_JSON,
    AST_EXPLAIN_TREE
};

struct ast_explain {
    bool is_analyze;
    enum ast_explain_format format;
    struct slice format_name;        /* as written; an unknown one is error 1791 */
    struct slice into;               /* INTO @variable */
    struct slice schema;             /* FOR SCHEMA name */
    struct ast_statement *statement; /* only its kind and node are set; or NULL: */
    uint64_t connection;             /* FOR CONNECTION n */
};

struct ast_kill {
    bool only_query;
    struct ast_expr *connection;
};

/* FLUSH and RESET. */
struct ast_flush {
    bool no_write_to_binlog;
    struct ast_identifiers
        what;                /* upper case: "PRIVILEGES", "ENGINE LOGS", "TABLES", "REPLICA" ... */
    struct ast_names tables; /* FLUSH TABLES t1, t2 */
    bool with_read_lock, for_export;
    struct slice channel; /* FLUSH RELAY LOGS FOR CHANNEL; RESET PERSIST name */
    bool if_exists;
};

struct ast_maintain {
    bool no_write_to_binlog;
    struct ast_names tables;
    struct ast_identifiers options; /* QUICK, EXTENDED, FOR UPGRADE ... in upper case */
    bool update_histogram, drop_histogram;
    struct ast_identifiers columns; /* of the histogram */
    uint64_t buckets;               /* 0: not given */
};

struct ast_table_lock {
    struct ast_name table;
    struct slice alias;
    bool is_write, is_local, is_low_priority;
};

struct ast_lock_tables {
    struct ast_table_lock *items;
    uint32_t count, capacity;
};

/* BEGIN and START TRANSACTION. */
struct ast_begin {
    bool with_snapshot;
    enum ast_access access;
};

/* COMMIT and ROLLBACK; unset: as completion_type says. */
struct ast_end {
    enum ast_tristate chain, release;
};

struct ast_savepoint {
    struct slice name;
};

enum ast_xa_kind {
    AST_XA_START,
    AST_XA_END,
    AST_XA_PREPARE,
    AST_XA_COMMIT,
    AST_XA_ROLLBACK,
    AST_XA_RECOVER
};

struct ast_xa {
    enum ast_xa_kind kind;
    struct slice gtrid, bqual;
    uint64_t format;
    bool is_join, is_resume, is_suspend, for_migrate, one_phase, convert_xid;
};

/* PREPARE name FROM text or @variable; EXECUTE name USING @a, @b; DEALLOCATE PREPARE name. */
struct ast_prepare {
    struct slice name;
    bool from_variable;
    struct slice text; /* statement text or variable name */
    struct ast_identifiers variables;
};

/* DO exprs; CALL name(args). */
struct ast_call_statement {
    struct ast_name name;
    struct ast_exprs args;
};

struct ast_help {
    struct slice topic;
};

/* A statement of MySQL's that is recognised by its first words and not looked into. */
struct ast_unsupported {
    const char *name; /* "CREATE PROCEDURE" ... for error 1235 */
};

struct ast_statement {
    enum ast_kind kind;
    struct slice source;      /* without the ';' */
    uint32_t parameter_count; /* of ? */
    uint32_t literal_count;   /* of lifted literals; 0 unless asked for */
    union {
        void *none;
        struct ast_query *query;
        struct ast_insert *insert;
        struct ast_update *update;
        struct ast_delete *delete;
        struct ast_load *load;
        struct ast_create_table *create_table;
        struct ast_alter_table *alter_table;
        struct ast_drop *drop;
        struct ast_rename *rename;
        struct ast_create_index *create_index;
        struct ast_drop_index *drop_index;
        struct ast_create_view *create_view;
        struct ast_database *database;
        struct ast_user *user;
        struct ast_rename_user *rename_user;
        struct ast_grant *grant;
        struct ast_set *set;
        struct ast_set_password *set_password;
        struct ast_set_role *set_role;
        struct ast_set_transaction *set_transaction;
        struct ast_show *show;
        struct ast_use *use;
        struct ast_describe *describe;
        struct ast_explain *explain;
        struct ast_kill *kill;
        struct ast_flush *flush;
        struct ast_maintain *maintain;
        struct ast_lock_tables *lock_tables;
        struct ast_begin *begin;
        struct ast_end *end;
        struct ast_savepoint *savepoint;
        struct ast_xa *xa;
        struct ast_prepare *prepare;
        struct ast_call_statement *call;
        struct ast_help *help;
        struct ast_unsupported *unsupported;
    };
};

/* "SELECT", "CREATE TABLE" ...; never NULL. */
const char *ast_kind_name(enum ast_kind kind);
/* The same, but for an unsupported statement its own name. */
const char *ast_statement_name(const struct ast_statement *statement);
/* "TABLES", "CREATE VIEW" ...: what follows SHOW; never NULL. */
const char *ast_show_name(enum ast_show_kind kind);

#endif
