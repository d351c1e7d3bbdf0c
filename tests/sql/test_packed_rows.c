/* Facts about rows that are read without the grammar, and about reading that lets others run. */
#include <stdlib.h>

#include "sql/packed_rows.h"
#include "tests/sql/parse_text.h"

/* Lifted literals are never packed, so this is what the grammar makes of the text. */
static void expect_as_by_grammar(const char *text) {
    struct parsed packed, listed;
    parse_text(&packed, text, 0);
    parse_text(&listed, text, PARSE_LIFT_LITERALS);
    cr_expect_eq(packed.status, listed.status, "%s", text);
    cr_expect_eq(packed.result.error.number, listed.result.error.number, "%s", text);
    cr_expect_str_eq(parsed_print(&packed), parsed_print(&listed), "%s", text);
    cr_expect_eq(packed.result.next_offset, listed.result.next_offset, "%s", text);
    parsed_close(&packed);
    parsed_close(&listed);
}

Test(packed_rows, mean_what_the_grammar_makes_of_them) {
    static const char *const texts[] = {
        "INSERT INTO t VALUES (1)",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
        "INSERT t (a, b) VALUE (-1, -1.5), (-1e5, DEFAULT) , (NULL, TRUE), (false, null)",
        "INSERT INTO t VALUES (x'1f', 0x1f), (b'101', 0b101), (N'n', 'it''s'), ('a' 'b', \"c\\n\")",
        "REPLACE INTO t VALUES (1, now()), (2, 3), (4, 5), (6 + 1, 7), (8, 9)",
        "INSERT INTO t VALUES (now(), 1), (1, now()), (2, 2)",
        "INSERT INTO t VALUES (1), (2, 3), (4, 5), (), (6)",
        "INSERT INTO t VALUES (), ()",
        "INSERT INTO t VALUES ((1), (2)), (1, (SELECT 2)), (3, 4)",
        "INSERT INTO t VALUES (_utf8mb4'a', DATE'2020-01-01'), ('b', 'c' COLLATE utf8mb4_bin)",
        "INSERT INTO t VALUES (- 1, -9223372036854775808), (+1, --1), (-/**/1, 1)",
        "INSERT INTO t VALUES (1 /* one */, 2) -- two\n, (3, 4) # five\n",
        "INSERT /*+ HINT */ IGNORE INTO value VALUES (1) AS n (a) ON DUPLICATE KEY UPDATE a = "
        "VALUES(a), b = 2",
        "INSERT INTO t SET a = 1, b = DEFAULT",
        "INSERT INTO t SELECT 1, 2 FROM u WHERE a IN (1, 2)",
        "INSERT INTO t VALUES (1, 2); SELECT 1",
        "INSERT INTO t (values) VALUES (1)",
    };
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) expect_as_by_grammar(texts[i]);
}

Test(packed_rows, leave_errors_to_the_grammar) {
    static const char *const texts[] = {
        "INSERT INTO t VALUES",
        "INSERT INTO t VALUES (1",
        "INSERT INTO t VALUES (1,)",
        "INSERT INTO t VALUES (1) (2)",
        "INSERT INTO t VALUES (1), (2), 3",
        "INSERT INTO t VALUES (1), (2,",
        "INSERT INTO t VALUES (1), ('a",
        "INSERT INTO t VALUES (1), (x'1')",
        "INSERT INTO t VALUES (1 2), (3)",
        "INSERT INTO t VALUES (1) WHERE a",
        "INSERT INTO t VALUES (1), (2) AS",
        "INSERT INTO value (1)",
        "INSERT INTO t SELECT VALUES(1)",
        "INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = VALUES(1)",
        "INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 1, (2)",
        "INSERT INTO t VALUES (VALUES (1))",
        "REPLACE INTO t VALUES ROW(1), (2)",
    };
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) expect_as_by_grammar(texts[i]);
}

Test(packed_rows, know_their_place_among_the_others) {
    struct parsed parsed;
    parse_text(&parsed, "INSERT INTO t VALUES (1, 2), (3, 4), (now(), 5), (6, -7), (8), (9)", 0);
    cr_assert_eq(parsed.status, STATUS_OK);
    const struct ast_insert *insert = parsed.result.statement->insert;
    cr_assert_eq(insert->packed.count, 3);
    cr_expect_eq(insert->rows.count, 1);
    cr_expect_eq(packed_rows_count(insert), 6);
    static const uint32_t first[] = {0, 3, 4}, rows[] = {2, 1, 2}, literals[] = {2, 2, 1};
    for (uint32_t i = 0; i < 3; i++) {
        cr_expect_eq(insert->packed.items[i].first_row, first[i]);
        cr_expect_eq(insert->packed.items[i].row_count, rows[i]);
        cr_expect_eq(insert->packed.items[i].literal_count, literals[i]);
    }
    cr_expect_eq(insert->packed.items[1].literals[1].is_negative, 1);
    parsed_close(&parsed);
}

