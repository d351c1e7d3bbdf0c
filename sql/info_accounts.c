/* info_accounts.c: accounts and what they hold as rows: mysql.user and its kin, the *_PRIVILEGES of information_schema.
 *
 * mysql.* tables are read only: accounts change by CREATE USER and GRANT alone. The list of accounts may be replaced while rows
 * are given, so it is copied first.
 */
#include "row/collation.h"
#include "sql/account.h"
#include "sql/info_schema.h"
#include "sql/privilege.h"
#include "sql/session_private.h"

typedef enum status on_account(struct info_row *row, const struct account *account);

static enum status each_account(struct info_row *row, on_account *visit) {
    struct session *session = row->session;
    const struct account_list *list = session->server->accounts;
    uint32_t count = 0;
    bool sees_all =
        (privilege_table(session, SYSTEM_DATABASE, SLICE_LITERAL("user")) & PRIVILEGE(SELECT)) != 0;
    while (account_list_at(list, count) != NULL) count++;
    struct account **accounts = arena_array(row->arena, struct account *, count);
    for (uint32_t i = 0; i < count; i++)
        accounts[i] = account_copy(account_list_at(list, i), row->arena);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        bool is_own = slice_equal(accounts[i]->user, session->account_user) &&
                      slice_equal(accounts[i]->host, session->account_host);
        if (sees_all || is_own) status = visit(row, accounts[i]);
    }
    return status;
}

/* `set`: not 0 when it is. */
static void put_flag(struct info_row *row, uint64_t set) {
    info_literal(row, set != 0 ? "Y" : "N");
}

/* ---- mysql.user ---- */

static enum status row_of_user(struct info_row *row, const struct account *account) {
    info_text(row, account->host);
    info_text(row, account->user);
    for (uint32_t i = 0; i <= PRIVILEGE_PLACE_CREATE_TABLESPACE; i++)
        put_flag(row, (account->global >> i & 1) != 0);
    info_literal(row, account->tls == ACCOUNT_TLS_ANY    ? "ANY"
                      : account->tls == ACCOUNT_TLS_X509 ? "X509"
                                                         : "");
    for (uint32_t i = 0; i < 3; i++) info_literal(row, "");
    for (uint32_t i = 0; i < 4; i++) info_uint(row, 0);
    info_text(row, account->plugin);
    info_text(row, account->stored);
    put_flag(row, account->is_expired);
    info_nulls(row, 2);
    put_flag(row, account->is_locked);
    put_flag(row, (account->global & PRIVILEGE(CREATE_ROLE)) != 0);
    put_flag(row, (account->global & PRIVILEGE(DROP_ROLE)) != 0);
    info_nulls(row, 4);
    return info_emit(row);
}

enum status info_mysql_user(struct info_row *row) { return each_account(row, row_of_user); }

static const uint8_t database_flags[] = {PRIVILEGE_PLACE_SELECT,
                                         PRIVILEGE_PLACE_INSERT,
                                         PRIVILEGE_PLACE_UPDATE,
                                         PRIVILEGE_PLACE_DELETE,
                                         PRIVILEGE_PLACE_CREATE,
                                         PRIVILEGE_PLACE_DROP,
                                         PRIVILEGE_PLACE_GRANT,
                                         PRIVILEGE_PLACE_REFERENCES,
                                         PRIVILEGE_PLACE_INDEX,
                                         PRIVILEGE_PLACE_ALTER,
                                         PRIVILEGE_PLACE_CREATE_TEMPORARY_TABLES,
                                         PRIVILEGE_PLACE_LOCK_TABLES,
                                         PRIVILEGE_PLACE_CREATE_VIEW,
                                         PRIVILEGE_PLACE_SHOW_VIEW,
                                         PRIVILEGE_PLACE_CREATE_ROUTINE,
                                         PRIVILEGE_PLACE_ALTER_ROUTINE,
                                         PRIVILEGE_PLACE_EXECUTE,
                                         PRIVILEGE_PLACE_EVENT,
                                         PRIVILEGE_PLACE_TRIGGER};

static enum status rows_of_databases(struct info_row *row, const struct account *account) {
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < account->database_count && status == STATUS_OK; i++) {
        info_text(row, account->host);
        info_text(row, account->databases[i].pattern);
        info_text(row, account->user);
        for (size_t f = 0; f < ARRAY_COUNT(database_flags); f++)
            put_flag(row, (account->databases[i].privileges >> database_flags[f] & 1) != 0);
        status = info_emit(row);
    }
    return status;
}

enum status info_mysql_db(struct info_row *row) { return each_account(row, rows_of_databases); }

static struct slice names_of(struct info_row *row, uint64_t privileges) {
    struct buffer names = buffer_of(row->arena);
    for (uint32_t i = 0; i < PRIVILEGE_COUNT; i++) {
        if ((privileges >> i & 1) == 0) continue;
        if (names.size > 0) buffer_append_byte(&names, ',');
        buffer_append(&names, slice_of_text(privilege_info((enum privilege_place)i)->text));
    }
    return buffer_slice(&names);
}

