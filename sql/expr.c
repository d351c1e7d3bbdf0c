/* expr.c: making nodes, asking about them, printing them.
 *
 *   (N1) A node's eval function follows from its kind alone, so it is set in one place: expr_new.
 *   (N2) Flags rise from args to nodes in one place: expr_inherit.
 */
#include "sql/expr_private.h"

#include <inttypes.h>

#include "sql/function.h"

static expr_eval_function *const evals[] = {
    [EXPR_CONSTANT] = expr_eval_constant,
    [EXPR_PARAMETER] = expr_eval_parameter,
    [EXPR_COLUMN] = expr_eval_slot,
    [EXPR_SLOT] = expr_eval_slot,
    [EXPR_AND] = expr_eval_and,
    [EXPR_OR] = expr_eval_or,
    [EXPR_XOR] = expr_eval_xor,
    [EXPR_NOT] = expr_eval_not,
    [EXPR_IS_NULL] = expr_eval_is_null,
    [EXPR_IS_TRUE] = expr_eval_is_truth,
    [EXPR_IS_FALSE] = expr_eval_is_truth,
    [EXPR_COMPARE] = expr_eval_compare,
    [EXPR_IN] = expr_eval_in,
    [EXPR_BETWEEN] = expr_eval_between,
    [EXPR_LIKE] = expr_eval_like,
    [EXPR_ARITHMETIC] = expr_eval_arithmetic,
    [EXPR_NEGATE] = expr_eval_negate,
    [EXPR_BIT_NOT] = expr_eval_bit_not,
    [EXPR_CAST] = expr_eval_cast,
    [EXPR_CASE] = expr_eval_case,
    [EXPR_COALESCE] = expr_eval_coalesce,
    [EXPR_ROW] = NULL,
    [EXPR_CALL] = NULL,
    [EXPR_VARIABLE] = expr_eval_variable,
    [EXPR_DEFAULT] = NULL,
    [EXPR_VALUES] = expr_eval_slot,
};

struct expr *expr_new(struct arena *arena, enum expr_kind kind, uint32_t arg_count) {
    struct expr *expr = arena_new(arena, struct expr);
    expr->kind = (uint8_t)kind;
    expr->eval = evals[kind]; /* (N1) */
    expr->arg_count = arg_count;
    expr->args = arena_array(arena, struct expr *, arg_count);
    expr->coercibility = COERCE_IGNORABLE;
    expr->collation = expr->type.collation = COLLATION_BINARY;
    return expr;
}

struct expr *expr_constant(struct arena *arena, struct value value,
                           const struct column_type *type) {
    struct expr *expr = expr_new(arena, EXPR_CONSTANT, 0);
    expr->value = value_copy(&value, arena);
    expr->type = *type;
    expr->collation = type->collation;
    expr->flags = EXPR_STATEMENT_CONSTANT;
    if (value_is_null(&value)) expr->flags |= EXPR_NULLABLE;
    return expr;
}

static enum status eval_cut(const struct expr *expr, struct eval_context *context,
                            struct value *out) {
    enum status status = evals[expr->kind](expr, context, out);
    bool is_longer = out->kind == VALUE_DECIMAL && out->scale > expr->type.scale;
    if (status != STATUS_OK || !is_longer) return status;
    struct value value = *out;
    return value_round(&value, expr->type.scale, DECIMAL_HALF_AWAY, context->arena, out);
}

void expr_cut_places(struct expr *expr) {
    expr->places = PLACES_CUT;
    expr->eval = eval_cut;
}

struct expr *expr_all_places(struct arena *arena, struct expr *expr) {
    if (expr->places != PLACES_CUT) return expr;
    struct expr *all = arena_new(arena, struct expr);
    *all = *expr;
    all->places = PLACES_ALL;
    all->eval = evals[expr->kind];
    return all;
}

