/* daemon.c: the life of every daemon.
 *
 *   lock data/pid -> listen to peers -> machines -> "ready" -> turns -> SIGTERM or STOP -> exit
 *
 *   (A1) data/pid is locked as long as the process lives and holds its number: whoever can lock it
 *        knows that the node does not run.
 *   (A2) A daemon ends as it would in a crash: what was acknowledged is on disk, the rest was not
 *        promised. So there is one way to start, and it is always exercised.
 */
#include "server/daemon.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SECRET_BYTES = 32, SECRET_FILE_BYTES_MAX = 4096, SPARE_DESCRIPTORS = 1024 };

void daemon_settings(struct daemon_options *options, struct setting *rows_out) {
    const struct setting rows[DAEMON_SETTING_COUNT] = {
        {.name = "data",
         .kind = SETTING_TEXT,
         .value = &options->data,
         .what = "DIR",
         .help = "directory of this node"},
        {.name = "name",
         .kind = SETTING_TEXT,
         .value = &options->name,
         .what = "NAME",
         .help = "name of this node"},
        {.name = "node",
         .kind = SETTING_NUMBER,
         .value = &options->node,
         .least = 1,
         .greatest = 900,
         .what = "NUMBER",
         .help = "number of this node: meta from 1, storage from 11, SQL from 201"},
        {.name = "listen",
         .kind = SETTING_TEXT,
         .value = &options->listen,
         .what = "ADDRESS",
         .help = "where other nodes connect: unix:PATH or HOST:PORT"},
        {.name = "meta",
         .kind = SETTING_TEXT,
         .value = &options->meta,
         .what = "ADDRESS",
         .help = "where tessera-metad listens"},
        {.name = "secret-file",
         .kind = SETTING_TEXT,
         .value = &options->secret_file,
         .what = "FILE",
         .help = "the cluster's secret; nobody connects without it"},
        {.name = "memory",
         .kind = SETTING_SIZE,
         .value = &options->memory_bytes,
         .least = 32 * MIB,
         .greatest = 1024 * 1024 * GIB,
         .what = "SIZE",
         .help = "for rows and indexes of this node, like 2G"},
        {.name = "ready-fd",
         .kind = SETTING_NUMBER,
         .value = &options->ready_fd,
         .greatest = 65536},
    };
    memcpy(rows_out, rows, sizeof rows);
}

void daemon_path(const struct daemon *daemon, const char *name, char path_out[4096]) {
    if (snprintf(path_out, 4096, "%s/%s", daemon->options.data, name) >= 4096)
        die("the path %s is too long", daemon->options.data);
}

/* The file's bytes without the line's end; made of chance when there is no file. */
static struct slice daemon_secret(const struct daemon *daemon) {
    char path[4096];
    struct slice secret;
    if (daemon->options.secret_file != NULL)
        snprintf(path, sizeof path, "%s", daemon->options.secret_file);
    else
        daemon_path(daemon, "secret", path);
    enum status status = file_read(path, SECRET_FILE_BYTES_MAX, &secret);
    if (status == STATUS_NOT_FOUND) {
        uint8_t random[SECRET_BYTES];
        char text[2 * SECRET_BYTES + 1];
        entropy_fill(random, sizeof random);
        for (size_t i = 0; i < SECRET_BYTES; i++) snprintf(text + 2 * i, 3, "%02x", random[i]);
        status = file_write(path, slice_of_text(text));
        if (status == STATUS_OK) status = file_read(path, SECRET_FILE_BYTES_MAX, &secret);
    }
    if (status != STATUS_OK) die("cannot read the secret in %s: %s", path, status_text(status));
    while (secret.size > 0 && secret.data[secret.size - 1] == '\n') secret.size--;
    if (secret.size == 0) die("the secret in %s is empty", path);
    return secret;
}

