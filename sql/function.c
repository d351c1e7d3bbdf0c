/* function.c: which function has this name, and what do all functions do with their args?
 *
 * Each function_*.c has a list that is sorted by name; a name is looked for in one after the other, by halves.
 * Binding is the only time, so a few more string comparisons do not matter.
 *   (L1) Every list is ascending by name and no name is in two lists: test_function.c walks them.
 */
#include "sql/function.h"

#include "sql/coerce.h"
#include "sql/expr_private.h"

static const struct function_list *const lists[] = {
    &function_aggregates, &function_control, &function_facts, &function_numbers, &function_windows,
    &function_strings, &function_searches, &function_codes, &function_clocks, &function_times,
    &function_shifts, &function_formats, &function_zones, &function_digests,
    &function_networks,   &function_regexps, &function_json,
};

static int name_compare(struct slice name, const char *upper) {
    for (size_t i = 0; i < name.size; i++) {
        int letter = name.data[i];
        if (letter >= 'a' && letter <= 'z') letter -= 'a' - 'A';
        if (letter != (unsigned char)upper[i]) return letter - (unsigned char)upper[i];
    }
    return upper[name.size] == '\0' ? 0 : -1;
}

static const struct function *find_in(const struct function_list *list, struct slice name) {
    uint32_t low = 0, high = list->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int order = name_compare(name, list->functions[middle].name);
        if (order == 0) return &list->functions[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct function *function_find(struct slice name) {
    for (size_t i = 0; i < ARRAY_COUNT(lists); i++) {
        const struct function *function = find_in(lists[i], name);
        if (function != NULL) return function;
    }
    return NULL;
}

const struct function_list *function_list_at(size_t index) {
    return index < ARRAY_COUNT(lists) ? lists[index] : NULL;
}

const char *function_name(const struct function *function) { return function->name; }

/* ---- args ---- */

enum status function_args(const struct expr *expr, struct eval_context *context, struct value *args,
                          bool *is_null_out) {
    bool takes_null = (expr->function->flags & FUNCTION_TAKES_NULL) != 0;
    *is_null_out = false;
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        enum status status = expr_eval(expr->args[i], context, &args[i]);
        if (status != STATUS_OK) return status;
        if (!value_is_null(&args[i])) continue;
        *is_null_out = true;
        if (!takes_null) return STATUS_OK; /* (F3) */
    }
    return STATUS_OK;
}

enum status function_text(struct eval_context *context, const struct value *arg,
                          struct slice *out) {
    CHECK(!value_is_null(arg));
    if (arg->kind == VALUE_STRING || arg->kind == VALUE_JSON) {
        *out = value_slice(arg);
    } else {
        *out = value_text(arg, arena_alloc(context->arena, VALUE_TEXT_BYTES_MAX));
    }
    return STATUS_OK;
}

/* What is not quite a number is a warning, and its number stands. */
static enum status tell_number(struct eval_context *context, const char *what,
                               const struct value *arg, enum status status) {
    if (status == STATUS_OK) return STATUS_OK;
    CHECK(status == STATUS_TRUNCATED || status == STATUS_INVALID || status == STATUS_OUT_OF_RANGE);
    if (arg->kind == VALUE_STRING) expr_tell_truncated(context, what, arg);
    return STATUS_OK;
}

enum status function_int(struct eval_context *context, const struct value *arg, int64_t *out) {
    if (arg->kind == VALUE_UINT) {
        *out = (int64_t)MIN(arg->u, (uint64_t)INT64_MAX);
        return STATUS_OK;
    }
    return tell_number(context, "INTEGER", arg, value_to_int(arg, out));
}

enum status function_double(struct eval_context *context, const struct value *arg, double *out) {
    return tell_number(context, "DOUBLE", arg, value_to_double(arg, out));
}

enum status function_decimal(struct eval_context *context, const struct value *arg,
                             struct decimal *out) {
    return tell_number(context, "DECIMAL", arg, value_to_decimal(arg, out));
}

struct value function_text_result(const struct expr *expr, struct slice bytes) {
    return value_of_string(bytes, expr->type.collation);
}

/* ---- resolving ---- */

enum status function_resolve_int(struct function_call *call) {
    call->expr->type = column_type_bigint(0);
    call->expr->coercibility = COERCE_NUMERIC;
    return STATUS_OK;
}

enum status function_resolve_bool(struct function_call *call) {
    call->expr->type = column_type_bigint(0);
    call->expr->type.length = 1;
    call->expr->coercibility = COERCE_NUMERIC;
    return STATUS_OK;
}

enum status function_resolve_double(struct function_call *call) {
    call->expr->type = column_type_double();
    call->expr->coercibility = COERCE_NUMERIC;
    return STATUS_OK;
}

void function_set_text(struct function_call *call, uint64_t length_chars, uint16_t collation,
                       enum coercibility coercibility) {
    call->expr->type = coerce_text_type(length_chars, collation);
    call->expr->collation = collation;
    call->expr->coercibility = (uint8_t)coercibility;
}
