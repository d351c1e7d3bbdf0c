/* plan.c: the layout of a cluster on one machine.
 *
 *     DIR/cluster.conf  secret  tls/            once
 *     DIR/meta1/        pid  log  peer.sock  meta.sqlite
 *     DIR/store1/       pid  log  peer.sock  log-* checkpoint-* node-*
 *     DIR/sql1/         pid  log  peer.sock  mysql.sock        (embedded: meta.sqlite, store/ as well)
 */
#include "server/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "meta/meta.h"
#include "server/setting.h"

enum { SOCKET_PATH_MAX = 100, PLAN_SETTING_COUNT = 8, PORTS_TEXT_MAX = PLAN_SQL_MAX * 6 + 1 };

static void node_add(struct plan_node *nodes, uint32_t *count, const struct plan_node *base,
                     uint64_t index) {
    struct plan_node *node = &nodes[(*count)++];
    *node = *base;
    snprintf(node->name, sizeof node->name, "%.8s%u", base->name, (unsigned)(index + 1));
    node->node = (uint16_t)(base->node + index);
}

uint32_t plan_nodes(const struct plan *plan, struct plan_node nodes_out[PLAN_NODES_MAX]) {
    uint32_t count = 0;
    struct plan_node meta = {"meta", NODE_META_FIRST, ROLE_META, 0};
    struct plan_node store = {"store", NODE_STORAGE_FIRST, ROLE_STORAGE, 0};
    struct plan_node sql = {"sql", NODE_SQL_FIRST, ROLE_SQL, 0};
    for (uint64_t i = 0; i < plan->meta && !plan->is_embedded; i++)
        node_add(nodes_out, &count, &meta, i);
    for (uint64_t i = 0; i < plan->storage && !plan->is_embedded; i++)
        node_add(nodes_out, &count, &store, i);
    for (uint64_t i = 0; i < plan->sql; i++) {
        sql.port = plan->ports[i];
        node_add(nodes_out, &count, &sql, i);
    }
    return count;
}

bool plan_find(const struct plan *plan, const char *name, struct plan_node *node_out) {
    struct plan_node nodes[PLAN_NODES_MAX];
    uint32_t count = plan_nodes(plan, nodes);
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(nodes[i].name, name) == 0) {
            *node_out = nodes[i];
            return true;
        }
    return false;
}

void plan_path(const struct plan *plan, const struct plan_node *node, const char *file,
               char path_out[PLAN_PATH_BYTES_MAX]) {
    int size = node == NULL
                   ? snprintf(path_out, PLAN_PATH_BYTES_MAX, "%s/%s", plan->directory, file)
                   : snprintf(path_out, PLAN_PATH_BYTES_MAX, "%s/%s/%s", plan->directory,
                              node->name, file);
    if (size < 0 || size >= PLAN_PATH_BYTES_MAX) die("the path %s is too long", plan->directory);
}

void plan_socket(const struct plan *plan, const struct plan_node *node, const char *file,
                 char path_out[PLAN_PATH_BYTES_MAX]) {
    char short_directory[64];
    plan_path(plan, node, file, path_out);
    if (strlen(path_out) <= SOCKET_PATH_MAX) return;
    uint64_t hash = hash_bytes(slice_of_text(plan->directory));
    snprintf(short_directory, sizeof short_directory, "/tmp/tessera-%u-%016lx", (unsigned)getuid(),
             (unsigned long)hash);
    if (directory_make(short_directory) != STATUS_OK)
        die("cannot make the directory %s for sockets", short_directory);
    snprintf(path_out, PLAN_PATH_BYTES_MAX, "%s/%s-%s", short_directory, node->name, file);
}

int plan_node_pid(const struct plan *plan, const struct plan_node *node) {
    char path[PLAN_PATH_BYTES_MAX];
    plan_path(plan, node, "pid", path);
    return file_lock_holder(path);
}

const char *plan_role_name(const struct plan *plan, const struct plan_node *node) {
    if (plan->is_embedded) return "embedded";
    return node->role == ROLE_META ? "meta" : node->role == ROLE_STORAGE ? "storage" : "sql";
}

