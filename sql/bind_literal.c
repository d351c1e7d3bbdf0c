/* bind_literal.c: of what type is a literal, and what stands for one that was lifted?
 *
 * A lifted literal and a ? are parameters: their nodes hold a place, not a value, so that one plan serves all
 * executions whose values are of the same kinds. What depends on more than the kind (digits, length) is taken at its largest.
 *   (I1) X'..' and B'..' are VALUE_BIT up to 8 bytes: numbers beside numbers, bytes beside texts. Longer ones are
 *        binary strings.
 */
#include "row/temporal.h"
#include "sql/bind_private.h"

#define HEX_NUMBER_BYTES_MAX 8

/* ---- values ---- */

static struct value value_of_digits(struct slice text, struct arena *arena) {
    struct decimal decimal;
    enum status status = decimal_from_text(text, &decimal);
    CHECK(status == STATUS_OK || status == STATUS_TRUNCATED || status == STATUS_OUT_OF_RANGE);
    return value_of_decimal(&decimal, arena);
}

static struct value value_of_float(struct slice text) {
    double number;
    enum status status = text_to_double(text, &number);
    CHECK(status == STATUS_OK || status == STATUS_OUT_OF_RANGE);
    return value_of_double(number);
}

/* (I1) */
static struct value value_of_bytes(struct slice bytes) {
    if (bytes.size > HEX_NUMBER_BYTES_MAX || bytes.size == 0) {
        return value_of_string(bytes, COLLATION_BINARY);
    }
    uint64_t number = 0;
    for (size_t i = 0; i < bytes.size; i++) number = number << 8 | bytes.data[i];
    return (struct value){.kind = VALUE_BIT, .size = (uint32_t)bytes.size, .u = number};
}

struct value bind_literal_value(enum ast_literal_kind kind, uint64_t integer, struct slice text,
                                uint16_t collation, struct arena *arena) {
    switch (kind) {
    case AST_LITERAL_TRUE: return value_of_int(1);
    case AST_LITERAL_FALSE: return value_of_int(0);
    case AST_LITERAL_INTEGER:
        return integer <= INT64_MAX ? value_of_int((int64_t)integer) : value_of_uint(integer);
    case AST_LITERAL_DECIMAL: return value_of_digits(text, arena);
    case AST_LITERAL_FLOAT: return value_of_float(text);
    case AST_LITERAL_STRING: return value_of_string(text, collation);
    case AST_LITERAL_NATIONAL: return value_of_string(text, COLLATION_UTF8MB3_GENERAL_CI);
    case AST_LITERAL_HEX:
    case AST_LITERAL_BIT: return value_of_bytes(text);
    case AST_LITERAL_NULL:
    case AST_LITERAL_DATE:
    case AST_LITERAL_TIME:
    case AST_LITERAL_TIMESTAMP: break;
    }
    return value_null();
}

/* ---- types of values ---- */

static struct column_type type_of_number(const struct value *value) {
    uint8_t memory[VALUE_TEXT_BYTES_MAX];
    struct column_type type = column_type_bigint(value->kind == VALUE_UINT ? COLUMN_UNSIGNED : 0);
    if (value->kind == VALUE_DOUBLE) return column_type_double();
    if (value->kind == VALUE_DECIMAL) {
        struct decimal decimal = value_decimal(value);
        uint32_t digits = MAX(decimal_digits(&decimal), (uint32_t)decimal.scale);
        return column_type_decimal((uint8_t)MAX(digits, 1u), decimal.scale);
    }
    type.length = (uint32_t)value_text(value, memory).size;
    return type;
}

static struct column_type type_of_literal(const struct value *value) {
    switch (value->kind) {
    case VALUE_NULL:
        return (struct column_type){.kind = COLUMN_NULL, .collation = COLLATION_BINARY};
    case VALUE_STRING: {
        uint8_t charset = collation_charset(value->collation)->id;
        return coerce_text_type(charset_length(charset, value_slice(value)), value->collation);
    }
    case VALUE_BIT:
        return (struct column_type){
            .kind = COLUMN_BIT, .length = value->size * 8, .collation = COLLATION_BINARY};
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME: {
        uint8_t kind = value->kind == VALUE_DATE   ? COLUMN_DATE
                       : value->kind == VALUE_TIME ? COLUMN_TIME
                                                   : COLUMN_DATETIME;
        return (struct column_type){
            .kind = kind, .scale = value->scale, .collation = COLLATION_BINARY};
    }
    default: return type_of_number(value);
    }
}

