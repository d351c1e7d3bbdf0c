/* sql/dml_insert.h: an INSERT under way, shared by dml_insert.c and dml_settle.c.
 */
#ifndef SQL_DML_INSERT_H
#define SQL_DML_INSERT_H

#include "sql/dml.h"

struct insertion {
    struct execution *execution;
    const struct bound_insert *plan;
    const struct table *table;
    struct value *values;                  /* of the row at hand, by column */
    uint8_t *is_given;                     /* by column: the statement names it */
    int32_t counter_column, row_id_column; /* -1: none */
    enum dml_null on_null;
    uint64_t row_at;
    struct dml_batch batch;
    bool reads_target;
    /* AUTO_INCREMENT */
    struct value counter_given;
    uint64_t drawn_next, drawn_end; /* drawn and not used yet */
    uint64_t draw_next;             /* rows to draw for, when their number is not known */
    uint64_t raise_to;              /* largest explicit value of the batch */
    uint64_t first_generated, last_counter;
    /* counts of settled duplicates */
    uint64_t replaced, deleted, updated, touched;
};

/* What duplicates are to the statement (dml_settle.c). */
enum dml_duplicate insertion_on_duplicate(const struct bound_insert *plan);
MUST_USE enum status insertion_settle(struct dml_batch *batch, uint32_t at, uint32_t index);
/* Runs the subqueries of VALUES and ON DUPLICATE KEY UPDATE. */
MUST_USE enum status insertion_subqueries(struct insertion *insertion);

#endif
