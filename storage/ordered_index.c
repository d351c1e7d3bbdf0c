/* ordered_index.c: how nodes make a tree that splits downwards and merges upwards.
 *
 * Leaves hold the entries and are linked both ways; inner nodes hold separators. The inside of a
 * node is ordered_node.c's.
 *
 *   (B1) Keys rise strictly within a node and over the leaves. Child i of an inner node holds the
 *        keys >= separator i and < separator i + 1; a separator is the shortest prefix that tells
 *        the two leaves apart when they split, so inner nodes stay small.
 *   (B2) An insert splits on its way down every inner node that could not take one more longest
 *        separator. So a split always finds room above, takes its memory before it changes
 *        anything, and FULL leaves a good tree.
 *   (B3) A remove takes no memory: a node that falls below a quarter is merged with a neighbour
 *        under the same parent when both together fill three quarters at most, or one is empty. A
 *        leaf without such a neighbour may stay empty.
 *   (B4) An insert behind the last entry of all does not halve the last leaf, it begins the next
 *        one: rising keys fill leaves to the end.
 */
#include "storage/ordered_node.h"

/* The way down to a leaf. at[i]: 0 is first_child of nodes[i], n is slot n - 1. */
struct path {
    uint32_t nodes[ORDERED_LEVEL_MAX];
    uint32_t at[ORDERED_LEVEL_MAX];
    uint32_t depth; /* inner nodes above the leaf */
    uint32_t leaf;
};

static struct ordered_node *node_at(const struct ordered_index *index, uint32_t node) {
    return memory_at(index->memory, node);
}

/* ---- nodes and long tails in memory ---- */

static enum status node_take(struct ordered_index *index, uint32_t level, enum memory_need need,
                             uint32_t *node_out) {
    CHECK(level < ORDERED_LEVEL_MAX);
    enum status status = memory_take(index->memory, ORDERED_NODE_BYTES, need, node_out);
    if (status != STATUS_OK) return status;
    *node_at(index, *node_out) =
        (struct ordered_node){.level = (uint16_t)level, .heap_from = ORDERED_NODE_BYTES};
    index->node_count++;
    return STATUS_OK;
}

static void node_give(struct ordered_index *index, uint32_t node) {
    CHECK(index->node_count > 0);
    index->node_count--;
    memory_give(index->memory, node, ORDERED_NODE_BYTES);
}

/* Makes the entry ready to be put into a node: a long tail gets its cell. */
static enum status entry_take(struct ordered_index *index, struct ordered_entry *entry,
                              enum memory_need need) {
    CHECK(entry->key.size <= ORDERED_KEY_BYTES_MAX);
    entry->long_tail = MEMORY_NONE;
    if (!ordered_tail_is_long(entry->key.size)) return STATUS_OK;
    size_t size = entry->key.size - ORDERED_HEAD_BYTES;
    enum status status = memory_take(index->memory, size, need, &entry->long_tail);
    if (status != STATUS_OK) return status;
    memcpy(memory_at(index->memory, entry->long_tail), entry->key.data + ORDERED_HEAD_BYTES, size);
    index->long_key_bytes += size;
    return STATUS_OK;
}

static void long_tail_give(struct ordered_index *index, uint32_t long_tail, size_t key_size) {
    if (long_tail == MEMORY_NONE) return;
    CHECK(ordered_tail_is_long(key_size));
    size_t size = key_size - ORDERED_HEAD_BYTES;
    CHECK(index->long_key_bytes >= size);
    index->long_key_bytes -= size;
    memory_give(index->memory, long_tail, size);
}

void ordered_index_open(struct ordered_index *index, struct memory *memory) {
    CHECK(memory != NULL);
    *index = (struct ordered_index){.memory = memory};
}

/* ---- the way down ---- */

static void path_find(const struct ordered_index *index, const struct ordered_point *point,
                      struct path *path) {
    CHECK(index->root != MEMORY_NONE);
    path->depth = 0;
    uint32_t at = index->root;
    for (const struct ordered_node *node = node_at(index, at); node->level > 0;
         node = node_at(index, at)) {
        CHECK(path->depth < ORDERED_LEVEL_MAX);
        uint32_t child = ordered_node_search_child(index->memory, node, point);
        path->nodes[path->depth] = at;
        path->at[path->depth++] = child;
        at = ordered_node_child(node, child);
    }
    path->leaf = at;
}

