/* Facts about statements whose rows do not fit into memory: the answers are those of a statement that has memory for all. */
#include <criterion/criterion.h>

#include "tests/sql/exec_world.h"
#include "tests/sql/spill_memory.h"

static struct exec_world *world;
static struct spill_memory spill;

static void open_world(void) {
    world = exec_world_open();
    spill_memory_open(&spill);
}
static void close_world(void) {
    exec_world_close(world);
    cr_expect_eq(spill.open_count, 0);
}
TestSuite(exec_spill, .init = open_world, .fini = close_world, .timeout = 300);

static void expect(const char *text, const char *expected) {
    const char *answer = exec_world_run(world, text);
    cr_expect_str_eq(answer, expected, "%s\n gives\n%s\n not\n%s", text, answer, expected);
}

/* t: 2,048 rows; k repeats, name repeats in two cases, wide is unique and long. */
static void open_table(void) {
    expect("CREATE TABLE t (id INT PRIMARY KEY, k INT, name VARCHAR(40), d DECIMAL(40,4), "
           "wide VARCHAR(200))",
           "ok");
    expect("INSERT INTO t VALUES (1, 7, 'a7', 1.5, 'w')", "ok 1");
    for (int rows = 1; rows < 2048; rows *= 2) {
        const char *answer = exec_world_run(
            world, arena_printf(
                       &world->arena,
                       "INSERT INTO t SELECT id + %d, IF((id + %d) %% 11 = 0, NULL, (id * 37 + "
                       "%d) %% 301), CONCAT(IF(id %% 3 = 0, 'N', 'n'), (id * 7 + %d) %% 501), d * "
                       "1.0 + 123456789012345678901.25, CONCAT(id + %d, REPEAT('x', 100)) FROM t",
                       rows, rows, rows, rows, rows));
        cr_assert(strncmp(answer, "ok", 2) == 0, "%s", answer);
    }
}

/* The same answer with little memory as with much. `writes`: files are needed. */
static void expect_same(const char *text) {
    world->spill_files = NULL;
    const char *expected = exec_world_run(world, text);
    cr_assert(strncmp(expected, "error", 5) != 0, "%s: %s", text, expected);
    world->spill_files = &spill.files;
    static const uint64_t budgets[] = {1024, 64 * 1024};
    for (uint32_t i = 0; i < ARRAY_COUNT(budgets); i++) {
        world->keep_bytes = budgets[i];
        uint64_t before = spill.bytes_written;
        const char *answer = exec_world_run(world, text);
        cr_expect_str_eq(answer, expected, "%s\n with %lu bytes gives\n%.400s\n not\n%.400s", text,
                         budgets[i], answer, expected);
        if (i == 0) cr_expect_gt(spill.bytes_written, before, "%s wrote nothing", text);
        cr_expect_eq(spill.open_count, 0);
    }
}

Test(exec_spill, sorts_give_the_same_order) {
    open_table();
    expect_same("SELECT id, wide FROM t ORDER BY wide");
    expect_same("SELECT id, k, d FROM t ORDER BY k DESC, id");
    expect_same("SELECT id, name FROM t ORDER BY name, id DESC");
    expect_same("SELECT d, id FROM t ORDER BY d DESC, k");
    expect_same("SELECT k FROM t ORDER BY k");
    expect_same("SELECT id FROM t ORDER BY wide LIMIT 1900, 10");
    expect_same("SELECT id, wide FROM t ORDER BY name, id LIMIT 1500");
}

Test(exec_spill, a_small_limit_needs_no_file) {
    open_table();
    world->spill_files = &spill.files;
    world->keep_bytes = 4 * 1024 * 1024;
    expect("SELECT id FROM t ORDER BY wide DESC LIMIT 3", "1\n9\n99");
    cr_expect_eq(spill.bytes_written, 0);
}

