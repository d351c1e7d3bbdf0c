/* sql/show.h: texts about tables that SHOW, DESCRIBE and information_schema share.
 */
#ifndef SQL_SHOW_H
#define SQL_SHOW_H

#include "row/table.h"

struct session;
struct table;

uint16_t show_database_collation(struct session *session, struct slice database);
/* COLUMN_DEFAULT: text or NULL. */
struct value show_column_default(const struct column_definition *column, struct arena *arena);
/* "PRI", "UNI", "MUL" or "". */
const char *show_column_key(const struct table_definition *definition, uint32_t column);
/* "auto_increment", "DEFAULT_GENERATED on update CURRENT_TIMESTAMP" ... */
struct slice show_column_extra(const struct column_definition *column, struct arena *arena);
/* "select,insert,update,references": what the session holds. */
struct slice show_column_privileges(struct session *session,
                                    const struct table_definition *definition, struct arena *arena);
/* ENUM: characters of the longest name; SET: of all of them with commas. */
uint32_t show_members_length(const struct column_type *type);
/* "CURRENT_TIMESTAMP(3)" */
struct slice show_now(const struct column_type *type, struct arena *arena);
/* `name`, or bare without sql_quote_show_create. */
void show_identifier(const struct session *session, struct buffer *out, struct slice name);
/* The statement that makes the table, MySQL's to the byte. `base` is NULL for virtual ones. May suspend. */
struct slice show_create_table(struct session *session, const struct table_definition *definition,
                               const struct table *base);
enum show_form { SHOW_PLAIN, SHOW_IF_NOT_EXISTS };
struct slice show_create_database(struct session *session, struct slice name, enum show_form form);

#endif
