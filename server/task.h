/* server/task.h: fibers of one thread: taken from a pool, run when they are ready, given back.
 *
 * A waiter belongs to whoever starts tasks with it, one at a time. Between two tasks it is parked:
 * it has no fiber, and a wake of it is reported.
 */
#ifndef SERVER_TASK_H
#define SERVER_TASK_H

#include "base/deadline.h"
#include "base/list.h"
#include "base/wait.h"
#include "io/io.h"

struct tasks {
    struct chunk_source *source;
    struct wait_queue queue;
    struct stack_pool stacks;
    struct deadline_heap deadlines;
    struct list idle;    /* tasks that keep their stack */
    struct fiber parked; /* stands for "no task"; never runs */
    uint32_t idle_count, running_count;
    /* A parked waiter was woken (cancelled, as a rule). */
    void (*on_parked_wake)(struct waiter *waiter);
};

struct task {
    struct fiber fiber;
    struct tasks *tasks;
    struct list_link link;
    struct waiter *waiter;
    struct deadline deadline;
    struct arena arena; /* dies with the task's run */
    void *stack;
    void (*run)(struct task *task, void *argument);
    void (*finished)(void *argument);
    void *argument;
};

struct task_entry {
    void (*run)(struct task *task, void *argument); /* on the fiber */
    void (*finished)(void *argument);               /* afterwards, on the thread's own stack */
    void *argument;
};

void tasks_open(struct tasks *tasks, struct chunk_source *source,
                void (*on_parked_wake)(struct waiter *waiter));
/* Tasks that are still running are forgotten. */
void tasks_close(struct tasks *tasks);
/* A parked waiter. */
void tasks_waiter_open(struct tasks *tasks, struct waiter *waiter);
bool tasks_waiter_is_parked(const struct tasks *tasks, const struct waiter *waiter);
/* Runs with the next tasks_run. The waiter is parked. */
void task_start(struct tasks *tasks, struct waiter *waiter, const struct task_entry *entry);
/* Forgets the waiter's task, if it has one, in its middle; `finished` is not called. */
void task_abandon(struct tasks *tasks, struct waiter *waiter);
/* Everyone who is ready, once; false: nobody was. */
bool tasks_run(struct tasks *tasks, uint64_t now_us);
uint64_t tasks_deadline_us(const struct tasks *tasks);

#endif
