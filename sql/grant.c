/* grant.c: GRANT, REVOKE, SHOW GRANTS, SHOW CREATE USER.
 *
 *   levels: *.*  |  db.* (a pattern)  |  db.table  |  columns of a table
 *
 * Who grants must hold what is granted, with GRANT OPTION, on that level or above.
 */
#include "row/collation.h"
#include "sql/privilege.h"
#include "sql/show.h"
#include "sql/show_private.h"
#include "sql/user.h"

struct grant {
    struct session *session;
    const struct ast_grant *ast;
    enum privilege_level level;
    struct slice database, table;
    uint64_t privileges; /* without those of columns */
    bool revokes;
};

/* ---- what is meant ---- */

static enum status level_of(struct grant *grant) {
    const struct ast_grant *ast = grant->ast;
    struct diagnostics *diagnostics = &grant->session->diagnostics;
    switch (ast->level) {
    case AST_GRANT_GLOBAL: grant->level = PRIVILEGE_GLOBAL; return STATUS_OK;
    case AST_GRANT_DATABASE:
        grant->level = PRIVILEGE_DATABASE;
        return catalog_database(grant->session, ast->object.schema, &grant->database);
    case AST_GRANT_TABLE:
        grant->level = PRIVILEGE_TABLE;
        grant->table = ast->object.object;
        return catalog_database(grant->session, ast->object.schema, &grant->database);
    case AST_GRANT_FUNCTION:
    case AST_GRANT_PROCEDURE: return diagnostics_unsupported(diagnostics, "GRANT on a routine");
    case AST_GRANT_ROLE: return diagnostics_unsupported(diagnostics, "GRANT of a role");
    case AST_GRANT_PROXY: return diagnostics_unsupported(diagnostics, "GRANT PROXY");
    }
    UNREACHABLE();
}

/* Words that the statement's flags stand for: ALL, which comes first, and USAGE, which is nothing. */
static bool is_collective(const struct ast_privilege *privilege, uint32_t place) {
    if (privilege->is_role || privilege->columns.count > 0) return false;
    bool is_all = slice_equal(privilege->name, SLICE_LITERAL("ALL")) ||
                  slice_equal(privilege->name, SLICE_LITERAL("ALL PRIVILEGES"));
    return slice_equal(privilege->name, SLICE_LITERAL("USAGE")) || (is_all && place == 0);
}

static enum status privileges_of(struct grant *grant) {
    const struct ast_grant *ast = grant->ast;
    struct session *session = grant->session;
    uint64_t of_level = privilege_of_level(grant->level);
    if (ast->is_all || ast->everything) grant->privileges = of_level & ~PRIVILEGE(GRANT);
    for (uint32_t i = 0; i < ast->privileges.count; i++) {
        const struct ast_privilege *privilege = &ast->privileges.items[i];
        if (is_collective(privilege, i)) continue;
        enum privilege_place place = privilege_find(privilege->name);
        if (privilege->is_role || place == PRIVILEGE_COUNT)
            return diagnostics_error(&session->diagnostics, ER_SYNTAX_ERROR);
        uint64_t bit = (uint64_t)1 << place;
        bool of_columns = privilege->columns.count > 0;
        bool fits = of_columns ? (privilege_info(place)->levels & PRIVILEGE_COLUMN) != 0 &&
                                     grant->level == PRIVILEGE_TABLE
                               : (of_level & bit) != 0;
        if (!fits && grant->level == PRIVILEGE_DATABASE)
            return diagnostics_error(&session->diagnostics, ER_WRONG_USAGE, "DB GRANT",
                                     "GLOBAL PRIVILEGES");
        if (!fits) return diagnostics_error(&session->diagnostics, ER_ILLEGAL_GRANT_FOR_TABLE);
        if (!of_columns) grant->privileges |= bit;
    }
    if (ast->with_grant || ast->everything) grant->privileges |= PRIVILEGE(GRANT);
    return STATUS_OK;
}

