/* function_codes.c: ASCII to WEIGHT_STRING: the bytes and digits behind texts and numbers.
 *
 * Lengths and codes, HEX and BASE64 both ways, numbers in other bases, FORMAT, SOUNDEX. What is made of digits is ASCII in the
 * connection's character set; what is made of bytes is binary.
 */
#include "sql/function_private.h"

#include <ctype.h>

static const char hex_digits[] = "0123456789ABCDEF";

/* ---- lengths and codes ---- */

static enum status resolve_text_to_int(struct function_call *call) {
    enum status status = coerce_texts(call, 0, 1);
    function_type_int(call, 10);
    return status;
}

static enum status eval_length(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status == STATUS_OK && !in.is_null) *out = value_of_int((int64_t)in.args[0].text.size);
    return status;
}

static enum status eval_bit_length(const struct expr *expr, struct eval_context *context,
                                   struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status == STATUS_OK && !in.is_null) *out = value_of_int((int64_t)in.args[0].text.size * 8);
    return status;
}

static enum status eval_char_length(const struct expr *expr, struct eval_context *context,
                                    struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    *out = value_of_int((int64_t)charset_length(function_charset(expr), in.args[0].text));
    return STATUS_OK;
}

static enum status eval_ascii(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    *out = value_of_int(in.args[0].text.size == 0 ? 0 : in.args[0].text.data[0]);
    return STATUS_OK;
}

/* The bytes of the first character as one number. */
static enum status eval_ord(const struct expr *expr, struct eval_context *context,
                            struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    size_t size = function_char_size(function_charset(expr), in.args[0].text);
    int64_t code = 0;
    for (size_t i = 0; i < size; i++) code = code << 8 | in.args[0].text.data[i];
    *out = value_of_int(code);
    return STATUS_OK;
}

static enum status resolve_char(struct function_call *call) {
    function_type_bytes(call, (uint64_t)call->expr->arg_count * 4);
    return STATUS_OK;
}

/* CHAR(n, ..): the bytes of each number, the highest first, none that is a leading 0; NULLs are left out. */
static enum status eval_char(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    struct buffer text = buffer_of(context->arena);
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        int64_t number;
        bool is_null;
        enum status status = function_read_int(expr->args[i], context, &number, &is_null);
        if (status != STATUS_OK) return status;
        if (is_null) continue;
        uint32_t code = (uint32_t)number;
        for (int shift = 24; shift >= 0; shift -= 8) {
            if (code >> shift != 0 || shift == 0) {
                buffer_append_byte(&text, (uint8_t)(code >> shift));
            }
        }
    }
    *out = function_text_result(expr, buffer_slice(&text));
    return STATUS_OK;
}

/* ---- HEX and BASE64 ---- */

/* X'..' is a text here; a BIT column is a number. */
static bool is_number_arg(const struct expr *arg) {
    if (arg->type.kind == COLUMN_BIT) return arg->coercibility != COERCE_LITERAL;
    return column_kind_is_numeric(arg->type.kind) || arg->type.kind == COLUMN_YEAR;
}

static enum status resolve_hex(struct function_call *call) {
    const struct expr *arg = call->expr->args[0];
    uint64_t length = is_number_arg(arg) ? 16 : 2 * (uint64_t)coerce_text_length(arg);
    if (coerce_is_text(arg)) length *= collation_charset(arg->type.collation)->bytes_per_char_max;
    if (!is_number_arg(arg)) function_texts(call, 0, 1);
    function_type_ascii(call, length);
    return STATUS_OK;
}

static struct slice hex_of(struct slice bytes, struct arena *arena) {
    uint8_t *text = arena_alloc(arena, bytes.size * 2);
    for (size_t i = 0; i < bytes.size; i++) {
        text[2 * i] = (uint8_t)hex_digits[bytes.data[i] >> 4];
        text[2 * i + 1] = (uint8_t)hex_digits[bytes.data[i] & 15];
    }
    return slice_of(text, bytes.size * 2);
}

