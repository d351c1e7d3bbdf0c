/* wire/message.h: every message there is, its header, and how it becomes bytes.
 *
 * A connection between two nodes is a stream of frames:
 *     | u32 size | u32 crc32c of the rest | header (64 bytes) | body |       size counts all of it
 * The header carries what CORE.md asks of every message from the first version on. Inside one
 * process a message travels as a pointer and is never encoded; its slices then borrow from the
 * sender's effects.
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include "base/limits.h"
#include "base/status.h"
#include "wire/commit.h"
#include "wire/member.h"
#include "wire/meta.h"
#include "wire/replicate.h"
#include "wire/request.h"

#define WIRE_VERSION 1

/* (number, NAME, struct and member name, FIELDS). Numbers are for ever. */
#define MESSAGE_LIST(M)                                                                            \
    M(1, READ, read, READ_FIELDS)                                                                  \
    M(2, ROWS, rows, ROWS_FIELDS)                                                                  \
    M(3, WRITE, write, WRITE_FIELDS)                                                               \
    M(4, CHANGE, change, CHANGE_FIELDS)                                                            \
    M(5, WRITTEN, written, WRITTEN_FIELDS)                                                         \
    M(6, ROLL_BACK, roll_back, ROLL_BACK_FIELDS)                                                   \
    M(7, COMMIT, commit, COMMIT_FIELDS)                                                            \
    M(8, PREPARE, prepare, PREPARE_FIELDS)                                                         \
    M(9, PREPARED, prepared, PREPARED_FIELDS)                                                      \
    M(10, COMPLETE, complete, COMPLETE_FIELDS)                                                     \
    M(11, ABORT, abort, ABORT_FIELDS)                                                              \
    M(12, DONE, done, DONE_FIELDS)                                                                 \
    M(13, ASK_OUTCOME, ask_outcome, ASK_OUTCOME_FIELDS)                                            \
    M(14, OUTCOME, outcome, OUTCOME_FIELDS)                                                        \
    M(15, SNAPSHOT, snapshot, SNAPSHOT_FIELDS)                                                     \
    M(16, GIVEN, given, GIVEN_FIELDS)                                                              \
    M(17, SEQUENCE, sequence, SEQUENCE_FIELDS)                                                     \
    M(18, DRAWN, drawn, DRAWN_FIELDS)                                                              \
    M(19, LIVE, live, LIVE_FIELDS)                                                                 \
    M(20, MARK, mark, MARK_FIELDS)                                                                 \
    M(21, NAMED_LOCK, named_lock, NAMED_LOCK_FIELDS)                                               \
    M(22, STATISTICS, statistics, STATISTICS_FIELDS)                                               \
    M(23, COUNTED, counted, COUNTED_FIELDS)                                                        \
    M(40, INQUIRE, inquire, INQUIRE_FIELDS)                                                        \
    M(41, INQUIRED, inquired, INQUIRED_FIELDS)                                                     \
    M(42, EDGES, edges, EDGES_FIELDS)                                                              \
    M(43, VICTIM, victim, VICTIM_FIELDS)                                                           \
    M(44, HORIZON, horizon, HORIZON_FIELDS)                                                        \
    M(45, FENCE, fence, FENCE_FIELDS)                                                              \
    M(46, FETCH, fetch, FETCH_FIELDS)                                                              \
    M(47, FENCED, fenced, FENCED_FIELDS)                                                           \
    M(60, APPEND, append, APPEND_FIELDS)                                                           \
    M(61, CONFIRM, confirm, CONFIRM_FIELDS)                                                        \
    M(62, PROVE, prove, PROVE_FIELDS)                                                              \
    M(63, PROVEN, proven, PROVEN_FIELDS)                                                           \
    M(64, JOIN, join, JOIN_FIELDS)                                                                 \
    M(65, JOINED, joined, JOINED_FIELDS)                                                           \
    M(66, COPY, copy, COPY_FIELDS)                                                                 \
    M(67, COPIED, copied, COPIED_FIELDS)                                                           \
    M(80, HELLO, hello, HELLO_FIELDS)                                                              \
    M(81, PEER, peer, PEER_FIELDS)                                                                 \
    M(82, REGISTER, register_node, REGISTER_FIELDS)                                                \
    M(83, REGISTERED, registered, REGISTERED_FIELDS)                                               \
    M(84, CONFIGURATION, configuration, CONFIGURATION_FIELDS)                                      \
    M(85, KNOWN, known, KNOWN_FIELDS)                                                              \
    M(86, BEAT, beat, BEAT_FIELDS)                                                                 \
    M(87, SUSPECT, suspect, SUSPECT_FIELDS)                                                        \
    M(88, PROPOSE, propose, PROPOSE_FIELDS)                                                        \
    M(89, DECIDED, decided, DECIDED_FIELDS)                                                        \
    M(100, DDL, ddl, DDL_FIELDS)                                                                   \
    M(101, DDL_DONE, ddl_done, DDL_DONE_FIELDS)                                                    \
    M(102, SCHEMA, put_schema, SCHEMA_FIELDS)                                                            \
    M(103, DICTIONARY, dictionary, DICTIONARY_FIELDS)                                              \
    M(104, LEARNED, learned, LEARNED_FIELDS)                                                       \
    M(105, STATUS_ASK, status_ask, STATUS_ASK_FIELDS)                                              \
    M(106, STATUS_TELL, status_tell, STATUS_TELL_FIELDS)

