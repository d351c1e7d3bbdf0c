/* loop.c: how does a thread wait for many things with few system calls?
 *
 * A thin cover over libevent: plain level-triggered events, one epoll_wait a turn. The time-out of
 * a turn is one timer event that is armed again only when the wanted time changes, so a busy loop
 * does not touch it.
 *
 *   (L1) A watch that was closed in this turn is never called later in it: event_del removes it
 *        from libevent's list of active events.
 */
#include "io/loop.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "io/file.h"

struct loop {
    struct event_base *base;
    struct event *timer;
    uint64_t timer_at_us; /* UINT64_MAX: not armed */
    struct loop_watch signals;
    bool catches_signals, is_asked_to_stop;
};

static uint64_t clock_read_us(clockid_t clock) {
    struct timespec now;
    CHECK(clock_gettime(clock, &now) == 0);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_monotonic_us(void) { return clock_read_us(CLOCK_MONOTONIC); }
uint64_t clock_wall_us(void) { return clock_read_us(CLOCK_REALTIME); }

/* Shape fixed by libevent. Being called is all that it is for: the turn ends. */
static void loop_on_timer(evutil_socket_t fd, short what, void *argument) {
    (void)fd;
    (void)what;
    struct loop *loop = argument;
    loop->timer_at_us = UINT64_MAX;
}

struct loop *loop_open(void) {
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) die("no memory for an event loop");
    struct event_config *config = event_config_new();
    if (config == NULL) die("no memory for an event loop");
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    loop->base = event_base_new_with_config(config);
    event_config_free(config);
    if (loop->base == NULL) die("cannot open an event loop");
    loop->timer = event_new(loop->base, -1, 0, loop_on_timer, loop);
    if (loop->timer == NULL) die("no memory for an event loop");
    loop->timer_at_us = UINT64_MAX;
    return loop;
}

void loop_close(struct loop *loop) {
    if (loop->catches_signals) {
        int fd = loop->signals.fd;
        loop_watch_close(&loop->signals);
        close(fd);
    }
    event_free(loop->timer);
    event_base_free(loop->base);
    free(loop);
}

static void loop_set_timer(struct loop *loop, uint64_t now_us, uint64_t until_us) {
    if (loop->timer_at_us == until_us) return;
    loop->timer_at_us = until_us;
    if (until_us == UINT64_MAX) {
        event_del(loop->timer);
        return;
    }
    uint64_t left_us = MIN(until_us - now_us, (uint64_t)3600 * 1000000);
    struct timeval left = {(time_t)(left_us / 1000000), (suseconds_t)(left_us % 1000000)};
    event_add(loop->timer, &left);
}

uint64_t loop_turn(struct loop *loop, uint64_t until_us) {
    uint64_t now_us = until_us == UINT64_MAX || until_us == 0 ? 0 : clock_monotonic_us();
    if (until_us <= now_us) {
        event_base_loop(loop->base, EVLOOP_NONBLOCK);
        return clock_monotonic_us();
    }
    loop_set_timer(loop, now_us, until_us);
    /* NO_EXIT: a process that only waits for its own threads has no event armed at times. */
    event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
    return clock_monotonic_us();
}

/* Shape fixed by libevent. */
static void loop_on_ready(evutil_socket_t fd, short what, void *argument) {
    (void)fd;
    struct loop_watch *watch = argument;
    watch->ready(watch, what & EV_READ ? LOOP_READ : LOOP_WRITE);
}

void loop_watch_open(struct loop_watch *watch, struct loop *loop, int fd,
                     void (*ready)(struct loop_watch *watch, enum loop_interest what)) {
    CHECK(fd >= 0 && ready != NULL);
    *watch = (struct loop_watch){.loop = loop, .ready = ready, .fd = fd};
}

static void loop_watch_set(struct loop_watch *watch, void **event, short what, unsigned is_wanted) {
    if (*event == NULL) {
        if (!is_wanted) return;
        *event = event_new(watch->loop->base, watch->fd, (short)(what | EV_PERSIST), loop_on_ready,
                           watch);
        if (*event == NULL) die("no memory for an event");
    }
    int outcome = is_wanted ? event_add(*event, NULL) : event_del(*event);
    if (outcome != 0) die("cannot watch a descriptor");
}

void loop_watch_want(struct loop_watch *watch, unsigned interest) {
    unsigned changed = watch->interest ^ interest;
    watch->interest = interest;
    if (changed & LOOP_READ)
        loop_watch_set(watch, &watch->read_event, EV_READ, interest & LOOP_READ);
    if (changed & LOOP_WRITE)
        loop_watch_set(watch, &watch->write_event, EV_WRITE, interest & LOOP_WRITE);
}

void loop_watch_close(struct loop_watch *watch) {
    if (watch->read_event != NULL) event_free(watch->read_event); /* (L1) */
    if (watch->write_event != NULL) event_free(watch->write_event);
    watch->read_event = watch->write_event = NULL;
    watch->interest = LOOP_NOTHING;
}

static void loop_on_signal(struct loop_watch *watch, enum loop_interest what) {
    (void)what;
    struct loop *loop = CONTAINER_OF(watch, struct loop, signals);
    struct signalfd_siginfo info;
    while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info)
        loop->is_asked_to_stop = true;
}

void loop_catch_signals(struct loop *loop) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) die("cannot block signals");
    signal(SIGPIPE, SIG_IGN);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0) die("cannot watch signals");
    loop_watch_open(&loop->signals, loop, fd, loop_on_signal);
    loop_watch_want(&loop->signals, LOOP_READ);
    loop->catches_signals = true;
}

bool loop_is_asked_to_stop(const struct loop *loop) { return loop->is_asked_to_stop; }
