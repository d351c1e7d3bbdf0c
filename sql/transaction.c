/* transaction.c: which transaction does a statement run in, and what ends it?
 *
 *        autocommit on                          BEGIN, or autocommit off
 *   none --statement--> open --its end--> none      none --> open --statement--> open --COMMIT--> none
 *
 *   (TR1) A failing statement undoes itself and only itself (X9). DEADLOCK and ABORTED have ended the whole transaction.
 *   (TR2) UNKNOWN_OUTCOME closes the connection: nobody may take it for an answer.
 *   (TR3) A statement that is its transaction's first, is certainly aborted and has sent nothing is run again (X8), in a
 *         transaction like the one that it ended: what follows it until COMMIT still belongs to it. SAVEPOINT and WITH
 *         CONSISTENT SNAPSHOT count as statements, since they have left something in the transaction.
 *   (TR4) A transaction of several statements never ends unsaid: an error that leaves it open is told only when it is.
 */
#include "sql/session_private.h"

static struct transaction *transaction_of(struct session *session) { return &session->transaction; }

static bool outcome_ends_it(enum status status) {
    return status == STATUS_DEADLOCK || status == STATUS_ABORTED ||
           status == STATUS_UNKNOWN_OUTCOME;
}

/* ---- begin and end ---- */

static enum isolation isolation_of(enum ast_isolation chosen, const struct settings *settings) {
    switch (chosen) {
    case AST_ISOLATION_UNSET: break;
    case AST_READ_UNCOMMITTED: return ISOLATION_READ_UNCOMMITTED;
    case AST_READ_COMMITTED: return ISOLATION_READ_COMMITTED;
    case AST_REPEATABLE_READ: return ISOLATION_REPEATABLE_READ;
    case AST_SERIALIZABLE: return ISOLATION_SERIALIZABLE;
    }
    return (enum isolation)settings->isolation;
}

static bool is_read_only_with(const struct session *session, enum ast_access access) {
    if (access == AST_ACCESS_UNSET) access = (enum ast_access)session->transaction.next_access;
    return access == AST_ACCESS_UNSET ? session->settings.is_read_only != 0
                                      : access == AST_READ_ONLY;
}

bool transaction_reads_only(const struct session *session) {
    const struct transaction *transaction = &session->transaction;
    if (transaction->txn != NULL) return transaction->is_read_only;
    return is_read_only_with(session, AST_ACCESS_UNSET);
}

static void transaction_open(struct session *session, enum txn_kind kind, enum ast_access access) {
    struct transaction *transaction = transaction_of(session);
    CHECK(transaction->txn == NULL);
    bool is_read_only = is_read_only_with(session, access);
    const struct txn_options options = {
        .isolation =
            isolation_of((enum ast_isolation)transaction->next_isolation, &session->settings),
        .kind = kind,
        .access = is_read_only ? TXN_READ_ONLY : TXN_READ_WRITE,
        .lock_wait_ms = session->settings.lock_wait_ms,
        .session_floor = transaction->floor,
    };
    transaction->txn = txn_open(session_cluster(session), session->waiter, &options);
    transaction->is_read_only = is_read_only;
    transaction->is_autocommit = kind == TXN_AUTOCOMMIT;
    transaction->is_explicit = 0;
    transaction->is_begun = transaction->has_read = transaction->has_written = 0;
    transaction->has_sent_rows = 0;
    transaction->statement_count = 0;
    transaction->started_us = session->server->wall_us;
}

/* After the txn is gone. */
static void transaction_forget(struct transaction *transaction) {
    transaction->txn = NULL;
    transaction->is_explicit = 0;
    transaction->is_begun = transaction->has_read = transaction->has_written = 0;
    transaction->has_sent_rows = 0;
    transaction->is_read_only = 0;
    transaction->statement_count = 0;
    transaction->savepoints = NULL;
    transaction->written = NULL;
    transaction->next_isolation = AST_ISOLATION_UNSET;
    transaction->next_access = AST_ACCESS_UNSET;
    if (transaction->arena.used_bytes > 0) arena_reset(&transaction->arena);
}

