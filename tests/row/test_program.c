#include "row/program.h"
#include "tests/row/tables.h"

/* A table t (id INT UNSIGNED, k INT, name VARCHAR(20), price DECIMAL(10,2)), a builder and a run.
 */
struct bench {
    struct fixture fixture;
    struct arena *arena;
    struct table_definition *table;
    struct row_layout *layout;
    struct program_builder builder;
    struct value params[16];
    struct program *program;
    struct program_run *run;
};

enum { ID, K, NAME, PRICE };

static void bench_open(struct bench *b) {
    memset(b, 0, sizeof(*b));
    b->arena = fixture_open(&b->fixture);
    b->table = table_sample(b->arena);
    b->layout = row_layout_of_table(b->table, b->arena);
    program_builder_open(&b->builder, b->arena, b->layout->column_count);
}
static void bench_close(struct bench *b) { fixture_close(&b->fixture); }

static void bench_start(struct bench *b) {
    struct buffer bytes = buffer_of(b->arena);
    cr_assert_eq(program_builder_finish(&b->builder, &bytes), STATUS_OK);
    cr_assert_eq(program_open(buffer_slice(&bytes), b->layout, b->arena, &b->program), STATUS_OK);
    cr_assert_eq(program_start(b->program, b->params, 16, b->arena, &b->run), STATUS_OK);
}

/* Price is in cents; INT64_MIN: NULL. name NULL: NULL. */
static struct slice bench_row(struct bench *b, uint64_t id, int64_t k, const char *name,
                              int64_t price) {
    struct value values[4] = {value_of_uint(id), value_of_int(k), value_null(), value_null()};
    if (k == INT64_MIN) values[1] = value_null();
    if (name != NULL) values[2] = text_value(name, 255);
    if (price != INT64_MIN) {
        values[3] = (struct value){.kind = VALUE_DECIMAL, .scale = 2, .i = price};
    }
    struct buffer out = buffer_of(b->arena);
    struct slice row;
    cr_assert_eq(row_encode(b->layout, values, &out, &row), STATUS_OK);
    return row;
}

static bool accepts(struct bench *b, struct slice row) {
    bool result;
    cr_assert_eq(program_accepts(b->run, row, &result), STATUS_OK);
    return result;
}

static const char *row_show(struct bench *b, const struct row_layout *layout, struct slice row) {
    struct buffer out = buffer_of(b->arena);
    cr_assert_eq(row_verify(layout, row), STATUS_OK);
    row_print(layout, row, &out);
    return arena_text(b->arena, buffer_slice(&out));
}

static const char *results(struct bench *b) {
    struct buffer out = buffer_of(b->arena);
    struct slice row;
    enum status status;
    while ((status = program_next(b->run, &row)) == STATUS_OK) {
        buffer_printf(&out, "%s%s", out.size > 0 ? " " : "",
                      row_show(b, program_output_layout(b->program), row));
    }
    cr_assert_eq(status, STATUS_END);
    return arena_text(b->arena, buffer_slice(&out));
}

Test(program, a_filter_compares_columns_with_parameters) {
    struct bench b;
    bench_open(&b);
    program_begin(&b.builder, SECTION_FILTER);
    program_operand less =
        program_emit_compare(&b.builder, PROGRAM_LT, operand_column(K), operand_param(0), 0);
    program_operand name =
        program_emit_compare(&b.builder, PROGRAM_EQ, operand_column(NAME), operand_param(1), 255);
    program_set_filter(&b.builder, program_emit_logic(&b.builder, PROGRAM_AND, less, name));
    b.params[0] = value_of_int(10);
    b.params[1] = text_value("ANN", 255);
    bench_start(&b);
    cr_assert(accepts(&b, bench_row(&b, 1, 5, "ann", 0)));
    cr_assert(!accepts(&b, bench_row(&b, 1, 10, "ann", 0)));
    cr_assert(!accepts(&b, bench_row(&b, 1, 5, "bob", 0)));
    cr_assert(!accepts(&b, bench_row(&b, 1, INT64_MIN, "ann", 0)));
    cr_assert(!accepts(&b, bench_row(&b, 1, 5, NULL, 0)));
    struct buffer text = buffer_of(b.arena);
    program_print(b.program, b.table, NULL, &text);
    cr_assert_str_eq(arena_text(b.arena, buffer_slice(&text)),
                     "filter ((`k` < ?1) and (`name` = ?2))");
    bench_close(&b);
}

