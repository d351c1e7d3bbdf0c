/* parse.c: one statement of a text, from tokens to a tree.
 *
 * parse_next stands between the lexer and the generated parser. Most tokens pass as they are; where MySQL's
 * grammar would need to see further than one token, it looks ahead in a copy of the lexer and hands over another kind:
 *
 *   DATE 'x', TIME 'x'              a literal's prefix             otherwise a name or a type
 *   ANY (, TIMESTAMPADD ( ...       the word                       otherwise a name
 *   MEMBER OF, SOUNDS LIKE          the operator                   otherwise a name
 *   FORMAT =                        EXPLAIN's option               otherwise a name
 *   WITH ROLLUP                     WITH_ROLLUP                    otherwise WITH
 *   ON DUPLICATE KEY                ON_DUPLICATE                   otherwise ON
 *   FROM FIRST OVER                 FROM_FIRST                     otherwise FROM
 *   IGNORE NULLS, RESPECT NULLS     the window function's option   otherwise IGNORE, a name
 *   INTERVAL (a, b                  INTERVAL_CALL                  otherwise INTERVAL
 *   rows of literals in VALUES      PACKED_ROWS (packed_rows.c)    otherwise their tokens
 *
 * Statements that Tessera knows but does not look into (CREATE PROCEDURE and others, whose bodies hold ';') are
 * recognised by their first words before the parser runs.
 */
#include "sql/parse.h"
#include "sql/ast_build.h"
#include "sql/grammar.h"

/* ---- Looking ahead ---- */

/* The kinds of the next tokens, as the lexer gives them. */
static void peek_kinds(const struct parser *p, uint16_t *kinds, int count) {
    struct lexer lexer = p->lexer;
    bool is_over = false;
    for (int i = 0; i < count; i++) {
        kinds[i] = is_over ? TOKEN_END_OF_INPUT : lexer_next(&lexer).kind;
        is_over = is_over || kinds[i] == TOKEN_END_OF_INPUT || kinds[i] == TOKEN_ILLEGAL;
    }
}

static uint16_t peek_kind(const struct parser *p) {
    uint16_t kind;
    peek_kinds(p, &kind, 1);
    return kind;
}

/* "(a, b": is there a comma before the parenthesis at the next token closes? */
static bool is_list_ahead(const struct parser *p) {
    struct lexer lexer = p->lexer;
    if (lexer_next(&lexer).kind != TOKEN_LP) return false;
    int depth = 1;
    while (depth > 0) {
        uint16_t kind = lexer_next(&lexer).kind;
        if (kind == TOKEN_END_OF_INPUT || kind == TOKEN_ILLEGAL) return false;
        if (kind == TOKEN_COMMA && depth == 1) return true;
        if (kind == TOKEN_LP) depth++;
        if (kind == TOKEN_RP) depth--;
    }
    return false;
}

static bool is_from_first(const struct parser *p) {
    uint16_t kinds[2];
    peek_kinds(p, kinds, 2);
    if (kinds[0] != TOKEN_FIRST && kinds[0] != TOKEN_LAST) return false;
    return kinds[1] == TOKEN_OVER || kinds[1] == TOKEN_RESPECT_NULLS || kinds[1] == TOKEN_IGNORE;
}

static bool is_on_duplicate(const struct parser *p) {
    uint16_t kinds[2];
    peek_kinds(p, kinds, 2);
    return kinds[0] == TOKEN_DUPLICATE && kinds[1] == TOKEN_KEY;
}

static uint16_t if_next(const struct parser *p, uint16_t wanted, uint16_t then,
                        uint16_t otherwise) {
    return peek_kind(p) == wanted ? then : otherwise;
}

