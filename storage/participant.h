/* storage/participant.h: transactions as one shard sees them: their requests, locks, versions and outcome.
 *
 *   active -> committing -> (gone)                         one shard (X3)
 *   active -> preparing -> prepared -> completing -> (gone)  several shards
 *   active -> ending -> (gone)                             abort, deadlock, closed connection
 *
 *   (P1) A transaction exists here from its first locking or writing request until its outcome is
 *        confirmed. Plain reads leave nothing behind.
 *   (P2) request_count counts its locking and writing requests; a gap or a repetition is refused
 *        (X2). A plain read is not counted: it names the count that it wants to find.
 *   (P3) One request of a transaction runs at a time; later ones wait behind it.
 *   (P4) A request that meets a lock or a prepared row after it has found something answers what
 *        it found, with `more`; only one that found nothing yet waits. So nothing half done
 *        waits, save what must be one step (T8, COMMIT_AFTER): that undoes itself and runs again.
 *   (P5) From append to confirmation a commit is a prepared row (T6); locks go when it becomes
 *        visible.
 *   (P6) The statement number of a pending version is the number of the request that wrote it, so
 *        that a refused request undoes itself alone; txn->statements says which request began
 *        which statement (X9).
 */
#ifndef STORAGE_PARTICIPANT_H
#define STORAGE_PARTICIPANT_H

#include "storage/record.h"
#include "storage/request_queue.h"
#include "storage/shard.h"

struct orphan;

enum transaction_state {
    TXN_ACTIVE,
    TXN_FLOOR,      /* commit or prepare asked for: waits for a fresh C (T4), for room in the log */
    TXN_PROVING,    /* wrote nowhere: its commit waits for a confirm round (X6) */
    TXN_COMMITTING, /* commit record appended */
    TXN_PREPARING,  /* prepare record appended */
    TXN_PREPARED,   /* prepare record confirmed; on a backup: applied */
    TXN_COMPLETING, /* outcome record appended */
    TXN_STAMPING,   /* decided: versions are being stamped or removed, then locks released */
};

struct txn_statement {
    uint32_t statement_number;
    uint32_t first_request;
};
struct transaction {
    struct machine machine; /* enum transaction_state */
    struct list_link link;  /* in participants->transactions, by age */
    struct transaction *next_hash;
    struct writer_id id; /* number 0: autocommit in one request, found by nobody */
    uint32_t slot;       /* writer and lock owner; WRITER_NONE: only its record is here */
    uint16_t daemon_node;
    uint32_t request_count;           /* (P2) */
    struct txn_statement *statements; /* (P6), rising */
    uint32_t statement_count, statement_capacity;
    struct txn_statement statements_inline[4];
    uint32_t *tables; /* that it wrote to, by id (V3) */
    uint32_t table_count, table_capacity;
    uint32_t tables_inline[4];
    uint64_t floor;
    uint64_t timestamp;          /* own one; of the commit once it is decided */
    uint64_t position;           /* of its prepare record */
    struct slice prepare_record; /* PREPARED: what the log holds, in its arena */
    uint16_t first_shard;
    struct slice participant_list; /* packed u16, of the first shard; in its arena */
    bool is_for_prepare;           /* FLOOR: which of the two was asked for */
    struct message_header reply;   /* of the request whose answer waits */
    uint8_t reply_kind;            /* WRITTEN, DONE, PREPARED; 0: nobody asked */
    struct written reply_written;  /* WRITTEN: matched and changed */
    struct log_waiter waiter;
    struct request *suspended;  /* (P3) */
    struct list queued;         /* (P3): requests behind it */
    struct list waiters;        /* requests of others that wait for its outcome */
    struct list_link work_link; /* FLOOR: floor_*, log_room; STAMPING: stamping; PROVING: proof's */
    uint64_t proof_round;       /* PROVING */
    struct deadline finish_deadline; /* PREPARED: when the coordinator asks (X4, T8) */
    uint64_t prepared_us;
    bool is_daemon_gone;   /* closed connection or ended incarnation (X4) */
    struct orphan *orphan; /* the coordinator's work on it */
    struct arena transaction_arena;
};

