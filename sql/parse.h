/* sql/parse.h: from the text of a statement to its tree.
 *
 * parse_statement reads one statement. A text may hold several, separated by ';': the caller goes
 * on at `next_offset` until it is the text's size. Nothing is looked up: names, types and
 * privileges are the binder's. The same text and options always give the same tree.
 *
 * Errors: STATUS_INVALID with result->error filled (MySQL's number and text), 1038 when the arena is over its budget;
 * STATUS_CANCELLED when the waiter is, with error 1317.
 */
#ifndef SQL_PARSE_H
#define SQL_PARSE_H

#include "base/status.h"
#include "base/wait.h"
#include "sql/ast.h"
#include "sql/sql_mode.h"

/* What of sql_mode and the session changes reading. */
enum parse_mode {
    PARSE_ANSI_QUOTES = 1 << 0,          /* "x" is an identifier */
    PARSE_PIPES_AS_CONCAT = 1 << 1,      /* || joins strings */
    PARSE_NO_BACKSLASH_ESCAPES = 1 << 2, /* '\' is a letter like others */
    PARSE_IGNORE_SPACE = 1 << 3,         /* COUNT (*) is a call, and function names are reserved */
    PARSE_HIGH_NOT_PRECEDENCE = 1 << 4,  /* NOT binds as ! */
    PARSE_LIFT_LITERALS = 1 << 5,        /* literals get ordinals, as parse_normalise counts them */
    PARSE_NO_PARAMETERS = 1 << 6,        /* ? is no parameter but an error */
};

/* The bits of @@sql_mode (sql/sql_mode.h) that the parser knows. */
static inline uint32_t parse_mode_of(uint64_t sql_mode) {
    uint32_t mode = 0;
    if (sql_mode & SQL_MODE_ANSI_QUOTES) mode |= PARSE_ANSI_QUOTES;
    if (sql_mode & SQL_MODE_PIPES_AS_CONCAT) mode |= PARSE_PIPES_AS_CONCAT;
    if (sql_mode & SQL_MODE_NO_BACKSLASH_ESCAPES) mode |= PARSE_NO_BACKSLASH_ESCAPES;
    if (sql_mode & SQL_MODE_IGNORE_SPACE) mode |= PARSE_IGNORE_SPACE;
    if (sql_mode & SQL_MODE_HIGH_NOT_PRECEDENCE) mode |= PARSE_HIGH_NOT_PRECEDENCE;
    return mode;
}

#define PARSE_ERROR_TEXT_MAX 512

struct parse_error {
    uint16_t number; /* 1064, 1065, 1059 ...; 0: none */
    char text[PARSE_ERROR_TEXT_MAX];
};

struct parse_input {
    struct slice text;
    size_t offset; /* where the statement starts */
    uint32_t mode; /* of enum parse_mode */
    struct waiter
        *waiter; /* of the caller's fiber, which gives way now and then; NULL: read in one go */
};

struct parse_result {
    struct ast_statement *statement;
    struct ast_expr *expr; /* of parse_expression */
    size_t next_offset; /* behind the statement's ';', or text.size; text.size after an error too */
    struct parse_error error;
};

/* Reads the statement that starts at input->offset; the tree lives in `arena`. After an error the
 * rest of a multi-statement text is not to be read, as MySQL does.
 *
 *   (P1) While the fiber gives way, all that reading looks at stays: the text is the command's packet or a copy in the caller's
 *        arena, the mode is a copy, and the tree is nobody else's yet. */
MUST_USE enum status parse_statement(struct arena *arena, const struct parse_input *input,
                                     struct parse_result *result);
/* An expression alone, up to the text's end: a stored DEFAULT, CHECK or generated column. */
MUST_USE enum status parse_expression(struct arena *arena, const struct parse_input *input,
                                      struct parse_result *result);

#endif
