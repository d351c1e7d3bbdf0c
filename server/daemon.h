/* server/daemon.h: what the daemons have in common: options, a directory, a loop, a driver. */
#ifndef SERVER_DAEMON_H
#define SERVER_DAEMON_H

#include "server/driver.h"
#include "server/peers.h"
#include "server/setting.h"

struct daemon_options {
    char *data;        /* directory of this node alone */
    char *name;        /* "sql1" */
    char *listen;      /* where peers and tools connect; NULL: data/peer.sock */
    char *meta;        /* where meta is; NULL: it is in this process */
    char *secret_file; /* NULL: data/secret, made when it is not there */
    uint64_t node;
    uint64_t memory_bytes;
    uint64_t ready_fd; /* "ready\n" goes there once clients or peers are served; 0: nowhere */
};

struct daemon {
    struct daemon_options options;
    struct loop *loop;
    struct heap heap;
    struct driver *driver;
    char listen_address[SOCKET_ADDRESS_BYTES_MAX];
    int lock_fd;
    bool is_ready;
};

#define DAEMON_SETTING_COUNT 8
/* The rows of the options' table that all daemons have. */
void daemon_settings(struct daemon_options *options, struct setting *rows_out);

/* Ends the process with a message when the directory is in use, or an address is. */
void daemon_open(struct daemon *daemon, const struct daemon_options *options, uint8_t role);
/* Serves until SIGTERM or until a machine stops it. Returns the exit status: 0 when it was asked to
 * end. `is_ready` (may be NULL: at once) is asked each turn until it says true. */
int daemon_run(struct daemon *daemon, bool (*is_ready)(void *context), void *context);
/* Address of the peers' socket, as others connect to it. */
struct slice daemon_address(const struct daemon *daemon);
/* data/name in `path_out`; ends the process when it is too long. */
void daemon_path(const struct daemon *daemon, const char *name, char path_out[4096]);

#endif
