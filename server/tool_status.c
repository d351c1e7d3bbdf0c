/* tool_status.c: `tessera status`: every process, where it is and how it is.
 *
 * Whether a process runs is known from its lock, whether it is paused from the kernel; the rest it
 * tells itself. Shards and their in-sync replicas are taken from the newest configuration that any
 * of them told.
 */
#include <stdio.h>
#include <stdlib.h>

#include "meta/meta.h"
#include "server/ask.h"
#include "server/json.h"
#include "server/setting.h"
#include "server/tool.h"

enum { ASK_TIMEOUT_MS = 1000 };

struct node_state {
    struct plan_node node;
    int pid;
    const char *state;
    struct slice told; /* its answer; empty: none */
    char address[PLAN_PATH_BYTES_MAX];
};

struct status_report {
    struct plan plan;
    struct node_state nodes[PLAN_NODES_MAX];
    uint32_t count;
    struct slice shards; /* of the newest configuration: text between the brackets */
};

static bool list_has(struct slice list, uint64_t number) {
    struct slice element, rest = json_inside(list);
    while (json_next(&rest, &element))
        if (json_number(element) == number) return true;
    return false;
}

/* In how many shards the node is in sync. */
static uint32_t shards_in_sync(const struct status_report *report, uint16_t node) {
    uint32_t count = 0;
    struct slice shard, rest = report->shards;
    while (json_next(&rest, &shard)) count += list_has(json_member(shard, "in_sync"), node);
    return count;
}

static const char *state_of(const struct status_report *report, const struct node_state *node) {
    if (node->pid == 0) return "down";
    if (process_is_paused(node->pid)) return "paused";
    if (node->told.size == 0) return "silent";
    if (node->node.role == ROLE_STORAGE)
        return shards_in_sync(report, node->node.node) > 0 ? "serving" : "joining";
    if (node->node.role == ROLE_META) return "serving";
    return slice_equal(json_member(node->told, "state"), SLICE_LITERAL("serving")) ? "serving"
                                                                                   : "starting";
}

static void node_look(struct status_report *report, struct node_state *node) {
    char path[PLAN_PATH_BYTES_MAX];
    const struct plan *plan = &report->plan;
    node->pid = plan_node_pid(plan, &node->node);
    if (node->node.role == ROLE_SQL) {
        snprintf(node->address, sizeof node->address, "127.0.0.1:%lu",
                 (unsigned long)node->node.port);
    } else {
        plan_socket(plan, &node->node, "peer.sock", path);
        snprintf(node->address, sizeof node->address, "unix:%.500s", path);
    }
    if (node->pid == 0 || process_is_paused(node->pid)) return;
    if (ask_state(plan, &node->node, ASK_TIMEOUT_MS, &node->told) != STATUS_OK)
        node->told = SLICE_EMPTY;
}

static void report_take(struct status_report *report) {
    struct plan_node nodes[PLAN_NODES_MAX];
    uint64_t newest = 0;
    report->count = plan_nodes(&report->plan, nodes);
    for (uint32_t i = 0; i < report->count; i++) {
        struct node_state *node = &report->nodes[i];
        node->node = nodes[i];
        node_look(report, node);
        uint64_t revision = json_number(json_member(node->told, "revision"));
        if (revision < newest || node->told.size == 0) continue;
        newest = revision;
        report->shards = json_inside(json_member(node->told, "shards"));
    }
    for (uint32_t i = 0; i < report->count; i++)
        report->nodes[i].state = state_of(report, &report->nodes[i]);
}

/* The node's shards: "1* 2" (a star: primary), or JSON numbers. */
enum list_form { LIST_TEXT, LIST_JSON };

static void shards_print(const struct status_report *report, uint16_t node, enum list_form form,
                         char *out, size_t size) {
    struct slice shard, rest = report->shards;
    size_t used = 0;
    out[0] = '\0';
    while (json_next(&rest, &shard) && used < size) {
        bool is_primary = json_number(json_member(shard, "primary")) == node;
        if (!is_primary && !list_has(json_member(shard, "in_sync"), node)) continue;
        unsigned long number = (unsigned long)json_number(json_member(shard, "shard"));
        int added = form == LIST_JSON
                        ? snprintf(out + used, size - used, "%s%lu", used == 0 ? "" : ",", number)
                        : snprintf(out + used, size - used, "%s%lu%s", used == 0 ? "" : " ", number,
                                   is_primary ? "*" : "");
        used += (size_t)MAX(added, 0);
    }
}

/* Number of the node that holds rows: inside an embedded process it is a node of its own. */
static uint16_t storing_node(const struct status_report *report, const struct plan_node *node) {
    return report->plan.is_embedded ? NODE_STORAGE_FIRST : node->node;
}

