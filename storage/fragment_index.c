/* fragment_index.c: which entries a row has in the ordered indexes, kept by every change of its
 * versions.
 *
 * An entry (key, row) is there if and only if some version of the row carries the key ((F1) of
 * fragment.h). So a new version adds an entry where its key differs from that of the version
 * below, and a version that leaves the chain takes its entry along unless another one carries the
 * same key.
 *
 * Most updates change no indexed column. VERSION_SAME_KEYS on a version says that all its
 * secondary keys equal those of the version below it; then neither the link nor the unlink looks
 * at any index.
 *
 *   (I1) SAME_KEYS may be missing where it would be true, never the other way round. It speaks of
 *        all indexes that the definition had when the version was linked, and of those that were
 *        backfilled since: backfill clears it where it is not true of the new index.
 *   (I2) An index in state DELETE_ONLY gets no new entries; entries that are not there are removed
 *        in vain.
 *   (I3) The primary key never changes, so indexes[0] follows the row, not its versions
 *        (fragment_row.c).
 */
#include "base/hash.h"
#include "storage/fragment_private.h"

struct fragment_schema *fragment_schema_make(const struct table_definition *definition,
                                             struct arena *arena) {
    CHECK(definition->index_count > 0 && definition->index_count <= TABLE_INDEX_COUNT_MAX);
    struct fragment_schema *schema = arena_new(arena, struct fragment_schema);
    uint32_t count = definition->index_count;
    const struct key_layout **entries = arena_array(arena, const struct key_layout *, count);
    const struct key_layout **parts = arena_array(arena, const struct key_layout *, count);
    schema->definition = definition;
    schema->row = row_layout_of_table(definition, arena);
    for (uint32_t i = 0; i < count; i++) {
        parts[i] = key_layout_of_index(definition, i, schema->row, KEY_INDEX_PARTS, arena);
        entries[i] = parts[i];
        if (i > 0)
            entries[i] = key_layout_of_index(definition, i, schema->row, KEY_WITH_PRIMARY, arena);
    }
    schema->primary = parts[0];
    schema->parts = parts;
    schema->entries = entries;
    CHECK(schema->primary != NULL);
    return schema;
}

/* The version's entry key in `key`; false when a tombstone carries none. */
static bool version_key(const struct fragment *fragment, uint32_t index,
                        const struct version *version, struct buffer *key) {
    CHECK(index > 0 && index < fragment->index_count);
    key->size = 0;
    if (version_is_tombstone(version)) return false;
    key_of_row(fragment->schema->entries[index], version_row(version), key);
    return true;
}

void fragment_entry_key(const struct fragment *fragment, uint32_t index, struct slice row,
                        struct buffer *out) {
    CHECK(index < fragment->index_count);
    CHECK(row.size >= ROW_HEADER_BYTES);
    key_of_row(fragment->schema->entries[index], row, out);
}

bool fragment_entry_matches(const struct fragment *fragment, uint32_t index, struct slice row,
                            struct slice entry, struct arena *scratch) {
    struct buffer key = buffer_of(scratch);
    CHECK(entry.size > 0);
    fragment_entry_key(fragment, index, row, &key);
    return slice_equal(buffer_slice(&key), entry);
}

bool row_keys_are_same(const struct fragment *fragment, uint32_t row) {
    const struct memory *memory = fragment_memory(fragment);
    uint32_t at = row_at(memory, row)->newest;
    CHECK(at != MEMORY_NONE);
    for (;;) {
        const struct version *version = version_at(memory, at);
        at = version_older(version);
        if (at == MEMORY_NONE) return true;
        if ((version_flags_of(version) & VERSION_SAME_KEYS) == 0) return false;
    }
}

/* ---- link ---- */

static bool index_takes_entries(const struct fragment *fragment, uint32_t index) {
    CHECK(index < fragment->index_count);
    if (fragment->indexes[index].is_emptying) return false;
    return fragment->schema->definition->indexes[index].state != INDEX_DELETE_ONLY; /* (I2) */
}

