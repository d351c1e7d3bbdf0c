/* coerce.c: which collation, which common type, which casts?
 *
 * The derivation of collations is MySQL's: two operands at a time, from left to right, each a (collation, coercibility):
 *
 *   same collation               the smaller coercibility
 *   one is binary                binary wins, unless the other is bound closer
 *   other character sets         Unicode wins over others when it is bound as close; else the one that is bound closer
 *   same set, other collation    the one that is bound closer; of two columns the _bin one, or none (COERCE_NONE)
 *
 * Rules (C1) to (C3) are in coerce.h.
 */
#include "sql/coerce.h"

#include "row/temporal.h"
#include "sql/expr_private.h"

bool coerce_is_text(const struct expr *arg) { return column_kind_is_string(arg->type.kind); }

/* ---- casts ---- */

static bool kind_is_value_kind(const struct column_type *type, const struct column_type *other) {
    return column_type_value_kind(type) == column_type_value_kind(other);
}

/* Are the arg's values already what a column of the type holds? */
static bool needs_no_cast(const struct expr *arg, const struct column_type *type) {
    if (arg->type.kind == COLUMN_NULL && arg->kind == EXPR_CONSTANT) return true;
    bool is_same = arg->type.kind == type->kind && arg->type.collation == type->collation &&
                   arg->type.scale == type->scale;
    bool is_integer = column_kind_is_integer(type->kind) && kind_is_value_kind(&arg->type, type) &&
                      type->kind >= arg->type.kind;
    bool is_string = column_kind_is_string(type->kind) && column_kind_is_string(arg->type.kind) &&
                     arg->type.collation == type->collation;
    return is_same || is_integer || is_string;
}

static struct expr *cast_of(struct arena *arena, struct expr *arg, const struct column_type *type,
                            enum cast_mode mode) {
    struct expr *cast = expr_new(arena, EXPR_CAST, 1);
    cast->args[0] = column_kind_is_string(type->kind) ? arg : expr_all_places(arena, arg);
    cast->type = *type;
    cast->type.flags &= (uint8_t)~COLUMN_NOT_NULL;
    cast->collation = type->collation;
    cast->coercibility = arg->coercibility;
    cast->operation = (uint16_t)mode;
    expr_inherit(cast);
    return cast;
}

struct expr *coerce_cast(struct arena *arena, struct expr *arg, const struct column_type *type) {
    if (needs_no_cast(arg, type)) return arg;
    return expr_fold(arena, cast_of(arena, arg, type, CAST_QUIET));
}

struct expr *coerce_cast_telling(struct arena *arena, struct expr *arg,
                                 const struct column_type *type, uint32_t kind_beside) {
    if (needs_no_cast(arg, type)) return arg;
    struct expr *cast = cast_of(arena, arg, type, kind_beside != 0 ? CAST_COMPARED : CAST_WARNING);
    cast->ordinal = kind_beside;
    bool may_tell = coerce_is_text(arg) || column_kind_is_temporal(type->kind);
    if (may_tell) cast->flags |= EXPR_WARNS;
    if (column_kind_is_temporal(type->kind)) cast->flags |= EXPR_NULLABLE;
    return expr_fold(arena, cast);
}

struct expr *coerce_text(struct arena *arena, struct expr *arg, uint16_t collation) {
    bool is_text = coerce_is_text(arg);
    bool is_same_set =
        is_text && collation_charset(arg->type.collation)->id == collation_charset(collation)->id;
    if (is_same_set) return arg;
    if (arg->type.kind == COLUMN_BIT) collation = COLLATION_BINARY; /* X'41' too: bytes */
    struct column_type type = coerce_text_type(coerce_text_length(arg), collation);
    return coerce_cast(arena, arg, &type);
}

/* ---- collations ---- */

struct collation_mix {
    uint16_t collation;
    uint8_t coercibility;
    uint8_t is_ascii; /* numbers and the like: every character set has their letters */
};

/* X'41': bytes beside texts, a number beside numbers; a BIT column is a number. */
static bool is_bit_literal(const struct expr *arg) {
    return arg->type.kind == COLUMN_BIT && arg->coercibility == COERCE_LITERAL;
}