/* (N2) */
void expr_inherit(struct expr *expr) {
    static const uint8_t rising = EXPR_NULLABLE | EXPR_NOT_DETERMINISTIC | EXPR_HAS_SUBQUERY |
                                  EXPR_HAS_AGGREGATE | EXPR_WAITS;
    bool is_constant = (expr->flags & EXPR_NOT_DETERMINISTIC) == 0;
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        expr->flags |= expr->args[i]->flags & rising;
        is_constant = is_constant && (expr->args[i]->flags & EXPR_STATEMENT_CONSTANT) != 0;
    }
    if (is_constant && expr->arg_count > 0) expr->flags |= EXPR_STATEMENT_CONSTANT;
}

static bool reads_slot(const struct expr *expr) {
    return expr->kind == EXPR_COLUMN || expr->kind == EXPR_SLOT || expr->kind == EXPR_VALUES;
}

void expr_slots(const struct expr *expr, uint64_t *set) {
    if (reads_slot(expr)) set[expr->slot / 64] |= (uint64_t)1 << expr->slot % 64;
    for (uint32_t i = 0; i < expr->arg_count; i++) expr_slots(expr->args[i], set);
}

static bool leaf_equal(const struct expr *a, const struct expr *b) {
    switch ((enum expr_kind)a->kind) {
    case EXPR_CONSTANT:
        return a->value.kind == b->value.kind && a->value.scale == b->value.scale &&
               value_compare_total(&a->value, &b->value, COLLATION_BINARY) == 0;
    case EXPR_PARAMETER: return a->ordinal == b->ordinal;
    case EXPR_COLUMN:
    case EXPR_SLOT:
    case EXPR_VALUES: return a->slot == b->slot;
    case EXPR_CALL: return a->function == b->function;
    case EXPR_VARIABLE: return slice_equal(a->name, b->name);
    case EXPR_CAST:
        return a->ordinal == b->ordinal && a->type.scale == b->type.scale &&
               a->type.precision == b->type.precision && a->type.flags == b->type.flags;
    default: return true;
    }
}

bool expr_equal(const struct expr *a, const struct expr *b) {
    if (a->kind != b->kind || a->arg_count != b->arg_count || a->operation != b->operation)
        return false;
    if (a->type.kind != b->type.kind || a->collation != b->collation) return false;
    if (((a->flags ^ b->flags) & EXPR_IS_NEGATED) != 0) return false;
    if (((a->flags | b->flags) & EXPR_NOT_DETERMINISTIC) != 0 || !leaf_equal(a, b)) return false;
    for (uint32_t i = 0; i < a->arg_count; i++) {
        if (!expr_equal(a->args[i], b->args[i])) return false;
    }
    return true;
}

static void list_append(struct arena *arena, struct expr ***list, uint32_t *count,
                        struct expr *expr) {
    bool is_full = *count == 0 || (*count >= 4 && (*count & (*count - 1)) == 0);
    if (is_full) {
        struct expr **larger = arena_array(arena, struct expr *, MAX(4u, *count * 2));
        if (*count > 0) memcpy(larger, *list, *count * sizeof *larger);
        *list = larger;
    }
    (*list)[(*count)++] = expr;
}

void expr_conjuncts(struct expr *expr, struct arena *arena, struct expr ***list, uint32_t *count) {
    if (expr->kind != EXPR_AND) {
        list_append(arena, list, count, expr);
        return;
    }
    for (uint32_t i = 0; i < expr->arg_count; i++)
        expr_conjuncts(expr->args[i], arena, list, count);
}

/* ---- printing ---- */

static const char *infix_text(const struct expr *expr) {
    switch ((enum expr_kind)expr->kind) {
    case EXPR_AND: return " and ";
    case EXPR_OR: return " or ";
    case EXPR_XOR: return " xor ";
    case EXPR_LIKE: return " like ";
    case EXPR_ARITHMETIC: return arithmetic_op_text((enum arithmetic_op)expr->operation);
    case EXPR_COMPARE: break;
    default: return NULL;
    }
    static const char *const comparisons[] = {" = ", " <> ", " < ", " <= ", " > ", " >= ", " <=> "};
    CHECK(expr->operation >= PROGRAM_EQ && expr->operation <= PROGRAM_NULL_SAFE_EQ);
    return comparisons[expr->operation - PROGRAM_EQ];
}

