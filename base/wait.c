/* wait.c: who runs next?
 *
 *   running --waiter_wait--> suspended --waiter_wake--> ready (queued) --wait_queue_run--> running
 *
 * A wake that comes while the fiber runs, or before it suspends, is not lost: the waiter is put in the
 * queue and the next waiter_wait suspends only until the queue comes to it. See (W1) to (W4) in wait.h.
 */
#include "base/wait.h"

void wait_queue_open(struct wait_queue *queue) { list_open(&queue->ready); }

void waiter_open(struct waiter *waiter, struct wait_queue *queue, struct fiber *fiber) {
    CHECK(queue != NULL && fiber != NULL);
    *waiter = (struct waiter){
        .queue = queue, .fiber = fiber, .deadline_us = UINT64_MAX, .limit_us = UINT64_MAX};
}

enum wait_result waiter_wait(struct waiter *waiter, enum wait_reason reason) {
    CHECK(waiter->reason == WAIT_NONE && reason != WAIT_NONE);
    if (waiter->cancel != CANCEL_NOT) return WAIT_CANCELLED;
    if (reason == WAIT_YIELD) waiter_wake(waiter);
    waiter->reason = reason;
    fiber_suspend(waiter->fiber);
    waiter->reason = WAIT_NONE;
    if (waiter->now_us >= waiter->limit_us) { /* (W5) */
        waiter->limit_us = UINT64_MAX;
        if (waiter->cancel == CANCEL_NOT) waiter->cancel = CANCEL_TIMEOUT;
    }
    return waiter->cancel == CANCEL_NOT ? WAIT_WOKEN : WAIT_CANCELLED;
}

void waiter_wake(struct waiter *waiter) {
    if (!list_holds(&waiter->link)) list_push_last(&waiter->queue->ready, &waiter->link);
}

void waiter_cancel(struct waiter *waiter, enum cancel_cause cause) {
    CHECK(cause != CANCEL_NOT);
    waiter->cancel = MAX(waiter->cancel, cause);
    waiter_wake(waiter);
}

void waiter_clear_cancel(struct waiter *waiter) { waiter->cancel = CANCEL_NOT; }

void waiter_close(struct waiter *waiter) {
    if (list_holds(&waiter->link)) list_remove(&waiter->link);
}

uint32_t wait_queue_run(struct wait_queue *queue, uint64_t now_us) {
    struct list batch;
    list_open(&batch);
    list_append(&batch, &queue->ready);
    uint32_t count = 0;
    for (struct list_link *link; (link = list_pop_first(&batch)) != NULL; count++) {
        struct waiter *waiter = CONTAINER_OF(link, struct waiter, link);
        waiter->now_us = now_us;
        if (fiber_is_live(waiter->fiber)) fiber_resume(waiter->fiber);
    }
    return count;
}

bool wait_queue_is_empty(const struct wait_queue *queue) { return list_is_empty(&queue->ready); }
