/* function_json.c: JSON_ARRAY to JSON_VALID.
 *
 * An arg that is a document is JSON or the text of one; an arg that is a value becomes one: a text a string, a number a
 * number. Results are JSON in normal text (row/json.h), so that what is stored, shown and compared is the same.
 *
 *   (J1) A document that is NULL, or a path that names nothing, makes the result NULL.
 *   (J2) TRUE and FALSE are numbers here as everywhere: JSON_ARRAY(TRUE) is [1], where MySQL says [true].
 */
#include "sql/function_private.h"
#include "sql/json_path.h"

/* ---- args and results ---- */

static const char *name_of(const struct expr *expr, struct eval_context *context) {
    return expr->kind == EXPR_CALL ? function_name_lower(expr, context->arena) : "cast_as_json";
}

static enum status tell_text(const struct expr *expr, struct eval_context *context, uint32_t arg,
                             const struct json_fault *fault) {
    return diagnostics_error(context->diagnostics, ER_INVALID_JSON_TEXT_IN_PARAM, (unsigned)arg + 1,
                             name_of(expr, context), fault->text, (unsigned)fault->at, "");
}

static enum status text_as_utf8(struct eval_context *context, const struct value *value,
                                struct slice *out) {
    uint8_t from = collation_charset(value->collation)->id;
    if (from == CHARSET_BINARY)
        return diagnostics_error(context->diagnostics, ER_INVALID_JSON_CHARSET, "binary");
    enum status status =
        charset_convert(from, CHARSET_UTF8MB4, value_slice(value), context->arena, out);
    CHECK(status == STATUS_OK || status == STATUS_TRUNCATED || status == STATUS_INVALID);
    return STATUS_OK;
}

/* The document of a value that is not NULL. */
static enum status document_of(const struct expr *expr, struct eval_context *context, uint32_t arg,
                               const struct value *value, struct json *out) {
    if (value->kind != VALUE_JSON && value->kind != VALUE_STRING)
        return diagnostics_error(context->diagnostics, ER_INVALID_TYPE_FOR_JSON, (unsigned)arg + 1,
                                 name_of(expr, context));
    struct slice text = value_slice(value);
    enum status status =
        value->kind == VALUE_JSON ? STATUS_OK : text_as_utf8(context, value, &text);
    if (status != STATUS_OK) return status;
    struct json_fault fault;
    status = json_parse(text, context->arena, out, &fault);
    if (status == STATUS_TOO_LARGE)
        return diagnostics_error(context->diagnostics, ER_JSON_DOCUMENT_TOO_DEEP);
    return status == STATUS_OK ? status : tell_text(expr, context, arg, &fault);
}

/* Any value as a part of a document. */
static enum status part_of(const struct expr *expr, struct eval_context *context, uint32_t arg,
                           struct value *value, struct json *out) {
    if (value->kind == VALUE_JSON) return document_of(expr, context, arg, value, out);
    if (value->kind == VALUE_STRING) {
        *out = (struct json){.kind = JSON_STRING};
        return text_as_utf8(context, value, &out->text);
    }
    if (value->kind == VALUE_DATETIME || value->kind == VALUE_TIME) value->scale = FSP_MAX;
    *out = json_of_value(value, context->arena);
    return STATUS_OK;
}

static enum status read_path(const struct expr *expr, struct eval_context *context, uint32_t arg,
                             struct json_path *out, bool *is_null_out) {
    struct slice text;
    size_t bad_at;
    enum status status = function_read_text(expr->args[arg], context, &text, is_null_out);
    if (status != STATUS_OK || *is_null_out) return status;
    status = json_path_parse(text, context->arena, out, &bad_at);
    if (status == STATUS_UNSUPPORTED)
        return diagnostics_unsupported(context->diagnostics, "this JSON path");
    if (status == STATUS_OK) return status;
    return diagnostics_error(context->diagnostics, ER_INVALID_JSON_PATH, (unsigned)bad_at, "");
}

