/* version.c: what a row is in memory, who sees which version, and what a writer has written.
 *
 *   anchor cell:   | newest 4 | key size 2 | room 2 | key | pad | a version, while it fits |
 *   version cell:  | low 8 | high 8 | size 4 | row bytes |
 *
 *   anchor.newest -> pending (statement 7) -> pending (statement 3) -> committed -> committed -> 0
 *                    \------ one writer, holds the X lock ------/      newer          older
 *
 * The anchor never moves, so indexes hold its handle. A row that is inserted gets its version in
 * the same cell: a point read touches the hash index's line and the row's, nothing more. An update
 * writes its version elsewhere; when the superseded one in the anchor's cell is collected, the
 * place inside is free again, and fragment_collect moves the newest version back into it. So a row
 * that nobody reads in the past is one cell.
 *
 * Header bits:  committed  low = timestamp 46 | position's low 18
 *                          high = flags 4 | older 32 | position's high 28
 *               pending    low = writer 32 | statement 32
 *                          high = flags 4 | older 32 | 0
 *
 *   (W1) The entries of a writer are in the order of its writes; each names a row that has a
 *        pending version of that statement. There is one entry for each pending version.
 *   (W2) Chunks of entries are linked both ways: undo walks from the newest, commit from the
 *        oldest and frees them as it goes.
 */
#include "storage/version.h"

#include "storage/version_private.h"

enum {
    POSITION_LOW_BITS = 64 - TIMESTAMP_BITS,
    POSITION_HIGH_BITS = 46 - POSITION_LOW_BITS,
};
static_assert(POSITION_HIGH_BITS == VERSION_OLDER_SHIFT, "128 bits: 46 + 46 + 32 + 4");
static_assert(WRITER_CHUNK_BYTES <= 1024, "a chunk is a cell of that class");

static const uint64_t position_high_mask = ((uint64_t)1 << POSITION_HIGH_BITS) - 1;
static const uint64_t position_low_mask = ((uint64_t)1 << POSITION_LOW_BITS) - 1;

/* ---- header bits ---- */

uint64_t version_timestamp(const struct version *version) {
    CHECK(!version_is_pending(version));
    return version->low >> POSITION_LOW_BITS;
}

uint64_t version_position(const struct version *version) {
    CHECK(!version_is_pending(version));
    return (version->high & position_high_mask) << POSITION_LOW_BITS |
           (version->low & position_low_mask);
}

uint32_t version_writer(const struct version *version) {
    CHECK(version_is_pending(version));
    return (uint32_t)(version->low >> 32);
}

uint32_t version_statement(const struct version *version) {
    CHECK(version_is_pending(version));
    return (uint32_t)version->low;
}

void version_set_committed(struct version *version, uint64_t timestamp, uint64_t position) {
    CHECK(timestamp <= TIMESTAMP_MAX);
    CHECK(position <= POSITION_MAX);
    version->low = timestamp << POSITION_LOW_BITS | (position & position_low_mask);
    version->high &= ~position_high_mask & ~((uint64_t)VERSION_PENDING << VERSION_FLAGS_SHIFT);
    version->high |= position >> POSITION_LOW_BITS;
    CHECK(version_position(version) == position);
}

void version_set_pending(struct version *version, uint32_t writer, uint32_t statement) {
    CHECK(writer != WRITER_NONE);
    version->low = (uint64_t)writer << 32 | statement;
    version->high &= ~position_high_mask;
    version->high |= (uint64_t)VERSION_PENDING << VERSION_FLAGS_SHIFT;
    CHECK(version_writer(version) == writer);
}

void version_set_older(struct version *version, uint32_t older) {
    version->high &= ~((uint64_t)UINT32_MAX << VERSION_OLDER_SHIFT);
    version->high |= (uint64_t)older << VERSION_OLDER_SHIFT;
    CHECK(version_older(version) == older);
}

void version_set_flag(struct version *version, enum version_flags flag) {
    CHECK(flag == VERSION_TOMBSTONE || flag == VERSION_SAME_KEYS);
    version->high |= (uint64_t)flag << VERSION_FLAGS_SHIFT;
}

