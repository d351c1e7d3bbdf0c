/* thread_life.c: a killed process is proved dead, a stopped one is not; each watcher hears of it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/io.h"

static void on_dead(void *context, uint64_t tag) { *(uint64_t *)context += tag; }

static pid_t child_start(const char *path) {
    int pipe_fds[2];
    char byte;
    CHECK(pipe(pipe_fds) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        life_hold(path);
        CHECK(write(pipe_fds[1], "x", 1) == 1);
        for (;;) pause();
    }
    CHECK(read(pipe_fds[0], &byte, 1) == 1);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    return pid;
}

int main(void) {
    char directory[] = "/tmp/tessera-life-XXXXXX", path[64];
    uint64_t sum = 0;
    CHECK(mkdtemp(directory) != NULL);
    snprintf(path, sizeof path, "%s/alive", directory);
    pid_t pid = child_start(path);
    struct loop *loop = loop_open();
    struct life_watcher *watcher = life_watcher_open(loop, &sum, on_dead);
    life_watch(watcher, path, 1);
    life_watch(watcher, path, 10);
    life_watch(watcher, "/nowhere", 100);
    kill(pid, SIGSTOP);
    loop_turn(loop, clock_monotonic_us() + 50000);
    CHECK(sum == 0);
    uint64_t killed_us = clock_monotonic_us();
    kill(pid, SIGKILL);
    while (sum != 11) loop_turn(loop, UINT64_MAX);
    printf("dead after %lu us\n", (unsigned long)(clock_monotonic_us() - killed_us));
    waitpid(pid, NULL, 0);
    life_watcher_close(watcher);
    loop_close(loop);
    unlink(path);
    rmdir(directory);
    return 0;
}
