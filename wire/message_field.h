/* wire/message_field.h: one field list yields the struct, the encoder, the decoder and the printer.
 *
 * A list is a macro that applies its argument to (type, name) pairs, in wire order:
 *     #define VOTE_FIELDS(F) F(u64, txn_number) F(u8, granted)
 * Types: u8 u16 u32 u64 (little endian on the wire) and bytes (varint size, then the bytes; decoded
 * as a slice that borrows from the message). MESSAGE_STRUCT goes in the header, MESSAGE_CODEC in
 * one .c file.
 */
#ifndef WIRE_MESSAGE_FIELD_H
#define WIRE_MESSAGE_FIELD_H

#include "base/arena.h"

typedef struct slice message_bytes; /* so that field types can be pasted; never used by name */
typedef uint8_t message_u8;
typedef uint16_t message_u16;
typedef uint32_t message_u32;
typedef uint64_t message_u64;

#define MESSAGE_MEMBER(type, name) message_##type name;
#define MESSAGE_STRUCT(struct_name, FIELDS)                                                        \
    struct struct_name {                                                                           \
        FIELDS(MESSAGE_MEMBER)                                                                     \
    };                                                                                             \
    size_t struct_name##_size(const struct struct_name *message);                                  \
    void struct_name##_encode(struct writer *writer, const struct struct_name *message);           \
    void struct_name##_decode(struct reader *reader, struct struct_name *message_out);             \
    void struct_name##_print(struct buffer *buffer, const struct struct_name *message);

static inline size_t message_size_u8(message_u8 v) {
    (void)v;
    return 1;
}
static inline size_t message_size_u16(message_u16 v) {
    (void)v;
    return 2;
}
static inline size_t message_size_u32(message_u32 v) {
    (void)v;
    return 4;
}
static inline size_t message_size_u64(message_u64 v) {
    (void)v;
    return 8;
}
static inline size_t message_size_bytes(message_bytes v) { return varint_size(v.size) + v.size; }
static inline void message_encode_u8(struct writer *w, message_u8 v) { writer_u8(w, v); }
static inline void message_encode_u16(struct writer *w, message_u16 v) { writer_u16(w, v); }
static inline void message_encode_u32(struct writer *w, message_u32 v) { writer_u32(w, v); }
static inline void message_encode_u64(struct writer *w, message_u64 v) { writer_u64(w, v); }
static inline void message_encode_bytes(struct writer *w, message_bytes v) { writer_slice(w, v); }
static inline message_u8 message_decode_u8(struct reader *r) { return reader_u8(r); }
static inline message_u16 message_decode_u16(struct reader *r) { return reader_u16(r); }
static inline message_u32 message_decode_u32(struct reader *r) { return reader_u32(r); }
static inline message_u64 message_decode_u64(struct reader *r) { return reader_u64(r); }
static inline message_bytes message_decode_bytes(struct reader *r) { return reader_slice(r); }
void message_print_number(struct buffer *buffer, const char *name, uint64_t value);
void message_print_bytes(struct buffer *buffer, const char *name, struct slice value);
static inline void message_print_u8(struct buffer *b, const char *n, message_u8 v) {
    message_print_number(b, n, v);
}
static inline void message_print_u16(struct buffer *b, const char *n, message_u16 v) {
    message_print_number(b, n, v);
}
static inline void message_print_u32(struct buffer *b, const char *n, message_u32 v) {
    message_print_number(b, n, v);
}
static inline void message_print_u64(struct buffer *b, const char *n, message_u64 v) {
    message_print_number(b, n, v);
}

/* These five are used inside the functions of MESSAGE_CODEC only. */
#define MESSAGE_ADD_SIZE(type, name)     size += message_size_##type(message->name);
#define MESSAGE_ENCODE_FIELD(type, name) message_encode_##type(writer, message->name);
#define MESSAGE_DECODE_FIELD(type, name) message_out->name = message_decode_##type(reader);
#define MESSAGE_PRINT_FIELD(type, name)  message_print_##type(buffer, #name, message->name);

#define MESSAGE_CODEC(struct_name, FIELDS)                                                         \
    size_t struct_name##_size(const struct struct_name *message) {                                 \
        size_t size = 0;                                                                           \
        (void)message;                                                                             \
        FIELDS(MESSAGE_ADD_SIZE)                                                                   \
        return size;                                                                               \
    }                                                                                              \
    void struct_name##_encode(struct writer *writer, const struct struct_name *message) {          \
        FIELDS(MESSAGE_ENCODE_FIELD)                                                               \
    }                                                                                              \
    void struct_name##_decode(struct reader *reader, struct struct_name *message_out) {            \
        FIELDS(MESSAGE_DECODE_FIELD)                                                               \
    }                                                                                              \
    void struct_name##_print(struct buffer *buffer, const struct struct_name *message) {           \
        FIELDS(MESSAGE_PRINT_FIELD)                                                                \
    }

#endif
