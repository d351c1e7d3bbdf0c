/* test_coordinator.c: transactions over two shards, and who finishes them when their daemon does not. */
#include "tests/storage/shard_world.h"

#include <criterion/criterion.h>

static struct world *world_of_two(uint32_t nodes) {
    struct world *world = world_open(nodes, 2);
    cr_assert_geq(world_primary(world, 1), 0);
    cr_assert_geq(world_primary(world, 2), 0);
    world_create_table(world);
    return world;
}

static enum status put(struct world *world, uint16_t shard, uint64_t txn, uint32_t id, int32_t k) {
    struct world_write write = {.shard = shard,
                                .txn = txn,
                                .request = 1,
                                .statement = 1,
                                .kind = WRITE_PUT,
                                .id = id,
                                .k = k};
    return world_write(world, &write);
}

static struct message *prepare(struct world *world, uint16_t shard, uint64_t txn) {
    static const uint8_t both[4] = {1, 0, 2, 0};
    struct message *message = world_request(world, MESSAGE_PREPARE, shard);
    message->prepare = (struct prepare){.incarnation = WORLD_INCARNATION,
                                        .txn_number = txn,
                                        .request_count = 1,
                                        .floor = 1,
                                        .first_shard = 1};
    if (shard == 1) message->prepare.participants = slice_of(both, sizeof both);
    return message;
}

static uint64_t prepare_both(struct world *world, uint64_t txn) {
    const struct message *one = world_ask(world, prepare(world, 1, txn));
    const struct message *two = world_ask(world, prepare(world, 2, txn));
    cr_assert(one != NULL && one->prepared.status == STATUS_OK);
    cr_assert(two != NULL && two->prepared.status == STATUS_OK);
    return MAX(one->prepared.timestamp, two->prepared.timestamp);
}

static enum status complete(struct world *world, uint16_t shard, uint64_t txn, uint64_t timestamp) {
    struct message *message = world_request(world, MESSAGE_COMPLETE, shard);
    message->complete = (struct complete){WORLD_INCARNATION, txn, timestamp};
    const struct message *answer = world_ask(world, message);
    return answer == NULL ? STATUS_TIMEOUT : (enum status)answer->done.status;
}

Test(coordinator, a_transaction_over_two_shards_commits_in_both) {
    struct world *world = world_of_two(1);
    cr_assert_eq(put(world, 1, 5, 1, 10), STATUS_OK);
    cr_assert_eq(put(world, 2, 5, 2, 20), STATUS_OK);
    uint64_t timestamp = prepare_both(world, 5);
    cr_assert_eq(complete(world, 1, 5, timestamp), STATUS_OK);
    cr_assert_eq(complete(world, 2, 5, timestamp), STATUS_OK);
    cr_assert_eq(complete(world, 2, 5, timestamp), STATUS_OK); /* again */
    cr_assert_eq(world_read(world, 1, 1, 0), 10);
    cr_assert_eq(world_read(world, 2, 2, 0), 20);
    uint64_t snapshot = world_snapshot(world);
    cr_assert_geq(snapshot, timestamp);
    cr_assert_eq(world_read(world, 2, 2, snapshot), 20);
    world_close(world);
}

Test(coordinator, readers_wait_for_a_prepared_row_and_shards_finish_it_alone) {
    struct world *world = world_of_two(2);
    cr_assert_eq(put(world, 1, 5, 1, 10), STATUS_OK);
    cr_assert_eq(put(world, 2, 5, 2, 20), STATUS_OK);
    prepare_both(world, 5);
    struct message *read = world_read_message(world, 2, 2, 0);
    world_send(world, read);
    world_run_for(world, 1000);
    cr_assert_null(world_answer(world, read));
    world_run_for(world, 60000); /* T8: asked after 5 ms; all prepared is committed (X4) */
    cr_assert_eq(world_read_result(world, read), 20);
    cr_assert_eq(world_read(world, 1, 1, 0), 10);
    cr_assert_eq(lock_count(world_shard(world, (uint32_t)world_primary(world, 1), 1)->locks), 0);
    world_close(world);
}

