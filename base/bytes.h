/* base/bytes.h: byte ranges, and reading and writing numbers in them without overrunning.
 *
 * A slice borrows bytes; nobody frees through one. A reader and a writer never touch a byte outside
 * their range: the first attempt sets `failed`, later calls do nothing (readers return 0 or an
 * empty slice), so callers check once at the end.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <string.h>

#include "base/check.h"

struct slice {
    const uint8_t *data; /* may be NULL when size is 0 */
    size_t size;         /* bytes */
};

#define SLICE_EMPTY ((struct slice){NULL, 0})
/* Of a string literal, without its NUL. */
#define SLICE_LITERAL(text) ((struct slice){(const uint8_t *)(text), sizeof(text) - 1})

static inline struct slice slice_of(const void *data, size_t size) {
    return (struct slice){(const uint8_t *)data, size};
}
static inline struct slice slice_of_text(const char *text) {
    return (struct slice){(const uint8_t *)text, strlen(text)};
}
static inline bool slice_equal(struct slice a, struct slice b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
/* memcmp order, a prefix before its extension: <0, 0, >0. */
static inline int slice_compare(struct slice a, struct slice b) {
    size_t common = MIN(a.size, b.size);
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    if (order != 0) return order;
    return (a.size > b.size) - (a.size < b.size);
}
/* ASCII case-insensitive equality. */
bool slice_equal_nocase(struct slice a, struct slice b);
/* base + size. C17 leaves NULL + 0 undefined, and an empty slice may have NULL. */
static inline const uint8_t *bytes_after(const uint8_t *base, size_t size) {
    return size == 0 ? base : base + size;
}
/* The part from `from` on, `size` bytes at most; CHECKs from <= slice.size. */
static inline struct slice slice_part(struct slice slice, size_t from, size_t size) {
    CHECK(from <= slice.size);
    return (struct slice){bytes_after(slice.data, from), MIN(size, slice.size - from)};
}

/* Unaligned loads and stores; le = little endian (wire, disk), be = big endian (ordered keys). */
static inline uint16_t load_le16(const uint8_t *p) {
    uint16_t v;
    memcpy(&v, p, 2);
    return v;
}
static inline uint32_t load_le32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}
static inline uint64_t load_le64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}
static inline uint32_t load_le24(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}
static inline void store_le16(uint8_t *p, uint16_t v) { memcpy(p, &v, 2); }
static inline void store_le24(uint8_t *p, uint32_t v) {
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
}
static inline void store_le32(uint8_t *p, uint32_t v) { memcpy(p, &v, 4); }
static inline void store_le64(uint8_t *p, uint64_t v) { memcpy(p, &v, 8); }
static inline uint16_t load_be16(const uint8_t *p) { return __builtin_bswap16(load_le16(p)); }
static inline uint32_t load_be32(const uint8_t *p) { return __builtin_bswap32(load_le32(p)); }
static inline uint64_t load_be64(const uint8_t *p) { return __builtin_bswap64(load_le64(p)); }
static inline void store_be16(uint8_t *p, uint16_t v) { store_le16(p, __builtin_bswap16(v)); }
static inline void store_be32(uint8_t *p, uint32_t v) { store_le32(p, __builtin_bswap32(v)); }
static inline void store_be64(uint8_t *p, uint64_t v) { store_le64(p, __builtin_bswap64(v)); }
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "loads and stores assume little endian");

struct reader {
    const uint8_t *at, *end;
    bool failed; /* a read went past the end, or reader_fail was called */
};

static inline struct reader reader_of(struct slice slice) {
    return (struct reader){slice.data, bytes_after(slice.data, slice.size), false};
}
static inline size_t reader_left(const struct reader *reader) {
    return (size_t)(reader->end - reader->at);
}
static inline void reader_fail(struct reader *reader) {
    reader->failed = true;
    reader->at = reader->end;
}
/* A slice of the next `size` bytes, empty after a failure. */
static inline struct slice reader_take(struct reader *reader, size_t size) {
    if (size > reader_left(reader)) {
        reader_fail(reader);
        return SLICE_EMPTY;
    }
    struct slice taken = {reader->at, size};
    reader->at = bytes_after(reader->at, size);
    return taken;
}
static inline uint8_t reader_u8(struct reader *r) {
    struct slice s = reader_take(r, 1);
    return s.size == 1 ? s.data[0] : 0;
}
static inline uint16_t reader_u16(struct reader *r) {
    struct slice s = reader_take(r, 2);
    return s.size == 2 ? load_le16(s.data) : 0;
}
static inline uint32_t reader_u24(struct reader *r) {
    struct slice s = reader_take(r, 3);
    return s.size == 3 ? load_le24(s.data) : 0;
}
static inline uint32_t reader_u32(struct reader *r) {
    struct slice s = reader_take(r, 4);
    return s.size == 4 ? load_le32(s.data) : 0;
}
static inline uint64_t reader_u64(struct reader *r) {
    struct slice s = reader_take(r, 8);
    return s.size == 8 ? load_le64(s.data) : 0;
}
/* LEB128, 10 bytes at most, the shortest form only. */
uint64_t reader_varint(struct reader *reader);
/* varint size, then that many bytes. */
struct slice reader_slice(struct reader *reader);

/* Writes into memory that it does not own; see struct buffer (base/arena.h) for one that grows. */
struct writer {
    uint8_t *start, *at, *end;
    bool failed; /* something did not fit */
};

static inline struct writer writer_of(void *memory, size_t size) {
    uint8_t *start = memory;
    return (struct writer){start, start, size == 0 ? start : start + size, false};
}
static inline struct slice writer_written(const struct writer *w) {
    return (struct slice){w->start, (size_t)(w->at - w->start)};
}
/* Room for `size` bytes, or NULL (and failed). */
static inline uint8_t *writer_take(struct writer *w, size_t size) {
    if (w->failed || size > (size_t)(w->end - w->at)) {
        w->failed = true;
        return NULL;
    }
    uint8_t *taken = w->at;
    if (size > 0) w->at += size;
    return taken;
}
static inline void writer_u8(struct writer *w, uint8_t v) {
    uint8_t *p = writer_take(w, 1);
    if (p != NULL) *p = v;
}
static inline void writer_u16(struct writer *w, uint16_t v) {
    uint8_t *p = writer_take(w, 2);
    if (p != NULL) store_le16(p, v);
}
static inline void writer_u32(struct writer *w, uint32_t v) {
    uint8_t *p = writer_take(w, 4);
    if (p != NULL) store_le32(p, v);
}
static inline void writer_u64(struct writer *w, uint64_t v) {
    uint8_t *p = writer_take(w, 8);
    if (p != NULL) store_le64(p, v);
}
static inline void writer_bytes(struct writer *w, struct slice s) {
    uint8_t *p = writer_take(w, s.size);
    if (p != NULL && s.size > 0) memcpy(p, s.data, s.size);
}
void writer_varint(struct writer *writer, uint64_t value);
void writer_slice(struct writer *writer, struct slice slice);
/* Bytes that writer_varint takes: 1 to 10. */
static inline size_t varint_size(uint64_t value) {
    return value == 0 ? 1 : (70 - (size_t)__builtin_clzll(value)) / 7;
}

#endif
