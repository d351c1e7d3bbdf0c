/* bytes.c: the parts of readers and writers that are too long to be inline.
 *
 * varint: seven bits a byte, lowest first, the high bit says that another byte follows. A value has
 * one form only (the shortest), so that equal messages are equal bytes and a checksum covers the
 * meaning: a last byte of zero (but for the value 0) and bits beyond the 64th are refused.
 */
#include "base/bytes.h"

enum { VARINT_BYTES_MAX = 10 };

static uint8_t lower_ascii(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

bool slice_equal_nocase(struct slice a, struct slice b) {
    if (a.size != b.size) return false;
    for (size_t i = 0; i < a.size; i++)
        if (lower_ascii(a.data[i]) != lower_ascii(b.data[i])) return false;
    return true;
}

uint64_t reader_varint(struct reader *reader) {
    uint64_t value = 0;
    for (unsigned i = 0; i < VARINT_BYTES_MAX && reader->at < reader->end; i++) {
        uint8_t byte = *reader->at++;
        bool is_too_big = i == VARINT_BYTES_MAX - 1 && byte > 1;
        bool is_padded = i > 0 && byte == 0;
        if (is_too_big || is_padded) break;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) == 0) return value;
    }
    reader_fail(reader);
    return 0;
}

struct slice reader_slice(struct reader *reader) {
    uint64_t size = reader_varint(reader);
    return reader_take(reader, size);
}

void writer_varint(struct writer *writer, uint64_t value) {
    uint8_t *at = writer_take(writer, varint_size(value));
    if (at == NULL) return;
    for (; value >= 0x80; value >>= 7) *at++ = (uint8_t)(value | 0x80);
    *at = (uint8_t)value;
}

void writer_slice(struct writer *writer, struct slice slice) {
    writer_varint(writer, slice.size);
    writer_bytes(writer, slice);
}
