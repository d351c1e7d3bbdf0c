/* lexer.c: where does a token end, and what is its value?
 *
 * One switch over the first byte; names and numbers are scanned with a table of byte classes, and a name's
 * keyword hash is computed while it is scanned. The rules that need context:
 *   (L1) Behind '.' everything is a name, also "1a" and "select". A word right before ".x" is a name too.
 *   (L2) Digits followed by letters are a name (1a, 1e), unless they are a float (1e5) or 0x1F or 0b01.
 *   (L3) "--" begins a comment only before space, a control byte or the end.
 *   (L4) Between the marks of an executable comment of a version up to ours the text is read as if they were
 *        not there. One of a later version, and one of MariaDB, is a comment.
 *   (L5) An optimizer hint is a token, but only right behind the word that takes it.
 *   (L6) Strings that only space separates are one token; token_text joins them.
 */
#include "sql/lexer.h"
#include "sql/grammar.h"
#include "sql/keyword.h"
#include "sql/parse.h"

#define EXECUTABLE_VERSION 80400

enum byte_class { CLASS_NAME = 1, CLASS_DIGIT = 2, CLASS_SPACE = 4, CLASS_HEX = 8 };

static const uint8_t classes[256] = {
    ['\t'] = CLASS_SPACE,
    ['\n'] = CLASS_SPACE,
    ['\v'] = CLASS_SPACE,
    ['\f'] = CLASS_SPACE,
    ['\r'] = CLASS_SPACE,
    [' '] = CLASS_SPACE,
    ['$'] = CLASS_NAME,
    ['_'] = CLASS_NAME,
    ['0' ... '9'] = CLASS_NAME | CLASS_DIGIT | CLASS_HEX,
    ['A' ... 'F'] = CLASS_NAME | CLASS_HEX,
    ['G' ... 'Z'] = CLASS_NAME,
    ['a' ... 'f'] = CLASS_NAME | CLASS_HEX,
    ['g' ... 'z'] = CLASS_NAME,
    [0x80 ... 0xFF] = CLASS_NAME,
};

static bool is_class(uint8_t byte, int class) { return (classes[byte] & class) != 0; }

/* The byte `ahead` places on, or 0 behind the end. */
static uint8_t peek(const struct lexer *lexer, size_t ahead) {
    return ahead < (size_t)(lexer->end - lexer->at) ? lexer->at[ahead] : 0;
}

struct lexer lexer_of(struct slice text, size_t offset, uint32_t mode) {
    CHECK(offset <= text.size);
    CHECK(text.size < UINT32_MAX);
    static const uint8_t nothing[1];
    const uint8_t *data = text.data == NULL ? nothing : text.data;
    return (struct lexer){.at = data + offset, .end = data + text.size, .mode = mode};
}

/* The token from `from` to where the lexer is. */
static struct token token_to(const struct lexer *lexer, const uint8_t *from, int kind) {
    return (struct token){from, (uint32_t)(lexer->at - from), (uint16_t)kind, 0};
}

static struct token take(struct lexer *lexer, size_t size, int kind) {
    const uint8_t *from = lexer->at;
    lexer->at += size;
    return token_to(lexer, from, kind);
}

/* ---- Comments ---- */

static void skip_line(struct lexer *lexer) {
    const uint8_t *line_end = memchr(lexer->at, '\n', (size_t)(lexer->end - lexer->at));
    lexer->at = line_end == NULL ? lexer->end : line_end + 1;
}

/* From behind the opening mark; false when there is no end. With `nested`, comments inside of it count. */
static bool skip_block(struct lexer *lexer, int nested) {
    int depth = 1;
    while (lexer->end - lexer->at >= 2) {
        if (lexer->at[0] == '*' && lexer->at[1] == '/') {
            lexer->at += 2;
            if (--depth == 0) return true;
        } else if (nested && lexer->at[0] == '/' && lexer->at[1] == '*') {
            lexer->at += 2;
            depth++;
        } else {
            lexer->at++;
        }
    }
    lexer->at = lexer->end;
    return false;
}

/* At the '!' of an executable comment (L4). */
static bool enter_executable(struct lexer *lexer) {
    lexer->saw_executable = true;
    lexer->at++;
    size_t digits = 0;
    uint32_t version = 0;
    while (digits < 6 && is_class(peek(lexer, digits), CLASS_DIGIT)) {
        version = version * 10 + (uint32_t)(lexer->at[digits++] - '0');
    }
    if (digits == 5 || digits == 6) {
        lexer->at += digits;
        if (version > EXECUTABLE_VERSION) return skip_block(lexer, true);
    }
    lexer->in_executable = true;
    return true;
}

