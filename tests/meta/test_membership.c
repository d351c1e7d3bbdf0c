/* Facts of registration and of who is called dead. */
#include <criterion/criterion.h>

#include "tests/meta/meta_world.h"

enum { A = NODE_STORAGE_FIRST, B = NODE_STORAGE_FIRST + 1, S = NODE_SQL_FIRST };

static struct meta_world world;

static void open_pair(void) {
    meta_world_open(&world, 2, 2, DURABILITY_SYNC);
    meta_world_register(&world, A, 101, 0);
    meta_world_register(&world, B, 102, 0);
}

Test(membership, a_nonce_has_one_incarnation_however_often_answers_are_lost) {
    meta_world_open(&world, 2, 2, DURABILITY_SYNC);
    world.store.loss = LOSE_ANSWER;
    world.store.lose_count = 3;
    uint32_t first = meta_world_register(&world, A, 101, 0);
    cr_assert_neq(first, 0);
    cr_assert_eq(meta_world_register(&world, A, 101, 0), first);
    cr_assert_gt(meta_world_register(&world, A, 103, 0), first);
    meta_world_close(&world);
}

Test(membership, a_second_controller_goes_on_with_the_same_incarnations) {
    open_pair();
    uint32_t a = meta_world_incarnation(&world, A);
    meta_world_restart(&world);
    cr_assert_eq(meta_world_register(&world, A, 101, 0), a);
    cr_assert_gt(meta_world_register(&world, B, 202, 0), a + 1);
    meta_world_close(&world);
}

Test(membership, a_suspect_that_answers_lives_and_a_silent_one_does_not) {
    open_pair();
    meta_world_suspect(&world, B, A, 0);
    struct message beat = {.header = {.kind = MESSAGE_BEAT, .from_node = A}};
    beat.beat.answer = 1;
    meta_world_send(&world, &beat);
    meta_world_pass(&world, 400000);
    cr_assert(meta_world_is_live(&world, A));
    meta_world_suspect(&world, B, A, 0);
    meta_world_pass(&world, 300000);
    cr_assert_not(meta_world_is_live(&world, A));
    meta_world_close(&world);
}

Test(membership, a_closed_connection_has_some_time_to_open_again) {
    open_pair();
    meta_world_peer(&world, A, PEER_CLOSED);
    meta_world_pass(&world, 100000);
    meta_world_peer(&world, A, PEER_OPEN);
    meta_world_pass(&world, 400000);
    cr_assert(meta_world_is_live(&world, A));
    meta_world_peer(&world, A, PEER_CLOSED);
    meta_world_pass(&world, 400000);
    cr_assert_not(meta_world_is_live(&world, A));
    meta_world_close(&world);
}

Test(membership, what_is_decided_of_nodes_and_shards_is_noted_once_with_its_reason) {
    open_pair();
    cr_assert(meta_world_has_noted(&world, "n11 begins its incarnation 2\n"));
    meta_world_peer(&world, A, PEER_CLOSED);
    cr_assert_not(meta_world_has_noted(&world, "is dead"));
    meta_world_pass(&world, 400000);
    cr_assert(meta_world_has_noted(&world, "n11 is dead: its connection is closed\n"));
    cr_assert(meta_world_has_noted(&world, "shard 1, term 2: n12; in sync: n12\n"));
    meta_world_suspect(&world, 0, B, 1);
    cr_assert(meta_world_has_noted(&world, "n12 is dead: its process has ended\n"));
    size_t size = world.notes.size;
    meta_world_pass(&world, 2000000);
    cr_assert_eq(world.notes.size, size);
    meta_world_close(&world);
}

Test(membership, a_suspect_whose_connection_is_closed_is_dead_soon) {
    open_pair();
    meta_world_peer(&world, A, PEER_CLOSED);
    meta_world_suspect(&world, B, A, 0);
    meta_world_pass(&world, 30000);
    cr_assert_not(meta_world_is_live(&world, A));
    meta_world_close(&world);
}