/* The 64 bits of a number as CONV, HEX and BIN take it: rounded; what is negative wraps. */
static enum status bits_of(struct eval_context *context, const struct value *value,
                           uint64_t *bits_out) {
    int64_t number = 0;
    enum status status = STATUS_OK;
    if (value->kind == VALUE_UINT || value->kind == VALUE_BIT || value->kind == VALUE_YEAR) {
        *bits_out = value->u;
    } else if (value_to_int(value, &number) == STATUS_OUT_OF_RANGE && number > 0) {
        status = value_to_uint(value, bits_out);
        if (status == STATUS_OUT_OF_RANGE) status = STATUS_OK;
    } else {
        status = function_int(context, value, &number);
        *bits_out = (uint64_t)number;
    }
    return status;
}

static struct slice digits_of(uint64_t number, uint32_t base, struct arena *arena) {
    enum { DIGITS_MAX = 64 };
    uint8_t *memory = arena_alloc(arena, DIGITS_MAX), *end = memory + DIGITS_MAX, *at = end;
    do {
        uint32_t digit = (uint32_t)(number % base);
        *--at = (uint8_t)(digit < 10 ? '0' + digit : 'A' + digit - 10);
        number /= base;
    } while (number != 0);
    return slice_of(at, (size_t)(end - at));
}

static enum status eval_hex(const struct expr *expr, struct eval_context *context,
                            struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "v", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice text;
    uint64_t number;
    if (is_number_arg(expr->args[0])) {
        status = bits_of(context, &in.args[0].value, &number);
        if (status != STATUS_OK) return status;
        *out = function_text_result(expr, digits_of(number, 16, context->arena));
        return STATUS_OK;
    }
    status = function_text(context, &in.args[0].value, &text);
    if (status != STATUS_OK) return status;
    if (!function_fits_packet(expr, context, (uint64_t)text.size * 2)) return STATUS_OK;
    *out = function_text_result(expr, hex_of(text, context->arena));
    return STATUS_OK;
}

static int hex_value(uint8_t letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    return -1;
}

static enum status resolve_unhex(struct function_call *call) {
    uint64_t length = (coerce_text_length(call->expr->args[0]) + UINT64_C(1)) / 2;
    enum status status = coerce_texts(call, 0, 1);
    function_type_bytes(call, length);
    return status;
}

static enum status tell_wrong_text(const struct expr *expr, struct eval_context *context,
                                   struct slice text) {
    diagnostics_warn(context->diagnostics, CONDITION_WARNING, ER_WRONG_VALUE_FOR_TYPE, "string",
                     arena_text(context->arena, text), function_name_lower(expr, context->arena));
    return STATUS_OK;
}

/* An odd digit at the front is a byte of its own. */
static enum status eval_unhex(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice text = in.args[0].text;
    size_t size = (text.size + 1) / 2;
    uint8_t *bytes = arena_alloc_zeroed(context->arena, size);
    for (size_t i = 0; i < text.size; i++) {
        int digit = hex_value(text.data[i]);
        if (digit < 0) return tell_wrong_text(expr, context, text);
        size_t at = (i + text.size % 2) / 2;
        bytes[at] = (uint8_t)(bytes[at] << 4 | digit);
    }
    *out = function_text_result(expr, slice_of(bytes, size));
    return STATUS_OK;
}

#define BASE64_LINE_CHARS 76

static const char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static uint64_t base64_size(uint64_t bytes) {
    uint64_t chars = (bytes + 2) / 3 * 4;
    return chars == 0 ? 0 : chars + (chars - 1) / BASE64_LINE_CHARS;
}

static enum status resolve_to_base64(struct function_call *call) {
    function_texts(call, 0, 1);
    const struct expr *arg = call->expr->args[0];
    uint64_t bytes = (uint64_t)coerce_text_length(arg) *
                     collation_charset(arg->type.collation)->bytes_per_char_max;
    function_type_ascii(call, base64_size(bytes));
    return STATUS_OK;
}

static struct slice base64_of(struct slice bytes, struct arena *arena) {
    size_t size = (size_t)base64_size(bytes.size), chars = 0;
    uint8_t *text = arena_alloc(arena, size), *at = text;
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = MIN(bytes.size - i, (size_t)3);
        uint32_t three = (uint32_t)bytes.data[i] << 16;
        if (left > 1) three |= (uint32_t)bytes.data[i + 1] << 8;
        if (left > 2) three |= bytes.data[i + 2];
        if (chars > 0 && chars % BASE64_LINE_CHARS == 0) *at++ = '\n';
        *at++ = (uint8_t)base64_letters[three >> 18];
        *at++ = (uint8_t)base64_letters[three >> 12 & 63];
        *at++ = left > 1 ? (uint8_t)base64_letters[three >> 6 & 63] : '=';
        *at++ = left > 2 ? (uint8_t)base64_letters[three & 63] : '=';
        chars += 4;
    }
    CHECK((size_t)(at - text) == size);
    return slice_of(text, size);
}

