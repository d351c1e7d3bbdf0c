/* bind_operator.c: comparisons, arithmetic, CASE, casts: operands of what type, a result of what type?
 *
 *   (O1) Rows compare column by column: (a, b) = (c, d) is a = c AND b = d, (a, b) < (c, d) is a < c OR (a = c AND
 *        b < d); only scalar comparisons remain behind the binder.
 *   (O2) Types of arithmetic: DOUBLE when an operand is, else DECIMAL, else BIGINT, unsigned when one is. Digits as the manual gives
 *        them: sums one more than the longer operand, products all of both, quotients four places more.
 */
#include "sql/bind_private.h"

#define NEGATED_DIGITS 20 /* of 2^64 */

#define ROW_COLUMNS_MAX 64 /* that are compared: (a, b, ..) < (c, d, ..) is as deep as it is long */

static void set_truth(struct expr *expr) {
    expr->type = column_type_bigint(0);
    expr->type.length = 1;
    expr->coercibility = COERCE_NUMERIC;
    expr_inherit(expr);
}

static enum status tell_columns(struct binder *binder, uint32_t count) {
    return diagnostics_error(binder->diagnostics, ER_OPERAND_COLUMNS, (int)count);
}

static struct expr *node_of_two(struct binder *binder, enum expr_kind kind, struct expr *a,
                                struct expr *b) {
    struct expr *expr = expr_new(binder->arena, kind, 2);
    expr->args[0] = a;
    expr->args[1] = b;
    set_truth(expr);
    return expr;
}

/* ---- comparison ---- */

static enum status compare_scalars(struct binder *binder, enum program_op op, struct expr *left,
                                   struct expr *right, struct expr **out) {
    struct expr *expr = expr_new(binder->arena, EXPR_COMPARE, 2);
    expr->operation = (uint16_t)op;
    expr->args[0] = left;
    expr->args[1] = right;
    struct function_call call = bind_call_of(binder, expr);
    enum status status = coerce_comparison(&call, 0, 2);
    if (status != STATUS_OK) return status;
    set_truth(expr);
    if (op == PROGRAM_NULL_SAFE_EQ) expr->flags &= (uint8_t)~EXPR_NULLABLE;
    *out = expr;
    return STATUS_OK;
}

static enum program_op strict_of(enum program_op op) {
    if (op == PROGRAM_LE) return PROGRAM_LT;
    return op == PROGRAM_GE ? PROGRAM_GT : op;
}

/* (O1), for < and its kin: from the last column to the first. */
static enum status compare_rows_by_order(struct binder *binder, enum program_op op,
                                         const struct expr *left, const struct expr *right,
                                         struct expr **out) {
    struct expr *result = NULL;
    for (uint32_t i = left->arg_count; i-- > 0;) {
        struct expr *less, *equal;
        bool is_last = i + 1 == left->arg_count;
        enum status status = bind_compare(binder, is_last ? op : strict_of(op), left->args[i],
                                          right->args[i], &less);
        if (status == STATUS_OK && !is_last) {
            status = bind_compare(binder, PROGRAM_EQ, left->args[i], right->args[i], &equal);
        }
        if (status != STATUS_OK) return status;
        if (!is_last)
            less = node_of_two(binder, EXPR_OR, less, node_of_two(binder, EXPR_AND, equal, result));
        result = less;
    }
    *out = result;
    return STATUS_OK;
}

static enum status compare_rows(struct binder *binder, enum program_op op, const struct expr *left,
                                const struct expr *right, struct expr **out) {
    if (right->kind != EXPR_ROW || right->arg_count != left->arg_count) {
        return tell_columns(binder, left->arg_count);
    }
    bool is_deep = left->arg_count > ROW_COLUMNS_MAX;
    if (is_deep) return diagnostics_unsupported(binder->diagnostics, "rows of so many columns");
    bool is_equality = op == PROGRAM_EQ || op == PROGRAM_NE || op == PROGRAM_NULL_SAFE_EQ;
    if (!is_equality) return compare_rows_by_order(binder, op, left, right, out);
    enum expr_kind kind = op == PROGRAM_NE ? EXPR_OR : EXPR_AND;
    struct expr *all = expr_new(binder->arena, kind, left->arg_count);
    for (uint32_t i = 0; i < left->arg_count; i++) {
        enum status status = bind_compare(binder, op, left->args[i], right->args[i], &all->args[i]);
        if (status != STATUS_OK) return status;
    }
    set_truth(all);
    *out = all;
    return STATUS_OK;
}

