/* fragment_commit.c: how the pending versions of a writer become committed, or go.
 *
 * A writer's entries name rows and statements, in the order of its writes. A row that several
 * statements wrote has one entry and one pending version for each:
 *
 *   entries:  (row 5, statement 1) (row 7, statement 1) (row 5, statement 3)
 *   row 5:    pending 3 -> pending 1 -> committed
 *
 *   (C1) The entry whose statement is that of the newest version is the row's last one. Commit
 *        passes over the others; at the last one it drops the lower pending versions and stamps
 *        the newest. So no entry that is still to come names a row that commit has removed.
 *   (C2) Undo goes from the newest entry back; the version to drop is always the newest of its
 *        row.
 *   (C3) Both work in pieces. Readers judge by the writer's state, so they cannot tell how far it
 *        is.
 */
#include "storage/fragment_private.h"

static struct fragment *entry_fragment(const struct fragments *fragments,
                                       const struct writer_entry *entry) {
    CHECK(entry->fragment_slot < fragments->slot_count);
    struct fragment *fragment = &fragments->slots[entry->fragment_slot];
    CHECK(fragment->state == FRAGMENT_OPEN);
    return fragment;
}

/* The newest version of the entry's row: a pending one of this writer. */
static struct version *entry_newest(const struct fragments *fragments, uint32_t writer,
                                    const struct writer_entry *entry) {
    uint32_t newest = row_at(fragments->memory, entry->row)->newest;
    CHECK(newest != MEMORY_NONE);
    struct version *version = version_at(fragments->memory, newest);
    CHECK(version_writer(version) == writer);
    CHECK(version_statement(version) >= entry->statement);
    return version;
}

/* The version below all pending ones; NULL when there is none. */
static const struct version *version_committed_below(const struct memory *memory,
                                                     const struct version *version) {
    CHECK(version_is_pending(version));
    for (;;) {
        uint32_t older = version_older(version);
        if (older == MEMORY_NONE) return NULL;
        version = version_at(memory, older);
        if (!version_is_pending(version)) return version;
    }
}

/* ---- for the log record ---- */

bool fragment_written_next(const struct fragments *fragments, uint32_t writer,
                           struct fragment_written_cursor *cursor,
                           struct fragment_written *written_out) {
    const struct writer_slot *slot = writer_at(&fragments->writers, writer);
    CHECK(slot->state == WRITER_ACTIVE || slot->state == WRITER_PREPARED);
    for (;;) {
        const struct writer_entry *entry =
            writer_entry_next(&fragments->writers, writer, &cursor->chunk, &cursor->index);
        if (entry == NULL) return false;
        const struct version *newest = entry_newest(fragments, writer, entry);
        if (version_statement(newest) != entry->statement) continue; /* (C1) */
        bool is_delete = version_is_tombstone(newest);
        const struct version *below = version_committed_below(fragments->memory, newest);
        if (is_delete && (below == NULL || version_is_tombstone(below))) continue;
        const struct fragment *fragment = entry_fragment(fragments, entry);
        *written_out = (struct fragment_written){
            .fragment = fragment,
            .table_id = fragment->table_id,
            .key = row_key(row_at(fragments->memory, entry->row)),
            .row = version_row(newest),
            .is_delete = is_delete,
        };
        return true;
    }
}

/* ---- commit ---- */

/* Drops the pending versions below the newest. */
static void commit_drop_lower(struct fragment *fragment, uint32_t row) {
    const struct memory *memory = fragment_memory(fragment);
    uint32_t newest = row_at(memory, row)->newest;
    CHECK(version_is_pending(version_at(memory, newest)));
    for (;;) {
        uint32_t older = version_older(version_at(memory, newest));
        if (older == MEMORY_NONE || !version_is_pending(version_at(memory, older))) return;
        version_drop(fragment, row, newest, older);
    }
}

/* The row was not there before, and is not there now. */
static void commit_remove_row(struct fragment *fragment, uint32_t row, uint32_t garbage) {
    uint32_t newest = row_at(fragment_memory(fragment), row)->newest;
    CHECK(version_older(version_at(fragment_memory(fragment), newest)) == MEMORY_NONE);
    if (garbage != MEMORY_NONE) garbage_give(fragment->owner, garbage);
    version_drop(fragment, row, MEMORY_NONE, newest);
    row_remove(fragment, row);
}

