/* ast_print.c: expressions, types and names back as SQL text.
 *
 * Every operator stands in parentheses, so precedence never matters; every name but a function's in backticks, so
 * reserved words do not either. Strings are written for the default sql_mode. Recursion is bounded by the tree's
 * depth (T1 of ast.h).
 */
#include "sql/ast_print.h"
#include "sql/grammar.h"
#include "sql/keyword.h"

static void put(struct buffer *out, const char *text) { buffer_append(out, slice_of_text(text)); }

void ast_print_identifier(struct buffer *out, struct slice name) {
    buffer_append_byte(out, '`');
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '`') buffer_append_byte(out, '`');
        buffer_append_byte(out, name.data[i]);
    }
    buffer_append_byte(out, '`');
}

void ast_print_string(struct buffer *out, struct slice text) {
    buffer_append_byte(out, '\'');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte == '\'' || byte == '\\') buffer_append_byte(out, byte);
        if (byte == 0) {
            put(out, "\\0");
        } else {
            buffer_append_byte(out, byte);
        }
    }
    buffer_append_byte(out, '\'');
}

/* ---- Types ---- */

static const char *type_name(enum ast_type_kind kind) {
    static const char *const names[] = {
        [AST_TYPE_TINYINT] = "tinyint",
        [AST_TYPE_SMALLINT] = "smallint",
        [AST_TYPE_MEDIUMINT] = "mediumint",
        [AST_TYPE_INT] = "int",
        [AST_TYPE_BIGINT] = "bigint",
        [AST_TYPE_DECIMAL] = "decimal",
        [AST_TYPE_FLOAT] = "float",
        [AST_TYPE_DOUBLE] = "double",
        [AST_TYPE_BIT] = "bit",
        [AST_TYPE_BOOL] = "bool",
        [AST_TYPE_DATE] = "date",
        [AST_TYPE_TIME] = "time",
        [AST_TYPE_DATETIME] = "datetime",
        [AST_TYPE_TIMESTAMP] = "timestamp",
        [AST_TYPE_YEAR] = "year",
        [AST_TYPE_CHAR] = "char",
        [AST_TYPE_VARCHAR] = "varchar",
        [AST_TYPE_BINARY] = "binary",
        [AST_TYPE_VARBINARY] = "varbinary",
        [AST_TYPE_TINYTEXT] = "tinytext",
        [AST_TYPE_TEXT] = "text",
        [AST_TYPE_MEDIUMTEXT] = "mediumtext",
        [AST_TYPE_LONGTEXT] = "longtext",
        [AST_TYPE_TINYBLOB] = "tinyblob",
        [AST_TYPE_BLOB] = "blob",
        [AST_TYPE_MEDIUMBLOB] = "mediumblob",
        [AST_TYPE_LONGBLOB] = "longblob",
        [AST_TYPE_ENUM] = "enum",
        [AST_TYPE_SET] = "set",
        [AST_TYPE_JSON] = "json",
        [AST_TYPE_SERIAL] = "serial",
        [AST_TYPE_GEOMETRY] = "geometry",
        [AST_TYPE_POINT] = "point",
        [AST_TYPE_LINESTRING] = "linestring",
        [AST_TYPE_POLYGON] = "polygon",
        [AST_TYPE_MULTIPOINT] = "multipoint",
        [AST_TYPE_MULTILINESTRING] = "multilinestring",
        [AST_TYPE_MULTIPOLYGON] = "multipolygon",
        [AST_TYPE_GEOMETRYCOLLECTION] = "geometrycollection",
        [AST_TYPE_SIGNED] = "signed",
        [AST_TYPE_UNSIGNED] = "unsigned",
    };
    CHECK((size_t)kind < ARRAY_COUNT(names));
    return names[kind];
}

static void print_values(struct buffer *out, const struct ast_identifiers *values) {
    for (uint32_t i = 0; i < values->count; i++) {
        put(out, i == 0 ? "(" : ",");
        ast_print_string(out, values->items[i]);
    }
    put(out, ")");
}

