/* server/process.h: starting and ending the daemons of a plan. */
#ifndef SERVER_PROCESS_H
#define SERVER_PROCESS_H

#include "server/plan.h"

/* A node that is being started. */
struct start {
    struct plan_node node;
    int pid;
    int ready_fd; /* -1: it serves */
};

/* Starts the node's program; port_fd is a listening socket for its clients, or -1. */
void process_start(const struct plan *plan, const struct plan_node *node, int port_fd,
                   struct start *start_out);
/* Waits until all serve. False: `failed_out` ended before, or `timeout_ms` are over. */
bool process_await(struct start *starts, uint32_t count, uint32_t timeout_ms,
                   const struct start **failed_out);
/* Sends the signal and waits until the process is gone; false: it is still there. */
bool process_end(int pid, int signal_number, uint32_t timeout_ms);
/* Stopped by SIGSTOP. */
bool process_is_paused(int pid);
/* The last lines of the node's log, to stderr. */
void process_show_log(const struct plan *plan, const struct plan_node *node);

#endif