static bool takes_hint(uint16_t kind) {
    return kind == TOKEN_SELECT || kind == TOKEN_INSERT || kind == TOKEN_REPLACE ||
           kind == TOKEN_UPDATE || kind == TOKEN_DELETE;
}

/* At a slash and a star that are no hint. */
static bool skip_comment(struct lexer *lexer) {
    lexer->saw_comment = true;
    lexer->at += 2;
    if (peek(lexer, 0) == '!' && !lexer->in_executable) return enter_executable(lexer);
    if (peek(lexer, 0) == 'M' && peek(lexer, 1) == '!') lexer->saw_executable = true;
    return skip_block(lexer, false);
}

static bool is_line_comment(const struct lexer *lexer) {
    if (lexer->at[0] == '#') return true;
    if (lexer->at[0] != '-' || peek(lexer, 1) != '-') return false;
    return lexer->end - lexer->at == 2 || lexer->at[2] <= ' ';
}

/* To the next token; false at a comment without end. */
static bool skip_blank(struct lexer *lexer) {
    while (lexer->at < lexer->end) {
        uint8_t byte = lexer->at[0];
        if (is_class(byte, CLASS_SPACE)) {
            lexer->at++;
        } else if (byte == '/' && peek(lexer, 1) == '*') {
            if (peek(lexer, 2) == '+' && takes_hint(lexer->previous)) return true;
            if (!skip_comment(lexer)) return false;
        } else if (byte == '*' && lexer->in_executable && peek(lexer, 1) == '/') {
            lexer->at += 2;
            lexer->in_executable = false;
        } else if ((byte == '#' || byte == '-') && is_line_comment(lexer)) {
            lexer->saw_comment = true;
            skip_line(lexer);
        } else {
            return true;
        }
    }
    return !lexer->in_executable;
}

/* ---- Quoted things ---- */

/* From the opening quote to behind the closing one. Adds to *flags; false when there is no end. */
static bool scan_quoted(struct lexer *lexer, int with_backslash, uint8_t *flags) {
    uint8_t quote = *lexer->at++;
    while (lexer->at < lexer->end) {
        uint8_t byte = *lexer->at++;
        if (byte == quote) {
            if (peek(lexer, 0) != quote || lexer->at == lexer->end) return true;
            lexer->at++;
            *flags |= TOKEN_FLAG_ESCAPED;
        } else if (byte == '\\' && with_backslash) {
            if (lexer->at == lexer->end) return false;
            lexer->at++;
            *flags |= TOKEN_FLAG_ESCAPED;
        }
    }
    return false;
}

static int has_backslash(const struct lexer *lexer) {
    return (lexer->mode & PARSE_NO_BACKSLASH_ESCAPES) == 0;
}

static bool is_string_quote(const struct lexer *lexer, uint8_t byte) {
    return byte == '\'' || (byte == '"' && (lexer->mode & PARSE_ANSI_QUOTES) == 0);
}

static struct token illegal(struct lexer *lexer, const uint8_t *from) {
    lexer->at = lexer->end;
    return token_to(lexer, from, TOKEN_ILLEGAL);
}

/* A string, its prefix (none or N) already passed, with those that follow it (L6). */
static struct token scan_string(struct lexer *lexer, const uint8_t *from, int kind) {
    uint8_t flags = 0;
    for (;;) {
        if (!scan_quoted(lexer, has_backslash(lexer), &flags)) return illegal(lexer, from);
        const uint8_t *end = lexer->at;
        while (is_class(peek(lexer, 0), CLASS_SPACE)) lexer->at++;
        if (lexer->at == lexer->end || !is_string_quote(lexer, *lexer->at)) {
            lexer->at = end;
            struct token token = token_to(lexer, from, kind);
            token.flags = flags;
            return token;
        }
        flags |= TOKEN_FLAG_ESCAPED;
    }
}

static struct token scan_quoted_name(struct lexer *lexer) {
    const uint8_t *from = lexer->at;
    uint8_t flags = TOKEN_FLAG_QUOTED;
    if (!scan_quoted(lexer, false, &flags)) return illegal(lexer, from);
    if (lexer->at - from == 2) return illegal(lexer, from);
    struct token token = token_to(lexer, from, TOKEN_IDENT);
    token.flags = flags;
    return token;
}

