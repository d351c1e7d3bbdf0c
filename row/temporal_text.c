/* temporal_text.c: dates and times as texts.
 *
 * A date-time's text is up to six numbers and a fraction. Two spellings: with separators (any
 * punctuation between the numbers, spaces or a T before the time), and without, where the count of
 * digits says which numbers are there:
 *
 *   14 YYYYMMDDHHMMSS | 12 YYMMDDHHMMSS | 10 YYMMDDHHMM | 8 YYYYMMDD | 6 YYMMDD | 5 YYMMD
 *
 * A time's text is [-][D ]HH:MM:SS[.f], HH:MM, HHMMSS, SS. A text that looks like a date-time is
 * one, and its time counts.
 */
#include "row/temporal.h"

enum { PART_YEAR, PART_MONTH, PART_DAY, PART_HOUR, PART_MINUTE, PART_SECOND, PART_COUNT };

static bool is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }
static bool is_space(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }
static bool is_punctuation(uint8_t byte) {
    return byte > ' ' && byte < 0x7f && !is_digit(byte) && !(byte >= 'a' && byte <= 'z') &&
           !(byte >= 'A' && byte <= 'Z');
}

static struct slice trimmed(struct slice text) {
    while (text.size > 0 && is_space(text.data[0])) text = slice_of(text.data + 1, text.size - 1);
    while (text.size > 0 && is_space(text.data[text.size - 1])) text.size--;
    return text;
}

static size_t digits_at(struct slice text, size_t at) {
    size_t count = 0;
    while (at + count < text.size && is_digit(text.data[at + count])) count++;
    return count;
}

static uint32_t number_at(struct slice text, size_t at, size_t digits) {
    uint32_t number = 0;
    for (size_t i = 0; i < digits; i++) number = number * 10 + (uint32_t)(text.data[at + i] - '0');
    return number;
}

/* What was read so far. */
struct scan {
    struct slice text;
    size_t at;
    uint32_t parts[PART_COUNT];
    uint32_t part_count;
    uint32_t year_digits;
    uint32_t us; /* of the fraction's first six digits */
    uint32_t fraction_digits;
    bool round_up; /* the seventh digit was 5 or more */
    int32_t offset_minutes;
};

/* ".123456" at the place: any number of digits. */
static void scan_fraction(struct scan *scan) {
    if (scan->at >= scan->text.size || scan->text.data[scan->at] != '.') return;
    size_t digits = digits_at(scan->text, scan->at + 1);
    const uint8_t *at = scan->text.data + scan->at + 1;
    scan->us = 0;
    for (size_t i = 0; i < FSP_MAX; i++) {
        scan->us = scan->us * 10 + (i < digits ? (uint32_t)(at[i] - '0') : 0);
    }
    scan->round_up = digits > FSP_MAX && at[FSP_MAX] >= '5';
    scan->fraction_digits = (uint32_t)MIN(digits, FSP_MAX);
    scan->at += 1 + digits;
}

/* "+05:30" at the very end. */
static bool scan_offset(struct scan *scan) {
    struct slice text = scan->text;
    size_t at = scan->at;
    if (at + 6 != text.size || (text.data[at] != '+' && text.data[at] != '-')) return false;
    if (digits_at(text, at + 1) != 2 || text.data[at + 3] != ':' || digits_at(text, at + 4) != 2) {
        return false;
    }
    int32_t hours = (int32_t)number_at(text, at + 1, 2);
    int32_t minutes = (int32_t)number_at(text, at + 4, 2);
    int32_t offset = hours * 60 + minutes;
    if (minutes > 59 || offset > 14 * 60) return false;
    if (text.data[at] == '-' && (offset == 0 || offset >= 14 * 60)) return false;
    scan->offset_minutes = text.data[at] == '-' ? -offset : offset;
    scan->at = text.size;
    return true;
}