static enum status eval_to_base64(const struct expr *expr, struct eval_context *context,
                                  struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice bytes = in.args[0].text;
    if (!function_fits_packet(expr, context, base64_size(bytes.size))) return STATUS_OK;
    *out = function_text_result(expr, base64_of(bytes, context->arena));
    return STATUS_OK;
}

static enum status resolve_from_base64(struct function_call *call) {
    uint64_t length = (uint64_t)coerce_text_length(call->expr->args[0]) * 3 / 4;
    enum status status = coerce_texts(call, 0, 1);
    function_type_bytes(call, length);
    return status;
}

static int base64_value(uint8_t letter) {
    const char *at = letter == '\0' ? NULL : strchr(base64_letters, letter);
    return at == NULL ? -1 : (int)(at - base64_letters);
}

/* Spaces and line ends do not count. False: no base64. */
static bool base64_read(struct slice text, uint8_t *bytes, size_t *size_out) {
    uint32_t four = 0, chars = 0, pads = 0;
    *size_out = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t letter = text.data[i];
        if (letter == ' ' || (letter >= '\t' && letter <= '\r')) continue;
        int digit = base64_value(letter);
        bool is_pad = letter == '=' && chars >= 2;
        if ((digit < 0 && !is_pad) || (pads > 0 && !is_pad)) return false;
        pads += is_pad;
        four = four << 6 | (is_pad ? 0u : (uint32_t)digit);
        if (++chars < 4) continue;
        for (uint32_t at = 0; at < 3 - pads; at++) {
            bytes[(*size_out)++] = (uint8_t)(four >> (16 - 8 * at));
        }
        chars = four = 0;
        if (pads == 0) continue;
        for (i++; i < text.size; i++) {
            if (!isspace(text.data[i])) return false;
        }
    }
    return chars == 0;
}

static enum status eval_from_base64(const struct expr *expr, struct eval_context *context,
                                    struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice text = in.args[0].text;
    uint8_t *bytes = arena_alloc(context->arena, text.size / 4 * 3 + 3);
    size_t size;
    if (!base64_read(text, bytes, &size)) return tell_wrong_text(expr, context, text);
    *out = function_text_result(expr, slice_of(bytes, size));
    return STATUS_OK;
}

/* ---- other bases ---- */

/* A BIT column is its number, whatever the base. */
static enum status resolve_conv(struct function_call *call) {
    const struct expr *arg = call->expr->args[0];
    bool is_bits = arg->type.kind == COLUMN_BIT && arg->coercibility != COERCE_LITERAL;
    if (!is_bits) function_texts(call, 0, 1);
    function_type_ascii(call, 64);
    return STATUS_OK;
}

static int digit_of(uint8_t letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'A' && letter <= 'Z') return letter - 'A' + 10;
    if (letter >= 'a' && letter <= 'z') return letter - 'a' + 10;
    return -1;
}

/* The longest number of that base at the front of the text; clamped. */
static uint64_t number_of(struct slice text, int64_t base) {
    size_t at = 0;
    bool is_signed = base < 0;
    uint64_t radix = (uint64_t)(is_signed ? -base : base), number = 0;
    while (at < text.size && (text.data[at] == ' ' || text.data[at] == '\t')) at++;
    bool is_negative = at < text.size && text.data[at] == '-';
    if (at < text.size && (is_negative || text.data[at] == '+')) at++;
    bool is_over = false;
    for (; at < text.size; at++) {
        int digit = digit_of(text.data[at]);
        if (digit < 0 || (uint64_t)digit >= radix) break;
        is_over = is_over || __builtin_mul_overflow(number, radix, &number) ||
                  __builtin_add_overflow(number, (uint64_t)digit, &number);
    }
    uint64_t number_max = is_signed ? (uint64_t)INT64_MAX + is_negative : UINT64_MAX;
    if (is_over || number > number_max) return is_negative && !is_signed ? UINT64_MAX : number_max;
    return is_negative ? 0 - number : number;
}

