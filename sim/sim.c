/* sim/sim.c: what happens next in the invented world?
 *
 *   queue of events, by (time, number) --> one node's machine steps --> its effects become events
 *
 *   (Q1) A node has a life, counted up at each start; events made for an earlier life are dropped. So a crash needs no
 *        search of the queue.
 *   (Q2) Deadlines: one event per change of a node's deadline; one that is not the node's deadline any more is dropped.
 *   (Q3) While a process is paused its events wait in order and come at the resume (S3).
 *   (Q4) The trace hash covers time, node, kind and bytes of every event that is delivered: equal hashes, equal runs.
 */
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "sim/config_store.h"
#include "sim/disk.h"

/* Every chunk that a machine has taken, so that a crash takes them all back. */
struct chunk {
    struct chunk *next, *previous;
    size_t size, pad;
};

struct node_memory {
    struct chunk_source source;
    struct chunk ring;
};

struct node {
    uint16_t node;
    uint32_t process;
    struct sim_machine machine;
    void *context, *state; /* state: the machine, NULL when down */
    uint32_t life;
    uint32_t incarnation; /* as it calls itself; 0: it has not spoken in this life */
    uint64_t deadline_us;
    struct node_memory memory, effects_memory;
    struct arena arena;
    struct effects effects;
    struct sim_disk *disk;
};

struct client {
    uint16_t node;
    void (*receive)(void *context, const struct message *message);
    void *context;
};

struct sim {
    struct random random;
    struct sim_faults faults;
    struct sim_counts counts;
    uint64_t now_us, number, trace_hash;
    struct sim_event *heap;
    uint32_t heap_count, heap_capacity;
    struct node nodes[SIM_NODES_MAX];
    uint32_t node_count;
    struct client clients[SIM_NODES_MAX];
    uint32_t client_count;
    enum sim_state states[SIM_PROCESSES_MAX];
    bool is_cut[SIM_PROCESSES_MAX][SIM_PROCESSES_MAX];
    /* Connection between two processes: frames of an earlier epoch are lost; a frame never overtakes. */
    uint32_t epochs[SIM_PROCESSES_MAX][SIM_PROCESSES_MAX];
    uint64_t last_arrival_us[SIM_PROCESSES_MAX][SIM_PROCESSES_MAX];
    struct sim_event *held; /* of paused processes, in order */
    uint32_t held_count, held_capacity;
    struct sim_config_store *store;
    sim_observer *observer;
    void *observer_context;
    bool is_printing;
};

struct frame {
    uint32_t epoch;
    uint16_t from_process; /* SIM_PROCESSES_MAX: a client, never cut */
    uint16_t to_process;
    uint32_t size;
    uint8_t bytes[];
};

/* ---- memory ---- */

static void *memory_take(struct chunk_source *source, size_t size) {
    struct node_memory *memory = CONTAINER_OF(source, struct node_memory, source);
    struct chunk *chunk = malloc(sizeof *chunk + size);
    CHECK(chunk != NULL);
    *chunk = (struct chunk){memory->ring.next, &memory->ring, size, 0};
    memory->ring.next->previous = chunk;
    memory->ring.next = chunk;
    return chunk + 1;
}

static void memory_give(struct chunk_source *source, void *bytes, size_t size) {
    (void)source;
    struct chunk *chunk = (struct chunk *)bytes - 1;
    CHECK(chunk->size == size);
    chunk->next->previous = chunk->previous;
    chunk->previous->next = chunk->next;
    free(chunk);
}

static void memory_open(struct node_memory *memory) {
    memory->source = (struct chunk_source){memory_take, memory_give};
    memory->ring = (struct chunk){&memory->ring, &memory->ring, 0, 0};
}

static void memory_forget(struct node_memory *memory) {
    while (memory->ring.next != &memory->ring) {
        struct chunk *chunk = memory->ring.next;
        memory_give(&memory->source, chunk + 1, chunk->size);
    }
}

/* ---- the queue ---- */

static bool event_before(const struct sim_event *a, const struct sim_event *b) {
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->number < b->number;
}

