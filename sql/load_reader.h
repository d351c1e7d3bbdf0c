/* sql/load_reader.h: lines and fields of a text that comes in pieces, by the FIELDS and LINES options of LOAD DATA.
 */
#ifndef SQL_LOAD_READER_H
#define SQL_LOAD_READER_H

#include "sql/ast.h"
#include "sql/sql.h"

struct load_field {
    struct slice text;
    uint8_t is_null;
};

struct load_reader {
    struct result_sink *sink;      /* gives the pieces */
    struct ast_file_format format; /* with the defaults filled in */
    struct arena windows[2];       /* bytes that are not read yet; one of the two, in turn */
    uint8_t window;
    const uint8_t *at, *end;
    uint8_t is_at_end; /* the last piece has come */
    uint8_t line_is_over;
    enum status status; /* of the last piece */
};

/* Options that are not given have MySQL's defaults; `escape` is theirs. */
void load_reader_open(struct load_reader *reader, struct result_sink *sink,
                      struct chunk_source *source, const struct ast_file_format *format,
                      struct slice escape);
void load_reader_close(struct load_reader *reader);
/* Past the next end of a line, whatever is before it. END: there was none. */
MUST_USE enum status load_reader_skip_line(struct load_reader *reader);
/* Begins a line: OK, or END. */
MUST_USE enum status load_reader_line(struct load_reader *reader);
/* The next field of the line, in the arena: OK, or END: the line has no more. */
MUST_USE enum status load_reader_field(struct load_reader *reader, struct arena *arena,
                                       struct load_field *field_out);
/* Takes what the client still sends, so that it hears the answer. */
MUST_USE enum status load_reader_drain(struct load_reader *reader);

#endif
