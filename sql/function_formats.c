/* function_formats.c: DATE_FORMAT, TIME_FORMAT, STR_TO_DATE, GET_FORMAT: dates by a pattern.
 *
 * A pattern's letters behind % mean the same when writing and when reading. Writing is a switch that appends; reading fills a
 * struct date_scan, from which the date is put together at the end: a day of the year or a week and weekday count when no
 * month and day were given.
 *   (Y1) A time (TIME_FORMAT) has no day and month: their names and weeks are NULL, their numbers 0.
 */
#include "sql/function_private.h"

/* ---- writing ---- */

struct format_fields {
    struct date_time t; /* hour: all hours of a time */
    bool is_time;       /* (Y1) */
    bool is_negative;
};

static struct format_fields fields_of(const struct function_moment *moment) {
    struct format_fields fields = {.is_time = moment->is_time};
    if (!moment->is_time) {
        fields.t = temporal_unpack(moment->packed);
        return fields;
    }
    fields.is_negative = moment->us < 0;
    uint64_t us = moment->us < 0 ? 0 - (uint64_t)moment->us : (uint64_t)moment->us;
    uint64_t seconds = us / (uint64_t)US_PER_SECOND;
    fields.t = (struct date_time){.hour = (uint32_t)(seconds / 3600),
                                  .minute = (uint32_t)(seconds / 60 % 60),
                                  .second = (uint32_t)(seconds % 60),
                                  .microsecond = (uint32_t)(us % (uint64_t)US_PER_SECOND)};
    return fields;
}

static void put(struct buffer *out, uint32_t digits, uint32_t number) {
    buffer_printf(out, "%0*u", (int)digits, (unsigned)number);
}

static void put_name(struct buffer *out, const char *name, size_t letters) {
    struct slice text = slice_of_text(name);
    buffer_append(out, slice_part(text, 0, letters));
}

static const char *ordinal_of(uint32_t day) {
    if (day >= 10 && day <= 19) return "th";
    switch (day % 10) {
    case 1: return "st";
    case 2: return "nd";
    case 3: return "rd";
    default: return "th";
    }
}

static uint32_t hour_of_twelve(uint32_t hour) { return (hour % 24 + 11) % 12 + 1; }

static const char *half_of(uint32_t hour) { return hour % 24 < 12 ? "AM" : "PM"; }

/* Letters that look at the calendar. False: the part is not there. */
static bool format_calendar(const struct format_fields *fields, uint8_t letter,
                            struct buffer *out) {
    const struct date_time *t = &fields->t;
    bool needs_month = letter == 'M' || letter == 'b';
    if (fields->is_time || (needs_month ? t->month == 0 : t->month == 0 && t->year == 0)) {
        return false;
    }
    if (needs_month) {
        put_name(out, function_month_names[t->month - 1], letter == 'M' ? SIZE_MAX : 3);
        return true;
    }
    uint32_t weekday = temporal_weekday(temporal_day_number(t->year, t->month, t->day));
    uint32_t year, mode = letter == 'U' ? 0 : letter == 'u' ? 1 : (letter | 32) == 'v' ? 3 : 0;
    if (letter == 'V' || letter == 'X') mode = 2;
    if (letter == 'x') mode = 3;
    switch (letter) {
    case 'a': put_name(out, function_day_names[weekday], 3); return true;
    case 'W': put_name(out, function_day_names[weekday], SIZE_MAX); return true;
    case 'w': put(out, 1, (weekday + 1) % 7); return true;
    case 'j': put(out, 3, t->month == 0 || t->day == 0 ? 0 : temporal_day_of_year(t)); return true;
    case 'X':
    case 'x':
        (void)temporal_week(t, mode, &year);
        put(out, 4, year);
        return true;
    default: put(out, 2, temporal_week(t, mode, &year)); return true;
    }
}

