/* expr_cast.c: a value as another type.
 *
 * Casts that the binder puts in keep every byte and every digit; casts that SQL writes cut to their length. What a
 * number or a date is not, becomes what MySQL makes of it, and enum cast_mode says who is told:
 *
 *   mode       rubbish behind a number or date    no number at all       no date or time at all
 *   QUIET      the part that stands                0                      NULL
 *   WARNING    the same, warning 1292              0, warning 1292        NULL, warning 1292
 *   COMPARED   error 1525                          -                      error 1525
 *   EXPLICIT   as WARNING                          as WARNING             as WARNING
 *
 *   (K1) CAST(.. AS UNSIGNED) of a negative integer is its complement, as in C; CAST(.. AS SIGNED) the other way round.
 *        A text gives the digits that it begins with: '1.9' and '1e3' are 1, rubbish behind.
 *   (K2) A comparison takes any date that a column may hold, zero parts included, whatever sql_mode says.
 */
#include "row/temporal.h"
#include "sql/coerce.h"
#include "sql/function_private.h"
#include "sql/timezone.h"

static enum cast_mode mode_of(const struct expr *expr) { return (enum cast_mode)expr->operation; }

static struct slice text_of(const struct expr *expr, struct eval_context *context,
                            const struct value *value) {
    if (value->kind == VALUE_STRING || value->kind == VALUE_JSON) return value_slice(value);
    const struct column_type *type = &expr->args[0]->type;
    bool is_typed = value->kind == VALUE_ENUM || value->kind == VALUE_SET ||
                    (type->flags & COLUMN_ZEROFILL) != 0;
    if (is_typed) return value_text_typed(value, type, context->arena);
    return value_text(value, arena_alloc(context->arena, VALUE_TEXT_BYTES_MAX));
}

void expr_tell_truncated(struct eval_context *context, const char *what,
                         const struct value *value) {
    struct slice text = value->kind == VALUE_STRING
                            ? value_slice(value)
                            : value_text(value, arena_alloc(context->arena, VALUE_TEXT_BYTES_MAX));
    diagnostics_warn(context->diagnostics, CONDITION_WARNING, ER_TRUNCATED_WRONG_VALUE, what,
                     arena_text(context->arena, text));
}

/* ---- texts ---- */

static uint8_t charset_of(const struct expr *arg, const struct value *value) {
    switch (value->kind) {
    case VALUE_STRING: return collation_charset(value->collation)->id;
    case VALUE_ENUM:
    case VALUE_SET: return collation_charset(arg->type.collation)->id;
    case VALUE_BIT: return CHARSET_BINARY;
    default: return CHARSET_UTF8MB4;
    }
}

/* CAST(.. AS CHAR(n)) and BINARY(n). */
static struct slice fit_length(const struct expr *expr, struct eval_context *context,
                               struct slice text) {
    uint8_t charset = collation_charset(expr->type.collation)->id;
    if (mode_of(expr) != CAST_EXPLICIT || expr->ordinal == CAST_NO_LENGTH) return text;
    size_t kept = charset_offset(charset, text, expr->ordinal);
    if (kept < text.size) {
        const char *what =
            arena_printf(context->arena, "%s(%u)", charset == CHARSET_BINARY ? "BINARY" : "CHAR",
                         (unsigned)expr->ordinal);
        struct value whole = value_of_string(text, expr->type.collation);
        expr_tell_truncated(context, what, &whole);
        return slice_part(text, 0, kept);
    }
    if (charset != CHARSET_BINARY || text.size >= expr->ordinal) return text;
    uint8_t *padded = arena_alloc_zeroed(context->arena, expr->ordinal);
    if (text.size > 0) memcpy(padded, text.data, text.size);
    return slice_of(padded, expr->ordinal);
}

static enum status cast_to_text(const struct expr *expr, struct eval_context *context,
                                const struct value *value, struct value *out) {
    uint8_t from = charset_of(expr->args[0], value);
    const struct charset *to = collation_charset(expr->type.collation);
    struct slice text = text_of(expr, context, value);
    enum status status = charset_convert(from, to->id, text, context->arena, &text);
    CHECK(status == STATUS_OK || status == STATUS_TRUNCATED || status == STATUS_INVALID);
    bool is_checked = from == CHARSET_BINARY && mode_of(expr) == CAST_EXPLICIT;
    size_t valid = is_checked ? charset_check(to->id, text) : text.size;
    if (valid < text.size) {
        struct slice rest = slice_part(text, valid, 6);
        diagnostics_warn(context->diagnostics, CONDITION_WARNING, ER_INVALID_CHARACTER_STRING,
                         to->name, arena_text(context->arena, rest));
        *out = value_null();
        return STATUS_OK;
    }
    *out = value_of_string(fit_length(expr, context, text), expr->type.collation);
    return STATUS_OK;
}