void version_clear_flag(struct version *version, enum version_flags flag) {
    CHECK(flag == VERSION_TOMBSTONE || flag == VERSION_SAME_KEYS);
    version->high &= ~((uint64_t)flag << VERSION_FLAGS_SHIFT);
}

/* ---- who sees what ---- */

enum pending_answer { PENDING_SEEN, PENDING_PASSED, PENDING_AWAITED };

/* (V4), but for the reader's own versions. */
static enum pending_answer view_judge_writer(const struct version_view *view,
                                             const struct writer_slot *writer) {
    if (view->snapshot == SNAPSHOT_DECIDED)
        return writer->state == WRITER_COMMITTED ? PENDING_SEEN : PENDING_PASSED;
    bool in_time = writer->timestamp <= view->snapshot; /* true without a snapshot */
    switch (writer->state) {
    case WRITER_ACTIVE:
    case WRITER_ABORTED: return PENDING_PASSED;
    case WRITER_PREPARED:
        if (view->snapshot == SNAPSHOT_DECIDED) return PENDING_PASSED;
        return in_time ? PENDING_AWAITED : PENDING_PASSED;
    case WRITER_COMMITTED: return in_time ? PENDING_SEEN : PENDING_PASSED;
    case WRITER_FREE: break;
    }
    UNREACHABLE();
}

static enum version_found version_found_of(const struct version *version,
                                           struct version_read *read) {
    read->version = version;
    return version_is_tombstone(version) ? VERSION_ABSENT : VERSION_VISIBLE;
}

enum version_found version_find(const struct writers *writers, uint32_t newest,
                                const struct version_view *view, struct version_read *read_out) {
    *read_out = (struct version_read){.writer = WRITER_NONE};
    CHECK(view->snapshot <= TIMESTAMP_MAX || view->snapshot >= SNAPSHOT_DECIDED);
    for (uint32_t at = newest; at != MEMORY_NONE;) {
        const struct version *version = version_at(writers->memory, at);
        at = version_older(version);
        if (!version_is_pending(version)) {
            uint64_t timestamp = version_timestamp(version);
            if (timestamp > view->snapshot) continue;
            read_out->timestamp = timestamp;
            read_out->position = version_position(version);
            return version_found_of(version, read_out);
        }
        uint32_t slot = version_writer(version);
        if (slot == view->writer) {
            if (version_statement(version) >= view->statement_below) continue;
            return version_found_of(version, read_out);
        }
        const struct writer_slot *writer = writer_at(writers, slot);
        switch (view_judge_writer(view, writer)) {
        case PENDING_PASSED: continue;
        case PENDING_AWAITED: read_out->writer = slot; return VERSION_MUST_WAIT;
        case PENDING_SEEN:
            read_out->timestamp = writer->timestamp;
            read_out->position = writer->position;
            return version_found_of(version, read_out);
        }
    }
    return VERSION_ABSENT;
}

/* ---- the table of writers ---- */

void writers_open(struct writers *writers, struct memory *memory, struct arena *arena,
                  uint32_t slot_count) {
    CHECK(slot_count > 0 && slot_count < WRITER_NONE);
    *writers = (struct writers){.memory = memory, .slot_count = slot_count};
    writers->slots = arena_array(arena, struct writer_slot, slot_count);
    for (uint32_t slot = 0; slot < slot_count; slot++)
        writers->slots[slot].next_free = slot + 1 < slot_count ? slot + 1 : WRITER_NONE;
    CHECK(writers->slots[0].state == WRITER_FREE);
}

enum status writer_open(struct writers *writers, struct writer_id id, uint32_t *slot_out) {
    uint32_t slot = writers->free_first;
    if (slot == WRITER_NONE) return STATUS_BUSY;
    struct writer_slot *writer = writer_at(writers, slot);
    CHECK(writer->state == WRITER_FREE);
    writers->free_first = writer->next_free;
    writers->used_count++;
    *writer = (struct writer_slot){.state = WRITER_ACTIVE, .id = id, .next_free = WRITER_NONE};
    *slot_out = slot;
    return STATUS_OK;
}