static void format_clock(const struct format_fields *fields, uint8_t letter, struct buffer *out) {
    const struct date_time *t = &fields->t;
    switch (letter) {
    case 'f': put(out, 6, t->microsecond); return;
    case 'H': put(out, 2, t->hour); return;
    case 'k': put(out, 1, t->hour); return;
    case 'h':
    case 'I': put(out, 2, hour_of_twelve(t->hour)); return;
    case 'l': put(out, 1, hour_of_twelve(t->hour)); return;
    case 'i': put(out, 2, t->minute); return;
    case 'S':
    case 's': put(out, 2, t->second); return;
    case 'p': put_name(out, half_of(t->hour), 2); return;
    case 'r':
        buffer_printf(out, "%02u:%02u:%02u %s", (unsigned)hour_of_twelve(t->hour),
                      (unsigned)t->minute, (unsigned)t->second, half_of(t->hour));
        return;
    default: /* T */
        buffer_printf(out, "%02u:%02u:%02u", (unsigned)t->hour, (unsigned)t->minute,
                      (unsigned)t->second);
    }
}

static bool format_letter(const struct format_fields *fields, uint8_t letter, struct buffer *out) {
    const struct date_time *t = &fields->t;
    switch (letter) {
    case 'M':
    case 'b':
    case 'a':
    case 'W':
    case 'w':
    case 'j':
    case 'U':
    case 'u':
    case 'V':
    case 'v':
    case 'X':
    case 'x': return format_calendar(fields, letter, out);
    case 'f':
    case 'H':
    case 'k':
    case 'h':
    case 'I':
    case 'l':
    case 'i':
    case 'S':
    case 's':
    case 'p':
    case 'r':
    case 'T': format_clock(fields, letter, out); return true;
    case 'Y': put(out, 4, t->year); return true;
    case 'y': put(out, 2, t->year % 100); return true;
    case 'm': put(out, 2, t->month); return true;
    case 'c': put(out, 1, t->month); return true;
    case 'd': put(out, 2, t->day); return true;
    case 'e': put(out, 1, t->day); return true;
    case 'D': buffer_printf(out, "%u%s", (unsigned)t->day, ordinal_of(t->day)); return true;
    default: buffer_append_byte(out, letter); return true;
    }
}

bool function_format_moment(const struct function_moment *moment, struct slice format,
                            struct buffer *out) {
    struct format_fields fields = fields_of(moment);
    if (fields.is_negative) buffer_append_byte(out, '-');
    for (size_t i = 0; i < format.size; i++) {
        if (format.data[i] != '%' || i + 1 == format.size)
            buffer_append_byte(out, format.data[i]);
        else if (!format_letter(&fields, format.data[++i], out))
            return false;
    }
    return true;
}

#define FORMAT_LETTER_CHARS_MAX 11 /* of %r */

/* The pattern comes into the connection's character set, in which the result is. */
static enum status resolve_format(struct function_call *call) {
    struct expr **args = call->expr->args;
    args[1] = coerce_text(call->arena, args[1], call->connection_collation);
    uint64_t length = (uint64_t)coerce_text_length(args[1]) * FORMAT_LETTER_CHARS_MAX;
    function_type_ascii(call, MIN(length, (uint64_t)UINT32_MAX / 4));
    return STATUS_OK;
}

static enum status format_result(const struct expr *expr, struct eval_context *context,
                                 const struct function_moment *moment, struct value *out) {
    struct slice format;
    bool is_null;
    enum status status = function_read_text(expr->args[1], context, &format, &is_null);
    if (status != STATUS_OK || is_null || format.size == 0) return status;
    struct buffer text = buffer_of(context->arena);
    if (function_format_moment(moment, format, &text)) {
        *out = function_text_result(expr, buffer_slice(&text));
    }
    return STATUS_OK;
}

static enum status eval_date_format(const struct expr *expr, struct eval_context *context,
                                    struct value *out) {
    struct function_moment moment;
    bool is_null;
    *out = value_null();
    enum status status =
        function_read_moment(expr->args[0], context, DATE_AS_IT_IS, &moment, &is_null);
    if (status != STATUS_OK || is_null) return status;
    return format_result(expr, context, &moment, out);
}