static struct collation_mix mix_of(const struct function_call *call, const struct expr *arg) {
    struct collation_mix mix = {.collation = arg->collation, .coercibility = arg->coercibility};
    if (arg->type.kind == COLUMN_JSON) {
        mix.collation = COLLATION_UTF8MB4_BIN;
        return mix;
    }
    bool has_set = coerce_is_text(arg) || is_bit_literal(arg) || arg->type.kind == COLUMN_ENUM ||
                   arg->type.kind == COLUMN_SET;
    if (has_set) return mix;
    mix.collation = call->connection_collation;
    mix.coercibility = arg->type.kind == COLUMN_NULL ? COERCE_IGNORABLE : COERCE_NUMERIC;
    mix.is_ascii = 1;
    return mix;
}

static bool is_unicode(const struct charset *charset) {
    return charset->id == CHARSET_UTF8MB3 || charset->id == CHARSET_UTF8MB4;
}

/* Can `left` keep its character set and take `right` in without loss? */
static bool is_superset(const struct collation_mix *left, const struct collation_mix *right) {
    const struct charset *l = collation_charset(left->collation);
    const struct charset *r = collation_charset(right->collation);
    if (right->is_ascii) return true;
    if (!is_unicode(l) || left->coercibility > right->coercibility) return false;
    if (left->coercibility < right->coercibility) return true;
    return !is_unicode(r) || (l->id == CHARSET_UTF8MB4 && r->id == CHARSET_UTF8MB3);
}

static bool mix_sets(struct collation_mix *mix, const struct collation_mix *next) {
    if (next->is_ascii || mix->is_ascii) {
        if (mix->is_ascii && !next->is_ascii) *mix = *next;
        return true;
    }
    if (is_superset(mix, next)) return true;
    if (is_superset(next, mix)) {
        *mix = *next;
        return true;
    }
    if (mix->coercibility < next->coercibility && next->coercibility >= COERCE_SYSTEM) return true;
    if (next->coercibility < mix->coercibility && mix->coercibility >= COERCE_SYSTEM) {
        *mix = *next;
        return true;
    }
    return false;
}

/* Two collations of one character set, bound equally close. */
static bool mix_equals(struct collation_mix *mix, const struct collation_mix *next) {
    if (mix->coercibility == COERCE_EXPLICIT) return false;
    if (collation_find(mix->collation)->is_binary) return true;
    if (!collation_find(next->collation)->is_binary) {
        mix->coercibility = COERCE_NONE;
        mix->collation = collation_charset(mix->collation)->collation_binary;
        return true;
    }
    *mix = *next;
    return true;
}

/* (C1); false: it cannot be decided. */
static bool mix_add(struct collation_mix *mix, const struct collation_mix *next) {
    if (mix->collation == next->collation) {
        if (next->coercibility < mix->coercibility) *mix = *next;
        return true;
    }
    if (mix->collation == COLLATION_BINARY || next->collation == COLLATION_BINARY) {
        bool is_mix_binary = mix->collation == COLLATION_BINARY;
        bool keeps = is_mix_binary ? mix->coercibility <= next->coercibility
                                   : mix->coercibility < next->coercibility;
        if (!keeps) *mix = *next;
        return true;
    }
    if (collation_charset(mix->collation)->id != collation_charset(next->collation)->id) {
        return mix_sets(mix, next);
    }
    if (mix->coercibility == next->coercibility) return mix_equals(mix, next);
    if (next->coercibility < mix->coercibility) *mix = *next;
    return true;
}

static const char *coercibility_name(uint8_t coercibility) {
    static const char *const names[] = {"EXPLICIT",  "NONE",    "IMPLICIT", "SYSCONST",
                                        "COERCIBLE", "NUMERIC", "IGNORABLE"};
    return names[coercibility];
}

const char *coerce_operation(const struct expr *expr) {
    switch ((enum expr_kind)expr->kind) {
    case EXPR_CALL: return function_name(expr->function);
    case EXPR_LIKE: return "like";
    case EXPR_IN: return " IN ";
    case EXPR_BETWEEN: return "between";
    case EXPR_CASE: return "case";
    case EXPR_COALESCE: return "coalesce";
    case EXPR_ARITHMETIC: return arithmetic_op_text((enum arithmetic_op)expr->operation);
    case EXPR_COMPARE: break;
    default: return "UNION";
    }
    static const char *const comparisons[] = {"=", "<>", "<", "<=", ">", ">=", "<=>"};
    return comparisons[expr->operation - PROGRAM_EQ];
}