uint32_t ordered_index_find(const struct ordered_index *index, struct slice key) {
    CHECK(key.size <= ORDERED_KEY_BYTES_MAX);
    if (index->root == MEMORY_NONE) return MEMORY_NONE;
    struct ordered_point point = ordered_point_of(key, ORDERED_BEFORE);
    struct path path;
    path_find(index, &point, &path);
    const struct ordered_node *leaf = node_at(index, path.leaf);
    CHECK(leaf->level == 0);
    uint32_t at = ordered_node_search(index->memory, leaf, &point);
    if (at == leaf->slot_count || !ordered_slot_equals(index->memory, leaf, &leaf->slots[at], key))
        return MEMORY_NONE;
    return leaf->slots[at].child;
}

/* ---- split ---- */

/* The shortest key that is above `left` and not above `right` (B1): a prefix of right. */
static struct slice separator_between(struct slice left, struct slice right) {
    size_t common = 0, size = MIN(left.size, right.size);
    while (common < size && left.data[common] == right.data[common]) common++;
    CHECK(common < right.size);
    return slice_part(right, 0, common + 1);
}

static void leaf_link_after(struct ordered_index *index, uint32_t left, uint32_t right) {
    struct ordered_node *left_node = node_at(index, left), *right_node = node_at(index, right);
    CHECK(left_node->level == 0 && right_node->level == 0);
    right_node->next = left_node->next;
    right_node->previous = left;
    left_node->next = right;
    if (right_node->next != MEMORY_NONE) node_at(index, right_node->next)->previous = right;
}

/* Splits child `at` of `parent`, a full leaf, for an insert of `key`. The parent has room (B2). */
static enum status leaf_split(struct ordered_index *index, struct ordered_node *parent, uint32_t at,
                              struct slice key, enum memory_need need) {
    uint8_t left_bytes[ORDERED_KEY_BYTES_MAX], right_bytes[ORDERED_KEY_BYTES_MAX];
    uint32_t leaf = ordered_node_child(parent, at);
    struct ordered_node *node = node_at(index, leaf);
    struct ordered_point point = ordered_point_of(key, ORDERED_BEFORE);
    bool is_append = node->next == MEMORY_NONE &&
                     ordered_node_search(index->memory, node, &point) == node->slot_count;
    uint32_t from = is_append ? node->slot_count : ordered_node_middle(node); /* (B4) */
    struct slice left =
        ordered_slot_copy_key(index->memory, node, &node->slots[from - 1], left_bytes);
    struct slice right = key;
    if (!is_append)
        right = ordered_slot_copy_key(index->memory, node, &node->slots[from], right_bytes);
    struct ordered_entry separator = {.key = separator_between(left, right)};
    enum status status = entry_take(index, &separator, need);
    if (status != STATUS_OK) return status;
    status = node_take(index, 0, need, &separator.child);
    if (status != STATUS_OK) {
        long_tail_give(index, separator.long_tail, separator.key.size);
        return status;
    }
    ordered_node_move_slots(node, from, node->slot_count - from, node_at(index, separator.child));
    ordered_node_cut(node, from);
    leaf_link_after(index, leaf, separator.child);
    ordered_node_insert(parent, at, &separator);
    return STATUS_OK;
}

/* Splits child `at` of `parent`, an inner node: its middle separator moves up. The parent has room
 * (B2). */
