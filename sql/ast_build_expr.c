/* ast_build_expr.c: expressions of a tree that is being parsed.
 *
 * An expression's source ends where the last shifted token ends (p->end): a rule is reduced when the token
 * behind it is seen, before that one is shifted. Its depth is that of its deepest arg, plus one; a chain of AND, OR, XOR, '+',
 * '*' or '||' grows in place, so a thousand terms are one node (T1 of ast.h).
 */
#include "sql/ast_build.h"
#include "sql/grammar.h"

static struct ast_expr *expr_new(struct parser *p, int kind, const uint8_t *start) {
    struct ast_expr *expr = build_new(p, struct ast_expr);
    expr->kind = (uint8_t)kind;
    expr->depth = 1;
    expr->source = slice_of(start, (size_t)(p->end - start));
    return expr;
}

static void args_reserve(struct parser *p, struct ast_expr *expr, uint32_t count) {
    expr->args = arena_array(p->arena, struct ast_expr *, count);
    expr->arg_count = 0;
}

/* Into room that args_reserve made. */
static void args_add(struct parser *p, struct ast_expr *expr, struct ast_expr *arg) {
    expr->args[expr->arg_count++] = arg;
    if (arg->depth >= expr->depth) expr->depth = build_depth(p, arg->depth);
}

struct ast_expr *build_start_at(struct parser *p, struct ast_expr *expr, const uint8_t *start) {
    expr->source = slice_of(start, (size_t)(p->end - start));
    return expr;
}

struct ast_expr *build_not(struct ast_expr *expr) {
    expr->is_negated = true;
    return expr;
}

struct ast_exprs *build_exprs(struct parser *p, struct ast_exprs *list, struct ast_expr *expr) {
    if (list == NULL) list = build_new(p, struct ast_exprs);
    *(struct ast_expr **)build_push(p, list, sizeof(expr)) = expr;
    if (expr != NULL) list->depth = MAX(list->depth, expr->depth);
    return list;
}

/* ---- Operators ---- */

/* A chain's args have room for the next power of two. */
static void chain_add(struct parser *p, struct ast_expr *chain, struct ast_expr *arg) {
    uint32_t count = chain->arg_count;
    if ((count & (count - 1)) == 0) {
        struct ast_expr **args = arena_array(p->arena, struct ast_expr *, (size_t)count * 2);
        memcpy(args, chain->args, count * sizeof(*args));
        chain->args = args;
    }
    args_add(p, chain, arg);
    build_start_at(p, chain, chain->source.data);
}

struct ast_expr *build_chain(struct parser *p, int kind, struct ast_expr *left,
                             struct ast_expr *right) {
    if (left->kind != kind) return build_binary(p, kind, left, right);
    left->is_parenthesised = false; /* (a + b) + c is a + b + c */
    chain_add(p, left, right);
    return left;
}

struct ast_expr *build_unary(struct parser *p, int kind, const struct token *start,
                             struct ast_expr *arg) {
    struct ast_expr *expr = expr_new(p, kind, start->data);
    args_reserve(p, expr, 1);
    args_add(p, expr, arg);
    return expr;
}

struct ast_expr *build_postfix(struct parser *p, int kind, struct ast_expr *arg, int negated) {
    struct ast_expr *expr = expr_new(p, kind, arg->source.data);
    args_reserve(p, expr, 1);
    args_add(p, expr, arg);
    expr->is_negated = negated;
    return expr;
}

struct ast_expr *build_binary(struct parser *p, int kind, struct ast_expr *left,
                              struct ast_expr *right) {
    struct ast_expr *expr = expr_new(p, kind, left->source.data);
    args_reserve(p, expr, 2);
    args_add(p, expr, left);
    args_add(p, expr, right);
    return expr;
}

struct ast_expr *build_ternary(struct parser *p, int kind, struct ast_expr *x, struct ast_expr *y,
                               struct ast_expr *z) {
    struct ast_expr *expr = expr_new(p, kind, x->source.data);
    args_reserve(p, expr, 3);
    args_add(p, expr, x);
    args_add(p, expr, y);
    args_add(p, expr, z);
    return expr;
}

