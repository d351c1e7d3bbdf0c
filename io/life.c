/* life.c: who waits for a mutex that is never unlocked learns when its owner dies.
 *
 *     page: | magic | count | mutex of thread 0 | mutex of thread 1 | ...
 *
 *   (Y1) A holder never unlocks. So whoever gets a mutex, with EOWNERDEAD or, after another watcher
 *        had it, without, knows that its thread is gone.
 *   (Y2) A process is dead when all its mutexes were got: a thread that still lives may still send
 *        or write.
 *   (Y3) A restarted process makes a new file. Watches of the old one keep the old page mapped.
 */
#include "io/life.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"
#include "io/mailbox.h"

enum { LIFE_THREADS_MAX = 32, LIFE_PAGE_BYTES = 4096, WATCH_STACK_BYTES = 65536 };
#define LIFE_MAGIC UINT64_C(0x7465737365726131)

struct life {
    uint64_t magic;
    _Atomic uint32_t count; /* mutexes that are held */
    pthread_mutex_t mutexes[LIFE_THREADS_MAX];
};
static_assert(sizeof(struct life) <= LIFE_PAGE_BYTES, "one page");

struct life_watcher {
    struct mailbox box;
    struct loop_watch watch;
    void *context;
    void (*on_dead)(void *context, uint64_t tag);
    uint32_t waiting;
};

struct watch {
    struct mail mail;
    struct life_watcher *watcher;
    struct life *life;
    uint64_t tag;
    bool is_dead; /* it was got, not an error */
};

static void life_make_mutexes(struct life *life) {
    pthread_mutexattr_t attributes;
    bool is_made = pthread_mutexattr_init(&attributes) == 0 &&
                   pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0 &&
                   pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0;
    for (uint32_t i = 0; i < LIFE_THREADS_MAX && is_made; i++)
        is_made = pthread_mutex_init(&life->mutexes[i], &attributes) == 0;
    if (!is_made) die("cannot make robust mutexes");
    pthread_mutexattr_destroy(&attributes);
}

struct life *life_hold(const char *path) {
    (void)unlink(path); /* (Y3) */
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, LIFE_PAGE_BYTES) != 0) die("cannot make %s", path);
    struct life *life = mmap(NULL, LIFE_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (life == MAP_FAILED) die("cannot map %s", path);
    close(fd);
    life_make_mutexes(life);
    life_join(life);
    life->magic = LIFE_MAGIC;
    return life;
}

void life_join(struct life *life) {
    if (life == NULL) return;
    uint32_t index = atomic_fetch_add(&life->count, 1);
    CHECK(index < LIFE_THREADS_MAX);
    if (pthread_mutex_lock(&life->mutexes[index]) != 0) die("cannot hold a robust mutex");
}

/* True: its thread is gone (Y1). */
static bool mutex_await(pthread_mutex_t *mutex) {
    int outcome = pthread_mutex_lock(mutex);
    if (outcome == EOWNERDEAD) (void)pthread_mutex_consistent(mutex);
    if (outcome != 0 && outcome != EOWNERDEAD) return outcome == ENOTRECOVERABLE;
    (void)pthread_mutex_unlock(mutex); /* for the next watcher */
    return true;
}

/* Shape fixed by pthread. */
static void *watch_main(void *argument) {
    struct watch *watch = argument;
    watch->is_dead = true;
    for (uint32_t i = 0;
         watch->is_dead && i < MIN(atomic_load(&watch->life->count), (uint32_t)LIFE_THREADS_MAX);
         i++) /* (Y2) */
        watch->is_dead = mutex_await(&watch->life->mutexes[i]);
    mailbox_post(&watch->watcher->box, &watch->mail);
    return NULL;
}

static void watcher_on_mail(struct loop_watch *loop_watch, enum loop_interest what) {
    (void)what;
    struct life_watcher *watcher = CONTAINER_OF(loop_watch, struct life_watcher, watch);
    struct mail *mail = mailbox_take(&watcher->box);
    while (mail != NULL) {
        struct watch *watch = CONTAINER_OF(mail, struct watch, mail);
        mail = mail->next;
        watcher->waiting--;
        if (watch->is_dead) watcher->on_dead(watcher->context, watch->tag);
        munmap(watch->life, LIFE_PAGE_BYTES);
        free(watch);
    }
}

struct life_watcher *life_watcher_open(struct loop *loop, void *context,
                                       void (*on_dead)(void *context, uint64_t tag)) {
    struct life_watcher *watcher = calloc(1, sizeof *watcher);
    if (watcher == NULL) die("no memory for a watcher");
    watcher->context = context;
    watcher->on_dead = on_dead;
    mailbox_open(&watcher->box);
    loop_watch_open(&watcher->watch, loop, mailbox_fd(&watcher->box), watcher_on_mail);
    loop_watch_want(&watcher->watch, LOOP_READ);
    return watcher;
}

void life_watcher_close(struct life_watcher *watcher) {
    loop_watch_close(&watcher->watch);
    if (watcher->waiting > 0) return; /* their threads still know the box */
    mailbox_close(&watcher->box);
    free(watcher);
}

/* NULL: there is no such page. */
static struct life *life_map(const char *path) {
    struct stat stat_buffer;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return NULL;
    struct life *life = MAP_FAILED;
    if (fstat(fd, &stat_buffer) == 0 && stat_buffer.st_size >= LIFE_PAGE_BYTES)
        life = mmap(NULL, LIFE_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (life == MAP_FAILED) return NULL;
    if (life->magic == LIFE_MAGIC) return life;
    munmap(life, LIFE_PAGE_BYTES);
    return NULL;
}

void life_watch(struct life_watcher *watcher, const char *path, uint64_t tag) {
    pthread_attr_t attributes;
    pthread_t thread;
    struct life *life = life_map(path);
    if (life == NULL) return;
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) die("no memory for a watch");
    *watch = (struct watch){.watcher = watcher, .life = life, .tag = tag};
    bool is_started = pthread_attr_init(&attributes) == 0 &&
                      pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
                      pthread_attr_setstacksize(&attributes, WATCH_STACK_BYTES) == 0 &&
                      pthread_create(&thread, &attributes, watch_main, watch) == 0;
    if (!is_started) die("cannot start a watching thread");
    pthread_attr_destroy(&attributes);
    watcher->waiting++;
}