static enum status eval_time_format(const struct expr *expr, struct eval_context *context,
                                    struct value *out) {
    struct function_moment moment = {.is_time = true, .has_time = true};
    bool is_null;
    *out = value_null();
    enum status status = function_read_time(expr->args[0], context, &moment.us, &is_null);
    if (status != STATUS_OK || is_null) return status;
    return format_result(expr, context, &moment, out);
}

/* ---- reading ---- */

struct date_scan {
    struct slice text;
    size_t at;
    struct date_time t;
    uint32_t day_of_year, week, week_year, weekday; /* weekday from 1, Monday; 0: none of these */
    bool has_week, has_week_year, is_iso_week;      /* iso: weeks start on Monday */
    bool has_date, has_time;
    bool has_half, is_afternoon, is_twelve; /* twelve: the hour is one of 12 */
};

static bool scan_number(struct date_scan *scan, uint32_t digits_max, uint32_t *out) {
    size_t start = scan->at;
    *out = 0;
    while (scan->at < scan->text.size && scan->at - start < digits_max) {
        uint8_t letter = scan->text.data[scan->at];
        if (letter < '0' || letter > '9') break;
        *out = *out * 10 + (uint32_t)(letter - '0');
        scan->at++;
    }
    return scan->at > start;
}

static bool scan_word(struct date_scan *scan, const char *word, size_t letters) {
    struct slice wanted = slice_part(slice_of_text(word), 0, letters);
    struct slice there = slice_part(scan->text, scan->at, wanted.size);
    if (!slice_equal_nocase(wanted, there)) return false;
    scan->at += wanted.size;
    return true;
}

/* The index of the name that is there, from 1; 0 when none is. */
static uint32_t scan_name(struct date_scan *scan, const char *const *names, uint32_t count,
                          size_t letters) {
    for (uint32_t i = 0; i < count; i++) {
        if (scan_word(scan, names[i], letters)) return i + 1;
    }
    return 0;
}

static bool scan_fraction(struct date_scan *scan) {
    size_t start = scan->at;
    if (!scan_number(scan, FSP_MAX, &scan->t.microsecond)) return false;
    for (size_t digits = scan->at - start; digits < FSP_MAX; digits++) scan->t.microsecond *= 10;
    return true;
}

static bool scan_year(struct date_scan *scan, uint32_t digits_max, uint32_t *year) {
    size_t start = scan->at;
    if (!scan_number(scan, digits_max, year)) return false;
    if (scan->at - start <= 2) *year += *year < 70 ? 2000 : 1900;
    return true;
}

/* "1st", "22nd": the letters are not looked at. */
static bool scan_ordinal(struct date_scan *scan) {
    bool is_there = scan_number(scan, 2, &scan->t.day);
    scan->at = MIN(scan->at + 2, scan->text.size);
    return is_there;
}

static bool scan_half(struct date_scan *scan) {
    scan->has_half = true;
    scan->is_afternoon = scan_word(scan, "PM", 2);
    return scan->is_afternoon || scan_word(scan, "AM", 2);
}

static bool scan_pattern(struct date_scan *scan, struct slice pattern);

static bool scan_clock(struct date_scan *scan, uint8_t letter) {
    scan->has_time = true;
    switch (letter) {
    case 'H':
    case 'k': return scan_number(scan, 2, &scan->t.hour);
    case 'h':
    case 'I':
    case 'l': scan->is_twelve = true; return scan_number(scan, 2, &scan->t.hour);
    case 'i': return scan_number(scan, 2, &scan->t.minute);
    case 'S':
    case 's': return scan_number(scan, 2, &scan->t.second);
    case 'f': return scan_fraction(scan);
    case 'p': return scan_half(scan);
    case 'r': return scan_pattern(scan, SLICE_LITERAL("%I:%i:%S %p"));
    default: return scan_pattern(scan, SLICE_LITERAL("%H:%i:%S"));
    }
}

