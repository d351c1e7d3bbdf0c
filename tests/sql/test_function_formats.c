#include "tests/sql/bind_world.h"

#define EXPECT(cases) world_expect(cases, ARRAY_COUNT(cases))

Test(function_formats, dates_are_written_by_patterns) {
    static const struct eval_case cases[] = {
        {"date_format('2009-10-04 22:23:00', '%W %M %Y')", "Sunday October 2009"},
        {"date_format('2007-10-04 22:23:00', '%H:%i:%s')", "22:23:00"},
        {"date_format('1900-10-04 22:23:00', '%D %y %a %d %m %b %j')", "4th 00 Thu 04 10 Oct 277"},
        {"date_format('1997-10-04 22:23:00', '%H %k %I %r %T %S %w')",
         "22 22 10 10:23:00 PM 22:23:00 00 6"},
        {"date_format('1999-01-01', '%X %V')", "1998 52"},
        {"date_format('2006-06-00', '%d')", "00"},
        {"date_format('2024-02-29 00:00:00.001', '%f %p %l %e %c')", "001000 AM 12 29 2"},
        {"date_format('2024-01-11', '%D')", "11th"},
        {"date_format('2024-01-22', '%D %% %q')", "22nd % q"},
        {"date_format('2024-00-00', '%M')", "NULL"},
        {"date_format('2024-01-01', '')", "NULL"},
        {"date_format('2024-01-01', '%x-%v %u %U')", "2024-01 01 00"},
        {"date_format(NULL, '%d')", "NULL"},
        {"date_format('2024-01-01', '日%d')", "日01"},
        {"time_format('100:00:00', '%H %k %h %I %l')", "100 100 04 04 4"},
        {"time_format('10:11:12', '%Y')", "0000"},
        {"time_format('10:11:12', '%M')", "NULL"},
        {"time_format('-01:02:03', '%T')", "-01:02:03"},
    };
    EXPECT(cases);
}

Test(function_formats, dates_are_read_by_patterns) {
    static const struct eval_case cases[] = {
        {"str_to_date('01,5,2013', '%d,%m,%Y')", "2013-05-01"},
        {"str_to_date('May 1, 2013', '%M %d,%Y')", "2013-05-01"},
        {"str_to_date('a09:30:17', 'a%h:%i:%s')", "09:30:17"},
        {"str_to_date('a09:30:17', '%h:%i:%s')", "NULL"},
        {"str_to_date('09:30:17a', '%h:%i:%s')", "09:30:17"},
        {"str_to_date('abc', 'abc')", "0000-00-00"},
        {"str_to_date('9', '%m')", "0000-09-00"},
        {"str_to_date('9', '%s')", "00:00:09"},
        {"str_to_date('00/00/0000', '%m/%d/%Y')", "0000-00-00"},
        {"str_to_date('04/31/2004', '%m/%d/%Y')", "NULL"},
        {"str_to_date('2004-01-01 10:11:12 PM', '%Y-%m-%d %r')", "2004-01-01 22:11:12"},
        {"str_to_date('10:11:12 PM', '%r')", "22:11:12"},
        {"str_to_date('12:00:00 AM', '%r')", "00:00:00"},
        {"str_to_date('2013-02-11 10:20:30.5', '%Y-%m-%d %H:%i:%s.%f')",
         "2013-02-11 10:20:30.500000"},
        {"str_to_date('200442 Monday', '%X%V %W')", "2004-10-18"},
        {"str_to_date('2024 60', '%Y %j')", "2024-02-29"},
        {"str_to_date('70-1-2', '%y-%c-%e')", "1970-01-02"},
        {"str_to_date('3rd feb 2024', '%D %b %Y')", "2024-02-03"},
        {"str_to_date(NULL, '%Y')", "NULL"},
    };
    EXPECT(cases);
}

Test(function_formats, patterns_have_names) {
    static const struct eval_case cases[] = {
        {"get_format(DATE, 'EUR')", "%d.%m.%Y"},
        {"get_format(DATETIME, 'usa')", "%Y-%m-%d %H.%i.%s"},
        {"get_format(TIME, 'INTERNAL')", "%H%i%s"},
        {"date_format('2003-10-03', get_format(DATE, 'EUR'))", "03.10.2003"},
        {"str_to_date('10.31.2003', get_format(DATE, 'USA'))", "2003-10-31 00:00:00.000000"},
    };
    EXPECT(cases);
}

Test(function_formats, seconds_since_1970_come_and_go) {
    static const struct eval_case cases[] = {
        {"unix_timestamp()", "1709210096"},
        {"unix_timestamp('2015-11-13 10:20:19')", "1447410019"},
        {"unix_timestamp('2015-11-13 10:20:19.012')", "1447410019.012"},
        {"unix_timestamp('1969-12-31')", "0"},
        {"unix_timestamp('0000-00-00')", "0"},
        {"unix_timestamp(NULL)", "NULL"},
        {"unix_timestamp(20240101)", "1704067200"},
        {"from_unixtime(1447430881)", "2015-11-13 16:08:01"},
        {"from_unixtime(1447430881) + 0", "20151113160801"},
        {"from_unixtime(1447430881.5)", "2015-11-13 16:08:01.5"},
        {"from_unixtime(0)", "1970-01-01 00:00:00"},
        {"from_unixtime(-1)", "NULL"},
        {"from_unixtime(32536771200)", "NULL"},
        {"from_unixtime(1447430881, '%Y %D %M %h:%i:%s %x')", "2015 13th November 04:08:01 2015"},
        {"convert_tz('2004-01-01 12:00:00', '+00:00', '+10:00')", "2004-01-01 22:00:00"},
        {"convert_tz('2004-01-01 12:00:00', 'UTC', '-05:30')", "2004-01-01 06:30:00"},
        {"convert_tz('2004-01-01 12:00:00', 'Nowhere/Land', '+10:00')", "NULL"},
        {"convert_tz('1910-01-01 12:00:00', '+00:00', '+10:00')", "1910-01-01 12:00:00"},
    };
    EXPECT(cases);
}
