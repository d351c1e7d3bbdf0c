/* Facts of primaries and in-sync sets. */
#include <criterion/criterion.h>

#include "tests/meta/meta_world.h"

enum { A = NODE_STORAGE_FIRST, B = NODE_STORAGE_FIRST + 1 };

static struct meta_world world;

/* A dictionary that is not empty any more: logs may not be missing from now on. */
static void make_old(void) {
    struct message ddl = {
        .header = {.kind = MESSAGE_DDL, .from_node = NODE_SQL_FIRST, .request_id = 1}};
    ddl.ddl =
        (struct ddl){.ddl_kind = DDL_CREATE_DATABASE, .nonce = 77, .database = SLICE_LITERAL("d")};
    meta_world_send(&world, &ddl);
}

static void open_pair(enum durability durability) {
    meta_world_open(&world, 2, 2, durability);
    meta_world_register(&world, A, 101, 0);
    meta_world_register(&world, B, 102, 0);
    make_old();
}

Test(placement, a_group_begins_when_all_its_nodes_are_there) {
    meta_world_open(&world, 2, 2, DURABILITY_SYNC);
    meta_world_register(&world, A, 101, 0);
    cr_assert_eq(meta_world_shard(&world, 1)->primary, 0);
    meta_world_register(&world, B, 102, 0);
    cr_assert_eq(meta_world_shard(&world, 1)->primary, A);
    cr_assert_eq(meta_world_shard(&world, 2)->primary, B);
    cr_assert_eq(meta_world_shard(&world, 1)->replica_count, 2);
    meta_world_close(&world);
}

Test(placement, all_shards_of_a_dead_node_move_in_one_decision) {
    open_pair(DURABILITY_SYNC);
    uint64_t revision = world.configuration->revision;
    meta_world_suspect(&world, B, A, 1);
    cr_assert_eq(world.configuration->revision, revision + 1);
    cr_assert_eq(meta_world_shard(&world, 1)->primary, B);
    cr_assert_eq(meta_world_shard(&world, 1)->term, 2);
    cr_assert_eq(meta_world_shard(&world, 1)->replica_count, 1);
    cr_assert_eq(meta_world_shard(&world, 2)->term, 1);
    meta_world_close(&world);
}

Test(placement, a_proposal_of_an_older_version_is_refused) {
    open_pair(DURABILITY_SYNC);
    const struct configuration_shard old = *meta_world_shard(&world, 1);
    cr_assert_eq(meta_world_propose(&world, PROPOSAL_UNLIST, B, meta_world_incarnation(&world, B)),
                 STATUS_OK);
    cr_assert_eq(meta_world_shard(&world, 1)->replica_count, 1);
    struct message late = {.header = {.kind = MESSAGE_PROPOSE,
                                      .shard = 1,
                                      .from_node = A,
                                      .from_incarnation = old.primary_incarnation,
                                      .term = old.term,
                                      .config_version = old.version}};
    late.propose = (struct propose){PROPOSAL_LIST, B, meta_world_incarnation(&world, B)};
    meta_world_send(&world, &late);
    cr_assert_eq(world.last[MESSAGE_DECIDED].decided.status, STATUS_OLD_TERM);
    cr_assert_eq(meta_world_shard(&world, 1)->replica_count, 1);
    meta_world_close(&world);
}

Test(placement, the_last_backup_is_unlisted_only_after_the_switch_to_sync) {
    open_pair(DURABILITY_REPLICATED);
    uint32_t b = meta_world_incarnation(&world, B);
    cr_assert_eq(meta_world_propose(&world, PROPOSAL_UNLIST, B, b), STATUS_INVALID);
    cr_assert_eq(meta_world_propose(&world, PROPOSAL_SYNC, 0, 0), STATUS_OK);
    cr_assert_eq(meta_world_propose(&world, PROPOSAL_UNLIST, B, b), STATUS_OK);
    cr_assert_eq(meta_world_propose(&world, PROPOSAL_LIST, B, b), STATUS_OK);
    cr_assert_eq(meta_world_shard(&world, 1)->durability, DURABILITY_REPLICATED);
    cr_assert_eq(meta_world_propose(&world, PROPOSAL_LIST, B, b + 7), STATUS_INVALID);
    meta_world_close(&world);
}