Test(coordinator, a_missing_prepare_is_buried_after_200_ms) {
    struct world *world = world_of_two(2);
    cr_assert_eq(put(world, 1, 5, 1, 10), STATUS_OK);
    cr_assert_eq(put(world, 2, 5, 2, 20), STATUS_OK);
    const struct message *one = world_ask(world, prepare(world, 1, 5));
    cr_assert_eq(one->prepared.status, STATUS_OK);
    world_run_for(world, 100000);
    cr_assert_eq(world_shard(world, 0, 1)->participants->pool.count, 1); /* not yet */
    world_run_for(world, 1000000);
    cr_assert_eq(world_read(world, 1, 1, 0), WORLD_ABSENT);
    cr_assert_eq(world_read(world, 2, 2, 0), WORLD_ABSENT);
    const struct message *late = world_ask(world, prepare(world, 2, 5));
    cr_assert_eq(late->prepared.status, STATUS_ABORTED);
    cr_assert_eq(complete(world, 1, 5, 0), STATUS_OK);
    world_close(world);
}

Test(coordinator, the_second_shard_prepared_alone_finds_the_first_without_it) {
    struct world *world = world_of_two(2);
    cr_assert_eq(put(world, 1, 5, 1, 10), STATUS_OK);
    cr_assert_eq(put(world, 2, 5, 2, 20), STATUS_OK);
    cr_assert_eq(world_ask(world, prepare(world, 2, 5))->prepared.status, STATUS_OK);
    world_run_for(world, 1000000);
    cr_assert_eq(world_read(world, 2, 2, 0), WORLD_ABSENT);
    cr_assert_eq(world_ask(world, prepare(world, 1, 5))->prepared.status, STATUS_ABORTED);
    world_close(world);
}

Test(coordinator, a_new_primary_finishes_what_it_finds_prepared) {
    struct world *world = world_of_two(3);
    cr_assert_eq(put(world, 1, 5, 1, 10), STATUS_OK);
    cr_assert_eq(put(world, 2, 5, 2, 20), STATUS_OK);
    prepare_both(world, 5);
    world_kill(world, 0);
    world_run_for(world, 3000000);
    cr_assert_geq(world_primary(world, 1), 0);
    cr_assert_eq(world_read(world, 1, 1, 0), 10);
    cr_assert_eq(world_read(world, 2, 2, 0), 20);
    cr_assert_eq(world_read(world, 2, 2, world_snapshot(world)), 20);
    world_close(world);
}

static void close_daemon(struct world *world, uint32_t node) {
    struct message message = {.header = {.kind = MESSAGE_PEER,
                                         .wire_version = WIRE_VERSION,
                                         .to_node = (uint16_t)(WORLD_NODE_FIRST + node)},
                              .peer = {WORLD_DAEMON, WORLD_INCARNATION, PEER_CLOSED}};
    world_send(world, &message);
}

/* Simulator seed 420 with a planted fault that it does not need: the outcome that lay in the log was decided again, and
 * applying the first one ended the process. */
Test(coordinator, a_new_primary_decides_nothing_before_its_log_is_applied) {
    struct world *world = world_of_two(3);
    cr_assert_eq(put(world, 1, 5, 1, 10), STATUS_OK);
    cr_assert_eq(put(world, 2, 5, 2, 20), STATUS_OK);
    uint64_t timestamp = prepare_both(world, 5);
    world_pause(world, 2); /* so nothing is confirmed */
    cr_assert_eq(complete(world, 1, 5, timestamp), STATUS_TIMEOUT);
    world_kill(world, 0);
    world_run(world);
    const struct shard *next = world_shard(world, 1, 1);
    cr_assert_eq(next->role.state, SHARD_EQUALISING);
    uint64_t appended = next->log.appended;
    close_daemon(world, 1);
    world_run(world);
    cr_assert_eq(next->log.appended, appended);
    world_run_for(world, 3000000);
    cr_assert_eq(world_primary(world, 1), 1);
    cr_assert_eq(world_read(world, 1, 1, 0), 10);
    cr_assert_eq(world_read(world, 2, 2, 0), 20);
    world_close(world);
}

