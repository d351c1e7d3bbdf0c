#include "tests/sql/bind_world.h"

#define EXPECT(cases) world_expect(cases, ARRAY_COUNT(cases))

/* The world's clock stands at 2024-02-29 12:34:56.789012 UTC. */
Test(function_times, clocks_are_cut_to_their_digits) {
    static const struct eval_case cases[] = {
        {"now()", "2024-02-29 12:34:56"},
        {"now(3)", "2024-02-29 12:34:56.789"},
        {"current_timestamp", "2024-02-29 12:34:56"},
        {"current_timestamp(6)", "2024-02-29 12:34:56.789012"},
        {"localtime()", "2024-02-29 12:34:56"},
        {"localtimestamp(1)", "2024-02-29 12:34:56.7"},
        {"curdate()", "2024-02-29"},
        {"current_date", "2024-02-29"},
        {"curtime(2)", "12:34:56.78"},
        {"current_time()", "12:34:56"},
        {"utc_date()", "2024-02-29"},
        {"utc_time(3)", "12:34:56.789"},
        {"utc_timestamp", "2024-02-29 12:34:56"},
        {"sysdate(6)", "2024-02-29 12:34:56.789012"},
        {"now() + 0", "20240229123456"},
        {"now(7)", "error 1426: Too-big precision 7 specified for 'now'. Maximum is 6."},
    };
    EXPECT(cases);
}

Test(function_times, parts_of_dates) {
    static const struct eval_case cases[] = {
        {"year('1987-01-01')", "1987"},
        {"year('2024-00-00')", "2024"},
        {"year(20240229)", "2024"},
        {"year('x')", "NULL"},
        {"quarter('2008-04-01')", "2"},
        {"month('2008-02-03')", "2"},
        {"day('2007-02-03')", "3"},
        {"dayofmonth('2007-02-03')", "3"},
        {"dayofweek('2007-02-03')", "7"},
        {"dayofweek('2024-02-25')", "1"},
        {"weekday('2008-02-03 22:23:00')", "6"},
        {"weekday('2007-11-06')", "1"},
        {"dayofyear('2007-02-03')", "34"},
        {"dayname('2007-02-03')", "Saturday"},
        {"monthname('2008-02-03')", "February"},
        {"monthname('2008-00-03')", "NULL"},
        {"dayname('2008-00-03')", "NULL"},
        {"week('2008-02-20')", "7"},
        {"week('2008-02-20', 0)", "7"},
        {"week('2008-02-20', 1)", "8"},
        {"week('2008-12-31', 1)", "53"},
        {"week('2000-01-01', 2)", "52"},
        {"weekofyear('2008-02-20')", "8"},
        {"yearweek('1987-01-01')", "198652"},
        {"yearweek('2000-01-01')", "199952"},
        {"yearweek('2024-12-31', 1)", "202501"},
        {"last_day('2003-02-05')", "2003-02-28"},
        {"last_day('2004-02-05')", "2004-02-29"},
        {"last_day('2004-01-01 01:01:01')", "2004-01-31"},
        {"last_day('2003-03-32')", "NULL"},
        {"to_days('2007-10-07')", "733321"},
        {"to_days('0000-00-00')", "NULL"},
        {"to_days('0000-01-01')", "1"},
        {"to_seconds('2009-11-29 13:43:32')", "63426721412"},
        {"to_seconds(950501)", "62966505600"},
        {"from_days(730669)", "2000-07-03"},
        {"from_days(1)", "0000-00-00"},
        {"year(NULL)", "NULL"},
        {"year(now())", "2024"},
        {"day(time'10:00:00')", "29"},
    };
    EXPECT(cases);
}

Test(function_times, parts_of_times) {
    static const struct eval_case cases[] = {
        {"hour('10:05:03')", "10"},
        {"hour('272:59:59')", "272"},
        {"hour('-10:05:03')", "10"},
        {"minute('2008-02-03 10:05:03')", "5"},
        {"second('10:05:03')", "3"},
        {"microsecond('12:00:00.123456')", "123456"},
        {"microsecond('2019-12-31 23:59:59.000010')", "10"},
        {"time_to_sec('22:23:00')", "80580"},
        {"time_to_sec('-00:39:38')", "-2378"},
        {"sec_to_time(2378)", "00:39:38"},
        {"sec_to_time(2378) + 0", "3938"},
        {"sec_to_time(-1.5)", "-00:00:01.5"},
        {"sec_to_time(100000000)", "838:59:59"},
        {"maketime(12, 15, 30)", "12:15:30"},
        {"maketime(12, 15, 30.25)", "12:15:30.25"},
        {"maketime(-1, 2, 3)", "-01:02:03"},
        {"maketime(1, 60, 0)", "NULL"},
        {"maketime(1000, 0, 0)", "838:59:59"},
        {"makedate(2011, 31)", "2011-01-31"},
        {"makedate(2011, 32)", "2011-02-01"},
        {"makedate(2011, 365)", "2011-12-31"},
        {"makedate(2014, 365)", "2014-12-31"},
        {"makedate(2011, 0)", "NULL"},
        {"makedate(9999, 366)", "NULL"},
        {"hour('abc')", "NULL"},
    };
    EXPECT(cases);
}