static enum status read_document(const struct expr *expr, struct eval_context *context,
                                 uint32_t arg, struct json *out, bool *is_null_out) {
    struct value value;
    enum status status = expr_eval(expr->args[arg], context, &value);
    if (status != STATUS_OK) return status;
    *is_null_out = value_is_null(&value);
    return *is_null_out ? STATUS_OK : document_of(expr, context, arg, &value, out);
}

static enum status read_part(const struct expr *expr, struct eval_context *context, uint32_t arg,
                             struct json *out) {
    struct value value;
    enum status status = expr_eval(expr->args[arg], context, &value);
    return status == STATUS_OK ? part_of(expr, context, arg, &value, out) : status;
}

static enum status give(const struct json *json, struct eval_context *context, struct value *out) {
    if (json_depth(json) > JSON_DEPTH_MAX)
        return diagnostics_error(context->diagnostics, ER_JSON_DOCUMENT_TOO_DEEP);
    *out = json_value(json, context->arena);
    return STATUS_OK;
}

enum status function_json_cast(const struct expr *expr, struct eval_context *context,
                               const struct value *value, struct value *out) {
    struct json json;
    struct value source = *value;
    enum status status = expr->operation == CAST_EXPLICIT && value->kind == VALUE_STRING
                             ? document_of(expr, context, 0, value, &json)
                             : part_of(expr, context, 0, &source, &json);
    return status == STATUS_OK ? give(&json, context, out) : status;
}

static enum status resolve_json(struct function_call *call) {
    struct expr *expr = call->expr;
    expr->type = (struct column_type){.kind = COLUMN_JSON, .collation = COLLATION_UTF8MB4_BIN};
    expr->collation = COLLATION_UTF8MB4_BIN;
    expr->coercibility = COERCE_IMPLICIT;
    return STATUS_OK;
}

static enum status resolve_json_text(struct function_call *call) {
    function_set_text(call, UINT32_MAX / 4, COLLATION_UTF8MB4_BIN, COERCE_IMPLICIT);
    return STATUS_OK;
}

static enum status resolve_json_type(struct function_call *call) {
    function_set_text(call, 51, call->connection_collation, COERCE_IMPLICIT);
    return STATUS_OK;
}

/* ---- looking ---- */

static enum status eval_valid(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    struct value value;
    *out = value_null();
    enum status status = expr_eval(expr->args[0], context, &value);
    if (status != STATUS_OK || value_is_null(&value)) return status;
    struct json json;
    struct json_fault fault;
    bool is_valid = value.kind == VALUE_JSON ||
                    (value.kind == VALUE_STRING && value.collation != COLLATION_BINARY &&
                     json_parse(value_slice(&value), context->arena, &json, &fault) == STATUS_OK);
    *out = value_of_int(is_valid);
    return STATUS_OK;
}

static enum status eval_type(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    static const char *const names[] = {[JSON_NULL] = "NULL",
                                        [JSON_FALSE] = "BOOLEAN",
                                        [JSON_TRUE] = "BOOLEAN",
                                        [JSON_INT] = "INTEGER",
                                        [JSON_DOUBLE] = "DOUBLE",
                                        [JSON_STRING] = "STRING",
                                        [JSON_UINT] = "UNSIGNED INTEGER",
                                        [JSON_ARRAY] = "ARRAY",
                                        [JSON_OBJECT] = "OBJECT"};
    struct json json;
    bool is_null;
    *out = value_null();
    enum status status = read_document(expr, context, 0, &json, &is_null);
    if (status != STATUS_OK || is_null) return status;
    *out = function_text_result(expr, slice_of_text(names[json.kind]));
    return STATUS_OK;
}

/* A search in a document: what was found, by several paths one after the other. */
struct json_search {
    struct json document;
    struct json_places places;
    bool is_wild; /* some path could name several places */
    bool is_null; /* an arg was NULL */
};

