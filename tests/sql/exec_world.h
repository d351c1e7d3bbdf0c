/* tests/sql/exec_world.h: statements straight through parser, binder, planner and executor, without a session.
 *
 * Tables are of the database "test". The answer to a statement is text: rows as "1|abc" one a line, "ok 3" with the
 * affected rows (and " id 7" for a generated value, " info" behind it), or "error 1062 text".
 */
#ifndef TESTS_SQL_EXEC_WORLD_H
#define TESTS_SQL_EXEC_WORLD_H

#include "sql/exec.h"
#include "tests/sql/sql_pool.h"

struct exec_world {
    struct sql_pool *pool;
    struct txn *txn;    /* BEGIN .. COMMIT, or NULL: autocommit */
    struct arena arena; /* of answers */
    uint32_t mode;      /* enum eval_mode */
    uint32_t capabilities;
    uint64_t floor;
    struct spill_files *spill_files; /* with keep_bytes as exec_context has them; or NULL */
    uint64_t keep_bytes;
    uint8_t keeps_aggregates; /* as plan_input has it */
};

struct exec_world *exec_world_open(void);
void exec_world_close(struct exec_world *world);
/* "CREATE TABLE" (columns, keys, AUTO_INCREMENT, literal defaults), BEGIN, COMMIT, ROLLBACK, EXPLAIN and whatever plans do. Valid
 * until the world is closed. */
const char *exec_world_run(struct exec_world *world, const char *text);
/* With values for the ?. */
const char *exec_world_run_with(struct exec_world *world, const char *text,
                                const struct value *values, uint32_t count);

#endif
