/* expr_program.c: which part of an expression can be computed where the rows are?
 *
 * A node is pushed when its operation is one of row/program.h's and its leaves are columns of the one table, or
 * anything that is the same for all rows of an execution: such a subtree becomes one parameter, whatever is in
 * it, evaluated here once per execution.
 *   (P1) What was emitted before an UNSUPPORTED stays in the builder as dead code: it costs bytes, never a wrong answer.
 *   (P2) AND and OR jump: a side that may fail (overflow) is not computed when the other decides, as here.
 */
#include "sql/expr_private.h"

static enum status emit(const struct expr *expr, struct expr_program *program,
                        program_operand *operand_out);

static program_operand parameter_of(struct expr *expr, struct expr_program *program) {
    for (uint32_t i = 0; i < program->parameter_count; i++) {
        if (expr_equal(program->parameters[i], expr)) return operand_param(i);
    }
    if (program->parameter_count == program->parameter_capacity) {
        uint32_t capacity = MAX(8u, program->parameter_capacity * 2);
        struct expr **list = arena_array(program->arena, struct expr *, capacity);
        if (program->parameter_count > 0) {
            memcpy(list, program->parameters, program->parameter_count * sizeof(struct expr *));
        }
        program->parameters = list;
        program->parameter_capacity = capacity;
    }
    program->parameters[program->parameter_count] = expr;
    return operand_param(program->parameter_count++);
}

/* A list for IN has its own parameters one after the other. */
static uint32_t parameters_of_list(const struct expr *expr, struct expr_program *program) {
    uint32_t first = program->parameter_count;
    for (uint32_t i = 1; i < expr->arg_count; i++) {
        struct expr *own = arena_new(program->arena, struct expr);
        *own = *expr->args[i];
        own->flags |= EXPR_NOT_DETERMINISTIC; /* so that parameter_of never shares it */
        parameter_of(own, program);
    }
    return first;
}

static enum status emit_column(const struct expr *expr, struct expr_program *program,
                               program_operand *operand_out) {
    if (expr->table != program->table) return STATUS_UNSUPPORTED;
    /* A TIMESTAMP is shown in the session's zone; where the row is, it is UTC. */
    if (expr->eval == expr_eval_timestamp) return STATUS_UNSUPPORTED;
    *operand_out = operand_column(expr->column);
    return STATUS_OK;
}

/* (P2): result = first; for each other: unless result decides, result = result op other. */
static enum status emit_logic(const struct expr *expr, struct expr_program *program,
                              program_operand *operand_out) {
    struct program_builder *builder = program->builder;
    bool is_and = expr->kind == EXPR_AND;
    uint32_t *jumps = arena_array(program->arena, uint32_t, expr->arg_count);
    program_operand result = program_new_register(builder), operand;
    enum status status = emit(expr->args[0], program, &operand);
    if (status != STATUS_OK) return status;
    program_emit_move(builder, result, operand);
    for (uint32_t i = 1; i < expr->arg_count; i++) {
        jumps[i] = program_emit_jump(builder, is_and ? PROGRAM_JUMP_IF_FALSE : PROGRAM_JUMP_IF_TRUE,
                                     result);
        status = emit(expr->args[i], program, &operand);
        if (status != STATUS_OK) return status;
        operand = program_emit_logic(builder, is_and ? PROGRAM_AND : PROGRAM_OR, result, operand);
        program_emit_move(builder, result, operand);
    }
    for (uint32_t i = 1; i < expr->arg_count; i++) program_land(builder, jumps[i]);
    *operand_out = result;
    return STATUS_OK;
}

/* Both operands of a node with two args. */
static enum status emit_two(const struct expr *expr, struct expr_program *program,
                            program_operand operands_out[2]) {
    enum status status = emit(expr->args[0], program, &operands_out[0]);
    return status == STATUS_OK ? emit(expr->args[1], program, &operands_out[1]) : status;
}

static program_operand negated_if(const struct expr *expr, struct program_builder *builder,
                                  program_operand truth) {
    bool is_negated = (expr->flags & EXPR_IS_NEGATED) != 0;
    return is_negated ? program_emit_unary(builder, PROGRAM_NOT, truth) : truth;
}

/* From left to right; the first two operands are emitted. */
static enum status emit_arithmetic(const struct expr *expr, struct expr_program *program,
                                   const program_operand operands[2],
                                   program_operand *operand_out) {
    enum arithmetic_op op = (enum arithmetic_op)expr->operation;
    CHECK(expr->kind == EXPR_ARITHMETIC);
    *operand_out = program_emit_arithmetic(program->builder, op, operands[0], operands[1]);
    for (uint32_t i = 2; i < expr->arg_count; i++) {
        program_operand next;
        enum status status = emit(expr->args[i], program, &next);
        if (status != STATUS_OK) return status;
        *operand_out = program_emit_arithmetic(program->builder, op, *operand_out, next);
    }
    return STATUS_OK;
}

