/* Facts about the operators that a statement gets: EXPLAIN's rows and EXPLAIN FORMAT=TREE. */
#include <criterion/criterion.h>

#include "tests/sql/exec_world.h"

static struct exec_world *world;

static void run(const char *text) {
    const char *answer = exec_world_run(world, text);
    cr_assert(strncmp(answer, "ok", 2) == 0, "%s: %s", text, answer);
}

static void open_world(void) {
    world = exec_world_open();
    run("CREATE TABLE a (id INT PRIMARY KEY, x INT, name VARCHAR(20), KEY x (x))");
    run("CREATE TABLE b (id INT PRIMARY KEY, a_id INT, v INT, KEY a_id (a_id))");
    run("CREATE TABLE c (id INT PRIMARY KEY, v INT)");
}
static void close_world(void) { exec_world_close(world); }
TestSuite(plan, .init = open_world, .fini = close_world, .timeout = 120);

struct plan_case {
    const char *text;
    const char *has[3]; /* parts of the tree */
    const char *lacks;
};

static const struct plan_case trees[] = {
    {"SELECT 1", {"Rows fetched before execution"}, "scan"},
    {"SELECT * FROM a WHERE id = 1", {"Single-row index lookup on a"}, "Filter"},
    {"SELECT * FROM a WHERE x = 1", {"Index lookup on a using x"}, NULL},
    {"SELECT * FROM a WHERE x > 1 AND x < 9", {"Index range scan on a using x"}, NULL},
    {"SELECT * FROM a WHERE name = 'n'", {"Table scan on a", "with pushed condition"}, "Filter"},
    /* joins */
    {"SELECT * FROM a JOIN b ON b.a_id = a.id WHERE a.id = 3",
     {"Batched key lookup inner join", "on a", "Index lookup on b using a_id"},
     "Hash"},
    {"SELECT * FROM b LEFT JOIN a ON a.id = b.a_id",
     {"Batched key lookup left join", "Single-row index lookup on a"},
     "Hash"},
    {"SELECT * FROM a JOIN c ON a.name = c.v", {"Hash inner join"}, "Nested"},
    {"SELECT * FROM b LEFT JOIN c ON b.v = c.v", {"Hash left join"}, "Nested"},
    {"SELECT * FROM b JOIN c ON b.v < c.v", {"Nested loop inner join"}, "Hash"},
    /* order */
    {"SELECT * FROM a ORDER BY id", {"Table scan on a"}, "Sort"},
    {"SELECT * FROM a ORDER BY id DESC LIMIT 3", {"(reverse)", "with pushed limit"}, "Sort"},
    {"SELECT * FROM a WHERE x = 3 ORDER BY id", {"Index lookup on a using x"}, NULL},
    {"SELECT * FROM a WHERE x > 3 ORDER BY x", {"Index range scan on a using x"}, "Sort"},
    {"SELECT * FROM a ORDER BY x LIMIT 3", {"Index scan on a using x"}, "Sort"},
    {"SELECT * FROM a ORDER BY name", {"Sort: "}, "limit"},
    {"SELECT * FROM a ORDER BY name LIMIT 3", {"Sort: ", "with pushed order and limit"}, NULL},
    {"SELECT * FROM a ORDER BY id, name", {"Sort: "}, NULL},
    {"SELECT * FROM a ORDER BY x, id DESC", {"Sort: "}, NULL},
    /* groups */
    {"SELECT COUNT(*) FROM a", {"Aggregate", "with pushed aggregates"}, NULL},
    {"SELECT x, SUM(id) FROM a GROUP BY x", {"Group aggregate by", "with pushed aggregates"}, NULL},
    {"SELECT x, COUNT(DISTINCT name) FROM a GROUP BY x", {"Group aggregate by"}, "pushed"},
    {"SELECT COUNT(*) FROM a JOIN c ON a.name = c.v", {"Aggregate"}, "pushed agg"},
    {"SELECT DISTINCT name FROM a", {"Remove duplicates"}, NULL},
    {"SELECT DISTINCT name FROM a ORDER BY name", {"Sort with duplicate removal"}, "Remove"},
    {"SELECT DISTINCT name FROM a ORDER BY name LIMIT 2", {"Sort with dup"}, "pushed order"},
    {"SELECT DISTINCT x, name FROM a ORDER BY name", {"Sort: ", "Remove duplicates"}, NULL},
    {"SELECT DISTINCT name FROM a ORDER BY LOWER(name)", {"Remove duplicates"}, "removal"},
    /* subqueries */
    {"SELECT * FROM a WHERE id IN (SELECT a_id FROM b)", {"Subqueries: 1"}, NULL},
    {"SELECT id, (SELECT COUNT(*) FROM b WHERE a_id = a.id) FROM a",
     {"Subqueries: 1", "Index lookup on b using a_id"},
     NULL},
    {"SELECT * FROM (SELECT x FROM a UNION SELECT v FROM c) u", {"Materialize u", "Union"}, NULL},
};

