/* function_strings.c: CONCAT to UPPER: functions that make a text of texts.
 *
 * All count in characters of the derived collation's character set: coerce_texts brings every text arg into it, so that the
 * code below cuts and joins bytes. A result that is a part of an arg borrows it.
 */
#include "sql/function_private.h"

/* ---- types ---- */

static uint64_t lengths(const struct function_call *call, uint32_t from, uint32_t count) {
    uint64_t sum = 0;
    for (uint32_t i = from; i < from + count; i++) sum += coerce_text_length(call->expr->args[i]);
    return sum;
}

/* As long as the first arg, which is the only text. */
static enum status resolve_like_first(struct function_call *call) {
    uint64_t length = lengths(call, 0, 1);
    enum status status = coerce_texts(call, 0, 1);
    function_type_derived(call, length);
    return status;
}

static enum status resolve_concat(struct function_call *call) {
    uint32_t count = call->expr->arg_count;
    uint64_t length = lengths(call, 0, count);
    enum status status = coerce_texts(call, 0, count);
    function_type_derived(call, length);
    return status;
}

static enum status resolve_concat_ws(struct function_call *call) {
    uint32_t count = call->expr->arg_count;
    uint64_t length = lengths(call, 1, count - 1);
    length += (uint64_t)coerce_text_length(call->expr->args[0]) * (count - 2);
    enum status status = coerce_texts(call, 0, count);
    function_type_derived(call, length);
    return status;
}

/* TRIM and its like: what is trimmed off is text, too. */
static enum status resolve_trim(struct function_call *call) {
    uint64_t length = lengths(call, 0, 1);
    enum status status = coerce_texts(call, 0, call->expr->arg_count);
    function_type_derived(call, length);
    return status;
}

/* LEFT, RIGHT, SUBSTR(text, place, length): no longer than a constant length says. */
static enum status resolve_part(struct function_call *call) {
    struct expr *expr = call->expr;
    uint64_t length = lengths(call, 0, 1);
    bool is_substring = expr->function->name[0] == 'S' || expr->function->name[0] == 'M';
    int64_t constant;
    bool is_known = (!is_substring || expr->arg_count == 3) &&
                    function_constant_int(expr->args[expr->arg_count - 1], &constant);
    if (is_known) length = MIN(length, (uint64_t)MAX(constant, INT64_C(0)));
    enum status status = coerce_texts(call, 0, 1);
    function_type_derived(call, length);
    return status;
}

#define TEXT_LENGTH_UNKNOWN (UINT32_MAX / 4)

static enum status resolve_repeat(struct function_call *call) {
    int64_t count;
    uint64_t length = TEXT_LENGTH_UNKNOWN;
    if (function_constant_int(call->expr->args[1], &count)) {
        uint64_t each = lengths(call, 0, 1);
        uint64_t times = MIN((uint64_t)MAX(count, INT64_C(0)), (uint64_t)TEXT_LENGTH_UNKNOWN);
        length = MIN(each * times, (uint64_t)TEXT_LENGTH_UNKNOWN);
    }
    enum status status = coerce_texts(call, 0, 1);
    function_type_derived(call, length);
    return status;
}

static uint64_t constant_length(const struct expr *arg) {
    int64_t length;
    if (!function_constant_int(arg, &length)) return TEXT_LENGTH_UNKNOWN;
    return MIN((uint64_t)MAX(length, INT64_C(0)), (uint64_t)TEXT_LENGTH_UNKNOWN);
}

static enum status resolve_space(struct function_call *call) {
    function_type_ascii(call, constant_length(call->expr->args[0]));
    return STATUS_OK;
}

/* LPAD and RPAD: texts are args 0 and 2; the length stands between them, so it changes places for a moment. */
static enum status resolve_pad(struct function_call *call) {
    struct expr **args = call->expr->args, *length = args[1];
    args[1] = args[2];
    args[2] = length;
    enum status status = coerce_texts(call, 0, 2);
    args[2] = args[1];
    args[1] = length;
    function_type_derived(call, constant_length(length));
    return status;
}

