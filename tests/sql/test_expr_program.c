#include "tests/sql/bind_world.h"

/* The WHERE of `SELECT 1 FROM u WHERE <condition>` as a program, printed; "not pushable" when it is none. */
static const char *program_text(struct bind_world *world, const char *condition) {
    const char *text = arena_printf(&world->arena, "SELECT 1 FROM u WHERE %s", condition);
    cr_assert_eq(world_bind(world, text), STATUS_OK, "%s: %.*s", text,
                 (int)world->diagnostics.error.message.size,
                 (const char *)world->diagnostics.error.message.data);
    const struct bound_select *select = world->bound->query->arms[0].select;
    struct program_builder builder;
    program_builder_open(&builder, &world->arena,
                         select->tables[0]->base->definition->column_count);
    program_begin(&builder, SECTION_FILTER);
    struct expr_program program = {
        .builder = &builder, .table = select->tables[0], .arena = &world->arena};
    cr_assert_eq(select->where_count, 1, "%s", condition);
    program_operand operand;
    enum status status = expr_to_program(select->where[0], &program, &operand);
    if (status == STATUS_UNSUPPORTED) return "not pushable";
    cr_assert_eq(status, STATUS_OK);
    struct buffer out = buffer_of(&world->arena);
    buffer_printf(&out, "%u parameters", (unsigned)program.parameter_count);
    return arena_text(&world->arena, buffer_slice(&out));
}

Test(expr_program, what_the_rows_can_compute_goes_down) {
    static const struct eval_case cases[] = {
        {"id = 5", "1 parameters"},
        {"id = 5 OR id = 5", "1 parameters"},
        {"id IN (1, 2, 3)", "3 parameters"},
        {"id BETWEEN 1 AND 2 + 3", "2 parameters"},
        {"name = 'a'", "1 parameters"},
        {"name LIKE 'a%'", "1 parameters"},
        {"born > '2024-01-01'", "1 parameters"},
        {"price * 2 + 1 > 10", "3 parameters"},
        {"latin = 'a'", "1 parameters"},
        {"CASE WHEN id > 5 THEN 1 ELSE 0 END", "3 parameters"},
        {"COALESCE(ratio, 0) > 1", "2 parameters"},
        {"name IS NULL", "0 parameters"},
        {"CONNECTION_ID() = id", "1 parameters"},
        {"seen > '2024-01-01'", "1 parameters"},
        {"seen = at", "not pushable"},
        {"size = 's'", "not pushable"},
        {"name = 5", "not pushable"},
        {"RAND() < 0.5", "not pushable"},
        {"ABS(ratio) > 1", "not pushable"},
    };
    struct bind_world world;
    bind_world_open(&world);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *got = program_text(&world, cases[i].expression);
        cr_expect_str_eq(got, cases[i].expected, "%s: %s, not %s", cases[i].expression, got,
                         cases[i].expected);
    }
    bind_world_close(&world);
}