/* Hash of the key's parts without the primary key, for the count of distinct ones. */
static uint64_t index_parts_hash(const struct fragment *fragment, uint32_t index, struct slice row,
                                 struct slice entry) {
    const struct key_layout *parts = fragment->schema->parts[index];
    if (parts->fixed_bytes != 0) return hash_bytes(slice_part(entry, 0, parts->fixed_bytes));
    struct buffer *key = &fragment->owner->other_key;
    CHECK(entry.data != key->data);
    key->size = 0;
    key_of_row(parts, row, key);
    return hash_bytes(buffer_slice(key));
}

/* Adds the entry of `version`; *is_new_out says whether it was not there before. */
static enum status index_add(struct fragment *fragment, uint32_t index, uint32_t row,
                             const struct version *version, bool *is_new_out) {
    struct buffer *key = &fragment->owner->key;
    struct fragment_index *at = &fragment->indexes[index];
    *is_new_out = false;
    if (!index_takes_entries(fragment, index)) return STATUS_OK;
    if (!version_key(fragment, index, version, key)) return STATUS_OK;
    enum status status = ordered_index_insert(&at->tree, buffer_slice(key), row, MEMORY_UNDO);
    if (status == STATUS_DUPLICATE) return STATUS_OK;
    if (status != STATUS_OK) return status;
    *is_new_out = true;
    distinct_add(&at->distinct,
                 index_parts_hash(fragment, index, version_row(version), buffer_slice(key)));
    return STATUS_OK;
}

static void index_remove(struct fragment *fragment, uint32_t index, struct slice key) {
    struct fragment_index *at = &fragment->indexes[index];
    CHECK(index > 0);
    if (at->is_emptying) return;
    enum status status = ordered_index_remove(&at->tree, key);
    bool must_be_there = fragment->schema->definition->indexes[index].state == INDEX_PUBLIC;
    if (must_be_there) CHECK(status == STATUS_OK); /* (F1) */
}

static bool keys_equal(const struct fragment *fragment, uint32_t index, const struct version *a,
                       const struct version *b) {
    struct buffer *key_a = &fragment->owner->key, *key_b = &fragment->owner->other_key;
    if (!version_key(fragment, index, a, key_a)) return false;
    if (!version_key(fragment, index, b, key_b)) return false;
    return slice_equal(buffer_slice(key_a), buffer_slice(key_b));
}

enum status fragment_index_link(struct fragment *fragment, uint32_t row, uint32_t version_handle,
                                uint32_t older, enum memory_need need) {
    struct memory *memory = fragment_memory(fragment);
    struct version *version = version_at(memory, version_handle);
    if (version_is_tombstone(version)) return STATUS_OK;
    if (!memory_has_pages(memory, 1, need) && fragment->index_count > 1) return STATUS_FULL;
    const struct version *below = older == MEMORY_NONE ? NULL : version_at(memory, older);
    uint64_t added[(TABLE_INDEX_COUNT_MAX + 63) / 64] = {0};
    enum status status = STATUS_OK;
    bool all_same = below != NULL, is_new;
    uint32_t at = 1;
    for (; at < fragment->index_count && status == STATUS_OK; at++) {
        if (below != NULL && keys_equal(fragment, at, version, below)) continue;
        all_same = false;
        status = index_add(fragment, at, row, version, &is_new);
        if (is_new) added[at / 64] |= (uint64_t)1 << at % 64;
    }
    if (status == STATUS_OK) {
        if (all_same) version_set_flag(version, VERSION_SAME_KEYS);
        return STATUS_OK;
    }
    while (--at > 0) {
        if ((added[at / 64] >> at % 64 & 1) == 0) continue;
        version_key(fragment, at, version, &fragment->owner->key);
        index_remove(fragment, at, buffer_slice(&fragment->owner->key));
    }
    return status;
}

/* ---- unlink ---- */

