/* function_times.c: DATE to YEARWEEK: the parts of dates and times, and dates and times of parts.
 *
 * Parts that are only looked at may be zero ('2024-00-00' has a year); what counts days wants a real one.
 */
#include "sql/function_private.h"

const char *const function_month_names[12] = {"January",   "February", "March",    "April",
                                              "May",       "June",     "July",     "August",
                                              "September", "October",  "November", "December"};
const char *const function_day_names[7] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                           "Friday", "Saturday", "Sunday"};

/* ---- parts of a date ---- */

static enum status resolve_two_digits(struct function_call *call) {
    function_type_int(call, 2);
    return STATUS_OK;
}
static enum status resolve_year(struct function_call *call) {
    function_type_int(call, 4);
    return STATUS_OK;
}
static enum status resolve_number(struct function_call *call) {
    function_type_int(call, 10);
    return STATUS_OK;
}

/* One of these for each function: the number, or NULL below 0. */
typedef int64_t date_part_function(const struct date_time *t, int64_t mode);

struct date_part {
    enum function_date_need need;
    date_part_function *part;
};

static int64_t part_year(const struct date_time *t, int64_t mode) {
    (void)mode;
    return t->year;
}
static int64_t part_quarter(const struct date_time *t, int64_t mode) {
    (void)mode;
    return (t->month + 2) / 3;
}
static int64_t part_month(const struct date_time *t, int64_t mode) {
    (void)mode;
    return t->month;
}
static int64_t part_day(const struct date_time *t, int64_t mode) {
    (void)mode;
    return t->day;
}
static int64_t day_number(const struct date_time *t) {
    return temporal_day_number(t->year, t->month, t->day);
}
static int64_t part_to_days(const struct date_time *t, int64_t mode) {
    (void)mode;
    return day_number(t);
}
static int64_t part_to_seconds(const struct date_time *t, int64_t mode) {
    (void)mode;
    return day_number(t) * 86400 + ((int64_t)t->hour * 60 + t->minute) * 60 + t->second;
}
static int64_t part_weekday(const struct date_time *t, int64_t mode) {
    (void)mode;
    return temporal_weekday(day_number(t));
}
static int64_t part_day_of_week(const struct date_time *t, int64_t mode) {
    (void)mode;
    return (temporal_weekday(day_number(t)) + 1) % 7 + 1;
}
static int64_t part_day_of_year(const struct date_time *t, int64_t mode) {
    (void)mode;
    return temporal_day_of_year(t);
}
static int64_t part_week(const struct date_time *t, int64_t mode) {
    uint32_t year;
    return temporal_week(t, (uint32_t)mode & 7, &year);
}
static int64_t part_week_of_year(const struct date_time *t, int64_t mode) {
    (void)mode;
    return part_week(t, 3);
}
/* The year must be the week's: bit 1 of the mode. */
static int64_t part_year_week(const struct date_time *t, int64_t mode) {
    uint32_t year;
    uint32_t week = temporal_week(t, ((uint32_t)mode & 7) | 2, &year);
    return (int64_t)year * 100 + week;
}

/* The second argument, or `mode`. */
static enum status date_part_mode(const struct expr *expr, struct eval_context *context,
                                  const struct date_part *part, int64_t mode, struct value *out) {
    struct function_moment moment;
    bool is_null;
    *out = value_null();
    enum status status =
        function_read_moment(expr->args[0], context, part->need, &moment, &is_null);
    if (status == STATUS_OK && !is_null && expr->arg_count == 2) {
        status = function_read_int(expr->args[1], context, &mode, &is_null);
    }
    if (status != STATUS_OK || is_null) return status;
    struct date_time t = temporal_unpack(moment.packed);
    *out = value_of_int(part->part(&t, mode));
    return STATUS_OK;
}

static enum status date_part(const struct expr *expr, struct eval_context *context,
                             const struct date_part *part, struct value *out) {
    return date_part_mode(expr, context, part, 0, out);
}

