/* wire/request.h: what a SQL daemon asks of a shard's primary, and the answers.
 *
 * Every request carries the transaction (incarnation, txn_number; number 0: none, a newest read or
 * an autocommit write that is one request) and request_number, which counts the requests of this
 * transaction to this shard from 1 without gaps (X2). statement_number orders the statements of the
 * transaction; ROLL_BACK undoes all statements >= one number (X9). Answers carry a status
 * (base/status.h) and, in the header, the largest timestamp shown (T4). A request waits inside the
 * shard (row lock, prepared row) and is answered later; it is answered exactly once unless a
 * connection closes.
 *
 * A plain READ (lock_mode NONE) is not counted, because it leaves nothing behind: its
 * request_number is the number of counted requests before it, 0 when there were none.
 *
 * A shard stops early (a step's rows, a lock or a prepared row in the way after it has found
 * something) and answers `more` with `resume`; the asker goes on from there with its next request.
 * What must be one step is not cut: a newest READ without a transaction that does not fit one step
 * is refused with TOO_LARGE (repeat it at a snapshot, T8). WRITE and CHANGE with COMMIT_AFTER
 * commit only in the answer whose `more` is 0, so a CHANGE that may be long has a txn_number. floor
 * 0 in WRITE, CHANGE, COMMIT and PREPARE: no C was asked for, the shard fetches one (T4);
 * header.shown is a floor in any case. participants of PREPARE go to the first shard only.
 *
 * Packed lists inside `bytes` fields are read and written by wire/pack.h:
 *   points   per key:   varint size, key bytes (row/key.h: memcmp form of all key parts)
 *   ranges   per range: flags (RANGE_*), varint size + lower bound, varint size + upper bound
 *   rows     per row:   u32 ordinal of its point or range, u32 size, row bytes (row/row.h)
 *   ops      per op:    kind (enum write_kind), varint size + primary key bytes, varint size + row
 * bytes
 */
#ifndef WIRE_REQUEST_H
#define WIRE_REQUEST_H

#include "wire/message_field.h"

enum lock_mode { LOCK_NONE = 0, LOCK_SHARED = 1, LOCK_EXCLUSIVE = 2 };
enum wait_policy { WAIT_TIMEOUT = 0, WAIT_NOWAIT = 1, WAIT_SKIP_LOCKED = 2 };

/* What `positions` of READ and CHANGE holds. */
enum position_kind { POSITION_POINTS = 0, POSITION_RANGES = 1 };

enum range_flags {
    RANGE_LOWER_OPEN = 1,    /* the lower bound itself is outside */
    RANGE_UPPER_OPEN = 2,    /* the upper bound itself is outside */
    RANGE_LOWER_NONE = 4,    /* from the first entry */
    RANGE_UPPER_NONE = 8,    /* to the last entry */
    RANGE_UPPER_PREFIX = 16, /* the upper bound admits every key that it is a prefix of */
};

enum read_flags {
    READ_DESCENDING = 1, /* ranges in falling key order */
    READ_KEYS_ONLY = 2,  /* no rows wanted beyond their count: existence checks */
    READ_LAST = 4,       /* the transaction's last request: nothing is kept if it holds no lock */
    READ_RELEASE_FILTERED = 8, /* READ COMMITTED: locks of rows that the filter drops go at once */
    READ_WITH_KEYS = 32, /* each row is preceded by its key in the index: u16 size, key bytes */
};

/* READ: SQL daemon -> primary. snapshot 0 is a read of the newest committed versions (T8); with a
 * lock mode it is a current read. index_id 0 is the primary key; points on it use the hash index,
 * ranges its ordered index. program (row/program.h) may be empty: all columns of all rows. resume
 * is what the previous ROWS of the same READ gave, else empty. row_limit 0: none. byte_limit bounds
 * one answer, not the scan. */
#define READ_FIELDS(F)                                                                             \
    F(u32, incarnation)                                                                            \
    F(u64, txn_number)                                                                             \
    F(u32, request_number) F(u32, statement_number) F(u64, snapshot) F(u64, floor)                 \
        F(u32, table_id) F(u16, index_id) F(u8, lock_mode) F(u8, wait_policy) F(u32, lock_wait_ms) \
            F(u8, flags) F(u8, position_kind) F(u32, row_limit) F(u32, byte_limit)                 \
                F(bytes, program) F(bytes, parameters) F(bytes, positions) F(bytes, resume)

/* ROWS: primary -> SQL daemon, the answer to READ. more: ask again with resume. error_detail: what
 * the status is about (column ordinal for OUT_OF_RANGE, ...). */
#define ROWS_FIELDS(F)                                                                             \
    F(u8, status) F(u32, error_detail) F(u8, more) F(u32, row_count) F(bytes, rows) F(bytes, resume)

enum write_kind {
    WRITE_INSERT = 1, /* DUPLICATE when the key exists */
    WRITE_UPDATE = 2, /* replaces the row of this key; NOT_FOUND when there is none */
    WRITE_DELETE = 3, /* NOT_FOUND when there is none; no row bytes */
    WRITE_PUT = 4,    /* inserts or replaces */
};