void ast_print_type(struct buffer *out, const struct ast_type *type) {
    put(out, type_name(type->kind));
    if (type->values.count > 0) print_values(out, &type->values);
    if (type->has_length) buffer_printf(out, "(%llu", (unsigned long long)type->length);
    if (type->has_decimals) buffer_printf(out, ",%u", type->decimals);
    if (type->has_length) put(out, ")");
    if (type->is_unsigned) put(out, " unsigned");
    if (type->is_zerofill) put(out, " zerofill");
    if (type->charset.size > 0) {
        put(out, " character set ");
        ast_print_identifier(out, type->charset);
    }
    if (type->is_binary) put(out, " binary");
    if (type->collation.size > 0) {
        put(out, " collate ");
        ast_print_identifier(out, type->collation);
    }
}

/* ---- Leaves ---- */

static void print_path(struct buffer *out, struct slice first, struct slice second,
                       struct slice third) {
    if (first.size > 0) {
        ast_print_identifier(out, first);
        put(out, ".");
    }
    if (second.size > 0) {
        ast_print_identifier(out, second);
        put(out, ".");
    }
    ast_print_identifier(out, third);
}

static void print_bytes(struct buffer *out, struct slice bytes, int base) {
    put(out, base == 16 ? "x'" : "b'");
    for (size_t i = 0; i < bytes.size; i++) {
        if (base == 16) buffer_printf(out, "%02x", bytes.data[i]);
        for (int bit = 7; base == 2 && bit >= 0; bit--)
            put(out, bytes.data[i] >> bit & 1 ? "1" : "0");
    }
    put(out, "'");
}

static void print_literal(struct buffer *out, const struct ast_expr *expr) {
    struct slice text = expr->literal.text;
    if (expr->literal.charset.size > 0) {
        put(out, "_");
        buffer_append(out, expr->literal.charset);
        put(out, " ");
    }
    switch (expr->literal.kind) {
    case AST_LITERAL_NULL: put(out, "null"); return;
    case AST_LITERAL_TRUE: put(out, "true"); return;
    case AST_LITERAL_FALSE: put(out, "false"); return;
    case AST_LITERAL_INTEGER:
    case AST_LITERAL_DECIMAL:
    case AST_LITERAL_FLOAT: buffer_append(out, text); return;
    case AST_LITERAL_STRING: break;
    case AST_LITERAL_NATIONAL: put(out, "N"); break;
    case AST_LITERAL_HEX: print_bytes(out, text, 16); return;
    case AST_LITERAL_BIT: print_bytes(out, text, 2); return;
    case AST_LITERAL_DATE: put(out, "date"); break;
    case AST_LITERAL_TIME: put(out, "time"); break;
    case AST_LITERAL_TIMESTAMP: put(out, "timestamp"); break;
    }
    ast_print_string(out, text);
}

static void print_system_variable(struct buffer *out, const struct ast_expr *expr) {
    static const char *const scopes[] = {[AST_SCOPE_NONE] = "",
                                         [AST_SCOPE_GLOBAL] = "global.",
                                         [AST_SCOPE_SESSION] = "session.",
                                         [AST_SCOPE_PERSIST] = "persist.",
                                         [AST_SCOPE_PERSIST_ONLY] = "persist_only.",
                                         [AST_SCOPE_LOCAL] = "local."};
    put(out, "@@");
    put(out, scopes[expr->variable.scope]);
    if (expr->variable.base.size > 0) {
        ast_print_identifier(out, expr->variable.base);
        put(out, ".");
    }
    ast_print_identifier(out, expr->variable.name);
}

/* ---- Operators ---- */

static void print_args(struct buffer *out, const struct ast_expr *expr, uint32_t from,
                       const char *between) {
    for (uint32_t i = from; i < expr->arg_count; i++) {
        if (i > from) put(out, between);
        ast_print_expr(out, expr->args[i]);
    }
}

