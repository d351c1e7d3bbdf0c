/* test_participant.c: transactions of one shard on one node, by events. */
#include "tests/storage/shard_world.h"

#include <criterion/criterion.h>

#include "wire/pack.h"

static struct world *world_with_table(uint32_t nodes, uint32_t shards) {
    struct world *world = world_open(nodes, shards);
    cr_assert_eq(world_primary(world, 1), 0);
    world_create_table(world);
    return world;
}

static enum status insert(struct world *world, uint64_t txn, uint32_t request, uint32_t id,
                          int32_t k) {
    struct world_write write = {.shard = 1,
                                .txn = txn,
                                .request = request,
                                .statement = request,
                                .kind = WRITE_INSERT,
                                .id = id,
                                .k = k};
    return world_write(world, &write);
}

static enum status put_now(struct world *world, uint32_t id, int32_t k) {
    struct world_write write = {
        .shard = 1, .kind = WRITE_PUT, .id = id, .k = k, .mode = COMMIT_AFTER};
    return world_write(world, &write);
}

Test(participant, an_autocommit_write_is_read_back) {
    struct world *world = world_with_table(1, 1);
    cr_assert_eq(put_now(world, 1, 10), STATUS_OK);
    cr_assert_eq(put_now(world, 1, 11), STATUS_OK);
    cr_assert_eq(world_read(world, 1, 1, 0), 11);
    cr_assert_eq(world_read(world, 1, 2, 0), WORLD_ABSENT);
    world_close(world);
}

Test(participant, a_snapshot_does_not_see_what_is_committed_later) {
    struct world *world = world_with_table(1, 1);
    cr_assert_eq(put_now(world, 1, 10), STATUS_OK);
    uint64_t snapshot = world_snapshot(world);
    cr_assert_eq(world_read(world, 1, 1, snapshot), 10);
    cr_assert_eq(put_now(world, 1, 11), STATUS_OK);
    cr_assert_eq(world_read(world, 1, 1, snapshot), 10);
    cr_assert_eq(world_read(world, 1, 1, world_snapshot(world)), 11);
    world_close(world);
}

Test(participant, writes_are_invisible_until_commit_and_gone_after_abort) {
    struct world *world = world_with_table(1, 1);
    cr_assert_eq(insert(world, 5, 1, 1, 10), STATUS_OK);
    cr_assert_eq(world_read(world, 1, 1, 0), WORLD_ABSENT);
    cr_assert_eq(world_commit(world, 1, 5, 1), STATUS_OK);
    cr_assert_eq(world_read(world, 1, 1, 0), 10);
    cr_assert_eq(insert(world, 6, 1, 2, 20), STATUS_OK);
    struct message *abort = world_request(world, MESSAGE_ABORT, 1);
    abort->abort = (struct abort){WORLD_INCARNATION, 6};
    cr_assert_eq(world_ask(world, abort)->done.status, STATUS_OK);
    cr_assert_eq(world_read(world, 1, 2, 0), WORLD_ABSENT);
    cr_assert_eq(lock_count(world_shard(world, 0, 1)->locks), 0);
    world_close(world);
}

Test(participant, a_commit_is_answered_again_and_a_gap_is_refused) {
    struct world *world = world_with_table(1, 1);
    cr_assert_eq(insert(world, 5, 1, 1, 10), STATUS_OK);
    cr_assert_eq(insert(world, 5, 3, 2, 10), STATUS_WRONG_ORDER);
    cr_assert_eq(insert(world, 5, 1, 2, 10), STATUS_WRONG_ORDER);
    cr_assert_eq(world_commit(world, 1, 5, 2), STATUS_WRONG_ORDER);
    cr_assert_eq(world_commit(world, 1, 5, 1), STATUS_OK);
    cr_assert_eq(world_commit(world, 1, 5, 1), STATUS_OK);
    cr_assert_eq(world_commit(world, 1, 6, 1), STATUS_ABORTED);
    cr_assert_eq(insert(world, 5, 1, 3, 10), STATUS_WRONG_ORDER);
    world_close(world);
}

Test(participant, a_refused_request_leaves_nothing_and_the_transaction_goes_on) {
    struct world *world = world_with_table(1, 1);
    cr_assert_eq(put_now(world, 1, 10), STATUS_OK);
    cr_assert_eq(insert(world, 5, 1, 2, 20), STATUS_OK);
    cr_assert_eq(insert(world, 5, 2, 1, 99), STATUS_DUPLICATE);
    cr_assert_eq(world_commit(world, 1, 5, 2), STATUS_OK);
    cr_assert_eq(world_read(world, 1, 1, 0), 10);
    cr_assert_eq(world_read(world, 1, 2, 0), 20);
    world_close(world);
}

