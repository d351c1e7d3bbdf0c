#include <time.h>

#include "tests/row/fixture.h"

static const char *moved(const char *from, enum interval_unit unit, const char *amount,
                         struct arena *arena) {
    struct value value = text_value(amount, COLLATION_DEFAULT);
    struct interval interval;
    int64_t packed;
    cr_assert_eq(interval_of(unit, &value, &interval), STATUS_OK);
    enum status status = temporal_add_interval(date_time_of(from), &interval, &packed);
    if (status != STATUS_OK) return status_name(status);
    return date_time_show(packed, (packed & 0xffffff) != 0 ? 6 : 0, arena);
}

Test(temporal, day_numbers_are_mysqls) {
    cr_assert_eq(temporal_day_number(1970, 1, 1), 719528);
    cr_assert_eq(temporal_day_number(1995, 5, 1), 728779); /* the manual's example */
    cr_assert_eq(temporal_day_number(2007, 10, 7), 733321);
    cr_assert_eq(temporal_day_number(9999, 12, 31), 3652424);
    cr_assert_eq(temporal_day_number(0, 1, 1), 1);
    cr_assert_eq(temporal_day_number(0, 0, 0), 0);
}

Test(temporal, every_day_number_comes_back, .timeout = 100) {
    for (int64_t day = 366; day <= 3652424; day++) {
        struct date_time t = temporal_unpack(temporal_from_day_number(day));
        cr_assert_eq(temporal_day_number(t.year, t.month, t.day), day);
    }
    cr_assert_eq(temporal_from_day_number(365), 0);
    cr_assert_eq(temporal_from_day_number(3652425), 0);
}

Test(temporal, weekdays_and_weeks_agree_with_the_c_library, .timeout = 100) {
    for (int64_t day = temporal_day_number(1969, 1, 1); day < temporal_day_number(2070, 1, 1);
         day++) {
        struct date_time t = temporal_unpack(temporal_from_day_number(day));
        time_t seconds = (time_t)((day - 719528) * 86400);
        struct tm tm;
        gmtime_r(&seconds, &tm);
        uint32_t year;
        cr_assert_eq(temporal_weekday(day), (uint32_t)(tm.tm_wday + 6) % 7);
        cr_assert_eq(temporal_day_of_year(&t), (uint32_t)tm.tm_yday + 1);
        char text[32];
        strftime(text, sizeof(text), "%G %V", &tm);
        uint32_t week = temporal_week(&t, 3, &year);
        char mine[32];
        snprintf(mine, sizeof(mine), "%u %02u", year, week);
        cr_assert_str_eq(mine, text);
        strftime(text, sizeof(text), "%U", &tm);
        snprintf(mine, sizeof(mine), "%02u", temporal_week(&t, 0, &year));
        cr_assert_str_eq(mine, text);
        strftime(text, sizeof(text), "%W", &tm);
        snprintf(mine, sizeof(mine), "%02u", temporal_week(&t, 5, &year));
        cr_assert_str_eq(mine, text);
    }
}

Test(temporal, weeks_are_those_of_the_manual) {
    uint32_t year;
    struct date_time t = {.year = 2008, .month = 2, .day = 20};
    cr_assert_eq(temporal_week(&t, 0, &year), 7);
    cr_assert_eq(temporal_week(&t, 1, &year), 8);
    t = (struct date_time){.year = 2008, .month = 12, .day = 31};
    cr_assert_eq(temporal_week(&t, 1, &year), 53);
    t = (struct date_time){.year = 2000, .month = 1, .day = 1};
    cr_assert_eq(temporal_week(&t, 0, &year), 0);
    cr_assert_eq(temporal_week(&t, 2, &year), 52);
    cr_assert_eq(year, 1999);
}