enum status bind_compare(struct binder *binder, enum program_op op, struct expr *left,
                         struct expr *right, struct expr **out) {
    if (left->kind == EXPR_ROW) return compare_rows(binder, op, left, right, out);
    if (right->kind == EXPR_ROW) return tell_columns(binder, 1);
    return compare_scalars(binder, op, left, right, out);
}

enum program_op bind_comparison_op(enum ast_expr_kind kind) {
    switch (kind) {
    case AST_EXPR_EQUAL: return PROGRAM_EQ;
    case AST_EXPR_NULL_SAFE_EQUAL: return PROGRAM_NULL_SAFE_EQ;
    case AST_EXPR_NOT_EQUAL: return PROGRAM_NE;
    case AST_EXPR_LESS: return PROGRAM_LT;
    case AST_EXPR_LESS_EQUAL: return PROGRAM_LE;
    case AST_EXPR_GREATER: return PROGRAM_GT;
    case AST_EXPR_GREATER_EQUAL: return PROGRAM_GE;
    default: break;
    }
    UNREACHABLE();
}

static enum status bind_comparison(struct binder *binder, const struct ast_expr *ast,
                                   struct expr **out) {
    struct expr *left, *right;
    enum status status = bind_expr(binder, ast->args[0], &left);
    if (status == STATUS_OK) status = bind_expr(binder, ast->args[1], &right);
    if (status != STATUS_OK) return status;
    return bind_compare(binder, bind_comparison_op(ast->kind), left, right, out);
}

/* ---- IN, BETWEEN, LIKE ---- */

static struct expr *negate_if(struct binder *binder, const struct ast_expr *ast,
                              struct expr *condition) {
    if (!ast->is_negated) return condition;
    struct expr *negation = expr_new(binder->arena, EXPR_NOT, 1);
    negation->args[0] = condition;
    set_truth(negation);
    return negation;
}

/* Rows, or items of several families: each item is compared by itself. */
static enum status in_as_or(struct binder *binder, const struct ast_expr *ast,
                            struct expr *const *args, struct expr **out) {
    uint32_t count = ast->arg_count - 1;
    struct expr *any = expr_new(binder->arena, EXPR_OR, count);
    for (uint32_t i = 0; i < count; i++) {
        enum status status = bind_compare(binder, PROGRAM_EQ, args[0], args[i + 1], &any->args[i]);
        if (status != STATUS_OK) return status;
    }
    set_truth(any);
    *out = negate_if(binder, ast, count == 1 ? any->args[0] : any);
    return STATUS_OK;
}

static enum status bind_in_list(struct binder *binder, const struct ast_expr *ast,
                                struct expr **out) {
    struct expr *expr = expr_new(binder->arena, EXPR_IN, ast->arg_count);
    for (uint32_t i = 0; i < ast->arg_count; i++) {
        enum status status = bind_expr(binder, ast->args[i], &expr->args[i]);
        if (status != STATUS_OK) return status;
    }
    bool is_row = expr->args[0]->kind == EXPR_ROW;
    bool is_single = ast->arg_count == 2 || !coerce_is_uniform(expr->args + 1, ast->arg_count - 1);
    if (is_row || is_single) return in_as_or(binder, ast, expr->args, out);
    struct function_call call = bind_call_of(binder, expr);
    enum status status = coerce_comparison(&call, 0, expr->arg_count);
    if (status != STATUS_OK) return status;
    set_truth(expr);
    if (ast->is_negated) expr->flags |= EXPR_IS_NEGATED;
    *out = expr;
    return STATUS_OK;
}

