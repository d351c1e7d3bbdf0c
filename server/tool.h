/* server/tool.h: the commands of `tessera`. Each returns the exit status of the program. */
#ifndef SERVER_TOOL_H
#define SERVER_TOOL_H

#include "server/plan.h"
#include "server/process.h"

#define START_TIMEOUT_MS 60000

int tool_up(int argument_count, char **arguments);
int tool_down(int argument_count, char **arguments);
int tool_status(int argument_count, char **arguments);
/* One node: kill, start, pause, resume, pid. */
int tool_node(int argument_count, char **arguments);

/* The directory that commands take when none is named. */
#define TOOL_DATA_DEFAULT "tessera-data"
/* The plan of a directory; an exit status above 0 in *exit_out, with a message, if there is none. */
bool tool_read_plan(const char *directory, struct plan *plan_out, int *exit_out);
/* Starts a node, its client port included. False: the port is taken; a message was printed. */
bool tool_start_node(const struct plan *plan, const struct plan_node *node,
                     struct start *start_out);
/* All nodes that run, in the reverse order of their start; progress to stdout. */
bool tool_end_all(const struct plan *plan);

#endif
