/* user.c: CREATE, ALTER, DROP and RENAME USER, SET PASSWORD: accounts as entries of the dictionary.
 *
 * Each account is one change of the dictionary, which returns when every SQL daemon plans with it (NOTES: Accounts). Several
 * in one statement are looked at first, so that it fails before the first is changed.
 */
#include "sql/user.h"
#include "row/collation.h"
#include "sql/account.h"
#include "sql/privilege.h"

#define PLUGIN_SHA2   SLICE_LITERAL("caching_sha2_password")
#define PLUGIN_NATIVE SLICE_LITERAL("mysql_native_password")

void user_name(const struct session *session, const struct ast_account *ast, struct slice *user_out,
               struct slice *host_out) {
    if (ast->is_current) {
        *user_out = session->account_user;
        *host_out = session->account_host;
        return;
    }
    *user_out = ast->user;
    *host_out = ast->host.size > 0 ? ast->host : SLICE_LITERAL("%");
}

const char *user_text(struct session *session, const struct ast_account *ast) {
    struct slice user, host;
    struct arena *arena = &session->statement_arena;
    user_name(session, ast, &user, &host);
    return arena_printf(arena, "'%s'@'%s'", arena_text(arena, user), arena_text(arena, host));
}

const struct account *user_find(struct session *session, const struct ast_account *ast) {
    struct slice user, host;
    user_name(session, ast, &user, &host);
    account_list_renew(session->server->accounts, session->schema);
    return account_list_find(session->server->accounts, user, host);
}

enum status user_store(struct session *session, struct account *account) {
    struct arena *arena = &session->statement_arena;
    struct buffer bytes = buffer_of(arena);
    account_tidy(account);
    account_encode(account, &bytes);
    struct ddl_change change = {.kind = DDL_PUT_OBJECT,
                                .database = SYSTEM_DATABASE,
                                .name = account_object_name(account->user, account->host, arena),
                                .object = buffer_slice(&bytes)};
    enum status status = ddl_send(session, &change);
    return status == STATUS_OK ? STATUS_OK : ddl_refused(session, status);
}

static enum status user_remove(struct session *session, struct slice user, struct slice host) {
    struct ddl_change change = {.kind = DDL_DROP_OBJECT,
                                .database = SYSTEM_DATABASE,
                                .name = account_object_name(user, host, &session->statement_arena)};
    enum status status = ddl_send(session, &change);
    return status == STATUS_OK ? STATUS_OK : ddl_refused(session, status);
}

/* ---- passwords ---- */

static enum status set_password(struct session *session, struct account *account,
                                struct slice password) {
    const struct sql_server_options *options = &session->server->options;
    struct arena *arena = &session->statement_arena;
    account->stored = SLICE_EMPTY;
    if (password.size == 0) return STATUS_OK;
    if (options->password_make == NULL)
        return diagnostics_unsupported(&session->diagnostics, "passwords here");
    enum status status = options->password_make(options->password_context, account->plugin,
                                                password, arena, &account->stored);
    return status == STATUS_OK ? STATUS_OK : diagnostics_status(&session->diagnostics, status);
}

static enum status set_plugin(struct session *session, struct account *account,
                              struct slice plugin) {
    bool is_known = slice_equal(plugin, PLUGIN_SHA2) || slice_equal(plugin, PLUGIN_NATIVE);
    if (!is_known)
        return diagnostics_error(&session->diagnostics, ER_PLUGIN_IS_NOT_LOADED,
                                 arena_text(&session->statement_arena, plugin));
    account->plugin = plugin;
    account->stored = SLICE_EMPTY;
    return STATUS_OK;
}

/* IDENTIFIED .. of CREATE and ALTER USER. */
static enum status apply_spec(struct session *session, struct account *account,
                              const struct ast_user_spec *spec) {
    enum status status = STATUS_OK;
    if (spec->retain_current || spec->discard_old || spec->has_replaced)
        return diagnostics_unsupported(&session->diagnostics, "two passwords of one account");
    if (spec->plugin.size > 0) status = set_plugin(session, account, spec->plugin);
    if (status != STATUS_OK) return status;
    switch (spec->password_kind) {
    case AST_PASSWORD_NONE: return STATUS_OK;
    case AST_PASSWORD_TEXT:
        account->is_expired = 0;
        return set_password(session, account, spec->password);
    case AST_PASSWORD_HASH: account->stored = spec->password; return STATUS_OK;
    case AST_PASSWORD_RANDOM:
        return diagnostics_unsupported(&session->diagnostics, "RANDOM PASSWORD");
    }
    UNREACHABLE();
}