void sim_push(struct sim *sim, struct sim_event event) {
    CHECK(event.at_us >= sim->now_us);
    event.number = ++sim->number;
    if (sim->heap_count == sim->heap_capacity) {
        sim->heap_capacity = MAX(256u, sim->heap_capacity * 2);
        sim->heap = realloc(sim->heap, sim->heap_capacity * sizeof *sim->heap);
        CHECK(sim->heap != NULL);
    }
    uint32_t at = sim->heap_count++;
    for (; at > 0 && event_before(&event, &sim->heap[(at - 1) / 2]); at = (at - 1) / 2) {
        sim->heap[at] = sim->heap[(at - 1) / 2];
    }
    sim->heap[at] = event;
}

static struct sim_event heap_pop(struct sim *sim) {
    struct sim_event first = sim->heap[0], last = sim->heap[--sim->heap_count];
    uint32_t at = 0;
    for (;;) {
        uint32_t child = at * 2 + 1;
        if (child >= sim->heap_count) break;
        if (child + 1 < sim->heap_count && event_before(&sim->heap[child + 1], &sim->heap[child])) {
            child++;
        }
        if (!event_before(&sim->heap[child], &last)) break;
        sim->heap[at] = sim->heap[child];
        at = child;
    }
    sim->heap[at] = last;
    return first;
}

/* ---- small answers ---- */

uint64_t sim_now(const struct sim *sim) { return sim->now_us; }
struct random *sim_random(struct sim *sim) {
    return &sim->random;
}
uint64_t sim_trace_hash(const struct sim *sim) { return sim->trace_hash; }
const struct sim_counts *sim_counts(const struct sim *sim) { return &sim->counts; }
struct sim_counts *sim_counts_mutable(struct sim *sim) {
    return &sim->counts;
}
const struct sim_faults *sim_faults(const struct sim *sim) { return &sim->faults; }
enum sim_state sim_state(const struct sim *sim, uint32_t process) { return sim->states[process]; }
void sim_observe(struct sim *sim, sim_observer *observer, void *context) {
    sim->observer = observer;
    sim->observer_context = context;
}

void sim_print_events(struct sim *sim) { sim->is_printing = true; }

bool sim_chance(struct sim *sim, uint32_t per_ten_thousand) {
    return per_ten_thousand > 0 && random_below(&sim->random, 10000) < per_ten_thousand;
}

static struct node *node_find(const struct sim *sim, uint16_t number) {
    for (uint32_t i = 0; i < sim->node_count; i++) {
        if (sim->nodes[i].node == number) return (struct node *)&sim->nodes[i];
    }
    return NULL;
}

void *sim_machine_of(const struct sim *sim, uint16_t number) {
    const struct node *node = node_find(sim, number);
    return node == NULL ? NULL : node->state;
}

static const struct client *client_find(const struct sim *sim, uint16_t number) {
    for (uint32_t i = 0; i < sim->client_count; i++) {
        if (sim->clients[i].node == number) return &sim->clients[i];
    }
    return NULL;
}

/* ---- the network ---- */

static struct sim_event frame_event(struct sim *sim, const struct message *message, uint32_t from) {
    size_t size = message_size(message);
    struct frame *frame = malloc(sizeof *frame + size);
    CHECK(frame != NULL);
    const struct node *to = node_find(sim, message->header.to_node);
    frame->from_process = (uint16_t)from;
    frame->to_process = to == NULL ? SIM_PROCESSES_MAX : (uint16_t)to->process;
    bool is_link = from < SIM_PROCESSES_MAX && to != NULL;
    frame->epoch = is_link ? sim->epochs[from][to->process] : 0;
    frame->size = (uint32_t)size;
    struct writer writer = writer_of(frame->bytes, size);
    message_encode(&writer, message);
    return (struct sim_event){.at_us = sim->now_us,
                              .kind = SIM_MESSAGE,
                              .node = message->header.to_node,
                              .life = to == NULL ? 0 : to->life,
                              .payload = frame,
                              .payload_size = sizeof *frame + size};
}

static uint64_t message_delay_us(struct sim *sim) {
    uint64_t delay_us =
        random_range(&sim->random, sim->faults.delay_us_min, sim->faults.delay_us_max);
    if (sim_chance(sim, sim->faults.slow_message_chance)) {
        delay_us += random_below(&sim->random, 50000);
    }
    return delay_us;
}

