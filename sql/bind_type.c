/* bind_type.c: types as SQL writes them, in CREATE TABLE and in CAST: defaults and limits.
 *
 * The limits are MySQL's, with their errors: 1074 (length), 1425 and 1426 (digits), 1427 (M < D), 1439 (display width).
 */
#include "sql/bind_private.h"

struct type_source {
    const struct ast_type *ast;
    struct diagnostics *diagnostics;
    struct arena *arena;
    const char *name; /* of the column, for errors */
};

static enum status tell_scale(const struct type_source *source, uint32_t most) {
    return diagnostics_error(source->diagnostics, ER_TOO_BIG_SCALE, (int)source->ast->decimals,
                             source->name, (unsigned long)most);
}

static enum status tell_precision(const struct type_source *source, uint64_t given,
                                  unsigned long most) {
    return diagnostics_error(source->diagnostics, ER_TOO_BIG_PRECISION,
                             (int)MIN(given, (uint64_t)INT32_MAX), source->name, most);
}

static enum status tell_length(const struct type_source *source, unsigned long most) {
    return diagnostics_error(source->diagnostics, ER_TOO_BIG_FIELDLENGTH, source->name, most);
}

/* ---- numbers ---- */

static enum status integer_type(const struct type_source *source, uint8_t kind,
                                struct column_type *type) {
    const struct ast_type *ast = source->ast;
    type->kind = kind;
    if (ast->has_length && ast->length > 255) {
        return diagnostics_error(source->diagnostics, ER_TOO_BIG_DISPLAYWIDTH, source->name, 255ul);
    }
    if (ast->has_length && (ast->is_zerofill || (kind == COLUMN_TINYINT && ast->length == 1))) {
        type->length = (uint32_t)ast->length;
    }
    return STATUS_OK;
}

static enum status decimal_type(const struct type_source *source, struct column_type *type) {
    const struct ast_type *ast = source->ast;
    uint64_t digits = ast->has_length && ast->length > 0 ? ast->length : 10;
    uint32_t scale = ast->has_decimals ? ast->decimals : 0;
    if (scale > DECIMAL_SCALE_MAX) return tell_scale(source, DECIMAL_SCALE_MAX);
    if (digits > DECIMAL_PRECISION_MAX)
        return tell_precision(source, digits, DECIMAL_PRECISION_MAX);
    if (digits < scale) {
        return diagnostics_error(source->diagnostics, ER_M_BIGGER_THAN_D, source->name);
    }
    uint8_t flags = type->flags;
    *type = column_type_decimal((uint8_t)digits, (uint8_t)scale);
    type->flags = flags;
    return STATUS_OK;
}

/* FLOAT(p): up to 24 bits a FLOAT, else a DOUBLE; FLOAT(M, D) has fixed places. */
static enum status real_type(const struct type_source *source, struct column_type *type) {
    const struct ast_type *ast = source->ast;
    bool is_double = ast->kind == AST_TYPE_DOUBLE;
    type->scale = SCALE_NOT_FIXED;
    if (ast->has_decimals) {
        if (ast->decimals > DECIMAL_SCALE_MAX) return tell_scale(source, DECIMAL_SCALE_MAX);
        if (ast->length > 255) return tell_precision(source, ast->length, 255);
        if (ast->length < ast->decimals) {
            return diagnostics_error(source->diagnostics, ER_M_BIGGER_THAN_D, source->name);
        }
        type->scale = (uint8_t)ast->decimals;
        type->length = (uint32_t)ast->length;
    } else if (ast->has_length) {
        if (ast->length > 53) {
            return diagnostics_error(source->diagnostics, ER_WRONG_FIELD_SPEC, source->name);
        }
        is_double = is_double || ast->length > 24;
    }
    type->kind = is_double ? COLUMN_DOUBLE : COLUMN_FLOAT;
    return STATUS_OK;
}

static enum status bit_type(const struct type_source *source, struct column_type *type) {
    uint64_t bits = source->ast->has_length ? source->ast->length : 1;
    if (bits > BIT_LENGTH_MAX) {
        return diagnostics_error(source->diagnostics, ER_TOO_BIG_DISPLAYWIDTH, source->name,
                                 (unsigned long)BIT_LENGTH_MAX);
    }
    if (bits == 0)
        return diagnostics_error(source->diagnostics, ER_INVALID_FIELD_SIZE, source->name);
    type->kind = COLUMN_BIT;
    type->length = (uint32_t)bits;
    return STATUS_OK;
}