/* x'1F' and b'01', from their letter. */
static struct token scan_quoted_digits(struct lexer *lexer, int kind) {
    const uint8_t *from = lexer->at;
    lexer->at += 2;
    while (kind == TOKEN_HEX_STRING ? is_class(peek(lexer, 0), CLASS_HEX)
                                    : peek(lexer, 0) == '0' || peek(lexer, 0) == '1') {
        lexer->at++;
    }
    size_t digits = (size_t)(lexer->at - from) - 2;
    if (peek(lexer, 0) != '\'' || (kind == TOKEN_HEX_STRING && digits % 2 != 0)) {
        return illegal(lexer, from);
    }
    lexer->at++;
    return token_to(lexer, from, kind);
}

/* ---- Names and numbers ---- */

static bool is_charset(struct slice name) {
    static const char *const charsets[] = {
        "armscii8", "ascii",   "big5",     "binary", "cp1250",  "cp1251",  "cp1256",
        "cp1257",   "cp850",   "cp852",    "cp866",  "cp932",   "dec8",    "eucjpms",
        "euckr",    "gb18030", "gb2312",   "gbk",    "geostd8", "greek",   "hebrew",
        "hp8",      "keybcs2", "koi8r",    "koi8u",  "latin1",  "latin2",  "latin5",
        "latin7",   "macce",   "macroman", "sjis",   "swe7",    "tis620",  "ucs2",
        "ujis",     "utf16",   "utf16le",  "utf32",  "utf8",    "utf8mb3", "utf8mb4"};
    for (size_t i = 0; i < ARRAY_COUNT(charsets); i++) {
        if (slice_equal_nocase(name, slice_of_text(charsets[i]))) return true;
    }
    return false;
}

/* Is a function's name, just read, followed by its '('? */
static bool is_call(const struct lexer *lexer) {
    size_t ahead = 0;
    if (lexer->mode & PARSE_IGNORE_SPACE) {
        while (is_class(peek(lexer, ahead), CLASS_SPACE)) ahead++;
    }
    return peek(lexer, ahead) == '(';
}

static void classify_word(const struct lexer *lexer, struct token *token, uint32_t hash) {
    if (lexer->previous == TOKEN_DOT) return; /* (L1) */
    if (peek(lexer, 0) == '.' && is_class(peek(lexer, 1), CLASS_NAME)) return;
    const struct keyword *keyword = keyword_find(token->data, token->size, hash);
    if (keyword == NULL) {
        bool introduces =
            token->data[0] == '_' && is_charset(slice_of(token->data + 1, token->size - 1));
        if (introduces) token->kind = TOKEN_INTRODUCER;
    } else if (keyword->class == KEYWORD_FUNCTION && !is_call(lexer)) {
        token->flags |= TOKEN_FLAG_FUNCTION_NAME;
    } else if (keyword->token == TOKEN_NOT && (lexer->mode & PARSE_HIGH_NOT_PRECEDENCE)) {
        token->kind = TOKEN_NOT_HIGH;
    } else {
        token->kind = keyword->token;
    }
}

static struct token scan_word(struct lexer *lexer) {
    const uint8_t *from = lexer->at, *at = from;
    uint32_t hash = KEYWORD_HASH_START;
    while (at < lexer->end && is_class(*at, CLASS_NAME)) hash = keyword_hash_step(hash, *at++);
    lexer->at = at;
    struct token token = token_to(lexer, from, TOKEN_IDENT);
    classify_word(lexer, &token, hash);
    return token;
}

/* Names that begin with n, x or b, and the strings they may prefix. */
static struct token scan_prefixed(struct lexer *lexer) {
    if (peek(lexer, 1) != '\'') return scan_word(lexer);
    uint8_t letter = lexer->at[0] | 0x20;
    if (letter == 'x') return scan_quoted_digits(lexer, TOKEN_HEX_STRING);
    if (letter == 'b') return scan_quoted_digits(lexer, TOKEN_BIT_STRING);
    const uint8_t *from = lexer->at++;
    return scan_string(lexer, from, TOKEN_NATIONAL_STRING);
}

/* Whether an exponent stands at `ahead`: its length, or 0. */
static size_t exponent_size(const struct lexer *lexer, size_t ahead) {
    if ((peek(lexer, ahead) | 0x20) != 'e') return 0;
    size_t size = 1;
    if (peek(lexer, ahead + 1) == '+' || peek(lexer, ahead + 1) == '-') size++;
    if (!is_class(peek(lexer, ahead + size), CLASS_DIGIT)) return 0;
    while (is_class(peek(lexer, ahead + size), CLASS_DIGIT)) size++;
    return size;
}

