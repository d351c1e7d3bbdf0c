/* row/json.c: a recursive descent over JSON's grammar, and the way back.
 *
 *   document -> value;  value -> literal | number | string | array | object
 *
 * Each read_* function stands at its first byte and leaves the parser behind its last one. The first fault ends all: it
 * is noted with its place, and everybody returns.
 */
#include "row/json.h"

#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/text.h"
#include "base/utf8.h"

struct json_parser {
    const uint8_t *start, *at, *end;
    struct arena *arena;
    struct json_fault *fault;
    uint32_t depth;
};

static enum status fail_at(struct json_parser *p, const uint8_t *at, const char *text) {
    *p->fault = (struct json_fault){text, (size_t)(at - p->start)};
    return STATUS_INVALID;
}

static bool next_is(const struct json_parser *p, uint8_t byte) {
    return p->at < p->end && *p->at == byte;
}

static void skip_space(struct json_parser *p) {
    while (p->at < p->end && (*p->at == ' ' || (*p->at >= '\t' && *p->at <= '\r'))) p->at++;
}

/* ---- strings ---- */

static int hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Four digits behind \u. */
static enum status read_unit(struct json_parser *p, uint32_t *unit_out) {
    *unit_out = 0;
    for (int i = 0; i < 4; i++) {
        int digit = p->at < p->end ? hex_digit(*p->at) : -1;
        if (digit < 0) return fail_at(p, p->at, "Incorrect hex digit after \\u escape in string.");
        *unit_out = *unit_out << 4 | (uint32_t)digit;
        p->at++;
    }
    return STATUS_OK;
}

