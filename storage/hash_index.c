/* hash_index.c: one cache line from a key's hash to its row, and no insert that pays for a resize.
 *
 * Three levels (DESIGN section 7): the bucket of the key has led to this fragment; the hash leads
 * to a segment of 64 groups, and to one group in it:
 *
 *   root -> | directory page |..      directory page -> | segment |.. x 256
 *   segment -> | group |.. x 64       group, one cache line: | 12 tags | overflow | 12 rows |
 *
 * A tag is 8 bits of the hash, 0 for an empty place: 1 in 255 foreign rows is looked at in vain.
 *
 * Growth is linear hashing. With 2^level <= group_count < 2^(level + 1), the groups below
 * group_count - 2^level have been split this round. When an insert makes the groups more than two
 * thirds full on average, one group is split into itself and a new last one: a dozen rows are
 * looked at. Segments, directory pages and the root (which doubles, and is 16 KiB at a billion
 * rows) are allocated when the last group crosses into one.
 *
 *   (H1) Group of a hash: its bits 32 and up, modulo 2^(level + 1), less 2^level when that group
 *        is not there yet. The low bits are not used: all keys of a fragment come from some of the
 *        buckets, so those are not free to vary. The tag is bits 24 to 31.
 *   (H2) A split never needs memory for overflow groups: those of the old group suffice for both.
 *   (H3) When memory is short, groups are not split; chains grow, and nothing else happens.
 *
 * Groups are not merged: an emptied fragment keeps 10 bytes for each row that it once had, until
 * it is dropped.
 */
#include "storage/hash_index.h"

#include "base/hash.h"

enum {
    GROUP_ENTRIES = 12,
    GROUP_ENTRIES_MEAN = 8, /* then split */
    SEGMENT_GROUPS = 64,
    DIRECTORY_SEGMENTS = 256,
    ROOT_PAGES_FIRST = 4,
    LEVEL_FIRST = 6,
};

struct hash_group {
    uint8_t tags[GROUP_ENTRIES];
    uint32_t overflow; /* handle of a group */
    uint32_t rows[GROUP_ENTRIES];
};
static_assert(sizeof(struct hash_group) == 64, "one cache line");
static_assert(1 << LEVEL_FIRST == SEGMENT_GROUPS, "a new index has one full segment");

#define SEGMENT_BYTES   (SEGMENT_GROUPS * sizeof(struct hash_group))
#define DIRECTORY_BYTES (DIRECTORY_SEGMENTS * sizeof(uint32_t))

static const uint64_t every_byte = 0x0101010101010101;

/* ---- places ---- */

static uint8_t tag_of(uint64_t hash) {
    uint8_t tag = (uint8_t)(hash >> 24);
    return tag != 0 ? tag : 1;
}

static uint32_t group_of(const struct hash_index *index, uint64_t hash) { /* (H1) */
    uint32_t half = 1u << index->level;
    uint32_t group = (uint32_t)(hash >> 32) & (2 * half - 1);
    return group < index->group_count ? group : group & (half - 1);
}

static uint32_t *directory_slot(const struct hash_index *index, uint32_t segment) {
    const uint32_t *root = memory_at(index->memory, index->root);
    uint32_t *page = memory_at(index->memory, root[segment / DIRECTORY_SEGMENTS]);
    return &page[segment % DIRECTORY_SEGMENTS];
}

static struct hash_group *group_at(const struct hash_index *index, uint32_t group) {
    uint32_t segment = *directory_slot(index, group / SEGMENT_GROUPS);
    struct hash_group *groups = memory_at(index->memory, segment);
    return &groups[group % SEGMENT_GROUPS];
}

static struct hash_group *group_overflow(const struct hash_index *index,
                                         const struct hash_group *group) {
    if (group->overflow == MEMORY_NONE) return NULL;
    return memory_at(index->memory, group->overflow);
}

/* A bit at 8 * n + 7 for each place n whose tag is `tag`. The lowest bit is right; higher ones may
 * be false, so the reader compares what it finds. `from` is 0 or 8: the tags' first or second word.
 */
static uint64_t group_match(const struct hash_group *group, uint8_t tag, uint32_t from) {
    uint64_t tags = from == 0 ? load_le64(group->tags) : load_le32(group->tags + 8);
    uint64_t ends = from == 0 ? every_byte << 7 : every_byte << 7 & UINT32_MAX;
    uint64_t differs = tags ^ every_byte * tag;
    return (differs - every_byte) & ~differs & ends;
}

