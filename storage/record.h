/* storage/record.h: the logical record: the one form in which a shard's decisions are written down.
 *
 * The same bytes are sent to backups (APPEND.records), kept in the log, replayed at restart and
 * read by change capture. record: | u32 size | u32 crc32c of the rest | u8 kind | u8 format | u16
 * shard | u32 term | u64 position | body | size counts all of it; numbers are little endian (P1)
 * Positions of a shard count its records from 1 without gaps over all terms (R4 may cut a tail,
 * the next record then takes the first cut position again, with a higher term).
 *   (P2) Kinds from RECORD_LOCAL_FIRST on are notes of one store's own log: they take no position
 *        (header position: what the note is about), never travel, and redo.c alone writes them.
 *   (P3) Shard 0 is the store itself: its records are counted like a shard's, and are not
 *        replicated.
 *   (P4) The format of a kind never changes; a new one gets a new kind. Kind 15 is kept for D5's
 *        cut.
 */
#ifndef STORAGE_RECORD_H
#define STORAGE_RECORD_H

#include "base/limits.h"
#include "base/status.h"
#include "wire/message_field.h"

#define RECORD_HEADER_BYTES 24
#define RECORD_FORMAT       1
#define RECORD_BYTES_MAX    (32 * MIB) /* header and body; redo_record_bytes_max may be less */
#define RECORD_LOCAL_FIRST  64

/* COMMIT: a transaction of this shard alone, whole. ops: op_count packed ops, see below.
 * schema_version: what the rows were written with (V3). */
#define RECORD_COMMIT_FIELDS(F)                                                                    \
    F(u32, incarnation)                                                                            \
    F(u64, txn_number) F(u64, timestamp) F(u32, schema_version) F(u32, op_count) F(bytes, ops)
/* PREPARE: this shard's part of a transaction over several. timestamp: the shard's own one (T3).
 * participants: packed u16, rising, in the first shard's record, else empty. op_count 0: only locks
 * are held (X6). */
#define RECORD_PREPARE_FIELDS(F)                                                                   \
    F(u32, incarnation)                                                                            \
    F(u64, txn_number)                                                                             \
    F(u64, timestamp)                                                                              \
    F(u64, floor)                                                                                  \
    F(u16, first_shard) F(u32, schema_version) F(bytes, participants) F(u32, op_count) F(bytes, ops)
/* COMPLETE: the outcome of a prepared transaction; timestamp 0: aborted. */
#define RECORD_COMPLETE_FIELDS(F) F(u32, incarnation) F(u64, txn_number) F(u64, timestamp)
/* TOMBSTONE: aborted where no prepare was; one that comes later is refused for ever (X4). */
#define RECORD_TOMBSTONE_FIELDS(F) F(u32, incarnation) F(u64, txn_number)
/* SCHEMA: enum schema_change of wire/meta.h; definition: row/table.h. */
#define RECORD_SCHEMA_FIELDS(F)                                                                    \
    F(u8, schema_change) F(u32, table_id) F(u32, version) F(u16, index_id) F(bytes, definition)
/* MARK: X5; exceptions: packed u64, rising. ENDED: meta has ended that incarnation. */
#define RECORD_MARK_FIELDS(F)  F(u32, incarnation) F(u64, mark) F(bytes, exceptions)
#define RECORD_ENDED_FIELDS(F) F(u32, incarnation) F(u8, is_forgotten)
/* TERM: the first record of a new primary: who it is, the C and F that it fetched (T9). */
#define RECORD_TERM_FIELDS(F) F(u16, node) F(u32, incarnation) F(u64, counter) F(u64, fence)
/* COUNTER: system shard: values of C below reserved_below may be handed out; fence_count: see T9.
 */
#define RECORD_COUNTER_FIELDS(F) F(u64, reserved_below) F(u64, fence_count)
/* SEQUENCE: system shard: AUTO_INCREMENT values of the table below next_value may be handed out
 * (X11). */
#define RECORD_SEQUENCE_FIELDS(F) F(u32, table_id) F(u64, next_value)
/* DURABILITY: enum durability of wire/configuration.h is in force from here on (R7). */
#define RECORD_DURABILITY_FIELDS(F) F(u8, durability)
/* REVISION: the configuration that the node serves (R6); configuration (wire/configuration.h) may
 * be empty. */
#define RECORD_REVISION_FIELDS(F) F(u64, revision) F(bytes, configuration)
/* EMPTY: takes a position and says nothing. */
#define RECORD_NOTHING_FIELDS(F) F(u8, spare)
/* Of RESET: counts them in one log, so that a checkpoint can name the last one that it includes. */
#define RECORD_RESET_FIELDS(F) F(u64, number)

/* Local notes (P2). CONFIRMED: the shard's records up to the header's position are confirmed and
 * applied (R3). CUT: those above the header's position are void (R4). RESET: all that this log held
 * of the shard is void, and so are its rows: a full copy as of the header's position begins; the
 * next record is position + 1. OPENED: the store has recovered and goes on from here. In CUT and
 * RESET the header's term is that of the last valid record. */