static enum status read_code(struct json_parser *p, struct buffer *out) {
    const uint8_t *start = p->at;
    uint32_t code, low;
    enum status status = read_unit(p, &code);
    if (status != STATUS_OK) return status;
    if (code >= 0xd800 && code <= 0xdfff) {
        bool is_pair = code < 0xdc00 && p->end - p->at >= 2 && p->at[0] == '\\' && p->at[1] == 'u';
        if (!is_pair) return fail_at(p, start, "The surrogate pair in string is invalid.");
        p->at += 2;
        status = read_unit(p, &low);
        if (status != STATUS_OK) return status;
        if (low < 0xdc00 || low > 0xdfff)
            return fail_at(p, start, "The surrogate pair in string is invalid.");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    uint8_t bytes[UTF8_BYTES_MAX];
    buffer_append(out, slice_of(bytes, utf8_encode(code, bytes)));
    return STATUS_OK;
}

static enum status read_escape(struct json_parser *p, struct buffer *out) {
    static const char names[] = "\"\\/bfnrt", codes[] = "\"\\/\b\f\n\r\t";
    uint8_t name = p->at < p->end ? *p->at : 0;
    if (name == 'u') {
        p->at++;
        return read_code(p, out);
    }
    const char *place = name == 0 ? NULL : strchr(names, name);
    if (place == NULL) return fail_at(p, p->at, "Invalid escape character in string.");
    p->at++;
    buffer_append_byte(out, (uint8_t)codes[place - names]);
    return STATUS_OK;
}

/* Bytes that stand for themselves. */
static enum status read_plain(struct json_parser *p, struct slice *out) {
    const uint8_t *start = p->at;
    while (p->at < p->end && *p->at != '"' && *p->at != '\\' && *p->at >= 0x20) p->at++;
    *out = slice_of(start, (size_t)(p->at - start));
    size_t valid = utf8_valid_size(*out);
    if (valid < out->size) return fail_at(p, start + valid, "Invalid encoding in string.");
    return STATUS_OK;
}

static enum status read_string(struct json_parser *p, struct slice *out) {
    const uint8_t *start = p->at++;
    enum status status = read_plain(p, out);
    if (status != STATUS_OK) return status;
    struct buffer made = buffer_of(p->arena);
    while (next_is(p, '\\')) {
        if (made.size == 0) buffer_append(&made, *out);
        p->at++;
        status = read_escape(p, &made);
        struct slice plain = SLICE_EMPTY;
        if (status == STATUS_OK) status = read_plain(p, &plain);
        if (status != STATUS_OK) return status;
        buffer_append(&made, plain);
        *out = buffer_slice(&made);
    }
    if (!next_is(p, '"')) {
        if (p->at < p->end) return fail_at(p, p->at, "Invalid encoding in string.");
        return fail_at(p, start, "Missing a closing quotation mark in string.");
    }
    p->at++;
    return STATUS_OK;
}

/* ---- numbers and words ---- */

static size_t skip_digits(struct json_parser *p) {
    const uint8_t *start = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9') p->at++;
    return (size_t)(p->at - start);
}

/* The number's text; says whether it has neither point nor exponent. */
static enum status read_digits(struct json_parser *p, bool *is_integer_out) {
    if (next_is(p, '-')) p->at++;
    *is_integer_out = true;
    if (next_is(p, '0')) {
        p->at++;
    } else if (skip_digits(p) == 0) {
        return fail_at(p, p->at, "Invalid value.");
    }
    if (next_is(p, '.')) {
        p->at++;
        *is_integer_out = false;
        if (skip_digits(p) == 0) return fail_at(p, p->at, "Miss fraction part in number.");
    }
    if (next_is(p, 'e') || next_is(p, 'E')) {
        p->at++;
        *is_integer_out = false;
        if (next_is(p, '+') || next_is(p, '-')) p->at++;
        if (skip_digits(p) == 0) return fail_at(p, p->at, "Miss exponent in number.");
    }
    return STATUS_OK;
}

static enum status read_number(struct json_parser *p, struct json *out) {
    const uint8_t *start = p->at;
    bool is_integer;
    enum status status = read_digits(p, &is_integer);
    if (status != STATUS_OK) return status;
    struct slice text = slice_of(start, (size_t)(p->at - start));
    out->kind = JSON_INT;
    if (is_integer && text_parse_i64(text, &out->i) == STATUS_OK) return STATUS_OK;
    out->kind = JSON_UINT;
    if (is_integer && text_parse_u64(text, &out->u) == STATUS_OK) return STATUS_OK;
    out->kind = JSON_DOUBLE;
    status = text_parse_double(text, &out->d);
    if (status == STATUS_OK) return STATUS_OK;
    return fail_at(p, start, "Number too big to be stored in double.");
}

static enum status read_word(struct json_parser *p, const char *word, enum json_kind kind,
                             struct json *out) {
    size_t size = strlen(word);
    if ((size_t)(p->end - p->at) < size || memcmp(p->at, word, size) != 0)
        return fail_at(p, p->at, "Invalid value.");
    p->at += size;
    out->kind = (uint8_t)kind;
    return STATUS_OK;
}

/* ---- arrays and objects ---- */

static enum status read_value(struct json_parser *p, struct json *out);

/* Room for one more item behind `count`. */
static struct json *push_item(struct json_parser *p, struct json *list) {
    bool is_full = (list->count & (list->count - 1)) == 0; /* a power of two, or none */
    if (is_full) {
        size_t capacity = list->count == 0 ? 1 : (size_t)list->count * 2;
        struct json *items = arena_array(p->arena, struct json, capacity);
        if (list->count > 0) memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
    }
    struct json *item = &list->items[list->count++];
    *item = (struct json){0};
    return item;
}

static enum status read_array(struct json_parser *p, struct json *out) {
    out->kind = JSON_ARRAY;
    p->at++;
    skip_space(p);
    if (next_is(p, ']')) {
        p->at++;
        return STATUS_OK;
    }
    for (;;) {
        enum status status = read_value(p, push_item(p, out));
        if (status != STATUS_OK) return status;
        skip_space(p);
        bool goes_on = next_is(p, ',');
        if (!goes_on && !next_is(p, ']'))
            return fail_at(p, p->at, "Missing a comma or ] after an array element.");
        p->at++;
        if (!goes_on) return STATUS_OK;
    }
}

static enum status read_member(struct json_parser *p, struct json *object) {
    skip_space(p);
    if (!next_is(p, '"')) return fail_at(p, p->at, "Missing a name for object member.");
    struct slice key;
    enum status status = read_string(p, &key);
    if (status != STATUS_OK) return status;
    skip_space(p);
    if (!next_is(p, ':'))
        return fail_at(p, p->at, "Missing a colon after a name of object member.");
    p->at++;
    struct json *member = push_item(p, object);
    status = read_value(p, member);
    member->key = key;
    return status;
}

static enum status read_object(struct json_parser *p, struct json *out) {
    out->kind = JSON_OBJECT;
    p->at++;
    skip_space(p);
    if (next_is(p, '}')) {
        p->at++;
        return STATUS_OK;
    }
    for (;;) {
        enum status status = read_member(p, out);
        if (status != STATUS_OK) return status;
        skip_space(p);
        bool goes_on = next_is(p, ',');
        if (!goes_on && !next_is(p, '}'))
            return fail_at(p, p->at, "Missing a comma or } after an object member.");
        p->at++;
        if (goes_on) continue;
        json_sort_members(out);
        return STATUS_OK;
    }
}

static enum status read_nested(struct json_parser *p, struct json *out) {
    if (p->depth == JSON_DEPTH_MAX) return STATUS_TOO_LARGE;
    p->depth++;
    enum status status = *p->at == '[' ? read_array(p, out) : read_object(p, out);
    p->depth--;
    return status;
}

static enum status read_value(struct json_parser *p, struct json *out) {
    skip_space(p);
    if (p->at == p->end) return fail_at(p, p->at, "Invalid value.");
    switch (*p->at) {
    case '[':
    case '{': return read_nested(p, out);
    case '"': out->kind = JSON_STRING; return read_string(p, &out->text);
    case 'n': return read_word(p, "null", JSON_NULL, out);
    case 't': return read_word(p, "true", JSON_TRUE, out);
    case 'f': return read_word(p, "false", JSON_FALSE, out);
    default: return read_number(p, out);
    }
}

enum status json_parse(struct slice text, struct arena *arena, struct json *out,
                       struct json_fault *fault) {
    struct json_parser p = {text.data, text.data, bytes_after(text.data, text.size),
                            arena,     fault,     0};
    *out = (struct json){0};
    skip_space(&p);
    if (p.at == p.end) return fail_at(&p, p.at, "The document is empty.");
    enum status status = read_value(&p, out);
    if (status != STATUS_OK) return status;
    skip_space(&p);
    if (p.at == p.end) return STATUS_OK;
    return fail_at(&p, p.at, "The document root must not be followed by other values.");
}

/* ---- members in order ---- */

static int compare_members(const void *a, const void *b) {
    const struct json *left = a, *right = b;
    if (left->key.size != right->key.size) return left->key.size < right->key.size ? -1 : 1;
    int order = slice_compare(left->key, right->key);
    return order != 0 ? order : (left->place > right->place) - (left->place < right->place);
}

void json_sort_members(struct json *object) {
    CHECK(object->kind == JSON_OBJECT);
    struct json *items = object->items;
    for (uint32_t i = 0; i < object->count; i++) items[i].place = i;
    if (object->count > 1) qsort(items, object->count, sizeof(*items), compare_members);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < object->count; i++) {
        bool is_replaced = i + 1 < object->count && slice_equal(items[i].key, items[i + 1].key);
        if (!is_replaced) items[kept++] = items[i];
    }
    object->count = kept;
}