Test(program, logic_has_three_values) {
    static const int values[3] = {-1, 0, 1};
    static const int expected_and[3][3] = {{-1, 0, -1}, {0, 0, 0}, {-1, 0, 1}};
    static const int expected_or[3][3] = {{-1, -1, 1}, {-1, 0, 1}, {1, 1, 1}};
    static const int expected_xor[3][3] = {{-1, -1, -1}, {-1, 0, 1}, {-1, 1, 0}};
    static const enum program_op ops[3] = {PROGRAM_AND, PROGRAM_OR, PROGRAM_XOR};
    for (int op = 0; op < 3; op++) {
        for (int i = 0; i < 9; i++) {
            struct bench b;
            bench_open(&b);
            struct column_type type = column_type_bigint(0);
            program_begin(&b.builder, SECTION_OUTPUT);
            program_operand result =
                program_emit_logic(&b.builder, ops[op], operand_param(0), operand_param(1));
            program_add_output(&b.builder, result, &type);
            int x = values[i / 3], y = values[i % 3];
            b.params[0] = x < 0 ? value_null() : value_of_int(x);
            b.params[1] = y < 0 ? value_null() : value_of_int(y);
            bench_start(&b);
            struct buffer out = buffer_of(b.arena);
            struct slice row;
            cr_assert_eq(program_output(b.run, bench_row(&b, 1, 1, NULL, 0), &out, &row),
                         STATUS_OK);
            struct value v = row_value(program_output_layout(b.program), row, 0, b.arena);
            int got = v.kind == VALUE_NULL ? -1 : (int)v.i;
            int expected = op == 0   ? expected_and[i / 3][i % 3]
                           : op == 1 ? expected_or[i / 3][i % 3]
                                     : expected_xor[i / 3][i % 3];
            cr_assert_eq(got, expected, "op %d of %d, %d", op, x, y);
            bench_close(&b);
        }
    }
}

Test(program, lists_patterns_and_null_tests) {
    struct bench b;
    bench_open(&b);
    program_begin(&b.builder, SECTION_FILTER);
    struct program_in_list list = {.first_param = 0, .count = 3};
    program_operand in = program_emit_in(&b.builder, operand_column(ID), &list);
    program_operand like =
        program_emit_like(&b.builder, operand_column(NAME), operand_param(3), 255, '\\');
    program_operand null = program_emit_unary(&b.builder, PROGRAM_IS_NULL, operand_column(PRICE));
    program_operand either = program_emit_logic(&b.builder, PROGRAM_OR, like, null);
    program_set_filter(&b.builder, program_emit_logic(&b.builder, PROGRAM_AND, in, either));
    b.params[0] = value_of_int(1);
    b.params[1] = value_of_int(2);
    b.params[2] = value_null();
    b.params[3] = text_value("a%", 255);
    bench_start(&b);
    cr_assert(accepts(&b, bench_row(&b, 1, 0, "Anna", 5)));
    cr_assert(accepts(&b, bench_row(&b, 2, 0, "Bob", INT64_MIN)));
    cr_assert(!accepts(&b, bench_row(&b, 2, 0, "Bob", 5)));
    cr_assert(!accepts(&b, bench_row(&b, 3, 0, "Anna", 5)));
    bench_close(&b);
}

