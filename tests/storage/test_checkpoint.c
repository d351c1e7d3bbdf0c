/* test_checkpoint.c: items and blocks as bytes; when a checkpoint begins, counts, and what it removes. */
#include <criterion/criterion.h>

#include "storage/checkpoint_private.h"
#include "tests/storage/log_world.h"

static struct chunks chunks;
static struct arena arena;

static void setup(void) {
    chunks = chunks_open();
    arena_open(&arena, &chunks.source, 0);
}
static void teardown(void) { arena_close(&arena); }

static void add_items(struct buffer *items, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        struct item item = {.kind = ITEM_ROW};
        item.row = (struct item_row){.table_id = 3,
                                     .term = 2,
                                     .position = i,
                                     .timestamp = i * 7,
                                     .key = slice_of(&i, 4),
                                     .row = SLICE_LITERAL("some row bytes")};
        item_append(items, &item);
    }
}

Test(checkpoint, items_come_back_as_they_were, .init = setup, .fini = teardown) {
    struct buffer items = buffer_of(&arena);
    add_items(&items, 100);
    struct item term = {.kind = ITEM_TERM};
    term.term = (struct item_term){.term = 4, .first_position = 99};
    item_append(&items, &term);
    struct slice rest = buffer_slice(&items);
    struct item item;
    for (uint32_t i = 0; i < 100; i++) {
        cr_assert_eq(item_next(&rest, &item), STATUS_OK);
        cr_assert(item.kind == ITEM_ROW && item.row.position == i);
    }
    cr_assert_eq(item_next(&rest, &item), STATUS_OK);
    cr_assert(item.kind == ITEM_TERM && item.term.first_position == 99);
    cr_assert_eq(item_next(&rest, &item), STATUS_END);
}

Test(checkpoint, cut_items_and_unknown_kinds_are_refused, .init = setup, .fini = teardown) {
    struct buffer items = buffer_of(&arena);
    add_items(&items, 1);
    struct item item;
    for (size_t size = 1; size < items.size; size++) {
        struct slice cut = slice_of(items.data, size);
        cr_assert_eq(item_next(&cut, &item), STATUS_CORRUPT);
    }
    items.data[0] = 99;
    struct slice unknown = buffer_slice(&items);
    cr_assert_eq(item_next(&unknown, &item), STATUS_CORRUPT);
    struct buffer prepared = buffer_of(&arena);
    item = (struct item){.kind = ITEM_PREPARED};
    item.prepared.record = SLICE_LITERAL("not a record at all, by far");
    item_append(&prepared, &item);
    struct slice foreign = buffer_slice(&prepared);
    cr_assert_eq(item_next(&foreign, &item), STATUS_CORRUPT);
}

Test(checkpoint, a_block_comes_back_and_any_changed_byte_is_seen, .init = setup, .fini = teardown) {
    struct compressor *compressor = compressor_open(&chunks.source);
    struct buffer items = buffer_of(&arena);
    add_items(&items, 200);
    uint8_t *bytes = arena_alloc(&arena, block_bytes_max(items.size));
    struct block block = {.number = 8, .index = 3}, back;
    size_t size = block_seal(&block, compressor, buffer_slice(&items), bytes);
    cr_assert_lt(size, items.size);
    struct slice sealed = slice_of(bytes, size), unpacked;
    cr_assert_eq(block_read_header(sealed, &back), STATUS_OK);
    cr_assert(back.number == 8 && back.index == 3 && block_is_whole(&back, sealed));
    cr_assert_eq(block_unpack(&back, sealed, compressor, &arena, &unpacked), STATUS_OK);
    cr_assert(slice_equal(unpacked, buffer_slice(&items)));
    for (size_t at = 0; at < size; at++) {
        bytes[at] ^= 1;
        bool whole = block_read_header(sealed, &back) == STATUS_OK &&
                     BLOCK_HEADER_BYTES + (size_t)back.stored_bytes <= size &&
                     block_is_whole(&back, sealed);
        cr_assert_not(whole, "byte %zu", at);
        bytes[at] ^= 1;
    }
    compressor_close(compressor);
}

static struct world *fresh(uint64_t seed) {
    struct world *world = world_open(seed, 64 * KIB);
    cr_assert_eq(world_recover(world), RECOVERY_DONE);
    cr_assert(world_verify(world), "%s", world->failure);
    world_settle(world);
    return world;
}

Test(checkpoint, it_is_due_when_the_log_has_grown) {
    struct world *world = fresh(1);
    cr_assert_not(checkpoint_is_due(world->checkpoint));
    for (int i = 0; i < 40; i++) {
        world_append(world, 0, 2000);
        world_flush(world);
        while (world_disk_step(world)) {}
    }
    cr_assert(checkpoint_is_due(world->checkpoint));
    world_checkpoint(world);
    cr_assert_not(checkpoint_is_due(world->checkpoint));
    cr_assert_eq(checkpoint_published_count(world->checkpoint), 1);
    world_close(world);
}

Test(checkpoint, two_are_kept_and_older_ones_removed) {
    struct world *world = fresh(2);
    for (int i = 0; i < 5; i++) world_checkpoint(world);
    world_settle(world);
    cr_assert_eq(fake_disk_count(world->disk, DISK_CHECKPOINT), 2);
    cr_assert_not_null(fake_disk_file(world->disk, DISK_CHECKPOINT, 5));
    cr_assert_not_null(fake_disk_file(world->disk, DISK_CHECKPOINT, 4));
    world_close(world);
}

Test(checkpoint, an_abandoned_one_leaves_nothing) {
    struct world *world = fresh(3);
    world_append(world, 0, 100);
    world_flush(world);
    for (int turn = 0; turn < 300 && !checkpoint_is_running(world->checkpoint); turn++)
        world_turn(world);
    cr_assert(checkpoint_is_running(world->checkpoint));
    uint64_t published = checkpoint_published_count(world->checkpoint);
    effects_open(&world->out, &world->turn_arena);
    checkpoint_abandon(world->checkpoint, &world->out);
    fake_disk_take(world->disk, &world->out);
    while (checkpoint_is_running(world->checkpoint) && world_disk_step(world)) {}
    cr_assert_not(checkpoint_is_running(world->checkpoint));
    cr_assert_leq(checkpoint_published_count(world->checkpoint), published + 1);
    world_close(world);
}
