/* test_memory.c: chunks, row memory, stacks. */
#include <criterion/criterion.h>
#include <signal.h>

#include "base/limits.h"
#include "io/io.h"

Test(memory, chunks_that_come_back_are_counted) {
    struct heap heap;
    heap_open(&heap);
    struct chunk_source *source = &heap.source;
    void *small = source->take(source, ARENA_CHUNK_BYTES), *large = source->take(source, 100000);
    cr_assert_eq(heap.out_bytes, ARENA_CHUNK_BYTES + 100000);
    source->give(source, large, 100000);
    source->give(source, small, ARENA_CHUNK_BYTES);
    cr_assert_eq(heap.out_bytes, 0);
    heap_close(&heap);
}

Test(memory, reserved_memory_is_zero_where_it_is_touched) {
    size_t size = 4 * GIB;
    uint8_t *memory = memory_reserve(size);
    memory[size - 1] = 1;
    cr_assert_eq(memory[size / 2], 0);
    memory_release(memory, size);
}

Test(memory, stacks_are_used_again) {
    struct stack_pool pool;
    stack_pool_open(&pool);
    uint8_t *first = stack_take(&pool);
    memset(first, 1, FIBER_STACK_BYTES);
    stack_give(&pool, first);
    cr_assert_eq(stack_take(&pool), first);
    stack_give(&pool, first);
    stack_pool_close(&pool);
}

Test(memory, below_a_stack_is_a_guard, .signal = SIGSEGV) {
    struct stack_pool pool;
    signal(SIGSEGV, SIG_DFL); /* without the sanitizer's report */
    stack_pool_open(&pool);
    volatile uint8_t *stack = stack_take(&pool);
    stack[-1] = 1;
}
