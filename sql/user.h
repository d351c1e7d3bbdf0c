/* sql/user.h: what user.c and grant.c share: finding and storing accounts for statements about them. */
#ifndef SQL_USER_H
#define SQL_USER_H

#include "sql/account.h"
#include "sql/ddl.h"

/* An absent host is '%'; CURRENT_USER is the session's account. */
void user_name(const struct session *session, const struct ast_account *ast, struct slice *user_out,
               struct slice *host_out);
/* 'user'@'host' in the statement's arena. */
const char *user_text(struct session *session, const struct ast_account *ast);
/* Borrowed until the list is renewed; NULL when there is none. */
const struct account *user_find(struct session *session, const struct ast_account *ast);
/* Returns when every SQL daemon knows it. */
MUST_USE enum status user_store(struct session *session, struct account *account);

#endif
