/* protocol/packet.h: the stream of bytes in, packets in and packets out. Internal to protocol/. */
/* protocol/packet.h: the stream of bytes in, packets in and packets out. Internal to protocol/. */
#ifndef PROTOCOL_PACKET_H
#define PROTOCOL_PACKET_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"
#include "protocol/lenenc.h"

#define PACKET_HEADER_BYTES ((size_t)4)
/* An idle connection keeps a buffer of at most this. */
#define BUFFER_IDLE_BYTES ((size_t)4096)

/* A buffer that must grow takes this share more than it needs. */
#define INPUT_SPARE_SHARE 4

/* Received bytes. See packet.c. */
struct input {
    struct chunk_source *source;
    uint8_t *data;
    size_t capacity;
    size_t start, end; /* not yet handed out */
    size_t joined;     /* of these, payload whose headers were taken out already */
    uint8_t *kept;     /* an earlier buffer, in which the held payload lies */
    size_t kept_capacity;
    uint8_t is_held; /* somebody borrows a payload that was handed out */
};

void input_open(struct input *input, struct chunk_source *source);
void input_close(struct input *input);
static inline size_t input_size(const struct input *input) { return input->end - input->start; }
/* Room for `more` bytes behind the others; input_added says how many came. */
uint8_t *input_room(struct input *input, size_t more);
void input_added(struct input *input, size_t size);
/* From here to input_release the payload handed out last stays where it is. */
void input_hold(struct input *input);
void input_release(struct input *input);

/* Compressed packets carry a checked number of their own; within them clients number as they like. */
enum packet_order { PACKET_ORDER_CHECKED, PACKET_ORDER_ADOPTED };

/* The next whole packet's payload, pieces of 16 MiB joined. END: more bytes are needed; TOO_LARGE: above
 * `bytes_max`, known as soon as the header is; WRONG_ORDER: a header's number is not *sequence, which
 * counts headers. */
MUST_USE enum status packet_take(struct input *input, size_t bytes_max, enum packet_order order,
                                 uint8_t *sequence, struct slice *payload_out);

/* Bytes to send. */
struct output {
    struct chunk_source *source;
    uint8_t *data;
    size_t capacity;
    size_t sent, size;  /* data[sent, size) waits */
    size_t packet_at;   /* header of the packet being written, PACKET_NONE between packets */
    size_t null_map_at; /* of the binary row being written */
    size_t column_index;
};
#define PACKET_NONE SIZE_MAX

void output_open(struct output *output, struct chunk_source *source);
void output_close(struct output *output);
void output_grow(struct output *output, size_t more);
/* `size` more bytes have left. */
void output_sent(struct output *output, size_t size);
/* Gives back a large empty buffer. */
void output_shrink(struct output *output);
/* Whole packets that were not sent. */
static inline struct slice output_whole(const struct output *output) {
    if (output->data == NULL) return SLICE_EMPTY;
    size_t end = output->packet_at == PACKET_NONE ? output->size : output->packet_at;
    return slice_of(output->data + output->sent, end - output->sent);
}

/* Room for `size` bytes; the caller adds what it wrote with output_wrote. */
static inline uint8_t *output_room(struct output *output, size_t size) {
    if (__builtin_expect(output->capacity - output->size < size, 0)) output_grow(output, size);
    return output->data + output->size;
}
static inline void output_wrote(struct output *output, const uint8_t *end) {
    output->size = (size_t)(end - output->data);
}

/* A packet: begin, the payload, end, which writes the headers and counts *sequence on. */
void packet_begin(struct output *output);
void packet_end(struct output *output, uint8_t *sequence);
/* Takes an unfinished packet back. */
void packet_abandon(struct output *output);

static inline void output_u8(struct output *output, uint8_t value) {
    uint8_t *to = output_room(output, 1);
    *to = value;
    output->size += 1;
}
static inline void output_u16(struct output *output, uint16_t value) {
    store_le16(output_room(output, 2), value);
    output->size += 2;
}
static inline void output_u32(struct output *output, uint32_t value) {
    store_le32(output_room(output, 4), value);
    output->size += 4;
}
static inline void output_u64(struct output *output, uint64_t value) {
    store_le64(output_room(output, 8), value);
    output->size += 8;
}
static inline void output_bytes(struct output *output, struct slice bytes) {
    uint8_t *to = output_room(output, bytes.size);
    if (bytes.size > 0) memcpy(to, bytes.data, bytes.size);
    output->size += bytes.size;
}
static inline void output_text_nul(struct output *output, struct slice text) {
    output_bytes(output, text);
    output_u8(output, 0);
}
static inline void output_lenenc(struct output *output, uint64_t value) {
    output_wrote(output, lenenc_write(output_room(output, LENENC_BYTES_MAX), value));
}
static inline void output_lenenc_slice(struct output *output, struct slice bytes) {
    uint8_t *to = lenenc_write(output_room(output, LENENC_BYTES_MAX + bytes.size), bytes.size);
    if (bytes.size > 0) memcpy(to, bytes.data, bytes.size);
    output_wrote(output, to + bytes.size);
}

#endif
