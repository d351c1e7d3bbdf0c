/* memory.c: chunks, row memory and stacks.
 *
 *   stack: | guard page | lowest usable byte ...                     ... top, link while free |
 *
 *   (M1) Row memory is reserved without being touched: MAP_NORESERVE, and MADV_HUGEPAGE, so that a
 *        killed process is taken apart quickly (CORE: Fail-over within 50 ms).
 *   (M2) A stack that returns to the pool keeps its touched pages while fewer than STACKS_WARM are
 *        free; further ones give their pages back, so idle connections hold none.
 *   (M3) Chunks that are free stay with malloc, until so many are that a burst must be over: then their pages go
 *        back to the system. Bursts that follow each other do not pay for that.
 */
#include "io/memory.h"

#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/limits.h"
#include "io/file.h"

#define BURST_BYTES (64 * MIB)

enum { CHUNKS_KEPT_MAX = 512, STACKS_WARM = 64, STACKS_FREE_MAX = 1024, GUARD_BYTES = 4096 };

static void *heap_take(struct chunk_source *source, size_t size) {
    struct heap *heap = CONTAINER_OF(source, struct heap, source);
    heap->out_bytes += size;
    heap->peak_bytes = MAX(heap->peak_bytes, heap->out_bytes);
    if (size == ARENA_CHUNK_BYTES && heap->free != NULL) {
        void *chunk = heap->free;
        memcpy(&heap->free, chunk, sizeof heap->free);
        heap->free_count--;
        return chunk;
    }
    void *chunk = malloc(size);
    if (chunk == NULL) die("no memory for %zu bytes", size);
    return chunk;
}

/* (M3) */
static void heap_trim(struct heap *heap) {
    if (heap->peak_bytes < BURST_BYTES || heap->out_bytes > heap->peak_bytes / 4) return;
    heap->peak_bytes = heap->out_bytes;
    (void)malloc_trim(0);
}

static void heap_give(struct chunk_source *source, void *chunk, size_t size) {
    struct heap *heap = CONTAINER_OF(source, struct heap, source);
    CHECK(heap->out_bytes >= size);
    heap->out_bytes -= size;
    if (size != ARENA_CHUNK_BYTES || heap->free_count == CHUNKS_KEPT_MAX || sanitize_address) {
        free(chunk); /* under ASan always: it finds who uses a chunk that was given back */
        heap_trim(heap);
        return;
    }
    memcpy(chunk, &heap->free, sizeof heap->free);
    heap->free = chunk;
    heap->free_count++;
}

void heap_open(struct heap *heap) {
    *heap = (struct heap){.source = {.take = heap_take, .give = heap_give}};
}

void heap_close(struct heap *heap) {
    while (heap->free != NULL) {
        void *chunk = heap->free;
        memcpy(&heap->free, chunk, sizeof heap->free);
        free(chunk);
    }
    heap->free_count = 0;
}

uint8_t *memory_reserve(size_t size) {
    size_t mapped = size + MEMORY_ALIGNMENT_BYTES;
    uint8_t *low = mmap(NULL, mapped, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0); /* (M1) */
    if (low == MAP_FAILED) die("cannot reserve %zu bytes of memory", size);
    size_t before = -(uintptr_t)low % MEMORY_ALIGNMENT_BYTES; /* what is too much goes back */
    uint8_t *memory = low + before;
    if (before > 0) munmap(low, before);
    munmap(memory + size, MEMORY_ALIGNMENT_BYTES - before);
    (void)madvise(memory, size, MADV_HUGEPAGE); /* a machine without them is served all the same */
    return memory;
}

void memory_release(uint8_t *memory, size_t size) { munmap(memory, size); }

static void **stack_link(void *stack) {
    return (void **)(void *)((uint8_t *)stack + FIBER_STACK_BYTES - sizeof(void *));
}

void stack_pool_open(struct stack_pool *pool) { *pool = (struct stack_pool){0}; }

static void stack_unmap(struct stack_pool *pool, void *stack) {
    munmap((uint8_t *)stack - GUARD_BYTES, FIBER_STACK_BYTES + GUARD_BYTES);
    pool->count--;
}

void stack_pool_close(struct stack_pool *pool) {
    while (pool->free != NULL) {
        void *stack = pool->free;
        pool->free = *stack_link(stack);
        stack_unmap(pool, stack);
    }
    CHECK(pool->count == 0);
    pool->free_count = 0;
}

void *stack_take(struct stack_pool *pool) {
    if (pool->free != NULL) {
        void *stack = pool->free;
        pool->free = *stack_link(stack);
        pool->free_count--;
        return stack;
    }
    uint8_t *low = mmap(NULL, FIBER_STACK_BYTES + GUARD_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (low == MAP_FAILED || mprotect(low, GUARD_BYTES, PROT_NONE) != 0)
        die("cannot map a stack; %u are in use", pool->count);
    pool->count++;
    return low + GUARD_BYTES;
}

void stack_give(struct stack_pool *pool, void *stack) {
    if (pool->free_count == STACKS_FREE_MAX) {
        stack_unmap(pool, stack);
        return;
    }
    if (pool->free_count >= STACKS_WARM)
        (void)madvise(stack, FIBER_STACK_BYTES, MADV_DONTNEED); /* (M2) */
    *stack_link(stack) = pool->free;
    pool->free = stack;
    pool->free_count++;
}
