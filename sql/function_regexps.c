/* function_regexps.c: REGEXP_INSTR, _LIKE, _REPLACE, _SUBSTR: regular expressions, ICU's.
 *
 * Text and pattern become UTF-16 in the context's arena, in which ICU searches; places that it tells in UTF-16 units are counted back
 * into characters. Case counts as the collation says, unless the match type ('c', 'i') says otherwise.
 *   (W1) What ICU takes is given back before the call returns, on every path: with_pattern opens and closes. But patterns that
 *        are the same for all rows are compiled once and kept until the execution ends (regexps_close).
 *   (W2) A search has a bounded number of steps and a bounded stack (regexp_time_limit, regexp_stack_limit of MySQL): errors
 *        3699 and 3698.
 */
#include "sql/function_private.h"

#include <unicode/uregex.h>
#include <unicode/ustring.h>

#define REGEXP_TIME_LIMIT  32
#define REGEXP_STACK_BYTES 8000000
#define REGEXP_UNITS_MAX   (INT32_MAX / 4)

/* UTF-16 in the arena. */
struct wide {
    UChar *units;
    int32_t size;
};

struct search {
    const struct expr *expr;
    struct eval_context *context;
    struct wide text, pattern, replacement;
    URegularExpression *regex;
    int64_t place, occurrence, returns_end; /* of the args; place in units from 0 */
    uint32_t flags;
};

/* ---- errors ---- */

static const struct {
    UErrorCode code;
    enum mysql_error number;
} regexp_errors[] = {
    {U_ILLEGAL_ARGUMENT_ERROR, ER_REGEXP_ILLEGAL_ARGUMENT},
    {U_INDEX_OUTOFBOUNDS_ERROR, ER_REGEXP_INDEX_OUTOFBOUNDS_ERROR},
    {U_REGEX_BAD_ESCAPE_SEQUENCE, ER_REGEXP_BAD_ESCAPE_SEQUENCE},
    {U_REGEX_UNIMPLEMENTED, ER_REGEXP_UNIMPLEMENTED},
    {U_REGEX_MISMATCHED_PAREN, ER_REGEXP_MISMATCHED_PAREN},
    {U_REGEX_BAD_INTERVAL, ER_REGEXP_BAD_INTERVAL},
    {U_REGEX_MAX_LT_MIN, ER_REGEXP_MAX_LT_MIN},
    {U_REGEX_INVALID_BACK_REF, ER_REGEXP_INVALID_BACK_REF},
    {U_REGEX_LOOK_BEHIND_LIMIT, ER_REGEXP_LOOK_BEHIND_LIMIT},
    {U_REGEX_MISSING_CLOSE_BRACKET, ER_REGEXP_MISSING_CLOSE_BRACKET},
    {U_REGEX_INVALID_RANGE, ER_REGEXP_INVALID_RANGE},
    {U_REGEX_STACK_OVERFLOW, ER_REGEXP_STACK_OVERFLOW},
    {U_REGEX_TIME_OUT, ER_REGEXP_TIME_OUT},
    {U_REGEX_PATTERN_TOO_BIG, ER_REGEXP_PATTERN_TOO_BIG},
    {U_REGEX_INVALID_CAPTURE_GROUP_NAME, ER_REGEXP_INVALID_CAPTURE_GROUP_NAME},
};

static enum status tell(const struct search *search, UErrorCode code, const UParseError *where) {
    struct diagnostics *diagnostics = search->context->diagnostics;
    for (size_t i = 0; i < ARRAY_COUNT(regexp_errors); i++) {
        if (regexp_errors[i].code != code) continue;
        return diagnostics_error(diagnostics, regexp_errors[i].number);
    }
    bool has_place = code == U_REGEX_RULE_SYNTAX && where != NULL;
    return diagnostics_error(diagnostics, ER_REGEXP_RULE_SYNTAX,
                             has_place ? (unsigned)where->line : 0u,
                             has_place ? (unsigned)where->offset : 0u);
}

/* ---- texts ---- */

