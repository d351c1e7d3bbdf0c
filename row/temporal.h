/* row/temporal.h: dates and times: packing, text, calendar.
 *
 * A date-time is packed into a positive int64 whose order is time's order, zero parts included
 * ('2024-00-00' is legal in some sql modes):
 *
 *   bits 62..46 year * 13 + month | 45..41 day
 *   40..36 hour | 35..30 minute | 29..24 second | 23..0 microsecond
 *
 * A DATE is the same with time 0. A TIME is signed microseconds, |t| <= TIME_US_MAX. Time zones are
 * sql's: here TIMESTAMPs are microseconds since 1970 UTC.
 */
#ifndef ROW_TEMPORAL_H
#define ROW_TEMPORAL_H

#include "row/value.h"

struct date_time {
    uint32_t year; /* 0 to 9999 */
    uint32_t month, day;
    uint32_t hour, minute, second, microsecond;
};

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY    (INT64_C(86400) * US_PER_SECOND)
/* 838:59:59 */
#define TIME_US_MAX (INT64_C(3020399) * US_PER_SECOND)
/* '-838:59:59.000000' and 'YYYY-MM-DD HH:MM:SS.ffffff', rounded up. */
#define TEMPORAL_TEXT_BYTES_MAX 32
/* TIMESTAMP's range, in microseconds: 1970-01-01 00:00:01 to 2038-01-19 03:14:07.999999 UTC. */
#define TIMESTAMP_US_MIN US_PER_SECOND
#define TIMESTAMP_US_MAX (INT64_C(2147483648) * US_PER_SECOND - 1)

static inline int64_t temporal_pack(const struct date_time *t) {
    uint64_t day = ((uint64_t)t->year * 13 + t->month) << 5 | t->day;
    uint64_t time = (uint64_t)t->hour << 12 | (uint64_t)t->minute << 6 | t->second;
    return (int64_t)((day << 17 | time) << 24 | t->microsecond);
}
struct date_time temporal_unpack(int64_t packed);
/* The date part of a packed date-time. */
static inline int64_t temporal_date_of(int64_t packed) {
    return (int64_t)((uint64_t)packed >> 41 << 41);
}
/* Do the fields name a packed value at all: month <= 12, day <= 31, ... Foreign bytes are asked
 * this. */
bool temporal_packed_valid(int64_t packed);

/* --- sql modes --- */
enum temporal_flag {
    TEMPORAL_NO_ZERO_IN_DATE = 1,   /* month or day 0 is INVALID */
    TEMPORAL_NO_ZERO_DATE = 2,      /* '0000-00-00' is INVALID */
    TEMPORAL_ALLOW_INVALID = 4,     /* '2024-02-31' is legal (ALLOW_INVALID_DATES) */
    TEMPORAL_TRUNCATE_FRACTION = 8, /* TIME_TRUNCATE_FRACTIONAL: cut, do not round */
};
/* Is the packed date legal under the flags; a real calendar day or a legal zero? */
bool temporal_date_legal(int64_t packed, uint32_t flags);

/* --- text ---
 * All spellings of MySQL's manual: any punctuation between parts, two-digit years (70 to 99 are
 * 19xx), 'YYYYMMDDHHMMSS' without separators, 'T', fractions, and an offset '+05:30' at the end,
 * which is returned (offset_minutes, OFFSET_NONE when absent). Statuses: OK; TRUNCATED: rubbish
 * follows, the value stands; INVALID: no legal date. The fraction is rounded to fsp places
 * (carrying), or cut with TEMPORAL_TRUNCATE_FRACTION. */
#define TEMPORAL_OFFSET_NONE INT32_MIN
struct temporal_parsed {
    int64_t packed;
    int32_t offset_minutes; /* TEMPORAL_OFFSET_NONE, or -839 to 840 */
    bool has_time;          /* a time part was given */
    uint8_t fsp;            /* digits of fraction that were given, 6 at most */
};
MUST_USE enum status temporal_parse_date_time(struct slice text, uint8_t fsp, uint32_t flags,
                                              struct temporal_parsed *out);
/* 'D HH:MM:SS.f', 'HH:MM', 'HHMMSS', 'SS', a leading '-', and a date-time, whose time counts.
 * OUT_OF_RANGE clamps to TIME_US_MAX. */
MUST_USE enum status temporal_parse_time(struct slice text, uint8_t fsp, uint32_t flags,
                                         int64_t *us_out);
