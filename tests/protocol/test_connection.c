/* Commands one after the other, large packets, files, and how it all ends. */
#include "tests/protocol/peer.h"

static void send_command(struct peer *peer, uint8_t command, const char *text) {
    struct bytes stream = {0};
    put_command(&stream, command, text);
    peer_send_all(peer, &stream);
    free(stream.data);
}

Test(connection, the_greeting_is_mysqls) {
    struct chunks chunks = chunks_open();
    struct protocol_options options = {.connection_id = 0x100000007,
                                       .offered = CAPABILITY_SSL,
                                       .collation_id = 255,
                                       .packet_bytes_max = MIB,
                                       .server_version = SLICE_LITERAL("8.4.0")};
    memcpy(options.nonce_random, greeting_random, sizeof greeting_random);
    struct protocol *protocol = protocol_open(&chunks.source, &options);
    static const char wanted[] = "\x49\0\0\0\x0A"
                                 "8.4.0\0\7\0\0\0"
                                 "abcdefgh\0"
                                 "\x5F\xFF\xFF\2\0\xFF\x09\x15\0\0\0\0\0\0\0\0\0\0"
                                 "ijklmnopqrst\0caching_sha2_password";
    struct slice unsent = protocol_unsent(protocol);
    cr_assert_eq(unsent.size, sizeof wanted);
    uint32_t low = load_le16(unsent.data + 4 + 20), high = load_le16(unsent.data + 4 + 25);
    cr_assert_eq(low & CAPABILITY_SSL, CAPABILITY_SSL);
    cr_assert_eq(low & CAPABILITY_COMPRESS, 0);
    cr_assert_eq(high << 16 & CAPABILITY_OPTIONAL_METADATA, 0);
    cr_assert(slice_equal(slice_part(unsent, 0, 24), slice_of(wanted, 24)));
    cr_assert(slice_equal(slice_part(unsent, 31, unsent.size),
                          slice_of(wanted + 31, sizeof wanted - 31)));
    protocol_close(protocol);
    cr_assert_eq(chunks.out_bytes, 0);
}

Test(connection, commands_sent_ahead_wait_their_turn) {
    struct peer *peer = peer_open();
    struct bytes stream = {0};
    peer_login(peer, 0);
    peer->keeps_command = 1;
    put_command(&stream, COMMAND_QUERY, "select 1");
    put_command(&stream, COMMAND_QUERY, "select 2");
    peer_send_all(peer, &stream);
    cr_assert_str_eq(peer->log, "query select 1; ");
    for (int i = 0; i < 50; i++) put_command(&stream, COMMAND_QUERY, "select 3, 'a filler'");
    peer_send_all(peer, &stream); /* the buffer grows below the held command */
    cr_assert(slice_equal(peer->command.query.text, SLICE_LITERAL("select 1")));
    protocol_command_done(peer->protocol);
    peer_run(peer);
    cr_assert_str_eq(peer->log, "query select 1; query select 2; ");
    peer_close(peer);
    free(stream.data);
}

Test(connection, a_running_command_stops_reading_ahead) {
    struct peer *peer = peer_open();
    uint8_t *ahead = calloc(1, 70000);
    peer_login(peer, 0);
    peer->keeps_command = 1;
    send_command(peer, COMMAND_QUERY, "select 1");
    cr_assert(protocol_wants_bytes(peer->protocol));
    peer_send(peer, ahead, 70000);
    cr_assert_not(protocol_wants_bytes(peer->protocol));
    free(ahead);
    peer_close(peer);
}

Test(connection, packets_above_16_mib_are_joined) {
    static const size_t sizes[] = {PACKET_PIECE_BYTES_MAX - 2, PACKET_PIECE_BYTES_MAX - 1,
                                   PACKET_PIECE_BYTES_MAX, 2 * PACKET_PIECE_BYTES_MAX - 1,
                                   40 * MIB};
    struct peer *peer = peer_open();
    peer_login(peer, 0);
    peer->keeps_command = 1;
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        struct bytes stream = {0}, payload = {0};
        char *text = malloc(sizes[i]);
        for (size_t k = 0; k < sizes[i]; k++) text[k] = (char)('a' + k % 23);
        put_int(&payload, COMMAND_QUERY, 1);
        put(&payload, text, sizes[i]);
        put_packet(&stream, 0, &payload);
        put_command(&stream, COMMAND_PING, "");
        for (size_t at = 0; at < stream.size; at += 1 << 20) {
            peer_send(peer, stream.data + at, MIN(stream.size - at, (size_t)1 << 20));
        }
        cr_assert_eq(peer->command.kind, COMMAND_QUERY);
        cr_assert(slice_equal(peer->command.query.text, slice_of(text, sizes[i])));
        protocol_command_done(peer->protocol);
        peer_run(peer);
        cr_assert_eq(peer->command.kind, COMMAND_PING);
        protocol_command_done(peer->protocol);
        free(text);
        free(stream.data);
        free(payload.data);
    }
    peer_close(peer);
}

