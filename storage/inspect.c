/* inspect.c: walks over fragments that prove, rather than believe, what the engine says of itself.
 *
 * A fragment is verified in both directions: every row is found by hash and by primary key, every
 * version's key has its entry in every index; and every entry of an index leads to a row of which
 * some version carries the key. Counts that the engine keeps on the way are compared with what the
 * walk finds.
 */
#include "storage/inspect.h"

#include "base/hash.h"
#include "storage/fragment_private.h"
#include "storage/participant_private.h"
#include "storage/store_private.h"

static struct inspect_version inspect_version_of(const struct version *version) {
    struct inspect_version seen = {.is_pending = version_is_pending(version),
                                   .is_tombstone = version_is_tombstone(version),
                                   .row = version_row(version)};
    if (seen.is_pending) {
        seen.writer = version_writer(version);
        seen.statement = version_statement(version);
    } else {
        seen.timestamp = version_timestamp(version);
        seen.position = version_position(version);
    }
    CHECK(!seen.is_tombstone || seen.row.size == 0);
    return seen;
}

bool inspect_row_next(const struct fragment *fragment, struct slice after,
                      struct inspect_row *row_out) {
    CHECK(fragment->state == FRAGMENT_OPEN);
    struct ordered_point point =
        ordered_point_of(after, after.size == 0 ? ORDERED_BEFORE : ORDERED_AFTER);
    struct ordered_cursor cursor;
    if (!ordered_seek_right(&fragment->indexes[0].tree, &point, &cursor)) return false;
    const struct memory *memory = fragment_memory(fragment);
    const struct row_anchor *anchor = row_at(memory, ordered_row(&cursor));
    row_out->key = row_key(anchor);
    row_out->version_count = 0;
    for (uint32_t at = anchor->newest; at != MEMORY_NONE;) {
        const struct version *version = version_at(memory, at);
        if (row_out->version_count < INSPECT_VERSIONS_MAX)
            row_out->versions[row_out->version_count] = inspect_version_of(version);
        row_out->version_count++;
        at = version_older(version);
    }
    CHECK(row_out->version_count > 0);
    return true;
}

uint64_t inspect_fragment_digest(const struct fragment *fragment) {
    CHECK(fragment->state == FRAGMENT_OPEN);
    const struct memory *memory = fragment_memory(fragment);
    uint64_t digest = fragment->table_id;
    struct ordered_cursor cursor;
    bool more = ordered_seek_first(&fragment->indexes[0].tree, &cursor);
    for (; more; more = ordered_next(&cursor)) {
        const struct row_anchor *anchor = row_at(memory, ordered_row(&cursor));
        uint32_t at = anchor->newest;
        while (at != MEMORY_NONE && version_is_pending(version_at(memory, at)))
            at = version_older(version_at(memory, at));
        if (at == MEMORY_NONE) continue;
        const struct version *version = version_at(memory, at);
        if (version_is_tombstone(version)) continue;
        digest = hash_bytes_seeded(row_key(anchor), digest);
        digest = hash_bytes_seeded(version_row(version), digest);
        digest =
            hash_pair(digest, hash_pair(version_timestamp(version), version_position(version)));
    }
    return digest;
}

/* ---- verification of one fragment ---- */

struct verify {
    const struct fragment *fragment;
    struct arena *scratch;
    uint64_t row_count, live_count, row_bytes;
};

/* (V1), (V2) of version.h. */
static void verify_neighbours(const struct version *newer, const struct version *older) {
    if (version_is_pending(older)) {
        CHECK(version_is_pending(newer));
        CHECK(version_writer(newer) == version_writer(older));
        CHECK(version_statement(newer) > version_statement(older));
    } else if (!version_is_pending(newer)) {
        CHECK(version_position(newer) > version_position(older));
        CHECK(version_timestamp(newer) >= version_timestamp(older));
    }
}

/* Entries of one version in all indexes; keys that the flags call the same are (I1 of
 * fragment_index.c). */
