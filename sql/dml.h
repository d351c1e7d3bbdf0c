/* sql/dml.h: INSERT, REPLACE, UPDATE and DELETE over an execution.
 */
#ifndef SQL_DML_H
#define SQL_DML_H

#include "sql/exec_private.h"

MUST_USE enum status dml_insert(struct execution *execution, struct exec_result *result);
MUST_USE enum status dml_modify(struct execution *execution, struct exec_result *result);

/* ---- values of columns (dml_row.c) ---- */

/* What a NULL for a NOT NULL column is. */
enum dml_null {
    DML_NULL_ERROR, /* 1048 */
    DML_NULL_ZERO,  /* the type's zero and a warning: IGNORE, several rows in lenient mode */
};
enum dml_null dml_null_of(const struct execution *execution, uint64_t row_count);

/* The value as the column stores it, in the eval arena; what does not fit is an error, or in lenient mode a warning. */
MUST_USE enum status dml_convert(struct execution *execution,
                                 const struct column_definition *column, enum dml_null on_null,
                                 const struct value *given, struct value *out);
/* DEFAULT of a column that got no value. `expression`: its bound default expression or NULL. */
MUST_USE enum status dml_default(struct execution *execution,
                                 const struct column_definition *column,
                                 const struct expr *expression, struct value *out);
/* CURRENT_TIMESTAMP of the statement for a DATETIME or TIMESTAMP column. */
struct value dml_now(const struct execution *execution, const struct column_definition *column);
/* A status of converting about a value that is not at hand (txn_error.column). */
MUST_USE enum status dml_refused_value(struct execution *execution,
                                       const struct column_definition *column, enum status status);

/* UPDATE of one row whose old columns are in the slots (dml_modify.c). */
struct dml_update {
    const struct bound_table *table;
    const struct bound_assignment *assignments;
    uint32_t assignment_count;
    struct slice old_row;
    struct value *values; /* of all columns; in: the old ones, out: the new ones */
    enum dml_null on_null;
    bool is_changed;  /* out */
    struct slice row; /* out, in the execution's arena */
};
MUST_USE enum status dml_update_row(struct execution *execution, struct dml_update *update);

/* ---- rows on their way to the cluster (dml_batch.c) ---- */

enum dml_duplicate { DUPLICATE_ERROR, DUPLICATE_IGNORE, DUPLICATE_SETTLE };

struct dml_batch {
    struct execution *execution;
    const struct table *table;
    enum dml_duplicate on_duplicate;
    /* SETTLE: a row of that index has the key of writes[at] already; the callee writes what is to be written instead. */
    enum status (*settle)(struct dml_batch *batch, uint32_t at, uint32_t index);
    void *context;       /* settle's */
    struct arena *arena; /* of the writes' bytes */
    struct row_write *writes;
    uint32_t count, capacity;
    size_t bytes;
    uint64_t first_row; /* number of writes[0] in the statement, from 1; for messages */
    uint64_t written, ignored;
};
void dml_batch_open(struct dml_batch *batch, struct execution *execution,
                    const struct table *table);
/* The write's bytes are borrowed until the flush. */
void dml_batch_add(struct dml_batch *batch, const struct row_write *write);
/* Enough for one request? */
bool dml_batch_is_full(const struct dml_batch *batch);
MUST_USE enum status dml_batch_flush(struct dml_batch *batch, enum write_extent extent);
/* One write outside of a batch; DUPLICATE is passed on, other refusals are in the diagnostics. */
MUST_USE enum status dml_write_one(struct execution *execution, const struct table *table,
                                   const struct row_write *write);
/* 1062 for a transaction's last refusal; `shown` is the table's name in the message, empty: its own. */
MUST_USE enum status dml_duplicate_error(struct execution *execution,
                                         const struct txn_error *error, struct slice shown);

#endif