Test(temporal, texts_are_read_in_all_their_spellings) {
    static const struct {
        const char *text, *shown;
        enum status status;
    } cases[] = {
        {"2024-01-31", "2024-01-31 00:00:00.000000", STATUS_OK},
        {"2024-1-3 4:5:6", "2024-01-03 04:05:06.000000", STATUS_OK},
        {"2024-01-31T23:59:59.5", "2024-01-31 23:59:59.500000", STATUS_OK},
        {" 2024/01/31 23:59 ", "2024-01-31 23:59:00.000000", STATUS_OK},
        {"20240131", "2024-01-31 00:00:00.000000", STATUS_OK},
        {"240131", "2024-01-31 00:00:00.000000", STATUS_OK},
        {"700131", "1970-01-31 00:00:00.000000", STATUS_OK},
        {"20240131235958", "2024-01-31 23:59:58.000000", STATUS_OK},
        {"240131235958", "2024-01-31 23:59:58.000000", STATUS_OK},
        {"20240131T235958", "2024-01-31 23:59:58.000000", STATUS_OK},
        {"20240131235958.123456", "2024-01-31 23:59:58.123456", STATUS_OK},
        {"2024-01-31 12:00:00+02:00", "2024-01-31 12:00:00.000000", STATUS_OK},
        {"2024-01-31 12:00:00 abc", "2024-01-31 12:00:00.000000", STATUS_TRUNCATED},
        {"2024-01-31x", "2024-01-31 00:00:00.000000", STATUS_TRUNCATED},
        {"70-01-01", "1970-01-01 00:00:00.000000", STATUS_OK},
        {"2024-01-31 23:59:59.9999999", "2024-02-01 00:00:00.000000", STATUS_OK},
        {"0000-00-00", "0000-00-00 00:00:00.000000", STATUS_OK},
    };
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct temporal_parsed parsed;
        enum status status = temporal_parse_date_time(slice_of_text(cases[i].text), 6, 0, &parsed);
        cr_expect_eq(status, cases[i].status, "%s", cases[i].text);
        cr_expect_str_eq(date_time_show(parsed.packed, 6, arena), cases[i].shown, "%s",
                         cases[i].text);
    }
    static const char *const bad[] = {"",
                                      "abc",
                                      "2024-13-01",
                                      "2024-01-32",
                                      "2024-02-30",
                                      "2024-01-01 24:00:00",
                                      "1:2",
                                      "99999999999999999",
                                      "2024-01-01 10:60:00"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct temporal_parsed parsed;
        cr_expect_eq(temporal_parse_date_time(slice_of_text(bad[i]), 6, 0, &parsed), STATUS_INVALID,
                     "%s", bad[i]);
    }
    fixture_close(&fixture);
}

Test(temporal, sql_modes_refuse_zeros_and_allow_invalid_days) {
    struct temporal_parsed p;
    struct slice zero = SLICE_LITERAL("0000-00-00"), in_zero = SLICE_LITERAL("2024-00-10");
    struct slice invalid = SLICE_LITERAL("2023-02-31");
    cr_assert_eq(temporal_parse_date_time(zero, 0, TEMPORAL_NO_ZERO_DATE, &p), STATUS_INVALID);
    cr_assert_eq(temporal_parse_date_time(in_zero, 0, 0, &p), STATUS_OK);
    cr_assert_eq(temporal_parse_date_time(in_zero, 0, TEMPORAL_NO_ZERO_IN_DATE, &p),
                 STATUS_INVALID);
    cr_assert_eq(temporal_parse_date_time(invalid, 0, TEMPORAL_ALLOW_INVALID, &p), STATUS_OK);
}

Test(temporal, offsets_are_told) {
    struct temporal_parsed p;
    enum status status =
        temporal_parse_date_time(SLICE_LITERAL("2024-01-01 00:00:00-05:30"), 0, 0, &p);
    cr_assert_eq(status, STATUS_OK);
    cr_assert_eq(p.offset_minutes, -330);
    status = temporal_parse_date_time(SLICE_LITERAL("2024-01-01 00:00:00+14:01"), 0, 0, &p);
    cr_assert_eq(status, STATUS_TRUNCATED);
    cr_assert_eq(p.offset_minutes, TEMPORAL_OFFSET_NONE);
}

