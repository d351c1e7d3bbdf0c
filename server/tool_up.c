/* tool_up.c: `tessera up`: from an empty directory, or from what is there, to a running cluster.
 *
 *   options -> plan -> every port bound -> cluster.conf -> all programs at once -> all serve
 *
 *   (U1) Ports are bound here and handed to the programs: nothing is started when one is taken, and
 *        nobody can take one in between.
 *   (U2) What a failed first `up` made is taken away again; a directory with data is never touched.
 *   (U3) A directory keeps the plan of its first `up`. Options that say otherwise are refused.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/setting.h"
#include "server/tool.h"

static const char usage[] =
    "tessera up [options]\n"
    "\n"
    "Starts a cluster on this machine; from its data, when DIR has one. It is one meta, two\n"
    "storage and one SQL daemon unless you say otherwise. Without --background it ends with\n"
    "Ctrl-C.";

enum { OWN_SETTING_COUNT = 3, PLAN_SETTING_COUNT = 7, PORT_DEFAULT = 3306 };
enum { UP_SETTING_COUNT = OWN_SETTING_COUNT + PLAN_SETTING_COUNT };

struct up {
    struct plan plan;
    char *directory;
    uint64_t port;
    bool is_in_background, is_new;
    bool gave_port, gave_storage, gave_replicas, gave_sql, gave_embedded, gave_durability,
        gave_memory;
    int port_fds[PLAN_SQL_MAX];
    struct plan_node nodes[PLAN_NODES_MAX];
    struct start starts[PLAN_NODES_MAX];
    uint32_t node_count, start_count;
};

static void up_own_settings(struct up *up, struct setting rows_out[OWN_SETTING_COUNT]) {
    const struct setting rows[OWN_SETTING_COUNT] = {
        {.name = "data",
         .kind = SETTING_TEXT,
         .value = &up->directory,
         .what = "DIR",
         .help = "where everything is kept (" TOOL_DATA_DEFAULT ")"},
        {.name = "port",
         .kind = SETTING_NUMBER,
         .value = &up->port,
         .greatest = 65535,
         .what = "N",
         .help = "of the first SQL daemon, the next ones follow; 0 picks (3306)",
         .was_given = &up->gave_port},
        {.name = "background",
         .kind = SETTING_FLAG,
         .value = &up->is_in_background,
         .help = "return when it serves"},
    };
    memcpy(rows_out, rows, sizeof rows);
}

static void up_plan_settings(struct up *up, struct setting rows_out[PLAN_SETTING_COUNT]) {
    struct plan *plan = &up->plan;
    const struct setting rows[PLAN_SETTING_COUNT] = {
        {.name = "storage",
         .kind = SETTING_NUMBER,
         .value = &plan->storage,
         .least = 1,
         .greatest = NODES_MAX,
         .what = "N",
         .help = "storage daemons (2)",
         .was_given = &up->gave_storage},
        {.name = "replicas",
         .kind = SETTING_NUMBER,
         .value = &plan->replicas,
         .least = 1,
         .greatest = REPLICAS_MAX,
         .what = "N",
         .help = "copies of every row (2, or 1 with one storage daemon)",
         .was_given = &up->gave_replicas},
        {.name = "meta",
         .kind = SETTING_NUMBER,
         .value = &plan->meta,
         .least = 1,
         .greatest = META_NODES_MAX,
         .what = "N",
         .help = "meta daemons; more than 1 needs etcd, which is not supported yet (1)"},
        {.name = "sql",
         .kind = SETTING_NUMBER,
         .value = &plan->sql,
         .least = 1,
         .greatest = PLAN_SQL_MAX,
         .what = "N",
         .help = "SQL daemons (1)",
         .was_given = &up->gave_sql},
        {.name = "embedded",
         .kind = SETTING_FLAG,
         .value = &plan->is_embedded,
         .help = "one process with everything in it, no replica",
         .was_given = &up->gave_embedded},
        {.name = "durability",
         .kind = SETTING_CHOICE,
         .value = &plan->durability,
         .choices = "sync|replicated",
         .help = "when a commit is acknowledged (sync)",
         .was_given = &up->gave_durability},
        {.name = "memory",
         .kind = SETTING_SIZE,
         .value = &plan->memory_bytes,
         .least = 128 * MIB,
         .greatest = UINT64_MAX,
         .what = "SIZE",
         .help = "for the whole cluster (what the machine has, less a quarter)",
         .was_given = &up->gave_memory},
    };
    memcpy(rows_out, rows, sizeof rows);
}

static int refuse(const char *text) {
    fprintf(stderr, "tessera: %s\n", text);
    return 1;
}

static int up_check(struct up *up) {
    struct plan *plan = &up->plan;
    if (plan->meta > 1)
        return refuse(
            "--meta above 1 needs a configuration store on several hosts (etcd), which is "
            "not supported yet");
    if (plan->is_embedded && (up->gave_storage || up->gave_replicas || up->gave_sql))
        return refuse("--embedded is one process: it goes without --storage, --replicas and --sql");
    if (plan->is_embedded) plan->storage = plan->replicas = plan->sql = 1;
    if (!up->gave_replicas) plan->replicas = MIN(plan->storage, 2);
    if (!up->gave_replicas && plan->storage % plan->replicas != 0) plan->replicas = 1;
    if (plan->storage % plan->replicas != 0)
        return refuse("--storage must be a multiple of --replicas");
    if (!up->gave_memory) plan->memory_bytes = MAX(topology_memory_bytes() / 4 * 3, 128 * MIB);
    return 0;
}

/* (U3) */
static int up_compare(const struct up *up, const struct plan *kept) {
    const struct plan *plan = &up->plan;
    if ((up->gave_storage && plan->storage != kept->storage) ||
        (up->gave_replicas && plan->replicas != kept->replicas) ||
        (up->gave_sql && plan->sql != kept->sql) ||
        (up->gave_embedded && plan->is_embedded != kept->is_embedded) ||
        (up->gave_durability && plan->durability != kept->durability)) {
        fprintf(stderr,
                "tessera: %s holds a cluster that was made with other options (see its "
                "cluster.conf)\n",
                kept->directory);
        return 1;
    }
    return 0;
}

