/* tool_node.c: ending everything, and one node at a time: kill, start, pause, resume, pid. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/setting.h"
#include "server/tool.h"

enum { END_TIMEOUT_MS = 10000 };

bool tool_read_plan(const char *directory, struct plan *plan_out, int *exit_out) {
    *exit_out = 1;
    switch ((int)plan_read(directory, plan_out)) {
    case STATUS_OK: *exit_out = 0; return true;
    case STATUS_NOT_FOUND:
        fprintf(stderr, "tessera: there is no cluster in %s; `tessera up` makes one\n", directory);
        return false;
    }
    fprintf(stderr, "tessera: the file cluster.conf in %s is damaged\n", directory);
    return false;
}

bool tool_start_node(const struct plan *plan, const struct plan_node *node,
                     struct start *start_out) {
    char address[SOCKET_ADDRESS_BYTES_MAX];
    int fd = -1;
    if (node->role == ROLE_SQL) {
        snprintf(address, sizeof address, "127.0.0.1:%lu", (unsigned long)node->port);
        enum status status = socket_listen(address, SOCKET_EVERYBODY, &fd);
        if (status != STATUS_OK) {
            fprintf(stderr, "tessera: cannot listen on %s: %s\n", address,
                    status == STATUS_BUSY ? "it is in use" : status_text(status));
            return false;
        }
    }
    process_start(plan, node, fd, start_out);
    if (fd >= 0) close(fd);
    return true;
}

bool tool_end_all(const struct plan *plan) {
    struct plan_node nodes[PLAN_NODES_MAX];
    bool all_ended = true;
    for (uint32_t i = plan_nodes(plan, nodes); i-- > 0;) {
        int pid = plan_node_pid(plan, &nodes[i]);
        if (pid == 0) continue;
        printf("  ending %s (%d)\n", nodes[i].name, pid);
        fflush(stdout);
        if (!process_end(pid, SIGTERM, END_TIMEOUT_MS) &&
            !process_end(pid, SIGKILL, END_TIMEOUT_MS))
            all_ended = false;
    }
    return all_ended;
}

/* Options that all commands but `up` have: --data alone. */
static bool data_read(struct program *program, int argument_count, char **arguments,
                      struct plan *plan_out, int *exit_out) {
    char *directory = NULL;
    const struct setting setting = {.name = "data",
                                    .kind = SETTING_TEXT,
                                    .value = &directory,
                                    .what = "DIR",
                                    .help = "of the cluster (" TOOL_DATA_DEFAULT ")"};
    program->settings = &setting;
    program->setting_count = 1;
    enum setting_outcome outcome = setting_read(program, argument_count, arguments);
    *exit_out = outcome == SETTING_SHOWN ? 0 : 1;
    bool is_there =
        outcome == SETTING_RUN &&
        tool_read_plan(directory == NULL ? TOOL_DATA_DEFAULT : directory, plan_out, exit_out);
    return is_there;
}

int tool_down(int argument_count, char **arguments) {
    struct plan plan;
    int exit_status;
    struct program program = {.name = "tessera down",
                              .group = "down",
                              .usage =
                                  "tessera down [--data DIR]\n\nEnds all daemons of a cluster. "
                                  "Its data stays; `tessera up` starts from it."};
    if (!data_read(&program, argument_count, arguments, &plan, &exit_status)) return exit_status;
    if (!tool_end_all(&plan)) {
        fprintf(stderr, "tessera: not every daemon ended\n");
        return 1;
    }
    printf("the cluster in %s is down\n", plan.directory);
    return 0;
}

/* ---- one node ---- */

static int node_start(const struct plan *plan, const struct plan_node *node, int pid) {
    struct start start;
    const struct start *failed;
    if (pid != 0) {
        printf("%s is running already (%d)\n", node->name, pid);
        return 0;
    }
    if (!tool_start_node(plan, node, &start)) return 1;
    if (!process_await(&start, 1, START_TIMEOUT_MS, &failed)) {
        fprintf(stderr, "tessera: %s does not serve\n", node->name);
        process_show_log(plan, node);
        return 1;
    }
    printf("%s serves (%d)\n", node->name, start.pid);
    return 0;
}

static int node_kill(const struct plan_node *node, int pid) {
    if (!process_end(pid, SIGKILL, END_TIMEOUT_MS)) {
        fprintf(stderr, "tessera: %s (%d) does not end\n", node->name, pid);
        return 1;
    }
    printf("%s (%d) is killed\n", node->name, pid);
    return 0;
}

static int node_signal(const struct plan_node *node, int pid, int number, const char *what) {
    if (kill(pid, number) != 0) {
        fprintf(stderr, "tessera: no signal can be sent to %s (%d)\n", node->name, pid);
        return 1;
    }
    printf("%s (%d) is %s\n", node->name, pid, what);
    return 0;
}

static int node_do(const struct plan *plan, const struct plan_node *node, const char *command) {
    int pid = plan_node_pid(plan, node);
    if (strcmp(command, "start") == 0) return node_start(plan, node, pid);
    if (pid == 0) {
        fprintf(stderr, "tessera: %s is not running\n", node->name);
        return 1;
    }
    if (strcmp(command, "kill") == 0) return node_kill(node, pid);
    if (strcmp(command, "pause") == 0) return node_signal(node, pid, SIGSTOP, "paused");
    if (strcmp(command, "resume") == 0) return node_signal(node, pid, SIGCONT, "going on");
    printf("%d\n", pid);
    return 0;
}

int tool_node(int argument_count, char **arguments) {
    char name[32], usage[400];
    const char *words[1], *command = arguments[0];
    struct plan plan;
    struct plan_node node;
    int exit_status;
    snprintf(name, sizeof name, "tessera %s", command);
    snprintf(usage, sizeof usage,
             "tessera %s NODE [--data DIR]\n\nNODE is meta1, store1.., sql1.., as `tessera status` "
             "names them.\n  kill    SIGKILL     start   until it serves\n  pause   SIGSTOP     "
             "resume  SIGCONT\n  pid     prints its process number",
             command);
    struct program program = {
        .name = name, .group = "node", .usage = usage, .words = words, .word_count_max = 1};
    if (!data_read(&program, argument_count, arguments, &plan, &exit_status)) return exit_status;
    if (program.word_count == 0) {
        fprintf(stderr, "tessera: which node? see tessera %s --help\n", command);
        return 1;
    }
    if (!plan_find(&plan, words[0], &node)) {
        fprintf(stderr, "tessera: there is no node %s in %s\n", words[0], plan.directory);
        return 1;
    }
    return node_do(&plan, &node, command);
}