/* CASE WHEN k < 0 THEN 'neg' WHEN k IS NULL THEN name ELSE 'pos' END */
Test(program, cases_jump) {
    struct bench b;
    bench_open(&b);
    struct column_type type = column_type_varchar(20, 255);
    program_begin(&b.builder, SECTION_OUTPUT);
    program_operand result = program_new_register(&b.builder);
    program_operand negative =
        program_emit_compare(&b.builder, PROGRAM_LT, operand_column(K), operand_param(0), 0);
    uint32_t to_second = program_emit_jump(&b.builder, PROGRAM_JUMP_UNLESS_TRUE, negative);
    program_emit_move(&b.builder, result, operand_param(1));
    uint32_t end_first = program_emit_jump(&b.builder, PROGRAM_JUMP, OPERAND_NONE);
    program_land(&b.builder, to_second);
    uint32_t to_else = program_emit_jump(&b.builder, PROGRAM_JUMP_IF_NOT_NULL, operand_column(K));
    program_emit_move(&b.builder, result, operand_column(NAME));
    uint32_t end_second = program_emit_jump(&b.builder, PROGRAM_JUMP, OPERAND_NONE);
    program_land(&b.builder, to_else);
    program_emit_move(&b.builder, result, operand_param(2));
    program_land(&b.builder, end_first);
    program_land(&b.builder, end_second);
    program_add_output(&b.builder, result, &type);
    b.params[0] = value_of_int(0);
    b.params[1] = text_value("neg", 255);
    b.params[2] = text_value("pos", 255);
    bench_start(&b);
    static const struct {
        int64_t k;
        const char *shown;
    } cases[] = {{-1, "('neg')"}, {INT64_MIN, "('ann')"}, {5, "('pos')"}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct buffer out = buffer_of(b.arena);
        struct slice row;
        cr_assert_eq(program_output(b.run, bench_row(&b, 1, cases[i].k, "ann", 0), &out, &row),
                     STATUS_OK);
        cr_assert_str_eq(row_show(&b, program_output_layout(b.program), row), cases[i].shown);
    }
    bench_close(&b);
}

Test(program, plain_outputs_are_projections) {
    struct bench b;
    bench_open(&b);
    program_begin(&b.builder, SECTION_OUTPUT);
    program_add_output(&b.builder, operand_column(NAME), &b.layout->columns[NAME].type);
    program_add_output(&b.builder, operand_column(ID), &b.layout->columns[ID].type);
    bench_start(&b);
    struct buffer out = buffer_of(b.arena);
    struct slice row;
    cr_assert_eq(program_output(b.run, bench_row(&b, 9, 1, "ann", 5), &out, &row), STATUS_OK);
    cr_assert_str_eq(row_show(&b, program_output_layout(b.program), row), "('ann', 9)");
    bench_close(&b);
}

Test(program, assignments_see_earlier_ones_and_convert) {
    struct bench b;
    bench_open(&b);
    program_begin(&b.builder, SECTION_ASSIGN);
    program_operand k_more =
        program_emit_arithmetic(&b.builder, ARITHMETIC_ADD, operand_column(K), operand_param(0));
    program_add_assignment(&b.builder, K, k_more);
    program_add_assignment(&b.builder, PRICE, operand_column(K));
    b.params[0] = value_of_int(1);
    bench_start(&b);
    struct buffer out = buffer_of(b.arena);
    struct assign_result result;
    struct slice row = bench_row(&b, 9, 41, "ann", 5);
    cr_assert_eq(program_assign(b.run, row, ASSIGN_STRICT, &out, &result), STATUS_OK);
    cr_assert(result.changed);
    cr_assert_str_eq(row_show(&b, b.layout, result.row), "(9, 42, 'ann', 42.00)");
    uint32_t count;
    const uint16_t *columns = program_assigned_columns(b.program, &count);
    cr_assert(count == 2 && columns[0] == K && columns[1] == PRICE);
    row = bench_row(&b, 9, INT32_MAX, "ann", 5);
    cr_assert_eq(program_assign(b.run, row, ASSIGN_STRICT, &out, &result), STATUS_OUT_OF_RANGE);
    cr_assert_eq(result.bad_column, K);
    cr_assert_eq(program_assign(b.run, row, ASSIGN_LENIENT, &out, &result), STATUS_OK);
    cr_assert_str_eq(row_show(&b, b.layout, result.row), "(9, 2147483647, 'ann', 99999999.99)");
    enum status first;
    cr_assert(program_warnings(b.run, &first) >= 1);
    cr_assert_eq(first, STATUS_OUT_OF_RANGE);
    bench_close(&b);
}

