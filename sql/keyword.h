/* sql/keyword.h: MySQL's words, found by a perfect hash that the lexer computes while it reads them. */
#ifndef SQL_KEYWORD_H
#define SQL_KEYWORD_H

#include "base/bytes.h"

enum keyword_class {
    KEYWORD_RESERVED, /* no name unless quoted */
    KEYWORD_OPEN,     /* a name where no rule wants the word */
    KEYWORD_FUNCTION, /* a function's name when '(' follows; no keyword to INFORMATION_SCHEMA */
};

struct keyword {
    const char *text; /* upper case */
    uint16_t token;   /* TOKEN_x of sql/grammar.h */
    uint8_t size;
    uint8_t class; /* enum keyword_class */
};

#define KEYWORD_HASH_START 2166136261u

/* The hash ignores the case of ASCII letters. */
static inline uint32_t keyword_hash_step(uint32_t hash, uint8_t byte) {
    return (hash ^ (byte & 0xDFu)) * 16777619u;
}
/* The word of these bytes, in any case, or NULL. `hash` is of all its bytes. */
const struct keyword *keyword_find(const uint8_t *data, size_t size, uint32_t hash);
/* All of them by alphabet, KEYWORD_FUNCTION ones last. */
const struct keyword *keyword_list(size_t *count_out);

#endif
