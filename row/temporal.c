/* temporal.c: the calendar, packed date-times, rounding and intervals.
 *
 * Day numbers are MySQL's TO_DAYS: 0000-01-01 of the proleptic Gregorian calendar is day 1,
 * 1970-01-01 is 719528, and year 0 is no leap year.
 *
 * All sums of intervals are made in int64 with checks before them: INTERVAL 9223372036854775807
 * YEAR must answer OUT_OF_RANGE, not wrap.
 */
#include "row/temporal.h"

#define EPOCH_DAY_NUMBER      INT64_C(719528)
#define DAY_NUMBER_MAX        INT64_C(3652424) /* 9999-12-31 */
#define FROM_DAYS_MIN         366              /* 0001-01-01 */
#define MONTH_COUNT_MAX       (INT64_C(10000) * 12)
#define INTERVAL_MONTHS_LIMIT INT64_C(1000000)
#define INTERVAL_DAYS_LIMIT   INT64_C(100000000)
#define INTERVAL_US_LIMIT     (INTERVAL_DAYS_LIMIT * 10 * US_PER_SECOND * 1000)

struct date_time temporal_unpack(int64_t packed) {
    uint64_t p = (uint64_t)packed;
    uint64_t year_month = p >> 46;
    return (struct date_time){
        .year = (uint32_t)(year_month / 13),
        .month = (uint32_t)(year_month % 13),
        .day = (uint32_t)(p >> 41 & 31),
        .hour = (uint32_t)(p >> 36 & 31),
        .minute = (uint32_t)(p >> 30 & 63),
        .second = (uint32_t)(p >> 24 & 63),
        .microsecond = (uint32_t)(p & 0xffffff),
    };
}

bool temporal_packed_valid(int64_t packed) {
    if (packed < 0) return false;
    struct date_time t = temporal_unpack(packed);
    return t.year <= 9999 && t.hour < 24 && t.minute < 60 && t.second < 60 &&
           t.microsecond < US_PER_SECOND;
}

static bool is_leap_year(uint32_t year) {
    return (year % 4 == 0 && year % 100 != 0) || (year % 400 == 0 && year != 0);
}