static enum status inner_split(struct ordered_index *index, struct ordered_node *parent,
                               uint32_t at, enum memory_need need) {
    uint8_t key_bytes[ORDERED_KEY_BYTES_MAX];
    struct ordered_node *node = node_at(index, ordered_node_child(parent, at));
    CHECK(node->slot_count >= 3);
    uint32_t middle = MIN(ordered_node_middle(node), node->slot_count - 2u), right_handle;
    enum status status = node_take(index, node->level, need, &right_handle);
    if (status != STATUS_OK) return status;
    const struct ordered_slot *slot = &node->slots[middle];
    struct ordered_entry separator = {
        .key = ordered_slot_copy_key(index->memory, node, slot, key_bytes),
        .child = right_handle,
        .long_tail = ordered_slot_long_tail(node, slot),
    };
    struct ordered_node *right = node_at(index, right_handle);
    right->first_child = slot->child;
    ordered_node_move_slots(node, middle + 1, node->slot_count - middle - 1, right);
    ordered_node_cut(node, middle);
    ordered_node_insert(parent, at, &separator);
    CHECK(node->slot_count > 0 && right->slot_count > 0);
    return STATUS_OK;
}

/* Whether the node must be split before something of that key goes into it. */
static bool node_is_tight(const struct ordered_node *node, struct slice key) {
    if (node->level == 0) return !ordered_node_has_room(node, key.size);
    return ordered_node_used_bytes(node) + ORDERED_ENTRY_BYTES_MAX > ORDERED_ROOM_BYTES; /* (B2) */
}

static enum status child_split(struct ordered_index *index, struct ordered_node *parent,
                               uint32_t at, struct slice key, enum memory_need need) {
    CHECK(!node_is_tight(parent, key));
    if (parent->level == 1) return leaf_split(index, parent, at, key, need);
    return inner_split(index, parent, at, need);
}

static enum status root_grow(struct ordered_index *index, enum memory_need need) {
    uint32_t root;
    if (index->level_count == ORDERED_LEVEL_MAX) return STATUS_FULL;
    enum status status = node_take(index, index->level_count, need, &root);
    if (status != STATUS_OK) return status;
    if (index->level_count > 0) {
        CHECK(node_at(index, index->root)->level + 1u == index->level_count);
        node_at(index, root)->first_child = index->root;
    }
    index->root = root;
    index->level_count++;
    return STATUS_OK;
}

/* A root that was given a new one above and then could not be split is still a good tree, one level
 * too high. */
static void root_shrink(struct ordered_index *index) {
    while (index->level_count > 1) {
        uint32_t root = index->root;
        const struct ordered_node *node = node_at(index, root);
        CHECK(node->level + 1u == index->level_count);
        if (node->slot_count > 0) return;
        index->root = node->first_child;
        index->level_count--;
        node_give(index, root);
    }
}

/* The leaf that takes the key, with room for it. */
static enum status insert_descend(struct ordered_index *index, struct slice key,
                                  enum memory_need need, struct ordered_node **leaf_out) {
    struct ordered_point point = ordered_point_of(key, ORDERED_BEFORE);
    if (index->root == MEMORY_NONE || node_is_tight(node_at(index, index->root), key)) {
        enum status status = root_grow(index, need);
        if (status != STATUS_OK) return status;
    }
    struct ordered_node *node = node_at(index, index->root);
    while (node->level > 0) {
        uint32_t at = ordered_node_search_child(index->memory, node, &point);
        struct ordered_node *child = node_at(index, ordered_node_child(node, at));
        if (node_is_tight(child, key)) {
            enum status status = child_split(index, node, at, key, need);
            if (status != STATUS_OK) return status;
            child = node_at(index, ordered_node_child(node, ordered_node_search_child(
                                                                index->memory, node, &point)));
        }
        node = child;
    }
    CHECK(ordered_node_has_room(node, key.size));
    *leaf_out = node;
    return STATUS_OK;
}

enum status ordered_index_insert(struct ordered_index *index, struct slice key, uint32_t row,
                                 enum memory_need need) {
    CHECK(row != MEMORY_NONE);
    if (key.size > ORDERED_KEY_BYTES_MAX) return STATUS_TOO_LARGE;
    struct ordered_entry entry = {.key = key, .child = row};
    enum status status = entry_take(index, &entry, need);
    if (status != STATUS_OK) return status;
    struct ordered_node *leaf = NULL;
    status = insert_descend(index, key, need, &leaf);
    if (status == STATUS_OK) {
        struct ordered_point point = ordered_point_of(key, ORDERED_BEFORE);
        uint32_t at = ordered_node_search(index->memory, leaf, &point);
        bool is_there = at < leaf->slot_count &&
                        ordered_slot_equals(index->memory, leaf, &leaf->slots[at], key);
        if (is_there) CHECK(leaf->slots[at].child == row);
        if (!is_there) {
            ordered_node_insert(leaf, at, &entry);
            index->entry_count++;
            return STATUS_OK;
        }
        status = STATUS_DUPLICATE;
    }
    long_tail_give(index, entry.long_tail, key.size);
    root_shrink(index);
    return status;
}

