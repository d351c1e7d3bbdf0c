/* driver.c: how do pure machines meet the world?
 *
 *   event (peer's frame, disk, store, deadline) -> step -> effects -> carried out at once:
 *       SEND to a machine here   -> queue of this turn, by pointer
 *       SEND to another process  -> bytes in that peer's buffer, sent at the end of the turn
 *       DISK, STORE              -> their threads; the answer is an event of a later turn
 *       STOP                     -> the process ends
 *
 *   (V1) All that steps produce lives in one arena, reset at the end of a turn in which the queue
 *        of messages ran empty. See NOTES: Effects and arenas.
 *   (V2) Deadlines are stepped when no message is left: what a machine wants to do last in a turn
 *        (flush its log) it asks for with a deadline of now.
 *   (V3) A turn ends after TURN_US even if machines go on: sockets and disks get their turn.
 *   (V4) A step replaces its machine's deadline; effects added outside of a step only lower it.
 *   (V5) Machines in one process see each other as peers that opened at the start.
 *
 * The driver reads two messages on their way to or from its machines: REGISTERED, for the
 * incarnation that HELLO names, and CONFIGURATION, for the addresses of other nodes and for status.
 */
#include "server/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/list.h"
#include "server/disk_files.h"
#include "server/peers.h"
#include "server/store_ops.h"

#define TURN_US 2000

enum { MACHINES_MAX = 8, NODES_WATCHED = 256 };

struct driven {
    struct driver *driver;
    struct machine_options options;
    void *machine;
    struct effects effects;
    uint64_t deadline_us;
    struct disk_files *files;
    struct store_ops *ops;
};

struct letter {
    struct letter *next;
    const struct message *message;
};

struct driver {
    struct driver_options options;
    struct peers *peers;
    struct life_watcher *watcher; /* NULL: nobody asked for it */
    uint32_t watched_incarnations[NODES_WATCHED];
    struct driven machines[MACHINES_MAX];
    uint32_t machine_count;
    struct driver_guest guest;
    struct arena turn_arena; /* (V1) */
    struct arena configuration_arena;
    struct cluster_configuration *configuration;
    struct letter *letters, **letters_end;
    uint64_t now_us;
    const char *stop_reason;
};

static struct driven *driver_find(struct driver *driver, uint16_t node) {
    for (uint32_t i = 0; i < driver->machine_count; i++)
        if (driver->machines[i].options.node == node) return &driver->machines[i];
    return NULL;
}

static void driver_post(struct driver *driver, const struct message *message) {
    struct letter *letter = arena_new(&driver->turn_arena, struct letter);
    letter->message = message;
    *driver->letters_end = letter;
    driver->letters_end = &letter->next;
}

/* A storage node of this host has its page beside its socket. */
static void driver_watch_life(struct driver *driver, const struct configuration_node *node) {
    char path[SOCKET_ADDRESS_BYTES_MAX + sizeof LIFE_SUFFIX];
    static const char prefix[] = "unix:";
    size_t size = node->address.size;
    if (node->role != ROLE_STORAGE || !node->is_live || node->node >= NODES_WATCHED) return;
    if (driver->watched_incarnations[node->node] == node->incarnation) return;
    if (size < sizeof prefix || size >= SOCKET_ADDRESS_BYTES_MAX ||
        memcmp(node->address.data, prefix, sizeof prefix - 1) != 0)
        return;
    driver->watched_incarnations[node->node] = node->incarnation;
    size -= sizeof prefix - 1;
    memcpy(path, node->address.data + sizeof prefix - 1, size);
    memcpy(path + size, LIFE_SUFFIX, sizeof LIFE_SUFFIX);
    life_watch(driver->watcher, path, (uint64_t)node->node << 32 | node->incarnation);
}

static void driver_watch_lives(struct driver *driver) {
    if (driver->watcher == NULL) return;
    for (uint32_t i = 0; i < driver->configuration->node_count; i++)
        driver_watch_life(driver, &driver->configuration->nodes[i]);
}

static void driver_learn_configuration(struct driver *driver, const struct message *message) {
    struct arena arena;
    struct cluster_configuration *configuration = driver->configuration;
    if (configuration != NULL && configuration->revision >= message->configuration.revision) return;
    arena_open(&arena, driver->options.source, 0);
    if (configuration_read(message->configuration.configuration, &arena, &configuration) !=
        STATUS_OK) {
        arena_close(&arena);
        return;
    }
    arena_close(&driver->configuration_arena);
    driver->configuration_arena = arena;
    driver->configuration = configuration;
    peers_learn(driver->peers, configuration);
    driver_watch_lives(driver);
}