static enum status tell_mix(struct function_call *call, struct expr *const *args, uint32_t count) {
    struct arena *arena = call->arena;
    const char *operation = coerce_operation(call->expr);
    struct collation_mix m[3];
    const char *names[3], *levels[3];
    for (uint32_t i = 0; i < count && i < 3; i++) {
        m[i] = mix_of(call, args[i]);
        names[i] = collation_find(m[i].collation)->name;
        levels[i] = coercibility_name(m[i].coercibility);
    }
    char *text = arena_printf(arena, "%s", operation);
    if (call->expr->kind == EXPR_CALL) {
        for (char *at = text; *at != '\0'; at++)
            *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
    }
    if (count == 2) {
        return diagnostics_error(call->diagnostics, ER_CANT_AGGREGATE_2COLLATIONS, names[0],
                                 levels[0], names[1], levels[1], text);
    }
    if (count == 3) {
        return diagnostics_error(call->diagnostics, ER_CANT_AGGREGATE_3COLLATIONS, names[0],
                                 levels[0], names[1], levels[1], names[2], levels[2], text);
    }
    return diagnostics_error(call->diagnostics, ER_CANT_AGGREGATE_NCOLLATIONS, text);
}

static enum status mix_args(struct function_call *call, struct expr *const *args, uint32_t count,
                            struct collation_mix *mix) {
    *mix = (struct collation_mix){.collation = call->connection_collation,
                                  .coercibility = COERCE_IGNORABLE};
    for (uint32_t i = 0; i < count; i++) {
        struct collation_mix next = mix_of(call, args[i]);
        if (i == 0) {
            *mix = next;
        } else if (!mix_add(mix, &next)) {
            return tell_mix(call, args, count);
        }
    }
    return STATUS_OK;
}

static void take_collation(struct function_call *call, uint32_t from, uint32_t count,
                           const struct collation_mix *mix) {
    struct expr *expr = call->expr;
    for (uint32_t i = from; i < from + count; i++) {
        expr->args[i] = coerce_text(call->arena, expr->args[i], mix->collation);
    }
    expr->collation = expr->type.collation = mix->collation;
    expr->coercibility = mix->coercibility == COERCE_NUMERIC ? COERCE_LITERAL : mix->coercibility;
}

enum status coerce_texts(struct function_call *call, uint32_t from, uint32_t count) {
    CHECK(from + count <= call->expr->arg_count);
    struct collation_mix mix;
    enum status status = mix_args(call, call->expr->args + from, count, &mix);
    if (status == STATUS_OK) take_collation(call, from, count, &mix);
    return status;
}

enum status coerce_texts_to_compare(struct function_call *call, uint32_t from, uint32_t count) {
    CHECK(from + count <= call->expr->arg_count);
    struct collation_mix mix;
    enum status status = mix_args(call, call->expr->args + from, count, &mix);
    if (status != STATUS_OK) return status;
    if (mix.coercibility == COERCE_NONE) return tell_mix(call, call->expr->args + from, count);
    take_collation(call, from, count, &mix);
    return STATUS_OK;
}

/* ---- types ---- */

struct column_type coerce_text_type(uint64_t length_chars, uint16_t collation) {
    struct column_type type = {.kind = COLUMN_VARCHAR, .collation = collation};
    uint32_t bytes_per_char = collation_charset(collation)->bytes_per_char_max;
    bool is_binary = collation == COLLATION_BINARY;
    uint64_t bytes = length_chars * bytes_per_char;
    type.length = (uint32_t)MIN(length_chars, UINT32_MAX);
    if (bytes <= VARCHAR_LENGTH_MAX) {
        type.kind = is_binary ? COLUMN_VARBINARY : COLUMN_VARCHAR;
    } else if (bytes < (UINT64_C(1) << 24)) {
        type.kind = is_binary ? COLUMN_MEDIUMBLOB : COLUMN_MEDIUMTEXT;
    } else {
        type.kind = is_binary ? COLUMN_LONGBLOB : COLUMN_LONGTEXT;
    }
    return type;
}