/* Both sides learn of it at their own time, then the connection opens again. */
static void tell_peer(struct sim *sim, const struct node *node, const struct node *peer,
                      enum peer_state state, uint64_t at_us) {
    struct message *message = calloc(1, sizeof *message);
    CHECK(message != NULL);
    message->header = (struct message_header){.kind = MESSAGE_PEER,
                                              .wire_version = WIRE_VERSION,
                                              .from_node = node->node,
                                              .to_node = node->node};
    message->header.reserved = sim->epochs[node->process][peer->process];
    message->peer = (struct peer){.node = peer->node, .peer_state = (uint8_t)state};
    if (state == PEER_DEAD) message->peer.incarnation = peer->incarnation;
    sim_push(sim, (struct sim_event){.at_us = at_us,
                                     .kind = SIM_PEER,
                                     .node = node->node,
                                     .life = node->life,
                                     .payload = message,
                                     .payload_size = sizeof *message});
}

static void tell_processes(struct sim *sim, uint32_t a, uint32_t b, enum peer_state state) {
    for (uint32_t i = 0; i < sim->node_count; i++) {
        for (uint32_t k = 0; k < sim->node_count; k++) {
            const struct node *node = &sim->nodes[i], *peer = &sim->nodes[k];
            bool is_pair = (node->process == a && peer->process == b) ||
                           (node->process == b && peer->process == a);
            if (!is_pair || node->state == NULL) continue;
            if (state == PEER_OPEN && peer->state == NULL) continue;
            uint64_t after_us = state == PEER_OPEN ? random_range(&sim->random, 2000, 6000)
                                                   : random_range(&sim->random, 10, 2000);
            tell_peer(sim, node, peer, state, sim->now_us + after_us);
        }
    }
}

static void link_break(struct sim *sim, uint32_t a, uint32_t b) {
    sim->counts.breaks++;
    sim->epochs[a][b]++;
    sim->epochs[b][a]++;
    tell_processes(sim, a, b, PEER_CLOSED);
    if (sim->states[a] != SIM_DOWN && sim->states[b] != SIM_DOWN) {
        tell_processes(sim, a, b, PEER_OPEN);
    }
}

void sim_break_connections(struct sim *sim, uint32_t process) {
    for (uint32_t other = 0; other < SIM_PROCESSES_MAX; other++) {
        if (other != process && sim->states[other] != SIM_DOWN) link_break(sim, process, other);
    }
}

static void send_between(struct sim *sim, const struct message *message, uint32_t from,
                         uint32_t to) {
    if (sim_chance(sim, sim->faults.break_chance)) {
        link_break(sim, from, to);
        return;
    }
    struct sim_event event = frame_event(sim, message, from);
    event.at_us += message_delay_us(sim);
    if (sim_chance(sim, sim->faults.reorder_chance)) {
        sim->counts.reorders++;
    } else {
        event.at_us = MAX(event.at_us, sim->last_arrival_us[from][to]);
        sim->last_arrival_us[from][to] = event.at_us;
    }
    sim_push(sim, event);
    if (sim_chance(sim, sim->faults.repeat_chance)) {
        sim->counts.repeats++;
        struct sim_event again = frame_event(sim, message, from);
        again.at_us = event.at_us + random_below(&sim->random, 5000);
        sim_push(sim, again);
    }
}

static void send_message(struct sim *sim, struct node *from, const struct message *message) {
    CHECK(message->header.from_node == from->node);
    from->incarnation = MAX(from->incarnation, message->header.from_incarnation);
    const struct node *to = node_find(sim, message->header.to_node);
    if (to != NULL && to->process != from->process) {
        send_between(sim, message, from->process, to->process);
    } else if (to != NULL || client_find(sim, message->header.to_node) != NULL) {
        sim_push(sim, frame_event(sim, message, to != NULL ? from->process : SIM_PROCESSES_MAX));
    }
}

void sim_inject(struct sim *sim, const struct message *message) {
    sim_push(sim, frame_event(sim, message, SIM_PROCESSES_MAX));
}

/* ---- stepping a node ---- */

static void process_stop(struct sim *sim, uint32_t process);