/* All numbers in one run of digits. False when the count of digits fits no form. */
static bool scan_run(struct scan *scan, size_t digits) {
    bool long_year = digits == 8 || digits >= 14;
    size_t at = scan->at, end = at + MIN(digits, 14);
    if (digits < 5 || digits == 13) return false;
    scan->year_digits = long_year ? 4 : 2;
    scan->parts[PART_YEAR] = number_at(scan->text, at, scan->year_digits);
    at += scan->year_digits;
    scan->part_count = 1;
    while (at < end && scan->part_count < PART_COUNT) {
        size_t size = MIN(2, end - at);
        scan->parts[scan->part_count++] = number_at(scan->text, at, size);
        at += size;
    }
    scan->at = at;
    return scan->part_count >= 3;
}

/* What stands between two numbers: punctuation within date and time, spaces or T before the hour.
 */
static bool scan_separator(struct scan *scan) {
    struct slice text = scan->text;
    size_t start = scan->at;
    bool before_hour = scan->part_count == PART_HOUR;
    while (scan->at < text.size && !is_digit(text.data[scan->at])) {
        uint8_t byte = text.data[scan->at];
        bool legal = is_punctuation(byte);
        if (before_hour) legal = is_punctuation(byte) || is_space(byte) || byte == 'T';
        if (!legal) break;
        scan->at++;
    }
    if (scan->at > start && scan->at < text.size && is_digit(text.data[scan->at])) return true;
    scan->at = start;
    return false;
}

static bool scan_separated(struct scan *scan) {
    scan->part_count = 0;
    for (;;) {
        size_t digits = digits_at(scan->text, scan->at);
        size_t digits_max = scan->part_count == PART_YEAR ? 4 : 2;
        if (digits == 0 || digits > digits_max) return scan->part_count >= 3;
        if (scan->part_count == PART_YEAR) scan->year_digits = (uint32_t)digits;
        scan->parts[scan->part_count++] = number_at(scan->text, scan->at, digits);
        scan->at += digits;
        if (scan->part_count == PART_COUNT) return true;
        uint8_t next = scan->at < scan->text.size ? scan->text.data[scan->at] : 0;
        bool may_be_offset = scan->part_count > PART_HOUR && (next == '+' || next == '-');
        if (may_be_offset && scan_offset(scan)) return true;
        if (!scan_separator(scan)) return scan->part_count >= 3;
    }
}

static void scan_year_complete(struct scan *scan) {
    if (scan->year_digits > 2) return;
    scan->parts[PART_YEAR] += scan->parts[PART_YEAR] < 70 ? 2000 : 1900;
}

static bool scan_date_time(struct scan *scan) {
    size_t digits = digits_at(scan->text, 0);
    bool read = digits > 4 ? scan_run(scan, digits) : scan_separated(scan);
    if (!read) return false;
    if (digits > 4 && scan->part_count == 3 && scan->at < scan->text.size &&
        (scan->text.data[scan->at] == 'T' || scan->text.data[scan->at] == ' ')) {
        /* 'YYYYMMDDTHHMMSS' or 'YYYYMMDD HH:MM:SS' */
        struct scan date = *scan;
        if (scan_separator(scan)) {
            for (uint32_t part = PART_HOUR; part < PART_COUNT; part++) {
                size_t run = MIN(digits_at(scan->text, scan->at), 2);
                if (run == 0) break;
                scan->parts[scan->part_count++] = number_at(scan->text, scan->at, run);
                scan->at += run;
                if (scan->at < scan->text.size && scan->text.data[scan->at] == ':') scan->at++;
            }
        } else {
            *scan = date;
        }
    }
    if (scan->part_count == PART_COUNT) scan_fraction(scan);
    if (scan->part_count > PART_HOUR) scan_offset(scan);
    scan_year_complete(scan);
    return true;
}