void writer_close(struct writers *writers, uint32_t slot) {
    struct writer_slot *writer = writer_at(writers, slot);
    CHECK(writer->state != WRITER_FREE);
    CHECK(writer->write_count == 0 && writer->chunk_last == MEMORY_NONE);
    writer->state = WRITER_FREE;
    writer->next_free = writers->free_first;
    writers->free_first = slot;
    writers->used_count--;
}

void writer_prepare(struct writers *writers, uint32_t slot, uint64_t timestamp) {
    struct writer_slot *writer = writer_at(writers, slot);
    CHECK(writer->state == WRITER_ACTIVE);
    CHECK(timestamp <= TIMESTAMP_MAX);
    writer->timestamp = timestamp;
    writer->state = WRITER_PREPARED;
}

void writer_decide_commit(struct writers *writers, uint32_t slot, uint64_t timestamp,
                          uint64_t position) {
    struct writer_slot *writer = writer_at(writers, slot);
    CHECK(writer->state == WRITER_ACTIVE || writer->state == WRITER_PREPARED);
    CHECK(timestamp >= writer->timestamp && timestamp <= TIMESTAMP_MAX); /* T3: the maximum */
    CHECK(position <= POSITION_MAX);
    writer->timestamp = timestamp;
    writer->position = position;
    writer->state = WRITER_COMMITTED;
}

void writer_decide_abort(struct writers *writers, uint32_t slot) {
    struct writer_slot *writer = writer_at(writers, slot);
    CHECK(writer->state == WRITER_ACTIVE || writer->state == WRITER_PREPARED);
    CHECK((writer->write_count == 0) == (writer->chunk_last == MEMORY_NONE));
    writer->state = WRITER_ABORTED;
}

/* ---- what a writer has written ---- */

static struct writer_chunk *chunk_at(const struct writers *writers, uint32_t chunk) {
    CHECK(chunk != MEMORY_NONE);
    return memory_at(writers->memory, chunk);
}

static enum status writer_add_chunk(struct writers *writers, struct writer_slot *writer) {
    uint32_t handle;
    uint32_t room =
        writer->chunk_last == MEMORY_NONE ? WRITER_CHUNK_ENTRIES_FIRST : WRITER_CHUNK_ENTRIES;
    enum status status =
        memory_take(writers->memory, writer_chunk_bytes(room), MEMORY_UNDO, &handle);
    if (status != STATUS_OK) return status;
    struct writer_chunk *chunk = chunk_at(writers, handle);
    *chunk = (struct writer_chunk){.older = writer->chunk_last, .room = room};
    if (writer->chunk_last != MEMORY_NONE)
        chunk_at(writers, writer->chunk_last)->newer = handle;
    else
        writer->chunk_first = handle;
    writer->chunk_last = handle;
    return STATUS_OK;
}

enum status writer_note(struct writers *writers, uint32_t slot, struct writer_entry entry) {
    struct writer_slot *writer = writer_at(writers, slot);
    CHECK(writer->state == WRITER_ACTIVE);
    CHECK(entry.row != MEMORY_NONE);
    struct writer_chunk *chunk = NULL;
    if (writer->chunk_last != MEMORY_NONE) chunk = chunk_at(writers, writer->chunk_last);
    if (chunk == NULL || chunk->count == chunk->room) {
        enum status status = writer_add_chunk(writers, writer);
        if (status != STATUS_OK) return status;
        chunk = chunk_at(writers, writer->chunk_last);
    }
    chunk->entries[chunk->count++] = entry;
    writer->write_count++;
    return STATUS_OK;
}

const struct writer_entry *writer_newest(const struct writers *writers, uint32_t slot) {
    const struct writer_slot *writer = writer_at(writers, slot);
    CHECK(writer->state != WRITER_FREE);
    if (writer->chunk_last == MEMORY_NONE) return NULL;
    const struct writer_chunk *chunk = chunk_at(writers, writer->chunk_last);
    CHECK(chunk->count > 0);
    return &chunk->entries[chunk->count - 1];
}

