/* server/ask.h: a tool asks a running daemon for its state. */
#ifndef SERVER_ASK_H
#define SERVER_ASK_H

#include "server/plan.h"

/* The JSON members that the daemon tells of itself, malloc'ed; TIMEOUT, UNAVAILABLE, CORRUPT. */
MUST_USE enum status ask_state(const struct plan *plan, const struct plan_node *node,
                               uint32_t timeout_ms, struct slice *json_out);

#endif
