/* row/program_private.h: the inside of a program, for the files that build, open, run and collect.
 *
 * Bytes of a program, all numbers little endian:
 *
 *   version u8 | 0 u8 | registers u16 | params u16 | filter u16 | limit u16 |
 *   three sections: start u16, end u16 |
 *   counts u16: code, types, outputs, groups, aggregates, orders |
 *   code, 12 bytes each | types | outputs, groups: operand u16, type u16 |
 *   aggregates: function u16, operand u16, type u16 | orders: column u16, flags u16
 */
#ifndef ROW_PROGRAM_PRIVATE_H
#define ROW_PROGRAM_PRIVATE_H

#include "row/collation.h"
#include "row/program.h"

#define PROGRAM_VERSION 1

struct program_code {
    uint8_t op;  /* enum program_op */
    uint8_t aux; /* ARITHMETIC: enum arithmetic_op */
    uint16_t dst;
    uint16_t a, b, c, d;
};
static_assert(sizeof(struct program_code) == 12, "travels as it is");

struct program_output_item { /* an output or a group key */
    uint16_t operand, type;
};
struct program_aggregate {
    uint16_t function, operand, type;
};
struct program_order {
    uint16_t column, flags;
};
static_assert(sizeof(struct program_output_item) == 4, "travels as it is");
static_assert(sizeof(struct program_aggregate) == 6, "travels as it is");
static_assert(sizeof(struct program_order) == 4, "travels as it is");

struct program_section_range {
    uint16_t start, end;
};

struct program {
    const struct row_layout *input;
    const struct row_layout *output;
    uint16_t register_count, param_count;
    program_operand filter, limit;
    struct program_section_range sections[SECTION_COUNT];
    uint16_t code_count, type_count, output_count, group_count, aggregate_count, order_count;
    const struct program_code *code;
    const struct column_type *types;
    const struct program_output_item *outputs; /* outputs, or groups: never both */
    const struct program_aggregate *aggregates;
    const struct key_layout *order; /* of output rows; NULL: none */
    const uint16_t *plain_columns;  /* outputs that only copy columns; NULL: expressions */
    const uint16_t *assigned;
    uint32_t assigned_count;
};

struct collected; /* groups and ordered rows; program_collect.c */

struct program_run {
    const struct program *program;
    const struct value *params;
    struct arena *arena, *scratch;
    struct convert_options options;
    struct value *registers;
    struct value *row_values;    /* SECTION_ASSIGN works on these instead of the row; else NULL */
    struct value *output_values; /* one for each column of the output */
    struct slice row;
    struct collected *collected;
    uint64_t limit;
    uint32_t warning_count;
    enum status warning_first;
    bool strict;         /* ASSIGN_STRICT: warnings are errors */
    uint16_t bad_column; /* of the STORE that failed */
};

/* Runs the code of a section on the row; registers hold the results. */
MUST_USE enum status program_run_section(struct program_run *run, enum program_section section,
                                         struct slice row);
/* The operand's value after that; *place may be used for it. */
const struct value *program_operand_value(struct program_run *run, program_operand operand,
                                          struct value *place);
/* The value as the type stores it, converted when it is not already. NULL passes. */
MUST_USE enum status program_value_as(struct program_run *run, const struct column_type *type,
                                      const struct value *value, struct value *out);
void program_warn(struct program_run *run, enum status status);

static inline bool program_type_same(const struct column_type *a, const struct column_type *b) {
    return a->kind == b->kind && a->flags == b->flags && a->precision == b->precision &&
           a->scale == b->scale && a->collation == b->collation && a->length == b->length &&
           a->member_count == b->member_count;
}
static inline const struct column_type *program_type(const struct program *program, uint16_t type) {
    return &program->types[type];
}

#endif
