/* tessera.c: the one tool for people. */
#include <stdio.h>
#include <string.h>

#include "server/tool.h"

static const char usage[] =
    "tessera COMMAND [options]\n"
    "\n"
    "  up         start a cluster on this machine, or start one again from its data\n"
    "  down       end all of its daemons\n"
    "  status     show every process\n"
    "  kill       end a node with SIGKILL\n"
    "  start      start a node that is down, and wait until it serves\n"
    "  pause      stop a node (SIGSTOP)\n"
    "  resume     let it go on\n"
    "  pid        print a node's process number\n"
    "\n"
    "tessera COMMAND --help says more.\n";

static const struct {
    const char *name;
    int (*run)(int argument_count, char **arguments);
} commands[] = {
    {"up", tool_up},      {"down", tool_down},  {"status", tool_status}, {"kill", tool_node},
    {"start", tool_node}, {"pause", tool_node}, {"resume", tool_node},   {"pid", tool_node},
};

int main(int argument_count, char **arguments) {
    if (argument_count < 2) {
        fputs(usage, stderr);
        return 1;
    }
    if (strcmp(arguments[1], "--help") == 0 || strcmp(arguments[1], "help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_COUNT(commands); i++)
        if (strcmp(arguments[1], commands[i].name) == 0)
            return commands[i].run(argument_count - 1, arguments + 1);
    fprintf(stderr, "tessera: unknown command %s; see tessera --help\n", arguments[1]);
    return 1;
}
