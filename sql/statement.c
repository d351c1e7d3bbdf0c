/* statement.c: which function runs which kind of statement, and what goes on around each.
 *
 *   begin: diagnostics, clock, dictionary version -- implicit commit -- handler -- reply -- end
 *
 *   (ST1) Kinds without a handler answer 1235 with their name: the table below is the list of what is executed.
 *   (ST2) Statements that change the dictionary, accounts or locks commit what is open first, and so do LOCK TABLES and
 *         others of MySQL's list (RULE_COMMITS).
 */
#include "sql/privilege.h"
#include "sql/session_private.h"

enum rule_flag {
    RULE_COMMITS = 1,    /* (ST2) */
    RULE_UNPREPARED = 2, /* 1295 in PREPARE */
    RULE_QUERY = 4,      /* bound, planned, executed */
    RULE_CHANGES = 8,    /* 1792 in a READ ONLY transaction; the executor sees to it for queries */
};
#define RULE_DDL (RULE_COMMITS | RULE_CHANGES)

struct statement_rule {
    statement_handler *run;
    uint32_t flags;
};

static const struct statement_rule rules[AST_UNSUPPORTED + 1] = {
    [AST_SELECT] = {NULL, RULE_QUERY},
    [AST_INSERT] = {NULL, RULE_QUERY},
    [AST_REPLACE] = {NULL, RULE_QUERY},
    [AST_UPDATE] = {NULL, RULE_QUERY},
    [AST_DELETE] = {NULL, RULE_QUERY},
    [AST_CREATE_TABLE] = {ddl_create_table_run, RULE_DDL},
    [AST_ALTER_TABLE] = {ddl_alter_table_run, RULE_DDL},
    [AST_CREATE_INDEX] = {ddl_create_index_run, RULE_DDL},
    [AST_DROP_INDEX] = {ddl_drop_index_run, RULE_DDL},
    [AST_CREATE_VIEW] = {ddl_create_view_run, RULE_DDL},
    [AST_ALTER_VIEW] = {ddl_create_view_run, RULE_DDL},
    [AST_DROP_VIEW] = {ddl_drop_view_run, RULE_DDL},
    [AST_DROP_TABLE] = {ddl_drop_table_run, RULE_DDL},
    [AST_RENAME_TABLE] = {ddl_rename_table_run, RULE_DDL},
    [AST_TRUNCATE] = {ddl_truncate_run, RULE_DDL},
    [AST_CREATE_DATABASE] = {ddl_database_run, RULE_DDL},
    [AST_ALTER_DATABASE] = {ddl_database_run, RULE_DDL},
    [AST_DROP_DATABASE] = {ddl_database_run, RULE_DDL},
    [AST_CREATE_USER] = {user_run, RULE_DDL},
    [AST_ALTER_USER] = {user_run, RULE_DDL},
    [AST_DROP_USER] = {user_run, RULE_DDL},
    [AST_CREATE_ROLE] = {user_run, RULE_DDL},
    [AST_DROP_ROLE] = {user_run, RULE_DDL},
    [AST_RENAME_USER] = {rename_user_run, RULE_DDL},
    [AST_SET_PASSWORD] = {set_password_run, RULE_DDL},
    [AST_GRANT] = {grant_run, RULE_DDL},
    [AST_REVOKE] = {grant_run, RULE_DDL},
    [AST_LOAD] = {load_run, RULE_UNPREPARED},
    [AST_SET] = {set_run, 0},
    [AST_SET_TRANSACTION] = {set_transaction_run, 0},
    [AST_SHOW] = {show_run, 0},
    [AST_DESCRIBE] = {describe_run, 0},
    [AST_USE] = {use_run, RULE_UNPREPARED},
    [AST_EXPLAIN] = {explain_run, 0},
    [AST_FLUSH] = {flush_run, RULE_COMMITS},
    [AST_ANALYZE_TABLE] = {maintain_run, RULE_COMMITS},
    [AST_OPTIMIZE_TABLE] = {maintain_run, RULE_COMMITS},
    [AST_CHECK_TABLE] = {maintain_run, RULE_COMMITS},
    [AST_KILL] = {kill_run, 0},
    [AST_LOCK_TABLES] = {lock_tables_run, RULE_COMMITS},
    [AST_UNLOCK_TABLES] = {unlock_tables_run, 0},
    [AST_BEGIN] = {begin_run, 0},
    [AST_COMMIT] = {end_run, 0},
    [AST_ROLLBACK] = {end_run, 0},
    [AST_SAVEPOINT] = {savepoint_run, 0},
    [AST_RELEASE_SAVEPOINT] = {savepoint_run, 0},
    [AST_ROLLBACK_TO] = {savepoint_run, 0},
    [AST_PREPARE] = {prepare_run, RULE_UNPREPARED},
    [AST_EXECUTE] = {execute_run, RULE_UNPREPARED},
    [AST_DEALLOCATE] = {deallocate_run, RULE_UNPREPARED},
    [AST_DO] = {do_run, 0},
};

bool statement_is_query(enum ast_kind kind) { return (rules[kind].flags & RULE_QUERY) != 0; }
bool statement_is_preparable(enum ast_kind kind) {
    return (rules[kind].flags & RULE_UNPREPARED) == 0;
}

/* ---- begin and end ---- */