/* "INSERT INTO t VALUES <row>, <row> .." */
static struct slice rows_text(struct arena *arena, const char *row, uint32_t count) {
    struct buffer text = buffer_of(arena);
    buffer_printf(&text, "INSERT INTO t VALUES ");
    for (uint32_t i = 0; i < count; i++) buffer_printf(&text, i == 0 ? "%s" : ",%s", row);
    return buffer_slice(&text);
}

Test(packed_rows, cost_sixteen_bytes_a_literal) {
    struct chunks chunks = chunks_open();
    struct arena texts;
    arena_open(&texts, &chunks.source, 0);
    struct parsed plain, mixed;
    parse_bytes(&plain, rows_text(&texts, "(12345,67890)", 20000), 0);
    cr_assert_eq(plain.status, STATUS_OK);
    cr_expect_eq(packed_rows_count(plain.result.statement->insert), 20000);
    cr_expect_lt(plain.arena.used_bytes, 20000 * (2 * 16 + 14) * 5 / 4);
    /* Rows that are tried in vain leave nothing. */
    parse_bytes(&mixed, rows_text(&texts, "(1,a),(1,2)", 2000), 0);
    cr_assert_eq(mixed.status, STATUS_OK);
    cr_expect_eq(packed_rows_count(mixed.result.statement->insert), 4000);
    cr_expect_lt(mixed.arena.used_bytes, 4000 * KIB);
    parsed_close(&plain);
    parsed_close(&mixed);
    arena_close(&texts);
}

/* ---- giving way ---- */

struct reading {
    struct fiber fiber;
    struct waiter waiter;
    struct arena *arena;
    struct slice text;
    struct parse_result result;
    enum status status;
};

static void read_text(struct fiber *fiber, void *argument) {
    (void)fiber;
    struct reading *reading = argument;
    struct parse_input input = {.text = reading->text, .waiter = &reading->waiter};
    reading->status = parse_statement(reading->arena, &input, &reading->result);
}

/* How often it gave way; cancelled when it did so for the `cancel_at`-th time. */
static uint32_t run_reading(struct reading *reading, uint32_t cancel_at) {
    struct wait_queue queue;
    void *stack = malloc(FIBER_STACK_BYTES);
    uint32_t turns = 0;
    wait_queue_open(&queue);
    fiber_open(&reading->fiber, stack, FIBER_STACK_BYTES, read_text, reading);
    waiter_open(&reading->waiter, &queue, &reading->fiber);
    waiter_wake(&reading->waiter);
    while (wait_queue_run(&queue, turns) > 0 && fiber_is_live(&reading->fiber)) {
        if (++turns == cancel_at) waiter_cancel(&reading->waiter, CANCEL_QUERY);
    }
    waiter_close(&reading->waiter);
    free(stack);
    return turns;
}

static void expect_turns(const char *row, uint32_t rows, uint32_t turns_min) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    struct reading reading = {.arena = &arena, .text = rows_text(&arena, row, rows)};
    cr_expect_geq(run_reading(&reading, 0), turns_min, "%s", row);
    cr_expect_eq(reading.status, STATUS_OK);
    cr_expect_eq(packed_rows_count(reading.result.statement->insert), rows);
    cr_expect_eq(run_reading(&reading, 2), 2);
    cr_expect_eq(reading.status, STATUS_CANCELLED);
    cr_expect_eq(reading.result.error.number, 1317);
    arena_close(&arena);
}

Test(packed_rows, and_others_are_read_turn_by_turn) {
    expect_turns("(1,2,3)", 20000, 14);
    expect_turns("(1,a,3)", 20000, 20);
}

Test(packed_rows, a_text_that_needs_too_much_memory_is_refused) {
    struct chunks chunks = chunks_open();
    struct arena texts, arena;
    arena_open(&texts, &chunks.source, 0);
    arena_open(&arena, &chunks.source, 4 * MIB);
    struct parse_input input = {.text = rows_text(&texts, "(1,a)", 100000)};
    struct parse_result result;
    cr_expect_eq(parse_statement(&arena, &input, &result), STATUS_INVALID);
    cr_expect_eq(result.error.number, 1038);
    cr_expect_lt(arena.used_bytes, 8 * MIB);
    arena_reset(&arena);
    input.text = rows_text(&texts, "(1,2)", 100000);
    cr_expect_eq(parse_statement(&arena, &input, &result), STATUS_OK);
    arena_close(&arena);
    arena_close(&texts);
}