/* 18446744073709551615 is the largest INTEGER_NUMBER. */
static int integer_kind(const uint8_t *digits, size_t size) {
    while (size > 1 && *digits == '0') {
        digits++;
        size--;
    }
    if (size < 20) return TOKEN_INTEGER_NUMBER;
    bool fits = size == 20 && memcmp(digits, "18446744073709551615", 20) <= 0;
    return fits ? TOKEN_INTEGER_NUMBER : TOKEN_DECIMAL_NUMBER;
}

/* From the '.' or the digits before it, `size` bytes of them. */
static struct token scan_fraction(struct lexer *lexer, size_t size) {
    size++;
    while (is_class(peek(lexer, size), CLASS_DIGIT)) size++;
    size_t exponent = exponent_size(lexer, size);
    return take(lexer, size + exponent, exponent > 0 ? TOKEN_FLOAT_NUMBER : TOKEN_DECIMAL_NUMBER);
}

/* 0x1F or 0b01 up to a byte that is of no name; 0: it is none. */
static size_t prefixed_number_size(const struct lexer *lexer) {
    if (lexer->at[0] != '0' || (peek(lexer, 1) != 'x' && peek(lexer, 1) != 'b')) return 0;
    bool is_hex = lexer->at[1] == 'x';
    size_t size = 2;
    for (uint8_t byte = peek(lexer, size); is_class(byte, CLASS_NAME); byte = peek(lexer, ++size)) {
        if (is_hex ? !is_class(byte, CLASS_HEX) : byte != '0' && byte != '1') return 0;
    }
    return size > 2 ? size : 0;
}

static struct token scan_number(struct lexer *lexer) {
    if (lexer->previous == TOKEN_DOT) return scan_word(lexer); /* (L1) */
    size_t size = prefixed_number_size(lexer);
    if (size > 0) {
        return take(lexer, size, lexer->at[1] == 'x' ? TOKEN_HEX_STRING : TOKEN_BIT_STRING);
    }
    while (is_class(peek(lexer, size), CLASS_DIGIT)) size++;
    if (peek(lexer, size) == '.') return scan_fraction(lexer, size);
    size_t exponent = exponent_size(lexer, size);
    if (exponent > 0) return take(lexer, size + exponent, TOKEN_FLOAT_NUMBER);
    if (is_class(peek(lexer, size), CLASS_NAME)) return scan_word(lexer); /* (L2) */
    return take(lexer, size, integer_kind(lexer->at, size));
}

static struct token scan_dot(struct lexer *lexer) {
    bool is_separator = lexer->previous == TOKEN_IDENT && is_class(lexer->at[-1], CLASS_NAME);
    if (lexer->previous == TOKEN_IDENT && lexer->at[-1] == '`') is_separator = true;
    if (!is_separator && is_class(peek(lexer, 1), CLASS_DIGIT)) return scan_fraction(lexer, 0);
    return take(lexer, 1, TOKEN_DOT);
}

/* ---- Variables ---- */

/* @@name, @@scope.name: names and the dots between them. */
static struct token scan_system_variable(struct lexer *lexer) {
    const uint8_t *from = lexer->at;
    lexer->at += 2;
    for (int parts = 0; parts < 3; parts++) {
        uint8_t flags = 0;
        const uint8_t *part = lexer->at;
        if (peek(lexer, 0) == '`') {
            if (!scan_quoted(lexer, false, &flags) || flags != 0) return illegal(lexer, from);
        } else {
            while (is_class(peek(lexer, 0), CLASS_NAME)) lexer->at++;
        }
        if (lexer->at == part) return illegal(lexer, from);
        uint8_t after = peek(lexer, 1);
        if (peek(lexer, 0) != '.' || !(is_class(after, CLASS_NAME) || after == '`')) break;
        lexer->at++;
    }
    return token_to(lexer, from, TOKEN_SYSTEM_VARIABLE);
}

/* @name, @'name', and the host of user@host. */
static struct token scan_at(struct lexer *lexer) {
    if (peek(lexer, 1) == '@') return scan_system_variable(lexer);
    const uint8_t *from = lexer->at++;
    uint8_t quote = peek(lexer, 0), flags = 0;
    if (quote == '\'' || quote == '"' || quote == '`') {
        int backslash = quote != '`' && has_backslash(lexer);
        if (!scan_quoted(lexer, backslash, &flags)) return illegal(lexer, from);
        flags |= TOKEN_FLAG_QUOTED;
    } else {
        while (is_class(peek(lexer, 0), CLASS_NAME) || peek(lexer, 0) == '.') lexer->at++;
        if (lexer->at == from + 1) return illegal(lexer, from);
    }
    struct token token = token_to(lexer, from, TOKEN_AT_NAME);
    token.flags = flags;
    return token;
}

