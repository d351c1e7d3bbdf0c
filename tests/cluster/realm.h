/* tests/cluster/realm.h: a whole pool in one thread: controller, storage nodes, SQL daemons with fibers.
 *
 * The machines are the real ones, the disk is fake_disk, the configuration store fake_store. Messages are encoded and
 * decoded, delivered in the order in which they were sent; time moves to the next deadline when nothing else is
 * left to do. So every test is deterministic.
 */
#ifndef TESTS_CLUSTER_REALM_H
#define TESTS_CLUSTER_REALM_H

#include "base/wait.h"
#include "cluster/cluster.h"
#include "meta/meta.h"
#include "storage/storage.h"
#include "tests/base/chunks.h"
#include "tests/meta/fake_store.h"
#include "tests/storage/fake_disk.h"

#define REALM_NODES_MAX  8
#define REALM_FIBERS_MAX 16
#define REALM_MEMORY     (48u << 20)

enum realm_kind { REALM_META, REALM_STORE, REALM_SQL };

struct realm_node {
    uint16_t node;
    enum realm_kind kind;
    bool is_up;
    struct controller *controller;
    struct store *store;
    struct cluster *cluster;
    struct chunks chunks; /* its memory: a crash takes all back */
    uint8_t *memory;
    struct fake_disk *disk;
    struct arena arena; /* of its effects */
    struct effects effects;
    uint64_t deadline_us;
    uint32_t life;
    uint32_t incarnation; /* as meta said; drivers know it from what passes by */
    const char *stopped;
};

struct realm_message {
    struct realm_message *next;
    uint16_t from, to;
    uint32_t from_life, to_life;
    size_t size;
    uint8_t frame[];
};

struct realm_fiber {
    struct fiber fiber;
    struct waiter waiter;
    uint8_t *stack;
    void (*run)(struct realm_fiber *fiber);
    struct realm *realm;
    struct cluster *cluster;
    void *argument;
    struct arena arena; /* the statement's */
    bool is_done;
};

struct realm_options {
    uint32_t storage_nodes, replicas, shards_per_node, sql_nodes;
    enum durability durability;
};

struct realm {
    struct realm_options options;
    struct chunks chunks;
    uint64_t now_us;
    struct realm_node nodes[REALM_NODES_MAX];
    uint32_t node_count;
    struct realm_message *first, **last;
    struct fake_store store;
    struct wait_queue queue;
    struct realm_fiber fibers[REALM_FIBERS_MAX];
    uint32_t fiber_count;
    uint64_t nonce, message_count;
    /* Messages for which this is true are lost; NULL: none. */
    bool (*drops)(struct realm *realm, const struct message *message);
    void *drops_argument;
};

/* Opens and starts everything; runs until every SQL daemon is ready. */
struct realm *realm_open(const struct realm_options *options);
void realm_close(struct realm *realm);
struct realm_node *realm_node(struct realm *realm, uint16_t node);
/* Forgets the machine; its connections close. Disk and configuration store stay. */
void realm_kill(struct realm *realm, uint16_t node);
void realm_start(struct realm *realm, uint16_t node);
/* Their connection closes, what is on its way is lost, and it opens again: nobody has died. */
void realm_reconnect(struct realm *realm, uint16_t one, uint16_t other);
/* A fiber on that SQL daemon; it runs with the pool. */
struct realm_fiber *realm_spawn(struct realm *realm, uint16_t sql_node,
                                void (*run)(struct realm_fiber *fiber), void *argument);
/* Until the fibers are done; CHECKs that this takes less than `limit_us` of the pool's time. */
void realm_run_fibers(struct realm *realm, uint64_t limit_us);
/* Forgets the fibers that are not done: their daemon is about to be killed. */
void realm_abandon_fibers(struct realm *realm);
/* Spawns, and runs it to its end. */
void realm_call(struct realm *realm, uint16_t sql_node, void (*run)(struct realm_fiber *fiber),
                void *argument);
/* Until so many more messages were delivered. */
void realm_run_messages(struct realm *realm, uint64_t count);
void realm_run_for(struct realm *realm, uint64_t us);

#endif