/* ---- times ---- */

static enum status time_type(const struct type_source *source, uint8_t kind,
                             struct column_type *type) {
    uint64_t places = source->ast->has_length ? source->ast->length : 0;
    type->kind = kind;
    if (places > FSP_MAX) return tell_precision(source, places, FSP_MAX);
    type->scale = (uint8_t)places;
    return STATUS_OK;
}

/* ---- texts ---- */

static enum status text_collation(const struct type_source *source, uint16_t default_collation,
                                  uint16_t *out) {
    const struct ast_type *ast = source->ast;
    const struct charset *charset = NULL;
    *out = default_collation;
    if (ast->is_national) charset = charset_find(CHARSET_UTF8MB3);
    if (ast->charset.size > 0) {
        charset = charset_find_name(ast->charset);
        if (charset == NULL) {
            return diagnostics_error(source->diagnostics, ER_UNKNOWN_CHARACTER_SET,
                                     arena_text(source->arena, ast->charset));
        }
    }
    if (charset != NULL) *out = charset->collation_default;
    if (ast->is_binary) *out = collation_charset(*out)->collation_binary;
    if (ast->collation.size == 0) return STATUS_OK;
    const struct collation *collation = collation_find_name(ast->collation);
    if (collation == NULL) {
        return diagnostics_error(source->diagnostics, ER_UNKNOWN_COLLATION,
                                 arena_text(source->arena, ast->collation));
    }
    if (charset != NULL && charset->id != collation->charset) {
        return diagnostics_error(source->diagnostics, ER_COLLATION_CHARSET_MISMATCH,
                                 collation->name, charset->name);
    }
    *out = collation->id;
    return STATUS_OK;
}

/* TEXT(n) and BLOB(n): the smallest kind that holds n. */
static uint8_t blob_kind(uint64_t bytes, uint8_t tiny) {
    static const uint64_t most[] = {255, 65535, 16777215};
    for (uint8_t i = 0; i < ARRAY_COUNT(most); i++) {
        if (bytes <= most[i]) return (uint8_t)(tiny + i);
    }
    return (uint8_t)(tiny + 3);
}

/* A text type with the character set binary is its binary twin. */
static uint8_t kind_under(uint8_t kind, uint16_t collation) {
    if (collation != COLLATION_BINARY) return kind;
    if (kind == COLUMN_CHAR) return COLUMN_BINARY;
    if (kind == COLUMN_VARCHAR) return COLUMN_VARBINARY;
    bool is_text = kind >= COLUMN_TINYTEXT && kind <= COLUMN_LONGTEXT;
    return is_text ? (uint8_t)(kind - COLUMN_TINYTEXT + COLUMN_TINYBLOB) : kind;
}

static enum status string_type(const struct type_source *source, uint8_t kind,
                               struct column_type *type) {
    const struct ast_type *ast = source->ast;
    bool is_var = kind == COLUMN_VARCHAR || kind == COLUMN_VARBINARY;
    uint32_t per_char = collation_charset(type->collation)->bytes_per_char_max;
    type->kind = kind_under(kind, type->collation);
    if (column_kind_is_blob(kind)) {
        bool is_sized = ast->has_length && (kind == COLUMN_TEXT || kind == COLUMN_BLOB);
        uint8_t tiny = column_kind_is_text(type->kind) ? COLUMN_TINYTEXT : COLUMN_TINYBLOB;
        if (is_sized) type->kind = blob_kind(ast->length * per_char, tiny);
        return STATUS_OK;
    }
    if (is_var && !ast->has_length) {
        return diagnostics_error_text(source->diagnostics, ER_PARSE_ERROR,
                                      "VARCHAR and VARBINARY need a length: column '%s'",
                                      source->name);
    }
    uint64_t length = ast->has_length ? ast->length : 1;
    uint32_t most = is_var ? VARCHAR_LENGTH_MAX / per_char : CHAR_LENGTH_MAX;
    if (length > most) return tell_length(source, most);
    type->length = (uint32_t)length;
    return STATUS_OK;
}

