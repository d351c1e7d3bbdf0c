/* ast_build_session.c: accounts, session statements, SHOW and administration of a tree that is being parsed. */
#include "sql/ast_build.h"

/* ---- Accounts ---- */

struct ast_account *build_account(struct parser *p, struct slice user, const struct token *host) {
    struct ast_account *account = build_new(p, struct ast_account);
    account->user = user;
    if (host != NULL) {
        account->host = build_at_name(p, host);
        account->has_host = true;
    }
    return account;
}

struct ast_account *build_account_current(struct parser *p) {
    struct ast_account *account = build_new(p, struct ast_account);
    account->is_current = true;
    return account;
}

struct ast_accounts *build_accounts(struct parser *p, struct ast_accounts *list,
                                    const struct ast_account *account) {
    if (list == NULL) list = build_new(p, struct ast_accounts);
    *(struct ast_account *)build_push(p, list, sizeof(*account)) = *account;
    return list;
}

/* The rules before have filled p->user with roles and options. */
void build_user(struct parser *p, int kind, const struct ast_user_specs *users, int if_exists) {
    struct ast_user *user = build_new(p, struct ast_user);
    *user = p->user;
    user->users = *users;
    user->if_exists = if_exists;
    build_statement(p, kind, user);
}

void build_user_names(struct parser *p, int kind, const struct ast_accounts *accounts,
                      int if_exists) {
    struct ast_user_specs *specs = NULL;
    for (uint32_t i = 0; i < accounts->count; i++) {
        specs = build_user_specs(p, specs, build_user_spec(p, &accounts->items[i]));
    }
    build_user(p, kind, specs, if_exists);
}

struct ast_user_spec *build_user_spec(struct parser *p, const struct ast_account *account) {
    struct ast_user_spec *spec = build_new(p, struct ast_user_spec);
    spec->account = *account;
    return spec;
}

struct ast_user_spec *build_secret(struct parser *p, int kind, struct slice secret) {
    struct ast_user_spec *spec = build_new(p, struct ast_user_spec);
    spec->password_kind = (enum ast_password_kind)kind;
    spec->password = secret;
    return spec;
}

struct ast_user_specs *build_user_specs(struct parser *p, struct ast_user_specs *list,
                                        const struct ast_user_spec *spec) {
    if (list == NULL) list = build_new(p, struct ast_user_specs);
    *(struct ast_user_spec *)build_push(p, list, sizeof(*spec)) = *spec;
    return list;
}

struct ast_user_option *build_user_flag(struct parser *p, int kind) {
    struct ast_user_option *option = build_push(p, &p->user.options, sizeof(*option));
    option->kind = (enum ast_user_option_kind)kind;
    return option;
}

void build_user_text(struct parser *p, int kind, struct slice text) {
    build_user_flag(p, kind)->text = text;
}

void build_user_number(struct parser *p, int kind, uint64_t number) {
    build_user_flag(p, kind)->number = number;
}

struct ast_rename_user *build_rename_user(struct parser *p, struct ast_rename_user *list,
                                          const struct ast_account *from,
                                          const struct ast_account *to) {
    if (list == NULL) list = build_new(p, struct ast_rename_user);
    build_accounts(p, &list->from, from);
    build_accounts(p, &list->to, to);
    return list;
}

/* ---- Grants ---- */

struct ast_privilege *build_privilege(struct parser *p, const struct ast_identifiers *words) {
    struct ast_privilege *privilege = build_new(p, struct ast_privilege);
    privilege->written = build_joined_words(p, words);
    privilege->name = build_upper(p, privilege->written);
    return privilege;
}

struct ast_privilege *build_privilege_role(struct parser *p, const struct ast_account *role) {
    struct ast_privilege *privilege = build_new(p, struct ast_privilege);
    privilege->is_role = true;
    privilege->role = *role;
    return privilege;
}

struct ast_privileges *build_privileges(struct parser *p, struct ast_privileges *list,
                                        const struct ast_privilege *privilege) {
    if (list == NULL) list = build_new(p, struct ast_privileges);
    *(struct ast_privilege *)build_push(p, list, sizeof(*privilege)) = *privilege;
    return list;
}

struct ast_grant *build_grant_object(struct parser *p, int level, const struct token *schema,
                                     const struct token *object) {
    struct ast_grant *grant = build_new(p, struct ast_grant);
    grant->level = (enum ast_grant_level)level;
    if (schema != NULL) grant->object.schema = build_identifier(p, schema);
    if (object != NULL) grant->object.object = build_identifier(p, object);
    if (object == NULL) grant->level = schema == NULL ? AST_GRANT_GLOBAL : AST_GRANT_DATABASE;
    return grant;
}

