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

/* A sort looks at the first bytes of a first key before it compares. */
Test(exec, sorts_order_by_more_than_the_beginning_of_a_key) {
    expect("CREATE TABLE p (id INT PRIMARY KEY, u BIGINT UNSIGNED, i BIGINT, s VARCHAR(40))", "ok");
    expect("INSERT INTO p VALUES (1, 18446744073709551615, -9223372036854775808, 'same begin b'), "
           "(2, 18446744073709551614, 9223372036854775807, 'same begin A'), "
           "(3, 0, -1, ''), (4, 1, 0, NULL), (5, NULL, NULL, 'same'), "
           "(6, 9223372036854775808, 1, 'SAME BEGIN aa'), (7, 9223372036854775807, -2, 's')",
           "ok 7");
    expect("SELECT id FROM p ORDER BY u", "5\n3\n4\n7\n6\n2\n1");
    expect("SELECT id FROM p ORDER BY u DESC", "1\n2\n6\n7\n4\n3\n5");
    expect("SELECT id FROM p ORDER BY i", "5\n1\n7\n3\n4\n6\n2");
    expect("SELECT id FROM p ORDER BY i DESC", "2\n6\n4\n3\n7\n1\n5");
    expect("SELECT id FROM p ORDER BY s", "4\n3\n7\n5\n2\n6\n1");
    expect("SELECT id FROM p ORDER BY s DESC", "1\n6\n2\n5\n7\n3\n4");
    expect("SELECT id FROM p ORDER BY COALESCE(i, u), id", "5\n1\n7\n3\n4\n6\n2");
    expect("SELECT id FROM p ORDER BY LEFT(s, 4), id DESC", "4\n3\n7\n6\n5\n2\n1");
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

static void open_two(void) {
    expect("CREATE TABLE a (id INT PRIMARY KEY, x INT, name VARCHAR(20), KEY (x))", "ok");
    expect("CREATE TABLE b (id INT PRIMARY KEY, a_id INT, v DECIMAL(8,2), KEY (a_id))", "ok");
    expect(
        "INSERT INTO a VALUES (1, 10, 'one'), (2, 20, 'two'), (3, 30, 'three'), (4, NULL, 'Two')",
        "ok 4");
    expect(
        "INSERT INTO b VALUES (1, 1, 1.50), (2, 1, 2.25), (3, 2, 3.00), (4, 9, 4.00), (5, NULL, 5)",
        "ok 5");
}

Test(exec, joins) {
    open_two();
    expect("SELECT a.name, b.v FROM a JOIN b ON b.a_id = a.id ORDER BY b.id",
           "one|1.50\none|2.25\ntwo|3.00");
    expect("SELECT a.id, b.id FROM a LEFT JOIN b ON b.a_id = a.id ORDER BY a.id, b.id",
           "1|1\n1|2\n2|3\n3|NULL\n4|NULL");
    expect(
        "SELECT a.id, b.id FROM a LEFT JOIN b ON b.a_id = a.id AND b.v > 2 WHERE a.id < 3 ORDER BY "
        "a.id, b.id",
        "1|2\n2|3");
    expect("SELECT a.id FROM a LEFT JOIN b ON b.a_id = a.id WHERE b.id IS NULL ORDER BY 1", "3\n4");
    expect("SELECT b.id, a.id FROM a RIGHT JOIN b ON b.a_id = a.id ORDER BY b.id",
           "1|1\n2|1\n3|2\n4|NULL\n5|NULL");
    expect("SELECT COUNT(*) FROM a, b", "20");
    expect("SELECT a.id, c.id FROM a JOIN a c ON a.name = c.name WHERE a.id < c.id", "2|4");
    expect("SELECT a.id, b.id FROM a JOIN b ON a.x = b.v * 10 ORDER BY 1, 2", "3|3");
    expect("SELECT a.id, b.id FROM a JOIN b ON a.id < b.id WHERE b.id <= 3 ORDER BY 1, 2",
           "1|2\n1|3\n2|3");
}

Test(exec, groups) {
    open_two();
    expect("SELECT a_id, COUNT(*), SUM(v), MIN(v), AVG(v) FROM b GROUP BY a_id ORDER BY a_id",
           "NULL|1|5.00|5.00|5.000000\n1|2|3.75|1.50|1.875000\n2|1|3.00|3.00|3.000000\n"
           "9|1|4.00|4.00|4.000000");
    expect("SELECT name, COUNT(*) FROM a GROUP BY name HAVING COUNT(*) > 1", "two|2");
    expect("SELECT COUNT(*), SUM(x), MAX(name) FROM a WHERE id > 100", "0|NULL|NULL");
    expect("SELECT COUNT(*) FROM a", "4");
    expect("SELECT DISTINCT name FROM a ORDER BY name", "one\nthree\ntwo");
    expect("SELECT a_id, COUNT(*) FROM b GROUP BY a_id WITH ROLLUP",
           "NULL|1\n1|2\n2|1\n9|1\nNULL|5");
    expect("SELECT GROUP_CONCAT(id ORDER BY id DESC) FROM b", "5,4,3,2,1");
}

Test(exec, order_and_limit) {
    open_two();
    expect("SELECT id FROM a ORDER BY x DESC LIMIT 2", "3\n2");
    expect("SELECT id FROM a ORDER BY x", "4\n1\n2\n3");
    expect("SELECT id FROM a ORDER BY id DESC LIMIT 1, 2", "3\n2");
    expect("SELECT id FROM a LIMIT 0", "");
    expect("SELECT id + 1 AS n FROM a ORDER BY n DESC LIMIT 1", "5");
    expect("SELECT name FROM a ORDER BY x + id DESC LIMIT 1", "three");
}

Test(exec, subqueries) {
    open_two();
    expect("SELECT id FROM a WHERE id IN (SELECT a_id FROM b) ORDER BY id", "1\n2");
    expect(
        "SELECT id FROM a WHERE id NOT IN (SELECT a_id FROM b WHERE a_id IS NOT NULL) ORDER BY id",
        "3\n4");
    expect("SELECT id FROM a WHERE id NOT IN (SELECT a_id FROM b)", "");
    expect("SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.a_id = a.id) ORDER BY id",
           "1\n2");
    expect("SELECT id, (SELECT SUM(v) FROM b WHERE b.a_id = a.id) FROM a ORDER BY id",
           "1|3.75\n2|3.00\n3|NULL\n4|NULL");
    expect("SELECT (SELECT MAX(id) FROM a)", "4");
    expect("SELECT (SELECT id FROM a)", "error 1242 Subquery returns more than 1 row");
    expect("SELECT id FROM a WHERE x > ALL (SELECT v FROM b) ORDER BY id", "1\n2\n3");
    expect("SELECT d.n FROM (SELECT COUNT(*) n FROM a) d", "4");
    expect("SELECT d.id FROM (SELECT id, x FROM a WHERE x > 10) d JOIN b ON b.id = d.id ORDER BY 1",
           "2\n3");
    expect("WITH c AS (SELECT id FROM a) SELECT COUNT(*) FROM c x JOIN c y ON x.id = y.id", "4");
    expect("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i "
           "FROM "
           "n",
           "1\n2\n3\n4\n5");
}

Test(exec, unions) {
    open_two();
    expect("SELECT 1 UNION SELECT 2 UNION SELECT 1", "1\n2");
    expect("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 1", "1\n2\n1");
    expect("SELECT id FROM a UNION SELECT id FROM b ORDER BY id DESC LIMIT 2", "5\n4");
    expect("SELECT id FROM b EXCEPT SELECT id FROM a", "5");
    expect("SELECT id FROM b INTERSECT SELECT id FROM a WHERE id > 2 ORDER BY 1", "3\n4");
    expect("VALUES ROW(1, 'x'), ROW(2, 'y')", "1|x\n2|y");
}

Test(exec, inserts) {
    expect("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, u VARCHAR(5) UNIQUE, n INT NOT NULL "
           "DEFAULT 7, m TINYINT)",
           "ok");
    expect("INSERT INTO t (u) VALUES ('a'), ('b')", "ok 2 id 1");
    expect("INSERT INTO t VALUES (NULL, 'c', 1, 1), (10, 'd', DEFAULT, 2), (0, 'e', 3, 3)",
           "ok 3 id 3");
    expect("SELECT id, u, n FROM t ORDER BY u", "1|a|7\n2|b|7\n3|c|1\n10|d|7\n11|e|3");
    expect("INSERT INTO t (u) VALUES ('a')", "error 1062 Duplicate entry 'a' for key 't.u'");
    expect("INSERT INTO t (id, u) VALUES (20, 'x'), (21, 'A')",
           "error 1062 Duplicate entry 'A' for key 't.u'");
    expect("SELECT COUNT(*) FROM t", "5");
    expect("INSERT IGNORE INTO t (id, u) VALUES (20, 'x'), (21, 'a'), (22, 'y')",
           "ok 2\nwarning 1062 Duplicate entry 'a' for key 't.u'");
    expect("INSERT INTO t (id, u, n) VALUES (20, 'x', 5) ON DUPLICATE KEY UPDATE n = n + VALUES(n)",
           "ok 2");
    expect("INSERT INTO t (id, u, n) VALUES (20, 'x', 5) ON DUPLICATE KEY UPDATE n = 12", "ok 0");
    expect(
        "INSERT INTO t (id, u, n) VALUES (30, 'z', 5), (20, 'q', 9) ON DUPLICATE KEY UPDATE n = 1",
        "ok 3");
    expect("SELECT id, n FROM t WHERE id IN (20, 30)", "20|1\n30|5");
    expect("REPLACE INTO t (id, u) VALUES (20, 'y')", "ok 3");
    expect("SELECT id, u FROM t WHERE id > 11 ORDER BY id", "20|y\n30|z");
    expect("INSERT INTO t (m) VALUES (1000)",
           "error 1264 Out of range value for column 'm' at row 1");
    expect("INSERT INTO t (n) VALUES (NULL)", "error 1048 Column 'n' cannot be null");
    expect("INSERT INTO t (u) VALUES ('toolong')",
           "error 1406 Data too long for column 'u' at row 1");
    expect("INSERT INTO t (n) VALUES ('abc')",
           "error 1366 Incorrect integer value: 'abc' for column 'n' at row 1");
    expect("INSERT INTO t (u, n) SELECT CONCAT(u, '2'), n FROM t WHERE id < 3", "ok 2 id 31");
    expect("SELECT u FROM t WHERE u LIKE '_2' ORDER BY u", "a2\nb2");
}

Test(exec, updates_and_deletes) {
    open_two();
    expect("UPDATE a SET x = x + 1 WHERE x >= 20", "ok 2");
    expect("SELECT id, x FROM a ORDER BY id", "1|10\n2|21\n3|31\n4|NULL");
    expect("UPDATE a SET id = id + 10 WHERE id > 2", "ok 2");
    expect("UPDATE a SET id = 1 WHERE id = 2",
           "error 1062 Duplicate entry '1' for key 'a.PRIMARY'");
    expect("UPDATE a SET name = 'last' ORDER BY id DESC LIMIT 1", "ok 1");
    expect("SELECT id, name FROM a ORDER BY id", "1|one\n2|two\n13|three\n14|last");
    expect("UPDATE a JOIN b ON b.a_id = a.id SET a.name = 'joined', b.v = b.v + 1", "ok 5");
    expect("SELECT id, name FROM a ORDER BY id", "1|joined\n2|joined\n13|three\n14|last");
    expect("SELECT id, v FROM b ORDER BY id", "1|2.50\n2|3.25\n3|4.00\n4|4.00\n5|5.00");
    expect("DELETE FROM b WHERE v > 3.9 LIMIT 2", "ok 2");
    expect("DELETE a FROM a LEFT JOIN b ON b.a_id = a.id WHERE b.id IS NULL", "ok 3");
    expect("SELECT id FROM a", "1");
    expect("UPDATE a SET x = 99999999999", "error 1264 Out of range value for column 'x' at row 1");
    expect("UPDATE a SET x = (SELECT COUNT(*) FROM b)", "ok 1");
    expect("DELETE FROM b", "ok 3");
}

Test(exec, explains) {
    open_two();
    expect("EXPLAIN FORMAT=TREE SELECT name FROM a WHERE id = 1",
           "-> Single-row index lookup on a using PRIMARY  (rows=1)\n");
}

Test(exec, parameters_decide_positions_at_execution) {
    open_two();
    struct value id = value_of_int(3);
    cr_expect_str_eq(exec_world_run_with(world, "SELECT name FROM a WHERE id = ?", &id, 1),
                     "three");
    id = value_null();
    cr_expect_str_eq(exec_world_run_with(world, "SELECT name FROM a WHERE id = ?", &id, 1), "");
    id = value_of_double(2.5);
    cr_expect_str_eq(
        exec_world_run_with(world, "SELECT id FROM a WHERE id > ? ORDER BY id", &id, 1), "3\n4");
    struct value two[] = {value_of_int(1), value_of_int(2)};
    cr_expect_str_eq(
        exec_world_run_with(world, "SELECT id FROM b WHERE a_id IN (?, ?) ORDER BY id", two, 2),
        "1\n2\n3");
}
