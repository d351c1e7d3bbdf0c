/* query.c: from the text of a query or change to its rows: plan cache, bind, plan, execution, and its end.
 *
 *   text --normalise--> key + literals --> kept plan ----------------------------+--> execution --> end of statement
 *                                    \--> parse, bind, plan --> keep it -->------+
 *
 *   (Q1) The key of a plan: normalised text, database, modes, collation, kinds of the parameters' values. The schema version
 *        is compared by the cache.
 *   (Q2) A plan into which a variable's value went (SELECT @@x) is not kept.
 *   (Q3) A statement is run again after OLD_SCHEMA, and after a certain abort of its own transaction (X8), when the
 *        client has seen nothing of it.
 *   (Q4) A table that is being changed refuses writes with OLD_SCHEMA until the change is over. It is waited for as a row
 *        lock is (1205); who holds locks, for which the change may be waiting, loses soon (1213).
 */
#include "sql/session_private.h"

#include "row/temporal.h"
#include "sql/dml_copy.h"
#include "sql/normalise.h"
#include "sql/privilege.h"

#define NORMALISED_TEXT_MAX  (16 * KIB)
#define NORMALISED_COUNT_MAX 2048
#define ATTEMPTS_MAX         20
#define REPEAT_US            5000
#define LOCKED_WAIT_US       2000000

/* ---- normalising ---- */

bool query_normalise(struct session *session, struct slice text, struct arena *arena,
                     struct query *query_out) {
    if (text.size > NORMALISED_TEXT_MAX) return false;
    struct normalised normalised = {
        .key_capacity = text.size + 16,
        .literal_capacity = (uint32_t)MIN(text.size / 2 + 1, (size_t)NORMALISED_COUNT_MAX)};
    normalised.key = arena_alloc(arena, normalised.key_capacity);
    normalised.literals = arena_array(arena, struct literal, normalised.literal_capacity);
    uint32_t mode = session->settings.parse_mode;
    if (!parse_normalise(text, mode, &normalised)) return false;
    struct value *values = arena_array(arena, struct value, normalised.literal_count);
    for (uint32_t i = 0; i < normalised.literal_count; i++) {
        const struct literal *literal = &normalised.literals[i];
        enum ast_literal_kind kind = (enum ast_literal_kind)literal->kind;
        bool is_quoted = kind == AST_LITERAL_STRING || kind == AST_LITERAL_NATIONAL ||
                         kind == AST_LITERAL_HEX || kind == AST_LITERAL_BIT;
        struct slice bytes = is_quoted ? literal_bytes(arena, literal, mode) : literal->text;
        values[i] = bind_literal_value(kind, literal->integer, bytes,
                                       session->settings.connection_collation, arena);
    }
    *query_out = (struct query){.text = text,
                                .key = slice_of(normalised.key, normalised.key_size),
                                .parse_mode = mode,
                                .parameters = values,
                                .parameter_count = normalised.parameter_count,
                                .literal_count = normalised.literal_count};
    return true;
}

/* (Q1) */
static struct slice key_of(const struct session *session, const struct query *query,
                           struct arena *arena) {
    struct slice database = session_database(session);
    uint32_t value_count = query->literal_count + query->parameter_count;
    size_t size = query->key.size + database.size + 25 + 3 * (size_t)value_count;
    struct writer writer = writer_of(arena_alloc(arena, size), size);
    writer_bytes(&writer, query->key);
    writer_u8(&writer, 0);
    writer_bytes(&writer, database);
    writer_u8(&writer, 0);
    writer_u64(&writer, session->settings.sql_mode);
    writer_u8(&writer, (uint8_t)query->parse_mode);
    writer_u16(&writer, session->settings.connection_collation);
    for (uint32_t i = 0; i < value_count; i++) {
        writer_u8(&writer, query->parameters[i].kind);
        if (query->parameters[i].kind == VALUE_STRING)
            writer_u16(&writer, query->parameters[i].collation);
    }
    CHECK(!writer.failed);
    return writer_written(&writer);
}

/* ---- plans ---- */

enum status query_parse_error(struct session *session, enum status status,
                              const struct parse_error *error) {
    if (status == STATUS_CANCELLED) return diagnostics_status(&session->diagnostics, status);
    return diagnostics_error_text(&session->diagnostics, (enum mysql_error)error->number, "%s",
                                  error->text);
}

