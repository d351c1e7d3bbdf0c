/* program.c: opening a program: every byte is distrusted once, here, and never again.
 *
 *   (P1) An operand names a register, parameter or column that exists.
 *   (P2) Jumps go forward and stay in their section, so a section of n instructions runs at most n.
 *   (P3) Collations and types are known; STOREs are in SECTION_ASSIGN and only there.
 *   (P4) Outputs and groups are not both there; orders name columns of the output row.
 *
 * What is not proved here, because it depends on values (kinds of operands), the operations check
 * when they run.
 */
#include "row/program_private.h"

static struct slice take_items(struct reader *reader, size_t count, size_t size) {
    return reader_take(reader, count * size);
}

/* A copy that is aligned for its type. */
static const void *copy_items(struct arena *arena, struct slice bytes) {
    void *copy = arena_alloc(arena, bytes.size);
    if (bytes.size > 0) memcpy(copy, bytes.data, bytes.size);
    return copy;
}

struct lists { /* of the bytes, before they are checked */
    const struct program_order *orders;
};

static bool read_program(struct reader *reader, struct program *program, struct lists *lists,
                         struct arena *arena) {
    if (reader_u8(reader) != PROGRAM_VERSION || reader_u8(reader) != 0) return false;
    program->register_count = reader_u16(reader);
    program->param_count = reader_u16(reader);
    program->filter = reader_u16(reader);
    program->limit = reader_u16(reader);
    for (uint32_t i = 0; i < SECTION_COUNT; i++) {
        program->sections[i].start = reader_u16(reader);
        program->sections[i].end = reader_u16(reader);
    }
    program->code_count = reader_u16(reader);
    program->type_count = reader_u16(reader);
    program->output_count = reader_u16(reader);
    program->group_count = reader_u16(reader);
    program->aggregate_count = reader_u16(reader);
    program->order_count = reader_u16(reader);
    bool bounded =
        program->register_count <= PROGRAM_REGISTER_COUNT_MAX &&
        program->param_count <= PROGRAM_PARAM_COUNT_MAX &&
        program->code_count <= PROGRAM_CODE_COUNT_MAX &&
        program->type_count <= PROGRAM_LIST_COUNT_MAX &&
        program->output_count <= PROGRAM_LIST_COUNT_MAX &&
        (uint32_t)program->group_count + program->aggregate_count <= PROGRAM_LIST_COUNT_MAX &&
        program->order_count <= PROGRAM_LIST_COUNT_MAX;
    if (reader->failed || !bounded) return false;
    program->code =
        copy_items(arena, take_items(reader, program->code_count, sizeof(struct program_code)));
    struct column_type *types = arena_array(arena, struct column_type, program->type_count);
    for (uint32_t i = 0; i < program->type_count && !reader->failed; i++) {
        column_type_decode(reader, arena, &types[i]);
    }
    program->types = types;
    size_t item = sizeof(struct program_output_item);
    struct slice outputs = take_items(reader, program->output_count, item);
    struct slice groups = take_items(reader, program->group_count, item);
    program->outputs = copy_items(arena, program->output_count > 0 ? outputs : groups);
    program->aggregates = copy_items(
        arena, take_items(reader, program->aggregate_count, sizeof(struct program_aggregate)));
    lists->orders =
        copy_items(arena, take_items(reader, program->order_count, sizeof(struct program_order)));
    return !reader->failed && reader_left(reader) == 0;
}

/* --- checking --- */

/* (P1) */
static bool operand_legal(const struct program *program, program_operand operand) {
    uint32_t index = operand & 0x3fff;
    switch (operand & 0xc000) {
    case OPERAND_REGISTER: return index < program->register_count;
    case OPERAND_PARAM: return index < program->param_count;
    case OPERAND_COLUMN: return index < program->input->column_count;
    default: return false;
    }
}

static bool dst_legal(const struct program *program, const struct program_code *code) {
    return code->dst < program->register_count;
}

static bool collation_legal(uint16_t id) {
    return id == COLLATION_NONE || collation_find(id) != NULL;
}

static bool in_legal(const struct program *program, const struct program_code *code) {
    uint32_t first = code->b & 0x3fff;
    return (code->b & 0xc000) == OPERAND_PARAM && code->d > 0 &&
           first + code->d <= program->param_count;
}

