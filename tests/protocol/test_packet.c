#include "protocol/packet.h"
#include "tests/base/chunks.h"

#include <criterion/criterion.h>

static void write_packet(struct output *output, size_t size, uint8_t *sequence) {
    packet_begin(output);
    uint8_t *to = output_room(output, size);
    for (size_t i = 0; i < size; i++) to[i] = (uint8_t)(i * 7 + i / 251);
    output->size += size;
    packet_end(output, sequence);
}

/* What was written, read back by the other half. */
Test(packet, what_is_written_is_read_back_at_every_size_around_16_mib) {
    static const size_t sizes[] = {0,
                                   1,
                                   PACKET_PIECE_BYTES_MAX - 1,
                                   PACKET_PIECE_BYTES_MAX,
                                   PACKET_PIECE_BYTES_MAX + 1,
                                   2 * PACKET_PIECE_BYTES_MAX,
                                   3 * PACKET_PIECE_BYTES_MAX + 5};
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        struct chunks chunks = chunks_open();
        struct output output;
        struct input input;
        uint8_t sequence = 250, expected = 250;
        output_open(&output, &chunks.source);
        input_open(&input, &chunks.source);
        write_packet(&output, sizes[i], &sequence);
        struct slice whole = output_whole(&output), payload;
        memcpy(input_room(&input, whole.size), whole.data, whole.size);
        input_added(&input, whole.size);
        cr_assert_eq(packet_take(&input, GIB, PACKET_ORDER_CHECKED, &expected, &payload),
                     STATUS_OK);
        cr_assert_eq(payload.size, sizes[i]);
        for (size_t k = 0; k < payload.size; k++) {
            if (payload.data[k] != (uint8_t)(k * 7 + k / 251)) cr_assert_fail("byte %zu", k);
        }
        cr_assert_eq(expected, sequence);
        cr_assert_eq(input_size(&input), 0);
        input_close(&input);
        output_close(&output);
        cr_assert_eq(chunks.out_bytes, 0);
    }
}

Test(packet, an_unfinished_packet_is_neither_sent_nor_lost) {
    struct chunks chunks = chunks_open();
    struct output output;
    uint8_t sequence = 0;
    output_open(&output, &chunks.source);
    write_packet(&output, 10, &sequence);
    packet_begin(&output);
    output_u8(&output, 42);
    cr_assert_eq(output_whole(&output).size, 14);
    output_sent(&output, 14);
    for (int i = 0; i < 5000; i++) output_u8(&output, 43); /* grows and moves to the front */
    packet_end(&output, &sequence);
    struct slice whole = output_whole(&output);
    cr_assert_eq(whole.size, 4 + 5001);
    cr_assert_eq(load_le24(whole.data), 5001);
    cr_assert_eq(whole.data[4], 42);
    cr_assert_eq(whole.data[5004], 43);
    packet_begin(&output);
    output_u8(&output, 44);
    packet_abandon(&output);
    cr_assert_eq(output_whole(&output).size, 4 + 5001);
    output_close(&output);
}

Test(packet, a_size_is_judged_by_its_header) {
    struct chunks chunks = chunks_open();
    struct input input;
    struct slice payload;
    uint8_t sequence = 0;
    input_open(&input, &chunks.source);
    memcpy(input_room(&input, 4), "\x65\0\0\0", 4);
    input_added(&input, 4);
    cr_assert_eq(packet_take(&input, 100, PACKET_ORDER_CHECKED, &sequence, &payload),
                 STATUS_TOO_LARGE);
    cr_assert_eq(packet_take(&input, 101, PACKET_ORDER_CHECKED, &sequence, &payload), STATUS_END);
    sequence = 1;
    cr_assert_eq(packet_take(&input, 101, PACKET_ORDER_CHECKED, &sequence, &payload),
                 STATUS_WRONG_ORDER);
    input_close(&input);
}

Test(packet, a_held_payload_stays_while_the_buffer_grows_again_and_again) {
    struct chunks chunks = chunks_open();
    struct input input;
    struct slice payload;
    uint8_t sequence = 0;
    input_open(&input, &chunks.source);
    memcpy(input_room(&input, 9), "\5\0\0\0hello", 9);
    input_added(&input, 9);
    cr_assert_eq(packet_take(&input, 100, PACKET_ORDER_CHECKED, &sequence, &payload), STATUS_OK);
    input_hold(&input);
    for (size_t size = 1; size < 100000; size = size * 2 + 1) {
        memset(input_room(&input, size), 'x', size);
        input_added(&input, size);
        input.start = input.end; /* read at once */
        cr_assert_eq(memcmp(payload.data, "hello", 5), 0);
    }
    input_release(&input);
    cr_assert_eq(chunks.out_bytes, 0);
    input_close(&input);
}
