/* tests/sql/parse_text.h: parsing in a test, with an arena that goes with it. */
#ifndef TESTS_SQL_PARSE_TEXT_H
#define TESTS_SQL_PARSE_TEXT_H

#include <criterion/criterion.h>

#include "sql/ast_print.h"
#include "sql/parse.h"
#include "tests/base/chunks.h"

struct parsed {
    struct chunks chunks;
    struct arena arena;
    enum status status;
    struct parse_result result;
};

static inline void parse_bytes(struct parsed *parsed, struct slice text, uint32_t mode) {
    parsed->chunks = chunks_open();
    arena_open(&parsed->arena, &parsed->chunks.source, 0);
    struct parse_input input = {.text = arena_copy(&parsed->arena, text), .mode = mode};
    parsed->status = parse_statement(&parsed->arena, &input, &parsed->result);
}

static inline void parse_text(struct parsed *parsed, const char *text, uint32_t mode) {
    parse_bytes(parsed, slice_of_text(text), mode);
}

static inline void parsed_close(struct parsed *parsed) {
    arena_close(&parsed->arena);
    cr_assert_eq(parsed->chunks.out_bytes, 0);
}

/* The statement printed; the error's text if there is one. Lives in the arena. */
static inline const char *parsed_print(struct parsed *parsed) {
    if (parsed->status != STATUS_OK) return parsed->result.error.text;
    struct buffer buffer = buffer_of(&parsed->arena);
    ast_print_statement(&buffer, parsed->result.statement);
    return arena_text(&parsed->arena, buffer_slice(&buffer));
}

static inline void expect_print(const char *text, uint32_t mode, const char *expected) {
    struct parsed parsed;
    parse_text(&parsed, text, mode);
    cr_expect_str_eq(parsed_print(&parsed), expected, "%s\n  gives %s", text,
                     parsed_print(&parsed));
    parsed_close(&parsed);
}

static inline void expect_error(const char *text, int number, const char *expected) {
    struct parsed parsed;
    parse_text(&parsed, text, 0);
    cr_expect_eq(parsed.status, STATUS_INVALID, "%s", text);
    cr_expect_eq(parsed.result.error.number, number, "%s: %d %s", text, parsed.result.error.number,
                 parsed.result.error.text);
    if (expected != NULL) cr_expect_str_eq(parsed.result.error.text, expected);
    parsed_close(&parsed);
}

#endif
