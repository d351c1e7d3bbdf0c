/* storage/shard.h: one shard of a store: what all its parts share.
 *
 * A shard is one ordered log with one primary. Its parts, each in a file of its own, hang in struct shard; every
 * part is handed the shard and reaches the others through their headers:
 *
 *     requests -> participant --append--> replica --bytes--> redo (own disk), peers
 *                     ^                      |
 *                     +---- confirmed -------+      position by position, in order: log_waiter
 *
 *   roles:   idle -> learner -> backup -> equalising -> fencing -> finishing -> primary
 *            (any -> idle when a configuration does not name this node; shard.c has the table)
 *
 *   (S1) Positions of a shard count its records without gaps over all terms. applied <= confirmed
 *        <= kept <= appended: rows hold applied ones, every required replica keeps confirmed
 *        ones, this disk kept ones.
 *   (S2) Only a primary appends by itself; a backup appends what its primary sent. Both apply in
 *        order.
 *   (S3) Whatever waits for a position is a log_waiter in the shard's queue, in rising order of
 *        position.
 *   (S4) M (snapshot_max) is raised by readers alone, L (decided_max) by decisions alone (T2,
 *        T3).
 *   (S5) Requests are answered in the primary role; while a new primary takes over they wait
 *        (X6).
 *   (S6) Rows of a checkpoint or a copy are fuzzy: up to log.reach they may be newer than applied. All of them
 *        were confirmed where they came from (R3).
 */
#ifndef STORAGE_SHARD_H
#define STORAGE_SHARD_H

#include "base/deadline.h"
#include "base/list.h"
#include "base/machine.h"
#include "base/map.h"
#include "base/pool.h"
#include "storage/checkpoint.h"
#include "storage/lock.h"
#include "storage/log_tail.h"
#include "storage/outcome.h"
#include "storage/schema.h"
#include "storage/version.h"
#include "wire/configuration.h"
#include "wire/step.h"

struct store;
struct participants;
struct replication;
struct proof;
struct coordinator;
struct system_shard;

/* The order is that of a life; what a message may do depends on comparisons like role >= SHARD_PRIMARY. */
enum shard_role {
    SHARD_IDLE,       /* no configuration names this replica */
    SHARD_LEARNER,    /* catches up; not listed */
    SHARD_BACKUP,     /* listed */
    SHARD_EQUALISING, /* new primary: its term record must be kept by every listed replica (R4) */
    SHARD_FENCING,    /* fetches a fresh C as M and raises F (T9) */
    SHARD_FINISHING,  /* finishes the undecided prepares of its log (X6) */
    SHARD_PRIMARY,
};

/* What happens when a position is confirmed (S3). */
enum log_waiter_kind {
    WAITER_COMMIT,    /* of a transaction: one-shard commit */
    WAITER_PREPARE,   /* of a transaction */
    WAITER_COMPLETE,  /* of a transaction: its outcome is on record */
    WAITER_TOMBSTONE, /* of an outcome */
    WAITER_SCHEMA,    /* of a schema change */
    WAITER_TERM,      /* the record that begins this primary's term */
    WAITER_COUNTER,   /* a range of the snapshot counter is reserved */
    WAITER_SEQUENCE,  /* a range of a sequence is reserved */
};
struct log_waiter {
    struct list_link link; /* in shard->log_waiters */
    uint64_t position;
    enum log_waiter_kind kind;
};

/* Term history: where each term of this replica's log begins (R4). */
struct shard_term {
    uint32_t term;
    uint64_t first_position; /* of its TERM record */
};
#define SHARD_TERMS_MAX 1024 /* kept; older ones are merged into the first */

/* The shard's log as this replica has it. */
struct shard_log {
    uint64_t appended;  /* last position in memory */
    uint64_t fed;       /* last position handed to redo; below `appended` while redo is full */
    uint64_t kept;      /* last position that this disk keeps as the durability asks */
    uint64_t synced;    /* last position that is on this disk for sure */
    uint64_t confirmed; /* last position known to be kept by every required replica */
    uint64_t applied;   /* last position that the rows hold */
    uint64_t reach;     /* newest row that a checkpoint or a copy brought; may be above applied (S6) */
    struct log_tail tail;
    struct shard_term *terms; /* rising */
    uint32_t term_count;
};

/* A full copy on its way in. A copy is fuzzy: its rows are of one moment only when the log behind it has been applied
 * up to the newest of them. It is of use only once a checkpoint that began then is published: until then nothing is
 * confirmed, and after a crash this replica has nothing (redo_reset).
 *
 *   none -> taking -> filling -> keeping -> none
 */