static enum status to_wide(const struct search *search, struct slice text, struct wide *out) {
    struct arena *arena = search->context->arena;
    struct slice utf8;
    enum status status =
        charset_convert(function_charset(search->expr), CHARSET_UTF8MB4, text, arena, &utf8);
    CHECK(status == STATUS_OK || status == STATUS_TRUNCATED || status == STATUS_INVALID);
    if (utf8.size > REGEXP_UNITS_MAX) return tell(search, U_REGEX_PATTERN_TOO_BIG, NULL);
    out->units = arena_alloc(arena, (utf8.size + 1) * sizeof *out->units);
    UErrorCode code = U_ZERO_ERROR;
    u_strFromUTF8WithSub(out->units, (int32_t)utf8.size + 1, &out->size, (const char *)utf8.data,
                         (int32_t)utf8.size, 0xfffd, NULL, &code);
    CHECK(U_SUCCESS(code));
    return STATUS_OK;
}

static struct slice to_text(const struct search *search, const UChar *units, int32_t size) {
    struct arena *arena = search->context->arena;
    int32_t capacity = size * 3 + 1, bytes = 0;
    char *utf8 = arena_alloc(arena, (size_t)capacity);
    UErrorCode code = U_ZERO_ERROR;
    u_strToUTF8WithSub(utf8, capacity, &bytes, units, size, 0xfffd, NULL, &code);
    CHECK(U_SUCCESS(code));
    struct slice text = slice_of(utf8, (size_t)bytes);
    enum status status =
        charset_convert(CHARSET_UTF8MB4, function_charset(search->expr), text, arena, &text);
    CHECK(status == STATUS_OK || status == STATUS_TRUNCATED || status == STATUS_INVALID);
    return text;
}

/* Character `place` (from 1) in units from 0; the end when there are fewer. False: below 1 or beyond the end. */
static bool to_units(const struct wide *text, int64_t place, int64_t *units_out) {
    int32_t at = 0;
    if (place < 1) return false;
    for (int64_t i = 1; i < place; i++) {
        if (at >= text->size) return false;
        U16_FWD_1(text->units, at, text->size);
    }
    *units_out = at;
    return true;
}

/* ---- flags ---- */

/* Later letters win over earlier ones. */
static enum status read_flags(struct search *search, struct slice letters) {
    for (size_t i = 0; i < letters.size; i++) {
        switch (letters.data[i]) {
        case 'c': search->flags &= ~(uint32_t)UREGEX_CASE_INSENSITIVE; break;
        case 'i': search->flags |= UREGEX_CASE_INSENSITIVE; break;
        case 'm': search->flags |= UREGEX_MULTILINE; break;
        case 'n': search->flags |= UREGEX_DOTALL; break;
        case 'u': search->flags |= UREGEX_UNIX_LINES; break;
        default:
            return diagnostics_error(search->context->diagnostics, ER_WRONG_ARGUMENTS,
                                     function_name_lower(search->expr, search->context->arena));
        }
    }
    return STATUS_OK;
}

static uint32_t flags_of_collation(uint16_t collation) {
    const struct collation *c = collation_find(collation);
    bool is_cased = c->is_binary || c->levels == 3;
    return is_cased ? 0 : (uint32_t)UREGEX_CASE_INSENSITIVE;
}

/* ---- searching ---- */

typedef enum status search_function(struct search *search, struct value *out);

static enum status open_regex(struct search *search) {
    UErrorCode code = U_ZERO_ERROR;
    UParseError where = {0};
    search->regex =
        uregex_open(search->pattern.units, search->pattern.size, search->flags, &where, &code);
    if (U_FAILURE(code)) return tell(search, code, &where);
    uregex_setTimeLimit(search->regex, REGEXP_TIME_LIMIT, &code);
    uregex_setStackLimit(search->regex, REGEXP_STACK_BYTES, &code);
    uregex_setText(search->regex, search->text.units, search->text.size, &code);
    return U_FAILURE(code) ? tell(search, code, NULL) : STATUS_OK;
}

/* ---- patterns that are kept ---- */

#define REGEXPS_KEPT_MAX 8

struct regexps {
    struct {
        const struct expr *expr;
        URegularExpression *regex;
    } items[REGEXPS_KEPT_MAX];
    uint32_t count;
};

struct regexps *regexps_open(struct arena *arena) {
    return arena_new(arena, struct regexps);
}

