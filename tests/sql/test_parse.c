#include "sql/parse.h"

#include "tests/sql/parse_text.h"

#define S(text) text,
static const char *const good[] = {
#include "tests/sql/statements_good.def"
};
static const char *const bad[] = {
#include "tests/sql/statements_bad.def"
};
#undef S

Test(parse, takes_every_statement_of_the_list) {
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        struct parsed parsed;
        parse_text(&parsed, good[i], PARSE_LIFT_LITERALS);
        cr_expect_eq(parsed.status, STATUS_OK, "%s\n  %s", good[i], parsed.result.error.text);
        parsed_close(&parsed);
    }
}

Test(parse, refuses_every_text_of_the_other_list) {
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct parsed parsed;
        parse_text(&parsed, bad[i], 0);
        cr_expect_eq(parsed.status, STATUS_INVALID, "%s", bad[i]);
        cr_expect_neq(parsed.result.error.number, 0, "%s", bad[i]);
        parsed_close(&parsed);
    }
}

/* Every prefix, and every text with one byte less, gives an answer. */
Test(parse, bears_cut_and_damaged_texts) {
    for (size_t i = 0; i < ARRAY_COUNT(good); i += 3) {
        size_t size = strlen(good[i]);
        for (size_t cut = 0; cut < size; cut += 1 + size / 40) {
            struct parsed parsed;
            parse_bytes(&parsed, slice_of(good[i], cut), 0);
            parsed_close(&parsed);
            char *text = strdup(good[i]);
            memmove(text + cut, text + cut + 1, size - cut);
            parse_text(&parsed, text, PARSE_ANSI_QUOTES | PARSE_IGNORE_SPACE);
            parsed_close(&parsed);
            free(text);
        }
    }
}

#define SYNTAX                                                                                     \
    "You have an error in your SQL syntax; check the manual that corresponds to your MySQL "       \
    "server "                                                                                      \
    "version for the right syntax to use "

Test(parse, errors_say_where) {
    expect_error("SELECT 1 FROM", 1064, SYNTAX "near '' at line 1");
    expect_error("SELECT 1\nFROM\n  where x", 1064, SYNTAX "near 'where x' at line 3");
    expect_error("SELEC 1", 1064, SYNTAX "near 'SELEC 1' at line 1");
    expect_error("SELECT 'abc", 1064, SYNTAX "near ''abc' at line 1");
    expect_error(
        "SELECT a b c d 0123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789",
        1064,
        SYNTAX "near 'c d 01234567890123456789012345678901234567890123456789012345678901234567"
               "89012345' at line 1");
    expect_error("", 1065, "Query was empty");
    expect_error("  \n ; ", 1065, "Query was empty");
    expect_error("SELECT sum (a)", 1630, NULL);
    expect_error("SELECT * FROM (SELECT 1)", 1248, "Every derived table must have its own alias");
    expect_error("EXPLAIN FORMAT=x SELECT 1", 1791, "Unknown EXPLAIN format name: 'x'");
}

Test(parse, an_executable_comment_of_a_later_version_is_an_empty_statement) {
    struct parsed parsed;
    parse_text(&parsed, "/*!99999 SELECT 1 */;", 0);
    cr_assert_eq(parsed.status, STATUS_OK);
    cr_expect_eq(parsed.result.statement->kind, AST_EMPTY);
    parsed_close(&parsed);
}

Test(parse, a_text_of_several_statements_is_read_one_by_one) {
    struct parsed parsed;
    struct slice text = SLICE_LITERAL("SELECT 1; ;BEGIN ;\n UPDATE t SET a = ';' ; ");
    parse_bytes(&parsed, text, 0);
    cr_assert_eq(parsed.status, STATUS_OK);
    cr_expect_eq(parsed.result.next_offset, 10);
    cr_expect(slice_equal(parsed.result.statement->source, SLICE_LITERAL("SELECT 1")));
    struct parse_input input = {.text = text, .offset = 11};
    cr_assert_eq(parse_statement(&parsed.arena, &input, &parsed.result), STATUS_OK);
    cr_expect_eq(parsed.result.statement->kind, AST_BEGIN);
    cr_expect_eq(text.data[parsed.result.next_offset], 'U');
    input.offset = parsed.result.next_offset;
    cr_assert_eq(parse_statement(&parsed.arena, &input, &parsed.result), STATUS_OK);
    cr_expect_eq(parsed.result.statement->kind, AST_UPDATE);
    cr_expect_eq(parsed.result.next_offset, text.size);
    parsed_close(&parsed);
}

