/* Can any text crash the parser, the printer or the plan cache's key, or make them disagree? The first byte
 * chooses the mode, the rest is the text. What parses is printed; a query's printed text must parse again. The
 * literals that parse_normalise counts are those the parser counts. Packed rows are what the grammar makes of them. */
#include <stdlib.h>
#include <string.h>

#include "sql/ast_print.h"
#include "sql/normalise.h"
#include "sql/parse.h"
#include "tests/base/chunks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEY_MAX = 1 << 16, LITERAL_MAX = 256, MODES = PARSE_LIFT_LITERALS - 1 };

static void check_printed(struct arena *arena, const struct ast_statement *statement) {
    bool is_tree = statement->kind == AST_SELECT || statement->kind == AST_INSERT ||
                   statement->kind == AST_UPDATE || statement->kind == AST_DELETE;
    if (!is_tree) return;
    struct buffer first = buffer_of(arena);
    ast_print_statement(&first, statement);
    struct parse_input input = {.text = buffer_slice(&first)};
    struct parse_result result;
    /* Deep trees may be too deep with all their parentheses, so only what parses is compared. */
    if (parse_statement(arena, &input, &result) != STATUS_OK) return;
    struct buffer second = buffer_of(arena);
    ast_print_statement(&second, result.statement);
    CHECK(slice_equal(buffer_slice(&first), buffer_slice(&second)));
}

/* Rows of literals are packed where no literal is lifted: the same tree, or the same error. */
static void check_packed(struct arena *arena, const struct parse_input *lifting,
                         const struct parse_result *lifted) {
    struct parse_input input = *lifting;
    struct parse_result result;
    input.mode &= ~(uint32_t)PARSE_LIFT_LITERALS;
    bool parses = parse_statement(arena, &input, &result) == STATUS_OK;
    CHECK(parses == (lifted->statement != NULL));
    CHECK(result.error.number == lifted->error.number);
    if (!parses) CHECK(strcmp(result.error.text, lifted->error.text) == 0);
    if (!parses || result.statement->kind != AST_INSERT) return;
    struct buffer first = buffer_of(arena), second = buffer_of(arena);
    ast_print_statement(&first, result.statement);
    ast_print_statement(&second, lifted->statement);
    CHECK(slice_equal(buffer_slice(&first), buffer_slice(&second)));
}

static void check_key(struct slice text, uint32_t mode, const struct ast_statement *statement) {
    static uint8_t key[KEY_MAX];
    static struct literal literals[LITERAL_MAX];
    struct normalised normalised = {
        .key = key, .key_capacity = KEY_MAX, .literals = literals, .literal_capacity = LITERAL_MAX};
    if (!parse_normalise(text, mode, &normalised)) return;
    if (statement != NULL) CHECK(normalised.literal_count == statement->literal_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    uint32_t mode = (data[0] & MODES) | PARSE_LIFT_LITERALS;
    struct slice text = slice_of(data + 1, size - 1);
    struct parse_input input = {.text = text, .mode = mode};
    struct parse_result result;
    bool parses = parse_statement(&arena, &input, &result) == STATUS_OK;
    CHECK(result.next_offset <= text.size);
    if (parses) check_printed(&arena, result.statement);
    if (!parses) CHECK(result.error.number != 0);
    check_packed(&arena, &input, &result);
    check_key(text, mode, parses ? result.statement : NULL);
    arena_close(&arena);
    CHECK(chunks.out_bytes == 0);
    return 0;
}