static void commit_entry(struct fragments *fragments, uint32_t writer,
                         const struct writer_entry *entry) {
    struct version *newest = entry_newest(fragments, writer, entry);
    struct fragment *fragment = entry_fragment(fragments, entry);
    if (version_statement(newest) != entry->statement) { /* (C1) */
        if (entry->garbage != MEMORY_NONE) garbage_give(fragments, entry->garbage);
        return;
    }
    commit_drop_lower(fragment, entry->row);
    uint32_t older = version_older(newest);
    if (older == MEMORY_NONE && version_is_tombstone(newest)) {
        commit_remove_row(fragment, entry->row, entry->garbage);
        return;
    }
    const struct writer_slot *slot = writer_at(&fragments->writers, writer);
    version_set_committed(newest, slot->timestamp, slot->position);
    if (older == MEMORY_NONE) {
        if (entry->garbage != MEMORY_NONE) garbage_give(fragments, entry->garbage);
        return;
    }
    const struct version *below = version_at(fragments->memory, older);
    CHECK(version_position(below) <= slot->position);
    CHECK(entry->garbage != MEMORY_NONE);
    fragments->garbage.bytes += VERSION_HEADER_BYTES + (uint64_t)below->size;
    garbage_note(fragment, entry->row, slot->timestamp, entry->garbage);
}

bool fragment_commit(struct fragments *fragments, uint32_t writer, uint32_t budget) {
    CHECK(writer_at(&fragments->writers, writer)->state == WRITER_COMMITTED);
    CHECK(budget > 0);
    struct writer_entry entry;
    for (; budget > 0; budget--) {
        if (writer_take_oldest(&fragments->writers, writer, &entry) != STATUS_OK) return true;
        commit_entry(fragments, writer, &entry);
    }
    return writer_at(&fragments->writers, writer)->write_count == 0;
}

/* ---- undo ---- */

static void undo_entry(struct fragments *fragments, uint32_t writer,
                       const struct writer_entry *entry) {
    struct version *newest = entry_newest(fragments, writer, entry);
    CHECK(version_statement(newest) == entry->statement); /* (C2) */
    struct fragment *fragment = entry_fragment(fragments, entry);
    struct row_anchor *anchor = row_at(fragments->memory, entry->row);
    int32_t live = row_live(fragment, entry->row);
    version_drop(fragment, entry->row, MEMORY_NONE, anchor->newest);
    fragment->row_count += (uint64_t)(int64_t)(row_live(fragment, entry->row) - live);
    if (anchor->newest == MEMORY_NONE) {
        if (entry->garbage != MEMORY_NONE) garbage_give(fragments, entry->garbage);
        row_remove(fragment, entry->row);
        return;
    }
    if (entry->garbage == MEMORY_NONE) return;
    /* collect passes over a tombstone that a pending version covers: it comes up again now */
    const struct version *below = version_at(fragments->memory, anchor->newest);
    if (!version_is_pending(below) && version_is_tombstone(below))
        garbage_note(fragment, entry->row, version_timestamp(below), entry->garbage);
    else
        garbage_give(fragments, entry->garbage);
}

bool fragment_undo(struct fragments *fragments, uint32_t writer, uint32_t statement,
                   uint32_t budget) {
    const struct writer_slot *slot = writer_at(&fragments->writers, writer);
    CHECK(slot->state == WRITER_ACTIVE || slot->state == WRITER_ABORTED);
    CHECK(slot->state == WRITER_ACTIVE || statement == 0);
    for (; budget > 0; budget--) {
        const struct writer_entry *newest = writer_newest(&fragments->writers, writer);
        if (newest == NULL || newest->statement < statement) return true;
        struct writer_entry entry;
        enum status status = writer_unnote(&fragments->writers, writer, &entry);
        CHECK(status == STATUS_OK);
        undo_entry(fragments, writer, &entry);
    }
    const struct writer_entry *newest = writer_newest(&fragments->writers, writer);
    return newest == NULL || newest->statement < statement;
}
