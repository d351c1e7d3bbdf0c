/* storage/ordered_node.h: one node of an ordered index; ordered_index.c makes the tree of them.
 */
#ifndef STORAGE_ORDERED_NODE_H
#define STORAGE_ORDERED_NODE_H

#include "storage/ordered_index.h"

enum {
    ORDERED_NODE_BYTES = 1024,
    ORDERED_HEAD_BYTES = 8,
    ORDERED_TAIL_INLINE_BYTES_MAX = 88,
    ORDERED_SLOT_BYTES = 16,
    ORDERED_ENTRY_BYTES_MAX = ORDERED_SLOT_BYTES + ORDERED_TAIL_INLINE_BYTES_MAX,
    ORDERED_HEADER_BYTES = 32,
    ORDERED_ROOM_BYTES = ORDERED_NODE_BYTES - ORDERED_HEADER_BYTES,
    ORDERED_MERGE_BYTES_BELOW = ORDERED_ROOM_BYTES / 4,
    ORDERED_MERGED_BYTES_MAX = ORDERED_ROOM_BYTES / 4 * 3,
};

struct ordered_slot {
    uint64_t head;
    uint32_t child; /* leaf: the row */
    uint16_t key_size;
    uint16_t tail; /* offset of the tail, or of the handle of a long one; 0: none */
};
static_assert(sizeof(struct ordered_slot) == ORDERED_SLOT_BYTES, "four slots a cache line");

struct ordered_node {
    uint32_t change_count;
    uint16_t slot_count;
    uint16_t level;          /* 0: leaf */
    uint16_t heap_from;      /* offset of the lowest byte in use of the heap */
    uint16_t heap_dead;      /* (N2) */
    uint32_t first_child;    /* inner: of keys below the first separator */
    uint32_t next, previous; /* leaves */
    uint32_t unused[2];
    struct ordered_slot slots[];
};
static_assert(sizeof(struct ordered_node) == ORDERED_HEADER_BYTES,
              "slots begin at half a cache line");
static_assert(ORDERED_KEY_BYTES_MAX <= UINT16_MAX, "key sizes are 16 bits");
static_assert(ORDERED_ROOM_BYTES / 2 - ORDERED_ENTRY_BYTES_MAX >= ORDERED_ENTRY_BYTES_MAX,
              "a half node takes an entry");

/* A key to put into a node, and the cell of its tail when that is long. */
struct ordered_entry {
    struct slice key;
    uint32_t child;
    uint32_t long_tail; /* MEMORY_NONE: none */
};

/* The first 8 bytes as a number in memcmp order; a shorter key is filled up with `filler`. */
uint64_t ordered_head_of(struct slice key, uint8_t filler);
/* Bytes of the node that the tail of such a key takes. */
uint32_t ordered_tail_bytes(size_t key_size);
bool ordered_tail_is_long(size_t key_size);
/* The cell of the long tail, MEMORY_NONE when it is not long. */
uint32_t ordered_slot_long_tail(const struct ordered_node *node, const struct ordered_slot *slot);
struct slice ordered_slot_tail(const struct memory *memory, const struct ordered_node *node,
                               const struct ordered_slot *slot);
/* The slot's key in `bytes`, which has room for ORDERED_KEY_BYTES_MAX. */
struct slice ordered_slot_copy_key(const struct memory *memory, const struct ordered_node *node,
                                   const struct ordered_slot *slot, uint8_t *bytes);
bool ordered_slot_is_left(const struct memory *memory, const struct ordered_node *node,
                          const struct ordered_slot *slot, const struct ordered_point *point);
/* How many slots are left of the point. */
uint32_t ordered_node_search(const struct memory *memory, const struct ordered_node *node,
                             const struct ordered_point *point);
/* The same in an inner node: the child in which the point lies. Child 0 is first_child. */
uint32_t ordered_node_search_child(const struct memory *memory, const struct ordered_node *node,
                                   const struct ordered_point *point);
uint32_t ordered_node_child(const struct ordered_node *node, uint32_t at);
/* Of slots and tails; ORDERED_ROOM_BYTES at most. */
uint32_t ordered_node_used_bytes(const struct ordered_node *node);
bool ordered_node_has_room(const struct ordered_node *node, size_t key_size);
/* Puts bytes onto the heap; there is contiguous room. Returns their offset. */
uint16_t ordered_node_push_heap(struct ordered_node *node, const void *bytes, size_t size);
void ordered_node_append_slot(struct ordered_node *to, const struct ordered_node *from,
                              const struct ordered_slot *slot);
void ordered_node_compact(struct ordered_node *node);
/* There is room. The long tail becomes the node's. */
void ordered_node_insert(struct ordered_node *node, uint32_t at, const struct ordered_entry *entry);
/* A long tail stays allocated and is the caller's. */
void ordered_node_remove_slot(struct ordered_node *node, uint32_t at);
/* Keeps the first `count` slots. */
void ordered_node_cut(struct ordered_node *node, uint32_t count);
bool ordered_slot_equals(const struct memory *memory, const struct ordered_node *node,
                         const struct ordered_slot *slot, struct slice key);
/* The slot at which the bytes before it are half of all; neither side is empty. */
uint32_t ordered_node_middle(const struct ordered_node *node);
/* Appends copies of slots of a node of the same level; the caller cuts `from`. */
void ordered_node_move_slots(struct ordered_node *from, uint32_t at, uint32_t count,
                             struct ordered_node *to);

#endif