static struct slice in_base(uint64_t number, int64_t base, struct arena *arena) {
    bool is_negative = base < 0 && (int64_t)number < 0;
    uint32_t radix = (uint32_t)(base < 0 ? -base : base);
    struct slice digits = digits_of(is_negative ? 0 - number : number, radix, arena);
    if (!is_negative) return digits;
    return slice_of_text(arena_printf(arena, "-%.*s", (int)digits.size, (const char *)digits.data));
}

static bool is_base(int64_t base) {
    return (base >= 2 && base <= 36) || (base <= -2 && base >= -36);
}

static enum status eval_conv(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "tii", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    int64_t from = in.args[1].i, to = in.args[2].i;
    if (!is_base(from) || !is_base(to) || in.args[0].text.size == 0) return STATUS_OK;
    bool is_bits = in.args[0].value.kind == VALUE_BIT;
    uint64_t number = is_bits ? in.args[0].value.u : number_of(in.args[0].text, from);
    *out = function_text_result(expr, in_base(number, to, context->arena));
    return STATUS_OK;
}

static enum status eval_based(const struct expr *expr, struct eval_context *context, int64_t base,
                              struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    uint64_t number =
        in.args[0].value.kind == VALUE_BIT ? in.args[0].value.u : number_of(in.args[0].text, 10);
    *out = function_text_result(expr, in_base(number, base, context->arena));
    return STATUS_OK;
}

static enum status eval_bin(const struct expr *expr, struct eval_context *context,
                            struct value *out) {
    return eval_based(expr, context, 2, out);
}
static enum status eval_oct(const struct expr *expr, struct eval_context *context,
                            struct value *out) {
    return eval_based(expr, context, 8, out);
}

/* ---- FORMAT ---- */

#define FORMAT_PLACES_MAX 30

struct number_style {
    const char *locale;
    char point, separator; /* separator 0: none */
};

static const struct number_style number_styles[] = {
    {"en_US", '.', ','},  {"en_GB", '.', ','},  {"en_CA", '.', ','},  {"en_AU", '.', ','},
    {"en_IN", '.', ','},  {"ja_JP", '.', ','},  {"zh_CN", '.', ','},  {"zh_TW", '.', ','},
    {"ko_KR", '.', ','},  {"th_TH", '.', ','},  {"he_IL", '.', ','},  {"de_DE", ',', '.'},
    {"de_LU", ',', '.'},  {"da_DK", ',', '.'},  {"nl_NL", ',', '\0'}, {"es_ES", ',', '\0'},
    {"fr_FR", ',', '\0'}, {"it_IT", ',', '\0'}, {"pt_PT", ',', '\0'}, {"pt_BR", ',', '.'},
    {"pl_PL", ',', '\0'}, {"ru_RU", ',', '.'},  {"sv_SE", ',', ' '},  {"nb_NO", ',', '.'},
    {"fi_FI", ',', ' '},  {"cs_CZ", ',', ' '},  {"de_AT", ',', '\0'}, {"tr_TR", ',', '.'},
    {"uk_UA", ',', '.'},  {"de_CH", '.', '\''},
};

static const struct number_style *style_of(struct eval_context *context, struct slice locale) {
    for (size_t i = 0; i < ARRAY_COUNT(number_styles); i++) {
        if (slice_equal_nocase(slice_of_text(number_styles[i].locale), locale)) {
            return &number_styles[i];
        }
    }
    diagnostics_warn(context->diagnostics, CONDITION_WARNING, ER_UNKNOWN_LOCALE,
                     arena_text(context->arena, locale));
    return &number_styles[0];
}

static enum status resolve_format(struct function_call *call) {
    uint64_t digits = coerce_text_length(call->expr->args[0]);
    function_type_ascii(call, digits + digits / 3 + FORMAT_PLACES_MAX + 2);
    call->expr->args[0] = expr_all_places(call->arena, call->expr->args[0]);
    return STATUS_OK;
}

