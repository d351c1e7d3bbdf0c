/* storage/inspect.h: what checkers of the simulator and tests may look at. Nothing here changes
 * anything.
 */
#ifndef STORAGE_INSPECT_H
#define STORAGE_INSPECT_H

#include "storage/fragment.h"
#include "storage/lock.h"

struct store;

#define INSPECT_VERSIONS_MAX 64

struct inspect_version {
    bool is_pending, is_tombstone;
    uint32_t writer, statement;   /* pending */
    uint64_t timestamp, position; /* committed */
    struct slice row;
};
struct inspect_row {
    struct slice key;
    uint32_t version_count; /* all; versions[] has the first INSPECT_VERSIONS_MAX */
    struct inspect_version versions[INSPECT_VERSIONS_MAX]; /* newest first */
};
/* The first row whose primary key is greater than `after` (empty: the first of all); false at the
 * end. */
bool inspect_row_next(const struct fragment *fragment, struct slice after,
                      struct inspect_row *row_out);

/* What differs when two replicas differ: a hash of the newest committed versions (key, bytes,
 * timestamp, position) of all rows, tombstones left out, in key order. */
uint64_t inspect_fragment_digest(const struct fragment *fragment);
/* CHECKs all that fragment.h and its .c files promise of one fragment: hash index, ordered indexes
 * and versions agree, in both directions. Costs O(n log n). */
void inspect_fragment_verify(const struct fragment *fragment, struct arena *scratch);

/* Versions over all fragments that are not the newest of their row, by walking; the same as the
 * engine's own count (CHECKed). For "memory of versions bounded". */
struct inspect_garbage {
    uint64_t version_count; /* committed and superseded */
    uint64_t version_bytes;
    uint64_t entry_count; /* rows in the garbage queues */
    uint64_t pending_count;
};
struct inspect_garbage inspect_garbage_of(const struct fragments *fragments);
/* CHECKs that no lock is held or waited for and no writer is open: at the end of a run. */
void inspect_idle(const struct fragments *fragments, const struct lock_table *locks);

/* One replica of a shard. */
struct inspect_shard {
    uint16_t shard;
    uint32_t term;
    bool is_primary;
    bool is_whole; /* false: a copy is being taken, so its rows are of no one position (B4) */
    uint64_t applied, appended; /* positions */
    uint64_t digest; /* over tables in force (version, rows) in order: equal where `applied` is */
    uint32_t schema_work_count; /* dropped tables that are not freed yet, backfills under way */
    uint64_t transaction_count, lock_count;
    uint64_t garbage_bytes;
    uint64_t
        required; /* of a primary: bit n % 64 for each other node n whose confirm it waits for (R1) */
};
/* The stage of the learner's copy that has come furthest on this store (enum copy_stage of storage/shard.h). */
enum inspect_copy { INSPECT_NONE, INSPECT_TAKING, INSPECT_FILLING, INSPECT_KEEPING };
enum inspect_copy inspect_copy_of(const struct store *store);
/* The replica at `place` (from 0) of the store; false: there are no more. CHECKs all its fragments. */
bool inspect_shard_at(const struct store *store, uint32_t place, struct arena *scratch,
                      struct inspect_shard *shard_out);

#endif
