#include "sql/ast_print.h"

#include "tests/sql/parse_text.h"

#define S(text) text,
static const char *const statements[] = {
#include "tests/sql/statements_good.def"
};
#undef S

static bool is_printed_from_tree(enum ast_kind kind) {
    return kind == AST_SELECT || kind == AST_INSERT || kind == AST_REPLACE || kind == AST_UPDATE ||
           kind == AST_DELETE;
}

Test(ast_print, what_is_printed_reads_back_as_the_same_tree) {
    size_t printed = 0;
    for (size_t i = 0; i < ARRAY_COUNT(statements); i++) {
        struct parsed first, second;
        parse_text(&first, statements[i], 0);
        cr_assert_eq(first.status, STATUS_OK, "%s", statements[i]);
        if (is_printed_from_tree(first.result.statement->kind)) {
            const char *text = parsed_print(&first);
            parse_text(&second, text, 0);
            cr_expect_str_eq(parsed_print(&second), text, "%s", statements[i]);
            parsed_close(&second);
            printed++;
        }
        parsed_close(&first);
    }
    cr_expect_gt(printed, 80);
}

/* The precedence table of the manual, each operator against its neighbours. */
Test(ast_print, operators_bind_as_in_mysql) {
    expect_print("SELECT a OR b AND c XOR d", 0, "select (`a` or ((`b` and `c`) xor `d`))");
    expect_print("SELECT NOT a = b AND c", 0, "select ((not (`a` = `b`)) and `c`)");
    expect_print("SELECT NOT a BETWEEN b AND c", 0, "select (not (`a` between `b` and `c`))");
    expect_print("SELECT NOT a BETWEEN b AND c", PARSE_HIGH_NOT_PRECEDENCE,
                 "select ((not `a`) between `b` and `c`)");
    expect_print("SELECT ! a = b", 0, "select ((not `a`) = `b`)");
    expect_print("SELECT a = b = c", 0, "select ((`a` = `b`) = `c`)");
    expect_print("SELECT a = b IN (c)", 0, "select (`a` = (`b` in (`c`)))");
    expect_print("SELECT a = b IS NULL", 0, "select ((`a` = `b`) is null)");
    expect_print("SELECT a LIKE b = c LIKE d", 0, "select ((`a` like `b`) = (`c` like `d`))");
    expect_print("SELECT a BETWEEN b AND c OR d", 0, "select ((`a` between `b` and `c`) or `d`)");
    expect_print("SELECT a | b & c << d + e * f ^ - g", 0,
                 "select (`a` | (`b` & (`c` << (`d` + (`e` * (`f` ^ (-`g`)))))))");
    expect_print("SELECT a - b - c, a / b * c, a MOD b DIV c", 0,
                 "select ((`a` - `b`) - `c`),((`a` / `b`) * `c`),((`a` % `b`) div `c`)");
    expect_print("SELECT -a ^ b, ~a COLLATE x, -a COLLATE x", 0,
                 "select ((-`a`) ^ `b`),(~(`a` collate `x`)),(-(`a` collate `x`))");
    expect_print("SELECT BINARY a COLLATE x = b", 0, "select (((binary `a`) collate `x`) = `b`)");
    expect_print("SELECT a || b + c", 0, "select (`a` or (`b` + `c`))");
    expect_print("SELECT a || b + c", PARSE_PIPES_AS_CONCAT, "select (concat(`a`,`b`) + `c`)");
}

Test(ast_print, assignments_are_loosest) {
    expect_print("SELECT @a := b OR c, d + (@e := 1)", 0,
                 "select (@`a` := (`b` or `c`)),(`d` + (@`e` := 1))");
}

Test(ast_print, intervals_bind_to_their_unit) {
    expect_print("SELECT a + INTERVAL b + 1 DAY - INTERVAL 1 HOUR", 0,
                 "select ((`a` + interval (`b` + 1) DAY) - interval 1 HOUR)");
    expect_print("SELECT INTERVAL 1 DAY + a", 0, "select (`a` + interval 1 DAY)");
}

Test(ast_print, joins_read_from_left_to_right) {
    expect_print("SELECT 1 FROM a JOIN b JOIN c ON x", 0,
                 "select 1 from ((`a` join `b`) join `c` on `x`)");
    expect_print("SELECT 1 FROM a JOIN b LEFT JOIN c ON x", 0,
                 "select 1 from ((`a` join `b`) left join `c` on `x`)");
    expect_print("SELECT 1 FROM a LEFT JOIN b JOIN c ON x ON y", 0,
                 "select 1 from (`a` left join (`b` join `c` on `x`) on `y`)");
    expect_print("SELECT 1 FROM a JOIN (b JOIN c ON x)", 0,
                 "select 1 from (`a` join (`b` join `c` on `x`))");
    expect_print("SELECT 1 FROM a, b JOIN c USING (d)", 0,
                 "select 1 from `a`,(`b` join `c` using (`d`))");
    expect_print("SELECT 1 FROM a NATURAL JOIN b JOIN c", 0,
                 "select 1 from ((`a` natural join `b`) join `c`)");
}

Test(ast_print, intersect_binds_before_union) {
    expect_print("SELECT 1 INTERSECT SELECT 2 UNION SELECT 3", 0,
                 "select 1 intersect select 2 union select 3");
    struct parsed parsed;
    parse_text(&parsed, "SELECT 1 UNION SELECT 2 INTERSECT SELECT 3", 0);
    struct ast_body *body = parsed.result.statement->query->body;
    cr_assert_eq(body->set.arm_count, 2);
    cr_expect_eq(body->set.arms[1].body->kind, AST_BODY_SET);
    parsed_close(&parsed);
}

Test(ast_print, names_and_strings_are_quoted) {
    expect_print("SELECT `a``b`, 'it''s\\\\ \\0'", 0, "select `a``b`,'it''s\\\\ \\0'");
    expect_print("SELECT @@`a.b`, @@global.`c`.d", 0, "select @@`a.b`,@@global.`c`.`d`");
    expect_print("SELECT \"a\"", PARSE_ANSI_QUOTES, "select `a`");
    expect_print("SELECT `select`(1), IF(a, b, c)", 0, "select `select`(1),IF(`a`,`b`,`c`)");
}
