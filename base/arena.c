/* arena.c: how pieces share chunks.
 *
 *   arena.chunks -> | header | piece | piece | free | -> | header | one big piece | -> ...
 *                                            ^at    ^end
 *   (A3) at and end lie in the newest chunk of ARENA_CHUNK_BYTES, or both on `no_chunk` when there
 *        is none yet; both are aligned to 16, so a size that fits still fits when it is rounded up.
 *   (A4) The free part is poisoned for ASan: a piece ends where its asker said, to within 8 bytes.
 *
 * The rest of a shared chunk is wasted when the next piece does not fit; a piece that starts a new
 * shared chunk is a quarter of it at most, so less than a quarter is wasted.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

struct arena_chunk {
    struct arena_chunk *next;
    size_t size; /* with this header */
};
static_assert(sizeof(struct arena_chunk) == 16, "pieces behind the header are aligned to 16");
static_assert(ARENA_CHUNK_BYTES % 16 == 0, "(A3)");

enum { BUFFER_BYTES_MIN = 64 };

static _Alignas(16) const uint8_t no_chunk[16];

static void arena_use_no_chunk(struct arena *arena) {
    arena->at = arena->end = (uint8_t *)(uintptr_t)no_chunk;
}

void arena_open(struct arena *arena, struct chunk_source *source, size_t budget_bytes) {
    CHECK(source != NULL);
    *arena = (struct arena){.source = source, .budget_bytes = budget_bytes};
    arena_use_no_chunk(arena);
}

static struct arena_chunk *arena_take_chunk(struct arena *arena, size_t size) {
    struct arena_chunk *chunk = arena->source->take(arena->source, size);
    CHECK(chunk != NULL);
    CHECK((uintptr_t)chunk % 16 == 0);
    *chunk = (struct arena_chunk){.next = arena->chunks, .size = size};
    arena->chunks = chunk;
    arena->used_bytes += size;
    if (arena->budget_bytes != 0 && arena->used_bytes > arena->budget_bytes)
        arena->over_budget = true;
    return chunk;
}

/* Makes the chunk the shared one, with nothing in it. */
static void arena_share_chunk(struct arena *arena, struct arena_chunk *chunk) {
    CHECK(chunk->size == ARENA_CHUNK_BYTES);
    arena->at = (uint8_t *)(chunk + 1);
    arena->end = (uint8_t *)chunk + chunk->size;
    sanitize_poison(arena->at, (size_t)(arena->end - arena->at)); /* (A4) */
}

static void arena_give_chunk(struct arena *arena, struct arena_chunk *chunk) {
    size_t size = chunk->size;
    sanitize_unpoison(chunk, size);
    arena->source->give(arena->source, chunk, size);
}

void arena_close(struct arena *arena) {
    for (struct arena_chunk *chunk = arena->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        arena_give_chunk(arena, chunk);
    }
    arena_open(arena, arena->source, arena->budget_bytes);
}

void arena_reset(struct arena *arena) {
    struct arena_chunk *kept = NULL;
    for (struct arena_chunk *chunk = arena->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        if (kept == NULL && chunk->size == ARENA_CHUNK_BYTES)
            kept = chunk;
        else
            arena_give_chunk(arena, chunk);
    }
    arena_open(arena, arena->source, arena->budget_bytes);
    if (kept == NULL) return;
    kept->next = NULL;
    arena->chunks = kept;
    arena->used_bytes = kept->size;
    arena_share_chunk(arena, kept);
}

void *arena_alloc_slow(struct arena *arena, size_t size) {
    CHECK(size <= SIZE_MAX / 2);
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded > ARENA_CHUNK_BYTES / 4) {
        struct arena_chunk *own = arena_take_chunk(arena, sizeof(*own) + rounded);
        sanitize_unpoison(own + 1, size);
        return own + 1;
    }
    arena_share_chunk(arena, arena_take_chunk(arena, ARENA_CHUNK_BYTES));
    return arena_alloc(arena, size);
}

void *arena_alloc_zeroed(struct arena *arena, size_t size) {
    return memset(arena_alloc(arena, size), 0, size);
}

void *arena_array_bytes(struct arena *arena, size_t count, size_t each) {
    size_t size;
    bool overflows = __builtin_mul_overflow(count, each, &size);
    CHECK(!overflows);
    return arena_alloc_zeroed(arena, size);
}

struct slice arena_copy(struct arena *arena, struct slice bytes) {
    uint8_t *copy = arena_alloc(arena, bytes.size);
    if (bytes.size > 0) memcpy(copy, bytes.data, bytes.size);
    return slice_of(copy, bytes.size);
}

char *arena_text(struct arena *arena, struct slice bytes) {
    char *copy = arena_alloc(arena, bytes.size + 1);
    if (bytes.size > 0) memcpy(copy, bytes.data, bytes.size);
    copy[bytes.size] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...) {
    CHECK(format != NULL);
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(length >= 0);
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void buffer_reserve(struct buffer *buffer, size_t more) {
    CHECK(more <= SIZE_MAX / 4 && buffer->size <= SIZE_MAX / 4);
    if (more <= buffer->capacity - buffer->size) return;
    size_t capacity = MAX(buffer->size + more, 2 * buffer->capacity);
    capacity = MAX(capacity, (size_t)BUFFER_BYTES_MIN);
    uint8_t *data = arena_alloc(buffer->arena, capacity);
    if (buffer->size > 0) memcpy(data, buffer->data, buffer->size);
    buffer->data = data;
    buffer->capacity = capacity;
}

void buffer_append(struct buffer *buffer, struct slice bytes) {
    if (bytes.size == 0) return;
    buffer_reserve(buffer, bytes.size);
    memcpy(buffer->data + buffer->size, bytes.data, bytes.size);
    buffer->size += bytes.size;
}

void buffer_append_byte(struct buffer *buffer, uint8_t byte) {
    buffer_reserve(buffer, 1);
    buffer->data[buffer->size++] = byte;
}

void buffer_printf(struct buffer *buffer, const char *format, ...) {
    CHECK(format != NULL);
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(length >= 0);
    buffer_reserve(buffer,
                   (size_t)length + 1); /* vsnprintf writes a NUL; it is not part of the text */
    vsnprintf((char *)buffer->data + buffer->size, (size_t)length + 1, format, again);
    va_end(again);
    buffer->size += (size_t)length;
}
