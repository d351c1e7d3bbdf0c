/* fragment.c: the tables of a shard, and reading and writing one row of them.
 *
 *   fragments:  slots[] of fragments | places[] by table id | writers | garbage | retired cells
 *   fragment:   hash index -> rows <- ordered indexes (0: primary key; others by ordinal)
 *
 *   FREE -> OPEN -> DROPPING -> GHOST -> FREE
 *
 * A fragment that is dropped is not found any more at once; its rows go in steps. Its slot is used
 * again when no garbage entry names it (GHOST), for those are found by slot.
 *
 * Every write puts a new version on top of a row's chain. What it needs is taken before anything
 * is changed, in this order: row, version, garbage entry, index entries, writer's note; a refusal
 * gives it back in reverse.
 */
#include "storage/fragment_private.h"

/* ---- the fragments of a shard ---- */

struct fragments *fragments_open(const struct fragments_options *options) {
    CHECK(options->fragment_count_max > 0 && options->fragment_count_max <= UINT16_MAX);
    struct arena *arena = options->arena;
    struct fragments *fragments = arena_new(arena, struct fragments);
    fragments->memory = options->memory;
    fragments->slot_count = options->fragment_count_max;
    fragments->slots = arena_array(arena, struct fragment, fragments->slot_count);
    fragments->places = arena_array(arena, struct fragment_place, fragments->slot_count);
    fragments->key = buffer_of(arena);
    fragments->other_key = buffer_of(arena);
    writers_open(&fragments->writers, options->memory, arena, options->writer_count);
    CHECK(fragments->slots[0].state == FRAGMENT_FREE);
    return fragments;
}

struct writers *fragments_writers(struct fragments *fragments) {
    return &fragments->writers;
}

uint64_t fragments_garbage_bytes(const struct fragments *fragments) {
    return fragments->garbage.bytes;
}

