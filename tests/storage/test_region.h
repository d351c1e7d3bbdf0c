/* tests/storage/test_region.h: memory for the tests of the in-memory engine.
 */
#ifndef TESTS_STORAGE_TEST_REGION_H
#define TESTS_STORAGE_TEST_REGION_H

#include <stdlib.h>

#include "base/random.h"
#include "storage/memory.h"

struct region {
    struct memory memory;
    void *bytes;
};

static inline void region_open(struct region *region, size_t size, uint32_t reserve_percent) {
    region->bytes = aligned_alloc(MEMORY_PAGE_BYTES, size);
    CHECK(region->bytes != NULL);
    memset(region->bytes, 0, size);
    enum status status = memory_open(&region->memory, region->bytes, size, reserve_percent);
    CHECK(status == STATUS_OK);
}

static inline void region_close(struct region *region) {
    memory_close(&region->memory);
    free(region->bytes);
}

static inline void *region_chunk_take(struct chunk_source *source, size_t size) {
    CHECK(source != NULL);
    void *chunk = malloc(size);
    CHECK(chunk != NULL);
    return chunk;
}
static inline void region_chunk_give(struct chunk_source *source, void *chunk, size_t size) {
    CHECK(source != NULL && size > 0);
    free(chunk);
}
static inline struct chunk_source region_chunks(void) {
    return (struct chunk_source){region_chunk_take, region_chunk_give};
}

#endif
