/* test_memory.c: the tests of storage/memory.c. */
#include <criterion/criterion.h>

#include "tests/storage/test_region.h"

static uint32_t take(struct memory *memory, size_t size) {
    uint32_t handle;
    enum status status = memory_take(memory, size, MEMORY_GROW, &handle);
    cr_assert_eq(status, STATUS_OK);
    return handle;
}

Test(memory, a_class_wastes_less_than_a_third_and_fits) {
    for (size_t size = 1; size <= 16384; size++) {
        size_t bytes = memory_class_bytes(size);
        cr_assert(bytes >= size && bytes % 16 == 0);
        cr_assert(bytes <= MAX((size_t)16, size + 15 + size / 2));
    }
    cr_assert_eq(memory_class_bytes(16385), MEMORY_PAGE_BYTES);
    cr_assert_eq(memory_class_bytes(100000), 4 * MEMORY_PAGE_BYTES);
}

Test(memory, a_region_of_a_few_pages_is_refused) {
    struct memory memory;
    static _Alignas(MEMORY_PAGE_BYTES) uint8_t bytes[MEMORY_PAGE_BYTES];
    cr_assert_eq(memory_open(&memory, bytes, sizeof(bytes), 0), STATUS_INVALID);
}

Test(memory, cells_are_aligned_and_do_not_overlap) {
    struct region region;
    region_open(&region, 4 << 20, 0);
    uint32_t handles[1000];
    for (uint32_t i = 0; i < 1000; i++) {
        size_t size = 1 + i % 700;
        handles[i] = take(&region.memory, size);
        memset(memory_at(&region.memory, handles[i]), (int)(i % 251), size);
    }
    for (uint32_t i = 0; i < 1000; i++) {
        const uint8_t *cell = memory_at(&region.memory, handles[i]);
        cr_assert_eq((uintptr_t)cell % 16, 0);
        for (uint32_t at = 0; at < 1 + i % 700; at++) cr_assert_eq(cell[at], i % 251);
        memory_give(&region.memory, handles[i], 1 + i % 700);
    }
    cr_assert_eq(region.memory.used_bytes, 0);
    cr_assert_eq(region.memory.cell_count, 0);
    region_close(&region);
}

Test(memory, nodes_and_groups_lie_on_their_cache_lines) {
    struct region region;
    region_open(&region, 1 << 20, 0);
    for (uint32_t i = 0; i < 50; i++) {
        cr_assert_eq((uintptr_t)memory_at(&region.memory, take(&region.memory, 1024)) % 1024, 0);
        cr_assert_eq((uintptr_t)memory_at(&region.memory, take(&region.memory, 64)) % 64, 0);
    }
    region_close(&region);
}

Test(memory, growth_leaves_the_reserve_to_undo) {
    struct region region;
    region_open(&region, 64 * MEMORY_PAGE_BYTES, 25);
    uint32_t handle, count = 0, more = 0;
    while (memory_take(&region.memory, 16384, MEMORY_GROW, &handle) == STATUS_OK) count++;
    cr_assert(count > 80 && count <= 2 * 48);
    while (memory_take(&region.memory, 16384, MEMORY_UNDO, &handle) == STATUS_OK) more++;
    cr_assert_eq(more, 2 * 16);
    memory_give(&region.memory, handle, 16384);
    region_close(&region);
}

Test(memory, large_cells_are_runs_of_pages_that_come_back) {
    struct region region;
    region_open(&region, 64 * MEMORY_PAGE_BYTES, 0);
    uint64_t before = memory_page_bytes_used(&region.memory);
    uint32_t a = take(&region.memory, 500000), b = take(&region.memory, 500000);
    uint32_t c = take(&region.memory, 500000);
    memset(memory_at(&region.memory, b), 7, 500000);
    uint32_t handle;
    cr_assert_eq(memory_take(&region.memory, 600000, MEMORY_GROW, &handle), STATUS_FULL);
    memory_give(&region.memory, a, 500000);
    memory_give(&region.memory, b, 500000);
    cr_assert_eq(take(&region.memory, 1000000), a, "two neighbours are one run again");
    memory_give(&region.memory, a, 1000000);
    memory_give(&region.memory, c, 500000);
    cr_assert_eq(memory_page_bytes_used(&region.memory), before);
    cr_assert_eq(memory_take(&region.memory, MEMORY_CELL_BYTES_MAX + 1, MEMORY_GROW, &handle),
                 STATUS_TOO_LARGE);
    region_close(&region);
}

Test(memory, random_takes_and_gives_keep_every_byte) {
    struct region region;
    struct random random;
    region_open(&region, 8 << 20, 0);
    random_open(&random, 1);
    struct {
        uint32_t handle;
        size_t size;
        uint8_t fill;
    } cells[500] = {0};
    for (uint32_t step = 0; step < 40000; step++) {
        uint32_t i = (uint32_t)random_below(&random, ARRAY_COUNT(cells));
        if (cells[i].size > 0) {
            const uint8_t *cell = memory_at(&region.memory, cells[i].handle);
            cr_assert_eq(cell[0], cells[i].fill);
            cr_assert_eq(cell[cells[i].size - 1], cells[i].fill);
            memory_give(&region.memory, cells[i].handle, cells[i].size);
            cells[i].size = 0;
            continue;
        }
        size_t size = 1 + random_below(&random, random_chance(&random, 0.02) ? 90000 : 600);
        if (memory_take(&region.memory, size, MEMORY_GROW, &cells[i].handle) != STATUS_OK) continue;
        cells[i].size = size;
        cells[i].fill = (uint8_t)random_u64(&random);
        memset(memory_at(&region.memory, cells[i].handle), cells[i].fill, size);
    }
    for (uint32_t i = 0; i < ARRAY_COUNT(cells); i++)
        if (cells[i].size > 0) memory_give(&region.memory, cells[i].handle, cells[i].size);
    cr_assert_eq(region.memory.used_bytes, 0);
    region_close(&region);
}