static bool scan_week(struct date_scan *scan, uint8_t letter) {
    switch (letter) {
    case 'U':
    case 'V':
    case 'u':
    case 'v':
        scan->has_week = true;
        scan->is_iso_week = letter >= 'a';
        return scan_number(scan, 2, &scan->week) && scan->week <= 53;
    case 'X':
    case 'x': scan->has_week_year = true; return scan_number(scan, 4, &scan->week_year);
    case 'a': scan->weekday = scan_name(scan, function_day_names, 7, 3); break;
    case 'W': scan->weekday = scan_name(scan, function_day_names, 7, SIZE_MAX); break;
    default: /* w: 0 is Sunday */
        if (!scan_number(scan, 1, &scan->weekday)) return false;
        if (scan->weekday == 0) scan->weekday = 7;
    }
    return scan->weekday >= 1 && scan->weekday <= 7;
}

static void skip_while(struct date_scan *scan, int (*is_member)(int letter)) {
    while (scan->at < scan->text.size && is_member(scan->text.data[scan->at]) != 0) scan->at++;
}

static int is_letter(int letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}
static int is_digit(int letter) { return letter >= '0' && letter <= '9'; }
static int is_space(int letter) { return letter == ' ' || (letter >= '\t' && letter <= '\r'); }
static int is_mark(int letter) {
    return letter > ' ' && letter < 0x7f && !is_letter(letter) && !is_digit(letter);
}

static bool scan_letter(struct date_scan *scan, uint8_t letter) {
    switch (letter) {
    case 'Y': scan->has_date = true; return scan_year(scan, 4, &scan->t.year);
    case 'y': scan->has_date = true; return scan_year(scan, 2, &scan->t.year);
    case 'm':
    case 'c': scan->has_date = true; return scan_number(scan, 2, &scan->t.month);
    case 'M':
    case 'b':
        scan->has_date = true;
        scan->t.month = scan_name(scan, function_month_names, 12, letter == 'M' ? SIZE_MAX : 3);
        return scan->t.month != 0;
    case 'd':
    case 'e': scan->has_date = true; return scan_number(scan, 2, &scan->t.day);
    case 'D': scan->has_date = true; return scan_ordinal(scan);
    case 'j': scan->has_date = true; return scan_number(scan, 3, &scan->day_of_year);
    case 'a':
    case 'W':
    case 'w':
    case 'U':
    case 'u':
    case 'V':
    case 'v':
    case 'X':
    case 'x': scan->has_date = true; return scan_week(scan, letter);
    case '.': skip_while(scan, is_mark); return true;
    case '@': skip_while(scan, is_letter); return true;
    case '#': skip_while(scan, is_digit); return true;
    case '%':
        if (scan->at >= scan->text.size || scan->text.data[scan->at] != '%') return false;
        scan->at++;
        return true;
    case 'H':
    case 'k':
    case 'h':
    case 'I':
    case 'l':
    case 'i':
    case 'S':
    case 's':
    case 'f':
    case 'p':
    case 'r':
    case 'T': return scan_clock(scan, letter);
    default: return false;
    }
}

/* A text that ends before the pattern leaves the rest at 0. %r and %T hold patterns of their own, which hold none. */
static bool scan_pattern(struct date_scan *scan, struct slice pattern) {
    for (size_t i = 0; i < pattern.size && scan->at < scan->text.size; i++) {
        uint8_t letter = pattern.data[i];
        skip_while(scan, is_space);
        if (scan->at >= scan->text.size) break;
        if (is_space(letter)) continue;
        if (letter == '%' && i + 1 < pattern.size) {
            if (!scan_letter(scan, pattern.data[++i])) return false;
        } else if (scan->text.data[scan->at++] != letter) {
            return false;
        }
    }
    return true;
}