static void driver_learn(struct driver *driver, const struct message *message) {
    if (message->header.kind == MESSAGE_CONFIGURATION)
        driver_learn_configuration(driver, message);
    else if (message->header.kind == MESSAGE_REGISTERED &&
             message->registered.status == STATUS_OK &&
             message->header.to_node == driver->options.node)
        peers_set_incarnation(driver->peers, message->registered.incarnation);
}

static void driver_send(struct driver *driver, const struct message *message) {
    driver_learn(driver, message);
    if (driver_find(driver, message->header.to_node) != NULL)
        driver_post(driver, message);
    else
        peers_send(driver->peers, message);
}

/* A daemon's stderr is its log. */
static void driver_note(struct slice text) {
    uint64_t now_us = clock_wall_us();
    time_t seconds = (time_t)(now_us / 1000000);
    struct tm tm;
    char day[32];
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
    fprintf(stderr, "%s.%03uZ %.*s\n", day, (unsigned)(now_us / 1000 % 1000), (int)text.size,
            (const char *)text.data);
}

void driven_carry_out(struct driven *driven) {
    struct effects *effects = &driven->effects;
    for (uint32_t i = 0; i < effects->count; i++) {
        const struct effect *effect = &effects->list[i];
        switch (effect->kind) {
        case EFFECT_SEND: driver_send(driven->driver, effect->message); continue;
        case EFFECT_DISK:
            CHECK(driven->files != NULL);
            disk_files_submit(driven->files, &effect->disk_op);
            continue;
        case EFFECT_STORE:
            CHECK(driven->ops != NULL);
            store_ops_submit(driven->ops, &effect->store_op);
            continue;
        case EFFECT_NOTE: driver_note(effect->note); continue;
        case EFFECT_STOP: driven->driver->stop_reason = effect->stop_reason; continue;
        }
        UNREACHABLE();
    }
    driven->deadline_us = MIN(driven->deadline_us, effects->deadline_us); /* (V4) */
    effects_clear(effects);
}

static void driven_step(struct driven *driven, struct event *event) {
    if (driven->machine == NULL || driven->driver->stop_reason != NULL) return;
    driven_carry_out(driven); /* what was added outside of a step comes first */
    event->now_us = driven->driver->now_us;
    driven->options.step(driven->machine, event, &driven->effects);
    driven->deadline_us = UINT64_MAX; /* (V4) */
    driven_carry_out(driven);
}

static void driver_deliver(void *context, const struct message *message) {
    struct driver *driver = context;
    struct driven *driven = driver_find(driver, message->header.to_node);
    if (driven == NULL) return; /* an old address book: the sender will learn */
    driver->now_us = clock_monotonic_us();
    driver_learn(driver, message);
    struct event event = {.kind = EVENT_MESSAGE, .message = message};
    driven_step(driven, &event);
}

static void driven_tell_peer(struct driven *driven, const struct peer *peer) {
    struct message message = {.header = {.kind = MESSAGE_PEER,
                                         .wire_version = WIRE_VERSION,
                                         .from_node = peer->node,
                                         .from_incarnation = peer->incarnation,
                                         .to_node = driven->options.node}};
    message.peer = *peer;
    struct event event = {.kind = EVENT_MESSAGE, .message = &message};
    driven_step(driven, &event);
}

static void driver_on_peer(void *context, uint16_t node, uint32_t incarnation,
                           enum peer_state state) {
    struct driver *driver = context;
    const struct peer peer = {node, incarnation, (uint8_t)state};
    driver->now_us = clock_monotonic_us();
    for (uint32_t i = 0; i < driver->machine_count; i++)
        driven_tell_peer(&driver->machines[i], &peer);
}

static void driver_on_dead(void *context, uint64_t tag) {
    driver_on_peer(context, (uint16_t)(tag >> 32), (uint32_t)tag, PEER_DEAD);
}

static void driven_on_disk_done(void *context, const struct disk_done *done) {
    struct driven *driven = context;
    struct event event = {.kind = EVENT_DISK_DONE, .disk_done = *done};
    driven->driver->now_us = clock_monotonic_us();
    driven_step(driven, &event);
}