/* SHOW WARNINGS and its kin ask for what the statement before left. */
bool statement_keeps_diagnostics(const struct ast_statement *statement) {
    if (statement->kind != AST_SHOW) return false;
    switch ((int)statement->show->kind) {
    case AST_SHOW_WARNINGS:
    case AST_SHOW_ERRORS:
    case AST_SHOW_COUNT_WARNINGS:
    case AST_SHOW_COUNT_ERRORS: return true;
    }
    return false;
}

static void diagnostics_renew(struct session *session) {
    session->previous = session->diagnostics;
    session->diagnostics_place ^= 1;
    struct arena *arena = &session->diagnostics_arenas[session->diagnostics_place];
    if (arena->used_bytes > 0) arena_reset(arena);
    diagnostics_open(&session->diagnostics, arena, session->settings.conditions_max);
}

/* After a diagnostic statement that went well: what it showed stays. */
static void diagnostics_restore(struct session *session) {
    session->diagnostics_place ^= 1;
    session->diagnostics = session->previous;
}

static int64_t clock_of(const struct session *session) {
    const struct value *fixed = variable_store_find(&session->variables, VARIABLE_timestamp);
    if (fixed != NULL && fixed->d != 0) return (int64_t)(fixed->d * 1e6);
    return (int64_t)session->server->wall_us;
}

void statement_begin(struct session *session, struct slice text, enum session_command command) {
    struct waiter *waiter = session->waiter;
    bool is_stale = waiter->cancel == CANCEL_QUERY || waiter->cancel == CANCEL_TIMEOUT;
    if (is_stale) waiter_clear_cancel(waiter);
    session->text = text;
    session->command = command;
    session->since_wall_us = session->server->wall_us;
    session->now_us = clock_of(session);
    session->server->counters.questions++;
    session->schema = schema_hold(session_cluster(session));
    diagnostics_renew(session);
    answer_begin(session);
}

void statement_renew_schema(struct session *session) {
    struct cluster *cluster = session_cluster(session);
    if (session->schema != NULL) schema_release(cluster, session->schema);
    session->schema = schema_hold(cluster);
}

void statement_end_keeping(struct session *session) {
    if (session->schema != NULL) schema_release(session_cluster(session), session->schema);
    session->schema = NULL;
    session->text = SLICE_EMPTY;
    session->command = SESSION_SLEEPS;
    session->since_wall_us = session->server->wall_us;
}

void statement_end(struct session *session) {
    statement_end_keeping(session);
    arena_reset(&session->statement_arena);
}

/* ---- one statement ---- */

static enum status run_query(struct session *session, const struct ast_statement *statement) {
    const struct query query = {.text = statement->source,
                                .ast = statement,
                                .parse_mode = session->settings.parse_mode,
                                .parameters = session->parameters,
                                .parameter_count = session->parameter_count};
    return query_run(session, &query);
}

enum status statement_dispatch(struct session *session, const struct ast_statement *statement) {
    const struct statement_rule *rule = &rules[statement->kind];
    session->server->counts[statement->kind]++;
    if (statement->kind == AST_EMPTY) return STATUS_OK;
    if ((rule->flags & RULE_CHANGES) != 0 && transaction_reads_only(session))
        return diagnostics_error(&session->diagnostics, ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION);
    if (rule->flags & RULE_COMMITS) {
        enum status status = transaction_commit_implicitly(session);
        if (status == STATUS_OK) status = table_lock_pass_ddl(session, statement);
        if (status != STATUS_OK) return status;
    }
    if (rule->flags & RULE_QUERY) return run_query(session, statement);
    if (rule->run == NULL) /* (ST1) */
        return diagnostics_unsupported(&session->diagnostics, ast_statement_name(statement));
    enum status status = rule->run(session, statement);
    if (status == STATUS_OK && statement_keeps_diagnostics(statement)) diagnostics_restore(session);
    return status;
}

/* ---- small ones ---- */

enum status do_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_call_statement *call = statement->call;
    for (uint32_t i = 0; i < call->args.count; i++) {
        struct value ignored;
        enum status status = query_eval(session, call->args.items[i], &ignored);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

enum status use_run(struct session *session, const struct ast_statement *statement) {
    struct slice name = statement->use->database;
    bool is_there = catalog_is_virtual(name) || schema_has_database(session->schema, name);
    if (!is_there)
        return diagnostics_error(&session->diagnostics, ER_BAD_DB_ERROR,
                                 arena_text(&session->statement_arena, name));
    if (!privilege_any_in_database(session, name))
        return privilege_check_database(session, PRIVILEGES_ALL, name);
    session_set_database(session, name);
    if (session->settings.tracks_schema) answer_track(session, 1, SLICE_EMPTY, name);
    return STATUS_OK;
}

enum status kill_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_kill *kill = statement->kill;
    struct value value;
    uint64_t id = 0;
    enum status status = query_eval(session, kill->connection, &value);
    if (status != STATUS_OK) return status;
    if (value_is_null(&value) || value_to_uint(&value, &id) != STATUS_OK) id = 0;
    status = session_kill(session, id, kill->only_query ? KILL_QUERY : KILL_CONNECTION);
    if (status == STATUS_OK) return STATUS_OK;
    return diagnostics_error(&session->diagnostics,
                             status == STATUS_DENIED ? ER_KILL_DENIED_ERROR : ER_NO_SUCH_THREAD,
                             (unsigned long)id);
}