enum copy_stage {
    COPY_NONE,
    COPY_TAKING,  /* parts come in: the log is not applied meanwhile */
    COPY_FILLING, /* all parts are there: the log goes on to log.reach */
    COPY_KEEPING, /* waits for copy_checkpoint */
};

/* The primary that this replica follows. */
struct shard_following {
    uint16_t node; /* 0: none heard of */
    uint32_t incarnation, term;
    uint64_t confirm_sent; /* last position confirmed to it */
    uint64_t heard_us;
    uint64_t matched; /* the log agrees with its log up to here, in this term */
    uint64_t round;   /* last round heard of (T10) */
    bool is_confirm_owed;
    uint64_t join_sent_us; /* learner: 0: not asked */
    uint64_t joined_us;    /* the join_sent_us that was answered last (B5) */
    enum copy_stage copy_stage;
    uint64_t copy_part;       /* last part taken */
    bool is_hollow;           /* what is here does not count */
    uint64_t copy_checkpoint; /* KEEPING: this many published checkpoints make it whole */
};

struct shard {
    struct store *store;
    struct machine role; /* enum shard_role */
    uint16_t id;
    uint32_t term, version; /* of the configuration in force; refuses older ones (R2) */
    struct configuration_shard configured; /* a copy of it */
    uint64_t snapshot_max;                 /* M */
    uint64_t decided_max;                  /* L */
    uint64_t history_from;                 /* H: below it versions may be missing */
    struct fragment_horizon horizon;       /* of the last HORIZON (V1) */
    uint32_t horizon_capacity;             /* of horizon.snapshots */
    uint64_t fence_known,
        fence_proven; /* F heard of; F known when the last good round began (T9) */
    struct shard_log log;
    struct shard_following following;
    struct list log_waiters;  /* (S3) */
    struct list role_waiters; /* requests that wait for the take-over to end (S5) */
    uint64_t role_since_us;
    uint64_t fence_asked_us; /* FENCING: 0: not asked */
    uint64_t term_position;  /* of the TERM record of this primary */
    bool is_collect_due;     /* the horizon moved, or versions were superseded */
    uint64_t edges_us;       /* when waits are reported next (X10) */
    bool edges_reported;     /* the last report was not empty */
    struct log_waiter term_waiter;
    struct pool schema_waits; /* requests of meta that wait for their record, or a backfill */
    struct list schema_waiting;
    struct arena rows_arena; /* dies with the rows: fragments, writers */
    struct shard_schema schema;
    struct fragments *fragments;
    struct writers *writers;
    struct lock_table *locks;
    struct outcomes outcomes;
    struct participants *participants;
    struct replication *replication;
    struct proof *proof;
    struct coordinator *coordinator;
    struct system_shard *system; /* NULL unless this is the system shard */
};

/* A shard with an empty log, before recovery fills it. */
struct shard *shard_open(struct store *store, uint16_t id);
void shard_close(struct shard *shard);
/* Forgets rows, schema, outcomes and log: a full copy or another checkpoint follows. */
void shard_forget(struct shard *shard);

/* A message for this shard. */
void shard_on_message(struct shard *shard, const struct message *message, struct effects *out);
/* A configuration that names, or no longer names, this replica (R2). */
void shard_on_configuration(struct shard *shard, const struct cluster_configuration *configuration,
                            struct effects *out);
/* A peer speaks of a later term: it is in force here, whatever the configuration says yet (R2). */
void shard_raise_term(struct shard *shard, uint32_t term, struct effects *out);
/* Durability in force by the configuration; alone, it is sync whatever was asked for (R7). */
void shard_set_durability(struct shard *shard);
/* A connection opened or closed, or a process is proved dead. */
void shard_on_peer(struct shard *shard, const struct peer *peer, struct effects *out);
/* The end of a turn: everything that was batched goes out (D2, T10). */
void shard_turn_end(struct shard *shard, struct effects *out);
/* This disk keeps the log up to `kept`; `synced` of it for sure. */
void shard_on_kept(struct shard *shard, uint64_t kept, uint64_t synced, struct effects *out);

/* Answers that the request is refused, in the form that its kind has. */
void shard_refuse(struct shard *shard, const struct message *request, enum status status,
                  struct effects *out);
/* The same, where the kind of the answer is known. */
void shard_refuse_kind(struct shard *shard, const struct message *request,
                       enum message_kind answer_kind, enum status status, struct effects *out);
/* R2: a message of that term is of the past. */
bool shard_term_is_old(const struct shard *shard, uint32_t term);
/* Whether this request is for this primary and term (X1, R2): OK, WRONG_PRIMARY, OLD_TERM. */
MUST_USE enum status shard_admit(const struct shard *shard, const struct message *message);
/* A fresh C came with F: what a new primary waits for (T9), or commits for their floor (T4). */
void shard_on_fenced(struct shard *shard, const struct message *message, struct effects *out);
/* FINISHING and nothing left to finish: serve (X6). */
void shard_finish_check(struct shard *shard, struct effects *out);
uint64_t shard_deadline(const struct shard *shard);
void shard_on_deadline(struct shard *shard, struct effects *out);

