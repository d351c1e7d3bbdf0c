/* row/arithmetic.h: + - * / DIV % and bits, with MySQL's result kinds.
 *
 * Operands that are not numbers are taken as numbers first (strings as DOUBLE, temporal values as
 * integers or decimals). A NULL operand gives NULL. Result kinds: DOUBLE when one operand is FLOAT
 * or DOUBLE, else DECIMAL when one is, else integers, unsigned when one is.
 *
 * Statuses: OUT_OF_RANGE is MySQL's 1690; DIVISION_BY_ZERO leaves NULL in *out and is a warning or
 * an error as sql_mode says; TRUNCATED and INVALID (a string was no clean number) leave a result
 * and are warnings.
 */
#ifndef ROW_ARITHMETIC_H
#define ROW_ARITHMETIC_H

#include "row/value.h"

enum arithmetic_op {
    ARITHMETIC_ADD,
    ARITHMETIC_SUB,
    ARITHMETIC_MUL,
    ARITHMETIC_DIV, /* decimal or double */
    ARITHMETIC_INT_DIV,
    ARITHMETIC_MOD,
    ARITHMETIC_BIT_AND,
    ARITHMETIC_BIT_OR,
    ARITHMETIC_BIT_XOR,
    ARITHMETIC_SHIFT_LEFT,
    ARITHMETIC_SHIFT_RIGHT,
    ARITHMETIC_SUB_SIGNED, /* SUB under NO_UNSIGNED_SUBTRACTION: a whole result is signed */
};
#define ARITHMETIC_OP_COUNT 12

/* Large decimals go into the arena. `out` may be an operand. */
MUST_USE enum status value_arithmetic(enum arithmetic_op op, const struct value *a,
                                      const struct value *b, struct arena *arena,
                                      struct value *out);
MUST_USE enum status value_negate(const struct value *a, struct arena *arena, struct value *out);
MUST_USE enum status value_bit_not(const struct value *a, struct value *out);
/* ROUND and TRUNCATE to `places`; the kind stays (integers may overflow). */
MUST_USE enum status value_round(const struct value *a, int64_t places,
                                 enum decimal_rounding rounding, struct arena *arena,
                                 struct value *out);
/* " + ", for printers. */
const char *arithmetic_op_text(enum arithmetic_op op);

#endif
