/* fragment_row.c: rows and versions as cells of memory, and how they come and go.
 *
 *   cell of a row:  | anchor 8 | key | pad to 16 | room for a version, or nothing |
 *
 * A row that is made for up to INLINE_BYTES_MAX of bytes gets room for them in its cell, rounded
 * up to the size class. The room holds one version at a time: ROW_INLINE_USED says so. Other
 * versions have cells of their own. See version.c for the picture.
 *
 *   (R1) A row is in the hash index and in the primary ordered index exactly as long as it exists.
 *   (R2) A row without versions exists only inside one call.
 *   (R3) What goes away is retired, not given: slices of it hold until the end of the step. The
 *        room inside a cell may be used again at once.
 */
#include "base/hash.h"
#include "storage/fragment_private.h"

enum { INLINE_BYTES_MAX = 8192 };
static_assert(INLINE_BYTES_MAX + VERSION_HEADER_BYTES + KEY_ENCODED_BYTES_MAX + 64 <=
                  MEMORY_PAGE_BYTES / 2,
              "a row's cell has a size class");
static_assert(MEMORY_PAGE_BYTES / 2 / MEMORY_UNIT_BYTES <= ROW_INLINE_UNITS_MASK,
              "the room fits its field");
static_assert(KEY_ENCODED_BYTES_MAX <= UINT16_MAX, "key sizes are 16 bits");

/* ---- retire ---- */

/* Lies over the first bytes of a retired cell: over header or anchor, never over bytes that a
 * slice shows. */
struct retired {
    uint32_t next;
    uint32_t size;
};
static_assert(sizeof(struct retired) <= sizeof(struct row_anchor), "a key stays readable");
static_assert(sizeof(struct retired) <= VERSION_HEADER_BYTES, "a row stays readable");

void fragment_retire(struct fragment *fragment, uint32_t handle, size_t size) {
    CHECK(handle != MEMORY_NONE);
    CHECK(size <= MEMORY_CELL_BYTES_MAX);
    struct fragments *owner = fragment->owner;
    struct retired *retired = memory_at(owner->memory, handle);
    *retired = (struct retired){owner->retired_first, (uint32_t)size};
    owner->retired_first = handle;
    CHECK(fragment->row_bytes >= memory_class_bytes(size));
    fragment->row_bytes -= memory_class_bytes(size);
}

void fragments_step_end(struct fragments *fragments) {
    CHECK(fragments->memory != NULL);
    while (fragments->retired_first != MEMORY_NONE) {
        uint32_t handle = fragments->retired_first;
        const struct retired *retired = memory_at(fragments->memory, handle);
        fragments->retired_first = retired->next;
        CHECK(retired->size > 0);
        memory_give(fragments->memory, handle, retired->size);
    }
}

/* ---- rows ---- */

static enum status row_take_cell(struct fragment *fragment, const struct fragment_key *key,
                                 size_t size, enum memory_need need, uint32_t *row_out) {
    struct memory *memory = fragment_memory(fragment);
    uint32_t anchor_bytes = row_anchor_units((uint32_t)key->bytes.size) * MEMORY_UNIT_BYTES;
    size_t bytes = anchor_bytes;
    if (size <= INLINE_BYTES_MAX) bytes += VERSION_HEADER_BYTES + size;
    bytes = memory_class_bytes(bytes);
    enum status status = memory_take(memory, bytes, need, row_out);
    if (status != STATUS_OK) return status;
    struct row_anchor *anchor = row_at(memory, *row_out);
    *anchor = (struct row_anchor){
        .key_size = (uint16_t)key->bytes.size,
        .inline_units = (uint16_t)memory_units(bytes - anchor_bytes),
    };
    if (key->bytes.size > 0) memcpy(anchor->key, key->bytes.data, key->bytes.size);
    CHECK(row_cell_bytes(anchor) == bytes);
    fragment->row_bytes += bytes;
    return STATUS_OK;
}

enum status row_make(struct fragment *fragment, const struct fragment_key *key, size_t size,
                     enum memory_need need, uint32_t *row_out) {
    CHECK(fragment->state == FRAGMENT_OPEN);
    if (key->bytes.size > KEY_ENCODED_BYTES_MAX) return STATUS_TOO_LARGE;
    enum status status = row_take_cell(fragment, key, size, need, row_out);
    if (status != STATUS_OK) return status;
    struct ordered_index *primary = &fragment->indexes[0].tree;
    status = ordered_index_insert(primary, key->bytes, *row_out, need);
    if (status == STATUS_OK) {
        status = hash_index_insert(&fragment->hash, key->hash, *row_out);
        if (status == STATUS_OK) return STATUS_OK;
        enum status undone = ordered_index_remove(primary, key->bytes);
        CHECK(undone == STATUS_OK);
    }
    CHECK(status != STATUS_DUPLICATE);
    fragment_retire(fragment, *row_out,
                    row_cell_bytes(row_at(fragment_memory(fragment), *row_out)));
    return status;
}