static enum status entry_parse(struct session *session, const struct query *query,
                               struct plan_entry *entry) {
    if (query->ast != NULL) {
        entry->ast = query->ast;
        return STATUS_OK;
    }
    uint32_t lift = query->key.size > 0 ? PARSE_LIFT_LITERALS : 0;
    struct parse_input input = {.text = arena_copy(&entry->arena, query->text),
                                .mode = query->parse_mode | lift,
                                .waiter = session->waiter};
    struct parse_result result;
    enum status status = parse_statement(&entry->arena, &input, &result);
    if (status != STATUS_OK) return query_parse_error(session, status, &result.error);
    entry->ast = result.statement;
    CHECK(entry->ast->literal_count == query->literal_count);
    return STATUS_OK;
}

static struct bind_input bind_input_of(struct session *session, const struct query *query,
                                       struct arena *arena, const struct catalog *catalog) {
    return (struct bind_input){.arena = arena,
                               .catalog = &catalog->base,
                               .diagnostics = &session->diagnostics,
                               .database = session_database(session),
                               .sql_mode = (uint32_t)session->settings.sql_mode,
                               .connection_collation = session->settings.connection_collation,
                               .parameters = query->parameters,
                               .literal_count = query->literal_count,
                               .parameter_count = query->parameter_count,
                               .waiter = session->waiter};
}

static const struct table_statistics *statistics_of(void *context, const struct table *table) {
    struct session *session = context;
    return cluster_statistics(session_cluster(session), table);
}

static enum status entry_compile(struct session *session, const struct query *query,
                                 struct plan_entry *entry, bool *is_constant_out) {
    struct catalog catalog;
    catalog_open(&catalog, session);
    enum status status = entry_parse(session, query, entry);
    if (status != STATUS_OK) return status;
    struct bind_input input = bind_input_of(session, query, &entry->arena, &catalog);
    status = bind_statement(&input, entry->ast, &entry->bound);
    if (status == STATUS_OK && entry->bound->kind == BOUND_QUERY)
        status = into_check(session, entry->bound->query);
    if (status != STATUS_OK) return status;
    struct plan_input plan = {.arena = &entry->arena,
                              .diagnostics = &session->diagnostics,
                              .bound = entry->bound,
                              .statistics = statistics_of,
                              .statistics_context = session};
    status = plan_statement(&plan, &entry->plan);
    entry->schema_version = schema_version(session->schema);
    *is_constant_out = catalog.is_constant != 0;
    return status;
}

static enum status entry_take(struct session *session, const struct query *query,
                              struct plan_entry **entry_out) {
    struct plan_cache *cache = &session->server->plans;
    struct slice key = SLICE_EMPTY;
    if (query->key.size > 0) {
        key = key_of(session, query, &session->statement_arena);
        *entry_out = plan_cache_take(cache, key, schema_version(session->schema));
        if (*entry_out != NULL) return STATUS_OK;
    }
    struct plan_entry *entry = plan_entry_new(cache), *outer = session->entry;
    bool is_constant = false;
    session->entry =
        entry; /* goes with the session when the fiber is forgotten while it gives way */
    enum status status = entry_compile(session, query, entry, &is_constant);
    session->entry = outer;
    if (status != STATUS_OK) {
        plan_cache_give(cache, entry);
        return status;
    }
    if (key.size > 0 && !is_constant) plan_cache_keep(cache, entry, key); /* (Q2) */
    *entry_out = entry;
    return STATUS_OK;
}

/* ---- evaluation ---- */

static void facts_fill(struct session *session) {
    session->facts = (struct session_facts){
        .user = session->user_at_host,
        .current_user = session->current_user,
        .database = session_database(session),
        .version = SLICE_LITERAL(SQL_VERSION),
        .connection_id = session->id,
        .last_insert_id = session->last_insert_id,
        .found_rows = session->found_rows,
        .row_count = session->row_count,
    };
}

static enum status find_zone(void *session, struct slice name, struct arena *arena,
                             const struct time_zone **out) {
    return settings_zone(session, name, arena, out);
}

void query_context(struct session *session, struct arena *arena, struct eval_context *context) {
    const struct settings *settings = &session->settings;
    facts_fill(session);
    *context = (struct eval_context){
        .arena = arena,
        .mode = settings->eval_mode,
        .temporal_flags = settings->temporal_flags,
        .connection_collation = settings->connection_collation,
        .division_scale_increment = settings->division_scale,
        .now_epoch_us = session->now_us,
        .sysdate_epoch_us = session->now_us,
        .clock_us = &session->server->wall_us,
        .week_format = settings->week_format,
        .cipher_mode = settings->cipher_mode,
        .cipher_key_bytes = settings->cipher_key_bytes,
        .zone = settings->zone,
        .random = &session->random,
        .diagnostics = &session->diagnostics,
        .facts = &session->facts,
        .group_concat_bytes_max = settings->group_concat_bytes_max,
        .packet_bytes_max = settings->packet_bytes_max,
        .session = session,
        .get_variable = user_variable_get,
        .set_variable = user_variable_set,
        .wait_call = named_lock_call,
        .find_zone = find_zone,
    };
}