/* Whether a version of the row other than `version` carries the key. */
static bool row_carries_key(const struct fragment *fragment, uint32_t index, uint32_t row,
                            const struct version *version) {
    const struct memory *memory = fragment_memory(fragment);
    struct slice key = buffer_slice(&fragment->owner->key);
    struct buffer *other_key = &fragment->owner->other_key;
    CHECK(key.size > 0);
    for (uint32_t at = row_at(memory, row)->newest; at != MEMORY_NONE;) {
        const struct version *other = version_at(memory, at);
        at = version_older(other);
        if (other == version || !version_key(fragment, index, other, other_key)) continue;
        if (slice_equal(buffer_slice(other_key), key)) return true;
    }
    return false;
}

void fragment_index_unlink(struct fragment *fragment, uint32_t row, uint32_t newer_handle,
                           uint32_t version_handle) {
    const struct memory *memory = fragment_memory(fragment);
    struct version *version = version_at(memory, version_handle), *newer = NULL;
    if (newer_handle != MEMORY_NONE) newer = version_at(memory, newer_handle);
    bool same_above = newer != NULL && (version_flags_of(newer) & VERSION_SAME_KEYS) != 0;
    bool has_below = version_older(version) != MEMORY_NONE;
    bool same_below = has_below && (version_flags_of(version) & VERSION_SAME_KEYS) != 0;
    CHECK(newer == NULL || version_older(newer) == version_handle);
    if (newer != NULL && !same_below) version_clear_flag(newer, VERSION_SAME_KEYS); /* (I1) */
    if (same_above || same_below) return;
    for (uint32_t i = 1; i < fragment->index_count; i++) {
        if (!version_key(fragment, i, version, &fragment->owner->key)) return;
        if (row_carries_key(fragment, i, row, version)) continue;
        index_remove(fragment, i, buffer_slice(&fragment->owner->key));
    }
}

/* ---- indexes that come and go ---- */

/* Adds the entries of all versions of the row, and makes (I1) true of this index. */
static enum status backfill_row(struct fragment *fragment, uint32_t index, uint32_t row) {
    const struct memory *memory = fragment_memory(fragment);
    uint32_t at = row_at(memory, row)->newest;
    CHECK(at != MEMORY_NONE);
    while (at != MEMORY_NONE) {
        struct version *version = version_at(memory, at);
        bool is_new;
        enum status status = index_add(fragment, index, row, version, &is_new);
        if (status != STATUS_OK) return status; /* what was added is right, and found again */
        at = version_older(version);
        if ((version_flags_of(version) & VERSION_SAME_KEYS) == 0) continue;
        CHECK(at != MEMORY_NONE);
        if (!keys_equal(fragment, index, version, version_at(memory, at)))
            version_clear_flag(version, VERSION_SAME_KEYS);
    }
    return STATUS_OK;
}

enum status fragment_backfill(struct fragment *fragment, uint32_t index, uint32_t budget,
                              struct buffer *resume) {
    CHECK(index > 0 && index < fragment->index_count);
    CHECK(budget > 0);
    struct memory *memory = fragment_memory(fragment);
    struct ordered_point from =
        ordered_point_of(buffer_slice(resume), resume->size == 0 ? ORDERED_BEFORE : ORDERED_AFTER);
    struct ordered_cursor cursor;
    bool more = ordered_seek_right(&fragment->indexes[0].tree, &from, &cursor);
    for (; more && budget > 0; budget--) {
        uint32_t row = ordered_row(&cursor);
        if (!memory_has_pages(memory, 1, MEMORY_GROW)) return STATUS_FULL;
        enum status status = backfill_row(fragment, index, row);
        if (status != STATUS_OK) return status;
        resume->size = 0;
        buffer_append(resume, row_key(row_at(memory, row)));
        more = ordered_next(&cursor); /* only the other tree has changed */
    }
    return more ? STATUS_OK : STATUS_END;
}

bool fragment_empty_index(struct fragment *fragment, uint32_t index, uint32_t budget) {
    CHECK(index > 0 && index < fragment->index_count);
    CHECK(budget > 0);
    fragment->indexes[index].is_emptying = true;
    return ordered_index_empty(&fragment->indexes[index].tree, budget);
}
