/* base/wait.h: the one way in which a fiber suspends, and how it is woken.
 *
 * Code on a fiber that needs something from outside (a reply of the cluster, room in the client's
 * socket, a spilled block, a point in time, somebody else's turn) calls waiter_wait with the
 * reason. The driver runs ready waiters from its queue after each event; whoever got what was
 * waited for calls waiter_wake.
 *
 *   (W1) waiter_wait returns WAIT_WOKEN or WAIT_CANCELLED, nothing else; a caller loops until what
 *        it needs is there, since a wake may be for another reason.
 *   (W2) Cancelling (KILL, statement time-out, shutdown) wakes the waiter and every later
 *        waiter_wait returns WAIT_CANCELLED at once, until waiter_clear_cancel; the statement
 *        unwinds by itself.
 *   (W3) The queue is FIFO: no order comes from addresses.
 *   (W4) A waiter's link is in the queue exactly while it is ready to be resumed.
 *   (W5) A waiter that is resumed at or behind its limit_us is cancelled with CANCEL_TIMEOUT, once: that is how long a
 *        statement may run, whatever it waits for.
 */
#ifndef BASE_WAIT_H
#define BASE_WAIT_H

#include "base/fiber.h"
#include "base/list.h"

enum wait_reason {
    WAIT_NONE = 0,
    WAIT_CLUSTER,  /* a reply of storage or meta */
    WAIT_CLIENT,   /* the client reads, or sends LOCAL INFILE data */
    WAIT_SPILL,    /* a spill block */
    WAIT_DEADLINE, /* SLEEP, lock time-out: deadline_us */
    WAIT_WORKER,   /* a worker thread of io/: password hash */
    WAIT_YIELD,    /* nothing: let others run; ready at once */
};
enum wait_result { WAIT_WOKEN, WAIT_CANCELLED };
enum cancel_cause {
    CANCEL_NOT = 0,
    CANCEL_QUERY,
    CANCEL_TIMEOUT,
    CANCEL_CONNECTION,
    CANCEL_SHUTDOWN
};

/* FIFO of waiters to resume; one per driver thread. */
struct wait_queue {
    struct list ready;
};

struct waiter {
    struct wait_queue *queue;
    struct fiber *fiber;     /* the one that waits */
    struct list_link link;   /* in queue->ready exactly while it is ready to be resumed (W4) */
    enum wait_reason reason; /* WAIT_NONE: running or ready */
    enum cancel_cause cancel;
    uint64_t deadline_us; /* the driver wakes it then; UINT64_MAX: not */
    uint64_t limit_us;    /* (W5) UINT64_MAX: none */
    uint64_t now_us;      /* as of the last resume: the only clock that code on a fiber has */
};

void wait_queue_open(struct wait_queue *queue);
void waiter_open(struct waiter *waiter, struct wait_queue *queue, struct fiber *fiber);
/* On the waiter's own fiber only. */
MUST_USE enum wait_result waiter_wait(struct waiter *waiter, enum wait_reason reason);
/* Any number of times, from anywhere in the same thread. */
void waiter_wake(struct waiter *waiter);
void waiter_cancel(struct waiter *waiter, enum cancel_cause cause);
void waiter_clear_cancel(struct waiter *waiter);
/* When the driver has to wake it at the latest. */
static inline uint64_t waiter_wake_at_us(const struct waiter *waiter) {
    return waiter->deadline_us < waiter->limit_us ? waiter->deadline_us : waiter->limit_us;
}
/* Takes it out of the queue: its fiber is gone. */
void waiter_close(struct waiter *waiter);
/* The driver: resumes every waiter that is ready now (not those that become ready meanwhile); how
 * many. */
uint32_t wait_queue_run(struct wait_queue *queue, uint64_t now_us);
bool wait_queue_is_empty(const struct wait_queue *queue);

#endif
