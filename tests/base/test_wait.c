/* Facts about fibers that wait. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/wait.h"

struct guest {
    struct fiber fiber;
    struct waiter waiter;
    void *stack;
    enum wait_reason reason;
    enum wait_result results[4];
    uint32_t result_count, rounds;
};

static void guest_run(struct fiber *fiber, void *argument) {
    (void)fiber;
    struct guest *guest = argument;
    for (uint32_t i = 0; i < guest->rounds; i++) {
        enum wait_result result = waiter_wait(&guest->waiter, guest->reason);
        guest->results[guest->result_count++] = result;
    }
}

static void guest_open(struct guest *guest, struct wait_queue *queue, enum wait_reason reason) {
    *guest = (struct guest){.reason = reason, .rounds = 2, .stack = malloc(FIBER_STACK_BYTES)};
    fiber_open(&guest->fiber, guest->stack, FIBER_STACK_BYTES, guest_run, guest);
    waiter_open(&guest->waiter, queue, &guest->fiber);
    waiter_wake(&guest->waiter);
}

static void guest_close(struct guest *guest) {
    waiter_close(&guest->waiter);
    if (fiber_is_live(&guest->fiber)) fiber_abandon(&guest->fiber);
    free(guest->stack);
}

Test(wait, a_waiter_runs_when_it_was_woken_and_not_before) {
    struct wait_queue queue;
    wait_queue_open(&queue);
    struct guest guest;
    guest_open(&guest, &queue, WAIT_CLUSTER);
    cr_assert_eq(wait_queue_run(&queue, 5), 1);
    cr_assert_eq(guest.result_count, 0);
    cr_assert_eq(wait_queue_run(&queue, 6), 0);
    waiter_wake(&guest.waiter);
    waiter_wake(&guest.waiter);
    cr_assert_eq(wait_queue_run(&queue, 7), 1);
    cr_assert_eq(guest.result_count, 1);
    cr_assert_eq(guest.waiter.now_us, 7);
    guest_close(&guest);
}

Test(wait, a_yield_comes_back_in_the_next_run) {
    struct wait_queue queue;
    wait_queue_open(&queue);
    struct guest guest;
    guest_open(&guest, &queue, WAIT_YIELD);
    cr_assert_eq(wait_queue_run(&queue, 1), 1);
    cr_assert_eq(guest.result_count, 0);
    cr_assert_eq(wait_queue_run(&queue, 2), 1);
    cr_assert_eq(wait_queue_run(&queue, 3), 1);
    cr_assert_eq(guest.result_count, 2);
    cr_assert_not(fiber_is_live(&guest.fiber));
    guest_close(&guest);
}

Test(wait, a_cancelled_waiter_wakes_and_every_later_wait_says_so) {
    struct wait_queue queue;
    wait_queue_open(&queue);
    struct guest guest;
    guest_open(&guest, &queue, WAIT_CLIENT);
    wait_queue_run(&queue, 1);
    waiter_cancel(&guest.waiter, CANCEL_QUERY);
    wait_queue_run(&queue, 2);
    cr_assert_eq(guest.result_count, 2);
    cr_assert_eq(guest.results[0], WAIT_CANCELLED);
    cr_assert_eq(guest.results[1], WAIT_CANCELLED);
    guest_close(&guest);
}

Test(wait, waiters_run_in_the_order_of_their_wakes) {
    struct wait_queue queue;
    wait_queue_open(&queue);
    struct guest guests[3];
    for (int i = 0; i < 3; i++) guest_open(&guests[i], &queue, WAIT_CLUSTER);
    wait_queue_run(&queue, 1);
    waiter_wake(&guests[2].waiter);
    waiter_wake(&guests[0].waiter);
    cr_assert_eq(CONTAINER_OF(list_first(&queue.ready), struct waiter, link), &guests[2].waiter);
    waiter_close(&guests[2].waiter);
    cr_assert_eq(wait_queue_run(&queue, 2), 1);
    cr_assert_eq(guests[0].result_count, 1);
    for (int i = 0; i < 3; i++) guest_close(&guests[i]);
}
