/* memory.c: how one region serves cells of all sizes without moving any.
 *
 *   region:  | page table | free bits | page | page | ...         pages of 32 KiB
 *   page:    | cell | cell | cell | never touched |               all of one class
 *
 * Classes: every 16 bytes up to 512, eight steps an octave up to 4096, then a 7th to a half of a
 * page. What is larger than half a page takes whole pages in a row, the first of which remembers
 * how many.
 *
 * A class keeps a list of its pages that have a free cell; a page's free cells are linked by
 * 16-bit numbers in their first bytes. Cells beyond `touched` were never handed out, so a new page
 * costs nothing until used. Pages are found in a bit map, lowest first: what is in use stays
 * together, and the order depends on the calls alone.
 *
 *   (P1) A page is in its class's partial list if and only if it has a free or untouched cell.
 *   (P2) Entries of the page table are valid for pages whose free bit is clear.
 *   (P3) Free cells and untouched ones are poisoned from the moment the page is taken; so a page
 *        that goes back stays poisoned, and pages never used cost no shadow memory.
 *   (P4) A page that becomes empty as the only partial one of its class stays, so that a cell which
 *        is taken and given in turn costs no page each time. Such pages count as free, and are
 *        reclaimed when no other page is.
 */
#include "storage/memory.h"

#include "base/sanitize.h"

struct memory_page {
    uint16_t class_number; /* or CLASS_RUN */
    uint16_t used_count;   /* cells taken */
    uint16_t touched;      /* cells that were ever taken */
    uint16_t free_first;   /* number + 1 of a free cell, 0: none */
    uint32_t next;         /* partial list; of a run's first page: pages in the run */
    uint32_t previous;
};
static_assert(sizeof(struct memory_page) == 16, "0.05% of the region");

enum {
    CLASS_COUNT = 62,
    CLASS_RUN = 0xffff,
    SMALL_BYTES_MAX = 512,
    OCTAVE_BYTES_MAX = 4096,
    CELL_IN_PAGE_BYTES_MAX = MEMORY_PAGE_BYTES / 2,
    PAGE_COUNT_MIN = 16,
};

static const uint16_t class_bytes[CLASS_COUNT] = {
    16,   32,   48,   64,   80,   96,   112,  128,  144,   160,   176,  192,  208,
    224,  240,  256,  272,  288,  304,  320,  336,  352,   368,   384,  400,  416,
    432,  448,  464,  480,  496,  512,  576,  640,  704,   768,   832,  896,  960,
    1024, 1152, 1280, 1408, 1536, 1664, 1792, 1920, 2048,  2304,  2560, 2816, 3072,
    3328, 3584, 3840, 4096, 4672, 5456, 6544, 8192, 10912, 16384,
};
static_assert(CLASS_COUNT <= MEMORY_CLASS_MAX, "memory.h has a list for each class");
static_assert(MEMORY_PAGE_BYTES / 16 < UINT16_MAX, "cell numbers are 16 bits");
static_assert(MEMORY_CELL_BYTES_MAX % MEMORY_PAGE_BYTES == 0, "the largest cell is whole pages");

static uint32_t class_of(size_t size) {
    CHECK(size > 0 && size <= CELL_IN_PAGE_BYTES_MAX);
    if (size <= SMALL_BYTES_MAX) return (uint32_t)((size - 1) / 16);
    if (size <= OCTAVE_BYTES_MAX) {
        uint32_t last = (uint32_t)size - 1;
        uint32_t octave = 31 - (uint32_t)__builtin_clz(last); /* 9, 10, 11 */
        return 32 + (octave - 9) * 8 + ((last - (1u << octave)) >> (octave - 3));
    }
    uint32_t number = 56;
    while (class_bytes[number] < size) number++;
    return number;
}

static uint32_t run_pages(size_t size) {
    return (uint32_t)((size + MEMORY_PAGE_BYTES - 1) / MEMORY_PAGE_BYTES);
}

size_t memory_class_bytes(size_t size) {
    CHECK(size > 0 && size <= MEMORY_CELL_BYTES_MAX);
    if (size > CELL_IN_PAGE_BYTES_MAX) return (size_t)run_pages(size) * MEMORY_PAGE_BYTES;
    return class_bytes[class_of(size)];
}