/* (a op b op c) */
static void print_infix(struct buffer *out, const struct ast_expr *expr) {
    put(out, "(");
    ast_print_expr(out, expr->args[0]);
    for (uint32_t i = 1; i < expr->arg_count; i++) {
        buffer_printf(out, expr->is_negated ? " not %s " : " %s ", ast_expr_text(expr->kind));
        ast_print_expr(out, expr->args[i]);
    }
    put(out, ")");
}

static void print_is(struct buffer *out, const struct ast_expr *expr) {
    const char *what = ast_expr_text(expr->kind) + 3; /* behind "is " */
    put(out, "(");
    ast_print_expr(out, expr->args[0]);
    buffer_printf(out, expr->is_negated ? " is not %s)" : " is %s)", what);
}

static void print_query(struct buffer *out, const struct ast_expr *expr) {
    put(out, "(");
    ast_print_query(out, expr->subquery.query);
    put(out, ")");
}

static void print_in(struct buffer *out, const struct ast_expr *expr) {
    put(out, "(");
    ast_print_expr(out, expr->args[0]);
    put(out, expr->is_negated ? " not in " : " in ");
    if (expr->kind == AST_EXPR_IN_QUERY) {
        print_query(out, expr);
    } else {
        put(out, "(");
        print_args(out, expr, 1, ",");
        put(out, ")");
    }
    put(out, ")");
}

static void print_quantified(struct buffer *out, const struct ast_expr *expr) {
    put(out, "(");
    ast_print_expr(out, expr->args[0]);
    buffer_printf(out, " %s %s ", ast_expr_text(expr->subquery.comparison),
                  expr->subquery.quantifier == AST_ANY ? "any" : "all");
    print_query(out, expr);
    put(out, ")");
}

/* a BETWEEN b AND c, a LIKE b ESCAPE c */
static void print_ternary(struct buffer *out, const struct ast_expr *expr, const char *second) {
    put(out, "(");
    ast_print_expr(out, expr->args[0]);
    buffer_printf(out, expr->is_negated ? " not %s " : " %s ", ast_expr_text(expr->kind));
    print_args(out, expr, 1, second);
    put(out, ")");
}

static void print_interval(struct buffer *out, const struct ast_expr *expr) {
    put(out, "(");
    ast_print_expr(out, expr->args[0]);
    buffer_printf(out, " %s interval ", ast_expr_text(expr->kind));
    ast_print_expr(out, expr->args[1]);
    buffer_printf(out, " %s)", ast_unit_name(expr->unit));
}

static void print_case(struct buffer *out, const struct ast_expr *expr) {
    uint32_t at = 0, end = expr->arg_count - expr->branches.has_else;
    put(out, "(case");
    if (expr->branches.has_operand) {
        put(out, " ");
        ast_print_expr(out, expr->args[at++]);
    }
    while (at < end) {
        put(out, " when ");
        ast_print_expr(out, expr->args[at++]);
        put(out, " then ");
        ast_print_expr(out, expr->args[at++]);
    }
    if (expr->branches.has_else) {
        put(out, " else ");
        ast_print_expr(out, expr->args[end]);
    }
    put(out, " end)");
}

/* (word arg) */
static void print_prefix(struct buffer *out, const struct ast_expr *expr, const char *word) {
    buffer_printf(out, "(%s", word);
    ast_print_expr(out, expr->args[0]);
    put(out, ")");
}

/* ---- Functions with a syntax of their own ---- */

static void print_cast(struct buffer *out, const struct ast_expr *expr) {
    put(out, "cast(");
    ast_print_expr(out, expr->args[0]);
    if (expr->cast.has_time_zone) {
        put(out, " at time zone ");
        ast_print_expr(out, expr->args[1]);
    }
    put(out, " as ");
    ast_print_type(out, expr->cast.type);
    put(out, expr->cast.is_array ? " array)" : ")");
}

static void print_trim(struct buffer *out, const struct ast_expr *expr) {
    static const char *const sides[] = {"both ", "leading ", "trailing "};
    put(out, "trim(");
    put(out, sides[expr->trim]);
    if (expr->arg_count == 2) {
        ast_print_expr(out, expr->args[1]);
        put(out, " ");
    }
    put(out, "from ");
    ast_print_expr(out, expr->args[0]);
    put(out, ")");
}

