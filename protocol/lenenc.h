/* protocol/lenenc.h: the protocol's own integers and strings, read and written within bounds.
 *
 * A length-encoded integer is one byte below 251, or 252, 253, 254 and 2, 3, 8 bytes. 251 stands for NULL in
 * rows, 255 starts an ERR packet: neither is an integer.
 */
#ifndef PROTOCOL_LENENC_H
#define PROTOCOL_LENENC_H

#include "base/bytes.h"

#define LENENC_NULL      0xFB
#define LENENC_BYTES_MAX ((size_t)9)

static inline uint64_t reader_lenenc(struct reader *reader) {
    uint8_t first = reader_u8(reader);
    if (first < LENENC_NULL) return first;
    if (first == 0xFC) return reader_u16(reader);
    if (first == 0xFD) return reader_u24(reader);
    if (first == 0xFE) return reader_u64(reader);
    reader_fail(reader);
    return 0;
}

static inline struct slice reader_lenenc_slice(struct reader *reader) {
    uint64_t size = reader_lenenc(reader);
    if (size > reader_left(reader)) {
        reader_fail(reader);
        return SLICE_EMPTY;
    }
    return reader_take(reader, (size_t)size);
}

/* Up to a NUL, which is passed over, or to the end. */
static inline struct slice reader_text(struct reader *reader) {
    size_t left = reader_left(reader);
    const uint8_t *nul = left == 0 ? NULL : memchr(reader->at, 0, left);
    if (nul == NULL) return reader_take(reader, left);
    struct slice text = reader_take(reader, (size_t)(nul - reader->at));
    (void)reader_u8(reader);
    return text;
}

/* Up to a NUL that must be there. */
static inline struct slice reader_text_nul(struct reader *reader) {
    size_t left = reader_left(reader);
    if (left == 0 || memchr(reader->at, 0, left) == NULL) {
        reader_fail(reader);
        return SLICE_EMPTY;
    }
    return reader_text(reader);
}

static inline size_t lenenc_size(uint64_t value) {
    return value < LENENC_NULL ? 1 : value <= UINT16_MAX ? 3 : value < (1u << 24) ? 4 : 9;
}

/* Writes at `to`, which has LENENC_BYTES_MAX; the place behind it. */
static inline uint8_t *lenenc_write(uint8_t *to, uint64_t value) {
    if (value < LENENC_NULL) {
        to[0] = (uint8_t)value;
        return to + 1;
    }
    if (value <= UINT16_MAX) {
        to[0] = 0xFC;
        store_le16(to + 1, (uint16_t)value);
        return to + 3;
    }
    if (value < (1u << 24)) {
        to[0] = 0xFD;
        store_le24(to + 1, (uint32_t)value);
        return to + 4;
    }
    to[0] = 0xFE;
    store_le64(to + 1, value);
    return to + 9;
}

#endif
