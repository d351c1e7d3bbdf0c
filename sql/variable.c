/* variable.c: what may a system variable hold, and how is it written?
 *
 * The list is variable.def, ascending by name, so finding one is a binary search. Accepting follows MySQL: numbers out of
 * range are cut with a warning, words are taken by name or by place, and a wrong kind of value is error 1232.
 */
#include "sql/variable.h"

#include "base/text.h"
#include "row/collation.h"
#include "sql/sql_mode.h"

#define V(name, scope, type, text, min, max, words, change)                                        \
    {#name, text, words, min, max, VARIABLE_##scope, VARIABLE_##type, VARIABLE_##change},
static const struct variable_info infos[VARIABLE_COUNT] = {
#include "sql/variable.def"
};
#undef V

const struct variable_info *variable_info(enum variable variable) {
    CHECK(variable < VARIABLE_COUNT);
    return &infos[variable];
}

static int name_compare(struct slice name, const char *listed) {
    size_t i = 0;
    for (; i < name.size && listed[i] != 0; i++) {
        uint8_t a = name.data[i];
        if (a >= 'A' && a <= 'Z') a = (uint8_t)(a + 32);
        uint8_t b = (uint8_t)listed[i];
        if (a != b) return a < b ? -1 : 1;
    }
    if (i < name.size) return 1;
    return listed[i] != 0 ? -1 : 0;
}

enum variable variable_find(struct slice name) {
    uint32_t low = 0, high = VARIABLE_COUNT;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int order = name_compare(name, infos[middle].name);
        if (order == 0) return (enum variable)middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return VARIABLE_COUNT;
}

/* ---- words ---- */

struct slice variable_word_at(const char *words, uint32_t place) {
    const char *at = words;
    for (;;) {
        const char *end = strchr(at, ',');
        size_t size = end != NULL ? (size_t)(end - at) : strlen(at);
        if (place-- == 0) return slice_of(at, size);
        if (end == NULL) return SLICE_EMPTY;
        at = end + 1;
    }
}

int32_t variable_word_find(const char *words, struct slice word) {
    if (word.size == 0) return -1;
    for (uint32_t i = 0;; i++) {
        struct slice listed = variable_word_at(words, i);
        if (listed.size == 0) return -1;
        if (slice_equal_nocase(listed, word)) return (int32_t)i;
    }
}

static uint32_t word_count(const char *words) {
    uint32_t count = 0;
    while (variable_word_at(words, count).size > 0) count++;
    return count;
}

/* Cuts the next word off a list; false at its end. */
static bool word_next(struct slice *rest, struct slice *word_out) {
    if (rest->size == 0) return false;
    size_t size = 0;
    while (size < rest->size && rest->data[size] != ',') size++;
    *word_out = slice_part(*rest, 0, size);
    *rest = slice_part(*rest, MIN(size + 1, rest->size), rest->size);
    while (word_out->size > 0 && word_out->data[0] == ' ')
        *word_out = slice_part(*word_out, 1, word_out->size);
    while (word_out->size > 0 && word_out->data[word_out->size - 1] == ' ') word_out->size--;
    return true;
}

uint64_t variable_set_bits(const char *words, struct slice text) {
    uint64_t bits = 0;
    struct slice word;
    while (word_next(&text, &word)) {
        int32_t place = variable_word_find(words, word);
        if (place >= 0) bits |= (uint64_t)1 << place;
    }
    return bits;
}

static struct value set_value(const char *words, uint64_t bits, struct arena *arena) {
    struct buffer text = buffer_of(arena);
    for (uint32_t i = 0; i < 64; i++) {
        if ((bits >> i & 1) == 0) continue;
        if (text.size > 0) buffer_append_byte(&text, ',');
        buffer_append(&text, variable_word_at(words, i));
    }
    return value_of_string(buffer_slice(&text), COLLATION_UTF8MB4_0900_AI_CI);
}

/* ---- values and types ---- */

static struct value text_value(struct slice text) {
    return value_of_string(text, COLLATION_UTF8MB4_0900_AI_CI);
}

static struct value double_value(double number) {
    struct value value = value_of_double(number);
    value.scale = 6;
    return value;
}

struct value variable_default(enum variable variable) {
    const struct variable_info *info = variable_info(variable);
    struct slice text = slice_of_text(info->text);
    uint64_t number = 0;
    double real = 0;
    if (slice_equal(text, SLICE_LITERAL("NULL"))) return value_null();
    switch ((enum variable_type)info->type) {
    case VARIABLE_BOOL: return value_of_int(slice_equal(text, SLICE_LITERAL("ON")));
    case VARIABLE_INT:
        CHECK(text_parse_u64(text, &number) == STATUS_OK);
        return value_of_uint(number);
    case VARIABLE_DOUBLE:
        CHECK(text_parse_double(text, &real) == STATUS_OK);
        return double_value(real);
    case VARIABLE_TEXT:
    case VARIABLE_ENUM:
    case VARIABLE_SET: return text_value(text);
    }
    UNREACHABLE();
}

struct column_type variable_column_type(enum variable variable) {
    switch ((enum variable_type)variable_info(variable)->type) {
    case VARIABLE_BOOL: {
        struct column_type type = column_type_bigint(0);
        type.length = 1;
        return type;
    }
    case VARIABLE_INT: return column_type_bigint(COLUMN_UNSIGNED);
    case VARIABLE_DOUBLE: {
        struct column_type type = column_type_double();
        type.scale = 6;
        return type;
    }
    case VARIABLE_TEXT:
    case VARIABLE_ENUM:
    case VARIABLE_SET: return column_type_varchar(1024, COLLATION_UTF8MB4_0900_AI_CI);
    }
    UNREACHABLE();
}

struct slice variable_text(enum variable variable, const struct value *value, struct arena *arena) {
    if (value_is_null(value)) return SLICE_EMPTY;
    if (variable_info(variable)->type == VARIABLE_BOOL) {
        return value->i != 0 ? SLICE_LITERAL("ON") : SLICE_LITERAL("OFF");
    }
    if (value->kind == VALUE_STRING) return value_slice(value);
    uint8_t memory[VALUE_TEXT_BYTES_MAX];
    return arena_copy(arena, value_text(value, memory));
}

/* ---- accepting ---- */

struct accept {
    enum variable variable;
    const struct variable_info *info;
    struct arena *arena;
    struct diagnostics *diagnostics;
};

static enum status refuse_value(const struct accept *accept, const struct value *value) {
    uint8_t memory[VALUE_TEXT_BYTES_MAX];
    struct slice text = value_is_null(value)          ? SLICE_LITERAL("NULL")
                        : value->kind == VALUE_STRING ? value_slice(value)
                                                      : value_text(value, memory);
    return diagnostics_error(accept->diagnostics, ER_WRONG_VALUE_FOR_VAR, accept->info->name,
                             arena_text(accept->arena, text));
}

static enum status refuse_type(const struct accept *accept) {
    return diagnostics_error(accept->diagnostics, ER_WRONG_TYPE_FOR_VAR, accept->info->name);
}

static enum status accept_bool(const struct accept *accept, const struct value *value,
                               struct value *out) {
    if (value->kind == VALUE_STRING) {
        struct slice text = value_slice(value);
        bool is_on = slice_equal_nocase(text, SLICE_LITERAL("ON")) ||
                     slice_equal_nocase(text, SLICE_LITERAL("TRUE")) ||
                     slice_equal(text, SLICE_LITERAL("1"));
        bool is_off = slice_equal_nocase(text, SLICE_LITERAL("OFF")) ||
                      slice_equal_nocase(text, SLICE_LITERAL("FALSE")) ||
                      slice_equal(text, SLICE_LITERAL("0"));
        *out = value_of_int(is_on);
        return is_on || is_off ? STATUS_OK : refuse_value(accept, value);
    }
    bool is_number = value->kind == VALUE_INT || value->kind == VALUE_UINT;
    if (!is_number) return value_is_null(value) ? refuse_value(accept, value) : refuse_type(accept);
    *out = value_of_int(value->u == 1);
    return value->u <= 1 ? STATUS_OK : refuse_value(accept, value);
}

static void warn_cut(const struct accept *accept, const struct value *value) {
    uint8_t memory[VALUE_TEXT_BYTES_MAX];
    diagnostics_warn(accept->diagnostics, CONDITION_WARNING, ER_TRUNCATED_WRONG_VALUE,
                     accept->info->name, arena_text(accept->arena, value_text(value, memory)));
}

static enum status accept_int(const struct accept *accept, const struct value *value,
                              struct value *out) {
    bool is_number =
        value->kind == VALUE_INT || value->kind == VALUE_UINT || value->kind == VALUE_BIT;
    if (!is_number) return value_is_null(value) ? refuse_value(accept, value) : refuse_type(accept);
    bool is_negative = value->kind == VALUE_INT && value->i < 0;
    uint64_t number = is_negative ? 0 : value->u;
    uint64_t kept = MAX(accept->info->min, MIN(accept->info->max, number));
    if (is_negative || kept != number) warn_cut(accept, value);
    *out = value_of_uint(kept);
    return STATUS_OK;
}

static enum status accept_double(const struct accept *accept, const struct value *value,
                                 struct value *out) {
    double number;
    if (value_is_null(value)) return refuse_value(accept, value);
    if (!value_is_number(value)) return refuse_type(accept);
    if (value_to_double(value, &number) != STATUS_OK) return refuse_value(accept, value);
    double kept = MAX((double)accept->info->min, MIN((double)accept->info->max, number));
    if (kept != number) warn_cut(accept, value);
    *out = double_value(kept);
    return STATUS_OK;
}

static enum status accept_enum(const struct accept *accept, const struct value *value,
                               struct value *out) {
    const char *words = accept->info->words;
    int64_t place = -1;
    if (value->kind == VALUE_STRING) place = variable_word_find(words, value_slice(value));
    if (value->kind == VALUE_INT || value->kind == VALUE_UINT) place = value->i;
    if (place < 0 || place >= word_count(words)) return refuse_value(accept, value);
    *out = text_value(variable_word_at(words, (uint32_t)place));
    return STATUS_OK;
}

/* ANSI and TRADITIONAL stand for modes, which are listed before them. */
static uint64_t sql_mode_expand(uint64_t bits) {
    if (bits & SQL_MODE_ANSI) {
        bits |= SQL_MODE_REAL_AS_FLOAT | SQL_MODE_PIPES_AS_CONCAT | SQL_MODE_ANSI_QUOTES |
                SQL_MODE_IGNORE_SPACE | SQL_MODE_ONLY_FULL_GROUP_BY;
    }
    if (bits & SQL_MODE_TRADITIONAL) {
        bits |= SQL_MODE_STRICT_TRANS_TABLES | SQL_MODE_STRICT_ALL_TABLES |
                SQL_MODE_NO_ZERO_IN_DATE | SQL_MODE_NO_ZERO_DATE |
                SQL_MODE_ERROR_FOR_DIVISION_BY_ZERO | SQL_MODE_NO_ENGINE_SUBSTITUTION;
    }
    return bits;
}

/* Modes that MySQL has and this server does not follow. */
#define SQL_MODES_MISSING ((uint64_t)3 << 31)

static enum status accept_set(const struct accept *accept, const struct value *value,
                              struct value *out) {
    const char *words = accept->info->words;
    uint64_t bits = 0;
    if (value->kind == VALUE_STRING) {
        struct slice rest = value_slice(value), word;
        while (word_next(&rest, &word)) {
            if (word.size == 0) continue;
            int32_t place = variable_word_find(words, word);
            struct value wrong = text_value(word);
            if (place < 0) return refuse_value(accept, &wrong);
            bits |= (uint64_t)1 << place;
        }
    } else if (value->kind == VALUE_INT || value->kind == VALUE_UINT) {
        bits = value->u;
    } else {
        return value_is_null(value) ? refuse_value(accept, value) : refuse_type(accept);
    }
    if (bits >> word_count(words) != 0) return refuse_value(accept, value);
    if (accept->variable == VARIABLE_sql_mode) {
        bits = sql_mode_expand(bits);
        if (bits & SQL_MODES_MISSING)
            return diagnostics_unsupported(
                accept->diagnostics,
                "sql_mode PAD_CHAR_TO_FULL_LENGTH or TIME_TRUNCATE_FRACTIONAL");
    }
    *out = set_value(words, bits, accept->arena);
    return STATUS_OK;
}

static enum status accept_text(const struct accept *accept, const struct value *value,
                               struct value *out) {
    bool is_text = value->kind == VALUE_STRING || value_is_null(value);
    if (!is_text) return refuse_type(accept);
    *out = *value;
    return STATUS_OK;
}

enum status variable_accept(enum variable variable, const struct value *value, struct arena *arena,
                            struct diagnostics *diagnostics, struct value *out) {
    const struct accept accept = {variable, variable_info(variable), arena, diagnostics};
    switch ((enum variable_type)accept.info->type) {
    case VARIABLE_BOOL: return accept_bool(&accept, value, out);
    case VARIABLE_INT: return accept_int(&accept, value, out);
    case VARIABLE_DOUBLE: return accept_double(&accept, value, out);
    case VARIABLE_TEXT: return accept_text(&accept, value, out);
    case VARIABLE_ENUM: return accept_enum(&accept, value, out);
    case VARIABLE_SET: return accept_set(&accept, value, out);
    }
    UNREACHABLE();
}

/* ---- stores ---- */

static uint8_t *kept_memory(struct kept_value *kept, struct arena *arena, size_t size) {
    if (kept->capacity < size) {
        kept->capacity = MAX((size_t)32, 2 * size);
        kept->memory = arena_alloc(arena, kept->capacity);
    }
    return kept->memory;
}

void kept_value_set(struct kept_value *kept, struct arena *arena, const struct value *value) {
    struct value copy = *value;
    if (value->kind == VALUE_STRING || value->kind == VALUE_JSON) {
        uint8_t *memory = kept_memory(kept, arena, value->size);
        if (value->size > 0) memmove(memory, value->bytes, value->size);
        copy.bytes = memory;
    } else if (value->kind == VALUE_DECIMAL && value->size != 0) {
        uint8_t *memory = kept_memory(kept, arena, sizeof(struct decimal));
        memmove(memory, value->decimal, sizeof(struct decimal));
        copy.decimal = (const struct decimal *)(const void *)memory;
    }
    kept->value = copy;
}

void variable_store_open(struct variable_store *store, struct arena *arena) {
    *store = (struct variable_store){.arena = arena};
}

static struct variable_entry *entry_find(const struct variable_store *store,
                                         enum variable variable) {
    for (uint32_t i = 0; i < store->count; i++) {
        if (store->entries[i].variable == variable) return &store->entries[i];
    }
    return NULL;
}

const struct value *variable_store_find(const struct variable_store *store,
                                        enum variable variable) {
    const struct variable_entry *entry = entry_find(store, variable);
    return entry != NULL ? &entry->kept.value : NULL;
}

void variable_store_put(struct variable_store *store, enum variable variable,
                        const struct value *value) {
    struct variable_entry *entry = entry_find(store, variable);
    if (entry == NULL) {
        if (store->count == store->capacity) {
            uint32_t capacity = MAX(8u, 2 * store->capacity);
            struct variable_entry *entries =
                arena_array(store->arena, struct variable_entry, capacity);
            if (store->count > 0) memcpy(entries, store->entries, store->count * sizeof *entries);
            store->entries = entries;
            store->capacity = capacity;
        }
        entry = &store->entries[store->count++];
        *entry = (struct variable_entry){.variable = variable};
    }
    kept_value_set(&entry->kept, store->arena, value);
}