/* 20240131235959, 240131, 101112 (times): what MySQL makes of integers. */
MUST_USE enum status temporal_from_number(int64_t number, uint32_t flags, int64_t *packed_out);
MUST_USE enum status temporal_time_from_number(int64_t number, int64_t *us_out);
/* 'YY', 'YYYY', numbers 1 to 99: 0 or 1901 to 2155, else OUT_OF_RANGE and 0. `is_text` makes 0 to
 * mean 2000 ('0' and '00'). */
enum year_source { YEAR_OF_NUMBER, YEAR_OF_TEXT };
MUST_USE enum status temporal_year_of(int64_t number, enum year_source source, uint64_t *out);

/* Bytes written; TEMPORAL_TEXT_BYTES_MAX at most. */
size_t temporal_format_date(int64_t packed, uint8_t *memory);
size_t temporal_format_date_time(int64_t packed, uint8_t fsp, uint8_t *memory);
size_t temporal_format_time(int64_t us, uint8_t fsp, uint8_t *memory);
/* 20240131235959 without the fraction; -8385959 for times. */
int64_t temporal_date_time_number(int64_t packed);
int64_t temporal_date_number(int64_t packed);
int64_t temporal_time_number(int64_t us);

/* Rounded or cut to fsp places. A date-time past 9999-12-31 is OUT_OF_RANGE. */
MUST_USE enum status temporal_round_date_time(int64_t packed, uint8_t fsp, uint32_t flags,
                                              int64_t *packed_out);
int64_t temporal_round_time(int64_t us, uint8_t fsp, uint32_t flags);

/* --- calendar; all of them take proleptic Gregorian dates --- */

uint32_t temporal_days_in_month(uint32_t year, uint32_t month);
/* MySQL's TO_DAYS: 1 is 0000-01-01. */
int64_t temporal_day_number(uint32_t year, uint32_t month, uint32_t day);
/* FROM_DAYS: the packed date; 0 (the zero date) outside 366 to 3652424. */
int64_t temporal_from_day_number(int64_t day_number);
/* 0 is Monday (WEEKDAY); of a day number. */
uint32_t temporal_weekday(int64_t day_number);
uint32_t temporal_day_of_year(const struct date_time *date);
/* WEEK(date, mode), modes 0 to 7; *year_out is the year that the week belongs to (YEARWEEK). */
uint32_t temporal_week(const struct date_time *date, uint32_t mode, uint32_t *year_out);
/* Microseconds since 1970 as if the date-time were UTC; and back, OUT_OF_RANGE outside 0000 to
 * 9999. */
int64_t temporal_to_epoch_us(int64_t packed);
MUST_USE enum status temporal_from_epoch_us(int64_t epoch_us, int64_t *packed_out);

/* --- intervals --- */

enum interval_unit {
    INTERVAL_MICROSECOND,
    INTERVAL_SECOND,
    INTERVAL_MINUTE,
    INTERVAL_HOUR,
    INTERVAL_DAY,
    INTERVAL_WEEK,
    INTERVAL_MONTH,
    INTERVAL_QUARTER,
    INTERVAL_YEAR,
    INTERVAL_SECOND_MICROSECOND,
    INTERVAL_MINUTE_MICROSECOND,
    INTERVAL_MINUTE_SECOND,
    INTERVAL_HOUR_MICROSECOND,
    INTERVAL_HOUR_SECOND,
    INTERVAL_HOUR_MINUTE,
    INTERVAL_DAY_MICROSECOND,
    INTERVAL_DAY_SECOND,
    INTERVAL_DAY_MINUTE,
    INTERVAL_DAY_HOUR,
    INTERVAL_YEAR_MONTH,
};
#define INTERVAL_UNIT_COUNT 20

struct interval {
    int64_t months; /* years and quarters included */
    int64_t days;   /* weeks included */
    int64_t us;     /* the rest */
};
/* `INTERVAL value unit`: the value of a composite unit is text such as '1:30'. INVALID for NULL. */
MUST_USE enum status interval_of(enum interval_unit unit, const struct value *value,
                                 struct interval *out);
struct interval interval_negate(struct interval interval);
/* Does adding it to a DATE give a DATETIME? */
bool interval_unit_has_time(enum interval_unit unit);
/* OUT_OF_RANGE (NULL and a warning in MySQL) when the result leaves 0000-00-00 to 9999-12-31. */
MUST_USE enum status temporal_add_interval(int64_t packed, const struct interval *interval,
                                           int64_t *packed_out);
/* TIMESTAMPDIFF(unit, from, to); simple units only. */
int64_t temporal_difference(enum interval_unit unit, int64_t from, int64_t to);

#endif