Test(function_times, extract_gives_units_and_rows_of_units) {
    static const struct eval_case cases[] = {
        {"extract(YEAR FROM '2019-07-02')", "2019"},
        {"extract(YEAR_MONTH FROM '2019-07-02 01:02:03')", "201907"},
        {"extract(DAY_MINUTE FROM '2019-07-02 01:02:03')", "20102"},
        {"extract(MICROSECOND FROM '2003-01-02 10:30:00.000123')", "123"},
        {"extract(HOUR_SECOND FROM '-10:20:30')", "-102030"},
        {"extract(DAY_HOUR FROM '2024-02-29 23:00:00')", "2923"},
        {"extract(WEEK FROM '2008-02-20')", "7"},
        {"extract(QUARTER FROM date'2024-12-01')", "4"},
        {"extract(SECOND_MICROSECOND FROM time'00:00:05.5')", "5500000"},
        {"extract(DAY FROM NULL)", "NULL"},
    };
    EXPECT(cases);
}

Test(function_times, dates_and_times_are_made_of_texts) {
    static const struct eval_case cases[] = {
        {"date('2003-12-31 01:02:03')", "2003-12-31"},
        {"date('2024-02-30')", "NULL"},
        {"date(20031231)", "2003-12-31"},
        {"time('2003-12-31 01:02:03')", "01:02:03"},
        {"time('2003-12-31 01:02:03.000123')", "01:02:03.000123"},
        {"time(10203)", "01:02:03"},
        {"time('-01:00:00.5')", "-01:00:00.5"},
        {"timestamp('2003-12-31')", "2003-12-31 00:00:00"},
        {"timestamp('2003-12-31 12:00:00', '12:00:00')", "2004-01-01 00:00:00"},
        {"timestamp('2020-01-01 10:10:10+05:30')", "2020-01-01 04:40:10"},
        {"period_add(200801, 2)", "200803"},
        {"period_add(0801, -1)", "200712"},
        {"period_diff(200802, 200703)", "11"},
        {"period_add(200813, 1)", "error 1210: Incorrect arguments to period_add"},
    };
    EXPECT(cases);
}

Test(function_times, what_is_no_date_is_a_warning) {
    struct bind_world world;
    bind_world_open(&world);
    cr_assert_str_eq(world_eval(&world, "year('abc')"), "NULL");
    cr_assert_eq(world.diagnostics.conditions[0].number, 1292);
    const char *text = arena_text(&world.arena, world.diagnostics.conditions[0].message);
    cr_assert_str_eq(text, "Incorrect datetime value: 'abc'");
    cr_assert_str_eq(world_eval(&world, "hour('abc')"), "NULL");
    text = arena_text(&world.arena, world.diagnostics.conditions[0].message);
    cr_assert_str_eq(text, "Truncated incorrect time value: 'abc'");
    bind_world_close(&world);
}

Test(function_times, types_have_the_digits_of_their_args) {
    struct bind_world world;
    bind_world_open(&world);
    cr_expect_str_eq(world_type_of(&world, "now()"), "datetime");
    cr_expect_str_eq(world_type_of(&world, "now(3)"), "datetime(3)");
    cr_expect_str_eq(world_type_of(&world, "curdate()"), "date");
    cr_expect_str_eq(world_type_of(&world, "time('1:2:3.45')"), "time(2)");
    cr_expect_str_eq(world_type_of(&world, "date_add(curdate(), interval 1 day)"), "date");
    cr_expect_str_eq(world_type_of(&world, "curdate() + interval 1 hour"), "datetime");
    cr_expect_str_eq(world_type_of(&world, "now() + interval 1 microsecond"), "datetime(6)");
    cr_expect_str_eq(world_type_of(&world, "curtime() + interval 1 hour"), "time");
    cr_expect_str_eq(world_type_of(&world, "curtime() + interval 1 day"), "datetime");
    cr_expect_str_eq(world_type_of(&world, "str_to_date('1', '%d')"), "date");
    cr_expect_str_eq(world_type_of(&world, "str_to_date('1', '%H')"), "time");
    cr_expect_str_eq(world_type_of(&world, "str_to_date('1', '%d %f')"), "datetime(6)");
    bind_world_close(&world);
}
