/* program_builder.c: a planner's expressions become the bytes of a program.
 *
 * Every emitted expression gets a register of its own; they are many and small, and the interpreter
 * clears only those that a program has. Limits are remembered, not answered at once, so a planner
 * emits without looking and asks once, at the end.
 */
#include "row/program_private.h"

#define JUMP_NOT_LANDED 0xffff

void program_builder_open(struct program_builder *builder, struct arena *arena,
                          uint32_t column_count) {
    *builder = (struct program_builder){
        .arena = arena,
        .code = buffer_of(arena),
        .types = buffer_of(arena),
        .outputs = buffer_of(arena),
        .groups = buffer_of(arena),
        .aggregates = buffer_of(arena),
        .orders = buffer_of(arena),
        .column_count = column_count,
        .section = SECTION_COUNT,
        .filter = OPERAND_NONE,
        .limit = OPERAND_NONE,
    };
}

static uint32_t code_count(const struct program_builder *builder) {
    return (uint32_t)(builder->code.size / sizeof(struct program_code));
}

void program_begin(struct program_builder *builder, enum program_section section) {
    CHECK(builder->section == SECTION_COUNT || section > builder->section);
    builder->section = section;
    builder->section_start[section] = code_count(builder);
    builder->section_end[section] = code_count(builder);
}

static void note_operand(struct program_builder *builder, program_operand operand) {
    if (operand == OPERAND_NONE) return;
    uint32_t index = operand & 0x3fff;
    if ((operand & 0xc000) == OPERAND_PARAM) {
        builder->param_count = MAX(builder->param_count, index + 1);
    } else if ((operand & 0xc000) == OPERAND_COLUMN) {
        CHECK(index < builder->column_count);
    } else {
        CHECK(operand < OPERAND_PARAM);
    }
}

program_operand program_new_register(struct program_builder *builder) {
    if (builder->register_count == PROGRAM_REGISTER_COUNT_MAX) {
        builder->too_large = true;
        return 0;
    }
    return (program_operand)(OPERAND_REGISTER | builder->register_count++);
}

static void emit(struct program_builder *builder, struct program_code code) {
    CHECK(builder->section < SECTION_COUNT);
    note_operand(builder, code.a);
    if (code_count(builder) == PROGRAM_CODE_COUNT_MAX) {
        builder->too_large = true;
        return;
    }
    buffer_append(&builder->code, slice_of(&code, sizeof(code)));
    builder->section_end[builder->section] = code_count(builder);
}

/* An instruction with a fresh result. */
static program_operand emit_result(struct program_builder *builder, struct program_code code) {
    code.dst = program_new_register(builder);
    emit(builder, code);
    return code.dst;
}

program_operand program_emit_compare(struct program_builder *builder, enum program_op op,
                                     program_operand a, program_operand b, uint16_t collation) {
    CHECK(op >= PROGRAM_EQ && op <= PROGRAM_NULL_SAFE_EQ);
    note_operand(builder, b);
    return emit_result(builder,
                       (struct program_code){.op = (uint8_t)op, .a = a, .b = b, .c = collation});
}

program_operand program_emit_logic(struct program_builder *builder, enum program_op op,
                                   program_operand a, program_operand b) {
    CHECK(op >= PROGRAM_AND && op <= PROGRAM_XOR);
    note_operand(builder, b);
    return emit_result(builder, (struct program_code){.op = (uint8_t)op, .a = a, .b = b});
}

program_operand program_emit_unary(struct program_builder *builder, enum program_op op,
                                   program_operand a) {
    CHECK((op >= PROGRAM_NOT && op <= PROGRAM_IS_FALSE) || op == PROGRAM_NEGATE ||
          op == PROGRAM_BIT_NOT);
    return emit_result(builder, (struct program_code){.op = (uint8_t)op, .a = a});
}

program_operand program_emit_arithmetic(struct program_builder *builder, enum arithmetic_op op,
                                        program_operand a, program_operand b) {
    note_operand(builder, b);
    return emit_result(builder, (struct program_code){
                                    .op = PROGRAM_ARITHMETIC, .aux = (uint8_t)op, .a = a, .b = b});
}

program_operand program_emit_in(struct program_builder *builder, program_operand a,
                                const struct program_in_list *list) {
    if (list->count == 0 || list->first_param + list->count > PROGRAM_PARAM_COUNT_MAX) {
        builder->too_large = true;
        return 0;
    }
    note_operand(builder, operand_param(list->first_param + list->count - 1));
    return emit_result(builder, (struct program_code){.op = PROGRAM_IN,
                                                      .a = a,
                                                      .b = operand_param(list->first_param),
                                                      .c = list->collation,
                                                      .d = (uint16_t)list->count});
}

program_operand program_emit_like(struct program_builder *builder, program_operand a,
                                  program_operand pattern, uint16_t collation, uint16_t escape) {
    note_operand(builder, pattern);
    return emit_result(builder,
                       (struct program_code){
                           .op = PROGRAM_LIKE, .a = a, .b = pattern, .c = collation, .d = escape});
}

/* The type's number; equal types are kept once. */
static uint16_t type_number(struct program_builder *builder, const struct column_type *type) {
    uint32_t count = (uint32_t)(builder->types.size / sizeof(*type));
    for (uint32_t i = 0; i < count; i++) {
        struct column_type known;
        memcpy(&known, builder->types.data + i * sizeof(known), sizeof(known));
        bool same = program_type_same(&known, type) && known.members == type->members;
        if (same) return (uint16_t)i;
    }
    if (count == PROGRAM_LIST_COUNT_MAX) {
        builder->too_large = true;
        return 0;
    }
    buffer_append(&builder->types, slice_of(type, sizeof(*type)));
    return (uint16_t)count;
}

