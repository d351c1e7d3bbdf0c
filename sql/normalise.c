/* normalise.c: the key under which a text's plan is cached.
 *
 * The text is copied as it stands, piece by piece between the literals; a lifted literal leaves two bytes, a
 * zero and its kind. A zero byte stands nowhere else but inside of quotes (the lexer takes none outside), so
 * no two different texts have one key. Comments outside of select lists become a space; that makes the
 * trace ids that frameworks put into comments harmless.
 */
#include "sql/normalise.h"
#include "sql/grammar.h"
#include "sql/lift.h"
#include "sql/parse.h"

/* Lists with more are packed (packed_rows.h): a plan of all their nodes would cost more to keep than it saves. */
#define INSERT_LITERALS_MAX 256

struct normaliser {
    struct lexer lexer;
    struct lift lift;
    struct writer key;
    const uint8_t *copied; /* the text up to here is in the key */
};

static uint8_t literal_kind(uint16_t kind) {
    switch (kind) {
    case TOKEN_INTEGER_NUMBER: return AST_LITERAL_INTEGER;
    case TOKEN_DECIMAL_NUMBER: return AST_LITERAL_DECIMAL;
    case TOKEN_FLOAT_NUMBER: return AST_LITERAL_FLOAT;
    case TOKEN_TEXT_STRING: return AST_LITERAL_STRING;
    case TOKEN_NATIONAL_STRING: return AST_LITERAL_NATIONAL;
    case TOKEN_HEX_STRING: return AST_LITERAL_HEX;
    case TOKEN_BIT_STRING: return AST_LITERAL_BIT;
    default: UNREACHABLE();
    }
}

static struct literal literal_of(const struct token *token) {
    struct literal literal = {.kind = literal_kind(token->kind),
                              .is_escaped = token->flags & TOKEN_FLAG_ESCAPED,
                              .text = slice_of(token->data, token->size)};
    if (token->kind == TOKEN_INTEGER_NUMBER) literal.integer = token_integer(token);
    return literal;
}

static void copy_to(struct normaliser *n, const uint8_t *end) {
    writer_bytes(&n->key, slice_of(n->copied, (size_t)(end - n->copied)));
    n->copied = end;
}

/* Between the tokens that end at `end` and begin at `next`. */
static void copy_gap(struct normaliser *n, const uint8_t *end, const uint8_t *next) {
    if (!n->lexer.saw_comment) return;
    n->lexer.saw_comment = false;
    if (lift_is_named(&n->lift)) return;
    copy_to(n, end);
    if (n->key.at > n->key.start) writer_u8(&n->key, ' ');
    n->copied = next;
}

static bool normalise_literal(struct normaliser *n, struct normalised *out,
                              const struct token *token) {
    bool is_insert = n->lift.verb == TOKEN_INSERT || n->lift.verb == TOKEN_REPLACE;
    uint32_t capacity = is_insert ? MIN(out->literal_capacity, (uint32_t)INSERT_LITERALS_MAX)
                                  : out->literal_capacity;
    if (out->literal_count == capacity) return false;
    copy_to(n, token->data);
    n->copied = token->data + token->size;
    struct literal *literal = &out->literals[out->literal_count++];
    *literal = literal_of(token);
    writer_u8(&n->key, 0);
    writer_u8(&n->key, (uint8_t)('a' + literal->kind));
    return true;
}

bool parse_normalise(struct slice text, uint32_t mode, struct normalised *out) {
    struct normaliser n = {.lexer = lexer_of(text, 0, mode),
                           .lift = lift_begin(),
                           .key = writer_of(out->key, out->key_capacity)};
    out->literal_count = out->parameter_count = 0;
    struct token token = lexer_next(&n.lexer);
    n.lexer.saw_comment = false;
    n.copied = token.data;
    const uint8_t *end = token.data;
    while (token.kind != TOKEN_END_OF_INPUT && token.kind != TOKEN_SEMICOLON) {
        if (token.kind == TOKEN_ILLEGAL) return false;
        if (token.kind == TOKEN_PARAMETER) out->parameter_count++;
        copy_gap(&n, end, token.data);
        bool is_lifted = lift_take(&n.lift, &token);
        if (!lift_is_shareable(&n.lift)) return false;
        if (is_lifted && !normalise_literal(&n, out, &token)) return false;
        end = token.data + token.size;
        token = lexer_next(&n.lexer);
    }
    if (token.kind == TOKEN_SEMICOLON) token = lexer_next(&n.lexer);
    if (token.kind != TOKEN_END_OF_INPUT || n.lexer.saw_executable) return false;
    copy_to(&n, end);
    out->key_size = writer_written(&n.key).size;
    return !n.key.failed && out->key_size > 0;
}

struct slice literal_bytes(struct arena *arena, const struct literal *literal, uint32_t mode) {
    struct token token = {.data = literal->text.data, .size = (uint32_t)literal->text.size};
    if (literal->is_escaped) token.flags = TOKEN_FLAG_ESCAPED;
    switch ((enum ast_literal_kind)literal->kind) {
    case AST_LITERAL_STRING: token.kind = TOKEN_TEXT_STRING; break;
    case AST_LITERAL_NATIONAL: token.kind = TOKEN_NATIONAL_STRING; break;
    case AST_LITERAL_HEX: token.kind = TOKEN_HEX_STRING; return token_bytes(arena, &token);
    case AST_LITERAL_BIT: token.kind = TOKEN_BIT_STRING; return token_bytes(arena, &token);
    case AST_LITERAL_INTEGER:
    case AST_LITERAL_DECIMAL:
    case AST_LITERAL_FLOAT: return literal->text;
    case AST_LITERAL_NULL:
    case AST_LITERAL_TRUE:
    case AST_LITERAL_FALSE:
    case AST_LITERAL_DATE:
    case AST_LITERAL_TIME:
    case AST_LITERAL_TIMESTAMP: UNREACHABLE(); /* never lifted */
    }
    return token_text(arena, &token, mode);
}
