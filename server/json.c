/* json.c: a cursor over JSON text. It follows brackets and strings and builds nothing.
 *
 * What it reads was written by a daemon of the same cluster, but a broken text only gives empty
 * values.
 */
#include "server/json.h"

static size_t blanks(struct slice text, size_t at) {
    while (at < text.size &&
           (text.data[at] == ' ' || text.data[at] == ',' || text.data[at] == ':' ||
            text.data[at] == '\n' || text.data[at] == '\t'))
        at++;
    return at;
}

/* Behind the string that begins at `at`. */
static size_t string_end(struct slice text, size_t at) {
    for (at++; at < text.size && text.data[at] != '"'; at++)
        if (text.data[at] == '\\') at++;
    return MIN(at + 1, text.size);
}

/* Behind the value that begins at `at`. */
static size_t value_end(struct slice text, size_t at) {
    size_t depth = 0;
    while (at < text.size) {
        uint8_t c = text.data[at];
        if (c == '"') {
            at = string_end(text, at);
            if (depth == 0) return at;
            continue;
        }
        if (c == '{' || c == '[') depth++;
        if (c == '}' || c == ']') {
            if (depth == 0) return at;
            if (--depth == 0) return at + 1;
        }
        if (depth == 0 && (c == ',' || c == ' ' || c == '\n')) return at;
        at++;
    }
    return at;
}

static struct slice value_text(struct slice text, size_t at, size_t end) {
    if (end - at >= 2 && text.data[at] == '"') return slice_part(text, at + 1, end - at - 2);
    return slice_part(text, at, end - at);
}

struct slice json_inside(struct slice value) {
    return value.size >= 2 ? slice_part(value, 1, value.size - 2) : SLICE_EMPTY;
}

bool json_next(struct slice *rest, struct slice *element_out) {
    size_t at = blanks(*rest, 0);
    if (at >= rest->size) return false;
    size_t end = value_end(*rest, at);
    if (end == at) return false;
    *element_out = value_text(*rest, at, end);
    *rest = slice_part(*rest, end, rest->size);
    return true;
}

struct slice json_member(struct slice object, const char *name) {
    size_t at = blanks(object, 0);
    if (at < object.size && object.data[at] == '{') at++;
    while ((at = blanks(object, at)) < object.size && object.data[at] == '"') {
        size_t end = string_end(object, at);
        struct slice key = value_text(object, at, end);
        at = blanks(object, end);
        end = value_end(object, at);
        if (slice_equal(key, slice_of_text(name))) return value_text(object, at, end);
        at = end;
    }
    return SLICE_EMPTY;
}

uint64_t json_number(struct slice value) {
    uint64_t number = 0;
    for (size_t i = 0; i < value.size && value.data[i] >= '0' && value.data[i] <= '9'; i++)
        number = number * 10 + (uint64_t)(value.data[i] - '0');
    return number;
}