/* Storage nodes that are in sync in a shard of this node. */
static void replicas_print(const struct status_report *report, uint16_t node, enum list_form form,
                           char *out, size_t size) {
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < report->count && used < size; i++) {
        const struct plan_node *other = &report->nodes[i].node;
        struct slice shard, rest = report->shards;
        bool is_replica = false;
        while (!is_replica && json_next(&rest, &shard))
            is_replica = list_has(json_member(shard, "in_sync"), node) &&
                         list_has(json_member(shard, "in_sync"), storing_node(report, other));
        if (!is_replica) continue;
        const char *mark = form == LIST_JSON ? "\"" : "";
        int added = snprintf(out + used, size - used, "%s%s%s%s",
                             used == 0           ? ""
                             : form == LIST_JSON ? ","
                                                 : " ",
                             mark, other->name, mark);
        used += (size_t)MAX(added, 0);
    }
}

static void report_print(const struct status_report *report) {
    char shards[512], replicas[512];
    printf("%-8s %-9s %-8s %-9s %-12s %-16s %s\n", "NODE", "ROLE", "PID", "STATE", "SHARDS",
           "IN SYNC", "ADDRESS");
    for (uint32_t i = 0; i < report->count; i++) {
        const struct node_state *node = &report->nodes[i];
        char pid[16] = "-";
        if (node->pid != 0) snprintf(pid, sizeof pid, "%d", node->pid);
        uint16_t number = storing_node(report, &node->node);
        shards_print(report, number, LIST_TEXT, shards, sizeof shards);
        replicas_print(report, number, LIST_TEXT, replicas, sizeof replicas);
        printf("%-8s %-9s %-8s %-9s %-12s %-16s %s\n", node->node.name,
               plan_role_name(&report->plan, &node->node), pid, node->state,
               shards[0] == '\0' ? "-" : shards, replicas[0] == '\0' ? "-" : replicas,
               node->address);
    }
    if (!report->plan.is_embedded)
        printf("\nnote: one meta daemon over SQLite; there is no redundancy for it\n");
}

static void report_print_json(const struct status_report *report) {
    char shards[512], replicas[512];
    printf("{\"data\":\"%s\",\"nodes\":[", report->plan.directory);
    for (uint32_t i = 0; i < report->count; i++) {
        const struct node_state *node = &report->nodes[i];
        uint16_t number = storing_node(report, &node->node);
        shards_print(report, number, LIST_JSON, shards, sizeof shards);
        replicas_print(report, number, LIST_JSON, replicas, sizeof replicas);
        printf(
            "%s\n{\"name\":\"%s\",\"role\":\"%s\",\"pid\":%d,\"address\":\"%s\",\"state\":\"%s\","
            "\"shards\":[%s],\"in_sync\":[%s],\"detail\":{%.*s}}",
            i == 0 ? "" : ",", node->node.name, plan_role_name(&report->plan, &node->node),
            node->pid, node->address, node->state, shards, replicas, (int)node->told.size,
            (const char *)node->told.data);
    }
    printf("]}\n");
}

int tool_status(int argument_count, char **arguments) {
    char *directory = NULL;
    bool wants_json = false;
    const struct setting settings[] = {
        {.name = "data",
         .kind = SETTING_TEXT,
         .value = &directory,
         .what = "DIR",
         .help = "of the cluster (" TOOL_DATA_DEFAULT ")"},
        {.name = "json", .kind = SETTING_FLAG, .value = &wants_json, .help = "for programs"},
    };
    struct program program = {.name = "tessera status",
                              .group = "status",
                              .usage =
                                  "tessera status [--data DIR] [--json]\n\nShows every process "
                                  "of a cluster. A star marks shards that it leads.",
                              .settings = settings,
                              .setting_count = ARRAY_COUNT(settings)};
    enum setting_outcome outcome = setting_read(&program, argument_count, arguments);
    if (outcome != SETTING_RUN) return outcome == SETTING_SHOWN ? 0 : 1;
    struct status_report *report = calloc(1, sizeof *report);
    if (report == NULL) die("no memory");
    int exit_status;
    if (tool_read_plan(directory == NULL ? TOOL_DATA_DEFAULT : directory, &report->plan,
                       &exit_status)) {
        report_take(report);
        if (wants_json)
            report_print_json(report);
        else
            report_print(report);
        for (uint32_t i = 0; i < report->count; i++)
            free((void *)(uintptr_t)report->nodes[i].told.data);
    }
    free(report);
    return exit_status;
}