uint32_t coerce_text_length(const struct expr *arg) {
    const struct column_type *type = &arg->type;
    bool is_counted = type->kind >= COLUMN_CHAR && type->kind <= COLUMN_VARBINARY;
    if (is_counted) return type->length;
    if (column_kind_is_blob(type->kind)) {
        uint32_t bytes = column_type_bytes_max(type);
        return bytes / collation_charset(type->collation)->bytes_per_char_max;
    }
    switch (type->kind) {
    case COLUMN_NULL: return 0;
    case COLUMN_BIT: return (type->length + 7) / 8;
    case COLUMN_JSON: return UINT32_MAX / 4;
    default: return column_type_display_length(type, 1);
    }
}

struct column_type coerce_number_type(const struct expr *arg) {
    const struct column_type *type = &arg->type;
    if (column_kind_is_numeric(type->kind)) {
        if (!column_kind_is_integer(type->kind)) return *type;
        struct column_type integer = column_type_bigint(type->flags & COLUMN_UNSIGNED);
        integer.length = column_type_display_length(type, 1);
        bool lacks_sign =
            arg->kind == EXPR_CONSTANT && arg->value.kind == VALUE_INT && arg->value.i >= 0;
        if (lacks_sign) integer.length++; /* of all others it has room for one */
        return integer;
    }
    switch (type->kind) {
    case COLUMN_YEAR:
    case COLUMN_BIT:
    case COLUMN_ENUM:
    case COLUMN_SET: return column_type_bigint(COLUMN_UNSIGNED);
    case COLUMN_NULL:
    case COLUMN_DATE: return column_type_bigint(0);
    case COLUMN_TIME:
    case COLUMN_DATETIME:
    case COLUMN_TIMESTAMP:
        if (type->scale == 0) return column_type_bigint(0);
        return column_type_decimal((uint8_t)(14 + type->scale), type->scale);
    default: return column_type_double();
    }
}

/* ---- comparison ---- */

enum family {
    FAMILY_NULL,
    FAMILY_NUMBER,
    FAMILY_TEXT, /* and ENUM and SET, which are texts until a number comes */
    FAMILY_DATE, /* DATE, DATETIME, TIMESTAMP */
    FAMILY_TIME,
    FAMILY_JSON,
    FAMILY_ROW,
};
#define FAMILY_BIT(family) (1u << (family))

static enum family family_of(const struct expr *arg) {
    if (arg->kind == EXPR_ROW) return FAMILY_ROW;
    switch (arg->type.kind) {
    case COLUMN_NULL: return FAMILY_NULL;
    case COLUMN_DATE:
    case COLUMN_DATETIME:
    case COLUMN_TIMESTAMP: return FAMILY_DATE;
    case COLUMN_TIME: return FAMILY_TIME;
    case COLUMN_JSON: return FAMILY_JSON;
    case COLUMN_YEAR: return FAMILY_NUMBER;
    case COLUMN_BIT: return is_bit_literal(arg) ? FAMILY_TEXT : FAMILY_NUMBER;
    case COLUMN_ENUM:
    case COLUMN_SET: return FAMILY_TEXT;
    default: return column_kind_is_numeric(arg->type.kind) ? FAMILY_NUMBER : FAMILY_TEXT;
    }
}

static uint32_t families_of(struct expr *const *args, uint32_t count) {
    uint32_t set = 0;
    for (uint32_t i = 0; i < count; i++) set |= FAMILY_BIT(family_of(args[i]));
    return set & ~FAMILY_BIT(FAMILY_NULL);
}

bool coerce_is_uniform(struct expr *const *args, uint32_t count) {
    uint32_t set = families_of(args, count);
    return (set & (set - 1)) == 0 && (set & FAMILY_BIT(FAMILY_ROW)) == 0;
}

static bool is_constant(const struct expr *arg) {
    return (arg->flags & EXPR_STATEMENT_CONSTANT) != 0;
}

/* Does every arg of the family DATE or TIME count as a column beside which others are constants (C3)? */
static bool others_are_constant(struct expr *const *args, uint32_t count, enum family family) {
    for (uint32_t i = 0; i < count; i++) {
        enum family own = family_of(args[i]);
        if (own != family && own != FAMILY_NULL && !is_constant(args[i])) return false;
    }
    return true;
}

