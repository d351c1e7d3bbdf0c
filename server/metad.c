/* metad.c: tessera-metad, the controller over its configuration store. */
#include "server/machines.h"

static const char usage[] =
    "tessera-metad --data DIR [options]\n"
    "\n"
    "Decides membership, terms, placement and the dictionary of one cluster, and keeps them in\n"
    "DIR/meta.sqlite. Rows and transactions never pass through it.";

enum { OWN_SETTING_COUNT = 3 };

int main(int argument_count, char **arguments) {
    struct daemon_options options = {.node = NODE_META_FIRST, .name = "meta1"};
    struct meta_options meta = {.storage_count = 1, .replicas = 1};
    struct setting settings[DAEMON_SETTING_COUNT + OWN_SETTING_COUNT] = {
        {.name = "storage",
         .kind = SETTING_NUMBER,
         .value = &meta.storage_count,
         .least = 1,
         .greatest = NODES_MAX,
         .what = "NUMBER",
         .help = "storage nodes of a new cluster"},
        {.name = "replicas",
         .kind = SETTING_NUMBER,
         .value = &meta.replicas,
         .least = 1,
         .greatest = REPLICAS_MAX,
         .what = "NUMBER",
         .help = "replicas of each row of a new cluster"},
        {.name = "durability",
         .kind = SETTING_CHOICE,
         .value = &meta.durability,
         .choices = "sync|replicated",
         .help = "when a commit is acknowledged, in a new cluster"},
    };
    daemon_settings(&options, settings + OWN_SETTING_COUNT);
    struct program program = {.name = "tessera-metad",
                              .group = "metad",
                              .usage = usage,
                              .settings = settings,
                              .setting_count = ARRAY_COUNT(settings)};
    enum setting_outcome outcome = setting_read(&program, argument_count, arguments);
    if (outcome != SETTING_RUN) return outcome == SETTING_SHOWN ? 0 : 1;
    if (options.data == NULL) die("--data DIR is missing");
    struct daemon daemon;
    daemon_open(&daemon, &options, ROLE_META);
    meta.node_name = options.name;
    meta.node = (uint16_t)options.node;
    machines_open_meta(&daemon, options.data, &meta);
    int exit_status = daemon_run(&daemon, NULL, NULL);
    setting_close(&program);
    return exit_status;
}