static void verify_entries(const struct verify *verify, uint32_t row,
                           const struct version *version) {
    const struct fragment *fragment = verify->fragment;
    const struct memory *memory = fragment_memory(fragment);
    bool says_same = (version_flags_of(version) & VERSION_SAME_KEYS) != 0;
    if (version_is_tombstone(version)) CHECK(!says_same);
    for (uint32_t i = 1; i < fragment->index_count && !version_is_tombstone(version); i++) {
        bool is_public = fragment->schema->definition->indexes[i].state == INDEX_PUBLIC;
        if (!is_public || fragment->indexes[i].is_emptying) continue;
        struct buffer key = buffer_of(verify->scratch);
        fragment_entry_key(fragment, i, version_row(version), &key);
        CHECK(ordered_index_find(&fragment->indexes[i].tree, buffer_slice(&key)) == row);
        if (!says_same) continue;
        const struct version *older = version_at(memory, version_older(version));
        CHECK(!version_is_tombstone(older));
        CHECK(fragment_entry_matches(fragment, i, version_row(older), buffer_slice(&key),
                                     verify->scratch));
    }
}

static void verify_row(struct verify *verify, uint32_t row) {
    const struct memory *memory = fragment_memory(verify->fragment);
    const struct row_anchor *anchor = row_at(memory, row);
    const struct version *newer = NULL;
    CHECK(anchor->newest != MEMORY_NONE);
    CHECK(hash_index_find(&verify->fragment->hash, row_key(anchor), hash_bytes(row_key(anchor))) ==
          row);
    verify->row_count++;
    verify->row_bytes += row_cell_bytes(anchor);
    if (row_live(verify->fragment, row)) verify->live_count++;
    bool inline_used = false;
    for (uint32_t at = anchor->newest; at != MEMORY_NONE;) {
        const struct version *version = version_at(memory, at);
        if (newer != NULL) verify_neighbours(newer, version);
        verify_entries(verify, row, version);
        if (at == row_inline_version(anchor, row) && row_inline_bytes(anchor) > 0)
            inline_used = true;
        else
            verify->row_bytes += memory_class_bytes(VERSION_HEADER_BYTES + (size_t)version->size);
        newer = version;
        at = version_older(version);
    }
    CHECK(inline_used == ((anchor->inline_units & ROW_INLINE_USED) != 0));
    arena_reset(verify->scratch);
}

/* Some version of the row carries the entry's key ((F1) of fragment.h). */
static bool entry_has_version(const struct verify *verify, uint32_t index,
                              const struct ordered_cursor *cursor) {
    const struct memory *memory = fragment_memory(verify->fragment);
    uint32_t at = row_at(memory, ordered_row(cursor))->newest;
    CHECK(at != MEMORY_NONE);
    while (at != MEMORY_NONE) {
        const struct version *version = version_at(memory, at);
        at = version_older(version);
        if (version_is_tombstone(version)) continue;
        struct buffer key = buffer_of(verify->scratch);
        fragment_entry_key(verify->fragment, index, version_row(version), &key);
        if (ordered_key_equals(cursor, buffer_slice(&key))) return true;
    }
    return false;
}

static void verify_index(const struct verify *verify, uint32_t index) {
    const struct fragment_index *at = &verify->fragment->indexes[index];
    struct ordered_cursor cursor;
    CHECK(at->id == verify->fragment->schema->definition->indexes[index].id);
    if (at->is_emptying) return;
    ordered_index_verify(&at->tree);
    for (bool more = ordered_seek_first(&at->tree, &cursor); more; more = ordered_next(&cursor)) {
        CHECK(entry_has_version(verify, index, &cursor));
        arena_reset(verify->scratch);
    }
}

void inspect_fragment_verify(const struct fragment *fragment, struct arena *scratch) {
    CHECK(fragment->state == FRAGMENT_OPEN);
    struct verify verify = {.fragment = fragment, .scratch = scratch};
    const struct ordered_index *primary = &fragment->indexes[0].tree;
    struct ordered_cursor cursor;
    ordered_index_verify(primary);
    for (bool more = ordered_seek_first(primary, &cursor); more; more = ordered_next(&cursor)) {
        const struct row_anchor *anchor = row_at(fragment_memory(fragment), ordered_row(&cursor));
        CHECK(ordered_key_equals(&cursor, row_key(anchor)));
        verify_row(&verify, ordered_row(&cursor));
    }
    CHECK(verify.row_count == fragment->hash.entry_count);
    CHECK(verify.live_count == fragment->row_count);
    CHECK(verify.row_bytes == fragment->row_bytes);
    for (uint32_t i = 1; i < fragment->index_count; i++) verify_index(&verify, i);
}