/* `place` is the instruction's own. */
static bool code_legal(const struct program *program, uint32_t place,
                       enum program_section section) {
    const struct program_code *code = &program->code[place];
    if (code->op >= PROGRAM_OP_COUNT) return false;
    bool a_legal = operand_legal(program, code->a), b_legal = operand_legal(program, code->b);
    switch ((enum program_op)code->op) {
    case PROGRAM_EQ:
    case PROGRAM_NE:
    case PROGRAM_LT:
    case PROGRAM_LE:
    case PROGRAM_GT:
    case PROGRAM_GE:
    case PROGRAM_NULL_SAFE_EQ:
    case PROGRAM_LIKE:
        return a_legal && b_legal && dst_legal(program, code) && collation_legal(code->c);
    case PROGRAM_AND:
    case PROGRAM_OR:
    case PROGRAM_XOR: return a_legal && b_legal && dst_legal(program, code);
    case PROGRAM_ARITHMETIC:
        return a_legal && b_legal && dst_legal(program, code) && code->aux < ARITHMETIC_OP_COUNT;
    case PROGRAM_MOVE:
    case PROGRAM_NOT:
    case PROGRAM_IS_NULL:
    case PROGRAM_IS_NOT_NULL:
    case PROGRAM_IS_TRUE:
    case PROGRAM_IS_FALSE:
    case PROGRAM_NEGATE:
    case PROGRAM_BIT_NOT: return a_legal && dst_legal(program, code);
    case PROGRAM_IN:
        return a_legal && in_legal(program, code) && dst_legal(program, code) &&
               collation_legal(code->c);
    case PROGRAM_CAST: return a_legal && dst_legal(program, code) && code->d < program->type_count;
    case PROGRAM_JUMP: return code->d > place && code->d <= program->sections[section].end;
    case PROGRAM_JUMP_IF_TRUE:
    case PROGRAM_JUMP_IF_FALSE:
    case PROGRAM_JUMP_UNLESS_TRUE:
    case PROGRAM_JUMP_IF_NULL:
    case PROGRAM_JUMP_IF_NOT_NULL: /* (P2) */
        return a_legal && code->d > place && code->d <= program->sections[section].end;
    case PROGRAM_STORE: /* (P3) */
        return a_legal && section == SECTION_ASSIGN && code->d < program->input->column_count;
    }
    return false;
}

static bool sections_legal(const struct program *program) {
    uint32_t covered = 0;
    for (uint32_t i = 0; i < SECTION_COUNT; i++) {
        struct program_section_range range = program->sections[i];
        if (range.start > range.end || range.end > program->code_count) return false;
        covered += range.end - range.start;
        for (uint32_t place = range.start; place < range.end; place++) {
            if (!code_legal(program, place, (enum program_section)i)) return false;
        }
    }
    return covered == program->code_count;
}

static bool aggregate_legal(const struct program *program, const struct program_aggregate *item) {
    if (item->function >= AGGREGATE_FUNCTION_COUNT || item->type >= program->type_count) {
        return false;
    }
    uint8_t kind = program->types[item->type].kind;
    bool is_unsigned = column_type_is_unsigned(&program->types[item->type]);
    switch ((enum aggregate_function)item->function) {
    case AGGREGATE_COUNT_ROWS: return item->operand == OPERAND_NONE && kind == COLUMN_BIGINT;
    case AGGREGATE_COUNT: return operand_legal(program, item->operand) && kind == COLUMN_BIGINT;
    case AGGREGATE_BIT_AND:
    case AGGREGATE_BIT_OR:
    case AGGREGATE_BIT_XOR:
        return operand_legal(program, item->operand) && kind == COLUMN_BIGINT && is_unsigned;
    case AGGREGATE_SUM:
        return operand_legal(program, item->operand) &&
               (kind == COLUMN_DECIMAL || kind == COLUMN_DOUBLE);
    case AGGREGATE_MIN:
    case AGGREGATE_MAX:
    case AGGREGATE_FIRST: return operand_legal(program, item->operand);
    }
    return false;
}

static bool lists_legal(const struct program *program) {
    bool has_groups = program->group_count > 0 || program->aggregate_count > 0;
    if (program->output_count > 0 && has_groups) return false; /* (P4) */
    uint32_t items = MAX(program->output_count, program->group_count);
    for (uint32_t i = 0; i < items; i++) {
        const struct program_output_item *item = &program->outputs[i];
        if (!operand_legal(program, item->operand) || item->type >= program->type_count) {
            return false;
        }
    }
    for (uint32_t i = 0; i < program->aggregate_count; i++) {
        if (!aggregate_legal(program, &program->aggregates[i])) return false;
    }
    bool filter_legal = program->filter == OPERAND_NONE || operand_legal(program, program->filter);
    bool limit_legal =
        program->limit == OPERAND_NONE ||
        ((program->limit & 0xc000) == OPERAND_PARAM && operand_legal(program, program->limit));
    return filter_legal && limit_legal;
}

