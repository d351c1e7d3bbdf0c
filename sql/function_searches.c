/* function_searches.c: FIELD to SUBSTRING_INDEX: where is one text in another, and how do two compare?
 *
 * Places are in characters, from 1; 0 is nowhere.
 *   (H1) A text is found where as many bytes of the other are equal to it under the collation: what MySQL does for multi-byte
 *        character sets. So a match is as long as what was searched for.
 */
#include "sql/function_private.h"

/* ---- finding ---- */

static bool is_equal_at(const struct expr *expr, struct slice part, struct slice what) {
    if (part.size < what.size) return false;
    if (memcmp(part.data, what.data, what.size) == 0) return true;
    if (collation_find(expr->collation)->is_binary) return false;
    return collation_equal(expr->collation, slice_part(part, 0, what.size), what); /* (H1) */
}

/* The place at or behind character `from` (from 1), 0 for none. */
static int64_t find(const struct expr *expr, struct slice text, struct slice what, int64_t from) {
    uint8_t charset = function_charset(expr);
    if (from < 1) return 0;
    size_t chars = charset_length(charset, text);
    if ((uint64_t)from > (uint64_t)chars + 1) return 0;
    size_t start = charset_offset(charset, text, (size_t)from - 1);
    if (what.size == 0) return from;
    struct slice rest = slice_part(text, start, text.size);
    for (int64_t place = from; rest.size >= what.size; place++) {
        if (is_equal_at(expr, rest, what)) return place;
        rest = slice_part(rest, function_char_size(charset, rest), rest.size);
    }
    return 0;
}

static enum status resolve_find(struct function_call *call) {
    enum status status = coerce_texts_to_compare(call, 0, 2);
    function_type_int(call, 10);
    return status;
}

static enum status eval_instr(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "tt", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    *out = value_of_int(find(expr, in.args[0].text, in.args[1].text, 1));
    return STATUS_OK;
}

/* LOCATE(what, text, from). */
static enum status eval_locate(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "tti", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    int64_t from = expr->arg_count == 3 ? in.args[2].i : 1;
    *out = value_of_int(find(expr, in.args[1].text, in.args[0].text, from));
    return STATUS_OK;
}

/* ---- lists ---- */

static enum status eval_find_in_set(const struct expr *expr, struct eval_context *context,
                                    struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "tt", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice what = in.args[0].text, list = in.args[1].text;
    bool has_comma = what.size > 0 && memchr(what.data, ',', what.size) != NULL;
    *out = value_of_int(0);
    if (list.size == 0 || has_comma) return STATUS_OK;
    for (int64_t index = 1;; index++) {
        const uint8_t *comma = list.size == 0 ? NULL : memchr(list.data, ',', list.size);
        size_t size = comma == NULL ? list.size : (size_t)(comma - list.data);
        if (collation_equal(expr->collation, slice_part(list, 0, size), what)) {
            *out = value_of_int(index);
            return STATUS_OK;
        }
        if (comma == NULL) return STATUS_OK;
        list = slice_part(list, size + 1, list.size);
    }
}

/* FIELD compares all as texts when all are, all as numbers when all are, else as doubles. */
static enum status resolve_field(struct function_call *call) {
    struct expr *expr = call->expr;
    struct column_type number = column_type_double();
    bool is_text = true, is_number = true;
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        const struct column_type *type = &expr->args[i]->type;
        is_number = is_number && (column_kind_is_numeric(type->kind) || type->kind == COLUMN_NULL);
        is_text = is_text && !column_kind_is_numeric(type->kind);
    }
    enum status status = STATUS_OK;
    if (is_text) status = coerce_texts_to_compare(call, 0, expr->arg_count);
    for (uint32_t i = 0; i < expr->arg_count && !is_text && !is_number; i++) {
        expr->args[i] = coerce_cast(call->arena, expr->args[i], &number);
    }
    function_type_int(call, 3);
    return status;
}