static uint64_t held_by_grantor(const struct grant *grant) {
    struct session *session = grant->session;
    if (grant->level == PRIVILEGE_GLOBAL) return privilege_global(session);
    if (grant->level == PRIVILEGE_DATABASE) return privilege_database(session, grant->database);
    return privilege_table(session, grant->database, grant->table);
}

static enum status check_grantor(const struct grant *grant) {
    struct session *session = grant->session;
    struct arena *arena = &session->statement_arena;
    uint64_t held = held_by_grantor(grant), needed = grant->privileges | PRIVILEGE(GRANT);
    bool may_all =
        (privilege_global(session) & PRIVILEGE(CREATE_USER)) != 0 && grant->ast->everything;
    if ((needed & ~held) == 0 || may_all) return STATUS_OK;
    const char *user = arena_text(arena, session->account_user);
    const char *host = arena_text(arena, session->account_host);
    if (grant->level == PRIVILEGE_GLOBAL)
        return diagnostics_error(&session->diagnostics, ER_ACCESS_DENIED_ERROR, user, host, "YES");
    if (grant->level == PRIVILEGE_DATABASE)
        return diagnostics_error(&session->diagnostics, ER_DBACCESS_DENIED_ERROR, user, host,
                                 arena_text(arena, grant->database));
    return diagnostics_error(&session->diagnostics, ER_TABLEACCESS_DENIED_ERROR, "GRANT", user,
                             host, arena_text(arena, grant->table));
}

/* A table that is not there may be granted only with CREATE. */
static enum status check_table(const struct grant *grant) {
    struct session *session = grant->session;
    if (grant->level != PRIVILEGE_TABLE || grant->revokes) return STATUS_OK;
    bool is_there = schema_table(session->schema, grant->database, grant->table) != NULL ||
                    slice_equal(grant->database, SYSTEM_DATABASE) ||
                    (grant->privileges & PRIVILEGE(CREATE)) != 0;
    if (is_there) return STATUS_OK;
    struct arena *arena = &session->statement_arena;
    return diagnostics_error(&session->diagnostics, ER_NO_SUCH_TABLE,
                             arena_text(arena, grant->database), arena_text(arena, grant->table));
}

/* ---- one account ---- */

enum grant_direction { GRANT_GIVES, GRANT_REVOKES };

static void change(uint64_t *held, uint64_t privileges, enum grant_direction direction) {
    if (direction == GRANT_REVOKES)
        *held &= ~privileges;
    else
        *held |= privileges;
}

static void change_columns(const struct grant *grant, struct account_table *table) {
    struct arena *arena = &grant->session->statement_arena;
    for (uint32_t i = 0; i < grant->ast->privileges.count; i++) {
        const struct ast_privilege *privilege = &grant->ast->privileges.items[i];
        uint64_t bit = (uint64_t)1 << privilege_find(privilege->name);
        for (uint32_t c = 0; c < privilege->columns.count; c++) {
            struct account_column *column =
                account_column_of(table, privilege->columns.items[c], arena);
            change(&column->privileges, bit, grant->revokes ? GRANT_REVOKES : GRANT_GIVES);
        }
    }
}

static void apply(const struct grant *grant, struct account *account) {
    struct arena *arena = &grant->session->statement_arena;
    if (grant->ast->everything) {
        account->global = 0;
        account->database_count = account->table_count = 0;
        return;
    }
    if (grant->level == PRIVILEGE_GLOBAL) {
        change(&account->global, grant->privileges, grant->revokes ? GRANT_REVOKES : GRANT_GIVES);
    } else if (grant->level == PRIVILEGE_DATABASE) {
        struct account_database *database = account_database_of(account, grant->database, arena);
        change(&database->privileges, grant->privileges,
               grant->revokes ? GRANT_REVOKES : GRANT_GIVES);
    } else {
        struct account_table *table =
            account_table_of(account, grant->database, grant->table, arena);
        change(&table->privileges, grant->privileges, grant->revokes ? GRANT_REVOKES : GRANT_GIVES);
        change_columns(grant, table);
    }
}