static enum status search_begin(const struct expr *expr, struct eval_context *context,
                                struct json_search *search) {
    *search = (struct json_search){.places = {.arena = context->arena}};
    return read_document(expr, context, 0, &search->document, &search->is_null);
}

/* Adds what the path names. */
static enum status search_path(const struct expr *expr, struct eval_context *context, uint32_t arg,
                               struct json_search *search) {
    struct json_path *path = arena_new(context->arena, struct json_path);
    enum status status = read_path(expr, context, arg, path, &search->is_null);
    if (status != STATUS_OK || search->is_null) return status;
    search->is_wild = search->is_wild || path->is_wild;
    search->places.mark = JSON_MARK_FIRST + arg;
    json_path_find(path, 0, &search->document, &search->places);
    return STATUS_OK;
}

static enum status eval_extract(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    struct json_search search;
    *out = value_null();
    enum status status = search_begin(expr, context, &search);
    for (uint32_t i = 1; i < expr->arg_count && status == STATUS_OK && !search.is_null; i++) {
        status = search_path(expr, context, i, &search);
    }
    const struct json_places *places = &search.places;
    if (status != STATUS_OK || search.is_null || places->count == 0) return status;
    struct json list = {.kind = JSON_ARRAY, .count = places->count};
    list.items = arena_array(context->arena, struct json, places->count);
    for (uint32_t i = 0; i < places->count; i++) list.items[i] = *places->items[i];
    bool is_list = search.is_wild || expr->arg_count > 2;
    return give(is_list ? &list : places->items[0], context, out);
}

/* The one place that an optional path names; NULL: none (J1). */
static enum status read_place(const struct expr *expr, struct eval_context *context, uint32_t arg,
                              struct json **out) {
    struct json_search *search = arena_new(context->arena, struct json_search);
    *out = NULL;
    enum status status = search_begin(expr, context, search);
    if (status != STATUS_OK || search->is_null) return status;
    *out = &search->document;
    if (arg >= expr->arg_count) return STATUS_OK;
    status = search_path(expr, context, arg, search);
    if (status == STATUS_OK && search->is_wild)
        return diagnostics_error(context->diagnostics, ER_INVALID_JSON_PATH_WILDCARD);
    bool is_there = status == STATUS_OK && !search->is_null && search->places.count > 0;
    *out = is_there ? search->places.items[0] : NULL;
    return status;
}

static enum status eval_length(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    struct json *place;
    *out = value_null();
    enum status status = read_place(expr, context, 1, &place);
    if (status != STATUS_OK || place == NULL) return status;
    *out = value_of_int(place->kind >= JSON_ARRAY ? place->count : 1);
    return STATUS_OK;
}

static enum status eval_keys(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    struct json *place;
    *out = value_null();
    enum status status = read_place(expr, context, 1, &place);
    if (status != STATUS_OK || place == NULL || place->kind != JSON_OBJECT) return status;
    struct json list = {.kind = JSON_ARRAY, .count = place->count};
    list.items = arena_array(context->arena, struct json, place->count + 1);
    for (uint32_t i = 0; i < place->count; i++) {
        list.items[i] = (struct json){.kind = JSON_STRING, .text = place->items[i].key};
    }
    return give(&list, context, out);
}

/* An object contains one with some of its members, an array each of what it has, everything what equals it. */
static bool contains(const struct json *whole, const struct json *part) {
    if (whole->kind == JSON_ARRAY) {
        bool is_list = part->kind == JSON_ARRAY;
        const struct json *wanted = is_list ? part->items : part;
        for (uint32_t i = 0, count = is_list ? part->count : 1; i < count; i++) {
            bool is_found = false;
            for (uint32_t j = 0; j < whole->count && !is_found; j++) {
                const struct json *item = &whole->items[j];
                bool is_of_list = item->kind == JSON_ARRAY && wanted[i].kind != JSON_ARRAY;
                is_found = !is_of_list && contains(item, &wanted[i]);
            }
            if (!is_found) return false;
        }
        return true;
    }
    if (whole->kind != JSON_OBJECT || part->kind != JSON_OBJECT)
        return json_compare(whole, part) == 0;
    for (uint32_t i = 0; i < part->count; i++) {
        const struct json *member = json_member(whole, part->items[i].key);
        if (member == NULL || !contains(member, &part->items[i])) return false;
    }
    return true;
}