uint32_t temporal_days_in_month(uint32_t year, uint32_t month) {
    static const uint8_t days[] = {31, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    CHECK(month <= 12);
    return month == 2 && is_leap_year(year) ? 29 : days[month];
}

bool temporal_date_legal(int64_t packed, uint32_t flags) {
    struct date_time t = temporal_unpack(packed);
    if (t.year == 0 && t.month == 0 && t.day == 0) return (flags & TEMPORAL_NO_ZERO_DATE) == 0;
    if (t.month == 0 || t.day == 0) return (flags & TEMPORAL_NO_ZERO_IN_DATE) == 0;
    if (flags & TEMPORAL_ALLOW_INVALID) return true;
    return t.day <= temporal_days_in_month(t.year, t.month);
}

/* --- day numbers --- */

int64_t temporal_day_number(uint32_t year, uint32_t month, uint32_t day) {
    if (year == 0 && month == 0) return 0;
    int64_t y = year, days = 365 * y + 31 * ((int64_t)month - 1) + day;
    if (month <= 2) {
        y--;
    } else {
        days -= ((int64_t)month * 4 + 23) / 10;
    }
    if (year == 0 && month <= 2) return days;
    return days + y / 4 - (y / 100 + 1) * 3 / 4;
}

/* Day numbers of real dates, 0000-01-01 included. */
static struct date_time date_of_day_number(int64_t day_number) {
    CHECK(day_number > 0 && day_number <= DAY_NUMBER_MAX);
    uint32_t year = (uint32_t)(day_number * 100 / 36525);
    while (year < 9999 && temporal_day_number(year + 1, 1, 1) <= day_number) year++;
    while (year > 0 && temporal_day_number(year, 1, 1) > day_number) year--;
    uint32_t month = 1;
    while (month < 12 && temporal_day_number(year, month + 1, 1) <= day_number) month++;
    int64_t day = day_number - temporal_day_number(year, month, 1) + 1;
    return (struct date_time){.year = year, .month = month, .day = (uint32_t)day};
}

int64_t temporal_from_day_number(int64_t day_number) {
    if (day_number < FROM_DAYS_MIN || day_number > DAY_NUMBER_MAX) return 0;
    struct date_time date = date_of_day_number(day_number);
    return temporal_pack(&date);
}

uint32_t temporal_weekday(int64_t day_number) {
    int64_t weekday = (day_number + 5) % 7;
    return (uint32_t)(weekday < 0 ? weekday + 7 : weekday);
}

uint32_t temporal_day_of_year(const struct date_time *date) {
    return (uint32_t)(temporal_day_number(date->year, date->month, date->day) -
                      temporal_day_number(date->year, 1, 1) + 1);
}

/* Bits of WEEK's mode: 1 weeks begin on Monday; 2 weeks count from 1 (the days before the first
 * week are of the last year); 4 week 1 is the first with its first weekday in the year, else with
 * four days. */
uint32_t temporal_week(const struct date_time *date, uint32_t mode, uint32_t *year_out) {
    mode &= 7;
    if ((mode & 1) == 0) mode ^= 4;
    bool monday_first = (mode & 1) != 0, from_one = (mode & 2) != 0, by_weekday = (mode & 4) != 0;
    int64_t day = temporal_day_number(date->year, date->month, date->day);
    int64_t first = temporal_day_number(date->year, 1, 1);
    uint32_t weekday = (temporal_weekday(first) + !monday_first) % 7;
    uint32_t year = date->year, days_in_year;
    *year_out = year;
    if (date->month == 1 && date->day <= 7 - weekday) {
        bool before_first = by_weekday ? weekday != 0 : weekday >= 4;
        if (!from_one && before_first) return 0;
        if (before_first) { /* in the last week of the year before */
            year = year == 0 ? 0 : year - 1;
            *year_out = year;
            days_in_year = is_leap_year(year) ? 366 : 365;
            first -= days_in_year;
            weekday = (weekday + 53 * 7 - days_in_year) % 7;
            from_one = false; /* its weeks are counted to the end */
        }
    }
    bool starts_late = by_weekday ? weekday != 0 : weekday >= 4;
    int64_t since = starts_late ? day - (first + 7 - weekday) : day - (first - weekday);
    if (from_one && since >= 52 * 7) {
        days_in_year = is_leap_year(year) ? 366 : 365;
        weekday = (weekday + days_in_year) % 7;
        if (by_weekday ? weekday == 0 : weekday < 4) {
            *year_out = year + 1;
            return 1;
        }
    }
    return (uint32_t)(since / 7 + 1);
}

/* --- microseconds --- */

static int64_t time_of_day_us(const struct date_time *t) {
    return (((int64_t)t->hour * 60 + t->minute) * 60 + t->second) * US_PER_SECOND + t->microsecond;
}

static void set_time_of_day(struct date_time *t, int64_t us) {
    t->microsecond = (uint32_t)(us % US_PER_SECOND);
    int64_t seconds = us / US_PER_SECOND;
    t->second = (uint32_t)(seconds % 60);
    t->minute = (uint32_t)(seconds / 60 % 60);
    t->hour = (uint32_t)(seconds / 3600);
}

/* Since day number 0. */
static int64_t linear_us(const struct date_time *t) {
    return temporal_day_number(t->year, t->month, t->day) * US_PER_DAY + time_of_day_us(t);
}

static enum status from_linear_us(int64_t us, int64_t *packed_out) {
    if (us < US_PER_DAY || us / US_PER_DAY > DAY_NUMBER_MAX) return STATUS_OUT_OF_RANGE;
    struct date_time t = date_of_day_number(us / US_PER_DAY);
    set_time_of_day(&t, us % US_PER_DAY);
    *packed_out = temporal_pack(&t);
    return STATUS_OK;
}

int64_t temporal_to_epoch_us(int64_t packed) {
    struct date_time t = temporal_unpack(packed);
    return linear_us(&t) - EPOCH_DAY_NUMBER * US_PER_DAY;
}

enum status temporal_from_epoch_us(int64_t epoch_us, int64_t *packed_out) {
    if (epoch_us > DAY_NUMBER_MAX * US_PER_DAY) return STATUS_OUT_OF_RANGE;
    return from_linear_us(epoch_us + EPOCH_DAY_NUMBER * US_PER_DAY, packed_out);
}

/* --- rounding --- */

static int64_t fsp_unit_us(uint8_t fsp) {
    static const int32_t units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    return units[MIN(fsp, FSP_MAX)];
}

enum status temporal_round_date_time(int64_t packed, uint8_t fsp, uint32_t flags,
                                     int64_t *packed_out) {
    int64_t unit = fsp_unit_us(fsp), us = packed & 0xffffff, rest = us % unit;
    *packed_out = packed - rest;
    if (rest == 0 || (flags & TEMPORAL_TRUNCATE_FRACTION) || rest * 2 < unit) return STATUS_OK;
    us += unit - rest;
    if (us < US_PER_SECOND) {
        *packed_out = packed - rest + unit;
        return STATUS_OK;
    }
    struct date_time t = temporal_unpack(packed);
    int64_t time = time_of_day_us(&t) - rest + unit;
    if (time < US_PER_DAY) { /* stays on its day, zero dates too */
        set_time_of_day(&t, time);
        *packed_out = temporal_pack(&t);
        return STATUS_OK;
    }
    if (t.month == 0 || t.day == 0) return STATUS_OUT_OF_RANGE;
    t.microsecond = 0;
    return from_linear_us((linear_us(&t) / US_PER_SECOND + 1) * US_PER_SECOND, packed_out);
}

int64_t temporal_round_time(int64_t us, uint8_t fsp, uint32_t flags) {
    int64_t unit = fsp_unit_us(fsp), rest = us % unit; /* the sign of us */
    int64_t cut = us - rest;
    if ((flags & TEMPORAL_TRUNCATE_FRACTION) || (rest < 0 ? -rest : rest) * 2 < unit) return cut;
    int64_t rounded = us < 0 ? cut - unit : cut + unit;
    return MAX(MIN(rounded, TIME_US_MAX), -TIME_US_MAX);
}

/* --- numbers: 20240131235959 --- */

int64_t temporal_date_number(int64_t packed) {
    struct date_time t = temporal_unpack(packed);
    return ((int64_t)t.year * 100 + t.month) * 100 + t.day;
}

int64_t temporal_date_time_number(int64_t packed) {
    struct date_time t = temporal_unpack(packed);
    return temporal_date_number(packed) * 1000000 + ((int64_t)t.hour * 100 + t.minute) * 100 +
           t.second;
}

int64_t temporal_time_number(int64_t us) {
    int64_t seconds = (us < 0 ? -us : us) / US_PER_SECOND;
    int64_t number = (seconds / 3600 * 100 + seconds / 60 % 60) * 100 + seconds % 60;
    return us < 0 ? -number : number;
}

/* YYMMDD is 2000 to 2069 and 1970 to 1999. */
static int64_t full_year(int64_t two_digits) {
    return two_digits < 70 ? two_digits + 2000 : two_digits + 1900;
}

enum status temporal_from_number(int64_t number, uint32_t flags, int64_t *packed_out) {
    *packed_out = 0;
    if (number == 0) return flags & TEMPORAL_NO_ZERO_DATE ? STATUS_INVALID : STATUS_OK;
    if (number < 0) return STATUS_INVALID;
    int64_t date = number, time = 0;
    if (number > 99991231) {
        date = number / 1000000;
        time = number % 1000000;
        if (number < INT64_C(10000101000000)) { /* YYMMDDHHMMSS */
            if (date > 991231) return STATUS_INVALID;
            date += full_year(date / 10000) * 10000 - date / 10000 * 10000;
        }
    } else if (number < 10000101) {
        if (number > 991231) return STATUS_INVALID;
        date += full_year(date / 10000) * 10000 - date / 10000 * 10000;
    }
    if (date > 99991231) return STATUS_INVALID;
    struct date_time t = {
        .year = (uint32_t)(date / 10000),
        .month = (uint32_t)(date / 100 % 100),
        .day = (uint32_t)(date % 100),
        .hour = (uint32_t)(time / 10000),
        .minute = (uint32_t)(time / 100 % 100),
        .second = (uint32_t)(time % 100),
    };
    if (t.month > 12 || t.day > 31 || t.hour > 23 || t.minute > 59 || t.second > 59) {
        return STATUS_INVALID;
    }
    int64_t packed = temporal_pack(&t);
    if (!temporal_date_legal(packed, flags)) return STATUS_INVALID;
    *packed_out = packed;
    return STATUS_OK;
}

enum status temporal_time_from_number(int64_t number, int64_t *us_out) {
    uint64_t n = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    if (n > 8385959) {
        int64_t packed;
        if (number > 0 && temporal_from_number(number, 0, &packed) == STATUS_OK &&
            number > INT64_C(10000000000)) { /* a date-time's time */
            struct date_time t = temporal_unpack(packed);
            *us_out = time_of_day_us(&t);
            return STATUS_OK;
        }
        *us_out = number < 0 ? -TIME_US_MAX : TIME_US_MAX;
        return STATUS_OUT_OF_RANGE;
    }
    int64_t hours = (int64_t)(n / 10000), minutes = (int64_t)(n / 100 % 100),
            seconds = (int64_t)(n % 100);
    *us_out = 0;
    if (minutes > 59 || seconds > 59) return STATUS_INVALID;
    int64_t us = ((hours * 60 + minutes) * 60 + seconds) * US_PER_SECOND;
    *us_out = number < 0 ? -us : us;
    return STATUS_OK;
}

enum status temporal_year_of(int64_t number, enum year_source source, uint64_t *out) {
    *out = 0;
    if (number == 0) {
        if (source == YEAR_OF_TEXT) *out = 2000;
        return STATUS_OK;
    }
    if (number > 0 && number < 100) number = full_year(number);
    if (number < 1901 || number > 2155) return STATUS_OUT_OF_RANGE;
    *out = (uint64_t)number;
    return STATUS_OK;
}

/* --- intervals --- */

bool interval_unit_has_time(enum interval_unit unit) {
    switch (unit) {
    case INTERVAL_DAY:
    case INTERVAL_WEEK:
    case INTERVAL_MONTH:
    case INTERVAL_QUARTER:
    case INTERVAL_YEAR:
    case INTERVAL_YEAR_MONTH: return false;
    case INTERVAL_MICROSECOND:
    case INTERVAL_SECOND:
    case INTERVAL_MINUTE:
    case INTERVAL_HOUR:
    case INTERVAL_SECOND_MICROSECOND:
    case INTERVAL_MINUTE_MICROSECOND:
    case INTERVAL_MINUTE_SECOND:
    case INTERVAL_HOUR_MICROSECOND:
    case INTERVAL_HOUR_SECOND:
    case INTERVAL_HOUR_MINUTE:
    case INTERVAL_DAY_MICROSECOND:
    case INTERVAL_DAY_SECOND:
    case INTERVAL_DAY_MINUTE:
    case INTERVAL_DAY_HOUR: return true;
    }
    return false;
}

/* What one number of a (composite) unit counts: months, days or microseconds. */
struct interval_field {
    uint8_t is_months, is_days;
    int64_t factor;
};
static const struct interval_field field_us = {0, 0, 1};
static const struct interval_field field_second = {0, 0, US_PER_SECOND};
static const struct interval_field field_minute = {0, 0, 60 * US_PER_SECOND};
static const struct interval_field field_hour = {0, 0, 3600 * US_PER_SECOND};
static const struct interval_field field_day = {0, 1, 1};
static const struct interval_field field_week = {0, 1, 7};
static const struct interval_field field_month = {1, 0, 1};
static const struct interval_field field_quarter = {1, 0, 3};
static const struct interval_field field_year = {1, 0, 12};

#define INTERVAL_FIELD_COUNT_MAX 5
struct interval_unit_fields {
    uint8_t count;
    bool ends_with_fraction; /* the last number is microseconds, written as a fraction's digits */
    const struct interval_field *fields[INTERVAL_FIELD_COUNT_MAX];
};
static const struct interval_unit_fields unit_fields[INTERVAL_UNIT_COUNT] = {
    [INTERVAL_MICROSECOND] = {1, false, {&field_us}},
    [INTERVAL_SECOND] = {1, false, {&field_second}},
    [INTERVAL_MINUTE] = {1, false, {&field_minute}},
    [INTERVAL_HOUR] = {1, false, {&field_hour}},
    [INTERVAL_DAY] = {1, false, {&field_day}},
    [INTERVAL_WEEK] = {1, false, {&field_week}},
    [INTERVAL_MONTH] = {1, false, {&field_month}},
    [INTERVAL_QUARTER] = {1, false, {&field_quarter}},
    [INTERVAL_YEAR] = {1, false, {&field_year}},
    [INTERVAL_SECOND_MICROSECOND] = {2, true, {&field_second, &field_us}},
    [INTERVAL_MINUTE_MICROSECOND] = {3, true, {&field_minute, &field_second, &field_us}},
    [INTERVAL_MINUTE_SECOND] = {2, false, {&field_minute, &field_second}},
    [INTERVAL_HOUR_MICROSECOND] = {4, true, {&field_hour, &field_minute, &field_second, &field_us}},
    [INTERVAL_HOUR_SECOND] = {3, false, {&field_hour, &field_minute, &field_second}},
    [INTERVAL_HOUR_MINUTE] = {2, false, {&field_hour, &field_minute}},
    [INTERVAL_DAY_MICROSECOND] =
        {5, true, {&field_day, &field_hour, &field_minute, &field_second, &field_us}},
    [INTERVAL_DAY_SECOND] = {4, false, {&field_day, &field_hour, &field_minute, &field_second}},
    [INTERVAL_DAY_MINUTE] = {3, false, {&field_day, &field_hour, &field_minute}},
    [INTERVAL_DAY_HOUR] = {2, false, {&field_day, &field_hour}},
    [INTERVAL_YEAR_MONTH] = {2, false, {&field_year, &field_month}},
};

/* OUT_OF_RANGE stays with the interval as a value that no date survives. */
static void interval_add_field(struct interval *interval, const struct interval_field *field,
                               int64_t number) {
    int64_t *sum = field->is_months ? &interval->months
                   : field->is_days ? &interval->days
                                    : &interval->us;
    int64_t limit = field->is_months ? INTERVAL_MONTHS_LIMIT
                    : field->is_days ? INTERVAL_DAYS_LIMIT
                                     : INTERVAL_US_LIMIT;
    int64_t product;
    if (__builtin_mul_overflow(number, field->factor, &product) ||
        __builtin_add_overflow(*sum, product, sum) || *sum > limit || *sum < -limit) {
        *sum = number < 0 ? -limit : limit;
    }
}

struct interval_scan {
    int64_t numbers[INTERVAL_FIELD_COUNT_MAX];
    uint32_t digits[INTERVAL_FIELD_COUNT_MAX];
    uint32_t count;
    bool negative;
};

/* All numbers of the text, whatever stands between them. */
static void interval_scan(struct slice text, struct interval_scan *scan) {
    *scan = (struct interval_scan){.count = 0};
    size_t at = 0;
    while (at < text.size && (text.data[at] < '0' || text.data[at] > '9')) {
        if (text.data[at] == '-') scan->negative = true;
        at++;
    }
    while (at < text.size && scan->count < INTERVAL_FIELD_COUNT_MAX) {
        int64_t number = 0;
        uint32_t digits = 0;
        for (; at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; at++, digits++) {
            if (number < INT64_MAX / 20) number = number * 10 + (text.data[at] - '0');
        }
        scan->numbers[scan->count] = number;
        scan->digits[scan->count++] = digits;
        while (at < text.size && (text.data[at] < '0' || text.data[at] > '9')) at++;
    }
}

static enum status interval_of_text(const struct interval_unit_fields *fields, struct slice text,
                                    struct interval *out) {
    struct interval_scan scan;
    interval_scan(text, &scan);
    if (scan.count == 0) return STATUS_OK; /* MySQL takes it as 0 */
    if (scan.count > fields->count) return STATUS_INVALID;
    uint32_t missing = fields->count - scan.count; /* the leftmost ones */
    for (uint32_t i = 0; i < scan.count; i++) {
        int64_t number = scan.numbers[i];
        if (fields->ends_with_fraction && i + 1 == scan.count) {
            for (uint32_t digits = scan.digits[i]; digits < FSP_MAX; digits++) number *= 10;
        }
        interval_add_field(out, fields->fields[missing + i], scan.negative ? -number : number);
    }
    return STATUS_OK;
}

enum status interval_of(enum interval_unit unit, const struct value *value, struct interval *out) {
    *out = (struct interval){0, 0, 0};
    if (value_is_null(value)) return STATUS_INVALID;
    const struct interval_unit_fields *fields = &unit_fields[unit];
    if (fields->count > 1) {
        uint8_t memory[VALUE_TEXT_BYTES_MAX];
        return interval_of_text(fields, value_text(value, memory), out);
    }
    if (unit == INTERVAL_SECOND) { /* keeps its fraction */
        struct decimal seconds, micros = decimal_from_uint(US_PER_SECOND, 0);
        enum status status = value_to_decimal(value, &seconds);
        if (status == STATUS_OK || status == STATUS_TRUNCATED) {
            status = decimal_mul(&seconds, &micros, &micros);
        }
        int64_t us = 0;
        if (decimal_to_int(&micros, &us) == STATUS_OUT_OF_RANGE) us = INTERVAL_US_LIMIT;
        interval_add_field(out, &field_us, us);
        return STATUS_OK;
    }
    int64_t number;
    if (value->kind == VALUE_STRING) { /* '1.9' is 1; a number 1.9 is 2 */
        struct decimal decimal;
        enum status read = decimal_from_text(value_slice(value), &decimal);
        if (read == STATUS_OK || read == STATUS_TRUNCATED) {
            read = decimal_round(&decimal, 0, DECIMAL_TOWARD_ZERO, &decimal);
        }
        if (decimal_to_int(&decimal, &number) == STATUS_OUT_OF_RANGE) number = INTERVAL_DAYS_LIMIT;
        interval_add_field(out, fields->fields[0], number);
        return STATUS_OK;
    }
    enum status status = value_to_int(value, &number);
    if (status == STATUS_OUT_OF_RANGE && value->kind == VALUE_UINT) number = INT64_MAX;
    interval_add_field(out, fields->fields[0], number);
    return STATUS_OK;
}

struct interval interval_negate(struct interval interval) {
    return (struct interval){-interval.months, -interval.days, -interval.us};
}

enum status temporal_add_interval(int64_t packed, const struct interval *interval,
                                  int64_t *packed_out) {
    struct date_time t = temporal_unpack(packed);
    if (interval->months < -INTERVAL_MONTHS_LIMIT || interval->months > INTERVAL_MONTHS_LIMIT ||
        interval->days < -INTERVAL_DAYS_LIMIT || interval->days > INTERVAL_DAYS_LIMIT) {
        return STATUS_OUT_OF_RANGE;
    }
    if (interval->months != 0) {
        int64_t months = (int64_t)t.year * 12 + t.month - 1 + interval->months;
        if (months < 0 || months >= MONTH_COUNT_MAX) return STATUS_OUT_OF_RANGE;
        t.year = (uint32_t)(months / 12);
        t.month = (uint32_t)(months % 12 + 1);
        t.day = MIN(t.day, temporal_days_in_month(t.year, t.month));
    }
    if (interval->days == 0 && interval->us == 0) {
        *packed_out = temporal_pack(&t);
        return STATUS_OK;
    }
    int64_t us = interval->us;
    int64_t days = interval->days + us / US_PER_DAY;
    us = us % US_PER_DAY + time_of_day_us(&t);
    if (t.month == 0) return STATUS_OUT_OF_RANGE;
    days += temporal_day_number(t.year, t.month, t.day);
    if (days < -2 || days > DAY_NUMBER_MAX + 2) return STATUS_OUT_OF_RANGE;
    return from_linear_us(days * US_PER_DAY + us, packed_out);
}

/* Whole months between two date-times, toward zero. */
static int64_t months_between(int64_t from, int64_t to) {
    bool negative = to < from;
    struct date_time a = temporal_unpack(negative ? to : from);
    struct date_time b = temporal_unpack(negative ? from : to);
    int64_t months = ((int64_t)b.year - a.year) * 12 + b.month - a.month;
    int64_t a_rest = (int64_t)a.day * US_PER_DAY + time_of_day_us(&a);
    int64_t b_rest = (int64_t)b.day * US_PER_DAY + time_of_day_us(&b);
    if (b_rest < a_rest) months--;
    return negative ? -months : months;
}

int64_t temporal_difference(enum interval_unit unit, int64_t from, int64_t to) {
    const struct interval_unit_fields *fields = &unit_fields[unit];
    CHECK(fields->count == 1);
    const struct interval_field *field = fields->fields[0];
    if (field->is_months) return months_between(from, to) / field->factor;
    struct date_time a = temporal_unpack(from), b = temporal_unpack(to);
    int64_t us = linear_us(&b) - linear_us(&a);
    return us / (field->is_days ? field->factor * US_PER_DAY : field->factor);
}