/* INSERT(text, place, length, new). */
static enum status resolve_insert(struct function_call *call) {
    struct expr **args = call->expr->args, *place = args[1];
    uint64_t length = lengths(call, 0, 1) + lengths(call, 3, 1);
    args[1] = args[3];
    enum status status = coerce_texts(call, 0, 2);
    args[3] = args[1];
    args[1] = place;
    function_type_derived(call, length);
    return status;
}

static enum status resolve_replace(struct function_call *call) {
    uint64_t length = lengths(call, 0, 1);
    uint64_t new_length = lengths(call, 2, 1);
    if (new_length > 1) length = MIN(length * new_length, (uint64_t)TEXT_LENGTH_UNKNOWN);
    enum status status = coerce_texts(call, 0, 3);
    function_type_derived(call, length);
    return status;
}

static enum status resolve_quote(struct function_call *call) {
    uint64_t length = lengths(call, 0, 1) * 2 + 2;
    enum status status = coerce_texts(call, 0, 1);
    function_type_derived(call, MAX(length, (uint64_t)4));
    return status;
}

/* ELT and MAKE_SET: the longest, or all with commas. */
static enum status resolve_chosen(struct function_call *call) {
    uint32_t count = call->expr->arg_count - 1;
    uint64_t length = 0;
    for (uint32_t i = 1; i <= count; i++) length = MAX(length, lengths(call, i, 1));
    if (call->expr->function->name[0] == 'M') length = lengths(call, 1, count) + count - 1;
    enum status status = coerce_texts(call, 1, count);
    function_type_derived(call, length);
    return status;
}

#define SET_BITS 64

static enum status resolve_export_set(struct function_call *call) {
    struct expr *expr = call->expr;
    uint32_t texts = MIN(expr->arg_count - 1, 3u);
    uint64_t length = MAX(lengths(call, 1, 1), lengths(call, 2, 1)) * SET_BITS;
    length += (texts == 3 ? lengths(call, 3, 1) : 1) * (SET_BITS - 1);
    enum status status = coerce_texts(call, 1, texts);
    function_type_derived(call, length);
    return status;
}

/* ---- joining ---- */

/* Appends the arg; the text gets too large: false. */
static bool append_fits(const struct expr *expr, struct eval_context *context, struct buffer *text,
                        struct slice part) {
    if (!function_fits_packet(expr, context, (uint64_t)text->size + part.size)) return false;
    buffer_append(text, part);
    return true;
}

static enum status eval_concat(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    struct buffer text = buffer_of(context->arena);
    *out = value_null();
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        struct slice part;
        bool is_null;
        enum status status = function_read_text(expr->args[i], context, &part, &is_null);
        if (status != STATUS_OK || is_null) return status;
        if (!append_fits(expr, context, &text, part)) return STATUS_OK;
    }
    *out = function_text_result(expr, buffer_slice(&text));
    return STATUS_OK;
}

/* Joins args[1 ..] that are not NULL: all, or those whose bit is set. */
static enum status join(const struct expr *expr, struct eval_context *context, const uint64_t *bits,
                        struct slice separator, struct value *out) {
    struct buffer text = buffer_of(context->arena);
    bool is_first = true;
    for (uint32_t i = 1; i < expr->arg_count; i++) {
        bool is_chosen = bits == NULL || (i <= SET_BITS && (*bits >> (i - 1) & 1) != 0);
        struct slice part;
        bool is_null;
        if (!is_chosen) continue;
        enum status status = function_read_text(expr->args[i], context, &part, &is_null);
        if (status != STATUS_OK) return status;
        if (is_null) continue;
        if (!is_first) buffer_append(&text, separator);
        is_first = false;
        if (!append_fits(expr, context, &text, part)) return STATUS_OK;
    }
    *out = function_text_result(expr, buffer_slice(&text));
    return STATUS_OK;
}

static enum status eval_concat_ws(const struct expr *expr, struct eval_context *context,
                                  struct value *out) {
    struct slice separator;
    bool is_null;
    *out = value_null();
    enum status status = function_read_text(expr->args[0], context, &separator, &is_null);
    if (status != STATUS_OK || is_null) return status;
    return join(expr, context, NULL, separator, out);
}