Test(temporal, times_are_read_in_all_their_spellings) {
    static const struct {
        const char *text, *shown;
        enum status status;
    } cases[] = {
        {"10:11:12", "10:11:12.000000", STATUS_OK},
        {"-10:11:12.5", "-10:11:12.500000", STATUS_OK},
        {"11:12", "11:12:00.000000", STATUS_OK},
        {"1112", "00:11:12.000000", STATUS_OK},
        {"12", "00:00:12.000000", STATUS_OK},
        {"1 10:00:00", "34:00:00.000000", STATUS_OK},
        {"2 5", "53:00:00.000000", STATUS_OK},
        {"101112", "10:11:12.000000", STATUS_OK},
        {"850:00:00", "838:59:59.000000", STATUS_OUT_OF_RANGE},
        {"-850:00:00", "-838:59:59.000000", STATUS_OUT_OF_RANGE},
        {"838:59:59.9999999", "838:59:59.000000", STATUS_OUT_OF_RANGE},
        {"2024-01-01 10:11:12", "10:11:12.000000", STATUS_OK},
        {"10:61:00", "00:00:00.000000", STATUS_INVALID},
        {"abc", "00:00:00.000000", STATUS_INVALID},
        {"10:11:12x", "10:11:12.000000", STATUS_TRUNCATED},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        int64_t us;
        char text[40];
        enum status status = temporal_parse_time(slice_of_text(cases[i].text), 6, 0, &us);
        text[temporal_format_time(us, 6, (uint8_t *)text)] = '\0';
        cr_expect_eq(status, cases[i].status, "%s", cases[i].text);
        cr_expect_str_eq(text, cases[i].shown, "%s", cases[i].text);
    }
}

Test(temporal, numbers_are_dates) {
    int64_t packed, us;
    cr_assert_eq(temporal_from_number(20240131, 0, &packed), STATUS_OK);
    cr_assert_eq(packed, date_time_of("2024-01-31"));
    cr_assert_eq(temporal_from_number(240131, 0, &packed), STATUS_OK);
    cr_assert_eq(packed, date_time_of("2024-01-31"));
    cr_assert_eq(temporal_from_number(INT64_C(20240131235958), 0, &packed), STATUS_OK);
    cr_assert_eq(packed, date_time_of("2024-01-31 23:59:58"));
    cr_assert_eq(temporal_from_number(INT64_C(990131235958), 0, &packed), STATUS_OK);
    cr_assert_eq(packed, date_time_of("1999-01-31 23:59:58"));
    cr_assert_eq(temporal_from_number(20241331, 0, &packed), STATUS_INVALID);
    cr_assert_eq(temporal_from_number(-1, 0, &packed), STATUS_INVALID);
    cr_assert_eq(temporal_from_number(INT64_MAX, 0, &packed), STATUS_INVALID);
    cr_assert_eq(temporal_time_from_number(-101112, &us), STATUS_OK);
    cr_assert_eq(temporal_time_number(us), -101112);
    cr_assert_eq(temporal_time_from_number(9000000, &us), STATUS_OUT_OF_RANGE);
    cr_assert_eq(temporal_date_time_number(packed = date_time_of("2024-01-31 23:59:58")),
                 INT64_C(20240131235958));
}

Test(temporal, rounding_carries_into_the_next_year) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    int64_t packed = date_time_of("2023-12-31 23:59:59.999500");
    cr_assert_eq(temporal_round_date_time(packed, 3, 0, &packed), STATUS_OK);
    cr_assert_str_eq(date_time_show(packed, 3, arena), "2024-01-01 00:00:00.000");
    packed = date_time_of("2023-12-31 23:59:59.999500");
    cr_assert_eq(temporal_round_date_time(packed, 3, TEMPORAL_TRUNCATE_FRACTION, &packed),
                 STATUS_OK);
    cr_assert_str_eq(date_time_show(packed, 3, arena), "2023-12-31 23:59:59.999");
    packed = date_time_of("9999-12-31 23:59:59.9");
    cr_assert_eq(temporal_round_date_time(packed, 0, 0, &packed), STATUS_OUT_OF_RANGE);
    cr_assert_eq(temporal_round_time(-1500000, 0, 0), -2000000);
    cr_assert_eq(temporal_round_time(1499999, 0, 0), 1000000);
    fixture_close(&fixture);
}