/* ---- ports (U1) ---- */

static int port_bind(uint64_t *port) {
    char address[SOCKET_ADDRESS_BYTES_MAX];
    int fd;
    snprintf(address, sizeof address, "127.0.0.1:%lu", (unsigned long)*port);
    enum status status = socket_listen(address, SOCKET_EVERYBODY, &fd);
    if (status != STATUS_OK) {
        fprintf(stderr, "tessera: port %lu cannot be used: %s\n", (unsigned long)*port,
                status == STATUS_BUSY ? "it is in use" : status_text(status));
        return -1;
    }
    socket_bound_address(fd, address);
    *port = strtoul(strrchr(address, ':') + 1, NULL, 10);
    return fd;
}

static bool up_bind_ports(struct up *up, const struct plan *kept) {
    for (uint64_t i = 0; i < up->plan.sql; i++) up->port_fds[i] = -1;
    for (uint64_t i = 0; i < up->plan.sql; i++) {
        const struct plan_node *node = &up->nodes[up->node_count - up->plan.sql + i];
        uint64_t *port = &up->plan.ports[i];
        if (kept != NULL && plan_node_pid(kept, node) != 0) continue; /* it has its port */
        if (kept == NULL || up->gave_port) *port = up->port == 0 ? 0 : up->port + i;
        up->port_fds[i] = port_bind(port);
        if (up->port_fds[i] < 0) return false;
    }
    up->node_count = plan_nodes(&up->plan, up->nodes); /* with the ports that were picked */
    return true;
}

/* ---- starting ---- */

static bool up_make_secret(const struct plan *plan) {
    char path[PLAN_PATH_BYTES_MAX], text[65];
    uint8_t random[32];
    plan_path(plan, NULL, "secret", path);
    if (file_exists(path)) return true;
    entropy_fill(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) snprintf(text + 2 * i, 3, "%02x", random[i]);
    return file_write(path, slice_of(text, 64)) == STATUS_OK;
}

static void up_start_all(struct up *up) {
    for (uint32_t i = 0; i < up->node_count; i++) {
        const struct plan_node *node = &up->nodes[i];
        uint32_t first_sql = up->node_count - (uint32_t)up->plan.sql;
        if (plan_node_pid(&up->plan, node) != 0) continue;
        int port_fd = i < first_sql ? -1 : up->port_fds[i - first_sql];
        process_start(&up->plan, node, port_fd, &up->starts[up->start_count++]);
        if (port_fd >= 0) close(port_fd);
        printf("  starting %s\n", node->name);
    }
    fflush(stdout);
}

static void up_undo(struct up *up) { /* (U2) */
    for (uint32_t i = up->start_count; i-- > 0;) process_end(up->starts[i].pid, SIGKILL, 5000);
    if (!up->is_new) return;
    static const char *const ours[] = {"cluster.conf", "secret", "tls", "meta1"};
    for (size_t i = 0; i < ARRAY_COUNT(ours) + up->node_count; i++) {
        const char *name = i < ARRAY_COUNT(ours) ? ours[i] : up->nodes[i - ARRAY_COUNT(ours)].name;
        char path[PLAN_PATH_BYTES_MAX];
        plan_path(&up->plan, NULL, name, path);
        pid_t pid = fork();
        if (pid == 0) {
            execlp("rm", "rm", "-rf", path, (char *)NULL);
            _exit(127);
        }
        waitpid(pid, NULL, 0);
    }
    (void)rmdir(up->plan.directory);
}