static void writer_drop_chunk(struct writers *writers, struct writer_slot *writer) {
    uint32_t handle = writer->chunk_last;
    struct writer_chunk *chunk = chunk_at(writers, handle);
    CHECK(chunk->count == 0);
    writer->chunk_last = chunk->older;
    if (writer->chunk_last != MEMORY_NONE)
        chunk_at(writers, writer->chunk_last)->newer = MEMORY_NONE;
    else
        writer->chunk_first = MEMORY_NONE;
    memory_give(writers->memory, handle, writer_chunk_bytes(chunk->room));
}

enum status writer_unnote(struct writers *writers, uint32_t slot, struct writer_entry *entry_out) {
    const struct writer_entry *newest = writer_newest(writers, slot);
    if (newest == NULL) return STATUS_NOT_FOUND;
    *entry_out = *newest;
    struct writer_slot *writer = writer_at(writers, slot);
    CHECK(writer->state == WRITER_ACTIVE || writer->state == WRITER_ABORTED);
    CHECK(writer->write_count > 0);
    struct writer_chunk *chunk = chunk_at(writers, writer->chunk_last);
    chunk->count--;
    writer->write_count--;
    if (chunk->count == 0) writer_drop_chunk(writers, writer);
    return STATUS_OK;
}

const struct writer_entry *writer_entry_next(const struct writers *writers, uint32_t slot,
                                             uint32_t *chunk_io, uint32_t *index_io) {
    const struct writer_slot *writer = writer_at(writers, slot);
    CHECK(writer->state != WRITER_FREE);
    if (*chunk_io == MEMORY_NONE) {
        if (writer->chunk_first == MEMORY_NONE) return NULL;
        *chunk_io = writer->chunk_first;
        *index_io = 0;
    }
    const struct writer_chunk *chunk = chunk_at(writers, *chunk_io);
    if (*index_io == chunk->count) {
        if (chunk->newer == MEMORY_NONE) return NULL;
        *chunk_io = chunk->newer;
        *index_io = 0;
        chunk = chunk_at(writers, chunk->newer);
    }
    CHECK(*index_io < chunk->count);
    return &chunk->entries[(*index_io)++];
}

enum status writer_take_oldest(struct writers *writers, uint32_t slot,
                               struct writer_entry *entry_out) {
    struct writer_slot *writer = writer_at(writers, slot);
    CHECK(writer->state == WRITER_COMMITTED);
    if (writer->chunk_first == MEMORY_NONE) return STATUS_NOT_FOUND;
    uint32_t handle = writer->chunk_first;
    struct writer_chunk *chunk = chunk_at(writers, handle);
    CHECK(writer->taken_count < chunk->count);
    *entry_out = chunk->entries[writer->taken_count++];
    writer->write_count--;
    if (writer->taken_count < chunk->count) return STATUS_OK;
    writer->taken_count = 0;
    writer->chunk_first = chunk->newer;
    if (chunk->newer != MEMORY_NONE)
        chunk_at(writers, chunk->newer)->older = MEMORY_NONE;
    else
        writer->chunk_last = MEMORY_NONE;
    memory_give(writers->memory, handle, writer_chunk_bytes(chunk->room));
    return STATUS_OK;
}

void writers_abandon(struct writers *writers) {
    for (uint32_t slot = 0; slot < writers->slot_count; slot++) {
        struct writer_slot *writer = writer_at(writers, slot);
        while (writer->chunk_last != MEMORY_NONE) {
            chunk_at(writers, writer->chunk_last)->count = 0;
            writer_drop_chunk(writers, writer);
        }
        writer->state = WRITER_FREE;
        writer->write_count = 0;
    }
    writers->used_count = 0;
    writers->free_first = WRITER_NONE;
    CHECK(writers->slot_count > 0);
}