static enum status eval_contains(const struct expr *expr, struct eval_context *context,
                                 struct value *out) {
    struct json candidate, *place;
    bool is_null;
    *out = value_null();
    enum status status = read_place(expr, context, 2, &place);
    if (status != STATUS_OK || place == NULL) return status;
    status = read_document(expr, context, 1, &candidate, &is_null);
    if (status != STATUS_OK || is_null) return status;
    *out = value_of_int(contains(place, &candidate));
    return STATUS_OK;
}

static enum status eval_contains_path(const struct expr *expr, struct eval_context *context,
                                      struct value *out) {
    struct json_search search;
    struct slice choice;
    bool is_null;
    *out = value_null();
    enum status status = search_begin(expr, context, &search);
    if (status != STATUS_OK || search.is_null) return status;
    status = function_read_text(expr->args[1], context, &choice, &is_null);
    if (status != STATUS_OK || is_null) return status;
    bool is_all = slice_equal_nocase(choice, SLICE_LITERAL("all"));
    if (!is_all && !slice_equal_nocase(choice, SLICE_LITERAL("one")))
        return diagnostics_error(context->diagnostics, ER_JSON_BAD_ONE_OR_ALL_ARG,
                                 function_name_lower(expr, context->arena));
    bool holds = is_all;
    for (uint32_t i = 2; i < expr->arg_count; i++) {
        search.places.count = 0;
        status = search_path(expr, context, i, &search);
        if (status != STATUS_OK || search.is_null) return status;
        bool is_there = search.places.count > 0;
        holds = is_all ? holds && is_there : holds || is_there;
    }
    *out = value_of_int(holds);
    return STATUS_OK;
}

/* ---- texts ---- */

static enum status eval_quote(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct buffer text = buffer_of(context->arena);
    json_print_string(in.args[0].text, &text);
    *out = function_text_result(expr, buffer_slice(&text));
    return STATUS_OK;
}

static enum status eval_unquote(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice text = in.args[0].text;
    bool is_quoted = text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"';
    struct json json = {.text = text};
    struct json_fault fault;
    if (is_quoted && json_parse(text, context->arena, &json, &fault) != STATUS_OK)
        return tell_text(expr, context, 0, &fault);
    *out = function_text_result(expr, json.text);
    return STATUS_OK;
}

/* ---- making ---- */

static enum status eval_array(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    struct json list = {.kind = JSON_ARRAY, .count = expr->arg_count};
    list.items = arena_array(context->arena, struct json, expr->arg_count + 1);
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        enum status status = read_part(expr, context, i, &list.items[i]);
        if (status != STATUS_OK) return status;
    }
    return give(&list, context, out);
}

static enum status resolve_object(struct function_call *call) {
    if (call->expr->arg_count % 2 != 0)
        return diagnostics_error(call->diagnostics, ER_WRONG_PARAMCOUNT_TO_NATIVE_FCT,
                                 "JSON_OBJECT");
    return resolve_json(call);
}

