/* sqld.c: tessera-sqld, the MySQL protocol, parser, planner and executor of one process.
 *
 * With --embedded the controller and one store run in the same thread; then nothing else is needed.
 */
#include <stdio.h>
#include <unistd.h>

#include "server/front.h"
#include "server/machines.h"

static const char usage[] =
    "tessera-sqld --data DIR --embedded [options]\n"
    "tessera-sqld --data DIR --node NUMBER --meta ADDRESS --secret-file FILE [options]\n"
    "\n"
    "Serves MySQL clients. It keeps nothing but the files of TLS; with --embedded the rows, too.";

enum { OWN_SETTING_COUNT = 10, VARIABLE_COUNT = 10 };

struct sqld {
    struct daemon_options options;
    char *bind_address, *socket, *tls_directory;
    uint64_t port, port_fd, connections_max, connect_timeout_s, durability;
    bool is_embedded, is_ready, skip_networking;
    struct daemon daemon;
    struct front *front;
    char tls_path[4096], socket_path[4096], socket_address[SOCKET_ADDRESS_BYTES_MAX];
    char tcp_address[SOCKET_ADDRESS_BYTES_MAX], host_name[256];
    char port_text[24], connections_text[24], timeout_text[24];
};

static void sqld_settings(struct sqld *sqld, struct setting *rows_out) {
    const struct setting rows[OWN_SETTING_COUNT] = {
        {.name = "embedded",
         .kind = SETTING_FLAG,
         .value = &sqld->is_embedded,
         .help = "storage and meta in this process: one machine, one replica, durable"},
        {.name = "port",
         .kind = SETTING_NUMBER,
         .value = &sqld->port,
         .greatest = 65535,
         .what = "NUMBER",
         .help = "for TCP clients; 0 picks one"},
        {.name = "bind-address",
         .kind = SETTING_TEXT,
         .value = &sqld->bind_address,
         .what = "HOST",
         .help = "for TCP clients"},
        {.name = "socket",
         .kind = SETTING_TEXT,
         .value = &sqld->socket,
         .what = "PATH",
         .help = "unix socket for clients; DIR/mysql.sock if none is given"},
        {.name = "skip-networking",
         .kind = SETTING_FLAG,
         .value = &sqld->skip_networking,
         .help = "the unix socket alone"},
        {.name = "max-connections",
         .kind = SETTING_NUMBER,
         .value = &sqld->connections_max,
         .least = 1,
         .greatest = CONNECTIONS_MAX,
         .what = "NUMBER",
         .help = "one more gets error 1040"},
        {.name = "connect-timeout",
         .kind = SETTING_NUMBER,
         .value = &sqld->connect_timeout_s,
         .least = 2,
         .greatest = 31536000,
         .what = "SECONDS",
         .help = "for a login"},
        {.name = "tls-directory",
         .kind = SETTING_TEXT,
         .value = &sqld->tls_directory,
         .what = "DIR",
         .help = "server-cert.pem and server-key.pem; made when they are not there"},
        {.name = "durability",
         .kind = SETTING_CHOICE,
         .value = &sqld->durability,
         .choices = "sync|replicated",
         .help = "with --embedded: when a commit is acknowledged, in a new directory"},
        {.name = "port-fd", .kind = SETTING_NUMBER, .value = &sqld->port_fd, .greatest = 65536},
    };
    memcpy(rows_out, rows, sizeof rows);
}

static void sqld_on_ready(void *context) {
    struct sqld *sqld = context;
    sqld->is_ready = true;
}

static bool sqld_is_ready(void *context) { return ((struct sqld *)context)->is_ready; }

static int listen_or_die(const char *address) {
    int fd;
    enum status status = socket_listen(address, SOCKET_EVERYBODY, &fd);
    if (status != STATUS_OK)
        die("cannot listen on %s: %s", address,
            status == STATUS_BUSY ? "it is in use" : status_text(status));
    return fd;
}

/* Both sockets, before anything else is started; clients wait in them until they are served. */
static void sqld_listen(struct sqld *sqld, int fds_out[2]) {
    const char *path = sqld->socket;
    if (path == NULL) {
        daemon_path(&sqld->daemon, "mysql.sock", sqld->socket_path);
        path = sqld->socket_path;
    }
    if (strlen(path) > 100) die("the path %s is too long for a socket", path);
    snprintf(sqld->socket_address, sizeof sqld->socket_address, "unix:%.100s", path);
    fds_out[0] = listen_or_die(sqld->socket_address);
    fds_out[1] = -1;
    if (sqld->skip_networking) return;
    snprintf(sqld->tcp_address, sizeof sqld->tcp_address, "%.60s:%lu", sqld->bind_address,
             (unsigned long)sqld->port);
    fds_out[1] = sqld->port_fd != 0 ? (int)sqld->port_fd : listen_or_die(sqld->tcp_address);
    socket_bound_address(fds_out[1], sqld->tcp_address);
    const char *colon = strrchr(sqld->tcp_address, ':');
    snprintf(sqld->port_text, sizeof sqld->port_text, "%s", colon + 1);
    say("%s listens on %s", sqld->options.name, sqld->tcp_address);
}

