/* cluster/snapshot.h: timestamps from the system shard, and which of them are still read at.
 *
 *   ticket: idle -> waiting -> asked -> given
 *
 *   (SN1) One SNAPSHOT is on its way at a time. Who comes while it is under way waits for the next:
 *         the answer may have been read before he came (T1). Who comes in the turn that sent it
 *         joins it.
 *   (SN2) So all that was given is known, and a report that lists what lives is complete up to the
 *         last one given (V1).
 *   (SN3) An answer of a system term below the last one reported to is dropped (V1).
 */
#ifndef CLUSTER_SNAPSHOT_H
#define CLUSTER_SNAPSHOT_H

#include "base/list.h"
#include "cluster/ask.h"

struct txn;

enum ticket_state { TICKET_IDLE, TICKET_WAITING, TICKET_ASKED, TICKET_GIVEN };
/* What a ticket's value is for. */
enum ticket_use { TICKET_FOR_FLOOR, TICKET_FOR_SNAPSHOT };
struct ticket {
    struct list_link link; /* WAITING or ASKED */
    enum ticket_state state;
    enum ticket_use use;
    struct txn *txn;
};

struct snapshots {
    struct list waiting, asked;
    struct ask ask;
    struct message *unsent; /* of this turn: may still be joined (SN1) */
    struct list live;       /* transactions with a snapshot, rising */
    uint64_t retry_at_us;   /* nothing is asked before: the last ask was refused */
    uint64_t last_given;
    uint32_t reported_term; /* of the system shard */
    uint64_t reported_below, reported_count, reported_first;
    uint64_t report_at_us; /* UINT64_MAX: nothing to report */
    bool is_report_lost;   /* maybe: the connection that it went by was closed */
};

void snapshots_open(struct snapshots *snapshots);
/* Its value comes: for a snapshot also the transaction's fiber is woken. */
void snapshot_request(struct cluster *cluster, struct ticket *ticket);
void snapshot_cancel(struct ticket *ticket);
void snapshot_on_answer(struct cluster *cluster);
/* The transaction reads at its snapshot no more. */
void snapshot_drop(struct cluster *cluster, struct txn *txn);
/* Messages of the turn before are gone. */
void snapshot_on_turn(struct cluster *cluster);
void snapshot_on_configuration(struct cluster *cluster);
/* A connection to this node was opened. */
void snapshot_on_open(struct cluster *cluster, uint16_t node);
void snapshot_on_deadline(struct cluster *cluster);
/* A new incarnation: everything asked for is lost. */
void snapshot_forget(struct cluster *cluster);

#endif
