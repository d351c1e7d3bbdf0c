/* sql/account.h: accounts: who may log in, and what each holds. See NOTES: Accounts.
 *
 * An account is an entry of the dictionary in database `mysql`, named "account/user@host". A daemon's list is made again
 * when the dictionary has a newer version; it is replaced whole, so pointers into it are for the moment only.
 */
#ifndef SQL_ACCOUNT_H
#define SQL_ACCOUNT_H

#include "base/arena.h"
#include "base/status.h"
#include "cluster/cluster.h"

enum account_tls { ACCOUNT_TLS_NONE, ACCOUNT_TLS_ANY, ACCOUNT_TLS_X509 };

struct account_database {
    struct slice pattern; /* % and _ as in LIKE, \ escapes */
    uint64_t privileges;
};
struct account_column {
    struct slice name;
    uint64_t privileges;
};
struct account_table {
    struct slice database, table;
    uint64_t privileges;
    struct account_column *columns;
    uint32_t column_count;
};
struct account {
    struct slice user, host; /* host: a pattern */
    struct slice plugin, stored;
    uint8_t is_locked, is_expired, is_role;
    uint8_t tls; /* enum account_tls */
    struct slice comment, attribute;
    uint64_t global;
    struct account_database *databases;
    struct account_table *tables;
    uint32_t database_count, table_count;
};

struct account_list;
struct account_list *account_list_open(struct arena *arena, struct chunk_source *source);
void account_list_close(struct account_list *list);
/* Reads the accounts of a version newer than the list's. */
void account_list_renew(struct account_list *list, const struct schema *schema);
uint32_t account_list_version(const struct account_list *list);
/* In the order in which logins look at them: most specific first. NULL past the last. */
const struct account *account_list_at(const struct account_list *list, uint32_t place);
/* Exactly this one, or NULL. */
const struct account *account_list_find(const struct account_list *list, struct slice user,
                                        struct slice host);
/* The one that a login of user from host is, or NULL. */
const struct account *account_list_match(const struct account_list *list, struct slice user,
                                         struct slice host);
/* Somebody has a password. */
bool account_list_has_password(const struct account_list *list);

/* Deep copy that may be changed. */
struct account *account_copy(const struct account *account, struct arena *arena);
struct slice account_object_name(struct slice user, struct slice host, struct arena *arena);
void account_encode(const struct account *account, struct buffer *out);
MUST_USE enum status account_decode(struct slice bytes, struct arena *arena, struct account *out);
/* Entries are added when there is none; in the arena. */
struct account_database *account_database_of(struct account *account, struct slice pattern,
                                             struct arena *arena);
struct account_table *account_table_of(struct account *account, struct slice database,
                                       struct slice table, struct arena *arena);
struct account_column *account_column_of(struct account_table *table, struct slice name,
                                         struct arena *arena);
/* Entries that hold nothing any more go. */
void account_tidy(struct account *account);

#endif