/* ---- Operators ---- */

static struct token scan_less(struct lexer *lexer) {
    uint8_t second = peek(lexer, 1);
    if (second == '=') {
        if (peek(lexer, 2) == '>') return take(lexer, 3, TOKEN_NULL_SAFE_EQ);
        return take(lexer, 2, TOKEN_LE);
    }
    if (second == '>') return take(lexer, 2, TOKEN_NE);
    if (second == '<') return take(lexer, 2, TOKEN_SHIFT_LEFT);
    return take(lexer, 1, TOKEN_LT);
}

static struct token scan_greater(struct lexer *lexer) {
    if (peek(lexer, 1) == '=') return take(lexer, 2, TOKEN_GE);
    if (peek(lexer, 1) == '>') return take(lexer, 2, TOKEN_SHIFT_RIGHT);
    return take(lexer, 1, TOKEN_GT);
}

static struct token scan_minus(struct lexer *lexer) {
    if (peek(lexer, 1) != '>') return take(lexer, 1, TOKEN_MINUS);
    if (peek(lexer, 2) == '>') return take(lexer, 3, TOKEN_ARROW_TEXT);
    return take(lexer, 2, TOKEN_ARROW);
}

static struct token scan_pipe(struct lexer *lexer) {
    if (peek(lexer, 1) != '|') return take(lexer, 1, TOKEN_PIPE);
    return take(lexer, 2, lexer->mode & PARSE_PIPES_AS_CONCAT ? TOKEN_CONCAT : TOKEN_OR);
}

static struct token scan_slash(struct lexer *lexer) {
    if (peek(lexer, 1) != '*') return take(lexer, 1, TOKEN_SLASH);
    const uint8_t *from = lexer->at; /* (L5): skip_blank stops at nothing else */
    lexer->at += 3;
    if (!skip_block(lexer, false)) return illegal(lexer, from);
    return token_to(lexer, from, TOKEN_HINT);
}

static struct token scan_operator(struct lexer *lexer) {
    switch (lexer->at[0]) {
    case '=': return take(lexer, 1, TOKEN_EQ);
    case '<': return scan_less(lexer);
    case '>': return scan_greater(lexer);
    case '(': return take(lexer, 1, TOKEN_LP);
    case ')': return take(lexer, 1, TOKEN_RP);
    case ',': return take(lexer, 1, TOKEN_COMMA);
    case '*': return take(lexer, 1, TOKEN_STAR);
    case '+': return take(lexer, 1, TOKEN_PLUS);
    case '-': return scan_minus(lexer);
    case '/': return scan_slash(lexer);
    case '%': return take(lexer, 1, TOKEN_PERCENT);
    case '^': return take(lexer, 1, TOKEN_CARET);
    case '~': return take(lexer, 1, TOKEN_TILDE);
    case '|': return scan_pipe(lexer);
    case '&':
        if (peek(lexer, 1) == '&') return take(lexer, 2, TOKEN_AND);
        return take(lexer, 1, TOKEN_AMPERSAND);
    case '!':
        if (peek(lexer, 1) == '=') return take(lexer, 2, TOKEN_NE);
        return take(lexer, 1, TOKEN_BANG);
    case ':':
        if (peek(lexer, 1) == '=') return take(lexer, 2, TOKEN_ASSIGN);
        return take(lexer, 1, TOKEN_ILLEGAL);
    case ';': return take(lexer, 1, TOKEN_SEMICOLON);
    case '?':
        if ((lexer->mode & PARSE_NO_PARAMETERS) != 0) return take(lexer, 1, TOKEN_ILLEGAL);
        return take(lexer, 1, TOKEN_PARAMETER);
    case '{': return take(lexer, 1, TOKEN_LBRACE);
    case '}': return take(lexer, 1, TOKEN_RBRACE);
    default: return take(lexer, 1, TOKEN_ILLEGAL);
    }
}