void regexps_close(struct regexps *regexps) {
    for (uint32_t i = 0; i < regexps->count; i++) uregex_close(regexps->items[i].regex);
    regexps->count = 0;
}

/* Does only the text differ from row to row? */
static bool is_constant(const struct expr *expr) {
    for (uint32_t i = 1; i < expr->arg_count; i++) {
        bool is_same = expr->args[i]->kind == EXPR_CONSTANT ||
                       (expr->args[i]->flags & EXPR_STATEMENT_CONSTANT) != 0;
        if (!is_same) return false;
    }
    return true;
}

static enum status take_kept(struct search *search, bool *is_kept_out) {
    const struct regexps *regexps = search->context->regexps;
    *is_kept_out = false;
    for (uint32_t i = 0; regexps != NULL && i < regexps->count; i++) {
        if (regexps->items[i].expr != search->expr) continue;
        UErrorCode code = U_ZERO_ERROR;
        search->regex = regexps->items[i].regex;
        *is_kept_out = true;
        uregex_setText(search->regex, search->text.units, search->text.size, &code);
        return U_FAILURE(code) ? tell(search, code, NULL) : STATUS_OK;
    }
    return open_regex(search);
}

/* False: it is to be closed. */
static bool keep_regex(struct search *search) {
    struct regexps *regexps = search->context->regexps;
    bool may_keep =
        regexps != NULL && regexps->count < REGEXPS_KEPT_MAX && is_constant(search->expr);
    if (!may_keep) return false;
    regexps->items[regexps->count].expr = search->expr;
    regexps->items[regexps->count++].regex = search->regex;
    return true;
}

/* (W1) */
static enum status with_pattern(struct search *search, search_function *function,
                                struct value *out) {
    bool is_kept;
    enum status status = take_kept(search, &is_kept);
    if (status == STATUS_OK) status = function(search, out);
    if (status == STATUS_OK && !is_kept) is_kept = keep_regex(search);
    if (search->regex != NULL && !is_kept) uregex_close(search->regex);
    return status;
}

/* The n-th match from the place on. */
static enum status find(struct search *search, bool *is_found_out) {
    UErrorCode code = U_ZERO_ERROR;
    *is_found_out = uregex_find(search->regex, (int32_t)search->place, &code) != 0;
    for (int64_t i = 1; i < search->occurrence && *is_found_out && U_SUCCESS(code); i++) {
        *is_found_out = uregex_findNext(search->regex, &code) != 0;
    }
    return U_FAILURE(code) ? tell(search, code, NULL) : STATUS_OK;
}

static enum status search_like(struct search *search, struct value *out) {
    bool is_found;
    enum status status = find(search, &is_found);
    if (status == STATUS_OK) *out = value_of_int(is_found);
    return status;
}

static enum status search_instr(struct search *search, struct value *out) {
    bool is_found;
    UErrorCode code = U_ZERO_ERROR;
    enum status status = find(search, &is_found);
    if (status != STATUS_OK) return status;
    *out = value_of_int(0);
    if (!is_found) return STATUS_OK;
    int32_t at = search->returns_end != 0 ? uregex_end(search->regex, 0, &code)
                                          : uregex_start(search->regex, 0, &code);
    *out = value_of_int(u_countChar32(search->text.units, at) + 1);
    return STATUS_OK;
}

static enum status search_substr(struct search *search, struct value *out) {
    bool is_found;
    UErrorCode code = U_ZERO_ERROR;
    enum status status = find(search, &is_found);
    if (status != STATUS_OK || !is_found) return status;
    int32_t from = uregex_start(search->regex, 0, &code);
    int32_t to = uregex_end(search->regex, 0, &code);
    struct slice part = to_text(search, search->text.units + from, to - from);
    *out = function_text_result(search->expr, part);
    return STATUS_OK;
}