static bool expr_has_query(const struct ast_expr *expr) {
    bool is_query = expr->kind == AST_EXPR_SUBQUERY || expr->kind == AST_EXPR_EXISTS ||
                    expr->kind == AST_EXPR_IN_QUERY || expr->kind == AST_EXPR_QUANTIFIED;
    for (uint32_t i = 0; i < expr->arg_count && !is_query; i++)
        is_query = expr_has_query(expr->args[i]);
    return is_query;
}

/* SET x = (SELECT ..) runs as a query of one value. */
static enum status eval_query(struct session *session, const struct ast_expr *ast,
                              struct value *value_out) {
    struct arena *arena = &session->statement_arena;
    struct buffer text = buffer_of(arena);
    struct recorder recorder;
    buffer_append(&text, SLICE_LITERAL("SELECT "));
    buffer_append(&text, ast->source);
    recorder_open(&recorder, arena, 1);
    enum status status = query_record(session, buffer_slice(&text), &recorder);
    if (status != STATUS_OK) return status;
    *value_out = recorder.row_count == 1 ? recorder.rows[0][0] : value_null();
    return STATUS_OK;
}

enum status query_eval(struct session *session, const struct ast_expr *ast,
                       struct value *value_out) {
    if (expr_has_query(ast)) return eval_query(session, ast, value_out);
    struct arena *arena = &session->statement_arena;
    struct catalog catalog;
    struct eval_context context;
    struct expr *expr;
    const struct query none = {.parameters = session->parameters,
                               .parameter_count = session->parameter_count};
    catalog_open(&catalog, session);
    struct bind_input input = bind_input_of(session, &none, arena, &catalog);
    enum status status = bind_expression(&input, ast, &expr);
    if (status != STATUS_OK) return status;
    query_context(session, arena, &context);
    context.parameters = session->parameters;
    context.parameter_count = session->parameter_count;
    return expr_eval(expr, &context, value_out);
}

/* ---- execution ---- */

struct attempt {
    struct session *session;
    const struct query *query;
    const struct plan_entry *entry;
    struct exec_result result;
};

static bool is_ignore(const struct bound_statement *bound) {
    if (bound->kind == BOUND_INSERT) return bound->insert->is_ignore != 0;
    return bound->kind == BOUND_MODIFY && bound->modify->is_ignore != 0;
}

static void exec_context_fill(const struct attempt *attempt, struct eval_context *eval,
                              struct exec_context *context) {
    struct session *session = attempt->session;
    const struct query *query = attempt->query;
    const struct bound_statement *bound = attempt->entry->bound;
    const struct settings *settings = &session->settings;
    query_context(session, &session->statement_arena, eval);
    if (bound->kind == BOUND_QUERY) eval->mode &= ~(uint32_t)EVAL_STRICT;
    if (is_ignore(bound)) eval->mode |= EVAL_IGNORE;
    eval->parameters = query->parameters;
    eval->parameter_count = query->literal_count + query->parameter_count;
    eval->rand_states = arena_alloc_zeroed(&session->statement_arena,
                                           (2 * bound->rand_state_count + 1) * sizeof(uint64_t));
    *context = (struct exec_context){
        .plan = attempt->entry->plan,
        .txn = session->transaction.txn,
        .copy = session->copy,
        .cluster = session_cluster(session),
        .waiter = session->waiter,
        .arena = &session->statement_arena,
        .sink = session->sink,
        .eval = eval,
        .capabilities = session->capabilities,
        .result_status = session_status_flags(session),
        .is_autocommit = session->transaction.is_autocommit,
        .statement_extent = session->transaction.is_autocommit,
        .row_limit = query->is_own ? UINT64_MAX : settings->select_limit,
        .cte_rounds_max = settings->cte_rounds_max,
        .safe_updates = settings->safe_updates,
        .auto_increment_increment = settings->auto_increment_increment,
        .auto_increment_offset = settings->auto_increment_offset,
        .no_auto_value_on_zero = (settings->sql_mode & SQL_MODE_NO_AUTO_VALUE_ON_ZERO) != 0 ||
                                 (session->copy != NULL && session->copy->keeps_zero),
        .insert_id = session->insert_id_next,
        .spill_files = session->server->options.spill_files,
        .keep_bytes = settings->keep_bytes,
    };
}

