#include "tests/sql/bind_world.h"

/* The statement bound, or its error. */
static const char *bound_text(struct bind_world *world, const char *text) {
    if (world_bind(world, text) == STATUS_OK) return "ok";
    const struct condition *error = &world->diagnostics.error;
    return arena_printf(&world->arena, "%u: %s", (unsigned)error->number,
                        arena_text(&world->arena, error->message));
}

static void expect_bound(const struct eval_case *cases, size_t count) {
    struct bind_world world;
    bind_world_open(&world);
    for (size_t i = 0; i < count; i++) {
        const char *got = bound_text(&world, cases[i].expression);
        cr_expect_str_eq(got, cases[i].expected, "%s\n  gives %s, not %s", cases[i].expression, got,
                         cases[i].expected);
    }
    bind_world_close(&world);
}
#define EXPECT(cases) expect_bound(cases, ARRAY_COUNT(cases))

Test(bind, takes_what_sysbench_sends) {
    static const struct eval_case cases[] = {
        {"SELECT c FROM t WHERE id=?", "ok"},
        {"SELECT c FROM t WHERE id BETWEEN ? AND ?", "ok"},
        {"SELECT SUM(k) FROM t WHERE id BETWEEN ? AND ?", "ok"},
        {"SELECT c FROM t WHERE id BETWEEN ? AND ? ORDER BY c", "ok"},
        {"SELECT DISTINCT c FROM t WHERE id BETWEEN ? AND ? ORDER BY c", "ok"},
        {"UPDATE t SET k=k+1 WHERE id=?", "ok"},
        {"UPDATE t SET c=? WHERE id=?", "ok"},
        {"DELETE FROM t WHERE id=?", "ok"},
        {"INSERT INTO t (id, k, c, pad) VALUES (?, ?, ?, ?)", "ok"},
        {"INSERT INTO t (k, c, pad) VALUES (1, 'a', 'b'), (2, 'c', 'd')", "ok"},
        {"SELECT id, k, c, pad FROM t WHERE k IN (?, ?, ?)", "ok"},
        {"SELECT count(k) FROM t WHERE k BETWEEN ? AND ? OR k BETWEEN ? AND ?", "ok"},
        {"INSERT INTO t(id, k, c, pad) VALUES(1, 2, 'x', 'y') ON DUPLICATE KEY UPDATE k = "
         "VALUES(k) + t.k",
         "ok"},
    };
    EXPECT(cases);
}

Test(bind, names_are_found_or_refused_with_mysqls_errors) {
    static const struct eval_case cases[] = {
        {"SELECT x FROM t", "1054: Unknown column 'x' in 'field list'"},
        {"SELECT t.x FROM t", "1054: Unknown column 't.x' in 'field list'"},
        {"SELECT 1 FROM t WHERE x = 1", "1054: Unknown column 'x' in 'where clause'"},
        {"SELECT 1 FROM t GROUP BY x", "1054: Unknown column 'x' in 'group statement'"},
        {"SELECT 1 FROM t ORDER BY x", "1054: Unknown column 'x' in 'order clause'"},
        {"SELECT 1 FROM t ORDER BY 2", "1054: Unknown column '2' in 'order clause'"},
        {"SELECT id FROM t HAVING k > 1", "1054: Unknown column 'k' in 'having clause'"},
        {"SELECT id FROM t, u", "1052: Column 'id' in field list is ambiguous"},
        {"SELECT t.id FROM t, u WHERE id = 1", "1052: Column 'id' in where clause is ambiguous"},
        {"SELECT 1 FROM nope", "1146: Table 'test.nope' doesn't exist"},
        {"SELECT 1 FROM db.nope", "1049: Unknown database 'db'"},
        {"SELECT 1 FROM t, t", "1066: Not unique table/alias: 't'"},
        {"SELECT x.* FROM t", "1109: Unknown table 'x' in field list"},
        {"SELECT *", "1096: No tables used"},
        {"SELECT a FROM (SELECT id AS a, k AS a FROM t) d", "1060: Duplicate column name 'a'"},
        {"SELECT test.t.id FROM t", "ok"},
        {"SELECT T.id FROM t", "1054: Unknown column 'T.id' in 'field list'"},
        {"SELECT ID FROM t", "ok"},
        {"SELECT id AS x FROM t ORDER BY x", "ok"},
        {"SELECT id AS x FROM t GROUP BY x HAVING x > 1", "ok"},
        {"SELECT id AS x FROM t WHERE x > 1", "1054: Unknown column 'x' in 'where clause'"},
        {"SELECT t.id FROM t JOIN u ON t.id = u.id AND t.k = x",
         "1054: Unknown column 'x' in 'on clause'"},
        {"SELECT id FROM t JOIN u USING (id)", "ok"},
        {"SELECT id FROM t NATURAL JOIN u", "ok"},
        {"SELECT 1 FROM t JOIN u USING (k)", "1054: Unknown column 'k' in 'from clause'"},
        {"SELECT a, c FROM v", "ok"},
        {"SELECT k FROM v", "1054: Unknown column 'k' in 'field list'"},
    };
    EXPECT(cases);
}