/* $1 and ${name} stand for groups, \ takes the meaning off. */
static enum status append_match(struct search *search, struct wide *made, int32_t capacity,
                                int32_t *needed_out) {
    UErrorCode code = U_ZERO_ERROR;
    UChar *at = made->units + made->size;
    int32_t left = capacity - made->size;
    *needed_out = uregex_appendReplacement(search->regex, search->replacement.units,
                                           search->replacement.size, &at, &left, &code);
    if (U_FAILURE(code) && code != U_BUFFER_OVERFLOW_ERROR) return tell(search, code, NULL);
    made->size = (int32_t)MIN((int64_t)made->size + *needed_out, (int64_t)capacity);
    return STATUS_OK;
}

/* What a match that is passed over leaves as it is: all up to its end, since ICU copies from the last match's end only. */
static void append_passed(struct search *search, struct wide *made, int32_t capacity,
                          int32_t *copied, int64_t *needed) {
    UErrorCode code = U_ZERO_ERROR;
    int32_t end = uregex_end(search->regex, 0, &code), size = end - *copied;
    int32_t fitting = MIN(size, capacity - made->size);
    if (fitting > 0) {
        memcpy(made->units + made->size, search->text.units + *copied,
               (size_t)fitting * sizeof *made->units);
        made->size += fitting;
    }
    *needed += size;
    *copied = end;
}

/* One pass with so much room; *needed_out counts on when it is too small. Occurrence 0 replaces all. */
static enum status replace_once(struct search *search, struct wide *made, int32_t capacity,
                                int64_t *needed_out) {
    UErrorCode code = U_ZERO_ERROR;
    int32_t more = 0, copied = 0;
    *needed_out = 0;
    uregex_reset(search->regex, 0, &code);
    uregex_setRegion(search->regex, (int32_t)search->place, search->text.size, &code);
    for (int64_t number = 1; uregex_findNext(search->regex, &code) != 0; number++) {
        if (search->occurrence != 0 && number != search->occurrence) {
            append_passed(search, made, capacity, &copied, needed_out);
            continue;
        }
        enum status status = append_match(search, made, capacity, &more);
        if (status != STATUS_OK) return status;
        *needed_out += more;
        if (search->occurrence != 0 || *needed_out > REGEXP_UNITS_MAX) break;
    }
    if (U_FAILURE(code)) return tell(search, code, NULL);
    UChar *at = made->units + made->size;
    int32_t left = capacity - made->size;
    *needed_out += uregex_appendTail(search->regex, &at, &left, &code);
    made->size = (int32_t)MIN(*needed_out, (int64_t)capacity);
    return STATUS_OK;
}

static enum status search_replace(struct search *search, struct value *out) {
    struct arena *arena = search->context->arena;
    int64_t capacity = MAX(search->text.size + search->replacement.size, 64) * INT64_C(2), needed;
    for (uint32_t attempt = 0; attempt < 2; attempt++) {
        if (!function_fits_packet(search->expr, search->context, (uint64_t)capacity / 2)) break;
        if (capacity > REGEXP_UNITS_MAX) return tell(search, U_REGEX_PATTERN_TOO_BIG, NULL);
        struct wide made = {arena_array(arena, UChar, (size_t)capacity), 0};
        enum status status = replace_once(search, &made, (int32_t)capacity, &needed);
        if (status != STATUS_OK) return status;
        if (needed <= capacity) {
            *out = function_text_result(search->expr, to_text(search, made.units, made.size));
            return STATUS_OK;
        }
        capacity = needed;
    }
    return STATUS_OK;
}

/* ---- the calls ---- */

/* Where the optional args stand; 0: the function has no such arg. */
struct regexp_shape {
    const char *shape; /* of function_read */
    uint8_t replacement, place, occurrence, returns_end, flags;
    search_function *search;
};

static enum status check_place(struct search *search, const struct function_input *in,
                               const struct regexp_shape *shape) {
    const struct expr *expr = search->expr;
    bool has_place = shape->place != 0 && shape->place < expr->arg_count;
    bool is_inside =
        !has_place || to_units(&search->text, in->args[shape->place].i, &search->place);
    if (!is_inside) return tell(search, U_INDEX_OUTOFBOUNDS_ERROR, NULL);
    search->occurrence = expr->function->name[7] == 'R' ? 0 : 1; /* REGEXP_REPLACE: all */
    if (shape->occurrence != 0 && shape->occurrence < expr->arg_count) {
        int64_t least = search->occurrence;
        search->occurrence = MAX(in->args[shape->occurrence].i, least);
    }
    if (shape->returns_end == 0 || shape->returns_end >= expr->arg_count) return STATUS_OK;
    search->returns_end = in->args[shape->returns_end].i;
    if (search->returns_end == 0 || search->returns_end == 1) return STATUS_OK;
    return diagnostics_error(search->context->diagnostics, ER_WRONG_ARGUMENTS,
                             function_name_lower(expr, search->context->arena));
}

