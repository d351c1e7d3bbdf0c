/* base/arena.h: memory that dies together.
 *
 * An arena takes chunks from a source (server/ and sim/ give them) and hands out pieces of them;
 * all pieces die with arena_close or arena_reset. Named after what it dies with: statement_arena.
 *
 *   (A1) arena_alloc never returns NULL. Over the budget it goes on and sets `over_budget`; whoever
 *        loops over rows asks arena_over_budget at each batch and ends the statement with MySQL's
 *        3170/1038.
 *   (A2) Pieces are aligned to 16 bytes. A piece above ARENA_CHUNK_BYTES / 4 gets its own chunk.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/bytes.h"
#include "base/sanitize.h"

/* Where chunks come from. take never returns NULL (the process ends when the machine has no
 * memory); give gets the same size back. The owner outlives every arena on it. */
struct chunk_source {
    void *(*take)(struct chunk_source *source, size_t size);
    void (*give)(struct chunk_source *source, void *chunk, size_t size);
};

struct arena_chunk;

struct arena {
    struct chunk_source *source;
    struct arena_chunk *chunks; /* newest first */
    uint8_t *at, *end;          /* free part of the newest shared chunk */
    size_t used_bytes;          /* of all chunks */
    size_t budget_bytes;        /* 0: none */
    bool over_budget;
};

#define ARENA_CHUNK_BYTES ((size_t)8192)

void arena_open(struct arena *arena, struct chunk_source *source, size_t budget_bytes);
/* Gives all chunks back; the arena may be opened again. */
void arena_close(struct arena *arena);
/* Forgets all pieces but keeps one shared chunk, so that a reused arena does not touch the source.
 */
void arena_reset(struct arena *arena);

/* Slow path of arena_alloc; in arena.c. */
void *arena_alloc_slow(struct arena *arena, size_t size);

/* `size` bytes, not zeroed, aligned to 16; (A1). A size of 0 gives a valid pointer. */
static inline void *arena_alloc(struct arena *arena, size_t size) {
    if (size <=
        (size_t)(arena->end - arena->at)) { /* at and end are aligned: it fits rounded, too */
        void *piece = arena->at;
        arena->at += (size + 15) & ~(size_t)15;
        sanitize_unpoison(piece, size);
        return piece;
    }
    return arena_alloc_slow(arena, size);
}
void *arena_alloc_zeroed(struct arena *arena, size_t size);
struct slice arena_copy(struct arena *arena, struct slice bytes);
/* Copy with a NUL behind it. */
char *arena_text(struct arena *arena, struct slice bytes);
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

#define arena_new(arena, type) ((type *)arena_alloc_zeroed((arena), sizeof(type)))
/* CHECKs that the product does not overflow. */
void *arena_array_bytes(struct arena *arena, size_t count, size_t each);
#define arena_array(arena, type, count) ((type *)arena_array_bytes((arena), (count), sizeof(type)))

static inline bool arena_over_budget(const struct arena *arena) { return arena->over_budget; }

/* A growing byte string in an arena. Old places are abandoned, not freed, until the arena dies. */
struct buffer {
    struct arena *arena;
    uint8_t *data;
    size_t size, capacity;
};

static inline struct buffer buffer_of(struct arena *arena) {
    return (struct buffer){arena, NULL, 0, 0};
}
/* Room for `more` bytes behind size; size is not changed. */
void buffer_reserve(struct buffer *buffer, size_t more);
void buffer_append(struct buffer *buffer, struct slice bytes);
void buffer_append_byte(struct buffer *buffer, uint8_t byte);
void buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
static inline struct slice buffer_slice(const struct buffer *buffer) {
    return (struct slice){buffer->data, buffer->size};
}

#endif
