/* storage/system_private.h: the parts of the system shard. */
#ifndef STORAGE_SYSTEM_PRIVATE_H
#define STORAGE_SYSTEM_PRIVATE_H

#include "storage/system_shard.h"

#define SYSTEM_DAEMONS_MAX   SQL_NODES_MAX
#define SYSTEM_SNAPSHOTS_MAX 4096 /* live ones of a daemon */
#define SYSTEM_EDGES_MAX     16384
#define NAMED_LOCKS_MAX      65536

struct number_sequence {
    uint32_t table_id;
    uint64_t next;     /* to be drawn next */
    uint64_t limit;    /* values below it may be given: confirmed */
    uint64_t appended; /* limit of the last record appended */
};

/* An answer that waits for the limit of its sequence. */
struct sequence_draw {
    struct list_link link;
    struct log_waiter waiter; /* of the record that it appended, if it did */
    struct message_header header;
    uint32_t table_id;
    uint64_t first, count;
};

/* A request for time that waits for a range of C. */
struct counter_wait {
    struct list_link link;
    struct message message; /* no slices */
};

/* A SQL daemon as V1 sees it. */
struct system_daemon {
    uint16_t node;
    uint32_t incarnation;
    bool has_reported;       /* to this primary */
    uint64_t given_max;      /* largest S given by this primary */
    uint64_t complete_below; /* of its last report */
    uint32_t snapshot_count;
    uint64_t *snapshots; /* SYSTEM_SNAPSHOTS_MAX, taken at the first report */
};

struct system_horizon {
    struct system_daemon daemons[SYSTEM_DAEMONS_MAX];
    uint32_t daemon_count;
    uint64_t published;       /* complete_below of the last HORIZON */
    uint32_t published_count; /* of its snapshots; UINT32_MAX: not everybody may have heard it */
    uint64_t publish_us;      /* when to look again; UINT64_MAX: nothing changed */
    bool knows_daemons;       /* a configuration was seen in this term */
};

struct wait_edge {
    uint64_t wait_id;
    struct writer_id waiter, holder;
    uint16_t shard;
};

struct system_deadlock {
    struct wait_edge *edges; /* SYSTEM_EDGES_MAX, taken at the first list */
    uint32_t edge_count;
};

struct named_lock_entry {
    struct slice_of_name {
        uint8_t bytes[256];
        uint32_t size;
    } name;
    struct list_link link;
    uint32_t incarnation;
    uint64_t owner;
    uint32_t count; /* times taken by its owner */
};

struct named_lock_waiter {
    struct list_link link; /* first come first served */
    struct deadline deadline;
    struct message_header header;
    struct slice_of_name name;
    uint32_t incarnation;
    uint64_t owner;
};

struct named_locks {
    struct pool locks, waiters;
    struct list held, waiting;
    struct deadline_heap deadlines;
};

struct system_shard {
    struct chunk_source *source;
    /* time */
    uint64_t counter;        /* C */
    uint64_t reserved_below; /* confirmed */
    uint64_t reserve_asked;  /* of the last record appended */
    uint64_t fence_count;
    struct log_waiter counter_waiter;
    struct pool counter_waits;
    struct list counter_waiting;
    bool is_serving; /* C is above everything earlier (SY1) */
    /* sequences */
    struct pool sequences, draws;
    struct map by_table; /* table id -> struct number_sequence */
    struct list drawing; /* draws that wait */
    struct system_horizon horizon;
    struct system_deadlock deadlock;
    struct named_locks named;
};

/* system_horizon.c */
void system_on_live(struct shard *shard, const struct message *message, struct effects *out);
void system_note_given(struct shard *shard, uint32_t incarnation, uint64_t snapshot);
void system_horizon_publish(struct shard *shard, struct effects *out);
void system_horizon_close(struct system_shard *system);
void system_horizon_reset(struct system_shard *system);

/* system_deadlock.c */
void system_on_edges(struct shard *shard, const struct message *message, struct effects *out);
void system_deadlock_close(struct system_shard *system);

/* named_lock.c */
void named_locks_open(struct named_locks *named, struct chunk_source *source);
void named_locks_close(struct named_locks *named);
void system_on_named_lock(struct shard *shard, const struct message *message, struct effects *out);
void named_lock_on_deadline(struct shard *shard, struct effects *out);
/* All locks and waits of a daemon that is gone; 0: of everybody. */
void named_lock_forget(struct shard *shard, uint32_t incarnation, struct effects *out);

#endif