static enum status eval_make_set(const struct expr *expr, struct eval_context *context,
                                 struct value *out) {
    int64_t bits;
    bool is_null;
    *out = value_null();
    enum status status = function_read_int(expr->args[0], context, &bits, &is_null);
    if (status != STATUS_OK || is_null) return status;
    uint64_t chosen = (uint64_t)bits;
    return join(expr, context, &chosen, SLICE_LITERAL(","), out);
}

static enum status eval_export_set(const struct expr *expr, struct eval_context *context,
                                   struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "vttti", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    int64_t bits = 0;
    if (in.args[0].value.kind == VALUE_UINT || in.args[0].value.kind == VALUE_BIT)
        bits = (int64_t)in.args[0].value.u;
    else
        status = function_int(context, &in.args[0].value, &bits);
    struct slice separator = expr->arg_count > 3 ? in.args[3].text : SLICE_LITERAL(",");
    int64_t count = expr->arg_count > 4 ? in.args[4].i : SET_BITS;
    if (count < 0 || count > SET_BITS) count = SET_BITS;
    struct buffer text = buffer_of(context->arena);
    for (int64_t i = 0; i < count; i++) {
        if (i > 0) buffer_append(&text, separator);
        struct slice part = ((uint64_t)bits >> i & 1) != 0 ? in.args[1].text : in.args[2].text;
        if (!append_fits(expr, context, &text, part)) return STATUS_OK;
    }
    *out = function_text_result(expr, buffer_slice(&text));
    return status;
}

static enum status eval_elt(const struct expr *expr, struct eval_context *context,
                            struct value *out) {
    int64_t index;
    bool is_null;
    struct slice text;
    *out = value_null();
    enum status status = function_read_int(expr->args[0], context, &index, &is_null);
    if (status != STATUS_OK || is_null) return status;
    if (index < 1 || index >= (int64_t)expr->arg_count) return STATUS_OK;
    status = function_read_text(expr->args[index], context, &text, &is_null);
    if (status == STATUS_OK && !is_null) *out = function_text_result(expr, text);
    return status;
}

/* ---- parts ---- */

static enum status eval_left(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "ti", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice text = in.args[0].text;
    int64_t count = MAX(in.args[1].i, INT64_C(0));
    if ((uint64_t)count < text.size)
        text.size = charset_offset(function_charset(expr), text, (size_t)count);
    *out = function_text_result(expr, text);
    return STATUS_OK;
}

static enum status eval_right(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "ti", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice text = in.args[0].text;
    size_t chars = charset_length(function_charset(expr), text);
    size_t kept = (size_t)MIN((uint64_t)MAX(in.args[1].i, INT64_C(0)), (uint64_t)chars);
    size_t from = charset_offset(function_charset(expr), text, chars - kept);
    *out = function_text_result(expr, slice_part(text, from, text.size));
    return STATUS_OK;
}

/* The part from the place on, from 1, or counted from the end when negative; 0 is nowhere. */
static struct slice substring(uint8_t charset, struct slice text, int64_t place, int64_t count) {
    int64_t chars = (int64_t)charset_length(charset, text);
    if (place < 0) place = place < -chars ? 0 : chars + place + 1;
    if (place <= 0 || place > chars || count <= 0) return SLICE_EMPTY;
    size_t from = charset_offset(charset, text, (size_t)place - 1);
    struct slice rest = slice_part(text, from, text.size);
    if ((uint64_t)count < rest.size) rest.size = charset_offset(charset, rest, (size_t)count);
    return rest;
}

static enum status eval_substr(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "tii", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    int64_t count = expr->arg_count == 3 ? in.args[2].i : INT64_MAX;
    struct slice part = substring(function_charset(expr), in.args[0].text, in.args[1].i, count);
    *out = function_text_result(expr, part);
    return STATUS_OK;
}