/* Of any value of that kind. */
static struct column_type type_of_parameter(const struct value *value) {
    struct column_type type = type_of_literal(value);
    switch (value->kind) {
    case VALUE_STRING: {
        uint32_t bytes_per_char = collation_charset(value->collation)->bytes_per_char_max;
        return coerce_text_type(VARCHAR_LENGTH_MAX / bytes_per_char, value->collation);
    }
    case VALUE_INT:
    case VALUE_UINT: type.length = 0; return type;
    case VALUE_DECIMAL: return column_type_decimal(DECIMAL_PRECISION_MAX, DECIMAL_SCALE_MAX);
    case VALUE_BIT: type.length = BIT_LENGTH_MAX; return type;
    case VALUE_TIME:
    case VALUE_DATETIME: type.scale = FSP_MAX; return type;
    default: return type;
    }
}

/* ---- nodes ---- */

static void set_literal(struct expr *expr) {
    bool is_text = column_kind_is_string(expr->type.kind) || expr->type.kind == COLUMN_BIT;
    expr->collation = expr->type.collation;
    expr->coercibility = expr->type.kind == COLUMN_NULL ? COERCE_IGNORABLE
                         : is_text                      ? COERCE_LITERAL
                                                        : COERCE_NUMERIC;
}

static struct expr *constant_of(struct binder *binder, const struct value *value) {
    struct column_type type = type_of_literal(value);
    struct expr *expr = expr_constant(binder->arena, *value, &type);
    set_literal(expr);
    return expr;
}

struct expr *bind_constant_int(struct binder *binder, int64_t number) {
    struct value value = value_of_int(number);
    return constant_of(binder, &value);
}

struct expr *bind_constant_text(struct binder *binder, const char *text) {
    struct value value = value_of_string(slice_of_text(text), binder->input->connection_collation);
    return constant_of(binder, &value);
}

enum status bind_parameter(struct binder *binder, uint32_t ordinal, struct expr **out) {
    const struct bind_input *input = binder->input;
    CHECK(ordinal < binder->statement->parameter_count);
    struct expr *expr = expr_new(binder->arena, EXPR_PARAMETER, 0);
    expr->ordinal = ordinal;
    expr->flags = EXPR_STATEMENT_CONSTANT | EXPR_NULLABLE;
    expr->type = (struct column_type){.kind = COLUMN_NULL, .collation = COLLATION_BINARY};
    if (input->parameters != NULL) {
        expr->type = type_of_parameter(&input->parameters[ordinal]);
        if (!value_is_null(&input->parameters[ordinal])) expr->flags &= (uint8_t)~EXPR_NULLABLE;
    }
    set_literal(expr);
    binder->statement->parameter_types[ordinal] = expr->type;
    *out = expr;
    return STATUS_OK;
}

/* Which zero dates sql_mode forbids. */
static uint32_t zero_dates(const struct binder *binder) {
    uint64_t mode = binder->input->sql_mode;
    return ((mode & SQL_MODE_NO_ZERO_IN_DATE) != 0 ? TEMPORAL_NO_ZERO_IN_DATE : 0u) |
           ((mode & SQL_MODE_NO_ZERO_DATE) != 0 ? TEMPORAL_NO_ZERO_DATE : 0u);
}

/* TIMESTAMP '2024-01-01 14:00:00+01:00': the session's clock shows it, so it is a cast. */
static struct expr *literal_of_offset(struct binder *binder, struct slice text, uint8_t places) {
    struct value value = value_of_string(text, COLLATION_UTF8MB4_BIN);
    struct expr *cast =
        expr_new(binder->arena, EXPR_CAST, 1); /* not folded: the clock may change */
    cast->args[0] = constant_of(binder, &value);
    cast->type = (struct column_type){
        .kind = COLUMN_DATETIME, .scale = places, .collation = COLLATION_BINARY};
    cast->operation = CAST_QUIET;
    cast->coercibility = COERCE_NUMERIC;
    expr_inherit(cast);
    return cast;
}