static enum status member_type(const struct type_source *source, uint8_t kind,
                               struct column_type *type) {
    const struct ast_identifiers *values = &source->ast->values;
    uint32_t most = kind == COLUMN_ENUM ? ENUM_MEMBER_COUNT_MAX : SET_MEMBER_COUNT_MAX;
    if (values->count > most) {
        return diagnostics_error(source->diagnostics, ER_TOO_BIG_SET, source->name);
    }
    struct slice *members = arena_array(source->arena, struct slice, values->count);
    for (uint32_t i = 0; i < values->count; i++) {
        struct slice name = values->items[i];
        while (name.size > 0 && name.data[name.size - 1] == ' ') name.size--;
        const char *word = kind == COLUMN_ENUM ? "ENUM" : "SET";
        bool has_comma = name.size > 0 && memchr(name.data, ',', name.size) != NULL;
        if (kind == COLUMN_SET && has_comma) {
            return diagnostics_error(source->diagnostics, ER_ILLEGAL_VALUE_FOR_TYPE, "set",
                                     arena_text(source->arena, name));
        }
        for (uint32_t j = 0; j < i; j++) {
            if (!slice_equal(members[j], name)) continue;
            return diagnostics_error(source->diagnostics, ER_DUPLICATED_VALUE_IN_TYPE, source->name,
                                     arena_text(source->arena, name), word);
        }
        members[i] = arena_copy(source->arena, name);
    }
    type->kind = kind;
    type->members = members;
    type->member_count = (uint16_t)values->count;
    return STATUS_OK;
}

/* ---- any ---- */

static enum status kind_type(const struct type_source *source, struct column_type *type) {
    switch (source->ast->kind) {
    case AST_TYPE_BOOL:
        type->kind = COLUMN_TINYINT;
        type->length = 1;
        return STATUS_OK;
    case AST_TYPE_TINYINT: return integer_type(source, COLUMN_TINYINT, type);
    case AST_TYPE_SMALLINT: return integer_type(source, COLUMN_SMALLINT, type);
    case AST_TYPE_MEDIUMINT: return integer_type(source, COLUMN_MEDIUMINT, type);
    case AST_TYPE_INT: return integer_type(source, COLUMN_INT, type);
    case AST_TYPE_BIGINT: return integer_type(source, COLUMN_BIGINT, type);
    case AST_TYPE_SERIAL: /* BIGINT UNSIGNED NOT NULL; its AUTO_INCREMENT and key are the column's */
        type->flags |= COLUMN_UNSIGNED | COLUMN_NOT_NULL;
        return integer_type(source, COLUMN_BIGINT, type);
    case AST_TYPE_SIGNED: type->kind = COLUMN_BIGINT; return STATUS_OK;
    case AST_TYPE_UNSIGNED:
        type->kind = COLUMN_BIGINT;
        type->flags |= COLUMN_UNSIGNED;
        return STATUS_OK;
    case AST_TYPE_DECIMAL: return decimal_type(source, type);
    case AST_TYPE_FLOAT:
    case AST_TYPE_DOUBLE: return real_type(source, type);
    case AST_TYPE_BIT: return bit_type(source, type);
    case AST_TYPE_DATE: type->kind = COLUMN_DATE; return STATUS_OK;
    case AST_TYPE_TIME: return time_type(source, COLUMN_TIME, type);
    case AST_TYPE_DATETIME: return time_type(source, COLUMN_DATETIME, type);
    case AST_TYPE_TIMESTAMP: return time_type(source, COLUMN_TIMESTAMP, type);
    case AST_TYPE_YEAR: type->kind = COLUMN_YEAR; return STATUS_OK;
    case AST_TYPE_CHAR: return string_type(source, COLUMN_CHAR, type);
    case AST_TYPE_VARCHAR: return string_type(source, COLUMN_VARCHAR, type);
    case AST_TYPE_BINARY: return string_type(source, COLUMN_BINARY, type);
    case AST_TYPE_VARBINARY: return string_type(source, COLUMN_VARBINARY, type);
    case AST_TYPE_TINYTEXT: return string_type(source, COLUMN_TINYTEXT, type);
    case AST_TYPE_TEXT: return string_type(source, COLUMN_TEXT, type);
    case AST_TYPE_MEDIUMTEXT: return string_type(source, COLUMN_MEDIUMTEXT, type);
    case AST_TYPE_LONGTEXT: return string_type(source, COLUMN_LONGTEXT, type);
    case AST_TYPE_TINYBLOB: return string_type(source, COLUMN_TINYBLOB, type);
    case AST_TYPE_BLOB: return string_type(source, COLUMN_BLOB, type);
    case AST_TYPE_MEDIUMBLOB: return string_type(source, COLUMN_MEDIUMBLOB, type);
    case AST_TYPE_LONGBLOB: return string_type(source, COLUMN_LONGBLOB, type);
    case AST_TYPE_ENUM: return member_type(source, COLUMN_ENUM, type);
    case AST_TYPE_SET: return member_type(source, COLUMN_SET, type);
    case AST_TYPE_JSON:
        type->kind = COLUMN_JSON;
        type->collation = COLLATION_BINARY;
        return STATUS_OK;
    case AST_TYPE_GEOMETRY:
    case AST_TYPE_POINT:
    case AST_TYPE_LINESTRING:
    case AST_TYPE_POLYGON:
    case AST_TYPE_MULTIPOINT:
    case AST_TYPE_MULTILINESTRING:
    case AST_TYPE_MULTIPOLYGON:
    case AST_TYPE_GEOMETRYCOLLECTION: break;
    }
    return diagnostics_unsupported(source->diagnostics, "spatial types");
}

