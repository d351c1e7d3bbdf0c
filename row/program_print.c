/* program_print.c: a program as text, for EXPLAIN and traces.
 *
 * Straight code becomes expressions again: each register's text is kept while the section is
 * walked. Code with jumps (CASE, IF) is listed instruction by instruction instead.
 */
#include "row/program_private.h"

/* Longer ones stay a register's name, so that nested use cannot grow without bound. */
#define REGISTER_TEXT_BYTES_MAX 1000

struct printer {
    const struct program *program;
    const struct table_definition *table;
    const struct value *params;
    struct buffer *out;
    struct slice *registers; /* texts */
};

static const char *op_name(uint8_t op) {
#define PROGRAM_OP_NAME(name, number) [number] = #name,
    static const char *const names[PROGRAM_OP_COUNT] = {PROGRAM_OP_LIST(PROGRAM_OP_NAME)};
#undef PROGRAM_OP_NAME
    return names[op];
}

static const char *op_sign(uint8_t op) {
    switch (op) {
    case PROGRAM_EQ: return " = ";
    case PROGRAM_NE: return " <> ";
    case PROGRAM_LT: return " < ";
    case PROGRAM_LE: return " <= ";
    case PROGRAM_GT: return " > ";
    case PROGRAM_GE: return " >= ";
    case PROGRAM_NULL_SAFE_EQ: return " <=> ";
    case PROGRAM_AND: return " and ";
    case PROGRAM_OR: return " or ";
    case PROGRAM_XOR: return " xor ";
    case PROGRAM_LIKE: return " like ";
    default: return NULL;
    }
}

static void print_column(struct printer *printer, struct buffer *out, uint32_t column) {
    if (printer->table == NULL || column >= printer->table->column_count) {
        buffer_printf(out, "c%u", column);
        return;
    }
    buffer_printf(out, "`");
    buffer_append(out, printer->table->columns[column].name);
    buffer_printf(out, "`");
}

static void print_operand(struct printer *printer, struct buffer *out, program_operand operand) {
    uint32_t index = operand & 0x3fff;
    switch (operand & 0xc000) {
    case OPERAND_PARAM:
        if (printer->params == NULL) {
            buffer_printf(out, "?%u", index + 1);
        } else {
            value_print(&printer->params[index], out);
        }
        return;
    case OPERAND_COLUMN: print_column(printer, out, index); return;
    case OPERAND_REGISTER:
        if (printer->registers[index].size == 0 ||
            printer->registers[index].size > REGISTER_TEXT_BYTES_MAX) {
            buffer_printf(out, "r%u", index);
        } else {
            buffer_append(out, printer->registers[index]);
        }
        return;
    default: buffer_printf(out, "*"); return;
    }
}

static void print_in(struct printer *printer, struct buffer *out, const struct program_code *code) {
    print_operand(printer, out, code->a);
    buffer_printf(out, " in (");
    for (uint32_t i = 0; i < code->d; i++) {
        if (i > 0) buffer_printf(out, ", ");
        print_operand(printer, out, (program_operand)(code->b + i));
    }
    buffer_printf(out, ")");
}

/* The text of what the instruction computes. */
static struct slice expression_text(struct printer *printer, const struct program_code *code) {
    struct buffer text = buffer_of(printer->out->arena);
    const char *sign = op_sign(code->op);
    if (code->op == PROGRAM_ARITHMETIC) sign = arithmetic_op_text((enum arithmetic_op)code->aux);
    if (sign != NULL) {
        buffer_printf(&text, "(");
        print_operand(printer, &text, code->a);
        buffer_printf(&text, "%s", sign);
        print_operand(printer, &text, code->b);
        buffer_printf(&text, ")");
        return buffer_slice(&text);
    }
    if (code->op == PROGRAM_IN) {
        print_in(printer, &text, code);
        return buffer_slice(&text);
    }
    if (code->op == PROGRAM_CAST) {
        buffer_printf(&text, "cast(");
        print_operand(printer, &text, code->a);
        buffer_printf(&text, " as ");
        column_type_print(program_type(printer->program, code->d), &text);
        buffer_printf(&text, ")");
        return buffer_slice(&text);
    }
    bool is_postfix = code->op >= PROGRAM_IS_NULL && code->op <= PROGRAM_IS_FALSE;
    static const char *const postfixes[] = {" is null", " is not null", " is true", " is false"};
    const char *prefix = code->op == PROGRAM_NOT       ? "not "
                         : code->op == PROGRAM_NEGATE  ? "-"
                         : code->op == PROGRAM_BIT_NOT ? "~"
                                                       : "";
    buffer_printf(&text, "%s", prefix);
    print_operand(printer, &text, code->a);
    if (is_postfix) buffer_printf(&text, "%s", postfixes[code->op - PROGRAM_IS_NULL]);
    return buffer_slice(&text);
}