struct ast_expr *build_like(struct parser *p, struct ast_expr *left, struct ast_expr *pattern,
                            struct ast_expr *escape) {
    if (escape == NULL) return build_binary(p, AST_EXPR_LIKE, left, pattern);
    return build_ternary(p, AST_EXPR_LIKE, left, pattern, escape);
}

struct ast_expr *build_list_node(struct parser *p, int kind, const struct token *start,
                                 const struct ast_exprs *args) {
    struct ast_expr *expr = expr_new(p, kind, start->data);
    if (args == NULL) return expr;
    expr->args = args->items;
    expr->arg_count = args->count;
    expr->depth = build_depth(p, args->depth);
    return expr;
}

static struct ast_expr *nary_from(struct parser *p, int kind, const uint8_t *start,
                                  struct ast_expr *first, const struct ast_exprs *rest) {
    struct ast_expr *expr = expr_new(p, kind, start);
    args_reserve(p, expr, rest->count + 1);
    args_add(p, expr, first);
    for (uint32_t i = 0; i < rest->count; i++) args_add(p, expr, rest->items[i]);
    return expr;
}

struct ast_expr *build_nary(struct parser *p, int kind, const struct token *start,
                            struct ast_expr *first, const struct ast_exprs *rest) {
    return nary_from(p, kind, start->data, first, rest);
}

struct ast_expr *build_in_list(struct parser *p, struct ast_expr *left,
                               const struct ast_exprs *list, int negated) {
    struct ast_expr *expr = nary_from(p, AST_EXPR_IN_LIST, left->source.data, left, list);
    expr->is_negated = negated;
    return expr;
}

static void set_query(struct parser *p, struct ast_expr *expr, struct ast_query *query) {
    expr->subquery.query = query;
    if (query->depth >= expr->depth) expr->depth = build_depth(p, query->depth);
}

struct ast_expr *build_in_query(struct parser *p, struct ast_expr *left, struct ast_query *query,
                                int negated) {
    struct ast_expr *expr = build_postfix(p, AST_EXPR_IN_QUERY, left, negated);
    set_query(p, expr, query);
    return expr;
}

struct ast_expr *build_quantified(struct parser *p, int comparison, struct ast_expr *left,
                                  struct ast_query *query) {
    struct ast_expr *expr = build_postfix(p, AST_EXPR_QUANTIFIED, left, 0);
    expr->subquery.comparison = (enum ast_expr_kind)comparison;
    set_query(p, expr, query);
    return expr;
}

struct ast_expr *build_subquery(struct parser *p, int kind, const struct token *start,
                                struct ast_query *query) {
    struct ast_expr *expr = expr_new(p, kind, start == NULL ? query->parens : start->data);
    set_query(p, expr, query);
    return expr;
}

struct ast_expr *build_interval(struct parser *p, int kind, struct ast_expr *left,
                                struct ast_expr *amount, int unit) {
    struct ast_expr *expr = build_binary(p, kind, left, amount);
    expr->unit = (uint8_t)unit;
    return expr;
}

struct ast_expr *build_interval_call(struct parser *p, const struct token *name,
                                     struct ast_expr *left, struct ast_expr *amount, int unit) {
    uint8_t letter = name->data[0] | 0x20; /* SUBDATE, or the S of DATE_SUB */
    uint8_t sixth = name->size == 8 ? name->data[5] | 0x20 : 0;
    bool subtracts = letter == 's' || sixth == 's';
    int kind = subtracts ? AST_EXPR_SUBTRACT_INTERVAL : AST_EXPR_ADD_INTERVAL;
    struct ast_expr *expr = build_interval(p, kind, left, amount, unit);
    build_start_at(p, expr, name->data);
    return expr;
}

struct ast_expr *build_collate(struct parser *p, struct ast_expr *arg, struct slice name) {
    struct ast_expr *expr = build_postfix(p, AST_EXPR_COLLATE, arg, 0);
    expr->name = name;
    return expr;
}

struct ast_expr *build_parens(struct parser *p, const struct token *start, struct ast_expr *expr) {
    expr->is_parenthesised = true;
    build_start_at(p, expr, start->data);
    return expr;
}

struct ast_expr *build_row(struct parser *p, const struct token *start, struct ast_expr *first,
                           const struct ast_exprs *rest) {
    return nary_from(p, AST_EXPR_ROW, start->data, first, rest);
}

