/* Facts about aggregates and top-n that storage computes: they are what the front end computes, for any data. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "tests/sql/exec_world.h"

static struct exec_world *world;

static void open_world(void) { world = exec_world_open(); }
static void close_world(void) { exec_world_close(world); }
TestSuite(plan_push, .init = open_world, .fini = close_world, .timeout = 300);

static void run(const char *text) {
    const char *answer = exec_world_run(world, text);
    cr_assert(strncmp(answer, "ok", 2) == 0, "%s: %s", text, answer);
}

static uint32_t below(struct random *random, uint32_t limit) {
    return (uint32_t)(random_u64(random) % limit);
}

/* NULL one time in seven. */
static const char *or_null(struct random *random, const char *text) {
    return below(random, 7) == 0 ? "NULL" : text;
}

static void fill(struct random *random, uint32_t count) {
    run("CREATE TABLE t (id INT PRIMARY KEY, a INT, b BIGINT, u BIGINT UNSIGNED, d DECIMAL(20,4), "
        "f DOUBLE, s VARCHAR(20), n DATE, e TINYINT NOT NULL, KEY (a))");
    struct arena *arena = &world->arena;
    for (uint32_t row = 0; row < count; row += 50) {
        struct buffer text = buffer_of(arena);
        buffer_printf(&text, "INSERT INTO t VALUES ");
        for (uint32_t i = row; i < row + 50; i++) {
            buffer_printf(&text, "%s(%u,%s,", i == row ? "" : ",", i,
                          or_null(random, arena_printf(arena, "%u", below(random, 9))));
            bool is_low = below(random, 2) == 0;
            buffer_printf(&text, "%s,", or_null(random, is_low ? "-9223372036854775808" : "77"));
            buffer_printf(&text, "%s,", or_null(random, "18446744073709551615"));
            buffer_printf(&text, "%s,",
                          or_null(random, arena_printf(arena, "-%u.%04u", below(random, 999999),
                                                       below(random, 10000))));
            buffer_printf(&text, "%s,",
                          or_null(random, arena_printf(arena, "%u.5", below(random, 1000))));
            buffer_printf(&text, "%s,",
                          or_null(random, arena_printf(arena, "'k%u'", below(random, 20))));
            buffer_printf(
                &text, "%s,%u)",
                or_null(random, arena_printf(arena, "'2024-01-%02u'", 1 + below(random, 28))),
                below(random, 3));
        }
        run(arena_text(arena, buffer_slice(&text)));
    }
}

static void expect_same(const char *text) {
    world->keeps_aggregates = 1;
    const char *expected = exec_world_run(world, text);
    world->keeps_aggregates = 0;
    const char *answer = exec_world_run(world, text);
    cr_assert(strncmp(expected, "error", 5) != 0, "%s: %s", text, expected);
    cr_expect_str_eq(answer, expected, "%s\n pushed gives\n%.600s\n not\n%.600s", text, answer,
                     expected);
}

static const char *const aggregates[] = {
    "COUNT(*)", "COUNT(a)", "SUM(a)", "SUM(b)", "SUM(u)", "SUM(d)",
    "SUM(f)",   "AVG(a)",   "AVG(b)", "AVG(u)", "AVG(d)", "AVG(f)",
    "MIN(a)",   "MAX(u)",   "MIN(d)", "MAX(d)", "MIN(s)", "MAX(s)",
    "MIN(n)",   "MAX(n)",   "MIN(f)", "SUM(e)", "AVG(e)", "ANY_VALUE(e) IS NOT NULL",
};
static const char *const wheres[] = {
    "",
    " WHERE a > 4",
    " WHERE id BETWEEN 100 AND 300",
    " WHERE a = 3 AND d < 0",
    " WHERE id = 7",
    " WHERE id < 0",
    " WHERE s LIKE 'k1%'",
    " WHERE a IN (1, 2, 8)",
};
static const char *const groups[] = {"", "a", "s", "n, e", "a, s", "d", "e", "u"};

Test(plan_push, any_aggregates_are_those_of_the_front_end) {
    struct random random;
    random_open(&random, 4711);
    fill(&random, 1000);
    for (uint32_t i = 0; i < 300; i++) {
        struct buffer text = buffer_of(&world->arena);
        const char *group = groups[below(&random, ARRAY_COUNT(groups))];
        const char *where = wheres[below(&random, ARRAY_COUNT(wheres))];
        buffer_printf(&text, "SELECT %s%s", group, group[0] == '\0' ? "1" : "");
        for (uint32_t k = below(&random, 4); k < 4; k++) {
            buffer_printf(&text, ", %s", aggregates[below(&random, ARRAY_COUNT(aggregates))]);
        }
        buffer_printf(&text, " FROM t%s", where);
        if (group[0] != '\0') buffer_printf(&text, " GROUP BY %s ORDER BY %s", group, group);
        expect_same(arena_text(&world->arena, buffer_slice(&text)));
    }
}

Test(plan_push, any_first_rows_are_those_of_the_front_end) {
    struct random random;
    random_open(&random, 815);
    fill(&random, 500);
    static const char *const orders[] = {"d", "s DESC", "n, a DESC", "u", "f DESC, s", "b, d"};
    static const char *const limits[] = {"1", "7", "0", "20 OFFSET 10", "1000", "3 OFFSET 490"};
    static const char *const items[] = {"id", "*", "s, id", "d + 1, id"};
    for (uint32_t i = 0; i < 150; i++) {
        expect_same(arena_printf(&world->arena, "SELECT %s FROM t%s ORDER BY %s, id LIMIT %s",
                                 items[below(&random, ARRAY_COUNT(items))],
                                 wheres[below(&random, ARRAY_COUNT(wheres))],
                                 orders[below(&random, ARRAY_COUNT(orders))],
                                 limits[below(&random, ARRAY_COUNT(limits))]));
    }
}

Test(plan_push, writes_of_the_own_transaction_count) {
    struct random random;
    random_open(&random, 1);
    fill(&random, 100);
    run("BEGIN");
    run("UPDATE t SET a = 100 WHERE id < 10");
    cr_expect_str_eq(exec_world_run(world, "SELECT a, COUNT(*) FROM t WHERE a > 50 GROUP BY a"),
                     "100|10");
    run("ROLLBACK");
    cr_expect_str_eq(exec_world_run(world, "SELECT COUNT(*), SUM(a) FROM t WHERE a > 50"),
                     "0|NULL");
}

static void expect_extra(const char *text, const char *part) {
    const char *answer = exec_world_run(world, arena_printf(&world->arena, "EXPLAIN %s", text));
    cr_expect(strstr(answer, part) != NULL, "%s: %s", text, answer);
}

Test(plan_push, explain_tells) {
    run("CREATE TABLE t (id INT PRIMARY KEY, a INT, s VARCHAR(20))");
    expect_extra("SELECT COUNT(*) FROM t", "Using pushed aggregates");
    expect_extra("SELECT a, MAX(s) FROM t GROUP BY a", "Using pushed aggregates");
    expect_extra("SELECT id FROM t ORDER BY s LIMIT 5", "Using pushed limit");
    cr_expect(strstr(exec_world_run(world, "EXPLAIN SELECT COUNT(DISTINCT a) FROM t"), "pushed") ==
              NULL);
    cr_expect(strstr(exec_world_run(world, "EXPLAIN SELECT SUM(a + 1) FROM t"), "pushed") == NULL);
    cr_expect(strstr(exec_world_run(world, "EXPLAIN SELECT id FROM t ORDER BY s"), "pushed") ==
              NULL);
}