static enum status bind_between(struct binder *binder, const struct ast_expr *ast,
                                struct expr **out) {
    struct expr *expr = expr_new(binder->arena, EXPR_BETWEEN, 3);
    enum status status = bind_exprs(binder, ast->args, 3, expr->args);
    struct function_call call = bind_call_of(binder, expr);
    if (status == STATUS_OK) status = coerce_comparison(&call, 0, 3);
    if (status != STATUS_OK) return status;
    set_truth(expr);
    if (ast->is_negated) expr->flags |= EXPR_IS_NEGATED;
    *out = expr;
    return STATUS_OK;
}

/* ESCAPE 'x': one character, known now. */
static enum status escape_of(struct binder *binder, const struct ast_expr *ast,
                             uint16_t *escape_out) {
    bool has_backslash = (binder->input->sql_mode & SQL_MODE_NO_BACKSLASH_ESCAPES) == 0;
    struct expr *escape;
    *escape_out = has_backslash ? '\\' : 0;
    if (ast->arg_count < 3) return STATUS_OK;
    enum status status = bind_expr(binder, ast->args[2], &escape);
    if (status != STATUS_OK) return status;
    bool is_text = escape->kind == EXPR_CONSTANT && escape->value.kind == VALUE_STRING;
    if (escape->kind == EXPR_CONSTANT && escape->value.kind == VALUE_NULL) return STATUS_OK;
    if (is_text && escape->value.size <= 1) {
        *escape_out = escape->value.size == 0 ? 0 : escape->value.bytes[0];
        if (*escape_out < 0x80) return STATUS_OK;
    }
    return diagnostics_error(binder->diagnostics, ER_WRONG_ARGUMENTS, "ESCAPE");
}

static enum status bind_like(struct binder *binder, const struct ast_expr *ast, struct expr **out) {
    struct expr *expr = expr_new(binder->arena, EXPR_LIKE, 2);
    enum status status = bind_exprs(binder, ast->args, 2, expr->args);
    struct function_call call = bind_call_of(binder, expr);
    if (status == STATUS_OK) status = coerce_texts_to_compare(&call, 0, 2);
    if (status == STATUS_OK) status = escape_of(binder, ast, &expr->operation);
    if (status != STATUS_OK) return status;
    set_truth(expr);
    if (ast->is_negated) expr->flags |= EXPR_IS_NEGATED;
    *out = expr;
    return STATUS_OK;
}

/* ---- arithmetic (O2) ---- */

static uint32_t integer_digits(const struct column_type *type) {
    if (type->kind == COLUMN_DECIMAL) return (uint32_t)type->precision - type->scale;
    uint32_t digits = column_type_display_length(type, 1);
    return column_type_is_unsigned(type) || digits < 2 ? digits : digits - 1;
}

static uint32_t scale_of(const struct column_type *type) {
    return type->kind == COLUMN_DECIMAL ? type->scale : 0;
}

static struct column_type decimal_result(enum arithmetic_op op, const struct column_type *a,
                                         const struct column_type *b) {
    uint32_t whole = MAX(integer_digits(a), integer_digits(b));
    uint32_t scale = MAX(scale_of(a), scale_of(b));
    if (op == ARITHMETIC_MUL) {
        whole = integer_digits(a) + integer_digits(b);
        scale = scale_of(a) + scale_of(b);
    } else if (op == ARITHMETIC_DIV) {
        whole = integer_digits(a) + scale_of(b);
        scale = scale_of(a) + DECIMAL_DIV_INCREMENT;
    } else if (op != ARITHMETIC_MOD) {
        whole++;
    }
    scale = MIN(scale, (uint32_t)DECIMAL_SCALE_MAX);
    uint32_t digits = MIN(MAX(whole + scale, 1u), (uint32_t)DECIMAL_PRECISION_MAX);
    return column_type_decimal((uint8_t)digits, (uint8_t)scale);
}

static bool is_real(const struct column_type *type) {
    return type->kind == COLUMN_DOUBLE || type->kind == COLUMN_FLOAT;
}

/* As many fixed places as the operand that has the most; none when one operand has none. */
static struct column_type real_result(enum arithmetic_op op, const struct column_type *a,
                                      const struct column_type *b) {
    uint32_t a_scale = is_real(a) ? a->scale : scale_of(a);
    uint32_t b_scale = is_real(b) ? b->scale : scale_of(b);
    uint32_t scale = MAX(a_scale, b_scale);
    return column_type_real(op == ARITHMETIC_DIV ? scale + DECIMAL_DIV_INCREMENT : scale);
}