/* The essay's table. */
static uint16_t parse_refine(const struct parser *p, uint16_t kind) {
    switch (kind) {
    case TOKEN_DATE: return if_next(p, TOKEN_TEXT_STRING, TOKEN_DATE_PREFIX, kind);
    case TOKEN_TIME: return if_next(p, TOKEN_TEXT_STRING, TOKEN_TIME_PREFIX, kind);
    case TOKEN_TIMESTAMP: return if_next(p, TOKEN_TEXT_STRING, TOKEN_TIMESTAMP_PREFIX, kind);
    case TOKEN_ANY:
    case TOKEN_TIMESTAMPADD:
    case TOKEN_TIMESTAMPDIFF:
    case TOKEN_GET_FORMAT:
    case TOKEN_WEIGHT_STRING:
    case TOKEN_JSON_VALUE: return if_next(p, TOKEN_LP, kind, TOKEN_IDENT);
    case TOKEN_MEMBER: return if_next(p, TOKEN_OF, kind, TOKEN_IDENT);
    case TOKEN_SOUNDS: return if_next(p, TOKEN_LIKE, kind, TOKEN_IDENT);
    case TOKEN_FORMAT_EQ: return if_next(p, TOKEN_EQ, kind, TOKEN_IDENT);
    case TOKEN_RESPECT_NULLS: return if_next(p, TOKEN_NULLS, kind, TOKEN_IDENT);
    case TOKEN_IGNORE: return if_next(p, TOKEN_NULLS, TOKEN_IGNORE_NULLS, kind);
    case TOKEN_USER: return if_next(p, TOKEN_LP, TOKEN_USER_CALL, kind);
    case TOKEN_WITH: return if_next(p, TOKEN_ROLLUP, TOKEN_WITH_ROLLUP, kind);
    case TOKEN_ON: return is_on_duplicate(p) ? TOKEN_ON_DUPLICATE : kind;
    case TOKEN_FROM: return is_from_first(p) ? TOKEN_FROM_FIRST : kind;
    case TOKEN_INTERVAL: return is_list_ahead(p) ? TOKEN_INTERVAL_CALL : kind;
    default: return kind;
    }
}

/* ---- Tokens for the grammar ---- */

#define TOKENS_A_TURN 4096

/* (P1) */
static void give_way(struct parser *p) {
    p->token_count = 0;
    if (arena_over_budget(p->arena)) {
        build_error(p, 1038, "The statement needs more memory than its budget");
        return;
    }
    if (p->waiter == NULL || waiter_wait(p->waiter, WAIT_YIELD) == WAIT_WOKEN) return;
    p->is_cancelled = true;
    build_error(p, 1317, "Query execution was interrupted");
}

/* The rows that begin at the lexer's place, as one token. */
static bool take_rows(struct parser *p, struct token *token_out) {
    struct ast_packed_run run;
    const uint8_t *from = p->lexer.at;
    if (!packed_rows_take(p->arena, &p->packed_walk, &p->lexer, &run)) return false;
    *(struct ast_packed_run *)build_push(p, &p->packed, sizeof run) = run;
    p->token_count += run.row_count * (2 * run.literal_count + 2);
    *token_out = (struct token){
        .data = from, .size = (uint32_t)(p->lexer.at - from), .kind = TOKEN_PACKED_ROWS};
    return true;
}

static struct token parse_next(struct parser *p) {
    if (p->is_expression && !p->is_started) {
        p->is_started = true;
        return (struct token){.data = p->lexer.at, .kind = TOKEN_EXPRESSION_START};
    }
    struct token token;
    if (++p->token_count >= TOKENS_A_TURN) give_way(p);
    bool is_packed = p->packed_walk.place == PACKED_ROW && take_rows(p, &token);
    if (!is_packed) token = lexer_next(&p->lexer);
    packed_rows_follow(&p->packed_walk, token.kind);
    if (is_packed) return token;
    p->ordinal_ahead = AST_NOT_LIFTED;
    if (p->lexer.mode & PARSE_LIFT_LITERALS) {
        if (lift_take(&p->lift, &token)) p->ordinal_ahead = p->literal_count++;
    }
    token.kind = parse_refine(p, token.kind);
    return token;
}

/* ---- Statements that are not looked into ---- */

struct form {
    const char *words[3]; /* the statement's first words, upper case; NULL: any */
    const char *name;
    bool has_body; /* it reaches to the end of the text */
};

