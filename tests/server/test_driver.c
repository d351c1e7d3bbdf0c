/* test_driver.c: a toy machine in the real world: it writes a block for each message and answers
 * once that is durable. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/driver.h"
#include "server/peers.h"

enum { NODE_ASKER = 201, NODE_TOY = 11, BLOCK_BYTES = 8 };

/* Writes the number of each BEAT at its place, then answers it. */
struct toy {
    uint64_t blocks_found, written, opened, closed;
    uint8_t bytes[128][BLOCK_BYTES];
    struct message_header asked[128];
};

static const struct disk_file toy_file = {DISK_LOG, 0, 1};

static void toy_on_message(struct toy *toy, const struct message *message, struct effects *out) {
    if (message->header.kind == MESSAGE_PEER) {
        toy->opened += message->peer.peer_state == PEER_OPEN;
        toy->closed += message->peer.peer_state == PEER_CLOSED;
    }
    if (message->header.kind != MESSAGE_BEAT) return;
    uint64_t number = message->beat.sequence;
    cr_assert_lt(number, 128);
    store_le64(toy->bytes[number], number);
    toy->asked[number] = message->header;
    effects_disk(out, &(struct disk_op){.kind = DISK_WRITE_SYNC,
                                        .tag = number,
                                        .file = toy_file,
                                        .offset = number * BLOCK_BYTES,
                                        .bytes = slice_of(toy->bytes[number], BLOCK_BYTES)});
}

static void toy_on_disk_done(struct toy *toy, const struct disk_done *done, struct effects *out) {
    if (done->kind == DISK_LIST && done->listed_count > 0)
        toy->blocks_found = done->listed[0].size / BLOCK_BYTES;
    if (done->kind != DISK_WRITE_SYNC) return;
    cr_assert_eq(done->status, STATUS_OK);
    toy->written++;
    struct message request = {.header = toy->asked[done->tag]};
    effects_answer(out, &request, MESSAGE_BEAT)->beat = (struct beat){done->tag, 1};
}

static void toy_step(void *machine, const struct event *event, struct effects *out) {
    if (event->kind == EVENT_MESSAGE) toy_on_message(machine, event->message, out);
    if (event->kind == EVENT_DISK_DONE) toy_on_disk_done(machine, &event->disk_done, out);
}

/* Sends `wanted` BEATs once the toy is there; counts answers. */
struct asker {
    uint64_t wanted, answered, deadlines, deadline_us;
};

static void asker_step(void *machine, const struct event *event, struct effects *out) {
    struct asker *asker = machine;
    if (event->kind == EVENT_DEADLINE) asker->deadlines++;
    if (asker->deadlines == 0 && asker->deadline_us > 0) effects_deadline(out, asker->deadline_us);
    if (event->kind != EVENT_MESSAGE) return;
    const struct message *message = event->message;
    if (message->header.kind == MESSAGE_BEAT) asker->answered += message->beat.answer;
    if (message->header.kind != MESSAGE_PEER || message->peer.peer_state != PEER_OPEN) return;
    for (uint64_t i = 0; i < asker->wanted; i++) {
        struct message *beat = effects_message(out, MESSAGE_BEAT);
        beat->header.from_node = NODE_ASKER;
        beat->header.to_node = NODE_TOY;
        beat->beat.sequence = i;
    }
    asker->deadline_us = event->now_us + 1000;
    effects_deadline(out, asker->deadline_us);
}

struct world {
    char directory[64], address[128];
    struct loop *loop;
    struct heap heap;
};

static void world_open(struct world *world) {
    snprintf(world->directory, sizeof world->directory, "/tmp/tessera-driver-XXXXXX");
    cr_assert_not_null(mkdtemp(world->directory));
    snprintf(world->address, sizeof world->address, "unix:%s/socket", world->directory);
    world->loop = loop_open();
    heap_open(&world->heap);
}

static void world_close(struct world *world) {
    char command[128];
    loop_close(world->loop);
    cr_assert_eq(world->heap.out_bytes, 0);
    heap_close(&world->heap);
    snprintf(command, sizeof command, "rm -r %s", world->directory);
    cr_assert_eq(system(command), 0);
}