/* ---- integers ---- */

/* (K1) As bits; what is too large has all of them set, what is too small is the least integer. */
static enum status integer_of_text(struct slice text, uint64_t *out) {
    const uint8_t *at = text.data, *end = text.data + text.size;
    while (at < end && (*at == ' ' || (*at >= '\t' && *at <= '\r'))) at++;
    bool is_negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    const uint8_t *digits = at;
    bool is_over = false;
    for (*out = 0; at < end && *at >= '0' && *at <= '9'; at++) {
        is_over |= __builtin_mul_overflow(*out, UINT64_C(10), out);
        is_over |= __builtin_add_overflow(*out, (uint64_t)(*at - '0'), out);
    }
    bool is_number = at > digits;
    if (is_negative) is_over |= *out > (uint64_t)INT64_MAX + 1;
    if (is_over)
        *out = is_negative ? (uint64_t)INT64_MIN : UINT64_MAX;
    else if (is_negative)
        *out = 0 - *out;
    while (at < end && *at == ' ') at++;
    return is_over || !is_number || at < end ? STATUS_TRUNCATED : STATUS_OK;
}

/* (K1) */
static enum status integer_of(const struct value *value, const struct column_type *type,
                              struct value *out) {
    int64_t i = 0;
    uint64_t u = 0;
    enum status status = STATUS_OK;
    bool is_unsigned_kind = value->kind == VALUE_UINT || value->kind == VALUE_BIT ||
                            value->kind == VALUE_YEAR || value->kind == VALUE_ENUM ||
                            value->kind == VALUE_SET;
    if (is_unsigned_kind) {
        u = value->u;
    } else if (value->kind == VALUE_STRING) {
        status = integer_of_text(value_slice(value), &u);
    } else {
        status = value_to_int(value, &i);
        u = (uint64_t)i;
        bool is_wide = status == STATUS_OUT_OF_RANGE && i > 0 && column_type_is_unsigned(type);
        if (is_wide) status = value_to_uint(value, &u);
    }
    *out = column_type_is_unsigned(type) ? value_of_uint(u) : value_of_int((int64_t)u);
    return status;
}

static enum status cast_to_integer(const struct expr *expr, struct eval_context *context,
                                   const struct value *value, struct value *out) {
    enum status status = integer_of(value, &expr->type, out);
    bool tells = status != STATUS_OK && mode_of(expr) != CAST_QUIET;
    if (tells) expr_tell_truncated(context, "INTEGER", value);
    return STATUS_OK;
}

/* ---- everything else ---- */

static const char *type_word(const struct expr *expr) {
    switch (expr->type.kind) {
    case COLUMN_DATE:
    case COLUMN_DATETIME: return "datetime";
    case COLUMN_TIME: return "time";
    case COLUMN_DECIMAL: return "DECIMAL";
    case COLUMN_YEAR: return "YEAR";
    default: return "DOUBLE";
    }
}

static enum status tell_no_date(const struct expr *expr, struct eval_context *context,
                                struct slice text) {
    const char *shown = arena_text(context->arena, text);
    if (mode_of(expr) == CAST_COMPARED) {
        const char *word = expr->ordinal == COLUMN_DATE ? "DATE" : "DATETIME";
        return diagnostics_error(context->diagnostics, ER_WRONG_VALUE, word, shown);
    }
    if (mode_of(expr) == CAST_QUIET) return STATUS_OK;
    diagnostics_warn_text(context->diagnostics, ER_TRUNCATED_WRONG_VALUE,
                          "Incorrect %s value: '%s'", type_word(expr), shown);
    return STATUS_OK;
}

static enum status tell_converted(const struct expr *expr, struct eval_context *context,
                                  const struct value *value, enum status status,
                                  struct value *out) {
    bool is_temporal = column_kind_is_temporal(expr->type.kind);
    if (status == STATUS_OK) return STATUS_OK;
    bool is_lost = is_temporal && (status == STATUS_INVALID || (status == STATUS_OUT_OF_RANGE &&
                                                                expr->type.kind != COLUMN_TIME));
    if (is_lost || mode_of(expr) == CAST_COMPARED) {
        *out = value_null();
        return tell_no_date(expr, context, text_of(expr, context, value));
    }
    if (mode_of(expr) == CAST_QUIET) return STATUS_OK;
    if (status == STATUS_OUT_OF_RANGE && !is_temporal) {
        diagnostics_warn(context->diagnostics, CONDITION_WARNING, ER_WARN_DATA_OUT_OF_RANGE, "CAST",
                         1L);
    } else {
        struct value text = value_of_string(text_of(expr, context, value), COLLATION_BINARY);
        expr_tell_truncated(context, type_word(expr), &text);
    }
    return STATUS_OK;
}