static void result_keep(struct attempt *attempt, const struct eval_context *eval) {
    struct session *session = attempt->session;
    const struct exec_result *result = &attempt->result;
    session->answer.affected_rows = result->affected_rows;
    session->answer.last_insert_id = result->last_insert_id;
    session->answer.info = result->info;
    if (result->generated_id != 0) session->last_insert_id = result->generated_id;
    if (eval->has_last_insert_id_set) {
        session->last_insert_id = eval->last_insert_id_set;
        session->answer.last_insert_id = eval->last_insert_id_set;
    }
    if (attempt->entry->plan->kind == BOUND_QUERY) session->found_rows = result->found_rows;
    session->insert_id_next = 0;
}

static const struct ast_into *into_of(const struct attempt *attempt) {
    const struct bound_statement *bound = attempt->entry->bound;
    bool is_read = bound->kind == BOUND_QUERY && !attempt->query->is_explained;
    return is_read ? bound->query->into : NULL;
}

static enum status exec_into(struct attempt *attempt, struct exec_context *context) {
    struct into into;
    context->sink = into_open(&into, attempt->session, into_of(attempt));
    enum status status = exec_statement(context, &attempt->result);
    attempt->result.has_rows = 0;
    if (status == STATUS_OK) into_end(&into, &attempt->result);
    return status;
}

static enum status attempt_exec(struct attempt *attempt) {
    struct session *session = attempt->session;
    struct exec_context context;
    struct eval_context eval;
    exec_context_fill(attempt, &eval, &context);
    enum status status;
    if (attempt->query->is_explained) {
        enum explain_format format =
            attempt->query->explain == AST_EXPLAIN_TREE ? EXPLAIN_TREE : EXPLAIN_TRADITIONAL;
        status = exec_explain(&context, format, &attempt->result);
    } else if (into_of(attempt) != NULL) {
        status = exec_into(attempt, &context);
    } else {
        status = exec_statement(&context, &attempt->result);
    }
    session->answer.has_rows = attempt->result.has_rows;
    if (status == STATUS_OK) result_keep(attempt, &eval);
    return status;
}

/* What made the failure known, below what the operators made of it. */
static enum status cause_of(const struct session *session, enum status status) {
    enum status cause = session->diagnostics.cause;
    return status == STATUS_INVALID && cause != STATUS_OK ? cause : status;
}

/* May the session, and may it now? */
static enum status entry_check(struct session *session, const struct query *query,
                               const struct plan_entry *entry) {
    const struct bound_statement *bound = entry->bound;
    enum status status = STATUS_OK;
    if (session->copy != NULL) return STATUS_OK; /* ALTER TABLE has been checked as a whole */
    status = privilege_check_accesses(session, bound->accesses, bound->access_count);
    if (status != STATUS_OK || query->is_explained) return status;
    return table_lock_pass_accesses(session, bound);
}

/* A plan that may be executed; made again when the session had to wait for a table lock. */
static enum status entry_open(struct session *session, const struct query *query,
                              struct plan_entry **entry_out) {
    for (;;) {
        enum status status = entry_take(session, query, entry_out);
        if (status != STATUS_OK) return status;
        status = entry_check(session, query, *entry_out);
        if (status == STATUS_OK) return STATUS_OK;
        plan_cache_give(&session->server->plans, *entry_out);
        if (status != STATUS_OLD_SCHEMA) return status;
    }
}

static enum status query_attempt(struct session *session, const struct query *query) {
    struct attempt attempt = {.session = session, .query = query};
    struct plan_entry *entry;
    enum status status = entry_open(session, query, &entry);
    if (status != STATUS_OK) return status;
    attempt.entry = session->entry = entry;
    const struct bound_statement *bound = entry->bound;
    bool writes = bound->kind != BOUND_QUERY && !query->is_explained;
    status = transaction_begin_statement(session, writes ? TRANSACTION_WRITES : TRANSACTION_READS);
    if (status == STATUS_OK) {
        if (writes && !session->transaction.is_autocommit) table_lock_note_written(session, bound);
        if (!query->is_explained) time_limit_begin(session, entry->ast);
        status = time_limit_end(session, cause_of(session, attempt_exec(&attempt)));
        bool needs_no_transaction = bound->access_count == 0 && !session->transaction.is_explicit &&
                                    !session->transaction.is_autocommit;
        if (needs_no_transaction)
            transaction_roll_back(session);
        else
            status = transaction_end_statement(session, status);
    }
    session->entry = NULL;
    plan_cache_give(&session->server->plans, entry);
    return status;
}

