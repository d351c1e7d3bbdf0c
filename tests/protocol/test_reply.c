/* Replies to the byte, for clients that want the ends of result sets in the old way and in the new. */
#include "tests/protocol/peer.h"

static struct peer *peer_in(uint32_t capabilities) {
    struct peer *peer = peer_open();
    peer_login(peer, capabilities);
    peer->keeps_command = 1;
    struct bytes stream = {0};
    put_command(&stream, COMMAND_QUERY, "q");
    if (capabilities & CAPABILITY_QUERY_ATTRIBUTES) stream.size = 0;
    peer_send_all(peer, &stream);
    free(stream.data);
    return peer;
}

/* The reply's bytes, which are in `got` from then on. */
static void expect(struct peer *peer, const char *bytes, size_t size) {
    peer_drain(peer);
    cr_assert_eq(peer->got.size, size, "%zu bytes", peer->got.size);
    cr_assert_eq(memcmp(peer->got.data, bytes, size), 0);
    peer->got.size = 0;
}
#define EXPECT(peer, literal) expect((peer), (literal), sizeof(literal) - 1)

Test(reply, ok_counts_in_length_encoded_integers) {
    struct peer *peer = peer_in(0);
    const struct reply_ok ok = {.affected_rows = 70000,
                                .last_insert_id = 251,
                                .status = SERVER_AUTOCOMMIT | SERVER_MORE_RESULTS,
                                .warning_count = 2,
                                .info = SLICE_LITERAL("Rows")};
    reply_ok(peer->protocol, &ok);
    EXPECT(peer, "\x11\0\0\1\0\xFD\x70\x11\1\xFC\xFB\0\x0A\0\2\0\4Rows");
    peer_close(peer);
}

Test(reply, session_changes_are_told_to_who_asked) {
    static const struct session_change changes[] = {
        {CHANGE_SYSTEM_VARIABLE, SLICE_LITERAL("autocommit"), SLICE_LITERAL("OFF")},
        {CHANGE_SCHEMA, SLICE_EMPTY, SLICE_LITERAL("shop")},
        {CHANGE_STATE, SLICE_EMPTY, SLICE_LITERAL("1")},
        {CHANGE_TRANSACTION_STATE, SLICE_EMPTY, SLICE_LITERAL("T_______")},
    };
    const struct reply_ok ok = {
        .status = SERVER_AUTOCOMMIT, .changes = changes, .change_count = ARRAY_COUNT(changes)};
    struct peer *plain = peer_in(0), *tracking = peer_in(CAPABILITY_SESSION_TRACK);
    reply_ok(plain->protocol, &ok);
    reply_ok(tracking->protocol, &ok);
    EXPECT(plain, "\7\0\0\1\0\0\0\2\0\0\0");
    EXPECT(tracking, "\x2F\0\0\1\0\0\0\2\x40\0\0\0\x26"
                     "\0\x0F\x0A"
                     "autocommit\3OFF"
                     "\1\5\4shop"
                     "\2\1"
                     "1"
                     "\5\x09\x08T_______");
    peer_close(plain);
    peer_close(tracking);
}

Test(reply, errors_carry_their_sqlstate_and_take_back_a_row) {
    struct peer *peer = peer_in(0);
    reply_text_begin(peer->protocol);
    reply_text_int(peer->protocol, 1);
    reply_error(peer->protocol, ER_LOCK_DEADLOCK, SLICE_LITERAL("Deadlock"));
    reply_error_state(peer->protocol, 1644, "45000", SLICE_LITERAL("x"));
    EXPECT(peer, "\x11\0\0\1\xFF\xBD\4#40001Deadlock"
                 "\x0A\0\0\2\xFF\x6C\6#45000x");
    peer_close(peer);
}

static const struct reply_column column = {
    .schema = SLICE_LITERAL("d"),
    .table = SLICE_LITERAL("t"),
    .table_original = SLICE_LITERAL("T"),
    .name = SLICE_LITERAL("c"),
    .name_original = SLICE_LITERAL("C"),
    .length = 11,
    .collation_id = 63,
    .flags = DEFINITION_NOT_NULL | DEFINITION_NUMBER,
    .type = MYSQL_TYPE_LONG,
};
#define COLUMN "\3def\1d\1t\1T\1c\1C\x0C\x3F\0\x0B\0\0\0\3\1\x80\0\0\0"