/* The new text in place of the part; a place outside leaves the text as it is. */
static enum status eval_insert(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "tiit", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    uint8_t charset = function_charset(expr);
    struct slice text = in.args[0].text;
    int64_t chars = (int64_t)charset_length(charset, text), place = in.args[1].i;
    if (place < 1 || place > chars) {
        *out = function_text_result(expr, text);
        return STATUS_OK;
    }
    size_t from = charset_offset(charset, text, (size_t)place - 1);
    struct slice rest = slice_part(text, from, text.size);
    bool takes_all = in.args[2].i < 0 || (uint64_t)in.args[2].i >= rest.size;
    size_t cut = takes_all ? rest.size : charset_offset(charset, rest, (size_t)in.args[2].i);
    struct buffer made = buffer_of(context->arena);
    buffer_append(&made, slice_part(text, 0, from));
    if (!append_fits(expr, context, &made, in.args[3].text)) return STATUS_OK;
    if (!append_fits(expr, context, &made, slice_part(rest, cut, rest.size))) return STATUS_OK;
    *out = function_text_result(expr, buffer_slice(&made));
    return STATUS_OK;
}

/* ---- trimming ---- */

enum trim_side { TRIM_LEFT = 1, TRIM_RIGHT = 2 };

static bool starts_with(struct slice text, struct slice what) {
    return text.size >= what.size && memcmp(text.data, what.data, what.size) == 0;
}

/* Does `what` end the text, starting at a character? */
static bool ends_with(uint8_t charset, struct slice text, struct slice what) {
    if (text.size < what.size) return false;
    size_t from = text.size - what.size;
    if (memcmp(text.data + from, what.data, what.size) != 0) return false;
    size_t chars = charset_length(charset, slice_part(text, 0, from));
    return charset_offset(charset, text, chars) == from;
}

static struct slice trimmed(uint8_t charset, struct slice text, struct slice what, uint32_t sides) {
    if (what.size == 0) return text;
    while ((sides & TRIM_LEFT) != 0 && starts_with(text, what)) {
        text = slice_part(text, what.size, text.size);
    }
    bool is_byte = what.size == 1 && what.data[0] < 0x80; /* is a character of its own everywhere */
    while ((sides & TRIM_RIGHT) != 0 && text.size >= what.size) {
        bool ends =
            is_byte ? text.data[text.size - 1] == what.data[0] : ends_with(charset, text, what);
        if (!ends) break;
        text.size -= what.size;
    }
    return text;
}

static enum status trim(const struct expr *expr, struct eval_context *context, uint32_t sides,
                        struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "tt", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice what = expr->arg_count == 2 ? in.args[1].text : SLICE_LITERAL(" ");
    struct slice text = trimmed(function_charset(expr), in.args[0].text, what, sides);
    *out = function_text_result(expr, text);
    return STATUS_OK;
}

static enum status eval_trim(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    return trim(expr, context, TRIM_LEFT | TRIM_RIGHT, out);
}
static enum status eval_ltrim(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    return trim(expr, context, TRIM_LEFT, out);
}
static enum status eval_rtrim(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    return trim(expr, context, TRIM_RIGHT, out);
}

/* ---- padding and repeating ---- */

static void append_padding(uint8_t charset, struct buffer *text, struct slice pad, size_t chars) {
    size_t each = charset_length(charset, pad);
    for (; chars >= each; chars -= each) buffer_append(text, pad);
    buffer_append(text, slice_part(pad, 0, charset_offset(charset, pad, chars)));
}

static enum status pad(const struct expr *expr, struct eval_context *context, enum trim_side side,
                       struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "tit", &in, out);
    if (status != STATUS_OK || in.is_null || in.args[1].i < 0) return status;
    uint8_t charset = function_charset(expr);
    struct slice text = in.args[0].text, filling = in.args[2].text;
    uint64_t wanted = (uint64_t)in.args[1].i, chars = charset_length(charset, text);
    if (wanted <= chars) {
        *out = function_text_result(
            expr, slice_part(text, 0, charset_offset(charset, text, (size_t)wanted)));
        return STATUS_OK;
    }
    if (filling.size == 0) {
        *out = function_text_result(expr, SLICE_EMPTY);
        return STATUS_OK;
    }
    uint32_t bytes_per_char = charset_find(charset)->bytes_per_char_max;
    uint64_t bytes = wanted > UINT32_MAX ? UINT64_MAX : wanted * bytes_per_char;
    if (!function_fits_packet(expr, context, bytes)) return STATUS_OK;
    struct buffer made = buffer_of(context->arena);
    if (side == TRIM_RIGHT) buffer_append(&made, text);
    append_padding(charset, &made, filling, (size_t)(wanted - chars));
    if (side == TRIM_LEFT) buffer_append(&made, text);
    *out = function_text_result(expr, buffer_slice(&made));
    return STATUS_OK;
}