static char *repeat(const char *head, const char *part, size_t count, const char *tail) {
    size_t size = strlen(part);
    char *text = malloc(strlen(head) + size * count + strlen(tail) + 1);
    char *at = stpcpy(text, head);
    for (size_t i = 0; i < count; i++) at = stpcpy(at, part);
    strcpy(at, tail);
    return text;
}

static void expect_repeated(const char *head, const char *part, size_t count, const char *tail,
                            enum status expected) {
    char *text = repeat(head, part, count, tail);
    struct parsed parsed;
    parse_text(&parsed, text, 0);
    cr_expect_eq(parsed.status, expected, "%zu times %s: %.200s", count, part,
                 parsed.result.error.text);
    if (parsed.status == STATUS_OK && parsed.result.statement->kind == AST_SELECT) {
        cr_expect_leq(parsed.result.statement->query->depth, AST_DEPTH_MAX);
    }
    parsed_close(&parsed);
    free(text);
}

Test(parse, chains_may_be_long) {
    expect_repeated("SELECT 1 FROM t WHERE a = 1", " OR a = 2", 20000, "", STATUS_OK);
    expect_repeated("SELECT 1 FROM t WHERE a = 1", " AND (a = 2)", 20000, "", STATUS_OK);
    expect_repeated("SELECT 1", " + 1", 20000, "", STATUS_OK);
    expect_repeated("SELECT 1", " UNION ALL SELECT 2", 5000, "", STATUS_OK);
    expect_repeated("SELECT 1 IN (1", ", 2", 50000, ")", STATUS_OK);
    expect_repeated("INSERT INTO t VALUES (1)", ", (2)", 50000, "", STATUS_OK);
}

Test(parse, nesting_ends_with_an_error) {
    expect_repeated("SELECT ", "(", 10000, "1", STATUS_INVALID);
    expect_repeated("SELECT ", "(", 10000, "1))))", STATUS_INVALID);
    expect_repeated("SELECT 1", " - 1", 150, "", STATUS_OK);
    expect_repeated("SELECT 1", " - 1", 10000, "", STATUS_INVALID);
    expect_repeated("SELECT ", "- ", 10000, "1", STATUS_INVALID);
    expect_repeated("SELECT ", "NOT ", 10000, "1", STATUS_INVALID);
    expect_repeated("SELECT ", "f(", 10000, "1", STATUS_INVALID);
    expect_repeated("SELECT a", " IS NULL", 10000, "", STATUS_INVALID);
    expect_repeated("SELECT a", " COLLATE x", 10000, "", STATUS_INVALID);
    expect_repeated("", "SELECT (", 10000, "", STATUS_INVALID);
    expect_repeated("", "SELECT * FROM (", 10000, "", STATUS_INVALID);
    expect_repeated("SELECT * FROM ", "(", 10000, "t", STATUS_INVALID);
    expect_repeated("SELECT * FROM t", " JOIN t", 10000, "", STATUS_INVALID);
    expect_repeated("", "(", 10000, "SELECT 1", STATUS_INVALID);
    expect_repeated("SELECT CASE ", "WHEN CASE ", 10000, "1", STATUS_INVALID);
    expect_error("SELECT 1 LIMIT (1)", 1064, NULL);
}

Test(parse, nesting_of_a_reasonable_depth_is_fine) {
    char *open = repeat("SELECT ", "(", 300, "1");
    char *text = repeat(open, ")", 300, "");
    struct parsed parsed;
    parse_text(&parsed, text, 0);
    cr_expect_eq(parsed.status, STATUS_OK, "%s", parsed.result.error.text);
    parsed_close(&parsed);
    free(open);
    free(text);
}