static void send_result(struct peer *peer) {
    reply_columns_begin(peer->protocol, 1);
    reply_column(peer->protocol, &column);
    reply_columns_end(peer->protocol, SERVER_AUTOCOMMIT, 0);
    reply_text_begin(peer->protocol);
    reply_text_int(peer->protocol, -42);
    reply_row_end(peer->protocol);
    reply_rows_end(peer->protocol, SERVER_AUTOCOMMIT, 1);
}

Test(reply, a_result_set_ends_with_eof_or_with_ok) {
    struct peer *old = peer_in(0), *new = peer_in(CAPABILITY_DEPRECATE_EOF);
    send_result(old);
    send_result(new);
    EXPECT(old, "\1\0\0\1\1"
                "\x1B\0\0\2" COLUMN "\5\0\0\3\xFE\0\0\2\0"
                "\4\0\0\4\3-42"
                "\5\0\0\5\xFE\1\0\2\0");
    EXPECT(new, "\1\0\0\1\1"
                "\x1B\0\0\2" COLUMN "\4\0\0\3\3-42"
                "\7\0\0\4\xFE\0\0\2\0\1\0");
    peer_close(old);
    peer_close(new);
}

Test(reply, a_cursor_ends_behind_the_definitions) {
    struct peer *old = peer_in(0), *new = peer_in(CAPABILITY_DEPRECATE_EOF);
    struct peer *peers[] = {old, new};
    for (size_t i = 0; i < 2; i++) {
        reply_columns_begin(peers[i]->protocol, 1);
        reply_column(peers[i]->protocol, &column);
        reply_columns_end(peers[i]->protocol, SERVER_AUTOCOMMIT | SERVER_CURSOR_EXISTS, 0);
    }
    EXPECT(old, "\1\0\0\1\1"
                "\x1B\0\0\2" COLUMN "\5\0\0\3\xFE\0\0\x42\0");
    EXPECT(new, "\1\0\0\1\1"
                "\x1B\0\0\2" COLUMN "\7\0\0\3\xFE\0\0\x42\0\0\0");
    peer_close(old);
    peer_close(new);
}

Test(reply, a_prepared_statement_lists_parameters_and_columns) {
    struct peer *peer = peer_in(0);
    const struct reply_prepared prepared = {
        .statement_id = 9, .column_count = 1, .parameter_count = 1};
    reply_prepared(peer->protocol, &prepared);
    reply_column(peer->protocol, &column);
    reply_prepared_list_end(peer->protocol, SERVER_AUTOCOMMIT);
    EXPECT(peer, "\x0C\0\0\1\0\x09\0\0\0\1\0\1\0\0\0\0"
                 "\x1B\0\0\2" COLUMN "\5\0\0\3\xFE\0\0\2\0");
    peer_close(peer);
}

Test(reply, a_field_list_shows_defaults) {
    struct peer *peer = peer_in(0);
    reply_field(peer->protocol, &column, SLICE_EMPTY);
    reply_field(peer->protocol, &column, SLICE_LITERAL("7"));
    EXPECT(peer, "\x1C\0\0\1" COLUMN "\xFB"
                 "\x1D\0\0\2" COLUMN "\1"
                 "7");
    peer_close(peer);
}

Test(reply, statistics_are_mysqls_text) {
    struct peer *peer = peer_in(0);
    const struct server_statistics statistics = {.uptime_seconds = 8,
                                          .threads = 2,
                                          .questions = 6,
                                          .opens = 119,
                                          .flushes = 3,
                                          .open_tables = 38};
    reply_statistics(peer->protocol, &statistics);
    peer_drain(peer);
    size_t at = 0;
    static const char text[] = "Uptime: 8  Threads: 2  Questions: 6  Slow queries: 0  Opens: 119  "
                               "Flush tables: 3  Open tables: 38  Queries per second avg: 0.750";
    cr_assert(slice_equal(got_packet(peer, &at), SLICE_LITERAL(text)));
    peer_close(peer);
}
