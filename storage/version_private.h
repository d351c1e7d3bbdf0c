/* storage/version_private.h: what version.c shares with fragment*.c and inspect.c.
 */
#ifndef STORAGE_VERSION_PRIVATE_H
#define STORAGE_VERSION_PRIVATE_H

#include "storage/version.h"

/* Entries of a writer's writes, oldest first; linked both ways. Most transactions write little: the
 * first chunk is one cache line. */
struct writer_chunk {
    uint32_t older, newer; /* handles */
    uint32_t count;        /* entries used */
    uint32_t room;
    struct writer_entry entries[];
};

enum { WRITER_CHUNK_ENTRIES_FIRST = 3, WRITER_CHUNK_ENTRIES = 63 };

static inline size_t writer_chunk_bytes(uint32_t room) {
    return sizeof(struct writer_chunk) + room * sizeof(struct writer_entry);
}
static_assert(sizeof(struct writer_entry) == 16, "63 entries and a header are 1024 bytes");

#define WRITER_CHUNK_BYTES                                                                         \
    (sizeof(struct writer_chunk) + WRITER_CHUNK_ENTRIES * sizeof(struct writer_entry))
#define VERSION_OLDER_SHIFT 28
#define VERSION_FLAGS_SHIFT 60

/* The entry after (*chunk_io, *index_io), both 0 at the begin, in the order of writes; NULL at the
 * end. */
const struct writer_entry *writer_entry_next(const struct writers *writers, uint32_t slot,
                                             uint32_t *chunk_io, uint32_t *index_io);
/* Removes the oldest entry of a COMMITTED writer; NOT_FOUND when there is none. */
MUST_USE enum status writer_take_oldest(struct writers *writers, uint32_t slot,
                                        struct writer_entry *entry_out);
/* Gives back the chunks of all writers, whatever they name, and frees the slots. */
void writers_abandon(struct writers *writers);

#endif