static bool type_has_collation(enum ast_type_kind kind) {
    bool is_text = kind == AST_TYPE_CHAR || kind == AST_TYPE_VARCHAR ||
                   (kind >= AST_TYPE_TINYTEXT && kind <= AST_TYPE_LONGTEXT);
    return is_text || kind == AST_TYPE_ENUM || kind == AST_TYPE_SET;
}

static enum status bind_named_type(const struct type_source *source, uint16_t default_collation,
                                   struct column_type *type_out) {
    const struct ast_type *ast = source->ast;
    *type_out = (struct column_type){.collation = COLLATION_BINARY};
    if (ast->is_unsigned) type_out->flags |= COLUMN_UNSIGNED;
    if (ast->is_zerofill) type_out->flags |= COLUMN_UNSIGNED | COLUMN_ZEROFILL;
    if (type_has_collation(ast->kind)) {
        enum status status = text_collation(source, default_collation, &type_out->collation);
        if (status != STATUS_OK) return status;
    }
    return kind_type(source, type_out);
}

enum status bind_type(const struct ast_type *ast, uint16_t default_collation, struct arena *arena,
                      struct diagnostics *diagnostics, struct column_type *type_out) {
    struct type_source source = {ast, diagnostics, arena, ""};
    return bind_named_type(&source, default_collation, type_out);
}

enum status bind_column_type(const struct ast_column *column, uint16_t default_collation,
                             struct arena *arena, struct diagnostics *diagnostics,
                             struct column_type *type_out) {
    struct type_source source = {column->type, diagnostics, arena, arena_text(arena, column->name)};
    return bind_named_type(&source, default_collation, type_out);
}

/* CHAR(n) of any n: a cast's text may be as long as it likes. */
static enum status cast_text_type(const struct type_source *source, uint16_t default_collation,
                                  struct column_type *type_out) {
    const struct ast_type *ast = source->ast;
    *type_out = (struct column_type){.kind = COLUMN_VARCHAR, .collation = COLLATION_BINARY};
    type_out->length = (uint32_t)MIN(ast->length, (uint64_t)UINT32_MAX - 1);
    if (ast->kind == AST_TYPE_BINARY) {
        type_out->kind = COLUMN_VARBINARY;
        return STATUS_OK;
    }
    return text_collation(source, default_collation, &type_out->collation);
}

enum status bind_cast_type(const struct ast_type *ast, uint16_t default_collation,
                           struct arena *arena, struct diagnostics *diagnostics,
                           struct column_type *type_out) {
    struct type_source source = {ast, diagnostics, arena, "CAST"};
    bool is_text = ast->kind == AST_TYPE_CHAR || ast->kind == AST_TYPE_BINARY;
    if (is_text) return cast_text_type(&source, default_collation, type_out);
    enum status status = bind_named_type(&source, default_collation, type_out);
    if (status == STATUS_OK && type_out->kind == COLUMN_BIGINT) type_out->length = 0;
    return status;
}
