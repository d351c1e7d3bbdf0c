/* server/driver.h: one thread that runs machines with real sockets, disks and clocks.
 *
 * Machines of one driver reach each other by pointer, in the same turn; others by peers. A turn:
 * wait, take what came (each event is one step), deliver messages and run fibers until nothing is
 * left, then step deadlines that are due, then one flush of every peer.
 */
#ifndef SERVER_DRIVER_H
#define SERVER_DRIVER_H

#include "io/io.h"
#include "wire/configuration.h"
#include "wire/step.h"

/* The life page of a node is at its socket's path with this behind it. */
#define LIFE_SUFFIX ".alive"

struct driver;
struct driven;

struct driver_options {
    struct loop *loop;
    struct chunk_source *source;
    uint16_t node; /* of the process, as peers know it */
    uint8_t role;
    struct slice secret;
    struct life *life; /* of this process; may be NULL */
    /* Proofs of death of storage nodes on this host are wanted: meta is here. */
    bool watches_lives;
};

struct driver *driver_open(const struct driver_options *options);
/* Machines are closed by who opened them, afterwards. */
void driver_close(struct driver *driver);
struct peers *driver_peers(struct driver *driver);

struct machine_options {
    uint16_t node;
    void (*step)(void *machine, const struct event *event, struct effects *out);
    void (*describe)(const void *machine, struct buffer *json);
    const char *name;           /* member of the state's JSON: "store", "cluster", "meta" */
    const char *disk_directory; /* NULL: it has no disk; exists */
    const char *store_path;     /* NULL: it has no configuration store */
};
/* A place for a machine. Open the machine with the effects of driven_effects, then start it.
 * Statuses of store_ops_open. */
MUST_USE enum status driver_add(struct driver *driver, const struct machine_options *options,
                                struct driven **driven_out);
struct effects *driven_effects(struct driven *driven);
void driven_start(struct driven *driven, void *machine);
/* Carries out what was added to its effects outside of a step (cluster_bind). */
void driven_carry_out(struct driven *driven);

/* Work besides machines: fibers, clients. Called in each turn with the time. */
struct driver_guest {
    void *context;
    /* True when it did something: the turn goes around again. */
    bool (*run)(void *context, uint64_t now_us);
    /* At the end of the turn. */
    void (*flush)(void *context);
    /* When it wants to run; UINT64_MAX: only after an event. */
    uint64_t (*deadline_us)(void *context);
    void (*describe)(void *context, struct buffer *json);
};
void driver_set_guest(struct driver *driver, const struct driver_guest *guest);

/* Waits at most until `until_us`, then one turn. */
void driver_turn(struct driver *driver, uint64_t until_us);
/* NULL, or why this process must end (EFFECT_STOP). */
const char *driver_stop_reason(const struct driver *driver);
uint64_t driver_now_us(const struct driver *driver);
/* The newest configuration that came for a machine here; NULL before the first. Borrowed until the
 * next turn. */
const struct cluster_configuration *driver_configuration(const struct driver *driver);
/* Dies with the turn. */
struct arena *driver_turn_arena(struct driver *driver);
/* The state of all machines and the guest, as JSON object members. */
void driver_describe(struct driver *driver, struct buffer *json);

#endif
