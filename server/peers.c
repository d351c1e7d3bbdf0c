/* peers.c: how does a message reach another process?
 *
 * A link is one connection. A neighbour is a node that we know; it has a link while it is connected.
 *
 *   connects:  CONNECTING --writable--> GREETING --HELLO--> OPEN
 *   accepts:                            GREETING --HELLO--> OPEN          any --failure--> closed
 *
 *   (P1) Before the peer's HELLO with the right secret a link takes GREETING_BYTES_MAX and no other
 *        message; who is not greeted within GREETING_US is closed.
 *   (P2) A second connection of a node replaces the first: machines see CLOSED, then OPEN.
 *   (P3) Machines are told of a link once it is OPEN and exactly once when it closes after that.
 *   (P4) Unsent bytes are bounded by UNSENT_BYTES_MAX: a peer that does not read is closed.
 *   (P5) The incarnation of a link is the newest that its frames named: a node has none before meta
 *        gave it one.
 */
#include "server/peers.h"

#include <stdlib.h>

#include "base/digest.h"
#include "base/list.h"
#include "base/machine.h"

#define GREETING_BYTES_MAX 1024
#define GREETING_US        5000000
#define RETRY_US_MIN       5000
#define RETRY_US_MAX       500000
#define RECEIVE_BYTES      (256 * KIB)
#define KEPT_BYTES_MAX     (1 * MIB)
#define SEND_BYTES         (256 * KIB) /* more than this is sent before the turn's end */
#define UNSENT_BYTES_MAX   (512 * MIB)

enum { NODE_NUMBERS_MAX = 1024 };

enum { CONNECTING, GREETING, OPEN, CLOSED };

static const struct machine_state link_states[] = {
    [CONNECTING] = {"connecting", TO(GREETING) | TO(CLOSED)},
    [GREETING] = {"greeting", TO(OPEN) | TO(CLOSED)},
    [OPEN] = {"open", TO(CLOSED)},
    [CLOSED] = {"closed", 0},
};

/* Bytes [start, end) of malloc'ed memory. */
struct stream_bytes {
    uint8_t *data;
    size_t start, end, capacity;
};

struct link {
    struct machine machine;
    struct peers *peers;
    struct neighbour *peer; /* NULL: accepted and not greeted yet, or a tool */
    struct loop_watch watch;
    struct list_link all, dirty;
    struct stream_bytes in, out;
    uint64_t greet_until_us;
    uint32_t incarnation; /* (P5) */
    uint8_t role;
};

struct neighbour {
    struct list_link known; /* in peers.neighbours */
    uint16_t node;
    uint32_t listed_incarnation;
    bool is_local; /* a machine of this process */
    bool is_connected_by_us;
    char address[SOCKET_ADDRESS_BYTES_MAX];
    struct link *link;
    uint64_t retry_at_us, retry_us;
};

struct peers {
    struct peers_options options;
    uint32_t incarnation;
    struct list listeners, links, dirty;
    struct list neighbours; /* all that by_node has: few, of numbers far apart */
    struct neighbour *by_node[NODE_NUMBERS_MAX];
    uint8_t *secret;
};

struct listener {
    struct peers *peers;
    struct loop_watch watch;
    struct list_link link;
};

static uint8_t *bytes_room(struct stream_bytes *bytes, size_t more) {
    if (bytes->start == bytes->end) bytes->start = bytes->end = 0;
    if (bytes->capacity - bytes->end >= more) return bytes->data + bytes->end;
    size_t size = bytes->end - bytes->start;
    if (bytes->start > 0) memmove(bytes->data, bytes->data + bytes->start, size);
    bytes->start = 0;
    bytes->end = size;
    if (bytes->capacity - size < more) {
        bytes->capacity = MAX(2 * bytes->capacity, size + more);
        bytes->data = realloc(bytes->data, bytes->capacity);
        if (bytes->data == NULL) die("no memory for a peer's bytes");
    }
    return bytes->data + bytes->end;
}