/* The first place whose table id is >= table_id. */
static uint32_t place_search(const struct fragments *fragments, uint32_t table_id) {
    uint32_t low = 0, high = fragments->place_count;
    CHECK(high <= fragments->slot_count);
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (fragments->places[middle].table_id < table_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct fragment *fragments_next(const struct fragments *fragments, uint32_t table_id) {
    uint32_t at = place_search(fragments, table_id);
    if (at == fragments->place_count) return NULL;
    struct fragment *fragment = &fragments->slots[fragments->places[at].slot];
    CHECK(fragment->state == FRAGMENT_OPEN && fragment->table_id >= table_id);
    return fragment;
}

struct fragment *fragments_find(const struct fragments *fragments, uint32_t table_id) {
    struct fragment *fragment = fragments_next(fragments, table_id);
    return fragment != NULL && fragment->table_id == table_id ? fragment : NULL;
}

static void place_insert(struct fragments *fragments, uint32_t table_id, uint32_t slot) {
    uint32_t at = place_search(fragments, table_id);
    CHECK(fragments->place_count < fragments->slot_count);
    memmove(&fragments->places[at + 1], &fragments->places[at],
            (fragments->place_count - at) * sizeof(fragments->places[0]));
    fragments->places[at] = (struct fragment_place){table_id, slot};
    fragments->place_count++;
}

static void place_remove(struct fragments *fragments, uint32_t table_id) {
    uint32_t at = place_search(fragments, table_id);
    CHECK(at < fragments->place_count && fragments->places[at].table_id == table_id);
    fragments->place_count--;
    memmove(&fragments->places[at], &fragments->places[at + 1],
            (fragments->place_count - at) * sizeof(fragments->places[0]));
}

/* ---- open, schema, drop ---- */

/* Index structures of a schema; those that `from` has (by id) move over. */
static enum status indexes_make(struct fragment *fragment, const struct fragment_schema *schema,
                                uint32_t *cell_out) {
    uint32_t count = schema->definition->index_count;
    struct memory *memory = fragment_memory(fragment);
    size_t size = count * sizeof(struct fragment_index);
    enum status status = memory_take(memory, size, MEMORY_GROW, cell_out);
    if (status != STATUS_OK) return status;
    struct fragment_index *indexes = memset(memory_at(memory, *cell_out), 0, size);
    for (uint32_t i = 0; i < count; i++) {
        indexes[i].id = schema->definition->indexes[i].id;
        ordered_index_open(&indexes[i].tree, memory);
        for (uint32_t old = 0; old < fragment->index_count; old++)
            if (fragment->indexes[old].id == indexes[i].id) indexes[i] = fragment->indexes[old];
    }
    CHECK(fragment->index_count == 0 || indexes[0].id == fragment->indexes[0].id);
    return STATUS_OK;
}

enum status fragment_set_schema(struct fragment *fragment, const struct fragment_schema *schema) {
    struct memory *memory = fragment_memory(fragment);
    uint32_t cell, count = schema->definition->index_count;
    CHECK(fragment->state == FRAGMENT_OPEN);
    enum status status = indexes_make(fragment, schema, &cell);
    if (status != STATUS_OK) return status;
    struct fragment_index *indexes = memory_at(memory, cell);
    for (uint32_t old = 0; old < fragment->index_count; old++) {
        bool stays = false;
        for (uint32_t i = 0; i < count; i++) stays |= indexes[i].id == fragment->indexes[old].id;
        if (!stays) CHECK(fragment->indexes[old].tree.root == MEMORY_NONE);
    }
    if (fragment->indexes != NULL)
        memory_give(memory, fragment->indexes_cell,
                    fragment->index_count * sizeof(struct fragment_index));
    fragment->indexes = indexes;
    fragment->indexes_cell = cell;
    fragment->index_count = count;
    fragment->schema = schema;
    return STATUS_OK;
}

enum status fragment_open(struct fragments *fragments, const struct fragment_schema *schema,
                          struct fragment **fragment_out) {
    uint32_t table_id = (uint32_t)schema->definition->id, slot = 0;
    CHECK(table_id == schema->definition->id);
    if (fragments_find(fragments, table_id) != NULL) return STATUS_DUPLICATE;
    while (slot < fragments->slot_count && fragments->slots[slot].state != FRAGMENT_FREE) slot++;
    if (slot == fragments->slot_count) return STATUS_BUSY;
    struct fragment *fragment = &fragments->slots[slot];
    *fragment = (struct fragment){
        .owner = fragments, .state = FRAGMENT_OPEN, .slot = slot, .table_id = table_id};
    enum status status = hash_index_open(&fragment->hash, fragments->memory);
    if (status == STATUS_OK) {
        status = fragment_set_schema(fragment, schema);
        if (status != STATUS_OK) {
            bool closed = hash_index_close(&fragment->hash, UINT32_MAX);
            CHECK(closed);
        }
    }
    if (status != STATUS_OK) {
        fragment->state = FRAGMENT_FREE;
        return status;
    }
    place_insert(fragments, table_id, slot);
    *fragment_out = fragment;
    return STATUS_OK;
}

const struct fragment_schema *fragment_schema_of(const struct fragment *fragment) {
    CHECK(fragment->state == FRAGMENT_OPEN);
    return fragment->schema;
}

/* A row of a table that goes: no index is looked at. */
static void row_forget(struct fragment *fragment, uint32_t row) {
    const struct memory *memory = fragment_memory(fragment);
    struct row_anchor *anchor = row_at(memory, row);
    bool is_newest = true;
    while (anchor->newest != MEMORY_NONE) {
        uint32_t version = anchor->newest;
        const struct version *going = version_at(memory, version);
        if (!is_newest && !version_is_pending(going))
            fragment->owner->garbage.bytes -= VERSION_HEADER_BYTES + (uint64_t)going->size;
        is_newest = is_newest && version_is_pending(going);
        anchor->newest = version_older(going);
        version_free(fragment, row, version);
    }
    fragment_retire(fragment, row, row_cell_bytes(anchor));
}

bool fragment_drop(struct fragment *fragment, uint32_t budget) {
    CHECK(fragment->state == FRAGMENT_OPEN || fragment->state == FRAGMENT_DROPPING);
    CHECK(budget > 0);
    if (fragment->state == FRAGMENT_OPEN) place_remove(fragment->owner, fragment->table_id);
    fragment->state = FRAGMENT_DROPPING;
    for (; budget > 0; budget--) {
        uint32_t row = hash_index_take(&fragment->hash);
        if (row == MEMORY_NONE) break;
        row_forget(fragment, row);
    }
    for (uint32_t i = 0; i < fragment->index_count; i++) {
        if (budget == 0) return false;
        uint64_t before = fragment->indexes[i].tree.node_count;
        if (!ordered_index_empty(&fragment->indexes[i].tree, budget)) return false;
        budget -= MIN(budget, (uint32_t)MIN(before, UINT32_MAX));
    }
    if (budget == 0 || !hash_index_close(&fragment->hash, budget)) return false;
    memory_give(fragment_memory(fragment), fragment->indexes_cell,
                fragment->index_count * sizeof(struct fragment_index));
    CHECK(fragment->row_bytes == 0);
    fragment->indexes = NULL;
    fragment->index_count = 0;
    fragment->state = fragment->garbage_count > 0 ? FRAGMENT_GHOST : FRAGMENT_FREE;
    return true;
}

void fragments_close(struct fragments *fragments) {
    for (uint32_t slot = 0; slot < fragments->slot_count; slot++) {
        struct fragment *fragment = &fragments->slots[slot];
        bool has_cells = fragment->state == FRAGMENT_OPEN || fragment->state == FRAGMENT_DROPPING;
        while (has_cells && !fragment_drop(fragment, STEP_ROWS_MAX)) {}
    }
    writers_abandon(&fragments->writers);
    garbage_abandon(fragments);
    fragments_step_end(fragments);
    CHECK(fragments->place_count == 0);
    CHECK(fragments->garbage.bytes == 0);
}

/* ---- read ---- */

enum version_found fragment_read(const struct fragment *fragment, const struct fragment_key *key,
                                 const struct version_view *view, struct version_read *read_out) {
    CHECK(fragment->state == FRAGMENT_OPEN);
    uint32_t row = hash_index_find(&fragment->hash, key->bytes, key->hash), newest = MEMORY_NONE;
    if (row != MEMORY_NONE) newest = row_at(fragment_memory(fragment), row)->newest;
    return version_find(&fragment->owner->writers, newest, view, read_out);
}

void fragment_read_ahead(const struct fragment *fragment, const struct fragment_key *key) {
    CHECK(fragment->state == FRAGMENT_OPEN);
    hash_index_fetch(&fragment->hash, key->hash);
}

/* ---- write ---- */

/* What a write has taken so far. */
struct write_parts {
    uint32_t row, version, garbage;
    uint32_t older; /* newest version before */
    bool is_new_row;
    bool is_linked; /* its index entries are there */
    bool replaces;  /* the newest version is of the same statement, and goes */
    enum memory_need need;
};

static enum status write_check(const struct fragment *fragment, const struct fragment_write *write,
                               struct write_parts *parts) {
    const struct memory *memory = fragment_memory(fragment);
    parts->row = hash_index_find(&fragment->hash, write->key.bytes, write->key.hash);
    parts->is_new_row = parts->row == MEMORY_NONE;
    parts->need = write->kind == WRITE_DELETE ? MEMORY_UNDO : MEMORY_GROW;
    bool exists = false;
    if (!parts->is_new_row) {
        parts->older = row_at(memory, parts->row)->newest;
        const struct version *newest = version_at(memory, parts->older);
        exists = !version_is_tombstone(newest);
        if (version_is_pending(newest)) {
            CHECK(version_writer(newest) == write->writer); /* it holds the X lock */
            CHECK(version_statement(newest) <= write->statement);
            parts->replaces = version_statement(newest) == write->statement;
        }
    }
    switch (write->kind) {
    case WRITE_INSERT: return exists ? STATUS_DUPLICATE : STATUS_OK;
    case WRITE_UPDATE:
    case WRITE_DELETE: return exists ? STATUS_OK : STATUS_NOT_FOUND;
    case WRITE_PUT: return STATUS_OK;
    }
    return STATUS_INVALID; /* a number from a message */
}

static enum status write_take(struct fragment *fragment, const struct fragment_write *write,
                              struct write_parts *parts) {
    struct version_make make = {write->row, write->kind == WRITE_DELETE, parts->need};
    enum status status = STATUS_OK;
    if (parts->is_new_row)
        status = row_make(fragment, &write->key, write->row.size, parts->need, &parts->row);
    if (status != STATUS_OK) return status;
    status = version_make(fragment, parts->row, &make, &parts->version);
    if (status != STATUS_OK) return status;
    version_set_pending(version_at(fragment_memory(fragment), parts->version), write->writer,
                        write->statement);
    if (!parts->replaces && (!parts->is_new_row || make.is_tombstone))
        status = garbage_take(fragment->owner, MEMORY_UNDO, &parts->garbage);
    if (status != STATUS_OK) return status;
    status = fragment_index_link(fragment, parts->row, parts->version, parts->older, parts->need);
    if (status != STATUS_OK || parts->replaces) return status;
    struct writer_entry entry = {fragment->slot, parts->row, write->statement, parts->garbage};
    status = writer_note(&fragment->owner->writers, write->writer, entry);
    if (status != STATUS_OK) parts->is_linked = true;
    return status;
}

/* Gives back what a refused write took. Entries that were linked are unlinked as if the version
 * had been in the chain. */
static void write_give(struct fragment *fragment, const struct write_parts *parts) {
    struct memory *memory = fragment_memory(fragment);
    if (parts->garbage != MEMORY_NONE) garbage_give(fragment->owner, parts->garbage);
    if (parts->is_linked) {
        CHECK(parts->version != MEMORY_NONE);
        version_set_older(version_at(memory, parts->version), parts->older);
        row_at(memory, parts->row)->newest = parts->version;
        version_drop(fragment, parts->row, MEMORY_NONE, parts->version);
    } else if (parts->version != MEMORY_NONE) {
        version_free(fragment, parts->row, parts->version);
    }
    if (parts->is_new_row && parts->row != MEMORY_NONE) row_remove(fragment, parts->row);
}

enum status fragment_write(struct fragment *fragment, const struct fragment_write *write) {
    CHECK(fragment->state == FRAGMENT_OPEN);
    CHECK(writer_at(&fragment->owner->writers, write->writer)->state == WRITER_ACTIVE);
    struct memory *memory = fragment_memory(fragment);
    struct write_parts parts = {0};
    enum status status = write_check(fragment, write, &parts);
    if (status != STATUS_OK) return status;
    status = write_take(fragment, write, &parts);
    if (status != STATUS_OK) {
        write_give(fragment, &parts);
        return status;
    }
    int32_t live = row_live(fragment, parts.row);
    version_set_older(version_at(memory, parts.version), parts.older);
    row_at(memory, parts.row)->newest = parts.version;
    if (parts.replaces) version_drop(fragment, parts.row, parts.version, parts.older);
    fragment->row_count += (uint64_t)(int64_t)(row_live(fragment, parts.row) - live);
    return STATUS_OK;
}

/* ---- apply ---- */

/* The newest committed version, and the pending one right above it. */
static uint32_t row_committed(const struct fragment *fragment, uint32_t row, uint32_t *above_out) {
    const struct memory *memory = fragment_memory(fragment);
    uint32_t at = row_at(memory, row)->newest;
    *above_out = MEMORY_NONE;
    CHECK(row != MEMORY_NONE);
    while (at != MEMORY_NONE && version_is_pending(version_at(memory, at))) {
        *above_out = at;
        at = version_older(version_at(memory, at));
    }
    return at;
}

/* Puts the linked version between `above` (pending, or none) and `older`. */
static void apply_chain(struct fragment *fragment, const struct write_parts *parts, uint32_t above,
                        const struct fragment_image *image) {
    struct memory *memory = fragment_memory(fragment);
    struct version *version = version_at(memory, parts->version);
    int32_t live = row_live(fragment, parts->row);
    version_set_older(version, parts->older);
    version_set_committed(version, image->timestamp, image->position);
    if (above == MEMORY_NONE) {
        row_at(memory, parts->row)->newest = parts->version;
    } else {
        version_set_older(version_at(memory, above), parts->version);
        version_clear_flag(version_at(memory, above), VERSION_SAME_KEYS);
    }
    if (parts->older != MEMORY_NONE) {
        const struct version *older = version_at(memory, parts->older);
        CHECK(version_position(older) < image->position);
        fragment->owner->garbage.bytes += VERSION_HEADER_BYTES + (uint64_t)older->size;
    }
    fragment->row_count += (uint64_t)(int64_t)(row_live(fragment, parts->row) - live);
    if (parts->garbage != MEMORY_NONE)
        garbage_note(fragment, parts->row, image->timestamp, parts->garbage);
}

enum status fragment_apply(struct fragment *fragment, const struct fragment_image *image) {
    CHECK(fragment->state == FRAGMENT_OPEN);
    CHECK(image->timestamp <= TIMESTAMP_MAX && image->position <= POSITION_MAX);
    struct memory *memory = fragment_memory(fragment);
    struct write_parts parts = {.need = MEMORY_UNDO};
    uint32_t above = MEMORY_NONE;
    parts.row = hash_index_find(&fragment->hash, image->key.bytes, image->key.hash);
    parts.is_new_row = parts.row == MEMORY_NONE;
    if (!parts.is_new_row) {
        parts.older = row_committed(fragment, parts.row, &above);
        bool is_known = parts.older != MEMORY_NONE &&
                        version_position(version_at(memory, parts.older)) >= image->position;
        if (is_known) return STATUS_OK; /* D4 */
    }
    size_t size = image->is_delete ? 0 : image->row.size;
    enum status status = STATUS_OK;
    if (parts.is_new_row) status = row_make(fragment, &image->key, size, MEMORY_UNDO, &parts.row);
    struct version_make make = {image->row, image->is_delete, MEMORY_UNDO};
    if (status == STATUS_OK) status = version_make(fragment, parts.row, &make, &parts.version);
    if (status == STATUS_OK && (parts.older != MEMORY_NONE || image->is_delete))
        status = garbage_take(fragment->owner, MEMORY_UNDO, &parts.garbage);
    if (status == STATUS_OK)
        status = fragment_index_link(fragment, parts.row, parts.version, parts.older, parts.need);
    if (status != STATUS_OK) {
        write_give(fragment, &parts);
        return status;
    }
    apply_chain(fragment, &parts, above, image);
    return STATUS_OK;
}

/* ---- statistics ---- */

void fragment_statistics_of(const struct fragment *fragment,
                            struct fragment_statistics *statistics_out) {
    CHECK(fragment->state == FRAGMENT_OPEN);
    *statistics_out = (struct fragment_statistics){
        .row_count = fragment->row_count,
        .used_bytes = fragment->row_bytes + hash_index_bytes(&fragment->hash),
        .index_count = fragment->index_count,
    };
    CHECK(fragment->index_count <= TABLE_INDEX_COUNT_MAX);
    for (uint32_t i = 0; i < fragment->index_count; i++) {
        const struct fragment_index *index = &fragment->indexes[i];
        statistics_out->used_bytes += ordered_index_bytes(&index->tree);
        uint64_t distinct = i == 0 ? fragment->row_count : distinct_estimate(&index->distinct);
        statistics_out->distinct[i] = MIN(distinct, fragment->row_count);
    }
}
