/* user_variable.c: @x of a session: set by SET, := and SELECT .. INTO, read by any statement.
 *
 * Names compare without regard to ASCII case. A variable has the type of its last value; an unset one is NULL.
 */
#include "row/collation.h"
#include "sql/coerce.h"
#include "sql/session_private.h"

#define USER_VARIABLE_NAME_MAX 64

struct user_variable {
    struct slice name; /* lower case */
    struct kept_value kept;
};

static struct slice lower(struct slice name, uint8_t *memory) {
    size_t size = MIN(name.size, (size_t)USER_VARIABLE_NAME_MAX * 4);
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = name.data[i];
        memory[i] = byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : byte;
    }
    return slice_of(memory, size);
}

static struct user_variable *variable_of(const struct session *session, struct slice name) {
    uint8_t memory[USER_VARIABLE_NAME_MAX * 4];
    return slice_map_find(&session->user_variables, lower(name, memory));
}

enum status user_variable_get(void *context, struct slice name, struct value *out) {
    const struct user_variable *variable = variable_of(context, name);
    *out = variable != NULL ? variable->kept.value : value_null();
    return STATUS_OK;
}

/* Kinds that only a column's type can print are kept as what the variable's type says (type_of). */
static struct value plain_value(const struct value *value, struct arena *arena) {
    switch ((enum value_kind)value->kind) {
    case VALUE_YEAR:
    case VALUE_BIT:
    case VALUE_ENUM:
    case VALUE_SET: return value_of_uint(value->u);
    case VALUE_FLOAT: return value_of_double(value->d);
    case VALUE_JSON: return value_of_string(value_slice(value), COLLATION_DEFAULT);
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME:
    case VALUE_TIMESTAMP: {
        uint8_t memory[VALUE_TEXT_BYTES_MAX];
        return value_of_string(arena_copy(arena, value_text(value, memory)), COLLATION_DEFAULT);
    }
    default: return *value;
    }
}

enum status user_variable_set(void *context, struct slice name, const struct value *value) {
    struct session *session = context;
    if (charset_length(CHARSET_UTF8MB4, name) > USER_VARIABLE_NAME_MAX)
        return diagnostics_error_text(&session->diagnostics, ER_ILLEGAL_VALUE_FOR_TYPE,
                                      "User variable name '%.64s' is illegal",
                                      arena_text(&session->statement_arena, name));
    struct user_variable *variable = variable_of(session, name);
    if (variable == NULL) {
        uint8_t memory[USER_VARIABLE_NAME_MAX * 4];
        variable = arena_new(&session->state_arena, struct user_variable);
        variable->name = arena_copy(&session->state_arena, lower(name, memory));
        void *before = slice_map_put(&session->user_variables, variable->name, variable);
        CHECK(before == NULL);
    }
    struct value plain = plain_value(value, &session->statement_arena);
    kept_value_set(&variable->kept, &session->state_arena, &plain);
    return STATUS_OK;
}

static struct column_type type_of(const struct value *value) {
    switch ((enum value_kind)value->kind) {
    case VALUE_INT: return column_type_bigint(0);
    case VALUE_UINT: return column_type_bigint(COLUMN_UNSIGNED);
    case VALUE_DOUBLE: return column_type_double();
    case VALUE_DECIMAL: return column_type_decimal(DECIMAL_PRECISION_MAX, DECIMAL_SCALE_MAX);
    case VALUE_STRING: {
        uint32_t length = VARCHAR_LENGTH_MAX / 4;
        return coerce_text_type(value->size <= length ? length : UINT32_MAX / 4, value->collation);
    }
    default: UNREACHABLE(); /* plain_value made none of them */
    }
}

enum status user_variable_type(const struct bind_catalog *base, struct slice name,
                               struct column_type *type_out) {
    struct catalog *catalog = CONTAINER_OF((struct bind_catalog *)base, struct catalog, base);
    const struct user_variable *variable = variable_of(catalog->session, name);
    catalog->is_constant = 1; /* the plan is made for the type that it has now */
    if (variable == NULL || value_is_null(&variable->kept.value)) return STATUS_NOT_FOUND;
    *type_out = type_of(&variable->kept.value);
    return STATUS_OK;
}