static enum status transaction_commit(struct session *session) {
    struct transaction *transaction = transaction_of(session);
    if (transaction->txn == NULL) {
        transaction_forget(transaction);
        return STATUS_OK;
    }
    enum status status = table_lock_pass_commit(session);
    if (status != STATUS_OK) return status; /* it stays open */
    status = txn_commit(transaction->txn, &transaction->floor);
    transaction_forget(transaction);
    if (status == STATUS_UNKNOWN_OUTCOME) session->must_close = 1; /* (TR2) */
    if (status == STATUS_TOO_LARGE)
        return diagnostics_error(&session->diagnostics, ER_TRANS_CACHE_FULL);
    return status == STATUS_OK ? STATUS_OK : diagnostics_status(&session->diagnostics, status);
}

void transaction_roll_back(struct session *session) {
    struct transaction *transaction = transaction_of(session);
    if (transaction->txn != NULL) txn_rollback(transaction->txn, &transaction->floor);
    transaction_forget(transaction);
}

enum status transaction_commit_implicitly(struct session *session) {
    return transaction_commit(session);
}

/* ---- statements ---- */

enum status transaction_begin_statement(struct session *session, enum transaction_use use) {
    struct transaction *transaction = transaction_of(session);
    if (transaction->txn == NULL) {
        bool is_auto = session->settings.is_autocommit && !transaction->is_explicit;
        transaction_open(session, is_auto ? TXN_AUTOCOMMIT : TXN_EXPLICIT, AST_ACCESS_UNSET);
    }
    if (use == TRANSACTION_WRITES && transaction->is_read_only) {
        enum status refused =
            diagnostics_error(&session->diagnostics, ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION);
        if (transaction->is_autocommit) transaction_roll_back(session);
        return refused;
    }
    txn_begin_statement(transaction->txn);
    txn_set_lock_wait(transaction->txn, session->settings.lock_wait_ms);
    if (use == TRANSACTION_WRITES)
        transaction->has_written = 1;
    else
        transaction->has_read = 1;
    transaction->again = (struct transaction_again){0};
    transaction->statement_count++;
    return STATUS_OK;
}

/* Taken while the transaction is there: whoever ends it forgets how many statements it had (TR3). */
static struct transaction_again again_of(const struct transaction *transaction) {
    CHECK(transaction->txn != NULL);
    return (struct transaction_again){
        .is_possible = transaction->is_autocommit || transaction->statement_count == 1,
        .is_explicit = !transaction->is_autocommit,
        .isolation = transaction->next_isolation,
        .access = transaction->is_read_only ? AST_READ_ONLY : transaction->next_access,
    };
}

/* Whatever the statement says of itself, the client must hear that its transaction is gone (TR4). */
static enum status tell_aborted(struct session *session) {
    diagnostics_open(&session->diagnostics,
                     &session->diagnostics_arenas[session->diagnostics_place],
                     session->settings.conditions_max);
    return diagnostics_status(&session->diagnostics, STATUS_ABORTED);
}

static enum status end_failed(struct session *session, enum status status) {
    struct transaction *transaction = transaction_of(session);
    if (status == STATUS_UNKNOWN_OUTCOME) session->must_close = 1; /* (TR2) */
    if (transaction->is_autocommit || outcome_ends_it(status)) {
        transaction_roll_back(session);
        return status;
    }
    if (txn_fail_statement(transaction->txn) == STATUS_OK && !txn_is_over(transaction->txn))
        return status; /* (TR1) */
    transaction_roll_back(session);
    return tell_aborted(session);
}

enum status transaction_end_statement(struct session *session, enum status status) {
    struct transaction *transaction = transaction_of(session);
    CHECK(transaction->txn != NULL);
    transaction->again = again_of(transaction);
    if (status != STATUS_OK) return end_failed(session, status);
    if (!transaction->is_autocommit) {
        transaction->is_explicit = 1;
        return STATUS_OK;
    }
    return transaction_commit(session);
}

bool transaction_may_repeat(const struct session *session, enum status status) {
    if (session->answer.has_rows) return false;
    if (status == STATUS_OLD_SCHEMA) return true;
    return status == STATUS_ABORTED && session->transaction.again.is_possible; /* (TR3) */
}