/* (number, NAME, member of struct record, FIELDS). Numbers are for ever. */
#define RECORD_LIST(R)                                                                             \
    R(1, COMMIT, commit, RECORD_COMMIT_FIELDS)                                                     \
    R(2, PREPARE, prepare, RECORD_PREPARE_FIELDS)                                                  \
    R(3, COMPLETE, complete, RECORD_COMPLETE_FIELDS)                                               \
    R(4, TOMBSTONE, tombstone, RECORD_TOMBSTONE_FIELDS)                                            \
    R(5, SCHEMA, schema, RECORD_SCHEMA_FIELDS)                                                     \
    R(6, MARK, mark, RECORD_MARK_FIELDS)                                                           \
    R(7, ENDED, ended, RECORD_ENDED_FIELDS)                                                        \
    R(8, TERM, term_begin, RECORD_TERM_FIELDS)                                                     \
    R(9, COUNTER, counter, RECORD_COUNTER_FIELDS)                                                  \
    R(10, SEQUENCE, sequence, RECORD_SEQUENCE_FIELDS)                                              \
    R(11, DURABILITY, durability, RECORD_DURABILITY_FIELDS)                                        \
    R(12, REVISION, revision, RECORD_REVISION_FIELDS)                                              \
    R(13, EMPTY, empty, RECORD_NOTHING_FIELDS)                                                     \
    R(64, CONFIRMED, confirmed, RECORD_NOTHING_FIELDS)                                             \
    R(65, CUT, cut, RECORD_NOTHING_FIELDS)                                                         \
    R(66, RESET, reset, RECORD_RESET_FIELDS)                                                       \
    R(67, OPENED, opened, RECORD_NOTHING_FIELDS)

#define RECORD_ENUM(number, NAME, name, FIELDS) RECORD_##NAME = (number),
enum record_kind { RECORD_LIST(RECORD_ENUM) };
#undef RECORD_ENUM

MESSAGE_STRUCT(record_commit, RECORD_COMMIT_FIELDS)
MESSAGE_STRUCT(record_prepare, RECORD_PREPARE_FIELDS)
MESSAGE_STRUCT(record_complete, RECORD_COMPLETE_FIELDS)
MESSAGE_STRUCT(record_tombstone, RECORD_TOMBSTONE_FIELDS)
MESSAGE_STRUCT(record_schema, RECORD_SCHEMA_FIELDS)
MESSAGE_STRUCT(record_mark, RECORD_MARK_FIELDS)
MESSAGE_STRUCT(record_ended, RECORD_ENDED_FIELDS)
MESSAGE_STRUCT(record_term_begin, RECORD_TERM_FIELDS)
MESSAGE_STRUCT(record_counter, RECORD_COUNTER_FIELDS)
MESSAGE_STRUCT(record_sequence, RECORD_SEQUENCE_FIELDS)
MESSAGE_STRUCT(record_durability, RECORD_DURABILITY_FIELDS)
MESSAGE_STRUCT(record_revision, RECORD_REVISION_FIELDS)
MESSAGE_STRUCT(record_empty, RECORD_NOTHING_FIELDS)
MESSAGE_STRUCT(record_confirmed, RECORD_NOTHING_FIELDS)
MESSAGE_STRUCT(record_cut, RECORD_NOTHING_FIELDS)
MESSAGE_STRUCT(record_reset, RECORD_RESET_FIELDS)
MESSAGE_STRUCT(record_opened, RECORD_NOTHING_FIELDS)

#define RECORD_UNION(number, NAME, name, FIELDS) struct record_##name name;
struct record {
    uint8_t kind; /* enum record_kind */
    uint16_t shard;
    uint32_t term;
    uint64_t position;
    union {
        RECORD_LIST(RECORD_UNION)
    };
};
#undef RECORD_UNION

static inline bool record_is_local(const struct record *record) {
    return record->kind >= RECORD_LOCAL_FIRST;
}

/* Bytes of the whole record. */
size_t record_size(const struct record *record);
/* Appends the record's bytes to `buffer` and returns them; valid until the buffer grows. CHECKs
 * that the record is one that record_decode accepts: at most RECORD_BYTES_MAX, positions and terms
 * from 1 on (0 in notes only). */
struct slice record_append(struct buffer *buffer, const struct record *record);
/* The same, into memory of record_size bytes at least. */
void record_encode(struct writer *writer, const struct record *record);

/* Bytes of the record that begins `stream`, checksum not verified: 0 when its first 4 bytes are not
 * there or are no legal size. */
size_t record_frame(struct slice stream);
/* One whole record from foreign bytes; slices of record_out borrow from them. CORRUPT for a bad
 * checksum, an unknown kind or format, bytes missing or left over, a malformed list. What it
 * accepts needs no further verification. */
MUST_USE enum status record_decode(struct slice bytes, struct record *record_out);
/* Takes the first record off `stream`: OK, END when the stream is empty, CORRUPT. bytes_out (may be
 * NULL): the record's own bytes. */
MUST_USE enum status record_next(struct slice *stream, struct slice *bytes_out,
                                 struct record *record_out);
/* One line: COMMIT shard 2 term 5 position 17: ... */
void record_print(struct buffer *buffer, const struct record *record);
/* "COMMIT", or "?" for numbers that are none. */
const char *record_name(uint8_t kind);

/* ---- ops: the row changes of COMMIT and PREPARE, in order ----
 *     op: | u32 table id | u8 kind | varint size, primary key bytes | varint size, row bytes |
 */
enum record_op_kind {
    RECORD_OP_PUT = 1,    /* the row of this key is now `row`, whether or not there was one */
    RECORD_OP_DELETE = 2, /* there is no row of this key any more; row is empty */
};
struct record_op {
    uint32_t table_id;
    uint8_t kind;          /* enum record_op_kind */
    struct slice key, row; /* row/key.h, row/row.h */
};

size_t record_op_size(const struct record_op *op);
void record_op_append(struct buffer *ops, const struct record_op *op);
/* Iterates ops of a decoded (so verified) record or of record_op_append: false at the end.
 *     struct reader ops = reader_of(record.commit.ops);
 *     while (record_op_next(&ops, &op)) ... */
bool record_op_next(struct reader *ops, struct record_op *op_out);

static_assert(RECORD_BYTES_MAX < MESSAGE_BYTES_MAX, "a record fits in one APPEND");

#endif