static void print_process(const struct sim *sim, uint32_t process, const char *what) {
    if (!sim->is_printing) return;
    fprintf(stderr, "%10llu process %u %s:", (unsigned long long)sim->now_us, process, what);
    for (uint32_t i = 0; i < sim->node_count; i++) {
        if (sim->nodes[i].process == process) fprintf(stderr, " node %u", sim->nodes[i].node);
    }
    fprintf(stderr, "\n");
}

static void print_note(const struct sim *sim, const struct node *node, const char *what,
                       struct slice text) {
    if (!sim->is_printing) return;
    fprintf(stderr, "%10llu node %u %s: %.*s\n", (unsigned long long)sim->now_us, node->node, what,
            (int)text.size, (const char *)text.data);
}

static void carry_out(struct sim *sim, struct node *node, const struct effect *effect) {
    switch (effect->kind) {
    case EFFECT_SEND: send_message(sim, node, effect->message); return;
    case EFFECT_DISK: sim_disk_submit(node->disk, node->node, node->life, &effect->disk_op); return;
    case EFFECT_STORE:
        sim->counts.changes_asked += effect->store_op.kind == STORE_CHANGE;
        sim_config_store_submit(sim->store, node->node, node->life, &effect->store_op);
        return;
    case EFFECT_NOTE: print_note(sim, node, "notes", effect->note); return;
    case EFFECT_STOP:
        sim->counts.stops++;
        print_note(sim, node, "stops", slice_of_text(effect->stop_reason));
        return;
    }
    UNREACHABLE();
}

static void node_arm(struct sim *sim, struct node *node) {
    if (node->deadline_us == node->effects.deadline_us) return;
    node->deadline_us = node->effects.deadline_us;
    if (node->deadline_us == UINT64_MAX) return;
    sim_push(sim, (struct sim_event){.at_us = MAX(node->deadline_us, sim->now_us),
                                     .kind = SIM_DEADLINE,
                                     .node = node->node,
                                     .life = node->life,
                                     .payload_size = 0});
}

/* Effects are carried out in an order of chance: (E1) of wire/step.h says that they have none. Messages keep theirs, as
 * they go into one socket. */
static void node_carry_out(struct sim *sim, struct node *node, const struct message *message) {
    if (node->machine.after != NULL) {
        node->machine.after(node->state, sim->now_us, &node->effects);
    }
    if (sim->observer != NULL) {
        sim->observer(sim->observer_context, node->node, message, &node->effects);
    }
    bool stops = false;
    for (uint32_t i = 0; i < node->effects.count; i++) {
        stops |= node->effects.list[i].kind == EFFECT_STOP;
        carry_out(sim, node, &node->effects.list[i]);
    }
    node_arm(sim, node);
    effects_clear(&node->effects);
    arena_reset(&node->arena);
    if (stops) process_stop(sim, node->process);
}

static void node_step(struct sim *sim, struct node *node, const struct event *event) {
    node->machine.step(node->state, event, &node->effects);
    node_carry_out(sim, node, event->kind == EVENT_MESSAGE ? event->message : NULL);
}

/* ---- processes ---- */

void sim_add_node(struct sim *sim, uint16_t number, uint32_t process,
                  const struct sim_machine *machine, void *context) {
    CHECK(sim->node_count < SIM_NODES_MAX && process < SIM_PROCESSES_MAX);
    struct node *node = &sim->nodes[sim->node_count++];
    *node = (struct node){.node = number,
                          .process = process,
                          .machine = *machine,
                          .context = context,
                          .deadline_us = UINT64_MAX};
    memory_open(&node->memory);
    memory_open(&node->effects_memory);
    arena_open(&node->arena, &node->effects_memory.source, 0);
    effects_open(&node->effects, &node->arena);
    node->disk = sim_disk_open(sim);
}

void sim_add_client(struct sim *sim, uint16_t node,
                    void (*receive)(void *context, const struct message *message), void *context) {
    CHECK(sim->client_count < SIM_NODES_MAX);
    sim->clients[sim->client_count++] = (struct client){node, receive, context};
}