Test(participant, a_statement_is_rolled_back_alone) {
    struct world *world = world_with_table(1, 1);
    cr_assert_eq(insert(world, 5, 1, 1, 10), STATUS_OK);
    cr_assert_eq(insert(world, 5, 2, 2, 20), STATUS_OK);
    cr_assert_eq(insert(world, 5, 3, 3, 30), STATUS_OK);
    struct message *undo = world_request(world, MESSAGE_ROLL_BACK, 1);
    undo->roll_back = (struct roll_back){WORLD_INCARNATION, 5, 4, 2};
    cr_assert_eq(world_ask(world, undo)->done.status, STATUS_OK);
    cr_assert_eq(world_commit(world, 1, 5, 4), STATUS_OK);
    cr_assert_eq(world_read(world, 1, 1, 0), 10);
    cr_assert_eq(world_read(world, 1, 2, 0), WORLD_ABSENT);
    cr_assert_eq(world_read(world, 1, 3, 0), WORLD_ABSENT);
    world_close(world);
}

Test(participant, a_writer_waits_for_a_lock_until_the_holder_commits) {
    struct world *world = world_with_table(1, 1);
    cr_assert_eq(insert(world, 5, 1, 1, 10), STATUS_OK);
    struct world_write write = {
        .shard = 1, .kind = WRITE_PUT, .id = 1, .k = 11, .mode = COMMIT_AFTER};
    struct message *second = world_write_message(world, &write);
    cr_assert_null(world_ask(world, second));
    cr_assert_eq(world_commit(world, 1, 5, 1), STATUS_OK);
    world_run(world);
    cr_assert_not_null(world_answer(world, second));
    cr_assert_eq(world_answer(world, second)->written.status, STATUS_OK);
    cr_assert_eq(world_read(world, 1, 1, 0), 11);
    world_close(world);
}

Test(participant, a_lock_wait_times_out) {
    struct world *world = world_with_table(1, 1);
    cr_assert_eq(insert(world, 5, 1, 1, 10), STATUS_OK);
    struct world_write write = {
        .shard = 1, .txn = 6, .request = 1, .statement = 1, .kind = WRITE_PUT, .id = 1, .k = 11};
    struct message *second = world_write_message(world, &write);
    cr_assert_null(world_ask(world, second));
    world_run_for(world, 2000000);
    cr_assert_eq(world_answer(world, second)->written.status, STATUS_LOCK_TIMEOUT);
    cr_assert_eq(insert(world, 6, 2, 2, 20), STATUS_OK); /* the statement failed, not more (X9) */
    cr_assert_eq(world_commit(world, 1, 6, 2), STATUS_OK);
    world_close(world);
}

Test(participant, a_deadlock_ends_its_requester) {
    struct world *world = world_with_table(1, 1);
    cr_assert_eq(insert(world, 5, 1, 1, 10), STATUS_OK);
    cr_assert_eq(insert(world, 6, 1, 2, 20), STATUS_OK);
    struct world_write write = {
        .shard = 1, .txn = 5, .request = 2, .statement = 2, .kind = WRITE_PUT, .id = 2, .k = 12};
    struct message *waits = world_write_message(world, &write);
    cr_assert_null(world_ask(world, waits));
    cr_assert_eq(insert(world, 6, 2, 1, 21), STATUS_DEADLOCK);
    world_run(world);
    cr_assert_eq(world_answer(world, waits)->written.status, STATUS_OK);
    cr_assert_eq(world_commit(world, 1, 6, 2), STATUS_ABORTED);
    cr_assert_eq(world_commit(world, 1, 5, 2), STATUS_OK);
    cr_assert_eq(world_read(world, 1, 2, 0), 12);
    world_close(world);
}

Test(participant, a_closed_connection_takes_its_transactions_along) {
    struct world *world = world_with_table(1, 1);
    cr_assert_eq(insert(world, 5, 1, 1, 10), STATUS_OK);
    struct message peer = {
        .header = {.kind = MESSAGE_PEER, .wire_version = WIRE_VERSION, .to_node = WORLD_NODE_FIRST},
        .peer = {WORLD_DAEMON, WORLD_INCARNATION, PEER_CLOSED}};
    world_send(world, &peer);
    world_run(world);
    cr_assert_eq(lock_count(world_shard(world, 0, 1)->locks), 0);
    cr_assert_eq(world_commit(world, 1, 5, 1), STATUS_ABORTED);
    cr_assert_eq(world_read(world, 1, 1, 0), WORLD_ABSENT);
    world_close(world);
}

/* An autocommit PUT of `count` rows from `first` on. */
static struct message *put_many(struct world *world, uint32_t first, uint32_t count) {
    struct world_write write = {
        .shard = 1, .kind = WRITE_PUT, .id = first, .k = 1, .mode = COMMIT_AFTER};
    struct message *message = world_write_message(world, &write);
    struct buffer ops = buffer_of(&world->arena);
    for (uint32_t id = first; id < first + count; id++) {
        struct pack_op op = {WRITE_PUT, world_key(world, id), world_row(world, id, 1)};
        pack_op(&ops, &op);
    }
    message->write.ops = buffer_slice(&ops);
    message->write.op_count = count;
    return message;
}

