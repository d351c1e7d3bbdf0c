/* dml_row.c: how does a value become what a column stores?
 *
 * value_convert gives the stored value and a status; the status is an error in strict mode and a warning otherwise, with
 * MySQL's number for the kind of column:
 *
 *   NULL into NOT NULL          1048        too long a text       1406, as a warning 1265
 *   number out of range         1264        rubbish behind it     1265
 *   no number at all            1366        no date or time       1292
 *
 * TIMESTAMP columns take local times: the session's zone is applied on the way.
 */
#include "row/collation.h"
#include "row/json.h"
#include "sql/dml.h"
#include "sql/timezone.h"

/* ---- messages ---- */

static bool is_strict(const struct execution *execution) {
    uint32_t mode = execution->eval->mode;
    return (mode & EVAL_STRICT) != 0 && (mode & EVAL_IGNORE) == 0;
}

static const char *kind_word(const struct column_definition *column) {
    switch ((enum column_kind)column->type.kind) {
    case COLUMN_DECIMAL: return "decimal";
    case COLUMN_FLOAT: return "float";
    case COLUMN_DOUBLE: return "double";
    case COLUMN_DATE: return "date";
    case COLUMN_TIME: return "time";
    case COLUMN_DATETIME:
    case COLUMN_TIMESTAMP: return "datetime";
    default: return column_kind_is_string(column->type.kind) ? "string" : "integer";
    }
}

/* What is said of a value that does not fit: a number and a text. */
struct complaint {
    enum mysql_error number;
    const char *text;
};

static const char *incorrect_text(struct execution *execution,
                                  const struct column_definition *column,
                                  const struct value *given) {
    uint8_t memory[VALUE_TEXT_BYTES_MAX];
    struct slice text = given != NULL ? value_text(given, memory) : SLICE_EMPTY;
    return arena_printf(execution->arena, "Incorrect %s value: '%.*s' for column '%.*s' at row %u",
                        kind_word(column), (int)MIN(text.size, (size_t)128),
                        (const char *)text.data, (int)column->name.size,
                        (const char *)column->name.data,
                        (unsigned)MAX(execution->eval->diagnostics->row_number, 1u));
}

static const char *column_text(struct execution *execution, const char *what,
                               const struct column_definition *column) {
    return arena_printf(execution->arena, "%s for column '%.*s' at row %u", what,
                        (int)column->name.size, (const char *)column->name.data,
                        (unsigned)MAX(execution->eval->diagnostics->row_number, 1u));
}

/* What is wrong with the text of a document. */
static struct complaint json_complaint(struct execution *execution,
                                       const struct column_definition *column,
                                       const struct value *given) {
    struct json json;
    struct json_fault fault = {"Invalid value.", 0};
    bool is_text = given != NULL && given->kind == VALUE_STRING;
    if (is_text && collation_charset(given->collation)->id == CHARSET_BINARY) {
        return (struct complaint){
            ER_INVALID_JSON_CHARSET,
            "Cannot create a JSON value from a string with CHARACTER SET 'binary'."};
    }
    enum status status = STATUS_INVALID;
    if (is_text) status = json_parse(value_slice(given), execution->arena, &json, &fault);
    if (status == STATUS_TOO_LARGE) {
        return (struct complaint){ER_JSON_DOCUMENT_TOO_DEEP,
                                  "The JSON document exceeds the maximum depth."};
    }
    return (struct complaint){
        ER_INVALID_JSON_TEXT,
        arena_printf(execution->arena,
                     "Invalid JSON text: \"%s\" at position %zu in value for column '%.*s'.",
                     fault.text, fault.at, (int)column->name.size,
                     (const char *)column->name.data)};
}

