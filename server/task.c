/* task.c: how does a statement get a stack, and who wakes it?
 *
 *   parked --task_start--> ready --tasks_run--> running --waits--> suspended --wake, deadline--> ready
 *                                                 |
 *                                                 +--returns--> finished() --> parked
 *
 *   (T1) A task that is done keeps its stack for the next one; TASKS_IDLE_MAX of them are kept.
 *   (T2) Every fiber that a waiter of ours names is a task's, or `parked`.
 */
#include "server/task.h"

#include <stdlib.h>

#include "base/limits.h"

enum { TASKS_IDLE_MAX = 256 };

void tasks_open(struct tasks *tasks, struct chunk_source *source,
                void (*on_parked_wake)(struct waiter *waiter)) {
    *tasks = (struct tasks){.source = source, .on_parked_wake = on_parked_wake};
    wait_queue_open(&tasks->queue);
    stack_pool_open(&tasks->stacks);
    deadline_open(&tasks->deadlines, source);
    list_open(&tasks->idle);
}

static void task_free(struct task *task) {
    arena_close(&task->arena);
    stack_give(&task->tasks->stacks, task->stack);
    free(task);
}

void tasks_close(struct tasks *tasks) {
    for (struct list_link *link; (link = list_pop_first(&tasks->idle)) != NULL;)
        task_free(CONTAINER_OF(link, struct task, link));
    deadline_close(&tasks->deadlines);
    if (tasks->running_count == 0) stack_pool_close(&tasks->stacks);
}

void tasks_waiter_open(struct tasks *tasks, struct waiter *waiter) {
    waiter_open(waiter, &tasks->queue, &tasks->parked);
}

bool tasks_waiter_is_parked(const struct tasks *tasks, const struct waiter *waiter) {
    return waiter->fiber == &tasks->parked;
}

static struct task *task_take(struct tasks *tasks) {
    struct list_link *link = list_pop_first(&tasks->idle);
    if (link != NULL) {
        tasks->idle_count--;
        return CONTAINER_OF(link, struct task, link);
    }
    struct task *task = calloc(1, sizeof *task);
    if (task == NULL) die("no memory for a task");
    task->tasks = tasks;
    task->stack = stack_take(&tasks->stacks);
    arena_open(&task->arena, tasks->source, 0);
    return task;
}

static void task_begin(struct fiber *fiber, void *argument) {
    struct task *task = CONTAINER_OF(fiber, struct task, fiber);
    task->run(task, argument);
}

void task_start(struct tasks *tasks, struct waiter *waiter, const struct task_entry *entry) {
    CHECK(tasks_waiter_is_parked(tasks, waiter));
    struct task *task = task_take(tasks);
    task->waiter = waiter;
    task->run = entry->run;
    task->finished = entry->finished;
    task->argument = entry->argument;
    fiber_open(&task->fiber, task->stack, FIBER_STACK_BYTES, task_begin, entry->argument);
    waiter->fiber = &task->fiber;
    waiter->deadline_us = waiter->limit_us = UINT64_MAX;
    tasks->running_count++;
    waiter_wake(waiter);
}

/* Back to the pool: its waiter is parked again. */
static void task_give(struct tasks *tasks, struct task *task) {
    struct waiter *waiter = task->waiter;
    deadline_disarm(&tasks->deadlines, &task->deadline);
    waiter_close(waiter);
    waiter->fiber = &tasks->parked;
    arena_reset(&task->arena);
    tasks->running_count--;
    if (tasks->idle_count < TASKS_IDLE_MAX) { /* (T1) */
        list_push_first(&tasks->idle, &task->link);
        tasks->idle_count++;
    } else {
        task_free(task);
    }
}

static void task_finish(struct tasks *tasks, struct task *task) {
    void (*finished)(void *argument) = task->finished;
    void *argument = task->argument;
    task_give(tasks, task);
    finished(argument);
}

void task_abandon(struct tasks *tasks, struct waiter *waiter) {
    if (tasks_waiter_is_parked(tasks, waiter)) return;
    struct task *task = CONTAINER_OF(waiter->fiber, struct task, fiber);
    if (fiber_is_live(&task->fiber)) fiber_abandon(&task->fiber);
    task_give(tasks, task);
}

/* Sorts parked waiters out; the tasks of the others go to `ready`. */
static void tasks_gather(struct tasks *tasks, struct list *ready) {
    LIST_EACH(link, &tasks->queue.ready) {
        struct waiter *waiter = CONTAINER_OF(link, struct waiter, link);
        if (waiter->fiber == &tasks->parked) {
            waiter_close(waiter);
            tasks->on_parked_wake(waiter);
        }
    }
    LIST_EACH(link, &tasks->queue.ready) {
        struct waiter *waiter = CONTAINER_OF(link, struct waiter, link);
        struct task *task = CONTAINER_OF(waiter->fiber, struct task, fiber); /* (T2) */
        list_push_last(ready, &task->link);
    }
}

static void tasks_wake_late(struct tasks *tasks, uint64_t now_us) {
    for (struct deadline *deadline; (deadline = deadline_pop(&tasks->deadlines, now_us)) != NULL;)
        waiter_wake(CONTAINER_OF(deadline, struct task, deadline)->waiter);
}

bool tasks_run(struct tasks *tasks, uint64_t now_us) {
    struct list ran;
    tasks_wake_late(tasks, now_us);
    if (wait_queue_is_empty(&tasks->queue)) return false;
    list_open(&ran);
    tasks_gather(tasks, &ran);
    wait_queue_run(&tasks->queue, now_us);
    for (struct list_link *link; (link = list_pop_first(&ran)) != NULL;) {
        struct task *task = CONTAINER_OF(link, struct task, link);
        uint64_t wanted_us = waiter_wake_at_us(task->waiter);
        if (!fiber_is_live(&task->fiber))
            task_finish(tasks, task);
        else if (wanted_us != UINT64_MAX)
            deadline_arm(&tasks->deadlines, &task->deadline, wanted_us);
        else
            deadline_disarm(&tasks->deadlines, &task->deadline);
    }
    return true;
}

uint64_t tasks_deadline_us(const struct tasks *tasks) {
    if (!wait_queue_is_empty(&tasks->queue)) return 0;
    return deadline_earliest_us(&tasks->deadlines);
}