/* ---- remove ---- */

static void leaf_unlink(struct ordered_index *index, const struct ordered_node *leaf) {
    CHECK(leaf->level == 0);
    if (leaf->previous != MEMORY_NONE) node_at(index, leaf->previous)->next = leaf->next;
    if (leaf->next != MEMORY_NONE) node_at(index, leaf->next)->previous = leaf->previous;
}

/* Bytes of a node made of both: between inner nodes, the separator comes down. */
static uint32_t merged_bytes(const struct ordered_node *left, const struct ordered_node *right,
                             const struct ordered_slot *separator) {
    uint32_t bytes = ordered_node_used_bytes(left) + ordered_node_used_bytes(right);
    if (left->level > 0) bytes += ORDERED_SLOT_BYTES + ordered_tail_bytes(separator->key_size);
    return bytes;
}

/* Moves all of child `at` + 1 into child `at` when (B3) allows it. */
static bool children_merge(struct ordered_index *index, struct ordered_node *parent, uint32_t at) {
    CHECK(at < parent->slot_count);
    uint32_t right_handle = ordered_node_child(parent, at + 1);
    struct ordered_node *left = node_at(index, ordered_node_child(parent, at));
    struct ordered_node *right = node_at(index, right_handle);
    const struct ordered_slot *slot = &parent->slots[at];
    bool has_empty = left->slot_count == 0 || right->slot_count == 0;
    uint32_t bytes = merged_bytes(left, right, slot);
    if (bytes > (has_empty ? (uint32_t)ORDERED_ROOM_BYTES : (uint32_t)ORDERED_MERGED_BYTES_MAX))
        return false;
    ordered_node_compact(left);
    uint32_t long_tail = ordered_slot_long_tail(parent, slot);
    if (left->level > 0) {
        struct ordered_slot separator = *slot;
        left->slot_count++;
        if (ordered_tail_bytes(slot->key_size) > 0)
            separator.tail = ordered_node_push_heap(left, (const uint8_t *)parent + slot->tail,
                                                    ordered_tail_bytes(slot->key_size));
        separator.child = right->first_child;
        left->slots[left->slot_count - 1] = separator;
    } else {
        long_tail_give(index, long_tail, slot->key_size);
        leaf_unlink(index, right);
    }
    ordered_node_move_slots(right, 0, right->slot_count, left);
    ordered_node_remove_slot(parent, at);
    node_give(index, right_handle);
    return true;
}

/* Merges upwards from the leaf as far as nodes have become small. */
static void path_merge(struct ordered_index *index, const struct path *path) {
    uint32_t node = path->leaf;
    for (uint32_t depth = path->depth; depth-- > 0;) {
        if (ordered_node_used_bytes(node_at(index, node)) >= ORDERED_MERGE_BYTES_BELOW) return;
        struct ordered_node *parent = node_at(index, path->nodes[depth]);
        uint32_t at = path->at[depth];
        CHECK(ordered_node_child(parent, at) == node);
        bool merged = at < parent->slot_count && children_merge(index, parent, at);
        if (!merged && at > 0) merged = children_merge(index, parent, at - 1);
        if (!merged) return;
        node = path->nodes[depth];
    }
    root_shrink(index);
}

