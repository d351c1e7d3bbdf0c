/* test_socket.c: unix sockets in a directory of their own, and texts of addresses. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/io.h"

static char directory[64], address[96];

static void setup(void) {
    snprintf(directory, sizeof directory, "/tmp/tessera-socket-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    snprintf(address, sizeof address, "unix:%s/socket", directory);
}

static void teardown(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(socket, .init = setup, .fini = teardown);

Test(socket, bytes_go_both_ways_until_the_end) {
    int listening, client, server;
    struct socket_peer peer;
    char bytes[10];
    size_t size = 0;
    cr_assert_eq(socket_listen(address, SOCKET_OWNER, &listening), STATUS_OK);
    cr_assert_eq(socket_accept(listening, &server, &peer), STATUS_BUSY);
    cr_assert_eq(socket_connect(address, &client), STATUS_OK);
    cr_assert_eq(socket_accept(listening, &server, &peer), STATUS_OK);
    cr_assert_str_eq(peer.host, "localhost");
    cr_assert(peer.is_local);
    cr_assert_eq(socket_receive(server, bytes, sizeof bytes, &size), STATUS_BUSY);
    cr_assert_eq(socket_send(client, SLICE_LITERAL("hello"), &size), STATUS_OK);
    cr_assert_eq(size, 5);
    cr_assert_eq(socket_receive(server, bytes, sizeof bytes, &size), STATUS_OK);
    cr_assert_eq(size, 5);
    socket_close(client);
    cr_assert_eq(socket_receive(server, bytes, sizeof bytes, &size), STATUS_END);
    socket_close(server);
    socket_close(listening);
}

Test(socket, a_socket_in_use_is_busy_and_a_left_over_one_is_replaced) {
    int first, second;
    cr_assert_eq(socket_listen(address, SOCKET_OWNER, &first), STATUS_OK);
    cr_assert_eq(socket_listen(address, SOCKET_OWNER, &second), STATUS_BUSY);
    socket_close(first); /* as a crash leaves it: the file stays */
    cr_assert_eq(socket_listen(address, SOCKET_OWNER, &second), STATUS_OK);
    socket_close(second);
}

Test(socket, nobody_listens_means_unavailable) {
    int fd;
    cr_assert_eq(socket_connect(address, &fd), STATUS_UNAVAILABLE);
}

Test(socket, nonsense_is_no_address) {
    static const char *const texts[] = {"",      "127.0.0.1",    "127.0.0.1:",    ":80",
                                        "unix:", "host:1234567", "127.0.0.1:http"};
    int fd;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        cr_expect_eq(socket_listen(texts[i], SOCKET_OWNER, &fd), STATUS_INVALID, "%s", texts[i]);
}

Test(socket, the_bound_address_is_a_text_to_connect_to) {
    int fd;
    char text[SOCKET_ADDRESS_BYTES_MAX];
    cr_assert_eq(socket_listen(address, SOCKET_OWNER, &fd), STATUS_OK);
    socket_bound_address(fd, text);
    cr_assert_str_eq(text, address);
    socket_close(fd);
}