enum status temporal_parse_date_time(struct slice text, uint8_t fsp, uint32_t flags,
                                     struct temporal_parsed *out) {
    struct scan scan = {.text = trimmed(text), .offset_minutes = TEMPORAL_OFFSET_NONE};
    *out = (struct temporal_parsed){.offset_minutes = TEMPORAL_OFFSET_NONE};
    if (!scan_date_time(&scan)) return STATUS_INVALID;
    const uint32_t *p = scan.parts;
    if (p[PART_MONTH] > 12 || p[PART_DAY] > 31 || p[PART_HOUR] > 23 || p[PART_MINUTE] > 59 ||
        p[PART_SECOND] > 59) {
        return STATUS_INVALID;
    }
    struct date_time t = {p[PART_YEAR],   p[PART_MONTH],  p[PART_DAY], p[PART_HOUR],
                          p[PART_MINUTE], p[PART_SECOND], scan.us};
    if (t.month == 0 && t.day == 0 && scan.year_digits == 2 && t.year == 2000) t.year = 0;
    int64_t packed = temporal_pack(&t);
    if (!temporal_date_legal(packed, flags)) return STATUS_INVALID;
    if (scan.round_up && (flags & TEMPORAL_TRUNCATE_FRACTION) == 0 && fsp == FSP_MAX) {
        struct interval one = {0, 0, 1};
        if (temporal_add_interval(packed, &one, &packed) != STATUS_OK) return STATUS_INVALID;
    }
    if (temporal_round_date_time(packed, fsp, flags, &packed) != STATUS_OK) return STATUS_INVALID;
    out->packed = packed;
    out->offset_minutes = scan.offset_minutes;
    out->has_time = scan.part_count > PART_HOUR;
    out->fsp = (uint8_t)scan.fraction_digits;
    return scan.at == scan.text.size ? STATUS_OK : STATUS_TRUNCATED;
}

/* --- times --- */

/* Is there a date: two punctuation marks other than ':' between numbers, or 12 digits and more? */
static bool looks_like_date_time(struct slice text) {
    size_t digits = digits_at(text, 0);
    if (digits >= 12) return true;
    if (digits == 0 || digits > 4 || digits >= text.size) return false;
    uint8_t mark = text.data[digits];
    if (mark == ':' || mark == '.' || !is_punctuation(mark)) return false;
    size_t second = digits_at(text, digits + 1);
    size_t at = digits + 1 + second;
    return second > 0 && at < text.size && is_punctuation(text.data[at]) && text.data[at] != ':';
}

struct time_scan {
    struct scan scan;
    uint64_t days, hours, minutes, seconds;
    bool negative, valid;
};

static uint64_t time_number(struct scan *scan) {
    uint64_t number = 0;
    for (; scan->at < scan->text.size && is_digit(scan->text.data[scan->at]); scan->at++) {
        if (number < UINT32_MAX) number = number * 10 + (uint64_t)(scan->text.data[scan->at] - '0');
    }
    return number;
}

static bool at_byte(const struct scan *scan, uint8_t byte) {
    return scan->at < scan->text.size && scan->text.data[scan->at] == byte;
}

static void scan_time_fields(struct time_scan *t) {
    struct scan *s = &t->scan;
    uint64_t first = time_number(s);
    size_t mark = s->at;
    if (at_byte(s, ' ')) { /* 'D HH' */
        while (at_byte(s, ' ')) s->at++;
        if (s->at < s->text.size && is_digit(s->text.data[s->at])) {
            t->days = first;
            first = time_number(s);
            mark = s->at;
            t->hours = first;
            if (!at_byte(s, ':')) return;
        } else {
            s->at = mark;
        }
    }
    if (at_byte(s, ':')) {
        t->hours = first;
        for (uint32_t i = 0; i < 2 && at_byte(s, ':'); i++) {
            if (digits_at(s->text, s->at + 1) == 0) return;
            s->at++;
            *(i == 0 ? &t->minutes : &t->seconds) = time_number(s);
        }
        return;
    }
    t->hours = first / 10000;
    t->minutes = first / 100 % 100;
    t->seconds = first % 100;
}