static const struct form forms[] = {
    {{"CREATE", "PROCEDURE"}, "CREATE PROCEDURE", true},
    {{"CREATE", "FUNCTION"}, "CREATE FUNCTION", true},
    {{"CREATE", "AGGREGATE"}, "CREATE FUNCTION", true},
    {{"CREATE", "TRIGGER"}, "CREATE TRIGGER", true},
    {{"CREATE", "EVENT"}, "CREATE EVENT", true},
    {{"CREATE", "SERVER"}, "CREATE SERVER", false},
    {{"CREATE", "TABLESPACE"}, "CREATE TABLESPACE", false},
    {{"CREATE", "UNDO"}, "CREATE UNDO TABLESPACE", false},
    {{"CREATE", "LOGFILE"}, "CREATE LOGFILE GROUP", false},
    {{"CREATE", "RESOURCE"}, "CREATE RESOURCE GROUP", false},
    {{"CREATE", "SPATIAL", "REFERENCE"}, "CREATE SPATIAL REFERENCE SYSTEM", false},
    {{"ALTER", "PROCEDURE"}, "ALTER PROCEDURE", false},
    {{"ALTER", "FUNCTION"}, "ALTER FUNCTION", false},
    {{"ALTER", "EVENT"}, "ALTER EVENT", true},
    {{"ALTER", "SERVER"}, "ALTER SERVER", false},
    {{"ALTER", "TABLESPACE"}, "ALTER TABLESPACE", false},
    {{"ALTER", "UNDO"}, "ALTER UNDO TABLESPACE", false},
    {{"ALTER", "LOGFILE"}, "ALTER LOGFILE GROUP", false},
    {{"ALTER", "RESOURCE"}, "ALTER RESOURCE GROUP", false},
    {{"ALTER", "INSTANCE"}, "ALTER INSTANCE", false},
    {{"DROP", "PROCEDURE"}, "DROP PROCEDURE", false},
    {{"DROP", "FUNCTION"}, "DROP FUNCTION", false},
    {{"DROP", "TRIGGER"}, "DROP TRIGGER", false},
    {{"DROP", "EVENT"}, "DROP EVENT", false},
    {{"DROP", "SERVER"}, "DROP SERVER", false},
    {{"DROP", "TABLESPACE"}, "DROP TABLESPACE", false},
    {{"DROP", "UNDO"}, "DROP UNDO TABLESPACE", false},
    {{"DROP", "LOGFILE"}, "DROP LOGFILE GROUP", false},
    {{"DROP", "RESOURCE"}, "DROP RESOURCE GROUP", false},
    {{"DROP", "SPATIAL", "REFERENCE"}, "DROP SPATIAL REFERENCE SYSTEM", false},
    {{"SET", "RESOURCE", "GROUP"}, "SET RESOURCE GROUP", false},
    {{"CHANGE", "REPLICATION"}, "CHANGE REPLICATION", false},
    {{"CHANGE", "MASTER"}, "CHANGE MASTER", false},
    {{"START", "REPLICA"}, "START REPLICA", false},
    {{"START", "SLAVE"}, "START SLAVE", false},
    {{"START", "GROUP_REPLICATION"}, "START GROUP_REPLICATION", false},
    {{"STOP"}, "STOP REPLICA", false},
    {{"PURGE"}, "PURGE BINARY LOGS", false},
    {{"BINLOG"}, "BINLOG", false},
    {{"INSTALL"}, "INSTALL PLUGIN", false},
    {{"UNINSTALL"}, "UNINSTALL PLUGIN", false},
    {{"CLONE"}, "CLONE", false},
    {{"IMPORT"}, "IMPORT TABLE", false},
    {{"CACHE"}, "CACHE INDEX", false},
    {{"LOAD", "INDEX"}, "LOAD INDEX INTO CACHE", false},
    {{"SIGNAL"}, "SIGNAL", false},
    {{"RESIGNAL"}, "RESIGNAL", false},
    {{"GET"}, "GET DIAGNOSTICS", false},
    {{"HANDLER"}, "HANDLER", false},
};

/* The next token's text, behind DEFINER = account if that stands there. */
static struct slice next_word(struct lexer *lexer) {
    struct token token = lexer_next(lexer);
    if (!slice_equal_nocase(slice_of(token.data, token.size), SLICE_LITERAL("DEFINER"))) {
        return slice_of(token.data, token.size);
    }
    lexer_next(lexer); /* = */
    lexer_next(lexer); /* user */
    token = lexer_next(lexer);
    bool has_more = token.kind == TOKEN_AT_NAME || token.kind == TOKEN_LP;
    if (token.kind == TOKEN_LP) lexer_next(lexer); /* CURRENT_USER() */
    if (has_more) token = lexer_next(lexer);
    return slice_of(token.data, token.size);
}

/* Is the statement whose first token is `first`, with `lexer` behind it, of this form? */
static bool matches_form(struct lexer lexer, struct slice first, const struct form *form) {
    if (!slice_equal_nocase(first, slice_of_text(form->words[0]))) return false;
    for (size_t i = 1; i < ARRAY_COUNT(form->words) && form->words[i] != NULL; i++) {
        struct slice word = next_word(&lexer);
        if (!slice_equal_nocase(word, slice_of_text(form->words[i]))) return false;
    }
    return true;
}

static void skip_statement(struct parser *p, const struct form *form) {
    struct token token;
    do {
        token = lexer_next(&p->lexer);
        p->end = token.data + token.size;
    } while (token.kind != TOKEN_END_OF_INPUT && token.kind != TOKEN_ILLEGAL &&
             (form->has_body || token.kind != TOKEN_SEMICOLON));
}