static bool has_jumps(const struct program *program, enum program_section section) {
    struct program_section_range range = program->sections[section];
    for (uint32_t i = range.start; i < range.end; i++) {
        uint8_t op = program->code[i].op;
        if (op >= PROGRAM_JUMP && op <= PROGRAM_JUMP_IF_NOT_NULL) return true;
    }
    return false;
}

static void print_listing(struct printer *printer, enum program_section section) {
    struct program_section_range range = printer->program->sections[section];
    buffer_printf(printer->out, "{");
    for (uint32_t i = range.start; i < range.end; i++) {
        const struct program_code *code = &printer->program->code[i];
        buffer_printf(printer->out, "%s%u: ", i > range.start ? "; " : "", i);
        if (code->op >= PROGRAM_JUMP && code->op <= PROGRAM_JUMP_IF_NOT_NULL) {
            buffer_printf(printer->out, "%s %u", op_name(code->op), code->d);
            if (code->op == PROGRAM_JUMP) continue;
            buffer_printf(printer->out, " by ");
            print_operand(printer, printer->out, code->a);
        } else if (code->op == PROGRAM_STORE) {
            print_column(printer, printer->out, code->d);
            buffer_printf(printer->out, " = ");
            print_operand(printer, printer->out, code->a);
        } else {
            buffer_printf(printer->out, "r%u = ", code->dst);
            buffer_append(printer->out, expression_text(printer, code));
        }
    }
    buffer_printf(printer->out, "} ");
}

/* Walks the section, so that registers have their texts; assignments are printed on the way. */
static void print_section(struct printer *printer, enum program_section section) {
    struct program_section_range range = printer->program->sections[section];
    uint32_t count = printer->program->register_count;
    if (count > 0) memset(printer->registers, 0, count * sizeof(struct slice));
    if (has_jumps(printer->program, section)) {
        print_listing(printer, section);
        return;
    }
    const char *comma = " set ";
    for (uint32_t i = range.start; i < range.end; i++) {
        const struct program_code *code = &printer->program->code[i];
        if (code->op == PROGRAM_STORE) {
            buffer_printf(printer->out, "%s", comma);
            comma = ", ";
            print_column(printer, printer->out, code->d);
            buffer_printf(printer->out, " = ");
            print_operand(printer, printer->out, code->a);
        } else {
            printer->registers[code->dst] = expression_text(printer, code);
        }
    }
}

static void print_items(struct printer *printer, const char *title, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        buffer_printf(printer->out, "%s", i == 0 ? title : ", ");
        print_operand(printer, printer->out, printer->program->outputs[i].operand);
    }
}

static void print_aggregates(struct printer *printer) {
    static const char *const names[AGGREGATE_FUNCTION_COUNT] = {
        "count", "count", "sum", "min", "max", "bit_and", "bit_or", "bit_xor", "any_value"};
    for (uint32_t i = 0; i < printer->program->aggregate_count; i++) {
        const struct program_aggregate *item = &printer->program->aggregates[i];
        buffer_printf(printer->out, "%s%s(", i == 0 ? " aggregate " : ", ", names[item->function]);
        print_operand(printer, printer->out, item->operand);
        buffer_printf(printer->out, ")");
    }
}

void program_print(const struct program *program, const struct table_definition *table,
                   const struct value *params, struct buffer *out) {
    struct printer printer = {program, table, params, out, NULL};
    printer.registers = arena_array(out->arena, struct slice, program->register_count);
    if (program->filter != OPERAND_NONE) {
        buffer_printf(out, "filter ");
        print_section(&printer, SECTION_FILTER);
        print_operand(&printer, out, program->filter);
    }
    print_section(&printer, SECTION_OUTPUT);
    print_items(&printer, " output ", program->output_count);
    print_items(&printer, " group by ", program->group_count);
    print_aggregates(&printer);
    print_section(&printer, SECTION_ASSIGN);
    for (uint32_t i = 0; i < program->order_count; i++) {
        const struct key_part *part = &program->order->parts[i];
        bool descending = (part->flags & INDEX_PART_DESCENDING) != 0;
        buffer_printf(out, "%s%u%s", i == 0 ? " order by output " : ", ", part->column + 1,
                      descending ? " desc" : "");
    }
    if (program->limit != OPERAND_NONE) {
        buffer_printf(out, " limit ");
        print_operand(&printer, out, program->limit);
    }
}