static void driven_on_store_done(void *context, const struct store_done *done) {
    struct driven *driven = context;
    struct event event = {.kind = EVENT_STORE_DONE, .store_done = *done};
    driven->driver->now_us = clock_monotonic_us();
    driven_step(driven, &event);
}

static void driver_describe_to(void *context, struct buffer *json) {
    driver_describe(context, json);
}

struct driver *driver_open(const struct driver_options *options) {
    struct driver *driver = calloc(1, sizeof *driver);
    if (driver == NULL) die("no memory for a driver");
    driver->options = *options;
    driver->letters_end = &driver->letters;
    driver->now_us = clock_monotonic_us();
    arena_open(&driver->turn_arena, options->source, 0);
    arena_open(&driver->configuration_arena, options->source, 0);
    driver->peers = peers_open(&(struct peers_options){.loop = options->loop,
                                                       .source = options->source,
                                                       .node = options->node,
                                                       .role = options->role,
                                                       .secret = options->secret,
                                                       .context = driver,
                                                       .deliver = driver_deliver,
                                                       .changed = driver_on_peer,
                                                       .describe = driver_describe_to});
    if (options->watches_lives)
        driver->watcher = life_watcher_open(options->loop, driver, driver_on_dead);
    return driver;
}

void driver_close(struct driver *driver) {
    peers_close(driver->peers);
    if (driver->watcher != NULL) life_watcher_close(driver->watcher);
    for (uint32_t i = 0; i < driver->machine_count; i++) {
        if (driver->machines[i].files != NULL) disk_files_close(driver->machines[i].files);
        if (driver->machines[i].ops != NULL) store_ops_close(driver->machines[i].ops);
    }
    arena_close(&driver->turn_arena);
    arena_close(&driver->configuration_arena);
    free(driver);
}

struct peers *driver_peers(struct driver *driver) {
    return driver->peers;
}

enum status driver_add(struct driver *driver, const struct machine_options *options,
                       struct driven **driven_out) {
    CHECK(driver->machine_count < MACHINES_MAX && driver_find(driver, options->node) == NULL);
    struct driven *driven = &driver->machines[driver->machine_count];
    *driven = (struct driven){.driver = driver, .options = *options, .deadline_us = UINT64_MAX};
    effects_open(&driven->effects, &driver->turn_arena);
    if (options->store_path != NULL) {
        const struct store_ops_options store = {driver->options.loop, options->store_path,
                                                driven_on_store_done, driven};
        enum status status = store_ops_open(&store, &driven->ops);
        if (status != STATUS_OK) return status;
    }
    if (options->disk_directory != NULL)
        driven->files = disk_files_open(&(struct disk_files_options){
            .loop = driver->options.loop,
            .directory = options->disk_directory,
            .life = driver->options.life,
            .arena = &driver->turn_arena,
            .done = driven_on_disk_done,
            .context = driven,
        });
    driver->machine_count++;
    peers_add_local(driver->peers, options->node);
    *driven_out = driven;
    return STATUS_OK;
}

struct effects *driven_effects(struct driven *driven) {
    return &driven->effects;
}

void driven_start(struct driven *driven, void *machine) {
    struct driver *driver = driven->driver;
    CHECK(driven->machine == NULL && machine != NULL);
    driven->machine = machine;
    driver->now_us = clock_monotonic_us(); /* no earlier than what it was opened with */
    driven_carry_out(driven);
    for (uint32_t i = 0; i < driver->machine_count; i++) { /* (V5) */
        struct driven *other = &driver->machines[i];
        if (other == driven || other->machine == NULL) continue;
        driven_tell_peer(other, &(struct peer){driven->options.node, 0, PEER_OPEN});
        driven_tell_peer(driven, &(struct peer){other->options.node, 0, PEER_OPEN});
    }
}

void driver_set_guest(struct driver *driver, const struct driver_guest *guest) {
    driver->guest = *guest;
}

static bool driver_deliver_letters(struct driver *driver) {
    struct letter *letter = driver->letters;
    bool did_something = letter != NULL;
    driver->letters = NULL; /* those that are written meanwhile are for the next round: (V3) */
    driver->letters_end = &driver->letters;
    for (; letter != NULL; letter = letter->next) {
        struct driven *driven = driver_find(driver, letter->message->header.to_node);
        struct event event = {.kind = EVENT_MESSAGE, .message = letter->message};
        driver_learn(driver, letter->message);
        driven_step(driven, &event);
    }
    return did_something;
}

