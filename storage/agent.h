/* storage/agent.h: the node among others: registration, configuration, suspicion.
 *
 *   recovering -> registering -> serving
 *
 *   (A1) It registers after recovery with what the logs hold, again every second until answered, and whenever its
 *        connection to meta opens again, serving or not (with the same nonce: meta answers with the same
 *        incarnation, and a controller that has started anew learns whom to send configurations to).
 *   (A2) A configuration is taken when its revision is higher than the last; KNOWN follows once it is in the log, on disk
 *        (R6).
 *   (A3) A configuration that gives this node a later incarnation than ours ends the process (STOP).
 *   (A4) Beats go to meta and to the nodes of the group every BEAT_US and are answered; a node that misses SUSPECT_US, or
 *        whose process is proved dead, is reported to meta.
 *   (A5) Every store of a node has an agent that knows incarnation and configuration; only that of store 0 speaks.
 */
#ifndef STORAGE_AGENT_H
#define STORAGE_AGENT_H

#include "base/arena.h"
#include "base/machine.h"
#include "wire/configuration.h"
#include "wire/step.h"

struct store;

#define AGENT_PEERS_MAX   (REPLICAS_MAX + 1)
#define AGENT_BEAT_US     100000
#define AGENT_SUSPECT_US  300000
#define AGENT_REGISTER_US 1000000

struct agent_peer {
    uint16_t node;
    uint32_t incarnation;
    uint64_t heard_us;
    uint64_t suspected_us; /* 0: not */
};

struct agent {
    struct machine machine;
    uint32_t incarnation;    /* 0: not registered */
    uint64_t revision;       /* of the configuration in force */
    uint64_t known_position; /* of the REVISION record in the store's own log; 0: reported */
    struct cluster_configuration *configuration; /* in one of two arenas that take turns */
    struct arena arenas[2];
    uint32_t arena_used;
    uint64_t register_us, beat_us; /* when next; UINT64_MAX: not */
    uint64_t beat_sequence;
    struct agent_peer peers[AGENT_PEERS_MAX];
    uint32_t peer_count;
};

void agent_open(struct agent *agent, struct store *store);
void agent_close(struct agent *agent);
/* The logs are read: register. */
void agent_begin(struct store *store, struct effects *out);
/* Messages for shard 0. */
void agent_on_message(struct store *store, const struct message *message, struct effects *out);
void agent_on_deadline(struct store *store, struct effects *out);
uint64_t agent_deadline(const struct store *store);
/* The store's own log has been synced further. */
void agent_on_synced(struct store *store, struct effects *out);
/* Recovery: the last revision that this node served. */
void agent_recover_revision(struct store *store, uint64_t revision);

#endif
