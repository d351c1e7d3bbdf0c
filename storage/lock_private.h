/* storage/lock_private.h: what lock.c and wait_graph.c share.
 */
#ifndef STORAGE_LOCK_PRIVATE_H
#define STORAGE_LOCK_PRIVATE_H

#include "base/deadline.h"
#include "storage/lock.h"

#define OWNER_NONE UINT32_MAX

/* Two lists of requests. Cells of 32 bytes in the store's memory, named by handles. */
struct lock {
    uint64_t key_hash;
    uint32_t table_id;
    uint32_t next; /* in the bucket */
    uint32_t granted_first;
    uint32_t granted_count;
    uint32_t waiting_first, waiting_last;
};
static_assert(sizeof(struct lock) == 32, "two locks a cache line");

struct request {
    uint32_t lock;
    uint32_t owner;
    uint32_t next, previous;             /* granted or waiting ones of the lock */
    uint32_t owner_next, owner_previous; /* granted ones of the owner */
    uint32_t mode;                       /* enum lock_mode */
    uint32_t upgrades;                   /* waiting: the owner's granted request, or MEMORY_NONE */
};
static_assert(sizeof(struct request) == 32, "a lock and its holder are 64 bytes");

/* By writer slot. */
struct lock_owner {
    uint32_t first;   /* newest granted request */
    uint32_t count;   /* granted requests */
    uint32_t waiting; /* MEMORY_NONE: it does not wait */
    uint32_t mark;    /* of the last search of the wait graph that met it */
    uint64_t wait_id;
    uint64_t since_us; /* of the wait */
    uint64_t cookie;
    uint32_t grant_next, grant_previous; /* OWNER_NONE; in the list of grants not yet taken */
    bool has_grant;
    struct deadline deadline;
};

struct lock_buckets {
    uint32_t cell; /* handle of an array of handles of locks */
    uint32_t count;
};

struct lock_table {
    struct memory *memory;
    struct lock_owner *owners;
    uint32_t owner_count;
    uint32_t waiting_count;
    uint64_t lock_count;
    struct lock_buckets buckets;
    struct lock_buckets old; /* while the table grows: buckets >= moved_count are still there */
    uint32_t moved_count;
    uint32_t grant_first, grant_last;
    uint64_t wait_id_last;
    uint32_t mark_last;
    uint32_t *stack; /* of wait_graph.c: owner_count entries */
    struct deadline_heap deadlines;
};

static inline struct lock *lock_at(const struct lock_table *table, uint32_t lock) {
    return memory_at(table->memory, lock);
}
static inline struct request *request_at(const struct lock_table *table, uint32_t request) {
    return memory_at(table->memory, request);
}
static inline struct lock_owner *owner_at(const struct lock_table *table, uint32_t owner) {
    CHECK(owner < table->owner_count);
    return &table->owners[owner];
}

/* Whether a wait of `owner` for this lock would wait, over others, for itself. */
bool wait_graph_has_cycle(struct lock_table *table, uint32_t lock, uint32_t owner);

#endif
