/* storage/outcome.h: how transactions ended, for who asks later (X4, X5).
 *
 * Kept by every replica, fed by the log alone, so that replicas agree and checkpoints can hold
 * it.
 *   (O1) An outcome, or a tombstone (an abort placed where no prepare was), stays until the mark
 *        of its SQL daemon has passed it (X5).
 *   (O2) Numbers below the mark and not among its exceptions are over: every message about them
 *        is refused.
 *   (O4) An incarnation that meta has ended begins nothing any more. What it left prepared in other shards is still
 *        finished there, by asking here: its commits are kept, and whatever is not among them is presumed aborted.
 *        Meta lists ended incarnations for a long time; when it lists one no more, all of it is forgotten, and
 *        nothing is presumed.
 *   (O3) An `ended` entry is no outcome: an unprepared transaction that this shard dropped by
 *        itself (X10). It is not logged and dies with the term, as the transaction did.
 */
#ifndef STORAGE_OUTCOME_H
#define STORAGE_OUTCOME_H

#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "storage/version.h"
#include "wire/request.h"

enum outcome_kind { OUTCOME_KIND_COMMITTED = 1, OUTCOME_KIND_ABORTED = 2, OUTCOME_KIND_ENDED = 3 };

struct outcome_entry {
    struct list_link link;      /* in its daemon's list, in order of arrival */
    struct outcome_entry *next; /* of the same hash */
    struct writer_id id;
    enum outcome_kind kind;
    uint64_t timestamp; /* COMMITTED */
    uint64_t position;  /* of the record; waiting askers are answered once it is confirmed */
};

enum outcome_daemon_state {
    OUTCOME_DAEMON_LIVE,
    OUTCOME_DAEMON_ENDED, /* (O4) */
    OUTCOME_DAEMON_FORGOTTEN,
};

/* One SQL daemon's incarnation. */
struct outcome_daemon {
    uint32_t incarnation;
    enum outcome_daemon_state state;
    uint64_t mark;
    uint64_t *exceptions; /* rising, all below mark */
    uint32_t exception_count, exception_capacity;
    struct list outcomes;
};

struct outcomes {
    struct chunk_source *source;
    struct pool pool, daemon_pool;
    struct map by_hash;   /* hash of id -> chain of struct outcome_entry */
    struct map by_daemon; /* incarnation -> struct outcome_daemon */
};

void outcomes_open(struct outcomes *outcomes, struct chunk_source *source);
void outcomes_close(struct outcomes *outcomes);

/* NULL: nothing is known. */
const struct outcome_entry *outcome_find(const struct outcomes *outcomes, struct writer_id id);
/* Notes it, once; an ENDED entry gives way. BUSY when the table is full. */
MUST_USE enum status outcome_put(struct outcomes *outcomes, const struct outcome_entry *outcome);
/* (O2) */
bool outcome_is_over(const struct outcomes *outcomes, struct writer_id id);
/* Of an ended daemon, and nothing was committed here that its mark has not passed (O4). */
bool outcome_is_presumed_aborted(const struct outcomes *outcomes, struct writer_id id);
/* A mark from its daemon or from the log: forgets what it passes. Lower marks change nothing. exceptions: packed
 * u64, rising. CORRUPT when they are not. */
MUST_USE enum status outcome_mark(struct outcomes *outcomes, uint32_t incarnation, uint64_t mark,
                                  struct slice exceptions);
/* Whether a mark tells anything new: it is higher than the one known, or has fewer exceptions. */
bool outcome_mark_is_news(const struct outcomes *outcomes, uint32_t incarnation, uint64_t mark,
                          uint32_t exception_count);
/* Whether anything is kept of a daemon that is not ended. */
bool outcome_knows_daemon(const struct outcomes *outcomes, uint32_t incarnation);
/* Meta has ended the incarnation and it has no transaction left here: everything of it is over, commits stay. */
void outcome_end_daemon(struct outcomes *outcomes, uint32_t incarnation);
/* Meta does not list it any more: commits go, too (O4). */
void outcome_forget_daemon(struct outcomes *outcomes, uint32_t incarnation);
/* A new term: (O3) entries go. */
void outcome_forget_ended(struct outcomes *outcomes);
uint64_t outcome_count(const struct outcomes *outcomes);

/* Walks the daemons (cursor from 0), for checkpoints; their outcomes are in the list. */
const struct outcome_daemon *outcome_daemon_next(const struct outcomes *outcomes, uint64_t *cursor);

#endif