Test(bind, groupings_hide_what_does_not_depend_on_their_keys) {
    static const struct eval_case cases[] = {
        {"SELECT COUNT(*) FROM t", "ok"},
        {"SELECT k, COUNT(*) FROM t GROUP BY k", "ok"},
        {"SELECT k + 1, COUNT(*) FROM t GROUP BY k + 1", "ok"},
        {"SELECT c, COUNT(*) FROM t GROUP BY id", "ok"},
        {"SELECT c, COUNT(*) FROM t WHERE id = 5", "ok"},
        {"SELECT t.c, u.name FROM t JOIN u ON t.id = u.id GROUP BY u.id", "ok"},
        {"SELECT c, COUNT(*) FROM t GROUP BY k",
         "1055: Expression #1 of SELECT list is not in GROUP BY clause and contains nonaggregated "
         "column 'test.t.c' which is not functionally dependent on columns in GROUP BY clause; "
         "this "
         "is incompatible with sql_mode=only_full_group_by"},
        {"SELECT c, COUNT(*) FROM t",
         "1140: In aggregated query without GROUP BY, expression #1 of SELECT list contains "
         "nonaggregated column 'test.t.c'; this is incompatible with "
         "sql_mode=only_full_group_by"},
        {"SELECT ANY_VALUE(c), COUNT(*) FROM t GROUP BY k", "ok"},
        {"SELECT k FROM t GROUP BY k ORDER BY COUNT(*)", "ok"},
        {"SELECT k FROM t WHERE COUNT(*) > 1", "1111: Invalid use of group function"},
        {"SELECT SUM(MAX(k)) FROM t", "1111: Invalid use of group function"},
        {"SELECT COUNT(*) AS n FROM t GROUP BY n", "1056: Can't group on 'n'"},
        {"SELECT k FROM t GROUP BY k HAVING MAX(id) > 3 AND k < 5", "ok"},
        {"SELECT COUNT(DISTINCT k, c) FROM t", "ok"},
        {"SELECT GROUP_CONCAT(c ORDER BY k DESC SEPARATOR '-') FROM t", "ok"},
        {"SELECT DISTINCT k FROM t ORDER BY c",
         "3065: Expression #1 of ORDER BY clause is not in SELECT list, references column 'c' "
         "which "
         "is not in SELECT list; this is incompatible with DISTINCT"},
    };
    EXPECT(cases);
}

