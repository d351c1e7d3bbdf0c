#include "tests/protocol/peer.h"

struct squeezed {
    struct peer *peer;
    enum compress_method method;
};

static struct squeezed squeezed_open(enum compress_method method) {
    uint32_t capability = method == COMPRESS_ZLIB ? CAPABILITY_COMPRESS : CAPABILITY_ZSTD;
    struct peer *peer = peer_open_with(CAPABILITY_COMPRESS | CAPABILITY_ZSTD, 64 * MIB);
    peer_login(peer, capability);
    cr_assert_str_eq(protocol_compression_name(peer->protocol),
                     method == COMPRESS_ZLIB ? "zlib" : "zstd");
    return (struct squeezed){peer, method};
}

static void put_squeezed(struct squeezed *to, struct bytes *stream, uint8_t sequence,
                         struct slice plain) {
    size_t bound = compress_bound(to->method, plain.size), size = 0;
    uint8_t *packed = malloc(bound + 1);
    struct compress_job job = {to->method, 3, plain, packed, bound};
    cr_assert_eq(compressor_pack(to->peer->compressor, &job, &size), STATUS_OK);
    put_int(stream, size, 3);
    put_int(stream, sequence, 1);
    put_int(stream, plain.size, 3);
    put(stream, packed, size);
    free(packed);
}

/* All compressed packets that came, unpacked; their numbers must count from `sequence`. */
static struct bytes unpack_got(struct squeezed *from, uint8_t sequence) {
    struct bytes plain = {0}, *got = &from->peer->got;
    for (size_t at = 0; at < got->size;) {
        size_t size = load_le24(got->data + at), whole = load_le24(got->data + at + 4);
        cr_assert_eq(got->data[at + 3], sequence++);
        struct slice in = slice_of(got->data + at + 7, size);
        if (whole == 0) {
            put(&plain, in.data, in.size);
        } else {
            uint8_t *out = malloc(whole);
            size_t unpacked = 0;
            struct compress_job job = {from->method, 0, in, out, whole};
            cr_assert_eq(compressor_unpack(from->peer->compressor, &job, &unpacked), STATUS_OK);
            cr_assert_eq(unpacked, whole);
            put(&plain, out, whole);
            free(out);
        }
        at += 7 + size;
    }
    got->size = 0;
    return plain;
}

static void round_trip(enum compress_method method) {
    struct squeezed squeezed = squeezed_open(method);
    struct peer *peer = squeezed.peer;
    struct bytes command = {0}, stream = {0};
    char text[5000];
    memset(text, 's', sizeof text);
    text[sizeof text - 1] = '\0';
    peer->keeps_command = 1;
    put_command(&command, COMMAND_QUERY, text);
    /* One packet in two compressed ones, the second not packed. */
    put_squeezed(&squeezed, &stream, 0, slice_of(command.data, 3000));
    put_int(&stream, command.size - 3000, 3);
    put_int(&stream, 1, 1);
    put_int(&stream, 0, 3);
    put(&stream, command.data + 3000, command.size - 3000);
    for (size_t i = 0; i < stream.size; i++) peer_send(peer, stream.data + i, 1);
    cr_assert_eq(peer->command.kind, COMMAND_QUERY);
    cr_assert(slice_equal(peer->command.query.text, slice_of_text(text)));
    for (int i = 0; i < 400; i++) { /* about 2 MB */
        reply_text_begin(peer->protocol);
        reply_text_slice(peer->protocol, slice_of_text(text));
        reply_row_end(peer->protocol);
        if (i % 100 == 0) peer_drain(peer);
    }
    protocol_command_done(peer->protocol);
    peer_drain(peer);
    cr_assert_lt(peer->got.size, 100000);
    struct bytes plain = unpack_got(&squeezed, 2);
    cr_assert_eq(plain.size, 400 * (4 + 3 + 4999));
    cr_assert_eq(plain.data[3], 1);
    cr_assert_eq(memcmp(plain.data + 7, text, 4999), 0);
    peer_close(peer);
    free(plain.data);
    free(command.data);
    free(stream.data);
}

Test(squeeze, zlib_goes_both_ways) { round_trip(COMPRESS_ZLIB); }
Test(squeeze, zstd_goes_both_ways) { round_trip(COMPRESS_ZSTD); }

Test(squeeze, numbers_start_again_with_each_command) {
    struct squeezed squeezed = squeezed_open(COMPRESS_ZLIB);
    struct bytes command = {0}, stream = {0};
    put_command(&command, COMMAND_PING, "");
    for (int i = 0; i < 3; i++) {
        put_squeezed(&squeezed, &stream, 0, slice_of(command.data, command.size));
        peer_send_all(squeezed.peer, &stream);
        struct bytes plain = unpack_got(&squeezed, 1);
        cr_assert_eq(plain.data[3], 1);
        free(plain.data);
    }
    peer_close(squeezed.peer);
    free(command.data);
    free(stream.data);
}

Test(squeeze, rubbish_is_1157_and_closes) {
    struct squeezed squeezed = squeezed_open(COMPRESS_ZLIB);
    peer_send(squeezed.peer, "\4\0\0\0\x64\0\0rubb", 11);
    cr_assert_str_eq(squeezed.peer->log, "close; ");
    struct bytes plain = unpack_got(&squeezed, 1);
    cr_assert_eq(load_le16(plain.data + 5), 1157);
    peer_close(squeezed.peer);
    free(plain.data);
}

Test(squeeze, a_wrong_number_closes) {
    struct squeezed squeezed = squeezed_open(COMPRESS_ZSTD);
    peer_send(squeezed.peer, "\4\0\0\7\0\0\0rubb", 11);
    cr_assert_str_eq(squeezed.peer->log, "close; ");
    peer_close(squeezed.peer);
}

Test(squeeze, every_size_that_a_piece_says_wrongly_is_refused) {
    for (size_t wrong = 0; wrong < 300; wrong += 7) {
        struct squeezed squeezed = squeezed_open(COMPRESS_ZLIB);
        struct bytes stream = {0}, command = {0};
        put_command(&command, COMMAND_QUERY, "select 'some text that is long enough to be packed'");
        put_squeezed(&squeezed, &stream, 0, slice_of(command.data, command.size));
        store_le24(stream.data + 4, (uint32_t)wrong);
        peer_send_all(squeezed.peer, &stream);
        cr_assert(squeezed.peer->is_closed || wrong == command.size || wrong == 0);
        peer_close(squeezed.peer);
        free(stream.data);
        free(command.data);
    }
}