static enum status emit_binary(const struct expr *expr, struct expr_program *program,
                               program_operand *operand_out) {
    struct program_builder *builder = program->builder;
    program_operand operands[2];
    if (expr->places != PLACES_OF_TYPE) return STATUS_UNSUPPORTED;
    enum status status = emit_two(expr, program, operands);
    if (status != STATUS_OK) return status;
    if (expr->kind == EXPR_COMPARE) {
        *operand_out = program_emit_compare(builder, (enum program_op)expr->operation, operands[0],
                                            operands[1], expr->collation);
    } else if (expr->kind == EXPR_XOR) {
        *operand_out = program_emit_logic(builder, PROGRAM_XOR, operands[0], operands[1]);
    } else if (expr->kind == EXPR_LIKE) {
        program_operand like =
            program_emit_like(builder, operands[0], operands[1], expr->collation, expr->operation);
        *operand_out = negated_if(expr, builder, like);
    } else {
        return emit_arithmetic(expr, program, operands, operand_out);
    }
    return STATUS_OK;
}

static enum status emit_in(const struct expr *expr, struct expr_program *program,
                           program_operand *operand_out) {
    program_operand needle;
    for (uint32_t i = 1; i < expr->arg_count; i++) {
        if ((expr->args[i]->flags & EXPR_STATEMENT_CONSTANT) == 0) return STATUS_UNSUPPORTED;
    }
    enum status status = emit(expr->args[0], program, &needle);
    if (status != STATUS_OK) return status;
    struct program_in_list list = {.first_param = parameters_of_list(expr, program),
                                   .count = expr->arg_count - 1,
                                   .collation = expr->collation};
    *operand_out =
        negated_if(expr, program->builder, program_emit_in(program->builder, needle, &list));
    return STATUS_OK;
}

static enum status emit_between(const struct expr *expr, struct expr_program *program,
                                program_operand *operand_out) {
    struct program_builder *builder = program->builder;
    program_operand operands[3];
    for (uint32_t i = 0; i < 3; i++) {
        enum status status = emit(expr->args[i], program, &operands[i]);
        if (status != STATUS_OK) return status;
    }
    program_operand low =
        program_emit_compare(builder, PROGRAM_GE, operands[0], operands[1], expr->collation);
    program_operand high =
        program_emit_compare(builder, PROGRAM_LE, operands[0], operands[2], expr->collation);
    *operand_out = negated_if(expr, builder, program_emit_logic(builder, PROGRAM_AND, low, high));
    return STATUS_OK;
}

static enum program_op unary_op(const struct expr *expr) {
    bool is_negated = (expr->flags & EXPR_IS_NEGATED) != 0;
    switch ((enum expr_kind)expr->kind) {
    case EXPR_IS_NULL: return is_negated ? PROGRAM_IS_NOT_NULL : PROGRAM_IS_NULL;
    case EXPR_IS_TRUE: return PROGRAM_IS_TRUE;
    case EXPR_IS_FALSE: return PROGRAM_IS_FALSE;
    case EXPR_NOT: return PROGRAM_NOT;
    case EXPR_NEGATE: return PROGRAM_NEGATE;
    case EXPR_BIT_NOT: return PROGRAM_BIT_NOT;
    default: break;
    }
    UNREACHABLE();
}

static enum status emit_unary(const struct expr *expr, struct expr_program *program,
                              program_operand *operand_out) {
    program_operand operand;
    enum status status = emit(expr->args[0], program, &operand);
    if (status != STATUS_OK) return status;
    operand = program_emit_unary(program->builder, unary_op(expr), operand);
    bool is_test = expr->kind == EXPR_IS_TRUE || expr->kind == EXPR_IS_FALSE;
    *operand_out = is_test ? negated_if(expr, program->builder, operand) : operand;
    return STATUS_OK;
}

/* Does value_convert, which runs where the rows are, give what a quiet cast gives here? It does for numbers that get wider, and
 * for texts of another character set; names of ENUM members are not known there, and times need the session. */
static bool is_cast_pushable(const struct expr *expr) {
    const struct column_type *from = &expr->args[0]->type;
    if ((expr->flags & EXPR_WARNS) != 0 && expr->operation != CAST_WARNING) return false;
    if (expr->type.kind == COLUMN_DOUBLE || expr->type.kind == COLUMN_DECIMAL) {
        return column_kind_is_numeric(from->kind);
    }
    bool is_text = column_kind_is_text(expr->type.kind) && column_kind_is_text(from->kind);
    return is_text && expr->operation == CAST_QUIET;
}