static bool is_all(const struct ast_privilege *privilege) {
    return slice_equal(privilege->name, SLICE_LITERAL("ALL")) ||
           slice_equal(privilege->name, SLICE_LITERAL("ALL PRIVILEGES"));
}

/* REVOKE ALL PRIVILEGES, GRANT OPTION FROM .. has no object and is not about roles. */
static bool revokes_everything(const struct ast_privileges *privileges) {
    return privileges->count == 2 && is_all(&privileges->items[0]) &&
           slice_equal(privileges->items[1].name, SLICE_LITERAL("GRANT OPTION"));
}

/* Names without an object are roles, written as account names without a host. */
static void make_roles(struct parser *p, struct ast_grant *grant) {
    grant->level = AST_GRANT_ROLE;
    for (uint32_t i = 0; i < grant->privileges.count; i++) {
        struct ast_privilege *privilege = &grant->privileges.items[i];
        if (privilege->is_role) continue;
        if (privilege->columns.count > 0) build_syntax_error(p, &(struct token){.data = p->end});
        privilege->is_role = true;
        privilege->role = (struct ast_account){.user = privilege->written};
    }
}

struct ast_grant *build_grant(struct parser *p, int kind, const struct ast_privileges *privileges,
                              struct ast_grant *object, const struct ast_accounts *accounts) {
    struct ast_grant *grant = object == NULL ? build_new(p, struct ast_grant) : object;
    grant->privileges = *privileges;
    grant->accounts = *accounts;
    grant->is_all = is_all(&privileges->items[0]);
    if (object == NULL && revokes_everything(privileges)) {
        grant->level = AST_GRANT_GLOBAL;
        grant->everything = true;
    } else if (object == NULL) {
        make_roles(p, grant);
    }
    if (grant->current_database) grant->level = AST_GRANT_DATABASE;
    build_statement(p, kind, grant);
    return grant;
}

struct ast_grant *build_grant_proxy(struct parser *p, int kind, const struct ast_account *proxy,
                                    const struct ast_accounts *accounts) {
    struct ast_grant *grant = build_new(p, struct ast_grant);
    grant->level = AST_GRANT_PROXY;
    grant->proxy = *proxy;
    grant->accounts = *accounts;
    build_statement(p, kind, grant);
    return grant;
}

void build_revoke_flags(struct ast_grant *grant, int if_exists, int ignore_unknown) {
    grant->if_exists = if_exists;
    grant->ignore_unknown_user = ignore_unknown;
}

/* ---- SET ---- */

struct ast_set *build_set(struct parser *p, struct ast_set *list,
                          const struct ast_setting *setting) {
    if (list == NULL) list = build_new(p, struct ast_set);
    *(struct ast_setting *)build_push(p, list, sizeof(*setting)) = *setting;
    return list;
}

struct ast_setting *build_set_user(struct parser *p, const struct token *name,
                                   struct ast_expr *value) {
    struct ast_setting *setting = build_new(p, struct ast_setting);
    setting->kind = AST_SET_USER;
    setting->name = build_at_name(p, name);
    setting->value = value;
    return setting;
}

struct ast_setting *build_set_system(struct parser *p, const struct token *name,
                                     struct ast_expr *value) {
    struct ast_expr *variable = build_system_variable(p, name);
    struct ast_setting *setting = build_new(p, struct ast_setting);
    setting->kind = AST_SET_SYSTEM;
    setting->scope = variable->variable.scope;
    setting->base = variable->variable.base;
    setting->name = variable->variable.name;
    setting->value = value;
    return setting;
}

struct ast_setting *build_setting(struct parser *p, const struct token *base,
                                  const struct token *name, struct ast_expr *value) {
    struct ast_setting *setting = build_new(p, struct ast_setting);
    setting->kind = AST_SET_SYSTEM;
    if (base != NULL) setting->base = build_identifier(p, base);
    setting->name = build_identifier(p, name);
    setting->value = value;
    return setting;
}

struct ast_setting *build_set_names(struct parser *p, int kind, struct slice charset,
                                    struct slice collation) {
    struct ast_setting *setting = build_new(p, struct ast_setting);
    setting->kind = (enum ast_set_kind)kind;
    setting->charset = charset;
    setting->collation = collation;
    return setting;
}

struct ast_expr *build_set_value(struct parser *p, struct ast_expr *value) {
    if (value->kind != AST_EXPR_COLUMN || value->column.table.size > 0) return value;
    struct ast_expr *word = build_new(p, struct ast_expr);
    word->kind = AST_EXPR_LITERAL;
    word->depth = 1;
    word->source = value->source;
    word->literal.kind = AST_LITERAL_STRING;
    word->literal.ordinal = AST_NOT_LIFTED;
    word->literal.text = value->column.column;
    return word;
}

void build_set_transaction(struct parser *p, int scope, struct ast_set_transaction *modes) {
    modes->scope = (enum ast_scope)scope;
    build_statement(p, AST_SET_TRANSACTION, modes);
}

