/* storage/request_queue.h: requests that wait inside the shard.
 *
 * A suspended request is a copy of its message in an arena of its own and what it waits for. It is run again
 * from the start of its handler when that came; handlers keep what they must not repeat in the request.
 *
 *   (Q1) A request waits for one thing at a time and is in one queue at most.
 *   (Q2) It is answered exactly once, or its daemon's connection is gone.
 *   (Q3) What is ready runs in the order in which it became ready, at most STEP_ROWS_MAX rows of
 *        work a step.
 */
#ifndef STORAGE_REQUEST_QUEUE_H
#define STORAGE_REQUEST_QUEUE_H

#include "base/list.h"
#include "base/pool.h"
#include "storage/version.h"
#include "wire/step.h"

enum request_wait {
    REQUEST_READY,       /* in the ready queue: runs at the turn's end */
    REQUEST_LOCK,        /* its transaction waits for a row lock; cookie is the request */
    REQUEST_OUTCOME,     /* for the outcome of a prepared transaction (T7, T8) */
    REQUEST_TRANSACTION, /* for an earlier request of its own transaction */
    REQUEST_ROLE,        /* for the take-over to end (X6) */
    REQUEST_RUNNING,
};

struct request {
    struct list_link link; /* in the queue of what it waits for (Q1) */
    struct list_link all_link;
    struct arena request_arena;
    struct message *message; /* a copy in the arena */
    enum request_wait wait;
    uint64_t id;          /* rising: cookies of locks */
    uint32_t writer_slot; /* its own transaction's; WRITER_NONE */
    uint32_t queued_slot; /* of the transaction behind whose request it waited (P3); WRITER_NONE */
};

struct request_queue {
    struct chunk_source *source;
    struct pool pool;
    struct list ready; /* (Q3) */
    struct list all;   /* by age: what request_queue_close must give back */
    uint64_t next_id;
};

void request_queue_open(struct request_queue *queue, struct chunk_source *source,
                        uint32_t count_max);
/* Forgets all that still wait. */
void request_queue_close(struct request_queue *queue);
/* NULL when the limit is reached: the asker gets BUSY. */
struct request *request_take(struct request_queue *queue, const struct message *message);
/* Takes it out of its queue and frees it. */
void request_give(struct request_queue *queue, struct request *request);
/* Into `list`, out of whatever list it is in. */
void request_wait_in(struct list *list, struct request *request, enum request_wait wait);
/* Into the ready queue, out of whatever queue it is in. */
void request_make_ready(struct request_queue *queue, struct request *request);
struct request *request_next_ready(struct request_queue *queue);

#endif
