#include "sql/normalise.h"

#include "tests/sql/parse_text.h"

#define S(text) text,
static const char *const statements[] = {
#include "tests/sql/statements_good.def"
};
#undef S

enum { KEY_MAX = 8192, LITERAL_MAX = 64 };

struct key {
    uint8_t bytes[KEY_MAX];
    struct literal literals[LITERAL_MAX];
    struct normalised normalised;
};

static bool normalise(struct key *key, const char *text) {
    key->normalised = (struct normalised){.key = key->bytes,
                                          .key_capacity = KEY_MAX,
                                          .literals = key->literals,
                                          .literal_capacity = LITERAL_MAX};
    return parse_normalise(slice_of_text(text), 0, &key->normalised);
}

/* A mark in the key is shown as '#'. */
static void expect_key(const char *text, const char *expected) {
    struct key key;
    cr_assert(normalise(&key, text), "%s", text);
    char shown[KEY_MAX];
    size_t size = 0;
    for (size_t i = 0; i < key.normalised.key_size; i++) {
        shown[size++] = key.bytes[i] == 0 ? '#' : (char)key.bytes[i];
        if (key.bytes[i] == 0) i++;
    }
    shown[size] = 0;
    cr_expect_str_eq(shown, expected, "%s\n  gives %s", text, shown);
}

Test(normalise, literals_in_conditions_and_values_are_lifted) {
    expect_key("SELECT c FROM sbtest1 WHERE id=123", "SELECT c FROM sbtest1 WHERE id=#");
    expect_key("SELECT c FROM t WHERE id BETWEEN 1 AND 100",
               "SELECT c FROM t WHERE id BETWEEN # AND #");
    expect_key("select k from t where id in (1, 2,3)", "select k from t where id in (#, #,#)");
    expect_key("UPDATE t SET k=k+1, c='x' WHERE id=5", "UPDATE t SET k=k+#, c=# WHERE id=#");
    expect_key("INSERT INTO t (id, c) VALUES (1, 'a'),(-2, x'1f')",
               "INSERT INTO t (id, c) VALUES (#, #),(-#, #)");
    expect_key("DELETE FROM t WHERE id=1.5 LIMIT 1", "DELETE FROM t WHERE id=# LIMIT #");
    expect_key("SELECT a FROM t JOIN u ON t.a = 1 WHERE (b = 2 OR (c > 3)) LIMIT 10, 20",
               "SELECT a FROM t JOIN u ON t.a = # WHERE (b = # OR (c > #)) LIMIT #, #");
    expect_key("INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = VALUES(a) + 1",
               "INSERT INTO t VALUES (#) ON DUPLICATE KEY UPDATE a = VALUES(a) + #");
}

Test(normalise, what_names_columns_or_decides_types_stays) {
    expect_key("SELECT 1, a+2, 'x' FROM t WHERE b=3", "SELECT 1, a+2, 'x' FROM t WHERE b=#");
    expect_key("SELECT a FROM t GROUP BY 1 HAVING b > 2 ORDER BY 3",
               "SELECT a FROM t GROUP BY 1 HAVING b > 2 ORDER BY 3");
    expect_key("SELECT a FROM t WHERE b = ROUND(c, 2) AND d = 5",
               "SELECT a FROM t WHERE b = ROUND(c, 2) AND d = #");
    expect_key(
        "SELECT a FROM t WHERE b = DATE '2020-01-01' AND c = _utf8mb4'x' AND d LIKE 'a' ESCAPE '|'",
        "SELECT a FROM t WHERE b = DATE '2020-01-01' AND c = _utf8mb4'x' AND d LIKE # ESCAPE '|'");
    expect_key("SELECT (SELECT x FROM u WHERE y = 1) FROM t WHERE z = 2",
               "SELECT (SELECT x FROM u WHERE y = 1) FROM t WHERE z = #");
    expect_key("SELECT a FROM (SELECT 1 AS a FROM u WHERE y = 1) d WHERE z IN (SELECT 5 FROM v "
               "WHERE w = 6)",
               "SELECT a FROM (SELECT 1 AS a FROM u WHERE y = #) d WHERE z IN (SELECT 5 FROM v "
               "WHERE w = #)");
    expect_key("SELECT value, 1 FROM t", "SELECT value, 1 FROM t");
    expect_key("SELECT NTH_VALUE(a, 2) FROM FIRST OVER (ORDER BY b), 5 FROM t",
               "SELECT NTH_VALUE(a, 2) FROM FIRST OVER (ORDER BY b), 5 FROM t");
    expect_key("SELECT a FROM t WHERE b = 1 UNION SELECT 2 FROM u WHERE c = 3",
               "SELECT a FROM t WHERE b = # UNION SELECT 2 FROM u WHERE c = #");
}

Test(normalise, comments_go_but_where_they_name_a_column) {
    expect_key("/* app */ SELECT a /* n */ , b FROM t /* trace=1 */ WHERE c = 1 -- x",
               "SELECT a /* n */ , b FROM t WHERE c = #");
    expect_key("SELECT /*+ hint */ a FROM t WHERE b = 1 ; ",
               "SELECT /*+ hint */ a FROM t WHERE b = #");
}

Test(normalise, other_texts_are_not_cached) {
    static const char *const texts[] = {"",
                                        "SET a = 1",
                                        "SELECT 1; SELECT 2",
                                        "/*!50000 SELECT */ 1",
                                        "SHOW TABLES",
                                        "SELECT 'a",
                                        "(SELECT 1)",
                                        "BEGIN",
                                        "EXPLAIN SELECT 1",
                                        "CREATE TABLE t (a INT)"};
    struct key key;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        cr_expect_not(normalise(&key, texts[i]), "%s", texts[i]);
    }
}