/* An integer column beside texts that are constants: '97716021308405775' has more digits than a DOUBLE knows. */
static bool are_exact(struct expr *const *args, uint32_t count) {
    bool has_column = false;
    for (uint32_t i = 0; i < count; i++) {
        enum family family = family_of(args[i]);
        bool is_column = family == FAMILY_NUMBER && args[i]->kind == EXPR_COLUMN &&
                         column_kind_is_integer(args[i]->type.kind);
        has_column |= is_column;
        bool is_exact = is_column || family == FAMILY_NULL ||
                        (family == FAMILY_TEXT && is_constant(args[i])) ||
                        (is_constant(args[i]) && column_kind_is_integer(args[i]->type.kind));
        if (!is_exact) return false;
    }
    return has_column;
}

static void all_to_numbers(struct function_call *call, struct expr **args, uint32_t count) {
    bool is_exact = are_exact(args, count);
    for (uint32_t i = 0; i < count; i++) {
        enum family family = family_of(args[i]);
        if (family == FAMILY_NUMBER || family == FAMILY_NULL) continue;
        struct column_type type = coerce_number_type(args[i]);
        bool is_text = is_exact && family == FAMILY_TEXT && type.kind == COLUMN_DOUBLE;
        if (is_text) type = column_type_decimal(DECIMAL_PRECISION_MAX, DECIMAL_SCALE_MAX);
        args[i] = coerce_cast_telling(call->arena, args[i], &type, 0);
    }
}

static void all_to_temporal(struct function_call *call, struct expr **args, uint32_t count,
                            uint8_t kind) {
    struct column_type type = {.kind = kind, .scale = FSP_MAX, .collation = COLLATION_BINARY};
    bool is_checked =
        others_are_constant(args, count, kind == COLUMN_TIME ? FAMILY_TIME : FAMILY_DATE);
    uint32_t kind_beside = COLUMN_DATE;
    for (uint32_t i = 0; i < count; i++) {
        if (args[i]->type.kind == COLUMN_DATETIME || args[i]->type.kind == COLUMN_TIMESTAMP) {
            kind_beside = COLUMN_DATETIME;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        enum family family = family_of(args[i]);
        bool is_it = family == (kind == COLUMN_TIME ? FAMILY_TIME : FAMILY_DATE);
        if (is_it || family == FAMILY_NULL) continue;
        bool is_text = family == FAMILY_TEXT && is_checked && kind != COLUMN_TIME;
        args[i] = coerce_cast_telling(call->arena, args[i], &type, is_text ? kind_beside : 0);
    }
}

/* A stored TIMESTAMP beside constants: these become UTC, so that indexes and pushed-down filters see what rows hold. -1: it is not
 * that. */
static int32_t lone_timestamp(struct expr *const *args, uint32_t count) {
    int32_t place = -1;
    for (uint32_t i = 0; i < count; i++) {
        bool is_stored = args[i]->kind == EXPR_COLUMN && args[i]->eval == expr_eval_timestamp;
        if (!is_stored && !is_constant(args[i])) return -1;
        if (is_stored && place >= 0) return -1;
        if (is_stored) place = (int32_t)i;
    }
    return place;
}

static void all_to_timestamp(struct function_call *call, struct expr **args, uint32_t count,
                             uint32_t place) {
    static const struct column_type utc = {
        .kind = COLUMN_TIMESTAMP, .scale = FSP_MAX, .collation = COLLATION_BINARY};
    for (uint32_t i = 0; i < count; i++) {
        if (i == place) {
            struct expr *raw = arena_new(call->arena, struct expr);
            *raw = *args[i];
            raw->eval = expr_eval_slot;
            args[i] = raw;
        } else if (args[i]->type.kind != COLUMN_NULL) {
            args[i] = cast_of(call->arena, args[i], &utc, CAST_QUIET);
        }
    }
}

static enum status all_to_texts(struct function_call *call, uint32_t from, uint32_t count) {
    return coerce_texts_to_compare(call, from, count);
}

/* Only operators compare JSON; IN a list, BETWEEN, GREATEST and their kin take its text. */
static bool compares_json(const struct expr *expr) {
    return expr->kind == EXPR_COMPARE || (expr->kind == EXPR_IN && expr->arg_count == 2);
}

static void json_to_texts(struct function_call *call, struct expr **args, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (args[i]->type.kind != COLUMN_JSON) continue;
        args[i] = coerce_text(call->arena, args[i], COLLATION_UTF8MB4_BIN);
    }
}

