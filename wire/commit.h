/* wire/commit.h: what shards tell each other about transactions, locks and time.
 *
 * INQUIRE/INQUIRED finish an orphan (X4); EDGES and VICTIM find deadlocks across shards (X10);
 * HORIZON publishes which old versions nobody reads any more (V1); FENCE takes a fresh C and raises
 * F (T9); FETCH takes a C for requests that brought no floor (T4).
 */
#ifndef WIRE_COMMIT_H
#define WIRE_COMMIT_H

#include "wire/message_field.h"

/* INQUIRE: shard -> participant: what became of it? place_tombstone: the asker knows one of X4's
 * three reasons, so an absent prepare is to be blocked for ever. Answer: INQUIRED (state: enum
 * outcome_state). */
#define INQUIRE_FIELDS(F)                                                                          \
    F(u32, incarnation) F(u64, txn_number) F(u16, asking_shard) F(u8, place_tombstone)
#define INQUIRED_FIELDS(F)                                                                         \
    F(u32, incarnation)                                                                            \
    F(u64, txn_number) F(u16, answering_shard) F(u8, state) F(u64, timestamp)                      \
        F(bytes, participants)

/* EDGES: shard -> system shard: who waits for whom, packed: u64 wait id, u32 + u64 waiter, u32 +
 * u64 holder. The list replaces the shard's earlier one. VICTIM: system shard -> shard: end this
 * waiter if it still waits with this wait id. */
#define EDGES_FIELDS(F)  F(u16, from_shard) F(u32, edge_count) F(bytes, edges)
#define VICTIM_FIELDS(F) F(u32, incarnation) F(u64, txn_number) F(u64, wait_id)

/* HORIZON: system shard -> shards: no snapshot below `complete_below` lives but those listed
 * (packed u64). */
#define HORIZON_FIELDS(F) F(u64, complete_below) F(bytes, snapshots)

/* FENCE: new primary -> system shard: a fresh C and a raised F in one request. FETCH: a fresh C.
 * Both are answered by FENCED. */
#define FENCE_FIELDS(F)  F(u16, from_shard)
#define FETCH_FIELDS(F)  F(u16, from_shard)
#define FENCED_FIELDS(F) F(u8, status) F(u64, counter) F(u64, fence)

MESSAGE_STRUCT(inquire, INQUIRE_FIELDS)
MESSAGE_STRUCT(inquired, INQUIRED_FIELDS)
MESSAGE_STRUCT(edges, EDGES_FIELDS)
MESSAGE_STRUCT(victim, VICTIM_FIELDS)
MESSAGE_STRUCT(horizon, HORIZON_FIELDS)
MESSAGE_STRUCT(fence, FENCE_FIELDS)
MESSAGE_STRUCT(fetch, FETCH_FIELDS)
MESSAGE_STRUCT(fenced, FENCED_FIELDS)

#endif