program_operand program_emit_cast(struct program_builder *builder, program_operand a,
                                  const struct column_type *type) {
    uint16_t number = type_number(builder, type);
    return emit_result(builder, (struct program_code){.op = PROGRAM_CAST, .a = a, .d = number});
}

void program_emit_move(struct program_builder *builder, program_operand to, program_operand from) {
    emit(builder, (struct program_code){.op = PROGRAM_MOVE, .dst = to, .a = from});
}

uint32_t program_emit_jump(struct program_builder *builder, enum program_op op, program_operand a) {
    CHECK(op >= PROGRAM_JUMP && op <= PROGRAM_JUMP_IF_NOT_NULL);
    uint32_t jump = code_count(builder);
    emit(builder, (struct program_code){.op = (uint8_t)op, .a = a, .d = JUMP_NOT_LANDED});
    return jump;
}

void program_land(struct program_builder *builder, uint32_t jump) {
    if (builder->too_large) return;
    CHECK(jump < code_count(builder));
    struct program_code code;
    uint8_t *at = builder->code.data + jump * sizeof(code);
    memcpy(&code, at, sizeof(code));
    CHECK(code.d == JUMP_NOT_LANDED);
    code.d = (uint16_t)code_count(builder);
    memcpy(at, &code, sizeof(code));
}

/* --- lists --- */

void program_set_filter(struct program_builder *builder, program_operand condition) {
    note_operand(builder, condition);
    builder->filter = condition;
}

static void add_item(struct program_builder *builder, struct buffer *list, const void *item,
                     size_t size) {
    if (list->size / size == PROGRAM_LIST_COUNT_MAX) {
        builder->too_large = true;
        return;
    }
    buffer_append(list, slice_of(item, size));
}

void program_add_output(struct program_builder *builder, program_operand operand,
                        const struct column_type *type) {
    note_operand(builder, operand);
    struct program_output_item item = {operand, type_number(builder, type)};
    add_item(builder, &builder->outputs, &item, sizeof(item));
}

void program_add_group(struct program_builder *builder, program_operand operand,
                       const struct column_type *type) {
    note_operand(builder, operand);
    struct program_output_item item = {operand, type_number(builder, type)};
    add_item(builder, &builder->groups, &item, sizeof(item));
}

void program_add_aggregate(struct program_builder *builder, enum aggregate_function function,
                           program_operand operand, const struct column_type *type) {
    note_operand(builder, operand);
    struct program_aggregate item = {(uint16_t)function, operand, type_number(builder, type)};
    add_item(builder, &builder->aggregates, &item, sizeof(item));
}

void program_add_assignment(struct program_builder *builder, uint32_t column,
                            program_operand operand) {
    CHECK(builder->section == SECTION_ASSIGN && column < builder->column_count);
    emit(builder, (struct program_code){.op = PROGRAM_STORE, .a = operand, .d = (uint16_t)column});
}

void program_add_order(struct program_builder *builder, uint32_t output_column, uint16_t flags) {
    struct program_order item = {(uint16_t)output_column, flags};
    add_item(builder, &builder->orders, &item, sizeof(item));
}

void program_set_limit(struct program_builder *builder, program_operand param) {
    CHECK((param & 0xc000) == OPERAND_PARAM);
    note_operand(builder, param);
    builder->limit = param;
}

/* --- bytes --- */

static void put_u16(struct buffer *out, uint32_t number) {
    uint8_t bytes[2];
    CHECK(number <= UINT16_MAX);
    store_le16(bytes, (uint16_t)number);
    buffer_append(out, slice_of(bytes, sizeof(bytes)));
}

enum status program_builder_finish(struct program_builder *builder, struct buffer *out) {
    bool exclusive =
        builder->outputs.size == 0 || (builder->groups.size == 0 && builder->aggregates.size == 0);
    CHECK(exclusive);
    if (builder->too_large) return STATUS_TOO_LARGE;
    size_t start = out->size;
    buffer_append_byte(out, PROGRAM_VERSION);
    buffer_append_byte(out, 0);
    put_u16(out, builder->register_count);
    put_u16(out, builder->param_count);
    put_u16(out, builder->filter);
    put_u16(out, builder->limit);
    for (uint32_t i = 0; i < SECTION_COUNT; i++) {
        put_u16(out, builder->section_start[i]);
        put_u16(out, builder->section_end[i]);
    }
    size_t type_count = builder->types.size / sizeof(struct column_type);
    put_u16(out, code_count(builder));
    put_u16(out, (uint32_t)type_count);
    put_u16(out, (uint32_t)(builder->outputs.size / sizeof(struct program_output_item)));
    put_u16(out, (uint32_t)(builder->groups.size / sizeof(struct program_output_item)));
    put_u16(out, (uint32_t)(builder->aggregates.size / sizeof(struct program_aggregate)));
    put_u16(out, (uint32_t)(builder->orders.size / sizeof(struct program_order)));
    buffer_append(out, buffer_slice(&builder->code));
    for (size_t i = 0; i < type_count; i++) {
        struct column_type type;
        memcpy(&type, builder->types.data + i * sizeof(type), sizeof(type));
        column_type_encode(&type, out);
    }
    buffer_append(out, buffer_slice(&builder->outputs));
    buffer_append(out, buffer_slice(&builder->groups));
    buffer_append(out, buffer_slice(&builder->aggregates));
    buffer_append(out, buffer_slice(&builder->orders));
    return out->size - start > PROGRAM_BYTES_MAX ? STATUS_TOO_LARGE : STATUS_OK;
}