/* ---- values ---- */

struct json json_of_value(const struct value *value, struct arena *arena) {
    struct json json = {0};
    CHECK(value->kind != VALUE_JSON);
    switch ((enum value_kind)value->kind) {
    case VALUE_NULL: return json;
    case VALUE_INT: return (struct json){.kind = JSON_INT, .i = value->i};
    case VALUE_UINT:
    case VALUE_YEAR:
        if (value->u <= INT64_MAX) return (struct json){.kind = JSON_INT, .i = (int64_t)value->u};
        return (struct json){.kind = JSON_UINT, .u = value->u};
    case VALUE_FLOAT:
    case VALUE_DOUBLE: return (struct json){.kind = JSON_DOUBLE, .d = value->d};
    case VALUE_DECIMAL: {
        enum status status = value_to_double(value, &json.d);
        CHECK(status == STATUS_OK || status == STATUS_OUT_OF_RANGE);
        json.kind = JSON_DOUBLE;
        return json;
    }
    default: break;
    }
    json.kind = JSON_STRING;
    json.text = value_text(value, arena_alloc(arena, VALUE_TEXT_BYTES_MAX));
    return json;
}

/* ---- printing ---- */

static const char *escape_of(uint8_t byte) {
    switch (byte) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\b': return "\\b";
    case '\f': return "\\f";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: return NULL;
    }
}