enum commit_mode {
    COMMIT_NO = 0,
    COMMIT_AFTER =
        1, /* commit in the same step (one-shard transaction): the answer comes once it survives */
};

/* WRITE: SQL daemon -> primary. Takes X locks, applies ops in order, all or none of this request.
 */
#define WRITE_FIELDS(F)                                                                            \
    F(u32, incarnation)                                                                            \
    F(u64, txn_number)                                                                             \
    F(u32, request_number) F(u32, statement_number) F(u64, floor) F(u32, table_id)                 \
        F(u8, wait_policy) F(u32, lock_wait_ms) F(u8, commit_mode) F(u32, op_count) F(bytes, ops)

/* CHANGE: SQL daemon -> primary. UPDATE or DELETE by program: locks the rows of the positions X,
 * keeps those that pass the filter, applies the assignments or deletes. Assignments never touch the
 * primary key, the partition key or a column of a unique index (the SQL daemon reads and writes
 * those instead). */
/* In CHANGE.flags, beside read_flags. */
enum change_flags {
    CHANGE_LENIENT =
        16, /* values that do not fit are adjusted (not strict, IGNORE), and counted as warnings */
};
enum change_kind { CHANGE_UPDATE = 1, CHANGE_DELETE = 2 };
#define CHANGE_FIELDS(F)                                                                           \
    F(u32, incarnation)                                                                            \
    F(u64, txn_number)                                                                             \
    F(u32, request_number) F(u32, statement_number) F(u64, floor) F(u32, table_id)                 \
        F(u16, index_id) F(u8, change_kind) F(u8, wait_policy) F(u32, lock_wait_ms) F(u8, flags)   \
            F(u8, commit_mode) F(u8, position_kind) F(u32, row_limit) F(bytes, program)            \
                F(bytes, parameters) F(bytes, positions) F(bytes, resume)

/* WRITTEN: the answer to WRITE and CHANGE. On a refusal nothing of the request stays. error_detail:
 * ordinal of the op (WRITE) or of the assigned column (CHANGE). timestamp: of the commit, with
 * COMMIT_AFTER. */
#define WRITTEN_FIELDS(F)                                                                          \
    F(u8, status)                                                                                  \
    F(u32, error_detail)                                                                           \
    F(u32, matched) F(u32, changed) F(u8, more) F(u64, timestamp) F(bytes, resume)

/* ROLL_BACK: undo all statements >= statement_number; locks stay (as InnoDB). Requests of the
 * transaction that still wait are over (CANCELLED): a killed statement does not wait for its lock.
 * Answer: DONE. */
#define ROLL_BACK_FIELDS(F)                                                                        \
    F(u32, incarnation) F(u64, txn_number) F(u32, request_number) F(u32, statement_number)

/* COMMIT: one-shard commit, or, for a transaction that wrote nowhere, the check that term and locks
 * hold (X6). request_count: how many requests the shard must hold of it (X2). Answer: DONE with
 * timestamp. */
#define COMMIT_FIELDS(F) F(u32, incarnation) F(u64, txn_number) F(u32, request_count) F(u64, floor)

/* PREPARE: part of a commit over several shards (X3). first_shard decides where the participants
 * are listed; participants (u16 shard ids, packed little endian, rising) is filled for the first
 * shard only. Answer: PREPARED, once the record survives. */
#define PREPARE_FIELDS(F)                                                                          \
    F(u32, incarnation)                                                                            \
    F(u64, txn_number)                                                                             \
    F(u32, request_count) F(u64, floor) F(u16, first_shard) F(bytes, participants)
#define PREPARED_FIELDS(F) F(u8, status) F(u64, txn_number) F(u64, timestamp)

/* COMPLETE: the outcome for a prepared participant. timestamp 0: aborted. Answer: DONE, from a
 * confirmed record (it lets the mark pass). */
#define COMPLETE_FIELDS(F) F(u32, incarnation) F(u64, txn_number) F(u64, timestamp)

/* ABORT: roll the transaction back and release its locks. Answer: DONE. */
#define ABORT_FIELDS(F) F(u32, incarnation) F(u64, txn_number)

/* DONE: the answer to ROLL_BACK, COMMIT, COMPLETE, ABORT, SCHEMA and others that return no rows. */
#define DONE_FIELDS(F) F(u8, status) F(u64, txn_number) F(u64, timestamp) F(u32, error_detail)

/* ASK_OUTCOME: SQL daemon -> any participant, after a fail-over (X7). Answer: OUTCOME; state enum
 * outcome_state, timestamp when committed. */
enum outcome_state {
    OUTCOME_UNKNOWN = 0,
    OUTCOME_PREPARED = 1,
    OUTCOME_COMMITTED = 2,
    OUTCOME_ABORTED = 3,
    OUTCOME_ACTIVE = 4
};
#define ASK_OUTCOME_FIELDS(F)                                                                      \
    F(u32, incarnation) F(u64, txn_number) F(u16, first_shard) F(u8, place_tombstone)
