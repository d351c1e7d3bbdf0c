/* base/pool.h: objects of one size, taken and given back, never more than a maximum.
 *
 * Memory comes in blocks from a chunk_source and stays with the pool until it closes. Objects in
 * the pool are poisoned for ASan. The order in which objects are handed out depends on the calls
 * alone.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/arena.h"

struct pool_block;
struct pool_free;

struct pool {
    struct chunk_source *source;
    struct pool_block *blocks; /* newest first */
    struct pool_free *free;    /* given back, the last one first */
    uint8_t *at, *end;         /* the part of the newest block that was never taken */
    size_t object_size;        /* bytes, a multiple of 16 */
    size_t block_size;         /* bytes, with the block's header */
    uint64_t count;            /* objects taken and not given back */
    uint64_t count_max;
};

/* Objects are aligned to 16 bytes. `count_max` is at least 1. */
void pool_open(struct pool *pool, struct chunk_source *source, size_t object_size,
               uint64_t count_max);
/* Gives all blocks back; CHECKs that no object is out. */
void pool_close(struct pool *pool);
/* The same, whatever is still out: for an owner that is forgotten as in a crash. */
void pool_abandon(struct pool *pool);

/* A zeroed object, or NULL when count_max are out. */
void *pool_take(struct pool *pool);
/* Takes an object of this pool back; its bytes are gone. */
void pool_give(struct pool *pool, void *object);

#endif