/* ---- garbage and idleness ---- */

static void garbage_count_row(const struct fragments *fragments, uint32_t row,
                              struct inspect_garbage *garbage) {
    bool has_committed = false;
    uint32_t at = row_at(fragments->memory, row)->newest;
    CHECK(at != MEMORY_NONE);
    while (at != MEMORY_NONE) {
        const struct version *version = version_at(fragments->memory, at);
        at = version_older(version);
        if (version_is_pending(version)) garbage->pending_count++;
        if (version_is_pending(version)) continue;
        if (has_committed) garbage->version_count++;
        if (has_committed) garbage->version_bytes += VERSION_HEADER_BYTES + (uint64_t)version->size;
        has_committed = true;
    }
}

struct inspect_garbage inspect_garbage_of(const struct fragments *fragments) {
    struct inspect_garbage garbage = {.entry_count = fragments->garbage.entry_count};
    CHECK(fragments->memory != NULL);
    for (uint32_t i = 0; i < fragments->place_count; i++) {
        const struct fragment *fragment = &fragments->slots[fragments->places[i].slot];
        struct ordered_cursor cursor;
        bool more = ordered_seek_first(&fragment->indexes[0].tree, &cursor);
        for (; more; more = ordered_next(&cursor))
            garbage_count_row(fragments, ordered_row(&cursor), &garbage);
    }
    CHECK(garbage.version_bytes <=
          fragments->garbage.bytes); /* tables being dropped have some, too */
    return garbage;
}

void inspect_idle(const struct fragments *fragments, const struct lock_table *locks) {
    CHECK(fragments->writers.used_count == 0);
    CHECK(lock_count(locks) == 0);
    CHECK(lock_wait_count(locks) == 0);
}

/* ---- a shard's replica ---- */

static_assert((int)INSPECT_NONE == COPY_NONE && (int)INSPECT_TAKING == COPY_TAKING &&
                  (int)INSPECT_FILLING == COPY_FILLING && (int)INSPECT_KEEPING == COPY_KEEPING,
              "one list of stages");

enum inspect_copy inspect_copy_of(const struct store *store) {
    enum copy_stage stage = COPY_NONE;
    for (uint32_t i = 0; i < store->shard_count; i++)
        stage = MAX(stage, store->shards[i]->following.copy_stage);
    return (enum inspect_copy)stage;
}

/* A dropped table counts no more, whatever is left of its rows: each replica frees them in its own time. */
static uint64_t shard_digest(const struct shard_schema *schema) {
    uint64_t digest = 0;
    const struct table *table = schema_next(schema, 0);
    while (table != NULL) {
        uint64_t parts[3] = {digest, table->version, inspect_fragment_digest(table->fragment)};
        digest = hash_bytes(slice_of(parts, sizeof parts));
        table = table->table_id == UINT32_MAX ? NULL : schema_next(schema, table->table_id + 1);
    }
    return digest;
}

static bool shard_is_whole(const struct shard *shard) {
    return !shard->following.is_hollow || shard->following.copy_stage == COPY_KEEPING;
}

bool inspect_shard_at(const struct store *store, uint32_t place, struct arena *scratch,
                      struct inspect_shard *shard_out) {
    if (!store->is_recovered || place >= store->shard_count) return false;
    const struct shard *shard = store->shards[place];
    const struct fragments *fragments = shard->fragments;
    CHECK(fragments != NULL);
    *shard_out = (struct inspect_shard){.shard = shard->id,
                                        .term = shard->term,
                                        .is_primary = shard_is_primary(shard),
                                        .is_whole = shard_is_whole(shard),
                                        .applied = shard->log.applied,
                                        .appended = shard->log.appended,
                                        .schema_work_count = shard->schema.work_count,
                                        .transaction_count = shard->participants->pool.count,
                                        .lock_count = lock_count(shard->locks),
                                        .garbage_bytes = fragments_garbage_bytes(fragments)};
    if (shard_is_primary(shard)) shard_out->required = replica_required(shard);
    for (uint32_t i = 0; i < fragments->place_count; i++) {
        const struct fragment *fragment = &fragments->slots[fragments->places[i].slot];
        if (fragment->state != FRAGMENT_OPEN) continue;
        inspect_fragment_verify(fragment, scratch);
    }
    shard_out->digest = shard_digest(&shard->schema);
    return true;
}