static void daemon_lock(struct daemon *daemon) { /* (A1) */
    char path[4096];
    int pid = 0;
    enum status status = directory_make(daemon->options.data);
    if (status != STATUS_OK)
        die("cannot make the directory %s: %s", daemon->options.data, status_text(status));
    daemon_path(daemon, "pid", path);
    status = file_lock(path, &daemon->lock_fd, &pid);
    if (status == STATUS_BUSY) die("%s is in use by process %d", daemon->options.data, pid);
    if (status != STATUS_OK) die("cannot lock %s: %s", path, status_text(status));
}

static void daemon_listen(struct daemon *daemon) {
    int fd;
    enum status status = socket_listen(daemon->listen_address, SOCKET_OWNER, &fd);
    if (status != STATUS_OK)
        die("cannot listen on %s: %s", daemon->listen_address,
            status == STATUS_BUSY ? "it is in use" : status_text(status));
    peers_accept_on(driver_peers(daemon->driver), fd);
}

/* Where peers connect, as an address. */
static void daemon_choose_address(struct daemon *daemon) {
    char path[4096];
    if (daemon->options.listen != NULL) {
        snprintf(daemon->listen_address, sizeof daemon->listen_address, "%s",
                 daemon->options.listen);
        return;
    }
    daemon_path(daemon, "peer.sock", path);
    if (strlen(path) > 100) die("the path %s is too long for a socket", path);
    snprintf(daemon->listen_address, sizeof daemon->listen_address, "unix:%.100s", path);
}

/* A storage daemon can be proved dead by meta on the same host. */
static struct life *daemon_hold_life(const struct daemon *daemon, uint8_t role) {
    char path[SOCKET_ADDRESS_BYTES_MAX + sizeof LIFE_SUFFIX];
    if (role != ROLE_STORAGE || strncmp(daemon->listen_address, "unix:", 5) != 0) return NULL;
    snprintf(path, sizeof path, "%s" LIFE_SUFFIX, daemon->listen_address + 5);
    return life_hold(path);
}

void daemon_open(struct daemon *daemon, const struct daemon_options *options, uint8_t role) {
    *daemon = (struct daemon){.options = *options};
    daemon_lock(daemon);
    descriptors_raise(CONNECTIONS_MAX + SPARE_DESCRIPTORS);
    daemon->loop = loop_open();
    loop_catch_signals(daemon->loop);
    heap_open(&daemon->heap);
    struct slice secret = daemon_secret(daemon);
    daemon_choose_address(daemon);
    daemon->driver = driver_open(&(struct driver_options){.loop = daemon->loop,
                                                          .source = &daemon->heap.source,
                                                          .node = (uint16_t)options->node,
                                                          .role = role,
                                                          .secret = secret,
                                                          .life = daemon_hold_life(daemon, role),
                                                          .watches_lives = role == ROLE_META});
    free((void *)(uintptr_t)secret.data);
    daemon_listen(daemon);
}

struct slice daemon_address(const struct daemon *daemon) {
    return slice_of_text(daemon->listen_address);
}

static void daemon_tell_ready(struct daemon *daemon) {
    static const char text[] = "ready\n";
    int fd = (int)daemon->options.ready_fd;
    daemon->is_ready = true;
    say("%s serves", daemon->options.name);
    if (fd == 0) return;
    if (write(fd, text, sizeof text - 1) != (ssize_t)sizeof text - 1)
        say("whoever started %s does not wait for it", daemon->options.name);
    close(fd);
}

int daemon_run(struct daemon *daemon, bool (*is_ready)(void *context), void *context) {
    while (!loop_is_asked_to_stop(daemon->loop)) {
        driver_turn(daemon->driver, UINT64_MAX);
        if (!daemon->is_ready && (is_ready == NULL || is_ready(context))) daemon_tell_ready(daemon);
        const char *reason = driver_stop_reason(daemon->driver);
        if (reason == NULL) continue;
        say("%s stops: %s", daemon->options.name, reason);
        return 3;
    }
    say("%s ends", daemon->options.name);
    return 0; /* (A2) */
}