static struct column_type integer_result(enum arithmetic_op op, const struct column_type *a,
                                         const struct column_type *b) {
    bool is_unsigned = column_type_is_unsigned(a) || column_type_is_unsigned(b);
    if (op == ARITHMETIC_SUB_SIGNED) is_unsigned = false;
    if (op == ARITHMETIC_MOD) is_unsigned = column_type_is_unsigned(a);
    struct column_type type = column_type_bigint(is_unsigned ? COLUMN_UNSIGNED : 0);
    uint32_t length = MAX(a->length, b->length) + 1;
    if (op == ARITHMETIC_MUL) length = a->length + b->length;
    if (op == ARITHMETIC_INT_DIV) length = a->length;
    type.length = MIN(MAX(length, 1u), 21u);
    return type;
}

static bool is_bit_op(enum arithmetic_op op) {
    return op >= ARITHMETIC_BIT_AND && op <= ARITHMETIC_SHIFT_RIGHT;
}

static struct column_type result_of(enum arithmetic_op op, const struct column_type *a,
                                    const struct column_type *b) {
    if (is_bit_op(op)) return column_type_bigint(COLUMN_UNSIGNED);
    if (op == ARITHMETIC_INT_DIV) return integer_result(op, a, b);
    if (is_real(a) || is_real(b)) return real_result(op, a, b);
    bool is_decimal =
        a->kind == COLUMN_DECIMAL || b->kind == COLUMN_DECIMAL || op == ARITHMETIC_DIV;
    return is_decimal ? decimal_result(op, a, b) : integer_result(op, a, b);
}

static enum arithmetic_op subtraction_of(const struct binder *binder) {
    bool is_signed = (binder->input->sql_mode & SQL_MODE_NO_UNSIGNED_SUBTRACTION) != 0;
    return is_signed ? ARITHMETIC_SUB_SIGNED : ARITHMETIC_SUB;
}

static enum arithmetic_op arithmetic_of(const struct binder *binder, enum ast_expr_kind kind) {
    switch (kind) {
    case AST_EXPR_ADD: return ARITHMETIC_ADD;
    case AST_EXPR_SUBTRACT: return subtraction_of(binder);
    case AST_EXPR_MULTIPLY: return ARITHMETIC_MUL;
    case AST_EXPR_DIVIDE: return ARITHMETIC_DIV;
    case AST_EXPR_INTEGER_DIVIDE: return ARITHMETIC_INT_DIV;
    case AST_EXPR_MODULO: return ARITHMETIC_MOD;
    case AST_EXPR_BIT_OR: return ARITHMETIC_BIT_OR;
    case AST_EXPR_BIT_AND: return ARITHMETIC_BIT_AND;
    case AST_EXPR_BIT_XOR: return ARITHMETIC_BIT_XOR;
    case AST_EXPR_SHIFT_LEFT: return ARITHMETIC_SHIFT_LEFT;
    case AST_EXPR_SHIFT_RIGHT: return ARITHMETIC_SHIFT_RIGHT;
    default: break;
    }
    UNREACHABLE();
}

/* Texts become DOUBLE with a warning for rubbish. */
static struct expr *operand_of(struct binder *binder, struct expr *arg) {
    if (!coerce_is_text(arg)) return arg;
    struct column_type number = coerce_number_type(arg);
    return coerce_cast_telling(binder->arena, arg, &number, 0);
}