static enum status eval_year(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    static const struct date_part part = {DATE_AS_IT_IS, part_year};
    return date_part(expr, context, &part, out);
}
static enum status eval_quarter(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    static const struct date_part part = {DATE_AS_IT_IS, part_quarter};
    return date_part(expr, context, &part, out);
}
static enum status eval_month(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    static const struct date_part part = {DATE_AS_IT_IS, part_month};
    return date_part(expr, context, &part, out);
}
static enum status eval_day(const struct expr *expr, struct eval_context *context,
                            struct value *out) {
    static const struct date_part part = {DATE_AS_IT_IS, part_day};
    return date_part(expr, context, &part, out);
}
static enum status eval_to_days(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    static const struct date_part part = {DATE_WHOLE, part_to_days};
    return date_part(expr, context, &part, out);
}
static enum status eval_to_seconds(const struct expr *expr, struct eval_context *context,
                                   struct value *out) {
    static const struct date_part part = {DATE_WHOLE, part_to_seconds};
    return date_part(expr, context, &part, out);
}
static enum status eval_weekday(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    static const struct date_part part = {DATE_WHOLE, part_weekday};
    return date_part(expr, context, &part, out);
}
static enum status eval_day_of_week(const struct expr *expr, struct eval_context *context,
                                    struct value *out) {
    static const struct date_part part = {DATE_WHOLE, part_day_of_week};
    return date_part(expr, context, &part, out);
}
static enum status eval_day_of_year(const struct expr *expr, struct eval_context *context,
                                    struct value *out) {
    static const struct date_part part = {DATE_WHOLE, part_day_of_year};
    return date_part(expr, context, &part, out);
}
static enum status eval_week(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    static const struct date_part part = {DATE_WHOLE, part_week};
    return date_part_mode(expr, context, &part, context->week_format, out);
}
static enum status eval_week_of_year(const struct expr *expr, struct eval_context *context,
                                     struct value *out) {
    static const struct date_part part = {DATE_WHOLE, part_week_of_year};
    return date_part(expr, context, &part, out);
}
static enum status eval_year_week(const struct expr *expr, struct eval_context *context,
                                  struct value *out) {
    static const struct date_part part = {DATE_WHOLE, part_year_week};
    return date_part(expr, context, &part, out);
}

/* ---- names ---- */

#define NAME_CHARS_MAX 9

static enum status resolve_name(struct function_call *call) {
    function_type_ascii(call, NAME_CHARS_MAX);
    return STATUS_OK;
}

static enum status eval_day_name(const struct expr *expr, struct eval_context *context,
                                 struct value *out) {
    struct value weekday;
    enum status status = eval_weekday(expr, context, &weekday);
    *out = weekday;
    if (status != STATUS_OK || value_is_null(&weekday)) return status;
    *out = function_text_result(expr, slice_of_text(function_day_names[weekday.i]));
    return STATUS_OK;
}

static enum status eval_month_name(const struct expr *expr, struct eval_context *context,
                                   struct value *out) {
    struct value month;
    enum status status = eval_month(expr, context, &month);
    *out = value_null();
    if (status != STATUS_OK || value_is_null(&month) || month.i == 0) return status;
    *out = function_text_result(expr, slice_of_text(function_month_names[month.i - 1]));
    return STATUS_OK;
}

/* ---- parts of a time ---- */

static enum status time_part(const struct expr *expr, struct eval_context *context, int64_t unit_us,
                             int64_t modulus, struct value *out) {
    int64_t us;
    bool is_null;
    *out = value_null();
    enum status status = function_read_time(expr->args[0], context, &us, &is_null);
    if (status != STATUS_OK || is_null) return status;
    *out = value_of_int((us < 0 ? -us : us) / unit_us % modulus);
    return STATUS_OK;
}

static enum status eval_hour(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    return time_part(expr, context, 3600 * US_PER_SECOND, INT64_MAX, out);
}
static enum status eval_minute(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    return time_part(expr, context, 60 * US_PER_SECOND, 60, out);
}
static enum status eval_second(const struct expr *expr, struct eval_context *context,
                               struct value *out) {
    return time_part(expr, context, US_PER_SECOND, 60, out);
}
static enum status eval_microsecond(const struct expr *expr, struct eval_context *context,
                                    struct value *out) {
    return time_part(expr, context, 1, US_PER_SECOND, out);
}

static enum status eval_time_to_sec(const struct expr *expr, struct eval_context *context,
                                    struct value *out) {
    int64_t us;
    bool is_null;
    *out = value_null();
    enum status status = function_read_time(expr->args[0], context, &us, &is_null);
    if (status == STATUS_OK && !is_null) *out = value_of_int(us / US_PER_SECOND);
    return status;
}

/* ---- EXTRACT(unit, moment) ---- */

