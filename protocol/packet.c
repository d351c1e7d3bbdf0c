/* packet.c: how does a stream of bytes become packets, and packets a stream?
 *
 * packet: | size: 3 bytes | sequence: 1 | size bytes |   A payload of 16 MiB - 1 or more travels in pieces of exactly
 * that size and ends with a shorter piece, maybe an empty one.
 *
 * In: bytes gather in one buffer. A packet that is there in one piece is handed out where it lies. Of a packet in
 * pieces the inner headers are taken out by moving the bytes behind them up, so that it is handed out in
 * one piece too:
 *
 *      start          + joined                             end
 *   ...| payload so far | header | piece ...                 |
 *
 *   (P1) A held payload never moves: when the buffer must grow or be compacted meanwhile, the bytes that were not
 *        handed out go to a new buffer and the old one is kept until input_release.
 *   (P2) Size and number are judged when the header is there, before the payload is waited for.
 *   (P3) Memory follows the bytes that came, a quarter more than they need, never the size that a header claims.
 *
 * Out: a packet is written behind room for its header, which packet_end fills in. A payload of 16 MiB and more is
 * spread afterwards, from its end, by 4 bytes for each further header: rare, so it may cost a move.
 */
#include "protocol/packet.h"

#define INPUT_BYTES_MIN  ((size_t)1024)
#define OUTPUT_BYTES_MIN ((size_t)2048)

void input_open(struct input *input, struct chunk_source *source) {
    *input = (struct input){.source = source};
}

static void input_give_kept(struct input *input) {
    if (input->kept != NULL) input->source->give(input->source, input->kept, input->kept_capacity);
    input->kept = NULL;
}

static void input_give_data(struct input *input) {
    if (input->data != NULL) input->source->give(input->source, input->data, input->capacity);
    input->data = NULL;
    input->capacity = input->start = input->end = 0;
}

void input_close(struct input *input) {
    input_give_kept(input);
    input_give_data(input);
}

/* A larger buffer with the bytes that were not handed out; the old one is kept if it is held (P1). */
static void input_move(struct input *input, size_t needed) {
    size_t live = input_size(input);
    size_t capacity = MAX(INPUT_BYTES_MIN, needed + needed / INPUT_SPARE_SHARE); /* (P3) */
    uint8_t *data = input->source->take(input->source, capacity);
    if (live > 0) memcpy(data, input->data + input->start, live);
    if (input->is_held && input->kept == NULL && input->data != NULL) {
        input->kept = input->data;
        input->kept_capacity = input->capacity;
    } else if (input->data != NULL) {
        input->source->give(input->source, input->data, input->capacity);
    }
    input->data = data;
    input->capacity = capacity;
    input->start = 0;
    input->end = live;
}

uint8_t *input_room(struct input *input, size_t more) {
    if (input->capacity - input->end >= more) return input->data + input->end;
    size_t needed = input_size(input) + more;
    bool is_fixed = input->is_held && input->kept == NULL; /* (P1) */
    if (!is_fixed && needed <= input->capacity) {
        memmove(input->data, input->data + input->start, input_size(input));
        input->end = input_size(input);
        input->start = 0;
    } else {
        input_move(input, needed);
    }
    CHECK(input->capacity - input->end >= more);
    return input->data + input->end;
}

void input_added(struct input *input, size_t size) {
    CHECK(size <= input->capacity - input->end);
    input->end += size;
}

void input_hold(struct input *input) {
    CHECK(!input->is_held);
    input->is_held = 1;
}

void input_release(struct input *input) {
    input->is_held = 0;
    input_give_kept(input);
    if (input->start != input->end) return;
    input->start = input->end = 0;
    if (input->capacity > BUFFER_IDLE_BYTES) input_give_data(input);
}

/* One piece is whole: its header goes, its bytes join those before it. */
static void packet_join(struct input *input, size_t piece_size) {
    uint8_t *header = input->data + input->start + input->joined;
    if (input->joined == 0) {
        input->start += PACKET_HEADER_BYTES;
    } else {
        uint8_t *piece = header + PACKET_HEADER_BYTES;
        memmove(header, piece, (size_t)(input->data + input->end - piece));
        input->end -= PACKET_HEADER_BYTES;
    }
    input->joined += piece_size;
    CHECK(input->start + input->joined <= input->end);
}