/* The first empty place, GROUP_ENTRIES when there is none. */
static uint32_t group_empty_place(const struct hash_group *group) {
    uint64_t low = group_match(group, 0, 0);
    if (low != 0) return (uint32_t)__builtin_ctzll(low) / 8;
    uint64_t high = group_match(group, 0, 8);
    if (high != 0) return 8 + (uint32_t)__builtin_ctzll(high) / 8;
    return GROUP_ENTRIES;
}

static bool group_is_empty(const struct hash_group *group) {
    return load_le64(group->tags) == 0 && load_le32(group->tags + 8) == 0;
}

/* ---- open and close ---- */

static enum status hash_index_add_segment(struct hash_index *index);

enum status hash_index_open(struct hash_index *index, struct memory *memory) {
    CHECK(memory != NULL);
    *index = (struct hash_index){.memory = memory, .root_capacity = ROOT_PAGES_FIRST};
    enum status status =
        memory_take(memory, ROOT_PAGES_FIRST * sizeof(uint32_t), MEMORY_GROW, &index->root);
    if (status != STATUS_OK) return status;
    status = hash_index_add_segment(index);
    if (status != STATUS_OK) {
        memory_give(memory, index->root, ROOT_PAGES_FIRST * sizeof(uint32_t));
        return status;
    }
    index->group_count = SEGMENT_GROUPS;
    index->level = LEVEL_FIRST;
    CHECK(index->segment_count == 1);
    return STATUS_OK;
}

static void group_give_overflow(struct hash_index *index, struct hash_group *group) {
    while (group->overflow != MEMORY_NONE) {
        uint32_t handle = group->overflow;
        struct hash_group *next = memory_at(index->memory, handle);
        group->overflow = next->overflow;
        memory_give(index->memory, handle, sizeof(*next));
        CHECK(index->overflow_count > 0);
        index->overflow_count--;
    }
}

static void hash_index_drop_segment(struct hash_index *index) {
    CHECK(index->segment_count > 0);
    uint32_t segment = --index->segment_count;
    uint32_t *slot = directory_slot(index, segment);
    struct hash_group *groups = memory_at(index->memory, *slot);
    for (uint32_t i = 0; i < SEGMENT_GROUPS; i++) group_give_overflow(index, &groups[i]);
    memory_give(index->memory, *slot, SEGMENT_BYTES);
    *slot = MEMORY_NONE;
    if (segment % DIRECTORY_SEGMENTS != 0) return;
    const uint32_t *root = memory_at(index->memory, index->root);
    memory_give(index->memory, root[segment / DIRECTORY_SEGMENTS], DIRECTORY_BYTES);
}

bool hash_index_close(struct hash_index *index, uint32_t budget) {
    CHECK(budget > 0);
    index->entry_count = 0;
    index->group_count = 0;
    for (; index->segment_count > 0 && budget > 0; budget--) hash_index_drop_segment(index);
    if (index->segment_count > 0) return false;
    if (index->root != MEMORY_NONE)
        memory_give(index->memory, index->root, index->root_capacity * sizeof(uint32_t));
    index->root = MEMORY_NONE;
    CHECK(index->overflow_count == 0);
    return true;
}

uint32_t hash_index_take(struct hash_index *index) {
    for (; index->group_count > 0; index->group_count--) {
        struct hash_group *group = group_at(index, index->group_count - 1);
        for (; group != NULL; group = group_overflow(index, group)) {
            for (uint32_t i = 0; i < GROUP_ENTRIES; i++) {
                if (group->tags[i] == 0) continue;
                CHECK(index->entry_count > 0);
                index->entry_count--;
                group->tags[i] = 0;
                return group->rows[i];
            }
        }
    }
    CHECK(index->entry_count == 0);
    return MEMORY_NONE;
}

uint64_t hash_index_bytes(const struct hash_index *index) {
    CHECK(index->segment_count > 0);
    uint64_t directories = (index->segment_count - 1) / DIRECTORY_SEGMENTS + 1;
    return index->segment_count * SEGMENT_BYTES + directories * DIRECTORY_BYTES +
           index->overflow_count * sizeof(struct hash_group) +
           index->root_capacity * sizeof(uint32_t);
}

/* ---- find ---- */