/* Composite units are their parts' digits in a row: 2 for each, 6 for microseconds. */
static int64_t extract(enum interval_unit unit, const struct date_time *t) {
    int64_t hm = (int64_t)t->hour * 100 + t->minute, ms = (int64_t)t->minute * 100 + t->second;
    int64_t hms = hm * 100 + t->second, us = t->microsecond, day = t->day;
    switch (unit) {
    case INTERVAL_MICROSECOND: return us;
    case INTERVAL_SECOND: return t->second;
    case INTERVAL_MINUTE: return t->minute;
    case INTERVAL_HOUR: return t->hour;
    case INTERVAL_DAY: return day;
    case INTERVAL_WEEK: return part_week(t, 0);
    case INTERVAL_MONTH: return t->month;
    case INTERVAL_QUARTER: return part_quarter(t, 0);
    case INTERVAL_YEAR: return t->year;
    case INTERVAL_SECOND_MICROSECOND: return t->second * INT64_C(1000000) + us;
    case INTERVAL_MINUTE_MICROSECOND: return ms * 1000000 + us;
    case INTERVAL_MINUTE_SECOND: return ms;
    case INTERVAL_HOUR_MICROSECOND: return hms * 1000000 + us;
    case INTERVAL_HOUR_SECOND: return hms;
    case INTERVAL_HOUR_MINUTE: return hm;
    case INTERVAL_DAY_MICROSECOND: return (day * 1000000 + hms) * 1000000 + us;
    case INTERVAL_DAY_SECOND: return day * 1000000 + hms;
    case INTERVAL_DAY_MINUTE: return day * 10000 + hm;
    case INTERVAL_DAY_HOUR: return day * 100 + t->hour;
    case INTERVAL_YEAR_MONTH: return (int64_t)t->year * 100 + t->month;
    }
    UNREACHABLE();
}

static bool unit_is_of_date(enum interval_unit unit) {
    return (unit >= INTERVAL_DAY && unit <= INTERVAL_YEAR) || unit == INTERVAL_YEAR_MONTH;
}

static struct date_time fields_of_time(int64_t us) {
    uint64_t magnitude = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
    uint64_t seconds = magnitude / (uint64_t)US_PER_SECOND;
    return (struct date_time){.hour = (uint32_t)(seconds / 3600),
                              .minute = (uint32_t)(seconds / 60 % 60),
                              .second = (uint32_t)(seconds % 60),
                              .microsecond = (uint32_t)(magnitude % (uint64_t)US_PER_SECOND)};
}

static enum status eval_extract(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    enum interval_unit unit = (enum interval_unit)expr->args[0]->value.i;
    struct function_moment moment;
    bool is_null;
    *out = value_null();
    enum function_date_need need = unit == INTERVAL_WEEK ? DATE_WHOLE : DATE_AS_IT_IS;
    enum status status = unit_is_of_date(unit)
                             ? function_read_moment(expr->args[1], context, need, &moment, &is_null)
                             : function_read_either(expr->args[1], context, &moment, &is_null);
    if (status != STATUS_OK || is_null) return status;
    struct date_time t =
        moment.is_time ? fields_of_time(moment.us) : temporal_unpack(moment.packed);
    int64_t number = extract(unit, &t);
    *out = value_of_int(moment.is_time && moment.us < 0 ? -number : number);
    return STATUS_OK;
}

/* ---- making dates and times ---- */

static enum status resolve_date(struct function_call *call) {
    function_type_temporal(call, COLUMN_DATE, 0);
    return STATUS_OK;
}

static enum status resolve_time(struct function_call *call) {
    function_type_temporal(call, COLUMN_TIME, function_fsp_of(call->expr->args[0]));
    return STATUS_OK;
}

static enum status resolve_timestamp(struct function_call *call) {
    uint8_t fsp = function_fsp_of(call->expr->args[0]);
    if (call->expr->arg_count == 2) fsp = MAX(fsp, function_fsp_of(call->expr->args[1]));
    function_type_temporal(call, COLUMN_DATETIME, fsp);
    return STATUS_OK;
}

static enum status eval_date(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    struct function_moment moment;
    bool is_null;
    *out = value_null();
    enum status status =
        function_read_moment(expr->args[0], context, DATE_BY_MODE, &moment, &is_null);
    if (status == STATUS_OK && !is_null) *out = function_date_time_result(expr, moment.packed);
    return status;
}

static enum status eval_time(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    int64_t us;
    bool is_null;
    *out = value_null();
    enum status status = function_read_time(expr->args[0], context, &us, &is_null);
    if (status == STATUS_OK && !is_null) *out = function_time_result(expr, context, us);
    return status;
}

