/* storage/participant.h: transactions as one shard sees them: their requests, locks, versions and outcome.
 *
 *   active -> committing -> (gone)                         one shard (X3)
 *   active -> preparing -> prepared -> completing -> (gone)  several shards
 *   active -> ending -> (gone)                             abort, deadlock, closed connection
 *
 *   (P1) A transaction exists here from its first locking or writing request until its outcome is confirmed.
 *        Plain reads leave nothing behind.
 *   (P2) request_count counts its locking and writing requests; a gap or a repetition is refused (X2). A plain
 *        read is not counted: it names the count that it wants to find.
 *   (P3) One request of a transaction runs at a time; later ones wait behind it.
 *   (P4) A request that meets a lock or a prepared row after it has found something answers what it found, with
 *        `more`; only one that found nothing yet waits. So nothing half done waits, save what must be one step
 *        (T8, COMMIT_AFTER): that undoes itself and runs again.
 *   (P5) From append to confirmation a commit is a prepared row (T6); locks go when it becomes visible.
 *   (P6) The statement number of a pending version is the number of the request that wrote it, so that a refused
 *        request undoes itself alone; txn->statements says which request began which statement (X9).
 */
#ifndef STORAGE_PARTICIPANT_H
#define STORAGE_PARTICIPANT_H

#include "storage/request_queue.h"
#include "storage/shard.h"

#define TXN_PARTICIPANTS_MAX 64

enum transaction_state {
    TXN_ACTIVE,
    TXN_FLOOR,      /* commit or prepare asked for, a fresh C is on its way (T4) */
    TXN_PROVING,    /* wrote nowhere: its commit waits for a confirm round (X6) */
    TXN_COMMITTING, /* commit record appended */
    TXN_PREPARING,  /* prepare record appended */
    TXN_PREPARED,   /* prepare record confirmed */
    TXN_COMPLETING, /* outcome record appended */
    TXN_STAMPING,   /* decided: versions are being stamped or removed, locks released */
};

struct txn_statement {
    uint32_t statement_number;
    uint32_t first_request;
};

struct transaction {
    struct machine machine; /* enum transaction_state */
    struct shard *shard;
    struct list_link link;         /* in participants->transactions, by age */
    struct transaction *next_hash;
    struct writer_id id;           /* number 0: autocommit in one request */
    uint32_t slot;                 /* writer and lock owner; WRITER_NONE on a backup */
    uint16_t daemon_node;
    uint32_t request_count;        /* (P2) */
    struct txn_statement *statements; /* (P6), rising; in the transaction's arena */
    uint32_t statement_count, statement_capacity;
    struct txn_statement statements_inline[4];
    uint64_t floor, timestamp;     /* timestamp: own one, later the commit's */
    uint64_t position;             /* of its prepare, commit or outcome record */
    struct slice prepare_record;   /* of a prepared one: what the log holds, in its arena */
    uint16_t first_shard;
    uint16_t participants[TXN_PARTICIPANTS_MAX]; /* first shard only, rising */
    uint32_t participant_count;
    uint64_t begun_us;             /* of its last move: X4's 200 ms */
    struct message_header reply;   /* of the request whose answer waits for the log */
    uint8_t reply_kind;            /* WRITTEN, DONE, PREPARED; 0: nobody asked */
    uint32_t reply_matched, reply_changed;
    struct log_waiter waiter;
    struct request *suspended;     /* (P3) */
    struct list queued;            /* (P3): requests behind it */
    struct list waiters;           /* requests of others that wait for its outcome */
    struct list_link floor_link;   /* in participants->floor_* */
    struct arena transaction_arena;
    bool is_completed_commit;      /* COMPLETING, STAMPING: which way */
};

struct participants {
    struct pool pool;
    struct map by_hash;        /* hash of id -> chain */
    struct transaction **by_slot;
    struct list transactions;
    struct list floor_asked, floor_next; /* transactions that wait for a fresh C: asked for, to be asked for */
    struct list stamping;      /* with work left */
    struct request_queue requests;
    uint32_t work_left;        /* rows of work in this step (STEP_ROWS_MAX) */
};

struct participants *participants_open(struct shard *shard, uint32_t transaction_count_max);
void participants_close(struct participants *participants);

struct transaction *participant_find(const struct shard *shard, struct writer_id id);

/* Requests; `request` is NULL when the message runs for the first time. */
void participant_on_request(struct shard *shard, const struct message *message, struct effects *out);
/* Everything that became ready: grants, time-outs, outcomes. Leaves the rest to the next step. */
void participant_run(struct shard *shard, struct effects *out);
/* A position was confirmed: WAITER_COMMIT, WAITER_PREPARE, WAITER_COMPLETE. */
void participant_on_confirmed(struct shard *shard, struct log_waiter *waiter, struct effects *out);
/* A fresh C for those that asked (T4). */
void participant_on_floor(struct shard *shard, uint64_t counter, struct effects *out);
/* A confirm round ended for a transaction that wrote nowhere. */
void participant_on_proven(struct shard *shard, struct transaction *txn, struct effects *out);
/* The outcome of a prepared transaction is known (X3, X4): timestamp 0 is an abort. */
void participant_complete(struct shard *shard, struct transaction *txn, uint64_t timestamp,
                          struct effects *out);
/* Ends an unprepared one by decision of this shard (X10): waiting requests get `status`. */
void participant_end(struct shard *shard, struct transaction *txn, enum status status,
                     struct effects *out);
/* The connection of a SQL daemon is closed, or its incarnation ended: unprepared ones go (X10). */
void participant_on_daemon_gone(struct shard *shard, uint32_t incarnation, struct effects *out);
/* This replica stops being primary: unconfirmed work goes, prepared ones stay as records. */
void participant_step_down(struct shard *shard, struct effects *out);
/* A new primary: prepared records get slots, pending versions and locks again (X6). */
void participant_take_over(struct shard *shard);
uint64_t participant_deadline(const struct shard *shard);

#endif
