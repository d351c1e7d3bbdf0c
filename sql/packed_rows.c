/* packed_rows.c: which rows of a VALUES list need no tree?
 *
 *   VALUES (1, 'a'), (2, 'b'), (3, now()), (4, 'd')
 *          |------ run ------| |-- tree --| |-run-|
 *
 * A run is a block of literals, row after row. It ends where a row holds something else or another number of literals, and
 * when its block is full, so that reading one is a bounded piece of work.
 *
 * Runs lie one behind the other in a block, so a list in which both kinds alternate costs no more than its literals.
 *
 *   (R1) Only what cannot mean anything else is packed: '(' literal, .. ')', where a literal may have a '-' right before its
 *        digits. A row that is not taken is read again, from its '(', by the grammar; so errors are the grammar's.
 *   (R2) Where a row may begin is known from the tokens alone. A guess that was wrong (a call of VALUES with a literal) is a
 *        PACKED_ROWS where the grammar takes none; the parser then starts anew without packing.
 *   (R3) -9223372036854775808 is an expression: its digits alone are no BIGINT.
 */
#include "sql/packed_rows.h"
#include "sql/grammar.h"

#define RUN_LITERALS_MAX 4096 /* 64 KiB */

static_assert(sizeof(struct ast_packed_literal) == 16, "what a row costs");

/* ---- where ---- */

static void follow_outer(struct packed_walk *walk, uint16_t kind) {
    bool is_in_list = walk->place == PACKED_ROW || walk->place == PACKED_BEHIND;
    if (kind == TOKEN_VALUES || kind == TOKEN_VALUE)
        walk->place = PACKED_ROW;
    else if (kind == TOKEN_COMMA && is_in_list)
        walk->place = PACKED_ROW;
    else if (kind == TOKEN_RP || kind == TOKEN_PACKED_ROWS)
        walk->place = is_in_list ? PACKED_BEHIND : PACKED_OUTSIDE;
    else
        walk->place = PACKED_OUTSIDE;
}

void packed_rows_follow(struct packed_walk *walk, uint16_t kind) {
    if (walk->place == PACKED_NOWHERE) return;
    if (walk->place == PACKED_START) {
        bool inserts = kind == TOKEN_INSERT || kind == TOKEN_REPLACE;
        walk->place = inserts ? PACKED_OUTSIDE : PACKED_NOWHERE;
        return;
    }
    if (kind == TOKEN_RP && walk->depth > 0) walk->depth--;
    if (kind == TOKEN_LP) {
        walk->depth++;
        if (walk->place == PACKED_ROW) walk->place = PACKED_BEHIND;
    }
    if (walk->depth == 0) follow_outer(walk, kind);
}

/* ---- what ---- */

static bool take_number(const struct token *token, uint8_t kind, struct ast_packed_literal *out) {
    *out = (struct ast_packed_literal){.kind = kind, .size = token->size, .text = token->data};
    return true;
}

/* Behind a '-' (R3). */
static bool take_negative(const struct token *minus, const struct token *token,
                          struct ast_packed_literal *out) {
    bool is_number = token->kind == TOKEN_INTEGER_NUMBER || token->kind == TOKEN_DECIMAL_NUMBER ||
                     token->kind == TOKEN_FLOAT_NUMBER;
    if (!is_number || token->data != minus->data + 1) return false;
    if (token->kind == TOKEN_INTEGER_NUMBER && token_integer(token) > INT64_MAX) return false;
    uint8_t kind = token->kind == TOKEN_INTEGER_NUMBER   ? AST_LITERAL_INTEGER
                   : token->kind == TOKEN_DECIMAL_NUMBER ? AST_LITERAL_DECIMAL
                                                         : AST_LITERAL_FLOAT;
    (void)take_number(token, kind, out);
    out->is_negative = 1;
    return true;
}

static bool take_text(struct slice text, uint8_t kind, struct ast_packed_literal *out) {
    *out =
        (struct ast_packed_literal){.kind = kind, .size = (uint32_t)text.size, .text = text.data};
    return true;
}