uint32_t hash_index_find(const struct hash_index *index, struct slice key, uint64_t hash) {
    CHECK(index->group_count > 0);
    CHECK(key.size <= UINT16_MAX);
    uint8_t tag = tag_of(hash);
    const struct hash_group *group = group_at(index, group_of(index, hash));
    for (; group != NULL; group = group_overflow(index, group)) {
        for (uint32_t from = 0; from <= 8; from += 8) {
            uint64_t matches = group_match(group, tag, from);
            for (; matches != 0; matches &= matches - 1) {
                uint32_t row = group->rows[from + (uint32_t)__builtin_ctzll(matches) / 8];
                const struct row_anchor *anchor = row_at(index->memory, row);
                if (row != MEMORY_NONE && slice_equal(row_key(anchor), key)) return row;
            }
        }
    }
    return MEMORY_NONE;
}

void hash_index_fetch(const struct hash_index *index, uint64_t hash) {
    CHECK(index->group_count > 0);
    __builtin_prefetch(group_at(index, group_of(index, hash)));
}

/* ---- growth ---- */

static enum status hash_index_grow_root(struct hash_index *index) {
    uint32_t grown, size = index->root_capacity * (uint32_t)sizeof(uint32_t);
    enum status status = memory_take(index->memory, 2 * size, MEMORY_GROW, &grown);
    if (status != STATUS_OK) return status;
    memcpy(memory_at(index->memory, grown), memory_at(index->memory, index->root), size);
    memory_give(index->memory, index->root, size);
    index->root = grown;
    index->root_capacity *= 2;
    return STATUS_OK;
}

static enum status hash_index_add_directory(struct hash_index *index) {
    CHECK(index->segment_count % DIRECTORY_SEGMENTS == 0);
    uint32_t page_number = index->segment_count / DIRECTORY_SEGMENTS, page;
    CHECK(page_number <= index->root_capacity);
    if (page_number == index->root_capacity) {
        enum status status = hash_index_grow_root(index);
        if (status != STATUS_OK) return status;
    }
    enum status status = memory_take(index->memory, DIRECTORY_BYTES, MEMORY_GROW, &page);
    if (status != STATUS_OK) return status;
    uint32_t *root = memory_at(index->memory, index->root);
    root[page_number] = page;
    return STATUS_OK;
}

static enum status hash_index_add_segment(struct hash_index *index) {
    uint32_t segment;
    enum status status = memory_take(index->memory, SEGMENT_BYTES, MEMORY_GROW, &segment);
    if (status != STATUS_OK) return status;
    if (index->segment_count % DIRECTORY_SEGMENTS == 0) {
        status = hash_index_add_directory(index);
        if (status != STATUS_OK) {
            memory_give(index->memory, segment, SEGMENT_BYTES);
            return status;
        }
    }
    memset(memory_at(index->memory, segment), 0, SEGMENT_BYTES);
    *directory_slot(index, index->segment_count) = segment;
    index->segment_count++;
    return STATUS_OK;
}

/* Where the entries of a split go: two chains, and the old chain's overflow groups to build them
 * from. */
struct split {
    struct hash_index *index;
    struct hash_group *tails[2];
    uint32_t spare; /* linked by `overflow` */
};

static void split_append(struct split *split, uint32_t side, uint8_t tag, uint32_t row) {
    struct hash_group *tail = split->tails[side];
    uint32_t place = group_empty_place(tail);
    if (place == GROUP_ENTRIES) {
        CHECK(split->spare != MEMORY_NONE); /* (H2) */
        tail->overflow = split->spare;
        tail = memory_at(split->index->memory, tail->overflow);
        split->spare = tail->overflow;
        *tail = (struct hash_group){0};
        split->tails[side] = tail;
        place = 0;
    }
    CHECK(tail->tags[place] == 0);
    tail->tags[place] = tag;
    tail->rows[place] = row;
}

static void split_group(struct split *split, const struct hash_group *old, uint32_t new_group) {
    const struct memory *memory = split->index->memory;
    for (uint32_t i = 0; i < GROUP_ENTRIES; i++)
        if (old->tags[i] != 0) __builtin_prefetch(memory_at(memory, old->rows[i]));
    for (uint32_t i = 0; i < GROUP_ENTRIES; i++) {
        if (old->tags[i] == 0) continue;
        uint64_t hash = hash_bytes(row_key(row_at(memory, old->rows[i])));
        CHECK(tag_of(hash) == old->tags[i]);
        split_append(split, group_of(split->index, hash) == new_group, old->tags[i], old->rows[i]);
    }
}