Test(bind, subqueries_and_unions) {
    static const struct eval_case cases[] = {
        {"SELECT (SELECT MAX(id) FROM t)", "ok"},
        {"SELECT (SELECT id, k FROM t)", "1241: Operand should contain 1 column(s)"},
        {"SELECT * FROM t WHERE id IN (SELECT id FROM u)", "ok"},
        {"SELECT * FROM t WHERE id IN (SELECT id, name FROM u)",
         "1241: Operand should contain 1 column(s)"},
        {"SELECT * FROM t WHERE (id, c) NOT IN (SELECT id, name FROM u)", "ok"},
        {"SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id)", "ok"},
        {"SELECT * FROM t WHERE k > ALL (SELECT id FROM u)", "ok"},
        {"SELECT k, (SELECT name FROM u WHERE u.id = t.k) FROM t GROUP BY k", "ok"},
        {"SELECT 1 FROM (SELECT t.id FROM u) d, t", "1054: Unknown column 't.id' in 'field list'"},
        {"SELECT 1 FROM t, LATERAL (SELECT t.id) d", "ok"},
        {"SELECT id FROM t UNION SELECT name FROM u ORDER BY id LIMIT 3", "ok"},
        {"SELECT 1 UNION SELECT 1, 2",
         "1222: The used SELECT statements have a different number of columns"},
        {"SELECT 1 AS a UNION SELECT 2 ORDER BY b", "1054: Unknown column 'b' in 'order clause'"},
        {"VALUES ROW(1, 'a'), ROW(2, 'b') ORDER BY column_0", "ok"},
        {"TABLE t LIMIT 2", "ok"},
        {"WITH x AS (SELECT id FROM t) SELECT a.id FROM x a JOIN x b ON a.id = b.id", "ok"},
        {"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT i "
         "FROM n",
         "ok"},
        {"SELECT k, (SELECT SUM(t.id) FROM u) FROM t",
         "1235: This version of MySQL doesn't yet support 'an outer query's aggregate in a "
         "subquery'"},
        {"SELECT 1 FROM t USE INDEX (k_1, PRIMARY)", "ok"},
        {"SELECT 1 FROM t FORCE INDEX (nope)", "1176: Key 'nope' doesn't exist in table 't'"},
        {"SELECT * FROM t FOR UPDATE OF x", "1109: Unknown table 'x' in locking clause"},
        {"SELECT ROW_NUMBER() OVER () FROM t",
         "1235: This version of MySQL doesn't yet support 'window functions'"},
    };
    EXPECT(cases);
}

Test(bind, changes_check_their_columns) {
    static const struct eval_case cases[] = {
        {"INSERT INTO t VALUES (1, 2, 'a', 'b')", "ok"},
        {"INSERT INTO t VALUES ()", "ok"},
        {"INSERT INTO t () VALUES ()", "ok"},
        {"INSERT INTO t SET k = 1, c = 'x'", "ok"},
        {"INSERT INTO t (id, k) VALUES (1, id + 1)", "ok"},
        {"INSERT INTO t (id, k) VALUES (DEFAULT, 1), (1, DEFAULT)", "ok"},
        {"INSERT INTO t (id, k) VALUES (1, 2, 3)",
         "1136: Column count doesn't match value count at row 1"},
        {"INSERT INTO t (id, k) VALUES (1, 2), (3)",
         "1136: Column count doesn't match value count at row 2"},
        {"INSERT INTO t (id, x) VALUES (1, 2)", "1054: Unknown column 'x' in 'field list'"},
        {"INSERT INTO t (id, id) VALUES (1, 2)", "1110: Column 'id' specified twice"},
        {"INSERT INTO t (id, k) SELECT id, 1 FROM u", "ok"},
        {"INSERT INTO t (id, k) SELECT id FROM u",
         "1136: Column count doesn't match value count at row 1"},
        {"INSERT INTO t (id, k) VALUES (1, 2) AS n ON DUPLICATE KEY UPDATE k = n.k + t.k", "ok"},
        {"INSERT INTO t (id, k) VALUES (1, 2) AS n(a, b) ON DUPLICATE KEY UPDATE k = b", "ok"},
        {"REPLACE INTO t (id, k) VALUES (1, 2)", "ok"},
        {"UPDATE t SET x = 1", "1054: Unknown column 'x' in 'field list'"},
        {"UPDATE t SET k = DEFAULT WHERE id = 1 ORDER BY k LIMIT 2", "ok"},
        {"UPDATE t, u SET t.k = u.id WHERE t.id = u.id", "ok"},
        {"UPDATE t, u SET t.k = 1 LIMIT 1", "1221: Incorrect usage of UPDATE and LIMIT"},
        {"UPDATE t SET k = (SELECT MAX(id) FROM u)", "ok"},
        {"UPDATE t SET k = COUNT(*)", "1111: Invalid use of group function"},
        {"DELETE t FROM t JOIN u ON t.id = u.id", "ok"},
        {"DELETE x FROM t JOIN u ON t.id = u.id", "1109: Unknown table 'x' in MULTI DELETE"},
        {"DELETE FROM t ORDER BY id LIMIT 5", "ok"},
        {"UPDATE v SET a = 1", "1288: The target table v of the UPDATE is not updatable"},
        {"DO 1 + 1, LAST_INSERT_ID(3)", "ok"},
    };
    EXPECT(cases);
}

