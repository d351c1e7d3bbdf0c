#include "tests/sql/bind_world.h"

#define EXPECT(cases) world_expect(cases, ARRAY_COUNT(cases))

Test(function_shifts, dates_move_by_intervals) {
    static const struct eval_case cases[] = {
        {"date_add('2018-05-01', interval 1 day)", "2018-05-02"},
        {"date_sub('2018-05-01', interval 1 year)", "2017-05-01"},
        {"date_add('2020-12-31 23:59:59', interval 1 second)", "2021-01-01 00:00:00"},
        {"date_add('2018-12-31 23:59:59', interval 1 day)", "2019-01-01 23:59:59"},
        {"date_add('2100-12-31 23:59:59', interval '1:1' minute_second)", "2101-01-01 00:01:00"},
        {"date_sub('2025-01-01 00:00:00', interval '1 1:1:1' day_second)", "2024-12-30 22:58:59"},
        {"date_add('1900-01-01 00:00:00', interval '-1 10' day_hour)", "1899-12-30 14:00:00"},
        {"date_sub('1998-01-02', interval 31 day)", "1997-12-02"},
        {"date_add('1992-12-31 23:59:59.000002', interval '1.999999' second_microsecond)",
         "1993-01-01 00:00:01.000001"},
        {"date_add('2024-03-30', interval 1 month)", "2024-04-30"},
        {"date_add('2024-01-30', interval 1 month)", "2024-02-29"},
        {"date_add('2013-01-01', interval 1 hour)", "2013-01-01 01:00:00"},
        {"'2018-12-31 23:59:59' + interval 1 second", "2019-01-01 00:00:00"},
        {"interval 1 day + '2018-12-31'", "2019-01-01"},
        {"'2025-01-01' - interval 1 second", "2024-12-31 23:59:59"},
        {"adddate('2018-01-02', 31)", "2018-02-02"},
        {"subdate('2018-01-02', interval 31 day)", "2017-12-02"},
        {"subdate('2008-01-02 12:00:00', 31)", "2007-12-02 12:00:00"},
        {"timestampadd(minute, 1, '2003-01-02')", "2003-01-02 00:01:00"},
        {"timestampadd(week, 1, '2003-01-02')", "2003-01-09"},
        {"date_add(NULL, interval 1 day)", "NULL"},
        {"date_add('2024-01-01', interval NULL day)", "NULL"},
        {"date'2024-02-29' + interval 1 year", "2025-02-28"},
        {"time'10:00:00' + interval 90 minute", "11:30:00"},
        {"date_add('9999-12-31', interval 1 day)", "NULL"},
        {"date_add('2024-00-01', interval 1 day)", "NULL"},
        {"20240131 + interval 1 day", "2024-02-01"},
    };
    EXPECT(cases);
}

Test(function_shifts, times_are_added) {
    static const struct eval_case cases[] = {
        {"addtime('2007-12-31 23:59:59.999999', '1 1:1:1.000002')", "2008-01-02 01:01:01.000001"},
        {"addtime('01:59:59.999999', '02:00:00.999998')", "04:00:00.999997"},
        {"subtime('2007-12-31 23:59:59.999999', '1 1:1:1.000002')", "2007-12-30 22:58:58.999997"},
        {"subtime('01:00:00.999999', '02:00:00.999998')", "-00:59:59.999999"},
        {"addtime(time'10:00:00', time'00:30:00')", "10:30:00"},
        {"addtime(now(), '24:00:00')", "2024-03-01 12:34:56"},
        {"addtime('10:00:00', '2024-01-01 00:00:00')", "NULL"},
        {"timediff('2000-01-01 00:00:00', '2000-01-01 00:00:00.000001')", "-00:00:00.000001"},
        {"timediff('2008-12-31 23:59:59.000001', '2008-12-30 01:01:01.000002')", "46:58:57.999999"},
        {"timediff('10:00:00', '2000-01-01 00:00:00')", "NULL"},
        {"timediff('10:00', '09:30')", "00:30:00"},
    };
    EXPECT(cases);
}

Test(function_shifts, what_lies_between_is_counted) {
    static const struct eval_case cases[] = {
        {"datediff('2007-12-31 23:59:59', '2007-12-30')", "1"},
        {"datediff('2010-11-30 23:59:59', '2010-12-31')", "-31"},
        {"timestampdiff(month, '2003-02-01', '2003-05-01')", "3"},
        {"timestampdiff(year, '2002-05-01', '2001-01-01')", "-1"},
        {"timestampdiff(minute, '2003-02-01', '2003-05-01 12:05:55')", "128885"},
        {"timestampdiff(second, '2024-01-01', '2024-01-02')", "86400"},
        {"timestampdiff(day, NULL, '2024-01-02')", "NULL"},
    };
    EXPECT(cases);
}

Test(function_shifts, leaving_the_calendar_is_a_warning) {
    struct bind_world world;
    bind_world_open(&world);
    cr_assert_str_eq(world_eval(&world, "date'9999-12-31' + interval 1 day"), "NULL");
    cr_assert_eq(world.diagnostics.conditions[0].number, 1441);
    const char *text = arena_text(&world.arena, world.diagnostics.conditions[0].message);
    cr_assert_str_eq(text, "Datetime function: datetime field overflow");
    bind_world_close(&world);
}
