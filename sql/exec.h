/* sql/exec.h: running a plan: one execution on its session's fiber, rows into the sink.
 *
 *   (X1) An operator's next gives ROW (the slots have it), END, or an error that is in the diagnostics.
 *   (X2) After each batch (STEP of rows) an operator looks at the clock of the last resume and yields after 1 ms; it looks at
 *        the arena's budget; both in exec_pause.
 *   (X3) Whatever ends an execution, exec_end closes every scan.
 */
#ifndef SQL_EXEC_H
#define SQL_EXEC_H

#include "sql/plan.h"
#include "sql/spill.h"
#include "sql/sql.h"

struct exec_copy;

struct exec_context {
    const struct plan *plan;
    struct txn *txn;
    struct exec_copy *copy; /* an INSERT .. SELECT of ALTER TABLE writes through it; else NULL */
    struct cluster *cluster;
    struct waiter *waiter;
    struct arena *arena; /* the execution's; dies after the reply */
    struct result_sink *sink;
    struct eval_context *eval; /* slots are set by exec; the rest by the session */
    uint32_t capabilities;     /* FOUND_ROWS */
    uint16_t result_status;    /* flags for the end of the result, from the session */
    uint8_t is_autocommit;     /* a single request may commit with itself */
    uint8_t statement_extent;  /* the statement is all of its transaction */
    uint64_t row_limit;        /* sql_select_limit */
    uint64_t cte_rounds_max;   /* cte_max_recursion_depth */
    uint64_t safe_updates;     /* sql_safe_updates */
    uint64_t auto_increment_increment, auto_increment_offset;
    uint8_t no_auto_value_on_zero;
    uint64_t insert_id;              /* SET insert_id: first value to use; 0: none */
    struct spill_files *spill_files; /* NULL: statements over their memory fail */
    uint64_t keep_bytes;             /* what one operator keeps in memory before it writes files */
    struct exec_arena *arenas;       /* the execution's own; see exec_abandon */
    struct spill *spills;
};

/* What the session makes of it: OK packet, FOUND_ROWS, ROW_COUNT, LAST_INSERT_ID. */
struct exec_result {
    uint64_t affected_rows, found_rows;
    uint64_t last_insert_id; /* for the OK packet */
    uint64_t generated_id;   /* first generated one, 0: none: LAST_INSERT_ID() */
    uint8_t has_rows;        /* columns and rows went to the sink; the session sends end */
    uint64_t rows_sent;
    struct slice info; /* "Records: 3  Duplicates: 0  Warnings: 0" */
};
/* Queries: columns and rows go to the sink (not the end); changes: nothing. Errors are in the diagnostics. */
MUST_USE enum status exec_statement(struct exec_context *context, struct exec_result *result_out);
/* Gives back what an execution held when its fiber was forgotten in its middle. */
void exec_abandon(struct exec_context *context);
/* Result columns without executing: for prepared statements. */
void exec_describe(const struct plan *plan, struct arena *arena,
                   const struct result_column **columns_out, uint32_t *count_out);
/* EXPLAIN: rows of text. */
enum explain_format { EXPLAIN_TRADITIONAL, EXPLAIN_TREE };
MUST_USE enum status exec_explain(struct exec_context *context, enum explain_format format,
                                  struct exec_result *result_out);

#endif