/* ---- pages ---- */

static uint8_t *page_address(const struct memory *memory, uint32_t page) {
    return memory->base + (size_t)page * MEMORY_PAGE_BYTES;
}

static bool page_is_free(const struct memory *memory, uint32_t page) {
    return (memory->free_words[page / 64] >> page % 64 & 1) != 0;
}

static void page_mark_free(struct memory *memory, uint32_t page) {
    CHECK(!page_is_free(memory, page));
    memory->free_words[page / 64] |= (uint64_t)1 << page % 64;
    memory->page_free_count++;
    memory->page_free_hint = MIN(memory->page_free_hint, page);
}

static void page_mark_taken(struct memory *memory, uint32_t page) {
    CHECK(page_is_free(memory, page));
    CHECK(memory->page_free_count > 0);
    memory->free_words[page / 64] &= ~((uint64_t)1 << page % 64);
    memory->page_free_count--;
    memory->page_top = MAX(memory->page_top, page + 1);
}

/* The lowest free page from `from` on; page_count when there is none. */
static uint32_t page_find_free(const struct memory *memory, uint32_t from) {
    uint32_t word_count = (memory->page_count + 63) / 64;
    for (uint32_t word = from / 64; word < word_count; word++) {
        uint64_t bits = memory->free_words[word];
        if (word == from / 64) bits &= ~(uint64_t)0 << from % 64;
        if (bits != 0) return word * 64 + (uint32_t)__builtin_ctzll(bits);
    }
    return memory->page_count;
}

bool memory_has_pages(const struct memory *memory, uint32_t page_count, enum memory_need need) {
    CHECK(memory->page_free_count < memory->page_count);
    uint32_t kept = need == MEMORY_GROW ? memory->reserve_page_count : 0; /* (M3) */
    uint32_t free_count = memory->page_free_count + memory->page_empty_count;
    return free_count >= kept && free_count - kept >= page_count;
}

/* The first of `count` free pages in a row; page_count when there are none. */
static uint32_t page_find_run(const struct memory *memory, uint32_t count) {
    uint32_t start = page_find_free(memory, memory->page_free_hint), length = 0;
    for (uint32_t page = start; page < memory->page_count; page++) {
        if (page_is_free(memory, page)) {
            if (++length == count) return start;
            continue;
        }
        start = page = page_find_free(memory, page);
        length = start < memory->page_count;
        if (length == count) return start;
    }
    return memory->page_count;
}

enum status memory_open(struct memory *memory, void *region, uint64_t region_bytes,
                        uint32_t reserve_percent) {
    CHECK((uintptr_t)region % MEMORY_PAGE_BYTES == 0);
    CHECK(reserve_percent < 100);
    region_bytes = MIN(region_bytes, MEMORY_REGION_BYTES_MAX);
    if (region_bytes / MEMORY_PAGE_BYTES < PAGE_COUNT_MIN) return STATUS_INVALID;
    uint32_t page_count = (uint32_t)(region_bytes / MEMORY_PAGE_BYTES);
    size_t table_bytes = page_count * sizeof(struct memory_page);
    size_t bits_bytes = (page_count + 63) / 64 * sizeof(uint64_t);
    uint32_t own_count = run_pages(table_bytes + bits_bytes);
    *memory = (struct memory){
        .base = region,
        .pages = region,
        .free_words = (uint64_t *)(void *)((uint8_t *)region + table_bytes),
        .page_count = page_count,
        .reserve_page_count = (uint32_t)((uint64_t)page_count * reserve_percent / 100),
        .page_top = own_count,
        .page_free_hint = own_count,
    };
    memset(memory->free_words, 0, bits_bytes);
    for (uint32_t page = own_count; page < page_count; page++) page_mark_free(memory, page);
    CHECK(memory->page_free_count == page_count - own_count);
    return STATUS_OK;
}

void memory_close(struct memory *memory) {
    CHECK(memory->base != NULL);
    sanitize_unpoison(memory->base, (size_t)memory->page_top * MEMORY_PAGE_BYTES);
    *memory = (struct memory){0};
}

