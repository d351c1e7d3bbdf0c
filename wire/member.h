/* wire/member.h: who is who, who is there, and what every node knows of the configuration.
 *
 * PEER is local: the driver tells a machine that a connection opened, closed, or that a watcher
 * proved a process dead. Everything else travels.
 */
#ifndef WIRE_MEMBER_H
#define WIRE_MEMBER_H

#include "wire/message_field.h"

enum node_role { ROLE_META = 1, ROLE_STORAGE = 2, ROLE_SQL = 3, ROLE_TOOL = 4 };

/* HELLO: the first message on every connection, both ways. secret is the cluster's, compared in
 * constant time. */
#define HELLO_FIELDS(F)                                                                            \
    F(u16, node) F(u8, role) F(u32, incarnation) F(u8, wire_version) F(bytes, secret)

enum peer_state { PEER_OPEN = 1, PEER_CLOSED = 2, PEER_DEAD = 3 };
/* PEER: driver -> its own machines. DEAD is proof (a watcher saw EOWNERDEAD), CLOSED alone proves
 * nothing. */
#define PEER_FIELDS(F) F(u16, node) F(u32, incarnation) F(u8, peer_state)

/* REGISTER: node -> meta at start: asks for an incarnation. addresses are texts that peers connect
 * to. stores describes the logs found on disk: packed u16 shard, u32 term, u64 position. REGISTERED
 * answers. */
#define REGISTER_FIELDS(F)                                                                         \
    F(u16, node)                                                                                   \
    F(u8, role) F(u64, nonce) F(bytes, name) F(bytes, address) F(u64, seen_revision)               \
        F(bytes, stores)
#define REGISTERED_FIELDS(F)                                                                       \
    F(u8, status) F(u64, nonce) F(u16, node) F(u32, incarnation) F(u64, revision)

/* CONFIGURATION: meta -> every node, whole, whenever it changes: nodes, groups, shards with (term,
 * version), primary, in-sync set as (node, incarnation), ended incarnations, bucket maps. Encoded
 * by wire/configuration.h. KNOWN: node -> meta: logged and in force here up to this revision (R6).
 */
#define CONFIGURATION_FIELDS(F) F(u64, revision) F(bytes, configuration)
#define KNOWN_FIELDS(F)         F(u16, node) F(u64, revision)

/* BEAT: node <-> meta and node <-> node: alive at the sender's time now_us; answered by the
 * receiver's own BEAT. */
#define BEAT_FIELDS(F) F(u64, sequence) F(u8, answer)

/* SUSPECT: node -> meta: I cannot reach that incarnation (proof 1: it is dead). */
#define SUSPECT_FIELDS(F) F(u16, node) F(u32, suspect_incarnation) F(u8, proof)

/* PROPOSE: shard primary -> meta: list or unlist a replica, or change the durability in force (R1,
 * R2, R7). DECIDED answers with the shard's configuration after it, which is also pushed as
 * CONFIGURATION. */
enum proposal_kind { PROPOSAL_LIST = 1, PROPOSAL_UNLIST = 2, PROPOSAL_SYNC = 3 };
#define PROPOSE_FIELDS(F) F(u8, proposal_kind) F(u16, node) F(u32, node_incarnation)
#define DECIDED_FIELDS(F) F(u8, status) F(u8, proposal_kind) F(u16, node) F(u32, node_incarnation)

MESSAGE_STRUCT(hello, HELLO_FIELDS)
MESSAGE_STRUCT(peer, PEER_FIELDS)
/* `register` is a keyword of C. */
MESSAGE_STRUCT(register_node, REGISTER_FIELDS)
MESSAGE_STRUCT(registered, REGISTERED_FIELDS)
MESSAGE_STRUCT(configuration, CONFIGURATION_FIELDS)
MESSAGE_STRUCT(known, KNOWN_FIELDS)
MESSAGE_STRUCT(beat, BEAT_FIELDS)
MESSAGE_STRUCT(suspect, SUSPECT_FIELDS)
MESSAGE_STRUCT(propose, PROPOSE_FIELDS)
MESSAGE_STRUCT(decided, DECIDED_FIELDS)

#endif