static bool holds_any(const struct grant *grant, const struct account *account) {
    if (grant->level == PRIVILEGE_GLOBAL || grant->ast->everything) return true;
    for (uint32_t i = 0; i < account->database_count; i++)
        if (grant->level == PRIVILEGE_DATABASE &&
            slice_equal(account->databases[i].pattern, grant->database))
            return true;
    for (uint32_t i = 0; i < account->table_count; i++)
        if (grant->level == PRIVILEGE_TABLE &&
            slice_equal(account->tables[i].database, grant->database) &&
            slice_equal(account->tables[i].table, grant->table))
            return true;
    return false;
}

static enum status change_account(const struct grant *grant, const struct ast_account *ast) {
    struct session *session = grant->session;
    struct arena *arena = &session->statement_arena;
    struct slice user, host;
    const struct account *found = user_find(session, ast);
    user_name(session, ast, &user, &host);
    if (found == NULL && grant->ast->ignore_unknown_user) return STATUS_OK;
    if (found == NULL && grant->revokes)
        return diagnostics_error(&session->diagnostics, ER_NONEXISTING_GRANT,
                                 arena_text(arena, user), arena_text(arena, host));
    if (found == NULL)
        return diagnostics_error(&session->diagnostics, ER_CANT_CREATE_USER_WITH_GRANT);
    if (grant->revokes && !holds_any(grant, found)) {
        if (grant->ast->if_exists) return STATUS_OK;
        if (grant->level == PRIVILEGE_TABLE)
            return diagnostics_error(&session->diagnostics, ER_NONEXISTING_TABLE_GRANT,
                                     arena_text(arena, user), arena_text(arena, host),
                                     arena_text(arena, grant->table));
        return diagnostics_error(&session->diagnostics, ER_NONEXISTING_GRANT,
                                 arena_text(arena, user), arena_text(arena, host));
    }
    struct account *account = account_copy(found, arena);
    apply(grant, account);
    return user_store(session, account);
}

enum status grant_run(struct session *session, const struct ast_statement *statement) {
    struct grant grant = {
        .session = session, .ast = statement->grant, .revokes = statement->kind == AST_REVOKE};
    enum status status = level_of(&grant);
    if (status == STATUS_OK) status = privileges_of(&grant);
    if (status == STATUS_OK) status = check_grantor(&grant);
    if (status == STATUS_OK) status = check_table(&grant);
    for (uint32_t i = 0; i < statement->grant->accounts.count && status == STATUS_OK; i++)
        status = change_account(&grant, &statement->grant->accounts.items[i]);
    return status;
}

/* ---- SHOW GRANTS ---- */

/* `a`@`b` as MySQL 8 prints accounts. */
static void put_account(struct buffer *out, const struct account *account) {
    const struct slice names[] = {account->user, account->host};
    for (size_t n = 0; n < ARRAY_COUNT(names); n++) {
        if (n > 0) buffer_append_byte(out, '@');
        buffer_append_byte(out, '`');
        for (size_t i = 0; i < names[n].size; i++) {
            if (names[n].data[i] == '`') buffer_append_byte(out, '`');
            buffer_append_byte(out, names[n].data[i]);
        }
        buffer_append_byte(out, '`');
    }
}

static void put_names(struct buffer *out, uint64_t privileges, uint64_t all) {
    privileges &= ~PRIVILEGE(GRANT);
    all &= ~PRIVILEGE(GRANT);
    bool is_first = true;
    if (privileges == 0) buffer_append(out, SLICE_LITERAL("USAGE"));
    if (all != 0 && privileges == all) {
        buffer_append(out, SLICE_LITERAL("ALL PRIVILEGES"));
        return;
    }
    for (uint32_t i = 0; i < PRIVILEGE_COUNT; i++) {
        if ((privileges >> i & 1) == 0) continue;
        if (!is_first) buffer_append(out, SLICE_LITERAL(", "));
        buffer_append(out, slice_of_text(privilege_info((enum privilege_place)i)->text));
        is_first = false;
    }
}

