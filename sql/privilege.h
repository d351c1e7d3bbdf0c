/* sql/privilege.h: the privileges: their names and bits, and what a session may do.
 *
 * privilege.def lists them. A session's account is looked up again whenever the dictionary has changed, so a GRANT is in force
 * for the next statement of every session of every SQL daemon once it has returned. See NOTES: Accounts.
 */
#ifndef SQL_PRIVILEGE_H
#define SQL_PRIVILEGE_H

#include "base/status.h"
#include "sql/bound.h"

struct session;

#define P(name, text, levels) PRIVILEGE_PLACE_##name,
enum privilege_place {
#include "sql/privilege.def"
    PRIVILEGE_COUNT
};
#undef P
static_assert(PRIVILEGE_COUNT <= 64, "a set of privileges is a uint64_t");

#define PRIVILEGE(name)        ((uint64_t)1 << PRIVILEGE_PLACE_##name)
#define PRIVILEGES_ALL         (((uint64_t)1 << PRIVILEGE_COUNT) - 1)
#define PRIVILEGE_STATIC_COUNT ((uint32_t)PRIVILEGE_PLACE_DROP_ROLE + 1)

/* Where a privilege may be granted: bits of `levels`. */
enum privilege_level {
    PRIVILEGE_GLOBAL = 1,
    PRIVILEGE_DATABASE = 2,
    PRIVILEGE_TABLE = 4,
    PRIVILEGE_COLUMN = 8,
    PRIVILEGE_DYNAMIC = 16,
};
struct privilege_info {
    const char *text;
    uint32_t levels;
};
const struct privilege_info *privilege_info(enum privilege_place place);
/* By its text, upper case; PRIVILEGE_COUNT when there is none. */
enum privilege_place privilege_find(struct slice text);
/* Privileges that may be granted on a level. */
uint64_t privilege_of_level(enum privilege_level level);

/* What the session's account holds: on everything, a database (with the former), a table (with both). */
uint64_t privilege_global(struct session *session);
uint64_t privilege_database(struct session *session, struct slice database);
uint64_t privilege_table(struct session *session, struct slice database, struct slice table);
/* Anything at all in the database: what USE and SHOW TABLES ask. */
bool privilege_any_in_database(struct session *session, struct slice database);

/* OK, or 1142, 1044, 1227 in the diagnostics. */
MUST_USE enum status privilege_check_accesses(struct session *session,
                                              const struct bound_access *accesses, uint32_t count);
MUST_USE enum status privilege_check_table(struct session *session, uint64_t needed,
                                           struct slice database, struct slice table);
MUST_USE enum status privilege_check_database(struct session *session, uint64_t needed,
                                              struct slice database);
/* One of `needed` is enough. */
MUST_USE enum status privilege_check_global(struct session *session, uint64_t needed);

#endif
