/* wire/step.h: the one shape of every machine: an event goes in, effects come out.
 *
 *     void shard_step(struct shard *shard, const struct event *event, struct effects *out);
 *
 * server/ carries effects out with real sockets and disks, sim/ with invented ones; a machine
 * cannot tell.
 *   (E1) Effects of one step have no order. What must follow a write waits for its DISK_DONE.
 *   (E2) A message, and every slice in an event, is valid until the step returns.
 *   (E3) Slices in effects borrow from `out->arena`, which lives until the effects are carried
 *        out, save the bytes of DISK_WRITE, which the machine leaves untouched until that
 *        operation's DISK_DONE.
 *   (E4) deadline_us asks to be stepped with EVENT_DEADLINE no later than then; UINT64_MAX: not
 *        at all. The latest effects replace the earlier deadline.
 *   (E5) Every disk and store operation is answered by exactly one done event with its tag, in
 *        any order.
 */
#ifndef WIRE_STEP_H
#define WIRE_STEP_H

#include "wire/message.h"

/* ---- disk ---- */

/* A storage thread's directory holds numbered files of few kinds; names are the driver's affair. */
enum disk_file_kind { DISK_LOG = 1, DISK_CHECKPOINT = 2, DISK_NODE = 3 };
struct disk_file {
    enum disk_file_kind kind;
    uint32_t store;  /* which log stream: storage thread that wrote it */
    uint64_t number; /* rising */
};

enum disk_op_kind {
    DISK_LIST,  /* all files of the directory: files_out, sizes */
    DISK_READ,  /* size bytes at offset; fewer at the end of the file */
    DISK_WRITE, /* bytes at offset; done when the operating system has them; creates the file */
    DISK_WRITE_SYNC, /* the same, and fdatasync of that file: all its earlier finished writes are
                        durable */
    DISK_SYNC,       /* fdatasync: all finished writes of that file are durable when done */
    DISK_PUBLISH,    /* the file written under `number` with kind CHECKPOINT|NODE becomes visible to
                        LIST:    sync, rename from its temporary name, sync of the directory */
    DISK_REMOVE,     /* unlink; gone or still there after a crash */
};
struct disk_op {
    enum disk_op_kind kind;
    uint64_t tag; /* comes back in disk_done */
    struct disk_file file;
    uint64_t offset;
    uint64_t size;      /* DISK_READ */
    struct slice bytes; /* DISK_WRITE*: (E3) */
};
struct disk_listed {
    struct disk_file file;
    uint64_t size;
};
/* status OK, NOT_FOUND (READ of a missing file), CORRUPT (unreadable). A failed write or sync is
 * not reported: the driver ends the process (D3). */
struct disk_done {
    uint64_t tag;
    enum disk_op_kind kind;
    enum status status;
    struct slice bytes;               /* READ */
    const struct disk_listed *listed; /* LIST, sorted by kind, store, number */
    uint32_t listed_count;
};

/* ---- configuration store: meta's four operations ---- */

enum store_op_kind { STORE_READ, STORE_CHANGE, STORE_WATCH, STORE_LEASE };
struct store_pair {
    struct slice key, value; /* an empty value deletes */
    uint64_t
        revision; /* READ: of the last change; CHANGE: expected one, 0 = absent, UINT64_MAX = any */
};
struct store_op {
    enum store_op_kind kind;
    uint64_t tag;
    struct slice prefix;            /* READ, WATCH: all keys with it; empty: all */
    const struct store_pair *pairs; /* CHANGE: all or none, one compare-and-set */
    uint32_t pair_count;
    uint64_t from_revision; /* WATCH */
    uint32_t lease_ms;      /* LEASE: granted or kept until now + lease_ms */
};
/* status OK; CHANGE: INVALID when an expected revision did not match (nothing changed),
 * UNKNOWN_OUTCOME when the answer was lost: read again; UNAVAILABLE: nothing was done. A WATCH
 * stays until the machine ends, each change is one more done event with the same tag. */
struct store_done {
    uint64_t tag;
    enum store_op_kind kind;
    enum status status;
    uint64_t revision; /* of the store after the operation */
    const struct store_pair *pairs;
    uint32_t pair_count;
};

/* ---- events and effects ---- */

enum event_kind { EVENT_DEADLINE, EVENT_MESSAGE, EVENT_DISK_DONE, EVENT_STORE_DONE };
struct event {
    uint64_t now_us; /* monotonic, the only clock there is */
    enum event_kind kind;
    union {
        const struct message *message;
        struct disk_done disk_done;
        struct store_done store_done;
    };
};

enum effect_kind { EFFECT_SEND, EFFECT_DISK, EFFECT_STORE, EFFECT_NOTE, EFFECT_STOP };
struct effect {
    enum effect_kind kind;
    union {
        const struct message *message; /* to message->header.to_node */
        struct disk_op disk_op;
        struct store_op store_op;
        struct slice note; /* a line for the daemon's log */
        const char
            *stop_reason; /* a lost disk, a newer incarnation: leave the cluster, peers take over */
    };
};

struct effects {
    struct arena *arena;
    struct effect *list;
    uint32_t count, capacity;
    uint64_t deadline_us;
};

void effects_open(struct effects *effects, struct arena *arena);
/* Forgets all effects; the arena is reset by its owner. */
void effects_clear(struct effects *effects);
/* A zeroed message in the effects' arena with kind set and queued to be sent; the caller fills the
 * rest in the same step. Slices given to it must outlive the step: copy with
 * arena_copy(effects->arena, ...). */
struct message *effects_message(struct effects *effects, enum message_kind kind);
/* Like it, as the answer to `request`: addresses, shard and request_id are set. */
struct message *effects_answer(struct effects *effects, const struct message *request,
                               enum message_kind kind);
void effects_disk(struct effects *effects, const struct disk_op *op);
void effects_store(struct effects *effects, const struct store_op *op);
/* The text lies in the effects' arena. */
void effects_note(struct effects *effects, struct slice text);
void effects_stop(struct effects *effects, const char *reason);
/* Lowers the deadline to `deadline_us` if that is earlier. */
void effects_deadline(struct effects *effects, uint64_t deadline_us);

#endif