uint64_t memory_page_bytes_used(const struct memory *memory) {
    CHECK(memory->page_free_count < memory->page_count);
    return (uint64_t)(memory->page_count - memory->page_free_count) * MEMORY_PAGE_BYTES;
}

/* ---- the partial list of a class (P1) ---- */

static void partial_insert(struct memory *memory, uint32_t class_number, uint32_t page) {
    uint32_t first = memory->partial[class_number];
    memory->pages[page].next = first;
    memory->pages[page].previous = 0;
    if (first != 0) {
        CHECK(memory->pages[first].previous == 0);
        memory->pages[first].previous = page;
    }
    memory->partial[class_number] = page;
}

static void partial_remove(struct memory *memory, uint32_t class_number, uint32_t page) {
    struct memory_page *entry = &memory->pages[page];
    CHECK(entry->previous != 0 || memory->partial[class_number] == page);
    if (entry->previous != 0)
        memory->pages[entry->previous].next = entry->next;
    else
        memory->partial[class_number] = entry->next;
    if (entry->next != 0) memory->pages[entry->next].previous = entry->previous;
}

/* A page without a taken cell is free for all. */
static void class_give_page(struct memory *memory, uint32_t page) {
    const struct memory_page *entry = &memory->pages[page];
    CHECK(entry->used_count == 0);
    partial_remove(memory, entry->class_number, page);
    page_mark_free(memory, page);
}

/* Takes from the classes what they keep (P4). */
static void memory_reclaim(struct memory *memory) {
    for (uint32_t number = 0; number < CLASS_COUNT && memory->page_empty_count > 0; number++) {
        uint32_t page = memory->partial[number];
        if (page == 0 || memory->pages[page].used_count > 0) continue;
        class_give_page(memory, page);
        memory->page_empty_count--;
    }
    CHECK(memory->page_empty_count == 0);
}

/* ---- cells ---- */

static enum status class_add_page(struct memory *memory, uint32_t class_number,
                                  enum memory_need need) {
    if (!memory_has_pages(memory, 1, need)) return STATUS_FULL;
    if (memory->page_free_count == 0) memory_reclaim(memory);
    uint32_t page = page_find_free(memory, memory->page_free_hint);
    CHECK(page < memory->page_count);
    page_mark_taken(memory, page);
    memory->page_free_hint = page + 1;
    memory->pages[page] = (struct memory_page){.class_number = (uint16_t)class_number};
    sanitize_poison(page_address(memory, page), MEMORY_PAGE_BYTES); /* (P3) */
    partial_insert(memory, class_number, page);
    return STATUS_OK;
}

static bool page_is_full(const struct memory_page *entry, uint32_t cell_bytes) {
    return entry->free_first == 0 && entry->touched == MEMORY_PAGE_BYTES / cell_bytes;
}

static uint8_t *page_take_cell(struct memory *memory, uint32_t page, size_t size) {
    struct memory_page *entry = &memory->pages[page];
    uint32_t bytes = class_bytes[entry->class_number];
    CHECK(!page_is_full(entry, bytes));
    if (entry->used_count == 0 && entry->touched > 0) memory->page_empty_count--; /* (P4) */
    uint32_t number = entry->touched;
    if (entry->free_first != 0) number = entry->free_first - 1u;
    uint8_t *cell = page_address(memory, page) + (size_t)number * bytes;
    sanitize_unpoison(cell, MAX(size, sizeof(entry->free_first))); /* it holds the link */
    if (entry->free_first != 0)
        entry->free_first = load_le16(cell);
    else
        entry->touched++;
    entry->used_count++;
    if (page_is_full(entry, bytes)) partial_remove(memory, entry->class_number, page);
    return cell;
}

