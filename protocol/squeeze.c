/* squeeze.c: how do packets travel compressed?
 *
 * compressed packet: | size 3 | sequence 1 | unpacked size 3 | size bytes |
 *
 * The bytes are a piece of the stream of packets, cut anywhere. An unpacked size of 0 says that they are not
 * packed: what is short or does not shrink goes as it is.
 *
 *   (Z1) Numbers count compressed packets, from 0 at each command; a client may start again from 0 when it sends
 *        the next command ahead.
 *   (Z2) One compressed packet is unpacked only when the packets unpacked before hold no whole one, so at most
 *        one packet and 16 MB wait unpacked.
 */
#include "protocol/connection.h"

#define SQUEEZE_HEADER_BYTES   ((size_t)7)
#define SQUEEZE_BYTES_MIN      ((size_t)50) /* shorter: not worth it; MySQL's limit */
#define SQUEEZE_PIECE_BYTES    ((size_t)MIB)
#define SQUEEZE_ZLIB_LEVEL     6
#define SQUEEZE_ZSTD_LEVEL     3
#define SQUEEZE_ZSTD_LEVEL_MAX 22

static_assert(SQUEEZE_PIECE_BYTES <= PACKET_PIECE_BYTES_MAX, "sizes have three bytes");

static enum compress_method squeeze_method(const struct protocol *protocol) {
    CHECK(protocol->compression != COMPRESSION_NONE);
    return protocol->compression == COMPRESSION_ZLIB ? COMPRESS_ZLIB : COMPRESS_ZSTD;
}

static int squeeze_level(const struct protocol *protocol) {
    if (protocol->compression == COMPRESSION_ZLIB) return SQUEEZE_ZLIB_LEVEL;
    int level = protocol->zstd_level;
    return level >= 1 && level <= SQUEEZE_ZSTD_LEVEL_MAX ? level : SQUEEZE_ZSTD_LEVEL;
}

static enum status unpack(struct protocol *protocol, struct slice packed, size_t size) {
    struct compress_job job = {
        .method = squeeze_method(protocol),
        .in = packed,
        .out = input_room(&protocol->input, size),
        .out_size = size,
    };
    size_t unpacked = 0;
    enum status status = compressor_unpack(protocol->options.compressor, &job, &unpacked);
    if (status != STATUS_OK || unpacked != size) return STATUS_CORRUPT;
    input_added(&protocol->input, size);
    return STATUS_OK;
}

enum status squeeze_take(struct protocol *protocol) {
    struct input *from = &protocol->squeezed;
    if (input_size(from) < SQUEEZE_HEADER_BYTES) return STATUS_END;
    const uint8_t *header = from->data + from->start;
    size_t size = load_le24(header), unpacked_size = load_le24(header + 4);
    if (header[3] != protocol->squeeze_sequence && header[3] != 0)
        return STATUS_WRONG_ORDER; /* (Z1) */
    if (input_size(from) - SQUEEZE_HEADER_BYTES < size) return STATUS_END;
    struct slice bytes = slice_of(header + SQUEEZE_HEADER_BYTES, size);
    enum status status = STATUS_OK;
    if (unpacked_size != 0) {
        status = unpack(protocol, bytes, unpacked_size);
    } else if (size > 0) {
        memcpy(input_room(&protocol->input, size), bytes.data, size);
        input_added(&protocol->input, size);
    }
    protocol->squeeze_sequence = (uint8_t)(header[3] + 1);
    from->start += SQUEEZE_HEADER_BYTES + size;
    if (from->start == from->end) input_release(from);
    return status;
}

/* One piece as one compressed packet. */
static void squeeze_piece(struct protocol *protocol, struct slice piece) {
    struct output *to = &protocol->squeezed_out;
    size_t bound = MAX(compress_bound(squeeze_method(protocol), piece.size), piece.size);
    uint8_t *header = output_room(to, SQUEEZE_HEADER_BYTES + bound);
    struct compress_job job = {
        .method = squeeze_method(protocol),
        .level = squeeze_level(protocol),
        .in = piece,
        .out = header + SQUEEZE_HEADER_BYTES,
        .out_size = bound,
    };
    size_t size = piece.size, unpacked_size = 0;
    if (piece.size >= SQUEEZE_BYTES_MIN) {
        enum status status = compressor_pack(protocol->options.compressor, &job, &size);
        if (status == STATUS_OK && size < piece.size) unpacked_size = piece.size;
    }
    if (unpacked_size == 0) {
        size = piece.size;
        memcpy(job.out, piece.data, size);
    }
    store_le24(header, (uint32_t)size);
    header[3] = protocol->squeeze_sequence++;
    store_le24(header + 4, (uint32_t)unpacked_size);
    to->size += SQUEEZE_HEADER_BYTES + size;
}

void squeeze_output(struct protocol *protocol) {
    struct output *from = &protocol->output;
    for (;;) {
        struct slice whole = output_whole(from);
        if (whole.size == 0) return;
        struct slice piece = slice_part(whole, 0, SQUEEZE_PIECE_BYTES);
        squeeze_piece(protocol, piece);
        output_sent(from, piece.size);
    }
}