Test(participant, commits_wait_while_the_log_is_full) {
    enum { TXNS = 40, ROWS = 800 }; /* four times what redo takes before it is written */
    struct world *world = world_with_table(1, 1);
    struct message *sent[TXNS];
    for (uint32_t i = 0; i < TXNS; i++) {
        sent[i] = put_many(world, 1 + i * ROWS, ROWS);
        world_send(world, sent[i]);
    }
    world_run_for(world, 1000000);
    for (uint32_t i = 0; i < TXNS; i++) {
        const struct message *answer = world_answer(world, sent[i]);
        cr_assert_not_null(answer);
        cr_assert_eq(answer->written.status, STATUS_OK, "%u: %d", i, answer->written.status);
        cr_assert_eq(world_read(world, 1, i * ROWS + ROWS, 0), 1);
    }
    world_close(world);
}

Test(participant, commits_that_wait_for_the_log_end_with_the_term) {
    enum { TXNS = 40, ROWS = 800 };
    struct world *world = world_with_table(2, 1);
    struct message *sent[TXNS];
    for (uint32_t i = 0; i < TXNS; i++) {
        sent[i] = put_many(world, 1 + i * ROWS, ROWS);
        world_send(world, sent[i]);
    }
    uint32_t primary = (uint32_t)world_primary(world, 1);
    const struct shard *shard = world_shard(world, primary, 1);
    for (uint32_t i = 0; i < 1000 && list_is_empty(&shard->participants->log_room); i++)
        world_run_messages(world, 1);
    cr_assert(!list_is_empty(&shard->participants->log_room), "the test sends too little");
    world_depose(world, 1);
    world_run_for(world, 2000000);
    cr_assert_neq(world_primary(world, 1), (int)primary);
    for (uint32_t i = 0; i < TXNS; i++) { /* all of a transaction, or nothing */
        int32_t first = world_read(world, 1, 1 + i * ROWS, 0);
        cr_assert_eq(world_read(world, 1, i * ROWS + ROWS, 0), first);
        const struct message *answer = world_answer(world, sent[i]);
        bool is_acknowledged = answer != NULL && answer->header.kind == MESSAGE_WRITTEN &&
                               answer->written.status == STATUS_OK;
        if (is_acknowledged) cr_assert_eq(first, 1);
    }
    cr_assert_eq(put_now(world, 1, 2), STATUS_OK);
    world_close(world);
}

Test(participant, what_was_acknowledged_survives_a_loss_of_power) {
    struct world *world = world_with_table(1, 1);
    for (uint32_t id = 1; id <= 50; id++) cr_assert_eq(put_now(world, id, (int32_t)id), STATUS_OK);
    cr_assert_eq(insert(world, 5, 1, 100, 10), STATUS_OK); /* never committed */
    world_power_off(world, 0);
    world_start(world, 0);
    world_run_for(world, 100000);
    cr_assert_eq(world_primary(world, 1), 0);
    for (uint32_t id = 1; id <= 50; id++) cr_assert_eq(world_read(world, 1, id, 0), (int32_t)id);
    cr_assert_eq(world_read(world, 1, 100, 0), WORLD_ABSENT);
    cr_assert_eq(world_read(world, 1, 7, world_snapshot(world)), 7);
    world_close(world);
}

static uint32_t count_range(struct world *world, uint64_t snapshot, uint32_t limit) {
    struct message *read = world_read_message(world, 1, 0, snapshot);
    struct buffer ranges = buffer_of(&world->arena);
    struct pack_range range = {.flags = RANGE_LOWER_NONE | RANGE_UPPER_NONE};
    pack_range(&ranges, &range);
    read->read.position_kind = POSITION_RANGES;
    read->read.positions = buffer_slice(&ranges);
    read->read.row_limit = limit;
    uint32_t count = 0;
    for (int i = 0; i < 100; i++) {
        const struct message *answer = world_ask(world, read);
        cr_assert_not_null(answer);
        cr_assert_eq(answer->rows.status, STATUS_OK);
        count += answer->rows.row_count;
        if (!answer->rows.more) return count;
        struct slice resume = arena_copy(&world->arena, answer->rows.resume);
        read->header.request_id = ++world->request_id;
        read->read.resume = resume;
    }
    cr_assert_fail("a scan does not end");
    return 0;
}

Test(participant, a_long_scan_is_cut_and_resumed) {
    struct world *world = world_with_table(1, 1);
    for (uint32_t id = 1; id <= 2500; id += 50) {
        struct message *message = world_request(world, MESSAGE_WRITE, 1);
        struct buffer ops = buffer_of(&world->arena);
        for (uint32_t i = id; i < id + 50; i++) {
            struct pack_op op = {WRITE_INSERT, world_key(world, i), world_row(world, i, 1)};
            pack_op(&ops, &op);
        }
        message->write = (struct write){.incarnation = WORLD_INCARNATION,
                                        .table_id = WORLD_TABLE,
                                        .commit_mode = COMMIT_AFTER,
                                        .op_count = 50,
                                        .ops = buffer_slice(&ops)};
        cr_assert_eq(world_ask(world, message)->written.status, STATUS_OK);
    }
    uint64_t snapshot = world_snapshot(world);
    cr_assert_eq(count_range(world, snapshot, 0), 2500);
    cr_assert_eq(count_range(world, snapshot, 7), 7);
    world_close(world);
}
