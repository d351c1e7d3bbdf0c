/* server/plan.h: which nodes a cluster on this machine has, and where their files are.
 *
 * It is DIR/cluster.conf, written by the first `tessera up` and read by every later command. */
#ifndef SERVER_PLAN_H
#define SERVER_PLAN_H

#include "base/limits.h"
#include "io/io.h"
#include "wire/member.h"

#define PLAN_PATH_BYTES_MAX 512
#define PLAN_SQL_MAX        32
#define PLAN_NODES_MAX      (NODES_MAX + PLAN_SQL_MAX + META_NODES_MAX)

struct plan {
    char directory[PLAN_PATH_BYTES_MAX]; /* absolute */
    uint64_t storage, replicas, meta, sql, durability, memory_bytes;
    bool is_embedded;
    uint64_t ports[PLAN_SQL_MAX]; /* of the SQL nodes */
};

struct plan_node {
    char name[16]; /* meta1, store1, sql1 */
    uint16_t node;
    uint8_t role;  /* enum node_role */
    uint64_t port; /* SQL nodes */
};

/* All nodes, in the order in which they start; how many. */
uint32_t plan_nodes(const struct plan *plan, struct plan_node nodes_out[PLAN_NODES_MAX]);
/* False: there is no such node. */
bool plan_find(const struct plan *plan, const char *name, struct plan_node *node_out);

/* NOT_FOUND: there is no cluster in the directory. INVALID: its file is damaged. */
MUST_USE enum status plan_read(const char *directory, struct plan *plan_out);
MUST_USE enum status plan_write(const struct plan *plan);

/* DIR/<name of node>/<file>, or DIR/<file> when node is NULL. */
void plan_path(const struct plan *plan, const struct plan_node *node, const char *file,
               char path_out[PLAN_PATH_BYTES_MAX]);
/* The same for a unix socket: in a short directory of the user when DIR is too long for one. */
void plan_socket(const struct plan *plan, const struct plan_node *node, const char *file,
                 char path_out[PLAN_PATH_BYTES_MAX]);
/* The process that runs it, 0: none. */
int plan_node_pid(const struct plan *plan, const struct plan_node *node);
/* "meta", "storage", "sql", "embedded". */
const char *plan_role_name(const struct plan *plan, const struct plan_node *node);

#endif
