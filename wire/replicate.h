/* wire/replicate.h: one shard's log, from its primary to its replicas, and the proofs that it is
 * still primary.
 *
 * A log position is (term, position): position counts the shard's records without gaps over all
 * terms. Records have the same bytes here and on disk (storage/record.h).
 */
#ifndef WIRE_REPLICATE_H
#define WIRE_REPLICATE_H

#include "wire/message_field.h"

/* APPEND: primary -> replica. Records first_position .. first_position + record_count - 1, preceded
 * by a record of (previous_term, first_position - 1). confirmed_position: every replica of the
 * required set has it (R3). round: number of the primary's confirm round that this message serves
 * (T10). Empty appends are allowed. */
#define APPEND_FIELDS(F)                                                                           \
    F(u64, round)                                                                                  \
    F(u64, first_position) F(u32, previous_term) F(u64, confirmed_position) F(u32, record_count)   \
        F(bytes, records)
/* CONFIRM: replica -> primary: everything up to `position` is kept here as the durability asks (on
 * disk in sync, written in replicated), and no term above yours is known here as of `round`. status
 * OLD_TERM: there is one; CORRUPT: previous_term does not match; position is where the logs agree
 * at most. */
#define CONFIRM_FIELDS(F) F(u8, status) F(u64, round) F(u64, position) F(u64, synced_position)

/* PROVE: asker -> member: do you know a term above the header's? PROVEN answers (T10, lone
 * readers). */
#define PROVE_FIELDS(F)  F(u64, round)
#define PROVEN_FIELDS(F) F(u8, status) F(u64, round)

/* JOIN: returning or new replica -> primary: my last positions (packed u32 term, u64 last position,
 * rising: the term history). JOINED: cut your log to cut_position; copy is 1 when a full copy
 * follows (COPY). */
#define JOIN_NOTHING     UINT64_MAX /* last_position: nothing that I have counts, send a copy */
#define JOIN_FIELDS(F)   F(u64, last_position) F(bytes, term_history)
#define JOINED_FIELDS(F) F(u8, status) F(u64, cut_position) F(u8, copy) F(bytes, term_history)

/* COPY: primary -> learner: a part of the rows (or schema, outcomes, marks: kind of
 * storage/checkpoint.h) as of positions <= as_of_position, to be applied where newer than what is
 * there (D4). last 1 ends the copy. COPIED: learner -> primary, flow control. */
#define COPY_FIELDS(F)   F(u64, part_number) F(u64, as_of_position) F(u8, last) F(bytes, items)
#define COPIED_FIELDS(F) F(u8, status) F(u64, part_number)

MESSAGE_STRUCT(append, APPEND_FIELDS)
MESSAGE_STRUCT(confirm, CONFIRM_FIELDS)
MESSAGE_STRUCT(prove, PROVE_FIELDS)
MESSAGE_STRUCT(proven, PROVEN_FIELDS)
MESSAGE_STRUCT(join, JOIN_FIELDS)
MESSAGE_STRUCT(joined, JOINED_FIELDS)
MESSAGE_STRUCT(copy, COPY_FIELDS)
MESSAGE_STRUCT(copied, COPIED_FIELDS)

#endif