Test(program, an_assignment_of_the_same_value_changes_nothing) {
    struct bench b;
    bench_open(&b);
    program_begin(&b.builder, SECTION_ASSIGN);
    program_add_assignment(&b.builder, NAME, operand_param(0));
    program_add_assignment(&b.builder, ID, operand_param(1));
    b.params[0] = text_value("ann", 255);
    b.params[1] = value_of_int(9);
    bench_start(&b);
    struct buffer out = buffer_of(b.arena);
    struct assign_result result;
    struct slice row = bench_row(&b, 9, 41, "ann", 5);
    cr_assert_eq(program_assign(b.run, row, ASSIGN_STRICT, &out, &result), STATUS_OK);
    cr_assert(!result.changed);
    cr_assert(slice_equal(result.row, row));
    b.params[1] = value_null();
    cr_assert_eq(program_assign(b.run, row, ASSIGN_STRICT, &out, &result), STATUS_INVALID);
    cr_assert_eq(result.bad_column, ID);
    cr_assert_eq(program_assign(b.run, row, ASSIGN_LENIENT, &out, &result), STATUS_OK);
    struct value id = row_value(b.layout, result.row, ID, b.arena);
    cr_assert_eq(id.u, 0);
    bench_close(&b);
}

Test(program, division_by_zero_warns_in_a_filter_and_fails_in_a_strict_update) {
    struct bench b;
    bench_open(&b);
    program_begin(&b.builder, SECTION_FILTER);
    program_operand q =
        program_emit_arithmetic(&b.builder, ARITHMETIC_DIV, operand_column(K), operand_param(0));
    program_set_filter(&b.builder, program_emit_unary(&b.builder, PROGRAM_IS_NULL, q));
    program_begin(&b.builder, SECTION_ASSIGN);
    q = program_emit_arithmetic(&b.builder, ARITHMETIC_DIV, operand_column(K), operand_param(0));
    program_add_assignment(&b.builder, PRICE, q);
    b.params[0] = value_of_int(0);
    bench_start(&b);
    struct slice row = bench_row(&b, 1, 5, NULL, 0);
    cr_assert(accepts(&b, row));
    enum status first;
    cr_assert_eq(program_warnings(b.run, &first), 1);
    cr_assert_eq(first, STATUS_DIVISION_BY_ZERO);
    struct buffer out = buffer_of(b.arena);
    struct assign_result result;
    cr_assert_eq(program_assign(b.run, row, ASSIGN_STRICT, &out, &result), STATUS_DIVISION_BY_ZERO);
    bench_close(&b);
}

static void build_groups(struct bench *b) {
    struct column_type name = b->layout->columns[NAME].type, k = b->layout->columns[K].type;
    struct column_type count = column_type_bigint(COLUMN_NOT_NULL);
    struct column_type sum = column_type_decimal(32, 2);
    program_begin(&b->builder, SECTION_OUTPUT);
    program_add_group(&b->builder, operand_column(NAME), &name);
    program_add_aggregate(&b->builder, AGGREGATE_COUNT_ROWS, OPERAND_NONE, &count);
    program_add_aggregate(&b->builder, AGGREGATE_COUNT, operand_column(K), &count);
    program_add_aggregate(&b->builder, AGGREGATE_SUM, operand_column(PRICE), &sum);
    program_add_aggregate(&b->builder, AGGREGATE_MIN, operand_column(K), &k);
    program_add_aggregate(&b->builder, AGGREGATE_MAX, operand_column(K), &k);
    program_add_order(&b->builder, 0, 0);
}