static void print_text(struct buffer *out, const char *text) {
    buffer_append(out, slice_of_text(text));
}

static void print_list(const struct expr *expr, uint32_t from, const char *between,
                       struct buffer *out) {
    for (uint32_t i = from; i < expr->arg_count; i++) {
        if (i > from) print_text(out, between);
        expr_print(expr->args[i], out);
    }
}

/* Names in lower case, as MySQL's messages have them. */
static void print_call(const char *name, const struct expr *expr, struct buffer *out) {
    for (; *name != '\0'; name++) {
        buffer_append_byte(out, (uint8_t)(*name >= 'A' && *name <= 'Z' ? *name + 32 : *name));
    }
    buffer_append_byte(out, '(');
    print_list(expr, 0, ",", out);
    buffer_append_byte(out, ')');
}

static void print_case(const struct expr *expr, struct buffer *out) {
    print_text(out, "(case");
    for (uint32_t i = 0; i + 1 < expr->arg_count; i += 2) {
        print_text(out, " when ");
        expr_print(expr->args[i], out);
        print_text(out, " then ");
        expr_print(expr->args[i + 1], out);
    }
    if (expr->arg_count % 2 == 1) {
        print_text(out, " else ");
        expr_print(expr->args[expr->arg_count - 1], out);
    }
    print_text(out, " end)");
}

static void print_leaf(const struct expr *expr, struct buffer *out) {
    switch ((enum expr_kind)expr->kind) {
    case EXPR_CONSTANT: value_print(&expr->value, out); return;
    case EXPR_PARAMETER: print_text(out, "?"); return;
    case EXPR_VARIABLE:
        buffer_append_byte(out, '@');
        buffer_append(out, expr->name);
        return;
    case EXPR_DEFAULT: print_text(out, "default"); return;
    default: expr_print_column(expr, out); return;
    }
}

static void print_test(const char *text, const struct expr *expr, struct buffer *out) {
    buffer_append_byte(out, '(');
    expr_print(expr->args[0], out);
    print_text(out, (expr->flags & EXPR_IS_NEGATED) != 0 ? " is not " : " is ");
    print_text(out, text);
    buffer_append_byte(out, ')');
}

/* IN and BETWEEN: the operand, the word, the rest. */
static void print_range(const struct expr *expr, struct buffer *out) {
    bool is_in = expr->kind == EXPR_IN;
    buffer_append_byte(out, '(');
    expr_print(expr->args[0], out);
    if ((expr->flags & EXPR_IS_NEGATED) != 0) print_text(out, " not");
    print_text(out, is_in ? " in (" : " between ");
    print_list(expr, 1, is_in ? "," : " and ", out);
    print_text(out, is_in ? "))" : ")");
}

void expr_print(const struct expr *expr, struct buffer *out) {
    switch ((enum expr_kind)expr->kind) {
    case EXPR_NOT: print_call("not", expr, out); return;
    case EXPR_IS_NULL: print_test("null", expr, out); return;
    case EXPR_IS_TRUE: print_test("true", expr, out); return;
    case EXPR_IS_FALSE: print_test("false", expr, out); return;
    case EXPR_IN:
    case EXPR_BETWEEN: print_range(expr, out); return;
    case EXPR_NEGATE: print_call("-", expr, out); return;
    case EXPR_BIT_NOT: print_call("~", expr, out); return;
    case EXPR_CAST: print_list(expr, 0, ",", out); return;
    case EXPR_CASE: print_case(expr, out); return;
    case EXPR_COALESCE: print_call("coalesce", expr, out); return;
    case EXPR_ROW: print_call("", expr, out); return;
    case EXPR_CALL: print_call(function_name(expr->function), expr, out); return;
    default: break;
    }
    const char *infix = infix_text(expr);
    if (infix == NULL) {
        print_leaf(expr, out);
        return;
    }
    buffer_append_byte(out, '(');
    print_list(expr, 0, infix, out);
    buffer_append_byte(out, ')');
}