/* The daemon may not have heard of the newer version yet; a new primary may not be there yet. */
static enum status wait_before_repeat(struct session *session) {
    struct waiter *waiter = session->waiter;
    uint64_t before = waiter->deadline_us;
    waiter->deadline_us = waiter->now_us + REPEAT_US;
    enum wait_result result = waiter_wait(waiter, WAIT_DEADLINE);
    waiter->deadline_us = before;
    return result == WAIT_WOKEN ? STATUS_OK : STATUS_CANCELLED;
}

static void diagnostics_clear(struct session *session) {
    diagnostics_open(&session->diagnostics,
                     &session->diagnostics_arenas[session->diagnostics_place],
                     session->settings.conditions_max);
}

/* (Q4) Whether the transaction has locks that the change may wait for in turn. */
static bool has_locks(const struct session *session) {
    const struct transaction *transaction = &session->transaction;
    return transaction->txn != NULL && !transaction->is_autocommit &&
           transaction->statement_count > 1;
}

static bool may_repeat(const struct session *session, enum status status, uint32_t attempts,
                       uint64_t since_us) {
    bool is_once = session->copy != NULL || session->load_table != NULL;
    if (is_once || !transaction_may_repeat(session, status)) return false; /* (Q3) */
    if (status != STATUS_OLD_SCHEMA) return attempts < ATTEMPTS_MAX;
    uint64_t limit_us = (uint64_t)session->settings.lock_wait_ms * 1000;
    if (has_locks(session)) limit_us = MIN(limit_us, (uint64_t)LOCKED_WAIT_US);
    return session->waiter->now_us - since_us < limit_us;
}

/* The change of the table did not end in time. */
static enum status tell_change(struct session *session) {
    enum status status = has_locks(session) ? STATUS_DEADLOCK : STATUS_LOCK_TIMEOUT;
    diagnostics_clear(session);
    if (status == STATUS_DEADLOCK) transaction_roll_back(session);
    return diagnostics_status(&session->diagnostics, status);
}

enum status query_run(struct session *session, const struct query *query) {
    uint64_t since_us = session->waiter->now_us;
    for (uint32_t attempts = 1;; attempts++) {
        enum status status = query_attempt(session, query);
        if (status == STATUS_OK) return status;
        if (!may_repeat(session, status, attempts, since_us))
            return status == STATUS_OLD_SCHEMA && !session->answer.has_rows ? tell_change(session)
                                                                            : status;
        transaction_repeat(session);
        if (wait_before_repeat(session) != STATUS_OK) return STATUS_CANCELLED;
        diagnostics_clear(session);
        statement_renew_schema(session);
    }
}

bool query_run_text(struct session *session, struct slice text, enum status *status_out) {
    struct query query;
    if (!query_normalise(session, text, &session->statement_arena, &query)) return false;
    if (query.parameter_count > 0) return false; /* only PREPARE knows ? */
    *status_out = query_run(session, &query);
    return true;
}

enum status query_record(struct session *session, struct slice text, struct recorder *recorder) {
    struct result_sink *sink = session->sink;
    struct answer answer = session->answer;
    const struct query query = {
        .text = text, .parse_mode = session->settings.parse_mode, .is_own = 1};
    session->sink = &recorder->sink;
    session->answer = (struct answer){0};
    session->nesting++;
    enum status status = query_run(session, &query);
    session->nesting--;
    session->sink = sink;
    session->answer = answer;
    return status;
}

enum status query_describe(struct session *session, const struct query *query,
                           const struct result_column **columns_out, uint32_t *count_out) {
    struct plan_cache *cache = &session->server->plans;
    struct plan_entry *entry = plan_entry_new(cache);
    bool is_constant;
    enum status status = entry_compile(session, query, entry, &is_constant);
    if (status == STATUS_OK) {
        const struct bound_statement *bound = entry->bound;
        status = privilege_check_accesses(session, bound->accesses, bound->access_count);
    }
    if (status == STATUS_OK) {
        const struct bound_statement *bound = entry->bound;
        const struct result_column *columns;
        exec_describe(entry->plan, &entry->arena, &columns, count_out);
        if (bound->kind == BOUND_QUERY && bound->query->into != NULL) *count_out = 0;
        struct recorder copier;
        recorder_open(&copier, &session->statement_arena, 0);
        copier.sink.columns(&copier.sink, columns, *count_out);
        *columns_out = copier.columns;
    }
    plan_cache_give(cache, entry);
    return status;
}