static void collect_some(struct bench *b) {
    cr_assert_eq(program_collect(b->run, bench_row(b, 1, 5, "bob", 150)), STATUS_OK);
    cr_assert_eq(program_collect(b->run, bench_row(b, 2, -3, "ann", 250)), STATUS_OK);
    cr_assert_eq(program_collect(b->run, bench_row(b, 3, INT64_MIN, "ANN", 1)), STATUS_OK);
    cr_assert_eq(program_collect(b->run, bench_row(b, 4, 9, NULL, INT64_MIN)), STATUS_OK);
}

Test(program, groups_aggregate_by_collation) {
    struct bench b;
    bench_open(&b);
    build_groups(&b);
    bench_start(&b);
    collect_some(&b);
    cr_assert_eq(program_finish(b.run, FINISH_FINAL), STATUS_OK);
    cr_assert_str_eq(results(&b), "(NULL, 1, 1, NULL, 9, 9) ('ann', 2, 1, 2.51, -3, -3) "
                                  "('bob', 1, 1, 1.50, 5, 5)");
    bench_close(&b);
}

Test(program, partial_groups_merge_into_the_whole) {
    struct bench b, whole;
    bench_open(&b);
    build_groups(&b);
    bench_start(&b);
    collect_some(&b);
    cr_assert_eq(program_finish(b.run, FINISH_PARTIAL), STATUS_OK);
    bench_open(&whole);
    build_groups(&whole);
    bench_start(&whole);
    collect_some(&whole);
    struct slice row;
    while (program_next(b.run, &row) == STATUS_OK) {
        cr_assert_eq(program_merge(whole.run, row), STATUS_OK);
    }
    cr_assert_eq(program_finish(whole.run, FINISH_FINAL), STATUS_OK);
    cr_assert_str_eq(results(&whole), "(NULL, 2, 2, NULL, 9, 9) ('ann', 4, 2, 5.02, -3, -3) "
                                      "('bob', 2, 2, 3.00, 5, 5)");
    cr_assert_eq(program_merge(whole.run, SLICE_LITERAL("\x07")), STATUS_CORRUPT);
    bench_close(&b);
    bench_close(&whole);
}

Test(program, aggregates_of_nothing_are_one_row) {
    struct bench b;
    bench_open(&b);
    struct column_type count = column_type_bigint(0), sum = column_type_double();
    program_begin(&b.builder, SECTION_OUTPUT);
    program_add_aggregate(&b.builder, AGGREGATE_COUNT_ROWS, OPERAND_NONE, &count);
    program_add_aggregate(&b.builder, AGGREGATE_SUM, operand_column(K), &sum);
    bench_start(&b);
    cr_assert_eq(program_finish(b.run, FINISH_FINAL), STATUS_OK);
    cr_assert_str_eq(results(&b), "(0, NULL)");
    bench_close(&b);
}

Test(program, sums_survive_overflow_of_64_bits) {
    struct bench b;
    bench_open(&b);
    struct column_type sum = column_type_decimal(41, 0);
    program_begin(&b.builder, SECTION_OUTPUT);
    program_add_aggregate(&b.builder, AGGREGATE_SUM, operand_param(0), &sum);
    b.params[0] = value_of_int(INT64_MAX);
    bench_start(&b);
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(program_collect(b.run, bench_row(&b, 1, 1, NULL, 0)), STATUS_OK);
    }
    cr_assert_eq(program_finish(b.run, FINISH_FINAL), STATUS_OK);
    cr_assert_str_eq(results(&b), "(46116860184273879035)");
    bench_close(&b);
}

