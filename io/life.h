/* io/life.h: proof that a process of this host is dead, a fraction of a millisecond after its end.
 *
 * A process holds robust mutexes in a page that is a file, one for each of its threads that writes
 * or sends. The kernel marks them when a thread ends, whatever ended it, and before it takes the
 * process's memory apart; sockets are closed only after that.
 */
#ifndef IO_LIFE_H
#define IO_LIFE_H

#include "io/loop.h"

/* ---- to be watched ---- */

struct life;

/* Makes a new page at `path`; an older one there is for the dead. The calling thread holds the
 * first mutex. The page is held until the process ends. */
struct life *life_hold(const char *path);
/* The calling thread holds one as well; `life` may be NULL. */
void life_join(struct life *life);

/* ---- to watch ---- */

struct life_watcher;

/* `on_dead` is called in the loop once for each watch whose process is dead. */
struct life_watcher *life_watcher_open(struct loop *loop, void *context,
                                       void (*on_dead)(void *context, uint64_t tag));
/* Watches that still wait are left to the end of this process. */
void life_watcher_close(struct life_watcher *watcher);
/* A thread waits for it. A page that is not there, or is none, tells nothing, ever. */
void life_watch(struct life_watcher *watcher, const char *path, uint64_t tag);

#endif
