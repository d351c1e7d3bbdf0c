/* worker.c: one thread that does jobs in the order of their coming.
 *
 *   loop thread --submit--> requests box --> run on the worker's thread --> done box --> `done`
 *
 * A job whose `run` is NULL ends the thread.
 */
#include "io/worker.h"

#include <pthread.h>
#include <stdlib.h>

#include "io/file.h"

struct worker {
    struct mailbox requests, finished;
    struct loop_watch watch;
    struct worker_job stop;
    pthread_t thread;
    bool is_running;
};

/* Shape fixed by pthread. */
static void *worker_main(void *argument) {
    struct worker *worker = argument;
    for (;;) {
        struct mail *mail = mailbox_wait(&worker->requests);
        while (mail != NULL) {
            struct worker_job *job = CONTAINER_OF(mail, struct worker_job, mail);
            mail = mail->next;
            if (job->run == NULL) return NULL;
            job->run(job);
            mailbox_post(&worker->finished, &job->mail);
        }
    }
}

static void worker_report(struct worker *worker) {
    struct mail *mail = mailbox_take(&worker->finished);
    while (mail != NULL) {
        struct worker_job *job = CONTAINER_OF(mail, struct worker_job, mail);
        mail = mail->next;
        job->done(job);
    }
}

static void worker_on_finished(struct loop_watch *watch, enum loop_interest what) {
    (void)what;
    worker_report(CONTAINER_OF(watch, struct worker, watch));
}

struct worker *worker_open(struct loop *loop) {
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL) die("no memory for a worker");
    mailbox_open(&worker->requests);
    mailbox_open(&worker->finished);
    loop_watch_open(&worker->watch, loop, mailbox_fd(&worker->finished), worker_on_finished);
    loop_watch_want(&worker->watch, LOOP_READ);
    return worker;
}

void worker_close(struct worker *worker) {
    if (worker->is_running) {
        mailbox_post(&worker->requests, &worker->stop.mail);
        pthread_join(worker->thread, NULL);
        worker_report(worker);
    }
    loop_watch_close(&worker->watch);
    mailbox_close(&worker->requests);
    mailbox_close(&worker->finished);
    free(worker);
}

void worker_submit(struct worker *worker, struct worker_job *job) {
    CHECK(job->run != NULL && job->done != NULL);
    mailbox_post(&worker->requests, &job->mail);
    if (worker->is_running) return;
    if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0)
        die("cannot start a worker thread");
    worker->is_running = true;
}