/* The system shard has C and F (T1): the take-over goes on. */
void shard_on_time_served(struct shard *shard, struct effects *out);
/* Work on drops, backfills and old versions; part of the turn's end. */
void shard_work(struct shard *shard, struct effects *out);
void shard_schema_open(struct shard *shard, uint32_t count_max);
void shard_on_schema(struct shard *shard, const struct message *message, struct effects *out);
void shard_on_statistics(struct shard *shard, const struct message *message, struct effects *out);
void shard_on_horizon(struct shard *shard, const struct message *message);
void shard_on_mark(struct shard *shard, const struct message *message, struct effects *out);
/* X5: incarnations that meta has ended and that have no transaction left here are ended in the log. */
void shard_end_incarnations(struct shard *shard, const struct cluster_configuration *configuration,
                            struct effects *out);
/* Nothing of it may begin here any more. */
bool shard_daemon_is_ended(const struct shard *shard, uint32_t incarnation);
void shard_schema_step_down(struct shard *shard, struct effects *out);
void shard_on_schema_confirmed(struct shard *shard, struct log_waiter *waiter, struct effects *out);
void shard_on_term_confirmed(struct shard *shard, struct effects *out);

/* ---- the log of this replica: shard_log.c ---- */

/* One record behind the others: into the tail, to redo, and the term history. */
void shard_log_append(struct shard *shard, struct slice record);
/* Records above `position` are void (R4). */
void shard_log_cut(struct shard *shard, uint64_t position);
/* Gives redo what it has no room for yet. */
void shard_log_feed(struct shard *shard);
/* Term of the record at `position`; 0: unknown. */
uint32_t shard_log_term(const struct shard *shard, uint64_t position);
void shard_log_begin_term(struct shard *shard, uint32_t term, uint64_t first_position);
/* Last position at which a log with that history and end agrees with this one. */
uint64_t shard_log_common(const struct shard *shard, struct slice term_history,
                          uint64_t last_position);
/* Recovery: a record or note of the own log. */
MUST_USE enum status shard_log_recover(struct shard *shard, const struct record *record,
                                       struct slice bytes);
/* Applies what is confirmed, some a step; false: more is left. */
bool shard_log_apply(struct shard *shard, struct effects *out);
/* One decoded record onto rows, outcomes, schema and counters: backups, recovery, a new primary. FULL: no memory. */
MUST_USE enum status shard_apply_record(struct shard *shard, const struct record *record,
                                        struct slice bytes);
/* Records of a row change. */
MUST_USE enum status shard_apply_ops(struct shard *shard, struct slice ops, uint64_t timestamp,
                                     uint64_t position);

/* ---- the shard as items: shard_items.c ---- */

struct shard_items; /* a scan */
/* Lives in `arena`, to which its resume key goes, too. */
struct shard_items *shard_items_begin(struct arena *arena, struct shard *shard);
/* As checkpoint_source's next (storage/checkpoint.h). */
MUST_USE enum status shard_items_next(struct shard_items *scan, struct buffer *items, size_t bytes);
MUST_USE enum status shard_apply_item(struct shard *shard, const struct item *item);

/* Queues `waiter` for the position that was appended last (S3). */
void shard_wait_for_log(struct shard *shard, struct log_waiter *waiter, enum log_waiter_kind kind);
/* Every required replica keeps the log up to `position`: waiters up to there go on. */
void shard_on_confirmed(struct shard *shard, uint64_t position, struct effects *out);

static inline bool shard_is_primary(const struct shard *shard) {
    return shard->role.state == SHARD_PRIMARY;
}
/* Whether this node is the primary by configuration, serving or still taking over. */
static inline bool shard_leads(const struct shard *shard) {
    return shard->role.state >= SHARD_EQUALISING;
}
static inline void shard_raise_decided(struct shard *shard, uint64_t timestamp) {
    shard->decided_max = MAX(shard->decided_max, timestamp);
}

/* A message from this shard to another shard's primary, or to a node: header filled but for request_id. */
struct message *shard_message(struct shard *shard, enum message_kind kind, uint16_t to_node,
                              uint16_t to_shard, struct effects *out);
/* The answer to a request, with L as the timestamp shown (T4), term, version and fence. */
struct message *shard_answer(struct shard *shard, const struct message *request,
                             enum message_kind kind, struct effects *out);

#endif