static void print_match(struct buffer *out, const struct ast_expr *expr) {
    static const char *const modes[] = {"", " in natural language mode",
                                        " in natural language mode with query expansion",
                                        " in boolean mode", " with query expansion"};
    put(out, "match (");
    print_args(out, expr, 1, ",");
    put(out, ") against (");
    ast_print_expr(out, expr->args[0]);
    put(out, modes[expr->match]);
    put(out, ")");
}

static void print_json_on(struct buffer *out, enum ast_json_on on, const struct ast_expr *value,
                          const char *what) {
    if (on == AST_JSON_ON_UNSET) return;
    put(out, on == AST_JSON_ON_NULL ? " null" : on == AST_JSON_ON_ERROR ? " error" : " default ");
    if (value != NULL && value->kind == AST_EXPR_NEGATE) { /* a literal's sign, not an operator */
        put(out, "-");
        value = value->args[0];
    }
    if (value != NULL) ast_print_expr(out, value);
    buffer_printf(out, " on %s", what);
}

void ast_print_json_on(struct buffer *out, const struct ast_json_value *json) {
    print_json_on(out, json->on_empty, json->empty_default, "empty");
    print_json_on(out, json->on_error, json->error_default, "error");
}

static void print_json_value(struct buffer *out, const struct ast_expr *expr) {
    put(out, "json_value(");
    print_args(out, expr, 0, ",");
    if (expr->cast.type != NULL) {
        put(out, " returning ");
        ast_print_type(out, expr->cast.type);
    }
    ast_print_json_on(out, expr->cast.json);
    put(out, ")");
}

/* name(args[from..] suffix) */
static void print_named(struct buffer *out, const struct ast_expr *expr, const char *open) {
    put(out, open);
    print_args(out, expr, 0, ",");
}

static void print_arrow(struct buffer *out, const struct ast_expr *expr) {
    ast_print_expr(out, expr->args[0]);
    put(out, ast_expr_text(expr->kind));
    ast_print_string(out, expr->args[1]->literal.text);
}

/* ---- Calls and windows ---- */

void ast_print_orders(struct buffer *out, const struct ast_orders *orders, const char *word) {
    for (uint32_t i = 0; i < orders->count; i++) {
        put(out, i == 0 ? word : ",");
        ast_print_expr(out, orders->items[i].expr);
        if (orders->items[i].descending) put(out, " desc");
    }
}

static void print_bound(struct buffer *out, const struct ast_bound *bound) {
    static const char *const texts[] = {"unbounded preceding", " preceding", "current row",
                                        " following", "unbounded following"};
    if (bound->distance != NULL) {
        if (bound->has_unit) put(out, "interval ");
        ast_print_expr(out, bound->distance);
        if (bound->has_unit) buffer_printf(out, " %s", ast_unit_name(bound->unit));
    }
    put(out, texts[bound->kind]);
}

void ast_print_window(struct buffer *out, const struct ast_window *window) {
    static const char *const units[] = {" rows", " range", " groups"};
    put(out, "(");
    if (window->base.size > 0) ast_print_identifier(out, window->base);
    for (uint32_t i = 0; i < window->partition.count; i++) {
        put(out, i == 0 ? " partition by " : ",");
        ast_print_expr(out, window->partition.items[i]);
    }
    ast_print_orders(out, &window->order, " order by ");
    if (window->frame != NULL) {
        put(out, units[window->frame->unit]);
        put(out, " between ");
        print_bound(out, &window->frame->start);
        put(out, " and ");
        print_bound(out, &window->frame->end);
    }
    put(out, ")");
}