enum status ordered_index_remove(struct ordered_index *index, struct slice key) {
    if (index->root == MEMORY_NONE || key.size > ORDERED_KEY_BYTES_MAX) return STATUS_NOT_FOUND;
    struct ordered_point point = ordered_point_of(key, ORDERED_BEFORE);
    struct path path;
    path_find(index, &point, &path);
    struct ordered_node *leaf = node_at(index, path.leaf);
    uint32_t at = ordered_node_search(index->memory, leaf, &point);
    if (at == leaf->slot_count || !ordered_slot_equals(index->memory, leaf, &leaf->slots[at], key))
        return STATUS_NOT_FOUND;
    CHECK(index->entry_count > 0);
    uint32_t long_tail = ordered_slot_long_tail(leaf, &leaf->slots[at]);
    ordered_node_remove_slot(leaf, at);
    index->entry_count--;
    long_tail_give(index, long_tail, key.size);
    path_merge(index, &path);
    return STATUS_OK;
}

/* Gives back the leftmost leaf and what it leaves empty above it. */
static void drop_first_leaf(struct ordered_index *index) {
    uint32_t parents[ORDERED_LEVEL_MAX], depth = 0, at = index->root;
    while (node_at(index, at)->level > 0) {
        CHECK(depth < ORDERED_LEVEL_MAX);
        parents[depth++] = at;
        at = node_at(index, at)->first_child;
    }
    const struct ordered_node *leaf = node_at(index, at);
    for (uint32_t i = 0; i < leaf->slot_count; i++)
        long_tail_give(index, ordered_slot_long_tail(leaf, &leaf->slots[i]),
                       leaf->slots[i].key_size);
    node_give(index, at);
    while (depth > 0) {
        at = parents[--depth];
        struct ordered_node *parent = node_at(index, at);
        if (parent->slot_count > 0) {
            long_tail_give(index, ordered_slot_long_tail(parent, &parent->slots[0]),
                           parent->slots[0].key_size);
            parent->first_child = parent->slots[0].child;
            ordered_node_remove_slot(parent, 0);
            return;
        }
        node_give(index, at);
    }
    ordered_index_open(index, index->memory);
}

bool ordered_index_empty(struct ordered_index *index, uint32_t budget) {
    CHECK(budget > 0);
    for (; index->root != MEMORY_NONE && budget > 0; budget--) drop_first_leaf(index);
    if (index->root != MEMORY_NONE) return false;
    CHECK(index->node_count == 0 && index->long_key_bytes == 0);
    return true;
}

/* ---- cursors ---- */

static const struct ordered_node *cursor_leaf(const struct ordered_cursor *cursor) {
    const struct ordered_node *leaf = node_at(cursor->index, cursor->leaf);
    CHECK(leaf->level == 0);
    return leaf;
}

static const struct ordered_slot *cursor_slot(const struct ordered_cursor *cursor) {
    const struct ordered_node *leaf = cursor_leaf(cursor);
    CHECK(cursor->at < leaf->slot_count);
    return &leaf->slots[cursor->at];
}

/* From a place between entries to the entry behind it; leaves may be empty (B3). */
static bool cursor_settle_right(struct ordered_cursor *cursor) {
    const struct ordered_node *leaf = cursor_leaf(cursor);
    while (cursor->at >= leaf->slot_count) {
        if (leaf->next == MEMORY_NONE) return false;
        cursor->leaf = leaf->next;
        cursor->at = 0;
        leaf = cursor_leaf(cursor);
    }
    __builtin_prefetch(memory_at(cursor->index->memory, leaf->next));
    return true;
}

/* From a place between entries to the entry before it. */
static bool cursor_settle_left(struct ordered_cursor *cursor) {
    while (cursor->at == 0) {
        uint32_t previous = cursor_leaf(cursor)->previous;
        if (previous == MEMORY_NONE) return false;
        cursor->leaf = previous;
        cursor->at = cursor_leaf(cursor)->slot_count;
    }
    cursor->at--;
    return true;
}

static bool cursor_place(const struct ordered_index *index, const struct ordered_point *point,
                         struct ordered_cursor *cursor) {
    *cursor = (struct ordered_cursor){.index = index};
    if (index->root == MEMORY_NONE) return false;
    struct path path;
    path_find(index, point, &path);
    cursor->leaf = path.leaf;
    cursor->at = ordered_node_search(index->memory, cursor_leaf(cursor), point);
    return true;
}