static void expect_column_name(const char *text, const char *expected) {
    struct parsed parsed;
    parse_text(&parsed, text, 0);
    cr_assert_eq(parsed.status, STATUS_OK);
    struct ast_select *select = parsed.result.statement->query->body->select;
    struct slice name = ast_select_item_name(&select->items.items[0]);
    cr_expect(slice_equal(name, slice_of_text(expected)), "%s: %.*s", text, (int)name.size,
              (const char *)name.data);
    parsed_close(&parsed);
}

Test(parse, columns_are_named_by_their_text) {
    expect_column_name("SELECT a + 1 FROM t", "a + 1");
    expect_column_name("SELECT a+1 FROM t", "a+1");
    expect_column_name("SELECT  ( a+1 )  , b", "( a+1 )");
    expect_column_name("SELECT db.t.`A` FROM t", "A");
    expect_column_name("SELECT 'it''s'", "it's");
    expect_column_name("SELECT @@version_comment limit 1", "@@version_comment");
    expect_column_name("SELECT @@session.auto_increment_increment AS x", "x");
    expect_column_name("SELECT COUNT( * ) FROM t", "COUNT( * )");
    expect_column_name("SELECT (SELECT 1 ) x", "x");
    expect_column_name("SELECT (SELECT 1 )", "(SELECT 1 )");
    expect_column_name("SELECT -  5", "-  5");
    expect_column_name("SELECT NOW( )", "NOW( )");
    expect_column_name("SELECT CASE a WHEN 1 THEN 2 END FROM t", "CASE a WHEN 1 THEN 2 END");
    expect_column_name("SELECT a AND b AND c FROM t", "a AND b AND c");
    expect_column_name("SELECT sum(a) OVER (ORDER BY b) FROM t", "sum(a) OVER (ORDER BY b)");
    expect_column_name("SELECT INTERVAL 1 DAY + a FROM t", "INTERVAL 1 DAY + a");
    expect_column_name("SELECT EXISTS (SELECT 1)", "EXISTS (SELECT 1)");
    expect_column_name("SELECT _utf8mb4 'x'", "_utf8mb4 'x'");
}

Test(parse, parameters_are_counted_in_the_order_of_the_text) {
    struct parsed parsed;
    parse_text(&parsed, "SELECT ?, a FROM t WHERE b = ? AND c IN (?, ?) LIMIT ?, ?", 0);
    cr_assert_eq(parsed.status, STATUS_OK);
    cr_expect_eq(parsed.result.statement->parameter_count, 6);
    struct ast_query *query = parsed.result.statement->query;
    cr_expect_eq(query->limit.offset->parameter.ordinal, 4);
    cr_expect_eq(query->limit.count->parameter.ordinal, 5);
    parsed_close(&parsed);
}

Test(parse, statements_that_are_not_looked_into_have_a_name) {
    struct parsed parsed;
    parse_text(&parsed, "CREATE DEFINER=`a`@`b` PROCEDURE p() BEGIN SELECT 1; SELECT 2; END", 0);
    cr_assert_eq(parsed.status, STATUS_OK);
    cr_expect_eq(parsed.result.statement->kind, AST_UNSUPPORTED);
    cr_expect_str_eq(ast_statement_name(parsed.result.statement), "CREATE PROCEDURE");
    parsed_close(&parsed);
    parse_text(&parsed, "DROP PROCEDURE IF EXISTS p; SELECT 1", 0);
    cr_expect_str_eq(ast_statement_name(parsed.result.statement), "DROP PROCEDURE");
    cr_expect_eq(parsed.result.next_offset, 28);
    parsed_close(&parsed);
}

Test(parse, an_expression_alone_is_read_to_its_end) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    struct parse_input input = {.text = SLICE_LITERAL("(`a` + 1) * f('x')")};
    struct parse_result result;
    cr_assert_eq(parse_expression(&arena, &input, &result), STATUS_OK);
    cr_expect_eq(result.expr->kind, AST_EXPR_MULTIPLY);
    input.text = SLICE_LITERAL("a + 1 b");
    cr_expect_eq(parse_expression(&arena, &input, &result), STATUS_INVALID);
    input.text = SLICE_LITERAL("");
    cr_expect_eq(parse_expression(&arena, &input, &result), STATUS_INVALID);
    arena_close(&arena);
}
