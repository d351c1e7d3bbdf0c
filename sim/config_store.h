/* sim/config_store.h: a linearizable configuration store with delays, lost answers and old copies.
 */
#ifndef SIM_CONFIG_STORE_H
#define SIM_CONFIG_STORE_H

#include "sim/sim.h"

struct sim_config_store *sim_config_store_open(struct sim *sim);
void sim_config_store_close(struct sim_config_store *store);
void sim_config_store_submit(struct sim_config_store *store, uint16_t node, uint32_t life,
                             const struct store_op *op);
/* The moment of the operation: it takes effect; done_out's pairs live until the next call. */
void sim_config_store_perform(struct sim_config_store *store, const struct sim_event *event,
                              struct store_done *done_out);
/* Its node died meanwhile; a change may take effect all the same. */
void sim_config_store_orphan(struct sim_config_store *store, const struct sim_event *event);
/* Unreachable: every operation answers UNAVAILABLE or, for a change, UNKNOWN_OUTCOME. */
enum sim_reach { SIM_REACHABLE, SIM_UNREACHABLE };
void sim_config_store_reach(struct sim_config_store *store, enum sim_reach reach);
/* Forgets the watches of a node that crashed. */
void sim_config_store_forget(struct sim_config_store *store, uint16_t node);
/* A copy of now, and going back to it: a restored backup (R6). */
void sim_config_store_keep(struct sim_config_store *store);
void sim_config_store_restore(struct sim_config_store *store);

#endif