void row_remove(struct fragment *fragment, uint32_t row) {
    struct row_anchor *anchor = row_at(fragment_memory(fragment), row);
    CHECK(anchor->newest == MEMORY_NONE);
    CHECK((anchor->inline_units & (ROW_INLINE_USED | ROW_QUEUED | ROW_PARKED)) == 0);
    hash_index_remove(&fragment->hash, hash_bytes(row_key(anchor)), row);
    enum status status = ordered_index_remove(&fragment->indexes[0].tree, row_key(anchor));
    CHECK(status == STATUS_OK); /* (R1) */
    fragment_retire(fragment, row, row_cell_bytes(anchor));
}

int32_t row_live(const struct fragment *fragment, uint32_t row) {
    const struct row_anchor *anchor = row_at(fragment_memory(fragment), row);
    CHECK(anchor->key_size <= KEY_ENCODED_BYTES_MAX);
    if (anchor->newest == MEMORY_NONE) return 0;
    return version_is_tombstone(version_at(fragment_memory(fragment), anchor->newest)) ? 0 : 1;
}

/* ---- versions ---- */

enum status version_make(struct fragment *fragment, uint32_t row, const struct version_make *make,
                         uint32_t *version_out) {
    struct memory *memory = fragment_memory(fragment);
    struct row_anchor *anchor = row_at(memory, row);
    size_t size = make->is_tombstone ? 0 : make->bytes.size, bytes = VERSION_HEADER_BYTES + size;
    CHECK(size <= UINT32_MAX);
    if ((anchor->inline_units & ROW_INLINE_USED) == 0 && bytes <= row_inline_bytes(anchor)) {
        *version_out = row_inline_version(anchor, row);
        sanitize_unpoison(memory_at(memory, *version_out), row_inline_bytes(anchor));
        row_set_flag(anchor, ROW_INLINE_USED);
    } else {
        enum status status = memory_take(memory, bytes, make->need, version_out);
        if (status != STATUS_OK) return status;
        fragment->row_bytes += memory_class_bytes(bytes);
    }
    struct version *version = version_at(memory, *version_out);
    version->low = version->high = 0; /* not as a whole: its padding may lie behind the cell */
    version->size = (uint32_t)size;
    if (size > 0) memcpy(version->bytes, make->bytes.data, size);
    if (make->is_tombstone) version_set_flag(version, VERSION_TOMBSTONE);
    return STATUS_OK;
}

void version_free(struct fragment *fragment, uint32_t row, uint32_t version) {
    struct memory *memory = fragment_memory(fragment);
    struct row_anchor *anchor = row_at(memory, row);
    CHECK(version != MEMORY_NONE);
    if (version == row_inline_version(anchor, row)) {
        CHECK((anchor->inline_units & ROW_INLINE_USED) != 0);
        row_clear_flag(anchor, ROW_INLINE_USED);
        sanitize_poison(memory_at(memory, version), row_inline_bytes(anchor));
        return;
    }
    size_t size = VERSION_HEADER_BYTES + (size_t)version_at(memory, version)->size;
    fragment_retire(fragment, version, size);
}

void version_drop(struct fragment *fragment, uint32_t row, uint32_t newer, uint32_t version) {
    struct memory *memory = fragment_memory(fragment);
    struct row_anchor *anchor = row_at(memory, row);
    fragment_index_unlink(fragment, row, newer, version);
    uint32_t older = version_older(version_at(memory, version));
    if (newer == MEMORY_NONE) {
        CHECK(anchor->newest == version);
        anchor->newest = older;
    } else {
        CHECK(version_older(version_at(memory, newer)) == version);
        version_set_older(version_at(memory, newer), older);
    }
    version_free(fragment, row, version);
}

void row_settle(struct fragment *fragment, uint32_t row) {
    struct memory *memory = fragment_memory(fragment);
    struct row_anchor *anchor = row_at(memory, row);
    CHECK(anchor->newest != MEMORY_NONE);
    if ((anchor->inline_units & ROW_INLINE_USED) != 0) return;
    const struct version *newest = version_at(memory, anchor->newest);
    size_t bytes = VERSION_HEADER_BYTES + (size_t)newest->size;
    if (version_is_pending(newest) || bytes > row_inline_bytes(anchor)) return;
    uint32_t from = anchor->newest, to = row_inline_version(anchor, row);
    CHECK(from != to);
    sanitize_unpoison(memory_at(memory, to), row_inline_bytes(anchor));
    memcpy(memory_at(memory, to), newest, bytes);
    row_set_flag(anchor, ROW_INLINE_USED);
    anchor->newest = to;
    version_free(fragment, row, from);
}
