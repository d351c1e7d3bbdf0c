/* sim/checker.h: what must hold of every step, whatever clients see of it.
 *
 *   (C1) R2: who has spoken for a shard in a term does nothing any more for a message of an earlier one.
 *   (C2) One node and incarnation leads a shard in a term.
 * It sees messages alone, so it holds for any way to keep these rules.
 */
#ifndef SIM_CHECKER_H
#define SIM_CHECKER_H

#include "meta/meta.h"
#include "sim/history.h"
#include "wire/step.h"

#define CHECKER_NODES_MAX  32
#define CHECKER_SHARDS_MAX 32
#define CHECKER_TERMS_MAX  256

struct checker {
    struct history *history;
    struct {
        uint16_t node;
        uint32_t incarnation;
        uint32_t terms[CHECKER_SHARDS_MAX]; /* the highest it has spoken in (C1) */
    } nodes[CHECKER_NODES_MAX];
    uint32_t node_count;
    struct {
        uint16_t node;
        uint32_t incarnation; /* 0: nobody has led in this term */
    } leaders[CHECKER_SHARDS_MAX][CHECKER_TERMS_MAX];
    uint64_t failovers;          /* terms but the first that somebody has led */
    uint64_t prepared;           /* PREPAREDs that said yes */
    uint16_t prepared_to;        /* the SQL daemon that the last one went to */
    uint64_t copies, copy_parts; /* full copies begun; their parts */
};

/* A sim_observer; the context is a struct checker. */
void checker_observe(void *context, uint16_t node, const struct message *message,
                     const struct effects *effects);

#endif