static void put_column_names(struct buffer *out, const struct account_table *table) {
    bool has_table_privileges = (table->privileges & ~PRIVILEGE(GRANT)) != 0;
    bool is_first = !has_table_privileges;
    for (uint32_t p = 0; p < PRIVILEGE_COUNT; p++) {
        bool is_open = false;
        for (uint32_t c = 0; c < table->column_count; c++) {
            if ((table->columns[c].privileges >> p & 1) == 0) continue;
            if (!is_open && !is_first) buffer_append(out, SLICE_LITERAL(", "));
            if (!is_open)
                buffer_printf(out, "%s (", privilege_info((enum privilege_place)p)->text);
            else
                buffer_append(out, SLICE_LITERAL(", "));
            buffer_append_byte(out, '`');
            buffer_append(out, table->columns[c].name);
            buffer_append_byte(out, '`');
            is_open = true;
            is_first = false;
        }
        if (is_open) buffer_append_byte(out, ')');
    }
}

static enum status send_line(struct session *session, struct buffer *out,
                             const struct account *account, uint64_t privileges) {
    buffer_append(out, SLICE_LITERAL(" TO "));
    put_account(out, account);
    if (privileges & PRIVILEGE(GRANT)) buffer_append(out, SLICE_LITERAL(" WITH GRANT OPTION"));
    struct value row = value_of_string(buffer_slice(out), COLLATION_UTF8MB3_GENERAL_CI);
    return answer_row(session, &row, 1);
}

static enum status send_global(struct session *session, const struct account *account) {
    const uint64_t fixed = ((uint64_t)1 << PRIVILEGE_STATIC_COUNT) - 1;
    struct buffer line = buffer_of(&session->statement_arena);
    buffer_append(&line, SLICE_LITERAL("GRANT "));
    /* MySQL spells all of *.* out. */
    put_names(&line, account->global & fixed, 0);
    buffer_append(&line, SLICE_LITERAL(" ON *.*"));
    enum status status = send_line(session, &line, account, account->global);
    uint64_t dynamic = account->global & ~fixed;
    if (dynamic == 0 || status != STATUS_OK) return status;
    line = buffer_of(&session->statement_arena);
    buffer_append(&line, SLICE_LITERAL("GRANT "));
    for (uint32_t i = PRIVILEGE_STATIC_COUNT, n = 0; i < PRIVILEGE_COUNT; i++) {
        if ((dynamic >> i & 1) == 0) continue;
        if (n++ > 0) buffer_append_byte(&line, ',');
        buffer_append(&line, slice_of_text(privilege_info((enum privilege_place)i)->text));
    }
    buffer_append(&line, SLICE_LITERAL(" ON *.*"));
    return send_line(session, &line, account, account->global);
}

static enum status send_database(struct session *session, const struct account *account,
                                 const struct account_database *database) {
    struct buffer line = buffer_of(&session->statement_arena);
    buffer_append(&line, SLICE_LITERAL("GRANT "));
    put_names(&line, database->privileges, privilege_of_level(PRIVILEGE_DATABASE));
    buffer_append(&line, SLICE_LITERAL(" ON "));
    show_identifier(session, &line, database->pattern);
    buffer_append(&line, SLICE_LITERAL(".*"));
    return send_line(session, &line, account, database->privileges);
}

static enum status send_table(struct session *session, const struct account *account,
                              const struct account_table *table) {
    struct buffer line = buffer_of(&session->statement_arena);
    bool has_own = (table->privileges & ~PRIVILEGE(GRANT)) != 0;
    buffer_append(&line, SLICE_LITERAL("GRANT "));
    if (has_own || table->column_count == 0)
        put_names(&line, table->privileges, privilege_of_level(PRIVILEGE_TABLE));
    put_column_names(&line, table);
    buffer_append(&line, SLICE_LITERAL(" ON "));
    show_identifier(session, &line, table->database);
    buffer_append_byte(&line, '.');
    show_identifier(session, &line, table->table);
    return send_line(session, &line, account, table->privileges);
}

