/* sql/normalise.h: the plan cache's key of a text, in one pass without allocation.
 *
 * The key is the text with each lifted literal replaced by a mark of its kind, comments (but
 * optimizer hints) dropped outside of select lists, and leading space and the last ';' cut. Two
 * texts with equal keys (and equal mode) have the same tree but for the values of the lifted
 * literals.
 *
 *   (N1) Lifted are numbers, strings, X'' and B'' in WHERE, ON, SET, VALUES, ON DUPLICATE KEY
 * UPDATE and LIMIT of SELECT, INSERT, REPLACE, UPDATE and DELETE. Not lifted, so part of the key:
 * everything in select lists (the text names the column), GROUP BY, HAVING, ORDER BY (positions,
 * equal expressions), windows, arguments of functions and CAST (they decide the result's type),
 * after COLLATE, ESCAPE, DATE, TIME, TIMESTAMP, INTERVAL, '->', charset introducers, and NULL,
 * TRUE, FALSE. (N2) parse_statement with PARSE_LIFT_LITERALS walks the same tokens through the same
 * rules, so the n-th literal of the list is the literal node with ordinal n.
 */
#ifndef SQL_NORMALISE_H
#define SQL_NORMALISE_H

#include "sql/ast.h"

struct literal {
    uint8_t kind; /* enum ast_literal_kind: INTEGER, DECIMAL, FLOAT, STRING, NATIONAL, HEX, BIT */
    bool is_escaped;  /* the value differs from the bytes between the quotes */
    uint64_t integer; /* INTEGER */
    /* As the statement has it: digits, or a string with its quotes and escapes; see literal_bytes. */
    struct slice text;
};

/* Buffers that the caller gives and keeps. */
struct normalised {
    uint8_t *key;
    size_t key_capacity;
    struct literal *literals;
    uint32_t literal_capacity;
    size_t key_size;                         /* result */
    uint32_t literal_count, parameter_count; /* result; parameters: ? */
};

/* False: not to be cached (another statement, several statements, executable comments, an error, or
 * the buffers are too small); parse the text. `mode` as in parse.h. */
bool parse_normalise(struct slice text, uint32_t mode, struct normalised *normalised);
/* The value of a STRING, NATIONAL, HEX or BIT literal: its bytes with escapes undone, borrowed from
 * the text when they are the same, else in `arena`. */
struct slice literal_bytes(struct arena *arena, const struct literal *literal, uint32_t mode);

#endif