static void up_print(const struct up *up) {
    for (uint32_t i = 0; i < up->node_count; i++) {
        char path[PLAN_PATH_BYTES_MAX];
        const struct plan_node *node = &up->nodes[i];
        if (node->role != ROLE_SQL) continue;
        plan_socket(&up->plan, node, "mysql.sock", path);
        printf("%s serves MySQL clients at 127.0.0.1:%lu and %s\n", node->name,
               (unsigned long)node->port, path);
    }
    if (!up->plan.is_embedded)
        printf(
            "note: one meta daemon; while it is down nothing is reconfigured, all else goes on\n");
    fflush(stdout);
}

static int up_stay(struct up *up) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGCHLD);
    for (;;) {
        int signal_number = sigwaitinfo(&set, NULL);
        if (signal_number == SIGINT || signal_number == SIGTERM) break;
        int pid;
        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
            for (uint32_t i = 0; i < up->start_count; i++)
                if (up->starts[i].pid == pid)
                    printf("%s ended; `tessera start %s` brings it back\n", up->starts[i].node.name,
                           up->starts[i].node.name);
        fflush(stdout);
    }
    return tool_end_all(&up->plan) ? 0 : 1;
}

static int up_run(struct up *up) {
    const struct start *failed;
    if (!up_make_secret(&up->plan) || plan_write(&up->plan) != STATUS_OK) {
        up_undo(up);
        return refuse("cannot write into the directory");
    }
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGCHLD);
    if (!up->is_in_background) sigprocmask(SIG_BLOCK, &set, NULL);
    up_start_all(up);
    if (!process_await(up->starts, up->start_count, START_TIMEOUT_MS, &failed)) {
        fprintf(stderr, "tessera: %s does not start\n", failed->node.name);
        process_show_log(&up->plan, &failed->node);
        up_undo(up);
        return 1;
    }
    up_print(up);
    return up->is_in_background ? 0 : up_stay(up);
}

static bool up_all_run(const struct up *up, const struct plan *kept) {
    for (uint32_t i = 0; i < up->node_count; i++)
        if (plan_node_pid(kept, &up->nodes[i]) == 0) return false;
    return true;
}

static int up_again(struct up *up, struct plan *kept) {
    int outcome = up_compare(up, kept);
    if (outcome != 0) return outcome;
    if (up->gave_memory) kept->memory_bytes = up->plan.memory_bytes;
    up->plan = *kept;
    up->node_count = plan_nodes(&up->plan, up->nodes);
    if (up_all_run(up, kept)) {
        printf("the cluster in %s is running already\n", kept->directory);
        up_print(up);
        return 0;
    }
    printf("restarting the cluster in %s\n", kept->directory);
    return up_bind_ports(up, kept) ? up_run(up) : 1;
}

static int up_first(struct up *up) {
    int outcome = up_check(up);
    if (outcome != 0) return outcome;
    up->node_count = plan_nodes(&up->plan, up->nodes);
    if (!up_bind_ports(up, NULL)) return 1;
    enum status status = directory_make(up->directory);
    if (status != STATUS_OK || realpath(up->directory, up->plan.directory) == NULL) {
        fprintf(stderr, "tessera: cannot make the directory %s: %s\n", up->directory,
                status_text(status));
        return 1;
    }
    up->is_new = true;
    printf("making a cluster in %s\n", up->plan.directory);
    return up_run(up);
}

int tool_up(int argument_count, char **arguments) {
    struct setting settings[UP_SETTING_COUNT];
    struct plan kept;
    struct up *up = calloc(1, sizeof *up);
    if (up == NULL) die("no memory");
    up->plan = (struct plan){.storage = 2, .meta = 1, .sql = 1};
    up->port = PORT_DEFAULT;
    up_own_settings(up, settings);
    up_plan_settings(up, settings + OWN_SETTING_COUNT);
    struct program program = {.name = "tessera up",
                              .group = "up",
                              .usage = usage,
                              .settings = settings,
                              .setting_count = UP_SETTING_COUNT};
    enum setting_outcome outcome = setting_read(&program, argument_count, arguments);
    int result = outcome == SETTING_SHOWN ? 0 : 1;
    if (outcome == SETTING_RUN) {
        char data_default[] = TOOL_DATA_DEFAULT;
        if (up->directory == NULL) up->directory = data_default;
        switch ((int)plan_read(up->directory, &kept)) {
        case STATUS_OK: result = up_again(up, &kept); break;
        case STATUS_NOT_FOUND: result = up_first(up); break;
        default: result = refuse("the directory's cluster.conf is damaged");
        }
    }
    free(up);
    return result;
}