Test(exec_spill, groups_give_the_same_rows) {
    open_table();
    expect_same("SELECT k, COUNT(*), SUM(id), MIN(name), MAX(d) FROM t GROUP BY k ORDER BY k");
    expect_same("SELECT LOWER(name), COUNT(DISTINCT k), GROUP_CONCAT(id ORDER BY id) FROM t "
                "GROUP BY name ORDER BY 1");
    expect_same("SELECT wide, d, COUNT(*) FROM t GROUP BY wide, d ORDER BY wide");
    expect_same(
        "SELECT COUNT(*), SUM(n) FROM (SELECT k, name, COUNT(*) n FROM t GROUP BY k, name) x");
}

Test(exec_spill, distinct_gives_the_same_rows) {
    open_table();
    expect_same("SELECT DISTINCT k FROM t ORDER BY k");
    expect_same("SELECT COUNT(*) FROM (SELECT DISTINCT name, k FROM t) x");
    expect_same("SELECT DISTINCT wide, d FROM t ORDER BY wide");
}

Test(exec_spill, a_sort_removes_duplicates_as_distinct_does) {
    static const char *const orders[] = {"name", "name DESC", "k", "k DESC", "d", "wide"};
    open_table();
    for (uint32_t i = 0; i < ARRAY_COUNT(orders); i++) {
        int size = (int)strcspn(orders[i], " ");
        const char *text = arena_printf(&world->arena, "SELECT DISTINCT %.*s FROM t ORDER BY %s",
                                        size, orders[i], orders[i]);
        expect_same(text);
        expect(text,
               exec_world_run(world, arena_printf(&world->arena,
                                                  "SELECT * FROM (SELECT DISTINCT %.*s FROM t) x "
                                                  "ORDER BY %s",
                                                  size, orders[i], orders[i])));
    }
    expect_same("SELECT DISTINCT name, k FROM t ORDER BY k DESC, name");
    expect_same("SELECT DISTINCT name, k FROM t ORDER BY k, name LIMIT 1500");
    world->spill_files = NULL;
    expect("SELECT DISTINCT name, k FROM t ORDER BY k, name LIMIT 5, 700",
           exec_world_run(world, "SELECT * FROM (SELECT DISTINCT name, k FROM t) x "
                                 "ORDER BY k, name LIMIT 5, 700"));
}

Test(exec_spill, few_distinct_rows_of_many_are_found_among_repeated_ones) {
    open_table();
    world->spill_files = NULL;
    expect("SELECT DISTINCT id DIV 700 FROM t ORDER BY 1 DESC LIMIT 2", "2\n1");
    expect("SELECT DISTINCT k FROM t ORDER BY k LIMIT 3", "NULL\n0\n1");
}

Test(exec_spill, joins_give_the_same_rows) {
    open_table();
    expect_same("SELECT a.id, b.id FROM t a JOIN t b ON a.k = b.k WHERE a.id < 300 "
                "ORDER BY a.id, b.id");
    expect_same("SELECT a.id, b.id FROM t a LEFT JOIN t b ON a.name = b.wide ORDER BY a.id, b.id");
    expect_same("SELECT a.id, b.id FROM t a LEFT JOIN t b ON a.k = b.k AND a.id > b.id + 1500 "
                "ORDER BY a.id, b.id");
    expect_same("SELECT COUNT(*) FROM t a JOIN t b ON a.id + b.id < 200");
    expect_same("SELECT a.id, (SELECT COUNT(*) FROM t b JOIN t c ON b.name = c.name WHERE b.k = "
                "a.k AND c.id > a.id) n FROM t a WHERE a.id < 12 ORDER BY a.id");
}

Test(exec_spill, a_full_disk_is_an_error_and_leaves_nothing) {
    open_table();
    world->spill_files = &spill.files;
    world->keep_bytes = 1024;
    spill.bytes_max = 100000;
    expect("SELECT id FROM t ORDER BY wide", "error 1878 Temporary file write failure.");
    cr_expect_eq(spill.open_count, 0);
}