struct participants {
    struct pool pool;
    struct map by_hash; /* hash of id -> chain */
    struct transaction **by_slot;
    struct list transactions;
    struct list floor_asked, floor_next; /* wait for a fresh C: asked for, to be asked for */
    struct list log_room;                /* have their floor, redo is full */
    struct list stamping;                /* with work left */
    struct request_queue requests;
    struct deadline_heap finish_deadlines;
    uint32_t work_left;      /* rows of work in this step (STEP_ROWS_MAX) */
    uint64_t floor_asked_us; /* 0: not asked */
    uint64_t floor_ask_id;
    uint64_t commit_count, abort_count, wait_count; /* for store_describe */
};

struct participants *participants_open(struct shard *shard, uint32_t transaction_count_max);
void participants_close(struct participants *participants);

struct transaction *participant_find(const struct shard *shard, struct writer_id id);

/* READ, WRITE, CHANGE, ROLL_BACK, COMMIT, PREPARE, COMPLETE, ABORT: admitted ones. */
void participant_on_request(struct shard *shard, const struct message *message,
                            struct effects *out);
/* Everything that became ready: grants, time-outs, outcomes. Leaves the rest to the next step. */
void participant_run(struct shard *shard, struct effects *out);
/* A position was confirmed: WAITER_COMMIT, WAITER_PREPARE, WAITER_COMPLETE. */
void participant_on_confirmed(struct shard *shard, struct log_waiter *waiter, struct effects *out);
/* A fresh C for those that asked (T4). */
void participant_on_floor(struct shard *shard, uint64_t counter, struct effects *out);
/* As many of those that wait for room in the log as it takes now. */
void participant_log_waiting(struct shard *shard, struct effects *out);
/* A confirm round ended for a transaction that wrote nowhere. */
void participant_on_proven(struct shard *shard, struct transaction *txn, struct effects *out);
/* The outcome of a prepared transaction is known (X3, X4): timestamp 0 is an abort. */
void participant_complete(struct shard *shard, struct transaction *txn, uint64_t timestamp,
                          struct effects *out);
/* Ends an unprepared one by decision of this shard (X10): waiting requests get `status`. */
void participant_end(struct shard *shard, struct transaction *txn, enum status status,
                     struct effects *out);
/* An undecided prepare as a replica keeps it: its record, no slot. BUSY: too many. */
MUST_USE enum status participant_apply_prepare(struct shard *shard, const struct record *record,
                                               struct slice bytes);
/* Its outcome came by the log: the rows get it, or not. */
MUST_USE enum status participant_apply_complete(struct shard *shard, struct transaction *txn,
                                                uint64_t timestamp, uint64_t position);
/* PREPARED items: undecided prepares whose records are applied (D4). */
void participant_items(const struct shard *shard, struct buffer *items);
/* Its daemon has ended what the mark passes: what is open of it here was begun by a request that came late. */
void participant_on_mark(struct shard *shard, const struct mark *mark, struct effects *out);
/* The connection of a SQL daemon is closed, or its incarnation ended: unprepared ones go (X10). */
void participant_on_daemon_gone(struct shard *shard, uint32_t incarnation, struct effects *out);
/* Whether a transaction of that daemon is open here. */
bool participant_has_daemon(const struct shard *shard, uint32_t incarnation);
/* A replica whose rows are given up: forgets its prepared ones. */
void participant_forget(struct shard *shard);
/* This replica stops being primary: unconfirmed work goes, prepared ones stay as records. */
void participant_step_down(struct shard *shard, struct effects *out);
/* A new primary: prepared records get slots, pending versions and locks again (X6). */
void participant_take_over(struct shard *shard);
uint64_t participant_deadline(const struct shard *shard);
void participant_on_deadline(struct shard *shard, struct effects *out);
/* The turn's end: asks for a fresh C for those that wait for one (T4). */
void participant_turn_end(struct shard *shard, struct effects *out);
/* Asks the coordinator to look at it no later than then. */
void participant_finish_by(struct shard *shard, struct transaction *txn, uint64_t at_us);

#endif