/* {d '2020-01-31'} and its like are literals, {fn f(x)} and whatever else is the expression. */
struct ast_expr *build_odbc(struct parser *p, const struct token *start, const struct token *word,
                            struct ast_expr *expr) {
    struct slice name = slice_of(word->data, word->size);
    bool is_string = expr->kind == AST_EXPR_LITERAL && expr->literal.kind == AST_LITERAL_STRING;
    build_start_at(p, expr, start->data);
    if (!is_string) return expr;
    if (slice_equal_nocase(name, SLICE_LITERAL("d"))) expr->literal.kind = AST_LITERAL_DATE;
    if (slice_equal_nocase(name, SLICE_LITERAL("t"))) expr->literal.kind = AST_LITERAL_TIME;
    if (slice_equal_nocase(name, SLICE_LITERAL("ts"))) expr->literal.kind = AST_LITERAL_TIMESTAMP;
    return expr;
}

static struct ast_expr *string_literal(struct parser *p, const uint8_t *start, struct slice text) {
    struct ast_expr *expr = expr_new(p, AST_EXPR_LITERAL, start);
    expr->literal.kind = AST_LITERAL_STRING;
    expr->literal.ordinal = AST_NOT_LIFTED;
    expr->literal.text = text;
    return expr;
}

struct ast_expr *build_arrow(struct parser *p, int kind, struct ast_expr *column,
                             struct slice path) {
    return build_binary(p, kind, column, string_literal(p, column->source.data, path));
}

struct ast_expr *build_case(struct parser *p, const struct token *start, struct ast_expr *operand,
                            struct ast_exprs *whens, struct ast_expr *otherwise) {
    struct ast_expr *expr = expr_new(p, AST_EXPR_CASE, start->data);
    args_reserve(p, expr, whens->count + 2);
    if (operand != NULL) args_add(p, expr, operand);
    for (uint32_t i = 0; i < whens->count; i++) args_add(p, expr, whens->items[i]);
    if (otherwise != NULL) args_add(p, expr, otherwise);
    expr->branches.has_operand = operand != NULL;
    expr->branches.has_else = otherwise != NULL;
    return expr;
}

struct ast_expr *build_cast(struct parser *p, const struct token *start, struct ast_expr *arg,
                            struct ast_type *type) {
    struct ast_expr *expr = build_unary(p, AST_EXPR_CAST, start, arg);
    expr->cast.type = type;
    return expr;
}

struct ast_expr *build_cast_zone(struct parser *p, const struct token *start, struct ast_expr *arg,
                                 struct slice zone, struct ast_type *type) {
    struct ast_expr *expr =
        build_binary(p, AST_EXPR_CAST, arg, string_literal(p, start->data, zone));
    build_start_at(p, expr, start->data);
    expr->cast.type = type;
    expr->cast.has_time_zone = true;
    return expr;
}

/* ---- Leaves ---- */

struct ast_expr *build_column(struct parser *p, const struct token *schema,
                              const struct token *table, const struct token *column) {
    const struct token *first = schema != NULL ? schema : table != NULL ? table : column;
    struct ast_expr *expr = expr_new(p, AST_EXPR_COLUMN, first->data);
    if (schema != NULL) expr->column.schema = build_identifier(p, schema);
    if (table != NULL) expr->column.table = build_identifier(p, table);
    expr->column.column = build_identifier(p, column);
    return expr;
}

struct ast_expr *build_parameter(struct parser *p, const struct token *token) {
    struct ast_expr *expr = expr_new(p, AST_EXPR_PARAMETER, token->data);
    expr->parameter.ordinal = p->parameter_count++;
    return expr;
}

struct ast_expr *build_default(struct parser *p, const struct token *token) {
    return expr_new(p, AST_EXPR_DEFAULT, token->data);
}

struct ast_expr *build_user_variable(struct parser *p, const struct token *token) {
    struct ast_expr *expr = expr_new(p, AST_EXPR_USER_VARIABLE, token->data);
    expr->source.size = token->size;
    expr->variable.name = build_at_name(p, token);
    return expr;
}