/* Splits the next group of this round. */
static void hash_index_split(struct hash_index *index) {
    uint32_t new_group = index->group_count, old_group = new_group - (1u << index->level);
    CHECK(old_group < 1u << index->level);
    struct hash_group *base = group_at(index, old_group), old = *base;
    struct split split = {.index = index, .tails = {base, group_at(index, new_group)}};
    index->group_count++;
    *base = (struct hash_group){0};
    CHECK(group_is_empty(split.tails[1]));
    for (;;) {
        uint32_t next = old.overflow;
        split_group(&split, &old, new_group);
        if (next == MEMORY_NONE) break;
        struct hash_group *group = memory_at(index->memory, next);
        old = *group;
        group->overflow = split.spare; /* its entries are copied: it may serve again */
        split.spare = next;
    }
    struct hash_group spares = {.overflow = split.spare};
    group_give_overflow(index, &spares);
    if (index->group_count == 2u << index->level) index->level++;
}

static void hash_index_grow(struct hash_index *index) {
    if (index->entry_count <= (uint64_t)index->group_count * GROUP_ENTRIES_MEAN) return;
    if (index->group_count == UINT32_MAX) return;
    if (index->group_count == index->segment_count * SEGMENT_GROUPS) {
        CHECK(index->group_count % SEGMENT_GROUPS == 0);
        if (hash_index_add_segment(index) != STATUS_OK) return; /* (H3) */
    }
    hash_index_split(index);
}

/* ---- insert and remove ---- */

static enum status group_add_overflow(struct hash_index *index, struct hash_group *tail) {
    uint32_t handle;
    CHECK(tail->overflow == MEMORY_NONE);
    enum status status = memory_take(index->memory, sizeof(*tail), MEMORY_GROW, &handle);
    if (status != STATUS_OK) return status;
    struct hash_group *group = memory_at(index->memory, handle);
    *group = (struct hash_group){0};
    tail->overflow = handle;
    index->overflow_count++;
    return STATUS_OK;
}

enum status hash_index_insert(struct hash_index *index, uint64_t hash, uint32_t row) {
    CHECK(index->group_count > 0);
    CHECK(row != MEMORY_NONE);
    struct hash_group *group = group_at(index, group_of(index, hash));
    uint32_t place = group_empty_place(group);
    while (place == GROUP_ENTRIES) {
        if (group->overflow == MEMORY_NONE) {
            enum status status = group_add_overflow(index, group);
            if (status != STATUS_OK) return status;
        }
        group = group_overflow(index, group);
        place = group_empty_place(group);
    }
    group->tags[place] = tag_of(hash);
    group->rows[place] = row;
    index->entry_count++;
    hash_index_grow(index);
    return STATUS_OK;
}

void hash_index_remove(struct hash_index *index, uint64_t hash, uint32_t row) {
    CHECK(index->entry_count > 0);
    struct hash_group *group = group_at(index, group_of(index, hash)), *before = NULL;
    for (; group != NULL; before = group, group = group_overflow(index, group)) {
        uint32_t place = 0;
        while (place < GROUP_ENTRIES && (group->tags[place] == 0 || group->rows[place] != row))
            place++;
        if (place == GROUP_ENTRIES) continue;
        CHECK(group->tags[place] == tag_of(hash));
        group->tags[place] = 0;
        group->rows[place] = MEMORY_NONE;
        index->entry_count--;
        if (before == NULL || !group_is_empty(group)) return;
        uint32_t handle = before->overflow;
        before->overflow = group->overflow;
        memory_give(index->memory, handle, sizeof(*group));
        index->overflow_count--;
        return;
    }
    UNREACHABLE(); /* the entry was there */
}

uint32_t hash_index_rows(const struct hash_index *index, uint32_t group_number, uint32_t *rows,
                         uint32_t row_max) {
    CHECK(group_number < index->group_count);
    uint32_t count = 0;
    const struct hash_group *group = group_at(index, group_number);
    for (; group != NULL; group = group_overflow(index, group))
        for (uint32_t i = 0; i < GROUP_ENTRIES; i++)
            if (group->tags[i] != 0 && count < row_max) rows[count++] = group->rows[i];
    CHECK(count <= row_max);
    return count;
}
