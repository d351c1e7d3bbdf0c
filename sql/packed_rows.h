/* sql/packed_rows.h: rows of plain literals in the VALUES list of INSERT, read without the grammar.
 *
 * A text of a megabyte holds tens of thousands of rows, and nearly always nothing but literals. Such rows are taken from the lexer
 * straight into a table of 16 bytes a literal, which the grammar sees as one token, PACKED_ROWS. A row with anything else in it
 * (an expression, a parameter, an introducer, DATE '..') is read as expressions; both kinds stand in one list in any order.
 */
#ifndef SQL_PACKED_ROWS_H
#define SQL_PACKED_ROWS_H

#include "sql/ast.h"
#include "sql/lexer.h"

/* Whether a row may begin at the next token; the walk of one statement's tokens. */
enum packed_place {
    PACKED_START,   /* before the first token */
    PACKED_NOWHERE, /* no INSERT, or nothing is to be packed */
    PACKED_OUTSIDE, /* of an INSERT, not in its list */
    PACKED_ROW,     /* a row may begin here */
    PACKED_BEHIND,  /* in a row that is read as expressions, or behind one */
};

struct packed_walk {
    enum packed_place place;
    uint32_t depth;                   /* open parentheses */
    struct ast_packed_literal *block; /* what is left of the newest one */
    uint32_t room;
};

/* Follows a token that the grammar gets. */
void packed_rows_follow(struct packed_walk *walk, uint16_t kind);
/* Takes as many rows with one number of literals as there are, but no more than fill the block; the lexer then is behind the last one.
 * False: none begins here, and the lexer is where it was. The run's first_row is left 0. */
bool packed_rows_take(struct arena *arena, struct packed_walk *walk, struct lexer *lexer,
                      struct ast_packed_run *run_out);
/* All rows of the list, packed or not. */
uint32_t packed_rows_count(const struct ast_insert *insert);

#endif