static enum status memory_take_run(struct memory *memory, size_t size, enum memory_need need,
                                   uint32_t *handle_out) {
    uint32_t count = run_pages(size);
    if (!memory_has_pages(memory, count, need)) return STATUS_FULL;
    uint32_t first = page_find_run(memory, count);
    if (first == memory->page_count) {
        memory_reclaim(memory);
        first = page_find_run(memory, count);
    }
    if (first == memory->page_count) return STATUS_FULL;
    for (uint32_t page = first; page < first + count; page++) page_mark_taken(memory, page);
    if (first == memory->page_free_hint) memory->page_free_hint = first + count;
    memory->pages[first] = (struct memory_page){.class_number = CLASS_RUN, .next = count};
    uint8_t *cell = page_address(memory, first);
    sanitize_unpoison(cell, size);
    sanitize_poison(cell + size, (size_t)count * MEMORY_PAGE_BYTES - size);
    memory->used_bytes += (uint64_t)count * MEMORY_PAGE_BYTES;
    memory->cell_count++;
    *handle_out = first * (MEMORY_PAGE_BYTES / MEMORY_UNIT_BYTES);
    return STATUS_OK;
}

enum status memory_take(struct memory *memory, size_t size, enum memory_need need,
                        uint32_t *handle_out) {
    CHECK(size > 0);
    if (size > MEMORY_CELL_BYTES_MAX) return STATUS_TOO_LARGE;
    if (size > CELL_IN_PAGE_BYTES_MAX) return memory_take_run(memory, size, need, handle_out);
    uint32_t class_number = class_of(size);
    if (memory->partial[class_number] == 0) {
        enum status status = class_add_page(memory, class_number, need);
        if (status != STATUS_OK) return status;
    }
    uint8_t *cell = page_take_cell(memory, memory->partial[class_number], size);
    memory->used_bytes += class_bytes[class_number];
    memory->cell_count++;
    *handle_out = (uint32_t)((size_t)(cell - memory->base) / MEMORY_UNIT_BYTES);
    CHECK(*handle_out != MEMORY_NONE);
    return STATUS_OK;
}

static void memory_give_run(struct memory *memory, uint32_t first, size_t size) {
    uint32_t count = memory->pages[first].next;
    CHECK(count == run_pages(size));
    for (uint32_t page = first; page < first + count; page++) page_mark_free(memory, page);
    sanitize_poison(page_address(memory, first), (size_t)count * MEMORY_PAGE_BYTES);
    memory->used_bytes -= (uint64_t)count * MEMORY_PAGE_BYTES;
    memory->cell_count--;
}

/* A full page becomes a partial one; an empty one that the class kept is not needed any more (P4). */
static void page_has_room_again(struct memory *memory, uint32_t page) {
    uint32_t class_number = memory->pages[page].class_number;
    uint32_t first = memory->partial[class_number];
    if (first != 0 && memory->pages[first].used_count == 0) {
        CHECK(memory->page_empty_count > 0);
        class_give_page(memory, first);
        memory->page_empty_count--;
    }
    partial_insert(memory, class_number, page);
}

void memory_give(struct memory *memory, uint32_t handle, size_t size) {
    CHECK(memory->cell_count > 0);
    uint32_t page = handle / (MEMORY_PAGE_BYTES / MEMORY_UNIT_BYTES);
    CHECK(page < memory->page_count && !page_is_free(memory, page));
    struct memory_page *entry = &memory->pages[page];
    if (entry->class_number == CLASS_RUN) {
        memory_give_run(memory, page, size);
        return;
    }
    uint32_t bytes = class_bytes[entry->class_number];
    uint8_t *cell = memory_at(memory, handle);
    uint32_t offset = (uint32_t)(cell - page_address(memory, page));
    CHECK(size > 0 && class_of(size) == entry->class_number);
    CHECK(offset % bytes == 0 && entry->used_count > 0);
    bool was_full = page_is_full(entry, bytes);
    memory->used_bytes -= bytes;
    memory->cell_count--;
    entry->used_count--;
    sanitize_unpoison(cell, sizeof(entry->free_first));
    store_le16(cell, entry->free_first);
    entry->free_first = (uint16_t)(offset / bytes + 1);
    sanitize_poison(cell, bytes);
    if (was_full) page_has_room_again(memory, page);
    if (entry->used_count > 0) return;
    bool is_only = memory->partial[entry->class_number] == page && entry->next == 0;
    if (is_only)
        memory->page_empty_count++; /* (P4) */
    else
        class_give_page(memory, page);
}