/* The number rounded, in plain digits. */
static enum status plain_digits(struct eval_context *context, const struct value *number,
                                uint8_t places, struct slice *out) {
    uint8_t *memory = arena_alloc(context->arena, VALUE_TEXT_BYTES_MAX);
    bool is_exact = number->kind == VALUE_INT || number->kind == VALUE_UINT ||
                    number->kind == VALUE_DECIMAL || number->kind == VALUE_YEAR;
    if (is_exact) {
        struct decimal decimal;
        enum status status = function_decimal(context, number, &decimal);
        if (status != STATUS_OK) return status;
        status = decimal_round(&decimal, places, DECIMAL_HALF_AWAY, &decimal);
        *out = slice_of(memory, decimal_to_text(&decimal, memory));
        return STATUS_OK;
    }
    double wide;
    enum status status = function_double(context, number, &wide);
    if (status != STATUS_OK) return status;
    struct value rounded = value_of_double(wide);
    if (value_round(&rounded, places, DECIMAL_HALF_AWAY, context->arena, &rounded) != STATUS_OK) {
        rounded = value_of_double(wide);
    }
    *out = slice_of(memory, double_to_text(rounded.d, places, memory));
    return STATUS_OK;
}

static struct slice grouped(struct slice digits, const struct number_style *style,
                            struct arena *arena) {
    struct buffer text = buffer_of(arena);
    size_t at = 0;
    if (digits.size > 0 && digits.data[0] == '-') buffer_append_byte(&text, digits.data[at++]);
    const uint8_t *point = memchr(digits.data, '.', digits.size);
    size_t end = point == NULL ? digits.size : (size_t)(point - digits.data);
    for (; at < end; at++) {
        buffer_append_byte(&text, digits.data[at]);
        bool is_group = (end - at - 1) % 3 == 0 && at + 1 < end;
        if (is_group && style->separator != '\0')
            buffer_append_byte(&text, (uint8_t)style->separator);
    }
    if (point != NULL) {
        buffer_append_byte(&text, (uint8_t)style->point);
        buffer_append(&text, slice_part(digits, end + 1, digits.size));
    }
    return buffer_slice(&text);
}

/* FORMAT(number, places [, locale]); a NULL locale is en_US. */
static enum status eval_format(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "vit", &in, out);
    if (status != STATUS_OK) return status;
    if (value_is_null(&in.args[0].value) || value_is_null(&in.args[1].value)) return STATUS_OK;
    bool has_locale = expr->arg_count == 3 && !value_is_null(&in.args[2].value);
    const struct number_style *style =
        has_locale ? style_of(context, in.args[2].text) : &number_styles[0];
    uint8_t places = (uint8_t)MIN(MAX(in.args[1].i, INT64_C(0)), (int64_t)FORMAT_PLACES_MAX);
    struct slice digits;
    status = plain_digits(context, &in.args[0].value, places, &digits);
    if (status == STATUS_OK) {
        *out = function_text_result(expr, grouped(digits, style, context->arena));
    }
    return status;
}

/* ---- SOUNDEX, WEIGHT_STRING ---- */

#define SOUNDEX_CHARS_MIN 4

static enum status resolve_soundex(struct function_call *call) {
    uint64_t length = coerce_text_length(call->expr->args[0]);
    enum status status = coerce_texts(call, 0, 1);
    function_type_derived(call, MAX(length, (uint64_t)SOUNDEX_CHARS_MIN));
    return status;
}

/* A to Z: 0 is skipped and ends a run, 7 (H, W) is skipped and does not. */
static char sound_of(uint8_t letter) {
    static const char sounds[] = "01230120022455012623010202";
    if (letter >= 'a' && letter <= 'z') return sounds[letter - 'a'];
    if (letter >= 'A' && letter <= 'Z') return sounds[letter - 'A'];
    return '0';
}

/* The first letter and the sounds behind it, as many as there are: MySQL does not stop at four. Letters beyond ASCII have
 * no sound. */