/* Reserved words that are functions' names stay as they are; other names that are reserved were quoted. */
static bool is_callable(struct slice name) {
    uint32_t hash = KEYWORD_HASH_START;
    for (size_t i = 0; i < name.size; i++) {
        uint8_t lower = name.data[i] | 0x20;
        bool is_plain = (lower >= 'a' && lower <= 'z') || name.data[i] == '_' ||
                        (i > 0 && name.data[i] >= '0' && name.data[i] <= '9');
        if (!is_plain) return false;
        hash = keyword_hash_step(hash, name.data[i]);
    }
    const struct keyword *keyword = keyword_find(name.data, name.size, hash);
    if (keyword == NULL || keyword->class != KEYWORD_RESERVED) return true;
    switch (keyword->token) {
    case TOKEN_IF:
    case TOKEN_LEFT:
    case TOKEN_RIGHT:
    case TOKEN_REPLACE:
    case TOKEN_INSERT:
    case TOKEN_REPEAT:
    case TOKEN_DATABASE:
    case TOKEN_CHAR:
    case TOKEN_INTERVAL:
    case TOKEN_FUNCTION_WORD:
    case TOKEN_NOW_WORD:
    case TOKEN_CLOCK_WORD:
    case TOKEN_CURRENT_USER: return true;
    default: return false;
    }
}

static void print_over(struct buffer *out, const struct ast_call *call) {
    if (call->from_last) put(out, " from last");
    if (call->ignore_nulls) put(out, " ignore nulls");
    put(out, " over ");
    if (call->window->is_reference) {
        ast_print_identifier(out, call->window->name);
    } else {
        ast_print_window(out, call->window);
    }
}

static void print_call(struct buffer *out, const struct ast_expr *expr) {
    const struct ast_call *details = expr->call.details;
    if (expr->call.schema.size > 0) {
        ast_print_identifier(out, expr->call.schema);
        put(out, ".");
    }
    if (is_callable(expr->call.name)) {
        buffer_append(out, expr->call.name);
    } else {
        ast_print_identifier(out, expr->call.name);
    }
    put(out, details != NULL && details->is_distinct ? "(distinct " : "(");
    print_args(out, expr, 0, ",");
    if (details != NULL) {
        ast_print_orders(out, &details->order, " order by ");
        if (details->has_separator) {
            put(out, " separator ");
            ast_print_string(out, details->separator);
        }
    }
    put(out, ")");
    if (details != NULL && details->window != NULL) print_over(out, details);
}

static void print_using(struct buffer *out, const struct ast_expr *expr) {
    print_named(out, expr, expr->kind == AST_EXPR_CHAR_USING ? "char(" : "convert(");
    put(out, " using ");
    ast_print_identifier(out, expr->name);
    put(out, ")");
}

static void print_unit_call(struct buffer *out, const struct ast_expr *expr) {
    bool is_extract = expr->kind == AST_EXPR_EXTRACT;
    buffer_printf(out, "%s(%s%s", ast_expr_text(expr->kind), ast_unit_name(expr->unit),
                  is_extract ? " from " : ",");
    print_args(out, expr, 0, ",");
    put(out, ")");
}

static void print_weight_string(struct buffer *out, const struct ast_expr *expr) {
    print_named(out, expr, "weight_string(");
    if (expr->cast.type != NULL) {
        put(out, " as ");
        ast_print_type(out, expr->cast.type);
    }
    put(out, ")");
}

static void print_function(struct buffer *out, const struct ast_expr *expr) {
    switch ((enum ast_expr_kind)expr->kind) {
    case AST_EXPR_CAST: print_cast(out, expr); return;
    case AST_EXPR_CONVERT_USING:
    case AST_EXPR_CHAR_USING: print_using(out, expr); return;
    case AST_EXPR_EXTRACT:
    case AST_EXPR_TIMESTAMP_ADD:
    case AST_EXPR_TIMESTAMP_DIFF: print_unit_call(out, expr); return;
    case AST_EXPR_TRIM: print_trim(out, expr); return;
    case AST_EXPR_POSITION:
        put(out, "position(");
        print_args(out, expr, 0, " in ");
        put(out, ")");
        return;
    case AST_EXPR_GET_FORMAT:
        put(out, "get_format(");
        buffer_append(out, expr->name);
        put(out, ",");
        print_args(out, expr, 0, ",");
        put(out, ")");
        return;
    case AST_EXPR_MATCH: print_match(out, expr); return;
    case AST_EXPR_DEFAULT_OF:
    case AST_EXPR_VALUES_OF:
        buffer_printf(out, "%s(", ast_expr_text(expr->kind));
        print_args(out, expr, 0, ",");
        put(out, ")");
        return;
    case AST_EXPR_WEIGHT_STRING: print_weight_string(out, expr); return;
    case AST_EXPR_JSON_VALUE: print_json_value(out, expr); return;
    case AST_EXPR_MEMBER_OF:
        put(out, "(");
        print_args(out, expr, 0, " member of (");
        put(out, "))");
        return;
    default:
        CHECK(expr->kind == AST_EXPR_CALL);
        print_call(out, expr);
        return;
    }
}

