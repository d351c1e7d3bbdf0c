#include "tests/sql/bind_world.h"

#define EXPECT(cases) world_expect(cases, ARRAY_COUNT(cases))

Test(function_numbers, exact_numbers_stay_exact) {
    static const struct eval_case cases[] = {
        {"abs(2)", "2"},
        {"abs(-32)", "32"},
        {"abs(-1.50)", "1.50"},
        {"abs('-3.5')", "3.5"},
        {"abs(NULL)", "NULL"},
        {"abs(-9223372036854775808)",
         "error 1690: BIGINT value is out of range in 'abs(-9223372036854775808)'"},
        {"ceiling(1.23)", "2"},
        {"ceil(-1.23)", "-1"},
        {"ceil(1e20)", "1e20"},
        {"floor(1.23)", "1"},
        {"floor(-1.23)", "-2"},
        {"floor('1.9')", "1"},
        {"round(-1.23)", "-1"},
        {"round(-1.58)", "-2"},
        {"round(1.58)", "2"},
        {"round(1.298, 1)", "1.3"},
        {"round(1.298, 0)", "1"},
        {"round(23.298, -1)", "20"},
        {"round(150, -2)", "200"},
        {"round(2.5)", "3"},
        {"round(25e-1)", "2"},
        {"truncate(1.223, 1)", "1.2"},
        {"truncate(1.999, 1)", "1.9"},
        {"truncate(1.999, 0)", "1"},
        {"truncate(-1.999, 1)", "-1.9"},
        {"truncate(122, -2)", "100"},
        {"mod(234, 10)", "4"},
        {"mod(29, 9)", "2"},
        {"mod(34.5, 3)", "1.5"},
        {"mod(1, 0)", "NULL"},
        {"sign(-32)", "-1"},
        {"sign(0)", "0"},
        {"sign(234)", "1"},
    };
    EXPECT(cases);
}

Test(function_numbers, analysis_is_double) {
    static const struct eval_case cases[] = {
        {"sqrt(4)", "2"},
        {"sqrt(20)", "4.47213595499958"},
        {"sqrt(-16)", "NULL"},
        {"pow(2, 2)", "4"},
        {"power(2, -2)", "0.25"},
        {"exp(2)", "7.38905609893065"},
        {"exp(0)", "1"},
        {"ln(2)", "0.6931471805599453"},
        {"ln(-2)", "NULL"},
        {"log(2)", "0.6931471805599453"},
        {"log(2, 65536)", "16"},
        {"log(10, 100)", "2"},
        {"log(1, 100)", "NULL"},
        {"log2(65536)", "16"},
        {"log10(100)", "2"},
        {"pi()", "3.141593"},
        {"pi() + 0.000000000000000000", "3.141592653589793"},
        {"radians(90)", "1.5707963267948966"},
        {"degrees(pi())", "180"},
        {"acos(1)", "0"},
        {"acos(1.0001)", "NULL"},
        {"atan(2)", "1.1071487177940904"},
        {"atan2(-2, 2)", "-0.7853981633974483"},
        {"cot(12)", "-1.5726734063976893"},
        {"cot(0)", "error 1690: DOUBLE value is out of range in 'cot(0)'"},
        {"exp(1000)", "error 1690: DOUBLE value is out of range in 'exp(1000)'"},
    };
    EXPECT(cases);
}

Test(function_numbers, bits_chance_and_extremes) {
    static const struct eval_case cases[] = {
        {"bit_count(64)", "1"},
        {"bit_count(b'1101010')", "4"},
        {"bit_count(-1)", "64"},
        {"rand(3) = rand(3)", "1"},
        {"rand(1)", "0.40540353712197724"},
        {"rand() < 1", "1"},
        {"least(2, 0)", "0"},
        {"least(34.0, 3.0, 5.0, 767.0)", "3.0"},
        {"least('B', 'A', 'C')", "A"},
        {"greatest(2, 0)", "2"},
        {"greatest('B', 'A', 'C')", "C"},
        {"greatest(1, NULL)", "NULL"},
        {"greatest(1, 2.5)", "2.5"},
    };
    EXPECT(cases);
}

Test(function_numbers, types_follow_the_args) {
    struct bind_world world;
    bind_world_open(&world);
    cr_expect_str_eq(world_type_of(&world, "abs(1.5)"), "decimal(2,1)");
    cr_expect_str_eq(world_type_of(&world, "ceil(1.5)"), "bigint");
    cr_expect_str_eq(world_type_of(&world, "round(1.567, 1)"), "decimal(3,1)");
    cr_expect_str_eq(world_type_of(&world, "sqrt(1)"), "double");
    cr_expect_str_eq(world_type_of(&world, "abs('1')"), "double");
    bind_world_close(&world);
}
