/* stored.c: tessera-stored, a storage daemon: the shards of one node. */
#include "server/machines.h"

static const char usage[] =
    "tessera-stored --data DIR --node NUMBER --meta ADDRESS --secret-file FILE [options]\n"
    "\n"
    "Holds rows in memory and their log and checkpoints in DIR.";

struct stored {
    struct daemon daemon;
    uint16_t node;
};

static bool stored_is_ready(void *context) {
    const struct stored *stored = context;
    return machines_store_serves(&stored->daemon, stored->node);
}

int main(int argument_count, char **arguments) {
    struct daemon_options options = {
        .node = NODE_STORAGE_FIRST, .name = "store1", .memory_bytes = GIB};
    struct setting settings[DAEMON_SETTING_COUNT];
    struct stored stored = {0};
    daemon_settings(&options, settings);
    struct program program = {.name = "tessera-stored",
                              .group = "stored",
                              .usage = usage,
                              .settings = settings,
                              .setting_count = ARRAY_COUNT(settings)};
    enum setting_outcome outcome = setting_read(&program, argument_count, arguments);
    if (outcome != SETTING_RUN) return outcome == SETTING_SHOWN ? 0 : 1;
    if (options.data == NULL || options.meta == NULL || options.secret_file == NULL)
        die("--data DIR, --meta ADDRESS and --secret-file FILE are needed");
    daemon_open(&stored.daemon, &options, ROLE_STORAGE);
    stored.node = (uint16_t)options.node;
    machines_open_store(&stored.daemon, options.data, options.name, stored.node);
    peers_add(driver_peers(stored.daemon.driver), NODE_META_FIRST, slice_of_text(options.meta));
    int exit_status = daemon_run(&stored.daemon, stored_is_ready, &stored);
    setting_close(&program);
    return exit_status;
}