static enum status bind_arithmetic(struct binder *binder, const struct ast_expr *ast,
                                   struct expr **out) {
    enum arithmetic_op op = arithmetic_of(binder, ast->kind);
    struct expr *expr = expr_new(binder->arena, EXPR_ARITHMETIC, ast->arg_count);
    enum status status = bind_exprs(binder, ast->args, ast->arg_count, expr->args);
    if (status != STATUS_OK) return status;
    expr->operation = (uint16_t)op;
    bool has_more = op == ARITHMETIC_DIV;
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        expr->args[i] = expr_all_places(binder->arena, operand_of(binder, expr->args[i]));
        has_more |= expr->args[i]->places == PLACES_ALL;
        struct column_type type = coerce_number_type(expr->args[i]);
        expr->type = i == 0 ? type : result_of(op, &expr->type, &type);
    }
    expr->coercibility = COERCE_NUMERIC;
    expr_inherit(expr);
    bool may_divide = op == ARITHMETIC_DIV || op == ARITHMETIC_INT_DIV || op == ARITHMETIC_MOD;
    if (may_divide) expr->flags |= EXPR_NULLABLE;
    if (has_more && expr->type.kind == COLUMN_DECIMAL) expr_cut_places(expr);
    *out = expr;
    return STATUS_OK;
}

/* -9223372036854775809 is a DECIMAL: an unsigned literal that is negated has more than 63 bits. */
static struct expr *negatable(struct binder *binder, struct expr *arg) {
    static const uint64_t least = (uint64_t)INT64_MAX + 1;
    bool is_large = arg->kind == EXPR_PARAMETER && column_kind_is_integer(arg->type.kind) &&
                    column_type_is_unsigned(&arg->type);
    if (arg->kind == EXPR_CONSTANT) {
        is_large = (arg->value.kind == VALUE_UINT && arg->value.u > least) ||
                   (arg->value.kind == VALUE_INT && arg->value.i == INT64_MIN);
    }
    if (!is_large) return arg;
    struct column_type decimal = column_type_decimal(NEGATED_DIGITS, 0);
    return coerce_cast(binder->arena, arg, &decimal);
}

static enum status bind_negate(struct binder *binder, const struct ast_expr *ast,
                               struct expr **out) {
    bool is_bits = ast->kind == AST_EXPR_BIT_NOT;
    struct expr *expr = expr_new(binder->arena, is_bits ? EXPR_BIT_NOT : EXPR_NEGATE, 1);
    enum status status = bind_exprs(binder, ast->args, 1, expr->args);
    if (status != STATUS_OK) return status;
    expr->args[0] = expr_all_places(binder->arena, operand_of(binder, expr->args[0]));
    if (!is_bits) expr->args[0] = negatable(binder, expr->args[0]);
    expr->type = is_bits ? column_type_bigint(COLUMN_UNSIGNED) : coerce_number_type(expr->args[0]);
    if (is_real(&expr->type)) expr->type = column_type_real(expr->type.scale);
    if (!is_bits) expr->type.flags &= (uint8_t)~COLUMN_UNSIGNED;
    bool has_sign =
        expr->args[0]->kind == EXPR_CONSTANT; /* its digits are counted with room for one */
    if (!is_bits && !has_sign && expr->type.length > 0) expr->type.length++;
    expr->coercibility = COERCE_NUMERIC;
    expr_inherit(expr);
    if (!is_bits && expr->args[0]->places == PLACES_ALL) expr_cut_places(expr);
    *out = expr_fold(binder->arena, expr);
    return STATUS_OK;
}

/* ---- CASE ---- */

/* A JSON operand of CASE is compared as text or as number, whichever the other side is. */
static struct expr *when_operand(struct binder *binder, struct expr *operand,
                                 const struct expr *value) {
    static const struct column_type number = {
        .kind = COLUMN_DOUBLE, .scale = SCALE_NOT_FIXED, .collation = COLLATION_BINARY};
    if (operand->type.kind != COLUMN_JSON || value->type.kind == COLUMN_JSON) return operand;
    if (coerce_is_text(value)) return coerce_text(binder->arena, operand, COLLATION_UTF8MB4_BIN);
    return coerce_cast(binder->arena, operand, &number);
}

/* The condition of one WHEN. */
static enum status bind_when(struct binder *binder, const struct ast_expr *when,
                             struct expr *operand, struct expr **out) {
    struct expr *value;
    enum status status = bind_expr(binder, when, &value);
    if (status != STATUS_OK) return status;
    if (operand != NULL) {
        struct expr *left = when_operand(binder, operand, value);
        return bind_compare(binder, PROGRAM_EQ, left, value, out);
    }
    *out = value;
    return bind_scalar(binder, value);
}