static enum status apply_option(struct session *session, struct account *account,
                                const struct ast_user_option *option) {
    bool is_default = option->is_default || option->number == 0;
    switch (option->kind) {
    case AST_USER_REQUIRE_NONE: account->tls = ACCOUNT_TLS_NONE; return STATUS_OK;
    case AST_USER_REQUIRE_SSL: account->tls = ACCOUNT_TLS_ANY; return STATUS_OK;
    case AST_USER_PASSWORD_EXPIRE: account->is_expired = 1; return STATUS_OK;
    case AST_USER_PASSWORD_EXPIRE_DEFAULT:
    case AST_USER_PASSWORD_EXPIRE_NEVER: account->is_expired = 0; return STATUS_OK;
    case AST_USER_ACCOUNT_LOCK: account->is_locked = 1; return STATUS_OK;
    case AST_USER_ACCOUNT_UNLOCK: account->is_locked = 0; return STATUS_OK;
    case AST_USER_COMMENT: account->comment = option->text; return STATUS_OK;
    case AST_USER_ATTRIBUTE: account->attribute = option->text; return STATUS_OK;
    case AST_USER_MAX_QUERIES:
    case AST_USER_MAX_UPDATES:
    case AST_USER_MAX_CONNECTIONS:
    case AST_USER_MAX_USER_CONNECTIONS:
    case AST_USER_PASSWORD_HISTORY:
    case AST_USER_PASSWORD_REUSE:
    case AST_USER_PASSWORD_REQUIRE_CURRENT:
    case AST_USER_FAILED_LOGINS:
    case AST_USER_LOCK_DAYS:
        if (is_default) return STATUS_OK;
        return diagnostics_unsupported(&session->diagnostics, "limits of an account");
    case AST_USER_REQUIRE_X509:
    case AST_USER_REQUIRE_CIPHER:
    case AST_USER_REQUIRE_ISSUER:
    case AST_USER_REQUIRE_SUBJECT:
    case AST_USER_PASSWORD_EXPIRE_DAYS: break;
    }
    return diagnostics_unsupported(&session->diagnostics, "this requirement of an account");
}

static enum status apply(struct session *session, struct account *account,
                         const struct ast_user *ast, const struct ast_user_spec *spec) {
    enum status status = apply_spec(session, account, spec);
    for (uint32_t i = 0; i < ast->options.count && status == STATUS_OK; i++)
        status = apply_option(session, account, &ast->options.items[i]);
    return status;
}

/* ---- CREATE, ALTER, DROP ---- */

static enum status tell_failed(struct session *session, const char *operation,
                               struct buffer *names) {
    return diagnostics_error(&session->diagnostics, ER_CANNOT_USER, operation,
                             arena_text(&session->statement_arena, buffer_slice(names)));
}

static void append_name(struct buffer *names, const char *name) {
    if (names->size > 0) buffer_append_byte(names, ',');
    buffer_append(names, slice_of_text(name));
}

static enum status check_lengths(struct session *session, const struct ast_account *ast) {
    struct slice user, host;
    user_name(session, ast, &user, &host);
    const char *text = arena_text(&session->statement_arena, user);
    if (charset_length(CHARSET_UTF8MB4, user) > USER_CHARS_MAX)
        return diagnostics_error(&session->diagnostics, ER_WRONG_STRING_LENGTH, text, "user name",
                                 USER_CHARS_MAX);
    if (host.size > HOST_CHARS_MAX)
        return diagnostics_error(&session->diagnostics, ER_WRONG_STRING_LENGTH,
                                 arena_text(&session->statement_arena, host), "host name",
                                 HOST_CHARS_MAX);
    return STATUS_OK;
}

enum user_presence { USER_ABSENT, USER_THERE };
enum user_kind { USER_IS_USER, USER_IS_ROLE };

/* Which of the accounts are not as the statement needs them: there already, or not there. */
static enum status check_all(struct session *session, const struct ast_user *ast,
                             enum user_presence wanted, const char *operation) {
    struct buffer names = buffer_of(&session->statement_arena);
    for (uint32_t i = 0; i < ast->users.count; i++) {
        const struct ast_account *account = &ast->users.items[i].account;
        enum status status = check_lengths(session, account);
        if (status != STATUS_OK) return status;
        bool is_there = user_find(session, account) != NULL;
        if (is_there != (wanted == USER_THERE)) append_name(&names, user_text(session, account));
    }
    if (names.size == 0 || ast->if_exists) return STATUS_OK;
    return tell_failed(session, operation, &names);
}

static enum status create_one(struct session *session, const struct ast_user *ast,
                              const struct ast_user_spec *spec, enum user_kind kind) {
    bool is_role = kind == USER_IS_ROLE;
    struct account account = {.plugin = PLUGIN_SHA2, .is_role = is_role, .is_locked = is_role};
    user_name(session, &spec->account, &account.user, &account.host);
    if (user_find(session, &spec->account) != NULL) {
        diagnostics_warn(&session->diagnostics, CONDITION_NOTE, ER_USER_ALREADY_EXISTS,
                         user_text(session, &spec->account));
        return STATUS_OK;
    }
    enum status status = apply(session, &account, ast, spec);
    return status == STATUS_OK ? user_store(session, &account) : status;
}

