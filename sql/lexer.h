/* sql/lexer.h: from text to tokens, by MySQL's lexical rules.
 *
 * A token is a piece of the text; nothing is copied. token_text gives its value with quotes and escapes undone.
 * The lexer is a plain value: copy it to look ahead.
 */
#ifndef SQL_LEXER_H
#define SQL_LEXER_H

#include "base/arena.h"

enum token_flag {
    TOKEN_FLAG_QUOTED = 1 << 0,        /* a name in quotes */
    TOKEN_FLAG_ESCAPED = 1 << 1,       /* its value is not simply the bytes between its quotes */
    TOKEN_FLAG_FUNCTION_NAME = 1 << 2, /* a function's name without the '(' right behind it */
};

struct token {
    const uint8_t *data; /* with quotes, prefixes and '@' */
    uint32_t size;
    uint16_t kind; /* TOKEN_x of sql/grammar.h */
    uint8_t flags; /* of enum token_flag */
};

static_assert(sizeof(struct token) == 16, "the parser's stack is made of these");

struct lexer {
    const uint8_t *at, *end;
    uint32_t mode;                    /* of enum parse_mode */
    uint16_t previous;                /* kind of the token before, 0 at the start */
    bool in_executable;               /* inside of an executable comment */
    bool saw_executable, saw_comment; /* since the caller cleared them */
};

/* Reads text[offset..]. The text must stay; it needs no NUL behind it and is at most 4 GiB - 1. */
struct lexer lexer_of(struct slice text, size_t offset, uint32_t mode);
/* The next token; TOKEN_END_OF_INPUT for ever at the end, TOKEN_ILLEGAL for what is none (then the lexer must
 * not be asked again). Words are given as keyword.def says, but as IDENT behind a '.', and before one
 * that joins them to another name. */
struct token lexer_next(struct lexer *lexer);

/* The value of an IDENT, TEXT_STRING, NATIONAL_STRING or AT_NAME token: borrowed from the text where it can be. */
struct slice token_text(struct arena *arena, const struct token *token, uint32_t mode);
/* The bytes of a HEX_STRING or BIT_STRING. */
struct slice token_bytes(struct arena *arena, const struct token *token);
/* The value of an INTEGER_NUMBER. */
uint64_t token_integer(const struct token *token);

#endif