void json_print_string(struct slice text, struct buffer *out) {
    buffer_append_byte(out, '"');
    size_t plain = 0; /* where what stands for itself begins */
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        buffer_append(out, slice_of(text.data + plain, i - plain));
        plain = i + 1;
        const char *escape = escape_of(byte);
        if (escape != NULL) {
            buffer_append(out, slice_of_text(escape));
        } else {
            buffer_printf(out, "\\u%04x", byte);
        }
    }
    buffer_append(out, slice_part(text, plain, text.size));
    buffer_append_byte(out, '"');
}

static void print_double(double d, struct buffer *out) {
    char text[TEXT_DOUBLE_BYTES_MAX];
    size_t size = text_format_double(text, d);
    buffer_append(out, slice_of(text, size));
    bool looks_whole = memchr(text, '.', size) == NULL && memchr(text, 'e', size) == NULL;
    if (looks_whole) buffer_append(out, SLICE_LITERAL(".0"));
}

static void print_items(const struct json *json, struct buffer *out) {
    bool is_object = json->kind == JSON_OBJECT;
    buffer_append_byte(out, is_object ? '{' : '[');
    for (uint32_t i = 0; i < json->count; i++) {
        if (i > 0) buffer_append(out, SLICE_LITERAL(", "));
        if (is_object) {
            json_print_string(json->items[i].key, out);
            buffer_append(out, SLICE_LITERAL(": "));
        }
        json_print(&json->items[i], out);
    }
    buffer_append_byte(out, is_object ? '}' : ']');
}

void json_print(const struct json *json, struct buffer *out) {
    char digits[TEXT_U64_BYTES_MAX];
    switch ((enum json_kind)json->kind) {
    case JSON_NULL: buffer_append(out, SLICE_LITERAL("null")); return;
    case JSON_FALSE: buffer_append(out, SLICE_LITERAL("false")); return;
    case JSON_TRUE: buffer_append(out, SLICE_LITERAL("true")); return;
    case JSON_INT: buffer_append(out, slice_of(digits, text_format_i64(digits, json->i))); return;
    case JSON_UINT: buffer_append(out, slice_of(digits, text_format_u64(digits, json->u))); return;
    case JSON_DOUBLE: print_double(json->d, out); return;
    case JSON_STRING: json_print_string(json->text, out); return;
    case JSON_ARRAY:
    case JSON_OBJECT: print_items(json, out); return;
    }
    UNREACHABLE();
}

struct value json_value(const struct json *json, struct arena *arena) {
    struct buffer text = buffer_of(arena);
    json_print(json, &text);
    CHECK(text.size <= UINT32_MAX);
    return (struct value){.kind = VALUE_JSON, .size = (uint32_t)text.size, .bytes = text.data};
}

uint32_t json_depth(const struct json *json) {
    uint32_t deepest = 0;
    for (uint32_t i = 0; i < json->count; i++) {
        deepest = MAX(deepest, json_depth(&json->items[i]));
    }
    return deepest + 1;
}

/* ---- order ---- */

enum json_class {
    CLASS_NULL,
    CLASS_NUMBER,
    CLASS_STRING,
    CLASS_OBJECT,
    CLASS_ARRAY,
    CLASS_BOOLEAN
};