bool ordered_seek_right(const struct ordered_index *index, const struct ordered_point *point,
                        struct ordered_cursor *cursor_out) {
    return cursor_place(index, point, cursor_out) && cursor_settle_right(cursor_out);
}

bool ordered_seek_left(const struct ordered_index *index, const struct ordered_point *point,
                       struct ordered_cursor *cursor_out) {
    return cursor_place(index, point, cursor_out) && cursor_settle_left(cursor_out);
}

bool ordered_seek_first(const struct ordered_index *index, struct ordered_cursor *cursor_out) {
    struct ordered_point begin = ordered_point_of(SLICE_EMPTY, ORDERED_BEFORE);
    return ordered_seek_right(index, &begin, cursor_out);
}

bool ordered_seek_last(const struct ordered_index *index, struct ordered_cursor *cursor_out) {
    struct ordered_point end = ordered_point_of(SLICE_EMPTY, ORDERED_AFTER_PREFIX);
    return ordered_seek_left(index, &end, cursor_out);
}

bool ordered_next(struct ordered_cursor *cursor) {
    CHECK(cursor->at < cursor_leaf(cursor)->slot_count);
    cursor->at++;
    return cursor_settle_right(cursor);
}

bool ordered_previous(struct ordered_cursor *cursor) {
    CHECK(cursor->at < cursor_leaf(cursor)->slot_count);
    return cursor_settle_left(cursor);
}

uint32_t ordered_row(const struct ordered_cursor *cursor) { return cursor_slot(cursor)->child; }

bool ordered_is_left(const struct ordered_cursor *cursor, const struct ordered_point *point) {
    return ordered_slot_is_left(cursor->index->memory, cursor_leaf(cursor), cursor_slot(cursor),
                                point);
}

void ordered_key(const struct ordered_cursor *cursor, struct buffer *out) {
    const struct ordered_slot *slot = cursor_slot(cursor);
    buffer_reserve(out, slot->key_size);
    ordered_slot_copy_key(cursor->index->memory, cursor_leaf(cursor), slot, out->data + out->size);
    out->size += slot->key_size;
    CHECK(out->size <= out->capacity);
}

bool ordered_key_equals(const struct ordered_cursor *cursor, struct slice key) {
    return ordered_slot_equals(cursor->index->memory, cursor_leaf(cursor), cursor_slot(cursor),
                               key);
}

void ordered_fetch(const struct ordered_cursor *cursor, int32_t ahead) {
    const struct ordered_node *leaf = cursor_leaf(cursor);
    int64_t at = (int64_t)cursor->at + ahead;
    if (at < 0 || at >= leaf->slot_count) return;
    __builtin_prefetch(memory_at(cursor->index->memory, leaf->slots[at].child));
}

/* ---- verification ---- */

static bool slot_is_above(const struct ordered_index *index, const struct ordered_cursor *cursor,
                          struct slice last) {
    struct ordered_point point = ordered_point_of(last, ORDERED_AFTER);
    CHECK(cursor->index == index);
    return !ordered_is_left(cursor, &point);
}

void ordered_index_verify(const struct ordered_index *index) {
    uint8_t bytes[ORDERED_KEY_BYTES_MAX];
    struct ordered_cursor cursor;
    uint64_t count = 0, leaf_count = 0;
    struct slice last = SLICE_EMPTY;
    uint32_t leaf = MEMORY_NONE;
    for (bool more = ordered_seek_first(index, &cursor); more; more = ordered_next(&cursor)) {
        if (count > 0) CHECK(slot_is_above(index, &cursor, last)); /* (B1) */
        if (cursor.leaf != leaf) leaf_count++;
        leaf = cursor.leaf;
        last =
            ordered_slot_copy_key(index->memory, cursor_leaf(&cursor), cursor_slot(&cursor), bytes);
        CHECK(ordered_index_find(index, last) == ordered_row(&cursor));
        count++;
    }
    CHECK(count == index->entry_count);
    CHECK(leaf_count <= index->node_count);
    for (bool more = ordered_seek_last(index, &cursor); more; more = ordered_previous(&cursor))
        count--;
    CHECK(count == 0);
}
