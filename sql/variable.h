/* sql/variable.h: the system variables: what they are called, what they may hold, what they hold.
 *
 * variable.def lists them; enum variable names each. A value is kept as
 *   BOOL    INT 0 or 1            INT   UINT              DOUBLE  DOUBLE of six places
 *   TEXT    STRING or NULL        ENUM  STRING: the word  SET     STRING: words, in the list's order
 *
 * A store holds values that differ from those below it: the server's from the defaults, a session's from the server's as
 * they were when the session began (set.c keeps that true).
 */
#ifndef SQL_VARIABLE_H
#define SQL_VARIABLE_H

#include "row/value.h"
#include "sql/error.h"

enum variable_scope { VARIABLE_GLOBAL = 1, VARIABLE_SESSION = 2, VARIABLE_BOTH = 3 };
enum variable_type {
    VARIABLE_BOOL,
    VARIABLE_INT,
    VARIABLE_DOUBLE,
    VARIABLE_TEXT,
    VARIABLE_ENUM,
    VARIABLE_SET
};
enum variable_change {
    VARIABLE_FIXED,  /* 1238 */
    VARIABLE_TAKES,  /* has an effect here */
    VARIABLE_ALLOWED /* what it tunes does not exist here, so any legal value is true */
};

#define V(name, scope, type, text, min, max, words, change) VARIABLE_##name,
enum variable {
#include "sql/variable.def"
    VARIABLE_COUNT
};
#undef V

struct variable_info {
    const char *name, *text; /* default; "NULL" is none */
    const char *words;       /* ENUM, SET */
    uint64_t min, max;       /* INT, DOUBLE */
    uint8_t scope, type, change;
};
const struct variable_info *variable_info(enum variable variable);
/* Without regard to case; VARIABLE_COUNT when there is none. */
enum variable variable_find(struct slice name);
/* What is listed as its default; texts are borrowed from the list. */
struct value variable_default(enum variable variable);
/* The type of @@name as a result column. */
struct column_type variable_column_type(enum variable variable);
/* As SHOW VARIABLES prints it; in the arena. */
struct slice variable_text(enum variable variable, const struct value *value, struct arena *arena);
/* The value as it is kept, or error 1231 or 1232; what is too small or large is cut with warning 1292, as MySQL does. */
MUST_USE enum status variable_accept(enum variable variable, const struct value *value,
                                     struct arena *arena, struct diagnostics *diagnostics,
                                     struct value *out);
/* Place of a word in a list "a,b,c" without regard to case; -1: none. */
int32_t variable_word_find(const char *words, struct slice word);
/* The word at a place; empty past the last. */
struct slice variable_word_at(const char *words, uint32_t place);
/* Bits of SET's text by places in the list; unknown words are left out. */
uint64_t variable_set_bits(const char *words, struct slice text);

/* A value in memory that is used again when it changes. */
struct kept_value {
    struct value value;
    uint8_t *memory;
    size_t capacity;
};
void kept_value_set(struct kept_value *kept, struct arena *arena, const struct value *value);

struct variable_entry {
    enum variable variable;
    struct kept_value kept;
};
struct variable_store {
    struct arena *arena;
    struct variable_entry *entries;
    uint32_t count, capacity;
};
void variable_store_open(struct variable_store *store, struct arena *arena);
/* NULL: it has none. */
const struct value *variable_store_find(const struct variable_store *store, enum variable variable);
void variable_store_put(struct variable_store *store, enum variable variable,
                        const struct value *value);

#endif