static enum status eval_object(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    struct json object = {.kind = JSON_OBJECT, .count = expr->arg_count / 2};
    object.items = arena_array(context->arena, struct json, object.count + 1);
    for (uint32_t i = 0; i < object.count; i++) {
        struct slice key;
        bool is_null;
        enum status status = read_part(expr, context, 2 * i + 1, &object.items[i]);
        if (status == STATUS_OK)
            status = function_read_text(expr->args[2 * i], context, &key, &is_null);
        if (status != STATUS_OK) return status;
        if (is_null) return diagnostics_error(context->diagnostics, ER_JSON_DOCUMENT_NULL_KEY);
        object.items[i].key = key;
    }
    json_sort_members(&object);
    return give(&object, context, out);
}

/* ---- changing ---- */

enum json_change { CHANGE_SET = 1, CHANGE_INSERT = 2, CHANGE_REPLACE = 3 };

static void append_item(struct json *list, const struct json *part, struct arena *arena) {
    struct json *items = arena_array(arena, struct json, (size_t)list->count + 1);
    if (list->count > 0) memcpy(items, list->items, list->count * sizeof(*items));
    items[list->count++] = *part;
    list->items = items;
}

/* A member that is not there, or what is behind the end of an array; a value that is none becomes one. */
static void add_part(struct json *parent, const struct json_leg *leg, const struct json *part,
                     struct arena *arena) {
    if (leg->kind == JSON_LEG_MEMBER && parent->kind == JSON_OBJECT) {
        struct json member = *part;
        member.key = leg->name;
        append_item(parent, &member, arena);
        json_sort_members(parent);
    } else if (leg->kind == JSON_LEG_CELL && !leg->from_last) {
        if (parent->kind != JSON_ARRAY) {
            struct json list = {.kind = JSON_ARRAY, .key = parent->key};
            append_item(&list, parent, arena);
            *parent = list;
        }
        append_item(parent, part, arena);
    }
}

static void change_place(struct json *document, const struct json_path *path,
                         enum json_change change, const struct json *part,
                         struct json_places *places) {
    json_path_find(path, 0, document, places);
    if (places->count > 0) {
        struct slice key = places->items[0]->key;
        if (change == CHANGE_INSERT) return;
        *places->items[0] = *part;
        places->items[0]->key = key;
        return;
    }
    if (change == CHANGE_REPLACE || path->count == 0) return;
    struct json_path parent = *path;
    parent.count--;
    places->mark++;
    json_path_find(&parent, 0, document, places);
    if (places->count == 0) return;
    add_part(places->items[0], &path->legs[parent.count], part, places->arena);
}

static enum status eval_change(const struct expr *expr, struct eval_context *context,
                               enum json_change change, struct value *out) {
    struct json document;
    bool is_null;
    *out = value_null();
    enum status status = read_document(expr, context, 0, &document, &is_null);
    struct json_path *path = arena_new(context->arena, struct json_path);
    for (uint32_t i = 1; i + 1 < expr->arg_count && status == STATUS_OK && !is_null; i += 2) {
        struct json part;
        struct json_places places = {.arena = context->arena, .mark = JSON_MARK_FIRST + 2 * i};
        status = read_path(expr, context, i, path, &is_null);
        if (status != STATUS_OK || is_null) return status;
        if (path->is_wild)
            return diagnostics_error(context->diagnostics, ER_INVALID_JSON_PATH_WILDCARD);
        status = read_part(expr, context, i + 1, &part);
        if (status == STATUS_OK) change_place(&document, path, change, &part, &places);
    }
    return status == STATUS_OK && !is_null ? give(&document, context, out) : status;
}

static enum status eval_set(const struct expr *expr, struct eval_context *context,
                            struct value *out) {
    return eval_change(expr, context, CHANGE_SET, out);
}
static enum status eval_insert(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    return eval_change(expr, context, CHANGE_INSERT, out);
}
static enum status eval_replace(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    return eval_change(expr, context, CHANGE_REPLACE, out);
}

static enum status resolve_change(struct function_call *call) {
    if (call->expr->arg_count % 2 == 0)
        return diagnostics_error(call->diagnostics, ER_WRONG_PARAMCOUNT_TO_NATIVE_FCT,
                                 function_name(call->expr->function));
    return resolve_json(call);
}