static void sqld_open_machines(struct sqld *sqld) {
    char directory[4096];
    if (!sqld->is_embedded) {
        peers_add(driver_peers(sqld->daemon.driver), NODE_META_FIRST,
                  slice_of_text(sqld->options.meta));
        return;
    }
    const struct meta_options meta = {.storage_count = 1,
                                      .replicas = 1,
                                      .durability = sqld->durability,
                                      .node_name = "meta1",
                                      .node = NODE_META_FIRST};
    machines_open_meta(&sqld->daemon, sqld->options.data, &meta);
    daemon_path(&sqld->daemon, "store", directory);
    machines_open_store(&sqld->daemon, directory, "store1", NODE_STORAGE_FIRST);
}

static void sqld_open_front(struct sqld *sqld, const int fds[2]) {
    struct driven *driven;
    struct cluster *cluster = machines_open_cluster(&sqld->daemon, sqld->options.name,
                                                    (uint16_t)sqld->options.node, &driven);
    snprintf(sqld->connections_text, sizeof sqld->connections_text, "%lu",
             (unsigned long)sqld->connections_max);
    snprintf(sqld->timeout_text, sizeof sqld->timeout_text, "%lu",
             (unsigned long)sqld->connect_timeout_s);
    if (gethostname(sqld->host_name, sizeof sqld->host_name - 1) != 0) sqld->host_name[0] = '\0';
    const struct front_variable variables[VARIABLE_COUNT] = {
        {"port", sqld->port_text[0] == '\0' ? "0" : sqld->port_text},
        {"socket", sqld->socket_address + strlen("unix:")},
        {"datadir", sqld->options.data},
        {"hostname", sqld->host_name},
        {"bind_address", sqld->bind_address},
        {"max_connections", sqld->connections_text},
        {"connect_timeout", sqld->timeout_text},
        {"skip_networking", sqld->skip_networking ? "ON" : "OFF"},
        {"ssl_cert", "server-cert.pem"},
        {"ssl_key", "server-key.pem"},
    };
    sqld->front = front_open(&(struct front_options){
        .loop = sqld->daemon.loop,
        .driver = sqld->daemon.driver,
        .driven = driven,
        .cluster = cluster,
        .source = &sqld->daemon.heap.source,
        .node = (uint16_t)sqld->options.node,
        .certificate_directory = sqld->tls_directory,
        .data_directory = sqld->options.data,
        .variables = variables,
        .variable_count = VARIABLE_COUNT,
        .on_ready = sqld_on_ready,
        .context = sqld,
    });
    front_listen(sqld->front, fds[0]);
    if (fds[1] >= 0) front_listen(sqld->front, fds[1]);
}

static void sqld_check(struct sqld *sqld) {
    const struct daemon_options *options = &sqld->options;
    if (options->data == NULL) die("--data DIR is missing");
    if (!sqld->is_embedded && (options->meta == NULL || options->secret_file == NULL))
        die("--embedded, or --meta ADDRESS and --secret-file FILE, are needed");
}

static int sqld_serve(struct sqld *sqld) {
    int fds[2];
    daemon_open(&sqld->daemon, &sqld->options, ROLE_SQL);
    sqld_listen(sqld, fds);
    if (sqld->tls_directory == NULL) {
        daemon_path(&sqld->daemon, "tls", sqld->tls_path);
        sqld->tls_directory = sqld->tls_path;
    }
    if (directory_make(sqld->tls_directory) != STATUS_OK)
        die("cannot make the directory %s", sqld->tls_directory);
    sqld_open_machines(sqld);
    sqld_open_front(sqld, fds);
    return daemon_run(&sqld->daemon, sqld_is_ready, sqld);
}

int main(int argument_count, char **arguments) {
    char bind_address[] = "127.0.0.1", name[] = "sql1";
    struct sqld sqld = {
        .options = {.node = NODE_SQL_FIRST, .name = name, .memory_bytes = GIB},
        .bind_address = bind_address,
        .port = 3306,
        .connections_max = 10000,
        .connect_timeout_s = 10,
    };
    struct setting settings[OWN_SETTING_COUNT + DAEMON_SETTING_COUNT];
    sqld_settings(&sqld, settings);
    daemon_settings(&sqld.options, settings + OWN_SETTING_COUNT);
    struct program program = {.name = "tessera-sqld",
                              .group = "sqld",
                              .usage = usage,
                              .settings = settings,
                              .setting_count = ARRAY_COUNT(settings)};
    enum setting_outcome outcome = setting_read(&program, argument_count, arguments);
    if (outcome != SETTING_RUN) return outcome == SETTING_SHOWN ? 0 : 1;
    sqld_check(&sqld);
    int exit_status = sqld_serve(&sqld);
    setting_close(&program);
    return exit_status;
}