Test(coordinator, a_crash_of_all_keeps_prepared_transactions_whole) {
    struct world *world = world_of_two(1);
    cr_assert_eq(put(world, 1, 5, 1, 10), STATUS_OK);
    cr_assert_eq(put(world, 2, 5, 2, 20), STATUS_OK);
    prepare_both(world, 5);
    world_power_off(world, 0);
    world_start(world, 0);
    world_run_for(world, 2000000);
    cr_assert_eq(world_read(world, 1, 1, 0), 10);
    cr_assert_eq(world_read(world, 2, 2, 0), 20);
    world_close(world);
}

Test(coordinator, a_daemon_learns_the_outcome_of_its_commit) {
    struct world *world = world_of_two(2);
    struct world_write write = {.shard = 1,
                                .txn = 9,
                                .request = 1,
                                .statement = 1,
                                .kind = WRITE_PUT,
                                .id = 4,
                                .k = 44,
                                .mode = COMMIT_AFTER};
    cr_assert_eq(world_write(world, &write), STATUS_OK);
    world_kill(world, 0);
    world_run_for(world, 2000000);
    struct message *ask = world_request(world, MESSAGE_ASK_OUTCOME, 1);
    ask->ask_outcome = (struct ask_outcome){WORLD_INCARNATION, 9, 1, 1};
    cr_assert_eq(world_ask(world, ask)->outcome.state, OUTCOME_COMMITTED);
    ask = world_request(world, MESSAGE_ASK_OUTCOME, 1);
    ask->ask_outcome = (struct ask_outcome){WORLD_INCARNATION, 10, 1, 0};
    cr_assert_eq(world_ask(world, ask)->outcome.state, OUTCOME_UNKNOWN);
    ask = world_request(world, MESSAGE_ASK_OUTCOME, 1);
    ask->ask_outcome = (struct ask_outcome){WORLD_INCARNATION, 10, 1, 1};
    cr_assert_eq(world_ask(world, ask)->outcome.state, OUTCOME_ABORTED);
    write.txn = 10;
    cr_assert_eq(world_write(world, &write), STATUS_ABORTED);
    world_close(world);
}

Test(coordinator, marks_let_outcomes_go) {
    struct world *world = world_of_two(1);
    for (uint64_t txn = 1; txn <= 10; txn++) {
        struct world_write write = {.shard = 1,
                                    .txn = txn,
                                    .request = 1,
                                    .statement = 1,
                                    .kind = WRITE_PUT,
                                    .id = 4,
                                    .k = 44,
                                    .mode = COMMIT_AFTER};
        cr_assert_eq(world_write(world, &write), STATUS_OK);
    }
    struct shard *shard = world_shard(world, 0, 1);
    cr_assert_eq(outcome_count(&shard->outcomes), 10);
    uint8_t exceptions[8];
    store_le64(exceptions, 3);
    struct message *mark = world_request(world, MESSAGE_MARK, 1);
    mark->mark = (struct mark){WORLD_INCARNATION, 8, slice_of(exceptions, 8)};
    world_send(world, mark);
    world_run(world);
    cr_assert_eq(outcome_count(&shard->outcomes), 4);
    cr_assert_not_null(outcome_find(&shard->outcomes, (struct writer_id){WORLD_INCARNATION, 3}));
    world_close(world);
}

Test(coordinator, deadlocks_over_two_shards_end_one_of_two) {
    struct world *world = world_of_two(2);
    cr_assert_eq(put(world, 1, 5, 1, 10), STATUS_OK);
    cr_assert_eq(put(world, 2, 6, 2, 20), STATUS_OK);
    struct world_write write = {
        .shard = 2, .txn = 5, .request = 1, .statement = 2, .kind = WRITE_PUT, .id = 2, .k = 11};
    struct message *five = world_write_message(world, &write);
    write.shard = 1;
    write.txn = 6;
    write.id = 1;
    struct message *six = world_write_message(world, &write);
    world_send(world, five);
    world_send(world, six);
    world_run_for(world, 200000);
    cr_assert_not_null(world_answer(world, six));
    cr_assert_eq(world_answer(world, six)->written.status, STATUS_DEADLOCK); /* the younger one */
    struct message *abort = world_request(world, MESSAGE_ABORT, 2);
    abort->abort = (struct abort){WORLD_INCARNATION, 6};
    cr_assert_eq(world_ask(world, abort)->done.status, STATUS_OK);
    world_run(world);
    cr_assert_eq(world_answer(world, five)->written.status, STATUS_OK);
    world_close(world);
}