static bool take_literal(struct arena *arena, struct lexer *lexer, struct ast_packed_literal *out) {
    struct token token = lexer_next(lexer), digits;
    switch (token.kind) {
    case TOKEN_INTEGER_NUMBER: return take_number(&token, AST_LITERAL_INTEGER, out);
    case TOKEN_DECIMAL_NUMBER: return take_number(&token, AST_LITERAL_DECIMAL, out);
    case TOKEN_FLOAT_NUMBER: return take_number(&token, AST_LITERAL_FLOAT, out);
    case TOKEN_MINUS: digits = lexer_next(lexer); return take_negative(&token, &digits, out);
    case TOKEN_TEXT_STRING:
        return take_text(token_text(arena, &token, lexer->mode), AST_LITERAL_STRING, out);
    case TOKEN_NATIONAL_STRING:
        return take_text(token_text(arena, &token, lexer->mode), AST_LITERAL_NATIONAL, out);
    case TOKEN_HEX_STRING: return take_text(token_bytes(arena, &token), AST_LITERAL_HEX, out);
    case TOKEN_BIT_STRING: return take_text(token_bytes(arena, &token), AST_LITERAL_BIT, out);
    case TOKEN_NULL: return take_text(SLICE_EMPTY, AST_LITERAL_NULL, out);
    case TOKEN_TRUE: return take_text(SLICE_EMPTY, AST_LITERAL_TRUE, out);
    case TOKEN_FALSE: return take_text(SLICE_EMPTY, AST_LITERAL_FALSE, out);
    case TOKEN_DEFAULT: return take_text(SLICE_EMPTY, AST_PACKED_DEFAULT, out);
    default: return false;
    }
}

#define ROW_TOO_LONG UINT32_MAX

/* How many literals the row has, of at most `room`; 0: it is none of ours; or ROW_TOO_LONG. */
static uint32_t take_row(struct arena *arena, struct lexer *lexer, struct ast_packed_literal *row,
                         uint32_t room) {
    if (lexer_next(lexer).kind != TOKEN_LP) return 0;
    for (uint32_t count = 0; count < room;) {
        if (!take_literal(arena, lexer, &row[count++])) return 0;
        uint16_t kind = lexer_next(lexer).kind;
        if (kind == TOKEN_RP) return count;
        if (kind != TOKEN_COMMA) return 0;
    }
    return ROW_TOO_LONG;
}

/* Spares the block where the list is one of expressions. */
static bool begins_row(const struct lexer *lexer) {
    struct lexer ahead = *lexer;
    if (lexer_next(&ahead).kind != TOKEN_LP) return false;
    switch (lexer_next(&ahead).kind) {
    case TOKEN_INTEGER_NUMBER:
    case TOKEN_DECIMAL_NUMBER:
    case TOKEN_FLOAT_NUMBER:
    case TOKEN_MINUS:
    case TOKEN_TEXT_STRING:
    case TOKEN_NATIONAL_STRING:
    case TOKEN_HEX_STRING:
    case TOKEN_BIT_STRING:
    case TOKEN_NULL:
    case TOKEN_TRUE:
    case TOKEN_FALSE:
    case TOKEN_DEFAULT: return true;
    default: return false;
    }
}

/* Rows into what is left of the block. False: not even the first one fits. */
static bool take_run(struct arena *arena, const struct packed_walk *walk, struct lexer *lexer,
                     struct ast_packed_run *run) {
    *run = (struct ast_packed_run){.literals = walk->block};
    struct lexer ahead = *lexer;
    for (uint32_t used = 0;;) {
        uint32_t count = take_row(arena, &ahead, &run->literals[used], walk->room - used);
        if (count == ROW_TOO_LONG) return run->row_count > 0;
        if (count == 0 || (run->row_count > 0 && count != run->literal_count)) return true;
        run->literal_count = count;
        run->row_count++;
        used += count;
        *lexer = ahead;
        if (lexer_next(&ahead).kind != TOKEN_COMMA) return true;
    }
}

bool packed_rows_take(struct arena *arena, struct packed_walk *walk, struct lexer *lexer,
                      struct ast_packed_run *run_out) {
    if (!begins_row(lexer)) return false;
    size_t literals_left = (size_t)(lexer->end - lexer->at) / 2;
    uint32_t capacity = (uint32_t)MIN(literals_left, (size_t)RUN_LITERALS_MAX);
    if (!take_run(arena, walk, lexer, run_out) && walk->room < capacity) {
        walk->block = arena_alloc(arena, capacity * sizeof(struct ast_packed_literal));
        walk->room = capacity;
        if (!take_run(arena, walk, lexer, run_out)) return false; /* the grammar's */
    }
    uint32_t used = run_out->row_count * run_out->literal_count;
    walk->block += used;
    walk->room -= used;
    return used > 0;
}

uint32_t packed_rows_count(const struct ast_insert *insert) {
    uint32_t count = insert->rows.count;
    for (uint32_t i = 0; i < insert->packed.count; i++) count += insert->packed.items[i].row_count;
    return count;
}
