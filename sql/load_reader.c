/* load_reader.c: where does a field end, where a line, and what was in it?
 *
 *   line:   [starting by] field (terminated by field)* (terminated by | end)
 *   field:  enclosed text enclosed | text      an escape takes the special meaning of the byte behind it
 *
 *   (LR1) Terminators of any length are found by looking ahead: `need` brings that many bytes into the window.
 *   (LR2) \N is NULL, and so is the bare word NULL where fields may be enclosed. Without an escape NULL cannot be written.
 *   (LR3) Inside enclosed text the enclosing byte ends it only before a terminator or the end; doubled it stands for itself.
 */
#include "sql/load_reader.h"

void load_reader_open(struct load_reader *reader, struct result_sink *sink,
                      struct chunk_source *source, const struct ast_file_format *format,
                      struct slice escape) {
    *reader = (struct load_reader){.sink = sink, .format = *format};
    struct ast_file_format *own = &reader->format;
    if (!own->has_field_end) own->field_end = SLICE_LITERAL("\t");
    if (!own->has_escape) own->escape = escape;
    if (!own->has_line_end) own->line_end = SLICE_LITERAL("\n");
    for (size_t i = 0; i < ARRAY_COUNT(reader->windows); i++)
        arena_open(&reader->windows[i], source, 0);
}

void load_reader_close(struct load_reader *reader) {
    for (size_t i = 0; i < ARRAY_COUNT(reader->windows); i++) arena_close(&reader->windows[i]);
}

/* ---- bytes ---- */

/* Another piece behind what is left of the window. */
static bool take_piece(struct load_reader *reader) {
    struct slice piece;
    if (reader->is_at_end) return false;
    reader->status = reader->sink->infile_read(reader->sink, &piece);
    reader->is_at_end = reader->status != STATUS_OK || piece.size == 0;
    if (reader->is_at_end) return false;
    reader->window ^= 1;
    struct arena *arena = &reader->windows[reader->window];
    if (arena->used_bytes > 0) arena_reset(arena);
    size_t left = (size_t)(reader->end - reader->at);
    uint8_t *bytes = arena_alloc(arena, left + piece.size);
    if (left > 0) memcpy(bytes, reader->at, left);
    memcpy(bytes + left, piece.data, piece.size);
    reader->at = bytes;
    reader->end = bytes + left + piece.size;
    return true;
}

/* (LR1) Are there so many bytes? */
static bool need(struct load_reader *reader, size_t count) {
    while ((size_t)(reader->end - reader->at) < count)
        if (!take_piece(reader)) return false;
    return true;
}

static bool is_next(struct load_reader *reader, struct slice text) {
    if (text.size == 0 || !need(reader, text.size)) return false;
    return memcmp(reader->at, text.data, text.size) == 0;
}

static bool take(struct load_reader *reader, struct slice text) {
    if (!is_next(reader, text)) return false;
    reader->at += text.size;
    return true;
}

enum status load_reader_drain(struct load_reader *reader) {
    do reader->at = reader->end;
    while (take_piece(reader));
    return reader->status;
}

/* ---- lines ---- */

enum status load_reader_skip_line(struct load_reader *reader) {
    while (need(reader, 1)) {
        if (take(reader, reader->format.line_end)) return STATUS_OK;
        reader->at++;
    }
    return reader->status == STATUS_OK ? STATUS_END : reader->status;
}

enum status load_reader_line(struct load_reader *reader) {
    struct slice start = reader->format.line_start;
    reader->line_is_over = 0;
    while (need(reader, 1)) {
        if (start.size == 0 || take(reader, start)) return STATUS_OK;
        reader->at++;
    }
    return reader->status == STATUS_OK ? STATUS_END : reader->status;
}

/* ---- fields ---- */

static uint8_t unescaped(uint8_t byte) {
    switch (byte) {
    case '0': return 0;
    case 'b': return '\b';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'Z': return 26;
    }
    return byte;
}

/* At the end of a field or a line? Takes the terminator. */
static bool take_terminator(struct load_reader *reader) {
    if (take(reader, reader->format.field_end)) return true;
    bool ends_line = take(reader, reader->format.line_end) || !need(reader, 1);
    reader->line_is_over = ends_line;
    return ends_line;
}

/* (LR3) The enclosing byte was seen: does it end the field? */
static bool closes(struct load_reader *reader) {
    reader->at++;
    return is_next(reader, reader->format.field_end) || is_next(reader, reader->format.line_end) ||
           !need(reader, 1);
}

struct field_state {
    struct buffer text;
    bool is_enclosed;
    bool is_escaped_null; /* the field is \N */
};

/* The byte at hand goes into the field. */
static void take_byte(struct load_reader *reader, struct field_state *field) {
    struct slice escape = reader->format.escape;
    bool is_escape = escape.size > 0 && *reader->at == escape.data[0] && need(reader, 2);
    if (!is_escape) {
        buffer_append_byte(&field->text, *reader->at++);
        field->is_escaped_null = false;
        return;
    }
    field->is_escaped_null = field->text.size == 0 && reader->at[1] == 'N' && !field->is_enclosed;
    buffer_append_byte(&field->text, unescaped(reader->at[1]));
    reader->at += 2;
}

static void read_enclosed(struct load_reader *reader, struct field_state *field) {
    struct slice quote = reader->format.enclosed;
    while (need(reader, 1)) {
        if (*reader->at != quote.data[0]) {
            take_byte(reader, field);
            continue;
        }
        if (closes(reader)) {
            bool is_over = take_terminator(reader);
            CHECK(is_over);
            return;
        }
        bool is_doubled = take(reader, quote);
        (void)is_doubled; /* alone it stands for itself as well */
        buffer_append(&field->text, quote);
    }
    reader->line_is_over = 1;
}

static void read_plain(struct load_reader *reader, struct field_state *field) {
    while (!take_terminator(reader)) take_byte(reader, field);
}

enum status load_reader_field(struct load_reader *reader, struct arena *arena,
                              struct load_field *field_out) {
    struct field_state field = {.text = buffer_of(arena)};
    if (reader->line_is_over) return STATUS_END;
    field.is_enclosed = take(reader, reader->format.enclosed);
    if (field.is_enclosed)
        read_enclosed(reader, &field);
    else
        read_plain(reader, &field);
    field_out->text = buffer_slice(&field.text);
    bool may_be_bare = reader->format.enclosed.size > 0 && !field.is_enclosed;
    bool is_bare = may_be_bare && slice_equal(field_out->text, SLICE_LITERAL("NULL"));
    field_out->is_null = (field.is_escaped_null && field.text.size == 1) || is_bare; /* (LR2) */
    return reader->status;
}
