/* io/loop.h: what one executing thread waits for: descriptors, a point in time, a signal to stop.
 *
 * Level-triggered: a watch is called again each turn until what it is ready for was consumed.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include "base/check.h"

struct loop;

enum loop_interest { LOOP_NOTHING = 0, LOOP_READ = 1, LOOP_WRITE = 2 };

/* Lives in whoever owns the descriptor; must not move while it is open. */
struct loop_watch {
    struct loop *loop;
    void *read_event, *write_event; /* libevent's; write_event only once it was wanted */
    void (*ready)(struct loop_watch *watch, enum loop_interest what);
    int fd;
    unsigned interest; /* enum loop_interest bits that are armed */
};

/* Monotonic microseconds, and microseconds since 1970 UTC. */
uint64_t clock_monotonic_us(void);
uint64_t clock_wall_us(void);

struct loop *loop_open(void);
/* Every watch is closed before. */
void loop_close(struct loop *loop);
/* Waits until something is ready or `until_us` (monotonic; UINT64_MAX: for ever; not in the future:
 * does not wait), then calls the watches that are ready. Returns the time after the wait. */
uint64_t loop_turn(struct loop *loop, uint64_t until_us);

/* `ready` may close its own watch, and others. Nothing is armed yet. */
void loop_watch_open(struct loop_watch *watch, struct loop *loop, int fd,
                     void (*ready)(struct loop_watch *watch, enum loop_interest what));
/* Bits of enum loop_interest; the same again costs nothing. */
void loop_watch_want(struct loop_watch *watch, unsigned interest);
/* The descriptor stays open. Closing twice does nothing. */
void loop_watch_close(struct loop_watch *watch);

/* SIGTERM and SIGINT ask to stop instead of ending the process; SIGPIPE is ignored. Call it before
 * any thread is started. */
void loop_catch_signals(struct loop *loop);
bool loop_is_asked_to_stop(const struct loop *loop);

#endif