static struct slice bytes_held(const struct stream_bytes *bytes) {
    return slice_of(bytes_after(bytes->data, bytes->start), bytes->end - bytes->start);
}

/* A large buffer that is empty goes back. */
static void bytes_shrink(struct stream_bytes *bytes) {
    if (bytes->start != bytes->end || bytes->capacity <= KEPT_BYTES_MAX) return;
    free(bytes->data);
    *bytes = (struct stream_bytes){0};
}

static void link_mark_dirty(struct link *link) {
    if (!list_holds(&link->dirty)) list_push_last(&link->peers->dirty, &link->dirty);
}

static void link_encode(struct link *link, const struct message *message) {
    size_t size = message_size(message);
    struct writer writer = writer_of(bytes_room(&link->out, size), size);
    message_encode(&writer, message);
    CHECK(!writer.failed && writer_written(&writer).size == size);
    link->out.end += size;
    link_mark_dirty(link);
}

static void link_greet(struct link *link) {
    const struct peers *peers = link->peers;
    struct message hello = {.header = {.kind = MESSAGE_HELLO,
                                       .wire_version = WIRE_VERSION,
                                       .from_node = peers->options.node,
                                       .from_incarnation = peers->incarnation}};
    hello.hello = (struct hello){.node = peers->options.node,
                                 .role = peers->options.role,
                                 .incarnation = peers->incarnation,
                                 .wire_version = WIRE_VERSION,
                                 .secret = peers->options.secret};
    link_encode(link, &hello);
}

static void link_on_ready(struct loop_watch *watch, enum loop_interest what);

static struct link *link_open(struct peers *peers, int fd, uint8_t first_state) {
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL) die("no memory for a peer");
    machine_open(&link->machine, link_states, first_state);
    link->peers = peers;
    link->greet_until_us = clock_monotonic_us() + GREETING_US;
    loop_watch_open(&link->watch, peers->options.loop, fd, link_on_ready);
    loop_watch_want(&link->watch, first_state == CONNECTING ? LOOP_WRITE : LOOP_READ);
    list_push_last(&peers->links, &link->all);
    return link;
}

static void peer_retry_later(struct neighbour *peer) {
    peer->retry_at_us = clock_monotonic_us() + peer->retry_us;
    peer->retry_us = MIN(2 * peer->retry_us, RETRY_US_MAX);
}

static void link_free(struct link *link) {
    socket_close(link->watch.fd);
    free(link->in.data);
    free(link->out.data);
    free(link);
}

/* Tells the machines last: their effects may send to other links. */
static void link_close(struct link *link) {
    struct peers *peers = link->peers;
    struct neighbour *peer = link->peer;
    bool was_open = link->machine.state == OPEN;
    uint32_t incarnation = link->incarnation;
    machine_move(&link->machine, CLOSED);
    loop_watch_close(&link->watch);
    list_remove(&link->all);
    if (list_holds(&link->dirty)) list_remove(&link->dirty);
    link_free(link);
    if (peer == NULL) return;
    CHECK(peer->link == link);
    peer->link = NULL;
    if (peer->is_connected_by_us) peer_retry_later(peer);
    if (was_open)
        peers->options.changed(peers->options.context, peer->node, incarnation,
                               PEER_CLOSED); /* (P3) */
}

static struct neighbour *peer_of(struct peers *peers, uint16_t node) {
    CHECK(node < NODE_NUMBERS_MAX);
    if (peers->by_node[node] != NULL) return peers->by_node[node];
    struct neighbour *peer = calloc(1, sizeof *peer);
    if (peer == NULL) die("no memory for a peer");
    *peer = (struct neighbour){.node = node, .retry_us = RETRY_US_MIN};
    peers->by_node[node] = peer;
    list_push_last(&peers->neighbours, &peer->known);
    return peer;
}