Test(program, the_first_rows_of_an_order_are_kept) {
    struct bench b;
    bench_open(&b);
    struct column_type id = b.layout->columns[ID].type, k = b.layout->columns[K].type;
    program_begin(&b.builder, SECTION_OUTPUT);
    program_add_output(&b.builder, operand_column(K), &k);
    program_add_output(&b.builder, operand_column(ID), &id);
    program_add_order(&b.builder, 0, INDEX_PART_DESCENDING);
    program_add_order(&b.builder, 1, 0);
    program_set_limit(&b.builder, operand_param(0));
    b.params[0] = value_of_int(3);
    bench_start(&b);
    cr_assert_eq(program_limit(b.run), 3);
    for (uint64_t i = 0; i < 1000; i++) {
        struct slice row = bench_row(&b, i, (int64_t)(i * 7919 % 500), NULL, 0);
        cr_assert_eq(program_collect(b.run, row), STATUS_OK);
    }
    cr_assert_eq(program_finish(b.run, FINISH_FINAL), STATUS_OK);
    cr_assert_str_eq(results(&b), "(499, 321) (499, 821) (498, 142)");
    bench_close(&b);
}

Test(program, an_order_without_limit_sorts_all) {
    struct bench b;
    bench_open(&b);
    program_add_order(&b.builder, K, 0);
    bench_start(&b);
    struct random random;
    random_open(&random, 31);
    for (uint64_t i = 0; i < 777; i++) {
        int64_t k = (int64_t)random_below(&random, 100);
        cr_assert_eq(program_collect(b.run, bench_row(&b, i, k, NULL, 0)), STATUS_OK);
    }
    cr_assert_eq(program_finish(b.run, FINISH_FINAL), STATUS_OK);
    struct slice row;
    int64_t last = -1;
    uint64_t count = 0, last_id = 0;
    while (program_next(b.run, &row) == STATUS_OK) {
        struct value k = row_value(b.layout, row, K, b.arena);
        struct value id = row_value(b.layout, row, ID, b.arena);
        cr_assert(k.i > last || (k.i == last && id.u > last_id), "sorted, and stable");
        last = k.i;
        last_id = id.u;
        count++;
    }
    cr_assert_eq(count, 777);
    bench_close(&b);
}

Test(program, too_few_parameters_or_a_bad_limit_do_not_start) {
    struct bench b;
    bench_open(&b);
    program_add_order(&b.builder, K, 0);
    program_set_limit(&b.builder, operand_param(2));
    b.params[2] = value_of_int(-1);
    struct buffer bytes = buffer_of(b.arena);
    cr_assert_eq(program_builder_finish(&b.builder, &bytes), STATUS_OK);
    cr_assert_eq(program_open(buffer_slice(&bytes), b.layout, b.arena, &b.program), STATUS_OK);
    cr_assert_eq(program_param_count(b.program), 3);
    cr_assert_eq(program_start(b.program, b.params, 2, b.arena, &b.run), STATUS_INVALID);
    cr_assert_eq(program_start(b.program, b.params, 3, b.arena, &b.run), STATUS_INVALID);
    bench_close(&b);
}

Test(program, too_large_programs_are_refused) {
    struct bench b;
    bench_open(&b);
    program_begin(&b.builder, SECTION_FILTER);
    for (int i = 0; i <= PROGRAM_REGISTER_COUNT_MAX; i++) {
        program_emit_unary(&b.builder, PROGRAM_NOT, operand_column(K));
    }
    struct buffer bytes = buffer_of(b.arena);
    cr_assert_eq(program_builder_finish(&b.builder, &bytes), STATUS_TOO_LARGE);
    bench_close(&b);
}

