/* tests/cluster/realm_tables.h: small tables and one-line statements for tests in a pool. */
#ifndef TESTS_CLUSTER_REALM_TABLES_H
#define TESTS_CLUSTER_REALM_TABLES_H

#include "tests/cluster/realm.h"

#define REALM_DATABASE SLICE_LITERAL("test")

enum realm_table_kind {
    REALM_PLAIN,  /* (id BIGINT PRIMARY KEY, value BIGINT, INDEX by_value (value)) */
    REALM_UNIQUE, /* the same with UNIQUE by_value */
};
/* CREATE DATABASE test unless it is there, CREATE TABLE test.`name`; (fiber). */
MUST_USE enum status realm_create_table(struct realm_fiber *fiber, const char *name,
                                        enum realm_table_kind kind);
/* ALTER TABLE: one more index on `value`; (fiber). */
MUST_USE enum status realm_add_index(struct realm_fiber *fiber, const char *table, const char *name,
                                     enum realm_table_kind kind);
/* Of the newest dictionary; CHECKs that it is there. */
const struct table *realm_table(struct cluster *cluster, const char *name);

struct slice realm_row(struct realm_fiber *fiber, const struct table *table, int64_t id,
                       int64_t value);
int64_t realm_column(struct realm_fiber *fiber, const struct table *table, struct slice row,
                     uint32_t column);
struct txn *realm_begin(struct realm_fiber *fiber, enum txn_kind kind);
/* Each begins a statement of its own; a failing one is undone. */
MUST_USE enum status realm_insert(struct realm_fiber *fiber, struct txn *txn,
                                  const struct table *table, int64_t id, int64_t value);
MUST_USE enum status realm_update(struct realm_fiber *fiber, struct txn *txn,
                                  const struct table *table, int64_t id, int64_t value);
MUST_USE enum status realm_delete(struct realm_fiber *fiber, struct txn *txn,
                                  const struct table *table, int64_t id);
/* NOT_FOUND: no such row. */
MUST_USE enum status realm_get(struct realm_fiber *fiber, struct txn *txn,
                               const struct table *table, int64_t id, int64_t *value_out);
/* The same, with an exclusive lock. */
MUST_USE enum status realm_lock(struct realm_fiber *fiber, struct txn *txn,
                                const struct table *table, int64_t id, int64_t *value_out);
/* All rows over `index`; ids and values in the order they came. */
struct realm_rows {
    int64_t ids[4096], values[4096];
    uint32_t count;
};
MUST_USE enum status realm_scan(struct realm_fiber *fiber, struct txn *txn,
                                const struct table *table, uint32_t index,
                                struct realm_rows *rows_out);
/* UPDATE name SET value = value + `more`, where the rows are. */
MUST_USE enum status realm_change_all(struct realm_fiber *fiber, struct txn *txn,
                                      const struct table *table, int64_t more);
MUST_USE enum status realm_commit(struct txn *txn);
/* One autocommit statement. */
MUST_USE enum status realm_insert_now(struct realm_fiber *fiber, const struct table *table,
                                      int64_t id, int64_t value);
MUST_USE enum status realm_get_now(struct realm_fiber *fiber, const struct table *table, int64_t id,
                                   int64_t *value_out);

#endif
