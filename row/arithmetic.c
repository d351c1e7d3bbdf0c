/* arithmetic.c: MySQL's operators on values.
 *
 * An operand first becomes a number of one of four classes; the operation runs in the wider class
 * of the two: integers (unsigned when one is), decimals, doubles. Two short ways go before: two
 * signed integers, and two inline decimals (int64 coefficients), which is what tables mostly hold.
 *
 * Integer results are made in 128 bits and checked against the result's range, so that 1 - 2 of
 * unsigned operands is out of range as in MySQL, not 2^64 - 1.
 */
#include "row/arithmetic.h"

#include <math.h>

enum number_class { CLASS_INT, CLASS_UINT, CLASS_DECIMAL, CLASS_DOUBLE };

struct number {
    enum number_class class;
    int64_t i; /* INT; UINT as its bits */
    double d;
    struct decimal decimal;
    enum status status; /* of the conversion: a warning */
};

static const int8_t classes[VALUE_KIND_COUNT] = {
    [VALUE_NULL] = -1,
    [VALUE_INT] = CLASS_INT,
    [VALUE_UINT] = CLASS_UINT,
    [VALUE_FLOAT] = CLASS_DOUBLE,
    [VALUE_DOUBLE] = CLASS_DOUBLE,
    [VALUE_DECIMAL] = CLASS_DECIMAL,
    [VALUE_STRING] = CLASS_DOUBLE,
    [VALUE_DATE] = CLASS_INT,
    [VALUE_TIME] = CLASS_DECIMAL,
    [VALUE_DATETIME] = CLASS_DECIMAL,
    [VALUE_TIMESTAMP] = CLASS_DECIMAL,
    [VALUE_YEAR] = CLASS_UINT,
    [VALUE_BIT] = CLASS_UINT,
    [VALUE_ENUM] = CLASS_UINT,
    [VALUE_SET] = CLASS_UINT,
    [VALUE_JSON] = CLASS_DOUBLE,
};

static enum number_class class_of(const struct value *value) {
    CHECK(classes[value->kind] >= 0);
    bool whole_temporal =
        value->kind >= VALUE_DATE && value->kind <= VALUE_TIMESTAMP && value->scale == 0;
    return whole_temporal ? CLASS_INT : (enum number_class)classes[value->kind];
}

/* As the class that the operation runs in; status is the worst of the conversions. */
static struct number number_as(const struct value *value, enum number_class class) {
    struct number number;
    number.class = class;
    switch (class) {
    case CLASS_INT: number.status = value_to_int(value, &number.i); return number;
    case CLASS_UINT:
        number.i = value->i; /* bits; wide_of looks at the sign */
        number.status = STATUS_OK;
        if (class_of(value) == CLASS_INT) number.status = value_to_int(value, &number.i);
        return number;
    case CLASS_DECIMAL: number.status = value_to_decimal(value, &number.decimal); return number;
    case CLASS_DOUBLE: number.status = value_to_double(value, &number.d); return number;
    }
    UNREACHABLE();
}

static __int128 wide_of(const struct value *value, const struct number *number) {
    return class_of(value) == CLASS_INT ? (__int128)number->i : (__int128)(uint64_t)number->i;
}

/* `class` is CLASS_UINT for an unsigned result. */
static enum status int_result(__int128 wide, enum number_class class, struct value *out) {
    if (class == CLASS_UINT) {
        if (wide < 0 || wide > (__int128)UINT64_MAX) return STATUS_OUT_OF_RANGE;
        *out = value_of_uint((uint64_t)wide);
        return STATUS_OK;
    }
    if (wide < INT64_MIN || wide > INT64_MAX) return STATUS_OUT_OF_RANGE;
    *out = value_of_int((int64_t)wide);
    return STATUS_OK;
}

static enum status double_result(double d, struct value *out) {
    if (!isfinite(d)) return STATUS_OUT_OF_RANGE;
    *out = value_of_double(d);
    return STATUS_OK;
}

/* --- by class --- */

