/* ast_build.c: errors, lists, names and texts of a tree that is being parsed.
 *
 * Every list of the tree is { items, count, capacity } in this order, whatever its items are; build_push grows any
 * of them by doubling in the arena. Old places stay behind until the arena dies, so a list costs at most twice
 * its size.
 */
#include "sql/ast_build.h"

#include <stdarg.h>
#include <stdio.h>

#include "sql/grammar.h"

/* ---- Errors ---- */

void build_error(struct parser *p, uint16_t number, const char *format, ...) {
    if (p->is_failed) return;
    p->is_failed = true;
    struct parse_error *error = &p->result->error;
    error->number = number;
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);
}

/* "... near 'rest of the text from the token on' at line n". */
static void error_near(struct parser *p, const char *what, const uint8_t *at) {
    const uint8_t *text_end = p->text.data + p->text.size;
    int line = 1;
    for (const uint8_t *byte = p->text.data + p->offset; byte < at; byte++) line += *byte == '\n';
    int size = (int)MIN(text_end - at, 80);
    build_error(p, 1064, "%s near '%.*s' at line %d", what, size, (const char *)at, line);
}

void build_syntax_error(struct parser *p, const struct token *token) {
    if (token->kind == TOKEN_PACKED_ROWS) p->is_packed_misplaced = true;
    const uint8_t *at = token->data == NULL ? p->text.data + p->text.size : token->data;
    error_near(
        p,
        "You have an error in your SQL syntax; check the manual that corresponds to your MySQL "
        "server version for the right syntax to use",
        at);
}

void build_stack_error(struct parser *p) {
    error_near(p, "memory exhausted", p->end == NULL ? p->text.data + p->offset : p->end);
}

uint16_t build_depth(struct parser *p, uint16_t depth) {
    if (depth < AST_DEPTH_MAX) return (uint16_t)(depth + 1);
    build_stack_error(p);
    return AST_DEPTH_MAX;
}

void build_shifted(struct parser *p, const struct token *token) {
    p->end = token->data + token->size;
    p->ordinal = p->ordinal_ahead;
}

/* ---- Lists ---- */

struct list_head {
    void *items;
    uint32_t count, capacity;
};

void *build_push(struct parser *p, void *list, size_t item_size) {
    struct list_head head;
    memcpy(&head, list, sizeof(head));
    if (head.count == head.capacity) {
        uint32_t capacity = head.capacity == 0 ? 4 : head.capacity * 2;
        void *items = arena_array_bytes(p->arena, capacity, item_size);
        if (head.count > 0) memcpy(items, head.items, head.count * item_size);
        head.items = items;
        head.capacity = capacity;
    }
    uint8_t *item = (uint8_t *)head.items + head.count * item_size;
    head.count++;
    memset(item, 0, item_size);
    memcpy(list, &head, sizeof(head));
    return item;
}

struct ast_identifiers *build_identifiers_empty(struct parser *p) {
    return build_new(p, struct ast_identifiers);
}

struct ast_identifiers *build_identifiers(struct parser *p, struct ast_identifiers *list,
                                          struct slice name) {
    if (list == NULL) list = build_identifiers_empty(p);
    *(struct slice *)build_push(p, list, sizeof(name)) = name;
    return list;
}

struct slice build_upper(struct parser *p, struct slice text) {
    struct slice copy = arena_copy(p->arena, text);
    uint8_t *bytes = (uint8_t *)copy.data; /* our own copy */
    for (size_t i = 0; i < copy.size; i++) {
        if (bytes[i] >= 'a' && bytes[i] <= 'z') bytes[i] = (uint8_t)(bytes[i] - 0x20);
    }
    return copy;
}

struct ast_identifiers *build_words(struct parser *p, struct ast_identifiers *list,
                                    const struct token *token) {
    return build_identifiers(p, list, build_upper(p, slice_of(token->data, token->size)));
}

struct slice build_joined_words(struct parser *p, const struct ast_identifiers *words) {
    struct buffer buffer = buffer_of(p->arena);
    for (uint32_t i = 0; i < words->count; i++) {
        if (i > 0) buffer_append_byte(&buffer, ' ');
        buffer_append(&buffer, words->items[i]);
    }
    return buffer_slice(&buffer);
}

struct ast_names *build_names(struct parser *p, struct ast_names *list,
                              const struct ast_name *name) {
    if (list == NULL) list = build_new(p, struct ast_names);
    *(struct ast_name *)build_push(p, list, sizeof(*name)) = *name;
    return list;
}

/* ---- Names, texts, numbers ---- */

struct slice build_identifier(struct parser *p, const struct token *token) {
    return token_text(p->arena, token, p->lexer.mode);
}

struct slice build_string(struct parser *p, const struct token *token) {
    return token_text(p->arena, token, p->lexer.mode);
}

struct slice build_at_name(struct parser *p, const struct token *token) {
    return token_text(p->arena, token, p->lexer.mode);
}

uint64_t build_number(struct parser *p, const struct token *token) {
    if (token->kind == TOKEN_INTEGER_NUMBER) return token_integer(token);
    struct slice bytes = token_bytes(p->arena, token);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size; i++) value = value << 8 | bytes.data[i];
    return value;
}

struct ast_name *build_name(struct parser *p, const struct token *schema,
                            const struct token *object) {
    struct ast_name *name = build_new(p, struct ast_name);
    const struct token *first = schema == NULL ? object : schema;
    if (schema != NULL) name->schema = build_identifier(p, schema);
    name->object = build_identifier(p, object);
    name->offset = (uint32_t)(first->data - p->text.data);
    return name;
}

/* ---- Statements ---- */

struct ast_statement *build_inner(struct parser *p, int kind, void *node) {
    struct ast_statement *statement = build_new(p, struct ast_statement);
    statement->kind = (enum ast_kind)kind;
    statement->none = node;
    return statement;
}

void build_statement(struct parser *p, int kind, void *node) {
    p->statement = build_inner(p, kind, node);
}
