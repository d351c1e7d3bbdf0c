#include "tests/sql/bind_world.h"

#define EXPECT(cases) world_expect(cases, ARRAY_COUNT(cases))

Test(function_networks, addresses_are_numbers_and_bytes) {
    static const struct eval_case cases[] = {
        {"inet_aton('10.0.5.9')", "167773449"},
        {"inet_aton('127.1')", "2130706433"},
        {"inet_aton('255.255.255.255')", "4294967295"},
        {"inet_aton('256.0.0.1')", "NULL"},
        {"inet_aton('1.2.3.')", "NULL"},
        {"inet_ntoa(167773449)", "10.0.5.9"},
        {"inet_ntoa(4294967296)", "NULL"},
        {"hex(inet6_aton('fdfe::5a55:caff:fefa:9089'))", "FDFE0000000000005A55CAFFFEFA9089"},
        {"hex(inet6_aton('10.0.5.9'))", "0A000509"},
        {"hex(inet6_aton('::'))", "00000000000000000000000000000000"},
        {"inet6_aton('1:2:3')", "NULL"},
        {"inet6_aton('1::2::3')", "NULL"},
        {"inet6_ntoa(inet6_aton('fdfe::5a55:caff:fefa:9089'))", "fdfe::5a55:caff:fefa:9089"},
        {"inet6_ntoa(inet6_aton('10.0.5.9'))", "10.0.5.9"},
        {"inet6_ntoa(unhex('0A000509'))", "10.0.5.9"},
        {"inet6_ntoa(inet6_aton('::1'))", "::1"},
        {"inet6_ntoa(inet6_aton('1::'))", "1::"},
        {"inet6_ntoa(inet6_aton('1:0:0:2:0:0:0:3'))", "1:0:0:2::3"},
        {"inet6_ntoa(inet6_aton('::ffff:1.2.3.4'))", "::ffff:1.2.3.4"},
        {"inet6_ntoa('abc')", "NULL"},
    };
    EXPECT(cases);
}

Test(function_networks, addresses_are_told_apart) {
    static const struct eval_case cases[] = {
        {"is_ipv4('10.0.5.9')", "1"},
        {"is_ipv4('10.0.5.256')", "0"},
        {"is_ipv4(NULL)", "NULL"},
        {"is_ipv6('10.0.5.9')", "0"},
        {"is_ipv6('::1')", "1"},
        {"is_ipv6('1:2:3:4:5:6:7:8')", "1"},
        {"is_ipv6('1:2:3:4:5:6:7:8:9')", "0"},
        {"is_ipv6('1:2:3:4:5:6:7:')", "0"},
        {"is_ipv4_compat(inet6_aton('::10.0.5.9'))", "1"},
        {"is_ipv4_compat(inet6_aton('::ffff:10.0.5.9'))", "0"},
        {"is_ipv4_mapped(inet6_aton('::10.0.5.9'))", "0"},
        {"is_ipv4_mapped(inet6_aton('::ffff:10.0.5.9'))", "1"},
    };
    EXPECT(cases);
}