static enum status find_shown(struct session *session, const struct ast_show *show,
                              struct account **account_out, const struct ast_account **who_out) {
    static const struct ast_account self = {.is_current = true};
    *who_out = show->has_account ? &show->account : &self;
    const struct account *found = user_find(session, *who_out);
    bool is_own = found != NULL && found == user_find(session, &self);
    if (!is_own &&
        (privilege_table(session, SYSTEM_DATABASE, SLICE_LITERAL("user")) & PRIVILEGE(SELECT)) == 0)
        return privilege_check_database(session, PRIVILEGE(SELECT), SYSTEM_DATABASE);
    if (found != NULL) {
        *account_out = account_copy(found, &session->statement_arena);
        return STATUS_OK;
    }
    struct slice user, host;
    user_name(session, *who_out, &user, &host);
    return diagnostics_error(&session->diagnostics, ER_NONEXISTING_GRANT,
                             arena_text(&session->statement_arena, user),
                             arena_text(&session->statement_arena, host));
}

static void send_header(struct session *session, const char *text, const struct account *account) {
    struct arena *arena = &session->statement_arena;
    struct result_column column = {.type = column_type_varchar(1024, COLLATION_UTF8MB3_GENERAL_CI)};
    column.name =
        slice_of_text(arena_printf(arena, "%s %s@%s", text, arena_text(arena, account->user),
                                   arena_text(arena, account->host)));
    answer_columns(session, &column, 1);
}

enum status grant_show(struct session *session, const struct ast_show *show) {
    struct account *account;
    const struct ast_account *who;
    if (show->roles.count > 0)
        return diagnostics_unsupported(&session->diagnostics, "SHOW GRANTS .. USING");
    enum status status = find_shown(session, show, &account, &who);
    if (status != STATUS_OK) return status;
    send_header(session, "Grants for", account);
    status = send_global(session, account);
    for (uint32_t i = 0; i < account->database_count && status == STATUS_OK; i++)
        status = send_database(session, account, &account->databases[i]);
    for (uint32_t i = 0; i < account->table_count && status == STATUS_OK; i++)
        status = send_table(session, account, &account->tables[i]);
    return status;
}

enum status grant_show_create_user(struct session *session, const struct ast_show *show) {
    struct account *account;
    const struct ast_account *who;
    enum status status = find_shown(session, show, &account, &who);
    if (status != STATUS_OK) return status;
    struct buffer out = buffer_of(&session->statement_arena);
    buffer_append(&out, SLICE_LITERAL("CREATE USER "));
    put_account(&out, account);
    buffer_append(&out, SLICE_LITERAL(" IDENTIFIED WITH '"));
    buffer_append(&out, account->plugin);
    buffer_append_byte(&out, '\'');
    if (account->stored.size > 0) {
        buffer_append(&out, SLICE_LITERAL(" AS '"));
        for (size_t i = 0; i < account->stored.size; i++) {
            uint8_t byte = account->stored.data[i];
            if (byte == '\'' || byte == '\\') buffer_append_byte(&out, '\\');
            buffer_append_byte(&out, byte);
        }
        buffer_append_byte(&out, '\'');
    }
    buffer_printf(&out,
                  " REQUIRE %s PASSWORD EXPIRE%s ACCOUNT %s PASSWORD HISTORY DEFAULT "
                  "PASSWORD REUSE INTERVAL DEFAULT PASSWORD REQUIRE CURRENT DEFAULT",
                  account->tls == ACCOUNT_TLS_ANY ? "SSL" : "NONE",
                  account->is_expired ? "" : " DEFAULT", account->is_locked ? "LOCK" : "UNLOCK");
    send_header(session, "CREATE USER for", account);
    struct value row = value_of_string(buffer_slice(&out), COLLATION_UTF8MB3_GENERAL_CI);
    return answer_row(session, &row, 1);
}