static enum ast_scope scope_of(struct slice word) {
    if (slice_equal_nocase(word, SLICE_LITERAL("global"))) return AST_SCOPE_GLOBAL;
    if (slice_equal_nocase(word, SLICE_LITERAL("session"))) return AST_SCOPE_SESSION;
    if (slice_equal_nocase(word, SLICE_LITERAL("local"))) return AST_SCOPE_LOCAL;
    if (slice_equal_nocase(word, SLICE_LITERAL("persist"))) return AST_SCOPE_PERSIST;
    if (slice_equal_nocase(word, SLICE_LITERAL("persist_only"))) return AST_SCOPE_PERSIST_ONLY;
    return AST_SCOPE_NONE;
}

/* The part of "a.`b`.c" at *at, without quotes; moves on behind its dot. */
static struct slice next_part(const uint8_t **at, const uint8_t *end) {
    const uint8_t *from = *at;
    bool is_quoted = *from == '`';
    if (is_quoted) from++;
    const uint8_t *to = memchr(from, is_quoted ? '`' : '.', (size_t)(end - from));
    if (to == NULL) to = end;
    *at = to + is_quoted < end ? to + is_quoted + 1 : end;
    return slice_of(from, (size_t)(to - from));
}

struct ast_expr *build_system_variable(struct parser *p, const struct token *token) {
    struct ast_expr *expr = expr_new(p, AST_EXPR_SYSTEM_VARIABLE, token->data);
    expr->source.size = token->size;
    const uint8_t *at = token->data + 2, *end = token->data + token->size;
    struct slice part = next_part(&at, end);
    if (at < end) {
        expr->variable.scope = scope_of(part);
        if (expr->variable.scope != AST_SCOPE_NONE) part = next_part(&at, end);
    }
    if (at < end) {
        expr->variable.base = part;
        part = next_part(&at, end);
    }
    expr->variable.name = part;
    if (at < end || part.size == 0) build_syntax_error(p, token);
    return expr;
}

static enum ast_literal_kind literal_kind(uint16_t token_kind) {
    switch (token_kind) {
    case TOKEN_INTEGER_NUMBER: return AST_LITERAL_INTEGER;
    case TOKEN_DECIMAL_NUMBER: return AST_LITERAL_DECIMAL;
    case TOKEN_FLOAT_NUMBER: return AST_LITERAL_FLOAT;
    case TOKEN_NATIONAL_STRING: return AST_LITERAL_NATIONAL;
    case TOKEN_HEX_STRING: return AST_LITERAL_HEX;
    case TOKEN_BIT_STRING: return AST_LITERAL_BIT;
    default: CHECK(token_kind == TOKEN_TEXT_STRING); return AST_LITERAL_STRING;
    }
}

struct ast_expr *build_literal(struct parser *p, const struct token *token) {
    struct ast_expr *expr = expr_new(p, AST_EXPR_LITERAL, token->data);
    expr->literal.kind = literal_kind(token->kind);
    expr->literal.ordinal = p->ordinal;
    switch (token->kind) {
    case TOKEN_INTEGER_NUMBER: expr->literal.integer = token_integer(token); break;
    case TOKEN_HEX_STRING:
    case TOKEN_BIT_STRING: expr->literal.text = token_bytes(p->arena, token); return expr;
    case TOKEN_TEXT_STRING:
    case TOKEN_NATIONAL_STRING: expr->literal.text = build_string(p, token); return expr;
    default: break;
    }
    expr->literal.text = slice_of(token->data, token->size);
    return expr;
}

struct ast_expr *build_literal_word(struct parser *p, int kind, const struct token *token) {
    struct ast_expr *expr = expr_new(p, AST_EXPR_LITERAL, token->data);
    expr->literal.kind = (enum ast_literal_kind)kind;
    expr->literal.ordinal = AST_NOT_LIFTED;
    return expr;
}

struct ast_expr *build_word_literal(struct parser *p, const struct token *token) {
    return string_literal(p, token->data, slice_of(token->data, token->size));
}

struct ast_expr *build_introduced(struct parser *p, const struct token *charset,
                                  const struct token *token) {
    struct ast_expr *expr = build_literal(p, token);
    expr->literal.charset = slice_of(charset->data + 1, charset->size - 1);
    build_start_at(p, expr, charset->data);
    return expr;
}