/* --- what is derived --- */

static void derive_output(struct program *program, struct arena *arena) {
    uint32_t items = MAX(program->output_count, program->group_count);
    uint32_t count = items + program->aggregate_count;
    program->output = program->input;
    if (count == 0) return;
    struct column_type *types = arena_array(arena, struct column_type, count);
    uint16_t *columns = arena_array(arena, uint16_t, count);
    bool plain = program->output_count > 0;
    for (uint32_t i = 0; i < items; i++) {
        program_operand operand = program->outputs[i].operand;
        types[i] = *program_type(program, program->outputs[i].type);
        columns[i] = operand & 0x3fff;
        plain = plain && (operand & 0xc000) == OPERAND_COLUMN &&
                program_type_same(&types[i], &program->input->columns[columns[i]].type);
    }
    for (uint32_t i = 0; i < program->aggregate_count; i++) {
        types[items + i] = *program_type(program, program->aggregates[i].type);
    }
    program->output = row_layout_of_types(types, count, arena);
    if (plain) program->plain_columns = columns;
}

/* False when an order names no column of the output (P4). */
static bool derive_order(struct program *program, const struct lists *lists, struct arena *arena) {
    if (program->order_count == 0) return true;
    struct key_part *parts = arena_array(arena, struct key_part, program->order_count);
    for (uint32_t i = 0; i < program->order_count; i++) {
        const struct program_order *order = &lists->orders[i];
        if (order->column >= program->output->column_count) return false;
        if ((order->flags & ~INDEX_PART_DESCENDING) != 0) return false;
        parts[i] = (struct key_part){order->column, order->flags, 0};
    }
    program->order = key_layout_of_parts(program->output, parts, program->order_count, arena);
    return true;
}

static void derive_assigned(struct program *program, struct arena *arena) {
    struct program_section_range range = program->sections[SECTION_ASSIGN];
    uint32_t column_count = program->input->column_count, count = 0;
    if (range.start == range.end) return;
    uint8_t *is_assigned = arena_alloc_zeroed(arena, column_count);
    for (uint32_t i = range.start; i < range.end; i++) {
        if (program->code[i].op == PROGRAM_STORE) is_assigned[program->code[i].d] = 1;
    }
    uint16_t *columns = arena_array(arena, uint16_t, column_count);
    for (uint32_t i = 0; i < column_count; i++) {
        if (is_assigned[i]) columns[count++] = (uint16_t)i;
    }
    program->assigned = columns;
    program->assigned_count = count;
}

enum status program_open(struct slice bytes, const struct row_layout *input, struct arena *arena,
                         struct program **out) {
    struct program *program = arena_new(arena, struct program);
    struct reader reader = reader_of(bytes);
    struct lists lists = {NULL};
    *out = NULL;
    program->input = input;
    if (bytes.size > PROGRAM_BYTES_MAX) return STATUS_CORRUPT;
    if (!read_program(&reader, program, &lists, arena)) return STATUS_CORRUPT;
    if (!sections_legal(program) || !lists_legal(program)) return STATUS_CORRUPT;
    derive_output(program, arena);
    if (!derive_order(program, &lists, arena)) return STATUS_CORRUPT;
    derive_assigned(program, arena);
    *out = program;
    return STATUS_OK;
}

/* --- asking --- */

bool program_has_filter(const struct program *program) { return program->filter != OPERAND_NONE; }
bool program_has_assignments(const struct program *program) { return program->assigned_count > 0; }
bool program_has_outputs(const struct program *program) {
    return program->output != program->input;
}
bool program_has_groups(const struct program *program) {
    return program->group_count > 0 || program->aggregate_count > 0;
}
bool program_is_collected(const struct program *program) {
    return program_has_groups(program) || program->order != NULL;
}
uint32_t program_param_count(const struct program *program) { return program->param_count; }
const struct row_layout *program_output_layout(const struct program *program) {
    return program->output;
}
const uint16_t *program_assigned_columns(const struct program *program, uint32_t *count_out) {
    *count_out = program->assigned_count;
    return program->assigned;
}