/* The day from a week and weekday. MySQL wants %X with %V and %x with %v, or %Y with %U and %u. */
static bool settle_week(struct date_scan *scan) {
    uint32_t year = scan->has_week_year ? scan->week_year : scan->t.year;
    int64_t first = temporal_day_number(year, 1, 1);
    uint32_t weekday = temporal_weekday(first); /* of January 1st, 0 is Monday */
    int64_t day;
    if (scan->is_iso_week) {
        day = first - weekday + (weekday <= 3 ? 0 : 7);
        day += ((int64_t)scan->week - 1) * 7 + scan->weekday - 1;
    } else {
        uint32_t sunday = (weekday + 1) % 7; /* days since the last Sunday */
        day = first - sunday + (sunday == 0 ? 0 : 7);
        day += ((int64_t)scan->week - 1) * 7 + scan->weekday % 7;
    }
    if (day <= 0) return false;
    struct date_time t = temporal_unpack(temporal_from_day_number(day));
    scan->t.year = t.year;
    scan->t.month = t.month;
    scan->t.day = t.day;
    return true;
}

static bool settle_date(struct date_scan *scan) {
    if (scan->day_of_year > 0) {
        int64_t day = temporal_day_number(scan->t.year, 1, 1) + scan->day_of_year - 1;
        struct date_time t = temporal_unpack(temporal_from_day_number(day));
        scan->t.year = t.year;
        scan->t.month = t.month;
        scan->t.day = t.day;
        return t.year != 0;
    }
    if (scan->has_week && scan->weekday > 0) return settle_week(scan);
    return true;
}

static bool settle(struct date_scan *scan) {
    struct date_time *t = &scan->t;
    if (scan->is_twelve || scan->has_half) {
        if (t->hour == 0 || t->hour > 12) return false;
        t->hour = t->hour % 12 + (scan->is_afternoon ? 12 : 0);
    }
    if (!settle_date(scan)) return false;
    return t->month <= 12 && t->day <= 31 && t->hour <= 23 && t->minute <= 59 && t->second <= 59;
}

/* What a constant pattern asks for; without one a DATETIME(6). */
static enum status resolve_str_to_date(struct function_call *call) {
    struct expr **args = call->expr->args;
    uint16_t collation = call->connection_collation;
    args[0] = coerce_text(call->arena, args[0], collation);
    args[1] = coerce_text(call->arena, args[1], collation);
    bool is_known = args[1]->kind == EXPR_CONSTANT && args[1]->value.kind == VALUE_STRING;
    if (!is_known) {
        function_type_temporal(call, COLUMN_DATETIME, FSP_MAX);
        return STATUS_OK;
    }
    bool has_date = false, has_time = false, has_fraction = false;
    struct slice pattern = value_slice(&args[1]->value);
    for (size_t i = 0; i + 1 < pattern.size; i++) {
        if (pattern.data[i] != '%') continue;
        uint8_t letter = pattern.data[++i];
        has_fraction = has_fraction || letter == 'f';
        has_date = has_date || strchr("YymcMbdeDjaWwUuVvXx", letter) != NULL;
        has_time = has_time || strchr("HkhIliSsfprT", letter) != NULL;
    }
    enum column_kind kind = !has_time ? COLUMN_DATE : has_date ? COLUMN_DATETIME : COLUMN_TIME;
    function_type_temporal(call, kind, has_fraction ? FSP_MAX : 0);
    return STATUS_OK;
}

static const char *result_word(const struct expr *expr) {
    if (expr->type.kind == COLUMN_DATE) return "date";
    return expr->type.kind == COLUMN_TIME ? "time" : "datetime";
}

static enum status tell_unread(const struct expr *expr, struct eval_context *context,
                               struct slice text) {
    diagnostics_warn(context->diagnostics, CONDITION_WARNING, ER_WRONG_VALUE_FOR_TYPE,
                     expr->type.kind == COLUMN_TIME ? "time" : "datetime",
                     arena_text(context->arena, text), "str_to_date");
    return STATUS_OK;
}

static void tell_rest(const struct expr *expr, struct eval_context *context,
                      const struct date_scan *scan) {
    for (size_t i = scan->at; i < scan->text.size; i++) {
        if (is_space(scan->text.data[i])) continue;
        struct value text = value_of_string(scan->text, COLLATION_BINARY);
        expr_tell_truncated(context, result_word(expr), &text);
        return;
    }
}

