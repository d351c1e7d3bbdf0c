/* server/peers.h: connections between the nodes of a cluster: frames in, frames out.
 *
 * Of two nodes the one with the larger number connects; SQL daemons do not connect to each other.
 * The first frame each way is HELLO with the cluster's secret; nothing else is believed before it.
 */
#ifndef SERVER_PEERS_H
#define SERVER_PEERS_H

#include "io/io.h"
#include "wire/configuration.h"
#include "wire/step.h"

struct peers;

struct peers_options {
    struct loop *loop;
    struct chunk_source *source;
    uint16_t node; /* of this process */
    uint8_t role;  /* enum node_role */
    struct slice secret;
    void *context;
    /* A message came; it is valid during the call. */
    void (*deliver)(void *context, const struct message *message);
    /* A connection to a node opened or closed. */
    void (*changed)(void *context, uint16_t node, uint32_t incarnation, enum peer_state state);
    /* A tool asks for the state of this process: JSON object members. */
    void (*describe)(void *context, struct buffer *json);
};

struct peers *peers_open(const struct peers_options *options);
void peers_close(struct peers *peers);
/* Accepts connections on a listening socket, which is theirs from now on. */
void peers_accept_on(struct peers *peers, int listening_fd);
/* Keeps connected to this node at this address from now on. */
void peers_add(struct peers *peers, uint16_t node, struct slice address);
/* A machine of this process has this number: nobody connects to it, and nobody else may have it. */
void peers_add_local(struct peers *peers, uint16_t node);
/* The same for every node of the configuration that this one connects to. */
void peers_learn(struct peers *peers, const struct cluster_configuration *configuration);
/* What HELLO says of this process. */
void peers_set_incarnation(struct peers *peers, uint32_t incarnation);
/* Encodes it for header.to_node; without a connection it is lost, as on any network. */
void peers_send(struct peers *peers, const struct message *message);
/* One send for each connection that has something to send. */
void peers_flush(struct peers *peers);
bool peers_has_unflushed(const struct peers *peers);
/* When peers_on_deadline wants to be called; UINT64_MAX: not. */
uint64_t peers_deadline_us(const struct peers *peers);
void peers_on_deadline(struct peers *peers, uint64_t now_us);
uint32_t peers_connected(const struct peers *peers);

#endif