/* Without an ELSE it is NULL. */
static enum status bind_else(struct binder *binder, const struct ast_expr *ast, struct expr **out) {
    static const struct column_type null_type = {.kind = COLUMN_NULL,
                                                 .collation = COLLATION_BINARY};
    if (ast->branches.has_else) {
        return bind_exprs(binder, &ast->args[ast->arg_count - 1], 1, out);
    }
    *out = expr_constant(binder->arena, value_null(), &null_type);
    return STATUS_OK;
}

static enum status bind_branches(struct binder *binder, const struct ast_expr *ast,
                                 struct expr **conditions, struct expr **results) {
    uint32_t first = ast->branches.has_operand ? 1 : 0;
    uint32_t branch_count = (ast->arg_count - first) / 2;
    struct expr *operand = NULL;
    enum status status = STATUS_OK;
    if (first == 1) status = bind_expr(binder, ast->args[0], &operand);
    for (uint32_t i = 0; i < branch_count && status == STATUS_OK; i++) {
        status = bind_when(binder, ast->args[first + 2 * i], operand, &conditions[i]);
        if (status != STATUS_OK) break;
        status = bind_exprs(binder, &ast->args[first + 2 * i + 1], 1, &results[i]);
    }
    return status == STATUS_OK ? bind_else(binder, ast, &results[branch_count]) : status;
}

static enum status bind_case(struct binder *binder, const struct ast_expr *ast, struct expr **out) {
    uint32_t branch_count = (ast->arg_count - (ast->branches.has_operand ? 1 : 0)) / 2;
    struct expr *expr = expr_new(binder->arena, EXPR_CASE, 2 * branch_count + 1);
    struct expr **conditions = arena_array(binder->arena, struct expr *, branch_count);
    struct expr **results = arena_array(binder->arena, struct expr *, branch_count + 1);
    enum status status = bind_branches(binder, ast, conditions, results);
    struct function_call call = bind_call_of(binder, expr);
    if (status == STATUS_OK) status = coerce_common(&call, results, branch_count + 1);
    if (status != STATUS_OK) return status;
    for (uint32_t i = 0; i < branch_count; i++) {
        expr->args[2 * i] = conditions[i];
        expr->args[2 * i + 1] = results[i];
    }
    expr->args[2 * branch_count] = results[branch_count];
    expr_inherit(expr);
    *out = expr;
    return STATUS_OK;
}

/* ---- casts, COLLATE ---- */

static struct expr *cast_node(struct binder *binder, struct expr *arg,
                              const struct column_type *type, uint32_t length) {
    struct expr *cast = expr_new(binder->arena, EXPR_CAST, 1);
    bool is_text = column_kind_is_string(type->kind);
    cast->args[0] = is_text ? arg : expr_all_places(binder->arena, arg);
    cast->type = *type;
    cast->collation = type->collation;
    cast->operation = CAST_EXPLICIT;
    cast->ordinal = length;
    cast->coercibility = is_text ? COERCE_IMPLICIT : COERCE_NUMERIC;
    expr_inherit(cast);
    cast->flags |= EXPR_WARNS | EXPR_NULLABLE;
    return expr_fold(binder->arena, cast);
}

/* CHAR, BINARY: without a length as long as the operand may be. */
static struct column_type text_cast_type(const struct expr *arg, const struct column_type *type,
                                         uint32_t length) {
    uint64_t chars = length != CAST_NO_LENGTH ? length : coerce_text_length(arg);
    bool to_bytes = type->collation == COLLATION_BINARY && length == CAST_NO_LENGTH;
    if (to_bytes && coerce_is_text(arg)) {
        chars *= collation_charset(arg->type.collation)->bytes_per_char_max;
    }
    return coerce_text_type(chars, type->collation);
}

