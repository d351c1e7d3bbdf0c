/* tests/storage/shard_world.h: storage nodes, a small meta and one SQL daemon, driven by events, for the tests of the
 * shard's parts.
 *
 * Messages are delivered in the order in which they were sent, unless the world is told to lose or hold some; disks are
 * those of fake_disk.h. Time stands still until nothing else can happen, then goes to the next deadline.
 */
#ifndef TESTS_STORAGE_SHARD_WORLD_H
#define TESTS_STORAGE_SHARD_WORLD_H

#include "storage/participant.h"
#include "storage/store_private.h"
#include "tests/storage/fake_disk.h"
#include "wire/pack.h"

#define WORLD_NODES_MAX   4
#define WORLD_SHARDS_MAX  4
#define WORLD_NODE_FIRST  11
#define WORLD_META        1
#define WORLD_DAEMON      201
#define WORLD_INCARNATION 1000
#define WORLD_TABLE       77
#define WORLD_MEMORY      ((size_t)8 << 20)

struct world_node {
    struct store *store; /* NULL: down */
    struct fake_disk *disk;
    void *memory;
    uint32_t incarnation;
    uint64_t deadline_us;
    const char *stopped;
    bool is_paused, is_registered;
    struct world_message *held, **held_last; /* for a paused one */
};

struct world_message {
    struct world_message *next;
    struct arena arena;
    struct message *message;
};

struct world {
    struct chunk_source chunks;
    struct arena arena; /* as long as the test */
    struct random random;
    uint64_t now_us;
    uint32_t node_count, shard_count;
    struct world_node nodes[WORLD_NODES_MAX];
    struct world_message *first, **last;
    struct world_message *answers; /* to the daemon, newest first */
    uint64_t request_id;
    uint64_t delivered_count;
    /* meta */
    uint64_t revision;
    uint32_t next_incarnation;
    struct configuration_shard shards[WORLD_SHARDS_MAX];
    enum durability durability;
    bool is_formed, daemon_is_ended, is_loud;
    bool (*drops)(struct world *world, const struct message *message); /* loses what it says */
    void *drops_argument;
    enum planted_fault fault;
    struct row_layout *row;
    struct key_layout *primary;
    uint64_t nonce;
};

struct world *world_open(uint32_t node_count, uint32_t shard_count); /* in sync */
struct world *world_open_durable(uint32_t node_count, uint32_t shard_count,
                                 enum durability durability);
void world_close(struct world *world);
/* Until nothing is left to do now, or for that much longer. */
void world_run(struct world *world);
void world_run_for(struct world *world, uint64_t us);
/* Until that many messages were delivered, or nothing happens for a second. */
void world_run_messages(struct world *world, uint64_t count);

struct shard *world_shard(struct world *world, uint32_t node_index, uint16_t shard);
/* Index of the node that serves as primary; -1. */
int world_primary(struct world *world, uint16_t shard);
/* The process is gone; its disk stays. Meta hears of it. */
void world_kill(struct world *world, uint32_t node_index);
void world_power_off(struct world *world, uint32_t node_index);
/* The others' connections to it were lost and open again. */
void world_connect(struct world *world, uint32_t node_index);
/* Nothing is stepped; messages wait. */
void world_pause(struct world *world, uint32_t node_index);
void world_resume(struct world *world, uint32_t node_index);
void world_start(struct world *world, uint32_t node_index);

/* Meta makes another listed replica primary, though the old one lives, perhaps paused. */
void world_depose(struct world *world, uint16_t shard);

/* A message of the daemon to the primary of a shard; kind, term and addresses are filled in. */
struct message *world_request(struct world *world, enum message_kind kind, uint16_t shard);
/* Sends it, runs; the answer, NULL when there is none yet. */
const struct message *world_ask(struct world *world, struct message *request);
void world_send(struct world *world, struct message *request);
/* The answer to that request, if it has come. */
const struct message *world_answer(struct world *world, const struct message *request);

void world_create_table(struct world *world);
struct slice world_key(struct world *world, uint32_t id);
struct slice world_row(struct world *world, uint32_t id, int32_t k);

/* One op in a transaction; number 0: autocommit. Requests of a transaction are numbered by the caller. */
struct world_write {
    uint16_t shard;
    uint64_t txn;
    uint32_t request, statement;
    enum write_kind kind;
    uint32_t id;
    int32_t k;
    enum commit_mode mode;
    uint64_t floor;
};
struct message *world_write_message(struct world *world, const struct world_write *write);
MUST_USE enum status world_write(struct world *world, const struct world_write *write);
/* k of the row; WORLD_ABSENT, or WORLD_NO_ANSWER. */
#define WORLD_ABSENT    INT32_MIN
#define WORLD_NO_ANSWER (INT32_MIN + 1)
#define WORLD_REFUSED   (INT32_MIN + 2)
int32_t world_read(struct world *world, uint16_t shard, uint32_t id, uint64_t snapshot);
struct message *world_read_message(struct world *world, uint16_t shard, uint32_t id,
                                   uint64_t snapshot);
int32_t world_read_result(struct world *world, const struct message *request);
MUST_USE enum status world_commit(struct world *world, uint16_t shard, uint64_t txn,
                                  uint32_t requests);
uint64_t world_snapshot(struct world *world);

#endif
