/* function_read.c: what does a function get of its args, and how does it say what it gives?
 *
 * Most functions want a few texts and integers and are NULL when one of them is NULL: function_read does all of that by a
 * shape like "tii". Those that stop early or take any number of args read them one by one.
 */
#include "sql/function_private.h"

static enum status arg_convert(struct eval_context *context, char shape, struct function_arg *arg) {
    switch (shape) {
    case 't': return function_text(context, &arg->value, &arg->text);
    case 'i': return function_int(context, &arg->value, &arg->i);
    case 'd': return function_double(context, &arg->value, &arg->d);
    default: return STATUS_OK;
    }
}

enum status function_read(const struct expr *expr, struct eval_context *context, const char *shape,
                          struct function_input *input, struct value *out) {
    struct value values[FUNCTION_READ_MAX];
    CHECK(expr->arg_count <= FUNCTION_READ_MAX);
    *out = value_null();
    bool has_null = false;
    enum status status = function_args(expr, context, values, &has_null);
    bool takes_null = (expr->function->flags & FUNCTION_TAKES_NULL) != 0;
    input->is_null = has_null && !takes_null;
    for (uint32_t i = 0; i < expr->arg_count && status == STATUS_OK && !input->is_null; i++) {
        input->args[i].value = values[i];
        if (!value_is_null(&values[i])) status = arg_convert(context, *shape, &input->args[i]);
        if (shape[1] != '\0') shape++;
    }
    return status;
}

enum status function_read_text(const struct expr *arg, struct eval_context *context,
                               struct slice *out, bool *is_null_out) {
    struct value value;
    enum status status = expr_eval(arg, context, &value);
    if (status != STATUS_OK) return status;
    *is_null_out = value_is_null(&value);
    *out = SLICE_EMPTY;
    return *is_null_out ? STATUS_OK : function_text(context, &value, out);
}

enum status function_read_int(const struct expr *arg, struct eval_context *context, int64_t *out,
                              bool *is_null_out) {
    struct value value;
    enum status status = expr_eval(arg, context, &value);
    if (status != STATUS_OK) return status;
    *is_null_out = value_is_null(&value);
    *out = 0;
    return *is_null_out ? STATUS_OK : function_int(context, &value, out);
}

const char *function_name_lower(const struct expr *expr, struct arena *arena) {
    char *name = arena_printf(arena, "%s", function_name(expr->function));
    for (char *at = name; *at != '\0'; at++) {
        if (*at >= 'A' && *at <= 'Z') *at = (char)(*at + ('a' - 'A'));
    }
    return name;
}

bool function_fits_packet(const struct expr *expr, struct eval_context *context, uint64_t bytes) {
    uint64_t bytes_max = MIN(context->packet_bytes_max, (uint64_t)UINT32_MAX);
    if (bytes <= bytes_max) return true;
    diagnostics_warn(context->diagnostics, CONDITION_WARNING, ER_WARN_ALLOWED_PACKET_OVERFLOWED,
                     function_name_lower(expr, context->arena), (long)bytes_max);
    return false;
}

uint8_t function_charset(const struct expr *expr) { return collation_charset(expr->collation)->id; }

size_t function_char_size(uint8_t charset, struct slice text) {
    return text.size == 0 ? 0 : charset_offset(charset, text, 1);
}

bool function_constant_int(const struct expr *arg, int64_t *out) {
    if (arg->kind != EXPR_CONSTANT || value_is_null(&arg->value)) return false;
    return value_to_int(&arg->value, out) == STATUS_OK;
}

void function_type_derived(struct function_call *call, uint64_t length_chars) {
    call->expr->type = coerce_text_type(length_chars, call->expr->collation);
}

void function_type_ascii(struct function_call *call, uint64_t length_chars) {
    function_set_text(call, length_chars, call->connection_collation, COERCE_LITERAL);
}

void function_type_bytes(struct function_call *call, uint64_t length) {
    function_set_text(call, length, COLLATION_BINARY, COERCE_LITERAL);
}

void function_type_int(struct function_call *call, uint32_t digits) {
    call->expr->type = column_type_bigint(0);
    call->expr->type.length = digits;
    call->expr->coercibility = COERCE_NUMERIC;
}

void function_texts(struct function_call *call, uint32_t from, uint32_t count) {
    struct expr *expr = call->expr;
    for (uint32_t i = from; i < from + count; i++) {
        if (!coerce_is_text(expr->args[i])) {
            expr->args[i] = coerce_text(call->arena, expr->args[i], call->connection_collation);
        }
    }
}