static void print_operator(struct buffer *out, const struct ast_expr *expr) {
    switch ((enum ast_expr_kind)expr->kind) {
    case AST_EXPR_NOT: print_prefix(out, expr, "not "); return;
    case AST_EXPR_NEGATE: print_prefix(out, expr, "-"); return;
    case AST_EXPR_BIT_NOT: print_prefix(out, expr, "~"); return;
    case AST_EXPR_BINARY: print_prefix(out, expr, "binary "); return;
    case AST_EXPR_IS_NULL:
    case AST_EXPR_IS_TRUE:
    case AST_EXPR_IS_FALSE:
    case AST_EXPR_IS_UNKNOWN: print_is(out, expr); return;
    case AST_EXPR_QUANTIFIED: print_quantified(out, expr); return;
    case AST_EXPR_IN_LIST:
    case AST_EXPR_IN_QUERY: print_in(out, expr); return;
    case AST_EXPR_BETWEEN: print_ternary(out, expr, " and "); return;
    case AST_EXPR_LIKE: print_ternary(out, expr, " escape "); return;
    case AST_EXPR_ADD_INTERVAL:
    case AST_EXPR_SUBTRACT_INTERVAL: print_interval(out, expr); return;
    case AST_EXPR_CONCAT: /* as a call: what || is depends on sql_mode */
        put(out, "concat(");
        print_args(out, expr, 0, ",");
        put(out, ")");
        return;
    case AST_EXPR_COLLATE:
        put(out, "(");
        ast_print_expr(out, expr->args[0]);
        put(out, " collate ");
        ast_print_identifier(out, expr->name);
        put(out, ")");
        return;
    case AST_EXPR_ROW:
        put(out, "row(");
        print_args(out, expr, 0, ",");
        put(out, ")");
        return;
    case AST_EXPR_CASE: print_case(out, expr); return;
    case AST_EXPR_JSON_EXTRACT:
    case AST_EXPR_JSON_UNQUOTE: print_arrow(out, expr); return;
    default: print_infix(out, expr); return;
    }
}

void ast_print_expr(struct buffer *out, const struct ast_expr *expr) {
    switch ((enum ast_expr_kind)expr->kind) {
    case AST_EXPR_LITERAL: print_literal(out, expr); return;
    case AST_EXPR_COLUMN:
        print_path(out, expr->column.schema, expr->column.table, expr->column.column);
        return;
    case AST_EXPR_PARAMETER: put(out, "?"); return;
    case AST_EXPR_USER_VARIABLE:
        put(out, "@");
        ast_print_identifier(out, expr->variable.name);
        return;
    case AST_EXPR_SYSTEM_VARIABLE: print_system_variable(out, expr); return;
    case AST_EXPR_STAR: put(out, "*"); return;
    case AST_EXPR_DEFAULT: put(out, "default"); return;
    case AST_EXPR_SUBQUERY: print_query(out, expr); return;
    case AST_EXPR_EXISTS:
        put(out, "exists ");
        print_query(out, expr);
        return;
    default: break;
    }
    if (expr->kind >= AST_EXPR_CAST || expr->kind == AST_EXPR_MEMBER_OF) {
        if (expr->kind != AST_EXPR_JSON_EXTRACT && expr->kind != AST_EXPR_JSON_UNQUOTE) {
            print_function(out, expr);
            return;
        }
    }
    print_operator(out, expr);
}
