/* process.c: daemons as processes.
 *
 *   fork -> own session, log file, no descriptors of ours -> exec -> "ready\n" through a pipe
 *
 * The pipe's end without "ready" says that the daemon died: nobody waits for a time-out.
 */
#include "server/process.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 24, ARGUMENT_BYTES_MAX = 600, LOG_TAIL_BYTES = 2000 };

struct arguments {
    char texts[ARGUMENTS_MAX][ARGUMENT_BYTES_MAX];
    char *list[ARGUMENTS_MAX + 1];
    uint32_t count;
};

static void PRINTF_LIKE(2, 3) argument_add(struct arguments *arguments, const char *format, ...) {
    CHECK(arguments->count < ARGUMENTS_MAX);
    char *text = arguments->texts[arguments->count];
    va_list list;
    va_start(list, format);
    vsnprintf(text, ARGUMENT_BYTES_MAX, format, list);
    va_end(list);
    arguments->list[arguments->count++] = text;
    arguments->list[arguments->count] = NULL;
}

/* A program that lies beside this one. */
static void program_path(const char *name, char path_out[PATH_MAX]) {
    char self[PATH_MAX] = "";
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) die("cannot find the programs");
    if (snprintf(path_out, PATH_MAX, "%.3000s/%s", dirname(self), name) >= PATH_MAX)
        die("cannot find the programs");
}

/* Of what the operator gave the cluster: every storage node an equal part, SQL nodes the rest. */
static uint64_t node_memory_bytes(const struct plan *plan) {
    uint64_t count = plan->is_embedded ? 1 : plan->storage;
    uint64_t bytes = plan->memory_bytes / 10 * 7 / count;
    return MAX(bytes, 64 * MIB);
}

static void arguments_of_sql(const struct plan *plan, const struct plan_node *node,
                             struct arguments *arguments) {
    char path[PLAN_PATH_BYTES_MAX];
    plan_socket(plan, node, "mysql.sock", path);
    argument_add(arguments, "--socket=%s", path);
    plan_path(plan, NULL, "tls", path);
    argument_add(arguments, "--tls-directory=%s", path);
    argument_add(arguments, "--port=%lu", (unsigned long)node->port);
    if (!plan->is_embedded) return;
    argument_add(arguments, "--embedded");
    argument_add(arguments, "--durability=%s", plan->durability == 0 ? "sync" : "replicated");
}

static void arguments_of_meta(const struct plan *plan, struct arguments *arguments) {
    argument_add(arguments, "--storage=%lu", (unsigned long)plan->storage);
    argument_add(arguments, "--replicas=%lu", (unsigned long)plan->replicas);
    argument_add(arguments, "--durability=%s", plan->durability == 0 ? "sync" : "replicated");
}

static void arguments_of(const struct plan *plan, const struct plan_node *node,
                         struct arguments *arguments) {
    char path[PLAN_PATH_BYTES_MAX], program[PATH_MAX];
    struct plan_node meta;
    program_path(node->role == ROLE_META      ? "tessera-metad"
                 : node->role == ROLE_STORAGE ? "tessera-stored"
                                              : "tessera-sqld",
                 program);
    argument_add(arguments, "%s", program);
    argument_add(arguments, "--data=%s/%s", plan->directory, node->name);
    argument_add(arguments, "--name=%s", node->name);
    argument_add(arguments, "--node=%u", node->node);
    plan_path(plan, NULL, "secret", path);
    argument_add(arguments, "--secret-file=%s", path);
    plan_socket(plan, node, "peer.sock", path);
    argument_add(arguments, "--listen=unix:%s", path);
    if (node->role == ROLE_META) arguments_of_meta(plan, arguments);
    if (node->role == ROLE_SQL) arguments_of_sql(plan, node, arguments);
    if (node->role == ROLE_STORAGE || plan->is_embedded)
        argument_add(arguments, "--memory=%lu", (unsigned long)node_memory_bytes(plan));
    if (node->role == ROLE_META || !plan_find(plan, "meta1", &meta)) return;
    plan_socket(plan, &meta, "peer.sock", path);
    argument_add(arguments, "--meta=unix:%s", path);
}