static void error_here(struct parser *p) { build_syntax_error(p, &(struct token){.data = p->end}); }

void build_modes_merge(struct parser *p, struct ast_set_transaction *modes,
                       const struct ast_set_transaction *more) {
    bool is_twice =
        (modes->isolation != AST_ISOLATION_UNSET) == (more->isolation != AST_ISOLATION_UNSET);
    if (is_twice) error_here(p);
    if (more->isolation != AST_ISOLATION_UNSET) modes->isolation = more->isolation;
    if (more->access != AST_ACCESS_UNSET) modes->access = more->access;
}

void build_set_password(struct parser *p, const struct ast_account *account,
                        const struct slice *password) {
    struct ast_set_password *set = build_new(p, struct ast_set_password);
    if (account != NULL) {
        set->has_account = true;
        set->account = *account;
    }
    set->is_random = password == NULL;
    if (password != NULL) set->password = *password;
    set->has_replaced = p->has_replaced;
    set->replaced = p->replaced;
    set->retain_current = p->retain_current;
    build_statement(p, AST_SET_PASSWORD, set);
}

struct ast_set_role *build_role_choice(struct parser *p, int choice,
                                       const struct ast_accounts *roles) {
    struct ast_set_role *set = build_new(p, struct ast_set_role);
    set->choice = (enum ast_role_choice)choice;
    if (roles != NULL) set->roles = *roles;
    return set;
}

/* ---- Transactions ---- */

void build_begin_merge(struct parser *p, struct ast_begin *begin, const struct ast_begin *more) {
    if (begin->access != AST_ACCESS_UNSET && more->access != AST_ACCESS_UNSET) error_here(p);
    begin->with_snapshot |= more->with_snapshot;
    if (more->access != AST_ACCESS_UNSET) begin->access = more->access;
}

void build_end(struct parser *p, int kind, int chain, int release) {
    if (chain == AST_YES && release == AST_YES) error_here(p);
    struct ast_end *end = build_new(p, struct ast_end);
    *end = (struct ast_end){(enum ast_tristate)chain, (enum ast_tristate)release};
    build_statement(p, kind, end);
}

void build_savepoint(struct parser *p, int kind, struct slice name) {
    struct ast_savepoint *savepoint = build_new(p, struct ast_savepoint);
    savepoint->name = name;
    build_statement(p, kind, savepoint);
}

struct ast_xa *build_xid(struct parser *p, struct slice gtrid, struct slice bqual,
                         uint64_t format) {
    struct ast_xa *xa = build_new(p, struct ast_xa);
    xa->gtrid = gtrid;
    xa->bqual = bqual;
    xa->format = format;
    if (gtrid.size > 64 || bqual.size > 64) error_here(p);
    return xa;
}

struct ast_xa *build_xa(struct ast_xa *xa, int kind) {
    xa->kind = (enum ast_xa_kind)kind;
    return xa;
}

struct ast_prepare *build_prepare(struct parser *p, int kind, struct slice name) {
    struct ast_prepare *prepare = build_new(p, struct ast_prepare);
    prepare->name = name;
    build_statement(p, kind, prepare);
    return prepare;
}

void build_do(struct parser *p, const struct ast_select_items *items) {
    struct ast_call_statement *statement = build_new(p, struct ast_call_statement);
    for (uint32_t i = 0; i < items->count; i++) {
        if (items->items[i].expr == NULL) error_here(p);
        build_exprs(p, &statement->args, items->items[i].expr);
    }
    build_statement(p, AST_DO, statement);
}

void build_call_statement(struct parser *p, const struct ast_name *name,
                          const struct ast_exprs *args) {
    struct ast_call_statement *statement = build_new(p, struct ast_call_statement);
    statement->name = *name;
    if (args != NULL) statement->args = *args;
    build_statement(p, AST_CALL, statement);
}

/* ---- SHOW, DESCRIBE, EXPLAIN ---- */

/* Takes what the clauses before left in the parser's state. */
struct ast_show *build_show(struct parser *p, int kind) {
    struct ast_show *show = build_new(p, struct ast_show);
    show->kind = (enum ast_show_kind)kind;
    show->schema = p->show_schema;
    show->has_like = p->show_has_like;
    show->like = p->show_like;
    show->where = p->show_where;
    return show;
}

struct ast_show *build_show_flags(struct parser *p, struct ast_show *show) {
    show->is_full = p->show_full;
    show->is_extended = p->show_extended;
    return show;
}

struct ast_show *build_show_old(struct parser *p, int kind) {
    struct ast_show *show = build_show(p, kind);
    show->is_old_word = true;
    return show;
}

struct ast_show *build_show_table(struct parser *p, int kind, const struct ast_name *name) {
    struct ast_show *show = build_show(p, kind);
    show->name = *name;
    return show;
}