/* True: the statement is one of `forms`, and p->statement says which. */
static bool parse_form(struct parser *p, const struct token *first) {
    bool is_row_statement = first->kind == TOKEN_SELECT || first->kind == TOKEN_INSERT ||
                            first->kind == TOKEN_UPDATE || first->kind == TOKEN_DELETE;
    if (is_row_statement) return false;
    struct lexer behind_first = p->lexer;
    lexer_next(&behind_first);
    for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
        struct slice word = slice_of(first->data, first->size);
        if (!matches_form(behind_first, word, &forms[i])) continue;
        struct ast_unsupported *unsupported = build_new(p, struct ast_unsupported);
        unsupported->name = forms[i].name;
        build_statement(p, AST_UNSUPPORTED, unsupported);
        skip_statement(p, &forms[i]);
        return true;
    }
    return false;
}

/* ---- Entries ---- */

static void parser_open(struct parser *p, struct arena *arena, const struct parse_input *input,
                        struct parse_result *result) {
    memset(p, 0, sizeof(*p));
    p->waiter = input->waiter;
    /* Lifted literals are nodes with ordinals. */
    if (input->mode & PARSE_LIFT_LITERALS) p->packed_walk.place = PACKED_NOWHERE;
    memset(result, 0, offsetof(struct parse_result, error));
    result->error.number = 0;
    p->arena = arena;
    p->text = input->text;
    p->offset = input->offset;
    p->lexer = lexer_of(input->text, input->offset, input->mode);
    p->lift = lift_begin();
    p->ordinal = p->ordinal_ahead = AST_NOT_LIFTED;
    p->end = p->lexer.at;
    p->result = result;
}

/* Text with nothing to execute: an error, unless there was a comment at least. */
static void parse_nothing(struct parser *p) {
    if (p->lexer.saw_comment || p->lexer.saw_executable) {
        build_statement(p, AST_EMPTY, NULL);
    } else {
        build_error(p, 1065, "Query was empty");
    }
}

static size_t offset_behind_space(const struct parser *p) {
    const uint8_t *at = p->end, *end = p->text.data + p->text.size;
    while (at < end && (*at == ' ' || (*at >= '\t' && *at <= '\r'))) at++;
    return (size_t)(at - p->text.data);
}

/* Source without the ';' and space at its end. */
static struct slice statement_source(const struct parser *p, const uint8_t *start) {
    const uint8_t *end = p->end;
    if (end > start && end[-1] == ';') end--;
    while (end > start && end[-1] <= ' ') end--;
    return slice_of(start, (size_t)(end - start));
}

static void run_statement(struct parser *p, const struct parse_input *input,
                          struct parse_result *result) {
    grammar_run(p, parse_next);
    if (!p->is_packed_misplaced) return;
    parser_open(p, p->arena, input,
                result); /* (R2) of packed_rows.c: the error is another token's */
    p->packed_walk.place = PACKED_NOWHERE;
    grammar_run(p, parse_next);
}

enum status parse_statement(struct arena *arena, const struct parse_input *input,
                            struct parse_result *result) {
    struct parser parser, *p = &parser;
    parser_open(p, arena, input, result);
    struct lexer ahead = p->lexer;
    struct token first = lexer_next(&ahead);
    if (first.kind == TOKEN_END_OF_INPUT || first.kind == TOKEN_SEMICOLON) {
        p->lexer = ahead;
        p->end = first.data + first.size;
        parse_nothing(p);
    } else if (!parse_form(p, &first)) {
        run_statement(p, input, result);
    }
    if (p->is_failed) {
        result->next_offset = input->text.size;
        return p->is_cancelled ? STATUS_CANCELLED : STATUS_INVALID;
    }
    result->statement = p->statement;
    result->statement->source = statement_source(p, first.data);
    result->statement->parameter_count = p->parameter_count;
    result->statement->literal_count = p->literal_count;
    result->next_offset = offset_behind_space(p);
    return STATUS_OK;
}

enum status parse_expression(struct arena *arena, const struct parse_input *input,
                             struct parse_result *result) {
    struct parser parser, *p = &parser;
    parser_open(p, arena, input, result);
    p->lexer.mode &= ~(uint32_t)PARSE_LIFT_LITERALS;
    p->is_expression = true;
    grammar_run(p, parse_next);
    result->next_offset = input->text.size;
    if (p->is_failed) return p->is_cancelled ? STATUS_CANCELLED : STATUS_INVALID;
    result->expr = p->expr;
    return STATUS_OK;
}