static enum status alter_one(struct session *session, const struct ast_user *ast,
                             const struct ast_user_spec *spec) {
    const struct account *found = user_find(session, &spec->account);
    if (found == NULL) {
        diagnostics_warn_text(&session->diagnostics, ER_CANNOT_USER,
                              "Authorization ID %s does not exist.",
                              user_text(session, &spec->account));
        return STATUS_OK;
    }
    struct account *account = account_copy(found, &session->statement_arena);
    enum status status = apply(session, account, ast, spec);
    return status == STATUS_OK ? user_store(session, account) : status;
}

static enum status drop_one(struct session *session, const struct ast_user_spec *spec) {
    struct slice user, host;
    user_name(session, &spec->account, &user, &host);
    if (user_find(session, &spec->account) != NULL) return user_remove(session, user, host);
    diagnostics_warn_text(&session->diagnostics, ER_CANNOT_USER,
                          "Authorization ID %s does not exist.",
                          user_text(session, &spec->account));
    return STATUS_OK;
}

/* One's own password needs no privilege. */
static enum status check_privilege(struct session *session, const struct ast_statement *statement) {
    const struct ast_user *ast = statement->user;
    bool is_own = statement->kind == AST_ALTER_USER && ast->users.count == 1 &&
                  ast->options.count == 0 &&
                  user_find(session, &ast->users.items[0].account) ==
                      account_list_find(session->server->accounts, session->account_user,
                                        session->account_host);
    uint64_t needed = PRIVILEGE(CREATE_USER);
    if (is_own) return STATUS_OK;
    if (statement->kind == AST_CREATE_ROLE) needed |= PRIVILEGE(CREATE_ROLE);
    if (statement->kind == AST_DROP_ROLE) needed |= PRIVILEGE(DROP_ROLE);
    return privilege_check_global(session, needed);
}

enum status user_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_user *ast = statement->user;
    const char *operation = ast_statement_name(statement);
    bool creates = statement->kind == AST_CREATE_USER || statement->kind == AST_CREATE_ROLE;
    bool drops = statement->kind == AST_DROP_USER || statement->kind == AST_DROP_ROLE;
    if (ast->default_roles.count > 0 || ast->default_role_all)
        return diagnostics_unsupported(&session->diagnostics, "DEFAULT ROLE");
    enum status status = check_privilege(session, statement);
    if (status == STATUS_OK)
        status = check_all(session, ast, creates ? USER_ABSENT : USER_THERE, operation);
    for (uint32_t i = 0; i < ast->users.count && status == STATUS_OK; i++) {
        const struct ast_user_spec *spec = &ast->users.items[i];
        if (creates)
            status = create_one(session, ast, spec,
                                statement->kind == AST_CREATE_ROLE ? USER_IS_ROLE : USER_IS_USER);
        else
            status = drops ? drop_one(session, spec) : alter_one(session, ast, spec);
    }
    return status;
}

enum status rename_user_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_rename_user *rename = statement->rename_user;
    struct buffer names = buffer_of(&session->statement_arena);
    enum status status = privilege_check_global(session, PRIVILEGE(CREATE_USER));
    if (status != STATUS_OK) return status;
    for (uint32_t i = 0; i < rename->from.count; i++) {
        bool may = user_find(session, &rename->from.items[i]) != NULL &&
                   user_find(session, &rename->to.items[i]) == NULL;
        if (!may) append_name(&names, user_text(session, &rename->from.items[i]));
    }
    if (names.size > 0) return tell_failed(session, "RENAME USER", &names);
    for (uint32_t i = 0; i < rename->from.count && status == STATUS_OK; i++) {
        const struct account *found = user_find(session, &rename->from.items[i]);
        if (found == NULL) continue; /* another daemon was faster */
        struct account *account = account_copy(found, &session->statement_arena);
        struct slice user = account->user, host = account->host;
        user_name(session, &rename->to.items[i], &account->user, &account->host);
        status = user_store(session, account);
        if (status == STATUS_OK) status = user_remove(session, user, host);
    }
    return status;
}

enum status set_password_run(struct session *session, const struct ast_statement *statement) {
    const struct ast_set_password *set = statement->set_password;
    const struct ast_account self = {.is_current = true};
    const struct ast_account *whose = set->has_account ? &set->account : &self;
    if (set->is_random || set->has_replaced || set->retain_current)
        return diagnostics_unsupported(&session->diagnostics, "this form of SET PASSWORD");
    const struct account *found = user_find(session, whose);
    bool is_own = found == user_find(session, &self);
    enum status status =
        is_own ? STATUS_OK : privilege_check_global(session, PRIVILEGE(CREATE_USER));
    if (status != STATUS_OK) return status;
    if (found == NULL) return diagnostics_error(&session->diagnostics, ER_PASSWORD_NO_MATCH);
    struct account *account = account_copy(found, &session->statement_arena);
    account->is_expired = 0;
    status = set_password(session, account, set->password);
    return status == STATUS_OK ? user_store(session, account) : status;
}
