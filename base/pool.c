/* pool.c: where free objects lie.
 *
 *   pool.blocks -> | header | object | object | never taken | -> | header | object | object | ->
 *                                             ^at           ^end
 *   (P1) at and end lie in the newest block; objects of older blocks are out or on the free list.
 *   (P2) A free object is poisoned, but for its first 8 bytes while the pool itself reads the link.
 *   (P3) count <= count_max; objects ever made = count + length of the free list.
 *
 * Objects given back last are taken first: their lines are still in the cache. Blocks aim at 64
 * KiB, so that the source is asked seldom, but a pool of few objects does not take more than these.
 */
#include "base/pool.h"

#include "base/sanitize.h"

struct pool_block {
    struct pool_block *next;
    size_t size; /* with this header */
};
static_assert(sizeof(struct pool_block) == 16, "objects behind the header are aligned to 16");

struct pool_free {
    struct pool_free *next;
};

enum { POOL_BLOCK_BYTES = 65536, POOL_BLOCK_OBJECTS_MIN = 8 };

void pool_open(struct pool *pool, struct chunk_source *source, size_t object_size,
               uint64_t count_max) {
    CHECK(source != NULL);
    CHECK(object_size > 0 && object_size <= SIZE_MAX / 1024);
    CHECK(count_max > 0);
    size_t rounded = (object_size + 15) & ~(size_t)15;
    uint64_t fitting = (POOL_BLOCK_BYTES - sizeof(struct pool_block)) / rounded;
    uint64_t object_count = MIN(MAX(fitting, (uint64_t)POOL_BLOCK_OBJECTS_MIN), count_max);
    *pool = (struct pool){
        .source = source,
        .object_size = rounded,
        .block_size = sizeof(struct pool_block) + object_count * rounded,
        .count_max = count_max,
    };
}

void pool_abandon(struct pool *pool) {
    for (struct pool_block *block = pool->blocks, *next; block != NULL; block = next) {
        next = block->next;
        size_t size = block->size;
        sanitize_unpoison(block, size);
        pool->source->give(pool->source, block, size);
    }
    pool->blocks = NULL;
    pool->free = NULL;
    pool->at = pool->end = NULL;
    pool->count = 0;
}

void pool_close(struct pool *pool) {
    CHECK(pool->count == 0);
    pool_abandon(pool);
}

static void pool_add_block(struct pool *pool) {
    CHECK(pool->at == pool->end); /* (P1) */
    struct pool_block *block = pool->source->take(pool->source, pool->block_size);
    CHECK(block != NULL && (uintptr_t)block % 16 == 0);
    *block = (struct pool_block){.next = pool->blocks, .size = pool->block_size};
    pool->blocks = block;
    pool->at = (uint8_t *)(block + 1);
    pool->end = (uint8_t *)block + pool->block_size;
    sanitize_poison(pool->at, (size_t)(pool->end - pool->at)); /* (P2) */
}

static void *pool_take_new(struct pool *pool) {
    if (pool->at == pool->end) pool_add_block(pool);
    void *object = pool->at;
    pool->at += pool->object_size;
    return object;
}

static void *pool_take_free(struct pool *pool) {
    struct pool_free *object = pool->free;
    sanitize_unpoison(object, sizeof(*object));
    pool->free = object->next;
    return object;
}

void *pool_take(struct pool *pool) {
    CHECK(pool->count <= pool->count_max); /* (P3) */
    if (pool->count == pool->count_max) return NULL;
    void *object = pool->free != NULL ? pool_take_free(pool) : pool_take_new(pool);
    pool->count++;
    sanitize_unpoison(object, pool->object_size);
    return memset(object, 0, pool->object_size);
}

void pool_give(struct pool *pool, void *object) {
    CHECK(object != NULL && (uintptr_t)object % 16 == 0);
    CHECK(pool->count > 0);
    struct pool_free *freed = object;
    freed->next = pool->free;
    pool->free = freed;
    pool->count--;
    sanitize_poison(object, pool->object_size); /* (P2) */
}
