/* ordered_node.c: how keys lie in one node, and how a search mostly compares two registers.
 *
 *   node, 1024 bytes:  | header 32 | slot | slot | ... ->   free   <- ... | tail | tail |
 *   slot, 16 bytes:    | head: first 8 key bytes | row or child 4 | key size 2 | tail offset 2 |
 *   inner node:        first_child | slot: separator, child | slot: separator, child | ...
 *
 * The head is a number in memcmp order. The tail is the rest of the key: in the node, or, when
 * longer than 88 bytes, in a cell of its own whose handle is in the node. An entry thus takes at
 * most ORDERED_ENTRY_BYTES_MAX of a node, and a node holds 9 of the longest and 62 of integers.
 *
 *   (N1) Of two keys with equal heads, one shorter than a head is a prefix of the other.
 *   (N2) heap_dead counts the bytes of removed tails; compaction makes them free, and checks of
 *        space count them as free.
 *   (N3) change_count is raised by every change: a reader beside the owner will validate by it.
 */
#include "storage/ordered_node.h"

/* ---- keys in slots ---- */

uint64_t ordered_head_of(struct slice key, uint8_t filler) {
    if (key.size >= ORDERED_HEAD_BYTES) return load_be64(key.data);
    uint8_t bytes[ORDERED_HEAD_BYTES];
    memset(bytes, filler, sizeof(bytes));
    if (key.size > 0) memcpy(bytes, key.data, key.size);
    return load_be64(bytes);
}

uint32_t ordered_tail_bytes(size_t key_size) {
    if (key_size <= ORDERED_HEAD_BYTES) return 0;
    size_t tail = key_size - ORDERED_HEAD_BYTES;
    return tail <= ORDERED_TAIL_INLINE_BYTES_MAX ? (uint32_t)tail : (uint32_t)sizeof(uint32_t);
}

bool ordered_tail_is_long(size_t key_size) {
    return key_size > ORDERED_HEAD_BYTES + ORDERED_TAIL_INLINE_BYTES_MAX;
}

uint32_t ordered_slot_long_tail(const struct ordered_node *node, const struct ordered_slot *slot) {
    if (!ordered_tail_is_long(slot->key_size)) return MEMORY_NONE;
    return load_le32((const uint8_t *)node + slot->tail);
}

struct slice ordered_slot_tail(const struct memory *memory, const struct ordered_node *node,
                               const struct ordered_slot *slot) {
    if (slot->key_size <= ORDERED_HEAD_BYTES) return SLICE_EMPTY;
    const uint8_t *bytes = (const uint8_t *)node + slot->tail;
    if (ordered_tail_is_long(slot->key_size)) bytes = memory_at(memory, load_le32(bytes));
    return slice_of(bytes, slot->key_size - (size_t)ORDERED_HEAD_BYTES);
}

/* The slot's key in `bytes`, which has room for it. */
struct slice ordered_slot_copy_key(const struct memory *memory, const struct ordered_node *node,
                                   const struct ordered_slot *slot, uint8_t *bytes) {
    uint8_t head[ORDERED_HEAD_BYTES];
    store_be64(head, slot->head);
    if (slot->key_size > 0) memcpy(bytes, head, MIN((size_t)slot->key_size, sizeof(head)));
    struct slice tail = ordered_slot_tail(memory, node, slot);
    if (tail.size > 0) memcpy(bytes + ORDERED_HEAD_BYTES, tail.data, tail.size);
    return slice_of(bytes, slot->key_size);
}

struct ordered_point ordered_point_of(struct slice key, enum ordered_side side) {
    CHECK(key.size <= ORDERED_KEY_BYTES_MAX);
    struct ordered_point point = {.key = key, .side = side};
    point.head_low = ordered_head_of(key, 0);
    point.head_high = side == ORDERED_AFTER_PREFIX ? ordered_head_of(key, 0xff) : point.head_low;
    CHECK(point.head_low <= point.head_high);
    return point;
}

