/* row/program.h: what SQL pushes down to the rows: filter, outputs, assignments, groups, order,
 * limit.
 *
 * A program is bytes that the planner builds once per plan. Constants are parameters and travel
 * beside it, so a cached plan's bytes never change. It is opened against the layout of its input
 * rows; program_open checks every operand, jump, type and list, so running an opened program on
 * verified rows never leaves its memory and always ends (jumps only go forward).
 *
 * Per input row: the filter decides; then one of
 *   outputs      a row of expressions (program_output)
 *   assignments  the row with some columns replaced (program_assign)
 *   groups       aggregates by group keys, collected (program_collect): partial results as rows
 * and outputs may be collected too, in an order and up to a limit (top-n).
 *
 * An operand is a column of the input row, a parameter or a register. Three-valued logic: NULL,
 * 0, 1. Comparisons follow value_compare; sql casts both sides to one kind first.
 */
#ifndef ROW_PROGRAM_H
#define ROW_PROGRAM_H

#include "row/arithmetic.h"
#include "row/convert.h"
#include "row/key.h"

#define PROGRAM_BYTES_MAX          ((size_t)1 << 20)
#define PROGRAM_REGISTER_COUNT_MAX 1024
#define PROGRAM_PARAM_COUNT_MAX    16384
#define PROGRAM_CODE_COUNT_MAX     32768
#define PROGRAM_LIST_COUNT_MAX     4096 /* outputs, assignments, groups, aggregates, types */

/* Top two bits: source; the rest: index. */
typedef uint16_t program_operand;
#define OPERAND_REGISTER 0x0000u
#define OPERAND_PARAM    0x4000u
#define OPERAND_COLUMN   0x8000u
#define OPERAND_NONE     0xffffu
static inline program_operand operand_param(uint32_t index) {
    CHECK(index < PROGRAM_PARAM_COUNT_MAX);
    return (program_operand)(OPERAND_PARAM | index);
}
static inline program_operand operand_column(uint32_t index) {
    CHECK(index < TABLE_COLUMN_COUNT_MAX);
    return (program_operand)(OPERAND_COLUMN | index);
}

/* The numbers travel in messages: they never change. */
#define PROGRAM_OP_LIST(O)                                                                         \
    O(MOVE, 0) /* dst = a */                                                                       \
    O(EQ, 1)   /* dst = a = b under collation c; NULL when one is NULL */                          \
    O(NE, 2)                                                                                       \
    O(LT, 3)                                                                                       \
    O(LE, 4)                                                                                       \
    O(GT, 5)                                                                                       \
    O(GE, 6)                                                                                       \
    O(NULL_SAFE_EQ, 7) /* <=> */                                                                   \
    O(AND, 8)          /* three-valued, both sides evaluated */                                    \
    O(OR, 9)                                                                                       \
    O(XOR, 10)                                                                                     \
    O(NOT, 11)                                                                                     \
    O(IS_NULL, 12)                                                                                 \
    O(IS_NOT_NULL, 13)                                                                             \
    O(IS_TRUE, 14)                                                                                 \
    O(IS_FALSE, 15)                                                                                \
    O(IN, 16)         /* dst = a IN (params b .. b + d - 1), collation c */                        \
    O(LIKE, 17)       /* dst = a LIKE b ESCAPE d, collation c; d 0: no escape */                   \
    O(ARITHMETIC, 18) /* dst = a aux b, aux: enum arithmetic_op */                                 \
    O(NEGATE, 19)                                                                                  \
    O(BIT_NOT, 20)                                                                                 \
    O(CAST, 21)             /* dst = a as types[d] by value_convert; problems are warnings */      \
    O(JUMP, 22)             /* to d */                                                             \
    O(JUMP_IF_TRUE, 23)     /* a is true */                                                        \
    O(JUMP_IF_FALSE, 24)    /* a is false, not NULL */                                             \
    O(JUMP_UNLESS_TRUE, 25) /* a is false or NULL */                                               \
    O(JUMP_IF_NULL, 26)                                                                            \
    O(JUMP_IF_NOT_NULL, 27)                                                                        \
    O(STORE, 28) /* column d = a, converted; in SECTION_ASSIGN only */

#define PROGRAM_OP_ENUM(name, number) PROGRAM_##name = (number),
enum program_op { PROGRAM_OP_LIST(PROGRAM_OP_ENUM) };
#undef PROGRAM_OP_ENUM
#define PROGRAM_OP_COUNT 29