Test(plan, statements_become_operators) {
    for (uint32_t i = 0; i < ARRAY_COUNT(trees); i++) {
        const struct plan_case *item = &trees[i];
        const char *tree = exec_world_run(
            world, arena_printf(&world->arena, "EXPLAIN FORMAT=TREE %s", item->text));
        for (uint32_t k = 0; k < ARRAY_COUNT(item->has) && item->has[k] != NULL; k++) {
            cr_expect(strstr(tree, item->has[k]) != NULL, "%s has no %s\n%s", item->text,
                      item->has[k], tree);
        }
        if (item->lacks != NULL) {
            cr_expect(strstr(tree, item->lacks) == NULL, "%s has %s\n%s", item->text, item->lacks,
                      tree);
        }
    }
}

Test(plan, members_of_a_kept_subquery_follow_the_rules_of_null) {
    run("INSERT INTO a VALUES (1, 10, 'one'), (2, NULL, 'two'), (3, 30, NULL), (4, 40, 'FOUR')");
    run("INSERT INTO b VALUES (1, 1, 10), (2, NULL, 30), (3, 3, NULL), (4, 4, 40)");
    static const struct {
        const char *text, *answer;
    } cases[] = {
        {"SELECT id FROM a WHERE x IN (SELECT v FROM b) ORDER BY id", "1\n3\n4"},
        {"SELECT id, x IN (SELECT v FROM b) FROM a ORDER BY id", "1|1\n2|NULL\n3|1\n4|1"},
        {"SELECT id, x IN (SELECT v FROM b WHERE id < 2) FROM a ORDER BY id",
         "1|1\n2|NULL\n3|0\n4|0"},
        {"SELECT id, x NOT IN (SELECT v FROM b WHERE id > 2) FROM a ORDER BY id",
         "1|NULL\n2|NULL\n3|NULL\n4|0"},
        {"SELECT id, x IN (SELECT v FROM b WHERE id > 9) FROM a ORDER BY id", "1|0\n2|0\n3|0\n4|0"},
        {"SELECT id, (id, x) IN (SELECT a_id, v FROM b) FROM a ORDER BY id",
         "1|1\n2|NULL\n3|NULL\n4|1"},
        {"SELECT id, (id, x) NOT IN (SELECT a_id, v FROM b WHERE a_id = 4) FROM a ORDER BY id",
         "1|1\n2|1\n3|1\n4|0"},
        {"SELECT id, name IN (SELECT 'four' UNION SELECT 'ONE') FROM a ORDER BY id",
         "1|1\n2|0\n3|NULL\n4|1"},
        {"SELECT id, x > ALL (SELECT v FROM b WHERE v IS NOT NULL AND v < 40) FROM a ORDER BY id",
         "1|0\n2|NULL\n3|0\n4|1"},
        {"SELECT id, x < ANY (SELECT v FROM b) FROM a ORDER BY id", "1|1\n2|NULL\n3|1\n4|NULL"},
        {"SELECT id, x = ANY (SELECT v FROM b WHERE b.id = a.id) FROM a ORDER BY id",
         "1|1\n2|NULL\n3|NULL\n4|1"},
        {"SELECT id, (SELECT MAX(v) FROM b WHERE a_id = a.id) FROM a ORDER BY id",
         "1|10\n2|NULL\n3|NULL\n4|40"},
        {"SELECT id, (SELECT name FROM a z WHERE z.id = a.id) FROM a ORDER BY id DESC",
         "4|FOUR\n3|NULL\n2|two\n1|one"},
        {"SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.a_id = a.id) ORDER BY id",
         "1\n3\n4"},
    };
    for (uint32_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *answer = exec_world_run(world, cases[i].text);
        cr_expect_str_eq(answer, cases[i].answer, "%s gives\n%s", cases[i].text, answer);
    }
}

Test(plan, patterns_are_those_of_each_row) {
    run("INSERT INTO a VALUES (1, 10, 'one'), (2, NULL, 'two'), (3, 30, NULL), (4, 40, 'FOUR')");
    static const struct {
        const char *text, *answer;
    } cases[] = {
        {"SELECT id FROM a WHERE name REGEXP '^[tf]' ORDER BY id", "2\n4"},
        {"SELECT id FROM a WHERE name REGEXP name ORDER BY id", "1\n2\n4"},
        {"SELECT id FROM a WHERE name REGEXP IF(id = 2, '^t', '^o') ORDER BY id", "1\n2"},
        {"SELECT id, name REGEXP 'o', REGEXP_REPLACE(name, 'o', '0') FROM a ORDER BY id",
         "1|1|0ne\n2|1|tw0\n3|NULL|NULL\n4|1|F0UR"},
    };
    for (uint32_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *answer = exec_world_run(world, cases[i].text);
        cr_expect_str_eq(answer, cases[i].answer, "%s gives\n%s", cases[i].text, answer);
    }
}