Test(bind, collations_that_cannot_be_mixed_are_1267) {
    static const struct eval_case cases[] = {
        {"SELECT 'a' COLLATE utf8mb4_bin = 'a' COLLATE utf8mb4_general_ci",
         "1267: Illegal mix of collations (utf8mb4_bin,EXPLICIT) and (utf8mb4_general_ci,EXPLICIT) "
         "for operation '='"},
        {"SELECT name FROM u WHERE latin = name", "ok"},
        {"SELECT name FROM u WHERE latin = 'a'", "ok"},
        {"SELECT 'a' COLLATE latin1_bin",
         "1253: COLLATION 'latin1_bin' is not valid for CHARACTER SET 'utf8mb4'"},
        {"SELECT 'a' COLLATE nope", "1273: Unknown collation: 'nope'"},
    };
    EXPECT(cases);
}

Test(bind, only_what_is_read_has_a_slot) {
    struct bind_world world;
    bind_world_open(&world);
    cr_assert_eq(world_bind(&world, "SELECT c FROM t WHERE id = 5"), STATUS_OK);
    const struct bound_select *select = world.bound->query->arms[0].select;
    const struct bound_table *table = select->tables[0];
    cr_assert_eq(select->table_count, 1);
    cr_expect_not_null(table->columns[0]);
    cr_expect_null(table->columns[1]);
    cr_expect_not_null(table->columns[2]);
    cr_expect_null(table->columns[3]);
    cr_expect_eq(world.bound->slot_count, 2);
    cr_expect_eq(select->where_count, 1);
    cr_expect_eq(select->where[0]->kind, EXPR_COMPARE);
    cr_expect_eq(select->where[0]->args[0]->kind, EXPR_COLUMN);
    cr_expect_eq(select->where[0]->args[1]->kind, EXPR_CONSTANT);
    const struct bound_item *item = &select->items[0];
    cr_expect_eq(item->slot, table->columns[2]->slot);
    cr_expect(slice_equal(item->name, SLICE_LITERAL("c")));
    cr_expect(slice_equal(item->origin_table, SLICE_LITERAL("t")));
    cr_expect_eq(item->origin_flags, ORIGIN_NOT_NULL | ORIGIN_NO_DEFAULT);
    cr_expect_eq(world.bound->access_count, 1);
    cr_expect_eq(world.bound->accesses[0].privileges, NEED_SELECT);
    bind_world_close(&world);
}

Test(bind, a_correlated_subquery_lists_the_outer_slots_it_reads) {
    struct bind_world world;
    bind_world_open(&world);
    const char *text = "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.k)";
    cr_assert_eq(world_bind(&world, text), STATUS_OK);
    const struct bound_select *select = world.bound->query->arms[0].select;
    cr_assert_eq(select->row_subquery_count, 1);
    const struct bound_subquery *subquery = select->row_subqueries[0];
    cr_expect_eq(subquery->kind, SUBQUERY_EXISTS);
    cr_expect(subquery->is_correlated);
    cr_assert_eq(subquery->outer_slot_count, 1);
    cr_expect_eq(subquery->outer_slots[0], select->tables[0]->columns[1]->slot);
    bind_world_close(&world);
}

Test(bind, a_star_shows_joined_columns_once) {
    struct bind_world world;
    bind_world_open(&world);
    cr_assert_eq(world_bind(&world, "SELECT * FROM t JOIN u USING (id)"), STATUS_OK);
    const struct bound_query *query = world.bound->query;
    cr_expect_eq(query->column_count, 12);
    cr_expect(slice_equal(query->items[0].name, SLICE_LITERAL("id")));
    cr_expect(slice_equal(query->items[1].name, SLICE_LITERAL("k")));
    cr_expect(slice_equal(query->items[4].name, SLICE_LITERAL("name")));
    bind_world_close(&world);
}