enum status packet_take(struct input *input, size_t bytes_max, enum packet_order order,
                        uint8_t *sequence, struct slice *payload_out) {
    for (;;) {
        size_t left = input_size(input) - input->joined;
        if (left < PACKET_HEADER_BYTES) return STATUS_END;
        const uint8_t *header = input->data + input->start + input->joined;
        size_t piece_size = load_le24(header);
        if (order == PACKET_ORDER_CHECKED && header[3] != *sequence)
            return STATUS_WRONG_ORDER; /* (P2) */
        if (input->joined + piece_size > bytes_max) return STATUS_TOO_LARGE;
        if (left - PACKET_HEADER_BYTES < piece_size) return STATUS_END;
        *sequence = (uint8_t)(header[3] + 1);
        packet_join(input, piece_size);
        if (piece_size == PACKET_PIECE_BYTES_MAX) continue;
        *payload_out = slice_of(input->data + input->start, input->joined);
        input->start += input->joined;
        input->joined = 0;
        return STATUS_OK;
    }
}

void output_open(struct output *output, struct chunk_source *source) {
    *output = (struct output){.source = source, .packet_at = PACKET_NONE};
}

void output_close(struct output *output) {
    if (output->data != NULL) output->source->give(output->source, output->data, output->capacity);
    output->data = NULL;
    output->capacity = output->size = output->sent = 0;
    output->packet_at = PACKET_NONE;
}

/* Drops what was sent from the front. */
static void output_rebase(struct output *output, uint8_t *data) {
    size_t live = output->size - output->sent;
    if (live > 0) memmove(data, output->data + output->sent, live);
    if (output->packet_at != PACKET_NONE) output->packet_at -= output->sent;
    output->null_map_at -= MIN(output->null_map_at, output->sent);
    output->size = live;
    output->sent = 0;
}

void output_grow(struct output *output, size_t more) {
    size_t needed = output->size - output->sent + more;
    if (needed <= output->capacity / 2) {
        output_rebase(output, output->data);
        return;
    }
    size_t capacity = MAX(OUTPUT_BYTES_MIN, output->capacity);
    while (capacity < needed) capacity *= 2;
    uint8_t *data = output->source->take(output->source, capacity);
    output_rebase(output, data);
    if (output->data != NULL) output->source->give(output->source, output->data, output->capacity);
    output->data = data;
    output->capacity = capacity;
}

void output_sent(struct output *output, size_t size) {
    CHECK(size <= output_whole(output).size);
    output->sent += size;
    if (output->sent == output->size) output->sent = output->size = 0;
}

void output_shrink(struct output *output) {
    if (output->size == output->sent && output->capacity > BUFFER_IDLE_BYTES) {
        CHECK(output->packet_at == PACKET_NONE);
        output_close(output);
    }
}

void packet_begin(struct output *output) {
    CHECK(output->packet_at == PACKET_NONE);
    (void)output_room(output, PACKET_HEADER_BYTES);
    output->packet_at = output->size;
    output->size += PACKET_HEADER_BYTES;
}

void packet_abandon(struct output *output) {
    if (output->packet_at != PACKET_NONE) output->size = output->packet_at;
    output->packet_at = PACKET_NONE;
}

static void header_write(uint8_t *header, size_t size, uint8_t sequence) {
    CHECK(size <= PACKET_PIECE_BYTES_MAX);
    store_le24(header, (uint32_t)size);
    header[3] = sequence;
}

/* Piece i moves right by i headers; the last one first. */
static void packet_spread(struct output *output, size_t size, uint8_t *sequence) {
    size_t extra = size / PACKET_PIECE_BYTES_MAX;
    (void)output_room(output, extra * PACKET_HEADER_BYTES);
    uint8_t *payload = output->data + output->packet_at + PACKET_HEADER_BYTES;
    for (size_t i = extra; i > 0; i--) {
        size_t from = i * PACKET_PIECE_BYTES_MAX;
        size_t piece_size = MIN(PACKET_PIECE_BYTES_MAX, size - from);
        uint8_t *to = payload + from + i * PACKET_HEADER_BYTES;
        memmove(to, payload + from, piece_size);
        header_write(to - PACKET_HEADER_BYTES, piece_size, (uint8_t)(*sequence + i));
    }
    header_write(output->data + output->packet_at, PACKET_PIECE_BYTES_MAX, *sequence);
    output->size += extra * PACKET_HEADER_BYTES;
    *sequence = (uint8_t)(*sequence + extra + 1);
}

void packet_end(struct output *output, uint8_t *sequence) {
    CHECK(output->packet_at != PACKET_NONE);
    size_t size = output->size - output->packet_at - PACKET_HEADER_BYTES;
    if (__builtin_expect(size >= PACKET_PIECE_BYTES_MAX, 0)) {
        packet_spread(output, size, sequence);
    } else {
        header_write(output->data + output->packet_at, size, (*sequence)++);
    }
    output->packet_at = PACKET_NONE;
}