Test(membership, a_node_that_was_called_dead_and_speaks_is_live_again_but_leads_nothing) {
    open_pair();
    meta_world_suspect(&world, B, A, 0);
    meta_world_pass(&world, 300000);
    struct message beat = {.header = {.kind = MESSAGE_BEAT,
                                      .from_node = A,
                                      .from_incarnation = meta_world_incarnation(&world, A)}};
    meta_world_send(&world, &beat);
    cr_assert(meta_world_is_live(&world, A));
    cr_assert_eq(meta_world_shard(&world, 1)->primary, B);
    meta_world_close(&world);
}

Test(membership, a_daemon_that_is_gone_is_ended_for_ever) {
    open_pair();
    uint32_t incarnation = meta_world_register(&world, S, 501, 0);
    meta_world_peer(&world, S, PEER_CLOSED);
    meta_world_pass(&world, 600000);
    cr_assert_eq(world.configuration->ended_count, 1);
    cr_assert_eq(world.configuration->ended[0], incarnation);
    cr_assert_eq(meta_world_register(&world, S, 501, 0), 0);
    cr_assert_gt(meta_world_register(&world, S, 502, 0), incarnation);
    meta_world_close(&world);
}

Test(membership, a_store_that_is_older_than_a_node_is_refused) {
    open_pair();
    struct message message = {.header = {.kind = MESSAGE_REGISTER, .from_node = A}};
    message.register_node = (struct register_node){
        .node = A, .role = ROLE_STORAGE, .nonce = 900, .seen_revision = 1000};
    meta_world_send(&world, &message);
    cr_assert_eq(world.last[MESSAGE_REGISTERED].registered.status, STATUS_INVALID);
    meta_world_close(&world);
}

Test(membership, time_in_which_the_controller_did_not_run_counts_for_nobody) {
    open_pair();
    meta_world_suspect(&world, B, A, 0);
    world.now_us += 5000000; /* it was stopped */
    struct message beat = {.header = {.kind = MESSAGE_BEAT, .from_node = B}};
    beat.beat.answer = 1;
    meta_world_send(&world, &beat);
    cr_assert(meta_world_is_live(&world, A));
    beat.header.from_node = A;
    meta_world_send(&world, &beat);
    meta_world_pass(&world, 300000);
    cr_assert(meta_world_is_live(&world, A));
    meta_world_close(&world);
}

static void say_learned(uint16_t node, uint32_t version) {
    struct message message = {.header = {.kind = MESSAGE_LEARNED,
                                         .from_node = node,
                                         .from_incarnation = meta_world_incarnation(&world, node)}};
    message.learned = (struct learned){.node = node, .version = version, .in_use = version};
    meta_world_send(&world, &message);
}

/* Seed 1244: the change waited for ever for a daemon that had said it all. */
Test(membership, a_report_of_versions_that_comes_late_takes_nothing_back) {
    open_pair();
    meta_world_register(&world, S, 501, 0);
    meta_world_register(&world, S + 1, 502, 0);
    struct message ddl = {.header = {.kind = MESSAGE_DDL, .from_node = S, .request_id = 1}};
    ddl.ddl =
        (struct ddl){.ddl_kind = DDL_CREATE_DATABASE, .nonce = 77, .database = SLICE_LITERAL("d")};
    meta_world_send(&world, &ddl);
    uint32_t version = world.last[MESSAGE_DICTIONARY].dictionary.version;
    cr_assert_gt(version, 1);
    say_learned(S, version);
    say_learned(S, version - 1);
    cr_assert_eq(world.sent_count[MESSAGE_DDL_DONE], 0);
    say_learned(S + 1, version);
    cr_assert_eq(world.sent_count[MESSAGE_DDL_DONE], 1);
    meta_world_close(&world);
}

/* It may be busy with one long statement; its transactions would all end. */
Test(membership, a_daemon_that_is_only_silent_gets_more_time_than_one_that_is_gone) {
    open_pair();
    meta_world_register(&world, S, 501, 0);
    meta_world_suspect(&world, A, S, 0);
    meta_world_live(&world, 1000000, A, B);
    cr_assert(meta_world_is_live(&world, S));
    meta_world_live(&world, 3000000, A, B);
    cr_assert_not(meta_world_is_live(&world, S));
    meta_world_close(&world);
}
