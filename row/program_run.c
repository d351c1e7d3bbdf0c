/* program_run.c: the interpreter: filter, outputs and assignments of one row.
 *
 * Instructions are 12 bytes with three operands that may name columns and parameters directly, so
 * the usual filter is one instruction. Registers are cleared before each section: one that was not
 * written is NULL, and none points into an earlier row.
 *
 * Truth in registers is INT 1, INT 0 or NULL. A warning is counted and remembered (the first one's
 * status); in a strict assignment it ends the row.
 */
#include "row/program_private.h"

#include "row/row_private.h"

void program_warn(struct program_run *run, enum status status) {
    if (status == STATUS_OK) return;
    if (run->warning_count == 0) run->warning_first = status;
    run->warning_count++;
}

const struct value *program_operand_value(struct program_run *run, program_operand operand,
                                          struct value *place) {
    uint32_t index = operand & 0x3fff;
    if ((operand & 0xc000) == OPERAND_REGISTER) return &run->registers[index];
    if ((operand & 0xc000) == OPERAND_PARAM) return &run->params[index];
    if (run->row_values != NULL) return &run->row_values[index];
    *place = row_value(run->program->input, run->row, index, run->scratch);
    return place;
}

enum status program_value_as(struct program_run *run, const struct column_type *type,
                             const struct value *value, struct value *out) {
    *out = *value;
    if (value->kind == VALUE_NULL || value_fits(value, type)) return STATUS_OK;
    return value_convert(value, type, &run->options, run->scratch, out);
}

/* --- operations --- */

/* 0 or 1 */
static struct value truth(int is_true) { return value_of_int(is_true); }

static struct value truth_of(int three_valued) {
    return three_valued < 0 ? value_null() : value_of_int(three_valued);
}

static bool order_satisfies(uint8_t op, int order) {
    switch (op) {
    case PROGRAM_EQ:
    case PROGRAM_NULL_SAFE_EQ: return order == 0;
    case PROGRAM_NE: return order != 0;
    case PROGRAM_LT: return order < 0;
    case PROGRAM_LE: return order <= 0;
    case PROGRAM_GT: return order > 0;
    default: return order >= 0;
    }
}

static uint16_t known_collation(const struct program_code *code) {
    return code->c == COLLATION_NONE ? COLLATION_BINARY : code->c;
}

static enum status compare(const struct program_code *code, const struct value *a,
                           const struct value *b, struct value *out) {
    int order;
    if (a->kind == VALUE_INT && b->kind == VALUE_INT) {
        order = (a->i > b->i) - (a->i < b->i);
        *out = truth(order_satisfies(code->op, order));
        return STATUS_OK;
    }
    if (a->kind == VALUE_NULL || b->kind == VALUE_NULL) {
        bool safe = code->op == PROGRAM_NULL_SAFE_EQ;
        *out = safe ? truth(a->kind == b->kind) : value_null();
        return STATUS_OK;
    }
    enum status status = value_compare_under(a, b, known_collation(code), &order);
    *out = truth(order_satisfies(code->op, order));
    return status;
}

static struct value logic(uint8_t op, int a, int b) {
    if (op == PROGRAM_AND) {
        if (a == 0 || b == 0) return truth(false);
        return a < 0 || b < 0 ? value_null() : truth(true);
    }
    if (op == PROGRAM_OR) {
        if (a > 0 || b > 0) return truth(true);
        return a < 0 || b < 0 ? value_null() : truth(false);
    }
    return a < 0 || b < 0 ? value_null() : truth(a != b);
}

static enum status in_list(struct program_run *run, const struct program_code *code,
                           const struct value *a, struct value *out) {
    const struct value *list = &run->params[code->b & 0x3fff];
    bool has_null = false;
    *out = value_null();
    if (a->kind == VALUE_NULL) return STATUS_OK;
    for (uint32_t i = 0; i < code->d; i++) {
        int order;
        if (list[i].kind == VALUE_NULL) {
            has_null = true;
            continue;
        }
        enum status status = value_compare_under(a, &list[i], known_collation(code), &order);
        if (status != STATUS_OK) return status;
        if (order == 0) {
            *out = truth(true);
            return STATUS_OK;
        }
    }
    if (!has_null) *out = truth(false);
    return STATUS_OK;
}

static struct value like(const struct program_code *code, const struct value *a,
                         const struct value *b) {
    uint8_t a_memory[VALUE_TEXT_BYTES_MAX], b_memory[VALUE_TEXT_BYTES_MAX];
    if (a->kind == VALUE_NULL || b->kind == VALUE_NULL) return value_null();
    return truth(collation_like(known_collation(code), value_text(a, a_memory),
                                value_text(b, b_memory), code->d));
}

/* Errors pass; warnings are counted, or are errors in a strict assignment. */
static enum status settle(struct program_run *run, enum status status) {
    if (status == STATUS_OK || status == STATUS_OUT_OF_RANGE) return status;
    bool is_warning =
        status == STATUS_DIVISION_BY_ZERO || status == STATUS_TRUNCATED || status == STATUS_INVALID;
    if (!is_warning || (run->strict && run->row_values != NULL)) return status;
    program_warn(run, status);
    return STATUS_OK;
}