static enum status eval_timestamp(const struct expr *expr, struct eval_context *context,
                                  struct value *out) {
    struct function_moment moment;
    bool is_null;
    bool adds = expr->arg_count == 2;
    *out = value_null();
    enum status status = function_read_moment(expr->args[0], context,
                                              adds ? DATE_WHOLE : DATE_BY_MODE, &moment, &is_null);
    if (status == STATUS_OK && !is_null && adds) {
        struct interval interval = {0, 0, 0};
        status = function_read_time(expr->args[1], context, &interval.us, &is_null);
        if (status != STATUS_OK || is_null) return status;
        is_null = temporal_add_interval(moment.packed, &interval, &moment.packed) != STATUS_OK;
    }
    if (status == STATUS_OK && !is_null) *out = function_date_time_result(expr, moment.packed);
    return status;
}

static enum status eval_last_day(const struct expr *expr, struct eval_context *context,
                                 struct value *out) {
    struct function_moment moment;
    bool is_null;
    *out = value_null();
    enum status status =
        function_read_moment(expr->args[0], context, DATE_AS_IT_IS, &moment, &is_null);
    if (status != STATUS_OK || is_null) return status;
    struct date_time t = temporal_unpack(moment.packed);
    if (t.month == 0) return STATUS_OK;
    t.day = temporal_days_in_month(t.year, t.month);
    *out = function_date_time_result(expr, temporal_pack(&t));
    return STATUS_OK;
}

#define DAY_NUMBER_MAX INT64_C(3652424)

static enum status eval_from_days(const struct expr *expr, struct eval_context *context,
                                  struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "i", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    *out = function_date_time_result(expr, temporal_from_day_number(in.args[0].i));
    return STATUS_OK;
}

static enum status eval_make_date(const struct expr *expr, struct eval_context *context,
                                  struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "ii", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    int64_t year = in.args[0].i, day = in.args[1].i;
    if (year < 0 || year > 9999 || day <= 0 || day > DAY_NUMBER_MAX) return STATUS_OK;
    if (year < 100) year += year < 70 ? 2000 : 1900;
    int64_t number = temporal_day_number((uint32_t)year, 1, 1) + day - 1;
    if (number > DAY_NUMBER_MAX) return STATUS_OK;
    *out = function_date_time_result(expr, temporal_from_day_number(number));
    return STATUS_OK;
}

/* Seconds with their fraction in microseconds; INT64_MAX when there are too many. */
static enum status micros_of(struct eval_context *context, const struct value *seconds,
                             int64_t *us_out) {
    struct decimal decimal, million = decimal_from_uint(US_PER_SECOND, 0);
    enum status status = function_decimal(context, seconds, &decimal);
    if (status != STATUS_OK) return status;
    *us_out = decimal.negative ? -INT64_MAX : INT64_MAX;
    if (decimal_mul(&decimal, &million, &decimal) != STATUS_OUT_OF_RANGE) {
        status = decimal_to_int(&decimal, us_out);
    }
    return STATUS_OK;
}

static enum status resolve_make_time(struct function_call *call) {
    function_type_temporal(call, COLUMN_TIME, function_fsp_of(call->expr->args[2]));
    return STATUS_OK;
}