static enum status int_operate(enum arithmetic_op op, __int128 a, __int128 b,
                               enum number_class class, struct value *out) {
    switch (op) {
    case ARITHMETIC_ADD: return int_result(a + b, class, out);
    case ARITHMETIC_SUB: return int_result(a - b, class, out);
    case ARITHMETIC_MUL: {
        __int128 product;
        if (__builtin_mul_overflow(a, b, &product)) return STATUS_OUT_OF_RANGE;
        return int_result(product, class, out);
    }
    case ARITHMETIC_INT_DIV:
        if (b == 0) return STATUS_DIVISION_BY_ZERO;
        return int_result(a / b, class, out);
    case ARITHMETIC_MOD:
        if (b == 0) return STATUS_DIVISION_BY_ZERO;
        return int_result(a % b, class, out);
    case ARITHMETIC_DIV:
    case ARITHMETIC_BIT_AND:
    case ARITHMETIC_BIT_OR:
    case ARITHMETIC_BIT_XOR:
    case ARITHMETIC_SHIFT_LEFT:
    case ARITHMETIC_SHIFT_RIGHT:
    case ARITHMETIC_SUB_SIGNED: break;
    }
    UNREACHABLE();
}

static enum status double_operate(enum arithmetic_op op, double a, double b, struct value *out) {
    switch (op) {
    case ARITHMETIC_ADD: return double_result(a + b, out);
    case ARITHMETIC_SUB: return double_result(a - b, out);
    case ARITHMETIC_MUL: return double_result(a * b, out);
    case ARITHMETIC_DIV:
        if (b == 0) return STATUS_DIVISION_BY_ZERO;
        return double_result(a / b, out);
    case ARITHMETIC_MOD:
        if (b == 0) return STATUS_DIVISION_BY_ZERO;
        return double_result(fmod(a, b), out);
    case ARITHMETIC_INT_DIV:
    case ARITHMETIC_BIT_AND:
    case ARITHMETIC_BIT_OR:
    case ARITHMETIC_BIT_XOR:
    case ARITHMETIC_SHIFT_LEFT:
    case ARITHMETIC_SHIFT_RIGHT:
    case ARITHMETIC_SUB_SIGNED: break;
    }
    UNREACHABLE();
}

static enum status decimal_operate(enum arithmetic_op op, const struct decimal *a,
                                   const struct decimal *b, struct decimal *out) {
    switch (op) {
    case ARITHMETIC_ADD: return decimal_add(a, b, out);
    case ARITHMETIC_SUB: return decimal_sub(a, b, out);
    case ARITHMETIC_MUL: return decimal_mul(a, b, out);
    case ARITHMETIC_DIV: return decimal_div(a, b, DECIMAL_DIV_INCREMENT, out);
    case ARITHMETIC_MOD: return decimal_mod(a, b, out);
    case ARITHMETIC_INT_DIV:
    case ARITHMETIC_BIT_AND:
    case ARITHMETIC_BIT_OR:
    case ARITHMETIC_BIT_XOR:
    case ARITHMETIC_SHIFT_LEFT:
    case ARITHMETIC_SHIFT_RIGHT:
    case ARITHMETIC_SUB_SIGNED: break;
    }
    UNREACHABLE();
}

/* Places that the result type has no room for go away in silence. */
static enum status decimal_result(enum status status, const struct decimal *decimal,
                                  struct arena *arena, struct value *out) {
    if (status != STATUS_OK && status != STATUS_TRUNCATED) return status;
    *out = value_of_decimal(decimal, arena);
    return STATUS_OK;
}

static enum status worse(enum status result, const struct number *a, const struct number *b) {
    if (result != STATUS_OK) return result;
    return a->status != STATUS_OK ? a->status : b->status;
}

/* a DIV b of decimals and doubles: the exact quotient, cut. */
static enum status int_divide(const struct value *a, const struct value *b, enum number_class class,
                              struct value *out) {
    bool is_unsigned = class == CLASS_UINT;
    struct number x = number_as(a, CLASS_DECIMAL), y = number_as(b, CLASS_DECIMAL);
    struct decimal quotient, rest;
    enum status status = decimal_mod(&x.decimal, &y.decimal, &rest);
    if (status == STATUS_DIVISION_BY_ZERO) return status;
    status = decimal_sub(&x.decimal, &rest, &quotient);
    if (status == STATUS_OK) status = decimal_div(&quotient, &y.decimal, 0, &quotient);
    if (status != STATUS_OK && status != STATUS_TRUNCATED) return status;
    uint64_t u = 0;
    int64_t i = 0;
    status = is_unsigned ? decimal_to_uint(&quotient, &u) : decimal_to_int(&quotient, &i);
    if (status == STATUS_OUT_OF_RANGE) return status;
    *out = is_unsigned ? value_of_uint(u) : value_of_int(i);
    return worse(STATUS_OK, &x, &y);
}