/* The list of what is computed when; each has its own stretch of code. */
enum program_section {
    SECTION_FILTER = 0,
    SECTION_OUTPUT = 1, /* outputs, or group keys and arguments of aggregates */
    SECTION_ASSIGN = 2,
};
#define SECTION_COUNT 3

enum aggregate_function {
    AGGREGATE_COUNT_ROWS = 0, /* COUNT(*): operand OPERAND_NONE */
    AGGREGATE_COUNT = 1,      /* of values that are not NULL */
    AGGREGATE_SUM = 2,        /* NULL without values; AVG is SUM and COUNT, divided by sql */
    AGGREGATE_MIN = 3,
    AGGREGATE_MAX = 4,
    AGGREGATE_BIT_AND = 5,
    AGGREGATE_BIT_OR = 6,
    AGGREGATE_BIT_XOR = 7,
    AGGREGATE_FIRST = 8, /* any one value: columns that depend on the group key */
};
#define AGGREGATE_FUNCTION_COUNT 9

/* --- building (the planner) ---
 * Sections are begun in their order, each at most once; emitters append to the one begun last and
 * return the register that holds the result. Passing a limit is remembered and told by
 * program_builder_finish. */

struct program_builder {
    struct arena *arena;
    struct buffer code, types, outputs, groups, aggregates, orders;
    uint32_t column_count; /* columns of the input layout that operands may name */
    uint32_t register_count, param_count;
    uint32_t section_start[SECTION_COUNT], section_end[SECTION_COUNT];
    uint32_t section; /* begun last; SECTION_COUNT: none */
    program_operand filter, limit;
    bool too_large;
};

void program_builder_open(struct program_builder *builder, struct arena *arena,
                          uint32_t column_count);
void program_begin(struct program_builder *builder, enum program_section section);

program_operand program_emit_compare(struct program_builder *builder, enum program_op op,
                                     program_operand a, program_operand b, uint16_t collation);
/* AND, OR, XOR. */
program_operand program_emit_logic(struct program_builder *builder, enum program_op op,
                                   program_operand a, program_operand b);
/* NOT, IS_*, NEGATE, BIT_NOT. */
program_operand program_emit_unary(struct program_builder *builder, enum program_op op,
                                   program_operand a);
program_operand program_emit_arithmetic(struct program_builder *builder, enum arithmetic_op op,
                                        program_operand a, program_operand b);
/* The list is the parameters first_param .. first_param + count - 1. */
struct program_in_list {
    uint32_t first_param, count;
    uint16_t collation;
};
program_operand program_emit_in(struct program_builder *builder, program_operand a,
                                const struct program_in_list *list);
/* `escape` is a code point below 65536, 0 for none. */
program_operand program_emit_like(struct program_builder *builder, program_operand a,
                                  program_operand pattern, uint16_t collation, uint16_t escape);
program_operand program_emit_cast(struct program_builder *builder, program_operand a,
                                  const struct column_type *type);

/* For CASE, IF, COALESCE, and short-circuit logic: a register of one's own, moves into it, and
 * jumps to a place that comes later. */
program_operand program_new_register(struct program_builder *builder);
void program_emit_move(struct program_builder *builder, program_operand to, program_operand from);
/* JUMP*; `a` is OPERAND_NONE for JUMP. The jump's name, for program_land. */
uint32_t program_emit_jump(struct program_builder *builder, enum program_op op, program_operand a);
/* The next instruction emitted is where the jump goes. */
void program_land(struct program_builder *builder, uint32_t jump);

void program_set_filter(struct program_builder *builder, program_operand condition);
/* Outputs and groups are exclusive; with groups, the output row is the group keys, then the
 * aggregates. */
void program_add_output(struct program_builder *builder, program_operand operand,
                        const struct column_type *type);
void program_add_assignment(struct program_builder *builder, uint32_t column,
                            program_operand operand);
void program_add_group(struct program_builder *builder, program_operand operand,
                       const struct column_type *type);
/* `type` is that of the result: BIGINT for COUNT, BIGINT UNSIGNED for BIT_AND, DECIMAL or DOUBLE
 * for SUM, the operand's for MIN. */
void program_add_aggregate(struct program_builder *builder, enum aggregate_function function,
                           program_operand operand, const struct column_type *type);