static void node_start(struct sim *sim, struct node *node) {
    CHECK(node->state == NULL);
    node->life++;
    node->deadline_us = UINT64_MAX;
    node->state =
        node->machine.open(node->context, &node->memory.source, sim->now_us, &node->effects);
    node_carry_out(sim, node, NULL);
}

void sim_start(struct sim *sim, uint32_t process) {
    CHECK(sim->states[process] == SIM_DOWN);
    sim->states[process] = SIM_UP;
    sim->counts.restarts++;
    print_process(sim, process, "starts");
    for (uint32_t i = 0; i < sim->node_count; i++) {
        if (sim->nodes[i].process == process) node_start(sim, &sim->nodes[i]);
    }
    for (uint32_t other = 0; other < SIM_PROCESSES_MAX; other++) {
        if (other == process || sim->states[other] == SIM_DOWN) continue;
        sim->epochs[process][other]++;
        sim->epochs[other][process]++;
        tell_processes(sim, process, other, PEER_OPEN);
    }
}

static void node_forget(struct node *node) {
    if (node->machine.forget != NULL) node->machine.forget(node->state);
    node->state = NULL;
    node->life++;
    effects_clear(&node->effects);
    memory_forget(&node->memory);
}

/* A watcher on its host saw the process end: proof, for everybody. */
static void tell_of_death(struct sim *sim, const struct node *dead) {
    if (dead->incarnation == 0 || !sim_chance(sim, sim->faults.proof_chance)) return;
    sim->counts.proofs++;
    for (uint32_t i = 0; i < sim->node_count; i++) {
        const struct node *node = &sim->nodes[i];
        if (node->process == dead->process || node->state == NULL) continue;
        uint64_t at_us = sim->now_us + random_range(&sim->random, 250, 3000);
        tell_peer(sim, node, dead, PEER_DEAD, at_us);
    }
}

enum ending { ENDING_STOP, ENDING_CRASH };

static void process_end(struct sim *sim, uint32_t process, enum ending ending) {
    CHECK(sim->states[process] != SIM_DOWN);
    sim->states[process] = SIM_DOWN;
    print_process(sim, process, ending == ENDING_CRASH ? "loses power" : "ends");
    for (uint32_t i = 0; i < sim->node_count; i++) {
        struct node *node = &sim->nodes[i];
        if (node->process != process) continue;
        node_forget(node);
        tell_of_death(sim, node);
        node->incarnation = 0;
        sim_config_store_forget(sim->store, node->node);
        if (ending == ENDING_CRASH) sim_disk_crash(node->disk);
    }
    sim_break_connections(sim, process);
}

/* The process ended by itself: what it had written is with the operating system. */
static void process_stop(struct sim *sim, uint32_t process) {
    process_end(sim, process, ENDING_STOP);
}

void sim_crash(struct sim *sim, uint32_t process) {
    sim->counts.crashes++;
    process_end(sim, process, ENDING_CRASH);
}

void sim_kill(struct sim *sim, uint32_t process) {
    sim->counts.crashes++;
    process_end(sim, process, ENDING_STOP);
}

void sim_pause(struct sim *sim, uint32_t process) {
    CHECK(sim->states[process] == SIM_UP);
    sim->counts.pauses++;
    print_process(sim, process, "pauses");
    sim->states[process] = SIM_PAUSED;
}

void sim_resume(struct sim *sim, uint32_t process) {
    CHECK(sim->states[process] == SIM_PAUSED);
    sim->states[process] = SIM_UP;
    print_process(sim, process, "resumes");
    uint32_t kept = 0;
    for (uint32_t i = 0; i < sim->held_count; i++) {
        struct sim_event event = sim->held[i];
        const struct node *node = node_find(sim, event.node);
        if (node->process != process) {
            sim->held[kept++] = event;
            continue;
        }
        event.at_us = sim->now_us;
        sim_push(sim, event);
    }
    sim->held_count = kept;
}

void sim_cut(struct sim *sim, uint32_t from_process, uint32_t to_process, enum sim_cut cut) {
    if (cut == SIM_CUT) {
        sim->counts.cuts++;
        print_process(sim, from_process, "is not heard any more");
        print_process(sim, to_process, "... by this one");
    }
    sim->is_cut[from_process][to_process] = cut == SIM_CUT;
}