static struct complaint complaint_of(struct execution *execution,
                                     const struct column_definition *column,
                                     const struct value *given, enum status status) {
    if (column->type.kind == COLUMN_JSON) return json_complaint(execution, column, given);
    bool is_member = column->type.kind == COLUMN_ENUM || column->type.kind == COLUMN_SET;
    bool is_float = column->type.kind == COLUMN_FLOAT || column->type.kind == COLUMN_DOUBLE;
    bool is_date = column_kind_is_temporal(column->type.kind) && column->type.kind != COLUMN_YEAR;
    if (status == STATUS_OUT_OF_RANGE && !is_date) {
        return (struct complaint){ER_WARN_DATA_OUT_OF_RANGE,
                                  column_text(execution, "Out of range value", column)};
    }
    if (status == STATUS_TOO_LARGE) {
        return is_strict(execution)
                   ? (struct complaint){ER_DATA_TOO_LONG,
                                        column_text(execution, "Data too long", column)}
                   : (struct complaint){WARN_DATA_TRUNCATED,
                                        column_text(execution, "Data truncated", column)};
    }
    if (is_date) {
        return (struct complaint){ER_TRUNCATED_WRONG_VALUE,
                                  incorrect_text(execution, column, given)};
    }
    if (status == STATUS_TRUNCATED || is_member || is_float) {
        return (struct complaint){WARN_DATA_TRUNCATED,
                                  column_text(execution, "Data truncated", column)};
    }
    return (struct complaint){ER_TRUNCATED_WRONG_VALUE_FOR_FIELD,
                              incorrect_text(execution, column, given)};
}

static enum status complain(struct execution *execution, const struct column_definition *column,
                            const struct value *given, enum status status) {
    struct complaint complaint = complaint_of(execution, column, given, status);
    struct diagnostics *diagnostics = execution->eval->diagnostics;
    if (is_strict(execution) || column->type.kind == COLUMN_JSON) {
        return diagnostics_error_text(diagnostics, complaint.number, "%s", complaint.text);
    }
    diagnostics_warn_text(diagnostics, complaint.number, "%s", complaint.text);
    return STATUS_OK;
}

enum status dml_refused_value(struct execution *execution, const struct column_definition *column,
                              enum status status) {
    struct complaint complaint = complaint_of(execution, column, NULL, status);
    return diagnostics_error_text(execution->eval->diagnostics, complaint.number, "%s",
                                  complaint.text);
}

/* ---- converting ---- */

enum dml_null dml_null_of(const struct execution *execution, uint64_t row_count) {
    if ((execution->eval->mode & EVAL_IGNORE) != 0) return DML_NULL_ZERO;
    return is_strict(execution) || row_count == 1 ? DML_NULL_ERROR : DML_NULL_ZERO;
}

static enum status convert_null(struct execution *execution, const struct column_definition *column,
                                enum dml_null on_null, struct value *out) {
    *out = value_null();
    if (column_type_is_nullable(&column->type)) return STATUS_OK;
    struct diagnostics *diagnostics = execution->eval->diagnostics;
    const char *name = arena_text(execution->arena, column->name);
    if (on_null == DML_NULL_ERROR) return diagnostics_error(diagnostics, ER_BAD_NULL_ERROR, name);
    diagnostics_warn(diagnostics, CONDITION_WARNING, ER_BAD_NULL_ERROR, name);
    *out = column_type_zero(&column->type);
    return STATUS_OK;
}

static enum status convert_timestamp(struct execution *execution,
                                     const struct column_definition *column,
                                     const struct convert_options *options,
                                     const struct value *given, struct value *out) {
    struct column_type local = column->type;
    if (given->kind != VALUE_TIMESTAMP) local.kind = COLUMN_DATETIME;
    struct value shown;
    enum status status = value_convert(given, &local, options, execution->eval->arena, &shown);
    if (given->kind == VALUE_TIMESTAMP) {
        *out = shown;
        return status;
    }
    enum status zoned = timezone_to_timestamp(execution->eval->zone, &shown, out);
    if (zoned != STATUS_OK) *out = value_of_temporal(VALUE_TIMESTAMP, 0, column->type.scale);
    return status != STATUS_OK ? status : zoned;
}

/* Digits behind the point, a time behind a date, spaces behind a text: what went without harm. */
static bool is_shortened(struct execution *execution, const struct column_definition *column,
                         const struct value *given, const struct value *out) {
    const struct column_type *type = &column->type;
    struct decimal whole, kept;
    if (type->kind == COLUMN_DECIMAL) {
        return value_to_decimal(given, &whole) == STATUS_OK &&
               value_to_decimal(out, &kept) == STATUS_OK && decimal_compare(&whole, &kept) != 0;
    }
    if (type->kind == COLUMN_DATE &&
        (given->kind == VALUE_STRING || given->kind == VALUE_DATETIME)) {
        struct column_type moment = {.kind = COLUMN_DATETIME, .scale = FSP_MAX};
        struct convert_options options = {.temporal_flags = execution->eval->temporal_flags};
        struct value full;
        return value_convert(given, &moment, &options, execution->eval->arena, &full) ==
                   STATUS_OK &&
               full.i != out->i;
    }
    if (type->kind != COLUMN_VARCHAR || given->kind != VALUE_STRING) return false;
    return charset_length(collation_charset(given->collation)->id, value_slice(given)) >
           type->length;
}

