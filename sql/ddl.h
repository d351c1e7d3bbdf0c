/* sql/ddl.h: what the ddl_*.c files share: a table definition in the making.
 *
 *   ddl_table.c    CREATE TABLE             ddl_column.c    one column          ddl_index.c   one key
 *   ddl_alter.c    ALTER TABLE, indexes     ddl_place.c     places of columns            ddl_copy.c    rows into a successor
 *   ddl_drop.c     DROP, RENAME, TRUNCATE   ddl_select.c    CREATE TABLE .. SELECT
 *   ddl_database.c CREATE, ALTER, DROP DATABASE    ddl_default.c   names in default expressions
 *
 * A definition is built in the statement's arena and given to meta whole; ids are meta's. See NOTES: Schema changes.
 */
#ifndef SQL_DDL_H
#define SQL_DDL_H

#include "row/collation.h"
#include "sql/session_private.h"

struct ddl_table {
    struct session *session;
    struct arena *arena;
    struct diagnostics *diagnostics;
    struct table_definition definition; /* columns and indexes below */
    struct column_definition *columns;
    struct index_definition *indexes; /* without the primary key */
    uint32_t column_count, index_count;
    struct index_definition primary; /* part_count 0: none yet */
    uint32_t column_capacity, index_capacity;
    uint64_t explicit_null;  /* columns said NULL aloud: bit by place, the first 64 */
    uint32_t selected_count; /* CREATE .. SELECT: its columns are the last ones */
};

/* A table on its way from one definition to another. */
struct ddl_alter {
    struct ddl_table table;
    const struct table_definition *old; /* a copy: dictionary versions come and go meanwhile */
    const struct ast_name *rename_to;   /* NULL: it keeps its name */
    int32_t *sources;                   /* by column: its place in `old`; -1: a new one */
    bool needs_copy;                    /* rows have to be written anew; see NOTES: ALTER by copy */
};

void ddl_table_open(struct ddl_table *table, struct session *session, struct slice database,
                    struct slice name);
/* From a definition that exists; without the hidden row id. */
void ddl_table_of(struct ddl_table *table, struct session *session,
                  const struct table_definition *definition);
/* Checks what only the whole shows, sorts the keys as MySQL does, adds the row id. */
MUST_USE enum status ddl_table_finish(struct ddl_table *table,
                                      struct table_definition **definition_out);
int32_t ddl_table_find(const struct ddl_table *table, struct slice column);
const char *ddl_text(const struct ddl_table *table, struct slice text);
/* ENGINE, CHARSET, COMMENT ...; 1235 for what has an effect that does not exist here. */
MUST_USE enum status ddl_table_option(struct ddl_table *table, const struct ast_option *option);

/* The column alone; keys that its attributes ask for are ddl_column_keys. */
MUST_USE enum status ddl_column_make(struct ddl_table *table, const struct ast_column *ast,
                                     struct column_definition *out);
MUST_USE enum status ddl_column_add(struct ddl_table *table, const struct ast_column *ast);
/* 1060, 1117. */
MUST_USE enum status ddl_column_push(struct ddl_table *table,
                                     const struct column_definition *column);
MUST_USE enum status ddl_column_keys(struct ddl_table *table, const struct ast_column *ast);
MUST_USE enum status ddl_column_default(struct ddl_table *table, const struct ast_expr *ast,
                                        struct column_definition *column);
/* What the default expressions name; `old`: the table before an ALTER, or NULL (ddl_default.c). 1054, 3766 to 3768. */
MUST_USE enum status ddl_defaults_check(struct ddl_table *table, const struct table_definition *old);
MUST_USE enum status ddl_index_add(struct ddl_table *table, const struct ast_key *key);
/* Columns change places, keys follow (ddl_place.c). `more`: how many columns may be added. */
void ddl_place_open(struct ddl_alter *alter, uint32_t more);
void ddl_place_move(struct ddl_alter *alter, uint32_t from, uint32_t to);
/* Out of its keys, too; a key without columns goes. */
void ddl_place_drop(struct ddl_alter *alter, uint32_t place);
/* The old table's rows into the hidden table `copy_id`, by the sources (ddl_copy.c). */
MUST_USE enum status ddl_copy_rows(const struct ddl_alter *alter, uint64_t copy_id,
                                   uint64_t *row_count_out);
struct slice ddl_index_name(const struct ddl_table *table, struct slice wanted);

/* CREATE TABLE .. SELECT (ddl_select.c): the columns, given and selected; then, the table being there, its rows. */
MUST_USE enum status ddl_select_columns(struct ddl_table *table,
                                        const struct ast_create_table *create);
MUST_USE enum status ddl_select_rows(struct ddl_table *table,
                                     const struct ast_create_table *create);

/* Gives the change to meta with the statement's dictionary version let go, and takes the new one. */
MUST_USE enum status ddl_send(struct session *session, struct ddl_change *change);
/* The error that a refusal of meta's means where no other is known. */
MUST_USE enum status ddl_refused(struct session *session, enum status status);
/* Database of a name that must be no virtual one, with the privileges on the table; 1046, 1044, 1142. */
MUST_USE enum status ddl_name(struct session *session, const struct ast_name *name,
                              uint64_t privileges, struct slice *database_out);
MUST_USE enum status ddl_database_collation(struct session *session,
                                            const struct ast_options *options,
                                            uint16_t *collation_io);

#endif