static enum status eval_lpad(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    return pad(expr, context, TRIM_LEFT, out);
}
static enum status eval_rpad(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    return pad(expr, context, TRIM_RIGHT, out);
}

/* `count` times the text; (P2). */
static enum status repeated(const struct expr *expr, struct eval_context *context,
                            struct slice text, int64_t count, struct value *out) {
    uint64_t times = (uint64_t)MAX(count, INT64_C(0));
    if (text.size == 0) times = 0;
    bool is_huge = times > UINT32_MAX;
    if (!function_fits_packet(expr, context, is_huge ? UINT64_MAX : times * text.size)) {
        return STATUS_OK;
    }
    size_t size = (size_t)times * text.size;
    uint8_t *memory = arena_alloc(context->arena, size);
    for (size_t at = 0; at < size; at += text.size) memcpy(memory + at, text.data, text.size);
    *out = function_text_result(expr, slice_of(memory, size));
    return STATUS_OK;
}

static enum status eval_repeat(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "ti", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    return repeated(expr, context, in.args[0].text, in.args[1].i, out);
}

static enum status eval_space(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "i", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    return repeated(expr, context, SLICE_LITERAL(" "), in.args[0].i, out);
}

/* ---- changing ---- */

static enum status change_case(const struct expr *expr, struct eval_context *context,
                               enum letter_case to, struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice text = collation_change_case(expr->collation, in.args[0].text, to, context->arena);
    *out = function_text_result(expr, text);
    return STATUS_OK;
}

static enum status eval_upper(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    return change_case(expr, context, LETTER_UPPER, out);
}
static enum status eval_lower(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    return change_case(expr, context, LETTER_LOWER, out);
}

static enum status eval_reverse(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice text = in.args[0].text;
    uint8_t *memory = arena_alloc(context->arena, text.size), *at = memory + text.size;
    while (text.size > 0) {
        size_t size = function_char_size(function_charset(expr), text);
        at -= size;
        memcpy(at, text.data, size);
        text = slice_part(text, size, text.size);
    }
    *out = function_text_result(expr, slice_of(memory, in.args[0].text.size));
    return STATUS_OK;
}

/* Case counts whatever the collation. */
static enum status eval_replace(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "ttt", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice text = in.args[0].text, what = in.args[1].text;
    struct buffer made = buffer_of(context->arena);
    bool is_found = what.size > 0 && text.size >= what.size &&
                    memmem(text.data, text.size, what.data, what.size) != NULL;
    if (!is_found) {
        *out = function_text_result(expr, text);
        return STATUS_OK;
    }
    uint8_t charset = function_charset(expr);
    while (text.size > 0) {
        bool is_here = starts_with(text, what);
        size_t size = is_here ? what.size : function_char_size(charset, text);
        struct slice part = is_here ? in.args[2].text : slice_part(text, 0, size);
        if (!append_fits(expr, context, &made, part)) return STATUS_OK;
        text = slice_part(text, size, text.size);
    }
    *out = function_text_result(expr, buffer_slice(&made));
    return STATUS_OK;
}

/* As a literal that reads back: quotes around, \ before ' \ NUL and control-Z. NULL is the word. */
static enum status eval_quote(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK) return status;
    if (value_is_null(&in.args[0].value)) {
        *out = function_text_result(expr, SLICE_LITERAL("NULL"));
        return STATUS_OK;
    }
    struct buffer made = buffer_of(context->arena);
    struct slice text = in.args[0].text;
    buffer_append_byte(&made, '\'');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        bool is_special = byte == '\'' || byte == '\\' || byte == '\0' || byte == 0x1a;
        if (is_special) buffer_append_byte(&made, '\\');
        if (byte == '\0') byte = '0';
        if (byte == 0x1a) byte = 'Z';
        buffer_append_byte(&made, byte);
    }
    buffer_append_byte(&made, '\'');
    *out = function_text_result(expr, buffer_slice(&made));
    return STATUS_OK;
}

