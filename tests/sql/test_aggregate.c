#include "sql/aggregate.h"

#include "tests/sql/bind_world.h"

/* `SELECT <aggregate> FROM t`, with rows of (k, c); NULL k as INT64_MIN. */
struct row {
    int64_t k;
    const char *c;
};

static const char *aggregate_of(struct bind_world *world, const char *text, const struct row *rows,
                                size_t count) {
    const char *query = arena_printf(&world->arena, "SELECT %s FROM t", text);
    cr_assert_eq(world_bind(world, query), STATUS_OK, "%s: %.*s", query,
                 (int)world->diagnostics.error.message.size,
                 (const char *)world->diagnostics.error.message.data);
    const struct bound_select *select = world->bound->query->arms[0].select;
    const struct bound_aggregate *aggregate = &select->aggregates[0];
    struct bound_column **columns = select->tables[0]->columns;
    struct eval_context context = world_context(world);
    struct aggregate_state state;
    aggregate_open(aggregate, &state, &world->arena);
    for (size_t i = 0; i < count; i++) {
        struct value k = rows[i].k == INT64_MIN ? value_null() : value_of_int(rows[i].k);
        if (columns[1] != NULL) context.slots[columns[1]->slot] = k;
        if (columns[2] != NULL) {
            context.slots[columns[2]->slot] =
                value_of_string(slice_of_text(rows[i].c), COLLATION_DEFAULT);
        }
        cr_assert_eq(aggregate_add(aggregate, &state, &context), STATUS_OK);
    }
    struct value value;
    cr_assert_eq(aggregate_result(aggregate, &state, &context, &value), STATUS_OK);
    if (value_is_null(&value)) return "NULL";
    return arena_text(&world->arena, value_text_typed(&value, &aggregate->type, &world->arena));
}

static void expect(const struct row *rows, size_t row_count, const struct eval_case *cases,
                   size_t count) {
    struct bind_world world;
    bind_world_open(&world);
    for (size_t i = 0; i < count; i++) {
        const char *got = aggregate_of(&world, cases[i].expression, rows, row_count);
        cr_expect_str_eq(got, cases[i].expected, "%s gives %s, not %s", cases[i].expression, got,
                         cases[i].expected);
    }
    bind_world_close(&world);
}

Test(aggregate, of_some_rows) {
    static const struct row rows[] = {{3, "b"}, {1, "a"}, {INT64_MIN, "c"}, {3, "B"}, {5, "d"}};
    static const struct eval_case cases[] = {
        {"COUNT(*)", "5"},
        {"COUNT(k)", "4"},
        {"COUNT(DISTINCT k)", "3"},
        {"COUNT(DISTINCT c)", "4"},
        {"COUNT(DISTINCT k, c)", "3"},
        {"SUM(k)", "12"},
        {"SUM(DISTINCT k)", "9"},
        {"SUM(k / 2)", "6.000000000"},
        {"SUM(k * 1e0)", "12"},
        {"AVG(k)", "3.000000000"},
        {"AVG(k + 0.5)", "3.500000000"},
        {"MIN(k)", "1"},
        {"MAX(k)", "5"},
        {"MIN(c)", "a"},
        {"MAX(c)", "d"},
        {"BIT_AND(k)", "1"},
        {"BIT_OR(k)", "7"},
        {"BIT_XOR(k)", "4"},
        {"VAR_POP(k)", "2"},
        {"VAR_SAMP(k)", "2.6666666666666665"},
        {"STD(k)", "1.4142135623730951"},
        {"GROUP_CONCAT(c)", "b,a,c,B,d"},
        {"GROUP_CONCAT(k ORDER BY k DESC SEPARATOR '-')", "5-3-3-1"},
        {"GROUP_CONCAT(DISTINCT k ORDER BY k)", "1,3,5"},
        {"GROUP_CONCAT(c, k)", "b3,a1,B3,d5"},
    };
    expect(rows, ARRAY_COUNT(rows), cases, ARRAY_COUNT(cases));
}

Test(aggregate, of_no_row) {
    static const struct eval_case cases[] = {
        {"COUNT(*)", "0"},  {"COUNT(k)", "0"},      {"SUM(k)", "NULL"},
        {"AVG(k)", "NULL"}, {"MIN(k)", "NULL"},     {"BIT_AND(k)", "18446744073709551615"},
        {"BIT_OR(k)", "0"}, {"VAR_POP(k)", "NULL"}, {"GROUP_CONCAT(c)", "NULL"},
    };
    expect(NULL, 0, cases, ARRAY_COUNT(cases));
}

Test(aggregate, distinct_sets_grow_with_their_members) {
    static struct row rows[1000];
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) rows[i] = (struct row){(int64_t)i % 300, "x"};
    static const struct eval_case cases[] = {{"COUNT(DISTINCT k)", "300"}, {"SUM(k)", "139500"}};
    expect(rows, ARRAY_COUNT(rows), cases, ARRAY_COUNT(cases));
}
