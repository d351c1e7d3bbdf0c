/* sql/show_private.h: what the show*.c files share. */
#ifndef SQL_SHOW_PRIVATE_H
#define SQL_SHOW_PRIVATE_H

#include "sql/session_private.h"

struct show_column {
    const char *name;
    uint32_t source; /* place in the source's columns */
};
enum show_variant { SHOW_FULL = 1, SHOW_GLOBAL = 2 };
enum show_flag {
    SHOW_IN_DATABASE = 1,
    SHOW_IN_TABLE = 2,
    SHOW_NAMES_DATABASE = 4, /* the first column's name ends in the database's */
};
struct show_list {
    enum ast_show_kind kind;
    uint32_t variant; /* enum show_variant */
    const char *source_database, *source;
    const struct show_column *columns;
    uint32_t column_count, flags;
};
/* NULL: no SHOW of this kind. */
const struct show_list *show_list_of(const struct ast_show *show);
MUST_USE enum status show_list_run(struct session *session, const struct ast_show *show,
                                   const struct show_list *list);
/* grant.c */
MUST_USE enum status grant_show(struct session *session, const struct ast_show *show);
MUST_USE enum status grant_show_create_user(struct session *session, const struct ast_show *show);
struct result_column show_result_column(const struct table_definition *definition, uint32_t place);

#endif