static struct convert_options
options_of(const struct expr *expr, const struct eval_context *context, const struct value *value) {
    bool is_explicit = mode_of(expr) == CAST_EXPLICIT;
    struct convert_options options = {.temporal_flags = is_explicit ? context->temporal_flags : 0};
    if (value->kind == VALUE_TIME) { /* lands on today's date */
        options.now_epoch_us = time_zone_from_utc(context->zone, context->now_epoch_us);
    }
    return options;
}

/* A date of the session's clock as UTC, for a comparison: also where no TIMESTAMP can be. */
static enum status cast_to_utc(const struct expr *expr, struct eval_context *context,
                               const struct value *value, struct value *out) {
    int64_t utc = 0;
    if (value->kind != VALUE_DATE && value->kind != VALUE_DATETIME) {
        return diagnostics_unsupported(context->diagnostics, "this CAST");
    }
    if (value->i != 0) utc = time_zone_to_utc(context->zone, temporal_to_epoch_us(value->i));
    *out = value_of_temporal(VALUE_TIMESTAMP, utc, expr->type.scale);
    return STATUS_OK;
}

static enum status cast_to_other(const struct expr *expr, struct eval_context *context,
                                 const struct value *value, struct value *out) {
    struct convert_options options = options_of(expr, context, value);
    struct value source = *value;
    bool is_named = value->kind == VALUE_ENUM || value->kind == VALUE_SET;
    if (is_named && column_kind_is_temporal(expr->type.kind)) {
        source = value_of_string(text_of(expr, context, value), COLLATION_UTF8MB4_BIN);
    }
    bool is_moment = value->kind == VALUE_STRING && timezone_text_has_offset(value_slice(value)) &&
                     (expr->type.kind == COLUMN_DATE || expr->type.kind == COLUMN_DATETIME);
    if (is_moment && context->zone == NULL) return STATUS_UNSUPPORTED; /* expr_fold: not yet */
    if (is_moment) (void)timezone_of_text(context->zone, value_slice(value), &source);
    enum status status = value_convert(&source, &expr->type, &options, context->arena, out);
    if (status == STATUS_UNSUPPORTED) {
        return diagnostics_unsupported(context->diagnostics, "this CAST");
    }
    return tell_converted(expr, context, &source, status, out);
}

enum status expr_eval_cast(const struct expr *expr, struct eval_context *context,
                           struct value *out) {
    struct value value;
    enum status status = expr_eval(expr->args[0], context, &value);
    if (status != STATUS_OK) return status;
    if (value_is_null(&value)) {
        *out = value;
        return STATUS_OK;
    }
    if (column_kind_is_string(expr->type.kind)) return cast_to_text(expr, context, &value, out);
    if (column_kind_is_integer(expr->type.kind)) {
        return cast_to_integer(expr, context, &value, out);
    }
    if (expr->type.kind == COLUMN_JSON) return function_json_cast(expr, context, &value, out);
    if (expr->type.kind == COLUMN_TIMESTAMP) return cast_to_utc(expr, context, &value, out);
    return cast_to_other(expr, context, &value, out);
}

/* ---- folding ---- */

struct expr *expr_fold(struct arena *arena, struct expr *expr) {
    static const struct session_facts no_facts;
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        if (expr->args[i]->kind != EXPR_CONSTANT) return expr;
    }
    bool is_foldable = expr->eval != NULL && (expr->flags & EXPR_NOT_DETERMINISTIC) == 0;
    bool needs_now = expr->kind == EXPR_CAST && (expr->type.kind == COLUMN_TIMESTAMP ||
                                                 expr->args[0]->type.kind == COLUMN_TIME);
    if (!is_foldable || needs_now) return expr;
    struct diagnostics diagnostics;
    diagnostics_open(&diagnostics, arena, 0);
    struct eval_context context = {.arena = arena, .diagnostics = &diagnostics, .facts = &no_facts};
    struct value value;
    enum status status = expr_eval(expr, &context, &value);
    if (status != STATUS_OK || diagnostics.warning_count > 0) return expr;
    struct expr *constant = expr_constant(arena, value, &expr->type);
    constant->coercibility = expr->coercibility;
    constant->collation = expr->collation;
    return constant;
}
