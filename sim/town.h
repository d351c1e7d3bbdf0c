/* sim/town.h: a whole cluster in the invented world: meta, storage nodes, SQL daemons with clients on fibers.
 *
 * Processes: 0 is meta, 1 .. stores the storage nodes, then the SQL daemons. A town lives as long as its simulation; what its clients
 * have asked for and been told is in the history (sim/history.h), outside of every process, so no crash forgets it.
 */
#ifndef SIM_TOWN_H
#define SIM_TOWN_H

#include "cluster/cluster.h"
#include "meta/meta.h"
#include "sim/checker.h"
#include "sim/history.h"
#include "sim/sim.h"
#include "sim/sql_client.h"
#include "storage/inspect.h"
#include "storage/storage.h"

#define TOWN_STORES_MAX  6
#define TOWN_FRONTS_MAX  3
#define TOWN_CLIENTS_MAX 8 /* of one SQL daemon */

struct town_options {
    uint64_t seed;
    uint16_t store_count, replica_count, shards_per_node, front_count;
    uint16_t client_count, sql_client_count; /* of each SQL daemon */
    enum durability durability;
    enum planted_fault fault;
    struct sim_faults faults;
    uint32_t tail_bytes, part_bytes; /* of struct store_options */
    uint64_t checkpoint_log_bytes;
    uint32_t first_rows; /* of struct workload_options */
};

struct town;

struct town *town_open(const struct town_options *options);
void town_close(struct town *town);
struct sim *town_sim(struct town *town);
struct history *town_history(struct town *town);
const struct sql_history *town_sql_history(const struct town *town);
/* What messages have shown so far. */
const struct checker *town_checker(const struct town *town);
/* How far the copies of a running storage node are; INSPECT_NONE when it is down. */
enum inspect_copy town_copy_of(const struct town *town, uint32_t store);
const struct town_options *town_options(const struct town *town);
/* Everything is started; clients begin as soon as their daemon is ready. */
void town_start(struct town *town);
uint32_t town_process_count(const struct town *town);
uint32_t town_process_of_store(const struct town *town, uint32_t store);
uint32_t town_process_of_front(const struct town *town, uint32_t front);
/* All other storage nodes run, and whatever this one holds has a primary among them that does not require it (R1: listed, or
 * perhaps about to be): its disk is not needed. */
bool town_can_spare(const struct town *town, uint32_t store);
/* The clients of a SQL daemon finish what they have begun and then only read, each one counter; they do everything again. */
void town_watch(struct town *town, uint32_t front);
void town_work(struct town *town, uint32_t front);
/* From now on clients finish what they have begun and then only wait. */
void town_quiet(struct town *town);
/* No client is in the midst of something. */
bool town_is_idle(const struct town *town);
/* One client of a running daemon reads everything and compares (sim/checker.h does the comparing). */
void town_audit(struct town *town);
bool town_is_audited(const struct town *town);
/* Replicas are equal, indexes agree with rows, nobody holds a lock: once all clients rest. */
void town_check_rest(struct town *town);
/* What every machine says of itself, to stderr. */
void town_print(const struct town *town);

#endif
