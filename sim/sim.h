/* sim/sim.h: a cluster in one thread from one seed: time, network, disks, configuration store, processes.
 *
 * The world calls the same machines that server/ drives, with invented time and chance. Everything that happens is an
 * event in one queue, ordered by (time, number); the same seed gives the same events, and the running hash over
 * them proves it.
 *
 *   (S1) A process is a set of nodes that live and die together. A crash forgets its machines (their memory is taken
 *        back whole) and keeps its disks, less what was not synced. Opening it again is recovery.
 *   (S2) Messages between processes travel as encoded frames, in order per connection unless the faults say otherwise; a
 *        broken connection loses what is under way and tells both sides. Inside a process they are never lost.
 *   (S3) A paused process gets nothing until it resumes; then all of it, with the time that it is then.
 *   (S4) Nothing here looks into a machine; checkers do (checker.h).
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "base/random.h"
#include "wire/step.h"

#define SIM_NODES_MAX     16
#define SIM_PROCESSES_MAX 16

struct sim;
struct sim_disk;
struct sim_config_store;

/* How a machine is opened and stepped; `context` is the caller's. Memory comes from `source` alone. */
struct sim_machine {
    void *(*open)(void *context, struct chunk_source *source, uint64_t now_us, struct effects *out);
    void (*step)(void *machine, const struct event *event, struct effects *out);
    /* After every step, for fibers: may add effects. NULL: nothing. */
    void (*after)(void *machine, uint64_t now_us, struct effects *out);
    /* Before a crash takes its memory: nothing but telling sanitizers of its fibers. NULL: nothing. */
    void (*forget)(void *machine);
};

/* Chances are in parts per 10,000 for each time it could happen. */
struct sim_faults {
    uint32_t delay_us_min, delay_us_max; /* of a message between processes */
    uint32_t slow_message_chance;        /* it takes up to 50 ms */
    uint32_t break_chance;               /* the connection breaks at this message */
    uint32_t proof_chance; /* of a process that ends: its death is seen, not only its silence */
    uint32_t repeat_chance, reorder_chance;
    uint32_t disk_us_min, disk_us_max, slow_disk_chance;
    uint32_t lost_answer_chance, slow_store_chance; /* configuration store */
    uint32_t torn_chance; /* of an unsynced write at a crash: torn rather than lost or kept */
};

struct sim_counts {
    uint64_t events, messages, breaks, repeats, reorders, crashes, restarts, pauses, cuts;
    uint64_t disk_writes, disk_syncs, checkpoints, writes_lost, writes_torn, lost_answers, stops,
        proofs;
    uint64_t changes_asked, orphan_changes, full_disks, rots, wipes;
};

/* What a step got (NULL: no message) and what it answered with; before the effects are carried out. */
typedef void sim_observer(void *context, uint16_t node, const struct message *message,
                          const struct effects *effects);

struct sim *sim_open(uint64_t seed, const struct sim_faults *faults);
void sim_close(struct sim *sim);

/* Adds a node to a process (numbered from 0); it is not started. `context` outlives the simulation. */
void sim_add_node(struct sim *sim, uint16_t node, uint32_t process,
                  const struct sim_machine *machine, void *context);
void sim_start(struct sim *sim, uint32_t process);
void sim_crash(struct sim *sim, uint32_t process);
/* kill -9: the process is gone, what it had given to the operating system is not. */
void sim_kill(struct sim *sim, uint32_t process);
void sim_pause(struct sim *sim, uint32_t process);
void sim_resume(struct sim *sim, uint32_t process);
enum sim_state { SIM_DOWN, SIM_UP, SIM_PAUSED };
enum sim_state sim_state(const struct sim *sim, uint32_t process);
/* One-way cut between processes: connections stay open, nothing arrives. */
enum sim_cut { SIM_HEAL, SIM_CUT };
void sim_cut(struct sim *sim, uint32_t from_process, uint32_t to_process, enum sim_cut cut);
/* Every connection of the process breaks and opens again. */
void sim_break_connections(struct sim *sim, uint32_t process);
/* The disk of a process's nodes: no room for anything new; a bit of what was synced is another one; all is gone. */
enum sim_disk_fault { SIM_DISK_FILLS, SIM_DISK_HAS_ROOM, SIM_DISK_ROTS, SIM_DISK_IS_NEW };
void sim_disk_suffers(struct sim *sim, uint32_t process, enum sim_disk_fault fault);
/* From now on no faults happen by chance. */
void sim_calm(struct sim *sim);

/* The next event; false when nothing is left to happen before `until_us`. */
bool sim_step(struct sim *sim, uint64_t until_us);
uint64_t sim_now(const struct sim *sim);
struct random *sim_random(struct sim *sim);
uint64_t sim_trace_hash(const struct sim *sim);
const struct sim_counts *sim_counts(const struct sim *sim);
/* The machine of a running node, NULL when it is down: for checkers. */
void *sim_machine_of(const struct sim *sim, uint16_t node);
/* Steps the node with a message of one's own making (tests, direct workloads); slices are copied. */
void sim_inject(struct sim *sim, const struct message *message);
/* Messages to this node number go to `receive` instead of a machine: a client made by a test. */
void sim_add_client(struct sim *sim, uint16_t node,
                    void (*receive)(void *context, const struct message *message), void *context);
/* Called after every step of a node that lives, and after its opening. */
void sim_observe(struct sim *sim, sim_observer *observer, void *context);
/* Every event is also printed to stderr. */
void sim_print_events(struct sim *sim);

/* ---- used between the files of this directory ---- */

enum sim_event_kind { SIM_MESSAGE, SIM_DISK, SIM_STORE, SIM_DEADLINE, SIM_PEER };
struct sim_event {
    uint64_t at_us, number; /* the order */
    enum sim_event_kind kind;
    uint16_t node;
    uint32_t life; /* of the node when it was made; another one: it is dropped */
    void *payload; /* malloc'ed; freed after delivery */
    size_t payload_size;
};
/* Queues an event and owns the payload from now on. */
void sim_push(struct sim *sim, struct sim_event event);
struct sim_counts *sim_counts_mutable(struct sim *sim);
const struct sim_faults *sim_faults(const struct sim *sim);
bool sim_chance(struct sim *sim, uint32_t per_ten_thousand);

#endif