/* A program with a bit of everything, to be damaged. */
static struct slice everything(struct bench *b, int grouped) {
    program_begin(&b->builder, SECTION_FILTER);
    struct program_in_list list = {.first_param = 0, .count = 2};
    program_operand in = program_emit_in(&b->builder, operand_column(ID), &list);
    program_operand like =
        program_emit_like(&b->builder, operand_column(NAME), operand_param(2), 255, 0);
    uint32_t jump = program_emit_jump(&b->builder, PROGRAM_JUMP_IF_TRUE, in);
    in = program_emit_logic(&b->builder, PROGRAM_OR, in, like);
    program_land(&b->builder, jump);
    program_set_filter(&b->builder, in);
    if (grouped) {
        build_groups(b);
    } else {
        struct column_type type = column_type_decimal(30, 4);
        program_begin(&b->builder, SECTION_OUTPUT);
        program_operand q = program_emit_arithmetic(&b->builder, ARITHMETIC_DIV,
                                                    operand_column(PRICE), operand_column(K));
        program_add_output(&b->builder, program_emit_cast(&b->builder, q, &type), &type);
        program_add_output(&b->builder, operand_column(NAME), &b->layout->columns[NAME].type);
        program_add_order(&b->builder, 1, INDEX_PART_DESCENDING);
    }
    program_begin(&b->builder, SECTION_ASSIGN);
    program_add_assignment(&b->builder, K, operand_param(3));
    program_add_assignment(&b->builder, NAME, operand_column(PRICE));
    program_set_limit(&b->builder, operand_param(4));
    struct buffer bytes = buffer_of(b->arena);
    cr_assert_eq(program_builder_finish(&b->builder, &bytes), STATUS_OK);
    b->params[0] = value_of_int(1);
    b->params[1] = value_of_uint(2);
    b->params[2] = text_value("%a_", 255);
    b->params[3] = value_of_double(1.5);
    b->params[4] = value_of_int(10);
    return buffer_slice(&bytes);
}

static void run_all(struct bench *b, struct program *program, struct arena *arena) {
    struct program_run *run;
    if (program_start(program, b->params, 16, arena, &run) != STATUS_OK) return;
    struct slice out_row;
    enum status status = STATUS_OK;
    static const char *const names[] = {"ann", NULL, "", "x y z"};
    for (uint64_t i = 0; i < 4; i++) {
        struct slice row = bench_row(b, i, i == 1 ? INT64_MIN : (int64_t)i - 2, names[i], 77);
        struct buffer out = buffer_of(arena);
        struct assign_result result;
        bool accepted;
        status = program_accepts(run, row, &accepted);
        if (!program_has_groups(program)) status = program_output(run, row, &out, &out_row);
        status = program_assign(run, row, ASSIGN_LENIENT, &out, &result);
        if (status == STATUS_OK) cr_assert_eq(row_verify(b->layout, result.row), STATUS_OK);
        if (program_is_collected(program)) status = program_collect(run, row);
    }
    if (program_is_collected(program) && program_finish(run, FINISH_FINAL) == STATUS_OK) {
        while (program_next(run, &out_row) == STATUS_OK) {
            cr_assert_eq(row_verify(program_output_layout(program), out_row), STATUS_OK);
        }
    }
    struct buffer text = buffer_of(arena);
    program_print(program, b->table, b->params, &text);
    (void)status;
}

Test(program, damaged_programs_are_refused_or_run_without_harm, .timeout = 200) {
    struct random random;
    random_open(&random, 32);
    for (int grouped = 0; grouped < 2; grouped++) {
        struct bench b;
        bench_open(&b);
        struct slice bytes = everything(&b, grouped);
        uint8_t *copy = malloc(bytes.size);
        size_t opened = 0;
        for (int round = 0; round < 20000; round++) {
            struct fixture inner;
            struct arena *arena = fixture_open(&inner);
            memcpy(copy, bytes.data, bytes.size);
            uint64_t changes = random_below(&random, 4);
            for (uint64_t i = 0; i < changes; i++) {
                copy[random_below(&random, bytes.size)] =
                    (uint8_t)(random_below(&random, 2) ? random_below(&random, 6)
                                                       : random_u64(&random));
            }
            struct program *program;
            if (program_open(slice_of(copy, bytes.size), b.layout, arena, &program) == STATUS_OK) {
                opened++;
                run_all(&b, program, arena);
            }
            fixture_close(&inner);
        }
        cr_assert(opened > 4000);
        for (size_t size = 0; size < bytes.size; size++) {
            struct program *program;
            uint8_t *cut = malloc(size + 1);
            memcpy(cut, bytes.data, size);
            cr_assert_eq(program_open(slice_of(cut, size), b.layout, b.arena, &program),
                         STATUS_CORRUPT);
            free(cut);
        }
        free(copy);
        bench_close(&b);
    }
}