/* Numbers as 64 bits: negative ones in two's complement. */
static enum status bits_of(const struct value *value, uint64_t *out) {
    if (class_of(value) == CLASS_UINT) {
        *out = value->u;
        return STATUS_OK;
    }
    int64_t i;
    enum status status = value_to_int(value, &i);
    *out = (uint64_t)i;
    if (status == STATUS_OUT_OF_RANGE && i > 0) return value_to_uint(value, out);
    return status;
}

static enum status bit_operate(enum arithmetic_op op, const struct value *a, const struct value *b,
                               struct value *out) {
    uint64_t x, y, bits = 0;
    enum status x_status = bits_of(a, &x), y_status = bits_of(b, &y);
    if (op == ARITHMETIC_BIT_AND) bits = x & y;
    if (op == ARITHMETIC_BIT_OR) bits = x | y;
    if (op == ARITHMETIC_BIT_XOR) bits = x ^ y;
    if (op == ARITHMETIC_SHIFT_LEFT) bits = y < 64 ? x << y : 0;
    if (op == ARITHMETIC_SHIFT_RIGHT) bits = y < 64 ? x >> y : 0;
    *out = value_of_uint(bits);
    return x_status != STATUS_OK ? x_status : y_status;
}

/* --- the whole --- */

static bool is_bit_op(enum arithmetic_op op) {
    return op >= ARITHMETIC_BIT_AND && op <= ARITHMETIC_SHIFT_RIGHT;
}

/* Is a whole result unsigned? */
static bool is_unsigned_result(enum arithmetic_op op, enum number_class a, enum number_class b) {
    if (op == ARITHMETIC_SUB_SIGNED) return false;
    return a == CLASS_UINT || (b == CLASS_UINT && op != ARITHMETIC_MOD);
}

/* Two signed integers, or two inline decimals of one scale: true when the result is made. */
static bool operate_quickly(enum arithmetic_op op, const struct value *a, const struct value *b,
                            struct value *out) {
    int64_t i;
    bool decimals = a->kind == VALUE_DECIMAL && b->kind == VALUE_DECIMAL && a->size == 0 &&
                    b->size == 0 && a->scale == b->scale;
    if (!decimals && (a->kind != VALUE_INT || b->kind != VALUE_INT)) return false;
    if (op == ARITHMETIC_ADD) {
        if (__builtin_add_overflow(a->i, b->i, &i)) return false;
    } else if (op == ARITHMETIC_SUB) {
        if (__builtin_sub_overflow(a->i, b->i, &i)) return false;
    } else if (op == ARITHMETIC_MUL && !decimals) {
        if (__builtin_mul_overflow(a->i, b->i, &i)) return false;
    } else {
        return false;
    }
    if (!decimals) {
        *out = value_of_int(i);
        return true;
    }
    if (i <= -INT64_C(1000000000000000000) || i >= INT64_C(1000000000000000000)) return false;
    *out = (struct value){.kind = VALUE_DECIMAL, .scale = a->scale, .i = i};
    return true;
}

enum status value_arithmetic(enum arithmetic_op op, const struct value *a, const struct value *b,
                             struct arena *arena, struct value *out) {
    if (operate_quickly(op, a, b, out)) return STATUS_OK;
    if (a->kind == VALUE_NULL || b->kind == VALUE_NULL) {
        *out = value_null();
        return STATUS_OK;
    }
    if (is_bit_op(op)) return bit_operate(op, a, b, out);
    enum number_class a_class = class_of(a), b_class = class_of(b), class = MAX(a_class, b_class);
    enum number_class int_class = is_unsigned_result(op, a_class, b_class) ? CLASS_UINT : CLASS_INT;
    if (op == ARITHMETIC_SUB_SIGNED) op = ARITHMETIC_SUB;
    enum status status;
    struct value result = value_null();
    if (op == ARITHMETIC_INT_DIV && class >= CLASS_DECIMAL) {
        status = int_divide(a, b, int_class, &result);
    } else {
        if (op == ARITHMETIC_DIV && class < CLASS_DECIMAL) class = CLASS_DECIMAL;
        struct number x = number_as(a, class), y = number_as(b, class);
        if (class == CLASS_DOUBLE) {
            status = double_operate(op, x.d, y.d, &result);
        } else if (class == CLASS_DECIMAL) {
            struct decimal made;
            status = decimal_operate(op, &x.decimal, &y.decimal, &made);
            status = decimal_result(status, &made, arena, &result);
        } else {
            status = int_operate(op, wide_of(a, &x), wide_of(b, &y), int_class, &result);
        }
        status = worse(status, &x, &y);
    }
    *out = result;
    return status;
}

