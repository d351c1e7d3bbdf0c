/* sim/history.h: what clients were told, and what may therefore be in the database.
 *
 * Three tables of (id, value):
 *   ledger    rows inserted once, with an id never used before
 *   account   a fixed sum that transfers move about
 *   counter   rows that are only ever incremented
 *
 *   (H1) A ledger row that was acknowledged is there, with its value, for ever; one that was answered "certainly not committed" never is.
 *   (H2) Every snapshot of all accounts has the same sum.
 *   (H3) A read of a counter that began after `acked` increments were acknowledged gives at least that many, and at most as
 *        many as were attempted when it ended (real-time order, no stale read).
 *   (H4) At the end a counter has between acked and attempted increments, and exactly acked if no outcome is unknown.
 * A violation is told once, by the text that history_violation returns.
 */
#ifndef SIM_HISTORY_H
#define SIM_HISTORY_H

#include "base/check.h"

#define HISTORY_LEDGER_MAX    30000
#define HISTORY_ACCOUNTS      12
#define HISTORY_ACCOUNT_START 1000
#define HISTORY_COUNTERS      6

enum fate {
    FATE_NONE = 0,
    FATE_TRYING, /* asked for; a crash of the client's daemon leaves it here */
    FATE_DONE,   /* acknowledged */
    FATE_ABSENT, /* certainly not committed */
    FATE_UNKNOWN,
};

struct history_counter {
    uint64_t attempted, acked, unknown;
};

struct history {
    uint8_t ledger[HISTORY_LEDGER_MAX]; /* enum fate by id */
    uint32_t ledger_count;
    struct history_counter counters[HISTORY_COUNTERS];
    uint64_t commits, aborts, unknowns, reads, snapshots, refusals;
    char violation[256]; /* empty: none */
};

/* printf-like; keeps the first. */
void history_violation(struct history *history, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