static struct token scan(struct lexer *lexer) {
    uint8_t byte = lexer->at[0];
    switch (byte) {
    case 'n':
    case 'N':
    case 'x':
    case 'X':
    case 'b':
    case 'B': return scan_prefixed(lexer);
    case '\'': return scan_string(lexer, lexer->at, TOKEN_TEXT_STRING);
    case '`': return scan_quoted_name(lexer);
    case '"':
        if (lexer->mode & PARSE_ANSI_QUOTES) return scan_quoted_name(lexer);
        return scan_string(lexer, lexer->at, TOKEN_TEXT_STRING);
    case '@': return scan_at(lexer);
    case '.': return scan_dot(lexer);
    default: break;
    }
    if (is_class(byte, CLASS_DIGIT)) return scan_number(lexer);
    if (is_class(byte, CLASS_NAME)) return scan_word(lexer);
    return scan_operator(lexer);
}

struct token lexer_next(struct lexer *lexer) {
    const uint8_t *from = lexer->at;
    struct token token;
    if (!skip_blank(lexer)) {
        token = illegal(lexer, from);
    } else if (lexer->at == lexer->end) {
        token = token_to(lexer, lexer->at, TOKEN_END_OF_INPUT);
    } else {
        token = scan(lexer);
    }
    lexer->previous = token.kind;
    return token;
}

/* ---- Values ---- */

/* The byte that '\' and `letter` stand for; `\%` and `\_` keep their backslash, see unescape. */
static uint8_t escaped_byte(uint8_t letter) {
    switch (letter) {
    case '0': return 0;
    case 'b': return '\b';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'Z': return 0x1A;
    default: return letter;
    }
}

/* One quoted part, from its opening quote; appends its value and returns what is behind its closing quote. */
static const uint8_t *unescape(const uint8_t *at, int with_backslash, uint8_t **out) {
    uint8_t quote = *at++, *to = *out;
    for (;;) {
        uint8_t byte = *at++;
        if (byte == quote) {
            if (*at != quote) break;
            at++;
        } else if (byte == '\\' && with_backslash) {
            if (*at == '%' || *at == '_') *to++ = '\\';
            byte = escaped_byte(*at++);
        }
        *to++ = byte;
    }
    *out = to;
    return at;
}

struct slice token_text(struct arena *arena, const struct token *token, uint32_t mode) {
    const uint8_t *at = token->data, *end = token->data + token->size;
    if (token->kind == TOKEN_AT_NAME || token->kind == TOKEN_NATIONAL_STRING) at++;
    bool is_quoted = token->kind == TOKEN_TEXT_STRING || token->kind == TOKEN_NATIONAL_STRING ||
                     (token->flags & TOKEN_FLAG_QUOTED);
    if (!is_quoted) return slice_of(at, (size_t)(end - at));
    if ((token->flags & TOKEN_FLAG_ESCAPED) == 0) return slice_of(at + 1, (size_t)(end - at) - 2);
    bool is_name = token->kind == TOKEN_IDENT || *at == '`';
    bool with_backslash = !is_name && (mode & PARSE_NO_BACKSLASH_ESCAPES) == 0;
    /* The text may end at the last quote: unescape looks one byte further, so it works on a copy. */
    const uint8_t *copy = (const uint8_t *)arena_text(arena, slice_of(at, (size_t)(end - at)));
    const uint8_t *copy_end = copy + (end - at);
    uint8_t *out = arena_alloc(arena, (size_t)(end - at)), *to = out;
    while (copy < copy_end) {
        copy = unescape(copy, with_backslash, &to);
        while (copy < copy_end && is_class(*copy, CLASS_SPACE)) copy++;
    }
    return slice_of(out, (size_t)(to - out));
}

static uint8_t hex_value(uint8_t digit) {
    return (uint8_t)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

struct slice token_bytes(struct arena *arena, const struct token *token) {
    size_t bits_each = token->kind == TOKEN_HEX_STRING ? 4 : 1;
    size_t count = token->size - 2; /* "0x.." or "x'..'" */
    if (token->data[1] == '\'') count--;
    const uint8_t *digits = token->data + 2;
    size_t size = (count * bits_each + 7) / 8;
    uint8_t *bytes = arena_alloc_zeroed(arena, size);
    for (size_t i = 0; i < count; i++) {
        size_t bit = (count - 1 - i) * bits_each; /* from the right */
        bytes[size - 1 - bit / 8] |= (uint8_t)(hex_value(digits[i]) << bit % 8);
    }
    return slice_of(bytes, size);
}

uint64_t token_integer(const struct token *token) {
    uint64_t value = 0;
    for (uint32_t i = 0; i < token->size; i++)
        value = value * 10 + (uint64_t)(token->data[i] - '0');
    return value;
}