static struct driver *world_driver(struct world *world, uint16_t node, const char *secret) {
    return driver_open(&(struct driver_options){.loop = world->loop,
                                                .source = &world->heap.source,
                                                .node = node,
                                                .role = node == NODE_TOY ? ROLE_STORAGE : ROLE_SQL,
                                                .secret = slice_of_text(secret)});
}

static void toy_start(struct world *world, struct driver *driver, struct toy *toy) {
    struct driven *driven;
    const struct machine_options options = {
        .node = NODE_TOY, .step = toy_step, .name = "toy", .disk_directory = world->directory};
    cr_assert_eq(driver_add(driver, &options, &driven), STATUS_OK);
    effects_disk(driven_effects(driven), &(struct disk_op){.kind = DISK_LIST});
    driven_start(driven, toy);
}

static void asker_start(struct driver *driver, struct asker *asker) {
    struct driven *driven;
    const struct machine_options options = {
        .node = NODE_ASKER, .step = asker_step, .name = "asker"};
    cr_assert_eq(driver_add(driver, &options, &driven), STATUS_OK);
    driven_start(driven, asker);
}

Test(driver, machines_of_one_process_reach_each_other_and_their_disk) {
    struct world world;
    struct toy toy = {0};
    struct asker asker = {.wanted = 100};
    world_open(&world);
    struct driver *driver = world_driver(&world, NODE_ASKER, "secret");
    toy_start(&world, driver, &toy);
    asker_start(driver, &asker);
    while (asker.answered < asker.wanted || asker.deadlines == 0) driver_turn(driver, UINT64_MAX);
    cr_assert_eq(toy.written, 100);
    driver_close(driver);

    struct toy again = {.blocks_found = 7};
    driver = world_driver(&world, NODE_TOY, "secret");
    toy_start(&world, driver, &again);
    while (again.blocks_found == 7) driver_turn(driver, UINT64_MAX);
    cr_assert_eq(again.blocks_found, 100);
    driver_close(driver);
    world_close(&world);
}

static struct driver *toy_serve(struct world *world, struct toy *toy) {
    int fd;
    struct driver *driver = world_driver(world, NODE_TOY, "secret");
    cr_assert_eq(socket_listen(world->address, SOCKET_OWNER, &fd), STATUS_OK);
    peers_accept_on(driver_peers(driver), fd);
    toy_start(world, driver, toy);
    return driver;
}

Test(driver, machines_of_two_processes_reach_each_other_again_after_a_restart) {
    struct world world;
    struct toy toy = {0};
    struct asker asker = {.wanted = 50};
    world_open(&world);
    struct driver *asking = world_driver(&world, NODE_ASKER, "secret");
    asker_start(asking, &asker);
    peers_add(driver_peers(asking), NODE_TOY, slice_of_text(world.address));
    for (int start = 1; start <= 2; start++) {
        struct driver *serving = toy_serve(&world, &toy);
        while (asker.answered < (uint64_t)start * 50) {
            driver_turn(asking, clock_monotonic_us() + 500);
            driver_turn(serving, clock_monotonic_us() + 500);
        }
        cr_assert_eq(toy.opened, (uint64_t)start);
        driver_close(serving);
    }
    driver_close(asking);
    world_close(&world);
}

Test(driver, a_wrong_secret_opens_no_peer) {
    struct world world;
    struct toy toy = {0};
    struct asker asker = {.wanted = 1};
    world_open(&world);
    struct driver *asking = world_driver(&world, NODE_ASKER, "Secret");
    asker_start(asking, &asker);
    struct driver *serving = toy_serve(&world, &toy);
    peers_add(driver_peers(asking), NODE_TOY, slice_of_text(world.address));
    for (int i = 0; i < 100; i++) {
        driver_turn(asking, clock_monotonic_us() + 500);
        driver_turn(serving, clock_monotonic_us() + 500);
    }
    cr_assert_eq(toy.opened, 0);
    cr_assert_eq(asker.answered, 0);
    driver_close(asking);
    driver_close(serving);
    world_close(&world);
}