Test(bind, lifted_literals_are_parameters) {
    struct bind_world world;
    bind_world_open(&world);
    const char *text = "SELECT c FROM t WHERE id = 5 AND c = 'x'";
    struct parse_input input = {.text = slice_of_text(text), .mode = PARSE_LIFT_LITERALS};
    struct parse_result result;
    cr_assert_eq(parse_statement(&world.arena, &input, &result), STATUS_OK);
    struct value values[] = {value_of_int(5),
                             value_of_string(SLICE_LITERAL("x"), COLLATION_DEFAULT)};
    world.input.parameters = values;
    world.input.literal_count = result.statement->literal_count;
    cr_assert_eq(world.input.literal_count, 2);
    cr_assert_eq(bind_statement(&world.input, result.statement, &world.bound), STATUS_OK);
    const struct bound_select *select = world.bound->query->arms[0].select;
    cr_assert_eq(select->where_count, 2);
    cr_expect_eq(select->where[0]->args[1]->kind, EXPR_PARAMETER);
    cr_expect_eq(select->where[1]->args[1]->kind, EXPR_PARAMETER);
    cr_expect_eq(world.bound->parameter_types[0].kind, COLUMN_BIGINT);
    cr_expect_eq(world.bound->parameter_types[1].kind, COLUMN_VARCHAR);
    bind_world_close(&world);
}

/* A TIMESTAMP column beside a constant is compared in UTC: 10:00 at +05:30 is 04:30. */
Test(bind, a_timestamp_is_compared_where_it_is_stored) {
    struct bind_world world;
    bind_world_open(&world);
    const struct time_zone *zone;
    cr_assert_eq(time_zone_of_offset(SLICE_LITERAL("+05:30"), &world.arena, &zone), STATUS_OK);
    cr_assert_eq(world_bind(&world, "SELECT seen FROM u WHERE seen = '2024-01-02 10:00:00'"),
                 STATUS_OK);
    const struct bound_select *select = world.bound->query->arms[0].select;
    struct eval_context context = world_context(&world);
    context.zone = zone;
    int64_t utc = INT64_C(1704169800) * 1000000; /* 2024-01-02 04:30:00 */
    context.slots[select->tables[0]->columns[5]->slot] = value_of_temporal(VALUE_TIMESTAMP, utc, 0);
    int truth;
    cr_assert_eq(expr_truth(select->where[0], &context, &truth), STATUS_OK);
    cr_expect_eq(truth, 1);
    struct value shown;
    cr_assert_eq(expr_eval(select->items[0].expr, &context, &shown), STATUS_OK);
    cr_expect_eq(shown.kind, VALUE_DATETIME);
    uint8_t memory[VALUE_TEXT_BYTES_MAX];
    cr_expect(slice_equal(value_text(&shown, memory), SLICE_LITERAL("2024-01-02 10:00:00")));
    bind_world_close(&world);
}

#define S(text) text,
static const char *const good[] = {
#include "tests/sql/statements_good.def"
};
#undef S

static enum status any_table(const struct bind_catalog *catalog, struct slice schema,
                             struct slice name, const struct table **base_out,
                             const struct virtual_table **virtual_out) {
    const struct bind_world *world = (const struct bind_world *)catalog;
    (void)schema;
    *virtual_out = NULL;
    *base_out = &world->tables[name.size % WORLD_TABLE_COUNT];
    return STATUS_OK;
}

/* Every statement that the parser takes is bound, or has an error; prepared and executed alike. */
Test(bind, answers_every_statement_of_the_parsers_list) {
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        struct bind_world world;
        bind_world_open(&world);
        world.catalog.find_table = any_table;
        struct parse_input input = {.text = slice_of_text(good[i])};
        struct parse_result result;
        cr_assert_eq(parse_statement(&world.arena, &input, &result), STATUS_OK);
        world.input.parameter_count = result.statement->parameter_count;
        enum status status = bind_statement(&world.input, result.statement, &world.bound);
        bool has_error = world.diagnostics.error.number != 0;
        cr_expect_eq(status == STATUS_OK, !has_error, "%s", good[i]);
        bind_world_close(&world);
    }
}