static enum status run(const struct expr *expr, struct eval_context *context,
                       const struct regexp_shape *shape, struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, shape->shape, &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct search search = {.expr = expr, .context = context};
    search.flags = flags_of_collation(expr->collation);
    if (in.args[1].text.size == 0) return tell(&search, U_ILLEGAL_ARGUMENT_ERROR, NULL);
    status = to_wide(&search, in.args[0].text, &search.text);
    if (status == STATUS_OK) status = to_wide(&search, in.args[1].text, &search.pattern);
    if (status == STATUS_OK && shape->replacement != 0) {
        status = to_wide(&search, in.args[shape->replacement].text, &search.replacement);
    }
    if (status == STATUS_OK && shape->flags < expr->arg_count) {
        status = read_flags(&search, in.args[shape->flags].text);
    }
    if (status == STATUS_OK) status = check_place(&search, &in, shape);
    return status == STATUS_OK ? with_pattern(&search, shape->search, out) : status;
}

static enum status eval_like(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    static const struct regexp_shape shape = {.shape = "ttt", .flags = 2, .search = search_like};
    return run(expr, context, &shape, out);
}

static enum status eval_instr(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    static const struct regexp_shape shape = {.shape = "ttiiit",
                                              .place = 2,
                                              .occurrence = 3,
                                              .returns_end = 4,
                                              .flags = 5,
                                              .search = search_instr};
    return run(expr, context, &shape, out);
}

static enum status eval_substr(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    static const struct regexp_shape shape = {
        .shape = "ttiit", .place = 2, .occurrence = 3, .flags = 4, .search = search_substr};
    return run(expr, context, &shape, out);
}

static enum status eval_replace(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    static const struct regexp_shape shape = {.shape = "tttiit",
                                              .replacement = 2,
                                              .place = 3,
                                              .occurrence = 4,
                                              .flags = 5,
                                              .search = search_replace};
    return run(expr, context, &shape, out);
}

/* ---- types ---- */

/* Binary strings beside a character set are refused, as MySQL does (3995): there are no characters to speak of. */
static enum status resolve_texts(struct function_call *call, uint32_t count) {
    return coerce_texts_to_compare(call, 0, count);
}

static enum status resolve_like(struct function_call *call) {
    enum status status = resolve_texts(call, 2);
    return status == STATUS_OK ? function_resolve_bool(call) : status;
}

static enum status resolve_instr(struct function_call *call) {
    enum status status = resolve_texts(call, 2);
    function_type_int(call, 10);
    return status;
}

static enum status resolve_substr(struct function_call *call) {
    uint32_t length = coerce_text_length(call->expr->args[0]);
    enum status status = resolve_texts(call, 2);
    function_type_derived(call, length);
    return status;
}

#define REPLACED_CHARS_MAX 16777215

static enum status resolve_replace(struct function_call *call) {
    enum status status = resolve_texts(call, 3);
    function_type_derived(call, REPLACED_CHARS_MAX);
    return status;
}

static const struct function functions[] = {
    {"REGEXP_INSTR", FUNCTION_SCALAR, 2, 6, 0, resolve_instr, eval_instr, 0},
    {"REGEXP_LIKE", FUNCTION_SCALAR, 2, 3, 0, resolve_like, eval_like, 0},
    {"REGEXP_REPLACE", FUNCTION_SCALAR, 3, 6, FUNCTION_ALWAYS_NULLABLE, resolve_replace,
     eval_replace, 0},
    {"REGEXP_SUBSTR", FUNCTION_SCALAR, 2, 5, FUNCTION_ALWAYS_NULLABLE, resolve_substr, eval_substr,
     0},
};
const struct function_list function_regexps = {functions, ARRAY_COUNT(functions)};