/* False: the link is not what it says, close it. */
static bool link_accept_hello(struct link *link, const struct hello *hello) {
    struct peers *peers = link->peers;
    if (!digest_equal(hello->secret, peers->options.secret)) return false;
    if (hello->wire_version != WIRE_VERSION || hello->node >= NODE_NUMBERS_MAX) return false;
    if (link->peer != NULL && link->peer->node != hello->node) return false;
    if (hello->node == peers->options.node) return false;
    if (peers->by_node[hello->node] != NULL && peers->by_node[hello->node]->is_local) return false;
    link->role = hello->role;
    link->incarnation = hello->incarnation;
    bool is_accepted = link->peer == NULL;
    if (is_accepted && hello->role != ROLE_TOOL) {
        struct neighbour *peer = peer_of(peers, hello->node);
        if (peer->link != NULL) link_close(peer->link); /* (P2) */
        peer->link = link;
        link->peer = peer;
    }
    machine_move(&link->machine, OPEN);
    if (is_accepted) link_greet(link);
    if (link->peer == NULL) return true;
    link->peer->retry_us = RETRY_US_MIN;
    peers->options.changed(peers->options.context, hello->node, hello->incarnation,
                           PEER_OPEN); /* (P3) */
    return true;
}

static void link_answer_tool(struct link *link, const struct message *ask) {
    struct peers *peers = link->peers;
    struct arena arena;
    arena_open(&arena, peers->options.source, 0);
    struct buffer json = buffer_of(&arena);
    peers->options.describe(peers->options.context, &json);
    struct message tell = {.header = {.kind = MESSAGE_STATUS_TELL,
                                      .wire_version = WIRE_VERSION,
                                      .from_node = peers->options.node,
                                      .to_node = ask->header.from_node,
                                      .request_id = ask->header.request_id}};
    tell.status_tell.nonce = ask->status_ask.nonce;
    tell.status_tell.json = buffer_slice(&json);
    link_encode(link, &tell);
    arena_close(&arena);
}

/* One whole frame; false closes the link. */
static bool link_take_frame(struct link *link, struct slice frame) {
    struct message message;
    if (message_decode(frame, &message) != STATUS_OK) return false;
    if (link->machine.state == GREETING)
        return message.header.kind == MESSAGE_HELLO && link_accept_hello(link, &message.hello);
    if (message.header.kind == MESSAGE_STATUS_ASK) {
        link_answer_tool(link, &message);
        return true;
    }
    /* A tool only asks, PEER never travels, and nobody greets twice. */
    if (link->peer == NULL || message.header.kind == MESSAGE_PEER ||
        message.header.kind == MESSAGE_HELLO)
        return false;
    if (message.header.from_incarnation != 0) link->incarnation = message.header.from_incarnation;
    link->peers->options.deliver(link->peers->options.context, &message);
    return true;
}

/* All whole frames that are there; false closes the link. */
static bool link_take_frames(struct link *link) {
    for (;;) {
        size_t size;
        struct slice held = bytes_held(&link->in);
        if (message_frame(held, &size) != STATUS_OK) return false;
        if (link->machine.state == GREETING && size > GREETING_BYTES_MAX) return false; /* (P1) */
        if (size == 0 || size > held.size) {
            if (size > held.size) bytes_room(&link->in, size - held.size);
            return true;
        }
        if (!link_take_frame(link, slice_part(held, 0, size))) return false;
        link->in.start += size;
    }
}

static void link_on_readable(struct link *link) {
    size_t got = 0;
    uint8_t *room =
        bytes_room(&link->in, link->machine.state == GREETING ? GREETING_BYTES_MAX : RECEIVE_BYTES);
    enum status status =
        socket_receive(link->watch.fd, room, link->in.capacity - link->in.end, &got);
    if (status == STATUS_BUSY) return;
    link->in.end += got;
    if (status == STATUS_OK && link_take_frames(link))
        bytes_shrink(&link->in);
    else
        link_close(link);
}