/* The heads do not decide. */
static bool ordered_slot_is_left_by_tail(const struct memory *memory,
                                         const struct ordered_node *node,
                                         const struct ordered_slot *slot,
                                         const struct ordered_point *point) {
    size_t size = slot->key_size;
    if (size > ORDERED_HEAD_BYTES && point->key.size > ORDERED_HEAD_BYTES) {
        struct slice tail = ordered_slot_tail(memory, node, slot);
        size_t common = MIN(tail.size, point->key.size - ORDERED_HEAD_BYTES);
        int order = memcmp(tail.data, point->key.data + ORDERED_HEAD_BYTES, common);
        if (order != 0) return order < 0;
    }
    /* one is a prefix of the other */
    if (size < point->key.size) return true;
    switch (point->side) {
    case ORDERED_BEFORE: return false;
    case ORDERED_AFTER: return size == point->key.size;
    case ORDERED_AFTER_PREFIX: return true;
    }
    UNREACHABLE();
}

bool ordered_slot_is_left(const struct memory *memory, const struct ordered_node *node,
                          const struct ordered_slot *slot, const struct ordered_point *point) {
    if (slot->head < point->head_low) return true;
    if (slot->head > point->head_high) return false;
    return ordered_slot_is_left_by_tail(memory, node, slot, point);
}

