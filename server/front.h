/* server/front.h: the SQL side of a process: its clients, their sessions, their fibers.
 *
 * It is the guest of a driver (server/driver.h), beside the cluster handle's machine.
 */
#ifndef SERVER_FRONT_H
#define SERVER_FRONT_H

#include "server/driver.h"
#include "sql/sql.h"

struct front;

struct front_variable {
    const char *name, *value;
};

struct front_options {
    struct loop *loop;
    struct driver *driver;
    struct driven *driven; /* the cluster handle's place */
    struct cluster *cluster;
    struct chunk_source *source;
    uint16_t node;
    const char *certificate_directory;      /* exists */
    const char *data_directory;             /* for temporary files; NULL: there are none */
    const struct front_variable *variables; /* what the SQL side shows as @@port and the like */
    uint32_t variable_count;
    /* Called once when clients are served. */
    void (*on_ready)(void *context);
    void *context;
};

/* Statements run as soon as the cluster is ready; the RSA pair is made meanwhile. */
struct front *front_open(const struct front_options *options);
void front_close(struct front *front);
/* Accepts clients on a listening socket, which is its own from now on, once it is ready. */
void front_listen(struct front *front, int listening_fd);

#endif
