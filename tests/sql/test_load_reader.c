#include "sql/load_reader.h"

#include "tests/sql/parse_text.h"

/* A client that sends a text in pieces of one size. */
struct pieces {
    struct result_sink sink;
    struct slice text;
    size_t piece_size;
};

static enum status piece_read(struct result_sink *sink, struct slice *piece_out) {
    struct pieces *pieces = CONTAINER_OF(sink, struct pieces, sink);
    *piece_out = slice_part(pieces->text, 0, pieces->piece_size);
    pieces->text = slice_part(pieces->text, piece_out->size, SIZE_MAX);
    return STATUS_OK;
}

/* All lines as "a|b;c;", NULL as ~. */
static void expect_lines(const char *text, const struct ast_file_format *format,
                         const char *expected) {
    for (size_t size = 1; size <= 64; size += 21) {
        struct chunks chunks = chunks_open();
        struct arena arena;
        struct load_reader reader;
        struct pieces pieces = {{.infile_read = piece_read}, slice_of_text(text), size};
        arena_open(&arena, &chunks.source, 0);
        struct buffer got = buffer_of(&arena);
        load_reader_open(&reader, &pieces.sink, &chunks.source, format, SLICE_LITERAL("\\"));
        while (load_reader_line(&reader) == STATUS_OK) {
            struct load_field field;
            for (int i = 0; load_reader_field(&reader, &arena, &field) == STATUS_OK; i++) {
                if (i > 0) buffer_append_byte(&got, '|');
                buffer_append(&got, field.is_null ? SLICE_LITERAL("~") : field.text);
            }
            buffer_append_byte(&got, ';');
        }
        cr_expect(slice_equal(buffer_slice(&got), slice_of_text(expected)),
                  "pieces of %zu: %s gives %.*s", size, text, (int)got.size,
                  (const char *)got.data);
        load_reader_close(&reader);
        arena_close(&arena);
    }
}

Test(load_reader, fields_end_at_tabs_and_lines_at_newlines) {
    const struct ast_file_format plain = {0};
    expect_lines("1\ttwo\n3\t\n", &plain, "1|two;3|;");
    expect_lines("1\ttwo", &plain, "1|two;");
    expect_lines("\n\n", &plain, ";;");
    expect_lines("", &plain, "");
}

Test(load_reader, escapes_take_the_meaning_of_what_is_behind) {
    const struct ast_file_format plain = {0};
    expect_lines("a\\tb\tc\\\\d\n", &plain, "a\tb|c\\d;");
    expect_lines("\\N\tx\\N\tN\n", &plain, "~|xN|N;");
    expect_lines("a\\\nb\n", &plain, "a\nb;");
}

Test(load_reader, enclosed_text_ends_before_a_terminator_only) {
    const struct ast_file_format csv = {
        .has_field_end = true, .field_end = SLICE_LITERAL(","), .enclosed = SLICE_LITERAL("\"")};
    expect_lines("\"a,b\",\"c\"\"d\",e\n", &csv, "a,b|c\"d|e;");
    expect_lines("\"in\nside\",\"quo\"te\"\n", &csv, "in\nside|quo\"te;");
    expect_lines("NULL,\"NULL\",\\N\n", &csv, "~|NULL|~;");
    expect_lines("\"\",\"open", &csv, "|open;");
}

Test(load_reader, terminators_and_starts_may_be_long) {
    const struct ast_file_format odd = {.has_field_end = true,
                                        .field_end = SLICE_LITERAL("<>"),
                                        .has_line_end = true,
                                        .line_end = SLICE_LITERAL("END\r\n"),
                                        .line_start = SLICE_LITERAL(">>")};
    expect_lines("noise>>a<>b<cEND\r\nmore>>dEND\r\n", &odd, "a|b<c;d;");
}