static enum status eval_make_time(const struct expr *expr, struct eval_context *context,
                                  struct value *out) {
    struct function_input in;
    int64_t us;
    enum status status = function_read(expr, context, "iiv", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    status = micros_of(context, &in.args[2].value, &us);
    if (status != STATUS_OK) return status;
    int64_t hour = in.args[0].i, minute = in.args[1].i;
    if (minute < 0 || minute > 59 || us < 0 || us >= 60 * US_PER_SECOND) return STATUS_OK;
    int64_t hours = MIN(hour < 0 ? -MAX(hour, -INT64_C(1000000)) : hour, INT64_C(1000000));
    us += (hours * 60 + minute) * 60 * US_PER_SECOND;
    *out = function_time_result(expr, context, hour < 0 ? -us : us);
    return STATUS_OK;
}

static enum status eval_sec_to_time(const struct expr *expr, struct eval_context *context,
                                    struct value *out) {
    struct function_input in;
    int64_t us;
    enum status status = function_read(expr, context, "v", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    status = micros_of(context, &in.args[0].value, &us);
    if (status != STATUS_OK) return status;
    if (us > TIME_US_MAX || us < -TIME_US_MAX) {
        expr_tell_truncated(context, "time", &in.args[0].value);
        us = us < 0 ? -TIME_US_MAX : TIME_US_MAX;
    }
    *out = function_time_result(expr, context, us);
    return STATUS_OK;
}

/* ---- periods: YYMM and YYYYMM ---- */

static bool period_months(int64_t period, int64_t *months_out) {
    int64_t year = period / 100, month = period % 100;
    if (period <= 0 || month == 0 || month > 12 || year > 9999) return false;
    if (year < 100) year += year < 70 ? 2000 : 1900;
    *months_out = year * 12 + month - 1;
    return true;
}

static enum status tell_period(const struct expr *expr, struct eval_context *context) {
    return diagnostics_error(context->diagnostics, ER_WRONG_ARGUMENTS,
                             function_name_lower(expr, context->arena));
}

static enum status eval_period_add(const struct expr *expr, struct eval_context *context,
                                   struct value *out) {
    struct function_input in;
    int64_t months;
    enum status status = function_read(expr, context, "ii", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    if (!period_months(in.args[0].i, &months)) return tell_period(expr, context);
    if (__builtin_add_overflow(months, in.args[1].i, &months) || months < 0) months = 0;
    *out = value_of_int(months == 0 ? 0 : months / 12 * 100 + months % 12 + 1);
    return STATUS_OK;
}

static enum status eval_period_diff(const struct expr *expr, struct eval_context *context,
                                    struct value *out) {
    struct function_input in;
    int64_t a, b;
    enum status status = function_read(expr, context, "ii", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    bool are_periods = period_months(in.args[0].i, &a) && period_months(in.args[1].i, &b);
    if (!are_periods) return tell_period(expr, context);
    *out = value_of_int(a - b);
    return STATUS_OK;
}

/* ---- the list ---- */

#define NULLABLE FUNCTION_ALWAYS_NULLABLE

static const struct function functions[] = {
    {"DATE", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_date, eval_date, 0},
    {"DAY", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_two_digits, eval_day, 0},
    {"DAYNAME", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_name, eval_day_name, 0},
    {"DAYOFMONTH", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_two_digits, eval_day, 0},
    {"DAYOFWEEK", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_two_digits, eval_day_of_week, 0},
    {"DAYOFYEAR", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_year, eval_day_of_year, 0},
    {"EXTRACT", FUNCTION_SCALAR, 2, 2, NULLABLE, resolve_number, eval_extract, 0},
    {"FROM_DAYS", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_date, eval_from_days, 0},
    {"HOUR", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_two_digits, eval_hour, 0},
    {"LAST_DAY", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_date, eval_last_day, 0},
    {"MAKEDATE", FUNCTION_SCALAR, 2, 2, NULLABLE, resolve_date, eval_make_date, 0},
    {"MAKETIME", FUNCTION_SCALAR, 3, 3, NULLABLE, resolve_make_time, eval_make_time, 0},
    {"MICROSECOND", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_number, eval_microsecond, 0},
    {"MINUTE", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_two_digits, eval_minute, 0},
    {"MONTH", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_two_digits, eval_month, 0},
    {"MONTHNAME", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_name, eval_month_name, 0},
    {"PERIOD_ADD", FUNCTION_SCALAR, 2, 2, 0, resolve_number, eval_period_add, 0},
    {"PERIOD_DIFF", FUNCTION_SCALAR, 2, 2, 0, resolve_number, eval_period_diff, 0},
    {"QUARTER", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_two_digits, eval_quarter, 0},
    {"SECOND", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_two_digits, eval_second, 0},
    {"SEC_TO_TIME", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_time, eval_sec_to_time, 0},
    {"TIME", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_time, eval_time, 0},
    {"TIMESTAMP", FUNCTION_SCALAR, 1, 2, NULLABLE, resolve_timestamp, eval_timestamp, 0},
    {"TIME_TO_SEC", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_number, eval_time_to_sec, 0},
    {"TO_DAYS", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_number, eval_to_days, 0},
    {"TO_SECONDS", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_number, eval_to_seconds, 0},
    {"WEEK", FUNCTION_SCALAR, 1, 2, NULLABLE, resolve_two_digits, eval_week, 0},
    {"WEEKDAY", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_two_digits, eval_weekday, 0},
    {"WEEKOFYEAR", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_two_digits, eval_week_of_year, 0},
    {"YEAR", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_year, eval_year, 0},
    {"YEARWEEK", FUNCTION_SCALAR, 1, 2, NULLABLE, resolve_number, eval_year_week, 0},
};
const struct function_list function_times = {functions, ARRAY_COUNT(functions)};