/* JSON: what is not JSON becomes it. */
static void all_to_json(struct function_call *call, struct expr **args, uint32_t count) {
    static const struct column_type json = {.kind = COLUMN_JSON,
                                            .collation = COLLATION_UTF8MB4_BIN};
    for (uint32_t i = 0; i < count; i++) args[i] = coerce_cast(call->arena, args[i], &json);
}

enum status coerce_comparison(struct function_call *call, uint32_t from, uint32_t count) {
    struct expr **args = call->expr->args + from;
    CHECK(from + count <= call->expr->arg_count);
    uint32_t set = families_of(args, count);
    if ((set & FAMILY_BIT(FAMILY_ROW)) != 0) {
        return diagnostics_error(call->diagnostics, ER_OPERAND_COLUMNS, 1);
    }
    bool has_json = (set & FAMILY_BIT(FAMILY_JSON)) != 0;
    if (has_json && compares_json(call->expr)) {
        all_to_json(call, args, count);
        return STATUS_OK;
    }
    if (has_json) {
        json_to_texts(call, args, count);
        set = families_of(args, count);
    }
    if (set == FAMILY_BIT(FAMILY_TEXT)) return all_to_texts(call, from, count);
    bool has_date = (set & FAMILY_BIT(FAMILY_DATE)) != 0;
    bool has_time = (set & FAMILY_BIT(FAMILY_TIME)) != 0;
    bool has_number = (set & FAMILY_BIT(FAMILY_NUMBER)) != 0;
    enum family temporal = has_date ? FAMILY_DATE : FAMILY_TIME;
    bool stays_temporal = !has_number || others_are_constant(args, count, temporal);
    if ((has_date || has_time) && stays_temporal) {
        int32_t place = lone_timestamp(args, count);
        all_to_temporal(call, args, count, has_date ? COLUMN_DATETIME : COLUMN_TIME);
        if (place >= 0) all_to_timestamp(call, args, count, (uint32_t)place);
    } else {
        all_to_numbers(call, args, count);
    }
    for (uint32_t i = 0; i < count; i++) args[i] = expr_all_places(call->arena, args[i]);
    return STATUS_OK;
}

/* ---- one type for several ---- */

struct type_mix {
    struct column_type type;
    uint32_t integer_digits; /* DECIMAL and integers */
    uint32_t scale;
    uint64_t text_chars;
    uint32_t count; /* that are not NULL */
};

/* The kind of two: numbers widen, like temporal kinds stay or become DATETIME, else text. */
static uint8_t kind_of_two(const struct column_type *a, const struct column_type *b) {
    if (a->kind == b->kind && a->kind != COLUMN_ENUM && a->kind != COLUMN_SET) return a->kind;
    bool a_number = column_kind_is_numeric(a->kind), b_number = column_kind_is_numeric(b->kind);
    if (a->kind == COLUMN_YEAR || a->kind == COLUMN_BIT) a_number = true;
    if (b->kind == COLUMN_YEAR || b->kind == COLUMN_BIT) b_number = true;
    if (a_number && b_number) {
        bool is_real = a->kind == COLUMN_DOUBLE || b->kind == COLUMN_DOUBLE ||
                       a->kind == COLUMN_FLOAT || b->kind == COLUMN_FLOAT;
        if (is_real) return COLUMN_DOUBLE;
        if (a->kind == COLUMN_DECIMAL || b->kind == COLUMN_DECIMAL) return COLUMN_DECIMAL;
        if (!column_kind_is_integer(a->kind) || !column_kind_is_integer(b->kind)) {
            return COLUMN_BIGINT;
        }
        return MAX(a->kind, b->kind);
    }
    bool both_temporal = column_kind_is_temporal(a->kind) && column_kind_is_temporal(b->kind);
    if (both_temporal) return COLUMN_DATETIME;
    return COLUMN_VARCHAR;
}

static void digits_add(struct type_mix *mix, const struct expr *arg) {
    const struct column_type *type = &arg->type;
    uint32_t digits = type->kind == COLUMN_DECIMAL ? (uint32_t)type->precision - type->scale
                                                   : column_type_display_length(type, 1);
    uint32_t scale = type->scale;
    if (column_kind_is_integer(type->kind)) {
        scale = 0;
        digits = coerce_number_type(arg).length;
        if (!column_type_is_unsigned(type) && digits > 1) digits--;
    }
    mix->integer_digits = MAX(mix->integer_digits, digits);
    mix->scale = MAX(mix->scale, scale);
}

