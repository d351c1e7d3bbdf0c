/* storage/agent.h: the node among others: registration, configuration, suspicion. One a node, in store 0.
 *
 *   recovering -> registering -> serving
 *
 *   (A1) It registers after recovery with what the logs hold, again every second until answered, and after every
 *        time that its connection to meta opens.
 *   (A2) A configuration is taken when its revision is higher than the last; it is written to the log before KNOWN (R6).
 *   (A3) A configuration that gives this node a later incarnation than ours ends the process (STOP).
 *   (A4) Beats go to peers every BEAT_US and are answered; one that misses SUSPECT_US, or whose process is proved
 *        dead, is reported to meta.
 */
#ifndef STORAGE_AGENT_H
#define STORAGE_AGENT_H

#include "base/arena.h"
#include "base/machine.h"
#include "wire/configuration.h"
#include "wire/step.h"

struct store;

#define AGENT_PEERS_MAX 16

struct agent_peer {
    uint16_t node;
    uint32_t incarnation;
    uint64_t heard_us;
    bool is_suspected;
};

struct agent {
    struct machine machine;
    uint32_t incarnation; /* 0: not registered */
    uint64_t revision;    /* of the configuration in force */
    struct cluster_configuration *configuration; /* in one of two arenas that take turns */
    struct arena configuration_arenas[2];
    uint32_t arena_used;
    uint64_t deadline_us;
    uint64_t beat_sequence;
    struct agent_peer peers[AGENT_PEERS_MAX];
    uint32_t peer_count;
};

void agent_open(struct agent *agent, struct store *store);
void agent_close(struct agent *agent);
/* The logs are read: register. */
void agent_begin(struct agent *agent, struct store *store, struct effects *out);
void agent_on_message(struct agent *agent, struct store *store, const struct message *message,
                      struct effects *out);
void agent_on_deadline(struct agent *agent, struct store *store, struct effects *out);

#endif