static bool takes_moments(const struct column_definition *column) {
    uint8_t kind = column->type.kind;
    return kind == COLUMN_DATE || kind == COLUMN_DATETIME || kind == COLUMN_TIMESTAMP;
}

enum status dml_convert(struct execution *execution, const struct column_definition *column,
                        enum dml_null on_null, const struct value *given, struct value *out) {
    if (value_is_null(given)) return convert_null(execution, column, on_null, out);
    if (value_fits(given, &column->type)) {
        *out = *given;
        return STATUS_OK;
    }
    struct value moment;
    bool is_moment = given->kind == VALUE_STRING && takes_moments(column) &&
                     timezone_text_has_offset(value_slice(given)) &&
                     timezone_of_text(execution->eval->zone, value_slice(given), &moment);
    if (is_moment) given = &moment;
    struct convert_options options = {
        .temporal_flags = execution->eval->temporal_flags,
        .now_epoch_us = time_zone_from_utc(execution->eval->zone, execution->eval->now_epoch_us)};
    enum status status =
        column->type.kind == COLUMN_TIMESTAMP
            ? convert_timestamp(execution, column, &options, given, out)
            : value_convert(given, &column->type, &options, execution->eval->arena, out);
    if (status != STATUS_OK) return complain(execution, column, given, status);
    if (is_shortened(execution, column, given, out)) {
        struct diagnostics *diagnostics = execution->eval->diagnostics;
        diagnostics_warn(diagnostics, CONDITION_NOTE, WARN_DATA_TRUNCATED,
                         arena_text(execution->arena, column->name),
                         (long)MAX(diagnostics->row_number, 1u));
    }
    return STATUS_OK;
}

/* ---- defaults ---- */

struct value dml_now(const struct execution *execution, const struct column_definition *column) {
    int64_t unit = 1;
    for (uint32_t i = column->type.scale; i < FSP_MAX; i++) unit *= 10;
    int64_t now = execution->eval->now_epoch_us;
    struct value moment = value_of_temporal(VALUE_TIMESTAMP, now - now % unit, column->type.scale);
    if (column->type.kind == COLUMN_TIMESTAMP) return moment;
    return timezone_to_local(execution->eval->zone, &moment);
}

/* NOT NULL without DEFAULT: 1364, or the type's zero. */
static enum status default_missing(struct execution *execution,
                                   const struct column_definition *column, struct value *out) {
    *out = column_type_is_nullable(&column->type) ? value_null() : column_type_zero(&column->type);
    bool is_free = column_type_is_nullable(&column->type) || column->type.kind == COLUMN_ENUM ||
                   execution->context->copy != NULL; /* a column that ALTER TABLE adds */
    if (is_free) return STATUS_OK;
    struct diagnostics *diagnostics = execution->eval->diagnostics;
    const char *name = arena_text(execution->arena, column->name);
    if (is_strict(execution)) return diagnostics_error(diagnostics, ER_NO_DEFAULT_FOR_FIELD, name);
    diagnostics_warn(diagnostics, CONDITION_WARNING, ER_NO_DEFAULT_FOR_FIELD, name);
    return STATUS_OK;
}

enum status dml_default(struct execution *execution, const struct column_definition *column,
                        const struct expr *expression, struct value *out) {
    switch ((enum default_kind)column->default_kind) {
    case DEFAULT_NONE: return default_missing(execution, column, out);
    case DEFAULT_VALUE: *out = column->default_value; return STATUS_OK;
    case DEFAULT_NOW: *out = dml_now(execution, column); return STATUS_OK;
    case DEFAULT_EXPRESSION: break;
    }
    CHECK(expression != NULL);
    struct value value;
    enum status status = expr_eval(expression, execution->eval, &value);
    if (status != STATUS_OK) return status;
    return dml_convert(execution, column, DML_NULL_ERROR, &value, out);
}