struct ast_expr *build_temporal(struct parser *p, int kind, const struct token *prefix,
                                const struct token *token) {
    struct ast_expr *expr = build_literal(p, token);
    expr->literal.kind = (enum ast_literal_kind)kind;
    build_start_at(p, expr, prefix->data);
    return expr;
}

/* ---- Calls ---- */

struct ast_expr *build_call(struct parser *p, const struct token *schema, const struct token *name,
                            const struct ast_exprs *args) {
    struct ast_expr *expr = build_list_node(p, AST_EXPR_CALL, schema == NULL ? name : schema, args);
    if (schema != NULL) expr->call.schema = build_identifier(p, schema);
    expr->call.name = build_identifier(p, name);
    if (schema == NULL && (name->flags & TOKEN_FLAG_FUNCTION_NAME)) {
        build_error(
            p, 1630,
            "FUNCTION %.*s does not exist. Check the 'Function Name Parsing and Resolution' "
            "section in the Reference Manual",
            (int)MIN(expr->call.name.size, 64), (const char *)expr->call.name.data);
    }
    return expr;
}

struct ast_expr *build_call_star(struct parser *p, const struct token *name,
                                 const struct token *star) {
    bool is_count = slice_equal_nocase(slice_of(name->data, name->size), SLICE_LITERAL("count"));
    if (!is_count || (name->flags & TOKEN_FLAG_FUNCTION_NAME)) build_syntax_error(p, star);
    struct ast_expr *arg = expr_new(p, AST_EXPR_STAR, star->data);
    return build_call(p, NULL, name, build_exprs(p, NULL, arg));
}

struct aggregate_args *build_aggregate(struct parser *p, const struct ast_orders *order) {
    struct aggregate_args *args = build_new(p, struct aggregate_args);
    if (order != NULL) args->order = *order;
    return args;
}

struct ast_expr *build_call_aggregate(struct parser *p, const struct token *name,
                                      const struct aggregate_args *args) {
    struct ast_expr *expr = build_call(p, NULL, name, &args->args);
    struct ast_call *details = build_new(p, struct ast_call);
    details->is_distinct = args->is_distinct;
    details->order = args->order;
    details->has_separator = args->has_separator;
    details->separator = args->separator;
    expr->call.details = details;
    expr->depth = MAX(expr->depth, build_depth(p, args->order.depth));
    return expr;
}

struct ast_expr *build_now(struct parser *p, const struct token *name, struct ast_expr *digits) {
    if (!slice_equal_nocase(slice_of(name->data, name->size), SLICE_LITERAL("now"))) {
        build_syntax_error(p, name);
    }
    return build_call(p, NULL, name, digits == NULL ? NULL : build_exprs(p, NULL, digits));
}

struct ast_expr *build_over(struct parser *p, struct ast_expr *call, struct ast_window *window) {
    if (call->kind != AST_EXPR_CALL) {
        build_syntax_error(p, &(struct token){.data = call->source.data});
        call = expr_new(p, AST_EXPR_CALL, call->source.data);
    }
    if (call->call.details == NULL) call->call.details = build_new(p, struct ast_call);
    call->call.details->window = window;
    build_start_at(p, call, call->source.data);
    call->depth = MAX(call->depth, build_depth(p, window->depth));
    return call;
}

struct ast_expr *build_trim(struct parser *p, const struct token *name, int side,
                            struct ast_expr *arg, struct ast_expr *removed) {
    struct ast_expr *expr = removed == NULL ? build_unary(p, AST_EXPR_TRIM, name, arg)
                                            : build_binary(p, AST_EXPR_TRIM, arg, removed);
    build_start_at(p, expr, name->data);
    expr->trim = (enum ast_trim)side;
    return expr;
}

struct json_answer *build_json_answer(struct parser *p, int on, struct ast_expr *value) {
    struct json_answer *answer = build_new(p, struct json_answer);
    *answer = (struct json_answer){(enum ast_json_on)on, value};
    return answer;
}

struct ast_json_value *build_json_on(struct parser *p, const struct json_answer *empty,
                                     const struct json_answer *error) {
    struct ast_json_value *on = build_new(p, struct ast_json_value);
    if (empty != NULL) {
        on->on_empty = empty->on;
        on->empty_default = empty->value;
    }
    if (error != NULL) {
        on->on_error = error->on;
        on->error_default = error->value;
    }
    return on;
}
