/* privilege.c: may the session do this?
 *
 *   global --or--> database (patterns that match) --or--> table (and its columns)
 *
 * What an account holds is looked up in the daemon's list for the dictionary version that the statement holds; the pointer
 * is kept in the session until the version changes.
 */
#include "sql/privilege.h"

#include "row/collation.h"
#include "sql/account.h"
#include "sql/session_private.h"

#define P(name, text, levels) {text, levels},
static const struct privilege_info infos[PRIVILEGE_COUNT] = {
#include "sql/privilege.def"
};
#undef P

static_assert(NEED_SELECT == PRIVILEGE(SELECT) && NEED_INSERT == PRIVILEGE(INSERT),
              "one numbering");
static_assert(NEED_UPDATE == PRIVILEGE(UPDATE) && NEED_DELETE == PRIVILEGE(DELETE),
              "one numbering");

const struct privilege_info *privilege_info(enum privilege_place place) {
    CHECK(place < PRIVILEGE_COUNT);
    return &infos[place];
}

enum privilege_place privilege_find(struct slice text) {
    for (uint32_t i = 0; i < PRIVILEGE_COUNT; i++)
        if (slice_equal_nocase(text, slice_of_text(infos[i].text))) return (enum privilege_place)i;
    return PRIVILEGE_COUNT;
}

uint64_t privilege_of_level(enum privilege_level level) {
    uint64_t privileges = 0;
    for (uint32_t i = 0; i < PRIVILEGE_COUNT; i++)
        if (infos[i].levels & level) privileges |= (uint64_t)1 << i;
    return privileges;
}

/* ---- what is held ---- */

static const struct account *account_of(struct session *session) {
    struct account_list *list = session->server->accounts;
    CHECK(session->schema != NULL);
    account_list_renew(list, session->schema);
    if (session->accounts_version != account_list_version(list)) {
        session->account = account_list_find(list, session->account_user, session->account_host);
        session->accounts_version = account_list_version(list);
    }
    return session->account;
}

uint64_t privilege_global(struct session *session) {
    const struct account *account = account_of(session);
    return account != NULL ? account->global : 0;
}

uint64_t privilege_database(struct session *session, struct slice database) {
    const struct account *account = account_of(session);
    if (account == NULL) return 0;
    uint64_t held = account->global;
    for (uint32_t i = 0; i < account->database_count; i++) {
        const struct account_database *entry = &account->databases[i];
        if (collation_like(COLLATION_UTF8MB4_BIN, database, entry->pattern, '\\'))
            held |= entry->privileges;
    }
    return held;
}

static const struct account_table *table_entry(const struct account *account, struct slice database,
                                               struct slice table) {
    for (uint32_t i = 0; i < account->table_count; i++) {
        const struct account_table *entry = &account->tables[i];
        if (slice_equal(entry->database, database) && slice_equal(entry->table, table))
            return entry;
    }
    return NULL;
}

uint64_t privilege_table(struct session *session, struct slice database, struct slice table) {
    const struct account *account = account_of(session);
    if (account == NULL) return 0;
    uint64_t held = privilege_database(session, database);
    const struct account_table *entry = table_entry(account, database, table);
    return entry != NULL ? held | entry->privileges : held;
}

bool privilege_any_in_database(struct session *session, struct slice database) {
    const struct account *account = account_of(session);
    const uint64_t of_databases = privilege_of_level(PRIVILEGE_DATABASE);
    if (catalog_is_virtual(database)) return true;
    if (account == NULL) return false;
    uint64_t held = privilege_database(session, database);
    if ((held & (of_databases | PRIVILEGE(SHOW_DATABASES))) != 0) return true;
    for (uint32_t i = 0; i < account->table_count; i++)
        if (slice_equal(account->tables[i].database, database)) return true;
    return false;
}

/* ---- checks ---- */

static const char *text_of(struct session *session, struct slice text) {
    return arena_text(&session->statement_arena, text);
}

static const char *first_name(uint64_t privileges) {
    return infos[__builtin_ctzll(privileges)].text;
}

enum status privilege_check_table(struct session *session, uint64_t needed, struct slice database,
                                  struct slice table) {
    if (session->load_table != NULL && slice_equal(database, LOAD_DATABASE)) return STATUS_OK;
    if (session->show_table != NULL && slice_equal(database, SHOW_DATABASE)) return STATUS_OK;
    if (catalog_is_virtual(database)) {
        if ((needed & ~PRIVILEGE(SELECT)) == 0) return STATUS_OK;
        return diagnostics_error(&session->diagnostics, ER_DBACCESS_DENIED_ERROR,
                                 text_of(session, session->account_user),
                                 text_of(session, session->account_host),
                                 text_of(session, database));
    }
    uint64_t held = privilege_global(session);
    if ((needed & ~held) == 0) return STATUS_OK;
    uint64_t missing = needed & ~privilege_table(session, database, table);
    if (missing == 0) return STATUS_OK;
    return diagnostics_error(&session->diagnostics, ER_TABLEACCESS_DENIED_ERROR,
                             first_name(missing), text_of(session, session->account_user),
                             text_of(session, session->account_host), text_of(session, table));
}

enum status privilege_check_accesses(struct session *session, const struct bound_access *accesses,
                                     uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        enum status status = privilege_check_table(session, accesses[i].privileges,
                                                   accesses[i].schema, accesses[i].table);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

enum status privilege_check_database(struct session *session, uint64_t needed,
                                     struct slice database) {
    if ((needed & ~privilege_database(session, database)) == 0 && !catalog_is_virtual(database))
        return STATUS_OK;
    return diagnostics_error(&session->diagnostics, ER_DBACCESS_DENIED_ERROR,
                             text_of(session, session->account_user),
                             text_of(session, session->account_host), text_of(session, database));
}

enum status privilege_check_global(struct session *session, uint64_t needed) {
    if ((needed & privilege_global(session)) != 0) return STATUS_OK;
    struct buffer names = buffer_of(&session->statement_arena);
    for (uint32_t i = 0; i < PRIVILEGE_COUNT; i++) {
        if ((needed >> i & 1) == 0) continue;
        if (names.size > 0) buffer_append(&names, SLICE_LITERAL(", "));
        buffer_append(&names, slice_of_text(infos[i].text));
    }
    return diagnostics_error(&session->diagnostics, ER_SPECIFIC_ACCESS_DENIED_ERROR,
                             text_of(session, buffer_slice(&names)));
}