enum status temporal_parse_time(struct slice text, uint8_t fsp, uint32_t flags, int64_t *us_out) {
    struct time_scan t = {.scan = {.text = trimmed(text)}};
    struct scan *s = &t.scan;
    *us_out = 0;
    if (looks_like_date_time(s->text)) {
        struct temporal_parsed parsed;
        enum status status = temporal_parse_date_time(text, fsp, flags, &parsed);
        if (status == STATUS_OK || status == STATUS_TRUNCATED) {
            struct date_time d = temporal_unpack(parsed.packed);
            *us_out =
                (((int64_t)d.hour * 60 + d.minute) * 60 + d.second) * US_PER_SECOND + d.microsecond;
            return status;
        }
    }
    t.negative = at_byte(s, '-');
    if (t.negative || at_byte(s, '+')) s->at++;
    if (digits_at(s->text, s->at) == 0 && !at_byte(s, '.')) return STATUS_INVALID;
    scan_time_fields(&t);
    scan_fraction(s);
    if (t.minutes > 59 || t.seconds > 59) return STATUS_INVALID;
    if (t.days > 1000 || t.hours > 1000000 || t.days * 24 + t.hours > 838) {
        *us_out = t.negative ? -TIME_US_MAX : TIME_US_MAX;
        return STATUS_OUT_OF_RANGE;
    }
    uint64_t seconds = ((t.days * 24 + t.hours) * 60 + t.minutes) * 60 + t.seconds;
    int64_t us = (int64_t)seconds * US_PER_SECOND + s->us + (s->round_up && fsp == FSP_MAX);
    us = temporal_round_time(us, fsp, flags);
    bool too_large = us > TIME_US_MAX;
    us = MIN(us, TIME_US_MAX);
    *us_out = t.negative ? -us : us;
    if (too_large) return STATUS_OUT_OF_RANGE;
    return s->at == s->text.size ? STATUS_OK : STATUS_TRUNCATED;
}

/* --- formatting --- */

static uint8_t *put_two(uint8_t *at, uint32_t number) {
    at[0] = (uint8_t)('0' + number / 10 % 10);
    at[1] = (uint8_t)('0' + number % 10);
    return at + 2;
}

static uint8_t *put_clock(uint8_t *at, uint32_t minute, uint32_t second) {
    *at++ = ':';
    at = put_two(at, minute);
    *at++ = ':';
    return put_two(at, second);
}

static uint8_t *put_fraction(uint8_t *at, uint32_t us, uint8_t fsp) {
    if (fsp == 0) return at;
    *at++ = '.';
    uint32_t unit = 100000;
    for (uint8_t i = 0; i < MIN(fsp, FSP_MAX); i++, unit /= 10) {
        *at++ = (uint8_t)('0' + us / unit % 10);
    }
    return at;
}

static uint8_t *put_date(uint8_t *at, const struct date_time *t) {
    at = put_two(at, t->year / 100);
    at = put_two(at, t->year % 100);
    *at++ = '-';
    at = put_two(at, t->month);
    *at++ = '-';
    return put_two(at, t->day);
}

size_t temporal_format_date(int64_t packed, uint8_t *memory) {
    struct date_time t = temporal_unpack(packed);
    return (size_t)(put_date(memory, &t) - memory);
}

size_t temporal_format_date_time(int64_t packed, uint8_t fsp, uint8_t *memory) {
    struct date_time t = temporal_unpack(packed);
    uint8_t *at = put_date(memory, &t);
    *at++ = ' ';
    at = put_two(at, t.hour);
    at = put_clock(at, t.minute, t.second);
    at = put_fraction(at, t.microsecond, fsp);
    return (size_t)(at - memory);
}

size_t temporal_format_time(int64_t us, uint8_t fsp, uint8_t *memory) {
    uint8_t *at = memory;
    if (us < 0) *at++ = '-';
    uint64_t magnitude = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
    uint64_t seconds = MIN(magnitude, (uint64_t)TIME_US_MAX * 2) / US_PER_SECOND;
    uint32_t hours = (uint32_t)(seconds / 3600);
    if (hours >= 100) {
        at += uint_to_text(hours, at);
    } else {
        at = put_two(at, hours);
    }
    at = put_clock(at, (uint32_t)(seconds / 60 % 60), (uint32_t)(seconds % 60));
    at = put_fraction(at, (uint32_t)(magnitude % US_PER_SECOND), fsp);
    return (size_t)(at - memory);
}