static void link_flush(struct link *link) {
    size_t sent = 0;
    struct slice unsent = bytes_held(&link->out);
    if (link->machine.state == CONNECTING || unsent.size == 0) return;
    if (socket_send(link->watch.fd, unsent, &sent) == STATUS_END ||
        unsent.size - sent > UNSENT_BYTES_MAX) { /* (P4) */
        link_close(link);
        return;
    }
    link->out.start += sent;
    bytes_shrink(&link->out);
    loop_watch_want(&link->watch, sent < unsent.size ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

static void link_on_ready(struct loop_watch *watch, enum loop_interest what) {
    struct link *link = CONTAINER_OF(watch, struct link, watch);
    if (what == LOOP_READ) {
        link_on_readable(link);
        return;
    }
    if (link->machine.state != CONNECTING) {
        link_flush(link);
        return;
    }
    if (socket_error(watch->fd) != STATUS_OK) {
        link_close(link);
        return;
    }
    machine_move(&link->machine, GREETING);
    loop_watch_want(watch, LOOP_READ);
    link_greet(link);
}

static void peer_connect(struct peers *peers, struct neighbour *peer) {
    int fd;
    peer->retry_at_us = UINT64_MAX;
    if (socket_connect(peer->address, &fd) != STATUS_OK) {
        peer_retry_later(peer);
        return;
    }
    peer->link = link_open(peers, fd, CONNECTING);
    peer->link->peer = peer;
}

static void listener_on_ready(struct loop_watch *watch, enum loop_interest what) {
    (void)what;
    struct listener *listener = CONTAINER_OF(watch, struct listener, watch);
    struct socket_peer from;
    int fd;
    if (socket_accept(watch->fd, &fd, &from) == STATUS_OK) link_open(listener->peers, fd, GREETING);
}

struct peers *peers_open(const struct peers_options *options) {
    struct peers *peers = calloc(1, sizeof *peers);
    uint8_t *secret = malloc(options->secret.size + 1);
    if (peers == NULL || secret == NULL) die("no memory for peers");
    peers->options = *options;
    if (options->secret.size > 0) memcpy(secret, options->secret.data, options->secret.size);
    peers->secret = secret;
    peers->options.secret = slice_of(secret, options->secret.size);
    list_open(&peers->listeners);
    list_open(&peers->links);
    list_open(&peers->dirty);
    list_open(&peers->neighbours);
    return peers;
}

/* Nobody is told: the machines are gone. */
void peers_close(struct peers *peers) {
    LIST_EACH(link, &peers->listeners) {
        struct listener *listener = CONTAINER_OF(link, struct listener, link);
        loop_watch_close(&listener->watch);
        socket_close(listener->watch.fd);
        free(listener);
    }
    LIST_EACH(place, &peers->links) {
        struct link *link = CONTAINER_OF(place, struct link, all);
        loop_watch_close(&link->watch);
        link_free(link);
    }
    for (uint32_t i = 0; i < NODE_NUMBERS_MAX; i++) free(peers->by_node[i]);
    free(peers->secret);
    free(peers);
}

void peers_accept_on(struct peers *peers, int listening_fd) {
    struct listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL) die("no memory for a listener");
    listener->peers = peers;
    loop_watch_open(&listener->watch, peers->options.loop, listening_fd, listener_on_ready);
    loop_watch_want(&listener->watch, LOOP_READ);
    list_push_last(&peers->listeners, &listener->link);
}

void peers_add(struct peers *peers, uint16_t node, struct slice address) {
    struct neighbour *peer = peer_of(peers, node);
    if (address.size == 0 || address.size >= sizeof peer->address) return;
    bool is_same = strlen(peer->address) == address.size &&
                   memcmp(peer->address, address.data, address.size) == 0;
    if (is_same && peer->is_connected_by_us) return;
    memcpy(peer->address, address.data, address.size);
    peer->address[address.size] = '\0';
    peer->is_connected_by_us = true;
    if (peer->link == NULL) peer_connect(peers, peer);
}

static bool peers_connects_to(const struct peers *peers, const struct configuration_node *node) {
    const struct neighbour *known = peers->by_node[node->node];
    if (known != NULL && known->is_local) return false;
    if (node->node >= peers->options.node) return false;
    return !(peers->options.role == ROLE_SQL && node->role == ROLE_SQL);
}

void peers_add_local(struct peers *peers, uint16_t node) { peer_of(peers, node)->is_local = true; }

void peers_learn(struct peers *peers, const struct cluster_configuration *configuration) {
    for (uint32_t i = 0; i < configuration->node_count; i++) {
        const struct configuration_node *node = &configuration->nodes[i];
        if (node->node >= NODE_NUMBERS_MAX || !peers_connects_to(peers, node)) continue;
        peers_add(peers, node->node, node->address);
        struct neighbour *peer = peer_of(peers, node->node);
        bool is_restarted = peer->listed_incarnation != node->incarnation;
        peer->listed_incarnation = node->incarnation;
        if (!is_restarted || peer->link != NULL || !peer->is_connected_by_us) continue;
        peer->retry_us = RETRY_US_MIN; /* it is there again: no need to be patient */
        peer_connect(peers, peer);
    }
}

void peers_set_incarnation(struct peers *peers, uint32_t incarnation) {
    peers->incarnation = incarnation;
}

void peers_send(struct peers *peers, const struct message *message) {
    uint16_t node = message->header.to_node;
    if (node >= NODE_NUMBERS_MAX || peers->by_node[node] == NULL) return;
    struct link *link = peers->by_node[node]->link;
    if (link == NULL || link->machine.state != OPEN) return;
    link_encode(link, message);
}

void peers_flush(struct peers *peers) {
    struct list dirty;
    list_open(&dirty);
    list_append(&dirty, &peers->dirty);
    for (struct list_link *place; (place = list_pop_first(&dirty)) != NULL;)
        link_flush(CONTAINER_OF(place, struct link, dirty));
}

bool peers_has_unflushed(const struct peers *peers) { return !list_is_empty(&peers->dirty); }

uint64_t peers_deadline_us(const struct peers *peers) {
    uint64_t deadline_us = UINT64_MAX;
    LIST_EACH(place, &peers->neighbours) {
        const struct neighbour *peer = CONTAINER_OF(place, struct neighbour, known);
        if (peer->is_connected_by_us && peer->link == NULL)
            deadline_us = MIN(deadline_us, peer->retry_at_us);
    }
    LIST_EACH(place, &peers->links) {
        const struct link *link = CONTAINER_OF(place, struct link, all);
        if (link->machine.state != OPEN) deadline_us = MIN(deadline_us, link->greet_until_us);
    }
    return deadline_us;
}

void peers_on_deadline(struct peers *peers, uint64_t now_us) {
    LIST_EACH(place, &peers->links) {
        struct link *link = CONTAINER_OF(place, struct link, all);
        if (link->machine.state != OPEN && link->greet_until_us <= now_us)
            link_close(link); /* (P1) */
    }
    LIST_EACH(place, &peers->neighbours) {
        struct neighbour *peer = CONTAINER_OF(place, struct neighbour, known);
        if (!peer->is_connected_by_us || peer->link != NULL) continue;
        if (peer->retry_at_us <= now_us) peer_connect(peers, peer);
    }
}

uint32_t peers_connected(const struct peers *peers) {
    uint32_t count = 0;
    LIST_EACH(place, &peers->links) {
        const struct link *link = CONTAINER_OF(place, struct link, all);
        count += link->peer != NULL && link->machine.state == OPEN;
    }
    return count;
}