enum status value_negate(const struct value *a, struct arena *arena, struct value *out) {
    if (a->kind == VALUE_NULL) {
        *out = value_null();
        return STATUS_OK;
    }
    enum number_class class = class_of(a);
    struct number number = number_as(a, class);
    enum status status = STATUS_OK;
    struct value result = value_null();
    if (class == CLASS_DOUBLE) {
        result = value_of_double(-number.d);
    } else if (class == CLASS_DECIMAL) {
        struct decimal negated = decimal_negate(&number.decimal);
        result = value_of_decimal(&negated, arena);
    } else {
        status = int_result(-wide_of(a, &number), CLASS_INT, &result);
    }
    *out = result;
    return status == STATUS_OK ? number.status : status;
}

enum status value_bit_not(const struct value *a, struct value *out) {
    if (a->kind == VALUE_NULL) {
        *out = value_null();
        return STATUS_OK;
    }
    uint64_t bits;
    enum status status = bits_of(a, &bits);
    *out = value_of_uint(~bits);
    return status;
}

/* Halves go to the even neighbour, as MySQL rounds doubles. */
static double double_round(double d, int64_t places, enum decimal_rounding rounding) {
    if (places > 308 || !isfinite(d)) return d;
    if (places < -308) return 0;
    double power = pow(10, (double)(places < 0 ? -places : places));
    double scaled = places < 0 ? d / power : d * power;
    if (!isfinite(scaled)) return d;
    double whole = rounding == DECIMAL_HALF_AWAY ? rint(scaled) : trunc(scaled);
    double result = places < 0 ? whole * power : whole / power;
    return isfinite(result) ? result : d;
}

enum status value_round(const struct value *a, int64_t places, enum decimal_rounding rounding,
                        struct arena *arena, struct value *out) {
    if (a->kind == VALUE_NULL) {
        *out = value_null();
        return STATUS_OK;
    }
    enum number_class class = class_of(a);
    bool is_int = class <= CLASS_UINT;
    if (is_int && places >= 0) {
        *out = *a;
        return STATUS_OK;
    }
    struct number number = number_as(a, is_int ? CLASS_DECIMAL : class);
    if (class == CLASS_DOUBLE) {
        *out = value_of_double(double_round(number.d, places, rounding));
        return number.status;
    }
    struct decimal rounded;
    int32_t digits = (int32_t)MAX(MIN(places, DECIMAL_SCALE_MAX), -DECIMAL_PRECISION_MAX);
    enum status status = decimal_round(&number.decimal, digits, rounding, &rounded);
    if (status == STATUS_OUT_OF_RANGE) return status;
    if (!is_int) {
        *out = value_of_decimal(&rounded, arena);
        return STATUS_OK;
    }
    uint64_t u = 0;
    int64_t i = 0;
    status = class == CLASS_UINT ? decimal_to_uint(&rounded, &u) : decimal_to_int(&rounded, &i);
    if (status == STATUS_OUT_OF_RANGE) return status;
    *out = class == CLASS_UINT ? value_of_uint(u) : value_of_int(i);
    return STATUS_OK;
}

const char *arithmetic_op_text(enum arithmetic_op op) {
    static const char *const texts[ARITHMETIC_OP_COUNT] = {
        [ARITHMETIC_ADD] = " + ",          [ARITHMETIC_SUB] = " - ",
        [ARITHMETIC_MUL] = " * ",          [ARITHMETIC_DIV] = " / ",
        [ARITHMETIC_INT_DIV] = " DIV ",    [ARITHMETIC_MOD] = " % ",
        [ARITHMETIC_BIT_AND] = " & ",      [ARITHMETIC_BIT_OR] = " | ",
        [ARITHMETIC_BIT_XOR] = " ^ ",      [ARITHMETIC_SHIFT_LEFT] = " << ",
        [ARITHMETIC_SHIFT_RIGHT] = " >> ", [ARITHMETIC_SUB_SIGNED] = " - ",
    };
    CHECK(op < ARITHMETIC_OP_COUNT);
    return texts[op];
}
