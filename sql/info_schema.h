/* sql/info_schema.h: tables whose rows the front end makes: information_schema, and the system tables of `mysql`.
 *
 * info_schema.def lists tables and columns; each table has one function that makes its rows, in the file of its subject.
 * SHOW reads the same tables.
 */
#ifndef SQL_INFO_SCHEMA_H
#define SQL_INFO_SCHEMA_H

#include "sql/bound.h"

struct session;
struct info_schema;

/* Made once, in the server's arena. */
struct info_schema *info_schema_open(struct arena *arena);
/* NULL when there is none; both names without regard to case. */
const struct virtual_table *info_schema_find(const struct info_schema *info, struct slice database,
                                             struct slice name);
/* All tables in order; NULL past the last. */
const struct virtual_table *info_schema_at(const struct info_schema *info, uint32_t place);

/* ---- for the functions that make rows ---- */

/* A row in the making: values are put from left to right. */
struct info_row {
    struct session *session;
    struct arena *arena; /* the statement's */
    enum status (*emit)(void *to, const struct value *values);
    void *to;
    struct value *values;
    uint32_t count, at;
};
void info_text(struct info_row *row, struct slice text);
void info_literal(struct info_row *row, const char *text);
void info_copy(struct info_row *row,
               struct slice text); /* text that may change while rows are made */
void info_uint(struct info_row *row, uint64_t number);
void info_int(struct info_row *row, int64_t number);
void info_null(struct info_row *row);
void info_nulls(struct info_row *row, uint32_t count);
/* Microseconds since 1970 as DATETIME in the session's zone; 0 is NULL. */
void info_time(struct info_row *row, uint64_t wall_us);
void info_value(struct info_row *row, const struct value *value);
/* All columns have values: the row is given. */
MUST_USE enum status info_emit(struct info_row *row);

typedef enum status info_rows(struct info_row *row);
/* One for each table of info_schema.def. */
#define TABLE(database, name, rows) extern info_rows rows;
#define COLUMN(name, kind, length, flags)
#define END
#include "sql/info_schema.def"
#undef TABLE
#undef COLUMN
#undef END

#endif
