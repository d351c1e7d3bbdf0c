/* io/memory.h: where memory comes from: chunks, row memory, stacks of fibers. */
#ifndef IO_MEMORY_H
#define IO_MEMORY_H

#include "base/arena.h"

/* A chunk source over malloc that keeps some chunks of ARENA_CHUNK_BYTES for the next arena. For
 * one thread. The process ends when there is no memory. */
struct heap {
    struct chunk_source source;
    void *free; /* kept chunks, linked through their first word */
    uint32_t free_count;
    size_t out_bytes;  /* taken and not given back */
    size_t peak_bytes; /* highest out_bytes since pages went back to the system */
};

void heap_open(struct heap *heap);
/* CHECKs nothing: chunks that are still out die with the process. */
void heap_close(struct heap *heap);

#define MEMORY_ALIGNMENT_BYTES ((size_t)2 << 20)
/* `size` bytes (a multiple of MEMORY_ALIGNMENT_BYTES, and so is the address) of zeros that use memory only where they are touched, on huge pages where the
 * machine has some. Ends the process when the address space is refused. */
uint8_t *memory_reserve(size_t size);
void memory_release(uint8_t *memory, size_t size);

/* Stacks of FIBER_STACK_BYTES with a guard page below each. For one thread. */
struct stack_pool {
    void *free; /* linked through the highest word of each */
    uint32_t free_count, count;
};

void stack_pool_open(struct stack_pool *pool);
/* All stacks were given back. */
void stack_pool_close(struct stack_pool *pool);
/* The lowest usable byte; ends the process when there is no memory. */
void *stack_take(struct stack_pool *pool);
void stack_give(struct stack_pool *pool, void *stack);

#endif