#define MESSAGE_ENUM(number, NAME, name, FIELDS) MESSAGE_##NAME = (number),
enum message_kind { MESSAGE_LIST(MESSAGE_ENUM) };
#undef MESSAGE_ENUM

/* kind and wire_version come first and keep their place in every wire version.
 * shard 0 is the node itself (membership, meta, a SQL daemon's cluster handle).
 * request_id is chosen by the asker and comes back in the answer; 0 for messages without one.
 * term and config_version are of `shard`; map_version and schema_version of what the sender planned
 * with. shown is the largest timestamp that the sender has shown or been shown (T4). */
#define HEADER_FIELDS(F)                                                                           \
    F(u8, kind)                                                                                    \
    F(u8, wire_version) F(u16, shard) F(u16, from_node) F(u16, to_node) F(u32, from_incarnation)   \
        F(u32, to_incarnation) F(u32, term) F(u32, config_version) F(u32, map_version)             \
            F(u32, schema_version) F(u64, request_id) F(u64, shown) F(u64, fence) F(u64, reserved)
MESSAGE_STRUCT(message_header, HEADER_FIELDS)

#define MESSAGE_HEADER_BYTES 64
#define MESSAGE_FRAME_BYTES  8

#define MESSAGE_UNION(number, NAME, name, FIELDS) struct name name;
struct message {
    struct message_header header;
    union {
        MESSAGE_LIST(MESSAGE_UNION)
    };
};
#undef MESSAGE_UNION

/* Bytes of the whole frame. */
size_t message_size(const struct message *message);
/* Writes a frame of message_size bytes; CHECKs that it fits. */
void message_encode(struct writer *writer, const struct message *message);
/* How many bytes the frame at the start of `stream` has, once 4 bytes are there: 0 when more are
 * needed. TOO_LARGE and CORRUPT end the connection. */
MUST_USE enum status message_frame(struct slice stream, size_t *size_out);
/* One whole frame; slices of message_out borrow from it. CORRUPT for a bad checksum, an unknown
 * kind, an enum or a size out of bounds, bytes missing or left over. */
MUST_USE enum status message_decode(struct slice frame, struct message *message_out);
/* One line: READ 7 -> 3 shard 2 term 5: table_id=9 ... */
void message_print(struct buffer *buffer, const struct message *message);
/* "READ", or "?" for numbers that are none. */
const char *message_name(uint8_t kind);
/* A copy whose slices live in the arena as well, for who keeps a message beyond the step. */
struct message *message_copy(struct arena *arena, const struct message *message);

#endif