static enum status rows_of_tables(struct info_row *row, const struct account *account) {
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < account->table_count && status == STATUS_OK; i++) {
        const struct account_table *table = &account->tables[i];
        uint64_t of_columns = 0;
        for (uint32_t c = 0; c < table->column_count; c++)
            of_columns |= table->columns[c].privileges;
        info_text(row, account->host);
        info_text(row, table->database);
        info_text(row, account->user);
        info_text(row, table->table);
        info_literal(row, "");
        info_null(row);
        info_text(row, names_of(row, table->privileges));
        info_text(row, names_of(row, of_columns));
        status = info_emit(row);
    }
    return status;
}

enum status info_mysql_tables_priv(struct info_row *row) {
    return each_account(row, rows_of_tables);
}

static enum status rows_of_global_grants(struct info_row *row, const struct account *account) {
    enum status status = STATUS_OK;
    for (uint32_t i = PRIVILEGE_STATIC_COUNT; i < PRIVILEGE_COUNT && status == STATUS_OK; i++) {
        if ((account->global >> i & 1) == 0) continue;
        info_text(row, account->user);
        info_text(row, account->host);
        info_literal(row, privilege_info((enum privilege_place)i)->text);
        put_flag(row, (account->global & PRIVILEGE(GRANT)) != 0);
        status = info_emit(row);
    }
    return status;
}

enum status info_mysql_global_grants(struct info_row *row) {
    return each_account(row, rows_of_global_grants);
}

/* ---- information_schema ---- */

/* Who, and what stands between the catalog and the privilege in the row. */
struct grant_place {
    const struct account *account;
    struct slice names[3];
    uint32_t name_count;
    uint64_t privileges;
    bool is_grantable;
};

static struct slice grantee(struct info_row *row, const struct account *account) {
    return slice_of_text(arena_printf(row->arena, "'%s'@'%s'",
                                      arena_text(row->arena, account->user),
                                      arena_text(row->arena, account->host)));
}

static enum status rows_of_place(struct info_row *row, const struct grant_place *place) {
    uint64_t privileges = place->privileges & ~PRIVILEGE(GRANT);
    enum status status = STATUS_OK;
    struct slice who = grantee(row, place->account);
    for (uint32_t i = 0; i <= PRIVILEGE_COUNT && status == STATUS_OK; i++) {
        bool is_usage = i == PRIVILEGE_COUNT && privileges == 0;
        if (!is_usage && (i == PRIVILEGE_COUNT || (privileges >> i & 1) == 0)) continue;
        info_text(row, who);
        info_literal(row, "def");
        for (uint32_t n = 0; n < place->name_count; n++) info_text(row, place->names[n]);
        info_literal(row, is_usage ? "USAGE" : privilege_info((enum privilege_place)i)->text);
        info_literal(row, place->is_grantable ? "YES" : "NO");
        status = info_emit(row);
    }
    return status;
}

static enum status rows_of_user(struct info_row *row, const struct account *account) {
    const struct grant_place place = {.account = account,
                                      .privileges = account->global,
                                      .is_grantable = (account->global & PRIVILEGE(GRANT)) != 0};
    return rows_of_place(row, &place);
}

enum status info_user_privileges(struct info_row *row) { return each_account(row, rows_of_user); }

static enum status rows_of_schemas(struct info_row *row, const struct account *account) {
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < account->database_count && status == STATUS_OK; i++) {
        uint64_t held = account->databases[i].privileges;
        const struct grant_place place = {.account = account,
                                          .names = {account->databases[i].pattern},
                                          .name_count = 1,
                                          .privileges = held,
                                          .is_grantable = (held & PRIVILEGE(GRANT)) != 0};
        status = rows_of_place(row, &place);
    }
    return status;
}

enum status info_schema_privileges(struct info_row *row) {
    return each_account(row, rows_of_schemas);
}

static enum status rows_of_table_grants(struct info_row *row, const struct account *account) {
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < account->table_count && status == STATUS_OK; i++) {
        const struct account_table *table = &account->tables[i];
        const struct grant_place place = {.account = account,
                                          .names = {table->database, table->table},
                                          .name_count = 2,
                                          .privileges = table->privileges,
                                          .is_grantable =
                                              (table->privileges & PRIVILEGE(GRANT)) != 0};
        if (table->privileges != 0) status = rows_of_place(row, &place);
    }
    return status;
}

enum status info_table_privileges(struct info_row *row) {
    return each_account(row, rows_of_table_grants);
}

static enum status rows_of_column_grants(struct info_row *row, const struct account *account) {
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < account->table_count; i++) {
        const struct account_table *table = &account->tables[i];
        for (uint32_t c = 0; c < table->column_count && status == STATUS_OK; c++) {
            const struct grant_place place = {
                .account = account,
                .names = {table->database, table->table, table->columns[c].name},
                .name_count = 3,
                .privileges = table->columns[c].privileges,
                .is_grantable = (table->privileges & PRIVILEGE(GRANT)) != 0};
            status = rows_of_place(row, &place);
        }
    }
    return status;
}

enum status info_column_privileges(struct info_row *row) {
    return each_account(row, rows_of_column_grants);
}