static enum status eval_field(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    struct value what, item;
    *out = value_of_int(0);
    enum status status = expr_eval(expr->args[0], context, &what);
    if (status != STATUS_OK || value_is_null(&what)) return status;
    for (uint32_t i = 1; i < expr->arg_count; i++) {
        status = expr_eval(expr->args[i], context, &item);
        if (status != STATUS_OK) return status;
        int order = 1;
        bool is_comparable =
            !value_is_null(&item) &&
            value_compare_under(&what, &item, expr->collation, &order) == STATUS_OK;
        if (!is_comparable || order != 0) continue;
        *out = value_of_int((int64_t)i);
        return STATUS_OK;
    }
    return STATUS_OK;
}

/* ---- comparing ---- */

static enum status resolve_strcmp(struct function_call *call) {
    enum status status = coerce_texts_to_compare(call, 0, 2);
    function_type_int(call, 2);
    return status;
}

static enum status eval_strcmp(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "tt", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    int order = collation_compare(expr->collation, in.args[0].text, in.args[1].text);
    *out = value_of_int((order > 0) - (order < 0));
    return STATUS_OK;
}

/* ---- up to a delimiter ---- */

static enum status resolve_substring_index(struct function_call *call) {
    uint32_t length = coerce_text_length(call->expr->args[0]);
    enum status status = coerce_texts_to_compare(call, 0, 2);
    function_type_derived(call, length);
    return status;
}

/* Where the delimiter is for the count-th time, by bytes; the text's size when it is not so often there. */
static size_t nth_from_left(uint8_t charset, struct slice text, struct slice mark, int64_t count) {
    struct slice rest = text;
    while (rest.size >= mark.size) {
        bool is_here = memcmp(rest.data, mark.data, mark.size) == 0;
        if (is_here && --count == 0) return text.size - rest.size;
        size_t step = is_here ? mark.size : function_char_size(charset, rest);
        rest = slice_part(rest, step, rest.size);
    }
    return text.size;
}

/* The same from the end: behind the delimiter; 0 when it is not so often there. */
static size_t nth_from_right(uint8_t charset, struct slice text, struct slice mark, int64_t count) {
    size_t end = text.size;
    bool is_one_byte = charset_find(charset)->bytes_per_char_max == 1;
    while (end >= mark.size) {
        size_t at = end - mark.size;
        bool starts_char = is_one_byte || (mark.data[0] & 0xc0) != 0x80;
        bool is_here = starts_char && memcmp(text.data + at, mark.data, mark.size) == 0;
        if (is_here && --count == 0) return end;
        end = is_here ? at : end - 1;
    }
    return 0;
}

static enum status eval_substring_index(const struct expr *expr, struct eval_context *context,
                                        struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "tti", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice text = in.args[0].text, mark = in.args[1].text;
    int64_t count = MAX(in.args[2].i, -INT64_MAX);
    uint8_t charset = function_charset(expr);
    struct slice part = SLICE_EMPTY;
    if (mark.size == 0 || count == 0)
        part = SLICE_EMPTY;
    else if (count > 0)
        part = slice_part(text, 0, nth_from_left(charset, text, mark, count));
    else
        part = slice_part(text, nth_from_right(charset, text, mark, -count), text.size);
    *out = function_text_result(expr, part);
    return STATUS_OK;
}

static const struct function functions[] = {
    {"FIELD", FUNCTION_SCALAR, 2, FUNCTION_ARGS_ANY, FUNCTION_TAKES_NULL | FUNCTION_NEVER_NULL,
     resolve_field, eval_field, 0},
    {"FIND_IN_SET", FUNCTION_SCALAR, 2, 2, 0, resolve_find, eval_find_in_set, 0},
    {"INSTR", FUNCTION_SCALAR, 2, 2, 0, resolve_find, eval_instr, 0},
    {"LOCATE", FUNCTION_SCALAR, 2, 3, 0, resolve_find, eval_locate, 0},
    {"POSITION", FUNCTION_SCALAR, 2, 2, 0, resolve_find, eval_locate, 0},
    {"STRCMP", FUNCTION_SCALAR, 2, 2, 0, resolve_strcmp, eval_strcmp, 0},
    {"SUBSTRING_INDEX", FUNCTION_SCALAR, 3, 3, 0, resolve_substring_index, eval_substring_index, 0},
};
const struct function_list function_searches = {functions, ARRAY_COUNT(functions)};