/* Everything was killed; A comes back. */
static void restart(enum durability durability, uint64_t position_a) {
    open_pair(durability);
    meta_world_restart(&world);
    meta_world_register(&world, A, 201, position_a);
}

/* Its registration is all that an election has waited for, and changes nothing in the store (simulator seed 5565). */
Test(placement, a_member_that_a_new_controller_hears_of_again_leads_at_once) {
    restart(DURABILITY_REPLICATED, 5);
    uint32_t term = meta_world_shard(&world, 1)->term;
    cr_assert_eq(meta_world_shard(&world, 1)->primary, A);
    cr_assert_neq(meta_world_register(&world, B, 102, 5), 0); /* it had not ended */
    meta_world_pass(&world, 1000);
    cr_assert_eq(meta_world_shard(&world, 1)->primary, B);
    cr_assert_eq(meta_world_shard(&world, 1)->term, term + 1);
    meta_world_close(&world);
}

Test(placement, in_sync_the_first_member_that_comes_back_leads) {
    restart(DURABILITY_SYNC, 5);
    meta_world_live(&world, 3000000, A, 0); /* B is dead by now */
    cr_assert_eq(meta_world_shard(&world, 1)->primary, A);
    cr_assert_eq(meta_world_shard(&world, 1)->replica_count, 1);
    meta_world_close(&world);
}

Test(placement, in_replicated_all_members_are_waited_for_and_the_longest_log_leads) {
    restart(DURABILITY_REPLICATED, 5);
    uint32_t term = meta_world_shard(&world, 1)->term;
    meta_world_live(&world, 10000000, A, 0);
    cr_assert_eq(meta_world_shard(&world, 1)->term, term);
    meta_world_register(&world, B, 202, 9);
    cr_assert_eq(meta_world_shard(&world, 1)->primary, B);
    cr_assert_eq(meta_world_shard(&world, 1)->primary_incarnation,
                 meta_world_incarnation(&world, B));
    meta_world_close(&world);
}

Test(placement, a_member_that_comes_back_without_its_log_does_not_lead) {
    open_pair(DURABILITY_SYNC);
    /* tables were made since */
    uint8_t value[8];
    store_le32(value, 9);
    store_le32(value + 4, 4);
    struct store_pair pair = {SLICE_LITERAL("dictionary"), slice_of(value, 8), UINT64_MAX};
    struct effect effect = {.kind = EFFECT_STORE,
                            .store_op = {.kind = STORE_CHANGE, .pairs = &pair, .pair_count = 1}};
    struct effects effects = {.list = &effect, .count = 1};
    fake_store_take(&world.store, &effects);
    fake_store_forget(&world.store);
    meta_world_restart(&world);
    meta_world_register(&world, A, 201, 0);
    meta_world_live(&world, 5000000, A, 0);
    cr_assert_neq(meta_world_shard(&world, 1)->primary_incarnation,
                  meta_world_incarnation(&world, A));
    meta_world_register(&world, B, 202, 3);
    cr_assert_eq(meta_world_shard(&world, 1)->primary, B);
    meta_world_close(&world);
}

Test(placement, primaries_go_back_to_a_node_that_rejoined) {
    open_pair(DURABILITY_SYNC);
    meta_world_suspect(&world, B, A, 1);
    uint32_t a = meta_world_register(&world, A, 301, 1);
    cr_assert_eq(meta_world_propose(&world, PROPOSAL_LIST, A, a), STATUS_OK);
    /* shard 2, too */
    const struct configuration_shard *shard = meta_world_shard(&world, 2);
    struct message list = {.header = {.kind = MESSAGE_PROPOSE,
                                      .shard = 2,
                                      .from_node = shard->primary,
                                      .from_incarnation = shard->primary_incarnation,
                                      .term = shard->term,
                                      .config_version = shard->version}};
    list.propose = (struct propose){PROPOSAL_LIST, A, a};
    meta_world_send(&world, &list);
    meta_world_live(&world, 10000000, A, B);
    cr_assert_neq(meta_world_shard(&world, 1)->primary, meta_world_shard(&world, 2)->primary);
    meta_world_close(&world);
}
