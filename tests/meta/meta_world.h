/* tests/meta/meta_world.h: a controller, its store, and nodes that say what a test makes them say. */
#ifndef TESTS_META_META_WORLD_H
#define TESTS_META_META_WORLD_H

#include "meta/meta.h"
#include "tests/base/chunks.h"
#include "tests/meta/fake_store.h"

struct meta_world {
    struct chunks chunks, state_chunks;
    struct controller *controller;
    struct fake_store store;
    struct arena arena, kept; /* of effects; of what was kept of them */
    struct effects effects;
    uint64_t now_us, deadline_us;
    struct controller_options options;
    struct cluster_configuration *configuration; /* last one pushed */
    struct message last[128];                    /* last message of each kind that was sent */
    uint32_t sent_count[128];
    struct buffer notes; /* a line each */
};

void meta_world_open(struct meta_world *world, uint16_t storage_nodes, uint16_t replicas,
                     enum durability durability);
void meta_world_close(struct meta_world *world);
/* Another controller on the same store. */
void meta_world_restart(struct meta_world *world);
void meta_world_send(struct meta_world *world, const struct message *message);
void meta_world_pass(struct meta_world *world, uint64_t us);
/* The same, while the two nodes (0: none) say that they live. */
void meta_world_live(struct meta_world *world, uint64_t us, uint16_t node, uint16_t other);
void meta_world_peer(struct meta_world *world, uint16_t node, enum peer_state state);
/* REGISTER with an open connection; the incarnation given, 0 when refused. `position` is of the
 * group's first shard, in term 1; 0: no log. */
uint32_t meta_world_register(struct meta_world *world, uint16_t node, uint64_t nonce,
                             uint64_t position);
/* The status in DECIDED. */
uint8_t meta_world_propose(struct meta_world *world, enum proposal_kind kind, uint16_t node,
                           uint32_t incarnation);
void meta_world_suspect(struct meta_world *world, uint16_t from, uint16_t node, uint8_t proof);
const struct configuration_shard *meta_world_shard(struct meta_world *world, uint16_t shard);
uint32_t meta_world_incarnation(struct meta_world *world, uint16_t node);
bool meta_world_has_noted(const struct meta_world *world, const char *text);
bool meta_world_is_live(struct meta_world *world, uint16_t node);

#endif