void transaction_repeat(struct session *session) {
    struct transaction *transaction = transaction_of(session);
    const struct transaction_again again = transaction->again;
    transaction->again = (struct transaction_again){0};
    if (transaction->txn != NULL || !again.is_possible) return; /* only the statement is undone */
    transaction->next_isolation = again.isolation;
    transaction->next_access = again.access;
    if (!again.is_explicit) return;
    transaction_open(session, TXN_EXPLICIT, (enum ast_access)again.access);
    transaction->is_explicit = 1;
}

enum status transaction_span_begin(struct session *session, struct transaction_span *span) {
    struct transaction *transaction = transaction_of(session);
    *span = (struct transaction_span){0};
    if (transaction->txn == NULL) {
        span->is_own = session->settings.is_autocommit;
        transaction_open(session, TXN_EXPLICIT, AST_ACCESS_UNSET);
        transaction->is_explicit = 1;
    }
    span->has_savepoint = 1;
    span->savepoint = txn_savepoint(transaction->txn);
    transaction->statement_count++; /* (TR3) */
    return STATUS_OK;
}

enum status transaction_span_end(struct session *session, const struct transaction_span *span,
                                 enum status status) {
    struct transaction *transaction = transaction_of(session);
    if (transaction->txn == NULL) return status;
    if (status == STATUS_OK) return span->is_own ? transaction_commit(session) : STATUS_OK;
    bool is_undone =
        !span->is_own && txn_rollback_to(transaction->txn, span->savepoint) == STATUS_OK;
    if (!is_undone) transaction_roll_back(session);
    return status;
}

uint16_t transaction_flags(const struct session *session) {
    const struct transaction *transaction = &session->transaction;
    uint16_t flags = 0;
    if (session->settings.is_autocommit) flags |= RESULT_AUTOCOMMIT;
    bool is_open = transaction->is_explicit && !transaction->is_autocommit;
    if (is_open) flags |= RESULT_IN_TRANSACTION;
    if (is_open && transaction->is_read_only) flags |= RESULT_IN_READ_ONLY_TRANSACTION;
    return flags;
}

/* ---- BEGIN, COMMIT, ROLLBACK ---- */

enum status begin_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_begin *begin = statement->begin;
    struct transaction *transaction = transaction_of(session);
    uint8_t isolation = transaction->next_isolation, access = transaction->next_access;
    if (transaction->txn != NULL) isolation = AST_ISOLATION_UNSET, access = AST_ACCESS_UNSET;
    enum status status = transaction_commit(session);
    if (status == STATUS_OK && !session->has_read_lock) status = table_lock_release(session);
    if (status != STATUS_OK) return status;
    transaction->next_isolation = isolation;
    transaction->next_access = access;
    transaction_open(session, TXN_EXPLICIT, begin->access);
    transaction->is_explicit = transaction->is_begun = 1;
    if (!begin->with_snapshot) return STATUS_OK;
    transaction->statement_count++; /* (TR3) */
    status = txn_take_snapshot(transaction->txn);
    if (status == STATUS_OK) return STATUS_OK;
    transaction_roll_back(session);
    return diagnostics_status(&session->diagnostics, status);
}

/* COMMIT AND CHAIN: the next one has the same isolation and access. */
static enum status transaction_chain(struct session *session, uint8_t isolation, uint8_t access) {
    struct transaction *transaction = transaction_of(session);
    transaction->next_isolation = isolation;
    transaction->next_access = access;
    transaction_open(session, TXN_EXPLICIT, AST_ACCESS_UNSET);
    transaction->is_explicit = transaction->is_begun = 1;
    return STATUS_OK;
}

enum status end_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_end *end = statement->end;
    struct transaction *transaction = transaction_of(session);
    bool chains = end->chain == AST_YES || (end->chain == AST_UNSET && end->release != AST_YES &&
                                            session->settings.completion == 1);
    bool releases = end->release == AST_YES ||
                    (end->release == AST_UNSET && !chains && session->settings.completion == 2);
    uint8_t isolation = transaction->next_isolation;
    uint8_t access = transaction->is_read_only ? AST_READ_ONLY : AST_ACCESS_UNSET;
    enum status status = STATUS_OK;
    if (statement->kind == AST_COMMIT)
        status = transaction_commit(session);
    else
        transaction_roll_back(session);
    if (releases) session->must_close = 1;
    if (status == STATUS_OK && chains) return transaction_chain(session, isolation, access);
    return status;
}