Test(connection, a_packet_above_max_allowed_packet_is_1153) {
    struct peer *peer = peer_open_with(0, 1000);
    peer_login(peer, 0);
    peer_send(peer, "\xE9\3\0\0", 4); /* 1,001 bytes are announced */
    size_t at = 0;
    cr_assert_eq(got_error(peer, &at), 1153);
    cr_assert_str_eq(peer->log, "close; ");
    peer_close(peer);
}

Test(connection, packets_out_of_order_are_1156) {
    struct peer *peer = peer_open();
    peer_login(peer, 0);
    peer_send(peer, "\1\0\0\1\16", 5);
    size_t at = 0;
    cr_assert_eq(got_error(peer, &at), 1156);
    cr_assert_str_eq(peer->log, "close; ");
    peer_close(peer);
}

Test(connection, unknown_and_malformed_commands_leave_the_connection_open) {
    static const struct {
        uint8_t command;
        uint16_t error;
    } cases[] = {{0, 1047},  {5, 1047},  {15, 1047}, {18, 1047}, {200, 1047}, {23, 1835},
                 {24, 1835}, {25, 1835}, {26, 1835}, {28, 1835}, {27, 1835},  {12, 1835}};
    struct peer *peer = peer_open();
    peer_login(peer, 0);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        size_t at = 0;
        peer->got.size = 0;
        send_command(peer, cases[i].command, "");
        cr_assert_eq(got_error(peer, &at), cases[i].error, "command %d", cases[i].command);
    }
    peer_send(peer, "\0\0\0\0", 4); /* an empty packet */
    send_command(peer, COMMAND_PING, "");
    cr_assert_str_eq(peer->log, "command 14; ");
    peer_close(peer);
}

Test(connection, a_local_file_comes_in_pieces_and_ends_with_an_empty_one) {
    struct peer *peer = peer_open();
    struct bytes stream = {0}, payload = {0};
    const struct reply_ok ok = {.affected_rows = 3};
    peer_login(peer, CAPABILITY_LOCAL_FILES);
    peer->keeps_command = 1;
    send_command(peer, COMMAND_QUERY, "load data local infile");
    reply_infile_request(peer->protocol, SLICE_LITERAL("/a/b"));
    peer_drain(peer);
    put_text(&payload, "one,two\n");
    put_packet(&stream, 2, &payload);
    put_text(&payload, "three\n");
    put_packet(&stream, 3, &payload);
    put_packet(&stream, 4, &payload);
    for (size_t i = 0; i < stream.size; i++) peer_send(peer, stream.data + i, 1);
    cr_assert_str_eq(peer->log, "query load data local infile; file one,two\nthree\n; ");
    cr_assert(slice_equal(peer->command.query.text, SLICE_LITERAL("load data local infile")));
    reply_ok(peer->protocol, &ok);
    protocol_command_done(peer->protocol);
    peer_drain(peer);
    size_t at = 0;
    cr_assert(slice_equal(got_packet(peer, &at), SLICE_LITERAL("\xFB/a/b")));
    cr_assert_eq(peer->got.data[at + 3], 5);
    cr_assert_eq(got_packet(peer, &at).data[1], 3);
    peer_close(peer);
    free(stream.data);
    free(payload.data);
}

Test(connection, an_idle_connection_keeps_little) {
    struct peer *peer = peer_open();
    peer_login(peer, 0);
    size_t before = peer->chunks.out_bytes;
    char *text = malloc(1 << 20);
    memset(text, 'x', 1 << 20);
    text[(1 << 20) - 1] = '\0';
    send_command(peer, COMMAND_QUERY, text);
    cr_assert_leq(peer->chunks.out_bytes, before + 8192);
    free(text);
    peer_close(peer);
}

Test(connection, the_end_says_why) {
    struct peer *peer = peer_open();
    peer_login(peer, 0);
    protocol_end(peer->protocol, ER_SERVER_SHUTDOWN, SLICE_EMPTY);
    peer_run(peer);
    send_command(peer, COMMAND_PING, "");
    size_t at = 0;
    struct slice error = got_packet(peer, &at);
    cr_assert(slice_equal(error, SLICE_LITERAL("\xFF\x1D\4#08S01Server shutdown in progress")));
    cr_assert_eq(at, peer->got.size);
    cr_assert_str_eq(peer->log, "close; ");
    peer_close(peer);
}

Test(connection, a_full_server_refuses_before_the_greeting) {
    uint8_t memory[512];
    struct slice packet =
        protocol_refusal(ER_CON_COUNT_ERROR, "Too many connections", memory, sizeof memory);
    cr_assert(slice_equal(packet, SLICE_LITERAL("\x17\0\0\0\xFF\x10\4"
                                                "Too many connections")));
}
