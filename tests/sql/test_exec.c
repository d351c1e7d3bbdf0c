/* Facts about statements that run on a whole cluster in this thread (sql_pool.h): what comes back, row by row. */
#include <criterion/criterion.h>

#include "tests/sql/exec_world.h"

static struct exec_world *world;

static void open_world(void) { world = exec_world_open(); }
static void close_world(void) { exec_world_close(world); }
TestSuite(exec, .init = open_world, .fini = close_world, .timeout = 60);

static void expect(const char *text, const char *expected) {
    const char *answer = exec_world_run(world, text);
    cr_expect_str_eq(answer, expected, "%s\n gives\n%s\n not\n%s", text, answer, expected);
}

static void open_sbtest(void) {
    expect(
        "CREATE TABLE sbtest1 (id INTEGER NOT NULL AUTO_INCREMENT, k INTEGER DEFAULT '0' NOT NULL, "
        "c CHAR(120) DEFAULT '' NOT NULL, pad CHAR(60) DEFAULT '' NOT NULL, PRIMARY KEY (id), KEY "
        "k_1 (k))",
        "ok");
    expect("INSERT INTO sbtest1 (k, c, pad) VALUES (5, 'ee', 'p'), (3, 'cc', 'p'), (9, 'ii', 'p'), "
           "(1, 'aa', 'p'), (7, 'cc', 'p')",
           "ok 5 id 1");
}

Test(exec, sysbench_reads) {
    open_sbtest();
    expect("SELECT c FROM sbtest1 WHERE id=3", "ii");
    expect("SELECT c FROM sbtest1 WHERE id=30", "");
    expect("SELECT c FROM sbtest1 WHERE id BETWEEN 2 AND 4", "cc\nii\naa");
    expect("SELECT SUM(k) FROM sbtest1 WHERE id BETWEEN 1 AND 100", "25");
    expect("SELECT c FROM sbtest1 WHERE id BETWEEN 1 AND 100 ORDER BY c", "aa\ncc\ncc\nee\nii");
    expect("SELECT DISTINCT c FROM sbtest1 WHERE id BETWEEN 1 AND 100 ORDER BY c",
           "aa\ncc\nee\nii");
    expect("SELECT id, k, c, pad FROM sbtest1 WHERE k IN (1, 9, 4)", "4|1|aa|p\n3|9|ii|p");
    expect("SELECT count(k) FROM sbtest1 WHERE k BETWEEN 3 AND 5 OR k BETWEEN 9 AND 12", "3");
}

Test(exec, sysbench_writes) {
    open_sbtest();
    expect("BEGIN", "ok");
    expect("UPDATE sbtest1 SET k=k+1 WHERE id=3", "ok 1");
    expect("UPDATE sbtest1 SET c='new' WHERE id=2", "ok 1");
    expect("UPDATE sbtest1 SET c='new' WHERE id=2", "ok 0");
    expect("DELETE FROM sbtest1 WHERE id=1", "ok 1");
    expect("INSERT INTO sbtest1 (id, k, c, pad) VALUES (1, 42, 'n', 'q')", "ok 1");
    expect("SELECT * FROM sbtest1 WHERE id BETWEEN 1 AND 3", "1|42|n|q\n2|3|new|p\n3|10|ii|p");
    expect("COMMIT", "ok");
    expect("SELECT * FROM sbtest1 WHERE id BETWEEN 1 AND 3", "1|42|n|q\n2|3|new|p\n3|10|ii|p");
    expect("UPDATE sbtest1 SET k=k+1 WHERE id=3", "ok 1");
    expect("SELECT k FROM sbtest1 WHERE id=3", "11");
    expect("INSERT INTO sbtest1 (id, k, c, pad) VALUES (0, 1, 'n', 'q')", "ok 1 id 6");
    expect("INSERT INTO sbtest1 (id, k, c, pad) VALUES (6, 1, 'n', 'q')",
           "error 1062 Duplicate entry '6' for key 'sbtest1.PRIMARY'");
}