/* ---- savepoints ---- */

static struct savepoint **savepoint_find(struct transaction *transaction, struct slice name) {
    struct savepoint **at = &transaction->savepoints;
    while (*at != NULL && !slice_equal_nocase((*at)->name, name)) at = &(*at)->next;
    return at;
}

static void savepoint_set(struct transaction *transaction, struct slice name) {
    struct savepoint **old = savepoint_find(transaction, name);
    if (*old != NULL) *old = (*old)->next;
    struct savepoint *savepoint = arena_new(&transaction->arena, struct savepoint);
    *savepoint = (struct savepoint){.next = transaction->savepoints,
                                    .name = arena_copy(&transaction->arena, name),
                                    .number = txn_savepoint(transaction->txn)};
    transaction->savepoints = savepoint;
}

enum status savepoint_run(struct session *session, const struct ast_statement *statement) {
    struct transaction *transaction = transaction_of(session);
    struct slice name = statement->savepoint->name;
    if (statement->kind == AST_SAVEPOINT) {
        if (transaction->txn == NULL && session->settings.is_autocommit) return STATUS_OK;
        if (transaction->txn == NULL) transaction_open(session, TXN_EXPLICIT, AST_ACCESS_UNSET);
        transaction->is_explicit = 1;
        transaction->statement_count++; /* (TR3) */
        savepoint_set(transaction, name);
        return STATUS_OK;
    }
    struct savepoint *found = *savepoint_find(transaction, name);
    if (found == NULL) {
        return diagnostics_error(&session->diagnostics, ER_SP_DOES_NOT_EXIST, "SAVEPOINT",
                                 arena_text(&session->statement_arena, name));
    }
    if (statement->kind == AST_RELEASE_SAVEPOINT) {
        transaction->savepoints = found->next;
        return STATUS_OK;
    }
    transaction->savepoints = found;
    enum status status = txn_rollback_to(transaction->txn, found->number);
    if (status == STATUS_OK) return STATUS_OK;
    transaction_roll_back(session);
    return diagnostics_status(&session->diagnostics, status);
}

enum status set_transaction_run(struct session *session, const struct ast_statement *statement) {
    static const char *const levels[] = {[AST_READ_UNCOMMITTED] = "READ-UNCOMMITTED",
                                         [AST_READ_COMMITTED] = "READ-COMMITTED",
                                         [AST_REPEATABLE_READ] = "REPEATABLE-READ",
                                         [AST_SERIALIZABLE] = "SERIALIZABLE"};
    const struct ast_set_transaction *set = statement->set_transaction;
    struct transaction *transaction = transaction_of(session);
    if (set->scope == AST_SCOPE_NONE) {
        if (transaction_flags(session) & RESULT_IN_TRANSACTION)
            return diagnostics_error(&session->diagnostics, ER_CANT_CHANGE_TX_CHARACTERISTICS);
        if (set->isolation != AST_ISOLATION_UNSET)
            transaction->next_isolation = (uint8_t)set->isolation;
        if (set->access != AST_ACCESS_UNSET) transaction->next_access = (uint8_t)set->access;
        return STATUS_OK;
    }
    bool is_global = set->scope == AST_SCOPE_GLOBAL;
    enum status status = STATUS_OK;
    if (set->isolation != AST_ISOLATION_UNSET) {
        struct value value = value_of_string(slice_of_text(levels[set->isolation]), 255);
        status = is_global ? settings_put_global(session, VARIABLE_transaction_isolation, &value)
                           : settings_put(session, VARIABLE_transaction_isolation, &value);
    }
    if (status == STATUS_OK && set->access != AST_ACCESS_UNSET) {
        struct value value = value_of_int(set->access == AST_READ_ONLY);
        status = is_global ? settings_put_global(session, VARIABLE_transaction_read_only, &value)
                           : settings_put(session, VARIABLE_transaction_read_only, &value);
    }
    return status;
}