/* ---- the list ---- */

#define ANY FUNCTION_ARGS_ANY

static const struct function functions[] = {
    {"CONCAT", FUNCTION_SCALAR, 1, ANY, FUNCTION_TAKES_NULL, resolve_concat, eval_concat, 0},
    {"CONCAT_WS", FUNCTION_SCALAR, 2, ANY, FUNCTION_TAKES_NULL, resolve_concat_ws, eval_concat_ws,
     0},
    {"ELT", FUNCTION_SCALAR, 2, ANY, FUNCTION_TAKES_NULL | FUNCTION_ALWAYS_NULLABLE, resolve_chosen,
     eval_elt, 0},
    {"EXPORT_SET", FUNCTION_SCALAR, 3, 5, 0, resolve_export_set, eval_export_set, 0},
    {"INSERT", FUNCTION_SCALAR, 4, 4, 0, resolve_insert, eval_insert, 0},
    {"LCASE", FUNCTION_SCALAR, 1, 1, 0, resolve_like_first, eval_lower, 0},
    {"LEFT", FUNCTION_SCALAR, 2, 2, 0, resolve_part, eval_left, 0},
    {"LOWER", FUNCTION_SCALAR, 1, 1, 0, resolve_like_first, eval_lower, 0},
    {"LPAD", FUNCTION_SCALAR, 3, 3, FUNCTION_ALWAYS_NULLABLE, resolve_pad, eval_lpad, 0},
    {"LTRIM", FUNCTION_SCALAR, 1, 2, 0, resolve_trim, eval_ltrim, 0},
    {"MAKE_SET", FUNCTION_SCALAR, 2, ANY, FUNCTION_TAKES_NULL, resolve_chosen, eval_make_set, 0},
    {"MID", FUNCTION_SCALAR, 3, 3, 0, resolve_part, eval_substr, 0},
    {"QUOTE", FUNCTION_SCALAR, 1, 1, FUNCTION_TAKES_NULL | FUNCTION_NEVER_NULL, resolve_quote,
     eval_quote, 0},
    {"REPEAT", FUNCTION_SCALAR, 2, 2, FUNCTION_ALWAYS_NULLABLE, resolve_repeat, eval_repeat, 0},
    {"REPLACE", FUNCTION_SCALAR, 3, 3, 0, resolve_replace, eval_replace, 0},
    {"REVERSE", FUNCTION_SCALAR, 1, 1, 0, resolve_like_first, eval_reverse, 0},
    {"RIGHT", FUNCTION_SCALAR, 2, 2, 0, resolve_part, eval_right, 0},
    {"RPAD", FUNCTION_SCALAR, 3, 3, FUNCTION_ALWAYS_NULLABLE, resolve_pad, eval_rpad, 0},
    {"RTRIM", FUNCTION_SCALAR, 1, 2, 0, resolve_trim, eval_rtrim, 0},
    {"SPACE", FUNCTION_SCALAR, 1, 1, FUNCTION_ALWAYS_NULLABLE, resolve_space, eval_space, 0},
    {"SUBSTR", FUNCTION_SCALAR, 2, 3, 0, resolve_part, eval_substr, 0},
    {"SUBSTRING", FUNCTION_SCALAR, 2, 3, 0, resolve_part, eval_substr, 0},
    {"TRIM", FUNCTION_SCALAR, 1, 2, 0, resolve_trim, eval_trim, 0},
    {"UCASE", FUNCTION_SCALAR, 1, 1, 0, resolve_like_first, eval_upper, 0},
    {"UPPER", FUNCTION_SCALAR, 1, 1, 0, resolve_like_first, eval_upper, 0},
};
const struct function_list function_strings = {functions, ARRAY_COUNT(functions)};