static enum status cast(struct program_run *run, const struct program_code *code,
                        const struct value *a, struct value *out) {
    const struct column_type *type = program_type(run->program, code->d);
    struct value made;
    enum status status = value_convert(a, type, &run->options, run->scratch, &made);
    bool no_date = status == STATUS_INVALID && column_kind_is_temporal(type->kind);
    *out = no_date ? value_null() : made;
    if (status == STATUS_UNSUPPORTED) return status;
    program_warn(run, status);
    return STATUS_OK;
}

static enum status store(struct program_run *run, const struct program_code *code,
                         const struct value *a) {
    const struct column_type *type = &run->program->input->columns[code->d].type;
    struct value *column = &run->row_values[code->d];
    run->bad_column = code->d;
    if (a->kind == VALUE_NULL && !column_type_is_nullable(type)) {
        if (run->strict) return STATUS_INVALID;
        program_warn(run, STATUS_INVALID);
        *column = column_type_zero(type);
        return STATUS_OK;
    }
    struct value made;
    enum status status = program_value_as(run, type, a, &made);
    if (status == STATUS_UNSUPPORTED || (status != STATUS_OK && run->strict)) return status;
    program_warn(run, status);
    *column = made;
    return STATUS_OK;
}

static bool jumps(uint8_t op, const struct value *a) {
    switch (op) {
    case PROGRAM_JUMP_IF_TRUE: return value_truth(a) > 0;
    case PROGRAM_JUMP_IF_FALSE: return value_truth(a) == 0;
    case PROGRAM_JUMP_UNLESS_TRUE: return value_truth(a) <= 0;
    case PROGRAM_JUMP_IF_NULL: return a->kind == VALUE_NULL;
    default: return a->kind != VALUE_NULL;
    }
}

/* Everything but jumps. */
static enum status operate(struct program_run *run, const struct program_code *code) {
    struct value a_place, b_place, *dst = &run->registers[code->dst];
    const struct value *a = program_operand_value(run, code->a, &a_place), *b;
    switch ((enum program_op)code->op) {
    case PROGRAM_EQ:
    case PROGRAM_NE:
    case PROGRAM_LT:
    case PROGRAM_LE:
    case PROGRAM_GT:
    case PROGRAM_GE:
    case PROGRAM_NULL_SAFE_EQ:
        b = program_operand_value(run, code->b, &b_place);
        return compare(code, a, b, dst);
    case PROGRAM_AND:
    case PROGRAM_OR:
    case PROGRAM_XOR:
        b = program_operand_value(run, code->b, &b_place);
        *dst = logic(code->op, value_truth(a), value_truth(b));
        return STATUS_OK;
    case PROGRAM_ARITHMETIC:
        b = program_operand_value(run, code->b, &b_place);
        return settle(run,
                      value_arithmetic((enum arithmetic_op)code->aux, a, b, run->scratch, dst));
    case PROGRAM_LIKE:
        b = program_operand_value(run, code->b, &b_place);
        *dst = like(code, a, b);
        return STATUS_OK;
    case PROGRAM_IN: return in_list(run, code, a, dst);
    case PROGRAM_MOVE: *dst = *a; return STATUS_OK;
    case PROGRAM_NOT: {
        int is_true = value_truth(a);
        *dst = truth_of(is_true < 0 ? -1 : !is_true);
        return STATUS_OK;
    }
    case PROGRAM_IS_NULL: *dst = truth(a->kind == VALUE_NULL); return STATUS_OK;
    case PROGRAM_IS_NOT_NULL: *dst = truth(a->kind != VALUE_NULL); return STATUS_OK;
    case PROGRAM_IS_TRUE: *dst = truth(value_truth(a) > 0); return STATUS_OK;
    case PROGRAM_IS_FALSE: *dst = truth(value_truth(a) == 0); return STATUS_OK;
    case PROGRAM_NEGATE: return settle(run, value_negate(a, run->scratch, dst));
    case PROGRAM_BIT_NOT: return settle(run, value_bit_not(a, dst));
    case PROGRAM_CAST: return cast(run, code, a, dst);
    case PROGRAM_STORE: return store(run, code, a);
    case PROGRAM_JUMP:
    case PROGRAM_JUMP_IF_TRUE:
    case PROGRAM_JUMP_IF_FALSE:
    case PROGRAM_JUMP_UNLESS_TRUE:
    case PROGRAM_JUMP_IF_NULL:
    case PROGRAM_JUMP_IF_NOT_NULL: break;
    }
    UNREACHABLE();
}

enum status program_run_section(struct program_run *run, enum program_section section,
                                struct slice row) {
    const struct program *program = run->program;
    struct program_section_range range = program->sections[section];
    run->row = row;
    if (range.start == range.end) return STATUS_OK;
    memset(run->registers, 0, program->register_count * sizeof(struct value));
    for (uint32_t at = range.start; at < range.end;) {
        const struct program_code *code = &program->code[at++];
        if (code->op == PROGRAM_JUMP) {
            at = code->d;
        } else if (code->op > PROGRAM_JUMP && code->op <= PROGRAM_JUMP_IF_NOT_NULL) {
            struct value place;
            if (jumps(code->op, program_operand_value(run, code->a, &place))) at = code->d;
        } else {
            enum status status = operate(run, code);
            if (status != STATUS_OK) return status;
        }
    }
    return STATUS_OK;
}