struct ast_show *build_show_limit(struct parser *p, int kind, const struct ast_limit *limit) {
    struct ast_show *show = build_show(p, kind);
    if (limit != NULL) show->limit = *limit;
    return show;
}

struct ast_show *build_show_count(struct parser *p, const struct token *word, int kind) {
    bool is_count = slice_equal_nocase(slice_of(word->data, word->size), SLICE_LITERAL("count"));
    if (!is_count) build_syntax_error(p, word);
    return build_show(p, kind);
}

struct ast_show *build_show_account(struct parser *p, int kind, const struct ast_account *account) {
    struct ast_show *show = build_show(p, kind);
    show->has_account = true;
    show->account = *account;
    return show;
}

struct ast_show *build_show_tree(struct parser *p) {
    struct ast_show *show = build_show(p, AST_SHOW_PARSE_TREE);
    show->statement = p->explained;
    return show;
}

void build_describe(struct parser *p, const struct ast_name *table, const struct slice *column) {
    struct ast_describe *describe = build_new(p, struct ast_describe);
    describe->table = *table;
    if (column != NULL) {
        describe->has_like = true;
        describe->like = *column;
    }
    build_statement(p, AST_DESCRIBE, describe);
}

static enum ast_explain_format format_of(struct parser *p, struct slice name) {
    if (name.size == 0) return AST_EXPLAIN_DEFAULT;
    if (slice_equal_nocase(name, SLICE_LITERAL("traditional"))) return AST_EXPLAIN_TRADITIONAL;
    if (slice_equal_nocase(name, SLICE_LITERAL("json"))) return AST_EXPLAIN_JSON;
    if (slice_equal_nocase(name, SLICE_LITERAL("tree"))) return AST_EXPLAIN_TREE;
    build_error(p, 1791, "Unknown EXPLAIN format name: '%.*s'", (int)MIN(name.size, 64),
                (const char *)name.data);
    return AST_EXPLAIN_DEFAULT;
}

void build_explain(struct parser *p, uint64_t connection) {
    struct ast_explain *explain = build_new(p, struct ast_explain);
    *explain = p->explain;
    explain->statement = p->explained;
    explain->connection = connection;
    explain->format = format_of(p, explain->format_name);
    build_statement(p, AST_EXPLAIN, explain);
}

/* ---- Administration ---- */

void build_kill(struct parser *p, int only_query, struct ast_expr *connection) {
    struct ast_kill *kill = build_new(p, struct ast_kill);
    kill->only_query = only_query;
    kill->connection = connection;
    build_statement(p, AST_KILL, kill);
}

struct ast_flush *build_flush(struct parser *p, struct ast_flush *list,
                              const struct ast_identifiers *words) {
    if (list == NULL) list = build_new(p, struct ast_flush);
    build_identifiers(p, &list->what, build_joined_words(p, words));
    list->channel = p->channel;
    return list;
}

struct ast_flush *build_flush_tables(struct parser *p, const struct ast_names *tables) {
    struct ast_flush *flush = build_new(p, struct ast_flush);
    build_identifiers(p, &flush->what, SLICE_LITERAL("TABLES"));
    if (tables != NULL) flush->tables = *tables;
    return flush;
}

void build_reset_persist(struct parser *p, int if_exists, struct slice name) {
    struct ast_flush *flush = build_new(p, struct ast_flush);
    build_identifiers(p, &flush->what, SLICE_LITERAL("PERSIST"));
    flush->if_exists = if_exists;
    flush->channel = name;
    build_statement(p, AST_RESET, flush);
}

struct ast_maintain *build_maintain(struct parser *p, int kind, const struct ast_names *tables,
                                    int binlog) {
    struct ast_maintain *maintain = build_new(p, struct ast_maintain);
    maintain->tables = *tables;
    maintain->no_write_to_binlog = binlog;
    maintain->options = p->options;
    build_statement(p, kind, maintain);
    return maintain;
}

struct ast_lock_tables *build_table_locks(struct parser *p, struct ast_lock_tables *list,
                                          const struct ast_table_lock *lock) {
    if (list == NULL) list = build_new(p, struct ast_lock_tables);
    *(struct ast_table_lock *)build_push(p, list, sizeof(*lock)) = *lock;
    return list;
}

struct ast_table_lock *build_table_lock(struct parser *p, const struct ast_name *table,
                                        struct slice alias) {
    struct ast_table_lock *lock = build_new(p, struct ast_table_lock);
    lock->table = *table;
    lock->alias = alias;
    return lock;
}

void build_help(struct parser *p, struct slice topic) {
    struct ast_help *help = build_new(p, struct ast_help);
    help->topic = topic;
    build_statement(p, AST_HELP, help);
}