Test(normalise, kinds_of_literals_make_different_keys) {
    struct key one, two;
    cr_assert(normalise(&one, "SELECT a FROM t WHERE b = 1"));
    cr_assert(normalise(&two, "SELECT a FROM t WHERE b = 'x'"));
    cr_expect_eq(one.normalised.key_size, two.normalised.key_size);
    cr_expect_neq(memcmp(one.bytes, two.bytes, one.normalised.key_size), 0);
}

Test(normalise, full_buffers_are_refused) {
    uint8_t bytes[16];
    struct literal literals[1];
    struct normalised small = {.key = bytes,
                               .key_capacity = sizeof bytes,
                               .literals = literals,
                               .literal_capacity = 1};
    cr_expect_not(parse_normalise(SLICE_LITERAL("SELECT a FROM t WHERE b = 1"), 0, &small));
    struct key key;
    normalise(&key, "SELECT 1");
    key.normalised.literal_capacity = 1;
    cr_expect_not(
        parse_normalise(SLICE_LITERAL("SELECT a FROM t WHERE b IN (1,2)"), 0, &key.normalised));
}

/* What the parser lifted, found by walking the printed positions of the text. */
struct lifted {
    const struct key *key;
    uint32_t count;
};

static void check_query(struct lifted *lifted, const struct ast_query *query);

static void check_expr(struct lifted *lifted, const struct ast_expr *expr) {
    if (expr == NULL) return;
    if (expr->kind == AST_EXPR_LITERAL && expr->literal.ordinal != AST_NOT_LIFTED) {
        cr_assert_lt(expr->literal.ordinal, lifted->key->normalised.literal_count);
        const struct literal *literal = &lifted->key->literals[expr->literal.ordinal];
        cr_expect_eq(literal->kind, expr->literal.kind);
        cr_expect_eq(literal->integer, expr->literal.integer);
        cr_expect_eq(literal->text.size, expr->source.size);
        lifted->count++;
    }
    for (uint32_t i = 0; i < expr->arg_count; i++) check_expr(lifted, expr->args[i]);
    bool has_query = expr->kind == AST_EXPR_IN_QUERY || expr->kind == AST_EXPR_SUBQUERY ||
                     expr->kind == AST_EXPR_EXISTS || expr->kind == AST_EXPR_QUANTIFIED;
    if (has_query) check_query(lifted, expr->subquery.query);
}

static void check_table(struct lifted *lifted, const struct ast_table_ref *ref) {
    if (ref == NULL) return;
    check_table(lifted, ref->left);
    check_table(lifted, ref->right);
    check_expr(lifted, ref->on);
    if (ref->query != NULL) check_query(lifted, ref->query);
}

static void check_body(struct lifted *lifted, const struct ast_body *body) {
    if (body->kind == AST_BODY_QUERY) check_query(lifted, body->query);
    for (uint32_t i = 0; body->kind == AST_BODY_SET && i < body->set.arm_count; i++) {
        check_body(lifted, body->set.arms[i].body);
    }
    if (body->kind != AST_BODY_SELECT) return;
    const struct ast_select *select = body->select;
    for (uint32_t i = 0; i < select->items.count; i++)
        check_expr(lifted, select->items.items[i].expr);
    for (uint32_t i = 0; i < select->from.count; i++) check_table(lifted, select->from.items[i]);
    check_expr(lifted, select->where);
    check_expr(lifted, select->having);
}

static void check_query(struct lifted *lifted, const struct ast_query *query) {
    for (uint32_t i = 0; query->with != NULL && i < query->with->count; i++) {
        check_query(lifted, query->with->items[i].query);
    }
    check_body(lifted, query->body);
    check_expr(lifted, query->limit.count);
    check_expr(lifted, query->limit.offset);
}

Test(normalise, the_parser_counts_the_same_literals) {
    size_t checked = 0;
    for (size_t i = 0; i < ARRAY_COUNT(statements); i++) {
        struct key key;
        if (!normalise(&key, statements[i])) continue;
        struct parsed parsed;
        parse_text(&parsed, statements[i], PARSE_LIFT_LITERALS);
        cr_assert_eq(parsed.status, STATUS_OK);
        cr_expect_eq(parsed.result.statement->literal_count, key.normalised.literal_count, "%s",
                     statements[i]);
        if (parsed.result.statement->kind == AST_SELECT) {
            struct lifted lifted = {&key, 0};
            check_query(&lifted, parsed.result.statement->query);
            cr_expect_eq(lifted.count, key.normalised.literal_count, "%s", statements[i]);
            checked++;
        }
        parsed_close(&parsed);
    }
    cr_expect_gt(checked, 50);
}

Test(normalise, values_of_literals_are_undone_on_demand) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    struct key key;
    cr_assert(normalise(&key, "SELECT a FROM t WHERE b IN (7, 'x''y', 'z', x'41', N'n')"));
    const struct literal *literals = key.literals;
    cr_expect_eq(literals[0].integer, 7);
    cr_expect(slice_equal(literal_bytes(&arena, &literals[1], 0), SLICE_LITERAL("x'y")));
    cr_expect(slice_equal(literal_bytes(&arena, &literals[2], 0), SLICE_LITERAL("z")));
    cr_expect(slice_equal(literal_bytes(&arena, &literals[3], 0), SLICE_LITERAL("A")));
    cr_expect(slice_equal(literal_bytes(&arena, &literals[4], 0), SLICE_LITERAL("n")));
    arena_close(&arena);
}
