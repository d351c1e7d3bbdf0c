/* ast.c: names of the tree's kinds, and of a query's columns. */
#include "sql/ast.h"

#define KIND_NAME(name, member, text) [AST_##name] = text,
static const char *const kind_names[] = {AST_STATEMENT_LIST(KIND_NAME)};
#undef KIND_NAME

#define SHOW_NAME(name, text) [AST_SHOW_##name] = text,
static const char *const show_names[] = {AST_SHOW_LIST(SHOW_NAME)};
#undef SHOW_NAME

#define EXPR_TEXT(name, text) [AST_EXPR_##name] = text,
static const char *const expr_texts[] = {AST_EXPR_LIST(EXPR_TEXT)};
#undef EXPR_TEXT

static const char *const unit_names[] = {
    [AST_UNIT_MICROSECOND] = "MICROSECOND",
    [AST_UNIT_SECOND] = "SECOND",
    [AST_UNIT_MINUTE] = "MINUTE",
    [AST_UNIT_HOUR] = "HOUR",
    [AST_UNIT_DAY] = "DAY",
    [AST_UNIT_WEEK] = "WEEK",
    [AST_UNIT_MONTH] = "MONTH",
    [AST_UNIT_QUARTER] = "QUARTER",
    [AST_UNIT_YEAR] = "YEAR",
    [AST_UNIT_SECOND_MICROSECOND] = "SECOND_MICROSECOND",
    [AST_UNIT_MINUTE_MICROSECOND] = "MINUTE_MICROSECOND",
    [AST_UNIT_MINUTE_SECOND] = "MINUTE_SECOND",
    [AST_UNIT_HOUR_MICROSECOND] = "HOUR_MICROSECOND",
    [AST_UNIT_HOUR_SECOND] = "HOUR_SECOND",
    [AST_UNIT_HOUR_MINUTE] = "HOUR_MINUTE",
    [AST_UNIT_DAY_MICROSECOND] = "DAY_MICROSECOND",
    [AST_UNIT_DAY_SECOND] = "DAY_SECOND",
    [AST_UNIT_DAY_MINUTE] = "DAY_MINUTE",
    [AST_UNIT_DAY_HOUR] = "DAY_HOUR",
    [AST_UNIT_YEAR_MONTH] = "YEAR_MONTH",
};

const char *ast_kind_name(enum ast_kind kind) {
    CHECK((size_t)kind < ARRAY_COUNT(kind_names));
    return kind_names[kind];
}

const char *ast_statement_name(const struct ast_statement *statement) {
    if (statement->kind == AST_UNSUPPORTED) return statement->unsupported->name;
    return ast_kind_name(statement->kind);
}

const char *ast_show_name(enum ast_show_kind kind) {
    CHECK((size_t)kind < ARRAY_COUNT(show_names));
    return show_names[kind];
}

const char *ast_expr_text(enum ast_expr_kind kind) {
    CHECK((size_t)kind < ARRAY_COUNT(expr_texts));
    return expr_texts[kind];
}

const char *ast_unit_name(enum ast_interval_unit unit) {
    CHECK((size_t)unit < ARRAY_COUNT(unit_names));
    return unit_names[unit];
}

bool ast_expr_is_chain(enum ast_expr_kind kind) {
    return kind == AST_EXPR_AND || kind == AST_EXPR_OR || kind == AST_EXPR_XOR ||
           kind == AST_EXPR_ADD || kind == AST_EXPR_MULTIPLY || kind == AST_EXPR_CONCAT;
}

struct slice ast_select_item_name(const struct ast_select_item *item) {
    CHECK(item->expr != NULL); /* a star has no name of its own */
    if (item->has_alias) return item->alias;
    const struct ast_expr *expr = item->expr;
    if (expr->kind == AST_EXPR_COLUMN) return expr->column.column;
    bool is_string = expr->kind == AST_EXPR_LITERAL && expr->literal.kind == AST_LITERAL_STRING &&
                     expr->literal.charset.size == 0 && !expr->is_parenthesised;
    return is_string ? expr->literal.text : item->source;
}