static void disk_suffers(struct sim *sim, struct sim_disk *disk, enum sim_disk_fault fault) {
    switch (fault) {
    case SIM_DISK_FILLS: sim_disk_set_room(disk, SIM_FULL); return;
    case SIM_DISK_HAS_ROOM: sim_disk_set_room(disk, SIM_ROOM); return;
    case SIM_DISK_ROTS: sim->counts.rots += sim_disk_rot(disk); return;
    case SIM_DISK_IS_NEW:
        sim_disk_wipe(disk);
        sim->counts.wipes++;
        return;
    }
    UNREACHABLE();
}

void sim_disk_suffers(struct sim *sim, uint32_t process, enum sim_disk_fault fault) {
    static const char *const words[] = {"has a full disk", "has room again", "has a rotten disk",
                                        "gets a new disk"};
    print_process(sim, process, words[fault]);
    for (uint32_t i = 0; i < sim->node_count; i++)
        if (sim->nodes[i].process == process) disk_suffers(sim, sim->nodes[i].disk, fault);
}

void sim_calm(struct sim *sim) {
    struct sim_faults calm = {.delay_us_min = sim->faults.delay_us_min,
                              .delay_us_max = sim->faults.delay_us_max,
                              .disk_us_min = sim->faults.disk_us_min,
                              .disk_us_max = sim->faults.disk_us_max};
    sim->faults = calm;
    memset(sim->is_cut, 0, sizeof sim->is_cut);
}

/* ---- delivery ---- */

static void event_hold(struct sim *sim, const struct sim_event *event) {
    if (sim->held_count == sim->held_capacity) {
        sim->held_capacity = MAX(64u, sim->held_capacity * 2);
        sim->held = realloc(sim->held, sim->held_capacity * sizeof *sim->held);
        CHECK(sim->held != NULL);
    }
    sim->held[sim->held_count++] = *event;
}

static bool frame_arrives(const struct sim *sim, const struct frame *frame) {
    if (frame->from_process >= SIM_PROCESSES_MAX || frame->to_process >= SIM_PROCESSES_MAX)
        return true;
    if (frame->from_process == frame->to_process) return true;
    return !sim->is_cut[frame->from_process][frame->to_process] &&
           frame->epoch == sim->epochs[frame->from_process][frame->to_process];
}

static void deliver_message(struct sim *sim, struct node *node, const struct sim_event *event) {
    const struct frame *frame = event->payload;
    if (!frame_arrives(sim, frame)) return;
    struct message message;
    CHECK(message_decode(slice_of(frame->bytes, frame->size), &message) == STATUS_OK);
    sim->counts.messages++;
    struct event step = {.now_us = sim->now_us, .kind = EVENT_MESSAGE, .message = &message};
    if (node != NULL)
        node_step(sim, node, &step);
    else
        client_find(sim, event->node)->receive(client_find(sim, event->node)->context, &message);
}

/* News of an opening that has been overtaken by a break is no news. */
static bool news_is_true(const struct sim *sim, const struct node *node,
                         const struct message *news) {
    const struct node *peer = node_find(sim, news->peer.node);
    return news->peer.peer_state != PEER_OPEN ||
           news->header.reserved == sim->epochs[node->process][peer->process];
}

static void deliver_node(struct sim *sim, struct node *node, const struct sim_event *event) {
    struct event step = {.now_us = sim->now_us};
    switch (event->kind) {
    case SIM_MESSAGE: deliver_message(sim, node, event); return;
    case SIM_PEER:
        if (!news_is_true(sim, node, event->payload)) return;
        step.kind = EVENT_MESSAGE;
        step.message = event->payload;
        node_step(sim, node, &step);
        return;
    case SIM_DISK:
        step.kind = EVENT_DISK_DONE;
        if (sim_disk_perform(node->disk, event->payload, &step.disk_done)) {
            node_step(sim, node, &step);
        } else {
            sim->counts.full_disks++;
            process_stop(sim, node->process);
        }
        return;
    case SIM_STORE:
        step.kind = EVENT_STORE_DONE;
        sim_config_store_perform(sim->store, event, &step.store_done);
        node_step(sim, node, &step);
        return;
    case SIM_DEADLINE:
        if (node->deadline_us > sim->now_us) return; /* (Q2) */
        node->deadline_us = UINT64_MAX;
        step.kind = EVENT_DEADLINE;
        node_step(sim, node, &step);
        return;
    }
    UNREACHABLE();
}