enum status bind_cast(struct binder *binder, const struct ast_expr *ast, struct expr **out) {
    if (ast->cast.is_array || ast->cast.has_time_zone) {
        return diagnostics_unsupported(binder->diagnostics, "CAST of this form");
    }
    struct expr *arg;
    struct column_type type;
    enum status status = bind_exprs(binder, ast->args, 1, &arg);
    if (status == STATUS_OK) {
        status = bind_cast_type(ast->cast.type, binder->input->connection_collation, binder->arena,
                                binder->diagnostics, &type);
    }
    if (status != STATUS_OK) return status;
    uint32_t length = CAST_NO_LENGTH;
    if (column_kind_is_string(type.kind)) {
        if (ast->cast.type->has_length) length = type.length;
        type = text_cast_type(arg, &type, length);
    }
    *out = cast_node(binder, arg, &type, length);
    return STATUS_OK;
}

enum status bind_convert(struct binder *binder, struct expr *arg, uint16_t collation,
                         struct expr **out) {
    struct column_type type = {.kind = COLUMN_VARCHAR, .collation = collation};
    type = text_cast_type(arg, &type, CAST_NO_LENGTH);
    *out = cast_node(binder, arg, &type, CAST_NO_LENGTH);
    return STATUS_OK;
}

static enum status tell_mismatch(struct binder *binder, const struct collation *collation,
                                 uint16_t of) {
    return diagnostics_error(binder->diagnostics, ER_COLLATION_CHARSET_MISMATCH, collation->name,
                             collation_charset(of)->name);
}

/* The operand under another collation of its character set; a column stays a column when it is its own. */
enum status bind_collate(struct binder *binder, const struct ast_expr *ast, struct expr **out) {
    const struct collation *collation = collation_find_name(ast->name);
    struct expr *arg;
    if (collation == NULL) {
        return diagnostics_error(binder->diagnostics, ER_UNKNOWN_COLLATION,
                                 bind_text(binder, ast->name));
    }
    enum status status = bind_exprs(binder, ast->args, 1, &arg);
    if (status != STATUS_OK) return status;
    uint16_t own = coerce_is_text(arg) ? arg->type.collation : binder->input->connection_collation;
    if (arg->type.kind == COLUMN_NULL) own = collation->id;
    if (collation_charset(own)->id != collation->charset)
        return tell_mismatch(binder, collation, own);
    arg = coerce_text(binder->arena, arg, own);
    struct expr *node = arena_new(binder->arena, struct expr);
    *node = *arg;
    if (collation->id != arg->type.collation && arg->kind != EXPR_CONSTANT) {
        struct column_type type = arg->type;
        type.collation = collation->id;
        node = coerce_cast(binder->arena, arg, &type);
    }
    if (node->kind == EXPR_CONSTANT && node->value.kind == VALUE_STRING) {
        node->value.collation = collation->id;
    }
    node->type.collation = node->collation = collation->id;
    node->coercibility = COERCE_EXPLICIT;
    *out = node;
    return STATUS_OK;
}

/* BINARY a. */
static enum status bind_binary(struct binder *binder, const struct ast_expr *ast,
                               struct expr **out) {
    struct expr *arg;
    enum status status = bind_exprs(binder, ast->args, 1, &arg);
    return status == STATUS_OK ? bind_convert(binder, arg, COLLATION_BINARY, out) : status;
}

enum status bind_operator(struct binder *binder, const struct ast_expr *ast, struct expr **out) {
    switch ((enum ast_expr_kind)ast->kind) {
    case AST_EXPR_EQUAL:
    case AST_EXPR_NULL_SAFE_EQUAL:
    case AST_EXPR_NOT_EQUAL:
    case AST_EXPR_LESS:
    case AST_EXPR_LESS_EQUAL:
    case AST_EXPR_GREATER:
    case AST_EXPR_GREATER_EQUAL: return bind_comparison(binder, ast, out);
    case AST_EXPR_IN_LIST: return bind_in_list(binder, ast, out);
    case AST_EXPR_BETWEEN: return bind_between(binder, ast, out);
    case AST_EXPR_LIKE: return bind_like(binder, ast, out);
    case AST_EXPR_NEGATE:
    case AST_EXPR_BIT_NOT: return bind_negate(binder, ast, out);
    case AST_EXPR_CASE: return bind_case(binder, ast, out);
    case AST_EXPR_BINARY: return bind_binary(binder, ast, out);
    default: return bind_arithmetic(binder, ast, out);
    }
}
