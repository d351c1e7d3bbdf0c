/* sim/run.h: one seed from start to verdict.
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "sim/town.h"

#define COPY_STAGES 3 /* taking, filling, keeping */

struct run_options {
    uint64_t seed;
    enum planted_fault fault;
    bool prints_events;
};

struct run_result {
    char violation[256]; /* empty: none */
    uint64_t trace_hash, virtual_us;
    uint64_t faults, failovers, recoveries, commits, aborts, unknowns, reads, snapshots;
    uint64_t copies, copy_parts, copy_crashes[COPY_STAGES], checkpoints;
    uint64_t statements, errors, changes, comparisons; /* SQL: of the schema, of indexes */
    uint64_t proofs, rots, wipes, full_disks, orphan_changes, events;
};

void run_seed(const struct run_options *options, struct run_result *result_out);

#endif