static enum json_class class_of(const struct json *json) {
    switch ((enum json_kind)json->kind) {
    case JSON_NULL: return CLASS_NULL;
    case JSON_FALSE:
    case JSON_TRUE: return CLASS_BOOLEAN;
    case JSON_INT:
    case JSON_UINT:
    case JSON_DOUBLE: return CLASS_NUMBER;
    case JSON_STRING: return CLASS_STRING;
    case JSON_ARRAY: return CLASS_ARRAY;
    case JSON_OBJECT: return CLASS_OBJECT;
    }
    UNREACHABLE();
}

static struct value number_of(const struct json *json) {
    if (json->kind == JSON_INT) return value_of_int(json->i);
    return json->kind == JSON_UINT ? value_of_uint(json->u) : value_of_double(json->d);
}

static int compare_numbers(const struct json *a, const struct json *b) {
    struct value left = number_of(a), right = number_of(b);
    int order;
    CHECK(value_compare(&left, &right, &order) == STATUS_OK);
    return order;
}

/* Arrays by their first difference; objects by their size, then by their members. */
static int compare_items(const struct json *a, const struct json *b) {
    int sizes = (a->count > b->count) - (a->count < b->count);
    if (a->kind == JSON_OBJECT && sizes != 0) return sizes;
    for (uint32_t i = 0; i < MIN(a->count, b->count); i++) {
        int order = slice_compare(a->items[i].key, b->items[i].key);
        if (a->kind == JSON_ARRAY) order = 0; /* an item may have been a member elsewhere */
        if (order == 0) order = json_compare(&a->items[i], &b->items[i]);
        if (order != 0) return order;
    }
    return sizes;
}

int json_compare(const struct json *a, const struct json *b) {
    int left = (int)class_of(a), right = (int)class_of(b);
    if (left != right) return left - right;
    switch ((enum json_class)left) {
    case CLASS_NULL: return 0;
    case CLASS_NUMBER: return compare_numbers(a, b);
    case CLASS_STRING: return slice_compare(a->text, b->text);
    case CLASS_OBJECT:
    case CLASS_ARRAY: return compare_items(a, b);
    case CLASS_BOOLEAN: return (int)a->kind - (int)b->kind;
    }
    UNREACHABLE();
}

/* The scalar that a normal text begins with, as far as its class and number. */
static struct json scalar_of(struct slice text) {
    struct json json = {.kind = JSON_NULL};
    switch (text.size == 0 ? 'n' : text.data[0]) {
    case 'n': return json;
    case 't': json.kind = JSON_TRUE; return json;
    case 'f': json.kind = JSON_FALSE; return json;
    case '"': json = (struct json){.kind = JSON_STRING, .text = text}; return json;
    case '[': json.kind = JSON_ARRAY; return json;
    case '{': json.kind = JSON_OBJECT; return json;
    default: break;
    }
    json.kind = JSON_INT;
    if (text_parse_i64(text, &json.i) == STATUS_OK) return json;
    json.kind = JSON_UINT;
    if (text_parse_u64(text, &json.u) == STATUS_OK) return json;
    json.kind = JSON_DOUBLE;
    if (text_parse_double(text, &json.d) != STATUS_OK) json.kind = JSON_NULL;
    return json;
}

int json_text_compare(struct slice a, struct slice b) {
    struct json left = scalar_of(a), right = scalar_of(b);
    bool is_list = left.kind == right.kind && left.kind >= JSON_ARRAY;
    return is_list ? slice_compare(a, b) : json_compare(&left, &right);
}

uint64_t json_text_hash(struct slice text, uint64_t seed) {
    struct json json = scalar_of(text);
    if (class_of(&json) != CLASS_NUMBER) return hash_bytes_seeded(text, seed);
    struct value number = number_of(&json);
    return value_hash(&number, seed);
}

struct slice json_number_text(struct slice text) {
    if (slice_equal(text, SLICE_LITERAL("true"))) return SLICE_LITERAL("1");
    if (slice_equal(text, SLICE_LITERAL("false"))) return SLICE_LITERAL("0");
    bool is_string = text.size >= 2 && text.data[0] == '"';
    return is_string ? slice_part(text, 1, text.size - 2) : text;
}