/* Order of collected rows, by a column of the output row; flags: enum index_part_flag. */
void program_add_order(struct program_builder *builder, uint32_t output_column, uint16_t flags);
/* At most this many collected rows (a parameter: a non-negative integer, offset included). */
void program_set_limit(struct program_builder *builder, program_operand param);
/* Appends the program; TOO_LARGE when a limit above was passed. */
MUST_USE enum status program_builder_finish(struct program_builder *builder, struct buffer *out);

/* --- opening and asking --- */

struct program;

/* The bytes are copied. CORRUPT for anything but a program for rows of this layout. */
MUST_USE enum status program_open(struct slice bytes, const struct row_layout *input,
                                  struct arena *arena, struct program **out);
bool program_has_filter(const struct program *program);
bool program_has_assignments(const struct program *program);
/* Outputs that are no plain copy of the input, or groups. */
bool program_has_outputs(const struct program *program);
bool program_has_groups(const struct program *program); /* group keys or aggregates */
/* Collected rather than streamed: groups or an order. */
bool program_is_collected(const struct program *program);
uint32_t program_param_count(const struct program *program);
/* Of output rows; the input's layout when there are no outputs. */
const struct row_layout *program_output_layout(const struct program *program);
/* The columns that assignments change, ascending; *count_out of them. */
const uint16_t *program_assigned_columns(const struct program *program, uint32_t *count_out);
/* For EXPLAIN and traces. Columns are printed as names of `table` (NULL: c0, c1), parameters as
 * their values (NULL: ?). */
void program_print(const struct program *program, const struct table_definition *table,
                   const struct value *params, struct buffer *out);

/* --- running --- */

struct program_run;

/* INVALID when there are fewer parameters than the program names. params, program and arena outlive
 * the run; what is collected lives in the arena. */
MUST_USE enum status program_start(const struct program *program, const struct value *params,
                                   uint32_t param_count, struct arena *arena,
                                   struct program_run **out);
/* How assignments and casts convert; the default has no flags. */
void program_set_options(struct program_run *run, const struct convert_options *options);
/* Temporary values (large decimals, cast strings) go here and may be forgotten between rows: the
 * caller resets it. The run's own arena serves until another is given. */
void program_set_scratch(struct program_run *run, struct arena *scratch);
/* UINT64_MAX without a limit. */
uint64_t program_limit(const struct program_run *run);
/* Warnings so far (division by zero, truncated casts) and the first one's status. */
uint32_t program_warnings(const struct program_run *run, enum status *first_out);

/* Errors of evaluation: OUT_OF_RANGE (1690), INVALID for values that do not compare. */
MUST_USE enum status program_accepts(struct program_run *run, struct slice row, bool *accepts_out);
/* Appends the output row to `out`; a plain copy when the program has no outputs. */
MUST_USE enum status program_output(struct program_run *run, struct slice row, struct buffer *out,
                                    struct slice *row_out);

enum assign_mode {
    ASSIGN_STRICT,  /* a value that does not fit is an error: its convert.h status */
    ASSIGN_LENIENT, /* it is adjusted and counted as a warning */
};
/* Appends the changed row to `out`. *bad_column_out is the column when the status is an error of
 * one; a NULL for a NOT NULL column is INVALID (strict) or its zero. Assignments see the values of
 * earlier ones, as in MySQL. Generated columns are sql's. */
struct assign_result {
    struct slice row;
    bool changed;        /* some column differs */
    uint16_t bad_column; /* when an error */
};
MUST_USE enum status program_assign(struct program_run *run, struct slice row,
                                    enum assign_mode mode, struct buffer *out,
                                    struct assign_result *result_out);

/* Adds an accepted row to the groups, or to the top-n. */
MUST_USE enum status program_collect(struct program_run *run, struct slice row);
/* Adds a row that another run of the same program collected: partial aggregates are merged. The row
 * is verified here against the output layout: CORRUPT. */
MUST_USE enum status program_merge(struct program_run *run, struct slice output_row);
/* Orders what was collected; then program_next gives it row by row, END at last. A program without
 * group keys but with aggregates gives one row even for no input. PARTIAL groups are not ordered
 * nor limited, since others may still be merged into them; a partial top-n is cut to the limit. */
enum program_finish_kind { FINISH_PARTIAL, FINISH_FINAL };
MUST_USE enum status program_finish(struct program_run *run, enum program_finish_kind kind);
MUST_USE enum status program_next(struct program_run *run, struct slice *row_out);

#endif
