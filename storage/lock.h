/* storage/lock.h: row locks of one shard: S and X, FIFO queues, time-outs, deadlocks.
 *
 * A lock is named by table and hash of the primary key's bytes, so that a missing key can be locked
 * like a row. Two keys with the same 64-bit hash share a lock: that makes one wait too many, never
 * a wrong answer. Owners are writer slots (storage/version.h).
 *
 *   (L1) Granted requests of one lock are compatible: any number of S, or one X. An owner has one
 *        request a lock.
 *   (L2) A request waits behind earlier waiting ones, even when it is compatible with the granted
 *        ones. Only an upgrade (its owner holds S, wants X) goes before those that hold nothing.
 *   (L3) An owner waits for at most one lock.
 *   (L4) A wait that would close a cycle inside this shard is refused (DEADLOCK): the victim is
 *        the requester, because it has to be told anyway and no waiting one must be found and
 *        ended. Cycles over several shards are found by the detector in the system shard from the
 *        edges of lock_edges (X10).
 *   (L5) Grants are queued in the order in which they happen; the shard takes them with
 *        lock_grant_next and resumes the requests. Nothing depends on addresses.
 *   (L6) Locks stay when a statement is undone, as in InnoDB.
 */
#ifndef STORAGE_LOCK_H
#define STORAGE_LOCK_H

#include "storage/memory.h"
#include "wire/request.h" /* enum lock_mode, enum wait_policy */

struct lock_table;

struct lock_name {
    uint32_t table_id;
    uint64_t key_hash; /* hash_bytes of the primary key's bytes */
};

enum lock_outcome {
    LOCK_GRANTED,  /* now, or the owner already held it in this mode or a stronger one */
    LOCK_QUEUED,   /* lock_grant_next, lock_expire_next or lock_cancel will end it */
    LOCK_REFUSED,  /* NOWAIT or SKIP LOCKED, and somebody is in the way */
    LOCK_DEADLOCK, /* (L4) */
    LOCK_FULL,     /* no memory for another lock */
};

struct lock_request {
    struct lock_name name;
    uint32_t owner;      /* writer slot */
    enum lock_mode mode; /* SHARED or EXCLUSIVE */
    enum wait_policy policy;
    uint64_t now_us;
    uint64_t deadline_us; /* WAIT_TIMEOUT: when it gives up */
    uint64_t cookie;      /* comes back with the grant or the time-out */
};

/* A wait that ended. */
struct lock_ended {
    uint32_t owner;
    uint64_t cookie;
    uint64_t wait_id;
};

/* Tables live in `arena`; locks in `memory`. `owner_count` is the number of writer slots. */
struct lock_table *lock_table_open(struct arena *arena, struct memory *memory,
                                   uint32_t owner_count);
/* Gives the locks' memory back. */
void lock_table_close(struct lock_table *table);

MUST_USE enum lock_outcome lock_acquire(struct lock_table *table,
                                        const struct lock_request *request);
/* Starts to fetch what lock_acquire will look at: the bucket; and, some time later, the first lock in it. */
void lock_fetch(const struct lock_table *table, struct lock_name name);
void lock_fetch_first(const struct lock_table *table, struct lock_name name);
/* Mode in which the owner holds it; LOCK_NONE. */
enum lock_mode lock_held(const struct lock_table *table, struct lock_name name, uint32_t owner);
/* Releases one lock before the end (READ COMMITTED: a row that the filter dropped). NOT_FOUND: not
 * held. The owner must not wait for it. */
MUST_USE enum status lock_release_one(struct lock_table *table, struct lock_name name,
                                      uint32_t owner);
/* Releases up to `budget` locks of the owner, newest first; true when none is left. Its wait, if
 * any, is cancelled first. */
MUST_USE bool lock_release_all(struct lock_table *table, uint32_t owner, uint32_t budget);
/* Ends the owner's wait without a grant (KILL, statement time-out, victim of the cross-shard
 * detector); locks that it holds stay, and a grant that nobody has taken yet is not given out any
 * more. false: it does not wait. */
bool lock_cancel(struct lock_table *table, uint32_t owner);

/* The next grant since the last call, oldest first; false: no more. A grant stays valid when it is
 * taken late. */
bool lock_grant_next(struct lock_table *table, struct lock_ended *grant_out);
/* Earliest deadline of all waits; UINT64_MAX. */
uint64_t lock_deadline_next(const struct lock_table *table);
/* Ends one wait whose deadline is at or before now, earliest first; false: none. */
bool lock_expire_next(struct lock_table *table, uint64_t now_us, struct lock_ended *expired_out);

/* Whether the owner waits, and the id of that wait: a shard confirms an edge before it ends the
 * victim (X10). */
bool lock_is_waiting(const struct lock_table *table, uint32_t owner, uint64_t *wait_id_out);
/* Locks held and waited for by the owner. */
uint64_t lock_count_of(const struct lock_table *table, uint32_t owner);
/* Locks with a holder or a waiter, over all owners. */
uint64_t lock_count(const struct lock_table *table);
uint32_t lock_wait_count(const struct lock_table *table);

/* ---- for the detector in the system shard (X10) ---- */

struct lock_edge {
    uint32_t waiter, holder; /* writer slots; holder: a holder or a predecessor in the queue */
    uint64_t wait_id;        /* of the waiter's wait: never used twice by a shard's lock table */
};
/* Edges of waits that began at or before `since_us`, by rising waiter, from waiter `*waiter_from`
 * on; at most `edge_max`. *waiter_from is where to go on; it is owner_count at the end. A waiter's
 * edges are never split over two calls unless it alone has more than edge_max: then the first
 * edge_max are given. */
uint32_t lock_edges(const struct lock_table *table, uint64_t since_us, uint32_t *waiter_from,
                    struct lock_edge *edges, uint32_t edge_max);

/* ---- range locks: the hook ---- */

/* One set per ordered index and fragment; locking scans at REPEATABLE READ and above will put
 * intervals into it, inserts ask it. Until then it is always empty, which docs/MYSQL.md lists as
 * the phantom gap. */
struct lock_range_set {
    uint32_t interval_count;
};
/* Whether an insert of this entry key by this owner may go on. */
static inline bool lock_range_admits(const struct lock_range_set *set, struct slice entry_key,
                                     uint32_t owner) {
    (void)entry_key;
    (void)owner;
    CHECK(set->interval_count == 0);
    return true;
}

#endif
