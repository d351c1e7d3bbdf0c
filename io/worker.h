/* io/worker.h: a thread for what takes a millisecond or more of CPU: password hashes, RSA.
 *
 * A job is a struct with a struct worker_job in it. `run` is called on the worker's thread and
 * touches nothing but the job; `done` is called on the loop's thread afterwards, in any order with
 * others, and owns the job again.
 */
#ifndef IO_WORKER_H
#define IO_WORKER_H

#include "io/loop.h"
#include "io/mailbox.h"

struct worker;

struct worker_job {
    struct mail mail;
    void (*run)(struct worker_job *job);
    void (*done)(struct worker_job *job);
};

/* The thread starts with the first job. */
struct worker *worker_open(struct loop *loop);
/* Waits until all jobs are done, and calls their done(). */
void worker_close(struct worker *worker);
void worker_submit(struct worker *worker, struct worker_job *job);

#endif