static enum status eval_str_to_date(const struct expr *expr, struct eval_context *context,
                                    struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "tt", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct date_scan scan = {.text = in.args[0].text};
    bool is_read = scan_pattern(&scan, in.args[1].text) && settle(&scan);
    if (!is_read) return tell_unread(expr, context, in.args[0].text);
    tell_rest(expr, context, &scan);
    const struct date_time *t = &scan.t;
    if (expr->type.kind == COLUMN_TIME) {
        int64_t seconds = ((int64_t)t->hour * 60 + t->minute) * 60 + t->second;
        *out = function_time_result(expr, context, seconds * US_PER_SECOND + t->microsecond);
        return STATUS_OK;
    }
    int64_t packed = temporal_pack(t);
    if (!temporal_date_legal(packed, context->temporal_flags)) {
        return tell_unread(expr, context, in.args[0].text);
    }
    *out = function_date_time_result(expr, packed);
    return STATUS_OK;
}

/* ---- patterns by name ---- */

static const struct {
    const char *type, *name, *pattern;
} named_patterns[] = {
    {"DATE", "USA", "%m.%d.%Y"},
    {"DATE", "JIS", "%Y-%m-%d"},
    {"DATE", "ISO", "%Y-%m-%d"},
    {"DATE", "EUR", "%d.%m.%Y"},
    {"DATE", "INTERNAL", "%Y%m%d"},
    {"DATETIME", "USA", "%Y-%m-%d %H.%i.%s"},
    {"DATETIME", "JIS", "%Y-%m-%d %H:%i:%s"},
    {"DATETIME", "ISO", "%Y-%m-%d %H:%i:%s"},
    {"DATETIME", "EUR", "%Y-%m-%d %H.%i.%s"},
    {"DATETIME", "INTERNAL", "%Y%m%d%H%i%s"},
    {"TIME", "USA", "%h:%i:%s %p"},
    {"TIME", "JIS", "%H:%i:%s"},
    {"TIME", "ISO", "%H:%i:%s"},
    {"TIME", "EUR", "%H.%i.%s"},
    {"TIME", "INTERNAL", "%H%i%s"},
};

static enum status resolve_get_format(struct function_call *call) {
    function_type_ascii(call, 17);
    return STATUS_OK;
}

/* TIMESTAMP is DATETIME. */
static enum status eval_get_format(const struct expr *expr, struct eval_context *context,
                                   struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "tt", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice type = in.args[0].text;
    if (slice_equal_nocase(type, SLICE_LITERAL("TIMESTAMP"))) type = SLICE_LITERAL("DATETIME");
    for (size_t i = 0; i < ARRAY_COUNT(named_patterns); i++) {
        bool is_it = slice_equal_nocase(type, slice_of_text(named_patterns[i].type)) &&
                     slice_equal_nocase(in.args[1].text, slice_of_text(named_patterns[i].name));
        if (!is_it) continue;
        *out = function_text_result(expr, slice_of_text(named_patterns[i].pattern));
        return STATUS_OK;
    }
    return STATUS_OK;
}

#define NULLABLE FUNCTION_ALWAYS_NULLABLE

static const struct function functions[] = {
    {"DATE_FORMAT", FUNCTION_SCALAR, 2, 2, NULLABLE, resolve_format, eval_date_format, 0},
    {"GET_FORMAT", FUNCTION_SCALAR, 2, 2, NULLABLE, resolve_get_format, eval_get_format, 0},
    {"STR_TO_DATE", FUNCTION_SCALAR, 2, 2, NULLABLE, resolve_str_to_date, eval_str_to_date, 0},
    {"TIME_FORMAT", FUNCTION_SCALAR, 2, 2, NULLABLE, resolve_format, eval_time_format, 0},
};
const struct function_list function_formats = {functions, ARRAY_COUNT(functions)};