static enum status emit_cast(const struct expr *expr, struct expr_program *program,
                             program_operand *operand_out) {
    if (!is_cast_pushable(expr)) return STATUS_UNSUPPORTED;
    program_operand operand;
    enum status status = emit(expr->args[0], program, &operand);
    if (status == STATUS_OK)
        *operand_out = program_emit_cast(program->builder, operand, &expr->type);
    return status;
}

/* result = first; for each other: if result is not NULL, done; result = other. */
static enum status emit_coalesce(const struct expr *expr, struct expr_program *program,
                                 program_operand *operand_out) {
    struct program_builder *builder = program->builder;
    uint32_t *jumps = arena_array(program->arena, uint32_t, expr->arg_count);
    program_operand result = program_new_register(builder), operand;
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        if (i > 0) jumps[i] = program_emit_jump(builder, PROGRAM_JUMP_IF_NOT_NULL, result);
        enum status status = emit(expr->args[i], program, &operand);
        if (status != STATUS_OK) return status;
        program_emit_move(builder, result, operand);
    }
    for (uint32_t i = 1; i < expr->arg_count; i++) program_land(builder, jumps[i]);
    *operand_out = result;
    return STATUS_OK;
}

static enum status emit_choice(const struct expr *expr, struct expr_program *program,
                               program_operand result) {
    program_operand operand;
    enum status status = emit(expr, program, &operand);
    if (status == STATUS_OK) program_emit_move(program->builder, result, operand);
    return status;
}

/* for each WHEN: unless it is true, on to the next; result = THEN; done. At last: result = ELSE. */
static enum status emit_case(const struct expr *expr, struct expr_program *program,
                             program_operand *operand_out) {
    struct program_builder *builder = program->builder;
    uint32_t *done = arena_array(program->arena, uint32_t, expr->arg_count);
    program_operand result = program_new_register(builder), when;
    uint32_t branch_count = expr->arg_count / 2;
    enum status status;
    CHECK(expr->arg_count % 2 == 1); /* the binder gives every CASE an ELSE */
    for (uint32_t i = 0; i < branch_count; i++) {
        status = emit(expr->args[2 * i], program, &when);
        if (status != STATUS_OK) return status;
        uint32_t next = program_emit_jump(builder, PROGRAM_JUMP_UNLESS_TRUE, when);
        status = emit_choice(expr->args[2 * i + 1], program, result);
        if (status != STATUS_OK) return status;
        done[i] = program_emit_jump(builder, PROGRAM_JUMP, OPERAND_NONE);
        program_land(builder, next);
    }
    status = emit_choice(expr->args[expr->arg_count - 1], program, result);
    for (uint32_t i = 0; i < branch_count; i++) program_land(builder, done[i]);
    *operand_out = result;
    return status;
}

static enum status emit_operation(const struct expr *expr, struct expr_program *program,
                                  program_operand *operand_out) {
    switch ((enum expr_kind)expr->kind) {
    case EXPR_COLUMN: return emit_column(expr, program, operand_out);
    case EXPR_AND:
    case EXPR_OR: return emit_logic(expr, program, operand_out);
    case EXPR_XOR:
        if (expr->arg_count != 2) return STATUS_UNSUPPORTED;
        return emit_binary(expr, program, operand_out);
    case EXPR_COMPARE:
    case EXPR_LIKE:
    case EXPR_ARITHMETIC: return emit_binary(expr, program, operand_out);
    case EXPR_IN: return emit_in(expr, program, operand_out);
    case EXPR_BETWEEN: return emit_between(expr, program, operand_out);
    case EXPR_IS_NULL:
    case EXPR_IS_TRUE:
    case EXPR_IS_FALSE:
    case EXPR_NOT:
    case EXPR_NEGATE:
    case EXPR_BIT_NOT: return emit_unary(expr, program, operand_out);
    case EXPR_CAST: return emit_cast(expr, program, operand_out);
    case EXPR_CASE: return emit_case(expr, program, operand_out);
    case EXPR_COALESCE: return emit_coalesce(expr, program, operand_out);
    default: return STATUS_UNSUPPORTED;
    }
}

static enum status emit(const struct expr *expr, struct expr_program *program,
                        program_operand *operand_out) {
    bool is_constant = (expr->flags & EXPR_STATEMENT_CONSTANT) != 0 &&
                       (expr->flags & (EXPR_NOT_DETERMINISTIC | EXPR_WAITS)) == 0;
    if (!is_constant) return emit_operation(expr, program, operand_out);
    *operand_out = parameter_of((struct expr *)expr, program);
    return STATUS_OK;
}

enum status expr_to_program(const struct expr *expr, struct expr_program *program,
                            program_operand *operand_out) {
    CHECK(program->builder != NULL && program->arena != NULL);
    return emit(expr, program, operand_out);
}