static bool driver_step_deadlines(struct driver *driver) { /* (V2) */
    bool did_something = false;
    for (uint32_t i = 0; i < driver->machine_count; i++) {
        struct driven *driven = &driver->machines[i];
        if (driven->deadline_us > driver->now_us) continue;
        struct event event = {.kind = EVENT_DEADLINE};
        driven_step(driven, &event);
        did_something = true;
    }
    return did_something;
}

/* Messages, then fibers, then deadlines, until nothing is left or the turn's time is over (V3). */
static void driver_run(struct driver *driver) {
    uint64_t end_us = driver->now_us + TURN_US;
    for (bool goes_on = true; goes_on && driver->now_us < end_us;) {
        goes_on = driver_deliver_letters(driver);
        if (driver->guest.run != NULL)
            goes_on |= driver->guest.run(driver->guest.context, driver->now_us);
        if (!goes_on && driver->letters == NULL) goes_on = driver_step_deadlines(driver);
        if (driver->stop_reason != NULL) return;
        driver->now_us = clock_monotonic_us();
    }
}

static uint64_t driver_wake_at_us(struct driver *driver) {
    if (driver->letters != NULL || peers_has_unflushed(driver->peers)) return 0;
    uint64_t wake_at_us = peers_deadline_us(driver->peers);
    for (uint32_t i = 0; i < driver->machine_count; i++)
        wake_at_us = MIN(wake_at_us, driver->machines[i].deadline_us);
    if (driver->guest.deadline_us != NULL)
        wake_at_us = MIN(wake_at_us, driver->guest.deadline_us(driver->guest.context));
    return wake_at_us;
}

void driver_turn(struct driver *driver, uint64_t until_us) {
    driver->now_us = loop_turn(driver->options.loop, MIN(until_us, driver_wake_at_us(driver)));
    if (peers_deadline_us(driver->peers) <= driver->now_us)
        peers_on_deadline(driver->peers, driver->now_us);
    driver_run(driver);
    if (driver->guest.flush != NULL) driver->guest.flush(driver->guest.context);
    peers_flush(driver->peers);
    if (driver->letters == NULL) arena_reset(&driver->turn_arena); /* (V1) */
}

const char *driver_stop_reason(const struct driver *driver) { return driver->stop_reason; }
uint64_t driver_now_us(const struct driver *driver) { return driver->now_us; }
const struct cluster_configuration *driver_configuration(const struct driver *driver) {
    return driver->configuration;
}
struct arena *driver_turn_arena(struct driver *driver) {
    return &driver->turn_arena;
}

static void describe_shard(const struct cluster_configuration *configuration, uint32_t index,
                           struct buffer *json) {
    const struct configuration_shard *shard = &configuration->shards[index];
    buffer_printf(json, "%s{\"shard\":%u,\"term\":%u,\"primary\":%u,\"in_sync\":[",
                  index == 0 ? "" : ",", shard->shard, shard->term, shard->primary);
    for (uint32_t i = 0; i < shard->replica_count; i++)
        buffer_printf(json, "%s%u", i == 0 ? "" : ",", shard->replicas[i].node);
    buffer_printf(json, "]}");
}

static void describe_configuration(const struct cluster_configuration *configuration,
                                   struct buffer *json) {
    if (configuration == NULL) return;
    buffer_printf(json, ",\"revision\":%lu,\"shards\":[", (unsigned long)configuration->revision);
    for (uint32_t i = 0; i < configuration->shard_count; i++)
        describe_shard(configuration, i, json);
    buffer_printf(json, "],\"live\":[");
    const char *separator = "";
    for (uint32_t i = 0; i < configuration->node_count; i++) {
        if (!configuration->nodes[i].is_live) continue;
        buffer_printf(json, "%s%u", separator, configuration->nodes[i].node);
        separator = ",";
    }
    buffer_printf(json, "]");
}

void driver_describe(struct driver *driver, struct buffer *json) {
    buffer_printf(json, "\"peers\":%u", peers_connected(driver->peers));
    describe_configuration(driver->configuration, json);
    for (uint32_t i = 0; i < driver->machine_count; i++) {
        struct driven *driven = &driver->machines[i];
        if (driven->machine == NULL || driven->options.describe == NULL) continue;
        buffer_printf(json, ",\"%s\":{", driven->options.name);
        driven->options.describe(driven->machine, json);
        buffer_printf(json, "}");
    }
    if (driver->guest.describe != NULL) driver->guest.describe(driver->guest.context, json);
}