static void type_mix_add(struct type_mix *mix, const struct expr *arg) {
    if (arg->type.kind == COLUMN_NULL) return;
    struct column_type *type = &mix->type;
    mix->text_chars = MAX(mix->text_chars, coerce_text_length(arg));
    digits_add(mix, arg);
    if (mix->count++ == 0) {
        *type = arg->type;
        return;
    }
    bool signs_differ = column_type_is_unsigned(type) != column_type_is_unsigned(&arg->type);
    uint8_t kind = kind_of_two(type, &arg->type);
    bool is_wider = signs_differ && column_kind_is_integer(kind);
    if (is_wider && kind == COLUMN_BIGINT) {
        kind = COLUMN_DECIMAL;
    } else if (is_wider) {
        kind++;
    }
    if (signs_differ) type->flags &= (uint8_t) ~(COLUMN_UNSIGNED | COLUMN_ZEROFILL);
    if (arg->type.length > type->length) type->length = arg->type.length;
    type->scale = MAX(type->scale, arg->type.scale);
    type->kind = kind;
    type->members = NULL;
    type->member_count = 0;
}

static enum status common_text(struct function_call *call, struct expr *const *args, uint32_t count,
                               uint64_t chars) {
    struct collation_mix mix;
    enum status status = mix_args(call, args, count, &mix);
    if (status != STATUS_OK) return status;
    call->expr->collation = mix.collation;
    call->expr->coercibility =
        mix.coercibility == COERCE_NUMERIC ? COERCE_LITERAL : mix.coercibility;
    call->expr->type = coerce_text_type(chars, mix.collation);
    return STATUS_OK;
}

static void finish_number(struct type_mix *mix) {
    struct column_type *type = &mix->type;
    if (type->kind == COLUMN_DECIMAL) {
        uint32_t scale = MIN(mix->scale, (uint32_t)DECIMAL_SCALE_MAX);
        uint32_t digits = MIN(mix->integer_digits + scale, (uint32_t)DECIMAL_PRECISION_MAX);
        uint8_t flags = type->flags;
        *type = column_type_decimal((uint8_t)MAX(digits, 1u), (uint8_t)scale);
        type->flags = flags & COLUMN_UNSIGNED;
    } else if (type->kind == COLUMN_DOUBLE || type->kind == COLUMN_FLOAT) {
        uint8_t kind = type->kind;
        *type = column_type_real(mix->scale);
        type->kind = kind;
    }
}

enum status coerce_common(struct function_call *call, struct expr **args, uint32_t count) {
    struct expr *expr = call->expr;
    struct type_mix mix = {.type = {.kind = COLUMN_NULL, .collation = COLLATION_BINARY}};
    for (uint32_t i = 0; i < count; i++) {
        if (args[i]->kind == EXPR_ROW) {
            return diagnostics_error(call->diagnostics, ER_OPERAND_COLUMNS, 1);
        }
        type_mix_add(&mix, args[i]);
    }
    bool is_text = mix.type.member_count > 0 || column_kind_is_string(mix.type.kind);
    finish_number(&mix);
    expr->type = mix.type;
    expr->type.flags &= (uint8_t) ~(COLUMN_NOT_NULL | COLUMN_ZEROFILL);
    expr->coercibility = mix.count == 0 ? COERCE_IGNORABLE : COERCE_NUMERIC;
    if (is_text) {
        enum status status = common_text(call, args, count, mix.text_chars);
        if (status != STATUS_OK) return status;
    }
    struct column_type target = expr->type;
    bool is_real = target.kind == COLUMN_DOUBLE || target.kind == COLUMN_FLOAT;
    if (is_real) target.length = 0; /* the length is for who asks, values are not cut to it */
    for (uint32_t i = 0; i < count && mix.count > 0; i++) {
        args[i] = coerce_cast(call->arena, args[i], &target);
    }
    return STATUS_OK;
}

enum status coerce_function_common(struct function_call *call) {
    return coerce_common(call, call->expr->args, call->expr->arg_count);
}