/* (Q4). Payloads of SIM_DISK and SIM_STORE hold addresses: their size stands for them. */
static void trace_event(struct sim *sim, const struct sim_event *event) {
    static const char *const names[] = {"message", "disk", "store", "deadline", "peer"};
    uint64_t facts[4] = {event->at_us, (uint64_t)event->node << 8 | event->kind,
                         event->payload_size, sim->trace_hash};
    sim->trace_hash = hash_bytes(slice_of(facts, sizeof facts));
    if (event->kind == SIM_MESSAGE) {
        const struct frame *frame = event->payload;
        sim->trace_hash ^= hash_bytes(slice_of(frame->bytes, frame->size));
    }
    if (sim->is_printing && event->kind == SIM_PEER) {
        const struct peer *peer = &((const struct message *)event->payload)->peer;
        fprintf(stderr, "%10llu peer %u %s, says node %u\n", (unsigned long long)event->at_us,
                peer->node, peer->peer_state == PEER_OPEN ? "opens" : "is closed", event->node);
    } else if (sim->is_printing && event->kind != SIM_MESSAGE) {
        fprintf(stderr, "%10llu %s to node %u\n", (unsigned long long)event->at_us,
                names[event->kind], event->node);
    }
}

static void print_message(struct sim *sim, const struct sim_event *event) {
    if (!sim->is_printing || event->kind != SIM_MESSAGE) return;
    const struct frame *frame = event->payload;
    struct message message;
    CHECK(message_decode(slice_of(frame->bytes, frame->size), &message) == STATUS_OK);
    struct node_memory memory;
    memory_open(&memory);
    struct arena arena;
    arena_open(&arena, &memory.source, 0);
    struct buffer buffer = buffer_of(&arena);
    message_print(&buffer, &message);
    fprintf(stderr, "%10llu %s%.*s\n", (unsigned long long)event->at_us,
            frame_arrives(sim, frame) ? "" : "LOST ", (int)buffer.size, (const char *)buffer.data);
    arena_close(&arena);
}

bool sim_step(struct sim *sim, uint64_t until_us) {
    if (sim->heap_count == 0 || sim->heap[0].at_us > until_us) {
        sim->now_us = MAX(sim->now_us, until_us);
        return false;
    }
    struct sim_event event = heap_pop(sim);
    sim->now_us = MAX(sim->now_us, event.at_us);
    struct node *node = node_find(sim, event.node);
    if (node != NULL && (node->state == NULL || node->life != event.life)) {
        if (event.kind == SIM_STORE) sim_config_store_orphan(sim->store, &event);
        free(event.payload); /* (Q1) */
        return true;
    }
    if (node != NULL && sim->states[node->process] == SIM_PAUSED) {
        event_hold(sim, &event);
        return true;
    }
    sim->counts.events++;
    trace_event(sim, &event);
    print_message(sim, &event);
    if (node != NULL)
        deliver_node(sim, node, &event);
    else
        deliver_message(sim, NULL, &event);
    free(event.payload);
    return true;
}

struct sim *sim_open(uint64_t seed, const struct sim_faults *faults) {
    struct sim *sim = calloc(1, sizeof *sim);
    CHECK(sim != NULL);
    random_open(&sim->random, seed);
    sim->faults = *faults;
    sim->store = sim_config_store_open(sim);
    return sim;
}

void sim_close(struct sim *sim) {
    for (uint32_t i = 0; i < sim->node_count; i++) {
        struct node *node = &sim->nodes[i];
        memory_forget(&node->memory);
        arena_close(&node->arena);
        sim_disk_close(node->disk);
    }
    for (uint32_t i = 0; i < sim->heap_count; i++) free(sim->heap[i].payload);
    for (uint32_t i = 0; i < sim->held_count; i++) free(sim->held[i].payload);
    sim_config_store_close(sim->store);
    free(sim->heap);
    free(sim->held);
    free(sim);
}