static enum status eval_soundex(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct buffer made = buffer_of(context->arena);
    struct slice text = in.args[0].text;
    char last = '0';
    for (size_t i = 0; i < text.size; i++) {
        uint8_t letter = text.data[i];
        bool is_letter = letter < 0x80 ? isalpha(letter) != 0 : true;
        if (!is_letter) continue;
        char sound = letter < 0x80 ? sound_of(letter) : '0';
        if (made.size == 0) {
            size_t size =
                function_char_size(function_charset(expr), slice_part(text, i, text.size));
            struct slice first = collation_change_case(expr->collation, slice_part(text, i, size),
                                                       LETTER_UPPER, context->arena);
            buffer_append(&made, first);
            i += size - 1;
        } else if (sound != '0' && sound != last) {
            buffer_append_byte(&made, (uint8_t)sound);
        } else if (sound == '0') {
            continue;
        }
        last = sound;
    }
    while (made.size > 0 && made.size < SOUNDEX_CHARS_MIN) buffer_append_byte(&made, '0');
    *out = function_text_result(expr, buffer_slice(&made));
    return STATUS_OK;
}

static enum status resolve_weight_string(struct function_call *call) {
    uint64_t length = coerce_text_length(call->expr->args[0]);
    bool is_text = coerce_is_text(call->expr->args[0]);
    enum status status = is_text ? coerce_texts(call, 0, 1) : STATUS_OK;
    uint16_t collation = call->expr->collation;
    function_type_bytes(call, MIN(length * 16, (uint64_t)UINT32_MAX));
    call->expr->collation = collation; /* the weights are this one's */
    return status;
}

/* The key that the text is sorted by. Of what is no text NULL, as in MySQL. */
static enum status eval_weight_string(const struct expr *expr, struct eval_context *context,
                                      struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "v", &in, out);
    if (status != STATUS_OK || in.is_null || in.args[0].value.kind != VALUE_STRING) return status;
    struct slice text = value_slice(&in.args[0].value);
    struct buffer key = buffer_of(context->arena);
    if (expr->collation != COLLATION_BINARY) {
        collation_sort_key(expr->collation, text, &key);
        text = buffer_slice(&key);
    }
    *out = function_text_result(expr, text);
    return STATUS_OK;
}

#define NULLABLE FUNCTION_ALWAYS_NULLABLE

static const struct function functions[] = {
    {"ASCII", FUNCTION_SCALAR, 1, 1, 0, resolve_text_to_int, eval_ascii, 0},
    {"BIN", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_conv, eval_bin, 0},
    {"BIT_LENGTH", FUNCTION_SCALAR, 1, 1, 0, resolve_text_to_int, eval_bit_length, 0},
    {"CHAR", FUNCTION_SCALAR, 1, FUNCTION_ARGS_ANY, FUNCTION_TAKES_NULL, resolve_char, eval_char,
     0},
    {"CHARACTER_LENGTH", FUNCTION_SCALAR, 1, 1, 0, resolve_text_to_int, eval_char_length, 0},
    {"CHAR_LENGTH", FUNCTION_SCALAR, 1, 1, 0, resolve_text_to_int, eval_char_length, 0},
    {"CONV", FUNCTION_SCALAR, 3, 3, NULLABLE, resolve_conv, eval_conv, 0},
    {"FORMAT", FUNCTION_SCALAR, 2, 3, FUNCTION_TAKES_NULL, resolve_format, eval_format, 0},
    {"FROM_BASE64", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_from_base64, eval_from_base64, 0},
    {"HEX", FUNCTION_SCALAR, 1, 1, 0, resolve_hex, eval_hex, 0},
    {"LENGTH", FUNCTION_SCALAR, 1, 1, 0, resolve_text_to_int, eval_length, 0},
    {"OCT", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_conv, eval_oct, 0},
    {"OCTET_LENGTH", FUNCTION_SCALAR, 1, 1, 0, resolve_text_to_int, eval_length, 0},
    {"ORD", FUNCTION_SCALAR, 1, 1, 0, resolve_text_to_int, eval_ord, 0},
    {"SOUNDEX", FUNCTION_SCALAR, 1, 1, 0, resolve_soundex, eval_soundex, 0},
    {"TO_BASE64", FUNCTION_SCALAR, 1, 1, 0, resolve_to_base64, eval_to_base64, 0},
    {"UNHEX", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_unhex, eval_unhex, 0},
    {"WEIGHT_STRING", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_weight_string, eval_weight_string,
     0},
};
const struct function_list function_codes = {functions, ARRAY_COUNT(functions)};
