/* Facts about which keys of which index a statement reads: table, type, key, key_len of EXPLAIN. */
#include <criterion/criterion.h>

#include "tests/sql/exec_world.h"

static struct exec_world *world;

static void run(const char *text) {
    const char *answer = exec_world_run(world, text);
    cr_assert(strncmp(answer, "ok", 2) == 0, "%s: %s", text, answer);
}

static void open_world(void) {
    world = exec_world_open();
    run("CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT NOT NULL, s VARCHAR(10), c CHAR(5) NOT "
        "NULL, d DATETIME(3), m DECIMAL(10,2) NOT NULL, u BIGINT NOT NULL, KEY ab (a, b), KEY s "
        "(s), KEY c (c), KEY d (d), KEY m (m), UNIQUE KEY u (u))");
    run("CREATE TABLE two (x INT, y SMALLINT, z INT, PRIMARY KEY (x, y))");
}
static void close_world(void) { exec_world_close(world); }
TestSuite(access, .init = open_world, .fini = close_world, .timeout = 120);

/* Column number `wanted` of EXPLAIN's row. */
static void column_of(const char *row, uint32_t wanted, char *out, size_t size) {
    for (uint32_t i = 0; i < wanted && row != NULL; i++) {
        row = strchr(row, '|');
        if (row != NULL) row++;
    }
    size_t length = row == NULL ? 0 : strcspn(row, "|\n");
    cr_assert_lt(length, size);
    if (length > 0) memcpy(out, row, length);
    out[length] = '\0';
}

struct access_case {
    const char *text, *type, *key, *key_bytes;
};

static const struct access_case cases[] = {
    /* the primary key */
    {"SELECT * FROM t WHERE id = 5", "const", "PRIMARY", "4"},
    {"SELECT * FROM t WHERE 5 = id", "const", "PRIMARY", "4"},
    {"SELECT * FROM t WHERE id = '5'", "const", "PRIMARY", "4"},
    {"SELECT * FROM t WHERE id IN (1, 5, 9)", "range", "PRIMARY", "4"},
    {"SELECT * FROM t WHERE id = 1 OR id = 2", "range", "PRIMARY", "4"},
    {"SELECT * FROM t WHERE id BETWEEN 1 AND 9", "range", "PRIMARY", "4"},
    {"SELECT * FROM t WHERE id > 5", "range", "PRIMARY", "4"},
    {"SELECT * FROM t WHERE id < 5 OR id > 90", "range", "PRIMARY", "4"},
    {"SELECT * FROM t WHERE id > 5 AND id <= 7", "range", "PRIMARY", "4"},
    {"SELECT * FROM two WHERE x = 1 AND y = 2", "const", "PRIMARY", "6"},
    {"SELECT * FROM two WHERE x = 1", "ref", "PRIMARY", "4"},
    {"SELECT * FROM two WHERE x = 1 AND y > 2", "range", "PRIMARY", "6"},
    {"SELECT * FROM two WHERE x IN (1, 2) AND y = 2", "range", "PRIMARY", "6"},
    /* other indexes */
    {"SELECT * FROM t WHERE a = 5", "ref", "ab", "5"},
    {"SELECT * FROM t WHERE a = 5 AND b = 6", "ref", "ab", "9"},
    {"SELECT * FROM t WHERE a = 5 AND b > 6", "range", "ab", "9"},
    {"SELECT * FROM t WHERE a > 5", "range", "ab", "5"},
    {"SELECT * FROM t WHERE a IN (1, 2)", "range", "ab", "5"},
    {"SELECT * FROM t WHERE a IS NULL", "ref", "ab", "5"},
    {"SELECT * FROM t WHERE s = 'x'", "ref", "s", "43"},
    {"SELECT * FROM t WHERE s LIKE 'ab%'", "range", "s", "43"},
    {"SELECT * FROM t WHERE c = 'x'", "ref", "c", "20"},
    {"SELECT * FROM t WHERE d = '2024-01-01 00:00:00'", "ref", "d", "8"},
    {"SELECT * FROM t WHERE m = 1.5", "ref", "m", "5"},
    {"SELECT * FROM t WHERE u = 7", "const", "u", "8"},
    {"SELECT * FROM t WHERE u > 7 AND u < 9", "range", "u", "8"},
    /* none */
    {"SELECT * FROM t", "ALL", "NULL", "NULL"},
    {"SELECT * FROM t WHERE b = 6", "ALL", "NULL", "NULL"},
    {"SELECT * FROM t WHERE id + 1 = 6", "ALL", "NULL", "NULL"},
    {"SELECT * FROM t WHERE s LIKE '%b'", "ALL", "NULL", "NULL"},
    {"SELECT * FROM t WHERE id = 5 OR b = 6", "ALL", "NULL", "NULL"},
    {"SELECT * FROM two WHERE y = 2", "ALL", "NULL", "NULL"},
    /* changes */
    {"UPDATE t SET b = 1 WHERE id = 5", "const", "PRIMARY", "4"},
    {"DELETE FROM t WHERE a = 5", "ref", "ab", "5"},
};

Test(access, conditions_become_keys) {
    for (uint32_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct access_case *item = &cases[i];
        const char *row =
            exec_world_run(world, arena_printf(&world->arena, "EXPLAIN %s", item->text));
        char type[32], key[64], key_bytes[32];
        column_of(row, 4, type, sizeof type);
        column_of(row, 6, key, sizeof key);
        column_of(row, 7, key_bytes, sizeof key_bytes);
        cr_expect_str_eq(type, item->type, "%s: type %s", item->text, row);
        cr_expect_str_eq(key, item->key, "%s: key %s", item->text, row);
        cr_expect_str_eq(key_bytes, item->key_bytes, "%s: key_len %s", item->text, row);
    }
}

/* What the keys leave out must not be wanted: answers over data with NULLs and bounds at the edges. */
Test(access, keys_cover_what_the_conditions_accept) {
    run("INSERT INTO two VALUES (1, 1, 1), (1, 2, 2), (1, 32767, 3), (2, -5, 4), (2147483647, 0, "
        "5), (-2147483648, 0, 6)");
    static const struct {
        const char *where, *answer;
    } ranges[] = {
        {"x > 2147483646", "5"},
        {"x >= 2147483648", ""},
        {"x < -2147483647", "6"},
        {"x = 1 AND y > 1.5", "2\n3"},
        {"x = 1 AND y < 2.0", "1"},
        {"x = 1 AND y = 99999", ""},
        {"x IN (1, 2, 1) AND y IN (2, -5)", "2\n4"},
        {"x = 1.5", ""},
        {"x BETWEEN 2 AND 1", ""},
        {"x < 2 AND x > 0 AND y >= 2", "2\n3"},
        {"(x = 1 AND y = 1) OR x = 2", "1\n4"},
        {"x <=> NULL", ""},
    };
    for (uint32_t i = 0; i < ARRAY_COUNT(ranges); i++) {
        const char *answer = exec_world_run(
            world,
            arena_printf(&world->arena, "SELECT z FROM two WHERE %s ORDER BY z", ranges[i].where));
        cr_expect_str_eq(answer, ranges[i].answer, "%s gives %s", ranges[i].where, answer);
    }
}