static void plan_settings(struct plan *plan, char **ports,
                          struct setting rows_out[PLAN_SETTING_COUNT]) {
    const struct setting rows[PLAN_SETTING_COUNT] = {
        {.name = "storage",
         .kind = SETTING_NUMBER,
         .value = &plan->storage,
         .least = 1,
         .greatest = NODES_MAX},
        {.name = "replicas",
         .kind = SETTING_NUMBER,
         .value = &plan->replicas,
         .least = 1,
         .greatest = REPLICAS_MAX},
        {.name = "meta", .kind = SETTING_NUMBER, .value = &plan->meta, .least = 1, .greatest = 1},
        {.name = "sql",
         .kind = SETTING_NUMBER,
         .value = &plan->sql,
         .least = 1,
         .greatest = PLAN_SQL_MAX},
        {.name = "embedded", .kind = SETTING_FLAG, .value = &plan->is_embedded},
        {.name = "durability",
         .kind = SETTING_CHOICE,
         .value = &plan->durability,
         .choices = "sync|replicated"},
        {.name = "memory",
         .kind = SETTING_SIZE,
         .value = &plan->memory_bytes,
         .greatest = UINT64_MAX},
        {.name = "ports", .kind = SETTING_TEXT, .value = ports},
    };
    memcpy(rows_out, rows, sizeof rows);
}

static bool ports_parse(struct plan *plan, const char *text) {
    for (uint64_t i = 0; i < plan->sql; i++) {
        char *end;
        plan->ports[i] = strtoul(text, &end, 10);
        if (end == text || plan->ports[i] == 0 || plan->ports[i] > UINT16_MAX) return false;
        text = end + (*end == ',');
    }
    return *text == '\0';
}

enum status plan_read(const char *directory, struct plan *plan_out) {
    char path[PLAN_PATH_BYTES_MAX], *ports = NULL;
    struct setting settings[PLAN_SETTING_COUNT];
    *plan_out = (struct plan){0};
    if (realpath(directory, path) == NULL) return STATUS_NOT_FOUND;
    snprintf(plan_out->directory, sizeof plan_out->directory, "%s", path);
    plan_path(plan_out, NULL, "cluster.conf", path);
    if (!file_exists(path)) return STATUS_NOT_FOUND;
    plan_settings(plan_out, &ports, settings);
    struct program program = {.name = "tessera",
                              .group = "cluster",
                              .settings = settings,
                              .setting_count = PLAN_SETTING_COUNT};
    bool is_right = setting_read_file(&program, path) == SETTING_RUN && plan_out->sql > 0 &&
                    plan_out->storage > 0 && ports != NULL && ports_parse(plan_out, ports);
    setting_close(&program);
    return is_right ? STATUS_OK : STATUS_INVALID;
}

enum status plan_write(const struct plan *plan) {
    char path[PLAN_PATH_BYTES_MAX], ports[PORTS_TEXT_MAX] = "", text[1024];
    for (uint64_t i = 0; i < plan->sql; i++) {
        size_t size = strlen(ports);
        snprintf(ports + size, sizeof ports - size, "%s%lu", i == 0 ? "" : ",",
                 (unsigned long)plan->ports[i]);
    }
    snprintf(text, sizeof text,
             "# Written by `tessera up`; the nodes of this cluster.\n"
             "[cluster]\nstorage = %lu\nreplicas = %lu\nmeta = %lu\nsql = %lu\nembedded = %s\n"
             "durability = %s\nmemory = %lu\nports = %s\n",
             (unsigned long)plan->storage, (unsigned long)plan->replicas, (unsigned long)plan->meta,
             (unsigned long)plan->sql, plan->is_embedded ? "on" : "off",
             plan->durability == 0 ? "sync" : "replicated", (unsigned long)plan->memory_bytes,
             ports);
    plan_path(plan, NULL, "cluster.conf", path);
    return file_write(path, slice_of_text(text));
}