/* How many slots are left of the point. */
uint32_t ordered_node_search(const struct memory *memory, const struct ordered_node *node,
                             const struct ordered_point *point) {
    uint32_t low = 0, high = node->slot_count;
    CHECK(high <= ORDERED_ROOM_BYTES / ORDERED_SLOT_BYTES);
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (ordered_slot_is_left(memory, node, &node->slots[middle], point))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The same for a separator that equals the point's key: its child is right of it (B1). */
uint32_t ordered_node_search_child(const struct memory *memory, const struct ordered_node *node,
                                   const struct ordered_point *point) {
    uint32_t at = ordered_node_search(memory, node, point);
    if (point->side != ORDERED_BEFORE || at == node->slot_count) return at;
    const struct ordered_slot *slot = &node->slots[at];
    if (slot->head != point->head_low || slot->key_size != point->key.size) return at;
    struct slice tail = ordered_slot_tail(memory, node, slot);
    bool is_equal =
        tail.size == 0 || memcmp(tail.data, point->key.data + ORDERED_HEAD_BYTES, tail.size) == 0;
    return is_equal ? at + 1 : at;
}

uint32_t ordered_node_child(const struct ordered_node *node, uint32_t at) {
    CHECK(node->level > 0);
    CHECK(at <= node->slot_count);
    return at == 0 ? node->first_child : node->slots[at - 1].child;
}

/* ---- space in a node ---- */

uint32_t ordered_node_used_bytes(const struct ordered_node *node) {
    return (uint32_t)node->slot_count * ORDERED_SLOT_BYTES +
           (ORDERED_NODE_BYTES - node->heap_from) - node->heap_dead;
}

bool ordered_node_has_room(const struct ordered_node *node, size_t key_size) {
    CHECK(ordered_node_used_bytes(node) <= ORDERED_ROOM_BYTES);
    return ordered_node_used_bytes(node) + ORDERED_SLOT_BYTES + ordered_tail_bytes(key_size) <=
           ORDERED_ROOM_BYTES;
}

/* Puts `size` bytes onto the heap; there is room. */
uint16_t ordered_node_push_heap(struct ordered_node *node, const void *bytes, size_t size) {
    CHECK(ORDERED_HEADER_BYTES + (size_t)node->slot_count * ORDERED_SLOT_BYTES + size <=
          node->heap_from);
    node->heap_from = (uint16_t)(node->heap_from - size);
    memcpy((uint8_t *)node + node->heap_from, bytes, size);
    return node->heap_from;
}

void ordered_node_append_slot(struct ordered_node *to, const struct ordered_node *from,
                              const struct ordered_slot *slot) {
    CHECK(from->level == to->level);
    struct ordered_slot copy = *slot;
    uint32_t size = ordered_tail_bytes(slot->key_size);
    to->slot_count++;
    if (size > 0) copy.tail = ordered_node_push_heap(to, (const uint8_t *)from + slot->tail, size);
    to->slots[to->slot_count - 1] = copy;
}

void ordered_node_compact(struct ordered_node *node) {
    _Alignas(struct ordered_node) uint8_t bytes[ORDERED_NODE_BYTES];
    memcpy(bytes, node, ORDERED_NODE_BYTES);
    const struct ordered_node *old = (const struct ordered_node *)(const void *)bytes;
    node->slot_count = 0;
    node->heap_from = ORDERED_NODE_BYTES;
    node->heap_dead = 0;
    for (uint32_t i = 0; i < old->slot_count; i++)
        ordered_node_append_slot(node, old, &old->slots[i]);
    CHECK(node->slot_count == old->slot_count);
}

/* There is room: (B2) or ordered_node_has_room. The long tail becomes the node's. */
void ordered_node_insert(struct ordered_node *node, uint32_t at,
                         const struct ordered_entry *entry) {
    CHECK(at <= node->slot_count);
    CHECK(ordered_node_has_room(node, entry->key.size));
    uint32_t heap_bytes = ordered_tail_bytes(entry->key.size);
    if (ORDERED_HEADER_BYTES + (node->slot_count + 1u) * ORDERED_SLOT_BYTES + heap_bytes >
        node->heap_from)
        ordered_node_compact(node);
    struct ordered_slot slot = {ordered_head_of(entry->key, 0), entry->child,
                                (uint16_t)entry->key.size, 0};
    node->slot_count++;
    if (entry->long_tail != MEMORY_NONE)
        slot.tail = ordered_node_push_heap(node, &entry->long_tail, sizeof(entry->long_tail));
    else if (heap_bytes > 0)
        slot.tail = ordered_node_push_heap(node, entry->key.data + ORDERED_HEAD_BYTES, heap_bytes);
    memmove(&node->slots[at + 1], &node->slots[at],
            (node->slot_count - 1u - at) * sizeof(struct ordered_slot));
    node->slots[at] = slot;
    node->change_count++;
}

/* Takes the slot out; a long tail stays allocated and is the caller's. */
void ordered_node_remove_slot(struct ordered_node *node, uint32_t at) {
    CHECK(at < node->slot_count);
    node->heap_dead = (uint16_t)(node->heap_dead + ordered_tail_bytes(node->slots[at].key_size));
    node->slot_count--;
    memmove(&node->slots[at], &node->slots[at + 1],
            (size_t)(node->slot_count - at) * sizeof(struct ordered_slot));
    if (node->slot_count == 0) {
        node->heap_from = ORDERED_NODE_BYTES;
        node->heap_dead = 0;
    }
    node->change_count++;
}

/* Keeps the first `count` slots. */
void ordered_node_cut(struct ordered_node *node, uint32_t count) {
    CHECK(count <= node->slot_count);
    for (uint32_t i = count; i < node->slot_count; i++)
        node->heap_dead = (uint16_t)(node->heap_dead + ordered_tail_bytes(node->slots[i].key_size));
    node->slot_count = (uint16_t)count;
    node->change_count++;
    ordered_node_compact(node);
}

bool ordered_slot_equals(const struct memory *memory, const struct ordered_node *node,
                         const struct ordered_slot *slot, struct slice key) {
    if (slot->key_size != key.size || slot->head != ordered_head_of(key, 0)) return false;
    struct slice tail = ordered_slot_tail(memory, node, slot);
    return tail.size == 0 || memcmp(tail.data, key.data + ORDERED_HEAD_BYTES, tail.size) == 0;
}

/* The slot at which the bytes before it are half of all; neither side is empty. */
uint32_t ordered_node_middle(const struct ordered_node *node) {
    uint32_t bytes = 0, half = ordered_node_used_bytes(node) / 2, at = 0;
    CHECK(node->slot_count >= 2);
    while (bytes < half)
        bytes += ORDERED_SLOT_BYTES + ordered_tail_bytes(node->slots[at++].key_size);
    return MAX(1, MIN(at, node->slot_count - 1u));
}

void ordered_node_move_slots(struct ordered_node *from, uint32_t at, uint32_t count,
                             struct ordered_node *to) {
    CHECK(at + count <= from->slot_count);
    for (uint32_t i = at; i < at + count; i++) ordered_node_append_slot(to, from, &from->slots[i]);
    to->change_count++;
}
