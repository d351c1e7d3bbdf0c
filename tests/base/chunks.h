/* tests/base/chunks.h: a chunk_source for tests, on malloc, that knows what is out. */
#ifndef TESTS_BASE_CHUNKS_H
#define TESTS_BASE_CHUNKS_H

#include <stdlib.h>

#include "base/arena.h"

struct chunks {
    struct chunk_source source; /* first, so that one is the other */
    size_t out_bytes;           /* taken and not given back */
    size_t take_count;
};

static inline void *chunks_take(struct chunk_source *source, size_t size) {
    struct chunks *chunks = (struct chunks *)source;
    chunks->out_bytes += size;
    chunks->take_count++;
    return malloc(size);
}

static inline void chunks_give(struct chunk_source *source, void *chunk, size_t size) {
    struct chunks *chunks = (struct chunks *)source;
    CHECK(chunks->out_bytes >= size);
    chunks->out_bytes -= size;
    free(chunk);
}

static inline struct chunks chunks_open(void) {
    return (struct chunks){.source = {chunks_take, chunks_give}};
}

#endif