Test(temporal, intervals_move_dates_as_mysql_does) {
    struct fixture fixture;
    struct arena *arena = fixture_open(&fixture);
    static const struct {
        const char *from;
        enum interval_unit unit;
        const char *amount, *to;
    } cases[] = {
        {"2024-01-31", INTERVAL_MONTH, "1", "2024-02-29 00:00:00"},
        {"2023-01-31", INTERVAL_MONTH, "1", "2023-02-28 00:00:00"},
        {"2024-02-29", INTERVAL_YEAR, "1", "2025-02-28 00:00:00"},
        {"2024-03-31", INTERVAL_MONTH, "-1", "2024-02-29 00:00:00"},
        {"2018-12-31 23:59:59", INTERVAL_SECOND, "1", "2019-01-01 00:00:00"},
        {"2025-01-01 00:00:00", INTERVAL_DAY_SECOND, "-1 1:1:1", "2024-12-30 22:58:59"},
        {"2100-12-31 23:59:59", INTERVAL_MINUTE_SECOND, "1:1", "2101-01-01 00:01:00"},
        {"1992-12-31 23:59:59.000002", INTERVAL_SECOND_MICROSECOND, "1.999999",
         "1993-01-01 00:00:01.000001"},
        {"1900-01-01 00:00:00", INTERVAL_DAY_HOUR, "-1 10", "1899-12-30 14:00:00"},
        {"2024-01-01", INTERVAL_SECOND, "1.5", "2024-01-01 00:00:01.500000"},
        {"2024-01-01", INTERVAL_WEEK, "2", "2024-01-15 00:00:00"},
        {"2024-01-01", INTERVAL_QUARTER, "3", "2024-10-01 00:00:00"},
        {"2024-01-01", INTERVAL_YEAR_MONTH, "1-2", "2025-03-01 00:00:00"},
        {"9999-12-31", INTERVAL_DAY, "1", "out_of_range"},
        {"9999-12-31", INTERVAL_YEAR, "9223372036854775807", "out_of_range"},
        {"2024-01-01", INTERVAL_HOUR, "-9223372036854775807", "out_of_range"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *to = moved(cases[i].from, cases[i].unit, cases[i].amount, arena);
        if (strcmp(cases[i].to, "out_of_range") == 0) {
            cr_expect(strchr(to, ':') == NULL, "%zu: %s", i, to);
        } else {
            cr_expect_str_eq(to, cases[i].to, "%zu", i);
        }
    }
    fixture_close(&fixture);
}

Test(temporal, differences_count_whole_units) {
    int64_t a = date_time_of("2003-02-01"), b = date_time_of("2003-05-01");
    cr_assert_eq(temporal_difference(INTERVAL_MONTH, a, b), 3);
    cr_assert_eq(
        temporal_difference(INTERVAL_YEAR, date_time_of("2002-05-01"), date_time_of("2001-01-01")),
        -1);
    cr_assert_eq(temporal_difference(INTERVAL_MINUTE, a, date_time_of("2003-05-01 12:05:55")),
                 128885);
    cr_assert_eq(temporal_difference(INTERVAL_DAY, b, a), -89);
    cr_assert_eq(temporal_difference(INTERVAL_QUARTER, a, date_time_of("2004-02-01")), 4);
}

Test(temporal, epochs_come_back) {
    int64_t packed;
    cr_assert_eq(temporal_to_epoch_us(date_time_of("1970-01-01")), 0);
    cr_assert_eq(temporal_from_epoch_us(INT64_C(1700000000123456), &packed), STATUS_OK);
    cr_assert_eq(packed, date_time_of("2023-11-14 22:13:20.123456"));
    cr_assert_eq(temporal_to_epoch_us(packed), INT64_C(1700000000123456));
    cr_assert_eq(temporal_from_epoch_us(INT64_MAX, &packed), STATUS_OUT_OF_RANGE);
    cr_assert_eq(temporal_from_epoch_us(INT64_MIN / 2, &packed), STATUS_OUT_OF_RANGE);
}

Test(temporal, packed_order_is_the_order_of_time) {
    struct random random;
    random_open(&random, 5);
    for (int i = 0; i < 10000; i++) {
        int64_t x = (int64_t)random_below(&random, UINT64_C(200000000000000000));
        int64_t y = (int64_t)random_below(&random, UINT64_C(200000000000000000)), a, b;
        cr_assert_eq(temporal_from_epoch_us(x, &a), STATUS_OK);
        cr_assert_eq(temporal_from_epoch_us(y, &b), STATUS_OK);
        cr_assert_eq(a < b, x < y);
        cr_assert(temporal_packed_valid(a));
        cr_assert_eq(temporal_to_epoch_us(a), x);
    }
}