/* --- a run --- */

static enum status limit_of(const struct program *program, const struct value *params,
                            uint64_t *limit_out) {
    *limit_out = UINT64_MAX;
    if (program->limit == OPERAND_NONE) return STATUS_OK;
    const struct value *limit = &params[program->limit & 0x3fff];
    bool legal = limit->kind == VALUE_UINT || (limit->kind == VALUE_INT && limit->i >= 0);
    if (legal) *limit_out = limit->u;
    return legal ? STATUS_OK : STATUS_INVALID;
}

enum status program_start(const struct program *program, const struct value *params,
                          uint32_t param_count, struct arena *arena, struct program_run **out) {
    *out = NULL;
    if (param_count < program->param_count) return STATUS_INVALID;
    struct program_run *run = arena_new(arena, struct program_run);
    run->program = program;
    run->params = params;
    run->arena = arena;
    run->scratch = arena;
    run->registers = arena_array(arena, struct value, program->register_count);
    memset(run->registers, 0, program->register_count * sizeof(struct value));
    run->output_values = arena_array(arena, struct value, program->output->column_count);
    enum status status = limit_of(program, params, &run->limit);
    if (status == STATUS_OK) *out = run;
    return status;
}

void program_set_options(struct program_run *run, const struct convert_options *options) {
    run->options = *options;
}
void program_set_scratch(struct program_run *run, struct arena *scratch) { run->scratch = scratch; }
uint64_t program_limit(const struct program_run *run) { return run->limit; }
uint32_t program_warnings(const struct program_run *run, enum status *first_out) {
    *first_out = run->warning_first;
    return run->warning_count;
}

enum status program_accepts(struct program_run *run, struct slice row, bool *accepts_out) {
    const struct program *program = run->program;
    *accepts_out = true;
    if (program->filter == OPERAND_NONE) return STATUS_OK;
    enum status status = program_run_section(run, SECTION_FILTER, row);
    if (status != STATUS_OK) return status;
    struct value place;
    const struct value *condition = program_operand_value(run, program->filter, &place);
    *accepts_out = condition->kind == VALUE_INT ? condition->i != 0 : value_truth(condition) > 0;
    return STATUS_OK;
}

/* An expression's value need not have its column's exact form: 1 as DECIMAL(3,1) is 1.0. */
static enum status output_values(struct program_run *run) {
    const struct program *program = run->program;
    for (uint32_t i = 0; i < program->output_count; i++) {
        struct value place;
        const struct value *value = program_operand_value(run, program->outputs[i].operand, &place);
        enum status status = program_value_as(run, program_type(program, program->outputs[i].type),
                                              value, &run->output_values[i]);
        if (status == STATUS_UNSUPPORTED) return status;
        program_warn(run, status);
    }
    return STATUS_OK;
}

enum status program_output(struct program_run *run, struct slice row, struct buffer *out,
                           struct slice *row_out) {
    const struct program *program = run->program;
    size_t start = out->size;
    CHECK(!program_has_groups(program));
    if (program->output == program->input) {
        buffer_append(out, row);
    } else if (program->plain_columns != NULL) {
        row_project(program->input, row, program->plain_columns, program->output, out);
    } else {
        enum status status = program_run_section(run, SECTION_OUTPUT, row);
        if (status == STATUS_OK) status = output_values(run);
        if (status != STATUS_OK) return status;
        return row_encode(program->output, run->output_values, out, row_out);
    }
    *row_out = slice_of(out->data + start, out->size - start);
    return STATUS_OK;
}

static bool row_changed(struct program_run *run, struct slice row) {
    const struct program *program = run->program;
    for (uint32_t i = 0; i < program->assigned_count; i++) {
        uint32_t column = program->assigned[i];
        struct value old = row_value(program->input, row, column, run->scratch);
        const struct row_column *layout = &program->input->columns[column];
        if (!row_stored_alike(layout, &old, &run->row_values[column])) return true;
    }
    return false;
}

enum status program_assign(struct program_run *run, struct slice row, enum assign_mode mode,
                           struct buffer *out, struct assign_result *result_out) {
    const struct program *program = run->program;
    struct value *values = arena_array(run->scratch, struct value, program->input->column_count);
    row_values(program->input, row, run->scratch, values);
    *result_out = (struct assign_result){.changed = false};
    run->row_values = values;
    run->strict = mode == ASSIGN_STRICT;
    run->bad_column = program->assigned_count > 0 ? program->assigned[0] : 0;
    enum status status = program_run_section(run, SECTION_ASSIGN, row);
    if (status == STATUS_OK) {
        result_out->changed = row_changed(run, row);
        status = row_encode(program->input, values, out, &result_out->row);
    }
    result_out->bad_column = run->bad_column;
    run->row_values = NULL;
    run->strict = false;
    return status;
}