/* DATE '..' and its like: only what is a whole legal date is taken. */
static enum status temporal_literal(struct binder *binder, const struct ast_expr *ast,
                                    struct expr **out) {
    enum ast_literal_kind kind = ast->literal.kind;
    struct slice text = ast->literal.text;
    struct temporal_parsed parsed = {0};
    struct value value;
    enum status status;
    if (kind == AST_LITERAL_TIME) {
        int64_t us = 0;
        const uint8_t *dot = text.size == 0 ? NULL : memchr(text.data, '.', text.size);
        size_t digits = dot == NULL ? 0 : text.size - (size_t)(dot - text.data) - 1;
        status = temporal_parse_time(text, FSP_MAX, 0, &us);
        value = value_of_temporal(VALUE_TIME, us, (uint8_t)MIN(digits, (size_t)FSP_MAX));
    } else {
        bool is_date = kind == AST_LITERAL_DATE;
        status = temporal_parse_date_time(text, FSP_MAX, zero_dates(binder), &parsed);
        if (status == STATUS_OK && is_date && parsed.has_time) status = STATUS_INVALID;
        if (status == STATUS_OK && !is_date && !parsed.has_time) status = STATUS_INVALID;
        value = value_of_temporal(is_date ? VALUE_DATE : VALUE_DATETIME, parsed.packed,
                                  is_date ? 0 : parsed.fsp);
    }
    if (status != STATUS_OK) {
        const char *word = kind == AST_LITERAL_DATE   ? "DATE"
                           : kind == AST_LITERAL_TIME ? "TIME"
                                                      : "DATETIME";
        return diagnostics_error(binder->diagnostics, ER_WRONG_VALUE, word,
                                 bind_text(binder, text));
    }
    bool has_offset = parsed.has_time && parsed.offset_minutes != TEMPORAL_OFFSET_NONE;
    *out = has_offset ? literal_of_offset(binder, text, parsed.fsp) : constant_of(binder, &value);
    return STATUS_OK;
}

/* _utf8mb4'..': the default collation of the character set. */
static enum status literal_collation(struct binder *binder, const struct ast_expr *ast,
                                     uint16_t *collation_out) {
    *collation_out = binder->input->connection_collation;
    if (ast->literal.charset.size == 0) return STATUS_OK;
    const struct charset *charset = charset_find_name(ast->literal.charset);
    if (charset == NULL) {
        return diagnostics_error(binder->diagnostics, ER_UNKNOWN_CHARACTER_SET,
                                 bind_text(binder, ast->literal.charset));
    }
    *collation_out = charset->collation_default;
    size_t valid = charset_check(charset->id, ast->literal.text);
    if (valid == ast->literal.text.size) return STATUS_OK;
    struct slice rest = slice_part(ast->literal.text, valid, 6);
    return diagnostics_error(binder->diagnostics, ER_INVALID_CHARACTER_STRING, charset->name,
                             bind_text(binder, rest));
}

enum status bind_literal_expr(struct binder *binder, const struct ast_expr *ast,
                              struct expr **out) {
    enum ast_literal_kind kind = ast->literal.kind;
    bool is_lifted = ast->literal.ordinal != AST_NOT_LIFTED &&
                     ast->literal.ordinal < binder->input->literal_count;
    if (is_lifted) return bind_parameter(binder, ast->literal.ordinal, out);
    bool is_temporal =
        kind == AST_LITERAL_DATE || kind == AST_LITERAL_TIME || kind == AST_LITERAL_TIMESTAMP;
    if (is_temporal) return temporal_literal(binder, ast, out);
    uint16_t collation;
    enum status status = literal_collation(binder, ast, &collation);
    if (status != STATUS_OK) return status;
    bool is_introduced = ast->literal.charset.size > 0;
    bool is_bytes = kind == AST_LITERAL_HEX || kind == AST_LITERAL_BIT;
    if (is_introduced && is_bytes) kind = AST_LITERAL_STRING;
    struct value value =
        bind_literal_value(kind, ast->literal.integer, ast->literal.text, collation, binder->arena);
    *out = constant_of(binder, &value);
    bool is_truth = kind == AST_LITERAL_TRUE || kind == AST_LITERAL_FALSE;
    if (is_truth) (*out)->type.length = 1;
    return STATUS_OK;
}