#define OUTCOME_FIELDS(F)                                                                          \
    F(u32, incarnation) F(u64, txn_number) F(u8, state) F(u64, timestamp) F(bytes, participants)

/* SNAPSHOT: SQL daemon -> system shard, `count` fibers wait for it; GIVEN answers once, confirmed
 * (T1, T9, T10). */
#define SNAPSHOT_FIELDS(F) F(u32, incarnation) F(u32, count)
#define GIVEN_FIELDS(F)    F(u8, status) F(u64, snapshot) F(u64, fence)

/* SEQUENCE: draw `count` values of an AUTO_INCREMENT counter from the system shard, or raise it to
 * at_least (X11). Answer: DRAWN: the values first .. first + count - 1 are the caller's. */
#define SEQUENCE_FIELDS(F) F(u32, table_id) F(u64, count) F(u64, at_least)
#define DRAWN_FIELDS(F)    F(u8, status) F(u64, first) F(u64, count)

/* LIVE: SQL daemon -> system shard: the snapshots that it still reads at (packed u64, rising),
 * complete (V1). */
#define LIVE_FIELDS(F) F(u32, incarnation) F(u64, complete_below) F(bytes, snapshots)

/* MARK: SQL daemon -> every shard: transactions below `mark` and not in exceptions (packed u64,
 * rising) are known and acknowledged everywhere (X5). No answer. */
#define MARK_FIELDS(F) F(u32, incarnation) F(u64, mark) F(bytes, exceptions)

/* NAMED_LOCK: GET_LOCK and its kin, at the system shard. owner is the session within the daemon; wait_ms UINT32_MAX:
 * for ever. Answer: DONE. GET: OK, LOCK_TIMEOUT, DEADLOCK. RELEASE: OK, DENIED (another's), NOT_FOUND. RELEASE_ALL: OK,
 * timestamp: how many. IS_FREE: OK, BUSY. IS_USED: OK, timestamp: its owner; NOT_FOUND. CANCEL: undoes the owner's last
 * GET of the name, whose answer nobody hears any more. A daemon's locks die with it. */
enum named_lock_kind {
    NAMED_LOCK_GET = 1,
    NAMED_LOCK_RELEASE = 2,
    NAMED_LOCK_RELEASE_ALL = 3,
    NAMED_LOCK_IS_FREE = 4,
    NAMED_LOCK_IS_USED = 5,
    NAMED_LOCK_CANCEL = 6
};
#define NAMED_LOCK_FIELDS(F)                                                                       \
    F(u32, incarnation) F(u64, owner) F(u8, named_lock_kind) F(u32, wait_ms) F(bytes, name)

/* STATISTICS: rows, bytes and distinct counts of a table's fragments, for the planner and SHOW
 * TABLE STATUS. COUNTED.distinct: packed u64, one an index in the order of the definition. */
#define STATISTICS_FIELDS(F) F(u32, table_id)
#define COUNTED_FIELDS(F)                                                                          \
    F(u8, status) F(u32, table_id) F(u64, rows) F(u64, bytes_used) F(bytes, distinct)

MESSAGE_STRUCT(read, READ_FIELDS)
MESSAGE_STRUCT(rows, ROWS_FIELDS)
MESSAGE_STRUCT(write, WRITE_FIELDS)
MESSAGE_STRUCT(change, CHANGE_FIELDS)
MESSAGE_STRUCT(written, WRITTEN_FIELDS)
MESSAGE_STRUCT(roll_back, ROLL_BACK_FIELDS)
MESSAGE_STRUCT(commit, COMMIT_FIELDS)
MESSAGE_STRUCT(prepare, PREPARE_FIELDS)
MESSAGE_STRUCT(prepared, PREPARED_FIELDS)
MESSAGE_STRUCT(complete, COMPLETE_FIELDS)
MESSAGE_STRUCT(abort, ABORT_FIELDS)
MESSAGE_STRUCT(done, DONE_FIELDS)
MESSAGE_STRUCT(ask_outcome, ASK_OUTCOME_FIELDS)
MESSAGE_STRUCT(outcome, OUTCOME_FIELDS)
MESSAGE_STRUCT(snapshot, SNAPSHOT_FIELDS)
MESSAGE_STRUCT(given, GIVEN_FIELDS)
MESSAGE_STRUCT(sequence, SEQUENCE_FIELDS)
MESSAGE_STRUCT(drawn, DRAWN_FIELDS)
MESSAGE_STRUCT(live, LIVE_FIELDS)
MESSAGE_STRUCT(mark, MARK_FIELDS)
MESSAGE_STRUCT(named_lock, NAMED_LOCK_FIELDS)
MESSAGE_STRUCT(statistics, STATISTICS_FIELDS)
MESSAGE_STRUCT(counted, COUNTED_FIELDS)

#endif