/* In the child. The descriptors that the daemon shall have lose their close-on-exec flag. */
static _Noreturn void child_run(const struct plan *plan, const struct plan_node *node,
                                struct arguments *arguments, const int fds[2]) {
    char path[PLAN_PATH_BYTES_MAX];
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    plan_path(plan, node, "log", path);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (log < 0 || nothing < 0 || dup2(nothing, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        die("cannot open %s", path);
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0) fcntl(fds[i], F_SETFD, 0);
    execv(arguments->list[0], arguments->list);
    die("cannot start %s", arguments->list[0]);
}

void process_start(const struct plan *plan, const struct plan_node *node, int port_fd,
                   struct start *start_out) {
    char path[PLAN_PATH_BYTES_MAX];
    int pipe_fds[2];
    snprintf(path, sizeof path, "%.480s/%s", plan->directory, node->name);
    if (directory_make(path) != STATUS_OK) die("cannot make the directory %s", path);
    if (pipe2(pipe_fds, O_CLOEXEC) != 0) die("cannot open a pipe");
    struct arguments *arguments = calloc(1, sizeof *arguments);
    if (arguments == NULL) die("no memory to start %s", node->name);
    arguments_of(plan, node, arguments);
    argument_add(arguments, "--ready-fd=%d", pipe_fds[1]);
    if (port_fd >= 0) argument_add(arguments, "--port-fd=%d", port_fd);
    int pid = fork();
    if (pid < 0) die("cannot start %s", node->name);
    if (pid == 0) child_run(plan, node, arguments, (const int[2]){pipe_fds[1], port_fd});
    close(pipe_fds[1]);
    free(arguments);
    *start_out = (struct start){.node = *node, .pid = pid, .ready_fd = pipe_fds[0]};
}

/* False: the daemon is gone. */
static bool start_read(struct start *start) {
    char text[8];
    ssize_t got = read(start->ready_fd, text, sizeof text);
    close(start->ready_fd);
    start->ready_fd = -1;
    return got > 0;
}

bool process_await(struct start *starts, uint32_t count, uint32_t timeout_ms,
                   const struct start **failed_out) {
    uint64_t until_us = clock_monotonic_us() + (uint64_t)timeout_ms * 1000;
    for (uint32_t i = 0; i < count; i++) {
        struct pollfd poll_fd = {.fd = starts[i].ready_fd, .events = POLLIN};
        uint64_t now_us = clock_monotonic_us();
        int left_ms = now_us >= until_us ? 0 : (int)((until_us - now_us) / 1000);
        *failed_out = &starts[i];
        if (starts[i].ready_fd < 0) continue;
        int ready = poll(&poll_fd, 1, left_ms);
        if (ready <= 0 && errno != EINTR) return false;
        if (ready > 0 && !start_read(&starts[i])) return false;
        if (ready <= 0) return false;
    }
    *failed_out = NULL;
    return true;
}

bool process_end(int pid, int signal_number, uint32_t timeout_ms) {
    int pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pid_fd < 0) return true;
    (void)syscall(SYS_pidfd_send_signal, pid_fd, signal_number, NULL, 0);
    if (signal_number != SIGKILL) /* a paused one must hear of it */
        (void)syscall(SYS_pidfd_send_signal, pid_fd, SIGCONT, NULL, 0);
    struct pollfd poll_fd = {.fd = pid_fd, .events = POLLIN};
    bool is_gone = poll(&poll_fd, 1, (int)timeout_ms) > 0;
    close(pid_fd);
    if (is_gone) (void)waitpid(pid, NULL, WNOHANG); /* if it is a child of ours */
    return is_gone;
}

bool process_is_paused(int pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    char line[256];
    bool is_paused = false;
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "State:", 6) == 0) is_paused = strchr(line + 6, 'T') != NULL;
    fclose(file);
    return is_paused;
}

void process_show_log(const struct plan *plan, const struct plan_node *node) {
    char path[PLAN_PATH_BYTES_MAX];
    struct slice log;
    plan_path(plan, node, "log", path);
    if (file_read(path, 64 * MIB, &log) != STATUS_OK) return;
    size_t from = log.size > LOG_TAIL_BYTES ? log.size - LOG_TAIL_BYTES : 0;
    fprintf(stderr, "the end of %s:\n%.*s", path, (int)(log.size - from),
            (const char *)log.data + from);
    free((void *)(uintptr_t)log.data);
}