static void remove_item(struct json *parent, const struct json *item) {
    if (parent->kind < JSON_ARRAY) return;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < parent->count; i++) {
        if (&parent->items[i] != item) parent->items[kept++] = parent->items[i];
    }
    parent->count = kept;
}

static enum status eval_remove(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    struct json document;
    bool is_null;
    *out = value_null();
    enum status status = read_document(expr, context, 0, &document, &is_null);
    struct json_path *path = arena_new(context->arena, struct json_path);
    for (uint32_t i = 1; i < expr->arg_count && status == STATUS_OK && !is_null; i++) {
        struct json_places found = {.arena = context->arena, .mark = JSON_MARK_FIRST + 2 * i};
        struct json_places parents = {.arena = context->arena, .mark = found.mark + 1};
        status = read_path(expr, context, i, path, &is_null);
        if (status != STATUS_OK || is_null) return status;
        if (path->is_wild || path->count == 0)
            return diagnostics_error(context->diagnostics, ER_INVALID_JSON_PATH_WILDCARD);
        json_path_find(path, 0, &document, &found);
        path->count--;
        json_path_find(path, 0, &document, &parents);
        bool is_there = found.count > 0 && parents.count > 0;
        if (is_there) remove_item(parents.items[0], found.items[0]);
    }
    return status == STATUS_OK && !is_null ? give(&document, context, out) : status;
}

#define ANY      FUNCTION_ARGS_ANY
#define NULLABLE FUNCTION_ALWAYS_NULLABLE
#define VALUES   (FUNCTION_TAKES_NULL | FUNCTION_ALWAYS_NULLABLE)
#define NEVER    (FUNCTION_TAKES_NULL | FUNCTION_NEVER_NULL)

static const struct function functions[] = {
    {"JSON_ARRAY", FUNCTION_SCALAR, 0, ANY, NEVER, resolve_json, eval_array, 0},
    {"JSON_CONTAINS", FUNCTION_SCALAR, 2, 3, NULLABLE, function_resolve_bool, eval_contains, 0},
    {"JSON_CONTAINS_PATH", FUNCTION_SCALAR, 3, ANY, NULLABLE, function_resolve_bool,
     eval_contains_path, 0},
    {"JSON_EXTRACT", FUNCTION_SCALAR, 2, ANY, NULLABLE, resolve_json, eval_extract, 0},
    {"JSON_INSERT", FUNCTION_SCALAR, 3, ANY, VALUES, resolve_change, eval_insert, 0},
    {"JSON_KEYS", FUNCTION_SCALAR, 1, 2, NULLABLE, resolve_json, eval_keys, 0},
    {"JSON_LENGTH", FUNCTION_SCALAR, 1, 2, NULLABLE, function_resolve_int, eval_length, 0},
    {"JSON_OBJECT", FUNCTION_SCALAR, 0, ANY, NEVER, resolve_object, eval_object, 0},
    {"JSON_QUOTE", FUNCTION_SCALAR, 1, 1, 0, resolve_json_text, eval_quote, 0},
    {"JSON_REMOVE", FUNCTION_SCALAR, 2, ANY, NULLABLE, resolve_json, eval_remove, 0},
    {"JSON_REPLACE", FUNCTION_SCALAR, 3, ANY, VALUES, resolve_change, eval_replace, 0},
    {"JSON_SET", FUNCTION_SCALAR, 3, ANY, VALUES, resolve_change, eval_set, 0},
    {"JSON_TYPE", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_json_type, eval_type, 0},
    {"JSON_UNQUOTE", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_json_text, eval_unquote, 0},
    {"JSON_VALID", FUNCTION_SCALAR, 1, 1, NULLABLE, function_resolve_bool, eval_valid, 0},
};
const struct function_list function_json = {functions, ARRAY_COUNT(functions)};
